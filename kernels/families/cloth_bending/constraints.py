"""Position-based dynamics of cloth: projections of stretch, bending, strain limits, attachments, and how corrections are applied.

Compliant constraints after Macklin, Mueller and Chentanez, XPBD (2016); bending by the angle after Mueller et al., Position Based Dynamics
(2007); strain limits after Provot, Deformation Constraints in a Mass-Spring Model (1995).
"""

from __future__ import annotations

from kernels.case import Case, Role
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.solvers.elements import property_of, scatter
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.cloth_bending.bending import CORNERS, angle_gradients, hinge_geometry
from kernels.families.cloth_bending.elements import elements, particles, sizes, vertex_sizes

DELTAS = ("delta", "particle_delta", "corrections", "dx")
MULTIPLIERS = ("lambdas", "constraint_lambda", "multipliers")


def _inverse_masses(s: Script, *corners: str) -> None:
    s.field("inv_mass", "real", "n", low=0.2, high=1.5, names=("particle_inv_mass", "w", "invmass"))
    s.code("\n".join(f"{'w_p' if c == 'p' else f'w{c}'} = inv_mass[{c}]" for c in corners))


def _multiplier(draw: Draw, s: Script, weights: str) -> None:
    """The change `dlambda` of the multiplier for the constraint's value `c` and the weighted gradients' squares."""
    kind = draw.choice(("xpbd", "xpbd", "pbd", "damped"))
    if kind == "pbd":
        s.tuning(("k_stiff", 0.2, 1.0))
        s.code(f"dlambda = -k_stiff * c / {weights}")
        return
    s.tuning(("dt", 0.02, 0.1))
    property_of(s, "compliance", 0.0005, 0.01, names=("alpha_e", "edge_compliance"))
    s.code("alpha = compliance / (dt * dt)")
    if kind == "damped":
        s.tuning(("damping", 0.1, 1.0))
        s.code(
            f"gamma = damping * alpha\ndlambda = -(c + gamma * c_rate) / ((1.0 + gamma) * {weights} + alpha)"
            if "c_rate" in s.names.values
            else f"dlambda = -c / ((1.0 + damping) * {weights} + alpha)"
        )
        return
    if draw.chance(0.6):
        s.field("lam", "real", "m", low=-0.2, high=0.2, names=MULTIPLIERS)
        s.result("lam_new", "real", "m", role="accumulate", names=("lambda_out", "multipliers_new"))
        s.code(f"dlambda = (-c - alpha * lam[tid]) / ({weights} + alpha)\nlam_new[tid] = lam[tid] + dlambda")
    else:
        s.code(f"dlambda = -c / ({weights} + alpha)")


def build_stretch(draw: Draw, s: Script) -> Case:
    """Distance constraints of edges: one thread per edge, corrections by atomics."""
    particles(s)
    velocity = draw.chance(0.25)
    if velocity:
        s.field("x_prev", "vec3", "n", low=-1.2, high=1.2, names=("particle_q_prev", "old_positions"))
    elements(s, "i", "j")
    property_of(s, "rest_length", 0.4, 1.2, names=("rest", "edge_rest_length", "l0"))
    _inverse_masses(s, "i", "j")
    s.result("delta", "vec3", "n", role="accumulate", names=DELTAS)
    s.code("xij = x[i] - x[j]\nlength = wp.length(xij)")
    s.code(draw.choice(("wsum = wi + wj", "wsum = wi + wj\nif wsum < 0.1:\n    return")))
    s.code(draw.choice(("if length < 0.001:\n    return\nn = xij / length", "n = xij / (length + 0.01)", "n = wp.normalize(xij)")))
    s.code("c = length - rest_length")
    side = draw.weighted(("both", "tension", "compression", "dead_zone"), (4, 2, 1, 1))
    if side == "tension":
        s.code("if c < 0.0:\n    return" if draw.chance(0.6) else "c = wp.max(c, 0.0)")
    elif side == "compression":
        s.code("if c > 0.0:\n    return")
    elif side == "dead_zone":
        s.tuning(("slack", 0.05, 0.2))
        s.code("c = c - wp.clamp(c, -slack, slack)")
    if velocity:
        s.code("c_rate = wp.dot(n, (x[i] - x_prev[i]) - (x[j] - x_prev[j]))")
    _multiplier(draw, s, "wsum")
    s.code("push = n * dlambda" if draw.chance(0.6) else "push = dlambda * n")
    scatter(s, "delta", {"i": "push * wi", "j": "-push * wj"})
    if draw.chance(0.3):
        s.result("count", "int", "n", role="accumulate", names=("num_constraints", "touched"))
        s.code("wp.atomic_add(count, i, 1)\nwp.atomic_add(count, j, 1)")
    return s.finish(draw.choice(("solve_distance", "solve_stretch", "project_edges", "xpbd_stretch")), ["m"], sizes(draw))


def build_bend_projection(draw: Draw, s: Script) -> Case:
    """Bending constraints: of the dihedral angle, of the distance across the hinge, or of the isometric form."""
    particles(s)
    form = draw.choice(("angle", "angle", "distance", "quadratic"))
    lifted = form != "distance" or draw.chance(0.4)
    corners = CORNERS if lifted else ("i", "j")
    elements(s, *corners)
    _inverse_masses(s, *corners)
    s.result("delta", "vec3", "n", role="accumulate", names=DELTAS)
    if form == "distance":
        property_of(s, "rest_length", 0.5, 1.5, names=("rest", "bend_rest"))
        s.code("xij = x[i] - x[j]\nlength = wp.length(xij) + 0.01\nn = xij / length\nc = length - rest_length")
        _multiplier(draw, s, "(wi + wj)")
        if lifted:
            s.tuning(("edge_share", 0.1, 0.5))
            s.code("middle = (x[k] + x[l]) * 0.5\nlift = ((x[i] + x[j]) * 0.5 - middle) * (edge_share * c)")
            scatter(s, "delta", {"i": "n * (dlambda * wi)", "j": "-n * (dlambda * wj)", "k": "lift * wk", "l": "lift * wl"})
        else:
            scatter(s, "delta", {"i": "n * (dlambda * wi)", "j": "-n * (dlambda * wj)"})
        return s.finish(draw.choice(("solve_bend_distance", "cross_spring_constraint")), ["m"], sizes(draw))
    if form == "quadratic":
        s.field("weights", "vec4", "m", low=-1.2, high=1.2, names=("bend_k", "q_row"))
        s.code("w = weights[tid]\nlap = w[0] * x[k] + w[1] * x[l] + w[2] * x[i] + w[3] * x[j]\nc = 0.5 * wp.dot(lap, lap)")
        s.code("g3 = lap * w[0]\ng4 = lap * w[1]\ng1 = lap * w[2]\ng2 = lap * w[3]")
        names = {"i": "g1", "j": "g2", "k": "g3", "l": "g4"}
    else:
        property_of(s, "rest_angle", -0.8, 0.8, names=("rest_theta", "theta0"))
        hinge_geometry(draw, s)
        angle_gradients(draw, s)
        s.code("c = theta - rest_angle")
        if draw.chance(0.3):
            s.code("if c > 3.14159265:\n    c = c - 6.2831853\nif c < -3.14159265:\n    c = c + 6.2831853")
        names = dict(zip(CORNERS, ("d1", "d2", "d3", "d4"), strict=True))
    square = draw.choice(("wp.dot({0}, {0})", "wp.length_sq({0})"))
    total = " + ".join(f"w{c} * {square.format(g)}" for c, g in names.items())
    s.code(f"denom = {total}")
    s.code("if denom < 0.01:\n    return" if draw.chance(0.5) else "denom = denom + 0.05")
    _multiplier(draw, s, "denom")
    if draw.chance(0.3):
        s.tuning(("max_step", 0.05, 0.3))
        s.code("dlambda = wp.clamp(dlambda, -max_step, max_step)")
    scatter(s, "delta", {c: f"{g} * (w{c} * dlambda)" for c, g in names.items()})
    return s.finish(draw.choice((f"solve_bending_{form}", "xpbd_bending", "project_hinges")), ["m"], sizes(draw))


def build_strain_limit(draw: Draw, s: Script) -> Case:
    """Limits of strain: edges or triangles that are stretched or squeezed too far are brought back."""
    particles(s)
    triangles = draw.chance(0.45)
    corners = ("i", "j", "k") if triangles else ("i", "j")
    elements(s, *corners)
    _inverse_masses(s, *corners)
    s.tuning(("max_strain", 1.05, 1.3), ("min_strain", 0.7, 0.95))
    s.result("delta", "vec3", "n", role="accumulate", names=DELTAS)
    if not triangles:
        property_of(s, "rest_length", 0.4, 1.2, names=("rest", "edge_rest_length", "l0"))
        s.code("d = x[j] - x[i]\nlength = wp.length(d)")
        s.code(
            draw.choice(
                (
                    "target = wp.clamp(length, min_strain * rest_length, max_strain * rest_length)",
                    "strain = length / rest_length\ntarget = wp.clamp(strain, min_strain, max_strain) * rest_length",
                    "target = length\nif length > max_strain * rest_length:\n    target = max_strain * rest_length\n"
                    "if length < min_strain * rest_length:\n    target = min_strain * rest_length",
                )
            )
        )
        s.code("correction = d * ((length - target) / ((wi + wj) * (length + 0.01)))")
        scatter(s, "delta", {"i": "correction * wi", "j": "-correction * wj"})
        return s.finish(draw.choice(("limit_strain", "limit_edge_strain", "provot_limit")), ["m"], sizes(draw))
    # Each edge of the triangle is held to its limits, one after the other.
    s.field("rest_lengths", "vec3", "m", low=0.5, high=1.2, names=("tri_rest", "rest_edges"))
    s.define(
        "excess",
        "a: vec3, b: vec3, rest: real, lower: real, upper: real",
        draw.choice(
            (
                "d = b - a\nlength = wp.length(d) + 0.01\ntarget = wp.clamp(length, lower * rest, upper * rest)\n"
                "return d * ((length - target) / length)",
                "d = b - a\nlength = wp.length(d) + 0.01\nif length > upper * rest:\n    return d * (1.0 - upper * rest / length)\n"
                "if length < lower * rest:\n    return d * (1.0 - lower * rest / length)\nreturn wp.vec3(0.0, 0.0, 0.0)",
            )
        ),
        "vec3",
        "How far the edge from a to b is beyond its limits.",
    )
    s.code("rest = rest_lengths[tid]\nxi = x[i]\nxj = x[j]\nxk = x[k]")
    for number, (a, b) in enumerate((("i", "j"), ("j", "k"), ("k", "i"))):
        s.code(f"c{a}{b} = excess(x{a}, x{b}, rest[{number}], min_strain, max_strain) * (1.0 / (w{a} + w{b}))")
    s.tuning(("relax", 0.2, 0.8))
    scatter(s, "delta", {"i": "(cij - cki) * (wi * relax)", "j": "(cjk - cij) * (wj * relax)", "k": "(cki - cjk) * (wk * relax)"})
    return s.finish(draw.choice(("limit_triangle_strain", "clamp_triangles")), ["m"], sizes(draw))


def build_attachment(draw: Draw, s: Script) -> Case:
    """Attachments: particles pinned to targets, to points of a triangle, or welded in pairs."""
    form = draw.choice(("target", "target", "triangle", "weld"))
    particles(s, moving=form == "target" and draw.chance(0.6))
    if form == "target":
        moving = "v" in s.names.arrays
        s.field("attach_index", "int", "m", below="n", corners=1, names=("pinned", "attached_particle", "anchor_ids"))
        s.thread("m", "attach_index", names=("a", "pin", "c"), counts=("num_attachments", "pin_count"))
        s.code("p = attach_index[tid]")
        s.field("target", "vec3", "m", low=-1.2, high=1.2, names=("anchor", "pin_target", "goal"))
        property_of(s, "ke", 0.5, 3.0, names=("attach_ke", "pin_stiffness"))
        s.code("d = target[tid] - x[p]")
        if draw.chance(0.4):
            s.tuning(("slack", 0.05, 0.3))
            s.code("gap = wp.length(d)\nif gap < slack:\n    return\nd = d * ((gap - slack) / gap)")
        s.result("f", "vec3", "n", role="accumulate", names=("particle_f", "forces"))
        s.code("pull = d * ke")
        if moving:
            s.tuning(("kd", 0.05, 0.5))
            s.code("pull = pull - v[p] * kd")
        if draw.chance(0.4):
            s.tuning(("max_force", 0.5, 3.0))
            s.code("size = wp.length(pull)\npull = pull * wp.min(1.0, max_force / (size + 0.01))")
        s.code("wp.atomic_add(f, p, pull)")
        return s.finish(draw.choice(("pin_forces", "attachment_forces", "anchor_springs")), ["m"], sizes(draw))
    if form == "weld":
        elements(s, "i", "j", table="welds", tables=("zip_pairs", "seam_pairs", "stitches"))
        _inverse_masses(s, "i", "j")
        s.result("delta", "vec3", "n", role="accumulate", names=DELTAS)
        s.tuning(("stiffness", 0.3, 1.0))
        s.code("d = x[j] - x[i]\nshare = stiffness / (wi + wj)")
        if draw.chance(0.5):
            s.tuning(("seam_width", 0.02, 0.2))
            s.code("gap = wp.length(d) + 0.01\nd = d * wp.max(1.0 - seam_width / gap, 0.0)")
        scatter(s, "delta", {"i": "d * (share * wi)", "j": "-d * (share * wj)"})
        return s.finish(draw.choice(("stitch_seams", "weld_particles", "close_zipper")), ["m"], sizes(draw))
    elements(s, "p", "i", "j", "k", table="attach_quads", tables=("attach_ids", "embed_indices"))
    s.field("bary", "vec3", "m", low=0.1, high=0.6, names=("weights", "barycentric"))
    _inverse_masses(s, "p", "i", "j", "k")
    s.result("delta", "vec3", "n", role="accumulate", names=DELTAS)
    s.code("b = bary[tid]\nfoot = b[0] * x[i] + b[1] * x[j] + b[2] * x[k]\nd = foot - x[p]")
    s.code("denom = w_p + wi * b[0] * b[0] + wj * b[1] * b[1] + wk * b[2] * b[2]")
    s.tuning(("stiffness", 0.3, 1.0))
    s.code("push = d * (stiffness / denom)")
    scatter(s, "delta", {"p": "push * w_p", "i": "-push * (wi * b[0])", "j": "-push * (wj * b[1])", "k": "-push * (wk * b[2])"})
    return s.finish(draw.choice(("attach_to_triangle", "embed_vertices")), ["m"], sizes(draw))


def build_apply(draw: Draw, s: Script) -> Case:
    """Per particle: prediction, application of summed corrections, and velocities from positions."""
    particles(s, moving=True)
    s.thread("n", "x", names=("i", "p", "vid"), counts=("num_particles", "particle_count"))
    s.tuning(("dt", 0.05, 0.2))
    form = draw.choice(("predict", "apply", "apply", "finish"))
    pinned = draw.chance(0.5)
    role: Role = "accumulate" if pinned and draw.chance(0.5) else "output"
    for out, names in (("x_new", ("particle_q_out", "positions_new")), ("v_new", ("particle_qd_out", "velocities_new"))):
        s.result(out, "vec3", "n", role=role, names=names)
    s.code("x0 = x[tid]\nv0 = v[tid]")
    if pinned:
        s.field("pinned", "bool", "n", domain=Bernoulli(0.3), names=("is_fixed", "kinematic"))
        s.code(
            "if pinned[tid]:\n    return"
            if role == "accumulate"
            else "if pinned[tid]:\n    x_new[tid] = x0\n    v_new[tid] = v0\n    return"
        )
    if form == "predict":
        s.field("force", "vec3", "n", names=("particle_f", "f_ext"))
        s.field("inv_mass", "real", "n", low=0.2, high=1.5, names=("particle_inv_mass", "w"))
        s.uniform("gravity", "vec3", Uniform(-1.0, 0.2), names=("g", "gravity_vec"))
        s.code("v1 = v0 + (force[tid] * inv_mass[tid] + gravity) * dt")
        if draw.chance(0.5):
            s.tuning(("damping", 0.1, 1.0))
            s.code(draw.choice(("v1 = v1 * (1.0 - damping * dt)", "v1 = v1 * wp.exp(-damping * dt)")))
        s.code("x1 = x0 + v1 * dt")
    else:
        s.field("delta", "vec3", "n", low=-0.2, high=0.2, names=DELTAS)
        s.code("d = delta[tid]")
        if draw.chance(0.5):
            s.field("count", "int", "n", domain=Integers(0, 6), names=("num_constraints", "touched"))
            s.code("c = count[tid]\nif c > 0:\n    d = d / float(c)" if draw.chance(0.5) else "d = d / float(wp.max(count[tid], 1))")
        if draw.chance(0.5):
            s.tuning(("relaxation", 0.3, 1.5))
            s.code("d = d * relaxation")
        s.code("x1 = x0 + d")
        if draw.chance(0.5):
            s.field("x_prev", "vec3", "n", low=-1.2, high=1.2, names=("particle_q_prev", "x_start"))
            s.code("v1 = (x1 - x_prev[tid]) / dt")
        else:
            s.code("v1 = v0 + d / dt")
        if form == "finish":
            s.tuning(("max_velocity", 0.5, 3.0))
            s.code("speed = wp.length(v1)\nif speed > max_velocity:\n    v1 = v1 * (max_velocity / speed)")
            if draw.chance(0.5):
                s.tuning(("drag", 0.05, 0.5))
                s.code("v1 = v1 / (1.0 + drag * dt)")
    if draw.chance(0.35):
        _ground(draw, s)
    s.code("x_new[tid] = x1\nv_new[tid] = v1")
    return s.finish(
        draw.choice(("predict_positions" if form == "predict" else "apply_deltas", "update_particles", "integrate_cloth")),
        ["n"],
        vertex_sizes(draw),
    )


def _ground(draw: Draw, s: Script) -> None:
    """Keeps a particle above a plane or outside of a sphere, with friction."""
    if draw.chance(0.5):
        s.tuning(("ground", 0.1, 0.5), ("friction", 0.1, 0.9))
        s.code(
            "depth = -ground - x1[1]\nif depth > 0.0:\n    x1 = x1 + wp.vec3(0.0, depth, 0.0)\n"
            "    v1 = wp.vec3(v1[0] * (1.0 - friction), 0.0, v1[2] * (1.0 - friction))"
        )
        return
    s.uniform("center", "vec3", Uniform(-0.4, 0.4), names=("sphere_center", "obstacle"))
    s.tuning(("radius", 0.4, 0.8))
    s.code(
        "r = x1 - center\ndist = wp.length(r)\nif dist < radius:\n    n = r / dist\n"
        "    x1 = center + n * radius\n    v1 = v1 - n * wp.min(wp.dot(v1, n), 0.0)"
    )
