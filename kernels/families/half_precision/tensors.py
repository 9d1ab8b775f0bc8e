"""Tensors in half precision: activations and epilogues, quantization and casts between formats, optimizer steps."""

from __future__ import annotations

import re

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step
from kernels.draw import Draw
from kernels.families.half_precision.formats import BF16, F16, Half, sizes, some_half

ACTIVATIONS = {
    "silu": "return x / (one + wp.exp(-x))",
    "sigmoid": "return one / (one + wp.exp(-x))",
    "tanh_act": "return wp.tanh(x)",
    "softsign": "return x / wp.sqrt(one + x * x)",
    "quick_gelu": "return x / (one + wp.exp(-e * x))",
    "softplus": "return wp.log(one + wp.exp(x))",
    "gelu": "inner = c * (x + d * x * x * x)\nreturn half * x * (one + wp.tanh(inner))",
    "squareplus": "return half * (x + wp.sqrt(x * x + one))",
    "gaussian": "return wp.exp(-x * x)",
    "snake": "return x + wp.sin(x) * wp.sin(x)",
    "mish": "return x * wp.tanh(wp.log(one + wp.exp(x)))",
    "cubic": "return x * x * x + half * x",
}
CONSTANTS = {"one": 1.0, "half": 0.5, "c": 0.7978846, "d": 0.044715, "e": 1.702}


def _activation(draw: Draw, draft: MirrorDraft, half: Half) -> None:
    """Turns `v` into an activation of itself, computed in the half format."""
    name = draw.choice(tuple(ACTIVATIONS)[:5] if half is BF16 else tuple(ACTIVATIONS))
    body = ACTIVATIONS[name]
    for word, value in CONSTANTS.items():
        body = re.sub(rf"(?<!\w){word}(?!\w)", half.number(value), body)
    target = draft.free("v_act")
    step(draft, target, name, f"x: {half.spelling}", ["v"], body, half.spelling, share=0.6)
    draft.code(f"v = {target}")


def build_elementwise(draw: Draw, draft: MirrorDraft) -> Case:
    """Element by element in the half format: activations, residuals, gates, scales, fused products."""
    i = draw.choice(("tid", "i", "idx"))
    half = some_half(draw)
    bound = 1.0 if half is BF16 else 2.0
    draft.field("x", half.spelling, "n", low=-bound, high=bound, names=("x_in", "activations", "hidden"))
    draft.thread("n", "x", index=i, counts=("n", "num_elements"))
    draft.code(f"v = x[{i}]")
    kinds = ["bias", "scale", "activation", "gate", "residual", "mean", "blend", *([] if half is BF16 else ["square"])]
    # An operation in bfloat16 may lose one percent: a few are all that a reference can follow.
    for kind in draw.subset(kinds, draw.integer(1, 2) if half is BF16 else draw.integer(2, 5)):
        factor = half.number(draw.real(0.4, 1.6))
        if kind == "activation":
            _activation(draw, draft, half)
        elif kind in ("scale", "square", "mean"):
            formulas = {"scale": f"v * {factor}", "square": f"v * v + {factor} * v", "mean": f"{half.number(0.5)} * (v + wp.tanh(v))"}
            draft.code(f"v = {formulas[kind]}")
        else:
            name = {"bias": "beta", "gate": "gate", "residual": "skip", "blend": "other"}[kind]
            draft.field(name, half.spelling, "n", names=(f"{name}_in",))
            formulas = {
                "bias": f"v {draw.choice(('+', '-'))} beta[{i}]",
                "gate": f"v * {draw.choice((f'wp.tanh(gate[{i}])', f'wp.cos(gate[{i}])', f'gate[{i}]'))}",
                "residual": f"skip[{i}] + v * {factor}",
                "blend": f"wp.lerp(v, other[{i}], {half.number(draw.real(0.1, 0.9))})",
            }
            draft.code(f"v = {formulas[kind]}")
    wide = draw.chance(0.3)
    out = draft.result("y", "float" if wide else half.spelling, "n", names=("y_out", "result", "out"))
    draft.code(f"{out}[{i}] = {draw.choice(('float(v)', '2.0 * float(v)', 'float(v) + 0.5')) if wide else 'v'}")
    return draft.finish(draw.choice(("fused_elementwise", "apply_activation", "epilogue")), ["n"], sizes(draw))


def build_quantize(draw: Draw, draft: MirrorDraft) -> Case:
    """Between formats: rounding to half, scaled storage, both formats in turn, averages in half, errors of rounding."""
    i = draw.choice(("tid", "i", "idx"))
    half = some_half(draw)
    way = draw.choice(("store", "load", "scaled", "round_trip", "between", "average", "pair"))
    source = "float" if way in ("store", "scaled", "round_trip") else half.spelling
    # Values of both signs cancel more than bfloat16 has to spare.
    coarse = half is BF16 or way == "between"
    low, high = (0.2, 2.0) if coarse else (-3.0, 3.0)
    draft.field("x", source, "n", low=low, high=high, names=("weights", "values", "src"))
    draft.thread("n", "x", index=i, counts=("n", "num_elements"))
    if way == "store":
        scale = draft.tune(draw.choice(("scale", "inv_scale")), 0.3, 2.0)
        forms = ("{0} * {1}", "{0} * {1} + 0.25", "wp.tanh({0}) * {1}", "wp.sin({0} * {1})", "{0} / (1.0 + wp.abs({0}) * {1})")
        shaped = draw.choice(forms)
        draft.code(f"v = {shaped.format(f'x[{i}]', scale)}")
        out = draft.result("packed", half.spelling, "n", names=("half_out", "dst"))
        draft.code(f"{out}[{i}] = {half.number('v')}")
    elif way == "load":
        draft.field("scales", "float", "n", low=0.3, high=2.0, names=("block_scale", "amax"))
        draft.code(f"v = float(x[{i}]) {draw.choice(('*', '/'))} scales[{i}]")
        if draw.chance(0.5) and not coarse:
            draft.field("zero_point", "float", "n", names=("offset", "shift"))
            draft.code(f"v = v {draw.choice(('+', '-'))} zero_point[{i}]")
        if draw.chance(0.5):
            reductions = ["wp.tanh(v)", "v / (1.0 + wp.abs(v))", "wp.sqrt(1.0 + v * v)", *([] if coarse else ["wp.sin(v)", "v * v"])]
            draft.code(f"v = {draw.choice(reductions)}")
        out = draft.result("unpacked", "float", "n", names=("single_out", "dst"))
        draft.code(f"{out}[{i}] = v")
    elif way == "scaled":
        draft.field("amax", "float", "n", domain=Uniform(0.5, 4.0), names=("row_max", "scale_in"))
        draft.code(f"inv = {draw.choice(('1.0', '2.0', '0.5'))} / amax[{i}]\nq = {half.number(f'x[{i}] * inv')}")
        out = draft.result("quantized", half.spelling, "n", names=("q_out",))
        draft.code(f"{out}[{i}] = {draw.choice(('q', f'q * {half.number(0.5)}'))}")
        if draw.chance(0.6):
            out = draft.result("restored", "float", "n", names=("dequantized",))
            draft.code(f"{out}[{i}] = float(q) * amax[{i}]")
    elif way == "round_trip":
        draft.code(f"h = {half.number(f'x[{i}]')}\nback = float(h)")
        if draw.chance(0.5):
            draft.code(f"back = back + float({half.number(f'{draw.real(0.1, 0.5)} * back')})")
        if draw.chance(0.4):
            draft.field("carry", "float", "n", low=-0.1, high=0.1, names=("residual",))
            draft.code(f"back = back + carry[{i}]")
        out = draft.result("rounded", "float", "n", names=("back_out", "single_out"))
        draft.code(f"{out}[{i}] = {draw.choice(('back', 'back * back', 'wp.sin(back)', 'wp.tanh(back)'))}")
    elif way == "between":
        other = F16 if half is BF16 else BF16
        draft.code(f"w = {other.number(f'x[{i}]')}\nw = w * {other.number(draw.real(0.3, 1.7))}")
        if draw.chance(0.4):
            draft.code(f"w = w + {other.number(draw.real(0.1, 0.9))}")
        if draw.chance(0.5):
            draft.field("factor", draw.choice((other.spelling, half.spelling)), "n", low=0.3, high=1.2, names=("ratio",))
            same = draft.names.arrays["factor"][0].name == other.spelling.removeprefix("wp.")
            draft.code(f"w = w * {f'factor[{i}]' if same else other.number(f'factor[{i}]')}")
        back = draw.choice((other.spelling, half.spelling, "float"))
        out = draft.result("converted", back, "n", names=("other_out",))
        draft.code(f"{out}[{i}] = {'w' if back == other.spelling else f'{back}(w)'}")
    elif way == "pair":
        draft.field("low_part", half.spelling, "n", low=-0.01, high=0.01, names=("lo", "correction"))
        draft.code(f"full = float(x[{i}]) + float(low_part[{i}])\nfull = full * {draw.real(0.4, 1.8)}")
        out = draft.result("full_out", "float", "n", names=("joined_out",))
        draft.code(f"{out}[{i}] = full")
        if draw.chance(0.5):
            out = draft.result("high_out", half.spelling, "n", names=("hi_out",))
            draft.code(f"{out}[{i}] = {half.number('full')}")
    else:
        draft.field("average", half.spelling, "n", low=0.1 if coarse else -1.0, names=("ema", "running_mean"))
        decay = draft.tune(draw.choice(("decay", "momentum")), 0.7, 0.99)
        new = draw.choice((f"float(x[{i}])", f"float(x[{i}]) * 0.5", *([] if coarse else [f"float(x[{i}] * x[{i}])"])))
        if draw.chance(0.4):
            draft.field("rate", "float", "n", low=0.2, high=1.0, names=("trust", "step_weight"))
            new += f" * rate[{i}]"
        draft.code(f"m = float(average[{i}]) * {decay} + {new} * (1.0 - {decay})")
        out = draft.result("average_out", half.spelling, "n", names=("ema_out",))
        draft.code(f"{out}[{i}] = {half.number('m')}")
        if draw.chance(0.5):
            out = draft.result("power", "float", "n", names=("energy",))
            draft.code(f"{out}[{i}] = {'m + 0.5' if coarse else draw.choice(('m * m + 0.5 * m', 'm * m - 0.5 * m', 'm * m'))}")
    return draft.finish(f"{way}_half", ["n"], sizes(draw))


def build_optimizer(draw: Draw, draft: MirrorDraft) -> Case:
    """Optimizer steps with gradients in half and weights in single precision: plain, momentum, Adam, with loss scaling and decay."""
    i = draw.choice(("tid", "i", "param"))
    half = some_half(draw)
    draft.field("master", "float", "n", names=("weights", "params", "w32"))
    # Sums of both signs cancel more than bfloat16 has to spare.
    low = 0.1 if half is BF16 else -1.0
    draft.field("grads", half.spelling, "n", low=low, names=("grad_half", "g16"))
    draft.thread("n", "master", index=i, counts=("n", "num_params"))
    scale = draft.tune(draw.choice(("inv_loss_scale", "unscale")), 0.3, 1.0)
    lr = draft.tune(draw.choice(("lr", "learning_rate")), 0.01, 0.2)
    draft.code(f"w = master[{i}]\ng = float(grads[{i}]) * {scale}")
    if draw.chance(0.3):
        draft.code(draw.choice(("g = g / (1.0 + wp.abs(g))", "g = wp.tanh(g)", "g = g / wp.sqrt(1.0 + g * g)")))
    if draw.chance(0.4):
        decay = draft.tune("weight_decay", 0.01, 0.2)
        draft.code(draw.choice((f"g = g + {decay} * w", f"w = w * (1.0 - {lr} * {decay})")))
    kind = draw.choice(("sgd", "momentum", "adam", "lion", "rms"))
    if kind == "sgd":
        draft.code(f"w = w - {lr} * g")
    elif kind == "momentum":
        draft.field("velocity", half.spelling if draw.chance(0.5) else "float", "n", low=low, names=("momentum_buf",))
        mu = draft.tune(draw.choice(("mu", "beta")), 0.5, 0.95)
        draft.code(f"v = {mu} * float(velocity[{i}]) + g\nw = w - {lr} * {draw.choice(('v', f'(g + {mu} * v)'))}")
        out = draft.result("velocity_out", half.spelling, "n", names=("momentum_out",))
        draft.code(f"{out}[{i}] = {half.number('v')}")
    elif kind == "adam":
        draft.field("exp_avg", half.spelling, "n", low=low, names=("first_moment",))
        draft.field("exp_avg_sq", half.spelling, "n", domain=Uniform(0.1, 1.0), names=("second_moment",))
        b1, b2 = draft.tune("beta1", 0.8, 0.95), draft.tune("beta2", 0.9, 0.99)
        draft.code(f"""
            m = {b1} * float(exp_avg[{i}]) + (1.0 - {b1}) * g
            v = {b2} * float(exp_avg_sq[{i}]) + (1.0 - {b2}) * g * g
            w = w - {lr} * m / (wp.sqrt(v) + 0.01)
            """)
        for name, value in draw.subset((("m_out", "m"), ("v_out", "v")), draw.integer(0, 2)):
            out = draft.result(name, half.spelling, "n")
            draft.code(f"{out}[{i}] = {half.number(value)}")
    elif kind == "rms":
        draft.field("square_avg", half.spelling, "n", domain=Uniform(0.1, 1.0), names=("mean_square",))
        draft.code(f"s = 0.9 * float(square_avg[{i}]) + 0.1 * g * g\nw = w - {lr} * g / wp.sqrt(s + 0.01)")
    else:
        draft.field("exp_avg", half.spelling, "n", low=low, names=("momentum_buf",))
        draft.code(f"c = 0.9 * float(exp_avg[{i}]) + 0.1 * g\nw = w - {lr} * wp.tanh(8.0 * c)")
    out = draft.result("master_out", "float", "n", names=("weights_out", "w32_out"))
    draft.code(f"{out}[{i}] = w")
    if draw.chance(0.6):
        out = draft.result("model_weights", half.spelling, "n", names=("w16_out", "half_weights"))
        draft.code(f"{out}[{i}] = {half.number('w')}")
    return draft.finish(f"{kind}_step", ["n"], sizes(draw))
