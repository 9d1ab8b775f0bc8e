"""Joints between bodies in maximal coordinates, by springs and dampers along their free and locked axes."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw


def build_joints(draw: Draw, s: Script) -> Case:
    """Joints between bodies in maximal coordinates: forces of locked axes, drives and limits of the free one, on parent and child."""
    s.field("body_q", "transform", "bodies", domain=RigidTransforms(-0.6, 0.6), names=("state_q", "pose_in"))
    s.field("body_qd", "spatial_vector", "bodies", names=("state_qd", "twist_in"))
    s.field("joint_parent", "int", "n", domain=lambda z: Integers(-1, z["bodies"] // 2), names=("parent", "joint_body0"))
    s.field("joint_child", "int", "n", indices=lambda z: Integers(z["bodies"] // 2, z["bodies"]), names=("child", "joint_body1"))
    s.field("joint_X_p", "transform", "n", domain=RigidTransforms(-0.4, 0.4), names=("joint_parent_xform", "x_parent"))
    s.field("joint_X_c", "transform", "n", domain=RigidTransforms(-0.4, 0.4), names=("joint_child_xform", "x_child"))
    kinds = draw.choice(
        (
            ("fixed",),
            ("ball",),
            ("revolute",),
            ("prismatic",),
            ("revolute", "prismatic"),
            ("fixed", "ball", "revolute"),
            ("revolute", "prismatic", "ball", "fixed"),
        )
    )
    if len(kinds) > 1:
        s.field("joint_type", "int", "n", domain=Integers(0, len(kinds)), names=("jnt_type", "kind"))
    if {"revolute", "prismatic"} & set(kinds):
        s.field("joint_axis", "vec3", "n", domain=UnitVectors(), names=("jnt_axis", "axis_local"))
    s.thread("n", "joint_child", index="tid", names=("j", "joint", "jid"), counts=("num_joints", "joint_count"))
    if draw.chance(0.3):
        s.field("joint_enabled", "int", "n", domain=Integers(0, 2), names=("enabled", "active"))
        s.code("if joint_enabled[tid] == 0:\n    return")
    s.tuning(("attach_ke", 1.0, 5.0), ("attach_kd", 0.1, 1.0))
    s.code(
        "p = joint_parent[tid]\nc = joint_child[tid]\nx_wp = joint_X_p[tid]\n"
        "r_p = wp.transform_get_translation(x_wp)\nw_p = wp.vec3(0.0, 0.0, 0.0)\nv_p = wp.vec3(0.0, 0.0, 0.0)"
    )
    s.code(
        "if p >= 0:\n    pose_p = body_q[p]\n    x_wp = pose_p * x_wp\n"
        "    r_p = wp.transform_get_translation(x_wp) - wp.transform_get_translation(pose_p)\n"
        "    twist_p = body_qd[p]\n    w_p = wp.spatial_top(twist_p)\n"
        "    v_p = wp.spatial_bottom(twist_p) + wp.cross(w_p, r_p)"
    )
    s.code(
        "pose_c = body_q[c]\nx_wc = pose_c * joint_X_c[tid]\n"
        "r_c = wp.transform_get_translation(x_wc) - wp.transform_get_translation(pose_c)\n"
        "twist_c = body_qd[c]\nw_c = wp.spatial_top(twist_c)\n"
        "v_c = wp.spatial_bottom(twist_c) + wp.cross(w_c, r_c)"
    )
    s.code(
        "x_err = wp.transform_get_translation(x_wc) - wp.transform_get_translation(x_wp)\nv_err = v_c - v_p\n"
        "w_err = w_c - w_p\nq_p = wp.transform_get_rotation(x_wp)\nq_c = wp.transform_get_rotation(x_wc)\n"
        "r_err = wp.quat_inverse(q_p) * q_c"
    )
    s.code("f_total = wp.vec3(0.0, 0.0, 0.0)\nt_total = wp.vec3(0.0, 0.0, 0.0)")
    s.define(
        "rotation_error",
        "q: quat",
        draw.choice(
            (
                "return wp.vec3(q[0], q[1], q[2]) * (2.0 * wp.sign(q[3]))",
                "side = wp.where(q[3] < 0.0, -2.0, 2.0)\nreturn wp.vec3(q[0], q[1], q[2]) * side",
            )
        ),
        "vec3",
        draw.choice(("", "Small-angle rotation vector of a quaternion.")),
    )
    axis_force = _axis_parameters(draw, s) if {"revolute", "prismatic"} & set(kinds) else ""
    branches = {kind: _joint(draw, kind, axis_force) for kind in kinds}
    if len(kinds) == 1:
        s.code(branches[kinds[0]])
    else:
        s.code("kind = joint_type[tid]")
        s.code("\n".join(f"if kind == {n}:\n    " + branches[k].replace("\n", "\n    ") for n, k in enumerate(kinds)))
    layout = draw.choice(("spatial", "apart"))
    if layout == "spatial":
        s.result("body_f", "spatial_vector", "bodies", role="accumulate", names=("state_f", "wrench_out"))
        s.code(
            "if p >= 0:\n"
            "    wp.atomic_add(body_f, p, wp.spatial_vector(t_total + wp.cross(r_p, f_total), f_total))\n"
            "wp.atomic_sub(body_f, c, wp.spatial_vector(t_total + wp.cross(r_c, f_total), f_total))"
        )
    else:
        s.result("body_force", "vec3", "bodies", role="accumulate", names=("force_out", "f_net"))
        s.result("body_torque", "vec3", "bodies", role="accumulate", names=("torque_out", "t_net"))
        s.code(
            "if p >= 0:\n    wp.atomic_add(body_force, p, f_total)\n"
            "    wp.atomic_add(body_torque, p, t_total + wp.cross(r_p, f_total))\n"
            "wp.atomic_sub(body_force, c, f_total)\n"
            "wp.atomic_sub(body_torque, c, t_total + wp.cross(r_c, f_total))"
        )
    return s.finish(
        draw.choice(("eval_body_joints", "joint_constraint_forces", "solve_joint_springs")),
        ["n"],
        [{"n": n, "bodies": n // 2 + 3} for n in draw.sizes(80)],
        doc=draw.choice(("", "Forces of the joints between bodies.", "")),
    )


def _axis_parameters(draw: Draw, s: Script) -> str:
    """Drive and limits of a joint's free axis: the call, of a position and a speed along it, that makes a force of them."""
    s.tuning(("target_ke", 0.5, 3.0), ("target_kd", 0.05, 0.5))
    s.field("joint_target", "real", "n", names=("target", "ctrl"))
    drive = "q: real, qd: real, target: real, ke: real, kd: real"
    if draw.chance(0.4):
        s.define(
            "axis_force", drive, "return ke * (q - target) + kd * qd", "real", draw.choice(("", "Force of the drive along a free axis."))
        )
        return "axis_force({0}, {1}, joint_target[tid], target_ke, target_kd)"
    s.field("joint_limit", "vec2", "n", low=0.3, high=1.2, names=("limits", "joint_range"))
    s.tuning(("limit_ke", 1.0, 6.0))
    s.define(
        "axis_force",
        f"{drive}, low: real, high: real, limit_ke: real",
        "f = ke * (q - target) + kd * qd\n"
        + draw.choice(
            (
                "if q < low:\n    f += limit_ke * (q - low)\nif q > high:\n    f += limit_ke * (q - high)\nreturn f",
                "over = wp.max(q - high, 0.0) + wp.min(q - low, 0.0)\nreturn f + limit_ke * over",
            )
        ),
        "real",
        draw.choice(("", "Force of drive and limits along a free axis.")),
    )
    s.code("bounds = joint_limit[tid]\nlow = -bounds[0]\nhigh = bounds[1]")
    return "axis_force({0}, {1}, joint_target[tid], target_ke, target_kd, low, high, limit_ke)"


def _joint(draw: Draw, kind: str, axis_force: str) -> str:
    """The lines that add a joint's force and torque on the parent to `f_total` and `t_total`, its free axis by the call `axis_force`."""
    locked = draw.choice(("f_total += x_err * attach_ke + v_err * attach_kd", "f_total = f_total + attach_ke * x_err + attach_kd * v_err"))
    if kind == "ball":
        return locked
    if kind == "fixed":
        return f"{locked}\nang_err = wp.quat_rotate(q_p, rotation_error(r_err))\nt_total += ang_err * attach_ke + w_err * (attach_kd * 0.1)"
    if kind == "revolute":
        return (
            f"{locked}\naxis = joint_axis[tid]\naxis_p = wp.quat_rotate(q_p, axis)\naxis_c = wp.quat_rotate(q_c, axis)\n"
            "twist = wp.vec3(r_err[0], r_err[1], r_err[2])\n"
            "angle = 2.0 * wp.atan2(wp.dot(axis, twist), wp.abs(r_err[3]) + 0.05) * wp.sign(r_err[3])\n"
            "rate = wp.dot(w_err, axis_p)\n"
            f"t_total += axis_p * {axis_force.format('angle', 'rate')}\n"
            "swing = wp.cross(axis_p, axis_c)\nt_total += swing * attach_ke + (w_err - axis_p * rate) * (attach_kd * 0.1)"
        )
    return (
        "axis_s = wp.quat_rotate(q_p, joint_axis[tid])\nslide = wp.dot(x_err, axis_s)\nspeed = wp.dot(v_err, axis_s)\n"
        f"f_total += axis_s * {axis_force.format('slide', 'speed')}\n"
        "f_total += (x_err - axis_s * slide) * attach_ke + (v_err - axis_s * speed) * attach_kd\n"
        "lock = wp.quat_rotate(q_p, rotation_error(r_err))\nt_total += lock * attach_ke + w_err * (attach_kd * 0.1)"
    )
