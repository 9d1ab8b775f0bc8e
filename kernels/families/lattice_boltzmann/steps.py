"""Steps of the lattice Boltzmann method: collision, streaming, and both at once, with walls and forces.

Bounce-back at rest or moving (Ladd 1994).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.lattice_boltzmann.collision import Equilibrium, collide, moments, relaxation, smagorinsky
from kernels.families.lattice_boltzmann.common import NEW, apply_force, body_force, fluid, write_moments
from kernels.families.lattice_boltzmann.lattice import AXES, D1Q3, D2Q5, D2Q9, D3Q7


def build_collide(draw: Draw, s: Script) -> Case:
    """A collision in place of the cell, without streaming; often with a force, solid cells, and the moments as outputs."""
    lattice = fluid(draw, s)
    lattice.open()
    out = lattice.new_populations("f_new", names=NEW)
    solid = draw.chance(0.3)
    lattice.load("f")
    if solid:
        lattice.field("solid", "int", 0, 0)
        s.set_domain("solid", Bernoulli(0.3))
        s.alias("solid", "obstacle", "is_wall", "mask")
        back = draw.chance(0.6)
        stores = "".join(f"    {out}[{lattice.at(q)}] = f{lattice.model.opposite(q) if back else q}\n" for q in range(lattice.model.size))
        s.code(f"if solid[{lattice.cell}] == 1:\n{stores}    return")
    moments(draw, s, lattice)
    force = body_force(draw, s, lattice)
    if force in ("guo", "shift"):
        for a in AXES[: lattice.model.dims]:
            s.code(f"u{a} = u{a} + 0.5 * g{a} / rho")
    rate = relaxation(draw, s, lattice)
    equilibrium = Equilibrium(draw, s, lattice)
    equilibrium.prepare()
    if lattice.model is D2Q9 and draw.chance(0.3):
        rate = smagorinsky(draw, s, lattice, equilibrium, rate)
    kinds = ("bgk", "bgk", "trt", "regularized") if lattice.model in (D2Q9, D1Q3) else ("bgk", "bgk", "trt")
    kind = collide(draw, s, lattice, equilibrium, rate, kinds=kinds)
    if force and force != "shift":
        apply_force(draw, s, lattice, equilibrium, force, rate)
    s.code("\n".join(f"{out}[{lattice.at(q)}] = n{q}" for q in range(lattice.model.size)))
    if draw.chance(0.4):
        write_moments(draw, s, lattice, partly=solid)
    return lattice.case(
        draw.choice((f"collide_{kind}", f"{lattice.model.name}_{kind}", "collide")),
        doc=draw.choice(("", "", f"{kind.upper() if len(kind) == 3 else kind.capitalize()} collision on {lattice.model.name.upper()}.")),
    )


def build_stream(draw: Draw, s: Script) -> Case:
    """Streaming to or from the neighbours, periodic; pulled populations bounce back at solid neighbours, if there are any."""
    lattice = fluid(draw, s)
    model = lattice.model
    push = draw.chance(0.4)
    lattice.open()
    out = lattice.new_populations("f_new", names=NEW)
    walls = not push and draw.chance(0.5)
    if walls:
        lattice.field("solid", "int", 0, 0)
        s.set_domain("solid", Bernoulli(0.3))
        s.alias("solid", "obstacle", "is_wall", "mask")
    for q, c in enumerate(model.velocities):
        if push:
            s.code(f"{out}[{lattice.at(q, c)}] = f[{lattice.at(q)}]")
            continue
        source = tuple(-x for x in c)
        index = lattice.at(q, source)
        if walls and any(c):
            other = f"f[{lattice.at(model.opposite(q))}]"
            at = lattice.neighbour(source)
            s.code(
                draw.choice(
                    (
                        f"p{q} = f[{index}]\nif solid[{at}] == 1:\n    p{q} = {other}\n{out}[{lattice.at(q)}] = p{q}",
                        f"{out}[{lattice.at(q)}] = wp.where(solid[{at}] == 1, {other}, f[{index}])",
                        f"if solid[{at}] == 1:\n    {out}[{lattice.at(q)}] = {other}\nelse:\n    {out}[{lattice.at(q)}] = f[{index}]",
                    )
                )
            )
        else:
            s.code(f"{out}[{lattice.at(q)}] = f[{index}]")
    return lattice.case(draw.choice((f"stream_{'push' if push else 'pull'}", f"{model.name}_stream", "stream")))


def build_step(draw: Draw, s: Script) -> Case:
    """Streaming by pulling, then collision, in one kernel, with walls, a moving lid, forces and moments as drawn."""
    lattice = fluid(draw, s, (D1Q3, D2Q9, D2Q9, D3Q7, D2Q5))
    model = lattice.model
    lattice.open()
    out = lattice.new_populations("f_new", names=NEW)
    solid = draw.chance(0.5)
    if solid:
        lattice.field("solid", "int", 0, 0)
        s.set_domain("solid", Bernoulli(0.25))
        s.alias("solid", "obstacle", "is_wall", "mask", "flag")
    lattice.pull("f")
    lid = solid and model.dims == 2 and draw.chance(0.4)
    if solid:
        for q, c in enumerate(model.velocities):
            if not any(c):
                continue
            at = lattice.neighbour(tuple(-x for x in c))
            own = f"f[{lattice.at(model.opposite(q))}]"
            if lid and c[0]:
                s.tuning(("lid_speed", 0.02, 0.1))
                gain = 2.0 * float(model.weights[q]) / model.cs2 * c[0]
                own += f" {'-' if gain < 0 else '+'} {abs(gain):.7f} * lid_speed"
            s.code(f"if solid[{at}] == 1:\n    f{q} = {own}")
    moments(draw, s, lattice)
    force = body_force(draw, s, lattice)
    if force in ("guo", "shift"):
        for a in AXES[: model.dims]:
            s.code(f"u{a} = u{a} + 0.5 * g{a} / rho")
    rate = relaxation(draw, s, lattice)
    equilibrium = Equilibrium(draw, s, lattice)
    equilibrium.prepare()
    kinds = ("bgk", "bgk", "bgk", "trt", "regularized") if model in (D2Q9, D1Q3) else ("bgk", "bgk", "trt")
    kind = collide(draw, s, lattice, equilibrium, rate, kinds=kinds)
    if force and force != "shift":
        apply_force(draw, s, lattice, equilibrium, force, rate)
    s.code("\n".join(f"{out}[{lattice.at(q)}] = n{q}" for q in range(model.size)))
    if draw.chance(0.4):
        write_moments(draw, s, lattice, partly=False)
    return lattice.case(
        draw.choice(("stream_collide", f"{model.name}_step", f"lbm_{kind}_step")),
        doc=draw.choice(("", "Pull populations from the neighbours and collide.", "")),
    )
