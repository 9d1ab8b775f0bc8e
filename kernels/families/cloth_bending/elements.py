"""The particles of a cloth and the elements over them: hinges, triangles, edges."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.drafting.solvers.elements import corners
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw

POSITIONS = ("particle_q", "pos", "x_in", "positions", "verts")
VELOCITIES = ("particle_qd", "vel", "v_in", "velocities")
FORCES = ("particle_f", "forces", "f_out", "force")
TABLES = {
    2: ("edge_indices", "edges", "spring_indices"),
    3: ("tri_indices", "triangles", "faces"),
    4: ("edge_quads", "hinges", "bending_indices", "quad_indices"),
}
THREADS = ("e", "eid", "face", "hinge")


def particles(s: Script, *, moving: bool = False) -> None:
    """Declares the particles' positions `x`, and velocities `v` where they move."""
    s.field("x", "vec3", "n", low=-1.2, high=1.2, names=POSITIONS)
    if moving:
        s.field("v", "vec3", "n", low=-1.0, high=1.0, names=VELOCITIES)


def elements(s: Script, *names: str, table: str = "", tables: Sequence[str] = ()) -> None:
    """A thread per element, and its corners by `names`."""
    known = TABLES.get(len(names), ())
    corners(s, *names, table=table or known[0], tables=tables or known, threads=THREADS)


def sizes(draw: Draw, largest: int = 130) -> list[dict[str, int]]:
    """Elements for the three launches, over fewer particles (but enough for one element)."""
    return [{"m": m, "n": m // 2 + 5, "one": 1, "bodies": m // 8 + 1} for m in draw.sizes(largest)]


def vertex_sizes(draw: Draw) -> list[dict[str, int]]:
    """Particles for the three launches of kernels that run over particles."""
    return [{"n": n, "one": 1, "m": n, "bodies": n // 8 + 1} for n in draw.sizes(200)]
