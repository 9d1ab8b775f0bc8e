"""Ranges of a scan: runs decoded, work balanced, rows put together into one array and taken apart."""

from __future__ import annotations

from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers, Offsets
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.compaction.predicates import carried
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def expand(draw: Draw) -> Case:
    """Run-length decoding and load balancing: each source fills its range of a scan, or each place finds its source by a search."""
    draft = Draft(draw)
    search = draw.chance(0.5)
    name = draw.choice(("expand_runs", "run_length_decode", "load_balance", "repeat_elements"))
    i, k = draft.name("i", "tid", "run"), draft.name("k", "p", "place")
    scan = draft.name("offsets", "run_start", "scan")
    draft.reserve(name, "begin", "end", "low", "high", "mid", "source", "rank")
    draft.array(scan, I32, "n + 1", domain=lambda s: Offsets(s["total"]))
    draft.numpy(f"source = np.repeat(np.arange(len({scan}) - 1), np.diff({scan}))")
    out = draft.name("expanded", "decoded")
    within = draw.chance(0.4)
    if search:
        static = draw.chance(0.5)
        draft.line(f"{k} = wp.tid()")
        if draw.chance(0.4):
            total = draft.count("total")
            draft.line(f"if {k} >= {total}:", "    return")
        runs = draft.count("n")
        draft.line("low = int(0)", f"high = int({runs})")
        with (
            draft.block("for step in range(10):" if static else "while low < high:"),
            draft.block("if low < high:") if static else nullcontext(),
        ):
            draft.line(
                f"mid = {draw.choice(('(low + high) // 2', '(low + high) >> 1'))}",
                f"if {scan}[mid + 1] <= {k}:",
                "    low = mid + 1",
                "else:",
                "    high = mid",
            )
        draft.output("source_out", I32, "total")
        draft.line(f"source_out[{k}] = low")
        draft.numpy("source_out = source.astype(np.int32)")
        if within:
            draft.output("rank_out", I32, "total")
            draft.line(f"rank_out[{k}] = {k} - {scan}[low]")
            draft.numpy(f"rank_out = (np.arange(len(source)) - {scan}[source]).astype(np.int32)")
        if static and draw.chance(0.6):
            array = draft.array(draft.name("values", "runs"), draft.real, "n")
            draft.output(out, draft.real, "total")
            draft.line(f"item = {array}[low]")
            draft.numpy(f"item = {array}[source]")
            item: Expression = draft.known("item", draft.real, -1.0, 1.0)
            if draw.chance(0.6):
                gain = draft.array("gain", draft.real, "total", low=0.2)
                item = draft.fused("scaled", draft.real, [item, draft.load("gain_here", gain, k, 0.2, 1.0)])
            draft.line(f"{out}[{k}] = {item.warp()}")
            draft.numpy(f"{out} = {item.numpy()}")
        elif draw.chance(0.5):
            tags = draft.array("tags", I32, "n", domain=Integers(0, 20))
            draft.output("tag_out", I32, "total")
            draft.line(f"tag_out[{k}] = {tags}[low]")
            draft.numpy(f"tag_out = {tags}[source]")
        return draft.case(name, ["total"], [{"n": max(1, n // 4 + 1), "total": n} for n in draw.sizes(120)])
    with guarded(draft, i):
        value, type = carried(draft, i, "n")
        draft.line(f"begin = {scan}[{i}]", f"end = {scan}[{i} + 1]")
        draft.output(out, type, "total")
        with draft.block(f"for {k} in range(begin, end):"):
            draft.line(f"{out}[{k}] = {value.warp()}")
            if within:
                draft.output("rank_out", I32, "total")
                draft.line(f"rank_out[{k}] = {k} - begin")
                draft.numpy(f"rank_out = (np.arange(len(source)) - {scan}[source]).astype(np.int32)")
        draft.numpy(f"{out} = ({value.numpy()})[source]")
    return draft.case(name, ["n"], [{**s, "total": 2 * s["n"] + draw.integer(1, 4)} for s in grids(draw, ["n"])])


def ragged(draw: Draw) -> Case:
    """Between padded rows and one long array: rows of given lengths put together, or taken apart, with a fill beyond their ends."""
    draft = Draft(draw)
    flatten = draw.chance(0.5)
    grid = draw.chance(0.5)
    i, k = draw.choice((("row", "col"), ("i", "k"), ("segment", "slot")))
    name = draw.choice(("flatten_ragged", "concatenate_rows") if flatten else ("pad_segments", "unpack_ragged", "to_padded"))
    scan = draft.name("offsets", "row_start")
    draft.reserve(name, i, k, "begin", "length", "value", "rows", "places", "scale", "moved")
    draft.array(scan, I32, "rows + 1", domain=lambda s: Offsets(s["total"]))
    type = draw.choice((draft.real, draft.real, I32, draft.vector))
    domain = Integers(0, 50) if type is I32 else None
    padded, flat = ("rows", "total"), ("total",)
    data = draft.array(
        draft.name("padded", "table") if flatten else draft.name("flat", "values"), type, *(padded if flatten else flat), domain=domain
    )
    out = draft.output(
        draft.name("flat_out", "joined") if flatten else draft.name("padded_out", "rows_out"), type, *(flat if flatten else padded)
    )
    draft.numpy(f"rows = np.repeat(np.arange(len({scan}) - 1), np.diff({scan}))", f"places = np.arange(len(rows)) - {scan}[rows]")
    draft.line(f"{i}, {k} = wp.tid()" if grid else f"{i} = wp.tid()")
    if draw.chance(0.4):
        count = draft.count(draft.name("num_rows", "segments"), "rows")
        draft.line(f"if {i} >= {count}:", "    return")
    draft.line(f"begin = {scan}[{i}]", f"length = {scan}[{i} + 1] - begin")
    zero = {I32: "-1"}.get(type, draft.zero(type))
    source, place = (f"{data}[{i}, {k}]", f"{out}[begin + {k}]") if flatten else (f"{data}[begin + {k}]", f"{out}[{i}, {k}]")
    there = f"{data}[rows, places]" if flatten else data
    empty = f"{place} = {zero}"
    width = "" if grid or flatten else draft.count("total")
    with nullcontext() if grid else draft.block(f"for {k} in range({'length' if flatten else width}):"):
        early = grid and draw.chance(0.5)
        if early:
            draft.line(f"if {k} >= length:", *([] if flatten else [f"    {empty}"]), "    return")
        nested = not early and (grid or not flatten)
        with draft.block(f"if {k} < length:") if nested else nullcontext():
            moved: Expression | None = None
            if type is not I32 and draw.chance(0.5):
                draft.line(f"value = {source}")
                draft.numpy(f"value = {there}")
                terms: list[Expression] = [draft.known("value", type, -1.0, 1.0)]
                if draw.chance(0.5):
                    scale = draft.array("row_scale", draft.real, "rows", low=0.2)
                    draft.line(f"scale = {scale}[{i}]")
                    draft.numpy(f"scale = {scale}[rows]")
                    terms.append(draft.known("scale", draft.real, 0.2, 1.0))
                moved = draft.fused("moved", type, terms, domain=None if type.rank else Interval(-1000.0, 1000.0))
            draft.line(f"{place} = {moved.warp() if moved is not None else source}")
        if nested and not flatten:
            draft.line("else:", f"    {empty}")
    element = moved.numpy() if moved is not None else there
    if flatten:
        draft.numpy(f"{out} = {element}")
    else:
        fill = "-1" if type is I32 else "0"
        inner = "(3,)" if type.rank else "()"
        draft.numpy(f"{out} = np.full((len({scan}) - 1, len({data})) + {inner}, {fill}, {data}.dtype)", f"{out}[rows, places] = {element}")
    if draw.chance(0.4) and not grid:
        draft.output("lengths", I32, "rows")
        draft.line(f"lengths[{i}] = length")
        draft.numpy(f"lengths = np.diff({scan}).astype(np.int32)")
    sizes = [
        {"rows": r, "total": t}
        for r, t in ((1, draw.integer(1, 4)), (draw.choice((3, 5)), draw.integer(6, 11)), (draw.integer(9, 17), draw.integer(19, 31)))
    ]
    return draft.case(name, ["rows", "total"] if grid else ["rows"], sizes)


def guarded(draft: Draft, i: str) -> nullcontext[None]:
    """A thread per element of an array that is shorter than the scan."""
    draft.line(f"{i} = wp.tid()")
    if draft.draw.chance(0.45):
        n = draft.count(draft.name("n", "count_in"), "n")
        draft.line(f"if {i} >= {n}:", "    return")
    return nullcontext()
