"""How a kernel goes through a vertex's neighbours or over all edges, and how the reference lists the same pairs.

In the reference every way of storing a graph comes to three arrays, one element for each edge: `rows` (the vertex whose thread meets it),
`cols` (the neighbour), and the places of the edges in arrays of edge values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from kernels.domains import Domain, Integers, Offsets, Uniform
from kernels.drafting.arguments import Sizes
from kernels.drafting.draft import Draft
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import I32, Type

PADDED = (3, 4, 5, 6)
"""Widths of padded neighbour tables whose loops Warp unrolls."""


class Neighbours:
    """The neighbours of each vertex: compressed rows, rows with starts and degrees, or a padded table with counts or ends.

    `v` is the thread's vertex, `u` the neighbour, `static` says that the loop is unrolled.
    """

    def __init__(self, draft: Draft, *, static: bool = False, kinds: tuple[str, ...] = ()) -> None:
        self.draft = draft
        draw = draft.draw
        every = ("counted", "ended") if static else ("csr", "csr", "csr", "starts", "counted", "ended")
        self.kind = draw.choice(kinds or every)
        self.static = static
        self.v, self.u = draw.choice((("v", "u"), ("i", "j"), ("node", "neighbor"), ("tid", "other"), ("vertex", "adjacent")))
        self.e = draw.choice(("e", "edge", "k", "slot"))
        self.offsets = draw.choice(("offsets", "row_start", "row_offsets", "indptr", "xadj"))
        self.neighbors = draw.choice(("neighbors", "columns", "adjacency", "col_indices", "targets"))
        self.degrees = draw.choice(("degrees", "neighbor_count", "num_neighbors"))
        self.width = draw.choice(PADDED)
        draft.reserve(self.v, self.u, self.e, "rows", "cols", "places", "begin", "end", self.offsets, self.neighbors, self.degrees)
        self._declare()

    def _declare(self) -> None:
        draft = self.draft
        if self.kind == "csr":
            draft.array(self.offsets, I32, "n + 1", domain=lambda s: Offsets(s["edges"]))
            draft.array(self.neighbors, I32, "edges", domain=lambda s: Integers(0, s["n"]))
            draft.numpy(f"rows = np.repeat(np.arange(len({self.offsets}) - 1), np.diff({self.offsets}))", f"cols = {self.neighbors}")
        elif self.kind == "starts":
            draft.array(self.offsets, I32, "n", domain=lambda s: Integers(0, max(1, s["edges"] - 6)))
            draft.array(self.degrees, I32, "n", domain=lambda s: Integers(0, min(6, s["edges"]) + 1))
            draft.array(self.neighbors, I32, "edges", domain=lambda s: Integers(0, s["n"]))
            draft.numpy(f"rows = np.repeat(np.arange(len({self.degrees})), {self.degrees})")
            draft.numpy(f"ends = np.repeat({self.offsets} + {self.degrees} - np.cumsum({self.degrees}), {self.degrees})")
            draft.numpy("places = ends + np.arange(len(ends))", f"cols = {self.neighbors}[places]")
        else:
            low = 0 if self.kind == "counted" else -1
            width: str | int = self.width if self.static else "width"
            draft.array(self.neighbors, I32, "n", width, domain=lambda s: Integers(low, s["n"]))
            if self.kind == "counted":
                draft.array(self.degrees, I32, "n", domain=lambda s: Integers(0, (self.width if self.static else s["width"]) + 1))
                draft.numpy(f"listed = np.arange({self.neighbors}.shape[1]) < {self.degrees}[:, None]")
            else:
                draft.numpy(f"listed = {self.neighbors} >= 0")
            draft.numpy("rows, places = np.nonzero(listed)", f"cols = {self.neighbors}[rows, places]")

    def threads(self, array: str) -> AbstractContextManager[None]:
        """Opens a thread per vertex; `array` has one element for each."""
        return self.draft.threads((self.v, "n", array, 0))

    def edge_array(self, name: str, type: Type, low: float = 0.1, high: float = 1.0, *, domain: Domain | None = None) -> str:
        """Declares an array of edge values."""
        shape: tuple[str | int, ...] = ("edges",)
        if self.kind in ("counted", "ended"):
            shape = ("n", self.width if self.static else "width")
        return self.draft.array(name, type, *shape, domain=domain or Uniform(low, high))

    def on_edge(self, array: str, type: Type, low: float = 0.1, high: float = 1.0) -> Expression:
        """The edge's element of an array of edge values."""
        table = self.kind in ("counted", "ended")
        place = {"csr": "", "starts": "[places]"}.get(self.kind, "[rows, places]")
        return Custom(type, Interval(low, high), f"{array}[{self.v}, {self.e}]" if table else f"{array}[{self.e}]", f"{array}{place}")

    def there(self, array: str, type: Type, low: float = -1.0, high: float = 1.0) -> Expression:
        """The neighbour's element of an array of vertex values."""
        return Custom(type, Interval(low, high), f"{array}[{self.u}]", f"{array}[cols]")

    def here(self, array: str, type: Type, low: float = -1.0, high: float = 1.0) -> Expression:
        """The vertex's own element, as every edge of it sees it."""
        return Custom(type, Interval(low, high), f"{array}[{self.v}]", f"{array}[rows]")

    @contextmanager
    def loop(self) -> Iterator[None]:
        """Opens the loop over the vertex's neighbours, in the kernel."""
        draft, v, u, e = self.draft, self.v, self.u, self.e
        inline = draft.draw.chance(0.4)
        if self.kind == "csr":
            begin, end = f"{self.offsets}[{v}]", f"{self.offsets}[{v} + 1]"
            if not inline:
                draft.line(f"begin = {begin}", f"end = {end}")
            head = f"for {e} in range({begin}, {end}):" if inline else f"for {e} in range(begin, end):"
            read = f"{u} = {self.neighbors}[{e}]"
        elif self.kind == "starts":
            draft.line(f"begin = {self.offsets}[{v}]")
            head = f"for {e} in range(begin, begin + {self.degrees}[{v}]):"
            read = f"{u} = {self.neighbors}[{e}]"
        else:
            counted = self.kind == "counted"
            span = str(self.width) if self.static else f"{self.degrees}[{v}]" if counted else f"{self.neighbors}.shape[1]"
            head, read = f"for {e} in range({span}):", f"{u} = {self.neighbors}[{v}, {e}]"
        with draft.block(head):
            if self.kind == "counted" and self.static:
                with draft.block(f"if {e} < {self.degrees}[{v}]:"):
                    draft.line(read)
                    yield
                return
            draft.line(read)
            if self.kind == "ended" and (self.static or draft.draw.chance(0.5)):
                with draft.block(f"if {u} >= 0:"):
                    yield
            else:
                if self.kind == "ended":
                    draft.line(f"if {u} < 0:", "    continue")
                yield

    def sizes(self) -> list[Sizes]:
        """The sizes of the three launches."""
        draw = self.draft.draw
        result: list[Sizes] = []
        for n in draw.sizes(90):
            result.append({"n": n, "edges": 6 + 2 * n + draw.integer(0, n), "width": draw.integer(2, 6), "one": 1})
        return result


class EdgeList:
    """A thread per edge: two index arrays, or an array of pairs. `s` and `t` are the edge's ends."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        draw = draft.draw
        self.e = draw.choice(("e", "edge", "tid", "i"))
        self.s, self.t = draw.choice((("src", "dst"), ("u", "v"), ("a", "b"), ("tail", "head")))
        self.pairs = draw.chance(0.35)
        draft.reserve(self.e, self.s, self.t)
        if self.pairs:
            self.edges = draft.name("edges", "edge_list", "links")
            draft.array(self.edges, I32, "edges", 2, domain=lambda s: Integers(0, s["n"]))
            self.first = self.edges
        else:
            names = draw.choice((("src_index", "dst_index"), ("sources", "targets"), ("row_index", "col_index"), ("edge_u", "edge_v")))
            draft.reserve(*names)
            for name in names:
                draft.array(name, I32, "edges", domain=lambda s: Integers(0, s["n"]))
            self.sources, self.targets = names
            self.first = names[0]

    @contextmanager
    def threads(self) -> Iterator[None]:
        """Opens a thread per edge and reads its ends."""
        draft = self.draft
        with draft.threads((self.e, "num_edges", self.first, 0)):
            if self.pairs:
                draft.line(f"{self.s} = {self.edges}[{self.e}, 0]", f"{self.t} = {self.edges}[{self.e}, 1]")
                draft.numpy(f"{self.s}, {self.t} = {self.edges}[:, 0], {self.edges}[:, 1]")
            else:
                draft.line(f"{self.s} = {self.sources}[{self.e}]", f"{self.t} = {self.targets}[{self.e}]")
                draft.numpy(f"{self.s}, {self.t} = {self.sources}, {self.targets}")
            yield

    def at(self, array: str, end: str, type: Type, low: float = -1.0, high: float = 1.0) -> Expression:
        """The element of a vertex array at the `end` (`s` or `t`) of the edge."""
        index = getattr(self, end)
        return Custom(type, Interval(low, high), f"{array}[{index}]", f"{array}[{index}]")

    def on_edge(self, array: str, type: Type, low: float = 0.1, high: float = 1.0) -> Expression:
        """The edge's element of an array of edge values."""
        return Custom(type, Interval(low, high), f"{array}[{self.e}]", array)

    def sizes(self) -> list[Sizes]:
        """The sizes of the three launches."""
        draw = self.draft.draw
        return [{"n": max(2, n // 2), "edges": n, "num_edges": n, "one": 1} for n in draw.sizes(150)]
