"""Standardized values and sums that make moments: z-scores, covariance entries, partial sums and their combination."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.drafting.traversal import Axis
from kernels.draw import Draw
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import I32

DATA = ("x", "samples", "observations", "measurements", "scores", "signal")


def standardize(draw: Draw) -> Case:
    """Rows standardized in place of their own mean and deviation: z-scores, centred values, unit norms, values between zero and one."""
    draft = Draft(draw, smooth=True)
    layout = Axis(draft, static=True)
    width = float(layout.length)
    kind = draw.choice(("z_score", "center", "unit", "range", "share"))
    data = layout.array(draw.choice(DATA), draft.real, low=0.1 if kind == "share" else -1.0)
    gain = layout.array("gain", draft.real, low=0.2) if draw.chance(0.4) else ""
    name = draw.choice((f"{kind}_rows", f"standardize_{kind}", f"normalize_{kind}"))
    draft.reserve(name, "mean", "variance", "inv_std", "total", "second", "value", "z", "low", "high", "scaled")
    out = draft.output(draft.name("out", "normalized", "standardized"), draft.real, *layout.extents)
    along = layout.axis
    with layout.threads():
        if kind == "range":
            draft.line(f"low = {data}[{layout.index('0')}]", "high = low")
            with layout.loop():
                draft.line(f"low = wp.min(low, {data}[{layout.at}])", f"high = wp.max(high, {data}[{layout.at}])")
            draft.numpy(f"low, high = {data}.min(axis={along}, keepdims=True), {data}.max(axis={along}, keepdims=True)")
            text = "(value - low) / (high - low + 0.05)"
        else:
            draft.line(*(f"{v} = {draft.zero()}" for v in ("total", *(["second"] if kind in ("z_score", "unit") else []))))
            with layout.loop():
                draft.line(
                    f"value = {data}[{layout.at}]", "total += value", *(["second += value * value"] if kind in ("z_score", "unit") else [])
                )
            draft.numpy(f"total, second = {data}.sum(axis={along}, keepdims=True), ({data} ** 2).sum(axis={along}, keepdims=True)")
            if kind in ("z_score", "center"):
                draft.formula(f"mean = total / {width}")
            if kind == "z_score":
                draft.formula(f"variance = second / {width} - mean * mean", "inv_std = 1.0 / wp.sqrt(variance + 0.01)")
            elif kind == "unit":
                draft.formula("inv_std = 1.0 / wp.sqrt(second + 0.01)")
            text = {"z_score": "(value - mean) * inv_std", "center": "value - mean", "unit": "value * inv_std", "share": "value / total"}[
                kind
            ]
        with layout.loop():
            draft.line(f"value = {data}[{layout.at}]")
            draft.numpy(f"value = {data}")
            draft.formula(f"z = {text}")
            terms: list[Expression] = [draft.known("z", draft.real, -3.0, 3.0)]
            if gain:
                terms.append(Custom(draft.real, Interval(0.2, 1.0), f"{gain}[{layout.at}]", gain))
            result = draft.fused("scaled", draft.real, terms, smooth=True) if gain or draw.chance(0.5) else terms[0]
            draft.line(f"{out}[{layout.at}] = {result.warp()}")
            draft.numpy(f"{out} = {result.numpy()}")
    return layout.case(name)


def scores(draw: Draw) -> Case:
    """Elements standardized by given means and deviations of their columns, with masks, clipping and fused terms."""
    draft = Draft(draw)
    kind = draw.choice(("z", "robust", "clipped", "running", "inverse"))
    i, j = draw.choice((("i", "j"), ("row", "col"), ("sample", "feature")))
    name = draw.choice((f"{kind}_scores", f"{kind}_standardize", "apply_standardization"))
    draft.reserve(name, i, j, "z", "mu", "sigma", "value", "scored")
    data = draft.array(draw.choice(DATA), draft.real, "rows", "cols")
    mean = draft.array(draft.name("mean", "median", "center"), draft.real, "cols")
    spread = draft.array(draft.name("std", "mad", "scale"), draft.real, "cols", low=0.3)
    out = draft.output(draft.name("out", "z_scores", "scaled"), draft.real, "rows", "cols")
    with draft.threads((i, "rows", data, 0), (j, "cols", data, 1)):
        draft.line(f"value = {data}[{i}, {j}]", f"mu = {mean}[{j}]", f"sigma = {spread}[{j}]")
        draft.numpy(f"value, mu, sigma = {data}, {mean}, {spread}")
        draft.scope.update({n: draft.known(n, draft.real, low, 1.0) for n, low in (("value", -1.0), ("mu", -1.0), ("sigma", 0.3))})
        text = {
            "clipped": "clamp((value - mu) / sigma, -1.7, 1.9)",
            "robust": "0.6745 * (value - mu) / sigma",
            "inverse": "value * sigma + mu",
        }.get(kind, "(value - mu) / sigma")
        z: Expression = draft.let("z", text)
        if draw.chance(0.6):
            terms = [z]
            for array in draw.subset(("gamma", "beta"), draw.integer(0, 2)):
                draft.array(array, draft.real, "cols", low=0.2)
                draft.line(f"{array}_j = {array}[{j}]")
                draft.numpy(f"{array}_j = {array}")
                terms.append(draft.known(f"{array}_j", draft.real, 0.2, 1.0))
            z = draft.fused("scored", draft.real, terms)
        if draw.chance(0.3):
            mask = draft.array(draft.name("observed", "valid"), I32, "rows", "cols", domain=Bernoulli(0.8))
            draft.line(*draw.choice((
                (f"if {mask}[{i}, {j}] == 1:", f"    {out}[{i}, {j}] = {z.warp()}", "else:", f"    {out}[{i}, {j}] = {draft.zero()}"),
                (f"{out}[{i}, {j}] = wp.where({mask}[{i}, {j}] == 1, {z.warp()}, {draft.zero()})",),
            )))  # fmt: skip
            draft.numpy(f"{out} = np.where({mask} == 1, {z.numpy()}, 0.0)")
        else:
            draft.line(f"{out}[{i}, {j}] = {z.warp()}")
            draft.numpy(f"{out} = {z.numpy()}")
    return draft.case(name, ["rows", "cols"], grids(draw, ["rows", "cols"]))


def entries(draw: Draw) -> Case:
    """Entries of covariance, scatter, Gram or distance matrices: a thread for each pair of columns, a loop over the samples."""
    draft = Draft(draw)
    kind = draw.choice(("covariance", "covariance", "gram", "scatter", "distance", "cross"))
    a, b = draw.choice((("a", "b"), ("p", "q"), ("i", "j")))
    k = draft.name("k", "s", "t")
    name = draw.choice((f"{kind}_matrix", f"{kind}_entries", f"compute_{kind}"))
    draft.reserve(name, a, b, "total", "xa", "xb", "weight", "entry")
    x = draft.array(draw.choice(DATA), draft.real, "num_samples", "cols")
    y = draft.array("targets", draft.real, "num_samples", "cols") if kind == "cross" else x
    mean = draft.array("mean", draft.real, "cols") if kind in ("covariance", "scatter", "cross") else ""
    weights = draft.array("weights", draft.real, "num_samples", low=0.2) if draw.chance(0.35) else ""
    out = draft.output(draft.name("matrix", "cov", "out"), draft.real, "cols", "cols")
    upper = kind != "cross" and draw.chance(0.3)
    draft.line(f"{a}, {b} = wp.tid()")
    if draw.chance(0.4):
        cols = draft.count("num_cols", "cols")
        draft.line(f"if {a} >= {cols} or {b} >= {cols}:", "    return")
    if upper:
        draft.line(f"if {b} < {a}:", f"    {out}[{a}, {b}] = {draft.zero()}", "    return")
    samples = draft.extent("num_samples", x)
    draft.line(f"total = {draft.zero()}")
    with draft.block(f"for {k} in range({samples}):"):
        draft.line(f"xa = {x}[{k}, {a}]{f' - {mean}[{a}]' if mean else ''}", f"xb = {y}[{k}, {b}]{f' - {mean}[{b}]' if mean else ''}")
        draft.numpy(f"xa = ({x}{f' - {mean}' if mean else ''})[:, :, None]", f"xb = ({y}{f' - {mean}' if mean else ''})[:, None, :]")
        draft.scope.update(xa=draft.known("xa", draft.real, -2.0, 2.0), xb=draft.known("xb", draft.real, -2.0, 2.0))
        term: Expression = draft.let("entry", "(xa - xb) * (xa - xb)" if kind == "distance" else draw.choice(("xa * xb", "xb * xa")))
        if weights:
            draft.line(f"weight = {weights}[{k}]")
            draft.numpy(f"weight = {weights}[:, None, None]")
            draft.scope.update(w=draft.known("weight", draft.real, 0.2, 1.0), t=term)
            term = draft.let("weighted", "w * t")
        draft.line(f"total += {term.warp()}")
    draft.numpy(f"total = np.sum({term.numpy()}, axis=0)")
    draft.known("total", draft.real, -50.0, 50.0)
    value = "total"
    if kind in ("covariance", "cross") and draw.chance(0.7):
        less = draw.choice((0, 1))
        count = samples if less == 0 else "wp.max(num_samples - 1, 1)"
        draft.line(f"value = total / {draft.cast(count)}")
        draft.numpy(f"value = total / {'len(' + x + ')' if less == 0 else 'max(len(' + x + ') - 1, 1)'}")
        value = "value"
    if draw.chance(0.3):
        ridge = draft.knob("ridge", 0.05, 0.5)
        draft.line(f"if {a} == {b}:", f"    {value} += {ridge.warp()}")
        draft.numpy(f"{value} = {value} + {ridge.numpy()} * np.eye(len({value}))")
    draft.line(f"{out}[{a}, {b}] = {value}")
    draft.numpy(f"{out} = np.triu({value})" if upper else f"{out} = {value}")
    sizes = [
        {"cols": c, "num_samples": s}
        for c, s in ((1, draw.integer(1, 4)), (draw.choice((3, 5)), draw.integer(5, 12)), (draw.integer(7, 11), draw.integer(9, 30)))
    ]
    return draft.case(name, ["cols", "cols"], sizes)


def partial(draw: Draw) -> Case:
    """Sums that make moments later, by atomics: counts, sums and squares in all, by column or by group; or parts put together."""
    draft = Draft(draw)
    if draw.chance(0.3):
        return _combined(draw)
    kind = draw.choice(("all", "columns", "groups"))
    names = draw.choice((("sum_out", "square_out", "count_out"), ("s1", "s2", "s0")))
    i, j = draft.name("i", "row", "sample"), draft.name("j", "col")
    name = draw.choice(("accumulate_moments", "moment_sums", "partial_statistics"))
    draft.reserve(name, "value", "group", "power", *names)
    shape, axes = (("rows", "cols"), 2) if kind == "columns" else (("rows",), 1)
    data = draft.array(draw.choice(DATA), draft.real, *shape)
    label = draft.array(draft.name("label", "stratum"), I32, "rows", domain=Bernoulli(0.5)) if kind == "groups" else ""
    sizes: dict[str, str | int] = {"all": 1, "columns": "cols", "groups": 2}
    size = sizes[kind]
    with draft.threads((i, "rows", data, 0), *(((j, "cols", data, 1),) if axes == 2 else ())):
        here = f"{i}, {j}" if axes == 2 else i
        valid = ""
        if draw.chance(0.35):
            mask = draft.array(draft.name("valid", "observed"), I32, *shape, domain=Bernoulli(0.7))
            draft.line(f"if {mask}[{here}] == 0:", "    return")
            valid = f"[{mask} == 1]"
        value: Expression = draft.load("value", data, here, -1.0, 1.0)
        if draw.chance(0.5):
            value = draft.fused("mapped", draft.real, [value], smooth=True, domain=Interval(-10.0, 10.0))
        at = {"all": "0", "columns": j, "groups": f"{label}[{i}]"}[kind]
        there = {
            "all": f"np.zeros({data}.shape, np.int32)",
            "columns": f"np.broadcast_to(np.arange({data}.shape[-1]), {data}.shape)",
            "groups": label,
        }[kind]
        draft.numpy(f"where = {there}")
        draft.scope["v"] = value
        parts = [(names[0], value), (names[1], draft.let("squared", "v * v"))]
        if draw.chance(0.3):
            parts.append(("cube_out", draft.let("cubed", "v * v * v")))
        for out, term in parts:
            draft.output(out, draft.real, size, role="accumulate")
            draft.line(f"wp.atomic_add({out}, {at}, {term.warp()})")
            draft.numpy(f"{out} = np.zeros({out}.shape, {data}.dtype)", f"np.add.at({out}, where{valid}, {term.numpy()}{valid})")
        if draw.chance(0.7):
            draft.output(names[2], I32, size, role="accumulate")
            draft.line(f"wp.atomic_add({names[2]}, {at}, 1)")
            draft.numpy(f"{names[2]} = np.zeros({names[2]}.shape, np.int32)", f"np.add.at({names[2]}, where{valid}, 1)")
    return draft.case(name, list(shape), grids(draw, shape))


def _combined(draw: Draw) -> Case:
    """Means and squared deviations of two parts put together, by the formula of Chan, Golub and LeVeque."""
    draft = Draft(draw, smooth=True)
    i = draft.name("i", "tid", "pair")
    name = draw.choice(("combine_moments", "merge_statistics", "chan_merge"))
    draft.reserve(name, "na", "nb", "n", "delta", "mean", "m2")
    inputs = [("mean_a", -1.0), ("mean_b", -1.0), ("m2_a", 0.1), ("m2_b", 0.1), ("count_a", 1.0), ("count_b", 1.0)]
    for array, low in inputs:
        draft.array(array, draft.real, "n_pairs", low=low, high=9.0 if array.startswith("count") else 1.0)
    inline = draw.chance(0.5)
    with draft.threads((i, "n_pairs", "mean_a", 0)):
        for array, _ in inputs:
            draft.line(f"{array}_i = {array}[{i}]")
            draft.numpy(f"{array}_i = {array}")
        draft.formula("total = count_a_i + count_b_i", "delta = mean_b_i - mean_a_i")
        if inline:
            draft.formula("share = count_b_i / total", "mean = mean_a_i + delta * share")
        else:
            draft.formula("mean = (count_a_i * mean_a_i + count_b_i * mean_b_i) / total")
        draft.formula("m2 = m2_a_i + m2_b_i + delta * delta * count_a_i * count_b_i / total")
        outs = draw.subset(("mean", "m2", "total"), draw.integer(1, 3))
        for value in outs:
            draft.store(draft.output(f"{value}_out", draft.real, "n_pairs"), i, value)
        if draw.chance(0.5):
            terms = [draft.known("m2", draft.real, 0.1, 40.0), draft.known("total", draft.real, 2.0, 18.0)]
            result = draft.fused("combined", draft.real, terms, smooth=True)
            draft.store(draft.output("combined_out", draft.real, "n_pairs"), i, result.name)
    return draft.case(name, ["n_pairs"], grids(draw, ["n_pairs"]))
