"""Moving the particles: time integration with walls, and the limits that a time step must keep."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.sph_fluid.neighbors import POSITIONS, sizes

AXES = ("x", "y", "z")


def build_integration(draw: Draw, s: Script) -> Case:
    """One step of the particles by their acceleration, and what walls, damping and limits do to them."""
    vec = draw.choice(("vec3", "vec3", "vec2"))
    dims = int(vec[-1])
    s.field("positions", vec, "n", low=-1.2, high=1.2, names=POSITIONS)
    s.field("velocity", vec, "n", low=-1.5, high=1.5, names=("velocities", "particle_qd", "vel", "particle_v"))
    s.field("accel", vec, "n", low=-2.0, high=2.0, names=("acceleration", "particle_f", "forces"))
    s.thread("n", "positions", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    s.tuning(("dt", 0.02, 0.2))
    if draw.chance(0.3):
        s.field("flags", "int", "n", domain=Integers(0, 3), names=("particle_flags", "active"))
        s.result("x_new", vec, "n", role="accumulate", names=("positions_new", "particle_q_out"))
        s.result("v_new", vec, "n", role="accumulate", names=("velocity_new", "particle_qd_out"))
        s.code(draw.choice(("if (flags[tid] & 1) == 0:\n    return", "if flags[tid] == 0:\n    return")))
    else:
        s.result("x_new", vec, "n", names=("positions_new", "particle_q_out"))
        s.result("v_new", vec, "n", names=("velocity_new", "particle_qd_out"))
    s.code("x = positions[tid]\nv = velocity[tid]\na = accel[tid]")
    if draw.chance(0.4):
        s.field("inv_mass", "real", "n", low=0.3, high=1.5, names=("particle_inv_mass", "w"))
        s.code("a = a * inv_mass[tid]")
    if draw.chance(0.5):
        s.uniform("gravity", vec, Uniform(-1.0, 0.5), names=("g", "body_accel"))
        s.code("a = a + gravity")
    _scheme(draw, s, vec)
    if draw.chance(0.4):
        s.tuning(("max_speed", 0.8, 2.0))
        s.code(
            draw.choice(
                (
                    "speed = wp.length(v1)\nif speed > max_speed:\n    v1 = v1 * (max_speed / speed)",
                    "v1 = v1 * wp.min(1.0, max_speed / (wp.length(v1) + 0.001))",
                )
            )
        )
    if draw.chance(0.4):
        s.tuning(("damping", 0.05, 0.5))
        s.code(draw.choice(("v1 = v1 * (1.0 - damping * dt)", "v1 = v1 / (1.0 + damping * dt)", "v1 = v1 * wp.exp(-damping * dt)")))
    s.code(draw.choice(("x1 = x + v1 * dt", "x1 = x + dt * 0.5 * (v + v1)", "x1 = x + v * dt + a * (0.5 * dt * dt)")))
    walls(draw, s, vec, dims)
    s.code("x_new[tid] = x1\nv_new[tid] = v1")
    if draw.chance(0.3):
        s.result("kinetic_energy", "real", "one", role="accumulate", names=("total_energy", "energy"))
        s.code("wp.atomic_add(kinetic_energy, 0, 0.5 * wp.dot(v1, v1))")
    return s.finish(draw.choice(("integrate_particles", "step_particles", "advance", "kick_drift")), ["n"], sizes(draw, 200))


def _scheme(draw: Draw, s: Script, vec: str) -> None:
    kind = draw.choice(("euler", "leapfrog", "adams_bashforth", "drag"))
    if kind == "euler":
        s.code("v1 = v + a * dt")
    elif kind == "leapfrog":
        s.code("v_half = v + a * (0.5 * dt)\nv1 = v_half + a * (0.5 * dt)")
    elif kind == "adams_bashforth":
        s.field("accel_prev", vec, "n", low=-2.0, high=2.0, names=("previous_accel", "particle_f_old"))
        s.code("v1 = v + (1.5 * a - 0.5 * accel_prev[tid]) * dt")
    else:
        s.tuning(("drag", 0.1, 1.0))
        s.code("v1 = v + (a - drag * v * wp.length(v)) * dt")


def walls(draw: Draw, s: Script, vec: str, dims: int) -> None:
    """The walls of a box, or a floor: reflection with restitution, clamping, or periodic images."""
    kind = draw.choice(("none", "floor", "reflect", "clamp", "penalty"))
    if kind == "none":
        return
    axis = draw.integer(0, dims - 1)
    if kind == "floor":
        s.tuning(("floor_height", 0.1, 0.4), ("restitution", 0.2, 0.8))
        up = ", ".join("1.0" if a == axis else "0.0" for a in range(dims))
        s.code(
            f"depth = -floor_height - x1[{axis}]\nif depth > 0.0:\n    up = wp.{vec}({up})\n    x1 = x1 + up * depth\n"
            f"    v1 = v1 - up * ((1.0 + restitution) * wp.min(v1[{axis}], 0.0))"
        )
        return
    if kind == "clamp":
        s.uniform("lower", vec, Uniform(-1.0, -0.8), names=("bounds_min", "domain_lower"))
        s.uniform("upper", vec, Uniform(0.8, 1.0), names=("bounds_max", "domain_upper"))
        s.code("inside = wp.min(wp.max(x1, lower), upper)" if draw.chance(0.6) else "inside = wp.max(wp.min(x1, upper), lower)")
        if draw.chance(0.5):
            s.tuning(("stickiness", 0.1, 0.9))
            s.code("v1 = v1 + (inside - x1) * (stickiness / dt)")
        s.code("x1 = inside")
        return
    s.tuning(("half_width", 0.6, 0.9))
    if kind == "penalty":
        s.tuning(("wall_stiffness", 1.0, 5.0))
        s.define(
            "wall_push",
            "x: real, half_width: real",
            draw.choice(
                (
                    "return wp.max(-half_width - x, 0.0) - wp.max(x - half_width, 0.0)",
                    "if x < -half_width:\n    return -half_width - x\nif x > half_width:\n    return half_width - x\nreturn 0.0",
                )
            ),
            "real",
        )
        parts = ", ".join(f"wall_push(x1[{a}], half_width)" for a in range(dims))
        s.code(f"push = wp.{vec}({parts})\nv1 = v1 + push * (wall_stiffness * dt)")
        return
    s.tuning(("restitution", 0.2, 0.8))
    s.define(
        "reflect",
        "x: real, v: real, half_width: real, restitution: real",
        "if x > half_width and v > 0.0:\n    return half_width, -restitution * v\n"
        "if x < -half_width and v < 0.0:\n    return -half_width, -restitution * v\nreturn x, v",
        "real, real",
        "Position and velocity along one axis after the walls.",
    )
    s.code("\n".join(f"p{AXES[a]}, v{AXES[a]} = reflect(x1[{a}], v1[{a}], half_width, restitution)" for a in range(dims)))
    s.code(
        f"x1 = wp.{vec}({', '.join(f'p{AXES[a]}' for a in range(dims))})\nv1 = wp.{vec}({', '.join(f'v{AXES[a]}' for a in range(dims))})"
    )


def build_time_step(draw: Draw, s: Script) -> Case:
    """The largest stable step per particle, or over all, from speed, force and viscosity (Monaghan 1992)."""
    vec = draw.choice(("vec3", "vec3", "vec2"))
    s.field("velocity", vec, "n", low=-1.5, high=1.5, names=("velocities", "particle_qd", "vel"))
    s.thread("n", "velocity", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    s.tuning(("h", 0.2, 0.5), ("cfl", 0.2, 0.5))
    s.code("speed = wp.length(velocity[tid])")
    if draw.chance(0.6):
        s.field("sound_speed", "real", "n", low=1.0, high=3.0, names=("c_s", "particle_sound_speed"))
        s.code("speed = speed + sound_speed[tid]" if draw.chance(0.7) else "speed = wp.max(speed, sound_speed[tid])")
    s.code("dt_i = cfl * h / (speed + 0.1)")
    if draw.chance(0.6):
        s.field("accel", vec, "n", low=-3.0, high=3.0, names=("acceleration", "forces"))
        s.code("force = wp.length(accel[tid])\ndt_i = wp.min(dt_i, 0.25 * wp.sqrt(h / (force + 0.1)))")
    if draw.chance(0.5):
        s.field("viscosity", "real", "n", low=0.02, high=0.3, names=("nu", "mu"))
        s.code("dt_i = wp.min(dt_i, 0.125 * h * h / viscosity[tid])")
    if draw.chance(0.3):
        s.field("flags", "int", "n", domain=Integers(0, 3), names=("particle_flags", "active"))
        s.result("dt_out", "real", "n", role="accumulate", names=("time_step", "stable_dt"))
        s.code("if flags[tid] == 0:\n    return")
        s.code("wp.atomic_add(dt_out, tid, dt_i)")
    else:
        s.result("dt_out", "real", "n", names=("time_step", "stable_dt"))
        s.code("dt_out[tid] = dt_i")
    extra = draw.choice(("none", "max", "sum", "bin"))
    if extra == "max":
        s.result("max_rate", "real", "one", role="accumulate", names=("fastest", "max_signal"))
        s.code("wp.atomic_max(max_rate, 0, 1.0 / dt_i)")
    elif extra == "sum":
        s.result("mean_rate", "real", "one", role="accumulate", names=("total_rate", "rate_sum"))
        s.code("wp.atomic_add(mean_rate, 0, speed / h)")
    elif extra == "bin":
        s.result("level", "int", "n", role="accumulate", names=("time_bin", "rung"))
        s.code("bin = int(0)\nif dt_i < 0.05:\n    bin = 1\nif dt_i < 0.025:\n    bin = 2\nlevel[tid] = bin")
    return s.finish(draw.choice(("time_step_limit", "compute_cfl", "stable_time_step")), ["n"], sizes(draw, 250))
