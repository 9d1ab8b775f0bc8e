"""Attention in one kernel: every thread finds its query's statistics and sums the values that its weights pick."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined, outlined_value
from kernels.draw import Draw
from kernels.families.attention.heads import Heads
from kernels.families.attention.scores import ScoreRule
from kernels.source import indented


def attend(draw: Draw) -> Case:
    """Softmax attention, one thread per query or per element of the output; the product with the values is a sum over keys."""
    draft = Draft(draw, smooth=True)
    heads = Heads(draft, self_attention=draw.chance(0.6), static=draw.chance(0.5))
    q = heads.operand(draft.name("q", "queries", "Q"), heads.queries)
    k = heads.operand(draft.name("k", "keys_in", "K"), heads.keys, shared=True)
    v = heads.operand(draft.name("v", "values", "V"), heads.keys, shared=True)
    rule = ScoreRule(draft, heads)
    out = heads.output(draft.name("out", "context", "attended"), heads.queries)
    by_element = draw.chance(0.4)
    outer = heads.outer
    indices = [*(i for i, _ in outer), heads.i, *([heads.c] if by_element else [])]
    extents: tuple[Extent, ...] = (*(n for _, n in outer), heads.queries, *([heads.dim] if by_element else []))
    # A thread's own element and the counter of the inner product are two things.
    element = heads.c
    if by_element:
        heads.c = draft.name("inner", "k_dim", "s")
    draft.line(f"{', '.join(indices)} = wp.tid()")
    if heads.self_attention and draw.chance(0.4):
        draft.count("seq_len")
        draft.line(f"if {heads.i} >= seq_len:", "    return")
    draft.line(*heads.open(counts=True))
    draft.extent(heads.keys, k, {"single": 0, "heads": 1, "tokens": 0, "packed": 0, "batched": 2}[heads.layout])
    rule.open(q, k)
    draft.numpy(f"v_all = {heads.canonical(v)}")
    score = outlined_value(draft, draw.choice(("attention_score", "qk_score", "score_of")), rule.lines, "score", draft.real)
    peak, total = statistics(draft, heads.j, heads.keys, score, rule.keep)
    draft.numpy(f"exps = {'np.where(keep, np.exp(scores), 0.0)' if rule.masked else 'np.exp(scores)'}", "total_all = exps.sum(axis=-1)")
    if rule.mask == "bool":
        draft.numpy("attended_all = exps @ v_all / np.where(total_all > 0.0, total_all, 1.0)[..., None]")
    else:
        draft.numpy("attended_all = exps @ v_all / total_all[..., None]")
    inverse = inverse_sum(draft, total, guarded=rule.mask == "bool")
    here = heads.index(out, heads.i, element)
    weight = f"wp.exp({score} - {peak})" if peak else f"wp.exp({score})"
    results: dict[str, str] = {}
    if draw.chance(0.25) and rule.mask != "bool":
        lse = draft.output(draft.name("lse", "softmax_lse"), draft.real, *(n for _, n in outer), heads.queries)
        at = ", ".join([*(i for i, _ in outer), heads.i])
        store = f"{lse}[{at}] = {f'{peak} + ' if peak else ''}wp.log({total})"
        draft.line(*([f"if {element} == 0:", f"    {store}"] if by_element else [store]))
        results[lse] = "np.log(total_all)"
    accum = draft.name("acc", "value", "weighted")
    add = [f"{accum} += {weight} * {heads.index(v, heads.j, element)}"]
    lines = [f"{accum} = {draft.zero()}", *loop(heads.j, heads.keys, _kept(rule.keep, add))]
    site = Site(here[len(out) + 1 : -1], heads.extents(out), element if heads.layout != "packed" else "", heads.dim)
    if by_element:
        final = _weighted(draft, heads, lines, accum, inverse, site)
        draft.line(f"{here} = {final}")
    else:
        with draft.block(f"for {element} in range({heads.dim}):"):
            final = _weighted(draft, heads, lines, accum, inverse, site)
            draft.line(f"{here} = {final}")
    draft.results(**{out: final}, **results)
    name = {"causal": "causal_attention", "window": "sliding_window_attention"}.get(rule.mask, "scaled_dot_product_attention")
    return draft.case(draw.choice((name, "attention_forward", name, "fused_attention")), extents, heads.sizes(), docstring=_said(draw))


def _said(draw: Draw) -> str:
    return draw.choice(("", "", "", "Attention of one query: the scores are computed anew in every pass over the keys."))


def _weighted(draft: Draft, heads: Heads, lines: list[str], accum: str, inverse: str, site: Site) -> str:
    """The sum over keys for one element, normalized, with its epilogue; returns the name of what is stored."""
    outlined(draft, draft.draw.choice(("weighted_value", "sum_values", "gather_values")), lines, [(accum, draft.real)])
    name = draft.name("o", "result", "attended_value")
    draft.line(f"{name} = {accum} {inverse}")
    draft.numpy(f"{name} = {heads.stored('attended_all')}")
    known = draft.known(name, draft.real, -2.0, 2.0)
    return epilogue(draft, known, site, most=2).name if draft.draw.chance(0.4) else name


def _kept(keep: str, lines: list[str]) -> list[str]:
    return [f"if {keep}:", *indented(lines)] if keep else lines


def statistics(draft: Draft, counter: str, stop: str, score: str, keep: str) -> tuple[str, str]:
    """The kernel's largest score (empty where it is not subtracted) and sum of exponentials over dynamic keys, each by a function."""
    draw = draft.draw
    draft.reserve("exps", "total_all", "attended_all", "v_all")
    peak, total = draft.name("row_max", "peak", "m_i", "best"), draft.name("row_sum", "denom", "l_i", "normalizer")
    if draw.chance(0.2):
        peak = ""
        add = [f"{total} += wp.exp({score})"]
    else:
        find = [f"{peak} = {draft.cast('-1.0e30')}", *loop(counter, stop, _kept(keep, [f"{peak} = wp.max({peak}, {score})"]))]
        outlined(draft, draw.choice(("max_score", "row_maximum", "find_peak")), find, [(peak, draft.real)])
        draft.known(peak, draft.real, -12.0, 12.0)
        add = [f"{total} += wp.exp({score} - {peak})"]
    lines = [f"{total} = {draft.zero()}", *loop(counter, stop, _kept(keep, add))]
    outlined(draft, draw.choice(("sum_exp", "softmax_denominator", "row_partition")), lines, [(total, draft.real)])
    draft.known(total, draft.real, 0.0, 1e5)
    return peak, total


def inverse_sum(draft: Draft, total: str, *, guarded: bool) -> str:
    """The kernel's ending that normalizes a sum by `total`; a `guarded` one may be zero, where no key counts."""
    if not guarded:
        return f"/ {total}"
    name = draft.name("inv_sum", "inv_denom")
    draft.line(f"{name} = {draft.zero()}", f"if {total} > {draft.number(0.0)}:", f"    {name} = {draft.number(1.0)} / {total}")
    draft.known(name, draft.real, 0.0, 10.0)
    return f"* {name}"


def local_window(draw: Draw) -> Case:
    """Attention to a few neighbours: unrolled loops over a window around the query, one thread per query."""
    draft = Draft(draw, smooth=True)
    heads = Heads(draft, self_attention=True, static=True, layouts=("single", "heads", "tokens"), grouped=False)
    real, i, j, n = draft.real, heads.i, heads.j, heads.queries
    q = heads.operand(draft.name("q", "queries"), n)
    k = heads.operand(draft.name("k", "keys_in"), n)
    v = heads.operand(draft.name("v", "values"), n)
    out = heads.output(draft.name("out", "context"), n)
    reach = draw.choice((1, 1, 2))
    causal = draw.chance(0.4)
    first, last = (-2 * reach, 1) if causal else (-reach, reach + 1)
    draft.reserve("step", "s", "padded_k", "padded_v", "window_scores", "valid", "weights", "p", "offset")
    outer = heads.outer
    draft.line(f"{', '.join([*(index for index, _ in outer), i])} = wp.tid()")
    draft.extent(n, q, {"single": 0, "heads": 1, "tokens": 0}[heads.layout])
    scale = draft.knob("scale", 0.3, 1.0).numpy()
    lines = [*heads.product_lines(q, k), draft.warp(f"score = dot * {scale}")]
    draft.reserve("dot", "score")
    bias = ""
    if draw.chance(0.5):
        per_head = bool(outer) and draw.chance(0.5)
        bias = draft.array(draft.name("window_bias", "rel_bias"), real, *((heads.heads,) if per_head else ()), last - first)
        row = f"{heads.h}, " if per_head else ""
        lines.append(f"score += {bias}[{row}{j} - {i} + {-first}]")
    score = outlined_value(draft, draw.choice(("pair_score", "window_score")), lines, "score", real)
    inside = f"{j} >= 0 and {j} < {n}" if not causal else f"{j} >= 0"
    total, weight = draft.name("denom", "weight_sum"), f"wp.exp({score})"

    def windowed(inner: list[str]) -> list[str]:
        return loop("step", str(last), [f"{j} = {i} + step", f"if {inside}:", *indented(inner)], str(first))

    draft.line(f"{total} = {draft.zero()}", *windowed([f"{total} += {weight}"]))
    draft.numpy(f"q_all, k_all, v_all = {heads.canonical(q)}, {heads.canonical(k)}, {heads.canonical(v)}")
    draft.numpy("offset = np.arange(q_all.shape[-2])[None, :] - np.arange(q_all.shape[-2])[:, None]")
    draft.numpy(f"valid = (offset >= {first}) & (offset < {last})", f"scores = (q_all @ np.swapaxes(k_all, -1, -2)) * {scale}")
    if bias:
        draft.numpy(f"scores = scores + {bias}[..., np.clip(offset, {first}, {last - 1}) + {-first}]")
    draft.numpy("weights = np.where(valid, np.exp(scores), 0.0)", "weights = weights / weights.sum(axis=-1)[..., None]")
    draft.numpy("attended_all = weights @ v_all")
    accum = draft.name("acc", "value")
    here = heads.index(out, i, heads.c)
    with draft.block(f"for {heads.c} in range({heads.dim}):"):
        draft.line(f"{accum} = {draft.zero()}", *windowed([f"{accum} += {weight} * {heads.index(v, j, heads.c)}"]))
        name = draft.name("o", "result")
        draft.line(f"{name} = {accum} / {total}")
        draft.numpy(f"{name} = {heads.stored('attended_all')}")
        site = Site(here[len(out) + 1 : -1], heads.extents(out), heads.c, heads.dim)
        final = epilogue(draft, draft.known(name, real, -2.0, 2.0), site, most=2)
        draft.line(f"{here} = {final.name}")
    draft.results(**{out: final.name})
    extents = (*(e for _, e in outer), n)
    return draft.case(draw.choice(("local_attention", "window_attention", "neighborhood_attention")), extents, heads.sizes())
