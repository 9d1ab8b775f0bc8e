"""Finite differences in the time domain for Maxwell's equations, on Yee's staggered grid (Yee 1966).

Modes TMz and TEz in two dimensions, one-dimensional pairs and single components in three; lossy media by their update coefficients;
absorbing layers by the convolution with an auxiliary field (Roden and Gedney 2000).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.solvers.grid import Grid
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw

CURLS = {"x": (("z", "y"), ("y", "z")), "y": (("x", "z"), ("z", "x")), "z": (("y", "x"), ("x", "y"))}
"""For each component: (field, axis of its derivative) of the first and the second term of the curl."""


def build_maxwell(draw: Draw, s: Script) -> Case:
    """The update of electric or magnetic fields in a drawn mode."""
    mode = draw.choice(("1d", "tm", "te", "3d", "3d"))
    electric = draw.chance(0.5)
    dims = {"1d": 1, "tm": 2, "te": 2, "3d": 3}[mode]
    grid = Grid(s, dims, draw.choice(("clamp", "periodic", "interior")))
    kind, other = ("e", "h") if electric else ("h", "e")
    if mode == "1d":
        components = ["z"] if electric else ["y"]
    else:
        inplane, through = ["x", "y"], ["z"]
        components = {
            "tm": through if electric else inplane,
            "te": inplane if electric else through,
            "3d": draw.subset("xyz", draw.choice((1, 3))),
        }[mode]
    axes = "xyz"[:dims]
    sources = {f for c in components for f, axis in CURLS[c] if axis in axes}
    if mode == "1d":
        sources = {"y"} if electric else {"z"}
    for c in sorted(set(components)):
        grid.field(f"{kind}{c}", names=(f"{kind.upper()}{c}",))
    for c in sorted(sources):
        grid.field(f"{other}{c}", names=(f"{other.upper()}{c}",))
    grid.open(f"{kind}{sorted(set(components))[0]}")
    here = grid.here
    for c in components:
        grid.result(f"{kind}{c}_new", names=(f"{kind}{c}_next", f"{kind}{c}_out"))
    grid.rim(**{f"{kind}{c}_new": f"{kind}{c}[{here}]" if draw.chance(0.5) else "0.0" for c in components})
    grid.prepare()
    s.tuning(("dt", 0.1, 0.5), ("dx", 0.8, 1.2))
    medium = _medium(draw, s, grid, electric)
    psi = draw.chance(0.3)
    for c in components:
        _component(draw, s, grid, kind, other, c, axes, electric, medium, psi and len(components) < 3)
    if electric and draw.chance(0.35):
        s.tuning(("amplitude", 0.5, 2.0), ("time", 0.2, 2.0))
        s.uniform("src_i", "int", Integers(0, 3), names=("source_i", "ix_src"))
        s.code(f"if i == src_i:\n    pulse = amplitude * wp.sin(2.0 * time)\n    {kind}{components[0]}_c += dt * pulse")
    for c in components:
        s.code(f"{kind}{c}_new[{here}] = {kind}{c}_c")
    return grid.case(
        draw.choice(
            (
                f"update_{kind}_{mode}" if mode != "1d" else f"update_{kind}",
                f"fdtd_{'electric' if electric else 'magnetic'}",
                f"yee_{kind}_update",
            )
        ),
        doc=draw.choice(("", f"Half step of the {'electric' if electric else 'magnetic'} field.")),
    )


def _medium(draw: Draw, s: Script, grid: Grid, electric: bool) -> tuple[str, str]:
    """The factors of the old field and of the curl: of a vacuum, a medium by fields, or coefficients made beforehand."""
    here = grid.here
    kind = draw.choice(("vacuum", "uniform", "lossy", "coefficients"))
    if kind == "vacuum":
        s.code("ratio = dt / dx")
        return "", "ratio"
    if kind == "uniform":
        name = "epsilon" if electric else "mu"
        s.tuning((name, 0.8, 2.0))
        s.code(f"ratio = dt / ({name} * dx)")
        return "", "ratio"
    if kind == "coefficients":
        a, b = ("ca", "cb") if electric else ("da", "db")
        grid.field(a, 0.6, 1.0)
        grid.field(b, 0.2, 0.6)
        return f"{a}[{here}]", f"{b}[{here}]"
    material, loss = ("eps_r", "sigma_e") if electric else ("mu_r", "sigma_m")
    grid.field(material, 0.8, 3.0, names=("permittivity" if electric else "permeability",))
    grid.field(loss, 0.05, 0.8, names=("conductivity" if electric else "magnetic_loss",))
    s.code(f"loss = 0.5 * dt * {loss}[{here}] / {material}[{here}]")
    s.code("keep = (1.0 - loss) / (1.0 + loss)" if draw.chance(0.6) else "inv = 1.0 / (1.0 + loss)\nkeep = inv * (1.0 - loss)")
    s.code(f"gain = dt / ({material}[{here}] * dx * (1.0 + loss))")
    return "keep", "gain"


def _component(
    draw: Draw, s: Script, grid: Grid, kind: str, other: str, c: str, axes: str, electric: bool, medium: tuple[str, str], psi: bool
) -> None:
    """One component's new value, by the name of the component with `_c`."""
    here = grid.here
    terms = []
    pairs: tuple[tuple[str, str], ...] = CURLS[c]
    if len(axes) == 1:
        pairs = ((("y", "x") if electric else ("z", "x")),)
    for number, (source, axis) in enumerate(pairs):
        if axis not in axes:
            continue
        number_of_axis = axes.index(axis)
        if electric:
            difference = f"({other}{source}[{here}] - {other}{source}[{grid.near(number_of_axis, -1)}])"
        else:
            difference = f"({other}{source}[{grid.near(number_of_axis, 1)}] - {other}{source}[{here}])"
        sign = "-" if number == 1 or (len(axes) == 1 and not electric) else ""
        terms.append((sign, difference))
    curl = f"curl_{c}"
    if draw.chance(0.5) and len(terms) == 2:
        for (_, difference), name in zip(terms, (f"d1_{c}", f"d2_{c}"), strict=True):
            s.code(f"{name} = {difference[1:-1]}")
        s.code(f"{curl} = d1_{c} - d2_{c}")
    else:
        text = " - ".join(d for _, d in terms) if len(terms) == 2 else f"{terms[0][0]}{terms[0][1]}"
        s.code(f"{curl} = {text}")
    if psi:
        name = grid.field(f"psi_{c}", -0.3, 0.3, names=(f"cpml_{c}",))
        s.tuning(("b_pml", 0.3, 0.9), ("c_pml", 0.05, 0.3))
        s.code(f"{name}_c = b_pml * {name}[{here}] - c_pml * {curl}\n{curl} = {curl} + {name}_c")
        grid.result(f"{name}_new", names=(f"{name}_next",))
        if grid.rule == "interior":
            s.rewrite_role(f"{name}_new", "accumulate")
        s.code(f"{name}_new[{here}] = {name}_c")
    keep, gain = medium
    sign = "+" if electric else "-"
    old = f"{keep} * {kind}{c}[{here}]" if keep else f"{kind}{c}[{here}]"
    s.code(f"{kind}{c}_c = {old} {sign} {gain} * {curl}")
