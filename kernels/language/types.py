"""The types that values of a program have: how Warp spells them, and how they relate.

A signature's letter stands for a type of the program's palette: the real and the integer type it works in, and the length of its vectors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

from kernels.dtypes import SUFFIXES, dtype_of

_SHORT = {
    "float32": "float",
    "int32": "int",
    "bool": "bool",
    **{f"{kind}f": f"wp.{kind}" for kind in ("vec2", "vec3", "vec4", "mat22", "mat33", "mat44", "quat", "transform")},
    "spatial_vectorf": "wp.spatial_vector",
    "spatial_matrixf": "wp.spatial_matrix",
}
_NAMED_VECTORS, _NAMED_MATRICES = ("2", "3", "4"), ("22", "33", "44")
_ALIAS = re.compile(r"(?<![\w.])(?:vec([2-9]|[1-9]\d)|mat([1-9])([1-9]))(h|f|d|ub|us|ui|ul|b|s|i|l)?\b")


@dataclass(frozen=True)
class Type:
    """A value type: its dtype name (see kernels.dtypes), Warp's spelling, its component's dtype name, and its number of inner axes."""

    name: str
    spelling: str
    scalar: str
    rank: int = 0

    @cached_property
    def inner(self) -> tuple[int, ...]:
        """The inner axes of one value: `()`, `(3,)`, `(3, 3)`."""
        return dtype_of(self.name).inner

    @property
    def is_float(self) -> bool:
        """Whether the value (or its components) is floating-point."""
        return self.scalar.startswith(("float", "bfloat"))

    @property
    def is_integer(self) -> bool:
        """Whether the value is an integer."""
        return self.rank == 0 and self.has_integers

    @property
    def has_integers(self) -> bool:
        """Whether the value is an integer, or a vector of such."""
        return self.scalar.startswith(("int", "uint"))

    @property
    def is_vector(self) -> bool:
        """Whether the value is a plain vector: no quaternion, no transform, no spatial vector."""
        return self.name.startswith("vec")

    @property
    def explicit(self) -> str:
        """Warp's own name of the type, where a person may also write a shorter one: `wp.float32` for `float`, `wp.vec3f` for `wp.vec3`."""
        return f"wp.{self.name}" if self.name in _SHORT else self.spelling


@cache
def type_named(name: str) -> Type:
    """The type of the dtype called `name`. Raises ValueError for an unknown one."""
    dtype = dtype_of(name)
    if name in _SHORT:
        spelling = _SHORT[name]
    elif (name[:3] == "vec" and name[3:].rstrip("bdfhilsu") not in _NAMED_VECTORS) or (
        name[:3] == "mat" and name[3:].rstrip("dfh") not in _NAMED_MATRICES
    ):
        # Warp has no name for these; modules define one, as alias_definitions says.
        spelling = name.removesuffix("f")
    else:
        spelling = f"wp.{name}"
    return Type(name, spelling, dtype.element, len(dtype.inner))


def alias_definitions(source: str) -> list[str]:
    """The module-level lines that define the types that `source` uses and that Warp has no name for: `vec5`, `mat26d`."""
    lines = {}
    for match in _ALIAS.finditer(source):
        length, rows, columns, suffix = match.groups()
        if length in _NAMED_VECTORS or (rows and rows + columns in _NAMED_MATRICES and (suffix or "f") in "hfd"):
            continue
        scalar = SUFFIXES[suffix or "f"]
        what = f"vector(length={length}" if length else f"matrix(shape=({rows}, {columns})"
        lines[match[0]] = f"{match[0]} = wp.types.{what}, dtype=wp.{scalar})"
    return [lines[name] for name in sorted(lines)]


F16, F32, F64 = (type_named(f"float{bits}") for bits in (16, 32, 64))
BF16 = type_named("bfloat16")
I8, I16, I32, I64 = (type_named(f"int{bits}") for bits in (8, 16, 32, 64))
U8, U16, U32, U64 = (type_named(f"uint{bits}") for bits in (8, 16, 32, 64))
BOOL = type_named("bool")

_SUFFIX_OF = {scalar: suffix for suffix, scalar in SUFFIXES.items()}

_LETTERS = {
    "P": "vec3{r}",
    "K": "mat33{r}",
    "W": "vec2{r}",
    "X": "vec4{r}",
    "Y": "mat22{r}",
    "Z": "mat44{r}",
    "Q": "quat{r}",
    "T": "transform{r}",
    "S": "spatial_vector{r}",
    "A": "spatial_matrix{r}",
    "V": "vec{n}{r}",
    "M": "mat{n}{n}{r}",
    "J": "vec{n}{i}",
}
FIXED = {
    "h": "float16",
    "g": "bfloat16",
    "f": "float32",
    "d": "float64",
    "a": "int8",
    "s": "int16",
    "i": "int32",
    "l": "int64",
    "b": "uint8",
    "t": "uint16",
    "u": "uint32",
    "z": "uint64",
}
"""The letters of scalar types that do not follow the palette."""

LETTERS = "RIB" + "".join(_LETTERS) + "".join(FIXED)
"""The letters of signatures: R real, I integer, B bool, V and M the palette's vectors and square matrices, J its integer vectors; W, P, X
vectors and Y, K, Z square matrices of 2, 3 and 4, Q quaternion, T transform, S and A spatial vector and matrix; and those of `FIXED`."""


@dataclass(frozen=True)
class Palette:
    """The types that a program works in: its real and integer scalar dtypes, and the length of its vectors.

    bfloat16 has scalars only.
    """

    real: str = "float32"
    integer: str = "int32"
    length: int = 3

    def type_of(self, letter: str) -> Type:
        """The type that a signature's letter stands for. Raises KeyError for an unknown letter, or one that the palette has no type for."""
        return _type_of(self, letter)

    def has(self, letter: str) -> bool:
        """Whether the palette has a type for `letter`."""
        return letter in "RIBJ" or letter in FIXED or self.real in _SUFFIX_OF

    def letter_of(self, type: Type) -> str:
        """A letter that stands for `type`. Raises KeyError if there is none."""
        return _letters(self)[type]


@cache
def _type_of(palette: Palette, letter: str) -> Type:
    plain = {"R": palette.real, "I": palette.integer, "B": "bool", **FIXED}
    if letter in plain:
        return type_named(plain[letter])
    integer = _SUFFIX_OF[palette.integer] if letter == "J" else ""
    real = _SUFFIX_OF[palette.real] if letter != "J" else ""
    return type_named(_LETTERS[letter].format(r=real, i=integer, n=palette.length))


@cache
def _letters(palette: Palette) -> dict[Type, str]:
    order = ("R", "I", "B", *"VMPWXKYZQTSAJ", *FIXED)
    return {palette.type_of(letter): letter for letter in reversed(order) if palette.has(letter)}


def real(width: str) -> Type:
    """The real scalar type of `width`, such as 'float32'."""
    return type_named(width)


def vector(width: str, length: int = 3) -> Type:
    """The vector type of `length` components of `width`."""
    return Palette(width, length=length).type_of("V")


def matrix(width: str, size: int = 3) -> Type:
    """The square matrix type of `size` rows whose components are of `width`."""
    return Palette(width, length=size).type_of("M")


def instantiate(letter: str, width: str, integer: Type = I32) -> Type:
    """The type that a signature's letter stands for in the palette of `width`, `integer` and vectors of three."""
    return Palette(width, integer.name).type_of(letter)


def letter_of(type: Type) -> str:
    """The signature letter of a scalar, a vector or a square matrix: the inverse of `instantiate`, whatever the width and size."""
    if type.rank:
        return "RVM"[type.rank]
    return "R" if type.is_float else "B" if type is BOOL else "I"
