"""numpy values to Warp arguments and back.

Arrays carry their element's axes last: a `vec3f` array of shape (n,) is a numpy array of shape (n, 3).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from generation.code.memory import Memory
from kernels.case import Argument
from kernels.dtypes import DTYPES, dtype_of

STRUCT = "struct:"

_WARP_TYPES: dict[str, Any] = {
    "float32": wp.float32,
    "float64": wp.float64,
    "int32": wp.int32,
    "int64": wp.int64,
    "bool": wp.bool,
    "vec3f": wp.vec3f,
    "vec3d": wp.vec3d,
    "mat33f": wp.mat33f,
    "mat33d": wp.mat33d,
}

_DTYPE_NAMES = {(np.dtype(dtype.scalar), dtype.inner): name for name, dtype in DTYPES.items()}


def warp_type(dtype: str) -> Any:
    """The Warp type of a scalar or composite dtype."""
    return _WARP_TYPES[dtype]


def to_warp(value: Any, argument: Argument, namespace: dict[str, Any], memory: Memory) -> Any:
    """The Warp array, scalar, vector, matrix or struct that `argument` is launched with; a copy, never a view of `value`.

    `namespace` is the case's own, where a `struct:Name` argument finds its class. Raises ValueError for a value that does not fit.
    """
    if argument.dtype.startswith(STRUCT):
        return _struct(value, argument, namespace)
    dtype = dtype_of(argument.dtype)
    data = np.asarray(value)
    if data.dtype != dtype.scalar or data.ndim != argument.ndim + len(dtype.inner) or data.shape[argument.ndim :] != dtype.inner:
        raise ValueError(
            f"argument {argument.name!r} got {data.dtype}{list(data.shape)}: "
            f"{argument.dtype} with {argument.ndim} axes needs {np.dtype(dtype.scalar)} with inner axes {list(dtype.inner)}"
        )
    if argument.ndim == 0:
        return _single(data, argument.dtype)
    return memory.array(argument.name, data, _WARP_TYPES[argument.dtype], requires_grad=argument.differentiable)


def to_numpy(array: Any) -> NDArray[Any]:
    """A copy of a Warp array's values, since on the CPU `numpy()` is a view that later launches write to."""
    return np.array(array.numpy(), copy=True)


def _single(data: NDArray[Any], dtype: str) -> Any:
    if data.shape:
        return _WARP_TYPES[dtype](*data.ravel().tolist())
    return data.item()


def _struct(fields: dict[str, Any], argument: Argument, namespace: dict[str, Any]) -> Any:
    name = argument.dtype.removeprefix(STRUCT)
    if argument.ndim:
        raise ValueError(f"argument {argument.name!r} is an array of structs: only struct values are supported")
    if name not in namespace:
        raise ValueError(f"argument {argument.name!r} needs the struct {name!r}, which the case's source does not define")
    struct = namespace[name]()
    for field, value in fields.items():
        data = np.asarray(value)
        dtype = _DTYPE_NAMES.get((data.dtype, data.shape))
        if dtype is None:
            known = ", ".join(DTYPES)
            raise ValueError(f"field {field!r} of {argument.name!r} got {data.dtype}{list(data.shape)}, which is none of {known}")
        setattr(struct, field, _single(data, dtype))
    return struct
