"""Attention step by step: the scores of all pairs, and the sum of values that given weights make."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.draw import Draw
from kernels.families.attention.heads import Heads
from kernels.families.attention.scores import ScoreRule
from kernels.language.types import BOOL


def scores(draw: Draw) -> Case:
    """One thread per pair of query and key: the scaled, biased and masked score."""
    draft = Draft(draw, smooth=True)
    heads = Heads(draft, self_attention=draw.chance(0.6), static=draw.chance(0.45))
    q = heads.operand(draft.name("q", "queries", "Q"), heads.queries)
    k = heads.operand(draft.name("k", "keys_in", "K"), heads.keys, shared=True)
    rule = ScoreRule(draft, heads)
    outer = heads.outer
    extents: tuple[Extent, ...] = (*(n for _, n in outer), heads.queries, heads.keys)
    indices = [*(i for i, _ in outer), heads.i, heads.j]
    draft.line(f"{', '.join(indices)} = wp.tid()")
    if heads.self_attention and draw.chance(0.4):
        draft.count("seq_len")
        draft.line(f"if {heads.i} >= seq_len or {heads.j} >= seq_len:", "    return")
    draft.line(*heads.open(counts=True))
    rule.open(q, k)
    out = draft.output(draft.name("scores_out", "attn_scores", "logits", "S"), draft.real, *extents)
    at = ", ".join(indices)
    far = draw.choice((-1.0e4, -1.0e6, -100.0))
    early = rule.masked and draw.chance(0.5)
    if early:
        draft.line(f"if not ({rule.keep}):", f"    {out}[{at}] = {draft.number(far)}", "    return")
    # The product is a function of its own where its loop is dynamic and something more than scaling follows.
    heads.computed(draw.choice(("attention_score", "qk_score", "score_of_pair")), rule.lines, "score", static=heads.static)
    draft.numpy("score = scores")
    known = draft.known("score", draft.real, -12.0, 12.0)
    final = epilogue(draft, known, Site(at, extents), most=1) if draw.chance(0.3) else known
    if rule.masked and not early:
        masked = draft.name("masked", "masked_score")
        if draw.chance(0.5):
            draft.line(f"{masked} = wp.where({rule.keep}, {final.name}, {draft.number(far)})")
        else:
            draft.line(f"{masked} = {final.name}", f"if not ({rule.keep}):", f"    {masked} = {draft.number(far)}")
        draft.line(f"{out}[{at}] = {masked}")
    else:
        draft.line(f"{out}[{at}] = {final.name}")
    draft.results(**{out: f"np.where(keep, {final.name}, {far})" if rule.masked else final.name})
    name = {"causal": "causal_scores", "window": "window_scores"}.get(rule.mask, "attention_scores")
    name = {"alibi": "alibi_scores", "relative": "relative_scores"}.get(rule.kind, name)
    return draft.case(draw.choice((name, "qk_product", "compute_scores", name)), extents, heads.sizes())


def weighted_values(draw: Draw) -> Case:
    """One thread per element of the output: values summed with given weights, less those dropped or masked."""
    draft = Draft(draw, smooth=True)
    heads = Heads(draft, self_attention=draw.chance(0.6), static=draw.chance(0.3))
    v = heads.operand(draft.name("v", "values", "V"), heads.keys, shared=True)
    outer = heads.outer
    weight_extents: tuple[Extent, ...] = (*(n for _, n in outer), heads.queries, heads.keys)
    p = draft.array(draft.name("p", "attn", "weights", "P"), draft.real, *weight_extents, domain=Uniform(0.0, 0.5))
    out = heads.output(draft.name("out", "context", "O"), heads.queries)
    indices = [*(i for i, _ in outer), heads.i, heads.c]
    draft.line(f"{', '.join(indices)} = wp.tid()")
    draft.line(*heads.open(counts=True))
    rank = len(weight_extents)
    draft.extent(heads.keys, p, rank - 1)
    causal = heads.self_attention and draw.chance(0.5)
    total = draft.name("acc", "total", "summed")
    at = ", ".join([*(i for i, _ in outer), heads.i, heads.j])
    weight, numpy_weight = f"{p}[{at}]", p
    if draw.chance(0.3):
        mask = draft.array(draft.name("keep_mask", "dropout_keep"), BOOL, *weight_extents, domain=Bernoulli(0.7))
        scale = draft.knob("inv_keep", 1.1, 1.6).numpy()
        inner = [f"if {mask}[{at}]:", draft.warp(f"    {total} += {weight} * {scale} * {heads.index(v, heads.j, heads.c)}")]
        numpy_weight = f"np.where({mask}, {p} * {scale}, 0.0)"
    else:
        term = [weight, heads.index(v, heads.j, heads.c)]
        inner = [f"{total} += {' * '.join(draw.shuffled(term))}"]
    if causal:
        numpy_weight = f"np.tril({numpy_weight})"
    stop = f"{heads.i} + 1" if causal else heads.keys
    draft.line(f"{total} = {draft.zero()}", f"for {heads.j} in range({stop}):", *(f"    {line}" for line in inner))
    draft.reserve("summed_all")
    draft.numpy(f"v_all = {heads.canonical(v)}", f"summed_all = {numpy_weight} @ v_all", f"{total} = {heads.stored('summed_all')}")
    here = heads.index(out, heads.i, heads.c)
    channel = heads.c if heads.layout != "packed" else ""
    site = Site(here[len(out) + 1 : -1], heads.extents(out), channel, heads.dim)
    final = epilogue(draft, draft.known(total, draft.real, -6.0, 6.0), site, most=2, linear=True)
    draft.line(f"{here} = {final.name}")
    draft.results(**{out: final.name})
    dim = (*(n for _, n in outer), heads.queries, heads.dim)
    return draft.case(draw.choice(("attention_output", "weighted_values", "apply_attention", "pv_product")), dim, heads.sizes())
