"""Fields carried by fluid particles: vorticity and its confinement, heat and concentrations."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.sph_fluid.neighbors import POSITIONS, Neighbours, sizes
from kernels.families.sph_fluid.smoothing import slope, weight


def build_vorticity(draw: Draw, s: Script) -> Case:
    """The curl of the velocity, or the force that confines vortices (Fedkiw et al. 2001; Macklin and Mueller 2013)."""
    confine = draw.chance(0.5)
    near = Neighbours(s, draw.choice(("count", "sentinel", "full")) if confine else "")
    s.field("positions", "vec3", "n", low=-0.8, high=0.8, names=POSITIONS)
    s.field("volume", "real", "n", low=0.2, high=0.7, names=("particle_volume", "vol"))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    near.declare()
    s.tuning(("h", 0.9, 1.6))
    dw = slope(s, 3)
    s.code("xi = positions[tid]")
    grad = f"xij = xi - positions[j]\nr = wp.length(xij)\nif r > 0.001 and r < h:\n    grad = xij * ({dw}(r, h) / r)\n"
    if confine:
        s.field("vorticity", "vec3", "n", low=-1.5, high=1.5, names=("omega", "curl"))
        s.tuning(("epsilon", 0.1, 1.0))
        s.code("omega_i = vorticity[tid]\neta = wp.vec3()")
        if draw.chance(0.5):
            s.code("size_i = wp.length(omega_i)")
            body = "    eta += grad * (volume[j] * (wp.length(vorticity[j]) - size_i))\n"
        else:
            body = "    eta += grad * (volume[j] * wp.length(vorticity[j]))\n"
        s.code(near.loop(grad + body, apart=draw.chance(0.4)))
        s.code("location = eta / (wp.length(eta) + 0.05)\nf_conf = wp.cross(location, omega_i) * epsilon")
        s.result("force", "vec3", "n", names=("f_vorticity", "confinement", "forces"))
        if draw.chance(0.5):
            s.field("velocity", "vec3", "n", names=("velocities", "particle_qd", "vel"))
            s.tuning(("dt", 0.01, 0.1))
            s.result("velocity_new", "vec3", "n", names=("velocity_out", "particle_qd_out"))
            s.code("velocity_new[tid] = velocity[tid] + f_conf * dt")
        s.code("force[tid] = f_conf")
        return s.finish(draw.choice(("vorticity_confinement", "confine_vortices")), ["n"], sizes(draw))
    s.field("velocity", "vec3", "n", names=("velocities", "particle_qd", "vel"))
    s.code("vi = velocity[tid]\nomega_i = wp.vec3()")
    s.code(
        near.loop(
            grad
            + draw.choice(
                (
                    "    vji = velocity[j] - vi\n    omega_i += wp.cross(grad, vji) * volume[j]\n",
                    "    omega_i += wp.cross(velocity[j] - vi, grad) * -volume[j]\n",
                )
            ),
            apart=draw.chance(0.4),
        )
    )
    s.result("vorticity", "vec3", "n", names=("omega", "curl"))
    s.code("vorticity[tid] = omega_i")
    if near.unrolled and draw.chance(0.6):
        s.result("enstrophy", "real", "one" if draw.chance(0.4) else "n", role="accumulate", names=("vorticity_sq", "swirl_energy"))
        index = "0" if s._declared[-1].extents == ("one",) else "tid"
        s.code(f"wp.atomic_add(enstrophy, {index}, 0.5 * wp.dot(omega_i, omega_i) * volume[tid])")
    return s.finish(draw.choice(("compute_vorticity", "velocity_curl")), ["n"], sizes(draw))


def build_heat(draw: Draw, s: Script) -> Case:
    """Conduction of heat, diffusion of a concentration, or smoothing of a field, between neighbours (Cleary and Monaghan 1999)."""
    near = Neighbours(s)
    dims = draw.choice((3, 3, 2))
    kernel_weighted = draw.chance(0.35)
    s.field("positions", f"vec{dims}", "n", low=-0.8, high=0.8, names=POSITIONS)
    s.field("temperature", "real", "n", low=0.2, high=2.0, names=("concentration", "phi", "salinity"))
    s.field("mass", "real", "n", low=0.3, high=0.6, names=("particle_mass", "m"))
    s.field("density", "real", "n", low=0.7, high=1.5, names=("rho", "particle_density"))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    near.declare()
    s.tuning(("h", 0.9, 1.6))
    s.code("xi = positions[tid]\nt_i = temperature[tid]\nrate = float(0.0)")
    if draw.chance(0.5):
        s.field("conductivity", "real", "n", low=0.2, high=1.5, names=("kappa", "diffusivity"))
        s.code("k_i = conductivity[tid]")
        pair = draw.choice(("4.0 * k_i * conductivity[j] / (k_i + conductivity[j])", "(k_i + conductivity[j])"))
    else:
        s.tuning(("diffusivity", 0.1, 1.0))
        pair = "diffusivity"
    body = "xij = xi - positions[j]\nr = wp.length(xij)\nif r > 0.001 and r < h:\n"
    if kernel_weighted:
        w, _ = weight(s, dims)
        inner = f"k_ij = {pair}\nrate += mass[j] / density[j] * k_ij * (temperature[j] - t_i) * {w}(r, h)\n"
    else:
        dw = slope(s, dims)
        inner = f"k_ij = {pair}\nslope_ij = {dw}(r, h) / r\n"
        inner += "rate += mass[j] / (density[tid] * density[j]) * k_ij * (t_i - temperature[j]) * slope_ij\n"
    if draw.chance(0.3):
        s.field("velocity", f"vec{dims}", "n", names=("velocities", "particle_qd", "vel"))
        inner += "dv = velocity[tid] - velocity[j]\nrate += 0.05 * wp.dot(dv, dv)\n"
    s.code(near.loop(body + indent(inner, "    "), apart=draw.chance(0.4)))
    if draw.chance(0.5):
        s.field("source", "real", "n", low=-0.5, high=0.5, names=("heat_source", "reaction"))
        s.code("rate += source[tid]")
    s.tuning(("dt", 0.01, 0.1))
    s.result("temperature_new", "real", "n", names=("temperature_out", "next_field", "dT_dt"))
    s.code("temperature_new[tid] = t_i + dt * rate")
    return s.finish(draw.choice(("heat_conduction", "diffuse_scalar", "sph_diffusion")), ["n"], sizes(draw))
