"""A stand-in for the `warp` module, one thread at a time: types, builtins, decorators.

A builtin that is not spelled out here means what the operation declared for the types of its arguments says in numpy. `wp.<name>` of what
the stand-in does not have raises Unsupported.
"""

from __future__ import annotations

import inspect
import math
import re
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from thread_values import Array, Quaternion, Tensor, Transform, class_of, declared, integer_of, remainder, wrapped

from kernels.dtypes import SCALARS, SUFFIXES, dtype_of
from kernels.language.operation import OPERATIONS
from kernels.language.types import FIXED, type_named


class Unsupported(Exception):  # noqa: N818
    """A program uses what the stand-in does not have."""


class Scalar:
    """A scalar type: what `wp.int16(x)` and its like give, and whether a value is one."""

    def __init__(self, name):
        self.name, self.scalar = name, SCALARS[name]
        self.python = bool if name == "bool" else float if "float" in name else int

    def __call__(self, value=0):
        made = self.python(value)
        if self.python is not int:
            return made
        fitting = self.scalar(made)  # or OverflowError
        return fitting if self.name.startswith("u") else made

    def holds(self, value):
        if self.name.startswith("u"):
            return type(value) is self.scalar
        return isinstance(value, self.python) and (self.python is bool or not isinstance(value, bool))


class Composite:
    """A composite type: its constructor, and whether a value is one."""

    def __init__(self, name):
        self.name, self.inner, self.element = name, dtype_of(name).inner, class_of(name)
        self.scalar = np.float64 if dtype_of(name).is_float else dtype_of(name).scalar

    def __call__(self, *parts):
        numbers = np.concatenate([np.ravel(p) for p in parts]) if parts else np.zeros(1)
        whole = np.full(self.inner, numbers[0]) if numbers.size == 1 else numbers.reshape(self.inner)
        made = whole.astype(self.scalar)
        if not np.array_equal(made, whole):
            raise OverflowError(f"{whole} does not fit {self.name}")
        return made.view(self.element)

    def holds(self, value):
        return type(value) is self.element and value.shape == self.inner and value.dtype == self.scalar


_PYTHON = {float: "float32", int: "int32", bool: "bool"}


def type_of(annotation):
    """The stand-in's type for what stands in an annotation or a `dtype=`."""
    return Scalar(_PYTHON[annotation]) if annotation in _PYTHON else annotation


class Overloads:
    """The functions of one name, told apart by the annotations of their parameters."""

    def __init__(self):
        self.functions = []

    def __call__(self, *arguments, **named):
        if len(self.functions) == 1:
            return self.functions[0](*arguments, **named)
        return next(f for f in self.functions if self._takes(f, arguments))(*arguments, **named)

    @staticmethod
    def _takes(function, arguments):
        annotations = list(inspect.get_annotations(function).values())
        return all(a is Any or type_of(a).holds(value) for a, value in zip(annotations, arguments, strict=False))


class _ArrayType:
    """`wp.array` and its like: an annotation, or a view of another array's memory."""

    def __call__(self, ptr=None, shape=None, dtype=None):
        if ptr is not None and (tuple(shape) != ptr.shape or type_of(dtype).name != ptr.dtype):
            raise Unsupported("an array of another shape or type over an array's memory")
        return ptr

    def __getitem__(self, dtype):
        return None


def _letters(value):
    """The letters of signatures that a value may stand for."""
    if isinstance(value, (bool, np.bool_)):
        return "B"
    if isinstance(value, np.unsignedinteger):
        return "I" + "".join(letter for letter, name in FIXED.items() if name == value.dtype.name)
    if isinstance(value, (int, np.integer)):
        return "I" + "".join(letter for letter, name in FIXED.items() if name.startswith("int"))
    if isinstance(value, float):
        return "R" + "".join(letter for letter, name in FIXED.items() if "float" in name)
    if isinstance(value, (Quaternion, Transform)):
        return "Q" if isinstance(value, Quaternion) else "T"
    size = value.shape[0]
    if value.ndim == 1:
        return "J" if value.dtype.kind in "iu" else "V" + {2: "W", 3: "P", 4: "X", 6: "S"}.get(size, "")
    return "" if value.shape[1] != size else "M" + {2: "Y", 3: "K", 4: "Z", 6: "A"}.get(size, "")


_CALL = re.compile(r"wp\.(\w+)\(((?:\{\d\}(?:, )?)*)((?:[\d.]+)?)\)")


@cache
def _operations_of(builtin):
    """The operations that are a call of `builtin`, and a constant that some of them give it last."""
    matches = ((o, _CALL.fullmatch(o.warp)) for o in OPERATIONS.values())
    return tuple((o, float(m[3]) if m[3] else None) for o, m in matches if m and m[1] == builtin)


def _builtin(name, of_scalars=None):
    """The builtin called `name`: `of_scalars` on numbers, else what an operation for the arguments' types declares."""

    def compute(*arguments):
        if of_scalars and not any(isinstance(a, np.ndarray) for a in arguments):
            return of_scalars(*arguments)
        letters = [_letters(a) for a in arguments]
        for operation, last in _operations_of(name):
            given = arguments if last is None else arguments[:-1] if arguments[-1] == last else ()
            fits = len(operation.parameters) == len(given) and all(p in of for p, of in zip(operation.parameters, letters, strict=False))
            if fits and (operation.integers is None or integer_of(arguments) in operation.integers):
                return declared(operation.name, *given)
        raise Unsupported(f"wp.{name}({', '.join(letters)})")

    return compute


def _float(function):
    return lambda *arguments: float(function(*arguments))


_OF_REALS = {
    name: _float(f)
    for name, f in {
        "sqrt": math.sqrt, "cbrt": np.cbrt, "exp": math.exp, "log": math.log, "log2": math.log2, "log10": math.log10, "sin": math.sin,
        "cos": math.cos, "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan, "atan2": math.atan2,
        "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh, "pow": math.pow, "erf": math.erf, "erfc": math.erfc,
        "degrees": math.degrees, "radians": math.radians, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint,
        "frac": lambda x: math.modf(x)[0], "round": lambda x: math.copysign(math.floor(abs(x) + 0.5), x),
        "lerp": lambda a, b, t: a * (1.0 - t) + b * t,
    }.items()
}  # fmt: skip
_OF_SCALARS = {
    **_OF_REALS, "min": min, "max": max, "abs": abs, "clamp": lambda x, low, high: min(max(x, low), high), "mod": remainder,
    "sign": lambda x: type(x)(-1 if x < 0 else 1), "step": lambda x: type(x)(1 if x < 0 else 0),
}  # fmt: skip


def _atomic(combine):
    def change(array, *rest):
        old = array[rest[:-1]]
        array.store_wrapped(rest[:-1], combine(old, rest[-1]))
        return old

    return change


def _exchange_if_equal(array, *rest):
    *index, compare, value = rest
    old = array[tuple(index)]
    if np.all(old == compare):
        array[tuple(index)] = value
    return old


def _lower_bound(array, *rest):
    """The first place from `begin` on whose element is not below the value; `end - 1` if there is none."""
    (begin, end), value = rest[:-1] or (0, array.shape[0]), rest[-1]
    return next((k for k in range(begin, end) if array[k] >= value), end - 1)


def _expect_neq(a, b):
    assert a != b, f"{a} is {b}"


def _expect_near(a, b, tolerance):
    assert np.all(np.abs(np.asarray(a) - np.asarray(b)) <= tolerance), f"{a} is not near {b}"


_IN_C = {"sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "exp": math.exp}


def _native(snippet, adjoint=""):
    """A function whose C++ is a single expression, which is Python too but for the suffix of its literals."""
    code = re.fullmatch(r"\s*return (.*);\s*", snippet)
    if not code:
        raise Unsupported(f"the native snippet {snippet!r}")
    return lambda f: eval(f"lambda {', '.join(inspect.signature(f).parameters)}: {re.sub(r'(?<=[0-9.])f', '', code[1])}", dict(_IN_C))


def _unchanged(thing):
    return thing


def _decorator(*_):
    """A decorator of a function that is not called forward: a custom gradient, a replay."""
    return _unchanged


def _identity(n, dtype):
    return np.eye(n).view(Tensor)


def _cast(value, dtype):
    """The integer of the type `dtype` that has the bits of `value`, which is as wide."""
    return wrapped(np.array(value).astype(type_of(dtype).scalar))


def _zeros(shape, dtype):
    type = type_of(dtype)
    return Array(np.zeros((*np.atleast_1d(shape), *dtype_of(type.name).inner), type.scalar), type.name)


class StandIn:
    """The module `wp` for one kernel's module. `thread` is what `wp.tid()` gives."""

    def __init__(self):
        self.thread = None
        self.overloads = {}
        self.tid = lambda: self.thread

    def func(self, function):
        overloads = self.overloads.setdefault(function.__name__, Overloads())
        overloads.functions.append(function)
        return overloads

    def __getattr__(self, name):
        if name in _MODULE:
            return _MODULE[name]
        made = _type_called(name) or (_builtin(name, _OF_SCALARS.get(name)) if name in _OF_SCALARS or _operations_of(name) else None)
        if made is None:
            raise Unsupported(f"wp.{name}")
        setattr(self, name, made)
        return made


@cache
def _type_called(name):
    """The type that Warp calls `name`; None if there is none."""
    for full in (name, f"{name}f"):
        try:
            type = type_named(full)
        except ValueError:
            continue
        if name in (full, type.spelling.removeprefix("wp.")) and (type.rank == 0 or type.spelling.startswith("wp.")):
            return Scalar(full) if type.rank == 0 else Composite(full)
    return None


def _vector(length, dtype):
    return Composite(_name_of(f"vec{length}", dtype))


def _matrix(shape, dtype):
    return Composite(_name_of(f"mat{shape[0]}{shape[1]}", dtype))


def _name_of(stem, dtype):
    """A composite's name with the suffix of its component type."""
    scalar = type_of(dtype).name
    return next(stem + suffix for suffix in SUFFIXES if dtype_of(stem + suffix).element == scalar)


_MODULE = {
    "kernel": _unchanged, "struct": _unchanged, "static": _unchanged, "constant": _unchanged, "func_grad": _decorator,
    "func_replay": _decorator, "func_native": _native, "types": SimpleNamespace(vector=_vector, matrix=_matrix),
    "array": _ArrayType(), "array2d": _ArrayType(), "array3d": _ArrayType(), "array4d": _ArrayType(), "zeros": _zeros,
    "identity": _identity, "matrix": lambda *parts, shape: np.reshape(parts, shape).view(Tensor), "cast": _cast,
    "printf": lambda *_: None, "expect_near": _expect_near, "expect_neq": _expect_neq, "lower_bound": _lower_bound,
    "where": lambda condition, a, b: a if condition else b,
    "quat_identity": lambda dtype=None: np.array([0.0, 0.0, 0.0, 1.0]).view(Quaternion),
    "transform_identity": lambda dtype=None: np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]).view(Transform),
    "atomic_add": _atomic(lambda a, b: a + b), "atomic_sub": _atomic(lambda a, b: a - b), "atomic_min": _atomic(np.minimum),
    "atomic_max": _atomic(np.maximum), "atomic_and": _atomic(lambda a, b: a & b), "atomic_or": _atomic(lambda a, b: a | b),
    "atomic_xor": _atomic(lambda a, b: a ^ b), "atomic_exch": _atomic(lambda a, b: b), "atomic_cas": _exchange_if_equal,
}  # fmt: skip
