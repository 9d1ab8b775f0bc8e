"""Intervals: what range a value can have, tracked while a program is generated.

An interval bounds a scalar, or every component of a vector or matrix. The arithmetic is the usual outward one (Moore, Interval Analysis,
1966); monotone functions map their ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """The closed interval [low, high]."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"interval [{self.low}, {self.high}] is empty: low must not exceed high")

    @property
    def magnitude(self) -> float:
        """The largest absolute value."""
        return max(abs(self.low), abs(self.high))

    @property
    def mignitude(self) -> float:
        """The smallest absolute value: 0 if the interval holds 0."""
        return 0.0 if self.low <= 0.0 <= self.high else min(abs(self.low), abs(self.high))

    def within(self, other: Interval) -> bool:
        """Whether every value of this interval lies in `other`."""
        return other.low <= self.low and self.high <= other.high

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Interval) -> Interval:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def __truediv__(self, other: Interval) -> Interval:
        """The quotient. Raises ZeroDivisionError if `other` holds 0."""
        if other.mignitude == 0.0:
            raise ZeroDivisionError(f"divisor interval [{other.low}, {other.high}] holds zero")
        return self * Interval(1.0 / other.high, 1.0 / other.low)

    def repeated(self, times: int) -> Interval:
        """The sum of up to `times` values of this interval (none at all included)."""
        return Interval(min(0.0, self.low * times), max(0.0, self.high * times))

    def abs(self) -> Interval:
        """The interval of absolute values."""
        return Interval(self.mignitude, self.magnitude)


REALS = Interval(-math.inf, math.inf)
UNIT = Interval(0.0, 1.0)
SIGNED_UNIT = Interval(-1.0, 1.0)


def increasing(function: Callable[[float], float]) -> Callable[[Interval], Interval]:
    """How an increasing `function` maps an interval."""
    return lambda x: Interval(function(x.low), function(x.high))


def decreasing(function: Callable[[float], float]) -> Callable[[Interval], Interval]:
    """How a decreasing `function` maps an interval."""
    return lambda x: Interval(function(x.high), function(x.low))
