"""The gradient check: the kernel's gradient along a direction against central differences of the float64 reference.

For cotangents c and a direction d over the differentiable inputs, <gradient, d> must be the derivative of <c, F> along d. It is estimated
with steps h and h/2 (Richardson); where the two disagree, or the slopes before and behind the point do, there is a kink, and another step
or direction is taken. Directions are random, independent of the kernel, so that rounding errors add like a random walk: a direction is held
to a share of the Euclidean norm of its terms, not of their sum. Where the lanes of a case are independent, each lane has its own bound.

Directions: in the largest launch, one dense direction for each differentiable input (so that blame goes to an argument); in the others,
one over all inputs. Unless the case is elementwise, also one over the first and last elements of all inputs, and one or two over a few
random elements.
All of this needs the reference alone; the kernel's gradient enters only when it is compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.code.job import Values
from harness.oracle.forward import Forward, UnsuitableError
from harness.oracle.inputs import generator
from harness.oracle.reference import Arrays, Reference, ReferenceFailedError
from harness.oracle.tolerances import Tolerance
from harness.oracle.verdict import PreparationError
from kernels.case import Case, Launch

Array = NDArray[Any]

_CANCELLED = 32.0
_REDRAWS = 3
_FEW = 3
_DENSE_MINIMUM = 8
_SIGNS = np.array((-1.0, 1.0))


@dataclass(frozen=True)
class Direction:
    """One direction and the reference's derivative along it.

    `vectors` maps an input's name to its components. `derivative`, `slack` and `clean` have one element per lane in an elementwise case
    and one in all others; lanes that are not clean have a kink and are not compared. The bound is
    `gradient_rtol * (size of the kernel's terms) + slack`.
    """

    label: str
    vectors: Arrays
    step: float
    derivative: Array
    slack: Array
    clean: NDArray[np.bool_]


@dataclass(frozen=True)
class Disagreement:
    """A direction of a launch along which the kernel's gradient is wrong: the worst lane (None if lanes are not apart) and its numbers."""

    launch: int
    direction: str
    lane: int | None
    kernel: float
    reference: float
    bound: float
    count: int
    note: str = ""


class _Slope:
    """The weighted outputs <c, F> of one launch along lines through its inputs."""

    def __init__(self, case: Case, reference: Reference, launch: Launch, forward: Forward, cotangents: Arrays, table: Tolerance) -> None:
        self._reference, self._launch, self._table = reference, launch, table
        self._lanes = math.prod(_common_shape(case, launch)) if case.elementwise else 0
        self._cotangents = {name: c.astype(np.float64) for name, c in cotangents.items()}
        self._forward = forward
        self._center = self._weighted(forward.expected)
        self._moved_center = self._weighted(forward.moved_expected)
        wobble = {
            name: np.abs(c) * np.finfo(np.float64).eps * (np.abs(forward.expected[name]) + forward.sensitivity[name] / table.epsilon)
            for name, c in self._cotangents.items()
        }
        self._wobble = self._per_term(wobble)
        # An adjoint is a sum of products of the cotangent with intermediate values; where these cancel (a value that in exact arithmetic
        # does not matter, a saturated function), what is left is their rounding, a few units in the last place of their own size.
        size = {name: np.abs(c) * (1.0 + np.abs(forward.expected[name])) for name, c in self._cotangents.items()}
        self._cancelled = _CANCELLED * table.epsilon * self._per_term(size)
        self._cancelled_norm = float(np.linalg.norm(self._cancelled))

    def along(self, label: str, vectors: Arrays, h: float) -> Direction | None:
        """The derivative along `vectors` with step `h`, or None if it cannot be told: kinks, or the reference fails or overflows."""
        whole = {name: h * d for name, d in vectors.items()}
        half = {name: h / 2 * d for name, d in vectors.items()}
        try:
            plus, minus = self._both_sides(self._forward.wide, whole)
            half_plus, half_minus = self._both_sides(self._forward.wide, half)
            moved_plus = self._at(_ahead(self._forward.moved, whole))
        except ReferenceFailedError:
            return None
        coarse, fine = (plus - minus) / (2 * h), (half_plus - half_minus) / h
        derivative = (4.0 * fine - coarse) / 3.0
        # In a smooth function the second differences over the step shrink with the step; at a kink right here they don't.
        second = plus - 2.0 * self._center + minus
        bend = np.abs(4.0 * (half_plus - 2.0 * self._center + half_minus) - second) / (2 * h)
        error = np.abs(coarse - fine) + bend
        noise = 8.0 * self._wobble / h
        # Two estimates of what rounding of the inputs does to the slope: measured ahead of the point, and from the curvature along the
        # direction itself.
        curvature = np.abs(second) / (h * h)
        moved = np.abs((moved_plus - self._moved_center) - (plus - self._center)) / h
        drift = np.maximum(moved, 2.0 * self._table.epsilon * curvature)
        parts = (derivative, error, noise, drift)
        if self._lanes:
            return self._by_lane(label, vectors, h, *parts)
        return self._as_one(label, vectors, h, *parts)

    def _as_one(
        self, label: str, vectors: Arrays, h: float, derivative: Array, error: Array, noise: Array, drift: Array
    ) -> Direction | None:
        table = self._table
        if not (np.isfinite(derivative).all() and np.isfinite(drift).all() and np.isfinite(error).all()):
            return None
        size, blur, shift = (float(np.linalg.norm(x)) for x in (derivative, noise, drift))
        total = float(error.sum())
        if total > 0.5 * table.gradient_rtol * size + 8.0 * float(noise.sum()):
            return None
        slack = table.gradient_rtol * size + min(total, float(np.linalg.norm(error)) * 8.0) + blur
        slack += table.gradient_factor * shift + self._cancelled_norm
        return Direction(label, vectors, h, np.array([derivative.sum()]), np.array([slack]), np.array([True]))

    def _by_lane(
        self, label: str, vectors: Arrays, h: float, derivative: Array, error: Array, noise: Array, drift: Array
    ) -> Direction | None:
        table = self._table
        finite = np.isfinite(derivative) & np.isfinite(error) & np.isfinite(drift)
        if not finite.any():
            return None
        size = np.abs(derivative)
        typical = float(np.median(size[finite]))
        with np.errstate(invalid="ignore"):
            clean = finite & (error <= 0.5 * table.gradient_rtol * (size + typical) + 8.0 * noise)
        if 2 * int(clean.sum()) < clean.size:
            return None
        usual = float(np.median(drift[clean]))
        slack = table.gradient_rtol * (size + 0.05 * typical) + error + noise
        slack += table.gradient_factor * np.maximum(drift, usual) + self._cancelled
        return Direction(label, vectors, h, np.where(clean, derivative, 0.0), np.where(clean, slack, 0.0), clean)

    def _both_sides(self, values: Values, steps: Arrays) -> tuple[Array, Array]:
        behind = {**values, **{name: values[name] - step for name, step in steps.items()}}
        return self._at(_ahead(values, steps)), self._at(behind)

    def _at(self, values: Values) -> Array:
        return self._weighted(self._reference.call(self._launch, values, wide=True))

    def _weighted(self, outputs: Arrays) -> Array:
        return self._per_term({name: c * outputs[name] for name, c in self._cotangents.items()})

    def _per_term(self, arrays: Arrays) -> Array:
        if self._lanes:
            total: Array = np.sum([a.reshape(self._lanes, -1).sum(axis=1) for a in arrays.values()], axis=0)
            return total
        parts = [a.ravel() for a in arrays.values()]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _ahead(values: Values, steps: Arrays) -> Values:
    return {**values, **{name: values[name] + step for name, step in steps.items()}}


def _common_shape(case: Case, launch: Launch) -> tuple[int, ...]:
    # The grid may be larger than the arrays: threads past their end do nothing, and lane i is element i all the same.
    shapes = {a.name: launch.leaf_shapes[a.name] for a in (*case.differentiable_inputs, *case.differentiable_outputs)}
    if len(set(shapes.values())) > 1:
        raise PreparationError(f"elementwise: differentiable arrays must have one shape, but they have {shapes}")
    return next(iter(shapes.values()))


def prepare_gradient(
    case: Case, reference: Reference, launch: Launch, number: int, attempt: int, forward: Forward, cotangents: Arrays, table: Tolerance
) -> tuple[Direction, ...]:
    """The directions of one launch with the reference's derivatives.

    Raises UnsuitableError if an argument has no direction without kinks, and PreparationError if the case is called elementwise but
    its differentiable arrays differ in shape.
    """
    slope = _Slope(case, reference, launch, forward, cotangents, table)
    directions = []
    largest = max(range(len(case.launches)), key=lambda n: math.prod(case.launches[n].dim))
    for label, make in _kinds_of_direction(case, forward.wide, thorough=number == largest):
        rng = generator(case, number, attempt, f"direction {label}")
        directions.append(_first_clean(slope, label, make, rng, table))
    return tuple(directions)


def _first_clean(
    slope: _Slope, label: str, make: Callable[[np.random.Generator], Arrays], rng: np.random.Generator, table: Tolerance
) -> Direction:
    tries = 0
    for _ in range(_REDRAWS):
        vectors = make(rng)
        for h in table.steps:
            tries += 1
            direction = slope.along(label, vectors, h)
            if direction is not None:
                return direction
    raise UnsuitableError(f"gradient: no direction without kinks for {label} in {tries} tries")


def _kinds_of_direction(case: Case, wide: Values, *, thorough: bool) -> Iterator[tuple[str, Callable[[np.random.Generator], Arrays]]]:
    inputs = {a.name: _Input.of(wide[a.name]) for a in case.differentiable_inputs if wide[a.name].size}
    if not inputs:
        return
    if thorough:
        for name in inputs:
            yield name, lambda rng, name=name: {name: inputs[name].dense(rng)}  # type: ignore[misc]
    else:
        yield "all inputs", lambda rng: {name: x.dense(rng) for name, x in inputs.items()}
    if case.elementwise or all(wide[name].size < _DENSE_MINIMUM for name in inputs):
        return
    yield "first and last elements", lambda rng: {name: x.ends(rng) for name, x in inputs.items()}
    for k in (1, 2) if thorough else (1,):
        yield f"few elements ({k})", lambda rng: {name: x.sparse(rng) for name, x in inputs.items()}


@dataclass(frozen=True)
class _Input:
    """What a direction's components for one input depend on: the input's shape, and its root mean square (1 if that is zero)."""

    shape: tuple[int, ...]
    scale: float

    @staticmethod
    def of(x: Array) -> _Input:
        scale = float(np.sqrt(np.mean(np.square(x))))
        return _Input(x.shape, scale if scale > 0.0 else 1.0)

    def dense(self, rng: np.random.Generator) -> Array:
        # `_SIGNS[rng.integers(...)]` is what `rng.choice` does, without its checks.
        d: Array = rng.uniform(0.5, 1.5, self.shape) * _SIGNS[rng.integers(0, 2, self.shape)] * self.scale
        return d

    def ends(self, rng: np.random.Generator) -> Array:
        return self._only([0, -1], rng)

    def sparse(self, rng: np.random.Generator) -> Array:
        return self._only(rng.integers(0, math.prod(self.shape), _FEW), rng)

    def _only(self, places: Any, rng: np.random.Generator) -> Array:
        dense = self.dense(rng).ravel()
        kept = np.zeros_like(dense)
        kept[places] = dense[places]
        return kept.reshape(self.shape)


def compare_gradients(
    case: Case, number: int, directions: tuple[Direction, ...], inputs: Values, gradients: Arrays, table: Tolerance
) -> tuple[list[Disagreement], float]:
    """Where the kernel's gradients of one launch disagree with `directions`, and the largest relative error (see Verdict).

    A gradient that is missing, of another shape or dtype than its input, or not finite is a disagreement with a note.
    """
    found: list[Disagreement] = []
    for argument in case.differentiable_inputs:
        name = argument.name
        g, x = gradients.get(name), inputs[name]
        if g is None:
            found.append(Disagreement(number, name, None, np.nan, np.nan, np.nan, 0, "the gradient is missing"))
        elif g.shape != x.shape or g.dtype != x.dtype:
            note = f"the gradient has shape {g.shape} and dtype {g.dtype}, expected {x.shape} and {x.dtype}"
            found.append(Disagreement(number, name, None, np.nan, np.nan, np.nan, 0, note))
        elif not np.isfinite(g).all():
            bad = np.flatnonzero(~np.isfinite(g))
            note = f"{bad.size} of {g.size} elements are not finite, first at flat index {bad[0]}: {g.flat[bad[0]]}"
            found.append(Disagreement(number, name, None, np.nan, np.nan, np.nan, int(bad.size), note))
    if found:
        return found, np.inf
    largest = 0.0
    for direction in directions:
        kernel, size = _kernel_terms(direction, gradients, len(direction.derivative) if case.elementwise else 0)
        bound = table.gradient_rtol * size + direction.slack
        error = np.where(direction.clean, np.abs(kernel - direction.derivative), 0.0)
        with np.errstate(all="ignore"):
            share = np.where(error == 0, 0.0, error / bound)
        worst = int(np.argmax(share))
        largest = max(largest, float(share[worst]) * table.gradient_rtol)
        if share[worst] > 1.0:
            lane = worst if case.elementwise else None
            got, right, limit = (float(a[worst]) for a in (kernel, direction.derivative, bound))
            found.append(Disagreement(number, direction.label, lane, got, right, limit, int((share > 1.0).sum())))
    return found, largest


def _kernel_terms(direction: Direction, gradients: Arrays, lanes: int) -> tuple[Array, Array]:
    terms = [gradients[name].astype(np.float64) * d for name, d in direction.vectors.items()]
    if lanes:
        by_lane = [t.reshape(lanes, -1) for t in terms]
        return np.sum([t.sum(axis=1) for t in by_lane], axis=0), np.sum([np.abs(t).sum(axis=1) for t in by_lane], axis=0)
    flat = np.concatenate([t.ravel() for t in terms])
    return np.array([flat.sum()]), np.array([np.linalg.norm(flat)])
