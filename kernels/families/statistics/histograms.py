"""Histograms: values counted or weighted by bins in one or two dimensions, soft bins, maps by cumulative tables."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.statistics.ranks import DATA, edges, quantile, ranks
from kernels.language.expression import Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def histograms(draw: Draw) -> Case:
    """One kernel on bins, quantiles or ranks."""
    builders: tuple[Callable[[Draw], Case], ...] = (_binned, _binned, _binned, _soft, edges, ranks, ranks, _equalize, _joint, quantile)
    return draw.choice(builders)(draw)


def _bin_of(draft: Draft, name: str, value: str, low: float, high: float, bins: int, *, numpy: str = "") -> str:
    """Names the bin of a real; returns how the edges are treated: `clamp` (into the ends) or `open` (outside is left out)."""
    draw = draft.draw
    inverse = bins / (high - low)
    way = draw.choice(("floor", "int", "divide"))
    text = {
        "floor": f"int(wp.floor(({value} - {draft.number(low)}) * {draft.number(round(inverse, 6))}))",
        "int": f"int(({value} - {draft.number(low)}) * {draft.number(round(inverse, 6))})",
        "divide": f"int(wp.floor(({value} - {draft.number(low)}) / {draft.number(round((high - low) / bins, 6))}))",
    }[way]
    numpy = numpy or value
    scaled = f"({numpy} - {low}) / {round((high - low) / bins, 6)}" if way == "divide" else f"({numpy} - {low}) * {round(inverse, 6)}"
    draft.numpy(f"{name} = np.{'trunc' if way == 'int' else 'floor'}({scaled}).astype(np.int32)")
    edges = draw.choice(("clamp", "clamp", "open"))
    if edges == "clamp":
        draft.line(
            *draw.choice(
                ((f"{name} = wp.clamp({text}, 0, {bins - 1})",), (f"{name} = {text}", f"{name} = wp.max(wp.min({name}, {bins - 1}), 0)"))
            )
        )
        draft.numpy(f"{name} = np.clip({name}, 0, {bins - 1})")
    else:
        draft.line(f"{name} = {text}")
    return edges


def _binned(draw: Draw) -> Case:
    """A histogram of reals: counts, weights, or both; by rows, by groups, with masks; values outside left out or put into the ends."""
    draft = Draft(draw)
    bins = draw.choice((8, 10, 16, 32))
    rows = draw.chance(0.35)
    extents, indices = (("rows", "cols"), ("row", "col")) if rows else (("n",), (draw.choice(("i", "tid", "sample")),))
    here = ", ".join(indices)
    name = draw.choice(
        ("histogram", "weighted_histogram", "bin_samples", "fill_histogram", "row_histograms" if rows else "accumulate_histogram")
    )
    draft.reserve(name, "bin", "value", "inside", "amount", *indices)
    data = draft.array(draw.choice(DATA), draft.real, *extents, domain=Uniform(-1.2, 1.2))
    weighted, counted = draw.choice(((True, True), (False, True), (True, False)))
    weight = draft.array(draft.name("weight", "mass", "charge"), draft.real, *extents, low=0.2) if weighted else ""
    with draft.threads(*((index, extent, data, axis) for axis, (index, extent) in enumerate(zip(indices, extents, strict=True)))):
        inside = "np.ones(value.shape, bool)"
        mask = draft.array(draft.name("valid", "selected"), I32, *extents, domain=Bernoulli(0.8)) if draw.chance(0.3) else ""
        if mask:
            draft.line(f"if {mask}[{here}] == 0:", "    return")
            inside = f"{mask} == 1"
        x: Expression = draft.load("value", data, here, -1.2, 1.2)
        if draw.chance(0.4):
            x = draft.fused("mapped", draft.real, [x], smooth=True, domain=Interval(-1.1, 1.1))
        edges = _bin_of(draft, "bin", x.warp(), -1.0, 1.0, bins, numpy=x.numpy())
        if edges == "open":
            early = draw.chance(0.5)
            if early:
                draft.line(f"if bin < 0 or bin >= {bins}:", "    return")
            inside = f"({inside}) & (bin >= 0) & (bin < {bins})" if mask else f"(bin >= 0) & (bin < {bins})"
        draft.numpy(f"inside = {inside}")
        shape: tuple[str | int, ...] = ("rows", bins) if rows else (bins,)
        at = f"{indices[0]}, bin" if rows else "bin"
        label = ""
        if not rows and draw.chance(0.25):
            label = draft.array("group", I32, *extents, domain=Integers(0, 3))
            shape, at = (3, bins), f"{label}[{here}], bin"
        own_row = f"np.broadcast_to(np.arange({data}.shape[0])[:, None], {data}.shape)"
        draft.numpy(f"row = {own_row if rows else label or 'np.zeros(bin.shape, np.int32)'}")
        draft.numpy("place = (row[inside], bin[inside])" if len(shape) == 2 else "place = bin[inside]")
        lines: list[str] = []
        if weighted:
            w: Expression = draft.load("amount", weight, here, 0.2, 1.0)
            if draw.chance(0.5):
                w = draft.fused("share", draft.real, [w], smooth=True, domain=Interval(-20.0, 20.0))
            sums = draft.output(draft.name("sums", "weighted_bins", "profile"), draft.real, *shape, role="accumulate")
            lines.append(f"wp.atomic_add({sums}, {at}, {w.warp()})")
            draft.numpy(f"{sums} = np.zeros({sums}.shape, {weight}.dtype)", f"np.add.at({sums}, place, {w.numpy()}[inside])")
        if counted:
            counts = draft.output(draft.name("counts", "hist", "bins_out"), I32, *shape, role="accumulate")
            lines.append(draw.choice((f"wp.atomic_add({counts}, {at}, 1)", f"{counts}[{at}] += 1")))
            draft.numpy(f"{counts} = np.zeros({counts}.shape, np.int32)", f"np.add.at({counts}, place, 1)")
        if edges == "open" and not early:
            with draft.block(f"if bin >= 0 and bin < {bins}:"):
                draft.line(*lines)
        else:
            draft.line(*lines)
    return draft.case(name, list(extents), grids(draw, extents))


def _soft(draw: Draw) -> Case:
    """Soft histograms: each value shared out between two bins (linearly) or three (by a spline), with a gradient."""
    draft = Draft(draw, smooth=True)
    bins = draw.choice((8, 12, 16))
    kind = draw.choice(("linear", "quadratic"))
    i = draft.name("i", "tid", "sample")
    name = draw.choice(("soft_histogram", "linear_binning", f"{kind}_histogram", "splat_values"))
    draft.reserve(name, "place", "left", "t", "w0", "w1", "w2", "amount")
    data = draft.array(draw.choice(DATA), draft.real, "n", domain=Uniform(0.05, 0.95))
    weight = draft.array("weight", draft.real, "n", low=0.2) if draw.chance(0.6) else ""
    out = draft.output(draft.name("hist", "soft_counts", "density_bins"), draft.real, bins, role="accumulate")
    scale = float(bins - 3)
    with draft.threads((i, "n", data, 0)):
        draft.line(f"place = {data}[{i}]")
        draft.numpy(f"place = {data}")
        draft.formula(f"place = place * {scale} + 1.0")
        draft.line("left = int(wp.floor(place))", f"t = place - {draft.cast('left')}")
        draft.numpy("left = np.floor(place).astype(np.int32)", "t = place - left")
        amount = "1.0"
        if weight:
            value: Expression = draft.load("amount", weight, i, 0.2, 1.0)
            if draw.chance(0.5):
                value = draft.fused("share", draft.real, [value], smooth=True)
            amount = value.name if hasattr(value, "name") else "amount"
        if kind == "linear":
            draft.formula(f"w0 = {amount} * (1.0 - t)", f"w1 = {amount} * t")
            taps: tuple[tuple[str, str], ...] = (("left", "w0"), ("left + 1", "w1"))
        else:
            draft.formula(
                f"w0 = 0.5 * {amount} * (1.0 - t) * (1.0 - t)", f"w2 = 0.5 * {amount} * t * t", f"w1 = {amount} * (0.5 + t * (1.0 - t))"
            )
            taps = (("left - 1", "w0"), ("left", "w1"), ("left + 1", "w2"))
        draft.numpy(f"{out} = np.zeros({bins}, {data}.dtype)")
        for tap, w in taps:
            draft.line(draw.choice((f"wp.atomic_add({out}, {tap}, {w})", f"{out}[{tap}] += {w}")))
            draft.numpy(f"np.add.at({out}, {tap}, {w})")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def _equalize(draw: Draw) -> Case:
    """Values mapped by a table of cumulative counts: histogram equalization, transfer of one distribution to another, inverse sampling."""
    draft = Draft(draw)
    bins = draw.choice((8, 16, 32))
    i, j = ("y_px", "x_px") if draw.chance(0.5) else ("i", "")
    extents = ("height", "width") if j else ("n",)
    here = f"{i}, {j}" if j else i
    name = draw.choice(("equalize", "apply_lookup", "match_distribution", "remap_intensity"))
    draft.reserve(name, i, "value", "bin", "mapped", "t", "low", "high")
    if j:
        draft.reserve(j)
    data = draft.array(draw.choice(("image", "x", "intensity")), draft.real, *extents, domain=Uniform(0.02, 0.98))
    table = draft.array(draft.name("cdf", "lookup", "transfer"), draft.real, bins + 1, low=0.0)
    with draft.threads(*(((i, "height", data, 0), (j, "width", data, 1)) if j else ((i, "n", data, 0),))):
        draft.line(f"value = {data}[{here}] * {draft.number(float(bins))}", "bin = int(wp.floor(value))")
        draft.numpy(f"value = {data} * {float(bins)}", "bin = np.floor(value).astype(np.int32)")
        smooth = draw.chance(0.6)
        if smooth:
            draft.line(f"t = value - {draft.cast('bin')}", f"low = {table}[bin]", f"high = {table}[bin + 1]")
            draft.numpy("t = value - bin", f"low, high = {table}[bin], {table}[bin + 1]")
            draft.formula(draw.choice(("mapped = low + t * (high - low)", "mapped = (1.0 - t) * low + t * high")))
        else:
            draft.line(f"mapped = {table}[bin]")
            draft.numpy(f"mapped = {table}[bin]")
        result: Expression = draft.known("mapped", draft.real, 0.0, 1.0)
        if draw.chance(0.6):
            terms = [result]
            if draw.chance(0.6):
                gain = draft.array("gain", draft.real, *extents, low=0.2)
                terms.append(draft.load("g", gain, here, 0.2, 1.0))
            terms += draft.some_parameters(("alpha", "blend"), draw.integer(0, 1))
            result = draft.fused("final", draft.real, terms)
        draft.store(draft.output(draft.name("out", "equalized"), draft.real, *extents), here, result.warp())
    return draft.case(name, list(extents), grids(draw, extents))


def _joint(draw: Draw) -> Case:
    """Joint histograms of two quantities (reals or levels), with weights, for mutual information or transfer of colours; co-occurrence."""
    draft = Draft(draw)
    bins = draw.choice((4, 6, 8))
    kind = draw.choice(("reals", "levels", "cooccurrence"))
    name = draw.choice(("joint_histogram", "mutual_counts", "histogram_2d") if kind != "cooccurrence" else ("cooccurrence", "glcm"))
    i = draft.name("i", "tid", "sample")
    draft.reserve(name, "bin_a", "bin_b", "a", "b", "row", "col")
    if kind == "cooccurrence":
        image = draft.array("levels", I32, "rows", "cols", domain=Integers(0, bins))
        dy, dx = draw.choice(((0, 1), (1, 0), (1, 1)))
        draft.line(
            "row, col = wp.tid()", f"a = {image}[row, col]", f"b = {image}[row{f' + {dy}' if dy else ''}, col{f' + {dx}' if dx else ''}]"
        )
        out = draft.output("counts", I32, bins, bins, role="accumulate")
        draft.line(f"wp.atomic_add({out}, a, b, 1)")
        both = draw.chance(0.5)
        if both:
            draft.line(f"wp.atomic_add({out}, b, a, 1)")
        counts_by_row = draw.chance(0.4)
        if counts_by_row:
            draft.output("equal_pairs", I32, "h", role="accumulate")
            draft.line("if a == b:", "    wp.atomic_add(equal_pairs, row, 1)")
        contrast = draw.chance(0.4)
        if contrast:
            draft.output("contrast", I32, 1, role="accumulate")
            draft.line(
                *draw.choice(
                    (("wp.atomic_add(contrast, 0, (a - b) * (a - b))",), ("gap = wp.abs(a - b)", "wp.atomic_add(contrast, 0, gap * gap)"))
                )
            )
        draft.numpy(f"a = {image}[: dim[0], : dim[1]]", f"b = {image}[{dy} : {dy} + dim[0], {dx} : {dx} + dim[1]]")
        draft.numpy(
            f"{out} = np.zeros(({bins}, {bins}), np.int32)",
            f"np.add.at({out}, (a, b), 1)",
            *([f"np.add.at({out}, (b, a), 1)"] if both else []),
        )
        if counts_by_row:
            draft.numpy("equal_pairs = (a == b).sum(axis=1).astype(np.int32)")
        if contrast:
            draft.numpy("contrast = np.array([((a - b) ** 2).sum()], np.int32)")
        sizes = [{"rows": r + dy, "cols": c + dx, "h": r, "w": c} for r, c in ((1, 1), (5, 7), (draw.integer(9, 13), draw.integer(10, 15)))]
        return draft.case(name, ["h", "w"], sizes)
    if kind == "reals":
        first = draft.array("first", draft.real, "n", domain=Uniform(-1.1, 1.1), differentiable=False)
        second = draft.array("second", draft.real, "n", domain=Uniform(-1.1, 1.1), differentiable=False)
    else:
        first = draft.array("first", I32, "n", domain=Integers(0, bins))
        second = draft.array("second", I32, "n", domain=Integers(0, bins))
    weight = draft.array("weight", draft.real, "n", low=0.2) if draw.chance(0.5) else ""
    with draft.threads((i, "n", first, 0)):
        conditions = []
        for array, b in ((first, "bin_a"), (second, "bin_b")):
            if kind == "levels":
                draft.line(f"{b} = {array}[{i}]")
                draft.numpy(f"{b} = {array}")
            elif _bin_of(draft, b, f"{array}[{i}]", -1.0, 1.0, bins, numpy=array) == "open":
                conditions.append(b)
        for b in conditions:
            draft.line(f"if {b} < 0 or {b} >= {bins}:", "    return")
        inside = " & ".join(f"({b} >= 0) & ({b} < {bins})" for b in conditions) or "np.ones(bin_a.shape, bool)"
        draft.numpy(f"inside = {inside}")
        out = draft.output(draft.name("joint", "table"), draft.real if weight else I32, bins, bins, role="accumulate")
        amount, there = "1", "1"
        if weight:
            w: Expression = draft.load("w", weight, i, 0.2, 1.0)
            if draw.chance(0.5):
                w = draft.fused("share", draft.real, [w], smooth=True, domain=Interval(-20.0, 20.0))
            amount, there = w.warp(), f"{w.numpy()}[inside]"
        draft.line(draw.choice((f"wp.atomic_add({out}, bin_a, bin_b, {amount})", f"{out}[bin_a, bin_b] += {amount}")))
        draft.numpy(
            f"{out} = np.zeros(({bins}, {bins}), {f'{weight}.dtype' if weight else 'np.int32'})",
            f"np.add.at({out}, (bin_a[inside], bin_b[inside]), {there})",
        )
        if draw.chance(0.4):
            draft.output("marginal", I32, bins, role="accumulate")
            side = draw.choice(("bin_a", "bin_b"))
            draft.line(f"wp.atomic_add(marginal, {side}, 1)")
            draft.numpy(f"marginal = np.bincount({side}[inside], minlength={bins}).astype(np.int32)")
    return draft.case(name, ["n"], grids(draw, ["n"]))
