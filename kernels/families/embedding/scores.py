"""Scores of embedded entities against each other: inner products, distances, bilinear and translational forms, negative samples."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.language.types import I32
from kernels.source import indented

_FORMS = {
    "dot": ("u * v", "u * v", ""),
    "distance": ("(u - v) * (u - v)", "(u - v) ** 2", "wp.sqrt(total + 0.01)"),
    "manhattan": ("wp.abs(u - v)", "np.abs(u - v)", ""),
    "distmult": ("u * r * v", "u * r * v", ""),
    "transe": ("(u + r - v) * (u + r - v)", "(u + r - v) ** 2", "-wp.sqrt(total + 0.01)"),
    "transe_l1": ("wp.abs(u + r - v)", "np.abs(u + r - v)", "margin - total"),
    "gaussian": ("(u - v) * (u - v)", "(u - v) ** 2", "wp.exp(-0.5 * total)"),
}


def pair_score(draw: Draw) -> Case:
    """One thread per pair (or triple with a relation): a sum over elements, and what is made of it."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    kind = draw.choice((*_FORMS, "cosine"))
    static = draw.chance(0.45)
    size: Extent = draw.choice((2, 3, 4, 6)) if static else "dims"
    i, d = draw.choice((("i", "d"), ("pair", "c"), ("triple", "k")))
    draft.reserve(i, d, "u", "v", "r", "head", "tail", "relation", "total", "norm_u", "norm_v", "dims", "n", "rows", "score")
    same = draw.chance(0.6)
    table = draft.array(draft.name("table", "entities", "embeddings"), real, "rows", size)
    other = table if same else draft.array(draft.name("items", "context_table", "targets_table"), real, "rows", size)
    heads, tails = draw.choice((("heads", "tails"), ("src", "dst"), ("users", "items_of")))
    for name in (heads, tails):
        draft.array(name, I32, "n", domain=lambda s: Integers(0, s["rows"]))
    related = kind in ("distmult", "transe", "transe_l1")
    if related:
        relations = draft.array(draft.name("relations", "relation_ids"), I32, "n", domain=Integers(0, 3))
        vectors = draft.array(draft.name("relation_table", "relation_vectors"), real, 3, size)
    with draft.threads((i, "n", heads, 0)):
        if not static:
            draft.extent("dims", table, 1)
        draft.line(f"head = {heads}[{i}]", f"tail = {tails}[{i}]")
        draft.numpy(f"u, v = {table}[{heads}], {other}[{tails}]")
        loads = [f"u = {table}[head, {d}]", f"v = {other}[tail, {d}]"]
        if related:
            draft.line(f"relation = {relations}[{i}]")
            draft.numpy(f"r = {vectors}[{relations}]")
            loads.append(f"r = {vectors}[relation, {d}]")
        names = ["total", "norm_u", "norm_v"] if kind == "cosine" else ["total"]
        products = ["total += u * v", "norm_u += u * u", "norm_v += v * v"]
        sums = products if kind == "cosine" else [f"total += {_FORMS[kind][0]}"]
        lines = [*(f"{name} = {draft.zero()}" for name in names), *loop(d, str(size), [*loads, *sums])]
        if static and draw.chance(0.6):
            draft.line(*lines)
        else:
            outlined(draft, draw.choice(("pair_sums", "compare_rows", "sum_elements")), lines, [(name, real) for name in names])
        if kind == "cosine":
            draft.numpy("total = np.sum(u * v, axis=1)", "norm_u, norm_v = np.sum(u * u, axis=1), np.sum(v * v, axis=1)")
            draft.formula("score = total / wp.sqrt(norm_u * norm_v + 0.001)")
        else:
            draft.numpy(f"total = np.sum({_FORMS[kind][1]}, axis=1)")
            ending = _FORMS[kind][2]
            if "margin" in ending:
                ending = ending.replace("margin", draft.knob(draft.name("margin", "gamma"), 1.0, 6.0).numpy())
            draft.formula(f"score = {ending or 'total'}")
        value = draft.known("score", real, -12.0, 12.0)
        if draw.chance(0.4):
            biases = draft.array(draft.name("item_bias", "popularity"), real, "rows")
            name = draft.name("biased_score", "shifted_score")
            draft.line(f"{name} = score + {biases}[tail]")
            draft.numpy(f"{name} = score + {biases}[{tails}]")
            value = draft.known(name, real, -13.0, 13.0)
        final = epilogue(draft, value, Site(i, ("n",)), most=2)
        out = draft.output(draft.name("scores_out", "similarity", "logits"), real, "n")
        draft.line(f"{out}[{i}] = {final.name}")
        draft.results(**{out: final.name})
    sizes = [{"n": n, "rows": m, "dims": w} for n, m, w in ((1, 2, 1), (7, 5, 3), (draw.choice((31, 67)), 11, 5))]
    title = draw.choice((f"{kind}_score", "score_pairs", f"{kind}_similarity", "score_triples" if related else "pair_scores"))
    return draft.case(title, ("n",), sizes)


def negative_sampling(draw: Draw) -> Case:
    """The loss of skip-grams (Mikolov et al., 2013): a positive pair against a few drawn negatives, per pair or summed up."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    static = draw.chance(0.5)
    size: Extent = draw.choice((2, 3, 4)) if static else "dims"
    negatives = draw.choice((2, 3, 5))
    i, k, d = draw.choice((("i", "k", "d"), ("pair", "j", "c")))
    draft.reserve(i, k, d, "center", "context", "positive", "dot", "score", "dims", "n", "rows", "u_all", "pos_all", "neg_all", "row_dot")
    centers_table = draft.array(draft.name("in_vectors", "word_vectors", "query_table"), real, "rows", size)
    context_table = draft.array(draft.name("out_vectors", "context_vectors", "item_table"), real, "rows", size)
    center_ids, context_ids = draw.choice((("centers", "contexts"), ("words", "context_ids")))
    for name in (center_ids, context_ids):
        draft.array(name, I32, "n", domain=lambda s: Integers(0, s["rows"]))
    drawn = draft.array(draft.name("negatives", "sampled_ids"), I32, "n", negatives, domain=lambda s: Integers(0, s["rows"]))
    summed = draw.chance(0.4)
    margin = draw.chance(0.35)
    with draft.threads((i, "n", center_ids, 0)):
        if not static:
            draft.extent("dims", centers_table, 1)
        draft.definitions.append(_dot_function(draft, d, size))
        draft.line(f"center = {center_ids}[{i}]", f"context = {context_ids}[{i}]")
        width = "" if static else ", dims"
        draft.line(f"positive = row_dot({centers_table}, {context_table}, center, context{width})")
        draft.numpy(f"u_all = {centers_table}[{center_ids}]", f"pos_all = np.sum(u_all * {context_table}[{context_ids}], axis=1)")
        draft.numpy(f"neg_all = np.sum(u_all[:, None, :] * {context_table}[{drawn}], axis=2)")
        loss = draft.name("loss_value", "nll", "pair_loss")
        score = f"row_dot({centers_table}, {context_table}, center, {drawn}[{i}, {k}]{width})"
        if margin:
            gap = draft.knob(draft.name("margin", "gap"), 0.2, 1.5).numpy()
            draft.line(f"{loss} = {draft.zero()}")
            inner = [f"score = {score}", draft.warp(f"{loss} += wp.max({gap} + score - positive, 0.0)")]
            numpy = f"np.sum(np.maximum({gap} + neg_all - pos_all[:, None], 0.0), axis=1)"
        else:
            draft.warp_formula(f"{loss} = wp.log(1.0 + wp.exp(-positive))")
            inner = [f"score = {score}", draft.warp(f"{loss} += wp.log(1.0 + wp.exp(score))")]
            numpy = "np.log(1.0 + np.exp(-pos_all)) + np.sum(np.log(1.0 + np.exp(neg_all)), axis=1)"
        draft.line(*loop(k, str(negatives), inner))
        draft.numpy(f"{loss} = {numpy}")
        final = epilogue(draft, draft.known(loss, real, 0.0, 30.0), Site(i, ("n",)), most=1)
        out = draft.name("loss", "losses", "objective")
        if summed:
            draft.output(out, real, 1, role="accumulate")
            draft.line(f"wp.atomic_add({out}, 0, {final.name})")
            draft.results(**{out: f"np.sum({final.name}).reshape(1)"})
        else:
            draft.output(out, real, "n")
            draft.line(f"{out}[{i}] = {final.name}")
            draft.results(**{out: final.name})
    sizes = [{"n": n, "rows": m, "dims": w} for n, m, w in ((1, 2, 1), (7, 5, 3), (draw.choice((31, 67)), 11, 5))]
    return draft.case(draw.choice(("skip_gram_loss", "negative_sampling_loss", "sampled_ranking_loss")), ("n",), sizes)


def _dot_function(draft: Draft, d: str, size: Extent) -> list[str]:
    """The inner product of a row of one table with a row of another."""
    real = draft.real.spelling
    tables = f"a: wp.array2d(dtype={real}), b: wp.array2d(dtype={real})"
    width = "" if isinstance(size, int) else ", dims: int"
    head = f"def row_dot({tables}, i: int, j: int{width}) -> {real}:"
    stop = str(size) if isinstance(size, int) else "dims"
    body = [f"dot = {draft.zero()}", *loop(d, stop, [f"dot += a[i, {d}] * b[j, {d}]"]), "return dot"]
    return ["@wp.func", head, *indented(body)]
