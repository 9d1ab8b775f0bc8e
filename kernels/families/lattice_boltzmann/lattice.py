"""Velocity sets of the lattice Boltzmann method, and how a kernel holds and reaches its populations.

Sets and weights after Krueger et al., The Lattice Boltzmann Method (2017), chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.case import Case
from kernels.drafting.arguments import grids
from kernels.drafting.solvers.script import Script


@dataclass(frozen=True)
class Model:
    """A velocity set: its name, velocities, weights (as text), and the square of its speed of sound."""

    name: str
    velocities: tuple[tuple[int, ...], ...]
    weights: tuple[str, ...]
    cs2: float

    @property
    def dims(self) -> int:
        """The number of axes."""
        return len(self.velocities[0])

    @property
    def size(self) -> int:
        """The number of velocities."""
        return len(self.velocities)

    def opposite(self, q: int) -> int:
        """The number of the velocity that points the other way."""
        return self.velocities.index(tuple(-c for c in self.velocities[q]))


D1Q3 = Model("d1q3", ((0,), (1,), (-1,)), ("0.6666667", "0.1666667", "0.1666667"), 1 / 3)
D2Q5 = Model("d2q5", ((0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)), ("0.3333333", *["0.1666667"] * 4), 1 / 3)
D2Q9 = Model(
    "d2q9",
    ((0, 0), (1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)),
    ("0.4444444", *["0.1111111"] * 4, *["0.0277778"] * 4),
    1 / 3,
)
D3Q7 = Model("d3q7", ((0, 0, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)), ("0.25", *["0.125"] * 6), 0.25)
MODELS = (D1Q3, D2Q5, D2Q9, D3Q7)
AXES = "xyz"


class Lattice:
    """The grid of a kernel and the layout of its populations.

    Layouts: the velocity's number first or last in an array of the grid's axes, or a flat list by velocity with a thread per cell.
    """

    def __init__(self, s: Script, model: Model, *, flat: bool = True) -> None:
        self.s, self.model = s, model
        self.layout = s.draw.choice(("first", "first", "last", "flat") if flat else ("first", "last"))
        self.axes = ("i", "j", "k")[: model.dims]
        self.extents = ("nx", "ny", "nz")[: model.dims]
        self._neighbours: dict[tuple[int, ...], str] = {}
        self._named: set[str] = set()

    @property
    def cell(self) -> str:
        """The index of the thread's own cell in a field without populations."""
        return "tid" if self.layout == "flat" else ", ".join(self.axes)

    @property
    def _cells(self) -> str:
        return " * ".join(self.extents)

    def populations(self, name: str, low: float, high: float, names: Sequence[str] = ()) -> str:
        """The populations that the kernel reads."""
        return self.s.field(name, "real", *self._extents_with_velocities(), low=low, high=high, names=names)

    def new_populations(self, name: str, names: Sequence[str] = (), *, partly: bool = False) -> str:
        """The populations that it writes, all of them unless `partly`."""
        return self.s.result(name, "real", *self._extents_with_velocities(), role="accumulate" if partly else "output", names=names)

    def _extents_with_velocities(self) -> tuple[str | int, ...]:
        q = self.model.size
        if self.layout == "flat":
            return (f"{q} * {self._cells}",)
        return (q, *self.extents) if self.layout == "first" else (*self.extents, q)

    def field(self, name: str, base: str, low: float, high: float, names: Sequence[str] = ()) -> str:
        """A field of the grid that the kernel reads."""
        extents = (self._cells,) if self.layout == "flat" else self.extents
        return self.s.field(name, base, *extents, low=low, high=high, names=names)

    def result(self, name: str, base: str, names: Sequence[str] = (), *, partly: bool = False) -> str:
        """A field that it writes."""
        extents = (self._cells,) if self.layout == "flat" else self.extents
        return self.s.result(name, base, *extents, role="accumulate" if partly else "output", names=names)

    def open(self) -> None:
        """Names the threads, and the coordinates of each."""
        s = self.s
        if self.layout == "flat":
            s.name_thread("tid", ("cell", "c", "idx"))
            for extent in self.extents:
                s.number_of(extent)
            s.code(f"cells = {self._cells}")
            if s.draw.chance(0.5):
                s.line("if tid >= cells:", "    return")
            if self.model.dims == 1:
                s.code("i = tid")
            elif self.model.dims == 2:
                s.code("i = tid // ny\nj = tid % ny")
            else:
                s.code("i = tid // (ny * nz)\nj = (tid // nz) % ny\nk = tid % nz")
            s.names.safe.update(self.axes)
            return
        for extent in self.extents:
            s.number_of(extent)
        s.grid(*zip(self.axes, self.extents, self.extents, strict=True))

    def at(self, q: int | str, where: Sequence[int] = ()) -> str:
        """The index of population `q` of the cell that lies `where` from the thread's own, periodic at the boundary."""
        cell = self.neighbour(where)
        if self.layout == "flat":
            return cell if q == 0 else f"cells + {cell}" if q == 1 else f"{q} * cells + {cell}"
        return f"{q}, {cell}" if self.layout == "first" else f"{cell}, {q}"

    def neighbour(self, where: Sequence[int] = ()) -> str:
        """The index of a cell in a field without populations."""
        if not any(where):
            return self.cell
        parts = [self._part(a, n, o) for a, n, o in zip(self.axes, self.extents, where, strict=True)]
        if self.layout != "flat":
            return ", ".join(parts)
        key = tuple(where)
        if key not in self._neighbours:
            name = "cell_" + "".join({-1: "m", 0: "o", 1: "p"}[o] for o in where)
            text = parts[0]
            for part, extent in zip(parts[1:], self.extents[1:], strict=True):
                text = f"({text}) * {extent} + {part}" if "+" in text else f"{text} * {extent} + {part}"
            self.s.code(f"{name} = {text}")
            self.s.names.safe.add(name)
            self._neighbours[key] = name
        return self._neighbours[key]

    def _part(self, axis: str, extent: str, offset: int) -> str:
        if offset == 0:
            return axis
        name = f"{axis}{'p' if offset > 0 else 'm'}"
        if name not in self._named:
            self._named.add(name)
            forms = (
                f"({axis} + 1) % {extent}" if offset > 0 else f"({axis} + {extent} - 1) % {extent}",
                f"wp.where({axis} == {extent} - 1, 0, {axis} + 1)" if offset > 0 else f"wp.where({axis} == 0, {extent} - 1, {axis} - 1)",
            )
            self.s.code(f"{name} = {self.s.draw.choice(forms)}")
            self.s.names.safe.add(name)
        return name

    def load(self, array: str, local: str = "f") -> None:
        """Names the thread's own populations f0, f1, ..."""
        self.s.code("\n".join(f"{local}{q} = {array}[{self.at(q)}]" for q in range(self.model.size)))

    def pull(self, array: str, local: str = "f") -> None:
        """Names the populations that stream into the thread's cell."""
        for q, c in enumerate(self.model.velocities):
            index = self.at(q, tuple(-x for x in c))
            self.s.code(f"{local}{q} = {array}[{index}]")

    def total(self, local: str = "f") -> str:
        """The sum of the named populations."""
        return " + ".join(f"{local}{q}" for q in range(self.model.size))

    def momentum(self, axis: int, local: str = "f") -> str:
        """The sum of the named populations weighted by their velocity along an axis."""
        ahead = [f"{local}{q}" for q, c in enumerate(self.model.velocities) if c[axis] > 0]
        behind = [f"{local}{q}" for q, c in enumerate(self.model.velocities) if c[axis] < 0]
        return " + ".join(ahead) + " - " + " - ".join(behind)

    def projection(self, q: int, vector: str = "u") -> str:
        """The dot product of velocity `q` with the components ux, uy, uz ("" for the velocity at rest)."""
        text = ""
        for c, axis in zip(self.model.velocities[q], AXES, strict=False):
            if c:
                sign = "-" if c < 0 else ""
                text += f" {'-' if c < 0 else '+'} {vector}{axis}" if text else f"{sign}{vector}{axis}"
        return text

    def case(self, kernel_name: str, doc: str = "") -> Case:
        """The finished case over three grids."""
        draw = self.s.draw
        sizes = [{**z, "one": 1} for z in grids(draw, self.extents)]
        dim = (self._cells,) if self.layout == "flat" else self.extents
        return self.s.finish(kernel_name, dim, sizes, doc=doc)
