"""Incompressibility by constraints on density, corrections of velocity, and boundaries.

Position-based fluids after Macklin and Mueller (2013), PCISPH after Solenthaler and Pajarola (2009), XSPH after Monaghan (1989), boundary
particles after Akinci et al., Versatile Rigid-Fluid Coupling (2012).
"""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.sph_fluid.neighbors import POSITIONS, Neighbours, sizes
from kernels.families.sph_fluid.smoothing import slope, weight

UNROLLED = ("count", "sentinel", "full")


def _particles(draw: Draw, s: Script, vec: str) -> None:
    s.field("positions", vec, "n", low=-0.8, high=0.8, names=(*POSITIONS, "predicted"))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))


def build_lambda(draw: Draw, s: Script) -> Case:
    """The multiplier of a particle's density constraint, from its density and the squared gradients."""
    near = Neighbours(s, draw.choice(UNROLLED))
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    _particles(draw, s, vec)
    near.declare()
    w, kernel = weight(s, dims)
    dw = slope(s, dims, kernel if draw.chance(0.5) else None)
    masses = draw.chance(0.5)
    if masses:
        s.field("mass", "real", "n", low=0.3, high=0.6, names=("particle_mass", "m"))
    else:
        s.tuning(("mass_j", 0.3, 0.6))
    m = "mass[j]" if masses else "mass_j"
    s.tuning(("h", 0.9, 1.6), ("rest_density", 0.8, 1.2), ("relaxation", 0.3, 2.0))
    given = draw.chance(0.3)
    if given:
        s.field("density", "real", "n", low=0.7, high=1.8, names=("rho", "particle_density"))
        s.code("rho = density[tid]")
    else:
        s.code("rho = float(0.0)")
    s.code(f"xi = positions[tid]\ngrad_i = wp.{vec}()\nsum_sq = float(0.0)")
    body = "xij = xi - positions[j]\nr = wp.length(xij)\n" + ("" if given else f"rho += {m} * {w}(r, h)\n")
    inner = f"grad_j = xij * ({m} * {dw}(r, h) / (r * rest_density))\n"
    inner += "sum_sq += wp.dot(grad_j, grad_j)\n" if draw.chance(0.6) else "sum_sq += wp.length_sq(grad_j)\n"
    inner += "grad_i += grad_j\n"
    s.code(near.loop(body + "if r > 0.001 and r < h:\n" + indent(inner, "    "), apart=draw.chance(0.4)))
    s.code("sum_sq += wp.dot(grad_i, grad_i)")
    clamped = draw.choice(("none", "max", "return"))
    s.code("c = rho / rest_density - 1.0")
    s.result(
        "multiplier", "real", "n", role="accumulate" if clamped == "return" else "output", names=("lambdas", "lambda_out", "pbf_lambda")
    )
    if clamped == "max":
        s.code("c = wp.max(c, 0.0)")
    elif clamped == "return":
        s.code("if c < 0.0:\n    return")
    s.code(
        "multiplier[tid] = -c / (sum_sq + relaxation)"
        if draw.chance(0.5)
        else "scale = -1.0 / (sum_sq + relaxation)\nmultiplier[tid] = c * scale"
    )
    if draw.chance(0.4):
        s.result("density_error", "real", "one", role="accumulate", names=("total_error", "residual"))
        s.code("wp.atomic_add(density_error, 0, wp.abs(c))" if draw.chance(0.5) else "wp.atomic_add(density_error, 0, c * c)")
    return s.finish(
        draw.choice(("compute_lambdas", "density_constraint", "solve_density_lambda")),
        ["n"],
        sizes(draw),
        doc=draw.choice(("", "Multipliers of the density constraints.")),
    )


def build_position_change(draw: Draw, s: Script) -> Case:
    """The correction of positions that multipliers ask for, with artificial pressure against clumping."""
    near = Neighbours(s)
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    _particles(draw, s, vec)
    s.field("multiplier", "real", "n", low=-1.0, high=0.5, names=("lambdas", "pbf_lambda"))
    near.declare()
    artificial = draw.chance(0.6)
    w, kernel = weight(s, dims) if artificial else ("", None)
    dw = slope(s, dims, kernel if draw.chance(0.6) else None)
    s.tuning(("h", 0.9, 1.6), ("rest_density", 0.8, 1.2))
    s.code(f"xi = positions[tid]\nlambda_i = multiplier[tid]\ndelta = wp.{vec}()")
    body = "xij = xi - positions[j]\nr = wp.length(xij)\nif r > 0.001 and r < h:\n"
    inner = f"grad = xij * ({dw}(r, h) / r)\n"
    total = "lambda_i + multiplier[j]"
    if artificial:
        s.tuning(("k_corr", 0.01, 0.2), ("dq", 0.2, 0.4))
        inner += f"ratio = {w}(r, h) / {w}(dq * h, h)\n"
        inner += draw.choice(("s_corr = -k_corr * ratio * ratio * ratio * ratio\n", "s_corr = -k_corr * wp.pow(ratio, 4.0)\n"))
        total += " + s_corr"
    inner += f"delta += grad * ({total})\n" if draw.chance(0.5) else f"push = {total}\ndelta += push * grad\n"
    s.code(near.loop(body + indent(inner, "    "), apart=draw.chance(0.4)))
    s.code("delta = delta / rest_density" if draw.chance(0.5) else "delta = delta * (1.0 / rest_density)")
    if near.unrolled and draw.chance(0.35):
        s.tuning(("max_delta", 0.1, 0.5))
        s.code("size = wp.length(delta)\nif size > max_delta:\n    delta = delta * (max_delta / size)")
    if draw.chance(0.5):
        s.result("delta_x", vec, "n", names=("position_delta", "delta_p", "corrections"))
        s.code("delta_x[tid] = delta")
    else:
        s.result("positions_new", vec, "n", names=("corrected", "particle_q_out", "x_new"))
        s.code("x_new = xi + delta")
        if near.unrolled and draw.chance(0.5):
            s.uniform("lower", vec, Uniform(-1.2, -0.9), names=("bounds_min", "domain_lower"))
            s.uniform("upper", vec, Uniform(0.9, 1.2), names=("bounds_max", "domain_upper"))
            s.code("x_new = wp.min(wp.max(x_new, lower), upper)")
        s.code("positions_new[tid] = x_new")
    return s.finish(draw.choice(("solve_positions", "density_position_delta", "apply_density_constraint")), ["n"], sizes(draw))


def build_pcisph(draw: Draw, s: Script) -> Case:
    """One pressure correction of a predictor-corrector step: the predicted density's error becomes pressure."""
    near = Neighbours(s, draw.choice(UNROLLED))
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    _particles(draw, s, vec)
    s.field("velocity", vec, "n", names=("velocities", "particle_qd", "vel"))
    s.field("pressure", "real", "n", low=0.1, high=2.0, names=("pressure_in", "particle_pressure"))
    s.field("mass", "real", "n", low=0.3, high=0.6, names=("particle_mass", "m"))
    near.declare()
    w, _ = weight(s, dims)
    s.tuning(("h", 1.0, 1.6), ("dt", 0.02, 0.1), ("rest_density", 0.4, 0.8), ("delta", 0.2, 1.5))
    predicted = draw.chance(0.5)
    if predicted:
        s.field("accel", vec, "n", low=-2.0, high=2.0, names=("acceleration", "pressure_accel"))
        s.define("predict", f"x: {vec}, v: {vec}, a: {vec}, dt: real", "return x + dt * (v + dt * a)", vec)
        at = "predict(positions[{0}], velocity[{0}], accel[{0}], dt)"
    else:
        at = "positions[{0}] + dt * velocity[{0}]"
    s.code(f"x_star = {at.format('tid')}\nrho_star = mass[tid] * {w}(0.0, h)")
    body = f"x_j = {at.format('j')}\nr = wp.length(x_star - x_j)\n" + draw.choice(
        (f"rho_star += mass[j] * {w}(r, h)\n", f"if r < h:\n    rho_star += mass[j] * {w}(r, h)\n")
    )
    s.code(near.loop(body, apart=True))
    s.code("error = rho_star - rest_density")
    s.code(draw.choice(("p_new = pressure[tid] + delta * error", "correction = delta * error\np_new = pressure[tid] + correction")))
    if draw.chance(0.7):
        s.code("p_new = wp.max(p_new, 0.0)" if draw.chance(0.6) else "if p_new < 0.0:\n    p_new = 0.0")
    s.result("pressure_new", "real", "n", names=("pressure_out", "next_pressure"))
    s.code("pressure_new[tid] = p_new")
    if draw.chance(0.5):
        s.result("density_error", "real", "n", names=("rho_error", "error_out"))
        s.code("density_error[tid] = wp.max(error, 0.0)")
    if draw.chance(0.3):
        s.result("max_error", "real", "one", role="accumulate", names=("worst_error", "error_max"))
        s.code("wp.atomic_max(max_error, 0, error)")
    return s.finish(draw.choice(("pcisph_pressure", "correct_pressure", "update_pcisph_pressure")), ["n"], sizes(draw))


def build_xsph(draw: Draw, s: Script) -> Case:
    """XSPH viscosity: velocities drawn towards the average of the neighbours."""
    near = Neighbours(s)
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    _particles(draw, s, vec)
    s.field("velocity", vec, "n", names=("velocities", "particle_qd", "vel"))
    weighted = draw.choice(("mass", "volume", "none"))
    if weighted != "none":
        s.field(
            "mass", "real", "n", low=0.3, high=0.6, names=("particle_mass", "m") if weighted == "mass" else ("particle_volume", "volume")
        )
    if weighted == "mass":
        s.field("density", "real", "n", low=0.7, high=1.5, names=("rho", "particle_density"))
    near.declare()
    w, _ = weight(s, dims)
    s.tuning(("h", 0.9, 1.6), ("c", 0.01, 0.5))
    s.code(f"xi = positions[tid]\nvi = velocity[tid]\nsmoothed = wp.{vec}()")
    amount = {"mass": "mass[j] / density[j] * ", "volume": "mass[j] * ", "none": ""}[weighted]
    if weighted == "mass" and draw.chance(0.5):
        amount = "2.0 * mass[j] / (density[tid] + density[j]) * "
    body = "r = wp.length(xi - positions[j])\n"
    normalized = near.unrolled and draw.chance(0.3)
    update = f"w_ij = {amount}{w}(r, h)\nsmoothed += (velocity[j] - vi) * w_ij\n"
    if normalized:
        s.code("w_sum = float(0.2)")
        update += "w_sum += w_ij\n"
    body += f"if r < h:\n{indent(update, '    ')}" if draw.chance(0.5) else update
    s.code(near.loop(body, apart=draw.chance(0.4)))
    change = "smoothed / w_sum" if normalized else "smoothed"
    s.code(f"v_new = vi + c * {change}")
    if draw.chance(0.5):
        s.tuning(("dt", 0.01, 0.05))
        s.result("positions_new", vec, "n", names=("x_new", "particle_q_out", "advected"))
        s.code("positions_new[tid] = xi + v_new * dt")
    s.result("velocity_new", vec, "n", names=("velocity_out", "next_velocity", "particle_qd_out"))
    s.code("velocity_new[tid] = v_new")
    return s.finish(draw.choice(("xsph_viscosity", "smooth_velocities", "xsph")), ["n"], sizes(draw))


def build_boundary(draw: Draw, s: Script) -> Case:
    """Boundary particles: their volumes, what they add to the density of the fluid, and how they push it back."""
    form = draw.choice(("volume", "density", "force"))
    near = Neighbours(s, draw.choice(UNROLLED) if form == "volume" else "")
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    if form == "volume":
        s.field("positions", vec, "n", low=-0.8, high=0.8, names=("boundary_x", "wall_positions", *POSITIONS))
        s.thread("n", "positions", names=("b", "i", "particle"), counts=("num_boundary", "boundary_count"))
        near.declare()
        w, _ = weight(s, dims)
        s.tuning(("h", 0.9, 1.6))
        s.code(f"xb = positions[tid]\ndelta = {w}(0.0, h)")
        s.code(near.loop(f"delta += {w}(wp.length(xb - positions[j]), h)\n", apart=True))
        s.result("volume", "real", "n", names=("boundary_volume", "psi", "rest_volume"))
        s.tuning(("gamma", 0.5, 1.0))
        if draw.chance(0.5):
            s.tuning(("rest_density", 0.8, 1.2))
            s.code("volume[tid] = rest_density * gamma / delta")
        else:
            s.code("volume[tid] = gamma / delta")
        return s.finish(draw.choice(("boundary_volumes", "compute_boundary_psi")), ["n"], sizes(draw))
    _particles(draw, s, vec)
    s.field("boundary_x", vec, "b", low=-0.8, high=0.8, names=("wall_positions", "boundary_pos"))
    s.field("psi", "real", "b", low=0.1, high=0.6, names=("boundary_volume", "wall_mass"))
    near.declare("b")
    s.tuning(("h", 0.9, 1.6))
    s.code("xi = positions[tid]")
    if form == "density":
        w, _ = weight(s, dims)
        s.field("fluid_density", "real", "n", low=0.5, high=1.2, names=("rho_in", "density"))
        s.code("rho_b = float(0.0)")
        s.code(near.loop(f"r = wp.length(xi - boundary_x[j])\nrho_b += psi[j] * {w}(r, h)\n"))
        s.result("density_new", "real", "n", names=("density_out", "rho_total"))
        s.code("density_new[tid] = fluid_density[tid] + rho_b")
        return s.finish(draw.choice(("add_boundary_density", "boundary_density")), ["n"], sizes(draw))
    dw = slope(s, dims)
    s.field("density", "real", "n", low=0.7, high=1.5, names=("rho", "particle_density"))
    s.field("pressure", "real", "n", low=0.1, high=2.0, names=("particle_pressure", "pressures"))
    s.code(f"p_over_rho2 = pressure[tid] / (density[tid] * density[tid])\nforce = wp.{vec}()")
    inner = f"grad = xib * ({dw}(r, h) / r)\nforce -= grad * (psi[j] * p_over_rho2)\n"
    if draw.chance(0.5):
        s.field("velocity", vec, "n", names=("velocities", "particle_qd"))
        s.tuning(("friction", 0.05, 0.5))
        inner += "drag = wp.min(wp.dot(velocity[tid], xib), 0.0) / (r * r + 0.01 * h * h)\nforce += grad * (friction * psi[j] * drag)\n"
    react = draw.chance(0.4)
    s.code(near.loop("xib = xi - boundary_x[j]\nr = wp.length(xib)\nif r > 0.001 and r < h:\n" + indent(inner, "    ")))
    s.result("accel", vec, "n", names=("boundary_force", "forces", "acceleration"))
    if react:
        s.field("body", "int", "n", below="bodies", names=("body_id", "rigid_index"))
        s.result("reaction", vec, "bodies", role="accumulate", names=("body_force", "rigid_force"))
        s.code("wp.atomic_sub(reaction, body[tid], force)")
    s.code("accel[tid] = force")
    return s.finish(draw.choice(("boundary_forces", "rigid_fluid_coupling")), ["n"], sizes(draw))
