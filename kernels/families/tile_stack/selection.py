"""Elements that pass a test are put on a stack: counted, summed up, processed later, or dropped where there is no room."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.tile_stack.stacks import Stack, domain, number
from kernels.language.expression import Expression
from kernels.language.types import I32, I64, U32, Type


def deferred(draw: Draw) -> Case:
    """Elements that need more work are pushed by their index, others are finished at once; the work is done when all are there."""
    stack = Stack(draw)
    draft, grid, lanes = stack.draft, stack.grid, stack.lanes
    array = lanes.row("x", "values", "residuals", "signal")
    second = lanes.row("y", "targets", "weights") if draw.chance(0.5) else ""
    out = draft.name("out", "result", "updated")
    stack.declare(I32)
    draft.output(out, draft.real, *grid.extents, lanes.extent)
    with lanes.rounds(array):
        value, keep = stack.tested(array, draft.real)
        with draft.block(f"if has and not {keep}:"):
            easy = lanes.term([value], draft.free("easy"), depth=1) if draw.chance(0.6) else value
            draft.line(f"{lanes.at(out)} = {easy.name}")
        stack.push(lanes.index, keep)
    if draw.chance(0.5):
        stack.store_count(f"np.sum({keep}, axis=-1).astype(np.int32)", "active_counts", "counts_out")
    target = draft.name("item", "popped_k", "job")
    with stack.drained(target), draft.block("if slot >= 0:"):
        inputs: list[Expression] = []
        for source in (array, *([second] if second else [])):
            name = draft.free(f"{source}_again")
            inputs.append(draft.load(name, source, f"{grid.index}, {target}", -1.0, 1.0))
        hard = lanes.term(inputs, draft.free("hard"))
        draft.line(f"{out}[{grid.index}, {target}] = {hard.name}")
    draft.numpy(f"{out} = np.where({keep}, {hard.numpy()}, {easy.numpy()})")
    return lanes.finished(draw.choice(("deferred_work", "process_active", "refine_marked")))


def tallied(draw: Draw) -> Case:
    """Kept values are popped and added up, or counted by value."""
    stack = Stack(draw)
    draft, grid, lanes = stack.draft, stack.grid, stack.lanes
    type: Type = draw.choice((I32, U32, I64, draft.real, draft.real, draft.real, draft.vector))
    array = lanes.row("values", "codes", "labels", "points", type=type, domain=domain(type))
    stack.declare(type)
    with lanes.rounds(array):
        value, keep = stack.tested(array, type)
        slotted = draw.chance(0.4)
        if slotted:
            draft.line("pushed_slot = int(-1)")
        stack.push(value.name, keep, slot="pushed_slot" if slotted else "")
        if slotted:
            taken = draft.name("taken", "slots_used")
            draft.output(taken, I32, *grid.extents, role="accumulate")
            with draft.block("if pushed_slot >= 0:"):
                draft.line(f"wp.atomic_add({taken}, {grid.index}, 1)")
            draft.numpy(f"{taken} = np.sum({keep}, axis=-1).astype(np.int32)")
    stack.store_count(f"np.sum({keep}, axis=-1).astype(np.int32)", "counts_out", "kept_counts")
    popped = draft.name("item", "popped_value", "entry")
    by_value = type is I32 and draw.chance(0.7)
    out = draft.name("bins_out", "histogram") if by_value else draft.name("sums_out", "totals")
    total = f"np.where({keep}{'[..., None]' if type.rank else ''}, {value.numpy()}, 0)"
    axis = -2 if type.rank else -1
    draft.output(out, I32 if by_value else type, *grid.extents, *((20,) if by_value and grid.axes < 4 else ()), role="accumulate")
    with stack.drained(popped), draft.block("if slot >= 0:"):
        if by_value:
            draft.line(f"wp.atomic_add({out}, {grid.index}, {popped}, 1)")
        else:
            added = popped
            if type is draft.real and draw.chance(0.6):
                term = lanes.term([draft.known(popped, draft.real, -1.0, 1.0)])
                # The reference makes the term of all elements, kept or not.
                draft.reference[-1:] = [f"{popped} = {value.numpy()}", draft.reference[-1]]
                added, total = term.name, f"np.where({keep}, {term.numpy()}, 0)"
            draft.line(f"wp.atomic_add({out}, {grid.index}, {added})")
    if by_value:
        draft.numpy(
            f"{out} = np.zeros({keep}.shape[:-1] + (20,), np.int32)",
            f"np.add.at({out}, (*np.nonzero({keep})[:-1], {value.numpy()}[{keep}]), 1)",
        )
    else:
        cast = f".astype(np.{type.name})" if type.is_integer else ""
        draft.numpy(f"{out} = np.sum({total}, axis={axis}){cast}")
    return lanes.finished(draw.choice(("compact", "collect_kept", "tally_selected")))


def overflowing(draw: Draw) -> Case:
    """A stack with less room than there may be values: how many it holds in the end, and how many it dropped."""
    stack = Stack(draw, capacity=draw.choice((4, 8, 16, 24)))
    draft, grid, lanes = stack.draft, stack.grid, stack.lanes
    type: Type = draw.choice((I32, draft.real, draft.real, draft.real))
    array = lanes.row("values", "requests", "events", type=type, domain=domain(type))
    stack.declare(type)
    dropped, accepted = draft.name("dropped", "lost"), draft.name("accepted", "stored")
    counts = draw.chance(0.5)
    draft.line(*(f"{name} = int(0)" for name in ((dropped, accepted) if counts else (dropped,))))
    with lanes.rounds(array):
        value, keep = stack.tested(array, type)
        stack.push(value.name, keep, slot="slot")
        draft.line(f"if {keep} and slot < 0:", f"    {dropped} += 1")
        if counts:
            draft.line("if slot >= 0:", f"    {accepted} += 1")
    pushed = f"np.sum({keep}, axis=-1, keepdims=True).astype(np.int32)"
    stack.store_count(f"np.minimum({pushed}, {stack.capacity})[..., 0]", "held_out", "counts_out")
    total = number(stack, draft.free("lost_all"), f"wp.tile_sum(wp.tile({dropped}))", f"np.maximum({pushed} - {stack.capacity}, 0)")
    grid.store_number(draft.name("dropped_out", "lost_out"), total)
    if counts:
        total = number(stack, draft.free("held_all"), f"wp.tile_sum(wp.tile({accepted}))", f"np.minimum({pushed}, {stack.capacity})")
        grid.store_number(draft.name("accepted_out", "stored_out"), total)
    return lanes.finished(draw.choice(("bounded_push", "overflow_count", "admit_requests")))


def phases(draw: Draw) -> Case:
    """Two selections of a row by one stack, which is cleared between them."""
    stack = Stack(draw)
    draft, lanes = stack.draft, stack.lanes
    type: Type = draw.choice((draft.real, draft.real, draft.real, I32))
    array = lanes.row("values", "codes", "charges", type=type, domain=domain(type))
    stack.declare(type)
    for phase in range(2):
        with lanes.rounds(array):
            value, keep = stack.tested(array, type)
            stack.push(value.name, keep)
        stack.store_count(
            f"np.sum({keep}, axis=-1).astype(np.int32)", *(("first_out", "counts_a") if phase == 0 else ("second_out", "counts_b"))
        )
        if phase == 0:
            draft.line(f"wp.tile_stack_clear({stack.name})")
    if draw.chance(0.6):
        popped = draft.name("item", "popped_value")
        out = draft.name("sums_out", "totals")
        draft.output(out, type, *stack.grid.extents, role="accumulate")
        with stack.drained(popped), draft.block("if slot >= 0:"):
            draft.line(f"wp.atomic_add({out}, {stack.grid.index}, {popped})")
        cast = f".astype(np.{type.name})" if type.is_integer else ""
        draft.numpy(f"{out} = np.sum(np.where({keep}, {value.numpy()}, 0), axis=-1){cast}")
    return lanes.finished(draw.choice(("two_phases", "select_twice", "recount")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = ((deferred, 3.5), (tallied, 2.5), (overflowing, 1.0), (phases, 1.0))
"""The algorithms of this module, and how often each comes."""
