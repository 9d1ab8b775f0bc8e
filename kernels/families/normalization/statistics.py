"""The passes that only find statistics: means and variances per slice or channel, by loops or by atomics, and running averages of them."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.families.normalization.layers import INPUTS, NUMPY_NAMES, fused_input, moments
from kernels.families.normalization.slices import Slices


def slice_statistics(draw: Draw) -> Case:
    """Mean and inverse standard deviation (or variance) of every slice; running averages are updated in place."""
    draft = Draft(draw, smooth=True)
    slices = Slices(draft, static=draw.chance(0.4))
    draft.reserve(*NUMPY_NAMES)
    x = slices.array(draft.name(*INPUTS), draft.real, low=-2.0)
    value = fused_input(draft, slices, x)
    running = draw.chance(0.4)
    with slices.threads():
        mean, rstd = moments(draft, slices, value)
        values: dict[str, str] = {}
        for name, text, numpy in ((draft.name("mean_out", "means"), mean, "mean"), (draft.name("rstd_out", "inv_stds"), rstd, "inverse")):
            draft.output(name, draft.real, *slices.kept_extents)
            draft.line(f"{name}[{slices.here}] = {text}")
            values[name] = slices.flat_slice(numpy)
        if running:
            knob = draft.knob(draft.name("momentum", "decay", "update_rate"), 0.05, 0.3)
            momentum = knob.numpy()
            average = draft.name("running_mean", "mean_ema")
            draft.array(average, draft.real, *slices.kept_extents, role="inout", differentiable=True)
            here = f"{average}[{slices.here}]"
            form = draw.choice((f"{complement(knob)} * {{0}} + {{1}} * {{2}}", "{0} + {1} * ({2} - {0})"))
            draft.warp_formula(f"{here} = {form.format(here, momentum, mean)}")
            values[average] = form.format(average, momentum, slices.flat_slice("mean"))
    draft.results(**values)
    return slices.case(draw.choice(("norm_statistics", f"{slices.titles[0]}_stats", "compute_moments", "mean_rstd_pass")))


def atomic_moments(draw: Draw) -> Case:
    """One thread per element (or per row), which adds its value and square to its channel's sums."""
    draft = Draft(draw, smooth=True)
    slices = Slices(draft, static=False, kinds=("columns", "batch", "batch_nhwc", "instance", "instance_2d", "rows", "tokens"))
    draft.reserve(*NUMPY_NAMES)
    x = slices.array(draft.name(*INPUTS), draft.real, low=-2.0)
    value = fused_input(draft, slices, x)
    centered = draw.chance(0.35)
    shift = draft.array(draft.name("pivot", "channel_shift", "means"), draft.real, *slices.kept_extents) if centered else ""
    sums = draft.output(draft.name("sums", "channel_sum", "total"), draft.real, *slices.kept_extents, role="accumulate")
    squares = draft.output(draft.name("square_sums", "channel_sq", "total_sq"), draft.real, *slices.kept_extents, role="accumulate")
    threads = [(slices.indices[a], slices.names[a], slices.first, a) for a in range(len(slices.indices))]
    with draft.threads(*threads):
        v = draft.name("value", "v", "xi")
        text, numpy = value[1:-1] if value.startswith("(") else value, "values"
        if centered:
            text, numpy = f"{value} - {shift}[{slices.here}]", f"values - {slices.per_slice(shift)}"
        draft.line(f"{v} = {text}")
        draft.numpy(f"{v} = {numpy}")
        known = draft.known(v, draft.real, -4.0, 4.0)
        if draw.chance(0.4):
            weight = slices.array(draft.name("valid", "sample_weight", "pad_mask"), draft.real, domain=Uniform(0.0, 1.0))
            w = draft.load(draft.name("w", "weight"), weight, slices.at, 0.0, 1.0)
            if draw.chance(0.5):
                draft.line(f"if {w.name} <= {draft.number(0.0)}:", "    return")
            first, second = f"{w.name} * {known.name}", f"{w.name} * {known.name} * {known.name}"
        else:
            first, second = known.name, f"{known.name} * {known.name}"
        draft.line(f"wp.atomic_add({sums}, {slices.here}, {first})", f"wp.atomic_add({squares}, {slices.here}, {second})")
        axes = slices.axes
        results = {sums: f"np.sum({first}, axis={axes})", squares: f"np.sum({second}, axis={axes})"}
        if draw.chance(0.3):
            highest, low = draft.name("channel_max", "peak"), Uniform(-4.0, -3.0)
            draft.array(highest, draft.real, *slices.kept_extents, role="inout", domain=low, differentiable=True)
            draft.line(f"wp.atomic_max({highest}, {slices.here}, {known.name})")
            results[highest] = f"np.maximum({highest}, np.max({known.name}, axis={axes}))"
    draft.results(**results)
    return slices.case(draw.choice(("accumulate_moments", "batch_statistics", "atomic_moments", "sum_and_square_pass")), dim=slices.extents)
