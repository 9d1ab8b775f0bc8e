"""Builtins on quaternions (x, y, z, w), from their definitions.

Off the unit sphere, where central differences step, Warp's formulas differ from others that agree on it: a rotation is
`(2 w^2 - 1) v + 2 (u . v) u + 2 w (u x v)`. Matrices become quaternions by Shepperd's method (1978), the trace first. Euler angles are
those of Bernardes and Viollet, Quaternion to Euler angles conversion, PLOS ONE 2022.
"""

from __future__ import annotations

from kernels.drafting.mirror.registry import declare, helper

declare("dot", "qq", "np.sum({0} * {1}, axis=-1)", "s")
declare("length", "q", "np.sqrt(np.sum({0} * {0}, axis=-1))", "s")
declare("length_sq", "q", "np.sum({0} * {0}, axis=-1)", "s")
declare("normalize", "q", "unit({0})", "0", needs=["unit"])
declare("lerp", "qqs", "{0} * (1 - {2:v}) + {1} * {2:v}", "0")
declare("mul", "qq", "quat_product({0}, {1})", "0", needs=["quat_product"])
declare("quat_from_axis_angle", "vs", "quat_from_axis_angle({0}, {1})", "q", needs=["quat_from_axis_angle"])
declare("quat_to_axis_angle", "q", "quat_to_axis_angle({0})", "v3, s", needs=["quat_to_axis_angle"])
declare("quat_from_matrix", "m", "quat_from_matrix({0})", "q", needs=["quat_from_matrix"])
declare("quat_to_matrix", "q", "quat_to_matrix({0})", "m33", needs=["quat_to_matrix"])
declare("quat_rpy", "sss", "quat_rpy({0}, {1}, {2})", "q", needs=["quat_rpy"])
declare("quat_inverse", "q", "quat_inverse({0})", "0", needs=["quat_inverse"])
declare("quat_rotate", "qv", "quat_rotate({0}, {1})", "1", needs=["quat_rotate"])
declare("quat_rotate_inv", "qv", "quat_rotate(quat_inverse({0}), {1})", "1", needs=["quat_rotate", "quat_inverse"])
declare("quat_slerp", "qqs", "quat_slerp({0}, {1}, {2})", "0", needs=["quat_slerp"])
declare("quat_from_euler", "vsss", "quat_from_euler({0}, {1}, {2}, {3})", "q", needs=["quat_from_euler"])
declare("quat_to_euler", "qsss", "quat_to_euler({0}, {1}, {2}, {3})", "v3", needs=["quat_to_euler"])
declare("quat_to_rpy", "q", "quat_to_rpy({0})", "v3", needs=["quat_to_rpy"])
declare("quat_twist", "vq", "quat_twist({0}, {1})", "1", needs=["quat_twist"])
declare("quat_twist_angle", "vq", "2 * np.arctan2(np.abs(np.sum({0} * {1}[..., :3], axis=-1)), {1}[..., 3])", "s")
declare("quat_twist_angle_signed", "vq", "2 * np.arctan2(np.sum({0} * {1}[..., :3], axis=-1), {1}[..., 3])", "s")

helper(
    "quat_product",
    """
def quat_product(a, b):
    u, v, s, t = a[..., :3], b[..., :3], a[..., 3:], b[..., 3:]
    return joined(s * v + t * u + np.cross(u, v), s * t - np.sum(u * v, axis=-1, keepdims=True))
""",
    needs=["joined"],
)
helper(
    "quat_inverse",
    """
def quat_inverse(q):
    return q * np.array([-1, -1, -1, 1], q.dtype)
""",
)
helper(
    "quat_rotate",
    """
def quat_rotate(q, v):
    u, w = q[..., :3], q[..., 3:]
    return (2 * w * w - 1) * v + 2 * np.sum(u * v, axis=-1, keepdims=True) * u + 2 * w * np.cross(u, v)
""",
)
helper(
    "quat_from_axis_angle",
    """
def quat_from_axis_angle(axis, angle):
    half = np.asarray(angle)[..., None] / 2
    return joined(axis * np.sin(half), np.cos(half))
""",
    needs=["joined"],
)
helper(
    "quat_to_axis_angle",
    """
def quat_to_axis_angle(q):
    u, w = q[..., :3], q[..., 3]
    size = np.sqrt(np.sum(u * u, axis=-1))
    return np.where(w < 0, -1, 1).astype(q.dtype)[..., None] * u / size[..., None], 2 * np.arctan2(size, np.abs(w))
""",
)
helper(
    "quat_to_matrix",
    """
def quat_to_matrix(q):
    return np.stack([quat_rotate(q, axis) for axis in np.eye(3, dtype=q.dtype)], axis=-1)
""",
    needs=["quat_rotate"],
)
helper(
    "quat_from_matrix",
    """
def quat_from_matrix(m):
    a, b, c = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    x, y, z = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, yz, zx = m[..., 0, 1] + m[..., 1, 0], m[..., 1, 2] + m[..., 2, 1], m[..., 2, 0] + m[..., 0, 2]
    candidates = [(x, y, z, 1 + a + b + c), (1 + a - b - c, xy, zx, x), (xy, 1 + b - c - a, yz, y), (zx, yz, 1 + c - a - b, z)]
    scaled = np.stack([np.stack(q, axis=-1) for q in candidates])
    largest = np.where(c > np.maximum(a, b), 3, np.where(b > a, 2, 1))
    chosen = np.where(a + b + c >= 0, 0, largest)
    return unit(np.take_along_axis(scaled, chosen[None, ..., None], axis=0)[0])
""",
    needs=["unit"],
)
helper(
    "quat_rpy",
    """
def quat_rpy(roll, pitch, yaw):
    x, y, z = np.eye(3, dtype=np.asarray(roll).dtype)
    turned = quat_product(quat_from_axis_angle(y, pitch), quat_from_axis_angle(x, roll))
    return quat_product(quat_from_axis_angle(z, yaw), turned)
""",
    needs=["quat_product", "quat_from_axis_angle"],
)
helper(
    "quat_slerp",
    """
def quat_slerp(a, b, t):
    axis, angle = quat_to_axis_angle(quat_product(quat_inverse(a), b))
    return quat_product(a, quat_from_axis_angle(axis, t * angle))
""",
    needs=["quat_product", "quat_inverse", "quat_to_axis_angle", "quat_from_axis_angle"],
)
helper(
    "quat_from_euler",
    """
def quat_from_euler(e, i, j, k):
    axes = np.eye(3, dtype=e.dtype)
    first, second, third = (quat_from_axis_angle(axes[n], e[..., n]) for n in (i, j, k))
    return quat_product(third, quat_product(second, first))
""",
    needs=["quat_product", "quat_from_axis_angle"],
)
helper(
    "quat_to_euler",
    """
def quat_to_euler(q, i, j, k):
    proper = i == k
    third = 3 - i - j if proper else k
    parity = (i - j) * (j - third) * (third - i) // 2
    w, x, y, z = q[..., 3], q[..., i], q[..., j], q[..., third] * parity
    a, b, c, d = (w, x, y, z) if proper else (w - y, x + z, y + w, z - x)
    ahead, behind = np.arctan2(b, a), np.arctan2(d, c)
    angles = [ahead - behind, 2 * np.arctan2(np.hypot(c, d), np.hypot(a, b)), ahead + behind]
    if not proper:
        angles = [angles[0], angles[1] - f32(np.pi / 2), angles[2] * parity]
    return np.stack([angles[(i, j, third).index(n)] for n in range(3)], axis=-1)
""",
)
helper(
    "quat_to_rpy",
    """
def quat_to_rpy(q):
    x, y, z, w = (q[..., n] for n in range(4))
    roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = np.arcsin(np.minimum(np.maximum(2 * (w * y - z * x), -1), 1))
    return np.stack([roll, pitch, np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))], axis=-1)
""",
)
helper(
    "quat_twist",
    """
def quat_twist(axis, q):
    along = np.sum(axis * q[..., :3], axis=-1, keepdims=True)
    return unit(joined(along * axis, q[..., 3:]))
""",
    needs=["unit", "joined"],
)
