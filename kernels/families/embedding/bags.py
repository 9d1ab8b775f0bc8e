"""Bags: the rows of several ids reduced to one vector, by compressed offsets or padded lists; and fields that share one table."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Offsets, Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.families.embedding.tokens import Table, drawn_width
from kernels.language.types import I32
from kernels.source import indented


def bag(draw: Draw) -> Case:
    """Sum, mean, weighted sum or maximum of a bag's rows, one thread per bag and element."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    padded = draw.chance(0.45)
    mode = draw.choice(("sum", "mean", "weighted", "root", *(("max",) if padded else ())))
    i, k = draw.choice((("bag", "k"), ("i", "slot"), ("b", "j")))
    draft.reserve(i, k, "d", "bags", "dim_size", "start", "end", "row", "count", "rows_all", "bag_of", "valid", "sums", "sizes", "weight")
    slots = draw.choice((3, 4, 6))
    width: Extent = drawn_width(draw, 4, "dim_size", "dim_size")
    table = Table(draft, "vocab_size", width, layouts=("rows", "rows", "flat", "columns"))
    ids = draft.name("ids", "indices", "members")
    shape: tuple[Extent, ...] = ("bags", slots) if padded else ("total",)
    draft.array(ids, I32, *shape, domain=lambda s: Integers(-1 if padded else 0, s["vocab_size"]))
    weights = ""
    if mode == "weighted":
        weights = draft.array(draft.name("per_sample_weights", "member_weight"), real, *shape, domain=Uniform(0.1, 1.5))
    offsets = "" if padded else draft.array(draft.name("offsets", "bag_start"), I32, "bags1", domain=lambda s: Offsets(s["total"]))
    draft.line(f"{i}, d = wp.tid()")
    if draw.chance(0.35):
        draft.count("num_bags", "bags")
        draft.line(f"if {i} >= num_bags:", "    return")
    if table.layout == "flat" and not isinstance(width, int):
        draft.count("dim_size")
    total = draft.name("acc", "total", "pooled")
    at = f"{i}, {k}" if padded else k
    element = table.at("row", "d")
    term = f"{weights}[{at}] * {element}" if weights else element
    counting = mode in ("mean", "root") and padded
    inner = [f"{total} += {term}"] if mode != "max" else [f"{total} = wp.max({total}, {element})"]
    if counting:
        inner.append("count += 1")
    draft.line(f"{total} = {draft.cast('-1.0e4') if mode == 'max' else draft.zero()}")
    if counting:
        draft.line("count = int(0)")
    width_text = str(width) if isinstance(width, int) else "dim_size"
    if padded:
        draft.line(*loop(k, str(slots), [f"row = {ids}[{i}, {k}]", "if row >= 0:", *indented(inner)]))
        draft.numpy(f"valid = {ids} >= 0", f"rows_all = {table.taken(f'np.maximum({ids}, 0)', width_text)}")
        weighted = f"rows_all * {weights}[..., None]" if weights else "rows_all"
        if mode == "max":
            draft.numpy("pooled_all = np.max(np.where(valid[..., None], rows_all, -1.0e4), axis=1)")
        else:
            draft.numpy(f"pooled_all = np.sum(np.where(valid[..., None], {weighted}, 0.0), axis=1)")
        draft.numpy("sizes = valid.sum(axis=1)")
    else:
        draft.line(f"start = {offsets}[{i}]", f"end = {offsets}[{i} + 1]")
        draft.line(*loop(k, "end", [f"row = {ids}[{k}]", *inner], "start"))
        draft.numpy(f"bag_of = np.repeat(np.arange(len({offsets}) - 1), np.diff({offsets}))", f"rows_all = {table.taken(ids, width_text)}")
        draft.numpy(f"pooled_all = np.zeros((len({offsets}) - 1, rows_all.shape[1]), rows_all.dtype)")
        draft.numpy(f"np.add.at(pooled_all, bag_of, {f'rows_all * {weights}[:, None]' if weights else 'rows_all'})")
        draft.numpy(f"sizes = np.diff({offsets})")
    draft.reserve("pooled_all")
    value = total
    if mode in ("mean", "root"):
        value = draft.name("mean_value", "average", "normalized")
        count = "count" if counting else "end - start"
        one = draft.number(1.0)
        real_count = f"wp.max({draft.cast(count)}, {one})"
        draft.line(f"{value} = {total} / {f'wp.sqrt({real_count})' if mode == 'root' else real_count}")
        numpy_count = f"np.maximum(sizes, 1)[:, None].astype({draft.precision})"
        draft.numpy(f"{value} = pooled_all / {f'np.sqrt({numpy_count})' if mode == 'root' else numpy_count}")
    else:
        draft.numpy(f"{value} = pooled_all")
    if mode == "max":
        # An empty bag has no maximum.
        value = draft.name("best", "maximum")
        draft.warp_formula(f"{value} = wp.where({total} > -1.0e3, {total}, 0.0)")
        draft.numpy(f"{value} = np.where(sizes[:, None] > 0, {total}, 0.0)")
    extents: tuple[Extent, ...] = ("bags", width)
    site = Site(f"{i}, d", extents, "d", width)
    final = epilogue(draft, draft.known(value, real, -30.0, 30.0), site, most=2, linear=not padded)
    out = draft.output(draft.name("out", "bag_out", "pooled_rows"), real, *extents)
    draft.line(f"{out}[{i}, d] = {final.name}")
    draft.results(**{out: final.name})
    rows = ((1, 3, 1, 2), (5, 13, 3, 7), (draw.choice((9, 11)), 40, 5, 11))
    sizes = [{"bags": b, "bags1": b + 1, "total": n, "dim_size": d, "vocab_size": v} for b, n, d, v in rows]
    return draft.case(draw.choice(("embedding_bag", f"embedding_bag_{mode}", f"pool_rows_{mode}")), extents, sizes)


def fields(draw: Draw) -> Case:
    """Several categorical fields of a sample in one table, each from its offset on: summed, concatenated, or by their pairwise products."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    count = draw.choice((2, 3, 4))
    i, f = draw.choice((("i", "f"), ("sample", "field"), ("row_id", "k")))
    draft.reserve(i, f, "d", "row", "v", "rows_all", "dim_size", "samples", "linear", "square")
    width: Extent = drawn_width(draw, 4, "dim_size")
    table = Table(draft, "vocab_size", width)
    ids = draft.array(draft.name("ids", "categories", "features"), I32, "samples", count, domain=Integers(0, 3))
    offsets = draft.array(draft.name("field_offsets", "table_offset"), I32, count, domain=Integers(0, 6))
    values = draft.array(draft.name("values", "feature_value"), real, "samples", count) if draw.chance(0.4) else ""
    mode = draw.choice(("sum", "concat", "interaction", "interaction"))
    find = f"row = {offsets}[{f}] + {ids}[{i}, {f}]"
    element = f"{table.at('row', 'd')}{f' * {values}[{i}, {f}]' if values else ''}"
    draft.numpy(f"rows_all = {table.name}[{ids} + {offsets}]{f' * {values}[..., None]' if values else ''}")
    out = draft.name("out", "crossed", "dense")
    if mode == "concat":
        draft.line(f"{i}, {f}, d = wp.tid()", find, f"v = {element}")
        draft.numpy("v = rows_all")
        extents: tuple[Extent, ...] = ("samples", count, width)
        site = Site(f"{i}, {f}, d", extents, "d", width)
        final = epilogue(draft, draft.known("v", real, -1.0, 1.0), site)
        draft.output(out, real, *extents)
        draft.line(f"{out}[{site.at}] = {final.name}")
        draft.results(**{out: final.name})
        dim = extents
    else:
        result = draft.name("pooled", "interaction", "value")
        per_sample = mode == "interaction" and draw.chance(0.5)
        lines = [f"linear = {draft.zero()}", f"square = {draft.zero()}"] if mode == "interaction" else [f"linear = {draft.zero()}"]
        inner = [find, f"v = {element}", "linear += v", *(["square += v * v"] if mode == "interaction" else [])]
        lines += loop(f, str(count), inner)
        half = draft.number(0.5)
        numpy = "0.5 * (rows_all.sum(axis=1) ** 2 - (rows_all * rows_all).sum(axis=1))" if mode == "interaction" else "rows_all.sum(axis=1)"
        if per_sample:
            # The factorization machine's sum over elements (Rendle, 2010).
            draft.line(f"{i} = wp.tid()")
            if not isinstance(width, int):
                draft.extent("dim_size", table.name, 1)
            lines = [f"{result} = {draft.zero()}", *loop("d", str(width), [*lines, f"{result} += {half} * (linear * linear - square)"])]
            outlined(draft, draw.choice(("factorized_interaction", "second_order_term")), lines, [(result, real)])
            draft.numpy(f"{result} = np.sum({numpy}, axis=1)")
            site = Site(i, ("samples",))
        else:
            draft.line(f"{i}, d = wp.tid()", *lines)
            if mode == "interaction":
                draft.line(f"{result} = {half} * (linear * linear - square)")
            else:
                result = "linear"
            draft.numpy(f"{result} = {numpy}")
            site = Site(f"{i}, d", ("samples", width), "d", width)
        final = epilogue(draft, draft.known(result, real, -12.0, 12.0), site, most=2)
        draft.output(out, real, *site.extents)
        draft.line(f"{out}[{site.at}] = {final.name}")
        draft.results(**{out: final.name})
        dim = site.extents
    sizes = [{"samples": n, "dim_size": d, "vocab_size": 9} for n, d in ((1, 1), (7, 3), (draw.choice((17, 23)), 5))]
    title = {"sum": "sum_fields", "concat": "lookup_fields", "interaction": "factorization_machine"}[mode]
    return draft.case(draw.choice((title, f"{title}_forward", "field_embedding")), dim, sizes)
