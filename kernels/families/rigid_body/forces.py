"""Forces on rigid bodies: at points fixed to them, by joints between them, and by contact with planes."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.rigid_body.bodies import ROTATE, body_index, body_positions, body_rotations, body_sizes, local_frame, own_terms
from kernels.language.expression import Expression, Variable, variable
from kernels.language.types import I32


def build_points(draw: Draw, draft: Draft) -> Case:
    """Points fixed to bodies: their place and velocity, or the wrench that a force at them puts on the body."""
    i = draw.choice(("tid", "point", "c"))
    draft.line(f"{i} = wp.tid()")
    rot = body_rotations(draft)
    body = body_index(draft, draw.choice(("point_body", "contact_body", "body_id")), i, "b")
    draft.array("local_point", draft.vector, "n", domain=Uniform(-1.0, 1.0))
    draft.load("local", "local_point", i, 0, 0)
    draft.guard(i, "n", "local_point", 0.3)
    local_frame(draft, body, "", rot, "local")
    moving, placed = draw.chance(0.6), draw.chance(0.4)
    if placed or not moving:
        draft.both(f"p = {body_positions(draft)}[{body}] + r")
    if moving:
        for name in ("body_v", "body_w"):
            draft.array(name, draft.vector, "bodies", domain=Uniform(-1.0, 1.0))
        draft.line(f"vel = body_v[{body}] + wp.cross(body_w[{body}], r)")
        draft.numpy(f"vel = body_v[{body}] + np.cross(body_w[{body}], r)")
    known: list[Expression] = [variable("vel", draft.vector, -4.0, 4.0)] if moving else [variable("p", draft.vector, -3.0, 3.0)]
    known += own_terms(
        draft, i, (("pressure", "scalar", 0.2, 2.0), ("load", "vector", -1.0, 1.0), ("area", "scalar", 0.1, 1.0)), draw.integer(1, 2)
    )
    if draw.chance(0.5):
        known.append(draft.parameter(draw.choice(("gain", "viscosity", "scale")), 0.1, 2.0))
    draft.fused("f", draft.vector, known)
    if draw.chance(0.6):
        for name, value in (("body_force", "f"), ("body_torque", "wp.cross(r, f)")):
            draft.output(name, draft.vector, "bodies", role="accumulate")
            draft.line(f"wp.atomic_add({name}, {body}, {value})")
            draft.numpy(f"{name} = np.zeros_like({name})", f"np.add.at({name}, {body}, {value.replace('wp.', 'np.')})")
    else:
        draft.store(draft.output("point_force", draft.vector, "n"), i, "f")
    if placed:
        draft.store(draft.output("world_point", draft.vector, "n"), i, "p")
    return draft.case(draw.choice(("point_velocities", "apply_point_forces", "body_wrench")), ["n"], body_sizes(draw))


def build_joint(draw: Draw, draft: Draft) -> Case:
    """A joint between two bodies: the error of its anchors (ball) or axes (hinge), and the restoring wrench."""
    i = draw.choice(("tid", "joint", "j"))
    draft.line(f"{i} = wp.tid()")
    x, rot = body_positions(draft), body_rotations(draft)
    guarded = draw.chance(0.5)
    if guarded:
        a, b = body_index(draft, "parent", i, "a"), body_index(draft, "child", i, "b")
        with draft.block(f"if {a} == {b}:"):
            draft.line("return")
        keep = f"({a} != {b})"
    else:
        draft.array("parent", I32, "n", domain=lambda s: Integers(0, s["bodies"] // 2))
        draft.array("child", I32, "n", domain=lambda s: Integers(s["bodies"] // 2, s["bodies"]))
        a, b, keep = draft.load("a", "parent", i, 0, 0).name, draft.load("b", "child", i, 0, 0).name, ""
    for side in "ab":
        draft.array(f"anchor_{side}", draft.vector, "n", domain=Uniform(-1.0, 1.0))
        draft.load(f"local_{side}", f"anchor_{side}", i, 0, 0)
        local_frame(draft, side, f"_{side}", rot, f"local_{side}")
        draft.both(f"p_{side} = {x}[{side}] + r_{side}")
    draft.formula("error = p_b - p_a")
    known: list[Expression] = [variable("error", draft.vector, -5.0, 5.0), draft.parameter(draw.choice(("joint_ke", "kp")), 0.5, 3.0)]
    if draw.chance(0.5):
        draft.array("body_v", draft.vector, "bodies", domain=Uniform(-1.0, 1.0))
        draft.both(f"rel_vel = body_v[{b}] - body_v[{a}]")
        known += [variable("rel_vel", draft.vector, -2.0, 2.0), draft.parameter("joint_kd", 0.05, 1.0)]
    hinge = draw.chance(0.5)
    draft.fused("f", draft.vector, known)
    torque = "wp.cross({r}, f)"
    if hinge:
        draft.array("axis", draft.vector, "n", domain=UnitVectors())
        draft.load("hinge", "axis", i, 0, 0)
        draft.line("misaligned = wp.cross(R_a @ hinge, R_b @ hinge)")
        draft.numpy(f"misaligned = np.cross({ROTATE.format(f'{rot}[a]', 'hinge')}, {ROTATE.format(f'{rot}[b]', 'hinge')})")
        bend = draft.fused("bend", draft.vector, [variable("misaligned", draft.vector, -1.0, 1.0), *known[1:2]], 1).name
        torque += f" + {bend}"
    outputs = [("body_force", "f")] + ([("body_torque", torque)] if draw.chance(0.7) or hinge else [])
    for name, value in outputs:
        draft.output(name, draft.vector, "bodies", role="accumulate")
        draft.numpy(f"{name} = np.zeros_like({x})")
        for side, call in (("a", "atomic_add"), ("b", "atomic_sub")):
            text = value.format(r=f"r_{side}")
            draft.line(f"wp.{call}({name}, {side}, {text})")
            text = text.replace("wp.", "np.")
            masked = f"np.where({keep}[:, None], {text}, 0.0)" if keep else text
            draft.numpy(f"np.{'add' if side == 'a' else 'subtract'}.at({name}, {side}, {masked})")
    return draft.case(draw.choice(("eval_joints", "joint_forces", "hinge_joint" if hinge else "ball_joint")), ["n"], body_sizes(draw))


def build_contact(draw: Draw, draft: Draft) -> Case:
    """Spheres against a plane: penalty forces or impulses, with friction."""
    i = draw.choice(("tid", "i", "body"))
    draft.reserve("n")
    draft.line(f"{i} = wp.tid()")
    draft.array("x", draft.vector, "n", domain=Uniform(-1.5, 1.5))
    draft.array("v", draft.vector, "n", domain=Uniform(-2.0, 2.0))
    draft.guard(i, "n", "x")
    draft.load("x_i", "x", i, 0, 0)
    draft.load("v_i", "v", i, 0, 0)
    shared = draw.chance(0.4)
    if shared:
        draft.value("normal", draft.vector, UnitVectors())
        n, offset = "normal", draft.parameter("plane_offset", -0.5, 0.5).name
    else:
        draft.array("plane_normal", draft.vector, "n", domain=UnitVectors())
        draft.array("plane_offset", draft.real, "n", domain=Uniform(-0.5, 0.5))
        n, offset = draft.load("n", "plane_normal", i, 0, 0).name, draft.load("offset", "plane_offset", i, 0, 0).name
    sized = draw.chance(0.5)
    radius = ""
    if sized:
        draft.array("radius", draft.real, "n", domain=Uniform(0.1, 0.5))
        radius = f" - {draft.load('radius_i', 'radius', i, 0.1, 0.5).name}"
    draft.formula(f"gap = wp.dot({n}, x_i) - {offset}{radius}", f"vn = wp.dot(v_i, {n})")
    out = draft.output(draw.choice(("contact_force", "v_out", "response")), draft.vector, "n")
    rest = draw.choice((f"{draft.zero(draft.vector)}", "v_i"))
    apart = f"gap > {draft.number(0.0)}" + (f" or vn > {draft.number(0.0)}" if draw.chance(0.4) else "")
    with draft.block(f"if {apart}:"):
        draft.line(f"{out}[{i}] = {rest}", "return")
    known: list[Expression] = [variable("gap", draft.real, -4.0, 0.0), variable("vn", draft.real, -4.0, 4.0)]
    values = (
        draft.parameters(("ke", 1.0, 5.0), ("kd", 0.1, 1.0), struct="Contact")
        if draw.chance(0.5)
        else draft.parameters(("restitution", 0.1, 0.9), struct="Contact")
    )
    known += list(values.values())
    fn: Variable = draft.fused("fn", draft.real, known)
    draft.formula(f"push = {{{fn.name}}} * {n}")
    if draw.chance(0.6):
        mu = draft.parameter(draw.choice(("mu", "friction")), 0.1, 0.9).name
        draft.formula(f"vt = v_i - {{vn}} * {n}", "slip = wp.length(vt) + 0.01", f"grip = wp.min({mu} * wp.abs({fn.name}) / slip, 1.0)")
        draft.formula("push = push - {grip} * vt")
    draft.formula("total = push" + (" + v_i" if rest == "v_i" else ""))
    draft.line(f"{out}[{i}] = total")
    mask = "(gap > 0.0)" + (" | (vn > 0.0)" if " or " in apart else "")
    draft.numpy(f"{out} = np.where(({mask})[:, None], {'v_i' if rest == 'v_i' else '0.0'}, total)")
    return draft.case(draw.choice(("plane_contact", "eval_ground_contacts", "resolve_contact")), ["n"], body_sizes(draw))
