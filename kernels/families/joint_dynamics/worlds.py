"""Threads over worlds and joints, bodies or actuators: the grid, and how arrays are read that worlds have in common or for themselves."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.domains import Bernoulli
from kernels.drafting.arguments import Rule
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.language.types import BOOL

WORLDS = ("worldid", "world_id", "world", "env")
NAMES = {
    "dof": ("dofid", "dof", "joint", "d"),
    "body": ("bodyid", "body", "b"),
    "act": ("actid", "actuator", "uid"),
    "ten": ("tenid", "tendon", "t_id"),
    "con": ("eqid", "constraint", "row"),
}
COUNTS = {"dof": "nv", "body": "nbody", "act": "nu", "ten": "ntendon", "con": "neq"}


def masked(s: Script) -> None:
    """Now and then leaves out worlds that are not to be stepped."""
    if s.draw.chance(0.25):
        s.field("world_mask", "bool" if s.draw.chance(0.5) else "int", "nworld", domain=Bernoulli(0.7), names=("env_active", "step_mask"))
        s.skip("not world_mask[w]" if s.names.arrays["world_mask"][0] is BOOL else "world_mask[w] == 0")


class Worlds:
    """A thread per world and item (a degree of freedom, a body, an actuator), or per item of one world."""

    def __init__(self, s: Script, item: str, *, many: bool | None = None) -> None:
        self.s, self.item = s, item
        self.many = s.draw.chance(0.6) if many is None else many
        self.size = COUNTS[item]

    @property
    def at(self) -> str:
        """The index of the thread's element in an array of its own for each world."""
        return "w, d" if self.many else "d"

    def state(
        self, name: str, base: str, low: float, high: float, *, size: str = "", domain: Rule | None = None, names: Sequence[str] = ()
    ) -> str:
        """An array with a row for each world (if there are many)."""
        extents = ("nworld", size or self.size) if self.many else (size or self.size,)
        return self.s.field(name, base, *extents, low=low, high=high, domain=domain, names=names)

    def model(self, name: str, base: str, low: float, high: float, *, domain: Rule | None = None, names: Sequence[str] = ()) -> str:
        """The local `name`: a property that all worlds share, one for each item, or a number for all."""
        if base == "real" and self.s.draw.chance(0.3):
            self.s.tuning((name, low, high))
            return name
        array = self.s.field(f"{name}_m", base, self.size, low=low, high=high, domain=domain, names=names)
        self.s.code(f"{name} = {array}[d]")
        return name

    def indices(self, name: str, below: str, names: Sequence[str] = ()) -> None:
        """The local `name`: an index that all worlds share."""
        array = self.s.field(f"{name}_m", "int", self.size, below=below, names=names)
        self.s.code(f"{name} = {array}[d]")

    def result(self, name: str, base: str, *, size: str = "", names: Sequence[str] = (), partly: bool = False) -> str:
        """An array that the kernel writes, with a row for each world."""
        extents = ("nworld", size or self.size) if self.many else (size or self.size,)
        return self.s.result(name, base, *extents, role="accumulate" if partly else "output", names=names)

    def open(self, array: str) -> None:
        """Names the threads."""
        if self.many:
            shaped = self.s.extents_of(array) == ("nworld", self.size)
            self.s.grid(("w", "nworld", "nworld"), ("d", self.size, self.size), array=array if shaped else "")
            self.s.alias("w", *WORLDS)
            self.s.alias("d", *NAMES[self.item])
            masked(self.s)
        else:
            self.s.thread(self.size, array, index="d", counts=(f"num_{self.item}s", f"n_{self.item}"), names=(*NAMES[self.item], "tid"))

    @property
    def dim(self) -> tuple[str, ...]:
        """The launch's grid."""
        return ("nworld", self.size) if self.many else (self.size,)

    def sizes(self, draw: Draw) -> list[dict[str, int]]:
        """Three launches: one of all; primes; more than 64 threads."""
        if self.many:
            pairs = ((1, 1), (draw.choice((3, 5)), draw.choice((5, 7))), (draw.integer(7, 9), draw.integer(11, 13)))
        else:
            pairs = tuple((1, n) for n in draw.sizes(150))  # type: ignore[assignment]
        return [
            {"nworld": w, "one": 1, **dict.fromkeys(COUNTS.values(), n), "nq": n + 3, "nsite": n + 2, "nlink": n + 4, "wrap": 3 * n}
            for w, n in pairs
        ]
