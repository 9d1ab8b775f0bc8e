"""Elements of any type moved: through views and other shapes, by index, into tiles put together; stored, or added to what is there."""

from __future__ import annotations

import math
from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.tile_grid import Length, Shape, Tile, TileGrid, shape_text, sizes_of
from kernels.draw import Draw
from kernels.families.tile_types.elements import COMPOSITES, INTEGERS, REALS, SUMMABLE, begin, bound, done, load, pick, shape_of, values
from kernels.language.types import I32, type_named


def rearranged(draw: Draw) -> Case:
    """A tile moved in one to four steps."""
    type = pick(draw, REALS, INTEGERS, COMPOSITES)
    _, grid = begin(draw, type)
    tile = load(grid, type, shape_of(grid, type), "values", "source", "elements", "block_in")
    for _ in range(draw.integer(1, 4)):
        tile = _moved(grid, tile)
    grid.store(grid.draft.name("out", "moved_out", "result"), tile)
    return done(grid, draw.choice(("rearrange", "move_elements", "shuffle_tile")))


def _moved(grid: TileGrid, tile: Tile) -> Tile:
    draw = grid.draft.draw
    steps: list[Callable[[TileGrid, Tile], Tile]] = [_flipped, _part, _picked, _assigned, _filled]
    if len(tile.shape) == 2:
        steps += [_transposed, _transposed]
    if len(tile.shape) < 4:
        steps += [_widened]
    if tile.size > 1:
        steps += [_squeezed]
    return draw.choice([*steps, _reshaped])(grid, tile)


def moved(grid: TileGrid, tile: Tile, share: float = 0.6) -> Tile:
    """The tile, with probability `share` after one or two moves."""
    draw = grid.draft.draw
    for _ in range(draw.integer(1, 2) if draw.chance(share) else 0):
        tile = _moved(grid, tile)
    return tile


def _tail(tile: Tile) -> str:
    return ", :" * tile.value.type.rank


def _named(grid: TileGrid, shape: Shape, warp: str, numpy: str, tile: Tile, *names: str) -> Tile:
    bounds = tile.value.range
    return grid.named(grid.draft.free(grid.draft.draw.choice(names)), shape, warp, numpy, bounds.low, bounds.high, tile.value.type)


def _settled(grid: TileGrid, view: Tile) -> Tile:
    """The view, or a tile of its own with the same elements, as one makes it before a view is written to."""
    if grid.draft.draw.chance(0.4):
        return _copy(grid, view)
    grid.made[f"view {view.name}"] = ()
    return view


def _copy(grid: TileGrid, tile: Tile) -> Tile:
    """A tile of its own with the elements of another."""
    draft = grid.draft
    name = draft.free(f"{tile.name}_copy")
    draft.line(f"{name} = wp.tile_zeros(shape={shape_text(tile.shape)}, dtype={tile.value.type.spelling}{draft.storage()})")
    draft.line(f"{name} += {tile.name}")
    draft.numpy(f"{name} = {tile.numpy}")
    return Tile(draft.whole(name, tile.value.type, tile.value.range.low, tile.value.range.high), tile.shape)


def _flipped(grid: TileGrid, tile: Tile) -> Tile:
    draw = grid.draft.draw
    cuts = [draw.choice((":", "::-1")) for _ in tile.shape]
    cuts[draw.integer(0, len(cuts) - 1)] = "::-1"
    text = ", ".join(cuts)
    return _settled(
        grid, _named(grid, tile.shape, f"{tile.name}[{text}]", f"{tile.numpy}[:, {text}{_tail(tile)}]", tile, "flipped", "mirrored")
    )


def _part(grid: TileGrid, tile: Tile) -> Tile:
    draw = grid.draft.draw
    starts, lengths = [], []
    for side in tile.numbers:
        length = draw.integer(max(1, side - 1), side) if side > 1 else 1
        lengths.append(length)
        starts.append(draw.integer(0, side - length))
    shape = tuple(Length.of(n) for n in lengths)
    offset = f"({', '.join(map(str, starts))}{',' if len(starts) == 1 else ''})"
    place = ", ".join(f"{a}:{a + n}" for a, n in zip(starts, lengths, strict=True))
    view = f"wp.tile_view({tile.name}, offset={offset}, shape={shape_text(shape)})"
    return _settled(grid, _named(grid, shape, view, f"{tile.numpy}[:, {place}{_tail(tile)}]", tile, "part", "window"))


def _picked(grid: TileGrid, tile: Tile) -> Tile:
    draft, draw = grid.draft, grid.draft.draw
    axis = draw.integer(0, len(tile.shape) - 1)
    side, count = tile.numbers[axis], draw.choice((2, 3, 4))
    ids = draft.free("ids")
    start, step = draw.integer(0, side - 1), draw.choice([n for n in (1, 2, 3) if math.gcd(n, side) == 1])
    # The numbers stay within the axis by what is left of a division.
    function = draft.free(draw.choice(("wrapped", "place_of", "source_row")))
    text = f"{start} + k" if start else "k"
    text = text if step == 1 else f"{text} * {step}"
    text = f"({text})" if start else text
    draft.definitions.append(["@wp.func", f"def {function}(k: int) -> int:", f"    return {text} % {side}"])
    draft.line(f"{ids} = wp.tile_map({function}, wp.tile_arange({count}, dtype=int))")
    numbers = [(start + k * step) % side for k in range(count)]
    shape = tuple(Length.of(count) if k == axis else n for k, n in enumerate(tile.shape))
    subscript = ", ".join([":"] * axis + [ids] + [":"] * (len(tile.shape) - 1 - axis))
    return _named(grid, shape, f"{tile.name}[{subscript}]", f"{tile.numpy}.take({numbers}, axis={axis + 1})", tile, "picked", "gathered")


def _assigned(grid: TileGrid, tile: Tile) -> Tile:
    draft, draw = grid.draft, grid.draft.draw
    name = draft.free(draw.choice(("padded", "framed", "room")))
    wider = draw.integer(0, len(tile.shape) - 1)
    shape = tuple(Length.of(n + (1 if axis == wider else draw.choice((0, 1)))) for axis, n in enumerate(tile.numbers))
    real = tile.value.type.spelling
    draft.line(f'{name} = wp.tile_zeros(shape={shape_text(shape)}, dtype={real}, storage="shared")')
    starts = [draw.integer(0, big - small) for big, small in zip(sizes_of(shape), tile.numbers, strict=True)]
    draft.line(f"wp.tile_assign({name}, {tile.name}, offset=({', '.join(map(str, starts))}{',' if len(starts) == 1 else ''}))")
    pads = [(0, 0), *((a, big - small - a) for a, big, small in zip(starts, sizes_of(shape), tile.numbers, strict=True))]
    pads += [(0, 0)] * tile.value.type.rank
    draft.numpy(f"{name} = np.pad({tile.numpy}, {tuple(pads)})")
    bounds = tile.value.range
    return Tile(draft.whole(name, tile.value.type, min(bounds.low, 0.0), max(bounds.high, 0.0)), shape)


def _filled(grid: TileGrid, tile: Tile) -> Tile:
    """An empty tile that takes every element."""
    draft = grid.draft
    name = draft.free(draft.draw.choice(("buffer_tile", "fresh", "held")))
    draft.line(f'{name} = wp.tile_empty(shape={shape_text(tile.shape)}, dtype={tile.value.type.spelling}, storage="shared")')
    draft.line(f"wp.tile_assign({name}, {tile.name})")
    draft.numpy(f"{name} = {tile.numpy}")
    return Tile(draft.whole(name, tile.value.type, tile.value.range.low, tile.value.range.high), tile.shape)


def _transposed(grid: TileGrid, tile: Tile) -> Tile:
    return _settled(
        grid, _named(grid, tile.shape[::-1], f"wp.tile_transpose({tile.name})", f"np.swapaxes({tile.numpy}, 1, 2)", tile, "turned")
    )


def _widened(grid: TileGrid, tile: Tile) -> Tile:
    draw = grid.draft.draw
    count = draw.choice((2, 3))
    shape = (Length.of(count), *tile.shape)
    numpy = f"np.repeat({tile.numpy}[:, None], {count}, axis=1)"
    spread = f"wp.tile_broadcast({tile.name}, shape={shape_text(shape)})"
    return _settled(grid, _named(grid, shape, spread, numpy, tile, "spread", "repeated"))


def _reshaped(grid: TileGrid, tile: Tile) -> Tile:
    draw = grid.draft.draw
    if f"view {tile.name}" in grid.made:
        # Only what lies in one piece can be seen in another shape.
        tile = _copy(grid, tile)
    size = tile.size
    first = draw.choice([n for n in range(1, size + 1) if size % n == 0])
    numbers = draw.choice(((size,), (first, size // first), (1, first, size // first)))
    shape = tuple(Length.of(n) for n in numbers)
    inner = "".join(f", {n}" for n in tile.value.type.inner)
    numpy = f"{tile.numpy}.reshape(-1, {', '.join(map(str, numbers))}{inner})"
    made = _named(grid, shape, f"wp.tile_reshape({tile.name}, shape={shape_text(shape)})", numpy, tile, "reshaped", "relaid")
    if len(numbers) < 3:
        return made
    axis = len(numbers) - 1 + tile.value.type.rank
    squeezed = f"np.squeeze({made.name}, axis={-axis - 1})"
    return _named(grid, shape[1:], f"wp.tile_squeeze({made.name}, axis=(0,))", squeezed, tile, "squeezed")


def _squeezed(grid: TileGrid, tile: Tile) -> Tile:
    """The tile without its axes of length one, if it has any."""
    if f"view {tile.name}" in grid.made:
        tile = _copy(grid, tile)
    shape = tuple(n for n in tile.shape if n.value > 1)
    inner = "".join(f", {n}" for n in tile.value.type.inner)
    numpy = f"{tile.numpy}.reshape(-1, {', '.join(str(n.value) for n in shape)}{inner})" if len(shape) < len(tile.shape) else tile.numpy
    return _named(grid, shape, f"wp.tile_squeeze({tile.name})", numpy, tile, "squeezed", "flat")


def element(draw: Draw) -> Case:
    """One element of a tile, at a place that is known or told."""
    type = pick(draw, REALS, INTEGERS, COMPOSITES)
    draft, grid = begin(draw, type, lanes=True)
    if type.rank < 2:
        tile = moved(grid, load(grid, type, shape_of(grid, type), "values", "cells", "source"), 0.4)
    else:
        # The ledger: before Warp 1.17 nothing reads a matrix out of a tile of three dimensions.
        tile = load(grid, type, shape_of(grid, type, draw.choice((1, 2))), "values", "cells", "source")
    texts, places = [], []
    for axis, side in enumerate(tile.numbers):
        if side > 1 and draw.chance(0.4):
            place = draft.parameter(draft.free(("row", "col", "layer", "slot")[axis]), 0, side - 1, I32)
            texts.append(place.name)
            places.append(place.numpy())
        else:
            texts.append(str(draw.integer(0, side - 1)))
            places.append(texts[-1])
    listed = ", ".join(texts)
    name = draft.name("picked_value", "chosen", "entry")
    draft.line(f"{name} = {draw.choice((f'{tile.name}[{listed}]', f'wp.tile_extract({tile.name}, {listed})'))}")
    draft.numpy(f"{name} = {tile.numpy}[:, {', '.join(places)}]")
    out = draft.name("out", "entries")
    draft.output(out, type, *grid.extents)
    draft.line(f"if {grid.lane} == 0:", f"    {out}[{grid.index}] = {name}")
    draft.numpy(f"{out} = {name}")
    return done(grid, draw.choice(("read_element", "pick_entry")))


def by_index(draw: Draw) -> Case:
    """Elements read from a table, or written to their places, or added there, by an index along one of up to four axes."""
    adds = draw.chance(0.35)
    type = type_named(draw.choice(SUMMABLE)) if adds else pick(draw, REALS, INTEGERS, COMPOSITES)
    draft, grid = begin(draw, type)
    shape = shape_of(grid, type)
    axis = draw.integer(0, len(shape) - 1)
    count = shape[axis]
    along = f", axis={axis}" if axis or draw.chance(0.4) else ""
    tail = [":"] * type.rank
    if adds:
        below = draw.choice((3, 5))
        ids = grid.load(draft.name("ids", "targets"), (count,), 0, below - 1, type=I32, domain=Integers(0, below), registers=True)
        tile = load(grid, type, shape, "values", "messages", small=True)
        out = draft.name("sums", "totals", "accumulated")
        draft.output(out, type, *(below if k == axis else n.value for k, n in enumerate(shape)), role="accumulate")
        draft.line(f"wp.tile_atomic_add_indexed({out}, indices={ids.name}, t={tile.name}{along})")
        moved = f"np.moveaxis({tile.numpy}, {axis + 1}, 1)"
        draft.numpy(f"{out} = np.zeros_like({out})", f"np.add.at(np.moveaxis({out}, {axis}, 0), {ids.name}, {moved})")
        return done(grid, draw.choice(("add_by_index", "scatter_add_elements")))
    if draw.chance(0.5):
        below = draw.choice((5, 9))
        table = draft.name("table", "codebook", "bank")
        draft.array(table, type, *(below if k == axis else n.value for k, n in enumerate(shape)), domain=values(type))
        ids = grid.load(draft.name("ids", "tokens"), (count,), 0, below - 1, type=I32, domain=Integers(0, below), registers=True)
        name = draft.name("gathered", "looked_up")
        size = bound(type)
        tile = grid.named(
            name,
            shape,
            f"wp.tile_load_indexed({table}, indices={ids.name}, shape={shape_text(shape)}{along}{draft.storage()})",
            f"np.moveaxis(np.moveaxis({table}, {axis}, 0)[{ids.name}], 1, {axis + 1})",
            -size,
            size,
            type,
        )
        grid.store(draft.name("out", "elements_out"), tile)
        return done(grid, draw.choice(("look_up_elements", "gather_elements")))
    tile = load(grid, type, shape, "values", "source")
    out, mirror = draft.name("out", "placed"), draft.free("mirror")
    draft.output(out, type, *grid.extents, *(n.value for n in shape)) if len(shape) < 4 else draft.output(
        out, type, f"{shape[0].value} * {grid.extents[0]}", *(n.value for n in shape[1:])
    )
    draft.line(f"{mirror} = wp.tile_arange({count.value - 1}, -1, -1, dtype=int)")
    cut = ", ".join([":"] * (1 + axis) + ["::-1"] + [":"] * (len(shape) - 1 - axis) + tail)
    if len(shape) < 4:
        draft.line(f"wp.tile_store_indexed({out}[{grid.index}], indices={mirror}, t={tile.name}{along})")
        draft.numpy(f"{out} = {tile.numpy}[{cut}]")
    else:
        offset = f"({grid.start(shape[0])}, 0, 0, 0)"
        draft.line(f"wp.tile_store_indexed({out}, indices={mirror}, t={tile.name}, offset={offset}{along})")
        inner = "".join(f", {n}" for n in type.inner)
        draft.numpy(f"{out} = {tile.numpy}[{cut}].reshape(-1, {', '.join(str(n.value) for n in shape[1:])}{inner})")
    return done(grid, draw.choice(("place_elements", "store_mirrored")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = ((rearranged, 4.0), (by_index, 3.0), (element, 1.5))
"""The patterns of this module, and how often each comes."""
