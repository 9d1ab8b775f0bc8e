"""Tolerances on a GPU: as many worst calls of its mathematical library fit into them as fit of a processor's into the others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from oracle_cases import wave

from harness.oracle import prepare
from harness.oracle.tolerances import GPU_TABLE, LIBRARY_ULPS, TABLE, tolerance_of


@pytest.mark.parametrize("dtype", TABLE)
def test_gpu_row_has_room_for_the_same_number_of_worst_calls(dtype):
    row, gpu = TABLE[dtype], GPU_TABLE[dtype]
    processor_ulps, gpu_ulps = LIBRARY_ULPS[dtype]
    for entry in ("rtol", "factor", "floor", "gradient_factor"):
        assert getattr(gpu, entry) / gpu_ulps == pytest.approx(getattr(row, entry) / processor_ulps)


@pytest.mark.parametrize("dtype", TABLE)
def test_nothing_else_differs(dtype):
    row = TABLE[dtype]
    same = {entry: getattr(row, entry) for entry in ("rtol", "factor", "floor", "gradient_factor")}
    assert replace(GPU_TABLE[dtype], **same) == row


@pytest.mark.parametrize("dtype", TABLE)
def test_rows_leave_room_for_one_call_at_least(dtype):
    """A unit in the last place is at most `epsilon` of the value."""
    assert GPU_TABLE[dtype].rtol > LIBRARY_ULPS[dtype][1] * GPU_TABLE[dtype].epsilon


def test_prepared_case_knows_where_it_will_run():
    case = wave("float32")
    assert prepare(case).table == tolerance_of(case, gpu=False) == TABLE["float32"]
    assert prepare(case, gpu=True).table == tolerance_of(case, gpu=True) == GPU_TABLE["float32"]
