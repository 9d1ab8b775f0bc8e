"""Update rules of single parameters, with the state that each keeps.

Sources: Kingma and Ba 2015 (Adam); Loshchilov and Hutter 2019 (AdamW); Chen et al. 2023 (Lion); Riedmiller and Braun 1993 (Rprop).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Bernoulli
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw
from kernels.families.optimization_step.descent import FIELDS
from kernels.language.types import BOOL


@dataclass(frozen=True)
class Rule:
    """A rule that moves a parameter `w` along its gradient `g`: the state that it keeps (with bounds), its knobs, its steps."""

    state: tuple[tuple[str, float, float], ...]
    knobs: tuple[tuple[str, float, float], ...]
    steps: tuple[str, ...]


_LR = ("lr", 0.01, 0.3)


_BETA = ("beta", 0.5, 0.95)


RULES: dict[str, Rule] = {
    "sgd": Rule((), (_LR,), ("w = w - lr * g",)),
    "decayed": Rule((), (_LR, ("decay", 0.01, 0.2)), ("w = w - lr * (g + decay * w)",)),
    "momentum": Rule((("m", -1.0, 1.0),), (_LR, _BETA), ("m = beta * m + g", "w = w - lr * m")),
    "nesterov": Rule((("m", -1.0, 1.0),), (_LR, _BETA), ("m = beta * m + g", "w = w - lr * (g + beta * m)")),
    "adagrad": Rule((("s", 0.1, 1.0),), (_LR,), ("s = s + g * g", "w = w - lr * g / (wp.sqrt(s) + 0.01)")),
    "rmsprop": Rule((("s", 0.1, 1.0),), (_LR, _BETA), ("s = beta * s + (1.0 - beta) * g * g", "w = w - lr * g / (wp.sqrt(s) + 0.01)")),
    "adam": Rule(
        (("m", -1.0, 1.0), ("v", 0.1, 1.0)),
        (_LR, ("beta1", 0.7, 0.95), ("beta2", 0.8, 0.99)),
        ("m = beta1 * m + (1.0 - beta1) * g", "v = beta2 * v + (1.0 - beta2) * g * g", "w = w - lr * m / (wp.sqrt(v) + 0.01)"),
    ),
    "adam_corrected": Rule(
        (("m", -1.0, 1.0), ("v", 0.1, 1.0)),
        (_LR, ("beta1", 0.7, 0.95), ("beta2", 0.8, 0.99), ("count", 1.0, 20.0)),
        (
            "m = beta1 * m + (1.0 - beta1) * g",
            "v = beta2 * v + (1.0 - beta2) * g * g",
            "m_hat = m / (1.0 - wp.pow(beta1, count))",
            "v_hat = v / (1.0 - wp.pow(beta2, count))",
            "w = w - lr * m_hat / (wp.sqrt(v_hat) + 0.01)",
        ),
    ),
    "adamw": Rule(
        (("m", -1.0, 1.0), ("v", 0.1, 1.0)),
        (_LR, ("beta1", 0.7, 0.95), ("beta2", 0.8, 0.99), ("decay", 0.01, 0.2)),
        (
            "m = beta1 * m + (1.0 - beta1) * g",
            "v = beta2 * v + (1.0 - beta2) * g * g",
            "w = w - lr * (m / (wp.sqrt(v) + 0.01) + decay * w)",
        ),
    ),
    "amsgrad": Rule(
        (("m", -1.0, 1.0), ("v", 0.1, 1.0), ("v_max", 0.2, 1.2)),
        (_LR, ("beta1", 0.7, 0.95), ("beta2", 0.8, 0.99)),
        (
            "m = beta1 * m + (1.0 - beta1) * g",
            "v = beta2 * v + (1.0 - beta2) * g * g",
            "v_max = wp.max(v_max, v)",
            "w = w - lr * m / (wp.sqrt(v_max) + 0.01)",
        ),
    ),
    "adamax": Rule(
        (("m", -1.0, 1.0), ("u", 0.1, 1.0)),
        (_LR, ("beta1", 0.7, 0.95), ("beta2", 0.8, 0.99)),
        ("m = beta1 * m + (1.0 - beta1) * g", "u = wp.max(beta2 * u, wp.abs(g))", "w = w - lr * m / (u + 0.01)"),
    ),
    "adadelta": Rule(
        (("s", 0.1, 1.0), ("d", 0.1, 1.0)),
        (_BETA,),
        (
            "s = beta * s + (1.0 - beta) * g * g",
            "delta = wp.sqrt(d + 0.001) / wp.sqrt(s + 0.001) * g",
            "d = beta * d + (1.0 - beta) * delta * delta",
            "w = w - delta",
        ),
    ),
    "lion": Rule(
        (("m", -1.0, 1.0),),
        (_LR, ("beta1", 0.7, 0.95), ("beta2", 0.8, 0.99)),
        ("blend = beta1 * m + (1.0 - beta1) * g", "w = w - lr * wp.sign(blend)", "m = beta2 * m + (1.0 - beta2) * g"),
    ),
    "rprop": Rule(
        (("step", 0.05, 0.5), ("g_old", -1.0, 1.0)),
        (("up", 1.05, 1.5), ("down", 0.3, 0.7)),
        ("step = step * wp.where(g * g_old > 0.0, up, down)", "w = w - step * wp.sign(g)", "g_old = g"),
    ),
    "clipped": Rule((), (_LR, ("clip", 0.2, 0.8)), ("w = w - lr * wp.clamp(g, -clip, clip)",)),
    "averaged": Rule((("mean", -1.0, 1.0),), (_LR, ("ema", 0.8, 0.99)), ("w = w - lr * g", "mean = ema * mean + (1.0 - ema) * w")),
    "yogi": Rule(
        (("m", -1.0, 1.0), ("v", 0.1, 1.0)),
        (_LR, ("beta1", 0.7, 0.95), ("beta2", 0.8, 0.99)),
        (
            "m = beta1 * m + (1.0 - beta1) * g",
            "v = v + (1.0 - beta2) * wp.sign(g * g - v) * g * g",
            "w = w - lr * m / (wp.sqrt(wp.max(v, 0.01)) + 0.05)",
        ),
    ),
}


def build_rule(draw: Draw, draft: Draft) -> Case:
    """A parameter moved by a rule, with the state that the rule keeps; clipped, frozen or shrunk on the way, in one axis or two."""
    name = draw.choice(tuple(RULES))
    rule = RULES[name]
    ndim = draw.choice((1, 1, 2))
    extents = ("rows", "cols")[:ndim]
    indices = draw.choice((("i", "j"), ("row", "col"), ("tid", "k")))[:ndim]
    here = ", ".join(indices)
    draft.reserve("rows", "cols", "w", "g", "blend", "delta", "m_hat", "v_hat", "n", "m", *(s for s, _, _ in rule.state), *indices)
    weights = draft.array(draft.name("params", "weights", "theta_in"), draft.real, *extents)
    gradients = draft.array(draft.name("grads", "gradient", "g_in"), draft.real, *extents)
    states = {
        s: draft.array(f"{s}_{draw.choice(('in', 'state'))}", draft.real, *extents, low=low, high=high) for s, low, high in rule.state
    }
    in_place = draw.chance(0.2)
    frozen = draft.array(draft.name("frozen", "locked"), BOOL, *extents, domain=Bernoulli(0.2)) if draw.chance(0.2) else ""
    with draft.threads(*((i, n, weights, axis) for axis, (i, n) in enumerate(zip(indices, extents, strict=True)))):
        if frozen and in_place:
            with draft.block(f"if {frozen}[{here}]:"):
                draft.line("return")
        draft.line(f"w = {weights}[{here}]", f"g = {gradients}[{here}]", *(f"{s} = {array}[{here}]" for s, array in states.items()))
        draft.numpy(f"w, g = {weights}, {gradients}", *(f"{s} = {array}" for s, array in states.items()))
        if draw.chance(0.35):
            how = draw.choice(("scaled", "clamped", "pulled", "fused"))
            if how == "fused":
                known = [draft.known("g", draft.real, -1.0, 1.0), draft.known("w", draft.real, -1.0, 1.0)]
                draft.fused("g", draft.real, known)
            else:
                amount = draft.knob(draft.name("grad_scale", "regularizer"), 0.1, 0.9).numpy()
                draft.formula(
                    {"scaled": f"g = {amount} * g", "clamped": f"g = wp.clamp(g, -{amount}, {amount})", "pulled": f"g = g + {amount} * w"}[
                        how
                    ]
                )
        texts = {k: draft.knob(draft.free(k) if draft.has(k) else k, low, high).numpy() for k, low, high in rule.knobs}
        draft.formula(*(_spelled(step, texts) for step in rule.steps))
        if frozen and not in_place:
            with draft.block(f"if {frozen}[{here}]:"):
                draft.line(f"w = {weights}[{here}]")
            draft.numpy(f"w = np.where({frozen}, {weights}, w)")
        if in_place:
            for local, array in (("w", weights), *states.items()):
                draft.rewritten(array)
                draft.line(f"{array}[{here}] = {local}")
                draft.numpy(f"{array} = {f'np.where({frozen}, {array}, {local})' if frozen else local}")
        else:
            finish(
                draft, draft.known("w", draft.real, -3.0, 3.0), ("params_out", "w_new", "updated"), here, extents, share=0.3, fields=FIELDS
            )
            for local in states:
                draft.store(draft.output(f"{local}_out", draft.real, *extents), here, local)
    sizes = (
        [{"rows": n} for n in draw.sizes(190)]
        if ndim == 1
        else [{"rows": r, "cols": c} for r, c in ((1, 1), (5, 7), (draw.integer(9, 12), draw.integer(10, 15)))]
    )
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{name}_step", f"apply_{name}", "optimizer_step")), extents, sizes)


def _spelled(step: str, texts: dict[str, str]) -> str:
    """`step` with its knobs' texts."""
    return re.sub(r"\b(" + "|".join(texts) + r")\b", lambda m: texts[m[0]], step) if texts else step
