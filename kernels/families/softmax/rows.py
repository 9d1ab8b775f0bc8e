"""Which elements one softmax runs over: the axis of an array, in the kernel and in numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Domain, Integers
from kernels.drafting.arguments import Extent, grids
from kernels.drafting.draft import Draft
from kernels.drafting.outlines import outlined
from kernels.language.types import I32, Type

_NAMES = {
    "rows": ((("row",), ("rows",), "col", "cols"), (("i",), ("n",), "j", "m"), (("token",), ("num_tokens",), "c", "vocab_size")),
    "columns": ((("col",), ("cols",), "row", "rows"), (("j",), ("m",), "i", "n")),
    "batched": (
        (("b", "row"), ("batch", "rows"), "col", "cols"),
        (("head", "query"), ("heads", "queries"), "key", "keys"),
        (("n", "t"), ("batch", "steps"), "c", "classes"),
    ),
    "channels": ((("b", "p"), ("batch", "pixels"), "c", "channels"), (("n", "l"), ("batch", "length"), "k", "classes")),
    "flat": ((("row",), ("rows",), "col", "cols"), (("i",), ("n",), "j", "width")),
}


class Rows:
    """The data's layout: the thread's indices, the loop's counter and stop, and how numpy reduces.

    Arrays of the data's shape are declared by `array`, arrays with one element per softmax by `per_row`, arrays along the softmax by
    `along`. In numpy all three broadcast against each other as `whole`, `row_numpy` and `along_numpy` spell them.
    """

    def __init__(self, draft: Draft, *, static: bool) -> None:
        self.draft, self.static = draft, static
        draw = draft.draw
        self.kind = draw.weighted(("rows", "columns", "batched", "channels", "flat"), (5, 1.5, 3, 2, 1.5))
        self.indices, self.extents_of, self.counter, self.width = draw.choice(_NAMES[self.kind])
        draft.reserve(*self.indices, self.counter, *self.extents_of, self.width)
        self.literal = draw.choice((3, 4, 5, 6, 8)) if static else 0
        self.axis = {"rows": 1, "columns": 0, "batched": 2, "channels": 1, "flat": 1}[self.kind]
        self.first = ""

    @property
    def stop(self) -> str:
        """The kernel's text of the row's length."""
        return str(self.literal) if self.static else self.width

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extents of the data."""
        width: Extent = self.literal if self.static else self.width
        outer: tuple[Extent, ...] = self.extents_of
        if self.kind == "flat":
            return (f"{outer[0]} * {width}",)
        return (*outer[: self.axis], width, *outer[self.axis :])

    def at(self, j: str = "") -> str:
        """The kernel's index of the row's element number `j` (the loop's counter, if none is given)."""
        j = j or self.counter
        if self.kind == "flat":
            return f"{self.indices[0]} * {self.stop} + {j}"
        return ", ".join((*self.indices[: self.axis], j, *self.indices[self.axis :]))

    @property
    def here(self) -> str:
        """The kernel's index of what there is one of per row."""
        return ", ".join(self.indices)

    def array(
        self, name: str, type: Type, *, low: float = -1.0, high: float = 1.0, domain: Domain | None = None, output: bool = False
    ) -> str:
        """Declares an array of the data's shape."""
        self.first = self.first or name
        if output:
            return self.draft.output(name, type, *self.extents)
        return self.draft.array(name, type, *self.extents, low=low, high=high, domain=domain)

    def whole(self, name: str) -> str:
        """numpy: an array of the data's shape, with the softmax along `axis`."""
        return f"{name}.reshape(dim[0], -1)" if self.kind == "flat" else name

    def back(self, name: str) -> str:
        """numpy: a result in the shape that the kernel stores it in."""
        return f"{name}.reshape(-1)" if self.kind == "flat" else name

    def row_numpy(self, name: str) -> str:
        """numpy: one element per row, against the data."""
        return f"np.expand_dims({name}, {self.axis})"

    def along_numpy(self, name: str) -> str:
        """numpy: an array along the softmax, against the data."""
        return f"{name}[:, None]" if self.kind in ("columns", "channels") else name

    def numbers(self) -> str:
        """numpy: the numbers of a row's elements, against the data."""
        return self.along_numpy(f"np.arange({self.length})")

    @property
    def length(self) -> str:
        """numpy: the row's length."""
        return f"{self.whole(self.first)}.shape[{self.axis}]"

    def lengths(self, name: str) -> str:
        """Declares the array of how many of a row's elements count, at least one."""
        size: Extent = self.literal or self.width
        return self.draft.array(
            name, I32, *self.extents_of, domain=lambda sizes: Integers(1, (size if isinstance(size, int) else sizes[size]) + 1)
        )

    @contextmanager
    def threads(self) -> Iterator[None]:
        """Opens the kernel: indices, guard, and the row's length."""
        draft = self.draft
        if self.kind == "flat":
            draft.line(f"{self.indices[0]} = wp.tid()")
            if not self.static:
                draft.count(self.width)
            if draft.draw.chance(0.6):
                draft.count(self.extents_of[0])
                draft.line(f"if {self.indices[0]} >= {self.extents_of[0]}:", "    return")
            yield
            return
        outer = [a for a in range(len(self.extents_of) + 1) if a != self.axis]
        with draft.threads(*((i, n, self.first, a) for i, n, a in zip(self.indices, self.extents_of, outer, strict=True))):
            if not self.static:
                draft.extent(self.width, self.first, self.axis)
            yield

    def computed(self, function: str, lines: Sequence[str], *results: str) -> None:
        """Places `lines` that compute real `results` over a row: a function of their own where the loop is dynamic, or now and then."""
        if not self.static or self.draft.draw.chance(0.3):
            outlined(self.draft, function, lines, [(name, self.draft.real) for name in results])
        else:
            self.draft.line(*lines)

    def case(self, name: str, docstring: str = "") -> Case:
        """The finished case, over one thread per row."""
        sizes = grids(self.draft.draw, [*self.extents_of, self.width])
        return self.draft.case(name, self.extents_of, sizes, docstring=docstring)
