"""Rigid bodies: time integration, inertia, velocities of body points, wrenches, joints and contact with planes.

Variants: semi-implicit Euler, explicit Euler, Verlet and leapfrog steps; orientation as a matrix moved by its angular velocity; angular
velocity or angular momentum as the state; diagonal or full inertia; wrenches added to bodies by atomics; ball and hinge joints between body
frames; penalty and impulse contact with restitution and friction; damping and gains as drawn terms.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Rotations, Uniform
from kernels.draw import Draw
from kernels.families._bodies import ROTATE, UNROTATE, body_sizes, own_terms
from kernels.families._body_forces import build_contact, build_joint, build_points
from kernels.families._worksheet import Worksheet
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
    w = Worksheet(draw, "rigid_body", without=("normalize",))
    form = draw.weighted((_integrate, _verlet, _energy, build_points, build_joint, build_contact), (5, 3, 2, 4, 3, 4))
    return form(draw, w)


def _damped(w: Worksheet, name: str, bound: float) -> None:
    """Sometimes scales the velocity `name` down, by a factor of its own or a fused one."""
    draw = w.draw
    if draw.chance(0.5):
        return
    damping = w.parameter(f"damping_{name}", 0.05, 0.9)
    if draw.chance(0.4):
        factor = f"(1.0 - {damping.name})"
    elif draw.chance(0.5):
        w.formula(f"speed_{name} = wp.length({name})", f"keep_{name} = 1.0 / (1.0 + {damping.name} * speed_{name})")
        factor = f"keep_{name}"
    else:
        factor = w.fused(f"keep_{name}", w.real, [damping], 1, Interval(-20.0, 20.0)).name
    w.formula(f"{name} = {name} * {{{factor}}}")


def _integrate(draw: Draw, w: Worksheet) -> Case:
    """A step of bodies: linear, angular or both."""
    i = draw.choice(("tid", "body", "i", "b"))
    w.line(f"{i} = wp.tid()")
    linear = draw.chance(0.75)
    angular = not linear or draw.chance(0.6)
    w.guard(i, "n", "body_" + ("v" if linear else "r"))
    dt = w.parameter(draw.choice(("dt", "h", "time_step")), 0.01, 0.2).name
    semi = draw.chance(0.7)
    if linear:
        _linear(w, i, dt, semi)
    if angular:
        _angular(w, i, dt, semi)
    return w.case(draw.choice(("integrate_bodies", "step_rigid", "integrate_rigid_bodies")), "n", body_sizes(draw))


def _linear(w: Worksheet, i: str, dt: str, semi: bool) -> None:
    draw = w.draw
    w.array("body_v", w.vector, "n", Uniform(-2.0, 2.0))
    x = w.array(draw.choice(("body_x", "com", "body_pos")), w.vector, "n", Uniform(-2.0, 2.0))
    w.load("v", "body_v", i, 0, 0)
    w.load("x", x, i, 0, 0)
    terms = own_terms(
        w, i, (("force", "vector", -3.0, 3.0), ("inv_mass", "scalar", 0.2, 2.0), ("field", "vector", -1.0, 1.0)), draw.integer(1, 2)
    )
    if draw.chance(0.5):
        w.value("gravity", w.vector, Uniform(-9.0, 9.0))
        terms.append(variable("gravity", w.vector, -9.0, 9.0))
    if draw.chance(0.3):
        terms.append(variable("v", w.vector, -2.0, 2.0))
    w.fused("accel", w.vector, terms)
    w.formula(f"v1 = v + accel * {{{dt}}}")
    _damped(w, "v1", 20.0)
    w.formula(f"x1 = x + {'v1' if semi else 'v'} * {{{dt}}}")
    if draw.chance(0.3):
        limit = w.parameter("ground", -1.0, 0.0).name
        w.formula(f"depth = {limit} - x1[1]" if draw.chance(0.5) else f"depth = wp.max({limit} - x1[1], 0.0)")
        w.reference[-1] = w.reference[-1].replace("x1[1]", "x1[:, 1]")
        shift = w.output("ground_depth", w.real, "n")
        w.store(shift, i, "depth")
    w.store(w.output("v_out", w.vector, "n"), i, "v1")
    w.store(w.output("x_out", w.vector, "n"), i, "x1")


def _angular(w: Worksheet, i: str, dt: str, semi: bool) -> None:
    draw = w.draw
    rot = w.array("body_r", w.matrix, "n", Rotations())
    w.load("R", rot, i, 0, 0)
    w.array("torque", w.vector, "n", Uniform(-2.0, 2.0))
    w.load("tau", "torque", i, 0, 0)
    w.array("inv_inertia", w.vector, "n", Uniform(0.3, 2.0))
    w.load("inv_I", "inv_inertia", i, 0, 0)
    if draw.chance(0.5):
        momentum = w.array("ang_momentum", w.vector, "n", Uniform(-1.0, 1.0))
        w.load("L", momentum, i, 0, 0)
        w.formula(f"L1 = L + tau * {{{dt}}}")
        _damped(w, "L1", 4.0)
        w.line("local_L = wp.transpose(R) @ L1", "omega = R @ wp.cw_mul(inv_I, local_L)")
        w.numpy(f"local_L = {UNROTATE.format('R', 'L1')}", f"omega = {ROTATE.format('R', 'inv_I * local_L')}")
        w.store(w.output("ang_momentum_out", w.vector, "n"), i, "L1")
    else:
        spin = w.array("body_w", w.vector, "n", Uniform(-2.0, 2.0))
        w.load("omega0", spin, i, 0, 0)
        w.line("local_tau = wp.transpose(R) @ tau")
        w.numpy(f"local_tau = {UNROTATE.format('R', 'tau')}")
        if draw.chance(0.5):
            w.line("local_w = wp.transpose(R) @ omega0")
            w.numpy(f"local_w = {UNROTATE.format('R', 'omega0')}")
            w.formula("gyro = wp.cross(local_w, wp.cw_div(local_w, inv_I))")
            w.reference[-1] = "gyro = np.cross(local_w, local_w / inv_I)"
            w.formula("local_tau = local_tau - gyro")
        w.line("alpha = R @ wp.cw_mul(inv_I, local_tau)")
        w.numpy(f"alpha = {ROTATE.format('R', 'inv_I * local_tau')}")
        w.formula(f"omega = omega0 + alpha * {{{dt}}}")
        _damped(w, "omega", 6.0)
    if draw.chance(0.7):
        w.line(f"R1 = R + {dt} * (wp.skew(omega) @ R)")
        w.numpy(f"R1 = R + {dt} * (skew({'omega'}) @ R)")
        w.reference_definitions.append(SKEW)
        w.store(w.output("r_out", w.matrix, "n"), i, "R1")
    w.store(w.output("w_out", w.vector, "n"), i, "omega")


def _verlet(draw: Draw, w: Worksheet) -> Case:
    """Point masses by Verlet, velocity Verlet or leapfrog, in a force that depends on where they are."""
    i = draw.choice(("tid", "i", "p"))
    w.line(f"{i} = wp.tid()")
    element = w.vector if draw.chance(0.6) else w.real
    dt = w.parameter(draw.choice(("dt", "h")), 0.05, 0.3).name
    scheme = draw.choice(("verlet", "velocity_verlet", "leapfrog", "midpoint"))
    x = w.array(draw.choice(("x", "pos", "q")), element, "n", Uniform(-1.5, 1.5))
    w.guard(i, "n", x)
    own = own_terms(
        w, i, (("mass", "scalar", 0.5, 2.0), ("stiffness", "scalar", 0.5, 3.0), ("drag", "scalar", 0.1, 1.0)), draw.integer(1, 2)
    )
    where = w.expression(element, [variable("where", element, -4.0, 4.0), *own])
    names = [e.warp() for e in own]
    w.function("accel", [("where", element), *((n, w.real) for n in names)], [f"return {where.warp()}"], element)
    # The expression's text is in the kernel's spelling already: its literals must not be wrapped twice.
    w.definitions[-1][-1] = f"    return {where.warp()}"
    w.reference_definitions.append([f"def accel(where, {', '.join(names)}):", f"    return {where.numpy()}"])

    def call(at: str) -> str:
        return f"accel({at}, {', '.join(names)})"

    w.load("x0", x, i, 0, 0)
    if scheme == "verlet":
        w.array("previous", element, "n", Uniform(-1.5, 1.5))
        w.load("x_prev", "previous", i, 0, 0)
        w.both(f"a0 = {call('x0')}")
        w.formula(f"x1 = 2.0 * x0 - x_prev + a0 * ({dt} * {dt})")
    else:
        w.array("v", element, "n", Uniform(-1.0, 1.0))
        w.load("v0", "v", i, 0, 0)
        w.both(f"a0 = {call('x0')}")
        if scheme == "leapfrog":
            w.both(f"v1 = v0 + a0 * {dt}", f"x1 = x0 + v1 * {dt}")
        else:
            half = "mid" if scheme == "midpoint" else "half_v"
            if scheme == "midpoint":
                w.formula(f"{half} = x0 + v0 * (0.5 * {dt})", f"v1 = v0 + {call(half)} * {dt}", f"x1 = x0 + 0.5 * (v0 + v1) * {dt}")
            else:
                w.formula(f"{half} = v0 + a0 * (0.5 * {dt})", f"x1 = x0 + {half} * {dt}", f"v1 = {half} + {call('x1')} * (0.5 * {dt})")
        w.store(w.output("v_out", element, "n"), i, "v1")
    w.store(w.output(draw.choice(("x_out", "next_x", f"{x}_new")), element, "n"), i, "x1")
    if scheme == "midpoint":
        w.kernel = [line for line in w.kernel if not line.startswith("a0 =")]
        w.reference = [line for line in w.reference if not line.startswith("a0 =")]
    return w.case(f"{scheme}_step", "n", body_sizes(draw), elementwise=True)


def _energy(draw: Draw, w: Worksheet) -> Case:
    """Inertia in world axes, angular momentum and kinetic energy."""
    i = draw.choice(("tid", "body", "i"))
    w.line(f"{i} = wp.tid()")
    w.array("rotation", w.matrix, "n", Rotations())
    w.guard(i, "n", "rotation")
    w.load("R", "rotation", i, 0, 0)
    full = draw.chance(0.4)
    w.array("inertia", w.matrix if full else w.vector, "n", Uniform(0.3, 2.0))
    w.load("I_body", "inertia", i, 0, 0)
    w.array("omega", w.vector, "n", Uniform(-2.0, 2.0))
    w.load("w_i", "omega", i, 0, 0)
    if full or draw.chance(0.5):
        w.line(f"I_world = R @ {'I_body' if full else 'wp.diag(I_body)'} @ wp.transpose(R)", "L = I_world @ w_i")
        w.numpy(
            f"I_world = (R{' @ I_body' if full else ' * I_body[:, None, :]'}) @ np.swapaxes(R, 1, 2)",
            f"L = {ROTATE.format('I_world', 'w_i')}",
        )
        if draw.chance(0.5):
            w.store(w.output("inertia_world", w.matrix, "n"), i, "I_world")
    else:
        w.line("local = wp.transpose(R) @ w_i", "L = R @ wp.cw_mul(I_body, local)")
        w.numpy(f"local = {UNROTATE.format('R', 'w_i')}", f"L = {ROTATE.format('R', 'I_body * local')}")
    w.formula("rotational = 0.5 * wp.dot(w_i, L)")
    terms: list[Expression] = [
        variable("rotational", w.real, -50.0, 200.0),
        *own_terms(w, i, (("height", "scalar", 0.0, 3.0), ("charge", "scalar", 0.2, 1.0)), draw.integer(0, 1)),
    ]
    if draw.chance(0.6):
        w.array("velocity", w.vector, "n", Uniform(-2.0, 2.0))
        w.array("mass", w.real, "n", Uniform(0.5, 2.0))
        w.load("v_i", "velocity", i, 0, 0)
        w.load("m_i", "mass", i, 0.5, 2.0)
        w.formula("translational = 0.5 * m_i * wp.dot(v_i, v_i)")
        terms.append(variable("translational", w.real, 0.0, 12.0))
    energy = w.fused("energy", w.real, terms).name if len(terms) > 1 else "rotational"
    if draw.chance(0.4):
        total = w.output("total_energy", w.real, "one", role="accumulate")
        w.line(f"wp.atomic_add({total}, 0, {energy})")
        w.numpy(f"{total} = np.sum({energy}).reshape(1)")
    else:
        w.store(w.output("energy_out", w.real, "n"), i, energy)
    if draw.chance(0.6):
        w.store(w.output("momentum", w.vector, "n"), i, "L")
    return w.case(draw.choice(("kinetic_energy", "body_energy", "angular_momentum")), "n", [{**s, "one": 1} for s in body_sizes(draw)])
