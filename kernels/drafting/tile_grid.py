"""Tiles of one to four axes in a draft, one for each block of the grid: how they are loaded, viewed, reduced and stored.

In the reference a tile is an array whose last axes are the tile's and whose first ones are the grid's, so that formulas, sums over the last
axes and numpy's linear algebra work on all blocks at once. A number of the block keeps the tile's axes with length one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.arguments import Extent, Rule, Sizes
from kernels.drafting.tiles import TileDraft
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import Type

_INDICES = {
    1: ("i", "block", "b", "item", "sample", "problem"),
    2: ("batch, head", "b, i", "sample, group", "i, j"),
}
_MOST_AXES = 4
"""Most axes of an array."""
_FOUR_BYTES = ("float32", "int32", "uint32")
_EXTENTS = {1: ("blocks", "batch", "items"), 2: ("samples", "groups")}


@dataclass(frozen=True)
class Length:
    """The length of a tile's axis, and the kernel's text of it."""

    value: int
    text: str

    @staticmethod
    def of(value: int) -> Length:
        """A length that is written as a number."""
        return Length(value, str(value))


Shape = tuple[Length, ...]


def sizes_of(shape: Shape) -> tuple[int, ...]:
    """The numbers of a shape."""
    return tuple(length.value for length in shape)


def shape_text(shape: Shape) -> str:
    """A shape as the kernel's text, in parentheses."""
    texts = [length.text for length in shape]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


@dataclass(frozen=True)
class Tile:
    """A tile of a draft: its value in scope, and its shape."""

    value: Variable
    shape: Shape

    @property
    def name(self) -> str:
        """Its name in kernel and reference."""
        return self.value.name

    @property
    def warp(self) -> str:
        """The kernel's text of it."""
        return self.value.warp()

    @property
    def numpy(self) -> str:
        """The reference's text of it."""
        return self.value.numpy()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its shape."""
        return sizes_of(self.shape)

    @property
    def size(self) -> int:
        """How many elements it has."""
        return math.prod(self.numbers)

    @property
    def magnitude(self) -> float:
        """The largest absolute value that its elements may have."""
        return self.value.range.magnitude

    @property
    def axes(self) -> str:
        """The reference's text of the tile's axes, as numpy's `axis` takes them."""
        axes = tuple(range(-len(self.shape), 0))
        return str(axes[0]) if len(axes) == 1 else str(axes)


class TileGrid:
    """The grid of one draft's blocks. Writes the line that reads the block's index; with `lanes` it reads the thread's place, too."""

    def __init__(self, draft: TileDraft, *, axes: int | None = None, lanes: bool = False) -> None:
        draw = draft.draw
        self.draft = draft
        self.axes = axes or draw.weighted((1, 2), (4, 1))
        self.index = draft.indices(_INDICES[self.axes])
        self.lane = draft.name("lane", "t", "thread", "tid") if lanes else ""
        self.extents: tuple[Extent, ...] = (draw.choice(_EXTENTS[1]),) if self.axes == 1 else _EXTENTS[2]
        self.made: dict[str, tuple[str, ...]] = {}
        """The names of tiles that a family makes once and uses again, by what they are to it."""
        self._lengths: dict[str, int] = {}
        draft.line(f"{self.index}{f', {self.lane}' if lanes else ''} = wp.tid()")

    @property
    def dim(self) -> tuple[Extent, ...]:
        """The grid of blocks."""
        return self.extents

    def sizes(self, **more: int) -> list[Sizes]:
        """The sizes of three launches: one block, a few, and more; each with `more` sizes of its own."""
        draw = self.draft.draw
        result: list[Sizes] = []
        for first, second in ((1, 1), (draw.choice((2, 3, 5)), 2), (draw.integer(6, 9), 3)):
            counts = (first,) if self.axes == 1 else (min(first, 4), second)
            result.append({**{str(e): c for e, c in zip(self.extents, counts, strict=True)}, **more})
        return result

    def shape(self, **lengths: int) -> Shape:
        """A shape by the names of its axes: numbers, or constants of the module, as the draft writes lengths.

        A name that stands for another length already gets a number after it.
        """
        return tuple(self._length(name, value) for name, value in lengths.items())

    def _length(self, name: str, value: int) -> Length:
        free, number = name, 1
        while self._lengths.setdefault(free, value) != value:
            number += 1
            free = f"{name}{number}"
        return Length(value, self.draft.length(free, value))

    def start(self, length: Length) -> str:
        """The kernel's text of the place where the block's part of an axis begins, of which each block has `length` elements."""
        return self.index if length.text == "1" else f"{self.index} * {length.text}"

    def finished(self, kernel: str, *suffixes: str, **sizes: int) -> Case:
        """The finished case, with `sizes` beside those of the grid. Its kernel is called `named_after(kernel, *suffixes)`."""
        return self.draft.finished(self.named_after(kernel, *suffixes), self.dim, self.sizes(**sizes))

    def named_after(self, kernel: str, *suffixes: str) -> str:
        """A name for the kernel that ends in one of the suffixes, or in none."""
        suffix = self.draft.draw.choice(("", "", *suffixes))
        if suffix.strip("_").removesuffix("d") in kernel:
            suffix = ""
        return self.draft.free(f"{kernel}{suffix}")

    # Loads and stores

    def load(
        self,
        name: str,
        shape: Shape,
        low: float = -1.0,
        high: float = 1.0,
        *,
        array: str = "",
        type: Type | None = None,
        domain: Rule | None = None,
        differentiable: bool | None = None,
        registers: bool = False,
    ) -> Tile:
        """Names the block's own tile of an array that it declares (called after the tile, unless `array` names it).

        With `registers` it is a tile in registers for sure.
        """
        draft, draw = self.draft, self.draft.draw
        type = type or draft.real
        if self.axes > 1 and self.axes + len(shape) > _MOST_AXES:
            raise ValueError(f"tile grid: a tile of {len(shape)} axes needs a grid of one axis, not {self.axes}")
        array = array or draft.free(draw.choice(("{}_in", "{}_values", "in_{}", "all_{}", "{}_data")).format(name))
        numbers = sizes_of(shape)
        forms = ["own"] if self.axes + len(shape) <= _MOST_AXES else ["offset"]
        if self.axes == 1 and registers:
            forms += ["offset"]
        elif self.axes == 1:
            forms += ["offset", "offset"] if len(shape) < 3 or draw.chance(0.5) else []
            forms += ["leading"] if len(shape) < 3 else []
        form = draw.choice(forms)
        domain = domain or Uniform(low, high)
        if form == "offset":
            head, *rest = numbers
            first = self.extents[0]
            draft.array(array, type, f"{head} * {first}", *rest, domain=domain, differentiable=differentiable)
            start = self.start(shape[0])
            if len(shape) == 1 and draw.chance(0.5):
                call = self._call(array, shape[0].text, start, registers=registers)
            else:
                call = self._call(array, shape_text(shape), _tuple([start, *("0" for _ in rest)]), registers=registers)
            numpy = f"{array}.reshape({_axes(-1, *numbers, *type.inner)})"
        elif form == "leading":
            draft.array(array, type, *self.extents, *numbers, domain=domain, differentiable=differentiable)
            padded = _tuple(["1", *(length.text for length in shape)])
            call = self._call(array, padded, _tuple([self.index, *("0" for _ in shape)]))
            # Only axes of length one that lie before the tile's own are taken away.
            flat = 1 not in numbers and draw.chance(0.5)
            call = f"wp.tile_squeeze({call})" if flat else f"wp.tile_squeeze({call}, axis=(0,))"
            numpy = array
        else:
            draft.array(array, type, *self.extents, *numbers, domain=domain, differentiable=differentiable)
            # Whole rows of 16 bytes each, one tile after the other.
            aligned = len(shape) > 1 and not type.rank and type.scalar in _FOUR_BYTES and numbers[-1] % 4 == 0
            call = self._call(f"{array}[{self.index}]", self._shape_argument(shape), registers=registers, aligned=aligned)
            numpy = array
        return Tile(draft.loaded(name, call, numpy, type, low, high), shape)

    def share(
        self,
        name: str,
        shape: Shape,
        low: float = -1.0,
        high: float = 1.0,
        *,
        type: Type | None = None,
        domain: Rule | None = None,
        differentiable: bool | None = None,
    ) -> Tile:
        """Names the tile that every block loads from an array that it declares, of the tile's own shape."""
        draft = self.draft
        type = type or draft.real
        array = draft.free(draft.draw.choice(("shared_{}", "{}_table", "common_{}", "{}_all")).format(name))
        draft.array(array, type, *sizes_of(shape), domain=domain or Uniform(low, high), differentiable=differentiable)
        return Tile(draft.loaded(name, self._call(array, self._shape_argument(shape)), array, type, low, high), shape)

    def store(self, array: str, tile: Tile, *, add: bool = False) -> None:
        """Declares the output `array` and stores the tile at the block's place in it, or, with `add`, adds all blocks' tiles up."""
        draft, draw = self.draft, self.draft.draw
        numbers = tile.numbers
        if add:
            draft.output(array, tile.value.type, *numbers, role="accumulate")
            draft.line(f"wp.tile_atomic_add({array}, {tile.name})")
            draft.numpy(f"{array} = np.sum({tile.name}.reshape({_axes(-1, *numbers, *tile.value.type.inner)}), axis=0)")
            return
        if self.axes == 1 and (len(numbers) == _MOST_AXES or draw.chance(0.5)):
            head, *rest = numbers
            draft.output(array, tile.value.type, f"{head} * {self.extents[0]}", *rest)
            offset = _tuple([self.start(tile.shape[0]), *("0" for _ in rest)])
            draft.line(f"wp.tile_store({array}, {tile.name}, offset={offset}{self._unchecked()})")
            draft.numpy(f"{array} = {tile.name}.reshape({_axes(-1, *rest, *tile.value.type.inner)})")
            return
        draft.output(array, tile.value.type, *self.extents, *numbers)
        draft.line(f"wp.tile_store({array}[{self.index}], {tile.name}{self._unchecked()})")
        draft.numpy(f"{array} = {tile.name}")

    def store_number(self, array: str, number: Tile) -> None:
        """Declares the output `array`, one element for each block, and stores the block's number."""
        draft = self.draft
        draft.output(array, number.value.type, *self.extents)
        first, _, last = self.index.partition(", ")
        draft.line(f"wp.tile_store({f'{array}[{first}]' if last else array}, {number.name}, offset={last or first})")
        place = ", ".join(["..."] + ["0"] * len(number.shape) + [":"] * number.value.type.rank)
        draft.numpy(f"{array} = {number.name}[{place}]")

    # Values

    def named(self, name: str, shape: Shape, warp: str, numpy: str, low: float, high: float, type: Type | None = None) -> Tile:
        """Names a tile that the texts `warp` and `numpy` make."""
        draft = self.draft
        draft.reserve(name)
        draft.line(f"{name} = {warp}")
        draft.numpy(f"{name} = {numpy}")
        return Tile(draft.whole(name, type or draft.real, low, high), shape)

    def number(self, name: str, axes: int, warp: str, numpy: str, low: float, high: float, type: Type | None = None) -> Tile:
        """Names a number of the block; the reference's text has `axes` axes of length one for it."""
        draft = self.draft
        draft.reserve(name)
        return Tile(draft.reduced(name, type or draft.real, low, high, warp, numpy), self.number_shape(axes))

    @staticmethod
    def number_shape(axes: int) -> Shape:
        """The shape of a number of the block, for which the reference has `axes` axes."""
        return tuple(Length.of(1) for _ in range(axes))

    def sum_text(self, text: str, tile: Tile) -> str:
        """The reference's sum of `text` over the axes of tiles shaped like `tile`, which it keeps.

        One element after the other, as a block of one thread adds them: numpy's own sum is more exact than that.
        """
        draft, count = self.draft, len(tile.shape)
        if count == 1:
            return draft.summed(text)
        name = f"sum_of_{count}_axes"
        if not any(block[0].startswith(f"def {name}(") for block in draft.reference_definitions):
            flat = f"a.reshape(*a.shape[:-{count}], -1)"
            kept = f"a.shape[:-{count}]"
            last = f"np.cumsum({flat}, axis=-1)[..., -1]"
            draft.reference_function(name, ["a"], [f"return {last}.reshape(*{kept}, {', '.join('1' for _ in tile.shape)})"])
        return f"{name}({text})"

    def drawn(self, name: str, tiles: Sequence[Tile], more: Sequence[Expression] = (), *, bound: float = 4.0) -> Tile:
        """Names a tile that a drawn expression makes of tiles of one shape, and of parameters; it stays within `bound`."""
        self.focus(tiles[0].shape)
        value = self.draft.drawn_tile(name, [*(t.value for t in tiles), *more], Interval(-bound, bound))
        return Tile(value, tiles[0].shape)

    def formula(self, name: str, text: str, shape: Shape) -> Tile:
        """Names the tile of `shape` that the formula `text` makes of values in scope."""
        self.focus(shape)
        return Tile(self.draft.tile(name, text), shape)

    def focus(self, shape: Shape) -> None:
        """Has numbers of the block that meet tiles be spread to `shape`."""
        self.draft.shape, self.draft.size = shape_text(shape), math.prod(sizes_of(shape))

    def bounded(self, tile: Tile, low: float, high: float) -> Tile:
        """The tile, known to lie in a narrower range than its formula shows."""
        return replace(tile, value=self.draft.known(tile.name, tile.value.type, low, high))

    def _call(self, place: str, shape: str, offset: str = "", *, registers: bool = False, aligned: bool = False) -> str:
        where = f", offset={offset}" if offset else ""
        storage = "" if registers else self.draft.storage()
        if aligned and "shared" in storage and self.draft.draw.chance(0.3):
            return f"wp.tile_load({place}, shape={shape}{where}{storage}, aligned=True)"
        return f"wp.tile_load({place}, shape={shape}{where}{storage}{self._unchecked()})"

    def _shape_argument(self, shape: Shape) -> str:
        return shape[0].text if len(shape) == 1 and self.draft.draw.chance(0.7) else shape_text(shape)

    def _unchecked(self) -> str:
        return ", bounds_check=False" if self.draft.draw.chance(0.06) else ""


def _axes(*numbers: int) -> str:
    return ", ".join(map(str, numbers))


def _tuple(texts: Sequence[str]) -> str:
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"
