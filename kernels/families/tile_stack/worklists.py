"""Worklists: what is popped may push more, until the stack is empty."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.draw import Draw
from kernels.families.tile_stack.stacks import Stack, number, threshold
from kernels.language.expression import Expression
from kernels.language.types import I32, vector

_STEPS = (
    ("{0} / 2", "{0} // 2", "{0} > 1"),
    ("{0} / 3", "{0} // 3", "{0} > 2"),
    ("{0} / 10", "{0} // 10", "{0} > 9"),
    ("{0} - 7", "{0} - 7", "{0} > 7"),
    ("wp.where({0} % 2 == 0, {0} / 2, {0} + 1)", "np.where({0} % 2 == 0, {0} // 2, {0} + 1)", "{0} > 1"),
    ("{0} / 2 + 1", "{0} // 2 + 1", "{0} > 4"),
    ("wp.min({0} / 2, 20)", "np.minimum({0} // 2, 20)", "{0} > 2"),
    ("{0} - {0} / 3", "{0} - {0} // 3", "{0} > 3"),
    ("wp.max({0} - 9, 1)", "np.maximum({0} - 9, 1)", "{0} > 1"),
)
"""What a popped number pushes, in both spellings, and when."""


def shrinking(draw: Draw) -> Case:
    """Numbers pushed again, smaller, until they are done: how often each value came by, or how many steps there were in all."""
    stack = Stack(draw)
    draft, grid, lanes = stack.draft, stack.grid, stack.lanes
    array = lanes.row("starts", "jobs", "numbers", type=I32, domain=Integers(1, 64))
    item = draft.name("job", "todo", "current", "remaining")
    step, numpy_step, goes_on = (text.format(item) for text in draw.choice(_STEPS))
    stack.declare(I32)
    draft.reserve("more", "live")
    skip = draw.chance(0.4)
    with lanes.rounds(array):
        draft.line(f"{item} = int(0)", "if has:", f"    {item} = {lanes.at(array)}")
        stack.push(item, f"has and {item} % {draw.choice((2, 3))} != 0" if skip else "has")
        test = draft.kernel[-1].rpartition(", ")[2].rstrip(")")
    counted = draw.choice(("visits", "steps", "both"))
    visits = draft.name("visits", "seen", "histogram") if counted != "steps" else ""
    steps = draft.name("steps", "work_done") if counted != "visits" else ""
    if visits:
        draft.output(visits, I32, *grid.extents, 70, role="accumulate")
    if steps:
        draft.line(f"{steps} = int(0)")
    with stack.drained(item):
        draft.line("more = bool(False)")
        with draft.block("if slot >= 0:"):
            if visits:
                draft.line(f"wp.atomic_add({visits}, {grid.index}, {item}, 1)")
            if steps:
                draft.line(f"{steps} += 1")
            draft.line(f"more = {goes_on}", f"{item} = {step}")
        stack.push(item, "more")
    shape = f"{array}.shape"
    draft.numpy(f"{item} = np.copy({array})", f"live = {test.replace('has and ', '')}" if skip else f"live = np.ones({shape}, bool)")
    if visits:
        draft.numpy(f"{visits} = np.zeros({shape}[:-1] + (70,), np.int32)")
    if steps:
        draft.numpy(f"{steps} = np.zeros({shape}[:-1] + (1,), np.int32)")
    inner = [f"np.add.at({visits}, (*np.nonzero(live)[:-1], {item}[live]), 1)"] if visits else []
    inner += [f"{steps} = {steps} + np.sum(live, axis=-1, keepdims=True).astype(np.int32)"] if steps else []
    draft.numpy("while live.any():", *(f"    {line}" for line in inner), f"    live, {item} = live & ({goes_on}), {numpy_step}")
    if steps:
        total = number(stack, draft.free("all_steps"), f"wp.tile_sum(wp.tile({steps}))", steps)
        grid.store_number(draft.name("steps_out", "work_out"), total)
    return lanes.finished(draw.choice(("worklist", "drain_jobs", "reduce_numbers")))


def tree_walk(draw: Draw) -> Case:
    """A walk down a complete binary tree from its root: children of nodes that pass a test are pushed, leaves are added up."""
    stack = Stack(draw, axes=1, capacity=64)
    draft, grid, lanes = stack.draft, stack.grid, stack.lanes
    levels = draw.choice((3, 4, 5))
    inner, nodes = 2 ** (levels - 1) - 1, 2**levels - 1
    lines = draft.name("bounds", "keys", "node_values")
    draft.array(lines, draft.real, *grid.extents, nodes)
    leaf_values = draft.name("masses", "leaf_values", "weights")
    draft.array(leaf_values, draft.real, *grid.extents, inner + 1)
    draft.reserve("node", "left", "found_left", "found_right", "visits", "opened", "key", "leaf")
    out = draft.name("sums", "leaf_sums", "totals")
    draft.output(out, draft.real, *grid.extents, role="accumulate")
    counts = draw.chance(0.6)
    scale = draft.knob(draft.name("scale", "gain"), 0.3, 1.5) if draw.chance(0.6) else None
    if counts:
        draft.line("visits = int(0)")
    stack.declare(I32)
    stack.push("0", f"{lanes.lane} == 0")
    with stack.drained("node"):
        draft.line("left = int(0)", "opened = bool(False)")
        with draft.block("if slot >= 0:"):
            if counts:
                draft.line("visits += 1")
            draft.line(f"key = {lines}[{grid.index}, node]")
            draft.numpy(f"key = {lines}")
            key = draft.known("key", draft.real, -1.0, 1.0)
            if draw.chance(0.8):
                key = draft.let(draft.free("priority"), draft.drawn(draft.real, [key, *lanes.knobs(0.5)], smooth=True))
            limit = threshold(key, 0.3)
            with draft.block(f"if {draft.warp(f'{key.name} > {limit}')}:"):
                with draft.block(f"if node < {inner}:"):
                    draft.line("left = 2 * node + 1", "opened = True")
                with draft.block("else:"):
                    draft.line(f"leaf = {leaf_values}[{grid.index}, node - {inner}]")
                    draft.numpy(f"leaf = {leaf_values}")
                    leaf = draft.known("leaf", draft.real, -1.0, 1.0)
                    inputs: list[Expression] = [leaf]
                    if draw.chance(0.4):
                        ages = draft.array(draft.name("ages", "charges_in", "areas_in"), draft.real, *grid.extents, inner + 1)
                        place = f"{grid.index}, node - {inner}"
                        inputs.append(draft.load(draft.free("beside"), ages, place, -1.0, 1.0))
                    value = lanes.term([*inputs, *([scale] if scale is not None else [])]) if draw.chance(0.9) else leaf
                    draft.line(f"wp.atomic_add({out}, {grid.index}, {value.name})")
        stack.push("left", "opened")
        stack.push("left + 1", "opened")
    draft.numpy(
        f"passes = {key.numpy()} > {limit}",
        f"reached = np.zeros({lines}.shape, bool)",
        "reached[:, 0] = True",
        f"for node in range({inner}):",
        "    open_here = reached[:, node] & passes[:, node]",
        "    reached[:, 2 * node + 1] = open_here",
        "    reached[:, 2 * node + 2] = open_here",
        f"hit = (reached & passes)[:, {inner}:]",
        f"{out} = np.sum(np.where(hit, {value.numpy()}, 0), axis=-1)",
    )
    if counts:
        total = number(
            stack, draft.free("all_visits"), "wp.tile_sum(wp.tile(visits))", "np.sum(reached, axis=-1, keepdims=True).astype(np.int32)"
        )
        grid.store_number(draft.name("visits_out", "opened_out"), total)
    return lanes.finished(draw.choice(("walk_tree", "traverse", "collect_leaves")))


def subdivision(draw: Draw) -> Case:
    """Intervals halved until they are short or their density allows, and a drawn function of their middles added up."""
    stack = Stack(draw, axes=1, capacity=256)
    draft, grid, lanes = stack.draft, stack.grid, stack.lanes
    pair = vector(draft.width, 2)
    levels = draw.integer(2, 4)
    draft.reserve("interval", "middle", "half", "splits", "again", "pieces")
    offsets = draft.array(draft.name("centres", "origins", "shifts_in"), draft.real, *grid.extents)
    out = draft.name("integrals", "areas", "totals")
    draft.output(out, draft.real, *grid.extents, role="accumulate")
    counts = draw.chance(0.6)
    stack.declare(pair)
    # Halves of halves are exact in binary. Middles on both sides of zero could cancel to nothing but rounding.
    start, width = draw.choice(((0.0, 1.0), (1.0, 2.0), (0.0, 4.0), (0.25, 1.0)))
    shortest = width / 2**levels
    spelled = f"{pair.spelling}({draft.number(start)}, {draft.number(width)})"
    if counts:
        draft.line("pieces = int(0)")
    stack.push(spelled, f"{lanes.lane} == 0")
    with stack.drained("interval"):
        draft.line(f"half = {draft.number(0.5)} * interval[1]", "again = bool(False)")
        with draft.block("if slot >= 0:"):
            draft.line(f"again = interval[1] > {draft.number(1.5 * shortest)}")
            with draft.block("if not again:"):
                if counts:
                    draft.line("pieces += 1")
                shift = draft.free("shift")
                draft.line("middle = interval[0] + half", f"{shift} = {offsets}[{grid.index}]")
                count = 2**levels
                draft.numpy(
                    f"middle = {start} + {shortest} * (np.arange({count}) + 0.5).astype({draft.precision})", f"{shift} = {offsets}[:, None]"
                )
                inputs = [draft.known("middle", draft.real, start, start + width), draft.known(shift, draft.real, -1.0, 1.0)]
                value = lanes.term(inputs, "height")
                draft.line(f"wp.atomic_add({out}, {grid.index}, {value.name} * interval[1])")
        stack.push(f"{pair.spelling}(interval[0], half)", "again")
        stack.push(f"{pair.spelling}(interval[0] + half, half)", "again")
    draft.numpy(f"{out} = np.sum({value.numpy()} * {shortest}, axis=-1)")
    if counts:
        numpy = f"np.full((len({offsets}), 1), {2**levels}, np.int32)"
        grid.store_number(
            draft.name("pieces_out", "leaves_out"), number(stack, draft.free("all_pieces"), "wp.tile_sum(wp.tile(pieces))", numpy)
        )
    return lanes.finished(draw.choice(("integrate", "subdivide", "adaptive_sum")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = ((shrinking, 1.0), (tree_walk, 2.0), (subdivision, 2.0))
"""The algorithms of this module, and how often each comes."""
