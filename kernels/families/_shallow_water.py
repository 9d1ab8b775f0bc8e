"""A step of the one-dimensional shallow-water equations."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.draw import Draw
from kernels.families._cells import define_function, neighbour_index
from kernels.families._worksheet import Worksheet
from kernels.language.expression import Expression, variable


def build_shallow_water(draw: Draw, w: Worksheet) -> Case:
    """The one-dimensional shallow-water equations: depth and momentum, by Rusanov or Lax-Friedrichs fluxes."""
    depth, flow = draw.choice((("h", "hu"), ("depth", "momentum"), ("eta", "qx")))
    w.line("i = wp.tid()")
    w.array(depth, w.real, "n", Uniform(0.6, 1.6))
    w.array(flow, w.real, "n", Uniform(-0.6, 0.6))
    n = w.extent(draw.choice(("n", "num_cells")), "n", depth)
    boundary = draw.choice(("periodic", "outflow"))
    values = w.parameters((("g", 1.0, 9.8), ("dt_dx", 0.02, 0.1)), "Water")
    g, ratio = values["g"].name, values["dt_dx"].name
    define_function(
        w, "momentum_flux", ("h", "q", "g"), (draw.choice(("return q * q / h + 0.5 * g * h * h", "return q * (q / h) + 0.5 * g * h * h")),)
    )
    define_function(w, "signal_speed", ("h", "q", "g"), ("return wp.abs(q / h) + wp.sqrt(g * h)",))
    w.line(f"left = {neighbour_index('i', -1, n, boundary)}", f"right = {neighbour_index('i', 1, n, boundary)}")
    w.numpy(f"cells = np.arange(len({depth}))")
    w.numpy(
        *(
            ("left, right = np.roll(cells, 1), np.roll(cells, -1)",)
            if boundary == "periodic"
            else ("left, right = np.maximum(cells - 1, 0), np.minimum(cells + 1, cells[-1])",)
        )
    )
    for name, at in (("l", "left"), ("c", "i"), ("r", "right")):
        w.line(f"h_{name} = {depth}[{at}]", f"q_{name} = {flow}[{at}]")
        at = "cells" if at == "i" else at
        w.numpy(f"h_{name}, q_{name} = {depth}[{at}], {flow}[{at}]")
    rusanov = draw.chance(0.7)
    if rusanov:
        for a, b in (("l", "c"), ("c", "r")):
            w.formula(f"s_{a}{b} = wp.max(signal_speed(h_{a}, q_{a}, {g}), signal_speed(h_{b}, q_{b}, {g}))")
    else:
        speed = w.parameter("max_speed", 2.0, 5.0).name
        w.both(f"s_lc = {speed}", f"s_cr = {speed}")
    for a, b in (("l", "c"), ("c", "r")):
        w.formula(f"mass_{a}{b} = 0.5 * (q_{a} + q_{b}) - 0.5 * s_{a}{b} * (h_{b} - h_{a})")
    for a, b in (("l", "c"), ("c", "r")):
        average = f"0.5 * (momentum_flux(h_{a}, q_{a}, {g}) + momentum_flux(h_{b}, q_{b}, {g}))"
        w.formula(f"mom_{a}{b} = {average} - 0.5 * s_{a}{b} * (q_{b} - q_{a})")
    w.formula(f"h_next = h_c - {ratio} * (mass_cr - mass_lc)", f"q_next = q_c - {ratio} * (mom_cr - mom_lc)")
    terms: list[Expression] = [variable("h_c", w.real, 0.6, 1.6), variable("q_c", w.real, -0.6, 0.6)]
    if draw.chance(0.6):
        if draw.chance(0.5):
            w.array("slope", w.real, "n", Uniform(-0.3, 0.3))
            terms.append(w.load("bed_slope", "slope", "i", -0.3, 0.3))
        else:
            terms.append(w.parameter("manning", 0.01, 0.2))
        friction = w.fused(draw.choice(("friction", "drag", "bed_term")), w.real, terms).name
        w.formula(f"q_next = q_next - {ratio} * {friction}")
    if draw.chance(0.3):
        w.formula("h_next = wp.max(h_next, 0.05)")
    w.store(w.output(f"{depth}_new", w.real, "n"), "i", "h_next")
    w.store(w.output(f"{flow}_new", w.real, "n"), "i", "q_next")
    if draw.chance(0.3):
        w.store(w.output("speed", w.real, "n"), "i", "s_cr")
        if not rusanov:
            w.reference[-1] = "speed = np.full_like(h_c, s_cr)"
    return w.case("shallow_water_step", "n", [{"n": n} for n in draw.sizes(200)])
