"""Reaction and diffusion: pattern-forming systems, phase fields, excitable media, and conduction of heat.

Gray-Scott after Pearson (1993), FitzHugh-Nagumo and Barkley for excitable media, Cahn-Hilliard and Allen-Cahn for phase separation.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.solvers.grid import Grid
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw


@dataclass(frozen=True)
class System:
    """Two reacting species: parameters (name, low, high), and the lines that give the reactions `fu` and `fv` of `uc` and `vc`."""

    name: str
    parameters: tuple[tuple[str, float, float], ...]
    lines: tuple[str, ...]


SYSTEMS = (
    System(
        "gray_scott",
        (("feed", 0.02, 0.06), ("kill", 0.04, 0.07)),
        ("uvv = uc * vc * vc", "fu = feed * (1.0 - uc) - uvv", "fv = uvv - (feed + kill) * vc"),
    ),
    System(
        "fitzhugh_nagumo",
        (("epsilon", 0.05, 0.3), ("a0", 0.5, 0.9), ("a1", 0.5, 1.0)),
        ("fu = uc - uc * uc * uc / 3.0 - vc", "fv = epsilon * (uc + a0 - a1 * vc)"),
    ),
    System(
        "brusselator",
        (("a", 0.5, 1.5), ("b", 1.0, 2.5)),
        ("uuv = uc * uc * vc", "fu = a - (b + 1.0) * uc + uuv", "fv = b * uc - uuv"),
    ),
    System(
        "schnakenberg",
        (("a", 0.1, 0.4), ("b", 0.6, 1.2)),
        ("fu = a - uc + uc * uc * vc", "fv = b - uc * uc * vc"),
    ),
    System(
        "barkley",
        (("a", 0.5, 1.0), ("b", 0.01, 0.1), ("epsilon", 0.1, 0.5)),
        ("threshold = (vc + b) / a", "fu = uc * (1.0 - uc) * (uc - threshold) / epsilon", "fv = uc - vc"),
    ),
    System(
        "predator_prey",
        (("alpha", 0.5, 1.5), ("beta", 0.5, 1.5), ("gamma", 0.3, 1.0)),
        ("eaten = alpha * uc * vc / (1.0 + beta * uc)", "fu = uc * (1.0 - uc) - eaten", "fv = eaten - gamma * vc"),
    ),
    System(
        "gierer_meinhardt",
        (("rho", 0.2, 1.0), ("mu", 0.3, 1.0), ("nu", 0.3, 1.0)),
        ("activation = uc * uc / (vc + 0.5)", "fu = rho * activation - mu * uc", "fv = rho * uc * uc - nu * vc"),
    ),
    System(
        "competition",
        (("c12", 0.3, 1.2), ("c21", 0.3, 1.2)),
        ("fu = uc * (1.0 - uc - c12 * vc)", "fv = vc * (1.0 - vc - c21 * uc)"),
    ),
)
SINGLE = (
    ("fisher", (("growth", 0.3, 1.5),), ("reaction = growth * c * (1.0 - c)",)),
    ("allen_cahn", (("epsilon", 0.3, 1.0),), ("reaction = (c - c * c * c) / (epsilon * epsilon)",)),
    ("bistable", (("threshold", 0.1, 0.4),), ("reaction = c * (1.0 - c) * (c - threshold)",)),
    (
        "arrhenius",
        (("prefactor", 0.2, 1.0), ("activation", 0.5, 1.5)),
        ("reaction = prefactor * (1.0 - c) * wp.exp(-activation / (1.0 + c * c))",),
    ),
    ("decay", (("decay_rate", 0.1, 1.0),), ("reaction = -decay_rate * c / (1.0 + wp.abs(c))",)),
    ("radiation", (("emissivity", 0.1, 0.5),), ("cube = c * c * c", "reaction = emissivity * (0.5 - cube * c)")),
)


def build_reaction(draw: Draw, s: Script) -> Case:
    """An explicit step of two species that react and diffuse."""
    system = draw.choice(SYSTEMS)
    grid = Grid(s, draw.weighted((1, 2, 3), (2, 6, 1)))
    together = draw.chance(0.2)
    here = grid.here
    if together:
        # Both species in one field of 2-vectors.
        grid.field("state", 0.1, 1.2, "vec2", names=("uv", "species", "q"))
        grid.open("state")
        grid.result("state_new", "vec2", names=("uv_next", "state_out"))
        grid.rim(state_new=f"state[{here}]")
        grid.prepare()
        grid.laplacian("state", "lap")
        s.code(f"here = state[{here}]\nuc = here[0]\nvc = here[1]\nlap_u = lap[0]\nlap_v = lap[1]")
    else:
        for name, others in (("u", ("conc_u", "activator", "prey")), ("v", ("conc_v", "inhibitor", "predator"))):
            grid.field(name, 0.1, 1.2, names=others)
        grid.open("u")
        grid.result("u_new", names=("u_next", "u_out"))
        grid.result("v_new", names=("v_next", "v_out"))
        grid.rim(u_new=f"u[{here}]", v_new=f"v[{here}]")
        grid.prepare()
        s.code(f"uc = u[{here}]\nvc = v[{here}]")
        grid.laplacian("u", "lap_u")
        grid.laplacian("v", "lap_v")
    s.tuning(("diff_u", 0.1, 0.5), ("diff_v", 0.05, 0.4), ("dt", 0.05, 0.3))
    names = [name for name, *_ in system.parameters]
    fields = draw.subset(names, 1) if draw.chance(0.3) else []
    for name, low, high in system.parameters:
        if name in fields:
            grid.field(f"{name}_map", low, high)
            s.code(f"{name} = {name}_map[{here}]")
        else:
            s.tuning((name, low, high))
    if draw.chance(0.5):
        s.define(
            "react",
            ", ".join(["uc: real", "vc: real", *(f"{n}: real" for n in names)]),
            "\n".join([*system.lines, "return fu, fv"]),
            "real, real",
            draw.choice(("", f"The reactions of the {system.name.replace('_', ' ')} system.")),
        )
        s.code(f"fu, fv = react(uc, vc, {', '.join(names)})")
    else:
        s.code("\n".join(system.lines))
    if draw.chance(0.25):
        grid.field("light", -0.2, 0.2, names=("stimulus", "forcing", "noise"))
        s.code(f"fu = fu + light[{here}]")
    s.code(
        draw.choice(
            (
                "u1 = uc + dt * (diff_u * lap_u + fu)\nv1 = vc + dt * (diff_v * lap_v + fv)",
                "du = diff_u * lap_u + fu\ndv = diff_v * lap_v + fv\nu1 = uc + dt * du\nv1 = vc + dt * dv",
            )
        )
    )
    if draw.chance(0.3):
        s.code(draw.choice(("u1 = wp.max(u1, 0.0)\nv1 = wp.max(v1, 0.0)", "u1 = wp.clamp(u1, 0.0, 2.0)\nv1 = wp.clamp(v1, 0.0, 2.0)")))
    s.code(f"state_new[{here}] = wp.vec2(u1, v1)" if together else f"u_new[{here}] = u1\nv_new[{here}] = v1")
    return grid.case(
        draw.choice((system.name, f"{system.name}_step", "react_and_diffuse")),
        doc=draw.choice(("", f"Explicit step of the {system.name.replace('_', ' ')} system.")),
    )


def build_phase_field(draw: Draw, s: Script) -> Case:
    """Cahn-Hilliard: the chemical potential, the step that its Laplacian makes, or both for a line of cells."""
    form = draw.choice(("potential", "step", "line"))
    wells = draw.choice(("c * c * c - c", "2.0 * c * (1.0 - c) * (1.0 - 2.0 * c)", "wp.log((1.0 + 0.8 * c) / (1.0 - 0.8 * c)) - 1.5 * c"))
    if form == "line":
        grid = Grid(s, 1, draw.choice(("periodic", "clamp")))
        grid.field("c", -0.9, 0.9, names=("phi", "concentration"))
        grid.open("c")
        s.tuning(("kappa", 0.2, 1.0), ("mobility", 0.2, 1.0), ("dt", 0.01, 0.1))
        s.define("well", "c: real", f"return {wells}", "real", "Derivative of the double-well energy.")
        grid.prepare(2)
        mm, m, p, pp = (f"c[{grid.near(0, o)}]" for o in (-2, -1, 1, 2))
        s.code(
            f"mu_m = well({m}) - kappa * ({mm} - 2.0 * {m} + c[i])\n"
            f"mu_c = well(c[i]) - kappa * ({m} - 2.0 * c[i] + {p})\n"
            f"mu_p = well({p}) - kappa * (c[i] - 2.0 * {p} + {pp})"
        )
        s.code("c_next = c[i] + dt * mobility * (mu_m - 2.0 * mu_c + mu_p)")
        grid.result("c_new", names=("phi_new", "c_out"))
        s.code("c_new[i] = c_next")
        return grid.case(draw.choice(("cahn_hilliard_line", "cahn_hilliard_1d")))
    grid = Grid(s, draw.weighted((1, 2, 3), (1, 6, 2)))
    here = grid.here
    grid.field("phi", -0.9, 0.9, names=("c", "concentration", "order"))
    if form == "step":
        grid.field("mu", names=("chem_potential", "w"))
    grid.open("phi")
    out = grid.result("out", names=("mu_out", "potential") if form == "potential" else ("phi_new", "next_phi"))
    grid.rim(**{out: "0.0" if form == "potential" else f"phi[{here}]"})
    grid.prepare()
    s.code(f"c = phi[{here}]")
    if form == "potential":
        s.tuning(("kappa", 0.2, 1.5))
        scaled = draw.chance(0.5)
        if scaled:
            s.tuning(("inv_dx_sq", 0.6, 1.5))
        grid.laplacian("phi", scale="inv_dx_sq" if scaled else "")
        s.code(f"bulk = {wells}\nvalue = bulk - kappa * lap")
        if draw.chance(0.4):
            grid.field("strain", -0.3, 0.3, names=("elastic", "temperature"))
            s.tuning(("coupling", 0.1, 0.8))
            s.code(f"value += coupling * strain[{here}]")
    else:
        s.tuning(("dt", 0.01, 0.1))
        if draw.chance(0.5):
            s.tuning(("mobility", 0.3, 1.5))
            grid.laplacian("mu")
            s.code("value = c + dt * mobility * lap")
        else:
            _degenerate(draw, s, grid)
    s.code(f"{out}[{here}] = value")
    if draw.chance(0.35):
        s.result("energy", "real", "one", role="accumulate", names=("free_energy", "total"))
        s.code("wp.atomic_add(energy, 0, 0.25 * (c * c - 1.0) * (c * c - 1.0))")
    return grid.case(draw.choice((f"cahn_hilliard_{form}", f"phase_field_{form}")))


def _degenerate(draw: Draw, s: Script, grid: Grid) -> None:
    """The divergence of a flux whose mobility vanishes in the pure phases."""
    here = grid.here
    s.define(
        "mobility_at",
        "a: real, b: real",
        "c = 0.5 * (a + b)\nreturn 1.0 - 0.9 * c * c" if draw.chance(0.5) else "return 1.0 - 0.45 * (a * a + b * b)",
        "real",
        "Mobility at the face between two cells.",
    )
    total = []
    for axis in range(grid.dims):
        for offset, side in ((-1, "m"), (1, "p")):
            at = grid.near(axis, offset)
            name = f"f{'xyz'[axis]}{side}"
            s.code(f"{name} = mobility_at(c, phi[{at}]) * (mu[{at}] - mu[{here}])")
            total.append(name)
    s.code(f"value = c + dt * ({' + '.join(total)})")


def build_heat(draw: Draw, s: Script) -> Case:
    """Heat in a solid: variable conductivity, convection and radiation at faces, sources, reactions of one species."""
    grid = Grid(s, draw.weighted((1, 2, 3), (2, 5, 2)))
    here = grid.here
    grid.field("temperature", 0.2, 1.5, names=("T", "u", "theta"))
    variable = draw.chance(0.6)
    if variable:
        grid.field("conductivity", 0.3, 2.0, names=("kappa", "diffusivity"))
    grid.open("temperature")
    grid.result("t_new", names=("temperature_new", "T_next", "u_out"))
    grid.rim(t_new=f"temperature[{here}]")
    grid.prepare()
    s.tuning(("dt", 0.02, 0.15), ("dx", 0.8, 1.2))
    s.code(f"c = temperature[{here}]")
    if variable:
        s.define(
            "face",
            "a: real, b: real",
            draw.choice(("return 0.5 * (a + b)", "return 2.0 * a * b / (a + b)", "return wp.sqrt(a * b)")),
            "real",
            "Conductivity of the face between two cells.",
        )
        s.code(f"kc = conductivity[{here}]\nflux = float(0.0)")
        for axis in range(grid.dims):
            for offset in (-1, 1):
                at = grid.near(axis, offset)
                s.code(f"flux += face(kc, conductivity[{at}]) * (temperature[{at}] - c)")
        s.code("rate = flux / (dx * dx)")
    else:
        s.tuning(("alpha", 0.2, 1.0))
        grid.laplacian("temperature")
        s.code("rate = alpha * lap / (dx * dx)")
    if draw.chance(0.5):
        name, parameters, lines = draw.choice(SINGLE)
        s.tuning(*parameters)
        if draw.chance(0.4):
            text = "\n".join([*lines, "return reaction"])
            s.define(name, ", ".join(["c: real", *(f"{p}: real" for p, *_ in parameters)]), text, "real")
            s.code(f"rate += {name}(c, {', '.join(p for p, *_ in parameters)})")
        else:
            s.code("\n".join([*lines, "rate += reaction"]))
    if draw.chance(0.4):
        s.tuning(("ambient", 0.2, 0.6), ("exchange", 0.1, 0.8))
        first = " or ".join(f"{a} == 0 or {a} == {n} - 1" for a, n in zip(grid.axes, grid.extents, strict=True))
        loss = draw.choice(("exchange * (c - ambient)", "exchange * (c * c * c * c - ambient * ambient * ambient * ambient)"))
        s.code(f"if {first}:\n    rate -= {loss}" if grid.rule == "clamp" else f"rate -= {loss}")
    if draw.chance(0.4):
        grid.field("source", -0.5, 0.5, names=("heat_source", "power", "q"))
        if draw.chance(0.5):
            grid.field("capacity", 0.5, 2.0, names=("rho_cp", "heat_capacity"))
            s.code(f"rate = (rate + source[{here}]) / capacity[{here}]")
        else:
            s.code(f"rate += source[{here}]")
    if draw.chance(0.3):
        s.field("material", "int", *grid.extents, domain=Integers(0, 3), names=("region", "cell_type"))
        s.code(f"if material[{here}] == 0:\n    rate = {draw.choice(('0.0', '0.5 * rate', '-0.1 * c'))}")
    s.code(f"t_new[{here}] = c + dt * rate")
    return grid.case(draw.choice(("heat_step", "conduct", "diffuse_heat", "thermal_step")))
