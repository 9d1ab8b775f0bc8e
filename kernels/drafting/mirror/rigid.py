"""Builtins on rigid transforms (translation, quaternion), 4x4 matrices and spatial vectors (angular part first), from their definitions."""

from __future__ import annotations

from kernels.drafting.mirror.registry import declare, helper

declare("transform_get_translation", "t", "{0}[..., :3]", "v3")
declare("transform_get_rotation", "t", "{0}[..., 3:]", "q")
declare("transform_multiply", "tt", "transform_multiply({0}, {1})", "0", needs=["transform_multiply"])
declare("mul", "tt", "transform_multiply({0}, {1})", "0", needs=["transform_multiply"])
declare("transform_inverse", "t", "transform_inverse({0})", "0", needs=["transform_inverse"])
declare("transform_point", "tv", "{0}[..., :3] + quat_rotate({0}[..., 3:], {1})", "1", needs=["quat_rotate"])
declare("transform_vector", "tv", "quat_rotate({0}[..., 3:], {1})", "1", needs=["quat_rotate"])
declare("transform_point", "mv", "np.einsum('...ij,...j->...i', {0}[..., :3, :3], {1}) + {0}[..., :3, 3]", "1")
declare("transform_vector", "mv", "np.einsum('...ij,...j->...i', {0}[..., :3, :3], {1})", "1")
declare("transform_from_matrix", "m", "joined({0}[..., :3, 3], quat_from_matrix({0}))", "t", needs=["joined", "quat_from_matrix"])
declare(
    "transform_to_matrix", "t", "homogeneous(quat_to_matrix({0}[..., 3:]), {0}[..., :3])", "m44", needs=["homogeneous", "quat_to_matrix"]
)
declare(
    "transform_compose",
    "vqv",
    "homogeneous(quat_to_matrix({1}) * {2}[..., None, :], {0})",
    "m44",
    needs=["homogeneous", "quat_to_matrix"],
)
declare("transform_decompose", "m", "transform_decompose({0})", "v3, q, v3", needs=["transform_decompose"])

declare("spatial_top", "v", "{0}[..., :3]", "v3")
declare("spatial_bottom", "v", "{0}[..., 3:]", "v3")
declare("spatial_dot", "vv", "np.sum({0} * {1}, axis=-1)", "s")
declare("spatial_cross", "vv", "spatial_cross({0}, {1})", "0", needs=["spatial_cross"])
declare("spatial_cross_dual", "vv", "spatial_cross_dual({0}, {1})", "0", needs=["spatial_cross_dual"])
declare("spatial_adjoint", "mm", "spatial_adjoint({0}, {1})", "m66", needs=["spatial_adjoint"])
declare("velocity_at_point", "vv", "{0}[..., 3:] + np.cross({0}[..., :3], {1})", "1")
declare("transform_twist", "tv", "transform_twist({0}, {1})", "1", needs=["transform_twist"])
declare("transform_wrench", "tv", "transform_wrench({0}, {1})", "1", needs=["transform_wrench"])

helper(
    "transform_multiply",
    """
def transform_multiply(a, b):
    moved = a[..., :3] + quat_rotate(a[..., 3:], b[..., :3])
    return joined(moved, quat_product(a[..., 3:], b[..., 3:]))
""",
    needs=["quat_rotate", "quat_product", "joined"],
)
helper(
    "transform_inverse",
    """
def transform_inverse(t):
    back = quat_inverse(t[..., 3:])
    return joined(-quat_rotate(back, t[..., :3]), back)
""",
    needs=["quat_inverse", "quat_rotate", "joined"],
)
helper(
    "homogeneous",
    """
def homogeneous(rotation, translation):
    lanes = np.broadcast_shapes(rotation.shape[:-2], translation.shape[:-1])
    m = np.zeros((*lanes, 4, 4), rotation.dtype)
    m[..., :3, :3], m[..., :3, 3], m[..., 3, 3] = rotation, translation, 1
    return m
""",
)
helper(
    "transform_decompose",
    """
def transform_decompose(m):
    linear = m[..., :3, :3]
    scale = np.sqrt(np.sum(linear * linear, axis=-2))
    return m[..., :3, 3], quat_from_matrix(linear / scale[..., None, :]), scale
""",
    needs=["quat_from_matrix"],
)
helper(
    "spatial_cross",
    """
def spatial_cross(a, b):
    w, v = a[..., :3], a[..., 3:]
    return joined(np.cross(w, b[..., :3]), np.cross(v, b[..., :3]) + np.cross(w, b[..., 3:]))
""",
    needs=["joined"],
)
helper(
    "spatial_cross_dual",
    """
def spatial_cross_dual(a, b):
    w, v = a[..., :3], a[..., 3:]
    return joined(np.cross(w, b[..., :3]) + np.cross(v, b[..., 3:]), np.cross(w, b[..., 3:]))
""",
    needs=["joined"],
)
helper(
    "spatial_adjoint",
    """
def spatial_adjoint(r, s):
    lanes = np.broadcast_shapes(r.shape[:-2], s.shape[:-2])
    m = np.zeros((*lanes, 6, 6), r.dtype)
    m[..., :3, :3], m[..., 3:, :3], m[..., 3:, 3:] = r, s, r
    return m
""",
)
helper(
    "transform_twist",
    """
def transform_twist(t, x):
    p, q = t[..., :3], t[..., 3:]
    w = quat_rotate(q, x[..., :3])
    return joined(w, quat_rotate(q, x[..., 3:]) + np.cross(p, w))
""",
    needs=["quat_rotate", "joined"],
)
helper(
    "transform_wrench",
    """
def transform_wrench(t, x):
    p, q = t[..., :3], t[..., 3:]
    f = quat_rotate(q, x[..., 3:])
    return joined(quat_rotate(q, x[..., :3]) + np.cross(p, f), f)
""",
    needs=["quat_rotate", "joined"],
)
