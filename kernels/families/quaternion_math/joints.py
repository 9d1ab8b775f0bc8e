"""Joints between bodies: angles of hinges, universal and ball joints, the torques that drive them, and swing and twist of a rotation."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.quaternion_math.outputs import AXES, kept_rotation, read_angles, sizes
from kernels.families.quaternion_math.sources import axis_order, rotation_source


def _relative(draw: Draw, draft: MirrorDraft, j: str) -> None:
    """Reads the rotations of a joint's parent and child as `q_p` and `q_c`, and names the relative rotation `rel`."""
    draft.field("body_q", "quat", "bodies", domain=UnitVectors(), names=("body_rot", "rotations", "orientation"))
    # A body has no joint with itself: the relative rotation would have no axis.
    draft.field("joint_parent", "int", "n", indices=lambda s: Integers(0, s["bodies"] // 2), names=("parent", "parent_body"))
    draft.field("joint_child", "int", "n", indices=lambda s: Integers(s["bodies"] // 2, s["bodies"]), names=("child", "child_body"))
    draft.thread("n", "joint_parent", index=j, counts=("joint_count", "num_joints"))
    framed = draw.chance(0.5)
    if draw.chance(0.5):
        draft.code(f"parent_id = joint_parent[{j}]\nchild_id = joint_child[{j}]\nq_p = body_q[parent_id]\nq_c = body_q[child_id]")
    else:
        draft.code(f"q_p = body_q[joint_parent[{j}]]\nq_c = body_q[joint_child[{j}]]")
    if framed:
        _, frame_p = rotation_source(draft, j, "joint_q_p", "frame_p", "parent_frame")
        _, frame_c = rotation_source(draft, j, "joint_q_c", "frame_c", "child_frame")
        draft.code(f"q_p = q_p * {frame_p}\nq_c = q_c * {frame_c}")
    step(draft, "rel", "relative_rotation", "q_a: quat, q_b: quat", ["q_p", "q_c"], "return wp.quat_inverse(q_a) * q_b", "quat", share=0.3)
    if draw.chance(0.3):
        step(
            draft,
            "rel",
            "shortest",
            "q: quat",
            ["rel"],
            "if q[3] < 0.0:\n    return -q\nreturn q",
            "quat",
            share=1.0,
            doc="The one of q and -q that turns by less than half a revolution." if draw.chance(0.5) else "",
        )


def build_joint(draw: Draw, draft: MirrorDraft) -> Case:
    """A joint's coordinates, or the torque of its drive, scattered to the two bodies."""
    j = draw.choice(("tid", "j", "joint"))
    _relative(draw, draft, j)
    kinds = ("hinge", "hinge", "hinge", "ball", "log", "universal", "matrix", "compound")
    kind = draw.choice(kinds if draft.width == "float32" else kinds[:-1])
    if kind == "hinge":
        draft.field("joint_axis", "vec3", "n", domain=UnitVectors(), names=("axis", "hinge_axis"))
        draft.code(f"a = joint_axis[{j}]")
        if draft.width == "float32" and draw.chance(0.9):
            draft.code(f"angle = {_twist_angle(draw)}(a, rel)")
        elif draw.chance(0.5):
            draft.code("sin_half = wp.dot(a, vec3(rel[0], rel[1], rel[2]))\nangle = 2.0 * wp.atan2(sin_half, rel[3])")
        else:
            step(
                draft,
                "angle",
                "hinge_angle",
                "q: quat, axis: vec3",
                ["rel", "a"],
                "v = vec3(q.x, q.y, q.z)\nreturn 2.0 * wp.atan2(wp.dot(v, axis), q.w)",
                "float",
                share=0.7,
            )
    elif kind == "ball":
        if draw.chance(0.5):
            draft.code("a = vec3()\nangle = float(0.0)\nwp.quat_to_axis_angle(rel, a, angle)")
        else:
            draft.code("a, angle = wp.quat_to_axis_angle(rel)")
    elif kind == "log":
        draft.code("""
            v = vec3(rel[0], rel[1], rel[2])
            size = wp.length(v)
            angle = 2.0 * wp.atan2(size, rel[3])
            a = v / (size + 0.0001)
            """)
    elif kind == "universal":
        draft.code("""
            axis_0 = vec3(1.0, 0.0, 0.0)
            a = wp.quat_rotate(rel, vec3(0.0, 1.0, 0.0))
            angle = wp.atan2(a[2], a[1])
            a = wp.normalize(a + axis_0 * 0.1)
            """)
    elif kind == "compound":
        part = draw.integer(0, 2)
        read_angles(draft, "angles", "rel", draw.choice(("", axis_order(draw))))
        draft.code(f"a = {AXES[part]}\nangle = angles[{part}]")
    else:
        draft.code("""
            rot = wp.quat_to_matrix(rel)
            a = vec3(rot[2, 1] - rot[1, 2], rot[0, 2] - rot[2, 0], rot[1, 0] - rot[0, 1]) * 0.5
            angle = wp.acos(wp.clamp((wp.trace(rot) - 1.0) * 0.495, -0.99, 0.99))
            """)
    if draw.chance(0.45):
        stored(draft, "angle", "float", 6.3, j, ["n"], ("joint_angle", "joint_q_out", "angle_out"))
        if draw.chance(0.4):
            out = draft.result(draft.name("axis_out", "joint_axis_world"), "vec3", "n")
            draft.code(f"{out}[{j}] = {draw.choice(('a', 'wp.quat_rotate(q_p, a)'))}")
        return draft.finish(f"{kind}_{draw.choice(('angles', 'coordinates', 'joint_angle'))}", ["n"], sizes(draw))
    _drive(draw, draft, j)
    return draft.finish(
        f"{draw.choice(('eval', 'apply', 'drive'))}_{kind}_{draw.choice(('joints', 'torques', 'motors'))}", ["n"], sizes(draw)
    )


def _twist_angle(draw: Draw) -> str:
    """The builtin that gives the angle of a twist, signed or not."""
    return draw.choice(("wp.quat_twist_angle_signed", "wp.quat_twist_angle"))


def _drive(draw: Draw, draft: MirrorDraft, j: str) -> None:
    """A spring and damper towards a target angle; its torque goes to child and parent."""
    ke = draft.tune(draw.choice(("joint_ke", "stiffness", "kp")), 0.5, 3.0)
    target = draft.field("joint_target", "float", "n", names=("target_angle", "rest_angle", "joint_target_q"))
    draft.code(f"error = {target}[{j}] - angle")
    draft.code(f"magnitude = {ke} * error")
    if draw.chance(0.6):
        kd = draft.tune(draw.choice(("joint_kd", "damping", "kd")), 0.05, 0.5)
        draft.field("body_w", "vec3", "bodies", names=("body_omega", "angular_velocity"))
        draft.code(f"w_rel = body_w[joint_child[{j}]] - body_w[joint_parent[{j}]]\nworld_axis = wp.quat_rotate(q_p, a)")
        draft.code(f"magnitude = magnitude - {kd} * wp.dot(w_rel, world_axis)")
    else:
        draft.code("world_axis = wp.quat_rotate(q_p, a)")
    if draw.chance(0.4):
        limit = draft.tune(draw.choice(("max_torque", "effort_limit")), 0.5, 2.0)
        draft.code(f"magnitude = wp.clamp(magnitude, -{limit}, {limit})")
    elif draw.chance(0.5):
        draft.mixed("magnitude_out", "float", [("magnitude", "float", -30.0, 30.0), ("error", "float", -8.0, 8.0)], 1)
        draft.code("magnitude = magnitude_out")
    draft.code("torque = world_axis * magnitude")
    if draw.chance(0.7):
        out = draft.result(draft.name("body_torque", "body_f", "joint_torque"), "vec3", "bodies", role="accumulate")
        draft.code(f"wp.atomic_add({out}, joint_child[{j}], torque)")
        draft.code(f"wp.atomic_{draw.choice(('sub', 'sub', 'add'))}({out}, joint_parent[{j}], torque)")
    else:
        out = draft.result(draft.name("joint_force", "drive_torque"), "vec3", "n")
        draft.code(f"{out}[{j}] = torque")


def build_swing_twist(draw: Draw, draft: MirrorDraft) -> Case:
    """The swing and the twist of a rotation about an axis: their angles, limits on either, and the rotation put together again."""
    i = draw.choice(("tid", "i", "bone"))
    array, rotation = rotation_source(draft, i, "q_local", "bone_rot", "joint_rot", "local_rotation")
    own = draw.chance(0.5)
    if own:
        draft.field("twist_axis", "vec3", "n", domain=UnitVectors(), names=("axis", "bone_axis"))
    draft.thread("n", array, index=i, counts=("num_bones", "n"))
    draft.code(f"q = {rotation}\naxis_i = {f'twist_axis[{i}]' if own else draw.choice(AXES)}")
    single = draft.width == "float32"
    if single and draw.chance(0.8):
        draft.code("twist = wp.quat_twist(axis_i, q)")
    else:
        step(
            draft,
            "twist",
            "twist_about",
            "q: quat, axis: vec3",
            ["q", "axis_i"],
            "along = wp.dot(vec3(q[0], q[1], q[2]), axis) * axis\nreturn wp.normalize(quat(along[0], along[1], along[2], q[3]))",
            "quat",
        )
    draft.code(draw.choice(("swing = q * wp.quat_inverse(twist)", "swing = wp.mul(q, wp.quat_inverse(twist))")))
    way = draw.choice(("angles", "angles", "limit_twist", "limit_twist", "limit_swing", "blend", "cost"))
    if way in ("angles", "limit_twist"):
        angle = "2.0 * wp.atan2(wp.dot(axis_i, vec3(twist[0], twist[1], twist[2])), twist[3])"
        if single and draw.chance(0.7):
            angle = f"wp.quat_twist_angle_signed(axis_i, {draw.choice(('q', 'twist'))})"
        draft.code(f"twist_angle = {angle}")
    if way == "angles":
        draft.code("swing_axis, swing_angle = wp.quat_to_axis_angle(swing)")
        stored(draft, "twist_angle", "float", 6.3, i, ["n"], ("twist_out", "twist_angle_out"))
        stored(draft, "swing_angle", "float", 3.2, i, ["n"], ("swing_out", "swing_angle_out"), share=0.4)
    elif way == "limit_twist":
        limit = draft.tune(draw.choice(("twist_limit", "max_twist")), 0.3, 1.2)
        draft.code(f"""
            limited = {f"wp.clamp(twist_angle, -{limit}, {limit})" if draw.chance(0.5) else f"{limit} * wp.tanh(twist_angle / {limit})"}
            q_new = swing * wp.quat_from_axis_angle(axis_i, limited)
            """)
        kept_rotation(draft, "q_new", i, ("q_out", "limited_rot", "bone_rot_out"))
    elif way == "limit_swing":
        limit = draft.tune(draw.choice(("cone_angle", "max_swing")), 0.3, 1.0)
        draft.code(f"""
            swing_axis, swing_angle = wp.quat_to_axis_angle(swing)
            if swing_angle > {limit}:
                swing = wp.quat_from_axis_angle(swing_axis, {limit})
            q_new = swing * twist
            """)
        kept_rotation(draft, "q_new", i, ("q_out", "limited_rot", "bone_rot_out"))
    elif way == "blend":
        keep = draft.tune(draw.choice(("twist_share", "keep_twist", "roll_amount")), 0.1, 0.9)
        draft.code(f"part = wp.quat_slerp(wp.quat_identity(), twist, {keep})\nq_new = {draw.choice(('swing * part', 'part * swing'))}")
        kept_rotation(draft, "q_new", i, ("q_out", "twisted_rot", "bone_rot_out"))
    else:
        weight = draft.tune("swing_weight", 0.2, 2.0)
        draft.code(f"cost = (1.0 - twist[3] * twist[3]) + {weight} * (1.0 - swing[3] * swing[3])")
        stored(draft, "cost", "float", 3.0, i, ["n"], ("cost_out", "pose_error"), total=0.5)
    return draft.finish(f"{draw.choice(('swing_twist', 'decompose', 'split_rotation'))}_{way}", ["n"], sizes(draw))


def build_chain(draw: Draw, draft: MirrorDraft) -> Case:
    """Orientations along a chain of joints: local rotations multiplied from the root, with offsets rotated on the way."""
    i = draw.choice(("tid", "chain", "arm"))
    links = draw.integer(3, 6)
    angles = draw.chance(0.5)
    draft.field("joint_q", "float" if angles else "quat", "n", links, domain=None if angles else UnitVectors(), low=-1.5, high=1.5)
    if angles:
        shared = draw.chance(0.5)
        draft.field("joint_axis", "vec3", links if shared else "n", *([] if shared else [links]), domain=UnitVectors())
    offset = draft.uniform("link_offset", "vec3", UnitVectors()) if draw.chance(0.6) else draw.choice(AXES)
    draft.thread("n", "joint_q", index=i, counts=("num_chains", "n"))
    rooted = draw.chance(0.4)
    if rooted:
        draft.field("root_rot", "quat", "n", domain=UnitVectors(), names=("base_q", "root_q"))
    draft.code(f"q = {f'root_rot[{i}]' if rooted else 'wp.quat_identity()'}\ntip = vec3()")
    origin = "q"
    if draw.chance(0.35):
        draft.field("origin_rpy", "vec3", links, low=-1.2, high=1.2, names=("link_rpy", "joint_origin"))
        origin = "q * wp.quat_rpy(origin_rpy[k][0], origin_rpy[k][1], origin_rpy[k][2])"
    local = f"joint_q[{i}, k]"
    if angles:
        local = f"wp.quat_from_axis_angle({'joint_axis[k]' if shared else f'joint_axis[{i}, k]'}, joint_q[{i}, k])"
    draft.code(f"for k in range({links}):\n    q = {origin} * {local}\n    tip = tip + wp.quat_rotate(q, {offset})")
    if draw.chance(0.4):
        target = draft.field("target", "vec3", "n", names=("goal", "tip_target"))
        draft.code(f"miss = tip - {target}[{i}]\nreach = wp.length(miss)")
        stored(draft, "reach", "float", 9.0, i, ["n"], ("distance_out", "ik_error"), total=0.4, fields=(("tolerance", 0.2, 1.0),))
    else:
        stored(draft, "tip", "vec3", 6.0, i, ["n"], ("tip_out", "end_effector", "tip_position"))
    if draw.chance(0.4):
        kept_rotation(draft, "q", i, ("tip_rot", "end_rotation"))
    return draft.finish(draw.choice(("forward_chain", "chain_tips", "end_effectors")), ["n"], [dict(s) for s in sizes(draw)])


def build_index_scatter(draw: Draw, draft: MirrorDraft) -> Case:
    """Loads at points fixed to rotating bodies: world directions, moments, and what bodies collect."""
    i = draw.choice(("tid", "point", "c"))
    draft.field("body_q", "quat", "bodies", domain=UnitVectors(), names=("body_rot", "rotations"))
    draft.field("point_body", "int", "n", below="bodies", names=("shape_body", "contact_body", "owner"))
    draft.field("local_point", "vec3", "n", names=("offset", "anchor", "r_local"))
    draft.field("load", "vec3", "n", names=("force", "impulse", "contact_force"))
    draft.thread("n", "point_body", index=i, counts=("num_points", "contact_count"))
    draft.code(f"b = point_body[{i}]\nq = body_q[b]\nr = wp.quat_rotate(q, local_point[{i}])\nf = load[{i}]")
    if draw.chance(0.4):
        draft.code(
            f"f = {draw.choice(('wp.quat_rotate(q, f)', 'wp.quat_rotate(q, f) * 0.5', 'f + wp.quat_rotate(q, vec3(0.0, 0.0, -1.0))'))}"
        )
    if draw.chance(0.4):
        draft.field("active", "bool", "n", domain=Integers(0, 2), names=("enabled", "in_contact"))
        draft.code(f"if active[{i}]:\n    f = f * 1.5\nelse:\n    f = f * 0.5")
    draft.code("moment = wp.cross(r, f)")
    if draw.chance(0.5):
        draft.code("moment = wp.quat_rotate_inv(q, moment)")
    draft.mixed("push", "vec3", [("moment", "vec3", -4.0, 4.0), ("f", "vec3", -3.0, 3.0)], 1)
    out = draft.result(draft.name("body_moment", "body_torque", "moments"), "vec3", "bodies", role="accumulate")
    draft.code(f"wp.atomic_add({out}, b, push)")
    if draw.chance(0.5):
        out = draft.result(draft.name("body_force", "net_force"), "vec3", "bodies", role="accumulate")
        draft.code(f"{out}[b] += f" if draw.chance(0.4) else f"wp.atomic_add({out}, b, f)")
    return draft.finish(draw.choice(("apply_point_loads", "body_moments", "collect_contacts")), ["n"], sizes(draw))
