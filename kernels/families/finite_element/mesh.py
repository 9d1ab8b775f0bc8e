"""Nodes and elements of a finite-element mesh, and the deformation of an element."""

from __future__ import annotations

from kernels.domains import Uniform, WellConditioned
from kernels.drafting.solvers.elements import corners
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw

POSITIONS = ("particle_q", "nodes", "pos", "x_cur")
RESTS = ("rest_x", "x_rest", "ref_positions", "node_ref")
FORCES = ("particle_f", "forces", "f_int", "residual")
TABLES = {
    2: ("edges", "bars", "edge_nodes"),
    3: ("tri_indices", "tri_nodes", "connectivity", "elements"),
    4: ("tet_indices", "tet_nodes", "connectivity", "elements"),
    8: ("hex_nodes", "hex_indices", "connectivity"),
}
NAMES = ("i", "j", "k", "l")


def simplex(s: Script, dims: int, *, moving: bool = False) -> tuple[str, ...]:
    """The nodes' positions `x` (and velocities `v`), and a thread per triangle or tetrahedron with its corners; returns their names."""
    vec = f"vec{dims}"
    s.field("x", vec, "n", low=-1.2, high=1.2, names=POSITIONS)
    if moving:
        s.field("v", vec, "n", low=-1.0, high=1.0, names=("particle_qd", "vel", "node_vel"))
    names = NAMES[: dims + 1]
    tables = TABLES[dims + 1]
    corners(s, *names, table=tables[0], tables=tables)
    return names


def column(m: str, c: int, dims: int) -> str:
    """The text of column `c` of the matrix `m`."""
    return f"wp.vec{dims}({', '.join(f'{m}[{r}, {c}]' for r in range(dims))})"


def deformation(draw: Draw, s: Script, dims: int, names: tuple[str, ...], *, small: bool = False) -> bool:
    """The deformation gradient `f`, the inverse rest shape `dm`, and the rest volume `vol`; whether thin elements may have returned.

    The rest shape is given by its inverse, or by rest positions; with `small` always by those, from which nodes have moved a little.
    """
    mat = f"mat{dims}{dims}"
    factor = {2: "0.5", 3: "0.16666667"}[dims]
    first, rest = names[0], names[1:]
    if not small and draw.chance(0.6):
        s.field("inv_rest", mat, "m", domain=WellConditioned(2.2), names=("tet_poses" if dims == 3 else "tri_poses", "dm_inv", "rest_inv"))
        s.code(f"dm = inv_rest[tid]\nx0 = x[{first}]")
        s.code("ds = wp.matrix_from_cols(" + ", ".join(f"x[{c}] - x0" for c in rest) + ")")
        s.code(draw.choice(("f = ds @ dm", "f = ds * dm")))
        if draw.chance(0.5):
            s.field("volume", "real", "m", low=0.1, high=0.6, names=("rest_volume", "elem_volume") if dims == 3 else ("rest_area", "area"))
            s.code("vol = volume[tid]")
        else:
            s.code(f"vol = {factor} / (wp.abs(wp.determinant(dm)) + 0.1)")
        return False
    s.field("rest", f"vec{dims}", "n", low=-1.2, high=1.2, names=RESTS)
    if small:
        # What is called x are displacements here.
        s.code(f"r0 = rest[{first}]\nu0 = x[{first}]")
        s.code("rest_shape = wp.matrix_from_cols(" + ", ".join(f"rest[{c}] - r0" for c in rest) + ")")
        s.code("det = wp.determinant(rest_shape)\nif wp.abs(det) < 0.15:\n    return\ndm = wp.inverse(rest_shape)")
        s.code("du = wp.matrix_from_cols(" + ", ".join(f"x[{c}] - u0" for c in rest) + ")")
        s.code("grad_u = du @ dm" if draw.chance(0.5) else "grad_u = du * dm")
        s.code(f"f = wp.identity(n={dims}, dtype=float) + grad_u")
    else:
        s.code(f"r0 = rest[{first}]\nx0 = x[{first}]")
        s.code("rest_shape = wp.matrix_from_cols(" + ", ".join(f"rest[{c}] - r0" for c in rest) + ")")
        s.code("det = wp.determinant(rest_shape)")
        s.code("if wp.abs(det) < 0.15:\n    return\ndm = wp.inverse(rest_shape)")
        s.code("ds = wp.matrix_from_cols(" + ", ".join(f"x[{c}] - x0" for c in rest) + ")\nf = ds @ dm")
    s.code(f"vol = wp.abs(det) * {factor}")
    return True


def sizes(draw: Draw, largest: int = 110) -> list[dict[str, int]]:
    """Elements for the three launches, over fewer nodes (but enough for one element)."""
    return [{"m": m, "n": m // 2 + 9, "one": 1} for m in draw.sizes(largest)]


def gravity(s: Script, dims: int) -> None:
    """A body acceleration passed by value."""
    s.uniform("gravity", f"vec{dims}", Uniform(-1.0, 0.2), names=("g", "body_accel"))
