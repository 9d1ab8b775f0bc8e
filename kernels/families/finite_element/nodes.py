"""Nodes of a finite-element mesh in time, by explicit schemes."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw


def build_nodal(draw: Draw, s: Script) -> Case:
    """Explicit dynamics at the nodes: central differences or Newmark's step with constraints, damping and reactions."""
    vec = draw.choice(("vec3", "vec3", "vec2"))
    s.field("u", vec, "n", names=("displacement", "x"))
    s.field("v", vec, "n", names=("velocity", "node_v"))
    s.field("f_ext", vec, "n", names=("external", "loads"))
    s.field("f_int", vec, "n", names=("internal", "residual"))
    s.field("mass", "real", "n", low=0.4, high=2.0, names=("lumped_mass", "node_mass"))
    s.thread("n", "u", names=("i", "node", "a"), counts=("num_nodes", "node_count"))
    s.tuning(("dt", 0.02, 0.2))
    for out in ("u_new", "v_new"):
        s.result(out, vec, "n", names=(out.replace("new", "out"), out.replace("new", "next")))
    fixed = draw.choice(("none", "flag", "mask", "prescribed"))
    s.code("net = f_ext[tid] - f_int[tid]")
    if fixed == "flag":
        s.field("fixed", "bool", "n", domain=Bernoulli(0.3), names=("is_fixed", "dirichlet"))
        s.code(f"if fixed[tid]:\n    u_new[tid] = u[tid]\n    v_new[tid] = wp.{vec}()\n    return")
    damping = draw.choice(("none", "mass", "rayleigh"))
    if damping == "mass":
        s.tuning(("alpha", 0.1, 1.0))
        s.code("net = net - v[tid] * (alpha * mass[tid])")
    elif damping == "rayleigh":
        s.field("f_damp", vec, "n", names=("damping_force", "f_visc"))
        s.tuning(("alpha", 0.1, 1.0), ("beta", 0.01, 0.1))
        s.code("net = net - v[tid] * (alpha * mass[tid]) - f_damp[tid] * beta")
    s.code("a1 = net / mass[tid]")
    if fixed == "mask":
        s.field("mask", vec, "n", low=0.0, high=1.0, names=("dof_mask", "free"))
        s.code("a1 = wp.cw_mul(a1, mask[tid])")
    scheme = draw.choice(("central", "newmark", "alpha", "symplectic"))
    if scheme == "central":
        s.field("u_prev", vec, "n", names=("u_old", "previous"))
        s.code("u1 = 2.0 * u[tid] - u_prev[tid] + a1 * (dt * dt)\nv1 = (u1 - u_prev[tid]) / (2.0 * dt)")
    elif scheme in ("newmark", "alpha"):
        s.field("a_old", vec, "n", names=("accel", "a_prev"))
        s.tuning(("newmark_beta", 0.2, 0.4), ("newmark_gamma", 0.5, 0.7))
        if scheme == "alpha":
            s.tuning(("shift", 0.05, 0.3))
            s.code("a1 = (1.0 - shift) * a1 + shift * a_old[tid]")
        s.code("u1 = u[tid] + v[tid] * dt + ((0.5 - newmark_beta) * a_old[tid] + newmark_beta * a1) * (dt * dt)")
        s.code("v1 = v[tid] + ((1.0 - newmark_gamma) * a_old[tid] + newmark_gamma * a1) * dt")
    else:
        s.code("v1 = v[tid] + a1 * dt\nu1 = u[tid] + v1 * dt")
    if fixed == "prescribed":
        s.field("target", vec, "n", names=("u_bc", "prescribed"))
        s.field("fixed", "bool", "n", domain=Bernoulli(0.3), names=("is_fixed", "dirichlet"))
        s.code("if fixed[tid]:\n    u1 = target[tid]\n    v1 = (u1 - u[tid]) / dt")
    s.code("u_new[tid] = u1\nv_new[tid] = v1")
    if draw.chance(0.4):
        s.result("kinetic", "real", "one", role="accumulate", names=("kinetic_energy", "energy"))
        s.code("wp.atomic_add(kinetic, 0, 0.5 * mass[tid] * wp.dot(v1, v1))")
    return s.finish(
        draw.choice((f"{scheme}_update", "update_nodes", "explicit_step")), ["n"], [{"n": n, "one": 1} for n in draw.sizes(200)]
    )
