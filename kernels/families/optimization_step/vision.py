"""Estimation in space: reprojection errors of bundle adjustment, alignment of points to planes and points, graphs of poses.

Sources: Triggs et al., Bundle Adjustment: A Modern Synthesis, 2000; Chen and Medioni 1992 (point to plane); Grisetti et al. 2010
(pose graphs).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Rotations, Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.drafting.vectors import function_pair
from kernels.draw import Draw
from kernels.families.optimization_step.objectives import robust_weight
from kernels.language.types import I32, vector

TURN = "np.einsum('nij,nj->ni', {}, {})"
"""The reference's product of matrices and vectors, thread by thread."""


def build_reprojection(draw: Draw, draft: Draft) -> Case:
    """Observations against projected points: pinhole cameras with or without distortion, robust weights, costs and gradients by atomics."""
    i = draw.choice(("i", "tid", "obs"))
    draft.reserve(
        i, "cam", "pt", "X", "p", "iz", "u", "v", "ru", "rv", "r2", "d", "R", "f", "r", "cost", "gx", "gp", "n", "depth", "q", "size", "w"
    )
    camera = draft.array(draft.name("camera_id", "cam_idx"), I32, "n", domain=lambda s: Integers(0, s["cams"]))
    point = draft.array(draft.name("point_id", "pt_idx"), I32, "n", domain=lambda s: Integers(0, s["points"]))
    points = draft.array(draft.name("points", "landmarks"), draft.vector, "points")
    style = draw.choice(("matrix", "axis_angle", "translation"))
    if style == "matrix":
        rotation = draft.array(draft.name("rotations", "R_cam"), draft.matrix, "cams", domain=Rotations())
    elif style == "axis_angle":
        rotation = draft.array(draft.name("axis_angle", "omega_cam"), draft.vector, "cams", low=0.2, high=0.9)
    translation = draft.array(draft.name("translations", "t_cam"), draft.vector, "cams", low=-0.3, high=0.3)
    observed = [draft.array(name, draft.real, "n") for name in draw.choice((("u_obs", "v_obs"), ("px", "py")))]
    distorted = draw.choice(("none", "one", "two"))
    own_focal = draw.chance(0.5)
    if style == "axis_angle":
        # Rodrigues' formula: p cos a + (k x p) sin a + k (k . p) (1 - cos a).
        function_pair(
            draft,
            "rotate",
            [("w", draft.vector), ("p", draft.vector)],
            [
                "a = wp.length(w)",
                "k = w / {a}",
                "c = wp.cos(a)",
                "s = wp.sin(a)",
                "along = wp.dot(k, p) * (1.0 - c)",
                "return {c} * p + {s} * wp.cross(k, p) + {along} * k",
            ],
            draft.vector,
        )
    with draft.threads((i, "n", camera, 0)):
        draft.line(f"cam = {camera}[{i}]", f"pt = {point}[{i}]", f"X = {points}[pt]")
        draft.numpy(f"cam, pt = {camera}, {point}", f"X = {points}[pt]")
        if style == "matrix":
            draft.line(f"p = {rotation}[cam] @ X + {translation}[cam]")
            draft.numpy(f"p = {TURN.format(f'{rotation}[cam]', 'X')} + {translation}[cam]")
        elif style == "axis_angle":
            draft.both(f"p = rotate({rotation}[cam], X) + {translation}[cam]")
        else:
            draft.both(f"p = X + {translation}[cam]")
        distance = draft.knob(draft.name("distance", "standoff"), 4.0, 6.0).numpy()
        # The cameras look along z from a distance: depths are positive.
        draft.warp_formula(f"depth = p[2] + {distance}")
        draft.numpy(f"depth = p[:, 2] + {distance}")
        if own_focal:
            focal = draft.array(draft.name("focal", "f_cam"), draft.real, "cams", low=0.8, high=1.5)
            draft.line(f"f = {focal}[cam]")
            draft.numpy(f"f = {focal}[cam]")
            f = "f"
        else:
            f = draft.knob("focal_length", 0.8, 1.5).numpy()
        draft.warp_formula("iz = 1.0 / depth", "u = p[0] * iz", "v = p[1] * iz")
        draft.numpy("iz = 1.0 / depth", "u, v = p[:, 0] * iz, p[:, 1] * iz")
        if distorted != "none":
            k1 = draft.knob(draft.name("k1", "radial"), -0.2, 0.2).numpy()
            draft.formula("r2 = u * u + v * v")
            if distorted == "two":
                k2 = draft.knob(draft.name("k2", "radial2"), -0.1, 0.1).numpy()
                draft.formula(f"d = 1.0 + r2 * ({k1} + {k2} * r2)")
            else:
                draft.formula(f"d = 1.0 + {k1} * r2")
            draft.formula("u = d * u", "v = d * v")
        f_text = f if f[0].isalpha() else draft.warp(f)
        draft.line(f"ru = {f_text} * u - {observed[0]}[{i}]", f"rv = {f_text} * v - {observed[1]}[{i}]")
        draft.numpy(f"ru, rv = {f} * u - {observed[0]}, {f} * v - {observed[1]}")
        draft.formula("r = wp.sqrt(ru * ru + rv * rv + 0.0001)")
        weight = robust_weight(draft, "r", optional=0.6)
        factor = f"{weight} * " if weight else ""
        goal = draw.choice(("residuals", "cost", "gradient", "both"))
        if goal in ("residuals", "both"):
            out = draft.output(draft.name("residuals", "errors"), draft.real, "n", 2)
            draft.line(f"{out}[{i}, 0] = {factor}ru", f"{out}[{i}, 1] = {factor}rv")
            draft.numpy(f"{out} = np.stack(({factor}ru, {factor}rv), axis=1)")
        if goal in ("cost", "both"):
            per_camera = draw.chance(0.5)
            draft.formula(f"cost = 0.5 * {factor}(ru * ru + rv * rv)")
            out = draft.output(draft.name("cost_out", "loss"), draft.real, "cams" if per_camera else 1, role="accumulate")
            draft.line(f"wp.atomic_add({out}, {'cam' if per_camera else '0'}, cost)")
            draft.numpy(
                *(
                    (f"{out} = np.zeros_like({out})", f"np.add.at({out}, cam, cost)")
                    if per_camera
                    else (f"{out} = np.sum(cost).reshape(1)",)
                )
            )
            if draw.chance(0.4):
                finish(draft, draft.known("cost", draft.real, 0.0, 9.0), ("cost_of", "energy_of"), i, ("n",), share=0.4, total=0.0)
        if goal == "gradient":
            # The gradient of half the squared error by the point in the camera's frame, without distortion.
            draft.formula(
                f"gx = {f} * ru * iz" if not weight else f"gx = {weight} * {f} * ru * iz",
                f"gp = {f} * rv * iz" if not weight else f"gp = {weight} * {f} * rv * iz",
            )
            draft.formula("q = -(gx * u + gp * v)")
            out = draft.output(draft.name("point_grad", "grad_points"), draft.vector, "points", role="accumulate")
            draft.line(f"wp.atomic_add({out}, pt, {draft.vector.spelling}(gx, gp, q))")
            draft.numpy(f"{out} = np.zeros_like({out})", f"np.add.at({out}, pt, np.stack((gx, gp, q), axis=1))")
    sizes = [{"n": n, "cams": n // 8 + 1, "points": n // 4 + 1} for n in draw.sizes(100)]
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"reprojection_{goal}", "bundle_residuals", f"camera_{goal}")), ["n"], sizes)


def build_alignment(draw: Draw, draft: Draft) -> Case:
    """Alignment of point sets: point-to-plane normal equations of six unknowns, point-to-point moments, distances under a rigid motion."""
    kind = draw.choice(("plane", "plane", "moments", "distance", "colour"))
    i = draw.choice(("i", "tid", "k"))
    draft.reserve(
        i, "j", "p", "q", "n_hat", "c", "r", "a", "b", "row", "moved", "weight", "cost", "n", "size", "inside", "w", "d", "turned", "match"
    )
    source = draft.array(draft.name("source", "scan"), draft.vector, "n")
    target = draft.array(draft.name("target_points", "model_points"), draft.vector, "m")
    match = draft.array(draft.name("match", "nearest"), I32, "n", domain=lambda s: Integers(0, s["m"]))
    normals = (
        draft.array(draft.name("normals", "target_normals"), draft.vector, "m", domain=UnitVectors())
        if kind in ("plane", "distance")
        else ""
    )
    rigid = draw.choice(("matrix", "translation", "small"))
    if rigid == "matrix":
        draft.value("rotation", draft.matrix, Rotations())
    elif rigid == "small":
        draft.value("omega", draft.vector, Uniform(-0.2, 0.2))
    draft.value("translation", draft.vector, Uniform(-0.5, 0.5))
    with draft.threads((i, "n", source, 0)):
        draft.line(f"j = {match}[{i}]")
        valid = draw.chance(0.3)
        if valid:
            # A match of zero counts as none.
            with draft.block("if j == 0:"):
                draft.line("return")
        draft.line(f"p = {source}[{i}]", f"q = {target}[j]")
        draft.numpy(f"p, q, use = {source}, {target}[{match}], {match} {'> 0' if valid else '>= 0'}")
        if rigid == "matrix":
            draft.line("turned = rotation @ p")
            draft.numpy("turned = p @ rotation.T")
        elif rigid == "small":
            draft.line("turned = p + wp.cross(omega, p)")
            draft.numpy("turned = p + np.cross(omega, p)")
        else:
            draft.both("turned = p")
        draft.both("moved = turned + translation", "d = moved - q")
        if kind in ("plane", "distance"):
            draft.line(f"n_hat = {normals}[j]", "r = wp.dot(n_hat, d)")
            draft.numpy(f"n_hat = {normals}[{match}]", "r = np.sum(n_hat * d, axis=1)")
        else:
            draft.line("r = wp.length(d)")
            draft.numpy("r = np.linalg.norm(d, axis=1)")
        weight = robust_weight(draft, "r", optional=0.5)
        factor = f"{weight} * " if weight else ""
        if kind == "plane":
            vec6 = vector(draft.width, 6)
            draft.line("c = wp.cross(turned, n_hat)", f"row = {vec6.spelling}(c[0], c[1], c[2], n_hat[0], n_hat[1], n_hat[2])")
            draft.numpy("rows = np.concatenate([np.cross(turned, n_hat), n_hat], axis=1)")
            normal, right = (
                draft.output(draft.name("JtJ", "A_out"), draft.real, 6, 6, role="accumulate"),
                draft.output(draft.name("Jtr", "b_out"), draft.real, 6, role="accumulate"),
            )
            half = draw.chance(0.6)
            with draft.block("for a in range(6):"):
                draft.line(f"wp.atomic_add({right}, a, -{factor}row[a] * r)")
                with draft.block("for b in range(6):"):
                    if half:
                        with draft.block("if b >= a:"):
                            draft.line(f"wp.atomic_add({normal}, a, b, {factor}row[a] * row[b])")
                    else:
                        draft.line(f"wp.atomic_add({normal}, a, b, {factor}row[a] * row[b])")
            weights = f"np.where(use, {weight}, 0.0)" if weight else "use"
            draft.numpy(
                f"{normal} = (rows * {weights}[:, None]).T @ rows",
                *([f"{normal} = np.triu({normal})"] if half else []),
                f"{right} = -(rows * {weights}[:, None]).T @ r",
            )
        elif kind == "moments":
            center, moment = (
                draft.output("center_sum", draft.vector, 2, role="accumulate"),
                draft.output("cross_covariance", draft.matrix, 1, role="accumulate"),
            )
            count = draft.output("weight_sum", draft.real, 1, role="accumulate")
            w = weight or f"{draft.real.spelling}(1.0)"
            draft.line(
                f"w = {w}",
                f"wp.atomic_add({center}, 0, w * moved)",
                f"wp.atomic_add({center}, 1, w * q)",
                f"wp.atomic_add({moment}, 0, w * wp.outer(moved, q))",
                f"wp.atomic_add({count}, 0, w)",
            )
            draft.numpy(
                f"w = np.where(use, {weight or 'np.ones_like(r)'}, 0.0)",
                f"{center} = np.stack((w @ moved, w @ q))",
                f"{moment} = ((w[:, None] * moved).T @ q)[None]",
                f"{count} = np.sum(w).reshape(1)",
            )
        else:
            draft.formula(f"cost = {factor}r * r")
            if kind == "colour":
                shade_a, shade_b = (
                    draft.array("source_shade", draft.real, "n", low=0.0),
                    draft.array("target_shade", draft.real, "m", low=0.0),
                )
                mix = draft.knob(draft.name("mix", "photometric"), 0.2, 0.8).numpy()
                draft.line(f"size = {shade_a}[{i}] - {shade_b}[j]")
                draft.numpy(f"size = {shade_a} - {shade_b}[{match}]")
                draft.formula(f"cost = (1.0 - {mix}) * cost + {mix} * size * size")
            total = draft.output(draft.name("error_sum", "loss"), draft.real, 1, role="accumulate")
            inliers = draft.output("inliers", I32, 1, role="accumulate")
            bound = draft.knob(draft.name("max_distance", "gate"), 0.5, 1.5)
            with draft.block(f"if wp.abs(r) < {bound.warp()}:"):
                draft.line(f"wp.atomic_add({total}, 0, cost)", f"wp.atomic_add({inliers}, 0, 1)")
            draft.numpy(
                f"inside = use & (np.abs(r) < {bound.numpy()})",
                f"{total} = np.sum(np.where(inside, cost, 0.0)).reshape(1)",
                f"{inliers} = np.sum(inside).astype(np.int32).reshape(1)",
            )
    sizes = [{"n": n, "m": n // 3 + 2} for n in draw.sizes(100)]
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"icp_{kind}", f"align_{kind}", f"register_{kind}")), ["n"], sizes)
