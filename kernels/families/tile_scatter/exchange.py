"""Values of threads made into tiles and back, and one thread's value shared with its block.

A block has one thread on the CPU, so a tile of its threads' values has one element there: what is done with it must not depend on how many
there are. `wp.tile_from_thread` has no adjoint for the value.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.tile_grid import Tile, shape_text
from kernels.draw import Draw
from kernels.families.tile_scatter.lanes import KNOBS, Lanes
from kernels.language.expression import Expression, Variable
from kernels.language.types import I32, Type, matrix, vector


def mapped(draw: Draw) -> Case:
    """Each round, the threads' values become a tile, which is mapped, scaled or joined with another, and every thread takes its own
    again."""
    lanes = Lanes(draw)
    draft, grid = lanes.draft, lanes.grid
    array = lanes.row("x", "values", "signal")
    second = lanes.row("y", "partner", "bias_in") if draw.chance(0.5) else ""
    out = draft.name("out", "result", "mapped_out")
    with lanes.rounds(array):
        names = [draft.name("mine", "own", "value")] + ([draft.name("other", "beside")] if second else [])
        for name, source in zip(names, (array, second), strict=False):
            draft.line(f"{name} = {draft.zero()}")
            draft.numpy(f"{name} = {source}")
            draft.known(name, draft.real, -1.0, 1.0)
        with draft.block("if has:"):
            for name, source in zip(names, (array, second), strict=False):
                draft.line(f"{name} = {lanes.at(source)}")
        tiles: list[Expression] = []
        for name in names:
            tile = draft.free(f"{name}_tile")
            draft.line(f"{tile} = wp.tile({name})")
            draft.numpy(f"{tile} = {name}")
            tiles.append(draft.whole(tile, draft.real, -1.0, 1.0))
        draft.shape, draft.size = "(1,)", 1
        made = draft.drawn_tile(draft.name("changed", "shaped", "warped"), [*tiles, *lanes.knobs(0.4)])
        back = draft.free("back")
        draft.line(f"{back} = wp.untile({made.name})")
        draft.numpy(f"{back} = {made.numpy()}")
        value = draft.known(back, draft.real, made.range.low, made.range.high)
        if draw.chance(0.4):
            # What the tile made of a value may be nearly that value: the two are not compared.
            mixed = {"b": value, "own": draft.known(names[0], draft.real, -1.0, 1.0), "g": draft.knob(draft.name(*KNOBS), 0.2, 1.5)}
            draft.scope.update(mixed)
            value = draft.let(draft.free("final"), draw.choice(("b + g * own", "b * own + g", "g * b + own", "b * (own + g)")))
        draft.output(out, draft.real, *grid.extents, lanes.extent)
        with draft.block("if has:"):
            draft.line(f"{lanes.at(out)} = {value.name}")
    draft.numpy(f"{out} = {value.numpy()}")
    return lanes.finished(draw.choice(("map_threads", "exchange_tiles", "per_thread_map")))


def mapped_parts(draw: Draw) -> Case:
    """The same with vectors and matrices, whose components are rows of the tile, or which stay whole."""
    lanes = Lanes(draw)
    draft, grid = lanes.draft, lanes.grid
    size = draw.choice((2, 3, 4))
    kind: Type = vector(draft.width, size) if draw.chance(0.6) else matrix(draft.width, draw.choice((2, 3)))
    array = lanes.row("vectors", "frames", "states", type=kind)
    second = lanes.row("offsets", "pushes", type=kind) if draw.chance(0.4) else ""
    out = draft.name("out", "result", "moved_out")
    factor = draw.choice((0.5, 2.0, -1.0, 0.1))
    number = draft.number(factor)
    keep = ", preserve_type=True" if draw.chance(0.4) else ""
    # A matrix whose components are the tile's rows cannot be scaled as a whole by a matrix, but by a number it can.
    with lanes.rounds(array):
        draft.line(f"mine = {draft.zero(kind)}")
        draft.reserve("mine", "beside")
        if second:
            draft.line(f"beside = {draft.zero(kind)}")
        with draft.block("if has:"):
            draft.line(f"mine = {lanes.at(array)}", *([f"beside = {lanes.at(second)}"] if second else []))
        tile = draft.free("tile_of_threads")
        draft.line(f"{tile} = wp.tile(mine{keep})")
        changed = draft.free("changed")
        text = f"{tile} * {number}" if draw.chance(0.5) else f"{number} * {tile}"
        numpy = f"{factor} * {array}"
        if second:
            sign = draw.choice(("+", "-"))
            text, numpy = f"{text} {sign} wp.tile(beside{keep})", f"{numpy} {sign} {second}"
        draft.line(f"{changed} = {text}")
        result, final = f"wp.untile({changed})", numpy
        if draw.chance(0.4):
            result, final = f"{result} + mine", f"{numpy} + {array}"
        draft.output(out, kind, *grid.extents, lanes.extent)
        moved = draft.free("moved")
        draft.line(f"{moved} = {result}")
        with draft.block("if has:"):
            draft.line(f"{lanes.at(out)} = {moved}")
    draft.numpy(f"{out} = {final}")
    return lanes.finished(draw.choice(("scale_vectors", "move_frames", "exchange_vectors")))


def shared_value(draw: Draw) -> Case:
    """One thread reads or works out a value for its block, which becomes a tile that meets the block's own tile."""
    lanes = Lanes(draw, differentiable=0.75)
    draft, grid = lanes.draft, lanes.grid
    shape = grid.shape(N=draw.choice((8, 16, 32))) if draw.chance(0.7) else (*grid.shape(M=draw.choice((2, 4))), *grid.shape(N=8))
    table = draft.array(
        draft.name("scales", "levels", "per_block", "header"), draft.real, *grid.extents, low=0.2, high=1.5, differentiable=False
    )
    first = draft.free("own_scale")
    draft.line(f"{first} = {draft.zero()}")
    with draft.block(f"if {lanes.lane} == 0:"):
        element = draft.free("read_scale")
        draft.line(f"{element} = {table}[{grid.index}]")
        draft.numpy(f"{element} = {table}")
        value: Variable = draft.known(element, draft.real, 0.2, 1.5)
        if draw.chance(0.55):
            value = lanes.term([value], draft.free("worked"))
        draft.line(f"{first} = {value.name}")
    name = draft.name("scale", "shared", "block_value")
    texts = shape[0].text if len(shape) == 1 and draw.chance(0.5) else shape_text(shape)
    storage = draft.storage()
    draft.line(f"{name} = wp.tile_from_thread(shape={texts}, value={first}, thread_idx=0{storage})")
    draft.numpy(f"{name} = {value.numpy()}[(...,) + (None,) * {len(shape)}]")
    bounds = value.range
    filled = Tile(draft.whole(name, draft.real, min(0.0, bounds.low), max(0.0, bounds.high)), shape)
    tile = grid.load(draft.name("values", "samples", "x"), shape)
    result = grid.drawn(draft.name("scaled", "adjusted", "response"), [tile, filled], lanes.knobs(0.4), bound=1e3)
    grid.store(draft.name("out", "result", "scaled_out"), result)
    return lanes.finished(draw.choice(("broadcast_header", "scale_block", "share_level")))


def shared_others(draw: Draw) -> Case:
    """An integer or a vector that one thread has, shared with its block: an offset to read from, a direction to project on."""
    lanes = Lanes(draw, differentiable=0.75)
    draft, grid = lanes.draft, lanes.grid
    if draw.chance(0.5):
        kind = draft.vector
        n = grid.shape(N=draw.choice((8, 16, 24)))
        axis = draft.array(draft.name("axis", "directions", "winds"), kind, *grid.extents, differentiable=False)
        draft.line(f"own = {draft.zero(kind)}", f"if {lanes.lane} == 0:", f"    own = {axis}[{grid.index}]")
        name = draft.name("shared", "direction")
        draft.line(f"{name} = wp.tile_from_thread(shape={n[0].text}, value=own, thread_idx=0{draft.storage()})")
        points = grid.load(draft.name("points", "velocities"), n, type=kind)
        if draw.chance(0.6):
            made = grid.named(
                draft.name("along", "projected"),
                n,
                f"wp.tile_map(wp.dot, {points.name}, {name})",
                f"np.sum({points.numpy} * {axis}[:, None, :], axis=-1)",
                -3.0,
                3.0,
            )
            made = grid.drawn(draft.free("shown"), [made], lanes.knobs(0.6), bound=1e3) if draw.chance(0.6) else made
        else:
            sign = draw.choice(("+", "-"))
            made = grid.named(
                draft.name("moved", "shifted"),
                n,
                f"{points.name} {sign} {name}",
                f"{points.numpy} {sign} {axis}[:, None, :]",
                -2.0,
                2.0,
                kind,
            )
        grid.store(draft.name("out", "result"), made)
        return lanes.finished(draw.choice(("project_block", "shift_block")))
    width = draw.choice((8, 16))
    n = grid.shape(N=width)
    starts = draft.array(draft.name("starts", "offsets", "cursor"), I32, *grid.extents, domain=Integers(0, 40))
    data = draft.array(draft.name("data", "stream", "pool"), draft.real, 40 + width)
    draft.line("own = int(0)", f"if {lanes.lane} == 0:", f"    own = {starts}[{grid.index}]")
    name = draft.name("start_tile", "where")
    draft.line(f"{name} = wp.tile_from_thread(shape=1, value=own, thread_idx=0)")
    start = draft.free("start")
    draft.line(f"{start} = {name}[0]")
    tile = grid.named(
        draft.name("part", "window"),
        n,
        f"wp.tile_load({data}, shape={n[0].text}, offset={start}{draft.storage()})",
        f"{data}[{starts}[:, None] + np.arange({width})]",
        -1.0,
        1.0,
    )
    own = grid.load(draft.name("weights", "query"), n)
    result = grid.drawn(draft.name("joined", "weighted"), [tile, own], lanes.knobs(0.5), bound=1e3)
    grid.store(draft.name("out", "result"), result)
    return lanes.finished(draw.choice(("read_at_cursor", "windowed_read")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (mapped, 4.5),
    (mapped_parts, 3.0),
    (shared_value, 2.0),
    (shared_others, 1.4),
)
"""The algorithms of this module, and how often each comes."""
