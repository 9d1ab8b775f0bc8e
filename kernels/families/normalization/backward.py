"""Gradients of normalization layers written out by hand, with the statistics that the forward pass saved."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import epilogue
from kernels.draw import Draw
from kernels.families.normalization.slices import Slices

_KINDS = ("rows", "rows", "tokens", "instance", "columns", "groups", "batch", "heads")


def input_gradient(draw: Draw) -> Case:
    """The input's gradient, one thread per slice: two sums over the slice, then every element."""
    draft = Draft(draw, smooth=True)
    slices = Slices(draft, static=draw.chance(0.4), kinds=_KINDS)
    rms = draw.chance(0.35)
    real, at, here = draft.real, slices.at, slices.here
    draft.reserve("x_hat", "grad", "numpy_g", "numpy_hat", "sum_g", "sum_gx")
    x = slices.array(draft.name("x", "inputs", "saved_x"), real, low=-2.0)
    dy = slices.array(draft.name("dy", "grad_out", "upstream"), real)
    rstd = draft.array(draft.name("rstd", "inv_std"), real, *slices.kept_extents, domain=Uniform(0.4, 1.5))
    mean = "" if rms else draft.array(draft.name("mean", "mu"), real, *slices.kept_extents)
    gamma = draft.array(draft.name("gamma", "weight"), real, slices.channels, low=0.4, high=1.6) if draw.chance(0.7) else ""
    g_text = f"{dy}[{at}] * {gamma}[{slices.channel}]" if gamma else f"{dy}[{at}]"
    with slices.threads():
        r, m = draft.name("r", "inv", "scale_r"), draft.name("m", "center")
        draft.line(f"{r} = {rstd}[{here}]")
        draft.known(r, real, 0.4, 1.5)
        if mean:
            draft.line(f"{m} = {mean}[{here}]")
            draft.known(m, real, -1.0, 1.0)
        hat_text = f"({x}[{at}] - {m}) * {r}" if mean else f"{x}[{at}] * {r}"
        draft.numpy(f"numpy_g = {slices.whole(dy)}{f' * {slices.along(gamma)}' if gamma else ''}")
        centered = f"({slices.whole(x)} - {slices.per_slice(mean)})" if mean else slices.whole(x)
        draft.numpy(f"numpy_hat = {centered} * {slices.per_slice(rstd)}")
        inner = [f"grad = {g_text}", f"x_hat = {hat_text}"]
        lines = [] if rms else [f"sum_g = {draft.zero()}"]
        lines += [f"sum_gx = {draft.zero()}"]
        lines += slices.looped([*inner, *([] if rms else ["sum_g += grad"]), "sum_gx += grad * x_hat"])
        slices.computed(draw.choice(("gradient_sums", "reduce_gradients", "backward_sums")), lines, *([] if rms else ["sum_g"]), "sum_gx")
        axes, count = slices.axes, slices.count
        mean_g, mean_gx = draft.name("mean_g", "c1"), draft.name("mean_gx", "c2")
        if not rms:
            draft.line(f"{mean_g} = sum_g / {count}")
            draft.numpy(f"{mean_g} = np.mean(numpy_g, axis={axes}, keepdims=True)")
            draft.known(mean_g, real, -1.0, 1.0)
        draft.line(f"{mean_gx} = sum_gx / {count}")
        draft.numpy(f"{mean_gx} = np.mean(numpy_g * numpy_hat, axis={axes}, keepdims=True)")
        draft.known(mean_gx, real, -2.0, 2.0)
        out = slices.array(draft.name("dx", "grad_in", "d_input"), real, out=True)
        with slices.elements():
            name = draft.name("value", "grad_x", "dxi")
            part = "" if rms else f" - {mean_g}"
            if draw.chance(0.5):
                draft.line(*inner, f"{name} = {r} * (grad{part} - x_hat * {mean_gx})")
            else:
                draft.line(f"{name} = ({g_text}{part} - {hat_text} * {mean_gx}) * {r}")
            draft.numpy(f"{name} = {slices.per_slice(rstd)} * (numpy_g{part} - numpy_hat * {mean_gx})")
            known = draft.known(name, real, -9.0, 9.0)
            final = epilogue(draft, known, slices.site(), most=1, linear=True) if draw.chance(0.4) else known
            draft.line(f"{out}[{at}] = {final.name}")
    draft.results(**{out: slices.back(final.name)})
    word = "rms_norm" if rms else slices.titles[0]
    return slices.case(draw.choice((f"{word}_backward", f"{word}_backward_dx", f"grad_{word}")))


def parameter_gradient(draw: Draw) -> Case:
    """The gradients of gamma and beta: one thread per channel that loops over the samples, or one per element with atomics."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    kind = draw.choice(("rows", "rows", "channels", "tokens"))
    indices, extents, channel = {
        "rows": (("row", "col"), ("rows", "cols"), 1),
        "channels": (("n", "c", "l"), ("batch", "channels", "length"), 1),
        "tokens": (("b", "t", "c"), ("batch", "steps", "channels"), 2),
    }[kind]
    draft.reserve(*indices, *extents, "x_hat", "numpy_hat", "g")
    x = draft.array(draw.choice(("x", "inputs", "saved_x")), real, *extents, low=-2.0)
    dy = draft.array(draft.name("dy", "grad_out", "upstream"), real, *extents)
    # Statistics per row, or per channel in batch norm.
    per_channel = kind == "channels" or draw.chance(0.2)
    kept = (channel,) if per_channel else tuple(a for a in range(len(indices)) if a != channel)
    normalized = draw.chance(0.3)
    at = ", ".join(indices)
    here = ", ".join(indices[a] for a in kept)
    axes = tuple(a for a in range(len(indices)) if a not in kept)
    spread = f"np.expand_dims({{0}}, {axes})"
    if normalized:
        hat, numpy_hat = f"{x}[{at}]", x
    else:
        mean = draft.array(draft.name("mean", "mu"), real, *(extents[a] for a in kept))
        rstd = draft.array(draft.name("rstd", "inv_std"), real, *(extents[a] for a in kept), domain=Uniform(0.4, 1.5))
        hat = f"({x}[{at}] - {mean}[{here}]) * {rstd}[{here}]"
        numpy_hat = f"({x} - {spread.format(mean)}) * {spread.format(rstd)}"
    draft.numpy(f"numpy_hat = {numpy_hat}")
    c, width = indices[channel], extents[channel]
    reduced = str(tuple(a for a in range(len(indices)) if a != channel)) if len(indices) > 2 else "0"
    atomic = draw.chance(0.5)
    role = "accumulate" if atomic else "output"
    both = draw.chance(0.75)
    dgamma = draft.output(draft.name("dgamma", "grad_weight", "d_scale"), real, width, role=role)  # type: ignore[arg-type]
    dbeta = draft.output(draft.name("dbeta", "grad_bias", "d_shift"), real, width, role=role) if both else ""  # type: ignore[arg-type]
    if atomic:
        with draft.threads(*((i, n, x, a) for a, (i, n) in enumerate(zip(indices, extents, strict=True)))):
            draft.line(f"g = {dy}[{at}]", f"x_hat = {hat}", f"wp.atomic_add({dgamma}, {c}, g * x_hat)")
            if both:
                draft.line(f"wp.atomic_add({dbeta}, {c}, g)")
        dim: tuple[str, ...] = extents
    else:
        with draft.threads((c, width, x, channel)):
            others = [a for a in range(len(indices)) if a != channel]
            for a in others:
                draft.extent(extents[a], x, a)
            gsum, bsum = draft.name("gamma_sum", "acc_w", "weight_acc"), draft.name("beta_sum", "acc_b", "bias_acc")
            draft.line(f"{gsum} = {draft.zero()}")
            if both:
                draft.line(f"{bsum} = {draft.zero()}")
            inner = [f"g = {dy}[{at}]", f"{gsum} += g * {hat}" if draw.chance(0.5) else f"{gsum} += {hat} * g"]
            for a in reversed(others):
                lines = [*inner, f"{bsum} += g"] if both and a == others[-1] else inner
                inner = [f"for {indices[a]} in range({extents[a]}):", *(f"    {line}" for line in lines)]
            draft.line(*inner, f"{dgamma}[{c}] = {gsum}")
            if both:
                draft.line(f"{dbeta}[{c}] = {bsum}")
        dim = (width,)
    values = {dgamma: f"np.sum({dy} * numpy_hat, axis={reduced})"}
    if both:
        values[dbeta] = f"np.sum({dy}, axis={reduced})"
    draft.results(**values)
    large = draw.integer(9, 12) if len(indices) == 2 else 5
    sizes = [dict.fromkeys(extents, 1), dict(zip(extents, (3, 5, 2), strict=False)), dict(zip(extents, (large, 7, 6), strict=False))]
    name = draw.choice(("norm_weight_grad", "layer_norm_backward_gamma_beta", "affine_gradients", "grad_gamma_beta"))
    return draft.case(name, dim, sizes)
