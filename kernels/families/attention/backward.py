"""Gradients of attention written out by hand: of the scores, the queries or keys, and the values."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.families.attention.heads import Heads


def score_gradient(draw: Draw) -> Case:
    """The scores' gradient P (dP - delta), one thread per pair; dP is an inner product, delta is given or a sum of its own."""
    draft = Draft(draw, smooth=True)
    static = draw.chance(0.4)
    heads = Heads(draft, self_attention=draw.chance(0.5), static=static, layouts=("single", "heads", "batched", "tokens"), grouped=False)
    real = draft.real
    d_out = heads.operand(draft.name("d_out", "grad_out", "dO"), heads.queries)
    v = heads.operand(draft.name("v", "values", "V"), heads.keys)
    outer = heads.outer
    lead = [i for i, _ in outer]
    pairs = (*(n for _, n in outer), heads.queries, heads.keys)
    p = draft.array(draft.name("p", "weights", "P"), real, *pairs, domain=Uniform(0.0, 0.5))
    given = draw.chance(0.5)
    delta = draft.name("delta", "row_dot", "D")
    draft.reserve("dp", "out_all", "do_all", "v_all")
    if given:
        draft.array(delta, real, *pairs[:-1])
    else:
        o = heads.operand(draft.name("o", "out", "attended"), heads.queries)
    result = draft.output(draft.name("d_scores", "dS", "grad_scores"), real, *pairs)
    draft.line(f"{', '.join([*lead, heads.i, heads.j])} = wp.tid()")
    draft.line(*heads.open(counts=False))
    at = ", ".join([*lead, heads.i, heads.j])
    row = ", ".join([*lead, heads.i])
    c, size = heads.c, str(heads.dim)
    lines = [f"dp = {draft.zero()}", *loop(c, size, [f"dp += {heads.index(d_out, heads.i, c)} * {heads.index(v, heads.j, c)}"])]
    if static and draw.chance(0.6):
        draft.line(*lines)
    else:
        outlined(draft, draw.choice(("grad_weight", "value_dot")), lines, [("dp", real)])
    draft.numpy(f"do_all, v_all = {heads.canonical(d_out)}, {heads.canonical(v)}", "dp = do_all @ np.swapaxes(v_all, -1, -2)")
    less = f"{delta}[{row}]"
    if given:
        draft.numpy(f"less = {delta}[..., None]")
    else:
        term = f"{heads.index(d_out, heads.i, c)} * {heads.index(o, heads.i, c)}"
        lines = [f"{delta} = {draft.zero()}", *loop(c, size, [f"{delta} += {term}"])]
        outlined(draft, draw.choice(("row_delta", "output_dot")), lines, [(delta, real)])
        less = delta
        draft.numpy(f"less = np.sum(do_all * {heads.canonical(o)}, axis=-1)[..., None]")
    scale = draft.knob(draft.name("scale", "sm_scale"), 0.2, 1.0).numpy() if draw.chance(0.6) else ""
    times = f" * {scale}" if scale else ""
    draft.line(f"{result}[{at}] = " + draft.warp(f"{p}[{at}] * (dp - {less}){times}"))
    draft.numpy(f"d_all = {p} * (dp - less){times}")
    draft.results(**{result: "d_all"})
    return draft.case(draw.choice(("attention_score_grad", "softmax_backward_scores", "attention_backward_ds")), pairs, heads.sizes())


def value_gradient(draw: Draw) -> Case:
    """A product with the transposed weights (the values' gradient) or with the scores' gradient (that of queries or keys)."""
    draft = Draft(draw, smooth=True)
    heads = Heads(draft, self_attention=draw.chance(0.5), static=False, layouts=("single", "heads", "batched", "tokens"), grouped=False)
    real = draft.real
    kind = draw.choice(("values", "queries", "keys"))
    # What is summed over, and what each thread keeps.
    kept, kept_extent, summed, summed_extent = (
        (heads.i, heads.queries, heads.j, heads.keys) if kind == "queries" else (heads.j, heads.keys, heads.i, heads.queries)
    )
    names = {"values": ("d_out", "grad_out"), "queries": ("k", "keys_in"), "keys": ("q", "queries")}[kind]
    other = heads.operand(draft.name(*names), summed_extent)
    outer = heads.outer
    lead = [i for i, _ in outer]
    pairs = (*(n for _, n in outer), heads.queries, heads.keys)
    w = draft.name("p", "weights") if kind == "values" else draft.name("d_scores", "dS")
    draft.array(w, real, *pairs, domain=Uniform(-0.5, 0.5))
    out = heads.output({"values": "dv", "queries": "dq", "keys": "dk"}[kind], kept_extent)
    draft.line(f"{', '.join([*lead, kept, heads.c])} = wp.tid()")
    draft.extent(summed_extent, w, len(pairs) - (2 if kind != "queries" else 1))
    at = ", ".join([*lead, heads.i, heads.j])
    total = draft.name("acc", "grad", "total")
    causal = heads.self_attention and draw.chance(0.4)
    term = draw.choice((f"{w}[{at}] * {heads.index(other, summed, heads.c)}", f"{heads.index(other, summed, heads.c)} * {w}[{at}]"))
    span = summed_extent
    start = "0"
    if causal:
        start, span = (heads.j, heads.queries) if kind != "queries" else ("0", f"{heads.i} + 1")
    draft.line(f"{total} = {draft.zero()}", *loop(summed, span, [f"{total} += {term}"], start))
    weights = f"np.tril({w})" if causal else w
    turned = weights if kind == "queries" else f"np.swapaxes({weights}, -1, -2)"
    scale = draft.knob(draft.name("scale", "sm_scale"), 0.2, 1.0).numpy() if kind != "values" else ""
    draft.numpy(f"summed_all = {turned} @ {heads.canonical(other)}", f"{total} = {heads.stored('summed_all')}")
    final = total
    if scale:
        final = draft.name("scaled_grad", "scaled")
        draft.formula(f"{final} = {scale} * {total}")
    draft.line(f"{heads.index(out, kept, heads.c)} = {final}")
    draft.results(**{out: final})
    dim = (*(n for _, n in outer), kept_extent, heads.dim)
    return draft.case(draw.choice((f"grad_{kind}", f"attention_backward_{out}", f"{out}_kernel")), dim, heads.sizes())
