"""Elements of any type that threads have: made into a tile and taken back, shared by one thread, scattered, put on a stack."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.tile_grid import Tile, TileGrid, shape_text
from kernels.draw import Draw
from kernels.families.tile_types.elements import COMPOSITES, INTEGERS, REALS, SUMMABLE, begin, bound, done, pick, shape_of, values
from kernels.families.tile_types.moves import moved
from kernels.language.types import I32, Type, type_named


def _zero(type: Type) -> str:
    return f"{type.spelling}()" if type.rank else f"{type.spelling}({'0.0' if type.is_float else '0'})"


def _row(grid: TileGrid, type: Type, n: int, *names: str) -> str:
    draft = grid.draft
    return draft.array(draft.name(*names), type, *grid.extents, n, domain=values(type, small=True))


def _rounds(grid: TileGrid, n: int, array: str, type: Type, **more: tuple[str, str]) -> list[str]:
    """The head of a loop's body: the thread's element of a round, `mine`, and whether it has one, `has`.

    `more` are other names with what they are without an element, and with one.
    """
    named = {"mine": (_zero(type), f"{array}[{grid.index}, k]"), **more}
    starts = [f"{name} = {none}" for name, (none, _) in named.items()]
    return [f"k = base + {grid.lane}", f"has = k < {n}", *starts, "if has:", *(f"    {name} = {one}" for name, (_, one) in named.items())]


def back_and_forth(draw: Draw) -> Case:
    """Each thread's element goes into a tile, is added to itself or another, and comes back."""
    type = pick(draw, REALS, INTEGERS, ("vec3f", "mat33f", "vec2f", "vec3d"))
    draft, grid = begin(draw, type, lanes=True)
    n = draw.choice((5, 16, 33))
    draft.reserve("k", "has", "base", "mine", "beside")
    array = _row(grid, type, n, "values", "elements", "states")
    second = _row(grid, type, n, "others", "partners") if draw.chance(0.5) else ""
    keep = ", preserve_type=True" if type.rank and draw.chance(0.5) else ""
    out = draft.name("out", "returned", "result")
    draft.output(out, type, *grid.extents, n)
    with draft.block(f"for base in range(0, {n}, wp.block_dim()):"):
        more = {"beside": (_zero(type), f"{second}[{grid.index}, k]")} if second else {}
        draft.line(*_rounds(grid, n, array, type, **more))
        made, back = draft.free("made"), draft.free("back")
        terms = [("mine", array)] + [
            draw.choice((("mine", array), ("beside", second) if second else ("mine", array))) for _ in range(draw.integer(1, 2))
        ]
        if second and all(name == "mine" for name, _ in terms):
            terms.append(("beside", second))
        signs = ["+", *(draw.choice(("+", "+", "-") if not type.scalar.startswith("u") else ("+",)) for _ in terms[1:])]
        warp = " ".join(f"{sign} wp.tile({name}{keep})" for sign, (name, _) in zip(signs, terms, strict=True)).removeprefix("+ ")
        numpy = " ".join(f"{sign} {name}" for sign, (_, name) in zip(signs, terms, strict=True)).removeprefix("+ ")
        draft.line(f"{made} = {warp}")
        if draw.chance(0.3):
            draft.line(f"{made} += wp.tile(mine{keep})")
            numpy = f"{numpy} + {array}"
        draft.line(f"{back} = wp.untile({made})")
        if draw.chance(0.3):
            draft.line(f"{back} = {back} + mine")
            numpy = f"{numpy} + {array}"
        draft.line("if has:", f"    {out}[{grid.index}, k] = {back}")
    draft.numpy(f"{out} = {numpy}")
    return done(grid, draw.choice(("threads_to_tile", "round_trip", "exchange_elements")))


def scattered(draw: Draw) -> Case:
    """Threads' elements added to, or written to, places of a tile of one to four axes."""
    adds = draw.chance(0.5)
    type = type_named(draw.choice(SUMMABLE)) if adds else pick(draw, REALS, INTEGERS, COMPOSITES)
    draft, grid = begin(draw, type, lanes=True)
    shape = shape_of(grid, type)
    size = 1
    for length in shape:
        size *= length.value
    n = draw.choice((7, 20)) if adds else size
    draft.reserve("k", "has", "base", "mine", "place", "flat")
    array = _row(grid, type, n, "values", "elements", "deposits")
    target = draft.name("bins", "board", "cells")
    draft.line(f'{target} = wp.tile_zeros(shape={shape_text(shape)}, dtype={type.spelling}, storage="shared")')
    indices, rest = [], 1
    for length in reversed(shape):
        text = "place" if rest == 1 else f"place // {rest}"
        indices.append(text if rest * length.value == size else f"{text} % {length.value}")
        rest *= length.value
    places = ", ".join(reversed(indices))
    inner = "".join(f", {m}" for m in type.inner)
    ids = draft.array(draft.name("slots", "targets"), I32, *grid.extents, n, domain=Integers(0, size)) if adds else ""
    with draft.block(f"for base in range(0, {n}, wp.block_dim()):"):
        draft.line(*_rounds(grid, n, array, type, place=("int(0)", f"{ids}[{grid.index}, k]" if adds else f"{size - 1} - k")))
        call = "wp.tile_scatter_add" if adds else "wp.tile_scatter_masked"
        draft.line(f"{call}({target}, {places}, mine, has)")
    if adds:
        blocks = f"np.arange(len({array}))[:, None]"
        draft.numpy(f"flat = np.zeros((len({array}), {size}{inner}), {array}.dtype)", f"np.add.at(flat, ({blocks}, {ids}), {array})")
    else:
        draft.numpy(f"flat = {array}[:, ::-1]")
    draft.numpy(f"{target} = flat.reshape(-1, {', '.join(str(m.value) for m in shape)}{inner})")
    bounds = 20.0 * bound(type)
    grid.store(draft.name("out", "scattered_out"), moved(grid, Tile(draft.whole(target, type, -bounds, bounds), shape)))
    return done(grid, draw.choice(("scatter_elements", "deposit_elements", "deal_elements")))


def shared(draw: Draw) -> Case:
    """One thread's element fills a tile of its block."""
    type = pick(draw, REALS, INTEGERS, ("vec3f", "mat33f", "quatf", "vec2f"))
    draft, grid = begin(draw, type, lanes=True, gradient=False)
    shape = shape_of(grid, type)
    draft.reserve("own")
    array = draft.array(draft.name("headers", "leaders", "per_block"), type, *grid.extents, domain=values(type))
    draft.line(f"own = {_zero(type)}", f"if {grid.lane} == 0:", f"    own = {array}[{grid.index}]")
    name = draft.name("shared_tile", "filled", "broadcasted")
    draft.line(f"{name} = wp.tile_from_thread(shape={shape_text(shape)}, value=own, thread_idx=0{draft.storage()})")
    numbers = ", ".join(str(m.value) for m in shape)
    inner = "".join(f", {m}" for m in type.inner)
    ones = ", ".join(["None"] * len(shape))
    place = f"{array}[:, {ones}{', :' * type.rank}]"
    draft.numpy(f"{name} = np.broadcast_to({place}, (len({array}), {numbers}{inner}))")
    size = bound(type)
    grid.store(draft.name("out", "filled_out"), moved(grid, Tile(draft.whole(name, type, -size, size), shape)))
    return done(grid, draw.choice(("share_header", "fill_from_thread")))


def stacked(draw: Draw) -> Case:
    """Elements pushed on a stack and popped again, whose number is stored, and which are put back to their places by a second stack."""
    type = pick(draw, REALS, INTEGERS, ("vec3f", "mat33f", "quatf"))
    draft, grid = begin(draw, type, lanes=True, gradient=False)
    n = draw.choice((5, 12, 40))
    draft.reserve("k", "has", "base", "mine", "keep", "slot", "popped")
    array = _row(grid, type, n, "values", "elements", "items")
    flags = draft.array(draft.name("marks", "wanted"), I32, *grid.extents, n, domain=Integers(0, 2))
    stack = draft.name("stack", "pending", "s")
    draft.line(f"{stack} = wp.tile_stack(capacity={n}, dtype={type.spelling})")
    counts, drained = draft.name("counts_out", "held_out"), draft.name("popped_out", "drained_out")
    draft.output(counts, I32, *grid.extents)
    draft.output(drained, I32, *grid.extents, role="accumulate")
    with draft.block(f"for base in range(0, {n}, wp.block_dim()):"):
        draft.line(*_rounds(grid, n, array, type, keep=("bool(False)", f"{flags}[{grid.index}, k] == 1")))
        draft.line(f"wp.tile_stack_push({stack}, mine, keep)")
    draft.line(f"if {grid.lane} == 0:", f"    {counts}[{grid.index}] = wp.tile_stack_count({stack})")
    if draw.chance(0.4):
        draft.line(f"wp.tile_stack_clear({stack})")
        with draft.block(f"for base in range(0, {n}, wp.block_dim()):"):
            draft.line(*_rounds(grid, n, array, type), f"wp.tile_stack_push({stack}, mine, has)")
        popped = f"np.full(len({array}), {n}, np.int32)"
    else:
        popped = f"np.sum({flags}, axis=-1).astype(np.int32)"
    with draft.block(f"while wp.tile_stack_count({stack}) > 0:"):
        draft.line(f"popped, slot = wp.tile_stack_pop({stack})", "if slot >= 0:", f"    wp.atomic_add({drained}, {grid.index}, 1)")
    draft.numpy(f"{counts} = np.sum({flags}, axis=-1).astype(np.int32)", f"{drained} = {popped}")
    return done(grid, draw.choice(("stack_elements", "push_and_pop", "collect_marked")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = ((back_and_forth, 2.0), (scattered, 3.0), (shared, 1.5), (stacked, 0.9))
"""The patterns of this module, and how often each comes."""
