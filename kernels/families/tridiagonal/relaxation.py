"""Relaxation on grids: Jacobi, Gauss-Seidel by colours, over-relaxation, Chebyshev steps, gradients, with constant or varying coefficients.

Sources: Briggs, Henson and McCormick, A Multigrid Tutorial, 2000; Saad, Iterative Methods for Sparse Linear Systems, 2003, chapter 4.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, drop_idle_locals
from kernels.draw import Draw
from kernels.families.tridiagonal.grids import Grid
from kernels.language.types import BOOL, I32

FIELDS = ("u", "phi", "pressure", "potential")


def _coefficients(draw: Draw, draft: Draft, grid: Grid, names: list[tuple[str, str]]) -> tuple[str, str]:
    """The weighted sum of the neighbours and the diagonal that goes with it: constant, by axis, varying, or with a mass term."""
    kind = draw.choice(("plain", "plain", "axes", "varying", "mass"))
    sides = float(2 * grid.ndim)
    if kind == "axes":
        values = draft.parameters(*((f"c{a}", 0.5, 1.5) for a in "xyz"[: grid.ndim]), struct="Operator")
        weights = [v.name for v in values.values()]
        draft.formula(f"around = {grid.total(names, weights)}", f"diagonal = 2.0 * ({' + '.join(weights)}) + 0.5")
    elif kind == "varying":
        field = grid.array(draft.name("coefficient", "conductivity", "permeability"), 0.5, 1.5)
        draft.line(f"k_here = {field}[{grid.here}]")
        draft.numpy(f"k_here = {field}")
        faces = []
        for pair in grid.neighbours(field, "k_"):
            faces.append(pair)
        terms, weights = [], []
        for (low, high), (k_low, k_high) in zip(names, faces, strict=True):
            for u, k in ((low, k_low), (high, k_high)):
                draft.formula(f"face_{u} = 0.5 * (k_here + {k})")
                terms.append(f"face_{u} * {u}")
                weights.append(f"face_{u}")
        draft.both(f"around = {' + '.join(terms)}")
        draft.formula(f"diagonal = {' + '.join(weights)} + 0.5")
    else:
        draft.both(f"around = {grid.total(names)}")
        if kind == "plain":
            return "around", str(sides)
        mass = draft.knob(draft.name("mass", "screening", "kappa"), 0.3, 2.0).numpy()
        draft.formula(f"diagonal = {sides} + {mass}")
    return "around", "diagonal"


def build_sweep(draw: Draw, draft: Draft) -> Case:
    """One sweep from one array to another: Jacobi with a weight, Chebyshev's and heavy-ball steps, a residual, a gradient step."""
    grid = Grid(draft, draw.choice((1, 2, 2, 3)))
    kind = draw.choice(("jacobi", "weighted", "chebyshev", "momentum", "residual", "gradient"))
    draft.reserve("diagonal", "rhs_here", "old", "residual", "h2", "smoothed", "k_here")
    u = grid.array(draft.name(*FIELDS))
    rhs = grid.array(draft.name("f", "rhs", "charge", "source"))
    old = grid.array(draft.name("u_old", "previous")) if kind in ("chebyshev", "momentum") else ""
    solid = (
        draft.array(draft.name("solid", "fixed", "is_boundary"), BOOL, *grid.extents, domain=Bernoulli(0.2)) if draw.chance(0.25) else ""
    )
    with grid.threads(u):
        draft.line(f"here = {u}[{grid.here}]", f"rhs_here = {rhs}[{grid.here}]")
        draft.numpy(f"here, rhs_here = {u}, {rhs}")
        names = grid.neighbours(u)
        around, diagonal = _coefficients(draw, draft, grid, names)
        if draw.chance(0.4):
            spacing = draft.knob(draft.name("h", "spacing", "dx"), 0.3, 1.2).numpy()
            draft.formula(f"rhs_here = {spacing} * {spacing} * rhs_here")
        if kind in ("jacobi", "weighted"):
            draft.formula(f"updated = ({around} + rhs_here) / {diagonal}")
            if kind == "weighted":
                omega = draft.knob(draft.name("omega", "weight_w"), 0.4, 1.0).numpy()
                draft.formula(f"updated = here + {omega} * (updated - here)")
        else:
            draft.formula(f"residual = rhs_here + {around} - {diagonal} * here")
            if kind == "residual":
                draft.both("updated = residual")
            elif kind == "gradient":
                step = draft.knob(draft.name("tau", "step_length"), 0.05, 0.25).numpy()
                draft.formula(f"updated = here + {step} * residual")
            else:
                draft.line(f"old = {old}[{grid.here}]")
                draft.numpy(f"old = {old}")
                values = draft.parameters(("alpha", 0.1, 0.4), ("beta", 0.1, 0.5), struct="Chebyshev")
                a, b = values["alpha"].name, values["beta"].name
                scaled = f"residual / {diagonal}" if kind == "chebyshev" else "residual"
                draft.formula(f"updated = here + {a} * {scaled} + {b} * (here - old)")
        if solid:
            with draft.block(f"if {solid}[{grid.here}]:"):
                draft.line("updated = here" if kind != "residual" else f"updated = {draft.zero()}")
            draft.numpy(f"updated = np.where({solid}, {'here' if kind != 'residual' else '0.0'}, updated)")
        grid.finish(draft.known("updated", draft.real, -20.0, 20.0), ("u_new", "relaxed", "out", "smoothed_out"))
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_sweep", f"poisson_{kind}", f"relax_{grid.ndim}d")), grid.extents, grid.sizes(draw))


def build_coloured(draw: Draw, draft: Draft) -> Case:
    """A half sweep of Gauss-Seidel in place: points of one colour, which read only those of the other; with over-relaxation or limits."""
    grid = Grid(draft, draw.choice((1, 2, 2, 3)))
    # Around a ring of odd length two neighbours have one colour, and a point held at the end is its own neighbour: neither may be.
    grid.rule = "zero"
    draft.reserve("diagonal", "rhs_here", "fresh", "k_here", "parity", "mask_all")
    how = draw.choice(("plain", "sor", "limited", "obstacle"))
    measured = draw.chance(0.3)
    # The backward pass reads the new value where the old one was: what is not linear in the old value then has a wrong gradient.
    smooth = how != "limited" and not measured
    u = draft.array(draft.name(*FIELDS), draft.real, *grid.extents, role="inout", differentiable=smooth)
    rhs = grid.array(draft.name("f", "rhs", "charge"))
    colour = draft.value(draft.name("color", "colour", "phase"), I32, Integers(0, 2))
    with grid.threads(u):
        total = " + ".join(grid.indices)
        condition = f"({total}) % 2 != {colour}" if grid.ndim > 1 else f"{total} % 2 != {colour}"
        style = draw.choice(("return", "parity"))
        if style == "return":
            draft.line(f"if {condition}:", "    return")
        else:
            draft.line(f"parity = ({total} + {colour}) & 1", "if parity == 1:", "    return")
        draft.line(f"here = {u}[{grid.here}]", f"rhs_here = {rhs}[{grid.here}]")
        draft.numpy(f"here, rhs_here = {u}, {rhs}", f"mask_all = sum(np.indices({u}.shape)) % 2 == {colour}")
        around, diagonal = _coefficients(draw, draft, grid, grid.neighbours(u))
        draft.formula(f"fresh = ({around} + rhs_here) / {diagonal}")
        if how == "sor":
            omega = draft.knob(draft.name("omega", "relaxation"), 1.1, 1.8).numpy()
            draft.formula(f"fresh = (1.0 - {omega}) * here + {omega} * fresh")
        elif how == "limited":
            limit = draft.knob(draft.name("limit", "max_change"), 0.1, 0.5).numpy()
            draft.formula(f"fresh = here + wp.clamp(fresh - here, -{limit}, {limit})")
        elif how == "obstacle":
            obstacle = grid.array(draft.name("obstacle", "lower_bound"))
            draft.line(f"fresh = wp.max(fresh, {obstacle}[{grid.here}])")
            draft.numpy(f"fresh = np.maximum(fresh, {obstacle})")
        if measured:
            change = draft.output(draft.name("change_sq", "update_norm"), draft.real, 1, role="accumulate", differentiable=False)
            draft.line(f"wp.atomic_add({change}, 0, (fresh - here) * (fresh - here))")
            draft.numpy(f"{change} = np.sum(np.where(mask_all, (fresh - here) ** 2, 0.0)).reshape(1)")
        draft.line(f"{u}[{grid.here}] = fresh")
        draft.numpy(f"{u} = np.where(mask_all, fresh, here)")
    drop_idle_locals(draft)
    name = draw.choice(("red_black_gauss_seidel", f"{how}_half_sweep", "relax_color"))
    return draft.case(name, grid.extents, grid.sizes(draw))


def build_line_relaxation(draw: Draw, draft: Draft) -> Case:
    """Explicit halves of alternating directions, Crank-Nicolson right-hand sides, coefficients of implicit lines, on two axes."""
    grid = Grid(draft, 2)
    kind = draw.choice(("adi", "crank_nicolson", "coefficients"))
    draft.reserve("rhs_here", "second", "heat", "d2x", "d2y", "k_here", "a", "b", "c", "ratio", "advected")
    coefficients = kind == "coefficients"
    u = grid.array(draft.name("diffusivity", "conductivity"), 0.3, 1.5) if coefficients else grid.array(draft.name("u", "temperature"))
    with grid.threads(u):
        here = "k_here" if coefficients else "here"
        draft.line(f"{here} = {u}[{grid.here}]")
        draft.numpy(f"{here} = {u}")
        dt = draft.knob(draft.name("dt", "ratio_half", "mu"), 0.1, 0.8).numpy()
        if kind == "coefficients":
            (low, high), *_ = grid.neighbours(u, "k_", (draw.choice((0, 1)),))
            if draw.chance(0.4):
                law = Law(draft, "face_law", 0.3, 1.5)
                draft.line(*(f"{side} = {law.warp(side)}" for side in (low, high)))
                draft.numpy(*(f"{side} = {law.numpy(side)}" for side in (low, high)))
                mean = "arithmetic"
            else:
                mean = draw.choice(("arithmetic", "harmonic"))
            for name, side in (("a", low), ("c", high)):
                draft.formula(
                    f"{name} = -{dt} * 0.5 * (k_here + {side})"
                    if mean == "arithmetic"
                    else f"{name} = -{dt} * 2.0 * k_here * {side} / (k_here + {side} + 0.1)"
                )
            decay = draft.knob(draft.name("decay", "mass"), 0.1, 0.9).numpy() if draw.chance(0.5) else ""
            draft.formula(f"b = 1.0 - a - c + {dt} * {decay}" if decay else "b = 1.0 - a - c")
            if draw.chance(0.4):
                draft.formula("a = a / b", "c = c / b")
            for name, out in (("a", "lower"), ("b", "diag"), ("c", "upper")):
                draft.store(draft.output(f"{out}_out", draft.real, *grid.extents), grid.here, name)
        else:
            if kind == "adi":
                (low, high), *_ = grid.neighbours(u, axes=(draw.choice((0, 1)),))
                draft.formula(f"second = {low} - 2.0 * here + {high}", f"rhs_here = here + {dt} * second")
            else:
                (low, high), (south, north) = grid.neighbours(u)
                theta = draft.knob(draft.name("theta", "implicitness"), 0.3, 0.7).numpy()
                draft.formula(f"d2x = {low} - 2.0 * here + {high}", f"d2y = {south} - 2.0 * here + {north}")
                draft.formula(f"rhs_here = here + (1.0 - {theta}) * {dt} * (d2x + d2y)")
            if draw.chance(0.5):
                source = grid.array(draft.name("source", "heating"))
                draft.line(f"heat = {source}[{grid.here}]")
                draft.numpy(f"heat = {source}")
                draft.formula(f"rhs_here = rhs_here + {dt} * heat")
            if draw.chance(0.35) and kind == "crank_nicolson":
                speed = draft.knob(draft.name("speed", "velocity_x"), -0.8, 0.8).numpy()
                draft.formula(f"advected = 0.5 * {speed} * ({high} - {low})", f"rhs_here = rhs_here - {dt} * advected")
            grid.finish(draft.known("rhs_here", draft.real, -9.0, 9.0), ("rhs_out", "half_step", "explicit_part"), share=0.6)
    return draft.case(draw.choice((f"{kind}_lines", f"{kind}_rhs", f"implicit_{kind}")), grid.extents, grid.sizes(draw))
