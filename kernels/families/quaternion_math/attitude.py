"""Attitude: integration of angular velocity, with and without torque, and filters that estimate orientation from an inertial sensor."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step
from kernels.draw import Draw
from kernels.families.quaternion_math.outputs import kept_rotation, sizes
from kernels.families.quaternion_math.sources import rotation_source

EXPONENTIAL = """
angle = wp.length(w) * dt
axis = wp.normalize(w)
return wp.quat_from_axis_angle(axis, angle)
"""
SERIES = """
half = 0.5 * dt
s = half * half * wp.length_sq(w) / 6.0
v = half * w * (1.0 - s)
return wp.normalize(quat(v[0], v[1], v[2], 1.0 - 3.0 * s))
"""
CAYLEY = """
v = (0.5 * dt) * w
return wp.normalize(quat(v[0], v[1], v[2], 1.0))
"""
INCREMENTS = (
    ("rotation_from_velocity", EXPONENTIAL, "Rotation by a constant angular velocity over one step."),
    ("small_rotation", SERIES, "Rotation over a small step, to third order."),
    ("cayley_rotation", CAYLEY, "Rotation by the Cayley map of half the step."),
)


def build_integration(draw: Draw, draft: MirrorDraft) -> Case:
    """One step of orientations under an angular velocity: exponential map, first order, Runge-Kutta, or several substeps."""
    i = draw.choice(("tid", "i", "body_id"))
    array, rotation = rotation_source(draft, i, "body_rot", "orientation", "rot", "q_in", "attitude")
    draft.field("omega", "vec3", "n", low=-2.0, high=2.0, names=("body_w", "ang_vel", "gyro", "angular_velocity"))
    draft.thread("n", array, index=i, counts=("num_bodies", "body_count", "n"))
    draft.code(f"q = {rotation}\nw = omega[{i}]")
    dt = draft.tune(draw.choice(("dt", "h", "time_step")), 0.02, 0.2)
    if draw.chance(0.3):
        damping = draft.tune("angular_damping", 0.05, 0.5)
        draft.code(
            draw.choice((f"w = w * (1.0 - {damping} * {dt})", f"w = w / (1.0 + {damping} * {dt})", f"w *= wp.exp(-{damping} * {dt})"))
        )
    torqued = draw.chance(0.4)
    if torqued:
        _torqued(draw, draft, i, dt)
    scheme = draw.choice(("increment", "increment", "derivative", "midpoint", "runge_kutta", "substeps"))
    body_frame = draw.chance(0.5)
    if scheme == "increment":
        name, body, doc = draw.choice(INCREMENTS)
        step(draft, "dq", name, "w: vec3, dt: float", ["w", dt], body, "quat", doc=doc if draw.chance(0.5) else "")
        draft.code(f"q_new = {'q * dq' if body_frame else 'dq * q'}")
        if draw.chance(0.5):
            draft.code("q_new = wp.normalize(q_new)")
    elif scheme == "derivative":
        rate = "quat(w, 0.0)" if draw.chance(0.6) else "quat(w[0], w[1], w[2], 0.0)"
        draft.code(f"rate = {rate}")
        draft.code(f"q_new = wp.normalize(q + {'q * rate' if body_frame else 'rate * q'} * (0.5 * {dt}))")
    elif scheme == "substeps":
        count = draw.integer(2, 4)
        draft.code("q_new = q")
        draft.code(f"sub_dt = {dt} / {count}.0")
        update = "q_new * quat(w, 0.0)" if body_frame else "quat(w, 0.0) * q_new"
        draft.code(f"for _step in range({count}):\n    q_new = wp.normalize(q_new + {update} * (0.5 * sub_dt))".replace("_step", "substep"))
    else:
        product = "q * quat(w, 0.0)" if body_frame else "quat(w, 0.0) * q"
        draft.define("quat_derivative", "q: quat, w: vec3", f"return {product} * 0.5", "quat")
        draft.code("k1 = quat_derivative(q, w)")
        if scheme == "midpoint":
            draft.code(f"k2 = quat_derivative(wp.normalize(q + k1 * (0.5 * {dt})), w)\nq_new = wp.normalize(q + k2 * {dt})")
        else:
            draft.code(f"""
                k2 = quat_derivative(q + k1 * (0.5 * {dt}), w)
                k3 = quat_derivative(q + k2 * (0.5 * {dt}), w)
                k4 = quat_derivative(q + k3 * {dt}, w)
                q_new = wp.normalize(q + (k1 + k2 * 2.0 + k3 * 2.0 + k4) * ({dt} / 6.0))
                """)
    kept_rotation(draft, "q_new", i, ("body_rot_out", "q_out", "orientation_new", "next_rot"))
    # A torque takes the velocity to the body's axes and back: in half precision, little of a small component is left.
    if draw.chance(0.3) and not (torqued and draft.width == "float16"):
        out = draft.result(draft.name("omega_out", "world_omega", "w_new"), "vec3", "n")
        draft.code(f"{out}[{i}] = {draw.choice(('w', 'wp.quat_rotate(q_new, w)', 'wp.quat_rotate_inv(q, w)'))}")
    return draft.finish(
        draw.choice(("integrate_rotation", "integrate_orientation", "step_attitude", "update_rotations")), ["n"], sizes(draw)
    )


def _torqued(draw: Draw, draft: MirrorDraft, i: str, dt: str) -> None:
    """Changes the angular velocity by a torque, in the axes of the body (Euler's equations)."""
    draft.field("torque", "vec3", "n", names=("body_torque", "tau"))
    full = draw.chance(0.4)
    draft.field("inv_inertia", "mat33" if full else "vec3", "n", low=0.2, high=1.0, names=("body_inv_inertia", "inertia_inv"))
    draft.code(f"local_w = wp.quat_rotate_inv(q, w)\nlocal_t = wp.quat_rotate_inv(q, torque[{i}])")
    if draw.chance(0.5):
        draft.field("inertia", "vec3", "n", low=0.5, high=1.5)
        draft.code(f"local_t = local_t - wp.cross(local_w, wp.cw_mul(inertia[{i}], local_w))")
    product = f"inv_inertia[{i}] @ local_t" if full else f"wp.cw_mul(inv_inertia[{i}], local_t)"
    draft.code(f"local_w = local_w + {product} * {dt}\nw = wp.quat_rotate(q, local_w)")


def build_filter(draw: Draw, draft: MirrorDraft) -> Case:
    """One update of an attitude filter: Mahony's complementary filter, Madgwick's gradient step, or a slerp towards the accelerometer."""
    i = draw.choice(("tid", "i", "sensor"))
    draft.field("q_est", "quat", "n", domain=UnitVectors(), names=("attitude", "q", "estimate"))
    draft.field("gyro", "vec3", "n", low=-1.5, high=1.5, names=("gyro_data", "imu_gyro", "angular_rate"))
    draft.field("accel", "vec3", "n", domain=UnitVectors() if draw.chance(0.4) else Uniform(0.3, 2.0), names=("accel_data", "imu_accel"))
    draft.thread("n", "q_est", index=i, counts=("num_sensors", "n", "sensor_count"))
    dt = draft.tune(draw.choice(("dt", "sample_period", "delta_t")), 0.02, 0.2)
    draft.code(f"q_i = q_est[{i}]\nrate = gyro[{i}]\nmeasured = wp.normalize(accel[{i}])")
    # In half precision the adjoint of slerp overflows for small rotations.
    kind = draw.choice(("mahony", "mahony", "madgwick", *(["slerp"] if draft.width != "float16" else [])))
    if kind == "mahony":
        if draw.chance(0.5):
            draft.code("gravity_dir = wp.quat_rotate_inv(q_i, wp.vec3(0.0, 0.0, 1.0))".replace("wp.vec3", "vec3"))
        else:
            draft.code("""
                x = q_i[0]
                y = q_i[1]
                z = q_i[2]
                w = q_i[3]
                gravity_dir = vec3(2.0 * (x * z - w * y), 2.0 * (w * x + y * z), w * w - x * x - y * y + z * z)
                """)
        draft.code("error = wp.cross(measured, gravity_dir)")
        if draw.chance(0.4):
            draft.field("mag", "vec3", "n", domain=UnitVectors(), names=("mag_data", "magnetometer"))
            draft.code(f"""
                heading = wp.quat_rotate(q_i, mag[{i}])
                level = wp.sqrt(heading[0] * heading[0] + heading[1] * heading[1] + 0.01)
                field_dir = wp.quat_rotate_inv(q_i, vec3(level, 0.0, heading[2]))
                error = error + wp.cross(mag[{i}], field_dir)
                """)
        kp = draft.tune("kp", 0.5, 2.0)
        if draw.chance(0.5):
            ki = draft.tune("ki", 0.05, 0.3)
            draft.field("bias", "vec3", "n", low=-0.1, high=0.1, names=("gyro_bias", "integral"))
            out = draft.result("bias_out", "vec3", "n", names=("gyro_bias_new", "integral_out"))
            draft.code(f"drift = bias[{i}] + error * ({ki} * {dt})\n{out}[{i}] = drift\nrate = rate + error * {kp} + drift")
        else:
            draft.code(f"rate = rate + error * {kp}")
        draft.code(f"q_new = wp.normalize(q_i + q_i * quat(rate, 0.0) * (0.5 * {dt}))")
    elif kind == "madgwick":
        beta = draft.tune("beta", 0.05, 0.4)
        draft.code("""
            x = q_i[0]
            y = q_i[1]
            z = q_i[2]
            w = q_i[3]
            f1 = 2.0 * (x * z - w * y) - measured[0]
            f2 = 2.0 * (w * x + y * z) - measured[1]
            f3 = 2.0 * (0.5 - x * x - y * y) - measured[2]
            grad_x = 2.0 * z * f1 + 2.0 * w * f2 - 4.0 * x * f3
            grad_y = -2.0 * w * f1 + 2.0 * z * f2 - 4.0 * y * f3
            grad_z = 2.0 * x * f1 + 2.0 * y * f2
            grad_w = -2.0 * y * f1 + 2.0 * x * f2
            gradient = quat(grad_x, grad_y, grad_z, grad_w)
            """)
        draft.code(f"gradient = gradient / (wp.length(gradient) + {draw.choice(('0.01', '0.1', '0.001'))})")
        draft.code(f"q_dot = q_i * quat(rate, 0.0) * 0.5 - gradient * {beta}\nq_new = wp.normalize(q_i + q_dot * {dt})")
    else:
        alpha = draft.tune(draw.choice(("alpha", "blend", "trust")), 0.05, 0.5)
        draft.code(f"""
            predicted = q_i * wp.quat_from_axis_angle(wp.normalize(rate), wp.length(rate) * {dt})
            up = wp.quat_rotate(predicted, measured)
            tilt_axis = wp.cross(up, vec3(0.0, 0.0, 1.0))
            correction = wp.normalize(quat(tilt_axis[0], tilt_axis[1], tilt_axis[2], 1.01 + up[2]))
            """)
        end = "correction * predicted"
        draft.code(f"q_new = wp.quat_slerp(predicted, {end}, {alpha})")
    kept_rotation(draft, "q_new", i, ("q_out", "attitude_out", "estimate_new"))
    return draft.finish(f"{kind}_{draw.choice(('update', 'filter', 'step'))}", ["n"], sizes(draw))
