"""A step of the one-dimensional shallow-water equations."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.finite_volume.cells import define_function, neighbour_index
from kernels.language.expression import Expression, variable


def build_shallow_water(draw: Draw, draft: Draft) -> Case:
    """The one-dimensional shallow-water equations: depth and momentum, by Rusanov or Lax-Friedrichs fluxes."""
    depth, flow = draw.choice((("h", "hu"), ("depth", "momentum"), ("eta", "qx")))
    draft.line("i = wp.tid()")
    draft.array(depth, draft.real, "n", domain=Uniform(0.6, 1.6))
    draft.array(flow, draft.real, "n", domain=Uniform(-0.6, 0.6))
    n = draft.extent(draw.choice(("n", "num_cells")), depth, size="n")
    boundary = draw.choice(("periodic", "outflow"))
    values = draft.parameters(("g", 1.0, 9.8), ("dt_dx", 0.02, 0.1), struct="Water")
    g, ratio = values["g"].name, values["dt_dx"].name
    define_function(
        draft,
        "momentum_flux",
        ("h", "q", "g"),
        (draw.choice(("return q * q / h + 0.5 * g * h * h", "return q * (q / h) + 0.5 * g * h * h")),),
    )
    rusanov = draw.chance(0.7)
    if rusanov:
        define_function(draft, "signal_speed", ("h", "q", "g"), ("return wp.abs(q / h) + wp.sqrt(g * h)",))
    draft.line(f"left = {neighbour_index('i', -1, n, boundary)}", f"right = {neighbour_index('i', 1, n, boundary)}")
    draft.numpy(f"cells = np.arange(len({depth}))")
    draft.numpy(
        *(
            ("left, right = np.roll(cells, 1), np.roll(cells, -1)",)
            if boundary == "periodic"
            else ("left, right = np.maximum(cells - 1, 0), np.minimum(cells + 1, cells[-1])",)
        )
    )
    for name, at in (("l", "left"), ("c", "i"), ("r", "right")):
        draft.line(f"h_{name} = {depth}[{at}]", f"q_{name} = {flow}[{at}]")
        at = "cells" if at == "i" else at
        draft.numpy(f"h_{name}, q_{name} = {depth}[{at}], {flow}[{at}]")
    if rusanov:
        for a, b in (("l", "c"), ("c", "r")):
            draft.formula(f"s_{a}{b} = wp.max(signal_speed(h_{a}, q_{a}, {g}), signal_speed(h_{b}, q_{b}, {g}))")
    else:
        speed = draft.parameter("max_speed", 2.0, 5.0).name
        draft.both(f"s_lc = {speed}", f"s_cr = {speed}")
    for a, b in (("l", "c"), ("c", "r")):
        draft.formula(f"mass_{a}{b} = 0.5 * (q_{a} + q_{b}) - 0.5 * s_{a}{b} * (h_{b} - h_{a})")
    for a, b in (("l", "c"), ("c", "r")):
        average = f"0.5 * (momentum_flux(h_{a}, q_{a}, {g}) + momentum_flux(h_{b}, q_{b}, {g}))"
        draft.formula(f"mom_{a}{b} = {average} - 0.5 * s_{a}{b} * (q_{b} - q_{a})")
    draft.formula(f"h_next = h_c - {ratio} * (mass_cr - mass_lc)", f"q_next = q_c - {ratio} * (mom_cr - mom_lc)")
    terms: list[Expression] = [variable("h_c", draft.real, 0.6, 1.6), variable("q_c", draft.real, -0.6, 0.6)]
    if draw.chance(0.6):
        if draw.chance(0.5):
            draft.array("slope", draft.real, "n", domain=Uniform(-0.3, 0.3))
            terms.append(draft.load("bed_slope", "slope", "i", -0.3, 0.3))
        else:
            terms.append(draft.parameter("manning", 0.01, 0.2))
        friction = draft.fused(draw.choice(("friction", "drag", "bed_term")), draft.real, terms).name
        draft.formula(f"q_next = q_next - {ratio} * {friction}")
    if draw.chance(0.3):
        draft.formula("h_next = wp.max(h_next, 0.05)")
    draft.store(draft.output(f"{depth}_new", draft.real, "n"), "i", "h_next")
    draft.store(draft.output(f"{flow}_new", draft.real, "n"), "i", "q_next")
    if draw.chance(0.3):
        draft.store(draft.output("speed", draft.real, "n"), "i", "s_cr")
        if not rusanov:
            draft.reference[-1] = "speed = np.full_like(h_c, s_cr)"
    return draft.case("shallow_water_step", ["n"], [{"n": n} for n in draw.sizes(200)])
