"""The terms of losses: one number from a prediction and a target, with the derivative that a backward pass written by hand uses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy
from kernels.drafting.rewriting import renamed, worked_out

SIGMOID = "1.0 / (1.0 + wp.exp(-p))"


@dataclass(frozen=True)
class Term:
    """A loss of `p` and `t`: formulas that end in `loss`, and the formula of its derivative by `p` (empty if it is not offered).

    `predictions` and `targets` are the ranges of their values; a binary target is an integer, 0 or 1. `numpy` is the definition that the
    reference uses where the kernel has a form of its own.
    """

    name: str
    formulas: tuple[str, ...]
    slope: str = ""
    parameters: tuple[tuple[str, float, float], ...] = ()
    predictions: tuple[float, float] = (-2.0, 2.0)
    targets: tuple[float, float] = (-2.0, 2.0)
    binary: bool = False
    numpy: tuple[str, ...] = ()


_D = "diff = p - t"
_SIGNED = "y = 2.0 * t - 1.0"

TERMS = (
    Term("squared_error", (_D, "loss = diff * diff"), "2.0 * diff"),
    Term("half_squared_error", (_D, "loss = 0.5 * diff * diff"), "diff"),
    Term("absolute_error", (_D, "loss = wp.abs(diff)"), "wp.where(diff > 0.0, 1.0, -1.0)"),
    Term(
        "huber",
        (_D, "size = wp.abs(diff)", "loss = wp.where(size < delta, 0.5 * diff * diff, delta * (size - 0.5 * delta))"),
        "wp.clamp(diff, -delta, delta)",
        (("delta", 0.4, 1.5),),
    ),
    Term(
        "smooth_l1",
        (_D, "size = wp.abs(diff)", "loss = wp.where(size < beta, 0.5 * diff * diff / beta, size - 0.5 * beta)"),
        "wp.clamp(diff / beta, -1.0, 1.0)",
        (("beta", 0.4, 1.5),),
    ),
    Term(
        "log_cosh",
        (_D, "size = wp.abs(diff)", "loss = size + wp.log(1.0 + wp.exp(-2.0 * size)) - 0.6931471805599453"),
        "wp.tanh(diff)",
        numpy=(_D, "loss = np.log(np.cosh(diff))"),
    ),
    Term("pinball", ("diff = t - p", "loss = wp.max(tau * diff, (tau - 1.0) * diff)"), "", (("tau", 0.1, 0.9),)),
    Term("charbonnier", (_D, "loss = wp.sqrt(diff * diff + eps)"), "diff / loss", (("eps", 0.01, 0.3),)),
    Term("cauchy", (_D, "ratio = diff / scale_c", "loss = wp.log(1.0 + ratio * ratio)"), "", (("scale_c", 0.4, 2.0),)),
    Term("geman_mcclure", (_D, "sq = diff * diff", "loss = sq / (sq + scale_c)"), "", (("scale_c", 0.4, 2.0),)),
    Term("welsch", (_D, "loss = 1.0 - wp.exp(-0.5 * diff * diff / scale_c)"), "", (("scale_c", 0.4, 2.0),)),
    Term(
        "tukey_biweight",
        (
            _D,
            "inside = wp.max(1.0 - diff * diff / (cutoff * cutoff), 0.0)",
            "loss = (1.0 - inside * inside * inside) * cutoff * cutoff / 6.0",
        ),
        "diff * inside * inside",
        (("cutoff", 1.5, 4.0),),
    ),
    Term(
        "squared_log_error",
        ("gap = wp.log(1.0 + p) - wp.log(1.0 + t)", "loss = gap * gap"),
        "2.0 * gap / (1.0 + p)",
        predictions=(0.0, 3.0),
        targets=(0.0, 3.0),
    ),
    Term(
        "bce_with_logits",
        ("loss = wp.max(p, 0.0) - p * t + wp.log(1.0 + wp.exp(-wp.abs(p)))",),
        f"{SIGMOID} - t",
        targets=(0.0, 1.0),
        predictions=(-4.0, 4.0),
        numpy=("prob = 1.0 / (1.0 + np.exp(-p))", "loss = -(t * np.log(prob) + (1.0 - t) * np.log(1.0 - prob))"),
    ),
    Term(
        "binary_cross_entropy",
        ("loss = -(t * wp.log(p) + (1.0 - t) * wp.log(1.0 - p))",),
        "(p - t) / (p * (1.0 - p))",
        targets=(0.0, 1.0),
        predictions=(0.05, 0.95),
        binary=True,
    ),
    Term(
        "weighted_bce",
        (
            "log_term = wp.log(1.0 + wp.exp(-wp.abs(p))) + wp.max(-p, 0.0)",
            "loss = (1.0 - t) * p + (1.0 + (pos_weight - 1.0) * t) * log_term",
        ),
        "",
        (("pos_weight", 0.5, 4.0),),
        targets=(0.0, 1.0),
        predictions=(-4.0, 4.0),
        binary=True,
        numpy=("prob = 1.0 / (1.0 + np.exp(-p))", "loss = -(pos_weight * t * np.log(prob) + (1.0 - t) * np.log(1.0 - prob))"),
    ),
    Term(
        "focal",
        (
            f"prob = {SIGMOID}",
            "p_t = t * prob + (1.0 - t) * (1.0 - prob)",
            "alpha_t = t * alpha + (1.0 - t) * (1.0 - alpha)",
            "loss = -alpha_t * wp.pow(1.0 - p_t, gamma) * wp.log(p_t)",
        ),
        "",
        (("alpha", 0.2, 0.8), ("gamma", 1.0, 3.0)),
        targets=(0.0, 1.0),
        predictions=(-3.0, 3.0),
        binary=True,
    ),
    Term("hinge", (_SIGNED, "margin_y = y * p", "loss = wp.max(1.0 - margin_y, 0.0)"), "wp.where(margin_y < 1.0, -y, 0.0)", binary=True),
    Term("squared_hinge", (_SIGNED, "slack = wp.max(1.0 - y * p, 0.0)", "loss = slack * slack"), "-2.0 * y * slack", binary=True),
    Term("logistic", (_SIGNED, "loss = wp.log(1.0 + wp.exp(-y * p))"), "-y / (1.0 + wp.exp(y * p))", binary=True),
    Term("exponential", (_SIGNED, "loss = wp.exp(-y * p)"), "-y * loss", binary=True),
    Term("poisson_nll", ("rate = wp.exp(p)", "loss = rate - t * p"), "rate - t", targets=(0.0, 4.0)),
    Term("kl_term", ("loss = t * (wp.log(t) - p)",), "-t", predictions=(-3.0, -0.1), targets=(0.05, 1.0)),
    Term(
        "gaussian_nll",
        (_D, "variance = 0.1 + spread * spread", "loss = 0.5 * (wp.log(variance) + diff * diff / variance)"),
        "diff / variance",
        (("spread", 0.4, 1.5),),
    ),
    Term(
        "wing",
        (_D, "size = wp.abs(diff)", "loss = wp.where(size < width, width * wp.log(1.0 + size / curvature), size - rest)"),
        "",
        (("width", 0.5, 1.5), ("curvature", 0.3, 1.0), ("rest", 0.1, 0.4)),
    ),
)


def written(draft: Draft, term: Term, p: str, t: str) -> tuple[str, str]:
    """Writes the term over the locals `p` and `t` to kernel and reference, in lines or as a function.

    Returns the name of the loss and, if the term's own locals are in scope, the formula of the slope over them (else empty).
    """
    draw = draft.draw
    knobs = {name: draft.knob(draft.free(name), low, high).numpy() for name, low, high in term.parameters}
    loss = draft.name("loss_value", "value", "term", "cost")
    numpy = term.numpy or tuple(to_numpy(line) for line in term.formulas)
    if draw.chance(0.45):
        function = draft.free(draw.choice((term.name, f"{term.name}_loss")))
        parameters = ["p", "t", *knobs]
        body = [*term.formulas[:-1], "return " + term.formulas[-1].removeprefix("loss = ")]
        draft.function(function, [(name, draft.real) for name in parameters], body, draft.real)
        draft.reference_function(function, parameters, [*numpy[:-1], "return " + numpy[-1].removeprefix("loss = ")])
        draft.warp_formula(f"{loss} = {function}({', '.join([p, t, *knobs.values()])})")
        draft.numpy(f"{loss} = {function}({', '.join([p, t, *knobs.values()])})")
        slope = term.slope if _names(term.slope) <= {"p", "t", *knobs} else ""
        names = {"p": p, "t": t, **knobs}
    else:
        locals_of = {line.split(" = ")[0] for line in (*term.formulas, *numpy)} - {"loss"}
        names = {"p": p, "t": t, **knobs, "loss": loss, **{name: draft.free(name) for name in sorted(locals_of)}}
        draft.warp_formula(*(worked_out(renamed(line, names)) for line in term.formulas))
        draft.numpy(*(worked_out(renamed(line, names)) for line in numpy))
        kernel_only = {line.split(" = ")[0] for line in term.formulas} - {line.split(" = ")[0] for line in numpy}
        slope = term.slope if not _names(term.slope) & kernel_only else ""
    draft.known(loss, draft.real, -5.0, 60.0)
    return loss, renamed(slope, names)


def _names(formula: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])[a-z]\w*", formula)) - {"wp"}
