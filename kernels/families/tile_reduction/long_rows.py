"""Rows longer than a tile: a block goes along its row (or its part of a line) tile by tile, accumulates, and finishes.

The number of tiles is known at compile time, which unrolls the loop, or at run time; then what was accumulated is used linearly, because
Warp's adjoint of such a loop does not replay it.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.drafting.arguments import Sizes
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval

NAMES = ("signal", "values", "series", "activations", "samples", "field")
SECONDS = ("weights", "target", "window", "mask_values", "other")
MOST = 5
"""Most tiles in a row."""


@dataclass(frozen=True)
class _Walk:
    """How a block walks: over its row or its part of a line, `count` tiles (a number, or None if told at run time) of `width`."""

    line: bool
    width: int
    text: str
    index: str
    step: str
    count: int | None
    told: str

    def place(self, array: str) -> str:
        """The arguments that say where the present tile lies."""
        if not self.line:
            return f"{array}[{self.index}], shape={self.text}, offset={self.step} * {self.text}"
        tiles = str(self.count) if self.count else self.told
        return f"{array}, shape={self.text}, offset=({self.index} * {tiles} + {self.step}) * {self.text}"


def long_rows(draw: Draw) -> Case:
    """One reduction (or fold) of a row of several tiles."""
    kind = draw.weighted(("sum", "sums", "fold", "extreme", "two_pass"), (4, 2, 3, 2, 3))
    draft = TileDraft(draw, differentiable=kind != "extreme")
    count = draw.integer(2, 4) if kind == "two_pass" or draw.chance(0.5) else None
    walk = _walk(draft, count)
    names = [draw.choice(NAMES), *([draw.choice(SECONDS)] if draw.chance(0.55) else [])]
    extents = ("n",) if walk.line else ("rows", "n")
    for name in names:
        draft.array(name, draft.real, *extents)
    draft.line(f"{walk.index} = wp.tid()")
    if count is None:
        _told(draft, walk, names[0])
    {"sum": _sum, "sums": _sums, "fold": _fold, "extreme": _extreme, "two_pass": _two_pass}[kind](draft, walk, names)
    verb = {"sum": "reduce", "sums": "moments", "fold": "fold", "extreme": "peak", "two_pass": "normalize"}[kind]
    dim = ["blocks" if walk.line else "rows"]
    return draft.finished(draft.free(f"{verb}_{names[0]}{draw.choice(('', '_loop', '_long'))}"), dim, _sizes(draw, walk))


def _walk(draft: TileDraft, count: int | None) -> _Walk:
    draw = draft.draw
    width = draw.choice((8, 16, 32))
    line = draw.chance(0.4)
    index, step = draw.choice((("i", "k"), ("row", "t"), ("block", "step"), ("r", "j")))
    draft.reserve(index, step)
    text = draft.length(draw.choice(("TILE", "CHUNK", "TILE_K")), width)
    draft.tiles_have(f"({text},)", width)
    return _Walk(line, width, text, index, step, count, draft.name("tiles", "num_tiles", "steps", "count"))


def _told(draft: TileDraft, walk: _Walk, array: str) -> None:
    """Names the number of tiles: an argument, or read off the row's length."""
    if walk.line or draft.draw.chance(0.4):
        draft.count(walk.told, "tiles_each")
    else:
        draft.line(f"{walk.told} = {array}.shape[1] // {walk.text}")


def _sizes(draw: Draw, walk: _Walk) -> list[Sizes]:
    result: list[Sizes] = []
    for rows in (1, draw.choice((3, 5, 7)), draw.integer(9, 14)):
        tiles = walk.count or draw.integer(1, MOST)
        n = tiles * walk.width * (rows if walk.line else 1)
        result.append({"rows": rows, "blocks": rows, "n": n, "tiles_each": tiles})
    return result


def _head(walk: _Walk, start: int = 0) -> str:
    stop = str(walk.count) if walk.count else walk.told
    return f"for {walk.step} in range({f'{start}, ' if start else ''}{stop}):"


def _rows(walk: _Walk, array: str, draft: TileDraft) -> str:
    """numpy: one row of elements for each block."""
    return f"{array}.reshape(dim[0], -1)" if walk.line else array


def _term(draft: TileDraft, walk: _Walk, names: list[str], *, domain: Interval | None = None) -> Variable:
    """Loads the present tiles and makes a term of them."""
    draw = draft.draw
    loaded: list[Expression] = []
    for name in names:
        tile = draft.name(f"{name}_tile", f"{name}_part", f"{name[0]}_k", f"{name}_chunk")
        draft.line(f"{tile} = wp.tile_load({walk.place(name)}{draft.storage()})")
        draft.numpy(f"{tile} = {_rows(walk, name, draft)}")
        loaded.append(draft.whole(tile, draft.real, -1.0, 1.0))
    first = loaded[0]
    assert isinstance(first, Variable)
    if len(loaded) == 1 and draw.chance(0.25) and domain is None:
        return first
    knobs = [draft.knob(draft.name("gain", "rate", "sharpness"), 0.2, 1.5)] if draw.chance(0.35) else []
    return draft.drawn_tile(draft.name("term", "contribution", "mapped"), [*loaded, *knobs], domain)


def _accumulator(draft: TileDraft, name: str, shape: str) -> None:
    storage = draft.storage() if shape != "1" else ""
    draft.line(f"{name} = wp.tile_zeros(shape={shape}, dtype={draft.real.spelling}{storage})")


def _added(draft: TileDraft, total: str, term: str) -> None:
    draft.line(f"{total} += {term}" if draft.draw.chance(0.7) else f"{total} = {total} + {term}")


def _bound(walk: _Walk, term: Variable) -> float:
    return MOST * walk.width * term.range.magnitude


def _finished(draft: TileDraft, walk: _Walk, total: Variable) -> Variable:
    """What is done with a finished sum: anything after an unrolled loop, a linear step after a loop of run-time length."""
    draw = draft.draw
    if draw.chance(0.35):
        return total
    name = draft.name("result", "outcome", "finished")
    if walk.count:
        inputs: list[Expression] = [total]
        if draw.chance(0.5):
            inputs.append(draft.knob(draft.name("alpha", "offset", "level"), 0.2, 1.5))
        return draft.drawn_tile(name, inputs)
    factor = draft.knob(draft.name("scale", "share", "norm"), 0.2, 1.5)
    draft.scope.update(total=total, factor=factor)
    return draft.tile(name, draw.choice(("total * factor", "factor * total", "total / factor")))


def _number_out(draft: TileDraft, walk: _Walk, number: Variable) -> None:
    out = draft.name("out", "totals", "result_out", "per_row")
    if draft.draw.chance(0.2):
        draft.output(out, number.type, 1, role="accumulate")
        draft.line(f"wp.tile_atomic_add({out}, {number.name})")
        draft.numpy(f"{out} = np.array([np.sum({number.name})])")
        return
    draft.output(out, number.type, "blocks" if walk.line else "rows")
    draft.line(f"wp.tile_store({out}, {number.name}, offset={walk.index})")
    draft.numpy(f"{out} = {number.name}[..., 0]")


def _sum(draft: TileDraft, walk: _Walk, names: list[str]) -> None:
    """A row's sum: tiles are added up and reduced at the end, or each is reduced and its sum added."""
    early = draft.draw.chance(0.4)
    total, acc = draft.name("total", "row_sum", "energy"), draft.name("acc", "partial", "running")
    _accumulator(draft, total if early else acc, "1" if early else walk.text)
    with draft.block(_head(walk)):
        term = _term(draft, walk, names)
        _added(draft, total if early else acc, f"wp.tile_sum({term.name})" if early else term.name)
    numpy = draft.summed(term.name)
    bound = _bound(walk, term)
    if early:
        draft.numpy(f"{total} = {numpy}")
        result = draft.number_of(total, draft.real, -bound, bound)
    else:
        result = draft.reduced(total, draft.real, -bound, bound, f"wp.tile_sum({acc})", numpy)
    _number_out(draft, walk, _finished(draft, walk, result))


def _sums(draft: TileDraft, walk: _Walk, names: list[str]) -> None:
    """Two sums in one loop: of a term, and of its square or its product with what was loaded."""
    first, second = draft.name("first", "sum_x", "s0"), draft.name("second", "sum_xx", "s1")
    _accumulator(draft, first, walk.text)
    _accumulator(draft, second, walk.text)
    with draft.block(_head(walk)):
        term = _term(draft, walk, names, domain=Interval(-4.0, 4.0))
        _added(draft, first, term.name)
        _added(draft, second, f"{term.name} * {term.name}")
    bound = _bound(walk, term)
    one, two = draft.name("total", "m0"), draft.name("total_square", "m1")
    square = draft.summed(f"{term.name} * {term.name}")
    a = draft.reduced(one, draft.real, -bound, bound, f"wp.tile_sum({first})", draft.summed(term.name))
    b = draft.reduced(two, draft.real, 0.0, MOST * walk.width * term.range.magnitude**2, f"wp.tile_sum({second})", square)
    if walk.count and draft.draw.chance(0.6):
        n = float(walk.count * walk.width)
        draft.scope.update(a=a, b=b)
        _number_out(draft, walk, draft.tile(draft.free("variance"), draft.read(f"b / {n} - a * a / {n * n}")))
        return
    _number_out(draft, walk, a)
    out = draft.name("squares", "energies")
    draft.output(out, draft.real, "blocks" if walk.line else "rows")
    draft.line(f"wp.tile_store({out}, {two}, offset={walk.index})")
    draft.numpy(f"{out} = {two}[..., 0]")


def _fold(draft: TileDraft, walk: _Walk, names: list[str]) -> None:
    """The row's tiles added on top of each other."""
    acc = draft.name("acc", "folded", "layered")
    _accumulator(draft, acc, walk.text)
    with draft.block(_head(walk)):
        term = _term(draft, walk, names)
        _added(draft, acc, term.name)
    draft.numpy(f"{acc} = np.sum({term.name}.reshape(len({term.name}), -1, {walk.width}), axis=1)")
    bound = MOST * term.range.magnitude
    result = _finished(draft, walk, draft.whole(acc, draft.real, -bound, bound))
    _tile_out(draft, walk, result)


def _tile_out(draft: TileDraft, walk: _Walk, tile: Variable) -> None:
    out = draft.name("out", "folded_out", "result_out")
    if draft.draw.chance(0.25):
        draft.output(out, tile.type, walk.width, role="accumulate")
        draft.line(f"wp.tile_atomic_add({out}, {tile.name})")
        draft.numpy(f"{out} = np.sum({tile.name}, axis=0)")
        return
    draft.output(out, tile.type, "blocks" if walk.line else "rows", walk.width)
    draft.line(f"wp.tile_store({out}[{walk.index}], {tile.name})")
    draft.numpy(f"{out} = {tile.name}")


def _extreme(draft: TileDraft, walk: _Walk, names: list[str]) -> None:
    """The largest or smallest term of the row: elementwise over the tiles, then within the tile."""
    word = draft.draw.choice(("max", "min"))
    best = draft.name("best", "extreme", "bound")
    start = "-1.0e6" if word == "max" else "1.0e6"
    real = draft.real.spelling
    value = start if real == "float" else f"{real}({start})"
    draft.line(f"{best} = wp.tile_full(shape={walk.text}, value={value}, dtype={real})")
    with draft.block(_head(walk)):
        term = _term(draft, walk, names)
        draft.line(f"{best} = wp.tile_map(wp.{word}, {best}, {term.name})")
    ends = term.range
    numpy = f"np.{word}({term.name}, axis=-1, keepdims=True)"
    result = draft.reduced(draft.name("found", "peak"), draft.real, ends.low, ends.high, f"wp.tile_{word}({best})", numpy)
    out = draft.name("out", "extremes")
    if draft.draw.chance(0.5):
        result = draft.drawn_tile(draft.free("shown"), [result])
    draft.output(out, draft.real, "blocks" if walk.line else "rows")
    draft.line(f"wp.tile_store({out}, {result.name}, offset={walk.index})")
    draft.numpy(f"{out} = {result.name}[..., 0]")


def _two_pass(draft: TileDraft, walk: _Walk, names: list[str]) -> None:
    """A first pass sums up, a second one uses the sum in every element."""
    total, acc = draft.name("total", "norm", "level"), draft.name("acc", "partial")
    _accumulator(draft, acc, walk.text)
    with draft.block(_head(walk)):
        term = _term(draft, walk, names, domain=Interval(-4.0, 4.0))
        square = draft.draw.chance(0.6)
        _added(draft, acc, f"{term.name} * {term.name}" if square else term.name)
    text = f"{term.name} * {term.name}" if square else term.name
    bound = MOST * walk.width * term.range.magnitude**2
    numpy = draft.summed(text)
    draft.reduced(total, draft.real, 0.0 if square else -bound, bound, f"wp.tile_sum({acc})", numpy)
    scale = draft.tile(
        draft.name("factor", "inverse"), draft.read(f"1.0 / sqrt({total} + 0.5)" if square else f"1.0 / (1.0 + {total} * {total})")
    )
    out = draft.name("out", "normalized")
    draft.output(out, draft.real, *(("n",) if walk.line else ("rows", "n")))
    again = draft.name("again", "entry", "element_tile")
    with draft.block(_head(walk)):
        draft.line(f"{again} = wp.tile_load({walk.place(names[0])})")
        draft.numpy(f"{again} = {_rows(walk, names[0], draft)}")
        value = draft.whole(again, draft.real, -1.0, 1.0)
        result = draft.drawn_tile(draft.free("scaled"), [value, scale])
        place = walk.place(out).replace(f", shape={walk.text}", f", {result.name}")
        draft.line(f"wp.tile_store({place})")
    draft.numpy(f"{out} = {result.name}.reshape({names[0]}.shape)")
