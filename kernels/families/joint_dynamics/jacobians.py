"""Inertias in world axes, momenta and energies of bodies, and columns of Jacobians."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, Rotations, Uniform, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.joint_dynamics.kinematics import tree_sizes
from kernels.families.joint_dynamics.worlds import masked


def build_inertia(draw: Draw, s: Script) -> Case:
    """Inertia in world axes, spatial inertia about a common point, momenta and kinetic energy."""
    many = draw.chance(0.5)
    extents = ("nworld", "n") if many else ("n",)
    at = "w, b" if many else "b"
    quaternions = draw.chance(0.6)
    if quaternions:
        s.field("body_q", "transform", *extents, domain=RigidTransforms(-0.8, 0.8), names=("xpose", "link_q"))
    else:
        s.field("body_x", "vec3", *extents, low=-0.8, high=0.8, names=("xpos", "xipos"))
        s.field("body_r", "mat33", *extents, domain=Rotations(), names=("xmat", "ximat"))
    first = "body_q" if quaternions else "body_x"
    if many:
        s.grid(("w", "nworld", "nworld"), ("b", "nbody", "n"), array=first)
        masked(s)
    else:
        s.thread("n", first, index="b", names=("body", "bodyid", "i"), counts=("nbody", "num_bodies"))
    s.field("mass", "real", "n", low=0.3, high=1.5, names=("body_mass", "link_mass"))
    full = draw.chance(0.5)
    s.field("inertia", "mat33" if full else "vec3", "n", low=0.2, high=1.2, names=("body_inertia", "link_inertia"))
    s.code(
        f"pose = body_q[{at}]\nx = wp.transform_get_translation(pose)\nr = wp.quat_to_matrix(wp.transform_get_rotation(pose))"
        if quaternions
        else f"x = body_x[{at}]\nr = body_r[{at}]"
    )
    if draw.chance(0.5):
        s.field("com", "vec3", "n", low=-0.2, high=0.2, names=("body_com", "body_ipos"))
        s.code("c = x + r @ com[b]")
    else:
        s.code("c = x")
    s.code(
        "m = mass[b]\ni_world = r @ inertia[b] @ wp.transpose(r)"
        if full
        else "m = mass[b]\ni_world = r @ wp.diag(inertia[b]) @ wp.transpose(r)"
    )
    parts = draw.subset(("shifted", "energy", "momentum", "inverse", "composite"), draw.integer(1, 3))
    if "shifted" in parts:
        s.uniform("origin", "vec3", Uniform(-0.5, 0.5), names=("reference_point", "subtree_com"))
        s.result("i_out", "mat33", *extents, names=("cinert_out", "inertia_out"))
        s.code(
            "d = c - origin\ni_shift = i_world + m * (wp.dot(d, d) * wp.identity(n=3, dtype=float) - wp.outer(d, d))"
            if draw.chance(0.6)
            else "d = c - origin\ns_d = wp.skew(d)\ni_shift = i_world - m * (s_d @ s_d)"
        )
        s.code(f"i_out[{at}] = i_shift")
    else:
        s.result("i_out", "mat33", *extents, names=("inertia_world", "inertia_out"))
        s.code(f"i_out[{at}] = i_world")
    if {"energy", "momentum"} & set(parts):
        s.field("body_qd", "spatial_vector", *extents, names=("twist", "cvel"))
        s.code(
            f"twist = body_qd[{at}]\nomega = wp.spatial_top(twist)\n"
            "vel = wp.spatial_bottom(twist) + wp.cross(omega, c - x)\nl_ang = i_world @ omega"
        )
    if "energy" in parts:
        s.result("energy", "real", *(("nworld",) if many else ("one",)), role="accumulate", names=("kinetic_energy", "ke_out"))
        s.code(f"ke = 0.5 * m * wp.dot(vel, vel) + 0.5 * wp.dot(omega, l_ang)\nwp.atomic_add(energy, {'w' if many else '0'}, ke)")
    if "momentum" in parts:
        s.result("momentum", "spatial_vector", *extents, names=("momentum_out", "h_spatial"))
        s.code(f"momentum[{at}] = wp.spatial_vector(l_ang + wp.cross(c, vel * m), vel * m)")
    if "inverse" in parts:
        s.result("i_inv", "mat33", *extents, names=("inv_inertia_out", "inertia_inv"))
        s.code(f"softened = i_world + wp.identity(n=3, dtype=float) * 3.0\ni_inv[{at}] = wp.inverse(softened)")
    if "composite" in parts:
        s.field("parent", "int", "n", below="n", names=("body_parentid", "parents"))
        s.result("composite", "mat33", *extents, role="accumulate", names=("crb_out", "composite_inertia"))
        s.code(f"wp.atomic_add(composite, {'w, ' if many else ''}parent[b], i_world)")
    return s.finish(draw.choice(("world_inertia", "com_inertia", "body_inertias")), extents, [{**z, "one": 1} for z in tree_sizes(draw)])


def build_jacobian(draw: Draw, s: Script) -> Case:
    """Columns of the Jacobian of points on bodies, from the axes and anchors of joints; products with velocities and forces."""
    many = draw.chance(0.5)
    extents = ("nworld", "n") if many else ("n",)
    at = "w, d" if many else "d"
    s.field("xaxis", "vec3", *extents, domain=UnitVectors(), names=("joint_axis_world", "dof_axis"))
    s.field("xanchor", "vec3", *extents, low=-0.8, high=0.8, names=("joint_anchor", "dof_anchor"))
    if many:
        s.grid(("w", "nworld", "nworld"), ("d", "nv", "n"), array="xaxis")
        masked(s)
    else:
        s.thread("n", "xaxis", index="d", names=("dof", "dofid", "joint"), counts=("nv", "num_dofs"))
    s.field("point", "vec3", *(("nworld",) if many else ("one",)), names=("site_pos", "contact_point", "tip"))
    s.code(f"axis = xaxis[{at}]\narm = point[{'w' if many else '0'}] - xanchor[{at}]")
    typed = draw.chance(0.6)
    if typed:
        s.field("joint_type", "int", "n", domain=Integers(0, 3), names=("jnt_type", "dof_type"))
        s.code(
            draw.choice(
                (
                    "jp = wp.cross(axis, arm)\njr = axis\nif joint_type[d] == 0:\n    jp = axis\n    jr = wp.vec3(0.0, 0.0, 0.0)",
                    "kind = joint_type[d]\njp = wp.vec3(0.0, 0.0, 0.0)\njr = wp.vec3(0.0, 0.0, 0.0)\nif kind == 0:\n"
                    "    jp = axis\nelif kind == 1:\n    jp = wp.cross(axis, arm)\n    jr = axis",
                )
            )
        )
    else:
        s.code("jp = wp.cross(axis, arm)\njr = axis")
    if draw.chance(0.4):
        s.field("affects", "int", "n", domain=Integers(0, 2), names=("dof_mask", "in_chain"))
        s.code("if affects[d] == 0:\n    jp = wp.vec3(0.0, 0.0, 0.0)\n    jr = wp.vec3(0.0, 0.0, 0.0)")
    form = draw.choice(("columns", "force", "velocity", "spatial"))
    if form == "spatial":
        s.result("jac", "spatial_vector", *extents, names=("cdof_out", "jac_out", "S_world"))
        s.code(f"jac[{at}] = wp.spatial_vector(jr, jp)")
    elif form == "columns":
        s.result("jacp", "vec3", *extents, names=("jacp_out", "J_lin"))
        s.result("jacr", "vec3", *extents, names=("jacr_out", "J_ang"))
        s.code(f"jacp[{at}] = jp\njacr[{at}] = jr")
    elif form == "force":
        s.field("force", "vec3", *(("nworld",) if many else ("one",)), names=("xfrc_lin", "contact_force"))
        s.field("torque", "vec3", *(("nworld",) if many else ("one",)), names=("xfrc_ang", "contact_torque"))
        row = "w" if many else "0"
        s.result("qfrc", "real", *extents, names=("qfrc_out", "joint_tau"))
        s.code(f"qfrc[{at}] = wp.dot(jp, force[{row}]) + wp.dot(jr, torque[{row}])")
    else:
        s.field("qvel", "real", *extents, names=("joint_qd", "qvel_in"))
        s.result("vel", "vec3", *(("nworld",) if many else ("one",)), role="accumulate", names=("point_vel", "site_linvel"))
        s.code(f"qd = qvel[{at}]\nwp.atomic_add(vel, {'w' if many else '0'}, jp * qd)")
        if draw.chance(0.5):
            s.result("angvel", "vec3", *(("nworld",) if many else ("one",)), role="accumulate", names=("point_angvel", "site_angvel"))
            s.code(f"wp.atomic_add(angvel, {'w' if many else '0'}, jr * qd)")
    if draw.chance(0.4):
        s.result("weight", "real", *extents, names=("diag_out", "jtj_diag"))
        s.tuning(("damping", 0.01, 0.2))
        s.code(f"weight[{at}] = wp.dot(jp, jp) + 0.1 * wp.dot(jr, jr) + damping")
    return s.finish(draw.choice(("jacobian_columns", "point_jacobian", "jac_dof")), extents, [{**z, "one": 1} for z in tree_sizes(draw)])
