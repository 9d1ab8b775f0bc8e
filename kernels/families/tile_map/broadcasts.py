"""Panels with rows and columns broadcast over them, and panels stored transposed."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.blocks import draw_cut
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_map.steps import KNOBS, NAMES, stored
from kernels.language.expression import Expression

ROWS = ("bias", "row_weights", "columns_scale", "profile", "keys")
COLUMNS = ("row_scale", "offsets", "levels", "queries", "amounts")


def broadcasts(draw: Draw) -> Case:
    """One map of a panel with a row, a column, or both (an outer product) broadcast over it."""
    draft = TileDraft(draw)
    cut = draw_cut(draft, ("panels",), whole=True, partial=0.5)
    first, last = cut.index.split(", ")
    tall, wide = cut.texts
    kinds = draw.choice((("row",), ("column",), ("row", "column")))
    values: list[Expression] = []
    if kinds != ("row", "column") or draw.chance(0.5):
        name = draw.choice(NAMES)[0]
        values.append(cut.load(draft.free(f"{name}_tile"), cut.array(name, draft.real), draft.real, -1.0, 1.0))
    for kind in kinds:
        name = draft.name(*(ROWS if kind == "row" else COLUMNS))
        axis, text, index = (1, wide, last) if kind == "row" else (0, tall, first)
        draft.array(name, draft.real, "cols" if axis else "rows")
        spread = draft.free(f"{name}_tile")
        load = f"wp.tile_load({name}, shape={text}, offset={index} * {text}{draft.storage()})"
        if kind == "row" and draw.chance(0.4):
            draft.line(f"{spread} = wp.tile_broadcast({load}, shape={cut.shape})")
        else:
            line = draft.free(f"{name}_line")
            draft.line(f"{line} = {load}")
            inner = line if kind == "row" else f"wp.tile_reshape({line}, shape=({text}, 1))"
            draft.line(f"{spread} = wp.tile_broadcast({inner}, shape={cut.shape})")
        draft.numpy(f"{spread} = {name}[None, :]" if kind == "row" else f"{spread} = {name}[:, None]")
        values.append(draft.whole(spread, draft.real, -1.0, 1.0))
    if draw.chance(0.4):
        values.append(draft.knob(draft.name(*KNOBS), 0.2, 1.5))
    # In the reference a row or a column becomes a matrix only beside what has the other axis, so the first step takes in all of them.
    result = draft.drawn_tile(draft.name("spread", "outer", "filled"), values)
    if draw.chance(0.5):
        result, _ = stored(draft, [result, values[0]])
    cut.store(draft.name("out", "result", "panel_out"), result)
    verb = draw.choice(("broadcast", "add", "scale", "outer", "fill"))
    return draft.finished(draft.free(f"{verb}_{'_'.join(kinds)}"), cut.dim, cut.sizes())


def transposes(draw: Draw) -> Case:
    """One map of panels, each stored transposed at the transposed place."""
    draft = TileDraft(draw)
    cut = draw_cut(draft, ("panels",), whole=True, partial=0.5)
    first, last = cut.index.split(", ")
    tall, wide = cut.texts
    name = draw.choice(NAMES)[0]
    values: list[Expression] = [cut.load(draft.free(f"{name}_tile"), cut.array(name, draft.real), draft.real, -1.0, 1.0)]
    if draw.chance(0.5):
        other = draft.name("second", "residual", "partner")
        values.append(cut.load(draft.free(f"{other}_tile"), cut.array(other, draft.real), draft.real, -1.0, 1.0))
    if draw.chance(0.3):
        values.append(draft.knob(draft.name(*KNOBS), 0.2, 1.5))
    result = stored(draft, values)[0] if draw.chance(0.75) else values[0]
    turned = draft.name("turned", "flipped", "transposed")
    draft.line(f"{turned} = wp.tile_transpose({result.warp()})")
    draft.numpy(f"{turned} = {result.numpy()}.T")
    final = draft.whole(turned, draft.real, result.range.low, result.range.high)
    offset = f"({last} * {wide}, {first} * {tall})"
    if draw.chance(0.45):
        target = draft.name("previous", "base", "target")
        draft.array(target, draft.real, "cols", "rows")
        call = f"wp.tile_load({target}, shape=({wide}, {tall}), offset={offset})"
        tile = draft.loaded(draft.free(f"{target}_tile"), call, target, draft.real, -1.0, 1.0)
        final = draft.drawn_tile(draft.name("merged", "joined_up"), [final, tile])
    out = draft.name("out", "result", "transposed_out")
    add = draw.chance(0.15)
    draft.output(out, draft.real, "cols", "rows", role="accumulate" if add else "output")
    draft.line(f"wp.tile_{'atomic_add' if add else 'store'}({out}, {final.name}, offset={offset})")
    draft.numpy(f"{out} = {final.name}")
    return draft.finished(draft.free(f"transpose_{name}"), cut.dim, cut.sizes())
