"""Forces between fluid particles: pressure, viscosity, surface tension, cohesion, vorticity confinement, conduction of heat.

Pressure gradients are symmetric (Monaghan 1992) or averaged (Mueller 2003); viscosity is Mueller's, Morris's, or Monaghan's artificial one.
"""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Constant, Integers
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.sph_fluid.neighbors import POSITIONS, Neighbours, sizes
from kernels.families.sph_fluid.smoothing import laplacian, slope

PRESSURE = (
    "p_term = p_i / (rho_i * rho_i) + pressure[j] / (rho_j * rho_j)\n{acc} -= grad * (mass[j] * p_term)",
    "p_avg = 0.5 * (p_i + pressure[j])\n{acc} -= grad * (mass[j] * p_avg / (rho_i * rho_j))",
    "{acc} -= grad * (mass[j] * (p_i + pressure[j]) / (2.0 * rho_i * rho_j))",
    "p_mean = (rho_j * p_i + rho_i * pressure[j]) / (rho_i + rho_j)\n{acc} -= grad * (mass[j] * p_mean / (rho_i * rho_j))",
    "{acc} += grad * (mass[j] * (p_i - pressure[j]) / (rho_i * rho_j))",
)


VISCOSITY = (
    "{acc} += (vj - vi) * (mu * mass[j] * viscosity_laplacian(r, h) / (rho_i * rho_j))",
    "morris = 2.0 * mu * mass[j] * wp.dot(xij, grad) / (rho_i * rho_j * (r * r + 0.01 * h * h))\n{acc} += (vi - vj) * morris",
    "approach = wp.min(wp.dot(vi - vj, xij), 0.0)\nmu_ij = h * approach / (r * r + 0.01 * h * h)\n"
    "pi_ij = (mu * mu_ij * mu_ij - alpha * mu_ij) / (0.5 * (rho_i + rho_j))\n{acc} -= grad * (mass[j] * pi_ij)",
    "{acc} += (vj - vi) * (mu * mass[j] / rho_j * (1.0 - r / h))",
)


def build_forces(draw: Draw, s: Script) -> Case:
    """Pressure, viscosity or both, with gravity, a body force and the step of the velocity that follows."""
    near = Neighbours(s)
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    parts = draw.choice((("pressure",), ("viscosity",), ("pressure", "viscosity"), ("pressure", "viscosity")))
    s.field("positions", vec, "n", low=-0.8, high=0.8, names=POSITIONS)
    s.field("mass", "real", "n", low=0.3, high=0.6, names=("particle_mass", "m"))
    s.field("density", "real", "n", low=0.7, high=1.5, names=("rho", "particle_density"))
    if "pressure" in parts:
        s.field("pressure", "real", "n", low=0.2, high=2.0, names=("particle_pressure", "pressures", "p_in"))
    s.field("velocity", vec, "n", low=-1.0, high=1.0, names=("velocities", "particle_qd", "vel", "particle_v"))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    near.declare()
    s.tuning(("h", 0.9, 1.6))
    viscosity = draw.choice(VISCOSITY) if "viscosity" in parts else ""
    if "viscosity_laplacian" in viscosity:
        laplacian(s, dims)
    needs_grad = "pressure" in parts or "grad" in viscosity
    dw = slope(s, dims) if needs_grad else ""
    if viscosity:
        s.tuning(("mu", 0.05, 0.5))
    if "alpha" in viscosity:
        s.tuning(("alpha", 0.1, 1.0))
    skipped = _flags(draw, s, vec, near)
    s.code("xi = positions[tid]\nrho_i = density[tid]")
    if "pressure" in parts:
        s.code("p_i = pressure[tid]")
    if viscosity:
        s.code("vi = velocity[tid]")
    apart = len(parts) == 2 and draw.chance(0.5)
    accs = {part: f"f_{part}" if apart else "acc" for part in parts}
    for acc in dict.fromkeys(accs.values()):
        s.code(f"{acc} = wp.{vec}()")
    body = draw.choice(
        ("xij = xi - positions[j]\nr = wp.length(xij)\n", "xij = xi - positions[j]\nr = wp.sqrt(wp.dot(xij, xij) + 0.0001)\n")
    )
    inner = "rho_j = density[j]\n"
    if viscosity:
        inner += "vj = velocity[j]\n"
    if needs_grad:
        inner += draw.choice((f"grad = xij * ({dw}(r, h) / r)\n", f"direction = xij / r\ngrad = {dw}(r, h) * direction\n"))
    if "pressure" in parts:
        inner += draw.choice(PRESSURE).replace("{acc}", accs["pressure"]) + "\n"
    inner += viscosity.replace("{acc}", accs.get("viscosity", "")) + "\n"
    guard = "if r > 0.001 and r < h:\n" if draw.chance(0.6) else "if r < h and r > 0.001:\n"
    s.code(near.loop(body + guard + indent(inner, "    "), apart=draw.chance(0.5)))
    total = " + ".join(dict.fromkeys(accs.values()))
    out = s.result("accel", vec, "n", role="accumulate" if skipped else "output", names=("acceleration", "forces", "particle_f", "dvdt"))
    _finish(draw, s, near, vec, total, "" if skipped else out)
    if skipped:
        s.code(f"wp.atomic_add({out}, tid, {total})")
    return s.finish(
        draw.choice(("compute_forces", "sph_forces", "compute_acceleration", f"{'_'.join(parts)}_forces")),
        ["n"],
        sizes(draw),
        doc=draw.choice(("", "", f"Acceleration of each fluid particle by {' and '.join(parts)}.")),
    )


def _flags(draw: Draw, s: Script, vec: str, near: Neighbours) -> bool:
    """Now and then lets inactive particles return early; whether it does."""
    if not draw.chance(0.25):
        return False
    s.field("flags", "int", "n", domain=Integers(0, 4), names=("particle_flags", "phase", "active"))
    s.code(draw.choice(("if (flags[tid] & 1) == 0:\n    return", "if flags[tid] == 0:\n    return", "if flags[tid] > 2:\n    return")))
    return True


def _finish(draw: Draw, s: Script, near: Neighbours, vec: str, total: str, out: str) -> None:
    """Gravity, a force per particle, a step of the velocity: what is linear in the sum, whose factors no thread has for itself."""
    terms = [total]
    if draw.chance(0.6):
        s.uniform("gravity", vec, Constant(-9.81) if draw.chance(0.3) else _downwards(), names=("g", "body_accel"))
        terms.append("gravity")
    if draw.chance(0.3):
        s.field("external", vec, "n", names=("external_accel", "wind", "body_force"))
        terms.append("external[tid]")
    if len(terms) > 1 and out:
        s.code(f"a = {' + '.join(terms)}")
        total = "a"
    if not out:
        return
    s.code(f"{out}[tid] = {total}")
    if draw.chance(0.4):
        s.tuning(("dt", 0.005, 0.05))
        s.result("velocity_new", vec, "n", names=("velocity_out", "next_velocity", "particle_qd_out"))
        s.code(f"v_new = velocity[tid] + ({total}) * dt")
        if near.unrolled and draw.chance(0.5):
            s.tuning(("max_speed", 1.5, 4.0))
            s.code("speed = wp.length(v_new)\nif speed > max_speed:\n    v_new = v_new * (max_speed / speed)")
        s.code("velocity_new[tid] = v_new")
        if draw.chance(0.4):
            s.result("position_new", vec, "n", names=("position_out", "next_position", "particle_q_out"))
            s.code("position_new[tid] = positions[tid] + v_new * dt")


def _downwards() -> Constant:
    return Constant(-0.5)


def build_surface(draw: Draw, s: Script) -> Case:
    """Surface tension: normals of the colour field, curvature from its divergence, or pairwise cohesion (Akinci et al. 2013)."""
    near = Neighbours(s, draw.choice(("count", "sentinel", "full", "csr")))
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    form = draw.choice(("normals", "curvature", "cohesion")) if near.unrolled else draw.choice(("normals", "cohesion"))
    s.field("positions", vec, "n", low=-0.8, high=0.8, names=POSITIONS)
    s.field("mass", "real", "n", low=0.3, high=0.6, names=("particle_mass", "m"))
    s.field("density", "real", "n", low=0.7, high=1.5, names=("rho", "particle_density"))
    if form != "normals":
        s.field("normals", vec, "n", low=-1.5, high=1.5, names=("color_normal", "surface_normal", "n_field"))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    near.declare()
    s.tuning(("h", 0.9, 1.6))
    if form == "cohesion":
        return _cohesion(draw, s, near, vec)
    dw = slope(s, dims)
    s.code("xi = positions[tid]")
    if form == "normals":
        s.code(f"n_i = wp.{vec}()")
        body = "xij = xi - positions[j]\nr = wp.length(xij)\nif r > 0.001 and r < h:\n    volume_j = mass[j] / density[j]\n"
        body += f"    n_i += xij * (volume_j * {dw}(r, h) / r)\n"
        scaled = draw.chance(0.5)
        if scaled:
            body = body.replace("n_i += xij * (volume_j", "n_i += xij * (h * volume_j")
        s.code(near.loop(body, apart=draw.chance(0.4)))
        s.result("normal", vec, "n", names=("normals_out", "color_gradient", "surface_normal"))
        if near.unrolled and draw.chance(0.5):
            s.tuning(("threshold", 0.05, 0.2))
            s.result("is_surface", "int", "n", names=("surface_flag", "on_surface"))
            s.code("size = wp.length(n_i)\nflag = int(0)\nif size > threshold:\n    flag = 1")
            s.code("is_surface[tid] = flag")
        s.code("normal[tid] = n_i")
        return s.finish(draw.choice(("color_field_normals", "compute_normals", "surface_normals")), ["n"], sizes(draw))
    s.tuning(("sigma", 0.2, 2.0), ("epsilon", 0.1, 0.4))
    s.code("ni = normals[tid]\nni_len = wp.length(ni)\ndivergence = float(0.0)")
    if draw.chance(0.5):
        s.code("unit_i = ni / (ni_len + epsilon)")
        change = "wp.dot(normals[j] / (wp.length(normals[j]) + epsilon) - unit_i, grad)"
    else:
        change = "wp.dot(normals[j] - ni, grad)"
    body = f"xij = xi - positions[j]\nr = wp.length(xij)\nif r > 0.001 and r < h:\n    grad = xij * ({dw}(r, h) / r)\n"
    body += f"    divergence += mass[j] / density[j] * {change}\n"
    s.code(near.loop(body, apart=draw.chance(0.4)))
    s.result("tension", vec, "n", role="accumulate", names=("surface_force", "forces", "tension_out"))
    force = draw.choice(("f = ni * (-sigma * divergence)", "kappa = -divergence / (ni_len + epsilon)\nf = ni * (sigma * kappa)"))
    s.code(
        f"{force}\nif ni_len > epsilon:\n    tension[tid] = f"
        if draw.chance(0.3)
        else f"if ni_len < epsilon:\n    return\n{force}\ntension[tid] = f"
    )
    return s.finish(draw.choice(("surface_tension", "csf_surface_tension", "curvature_force")), ["n"], sizes(draw))


def _cohesion(draw: Draw, s: Script, near: Neighbours, vec: str) -> Case:
    s.tuning(("gamma", 0.2, 1.5))
    spline = draw.choice(
        (
            "s = (h - r) * r\nif r > 0.5 * h:\n    return s * s * s\nreturn 2.0 * s * s * s - 0.015625 * h * h * h * h * h * h",
            "q = r / h\nif q > 0.5:\n    return (1.0 - q) * (1.0 - q) * q\nreturn q - 0.375",
            "return wp.sin(3.14159265 * r / h)",
        )
    )
    s.define("cohesion", "r: real, h: real", spline, "real", draw.choice(("", "Attracts beyond half the support and repels within.")))
    s.code(f"xi = positions[tid]\nni = normals[tid]\nforce = wp.{vec}()")
    curvature = draw.chance(0.6)
    body = "xij = xi - positions[j]\nr = wp.length(xij)\nif r > 0.001 and r < h:\n"
    inner = (
        "direction = xij / r\nk_ij = 2.0 / (density[tid] + density[j])\n"
        if draw.chance(0.6)
        else "direction = xij * (1.0 / r)\nk_ij = 1.0\n"
    )
    inner = inner.replace("k_ij = 1.0\n", "")
    scale = "gamma * mass[tid] * mass[j] * cohesion(r, h)"
    inner += f"f_cohesion = direction * (-{scale})\n"
    total = "f_cohesion"
    if curvature:
        inner += "f_area = (ni - normals[j]) * (-gamma * mass[tid])\n"
        total = "(f_cohesion + f_area)"
    inner += f"force += {total} * k_ij\n" if "k_ij" in inner else f"force += {total}\n"
    s.code(near.loop(body + indent(inner, "    "), apart=True))
    s.result("tension", vec, "n", names=("surface_force", "forces", "cohesion_force"))
    s.code("tension[tid] = force")
    return s.finish(draw.choice(("cohesion_forces", "akinci_surface_tension", "surface_cohesion")), ["n"], sizes(draw))
