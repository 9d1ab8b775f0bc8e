"""Builtins on scalars, vectors and matrices: elementary functions, products, norms, decompositions into parts."""

from __future__ import annotations

from kernels.drafting.mirror.registry import declare, helper

for _name in ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "floor", "ceil", "cbrt", "log2", "log10", "trunc", "rint"):
    declare(_name, "s", f"np.{_name}({{0}})", "0")
for _name, _numpy in (("acos", "arccos"), ("asin", "arcsin"), ("atan", "arctan")):
    declare(_name, "s", f"np.{_numpy}({{0}})", "0")
for _name, _numpy in (("atan2", "arctan2"), ("pow", "power"), ("mod", "fmod")):
    declare(_name, "ss", f"np.{_numpy}({{0}}, {{1}})", "0")
declare("mod", "vv", "np.fmod({0}, {1})", "0")
for _kind in "svm":
    declare("abs", _kind, "np.abs({0})", "0")
for _kind in "sv":
    declare("min", 2 * _kind, "np.minimum({0}, {1})", "0")
    declare("max", 2 * _kind, "np.maximum({0}, {1})", "0")
    declare("sign", _kind, "sign({0})", "0", needs=["sign"])
declare("min", "v", "np.min({0}, axis=-1)", "s")
declare("max", "v", "np.max({0}, axis=-1)", "s")
declare("argmin", "v", "np.argmin({0}, axis=-1).astype(np.uint32)", "wp.uint32")
declare("argmax", "v", "np.argmax({0}, axis=-1).astype(np.uint32)", "wp.uint32")
declare("clamp", "sss", "np.minimum(np.maximum({0}, {1}), {2})", "0")
declare("step", "s", "np.where({0} < 0, 1, 0).astype({0}.dtype)", "0")
declare("nonzero", "s", "np.where({0} != 0, 1, 0).astype({0}.dtype)", "0")
declare("bit_count", "s", "bit_count({0})", "int", needs=["bit_count"])
declare("smoothstep", "sss", "smoothstep({0}, {1}, {2})", "0", needs=["smoothstep"])
declare("lerp", "sss", "{0} * (1 - {2}) + {1} * {2}", "0")
declare("lerp", "vvs", "{0} * (1 - {2:v}) + {1} * {2:v}", "0")
declare("lerp", "mms", "{0} * (1 - {2:m}) + {1} * {2:m}", "0")

declare("dot", "vv", "np.sum({0} * {1}, axis=-1)", "s")
declare("cross", "vv", "np.cross({0}, {1})", "0")
declare("length", "v", "np.sqrt(np.sum({0} * {0}, axis=-1))", "s")
declare("length_sq", "v", "np.sum({0} * {0}, axis=-1)", "s")
declare("norm_l1", "v", "np.sum(np.abs({0}), axis=-1)", "s")
declare("norm_l2", "v", "np.sqrt(np.sum({0} * {0}, axis=-1))", "s")
declare("normalize", "v", "unit({0})", "0", needs=["unit"])
declare("cw_mul", "vv", "{0} * {1}", "0")
declare("cw_mul", "mm", "{0} * {1}", "0")
declare("cw_div", "vv", "{0} / {1}", "0")
declare("cw_div", "mm", "{0} / {1}", "0")
declare("skew", "v", "skew({0})", "m33", needs=["skew"])

declare("trace", "m", "np.trace({0}, axis1=-2, axis2=-1)", "s")
declare("ddot", "mm", "np.sum({0} * {1}, axis=(-2, -1))", "s")
declare("determinant", "m", "determinant({0})", "s", needs=["determinant"])
declare("inverse", "m", "inverse({0})", "0", needs=["inverse"])

helper(
    "bf16",
    """
def bf16(x):
    bits = np.asarray(x, f32).view(np.uint32)
    bits = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (bits & np.uint32(0xFFFF0000)).view(f32)
""",
)
helper("sign", "def sign(x):\n    return np.where(x < 0, -1, 1).astype(x.dtype)")
helper("unit", "def unit(v):\n    return v / np.sqrt(np.sum(v * v, axis=-1, keepdims=True))")
helper(
    "bit_count",
    """
def bit_count(x):
    return sum(((x >> np.array(k, x.dtype)) & np.array(1, x.dtype)).astype(np.int32) for k in range(8 * x.dtype.itemsize))
""",
)
helper(
    "smoothstep",
    """
def smoothstep(low, high, x):
    t = np.minimum(np.maximum((x - low) / (high - low), 0), 1)
    return t * t * (3 - 2 * t)
""",
)
helper(
    "skew",
    """
def skew(v):
    x, y, z = v[..., 0], v[..., 1], v[..., 2]
    o = np.zeros_like(x)
    return np.stack([o, -z, y, z, o, -x, -y, x, o], axis=-1).reshape((*x.shape, 3, 3))
""",
)
helper(
    "minor",
    """
def minor(m, i, j):
    n = m.shape[-1]
    rows = [k for k in range(n) if k != i]
    columns = [k for k in range(n) if k != j]
    return m[..., rows, :][..., columns]
""",
)
helper(
    "determinant",
    """
def determinant(m):
    if m.shape[-1] == 1:
        return m[..., 0, 0]
    return sum((-1) ** j * m[..., 0, j] * determinant(minor(m, 0, j)) for j in range(m.shape[-1]))
""",
    needs=["minor"],
)
helper(
    "inverse",
    """
def inverse(m):
    n = range(m.shape[-1])
    cofactors = np.stack([np.stack([(-1) ** (i + j) * determinant(minor(m, i, j)) for j in n], axis=-1) for i in n], axis=-2)
    return np.swapaxes(cofactors, -1, -2) / determinant(m)[..., None, None]
""",
    needs=["determinant"],
)
helper(
    "quotient",
    """
def quotient(a, b):
    floored = a // b
    return floored + ((np.fmod(a, b) != 0) & ((a < 0) != (b < 0))).astype(floored.dtype)
""",
)
helper("vector", "def vector(*components):\n    return np.stack(np.broadcast_arrays(*components), axis=-1)")
helper(
    "matrix",
    """
def matrix(rows, *entries):
    flat = np.stack(np.broadcast_arrays(*entries), axis=-1)
    return flat.reshape((*flat.shape[:-1], rows, -1))
""",
)
helper("stacked", "def stacked(axis, *vectors):\n    return np.stack(np.broadcast_arrays(*vectors), axis=axis)")
helper(
    "joined",
    """
def joined(*parts):
    lanes = np.broadcast_shapes(*(p.shape[:-1] for p in parts))
    return np.concatenate([np.broadcast_to(p, (*lanes, p.shape[-1])) for p in parts], axis=-1)
""",
)
helper(
    "replaced",
    """
def replaced(value, place, part, rank):
    lanes = value.shape[: value.ndim - rank]
    own = np.ndim(value[(..., *place)]) - len(lanes)
    lanes = np.broadcast_shapes(lanes, np.shape(part)[: np.ndim(part) - own])
    changed = np.array(np.broadcast_to(value, lanes + value.shape[value.ndim - rank :]))
    changed[(..., *place)] = part
    return changed
""",
)
helper(
    "picked",
    """
def picked(v, k):
    lanes = np.broadcast_shapes(v.shape[:-1], np.shape(k))
    index = np.broadcast_to(k, lanes)[..., None]
    return np.take_along_axis(np.broadcast_to(v, (*lanes, v.shape[-1])), index, axis=-1)[..., 0]
""",
)
