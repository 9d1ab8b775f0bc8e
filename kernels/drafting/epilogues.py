"""Epilogues of layers: what a kernel fuses behind a result before it stores it: biases, activations, residuals, gates, dropout, bounds."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.domains import Bernoulli
from kernels.drafting.activations import activated
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.rewriting import complement
from kernels.language.expression import Variable
from kernels.language.types import BOOL


@dataclass(frozen=True)
class Site:
    """Where a thread's result belongs: its index and the extents of arrays of the results' shape.

    `channel` is the kernel's index of its channel, if it has one, and `channels` how many there are; the reference spells an array over
    channels `spread`, and an array of the results' shape `whole`, both with the array's name at `{0}`.
    """

    at: str
    extents: tuple[Extent, ...]
    channel: str = ""
    channels: Extent = ""
    spread: str = "{0}"
    whole: str = "{0}"


_LINEAR = ("bias", "residual", "scale", "mix")
_ANY = (*_LINEAR, "gamma", "activation", "activation", "activation", "dropout", "clamp", "gate", "shape", "shape")


def epilogue(draft: Draft, value: Variable, site: Site, *, most: int = 3, linear: bool = False) -> Variable:
    """Up to `most` fused steps from `value`; those of a `linear` epilogue do not need its value in the backward pass."""
    draw = draft.draw
    options = _LINEAR if linear else _ANY
    for kind in dict.fromkeys(draw.subset(options, min(len(options), draw.integer(0, most)))):
        if kind in ("bias", "gamma") and not site.channel:
            kind = "scale"
        value = _STEPS[kind](draft, value, site)
    return value


def _bias(draft: Draft, value: Variable, site: Site) -> Variable:
    bias = draft.array(draft.name("bias", "beta", "shift", "offset"), draft.real, site.channels)
    name = draft.name("biased", "with_bias", "pre_activation", "shifted")
    draft.line(f"{name} = {value.name} + {bias}[{site.channel}]")
    draft.numpy(f"{name} = {value.name} + {site.spread.format(bias)}")
    return draft.known(name, draft.real, value.range.low - 1.0, value.range.high + 1.0)


def _gamma(draft: Draft, value: Variable, site: Site) -> Variable:
    gamma = draft.array(draft.name("gamma", "layer_scale", "channel_scale", "gain"), draft.real, site.channels, low=0.2, high=1.5)
    name = draft.name("scaled", "rescaled", "channel_scaled")
    draft.line(f"{name} = {value.name} * {gamma}[{site.channel}]")
    draft.numpy(f"{name} = {value.name} * {site.spread.format(gamma)}")
    return draft.known(name, draft.real, -1.5 * value.range.magnitude, 1.5 * value.range.magnitude)


def _residual(draft: Draft, value: Variable, site: Site) -> Variable:
    array = draft.array(draft.name("residual", "skip", "shortcut", "identity"), draft.real, *site.extents)
    name = draft.name("summed", "with_residual", "residual_sum", "merged")
    draft.line(f"{name} = {value.name} + {array}[{site.at}]")
    draft.numpy(f"{name} = {value.name} + {site.whole.format(array)}")
    return draft.known(name, draft.real, value.range.low - 1.0, value.range.high + 1.0)


def _mix(draft: Draft, value: Variable, site: Site) -> Variable:
    array = draft.array(draft.name("previous", "baseline", "skip_input", "ema"), draft.real, *site.extents)
    knob = draft.knob(draft.name("mix", "blend", "keep_rate", "decay"), 0.1, 0.9)
    weight, rest = knob.numpy(), complement(knob)
    name = draft.name("blended", "mixed", "smoothed")
    draft.warp_formula(f"{name} = {weight} * {value.name} + {rest} * {array}[{site.at}]")
    draft.numpy(f"{name} = {weight} * {value.name} + {rest} * {site.whole.format(array)}")
    return draft.known(name, draft.real, -1.0 - value.range.magnitude, 1.0 + value.range.magnitude)


def _scale(draft: Draft, value: Variable, site: Site) -> Variable:
    factor = draft.knob(draft.name("scale_factor", "output_scale", "amount", "strength"), 0.2, 2.0).numpy()
    name = draft.name("rescaled_value", "weighted_value", "amplified")
    draft.formula(f"{name} = {factor} * {value.name}")
    return draft.known(name, draft.real, -2.0 * value.range.magnitude, 2.0 * value.range.magnitude)


def _activation(draft: Draft, value: Variable, site: Site) -> Variable:
    return activated(draft, value, draft.name("activated", "activation", "act", "nonlinear", "hidden"))


def _dropout(draft: Draft, value: Variable, site: Site) -> Variable:
    mask = draft.array(draft.name("keep", "dropout_mask", "keep_mask"), BOOL, *site.extents, domain=Bernoulli(0.7))
    scale = draft.knob(draft.name("inv_keep", "keep_scale", "dropout_scale"), 1.1, 2.0).numpy()
    name = draft.name("dropped", "kept_value", "thinned")
    if draft.draw.chance(0.5):
        draft.warp_formula(f"{name} = wp.where({mask}[{site.at}], {value.name} * {scale}, 0.0)")
    else:
        draft.line(f"{name} = {draft.zero()}", f"if {mask}[{site.at}]:")
        draft.warp_formula(f"    {name} = {value.name} * {scale}")
    draft.numpy(f"{name} = np.where({site.whole.format(mask)}, {value.name} * {scale}, 0.0)")
    return draft.known(name, draft.real, -2.0 * value.range.magnitude, 2.0 * value.range.magnitude)


def _clamp(draft: Draft, value: Variable, site: Site) -> Variable:
    limit = draft.knob(draft.name("limit", "clip", "max_value"), 0.8, 3.0).numpy()
    name = draft.name("clipped", "clamped", "bounded")
    draft.formula(f"{name} = wp.clamp({value.name}, -{limit}, {limit})")
    return draft.known(name, draft.real, -3.0, 3.0)


def _gate(draft: Draft, value: Variable, site: Site) -> Variable:
    gate = draft.array(draft.name("gate", "gates", "gate_input"), draft.real, *site.extents)
    name = draft.name("gated", "gated_value")
    form = draft.draw.choice(("{0} / (1.0 + wp.exp(-{1}))", "{0} * {1} / (1.0 + wp.exp(-{1}))", "{0} * wp.tanh({1})", "{0} * {1}"))
    local = draft.name("g", "gate_here", "gate_value")
    draft.load(local, gate, site.at, -1.0, 1.0, numpy=site.whole.format(gate))
    draft.formula(f"{name} = {form.format(value.name, local)}")
    return draft.known(name, draft.real, -value.range.magnitude, value.range.magnitude)


_SHAPES = (
    "wp.max({x}, -{k})",
    "wp.min({x}, {k})",
    "wp.sqrt({x} * {x} + {k})",
    "{x} / wp.sqrt({k} + {x} * {x})",
    "wp.log(1.0 + {k} * wp.abs({x}))",
    "wp.exp(-{k} * wp.abs({x}))",
    "1.0 / (1.0 + {k} * {x} * {x})",
    "wp.sin({k} * {x})",
    "{x} * wp.cos({k} * {x})",
    "{k} * wp.tanh({x})",
    "wp.max({x} - {k}, 0.0)",
    "wp.max(wp.abs({x}) - {k}, 0.0)",
    "{k} - wp.abs({x})",
    "wp.max({x}, {k} * {x} - 0.5)",
)
"""Shapes that layers give a value besides the usual activations: bounds, saturations, waves, thresholds."""
_SQUARES = ("{k} * {x} * {x}", "{x} + {k} * {x} * {x}", "{x} * {x} - {k}")
"""Shapes that grow: of values of ordinary size alone, so that an exponential behind them stays finite."""


def _shape(draft: Draft, value: Variable, site: Site) -> Variable:
    knob = draft.knob(draft.name("sharpness", "slant", "curve", "softness"), 0.3, 1.5).numpy()
    name = draft.name("shaped", "response", "mapped")
    shapes = _SHAPES if value.range.magnitude > 4.0 else _SHAPES + _SQUARES
    draft.formula(f"{name} = {draft.draw.choice(shapes).format(x=value.name, k=knob)}")
    bound = 2.0 + 1.5 * (value.range.magnitude if value.range.magnitude > 4.0 else value.range.magnitude + value.range.magnitude**2)
    return draft.known(name, draft.real, -bound, bound)


_STEPS = {
    "bias": _bias,
    "gamma": _gamma,
    "residual": _residual,
    "mix": _mix,
    "scale": _scale,
    "activation": _activation,
    "dropout": _dropout,
    "clamp": _clamp,
    "gate": _gate,
    "shape": _shape,
}
