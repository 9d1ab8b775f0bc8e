"""Passes with one thread per element or channel: statistics applied, parameters folded, moments merged, response over channels."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.outlines import outlined
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.families.normalization.layers import INPUTS, NUMPY_NAMES, affine, fused_input
from kernels.families.normalization.slices import Slices, epsilon
from kernels.language.types import I32


def apply_statistics(draw: Draw) -> Case:
    """Every element from given statistics: batch norm in inference, the last pass of a layer norm, modulation by a condition."""
    draft = Draft(draw, smooth=True)
    kinds = ("columns", "batch", "batch", "batch_nhwc", "rows", "tokens", "instance", "instance_2d", "instance_nhwc")
    slices = Slices(draft, static=False, kinds=kinds)
    draft.reserve(*NUMPY_NAMES)
    x = slices.array(draft.name(*INPUTS), draft.real, low=-2.0)
    value = fused_input(draft, slices, x)
    mean = draft.array(draft.name("running_mean", "mean_in", "mu"), draft.real, *slices.kept_extents)
    given = draw.choice(("var", "var", "rstd", "std"))
    domain = Uniform(0.3, 2.0)
    names = {"var": ("running_var", "var_in", "sigma_sq"), "rstd": ("rstd", "inv_std"), "std": ("std", "sigma")}[given]
    spread = draft.array(draft.name(*names), draft.real, *slices.kept_extents, domain=domain)
    threads = [(slices.indices[a], slices.names[a], slices.first, a) for a in range(len(slices.indices))]
    with draft.threads(*threads):
        eps = epsilon(draft)
        name = draft.name("normalized", "x_hat", "standardized")
        here = slices.here
        centered = f"({value} - {mean}[{here}])"
        numpy_centered = f"(values - {slices.per_slice(mean)})"
        if given == "rstd":
            draft.line(f"{name} = {centered} * {spread}[{here}]")
            draft.numpy(f"{name} = {numpy_centered} * {slices.per_slice(spread)}")
        elif given == "std":
            draft.warp_formula(f"{name} = {centered} / ({spread}[{here}] + {eps})")
            draft.numpy(f"{name} = {numpy_centered} / ({slices.per_slice(spread)} + {eps})")
        else:
            inverse = draft.name("inv_std", "inv", "scale_factor_c")
            draft.warp_formula(f"{inverse} = 1.0 / wp.sqrt({spread}[{here}] + {eps})")
            draft.line(f"{name} = {centered} * {inverse}")
            draft.numpy(f"{name} = {numpy_centered} / np.sqrt({slices.per_slice(spread)} + {eps})")
        out = slices.array(draft.name("out", "y", "normed"), draft.real, out=True)
        final = _modulated(draft, slices, name) if draw.chance(0.3) else affine(draft, slices, name)
        draft.line(f"{out}[{slices.at}] = {final}")
    draft.results(**{out: final})
    title = {"columns": "batch_norm_inference", "batch": "batch_norm_eval", "batch_nhwc": "batch_norm_inference_nhwc"}
    return slices.case(draw.choice((title.get(slices.name, "norm_apply"), "apply_norm", "normalize_elements")), dim=slices.extents)


def _modulated(draft: Draft, slices: Slices, name: str) -> str:
    """A scale and shift that a condition gives per sample (or per class of sample) and channel; returns the name of what is stored."""
    draw, real = draft.draw, draft.real
    first, channel = slices.indices[0], slices.channel
    count = slices.extents[0]
    rank = len(slices.indices)
    row, numpy_row = first, ""
    if draw.chance(0.4):
        labels = draft.array(draft.name("class_ids", "style_ids", "labels"), I32, count, domain=Integers(0, 4))
        row = draft.name("style", "label", "cls")
        draft.line(f"{row} = {labels}[{first}]")
        numpy_row, count = f"[{labels}]", 4
    shift, scale = draft.name("shift", "cond_shift", "film_beta"), draft.name("scale", "cond_scale", "film_gamma")
    draft.array(scale, real, count, slices.channels)
    draft.array(shift, real, count, slices.channels)
    shape = [f"{slices.first}.shape[0]", *(f"{slices.first}.shape[{a}]" if a == slices.channel_axis else "1" for a in range(1, rank))]
    spread = f"{{0}}{numpy_row}.reshape({', '.join(shape)})"
    value = draft.name("modulated", "conditioned", "styled")
    one = draft.number(1.0)
    if slices.channel_axis == 0:
        return affine(draft, slices, name)
    draft.line(f"{value} = {name} * ({one} + {scale}[{row}, {channel}]) + {shift}[{row}, {channel}]")
    draft.numpy(f"{value} = {name} * (1.0 + {spread.format(scale)}) + {spread.format(shift)}")
    return epilogue(draft, draft.known(value, real, -15.0, 15.0), slices.site(), most=2).name


def fold(draw: Draw) -> Case:
    """One thread per channel: mean and variance from sums, the affine parameters folded into a scale and a shift, running averages."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    c = draw.choice(("c", "channel", "i", "tid"))
    draft.reserve(c, "channels", "scale_value")
    sums = draft.array(draft.name("sums", "channel_sum"), real, "n", domain=Uniform(-20.0, 20.0))
    squares = draft.array(draft.name("square_sums", "channel_sq"), real, "n", domain=Uniform(30.0, 60.0))
    with draft.threads((c, "n", sums, 0)):
        if draw.chance(0.5):
            count = draft.parameter("count", 40.0, 60.0).name
        else:
            draft.parameter("num_samples", 40, 60, I32)
            draft.line(f"count = {draft.cast('num_samples')}")
            draft.numpy(f"count = {draft.precision}(num_samples)")
            count = draft.known("count", real, 40.0, 60.0).name
        draft.load("total", sums, c, -20.0, 20.0)
        draft.formula(f"mean = total / {count}")
        draft.line(f"variance = {squares}[{c}] / {count} - mean * mean")
        draft.numpy(f"variance = {squares} / {count} - mean * mean")
        eps = epsilon(draft)
        draft.formula(f"inv_std = 1.0 / wp.sqrt(variance + {eps})")
        results: dict[str, str] = {}
        kinds = draw.subset(("folded", "moments", "running"), draw.integer(1, 3))
        if "folded" in kinds:
            gamma, beta = draft.array("gamma", real, "n", low=0.4, high=1.6), draft.array("beta", real, "n")
            draft.line(f"scale_value = {gamma}[{c}] * inv_std", f"scale_out[{c}] = scale_value")
            draft.line(f"shift_out[{c}] = {beta}[{c}] - mean * scale_value")
            draft.numpy(f"scale_value = {gamma} * inv_std")
            for name, text in (("scale_out", "scale_value"), ("shift_out", f"{beta} - mean * scale_value")):
                draft.output(name, real, "n")
                results[name] = text
        if "moments" in kinds:
            for name, text in (("mean_out", "mean"), ("rstd_out", "inv_std") if draw.chance(0.5) else ("var_out", "variance")):
                draft.output(name, real, "n")
                draft.line(f"{name}[{c}] = {text}")
                results[name] = text
        if "running" in kinds:
            knob = draft.knob("momentum", 0.05, 0.3)
            momentum, rest = knob.numpy(), complement(knob)
            unbiased = draw.chance(0.5)
            draft.formula(f"unbiased = variance * {count} / ({count} - 1.0)" if unbiased else "unbiased = variance")
            for name, text in (("running_mean", "mean"), ("running_var", "unbiased")):
                draft.array(name, real, "n", role="inout", low=0.2, differentiable=True)
                draft.warp_formula(f"{name}[{c}] = {rest} * {name}[{c}] + {momentum} * {text}")
                results[name] = f"{rest} * {name} + {momentum} * {text}"
        draft.results(**results)
    title = draw.choice(("finalize_batch_stats", "fold_batch_norm", "batch_norm_finalize", "reduce_statistics"))
    return draft.case(title, ["n"], [{"n": n} for n in draw.sizes(150)])


def merge(draw: Draw) -> Case:
    """Counts, means and squared deviations of two samples (or of several chunks) become those of their union (Chan et al., 1979)."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    i = draw.choice(("i", "c", "channel"))
    draft.reserve(i, "n_a", "n_b", "n_ab", "delta", "mean_ab", "m2_ab", "weight")
    for side in ("a", "b"):
        draft.array(f"count_{side}", real, "n", domain=Uniform(1.0, 30.0), differentiable=False)
        draft.array(f"mean_{side}", real, "n")
        draft.array(f"m2_{side}", real, "n", domain=Uniform(0.5, 5.0))
    with draft.threads((i, "n", "mean_a", 0)):
        draft.load("n_a", "count_a", i, 1.0, 30.0)
        draft.load("n_b", "count_b", i, 1.0, 30.0)
        draft.line(f"delta = mean_b[{i}] - mean_a[{i}]")
        draft.numpy("delta = mean_b - mean_a")
        draft.formula("n_ab = n_a + n_b")
        draft.formula("weight = n_b / n_ab" if draw.chance(0.6) else "weight = 1.0 / (1.0 + n_a / n_b)")
        draft.line(f"mean_ab = mean_a[{i}] + delta * weight", f"m2_ab = m2_a[{i}] + m2_b[{i}] + delta * delta * n_a * weight")
        draft.numpy("mean_ab = (n_a * mean_a + n_b * mean_b) / n_ab", "m2_ab = m2_a + m2_b + delta * delta * n_a * n_b / n_ab")
        results: dict[str, str] = {}
        outputs = [("mean_out", "mean_ab"), ("m2_out", "m2_ab"), ("count_out", "n_ab")]
        if draw.chance(0.5):
            eps = epsilon(draft)
            draft.formula(f"rstd = 1.0 / wp.sqrt(m2_ab / n_ab + {eps})")
            outputs = [("mean_out", "mean_ab"), ("rstd_out", "rstd")]
        for name, text in draw.shuffled(outputs):
            final = text
            if name == "mean_out" and draw.chance(0.4):
                final = epilogue(draft, draft.known(text, real, -1.0, 1.0), Site(i, ("n",)), most=1).name
            draft.output(name, real, "n", differentiable=name != "count_out")
            draft.line(f"{name}[{i}] = {final}")
            results[name] = final
        draft.results(**results)
    return draft.case(draw.choice(("merge_welford", "combine_moments", "merge_variance")), ["n"], [{"n": n} for n in draw.sizes(150)])


def local_response(draw: Draw) -> Case:
    """Local response normalization: every value over a power of the squares of its neighbours in channels or in space."""
    draft = Draft(draw, smooth=True)
    layout, axis = draw.choice(((("n", "c", "l"), 1), (("b", "c", "y", "x"), 1), (("b", "y", "x", "c"), 3), (("row", "col"), 1)))
    extents = {"n": "batch", "b": "batch", "c": "channels", "l": "length", "y": "height", "x": "width", "row": "rows", "col": "cols"}
    names = [extents[i] for i in layout]
    draft.reserve(*layout, *names, "total", "padded", "window", "other", "value")
    reach = draw.integer(1, 2)
    x = draft.array(draw.choice(("inputs", "features", "src", "activations")), draft.real, *names, low=-2.0, high=2.0)
    channel = layout[axis]
    clamped = draw.chance(0.4)
    with draft.threads(*((i, n, x, a) for a, (i, n) in enumerate(zip(layout, names, strict=True)))):
        width = draft.extent(names[axis], x, axis)
        at = ", ".join("other" if i == channel else i for i in layout)
        step = draw.choice(("d", "offset"))
        draft.reserve(step)
        body = [f"other = {channel} + {step}"]
        if clamped:
            body = [f"other = wp.clamp({channel} + {step}, 0, {width} - 1)"]
        element = f"{x}[{at}]"
        lines = [f"total = {draft.zero()}", f"for {step} in range(-{reach}, {reach + 1}):", *(f"    {line}" for line in body)]
        if clamped:
            lines.append(f"    total += {element} * {element}")
        else:
            lines += [f"    if other >= 0 and other < {width}:", f"        total += {element} * {element}"]
        if draw.chance(0.5):
            outlined(draft, draw.choice(("window_energy", "sum_squares")), lines, [("total", draft.real)])
        else:
            draft.line(*lines)
        pads = ", ".join(f"({reach}, {reach})" if a == axis else "(0, 0)" for a in range(len(layout)))
        mode = ', mode="edge"' if clamped else ""
        draft.numpy(f"padded = np.pad({x} * {x}, [{pads}]{mode})", f"length = {x}.shape[{axis}]")
        draft.reserve("length")
        shifts = [f"np.take(padded, np.arange(length) + {k}, axis={axis})" for k in range(2 * reach + 1)]
        draft.numpy(f"total = {shifts[0]}", *(f"total = total + {s}" for s in shifts[1:]))
        draft.known("total", draft.real, 0.0, 4.0 * (2 * reach + 1))
        alpha = draft.knob("alpha", 0.05, 0.5).numpy()
        base = draft.knob(draft.name("k", "bias"), 1.0, 2.0).numpy()
        average = f" / {2 * reach + 1}.0" if draw.chance(0.5) else ""
        draft.formula(f"denom = {base} + {alpha} * total{average}")
        here = ", ".join(layout)
        draft.load("value", x, here, -2.0, 2.0)
        if draw.chance(0.3):
            draft.formula("normalized = value / wp.sqrt(denom)")
        else:
            beta = draft.knob(draft.name("beta", "exponent"), 0.4, 0.9).numpy()
            form = draw.choice(("value / wp.pow(denom, {0})", "value * wp.pow(denom, -{0})"))
            draft.formula(f"normalized = {form.format(beta)}")
        site = Site(here, tuple(names), channel, names[axis], f"{{0}}[:{', None' * (len(layout) - 1 - axis)}]")
        final = epilogue(draft, draft.known("normalized", draft.real, -2.0, 2.0), site, most=2)
        out = draft.output(draft.name("out", "normed", "response_out"), draft.real, *names)
        draft.line(f"{out}[{here}] = {final.name}")
        draft.results(**{out: final.name})
    return draft.case(draw.choice(("local_response_norm", "lrn_forward", "cross_channel_norm")), names, grids(draw, names))
