"""Incompressible flow on a grid: divergence and pressure gradients on staggered cells, vorticity, viscosity, buoyancy."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.grid import Grid
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw

AXES = "xyz"


def build_projection(draw: Draw, s: Script) -> Case:
    """Divergence of a staggered velocity, or the pressure's gradient taken off it, with solid cells and densities now and then."""
    dims = draw.choice((2, 2, 3))
    grid = Grid(s, dims, draw.choice(("clamp", "periodic", "interior")))
    here = grid.here
    axes = AXES[:dims]
    divergence = draw.chance(0.4)
    for axis in axes:
        grid.field(f"u{axis}", names=(f"vel_{axis}", f"v{axis}"))
    if not divergence:
        grid.field("p", names=("pressure", "phi"))
    solids = draw.chance(0.4)
    if solids:
        grid.field("solid", 0.0, 1.0, names=("obstacle", "solid_fraction"))
    density = not divergence and draw.chance(0.4)
    if density:
        grid.field("rho", 0.6, 1.6, names=("density",))
    grid.open(f"u{axes[0]}")
    s.tuning(("dx", 0.8, 1.2))
    if divergence:
        grid.result("div", names=("divergence", "rhs"))
        grid.rim(div="0.0")
        grid.prepare()
        parts = []
        for number, axis in enumerate(axes):
            s.code(f"du_{axis} = u{axis}[{grid.near(number, 1)}] - u{axis}[{here}]")
            parts.append(f"du_{axis}")
        s.code(f"value = ({' + '.join(parts)}) / dx")
        if solids:
            s.code(draw.choice((f"value = value * (1.0 - solid[{here}])", f"if solid[{here}] > 0.5:\n    value = 0.0")))
        if draw.chance(0.4):
            grid.field("source", -0.3, 0.3, names=("expansion", "inflow"))
            s.code(f"value -= source[{here}]")
        s.code(f"div[{here}] = value")
        return grid.case(draw.choice(("compute_divergence", "divergence", "mac_divergence")))
    for axis in axes:
        grid.result(f"u{axis}_new", names=(f"vel_{axis}_new", f"v{axis}_out"))
    grid.rim(**{f"u{axis}_new": f"u{axis}[{here}]" for axis in axes})
    grid.prepare()
    s.tuning(("dt", 0.1, 0.5))
    s.code(f"pc = p[{here}]")
    if solids and draw.chance(0.5):
        s.code(f"if solid[{here}] > 0.5:\n" + "".join(f"    u{a}_new[{here}] = 0.0\n" for a in axes) + "    return")
    for number, axis in enumerate(axes):
        at = grid.near(number, -1)
        scale = f"dt / (dx * 0.5 * (rho[{here}] + rho[{at}]))" if density else "dt / dx"
        s.code(f"g{axis} = pc - p[{at}]\nw{axis} = u{axis}[{here}] - {scale} * g{axis}")
        if solids and draw.chance(0.5):
            s.code(f"w{axis} = w{axis} * (1.0 - solid[{at}])")
    s.code("\n".join(f"u{a}_new[{here}] = w{a}" for a in axes))
    return grid.case(draw.choice(("project_velocity", "subtract_gradient", "apply_pressure")))


def build_vorticity(draw: Draw, s: Script) -> Case:
    """Vorticity and stream function: the curl, the velocity of a stream function, the transport of vorticity (Arakawa's Jacobian)."""
    grid = Grid(s, 2)
    here = grid.here
    form = draw.choice(("curl", "velocity", "transport", "transport"))
    names = {"curl": ("ux", "uy"), "velocity": ("psi",), "transport": ("omega", "psi")}[form]
    for name in names:
        grid.field(name, names={"psi": ("stream", "streamfunction"), "omega": ("vorticity", "zeta")}.get(name, (f"vel_{name[-1]}",)))
    grid.open(names[0])
    outputs = {"curl": ("omega_out",), "velocity": ("ux_out", "uy_out"), "transport": ("omega_new",)}[form]
    for out in outputs:
        grid.result(out, names=(out.replace("out", "new").replace("new_new", "new"),) if out != "omega_new" else ("omega_next",))
    grid.rim(**dict.fromkeys(outputs, f"omega[{here}]" if form == "transport" else "0.0"))
    s.tuning(("dx", 0.8, 1.2))
    grid.prepare()
    east, west, north, south = grid.at(1, 0), grid.at(-1, 0), grid.at(0, 1), grid.at(0, -1)
    if form == "curl":
        s.code(f"dvdx = (uy[{east}] - uy[{west}]) / (2.0 * dx)\ndudy = (ux[{north}] - ux[{south}]) / (2.0 * dx)\nomega = dvdx - dudy")
        if draw.chance(0.5):
            grid.result("q_criterion", names=("okubo_weiss", "strain_sq"))
            if grid.rule == "interior":
                s.rewrite_role("q_criterion", "accumulate")
            s.code(f"dudx = (ux[{east}] - ux[{west}]) / (2.0 * dx)\ndvdy = (uy[{north}] - uy[{south}]) / (2.0 * dx)")
            s.code(f"normal = dudx - dvdy\nshear = dvdx + dudy\nq_criterion[{here}] = normal * normal + shear * shear - omega * omega")
        s.code(f"omega_out[{here}] = omega")
        return grid.case(draw.choice(("vorticity", "compute_curl")))
    if form == "velocity":
        s.code(f"u = (psi[{north}] - psi[{south}]) / (2.0 * dx)\nv = -(psi[{east}] - psi[{west}]) / (2.0 * dx)")
        if draw.chance(0.4):
            s.tuning(("mean_flow", 0.1, 1.0))
            s.code("u += mean_flow")
        s.code(f"ux_out[{here}] = u\nuy_out[{here}] = v")
        return grid.case(draw.choice(("stream_velocity", "velocity_from_psi")))
    s.tuning(("dt", 0.02, 0.2))
    if draw.chance(0.5):
        ne, nw, se, sw = grid.at(1, 1), grid.at(-1, 1), grid.at(1, -1), grid.at(-1, -1)
        s.code(
            f"j1 = (psi[{east}] - psi[{west}]) * (omega[{north}] - omega[{south}]) - (psi[{north}] - psi[{south}]) * "
            f"(omega[{east}] - omega[{west}])\n"
            f"j2 = psi[{east}] * (omega[{ne}] - omega[{se}]) - psi[{west}] * (omega[{nw}] - omega[{sw}])\n"
            f"j2 = j2 - psi[{north}] * (omega[{ne}] - omega[{nw}]) + psi[{south}] * (omega[{se}] - omega[{sw}])\n"
            f"j3 = omega[{north}] * (psi[{ne}] - psi[{nw}]) - omega[{south}] * (psi[{se}] - psi[{sw}])\n"
            f"j3 = j3 - omega[{east}] * (psi[{ne}] - psi[{se}]) + omega[{west}] * (psi[{nw}] - psi[{sw}])\n"
            "jacobian = (j1 + j2 + j3) / (12.0 * dx * dx)"
        )
    else:
        s.code(f"u = (psi[{north}] - psi[{south}]) / (2.0 * dx)\nv = -(psi[{east}] - psi[{west}]) / (2.0 * dx)")
        s.code(f"jacobian = -(u * (omega[{east}] - omega[{west}]) + v * (omega[{north}] - omega[{south}])) / (2.0 * dx)")
    s.code("rate = jacobian")
    if draw.chance(0.7):
        s.tuning(("nu", 0.05, 0.3))
        grid.laplacian("omega")
        s.code("rate += nu * lap / (dx * dx)")
    if draw.chance(0.4):
        s.tuning(("beta", 0.1, 1.0))
        s.code(f"rate -= beta * (psi[{east}] - psi[{west}]) / (2.0 * dx)")
    if draw.chance(0.3):
        grid.field("curl_forcing", -0.5, 0.5, names=("forcing", "wind_curl"))
        s.tuning(("drag", 0.02, 0.3))
        s.code(f"rate += curl_forcing[{here}] - drag * omega[{here}]")
    s.code(f"omega_new[{here}] = omega[{here}] + dt * rate")
    return grid.case(draw.choice(("advance_vorticity", "barotropic_step", "vorticity_transport")))


def build_momentum(draw: Draw, s: Script) -> Case:
    """An explicit momentum step with advection, viscosity, pressure, buoyancy, rotation, as drawn; the tracer with it."""
    grid = Grid(s, 2)
    here = grid.here
    for name, others in (("u", ("vel_x", "u_old")), ("v", ("vel_y", "v_old"))):
        grid.field(name, names=others)
    parts = [p for p in ("pressure", "buoyancy", "coriolis", "tracer", "forcing") if draw.chance(0.5)]
    if "pressure" in parts:
        grid.field("p", names=("pressure", "eta"))
    if {"buoyancy", "tracer"} & set(parts):
        grid.field("theta", names=("temperature", "salt", "tracer"))
    grid.open("u")
    for out in ("u_new", "v_new"):
        grid.result(out, names=(out.replace("new", "next"),))
    rim = {"u_new": f"u[{here}]", "v_new": f"v[{here}]"}
    if "tracer" in parts:
        grid.result("theta_new", names=("temperature_new", "tracer_out"))
        rim["theta_new"] = f"theta[{here}]"
    grid.rim(**rim)
    s.tuning(("dt", 0.02, 0.2), ("dx", 0.8, 1.2), ("nu", 0.05, 0.3))
    grid.prepare()
    upwind = draw.chance(0.5)
    s.code(f"uc = u[{here}]\nvc = v[{here}]")
    if upwind and draw.chance(0.6):
        s.define(
            "upwind",
            "speed: real, back: real, mid: real, ahead: real",
            "if speed > 0.0:\n    return speed * (mid - back)\nreturn speed * (ahead - mid)",
            "real",
            "Upwind difference times the speed that carries it.",
        )
        derivative = "upwind({speed}, {back}, {mid}, {ahead})"
    elif upwind:
        derivative = "(wp.max({speed}, 0.0) * ({mid} - {back}) + wp.min({speed}, 0.0) * ({ahead} - {mid}))"
    else:
        derivative = "0.5 * {speed} * ({ahead} - {back})"
    fields = ["u", "v", *(["theta"] if "tracer" in parts else [])]
    for name in fields:
        x = derivative.format(speed="uc", back=f"{name}[{grid.near(0, -1)}]", mid=f"{name}[{here}]", ahead=f"{name}[{grid.near(0, 1)}]")
        y = derivative.format(speed="vc", back=f"{name}[{grid.near(1, -1)}]", mid=f"{name}[{here}]", ahead=f"{name}[{grid.near(1, 1)}]")
        s.code(f"adv_{name} = ({x} + {y}) / dx")
        grid.laplacian(name, f"lap_{name}")
    s.code("ru = nu * lap_u / (dx * dx) - adv_u\nrv = nu * lap_v / (dx * dx) - adv_v")
    if "pressure" in parts:
        s.code(
            f"ru -= (p[{grid.near(0, 1)}] - p[{grid.near(0, -1)}]) / (2.0 * dx)\n"
            f"rv -= (p[{grid.near(1, 1)}] - p[{grid.near(1, -1)}]) / (2.0 * dx)"
        )
    if "buoyancy" in parts:
        s.tuning(("buoyancy", 0.2, 1.5))
        s.code(f"rv += buoyancy * theta[{here}]")
    if "coriolis" in parts:
        s.tuning(("f0", 0.2, 1.0), ("beta", 0.01, 0.1))
        s.code("f = f0 + beta * float(j)\nru += f * vc\nrv -= f * uc" if draw.chance(0.6) else "ru += f0 * vc\nrv -= f0 * uc")
    if "forcing" in parts:
        grid.field("tau", -0.5, 0.5, names=("wind_stress", "forcing"))
        s.tuning(("drag", 0.05, 0.5))
        s.code(f"speed = wp.sqrt(uc * uc + vc * vc + 0.01)\nru += tau[{here}] - drag * speed * uc\nrv -= drag * speed * vc")
    s.code(f"u_new[{here}] = uc + dt * ru\nv_new[{here}] = vc + dt * rv")
    if "tracer" in parts:
        s.tuning(("kappa", 0.05, 0.3))
        s.code(f"theta_new[{here}] = theta[{here}] + dt * (kappa * lap_theta / (dx * dx) - adv_theta)")
    return grid.case(
        draw.choice(("momentum_step", "boussinesq_step", "advance_velocity")),
        doc=draw.choice(("", f"Explicit step of momentum with {', '.join(parts)}." if parts else "Burgers' equation in two dimensions.")),
    )
