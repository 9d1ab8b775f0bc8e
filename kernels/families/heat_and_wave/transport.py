"""Advection and front motion: upwind, Lax-Wendroff, Fromm, WENO3, semi-Lagrangian steps, and level sets.

Godunov's Hamiltonian and curvature after Osher and Fedkiw, Level Set Methods (2003); WENO3 after Jiang and Shu (1996).
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.solvers.grid import Grid
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw

AXES = "xyz"
WENO = (
    "b0 = (c - b) * (c - b)\nb1 = (b - a) * (b - a)\nw0 = {g0} / ((epsilon + b0) * (epsilon + b0))\n"
    "w1 = {g1} / ((epsilon + b1) * (epsilon + b1))\n"
    "q0 = 0.5 * (b + c)\nq1 = 1.5 * b - 0.5 * a\nreturn (w0 * q0 + w1 * q1) / (w0 + w1)"
)


def build_advection(draw: Draw, s: Script) -> Case:
    """One step of advection of a scalar by a velocity that is uniform or a field."""
    grid = Grid(s, draw.weighted((1, 2, 3), (4, 4, 1)), draw.choice(("periodic", "clamp", "interior")), 2)
    scheme = draw.choice(("upwind", "upwind", "lax_wendroff", "beam_warming", "fromm", "weno3", "lax_friedrichs", "kurganov"))
    here = grid.here
    grid.field("q", names=("phi", "tracer", "density", "scalar"))
    moving = draw.choice(("uniform", "field"))
    axes = AXES[: grid.dims]
    if moving == "field":
        for axis in axes:
            grid.field(f"vel_{axis}", -1.0, 1.0, names=(f"v{axis}", f"wind_{axis}"))
    grid.open("q")
    grid.result("q_new", names=("q_next", "phi_new", "advected"))
    grid.rim(q_new=f"q[{here}]")
    s.tuning(("dt", 0.1, 0.4), ("dx", 0.8, 1.2))
    grid.prepare(2 if scheme in ("beam_warming", "fromm", "weno3", "kurganov") else 1)
    _define_scheme(draw, s, scheme)
    s.code(f"qc = q[{here}]\nchange = float(0.0)")
    for number, axis in enumerate(axes):
        if moving == "uniform":
            s.tuning((f"speed_{axis}", 0.2, 1.0))
            courant = f"speed_{axis} * dt / dx"
        else:
            courant = f"vel_{axis}[{here}] * dt / dx"
        s.code(f"c{axis} = {courant}")
        _axis(draw, s, grid, scheme, number, axis)
    if draw.chance(0.3):
        grid.field("source", -0.5, 0.5, names=("forcing", "emission"))
        s.code(f"change += dt * source[{here}]")
    if draw.chance(0.25):
        s.tuning(("nu", 0.05, 0.2))
        grid.laplacian("q")
        s.code("change += nu * dt / (dx * dx) * lap")
    s.code(f"q_new[{here}] = qc + change")
    return grid.case(draw.choice((f"{scheme}_advection", f"advect_{scheme}", f"advect_{grid.dims}d")))


def _define_scheme(draw: Draw, s: Script, scheme: str) -> None:
    if scheme == "weno3":
        s.define(
            "weno3",
            "a: real, b: real, c: real",
            WENO.format(g0="0.6666667", g1="0.3333333").replace("epsilon", draw.choice(("0.01", "0.001"))),
            "real",
            "Third-order weighted value at the face behind cell b, from upwind cells a, b, c.",
        )
    elif scheme == "kurganov":
        s.define(
            "minmod",
            "a: real, b: real",
            draw.choice(
                (
                    "if a * b <= 0.0:\n    return 0.0\nif wp.abs(a) < wp.abs(b):\n    return a\nreturn b",
                    "return 0.5 * (wp.sign(a) + wp.sign(b)) * wp.min(wp.abs(a), wp.abs(b))",
                )
            ),
            "real",
        )
    elif scheme in ("lax_wendroff", "beam_warming", "fromm") and draw.chance(0.5):
        body = {
            "lax_wendroff": "return -0.5 * c * (qp - qm) + 0.5 * c * c * (qp - 2.0 * q + qm)",
            "beam_warming": "return -0.5 * c * (3.0 * q - 4.0 * qm + qp) + 0.5 * c * c * (q - 2.0 * qm + qp)",
            "fromm": "return -0.5 * c * (qp - qm) + 0.25 * c * c * (qp - 2.0 * q + qm)",
        }[scheme]
        s.define("increment", "c: real, qm: real, q: real, qp: real", body, "real")


def _axis(draw: Draw, s: Script, grid: Grid, scheme: str, number: int, axis: str) -> None:
    """Adds to `change` what the flow along one axis brings, by its Courant number."""
    m, p = (f"q[{grid.near(number, o)}]" for o in (-1, 1))
    c = f"c{axis}"
    if scheme == "upwind":
        s.code(
            draw.choice(
                (
                    f"if {c} > 0.0:\n    change -= {c} * (qc - {m})\nelse:\n    change -= {c} * ({p} - qc)",
                    f"change -= wp.max({c}, 0.0) * (qc - {m}) + wp.min({c}, 0.0) * ({p} - qc)",
                    f"grad_{axis} = wp.where({c} > 0.0, qc - {m}, {p} - qc)\nchange -= {c} * grad_{axis}",
                )
            )
        )
    elif scheme == "lax_friedrichs":
        s.code(f"change += 0.5 * ({p} - 2.0 * qc + {m}) / {grid.dims}.0 - 0.5 * {c} * ({p} - {m})")
    elif scheme == "lax_wendroff":
        call = "increment" in s.names.functions
        s.code(
            f"change += increment({c}, {m}, qc, {p})"
            if call
            else f"change += -0.5 * {c} * ({p} - {m}) + 0.5 * {c} * {c} * ({p} - 2.0 * qc + {m})"
        )
    elif scheme in ("beam_warming", "fromm"):
        mm, pp = (f"q[{grid.near(number, o)}]" for o in (-2, 2))
        if "increment" in s.names.functions:
            if scheme == "beam_warming":
                s.code(f"if {c} > 0.0:\n    change += increment({c}, {m}, qc, {mm})\nelse:\n    change -= increment(-{c}, {p}, qc, {pp})")
            else:
                s.code(f"change += increment({c}, {mm}, qc, {pp})")
        elif scheme == "beam_warming":
            s.code(
                f"if {c} > 0.0:\n    change -= 0.5 * {c} * (3.0 * qc - 4.0 * {m} + {mm})\n"
                f"else:\n    change += 0.5 * {c} * (3.0 * qc - 4.0 * {p} + {pp})"
            )
        else:
            s.code(f"wide_{axis} = 0.25 * ({pp} + 3.0 * {p} - 3.0 * {m} - {mm})\nchange -= {c} * 0.5 * wide_{axis}")
    elif scheme == "weno3":
        mm, pp = (f"q[{grid.near(number, o)}]" for o in (-2, 2))
        s.code(
            f"if {c} > 0.0:\n    change -= {c} * (weno3({m}, qc, {p}) - weno3({mm}, {m}, qc))\n"
            f"else:\n    change -= {c} * (weno3({pp}, {p}, qc) - weno3({p}, qc, {m}))"
        )
    else:
        mm, pp = (f"q[{grid.near(number, o)}]" for o in (-2, 2))
        s.code(
            f"s_m = minmod(qc - {m}, {m} - {mm})\ns_c = minmod({p} - qc, qc - {m})\ns_p = minmod({pp} - {p}, {p} - qc)\n"
            f"right = 0.5 * ({c} * (qc + 0.5 * s_c + {p} - 0.5 * s_p) - wp.abs({c}) * ({p} - 0.5 * s_p - qc - 0.5 * s_c))\n"
            f"left = 0.5 * ({c} * ({m} + 0.5 * s_m + qc - 0.5 * s_c) - wp.abs({c}) * (qc - 0.5 * s_c - {m} - 0.5 * s_m))\n"
            "change -= right - left"
        )


def build_level_set(draw: Draw, s: Script) -> Case:
    """Level sets: reinitialization, motion along the normal, curvature, and mean-curvature flow."""
    form = draw.choice(("reinitialize", "reinitialize", "normal", "curvature", "flow", "extend"))
    dims = draw.choice((2, 2, 3))
    grid = Grid(s, dims)
    here = grid.here
    grid.field("phi", -1.5, 1.5, names=("level_set", "sdf", "distance"))
    if form == "reinitialize":
        grid.field("phi0", -1.5, 1.5, names=("phi_init", "initial"))
    elif form == "normal":
        grid.field("speed", -1.0, 1.0, names=("front_speed", "f_normal"))
    elif form == "extend":
        grid.field("value", -1.0, 1.0, names=("extension", "velocity_ext"))
    grid.open("phi")
    grid.result("out", names=("phi_new", "result", "next_phi"))
    grid.rim(out=("0.0" if form == "curvature" else f"value[{here}]" if form == "extend" else f"phi[{here}]"))
    s.tuning(("dx", 0.8, 1.2))
    grid.prepare()
    s.code(f"c = phi[{here}]")
    if form in ("curvature", "flow"):
        _curvature(draw, s, grid)
        if form == "flow":
            s.tuning(("dt", 0.05, 0.2), ("tension", 0.2, 1.0))
            s.code("value = c + dt * tension * kappa * norm")
        else:
            s.code("value = kappa" if draw.chance(0.5) else "value = wp.clamp(kappa, -1.0 / dx, 1.0 / dx)")
        s.code(f"out[{here}] = value")
        return grid.case(draw.choice((f"level_set_{form}", "mean_curvature" if form == "curvature" else "curvature_flow")))
    s.tuning(("dt", 0.05, 0.3))
    for number, axis in enumerate(AXES[:dims]):
        s.code(f"d{axis}m = (c - phi[{grid.near(number, -1)}]) / dx\nd{axis}p = (phi[{grid.near(number, 1)}] - c) / dx")
    if form == "extend":
        s.code("eps = 0.05")
        for axis in AXES[:dims]:
            s.code(f"g{axis} = 0.5 * (d{axis}m + d{axis}p)")
        norm = " + ".join(f"g{a} * g{a}" for a in AXES[:dims])
        s.code(f"scale = wp.where(c > 0.0, 1.0, -1.0) / wp.sqrt({norm} + eps)\nv = value[{here}]\nchange = float(0.0)")
        for number, axis in enumerate(AXES[:dims]):
            m, p = (f"value[{grid.near(number, o)}]" for o in (-1, 1))
            s.code(f"h{axis} = g{axis} * scale\nchange += wp.max(h{axis}, 0.0) * (v - {m}) + wp.min(h{axis}, 0.0) * ({p} - v)")
        s.code(f"out[{here}] = v - dt * change / dx")
        return grid.case(draw.choice(("extend_velocity", "extrapolate")))
    _godunov(draw, s, dims)
    if form == "reinitialize":
        s.code(f"start = phi0[{here}]")
        s.code(
            draw.choice(
                ("sgn = start / wp.sqrt(start * start + dx * dx)", "sgn = wp.tanh(start / dx)", "sgn = start / (wp.abs(start) + 0.5 * dx)")
            )
        )
        s.code(
            "grad = wp.where(sgn > 0.0, grad_out, grad_in)" if draw.chance(0.6) else "grad = grad_in\nif sgn > 0.0:\n    grad = grad_out"
        )
        s.code("value = c - dt * sgn * (grad - 1.0)")
        name = draw.choice(("reinitialize", "redistance", "sussman_step"))
    else:
        s.code(f"f = speed[{here}]")
        s.code("value = c - dt * (wp.max(f, 0.0) * grad_out + wp.min(f, 0.0) * grad_in)")
        name = draw.choice(("move_front", "evolve_level_set", "normal_motion"))
    s.code(f"out[{here}] = value")
    return grid.case(name)


def _godunov(draw: Draw, s: Script, dims: int) -> None:
    """Godunov's norms of the gradient, for outward (`grad_out`) and inward (`grad_in`) motion."""
    squares = draw.chance(0.5)
    if squares:
        s.define(
            "upwind_sq",
            "back: real, ahead: real",
            "a = wp.max(back, 0.0)\nb = wp.min(ahead, 0.0)\nreturn wp.max(a * a, b * b)",
            "real",
            "Square of the upwind difference for outward motion.",
        )
    for name, order in (("grad_out", ("m", "p")), ("grad_in", ("p", "m"))):
        parts = []
        for axis in AXES[:dims]:
            back, ahead = f"d{axis}{order[0]}", f"d{axis}{order[1]}"
            if squares:
                parts.append(f"upwind_sq({back}, {ahead})")
            else:
                s.code(f"a_{axis} = wp.max({back}, 0.0)\nb_{axis} = wp.min({ahead}, 0.0)")
                parts.append(draw.choice((f"a_{axis} * a_{axis} + b_{axis} * b_{axis}",)))
        s.code(f"{name} = wp.sqrt({' + '.join(parts)} + 0.0001)")


def _corners(grid: Grid, a: int, b: int) -> Callable[[int, int], str]:
    """The level set at the neighbour that is some cells away along the axes `a` and `b`."""

    def corner(x: int, y: int) -> str:
        return f"phi[{grid.at(*(x if n == a else y if n == b else 0 for n in range(grid.dims)))}]"

    return corner


def _curvature(draw: Draw, s: Script, grid: Grid) -> None:
    """The mean curvature `kappa` of the level set and the norm `norm` of its gradient."""
    dims = grid.dims
    for number, axis in enumerate(AXES[:dims]):
        m, p = (f"phi[{grid.near(number, o)}]" for o in (-1, 1))
        s.code(f"p{axis} = ({p} - {m}) / (2.0 * dx)\np{axis}{axis} = ({p} - 2.0 * c + {m}) / (dx * dx)")
    pairs = [(a, b) for a in range(dims) for b in range(a + 1, dims)]
    for a, b in pairs:
        corner = _corners(grid, a, b)
        s.code(f"p{AXES[a]}{AXES[b]} = ({corner(1, 1)} - {corner(1, -1)} - {corner(-1, 1)} + {corner(-1, -1)}) / (4.0 * dx * dx)")
    s.code(f"norm_sq = {' + '.join(f'p{a} * p{a}' for a in AXES[:dims])} + 0.1\nnorm = wp.sqrt(norm_sq)")
    if dims == 2:
        s.code("kappa = (pxx * py * py - 2.0 * px * py * pxy + pyy * px * px) / (norm_sq * norm)")
        return
    terms = []
    for a, b in pairs:
        x, y = AXES[a], AXES[b]
        terms.append(f"(p{x}{x} * p{y} * p{y} - 2.0 * p{x} * p{y} * p{x}{y} + p{y}{y} * p{x} * p{x})")
    s.code(
        "\n".join(f"k{n} = {t}" for n, t in enumerate(terms))
        + f"\nkappa = ({' + '.join(f'k{n}' for n in range(len(terms)))}) / (norm_sq * norm)"
    )
