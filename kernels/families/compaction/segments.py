"""Segments and places: sums and flags by segment, scatters to given places, rows without repeats, remapped indices."""

from __future__ import annotations

from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Offsets, Permutation
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.compaction.predicates import carried, predicate
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def segments(draw: Draw) -> Case:
    """Sums, counts and ends by segment numbers that are given (ascending or not): lengths, heads, means' parts, flags of empty segments."""
    draft = Draft(draw)
    i = draft.name("i", "tid", "element")
    kind = draw.choice(("ids", "offsets", "flags"))
    name = draw.choice(("segment_reduce", "segmented_sums", "reduce_by_key", "segment_statistics"))
    draft.reserve(name, "segment", "begin", "end", "k", "total", "count", "owner")
    if kind == "ids":
        ids = draft.array(draft.name("segment_ids", "run_ids", "keys"), I32, "n", domain=lambda s: Integers(0, s["segments"]))
        test = predicate(draft, "n") if draw.chance(0.4) else None
        with draft.threads((i, "n", ids, 0)):
            draft.numpy(f"kept = {test.numpy}" if test is not None else f"kept = np.ones({ids}.shape, bool)")
            with draft.block(f"if {test.at(i)}:") if test is not None else nullcontext():
                draft.line(f"segment = {ids}[{i}]")
                draft.numpy(f"segment = {ids}")
                parts = draw.subset(("sum", "count", "largest", "last"), draw.integer(1, 3))
                if "sum" in parts:
                    value, type = carried(draft, i, "n")
                    out = draft.output("segment_sum", type, "segments", role="accumulate")
                    draft.line(f"wp.atomic_add({out}, segment, {value.warp()})")
                    kind_text = "np.int32" if type.is_integer else f"{value.numpy()}.dtype"
                    draft.numpy(f"{out} = np.zeros({out}.shape, {kind_text})", f"np.add.at({out}, segment[kept], ({value.numpy()})[kept])")
                if "count" in parts:
                    draft.output("segment_count", I32, "segments", role="accumulate")
                    draft.line("wp.atomic_add(segment_count, segment, 1)")
                    draft.numpy("segment_count = np.bincount(segment[kept], minlength=len(segment_count)).astype(np.int32)")
                if "largest" in parts:
                    level = draft.array("levels", I32, "n", domain=Integers(0, 100))
                    draft.output("segment_max", I32, "segments", role="accumulate")
                    draft.line(f"wp.atomic_max(segment_max, segment, {level}[{i}])")
                    draft.numpy(
                        "segment_max = np.zeros(segment_max.shape, np.int32)", f"np.maximum.at(segment_max, segment[kept], {level}[kept])"
                    )
                if "last" in parts:
                    draft.output("segment_last", I32, "segments", role="accumulate")
                    draft.line(f"wp.atomic_max(segment_last, segment, {i} + 1)")
                    draft.numpy(
                        "segment_last = np.zeros(segment_last.shape, np.int32)",
                        "np.maximum.at(segment_last, segment[kept], np.flatnonzero(kept) + 1)",
                    )
        return draft.case(name, ["n"], [{**s, "segments": s["n"] // 4 + draw.integer(1, 3)} for s in grids(draw, ["n"])])
    if kind == "flags":
        heads = draft.array(draft.name("head_flags", "is_head"), I32, "n", domain=Bernoulli(0.3))
        with draft.threads((i, "n", heads, 0)):
            way = draw.choice(("id", "distance", "head"))
            draft.line("total = int(0)")
            with draft.block(f"for k in range({i} + 1):"):
                draft.line({"id": f"total += {heads}[k]", "distance": "total += 1", "head": f"if {heads}[k] == 1:"}[way])
                if way == "distance":
                    draft.line(f"if {heads}[k] == 1:", "    total = 0")
                elif way == "head":
                    draft.line("    total = k")
            draft.numpy(f"i = np.arange(len({heads}))", f"head = np.maximum.accumulate(np.where({heads} == 1, i, -1))")
            draft.numpy(
                {
                    "id": f"total = np.cumsum({heads})",
                    "distance": "total = np.where(head >= 0, i - head, i + 1)",
                    "head": "total = np.maximum(head, 0)",
                }[way]
            )
            draft.numpy("total = total.astype(np.int32)")
            draft.store(draft.output(draft.name("segment_of", "position_out"), I32, "n"), i, "total")
            if draw.chance(0.5):
                draft.output("segment_total", I32, 1, role="accumulate")
                draft.line(f"wp.atomic_add(segment_total, 0, {heads}[{i}])")
                draft.numpy(f"segment_total = np.array([{heads}.sum()], np.int32)")
        return draft.case(name, ["n"], grids(draw, ["n"]))
    s, k = draft.name("s", "segment_index", "row"), "k"
    offsets = draft.array(draft.name("offsets", "segment_start"), I32, "segments + 1", domain=lambda z: Offsets(z["n"]))
    flags = predicate(draft, "n")
    out = draft.output(draft.name("kept_count", "segment_flags"), I32, "segments")
    mode = draw.choice(("count", "any", "first", "all"))
    draft.line(f"{s} = wp.tid()")
    if draw.chance(0.5):
        count = draft.count("num_segments", "segments")
        draft.line(f"if {s} >= {count}:", "    return")
    draft.line(f"begin = {offsets}[{s}]", f"end = {offsets}[{s} + 1]", f"total = int({ {'first': -1, 'all': 1}.get(mode, 0) })")
    draft.numpy(f"kept = {flags.numpy}", f"owner = np.repeat(np.arange(len({offsets}) - 1), np.diff({offsets}))")
    with draft.block(f"for {k} in range(begin, end):"):
        passes = flags.at(k)
        draft.line(
            *{
                "count": (f"if {passes}:", "    total += 1"),
                "any": (f"if {passes}:", "    total = 1"),
                "first": (f"if total < 0 and ({passes}):", f"    total = {k}"),
                "all": (f"if not ({passes}):", "    total = 0"),
            }[mode]
        )
    draft.line(f"{out}[{s}] = total")
    draft.numpy("total = np.zeros(dim[0], np.int64)", "np.add.at(total, owner, kept)")
    if mode == "first":
        draft.numpy(
            "places = np.full(dim[0], len(kept))",
            "np.minimum.at(places, owner[kept], np.flatnonzero(kept))",
            "total = np.where(places < len(kept), places, -1)",
        )
    draft.numpy(f"{out} = " + {"any": "(total > 0)", "all": f"(total == np.diff({offsets}))"}.get(mode, "total") + ".astype(np.int32)")
    return draft.case(name, ["segments"], [{**z, "segments": z["n"] // 4 + draw.integer(1, 3)} for z in grids(draw, ["n"])])


def scatter(draw: Draw) -> Case:
    """Elements and what they carry written to given places, a permutation: partitions and bucket sorts whose ranks are known."""
    draft = Draft(draw)
    i = draft.name("i", "tid", "source")
    name = draw.choice(("scatter_to_slots", "bucket_scatter", "apply_ranks", "reorder_particles"))
    draft.reserve(name, "slot", "target")
    order = draft.array(draft.name("slot_of", "ranks", "destination"), I32, "n", domain=Permutation())
    rows = draw.chance(0.25)
    with draft.threads((i, "n", order, 0)):
        draft.line(f"slot = {order}[{i}]")
        if draw.chance(0.3):
            n = draft.extent("n", order)
            draft.line(f"slot = {n} - 1 - slot")
            draft.numpy(f"slot = len({order}) - 1 - {order}")
        else:
            draft.numpy(f"slot = {order}")
        number = draw.integer(1, 3)
        names = draw.subset(("keys", "positions", "mass", "labels", "velocity", "energy", "ages"), number)
        for array in names:
            type = draft.vector if array in ("positions", "velocity") else I32 if array in ("keys", "labels", "ages") else draft.real
            draft.array(array, type, "n", domain=Integers(0, 100) if type is I32 else None)
            draft.line(f"{array}_i = {array}[{i}]")
            draft.numpy(f"{array}_i = {array}")
            bounds = (0, 99) if type is I32 else (-1.0, 1.0)
            value: Expression = draft.known(f"{array}_i", type, *bounds)
            if draw.chance(0.45):
                value = draft.fused(f"{array}_new", type, [value], domain=None if type.rank else Interval(-1000.0, 1000.0))
            out = draft.output(f"{array}_out", type, "n")
            draft.line(f"{out}[slot] = {value.warp()}")
            draft.numpy(f"{out} = np.empty_like({array})", f"{out}[slot] = {value.numpy()}")
        if draw.chance(0.4):
            draft.output("origin", I32, "n")
            draft.line(f"origin[slot] = {i}")
            draft.numpy("origin = np.empty(len(slot), np.int32)", "origin[slot] = np.arange(len(slot))")
        if rows:
            width = draw.integer(2, 4)
            table = draft.array("rows_in", draft.real, "n", width)
            draft.output("rows_out", draft.real, "n", width)
            with draft.block(f"for k in range({width}):"):
                draft.line(f"rows_out[slot, k] = {table}[{i}, k]")
            draft.numpy(f"rows_out = np.empty_like({table})", f"rows_out[slot] = {table}")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def sets(draw: Draw) -> Case:
    """Lists of each row without repeats, or against another list: how many are unique, shared, or missing; first occurrences."""
    draft = Draft(draw)
    static = draw.chance(0.5)
    width: int | str = draw.integer(3, 7) if static else "cols"
    i, k, j = draft.name("i", "row"), draft.name("k", "a"), draft.name("j", "b")
    kind = draw.choice(("unique", "flags", "shared", "missing"))
    name = draw.choice((f"{kind}_per_row", f"count_{kind}", "deduplicate_rows" if kind in ("unique", "flags") else f"row_{kind}"))
    draft.reserve(name, i, k, j, "count", "seen", "value", "same", "width")
    data = draft.array(draft.name("lists", "members", "candidates"), I32, "rows", width, domain=Integers(0, 6))
    other = draft.array("other_lists", I32, "rows", width, domain=Integers(0, 6)) if kind in ("shared", "missing") else ""
    flags = draft.output("first_flags", I32, "rows", width) if kind == "flags" else ""
    with draft.threads((i, "rows", data, 0)):
        length = str(width) if static else draft.extent("cols", data, 1)
        draft.line("count = int(0)")
        with draft.block(f"for {k} in range({length}):"):
            draft.line(f"value = {data}[{i}, {k}]", "seen = int(0)")
            span = f"range({k})" if not other else f"range({length})"
            with draft.block(f"for {j} in {span}:"):
                draft.line(f"if {other or data}[{i}, {j}] == value:", "    seen = 1")
            if kind == "shared":
                draft.line(*draw.choice((("count += seen",), ("if seen == 1:", "    count += 1"))))
            else:
                draft.line("if seen == 0:", "    count += 1")
            if flags:
                draft.line(f"{flags}[{i}, {k}] = 1 - seen")
        draft.numpy(f"same = {data}[:, :, None] == {other or data}[:, None, :]")
        if not other:
            draft.numpy(f"width = {data}.shape[1]", "same = same & (np.arange(width)[None] < np.arange(width)[:, None])")
        draft.numpy("seen = same.any(axis=2)", f"count = {'seen' if kind == 'shared' else '(~seen)'}.sum(axis=1).astype(np.int32)")
        if flags:
            draft.numpy(f"{flags} = (~seen).astype(np.int32)")
        draft.store(draft.output(draft.name("count_out", "unique_count"), I32, "rows"), i, "count")
        if draw.chance(0.3):
            draft.output("total_count", I32, 1, role="accumulate")
            draft.line("wp.atomic_add(total_count, 0, count)")
            draft.numpy("total_count = np.array([count.sum()], np.int32)")
    return draft.case(name, ["rows"], [{"rows": n, "cols": draw.integer(2, 8)} for n in draw.sizes(90)])


def remap(draw: Draw) -> Case:
    """Indices through a table of new places after a compaction: references to removed elements become -1, faces with one are dropped."""
    draft = Draft(draw)
    corners = draw.choice((2, 3, 4))
    i, c = draft.name("i", "face", "edge"), draft.name("c", "corner")
    name = draw.choice(("remap_indices", "update_connectivity", "rewrite_faces", "prune_elements"))
    draft.reserve(name, i, c, "alive", "place", "old", "kept")
    faces = draft.array(draft.name("faces", "elements", "edges"), I32, "n", corners, domain=lambda s: Integers(0, s["vertices"]))
    table = draft.array(draft.name("new_index", "remap", "vertex_map"), I32, "vertices", domain=lambda s: Integers(-1, s["vertices"]))
    grid = draw.chance(0.3)
    out = draft.output(draft.name("faces_out", "remapped"), I32, "n", corners)
    if grid:
        with draft.threads((i, "n", faces, 0), (c, "corners", faces, 1)):
            draft.line(f"old = {faces}[{i}, {c}]", f"{out}[{i}, {c}] = {table}[old]")
            draft.numpy(f"{out} = {table}[{faces}]")
            if draw.chance(0.5):
                draft.output("broken", I32, "n", role="accumulate")
                draft.line(f"if {table}[old] < 0:", f"    wp.atomic_max(broken, {i}, 1)")
                draft.numpy(f"broken = ({out} < 0).any(axis=1).astype(np.int32)")
        return draft.case(name, ["n", corners], [{**s, "vertices": s["n"] + 2, "corners": corners} for s in grids(draw, ["n"])])
    with draft.threads((i, "n", faces, 0)):
        draft.line("alive = int(1)")
        with draft.block(f"for {c} in range({corners}):"):
            draft.line(f"place = {table}[{faces}[{i}, {c}]]", "if place < 0:", "    alive = 0", f"{out}[{i}, {c}] = place")
        if draw.chance(0.5):
            with draft.block("if alive == 0:"), draft.block(f"for {c} in range({corners}):"):
                draft.line(f"{out}[{i}, {c}] = -1")
            draft.numpy(f"{out} = {table}[{faces}]", "kept = (" + out + " >= 0).all(axis=1)", f"{out} = np.where(kept[:, None], {out}, -1)")
        else:
            draft.numpy(f"{out} = {table}[{faces}]", f"kept = ({out} >= 0).all(axis=1)")
        how = draw.choice(("flags", "count", "both"))
        if how in ("flags", "both"):
            draft.output("alive_out", I32, "n")
            draft.line(f"alive_out[{i}] = alive")
            draft.numpy("alive_out = kept.astype(np.int32)")
        if how in ("count", "both"):
            draft.output("alive_count", I32, 1, role="accumulate")
            draft.line("wp.atomic_add(alive_count, 0, alive)")
            draft.numpy("alive_count = np.array([kept.sum()], np.int32)")
        if draw.chance(0.4):
            areas = draft.array("areas", draft.real, "n", low=0.2)
            draft.output("alive_area", draft.real, 1, role="accumulate")
            draft.line("if alive == 1:", f"    wp.atomic_add(alive_area, 0, {areas}[{i}])")
            draft.numpy(f"alive_area = np.array([np.sum(np.where(kept, {areas}, 0.0))])")
    return draft.case(name, ["n"], [{**s, "vertices": s["n"] + 2} for s in grids(draw, ["n"])])
