"""Objectives of two variables with their gradients, and models of one variable with their derivatives by parameters, as formulas."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernels.drafting.draft import Draft
from kernels.drafting.vectors import function_pair


@dataclass(frozen=True)
class Objective:
    """A function of x and y: steps to its `value`, and the partial derivatives (over the same steps' names)."""

    steps: tuple[str, ...]
    value: str
    dx: str
    dy: str


OBJECTIVES: dict[str, Objective] = {
    "rosenbrock": Objective(("a = 1.0 - x", "b = y - x * x"), "a * a + 5.0 * b * b", "-2.0 * a - 20.0 * b * x", "10.0 * b"),
    "himmelblau": Objective(
        ("a = x * x + y - 1.1", "b = x + y * y - 0.7"), "a * a + b * b", "4.0 * a * x + 2.0 * b", "2.0 * a + 4.0 * b * y"
    ),
    "booth": Objective(("a = x + 2.0 * y - 0.7", "b = 2.0 * x + y - 0.5"), "a * a + b * b", "2.0 * a + 4.0 * b", "4.0 * a + 2.0 * b"),
    "rastrigin": Objective(
        (),
        "x * x + y * y + 0.6 - 0.3 * (wp.cos(3.0 * x) + wp.cos(3.0 * y))",
        "2.0 * x + 0.9 * wp.sin(3.0 * x)",
        "2.0 * y + 0.9 * wp.sin(3.0 * y)",
    ),
    "bowl": Objective((), "x * x + 0.5 * x * y + 2.0 * y * y", "2.0 * x + 0.5 * y", "0.5 * x + 4.0 * y"),
    "mccormick": Objective(
        ("a = x - y",), "wp.sin(x + y) + a * a - 1.5 * x + 2.5 * y + 1.0", "wp.cos(x + y) + 2.0 * a - 1.5", "wp.cos(x + y) - 2.0 * a + 2.5"
    ),
    "log_valley": Objective(
        ("a = 1.0 + x * x + 2.0 * y * y", "b = x + y - 0.4"), "wp.log(a) + b * b", "2.0 * x / a + 2.0 * b", "4.0 * y / a + 2.0 * b"
    ),
    "camel": Objective(
        ("a = x * x",),
        "2.0 * a - 1.05 * a * a + a * a * a / 6.0 + x * y + y * y",
        "4.0 * x - 4.2 * a * x + a * a * x + y",
        "x + 2.0 * y",
    ),
    "soft_hinge": Objective(
        ("e = wp.exp(1.0 - x - y)",), "wp.log(1.0 + e) + 0.2 * (x * x + y * y)", "0.4 * x - e / (1.0 + e)", "0.4 * y - e / (1.0 + e)"
    ),
    "cosine_mix": Objective(
        ("c = wp.cos(2.0 * x)", "s = wp.sin(1.5 * y)"),
        "x * x + y * y - 0.4 * c * s",
        "2.0 * x + 0.8 * wp.sin(2.0 * x) * s",
        "2.0 * y - 0.6 * c * wp.cos(1.5 * y)",
    ),
}
"""Surjanovic and Bingham, Virtual Library of Simulation Experiments (scaled to a neighbourhood of the origin)."""


@dataclass(frozen=True)
class Model:
    """A model of t with parameters: steps, the prediction, its derivatives by the parameters, and where these are drawn from."""

    parameters: tuple[tuple[str, float, float], ...]
    steps: tuple[str, ...]
    prediction: str
    jacobian: tuple[str, ...]


MODELS: dict[str, Model] = {
    "decay": Model((("a", 0.5, 2.0), ("b", 0.2, 1.5)), ("e = wp.exp(-b * t)",), "a * e", ("e", "-a * t * e")),
    "saturation": Model((("a", 0.5, 2.0), ("b", 0.3, 1.5)), ("d = b + t",), "a * t / d", ("t / d", "-a * t / (d * d)")),
    "wave": Model((("a", 0.5, 2.0), ("b", 0.5, 2.0)), ("s = wp.sin(b * t)", "c = wp.cos(b * t)"), "a * s", ("s", "a * t * c")),
    "line": Model((("a", -1.0, 1.0), ("b", -1.0, 1.0)), (), "a + b * t", ("1.0", "t")),
    "gaussian": Model(
        (("a", 0.5, 2.0), ("b", 0.2, 0.8), ("c", 0.6, 1.5)),
        ("u = (t - b) / c", "e = wp.exp(-0.5 * u * u)"),
        "a * e",
        ("e", "a * e * u / c", "a * e * u * u / c"),
    ),
    "logistic": Model((("a", 0.5, 2.0), ("b", 0.5, 2.0)), ("s = 1.0 / (1.0 + wp.exp(-b * t))",), "a * s", ("s", "a * t * s * (1.0 - s)")),
    "offset_decay": Model(
        (("a", 0.5, 2.0), ("b", 0.2, 1.5), ("c", -0.5, 0.5)), ("e = wp.exp(-b * t)",), "a * e + c", ("e", "-a * t * e", "1.0")
    ),
    "power": Model((("a", 0.5, 2.0), ("b", 0.3, 1.5)), ("l = wp.log(t + 0.5)", "p = wp.exp(b * l)"), "a * p", ("p", "a * p * l")),
    "quadratic": Model((("a", -1.0, 1.0), ("b", -1.0, 1.0), ("c", -1.0, 1.0)), (), "a + b * t + c * t * t", ("1.0", "t", "t * t")),
}
"""Models of curve fitting, over times from 0 to 2."""

LOSSES: dict[str, tuple[tuple[str, ...], str]] = {
    "huber": (("size = wp.abs(r)",), "wp.where(size < SCALE, 1.0, SCALE / wp.max(size, 0.001))"),
    "cauchy": ((), "1.0 / (1.0 + r * r / (SCALE * SCALE))"),
    "geman": (("spread = SCALE + r * r",), "SCALE * SCALE / (spread * spread)"),
    "welsch": ((), "wp.exp(-r * r / (SCALE * SCALE))"),
    "tukey": (("share = r / (2.0 * SCALE)", "inside = wp.max(1.0 - share * share, 0.0)"), "inside * inside"),
    "fair": ((), "1.0 / (1.0 + wp.abs(r) / SCALE)"),
}
"""Weights of robust losses of a residual `r` at a scale (Zhang 1997, Parameter estimation techniques)."""


def objective_function(draft: Draft, name: str) -> str:
    """Defines an objective's value in both; returns the function's name."""
    objective = OBJECTIVES[name]
    body = [*objective.steps, f"return {objective.value}"]
    return function_pair(draft, name, [("x", draft.real), ("y", draft.real)], body, draft.real)


def gradient_lines(draft: Draft, name: str, x: str = "x", y: str = "y", *, value: bool = False) -> None:
    """Names an objective's partial derivatives `gx` and `gy` (and its value `fx`) at locals called x and y."""
    objective = OBJECTIVES[name]
    if (x, y) != ("x", "y"):
        raise ValueError("objective: the point must be called x and y")
    draft.formula(*objective.steps, *([f"fx = {objective.value}"] if value else []), f"gx = {objective.dx}", f"gy = {objective.dy}")


def robust_weight(draft: Draft, residual: str, *, optional: float = 0.6) -> str:
    """Sometimes names a robust loss's weight of the local `residual`; returns its name, or nothing."""
    draw = draft.draw
    if not draw.chance(optional):
        return ""
    kind = draw.choice(tuple(LOSSES))
    scale = draft.knob(draft.name("delta", "scale_c", "kernel_width"), 0.4, 1.5).numpy()
    steps, weight = LOSSES[kind]
    draft.reserve("size", "spread", "share", "inside", "weight")
    if draw.chance(0.5):
        body = [*steps, f"return {weight}"]
        function = function_pair(
            draft,
            f"{kind}_weight",
            [("r", draft.real), ("scale", draft.real)],
            [line.replace("SCALE", "scale") for line in body],
            draft.real,
        )
        draft.formula(f"weight = {function}({residual}, {scale})")
    else:
        lines = [line.replace("SCALE", scale) for line in (*steps, f"weight = {weight}")]
        draft.formula(*(_renamed(line, residual) for line in lines))
    return "weight"


def _renamed(line: str, residual: str) -> str:
    """`line` with the residual's own name in place of r."""
    return re.sub(r"\br\b", residual, line)
