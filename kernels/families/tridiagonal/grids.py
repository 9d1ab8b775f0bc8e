"""Grids of one to three axes: a thread for each point, neighbours along each axis, and what lies beyond the ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.drafting.finish import finish
from kernels.draw import Draw
from kernels.families.tridiagonal.lines import FIELDS, PARAMETERS
from kernels.language.expression import Variable

INDICES = (("i", "j", "k"), ("ix", "iy", "iz"), ("row", "col", "layer"))
EXTENTS = (("nx", "ny", "nz"), ("n", "m", "l"), ("rows", "cols", "layers"))
SIDES = (("west", "east"), ("south", "north"), ("bottom", "top"))


class Grid:
    """A grid of `ndim` axes. Beyond its ends a field is zero, or as at the nearest point, or goes round."""

    def __init__(self, draft: Draft, ndim: int) -> None:
        draw = draft.draw
        self.draft, self.ndim = draft, ndim
        self.indices = draw.choice(INDICES)[:ndim]
        self.extents = draw.choice(EXTENTS)[:ndim]
        self.rule = draw.choice(("zero", "zero", "hold", "wrap"))
        draft.reserve(*self.indices, *self.extents, *(side for pair in SIDES for side in pair), "here", "around", "updated")

    @property
    def here(self) -> str:
        """The index of the thread's point."""
        return ", ".join(self.indices)

    def array(self, name: str, low: float = -1.0, high: float = 1.0) -> str:
        """Declares a field."""
        return self.draft.array(name, self.draft.real, *self.extents, low=low, high=high)

    @contextmanager
    def threads(self, array: str) -> Iterator[None]:
        """A thread for each point; the extents are named in the kernel."""
        with self.draft.threads(*((i, n, array, axis) for axis, (i, n) in enumerate(zip(self.indices, self.extents, strict=True)))):
            for axis, extent in enumerate(self.extents):
                self.draft.extent(extent, array, axis)
            yield

    def neighbours(self, array: str, prefix: str = "", axes: Sequence[int] = ()) -> list[tuple[str, str]]:
        """Reads both neighbours along each axis (or the `axes` given) in both texts; returns their names, axis by axis."""
        names = []
        for axis in axes or range(self.ndim):
            pair = []
            for offset, side in zip((-1, 1), SIDES[axis], strict=True):
                self._neighbour(f"{prefix}{side}", array, axis, offset)
                pair.append(f"{prefix}{side}")
            names.append((pair[0], pair[1]))
        return names

    def _neighbour(self, local: str, array: str, axis: int, offset: int) -> None:
        draft, i, n = self.draft, self.indices[axis], self.extents[axis]
        moved = f"{i} + 1" if offset > 0 else f"{i} - 1"

        def at(text: str) -> str:
            return ", ".join(text if a == axis else index for a, index in enumerate(self.indices))

        if self.rule == "zero":
            draft.line(f"{local} = {draft.zero()}")
            with draft.block(f"if {moved} < {n}:" if offset > 0 else f"if {i} > 0:"):
                draft.line(f"{local} = {array}[{at(moved)}]")
        elif self.rule == "hold":
            draft.line(f"{local} = {array}[{at(f'wp.min({moved}, {n} - 1)' if offset > 0 else f'wp.max({moved}, 0)')}]")
        else:
            draft.line(f"{local} = {array}[{at(f'({moved}) % {n}' if offset > 0 else f'({moved} + {n}) % {n}')}]")
        widths = ", ".join("(1, 1)" if a == axis else "(0, 0)" for a in range(self.ndim))
        mode = {"zero": "", "hold": ', mode="edge"', "wrap": ', mode="wrap"'}[self.rule]
        part = ", ".join(("2:" if offset > 0 else ":-2") if a == axis else ":" for a in range(self.ndim))
        draft.numpy(f"{local} = np.pad({array}, [{widths}]{mode})[{part}]")

    def total(self, names: Sequence[tuple[str, str]], weights: Sequence[str] = ()) -> str:
        """The text of the neighbours' sum, each axis by its weight."""
        if not weights:
            return " + ".join(f"{a} + {b}" for a, b in names)
        return " + ".join(f"{w} * ({a} + {b})" for w, (a, b) in zip(weights, names, strict=True))

    def finish(self, value: Variable, outs: Sequence[str], share: float = 0.5) -> str:
        """Stores a number for each point, perhaps after a drawn epilogue."""
        return finish(self.draft, value, outs, self.here, self.extents, share=share, fields=FIELDS, parameters=PARAMETERS)

    def sizes(self, draw: Draw) -> list[dict[str, int]]:
        """The launches' sizes."""
        return grids(draw, self.extents)
