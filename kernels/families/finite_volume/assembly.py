"""Assembly of linear finite elements: each triangle or edge adds its share to its nodes by atomics.

Formulas for linear (P1) triangles from their edge vectors, as in Larson and Bengzon, The Finite Element Method, 2013.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression, variable
from kernels.language.types import I32


def _coefficients(draft: Draft, e: str, known: list[Expression]) -> str:
    """The element's coefficient: from arrays per element, parameters and what is `known`."""
    draw = draft.draw
    for name in draw.subset(("conductivity", "thickness", "porosity"), draw.integer(0, 1)):
        draft.array(name, draft.real, "n", domain=Uniform(0.2, 2.0))
        known.append(draft.load(f"{name}_e", name, e, 0.2, 2.0))
    for name in draw.subset(("young", "kappa", "dt"), draw.integer(0, 1)):
        known.append(draft.parameter(name, 0.1, 2.0))
    return draft.fused(draw.choice(("coefficient", "k_e", "weight")), draft.real, known).name


def build_triangles(draw: Draw, draft: Draft) -> Case:
    """A thread per triangle: stiffness times a field, lumped mass, or the field's gradient."""
    e = draw.choice(("tid", "tri", "e"))
    draft.line(f"{e} = wp.tid()")
    table = draw.choice(("triangles", "tri_indices", "elements"))
    corners = ("a", "b", "c") if draw.chance(0.5) else ("i", "j", "k")
    flat = draw.chance(0.35)
    draft.array(table, I32, *(("n3",) if flat else ("n", "three")), domain=lambda s: Integers(0, s["nodes"]))
    for number, corner in enumerate(corners):
        draft.line(f"{corner} = {table}[{f'3 * {e} + {number}' if flat else f'{e}, {number}'}]")
        draft.numpy(f"{corner} = {table}[{f'{number}::3' if flat else f':, {number}'}]")
    solid = draw.chance(0.4)
    kind = draw.choice(("stiffness", "mass", "load", "energy"))
    by_area = kind in ("mass", "load") or draw.chance(0.5)
    if solid:
        x = draft.array(draw.choice(("vertices", "points")), draft.vector, "nodes", domain=Uniform(-1.0, 1.0))
        draft.both(f"e1 = {x}[{corners[1]}] - {x}[{corners[0]}]", f"e2 = {x}[{corners[2]}] - {x}[{corners[0]}]")
        draft.formula("normal = wp.cross(e1, e2)", "doubled = wp.length(normal) + 0.1")
        dots = ("wp.dot(e1, e1)", "wp.dot(e1, e2)", "wp.dot(e2, e2)")
    else:
        for axis in "xy":
            draft.array(f"node_{axis}", draft.real, "nodes", domain=Uniform(-1.0, 1.0))
            draft.both(
                f"{axis}1 = node_{axis}[{corners[1]}] - node_{axis}[{corners[0]}]",
                f"{axis}2 = node_{axis}[{corners[2]}] - node_{axis}[{corners[0]}]",
            )
        draft.formula("doubled = wp.abs(x1 * y2 - x2 * y1) + 0.1")
        dots = ("x1 * x1 + y1 * y1", "x1 * x2 + y1 * y2", "x2 * x2 + y2 * y2")
    if by_area:
        draft.formula("area = 0.5 * doubled")
    out = draft.output(draw.choice(("residual", "rhs", "assembled")), draft.real, "nodes", role="accumulate")
    known: list[Expression] = [variable("area", draft.real, 0.05, 4.1)]
    if kind in ("stiffness", "energy", "mass"):
        u = draft.array(draw.choice(("u", "potential", "temperature")), draft.real, "nodes", domain=Uniform(-1.0, 1.0))
        draft.both(*(f"u{n} = {u}[{corner}]" for n, corner in enumerate(corners)))
    if kind in ("stiffness", "energy"):
        draft.formula("d1 = u1 - u0", "d2 = u2 - u0")
        draft.formula(f"g11 = {dots[0]}", f"g12 = {dots[1]}", f"g22 = {dots[2]}")
        k = _coefficients(draft, e, known[:1] if by_area else [variable("g12", draft.real, -12.0, 12.0)])
        draft.formula(f"scale = {k} / (2.0 * doubled)")
        draft.formula("r1 = scale * (g22 * d1 - g12 * d2)", "r2 = scale * (g11 * d2 - g12 * d1)")
        shares = ["-(r1 + r2)", "r1", "r2"]
        if kind == "energy":
            draft.formula("stored = 0.5 * (r1 * d1 + r2 * d2)")
            draft.store(draft.output("element_energy", draft.real, "n"), e, "stored")
    elif kind == "mass":
        k = _coefficients(draft, e, known)
        draft.formula(f"lump = {k} * area / 12.0", "mean = u0 + u1 + u2")
        shares = [f"lump * (mean + u{n})" for n in range(3)]
    else:
        draft.array("source", draft.real, "n", domain=Uniform(-1.0, 1.0))
        known.append(draft.load("f_e", "source", e, -1.0, 1.0))
        k = _coefficients(draft, e, known)
        draft.formula(f"third = {k} / 3.0")
        shares = ["third"] * 3
    draft.numpy(f"{out} = np.zeros(len({'node_x' if not solid else x}), doubled.dtype)")
    for corner, share in zip(corners, shares, strict=True):
        draft.line(f"wp.atomic_add({out}, {corner}, {share})")
        draft.numpy(f"np.add.at({out}, {corner}, {share})")
    if draw.chance(0.3):
        draft.output("valence", I32, "nodes", role="accumulate")
        draft.line(*(f"wp.atomic_add(valence, {corner}, 1)" for corner in corners))
        draft.numpy(f"valence = np.bincount({table}.ravel(), minlength=len({out})).astype(np.int32)")
    sizes = [{"n": n, "n3": 3 * n, "three": 3, "nodes": n // 2 + 3} for n in draw.sizes(200)]
    return draft.case(draw.choice((f"assemble_{kind}", f"triangle_{kind}", f"p1_{kind}")), ["n"], sizes)


def build_edges(draw: Draw, draft: Draft) -> Case:
    """A thread per edge of a graph or bar: a weighted Laplacian applied to a field."""
    e = draw.choice(("edge", "e", "tid"))
    draft.line(f"{e} = wp.tid()")
    for name in ("tail", "head"):
        draft.array(name, I32, "n", domain=lambda s: Integers(0, s["nodes"]))
        draft.load(name[0], name, e, 0, 0)
    u = draft.array(draw.choice(("u", "potential", "pressure")), draft.real, "nodes", domain=Uniform(-1.0, 1.0))
    draft.line(f"drop = {u}[h] - {u}[t]")
    draft.numpy(f"drop = {u}[h] - {u}[t]")
    known: list[Expression] = [variable("drop", draft.real, -2.0, 2.0)]
    if draw.chance(0.5):
        x = draft.array("x", draft.vector, "nodes", domain=Uniform(-1.0, 1.0))
        draft.both(f"along = {x}[h] - {x}[t]")
        draft.formula("span = wp.sqrt(wp.dot(along, along) + 0.1)")
        known.append(variable("span", draft.real, 0.3, 3.5))
    flow = _coefficients(draft, e, known)
    out = draft.output(draw.choice(("laplacian", "net_flow", "rhs")), draft.real, "nodes", role="accumulate")
    guarded = draw.chance(0.5)
    lines = [f"wp.atomic_add({out}, t, {flow})", f"wp.atomic_sub({out}, h, {flow})"]
    if guarded:
        with draft.block("if t != h:"):
            draft.line(*lines)
        draft.numpy(f"{flow} = np.where(t != h, {flow}, 0.0)")
    else:
        draft.line(*lines)
    draft.numpy(f"{out} = np.zeros_like({u})", f"np.add.at({out}, t, {flow})", f"np.subtract.at({out}, h, {flow})")
    if draw.chance(0.4):
        draft.output("edge_flow", draft.real, "n")
        draft.line(f"edge_flow[{e}] = {flow}" if not guarded else f"edge_flow[{e}] = wp.where(t != h, {flow}, {draft.number(0.0)})")
        draft.numpy(f"edge_flow = {flow}")
    return draft.case(
        draw.choice(("graph_laplacian", "edge_flows", "assemble_edges")), ["n"], [{"n": n, "nodes": n // 2 + 2} for n in draw.sizes(200)]
    )
