"""The law that a record is enough: a case put together from a record's columns is the case that was built, for every family."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from harness.oracle import prepare
from harness.verification.texts import case_of
from kernels.case import Case
from kernels.catalog import FAMILIES, build_named_case


def rebuilt(case: Case) -> Case:
    columns = ("family", "seed", "index", "kernel_name", "python_source", "reference_source")
    return case_of({name: getattr(case, name) for name in columns} | {"launch": case.launch_json()})


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same all the way down: arrays bit for bit, numbers of the same type and bits."""
    if type(a) is not type(b):
        return False
    if is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray | np.generic):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    return bool(a == b) and repr(a) == repr(b)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rebuilt_case_is_the_one_that_was_built(family):
    for index in range(4):
        case = build_named_case(2, f"{family}-{index:06d}")
        again = rebuilt(case)
        assert again == case
        # Equality takes 1, 1.0 and True for the same.
        assert repr(again) == repr(case)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rebuilt_case_has_the_same_inputs_and_bounds(family):
    case = build_named_case(2, f"{family}-000000")
    assert same(prepare(rebuilt(case)), prepare(case))


def test_the_comparison_tells_a_bit():
    assert same((1.0, np.float32(0.0)), (1.0, np.float32(0.0)))
    assert not same((1.0, np.float32(0.0)), (1.0, np.float32(-0.0)))
    assert not same(1, 1.0)
