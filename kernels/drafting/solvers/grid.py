"""A thread per grid cell, its neighbours by the boundary rule, and the differences that schemes are made of."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.case import Case
from kernels.drafting.arguments import grids
from kernels.drafting.solvers.script import Script

STEPS = {-2: "mm", -1: "m", 0: "", 1: "p", 2: "pp"}


class Grid:
    """The grid of a kernel: one to three axes, and what lies beyond the boundary.

    Rules: `clamp` repeats the last cell, `periodic` goes on at the other side, `interior` leaves a rim of `reach` cells alone.
    """

    def __init__(self, s: Script, dims: int, rule: str = "", reach: int = 1) -> None:
        self.s, self.dims, self.reach = s, dims, reach
        self.rule = rule or s.draw.choice(("clamp", "periodic", "interior"))
        self.axes = ("i", "j", "k")[:dims]
        self.extents = ("nx", "ny", "nz")[:dims]
        self._named: set[str] = set()
        self._style = s.draw.choice(("named", "named", "inline"))

    @property
    def here(self) -> str:
        """The thread's own index."""
        return ", ".join(self.axes)

    def field(self, name: str, low: float = -1.0, high: float = 1.0, base: str = "real", names: Sequence[str] = ()) -> str:
        """A field of the grid that the kernel reads."""
        return self.s.field(name, base, *self.extents, low=low, high=high, names=names)

    def result(self, name: str, base: str = "real", names: Sequence[str] = ()) -> str:
        """A field that it writes."""
        return self.s.result(name, base, *self.extents, names=names)

    def open(self, array: str) -> None:
        """Names the threads; extents are told, or read off `array`."""
        s = self.s
        s.grid(*zip(self.axes, self.extents, self.extents, strict=True), array=array)
        for number, extent in enumerate(self.extents):
            s.extent(extent, array, number)

    def rim(self, **values: str) -> None:
        """By the rule `interior`, writes `values` (by output) to the cells of the rim, which then return."""
        if self.rule != "interior":
            return
        r = self.reach
        edge = " or ".join(f"{a} < {r} or {a} >= {n} - {r}" for a, n in zip(self.axes, self.extents, strict=True))
        stores = "".join(f"    {out}[{self.here}] = {value}\n" for out, value in values.items())
        self.s.code(f"if {edge}:\n{stores}    return")

    def at(self, *offsets: int) -> str:
        """The index of the neighbour at `offsets`, whose parts are named before they are first used."""
        parts = [self._part(axis, extent, o) for axis, extent, o in zip(self.axes, self.extents, offsets, strict=True)]
        return ", ".join(parts)

    def near(self, axis: int, offset: int) -> str:
        """The index of the neighbour that lies `offset` cells away along `axis`."""
        return self.at(*(offset if a == axis else 0 for a in range(self.dims)))

    def _part(self, axis: str, extent: str, offset: int) -> str:
        if offset == 0:
            return axis
        if self.rule == "interior":
            return f"{axis} {'+' if offset > 0 else '-'} {abs(offset)}"
        text = self._beyond(axis, extent, offset)
        if self._style == "inline":
            return text
        name = f"{axis}{STEPS[offset]}"
        if name not in self._named:
            self._named.add(name)
            self.s.code(f"{name} = {text}")
            self.s.names.safe.add(name)
        return name

    def _beyond(self, axis: str, extent: str, offset: int) -> str:
        """The text of the index that lies `offset` cells away, by the boundary rule."""
        size = abs(offset)
        if self.rule == "clamp":
            return f"wp.min({axis} + {size}, {extent} - 1)" if offset > 0 else f"wp.max({axis} - {size}, 0)"
        if offset > 0:
            return f"({axis} + {size}) % {extent}"
        return f"({axis} + {extent if size == 1 else f'{size} * {extent}'} - {size}) % {extent}"

    def prepare(self, reach: int = 1) -> None:
        """Names the indices of the neighbours up to `reach` away, so that they stand together."""
        for axis in range(self.dims):
            for offset in range(-reach, reach + 1):
                self.near(axis, offset)

    def laplacian(self, field: str, name: str = "lap", *, scale: str = "") -> None:
        """Names the sum of second differences of `field`, times `scale`."""
        s, draw = self.s, self.s.draw
        centre = f"{field}[{self.here}]"
        if self.rule != "interior" and not s.names.arrays[field][0].rank and ("laplacian" in s.names.functions or draw.chance(0.25)):
            text = f"{self._laplacian_function()}({field}, {self.here}, {', '.join(self.extents)})"
            s.code(f"{name} = {scale} * {text}" if scale else f"{name} = {text}")
            return
        if self.dims == 2 and draw.chance(0.25):
            sides = " + ".join(f"{field}[{self.near(a, o)}]" for a in range(2) for o in (-1, 1))
            corners = " + ".join(f"{field}[{self.at(a, b)}]" for a in (-1, 1) for b in (-1, 1))
            s.code(f"{name}_sides = {sides}\n{name}_corners = {corners}")
            text = f"0.2 * {name}_sides + 0.05 * {name}_corners - {centre}"
            s.code(f"{name} = {scale} * ({text})" if scale else f"{name} = {text}")
            return
        if draw.chance(0.35):
            parts = []
            for a, axis in enumerate("xyz"[: self.dims]):
                minus, plus = self.near(a, -1), self.near(a, 1)
                s.code(f"{name}_{axis} = {field}[{plus}] - 2.0 * {centre} + {field}[{minus}]")
                parts.append(f"{name}_{axis}")
            text = " + ".join(parts)
        else:
            sides = " + ".join(f"{field}[{self.near(a, o)}]" for a in range(self.dims) for o in (-1, 1))
            text = f"{sides} - {2.0 * self.dims} * {centre}"
        s.code(f"{name} = ({text}) * {scale}" if scale else f"{name} = {text}")

    def _laplacian_function(self) -> str:
        """The function that adds up second differences of an array at a cell; defined when first asked for."""
        if "laplacian" not in self.s.names.functions:
            lines = []
            for axis, extent in zip(self.axes, self.extents, strict=True):
                for offset in (-1, 1):
                    lines.append(f"{axis}{STEPS[offset]} = {self._beyond(axis, extent, offset)}")
            sides = [f"u[{', '.join(f'{b}{STEPS[o]}' if b == axis else b for b in self.axes)}]" for axis in self.axes for o in (-1, 1)]
            lines.append(f"return {' + '.join(sides)} - {2.0 * self.dims} * u[{self.here}]")
            heads = [f"u: real[{self.dims}]", *(f"{a}: int" for a in self.axes), *(f"{n}: int" for n in self.extents)]
            doc = self.s.draw.choice(("", "Sum of second differences at a cell."))
            self.s.define("laplacian", ", ".join(heads), "\n".join(lines), "real", doc)
        return "laplacian"

    def case(self, kernel_name: str, doc: str = "") -> Case:
        """The finished case over grids of one cell, of prime extents, and of one that no block divides."""
        sizes_of = grids(self.s.draw, self.extents)
        return self.s.finish(kernel_name, self.extents, [{**sizes, "one": 1} for sizes in sizes_of], doc=doc)
