"""Joints that hold bodies together: the errors that they leave, the wrenches that restore them, and drives by joint type."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.transform_math.frames import POSES, point_velocity, sizes
from kernels.families.transform_math.kinematics import joint_arrays


def build_error(draw: Draw, draft: MirrorDraft) -> Case:
    """The relative pose of a joint's two frames, its linear and angular error, and the wrench that restores it."""
    j = draw.choice(("tid", "joint", "j"))
    draft.field("body_q", "transform", "bodies", domain=POSES, names=("body_pose", "X_body"))
    draft.field("joint_parent", "int", "n", indices=lambda s: Integers(0, s["bodies"] // 2), names=("parent", "body_a"))
    draft.field("joint_child", "int", "n", indices=lambda s: Integers(s["bodies"] // 2, s["bodies"]), names=("child", "body_b"))
    draft.field("joint_X_p", "transform", "n", domain=POSES, names=("X_pj", "frame_a"))
    draft.field("joint_X_c", "transform", "n", domain=POSES, names=("X_cj", "frame_b"))
    draft.thread("n", "joint_parent", index=j, counts=("joint_count", "num_joints"))
    draft.code(f"""
        id_p = joint_parent[{j}]
        id_c = joint_child[{j}]
        X_wpj = body_q[id_p] * joint_X_p[{j}]
        X_wcj = wp.transform_multiply(body_q[id_c], joint_X_c[{j}])
        """)
    if draw.chance(0.5):
        draft.code("""
            X_rel = wp.transform_inverse(X_wpj) * X_wcj
            x_err = wp.transform_get_translation(X_rel)
            r_err = wp.transform_get_rotation(X_rel)
            """)
    else:
        draft.code("""
            q_p = wp.transform_get_rotation(X_wpj)
            x_err = wp.quat_rotate_inv(q_p, X_wcj.p - X_wpj.p)
            r_err = wp.quat_inverse(q_p) * X_wcj.q
            """)
    if draw.chance(0.5):
        draft.code("ang_err = vec3(r_err[0], r_err[1], r_err[2]) * (2.0 * wp.sign(r_err[3]))")
    else:
        draft.code("ang_axis, ang = wp.quat_to_axis_angle(r_err)\nang_err = ang_axis * ang")
    way = draw.choice(("errors", "wrench", "wrench", "energy"))
    ke = draft.tune(draw.choice(("joint_attach_ke", "ke", "stiffness")), 0.5, 2.0)
    if way == "errors":
        stored(draft, "x_err", "vec3", 8.0, j, ["n"], ("linear_error", "x_err_out"))
        stored(draft, "ang_err", "vec3", 3.2, j, ["n"], ("angular_error", "ang_err_out"), share=0.3)
    elif way == "energy":
        draft.code(f"energy_j = 0.5 * {ke} * wp.length_sq(x_err) + 0.5 * wp.dot(ang_err, ang_err)")
        stored(draft, "energy_j", "float", 200.0, j, ["n"], ("joint_energy", "penalty"), total=0.5)
    else:
        _restored(draw, draft, ke)
    return draft.finish(draw.choice(("eval_joint_errors", "joint_attachment", "constraint_residual")), ["n"], sizes(draw))


def _restored(draw: Draw, draft: MirrorDraft, ke: str) -> None:
    """The wrench of a joint's spring, and now and then of a damper, on its two bodies."""
    out = draft.result("body_f", "spatial_vector", "bodies", role="accumulate", names=("body_force", "wrench_out"))
    if draft.width == "float32" and draw.chance(0.6):
        draft.code(f"""
            pull = spatial_vector(ang_err * {ke}, x_err * {ke})
            wrench = wp.transform_wrench({draw.choice(("X_wpj", "X_wcj"))}, pull)
            wp.atomic_sub({out}, id_c, wrench)
            wp.atomic_add({out}, id_p, wrench)
            """)
        return
    draft.code(f"f = wp.transform_vector(X_wpj, x_err) * {ke}\nt = wp.transform_vector(X_wpj, ang_err) * {ke}")
    draft.code("p_w = wp.transform_get_translation(X_wcj)")
    if draw.chance(0.5):
        kd = draft.tune(draw.choice(("joint_attach_kd", "kd")), 0.05, 0.5)
        draft.field("body_qd", "spatial_vector", "bodies", names=("body_twist", "body_vel"))
        arms = ("p_w - wp.transform_get_translation(body_q[id_c])", "p_w - wp.transform_get_translation(body_q[id_p])")
        draft.code(f"v_c = {point_velocity(draft, 'body_qd[id_c]', arms[0])}\nv_p = {point_velocity(draft, 'body_qd[id_p]', arms[1])}")
        draft.code(f"f = f + (v_c - v_p) * {kd}\nt = t + (wp.spatial_top(body_qd[id_c]) - wp.spatial_top(body_qd[id_p])) * {kd}")
    draft.code(f"wp.atomic_sub({out}, id_c, spatial_vector(t + wp.cross(p_w, f), f))")
    draft.code(f"wp.atomic_add({out}, id_p, spatial_vector(t + wp.cross(p_w, f), f))")


def build_drive(draw: Draw, draft: MirrorDraft) -> Case:
    """The wrench of every joint of an articulation by type, with limits and drives: a branch for each type."""
    j = draw.choice(("tid", "joint", "j"))
    draft.field("body_q", "transform", "bodies", domain=POSES, names=("body_pose",))
    draft.field("body_qd", "spatial_vector", "bodies", names=("body_twist", "body_vel"))
    draft.field("joint_parent", "int", "n", indices=lambda s: Integers(0, s["bodies"] // 2), names=("parent",))
    draft.field("joint_child", "int", "n", indices=lambda s: Integers(s["bodies"] // 2, s["bodies"]), names=("child",))
    draft.field("joint_X_p", "transform", "n", domain=POSES, names=("X_pj",))
    joint_arrays(draft, axes=False)
    draft.field("joint_axis", "vec3", "n", domain=UnitVectors(), names=("axis",))
    draft.field("joint_target", "float", "n", names=("target_pos", "joint_target_pos"))
    draft.field("target_ke", "float", "n", domain=Uniform(0.5, 2.0), names=("joint_target_ke", "gain_p"))
    draft.thread("n", "joint_parent", index=j, counts=("joint_count", "num_joints"))
    limited = draw.chance(0.5)
    if limited:
        lower, upper = draft.tune("limit_lower", -0.9, -0.5), draft.tune("limit_upper", 0.5, 0.9)
    kd = draft.tune(draw.choice(("target_kd", "damping")), 0.05, 0.5)
    arguments = "q: float, qd: float, target: float, ke: float, kd: float"
    draft.define(
        "joint_force",
        arguments,
        draw.choice(("return ke * (target - q) - kd * qd", "f = ke * (target - q) - kd * qd\nreturn wp.clamp(f, -5.0, 5.0)")),
        "float",
        "Force of a joint's drive along its axis.",
    )
    arm = "wp.transform_get_translation(X_wp) - wp.transform_get_translation(body_q[id_p])"
    v_p = point_velocity(draft, "body_qd[id_p]", arm) if draw.chance(0.85) else "wp.spatial_bottom(body_qd[id_p])"
    draft.code(f"""
        type = joint_type[{j}]
        id_p = joint_parent[{j}]
        id_c = joint_child[{j}]
        X_wp = body_q[id_p] * joint_X_p[{j}]
        X_wc = body_q[id_c]
        w_rel = wp.spatial_top(body_qd[id_c]) - wp.spatial_top(body_qd[id_p])
        v_p = {v_p}
        v_rel = wp.spatial_bottom(body_qd[id_c]) - v_p
        axis_w = wp.transform_vector(X_wp, joint_axis[{j}])
        x_err = wp.transform_get_translation(X_wc) - wp.transform_get_translation(X_wp)
        f_total = vec3()
        t_total = vec3()
        """)
    draft.code(f"""
        if type == 0:
            q = wp.dot(x_err, axis_w)
            qd = wp.dot(v_rel, axis_w)
            f_total = axis_w * joint_force(q, qd, joint_target[{j}], target_ke[{j}], {kd})
        elif type == 1:
            q = joint_q[{j}]
            qd = wp.dot(w_rel, axis_w)
            t_total = axis_w * joint_force(q, qd, joint_target[{j}], target_ke[{j}], {kd})
        else:
            f_total = x_err * target_ke[{j}] + v_rel * {kd}
            t_total = w_rel * {kd}
        """)
    if limited:
        draft.code(f"""
            past = wp.max(joint_q[{j}] - {upper}, 0.0) + wp.min(joint_q[{j}] - {lower}, 0.0)
            if type == 1:
                t_total = t_total - axis_w * (past * 10.0)
            """)
    draft.code("r_p = wp.transform_get_translation(X_wp)\nr_c = wp.transform_get_translation(X_wc)")
    out = draft.result("body_f", "spatial_vector", "bodies", role="accumulate", names=("body_force",))
    draft.code(f"""
        wp.atomic_add({out}, id_p, spatial_vector(t_total + wp.cross(r_p, f_total), f_total))
        wp.atomic_sub({out}, id_c, spatial_vector(t_total + wp.cross(r_c, f_total), f_total))
        """)
    if draw.chance(0.5):
        power = draft.result("joint_power", "float", "n", names=("power_out",))
        parts = "wp.dot(f_total, v_rel) + wp.dot(t_total, w_rel)"
        whole = "wp.spatial_dot(spatial_vector(t_total, f_total), spatial_vector(w_rel, v_rel))"
        draft.code(f"{power}[{j}] = {whole if draw.chance(0.7) else parts}")
    return draft.finish(draw.choice(("eval_body_joints", "joint_drives", "apply_joint_forces")), ["n"], sizes(draw))
