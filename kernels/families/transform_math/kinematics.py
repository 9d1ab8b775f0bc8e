"""Kinematics of articulations: poses of bodies by joint type, along parents, and the errors that joints leave."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.transform_math.frames import POSES, kept_pose, sizes

JOINT_TRANSFORM = """
X_j = wp.transform_identity()
if type == {slide}:
    X_j = transform(axis * coord, wp.quat_identity())
elif type == {turn}:
    X_j = transform(vec3(0.0, 0.0, 0.0), wp.quat_from_axis_angle(axis, coord))
{screw}return X_j
"""
SCREW = """elif type == {screw}:
    X_j = transform(axis * (coord * 0.2), wp.quat_from_axis_angle(axis, coord))
"""


def _joint_body(draw: Draw) -> tuple[str, int]:
    """The body of a function of the joint's type, and how many types there are."""
    kinds = draw.shuffled((0, 1, 2))
    screw = SCREW.format(screw=kinds[2]) if draw.chance(0.4) else ""
    return JOINT_TRANSFORM.format(slide=kinds[0], turn=kinds[1], screw=screw), 3


def _joint_arrays(draft: MirrorDraft, axes: bool = True) -> None:
    draft.field("joint_type", "int", "n", domain=Integers(0, 3), names=("joint_kind",))
    draft.field("joint_q", "float", "n", low=-1.2, high=1.2, names=("joint_coord", "q"))
    if axes:
        draft.field("joint_axis", "vec3", "n", domain=UnitVectors(), names=("axes",))


def build_joints(draw: Draw, draft: MirrorDraft) -> Case:
    """The pose of each joint's child from that of its parent: fixed frames before and after the joint's own motion."""
    j = draw.choice(("tid", "joint", "j"))
    draft.field("body_q", "transform", "bodies", domain=POSES, names=("body_pose", "X_world"))
    draft.field("joint_parent", "int", "n", below="bodies", names=("parent", "joint_parent_id"))
    draft.field("joint_X_p", "transform", "n", domain=POSES, names=("X_pj", "parent_frame"))
    _joint_arrays(draft)
    draft.thread("n", "joint_parent", index=j, counts=("joint_count", "num_joints"))
    body, _ = _joint_body(draw)
    draft.define("joint_transform", "type: int, axis: vec3, coord: float", body, "transform", "Motion that a joint allows.")
    if draw.chance(0.35):
        draft.code(f"parent_id = joint_parent[{j}]\nX_wp = wp.transform_identity()\nif parent_id > 0:\n    X_wp = body_q[parent_id]")
    else:
        draft.code(f"X_wp = body_q[joint_parent[{j}]]")
    draft.code(f"""
        X_pj = joint_X_p[{j}]
        X_j = joint_transform(joint_type[{j}], joint_axis[{j}], joint_q[{j}])
        """)
    draft.code(
        draw.choice(("X_wc = X_wp * X_pj * X_j", "X_wpj = X_wp * X_pj\nX_wc = X_wpj * X_j", "X_wc = wp.mul(wp.mul(X_wp, X_pj), X_j)"))
    )
    if draw.chance(0.6):
        draft.field("joint_X_c", "transform", "n", domain=POSES, names=("X_cj", "child_frame"))
        draft.code(f"X_wc = wp.transform_multiply(X_wc, wp.transform_inverse(joint_X_c[{j}]))")
    kept_pose(draft, "X_wc", j, ("child_q", "body_q_out", "X_wc_out"))
    if draw.chance(0.35):
        out = draft.result(draft.name("axis_world", "joint_axis_out"), "vec3", "n")
        draft.code(f"{out}[{j}] = wp.transform_vector(X_wp * X_pj, joint_axis[{j}])")
    if draw.chance(0.3):
        twist = "spatial_vector(axis_w * rate, wp.cross(p_w, axis_w) * rate)"
        draft.field("joint_qd", "float", "n", names=("joint_velocity", "qd"))
        out = draft.result(draft.name("joint_twist", "joint_v"), "spatial_vector", "n")
        draft.code(f"""
            axis_w = wp.transform_vector(X_wc, joint_axis[{j}])
            p_w = wp.transform_get_translation(X_wc)
            rate = joint_qd[{j}]
            {out}[{j}] = {twist}
            """)
    return draft.finish(draw.choice(("eval_fk", "update_child_poses", "forward_kinematics")), ["n"], sizes(draw))


def build_ancestors(draw: Draw, draft: MirrorDraft) -> Case:
    """The world pose of each body by climbing its parents to the root, a number of generations at most."""
    i = draw.choice(("tid", "body", "i"))
    depth = draw.integer(2, 4)
    draft.field("parent", "int", "n", domain=lambda s: Integers(-1, s["n"]), names=("body_parent", "parents"))
    draft.field("local_pose", "transform", "n", domain=POSES, names=("X_local", "bone_local", "joint_X"))
    draft.thread("n", "parent", index=i, counts=("num_bodies", "body_count", "bone_count"))
    draft.code(f"pose = local_pose[{i}]\nancestor = parent[{i}]")
    style = draw.choice(("if", "if", "function"))
    if style == "if":
        draft.code(f"""
            for level in range({depth}):
                if ancestor >= 0:
                    pose = local_pose[ancestor] * pose
                    ancestor = parent[ancestor]
            """)
    else:
        draft.define(
            "climb",
            "locals: array(transform), index: int, child: transform",
            "if index < 0:\n    return child\nreturn wp.transform_multiply(locals[wp.max(index, 0)], child)",
            "transform",
            "A child's pose in the frame of the parent of number `index`, if it has one.",
        )
        draft.code(f"""
            for level in range({depth}):
                pose = climb(local_pose, ancestor, pose)
                if ancestor >= 0:
                    ancestor = parent[ancestor]
            """)
    if draw.chance(0.3):
        base = draft.uniform("root_pose", "transform", POSES, names=("X_root", "base_pose"))
        draft.code(f"pose = {base} * pose")
    kept_pose(draft, "pose", i, ("world_pose", "body_q", "X_world"))
    return draft.finish(draw.choice(("world_transforms", "propagate_poses", "compute_world_poses")), ["n"], sizes(draw))


def build_chain(draw: Draw, draft: MirrorDraft) -> Case:
    """Serial arms: the pose of each arm's tip, its distance to a goal, or the columns of its Jacobian."""
    i = draw.choice(("tid", "arm", "env"))
    links = draw.integer(3, 5)
    draft.field("joint_q", "float", "n", links, low=-1.2, high=1.2, names=("q", "joint_pos"))
    draft.field("joint_X_p", "transform", links, domain=POSES, names=("link_frame", "X_link"))
    draft.field("joint_axis", "vec3", links, domain=UnitVectors(), names=("axis", "link_axis"))
    draft.thread("n", "joint_q", index=i, counts=("num_arms", "num_envs"))
    rooted = draw.chance(0.5)
    if rooted:
        draft.field("base_pose", "transform", "n", domain=POSES, names=("root_pose", "X_base"))
    draft.code(f"X = {f'base_pose[{i}]' if rooted else 'wp.transform_identity()'}")
    rotation = f"wp.quat_from_axis_angle(joint_axis[k], joint_q[{i}, k])"
    moved = f"transform(vec3(), {rotation})" if draw.chance(0.5) else f"transform(vec3(0.0, 0.0, 0.0), {rotation})"
    if draw.chance(0.25):
        moved = f"transform(joint_axis[k] * joint_q[{i}, k], wp.quat_identity())"
    draft.code(f"tip_offset = vec3({draw.real(0.2, 0.8)}, 0.0, 0.0)")
    draft.code(f"for k in range({links}):\n    X = X * joint_X_p[k] * {moved}")
    way = draw.choice(("tip", "goal", "column"))
    if way == "tip":
        kept_pose(draft, "X", i, ("tip_pose", "tool_pose", "X_tip"))
        if draw.chance(0.4):
            out = draft.result(draft.name("tool_point", "tip_point"), "vec3", "n")
            draft.code(f"{out}[{i}] = wp.transform_point(X, tip_offset)")
    elif way == "goal":
        draft.field("goal", "vec3", "n", low=-2.0, high=2.0, names=("target", "goal_pos"))
        draft.code(f"miss = goal[{i}] - wp.transform_point(X, tip_offset)\nerror = wp.{draw.choice(('length', 'length_sq'))}(miss)")
        stored(draft, "error", "float", 12.0, i, ["n"], ("error_out", "ik_cost", "distance"), total=0.5)
    else:
        link = draw.integer(0, links - 1)
        draft.code(f"""
            tip = wp.transform_point(X, tip_offset)
            X_k = {f"base_pose[{i}]" if rooted else "wp.transform_identity()"}
            for m in range({link + 1}):
                X_k = X_k * joint_X_p[m]
            axis_w = wp.transform_vector(X_k, joint_axis[{link}])
            column = wp.cross(axis_w, tip - wp.transform_get_translation(X_k))
            """)
        if draw.chance(0.5):
            out = draft.result("jacobian_column", "spatial_vector", "n", names=("J_col", "column_out"))
            draft.code(f"{out}[{i}] = spatial_vector(axis_w, column)")
        else:
            stored(draft, "column", "vec3", 9.0, i, ["n"], ("column_out", "jacobian_linear"))
    return draft.finish(draw.choice(("arm_forward", "chain_kinematics", "tip_poses")), ["n"], sizes(draw))


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
        if draw.chance(0.5):
            kd = draft.tune(draw.choice(("joint_attach_kd", "kd")), 0.05, 0.5)
            draft.field("body_qd", "spatial_vector", "bodies", names=("body_twist", "body_vel"))
            draft.code(f"""
                v_rel = wp.spatial_bottom(body_qd[id_c]) - wp.spatial_bottom(body_qd[id_p])
                w_rel = wp.spatial_top(body_qd[id_c]) - wp.spatial_top(body_qd[id_p])
                f = wp.transform_vector(X_wpj, x_err) * {ke} + v_rel * {kd}
                t = wp.transform_vector(X_wpj, ang_err) * {ke} + w_rel * {kd}
                """)
        else:
            draft.code(f"f = wp.transform_vector(X_wpj, x_err) * {ke}\nt = wp.transform_vector(X_wpj, ang_err) * {ke}")
        draft.code("p_w = wp.transform_get_translation(X_wcj)")
        out = draft.result("body_f", "spatial_vector", "bodies", role="accumulate", names=("body_force", "wrench_out"))
        draft.code(f"wp.atomic_sub({out}, id_c, spatial_vector(t + wp.cross(p_w, f), f))")
        draft.code(f"wp.atomic_add({out}, id_p, spatial_vector(t + wp.cross(p_w, f), f))")
    return draft.finish(draw.choice(("eval_joint_errors", "joint_attachment", "constraint_residual")), ["n"], sizes(draw))


def build_drive(draw: Draw, draft: MirrorDraft) -> Case:
    """The wrench of every joint of an articulation by type, with limits and drives: a branch for each type."""
    j = draw.choice(("tid", "joint", "j"))
    draft.field("body_q", "transform", "bodies", domain=POSES, names=("body_pose",))
    draft.field("body_qd", "spatial_vector", "bodies", names=("body_twist", "body_vel"))
    draft.field("joint_parent", "int", "n", indices=lambda s: Integers(0, s["bodies"] // 2), names=("parent",))
    draft.field("joint_child", "int", "n", indices=lambda s: Integers(s["bodies"] // 2, s["bodies"]), names=("child",))
    draft.field("joint_X_p", "transform", "n", domain=POSES, names=("X_pj",))
    _joint_arrays(draft, axes=False)
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
    draft.code(f"""
        type = joint_type[{j}]
        id_p = joint_parent[{j}]
        id_c = joint_child[{j}]
        X_wp = body_q[id_p] * joint_X_p[{j}]
        X_wc = body_q[id_c]
        w_rel = wp.spatial_top(body_qd[id_c]) - wp.spatial_top(body_qd[id_p])
        v_rel = wp.spatial_bottom(body_qd[id_c]) - wp.spatial_bottom(body_qd[id_p])
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
    if draw.chance(0.3):
        power = draft.result("joint_power", "float", "n", names=("power_out",))
        draft.code(f"{power}[{j}] = wp.dot(f_total, v_rel) + wp.dot(t_total, w_rel)")
    return draft.finish(draw.choice(("eval_body_joints", "joint_drives", "apply_joint_forces")), ["n"], sizes(draw))
