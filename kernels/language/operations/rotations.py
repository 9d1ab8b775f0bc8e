"""Unit quaternions, rigid transforms and spatial vectors.

A quaternion is (x, y, z, w), a transform a translation and then a rotation, a spatial vector its angular part and then its linear part. A
rotation is written as the polynomial v (2 w^2 - 1) + 2 w (u x v) + 2 u (u . v) for a quaternion (u, w); off the unit sphere, where finite
differences go, formulas of a rotation differ. Spatial products are those of Featherstone, Rigid Body Dynamics Algorithms (2008), section 2.
"""

from __future__ import annotations

from kernels.language.interval import REALS, SIGNED_UNIT, UNIT, Interval
from kernels.language.operation import ADD, MULTIPLY, UNARY, declare, infix
from kernels.language.operations.arithmetic import DIVISOR

_ROTATE = """
def quat_rotate(q, v):
    u, w = q[..., :3], q[..., 3:]
    return v * (2.0 * w * w - 1.0) + np.cross(u, v) * (2.0 * w) + u * (2.0 * np.sum(u * v, axis=-1, keepdims=True))"""
_CONJUGATE = """
def conjugate(q):
    return np.concatenate([-q[..., :3], q[..., 3:]], axis=-1)"""
_PRODUCT = """
def quat_product(p, q):
    a, s = p[..., :3], p[..., 3:]
    b, t = q[..., :3], q[..., 3:]
    return np.concatenate([s * b + t * a + np.cross(a, b), s * t - np.sum(a * b, axis=-1, keepdims=True)], axis=-1)"""
_TO_MATRIX = """
def quat_to_matrix(q):
    columns = [quat_rotate(q, np.eye(3, dtype=q.dtype)[k]) for k in range(3)]
    return np.stack(columns, axis=-1)"""
_RPY = """
def quat_rpy(roll, pitch, yaw):
    cr, sr = np.cos(0.5 * roll), np.sin(0.5 * roll)
    cp, sp = np.cos(0.5 * pitch), np.sin(0.5 * pitch)
    cy, sy = np.cos(0.5 * yaw), np.sin(0.5 * yaw)
    x = cy * sr * cp - sy * cr * sp
    y = cy * cr * sp + sy * sr * cp
    z = sy * cr * cp - cy * sr * sp
    return np.stack(np.broadcast_arrays(x, y, z, cy * cr * cp + sy * sr * sp), axis=-1)"""
_JOINED = """
def joined(first, second):
    lanes = np.broadcast_shapes(first.shape[:-1], second.shape[:-1])
    return np.concatenate([np.broadcast_to(x, (*lanes, x.shape[-1])) for x in (first, second)], axis=-1)"""
_TRANSFORM_PRODUCT = """
def transform_product(a, b):
    return joined(quat_rotate(a[..., 3:], b[..., :3]) + a[..., :3], quat_product(a[..., 3:], b[..., 3:]))"""
_TRANSFORM_INVERSE = """
def transform_inverse(t):
    back = conjugate(t[..., 3:])
    return joined(-quat_rotate(back, t[..., :3]), back)"""
_SPATIAL_CROSS = """
def spatial_cross(a, b):
    angular = np.cross(a[..., :3], b[..., :3])
    return joined(angular, np.cross(a[..., :3], b[..., 3:]) + np.cross(a[..., 3:], b[..., :3]))"""
_SPATIAL_CROSS_DUAL = """
def spatial_cross_dual(a, b):
    linear = np.cross(a[..., :3], b[..., 3:])
    return joined(np.cross(a[..., :3], b[..., :3]) + np.cross(a[..., 3:], b[..., 3:]), linear)"""

_AXIS_ANGLE = """
def quat_from_axis_angle(axis, angle):
    half = (0.5 * np.asarray(angle))[..., None]
    return joined(axis * np.sin(half), np.cos(half))"""


def _rotated(q: Interval, v: Interval) -> Interval:
    bound = 2.0 * v.magnitude * max(1.0, q.magnitude) ** 2
    return Interval(-bound, bound)


def _quat_product(a: Interval, b: Interval) -> Interval:
    bound = 4.0 * a.magnitude * b.magnitude
    return Interval(-bound, bound)


def _twice(a: Interval, b: Interval) -> Interval:
    bound = 4.0 * a.magnitude * b.magnitude
    return Interval(-bound, bound)


def _sum_of_six(a: Interval, b: Interval) -> Interval:
    bound = 6.0 * a.magnitude * b.magnitude
    return Interval(-bound, bound)


def _moved(t: Interval, p: Interval) -> Interval:
    bound = 2.0 * p.magnitude + t.magnitude
    return Interval(-bound, bound)


declare(
    "quat_multiply",
    "Q,Q -> Q",
    "{0} * {1}",
    "quat_product({0}, {1})",
    _quat_product,
    precedence=MULTIPLY,
    argument=("unit", "unit"),
    gives="unit",
    helpers=(_PRODUCT,),
    nouns=("composed_rot", "relative_rot", "orientation"),
    weight=2.0,
)
declare(
    "quat_rotate",
    "Q,P -> P",
    "wp.quat_rotate({0}, {1})",
    "quat_rotate({0}, {1})",
    _rotated,
    argument=("unit", ""),
    helpers=(_ROTATE,),
    nouns=("world_dir", "rotated", "axis_world"),
    weight=4.0,
)
declare(
    "quat_rotate_inv",
    "Q,P -> P",
    "wp.quat_rotate_inv({0}, {1})",
    "quat_rotate(conjugate({0}), {1})",
    _rotated,
    argument=("unit", ""),
    helpers=(_ROTATE, _CONJUGATE),
    nouns=("local_dir", "body_frame", "local_vel"),
    weight=2.0,
)
declare(
    "quat_inverse",
    "Q -> Q",
    "wp.quat_inverse({0})",
    "conjugate({0})",
    lambda q: q.hull(-q),
    argument=("unit",),
    gives="unit",
    helpers=(_CONJUGATE,),
    nouns=("inv_rot", "world_to_body"),
    weight=1.5,
)
declare(
    "quat_to_matrix",
    "Q -> K",
    "wp.quat_to_matrix({0})",
    "quat_to_matrix({0})",
    lambda q: Interval(-2.0 * max(1.0, q.magnitude) ** 2, 2.0 * max(1.0, q.magnitude) ** 2),
    argument=("unit",),
    gives="rotation",
    helpers=(_ROTATE, _TO_MATRIX),
    nouns=("rot_mat", "basis"),
    weight=1.0,
)
declare(
    "quat_from_axis_angle",
    "P,R -> Q",
    "wp.quat_from_axis_angle({0}, {1})",
    "quat_from_axis_angle({0}, {1})",
    lambda axis, angle: SIGNED_UNIT,
    argument=("unit", ""),
    gives="unit",
    helpers=(_JOINED, _AXIS_ANGLE),
    nouns=("joint_rot", "delta_rot", "twist_rot"),
    weight=1.0,
)
declare(
    "quat_rpy",
    "R,R,R -> Q",
    "wp.quat_rpy({0}, {1}, {2})",
    "quat_rpy({0}, {1}, {2})",
    lambda r, p, y: SIGNED_UNIT,
    domain=(Interval(-20, 20), Interval(-20, 20), Interval(-20, 20)),
    gives="unit",
    helpers=(_RPY,),
    nouns=("attitude", "euler_rot"),
    weight=0.3,
)
infix("add_quat", "Q,Q -> Q", "+", lambda a, b: a + b, ADD, nouns=("quat_sum",), weight=0.3)
infix("subtract_quat", "Q,Q -> Q", "-", lambda a, b: a - b, ADD, nouns=("quat_diff",), weight=0.2)
declare("negate_quat", "Q -> Q", "-{0}", "-{0}", lambda q: -q, precedence=UNARY, numpy_precedence=UNARY, nouns=("antipode",), weight=0.1)
declare(
    "quat_scale",
    "Q,R -> Q",
    "{0} * {1}",
    "{0} * {1:v}",
    lambda q, s: q * s,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("scaled_quat",),
    weight=0.4,
)
declare(
    "quat_divide",
    "Q,R -> Q",
    "{0} / {1}",
    "{0} / {1:v}",
    lambda q, s: q / s,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    domain=(REALS, DIVISOR),
    nouns=("averaged_quat",),
    weight=0.1,
)
declare(
    "normalize_quat",
    "Q -> Q",
    "wp.normalize({0})",
    "{0} / np.sqrt(np.sum({0} * {0}, axis=-1))[..., None]",
    lambda q: SIGNED_UNIT,
    numpy_precedence=MULTIPLY,
    argument=("unit",),
    gives="unit",
    nouns=("unit_rot",),
    weight=0.8,
)
declare("dot_quat", "Q,Q -> R", "wp.dot({0}, {1})", "np.sum({0} * {1}, axis=-1)", _twice, nouns=("quat_alignment",), weight=0.4)
declare(
    "length_sq_quat",
    "Q -> R",
    "wp.length_sq({0})",
    "np.sum({0} * {0}, axis=-1)",
    lambda q: Interval(0.0, 4.0 * q.magnitude**2),
    nouns=("quat_norm_sq",),
    weight=0.1,
)
declare(
    "length_quat",
    "Q -> R",
    "wp.length({0})",
    "np.sqrt(np.sum({0} * {0}, axis=-1))",
    lambda q: Interval(0.0, 2.0 * q.magnitude),
    argument=("unit",),
    nouns=("quat_norm",),
    weight=0.1,
)
declare(
    "lerp_quat",
    "Q,Q,R -> Q",
    "wp.lerp({0}, {1}, {2})",
    "{0} * (1.0 - {2:v}) + {1} * {2:v}",
    lambda a, b, t: a.hull(b),
    domain=(REALS, REALS, UNIT),
    numpy_precedence=ADD,
    nouns=("nlerp",),
    weight=0.2,
)
for _axis in range(4):
    declare(
        f"quat_component_{_axis}",
        "Q -> R",
        f"{{0}}[{_axis}]",
        f"{{0}}[..., {_axis}]",
        lambda q: q,
        nouns=(f"q{'xyzw'[_axis]}",),
        weight=0.2,
    )
declare("vector_part", "Q -> P", "{P}({0}[0], {0}[1], {0}[2])", "{0}[..., :3]", lambda q: q, nouns=("quat_axis",), weight=0.2)
declare(
    "where_quat",
    "B,Q,Q -> Q",
    "wp.where({0}, {1}, {2})",
    "np.where(np.asarray({0})[..., None], {1}, {2})",
    lambda c, a, b: a.hull(b),
    smooth=False,
    argument=("", "unit", "unit"),
    gives="unit",
    nouns=("chosen_rot",),
    weight=0.2,
)

declare(
    "transform_point",
    "T,P -> P",
    "wp.transform_point({0}, {1})",
    "quat_rotate({0}[..., 3:], {1}) + {0}[..., :3]",
    _moved,
    numpy_precedence=ADD,
    argument=("rigid", ""),
    helpers=(_ROTATE,),
    nouns=("world_point", "anchor_world", "contact_point"),
    weight=6.0,
)
declare(
    "transform_vector",
    "T,P -> P",
    "wp.transform_vector({0}, {1})",
    "quat_rotate({0}[..., 3:], {1})",
    lambda t, v: Interval(-2.0 * v.magnitude, 2.0 * v.magnitude),
    argument=("rigid", ""),
    helpers=(_ROTATE,),
    nouns=("world_axis", "world_dir", "axis_w"),
    weight=2.0,
)
declare(
    "transform_get_translation",
    "T -> P",
    "wp.transform_get_translation({0})",
    "{0}[..., :3]",
    lambda t: t,
    nouns=("origin", "body_pos", "center"),
    weight=3.0,
)
declare(
    "transform_get_rotation",
    "T -> Q",
    "wp.transform_get_rotation({0})",
    "{0}[..., 3:]",
    lambda t: SIGNED_UNIT,
    argument=("rigid",),
    gives="unit",
    nouns=("body_rot", "rotation", "rot"),
    weight=3.5,
)
declare("transform_attribute_p", "T -> P", "{0}.p", "{0}[..., :3]", lambda t: t, nouns=("position_part",), weight=0.3)
declare(
    "transform_attribute_q",
    "T -> Q",
    "{0}.q",
    "{0}[..., 3:]",
    lambda t: SIGNED_UNIT,
    argument=("rigid",),
    gives="unit",
    nouns=("rotation_part",),
    weight=0.3,
)
declare(
    "transform_multiply",
    "T,T -> T",
    "wp.transform_multiply({0}, {1})",
    "transform_product({0}, {1})",
    lambda a, b: Interval(-(a.magnitude + 2 * b.magnitude + 2), a.magnitude + 2 * b.magnitude + 2),
    argument=("rigid", "rigid"),
    gives="rigid",
    helpers=(_ROTATE, _PRODUCT, _JOINED, _TRANSFORM_PRODUCT),
    nouns=("body_to_world", "X_wj", "world_frame"),
    weight=1.5,
)
declare(
    "transform_star",
    "T,T -> T",
    "{0} * {1}",
    "transform_product({0}, {1})",
    lambda a, b: Interval(-(a.magnitude + 2 * b.magnitude + 2), a.magnitude + 2 * b.magnitude + 2),
    precedence=MULTIPLY,
    argument=("rigid", "rigid"),
    gives="rigid",
    helpers=(_ROTATE, _PRODUCT, _JOINED, _TRANSFORM_PRODUCT),
    nouns=("X_ws", "composed_frame"),
    weight=0.8,
)
declare(
    "transform_inverse",
    "T -> T",
    "wp.transform_inverse({0})",
    "transform_inverse({0})",
    lambda t: Interval(-(2 * t.magnitude + 1), 2 * t.magnitude + 1),
    argument=("rigid",),
    gives="rigid",
    helpers=(_ROTATE, _CONJUGATE, _JOINED, _TRANSFORM_INVERSE),
    nouns=("world_to_body", "X_bw", "inv_frame"),
    weight=1.2,
)
declare(
    "make_transform",
    "P,Q -> T",
    "{T}({0}, {1})",
    "joined({0}, {1})",
    lambda p, q: p.hull(q),
    argument=("", "unit"),
    gives="rigid",
    helpers=(_JOINED,),
    nouns=("pose", "frame", "X_wb"),
    weight=1.5,
)
declare(
    "lerp_transform",
    "T,T,R -> T",
    "wp.lerp({0}, {1}, {2})",
    "{0} * (1.0 - {2:v}) + {1} * {2:v}",
    lambda a, b, t: a.hull(b),
    domain=(REALS, REALS, UNIT),
    numpy_precedence=ADD,
    nouns=("blended_frame",),
    weight=0.1,
)
declare(
    "transform_point_matrix",
    "Z,P -> P",
    "wp.transform_point({0}, {1})",
    "np.einsum('...ij,...j->...i', {0}[..., :3, :3], {1}) + {0}[..., :3, 3]",
    lambda m, p: Interval(-(3 * m.magnitude * p.magnitude + m.magnitude), 3 * m.magnitude * p.magnitude + m.magnitude),
    numpy_precedence=ADD,
    nouns=("projected", "clip_point"),
    weight=0.6,
)
declare(
    "transform_vector_matrix",
    "Z,P -> P",
    "wp.transform_vector({0}, {1})",
    "np.einsum('...ij,...j->...i', {0}[..., :3, :3], {1})",
    lambda m, p: Interval(-3 * m.magnitude * p.magnitude, 3 * m.magnitude * p.magnitude),
    nouns=("mapped_dir",),
    weight=0.3,
)

# Warp puts two vectors together to a spatial vector in single precision alone.
_COMPONENTS = ", ".join(f"{{{part}}}[{k}]" for part in (0, 1) for k in range(3))
for _name, _warp, _reals, _weight in (
    ("make_spatial", "{S}({0}, {1})", ("float32",), 2.5),
    ("make_spatial_of_six", f"{{S}}({_COMPONENTS})", ("float16", "float64"), 0.5),
):
    declare(
        _name,
        "P,P -> S",
        _warp,
        "joined({0}, {1})",
        lambda a, b: a.hull(b),
        reals=_reals,
        helpers=(_JOINED,),
        nouns=("wrench", "twist", "spatial_force"),
        weight=_weight,
    )
declare("spatial_top", "S -> P", "wp.spatial_top({0})", "{0}[..., :3]", lambda s: s, nouns=("angular", "omega", "torque"), weight=3.0)
declare(
    "spatial_bottom", "S -> P", "wp.spatial_bottom({0})", "{0}[..., 3:]", lambda s: s, nouns=("linear", "velocity", "force"), weight=3.0
)
declare(
    "spatial_dot",
    "S,S -> R",
    "wp.spatial_dot({0}, {1})",
    "np.sum({0} * {1}, axis=-1)",
    _sum_of_six,
    nouns=("power", "joint_work"),
    weight=0.6,
)
declare(
    "dot_spatial", "S,S -> R", "wp.dot({0}, {1})", "np.sum({0} * {1}, axis=-1)", _sum_of_six, nouns=("power", "projection6"), weight=0.6
)
declare(
    "spatial_cross",
    "S,S -> S",
    "wp.spatial_cross({0}, {1})",
    "spatial_cross({0}, {1})",
    _twice,
    helpers=(_JOINED, _SPATIAL_CROSS),
    nouns=("coriolis", "bias_accel"),
    weight=0.4,
)
declare(
    "spatial_cross_dual",
    "S,S -> S",
    "wp.spatial_cross_dual({0}, {1})",
    "spatial_cross_dual({0}, {1})",
    _twice,
    helpers=(_JOINED, _SPATIAL_CROSS_DUAL),
    nouns=("bias_force",),
    weight=0.4,
)
for _axis in (0, 5):
    declare(
        f"spatial_component_{_axis}",
        "S -> R",
        f"{{0}}[{_axis}]",
        f"{{0}}[..., {_axis}]",
        lambda s: s,
        nouns=("first_axis",) if _axis == 0 else ("last_axis",),
        weight=0.4,
    )
declare(
    "mat_spatial",
    "A,S -> S",
    "{0} * {1}",
    "np.einsum('...ij,...j->...i', {0}, {1})",
    _sum_of_six,
    precedence=MULTIPLY,
    nouns=("momentum", "inertial_force"),
    weight=0.8,
)
declare(
    "where_spatial",
    "B,S,S -> S",
    "wp.where({0}, {1}, {2})",
    "np.where(np.asarray({0})[..., None], {1}, {2})",
    lambda c, a, b: a.hull(b),
    smooth=False,
    nouns=("chosen_twist",),
    weight=0.1,
)
declare(
    "spatial_trace",
    "A -> R",
    "wp.trace({0})",
    "np.trace({0}, axis1=-2, axis2=-1)",
    lambda m: Interval(6 * m.low, 6 * m.high),
    nouns=("inertia_trace",),
    weight=0.1,
)
for _name, _warp, _reals in (
    ("quat_identity", "wp.quat_identity()", ("float32",)),
    ("quat_identity_typed", "wp.quat_identity(dtype={R})", ("float16", "float64")),
):
    declare(
        _name,
        " -> Q",
        _warp,
        "np.array([0.0, 0.0, 0.0, 1.0], {r})",
        lambda: SIGNED_UNIT,
        reals=_reals,
        gives="unit",
        nouns=("no_rotation",),
        weight=0.1,
    )
for _name, _warp, _reals in (
    ("transform_identity", "wp.transform_identity()", ("float32",)),
    ("transform_identity_typed", "wp.transform_identity(dtype={R})", ("float16", "float64")),
):
    declare(
        _name,
        " -> T",
        _warp,
        "np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0], {r})",
        lambda: SIGNED_UNIT,
        reals=_reals,
        gives="rigid",
        nouns=("identity_frame",),
        weight=0.1,
    )
