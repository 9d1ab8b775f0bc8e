"""How the blocks of a tile kernel cut up its arrays: rows, strips, rows of a stack, chunks of a line, panels of a matrix.

A cut says how a block's tile is loaded and stored, how its number is stored, and how the reference sees the arrays: `whole`, just as they
are, where elements stay in their places; or with the blocks' elements along the last axis, where a block reduces or rearranges them.
Chunks and panels may hang over the arrays' ends: loads then read zeros there and stores leave them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kernels.domains import Uniform
from kernels.drafting.arguments import Extent, Rule, Sizes
from kernels.drafting.tiles import TileDraft
from kernels.language.expression import Variable
from kernels.language.types import Type

Kind = Literal["rows", "strips", "stack", "chunks", "panels"]
KINDS: tuple[Kind, ...] = ("rows", "strips", "stack", "chunks", "panels")
_INDICES = {
    "rows": ("i", "row", "r", "block"),
    "strips": ("i", "row", "tile", "block"),
    "stack": ("b, i", "sample, row", "batch, head"),
    "chunks": ("i", "block", "tile", "chunk"),
    "panels": ("i, j", "bi, bj", "tile_i, tile_j", "block_row, block_col"),
}
_HEIGHTS = (2, 4, 8)
_WIDTHS = (8, 16, 32, 64)


@dataclass(frozen=True)
class Cut:
    """One way to cut. `height` is 1 but for panels; `extents` and `dim` are those of the arrays and of the grid of blocks."""

    draft: TileDraft
    kind: Kind
    height: int
    width: int
    index: str
    texts: tuple[str, str]
    whole: bool
    exact: bool

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extents of an array that the blocks share out."""
        return {
            "rows": ("rows", self.width),
            "strips": ("rows", self.width),
            "stack": ("samples", "rows", self.width),
            "chunks": ("n",),
            "panels": ("rows", "cols"),
        }[self.kind]

    @property
    def dim(self) -> tuple[str, ...]:
        """The grid of blocks, which is the shape of an array with one number per block."""
        return {"stack": ("samples", "rows"), "chunks": ("blocks",), "panels": ("grid_rows", "grid_cols")}.get(self.kind, ("rows",))

    @property
    def size(self) -> int:
        """How many elements a tile has."""
        return self.height * self.width

    @property
    def shape(self) -> str:
        """The tile's shape as the kernel's text."""
        height, width = self.texts
        return {"strips": f"(1, {width})", "panels": f"({height}, {width})"}.get(self.kind, f"({width},)")

    def array(self, name: str, type: Type, low: float = -1.0, high: float = 1.0, *, domain: Rule | None = None) -> str:
        """An input that the blocks share out. Returns its name."""
        return self.draft.array(name, type, *self.extents, domain=domain or Uniform(low, high))

    def load(self, name: str, array: str, type: Type, low: float, high: float) -> Variable:
        """Names the block's tile of `array`."""
        place, offset = self.place(array)
        shape = self.shape_argument()
        if offset and shape.startswith("(") and not offset.startswith("("):
            offset = f"({offset},)"
        call = f"wp.tile_load({place}, shape={shape}{f', offset={offset}' if offset else ''}{self.draft.storage()})"
        return self.draft.loaded(name, call, array if self.whole else self._cut(array), type, low, high)

    def shared_row(self, name: str, array: str, low: float, high: float) -> Variable:
        """Declares an array of one row that every block loads as a tile of its width (no chunks, panels or strips)."""
        self.draft.array(array, self.draft.real, self.width, low=low, high=high)
        call = f"wp.tile_load({array}, shape={self.shape_argument()}{self.draft.storage()})"
        return self.draft.loaded(name, call, array, self.draft.real, low, high)

    def store(self, array: str, tile: Variable, *, add: bool = False) -> None:
        """Declares the output `array` and stores the tile at the block's place in it."""
        self.draft.output(array, tile.type, *self.extents, role="accumulate" if add else "output")
        place, offset = self.place(array)
        self.draft.line(f"wp.tile_{'atomic_add' if add else 'store'}({place}, {tile.name}{f', offset={offset}' if offset else ''})")
        self.draft.numpy(f"{array} = {tile.name if self.whole else self._joined(tile.name, array)}")

    def store_number(self, array: str, number: Variable) -> None:
        """Declares the output `array`, one element for each block, and stores the block's number."""
        self.draft.output(array, number.type, *self.dim)
        first, _, last = self.index.partition(", ")
        self.draft.line(f"wp.tile_store({f'{array}[{first}]' if last else array}, {number.name}, offset={last or first})")
        self.draft.numpy(f"{array} = {number.name}[..., 0]")

    def add_number(self, array: str, number: Variable) -> None:
        """Declares the output `array` of one element and adds the block's number to it."""
        self.draft.output(array, number.type, 1, role="accumulate")
        self.draft.line(f"wp.tile_atomic_add({array}, {number.name}{self.draft.draw.choice(('', ', offset=0'))})")
        self.draft.numpy(f"{array} = np.array([np.sum({number.name})])")

    def shape_argument(self) -> str:
        """The shape as an argument: a plain length where the tile has one axis."""
        return self.shape[1:-2] if self.shape.endswith(",)") and self.draft.draw.chance(0.7) else self.shape

    def place(self, array: str) -> tuple[str, str]:
        """The array (or its row) that a tile operation takes, and the offset in it, `` for none."""
        height, width = self.texts
        if self.kind in ("rows", "stack"):
            return f"{array}[{self.index}]", ""
        if self.kind == "strips":
            return array, f"({self.index}, 0)"
        if self.kind == "chunks":
            return array, f"{self.index} * {width}"
        first, last = self.index.split(", ")
        return array, f"({first} * {height}, {last} * {width})"

    def sizes(self) -> list[Sizes]:
        """The sizes of three launches: one block, a prime number of blocks (along each axis), and more."""
        draw = self.draft.draw
        result: list[Sizes] = []
        for first, second in ((1, 1), (draw.choice((3, 5, 7)), 2), (draw.integer(9, 14), draw.integer(3, 4))):
            if self.kind == "chunks":
                blocks = first + second - 1
                result.append({"blocks": blocks, "n": self._extent(blocks, self.width)})
            elif self.kind == "stack":
                result.append({"samples": second, "rows": min(first, 7)})
            elif self.kind == "panels":
                grid = {"grid_rows": min(first, 4), "grid_cols": second}
                result.append({**grid, "rows": self._extent(grid["grid_rows"], self.height), "cols": self._extent(second, self.width)})
            else:
                result.append({"rows": first})
        return result

    def _extent(self, blocks: int, length: int) -> int:
        return blocks * length - (0 if self.exact else self.draft.draw.integer(1, length - 1))

    def _cut(self, array: str) -> str:
        if self.kind == "chunks":
            return f"{array if self.exact else f'np.pad({array}, (0, -len({array}) % {self.width}))'}.reshape(-1, {self.width})"
        if self.kind != "panels":
            return array
        pad = [] if self.exact else [f"a = np.pad(a, ((0, -len(a) % {self.height}), (0, -a.shape[1] % {self.width})))"]
        parts = f"a.reshape(-1, {self.height}, a.shape[1] // {self.width}, {self.width}).swapaxes(1, 2)"
        grid = f"len(a) // {self.height}, a.shape[1] // {self.width}"
        self._define("panels", ["a"], [*pad, f"return {parts}.reshape({grid}, {self.size})"])
        return f"panels({array})"

    def _joined(self, tiles: str, array: str) -> str:
        if self.kind == "chunks":
            return f"{tiles}.ravel(){'' if self.exact else f'[:len({array})]'}"
        if self.kind != "panels":
            return tiles
        rows = f"t.shape[0] * {self.height}, t.shape[1] * {self.width}"
        whole = f"t.reshape(*t.shape[:2], {self.height}, {self.width}).swapaxes(1, 2).reshape({rows})"
        if self.exact:
            self._define("joined", ["t"], [f"return {whole}"])
            return f"joined({tiles})"
        self._define("joined", ["t", "shape"], [f"return {whole}[: shape[0], : shape[1]]"])
        return f"joined({tiles}, {array}.shape)"

    def _define(self, name: str, parameters: list[str], body: list[str]) -> None:
        """Adds a function to the reference, once."""
        if not any(block[0].startswith(f"def {name}(") for block in self.draft.reference_definitions):
            self.draft.reference_function(name, parameters, body)


def draw_cut(draft: TileDraft, kinds: tuple[Kind, ...] = KINDS, *, whole: bool, partial: float = 0.0) -> Cut:
    """A cut of one of `kinds`; writes the line that reads the block's index. Chunks and panels are `partial` with that probability."""
    draw = draft.draw
    kind = draw.choice(kinds)
    height = draw.choice(_HEIGHTS) if kind == "panels" else 1
    width = draw.choice(_WIDTHS[:2] if kind == "panels" else _WIDTHS)
    names = draw.choice((("TILE_M", "TILE_N"), ("BLOCK_M", "BLOCK_N"), ("TILE_H", "TILE_W"), ("ROWS", "COLS")))
    texts = (draft.length(names[0], height), draft.length(names[1], width)) if kind == "panels" else ("1", "")
    if kind != "panels":
        texts = ("1", draft.length(draw.choice(("TILE", "TILE_SIZE", "WIDTH", "N")), width))
    exact = kind not in ("chunks", "panels") or not draw.chance(partial)
    cut = Cut(draft, kind, height, width, draft.indices(_INDICES[kind]), texts, whole, exact)
    draft.tiles_have(cut.shape, cut.size)
    draft.reserve("panels", "joined")
    draft.line(f"{cut.index} = wp.tid()")
    return cut
