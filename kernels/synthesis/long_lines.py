"""Long lines taken apart: parts of a statement that does not fit become named intermediate values before it, as a person would write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kernels.language.expression import Apply, Expression, Variable, substitute
from kernels.language.statement import Assign, Atomic, Augment, Call, For, If, Load, Return, Statement, Store, While
from kernels.synthesis.builder import Program

WIDTH = 110
"""The longest line of a kernel, in characters."""


def split_long_lines(p: Program, statements: Sequence[Statement], level: int = 1) -> list[Statement]:
    """`statements` at `level` steps of indentation, with names from `p` for what is taken out of lines longer than `WIDTH`.

    The condition of a while loop stays as it is, because it is computed again in every round.
    """
    return [part for s in statements for part in _split(p, _with_short_blocks(p, s, level), WIDTH - 4 * level)]


def _with_short_blocks(p: Program, statement: Statement, level: int) -> Statement:
    match statement:
        case If(condition, body, orelse):
            return If(condition, split_long_lines(p, body, level + 1), split_long_lines(p, orelse, level + 1))
        case For() | While():
            return replace(statement, body=split_long_lines(p, statement.body, level + 1))
        case _:
            return statement


def _split(p: Program, statement: Statement, width: int) -> Iterator[Statement]:
    """`statement` after the assignments of what had to be taken out of it; left long if nothing more can be."""
    while len(statement.warp()[0]) > width:
        part = max((e for root in _roots(statement) for e in _parts(root)), key=lambda e: _balance(e, statement), default=None)
        if part is None:
            break
        name = p.name(p.noun(part))
        yield from _split(p, Assign(name, part), width)
        statement = _substituted(statement, part, Variable(part.type, part.range, name))
    yield statement


def _balance(part: Expression, statement: Statement) -> float:
    """How well taking `part` out divides the line: best in the middle."""
    length = len(part.warp())
    return min(length, len(statement.warp()[0]) - length)


def _parts(expression: Expression) -> Iterator[Expression]:
    """What can be taken out of an expression: applied operations below it that depend on some variable."""
    for argument in expression.arguments if isinstance(expression, Apply) else ():
        if isinstance(argument, Apply) and any(isinstance(e, (Variable, Load, Call)) for e in argument.walk()):
            yield argument
            yield from _parts(argument)


def _roots(statement: Statement) -> Sequence[Expression]:
    match statement:
        case Assign() | Augment() | Store() | Atomic():
            return [statement.value]
        case If():
            return [statement.condition]
        case Return():
            return statement.values
        case _:
            return []


def _substituted(statement: Statement, part: Expression, name: Variable) -> Statement:
    def changed(root: Expression) -> Expression:
        return substitute(root, lambda e: name if e == part else None)

    match statement:
        case Assign() | Augment() | Store() | Atomic():
            return replace(statement, value=changed(statement.value))
        case If():
            return replace(statement, condition=changed(statement.condition))
        case Return():
            return Return(tuple(changed(v) for v in statement.values))
        case _:
            raise TypeError(f"nothing can be taken out of a {type(statement).__name__}")
