"""Sums over neighbours that a fluid step begins with: densities, their rate of change, the equation of state."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.sph_fluid.neighbors import POSITIONS, Neighbours, sizes
from kernels.families.sph_fluid.smoothing import slope, weight
from kernels.language.interval import Interval

EQUATIONS = {
    "tait": ("ratio = {rho} / rest_density", "pressure = stiffness * (wp.pow(ratio, {gamma}) - 1.0)"),
    "tait_product": (
        "ratio = {rho} / rest_density",
        "cubed = ratio * ratio * ratio",
        "pressure = stiffness * (cubed * cubed * ratio - 1.0)",
    ),
    "linear": ("pressure = stiffness * ({rho} - rest_density)",),
    "relative": ("pressure = stiffness * ({rho} / rest_density - 1.0)",),
    "ideal_gas": ("pressure = stiffness * {rho} / (rest_density + 0.5)",),
    "stiffened": ("ratio = {rho} / rest_density", "pressure = stiffness * ratio * ratio - 0.25 * stiffness"),
}
"""Pressure from density: Tait's equation (Cole 1948, exponent 7 or another), its linear forms, an ideal gas, a stiffened gas."""


def equation_of_state(s: Script, rho: str) -> None:
    """The pressure of density `rho`, by the name `pressure`; negative pressures cut off or scaled down now and then."""
    draw = s.draw
    s.tuning(("rest_density", 0.8, 1.2), ("stiffness", 0.5, 4.0))
    kind = draw.choice(tuple(EQUATIONS))
    s.code("\n".join(EQUATIONS[kind]).replace("{rho}", rho).replace("{gamma}", draw.choice(("7.0", "5.0", "2.0", "1.4"))))
    cut = draw.weighted(("none", "max", "scaled", "branch", "clamp"), (3, 3, 1, 2, 1))
    if cut == "max":
        s.code("pressure = wp.max(pressure, 0.0)")
    elif cut == "scaled":
        s.code("pressure = wp.where(pressure < 0.0, 0.1 * pressure, pressure)")
    elif cut == "branch":
        s.code("if pressure < 0.0:\n    pressure = 0.05 * pressure")
    elif cut == "clamp":
        s.tuning(("max_pressure", 2.0, 8.0))
        s.code("pressure = wp.clamp(pressure, -1.0, max_pressure)")


def build_density(draw: Draw, s: Script) -> Case:
    """Density by summation, often with what depends on it alone: pressure, its inverse, a normalization."""
    near = Neighbours(s)
    dims = draw.choice((3, 3, 2))
    s.field("positions", f"vec{dims}", "n", low=-0.8, high=0.8, names=POSITIONS)
    masses = draw.weighted(("array", "uniform", "volumes"), (3, 2, 1))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    near.declare()
    w, _ = weight(s, dims)
    s.tuning(("h", 0.9, 1.6))
    if masses != "uniform":
        s.field("mass", "real", "n", low=0.2, high=0.6, names=("particle_mass", "m") if masses == "array" else ("volume", "rest_volume"))
    else:
        s.tuning(("particle_mass", 0.2, 0.6))
    own_mass = "mass[tid]" if masses != "uniform" else "particle_mass"
    other_mass = "mass[j]" if masses != "uniform" else "particle_mass"
    boundary = draw.chance(0.25)
    flag = draw.choice(("bool", "int"))
    if boundary:
        s.field("is_boundary", flag, "n", domain=Bernoulli(0.3), names=("boundary_flag", "wall"))
    s.code("xi = positions[tid]")
    with_self = draw.chance(0.6)
    start = f"{own_mass} * {w}(0.0, h)" if with_self and near.unrolled else "float(0.0)"
    s.code(f"rho = {start}")
    named = draw.chance(0.5)
    body = "r = wp.length(xi - positions[j])\n" if draw.chance(0.6) else "xij = xi - positions[j]\nr = wp.length(xij)\n"
    amount = f"{other_mass} * {w}(r, h)"
    if boundary:
        flagged = "is_boundary[j]" if flag == "bool" else "is_boundary[j] == 1"
        body += f"scale = wp.where({flagged}, 0.7, 1.0)\n"
        amount += " * scale"
    shepard = near.unrolled and draw.chance(0.2)
    body += f"wj = {amount}\nrho += wj\n" if named else f"rho += {amount}\n"
    if shepard:
        s.code("weight_sum = float(0.5)")
        body += f"weight_sum += {w}(r, h)\n"
    if near.kind == "csr" and draw.chance(0.35) and not shepard:
        body = f"d = positions[j] - xi\nr = wp.length(d)\nif r < h:\n    rho += {other_mass} * {w}(r, h)\n"
    s.code(near.loop(body, apart=with_self))
    if with_self and not near.unrolled:
        s.code(f"rho += {own_mass} * {w}(0.0, h)")
    if shepard:
        s.code("rho = rho / weight_sum")
    s.result("density", "real", "n", names=("rho_out", "particle_density", "densities"))
    s.code("density[tid] = rho")
    if near.unrolled and draw.chance(0.6):
        s.code("rho = wp.max(rho, 0.3)")
        equation_of_state(s, "rho")
        s.result("pressures", "real", "n", names=("pressure_out", "particle_pressure"))
        s.code("pressures[tid] = pressure")
        if draw.chance(0.3):
            s.result("inv_density", "real", "n", names=("specific_volume", "rho_inv"))
            s.code("inv_density[tid] = 1.0 / rho")
    return s.finish(
        draw.choice(("compute_density", "compute_density_pressure", "sph_density", "density_summation")),
        ["n"],
        sizes(draw),
        doc=draw.choice(("", "Sum the smoothed masses of the neighbours of each particle.", "")),
    )


def build_state(draw: Draw, s: Script) -> Case:
    """The equation of state per particle, with sound speed, internal energy or a filter beside it."""
    s.field("density", "real", "n", low=0.4, high=1.8, names=("rho", "particle_density", "densities"))
    s.thread("n", "density", names=("i", "p", "particle"), counts=("num_particles", "n_particles"))
    s.code("rho_i = density[tid]")
    if draw.chance(0.3):
        s.field("active", "int", "n", domain=Integers(0, 3), names=("phase", "particle_flags", "state"))
        s.skip("active[tid] == 0")
    s.result("pressures", "real", "n", names=("pressure_out", "particle_pressure"))
    if draw.chance(0.45):
        s.field("previous_density", "real", "n", low=0.4, high=1.8, names=("rho_prev", "old_density"))
        s.tuning(("blend", 0.2, 0.8))
        s.code(
            draw.choice(
                ("rho_i = wp.lerp(previous_density[tid], rho_i, blend)", "rho_i = rho_i * blend + previous_density[tid] * (1.0 - blend)")
            )
        )
    equation_of_state(s, "rho_i")
    if draw.chance(0.4):
        s.field("energy", "real", "n", low=0.2, high=2.0, names=("internal_energy", "temperature", "u"))
        s.tuning(("gamma", 1.2, 1.8))
        s.code("thermal = (gamma - 1.0) * rho_i * energy[tid]\npressure = pressure + thermal")
    if draw.chance(0.4):
        s.code("bounded = pressure / (1.0 + wp.abs(pressure))")
        s.mixed("correction", "real", [("rho_i", "real", 0.4, 1.8), ("bounded", "real", -1.0, 1.0)], 1, Interval(-10.0, 10.0))
        s.code("pressure = pressure + 0.1 * correction")
    s.code("pressures[tid] = pressure")
    extra = draw.subset(("sound", "over_rho2", "compression"), draw.integer(0, 2))
    if "sound" in extra:
        s.result("sound_speed", "real", "n", names=("c_out", "particle_sound_speed"))
        s.code("c_sq = wp.abs(pressure) / rho_i + 0.1\nsound_speed[tid] = wp.sqrt(1.4 * c_sq)")
    if "over_rho2" in extra:
        s.result("p_over_rho2", "real", "n", names=("pressure_term", "p_rho_sq"))
        s.code("p_over_rho2[tid] = pressure / (rho_i * rho_i)")
    if "compression" in extra:
        s.result("compression", "real", "n", names=("density_error", "overdensity"))
        s.code("compression[tid] = wp.max(rho_i / rest_density - 1.0, 0.0)")
    return s.finish(draw.choice(("compute_pressure", "equation_of_state", "update_pressure")), ["n"], sizes(draw, 250))


def build_continuity(draw: Draw, s: Script) -> Case:
    """The rate of change of density, or the divergence of the velocity, with diffusion of density (Molteni and Colagrossi 2009)."""
    near = Neighbours(s)
    dims = draw.choice((3, 3, 2))
    s.field("positions", f"vec{dims}", "n", low=-0.8, high=0.8, names=POSITIONS)
    s.field("velocity", f"vec{dims}", "n", low=-1.0, high=1.0, names=("velocities", "particle_qd", "vel", "particle_v"))
    s.field("density", "real", "n", low=0.7, high=1.5, names=("rho", "particle_density"))
    s.field("mass", "real", "n", low=0.3, high=0.6, names=("particle_mass", "m"))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    near.declare()
    dw = slope(s, dims)
    s.tuning(("h", 0.9, 1.6))
    divergence = draw.chance(0.4)
    s.code("xi = positions[tid]\nvi = velocity[tid]")
    diffusion = draw.chance(0.4)
    if diffusion:
        s.tuning(("delta_sph", 0.05, 0.2), ("sound", 1.0, 3.0))
        s.code("rho_i = density[tid]")
    s.code("rate = float(0.0)")
    body = f"xij = xi - positions[j]\nr = wp.length(xij)\nif r < h and r > 0.001:\n    grad = xij * ({dw}(r, h) / r)\n"
    amount = {True: "mass[j] / density[j]", False: "mass[j]"}[divergence]
    sign = "-" if divergence else "+"
    if draw.chance(0.5):
        body += f"    vij = vi - velocity[j]\n    rate {sign}= {amount} * wp.dot(vij, grad)\n"
    else:
        body += f"    rate {sign}= {amount} * wp.dot(vi - velocity[j], grad)\n"
    if diffusion:
        body += "    jump = density[j] - rho_i\n    spread = wp.dot(xij, grad) / (r * r + 0.01 * h * h)\n"
        body += "    rate += 2.0 * delta_sph * h * sound * mass[j] / density[j] * jump * spread\n"
    s.code(near.loop(body, apart=draw.chance(0.4)))
    s.result("drho", "real", "n", names=("density_rate", "drho_dt", "div_v"))
    if draw.chance(0.4):
        s.tuning(("dt", 0.01, 0.1))
        s.result("density_new", "real", "n", names=("next_density", "density_predicted"))
        s.code("density_new[tid] = density[tid] + dt * rate")
    s.code("drho[tid] = rate")
    return s.finish(draw.choice(("continuity", "compute_density_rate", "velocity_divergence")), ["n"], sizes(draw))
