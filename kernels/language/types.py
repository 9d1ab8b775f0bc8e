"""The types that values of a program have: how Warp spells them, and how they relate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A value type: its dtype name (a key of kernels.dtypes), Warp's spelling, its component's dtype name, and its tensor rank."""

    name: str
    spelling: str
    scalar: str
    rank: int = 0

    @property
    def is_float(self) -> bool:
        """Whether the value (or its components) is floating-point."""
        return self.scalar.startswith("float")

    @property
    def is_integer(self) -> bool:
        """Whether the value is an integer."""
        return self.scalar.startswith("int")


F32 = Type("float32", "float", "float32")
F64 = Type("float64", "wp.float64", "float64")
I32 = Type("int32", "int", "int32")
I64 = Type("int64", "wp.int64", "int64")
BOOL = Type("bool", "bool", "bool")
VEC3F = Type("vec3f", "wp.vec3", "float32", 1)
VEC3D = Type("vec3d", "wp.vec3d", "float64", 1)
MAT33F = Type("mat33f", "wp.mat33", "float32", 2)
MAT33D = Type("mat33d", "wp.mat33d", "float64", 2)

TYPES: dict[str, Type] = {t.name: t for t in (F32, F64, I32, I64, BOOL, VEC3F, VEC3D, MAT33F, MAT33D)}

_OF_WIDTH = {"float32": {"R": F32, "V": VEC3F, "M": MAT33F}, "float64": {"R": F64, "V": VEC3D, "M": MAT33D}}


def real(width: str) -> Type:
    """The real scalar type of `width`, 'float32' or 'float64'."""
    return _OF_WIDTH[width]["R"]


def vector(width: str) -> Type:
    """The 3-vector type whose components are of `width`."""
    return _OF_WIDTH[width]["V"]


def matrix(width: str) -> Type:
    """The 3x3 matrix type whose components are of `width`."""
    return _OF_WIDTH[width]["M"]


def instantiate(letter: str, width: str, integer: Type = I32) -> Type:
    """The type that a signature's letter stands for: R real, V vector, M matrix (of `width`), I `integer`, B bool."""
    if letter == "I":
        return integer
    if letter == "B":
        return BOOL
    return _OF_WIDTH[width][letter]


def letter_of(type: Type) -> str:
    """The signature letter of a type: the inverse of `instantiate`, whatever the width."""
    if type.rank:
        return "RVM"[type.rank]
    return "R" if type.is_float else "B" if type is BOOL else "I"
