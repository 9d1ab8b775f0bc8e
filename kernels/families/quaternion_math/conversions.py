"""Rotations in other terms: matrices and look-at frames, rotation vectors, and the differences of two orientations."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Rotations, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.quaternion_math.outputs import AXES, kept_rotation, read_angles, sizes
from kernels.families.quaternion_math.sources import rotation_source

LOOK_AT = """
forward = wp.normalize(target - eye)
side = wp.normalize(wp.cross(forward, up))
top = wp.cross(side, forward)
"""


def build_look_at(draw: Draw, draft: MirrorDraft) -> Case:
    """Cameras and billboards that face a target: an orthonormal frame of columns or rows, as a quaternion."""
    i = draw.choice(("tid", "i", "camera"))
    draft.field("eye", "vec3", "n", low=1.5, high=3.0, names=("position", "cam_pos", "origin"))
    shared = draw.chance(0.5)
    if shared:
        draft.uniform("target", "vec3", Uniform(-0.5, 0.5), names=("center", "focus", "look_target"))
    else:
        draft.field("target", "vec3", "n", low=-1.0, high=1.0, names=("focus", "look_target"))
    draft.thread("n", "eye", index=i, counts=("num_cameras", "n"))
    draft.code(f"eye_i = eye[{i}]\nup = {draw.choice(('vec3(0.0, 1.0, 0.0)', 'vec3(0.0, 0.0, 1.0)'))}")
    body = LOOK_AT.replace("target", "target" if shared else f"target[{i}]").replace("eye", "eye_i")
    draft.code(body)
    if draw.chance(0.5):
        draft.code(f"frame = {draw.choice(('wp.matrix_from_cols(side, top, -forward)', 'wp.matrix_from_cols(forward, -side, top)'))}")
    elif draw.chance(0.5):
        draft.code("""
            frame = mat33(
                side[0], top[0], -forward[0],
                side[1], top[1], -forward[1],
                side[2], top[2], -forward[2],
            )
            """)
    else:
        draft.code("frame = wp.transpose(wp.matrix_from_rows(side, top, -forward))")
    draft.code("q = wp.quat_from_matrix(frame)")
    if draw.chance(0.35):
        roll = draft.tune(draw.choice(("roll", "bank")), 0.1, 0.8)
        draft.code(f"q = q * wp.quat_from_axis_angle(vec3(0.0, 0.0, 1.0), {roll})")
    if draw.chance(0.45):
        draft.field("q_prev", "quat", "n", domain=UnitVectors(), names=("camera_rot", "previous_rot"))
        rate = draft.tune(draw.choice(("turn_rate", "follow")), 0.1, 0.6)
        draft.code(f"q = wp.quat_slerp(q_prev[{i}], q, {rate})")
    kept_rotation(draft, "q", i, ("q_out", "camera_q", "facing"))
    return draft.finish(draw.choice(("look_at", "face_target", "orient_cameras")), ["n"], sizes(draw))


def build_matrix(draw: Draw, draft: MirrorDraft) -> Case:
    """Rotation matrices turned to quaternions and worked with: corrections, relative rotations, 4x4 poses."""
    i = draw.choice(("tid", "i", "frame_id"))
    draft.field("frames", "mat33", "n", domain=Rotations(), names=("rotation", "body_r", "dcm"))
    draft.thread("n", "frames", index=i, counts=("num_frames", "n"))
    draft.code(f"m = frames[{i}]\nq = wp.quat_from_matrix(m)")
    way = draw.choice(("compose", "relative", "rotate", "pose", "axis"))
    if way in ("compose", "relative"):
        draft.field("q_other", "quat", "n", domain=UnitVectors(), names=("delta_q", "correction", "q_ref"))
        draft.code(f"q = {'q * q_other' if way == 'compose' else 'wp.quat_inverse(q_other'}[{i}]{') * q' if way == 'relative' else ''}")
        kept_rotation(draft, "q", i, ("q_out", "rotation_q", "orientation"))
    elif way == "pose":
        draft.field("pos", "vec3", "n", names=("origin", "translation"))
        draft.code(f"""
            p = pos[{i}]
            pose = mat44(
                m[0, 0], m[0, 1], m[0, 2], p[0],
                m[1, 0], m[1, 1], m[1, 2], p[1],
                m[2, 0], m[2, 1], m[2, 2], p[2],
                0.0, 0.0, 0.0, 1.0,
            )
            q = wp.quat_from_matrix(pose)
            back = wp.quat_rotate_inv(q, p)
            """)
        stored(draft, "back", "vec3", 1.8, i, ["n"], ("local_out", "position_out"))
    elif way == "axis":
        draft.code("axis, angle = wp.quat_to_axis_angle(q)\nrotvec = axis * angle")
        stored(draft, "rotvec", "vec3", 3.2, i, ["n"], ("rotvec_out", "log_out"))
    else:
        draft.field("points", "vec3", "n", names=("x_in", "dirs"))
        draft.code(f"turned = wp.quat_rotate{draw.choice(('', '_inv'))}(q, points[{i}])")
        if draw.chance(0.5):
            draft.code("turned = m @ turned")
        stored(draft, "turned", "vec3", 1.8, i, ["n"], ("points_out", "turned_out"))
    return draft.finish(draw.choice(("matrix_to_quat", "convert_frames", "frames_to_rotations")), ["n"], sizes(draw))


def build_error(draw: Draw, draft: MirrorDraft) -> Case:
    """The difference of two orientations: geodesic angle, rotation vector, angular velocity between frames, losses and their sums."""
    i = draw.choice(("tid", "i", "body_id"))
    draft.field("q_now", "quat", "n", domain=UnitVectors(), names=("q_a", "body_q", "predicted"))
    _, wanted = rotation_source(draft, i, "q_want", "q_b", "target_q", "q_next")
    draft.thread("n", "q_now", index=i, counts=("num_bodies", "n"))
    draft.code(f"qa = q_now[{i}]\nqb = {wanted}")
    ways = ("geodesic", "rotvec", "velocity", "chordal", "dot", "torque", "twist", "twist", "attitude")
    way = draw.choice(ways if draft.width == "float32" else ways[:6])
    if way == "geodesic":
        step(
            draft,
            "angle",
            "geodesic_angle",
            "a: quat, b: quat",
            ["qa", "qb"],
            "d = wp.quat_inverse(a) * b\nv = vec3(d[0], d[1], d[2])\nreturn 2.0 * wp.atan2(wp.length(v), wp.abs(d[3]))",
            "float",
        )
        stored(draft, "angle", "float", 3.2, i, ["n"], ("angle_out", "distance_out"), total=0.4)
    elif way == "chordal":
        draft.code("gap = wp.min(wp.length_sq(qa - qb), wp.length_sq(qa + qb))")
        stored(draft, "gap", "float", 2.0, i, ["n"], ("chordal_out", "error_out"), total=0.4)
    elif way == "dot":
        draft.code(f"overlap = wp.dot(qa, qb)\nerror = 1.0 - {draw.choice(('overlap * overlap', 'wp.abs(overlap)'))}")
        stored(draft, "error", "float", 1.0, i, ["n"], ("loss_out", "misalignment"), total=0.6)
    elif way == "twist":
        axis = (
            f"{draft.field('spin_axis', 'vec3', 'n', domain=UnitVectors(), names=('axis',))}[{i}]"
            if draw.chance(0.4)
            else draw.choice(AXES)
        )
        draft.code(f"d = {draw.choice(('qb * wp.quat_inverse(qa)', 'wp.quat_inverse(qa) * qb'))}")
        draft.code(f"error = {draw.choice(('wp.quat_twist_angle_signed', 'wp.quat_twist_angle'))}({axis}, d)")
        if draw.chance(0.4):
            draft.code("error = error * error")
        stored(draft, "error", "float", 40.0, i, ["n"], ("twist_error", "heading_error", "roll_error"), total=0.5)
    elif way == "attitude":
        draft.code(f"d = {draw.choice(('qb * wp.quat_inverse(qa)', 'wp.quat_inverse(qa) * qb'))}")
        read_angles(draft, "angles", "d", "")
        stored(draft, "angles", "vec3", 3.2, i, ["n"], ("attitude_error", "rpy_error", "angles_out"))
    else:
        draft.code(f"d = {draw.choice(('qb * wp.quat_inverse(qa)', 'wp.quat_inverse(qa) * qb'))}")
        if draw.chance(0.5):
            draft.code("axis, angle = wp.quat_to_axis_angle(d)\nrotvec = axis * angle")
        else:
            draft.code("if d[3] < 0.0:\n    d = -d\nrotvec = vec3(d[0], d[1], d[2]) * 2.0")
        if way == "velocity":
            dt = draft.tune(draw.choice(("dt", "frame_dt")), 0.2, 1.0)
            draft.code(f"rotvec = rotvec / {dt}")
        if way == "torque":
            kp, kd = draft.tune("kp", 0.5, 3.0), draft.tune("kd", 0.05, 0.5)
            draft.field("omega", "vec3", "n", names=("body_w", "ang_vel"))
            draft.code(f"rotvec = rotvec * {kp} - omega[{i}] * {kd}")
        stored(draft, "rotvec", "vec3", 16.0, i, ["n"], ("rotvec_out", "omega_out", "error_vec", "torque_out"))
    return draft.finish(f"{way}_{draw.choice(('error', 'difference', 'between_frames'))}", ["n"], sizes(draw))
