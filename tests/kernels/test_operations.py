"""Every declared operation: Warp computes what the numpy spelling says, the value lies in the promised range, the adjoint is right.

The tests go through the declarations as they are: one that is added is tested without a change here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from operation_cases import PALETTES, applied, argument_range, boundary_values, evaluate, magnitude, operation_case

from generation.code.job import LaunchData
from generation.code.settings import Settings
from harness.isolation import BatchRunner
from harness.oracle import PreparationError, judge, prepare
from kernels.dtypes import dtype_of
from kernels.language.interval import Interval
from kernels.language.kinds import natural_kind
from kernels.language.operation import OPERATIONS

ULPS = 6
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}


def there(palette):
    """The operations that a palette has."""
    return [name for name, operation in OPERATIONS.items() if operation.exists_in(PALETTES[palette])]


def new_in(palette):
    """The operations of a palette on types on which no palette before it has them."""
    earlier = {_types(name, before) for before in list(PALETTES)[: list(PALETTES).index(palette)] for name in there(before)}
    return [name for name in there(palette) if _types(name, palette) not in earlier]


def _types(name, palette):
    letters = OPERATIONS[name].parameters + OPERATIONS[name].result
    return name, tuple(PALETTES[palette].type_of(letter) for letter in letters)


@pytest.mark.parametrize("palette", PALETTES)
def test_warp_agrees_forward_and_backward(palette):
    prepared, jobs, corners, wrong = {}, [], {}, []
    for index, name in enumerate(new_in(palette)):
        case = operation_case(name, palette, index)
        try:
            prepared[name] = prepare(case)
        except PreparationError as error:
            wrong.append(f"{name}: {error}")
            continue
        corners[name] = boundary_values(applied(OPERATIONS[name], PALETTES[palette]), {a.name: dtype_of(a.dtype) for a in case.arguments})
        jobs.append(_with_corners(prepared[name].job, corners[name]))
    with BatchRunner("cpu", Settings(optimization_level=0)) as runner:
        outcomes = runner.run(jobs)
    for name, p in prepared.items():
        outcome = outcomes[p.job.case.id]
        verdict = judge(p, replace(outcome, launches=outcome.launches[:1]))
        if not verdict.passed or verdict.gradient != _expected_gradient(p.job.case):
            wrong.append(f"{name}: {verdict.gradient}: {verdict.reason}")
        if outcome.failure is None and corners[name]:
            wrong += _corner_differences(name, palette, corners[name], outcome.launches[1].arrays["out"])
    assert not wrong, "\n".join(wrong)


def _with_corners(job, values):
    """The job with a second launch, on the corners of the operation's domain."""
    if not values:
        return job
    out = job.case.outputs[0]
    length = len(next(iter(values.values())))
    start = np.zeros((length, *dtype_of(out.dtype).inner), dtype_of(out.dtype).scalar)
    cotangents = {a.name: np.ones_like(start) for a in job.case.differentiable_outputs} if job.launches[0].cotangents else {}
    return replace(job, launches=(*job.launches, LaunchData((length,), {**values, "out": start}, cotangents)))


def _expected_gradient(case):
    if not (case.differentiable_inputs and case.differentiable_outputs):
        return "not_differentiable"
    return f"known_limitation:{case.limitations[0]}" if case.limitations else "checked"


def _corner_differences(name, palette, values, got):
    """One line for every lane whose value is off: floats by more than a few units in the last place of the value's scale."""
    expression = applied(OPERATIONS[name], PALETTES[palette])
    expected = np.broadcast_to(evaluate(expression, values), got.shape)
    if got.dtype.kind != "f":
        bad = got != expected
    else:
        scale = np.maximum(np.abs(expected), magnitude(expression, values).reshape(-1, *[1] * (got.ndim - 1)))
        epsilon = max(EPSILON[t.scalar] for t in (expression.type, *(a.type for a in expression.arguments)) if t.is_float)
        bad = ~(np.abs(got - expected) <= ULPS * epsilon * scale)
    lanes = np.unique(np.argwhere(bad)[:, 0])[:3]
    return [f"{name}({', '.join(str(v[n]) for v in values.values())}) is {got[n]}, expected {expected[n]}" for n in lanes]


@pytest.mark.parametrize("name", there("float64"))
def test_value_lies_in_the_promised_range(name):
    operation, palette = OPERATIONS[name], PALETTES["float64"]
    rng = np.random.default_rng(len(name))
    for attempt in range(12 if operation.parameters else 0):
        ranges = [
            _part(rng, argument_range(operation, k, palette), palette.type_of(letter), whole=attempt == 0 or bool(operation.kind_of(k)))
            for k, letter in enumerate(operation.parameters)
        ]
        expression = applied(operation, palette, ranges)
        values = boundary_values(expression, {a.array: dtype_of(a.type.name) for a in expression.arguments})
        got = evaluate(expression, values).astype(np.float64)
        room = 1e-12 * expression.range.magnitude
        assert expression.range.low - room <= got.min(), f"{name} on {ranges}: {got.min()} is below {expression.range}"
        assert got.max() <= expression.range.high + room, f"{name} on {ranges}: {got.max()} is above {expression.range}"


def _part(rng, whole_range, type, *, whole):
    """A random part of an interval; at times a point."""
    if whole or type.scalar == "bool" or natural_kind(type):
        return whole_range
    ends = np.sort(
        rng.uniform(whole_range.low, whole_range.high, 2) if rng.random() < 0.7 else np.repeat(rng.uniform(*_pair(whole_range)), 2)
    )
    if type.has_integers:
        ends = np.rint(ends)
    return Interval(float(ends[0]), float(ends[1]))


def _pair(interval):
    return interval.low, interval.high


@pytest.mark.parametrize("name", there("float32"))
def test_an_argument_outside_the_domain_is_refused(name):
    operation, palette = OPERATIONS[name], PALETTES["float32"]
    for position, letter in enumerate(operation.parameters):
        domain = operation.domain_of(position)
        if letter == "B" or domain.high == np.inf:
            continue
        ranges = [argument_range(operation, k, palette) for k in range(len(operation.parameters))]
        ranges[position] = Interval(ranges[position].low, domain.high * 1.5 + 1)
        with pytest.raises(ValueError, match=f"operation '{name}': argument {position} has range"):
            applied(operation, palette, ranges)
