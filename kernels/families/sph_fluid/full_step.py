"""A whole step of a particle fluid in one kernel: several forces in one walk over the neighbours, then the motion that follows."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.sph_fluid.forces import PRESSURE, VISCOSITY
from kernels.families.sph_fluid.motion import walls
from kernels.families.sph_fluid.neighbors import POSITIONS, Neighbours, sizes
from kernels.families.sph_fluid.smoothing import laplacian, slope, weight

PARTS = ("pressure", "viscosity", "cohesion", "xsph", "heat", "normal", "drift")
COHESION = ("f_cohesion -= direction * (cohesion_k * mass[j] * w_ij)", "f_cohesion -= xij * (cohesion_k * mass[j] * w_ij / (r + 0.1 * h))")


def build_step(draw: Draw, s: Script) -> Case:
    """Forces, fluxes and corrections of the parts that were drawn, then the particle's new velocity, position and temperature."""
    near = Neighbours(s, draw.choice(("count", "sentinel", "full")))
    near.slots = draw.choice((2, 3, 4))
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    parts = ["pressure", *(p for p in PARTS[1:] if draw.chance(0.6))]
    s.field("positions", vec, "n", low=-0.8, high=0.8, names=POSITIONS)
    s.field("velocity", vec, "n", low=-1.0, high=1.0, names=("velocities", "particle_qd", "vel", "particle_v"))
    s.field("mass", "real", "n", low=0.3, high=0.6, names=("particle_mass", "m"))
    s.field("density", "real", "n", low=0.7, high=1.5, names=("rho", "particle_density"))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    near.declare()
    s.tuning(("h", 0.9, 1.6), ("dt", 0.01, 0.05), ("rest_density", 0.8, 1.2), ("stiffness", 0.5, 2.0))
    viscosity = draw.choice(VISCOSITY) if "viscosity" in parts else ""
    dw = slope(s, dims)
    w = weight(s, dims)[0] if {"cohesion", "xsph"} & set(parts) else ""
    if "viscosity_laplacian" in viscosity:
        laplacian(s, dims)
    s.define("pressure_of", "rho: real, rest_density: real, stiffness: real", _state(draw), "real", draw.choice(("", "Equation of state.")))
    _open(draw, s, vec, parts, viscosity)
    _walk(draw, s, near, parts, viscosity, dw, w)
    _close(draw, s, vec, dims, parts)
    return s.finish(
        draw.choice(("fluid_step", "sph_step", "advance_fluid")),
        ["n"],
        sizes(draw, 100),
        doc=draw.choice(("", "One explicit step of every fluid particle over its neighbours.", f"One step by {', '.join(parts)}.")),
    )


def _state(draw: Draw) -> str:
    return draw.choice(
        (
            "ratio = rho / rest_density\nreturn stiffness * (wp.pow(ratio, 7.0) - 1.0)",
            "return wp.max(stiffness * (rho - rest_density), 0.0)",
            "if rho < rest_density:\n    return 0.05 * stiffness * (rho - rest_density)\nreturn stiffness * (rho - rest_density)",
        )
    )


def _open(draw: Draw, s: Script, vec: str, parts: list[str], viscosity: str) -> None:
    """The particle's own state, and the sums that the walk adds to."""
    if draw.chance(0.4):
        s.field("flags", "int", "n", domain=Integers(0, 4), names=("particle_flags", "material"))
        s.result("x_out", vec, "n", role="accumulate", names=("positions_new", "particle_q_out"))
        s.result("v_out", vec, "n", role="accumulate", names=("velocity_new", "particle_qd_out"))
        s.code("# inactive particles keep what their outputs hold\nif (flags[tid] & 1) == 0:\n    return")
    else:
        s.result("x_out", vec, "n", names=("positions_new", "particle_q_out"))
        s.result("v_out", vec, "n", names=("velocity_new", "particle_qd_out"))
    s.code("xi = positions[tid]\nvi = velocity[tid]\nrho_i = density[tid]\np_i = pressure_of(rho_i, rest_density, stiffness)")
    s.code(f"f_pressure = wp.{vec}()")
    if "viscosity" in parts:
        s.tuning(("mu", 0.05, 0.5))
        if "alpha" in viscosity:
            s.tuning(("alpha", 0.1, 1.0))
        s.code(f"f_viscosity = wp.{vec}()")
    if "cohesion" in parts:
        s.tuning(("cohesion_k", 0.1, 1.0))
        s.code(f"f_cohesion = wp.{vec}()")
    if "xsph" in parts:
        s.tuning(("xsph_c", 0.05, 0.5))
        s.code(f"v_smooth = wp.{vec}()")
    if "heat" in parts:
        s.field("temperature", "real", "n", low=0.2, high=2.0, names=("concentration", "salinity"))
        s.tuning(("diffusivity", 0.1, 1.0))
        s.code("t_i = temperature[tid]\nheat = float(0.0)")
    if "normal" in parts:
        s.code(f"normal_i = wp.{vec}()")
    if "drift" in parts:
        s.code("div_v = float(0.0)")


def _walk(draw: Draw, s: Script, near: Neighbours, parts: list[str], viscosity: str, dw: str, w: str) -> None:
    body = "xij = xi - positions[j]\nr = wp.length(xij)\n"
    inner = "rho_j = density[j]\n"
    if {"viscosity", "xsph", "drift"} & set(parts):
        inner += "vj = velocity[j]\n"
    inner += f"direction = xij / r\ngrad = direction * {dw}(r, h)\n"
    if w:
        inner += f"w_ij = {w}(r, h)\n"
    if draw.chance(0.5):
        inner += "# symmetric pressure gradient\n"
    pressure = draw.choice(PRESSURE).replace("pressure[j]", "p_j").replace("{acc}", "f_pressure")
    inner += f"p_j = pressure_of(rho_j, rest_density, stiffness)\n{pressure}\n"
    if viscosity:
        inner += viscosity.replace("{acc}", "f_viscosity") + "\n"
    if "cohesion" in parts:
        inner += draw.choice(COHESION) + "\n"
    if "xsph" in parts:
        inner += draw.choice(
            ("v_smooth += (vj - vi) * (mass[j] / rho_j * w_ij)\n", "v_smooth += (vj - vi) * (2.0 * mass[j] * w_ij / (rho_i + rho_j))\n")
        )
    if "heat" in parts:
        inner += "heat += mass[j] / (rho_i * rho_j) * diffusivity * (t_i - temperature[j]) * wp.dot(xij, grad) / (r * r + 0.01 * h * h)\n"
    if "normal" in parts:
        inner += "normal_i += grad * (h * mass[j] / rho_j)\n"
    if "drift" in parts:
        inner += "div_v -= mass[j] / rho_j * wp.dot(vi - vj, grad)\n"
    guard = "if r > 0.001 and r < h:\n" if draw.chance(0.6) else "if r < h and r > 0.001:\n"
    s.code(near.loop(body + guard + indent(inner, "    "), apart=draw.chance(0.5)))


def _close(draw: Draw, s: Script, vec: str, dims: int, parts: list[str]) -> None:
    """Adds up the forces, moves the particle, and writes what the parts have found."""
    forces = ["f_pressure", *(f for p, f in (("viscosity", "f_viscosity"), ("cohesion", "f_cohesion")) if p in parts)]
    s.code(f"accel = {' + '.join(forces)}")
    if draw.chance(0.7):
        s.uniform("gravity", vec, Uniform(-1.0, 0.2), names=("g", "body_accel"))
        s.code("accel += gravity")
    s.code("v1 = vi + accel * dt")
    if "xsph" in parts:
        s.code(draw.choice(("v_move = v1 + v_smooth * xsph_c", "v1 += v_smooth * xsph_c\nv_move = v1")))
    else:
        s.code("v_move = v1")
    if draw.chance(0.4):
        s.tuning(("max_speed", 1.0, 3.0))
        s.code("speed = wp.length(v_move)\nif speed > max_speed:\n    v_move = v_move * (max_speed / speed)")
    s.code("x1 = xi + v_move * dt")
    walls(draw, s, vec, dims)
    s.code("x_out[tid] = x1\nv_out[tid] = v1")
    # Inactive particles have returned: what they own must have been zero before.
    idle = "flags" in s.names.arrays
    for part, name, base, value in (
        ("heat", "temperature_out", "real", "t_i + dt * heat"),
        ("normal", "normals_out", vec, "normal_i"),
        ("drift", "density_out", "real", "rho_i * (1.0 - dt * div_v)"),
    ):
        if part in parts:
            s.result(name, base, "n", role="accumulate" if idle else "output")
            s.code(f"{name}[tid] = {value}")
    if draw.chance(0.3):
        s.result("energy", "real", "one", role="accumulate", names=("kinetic_energy", "total_energy"))
        s.code("wp.atomic_add(energy, 0, 0.5 * mass[tid] * wp.dot(v1, v1))")
