"""Which operations can make a value of a type from values of given types."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import TypeVar

from kernels.language import operations as _declared  # noqa: F401  (declares the operations)
from kernels.language.operation import OPERATIONS, Operation
from kernels.language.types import BOOL, Palette, Type

Candidate = tuple[Operation, tuple[Type, ...], Palette]
"""An operation, the types of its arguments, and the palette that says the rest of its types."""


@cache
def makers(palette: Palette) -> dict[Type, tuple[Candidate, ...]]:
    """For each type the operations that make a value of it in `palette`, with the types of their arguments."""
    found: dict[Type, list[Candidate]] = {}
    for operation in OPERATIONS.values():
        if operation.exists_in(palette):
            types = tuple(palette.type_of(letter) for letter in operation.parameters)
            found.setdefault(palette.type_of(operation.result), []).append((operation, types, palette))
    return {type: tuple(candidates) for type, candidates in found.items()}


@cache
def candidates(type: Type, there: frozenset[Type]) -> tuple[Candidate, ...]:
    """The operations that make a value of `type` from values of the types `there` and truths, at least one argument among them."""
    types = [*sorted(there, key=lambda t: t.name), type]
    reals = [type.scalar] if type.is_float else _distinct((t.scalar for t in types if t.is_float), "float32")
    integers = [type.scalar] if type.has_integers else _distinct((t.scalar for t in types if t.has_integers), "int32")
    lengths = _distinct((t.inner[0] for t in types if t.is_vector or (t.rank == 2 and t.name.startswith("mat"))), 3)
    found: dict[tuple[str, tuple[Type, ...]], Candidate] = {}
    for real, integer, length in product(reals, integers, lengths):
        for operation, arguments, palette in makers(Palette(real, integer, length)).get(type, ()):
            if arguments and there.issuperset(set(arguments) - {BOOL}):
                found[operation.name, arguments] = (operation, arguments, palette)
    return tuple(found.values())


T = TypeVar("T")


def _distinct(values: Iterable[T], otherwise: T) -> list[T]:
    return list(dict.fromkeys(values)) or [otherwise]
