"""Values for a launch: drawn, widened, perturbed; poison for outputs and cotangents for gradients.

Everything is a function of (seed, family, index, launch number, attempt, argument name) alone, so a case has the same inputs in any
process, on any machine, whatever ran before it.
"""

from __future__ import annotations

import hashlib
from itertools import accumulate
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.code.job import Values
from harness.oracle.verdict import PreparationError
from kernels.case import Argument, Case, Launch
from kernels.dtypes import dtype_of

INTEGER_POISON = 0x5A5A5A5B


def generator(case: Case, number: int, attempt: int, name: str) -> np.random.Generator:
    """The random numbers for one purpose (`name`) of one launch of one case."""
    text = f"{case.seed}/{case.family}/{case.index}/{number}/{attempt}/{name}"
    # Four words seed as the integer that they make does, in half the time.
    return np.random.default_rng(np.frombuffer(hashlib.sha256(text.encode()).digest(), "<u4", 4))


def draw(case: Case, launch: Launch, number: int, attempt: int) -> Values:
    """Values of all leaves of role `input` and `inout`. Raises PreparationError if one of them has no domain."""
    values: Values = {}
    generators: dict[str, np.random.Generator] = {}
    for leaf in case.leaves:
        if leaf.role not in ("input", "inout"):
            continue
        if leaf.name not in launch.leaf_domains:
            raise PreparationError(f"launch {number}: argument {leaf.name!r} has no domain to draw from: add one to Launch.domains")
        argument = leaf.name.partition(".")[0]
        if argument not in generators:
            generators[argument] = generator(case, number, attempt, argument)
        drawn = launch.leaf_domains[leaf.name].draw(generators[argument], launch.leaf_shapes[leaf.name], dtype_of(leaf.dtype))
        values[leaf.name] = drawn if leaf.ndim else drawn[()]
    return values


def element_shape(argument: Argument, launch: Launch) -> tuple[int, ...]:
    """The numpy shape of an array argument in `launch`: its shape there and the inner axes of one element."""
    return launch.leaf_shapes[argument.name] + dtype_of(argument.dtype).inner


def widened(values: Values) -> Values:
    """`values` with every float in float64."""
    return _map_floats(values, lambda x: x.astype(np.float64))


def perturbed(values: Values, epsilon: float, salt: int) -> Values:
    """`values` (wide) with floats moved by 2 * `epsilon`, up or down.

    The direction is a hash of the value and `salt`, so equal values stay equal. Multiples of 1/16 stay as they are: they are constants
    and exact grids, which no rounding disturbs. So ties that are exact by construction stay exact, and accidental ones break.
    """

    floats: list[Any] = []
    _map_floats(values, floats.append)
    if not floats:
        return values
    x = np.concatenate([np.ravel(part) for part in floats])
    bits = x.view(np.uint64) ^ np.uint64(salt)
    bits = (bits ^ (bits >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    sign = np.where(bits >> np.uint64(63), 1.0, -1.0)
    exact = np.rint(x * 16.0) == x * 16.0
    moved = np.where(exact, x, x * (1.0 + 2.0 * epsilon * sign))
    ends = iter(accumulate(part.size for part in floats))

    def take(part: Any) -> Any:
        end = next(ends)
        return moved[end - part.size : end].reshape(part.shape)[()]

    return _map_floats(values, take)


def as_structs(values: Values) -> Values:
    """`values` of leaves as a reference takes them: structs as objects with their fields as attributes."""
    whole: Values = {}
    for name, value in values.items():
        *path, field = name.split(".")
        if not path:
            whole[name] = value
            continue
        owner = whole.setdefault(path[0], SimpleNamespace())
        for part in path[1:]:
            if not hasattr(owner, part):
                setattr(owner, part, SimpleNamespace())
            owner = getattr(owner, part)
        setattr(owner, field, value)
    return whole


def poison_of(scalar: type[np.generic]) -> Any:
    """The integer that an output of type `scalar` starts as: as many of the poison's low bytes as it has."""
    return np.array(INTEGER_POISON).astype(scalar)[()]


def start_value(argument: Argument, launch: Launch, expected: NDArray[Any]) -> NDArray[Any]:
    """What an argument of role `output` (poison) or `accumulate` (zeros) holds before the kernel runs; `expected` is its right result."""
    dtype = dtype_of(argument.dtype)
    shape = element_shape(argument, launch)
    if argument.role == "accumulate":
        return np.zeros(shape, dtype.scalar)
    if dtype.is_float:
        return np.full(shape, np.nan, dtype.scalar)
    if dtype.scalar is np.bool_:
        return ~expected
    poison = np.full(shape, poison_of(dtype.scalar))
    return np.where(expected == poison, poison + dtype.scalar(2), poison)


def cotangents(case: Case, launch: Launch, number: int) -> dict[str, NDArray[Any]]:
    """A standard normal cotangent, in the output's own dtype, for each differentiable output; the same for every attempt."""
    return {
        a.name: dtype_of(a.dtype).rounded(generator(case, number, 0, f"cotangent of {a.name}").standard_normal(element_shape(a, launch)))
        for a in case.differentiable_outputs
    }


def _map_floats(values: Values, change: Any) -> Values:
    return {name: change(value) if value.dtype.kind == "f" else value for name, value in values.items()}
