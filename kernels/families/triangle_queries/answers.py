"""What queries of triangles and edges give, in numpy, for any number of pairs at once: every feature is looked at, and the best is taken.

Kernels go through the regions of a triangle one after the other instead, and clamp; see `functions`.
"""

from __future__ import annotations

DOT = (
    "def dot(x, y):",
    "    return np.sum(x * y, axis=-1)",
)

WEIGHTS = (
    "def plane_weights(a, b, c, p):",
    '    """The weights of the corners in the foot of p in the plane of the triangle, as the areas that lie opposite."""',
    "    normal = np.cross(b - a, c - a)",
    "    opposite = [dot(np.cross(e - s, p - s), normal) for s, e in ((b, c), (c, a), (a, b))]",
    "    return np.stack(opposite, axis=-1) / dot(normal, normal)[..., None]",
)

NEAREST_WEIGHTS = (
    "def nearest_weights(a, b, c, p):",
    '    """The weights of the corners in the triangle\'s point nearest to p: by whose Voronoi region of the plane the foot is in."""',
    "    w = plane_weights(a, b, c, p)",
    "    sides = ((a, b), (b, c), (c, a))",
    "    along = [dot(p - s, e - s) / dot(e - s, e - s) for s, e in sides]",
    "    zero, one = np.zeros_like(along[0]), np.ones_like(along[0])",
    "    chosen = w",
    "    for k, t in enumerate(along):",
    "        of_edge, of_corner = (np.stack(np.roll(parts, k, axis=0), axis=-1) for parts in ((1.0 - t, t, zero), (one, zero, zero)))",
    "        on_edge = (w[..., k - 1] < 0.0) & (t > 0.0) & (t < 1.0)",
    "        at_corner = (t <= 0.0) & (along[k - 1] >= 1.0)",
    "        chosen = np.where(on_edge[..., None], of_edge, np.where(at_corner[..., None], of_corner, chosen))",
    "    return chosen",
)

NEAREST_POINT = (
    "def nearest_point(a, b, c, p):",
    "    w = nearest_weights(a, b, c, p)",
    "    return w[..., :1] * a + w[..., 1:2] * b + w[..., 2:] * c",
)

SEGMENTS = (
    "def nearest_segments(p1, q1, p2, q2, eps):",
    '    """Where two segments are nearest, and their distance: where the lines are, unless it comes nearer to stop at ends of them."""',
    "    d1, d2, r = q1 - p1, q2 - p2, p2 - p1",
    "    a, b, e, f, g = dot(d1, d1), dot(d1, d2), dot(d2, d2), dot(d1, r), dot(d2, r)",
    "    whole = a * e - b * b",
    "    s, t = (f * e - g * b) / whole, (f * b - g * a) / whole",
    "    for end in (0.0, 1.0):",
    "        out = 1.0 - 2.0 * end",
    "        here, t_here, s_here = np.full_like(whole, end), (b * end - g) / e, (b * end + f) / a",
    "        on_first = (t_here > 0.0) & (t_here < 1.0) & (out * (a * end - b * t_here - f) > 0.0)",
    "        on_second = (s_here > 0.0) & (s_here < 1.0) & (out * (e * end - b * s_here + g) > 0.0)",
    "        s, t = np.where(on_first, here, np.where(on_second, s_here, s)), np.where(on_first, t_here, np.where(on_second, here, t))",
    "        for other in (0.0, 1.0):",
    "            away = 1.0 - 2.0 * other",
    "            ends = (out * (a * end - b * other - f) > 0.0) & (away * (e * other - b * end + g) > 0.0)",
    "            s, t = np.where(ends, end, s), np.where(ends, other, t)",
    "    gap = np.linalg.norm(r + t[..., None] * d2 - s[..., None] * d1, axis=-1)",
    "    return np.stack([s, t, gap], axis=-1)",
)

PIERCED = (
    "def pierced(a, b, c, s, e):",
    '    """Whether the segment from s to e goes through a triangle: its ends lie on both sides, and it crosses the plane inside."""',
    "    normal = np.cross(b - a, c - a)",
    "    from_s, from_e = dot(s - a, normal), dot(e - a, normal)",
    "    at = s + (from_s / np.where(from_s == from_e, 1.0, from_s - from_e))[..., None] * (e - s)",
    "    return (from_s * from_e < 0.0) & np.all(plane_weights(a, b, c, at) > 0.0, axis=-1)",
)

CROSSING = (
    "def crossing(a, b, c, u, v, w):",
    '    """Whether two triangles meet: an edge of one goes through the other."""',
    "    first = [pierced(a, b, c, s, e) for s, e in ((u, v), (v, w), (w, u))]",
    "    second = [pierced(u, v, w, s, e) for s, e in ((a, b), (b, c), (c, a))]",
    "    return np.any(first + second, axis=0).astype(np.int32)",
)

RAY_HIT = (
    "def ray_hit(start, direction, a, b, c):",
    '    """How far along the ray it meets the triangle, -1 if nowhere, and the weights of b and c there."""',
    "    normal = np.cross(b - a, c - a)",
    "    t = dot(a - start, normal) / dot(direction, normal)",
    "    w = plane_weights(a, b, c, start + t[..., None] * direction)",
    "    hit = (t > 0.0) & np.all(w > 0.0, axis=-1)",
    "    return np.stack([np.where(hit, value, missed) for value, missed in ((t, -1.0), (w[..., 1], 0.0), (w[..., 2], 0.0))], axis=-1)",
)

BOX_MEETS = (
    "def box_meets(center, half, a, b, c):",
    '    """Whether a triangle meets a box: no axis of the box, normal, or product of a side and an axis has them apart."""',
    "    corners = np.stack(np.broadcast_arrays(a, b, c), axis=-2) - center[..., None, :]",
    "    sides = np.roll(corners, -1, axis=-2) - corners",
    "    across = np.cross(sides[..., :, None, :], np.eye(3, dtype=f32)).reshape(*sides.shape[:-2], 9, 3)",
    "    normal = np.cross(sides[..., :1, :], sides[..., 1:2, :])",
    "    axes = np.concatenate([across, normal, np.broadcast_to(np.eye(3, dtype=f32), sides.shape)], axis=-2)",
    "    shadow = np.sum(axes[..., None, :] * corners[..., None, :, :], axis=-1)",
    "    reach = np.sum(np.abs(axes) * half[..., None, :], axis=-1)",
    "    return np.all((shadow.min(axis=-1) < reach) & (shadow.max(axis=-1) > -reach), axis=-1).astype(np.int32)",
)

NEEDS_WEIGHTS = (("dot", DOT), ("plane_weights", WEIGHTS))
NEEDS_NEAREST = (*NEEDS_WEIGHTS, ("nearest_weights", NEAREST_WEIGHTS))
