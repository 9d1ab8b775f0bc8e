"""Results: the verdict now against the recorded one."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from harvest.samples import make_case, outcome_of

from harness.oracle import Verdict
from harness.oracle.tolerances import GPU_TABLE, TABLE
from harness.records import make_record
from harness.verification.results import FACTOR, SHARE, compare_results, exactly

CASE = make_case()
ROW = TABLE["float32"]
OUTCOME = outcome_of(CASE)
VERDICT = Verdict(CASE.id, True, "", "checked", 1e-6, 2e-5, ROW.rtol, "", tolerance_gradient=ROW.gradient_rtol)
RECORD = make_record(CASE, OUTCOME, VERDICT, device="cpu", optimization_level=0, warp_version="1.19.0")
NOTHING = {"max_error_forward": None, "max_error_gradient": None, "tolerance": None, "tolerance_gradient": None}
COMPILED = {"device": "cuda", "validation": "compiled", "gradient": "not_executed", "executed_on": "", "not_executed": "tiles", **NOTHING}


def compared(record=RECORD, verdict=VERDICT, outcome=OUTCOME, version="1.19.0", level=0):
    return compare_results(record, CASE, verdict, outcome, version, level)


def test_the_same_verdict():
    assert compared() == ("agree", [])
    assert exactly(RECORD, VERDICT)


def test_a_kernel_that_fails_now():
    failed = replace(VERDICT, passed=False, reason="forward: out in launch 0 differs")
    assert compared(verdict=failed) == ("differ", ["forward: out in launch 0 differs"])


def test_a_kernel_that_does_not_run_now():
    assert compared(outcome=replace(OUTCOME, failure="crash: signal 11")) == ("differ", ["crash: signal 11"])


def test_a_kernel_that_another_warp_does_not_build_is_not_run():
    answer, lines = compared(outcome=replace(OUTCOME, failure="compile: no overload"), version="1.16.1")
    assert answer == "not_run"
    assert lines == ["warp-lang 1.16.1 does not build it, warp-lang 1.19.0 did: compile: no overload"]


def test_a_kernel_that_crashes_with_another_warp_differs():
    assert compared(outcome=replace(OUTCOME, failure="crash: signal 11"), version="1.16.1")[0] == "differ"


def test_another_gradient_status():
    answer, lines = compared(RECORD | {"gradient": "not_differentiable"})
    assert answer == "differ"
    assert "gradient is not_differentiable in the record and checked now" in lines


def test_a_limitation_that_another_warp_does_not_have_is_drift():
    record = RECORD | {"gradient": "known_limitation:tile_axis_sum", "warp_version": "1.18.0"}
    answer, lines = compared(record)
    assert answer == "drift"
    assert lines == [
        "gradient is known_limitation:tile_axis_sum in the record and checked now: warp-lang 1.18.0 and 1.19.0 have other limitations"
    ]
    assert compared(record | {"warp_version": "1.19.0"})[0] == "differ"


@pytest.mark.parametrize("column", ["tolerance", "tolerance_gradient"])
def test_a_tolerance_that_is_not_the_tables(column):
    answer, (line,) = compared(RECORD | {column: 0.5})
    assert answer == "differ"
    assert line.startswith(f"{column} is 0.5, for its precision it is ")


def test_the_tolerance_of_a_record_that_a_gpu_made_is_that_of_a_gpu():
    wide = GPU_TABLE["float32"]
    record = RECORD | {"device": "cuda", "executed_on": "GPU", "tolerance": wide.rtol, "tolerance_gradient": wide.gradient_rtol}
    assert compared(record)[0] == "agree"
    assert compared(record | {"validation": "executed_on_host"})[0] == "differ"


@pytest.mark.parametrize(("column", "limit"), [("max_error_forward", ROW.rtol), ("max_error_gradient", ROW.gradient_rtol)])
def test_an_error_beyond_its_tolerance(column, limit):
    _, lines = compared(RECORD | {column: 2.0 * limit})
    assert lines[0].startswith(f"{column} is {2.0 * limit}, which is not within its ")


def test_the_gradient_error_of_a_known_limitation_may_be_beyond_its_tolerance():
    verdict = replace(VERDICT, gradient="known_limitation:frac", max_error_gradient=7.0)
    assert compared(RECORD | {"gradient": "known_limitation:frac", "max_error_gradient": 7.0}, verdict) == ("agree", [])


@pytest.mark.parametrize("value", [-1e-7, math.nan])
def test_an_error_that_is_none(value):
    assert compared(RECORD | {"max_error_forward": value})[0] == "differ"


def test_an_error_as_far_off_as_another_processor_puts_it():
    near = FACTOR * RECORD["max_error_forward"] + 0.99 * SHARE * ROW.rtol
    assert compared(RECORD | {"max_error_forward": near}) == ("agree", [])
    assert not exactly(RECORD | {"max_error_forward": near}, VERDICT)


def test_an_error_that_is_farther_off():
    far = FACTOR * RECORD["max_error_forward"] + 1.01 * SHARE * ROW.rtol
    answer, (line,) = compared(RECORD | {"max_error_forward": far})
    assert answer == "differ"
    assert line == f"max_error_forward is {far} in the record and 1e-06 now, held to 4e-06"


@pytest.mark.parametrize("column", ["max_error_forward", "max_error_gradient"])
def test_an_error_that_was_left_out(column):
    assert compared(RECORD | {column: None})[0] == "differ"


@pytest.mark.parametrize(
    "other", [{"level": 2}, {"version": "1.18.0"}, {"outcome": replace(OUTCOME, executed_on="aarch64")}], ids=["level", "warp", "processor"]
)
def test_under_other_conditions_an_error_needs_to_be_within_its_tolerance_alone(other):
    record = RECORD | {"max_error_forward": 0.0}
    assert compared(record)[0] == "differ"
    assert compared(record, **other) == ("agree", [])


def test_on_a_gpu_an_error_needs_to_be_within_its_tolerance_alone():
    record = RECORD | {"device": "cuda", "max_error_forward": 0.0, "tolerance": GPU_TABLE["float32"].rtol}
    assert compared(record) == ("agree", [])


def test_code_that_is_compiled_only_here_and_was_run_before_is_not_run():
    outcome = replace(OUTCOME, validation="compiled", executed_on="", not_executed="its threads wait for each other")
    answer, (line,) = compared(outcome=outcome, verdict=replace(VERDICT, gradient="not_executed"))
    assert answer == "not_run"
    assert line == "executed on x86_64, and here compiled: its threads wait for each other"


def test_code_that_was_compiled_only():
    outcome = replace(OUTCOME, validation="compiled", executed_on="", not_executed="tiles")
    verdict = Verdict(CASE.id, True, "", "not_executed", math.nan, math.nan, math.nan, "")
    assert compared(RECORD | COMPILED, verdict, outcome) == ("agree", [])
    assert exactly(RECORD | COMPILED, verdict)


def test_code_that_was_compiled_only_and_runs_here():
    assert compared(RECORD | COMPILED) == ("agree", [])


def test_a_claim_about_code_that_was_compiled_only():
    answer, lines = compared(RECORD | COMPILED | {"gradient": "checked", "max_error_forward": 1e-7})
    assert answer == "differ"
    assert "gradient is checked, though the code was compiled only" in lines
    assert "max_error_forward is 1e-07, though the code was compiled only" in lines
