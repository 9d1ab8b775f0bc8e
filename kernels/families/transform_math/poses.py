"""Poses as such: integration of twists, interpolation, cameras, setting of parts, and skinning."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.transform_math.frames import POSES, assembled, kept_pose, pose_source, sizes


def build_integration(draw: Draw, draft: MirrorDraft) -> Case:
    """A step of bodies with poses and twists: forces and torques, gyroscopic terms, centres of mass, damping."""
    i = draw.choice(("tid", "body", "i"))
    draft.field("body_q", "transform", "n", domain=POSES, names=("pose", "X"))
    draft.field("body_qd", "spatial_vector", "n", names=("twist", "body_vel"))
    draft.field("body_f", "spatial_vector", "n", names=("wrench", "body_force"))
    draft.field("inv_mass", "float", "n", domain=Uniform(0.3, 2.0), names=("body_inv_mass", "inv_m"))
    full = draw.chance(0.5)
    draft.field("inv_inertia", "mat33" if full else "vec3", "n", low=0.1, high=1.0, names=("body_inv_inertia", "inv_I"))
    com = draw.chance(0.5)
    if com:
        draft.field("body_com", "vec3", "n", low=-0.3, high=0.3, names=("com",))
    draft.thread("n", "body_q", index=i, counts=("body_count", "num_bodies"))
    dt = draft.tune(draw.choice(("dt", "h", "sim_dt")), 0.02, 0.1)
    parts = ("wp.transform_get_translation(q)", "wp.transform_get_rotation(q)") if draw.chance(0.6) else ("q.p", "q.q")
    draft.code(f"q = body_q[{i}]\nqd = body_qd[{i}]\nf = body_f[{i}]\nx0 = {parts[0]}\nr0 = {parts[1]}")
    draft.code("w0 = wp.spatial_top(qd)\nv0 = wp.spatial_bottom(qd)\nt0 = wp.spatial_top(f)\nf0 = wp.spatial_bottom(f)")
    if com:
        draft.code(f"x_com = x0 + wp.quat_rotate(r0, body_com[{i}])")
    gravity = draft.uniform("gravity", "vec3", Uniform(-9.0, 9.0)) if draw.chance(0.6) else "vec3(0.0, -9.81, 0.0)"
    draft.code(f"v1 = v0 + (f0 * inv_mass[{i}] + {gravity}) * {dt}")
    draft.code(f"{'x1' if not com else 'x1_com'} = {'x0' if not com else 'x_com'} + v1 * {dt}")
    draft.code("wb = wp.quat_rotate_inv(r0, w0)\ntb = wp.quat_rotate_inv(r0, t0)")
    if draw.chance(0.5):
        draft.field("inertia", "vec3", "n", domain=Uniform(0.5, 1.5), names=("body_inertia",))
        draft.code(f"tb = tb - wp.cross(wb, wp.cw_mul(inertia[{i}], wb))")
    product = f"inv_inertia[{i}] @ tb" if full else f"wp.cw_mul(inv_inertia[{i}], tb)"
    draft.code(f"w1 = wp.quat_rotate(r0, wb + {product} * {dt})\nr1 = wp.normalize(r0 + quat(w1, 0.0) * r0 * (0.5 * {dt}))")
    if com:
        draft.code(f"x1 = x1_com - wp.quat_rotate(r1, body_com[{i}])")
    if draw.chance(0.5):
        damping = draft.tune(draw.choice(("angular_damping", "damping")), 0.05, 0.5)
        draft.code(f"w1 = w1 * (1.0 - {damping} * {dt})")
    assembled(draft, "q_new", "x1", "r1")
    out = draft.result("body_q_new", "transform", "n", names=("body_q_out", "pose_out", "X_new"))
    draft.code(f"{out}[{i}] = q_new")
    if draw.chance(0.8):
        out = draft.result("body_qd_new", "spatial_vector", "n", names=("body_qd_out", "twist_out"))
        draft.code(f"{out}[{i}] = spatial_vector(w1, v1)")
    if draw.chance(0.5):
        draft.code("power = wp.spatial_dot(f, qd)")
        stored(draft, "power", "float", 10.0, i, ["n"], ("power_out", "work_rate"), share=0.3, total=0.6)
    return draft.finish(draw.choice(("integrate_bodies", "integrate_rigid_bodies", "step_bodies")), ["n"], sizes(draw))


def build_interpolation(draw: Draw, draft: MirrorDraft) -> Case:
    """Poses between two: translation by lerp, rotation by slerp or normalized lerp; or a screw motion by the relative pose."""
    i = draw.choice(("tid", "i", "frame_id"))
    array, pose_a = pose_source(draft, i, "pose_a", "X_prev", "key_a")
    _, pose_b = pose_source(draft, i, "pose_b", "X_next", "key_b")
    draft.thread("n", array, index=i, counts=("num_frames", "n"))
    if draw.chance(0.6):
        draft.field("alpha", "float", "n", domain=Uniform(0.1, 0.9), names=("t", "phase"))
        draft.code(f"s = alpha[{i}]")
    else:
        draft.code(f"s = {draft.uniform('alpha', 'float', Uniform(0.1, 0.9))}")
    if draw.chance(0.4):
        draft.code("s = s * s * (3.0 - 2.0 * s)")
    draft.code(f"Xa = {pose_a}\nXb = {pose_b}")
    if draw.chance(0.5):
        draft.code("p = wp.lerp(Xa.p, Xb.p, s)\nq = wp.quat_slerp(Xa.q, Xb.q, s)")
        assembled(draft, "X", "p", "q")
    elif draw.chance(0.5):
        step(
            draft,
            "X",
            "blend_poses",
            "a: transform, b: transform, t: float",
            ["Xa", "Xb", "s"],
            """
            p = wp.transform_get_translation(a) * (1.0 - t) + wp.transform_get_translation(b) * t
            qa = wp.transform_get_rotation(a)
            qb = wp.transform_get_rotation(b)
            if wp.dot(qa, qb) < 0.0:
                qb = -qb
            return transform(p, wp.normalize(qa * (1.0 - t) + qb * t))
            """,
            "transform",
            share=1.0,
        )
    else:
        draft.code("""
            X_rel = wp.transform_inverse(Xa) * Xb
            axis, angle = wp.quat_to_axis_angle(wp.transform_get_rotation(X_rel))
            p_part = wp.transform_get_translation(X_rel) * s
            q_part = wp.quat_from_axis_angle(axis, angle * s)
            """)
        assembled(draft, "X_part", "p_part", "q_part", 0.4)
        draft.code("X = Xa * X_part")
    kept_pose(draft, "X", i, ("pose_out", "X_out", "blended"))
    return draft.finish(draw.choice(("interpolate_poses", "blend_transforms", "mix_frames")), ["n"], sizes(draw))


def build_camera(draw: Draw, draft: MirrorDraft) -> Case:
    """Cameras: rays through pixels in the world, and points of the world projected to pixels."""
    if draw.chance(0.5):
        draft.field("cam_pose", "transform", "bodies", domain=POSES, names=("camera_X", "cam_X"))
        draft.grid(("cam", "num_cams", "bodies"), ("px", "num_pixels", "n"))
        fx = draft.tune(draw.choice(("focal", "fx")), 0.8, 2.0)
        width = draw.integer(4, 16)
        draft.code(
            f"""
            X = cam_pose[cam]
            row = px / {width}
            col = px % {width}
            u = (float(col) + 0.5) / {width}.0 - 0.5
            v = (float(row) + 0.5) / {width}.0 - 0.5
            d = wp.normalize(vec3(u, v, {"-" if draw.chance(0.5) else ""}{fx}))
            """.replace("px / ", "px // ")
        )
        ro = draft.result("ray_origin", "vec3", "bodies", "n", names=("ro", "origins"))
        rd = draft.result("ray_dir", "vec3", "bodies", "n", names=("rd", "directions"))
        draft.code(f"{ro}[cam, px] = wp.transform_get_translation(X)\n{rd}[cam, px] = wp.transform_vector(X, d)")
        return draft.finish(draw.choice(("camera_rays", "generate_rays")), ["bodies", "n"], sizes(draw, 70))
    i = draw.choice(("tid", "i", "pt"))
    draft.field("points", "vec3", "n", names=("x", "world_pos"))
    pose = draft.uniform("cam_pose", "transform", POSES, names=("camera_X",))
    draft.thread("n", "points", index=i, counts=("num_points", "n"))
    if draw.chance(0.5):
        draft.code(f"local = wp.transform_point(wp.transform_inverse({pose}), points[{i}])")
    else:
        draft.code(f"view = wp.transform_to_matrix(wp.transform_inverse({pose}))\nlocal = wp.transform_point(view, points[{i}])")
    focal = draft.tune(draw.choice(("focal", "f")), 0.8, 2.0)
    draft.code(f"depth = {draw.choice(('wp.sqrt(local[2] * local[2] + 0.5)', 'wp.max(wp.abs(local[2]), 0.3)', '4.5 + local[2]'))}")
    draft.code(f"u = {focal} * local[0] / depth\nv = {focal} * local[1] / depth")
    if draw.chance(0.5):
        out = draft.result("uv", "vec2", "n", names=("pixels", "screen"))
        draft.code(f"{out}[{i}] = vec2(u, v)")
        if draw.chance(0.5):
            stored(draft, "depth", "float", 9.0, i, ["n"], ("depth_out", "z_out"))
    else:
        draft.field("observed", "vec2", "n", names=("target_uv", "detections"))
        draft.code(f"du = u - observed[{i}][0]\ndv = v - observed[{i}][1]\nresidual = du * du + dv * dv")
        stored(draft, "residual", "float", 500.0, i, ["n"], ("residual_out", "reprojection"), total=0.6, share=0.4)
    return draft.finish(draw.choice(("project_points", "reproject", "world_to_screen")), ["n"], sizes(draw))


def build_parts(draw: Draw, draft: MirrorDraft) -> Case:
    """Transforms made and changed part by part: setters, attributes, seven numbers, identities."""
    i = draw.choice(("tid", "i", "body"))
    array, pose = pose_source(draft, i, "poses", "body_q", "X_in")
    draft.field("shifts", "vec3", "n", names=("offset", "delta", "push"))
    draft.thread("n", array, index=i, counts=("num_bodies", "n"))
    draft.code(f"X = {pose}\nd = shifts[{i}]")
    way = draw.choice(("identity set", "identity set", "identity attribute", "numbers", "rotation", "rebuild", "overwrite"))
    if way == "overwrite" and not draw.chance(0.3):
        way = "rebuild"
    if way == "identity set":
        draft.code("""
            moved = wp.transform_identity()
            wp.transform_set_translation(moved, wp.transform_get_translation(X) + d)
            wp.transform_set_rotation(moved, wp.transform_get_rotation(X))
            """)
    elif way == "identity attribute":
        draft.code("moved = wp.transform_identity()\nmoved.p = X.p + wp.quat_rotate(X.q, d)\nmoved.q = X.q")
    elif way == "numbers":
        draft.code("moved = transform(X[0] + d[0], X[1] + d[1], X[2] + d[2], X[3], X[4], X[5], X[6])")
    elif way == "rotation":
        draft.code("turn = wp.quat_from_axis_angle(wp.normalize(d), wp.length(d))")
        assembled(draft, "moved", "X.p", draw.choice(("X.q * turn", "turn * X.q")))
    elif way == "rebuild":
        draft.code(f"moved = {draw.choice(('transform(X.p + d, X.q)', 'transform(d) * X', 'X * transform(d, wp.quat_identity())'))}")
    else:
        draft.limitations.add("transform_part_overwrite")
        draft.code(f"moved = X\n{draw.choice(('moved.p = d', 'wp.transform_set_translation(moved, d)'))}")
    if draw.chance(0.5):
        draft.field("base", "transform", "n", domain=POSES, names=("X_parent", "frame"))
        draft.code(f"moved = {draw.choice((f'base[{i}] * moved', f'wp.transform_inverse(base[{i}]) * moved'))}")
    kept_pose(draft, "moved", i, ("poses_out", "body_q_out", "X_out"))
    return draft.finish(draw.choice(("shift_bodies", "update_poses", "offset_frames")), ["n"], sizes(draw))


def build_skinning(draw: Draw, draft: MirrorDraft) -> Case:
    """Linear blend skinning by transforms or 4x4 matrices, with normals, inverse bind poses, weights normalized or not."""
    i = draw.choice(("tid", "vertex", "v"))
    bones = draw.integer(2, 4)
    matrices = draw.chance(0.4)
    draft.field(
        "bone_X",
        "mat44" if matrices else "transform",
        "bodies",
        domain=Uniform(-1.0, 1.0) if matrices else POSES,
        names=("bones", "bone_pose"),
    )
    draft.field("bone_index", "int", "n", bones, below="bodies", names=("joint_ids", "influences"))
    draft.field("bone_weight", "float", "n", bones, domain=Uniform(0.1, 1.0), names=("weights", "skin_weights"))
    draft.field("rest", "vec3", "n", names=("rest_pos", "points", "bind_pos"))
    draft.thread("n", "rest", index=i, counts=("vertex_count", "num_vertices"))
    bind = not matrices and draw.chance(0.5)
    if bind:
        draft.field("bind_X", "transform", "bodies", domain=POSES, names=("inv_bind", "bind_pose"))
    normals = draw.chance(0.5)
    if normals:
        draft.field("rest_normal", "vec3", "n", domain=UnitVectors(), names=("normals",))
    normalized = draw.chance(0.5)
    draft.code("p = vec3()\n" + ("n = vec3()\n" if normals else "") + ("w_sum = float(0.0)" if normalized else ""))
    inner = [f"b = bone_index[{i}, k]", f"w = bone_weight[{i}, k]"]
    inner.append("X = bone_X[b]" + (f" * {draw.choice(('wp.transform_inverse(bind_X[b])', 'bind_X[b]'))}" if bind else ""))
    inner.append(f"p = p + wp.transform_point(X, rest[{i}]) * w" if draw.chance(0.5) else f"p += w * wp.transform_point(X, rest[{i}])")
    if normals:
        inner.append(f"n = n + wp.transform_vector(X, rest_normal[{i}]) * w")
    if normalized:
        inner.append("w_sum += w")
    draft.code(f"for k in range({bones}):\n" + "\n".join(f"    {line}" for line in inner))
    if normalized:
        draft.code("p = p / w_sum")
    stored(draft, "p", "vec3", 8.0, i, ["n"], ("skinned", "pos_out", "deformed"))
    if normals:
        out = draft.result("normal_out", "vec3", "n", names=("normals_out", "skinned_normal"))
        draft.code(f"{out}[{i}] = {draw.choice(('wp.normalize(n)', 'n', 'n / (wp.length(n) + 0.1)'))}")
    return draft.finish(draw.choice(("skin_mesh", "linear_blend_skinning", "deform_vertices")), ["n"], sizes(draw))
