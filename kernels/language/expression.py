"""Typed expressions: trees over variables, literals, loads and operations, each with its type and value range.

An expression renders itself twice: `warp()` for the kernel, `numpy()` for the reference. In numpy one name stands for the values of all
threads at once (first axis: the thread), except for what is the same in every thread: kernel arguments and literals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from string import Formatter
from typing import Literal as OneOf

from kernels.language.interval import Interval
from kernels.language.operation import (
    ADD,
    AND,
    ATOM,
    BIT_AND,
    BIT_OR,
    BIT_XOR,
    COMPARE,
    MULTIPLY,
    NOT,
    OPERATIONS,
    OR,
    SHIFT,
    TERNARY,
    UNARY,
    Operation,
)
from kernels.language.types import BOOL, F32, FIXED, I32, Palette, Type

Spelling = OneOf["warp", "numpy"]


@dataclass(frozen=True)
class Expression:
    """A typed value. `range` bounds it (each component, for vectors and matrices)."""

    type: Type
    range: Interval

    def warp(self) -> str:
        """The Warp spelling."""
        return self.render("warp")[0]

    def numpy(self) -> str:
        """The numpy spelling, in parentheses where it binds weaker than the Warp spelling: what stands around one may stand around both."""
        text, binding = self.render("numpy")
        return f"({text})" if binding < self.render("warp")[1] else text

    def render(self, spelling: Spelling) -> tuple[str, int]:
        """The text in `spelling`, and how strongly its outermost operator binds (see kernels.language.operation)."""
        raise NotImplementedError

    def children(self) -> tuple[Expression, ...]:
        """The direct subexpressions."""
        return ()

    def walk(self) -> Iterator[Expression]:
        """This expression and everything below it, each before its children."""
        pending: list[Expression] = [self]
        while pending:
            expression = pending.pop()
            yield expression
            pending += reversed(expression.children())

    @property
    def is_constant(self) -> bool:
        """Whether it is made of literals alone."""
        if isinstance(self, Literal):
            return True
        below = self.children()
        return bool(below) and all(c.is_constant for c in below)

    def variables(self) -> set[str]:
        """The names of all variables that occur."""
        return {e.name for e in self.walk() if isinstance(e, Variable)}

    def operations(self) -> list[Operation]:
        """All operations that occur."""
        return [e.operation for e in self.walk() if isinstance(e, Apply)]


@dataclass(frozen=True)
class Literal(Expression):
    """A constant. Scalars only: a vector constant is an application of `make_vec`."""

    value: float | int | bool

    def render(self, spelling: Spelling) -> tuple[str, int]:
        text = repr(self.value)
        binding = UNARY if text.startswith("-") else ATOM
        if spelling == "warp" and self.type not in (F32, I32, BOOL):
            return f"{self.type.spelling}({text})", ATOM
        return text, binding


@dataclass(frozen=True)
class Variable(Expression):
    """A name in scope: an argument, a local, a loop counter. `numpy_name` is set where the reference calls it differently."""

    name: str
    numpy_name: str | None = None

    def render(self, spelling: Spelling) -> tuple[str, int]:
        text = self.numpy_name if spelling == "numpy" and self.numpy_name else self.name
        return text, ATOM


@dataclass(frozen=True)
class Apply(Expression):
    """An operation applied to arguments."""

    operation: Operation
    arguments: tuple[Expression, ...]

    def children(self) -> tuple[Expression, ...]:
        return self.arguments

    def render(self, spelling: Spelling) -> tuple[str, int]:
        operation = self.operation
        template, binding = (operation.warp, operation.precedence) if spelling == "warp" else (operation.numpy, operation.numpy_precedence)
        return fill(template, self.arguments, spelling, self.type, operation), binding


@dataclass(frozen=True)
class Custom(Expression):
    """An expression whose two texts a family spells itself, such as a load with its own indexing. Both texts must bind like an atom."""

    warp_text: str
    numpy_text: str
    inner: tuple[Expression, ...] = ()

    def children(self) -> tuple[Expression, ...]:
        return self.inner

    def render(self, spelling: Spelling) -> tuple[str, int]:
        return (self.warp_text if spelling == "warp" else self.numpy_text), ATOM


_STRENGTH = {
    **dict.fromkeys(("*", "/", "//", "%", "@"), MULTIPLY),
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), COMPARE),
    "or": OR,
    "and": AND,
    "not": NOT,
    "|": BIT_OR,
    "^": BIT_XOR,
    "&": BIT_AND,
    "<<": SHIFT,
    ">>": SHIFT,
    "+": ADD,
    "~": UNARY,
    "[": ATOM,
    ".": ATOM,
    "if": TERNARY,
    "else": TERNARY,
}
_TRAILING = {"v": "[..., None]", "m": "[..., None, None]"}
_SYMBOL = r"(//|<<|>>|<=|>=|==|!=|[-+*/%@&|^<>~\[]|\b(?:and|or|not|if|else)\b)"
_BEFORE, _AFTER = re.compile(_SYMBOL + r"\s*$"), re.compile(r"^\s*(\.|" + _SYMBOL[1:])


def fill(template: str, arguments: tuple[Expression, ...], spelling: Spelling, result: Type, operation: Operation | None = None) -> str:
    """`template` with its slots filled, with parentheses where an operator beside the slot binds stronger than the argument does.

    `{0:v}` and `{0:m}` append one or two trailing axes (literals need none); letters such as `{R}` and `{V}` stand for Warp's spelling of
    the types that the arguments and the result bind, `{r}` and `{int}` for numpy's real and integer type, `{n}` for the length of vectors.
    """
    pieces = _pieces(template)
    text = ""
    for i, (before, field, axes, _) in enumerate(pieces):
        text += before
        if field is None:
            continue
        if not field.isdigit():
            text += _type_name(field, _palette(arguments, result, operation))
            continue
        argument = arguments[int(field)]
        piece, own = argument.render(spelling)
        trailing = _TRAILING[axes] if axes and not argument.is_constant else ""
        after = trailing or (pieces[i + 1][0] if i + 1 < len(pieces) else "")
        text += (f"({piece})" if _needs_parentheses(own, before if i else "(" + before, after) else piece) + trailing
    return text


# Templates are those of the declared operations: there are few, and each is filled thousands of times.
@cache
def _pieces(template: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    return tuple(Formatter().parse(template))


def _type_name(field: str, palette: Palette) -> str:
    if field == "r":
        return NUMPY_REALS[palette.real]
    if field == "int":
        return f"np.{palette.integer}"
    return str(palette.length) if field == "n" else palette.type_of(field).spelling


NUMPY_REALS = {"float16": "f16", "float32": "f32", "bfloat16": "f32", "float64": "np.float64"}
"""What a reference calls each real type."""


def _palette(arguments: tuple[Expression, ...], result: Type, operation: Operation | None) -> Palette:
    """The palette that a template's letters stand in: what the arguments bind, else the result."""
    palette = Palette(result.scalar if result.is_float else "float32", result.name if result.is_integer else "int32")
    if result.is_vector or result.rank == 2:
        palette = replace(palette, length=result.inner[0])
    return bind(operation, arguments, palette) if operation else palette


def bind(operation: Operation, arguments: Sequence[Expression], palette: Palette) -> Palette:
    """`palette` with what the arguments of the operation say of its real type, its integer type and its length."""
    real, integer, length = palette.real, palette.integer, palette.length
    for letter, argument in zip(operation.parameters, arguments, strict=True):
        type = argument.type
        if letter in "IJ" and type.has_integers:
            integer = type.scalar
        elif letter not in FIXED and type.is_float:
            real = type.scalar
        if letter in "VMJ" and type.rank:
            length = type.inner[0]
    return Palette(real, integer, length)


@cache
def _needs_parentheses(own: int, before: str, after: str) -> bool:
    """Whether text that binds as strongly as `own` is torn apart between the template's texts `before` and `after` it."""
    left, right = _BEFORE.search(before), _AFTER.search(after)
    if left:
        unary = left[1] in "+-" and before[: left.start()].endswith(("(", ", "))
        strength = UNARY if unary else ADD if left[1] == "-" else _STRENGTH[left[1]]
        # A right operand of the same strength is grouped differently, a prefix operator's is not.
        if left[1] != "[" and (own < strength or (own == strength and not unary and left[1] not in ("not", "~", "and", "or"))):
            return True
    if right:
        if right[1] in ("if", "else"):
            return own <= TERNARY
        return own < (ADD if right[1] == "-" else _STRENGTH[right[1]])
    return False


def literal(value: float | int | bool, type: Type = F32) -> Literal:
    """A constant of `type`."""
    if type is BOOL:
        return Literal(type, Interval(0, 1), bool(value))
    number = int(value) if type.is_integer else float(value)
    return Literal(type, Interval(number, number), number)


def variable(name: str, type: Type, low: float, high: float) -> Variable:
    """A variable whose values (each component's) lie in [low, high]."""
    return Variable(type, Interval(low, high), name)


def apply(name: str, *arguments: Expression, width: str = "float32", palette: Palette | None = None) -> Apply:
    """The operation called `name` on `arguments`, with its type and range worked out.

    `width` is that of a result no argument decides; `palette` says more of it where a width is not enough.

    Raises KeyError for an unknown operation, TypeError for arguments that do not fit its signature, and ValueError for an argument whose
    range leaves the operation's domain.
    """
    operation = OPERATIONS[name]
    bound = bind(operation, arguments, palette or Palette(width))
    for position, (letter, argument) in enumerate(zip(operation.parameters, arguments, strict=True)):
        expected = bound.type_of(letter)
        if argument.type != expected:
            raise TypeError(f"operation {name!r}: argument {position} is {argument.type.name}, its signature asks for {expected.name}")
        if not argument.range.within(operation.domain_of(position)):
            raise ValueError(f"operation {name!r}: argument {position} has range {argument.range}, outside {operation.domain_of(position)}")
    ranges = [a.range for a in arguments]
    if operation.sized:
        n = next((a.type.inner[0] for a in arguments if a.type.rank), bound.length)
        return Apply(bound.type_of(operation.result), operation.range(*ranges, n=n), operation, tuple(arguments))
    return Apply(bound.type_of(operation.result), operation.range(*ranges), operation, tuple(arguments))


def substitute(expression: Expression, replace: Callable[[Expression], Expression | None]) -> Expression:
    """A copy in which every subexpression for which `replace` returns something is that; ranges above are kept as they are."""
    new = replace(expression)
    if new is not None:
        return new
    if isinstance(expression, Apply):
        arguments = tuple(substitute(a, replace) for a in expression.arguments)
        return Apply(expression.type, expression.range, expression.operation, arguments)
    return expression
