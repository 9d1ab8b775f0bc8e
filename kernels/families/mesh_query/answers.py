"""What a mesh query gives, in numpy: every triangle, edge and corner is looked at, for all points or rays at once.

Points may have any leading axes. Triangles are along the axis before the last. Barycentric weights `u` and `v` belong to a triangle's
first two corners. Distances to triangles: Ericson, Real-Time Collision Detection (2005); rays: Moeller and Trumbore (1997); winding
numbers: Van Oosterom and Strackee (1983).
"""

from __future__ import annotations

from collections.abc import Sequence

CORNERS = (
    "def corners(mesh):",
    "    return np.moveaxis(mesh.points[mesh.indices.reshape(-1, 3)], 1, 0)",
)

WEIGHTS = (
    "def weights(a, b, c, q):",
    '    """The barycentric weights of the foot of q in the plane of each triangle."""',
    "    ab, ac = b - a, c - a",
    "    d1, d3, d5 = (np.sum(ab * (q - tip), axis=-1) for tip in (a, b, c))",
    "    d2, d4, d6 = (np.sum(ac * (q - tip), axis=-1) for tip in (a, b, c))",
    "    of_a, of_b, of_c = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2",
    "    total = of_a + of_b + of_c",
    "    v, w = of_b / total, of_c / total",
    "    return 1.0 - v - w, v, w",
)

CLOSEST_POINT = (
    "def closest_point(mesh, p):",
    '    """The point of the mesh nearest to p: within a face, on an edge, or a corner, whichever of all these is nearest."""',
    "    triangles = mesh.indices.reshape(-1, 3)",
    "    sides = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)",
    "    start, end = np.moveaxis(mesh.points[np.unique(sides, axis=0)], 1, 0)",
    "    a, b, c = corners(mesh)",
    "    q = p[..., None, :]",
    "    u, v, w = weights(a, b, c, q)",
    "    along = end - start",
    "    t = np.sum((q - start) * along, axis=-1) / np.sum(along * along, axis=-1)",
    "    within = u[..., None] * a + v[..., None] * b + (1.0 - u - v)[..., None] * c",
    "    beside = (1.0 - t)[..., None] * start + t[..., None] * end",
    "    at = np.broadcast_to(mesh.points, (*p.shape[:-1], *mesh.points.shape))",
    "    points = np.concatenate([within, beside, at], axis=-2)",
    "    inside = (u > 0.0) & (v > 0.0) & (w > 0.0)",
    "    valid = np.concatenate([inside, (t > 0.0) & (t < 1.0), np.ones(at.shape[:-1], bool)], axis=-1)",
    "    gap = np.where(valid, np.sum(np.square(points - q), axis=-1), np.inf)",
    "    best = gap.argmin(axis=-1)",
    "    return np.take_along_axis(points, best[..., None, None], axis=-2)[..., 0, :]",
)

CLOSEST_FACE = (
    "def closest_face(mesh, p):",
    '    """The face nearest to p, and the weights of its first two corners in its point nearest to p."""',
    "    a, b, c = corners(mesh)",
    "    q = p[..., None, :]",
    "    u, v, w = weights(a, b, c, q)",
    "    inside = (u > 0.0) & (v > 0.0) & (w > 0.0)",
    "    ab, bc, ca = (",
    "        np.clip(np.sum((q - s) * (e - s), axis=-1) / np.sum((e - s) * (e - s), axis=-1), 0.0, 1.0)",
    "        for s, e in ((a, b), (b, c), (c, a))",
    "    )",
    "    us = np.concatenate([u, 1.0 - ab, np.zeros_like(bc), ca], axis=-1)",
    "    vs = np.concatenate([v, ab, 1.0 - bc, np.zeros_like(ca)], axis=-1)",
    "    first, second, third = (np.concatenate([tip] * 4, axis=-2) for tip in (a, b, c))",
    "    points = us[..., None] * first + vs[..., None] * second + (1.0 - us - vs)[..., None] * third",
    "    valid = np.concatenate([inside, np.ones((*inside.shape[:-1], 3 * inside.shape[-1]), bool)], axis=-1)",
    "    gap = np.where(valid, np.sum(np.square(points - q), axis=-1), np.inf)",
    "    best = gap.argmin(axis=-1)[..., None]",
    "    face = (best[..., 0] % len(a)).astype(np.int32)",
    "    return face, np.take_along_axis(us, best, axis=-1)[..., 0], np.take_along_axis(vs, best, axis=-1)[..., 0]",
)

TRIANGLE_GAPS = (
    "def squared_distances(mesh, p):",
    '    """The squared distance of p to each triangle."""',
    "    a, b, c = corners(mesh)",
    "    q = p[..., None, :]",
    "    normal = np.cross(b - a, c - a)",
    "    area = np.sum(normal * normal, axis=-1)",
    "    u = np.sum(np.cross(c - b, q - b) * normal, axis=-1)",
    "    v = np.sum(np.cross(a - c, q - c) * normal, axis=-1)",
    "    inside = (u > 0.0) & (v > 0.0) & (u + v < area)",
    "    gaps = [np.where(inside, np.sum((q - a) * normal, axis=-1) ** 2 / area, np.inf)]",
    "    for s, e in ((a, b), (b, c), (c, a)):",
    "        t = np.clip(np.sum((q - s) * (e - s), axis=-1) / np.sum((e - s) * (e - s), axis=-1), 0.0, 1.0)",
    "        gaps.append(np.sum(np.square(s + t[..., None] * (e - s) - q), axis=-1))",
    "    return np.stack(gaps).min(axis=0)",
)

WINDING = (
    "def winding_number(mesh, p):",
    '    """How often the surface goes round p: 1 inside of a closed surface, 0 outside."""',
    "    a, b, c = (tip - p[..., None, :] for tip in corners(mesh))",
    "    la, lb, lc = (np.linalg.norm(tip, axis=-1) for tip in (a, b, c))",
    "    volume = np.sum(a * np.cross(b, c), axis=-1)",
    "    ab, bc, ca = np.sum(a * b, axis=-1), np.sum(b * c, axis=-1), np.sum(c * a, axis=-1)",
    "    angle = 2.0 * np.arctan2(volume, la * lb * lc + ab * lc + bc * la + ca * lb)",
    "    return angle.sum(axis=-1) / (4.0 * np.pi)",
)
SIDE = (
    "def side(mesh, p):",
    '    """-1 inside, 1 outside."""',
    "    return np.where(winding_number(mesh, p) > 0.5, f32(-1.0), f32(1.0))",
)
FACING = (
    "def facing(mesh, face, p):",
    '    """1 in front of a face, -1 behind it."""',
    "    a, b, c = corners(mesh)",
    "    height = np.sum((p - a[face]) * np.cross(b - a, c - a)[face], axis=-1)",
    "    return np.where(height > 0.0, f32(1.0), f32(-1.0))",
)

HITS = (
    "def hits(mesh, start, direction):",
    '    """Where rays meet the plane of each triangle, the weights there, and whether that is within the triangle and ahead."""',
    "    a, b, c = corners(mesh)",
    "    s, d = np.broadcast_arrays(start[..., None, :], direction[..., None, :])",
    "    normal = np.cross(b - a, c - a)",
    "    slope = -np.sum(d * normal, axis=-1)",
    "    t = np.sum((s - a) * normal, axis=-1) / slope",
    "    turned = np.cross(-d, s - a)",
    "    v = np.sum((c - a) * turned, axis=-1) / slope",
    "    w = -np.sum((b - a) * turned, axis=-1) / slope",
    "    u = 1.0 - v - w",
    "    return t, u, v, slope, (u > 0.0) & (v > 0.0) & (w > 0.0) & (t > 0.0)",
)
CAST = (
    "def cast(mesh, start, direction, max_t{root}):",
    '    """The first hit of a ray: whether there is one before max_t, its t, weights, side (negative from behind), normal and face."""',
    "    t, u, v, slope, hit = hits(mesh, start, direction)",
    "{within}",
    "    t = np.where(hit, t, np.inf)",
    "    face = t.argmin(axis=-1)[..., None]",
    "    t, u, v, slope = (np.take_along_axis(each, face, axis=-1)[..., 0] for each in (t, u, v, slope))",
    "    found = t < max_t",
    "    a, b, c = corners(mesh)",
    "    normal = np.cross(b - a, c - a)",
    "    normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)",
    "    t, u, v = (np.where(found, each, 0.0) for each in (t, u, v))",
    "    return found, t, u, v, slope, normal[face[..., 0]], face[..., 0].astype(np.int32)",
)
WITHIN_ROOT = ("    hit = hit & root",)
GROUP_ROOT = (
    "def mesh_get_group_root(mesh, group):",
    '    """Which faces are below the root of a group: its own, or all if it has none."""',
    "    same = mesh.groups == np.asarray(group)[..., None]",
    "    return same | ~np.any(same, axis=-1, keepdims=True)",
)
ANY_HIT = (
    "def mesh_query_ray_anyhit(mesh, start, direction, max_t{root}):",
    "    t, _, _, _, hit = hits(mesh, start, direction)",
    "{within}",
    "    return np.any(hit & (t < np.asarray(max_t)[..., None]), axis=-1)",
)
CROSSINGS = (
    "def mesh_query_ray_count_intersections(mesh, start, direction{root}):",
    "    _, _, _, _, hit = hits(mesh, start, direction)",
    "{within}",
    "    return hit.sum(axis=-1).astype(np.int32)",
)


def rooted(lines: Sequence[str], *, grouped: bool) -> list[str]:
    """The lines of a function of rays, which with `grouped` takes the faces below a `root` alone."""
    root, within = (", root", WITHIN_ROOT) if grouped else ("", ())
    place = lines.index("{within}")
    return [line.replace("{root}", root) for line in (*lines[:place], *within, *lines[place + 1 :])]


FACE_BOXES = (
    "def faces_in_box(mesh, low, high):",
    "    tips = np.stack(corners(mesh))",
    "    return np.all((low[:, None] <= tips.max(axis=0)) & (high[:, None] >= tips.min(axis=0)), axis=-1)",
)
BOX_GAPS = (
    "def squared_distances_of_boxes(mesh, p):",
    '    """The squared distance of p to the box around each triangle."""',
    "    tips = np.stack(corners(mesh))",
    "    gap = np.maximum(np.maximum(tips.min(axis=0) - p[:, None], p[:, None] - tips.max(axis=0)), 0.0)",
    "    return np.sum(gap * gap, axis=-1)",
)
BOXES_MET = (
    "def boxes_met(mesh, start, direction):",
    '    """Whether a ray meets the box around each triangle."""',
    "    tips = np.stack(corners(mesh))",
    "    first = (tips.min(axis=0) - start[:, None]) / direction[:, None]",
    "    second = (tips.max(axis=0) - start[:, None]) / direction[:, None]",
    "    leave = np.maximum(first, second).min(axis=-1)",
    "    return (leave >= 0.0) & (leave >= np.minimum(first, second).max(axis=-1))",
)

EVALUATED = {
    "mesh_eval_position": (
        "def mesh_eval_position(mesh, face, u, v):",
        "    a, b, c = (tip[face] for tip in corners(mesh))",
        "    return a * u[..., None] + b * v[..., None] + c * (1.0 - u - v)[..., None]",
    ),
    "mesh_eval_velocity": (
        "def mesh_eval_velocity(mesh, face, u, v):",
        "    a, b, c = np.moveaxis(mesh.velocities[mesh.indices.reshape(-1, 3)], 1, 0)",
        "    return a[face] * u[..., None] + b[face] * v[..., None] + c[face] * (1.0 - u - v)[..., None]",
    ),
    "mesh_eval_face_normal": (
        "def mesh_eval_face_normal(mesh, face):",
        "    a, b, c = (tip[face] for tip in corners(mesh))",
        "    normal = np.cross(b - a, c - a)",
        "    return normal / np.linalg.norm(normal, axis=-1, keepdims=True)",
    ),
    "mesh_get_point": ("def mesh_get_point(mesh, index):", "    return mesh.points[mesh.indices[index]]"),
    "mesh_get_velocity": ("def mesh_get_velocity(mesh, index):", "    return mesh.velocities[mesh.indices[index]]"),
    "mesh_get_index": ("def mesh_get_index(mesh, index):", "    return mesh.indices[index]"),
}
"""Builtins that read a mesh, from their definitions."""
RESULTS = {"mesh_get_index": "int"}
