"""The forward check: every output element against the float64 reference, within a bound that follows from the program's own sensitivity.

An element's sensitivity is the largest difference that three roundings make to the wide reference: running it in the kernel's precision,
and moving its inputs by two units in the last place, twice, in different directions. Its bound is

    rtol * |reference| + factor * max(sensitivity, the output's median sensitivity) + floor * (the output's median magnitude).

Integers and booleans compare exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.code.job import Values
from harness.oracle.decisions import Trace, doubtful
from harness.oracle.inputs import perturbed, poison_of, widened
from harness.oracle.reference import Arrays, Reference, ReferenceFailedError
from harness.oracle.tolerances import Tolerance
from harness.oracle.verdict import PreparationError
from kernels.case import Case, Launch
from kernels.dtypes import dtype_of

_CANCELLED = 16.0
_SALTS = (0x9E3779B97F4A7C15, 0x2545F4914F6CDD1D)


class UnsuitableError(Exception):
    """These inputs make no sound test, others may; the message says why."""


@dataclass(frozen=True)
class Forward:
    """What a launch must produce: expected outputs (floats in float64), a bound for each float element, and each element's sensitivity.

    `wide` and `moved` are the inputs in float64, as they are and perturbed, and `moved_expected` the outputs for the latter; the gradient
    check starts from both.
    """

    expected: Arrays
    bounds: Arrays
    sensitivity: Arrays
    wide: Values
    moved: Values
    moved_expected: Arrays


@dataclass(frozen=True)
class Difference:
    """How one output of one launch differs: the elements (flat indices, worst first) that are out of bounds, and what was there."""

    launch: int
    output: str
    indices: NDArray[np.int64]
    got: NDArray[Any]
    expected: NDArray[Any]
    error: NDArray[np.float64]
    bound: NDArray[np.float64]
    note: str = ""


def prepare_forward(case: Case, reference: Reference, launch: Launch, values: Values, table: Tolerance) -> Forward:
    """The expected outputs for `values` (of the inputs, in their own dtypes) and their bounds.

    Raises UnsuitableError if a decision is too near its threshold or the outputs are too sensitive. Raises PreparationError if an output is
    not finite: a case's domains are to make its inputs valid, so no other draw is tried.
    """
    # Where lanes are apart, a kinked lane is left out of the gradient check; elsewhere one kink spoils a direction.
    kinks = case.has_gradient and not case.elementwise
    traces = [Trace(kinks), Trace(kinks, reference.working), Trace(kinks), Trace(kinks)]
    wide = widened(values)
    moved = perturbed(wide, table.epsilon, _SALTS[0])
    expected = reference.call(launch, wide, wide=True, trace=traces[0])
    _require_finite(expected, PreparationError)
    try:
        runs = [
            reference.call(launch, values, wide=False, trace=traces[1]),
            reference.call(launch, moved, wide=True, trace=traces[2]),
            reference.call(launch, perturbed(wide, table.epsilon, _SALTS[1]), wide=True, trace=traces[3]),
        ]
    except ReferenceFailedError as error:
        raise UnsuitableError(f"the reference fails once its inputs are rounded: {error}") from error
    doubt = doubtful(traces[0], traces[1:], table.epsilon)
    if doubt is not None:
        raise UnsuitableError(doubt)
    scale = _largest_magnitude(wide)
    bounds: Arrays = {}
    sensitivity: Arrays = {}
    for argument in case.outputs:
        name, ref = argument.name, expected[argument.name]
        if not dtype_of(argument.dtype).is_float:
            if not all(np.array_equal(run[name], ref) for run in runs):
                raise UnsuitableError(f"output {name!r} changes when the inputs are rounded")
            continue
        for run in runs:
            _require_finite({name: run[name]}, UnsuitableError, " once the inputs are rounded")
        # What ran in float16 for a kernel in bfloat16 was rounded less by the ratio of their spacings.
        shares = (table.epsilon / float(np.finfo(np.float16).eps) if reference.coarse else 1.0, 1.0, 1.0)
        s = np.maximum.reduce([share * np.abs(run[name] - ref) for share, run in zip(shares, runs, strict=True)])
        bounds[name] = _bound(name, ref, s, table, scale)
        sensitivity[name] = s
    return Forward(expected, bounds, sensitivity, wide, moved, runs[1])


def _require_finite(outputs: Arrays, error: type[Exception], when: str = "") -> None:
    for name, array in outputs.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise error(f"reference output {name!r} is not finite at {_place(array, int(np.argmin(np.isfinite(array))))}{when}")


def _largest_magnitude(values: Values) -> float:
    parts = [p for v in values.values() for p in (v.values() if isinstance(v, dict) else (v,))]
    return max((float(np.abs(p).max()) for p in parts if p.dtype.kind == "f" and p.size), default=0.0)


def _bound(name: str, ref: NDArray[Any], s: NDArray[Any], table: Tolerance, scale: float) -> NDArray[Any]:
    size = np.abs(ref)
    nonzero = size[size > 0]
    typical = float(np.median(nonzero)) if nonzero.size else 0.0
    middle = float(np.median(s)) if s.size else 0.0
    bound: NDArray[Any] = table.rtol * size + table.factor * np.maximum(s, middle) + table.floor * typical
    # What cancels to nothing has no magnitude of its own; its noise is measured against that of the inputs.
    excess = bound > np.maximum(table.limit * np.maximum(size, typical), _CANCELLED * table.epsilon * scale)
    if excess.any():
        worst = int(np.argmax(np.where(excess, bound, 0.0)))
        value, shift = ref.flat[worst], s.flat[worst]
        raise UnsuitableError(
            f"ill-conditioned: output {name!r} at {_place(ref, worst)} is {value:.3g}, and rounding moves it by {shift:.3g}"
        )
    return bound


def compare_outputs(
    case: Case, number: int, check: Forward, started: Values, arrays: Arrays, rtol: float
) -> tuple[list[Difference], float]:
    """Where the arrays that a launch left behind differ from what they must hold, and the largest relative error (see Verdict).

    `started` has what each argument held when the kernel started: inputs must still hold it, bit for bit. A missing array or one of
    another shape or dtype is a difference with a note.
    """
    differences: list[Difference] = []
    largest = 0.0
    for argument in case.leaves:
        if not argument.ndim:
            continue
        name, before = argument.name, started[argument.name]
        got = arrays.get(name)
        if got is None or got.shape != before.shape or got.dtype != before.dtype:
            what = (
                "is missing" if got is None else f"has shape {got.shape} and dtype {got.dtype}, expected {before.shape} and {before.dtype}"
            )
            differences.append(_noted(number, name, f"the array {what}"))
            largest = np.inf
            continue
        if argument.role == "input":
            bytes_differ = _bytes(got) != _bytes(before)
            if bytes_differ.any():
                wrong = bytes_differ.reshape(got.size, -1).any(axis=1)
                differences.append(
                    _difference(number, name, got, before, wrong.astype(np.float64), np.zeros(got.size), "an input was written")
                )
            continue
        expected = check.expected[name]
        if name in check.bounds:
            bound = check.bounds[name].ravel()
            error = np.where(np.isfinite(got.ravel()), np.abs(got.ravel().astype(np.float64) - expected.ravel()), np.inf)
            if error.size:
                with np.errstate(all="ignore"):
                    share = np.where(error == 0, 0.0, error / bound)
                largest = max(largest, float(share.max()) * rtol)
        else:
            bound = np.zeros(got.size)
            error = np.abs(got.ravel().astype(np.float64) - expected.ravel().astype(np.float64))
            # Two 64-bit integers may differ and yet be the same double.
            error = np.where(got.ravel() == expected.ravel(), 0.0, np.maximum(error, 1.0))
        if (error > bound).any():
            largest = max(largest, 0.0 if name in check.bounds else np.inf)
            differences.append(
                _difference(number, name, got, expected, error, bound, _unwritten(got, before, error > bound, argument.role))
            )
    return differences, largest


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    return np.frombuffer(array.tobytes(), np.uint8)


def _unwritten(got: NDArray[Any], before: NDArray[Any], wrong: NDArray[np.bool_], role: str) -> str:
    if role != "output" or got.dtype.kind == "b":
        return ""
    left = np.isnan(got) & np.isnan(before) if got.dtype.kind == "f" else (got == before) & _is_poison(before)
    count = int((left.ravel() & wrong).sum())
    return f"{count} still hold the poison or NaN" if count else ""


def _is_poison(integers: NDArray[Any]) -> NDArray[np.bool_]:
    poison = poison_of(integers.dtype.type)
    found: NDArray[np.bool_] = (integers == poison) | (integers == poison + integers.dtype.type(2))
    return found


def _difference(
    number: int, name: str, got: NDArray[Any], expected: NDArray[Any], error: NDArray[Any], bound: NDArray[Any], note: str
) -> Difference:
    wrong = np.flatnonzero(error > bound)
    with np.errstate(all="ignore"):
        order = wrong[np.argsort(-(error[wrong] / np.maximum(bound[wrong], 1e-300)), kind="stable")]
    return Difference(number, name, order, got, expected, error, bound, note)


def _noted(number: int, name: str, note: str) -> Difference:
    empty = np.empty(0)
    return Difference(number, name, np.empty(0, np.int64), empty, empty, empty, empty, note)


def _place(array: NDArray[Any], flat: int) -> str:
    return str([int(i) for i in np.unravel_index(flat, array.shape)])
