"""Roots of scalar equations by a known number of steps (Press et al., Numerical Recipes, chapter 9)."""

from __future__ import annotations

import re

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw

ROOTS: dict[str, tuple[str, str, str]] = {
    "cube": ("x * x * x + x - c", "3.0 * x * x + 1.0", "6.0 * x"),
    "kepler": ("x - 0.4 * wp.sin(x) - c", "1.0 - 0.4 * wp.cos(x)", "0.4 * wp.sin(x)"),
    "lambert": ("x * wp.exp(x) - c", "(1.0 + x) * wp.exp(x)", "(2.0 + x) * wp.exp(x)"),
    "logarithm": ("x + wp.log(x + 2.0) - c", "1.0 + 1.0 / (x + 2.0)", "-1.0 / ((x + 2.0) * (x + 2.0))"),
    "tangent": ("wp.tanh(x) + 0.5 * x - c", "1.5 - wp.tanh(x) * wp.tanh(x)", "-2.0 * wp.tanh(x) * (1.0 - wp.tanh(x) * wp.tanh(x))"),
    "quintic": ("x * x * x * x * x + 2.0 * x - c", "5.0 * x * x * x * x + 2.0", "20.0 * x * x * x"),
}
"""Equations f(x) = 0 with a right-hand side c, and the first and second derivatives of f."""


def build_root(draw: Draw, draft: Draft) -> Case:
    """A known number of steps to a root per thread: Newton, damped Newton, Halley, secant, bisection, false position, fixed points."""
    name = draw.choice(tuple(ROOTS))
    f, df, ddf = ROOTS[name]
    kind = draw.choice(("newton", "halley", "secant", "bisection", "damped", "regula_falsi"))
    steps = (
        draw.choice((1, 2, 3, 4)) if kind not in ("bisection", "regula_falsi") else 2 if kind == "regula_falsi" else draw.choice((4, 6, 8))
    )
    i = draw.choice(("i", "tid", "q"))
    draft.reserve(i, "x", "c", "f0", "f1", "f2", "fx", "slope", "bend", "step", "low", "high", "mid", "x0", "change", "n")
    rights = draft.array(draft.name("c_in", "targets", "right"), draft.real, "n", low=0.2, high=1.2)
    guess = (
        draft.array(draft.name("guess", "x_in"), draft.real, "n", low=0.3, high=1.0) if kind not in ("bisection", "regula_falsi") else ""
    )

    def at(text: str, x: str) -> str:
        return re.sub(r"\bx\b", x, text)

    with draft.threads((i, "n", rights, 0)):
        draft.load("c", rights, i, 0.2, 1.2)
        if guess:
            draft.load("x", guess, i, 0.3, 1.0)
        if kind in ("newton", "halley", "damped"):
            with draft.loop(f"for step in range({steps}):"):
                draft.formula(f"fx = {f}", f"slope = {df}")
                if kind == "halley":
                    draft.formula(f"bend = {ddf}", "x = x - 2.0 * fx * slope / (2.0 * slope * slope - fx * bend)")
                elif kind == "damped":
                    limit = draft.knob(draft.name("limit", "largest_step"), 0.1, 0.5).numpy()
                    draft.formula(f"change = wp.clamp(fx / slope, -{limit}, {limit})", "x = x - change")
                else:
                    draft.formula("x = x - fx / slope")
        elif kind == "secant":
            draft.formula("x0 = x + 0.3", f"f0 = {at(f, 'x0')}")
            for k in range(min(steps, 2)):
                draft.formula(
                    f"fx = {f}",
                    "change = fx * (x - x0) / (fx - f0)",
                    *(["x0 = x", "f0 = fx"] if k + 1 < min(steps, 2) else []),
                    "x = x - change",
                )
        else:
            draft.line(f"low = -{draft.real.spelling}(1.5)", f"high = {draft.real.spelling}(1.7)")
            draft.numpy("low, high = np.full_like(c, -1.5), np.full_like(c, 1.7)")
            if kind == "regula_falsi":
                draft.formula(f"f1 = {at(f, 'low')}", f"f2 = {at(f, 'high')}")
            with draft.loop(f"for step in range({steps}):"):
                draft.formula("x = 0.5 * (low + high)" if kind == "bisection" else "x = (low * f2 - high * f1) / (f2 - f1)", f"fx = {f}")
                with draft.block(f"if fx < {draft.number(0.0)}:"):
                    draft.line("low = x", *(["f1 = fx"] if kind == "regula_falsi" else []))
                with draft.block("else:"):
                    draft.line("high = x", *(["f2 = fx"] if kind == "regula_falsi" else []))
                below = ["low, high = np.where(fx < 0.0, x, low), np.where(fx < 0.0, high, x)"]
                if kind == "regula_falsi":
                    below.append("f1, f2 = np.where(fx < 0.0, fx, f1), np.where(fx < 0.0, f2, fx)")
                draft.numpy(*below)
            if kind == "bisection":
                draft.formula("x = 0.5 * (low + high)")
        if kind == "bisection":
            # The answer jumps from one interval's middle to the next: what is made of it has the gradient of its other parts alone.
            weight = draft.array(draft.name("weight", "gain"), draft.real, "n", low=0.2)
            draft.line(f"x = {weight}[{i}] * x")
            draft.numpy(f"x = {weight} * x")
        finish(draft, draft.known("x", draft.real, -2.0, 2.0), ("root", "x_out", "solution"), i, ("n",), share=0.75)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_{name}", f"solve_{name}", f"{kind}_root")), ["n"], [{"n": n} for n in draw.sizes(120)])
