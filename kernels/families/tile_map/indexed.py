"""Rows that an index chooses: gathered from a table, scattered to their places, or added up there."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Permutation
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_map.steps import KNOBS, stored
from kernels.language.expression import Expression
from kernels.language.types import I32

TABLES = ("table", "embedding", "features", "states")
INDICES = ("ids", "rows_of", "tokens", "neighbours", "targets")


def indexed(draw: Draw) -> Case:
    """One gather, scatter or scatter-add of a block's rows; each block has its own part of the index."""
    draft = TileDraft(draw)
    kind = draw.choice(("gather", "gather", "scatter", "scatter_add"))
    flat = draw.chance(0.35)
    count, width = draw.choice((4, 8, 16)), draw.choice((8, 16))
    many, wide = draft.length("BATCH", count), draft.length("DIM", width)
    index = draft.indices(("i", "block", "tile"))
    ids, rows = draw.choice(INDICES), draft.name("picked", "chosen", "row_ids")
    draft.reserve(ids)
    draft.line(f"{index} = wp.tid()")
    domain = Integers(0, 7) if kind == "gather" else Permutation() if kind == "scatter" else Integers(0, 5)
    draft.array(ids, I32, "n", domain=domain)
    draft.line(f"{rows} = wp.tile_load({ids}, shape={many}, offset={index} * {many})")
    shape = f"({many},)" if flat else f"({many}, {wide})"
    place = f"offset={index} * {many}" if flat else f"offset=({index} * {many}, 0)"
    extents = ("n",) if flat else ("n", width)
    load_shape = many if flat else shape
    values: list[Expression] = []
    if kind == "gather":
        table = draft.name(*TABLES)
        draft.array(table, draft.real, *(("size",) if flat else ("size", width)))
        axis = ", axis=0" if draw.chance(0.5) else ""
        call = f"wp.tile_load_indexed({table}, indices={rows}, shape={shape}{axis}{draft.storage()})"
        values.append(draft.loaded(draft.name("gathered", "looked_up", "rows_read"), call, f"{table}[{ids}]", draft.real, -1.0, 1.0))
    for _ in range(draw.integer(0 if kind == "gather" else 1, 2)):
        array = draft.name("x", "values", "updates", "weights", "deltas")
        draft.array(array, draft.real, *extents)
        call = f"wp.tile_load({array}, shape={load_shape}, {place}{draft.storage()})"
        values.append(draft.loaded(draft.free(f"{array}_tile"), call, array, draft.real, -1.0, 1.0))
    if draw.chance(0.4):
        values.append(draft.knob(draft.name(*KNOBS), 0.2, 1.5))
    result, _ = stored(draft, values)
    out = draft.name("out", "result", "accumulated" if kind == "scatter_add" else "placed")
    if kind == "gather":
        draft.output(out, draft.real, *extents)
        draft.line(f"wp.tile_store({out}, {result.name}, {place})")
        draft.numpy(f"{out} = {result.name}")
    elif kind == "scatter":
        draft.output(out, draft.real, *extents)
        draft.line(f"wp.tile_store_indexed({out}, indices={rows}, t={result.name})")
        draft.numpy(f"{out} = np.zeros_like({result.name})", f"{out}[{ids}] = {result.name}")
    else:
        draft.output(out, draft.real, *(("size",) if flat else ("size", width)), role="accumulate")
        draft.line(f"wp.tile_atomic_add_indexed({out}, indices={rows}, t={result.name})")
        draft.numpy(f"{out} = np.zeros_like({out})", f"np.add.at({out}, {ids}, {result.name})")
    sizes = [{"blocks": b, "n": b * count, "size": s} for b, s in ((1, 7), (draw.choice((3, 5)), 11), (draw.integer(6, 9), 17))]
    return draft.finished(draft.free(f"{kind}_{'values' if flat else 'rows'}"), ["blocks"], sizes)
