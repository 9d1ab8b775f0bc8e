"""A whole step of a body in one kernel: gravity, contact of several points with the ground, drag, integration of pose and twist."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.transform_math.frames import POSES, assembled, point_velocity, sizes


def build_step(draw: Draw, draft: MirrorDraft) -> Case:
    """One step of every body on its own."""
    i = draw.choice(("tid", "body", "i"))
    draft.field("body_q", "transform", "n", domain=POSES, names=("pose", "X_wb"))
    draft.field("body_qd", "spatial_vector", "n", names=("twist", "body_vel"))
    draft.field("mass", "float", "n", domain=Uniform(0.5, 2.0), names=("body_mass", "m"))
    draft.field("half_extents", "vec3", "n", domain=Uniform(0.3, 0.8), names=("box_half", "size"))
    draft.thread("n", "body_q", index=i, counts=("body_count", "num_bodies"))
    documented = draw.chance(0.6)
    draft.define(
        "corner",
        "half: vec3, k: int",
        draw.choice(
            (
                """
                sx = float(2 * (k % 2) - 1)
                sy = float(2 * ((k // 2) % 2) - 1)
                sz = float(2 * (k // 4) - 1)
                return wp.cw_mul(vec3(sx, sy, sz), half)
                """,
                """
                c = half
                if k % 2 == 0:
                    c = vec3(-c[0], c[1], c[2])
                if (k // 2) % 2 == 0:
                    c = vec3(c[0], -c[1], c[2])
                if k // 4 == 0:
                    c = vec3(c[0], c[1], -c[2])
                return c
                """,
            )
        ),
        "vec3",
        "Corner number k of a box." if documented else "",
    )
    up, down = draw.choice((("1", "vec3(0.0, -9.81, 0.0)"), ("2", "vec3(0.0, 0.0, -9.81)")))
    ke, kd = draft.tune(draw.choice(("ke", "contact_ke")), 2.0, 8.0), draft.tune(draw.choice(("kd", "contact_kd")), 0.1, 1.0)
    dt = draft.tune(draw.choice(("dt", "sim_dt")), 0.01, 0.05)
    height = draft.tune(draw.choice(("ground", "floor_height")), -0.6, -0.1)
    friction = draw.chance(0.6)
    mu = draft.tune(draw.choice(("mu", "friction")), 0.2, 0.9) if friction else ""
    normal = "vec3(0.0, 1.0, 0.0)" if up == "1" else "vec3(0.0, 0.0, 1.0)"
    body = f"""
        depth = ground_height - p[{up}]
        if depth <= 0.0:
            return vec3()
        vn = v[{up}]
        fn = ke * depth - kd * vn
        force = {normal} * fn
        """
    if friction:
        body += f"""
        slip = v - {normal} * vn
        speed = wp.length(slip) + 0.01
        force = force - slip * (mu * wp.abs(fn) / speed)
        """
    head = "p: vec3, v: vec3, ground_height: float, ke: float, kd: float" + (", mu: float" if friction else "")
    draft.define("ground_force", head, body + "\n        return force", "vec3", "Force of the ground on a point." if documented else "")
    draft.code(f"""
        X = body_q[{i}]
        qd = body_qd[{i}]
        m = mass[{i}]
        half = half_extents[{i}]
        x = wp.transform_get_translation(X)
        q = wp.transform_get_rotation(X)
        w = wp.spatial_top(qd)
        v = wp.spatial_bottom(qd)
        """)
    speed = point_velocity(draft, "qd", "r") if draft.width == "float32" and draw.chance(0.9) else "v + wp.cross(w, r)"
    draft.code(f"""
        f_total = {down} * m
        t_total = vec3()
        for k in range({draw.choice((4, 8))}):
            r = wp.quat_rotate(q, corner(half, k))
            f = ground_force(x + r, {speed}, {height}, {ke}, {kd}{f", {mu}" if friction else ""})
            f_total = f_total + f
            t_total = t_total + wp.cross(r, f)
        """)
    if draw.chance(0.5):
        drag = draft.tune(draw.choice(("drag", "air_drag")), 0.05, 0.5)
        draft.code(f"f_total = f_total - v * {drag}" if draw.chance(0.5) else f"f_total = f_total - v * ({drag} * wp.length(v))")
    if draw.chance(0.4):
        draft.field("body_f", "spatial_vector", "n", names=("external", "wrench"))
        draft.code(f"f_total = f_total + wp.spatial_bottom(body_f[{i}])\nt_total = t_total + wp.spatial_top(body_f[{i}])")
    draft.code("""
        third = m / 3.0
        square = wp.cw_mul(half, half)
        inertia = vec3(square[1] + square[2], square[0] + square[2], square[0] + square[1]) * third
        w_local = wp.quat_rotate_inv(q, w)
        t_local = wp.quat_rotate_inv(q, t_total)
        """)
    if draw.chance(0.6):
        draft.code("t_local = t_local - wp.cross(w_local, wp.cw_mul(inertia, w_local))")
    draft.code(f"""
        v_new = v + f_total * ({dt} / m)
        w_new = wp.quat_rotate(q, w_local + wp.cw_div(t_local, inertia) * {dt})
        x_new = x + v_new * {dt}
        q_new = wp.normalize(q + quat(w_new, 0.0) * q * (0.5 * {dt}))
        """)
    assembled(draft, "X_new", "x_new", "q_new")
    out = draft.result("body_q_new", "transform", "n", names=("body_q_out", "pose_out"))
    draft.code(f"{out}[{i}] = X_new")
    out = draft.result("body_qd_new", "spatial_vector", "n", names=("body_qd_out", "twist_out"))
    draft.code(f"{out}[{i}] = spatial_vector(w_new, v_new)")
    if draw.chance(0.3):
        total = draft.result("kinetic", "float", 1, role="accumulate", names=("energy",))
        draft.code(f"wp.atomic_add({total}, 0, 0.5 * m * wp.length_sq(v_new))")
    return draft.finish(draw.choice(("step_bodies", "simulate_boxes", "advance_boxes")), ["n"], sizes(draw, 90))
