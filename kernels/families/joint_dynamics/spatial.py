"""Spatial dynamics of trees, one level at a time: velocities, accelerations, bias forces, entries of the mass matrix, projections.

Each kernel runs over the bodies of one level and reads what the level above has left (Featherstone 2008, chapters 5 and 6).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.joint_dynamics.worlds import masked


def _level(draw: Draw, s: Script) -> None:
    """Threads over worlds and the bodies of a level, with the body and its parent, both reached by index."""
    s.field("cdof", "spatial_vector", "nworld", "nv", names=("cdof_in", "joint_S_s"))
    s.field("level_body", "int", "nlevel", below="nbody", names=("body_tree", "level_bodies"))
    s.grid(("w", "nworld", "nworld"), ("t", "nlevel", "nlevel"))
    s.alias("w", "worldid", "world_id", "env")
    s.alias("t", "nodeid", "node", "slot")
    s.field("body_parent", "int", "nbody", below="nbody", names=("body_parentid", "parents"))
    masked(s)
    s.code("b = level_body[t]\np = body_parent[b]")


def _sizes(draw: Draw) -> list[dict[str, int]]:
    shapes = ((1, 1), (draw.choice((3, 5)), draw.choice((5, 7))), (draw.integer(7, 9), draw.integer(11, 13)))
    return [{"nworld": a, "nlevel": b, "nbody": b + 3, "nv": 3 * (b + 3), "n": b} for a, b in shapes]


def build_velocities(draw: Draw, s: Script) -> Case:
    """Velocities of a level's bodies from their parents', and the accelerations or bias terms that follow."""
    _level(draw, s)
    dofs = draw.choice((1, 2, 3))
    s.field("qvel", "real", "nworld", "nv", names=("qvel_in", "joint_qd"))
    s.field("dof_start", "int", "nbody", indices=lambda z: Integers(0, z["nv"] - dofs + 1), names=("body_dofadr", "joint_qd_start"))
    s.field("cvel", "spatial_vector", "nworld", "nbody", names=("cvel_in", "body_v_s"))
    s.code("start = dof_start[b]\nv = cvel[w, p]")
    bias = draw.chance(0.6)
    if bias:
        s.code("c = wp.spatial_vector(wp.vec3(0.0, 0.0, 0.0), wp.vec3(0.0, 0.0, 0.0))")
        s.code(
            f"for k in range({dofs}):\n    s_k = cdof[w, start + k]\n    rate = qvel[w, start + k]\n"
            "    c = c + wp.spatial_cross(v, s_k) * rate\n    v = v + s_k * rate"
        )
    else:
        s.code(f"for k in range({dofs}):\n    v = v + cdof[w, start + k] * qvel[w, start + k]")
    if draw.chance(0.4):
        s.field("drift", "spatial_vector", "nworld", "nbody", low=-0.1, high=0.1, names=("v_bias", "cvel_bias"))
        s.code("v = v + drift[w, b]")
    s.result("cvel_out", "spatial_vector", "nworld", "nlevel", names=("body_v_out", "level_vel"))
    s.code("cvel_out[w, t] = v")
    if bias:
        s.result("cbias", "spatial_vector", "nworld", "nlevel", names=("cdof_dot_out", "bias_acc"))
        if draw.chance(0.5):
            s.field("cacc", "spatial_vector", "nworld", "nbody", names=("cacc_in", "body_a_s"))
            s.field("qacc", "real", "nworld", "nv", names=("qacc_in", "joint_qdd"))
            s.code(
                f"acc = cacc[w, p] + c\nfor k in range({dofs}):\n    acc = acc + cdof[w, start + k] * qacc[w, start + k]\ncbias[w, t] = acc"
            )
        else:
            s.code("cbias[w, t] = c")
    if draw.chance(0.4):
        s.result("speed_sq", "real", "nworld", role="accumulate", names=("twist_norm", "motion"))
        s.code("wp.atomic_add(speed_sq, w, wp.dot(wp.spatial_bottom(v), wp.spatial_bottom(v)))")
    return s.finish(
        draw.choice(("level_velocities", "com_vel", "propagate_velocities")),
        ["nworld", "nlevel"],
        _sizes(draw),
        doc=draw.choice(("", "Velocities of the bodies of one level of the tree.")),
    )


def build_forces(draw: Draw, s: Script) -> Case:
    """Forces of a level's bodies: inertia times acceleration, gyroscopic terms, gravity, added to the parents."""
    _level(draw, s)
    s.field("mass", "real", "nbody", low=0.3, high=1.5, names=("body_mass", "link_mass"))
    s.field("inertia", "mat33", "nworld", "nbody", low=0.1, high=0.8, names=("cinert_in", "inertia_world"))
    s.field("com", "vec3", "nworld", "nbody", low=-0.4, high=0.4, names=("subtree_com", "com_offset"))
    s.field("cvel", "spatial_vector", "nworld", "nbody", names=("cvel_in", "body_v_s"))
    s.field("cacc", "spatial_vector", "nworld", "nbody", names=("cacc_in", "body_a_s"))
    s.define(
        "inertia_times",
        "m: real, i: mat33, c: vec3, v: spatial_vector",
        "w = wp.spatial_top(v)\nlin = wp.spatial_bottom(v) + wp.cross(w, c)\np = lin * m\n"
        "return wp.spatial_vector(i @ w + wp.cross(c, p), p)",
        "spatial_vector",
        draw.choice(("", "Momentum of a body with mass m at c and inertia i about its centre.")),
    )
    s.code("m = mass[b]\ni_b = inertia[w, b]\nc = com[w, b]\nv = cvel[w, b]\na = cacc[w, b]")
    if draw.chance(0.6):
        s.uniform("gravity", "vec3", Uniform(-1.0, 0.5), names=("g", "gravity_vec"))
        s.code("a = a - wp.spatial_vector(wp.vec3(0.0, 0.0, 0.0), gravity)")
    s.code("h = inertia_times(m, i_b, c, v)\nf = inertia_times(m, i_b, c, a)")
    s.code(
        "w_v = wp.spatial_top(v)\nforce = wp.spatial_bottom(f) + wp.cross(w_v, wp.spatial_bottom(h))\n"
        "torque = wp.spatial_top(f) + wp.cross(w_v, wp.spatial_top(h)) + wp.cross(wp.spatial_bottom(v), "
        "wp.spatial_bottom(h))"
        if draw.chance(0.6)
        else "force = wp.spatial_bottom(f)\ntorque = wp.spatial_top(f) + wp.cross(wp.spatial_top(v), wp.spatial_top(h))"
    )
    if draw.chance(0.4):
        s.field("xfrc", "spatial_vector", "nworld", "nbody", names=("xfrc_applied", "body_f_ext"))
        s.code("outside = xfrc[w, b]\nforce = force - wp.spatial_bottom(outside)\ntorque = torque - wp.spatial_top(outside)")
    s.code("total = wp.spatial_vector(torque, force)")
    s.result("cfrc", "spatial_vector", "nworld", "nbody", role="accumulate", names=("cfrc_int_out", "body_f_s"))
    s.code("wp.atomic_add(cfrc, w, p, total)" if draw.chance(0.7) else "wp.atomic_add(cfrc, w, b, total)\nwp.atomic_add(cfrc, w, p, total)")
    if draw.chance(0.5):
        s.field("dof_of", "int", "nbody", below="nv", names=("body_dofadr", "joint_dof"))
        s.result("qfrc", "real", "nworld", "nv", role="accumulate", names=("qfrc_bias", "tau_out"))
        s.code("d = dof_of[b]\nwp.atomic_add(qfrc, w, d, wp.dot(cdof[w, d], total))")
    return s.finish(draw.choice(("level_forces", "rne_backward", "cfrc_backward")), ["nworld", "nlevel"], _sizes(draw))


def build_mass_matrix(draw: Draw, s: Script) -> Case:
    """Entries of the mass matrix from motion axes and composite inertias, products with it, or its diagonal."""
    s.field("cdof", "spatial_vector", "nworld", "n", names=("cdof_in", "joint_S_s"))
    s.field("composite", "spatial_vector", "nworld", "n", names=("crb_cdof", "ic_s"))
    form = draw.choice(("entries", "product", "diagonal"))
    many = form == "entries"
    if many:
        s.grid(("w", "nworld", "nworld"), ("i", "rows", "n"), ("j", "columns", "n"))
        s.field("dof_body", "int", "n", below="n", names=("dof_bodyid", "dof_tree"))
        s.code("if j > i:\n    return" if draw.chance(0.5) else "if i < j:\n    return")
        s.code(
            "value = wp.dot(cdof[w, i], composite[w, j])"
            if draw.chance(0.5)
            else "a = cdof[w, i]\nb = composite[w, j]\n"
            "value = wp.dot(wp.spatial_top(a), wp.spatial_top(b)) + wp.dot(wp.spatial_bottom(a), wp.spatial_bottom(b))"
        )
        if draw.chance(0.5):
            s.code("if dof_body[i] != dof_body[j]:\n    value = 0.0")
        s.field("armature", "real", "n", low=0.1, high=0.5, names=("dof_armature", "rotor"))
        s.code("if i == j:\n    value += armature[i]")
        s.result("qm", "real", "nworld", "n", "n", role="accumulate", names=("qM_out", "mass_matrix", "H_out"))
        s.code("qm[w, i, j] = value")
        grids = [{"nworld": a, "n": b} for a, b in ((1, 1), (3, draw.choice((5, 7))), (draw.integer(3, 5), draw.integer(6, 8)))]
        return s.finish(draw.choice(("mass_matrix_entries", "crb_entries", "qM_lower")), ["nworld", "n", "n"], grids)
    s.grid(("w", "nworld", "nworld"), ("i", "nv", "n"), array="cdof")
    masked(s)
    s.field("armature", "real", "n", low=0.1, high=0.5, names=("dof_armature", "rotor"))
    if form == "diagonal":
        s.code("value = armature[i] + wp.dot(cdof[w, i], composite[w, i])")
        if draw.chance(0.5):
            s.field("damping", "real", "n", low=0.05, high=0.5, names=("dof_damping", "joint_damping"))
            s.tuning(("dt", 0.005, 0.05))
            s.code("value += dt * damping[i]")
        if draw.chance(0.4):
            s.field("stiffness", "real", "n", low=0.1, high=1.0, names=("jnt_stiffness", "dof_stiffness"))
            s.tuning(("dt", 0.005, 0.05))
            s.code("value += dt * dt * stiffness[i]")
        s.result("diag", "real", "nworld", "n", names=("qM_diag", "qLDiagInv"))
        s.code("diag[w, i] = value" if draw.chance(0.5) else "diag[w, i] = 1.0 / (wp.abs(value) + 0.1)")
        return s.finish(draw.choice(("mass_diagonal", "crb_diagonal")), ["nworld", "n"], _sizes(draw))
    s.field("vector", "real", "nworld", "n", names=("vec_in", "qacc"))
    s.field("ancestor", "int", "n", draw.choice((2, 3, 4)), below="n", names=("dof_ancestors", "dof_path"))
    reach = s.extents_of("ancestor")[1]
    s.code(
        "total = (armature[i] + wp.dot(cdof[w, i], composite[w, i])) * vector[w, i]\n"
        f"for k in range({reach}):\n    j = ancestor[i, k]\n"
        "    total += wp.dot(cdof[w, j], composite[w, i]) * vector[w, j]"
    )
    if draw.chance(0.4):
        s.field("damping", "real", "n", low=0.05, high=0.5, names=("dof_damping", "joint_damping"))
        s.tuning(("dt", 0.005, 0.05))
        s.code("total += dt * damping[i] * vector[w, i]")
    if draw.chance(0.4):
        s.field("rhs", "real", "nworld", "n", names=("qfrc", "b_in"))
        s.code("total = rhs[w, i] - total")
    s.result("product", "real", "nworld", "n", names=("res_out", "mul_m"))
    s.code("product[w, i] = total")
    if draw.chance(0.4):
        s.result("dot", "real", "nworld", role="accumulate", names=("quadratic", "pap"))
        s.code("wp.atomic_add(dot, w, total * vector[w, i])")
    return s.finish(draw.choice(("mul_mass", "mass_product", "apply_mass_matrix")), ["nworld", "n"], _sizes(draw))


def build_passive(draw: Draw, s: Script) -> Case:
    """Passive forces of bodies: fluid drag and added mass by their inertia boxes, gravity compensation, projected onto joints."""
    s.field("body_x", "vec3", "nworld", "n", names=("xipos", "xpos_in"))
    s.field("cvel", "spatial_vector", "nworld", "n", names=("cvel_in", "twist"))
    s.grid(("w", "nworld", "nworld"), ("b", "nbody", "n"), array="body_x")
    masked(s)
    s.field("mass", "real", "n", low=0.3, high=1.5, names=("body_mass", "link_mass"))
    s.field("box", "vec3", "n", low=0.2, high=0.8, names=("body_size", "inertia_box"))
    s.tuning(("density", 0.2, 1.2), ("viscosity", 0.02, 0.3))
    s.uniform("wind", "vec3", Uniform(-0.5, 0.5), names=("opt_wind", "flow"))
    s.code("v = cvel[w, b]\nomega = wp.spatial_top(v)\nlin = wp.spatial_bottom(v) - wind\nh = box[b]")
    s.code(
        "diam = (h[0] + h[1] + h[2]) / 3.0\nforce = lin * (-9.4247780 * diam * viscosity)\n"
        "torque = omega * (-3.14159265 * diam * diam * diam * viscosity)"
    )
    s.code(
        draw.choice(
            (
                "ax = wp.vec3(h[1] * h[2] * wp.abs(lin[0]) * lin[0], h[0] * h[2] * wp.abs(lin[1]) * lin[1], h[0] * h[1] * "
                "wp.abs(lin[2]) * lin[2])\n"
                "force = force - ax * (0.5 * density)",
                "speed = wp.length(lin)\narea = h[0] * h[1] + h[1] * h[2] + h[2] * h[0]\n"
                "force = force - lin * (0.5 * density * area * speed)",
            )
        )
    )
    if draw.chance(0.4):
        s.tuning(("magnus", 0.05, 0.4))
        s.code("force = force + wp.cross(omega, lin) * (density * magnus * h[0] * h[1] * h[2])")
    if draw.chance(0.4):
        s.uniform("up", "vec3", Uniform(-0.5, 1.0), names=("buoyancy_dir", "gravity_dir"))
        s.code("force = force + up * (8.0 * density * h[0] * h[1] * h[2])")
    if draw.chance(0.4):
        s.tuning(("torque_drag", 0.05, 0.3))
        s.code("torque = torque - wp.cw_mul(wp.abs(omega), omega) * (torque_drag * density)")
    if draw.chance(0.5):
        s.uniform("gravity", "vec3", Uniform(-1.0, 0.2), names=("opt_gravity", "g"))
        s.field("gravcomp", "real", "n", low=0.0, high=1.0, names=("body_gravcomp",))
        s.code("force = force - gravity * (mass[b] * gravcomp[b])")
    form = draw.choice(("wrench", "joint"))
    if form == "wrench":
        s.result("xfrc", "spatial_vector", "nworld", "n", names=("xfrc_out", "fluid_wrench"))
        s.code("xfrc[w, b] = wp.spatial_vector(torque, force)")
    else:
        s.field("xaxis", "vec3", "nworld", "n", names=("joint_axis_world", "dof_axis"))
        s.field("xanchor", "vec3", "nworld", "n", low=-0.8, high=0.8, names=("joint_anchor", "dof_anchor"))
        s.field("dof", "int", "n", below="n", names=("body_dofadr", "joint_dof"))
        s.result("qfrc", "real", "nworld", "n", role="accumulate", names=("qfrc_fluid", "qfrc_passive"))
        s.code(
            "d = dof[b]\naxis = xaxis[w, d]\narm = body_x[w, b] - xanchor[w, d]\n"
            "wp.atomic_add(qfrc, w, d, wp.dot(wp.cross(axis, arm), force) + wp.dot(axis, torque))"
        )
    if draw.chance(0.3):
        s.result("lost", "real", "nworld", role="accumulate", names=("dissipation", "drag_power"))
        s.code("wp.atomic_add(lost, w, -wp.dot(force, lin))")
    return s.finish(draw.choice(("fluid_forces", "passive_forces", "drag_forces")), ["nworld", "n"], _sizes(draw))
