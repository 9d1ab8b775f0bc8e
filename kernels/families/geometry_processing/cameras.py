"""Cameras: projection and unprojection, rays of pixels, depth images and their points and normals, culling by planes of the view.

Sources: Hartley and Zisserman, Multiple View Geometry, 2004; Gribb and Hartmann 2001 (planes of the view).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Rotations, Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import pair, vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import finish_measure
from kernels.language.types import I32


def _pose(draw: Draw, draft: Draft) -> tuple[str, str]:
    """Declares a camera's pose as values; returns the rotation's and the center's names, either perhaps empty."""
    rotation = draft.value(draft.name("view_rotation", "R_view"), draft.matrix, Rotations()) if draw.chance(0.6) else ""
    center = draft.value(draft.name("eye", "camera_pos"), draft.vector, Uniform(-0.3, 0.3)) if not rotation or draw.chance(0.7) else ""
    return rotation, center


def _to_camera(draft: Draft, rotation: str, center: str, point: str, local: str) -> None:
    """Names a point in the camera's frame in both."""
    text = f"({point} - {center})" if center else point
    draft.line(f"{local} = {rotation} @ {text}" if rotation else f"{local} = {text.strip('()')}")
    draft.numpy(f"{local} = {text} @ {rotation}.T" if rotation else f"{local} = {text.strip('()')}")


def build_projection(draw: Draw, draft: Draft) -> Case:
    """Points to pixels: pinhole, with distortion, fisheye, orthographic, equirectangular; visibility, depth tests and counts."""
    kind = draw.choice(("pinhole", "pinhole", "distorted", "fisheye", "orthographic", "panorama"))
    i = draw.choice(("i", "tid", "p"))
    draft.reserve(i, "x", "q", "z", "u", "v", "iz", "r2", "r", "theta", "scale", "inside", "pixel", "n", "px", "py", "value", "d")
    points = draft.array(draft.name("points", "world_points"), draft.vector, "n")
    rotation, center = _pose(draw, draft)
    values = draft.parameters(("fx", 0.8, 1.4), ("fy", 0.8, 1.4), ("cx", 0.4, 0.6), ("cy", 0.4, 0.6), struct="Camera")
    fx, fy, cx, cy = (values[k].name for k in ("fx", "fy", "cx", "cy"))
    with draft.threads((i, "n", points, 0)):
        draft.line(f"x = {points}[{i}]")
        draft.numpy(f"x = {points}")
        _to_camera(draft, rotation, center, "x", "q")
        if kind == "panorama":
            vector_formula(
                draft,
                "r = wp.sqrt(wp.dot(q, q) + 0.05)",
                "u = wp.atan2(q[0], q[2]) / 6.2831853",
                "v = wp.asin(wp.clamp(q[1] / r, -0.98, 0.98)) / 3.1415927",
            )
        else:
            distance = draft.knob(draft.name("standoff", "distance"), 2.5, 4.0).numpy()
            vector_formula(draft, f"z = q[2] + {distance}")
            if kind == "orthographic":
                vector_formula(draft, "u = q[0]", "v = q[1]")
            else:
                vector_formula(draft, "iz = 1.0 / z", "u = q[0] * iz", "v = q[1] * iz")
            if kind == "distorted":
                k1 = draft.knob("k1", -0.2, 0.2).numpy()
                vector_formula(draft, "r2 = u * u + v * v", f"scale = 1.0 + {k1} * r2 + 0.05 * r2 * r2", "u = scale * u", "v = scale * v")
                if draw.chance(0.4):
                    p1 = draft.knob("p1", -0.05, 0.05).numpy()
                    vector_formula(draft, f"d = 2.0 * {p1} * u * v", "u = u + d", "v = v + d")
            elif kind == "fisheye":
                vector_formula(
                    draft,
                    "r = wp.sqrt(u * u + v * v + 0.001)",
                    "theta = wp.atan(r)",
                    "scale = theta * (1.0 + 0.05 * theta * theta) / r",
                    "u = scale * u",
                    "v = scale * v",
                )
        draft.formula(f"px = {fx} * u + {cx}", f"py = {fy} * v + {cy}")
        outs = draw.choice(("two", "vec2", "image"))
        if outs == "vec2":
            out = draft.output(draft.name("pixels", "uv_out"), pair(draft), "n")
            draft.line(f"{out}[{i}] = {pair(draft).spelling}(px, py)")
            draft.numpy(f"{out} = np.stack((px, py), axis=1)")
        elif outs == "two":
            for local, name in (("px", "u_out"), ("py", "v_out")):
                finish_measure(draft, draft.known(local, draft.real, -2.0, 3.0), (name,), i, ("n",), share=0.2, total=0.0)
        else:
            draft.formula("value = (px - 0.5) * (px - 0.5) + (py - 0.5) * (py - 0.5)")
            finish_measure(draft, draft.known("value", draft.real, 0.0, 9.0), ("off_center", "vignette"), i, ("n",), share=0.7)
        if draw.chance(0.5):
            low, high = draft.number(0.0), draft.number(1.0)
            draft.line(f"inside = wp.where(px > {low} and px < {high} and py > {low} and py < {high}, 1, 0)")
            draft.numpy("inside = ((px > 0.0) & (px < 1.0) & (py > 0.0) & (py < 1.0)).astype(np.int32)")
            if draw.chance(0.5):
                draft.store(draft.output("visible", I32, "n"), i, "inside")
            else:
                count = draft.output("visible_count", I32, 1, role="accumulate")
                draft.line(f"wp.atomic_add({count}, 0, inside)")
                draft.numpy(f"{count} = np.sum(inside).astype(np.int32).reshape(1)")
        if kind == "orthographic" or (kind != "panorama" and draw.chance(0.4)):
            finish_measure(draft, draft.known("z", draft.real, 0.5, 6.0), ("depth_out", "z_out"), i, ("n",), share=0.4, total=0.0)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"project_{kind}", f"{kind}_camera", "project_points")), ["n"], [{"n": n} for n in draw.sizes(150)])


def build_unprojection(draw: Draw, draft: Draft) -> Case:
    """Pixels to space: rays through pixels, points of a depth image, normals from neighbours' points, disparity to depth."""
    kind = draw.choice(("rays", "points", "normals", "disparity", "jitter"))
    i, j = draw.choice((("i", "j"), ("row", "col"), ("y", "x_px")))
    draft.reserve(
        i,
        j,
        "u",
        "v",
        "d",
        "p",
        "ray",
        "size",
        "z",
        "right",
        "down",
        "du",
        "dv",
        "normal",
        "rows",
        "cols",
        "at_i",
        "at_j",
        "value",
        "moved",
        "px",
        "py",
        "dr",
        "dd",
    )
    values = draft.parameters(("fx", 4.0, 8.0), ("fy", 4.0, 8.0), ("cx", 2.0, 5.0), ("cy", 2.0, 5.0), struct="Intrinsics")
    fx, fy, cx, cy = (values[k].name for k in ("fx", "fy", "cx", "cy"))
    real, precision = draft.real.spelling, draft.precision
    depth = draft.array(
        draft.name("disparity", "shift_image") if kind == "disparity" else draft.name("depth", "z_image"),
        draft.real,
        "rows",
        "cols",
        low=0.5,
        high=2.0,
    )
    rotation = draft.value("camera_to_world", draft.matrix, Rotations()) if draw.chance(0.5) else ""
    here = f"{i}, {j}"
    vec = draft.vector.spelling
    half = draft.number(0.5)
    with draft.threads((i, "rows", depth, 0), (j, "cols", depth, 1)):
        if kind == "jitter":
            jitter = draft.array(draft.name("jitter", "subpixel"), draft.real, "rows", "cols", domain=Uniform(0.05, 0.95))
            draft.line(f"px = {real}({j}) + {jitter}[{here}]", f"py = {real}({i}) + {jitter}[{here}]")
            draft.numpy(
                f"px = np.arange(dim[1]).astype({precision}) + {jitter}", f"py = np.arange(dim[0])[:, None].astype({precision}) + {jitter}"
            )
        else:
            draft.line(f"px = {real}({j}) + {half}", f"py = {real}({i}) + {half}")
            draft.numpy(
                f"px = np.arange(dim[1]).astype({precision}) + {precision}(0.5) + np.zeros_like({depth})",
                f"py = np.arange(dim[0])[:, None].astype({precision}) + {precision}(0.5) + np.zeros_like({depth})",
            )
        draft.formula(f"u = (px - {cx}) / {fx}", f"v = (py - {cy}) / {fy}")
        draft.line(f"d = {depth}[{here}]")
        draft.numpy(f"d = {depth}")
        if kind == "disparity":
            base = draft.knob(draft.name("baseline", "stereo_base"), 0.1, 0.5).numpy()
            draft.formula(f"d = {base} * {fx} / d")
        if kind in ("rays", "jitter"):
            draft.line(f"ray = {vec}(u, v, {draft.number(1.0)})")
            draft.numpy("ray = np.stack((u, v, np.ones_like(u)), axis=-1)")
            vector_formula(draft, "size = wp.length(ray)", "p = ray / {size}")
            vector_formula(draft, "p = {d} * p")
        elif kind == "normals":
            rows, cols = draft.extent("rows", depth, 0), draft.extent("cols", depth, 1)
            draft.line(
                f"at_j = wp.min({j} + 1, {cols} - 1)",
                f"at_i = wp.min({i} + 1, {rows} - 1)",
                f"dr = {depth}[{i}, at_j] - d",
                f"dd = {depth}[at_i, {j}] - d",
            )
            draft.numpy("dr = np.diff(d, axis=1, append=d[:, -1:])", "dd = np.diff(d, axis=0, append=d[-1:])")
            draft.line(f"right = {vec}(d / {fx} + u * dr, v * dr, dr)", f"down = {vec}(u * dd, d / {fy} + v * dd, dd)")
            draft.numpy(
                f"right = np.stack((d / {fx} + u * dr, v * dr, dr), axis=-1)", f"down = np.stack((u * dd, d / {fy} + v * dd, dd), axis=-1)"
            )
            vector_formula(draft, "normal = wp.cross(right, down)", "size = wp.length(normal) + 0.001", "p = normal / {size}")
        else:
            draft.line(f"p = {vec}(u * d, v * d, d)")
            draft.numpy("p = np.stack((u * d, v * d, d), axis=-1)")
        if rotation:
            draft.line(f"p = {rotation} @ p")
            draft.numpy(f"p = p @ {rotation}.T")
        if draw.chance(0.5):
            draft.value("origin", draft.vector, Uniform(-0.5, 0.5))
            vector_formula(draft, "p = p + origin")
        if draw.chance(0.7):
            draft.store(draft.output(draft.name("points_out", "vectors_out"), draft.vector, "rows", "cols"), here, "p")
        else:
            draft.value("light", draft.vector, UnitVectors())
            vector_formula(draft, "value = wp.dot(p, light)")
            finish_measure(draft, draft.known("value", draft.real, -4.0, 4.0), ("shade", "height_out"), here, ("rows", "cols"), share=0.8)
    drop_idle_locals(draft)
    sizes = [{"rows": r, "cols": c} for r, c in ((1, 1), (5, 7), (draw.integer(8, 10), draw.choice((11, 13))))]
    return draft.case(draw.choice((f"camera_{kind}", f"unproject_{kind}", f"{kind}_from_pixels")), ["rows", "cols"], sizes)
