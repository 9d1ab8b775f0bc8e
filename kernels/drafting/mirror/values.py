"""Types of values in a kernel's text: how a text names them, how they are made of one another, and what is known of one value."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from kernels.dtypes import SUFFIXES
from kernels.language.types import BOOL, F32, I32, Type, type_named

_SUFFIX = {scalar: suffix for suffix, scalar in SUFFIXES.items()}
_NAME = re.compile(r"(vec\d+|mat\d\d|quat|transform|spatial_vector|spatial_matrix)(h|f|d|ub|us|ui|ul|b|s|i|l)?")
_SCALARS = {"float": "float32", "int": "int32", "bool": "bool"}
_WORDS = re.compile(r"(bool|bfloat16|u?int(8|16|32|64)|float(16|32|64))")
_FIXED = {"quaternion": "quat", "transformation": "transform"}


def type_spelled(text: str) -> Type | None:
    """The type that a kernel's text names: `float`, `wp.uint8`, `wp.vec3`, `vec5d`; None if it names none."""
    if text in _SCALARS:
        return type_named(_SCALARS[text])
    name = text.removeprefix("wp.")
    if name != text and _WORDS.fullmatch(name):
        return type_named(name)
    match = _NAME.fullmatch(_FIXED.get(name, name))
    return type_named(match[1] + (match[2] or "f")) if match else None


def vector_of(length: int, scalar: str) -> Type:
    """The type of vectors of `length` components of the dtype `scalar`."""
    return type_named(f"vec{length}{_SUFFIX[scalar]}")


def matrix_of(rows: int, columns: int, scalar: str) -> Type:
    """The type of matrices of the dtype `scalar`."""
    return type_named(f"mat{rows}{columns}{_SUFFIX[scalar]}")


def quaternion_of(scalar: str) -> Type:
    """The type of quaternions of the dtype `scalar`."""
    return type_named(f"quat{_SUFFIX[scalar]}")


def transform_of(scalar: str) -> Type:
    """The type of rigid transforms of the dtype `scalar`."""
    return type_named(f"transform{_SUFFIX[scalar]}")


def shaped(inner: tuple[int, ...], scalar: str) -> Type:
    """The plain scalar, vector or matrix type with the inner axes `inner`."""
    if not inner:
        return type_named(scalar)
    return vector_of(inner[0], scalar) if len(inner) == 1 else matrix_of(inner[0], inner[1], scalar)


def kind_of(type: Type) -> str:
    """The letter of a type's kind: scalar, vector, matrix, quaternion, transform."""
    if type.name.startswith("quat"):
        return "q"
    if type.name.startswith("transform"):
        return "t"
    return "svm"[type.rank]


def same(a: Type, b: Type) -> bool:
    """Whether two names stand for one type, as `spatial_vectorf` and `vec6f` do."""
    return a.scalar == b.scalar and a.inner == b.inner and kind_of(a) == kind_of(b)


def precision_of(scalar: str) -> str:
    """How a reference spells numpy's type of a scalar dtype: `f32` where that is the kernel's working precision."""
    short = {"float32": "f32", "float16": "f16", "bfloat16": "bf16", "bool": "np.bool_"}
    return short.get(scalar, f"np.{scalar}")


@dataclass(frozen=True)
class Known:
    """What is known of a name: its type (or the struct of its class), whether threads differ in it, and whether it is a plain number.

    A `plain` number is one of Python's own: a literal, or the counter of a loop that all threads share.
    """

    type: Type = F32
    lanes: bool = True
    struct: str = ""
    plain: bool = False

    def own(self) -> Known:
        """The same, one for each thread."""
        return replace(self, lanes=True, plain=False)


@dataclass(frozen=True)
class Value:
    """An expression in numpy's spelling, and what is known of it."""

    tree: ast.expr
    known: Known

    @property
    def type(self) -> Type:
        """Its type."""
        return self.known.type

    @property
    def lanes(self) -> bool:
        """Whether threads differ in it."""
        return self.known.lanes

    @property
    def rank(self) -> int:
        """The number of its trailing axes."""
        return 0 if self.known.struct else self.type.rank

    def of(self, tree: ast.expr, type: Type) -> Value:
        """Another value that follows from this one alone."""
        return Value(tree, Known(type, self.lanes))


def truth(tree: ast.expr, *operands: Value) -> Value:
    """A boolean that follows from `operands`."""
    return Value(tree, Known(BOOL, any(o.lanes for o in operands)))


def counter() -> Known:
    """A loop's counter that all threads share."""
    return Known(I32, lanes=False, plain=True)


def wrapped(number: int, scalar: str) -> int:
    """An integer constant as the integer type `scalar` holds it."""
    bits = int(scalar.lstrip("uint"))
    number &= (1 << bits) - 1
    return number - (1 << bits) if scalar.startswith("int") and number >> (bits - 1) else number
