"""Transfer between particles and a grid, as in particle-in-cell codes: deposits by atomics, and interpolation back to the particles.

Shape functions: nearest grid point, cloud-in-cell (linear) and triangular-shaped cloud (quadratic B-spline), as tensor products in one or
two dimensions (Hockney and Eastwood, Computer Simulation Using Particles, 1988).
"""

from __future__ import annotations

import re
from itertools import product

from kernels.case import Case
from kernels.domains import Constant, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression, variable
from kernels.language.types import I32, Type

REACH = {"nearest": (0,), "cic": (0, 1), "tsc": (-1, 0, 1)}
WEIGHTS = {
    "cic": ("1.0 - f{a}", "f{a}"),
    "tsc": ("0.5 * (0.5 - f{a}) * (0.5 - f{a})", "0.75 - f{a} * f{a}", "0.5 * (0.5 + f{a}) * (0.5 + f{a})"),
}
SUFFIXES = {"cic": ("0", "1"), "tsc": ("m", "c", "p")}
PROFILES = {
    "cic": ("hat", ["return wp.max(1.0 - wp.abs(r), 0.0)"]),
    "tsc": (
        "bspline",
        ["s = wp.abs(r)", "if s < 0.5:", "    return 0.75 - s * s", "rest = wp.max(1.5 - s, 0.0)", "return 0.5 * rest * rest"],
    ),
}


def build_transfer(draw: Draw) -> Case:
    """A deposit, or an interpolation."""
    draft = Draft(draw)
    axes = "xy"[: draw.weighted((1, 2), (2, 3))]
    shape = draw.choice(("nearest", "cic", "cic", "tsc"))
    gather = shape != "nearest" and draw.chance(0.4)
    element = draft.vector if draw.chance(0.3) else draft.real
    p = draw.choice(("p", "i", "tid"))
    draft.line(f"{p} = wp.tid()")
    grid = draw.choice(("efield", "potential", "grid_v") if gather else ("rho", "density", "grid_mass", "current"))
    extents = tuple("gh"[: len(axes)])
    if gather:
        draft.array(grid, element, *extents, domain=Uniform(-1.0, 1.0))
    else:
        draft.output(grid, element, *extents, role="accumulate")
        draft.numpy(f"{grid} = np.zeros_like({grid})")
    _cells(draft, axes, shape, p)
    columns = _columns(draft, axes, shape, grid)
    if gather:
        _interpolate(draft, axes, shape, columns, grid, element, p)
    else:
        amount = _amount(draft, element, p)
        if draw.chance(0.3):
            draft.output("cell_count", I32, *extents, role="accumulate")
            draft.line(f"wp.atomic_add(cell_count, {', '.join(f'i{a}' for a in axes)}, 1)")
            draft.numpy("cell_count = np.zeros_like(cell_count)", f"np.add.at(cell_count, ({', '.join(f'i{a}' for a in axes)},), 1)")
        _scatter(draft, axes, shape, columns, grid, element, amount)
    name = f"{draw.choice(('gather', 'interpolate', 'g2p') if gather else ('deposit', 'scatter', 'p2g'))}_{shape}"
    return draft.case(name, ["n"], [{"n": n, "g": draw.integer(6, 9), "h": draw.integer(6, 11)} for n in draw.sizes(200)])


def _cells(draft: Draft, axes: str, shape: str, p: str) -> None:
    """Each particle's cell along every axis, and where it is in the cell."""
    draw = draft.draw
    spacing = draw.choice((0.25, 0.5, 2.0, 0.1))
    together = draw.chance(0.4)
    position = draw.choice(("pos", "position", "particle_q"))
    if together:
        low, high = 1.1 * spacing, 3.9 * spacing
        draft.array(position, draft.vector, "n", domain=Uniform(low, high))
        draft.line(f"at = {position}[{p}]")
    scale = draft.value("inv_dx", draft.real, Constant(1.0 / spacing)) if draw.chance(0.4) else ""
    centred = "" if shape == "cic" else " + 0.5"
    for number, axis in enumerate(axes):
        if together:
            here, everywhere = f"at[{number}]", f"{position}[:, {number}]"
        else:
            extent = "gh"[number]
            everywhere = draft.array(
                f"{position}_{axis}", draft.real, "n", domain=lambda s, e=extent: Uniform(1.1 * spacing, (s[e] - 2.1) * spacing)
            )
            here = f"{everywhere}[{p}]"
        draft.line(f"g{axis} = {here} {f'* {scale}' if scale else f'/ {draft.number(spacing)}'}")
        draft.numpy(f"g{axis} = {everywhere} {f'* {scale}' if scale else f'/ {spacing}'}")
        draft.warp_formula(f"i{axis} = int(wp.floor(g{axis}{centred}))")
        draft.numpy(f"i{axis} = np.floor(g{axis}{centred}).astype(np.int32)")
        if shape != "nearest":
            draft.formula(f"f{axis} = g{axis} - {draft.cast(f'i{axis}')}")


def _columns(draft: Draft, axes: str, shape: str, grid: str) -> dict[str, list[str]]:
    """The index texts of the nodes that a particle touches along each axis, by the boundary rule (particles stay inside)."""
    draw = draft.draw
    rule = draw.choice(("none", "guard", "wrap", "clamp")) if shape != "nearest" else draw.choice(("none", "guard"))
    extents = {a: f"n{a}" for a in axes}
    if rule != "none":
        for number, axis in enumerate(axes):
            draft.extent(extents[axis], grid, number, size="gh"[number])
    low, high = REACH[shape][0], REACH[shape][-1]
    if rule == "guard":
        tests = [f"i{a} < {-low} or i{a} >= n{a}{f' - {high}' if high else ''}" for a in axes]
        with draft.block(f"if {' or '.join(tests)}:"):
            draft.line("return")
    columns: dict[str, list[str]] = {}
    for axis in axes:
        moved = [f"i{axis}" if o == 0 else f"i{axis} {'+' if o > 0 else '-'} {abs(o)}" for o in REACH[shape]]
        if rule == "wrap":
            moved = [
                m if o == 0 else f"(i{axis} + {o}) % n{axis}" if o > 0 else f"(i{axis} - 1 + n{axis}) % n{axis}"
                for m, o in zip(moved, REACH[shape], strict=True)
            ]
        if rule == "clamp":
            moved = [
                m if o == 0 else f"wp.min({m}, n{axis} - 1)" if o > 0 else f"wp.max({m}, 0)"
                for m, o in zip(moved, REACH[shape], strict=True)
            ]
        columns[axis] = moved
    return columns


def _amount(draft: Draft, element: Type, p: str) -> str:
    """What a particle deposits: its charge or momentum, with weights of its own."""
    draw = draft.draw
    name = draw.choice(("charge", "mass", "weight"))
    terms: list[Expression] = []
    for label, type in ((name, draft.real), ("velocity", draft.vector)):
        if type is draft.vector and element is not draft.vector:
            continue
        draft.array(label, type, "n", domain=Uniform(-1.0, 1.0))
        draft.line(f"{label}_p = {label}[{p}]")
        draft.numpy(f"{label}_p = {label}")
        terms.append(variable(f"{label}_p", type, -1.0, 1.0))
    if draw.chance(0.5):
        terms.append(draft.parameter(draw.choice(("scale", "macro_weight", "dt")), 0.1, 2.0))
    if draw.chance(0.3):
        draft.array("age", draft.real, "n", domain=Uniform(0.0, 3.0))
        draft.line(f"age_p = age[{p}]")
        draft.numpy("age_p = age")
        terms.append(variable("age_p", draft.real, 0.0, 3.0))
    if len(terms) == 1 and draw.chance(0.3):
        return f"{name}_p"
    return draft.fused(draw.choice(("amount", "deposit", "share")), element, terms).name


def _weights(draft: Draft, axes: str, shape: str) -> None:
    for axis in axes:
        for suffix, text in zip(SUFFIXES[shape], WEIGHTS[shape], strict=True):
            draft.warp_formula(f"w{axis}{suffix} = {text.format(a=axis)}")


def _reference_loop(draft: Draft, axes: str, shape: str, statement: str) -> None:
    """Numpy's loop over the nodes of the shape function, around `statement` of the index `at` and weight `w`."""
    for axis in axes:
        draft.numpy(f"w{axis} = ({', '.join(t.format(a=axis) for t in WEIGHTS[shape])})")
    for depth, axis in enumerate(axes):
        draft.numpy("    " * depth + f"for o{axis}, weight_{axis} in zip({REACH[shape]}, w{axis}):")
    inner = "    " * len(axes)
    draft.numpy(
        f"{inner}at = ({', '.join(f'i{a} + o{a}' for a in axes)},)",
        f"{inner}w = {' * '.join(f'weight_{a}' for a in axes)}",
        inner + statement,
    )


def _stencil(draft: Draft, axes: str, shape: str, columns: dict[str, list[str]], statement: str) -> None:
    """The kernel's statement (of `{at}` and `{w}`) for each node: spelled out, or in static loops over a profile function."""
    # A float64 cast of an unrolled counter spoils its use as an integer in Warp: those kernels spell the nodes out.
    plain = all(re.fullmatch(r"i\w( [+-] 1)?", column) for of_axis in columns.values() for column in of_axis)
    if draft.width == "float64" or not plain or draft.draw.chance(0.4):
        _weights(draft, axes, shape)
        for nodes in product(range(len(REACH[shape])), repeat=len(axes)):
            at = ", ".join(columns[a][n] for a, n in zip(axes, nodes, strict=True))
            draft.line(statement.format(at=at, w=" * ".join(f"w{a}{SUFFIXES[shape][n]}" for a, n in zip(axes, nodes, strict=True))))
        return
    profile, body = PROFILES[shape]
    draft.function(profile, [("r", draft.real)], body, draft.real)
    low, high = REACH[shape][0], REACH[shape][-1]
    bounds = f"{low}, {high + 1}" if low else f"{high + 1}"
    inner = [f"w{a} = {profile}(f{a} - {draft.cast(f'o{a}')})" for a in axes]
    if len(axes) == 1:
        with draft.block(f"for ox in range({bounds}):"):
            draft.line(*inner, statement.format(at="ix + ox", w="wx"))
        return
    with draft.block(f"for ox in range({bounds}):"):
        draft.line(inner[0])
        with draft.block(f"for oy in range({bounds}):"):
            draft.line(inner[1], statement.format(at="ix + ox, iy + oy", w="wx * wy"))


def _scatter(draft: Draft, axes: str, shape: str, columns: dict[str, list[str]], grid: str, element: Type, amount: str) -> None:
    if shape == "nearest":
        at = ", ".join(f"i{a}" for a in axes)
        draft.line(f"wp.atomic_add({grid}, {at}, {amount})")
        draft.numpy(f"np.add.at({grid}, ({at},), {amount})")
        return
    _stencil(
        draft,
        axes,
        shape,
        columns,
        f"wp.atomic_add({grid}, {{at}}, {amount} * {'(' if len(axes) > 1 else ''}{{w}}{')' if len(axes) > 1 else ''})",
    )
    _reference_loop(draft, axes, shape, f"np.add.at({grid}, at, {amount} * w{'[:, None]' if element.rank else ''})")


def _interpolate(draft: Draft, axes: str, shape: str, columns: dict[str, list[str]], grid: str, element: Type, p: str) -> None:
    """The field at each particle, then the particle's new value."""
    draw = draft.draw
    local = draw.choice(("field_p", "local_field", "sampled"))
    draft.line(f"{local} = {draft.zero(element)}")
    _stencil(draft, axes, shape, columns, f"{local} += {'(' if len(axes) > 1 else ''}{{w}}{')' if len(axes) > 1 else ''} * {grid}[{{at}}]")
    draft.numpy(f"{local} = 0.0")
    _reference_loop(draft, axes, shape, f"{local} = {local} + w{'[:, None]' if element.rank else ''} * {grid}[at]")
    out = draft.output(draw.choice(("gathered", "velocity_new", "particle_value")), element, "n")
    terms: list[Expression] = [variable(local, element, -1.0, 1.0)]
    if draw.chance(0.6):
        draft.array("charge", draft.real, "n", domain=Uniform(-1.0, 1.0))
        draft.line(f"charge_p = charge[{p}]")
        draft.numpy("charge_p = charge")
        terms.append(variable("charge_p", draft.real, -1.0, 1.0))
    if draw.chance(0.6):
        terms.append(draft.parameter("dt", 0.01, 0.5))
    if draw.chance(0.4):
        draft.array("velocity", element, "n", domain=Uniform(-1.0, 1.0))
        draft.line(f"velocity_p = velocity[{p}]")
        draft.numpy("velocity_p = velocity")
        terms.append(variable("velocity_p", element, -1.0, 1.0))
    final = draft.fused(draw.choice(("pushed", "updated", "effect")), element, terms)
    draft.line(f"{out}[{p}] = {final.name}")
    draft.numpy(f"{out} = {final.name}")
