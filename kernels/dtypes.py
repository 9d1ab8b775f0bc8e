"""The element types of arguments, and how numpy holds them.

A name is a scalar type's (`float32`, `uint8`) or a composite's with Warp's suffix for the width of its components: `vec3f`, `vec5d`,
`mat33f`, `mat26h`, `quatf`, `transformd`, `spatial_vectorf`, `spatial_matrixf`. Any length from 2 and any shape up to 9 by 9 has a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DType:
    """An element type: its numpy scalar type, the trailing axes that one element takes (`()`, `(3,)`, `(3, 3)`), and its component's name.

    `element` is the component's scalar dtype. numpy has no bfloat16: such values are float32 that bfloat16 holds exactly.
    """

    scalar: type[np.generic]
    inner: tuple[int, ...] = ()
    element: str = ""

    @property
    def is_float(self) -> bool:
        """Whether elements are floating-point, so that tolerances and gradients apply."""
        return issubclass(self.scalar, np.floating)

    def rounded(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """`values` in the element type's precision: an array of `scalar`."""
        cast = values.astype(self.scalar)
        return bfloat16_values(bfloat16_bits(cast)) if self.element == "bfloat16" else cast


SCALARS: dict[str, type[np.generic]] = {
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
    "bfloat16": np.float32,
    "int8": np.int8,
    "uint8": np.uint8,
    "int16": np.int16,
    "uint16": np.uint16,
    "int32": np.int32,
    "uint32": np.uint32,
    "int64": np.int64,
    "uint64": np.uint64,
    "bool": np.bool_,
}
"""The scalar dtypes, and the numpy type that holds each."""

SUFFIXES: dict[str, str] = {
    "h": "float16",
    "f": "float32",
    "d": "float64",
    "b": "int8",
    "ub": "uint8",
    "s": "int16",
    "us": "uint16",
    "i": "int32",
    "ui": "uint32",
    "l": "int64",
    "ul": "uint64",
}
"""Warp's suffix of a composite type's name for each component type."""

_COMPOSITE = re.compile(r"(vec([2-9]|[1-9]\d)|mat([1-9])([1-9])|quat|transform|spatial_vector|spatial_matrix)([a-z]+)")
_FIXED = {"quat": (4,), "transform": (7,), "spatial_vector": (6,), "spatial_matrix": (6, 6)}


@cache
def dtype_of(name: str) -> DType:
    """The element type called `name`. Raises ValueError, saying what names there are, for any other (a struct is not an element type
    here)."""
    if name in SCALARS:
        return DType(SCALARS[name], (), name)
    match = _COMPOSITE.fullmatch(name)
    if match is None or match[5] not in SUFFIXES:
        raise ValueError(
            f"unknown dtype {name!r}: use one of {', '.join(SCALARS)}, or vec3f, mat33f, quatf, transformf, spatial_vectorf "
            f"and their like with one of the suffixes {', '.join(SUFFIXES)}"
        )
    element = SUFFIXES[match[5]]
    inner = (int(match[2]),) if match[2] else (int(match[3]), int(match[4])) if match[3] else _FIXED[match[1]]
    return DType(SCALARS[element], inner, element)


def _named() -> dict[str, DType]:
    composites = [f"{kind}{n}{s}" for kind, n in (("vec", 2), ("vec", 3), ("vec", 4)) for s in SUFFIXES]
    composites += [f"{kind}{s}" for kind in ("mat22", "mat33", "mat44", *_FIXED) for s in "hfd"]
    return {name: dtype_of(name) for name in (*SCALARS, *composites)}


DTYPES: dict[str, DType] = _named()
"""The element types that Warp has a name for itself."""


def bfloat16_bits(values: NDArray[np.generic]) -> NDArray[np.uint16]:
    """The bits of `values` (floats) rounded to bfloat16, ties to even: the upper half of a float32 (IEEE 754 binary32 cut to 8 bits)."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    nan = np.isnan(np.asarray(values, np.float32))
    return np.where(nan, np.uint16(0x7FC0), rounded.astype(np.uint16)).astype(np.uint16).reshape(np.shape(values))


def bfloat16_values(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """The float32 values of bfloat16 `bits`; the inverse of `bfloat16_bits`."""
    values: NDArray[np.float32] = (np.asarray(bits, np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
    return values
