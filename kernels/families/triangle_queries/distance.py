"""Points and their nearest point of a triangle: projections, distances, what is interpolated there, the nearest of a few triangles."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Corners
from kernels.drafting.mirror.steps import stored
from kernels.drafting.queries.script import QueryScript
from kernels.families.triangle_queries.functions import add_nearest_point, add_nearest_weights
from kernels.families.triangle_queries.soups import Pairing, Triangles, sizes_of

CORNERS = ("a", "b", "c")
POINTS = ("points", "particle_q", "positions", "samples", "targets")


def build_projection(s: QueryScript) -> Case:
    """Points paired with triangles: where each is nearest, how far, on which side, and what the triangle has there."""
    draw = s.draw
    faces = Triangles(s, "t", apart=draw.chance(0.3))
    pairing = Pairing(s, "m", faces.faces)
    s.field("x", "vec3", "m", domain=faces.beside(), names=POINTS)
    faces.declare(names=("verts", "vertices", "mesh_points"))
    kinds = draw.subset(("distance", "closest", "signed", "value", "weights", "within", "energy"), draw.weighted((1, 2, 3), (3, 4, 2)))
    weighted = {"value", "weights"} & {*kinds} or draw.chance(0.3)
    if "value" in kinds:
        _values(s, faces)
    pairing.start()
    s.code("p = x[i]")
    faces.load("j", CORNERS)
    if weighted:
        s.code(f"w = {add_nearest_weights(s)}(a, b, c, p)\nclosest = {draw.choice(_BLENDS)}")
    else:
        s.code(f"closest = {add_nearest_point(s)}(a, b, c, p)")
    s.code("d = p - closest\ndist = wp.length(d)")
    for kind in kinds:
        _projected(s, kind, pairing, faces)
    return s.finish(
        draw.choice(("project_points", "point_triangle_distance", "closest_points", "surface_distance")),
        pairing.extents,
        sizes_of(pairing, faces, m=(1, 6, 9)),
        doc=draw.choice(("", "", "The nearest point of a triangle for each pair.")),
    )


_BLENDS = ("w[0] * a + w[1] * b + w[2] * c", "a * w[0] + b * w[1] + c * w[2]", "a + (b - a) * w[1] + (c - a) * w[2]")


def _values(s: QueryScript, faces: Triangles) -> None:
    """What corners or faces carry."""
    base = s.draw.choice(("real", "real", "vec3"))
    size = f"{faces.letter}_verts" if faces.surface else faces.faces
    s.field("carried", base, size, names=("vertex_values", "temperature", "vertex_color", "attributes"))


def _projected(s: QueryScript, kind: str, pairing: Pairing, faces: Triangles) -> None:
    draw, at, extents = s.draw, pairing.at, pairing.extents
    if kind == "distance":
        stored(s, "dist", "float", 3.0, at, extents, ("distance_out", "gap", "distances"))
    elif kind == "closest":
        stored(s, "closest", "vec3", 1.5, at, extents, ("closest_out", "projected", "feet"))
    elif kind == "signed":
        s.code("n = wp.cross(b - a, c - a)\nheight = wp.dot(d, n)")
        s.code(draw.choice(("side = dist\nif height < 0.0:\n    side = -dist", "side = wp.where(height < 0.0, -dist, dist)")))
        stored(s, "side", "float", 3.0, at, extents, ("signed_out", "sdf", "signed_distance"))
    elif kind == "value":
        numbers = ("ia", "ib", "ic") if faces.surface else ("j", "j", "j")
        blend = " + ".join(f"carried[{number}] * w[{k}]" for k, number in enumerate(numbers)) if faces.surface else "carried[j] * w[0]"
        s.code(f"value = {blend}")
        base = "float" if s.names.values["value"].type == s.real else "vec3"
        stored(s, "value", base, 1.0, at, extents, ("value_out", "interpolated", "transferred"))
    elif kind == "weights":
        s.result("weights_out", "vec3", *extents, names=("bary_out", "barycentric", "coords_out"))
        s.code(f"weights_out[{at}] = w")
    elif kind == "within":
        s.tuning(("radius", 0.3, 1.0))
        s.result("near_count", "int", "m", role="accumulate", names=("contacts", "num_near", "touch_count"))
        if draw.chance(0.5):
            s.code("if dist < radius:\n    wp.atomic_add(near_count, i, 1)")
        else:
            s.result("depth_out", "real", *extents, names=("penetration", "depths"))
            s.code(f"depth = radius - dist\nif depth > 0.0:\n    wp.atomic_add(near_count, i, 1)\ndepth_out[{at}] = wp.max(depth, 0.0)")
    else:
        s.result("fit_out", "real", "one", role="accumulate", names=("fit_error", "total_distance", "misfit"))
        s.tuning(("falloff", 0.2, 1.0))
        terms = (
            "falloff * dist * dist",
            "falloff * wp.sqrt(dist * dist + 0.01)",
            "dist / (falloff + dist)",
            "1.0 - wp.exp(-falloff * dist * dist)",
        )
        s.code(f"wp.atomic_add(fit_out, 0, {draw.choice(terms)})")


def build_nearest(s: QueryScript) -> Case:
    """The nearest among a few candidates of each point, with gradients; or among all triangles, without."""
    draw = s.draw
    # No corners are shared: from a shared one two triangles are equally far.
    faces = Triangles(s, "t", apart=True)
    few = draw.chance(0.6)
    s.field("x", "vec3", "m", domain=faces.beside(), names=POINTS)
    faces.declare(differentiable=None if few else False)
    if few:
        number = draw.choice((2, 3, 4))
        s.field("near", "int", "m", number, indices=lambda z: Corners(z[faces.faces], number), names=("candidates", "neighbor_faces"))
    s.thread("m", "x", index="i", names=("tid", "point"), counts=("num_points", "point_count"))
    name = add_nearest_point(s)
    s.code("p = x[i]")
    head = f"for k in range({number}):\n    f = near[i, k]" if few else "for f in range(num_faces):"
    if not few:
        s.number_of("num_faces", faces.faces)
    places = draw.chance(0.5)
    measure = draw.choice(("wp.length(p - q)", "wp.length_sq(p - q)", "wp.length(q - p)"))
    body = [*faces.lines("f", CORNERS), f"q = {name}(a, b, c, p)", f"gap = {measure}"]
    body += ["if gap < best:", "    best = gap", "    nearest = f", *(["    foot = q"] if places else [])]
    start = "best = float(1.0e6)\nnearest = int(-1)" + ("\nfoot = wp.vec3()" if places else "")
    s.code(f"{start}\n{head}\n" + indent("\n".join(body), "    "))
    differentiable = None if few else False
    s.result("face_out", "int", "m", names=("nearest_face", "closest_id", "hit_face"))
    s.code("face_out[i] = nearest")
    if few and draw.chance(0.5):
        stored(s, "best", "float", 6.0, "i", ["m"], ("distance_out", "gap_out", "separation"))
    elif draw.chance(0.7) or not places:
        s.result("distance_out", "real", "m", differentiable=differentiable, names=("gap_out", "separation"))
        s.code(f"distance_out[i] = {draw.choice(('best', 'wp.min(best, 1.0)', 'best / (1.0 + best)'))}")
    if places:
        s.result("foot_out", "vec3", "m", differentiable=differentiable, names=("projected", "closest_point", "snapped"))
        s.code(f"foot_out[i] = {draw.choice(('foot', 'p + (foot - p) * 0.5', 'foot - p'))}")
    return s.finish(
        draw.choice(("nearest_triangle", "snap_points", "closest_face", "register_points")), ["m"], sizes_of(None, faces, m=(1, 11, 70))
    )
