"""Kernels whose threads share out the elements of their block's row, and work on tiles together in between.

Each thread takes every `wp.block_dim()`-th element, so that the result is the same for blocks of any size, and for the single thread that a
block has on the CPU. Operations on tiles are reached by all threads of a block, so a loop around one has as many rounds for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.case import Case
from kernels.drafting.arguments import Rule
from kernels.drafting.tile_grid import TileGrid
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.types import Type

KNOBS = ("gain", "strength", "rate", "mix", "decay", "slope", "softening")


class Lanes:
    """One kernel under way whose blocks have a row of `n` elements each, told at run time."""

    def __init__(self, draw: Draw, *, differentiable: float = 0.85, axes: int | None = 1, smooth: bool = False) -> None:
        self.draft = TileDraft(draw, differentiable=draw.chance(differentiable), smooth=smooth)
        self.grid = TileGrid(self.draft, lanes=True, axes=axes)
        self.extent = draw.choice(("n", "count", "length", "width"))
        self.draft.reserve(self.extent, "base", "has")
        self.index = self.draft.name("k", "j", "e", "col")
        self._told = False
        self.sizes = [dict(s) for s in self.grid.sizes()]
        for sizes, length in zip(self.sizes, (draw.choice((1, 2, 5)), draw.choice((7, 13, 31, 37)), draw.integer(65, 150)), strict=True):
            sizes[self.extent] = length

    @property
    def lane(self) -> str:
        """The name of the thread's place in the block."""
        return self.grid.lane

    def row(self, *names: str, type: Type | None = None, low: float = -1.0, high: float = 1.0, domain: Rule | None = None) -> str:
        """Declares an array with a row for each block. Returns its name."""
        draft = self.draft
        return draft.array(draft.name(*names), type or draft.real, *self.grid.extents, self.extent, low=low, high=high, domain=domain)

    def told(self, array: str) -> str:
        """The kernel's text of the length of the rows: an argument, or read off the shape of `array`."""
        if not self._told:
            self._told = True
            if self.draft.draw.chance(0.5):
                self.draft.count(self.extent)
            else:
                self.draft.line(f"{self.extent} = {array}.shape[{len(self.grid.extents)}]")
        return self.extent

    def at(self, array: str) -> str:
        """The kernel's text of the thread's element of a row."""
        return f"{array}[{self.grid.index}, {self.index}]"

    @contextmanager
    def strided(self, array: str) -> Iterator[None]:
        """A loop over the thread's own elements, in which no tile is touched."""
        with self.draft.block(f"for {self.index} in range({self.lane}, {self.told(array)}, wp.block_dim()):"):
            yield

    @contextmanager
    def rounds(self, array: str) -> Iterator[None]:
        """A loop of as many rounds for each thread, in which tiles may be touched: `has` says whether the thread has an element."""
        with self.draft.block(f"for base in range(0, {self.told(array)}, wp.block_dim()):"):
            self.draft.line(f"{self.index} = base + {self.lane}", f"has = {self.index} < {self.extent}")
            yield

    def read(self, array: str, *names: str, low: float = -1.0, high: float = 1.0, type: Type | None = None) -> Variable:
        """Names the thread's element of a row."""
        draft = self.draft
        name = draft.name(*names) if names else draft.free(f"{array}_{self.index}")
        return draft.load(name, array, f"{self.grid.index}, {self.index}", low, high, type)

    def knobs(self, chance: float) -> list[Expression]:
        """A parameter, with probability `chance`."""
        draft = self.draft
        return [draft.knob(draft.name(*KNOBS), 0.2, 1.5)] if draft.draw.chance(chance) else []

    def term(self, inputs: Sequence[Expression], name: str = "", *, depth: int | None = None) -> Variable:
        """Names what a drawn formula makes of an element, perhaps by a function of its own."""
        draft, draw = self.draft, self.draft.draw
        name = name or draft.name("term", "contribution", "value", "weighted", "part")
        expression = draft.drawn(draft.real, [*inputs, *self.knobs(0.4)], depth)
        function = draft.free(f"{draw.choice(('eval', 'compute', 'get'))}_{name}") if draw.chance(0.35) else None
        return draft.let(name, expression, function=function)

    def finished(self, kernel: str) -> Case:
        """The finished case."""
        name = self.grid.named_after(kernel, "_block", "_cooperative", "_tiled")
        return self.draft.finished(name, self.grid.dim, self.sizes)
