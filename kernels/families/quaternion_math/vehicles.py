"""Vehicles with an attitude: quadrotors and spacecraft under control, a whole step in one kernel."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.quaternion_math.outputs import sizes, telemetry
from kernels.families.quaternion_math.sources import rotation_source

ERRORS = {
    "vector": "e = wp.quat_inverse(q_want) * q\nreturn vec3(e[0], e[1], e[2]) * (2.0 * wp.sign(e[3]))",
    "branch": "e = wp.quat_inverse(q_want) * q\nif e[3] < 0.0:\n    e = -e\nreturn vec3(e[0], e[1], e[2]) * 2.0",
    "matrix": (
        "R = wp.quat_to_matrix(q_want)\nS = wp.quat_to_matrix(q)\n"
        "E = wp.transpose(R) @ S - wp.transpose(S) @ R\nreturn vec3(E[2, 1], E[0, 2], E[1, 0]) * 0.5"
    ),
    "axis": "axis, angle = wp.quat_to_axis_angle(wp.quat_inverse(q_want) * q)\nreturn axis * angle",
}


def build_vehicle(draw: Draw, draft: MirrorDraft) -> Case:
    """Attitude error, control torque, and one step of the rotation and the velocity that follow."""
    i = draw.choice(("tid", "env", "drone"))
    rotor = draw.chance(0.6)
    draft.field("attitude", "quat", "n", domain=UnitVectors(), names=("q_in", "orientation", "root_q"))
    draft.field("rates", "vec3", "n", names=("omega", "body_rate"))
    _, wanted = rotation_source(draft, i, "target", "q_ref", "command", "desired")
    draft.field("inertia", "vec3", "n", domain=Uniform(0.5, 1.5), names=("I_diag", "moment"))
    draft.thread("n", "attitude", index=i, counts=("num_envs", "num_drones"))
    kind = draw.choice(tuple(ERRORS))
    draft.define(
        "attitude_error", "q_want: quat, q: quat", ERRORS[kind], "vec3", "Rotation vector that is left." if draw.chance(0.5) else ""
    )
    kp, kd = draft.tune(draw.choice(("kp", "attitude_gain")), 1.0, 4.0), draft.tune(draw.choice(("kd", "rate_gain")), 0.2, 1.0)
    dt = draft.tune(draw.choice(("dt", "control_dt")), 0.01, 0.1)
    draft.code(f"""
        q = attitude[{i}]
        w = rates[{i}]
        I = inertia[{i}]
        error = attitude_error({wanted}, q)
        torque = error * (-{kp}) - w * {kd}
        """)
    if draw.chance(0.4):
        limit = draft.tune(draw.choice(("max_torque", "torque_limit")), 1.0, 3.0)
        clamps = ", ".join(f"wp.clamp(torque[{k}], -{limit}, {limit})" for k in range(3))
        draft.code(f"torque = {draw.choice((f'torque / (1.0 + wp.length(torque) / {limit})', f'vec3({clamps})'))}")
    if rotor:
        draft.field("thrust", "float", "n", domain=Uniform(0.5, 2.0), names=("collective", "throttle"))
        draft.field("velocity", "vec3", "n", names=("vel", "root_v"))
        arm = draft.tune(draw.choice(("arm_length", "arm")), 0.1, 0.5)
        draft.code(f"""
            base = thrust[{i}] * 0.25
            m0 = base + 0.25 * torque[0] / {arm} + 0.1 * torque[2]
            m1 = base - 0.25 * torque[0] / {arm} + 0.1 * torque[2]
            m2 = base + 0.25 * torque[1] / {arm} - 0.1 * torque[2]
            m3 = base - 0.25 * torque[1] / {arm} - 0.1 * torque[2]
            """)
        if draw.chance(0.5):
            draft.code("m0 = wp.max(m0, 0.0)\nm1 = wp.max(m1, 0.0)\nm2 = wp.max(m2, 0.0)\nm3 = wp.max(m3, 0.0)")
        draft.code(f"""
            lift = m0 + m1 + m2 + m3
            torque = vec3((m0 - m1) * {arm}, (m2 - m3) * {arm}, 0.2 * (m0 + m1 - m2 - m3))
            v = velocity[{i}]
            up = wp.quat_rotate(q, vec3(0.0, 0.0, 1.0))
            accel = up * lift - vec3(0.0, 0.0, {draw.choice(("9.81", "1.0"))})
            """)
        if draw.chance(0.5):
            drag = draft.tune(draw.choice(("drag", "air_drag")), 0.05, 0.4)
            draft.code(f"accel = accel - v * {drag}")
        out = draft.result("velocity_out", "vec3", "n", names=("vel_out", "root_v_out"))
        draft.code(f"{out}[{i}] = v + accel * {dt}")
        if draw.chance(0.4):
            out = draft.result("motors", "vec4", "n", names=("rotor_forces",))
            draft.code(f"{out}[{i}] = vec4(m0, m1, m2, m3)")
    else:
        wheels = draw.chance(0.5)
        if wheels:
            draft.field("wheel_momentum", "vec3", "n", low=-0.5, high=0.5, names=("h_wheels",))
            draft.code(f"h = wheel_momentum[{i}]\ntorque = torque - wp.cross(w, h)")
            out = draft.result("wheel_momentum_out", "vec3", "n", names=("h_out",))
            draft.code(f"{out}[{i}] = h - torque * {dt}")
        elif draw.chance(0.5):
            draft.field("field_dir", "vec3", "n", domain=UnitVectors(), names=("magnetic", "b_field"))
            draft.code(f"b = wp.quat_rotate_inv(q, field_dir[{i}])\ntorque = torque - b * wp.dot(b, torque)")
    draft.code(f"""
        gyro = wp.cross(w, wp.cw_mul(I, w))
        w_new = w + wp.cw_div(torque - gyro, I) * {dt}
        """)
    if draw.chance(0.5):
        draft.code(f"q_new = wp.normalize(q + q * quat(w_new, 0.0) * (0.5 * {dt}))")
    else:
        draft.code(f"q_new = q * wp.quat_from_axis_angle(wp.normalize(w_new), wp.length(w_new) * {dt})")
    for name, type, value in (("attitude_out", "quat", "q_new"), ("rates_out", "vec3", "w_new")):
        out = draft.result(name, type, "n")
        draft.code(f"{out}[{i}] = {value}")
    if draw.chance(0.6):
        telemetry(draft, "q_new", i)
    if draw.chance(0.4):
        summed = draw.chance(0.5)
        cost = draft.result("cost", "float", 1 if summed else "n", role="accumulate", names=("reward", "tracking_loss"))
        draft.code(f"wp.atomic_add({cost}, {'0' if summed else i}, wp.dot(error, error) + 0.1 * wp.dot(w_new, w_new))")
    return draft.finish(f"{'quadrotor' if rotor else 'spacecraft'}_{draw.choice(('step', 'control', 'dynamics'))}", ["n"], sizes(draw, 100))
