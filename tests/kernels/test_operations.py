"""Every declared operation: Warp computes what the numpy spelling says, the value lies in the promised range, the adjoint is right.

The tests go through the declarations as they are: one that is added is tested without a change here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from operation_cases import applied, argument_range, boundary_values, evaluate, magnitude, operation_case

from generation.code.job import LaunchData
from generation.code.settings import Settings
from harness.isolation import BatchRunner
from harness.oracle import judge, prepare
from kernels.dtypes import dtype_of
from kernels.language.interval import Interval
from kernels.language.operation import OPERATIONS

ULPS = 6


@pytest.mark.parametrize("width", ["float32", "float64"])
def test_warp_agrees_forward_and_backward(width):
    prepared, jobs, corners = {}, [], {}
    for index, name in enumerate(OPERATIONS):
        case = operation_case(name, width, index)
        prepared[name] = prepare(case)
        corners[name] = boundary_values(applied(OPERATIONS[name], width), {a.name: dtype_of(a.dtype) for a in case.arguments})
        jobs.append(_with_corners(prepared[name].job, corners[name]))
    with BatchRunner("cpu", Settings(optimization_level=0)) as runner:
        outcomes = runner.run(jobs)
    wrong = []
    for name, p in prepared.items():
        outcome = outcomes[p.job.case.id]
        verdict = judge(p, replace(outcome, launches=outcome.launches[:1]))
        if not verdict.passed or verdict.gradient != _expected_gradient(p.job.case):
            wrong.append(f"{name}: {verdict.gradient}: {verdict.reason}")
        if outcome.failure is None:
            wrong += _corner_differences(name, width, corners[name], outcome.launches[1].arrays["out"])
    assert not wrong, "\n".join(wrong)


def _with_corners(job, values):
    """The job with a second launch, on the corners of the operation's domain."""
    out = job.case.outputs[0]
    length = len(next(iter(values.values())))
    start = np.zeros((length, *dtype_of(out.dtype).inner), dtype_of(out.dtype).scalar)
    cotangents = {a.name: np.ones_like(start) for a in job.case.differentiable_outputs} if job.launches[0].cotangents else {}
    return replace(job, launches=(*job.launches, LaunchData((length,), {**values, "out": start}, cotangents)))


def _expected_gradient(case):
    if not (case.differentiable_inputs and case.differentiable_outputs):
        return "not_differentiable"
    return f"known_limitation:{case.limitations[0]}" if case.limitations else "checked"


def _corner_differences(name, width, values, got):
    """One line for every lane whose value is off: floats by more than a few units in the last place of the value's scale."""
    expression = applied(OPERATIONS[name], width)
    expected = np.broadcast_to(evaluate(expression, values), got.shape)
    if got.dtype.kind != "f":
        bad = got != expected
    else:
        scale = np.maximum(np.abs(expected), magnitude(expression, values).reshape(-1, *[1] * (got.ndim - 1)))
        bad = ~(np.abs(got - expected) <= ULPS * np.finfo(width).eps * scale)
    lanes = np.unique(np.argwhere(bad)[:, 0])[:3]
    return [f"{name}({', '.join(str(v[n]) for v in values.values())}) is {got[n]}, expected {expected[n]}" for n in lanes]


@pytest.mark.parametrize("name", OPERATIONS)
def test_value_lies_in_the_promised_range(name):
    operation = OPERATIONS[name]
    rng = np.random.default_rng(len(name))
    for attempt in range(12):
        ranges = [_part(rng, argument_range(operation, k), letter, whole=attempt == 0) for k, letter in enumerate(operation.parameters)]
        expression = applied(operation, "float64", ranges)
        values = boundary_values(expression, {a.array: dtype_of(a.type.name) for a in expression.arguments})
        got = evaluate(expression, values).astype(np.float64)
        room = 1e-12 * expression.range.magnitude
        assert expression.range.low - room <= got.min(), f"{name} on {ranges}: {got.min()} is below {expression.range}"
        assert got.max() <= expression.range.high + room, f"{name} on {ranges}: {got.max()} is above {expression.range}"


def _part(rng, whole_range, letter, *, whole):
    """A random part of an interval; at times a point."""
    if whole or letter == "B":
        return whole_range
    ends = np.sort(
        rng.uniform(whole_range.low, whole_range.high, 2) if rng.random() < 0.7 else np.repeat(rng.uniform(*_pair(whole_range)), 2)
    )
    if letter == "I":
        ends = np.rint(ends)
    return Interval(float(ends[0]), float(ends[1]))


def _pair(interval):
    return interval.low, interval.high


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_argument_outside_the_domain_is_refused(name):
    operation = OPERATIONS[name]
    for position, letter in enumerate(operation.parameters):
        domain = operation.domain_of(position)
        if letter == "B" or domain.high == np.inf:
            continue
        ranges = [argument_range(operation, k) for k in range(len(operation.parameters))]
        ranges[position] = Interval(ranges[position].low, domain.high * 1.5 + 1)
        with pytest.raises(ValueError, match=f"operation '{name}': argument {position} has range"):
            applied(operation, "float32", ranges)
