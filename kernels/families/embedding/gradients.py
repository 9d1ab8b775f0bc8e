"""Gradients of tables: every token adds its gradient to its row by atomics; and updates of rows that do not repeat."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Offsets, Permutation
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.draw import Draw
from kernels.families.embedding.tokens import Tokens, drawn_width
from kernels.language.types import I32


def scatter_gradient(draw: Draw) -> Case:
    """The table's gradient: tokens' gradients added to their rows, less padding, scaled by frequency; norms and counts per row."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    if draw.chance(0.25):
        return _row_update(draw, draft)
    padded = draw.chance(0.45)
    tokens = Tokens(draft, padded=padded)
    width: Extent = drawn_width(draw, 4, "dim_size", "dim_size")
    extents: tuple[Extent, ...] = (*tokens.extents, width)
    grad = draft.array(draft.name("grad_out", "dy", "upstream"), real, *extents)
    out = draft.output(draft.name("grad_table", "d_weight", "table_grad"), real, "vocab_size", width, role="accumulate")
    by_token = draw.chance(0.35)
    at = f"{tokens.at}, d"
    draft.reserve("g", "keep_all", "grad_all", "rows_all")
    draft.line(f"{tokens.at if by_token else at} = wp.tid()")
    if draw.chance(0.35):
        draft.count(tokens.extents[-1])
        draft.line(f"if {tokens.indices[-1]} >= {tokens.extents[-1]}:", "    return")
    draft.line(f"row = {tokens.ids}[{tokens.at}]")
    draft.numpy(f"ids_all = {tokens.ids}")
    if padded:
        draft.line("if row < 0:", "    return")
    if by_token and not isinstance(width, int):
        draft.extent("dim_size", grad, len(extents) - 1)
    counts = ""
    if draw.chance(0.35):
        counts = draft.array(draft.name("frequency", "row_count", "token_freq"), real, "vocab_size", low=1.0, high=5.0)

    def body() -> str:
        draft.line(f"g = {grad}[{at}]")
        draft.numpy(f"g = {grad}")
        value = draft.known("g", real, -1.0, 1.0)
        if counts:
            name = draft.name("scaled", "normalized_grad")
            draft.line(f"{name} = g / {counts}[row]")
            draft.numpy(f"{name} = g / {counts}[np.maximum(ids_all, 0)][..., None]")
            value = draft.known(name, real, -1.0, 1.0)
        final = epilogue(draft, value, Site(at, extents, "d", width))
        draft.line(f"wp.atomic_add({out}, row, d, {final.name})")
        return final.name

    if by_token:
        with draft.block(f"for d in range({width}):"):
            final = body()
    else:
        final = body()
    draft.numpy(f"grad_all = np.zeros_like({out})")
    if padded:
        draft.numpy("keep_all = ids_all >= 0", f"np.add.at(grad_all, ids_all[keep_all], {final}[keep_all])")
    else:
        draft.numpy(f"np.add.at(grad_all, ids_all, {final})")
    results = {out: "grad_all"}
    if by_token and draw.chance(0.4):
        seen = draft.output(draft.name("row_hits", "touched"), I32, "vocab_size", role="accumulate")
        draft.line(f"wp.atomic_add({seen}, row, 1)")
        picked = "ids_all[keep_all]" if padded else "ids_all.ravel()"
        results[seen] = f"np.bincount({picked}, minlength=len({seen})).astype(np.int32)"
    draft.results(**results)
    title = draw.choice(("embedding_backward", "scatter_add_gradient", "accumulate_rows", "embedding_dense_backward"))
    return draft.case(title, tokens.extents if by_token else extents, tokens.sizes())


def _row_update(draw: Draw, draft: Draft) -> Case:
    """Sparse descent: the rows that a batch has touched, each once, moved in place by their gradients."""
    real = draft.real
    k, d = draw.choice((("k", "d"), ("i", "c")))
    draft.reserve(k, d, "row", "rows", "dims", "step", "moved", "touched_all")
    width: Extent = drawn_width(draw, 4, "dims")
    table = draft.array(draft.name("table", "embeddings", "weight"), real, "rows", width, role="inout", differentiable=True)
    ids = draft.array(draft.name("row_ids", "unique_rows", "touched"), I32, "touched", domain=Permutation())
    grad = draft.array(draft.name("row_grad", "values", "sparse_grad"), real, "touched", width)
    lr = draft.knob(draft.name("lr", "learning_rate"), 0.01, 0.3).numpy()
    draft.line(f"{k}, {d} = wp.tid()")
    draft.guard(k, "touched", ids)
    draft.line(f"row = {ids}[{k}]", f"step = {grad}[{k}, {d}]")
    draft.numpy(f"step = {grad}")
    final = epilogue(draft, draft.known("step", real, -1.0, 1.0), Site(f"{k}, {d}", ("touched", width), d, width), most=2)
    shrink = draft.knob(draft.name("weight_decay", "decay_rate"), 0.01, 0.1).numpy() if draw.chance(0.4) else ""
    old = f"{table}[row, {d}]"
    factor = f"(1.0 - {lr} * {shrink}) * " if shrink else ""
    if draw.chance(0.4) and not shrink:
        draft.warp_formula(f"{old} -= {lr} * {final.name}")
    else:
        draft.warp_formula(f"{old} = {factor}{old} - {lr} * {final.name}")
    draft.numpy(f"{table} = {table}.copy()", f"{table}[{ids}] = {factor}{table}[{ids}] - {lr} * {final.name}")
    draft.results(**{table: table})
    sizes = [{"rows": n + 3, "touched": n, "dims": w} for n, w in ((1, 1), (5, 3), (draw.choice((17, 23)), 5))]
    return draft.case(draw.choice(("sparse_row_update", "update_rows", "sparse_sgd")), ("touched", width), sizes)


def bag_gradient(draw: Draw) -> Case:
    """Every member of a bag adds the bag's gradient to its row; one thread per bag and element, or per member and element."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    mean, by_member = draw.chance(0.5), draw.chance(0.4)
    b, k = draw.choice((("bag", "k"), ("i", "slot"), ("b", "member")))
    draft.reserve(b, k, "d", "row", "g", "start", "end", "bags", "dim_size", "bag_of", "grad_all", "sizes_all", "per_member", "shared")
    width: Extent = drawn_width(draw, 4, "dim_size")
    ids = draft.array(draft.name("ids", "members"), I32, "total", domain=lambda s: Integers(0, s["vocab_size"]))
    grad = draft.array(draft.name("grad_out", "dy"), real, "bags", width)
    weights = draft.array(draft.name("per_sample_weights", "member_weight"), real, "total", low=0.2, high=1.5) if draw.chance(0.5) else ""
    out = draft.output(draft.name("grad_table", "d_weight"), real, "vocab_size", width, role="accumulate")
    if by_member:
        owner = draft.array(draft.name("bag_ids", "segment_ids"), I32, "total", domain=lambda s: Integers(0, s["bags"]))
        draft.numpy(f"bag_of = {owner}")
        draft.line(f"{k}, d = wp.tid()")
        draft.guard(k, "total", ids)
        draft.line(f"{b} = {owner}[{k}]", f"row = {ids}[{k}]")
    else:
        offsets = draft.array(draft.name("offsets", "bag_start"), I32, "bags1", domain=lambda s: Offsets(s["total"]))
        draft.numpy(f"sizes_all = np.diff({offsets})", "bag_of = np.repeat(np.arange(len(sizes_all)), sizes_all)")
        draft.line(f"{b}, d = wp.tid()")
        draft.guard(b, "bags", grad)
        draft.line(f"start = {offsets}[{b}]", f"end = {offsets}[{b} + 1]")
        if draw.chance(0.4):
            draft.line("if start == end:", "    return")
    draft.line(f"g = {grad}[{b}, d]")
    draft.numpy(f"g = {grad}")
    value = draft.known("g", real, -1.0, 1.0)
    if mean:
        one = draft.number(1.0)
        if by_member:
            counts = draft.array(draft.name("bag_size", "counts"), I32, "bags", domain=Integers(0, 6))
            draft.numpy(f"sizes_all = {counts}")
        count = f"{counts}[{b}]" if by_member else "end - start"
        draft.line(f"per_member = g / wp.max({draft.cast(count)}, {one})")
        draft.numpy(f"per_member = g / np.maximum(sizes_all, 1)[:, None].astype({draft.precision})")
        value = draft.known("per_member", real, -1.0, 1.0)
    # What is fused belongs to the bag, whichever thread works it out.
    final = epilogue(draft, value, Site(f"{b}, d", ("bags", width), "d", width), most=2)
    share = f"{final.name} * {weights}[{k}]" if weights else final.name
    lines = [f"wp.atomic_add({out}, row, d, {share})"]
    added = f"{final.name}[bag_of]" + (f" * {weights}[:, None]" if weights else "")
    draft.numpy(f"grad_all = np.zeros_like({out})", f"np.add.at(grad_all, {ids}, {added})")
    results = {out: "grad_all"}
    if weights and draw.chance(0.5):
        table = draft.array(draft.name("table", "embeddings"), real, "vocab_size", width)
        d_weights = draft.output(draft.name("grad_weights", "d_member"), real, "total", role="accumulate")
        lines.append(f"wp.atomic_add({d_weights}, {k}, {final.name} * {table}[row, d])")
        results[d_weights] = f"np.sum({final.name}[bag_of] * {table}[{ids}], axis=1)"
    draft.line(*(lines if by_member else loop(k, "end", [f"row = {ids}[{k}]", *lines], "start")))
    draft.results(**results)
    rows = ((1, 2, 1, 2), (5, 13, 3, 7), (9, 30, 5, 11))
    sizes = [{"bags": n, "bags1": n + 1, "total": m, "dim_size": w, "vocab_size": v} for n, m, w, v in rows]
    title = draw.choice(("embedding_bag_backward", "scatter_bag_gradient"))
    return draft.case(title, ("total" if by_member else "bags", width), sizes)
