"""Leaves to Warp arguments and back.

A case's values come as leaves: a numpy array for each argument, or for each field of a struct or compound (see kernels.case). Here they
are put together to what the kernel is launched with, and read back, as leaves again. Arrays carry their element's axes last: a `vec3f`
array of shape (n,) is a numpy array of shape (n, 3).

The script that reproduces a failing case carries this module as text; it imports numpy, Warp, kernels.dtypes and generation.code.compounds
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import warp as wp
from numpy.typing import NDArray

from generation.code.compounds import build_compound, compound_kind, shared_leaves
from kernels.dtypes import SUFFIXES, bfloat16_bits, bfloat16_values, dtype_of

STRUCT = "struct:"

Place = Callable[..., Any]
"""`place(name, data, dtype, grad)` makes the Warp array called `name`; `grad` is None or the numpy array that its gradient starts as."""


class Leaf(Protocol):
    """An argument or a field of one, as kernels.case.Argument has it."""

    @property
    def name(self) -> str:
        """What values are given under."""

    @property
    def dtype(self) -> str:
        """The name of its element type, or of what it is."""

    @property
    def ndim(self) -> int:
        """The number of its axes."""

    @property
    def role(self) -> str:
        """What the kernel does with it."""

    @property
    def differentiable(self) -> bool:
        """Whether it has a gradient."""


def warp_type(dtype: str) -> Any:
    """The Warp type of a scalar or composite dtype."""
    found = getattr(wp, dtype, None)
    if found is not None:
        return found
    suffix = next(s for s in sorted(SUFFIXES, key=len, reverse=True) if dtype.endswith(s))
    component, inner = getattr(wp, SUFFIXES[suffix]), dtype_of(dtype).inner
    return wp.types.vector(inner[0], component) if len(inner) == 1 else wp.types.matrix(inner, component)


@dataclass
class ArrayLeaf:
    """A leaf in a Warp array: the array itself, or a field of its structs (`path`)."""

    array: Any
    dtype: str
    path: tuple[str, ...] = ()

    def read(self) -> NDArray[Any]:
        """A copy of the values, since on the CPU `numpy()` is a view that later launches write to."""
        return self._leaf(self.array)

    def gradient(self) -> NDArray[Any]:
        """A copy of the gradient's values."""
        return self._leaf(self.array.grad)

    def _leaf(self, array: Any) -> NDArray[Any]:
        data = array.numpy()
        for field in self.path:
            data = data[field]
        return from_storage(np.array(data, copy=True), self.dtype)


@dataclass
class BuiltLeaf(ArrayLeaf):
    """A leaf that a compound holds in a form of its own, which `values` gives back as an array."""

    values: Callable[[], NDArray[Any]] = lambda: np.empty(0)

    def read(self) -> NDArray[Any]:
        """A copy of the values."""
        return np.array(self.values(), copy=True)


class Assembly:
    """The arguments of one launch: `inputs` for the launch, and `arrays`, the leaves that can be read back.

    `values` and `cotangents` have the leaves' values; a differentiable output's gradient starts as its cotangent, so that `Tape.backward`
    needs no seeds. `namespace` is the case's own, where a `struct:Name` argument finds its class. Raises ValueError for a value that does
    not fit, KeyError for one that is missing.
    """

    def __init__(
        self,
        arguments: Sequence[Leaf],
        leaves: Sequence[Leaf],
        values: Mapping[str, Any],
        cotangents: Mapping[str, NDArray[Any]],
        namespace: Mapping[str, Any],
        place: Place,
    ) -> None:
        self.leaves = {leaf.name: leaf for leaf in leaves}
        self.arrays: dict[str, ArrayLeaf] = {}
        self._compounds: list[Any] = []
        self._values, self._cotangents, self._namespace, self._place = values, cotangents, namespace, place
        self.inputs = [self._argument(a) for a in arguments]

    def fields(self, name: str) -> dict[str, str]:
        """The direct fields of the struct or compound `name`, and the full name of each."""
        inner = [leaf.removeprefix(f"{name}.") for leaf in self.leaves if leaf.startswith(f"{name}.")]
        return {field: f"{name}.{field}" for field in dict.fromkeys(i.partition(".")[0] for i in inner)}

    def value(self, name: str) -> NDArray[Any]:
        """The checked values of a leaf."""
        leaf, data = self.leaves[name], np.asarray(self._values[name])
        dtype = dtype_of(leaf.dtype)
        if data.dtype != dtype.scalar or data.ndim != leaf.ndim + len(dtype.inner) or data.shape[leaf.ndim :] != dtype.inner:
            raise ValueError(
                f"argument {name!r} got {data.dtype}{list(data.shape)}: "
                f"{leaf.dtype} with {leaf.ndim} axes needs {np.dtype(dtype.scalar)} with inner axes {list(dtype.inner)}"
            )
        return data

    def array(self, name: str) -> Any:
        """The Warp array of a leaf that is one; a copy, never a view of the values. Every call gives the same array."""
        if name in self.arrays:
            return self.arrays[name].array
        leaf, data = self.leaves[name], self.value(name)
        grad = None
        if leaf.differentiable:
            start = self._cotangents.get(name)
            grad = to_storage(np.zeros_like(data) if start is None else start, leaf.dtype)
        made = self._place(name, to_storage(data, leaf.dtype), warp_type(leaf.dtype), grad)
        self.arrays[name] = ArrayLeaf(made, leaf.dtype)
        return made

    def placed(self, name: str, data: NDArray[Any], dtype: Any) -> Any:
        """A Warp array of `data` that no leaf is read from."""
        return self._place(name, data, dtype, None)

    def single(self, name: str) -> Any:
        """The Warp value of a leaf that is no array."""
        data = self.value(name)
        return warp_type(self.leaves[name].dtype)(*data.ravel().tolist()) if data.shape else data.item()

    def _argument(self, argument: Leaf) -> Any:
        if argument.dtype.startswith(STRUCT):
            name = argument.dtype.removeprefix(STRUCT)
            if name not in self._namespace:
                raise ValueError(f"argument {argument.name!r} needs the struct {name!r}, which the case's source does not define")
            struct = self._namespace[name]
            return self._structs(argument, struct) if argument.ndim else self._struct(argument.name, struct)
        kind = compound_kind(argument.dtype)
        if kind is not None:
            self._compounds.append(build_compound(kind, _Parts(self, argument)))
            return self._compounds[-1].given
        return self.array(argument.name) if argument.ndim else self.single(argument.name)

    def _struct(self, name: str, struct: Any) -> Any:
        instance, fields = struct(), self.fields(name)
        if not fields:
            raise ValueError(f"argument {name!r} is a struct without fields: give it a Struct domain with the fields of its class")
        for field, leaf in fields.items():
            if leaf not in self.leaves:
                setattr(instance, field, self._struct(leaf, type(getattr(instance, field))))
            else:
                setattr(instance, field, self.array(leaf) if self.leaves[leaf].ndim else self.single(leaf))
        return instance

    def _structs(self, argument: Leaf, struct: Any) -> Any:
        name = argument.name
        paths = {leaf: tuple(leaf.split(".")[1:]) for leaf in self.leaves if leaf.startswith(f"{name}.")}
        shape = self.value(next(iter(paths))).shape[: argument.ndim]
        data = np.zeros(shape, struct.numpy_dtype())
        start = np.zeros(shape, struct.numpy_dtype()) if argument.differentiable else None
        for leaf, path in paths.items():
            dtype = self.leaves[leaf].dtype
            _field(data, path)[...] = to_storage(self.value(leaf), dtype)
            if start is not None and leaf in self._cotangents:
                _field(start, path)[...] = to_storage(self._cotangents[leaf], dtype)
        made = self._place(name, data, struct, start)
        self.arrays |= {leaf: ArrayLeaf(made, self.leaves[leaf].dtype, path) for leaf, path in paths.items()}
        return made


class _Parts:
    """The leaves of a compound argument, as generation.code.compounds asks for them."""

    def __init__(self, assembly: Assembly, argument: Leaf) -> None:
        self._assembly = assembly
        self._names = {**assembly.fields(argument.name), **shared_leaves(argument.dtype)}

    def has(self, field: str) -> bool:
        return field in self._names

    def array(self, field: str) -> Any:
        return self._assembly.array(self._names[field])

    def value(self, field: str) -> NDArray[Any]:
        return self._assembly.value(self._names[field])

    def place(self, field: str, data: NDArray[Any], dtype: Any) -> Any:
        return self._assembly.placed(self._names.get(field, field), data, dtype)

    def keep(self, field: str, read: Callable[[], NDArray[Any]]) -> None:
        name = self._names[field]
        self._assembly.arrays[name] = BuiltLeaf(None, self._assembly.leaves[name].dtype, values=read)


def to_storage(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """`values` of a leaf as Warp stores them: bfloat16 as its bits, everything else as it is."""
    return bfloat16_bits(values) if dtype == "bfloat16" else values


def from_storage(data: NDArray[Any], dtype: str) -> NDArray[Any]:
    """The values of a leaf from what Warp stores; the inverse of `to_storage`."""
    return bfloat16_values(data) if dtype == "bfloat16" else data


def _field(structs: NDArray[Any], path: Sequence[str]) -> NDArray[Any]:
    for field in path:
        structs = structs[field]
    return structs
