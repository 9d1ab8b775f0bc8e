"""Metric learning: losses of distances and similarities between embeddings."""

from __future__ import annotations

import re

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined, outlined_value
from kernels.draw import Draw
from kernels.families.loss.totals import finish
from kernels.language.types import I32


def _width(draw: Draw, *, static: bool) -> Extent:
    return draw.choice((2, 3, 4, 6)) if static else "dims"


def _sizes(draw: Draw) -> list[dict[str, int]]:
    return [{"n": n, "dims": d, "rows": m} for n, d, m in ((1, 1, 2), (7, 3, 5), (draw.choice((17, 23)), 5, 9))]


def _squared_distance(draft: Draft, name: str, a: str, b: str, d: str, size: Extent) -> list[str]:
    """The kernel's lines that sum the squared differences of `a` and `b`, texts over the counter `d`."""
    draft.reserve("delta")
    inner = [f"delta = {a} - {b}", f"{name} += delta * delta"]
    return [f"{name} = {draft.zero()}", *loop(d, str(size), inner)]


def pairs(draw: Draw) -> Case:
    """Contrastive and cosine losses of pairs with a binary label; margins between two scores."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    kind = draw.choice(("contrastive", "contrastive", "cosine", "cosine", "ranking", "logistic"))
    i, d = draw.choice((("i", "d"), ("pair", "c"), ("tid", "k")))
    draft.reserve(i, d, "n", "dims", "same", "dot", "norm_a", "norm_b", "similarity", "dist_sq", "dist", "pull", "push", "y")
    labels = draft.array(draft.name("labels", "is_match", "same_class"), I32, "n", domain=Bernoulli(0.5))
    if kind in ("ranking", "logistic"):
        return _ranking(draw, draft, kind, i, labels)
    static = draw.chance(0.45)
    size = _width(draw, static=static)
    a, b = draw.choice((("a", "b"), ("anchor", "other"), ("left", "right")))
    draft.array(a, real, "n", size)
    draft.array(b, real, "n", size)
    loss = draft.name("value", "pair_loss", "loss_value")
    with draft.threads((i, "n", a, 0)):
        if not static:
            draft.extent("dims", a, 1)
        margin = draft.knob(draft.name("margin", "threshold"), 0.4, 1.6).numpy()
        inline = static and draw.chance(0.6)
        if kind == "contrastive":
            lines = _squared_distance(draft, "dist_sq", f"{a}[{i}, {d}]", f"{b}[{i}, {d}]", d, size)
            _placed(draft, lines, ("dist_sq",), draw.choice(("squared_distance", "pair_distance")), inline=inline)
            draft.numpy(f"dist_sq = np.sum(({a} - {b}) ** 2, axis=1)")
            draft.formula("dist = wp.sqrt(dist_sq + 1.0e-4)", f"push = wp.max({margin} - dist, 0.0)")
            pull = "dist_sq"
            push = draw.choice(("push * push", "push"))
        else:
            inner = [f"dot += {a}[{i}, {d}] * {b}[{i}, {d}]"]
            inner += [f"norm_a += {a}[{i}, {d}] * {a}[{i}, {d}]", f"norm_b += {b}[{i}, {d}] * {b}[{i}, {d}]"]
            names = ("dot", "norm_a", "norm_b")
            lines = [*(f"{name} = {draft.zero()}" for name in names), *loop(d, str(size), inner)]
            _placed(draft, lines, names, draw.choice(("pair_moments", "dot_and_norms")), inline=inline)
            draft.numpy(f"dot = np.sum({a} * {b}, axis=1)", f"norm_a, norm_b = np.sum({a} * {a}, axis=1), np.sum({b} * {b}, axis=1)")
            draft.formula("similarity = dot / wp.sqrt(norm_a * norm_b + 1.0e-3)")
            pull, push = "1.0 - similarity", f"wp.max(similarity - {margin} * 0.5, 0.0)"
        _by_label(draw, draft, loss, f"{labels}[{i}]", labels, pull, push)
        half = draw.chance(0.3)
        value = loss
        if half:
            value = draft.name("halved", "half_loss")
            draft.formula(f"{value} = 0.5 * {loss}")
        results = finish(draft, draft.known(value, real, 0.0, 30.0), (i,), ("n",))
    draft.results(**results)
    return draft.case(draw.choice((f"{kind}_loss", f"{kind}_pairs", "embedding_pair_loss")), ("n",), _sizes(draw))


def _placed(draft: Draft, lines: list[str], names: tuple[str, ...], function: str, *, inline: bool) -> None:
    if inline:
        draft.line(*lines)
    else:
        outlined(draft, function, lines, [(name, draft.real) for name in names])
    for name in names:
        draft.known(name, draft.real, -20.0, 40.0)


def _by_label(draw: Draw, draft: Draft, loss: str, label: str, labels: str, pull: str, push: str) -> None:
    """Names the loss: `pull` (a formula) where the label is one, `push` where it is zero."""
    form = draw.choice(("where", "branch", "mix"))
    if form == "where":
        draft.warp_formula(f"{loss} = wp.where({label} == 1, {pull}, {push})")
    elif form == "branch":
        draft.line(f"{loss} = {draft.zero()}", f"if {label} == 1:")
        draft.warp_formula(f"    {loss} = {pull}")
        draft.line("else:")
        draft.warp_formula(f"    {loss} = {push}")
    else:
        draft.line(f"y = {draft.cast(label)}")
        draft.warp_formula(f"{loss} = y * ({pull}) + (1.0 - y) * ({push})")
    numpy_push = push.replace("wp.max", "np.maximum")
    draft.numpy(f"{loss} = np.where({labels} == 1, {pull}, {numpy_push})")


def _ranking(draw: Draw, draft: Draft, kind: str, i: str, labels: str) -> Case:
    """The first score should exceed the second (label one) or fall below it (zero): by a margin, or by a logistic loss."""
    real = draft.real
    first, second = draw.choice((("score_a", "score_b"), ("chosen", "rejected"), ("x1", "x2")))
    draft.array(first, real, "n")
    draft.array(second, real, "n")
    with draft.threads((i, "n", first, 0)):
        draft.line(f"y = {draft.cast(f'2 * {labels}[{i}] - 1')}")
        draft.numpy(f"y = (2 * {labels} - 1).astype({draft.precision})")
        gap = draft.name("gap", "difference")
        draft.line(f"{gap} = {first}[{i}] - {second}[{i}]")
        draft.numpy(f"{gap} = {first} - {second}")
        loss = draft.name("value", "pair_loss")
        if kind == "ranking":
            margin = draft.knob("margin", 0.1, 1.0).numpy()
            draft.formula(f"{loss} = wp.max({margin} - y * {gap}, 0.0)")
        else:
            beta = draft.knob(draft.name("beta", "scale"), 0.3, 2.0).numpy()
            draft.formula(f"{loss} = wp.log(1.0 + wp.exp(-{beta} * y * {gap}))")
        results = finish(draft, draft.known(loss, real, 0.0, 9.0), (i,), ("n",))
    draft.results(**results)
    name = ("margin_ranking_loss", "ranking_hinge") if kind == "ranking" else ("pairwise_logistic", "preference_loss")
    return draft.case(draw.choice(name), ("n",), _sizes(draw))


def triplet(draw: Draw) -> Case:
    """An anchor should be nearer to its positive than to its negative; rows of three arrays, or of one by indices."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    static = draw.chance(0.45)
    size = _width(draw, static=static)
    i, d = draw.choice((("i", "d"), ("triplet", "c")))
    draft.reserve(i, d, "n", "dims", "pos_sq", "neg_sq", "pos_dist", "neg_dist", "slack", "pos_all", "neg_all", "a_all", "p_all", "n_all")
    indexed = draw.chance(0.45)
    if indexed:
        table = draft.array(draft.name("embeddings", "features"), real, "rows", size)
        names = draw.choice((("anchors", "positives", "negatives"), ("anchor_id", "positive_id", "negative_id")))
        for name in names:
            draft.array(name, I32, "n", domain=lambda s: Integers(0, s["rows"]))
        rows = [f"{table}[{name}[{i}], {d}]" for name in names]
        draft.numpy(f"a_all, p_all, n_all = {', '.join(f'{table}[{name}]' for name in names)}")
        first = names[0]
    else:
        names = draw.choice((("anchor", "positive", "negative"), ("query", "match", "mismatch")))
        for name in names:
            draft.array(name, real, "n", size)
        rows = [f"{name}[{i}, {d}]" for name in names]
        draft.numpy(f"a_all, p_all, n_all = {', '.join(names)}")
        first = names[0]
    squared = draw.chance(0.4)
    with draft.threads((i, "n", first, 0)):
        if not static:
            draft.extent("dims", table if indexed else names[0], 1)
        margin = draft.knob(draft.name("margin", "gap"), 0.2, 1.5).numpy()
        inline = static and draw.chance(0.6)
        if draw.chance(0.5):
            draft.reserve("to_pos", "to_neg")
            inner = [f"to_pos = {rows[0]} - {rows[1]}", f"to_neg = {rows[0]} - {rows[2]}"]
            inner += ["pos_sq += to_pos * to_pos", "neg_sq += to_neg * to_neg"]
            lines = [f"pos_sq = {draft.zero()}", f"neg_sq = {draft.zero()}", *loop(d, str(size), inner)]
            _placed(draft, lines, ("pos_sq", "neg_sq"), draw.choice(("triplet_distances", "both_distances")), inline=inline)
        else:
            for name, other in (("pos_sq", rows[1]), ("neg_sq", rows[2])):
                lines = _squared_distance(draft, name, rows[0], other, d, size)
                _placed(draft, lines, (name,), draw.choice((f"{name[:3]}_distance", f"distance_{name[:3]}")), inline=inline)
        draft.numpy("pos_sq, neg_sq = np.sum((a_all - p_all) ** 2, axis=1), np.sum((a_all - n_all) ** 2, axis=1)")
        if squared:
            draft.formula(f"slack = pos_sq - neg_sq + {margin}")
        else:
            draft.formula("pos_dist = wp.sqrt(pos_sq + 1.0e-4)", "neg_dist = wp.sqrt(neg_sq + 1.0e-4)")
            draft.formula(f"slack = pos_dist - neg_dist + {margin}")
        loss = draft.name("value", "triplet_loss", "loss_value")
        draft.formula(f"{loss} = wp.max(slack, 0.0)" if draw.chance(0.6) else f"{loss} = wp.log(1.0 + wp.exp(slack))")
        results = finish(draft, draft.known(loss, real, 0.0, 30.0), (i,), ("n",))
        if draw.chance(0.3):
            active = draft.output(draft.name("active", "violations"), I32, 1, role="accumulate")
            draft.line(f"if slack > {draft.number(0.0)}:", f"    wp.atomic_add({active}, 0, 1)")
            results[active] = "np.sum(slack > 0.0).reshape(1).astype(np.int32)"
    draft.results(**results)
    return draft.case(draw.choice(("triplet_loss", "triplet_margin_loss", "soft_margin_triplet")), ("n",), _sizes(draw))


def info_nce(draw: Draw) -> Case:
    """A query's similarity to its own key against its similarities to all keys, or to all other queries of the batch."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    given = draw.chance(0.4)
    i, j, d = draw.choice((("i", "j", "d"), ("query", "key", "c")))
    draft.reserve(i, j, d, "n", "dims", "dot", "logits_all", "exps_all", "own", "positive", "match")
    skip = draw.chance(0.4)
    static = draw.chance(0.4)
    size = _width(draw, static=static)
    temperature = draft.knob(draft.name("temperature", "tau"), 0.3, 1.0).numpy()
    if given:
        sims = draft.array(draft.name("similarity", "sims", "logits"), real, "n", "n")
        score = draft.warp(f"{sims}[{i}, {j}] / {temperature}")
        draft.numpy(f"logits_all = {sims} / {temperature}")
        first = sims
    else:
        first = draft.array(draft.name("queries", "z_a", "anchors"), real, "n", size)
        other = first if skip and draw.chance(0.5) else draft.array(draft.name("keys", "z_b", "views"), real, "n", size)
        draft.numpy(f"logits_all = ({first} @ {other}.T) / {temperature}")
    # A query that leaves itself out has its positive in its neighbour, as two views of a picture do.
    positives = ""
    if not skip and draw.chance(0.5):
        positives = draft.array(draft.name("positives", "match_index"), I32, "n", domain=lambda s: Integers(0, s["n"]))
    with draft.threads((i, "n", first, 0)):
        count = draft.extent("n", first)
        if not given:
            if not static:
                draft.extent("dims", first, 1)
            lines = [f"dot = {draft.zero()}", *loop(d, str(size), [f"dot += {first}[{i}, {d}] * {other}[{j}, {d}]"])]
            score = outlined_value(draft, draw.choice(("pair_score", "scaled_similarity")), lines, draft.warp(f"dot / {temperature}"), real)
        if positives:
            draft.line(f"positive = {positives}[{i}]")
            draft.numpy(f"match = {positives}")
        else:
            draft.line(f"positive = ({i} + 1) % {count}" if skip else f"positive = {i}")
            draft.numpy("match = np.arange(len(logits_all))" if not skip else "match = (np.arange(len(logits_all)) + 1) % len(logits_all)")
        own = re.sub(rf"\b{j}\b", "positive", score)
        draft.line(f"own = {own}")
        peak, total = draft.name("row_max", "largest"), draft.name("denom", "exp_sum")

        def within(line: str) -> list[str]:
            return [f"if {j} != {i}:", f"    {line}"] if skip else [line]

        shifted = draw.chance(0.6)
        if shifted:
            lines = [f"{peak} = {draft.cast('-1.0e30')}", *loop(j, count, within(f"{peak} = wp.max({peak}, {score})"))]
            outlined(draft, draw.choice(("largest_score", "max_similarity")), lines, [(peak, real)])
            draft.known(peak, real, -20.0, 20.0)
        less = f" - {peak}" if shifted else ""
        lines = [f"{total} = {draft.zero()}", *loop(j, count, within(f"{total} += wp.exp({score}{less})"))]
        outlined(draft, draw.choice(("sum_exp", "partition")), lines, [(total, real)])
        loss = draft.name("value", "nce", "loss_value")
        draft.line(f"{loss} = {f'{peak} + ' if shifted else ''}wp.log({total}) - own")
        draft.numpy(f"exps_all = np.exp(logits_all){' * (1.0 - np.eye(len(logits_all)))' if skip else ''}")
        draft.numpy(f"{loss} = np.log(exps_all.sum(axis=1)) - np.take_along_axis(logits_all, match[:, None], axis=1)[:, 0]")
        results = finish(draft, draft.known(loss, real, -3.0, 40.0), (i,), ("n",))
    draft.results(**results)
    sizes = [{"n": n, "dims": w} for n, w in ((2, 1), (5, 3), (11, 4))]
    titles = ("info_nce", "nt_xent", "contrastive_cross_entropy") if skip else ("info_nce", "clip_loss_rows")
    return draft.case(draw.choice(titles), ("n",), sizes)
