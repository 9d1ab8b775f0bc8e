"""Rigid bodies: time integration, inertia, velocities of body points, wrenches, joints and contact with planes.

Variants: semi-implicit Euler, explicit Euler, Verlet and leapfrog steps; orientation as a matrix moved by its angular velocity; angular
velocity or angular momentum as the state; diagonal or full inertia; wrenches added to bodies by atomics; ball and hinge joints between body
frames; penalty and impulse contact with restitution and friction; damping and gains as drawn terms.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Rotations, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.rigid_body.bodies import ROTATE, UNROTATE, body_sizes, own_terms
from kernels.families.rigid_body.forces import build_contact, build_joint, build_points
from kernels.language.expression import Expression, variable
from kernels.language.interval import Interval

SKEW = [
    "def skew(v):",
    "    x, y, z = v[..., 0], v[..., 1], v[..., 2]",
    "    zero = np.zeros_like(x)",
    "    rows = [np.stack(row, axis=-1) for row in ((zero, -z, y), (z, zero, -x), (-y, x, zero))]",
    "    return np.stack(rows, axis=-2)",
]


def build(draw: Draw) -> Case:
    """One kernel of a rigid-body solver."""
    draft = Draft(draw, without=("normalize",))
    form = draw.weighted((_integrate, _verlet, _energy, build_points, build_joint, build_contact), (5, 3, 2, 4, 3, 4))
    return form(draw, draft)


def _damped(draft: Draft, name: str, bound: float) -> None:
    """Sometimes scales the velocity `name` down, by a factor of its own or a fused one."""
    draw = draft.draw
    if draw.chance(0.5):
        return
    damping = draft.parameter(f"damping_{name}", 0.05, 0.9)
    if draw.chance(0.4):
        factor = f"(1.0 - {damping.name})"
    elif draw.chance(0.5):
        draft.formula(f"speed_{name} = wp.length({name})", f"keep_{name} = 1.0 / (1.0 + {damping.name} * speed_{name})")
        factor = f"keep_{name}"
    else:
        factor = draft.fused(f"keep_{name}", draft.real, [damping], 1, Interval(-20.0, 20.0)).name
    draft.formula(f"{name} = {name} * {{{factor}}}")


def _integrate(draw: Draw, draft: Draft) -> Case:
    """A step of bodies: linear, angular or both."""
    i = draw.choice(("tid", "body", "i", "b"))
    draft.line(f"{i} = wp.tid()")
    linear = draw.chance(0.75)
    angular = not linear or draw.chance(0.6)
    draft.guard(i, "n", "body_" + ("v" if linear else "r"))
    dt = draft.parameter(draw.choice(("dt", "h", "time_step")), 0.01, 0.2).name
    semi = draw.chance(0.7)
    if linear:
        _linear(draft, i, dt, semi)
    if angular:
        _angular(draft, i, dt, semi)
    return draft.case(draw.choice(("integrate_bodies", "step_rigid", "integrate_rigid_bodies")), ["n"], body_sizes(draw))


def _linear(draft: Draft, i: str, dt: str, semi: bool) -> None:
    draw = draft.draw
    draft.array("body_v", draft.vector, "n", domain=Uniform(-2.0, 2.0))
    x = draft.array(draw.choice(("body_x", "com", "body_pos")), draft.vector, "n", domain=Uniform(-2.0, 2.0))
    draft.load("v", "body_v", i, 0, 0)
    draft.load("x", x, i, 0, 0)
    terms = own_terms(
        draft, i, (("force", "vector", -3.0, 3.0), ("inv_mass", "scalar", 0.2, 2.0), ("field", "vector", -1.0, 1.0)), draw.integer(1, 2)
    )
    if draw.chance(0.5):
        draft.value("gravity", draft.vector, Uniform(-9.0, 9.0))
        terms.append(variable("gravity", draft.vector, -9.0, 9.0))
    if draw.chance(0.3):
        terms.append(variable("v", draft.vector, -2.0, 2.0))
    draft.fused("accel", draft.vector, terms)
    draft.formula(f"v1 = v + accel * {{{dt}}}")
    _damped(draft, "v1", 20.0)
    draft.formula(f"x1 = x + {'v1' if semi else 'v'} * {{{dt}}}")
    if draw.chance(0.3):
        limit = draft.parameter("ground", -1.0, 0.0).name
        draft.formula(f"depth = {limit} - x1[1]" if draw.chance(0.5) else f"depth = wp.max({limit} - x1[1], 0.0)")
        draft.reference[-1] = draft.reference[-1].replace("x1[1]", "x1[:, 1]")
        shift = draft.output("ground_depth", draft.real, "n")
        draft.store(shift, i, "depth")
    draft.store(draft.output("v_out", draft.vector, "n"), i, "v1")
    draft.store(draft.output("x_out", draft.vector, "n"), i, "x1")


def _angular(draft: Draft, i: str, dt: str, semi: bool) -> None:
    draw = draft.draw
    rot = draft.array("body_r", draft.matrix, "n", domain=Rotations())
    draft.load("R", rot, i, 0, 0)
    draft.array("torque", draft.vector, "n", domain=Uniform(-2.0, 2.0))
    draft.load("tau", "torque", i, 0, 0)
    draft.array("inv_inertia", draft.vector, "n", domain=Uniform(0.3, 2.0))
    draft.load("inv_I", "inv_inertia", i, 0, 0)
    if draw.chance(0.5):
        momentum = draft.array("ang_momentum", draft.vector, "n", domain=Uniform(-1.0, 1.0))
        draft.load("L", momentum, i, 0, 0)
        draft.formula(f"L1 = L + tau * {{{dt}}}")
        _damped(draft, "L1", 4.0)
        draft.line("local_L = wp.transpose(R) @ L1", "omega = R @ wp.cw_mul(inv_I, local_L)")
        draft.numpy(f"local_L = {UNROTATE.format('R', 'L1')}", f"omega = {ROTATE.format('R', 'inv_I * local_L')}")
        draft.store(draft.output("ang_momentum_out", draft.vector, "n"), i, "L1")
    else:
        spin = draft.array("body_w", draft.vector, "n", domain=Uniform(-2.0, 2.0))
        draft.load("omega0", spin, i, 0, 0)
        draft.line("local_tau = wp.transpose(R) @ tau")
        draft.numpy(f"local_tau = {UNROTATE.format('R', 'tau')}")
        if draw.chance(0.5):
            draft.line("local_w = wp.transpose(R) @ omega0")
            draft.numpy(f"local_w = {UNROTATE.format('R', 'omega0')}")
            draft.formula("gyro = wp.cross(local_w, wp.cw_div(local_w, inv_I))")
            draft.reference[-1] = "gyro = np.cross(local_w, local_w / inv_I)"
            draft.formula("local_tau = local_tau - gyro")
        draft.line("alpha = R @ wp.cw_mul(inv_I, local_tau)")
        draft.numpy(f"alpha = {ROTATE.format('R', 'inv_I * local_tau')}")
        draft.formula(f"omega = omega0 + alpha * {{{dt}}}")
        _damped(draft, "omega", 6.0)
    if draw.chance(0.7):
        draft.line(f"R1 = R + {dt} * (wp.skew(omega) @ R)")
        draft.numpy(f"R1 = R + {dt} * (skew({'omega'}) @ R)")
        draft.reference_definitions.append(SKEW)
        draft.store(draft.output("r_out", draft.matrix, "n"), i, "R1")
    draft.store(draft.output("w_out", draft.vector, "n"), i, "omega")


def _verlet(draw: Draw, draft: Draft) -> Case:
    """Point masses by Verlet, velocity Verlet or leapfrog, in a force that depends on where they are."""
    i = draw.choice(("tid", "i", "p"))
    draft.line(f"{i} = wp.tid()")
    element = draft.vector if draw.chance(0.6) else draft.real
    dt = draft.parameter(draw.choice(("dt", "h")), 0.05, 0.3).name
    scheme = draw.choice(("verlet", "velocity_verlet", "leapfrog", "midpoint"))
    x = draft.array(draw.choice(("x", "pos", "q")), element, "n", domain=Uniform(-1.5, 1.5))
    draft.guard(i, "n", x)
    own = own_terms(
        draft, i, (("mass", "scalar", 0.5, 2.0), ("stiffness", "scalar", 0.5, 3.0), ("drag", "scalar", 0.1, 1.0)), draw.integer(1, 2)
    )
    where = draft.drawn(element, [variable("where", element, -4.0, 4.0), *own])
    names = [e.warp() for e in own]
    draft.function("accel", [("where", element), *((n, draft.real) for n in names)], [f"return {where.warp()}"], element)
    # The expression's text is in the kernel's spelling already: its literals must not be wrapped twice.
    draft.definitions[-1][-1] = f"    return {where.warp()}"
    draft.reference_definitions.append([f"def accel(where, {', '.join(names)}):", f"    return {where.numpy()}"])

    def call(at: str) -> str:
        return f"accel({at}, {', '.join(names)})"

    draft.load("x0", x, i, 0, 0)
    if scheme == "verlet":
        draft.array("previous", element, "n", domain=Uniform(-1.5, 1.5))
        draft.load("x_prev", "previous", i, 0, 0)
        draft.both(f"a0 = {call('x0')}")
        draft.formula(f"x1 = 2.0 * x0 - x_prev + a0 * ({dt} * {dt})")
    else:
        draft.array("v", element, "n", domain=Uniform(-1.0, 1.0))
        draft.load("v0", "v", i, 0, 0)
        draft.both(f"a0 = {call('x0')}")
        if scheme == "leapfrog":
            draft.both(f"v1 = v0 + a0 * {dt}", f"x1 = x0 + v1 * {dt}")
        else:
            half = "mid" if scheme == "midpoint" else "half_v"
            if scheme == "midpoint":
                draft.formula(f"{half} = x0 + v0 * (0.5 * {dt})", f"v1 = v0 + {call(half)} * {dt}", f"x1 = x0 + 0.5 * (v0 + v1) * {dt}")
            else:
                draft.formula(f"{half} = v0 + a0 * (0.5 * {dt})", f"x1 = x0 + {half} * {dt}", f"v1 = {half} + {call('x1')} * (0.5 * {dt})")
        draft.store(draft.output("v_out", element, "n"), i, "v1")
    draft.store(draft.output(draw.choice(("x_out", "next_x", f"{x}_new")), element, "n"), i, "x1")
    if scheme == "midpoint":
        draft.kernel = [line for line in draft.kernel if not line.startswith("a0 =")]
        draft.reference = [line for line in draft.reference if not line.startswith("a0 =")]
    return draft.case(f"{scheme}_step", ["n"], body_sizes(draw), elementwise=True)


def _energy(draw: Draw, draft: Draft) -> Case:
    """Inertia in world axes, angular momentum and kinetic energy."""
    i = draw.choice(("tid", "body", "i"))
    draft.line(f"{i} = wp.tid()")
    draft.array("rotation", draft.matrix, "n", domain=Rotations())
    draft.guard(i, "n", "rotation")
    draft.load("R", "rotation", i, 0, 0)
    full = draw.chance(0.4)
    draft.array("inertia", draft.matrix if full else draft.vector, "n", domain=Uniform(0.3, 2.0))
    draft.load("I_body", "inertia", i, 0, 0)
    draft.array("omega", draft.vector, "n", domain=Uniform(-2.0, 2.0))
    draft.load("w_i", "omega", i, 0, 0)
    if full or draw.chance(0.5):
        draft.line(f"I_world = R @ {'I_body' if full else 'wp.diag(I_body)'} @ wp.transpose(R)", "L = I_world @ w_i")
        draft.numpy(
            f"I_world = (R{' @ I_body' if full else ' * I_body[:, None, :]'}) @ np.swapaxes(R, 1, 2)",
            f"L = {ROTATE.format('I_world', 'w_i')}",
        )
        if draw.chance(0.5):
            draft.store(draft.output("inertia_world", draft.matrix, "n"), i, "I_world")
    else:
        draft.line("local = wp.transpose(R) @ w_i", "L = R @ wp.cw_mul(I_body, local)")
        draft.numpy(f"local = {UNROTATE.format('R', 'w_i')}", f"L = {ROTATE.format('R', 'I_body * local')}")
    draft.formula("rotational = 0.5 * wp.dot(w_i, L)")
    terms: list[Expression] = [
        variable("rotational", draft.real, -50.0, 200.0),
        *own_terms(draft, i, (("height", "scalar", 0.0, 3.0), ("charge", "scalar", 0.2, 1.0)), draw.integer(0, 1)),
    ]
    if draw.chance(0.6):
        draft.array("velocity", draft.vector, "n", domain=Uniform(-2.0, 2.0))
        draft.array("mass", draft.real, "n", domain=Uniform(0.5, 2.0))
        draft.load("v_i", "velocity", i, 0, 0)
        draft.load("m_i", "mass", i, 0.5, 2.0)
        draft.formula("translational = 0.5 * m_i * wp.dot(v_i, v_i)")
        terms.append(variable("translational", draft.real, 0.0, 12.0))
    energy = draft.fused("energy", draft.real, terms).name if len(terms) > 1 else "rotational"
    if draw.chance(0.4):
        total = draft.output("total_energy", draft.real, "one", role="accumulate")
        draft.line(f"wp.atomic_add({total}, 0, {energy})")
        draft.numpy(f"{total} = np.sum({energy}).reshape(1)")
    else:
        draft.store(draft.output("energy_out", draft.real, "n"), i, energy)
    if draw.chance(0.6):
        draft.store(draft.output("momentum", draft.vector, "n"), i, "L")
    return draft.case(
        draw.choice(("kinetic_energy", "body_energy", "angular_momentum")), ["n"], [{**s, "one": 1} for s in body_sizes(draw)]
    )
