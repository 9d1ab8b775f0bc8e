"""Kinematics of articulations: poses of bodies by joint type, along parents, and along serial arms."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, UnitVectors
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


def joint_arrays(draft: MirrorDraft, axes: bool = True) -> None:
    """Declares the types and coordinates of joints, and their axes unless told otherwise."""
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
    joint_arrays(draft)
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
    if draw.chance(0.4):
        draft.field("joint_qd", "float", "n", names=("joint_velocity", "qd"))
        out = draft.result(draft.name("joint_twist", "joint_v"), "spatial_vector", "n")
        draft.code(f"rate = joint_qd[{j}]")
        if draft.width == "float32" and draw.chance(0.7):
            draft.code(f"{out}[{j}] = wp.transform_twist(X_wc, spatial_vector(joint_axis[{j}] * rate, vec3()))")
        else:
            draft.code(f"""
                axis_w = wp.transform_vector(X_wc, joint_axis[{j}])
                p_w = wp.transform_get_translation(X_wc)
                {out}[{j}] = spatial_vector(axis_w * rate, wp.cross(p_w, axis_w) * rate)
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
