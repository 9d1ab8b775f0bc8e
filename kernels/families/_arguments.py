"""A kernel's arguments as a family declares them, the orders in which they may stand, and the launches they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kernels.case import Launch, Role
from kernels.domains import Domain
from kernels.draw import Draw
from kernels.language.types import Type

Sizes = Mapping[str, int]
Drawn = Domain | Callable[[Sizes], Domain]
INDICES = (("i", "j", "k"), ("row", "col", "layer"), ("ix", "iy", "iz"))
EXTENTS = (("n", "m", "depth"), ("rows", "cols", "layers"), ("nx", "ny", "nz"))
ORDERS = ("declared", "values_last", "values_first", "outputs_first")


def grids(draw: Draw, extents: Sequence[str]) -> list[dict[str, int]]:
    """Three sizes to launch over one to three `extents`: one element, primes, and a grid above 64 elements that no block divides."""
    if len(extents) == 1:
        return [{extents[0]: size} for size in draw.sizes(190)]
    primes = [draw.choice((5, 7, 11) if len(extents) == 2 else (3, 5, 7)) for _ in extents]
    large = [draw.integer(9, 13), draw.integer(10, 17)] if len(extents) == 2 else [5, draw.integer(4, 6), 7]
    return [dict(zip(extents, shape, strict=True)) for shape in ([1] * len(extents), primes, large)]


@dataclass(frozen=True)
class Declared:
    """An argument as a family declared it: an array with its extents (names of sizes, or numbers), or a value."""

    name: str
    type: Type | None
    extents: tuple[str | int, ...]
    role: Role
    differentiable: bool
    domain: Drawn


def ordered(declared: Sequence[Declared], order: str) -> list[Declared]:
    """The arguments in one of the ORDERS."""
    rank: dict[str, Callable[[Declared], int]] = {
        "declared": lambda a: 0,
        "values_last": lambda a: 0 if a.extents and a.role == "input" else 1 if not a.extents else 2,
        "values_first": lambda a: 0 if not a.extents else 1,
        "outputs_first": lambda a: 0 if a.role != "input" else 1,
    }
    return sorted(declared, key=rank[order])


def launch(declared: Sequence[Declared], dim: Sequence[str | int], sizes: Sizes) -> Launch:
    """The launch of `sizes` over the grid `dim`."""

    def lengths(extents: Sequence[str | int]) -> tuple[int, ...]:
        return tuple(e if isinstance(e, int) else sizes[e] for e in extents)

    return Launch(
        dim=lengths(dim),
        shapes={a.name: lengths(a.extents) for a in declared},
        domains={a.name: a.domain(sizes) if callable(a.domain) else a.domain for a in declared if a.role in ("input", "inout")},
    )
