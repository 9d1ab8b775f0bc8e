"""Carried scalars, interacting fluids (Shan and Chen 1993), and collisions as loops over the velocities."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.lattice_boltzmann.collision import Equilibrium, relaxation, square
from kernels.families.lattice_boltzmann.common import LOW, NEW, fluid, write_moments
from kernels.families.lattice_boltzmann.lattice import AXES, D1Q3, D2Q5, D2Q9, D3Q7, Lattice


def build_scalar(draw: Draw, s: Script) -> Case:
    """A scalar carried by a flow (heat, a solute): its own populations, collided with sources, reactions and coupling to buoyancy."""
    lattice = Lattice(s, draw.choice((D1Q3, D2Q5, D2Q5, D3Q7, D3Q7)))
    model = lattice.model
    dims = model.dims
    low = LOW[model.name]
    lattice.populations("g", low, 2.0 * low, names=("g_in", "h_in", "t_dist"))
    vec = f"vec{dims}" if dims > 1 else "real"
    lattice.field("velocity", vec, -0.1, 0.1, names=("u_in", "flow"))
    lattice.open()
    lattice.new_populations("g_new", names=("g_out", "h_new"))
    pulled = draw.chance(0.5)
    if pulled:
        lattice.pull("g", "f")
    else:
        lattice.load("g", "f")
    s.code(f"theta = {lattice.total()}")
    s.code(
        f"u = velocity[{lattice.cell}]\n" + "\n".join(f"u{a} = u[{n}]" for n, a in enumerate(AXES[:dims]))
        if dims > 1
        else f"ux = velocity[{lattice.cell}]"
    )
    rate = relaxation(draw, s, lattice)
    equilibrium = Equilibrium(draw, s, lattice, linear=draw.chance(0.7))
    equilibrium.prepare()
    source = draw.choice(("none", "field", "reaction", "cooling"))
    if source == "field":
        lattice.field("source", "real", -0.05, 0.05, names=("heat_source", "emission"))
        s.code(f"q_s = source[{lattice.cell}]")
    elif source == "reaction":
        s.tuning(("growth", 0.05, 0.3))
        s.code("q_s = growth * theta * (1.0 - theta)")
    elif source == "cooling":
        s.tuning(("exchange", 0.05, 0.3), ("ambient", 0.5, 1.0))
        s.code("q_s = exchange * (ambient - theta)")
    for q in range(model.size):
        gain = "" if source == "none" else f" + {model.weights[q]} * q_s"
        s.code(f"n{q} = f{q} - {rate} * (f{q} - {equilibrium.of(q, 'theta')}){gain}")
    s.code("\n".join(f"g_new[{lattice.at(q)}] = n{q}" for q in range(model.size)))
    if draw.chance(0.5):
        lattice.result("temperature", "real", names=("theta_out", "concentration"))
        s.code(f"temperature[{lattice.cell}] = theta")
    if dims > 1 and draw.chance(0.4):
        s.tuning(("beta", 0.05, 0.3))
        lattice.result("buoyancy", vec, names=("force_out", "body_force"))
        zero = ["0.0"] * dims
        zero[1] = "beta * (theta - 0.7)"
        s.code(f"buoyancy[{lattice.cell}] = wp.vec{dims}({', '.join(zero)})")
    return lattice.case(draw.choice(("advect_scalar", f"{model.name}_scalar", "thermal_step")))


def build_interaction(draw: Draw, s: Script) -> Case:
    """Shan-Chen interaction: the force between cells of a pseudopotential, or between two fluids, with adhesion to walls."""
    lattice = Lattice(s, draw.choice((D2Q9, D2Q9, D1Q3, D3Q7)))
    model = lattice.model
    dims = model.dims
    lattice.field("density", "real", 0.4, 1.6, names=("rho_in", "density_a"))
    two = draw.chance(0.3)
    if two:
        lattice.field("density_b", "real", 0.4, 1.6, names=("rho_b",))
    lattice.open()
    potential = draw.choice(("return 1.0 - wp.exp(-rho)", "return rho", "return rho / (1.0 + rho)", "return wp.exp(-1.0 / rho)"))
    s.define("psi", "rho: real", potential, "real", draw.choice(("", "Pseudopotential of a density.")))
    s.tuning(("coupling", 0.5, 4.0))
    s.code("\n".join(f"f{a} = float(0.0)" for a in AXES[:dims]))
    other = "density_b" if two else "density"
    walls = draw.chance(0.4)
    if walls:
        lattice.field("solid", "real", 0.0, 1.0, names=("wall", "solid_fraction"))
        s.tuning(("adhesion", 0.2, 1.5))
        s.code("\n".join(f"a{a} = float(0.0)" for a in AXES[:dims]))
    for q, c in enumerate(model.velocities):
        if not any(c):
            continue
        at = lattice.neighbour(c)
        weight = model.weights[q]
        s.code(f"p{q} = {weight} * psi({other}[{at}])")
        s.code("\n".join(f"f{a} {'+' if v > 0 else '-'}= p{q}" for a, v in zip(AXES, c, strict=False) if v))
        if walls:
            s.code(
                f"s{q} = {weight} * solid[{at}]\n"
                + "\n".join(f"a{a} {'+' if v > 0 else '-'}= s{q}" for a, v in zip(AXES, c, strict=False) if v)
            )
    s.code(f"own = psi(density[{lattice.cell}])\nscale = -coupling * own")
    total = {a: f"scale * f{a}" + (f" - adhesion * own * a{a}" if walls else "") for a in AXES[:dims]}
    if dims > 1:
        lattice.result("force", f"vec{dims}", names=("force_out", "interaction"))
        s.code(f"force[{lattice.cell}] = wp.vec{dims}({', '.join(total.values())})")
    else:
        lattice.result("force", "real", names=("force_out", "interaction"))
        s.code(f"force[{lattice.cell}] = {total['x']}")
    if draw.chance(0.4):
        lattice.result("pressure", "real", names=("p_out", "eos"))
        s.code(
            f"rho = density[{lattice.cell}]\n"
            f"pressure[{lattice.cell}] = {model.cs2:.7f} * rho + {0.5 * model.cs2:.7f} * coupling * own * own"
        )
    return lattice.case(draw.choice(("shan_chen_force", "interaction_force", "pseudopotential")))


def build_loop(draw: Draw, s: Script) -> Case:
    """Collisions written as loops over the velocities, whose components are functions of the number."""
    lattice = fluid(draw, s, (D1Q3, D2Q5, D2Q9), flat=False)
    model = lattice.model
    lattice.open()
    q = model.size
    for a, axis in enumerate(AXES[: model.dims]):
        ahead = [n for n, c in enumerate(model.velocities) if c[a] > 0]
        behind = [n for n, c in enumerate(model.velocities) if c[a] < 0]
        tests = [" or ".join(f"q == {n}" for n in numbers) for numbers in (ahead, behind)]
        s.define(
            f"c_{axis}",
            "q: int",
            f"if {tests[0]}:\n    return 1.0\nif {tests[1]}:\n    return -1.0\nreturn 0.0",
            "real",
            f"Component of velocity q along {axis}.",
        )
    classes = sorted(set(model.weights), key=model.weights.index)
    text = []
    last = classes[-1]
    for w in classes[:-1]:
        bound = max(n for n, value in enumerate(model.weights) if value == w)
        text.append(f"if q <= {bound}:\n    return {w}")
    s.define("weight", "q: int", "\n".join([*text, f"return {last}"]), "real", draw.choice(("", "Weight of velocity q.")))
    out = lattice.new_populations("f_new", names=NEW)
    rate = relaxation(draw, s, lattice)
    s.code("rho = float(0.0)\n" + "\n".join(f"m{a} = float(0.0)" for a in AXES[: model.dims]))
    at = "q, " + lattice.cell if lattice.layout == "first" else lattice.cell + ", q"
    body = f"for q in range({q}):\n    fq = f[{at}]\n    rho += fq\n" + "".join(f"    m{a} += c_{a}(q) * fq\n" for a in AXES[: model.dims])
    s.code(body)
    s.code("\n".join(f"u{a} = m{a} / rho" for a in AXES[: model.dims]) + f"\nusq = {square(lattice)}")
    if draw.chance(0.4):
        s.tuning(*((f"g{a}", 0.01, 0.05) for a in AXES[: model.dims]))
        s.code("\n".join(f"u{a} = u{a} + g{a} / rho" for a in AXES[: model.dims]))
    eu = " + ".join(f"c_{a}(q) * u{a}" for a in AXES[: model.dims])
    first, second, third = 1 / model.cs2, 0.5 / model.cs2**2, 0.5 / model.cs2
    s.code(
        f"for q in range({q}):\n    eu = {eu}\n"
        f"    feq = weight(q) * rho * (1.0 + {first:.1f} * eu + {second:.1f} * eu * eu - {third:.1f} * usq)\n"
        f"    fq = f[{at}]\n    {out}[{at}] = fq - {rate} * (fq - feq)"
    )
    if draw.chance(0.5):
        write_moments(draw, s, lattice, partly=False)
    return lattice.case(draw.choice((f"{model.name}_collide_loop", "bgk_loop", "collide_velocities")))
