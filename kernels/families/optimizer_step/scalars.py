"""Numbers that an optimizer needs of all gradients: norms and products by atomics; and the unscaling of mixed precision."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.types import BOOL, I32

_SHAPES = ((("i",), ("n",)), (("tid",), ("count",)), (("row", "col"), ("rows", "cols")))
_NAMES = {
    "square": ("norm_sq", "sum_sq"),
    "magnitude": ("l1_norm", "abs_sum"),
    "peak": ("max_abs", "inf_norm"),
    "product": ("grad_dot", "inner"),
    "pair": ("residual_sq", "change_sq"),
}


def gradient_norm(draw: Draw) -> Case:
    """Sums of squares or magnitudes, maxima, inner products with a direction; in all, per group, or per row."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    indices, extents = draw.choice(_SHAPES)
    at = ", ".join(indices)
    draft.reserve(*indices, *extents, "g", "term", "group", "keep_all", "found")
    grads = draft.array(draft.name("grads", "grad", "update"), real, *extents)
    quantities = draw.subset(("square", "magnitude", "peak", "product", "pair"), draw.choice((1, 1, 2)))
    where = draw.choice(("all", "all", "group", *(("row",) if len(indices) == 2 else ())))
    groups = ""
    results: dict[str, str] = {}
    with draft.threads(*((i, n, grads, a) for a, (i, n) in enumerate(zip(indices, extents, strict=True)))):
        masked = draw.chance(0.25)
        keep = ""
        if masked:
            keep = draft.array(draft.name("trainable", "active"), BOOL, *extents, domain=Bernoulli(0.7))
            draft.line(f"if not {keep}[{at}]:", "    return")
        slot, count, size = "0", 1, "1"
        if where == "group":
            groups = draft.array(draft.name("group_ids", "param_group"), I32, *extents, domain=Integers(0, 3))
            draft.line(f"group = {groups}[{at}]")
            slot, count, size = "group", 3, "3"
        elif where == "row":
            slot, size = indices[0], f"{grads}.shape[0]"
        draft.load("g", grads, at, -1.0, 1.0)
        if draw.chance(0.35):
            scale = draft.knob(draft.name("inv_scale", "scale"), 0.3, 2.0).numpy()
            draft.formula(f"g = g * {scale}")
        for quantity in quantities:
            text = _quantity(draft, quantity, extents, at)
            name = draft.name(*_NAMES[quantity])
            extent = extents[0] if where == "row" else count
            numpy = text.replace("wp.abs", "np.abs")
            if quantity == "peak":
                draft.array(name, real, extent, role="inout", domain=Uniform(0.0, 0.01), differentiable=True)
                draft.line(f"wp.atomic_max({name}, {slot}, {text})")
            else:
                draft.output(name, real, extent, role="accumulate")
                draft.line(f"wp.atomic_add({name}, {slot}, {text})")
            results[name] = _reduced(draft, name, numpy, where, groups, keep, size, peak=quantity == "peak")
        draft.results(**results)
    title = draw.choice(("gradient_norm", "grad_norm_sq", "accumulate_norm", "global_norm_pass"))
    return draft.case(title, extents, grids(draw, extents))


def _quantity(draft: Draft, quantity: str, extents: tuple[str, ...], at: str) -> str:
    """The formula of what one element adds, over the local `g`; arrays of the reference are locals too."""
    if quantity == "square":
        return "g * g"
    if quantity in ("magnitude", "peak"):
        return "wp.abs(g)"
    other = draft.name(*(("direction", "search_dir") if quantity == "product" else ("previous", "last_grad")))
    draft.array(other, draft.real, *extents)
    local = draft.free("d" if quantity == "product" else "old")
    draft.load(local, other, at, -1.0, 1.0)
    return f"g * {local}" if quantity == "product" else f"(g - {local}) * (g - {local})"


def _reduced(draft: Draft, name: str, text: str, where: str, groups: str, keep: str, size: str, *, peak: bool) -> str:
    """The reference's steps that reduce `text` in all, per group or per row; returns the text of the result."""
    found = draft.free(f"{name}_all")
    masked = f"np.where({keep}, {text}, 0.0)" if keep else text
    if where == "group":
        start = f"{name}.copy()" if peak else f"np.zeros({size}, {draft.precision})"
        draft.numpy(f"{found} = {start}", f"np.{'maximum' if peak else 'add'}.at({found}, {groups}, {masked})")
        return found
    axis = "axis=1" if where == "row" else ""
    reduced = f"np.{'max' if peak else 'sum'}({masked}{f', {axis}' if axis else ''})"
    reduced = reduced if where == "row" else f"{reduced}.reshape(1)"
    return f"np.maximum({name}, {reduced})" if peak else reduced


def unscale(draw: Draw) -> Case:
    """Gradients of a scaled loss brought back, with a flag for those that are too large; clipped by norm, zeroed where skipped."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    i = draw.choice(("i", "tid"))
    draft.reserve(i, "n", "g", "limit", "value")
    in_place = draw.chance(0.4)
    grads = draft.name("grads", "scaled_grads", "master_grad")
    draft.array(grads, real, "n", role="inout" if in_place else "input", low=-4.0, high=4.0, differentiable=not in_place)
    scale = draft.array(draft.name("inv_scale", "loss_scale_inv"), real, 1, domain=Uniform(0.3, 1.2), differentiable=False)
    results: dict[str, str] = {}
    with draft.threads((i, "n", grads, 0)):
        draft.line(f"g = {grads}[{i}] * {scale}[0]")
        draft.numpy(f"g = {grads} * {scale}[0]")
        draft.known("g", real, -5.0, 5.0)
        value = "g"
        if draw.chance(0.6):
            limit = draft.knob(draft.name("overflow_limit", "max_finite"), 2.0, 3.5).numpy()
            flag = draft.output(draft.name("found_inf", "overflow_count"), I32, 1, role="accumulate")
            draft.warp_formula(f"if wp.abs(g) > {limit}:")
            draft.line(f"    wp.atomic_add({flag}, 0, 1)")
            results[flag] = f"np.sum(np.abs(g) > {limit}).reshape(1).astype(np.int32)"
            if draw.chance(0.5):
                value = draft.name("kept", "safe_grad")
                draft.warp_formula(f"{value} = wp.where(wp.abs(g) > {limit}, 0.0, g)")
                draft.numpy(f"{value} = np.where(np.abs(g) > {limit}, 0.0, g)")
        if draw.chance(0.5):
            norm = draft.array(draft.name("norm_sq", "grad_sq"), real, 1, domain=Uniform(0.3, 9.0), differentiable=False)
            limit = draft.knob(draft.name("max_norm", "clip_norm"), 0.5, 2.0).numpy()
            factor, clipped = draft.name("factor", "coef"), draft.name("clipped", "limited")
            draft.warp_formula(f"{factor} = wp.min({limit} / (wp.sqrt({norm}[0]) + 1.0e-6), 1.0)", f"{clipped} = {value} * {factor}")
            draft.numpy(f"{factor} = np.minimum({limit} / (np.sqrt({norm}[0]) + 1.0e-6), 1.0)", f"{clipped} = {value} * {factor}")
            value = clipped
        if draw.chance(0.3):
            noise = draft.array(draft.name("noise", "perturbation"), real, "n", differentiable=not in_place)
            sigma, noisy = draft.knob(draft.name("noise_scale", "sigma"), 0.01, 0.5).numpy(), draft.name("noisy", "private_grad")
            draft.warp_formula(f"{noisy} = {value} + {sigma} * {noise}[{i}]")
            draft.numpy(f"{noisy} = {value} + {sigma} * {noise}")
            value = noisy
        out = grads if in_place else draft.output(draft.name("unscaled", "grads_out"), real, "n")
        draft.line(f"{out}[{i}] = {value}")
        results[out] = value
        draft.results(**results)
    sizes = [{"n": n} for n in draw.sizes(190)]
    return draft.case(draw.choice(("unscale_gradients", "check_and_unscale", "prepare_gradients")), ["n"], sizes)
