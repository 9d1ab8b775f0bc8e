"""Comparing results: the verdict on a kernel now with the one that is recorded.

An error follows from the kernel and from the reference, and the latter from numpy, whose functions round in their last place as the
processor's vector instructions do. Where a record was made by the same Warp at the same optimization level on a processor of the same name,
its errors come out again to the last bit on the same machine, and on another to within a factor of `FACTOR` and `SHARE` of the tolerance:
of 480 records run with numpy's vector instructions switched off, 388 had the same errors, and the largest was off by a factor of 2 and 0.01
of the tolerance. At another level, by another Warp, and on a GPU, where atomic additions come in any order, errors need to be within the
recorded tolerance and no more.
"""

from __future__ import annotations

import math

from generation.code.job import Outcome
from harness.oracle import Verdict
from harness.oracle.tolerances import tolerance_of
from harness.verification.finding import Results
from harness.verification.texts import Record
from kernels.case import Case

FACTOR = 3.0
"""How many times the smaller of two errors the larger may be, beside `SHARE`."""

SHARE = 0.02
"""Of its tolerance, what an error may be off."""

_LIMITATION = "known_limitation:"

_BUILDING = ("define", "codegen", "compile")
"""The stages of a failure that another Warp may have with a kernel that nothing is wrong with."""


def compare_results(
    record: Record, case: Case, verdict: Verdict, outcome: Outcome, warp_version: str, level: int | None
) -> tuple[Results, list[str]]:
    """Whether the verdict now is the recorded one, and what is not, a line each. `level` is the optimization level of `outcome`."""
    other_warp = record["warp_version"] != warp_version
    if outcome.failure is not None:
        if other_warp and outcome.failure.partition(":")[0] in _BUILDING:
            return "not_run", [f"warp-lang {warp_version} does not build it, warp-lang {record['warp_version']} did: {outcome.failure}"]
        return "differ", [outcome.failure]
    if not verdict.passed:
        return "differ", [verdict.reason]
    recorded_run = record["validation"] != "compiled"
    if outcome.not_executed and recorded_run:
        return "not_run", [f"{record['validation']} on {record['executed_on']}, and here {outcome.validation}: {outcome.not_executed}"]
    found = _contradictions(record, case, verdict)
    if not recorded_run or outcome.not_executed:
        return ("differ" if found else "agree"), found
    if record["gradient"] != verdict.gradient:
        line = f"gradient is {record['gradient']} in the record and {verdict.gradient} now"
        if other_warp and _without_limitation(record["gradient"]) == _without_limitation(verdict.gradient):
            found_now = [*found, f"{line}: warp-lang {record['warp_version']} and {warp_version} have other limitations"]
            return ("differ" if found else "drift"), found_now
        return "differ", [*found, line]
    found += _error_differences(record, verdict, alike=_alike(record, outcome, warp_version, level))
    return ("differ" if found else "agree"), found


def exactly(record: Record, verdict: Verdict) -> bool:
    """Whether both errors are the recorded ones to the last bit."""
    now = [_finite(verdict.max_error_forward), _finite(verdict.max_error_gradient)]
    return [record["max_error_forward"], record["max_error_gradient"]] == now


def _contradictions(record: Record, case: Case, verdict: Verdict) -> list[str]:
    """What a record says that no run can have shown: tolerances that are not those of its precision, errors beyond them."""
    measured = record["validation"] != "compiled" and verdict.gradient != "not_executed"
    table = tolerance_of(case, gpu=record["device"] == "cuda" and record["validation"] == "executed")
    expected = {
        "tolerance": table.rtol if measured and not math.isnan(verdict.tolerance) else None,
        "tolerance_gradient": table.gradient_rtol if measured and not math.isnan(verdict.tolerance_gradient) else None,
    }
    found = [f"{name} is {record[name]}, for its precision it is {value}" for name, value in expected.items() if record[name] != value]
    held = {"max_error_forward": "tolerance"}
    if record["gradient"] == "checked":
        held["max_error_gradient"] = "tolerance_gradient"
    for name, tolerance in held.items():
        error, limit = record[name], record[tolerance]
        if error is not None and limit is not None and not 0.0 <= error <= limit:
            found.append(f"{name} is {error}, which is not within its {tolerance} of {limit}")
    if record["validation"] == "compiled":
        says = {"gradient": "not_executed", "max_error_forward": None, "max_error_gradient": None, "executed_on": ""}
        found += [f"{name} is {record[name]}, though the code was compiled only" for name, value in says.items() if record[name] != value]
    return found


def _error_differences(record: Record, verdict: Verdict, *, alike: bool) -> list[str]:
    found = []
    for name, tolerance, error in (
        ("max_error_forward", "tolerance", _finite(verdict.max_error_forward)),
        ("max_error_gradient", "tolerance_gradient", _finite(verdict.max_error_gradient)),
    ):
        recorded, limit = record[name], record[tolerance]
        if alike:
            same = _near(recorded, error, limit)
        elif record["gradient"].startswith(_LIMITATION) and name == "max_error_gradient":
            same = True
        else:
            same = (recorded is None) == (error is None) and (error is None or limit is None or error <= limit)
        if not same:
            found.append(f"{name} is {recorded} in the record and {error} now, held to {limit}")
    return found


def _near(recorded: float | None, error: float | None, limit: float | None) -> bool:
    if recorded is None or error is None or limit is None:
        return recorded == error
    return max(recorded, error) <= FACTOR * min(recorded, error) + SHARE * limit


def _alike(record: Record, outcome: Outcome, warp_version: str, level: int | None) -> bool:
    """Whether the errors must be the recorded ones."""
    on_gpu = record["device"] == "cuda" and "executed" in (record["validation"], outcome.validation)
    before = (record["warp_version"], record["optimization_level"], record["executed_on"])
    return not on_gpu and before == (warp_version, level, outcome.executed_on)


def _without_limitation(gradient: str) -> str:
    return "checked" if gradient.startswith(_LIMITATION) else gradient


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
