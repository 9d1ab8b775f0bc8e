"""How a kernel of this family searches: the grid, the points it is built over, and the loop over those near a point.

A grid finds everything in the cells that a ball touches, in an order of its own; a kernel then measures the distance itself. So the
reference looks at all pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.domains import Integers, Uniform
from kernels.drafting.arguments import Field
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.language.types import type_named

POINTS = ("positions", "particle_q", "pos", "points", "particle_x")
GRIDS = ("hash_grid", "particle_grid", "grid_id", "neighbor_grid")


class Search:
    """A grid over the points `x`, and threads that search it: one for each of these points, or for each of other ones.

    `radius` is the knob that the search reaches to; in the loop the candidate is `j`, the thread's point `xi` and its number `i`.
    """

    def __init__(self, s: QueryScript, *, apart: bool = False, grouped: float = 0.15, radius: str = "radius") -> None:
        draw = s.draw
        self.s = s
        self.apart = apart
        self.grouped = draw.chance(grouped)
        self.reordered = not apart and draw.chance(0.5)
        self.radius = radius
        self._style = draw.weighted(("for", "inline", "while"), (4, 3, 3))
        self._distance = draw.choice(("vector", "direct", "squared", "named"))

    def declare(self, counts: Sequence[str] = ()) -> None:
        """Declares the grid and the points, and names the thread."""
        s = self.s
        s.field("x", "vec3", "n", low=-0.55, high=0.55, names=POINTS)
        shares = "points=x"
        fields = [s.leaf("cell_width", "real", domain=Uniform(0.25, 0.6)), Field("dims", type_named("vec3i"), (), Integers(3, 12))]
        if self.grouped and self.apart:
            fields.append(s.leaf("groups", "int", "n", domain=Integers(0, 3)))
        elif self.grouped:
            s.field("group", "int", "n", domain=Integers(0, 3), names=("world", "env_id", "particle_group", "material"))
            shares += ",groups=group"
        s.object("grid", f"hash_grid:{shares}", *fields, names=GRIDS)
        if self.apart:
            s.field("targets", "vec3", "m", low=-0.55, high=0.55, names=("samples", "query_points", "nodes", "probes"))
            if self.grouped:
                s.field("target_group", "int", "m", domain=Integers(0, 3), names=("query_world", "probe_env", "query_group"))
            s.thread("m", "targets", index="i", names=("tid", "q", "sample"), counts=("num_queries", "sample_count"))
            s.code("xi = targets[i]")
            return
        names = ("p", "particle", "a") if self.reordered else ("tid", "p", "idx")
        s.thread("n", "x", index="tid" if self.reordered else "i", names=() if self.reordered else names, counts=("num_particles", *counts))
        if self.reordered:
            s.line("i = wp.hash_grid_point_id(grid, tid)")
            if s.draw.chance(0.4):
                s.line("if i == -1:", "    return")
            s.numpy("i = np.arange(dim[0], dtype=np.int32)")
            s.holds("int", "i")
            s.names.safe.add("i")
            s.alias("i", *names)
        s.code("xi = x[i]")

    @property
    def size(self) -> str:
        """What launches call the number of threads."""
        return "m" if self.apart else "n"

    @contextmanager
    def near(self, *, function: str = "") -> Iterator[Pairs]:
        """The loop over the points that the grid finds around `xi`."""
        s = self.s
        own = "target_group" if self.apart else "group"
        call = f"wp.hash_grid_query(grid, xi, {self.radius}{f', {own}[i]' if self.grouped else ''})"
        heads = {
            "for": [f"neighbors = {call}", "for j in neighbors:"],
            "inline": [f"for j in {call}:"],
            "while": [f"neighbors = {call}", "j = int(0)", "while wp.hash_grid_query_next(neighbors, j):"],
        }[self._style]
        if self._style == "for" and s.draw.chance(0.4):
            heads = [head.replace("neighbors", "query") for head in heads]
        found = ["row, j = (side.ravel() for side in np.indices((dim[0], len(x))))"]
        if self.grouped:
            found += [f"same = {'grid.groups' if self.apart else 'group'}[j] == {own}[row]", "row, j = row[same], j[same]"]
        s.reserve("neighbors", "query", "same", "side")
        with s.each(heads, "j", found, "len(x)", function=function) as pairs:
            yield pairs

    def measured(self, pairs: Pairs, *, itself: bool = False, reach: str = "") -> None:
        """Names `d`, from the candidate to the thread's point, and its length `r`, and keeps what is nearer than `reach`.

        The thread's own point is left out unless `itself` is asked for.
        """
        s, draw = self.s, self.s.draw
        reach = reach or self.radius
        leave_out = not itself and not self.apart
        first = draw.chance(0.5)
        if leave_out and first:
            pairs.only("j != i", "j == i")
        if self._distance == "named":
            s.code("xj = x[j]\nd = xi - xj")
        else:
            s.code("d = xi - x[j]")
        rest = "j != i and " if leave_out and not first else ""
        if self._distance == "squared":
            s.code("r_sq = wp.dot(d, d)")
            pairs.only(f"{rest}r_sq < {reach} * {reach}", "" if rest else f"r_sq >= {reach} * {reach}")
            # The root has no slope where a point meets itself.
            s.code("r = wp.sqrt(r_sq + 1.0e-6)" if itself else "r = wp.sqrt(r_sq)")
        else:
            s.code("r = wp.length(d)")
            pairs.only(f"{rest}r < {reach}", "" if rest else f"r >= {reach}")


def sizes(s: QueryScript) -> list[dict[str, int]]:
    """Points and threads of the three launches."""
    draw = s.draw
    counts = (1, draw.choice((11, 13, 17, 19)), draw.integer(65, 81))
    return [{"n": n, "m": m, "one": 1} for n, m in zip(counts, (1, draw.choice((7, 12, 16)), draw.integer(40, 70)), strict=True)]
