"""A statement that an idiom spells itself, in both languages: what no other statement has (component stores, local arrays, prints)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kernels.language.expression import Expression
from kernels.language.statement import Statement
from kernels.language.types import Type

NumpyLines = Callable[[str | None], list[str]]
"""The reference's lines under a mask of threads; None stands for all of them."""


@dataclass
class Verbatim(Statement):
    """Lines of the kernel, and the reference's for them. `uses` are the expressions in them, `defines` the names that they assign."""

    lines: tuple[str, ...]
    numpy_lines: NumpyLines
    uses: tuple[Expression, ...] = ()
    defines: tuple[tuple[str, Type], ...] = ()

    def warp(self) -> list[str]:
        return list(self.lines)

    def expressions(self) -> list[Expression]:
        return list(self.uses)


def always(*lines: str) -> NumpyLines:
    """Lines of the reference that are the same under any mask: assignments to new names."""
    return lambda mask: list(lines)
