"""Cloth: bending over three nodes, and springs between the neighbours of a grid."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.draw import Draw
from kernels.families._spring_nodes import NODES, element_nodes
from kernels.families._worksheet import Worksheet
from kernels.language.expression import Expression, variable
from kernels.language.interval import Interval


def build_bending(draw: Draw, w: Worksheet) -> Case:
    """Bending of three nodes: the discrete Laplacian, or the angle at the middle one."""
    e = draw.choice(("tid", "hinge", "e"))
    w.line(f"{e} = wp.tid()")
    x = w.array(draw.choice(NODES), w.vector, "n", Uniform(-1.5, 1.5))
    i, j, k = draw.choice((("i", "j", "k"), ("left", "mid", "right"), ("a", "b", "c")))
    element_nodes(w, e, 3, (i, j, k))
    terms: list[Expression] = []
    if draw.chance(0.6):
        w.array("bend_stiffness", w.real, "m", Uniform(0.2, 2.0))
        terms.append(w.load("kb", "bend_stiffness", e, 0.2, 2.0))
    else:
        terms.append(w.parameter("bend_stiffness", 0.2, 2.0))
    if draw.chance(0.5):
        w.line(f"bend = {x}[{i}] - {w.number(2.0)} * {x}[{j}] + {x}[{k}]")
        w.numpy(f"bend = {x}[{i}] - 2.0 * {x}[{j}] + {x}[{k}]")
        if draw.chance(0.5):
            w.formula("curvature = wp.length_sq(bend)")
            terms.append(variable("curvature", w.real, 0.0, 100.0))
        gain = w.fused("gain", w.real, terms, domain=Interval(-100.0, 100.0))
        w.formula(f"f = {{{gain.name}}} * bend")
    else:
        w.line(f"e0 = {x}[{i}] - {x}[{j}]", f"e1 = {x}[{k}] - {x}[{j}]")
        w.numpy(f"e0, e1 = {x}[{i}] - {x}[{j}], {x}[{k}] - {x}[{j}]")
        w.formula("cosine = wp.dot(e0, e1) / (wp.length(e0) * wp.length(e1) + 0.1)")
        terms.append(variable("cosine", w.real, -1.0, 1.0))
        gain = w.fused("gain", w.real, terms, domain=Interval(-100.0, 100.0))
        w.formula(f"f = {{{gain.name}}} * (e0 + e1)")
    out = w.output(draw.choice(("forces", "bend_force", "f_out")), w.vector, "n", role="accumulate")
    w.line(f"wp.atomic_sub({out}, {i}, f)", f"wp.atomic_add({out}, {j}, {w.number(2.0)} * f)", f"wp.atomic_sub({out}, {k}, f)")
    w.numpy(f"{out} = np.zeros_like({x})")
    w.numpy(f"np.subtract.at({out}, {i}, f)", f"np.add.at({out}, {j}, 2.0 * f)", f"np.subtract.at({out}, {k}, f)")
    sizes = [{"m": m, "n": m // 2 + 3, "corners": 3, "flat": 3 * m} for m in draw.sizes(200)]
    return w.case(draw.choice(("bending_forces", "eval_bending", "hinge_forces")), "m", sizes)


def build_cloth(draw: Draw, w: Worksheet) -> Case:
    """Cloth on a grid: springs to the neighbours in a row and a column, then a step of the node."""
    w.line("i, j = wp.tid()")
    x = w.array(draw.choice(("cloth", *NODES)), w.vector, "rows cols", Uniform(-1.5, 1.5))
    rows, cols = w.extent("rows", "rows", x, 0), w.extent("cols", "cols", x, 1)
    reach = draw.choice((1, 1, 2))
    pattern = draw.choice(("structural", "structural", "shear", "hanging"))
    directions = {
        "structural": ((-reach, 0), (reach, 0), (0, -reach), (0, reach)),
        "shear": ((-1, -1), (-1, 1), (1, -1), (1, 1)),
        "hanging": ((-reach, 0), (reach, 0)),
    }[pattern]
    w.line("here = " + x + "[i, j]", f"net = {w.zero(w.vector)}")
    values = w.parameters((("stiffness", 0.5, 3.0), ("rest", 0.5, 1.5), ("dt", 0.01, 0.2)), "Cloth")
    k, rest = values["stiffness"], values["rest"]
    strain = variable("stretch", w.real, -1.5, 6.0)
    pull = w.expression(w.real, [strain, k] if draw.chance(0.7) else [strain], 1)
    w.function(
        "spring",
        [("p", w.vector), ("q", w.vector), ("stiffness", w.real), ("rest", w.real)],
        [
            "delta = q - p",
            "dist = wp.sqrt(wp.dot(delta, delta) + 0.05)",
            "stretch = dist - rest",
            f"return delta * ({pull.warp().replace(k.name, 'stiffness')} / dist)",
        ],
        w.vector,
    )
    w.reference_definitions.append(
        [
            "def spring(p, q, stiffness, rest):",
            "    delta = q - p",
            "    dist = np.sqrt(np.sum(delta * delta, axis=-1) + 0.05)",
            "    stretch = dist - rest",
            f"    return delta * ({pull.numpy().replace(k.name, 'stiffness')} / dist)[..., None]",
        ]
    )
    w.numpy(f"net = np.zeros_like({x})")
    for di, dj in directions:
        tests = [f"{a} >= {-o}" if o < 0 else f"{a} + {o} < {extent}" for a, o, extent in (("i", di, rows), ("j", dj, cols)) if o]
        at = ", ".join(a if o == 0 else f"{a} {'+' if o > 0 else '-'} {abs(o)}" for a, o in (("i", di), ("j", dj)))
        with w.block(f"if {' and '.join(tests)}:"):
            w.line(f"net += spring(here, {x}[{at}], {k.name}, {rest.name})")
        own = ", ".join(f"{-o}:" if o < 0 else f":-{o}" if o > 0 else ":" for o in (di, dj))
        other = ", ".join(f":{o}" if o < 0 else f"{o}:" if o > 0 else ":" for o in (di, dj))
        w.numpy(f"net[{own}] += spring({x}[{own}], {x}[{other}], {k.name}, {rest.name})")
    terms: list[Expression] = [variable("net", w.vector, -50.0, 50.0), values["dt"]]
    if draw.chance(0.6):
        w.array("velocity", w.vector, "rows cols", Uniform(-1.0, 1.0))
        terms.append(w.load("vel", "velocity", "i, j", -1.0, 1.0, w.vector))
    if draw.chance(0.5):
        w.array("inv_mass", w.real, "rows cols", Uniform(0.2, 2.0))
        terms.append(w.load("w_ij", "inv_mass", "i, j", 0.2, 2.0))
    w.fused("stepped", w.vector, terms)
    out = w.output(draw.choice(("cloth_out", "new_velocity", "force")), w.vector, "rows cols")
    w.store(out, "i, j", "stepped")
    sizes = [{"rows": 1, "cols": 1}, {"rows": draw.choice((5, 7)), "cols": 3}, {"rows": draw.integer(7, 9), "cols": draw.choice((11, 13))}]
    return w.case(draw.choice((f"cloth_{pattern}", "cloth_step", "grid_springs")), "rows cols", sizes)
