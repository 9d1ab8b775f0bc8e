"""Kinematics of articulated bodies: chains and trees of joints, velocities, Jacobian columns, centres of mass, inertias.

Rotations as quaternions in rigid transforms, or as 3x3 matrices beside positions. Spatial quantities have their angular part first
(Featherstone, Rigid Body Dynamics Algorithms, 2008).
"""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, Rotations, Uniform, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.joint_dynamics.worlds import WORLDS, masked


def chain_sizes(draw: Draw, joints: int) -> list[dict[str, int]]:
    """Articulations for the three launches, each of `joints` joints."""
    return [{"n": n, "nj": n * joints, "bodies": n * joints, "one": 1} for n in (1, draw.choice((5, 7, 11)), draw.integer(65, 80))]


def build_chain(draw: Draw, s: Script) -> Case:
    """Forward kinematics of a serial chain of a fixed number of joints: a thread per articulation walks from base to tip."""
    joints = draw.choice((2, 3, 4, 5))
    matrices = draw.chance(0.4)
    s.field("joint_q", "real", "n", joints, low=-1.5, high=1.5, names=("qpos", "q_in", "dof_pos"))
    s.thread("n", "joint_q", index="w", names=WORLDS, counts=("nworld", "num_articulations"))
    prismatic = draw.chance(0.5)
    if prismatic:
        s.field("joint_type", "int", joints, domain=Integers(0, 2), names=("jnt_type", "dof_type"))
    s.field("joint_axis", "vec3", joints, domain=UnitVectors(), names=("jnt_axis", "dof_axis"))
    if matrices:
        return _matrix_chain(draw, s, joints, prismatic)
    s.field("joint_X_p", "transform", joints, domain=RigidTransforms(-0.5, 0.5), names=("joint_parent_xform", "link_pose"))
    child = draw.chance(0.5)
    if child:
        s.field("joint_X_c", "transform", joints, domain=RigidTransforms(-0.3, 0.3), names=("joint_child_xform", "child_pose"))
    s.result("body_q", "transform", "n", joints, names=("xpose_out", "link_q"))
    based = draw.chance(0.5)
    if based:
        s.field("base", "transform", "n", domain=RigidTransforms(-1.0, 1.0), names=("root_q", "base_pose"))
        s.code("x = base[w]")
    else:
        s.code("x = wp.transform(wp.vec3(0.0, 0.0, 0.0), wp.quat_identity())")
    loop = [f"for k in range({joints}):", *_coordinate(draw, s, joints), "    axis = joint_axis[k]"]
    if prismatic:
        loop += [
            "    slide = wp.vec3(0.0, 0.0, 0.0)",
            "    turn = wp.quat_identity()",
            "    if joint_type[k] == 0:",
            "        slide = axis * q",
            "    else:",
            "        turn = wp.quat_from_axis_angle(axis, q)",
            "    x_j = wp.transform(slide, turn)",
        ]
    else:
        loop.append("    x_j = wp.transform(wp.vec3(0.0, 0.0, 0.0), wp.quat_from_axis_angle(axis, q))")
    product = draw.choice(("wp.transform_multiply({0}, {1})", "{0} * {1}"))
    loop.append("    x = " + product.format("x", product.format("joint_X_p[k]", "x_j")))
    if child:
        loop.append("    pose = " + product.format("x", "wp.transform_inverse(joint_X_c[k])"))
        loop.append("    body_q[w, k] = pose")
    else:
        loop.append("    body_q[w, k] = x")
    if draw.chance(0.3):
        s.field("link_mass", "real", joints, low=0.3, high=1.5, names=("body_mass", "masses"))
        s.uniform("gravity", "vec3", Uniform(-1.0, 1.0), names=("g", "gravity_vec"))
        s.result("potential", "real", "n", names=("potential_energy", "height_energy"))
        s.code("v_pot = float(0.0)")
        loop.append("    v_pot -= link_mass[k] * wp.dot(gravity, wp.transform_get_translation(x))")
        loop.append("potential[w] = v_pot")
    s.code("\n".join(loop))
    _tip(draw, s)
    return s.finish(
        draw.choice(("forward_kinematics", "eval_fk_chain", "chain_kinematics")),
        ["n"],
        chain_sizes(draw, joints),
        doc=draw.choice(("", "Poses of all links of a serial chain.", "")),
    )


def _coordinate(draw: Draw, s: Script, joints: int) -> list[str]:
    """The lines of the loop that name the joint's coordinate `q`: as it is, from a zero position, within limits, or geared."""
    lines = ["    q = joint_q[w, k]"]
    if draw.chance(0.3):
        s.field("joint_ref", "real", joints, low=-0.5, high=0.5, names=("qpos0", "joint_zero"))
        lines.append("    q = q - joint_ref[k]")
    if draw.chance(0.25):
        s.field("joint_gear", "real", joints, low=0.5, high=1.5, names=("gear", "mimic_scale"))
        lines.append("    q = q * joint_gear[k]")
    if draw.chance(0.35):
        s.field("joint_limit", "vec2", joints, low=0.6, high=1.4, names=("joint_range", "limits"))
        lines += ["    bounds = joint_limit[k]", "    q = wp.clamp(q, -bounds[0], bounds[1])"]
    return lines


def _tip(draw: Draw, s: Script) -> None:
    """The position of a tool at the end of the chain, and its distance to a goal."""
    if not draw.chance(0.5):
        return
    s.uniform("tool", "vec3", Uniform(-0.4, 0.4), names=("tool_offset", "tip_local"))
    s.result("tip", "vec3", "n", names=("tip_pos", "ee_pos"))
    s.code("p_tip = wp.transform_point(x, tool)\ntip[w] = p_tip")
    if draw.chance(0.5):
        s.field("goal", "vec3", "n", names=("target_pos", "ik_target"))
        s.result("error", "real", "n", names=("ik_error", "tip_error"))
        s.code("d_goal = goal[w] - p_tip\nerror[w] = wp.dot(d_goal, d_goal)")


def _matrix_chain(draw: Draw, s: Script, joints: int, prismatic: bool) -> Case:
    s.field("joint_R", "mat33", joints, domain=Rotations(), names=("joint_rot", "link_rot"))
    s.field("joint_p", "vec3", joints, low=-0.6, high=0.6, names=("joint_offset", "link_pos"))
    s.define(
        "axis_rotation",
        "a: vec3, angle: real",
        draw.choice(
            (
                "c = wp.cos(angle)\ns = wp.sin(angle)\nk = wp.skew(a)\nreturn wp.identity(n=3, dtype=float) + s * k + (1.0 - c) * (k @ k)",
                "c = wp.cos(angle)\ns = wp.sin(angle)\nt = 1.0 - c\n"
                "return wp.mat33(c + a[0] * a[0] * t, a[0] * a[1] * t - a[2] * s, a[0] * a[2] * t + a[1] * s, "
                "a[1] * a[0] * t + a[2] * s, c + a[1] * a[1] * t, a[1] * a[2] * t - a[0] * s, a[2] * a[0] * t - a[1] * s, "
                "a[2] * a[1] * t + a[0] * s, c + a[2] * a[2] * t)",
            )
        ),
        "mat33",
        "Rotation by an angle about the unit axis a (Rodrigues).",
    )
    s.result("body_x", "vec3", "n", joints, names=("xpos_out", "link_x"))
    s.result("body_r", "mat33", "n", joints, names=("xmat_out", "link_r"))
    s.code("p = wp.vec3(0.0, 0.0, 0.0)\nr = wp.identity(n=3, dtype=float)")
    loop = [
        f"for k in range({joints}):",
        "    p = p + r @ joint_p[k]",
        "    r = r @ joint_R[k]",
        *_coordinate(draw, s, joints),
        "    axis = joint_axis[k]",
    ]
    if prismatic:
        loop += ["    if joint_type[k] == 0:", "        p = p + r @ axis * q", "    else:", "        r = r @ axis_rotation(axis, q)"]
    else:
        loop.append("    r = r @ axis_rotation(axis, q)")
    loop += ["    body_x[w, k] = p", "    body_r[w, k] = r"]
    s.code("\n".join(loop))
    if draw.chance(0.5):
        s.result("com", "vec3", "n", names=("center_of_mass", "subtree_com"))
        s.field("link_mass", "real", joints, low=0.3, high=1.5, names=("body_mass", "masses"))
        s.code("total = float(0.0)\nweighted = wp.vec3(0.0, 0.0, 0.0)\np2 = wp.vec3(0.0, 0.0, 0.0)\nr2 = wp.identity(n=3, dtype=float)")
        s.code(
            f"for k in range({joints}):\n    p2 = p2 + r2 @ joint_p[k]\n    r2 = r2 @ joint_R[k]\n"
            "    total += link_mass[k]\n    weighted += p2 * link_mass[k]\ncom[w] = weighted / total"
        )
    return s.finish(draw.choice(("chain_rotations", "forward_kinematics", "fk_matrices")), ["n"], chain_sizes(draw, joints))


def build_tree(draw: Draw, s: Script) -> Case:
    """Bodies of a tree that walk up to the root by their parents: world poses, subtree sums, velocities, in a fixed depth."""
    depth = draw.choice((3, 4, 5))
    many = draw.chance(0.4)
    extents = ("nworld", "n") if many else ("n",)
    s.field("local_q", "transform", *extents, domain=RigidTransforms(-0.4, 0.4), names=("joint_pose", "body_local", "X_local"))
    s.field("parent", "int", "n", domain=lambda z: Integers(-1, z["n"]), names=("body_parentid", "joint_parent", "parents"))
    if many:
        s.grid(("w", "nworld", "nworld"), ("b", "nbody", "n"), array="local_q")
        masked(s)
    else:
        s.thread("n", "local_q", index="b", names=("body", "bodyid", "i"), counts=("nbody", "num_bodies"))
    row = "w, " if many else ""
    form = draw.choice(("pose", "pose", "mass", "velocity"))
    if form == "mass":
        s.field("mass", "real", "n", low=0.3, high=1.5, names=("body_mass", "link_mass"))
        s.result("subtree_mass", "real", *extents, role="accumulate", names=("subtree_mass_out", "composite_mass"))
        s.result("subtree_com", "vec3", *extents, role="accumulate", names=("subtree_com_out", "weighted_com"))
        offset = draw.chance(0.5)
        if offset:
            s.field("ipos", "vec3", "n", low=-0.2, high=0.2, names=("body_ipos", "body_com"))
        at = f"wp.transform_point(local_q[{row}b], ipos[b])" if offset else f"wp.transform_get_translation(local_q[{row}b])"
        s.code(f"m = mass[b]\np = {at}\ncurrent = {draw.choice(('b', 'parent[b]'))}")
        body = f"wp.atomic_add(subtree_mass, {row}current, m)\nwp.atomic_add(subtree_com, {row}current, p * m)\n"
        if draw.chance(0.4):
            s.result("subtree_moment", "real", *extents, role="accumulate", names=("second_moment", "spread_out"))
            body += f"wp.atomic_add(subtree_moment, {row}current, m * wp.dot(p, p))\n"
        if draw.chance(0.3):
            s.result("subtree_size", "int", *extents, role="accumulate", names=("body_count", "num_below"))
            body += f"wp.atomic_add(subtree_size, {row}current, 1)\n"
        body += "current = parent[current]"
        s.code(f"for step in range({depth}):\n    if current >= 0:\n{indent(body, '        ')}")
        return s.finish(draw.choice(("subtree_sums", "accumulate_subtrees")), extents, tree_sizes(draw))
    s.code(f"x = local_q[{row}b]\ncurrent = parent[b]")
    if form == "velocity":
        s.field("local_qd", "spatial_vector", *extents, names=("joint_twist", "v_local"))
        s.code(f"v = local_qd[{row}b]\ntotal_w = wp.spatial_top(v)\ntotal_v = wp.spatial_bottom(v)")
        s.code(
            f"for step in range({depth}):\n    if current >= 0:\n        above = local_q[{row}current]\n"
            f"        twist = local_qd[{row}current]\n"
            "        arm = wp.transform_vector(above, wp.transform_get_translation(x))\n        w_up = wp.spatial_top(twist)\n"
            "        total_v = wp.transform_vector(above, total_v) + wp.spatial_bottom(twist) + wp.cross(w_up, arm)\n"
            "        total_w = wp.transform_vector(above, total_w) + w_up\n        x = above * x\n        current = parent[current]"
        )
        s.result("body_qd", "spatial_vector", *extents, names=("cvel_out", "twist_out"))
        s.code(f"body_qd[{row}b] = wp.spatial_vector(total_w, total_v)")
    else:
        s.code(
            f"for step in range({depth}):\n    if current >= 0:\n"
            f"        x = {draw.choice((f'local_q[{row}current] * x', f'wp.transform_multiply(local_q[{row}current], x)'))}\n"
            "        current = parent[current]"
        )
    s.result("body_q", "transform", *extents, names=("xpose_out", "world_q"))
    s.code(f"body_q[{row}b] = x")
    if draw.chance(0.4):
        s.field("free_axis", "vec3", "n", domain=UnitVectors(), names=("joint_axis", "dof_axis"))
        s.result("xaxis", "vec3", *extents, names=("xaxis_out", "axis_world"))
        s.code(
            f"xaxis[{row}b] = "
            + draw.choice(("wp.transform_vector(x, free_axis[b])", "wp.quat_rotate(wp.transform_get_rotation(x), free_axis[b])"))
        )
    if draw.chance(0.4):
        s.result("height", "real", *extents, names=("com_height", "z_out"))
        s.field("com", "vec3", "n", low=-0.2, high=0.2, names=("body_com", "ipos"))
        s.code(f"height[{row}b] = wp.transform_point(x, com[b])[{draw.choice((1, 2))}]")
    return s.finish(draw.choice(("tree_kinematics", "kinematics_from_parents", "world_poses")), extents, tree_sizes(draw))


def tree_sizes(draw: Draw) -> list[dict[str, int]]:
    """Worlds and bodies for the three launches."""
    return [
        {"nworld": a, "n": b} for a, b in ((1, 1), (draw.choice((3, 5)), draw.choice((5, 7))), (draw.integer(7, 9), draw.integer(11, 13)))
    ]
