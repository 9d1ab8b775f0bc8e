"""Equilibria, open boundaries and measured moments.

Inlets and outlets after Zou and He (1997); the force on an obstacle by exchange of momentum (Ladd 1994).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.lattice_boltzmann.collision import Equilibrium, moments, square
from kernels.families.lattice_boltzmann.common import NEW, fluid, write_moments
from kernels.families.lattice_boltzmann.lattice import AXES, D2Q9, MODELS, Lattice


def build_equilibrium(draw: Draw, s: Script) -> Case:
    """Populations in equilibrium with given density and velocity, for initial or boundary values; of several kinds of fluid."""
    lattice = Lattice(s, draw.choice(MODELS))
    model = lattice.model
    dims = model.dims
    lattice.field("density", "real", 0.8, 1.2, names=("rho_in", "density_in"))
    together = dims > 1 and draw.chance(0.5)
    if together:
        lattice.field("velocity", f"vec{dims}", -0.1, 0.1, names=("u_in", "vel"))
    else:
        for a in AXES[:dims]:
            lattice.field(f"vel_{a}", "real", -0.1, 0.1, names=(f"u{a}_in", f"u_{a}"))
    lattice.open()
    out = lattice.new_populations("f_new", names=("f", "f_eq", "f_init"))
    s.code(f"rho = density[{lattice.cell}]")
    if together:
        s.code(f"u = velocity[{lattice.cell}]\n" + "\n".join(f"u{a} = u[{n}]" for n, a in enumerate(AXES[:dims])))
    else:
        s.code("\n".join(f"u{a} = vel_{a}[{lattice.cell}]" for a in AXES[:dims]))
    shallow = model is D2Q9 and draw.chance(0.25)
    if draw.chance(0.3):
        s.tuning(("amplitude", 0.01, 0.1))
        lattice.field("noise", "real", -1.0, 1.0, names=("perturbation",))
        s.code(f"rho = rho * (1.0 + amplitude * noise[{lattice.cell}])")
    if shallow:
        s.tuning(("gravity", 0.1, 0.5))
        s.code(
            "h = rho\np = gravity * h\nusq = ux * ux + uy * uy\n" + f"{out}[{lattice.at(0)}] = h * (1.0 - 0.8333333 * p - 0.6666667 * usq)"
        )
        for q in range(1, 9):
            eu = lattice.projection(q)
            near = q < 5
            a, b, c, d = ("0.1666667", "0.3333333", "0.5", "0.1666667") if near else ("0.0416667", "0.0833333", "0.125", "0.0416667")
            s.code(f"{out}[{lattice.at(q)}] = h * ({a} * p + {b} * ({eu}) + {c} * ({eu}) * ({eu}) - {d} * usq)")
        return lattice.case(draw.choice(("shallow_water_equilibrium", "init_shallow_water")))
    equilibrium = Equilibrium(draw, s, lattice, linear=draw.chance(0.2))
    equilibrium.prepare()
    if draw.chance(0.3):
        s.code("\n".join(f"e{q} = {equilibrium.of(q)}" for q in range(model.size)))
        s.code("\n".join(f"{out}[{lattice.at(q)}] = e{q}" for q in range(model.size)))
    else:
        s.code("\n".join(f"{out}[{lattice.at(q)}] = {equilibrium.of(q)}" for q in range(model.size)))
    return lattice.case(draw.choice((f"{model.name}_equilibrium", "init_populations", "set_equilibrium")))


def build_boundary(draw: Draw, s: Script) -> Case:
    """Open boundaries of a channel: Zou-He inlets and outlets by velocity or density, copied outflow, full bounce-back at walls."""
    lattice = fluid(draw, s, (D2Q9,))
    lattice.open()
    out = lattice.new_populations("f_new", names=NEW)
    lattice.load("f")
    kind = draw.choice(("velocity", "density", "velocity_both"))
    lines = {}
    s.tuning(("u_in", 0.02, 0.1), ("rho_out", 0.9, 1.1))
    if kind != "density":
        profile = draw.chance(0.4)
        if profile:
            s.code("y = (float(j) + 0.5) / float(ny)\nu_wall = u_in * 4.0 * y * (1.0 - y)")
        else:
            s.code("u_wall = 1.0 * u_in" if draw.chance(0.3) else "u_wall = u_in + 0.0")
    s.code("\n".join(f"n{q} = f{q}" for q in range(9)))
    if kind in ("velocity", "velocity_both"):
        lines["left"] = (
            "rho_w = (f0 + f2 + f4 + 2.0 * (f3 + f6 + f7)) / (1.0 - u_wall)\n"
            "n1 = f3 + 0.6666667 * rho_w * u_wall\ncross = 0.5 * (f2 - f4)\n"
            "n5 = f7 - cross + 0.1666667 * rho_w * u_wall\nn8 = f6 + cross + 0.1666667 * rho_w * u_wall"
        )
    if kind == "density" or draw.chance(0.5):
        lines["right"] = (
            "u_e = (f0 + f2 + f4 + 2.0 * (f1 + f5 + f8)) / rho_out - 1.0\n"
            "n3 = f1 - 0.6666667 * rho_out * u_e\nshear = 0.5 * (f2 - f4)\n"
            "n7 = f5 + shear - 0.1666667 * rho_out * u_e\nn6 = f8 - shear - 0.1666667 * rho_out * u_e"
        )
    heads = {"left": "if i == 0:", "right": "if i == nx - 1:"}
    for side, text in lines.items():
        s.code(heads[side] + "\n    " + text.replace("\n", "\n    "))
    if draw.chance(0.5):
        pairs = ((2, 4), (5, 7), (6, 8))
        s.code("if j == 0:\n" + "\n".join(f"    n{a} = f{b}" for a, b in pairs))
        if draw.chance(0.6):
            s.code("if j == ny - 1:\n" + "\n".join(f"    n{b} = f{a}" for a, b in pairs))
    s.code("\n".join(f"{out}[{lattice.at(q)}] = n{q}" for q in range(9)))
    return lattice.case(
        draw.choice(("zou_he_boundaries", "channel_boundaries", f"inlet_{kind}")), doc=draw.choice(("", "Open boundaries of a channel."))
    )


def build_measure(draw: Draw, s: Script) -> Case:
    """Moments: density, velocity, stress, energy, and the force on an obstacle by exchange of momentum."""
    lattice = fluid(draw, s)
    model = lattice.model
    dims = model.dims
    lattice.open()
    lattice.load("f")
    moments(draw, s, lattice)
    force = dims == 2 and draw.chance(0.35)
    if draw.chance(0.3):
        s.tuning(*((f"g{a}", 0.01, 0.05) for a in AXES[:dims]))
        s.code("\n".join(f"u{a} = u{a} + 0.5 * g{a} / rho" for a in AXES[:dims]))
    write_moments(draw, s, lattice, partly=False)
    extra = draw.choice(("pressure", "stress", "energy", "none", "sums"))
    if extra == "pressure":
        lattice.result("pressure", "real", names=("p_out",))
        s.code(f"pressure[{lattice.cell}] = {model.cs2:.7f} * (rho - 1.0)")
    elif extra == "energy":
        s.code(f"ke = 0.5 * rho * ({square(lattice)})")
        lattice.result("kinetic", "real", names=("kinetic_energy", "ke_out"))
        s.code(f"kinetic[{lattice.cell}] = ke")
    elif extra == "sums":
        s.result("mass", "real", "one", role="accumulate", names=("total_mass", "mass_sum"))
        s.code("wp.atomic_add(mass, 0, rho)")
        if draw.chance(0.5):
            s.result("fastest", "real", "one", role="accumulate", names=("max_speed_sq", "peak"))
            s.code(f"wp.atomic_max(fastest, 0, {square(lattice)})")
    elif extra == "stress" and dims == 2:
        s.code(
            f"second = {' + '.join(f'f{q}' for q, c in enumerate(model.velocities) if c[0])}\n"
            f"third = {' + '.join(f'f{q}' for q, c in enumerate(model.velocities) if c[1])}"
        )
        lattice.result("stress", "vec2", names=("normal_stress", "sigma"))
        s.code(f"stress[{lattice.cell}] = wp.vec2(second - rho * (0.3333333 + ux * ux), third - rho * (0.3333333 + uy * uy))")
    if force:
        lattice.field("solid", "int", 0, 0)
        s.set_domain("solid", Bernoulli(0.3))
        s.alias("solid", "obstacle", "is_wall", "mask")
        s.result("drag", "vec2", "one", role="accumulate", names=("obstacle_force", "net_force"))
        s.code(f"if solid[{lattice.cell}] == 1:\n    return\nfx = float(0.0)\nfy = float(0.0)")
        for q, c in enumerate(model.velocities):
            if not any(c):
                continue
            at = lattice.neighbour(c)
            lines = [f"    f{a} {'+' if v > 0 else '-'}= 2.0 * f{q}" for a, v in zip("xy", c, strict=True) if v]
            s.code(f"if solid[{at}] == 1:\n" + "\n".join(lines))
        s.code("wp.atomic_add(drag, 0, wp.vec2(fx, fy))")
    return lattice.case(draw.choice(("macroscopic", "compute_moments", "momentum_exchange" if force else f"{model.name}_moments")))
