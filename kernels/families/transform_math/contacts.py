"""Contacts and loads on bodies: frames of shapes, velocities of points, wrenches at the origin or the centre of mass."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.transform_math.frames import POSES, point_velocity, pose_source, sizes


def build_contact(draw: Draw, draft: MirrorDraft) -> Case:
    """Penalty contact of shapes' points with the ground or a second body: depth, normal and tangential force, wrenches by atomics."""
    c = draw.choice(("tid", "contact_id", "c"))
    two = draw.chance(0.5)
    draft.field("body_q", "transform", "bodies", domain=POSES, names=("body_pose", "X_body"))
    draft.field("body_qd", "spatial_vector", "bodies", names=("body_twist", "body_vel"))
    draft.field("body_com", "vec3", "bodies", low=-0.2, high=0.2, names=("com_local",))
    half = (lambda s: Integers(0, s["bodies"] // 2)) if two else (lambda s: Integers(0, s["bodies"]))
    draft.field("contact_body", "int", "n", indices=half, names=("contact_body_a", "shape_body"))
    draft.field("contact_point", "vec3", "n", names=("contact_point_a", "local_point"))
    if two:
        draft.field("other_body", "int", "n", indices=lambda s: Integers(s["bodies"] // 2, s["bodies"]), names=("contact_body_b",))
        draft.field("other_point", "vec3", "n", names=("contact_point_b",))
        draft.field("contact_normal", "vec3", "n", domain=UnitVectors(), names=("normal",))
    draft.thread("n", "contact_body", index=c, counts=("contact_count", "num_contacts"))
    shaped = draw.chance(0.35)
    if shaped:
        draft.field("shape_transform", "transform", "n", domain=POSES, names=("X_bs", "shape_X"))
    point = f"wp.transform_point(shape_transform[{c}], contact_point[{c}])" if shaped else f"contact_point[{c}]"
    draft.code(f"""
        a = contact_body[{c}]
        X_wb = body_q[a]
        p = wp.transform_point(X_wb, {point})
        r = p - wp.transform_point(X_wb, body_com[a])
        """)
    draft.code(f"v = {point_velocity(draft, 'body_qd[a]', 'r')}")
    if two:
        draft.code(f"""
            b = other_body[{c}]
            p_b = wp.transform_point(body_q[b], other_point[{c}])
            r_b = p_b - wp.transform_point(body_q[b], body_com[b])
            v_b = {point_velocity(draft, "body_qd[b]", "r_b")}
            v = v - v_b
            n = contact_normal[{c}]
            d = wp.dot(n, p - p_b)
            """)
    else:
        up = draw.choice(("vec3(0.0, 1.0, 0.0)", "vec3(0.0, 0.0, 1.0)"))
        margin = draft.tune(draw.choice(("ground_height", "margin", "thickness")), 0.1, 0.5)
        draft.code(f"n = {up}\nd = wp.dot(n, p) - {margin}")
    ke, kd = draft.tune("ke", 1.0, 4.0), draft.tune("kd", 0.1, 0.5)
    exit_early = draw.chance(0.6)
    if exit_early:
        draft.code("if d >= 0.0:\n    return")
    draft.code(f"vn = wp.dot(n, v)\nfn = d * {ke}" + ("" if exit_early else "\nfn = wp.min(fn, 0.0)"))
    if draw.chance(0.5):
        draft.code(f"fd = {draw.choice((f'wp.min(vn, 0.0) * {kd}', f'vn * {kd}', f'{kd} * vn * wp.step(d)'))}")
    else:
        draft.mixed("fd", "float", [("vn", "float", -8.0, 8.0)], 1)
    draft.code("f_total = n * (fn + fd)")
    if draw.chance(0.6):
        mu = draft.tune(draw.choice(("mu", "friction")), 0.2, 0.8)
        step(
            draft,
            "ft",
            "friction_force",
            "slip: vec3, load: float, mu: float",
            ["v - n * vn", "fn", mu],
            "speed = wp.length(slip) + 0.01\nreturn slip * (mu * wp.abs(load) / speed)",
            "vec3",
            share=1.0,
        )
        draft.code("f_total = f_total + ft")
    out = draft.result("body_f", "spatial_vector", "bodies", role="accumulate", names=("body_force", "wrench"))
    draft.code(f"wp.atomic_sub({out}, a, spatial_vector(wp.cross(r, f_total), f_total))")
    if two:
        draft.code(f"wp.atomic_add({out}, b, spatial_vector(wp.cross(r_b, f_total), f_total))")
    return draft.finish(draw.choice(("eval_body_contacts", "contact_forces", "penalty_contact")), ["n"], sizes(draw))


def build_points(draw: Draw, draft: MirrorDraft) -> Case:
    """Points and directions between the frames of shapes, bodies and world; distances to boxes and spheres in a shape's own frame."""
    i = draw.choice(("tid", "point", "i"))
    gathered = draw.chance(0.6)
    pose = "body_q[owner_id]"
    if gathered:
        draft.field("body_q", "transform", "bodies", domain=POSES, names=("X_wb", "body_pose"))
        draft.field("owner", "int", "n", below="bodies", names=("shape_body", "body_index"))
    else:
        _, pose = pose_source(draft, i, "body_q", "X_wb", "body_pose")
    draft.field("points", "vec3", "n", low=-1.5, high=1.5, names=("x", "query", "pos"))
    draft.thread("n", "points", index=i, counts=("num_points", "n"))
    if gathered:
        draft.code(f"owner_id = owner[{i}]")
    draft.code(f"X = {pose}")
    if draw.chance(0.4):
        draft.field("shape_X", "transform", "n", domain=POSES, names=("shape_transform", "X_bs"))
        draft.code(f"X = {draw.choice((f'X * shape_X[{i}]', f'wp.transform_multiply(X, shape_X[{i}])'))}")
    way = draw.choice(("to world", "to local", "box", "sphere", "relative", "velocity", "velocity"))
    if way == "to world":
        draft.code(f"p = wp.transform_point(X, points[{i}])")
        stored(draft, "p", "vec3", 5.0, i, ["n"], ("world_points", "x_out"))
        if draw.chance(0.4):
            draft.field("normals", "vec3", "n", domain=UnitVectors())
            out = draft.result("normals_out", "vec3", "n")
            draft.code(f"{out}[{i}] = wp.transform_vector(X, normals[{i}])")
    elif way == "to local":
        draft.code(f"p = wp.transform_point(wp.transform_inverse(X), points[{i}])")
        stored(draft, "p", "vec3", 6.0, i, ["n"], ("local_points", "x_local"))
    elif way == "box":
        half = draft.uniform("half_extents", "vec3", Uniform(0.3, 0.8), names=("box_half",))
        draft.code(f"local = wp.transform_point(wp.transform_inverse(X), points[{i}])")
        draft.define(
            "box_distance",
            "p: vec3, half: vec3",
            """
            dx = wp.abs(p[0]) - half[0]
            dy = wp.abs(p[1]) - half[1]
            dz = wp.abs(p[2]) - half[2]
            outside = vec3(wp.max(dx, 0.0), wp.max(dy, 0.0), wp.max(dz, 0.0))
            return wp.length(outside + vec3(0.0001, 0.0, 0.0)) + wp.min(wp.max(dx, wp.max(dy, dz)), 0.0)
            """,
            "float",
            "Signed distance to a box around the origin.",
        )
        draft.code(f"distance = box_distance(local, {half})")
        stored(draft, "distance", "float", 6.0, i, ["n"], ("sdf_out", "distance_out"), fields=(("rest_gap", 0.1, 0.5),))
    elif way == "sphere":
        draft.field("radius", "float", "n", domain=Uniform(0.2, 0.8), names=("r",))
        draft.code(f"to_center = wp.transform_get_translation(X) - points[{i}]\ngap = wp.length(to_center) - radius[{i}]")
        stored(draft, "gap", "float", 6.0, i, ["n"], ("gap_out", "distance_out"), total=0.3)
    elif way == "velocity":
        draft.field("body_qd", "spatial_vector", "bodies" if gathered else "n", names=("body_twist", "body_vel"))
        draft.code(f"""
            twist = body_qd[{"owner_id" if gathered else i}]
            p = wp.transform_point(X, points[{i}])
            v = {point_velocity(draft, "twist", "p - wp.transform_get_translation(X)")}
            """)
        if draw.chance(0.4):
            dt = draft.tune(draw.choice(("dt", "h")), 0.02, 0.2)
            draft.code(f"p = p + v * {dt}")
            stored(draft, "p", "vec3", 6.0, i, ["n"], ("predicted", "x_next"))
        else:
            draft.code(draw.choice(("v = wp.transform_vector(wp.transform_inverse(X), v)", "v = v * 0.5", "v = v - p")))
            stored(draft, "v", "vec3", 6.0, i, ["n"], ("velocity_out", "point_v", "v_out"))
    else:
        _, frame = pose_source(draft, i, "frame", "X_other", "sensor_pose")
        draft.code(f"X_rel = wp.transform_inverse({frame}) * X\np = wp.transform_point(X_rel, points[{i}])")
        stored(draft, "p", "vec3", 8.0, i, ["n"], ("relative_points", "sensor_points"))
    return draft.finish(draw.choice(("transform_points", "map_points", "shape_points")), ["n"], sizes(draw))


def build_wrench(draw: Draw, draft: MirrorDraft) -> Case:
    """Twists and wrenches carried between frames, and their power."""
    i = draw.choice(("tid", "i", "body"))
    array, pose = pose_source(draft, i, "frames", "X_ab", "body_q", "frame_pose")
    draft.field("twist_in", "spatial_vector", "n", names=("body_qd", "twist", "velocity"))
    draft.field("wrench_in", "spatial_vector", "n", names=("body_f", "wrench", "load"))
    draft.thread("n", array, index=i, counts=("num_bodies", "n"))
    draft.code(f"X = {pose}")
    if draw.chance(0.3):
        draft.code("X = wp.transform_inverse(X)")
    single = draft.width == "float32"
    if single and draw.chance(0.75):
        draft.code(f"v = wp.transform_twist(X, twist_in[{i}])\nf = wp.transform_wrench(X, wrench_in[{i}])")
    elif draw.chance(0.25):
        draft.define(
            "carry_twist",
            "X: transform, t: spatial_vector",
            """
            q = wp.transform_get_rotation(X)
            w = wp.quat_rotate(q, wp.spatial_top(t))
            v = wp.quat_rotate(q, wp.spatial_bottom(t)) + wp.cross(wp.transform_get_translation(X), w)
            return spatial_vector(w, v)
            """,
            "spatial_vector",
        )
        draft.define(
            "carry_wrench",
            "X: transform, t: spatial_vector",
            """
            q = wp.transform_get_rotation(X)
            f = wp.quat_rotate(q, wp.spatial_bottom(t))
            n = wp.quat_rotate(q, wp.spatial_top(t)) + wp.cross(wp.transform_get_translation(X), f)
            return spatial_vector(n, f)
            """,
            "spatial_vector",
        )
        draft.code(f"v = carry_twist(X, twist_in[{i}])\nf = carry_wrench(X, wrench_in[{i}])")
    else:
        draft.code(f"""
            R = wp.quat_to_matrix(X.q)
            S = wp.skew(X.p)
            v = wp.spatial_adjoint(R, S @ R) @ twist_in[{i}]
            R_inv = wp.transpose(R)
            f = wp.transpose(wp.spatial_adjoint(R_inv, -(R_inv @ S))) @ wrench_in[{i}]
            """)
    way = draw.weighted(("power", "cross", "both", "twist"), (3, 3, 1, 1))
    if way == "power":
        draft.code(f"power = {draw.choice(('wp.spatial_dot(f, v)', 'wp.spatial_dot(v, f)', 'wp.dot(f, v)'))}")
        stored(draft, "power", "float", 60.0, i, ["n"], ("power_out", "work_rate"), total=0.5)
    elif way == "cross":
        kinds = draw.choice((("force",), ("motion",), ("force", "motion")))
        if "force" in kinds:
            out = draft.result(draft.name("bias_out", "bias_force"), "spatial_vector", "n")
            draft.code(f"{out}[{i}] = wp.spatial_cross_dual(v, f)")
        if "motion" in kinds:
            draft.field("joint_twist", "spatial_vector", "n", names=("own_twist", "v_joint"))
            out = draft.result(draft.name("bias_accel", "coriolis"), "spatial_vector", "n")
            draft.code(f"{out}[{i}] = wp.spatial_cross(v, joint_twist[{i}])")
    else:
        for name, value in (("twist_out", "v"), *([("wrench_out", "f")] if way == "both" else [])):
            out = draft.result(name, "spatial_vector", "n")
            draft.code(f"{out}[{i}] = {value}")
        if way == "twist":
            draft.code("linear = wp.spatial_bottom(v) + wp.spatial_bottom(f) * 0.1")
            stored(draft, "linear", "vec3", 6.0, i, ["n"], ("linear_out", "point_velocity"))
    return draft.finish(draw.choice(("carry_twists", "transform_wrenches", "frame_change")), ["n"], sizes(draw))


def build_inertia(draw: Draw, draft: MirrorDraft) -> Case:
    """Spatial inertia of bodies: moved to the world's frame, momentum, bias forces, energy."""
    i = draw.choice(("tid", "body", "i"))
    array, pose = pose_source(draft, i, "body_q", "X_wb", "body_pose")
    draft.field("mass", "float", "n", domain=Uniform(0.5, 2.0), names=("body_mass", "m"))
    draft.field("inertia", "vec3", "n", domain=Uniform(0.3, 1.5), names=("body_inertia", "I_diag"))
    draft.field("body_qd", "spatial_vector", "n", names=("twist", "body_vel"))
    draft.thread("n", array, index=i, counts=("body_count", "num_bodies"))
    if draw.chance(0.5):
        draft.code(f"""
            I_m = mat66()
            m = mass[{i}]
            I_b = inertia[{i}]
            for k in range(3):
                I_m[k, k] = I_b[k]
                I_m[k + 3, k + 3] = m
            """)
    else:
        draft.code(f"""
            m = mass[{i}]
            I_b = inertia[{i}]
            I_m = wp.diag(spatial_vector(I_b[0], I_b[1], I_b[2], m, m, m))
            """)
    step(
        draft,
        "A",
        "spatial_motion",
        "X: transform",
        [f"wp.transform_inverse({pose})"] if draw.chance(0.6) else [pose],
        "R = wp.quat_to_matrix(wp.transform_get_rotation(X))\nreturn wp.spatial_adjoint(R, wp.skew(wp.transform_get_translation(X)) @ R)",
        "mat66",
        share=1.0,
        doc="The matrix that carries twists by X.",
    )
    draft.code("I_s = wp.transpose(A) @ I_m @ A")
    way = draw.weighted(("momentum", "bias", "energy", "matrix"), (1, 2, 2, 1))
    draft.code(f"v = body_qd[{i}]\nh = I_s @ v")
    if way == "matrix":
        out = draft.result(draft.name("spatial_inertia", "I_out", "body_I_s"), "mat66", "n")
        draft.code(f"{out}[{i}] = I_s")
    elif way == "momentum":
        out = draft.result(draft.name("momentum", "h_out"), "spatial_vector", "n")
        draft.code(f"{out}[{i}] = h")
    elif way == "bias":
        draft.field("f_ext", "spatial_vector", "n", names=("body_f", "external"))
        gravity = draft.tune("gravity", 1.0, 9.8)
        draft.code(f"""
            f_b = wp.spatial_cross_dual(v, h)
            f_g = spatial_vector(0.0, 0.0, 0.0, 0.0, 0.0, -m * {gravity})
            """)
        out = draft.result(draft.name("body_f_out", "bias_force"), "spatial_vector", "n")
        draft.code(f"{out}[{i}] = f_b - f_ext[{i}] - f_g")
    else:
        draft.code("kinetic = 0.5 * wp.spatial_dot(v, h)")
        stored(draft, "kinetic", "float", 100.0, i, ["n"], ("energy_out", "kinetic_out"), total=0.6)
    return draft.finish(draw.choice(("compute_spatial_inertia", "spatial_momentum", "body_bias")), ["n"], sizes(draw))
