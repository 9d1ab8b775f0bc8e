"""Where numpy's functions jump and bend: for each, how far its operands are from the threshold, and how large they are.

Each rule returns (signed distance, size), elementwise. `JUMPS` are discontinuities, `KINKS` are continuous but have no derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def difference(a: Any, b: Any) -> tuple[Any, Any]:
    """How far a is from b."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    # Equal infinities are a tie, not an unknown.
    return np.where(a == b, 0.0, a - b), np.maximum(np.abs(a), np.abs(b))


def to_integer(x: Any) -> tuple[Any, Any]:
    """How far x is from the nearest integer."""
    x = np.asarray(x, np.float64)
    return x - np.rint(x), np.abs(x)


def to_integer_toward_zero(x: Any) -> tuple[Any, Any]:
    """As `to_integer`; zero is no threshold."""
    x = np.asarray(x, np.float64)
    return np.where(np.abs(x) < 0.5, 0.5, x - np.rint(x)), np.abs(x)


def to_half_integer(x: Any) -> tuple[Any, Any]:
    """How far x is from the nearest half-integer."""
    x = np.asarray(x, np.float64)
    return x - np.floor(x) - 0.5, np.abs(x)


def quotient(a: Any, b: Any) -> tuple[Any, Any]:
    """How far a / b is from the nearest integer."""
    return to_integer(np.divide(np.asarray(a, np.float64), b))


def quotient_toward_zero(a: Any, b: Any) -> tuple[Any, Any]:
    """As `quotient`; zero is no threshold."""
    return to_integer_toward_zero(np.divide(np.asarray(a, np.float64), b))


def against_zero(x: Any, *_: Any) -> tuple[Any, Any]:
    """How far x is from zero."""
    return x, np.abs(x)


def not_negative(x: Any) -> tuple[Any, Any]:
    """Whether x is negative, as -1 or 1: continuous down to zero, so only runs on different sides disagree."""
    return np.where(np.asarray(x) < 0, -1.0, 1.0), 0.0


def inside_one(x: Any) -> tuple[Any, Any]:
    """How far |x| is below one."""
    return 1.0 - np.abs(x), np.abs(x)


def branch_cut(y: Any, x: Any) -> tuple[Any, Any]:
    """How far (y, x) is from atan2's cut, the negative x-axis."""
    return np.where(np.asarray(x) < 0, y, 1.0), np.abs(y)


def sign_of_second(_: Any, b: Any) -> tuple[Any, Any]:
    """How far b is from zero."""
    return b, np.abs(b)


Rule = Callable[..., tuple[Any, Any]]

JUMPS: dict[Any, Rule] = {
    **dict.fromkeys((np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal), difference),
    **dict.fromkeys((np.sign, np.signbit, np.heaviside, np.logical_not), against_zero),
    **dict.fromkeys((np.sqrt, np.log, np.log2, np.log10), not_negative),
    **dict.fromkeys((np.floor, np.ceil), to_integer),
    **dict.fromkeys((np.trunc, np.modf), to_integer_toward_zero),
    **dict.fromkeys((np.remainder, np.floor_divide, np.divmod), quotient),
    np.fmod: quotient_toward_zero,
    np.rint: to_half_integer,
    np.copysign: sign_of_second,
    np.arctan2: branch_cut,
    np.arcsin: inside_one,
    np.arccos: inside_one,
}
KINKS: dict[Any, Rule] = {
    **dict.fromkeys((np.maximum, np.minimum, np.fmax, np.fmin), difference),
    **dict.fromkeys((np.absolute, np.fabs), against_zero),
}

_AT_UNITS = (to_integer, to_integer_toward_zero, to_half_integer, quotient, quotient_toward_zero)

ROUNDINGS = frozenset([f.__name__ for f, rule in JUMPS.items() if rule in _AT_UNITS] + ["int", "astype", "round"])
"""Decisions with a threshold at every unit: half-way between two, the distance to the nearest jumps from one half to minus one half."""
