"""Cloth: bending over three nodes, and springs between the neighbours of a grid."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.springs.nodes import NODES, element_nodes
from kernels.language.expression import Expression, variable
from kernels.language.interval import Interval


def build_bending(draw: Draw, draft: Draft) -> Case:
    """Bending of three nodes: the discrete Laplacian, or the angle at the middle one."""
    e = draw.choice(("tid", "hinge", "e"))
    draft.line(f"{e} = wp.tid()")
    x = draft.array(draw.choice(NODES), draft.vector, "n", domain=Uniform(-1.5, 1.5))
    i, j, k = draw.choice((("i", "j", "k"), ("left", "mid", "right"), ("a", "b", "c")))
    element_nodes(draft, e, 3, (i, j, k))
    terms: list[Expression] = []
    if draw.chance(0.6):
        draft.array("bend_stiffness", draft.real, "m", domain=Uniform(0.2, 2.0))
        terms.append(draft.load("kb", "bend_stiffness", e, 0.2, 2.0))
    else:
        terms.append(draft.parameter("bend_stiffness", 0.2, 2.0))
    if draw.chance(0.5):
        draft.line(f"bend = {x}[{i}] - {draft.number(2.0)} * {x}[{j}] + {x}[{k}]")
        draft.numpy(f"bend = {x}[{i}] - 2.0 * {x}[{j}] + {x}[{k}]")
        if draw.chance(0.5):
            draft.formula("curvature = wp.length_sq(bend)")
            terms.append(variable("curvature", draft.real, 0.0, 100.0))
        gain = draft.fused("gain", draft.real, terms, domain=Interval(-100.0, 100.0))
        draft.formula(f"f = {{{gain.name}}} * bend")
    else:
        draft.line(f"e0 = {x}[{i}] - {x}[{j}]", f"e1 = {x}[{k}] - {x}[{j}]")
        draft.numpy(f"e0, e1 = {x}[{i}] - {x}[{j}], {x}[{k}] - {x}[{j}]")
        draft.formula("cosine = wp.dot(e0, e1) / (wp.length(e0) * wp.length(e1) + 0.1)")
        terms.append(variable("cosine", draft.real, -1.0, 1.0))
        gain = draft.fused("gain", draft.real, terms, domain=Interval(-100.0, 100.0))
        draft.formula(f"f = {{{gain.name}}} * (e0 + e1)")
    out = draft.output(draw.choice(("forces", "bend_force", "f_out")), draft.vector, "n", role="accumulate")
    draft.line(f"wp.atomic_sub({out}, {i}, f)", f"wp.atomic_add({out}, {j}, {draft.number(2.0)} * f)", f"wp.atomic_sub({out}, {k}, f)")
    draft.numpy(f"{out} = np.zeros_like({x})")
    draft.numpy(f"np.subtract.at({out}, {i}, f)", f"np.add.at({out}, {j}, 2.0 * f)", f"np.subtract.at({out}, {k}, f)")
    sizes = [{"m": m, "n": m // 2 + 3, "corners": 3, "flat": 3 * m} for m in draw.sizes(200)]
    return draft.case(draw.choice(("bending_forces", "eval_bending", "hinge_forces")), ["m"], sizes)


def build_cloth(draw: Draw, draft: Draft) -> Case:
    """Cloth on a grid: springs to the neighbours in a row and a column, then a step of the node."""
    draft.line("i, j = wp.tid()")
    x = draft.array(draw.choice(("cloth", *NODES)), draft.vector, "rows", "cols", domain=Uniform(-1.5, 1.5))
    rows, cols = draft.extent("rows", x, 0), draft.extent("cols", x, 1)
    reach = draw.choice((1, 1, 2))
    pattern = draw.choice(("structural", "structural", "shear", "hanging"))
    directions = {
        "structural": ((-reach, 0), (reach, 0), (0, -reach), (0, reach)),
        "shear": ((-1, -1), (-1, 1), (1, -1), (1, 1)),
        "hanging": ((-reach, 0), (reach, 0)),
    }[pattern]
    draft.line("here = " + x + "[i, j]", f"net = {draft.zero(draft.vector)}")
    values = draft.parameters(("stiffness", 0.5, 3.0), ("rest", 0.5, 1.5), ("dt", 0.01, 0.2), struct="Cloth")
    k, rest = values["stiffness"], values["rest"]
    strain = variable("stretch", draft.real, -1.5, 6.0)
    pull = draft.drawn(draft.real, [strain, k] if draw.chance(0.7) else [strain], 1)
    draft.function(
        "spring",
        [("p", draft.vector), ("q", draft.vector), ("stiffness", draft.real), ("rest", draft.real)],
        [
            "delta = q - p",
            "dist = wp.sqrt(wp.dot(delta, delta) + 0.05)",
            "stretch = dist - rest",
            f"return delta * ({pull.warp().replace(k.name, 'stiffness')} / dist)",
        ],
        draft.vector,
    )
    draft.reference_definitions.append(
        [
            "def spring(p, q, stiffness, rest):",
            "    delta = q - p",
            "    dist = np.sqrt(np.sum(delta * delta, axis=-1) + 0.05)",
            "    stretch = dist - rest",
            f"    return delta * ({pull.numpy().replace(k.name, 'stiffness')} / dist)[..., None]",
        ]
    )
    draft.numpy(f"net = np.zeros_like({x})")
    for di, dj in directions:
        tests = [f"{a} >= {-o}" if o < 0 else f"{a} + {o} < {extent}" for a, o, extent in (("i", di, rows), ("j", dj, cols)) if o]
        at = ", ".join(a if o == 0 else f"{a} {'+' if o > 0 else '-'} {abs(o)}" for a, o in (("i", di), ("j", dj)))
        with draft.block(f"if {' and '.join(tests)}:"):
            draft.line(f"net += spring(here, {x}[{at}], {k.name}, {rest.name})")
        own = ", ".join(f"{-o}:" if o < 0 else f":-{o}" if o > 0 else ":" for o in (di, dj))
        other = ", ".join(f":{o}" if o < 0 else f"{o}:" if o > 0 else ":" for o in (di, dj))
        draft.numpy(f"net[{own}] += spring({x}[{own}], {x}[{other}], {k.name}, {rest.name})")
    terms: list[Expression] = [variable("net", draft.vector, -50.0, 50.0), values["dt"]]
    if draw.chance(0.6):
        draft.array("velocity", draft.vector, "rows", "cols", domain=Uniform(-1.0, 1.0))
        terms.append(draft.load("vel", "velocity", "i, j", -1.0, 1.0, draft.vector))
    if draw.chance(0.5):
        draft.array("inv_mass", draft.real, "rows", "cols", domain=Uniform(0.2, 2.0))
        terms.append(draft.load("w_ij", "inv_mass", "i, j", 0.2, 2.0))
    draft.fused("stepped", draft.vector, terms)
    out = draft.output(draw.choice(("cloth_out", "new_velocity", "force")), draft.vector, "rows", "cols")
    draft.store(out, "i, j", "stepped")
    sizes = [{"rows": 1, "cols": 1}, {"rows": draw.choice((5, 7)), "cols": 3}, {"rows": draw.integer(7, 9), "cols": draw.choice((11, 13))}]
    return draft.case(draw.choice((f"cloth_{pattern}", "cloth_step", "grid_springs")), ["rows", "cols"], sizes)
