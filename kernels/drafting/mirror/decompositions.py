"""Builtins that take matrices apart. Signs and orders of what they return are Warp's own business: use them through invariants.

Of three rows, the singular vectors are rotations and the last singular value has the sign of the determinant, as in Warp.
"""

from __future__ import annotations

from kernels.drafting.mirror.registry import declare, helper

declare("svd3", "m", "svd3({0})", "0, v3, 0", needs=["svd3"])
declare("svd2", "m", "svd2({0})", "0, v2, 0", needs=["svd2"])
declare("qr3", "m", "np.linalg.qr({0})", "0, 0")
declare("eig3", "m", "eig3({0})", "0, v3", needs=["eig3"])

helper(
    "svd2",
    """
def svd2(a):
    u, s, v = np.linalg.svd(a)
    return u, s, np.swapaxes(v, -1, -2)
""",
)
helper(
    "svd3",
    """
def svd3(a):
    u, s, v = svd2(a)
    flip_u, flip_v = (np.stack([o := np.ones(m.shape[:-2], m.dtype), o, np.sign(np.linalg.det(m))], axis=-1) for m in (u, v))
    return u * flip_u[..., None, :], s * flip_u * flip_v, v * flip_v[..., None, :]
""",
    needs=["svd2"],
)
helper("eig3", "def eig3(a):\n    values, vectors = np.linalg.eigh(a)\n    return vectors, values")
