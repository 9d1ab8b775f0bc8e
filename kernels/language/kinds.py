"""Kinds of values beyond their type and range, and the domains that they are drawn from.

A kind is `unit` (a vector or quaternion of length one), `rigid` (a transform whose rotation is a unit quaternion), `rotation` or
`invertible` (matrices), or empty.
"""

from __future__ import annotations

from kernels.domains import Bernoulli, Domain, Integers, Lattice, RigidTransforms, Rotations, Uniform, UnitVectors, WellConditioned
from kernels.language.interval import SIGNED_UNIT, Interval
from kernels.language.types import BOOL, Type

HALVES = ("float16", "bfloat16")
"""Real types so coarse that a drawn value is often within rounding of a threshold: theirs come from a lattice between thresholds."""

OFFSETS = (0.125, 0.1875, 0.3125, 0.375)
"""Offsets of lattices: sixteenths away from halves, and none that people use as constants."""

_BITS = {"int8": 7, "uint8": 8, "int16": 15, "uint16": 16, "int32": 31, "uint32": 32, "int64": 63, "uint64": 64}
_LIMITS = {"float16": 50.0, "bfloat16": 50.0, "int8": 120.0, "uint8": 250.0, "int16": 3e4, "uint16": 6e4}
_LIMIT = 1e5


def representable(type: Type) -> Interval:
    """The integers that a type (each of its components) holds; all reals for a floating-point type."""
    if not type.has_integers:
        return Interval(-float("inf"), float("inf"))
    bits = _BITS[type.scalar]
    return Interval(0.0 if type.scalar.startswith("u") else -(2.0**bits), 2.0**bits - 1)


def limit(type: Type) -> Interval:
    """How far values of a type may go in a program: products of a few of them are still far from overflow."""
    high = _LIMITS.get(type.scalar, _LIMIT)
    return Interval(0.0 if type.scalar.startswith("u") else -high, high)


def natural_kind(type: Type) -> str:
    """The kind that inputs of a type have by nature: quaternions are unit, transforms are rigid."""
    return {"quat": "unit", "transform": "rigid"}.get(type.name[:-1], "")


def range_of_kind(kind: str, range: Interval, size: int = 3) -> Interval:
    """The range of values of `kind` that are drawn for `range`."""
    if kind in ("unit", "rotation"):
        return SIGNED_UNIT
    if kind == "invertible":
        return Interval(-1.0, size + 2.0)
    return range


def domain_for(type: Type, range: Interval, kind: str = "", *, offset: float = 0.1875) -> Domain:
    """What inputs of `type` with values in `range` and of `kind` are drawn from; `offset` is that of a lattice."""
    kind = kind or natural_kind(type)
    if type is BOOL:
        return Bernoulli(0.5)
    if type.has_integers:
        return Integers(int(range.low), int(range.high) + 1)
    if kind == "unit":
        return UnitVectors()
    if kind == "rotation":
        return Rotations()
    if kind == "rigid":
        return RigidTransforms(range.low, range.high)
    if kind == "invertible":
        return WellConditioned(type.inner[0] + 1.0)
    if type.name in HALVES and range.high - range.low >= 1.0:
        return Lattice(range.low, range.high, 0.5, offset)
    return Uniform(range.low, range.high)
