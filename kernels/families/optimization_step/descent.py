"""Descent of two variables: gradient, normalized, trust-region and heavy-ball steps (Nocedal and Wright, Numerical Optimization, 2006)."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw
from kernels.families.optimization_step.objectives import OBJECTIVES, gradient_lines

FIELDS = (("weight", 0.2, 1.5), ("anchor", -1.0, 1.0), ("bias", -1.0, 1.0))


def build_point(draw: Draw, draft: Draft) -> Case:
    """A step of two variables per problem: gradient, normalized, Newton by the Hessian or its diagonal, trust region, several in a row."""
    name = draw.choice(tuple(OBJECTIVES))
    kind = draw.choice(("gradient", "normalized", "trust", "several", "heavy_ball", "dogleg"))
    i = draw.choice(("i", "tid", "problem"))
    draft.reserve(i, "x", "y", "gx", "gy", "fx", "a", "b", "c", "s", "e", "size", "scale", "step", "n", "vx", "vy", "value")
    xs, ys = draw.choice((("x_in", "y_in"), ("px", "py")))
    for array in (xs, ys):
        draft.array(array, draft.real, "n", low=-0.8, high=0.8)
    with draft.threads((i, "n", xs, 0)):
        draft.load("x", xs, i, -0.8, 0.8)
        draft.load("y", ys, i, -0.8, 0.8)
        rate = draft.knob(draft.name("rate", "step_length", "eta"), 0.02, 0.2).numpy()
        reported = draw.chance(0.4)
        if kind == "several":
            with draft.loop(f"for step in range({draw.choice((2, 3, 4))}):"):
                gradient_lines(draft, name)
                draft.formula(f"x = x - {rate} * gx", f"y = y - {rate} * gy")
            reported = False
        else:
            gradient_lines(draft, name, value=reported)
            if kind == "gradient":
                draft.formula(f"x = x - {rate} * gx", f"y = y - {rate} * gy")
            elif kind == "normalized":
                draft.formula("size = wp.sqrt(gx * gx + gy * gy + 0.01)", f"x = x - {rate} * gx / size", f"y = y - {rate} * gy / size")
            elif kind == "trust":
                radius = draft.knob(draft.name("radius", "max_step"), 0.1, 0.6).numpy()
                draft.formula(
                    f"size = wp.sqrt(gx * gx + gy * gy + 0.0001) * {rate}",
                    f"scale = {rate} * wp.min(1.0, {radius} / size)",
                    "x = x - scale * gx",
                    "y = y - scale * gy",
                )
            elif kind == "dogleg":
                # Towards the minimum of a quadratic with a given diagonal, no farther than the Cauchy point's length allows.
                curvature = draft.knob(draft.name("curvature", "hessian_scale"), 1.5, 4.0).numpy()
                draft.formula(
                    "size = gx * gx + gy * gy",
                    f"scale = wp.min(size / ({curvature} * size + 0.01), {rate} + 0.1)",
                    "x = x - scale * gx",
                    "y = y - scale * gy",
                )
            else:
                for v in ("vx", "vy"):
                    draft.array(f"{v}_in", draft.real, "n", low=-0.5, high=0.5)
                    draft.load(v, f"{v}_in", i, -0.5, 0.5)
                drag = draft.knob(draft.name("momentum", "inertia"), 0.3, 0.9).numpy()
                draft.formula(f"vx = {drag} * vx - {rate} * gx", f"vy = {drag} * vy - {rate} * gy", "x = x + vx", "y = y + vy")
                for v in ("vx", "vy"):
                    draft.store(draft.output(f"{v}_out", draft.real, "n"), i, v)
        if draw.chance(0.3):
            bound = draft.knob(draft.name("bound", "box"), 0.4, 0.9).numpy()
            draft.formula(f"x = wp.clamp(x, -{bound}, {bound})", f"y = wp.clamp(y, -{bound}, {bound})")
        for local, out in (("x", "x_out"), ("y", "y_out")):
            draft.store(draft.output(out, draft.real, "n"), i, local)
        if reported:
            finish(draft, draft.known("fx", draft.real, -2.0, 40.0), ("value_out", "loss"), i, ("n",), share=0.4)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_step", f"descend_{name}", f"{name}_{kind}")), ["n"], [{"n": n} for n in draw.sizes(150)])
