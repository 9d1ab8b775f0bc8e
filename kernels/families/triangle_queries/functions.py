"""Functions of kernels that query triangles and edges by plain mathematics, as code bases have them, beside what Warp has built in.

Sources: Ericson, Real-Time Collision Detection, 2005 (closest points); Moeller and Trumbore 1997 (rays); Akenine-Moeller 2001 (boxes).
"""

from __future__ import annotations

from collections.abc import Sequence

from kernels.drafting.queries.script import QueryScript
from kernels.families.triangle_queries.answers import (
    BOX_MEETS,
    DOT,
    NEAREST_POINT,
    NEEDS_NEAREST,
    NEEDS_WEIGHTS,
    PIERCED,
    RAY_HIT,
    SEGMENTS,
)

_ERICSON = """
ab = b - a
ac = c - a
ap = p - a
d1 = wp.dot(ab, ap)
d2 = wp.dot(ac, ap)
if d1 <= 0.0 and d2 <= 0.0:
    return {a}
bp = p - b
d3 = wp.dot(ab, bp)
d4 = wp.dot(ac, bp)
if d3 >= 0.0 and d4 <= d3:
    return {b}
vc = d1 * d4 - d3 * d2
if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
    v = d1 / (d1 - d3)
    return {ab}
cp = p - c
d5 = wp.dot(ab, cp)
d6 = wp.dot(ac, cp)
if d6 >= 0.0 and d5 <= d6:
    return {c}
vb = d5 * d2 - d1 * d6
if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
    w = d2 / (d2 - d6)
    return {ac}
va = d3 * d6 - d5 * d4
if va <= 0.0 and (d4 - d3) >= 0.0 and (d5 - d6) >= 0.0:
    w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
    return {bc}
denom = 1.0 / (va + vb + vc)
v = vb * denom
w = vc * denom
return {inside}
"""
_REGIONS = {
    "point": {
        "a": "a",
        "b": "b",
        "c": "c",
        "ab": "a + v * ab",
        "ac": "a + w * ac",
        "bc": "b + w * (c - b)",
        "inside": "a + ab * v + ac * w",
    },
    "weights": {
        "a": "wp.vec3(1.0, 0.0, 0.0)",
        "b": "wp.vec3(0.0, 1.0, 0.0)",
        "c": "wp.vec3(0.0, 0.0, 1.0)",
        "ab": "wp.vec3(1.0 - v, v, 0.0)",
        "ac": "wp.vec3(1.0 - w, 0.0, w)",
        "bc": "wp.vec3(0.0, 1.0 - w, w)",
        "inside": "wp.vec3(1.0 - v - w, v, w)",
    },
}
_PLANE_FIRST = """
n = wp.cross(b - a, c - a)
u = wp.dot(wp.cross(c - b, p - b), n)
v = wp.dot(wp.cross(a - c, p - c), n)
w = wp.dot(wp.cross(b - a, p - a), n)
if u >= 0.0 and v >= 0.0 and w >= 0.0:
    return p - n * (wp.dot(p - a, n) / wp.dot(n, n))
best = closest_on_segment(a, b, p)
other = closest_on_segment(b, c, p)
if wp.length_sq(other - p) < wp.length_sq(best - p):
    best = other
other = closest_on_segment(c, a, p)
if wp.length_sq(other - p) < wp.length_sq(best - p):
    best = other
return best
"""
_SEGMENTS = """
d1 = q1 - p1
d2 = q2 - p2
r = p1 - p2
a = wp.dot(d1, d1)
e = wp.dot(d2, d2)
f = wp.dot(d2, r)
c = wp.dot(d1, r)
b = wp.dot(d1, d2)
denom = a * e - b * b
s = wp.clamp((b * f - c * e) / wp.max(denom, eps), 0.0, 1.0)
t = (b * s + f) / e
if t < 0.0:
    t = 0.0
    s = wp.clamp(-c / a, 0.0, 1.0)
elif t > 1.0:
    t = 1.0
    s = wp.clamp((b - c) / a, 0.0, 1.0)
return wp.vec3(s, t, wp.length(r + d1 * s - d2 * t))
"""
_RAY = """
ab = b - a
ac = c - a
h = wp.cross(direction, ac)
det = wp.dot(ab, h)
if wp.abs(det) < 1.0e-8:
    return wp.vec3(-1.0, 0.0, 0.0)
inv = 1.0 / det
s = start - a
u = inv * wp.dot(s, h)
if u < 0.0 or u > 1.0:
    return wp.vec3(-1.0, 0.0, 0.0)
q = wp.cross(s, ab)
v = inv * wp.dot(direction, q)
if v < 0.0 or u + v > 1.0:
    return wp.vec3(-1.0, 0.0, 0.0)
t = inv * wp.dot(ac, q)
if t < 0.0:
    return wp.vec3(-1.0, 0.0, 0.0)
return wp.vec3(t, u, v)
"""
_RAY_BY_NORMAL = """
n = wp.cross(b - a, c - a)
det = -wp.dot(direction, n)
inv = 1.0 / det
ao = start - a
dao = wp.cross(ao, direction)
u = wp.dot(c - a, dao) * inv
v = -wp.dot(b - a, dao) * inv
t = wp.dot(ao, n) * inv
if t >= 0.0 and u >= 0.0 and v >= 0.0 and u + v <= 1.0:
    return wp.vec3(t, u, v)
return wp.vec3(-1.0, 0.0, 0.0)
"""
_BY_VOLUMES = """
n = wp.cross(b - a, c - a)
above = wp.dot(p - a, n)
below = wp.dot(q - a, n)
if above * below > 0.0:
    return 0
d = q - p
u = wp.dot(wp.cross(b - p, c - p), d)
v = wp.dot(wp.cross(c - p, a - p), d)
w = wp.dot(wp.cross(a - p, b - p), d)
if u >= 0.0 and v >= 0.0 and w >= 0.0:
    return 1
if u <= 0.0 and v <= 0.0 and w <= 0.0:
    return 1
return 0
"""
_BY_PLANE = """
n = wp.cross(b - a, c - a)
slope = wp.dot(q - p, n)
if wp.abs(slope) < 1.0e-9:
    return 0
t = wp.dot(a - p, n) / slope
if t < 0.0 or t > 1.0:
    return 0
at = p + t * (q - p)
if wp.dot(wp.cross(b - a, at - a), n) < 0.0:
    return 0
if wp.dot(wp.cross(c - b, at - b), n) < 0.0:
    return 0
if wp.dot(wp.cross(a - c, at - c), n) < 0.0:
    return 0
return 1
"""
_AXIS_TEST = """
pa = wp.dot(axis, a)
pb = wp.dot(axis, b)
pc = wp.dot(axis, c)
reach = half[0] * wp.abs(axis[0]) + half[1] * wp.abs(axis[1]) + half[2] * wp.abs(axis[2])
return wp.min(pa, wp.min(pb, pc)) > reach or wp.max(pa, wp.max(pb, pc)) < -reach
"""


def _add(s: QueryScript, name: str, parameters: str, text: str, doc: str = "") -> None:
    lines = [f'"""{doc}"""'] if doc else []
    lines += text.strip("\n").split("\n")
    s.definitions.append([s.spelled(line) for line in ("@wp.func", f"def {name}({parameters}):", *(f"    {line}" for line in lines))])


def _vectors(*names: str) -> str:
    return ", ".join(f"{name}: wp.vec3" for name in names)


def _answer(s: QueryScript, name: str, called: str, lines: Sequence[str], result: str, needs: Sequence[tuple[str, Sequence[str]]]) -> None:
    s.answer(name, [lines[0].replace(called, name), *lines[1:]], (result,), needs=needs)


def add_nearest_point(s: QueryScript) -> str:
    """A function (a, b, c, p) that gives the point of a triangle nearest to p. Gives its name."""
    draw = s.draw
    name = draw.choice(("closest_point_triangle", "closest_on_triangle", "triangle_closest_point", "project_to_triangle"))
    doc = draw.choice(("", "The point of triangle abc that is closest to p."))
    if draw.chance(0.6):
        _add(s, name, _vectors("a", "b", "c", "p"), _ERICSON.format(**_REGIONS["point"]), doc)
    else:
        steps = draw.choice(
            (
                "t = wp.dot(p - a, b - a) / wp.dot(b - a, b - a)\nreturn a + (b - a) * wp.clamp(t, 0.0, 1.0)",
                "ab = b - a\nt = wp.clamp(wp.dot(p - a, ab) / wp.dot(ab, ab), 0.0, 1.0)\nreturn a + ab * t",
                "ab = b - a\nt = wp.dot(p - a, ab) / wp.length_sq(ab)\nreturn wp.lerp(a, b, wp.min(wp.max(t, 0.0), 1.0))",
            )
        )
        _add(s, "closest_on_segment", _vectors("a", "b", "p"), steps)
        _add(s, name, _vectors("a", "b", "c", "p"), _PLANE_FIRST, doc)
    _answer(s, name, "nearest_point", NEAREST_POINT, "vec3", NEEDS_NEAREST)
    return name


def add_nearest_weights(s: QueryScript) -> str:
    """A function (a, b, c, p) that gives the weights of the corners in the point of a triangle nearest to p. Gives its name."""
    name = s.draw.choice(("closest_bary", "triangle_closest_point_barycentric", "barycentric_of_closest", "closest_weights"))
    _add(s, name, _vectors("a", "b", "c", "p"), _ERICSON.format(**_REGIONS["weights"]))
    *needs, (called, lines) = NEEDS_NEAREST
    _answer(s, name, called, lines, "vec3", needs)
    return name


def add_segments(s: QueryScript) -> str:
    """What gives where two segments (p1, q1, p2, q2, eps) are nearest, and how far apart: Warp's own, or a function. Gives its name."""
    if s.width == "float32" and s.draw.chance(0.8):
        _answer(s, "closest_point_edge_edge", "nearest_segments", SEGMENTS, "vec3", (("dot", DOT),))
        return "wp.closest_point_edge_edge"
    name = s.draw.choice(("closest_segments", "segment_segment", "edge_edge_distance"))
    _add(s, name, f"{_vectors('p1', 'q1', 'p2', 'q2')}, eps: {s.real.spelling}", _SEGMENTS)
    _answer(s, name, "nearest_segments", SEGMENTS, "vec3", (("dot", DOT),))
    return name


def add_ray(s: QueryScript) -> str:
    """A function (start, direction, a, b, c) that gives how far along a ray a triangle is, -1 for a miss, and the weights of b and c."""
    draw = s.draw
    name = draw.choice(("ray_triangle", "intersect_ray_tri", "hit_triangle"))
    doc = draw.choice(("", "", "Distance and barycentric coordinates of the hit; a negative distance is a miss."))
    _add(s, name, _vectors("start", "direction", "a", "b", "c"), draw.choice((_RAY, _RAY, _RAY_BY_NORMAL)), doc)
    _answer(s, name, "ray_hit", RAY_HIT, "vec3", NEEDS_WEIGHTS)
    return name


def add_crossing(s: QueryScript) -> str:
    """A function (p, q, a, b, c) that tells, as 0 or 1, whether the segment from p to q crosses a triangle. Gives its name."""
    draw = s.draw
    name = draw.choice(("segment_crosses", "crosses_triangle", "segment_triangle"))
    _add(s, name, _vectors("p", "q", "a", "b", "c"), draw.choice((_BY_VOLUMES, _BY_PLANE)))
    lines = (f"def {name}(p, q, a, b, c):", "    return pierced(a, b, c, p, q).astype(np.int32)")
    s.answer(name, lines, ("int",), needs=(*NEEDS_WEIGHTS, ("pierced", PIERCED)))
    return name


def add_box(s: QueryScript) -> str:
    """A function (center, half, a, b, c) that tells, as 0 or 1, whether a triangle meets a box. Gives its name."""
    draw = s.draw
    name = draw.choice(("triangle_box_overlap", "tri_in_box", "overlaps_box"))
    _add(s, "separates", _vectors("axis", "a", "b", "c", "half"), _AXIS_TEST)
    lines = ["u = a - center", "v = b - center", "w = c - center", "e0 = v - u", "e1 = w - v", "e2 = u - w"]
    units = ("wp.vec3(1.0, 0.0, 0.0)", "wp.vec3(0.0, 1.0, 0.0)", "wp.vec3(0.0, 0.0, 1.0)")
    products = ("wp.vec3(0.0, -{e}[2], {e}[1])", "wp.vec3({e}[2], 0.0, -{e}[0])", "wp.vec3(-{e}[1], {e}[0], 0.0)")
    axes = [*units, "wp.cross(e0, e1)", *(product.format(e=f"e{k}") for k in range(3) for product in products)]
    if draw.chance(0.5):
        axes = [*axes[4:], *axes[:4]]
    for axis in axes:
        lines += [f"if separates({axis}, u, v, w, half):", "    return 0"]
    doc = draw.choice(("", "Separating axes of a triangle and a box."))
    _add(s, name, _vectors("center", "half", "a", "b", "c"), "\n".join([*lines, "return 1"]), doc)
    _answer(s, name, "box_meets", BOX_MEETS, "int", ())
    return name
