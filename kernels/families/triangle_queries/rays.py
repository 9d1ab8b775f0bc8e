"""Rays and triangles by plain mathematics: pairs, loops over all triangles, cameras without a tree."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.queries.script import QueryScript
from kernels.families.triangle_queries.functions import add_ray
from kernels.families.triangle_queries.soups import Pairing, Triangles, sizes_of

CORNERS = ("a", "b", "c")


def _rays(s: QueryScript) -> None:
    """Declares rays: origins and directions, or origins and targets."""
    s.field("origins", "vec3", "m", low=-1.3, high=1.3, names=("ray_origin", "starts", "eyes"))
    if s.draw.chance(0.6):
        s.field("directions", "vec3", "m", domain=UnitVectors(), names=("ray_dir", "dirs"))
    else:
        s.field("targets", "vec3", "m", domain=Uniform(-0.7, 0.7), names=("look_at", "aims"))


def _ray(s: QueryScript) -> None:
    """Names the ray's `start` and `direction`."""
    s.code("start = origins[i]")
    if s.has("directions"):
        s.code("direction = directions[i]")
    else:
        s.code(s.draw.choice(("direction = targets[i] - start", "direction = wp.normalize(targets[i] - start)")))


def build_pairs(s: QueryScript) -> Case:
    """Pairs of rays and triangles: distances, hit points, shading, counts by ray and triangle."""
    draw = s.draw
    faces = Triangles(s, "t", apart=draw.chance(0.3))
    pairing = Pairing(s, "m", faces.faces)
    _rays(s)
    faces.declare(names=("verts", "vertices", "scene_points"))
    pairing.start()
    _ray(s)
    faces.load("j", CORNERS)
    s.code(f"hit = {add_ray(s)}(start, direction, a, b, c)\nt = hit[0]")
    for kind in draw.subset(("depth", "point", "weights", "count", "face", "light"), draw.weighted((1, 2, 3), (3, 4, 2))):
        _hit(s, kind, pairing, faces)
    return s.finish(
        draw.choice(("ray_triangle_pairs", "cast_candidates", "test_rays", "ray_leaf_tests")),
        pairing.extents,
        sizes_of(pairing, faces, m=(1, 6, 9)),
    )


def _hit(s: QueryScript, kind: str, pairing: Pairing, faces: Triangles) -> None:
    draw, at, extents = s.draw, pairing.at, pairing.extents
    if kind == "depth":
        s.result("depth_out", "real", *extents, names=("t_out", "depths", "hit_distance"))
        s.code(draw.choice((f"depth_out[{at}] = t", f"depth_out[{at}] = wp.max(t, 0.0)", f"depth_out[{at}] = 1.0 / (2.0 + t)")))
    elif kind == "point":
        s.result("point_out", "vec3", *extents, role="accumulate", names=("hit_points", "positions_out"))
        where = draw.choice(("start + direction * t", "a + (b - a) * hit[1] + (c - a) * hit[2]"))
        s.code(f"if t > 0.0:\n    point_out[{at}] = {where}")
    elif kind == "weights":
        s.result("weights_out", "vec3", *extents, names=("bary", "uv_out"))
        s.code(f"weights_out[{at}] = {draw.choice(('wp.vec3(1.0 - hit[1] - hit[2], hit[1], hit[2])', 'hit'))}")
    elif kind == "count":
        s.result("count", "int", "m", role="accumulate", names=("num_hits", "crossings"))
        s.code("if t >= 0.0:\n    wp.atomic_add(count, i, 1)")
    elif kind == "face":
        s.result("face_hits", "int", faces.faces, role="accumulate", names=("visible", "illuminated"))
        s.code("if t >= 0.0:\n" + indent(draw.choice(("wp.atomic_max(face_hits, j, 1)", "wp.atomic_add(face_hits, j, 1)")), "    "))
    else:
        s.result("light", "real", "m", role="accumulate", names=("radiance", "received"))
        body = ["n = wp.normalize(wp.cross(b - a, c - a))", "facing = wp.abs(wp.dot(n, direction))"]
        body.append(draw.choice(("wp.atomic_add(light, i, facing / (1.0 + t * t))", "wp.atomic_add(light, i, facing * wp.exp(-t))")))
        s.code("if t > 0.0:\n" + indent("\n".join(body), "    "))


def build_nearest(s: QueryScript) -> Case:
    """One thread for each ray, over all triangles: the first hit, counts, whether there is any."""
    draw = s.draw
    faces = Triangles(s, "t", apart=draw.chance(0.25))
    _rays(s)
    faces.declare(names=("verts", "vertices", "scene_points"))
    s.thread("m", "origins", index="i", names=("tid", "ray"), counts=("num_rays", "ray_count"))
    _ray(s)
    s.number_of("num_faces", faces.faces)
    s.alias("num_faces", "num_tris", "face_count")
    name = add_ray(s)
    lines = [*faces.lines("f", CORNERS), f"hit = {name}(start, direction, a, b, c)"]
    kind = draw.choice(("first", "first", "count", "sum"))
    if kind == "first":
        far = draw.choice(("1.0e6", "3.0"))
        lines += [
            draw.choice(("if hit[0] >= 0.0 and hit[0] < best:", "if hit[0] < best and hit[0] >= 0.0:")),
            "    best = hit[0]",
            "    face = f",
        ]
        start = f"best = float({far})\nface = int(-1)"
    elif kind == "count":
        lines += ["if hit[0] >= 0.0:", "    found += 1"]
        start = "found = int(0)"
    else:
        s.tuning(("absorb", 0.3, 1.5))
        amount = draw.choice(("absorb", "absorb * wp.exp(-hit[0])", "absorb / (1.0 + hit[0])", "absorb * (1.0 - hit[1] - hit[2])"))
        lines += ["if hit[0] >= 0.0:", f"    tau += {amount}"]
        start = "tau = float(0.0)"
    s.code(f"{start}\nfor f in range(num_faces):\n" + indent("\n".join(lines), "    "))
    if kind == "first":
        s.result("face_out", "int", "m", names=("hit_face", "primitive_id"))
        s.code("face_out[i] = face")
        if draw.chance(0.6):
            s.result("depth_out", "real", "m", differentiable=False, names=("t_out", "distance_out"))
            s.code(f"depth_out[i] = {draw.choice(('best', 'wp.min(best, 9.0)', '1.0 / (1.0 + best)'))}")
        if draw.chance(0.5):
            s.result("seen", "int", faces.faces, role="accumulate", names=("visible", "face_seen"))
            s.code("if face >= 0:\n    wp.atomic_add(seen, face, 1)")
    elif kind == "count":
        s.result("found_out", "int", "m", names=("crossings", "hit_count"))
        s.code(f"found_out[i] = {draw.choice(('found', 'found % 2', '1 - found % 2'))}")
    else:
        s.result("tau_out", "real", "m", names=("optical_depth", "absorbed"))
        s.code("tau_out[i] = tau")
    return s.finish(
        draw.choice(("brute_force_rays", "trace_triangles", "cast_rays", "first_triangle")), ["m"], sizes_of(None, faces, m=(1, 11, 70))
    )
