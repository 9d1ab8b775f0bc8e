"""Bodies in maximal coordinates: their time integration, and the forces of the joints between them.

Semi-implicit Euler steps with gyroscopic terms; joints by springs and dampers along their free and locked axes.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, Rotations, Uniform, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw


def build_integration(draw: Draw, s: Script) -> Case:
    """A step of bodies with poses and twists: forces, gravity, gyroscopic torque, damping, the new rotation normalized."""
    matrices = draw.chance(0.3)
    if matrices:
        s.field("body_x", "vec3", "n", names=("xpos", "position"))
        s.field("body_r", "mat33", "n", domain=Rotations(), names=("xmat", "rotation"))
        s.field("body_v", "vec3", "n", names=("linvel", "velocity"))
        s.field("body_w", "vec3", "n", names=("angvel", "omega"))
    else:
        s.field("body_q", "transform", "n", domain=RigidTransforms(-1.0, 1.0), names=("state_q", "pose_in"))
        s.field("body_qd", "spatial_vector", "n", names=("state_qd", "twist_in"))
    s.thread("n", "body_x" if matrices else "body_q", index="tid", names=("b", "body", "i"), counts=("num_bodies", "body_count"))
    wrench = not matrices and draw.chance(0.6)
    if wrench:
        s.field("body_f", "spatial_vector", "n", names=("state_f", "wrench"))
        s.code("f = body_f[tid]\nt0 = wp.spatial_top(f)\nf0 = wp.spatial_bottom(f)")
    else:
        s.field("force", "vec3", "n", names=("body_force", "f_ext"))
        s.field("torque", "vec3", "n", names=("body_torque", "t_ext"))
        s.code("f0 = force[tid]\nt0 = torque[tid]")
    s.field("inv_mass", "real", "n", low=0.2, high=1.5, names=("body_inv_mass", "m_inv"))
    full = draw.chance(0.5)
    s.field("inertia", "mat33" if full else "vec3", "n", low=0.3, high=1.2, names=("body_inertia", "inertia_local"))
    s.field("inv_inertia", "mat33" if full else "vec3", "n", low=0.3, high=1.2, names=("body_inv_inertia", "i_inv"))
    s.tuning(("dt", 0.01, 0.1))
    s.uniform("gravity", "vec3", Uniform(-1.0, 0.5), names=("g", "gravity_vec"))
    if matrices:
        s.code("x0 = body_x[tid]\nr0 = body_r[tid]\nv0 = body_v[tid]\nw0 = body_w[tid]")
        local, world = "wp.transpose(r0) @ {0}", "r0 @ {0}"
    else:
        s.code(
            "q = body_q[tid]\nqd = body_qd[tid]\nx0 = wp.transform_get_translation(q)\n"
            "r0 = wp.transform_get_rotation(q)\nw0 = wp.spatial_top(qd)\nv0 = wp.spatial_bottom(qd)"
        )
        local, world = "wp.quat_rotate_inv(r0, {0})", "wp.quat_rotate(r0, {0})"
    offset = draw.chance(0.5)
    if offset:
        s.field("com", "vec3", "n", low=-0.2, high=0.2, names=("body_com", "center_of_mass"))
        s.code(f"c = com[tid]\nx_com = x0 + {world.format('c')}")
    else:
        s.code("x_com = x0")
    s.code("m_inv = inv_mass[tid]" if not draw.chance(0.3) else "m_inv = wp.max(inv_mass[tid], 0.0)")
    mass = "wp.where(m_inv > 0.0, 1.0, 0.0)"
    s.code(
        draw.choice(("v1 = v0 + (f0 * m_inv + gravity) * dt", f"live = {mass}\nv1 = v0 + (f0 * m_inv + gravity * live) * dt")).replace(
            "m_inv + gravity", "m_inv + gravity"
        )
    )
    s.code("x1 = x_com + v1 * dt")
    s.code(f"wb = {local.format('w0')}\ntau_b = {local.format('t0')}")
    gyro = draw.choice(("explicit", "explicit", "none", "implicit"))
    times = "{0} @ {1}" if full else "wp.cw_mul({0}, {1})"
    if gyro == "explicit":
        s.code(f"tb = tau_b - wp.cross(wb, {times.format('inertia[tid]', 'wb')})")
    elif gyro == "implicit":
        s.code(
            f"half = wb + {times.format('inv_inertia[tid]', 'tau_b')} * (0.5 * dt)\n"
            f"tb = tau_b - wp.cross(half, {times.format('inertia[tid]', 'half')})"
        )
    else:
        s.code("tb = tau_b")
    s.code(f"w_local = wb + {times.format('inv_inertia[tid]', 'tb')} * dt\nw1 = {world.format('w_local')}")
    if draw.chance(0.5):
        s.tuning(("angular_damping", 0.02, 0.3))
        s.code(draw.choice(("w1 = w1 * (1.0 - angular_damping * dt)", "w1 = w1 / (1.0 + angular_damping * dt)")))
        if draw.chance(0.4):
            s.tuning(("linear_damping", 0.02, 0.3))
            s.code("v1 = v1 * (1.0 - linear_damping * dt)")
    if matrices:
        s.code(
            draw.choice(
                (
                    "r1 = r0 + dt * (wp.skew(w1) @ r0)",
                    "angle = wp.length(w1) * dt + 0.0001\na = w1 * (dt / angle)\nk = wp.skew(a)\n"
                    "r1 = (wp.identity(n=3, dtype=float) + wp.sin(angle) * k + (1.0 - wp.cos(angle)) * (k @ k)) @ r0",
                )
            )
        )
        if draw.chance(0.5):
            s.code(
                "c0 = wp.normalize(wp.vec3(r1[0, 0], r1[1, 0], r1[2, 0]))\nc1 = wp.vec3(r1[0, 1], r1[1, 1], r1[2, 1])\n"
                "c1 = wp.normalize(c1 - c0 * wp.dot(c0, c1))\nr1 = wp.matrix_from_cols(c0, c1, wp.cross(c0, c1))"
            )
    else:
        s.code(
            draw.choice(
                (
                    "r1 = wp.normalize(r0 + wp.quat(w1[0], w1[1], w1[2], 0.0) * r0 * (0.5 * dt))",
                    "angle = wp.length(w1) * dt + 0.0001\nr1 = wp.normalize(wp.quat_from_axis_angle(w1 * (dt / angle), angle) * r0)",
                    "spin = wp.quat(w1[0], w1[1], w1[2], 0.0)\nr1 = r0 + spin * r0 * (0.5 * dt)\nr1 = wp.normalize(r1)",
                )
            )
        )
    back = world.replace("r0", "r1")
    if offset:
        s.code(f"x1 = x1 - {back.format('c')}")
    if matrices:
        for name, base, value in (("x_new", "vec3", "x1"), ("r_new", "mat33", "r1"), ("v_new", "vec3", "v1"), ("w_new", "vec3", "w1")):
            s.result(name, base, "n", names=(f"{name[0]}_out",))
            s.code(f"{name}[tid] = {value}")
    else:
        s.result("q_new", "transform", "n", names=("body_q_new", "state_q_out"))
        s.result("qd_new", "spatial_vector", "n", names=("body_qd_new", "state_qd_out"))
        s.code("q_new[tid] = wp.transform(x1, r1)\nqd_new[tid] = wp.spatial_vector(w1, v1)")
    if draw.chance(0.3):
        s.result("energy", "real", "one", role="accumulate", names=("kinetic_energy", "total_energy"))
        s.code(f"wp.atomic_add(energy, 0, 0.5 * wp.dot(v1, v1) + 0.5 * wp.dot(w_local, {times.format('inertia[tid]', 'w_local')}))")
    return s.finish(
        draw.choice(("integrate_bodies", "integrate_rigid_bodies", "semi_implicit_step")),
        ["n"],
        [{"n": n, "one": 1} for n in draw.sizes(150)],
        doc=draw.choice(("", "Semi-implicit Euler step of every body.", "")),
    )


def build_coordinates(draw: Draw, s: Script) -> Case:
    """Joint coordinates in time: one degree of freedom by its acceleration, balls and free joints by quaternions."""
    kind = draw.choice(("ball", "free", "scalar", "mixed"))
    s.tuning(("dt", 0.01, 0.1))
    if kind in ("ball", "free"):
        s.field(
            "joint_q",
            "quat" if kind == "ball" else "transform",
            "n",
            domain=UnitVectors() if kind == "ball" else RigidTransforms(-1.0, 1.0),
            names=("qpos", "q_in"),
        )
        s.field("joint_qd", "vec3" if kind == "ball" else "spatial_vector", "n", names=("qvel", "qd_in"))
        s.field("joint_qdd", "vec3" if kind == "ball" else "spatial_vector", "n", names=("qacc", "qdd_in"))
        s.thread("n", "joint_q", index="tid", names=("j", "joint", "jid"), counts=("num_joints", "joint_count"))
        s.code("qd1 = joint_qd[tid] + joint_qdd[tid] * dt")
        if draw.chance(0.4):
            s.tuning(("damping", 0.02, 0.3))
            s.code("qd1 = qd1 * (1.0 - damping * dt)")
        rotation = "joint_q[tid]" if kind == "ball" else "wp.transform_get_rotation(joint_q[tid])"
        spin = "qd1" if kind == "ball" else "wp.spatial_top(qd1)"
        s.code(f"r0 = {rotation}\nw = {spin}")
        s.code(
            draw.choice(
                (
                    "drdt = wp.quat(w[0], w[1], w[2], 0.0) * r0 * 0.5\nr1 = wp.normalize(r0 + drdt * dt)",
                    "angle = wp.length(w) * dt + 0.0001\nr1 = wp.normalize(wp.quat_from_axis_angle(w * (dt / angle), angle) * r0)",
                    "r1 = wp.normalize(r0 * wp.quat_from_axis_angle(w / (wp.length(w) + 0.0001), wp.length(w) * dt))",
                )
            )
        )
        s.result("q_new", "quat" if kind == "ball" else "transform", "n", names=("joint_q_new", "qpos_out"))
        s.result("qd_new", "vec3" if kind == "ball" else "spatial_vector", "n", names=("joint_qd_new", "qvel_out"))
        if kind == "free":
            s.code(
                "p1 = wp.transform_get_translation(joint_q[tid]) + wp.spatial_bottom(qd1) * dt\n"
                "q_new[tid] = wp.transform(p1, r1)\nqd_new[tid] = qd1"
            )
        else:
            s.code("q_new[tid] = r1\nqd_new[tid] = qd1")
        if draw.chance(0.4):
            s.field("target", "quat", "n", domain=UnitVectors(), names=("goal_rot", "rot_des"))
            s.result("error", "vec3", "n", names=("rot_error", "orientation_error"))
            s.code(
                "e = target[tid] * wp.quat_inverse(r1)\nflip = wp.where(e[3] < 0.0, -2.0, 2.0)\n"
                "error[tid] = wp.vec3(e[0], e[1], e[2]) * flip"
            )
        return s.finish(draw.choice((f"integrate_{kind}_joints", "integrate_joints")), ["n"], [{"n": n} for n in draw.sizes(180)])
    s.field("joint_q", "real", "nworld", "nv", low=-1.2, high=1.2, names=("qpos", "q_in"))
    s.field("joint_qd", "real", "nworld", "nv", names=("qvel", "qd_in"))
    s.grid(("w", "nworld", "nworld"), ("d", "nv", "nv"), array="joint_q")
    at = "w, d"
    if draw.chance(0.5):
        s.field("joint_qdd", "real", "nworld", "nv", low=-2.0, high=2.0, names=("qacc", "qdd_in"))
        s.code(f"acc = joint_qdd[{at}]")
    else:
        s.field("joint_f", "real", "nworld", "nv", low=-2.0, high=2.0, names=("qfrc", "tau"))
        s.field("armature", "real", "nv", low=0.3, high=1.5, names=("dof_armature", "joint_inertia"))
        s.code(f"acc = joint_f[{at}] / armature[d]")
    s.code(f"q0 = joint_q[{at}]\nqd0 = joint_qd[{at}]")
    s.code(
        draw.choice(
            (
                "qd1 = qd0 + dt * acc\nq1 = q0 + dt * qd1",
                "q1 = q0 + dt * qd0 + 0.5 * dt * dt * acc\nqd1 = qd0 + dt * acc",
                "mid = qd0 + 0.5 * dt * acc\nq1 = q0 + dt * mid\nqd1 = qd0 + dt * acc",
            )
        )
    )
    if kind == "mixed":
        s.field("joint_type", "int", "nv", domain=Integers(0, 3), names=("jnt_type", "dof_type"))
        s.code(
            draw.choice(
                (
                    "if joint_type[d] == 2:\n    q1 = q0\n    qd1 = 0.0",
                    "if joint_type[d] == 1:\n    if q1 > 3.14159265:\n        q1 = q1 - 6.2831853\n"
                    "    if q1 < -3.14159265:\n        q1 = q1 + 6.2831853",
                )
            )
        )
    if draw.chance(0.6):
        s.tuning(("limit", 0.6, 1.2), ("restitution", 0.05, 0.6))
        s.code(
            draw.choice(
                (
                    "if q1 > limit:\n    q1 = limit\n    qd1 = -restitution * wp.max(qd1, 0.0)\nif q1 < -limit:\n"
                    "    q1 = -limit\n    qd1 = -restitution * wp.min(qd1, 0.0)",
                    "clamped = wp.clamp(q1, -limit, limit)\nqd1 = qd1 + (clamped - q1) * restitution / dt\nq1 = clamped",
                )
            )
        )
    if draw.chance(0.4):
        s.tuning(("max_speed", 1.0, 3.0))
        s.code("qd1 = wp.clamp(qd1, -max_speed, max_speed)")
    s.result("q_new", "real", "nworld", "nv", names=("joint_q_new", "qpos_out"))
    s.result("qd_new", "real", "nworld", "nv", names=("joint_qd_new", "qvel_out"))
    s.code(f"q_new[{at}] = q1\nqd_new[{at}] = qd1")
    if draw.chance(0.4):
        s.result("energy", "real", "nworld", role="accumulate", names=("kinetic_energy", "ke_out"))
        s.code("wp.atomic_add(energy, w, 0.5 * qd1 * qd1)")
    grids = [
        {"nworld": a, "nv": b} for a, b in ((1, 1), (draw.choice((3, 5)), draw.choice((5, 7))), (draw.integer(7, 9), draw.integer(11, 13)))
    ]
    return s.finish(draw.choice(("integrate_joint_coordinates", "euler_step", "advance_joints")), ["nworld", "nv"], grids)
