"""Stable compaction: slots from exclusive scans that are given, from counts of what comes before, or from a counter along a row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers, Offsets
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.compaction.digits import ballot, digit_ranks
from kernels.families.compaction.predicates import carried, predicate
from kernels.families.compaction.ranges import expand, guarded, ragged
from kernels.language.expression import Expression
from kernels.language.types import I32, I64, U32


def scanned(draw: Draw) -> Case:
    """One stable compaction."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _by_scan,
        _by_scan,
        _by_count,
        _rows,
        _rows,
        expand,
        expand,
        ragged,
        ballot,
        digit_ranks,
    )
    return draw.choice(builders)(draw)


def _by_scan(draw: Draw) -> Case:
    """Elements whose place in a given scan rises are kept, at the place that the scan gives; others are left out."""
    draft = Draft(draw)
    i = draft.name("i", "tid", "element")
    scan = draft.name("offsets", "scan", "slots", "exclusive_scan")
    name = draw.choice(("compact_by_scan", "scatter_kept", "stream_compaction", "write_compacted"))
    draft.reserve(name, "slot", "kept", "places")
    draft.array(scan, I32, "n + 1", domain=lambda s: Offsets(s["total"]))
    inverse = draw.chance(0.35)
    indices = draw.chance(0.35)
    out = draft.name("compacted", "packed_out", "dense")
    style = draw.choice(("early", "nested"))
    with guarded(draft, i):
        draft.line(f"slot = {scan}[{i}]")
        draft.numpy(f"kept = np.diff({scan}) > 0", f"places = {scan}[:-1][kept]")
        test = draw.choice((f"{scan}[{i} + 1] > slot", f"{scan}[{i} + 1] != slot"))
        if style == "early":
            draft.line(f"if {test.replace('>', '==').replace('!=', '==')}:", "    return")
        with draft.block(f"if {test}:") if style == "nested" else nullcontext():
            value, type = carried(draft, i, "n")
            # Slots beyond those that are written stay at zero.
            draft.output(out, type, "total", role="accumulate")
            draft.line(f"{out}[slot] = {value.warp()}")
            kind = "np.int32" if type.is_integer else f"{value.numpy()}.dtype"
            draft.numpy(f"{out} = np.zeros({out}.shape, {kind})", f"{out}[places] = ({value.numpy()})[kept]")
            if indices:
                draft.output("source_index", I32, "total", role="accumulate")
                draft.line(f"source_index[slot] = {i}")
                draft.numpy("source_index = np.zeros(source_index.shape, np.int32)", "source_index[places] = np.flatnonzero(kept)")
            if inverse:
                draft.output("new_index", I32, "n", role="accumulate")
                draft.line(f"new_index[{i}] = slot + 1")
                draft.numpy(f"new_index = np.where(kept, {scan}[:-1] + 1, 0)")
    return draft.case(name, ["n"], [{**s, "total": s["n"] + draw.integer(0, 3)} for s in grids(draw, ["n"])])


def _by_count(draw: Draw) -> Case:
    """Each thread counts the kept elements before its own, and writes there: a stable compaction, a partition, or a rank."""
    draft = Draft(draw)
    i, j = draw.choice((("i", "j"), ("tid", "k"), ("element", "other")))
    kind = draw.choice(("compact", "partition", "rank"))
    name = draw.choice(
        {"compact": ("naive_compaction", "compact_stable", "filter_elements"), "partition": ("stable_partition", "split_stable")}.get(
            kind, ("kept_rank", "prefix_flags")
        )
    )
    draft.reserve(name, i, j, "slot", "kept", "before", "rank", "places")
    test = predicate(draft, "n")
    first = test.array
    with draft.threads((i, "n", first, 0)):
        draft.numpy(f"kept = {test.numpy}", "before = np.cumsum(kept) - kept")
        n = "n"
        if kind == "compact" and draw.chance(0.5):
            draft.line(f"if not ({test.at(i)}):", "    return")
            inside: object = nullcontext()
        elif kind == "compact":
            inside = draft.block(f"if {test.at(i)}:")
        else:
            inside = nullcontext()
        with inside:  # type: ignore[attr-defined]
            draft.line("slot = int(0)")
            with draft.block(f"for {j} in range({i}):"):
                draft.line(*draw.choice(((f"if {test.at(j)}:", "    slot += 1"), (f"slot += wp.where({test.at(j)}, 1, 0)",))))
            if kind == "rank":
                draft.output("rank_out", I32, "n")
                draft.line(f"rank_out[{i}] = wp.where({test.at(i)}, slot, -1)")
                draft.numpy("rank_out = np.where(kept, before, -1).astype(np.int32)")
                if draw.chance(0.5):
                    draft.output("total_kept", I32, 1, role="accumulate")
                    draft.line(f"if {test.at(i)}:", "    wp.atomic_max(total_kept, 0, slot + 1)")
                    draft.numpy("total_kept = np.array([kept.sum()], np.int32)")
                return draft.case(name, ["n"], grids(draw, ["n"]))
            if kind == "partition":
                draft.extent("n", first)
                draft.line("kept_total = int(slot)")
                with draft.block(f"for {j} in range({i}, {n}):"):
                    draft.line(f"if {test.at(j)}:", "    kept_total += 1")
                draft.line(f"if not ({test.at(i)}):", f"    slot = kept_total + {i} - slot")
                draft.numpy("places = np.where(kept, before, kept.sum() + np.arange(len(kept)) - before)")
            # The slot comes out of a dynamic loop, which Warp's adjoint does not run again: what is moved has no gradient.
            array = draft.array(draft.name("values", "items"), draft.real, "n", differentiable=False)
            out = draft.output(
                draft.name("compacted", "reordered"),
                draft.real,
                "n",
                role="accumulate" if kind == "compact" else "output",
                differentiable=False,
            )
            value: Expression = draft.load("item", array, i, -1.0, 1.0)
            if draw.chance(0.5):
                value = draft.fused("moved", draft.real, [value])
            draft.line(f"{out}[slot] = {value.warp()}")
            draft.numpy(f"{out} = np.zeros_like({array})")
            draft.numpy(f"{out}[before[kept]] = {value.numpy()}[kept]" if kind == "compact" else f"{out}[places] = {value.numpy()}")
            if draw.chance(0.5):
                draft.output("origin", I32, "n", role="accumulate" if kind == "compact" else "output")
                draft.line(f"origin[slot] = {i}")
                draft.numpy(
                    "origin = np.zeros(len(kept), np.int32)",
                    "origin[before[kept]] = np.flatnonzero(kept)" if kind == "compact" else "origin[places] = np.arange(len(kept))",
                )
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _rows(draw: Draw) -> Case:
    """The kept elements of each row moved to its front, the rest filled; their number; first and last of them."""
    draft = Draft(draw)
    static = draw.chance(0.6)
    width: int | str = draw.integer(3, 8) if static else "cols"
    i, k = draw.choice((("row", "col"), ("i", "k"), ("r", "c")))
    name = draw.choice(("compact_rows", "pack_rows", "squeeze_rows", "row_filter"))
    draft.reserve(name, i, k, "count", "kept", "order", "rows", "scale_here")
    test = predicate(draft, "rows", width)
    first = test.array
    integer = draw.chance(0.35)
    type = draw.choice((I32, I64, U32)) if integer else draft.real
    data = draft.array(
        draft.name("values", "table", "entries"),
        type,
        "rows",
        width,
        domain=Integers(0, 100) if integer else None,
        differentiable=static and not integer,
    )
    out = draft.output(draft.name("packed", "compacted"), type, "rows", width, differentiable=static and not integer)
    fill = "0" if type is U32 else draw.choice(("0", "-1"))
    spelled = f"{type.spelling}({fill})" if integer and type is not I32 else fill if integer else draft.number(float(fill))
    index = draw.chance(0.4)
    here = f"{i}, {k}"
    way = draw.choice(("fill_first", "fill_last"))
    if static and not integer:
        way = "fill_last"
    with draft.threads((i, "rows", first, 0)):
        length = str(width) if static else draft.extent("cols", first, 1)
        if index:
            draft.output("columns_out", I32, "rows", width)
        if way == "fill_first":
            with draft.block(f"for {k} in range({length}):"):
                draft.line(f"{out}[{here}] = {spelled}", *([f"columns_out[{here}] = -1"] if index else []))
        draft.line("count = int(0)")
        with draft.block(f"for {k} in range({length}):"), draft.block(f"if {test.at(here)}:"):
            draft.line(f"{out}[{i}, count] = {data}[{here}]", *([f"columns_out[{i}, count] = {k}"] if index else []), "count += 1")
        if way == "fill_last":
            head = f"for {k} in range({length}):" if static else f"for {k} in range(count, {length}):"
            with draft.block(head), draft.block(f"if {k} >= count:") if static else nullcontext():
                draft.line(f"{out}[{here}] = {spelled}", *([f"columns_out[{here}] = -1"] if index else []))
        draft.numpy(f"kept = {test.numpy}", "order = np.argsort(~kept, axis=1, kind='stable')", "count = kept.sum(axis=1).astype(np.int32)")
        draft.numpy(f"filled = np.arange({data}.shape[1]) < count[:, None]")
        rest = f"{data}.dtype.type({fill})" if integer else f"{fill}.0"
        draft.numpy(f"{out} = np.where(filled, np.take_along_axis({data}, order, axis=1), {rest})")
        if index:
            draft.numpy("columns_out = np.where(filled, order, -1).astype(np.int32)")
        if draw.chance(0.7):
            draft.store(draft.output(draft.name("count_out", "row_length"), I32, "rows"), i, "count")
    return draft.case(name, ["rows"], [{"rows": n, "cols": draw.integer(2, 11)} for n in draw.sizes(90)])
