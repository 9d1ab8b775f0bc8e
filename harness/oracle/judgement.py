"""Judging an outcome against what was prepared, and saying in words where it differs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.code.job import Outcome
from harness.oracle.forward import Difference, compare_outputs
from harness.oracle.gradient import Disagreement, compare_gradients
from harness.oracle.ledger import holds
from harness.oracle.preparation import Prepared
from harness.oracle.verdict import Verdict
from kernels.case import Case

_WORST = 5


def judge(prepared: Prepared, outcome: Outcome) -> Verdict:
    """The verdict on `outcome`, which must be of the prepared case (else ValueError)."""
    case = prepared.job.case
    if outcome.case_id != case.id:
        raise ValueError(f"the outcome is of {outcome.case_id}, but {case.id} was prepared")
    if outcome.failure is not None:
        return _failed(prepared, outcome.failure, [], "not_reached", math.nan, math.nan, ())
    if outcome.not_executed:
        return Verdict(case.id, True, "", "not_executed", math.nan, math.nan, math.nan, "")
    if len(outcome.launches) != len(case.launches):
        reason = f"run: the target returned {len(outcome.launches)} launches, expected {len(case.launches)}"
        return _failed(prepared, reason, [], "not_reached", math.nan, math.nan, ())
    return _compare(prepared, outcome)


def _compare(prepared: Prepared, outcome: Outcome) -> Verdict:
    case, table = prepared.job.case, prepared.table
    differences: list[Difference] = []
    disagreements: list[Disagreement] = []
    forward_error = 0.0
    gradient_error = 0.0
    for number, (data, check, run) in enumerate(zip(prepared.job.launches, prepared.forward, outcome.launches, strict=True)):
        found, error = compare_outputs(case, number, check, data.values, run.arrays, table.rtol)
        differences += found
        forward_error = max(forward_error, error)
    if not any(check.bounds for check in prepared.forward):
        forward_error = math.nan
    if differences:
        lines = [line for d in differences for line in _difference_lines(d)]
        launches = tuple(sorted({d.launch for d in differences}))
        return _failed(prepared, _forward_reason(differences[0], case), lines, "not_reached", forward_error, math.nan, launches)
    if not case.has_gradient:
        return Verdict(case.id, True, "", "not_differentiable", forward_error, math.nan, _tolerance(prepared), "")
    shown = f"known_limitation:{outcome.limitation}" if outcome.limitation and holds(outcome.limitation) else ""
    if shown and not any(run.gradients for run in outcome.launches):
        return Verdict(case.id, True, "", shown, forward_error, math.nan, _tolerance(prepared), "")
    for number, (data, directions, run) in enumerate(zip(prepared.job.launches, prepared.directions, outcome.launches, strict=True)):
        wrong, error = compare_gradients(case, number, directions, data.values, run.gradients, table)
        disagreements += wrong
        gradient_error = max(gradient_error, error)
    if not disagreements:
        return _measured(prepared, shown or "checked", forward_error, gradient_error)
    there = [name for name in case.limitations if holds(name)]
    if there:
        status = f"known_limitation:{there[0]}"
        return _measured(prepared, status, forward_error, gradient_error)
    lines = [_disagreement_line(d) for d in disagreements]
    launches = tuple(sorted({d.launch for d in disagreements}))
    return _failed(prepared, f"gradient: {lines[0]}", lines, "checked", forward_error, gradient_error, launches)


def _measured(prepared: Prepared, gradient: str, forward: float, backward: float) -> Verdict:
    """The verdict on a case that passed and whose gradient was compared."""
    name, table = prepared.job.case.id, prepared.table
    return Verdict(name, True, "", gradient, forward, backward, _tolerance(prepared), "", tolerance_gradient=table.gradient_rtol)


def _tolerance(prepared: Prepared) -> float:
    return prepared.table.rtol if any(check.bounds for check in prepared.forward) else math.nan


def _failed(
    prepared: Prepared, reason: str, lines: list[str], gradient: str, forward: float, backward: float, launches: tuple[int, ...]
) -> Verdict:
    details = "\n".join([*_case_lines(prepared), *lines])
    return Verdict(prepared.job.case.id, False, reason, gradient, forward, backward, _tolerance(prepared), details, launches)


def _forward_reason(d: Difference, case: Case) -> str:
    kind = "input changed" if any(a.name == d.output and a.role == "input" for a in case.leaves) else "forward"
    if not d.indices.size:
        return f"{kind}: {d.output} in launch {d.launch}: {d.note}"
    worst = int(d.indices[0])
    note = f", {d.note}" if d.note else ""
    return (
        f"{kind}: {d.output} in launch {d.launch} differs in {d.indices.size} of {d.got.size} elements, worst at {_index(d.got, worst)}: "
        f"got {_number(d.got.flat[worst])}, expected {_number(d.expected.flat[worst])}{note}"
    )


def _difference_lines(d: Difference) -> list[str]:
    if not d.indices.size:
        return [f"launch {d.launch}, {d.output}: {d.note}"]
    note = f" ({d.note})" if d.note else ""
    lines = [f"launch {d.launch}, {d.output}: {d.indices.size} of {d.got.size} elements differ{note}"]
    for i in (int(i) for i in d.indices[:_WORST]):
        lines.append(
            f"  {_index(d.got, i)}: got {_number(d.got.flat[i])}, expected {_number(d.expected.flat[i])}, "
            f"error {d.error[i]:.3g}, bound {d.bound[i]:.3g}"
        )
    return lines


def _disagreement_line(d: Disagreement) -> str:
    if d.note:
        return f"launch {d.launch}, input {d.direction}: {d.note}"
    lane = f", lane {d.lane} ({d.count} lanes differ)" if d.lane is not None else ""
    return (
        f"launch {d.launch}, along {d.direction}{lane}: kernel {d.kernel:.9g}, finite difference {d.reference:.9g}, "
        f"error {abs(d.kernel - d.reference):.3g}, bound {d.bound:.3g}"
    )


def _case_lines(prepared: Prepared) -> list[str]:
    case = prepared.job.case
    lines = [f"case {case.id} of seed {case.seed}", "", "kernel:", case.python_source, "", "reference:", case.reference_source, ""]
    for number, data in enumerate(prepared.job.launches):
        shapes = []
        for a in case.leaves:
            value = data.values[a.name]
            shapes.append(f"{a.name}: {a.dtype}{list(np.shape(value)) if a.ndim else ' ' + _text(value)}")
        lines.append(f"launch {number}: grid {list(data.dim)}; {', '.join(shapes)}")
    return [*lines, ""]


def _text(value: Any) -> str:
    return str(np.asarray(value).tolist())


def _number(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, np.floating) else str(value)


def _index(array: NDArray[Any], flat: int) -> str:
    return str([int(i) for i in np.unravel_index(flat, array.shape)])
