"""Moments of rows: mean and variance in one or two passes, Welford's updates, skewness, kurtosis, covariance, standardized values.

A thread's loop is unrolled where a result is not linear in its sums: Warp's adjoint does not run other loops again.
Sources: Welford (1962); Chan, Golub and LeVeque (1983).
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.traversal import Axis
from kernels.draw import Draw
from kernels.families.statistics.standardized import DATA, entries, partial, scores, standardize
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval


def moments(draw: Draw) -> Case:
    """One kernel on moments."""
    builders: tuple[Callable[[Draw], Case], ...] = (_row, _row, _row, _paired, _paired, standardize, scores, entries, partial)
    return draw.choice(builders)(draw)


def _element(draft: Draft, layout: Axis, data: str, name: str, *, low: float = -1.0, transform: float = 0.3) -> Expression:
    """The loop's element of `data`, named, now and then transformed."""
    draft.line(f"{name} = {data}[{layout.at}]")
    draft.numpy(f"{name} = {data}")
    value: Expression = draft.known(name, draft.real, low, 1.0)
    if draft.draw.chance(transform):
        value = draft.fused(draft.free(f"{name}_mapped"), draft.real, [value], smooth=True, domain=Interval(-4.0, 4.0))
    return value


def _total(draft: Draft, layout: Axis, name: str, term: Expression) -> None:
    """Adds `term` to the running sum `name` in the kernel, and sums along the axis in the reference."""
    draft.line(f"{name} += {term.warp()}")
    draft.numpy(f"{name} = np.sum({term.numpy()}, axis={layout.axis})")


def _begin(draft: Draft, *names: str) -> None:
    for name in names:
        draft.reserve(name)
    draft.line(*(f"{name} = {draft.zero()}" for name in names))


def _finish(draft: Draft, layout: Axis, out: str, value: str, low: float, high: float, share: float = 0.45) -> None:
    """Stores a row's result, now and then fused with a value of the row's own."""
    result: Expression = draft.known(value, draft.real, low, high)
    if draft.draw.chance(share):
        own = layout.per_result(draft.free(draft.draw.choice(("offset", "weight", "prior", "scale"))), draft.real, 0.2, 1.0)
        result = draft.fused(draft.free(f"{value}_adjusted"), draft.real, [result, own], smooth=True, domain=Interval(-1e4, 1e4))
    layout.store(out, result)
    draft.numpy(f"{out} = {result.numpy()}")


def _row(draw: Draw) -> Case:
    """Mean, variance, skewness, kurtosis and other moments of each row, by one of the ways to compute them."""
    draft = Draft(draw, smooth=True)
    layout = Axis(draft, static=True)
    width = int(layout.length)
    kind = draw.choice(
        (
            "two_pass",
            "two_pass",
            "one_pass",
            "shifted",
            "welford",
            "skewness",
            "kurtosis",
            "rms",
            "deviation",
            "geometric",
            "harmonic",
            "weighted",
        )
    )
    positive = kind in ("geometric", "harmonic")
    data = layout.array(draw.choice(DATA), draft.real, low=0.3 if positive else -1.0)
    name = draw.choice((f"row_{kind}", f"{kind}_moments", f"{kind}_statistics"))
    draft.reserve(
        name, "mean", "variance", "count", "delta", "m2", "m3", "m4", "center", "spread", "value", "w", "total", "second", "shift"
    )
    n = draft.number(float(width))
    with layout.threads():
        if kind in ("two_pass", "skewness", "kurtosis", "deviation"):
            _begin(draft, "total")
            with layout.loop():
                _total(draft, layout, "total", _element(draft, layout, data, "value", transform=0.0))
            draft.line(f"mean = total / {n}")
            draft.numpy(f"mean = total / {float(width)}")
            _central(draft, layout, data, kind, width)
        elif kind == "welford":
            _welford(draft, layout, data, width)
        elif kind == "weighted":
            weights = layout.array("weights", draft.real, low=0.2)
            _begin(draft, "total", "w", "second")
            with layout.loop():
                value = _element(draft, layout, data, "value")
                draft.scope.update(v=value, q=Custom(draft.real, Interval(0.2, 1.0), f"{weights}[{layout.at}]", weights))
                _total(draft, layout, "w", draft.scope["q"])
                _total(draft, layout, "total", draft.read("q * v"))
                _total(draft, layout, "second", draft.read("q * v * v"))
            draft.both("mean = total / w", "variance = second / w - mean * mean")
            _finish(draft, layout, "mean_out", "mean", -4.0, 4.0)
            _finish(draft, layout, "variance_out", "variance", 0.0, 16.0)
        elif kind in ("one_pass", "shifted"):
            _one_pass(draft, layout, data, kind, width)
        else:
            _begin(draft, "total")
            with layout.loop():
                value = _element(draft, layout, data, "value", low=0.3 if positive else -1.0, transform=0.0)
                draft.scope["v"] = value
                _total(draft, layout, "total", draft.read({"rms": "v * v", "geometric": "log(v)", "harmonic": "1.0 / v"}[kind]))
            text = {"rms": "wp.sqrt(total / {0} + 0.01)", "geometric": "wp.exp(total / {0})", "harmonic": "{0} / total"}[kind]
            draft.formula(f"value = {text.format(float(width))}")
            _finish(draft, layout, draw.choice(("out", f"{kind}_out")), "value", 0.1, 1.0)
    return layout.case(name)


def _central(draft: Draft, layout: Axis, data: str, kind: str, width: int) -> None:
    """The second pass over deviations from the mean, and what is made of their powers."""
    draw = draft.draw
    highest = {"skewness": 3, "kurtosis": 4}.get(kind, 2)
    powers = (2,) if highest == 2 else (2, highest)
    _begin(draft, *(f"m{p}" for p in powers))
    spread_mean = f"np.expand_dims(mean, {layout.axis})"
    with layout.loop():
        if kind == "deviation":
            draft.line(f"m2 += wp.abs({data}[{layout.at}] - mean)")
            draft.numpy(f"m2 = np.sum(np.abs({data} - {spread_mean}), axis={layout.axis})")
        else:
            draft.line(f"delta = {data}[{layout.at}] - mean", "m2 += delta * delta")
            draft.numpy(f"delta = {data} - {spread_mean}", f"m2 = np.sum(delta * delta, axis={layout.axis})")
            if highest == 3:
                draft.line("m3 += delta * delta * delta")
            elif highest == 4:
                draft.line(*draw.choice((("m4 += delta * delta * delta * delta",), ("square = delta * delta", "m4 += square * square"))))
            if highest > 2:
                draft.numpy(f"m{highest} = np.sum(delta**{highest}, axis={layout.axis})")
    divisor = float(width - 1 if draw.chance(0.4) and highest == 2 and width > 1 else width)
    draft.formula(f"variance = m2 / {divisor}")
    outs = [("mean", "mean_out", -1.0, 1.0), ("variance", "variance_out", 0.0, 2.0)]
    if highest == 3:
        draft.formula(f"skew = m3 / ({float(width)} * wp.pow(variance + 0.05, 1.5))")
        outs = [("skew", "skew_out", -3.0, 3.0)]
    elif highest == 4:
        draft.formula(f"kurtosis = m4 / ({float(width)} * (variance + 0.05) * (variance + 0.05)) - 3.0")
        outs = [("kurtosis", "kurtosis_out", -3.0, 6.0)]
    elif draw.chance(0.4):
        draft.formula(draw.choice(("deviation = wp.sqrt(variance + 0.0001)", "deviation = wp.sqrt(variance + 0.01)")))
        outs.append(("deviation", "deviation_out", 0.01, 1.5))
    for value, out, low, high in draw.subset(outs, draw.integer(1, len(outs))):
        _finish(draft, layout, out, value, low, high)


def _one_pass(draft: Draft, layout: Axis, data: str, kind: str, width: int) -> None:
    """Sums and sums of squares together, of values or of values less a shift."""
    draw = draft.draw
    shifted = kind == "shifted"
    if shifted:
        first = layout.index("0")
        draft.line(f"shift = {data}[{first}]")
        draft.numpy(f"shift = np.take({data}, 0, axis={layout.axis})")
        taken = f"np.expand_dims(shift, {layout.axis})"
    _begin(draft, "total", "second")
    with layout.loop():
        draft.line(f"value = {data}[{layout.at}]{' - shift' if shifted else ''}")
        draft.numpy(f"value = {data}{f' - {taken}' if shifted else ''}")
        draft.line("total += value", "second += value * value")
        draft.numpy(f"total = np.sum(value, axis={layout.axis})", f"second = np.sum(value * value, axis={layout.axis})")
    n = float(width)
    if draw.chance(0.5):
        draft.formula(f"mean = total / {n}", f"variance = second / {n} - mean * mean")
    else:
        draft.formula(f"variance = (second - total * total / {n}) / {n}", f"mean = total / {n}")
    if shifted:
        draft.both("mean = mean + shift")
    kept = draw.subset((("mean", -1.0, 1.0), ("variance", 0.0, 1.0)), draw.integer(1, 2))
    for value, low, high in kept:
        _finish(draft, layout, f"{value}_out", value, low, high)


def _welford(draft: Draft, layout: Axis, data: str, width: int) -> None:
    """Running mean and sum of squared deviations; the reference has them from their definitions."""
    draw = draft.draw
    _begin(draft, "mean", "m2")
    counted = draw.chance(0.5)
    if counted:
        draft.line(f"count = {draft.zero()}")
    with layout.loop():
        draft.line(f"value = {data}[{layout.at}]", "delta = value - mean")
        if counted:
            draft.line(f"count += {draft.number(1.0)}", "mean += delta / count")
        else:
            draft.line(f"mean += delta / {draft.cast(f'{layout.counter} + 1')}")
        draft.line("m2 += delta * (value - mean)")
    draft.numpy(
        f"mean = np.mean({data}, axis={layout.axis})",
        f"m2 = np.sum(({data} - np.expand_dims(mean, {layout.axis})) ** 2, axis={layout.axis})",
    )
    draft.formula(f"variance = m2 / {float(width)}")
    for value, low, high in draw.subset((("mean", -1.0, 1.0), ("variance", 0.0, 1.0)), draw.integer(1, 2)):
        _finish(draft, layout, f"{value}_out", value, low, high)


def _paired(draw: Draw) -> Case:
    """Covariance, correlation, regression, cosine and distances of paired rows."""
    draft = Draft(draw, smooth=True)
    layout = Axis(draft, static=True)
    width = float(layout.length)
    kind = draw.choice(("covariance", "correlation", "correlation", "slope", "cosine", "concordance", "residual"))
    x, y = draw.choice((("x", "y"), ("predicted", "observed"), ("a", "b"), ("signal", "reference_signal")))
    layout.array(x, draft.real)
    layout.array(y, draft.real)
    name = draw.choice((f"row_{kind}", f"{kind}_rows", f"paired_{kind}"))
    squares = kind != "covariance"
    sums = ("sum_x", "sum_y", "sum_xy", *(("sum_xx", "sum_yy") if squares else ()))
    draft.reserve(name, *sums, "cov", "var_x", "var_y", "r", "xi", "yi", "mean_x", "mean_y", "slope", "gap")
    two_pass = draw.chance(0.4) and kind != "cosine"
    with layout.threads():
        if two_pass:
            _begin(draft, "sum_x", "sum_y")
            with layout.loop():
                draft.line(f"sum_x += {x}[{layout.at}]", f"sum_y += {y}[{layout.at}]")
            draft.numpy(f"mean_x, mean_y = {x}.mean(axis={layout.axis}), {y}.mean(axis={layout.axis})")
            draft.line(f"mean_x = sum_x / {draft.number(width)}", f"mean_y = sum_y / {draft.number(width)}")
            moments = ("cov", "var_x", "var_y") if squares else ("cov",)
            _begin(draft, *moments)
            with layout.loop():
                draft.line(f"dx = {x}[{layout.at}] - mean_x", f"dy = {y}[{layout.at}] - mean_y", "cov += dx * dy")
                if squares:
                    draft.line("var_x += dx * dx", "var_y += dy * dy")
            draft.line(*(f"{v} = {v} / {draft.number(width)}" for v in moments))
        else:
            _begin(draft, *sums)
            with layout.loop():
                draft.line(f"xi = {x}[{layout.at}]", f"yi = {y}[{layout.at}]")
                draft.line("sum_x += xi", "sum_y += yi", "sum_xy += xi * yi")
                if squares:
                    draft.line("sum_xx += xi * xi", "sum_yy += yi * yi")
            n = draft.number(width)
            draft.line(f"mean_x = sum_x / {n}", f"mean_y = sum_y / {n}", f"cov = sum_xy / {n} - mean_x * mean_y")
            if squares:
                draft.line(f"var_x = sum_xx / {n} - mean_x * mean_x", f"var_y = sum_yy / {n} - mean_y * mean_y")
            draft.numpy(f"mean_x, mean_y = {x}.mean(axis={layout.axis}), {y}.mean(axis={layout.axis})")
        draft.numpy(f"dx, dy = {x} - np.expand_dims(mean_x, {layout.axis}), {y} - np.expand_dims(mean_y, {layout.axis})")
        draft.numpy(
            *(f"{v} = np.mean({t}, axis={layout.axis})" for v, t in (("cov", "dx * dy"), ("var_x", "dx * dx"), ("var_y", "dy * dy")))
        )
        if kind == "cosine":
            draft.formula(
                "var_x = var_x + mean_x * mean_x + 0.05",
                "var_y = var_y + mean_y * mean_y + 0.05",
                "r = (cov + mean_x * mean_y) / wp.sqrt(var_x * var_y)",
            )
        elif kind == "correlation":
            draft.formula(
                draw.choice(("r = cov / wp.sqrt((var_x + 0.02) * (var_y + 0.02))", "r = cov / (wp.sqrt(var_x * var_y + 0.001) + 0.01)"))
            )
        elif kind == "concordance":
            draft.formula("gap = mean_x - mean_y", "r = 2.0 * cov / (var_x + var_y + gap * gap + 0.02)")
        elif kind in ("slope", "residual"):
            draft.formula("slope = cov / (var_x + 0.05)", "r = mean_y - slope * mean_x" if kind == "slope" else "r = var_y - slope * cov")
            if kind == "slope":
                _finish(draft, layout, "slope_out", "slope", -2.4, 2.4)
        else:
            draft.formula(f"r = cov * {width} / {max(width - 1.0, 1.0)}")
        bound = {"slope": 3.3, "covariance": 2.0}.get(kind, 1.01)
        _finish(draft, layout, draw.choice(("out", "result", "statistic")), "r", -bound, bound)
    return layout.case(name)
