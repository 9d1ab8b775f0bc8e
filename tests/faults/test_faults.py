"""That a fault planted in Warp fails the job, and that no fault fails none; `make faults` goes through all that are planned."""

import pytest

from tests.faults.faulty_warp import copy_of_warp, run_job
from tests.faults.planted import FAULTS

BY_NAME = {fault.name: fault for fault in FAULTS}


def job(folder, fault):
    return run_job(copy_of_warp(folder, fault), ["-n", "0", "--count=8", "--optimization-level=0"])


def test_without_a_fault_nothing_fails(tmp_path):
    found = job(tmp_path, None)
    assert (found.run, found.failures) == (8, {})


def test_a_case_that_the_oracle_refuses_is_no_fault_of_warp_s(tmp_path):
    """`program-005913` of seed 0 is ill-conditioned at all inputs that are drawn."""
    found = run_job(copy_of_warp(tmp_path, None), ["-n", "0", "--start=5913", "--count=1", "--optimization-level=0"])
    assert (found.run, found.failures) == (1, {})
    assert "1 failed" in found.output


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("the adjoint of a product drops a factor", "gradient: "),
        ("the device's atomic addition is none", "compile: "),
    ],
)
def test_a_fault_in_a_header_is_seen(tmp_path, name, reason):
    assert any(said.startswith(reason) for said in job(tmp_path, BY_NAME[name]).failures.values())


def test_a_fault_whose_text_is_not_there_is_refused(tmp_path):
    fault = FAULTS[0]
    with pytest.raises(ValueError, match="stands 0 times in"):
        copy_of_warp(tmp_path, type(fault)(fault.name, fault.file, "no such text", ""))
