"""How a particle finds its neighbours: a table with as many slots for each particle, or a compressed list."""

from __future__ import annotations

from textwrap import indent

from kernels.domains import Integers, Offsets
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw

POSITIONS = ("particle_q", "positions", "pos", "particle_x")
TABLES = ("neighbors", "neighbor_list", "particle_neighbors", "nbr_index")


class Neighbours:
    """The arrays of a neighbour search, and the loop over them.

    `unrolled` loops have the right gradient whatever is made of their result; the others only where it is used linearly.
    """

    def __init__(self, s: Script, kind: str = "") -> None:
        self.s = s
        draw = s.draw
        self.kind = kind or draw.weighted(("count", "sentinel", "full", "csr"), (3, 3, 2, 4))
        self.slots = draw.choice((3, 4, 5, 6))
        self.unrolled = self.kind != "csr"

    def declare(self, target: str = "n") -> None:
        """Declares the arrays; the neighbours are among the particles that launches call `target`."""
        s = self.s
        if self.kind == "csr":
            s.field("row_start", "int", "n1", indices=lambda z: Offsets(z["e"]), names=("neighbor_offsets", "cell_start", "nbr_ptr"))
            s.field("neighbors", "int", "e", below=target, names=TABLES)
        elif self.kind == "sentinel":
            s.field("neighbors", "int", "n", self.slots, domain=lambda z: Integers(-1, z[target]), names=TABLES)
        else:
            s.field("neighbors", "int", "n", self.slots, below=target, names=TABLES)
            if self.kind == "count":
                s.field("neighbor_count", "int", "n", domain=Integers(0, self.slots + 1), names=("num_neighbors", "nbr_count", "degree"))

    def loop(self, body: str, *, apart: bool = False) -> str:
        """The text of the loop, in which `body` knows the neighbour `j`; `apart` leaves a particle out of its own neighbours."""
        draw = self.s.draw
        if self.kind == "csr":
            bounds = draw.choice(("row_start[tid], row_start[tid + 1]", "begin, end"))
            head = "begin = row_start[tid]\nend = row_start[tid + 1]\n" if bounds == "begin, end" else ""
            inner = "j = neighbors[s]\n"
            if apart and draw.chance(0.5):
                return (
                    f"{head}for s in range({bounds}):\n{indent(f'{inner}if j == tid:' + chr(10) + '    continue' + chr(10) + body, '    ')}"
                )
            inner += f"if j != tid:\n{indent(body, '    ')}" if apart else body
            return f"{head}for s in range({bounds}):\n{indent(inner, '    ')}"
        head = f"for k in range({self.slots}):\n"
        listed = {"count": "k < neighbor_count[tid]", "sentinel": "j >= 0", "full": ""}[self.kind]
        tests = " and ".join(t for t in (listed, "j != tid" if apart else "") if t)
        inner = "j = neighbors[tid, k]\n" + (f"if {tests}:\n{indent(body, '    ')}" if tests else body)
        return head + indent(inner, "    ")


def sizes(draw: Draw, largest: int = 130) -> list[dict[str, int]]:
    """Particles for the three launches, with four neighbours each on average in a compressed list."""
    return [{"n": n, "n1": n + 1, "e": 4 * n, "one": 1, "b": n // 2 + 3, "bodies": n // 9 + 1} for n in draw.sizes(largest)]
