"""Values of one thread with Warp's operators, arrays that check their bounds, and what operators mean that are not Python's.

Reals are Python floats (double precision), signed integers Python's, unsigned ones numpy's, composites small numpy arrays that are told
apart by class. What is not spelled out here means what the operation declared for the types of its arguments says in numpy.
"""

from __future__ import annotations

import math
from functools import cache
from types import SimpleNamespace

import numpy as np

from kernels.dtypes import dtype_of
from kernels.language import operations as _declared  # noqa: F401  (declares the operations)
from kernels.language.expression import Variable, fill
from kernels.language.interval import REALS
from kernels.language.operation import OPERATIONS
from kernels.language.types import Palette


class Tensor(np.ndarray):
    """A vector or matrix, of float64 or of integers, with value semantics: an augmented assignment makes a new one."""

    def __mul__(self, other):
        return np.matmul(self, other) if self.ndim == 2 and np.ndim(other) else super().__mul__(other)

    def __iadd__(self, other):
        return self + other

    def __isub__(self, other):
        return self - other

    def __imul__(self, other):
        return self * other

    def __itruediv__(self, other):
        return self / other


class Quaternion(Tensor):
    """(x, y, z, w)."""

    def __mul__(self, other):
        return declared("quat_multiply", self, other) if isinstance(other, Quaternion) else super().__mul__(other)


class Transform(Tensor):
    """A translation `p`, then a rotation `q`."""

    p = property(lambda self: self[:3].view(Tensor))
    q = property(lambda self: self[3:].view(Quaternion))

    def __mul__(self, other):
        return declared("transform_star", self, other) if isinstance(other, Transform) else super().__mul__(other)


def _component(axis):
    return property(lambda self: self[axis], lambda self, value: self.__setitem__(axis, value))


for _axis, _name in enumerate("xyzw"):
    setattr(Tensor, _name, _component(_axis))


def wrapped(value, composite=Tensor):
    """What numpy computed as the stand-in has it: a number, or a new composite of the class `composite`."""
    array = np.asarray(value)
    if not array.ndim:
        return array[()] if array.dtype.kind == "u" else array.item()
    return np.array(array, np.float64 if array.dtype.kind == "f" else array.dtype).view(composite)


def class_of(dtype_name):
    """The class of a composite dtype's values."""
    return {"quat": Quaternion, "tran": Transform}.get(dtype_name[:4], Tensor)


class Array:
    """An array whose elements are of the dtype called `dtype`, with `data`'s last axes inside of them."""

    def __init__(self, data, dtype):
        self.data, self.dtype, self.element = data, dtype, class_of(dtype)
        self.rank = data.ndim - len(dtype_of(dtype).inner)
        self.shape = data.shape[: self.rank]
        self.ptr = self

    def place(self, index):
        index = index if isinstance(index, tuple) else (index,)
        assert len(index) == self.rank, f"{len(index)} indices into an array of {self.rank} axes"
        if not all(isinstance(i, (int, np.integer)) and 0 <= i < n for i, n in zip(index, self.shape, strict=True)):
            raise IndexError(f"index {index} is outside {self.shape}")
        return index

    def __getitem__(self, index):
        return wrapped(self.data[self.place(index)], self.element)

    def __setitem__(self, index, value):
        place = self.place(index)
        self.data[place] = value
        if self.data.dtype.kind in "iu" and not np.array_equal(self.data[place], value):
            raise OverflowError(f"{value} does not fit {self.dtype}")

    def store_wrapped(self, index, value):
        """Stores an integer modulo its type's range, as atomics do."""
        whole = self.data.dtype.kind in "iu"
        self.data[self.place(index)] = np.asarray(value).astype(self.data.dtype) if whole else value


class StructArray:
    """An array of structs, each field (or field of a field) an array."""

    def __init__(self, fields):
        self.fields = fields
        self.shape = next(iter(fields.values())).shape

    def __getitem__(self, index):
        return SimpleNamespace(**{name: array[index] for name, array in self.fields.items()})

    def __setitem__(self, index, value):
        for name, array in self.fields.items():
            array[index] = getattr(value, name)


def divided(a, b):
    """`a / b`: of integers and vectors of them, it truncates."""
    if not all(isinstance(x, int) or getattr(x, "dtype", np.dtype(float)).kind in "iu" for x in (a, b)):
        return a / b
    quotient = abs(a) // abs(b)
    if isinstance(quotient, np.ndarray):
        return wrapped(np.where((a < 0) == (b < 0), quotient, -quotient))
    return quotient if (a < 0) == (b < 0) else -quotient


def floor_divided(a, b):
    """`a // b`: of reals, the floor of the quotient."""
    return float(np.floor(a / b)) if isinstance(a, float) else a // b


def remainder(a, b):
    """`a % b`, with the sign of `a`."""
    if isinstance(a, float):
        return math.fmod(a, b)
    rest = abs(a) % abs(b)
    return -rest if a < 0 else rest


def copied(value):
    """What an assignment from a name or a component keeps: vectors do not share their components."""
    return value.copy() if isinstance(value, np.ndarray) else value


def declared(name, *arguments):
    """What the operation called `name` gives, by its numpy spelling."""
    arrays = [np.asarray(a)[()] for a in arguments]
    size = next((a.shape[0] for a in arrays if a.ndim), 3)
    composite = {"Q": Quaternion, "T": Transform}.get(OPERATIONS[name].result, Tensor)
    return wrapped(_compiled(name, integer_of(arguments), size)(*arrays), composite)


def integer_of(arguments):
    """The name of the integer type that the arguments bind."""
    return next((a.dtype.name for a in map(np.asarray, arguments) if a.dtype.kind in "iu"), "int64")


@cache
def _compiled(name, integer, size):
    """An operation's numpy spelling on one thread's values as a function, in the palette of `integer` and vectors of `size`."""
    operation, palette = OPERATIONS[name], Palette("float64", integer, size)
    scope = {"np": np}
    for line in operation.helpers:
        exec(line, scope)
    scope |= dict.fromkeys(("f32", "f16", "bf16"), np.float64)
    names = [f"x{k}" for k in range(len(operation.parameters))]
    letters = zip(operation.parameters, names, strict=True)
    variables = tuple(Variable(palette.type_of(letter), REALS, name) for letter, name in letters)
    text = fill(operation.numpy, variables, "numpy", palette.type_of(operation.result), operation)
    return eval(f"lambda {', '.join(names)}: {text}", scope)
