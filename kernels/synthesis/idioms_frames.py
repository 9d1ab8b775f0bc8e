"""Idioms of articulated bodies: points and directions carried between frames, velocities at points, wrenches, joint rotations.

They need a palette of three dimensions, and values of the theme that are transforms, quaternions or spatial vectors.
"""

from __future__ import annotations

from kernels.domains import Integers
from kernels.language.expression import Expression, Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.statement import Atomic, If, Load
from kernels.language.types import I32
from kernels.synthesis.builder import Program
from kernels.synthesis.expressions import LIMIT
from kernels.synthesis.vocabulary import Quantity


def _spatial(p: Program) -> bool:
    return p.palette.length == 3 and p.palette.has("T") and any(q.letter in "TQS" for q in p.theme.quantities)


def _body_array(p: Program, quantity: Quantity) -> str:
    """An array of the theme's `quantity`, one element for each thread."""
    name = quantity.name
    if name in p.plans and p.plans[name].shape == p.extents:
        return name
    return p.array(p.name(name), p.type_of(quantity.letter), p.extents, lambda sizes: p.domain_of(quantity))


def _given(p: Program, letter: str, stem: str) -> Variable | None:
    """A value of the theme's type `letter`: one in scope, or the thread's element of a new array of it."""
    there = [v for v in p.scope(letter) if isinstance(v, Variable)]
    kind = {"T": "rigid", "Q": "unit"}.get(letter, "")
    there = [v for v in there if not kind or p.expressions.provenance.kind(v) == kind]
    if there and p.draw.chance(0.6):
        return p.draw.choice(there)
    quantities = [q for q in p.theme.quantities if q.letter == letter]
    if not quantities or len(p.plans) > 12:
        return p.draw.choice(there) if there else None
    quantity = p.draw.choice(quantities)
    return p.load(_body_array(p, quantity), quantity, p.lane_variables, stem=stem)


def _keep(p: Program, stem: str, value: Expression) -> Variable:
    return p.local(stem, p.expressions.confined(value, LIMIT) if value.type.name[:4] not in ("quat", "tran") else value)


def to_world(p: Program) -> bool:
    """A point given in a body's frame carried to the world, and often its offset from the body's origin."""
    if not _spatial(p):
        return False
    frame = _given(p, "T", p.draw.choice(("X_wb", "body_tf", "pose", "X_ws", "tf")))
    points = p.pick(1, "V")
    if frame is None or not points:
        return False
    if p.draw.chance(0.3):
        frame = p.local(p.draw.choice(("X_bw", "inv_tf", "world_to_body")), apply("transform_inverse", frame))
    world = _keep(p, p.draw.choice(("p_world", "point_w", "anchor_w", "x_world")), apply("transform_point", frame, points[0]))
    if p.draw.chance(0.6):
        origin = apply("transform_get_translation", frame)
        _keep(p, p.draw.choice(("r", "arm", "lever", "offset_w")), apply("subtract_vec", world, origin))
    return True


def axis_in_world(p: Program) -> bool:
    """A direction rotated from one frame into another."""
    if not _spatial(p):
        return False
    vectors = p.pick(1, "V")
    if not vectors:
        return False
    if p.draw.chance(0.5) and (frame := _given(p, "T", p.draw.choice(("X_wj", "frame", "X_wp")))) is not None:
        value: Expression = apply("transform_vector", frame, vectors[0])
    elif (rotation := _given(p, "Q", p.draw.choice(("rot", "q_body", "body_rot")))) is not None:
        value = apply(p.draw.choice(("quat_rotate", "quat_rotate", "quat_rotate_inv")), rotation, vectors[0])
    else:
        return False
    _keep(p, p.draw.choice(("axis_w", "dir_w", "normal_w", "local_dir", "up")), value)
    return True


def compose(p: Program) -> bool:
    """Two frames composed, or one seen from the other."""
    if not _spatial(p):
        return False
    first, second = _given(p, "T", p.draw.choice(("X_wp", "parent_tf"))), _given(p, "T", p.draw.choice(("X_pj", "joint_tf", "X_wc")))
    if first is None or second is None or first.name == second.name:
        return False
    if p.draw.chance(0.4):
        inverse: Expression = apply("transform_inverse", first)
        if p.draw.chance(0.5):
            inverse = p.local(p.draw.choice(("X_pw", "inv_parent")), inverse)
        value = apply("transform_multiply", inverse, second)
    else:
        value = apply(p.draw.choice(("transform_multiply", "transform_star")), first, second)
    frame = p.local(p.draw.choice(("X_wj", "X_rel", "relative_tf", "X_wc")), value)
    if p.draw.chance(0.5):
        _keep(p, p.draw.choice(("x_err", "rel_pos", "joint_pos")), apply("transform_get_translation", frame))
    if p.draw.chance(0.4):
        rotation = p.local(p.draw.choice(("r_err", "rel_rot", "q_rel")), apply("transform_get_rotation", frame))
        if p.draw.chance(0.6):
            _keep(p, p.draw.choice(("ang_err", "rot_vec", "axis_part")), apply("vector_part", rotation))
    return True


def twist_parts(p: Program) -> bool:
    """The angular and linear parts of a body's twist, and often the velocity of one of its points."""
    if not _spatial(p):
        return False
    twist = _given(p, "S", p.draw.choice(("twist", "qd", "body_vel", "v_s")))
    if twist is None:
        return False
    omega = _keep(p, p.draw.choice(("w", "omega", "w_b")), apply("spatial_top", twist))
    linear = _keep(p, p.draw.choice(("v", "v_lin", "v_b")), apply("spatial_bottom", twist))
    arms = [a for a in p.pick(2, "V") if a not in (omega, linear)]
    if arms and p.draw.chance(0.7) and p.expressions.provenance.independent(omega, arms[0]):
        velocity = apply("add_vec", linear, apply("cross", omega, arms[0]))
        _keep(p, p.draw.choice(("v_point", "vel_at", "dpdt", "contact_vel")), velocity)
    return True


def wrench(p: Program) -> bool:
    """A force and its moment as a spatial vector, added to a body's total by an atomic, or kept."""
    if not _spatial(p):
        return False
    vectors = [v for v in p.pick(2, "V") if v.range.magnitude < 200.0]
    if len(vectors) < 2 or not p.expressions.provenance.independent(*vectors):
        return False
    maker = "make_spatial" if p.palette.real == "float32" else "make_spatial_of_six"
    torque = _keep(p, p.draw.choice(("torque", "moment", "tau")), apply("cross", vectors[0], vectors[1]))
    value = apply(maker, torque, p.expressions.confined(vectors[1], Interval(-200.0, 200.0)))
    if len(p.lanes) > 1 or sum(a.role == "accumulate" for a in p.sig.arguments) >= 2 or p.draw.chance(0.4):
        _keep(p, p.draw.choice(("wrench", "f_s", "body_force")), value)
        return True
    index = p.name(p.draw.choice(("body_index", "child_id", "link_index")))
    count = p.draw.integer(3, 8)
    p.array(f"{index}_in", I32, p.extents, lambda sizes: Integers(0, count))
    p.names.add(f"{index}_in")
    body = p.local(index, Load(I32, Interval(0, count - 1), f"{index}_in", p.lane_variables))
    target = p.array(p.name(p.draw.choice(("body_f", "body_wrench", "total_wrench"))), value.type, (count,), None, "accumulate")
    named = value if p.draw.chance(0.5) else _keep(p, "f_total", value)
    atomic = Atomic(p.draw.choice(("add", "add", "sub")), target, (body,), named)
    if p.draw.chance(0.25) and not p.expressions.coarse and p.scope("R"):
        p.add(If(p.expressions.condition(p.pick(1, "R")), [atomic]))
    else:
        p.add(atomic)
    return True


def joint_drive(p: Program) -> bool:
    """A PD law towards a target, clamped to an effort limit."""
    sources = p.pick(3, "R")
    if len(sources) < 2:
        return False
    position, velocity = sources[:2]
    real = p.real
    gains = [p.expressions.constant(real, 0.5, 8.0), p.expressions.constant(real, 0.1, 2.0)]
    target: Expression = sources[2] if len(sources) > 2 else p.expressions.constant(real, -1.0, 1.0)
    error = _keep(p, p.draw.choice(("q_err", "pos_error", "err")), apply("subtract", target, position))
    law = apply("subtract", apply("multiply", gains[0], error), apply("multiply", gains[1], velocity))
    effort = _keep(p, p.draw.choice(("tau", "effort", "act_force", "drive_force")), law)
    if p.draw.chance(0.6) and not p.expressions.coarse:
        most = p.draw.choice((2.0, 5.0, 10.0))
        _keep(p, p.draw.choice(("limited", "clamped_tau", "applied")), apply("clamp", effort, literal(-most, real), literal(most, real)))
    return True


def integrate_rotation(p: Program) -> bool:
    """A rotation advanced by an angular velocity and normalized: q + 0.5 dt (w, 0) q, or by an increment about an axis."""
    if not _spatial(p):
        return False
    rotation = _given(p, "Q", p.draw.choice(("r0", "q", "rot_in")))
    vectors = p.pick(1, "V")
    if rotation is None or not vectors:
        return False
    real, step = p.real, p.draw.choice((0.01, 0.05, 0.02))
    if p.draw.chance(0.5):
        axis = p.expressions.direction(vectors[0])
        axis = p.local(p.draw.choice(("axis", "spin_axis", "n_axis")), axis)
        angle: Expression = p.expressions.constant(real, 0.1, 1.5)
        reals = [s for s in p.pick(1, "R") if s.range.magnitude < 15.0]
        if reals:
            angle = reals[0]
        increment = p.local(p.draw.choice(("dq", "delta_rot", "q_step")), apply("quat_from_axis_angle", axis, angle))
        value = apply("quat_multiply", increment, rotation)
        p.local(p.draw.choice(("r1", "q_new", "rot_next")), value)
        return True
    omega = vectors[0]
    parts = [apply(f"component_{k}", omega) for k in range(3)]
    if any(part.range.magnitude > 20.0 for part in parts):
        return False
    spin = f"{p.type_of('Q').spelling}({', '.join(part.warp() for part in parts)}, {literal(0.0, real).warp()})"
    name = p.name(p.draw.choice(("r1", "q_next", "rot_new")))
    half = literal(0.5 * step, real)
    lines = [f"{name} = wp.normalize({rotation.name} + {spin} * {rotation.name} * {half.warp()})"]
    p.helpers += ["\n".join(_PRODUCT)]
    numpy = [
        f"{name} = {rotation.name} + quat_product(np.concatenate([{omega.numpy()}, np.zeros_like({omega.numpy()}[..., :1])], axis=-1), "
        f"{rotation.name}) * {half.numpy()}",
        f"{name} = {name} / np.sqrt(np.sum({name} * {name}, axis=-1, keepdims=True))",
    ]
    result = Variable(rotation.type, Interval(-1.0, 1.0), name)
    p.verbatim(lines, lambda mask: numpy, [rotation, omega], [result])
    p.expressions.provenance.given(name, "unit")
    return True


_PRODUCT = (
    "",
    "def quat_product(p, q):",
    "    a, s = p[..., :3], p[..., 3:]",
    "    b, t = q[..., :3], q[..., 3:]",
    "    return np.concatenate([s * b + t * a + np.cross(a, b), s * t - np.sum(a * b, axis=-1, keepdims=True)], axis=-1)",
)
