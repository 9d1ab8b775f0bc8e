"""Activation functions of neural networks, as a line of the kernel or as functions of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy
from kernels.drafting.rewriting import renamed
from kernels.language.expression import Variable
from kernels.language.operations.scalar_math import ERF


@dataclass(frozen=True)
class Activation:
    """A formula over `x` and parameters (name, low, high); `branches` is the body of a function that decides by `if`."""

    name: str
    formula: str
    parameters: tuple[tuple[str, float, float], ...] = ()
    branches: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


ACTIVATIONS = (
    Activation("relu", "wp.max(x, 0.0)", branches=("if x > 0.0:", "    return x", "return 0.0")),
    Activation(
        "leaky_relu",
        "wp.where(x > 0.0, x, slope * x)",
        (("slope", 0.01, 0.3),),
        ("if x > 0.0:", "    return x", "return slope * x"),
    ),
    Activation(
        "elu",
        "wp.where(x > 0.0, x, alpha * (wp.exp(wp.min(x, 0.0)) - 1.0))",
        (("alpha", 0.5, 1.5),),
        ("if x > 0.0:", "    return x", "return alpha * (wp.exp(x) - 1.0)"),
    ),
    Activation("selu", "1.0507 * wp.where(x > 0.0, x, 1.67326 * (wp.exp(wp.min(x, 0.0)) - 1.0))"),
    Activation("sigmoid", "1.0 / (1.0 + wp.exp(-x))"),
    Activation("silu", "x / (1.0 + wp.exp(-x))"),
    Activation("swish", "x / (1.0 + wp.exp(-beta * x))", (("beta", 0.5, 1.5),)),
    Activation("tanh_act", "wp.tanh(x)"),
    Activation("gelu", "0.5 * x * (1.0 + wp.tanh(0.7978846 * (x + 0.044715 * x * x * x)))"),
    Activation("gelu_erf", "0.5 * x * (1.0 + wp.erf(0.70710678 * x))", helpers=ERF),
    Activation("quick_gelu", "x / (1.0 + wp.exp(-1.702 * x))"),
    Activation("softplus", "wp.max(x, 0.0) + wp.log(1.0 + wp.exp(-wp.abs(x)))"),
    Activation("hard_swish", "x * wp.clamp(x / 6.0 + 0.5, 0.0, 1.0)"),
    Activation("hard_sigmoid", "wp.clamp(0.2 * x + 0.5, 0.0, 1.0)"),
    Activation("relu6", "wp.min(wp.max(x, 0.0), 6.0)"),
    Activation("squared_relu", "wp.max(x, 0.0) * wp.max(x, 0.0)"),
    Activation("softsign", "x / (1.0 + wp.abs(x))"),
    Activation("mish", "x * wp.tanh(wp.max(x, 0.0) + wp.log(1.0 + wp.exp(-wp.abs(x))))"),
    Activation("softcap", "cap * wp.tanh(x / cap)", (("cap", 2.0, 6.0),)),
    Activation("snake", "x + wp.sin(frequency * x) * wp.sin(frequency * x) / frequency", (("frequency", 0.5, 2.0),)),
)


def activated(draft: Draft, value: Variable, name: str, among: Sequence[Activation] = ACTIVATIONS) -> Variable:
    """Names an activation (one of `among`) of `value` in kernel and reference; half of the time by a function of its own."""
    draw = draft.draw
    chosen = draw.choice(among)
    knobs = {p: draft.knob(draft.free(p), low, high).numpy() for p, low, high in chosen.parameters}
    numpy = to_numpy(chosen.formula).replace("np.erf(", "erf(")
    draft.helpers += chosen.helpers
    if draw.chance(0.5):
        function = draft.free(chosen.name)
        parameters = ["x", *knobs]
        body = chosen.branches if chosen.branches and draw.chance(0.5) else [f"return {chosen.formula}"]
        draft.function(function, [(p, draft.real) for p in parameters], body, draft.real)
        draft.reference_function(function, parameters, [f"return {numpy}"])
        draft.warp_formula(f"{name} = {function}({', '.join([value.name, *knobs.values()])})")
        draft.numpy(f"{name} = {function}({', '.join([value.name, *knobs.values()])})")
    else:
        names = {"x": value.name, **knobs}
        draft.warp_formula(f"{name} = {renamed(chosen.formula, names)}")
        draft.numpy(f"{name} = {renamed(numpy, names)}")
    bound = max(6.0, 2.0 * value.range.magnitude, value.range.magnitude**2 if chosen.name == "squared_relu" else 0.0)
    return draft.known(name, draft.real, -bound, bound)
