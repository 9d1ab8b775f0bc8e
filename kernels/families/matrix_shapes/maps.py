"""Cameras of 3x4 and affine maps: projections, triangulation, Jacobians, curves by a basis, images, colors."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, WellConditioned
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.matrix_shapes.factors import factored
from kernels.families.matrix_shapes.results import kept_matrix, sizes


def build_camera(draw: Draw, draft: MirrorDraft) -> Case:
    """Cameras of 3x4: projections of homogeneous points, rows of triangulation, Jacobians of 2x3, normal equations."""
    i = draw.choice(("tid", "obs", "i"))
    shared = draw.chance(0.5)
    draft.field("cameras", "mat34", 1 if shared else "n", low=-0.4, high=0.4, names=("P_in", "projection"))
    draft.field("points", "vec3", "n", names=("X_world", "landmarks"))
    draft.field("pixels", "vec2", "n", names=("uv", "measured"))
    draft.thread("n", "points", index=i, counts=("num_obs", "count"))
    draft.code(f"P = cameras[{'0' if shared else i}]\nX = points[{i}]")
    if draw.chance(0.5):
        draft.code("h = P @ vec4(X[0], X[1], X[2], 1.0)")
    else:
        draft.code("h = P[:, 0:3] @ X + P[:, 3]")
    draft.code(f"depth = h[2] + {draw.choice(('2.5', '3.0'))}")
    way = draw.choice(("project", "residual", "jacobian", "triangulate", "normal"))
    if way == "triangulate":
        draft.code(f"""
            z = pixels[{i}]
            row_u = P[2] * z[0] - P[0]
            row_v = P[2] * z[1] - P[1]
            A = wp.outer(row_u, row_u) + wp.outer(row_v, row_v)
            """)
        kept_matrix(draft, "A", 4, 4, 2.0, i, ("ata_out", "normal_out"))
    elif way in ("project", "residual"):
        draft.code("uv_hat = vec2(h[0] / depth, h[1] / depth)")
        if way == "project":
            out = draft.result("uv_out", "vec2", "n", names=("projected",))
            draft.code(f"{out}[{i}] = uv_hat")
            stored(draft, "depth", "float", 5.0, i, ["n"], ("depth_out",), share=0.4)
        else:
            loss = draw.choice(("{0}", "wp.sqrt(1.0 + {0}) - 1.0", "wp.log(1.0 + {0})")).format("wp.dot(error, error)")
            draft.code(f"error = uv_hat - pixels[{i}]\ncost = {loss}")
            stored(draft, "cost", "float", 10.0, i, ["n"], ("cost_out", "residual_out"), total=0.5)
    else:
        draft.code("""
            inv = 1.0 / depth
            D = mat23(inv, 0.0, -h[0] * inv * inv, 0.0, inv, -h[1] * inv * inv)
            J = D @ P[:, 0:3]
            """)
        if way == "jacobian":
            kept_matrix(draft, "J", 2, 3, 2.0, i, ("jacobian_out", "J_out"))
        else:
            draft.code(f"error = vec2(h[0] * inv, h[1] * inv) - pixels[{i}]\nH = wp.transpose(J) @ J\ngradient = wp.transpose(J) @ error")
            out = draft.result("gradient_out", "vec3", "n", names=("g_out",))
            draft.code(f"{out}[{i}] = gradient")
            if draw.chance(0.6):
                total = draft.result("hessian", "mat33", 1, role="accumulate", names=("H_sum",))
                draft.code(f"wp.atomic_add({total}, 0, H)")
            else:
                kept_matrix(draft, "H", 3, 3, 3.0, i, ("H_out", "hessian_block"))
    return draft.finish(f"camera_{way}", ["n"], sizes(draw))


def build_affine(draw: Draw, draft: MirrorDraft) -> Case:
    """Affine maps and curves: 3x4 maps composed and applied, 2x3 maps of images, cubic curves by a basis of 4x4, barycentric maps."""
    i = draw.choice(("tid", "i", "item"))
    way = draw.choice(("affine", "image", "curve", "barycentric", "color"))
    if way == "affine":
        draft.field("maps", "mat34", "n", names=("affine", "A_in"))
        draft.field("points", "vec3", "n", names=("rest_points", "vertices"))
        draft.thread("n", "maps", index=i, counts=("num_items", "count"))
        draft.code(f"A = maps[{i}]\nx = points[{i}]")
        draft.code(
            draw.choice(
                (
                    "y = A[:, 0:3] @ x + A[:, 3]",
                    "y = A @ vec4(x[0], x[1], x[2], 1.0)",
                    "y = vec3(wp.dot(A[0], vec4(x[0], x[1], x[2], 1.0)), A[1, 3] + x[1], A[2, 2] * x[2])",
                )
            )
        )
        if draw.chance(0.4):
            draft.code("linear = A[0:3, 0:3]\nvolume = wp.determinant(linear)\ny = y * (1.0 + 0.1 * volume)")
        stored(draft, "y", "vec3", 5.0, i, ["n"], ("y_out", "mapped"))
    elif way == "image":
        draft.field("warps", "mat23", "n", names=("affine_2d", "theta"))
        draft.field("uv", "vec2", "n", names=("coords", "pixels"))
        draft.thread("n", "warps", index=i, counts=("num_items", "count"))
        draft.code(f"T = warps[{i}]")
        if draw.chance(0.5):
            scales = draw.choice(("2.0, 0.0, 0.0, 1.0", "0.9, 0.0, 0.0, 1.8", "1.6, 0.0, 0.0, 0.7"))
            draft.code(f"A = T[:, 0:2] * {draw.choice(('0.1', '0.15', '0.2'))} + mat22({scales})")
            factored(draft, "svd2", "A")
            measures = ("sigma[0] / (sigma[1] + 0.1)", "wp.log(sigma[0])", "sigma[0] * sigma[1]", "wp.max(sigma[1], 1.0) + sigma[0]")
            draft.code(f"footprint = {draw.choice(measures)}")
            stored(draft, "footprint", "float", 9.0, i, ["n"], ("footprint_out", "level_out", "anisotropy"))
            return draft.finish("footprint_maps", ["n"], sizes(draw))
        draft.code(f"q = T @ vec3(uv[{i}][0], uv[{i}][1], 1.0)")
        draft.code(draw.choice(("value = wp.sin(3.0 * q[0]) * wp.cos(2.0 * q[1])", "value = wp.exp(-wp.dot(q, q))", "value = q[0] * q[1]")))
        stored(draft, "value", "float", 5.0, i, ["n"], ("value_out", "warped"))
        if draw.chance(0.4):
            out = draft.result("coords_out", "vec2", "n")
            draft.code(f"{out}[{i}] = q")
    elif way == "curve":
        draft.field("control", "mat43", "n", names=("control_points", "cv"))
        draft.field("t", "float", "n", domain=Uniform(0.05, 0.95), names=("parameter", "u_in"))
        draft.thread("n", "control", index=i, counts=("num_items", "count"))
        basis = draw.choice(
            (
                "mat44(1.0, 0.0, 0.0, 0.0, -3.0, 3.0, 0.0, 0.0, 3.0, -6.0, 3.0, 0.0, -1.0, 3.0, -3.0, 1.0)",
                "mat44(0.0, 1.0, 0.0, 0.0, -0.5, 0.0, 0.5, 0.0, 1.0, -2.5, 2.0, -0.5, -0.5, 1.5, -1.5, 0.5)",
            )
        )
        draft.code(f"s = t[{i}]\nbasis = {basis}\nG = control[{i}]")
        power = draw.choice(("vec4(1.0, s, s * s, s * s * s)", "vec4(0.0, 1.0, 2.0 * s, 3.0 * s * s)"))
        draft.code(f"weights = {power} @ basis\np = wp.transpose(G) @ weights" if draw.chance(0.5) else f"p = {power} @ (basis @ G)")
        stored(draft, "p", "vec3", 5.0, i, ["n"], ("curve_out", "points_out"))
    elif way == "color":
        draft.field("colors", "vec3", "n", low=0.0, high=1.0, names=("rgb", "linear_rgb"))
        draft.field("matrices", "mat33", 1, names=("color_matrix",))
        draft.thread("n", "colors", index=i, counts=("num_items", "count"))
        draft.code(f"""
            luma = wp.matrix_from_rows(vec3(0.299, 0.587, 0.114), vec3(-0.169, -0.331, 0.5), vec3(0.5, -0.419, -0.081))
            ycc = luma @ colors[{i}]
            """)
        draft.code(
            draw.choice(
                (
                    "graded = wp.transpose(luma) @ (matrices[0] @ ycc)",
                    "graded = matrices[0] @ ycc + wp.get_diag(matrices[0])",
                    "graded = ycc @ matrices[0]",
                )
            )
        )
        stored(draft, "graded", "vec3", 4.0, i, ["n"], ("graded_out", "rgb_out"))
    else:
        draft.field("corners", "mat33", "n", domain=WellConditioned(2.5), names=("tri_matrix", "vertices"))
        draft.field("points", "vec3", "n", names=("query", "x"))
        draft.thread("n", "corners", index=i, counts=("num_items", "count"))
        draft.code(f"T = wp.transpose(corners[{i}])\nbary = wp.inverse(T) @ points[{i}]")
        draft.code("spread = wp.dot(bary, bary) - bary[0] * bary[1]")
        stored(draft, "spread", "float", 10.0, i, ["n"], ("bary_out", "spread_out"))
    return draft.finish(f"{way}_maps", ["n"], sizes(draw))
