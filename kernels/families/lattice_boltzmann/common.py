"""What kernels of the lattice Boltzmann method share: the populations that they read, forces, and moments that they write."""

from __future__ import annotations

from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.lattice_boltzmann.collision import Equilibrium, square
from kernels.families.lattice_boltzmann.lattice import AXES, MODELS, Lattice, Model

NEW = ("f_new", "f_out", "f_next", "f_post")
LOW = {"d1q3": 0.2, "d2q5": 0.12, "d2q9": 0.06, "d3q7": 0.08}
"""The smallest population of each set, so that densities are near one."""


def fluid(draw: Draw, s: Script, models: tuple[Model, ...] = MODELS, *, flat: bool = True) -> Lattice:
    """A lattice with the populations `f` that the kernel reads."""
    lattice = Lattice(s, draw.choice(models), flat=flat)
    low = LOW[lattice.model.name]
    lattice.populations("f", low, 2.0 * low, names=("f_in", "f_old", "fin", "dist"))
    return lattice


def body_force(draw: Draw, s: Script, lattice: Lattice) -> str:
    """Sometimes a body force fx, fy, fz, uniform or a field; returns how it enters the collision ("" for none)."""
    if draw.chance(0.5):
        return ""
    dims = lattice.model.dims
    if draw.chance(0.5):
        vec = f"vec{dims}" if dims > 1 else ""
        if vec:
            lattice.field("force", vec, -0.05, 0.05, names=("body_force", "force_field"))
            s.code(f"fvec = force[{lattice.cell}]\n" + "\n".join(f"g{AXES[a]} = fvec[{a}]" for a in range(dims)))
        else:
            lattice.field("force", "real", -0.05, 0.05, names=("body_force",))
            s.code(f"gx = force[{lattice.cell}]")
    else:
        s.tuning(*((f"g{a}", 0.01, 0.05) for a in AXES[:dims]))
    return draw.choice(("guo", "shift", "exact", "simple"))


def apply_force(draw: Draw, s: Script, lattice: Lattice, equilibrium: Equilibrium, kind: str, rate: str) -> None:
    """Adds what the force does to the populations n0, n1, ... after collision."""
    model = lattice.model
    if kind == "simple":
        for q in range(1, model.size):
            eg = lattice.projection(q, "g")
            s.code(f"n{q} = n{q} + {float(model.weights[q]) / model.cs2:.7f} * rho * ({eg})")
        return
    if kind == "exact":
        for a in AXES[: model.dims]:
            s.code(f"w{a} = u{a} + g{a} / rho")
        s.code(f"wsq = {square(lattice, 'w')}")
        for q in range(model.size):
            s.code(f"n{q} = n{q} + {equilibrium.of(q, 'rho', 'w', 'wsq')} - {equilibrium.of(q)}")
        return
    s.code(f"half = 1.0 - 0.5 * {rate}\nug = " + " + ".join(f"u{a} * g{a}" for a in AXES[: model.dims]))
    first, second = 1 / model.cs2, 1 / model.cs2**2
    for q in range(model.size):
        eu, eg = lattice.projection(q), lattice.projection(q, "g")
        weight = model.weights[q]
        if eu:
            s.code(f"n{q} = n{q} + half * {weight} * ({first:.1f} * (({eg}) - ug) + {second:.1f} * ({eu}) * ({eg}))")
        else:
            s.code(f"n{q} = n{q} - half * {weight} * {first:.1f} * ug")


def write_moments(draw: Draw, s: Script, lattice: Lattice, *, partly: bool) -> None:
    """Writes the density, the velocity, or both."""
    dims = lattice.model.dims
    if draw.chance(0.7):
        lattice.result("density", "real", names=("rho_out", "density_out"), partly=partly)
        s.code(f"density[{lattice.cell}] = rho")
    if dims > 1 and draw.chance(0.6):
        lattice.result("velocity", f"vec{dims}", names=("u_out", "vel"), partly=partly)
        s.code(f"velocity[{lattice.cell}] = wp.vec{dims}({', '.join(f'u{a}' for a in AXES[:dims])})")
    else:
        for a in AXES[:dims]:
            lattice.result(f"vel_{a}", "real", names=(f"u{a}_out", f"u_{a}"), partly=partly)
            s.code(f"vel_{a}[{lattice.cell}] = u{a}")
