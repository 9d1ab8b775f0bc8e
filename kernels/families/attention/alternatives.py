"""Attention that is not a softmax of inner products: feature maps, additive scores, attention over the edges of a graph."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Offsets, Uniform
from kernels.drafting.activations import ACTIVATIONS, activated
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.formulas import to_numpy
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.families.attention.heads import Heads
from kernels.language.types import I32

_FEATURES = {
    "elu_plus_one": "wp.where(x > 0.0, x + 1.0, wp.exp(wp.min(x, 0.0)))",
    "exp": "wp.exp(x)",
    "relu": "wp.max(x, 0.0) + 0.05",
    "square": "x * x + 0.01",
    "softplus": "wp.log(1.0 + wp.exp(x))",
}


def _feature_map(draft: Draft) -> str:
    """A positive feature map as a function of both modules; returns its name."""
    formula = _FEATURES[draft.draw.choice(tuple(_FEATURES))]
    name = draft.name("phi", "feature_map", "kernel_feature")
    draft.function(name, [("x", draft.real)], [f"return {formula}"], draft.real)
    draft.reference_function(name, ["x"], [f"return {to_numpy(formula)}"])
    return name


def linear_state(draw: Draw) -> Case:
    """The state of linear attention (Katharopoulos et al., 2020): keys' features times values, summed over tokens."""
    draft = Draft(draw, smooth=True)
    heads = Heads(draft, self_attention=True, static=False, layouts=("single", "heads", "tokens"), grouped=False)
    k = heads.operand(draft.name("k", "keys_in"), heads.queries)
    v = heads.operand(draft.name("v", "values"), heads.queries)
    phi = _feature_map(draft)
    e = draft.name("out_dim", "col", "m")
    outer = heads.outer
    indices = [*(i for i, _ in outer), heads.c, e]
    draft.line(f"{', '.join(indices)} = wp.tid()")
    draft.extent(heads.keys, k, {"single": 0, "heads": 1, "tokens": 0}[heads.layout])
    at = ", ".join(indices)
    state = draft.output(draft.name("kv_state", "state", "memory"), draft.real, *(n for _, n in outer), heads.dim, heads.dim)
    total = draft.name("acc", "summed")
    term = f"{phi}({heads.index(k, heads.j, heads.c)}) * {heads.index(v, heads.j, e)}"
    decay = ""
    if draw.chance(0.4):
        # Older tokens count less: each step back multiplies by the decay.
        decay = draft.knob(draft.name("decay", "gamma"), 0.7, 0.95).numpy()
        term += draft.warp(f" * wp.pow({decay}, ") + f"{draft.cast(f'{heads.keys} - 1 - {heads.j}')})"
    draft.line(f"{total} = {draft.zero()}", *loop(heads.j, heads.keys, [f"{total} += {term}"]), f"{state}[{at}] = {total}")
    draft.numpy(f"k_all, v_all = {phi}({heads.canonical(k)}), {heads.canonical(v)}")
    if decay:
        draft.numpy(f"age = (k_all.shape[-2] - 1 - np.arange(k_all.shape[-2]))[:, None].astype({draft.precision})")
        draft.numpy(f"k_all = k_all * {decay} ** age")
    draft.numpy("product = np.swapaxes(k_all, -1, -2) @ v_all")
    values = {state: "product"}
    if draw.chance(0.5):
        norm = draft.output(draft.name("key_sum", "normalizer"), draft.real, *(n for _, n in outer), heads.dim)
        mass = draft.name("mass", "key_total")
        head = f"{phi}({heads.index(k, heads.j, heads.c)})" + (term[term.rindex(" * wp.pow") :] if decay else "")
        lines = [f"{mass} = {draft.zero()}", *loop(heads.j, heads.keys, [f"{mass} += {head}"])]
        lines.append(f"{norm}[{', '.join([*(i for i, _ in outer), heads.c])}] = {mass}")
        with draft.block(f"if {e} == 0:"):
            draft.line(*lines)
        values[norm] = "k_all.sum(axis=-2)"
    draft.results(**values)
    dim = (*(n for _, n in outer), heads.dim, heads.dim)
    return draft.case(draw.choice(("linear_attention_state", "kv_outer_sum", "accumulate_memory")), dim, heads.sizes())


def linear_output(draw: Draw) -> Case:
    """The output of linear attention: a query's features against the state, over their product with the summed keys."""
    draft = Draft(draw, smooth=True)
    static = draw.chance(0.4)
    layouts = ("single", "heads", "tokens")
    heads = Heads(draft, self_attention=True, static=static, layouts=layouts, grouped=False)
    q = heads.operand(draft.name("q", "queries"), heads.queries)
    outer = heads.outer
    lead = [i for i, _ in outer]
    state = draft.array(draft.name("kv_state", "state", "memory"), draft.real, *(n for _, n in outer), heads.dim, heads.dim)
    norm = draft.array(draft.name("key_sum", "z"), draft.real, *(n for _, n in outer), heads.dim, low=0.2, high=1.5)
    phi = _feature_map(draft)
    e = draft.name("col", "out_dim", "m")
    out = heads.output(draft.name("out", "context"), heads.queries)
    draft.line(f"{', '.join([*lead, heads.i, e])} = wp.tid()")
    if not static:
        draft.extent(str(heads.dim), q, len(heads.extents(q)) - 1)
    numerator, denominator = draft.name("numerator", "acc"), draft.name("denominator", "mass")
    draft.reserve("feature")
    inner = [f"feature = {phi}({heads.index(q, heads.i, heads.c)})"]
    inner += [f"{numerator} += feature * {state}[{', '.join([*lead, heads.c, e])}]"]
    inner += [f"{denominator} += feature * {norm}[{', '.join([*lead, heads.c])}]"]
    lines = [f"{numerator} = {draft.zero()}", f"{denominator} = {draft.zero()}", *loop(heads.c, str(heads.dim), inner)]
    if not static or draw.chance(0.4):
        outlined(draft, draw.choice(("read_memory", "query_state")), lines, [(numerator, draft.real), (denominator, draft.real)])
    else:
        draft.line(*lines)
    name = draft.name("o", "result", "read_out")
    draft.warp_formula(f"{name} = {numerator} / ({denominator} + 0.001)")
    draft.numpy(f"features = {phi}({heads.canonical(q)})", f"mixed_all = features @ {state}")
    draft.numpy(f"mixed_all = mixed_all / ((features * {norm}[..., None, :]).sum(axis=-1)[..., None] + 0.001)")
    draft.numpy(f"{name} = {heads.stored('mixed_all')}")
    draft.reserve("features", "mixed_all")
    here = heads.index(out, heads.i, e)
    site = Site(here[len(out) + 1 : -1], heads.extents(out), e, heads.dim)
    final = epilogue(draft, draft.known(name, draft.real, -9.0, 9.0), site, most=2)
    draft.line(f"{here} = {final.name}")
    draft.results(**{out: final.name})
    dim = (*(n for _, n in outer), heads.queries, heads.dim)
    return draft.case(draw.choice(("linear_attention", "kernel_attention", "read_linear_memory")), dim, heads.sizes())


def additive_scores(draw: Draw) -> Case:
    """Additive scores (Bahdanau et al., 2015): a learned vector against a nonlinearity of query plus key."""
    draft = Draft(draw, smooth=True)
    static = draw.chance(0.4)
    heads = Heads(draft, self_attention=False, static=static, layouts=("single", "heads", "batched"), grouped=False)
    q = heads.operand(draft.name("q", "query_proj", "decoder_state"), heads.queries)
    k = heads.operand(draft.name("k", "key_proj", "encoder_states"), heads.keys)
    weight = draft.array(draft.name("v", "score_vector", "w"), draft.real, heads.dim)
    bias = draft.array(draft.name("hidden_bias", "b"), draft.real, heads.dim) if draw.chance(0.4) else ""
    outer = heads.outer
    indices = [*(i for i, _ in outer), heads.i, heads.j]
    draft.line(f"{', '.join(indices)} = wp.tid()")
    if not static:
        draft.extent(str(heads.dim), q, len(heads.extents(q)) - 1)
    total = draft.name("acc", "total")
    hidden = draft.name("hidden", "combined", "pre")
    text = f"{heads.index(q, heads.i, heads.c)} + {heads.index(k, heads.j, heads.c)}{f' + {bias}[{heads.c}]' if bias else ''}"
    draft.numpy(f"{hidden} = {q}[..., :, None, :] + {k}[..., None, :, :]{f' + {bias}' if bias else ''}")
    draft.line(f"{total} = {draft.zero()}")
    with draft.block(f"for {heads.c} in range({heads.dim}):"):
        draft.line(f"{hidden} = {text}")
        known = draft.known(hidden, draft.real, -3.0, 3.0)
        value = activated(draft, known, draft.name("activated", "act"), [a for a in ACTIVATIONS if not a.helpers])
        draft.line(f"{total} += {weight}[{heads.c}] * {value.name}")
    draft.numpy(f"{total} = np.sum({weight} * {value.name}, axis=-1)")
    extents = (*(n for _, n in outer), heads.queries, heads.keys)
    at = ", ".join(indices)
    out = draft.output(draft.name("scores_out", "energies", "e"), draft.real, *extents)
    final = epilogue(draft, draft.known(total, draft.real, -9.0, 9.0), Site(at, extents), most=2, linear=not static)
    draft.line(f"{out}[{at}] = {final.name}")
    draft.results(**{out: final.name})
    return draft.case(draw.choice(("additive_attention_scores", "bahdanau_scores", "concat_scores")), extents, heads.sizes())


def graph_attention(draw: Draw) -> Case:
    """Attention over the edges of a node (Velickovic et al., 2018): neighbours' features summed with given or computed coefficients."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    node, e, c = draw.choice((("node", "e", "c"), ("i", "edge", "f"), ("v", "k", "channel")))
    h = draft.name("head", "h")
    headed = draw.chance(0.5)
    draft.reserve(node, e, c, "src", "alpha", "rows", "summed_all", "alpha_all", "nodes", "heads", "feats", "edges")
    lead = (h,) if headed else ()
    extra: tuple[str, ...] = ("heads",) if headed else ()
    x = draft.array(draft.name("x", "features", "node_feats"), real, "nodes", *extra, "feats")
    offsets = draft.array(draft.name("row_ptr", "offsets", "indptr"), I32, "nodes1", domain=lambda s: Offsets(s["edges"]))
    columns = draft.array(draft.name("col_index", "neighbors", "src_index"), I32, "edges", domain=lambda s: Integers(0, s["nodes"]))
    draft.numpy(f"rows = np.repeat(np.arange(len({offsets}) - 1), np.diff({offsets}))")
    by_head = f", {h}" if headed else ""
    computed = draw.chance(0.6)
    if computed:
        s_dst, s_src = draw.choice((("score_dst", "score_src"), ("a_dst", "a_src")))
        draft.array(s_dst, real, "nodes", *extra)
        draft.array(s_src, real, "nodes", *extra)
        peak = draft.array(draft.name("node_max", "row_max"), real, "nodes", *extra, low=0.0, high=1.0)
        denom = draft.array(draft.name("node_sum", "row_sum"), real, "nodes", *extra, domain=Uniform(1.0, 4.0))
        slope = draft.knob(draft.name("negative_slope", "leak"), 0.05, 0.3).numpy()
    else:
        coefficients = draft.array(draft.name("edge_weight", "attn", "coefficients"), real, "edges", *extra, domain=Uniform(0.0, 0.6))
    out = draft.output(draft.name("out", "aggregated", "messages"), real, "nodes", *extra, "feats")
    here = ", ".join((node, *lead, c))
    with draft.threads((node, "nodes", x, 0), *(((h, "heads", x, 1),) if headed else ()), (c, "feats", x, 1 + len(extra))):
        total = draft.name("acc", "summed")
        draft.line(f"{total} = {draft.zero()}")
        with draft.block(f"for {e} in range({offsets}[{node}], {offsets}[{node} + 1]):"):
            draft.line(f"src = {columns}[{e}]")
            if computed:
                raw, score = draft.name("raw", "logit"), draft.name("edge_score", "s")
                draft.line(f"{raw} = {s_src}[src{by_head}] + {s_dst}[{node}{by_head}]")
                draft.warp_formula(f"{score} = wp.where({raw} > 0.0, {raw}, {slope} * {raw})")
                draft.line(f"alpha = wp.exp({score} - {peak}[{node}{by_head}]) / {denom}[{node}{by_head}]")
                draft.numpy(f"{raw} = {s_src}[{columns}] + {s_dst}[rows]", f"{score} = np.where({raw} > 0.0, {raw}, {slope} * {raw})")
                draft.numpy(f"alpha_all = np.exp({score} - {peak}[rows]) / {denom}[rows]")
            else:
                draft.line(f"alpha = {coefficients}[{e}{by_head}]")
                draft.numpy(f"alpha_all = {coefficients}")
            if draw.chance(0.25):
                keep = draft.array(draft.name("edge_mask", "edge_gain"), real, "edges", domain=Uniform(0.0, 1.5))
                draft.line(f"alpha = alpha * {keep}[{e}]" if draw.chance(0.5) else f"alpha *= {keep}[{e}]")
                draft.numpy(f"alpha_all = alpha_all * {keep}{'[:, None]' if headed else ''}")
            draft.line(f"{total} += alpha * {x}[src, {', '.join((*lead, c))}]")
        draft.numpy(f"{total} = np.zeros_like({x})", f"np.add.at({total}, rows, alpha_all[..., None] * {x}[{columns}])")
        known = draft.known(total, real, -30.0, 30.0)
        final = epilogue(draft, known, Site(here, ("nodes", *extra, "feats"), c, "feats"), most=2, linear=True)
        draft.line(f"{out}[{here}] = {final.name}")
        draft.results(**{out: final.name})
    counts = ((1, 1, 1, 2), (5, 2, 3, 13), (11, 2, 4, 37))
    sizes = [{"nodes": n, "nodes1": n + 1, "heads": k, "feats": f, "edges": m} for n, k, f, m in counts]
    return draft.case(draw.choice(("graph_attention", "gat_aggregate", "edge_weighted_sum")), ("nodes", *extra, "feats"), sizes)
