"""Clustering and classification: assignments to centres, accumulation of centroids, mixtures, confusion matrices, losses, splits.

Sources: Lloyd (1982); Bishop, "Pattern Recognition and Machine Learning".
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.statistics.predictions import confusion, loss
from kernels.families.statistics.resampling import resample, split
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def clusters(draw: Draw) -> Case:
    """One kernel of clustering or classification."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _assign,
        _assign,
        _accumulate,
        _accumulate,
        _update,
        _mixture,
        confusion,
        loss,
        loss,
        split,
        resample,
    )
    return draw.choice(builders)(draw)


def _assign(draw: Draw) -> Case:
    """The nearest of a few centres for each point, in vectors or in rows of features, and what is added up on the way."""
    draft = Draft(draw, smooth=True)
    k, features = draw.integer(2, 6), draw.integer(2, 4)
    vectors = draw.chance(0.4)
    i, c, f = draft.name("i", "point", "tid"), draft.name("c", "k", "cluster"), draft.name("f", "axis", "feature")
    metric = draw.choice(("square", "square", "manhattan", "cosine")) if not vectors else "square"
    name = draw.choice(("kmeans_assign", "assign_clusters", "nearest_center", f"{metric}_assignment"))
    draft.reserve(name, "best", "least", "d", "delta", "inertia", "offset")
    type, shape = (draft.vector, ()) if vectors else (draft.real, (features,))
    points = draft.array(draft.name("points", "samples", "features_in"), type, "n", *shape)
    centers = draft.array(draft.name("centers", "centroids", "means"), type, k, *shape)
    with draft.threads((i, "n", points, 0)):
        draft.line("best = int(0)", f"least = {draft.real.spelling}(1.0e6)")
        with draft.block(f"for {c} in range({k}):"):
            if vectors:
                draft.line(
                    f"offset = {points}[{i}] - {centers}[{c}]",
                    "d = wp.dot(offset, offset)" if draw.chance(0.5) else "d = wp.length_sq(offset)",
                )
                draft.numpy(f"d = (({points}[:, None] - {centers}[None]) ** 2).sum(axis=-1)")
            else:
                draft.line(f"d = {draft.zero()}")
                with draft.block(f"for {f} in range({features}):"):
                    if metric == "cosine":
                        draft.line(f"d -= {points}[{i}, {f}] * {centers}[{c}, {f}]")
                    else:
                        draft.line(
                            f"delta = {points}[{i}, {f}] - {centers}[{c}, {f}]",
                            "d += wp.abs(delta)" if metric == "manhattan" else "d += delta * delta",
                        )
                difference = f"{points}[:, None] - {centers}[None]"
                draft.numpy(
                    {"cosine": f"d = -({points} @ {centers}.T)", "manhattan": f"d = np.abs({difference}).sum(axis=-1)"}.get(
                        metric, f"d = (({difference}) ** 2).sum(axis=-1)"
                    )
                )
            if draw.chance(0.25):
                bias = draft.array("penalty", draft.real, k, low=0.0)
                draft.line(f"d = d + {bias}[{c}]")
                draft.numpy(f"d = d + {bias}[None]")
            draft.line("if d < least:", "    least = d", f"    best = {c}")
        draft.numpy("best = np.argmin(d, axis=1).astype(np.int32)", "least = d.min(axis=1)")
        draft.store(draft.output(draft.name("assignment", "labels_out", "cluster_of"), I32, "n"), i, "best")
        if draw.chance(0.5):
            value: Expression = draft.known("least", draft.real, -4.0, 12.0)
            if draw.chance(0.4):
                weight = draft.array("weight", draft.real, "n", low=0.2)
                value = draft.fused(
                    "cost", draft.real, [value, draft.load("w", weight, i, 0.2, 1.0)], smooth=True, domain=Interval(-100.0, 100.0)
                )
            if draw.chance(0.5):
                draft.output("inertia", draft.real, 1, role="accumulate")
                draft.line(f"wp.atomic_add(inertia, 0, {value.warp()})")
                draft.numpy(f"inertia = np.array([np.sum({value.numpy()})])")
            else:
                draft.store(draft.output("distance_out", draft.real, "n"), i, value.warp())
        if draw.chance(0.4):
            draft.output("cluster_size", I32, k, role="accumulate")
            draft.line("wp.atomic_add(cluster_size, best, 1)")
            draft.numpy(f"cluster_size = np.bincount(best, minlength={k}).astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _accumulate(draw: Draw) -> Case:
    """Sums of points by their cluster, with weights and counts: a thread per point, or per point and feature."""
    draft = Draft(draw)
    k = draw.integer(2, 7)
    kind = draw.choice(("vector", "columns", "real"))
    i, f = draft.name("i", "point", "tid"), draft.name("f", "axis")
    name = draw.choice(("accumulate_centroids", "sum_by_cluster", "centroid_sums", "class_totals"))
    draft.reserve(name, "label", "value", "w", "squared")
    type = draft.vector if kind == "vector" else draft.real
    extents = ("n", "features") if kind == "columns" else ("n",)
    points = draft.array(draft.name("points", "samples", "x"), type, *extents)
    label = draft.array(draft.name("assignment", "labels", "cluster_of"), I32, "n", domain=Integers(-1, k))
    weight = draft.array("weights", draft.real, "n", low=0.2) if draw.chance(0.5) else ""
    sums = draft.output(draft.name("sums", "centroid_sum"), type, *((k, "features") if kind == "columns" else (k,)), role="accumulate")
    axes = ((i, "n", points, 0), (f, "features", points, 1)) if kind == "columns" else ((i, "n", points, 0),)
    with draft.threads(*axes):
        here = f"{i}, {f}" if kind == "columns" else i
        draft.line(f"label = {label}[{i}]", "if label < 0:", "    return")
        draft.numpy(f"label = {label}", "kept = label >= 0")
        value: Expression = draft.load("value", points, here, -1.0, 1.0, type)
        terms: list[Expression] = [value]
        if weight:
            draft.line(f"w = {weight}[{i}]")
            draft.numpy(f"w = {weight}{'[:, None]' if kind == 'columns' else ''}")
            terms.append(draft.known("w", draft.real, 0.2, 1.0))
        if len(terms) > 1 or draw.chance(0.4):
            value = draft.fused("term", type, terms, smooth=True, domain=None if type.rank else Interval(-20.0, 20.0))
        at = f"label, {f}" if kind == "columns" else "label"
        draft.line(draw.choice((f"wp.atomic_add({sums}, {at}, {value.warp()})", f"{sums}[{at}] += {value.warp()}")))
        draft.numpy(f"{sums} = np.zeros({sums}.shape, {points}.dtype)", f"np.add.at({sums}, label[kept], ({value.numpy()})[kept])")
        if draw.chance(0.6):
            draft.output("counts", I32, k, role="accumulate")
            draft.line(
                *([f"if {f} == 0:", "    wp.atomic_add(counts, label, 1)"] if kind == "columns" else ["wp.atomic_add(counts, label, 1)"])
            )
            draft.numpy(f"counts = np.bincount(label[kept], minlength={k}).astype(np.int32)")
        if kind == "real" and draw.chance(0.5):
            draft.output("squares", draft.real, k, role="accumulate")
            draft.line("wp.atomic_add(squares, label, value * value)")
            draft.numpy(f"squares = np.zeros({k}, {points}.dtype)", "np.add.at(squares, label[kept], (value * value)[kept])")
    sizes = [{**s, "features": draw.integer(1, 4)} for s in grids(draw, ["n"])]
    return draft.case(name, list(extents), sizes)


def _update(draw: Draw) -> Case:
    """Centres from sums and counts, empty ones kept, moved part of the way, or shrunk towards a prior; how far they moved."""
    draft = Draft(draw, smooth=True)
    k, f = draft.name("k", "c", "cluster"), draft.name("f", "axis")
    columns = draw.chance(0.6)
    extents = ("clusters", "features") if columns else ("clusters",)
    here = f"{k}, {f}" if columns else k
    name = draw.choice(("update_centroids", "finish_centers", "centroid_step"))
    draft.reserve(name, "count", "mean", "moved", "old", "shift")
    vectors = not columns and draw.chance(0.6)
    type = draft.vector if vectors else draft.real
    sums = draft.array("sums", type, *extents)
    old = draft.array(draft.name("centers", "previous"), type, *extents)
    counts = draft.array("counts", I32, "clusters", domain=Integers(0, 5))
    out = draft.output(draft.name("centers_out", "updated"), type, *extents)
    with draft.threads(*(((k, "clusters", sums, 0), (f, "features", sums, 1)) if columns else ((k, "clusters", sums, 0),))):
        draft.line(f"count = {counts}[{k}]")
        draft.numpy(f"count = {counts}{'[:, None]' if columns or vectors else ''}")
        way = draw.choice(("early", "where", "prior"))
        if way == "early":
            draft.line("if count == 0:", f"    {out}[{here}] = {old}[{here}]", "    return")
        if way == "prior":
            strength = draft.knob("strength", 0.5, 2.0)
            draft.line(f"mean = ({sums}[{here}] + {strength.warp()} * {old}[{here}]) / ({draft.cast('count')} + {strength.warp()})")
            draft.numpy(f"mean = ({sums} + {strength.numpy()} * {old}) / (count.astype({draft.precision}) + {strength.numpy()})")
        else:
            draft.line(f"mean = {sums}[{here}] / {draft.cast('wp.max(count, 1)')}")
            draft.numpy(f"mean = {sums} / np.maximum(count, 1).astype({draft.precision})")
        value = "mean"
        if draw.chance(0.5):
            rate = draft.knob("rate", 0.2, 0.9)
            draft.line(f"moved = {old}[{here}] + {rate.warp()} * (mean - {old}[{here}])")
            draft.numpy(f"moved = {old} + {rate.numpy()} * (mean - {old})")
            value = "moved"
        if way == "where":
            draft.line("if count > 0:", f"    {out}[{here}] = {value}", "else:", f"    {out}[{here}] = {old}[{here}]")
        else:
            draft.line(f"{out}[{here}] = {value}")
        draft.numpy(f"{out} = {value}" if way == "prior" else f"{out} = np.where(count > 0, {value}, {old})")
        if way == "prior" and not vectors and draw.chance(0.6):
            shift = draft.output("shift", draft.real, 1, role="accumulate")
            draft.line(f"shift_here = {value} - {old}[{here}]", f"wp.atomic_add({shift}, 0, shift_here * shift_here)")
            draft.numpy(f"{shift} = np.array([(({value} - {old}) ** 2).sum()])")
    return draft.case(name, list(extents), grids(draw, extents))


def _mixture(draw: Draw) -> Case:
    """Mixtures of normal distributions: responsibilities, log-likelihoods, naive Bayes scores, soft assignments by temperature."""
    draft = Draft(draw, smooth=True)
    k = draw.integer(2, 5)
    kind = draw.choice(("responsibility", "likelihood", "bayes", "soft"))
    i, c = draft.name("i", "sample"), draft.name("c", "component")
    name = draw.choice((f"mixture_{kind}", f"gmm_{kind}", f"{kind}_step"))
    draft.reserve(name, "total", "d", "p", "top", "score", "log_p")
    x = draft.array(draft.name("x", "samples"), draft.real, "n")
    mean = draft.array("means", draft.real, k)
    precision = draft.array(draft.name("precisions", "inv_var"), draft.real, k, low=0.5, high=2.0)
    prior = draft.array(draft.name("priors", "mix"), draft.real, k, low=0.2)
    temperature = draft.knob("temperature", 0.5, 2.0) if kind == "soft" else None
    helper = draw.chance(0.5)
    if helper:
        draft.function(
            "component_weight",
            [(p, draft.real) for p in ("x", "mean", "tau", "mix")],
            ["d = x - mean", "return mix * wp.sqrt(tau) * wp.exp(-0.5 * tau * d * d)"],
        )
    draft.numpy(f"d = {x}[:, None] - {mean}[None]", f"p = {prior} * np.sqrt({precision}) * np.exp(-0.5 * {precision} * d * d)")
    with draft.threads((i, "n", x, 0)):
        draft.line(f"total = {draft.zero()}")

        def component() -> None:
            if helper:
                draft.line(f"p = component_weight({x}[{i}], {mean}[{c}], {precision}[{c}], {prior}[{c}])")
            else:
                draft.line(
                    f"d = {x}[{i}] - {mean}[{c}]",
                    draft.warp(f"p = {prior}[{c}] * wp.sqrt({precision}[{c}]) * wp.exp(-0.5 * {precision}[{c}] * d * d)"),
                )
            if temperature is not None:
                draft.line(f"p = wp.pow(p, {temperature.warp()})")

        if temperature is not None:
            draft.numpy(f"p = p ** {temperature.numpy()}")
        with draft.block(f"for {c} in range({k}):"):
            component()
            draft.line("total += p")
        draft.numpy("total = p.sum(axis=1)")
        if kind in ("responsibility", "soft"):
            out = draft.output(draft.name("responsibilities", "soft_labels"), draft.real, "n", k)
            with draft.block(f"for {c} in range({k}):"):
                component()
                draft.line(f"{out}[{i}, {c}] = p / total")
            draft.numpy(f"{out} = p / total[:, None]")
        elif kind == "likelihood":
            draft.formula("log_p = wp.log(total + 0.001)")
            if draw.chance(0.5):
                draft.output("log_likelihood", draft.real, 1, role="accumulate")
                draft.line("wp.atomic_add(log_likelihood, 0, log_p)")
                draft.numpy("log_likelihood = np.array([log_p.sum()])")
            else:
                draft.store(draft.output("log_likelihood", draft.real, "n"), i, "log_p")
        else:
            chosen = draw.integer(0, k - 1)
            draft.line(
                f"d = {x}[{i}] - {mean}[{chosen}]",
                draft.warp(f"score = wp.log({prior}[{chosen}]) - 0.5 * {precision}[{chosen}] * d * d - wp.log(total + 0.001)"),
            )
            draft.numpy(f"score = np.log({prior}[{chosen}]) - 0.5 * {precision}[{chosen}] * d[:, {chosen}] ** 2 - np.log(total + 0.001)")
            value: Expression = draft.known("score", draft.real, -6.0, 6.0)
            if draw.chance(0.5):
                value = draft.fused("logit", draft.real, [value], smooth=True)
            draft.store(draft.output("scores", draft.real, "n"), i, value.warp())
    return draft.case(name, ["n"], grids(draw, ["n"]))
