"""Forces on rigid bodies: at points fixed to them, by joints between them, and by contact with planes."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.draw import Draw
from kernels.families._bodies import ROTATE, body_frames, body_index, body_sizes, local_frame, own_terms
from kernels.families._worksheet import Worksheet
from kernels.language.expression import Expression, Variable, variable
from kernels.language.types import I32


def build_points(draw: Draw, w: Worksheet) -> Case:
    """Points fixed to bodies: their place and velocity, or the wrench that a force at them puts on the body."""
    i = draw.choice(("tid", "point", "c"))
    w.line(f"{i} = wp.tid()")
    x, rot = body_frames(w)
    body = body_index(w, draw.choice(("point_body", "contact_body", "body_id")), i, "b")
    w.array("local_point", w.vector, "n", Uniform(-1.0, 1.0))
    w.load("local", "local_point", i, 0, 0)
    w.guard(i, "n", "local_point", 0.3)
    local_frame(w, body, "", x, rot, "local")
    moving = draw.chance(0.6)
    if moving:
        for name in ("body_v", "body_w"):
            w.array(name, w.vector, "bodies", Uniform(-1.0, 1.0))
        w.line(f"vel = body_v[{body}] + wp.cross(body_w[{body}], r)")
        w.numpy(f"vel = body_v[{body}] + np.cross(body_w[{body}], r)")
    known: list[Expression] = [variable("vel", w.vector, -4.0, 4.0)] if moving else [variable("p", w.vector, -3.0, 3.0)]
    known += own_terms(
        w, i, (("pressure", "scalar", 0.2, 2.0), ("load", "vector", -1.0, 1.0), ("area", "scalar", 0.1, 1.0)), draw.integer(1, 2)
    )
    if draw.chance(0.5):
        known.append(w.parameter(draw.choice(("gain", "viscosity", "scale")), 0.1, 2.0))
    w.fused("f", w.vector, known)
    if draw.chance(0.6):
        for name, value in (("body_force", "f"), ("body_torque", "wp.cross(r, f)")):
            w.output(name, w.vector, "bodies", role="accumulate")
            w.line(f"wp.atomic_add({name}, {body}, {value})")
            w.numpy(f"{name} = np.zeros_like({x})", f"np.add.at({name}, {body}, {value.replace('wp.', 'np.')})")
    else:
        w.store(w.output("point_force", w.vector, "n"), i, "f")
    if draw.chance(0.4):
        w.store(w.output("world_point", w.vector, "n"), i, "p")
    return w.case(draw.choice(("point_velocities", "apply_point_forces", "body_wrench")), "n", body_sizes(draw))


def build_joint(draw: Draw, w: Worksheet) -> Case:
    """A joint between two bodies: the error of its anchors (ball) or axes (hinge), and the restoring wrench."""
    i = draw.choice(("tid", "joint", "j"))
    w.line(f"{i} = wp.tid()")
    x, rot = body_frames(w)
    guarded = draw.chance(0.5)
    if guarded:
        a, b = body_index(w, "parent", i, "a"), body_index(w, "child", i, "b")
        with w.block(f"if {a} == {b}:"):
            w.line("return")
        keep = f"({a} != {b})"
    else:
        w.array("parent", I32, "n", lambda s: Integers(0, s["bodies"] // 2))
        w.array("child", I32, "n", lambda s: Integers(s["bodies"] // 2, s["bodies"]))
        a, b, keep = w.load("a", "parent", i, 0, 0).name, w.load("b", "child", i, 0, 0).name, ""
    for side in "ab":
        w.array(f"anchor_{side}", w.vector, "n", Uniform(-1.0, 1.0))
        w.load(f"local_{side}", f"anchor_{side}", i, 0, 0)
        local_frame(w, side, f"_{side}", x, rot, f"local_{side}")
    w.formula("error = p_b - p_a")
    known: list[Expression] = [variable("error", w.vector, -5.0, 5.0), w.parameter(draw.choice(("joint_ke", "kp")), 0.5, 3.0)]
    if draw.chance(0.5):
        w.array("body_v", w.vector, "bodies", Uniform(-1.0, 1.0))
        w.both(f"rel_vel = body_v[{b}] - body_v[{a}]")
        known += [variable("rel_vel", w.vector, -2.0, 2.0), w.parameter("joint_kd", 0.05, 1.0)]
    hinge = draw.chance(0.5)
    w.fused("f", w.vector, known)
    torque = "wp.cross({r}, f)"
    if hinge:
        w.array("axis", w.vector, "n", UnitVectors())
        w.load("hinge", "axis", i, 0, 0)
        w.line("misaligned = wp.cross(R_a @ hinge, R_b @ hinge)")
        w.numpy(f"misaligned = np.cross({ROTATE.format(f'{rot}[a]', 'hinge')}, {ROTATE.format(f'{rot}[b]', 'hinge')})")
        bend = w.fused("bend", w.vector, [variable("misaligned", w.vector, -1.0, 1.0), *known[1:2]], 1).name
        torque += f" + {bend}"
    outputs = [("body_force", "f")] + ([("body_torque", torque)] if draw.chance(0.7) or hinge else [])
    for name, value in outputs:
        w.output(name, w.vector, "bodies", role="accumulate")
        w.numpy(f"{name} = np.zeros_like({x})")
        for side, call in (("a", "atomic_add"), ("b", "atomic_sub")):
            text = value.format(r=f"r_{side}")
            w.line(f"wp.{call}({name}, {side}, {text})")
            text = text.replace("wp.", "np.")
            masked = f"np.where({keep}[:, None], {text}, 0.0)" if keep else text
            w.numpy(f"np.{'add' if side == 'a' else 'subtract'}.at({name}, {side}, {masked})")
    return w.case(draw.choice(("eval_joints", "joint_forces", "hinge_joint" if hinge else "ball_joint")), "n", body_sizes(draw))


def build_contact(draw: Draw, w: Worksheet) -> Case:
    """Spheres against a plane: penalty forces or impulses, with friction."""
    i = draw.choice(("tid", "i", "body"))
    w.line(f"{i} = wp.tid()")
    w.array("x", w.vector, "n", Uniform(-1.5, 1.5))
    w.array("v", w.vector, "n", Uniform(-2.0, 2.0))
    w.guard(i, "n", "x")
    w.load("x_i", "x", i, 0, 0)
    w.load("v_i", "v", i, 0, 0)
    shared = draw.chance(0.4)
    if shared:
        w.value("normal", w.vector, UnitVectors())
        n, offset = "normal", w.parameter("plane_offset", -0.5, 0.5).name
    else:
        w.array("plane_normal", w.vector, "n", UnitVectors())
        w.array("plane_offset", w.real, "n", Uniform(-0.5, 0.5))
        n, offset = w.load("n", "plane_normal", i, 0, 0).name, w.load("offset", "plane_offset", i, 0, 0).name
    sized = draw.chance(0.5)
    radius = ""
    if sized:
        w.array("radius", w.real, "n", Uniform(0.1, 0.5))
        radius = f" - {w.load('radius_i', 'radius', i, 0.1, 0.5).name}"
    w.formula(f"gap = wp.dot({n}, x_i) - {offset}{radius}", f"vn = wp.dot(v_i, {n})")
    out = w.output(draw.choice(("contact_force", "v_out", "response")), w.vector, "n")
    rest = draw.choice((f"{w.zero(w.vector)}", "v_i"))
    apart = f"gap > {w.number(0.0)}" + (f" or vn > {w.number(0.0)}" if draw.chance(0.4) else "")
    with w.block(f"if {apart}:"):
        w.line(f"{out}[{i}] = {rest}", "return")
    known: list[Expression] = [variable("gap", w.real, -4.0, 0.0), variable("vn", w.real, -4.0, 4.0)]
    values = (
        w.parameters((("ke", 1.0, 5.0), ("kd", 0.1, 1.0)), "Contact")
        if draw.chance(0.5)
        else w.parameters((("restitution", 0.1, 0.9),), "Contact")
    )
    known += list(values.values())
    fn: Variable = w.fused("fn", w.real, known)
    w.formula(f"push = {{{fn.name}}} * {n}")
    if draw.chance(0.6):
        mu = w.parameter(draw.choice(("mu", "friction")), 0.1, 0.9).name
        w.formula(f"vt = v_i - {{vn}} * {n}", "slip = wp.length(vt) + 0.01", f"grip = wp.min({mu} * wp.abs({fn.name}) / slip, 1.0)")
        w.formula("push = push - {grip} * vt")
    w.formula("total = push" + (" + v_i" if rest == "v_i" else ""))
    w.line(f"{out}[{i}] = total")
    mask = "(gap > 0.0)" + (" | (vn > 0.0)" if " or " in apart else "")
    w.numpy(f"{out} = np.where(({mask})[:, None], {'v_i' if rest == 'v_i' else '0.0'}, total)")
    return w.case(draw.choice(("plane_contact", "eval_ground_contacts", "resolve_contact")), "n", body_sizes(draw))
