"""The element types of arguments, and how numpy holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DType:
    """An element type: its numpy scalar type and the trailing axes that one element takes (`()`, `(3,)` or `(3, 3)`)."""

    scalar: type[np.generic]
    inner: tuple[int, ...] = ()

    @property
    def is_float(self) -> bool:
        """Whether elements are floating-point, so that tolerances and gradients apply."""
        return issubclass(self.scalar, np.floating)


DTYPES: dict[str, DType] = {
    "float32": DType(np.float32),
    "float64": DType(np.float64),
    "int32": DType(np.int32),
    "int64": DType(np.int64),
    "bool": DType(np.bool_),
    "vec3f": DType(np.float32, (3,)),
    "vec3d": DType(np.float64, (3,)),
    "mat33f": DType(np.float32, (3, 3)),
    "mat33d": DType(np.float64, (3, 3)),
}


def dtype_of(name: str) -> DType:
    """The element type called `name`. Raises ValueError, naming the known ones, for any other (a struct is not an element type here)."""
    try:
        return DTYPES[name]
    except KeyError:
        raise ValueError(f"unknown dtype {name!r}: use one of {', '.join(DTYPES)}") from None
