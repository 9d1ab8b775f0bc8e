"""Waves: leapfrog steps of the scalar wave equation with sponge layers, staggered acoustics, and dispersive relatives.

Sponge layers damp the solution near the rim (Cerjan et al. 1985); the first-order absorbing boundary is Mur's (1981).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.solvers.grid import Grid
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw

AXES = "xyz"


def build_wave(draw: Draw, s: Script) -> Case:
    """A leapfrog step of u_tt = c^2 lap u, with damping, sponge, a source, a nonlinearity, as drawn."""
    grid = Grid(s, draw.weighted((1, 2, 3), (3, 5, 2)))
    u = grid.field("u", names=("pressure", "displacement", "p_now", "wave"))
    grid.field("u_prev", names=("u_old", "p_prev", "u_nm1"))
    variable = draw.chance(0.5)
    if variable:
        grid.field("speed", 0.5, 1.5, names=("velocity_model", "c", "wave_speed"))
    grid.open(u)
    out = grid.result("u_next", names=("u_new", "p_next", "u_np1"))
    grid.rim(u_next="0.0" if draw.chance(0.5) else f"u[{grid.here}]")
    s.tuning(("dt", 0.1, 0.4), ("dx", 0.8, 1.2))
    grid.prepare()
    grid.laplacian(u)
    if variable:
        s.code(f"c = speed[{grid.here}]\ncourant = c * dt / dx")
    else:
        s.tuning(("wave_speed", 0.5, 1.5))
        s.code("courant = wave_speed * dt / dx")
    damping = draw.choice(("none", "uniform", "field", "sponge"))
    here = grid.here
    if damping == "none":
        s.code(f"next_u = 2.0 * u[{here}] - u_prev[{here}] + courant * courant * lap")
    else:
        if damping == "uniform":
            s.tuning(("sigma", 0.1, 1.0))
        elif damping == "field":
            grid.field("sigma", 0.05, 1.0, names=("damping", "absorption"))
            s.code(f"sigma_c = sigma[{here}]")
        else:
            _sponge(draw, s, grid)
        sigma = {"uniform": "sigma", "field": "sigma_c", "sponge": "sponge"}[damping]
        s.code(
            draw.choice(
                (
                    f"half = 0.5 * {sigma} * dt\nnumerator = 2.0 * u[{here}] - (1.0 - half) * u_prev[{here}] + courant * courant * lap\n"
                    "next_u = numerator / (1.0 + half)",
                    f"keep = 1.0 - {sigma} * dt\nnext_u = u[{here}] + keep * (u[{here}] - u_prev[{here}]) + courant * courant * lap",
                )
            )
        )
    _source(draw, s, grid)
    if draw.chance(0.3):
        s.tuning(("gamma", 0.1, 1.0))
        s.code(
            "next_u = next_u - dt * dt * gamma * " + draw.choice((f"wp.sin(u[{here}])", f"u[{here}] * u[{here}] * u[{here}]", f"u[{here}]"))
        )
    s.code(f"{out}[{here}] = next_u")
    if draw.chance(0.3):
        grid.result("energy", names=("kinetic", "power"))
        if grid.rule == "interior":
            s.rewrite_role("energy", "accumulate")
        s.code(f"rate = (next_u - u_prev[{here}]) / (2.0 * dt)\nenergy[{here}] = 0.5 * rate * rate")
    return grid.case(
        draw.choice(("wave_step", f"wave_{grid.dims}d", "leapfrog", "propagate")),
        doc=draw.choice(("", "One leapfrog step of the wave equation.")),
    )


def _sponge(draw: Draw, s: Script, grid: Grid) -> None:
    """The damping of a layer that grows towards the rim, by the name `sponge`."""
    shape = draw.choice(("q * q", "q * q * q", "q", "0.5 * (1.0 - wp.cos(3.14159265 * q))"))
    s.define(
        "layer",
        "index: int, extent: int, width: int, strength: real",
        "inner = wp.min(index, extent - 1 - index)\nif inner >= width:\n    return 0.0\n"
        f"q = float(width - inner) / float(width)\nreturn strength * ({shape})",
        "real",
        "Damping at a distance from the rim.",
    )
    s.tuning(("strength", 0.2, 1.0))
    s.uniform("width", "int", Integers(1, 4), names=("layer_width", "n_absorb", "pml_width"))
    parts = [f"layer({a}, {n}, width, strength)" for a, n in zip(grid.axes, grid.extents, strict=True)]
    if len(parts) == 1:
        s.code(f"sponge = {parts[0]}")
    elif draw.chance(0.5):
        s.code(f"sponge = {' + '.join(parts)}")
    else:
        s.code(f"sponge = {parts[0]}\n" + "\n".join(f"sponge = wp.max(sponge, {p})" for p in parts[1:]))


def _source(draw: Draw, s: Script, grid: Grid) -> None:
    """Adds a source now and then: of a field, or a pulse in time at one cell (Ricker's wavelet, a sine, a Gaussian)."""
    kind = draw.choice(("none", "none", "field", "pulse"))
    if kind == "field":
        grid.field("source", -0.5, 0.5, names=("forcing", "rhs"))
        s.code(f"next_u += dt * dt * source[{grid.here}]")
    elif kind == "pulse":
        s.tuning(("time", 0.2, 2.0), ("frequency", 0.5, 2.0))
        for axis in AXES[: grid.dims]:
            s.uniform(f"src_{axis}", "int", Integers(0, 3))
        pulse = draw.choice(
            (
                "arg = 3.14159265 * frequency * (t - 1.0)\nreturn (1.0 - 2.0 * arg * arg) * wp.exp(-arg * arg)",
                "return wp.sin(6.2831853 * frequency * t)",
                "shift = (t - 1.0) * frequency\nreturn wp.exp(-shift * shift)",
            )
        )
        s.define("wavelet", "t: real, frequency: real", pulse, "real", draw.choice(("", "Source signature at time t.")))
        here = " and ".join(f"{a} == src_{x}" for a, x in zip(grid.axes, AXES, strict=False))
        s.code(f"if {here}:\n    next_u += dt * dt * wavelet(time, frequency)")


def build_acoustics(draw: Draw, s: Script) -> Case:
    """Pressure and particle velocity on a staggered grid: the update of either, with losses."""
    dims = draw.weighted((1, 2, 3), (2, 5, 2))
    grid = Grid(s, dims, draw.choice(("clamp", "periodic")))
    grid.field("p", names=("pressure", "sigma"))
    velocities = [grid.field(f"v{a}", names=(f"vel_{a}", f"u_{a}")) for a in AXES[:dims]]
    grid.open("p")
    s.tuning(("dt", 0.1, 0.4), ("dx", 0.8, 1.2))
    grid.prepare()
    here = grid.here
    density = draw.choice(("field", "uniform"))
    if density == "field":
        grid.field("rho", 0.6, 1.6, names=("density", "buoyancy"))
        inverse = f"1.0 / rho[{here}]"
    else:
        s.tuning(("rho0", 0.6, 1.6))
        inverse = "1.0 / rho0"
    if draw.chance(0.5):
        s.code(f"scale = dt / dx * {inverse}" if density == "uniform" else f"scale = dt / (dx * rho[{here}])")
        for a, v in enumerate(velocities):
            grid.result(f"{v}_new", names=(f"{v}_next", f"{v}_out"))
            grad = f"(p[{grid.near(a, 1)}] - p[{here}])"
            s.code(f"{v}_new[{here}] = {v}[{here}] - scale * {grad}")
        name = draw.choice(("update_velocity", "velocity_half_step"))
    else:
        s.tuning(("bulk", 0.5, 2.0))
        parts = []
        for a, v in enumerate(velocities):
            s.code(f"d{v} = {v}[{here}] - {v}[{grid.near(a, -1)}]")
            parts.append(f"d{v}")
        s.code(f"divergence = ({' + '.join(parts)}) / dx\np_new = p[{here}] - dt * bulk * divergence")
        if draw.chance(0.5):
            _sponge(draw, s, grid)
            s.code(
                draw.choice(("p_new = p_new * wp.exp(-sponge * dt)", "p_new = p_new / (1.0 + sponge * dt)", "p_new *= 1.0 - sponge * dt"))
            )
        if draw.chance(0.4):
            grid.field("source", -0.5, 0.5, names=("forcing", "monopole"))
            s.code(f"p_new += dt * source[{here}]")
        grid.result("p_next", names=("pressure_new", "p_out"))
        s.code(f"p_next[{here}] = p_new")
        name = draw.choice(("update_pressure", "pressure_half_step"))
    return grid.case(name, doc=draw.choice(("", "Half step of linear acoustics on a staggered grid.")))


def build_dispersive(draw: Draw, s: Script) -> Case:
    """Korteweg-de Vries, Kuramoto-Sivashinsky, beams, and the Schroedinger equation in real and imaginary parts."""
    kind = draw.choice(("kdv", "kuramoto", "beam", "schroedinger", "schroedinger"))
    if kind == "schroedinger":
        return _schroedinger(draw, s)
    grid = Grid(s, 1, draw.choice(("periodic", "clamp", "interior")), reach=2)
    grid.field("u", names=("height", "phi", "w"))
    if kind == "beam":
        grid.field("u_prev", names=("u_old", "w_prev"))
    grid.open("u")
    grid.result("u_next", names=("u_new", "out"))
    grid.rim(u_next="u[i]")
    s.tuning(("dt", 0.005, 0.05), ("dx", 0.8, 1.2))
    grid.prepare(2)
    um, up, umm, upp = (f"u[{grid.near(0, o)}]" for o in (-1, 1, -2, 2))
    fourth = f"{umm} - 4.0 * {um} + 6.0 * u[i] - 4.0 * {up} + {upp}"
    if kind == "kdv":
        s.tuning(("delta", 0.1, 0.5))
        s.code(f"mean = ({up} + u[i] + {um}) / 3.0\nsteepening = mean * ({up} - {um}) / (2.0 * dx)")
        s.code(f"dispersion = ({upp} - 2.0 * {up} + 2.0 * {um} - {umm}) / (2.0 * dx * dx * dx)")
        s.code("next_u = u[i] - dt * (6.0 * steepening + delta * delta * dispersion)")
    elif kind == "kuramoto":
        s.code(f"second = ({up} - 2.0 * u[i] + {um}) / (dx * dx)\nfourth = ({fourth}) / (dx * dx * dx * dx)")
        s.code(
            draw.choice(
                (
                    f"slope = ({up} - {um}) / (2.0 * dx)\nnext_u = u[i] - dt * (second + fourth + 0.5 * slope * slope)",
                    f"drift = 0.25 * ({up} * {up} - {um} * {um}) / dx\nnext_u = u[i] - dt * (drift + second + fourth)",
                )
            )
        )
    else:
        s.tuning(("stiffness", 0.5, 2.0))
        s.code(f"bending = ({fourth}) / (dx * dx * dx * dx)\nnext_u = 2.0 * u[i] - u_prev[i] - dt * dt * stiffness * bending")
    if draw.chance(0.5):
        s.tuning(("damping", 0.05, 0.5))
        s.code("next_u = next_u - dt * damping * u[i]")
    s.code("u_next[i] = next_u")
    return grid.case(f"{kind}_step", doc=draw.choice(("", "One explicit step.")))


def _schroedinger(draw: Draw, s: Script) -> Case:
    grid = Grid(s, draw.choice((1, 1, 2)))
    grid.field("psi_re", names=("re", "real_part"))
    grid.field("psi_im", names=("im", "imag_part"))
    grid.open("psi_re")
    here = grid.here
    outputs = ("re_next", "im_next")
    for out in outputs:
        grid.result(out, names=(out.replace("next", "new"), out.replace("next", "out")))
    grid.rim(re_next="0.0", im_next="0.0")
    s.tuning(("dt", 0.02, 0.2))
    grid.prepare()
    grid.laplacian("psi_re", "lap_re")
    grid.laplacian("psi_im", "lap_im")
    potential = draw.choice(("none", "field", "harmonic", "cubic"))
    s.code(f"a = psi_re[{here}]\nb = psi_im[{here}]")
    if potential == "field":
        grid.field("potential", -0.5, 1.5, names=("v_ext", "v_potential"))
        s.code(f"v = potential[{here}]")
    elif potential == "harmonic":
        s.tuning(("omega", 0.05, 0.3))
        s.code("x = float(i) - 0.5 * float(nx)\nv = 0.5 * omega * omega * x * x")
    elif potential == "cubic":
        s.tuning(("coupling", 0.2, 1.5))
        s.code("v = coupling * (a * a + b * b)")
    v = "" if potential == "none" else " + v * {0}"
    s.code(f"h_re = -0.5 * lap_re{v.format('a')}\nh_im = -0.5 * lap_im{v.format('b')}")
    s.code(f"re_next[{here}] = a + dt * h_im\nim_next[{here}] = b - dt * h_re")
    if draw.chance(0.4):
        grid.result("probability", names=("density", "norm_sq"))
        if grid.rule == "interior":
            s.rewrite_role("probability", "accumulate")
        s.code(f"probability[{here}] = a * a + b * b")
    return grid.case(draw.choice(("schroedinger_step", "nls_step", "gross_pitaevskii")))
