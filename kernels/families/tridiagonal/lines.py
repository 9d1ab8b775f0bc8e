"""Lines of equations: many tridiagonal systems at once, along either axis of their arrays or one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, finish
from kernels.language.expression import Variable

BANDS = (("lower", "diag", "upper"), ("a", "b", "c"), ("sub", "main", "sup"), ("dl", "d_main", "du"))
RIGHTS = ("rhs", "d", "f", "right", "load")
SOLUTIONS = ("x", "u", "solution", "x_out")
FIELDS = (("weight", 0.2, 1.5), ("source", -1.0, 1.0), ("previous", -1.0, 1.0), ("mask_weight", 0.1, 1.0))
PARAMETERS = ("dt", "omega", "scale", "theta", "nu")


class Lines:
    """Lines of `n` equations, a thread for each line (`system`) or for each equation (`i`).

    In the reference an array's view has the equations along its last axis.
    """

    def __init__(self, draft: Draft, *, single: float = 0.0, layouts: Sequence[str] = ("rows", "rows", "columns", "flat")) -> None:
        draw = draft.draw
        self.draft = draft
        self.layout = "single" if draw.chance(single) else draw.choice(layouts)
        self.i = draw.choice(("i", "k", "row"))
        self.system = draw.choice(("s", "system", "line", "tid"))
        draft.reserve(self.i, self.system, "n", "systems", "length", "back", "m", "base", "full", "inner")

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The extents of an array with a number for each equation."""
        return {"single": ("n",), "rows": ("systems", "n"), "columns": ("n", "systems"), "flat": ("systems * n",)}[self.layout]

    def at(self, i: str) -> str:
        """The index of equation `i` of the thread's line."""
        if self.layout == "flat":
            return f"base + {i}" if i != "0" else "base"
        return {"single": i, "rows": f"{self.system}, {i}", "columns": f"{i}, {self.system}"}[self.layout]

    def view(self, array: str) -> str:
        """The reference's array with the equations along the last axis."""
        return {"columns": f"{array}.T", "flat": f"{array}.reshape(-1, n)"}.get(self.layout, array)

    def back(self, text: str) -> str:
        """The array that `text`, with the equations along its last axis, stands for."""
        return {"columns": f"{text}.T", "flat": f"{text}.reshape(-1)"}.get(self.layout, text)

    def array(self, name: str, low: float = -1.0, high: float = 1.0, *, differentiable: bool | None = None) -> str:
        """Declares an input with a number for each equation."""
        return self.draft.array(name, self.draft.real, *self.extents, low=low, high=high, differentiable=differentiable)

    def output(self, name: str, *, differentiable: bool | None = None) -> str:
        """Declares an output with a number for each equation."""
        return self.draft.output(name, self.draft.real, *self.extents, differentiable=differentiable)

    def bands(self, diagonal: tuple[float, float] = (3.0, 5.0)) -> tuple[str, str, str]:
        """Declares the three diagonals of a matrix whose diagonal dominates."""
        draft = self.draft
        names = draft.draw.choice(BANDS)
        for name, (low, high) in zip(names, ((-1.0, 1.0), diagonal, (-1.0, 1.0)), strict=True):
            self.array(draft.free(name), low, high)
        return names

    @contextmanager
    def line_threads(self, array: str) -> Iterator[None]:
        """A thread for each line; `n` is the number of its equations in both."""
        draft = self.draft
        if self.layout == "single":
            raise ValueError("a single line has no threads for lines: use equation_threads")
        if self.layout == "flat":
            draft.line(f"{self.system} = wp.tid()")
            n = draft.count("n")
            draft.line(f"base = {self.system} * {n}")
            draft.numpy(f"length = {n}")
            yield
            return
        axis = 1 if self.layout == "rows" else 0
        with draft.threads((self.system, "systems", array, 1 - axis)):
            n = draft.extent("n", array, axis)
            draft.numpy(f"length = {array}.shape[{axis}]")
            yield

    @contextmanager
    def equation_threads(self, array: str) -> Iterator[None]:
        """A thread for each equation."""
        draft = self.draft
        if self.layout == "flat":
            draft.line(f"{self.system}, {self.i} = wp.tid()")
            n = draft.count("n")
            draft.line(f"base = {self.system} * {n}")
            draft.numpy(f"length = {n}")
            yield
            return
        axes = {"single": (self.i,), "rows": (self.system, self.i), "columns": (self.i, self.system)}[self.layout]
        with draft.threads(
            *((index, str(extent), array, axis) for axis, (index, extent) in enumerate(zip(axes, self.extents, strict=True)))
        ):
            axis = axes.index(self.i)
            draft.extent("n", array, axis)
            draft.numpy(f"length = {array}.shape[{axis}]")
            yield

    @property
    def equations(self) -> tuple[str, ...]:
        """The grid of threads for equations."""
        return {"single": ("n",), "rows": ("systems", "n"), "columns": ("n", "systems"), "flat": ("systems", "n")}[self.layout]

    def neighbour(self, local: str, array: str, offset: int, *, default: str = "0.0") -> None:
        """Reads a neighbour's number in both, or the default beyond the ends."""
        draft, i = self.draft, self.i
        moved = f"{i} {'+' if offset > 0 else '-'} {abs(offset)}"
        test = f"{moved} < n" if offset > 0 else f"{i} >= {-offset}" if offset < -1 else f"{i} > 0"
        if draft.draw.chance(0.6):
            draft.line(f"{local} = {draft.real.spelling}({default})")
            with draft.block(f"if {test}:"):
                draft.line(f"{local} = {array}[{self.at(moved)}]")
        else:
            clamped = f"wp.min({moved}, n - 1)" if offset > 0 else f"wp.max({moved}, 0)"
            draft.line(f"{local} = wp.where({test}, {array}[{self.at(clamped)}], {draft.number(float(default))})")
        pad = (0, offset) if offset > 0 else (-offset, 0)
        widths = f"[(0, 0), {pad}]" if self.layout != "single" else f"[{pad}]"
        part = f"{offset}:" if offset > 0 else f":{offset}"
        draft.numpy(f"{local} = np.pad({self.view(array)}, {widths}, constant_values={default})[..., {part}]")

    def finish(self, value: Variable, outs: Sequence[str], *, linear: bool = False, share: float = 0.75) -> str:
        """Stores a number for each equation, perhaps after a drawn epilogue."""
        index = self.at(self.i)
        view = self.view if self.layout != "flat" else (lambda text: text)
        if self.layout != "flat":
            return finish(
                self.draft, value, outs, index, self.extents, linear=linear, share=share, fields=FIELDS, parameters=PARAMETERS, view=view
            )
        out = self.output(self.draft.name(*outs))
        self.draft.line(f"{out}[{index}] = {value.name}")
        self.draft.numpy(f"{out} = {self.back(value.name)}")
        return out

    def store(self, name: str, local: str, *, numpy: str = "") -> str:
        """Writes a local of the thread's equation to an output."""
        out = self.output(self.draft.free(name))
        self.draft.line(f"{out}[{self.at(self.i)}] = {local}")
        self.draft.numpy(f"{out} = {self.back(numpy or local)}")
        return out

    def sizes(self, smallest: int = 1) -> list[dict[str, int]]:
        """The launches' sizes of many lines with few equations, or of a single line."""
        draw = self.draft.draw
        if self.layout == "single":
            return [{"n": max(smallest, n)} for n in draw.sizes(190)]
        counts = (1, draw.choice((3, 5, 7)), draw.integer(9, 13))
        return [{"systems": s, "n": n} for s, n in zip(counts, (smallest, draw.choice((5, 7)), draw.integer(9, 17)), strict=True)]


class Right:
    """Right-hand sides as a kernel assembles them: given, by a law, or from values and sources. Parentheses are the caller's."""

    def __init__(self, lines: Lines, name: str = "") -> None:
        draft, draw = lines.draft, lines.draft.draw
        self._lines = lines
        self.first = lines.array(name or draft.name(*RIGHTS))
        self.kind = draw.choice(("given", "given", "law", "sources", "weighted"))
        self._law = Law(draft, draw.choice(("source_law", "reaction", "forcing")), -1.0, 1.0) if self.kind == "law" else None
        self._second = self._factor = ""
        if self.kind in ("sources", "weighted"):
            self._second = lines.array(draft.name("sources", "old_values", "heat_in"), 0.2, 1.0)
        if self.kind == "sources":
            self._factor = draft.knob(draft.name("dt", "time_step"), 0.1, 0.8).numpy()

    def warp(self, i: str) -> str:
        """The kernel's text for equation `i`."""
        at, draft = self._lines.at(i), self._lines.draft
        first = f"{self.first}[{at}]"
        if self._law is not None:
            return self._law.warp(first)
        if self.kind == "sources":
            return draft.warp(f"({first} + {self._factor} * {self._second}[{at}])")
        return f"{first} * {self._second}[{at}]" if self.kind == "weighted" else first

    def numpy(self) -> str:
        """The reference's text for all equations."""
        first, second = self._lines.view(self.first), self._lines.view(self._second)
        if self._law is not None:
            return self._law.numpy(first)
        if self.kind == "sources":
            return f"{first} + {self._factor} * {second}"
        return f"{first} * {second}" if self.kind == "weighted" else first


DENSE = [
    "def dense(lower, main, upper):",
    "    n = main.shape[-1]",
    "    at = np.arange(n)",
    "    full = np.zeros((*main.shape, n), main.dtype)",
    "    full[..., at, at] = main",
    "    full[..., at[1:], at[:-1]] = lower[..., 1:]",
    "    full[..., at[:-1], at[1:]] = upper[..., :-1]",
    "    return full",
]
"""The matrices of three diagonals, of which the first below and the last above are not used."""
