"""Which elements one thread of a reduction or scan runs over, in the kernel and in numpy.

A layout declares arrays of the data's shape, opens the threads and their loop, and says how the reference adds up: along an axis, or by
groups whose numbers it computes. Layouts: an axis of a two- or three-dimensional array (its length known or not), compressed segments,
blocks of a fixed size, and strides.
"""

from __future__ import annotations

# ruff: noqa: D102 (Layout documents what its two kinds implement)
from collections.abc import Iterator
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Domain, Offsets, Uniform
from kernels.drafting.arguments import EXTENTS, INDICES, Sizes, grids
from kernels.drafting.draft import Draft
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import I32, Type

LONGEST = 100
"""No thread's loop runs over more elements than this."""


class Layout:
    """What all layouts share. `at` is the index of the loop's element, `here` the index of the thread's result."""

    at = ""
    here = ""
    counter = ""
    static = False
    extents: tuple[str | int, ...] = ()
    result_extents: tuple[str | int, ...] = ()

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.first = ""

    def array(self, name: str, type: Type, *, low: float = -1.0, high: float = 1.0, domain: Domain | None = None) -> str:
        """Declares an array of the data's shape."""
        self.first = self.first or name
        return self.draft.array(name, type, *self.extents, domain=domain or Uniform(low, high))

    def per_result(self, name: str, type: Type, low: float = -1.0, high: float = 1.0) -> Expression:
        """Declares an array with one element for each result and gives that element."""
        self.draft.array(name, type, *self.result_extents, low=low, high=high)
        return Custom(type, Interval(low, high), f"{name}[{self.here}]", name)

    def store(self, name: str, value: Expression) -> None:
        """Writes the thread's result."""
        self.draft.output(name, value.type, *self.result_extents)
        self.draft.line(f"{name}[{self.here}] = {value.warp()}")

    @contextmanager
    def threads(self) -> Iterator[None]:
        """Opens the kernel: indices, guard, and what the loop needs."""
        raise NotImplementedError
        yield

    @contextmanager
    def loop(self, *, backwards: bool = False) -> Iterator[None]:
        """Opens the thread's loop over its elements."""
        raise NotImplementedError
        yield

    def index(self, name: str) -> str:
        """The index of the element whose number in the loop is the integer `name`."""
        raise NotImplementedError

    def begin(self) -> str:
        """The loop's first number."""
        raise NotImplementedError

    def size(self) -> str:
        """Names the number of the thread's elements as a real value; returns the name."""
        raise NotImplementedError

    def reduced(self, name: str, text: str, type: Type, ufunc: str = "add") -> None:
        """The reference's step that reduces the array `text` to `name`, one element per result."""
        raise NotImplementedError

    def extreme(self, name: str, text: str, word: str) -> None:
        """The reference's step for the maximum or minimum (`word` max or min) of the array `text` per result."""
        raise NotImplementedError

    def picked(self, key: str, name: str, pick: str) -> None:
        """The reference's step that gives, per result, the loop's number of the element that `pick` (argmax, argmin) finds in `key`."""
        raise NotImplementedError

    def taken(self, array: str, number: str) -> str:
        """The reference's elements of `array` at the loop's numbers `number`."""
        raise NotImplementedError

    def spread(self, name: str) -> str:
        """The reference's form of a value per result that meets the data."""
        raise NotImplementedError

    def scanned(self, function: str, text: str, heads: str, arguments: list[str], start: str) -> str:
        """The reference's scan of `text` by `function(values, heads, *arguments, start)`, which works along the first axis."""
        raise NotImplementedError

    def case(self, name: str, docstring: str = "") -> Case:
        """The finished case."""
        return self.draft.case(name, self.result_extents, self.sizes(), docstring=docstring)

    def sizes(self) -> list[Sizes]:
        """The sizes of the three launches."""
        raise NotImplementedError

    def _counted(self, name: str, warp: str, numpy: str) -> str:
        draft = self.draft
        draft.line(f"{name} = {draft.real.spelling}({warp})")
        draft.numpy(f"{name} = {numpy}")
        draft.known(name, draft.real, 0.0, float(LONGEST))
        return name


class Axis(Layout):
    """A loop along one axis of a two- or three-dimensional array; a static axis has a length that the text knows."""

    def __init__(self, draft: Draft, *, static: bool) -> None:
        super().__init__(draft)
        draw = draft.draw
        ndim = 2 if draw.chance(0.7) else 3
        self.axis = draw.choice((ndim - 1, ndim - 1, draw.integer(0, ndim - 1)))
        style = draw.integer(0, len(INDICES) - 1)
        self._indices = list(INDICES[style][:ndim])
        self._names = EXTENTS[style][:ndim]
        self.static = static
        self._width = draw.choice((2, 3, 4, 5, 6, 8))
        self.counter = self._indices[self.axis]
        draft.reserve(*self._indices)
        self.extents = tuple(self._width if self.static and a == self.axis else n for a, n in enumerate(self._names))
        self._kept = [a for a in range(ndim) if a != self.axis]
        self.result_extents = tuple(self._names[a] for a in self._kept)
        self.at = ", ".join(self._indices)
        self.here = ", ".join(self._indices[a] for a in self._kept)

    @contextmanager
    def threads(self) -> Iterator[None]:
        with self.draft.threads(*((self._indices[a], self._names[a], self.first, a) for a in self._kept)):
            if not self.static:
                self.draft.extent(self._names[self.axis], self.first, self.axis)
            yield

    @property
    def length(self) -> str:
        """The kernel's text for the axis's length."""
        return str(self._width) if self.static else self._names[self.axis]

    @contextmanager
    def loop(self, *, backwards: bool = False) -> Iterator[None]:
        with self.draft.block(f"for {'step' if backwards else self.counter} in range({self.length}):"):
            if backwards:
                self.draft.line(f"{self.counter} = {self.length} - 1 - step")
            yield

    def index(self, name: str) -> str:
        return ", ".join(name if a == self.axis else i for a, i in enumerate(self._indices))

    def begin(self) -> str:
        return "0"

    def size(self) -> str:
        real = "f32" if self.draft.width == "float32" else "np.float64"
        return self._counted(self.draft.name("count", "length", "width"), self.length, f"{real}({self.first}.shape[{self.axis}])")

    def reduced(self, name: str, text: str, type: Type, ufunc: str = "add") -> None:
        call = f"np.sum({text}, axis={self.axis})" if ufunc == "add" else f"np.{ufunc}.reduce({text}, axis={self.axis})"
        self.draft.numpy(f"{name} = {call}")

    def extreme(self, name: str, text: str, word: str) -> None:
        self.draft.numpy(f"{name} = np.{word}({text}, axis={self.axis})")

    def picked(self, key: str, name: str, pick: str) -> None:
        self.draft.numpy(f"{name} = np.{pick}({key}, axis={self.axis}).astype(np.int32)")

    def taken(self, array: str, number: str) -> str:
        wide = f"np.expand_dims({number}, {self.axis})"
        return f"np.take_along_axis({array}, {wide}, axis={self.axis}).squeeze({self.axis})"

    def spread(self, name: str) -> str:
        return f"np.expand_dims({name}, {self.axis})"

    def scanned(self, function: str, text: str, heads: str, arguments: list[str], start: str) -> str:
        if self.axis == 0:
            return f"{function}({', '.join(a for a in (text, heads, *arguments, start) if a)})"
        moved = [f"np.moveaxis({a}, {self.axis}, 0)" for a in (text, heads) if a]
        return f"np.moveaxis({function}({', '.join([*moved, *arguments, *([start] if start else [])])}), 0, {self.axis})"

    def sizes(self) -> list[Sizes]:
        return list(grids(self.draft.draw, self._names))


class Groups(Layout):
    """A loop over a part of a one-dimensional array: a compressed segment, a block of fixed size, or every so-many-th element."""

    extents = ("n",)
    result_extents = ("groups",)

    def __init__(self, draft: Draft, kind: str | None = None) -> None:
        super().__init__(draft)
        draw = draft.draw
        self.kind = kind or draw.choice(("segments", "segments", "blocks", "strides"))
        self.static = self.kind == "tiles"
        names = {"segments": ("s", "segment", "node", "cell"), "strides": ("t", "worker", "lane")}
        self.here = draw.choice(names.get(self.kind, ("b", "block", "chunk")))
        self.at = self.counter = draw.choice(("k", "e", "index"))
        self._block = draw.choice((2, 4, 8) if self.static else (4, 8, 16, 32))
        self._start, self._end = draw.choice((("start", "end"), ("begin", "stop"), ("first", "last")))
        self._told = draw.choice(("num_groups", "group_count", "parts"))
        self._offsets = draw.choice(("offsets", "row_start", "indptr", "segment_start"))
        draft.reserve(self.here, self.at, self._start, self._end, "group", "members", self._offsets)

    @contextmanager
    def threads(self) -> Iterator[None]:
        draft = self.draft
        draft.line(f"{self.here} = wp.tid()")
        if self.kind == "segments":
            draft.array(self._offsets, I32, "offsets", domain=lambda sizes: Offsets(sizes["n"]))
            if draft.draw.chance(0.4):
                draft.count(self._told, "groups")
                draft.line(f"if {self.here} >= {self._told}:", "    return")
            draft.line(f"{self._start} = {self._offsets}[{self.here}]", f"{self._end} = {self._offsets}[{self.here} + 1]")
            draft.numpy(f"groups = len({self._offsets}) - 1", f"group = np.repeat(np.arange(groups), np.diff({self._offsets}))")
        elif self.kind in ("blocks", "tiles"):
            n = draft.extent("n", self.first)
            draft.line(f"{self._start} = {self.here} * {self._block}")
            if not self.static:
                draft.line(f"{self._end} = wp.min({self._start} + {self._block}, {n})")
            draft.numpy(f"group = np.arange(len({self.first})) // {self._block}", "groups = group[-1] + 1")
        else:
            draft.extent("n", self.first)
            draft.count(self._told, "groups")
            draft.numpy(f"groups = {self._told}", f"group = np.arange(len({self.first})) % groups")
        yield

    @contextmanager
    def loop(self, *, backwards: bool = False) -> Iterator[None]:
        if self.static:
            with self.draft.block(f"for step in range({self._block}):"):
                self.draft.line(f"{self.counter} = {self._start} + step")
                with self.draft.block(f"if {self.counter} < n:"):
                    yield
            return
        bounds = f"{self.here}, n, {self._told}" if self.kind == "strides" else f"{self._start}, {self._end}"
        with self.draft.block(f"for {self.counter} in range({bounds}):"):
            yield

    def index(self, name: str) -> str:
        return name

    def begin(self) -> str:
        return self.here if self.kind == "strides" else self._start

    def size(self) -> str:
        warp = {
            "strides": f"(n - {self.here} + {self._told} - 1) // {self._told}",
            "tiles": f"wp.min(n - {self._start}, {self._block})",
        }.get(self.kind, f"{self._end} - {self._start}")
        real = "f32" if self.draft.width == "float32" else "np.float64"
        return self._counted(self.draft.name("count", "members", "length"), warp, f"{real}(np.bincount(group, minlength=groups))")

    def reduced(self, name: str, text: str, type: Type, ufunc: str = "add") -> None:
        shape = "(groups, 3)" if type.rank else "groups"
        dtype = "np." + type.scalar if type.is_integer else f"{self.first}.dtype"
        self.draft.numpy(f"{name} = np.zeros({shape}, {dtype})", f"np.{ufunc}.at({name}, group, {text})")

    def extreme(self, name: str, text: str, word: str) -> None:
        self.draft.numpy(f"key = {text}", f"{name} = np.array([np.{word}(key[group == g]) for g in range(groups)])")

    def picked(self, key: str, name: str, pick: str) -> None:
        self.draft.numpy(
            "members = [np.flatnonzero(group == g) for g in range(groups)]",
            f"{name} = np.array([m[np.{pick}(({key})[m])] for m in members], np.int32)",
        )

    def taken(self, array: str, number: str) -> str:
        return f"{array}[{number}]"

    def spread(self, name: str) -> str:
        return f"{name}[group]"

    def scanned(self, function: str, text: str, heads: str, arguments: list[str], start: str) -> str:
        self.draft.numpy(f"values = {text}")
        parts = [f"{a}[group == g]" for a in ("values", heads) if a]
        call = f"{function}({', '.join([*parts, *arguments, *([f'{start}[g]'] if start else [])])})"
        return f"np.concatenate([{call} for g in range(groups)])"

    def sizes(self) -> list[Sizes]:
        draw = self.draft.draw
        result: list[Sizes] = []
        for n in draw.sizes(LONGEST - 3):
            blocks = -(-n // self._block)
            groups = {"segments": max(1, n // 5 + draw.integer(0, 4)), "strides": min(n, draw.integer(3, 17))}.get(self.kind, blocks)
            result.append({"n": n, "groups": groups, "offsets": groups + 1})
        return result
