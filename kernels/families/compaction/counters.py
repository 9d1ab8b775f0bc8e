"""Slots from atomic counters, whose order must not matter: what is stored depends on how many slots are taken, not on who took which.

A slot that an atomic addition returns is used to mark places, to find overflow, to count, and in sums over all slots.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.compaction.predicates import carried, predicate
from kernels.language.types import I32


def counted(draw: Draw) -> Case:
    """One kernel on atomic counters."""
    builders: tuple[Callable[[Draw], Case], ...] = (_append, _append, _buckets, _buckets, _partition, _reserve, _tickets)
    return draw.choice(builders)(draw)


def _append(draw: Draw) -> Case:
    """Kept elements take slots of a list of bounded capacity: places are marked, overflow is counted, what they carry is summed."""
    draft = Draft(draw)
    rows = draw.chance(0.3)
    extents, indices = (("rows", "cols"), ("row", "col")) if rows else (("n",), (draw.choice(("i", "tid", "item_index")),))
    here = ", ".join(indices)
    name = draw.choice(("append_active", "compact_count", "collect_indices", "emit_items", "push_alive"))
    draft.reserve(name, "slot", "kept", "count", *indices)
    test = predicate(draft, *extents)
    counter = draft.output(draft.name("counter", "list_size", "cursor"), I32, "rows" if rows else 1, role="accumulate")
    at = indices[0] if rows else "0"
    marks = draft.output(
        draft.name("occupied", "slot_used", "marks"), I32, *(("rows", "n_slots") if rows else ("n_slots",)), role="accumulate"
    )
    spill = draft.output("overflow", I32, 1, role="accumulate") if draw.chance(0.5) else ""
    sums = draw.chance(0.5)
    style = draw.choice(("early", "nested"))
    with draft.threads(*((index, extent, test.array, axis) for axis, (index, extent) in enumerate(zip(indices, extents, strict=True)))):
        if style == "early":
            draft.line(f"if not ({test.at(here)}):" if draw.chance(0.4) else f"if {_negated(test.at(here))}:", "    return")
        draft.numpy(f"kept = {test.numpy}", "count = kept.sum(axis=-1)")
        with draft.block(f"if {test.at(here)}:") if style == "nested" else nullcontext():
            draft.line(f"slot = wp.atomic_add({counter}, {at}, 1)")
            limit = draft.count("n_slots")
            place = f"{at}, slot" if rows else "slot"
            draft.line(
                f"if slot < {limit}:", f"    {marks}[{place}] = 1", *(["else:", f"    wp.atomic_add({spill}, 0, 1)"] if spill else [])
            )
            if sums:
                value, type = carried(draft, here, *extents)
                total = draft.output(draft.name("kept_sum", "total"), type, 1, role="accumulate")
                draft.line(f"wp.atomic_add({total}, 0, {value.warp()})")
                mask = "[..., None]" if type.rank else ""
                axes = "(0, 1)" if rows else "0"
                draft.numpy(f"{total} = np.where(kept{mask}, {value.numpy()}, 0).sum(axis={axes}).reshape({total}.shape)")
                if type.is_integer:
                    draft.numpy(f"{total} = {total}.astype(np.int32)")
        draft.numpy(f"{counter} = count.reshape({counter}.shape).astype(np.int32)")
        draft.numpy(f"{marks} = (np.arange({marks}.shape[-1]) < np.expand_dims(count, -1)).astype(np.int32).reshape({marks}.shape)")
        if spill:
            draft.numpy(f"overflow = np.maximum(count - {marks}.shape[-1], 0).sum().reshape(1).astype(np.int32)")
    return draft.case(name, list(extents), [{**s, "n_slots": draw.integer(2, 20)} for s in grids(draw, extents)])


def _negated(test: str) -> str:
    """The opposite of a test, as people write it."""
    opposites = ((" != ", " == "), (" == ", " != "), (" <= ", " > "), (" >= ", " < "), (" < ", " >= "), (" > ", " <= "))
    for symbol, opposite in opposites:
        if symbol in test:
            return test.replace(symbol, opposite)
    return f"not {test}"


def _buckets(draw: Draw) -> Case:
    """Elements dropped into buckets of bounded size: the slot in the bucket is marked, overflow counted by bucket, contents summed."""
    draft = Draft(draw)
    i, b = draft.name("i", "tid", "particle"), draft.name("b", "bucket", "cell")
    name = draw.choice(("fill_buckets", "bin_particles", "bucket_insert", "build_cell_lists"))
    draft.reserve(name, "slot", "kept", "count", "place")
    buckets, size = draw.choice((4, 6, 8)), draw.integer(2, 6)
    wide = draw.chance(0.3)
    label = draft.array(draft.name("cell_of", "bucket_of", "keys"), I32, "n", domain=Integers(0, 64 if wide else buckets))
    test = predicate(draft, "n") if draw.chance(0.4) else None
    counts = draft.output(draft.name("bucket_count", "cell_size"), I32, buckets, role="accumulate")
    marks = draft.output(draft.name("occupied", "slots"), I32, buckets, size, role="accumulate")
    cell = draw.choice((1, buckets))
    spill = draft.output("dropped", I32, cell, role="accumulate") if draw.chance(0.6) else ""
    with draft.threads((i, "n", label, 0)):
        if test is not None:
            draft.line(f"if {_negated(test.at(i))}:", "    return")
        draft.numpy(f"kept = {test.numpy}" if test is not None else f"kept = np.ones({label}.shape, bool)")
        place = f"{label}[{i}]" if not wide else f"{label}[{i}] {draw.choice(('%', '&'))} {buckets}"
        if "&" in place:
            place = f"{label}[{i}] & {2 ** (buckets.bit_length() - 1) - 1}"
        draft.line(f"{b} = {place}")
        draft.numpy(f"place = {place.replace(f'[{i}]', '')}", f"count = np.bincount(place[kept], minlength={buckets})")
        draft.line(f"slot = wp.atomic_add({counts}, {b}, 1)")
        draft.line(f"if slot < {size}:", f"    {marks}[{b}, slot] = 1")
        if spill:
            draft.line("else:", f"    wp.atomic_add({spill}, {b if cell != 1 else 0}, 1)")
            over = f"np.maximum(count - {size}, 0)"
            draft.numpy(f"{spill} = {over if cell != 1 else f'{over}.sum().reshape(1)'}.astype(np.int32)")
        draft.numpy(f"{counts} = count.astype(np.int32)", f"{marks} = (np.arange({size}) < count[:, None]).astype(np.int32)")
        if draw.chance(0.5):
            value, type = carried(draft, i, "n")
            total = draft.output(draft.name("bucket_sum", "cell_total"), type, buckets, role="accumulate")
            draft.line(f"wp.atomic_add({total}, {b}, {value.warp()})")
            kind = "np.int32" if type.is_integer else f"{value.numpy()}.dtype"
            draft.numpy(
                f"{total} = np.zeros(({buckets}{', 3' if type.rank else ''},), {kind})"
                if type.rank
                else f"{total} = np.zeros({buckets}, {kind})"
            )
            draft.numpy(f"np.add.at({total}, place[kept], ({value.numpy()})[kept])")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _partition(draw: Draw) -> Case:
    """A partition by a predicate with two counters, from both ends of a list: which places each side has taken, and how many."""
    draft = Draft(draw)
    i = draft.name("i", "tid", "element")
    name = draw.choice(("partition_counts", "split_by_predicate", "two_sided_partition", "classify_sides"))
    draft.reserve(name, "slot", "kept", "count", "n", "side")
    test = predicate(draft, "n")
    two = draw.chance(0.6)
    ends = draft.output(draft.name("cursors", "side_count"), I32, 2, role="accumulate") if two else ""
    lows = "" if two else draft.output("low_count", I32, 1, role="accumulate")
    highs = "" if two else draft.output("high_count", I32, 1, role="accumulate")
    marks = draft.output(draft.name("side_of_slot", "layout"), I32, "n")
    draft.line(f"{i} = wp.tid()")
    n = draft.extent("n", test.array)
    first = f"wp.atomic_add({ends}, 0, 1)" if two else f"wp.atomic_add({lows}, 0, 1)"
    second = f"wp.atomic_add({ends}, 1, 1)" if two else f"wp.atomic_add({highs}, 0, 1)"
    one, zero = draw.choice(((1, 0), (1, -1), (2, 1)))
    if draw.chance(0.5):
        draft.line(f"if {test.at(i)}:", f"    slot = {first}", f"    {marks}[slot] = {one}")
        draft.line("else:", f"    slot = {n} - 1 - {second}", f"    {marks}[slot] = {zero}")
    else:
        draft.line("slot = int(0)", f"side = int({zero})", f"if {test.at(i)}:", f"    slot = {first}", f"    side = {one}")
        draft.line("else:", f"    slot = {n} - 1 - {second}", f"{marks}[slot] = side")
    draft.numpy(
        f"kept = {test.numpy}", "count = kept.sum()", f"{marks} = np.where(np.arange(len(kept)) < count, {one}, {zero}).astype(np.int32)"
    )
    if two:
        draft.numpy(f"{ends} = np.array([count, len(kept) - count], np.int32)")
    else:
        draft.numpy(f"{lows} = np.array([count], np.int32)", f"{highs} = np.array([len(kept) - count], np.int32)")
    if draw.chance(0.5):
        value, type = carried(draft, i, "n")
        sums = draft.output("side_sum", type, 2, role="accumulate")
        draft.line(f"wp.atomic_add({sums}, wp.where({test.at(i)}, 0, 1), {value.warp()})")
        kind = "np.int32" if type.is_integer else f"{value.numpy()}.dtype"
        draft.numpy(
            f"{sums} = np.zeros({'(2, 3)' if type.rank else '2'}, {kind})", f"np.add.at({sums}, np.where(kept, 0, 1), {value.numpy()})"
        )
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _reserve(draw: Draw) -> Case:
    """Threads reserve several places at once by one addition: the places are marked, their number counted."""
    draft = Draft(draw)
    i, k = draft.name("i", "tid", "worker"), draft.name("k", "s")
    name = draw.choice(("reserve_ranges", "allocate_blocks", "append_ranges", "variable_append"))
    draft.reserve(name, "start", "need", "granted", "kept", "total")
    need = draft.array(draft.name("request", "emit_count", "length_of"), I32, "n", domain=Integers(0, 5))
    test = predicate(draft, "n") if draw.chance(0.4) else None
    counter = draft.output(draft.name("cursor", "allocated"), I32, 1, role="accumulate")
    marks = draft.output(draft.name("used", "touched"), I32, "capacity", role="accumulate")
    with draft.threads((i, "n", need, 0)):
        if test is not None:
            draft.line(f"if {_negated(test.at(i))}:", "    return")
        draft.line(f"need = {need}[{i}]")
        if draw.chance(0.5):
            draft.line("if need == 0:", "    return")
        draft.line(f"start = wp.atomic_add({counter}, 0, need)")
        limit = draft.count("capacity")
        with draft.block(f"for {k} in range(need):"):
            draft.line(
                f"if start + {k} < {limit}:", draw.choice((f"    {marks}[start + {k}] = 1", f"    wp.atomic_add({marks}, start + {k}, 1)"))
            )
        draft.numpy(f"kept = {test.numpy}" if test is not None else f"kept = np.ones({need}.shape, bool)", f"total = {need}[kept].sum()")
        draft.numpy(f"{counter} = np.array([total], np.int32)", f"{marks} = (np.arange({marks}.shape[0]) < total).astype(np.int32)")
        if draw.chance(0.4):
            draft.output("largest", I32, 1, role="accumulate")
            draft.line("wp.atomic_max(largest, 0, need)")
            draft.numpy(f"largest = np.array([{need}[kept].max(initial=0)], np.int32)")
    return draft.case(name, ["n"], [{**s, "capacity": 2 * s["n"] + draw.integer(1, 5)} for s in grids(draw, ["n"])])


def _tickets(draw: Draw) -> Case:
    """Tickets of counters by group: sums and extremes of the tickets, whether the first or the last of a group has come."""
    draft = Draft(draw)
    i = draft.name("i", "tid", "thread")
    groups = draw.choice((3, 4, 8))
    name = draw.choice(("take_tickets", "group_tickets", "last_block_flags", "arrival_order"))
    draft.reserve(name, "ticket", "group", "count", "kept", "size")
    label = draft.array(draft.name("group_of", "block_of", "owner"), I32, "n", domain=Integers(0, groups))
    test = predicate(draft, "n") if draw.chance(0.5) else None
    counter = draft.output("arrivals", I32, groups, role="accumulate")
    with draft.threads((i, "n", label, 0)):
        if test is not None:
            draft.line(f"if {_negated(test.at(i))}:", "    return")
        draft.line(f"group = {label}[{i}]", f"ticket = wp.atomic_add({counter}, group, 1)")
        draft.numpy(f"kept = {test.numpy}" if test is not None else f"kept = np.ones({label}.shape, bool)")
        draft.numpy(f"count = np.bincount({label}[kept], minlength={groups})", f"{counter} = count.astype(np.int32)")
        if draw.chance(0.35):
            weight = draft.array("weight", draft.real, "n", low=0.2)
            draft.output("group_weight", draft.real, groups, role="accumulate")
            draft.line(f"wp.atomic_add(group_weight, group, {weight}[{i}])")
            draft.numpy(f"group_weight = np.zeros({groups}, {weight}.dtype)", f"np.add.at(group_weight, {label}[kept], {weight}[kept])")
        parts = draw.subset(("sum", "last", "first", "parity", "even"), draw.integer(1, 3))
        for part in sorted(parts):
            out = draft.output(f"ticket_{part}" if part != "first" else "group_seen", I32, groups, role="accumulate")
            line, numpy = {
                "sum": (f"wp.atomic_add({out}, group, ticket)", "count * (count - 1) // 2"),
                "last": (f"wp.atomic_max({out}, group, ticket + 1)", "count"),
                "first": (f"if ticket == 0:\n    {out}[group] = 1", "(count > 0)"),
                "parity": (f"wp.atomic_xor({out}, group, ticket & 1)", "(count // 2) % 2"),
                "even": (f"if ticket % 2 == 0:\n    wp.atomic_add({out}, group, 1)", "(count + 1) // 2"),
            }[part]
            draft.line(*line.split("\n"))
            draft.numpy(f"{out} = ({numpy}).astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))
