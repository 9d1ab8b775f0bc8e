"""Whole layers by one thread per slice: statistics, then every element standardized or scaled, with what is fused behind."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import epilogue
from kernels.draw import Draw
from kernels.families.normalization.slices import Slices, epsilon

INPUTS = ("x", "inputs", "features", "activations", "hidden", "src")
NUMPY_NAMES = ("values", "mean", "var", "centered", "normalized_all")


def standardize(draw: Draw) -> Case:
    """Layer, batch, instance or group norm, or standardized weights: less the mean, over the standard deviation."""
    draft = Draft(draw, smooth=True)
    slices = Slices(draft, static=draw.chance(0.45))
    draft.reserve(*NUMPY_NAMES)
    x = slices.array(draft.name(*(INPUTS if slices.name != "filters" else ("weight", "filters", "kernel_weights"))), draft.real, low=-2.0)
    value = fused_input(draft, slices, x)
    with slices.threads():
        mean, rstd = moments(draft, slices, value)
        out = slices.array(draft.name("out", "y", "normed", "output"), draft.real, out=True)
        save = draw.chance(0.2)
        if save:
            _save(draft, slices, {"mean": (mean, "mean"), "rstd": (rstd, "inverse")})
        with slices.elements():
            name = draft.name("normalized", "x_hat", "standardized")
            if draw.chance(0.5):
                draft.line(f"{name} = ({value} - {mean}) * {rstd}")
            else:
                centered = draft.name("deviation", "shifted_value", "diff")
                draft.line(f"{centered} = {value} - {mean}", f"{name} = {centered} * {rstd}")
            draft.numpy(f"{name} = (values - mean) * inverse")
            final = affine(draft, slices, name)
            draft.line(f"{out}[{slices.at}] = {final}")
    saved = {"mean_out": slices.flat_slice("mean"), "rstd_out": slices.flat_slice("inverse")} if save else {}
    draft.results(**{out: slices.back(final)}, **saved)
    return slices.case(draw.choice(slices.titles), docstring=_docstring(draft, slices))


def fused_input(draft: Draft, slices: Slices, x: str) -> str:
    """The kernel's formula of an element: as it is, or with a residual or a bias added; the reference's `values`."""
    draw = draft.draw
    kind = draw.weighted(("plain", "residual", "bias"), (6, 2, 1))
    if kind == "plain" or slices.name == "filters":
        draft.numpy(f"values = {slices.whole(x)}")
        return f"{x}[{slices.at}]"
    if kind == "residual":
        other = slices.array(draft.name("residual", "skip", "branch"), draft.real)
        draft.numpy(f"values = {slices.whole(x)} + {slices.whole(other)}")
        return f"({x}[{slices.at}] + {other}[{slices.at}])"
    bias = draft.array(draft.name("input_bias", "linear_bias"), draft.real, slices.channels)
    draft.numpy(f"values = {slices.whole(x)} + {slices.along(bias)}")
    return f"({x}[{slices.at}] + {bias}[{slices.channel}])"


def moments(draft: Draft, slices: Slices, value: str) -> tuple[str, str]:
    """Names the slice's mean and inverse standard deviation; the reference's `mean`, `var` and `inverse` keep the reduced axes."""
    draw = draft.draw
    mean, rstd = draft.name("mu", "average", "slice_mean", "m"), draft.name("rstd", "inv_std", "inv_sigma")
    eps = epsilon(draft)
    bare = value[1:-1] if value.startswith("(") else value
    style = draw.weighted(("two_pass", "moments", "welford" if slices.static else "two_pass", "both"), (5, 2, 1, 1.5))
    count = slices.count
    variance = draft.name("variance", "sigma_sq", "spread")
    draft.reserve("delta", "count", "inverse")
    if style == "two_pass" or (style == "both" and slices.static):
        total, squares = draft.name("total", "row_sum", "acc"), draft.name("sum_sq", "deviations", "acc_sq")
        add = [f"{total} = {draft.zero()}", *slices.looped([f"{total} += {bare}"])]
        slices.computed(draw.choice(("slice_sum", "sum_elements", "reduce_sum")), add, total)
        draft.line(f"{mean} = {total} / {count}")
        draft.known(mean, draft.real, -3.0, 3.0)
        add = [f"{squares} = {draft.zero()}", *slices.looped([f"delta = {value} - {mean}", f"{squares} += delta * delta"])]
        slices.computed(draw.choice(("squared_deviations", "sum_squares", "reduce_squares")), add, squares)
        draft.line(f"{variance} = {squares} / {count}")
    elif style == "moments":
        total, squares = draft.name("total", "row_sum", "acc"), draft.name("sum_sq", "total_sq", "acc_sq")
        draft.reserve("v")
        add = [f"{total} = {draft.zero()}", f"{squares} = {draft.zero()}"]
        add += slices.looped([f"v = {bare}", f"{total} += v", f"{squares} += v * v"])
        slices.computed(draw.choice(("slice_moments", "sum_and_squares", "moments")), add, total, squares)
        draft.line(f"{mean} = {total} / {count}")
        # The difference of two large numbers: rounding must not make it negative.
        draft.line(f"{variance} = wp.max({squares} / {count} - {mean} * {mean}, {draft.number(0.0)})")
    elif style == "both":
        total, squares = draft.name("total", "row_sum", "acc"), draft.name("sum_sq", "deviations", "acc_sq")
        add = [f"{total} = {draft.zero()}", *slices.looped([f"{total} += {bare}"]), f"{mean} = {total} / {count}"]
        slices.computed(draw.choice(("slice_mean", "mean_of", "average_over")), add, mean)
        draft.known(mean, draft.real, -3.0, 3.0)
        add = [f"{squares} = {draft.zero()}", *slices.looped([f"delta = {value} - {mean}", f"{squares} += delta * delta"])]
        add += [f"{variance} = {squares} / {count}"]
        slices.computed(draw.choice(("slice_variance", "variance_of", "variance_about")), add, variance)
    else:
        _welford(draft, slices, bare, mean, variance)
    form = draw.choice((f"1.0 / wp.sqrt({variance} + {eps})", f"1.0 / wp.sqrt({variance} + {eps})", f"wp.pow({variance} + {eps}, -0.5)"))
    draft.warp_formula(f"{rstd} = {form}")
    draft.known(rstd, draft.real, 0.0, 400.0)
    draft.known(mean, draft.real, -3.0, 3.0)
    axes = slices.axes
    draft.numpy(f"mean = np.mean(values, axis={axes}, keepdims=True)")
    if style == "moments":
        # The kernel's form, which cancels where the mean is large: so the reference knows how sensitive it is.
        draft.numpy(f"var = np.maximum(np.mean(values * values, axis={axes}, keepdims=True) - mean * mean, 0.0)")
    else:
        draft.numpy(f"var = np.mean((values - mean) ** 2, axis={axes}, keepdims=True)")
    draft.numpy(f"inverse = 1.0 / np.sqrt(var + {eps})")
    return mean, rstd


def _welford(draft: Draft, slices: Slices, value: str, mean: str, variance: str) -> None:
    """One pass with running mean and squared deviations (Welford, Technometrics 4, 1962)."""
    draft.reserve("m2", "v")
    one = draft.number(1.0)
    lines = [f"{mean} = {draft.zero()}", f"m2 = {draft.zero()}", f"count = {draft.zero()}"]
    lines += slices.looped(
        [f"v = {value}", f"count += {one}", f"delta = v - {mean}", f"{mean} += delta / count", f"m2 += delta * (v - {mean})"]
    )
    lines.append(f"{variance} = m2 / count")
    slices.computed("welford", lines, mean, variance)


def affine(draft: Draft, slices: Slices, name: str) -> str:
    """The affine step and the epilogue behind a normalized value; returns the name of what is stored."""
    draw, real = draft.draw, draft.real
    value = draft.known(name, real, -12.0, 12.0)
    kind = draw.weighted(("both", "gamma", "none", "one_plus"), (5, 2, 2, 1))
    if kind != "none":
        gamma = draft.array(draft.name("gamma", "weight_scale", "scale_weights"), real, slices.channels, low=0.4, high=1.6)
        scaled = draft.name("affine", "scaled_value", "transformed")
        g, numpy_g = f"{gamma}[{slices.channel}]", slices.along(gamma)
        if kind == "one_plus":
            one = draft.number(1.0)
            draft.line(f"{scaled} = {name} * ({one} + {g})")
            draft.numpy(f"{scaled} = {name} * (1.0 + {numpy_g})")
        elif kind == "gamma":
            draft.line(f"{scaled} = {name} * {g}")
            draft.numpy(f"{scaled} = {name} * {numpy_g}")
        else:
            beta = draft.array(draft.name("beta", "bias_terms", "shift_weights"), real, slices.channels)
            product = draw.choice((f"{name} * {g}", f"{g} * {name}"))
            draft.line(f"{scaled} = {product} + {beta}[{slices.channel}]")
            draft.numpy(f"{scaled} = {name} * {numpy_g} + {slices.along(beta)}")
        value = draft.known(scaled, real, -20.0, 20.0)
    return epilogue(draft, value, slices.site(), most=2).name if draw.chance(0.6) else value.name


def _save(draft: Draft, slices: Slices, values: dict[str, tuple[str, str]]) -> None:
    for name, (text, _) in values.items():
        out = draft.output(f"{name}_out", draft.real, *slices.kept_extents)
        draft.line(f"{out}[{slices.here}] = {text}")


def _docstring(draft: Draft, slices: Slices) -> str:
    said = draft.draw.choice(("", "", f"One thread per ({slices.here}): statistics first, then the normalized elements."))
    return said


SCALES = ("rms", "rms", "rms", "l2", "l2_clamped", "l1", "mean_square_gate", "scale_norm", "center")


def scale_only(draw: Draw) -> Case:
    """Root-mean-square norm and its kin: every element times a number that its slice gives."""
    draft = Draft(draw, smooth=True)
    slices = Slices(draft, static=draw.chance(0.4), kinds=("rows", "rows", "tokens", "heads", "instance", "groups", "columns", "filters"))
    draft.reserve(*NUMPY_NAMES, "squares", "inverse")
    kind = draw.choice(SCALES)
    x = slices.array(draft.name(*INPUTS), draft.real, low=-2.0)
    value = fused_input(draft, slices, x)
    with slices.threads():
        total, factor = draft.name("sum_sq", "acc", "energy"), draft.name("inv_rms", "inv_norm", "factor", "rscale")
        bare = value[1:-1] if value.startswith("(") else value
        draft.reserve("v")
        term = {"l1": "wp.abs(v)", "center": "v"}.get(kind, "v * v")
        inner = [f"v = {bare}", f"{total} += {term}"]
        if term == "v * v" and draw.chance(0.4):
            inner = [f"{total} += {value} * {value}"]
        lines = [f"{total} = {draft.zero()}", *slices.looped(inner)]
        functions = ("slice_total", "sum_slice") if kind in ("l1", "center") else ("sum_of_squares", "slice_energy", "accumulate")
        slices.computed(draw.choice(functions), lines, total)
        draft.known(total, draft.real, 0.0, 400.0)
        numpy = {"l1": "np.abs(values)", "center": "values"}.get(kind, "values * values")
        draft.numpy(f"{total} = np.sum({numpy}, axis={slices.axes}, keepdims=True)")
        eps = epsilon(draft)
        real_count = f"{draft.precision}(values.size // {total}.size)"
        warp, reference = _factor(draft, kind, total, eps, slices.count, real_count)
        draft.line(f"{factor} = {warp}")
        draft.numpy(f"{factor} = {reference}")
        out = slices.array(draft.name("out", "y", "normed"), draft.real, out=True)
        with slices.elements():
            name = draft.name("normalized", "scaled_x", "unit_value")
            sign = "-" if kind == "center" else "*"
            draft.line(f"{name} = {value} {sign} {factor}")
            draft.numpy(f"{name} = values {sign} {factor}")
            final = affine(draft, slices, name)
            draft.line(f"{out}[{slices.at}] = {final}")
    draft.results(**{out: slices.back(final)})
    titles = {"rms": ("rms_norm", "rms_norm_forward", "rmsnorm"), "center": ("mean_center", "remove_mean"), "l1": ("l1_normalize",)}
    return slices.case(draw.choice(titles.get(kind, ("l2_normalize", "normalize_slices", "norm_layer"))))


def _factor(draft: Draft, kind: str, total: str, eps: str, count: str, numpy_count: str) -> tuple[str, str]:
    """What every element is multiplied by (or less, to center): the kernel's text and the reference's."""
    spelled = draft.warp(eps)
    one = draft.number(1.0)
    if kind == "center":
        return f"{total} / {count}", f"{total} / {numpy_count}"
    if kind == "rms":
        if draft.draw.chance(0.4):
            return f"{one} / wp.sqrt({total} / {count} + {spelled})", f"1.0 / np.sqrt({total} / {numpy_count} + {eps})"
        return f"wp.sqrt({count} / ({total} + {count} * {spelled}))", f"1.0 / np.sqrt({total} / {numpy_count} + {eps})"
    if kind == "l2":
        return f"{one} / wp.sqrt({total} + {spelled})", f"1.0 / np.sqrt({total} + {eps})"
    if kind == "l2_clamped":
        floor = draft.number(0.05)
        return f"{one} / wp.max(wp.sqrt({total}), {floor})", f"1.0 / np.maximum(np.sqrt({total}), 0.05)"
    if kind == "l1":
        return f"{one} / ({total} + {spelled})", f"1.0 / ({total} + {eps})"
    if kind == "scale_norm":
        gain = draft.knob(draft.name("gain", "norm_scale"), 0.5, 2.0).numpy()
        return draft.warp(f"{gain} / wp.sqrt({total} + {eps})"), f"{gain} / np.sqrt({total} + {eps})"
    # A gate that opens with the slice's mean square, as in response normalization.
    half = draft.number(0.5)
    return f"{half} + {total} / ({total} + {count})", f"0.5 + {total} / ({total} + {numpy_count})"
