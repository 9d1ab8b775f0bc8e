"""Gathers and scatters: elements move between places that an index array or an index rule names.

Variants: permutations (gathered or scattered, of elements, rows or columns), indirect reads through one or two index arrays with missing
entries, indexed blends and neighbour lists, edge-to-node and face-to-vertex scatters, degrees, stable compaction of rows, and the copies
of `_copies.py` (transposes, flips, rolls, strides, repeats, padding, interleaving, flattening); fused terms, masks and extra weights.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Permutation
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.gather_scatter.copies import copy_kernel
from kernels.families.gather_scatter.meshes import edges, faces
from kernels.families.gather_scatter.moves import UNIT, drawn_element, finished, indexed_by
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import BOOL, I32

ORDERS = ("perm", "order", "permutation", "new_to_old", "mapping")
INDICES = ("idx", "indices", "lookup", "source_of", "parent", "neighbor")


def build(draw: Draw) -> Case:
    """One gather or scatter kernel."""
    kinds: tuple[Callable[[Draw], Case], ...] = (permute, indirect, neighbours, edges, faces, compact, copy_kernel)
    return draw.weighted(kinds, (6, 8, 6, 8, 4, 3, 14))(draw)


def permute(draw: Draw) -> Case:
    """Elements, rows or columns in a new order: read through the permutation, or written through it."""
    draft = Draft(draw)
    element, data = drawn_element(draft)
    ndim = draw.choice((1, 1, 2))
    extents, indices = (("n", "m"), ("i", "j")) if ndim == 2 else (("n",), ("i",))
    axis = draw.integer(0, ndim - 1)
    scatter = draw.chance(0.5)
    draft.array(data, element, *extents)
    order = draft.name(*ORDERS)
    name = draw.choice(("permute", "reorder", "scatter_by_order" if scatter else "gather_by_order", f"shuffle_{data}"))
    draft.reserve(name, *indices)
    draft.array(order, I32, extents[axis], domain=Permutation())
    here = ", ".join(indices)
    with draft.threads(*((i, n, data, a) for a, (i, n) in enumerate(zip(indices, extents, strict=True)))):
        place = draft.name("target", "place", "slot") if scatter else draft.name("source", "origin", "old")
        inline = draw.chance(0.3)
        if not inline:
            draft.line(f"{place} = {order}[{indices[axis]}]")
        there = ", ".join((f"{order}[{i}]" if inline else place) if a == axis else i for a, i in enumerate(indices))
        view = f"[{order}]" if axis == 0 else f"[:, {order}]"
        read, numpy = (here, data) if scatter else (there, f"{data}{view}")
        value: Expression = Custom(element, UNIT, f"{data}[{read}]", numpy)
        if draw.chance(0.5):
            value = draft.let(draft.name("value", "item", "moved"), value)
        final = finished(draft, value, element, *extents, here=here)
        if draw.chance(0.3):
            other = draft.array(draft.name("previous", "background", "residual"), element, *extents)
            draft.scope.update(final=final, other=Custom(element, UNIT, f"{other}[{here}]", other))
            final = draft.let(draft.name("mixed", "blended", "joined"), draw.choice(("final + other", "other - final", "final - other")))
        out = draft.output(draft.name("out", "result", f"{data}_sorted", "reordered"), final.type, *extents)
        write = there if scatter else here
        draft.line(f"{out}[{write}] = {final.warp()}")
        if scatter:
            draft.numpy(f"{out} = np.empty_like({data})", f"{out}{view} = {final.numpy()}")
            draft.results(**{out: out})
        else:
            draft.results(**{out: final.numpy()})
        sizes = (
            [{"n": n} for n in draw.sizes(150)] if ndim == 1 else [{"n": n, "m": m} for n, m in ((1, 1), (7, 5), (draw.integer(9, 13), 11))]
        )
    return draft.case(name, extents, sizes)


def indirect(draw: Draw) -> Case:
    """Reads through an index array: plain, with missing entries, of two places at once, or through two arrays in turn."""
    draft = Draft(draw)
    element, data = drawn_element(draft)
    kind = draw.choice(("plain", "missing", "blend", "chain", "table"))
    draft.array(data, element, "m")
    index = draft.name(*INDICES)
    draft.array(index, I32, "n", domain=indexed_by("m", -1 if kind == "missing" else 0))
    name = draw.choice(
        {
            "blend": ("indexed_blend", "interpolate_pairs", "mix_neighbors"),
            "missing": ("gather_valid", "lookup_or_default", "masked_gather"),
        }.get(kind, (f"gather_{data}", "indirect_copy", "take", "lookup_values"))
    )
    draft.reserve(name, "i")
    with draft.threads(("i", "n", index, 0)):
        place = draft.name("source", "k", "j", "where_from")
        draft.line(f"{place} = {index}[i]")
        view = f"{data}[{index}]"
        if kind == "chain":
            second = draft.array(draft.name("alias", "group_leader", "redirect"), I32, "m", domain=indexed_by("m"))
            draft.line(f"{place}_final = {second}[{place}]")
            draft.reserve(f"{place}_final")
            place, view = f"{place}_final", f"{data}[{second}[{index}]]"
        out = draft.name("out", "gathered", "result", "fetched")
        value: Expression = Custom(element, UNIT, f"{data}[{place}]", view)
        if kind == "missing":
            fallback = draft.array(draft.name("default_value", "fallback", "own_value"), element, "n") if draw.chance(0.5) else ""
            early = draw.chance(0.5)
            other = f"{fallback}[i]" if fallback else draft.zero(element)
            if early:
                draft.line(f"if {place} < 0:", f"    {out}[i] = {other}", "    return")
            else:
                local = draft.name("value", "found", "picked")
                draft.line(f"{local} = {other}", f"if {place} >= 0:", f"    {local} = {data}[{place}]")
                test = f"({index} >= 0){'[:, None]' if element.rank else ''}"
                draft.numpy(f"{local} = np.where({test}, {view}, {fallback or '0'})")
                value = draft.known(local, element, -1.0, 1.0)
        elif draw.chance(0.5) or kind == "blend":
            value = draft.let(draft.name("value", "near_value", "fetched_value"), value)
        if kind == "blend":
            far = draft.array(draft.name("idx_far", "next_index", "partner"), I32, "n", domain=indexed_by("m"))
            weight = draft.array(draft.name("t", "fraction", "blend_weight"), draft.real, "n", low=0.0)
            draft.scope.update(
                near=value,
                far=Custom(element, UNIT, f"{data}[{far}[i]]", f"{data}[{far}]"),
                w=Custom(draft.real, Interval(0.0, 1.0), f"{weight}[i]", weight),
            )
            rules = (
                ("near * (1.0 - w) + far * w", "near + (far - near) * w")
                if element.rank
                else ("near * (1.0 - w) + far * w", "near + w * (far - near)", "lerp(near, far, w)")
            )
            value = draft.let(draft.name("blend", "interpolated_value", "mixture"), draw.choice(rules))
        if kind == "table":
            scale = draft.array(draft.name("table", "scale_table", "palette"), draft.real, "m", low=0.1)
            draft.scope.update(value=value, scale=Custom(draft.real, Interval(0.1, 1.0), f"{scale}[{place}]", f"{scale}[{index}]"))
            value = draft.let(draft.name("rescaled", "tinted", "graded"), draw.choice(("value * scale", "value / scale")))
        final = finished(draft, value, element, "n", here="i")
        draft.output(out, element, "n")
        draft.line(f"{out}[i] = {final.warp()}")
        if kind == "missing" and early:
            test = f"({index} >= 0){'[:, None]' if element.rank else ''}"
            draft.results(**{out: f"np.where({test}, {final.numpy()}, {fallback or '0'})"})
        else:
            draft.results(**{out: final.numpy()})
    return draft.case(name, ("n",), [{"n": n, "m": max(2, n // 2 + draw.integer(0, 9))} for n in draw.sizes(180)])


def neighbours(draw: Draw) -> Case:
    """Sums over a list of neighbours per element, of fixed length; reads the neighbours' values, or adds to them."""
    draft = Draft(draw)
    element, data = drawn_element(draft)
    static = draw.chance(0.5)
    degree = draw.choice((2, 3, 4, 6))
    width: str | int = degree if static else "k"
    scatter = draw.chance(0.35)
    draft.array(data, element, "n" if scatter else "m")
    table = draft.array(draft.name("neighbors", "adjacency", "links", "ring"), I32, "n", width, domain=indexed_by("m"))
    weighted = draw.chance(0.6)
    skip_self = draw.chance(0.3)
    name = draw.choice(
        ("scatter_to_neighbors", "spread_values", "splat") if scatter else ("gather_neighbors", "average_neighbors", "message_sum", "pool")
    )
    draft.reserve(name, "i", "slot")
    counter = draw.choice(("s", "q", "c"))
    draft.reserve(counter)
    with draft.threads(("i", "n", table, 0)):
        bound = str(degree) if static else draft.extent("k", table, 1)
        if not scatter:
            total = draft.name("total", "gathered", "message", "acc")
            draft.line(f"{total} = {draft.zero(element)}")
        with draft.block(f"for {counter} in range({bound}):"):
            other = draft.name("j", "other", "nb")
            draft.line(f"{other} = {table}[i, {counter}]")
            if skip_self:
                if static or draw.chance(0.5):
                    head = draft.block(f"if {other} != i:")
                    head.__enter__()
                else:
                    draft.line(f"if {other} == i:", "    continue")
            tail = "[:, None, :]" if element.rank else "[:, None]"
            source = (
                Custom(element, UNIT, f"{data}[i]", f"{data}{tail}")
                if scatter
                else Custom(element, UNIT, f"{data}[{other}]", f"{data}[{table}]")
            )
            inputs: list[Expression] = [source]
            if weighted:
                weight = draft.array(draft.name("weight", "kernel_weight", "attention"), draft.real, "n", width, low=0.1)
                inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{weight}[i, {counter}]", weight))
            if draw.chance(0.3):
                inputs.append(draft.knob(draft.name("strength", "alpha"), 0.2, 1.5))
            term = draft.fused(draft.name("term", "contribution", "pull"), element, [*inputs], function=draw.choice((None, "message_of")))
            if scatter:
                out = draft.name("out", "received", "spread_out")
                draft.line(draw.choice((f"wp.atomic_add({out}, {other}, {term.name})", f"{out}[{other}] += {term.name}")))
            else:
                draft.line(f"{total} += {term.name}")
            if skip_self and "head" in locals():
                head.__exit__(None, None, None)
        mask = ""
        if skip_self:
            draft.numpy(f"others = {table} != np.arange(len({table}))[:, None]")
            mask = "others[..., None]" if element.rank else "others"
        moved = f"np.where({mask}, {term.name}, 0)" if mask else term.name
        if scatter:
            draft.output(out, element, "m", role="accumulate")
            shape = f"{table}.shape{' + (3,)' if element.rank else ''}"
            draft.numpy(f"received_sum = np.zeros_like({out})", f"np.add.at(received_sum, {table}, np.broadcast_to({moved}, {shape}))")
            draft.results(**{out: "received_sum"})
        else:
            draft.numpy(f"{total} = np.sum({moved}, axis=1)")
            result: Expression = draft.known(total, element, -100.0, 100.0)
            if draw.chance(0.5):
                own = draft.array(draft.name("own", "self_term", "bias"), element, "n")
                draft.scope.update(total=result, own=Custom(element, UNIT, f"{own}[i]", own))
                result = draft.let(
                    draft.name("updated", "smoothed", "answer"), draw.choice(("own + total", "own * 0.5 + total * 0.25", "total - own"))
                )
            out = draft.output(draft.name("out", "result", "pooled"), element, "n")
            draft.line(f"{out}[i] = {result.warp()}")
            draft.results(**{out: result.numpy()})
    sizes = [{"n": n, "m": max(2, n), "k": k} for n, k in zip(draw.sizes(130), (1, 5, 7), strict=True)]
    return draft.case(name, ("n",), sizes)


def compact(draw: Draw) -> Case:
    """Stable compaction of rows: each kept element finds its place by counting the kept ones before it, and moves there."""
    draft = Draft(draw)
    element, data = drawn_element(draft)
    width = draw.choice((4, 5, 8)) if draw.chance(0.75) else 0
    cols: str | int = width or "cols"
    draft.array(data, element, "rows", cols)
    by_level = draw.chance(0.5)
    keep = draft.name("level", "label", "priority") if by_level else draft.name("keep", "alive", "selected")
    draft.array(keep, I32 if by_level else BOOL, "rows", cols, domain=Integers(0, 8) if by_level else Bernoulli(0.5))
    test, opposite = draw.choice(((" > 3", " <= 3"), (" < 5", " >= 5"), (" != 2", " == 2"))) if by_level else ("", "")
    to_end = draw.chance(0.4)
    name = draw.choice(("compact_rows", "stream_compact", "pack_selected", "partition_rows" if to_end else "filter_rows"))
    out = draft.name("packed", "compacted", "out")
    draft.reserve(name, "row", "col", "c")
    with draft.threads(("row", "rows", data, 0), ("col", "width" if width else "cols", data, 1)):
        kept = f"{keep}[row, col]{test}"
        if not to_end:
            dropped = f"{keep}[row, col]{opposite}" if by_level else f"not {keep}[row, col]"
            draft.line(f"if {dropped}:", "    return")
        rank = draft.name("rank", "place", "slot", "position")
        draft.line(f"{rank} = int(0)")
        if width:
            with draft.block(f"for c in range({width}):"):
                draft.line(f"if c < col and {keep}[row, c]{test}:", f"    {rank} += 1")
        else:
            # Warp's adjoint does not run a dynamic loop again, and so looks for the gradient in the wrong place.
            draft.limitations.add("dynamic_loop_result")
            with draft.block("for c in range(col):"):
                draft.line(f"if {keep}[row, c]{test}:", f"    {rank} += 1")
        if to_end:
            cols = width or draft.extent("cols", data, 1)
            draft.line(f"if {f'not ({kept})' if by_level else f'not {kept}'}:", f"    {rank} = {cols} - 1 - (col - {rank})")
        final = finished(
            draft,
            Custom(element, UNIT, f"{data}[row, col]", data),
            element,
            "rows",
            "width" if width else "cols",
            here="row, col",
            share=0.85,
        )
        draft.output(out, element, "rows", cols, role="output" if to_end else "accumulate")
        draft.line(f"{out}[row, {rank}] = {final.warp()}")
        draft.numpy(f"kept = {keep}{test}", f"shifted = {final.numpy()}")
        if to_end:
            draft.numpy("order = np.array([np.concatenate([np.flatnonzero(k), np.flatnonzero(~k)[::-1]]) for k in kept])")
            draft.numpy(f"{out} = np.take_along_axis(shifted, order{'[..., None]' if element.rank else ''}, axis=1)")
        else:
            draft.numpy(
                f"{out} = np.zeros_like({data})", "for r, k in enumerate(kept):", f"    {out}[r, : np.count_nonzero(k)] = shifted[r][k]"
            )
        draft.results(**{out: out})
    sizes = [{"rows": r, "cols": width or c, "width": width} for r, c in ((1, 1), (5, 7), (draw.integer(9, 13), 11))]
    return draft.case(name, ("rows", "cols"), sizes)
