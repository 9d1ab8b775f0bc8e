"""Steps of parameters that are vectors of three, such as vertices and velocities: the same rules, component by component."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.language.types import I32

PARAMETERS = ("positions", "params", "vertices", "x")


class _Vectors:
    """A step under way: arrays of vectors, updated in place or written anew, and what the reference returns."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.draft = Draft(draw, smooth=True)
        self.kind = draw.choice(("sgd", "momentum", "nesterov", "normalized", "adam", "adam", "adam_norm"))
        self.linear = self.kind in ("sgd", "momentum", "nesterov")
        self.in_place = draw.chance(0.45)
        self.graded = not self.in_place or self.linear
        self.i = draw.choice(("i", "tid", "vertex"))
        self.results: dict[str, str] = {}

    def state(self, *names: str, low: float = -1.0, scalar: bool = False) -> str:
        """Declares an array that the step writes."""
        draft = self.draft
        name, type = draft.name(*names), draft.real if scalar else draft.vector
        if self.in_place:
            return draft.array(name, type, "n", low=low, role="inout", differentiable=self.linear)
        return draft.array(name, type, "n", low=low)

    def store(self, name: str, value: str, *, scalar: bool = False) -> None:
        """Writes the local `value` to the array, or to an output named after it."""
        draft = self.draft
        out = name if self.in_place else draft.output(f"{name}_out", draft.real if scalar else draft.vector, "n")
        draft.line(f"{out}[{self.i}] = {value}")
        self.results[out] = value


def vector_step(draw: Draw) -> Case:
    """Descent, momentum, normalized descent or Adam for an array of vectors."""
    made = _Vectors(draw)
    draft, kind, i = made.draft, made.kind, made.i
    vector = draft.vector
    draft.reserve(i, "n", "g", "p", "m", "v", "new_m", "new_v", "new_p", "size", "denom", "m_hat", "v_hat", "t", "direction", "root")
    params = made.state(*PARAMETERS)
    grads = draft.array(draft.name("grads", "grad", "forces"), vector, "n", differentiable=made.graded)
    with draft.threads((i, "n", params, 0)):
        draft.load("p", params, i, -1.0, 1.0, vector)
        draft.load("g", grads, i, -1.0, 1.0, vector)
        lr = draft.knob(draft.name("lr", "step_size", "rate"), 0.01, 0.3).numpy()
        if draw.chance(0.3):
            decay = draft.knob(draft.name("weight_decay", "damping"), 0.01, 0.2).numpy()
            draft.formula(f"g = g + {_factor(decay)} * p")
        if draw.chance(0.25):
            # Its gradient needs the old parameter, which a step in place has overwritten.
            scale = draft.array(draft.name("inv_mass", "mobility"), draft.real, "n", low=0.2, high=1.5, differentiable=not made.in_place)
            draft.line(f"g = g * {scale}[{i}]")
            draft.numpy(f"g = g * {scale}[:, None]")
        update = "g"
        if kind in ("momentum", "nesterov"):
            velocity = made.state("velocity", "momentum_buf", "mom")
            draft.load("m", velocity, i, -1.0, 1.0, vector)
            mu = draft.knob(draft.name("mu", "momentum"), 0.5, 0.95).numpy()
            draft.formula(f"new_m = {_factor(mu)} * m + g")
            update = "new_m"
            if kind == "nesterov":
                draft.formula(f"direction = g + {_factor(mu)} * new_m")
                update = "direction"
            made.store(velocity, "new_m")
        elif kind == "normalized":
            draft.formula(draw.choice(("size = wp.length(g) + 0.01", "size = wp.sqrt(wp.dot(g, g) + 0.001)")), "direction = g / {size}")
            update = "direction"
        elif kind.startswith("adam"):
            update = _adam(made)
        draft.formula(f"new_p = p - {_factor(lr)} * {update}")
        made.store(params, "new_p")
    draft.results(**made.results)
    sizes = [{"n": n} for n in draw.sizes(120)]
    return draft.case(draw.choice((f"{kind}_step_vec3", f"{kind}_vectors", f"step_{kind}")), ["n"], sizes)


def _factor(text: str) -> str:
    """A scalar that scales a vector, in braces for the reference's trailing axis unless it is a constant."""
    return text if text.replace(".", "").isdigit() else f"{{{text}}}"


def _adam(made: _Vectors) -> str:
    """Adam's update, with a second moment per component or of the gradient's length; returns the local that holds it."""
    draft, draw, i = made.draft, made.draw, made.i
    lengths = made.kind == "adam_norm"
    first = made.state("exp_avg", "m_in", "moment1")
    second = made.state("exp_avg_sq", "v_in", "moment2", low=0.1, scalar=lengths)
    draft.load("m", first, i, -1.0, 1.0, draft.vector)
    draft.load("v", second, i, 0.1, 1.0, draft.real if lengths else draft.vector)
    beta1, beta2 = draft.knob("beta1", 0.7, 0.95), draft.knob("beta2", 0.8, 0.99)
    draft.formula(f"new_m = {_factor(beta1.numpy())} * m + {_factor(complement(beta1))} * g")
    if lengths:
        draft.formula(f"new_v = {beta2.numpy()} * v + {complement(beta2)} * wp.dot(g, g)")
    else:
        draft.formula(f"new_v = {_factor(beta2.numpy())} * v + {_factor(complement(beta2))} * wp.cw_mul(g, g)")
    eps = draft.knob(draft.name("eps", "epsilon"), 1e-3, 1e-2).numpy()
    m, v = "new_m", "new_v"
    if draw.chance(0.6):
        draft.value("step", I32, Integers(1, 30))
        draft.line(f"t = {draft.cast('step')}")
        draft.numpy(f"t = {draft.precision}(step)")
        for hat, new, beta in (("m_hat", "new_m", beta1), ("v_hat", "new_v", beta2)):
            # A number over all components needs no axis of its own in the reference.
            draft.warp_formula(f"{hat} = {new} / (1.0 - wp.pow({beta.numpy()}, t))")
            draft.numpy(f"{hat} = {new} / (1.0 - {beta.numpy()} ** t)")
        m, v = "m_hat", "v_hat"
    if lengths:
        draft.formula(f"denom = wp.sqrt({v}) + {eps}", f"direction = {m} / {{denom}}")
    else:
        spelled = draft.vector.spelling
        roots = ", ".join(f"wp.sqrt({v}[{c}]) + {draft.warp(eps)}" for c in range(3))
        draft.line(f"root = {spelled}({roots})", f"direction = wp.cw_div({m}, root)")
        draft.numpy(f"direction = {m} / (np.sqrt({v}) + {eps})")
    made.store(first, "new_m")
    made.store(second, "new_v", scalar=lengths)
    return "direction"
