"""Which overloads of Warp's builtins a kernel calls: what Warp's code generator resolved while it wrote the kernel's code.

An overload is a name and the types it was resolved for, such as `dot(vec3f,vec3f)`, in Warp's own short names; `adj_dot(vec3f,vec3f)` says
that the backward pass calls its adjoint. Operators, indexing and loads are calls like any other (`add`, `address`, `extract`, `load`).

- An overload that Warp declares with concrete types is spelled as declared, whatever the call passed.
- A generic one is spelled with the types of the call. Parameters that say where, how or in what shape, but not of what element type, are
  left out: `atomic_add(array(float32)[2],float32)`. One that makes a value of a type that it is told is spelled with what it makes:
  `tile_zeros(tile(float32)[2])`.
- A constructor of vectors, matrices, quaternions and transforms has the name of what it makes: `vec3f(float32,float32,float32)`. Numbers
  given for components count as the components they become; more than four equal types in a row are `float32*9`.
- Arrays and tiles are spelled with their number of axes: `array(float32)[2]`, `tile(vec3f)[1]`. Every struct is `struct`, every function
  `function`.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_origin

CONSTRUCTORS = ("vector", "matrix", "quaternion", "transformation", "spatial_vector")
"""The builtins that make a value of a type; their calls carry the type's name."""

_LEFT_OUT = frozenset(["i", "j", "k", "l", "m", "n", "shape", "offset", "length", "capacity", "thread_idx", "alpha", "beta", "lod"]) | {
    "bounds_check",
    "aligned",
    "preserve_type",
    "has_value",
    "atomic",
}
"""Parameters of generic overloads that have no part in their element types, beside texts."""

_LETTERS = {
    "float16": "h",
    "float32": "f",
    "float64": "d",
    "int8": "b",
    "uint8": "ub",
    "int16": "s",
    "uint16": "us",
    "int32": "i",
    "uint32": "ui",
    "int64": "l",
    "uint64": "ul",
}
"""Warp's letters for the element types of vectors and matrices."""

_COMPOSITES = {"vec_t": "vec", "mat_t": "mat", "quat_t": "quat", "transform_t": "transform"}

_PYTHON_TYPES = {float: "float32", int: "int32"}

SCALARS = (*_LETTERS, "bfloat16", "bool")

_MAKERS = ("identity", "quat_identity", "transform_identity", "zeros", "tile_zeros", "tile_ones", "tile_empty", "tile_full", "tile_arange")
"""Builtins that are told a type and make a value of it; their calls carry what they make."""

_OPEN = re.compile(r"\b(Any|Scalar|Float|Int|Callable|str)\b")
"""What stands in the type of a parameter that does not say all about a call."""


@dataclass
class Calls:
    """The builtins that each code (the adjoint object of a kernel or function) calls in its forward pass, and in its backward pass."""

    forward: dict[Any, set[str]] = field(default_factory=dict)
    backward: dict[Any, set[str]] = field(default_factory=dict)

    def overloads(self) -> tuple[str, ...]:
        """All overloads, sorted, once the code is written; adjoints of those codes alone whose backward pass is part of it."""
        forward = set[str]().union(*self.forward.values())
        backward = set[str]().union(*(keys for code, keys in self.backward.items() if _has_backward(code)))
        return tuple(sorted(forward | {f"adj_{key}" for key in backward}))


@contextmanager
def recording(adjoint: Any, builtins: Mapping[str, Any]) -> Iterator[Calls]:
    """The calls of `builtins` that `adjoint`, Warp's code generator, resolves while the context is open. What it writes stays as it is."""
    calls = Calls()
    add_call = adjoint.add_call

    def noting(code: Any, *args: Any, return_resolved: bool = False, **kwargs: Any) -> Any:
        reverse = code.blocks[-1].body_reverse
        before = len(reverse)
        output, function, arguments = add_call(code, *args, return_resolved=True, **kwargs)
        builtin = builtins.get(function.key)
        # Some builtins are functions in Python themselves; a user's function may have a builtin's name.
        if builtin is not None and builtin.func is function.func:
            key = overload(function, arguments, output)
            calls.forward.setdefault(code, set()).add(key)
            if len(reverse) > before:
                calls.backward.setdefault(code, set()).add(key)
        return (output, function, arguments) if return_resolved else output

    adjoint.add_call = noting
    try:
        yield calls
    finally:
        adjoint.add_call = add_call


def _has_backward(code: Any) -> bool:
    """Whether Warp writes the backward pass of a code: some kernel that has one calls it, and no gradient was written by hand for it."""
    by_hand = code.skip_reverse_codegen or code.custom_reverse_mode or code.uses_grad_call
    return bool(code.used_by_backward_kernel or code.force_adjoint_codegen) and not by_hand


def overload(function: Any, arguments: Mapping[str, Any], output: Any) -> str:
    """The spelling of a call that was resolved to `function`, with its arguments by parameter and what it gives."""
    declared = concrete(function)
    if declared is not None:
        return declared
    if function.key in _MAKERS:
        return signature(function.key, [spelled(_type_of(output))])
    given: list[str] = []
    makes_its_type = function.key in CONSTRUCTORS
    for parameter, declared in function.input_types.items():
        name = parameter.lstrip("*")
        if name in arguments and _counts(name, declared) and not (makes_its_type and name == "dtype"):
            values = arguments[name] if parameter.startswith("*") else (arguments[name],)
            given += [spelled(_type_of(value)) for value in values if value is not None]
    if not makes_its_type:
        return signature(function.key, given)
    made = _type_of(output)
    dtype = spelled(made._wp_scalar_type_)
    return signature(spelled(made), [dtype if kind in SCALARS else kind for kind in given])


@functools.cache
def concrete(function: Any) -> str | None:
    """The spelling of an overload that Warp declares without anything generic and without texts; None of any other."""
    types = [spelled(kind) for kind in function.input_types.values()]
    return None if function.variadic or any(_OPEN.search(kind) for kind in types) else signature(function.key, types)


def signature(name: str, types: Sequence[str]) -> str:
    """`name(types)`; more than four equal types in a row are written once, with their number."""
    runs = [(kind, len(list(run))) for kind, run in itertools.groupby(types)]
    return f"{name}({','.join(f'{kind}*{n}' if n > 4 else ','.join([kind] * n) for kind, n in runs)})"


def spelled(kind: Any) -> str:
    """The short name of a type as Warp holds it in a declaration or a variable."""
    if isinstance(kind, type) and kind in _PYTHON_TYPES:
        return _PYTHON_TYPES[kind]
    if type(kind).__name__ == "Reference":
        return spelled(kind.value_type)
    family = getattr(kind, "_wp_generic_type_str_", None)
    if family is not None:
        return _composite(_COMPOSITES[family], kind._shape_, spelled(kind._wp_scalar_type_))
    if hasattr(kind, "dtype") and not isinstance(kind, type):
        holder = getattr(kind, "_concrete_cls", type(kind)).__name__
        axes = getattr(kind, "ndim", None) if holder != "tile" else len(kind.shape) if isinstance(kind.shape, tuple) else "..."
        return f"{holder}({spelled(kind.dtype)})" + ("" if axes is None else f"[{axes}]")
    if get_origin(kind) is tuple or type(kind).__name__ in ("tuple_t", "tuple"):
        return "tuple"
    if isinstance(kind, (type, TypeVar)) or kind is Any:
        return str(getattr(kind, "__name__", "Any")).lstrip("_")
    return {"Struct": "struct", "Function": "function"}.get(type(kind).__name__, type(kind).__name__)


def _composite(family: str, shape: tuple[int, ...], dtype: str) -> str:
    """Such as `vec3f`, `mat23d`, `spatial_vectorf`, `quath`, or `vec5_bool` where Warp has no letter."""
    if 0 in shape or dtype in ("Any", "Scalar", "Float", "Int"):
        return "Any"
    letter = _LETTERS.get(dtype, f"_{dtype}")
    if family in ("quat", "transform"):
        return family + letter
    if set(shape) == {6} and dtype.startswith("float"):
        return ("spatial_vector" if family == "vec" else "spatial_matrix") + letter
    return family + ("x" if max(shape) > 9 else "").join(map(str, shape)) + letter


def _counts(name: str, declared: Any) -> bool:
    """Whether a generic overload's parameter has a part in its element types."""
    return declared is not str and (name not in _LEFT_OUT or hasattr(declared, "_wp_generic_type_str_"))


def _type_of(value: Any) -> Any:
    """The type of an argument: a variable's, or the very type that was passed as one (`dtype=`)."""
    if isinstance(getattr(value, "constant", None), type):
        return value.constant
    kind = getattr(value, "type", value)
    return kind if isinstance(kind, type) or not isinstance(kind, (bool, int, float, str)) else type(kind)
