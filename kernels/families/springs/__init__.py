"""Mass-spring systems: spring forces per edge or per node, bending, cloth on a grid, and projection of distance constraints.

Variants: edges as pairs, as two arrays or flat; forces by atomics from edges, or gathered by nodes over CSR and padded lists; linear,
damped and nonlinear springs; degenerate edges skipped or softened; energies beside forces; integration of the node; position-based dynamics
with inverse masses and compliance (Macklin et al., XPBD, 2016); bending by the discrete Laplacian of three nodes.
"""

from __future__ import annotations

from contextlib import ExitStack

from kernels.case import Case
from kernels.domains import Integers, Offsets, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.springs.cloth import build_bending, build_cloth
from kernels.families.springs.nodes import NODES, element_nodes
from kernels.language.expression import Expression, Variable, variable
from kernels.language.interval import Interval
from kernels.language.types import I32

SLOTS = 5
"""Slots of a padded neighbour list: few enough for Warp to unroll the loop over them."""


def build(draw: Draw) -> Case:
    """One kernel of a mass-spring system."""
    draft = Draft(draw, without=("normalize",))
    form = draw.weighted((_edges, _nodes, build_bending, _constraints, build_cloth), (5, 4, 2, 4, 3))
    return form(draw, draft)


def _delta(draft: Draft, x: str, i: str, j: str, own: str, other: str) -> None:
    """The vector from node `i` to node `j`."""
    if draft.draw.chance(0.5):
        draft.line(f"delta = {x}[{j}] - {x}[{i}]")
        draft.numpy(f"delta = {x}{other} - {x}{own}")
    else:
        draft.line(f"x_i = {x}[{i}]", f"x_j = {x}[{j}]")
        draft.numpy(f"x_i, x_j = {x}{own}, {x}{other}")
        draft.formula("delta = x_j - x_i")


def _tension(draft: Draft, e: str, subscript: str = "") -> Variable:
    """The signed magnitude of a spring's pull from its `dist`, with stiffness and rest length per element or for all."""
    draw = draft.draw
    stiffness = draw.choice(("stiffness", "ke", "spring_k"))
    rest = draw.choice(("rest_length", "rest", "l0"))
    known: dict[str, str] = {}
    for name, low, high in ((stiffness, 0.5, 3.0), (rest, 0.5, 1.5)):
        if e and draw.chance(0.6):
            draft.array(name, draft.real, "m", domain=Uniform(low, high))
            known[name] = draft.load(f"{name}_e", name, e, low, high, numpy=f"{name}{subscript}").name
        else:
            known[name] = draft.parameter(name, low, high).name
    k, length = known[stiffness], known[rest]
    if draw.chance(0.45):
        draft.formula(f"stretch = dist - {length}", f"tension = {k} * stretch")
        return variable("tension", draft.real, -5.0, 25.0)
    draft.formula(
        draw.choice((f"strain = dist / {length} - 1.0", f"strain = (dist - {length}) / {length}", f"strain = wp.log(dist / {length})"))
    )
    scope: list[Expression] = [variable("strain", draft.real, -3.0, 14.0), variable(k, draft.real, 0.5, 3.0)]
    return draft.fused("tension", draft.real, scope, domain=Interval(-200.0, 200.0))


def _force(draft: Draft, x: str, i: str, j: str, own: str, other: str, e: str, subscript: str = "") -> str:
    """The force that a spring puts on node `i`, by name."""
    draw = draft.draw
    _delta(draft, x, i, j, own, other)
    floor = draw.choice(("0.05", "0.1", "0.2"))
    safe = draw.choice((f"wp.max(wp.length(delta), {floor})", f"wp.sqrt(wp.dot(delta, delta) + {floor})", f"wp.length(delta) + {floor}"))
    draft.formula(f"dist = {safe}")
    damped = draw.chance(0.4)
    if damped or draw.chance(0.4):
        draft.formula("direction = delta / {dist}")
        along = "{tension} * direction"
    else:
        along = "{(tension / dist)} * delta"
    _tension(draft, e, subscript)
    name = draw.choice(("force", "f_spring", "pull"))
    if not damped:
        draft.formula(f"{name} = {along}")
        return name
    draft.array("velocity", draft.vector, "n", domain=Uniform(-1.0, 1.0))
    draft.line(f"rel_vel = velocity[{j}] - velocity[{i}]")
    draft.numpy(f"rel_vel = velocity{other} - velocity{own}")
    draft.formula("closing = wp.dot(rel_vel, direction)")
    scope: list[Expression] = [variable("closing", draft.real, -6.0, 6.0), draft.parameter(draw.choice(("damping", "kd")), 0.05, 1.0)]
    if draw.chance(0.4):
        draft.formula(f"drag = {scope[1].warp()} * closing")
    else:
        draft.fused("drag", draft.real, scope, 1)
    draft.formula(f"{name} = {{(tension + drag)}} * direction")
    return name


def _edges(draw: Draw, draft: Draft) -> Case:
    """A thread per edge; both ends receive opposite forces."""
    e = draw.choice(("tid", "e", "edge"))
    draft.line(f"{e} = wp.tid()")
    x = draft.array(draw.choice(NODES), draft.vector, "n", domain=Uniform(-1.5, 1.5))
    i, j = draw.choice((("i", "j"), ("a", "b"), ("node_a", "node_b")))
    count = draft.value(draw.choice(("num_edges", "edge_count")), I32, lambda s: Integers(s["m"], s["m"] + 1)) if draw.chance(0.4) else ""
    if count:
        with draft.block(f"if {e} >= {count}:"):
            draft.line("return")
    element_nodes(draft, e, 2, (i, j))
    degenerate = draw.chance(0.35)
    if degenerate:
        with draft.block(f"if {i} == {j}:"):
            draft.line("return")
    name = _force(draft, x, i, j, f"[{i}]", f"[{j}]", e)
    if draw.chance(0.35):
        limit = draft.parameter("max_force", 2.0, 10.0).name
        draft.formula(f"size = wp.length({name})")
        with draft.block(f"if size > {limit}:"):
            draft.line(f"{name} = {name} * ({limit} / size)")
        draft.numpy(f"{name} = np.where((size > {limit})[:, None], {name} * ({limit} / np.maximum(size, {limit}))[:, None], {name})")
    if degenerate:
        draft.numpy(f"{name} = np.where(({i} != {j})[:, None], {name}, 0.0)")
    out = draft.output(draw.choice(("forces", "node_force", "f_total")), draft.vector, "n", role="accumulate")
    pull, push = ("add", "sub") if draw.chance(0.8) else ("sub", "add")
    second = f"wp.atomic_add({out}, {j}, -{name})" if draw.chance(0.3) and pull == "add" else f"wp.atomic_{push}({out}, {j}, {name})"
    draft.line(f"wp.atomic_{pull}({out}, {i}, {name})", second)
    ufunc = {"add": "np.add", "sub": "np.subtract"}
    draft.numpy(f"{out} = np.zeros_like({x})", f"{ufunc[pull]}.at({out}, {i}, {name})", f"{ufunc[push]}.at({out}, {j}, {name})")
    if draw.chance(0.35):
        draft.output("energy", draft.real, "one", role="accumulate")
        density = draft.fused(
            "edge_energy", draft.real, [variable("tension", draft.real, -20.0, 20.0), variable("dist", draft.real, 0.05, 6.0)], 1
        )
        draft.line(f"wp.atomic_add(energy, 0, {density.name})")
        live = f"np.where({i} != {j}, {density.name}, 0.0)" if degenerate else density.name
        draft.numpy(f"energy = np.sum({live}).reshape(1)")
    return draft.case(draw.choice(("spring_forces", "eval_springs", "accumulate_spring_forces")), ["m"], _sizes(draw))


def _sizes(draw: Draw) -> list[dict[str, int]]:
    """Elements per launch, over about half as many nodes."""
    return [{"m": m, "n": m // 2 + 2, "one": 1, "corners": 2, "flat": 2 * m, "m1": m + 1, "k": SLOTS} for m in draw.sizes(200)]


def _nodes(draw: Draw, draft: Draft) -> Case:
    """A thread per node that gathers from its neighbours, then moves itself."""
    i, j = draw.choice((("i", "j"), ("node", "other"), ("tid", "neighbor")))
    draft.line(f"{i} = wp.tid()")
    x = draft.array(draw.choice(NODES), draft.vector, "n", domain=Uniform(-1.5, 1.5))
    draft.guard(i, "n", x)
    total = draw.choice(("total", "f", "net_force"))
    draft.line(f"{total} = {draft.zero(draft.vector)}")
    neighbors = draw.choice(("neighbors", "adjacency", "linked"))
    csr = draw.chance(0.5)
    with ExitStack() as nest:
        if csr:
            draft.array("offsets", I32, "n1", domain=lambda s: Offsets(s["m"]))
            draft.array(neighbors, I32, "m", domain=lambda s: Integers(0, s["n"]))
            draft.numpy(f"rows = np.repeat(np.arange(len({x})), np.diff(offsets))")
            nest.enter_context(draft.block(f"for slot in range(offsets[{i}], offsets[{i} + 1]):"))
            draft.line(f"{j} = {neighbors}[slot]")
            force = _force(draft, x, i, j, "[rows]", f"[{neighbors}]", "slot")
        else:
            draft.array(neighbors, I32, "n", "k", domain=lambda s: Integers(-1, s["n"]))
            nest.enter_context(draft.block(f"for slot in range({SLOTS}):"))
            draft.line(f"{j} = {neighbors}[{i}, slot]")
            nest.enter_context(draft.block(f"if {j} >= 0:"))
            force = _force(draft, x, i, j, "[:, None]", f"[{neighbors}]", "")
        draft.line(f"{total} += {force}")
    if csr:
        draft.numpy(f"{total} = np.zeros_like({x})", f"np.add.at({total}, rows, {force})")
    else:
        draft.numpy(f"{total} = np.where(({neighbors} >= 0)[..., None], {force}, 0.0).sum(axis=1)")
    out = draft.output(draw.choice(("forces", "acceleration", "v_new", "node_out")), draft.vector, "n")
    own: list[Expression] = []
    for name, type in draw.subset((("load", draft.vector), ("area", draft.real), ("v0", draft.vector)), draw.integer(1, 2)):
        draft.array(name, type, "n", domain=Uniform(0.2, 1.0))
        own.append(draft.load(f"{name}_i", name, i, 0.2, 1.0, type))
    dt = draft.parameter(draw.choice(("dt", "time_step", "h")), 0.01, 0.2)
    if csr:
        # Warp's adjoint does not know the value of a sum that a dynamic loop has made: the step is linear in it.
        external = draft.fused("external", draft.vector, own)
        draft.formula(
            draw.choice((f"moved = {external.name} + {{{dt.name}}} * {total}", f"moved = {{{dt.name}}} * ({total} + {external.name})"))
        )
    else:
        draft.fused("moved", draft.vector, [variable(total, draft.vector, -50.0, 50.0), dt, *own])
    draft.store(out, i, "moved")
    sizes = [{"n": n, "n1": n + 1, "m": 4 * n, "k": SLOTS} for n in draw.sizes(120)]
    return draft.case(draw.choice(("gather_spring_forces", "step_nodes", "node_springs")), ["n"], sizes)


def _constraints(draw: Draw, draft: Draft) -> Case:
    """Projection of distance constraints, a thread each; corrections weighted by inverse masses add up."""
    c = draw.choice(("tid", "c", "constraint"))
    draft.line(f"{c} = wp.tid()")
    x = draft.array(draw.choice(NODES), draft.vector, "n", domain=Uniform(-1.5, 1.5))
    mass = draft.array(draw.choice(("inv_mass", "w", "particle_inv_mass")), draft.real, "n", domain=Uniform(0.1, 2.0))
    i, j = draw.choice((("i", "j"), ("a", "b"), ("p0", "p1")))
    element_nodes(draft, c, 2, (i, j))
    _delta(draft, x, i, j, f"[{i}]", f"[{j}]")
    draft.line(f"wi = {mass}[{i}]", f"wj = {mass}[{j}]")
    draft.numpy(f"wi, wj = {mass}[{i}], {mass}[{j}]")
    draft.formula(draw.choice(("dist = wp.max(wp.length(delta), 0.05)", "dist = wp.sqrt(wp.length_sq(delta) + 0.01)")))
    draft.array("rest", draft.real, "m", domain=Uniform(0.5, 1.5))
    draft.load("rest_c", "rest", c, 0.5, 1.5)
    draft.formula("violation = dist - rest_c")
    one_sided = draw.chance(0.3)
    if one_sided:
        with draft.block(f"if violation <= {draft.number(0.0)}:"):
            draft.line("return")
    xpbd = draw.chance(0.5)
    if xpbd:
        values = draft.parameters(("compliance", 0.01, 0.5), ("dt", 0.1, 1.0), struct="Material")
        alpha, dt = values["compliance"].name, values["dt"].name
        draft.formula(f"alpha = {alpha} / ({dt} * {dt})", "multiplier = violation / (wi + wj + alpha)")
    else:
        draft.formula("multiplier = violation / (wi + wj)")
    extra: list[Expression] = [variable("multiplier", draft.real, -5.0, 25.0)]
    if draw.chance(0.6):
        extra.append(draft.parameter(draw.choice(("relaxation", "omega", "stiffness")), 0.1, 1.0))
    if draw.chance(0.5):
        extra.append(variable("violation", draft.real, -1.5, 6.0))
    scale = draft.fused(draw.choice(("weight", "scaled", "magnitude")), draft.real, extra) if len(extra) > 1 else extra[0]
    draft.formula(f"correction = {{({scale.warp()} / dist)}} * delta")
    if one_sided:
        draft.numpy("correction = np.where((violation > 0.0)[:, None], correction, 0.0)")
    out = draft.output(draw.choice(("corrections", "delta_x", "dx")), draft.vector, "n", role="accumulate")
    draft.line(f"wp.atomic_add({out}, {i}, wi * correction)", f"wp.atomic_sub({out}, {j}, wj * correction)")
    draft.numpy(f"{out} = np.zeros_like({x})")
    draft.numpy(f"np.add.at({out}, {i}, wi[:, None] * correction)", f"np.subtract.at({out}, {j}, wj[:, None] * correction)")
    if draw.chance(0.3):
        draft.output("touched", I32, "n", role="accumulate")
        draft.line(f"wp.atomic_add(touched, {i}, 1)", f"wp.atomic_add(touched, {j}, 1)")
        draft.numpy("touched = np.zeros(len(" + x + "), np.int32)", f"for end in ({i}, {j}):")
        draft.numpy(f"    np.add.at(touched, end, {'(violation > 0.0).astype(np.int32)' if one_sided else '1'})")
    return draft.case(draw.choice(("solve_distance", "project_distance_constraints", "pbd_stretch")), ["m"], _sizes(draw))
