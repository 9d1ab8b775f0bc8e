"""Windows and series: moving averages, variances and extremes, weighted and exponential averages, autocorrelation, trends, changes.

A thread per element goes over the window that ends or centres there; or a thread per series carries a linear recurrence along it.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.statistics.series import DATA, changes, exponential, lagged, trend
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import I32


def windows(draw: Draw) -> Case:
    """One kernel on windows or series."""
    builders: tuple[Callable[[Draw], Case], ...] = (_moving, _moving, _moving, _ragged, exponential, exponential, lagged, trend, changes)
    return draw.choice(builders)(draw)


class _Window:
    """A window of `width` elements for each thread: of a line, or of each row; behind the element or around it; clamped, or inside only."""

    def __init__(self, draft: Draft, width: int) -> None:
        self.draft, self.width = draft, width
        draw = draft.draw
        self.rows = draw.chance(0.3)
        self.place = draw.choice(("ahead", "behind", "centered"))
        self.edges = "inside" if self.place == "ahead" else draw.choice(("clamp", "wrap"))
        self.i, self.j = draw.choice((("row", "t"), ("s", "i"), ("channel", "t")))
        if not self.rows:
            self.j = draw.choice(("i", "t", "tid"))
        draft.reserve(self.i, self.j, "at", "w", "n")
        self.size = f"n + {width - 1}" if self.edges == "inside" else "n"
        self.here = f"{self.i}, {self.j}" if self.rows else self.j
        self.dim = ["rows", "n"] if self.rows else ["n"]

    def array(self, name: str, low: float = -1.0) -> str:
        """An array that windows are taken from."""
        return self.draft.array(name, self.draft.real, *(("rows", self.size) if self.rows else (self.size,)), low=low)

    def own(self, name: str, low: float = 0.2) -> Expression:
        """A value of the element's own."""
        array = self.draft.array(name, self.draft.real, *self.dim, low=low)
        return self.draft.load(f"{name}_here", array, self.here, low, 1.0)

    def start(self) -> None:
        """The thread's indices and guard."""
        draft, draw = self.draft, self.draft.draw
        draft.line(f"{self.here} = wp.tid()")
        if draw.chance(0.4) or self.edges != "inside":
            n = draft.count("n")
            if draw.chance(0.5):
                draft.line(f"if {self.j} >= {n}:", "    return")

    def element(self, array: str, k: str) -> str:
        """The kernel's element number `k` of the window; writes the line that works out its place where one is needed."""
        prefix = f"{self.i}, " if self.rows else ""
        if self.edges == "inside":
            return f"{array}[{prefix}{self.j} + {k}]" if k != "0" else f"{array}[{prefix}{self.j}]"
        shift = self.width - 1 if self.place == "behind" else self.width // 2
        at = f"{self.j} + {k} - {shift}"
        self.draft.line(f"at = wp.clamp({at}, 0, n - 1)" if self.edges == "clamp" else f"at = ({at} + {self.width} * n) % n")
        return f"{array}[{prefix}at]"

    def numpy(self, array: str) -> str:
        """The reference's windows, along a last axis."""
        if self.edges == "inside":
            count = f"{array}.shape[-1] - {self.width - 1}"
            return f"np.stack([{array}[..., k : k + {count}] for k in range({self.width})], axis=-1)"
        shift = self.width - 1 if self.place == "behind" else self.width // 2
        base = f"np.arange({array}.shape[-1])[:, None] + np.arange({self.width}) - {shift}"
        index = f"np.clip({base}, 0, {array}.shape[-1] - 1)" if self.edges == "clamp" else f"({base}) % {array}.shape[-1]"
        return f"{array}[..., {index}]"

    def case(self, name: str) -> Case:
        """The finished case."""
        draw = self.draft.draw
        sizes = (
            grids(draw, ["n"])
            if not self.rows
            else [{"rows": r, "n": n} for r, n in ((1, 1), (3, draw.choice((5, 7))), (draw.integer(4, 7), draw.integer(13, 23)))]
        )
        # A single element would meet itself all over its window, and leave sums that cancel to rounding.
        sizes = [{**size, "n": max(size["n"], 1 if self.edges == "inside" else 2)} for size in sizes]
        return self.draft.case(name, list(self.dim), sizes)


def _moving(draw: Draw) -> Case:
    """Moving averages, weighted averages, variances, deviations, extremes, energies and slopes of windows."""
    draft = Draft(draw, smooth=True)
    width = draw.choice((3, 4, 5, 7, 8))
    kind = draw.choice(
        ("average", "average", "weighted", "variance", "deviation", "maximum", "range", "energy", "slope", "correlation", "hampel")
    )
    w = _Window(draft, width)
    name = draw.choice((f"moving_{kind}", f"rolling_{kind}", f"window_{kind}"))
    draft.reserve(name, "total", "second", "value", "k", "top", "low", "x", "y", "xy", "mean", "variance", "center", "age")
    data = w.array(draw.choice(DATA))
    other = w.array("other") if kind == "correlation" else ""
    taps = draft.array(draft.name("taps", "coefficients"), draft.real, width, low=0.1) if kind == "weighted" else ""
    out = draft.output(draft.name("out", "smoothed", "filtered"), draft.real, *w.dim)
    w.start()
    draft.numpy(f"window = {w.numpy(data)}")
    n = draft.number(float(width))
    if kind in ("maximum", "range"):
        first = w.element(data, "0")
        draft.line(f"top = {first}", *([f"low = {first}"] if kind == "range" else []))
        with draft.block(f"for k in range(1, {width}):"):
            draft.line(f"x = {w.element(data, 'k')}", "top = wp.max(top, x)", *(["low = wp.min(low, x)"] if kind == "range" else []))
        draft.line("value = top - low" if kind == "range" else "value = top")
        draft.numpy("value = window.max(axis=-1)" + (" - window.min(axis=-1)" if kind == "range" else ""))
        low, high = 0.0 if kind == "range" else -1.0, 2.0
    elif kind == "correlation":
        draft.line(*(f"{s} = {draft.zero()}" for s in ("sx", "sy", "sxy", "sxx", "syy")))
        with draft.block(f"for k in range({width}):"):
            draft.line(f"x = {w.element(data, 'k')}")
            draft.line(f"y = {w.element(other, 'k')}" if w.edges == "inside" else f"y = {other}[{f'{w.i}, ' if w.rows else ''}at]")
            draft.line("sx += x", "sy += y", "sxy += x * y", "sxx += x * x", "syy += y * y")
        draft.line(
            f"xy = sxy / {n} - sx * sy / ({n} * {n})", f"x = sxx / {n} - sx * sx / ({n} * {n})", f"y = syy / {n} - sy * sy / ({n} * {n})"
        )
        draft.warp_formula("value = xy / wp.sqrt((x + 0.05) * (y + 0.05))")
        draft.numpy(f"pair = {w.numpy(other)}", "dx, dy = (v - v.mean(axis=-1, keepdims=True) for v in (window, pair))")
        draft.numpy("value = (dx * dy).mean(axis=-1) / np.sqrt(((dx * dx).mean(axis=-1) + 0.05) * ((dy * dy).mean(axis=-1) + 0.05))")
        low, high = -1.0, 1.0
    else:
        second = kind in ("variance", "deviation", "hampel")
        draft.line(f"total = {draft.zero()}", *([f"second = {draft.zero()}"] if second else []))
        if kind == "slope":
            draft.line(f"age = {draft.real.spelling}({-(width - 1) / 2.0})")
        with draft.block(f"for k in range({width}):"):
            draft.line(f"x = {w.element(data, 'k')}")
            if kind == "weighted":
                draft.line(f"total += {taps}[k] * x")
            elif kind == "energy":
                draft.line("total += x * x")
            elif kind == "slope":
                draft.line("total += age * x", f"age += {draft.number(1.0)}")
            else:
                draft.line("total += x", *(["second += x * x"] if second else []))
        low, high = -1.0, 1.0
        if kind in ("average", "weighted", "energy", "slope"):
            if kind == "slope":
                norm = float(sum((k - (width - 1) / 2.0) ** 2 for k in range(width)))
                numpy = f"(window * (np.arange({width}) - {(width - 1) / 2.0})).sum(axis=-1)"
            else:
                norm = 1.0 if kind == "weighted" else float(width)
                low, high = (-float(width), float(width)) if kind == "weighted" else (-1.0, 1.0)
                numpy = {"weighted": f"window @ {taps}", "energy": "(window * window).sum(axis=-1)"}.get(kind, "window.sum(axis=-1)")
            draft.line(f"value = total / {draft.number(norm)}" if kind != "weighted" else "value = total")
            draft.numpy(f"value = {numpy} / {norm}")
        else:
            draft.line(f"mean = total / {n}", f"variance = second / {n} - mean * mean")
            draft.numpy("mean = window.mean(axis=-1)", "variance = ((window - mean[..., None]) ** 2).mean(axis=-1)")
            if kind == "variance":
                draft.both("value = variance")
            elif kind == "deviation":
                draft.formula("value = wp.sqrt(variance + 0.01)")
            else:
                centre = w.element(data, str(width - 1))
                draft.line(f"center = {centre}")
                draft.numpy(f"center = window[..., {width - 1}]")
                draft.formula("value = (center - mean) / wp.sqrt(variance + 0.02)")
                low, high = -3.0, 3.0
    result: Expression = draft.known("value", draft.real, low, high)
    terms = [result]
    if draw.chance(0.5):
        terms.append(w.own(draw.choice(("gain", "baseline", "weight"))))
    terms += draft.some_parameters(("alpha", "scale"), draw.integer(0, 1))
    if len(terms) > 1 or draw.chance(0.3):
        result = draft.fused("result", draft.real, terms, smooth=True)
    draft.line(f"{out}[{w.here}] = {result.warp()}")
    draft.numpy(f"{out} = {result.numpy()}")
    return w.case(name)


def _ragged(draw: Draw) -> Case:
    """Averages over windows whose size is told or is each element's own: a dynamic loop, its sum used linearly."""
    draft = Draft(draw)
    own = draw.chance(0.5)
    i = draft.name("i", "t", "tid")
    name = draw.choice(("adaptive_average", "window_sum", "running_window", "boxcar"))
    draft.reserve(name, "total", "begin", "end", "k", "x", "count", "n")
    data = draft.array(draw.choice(DATA), draft.real, "n")
    radius = draft.array("radius", I32, "n", domain=Integers(0, 5)) if own else draft.value("radius", I32, Integers(1, 5))
    r = f"{radius}[{i}]" if own else radius
    behind = draw.chance(0.4)
    draft.line(f"{i} = wp.tid()")
    draft.count("n")
    draft.line(f"begin = wp.max({i} - {r}, 0)", f"end = {f'{i} + 1' if behind else f'wp.min({i} + {r} + 1, n)'}", f"total = {draft.zero()}")
    with draft.block("for k in range(begin, end):"):
        value: Expression = Custom(draft.real, Interval(-1.0, 1.0), f"{data}[k]", data)
        if draw.chance(0.6):
            value = draft.fused("x", draft.real, [value], domain=Interval(-20.0, 20.0))
        draft.line(f"total += {value.warp()}")
    draft.numpy(
        f"i = np.arange(len({data}))",
        f"begin = np.maximum(i - {radius}, 0)",
        f"end = {'i + 1' if behind else f'np.minimum(i + {radius} + 1, len(i))'}",
    )
    draft.numpy("inside = (i >= begin[:, None]) & (i < end[:, None])", f"total = np.where(inside, {value.numpy()}, 0.0).sum(axis=1)")
    total = draft.known("total", draft.real, -40.0, 40.0)
    value = total
    if draw.chance(0.7):
        draft.line(f"average = total / {draft.cast('end - begin')}")
        draft.numpy("average = total / (end - begin)")
        value = draft.known("average", draft.real, -10.0, 10.0)
    fields: list[Expression] = []
    if draw.chance(0.5):
        fields.append(draft.load("base", draft.array(draft.name("baseline", "trend"), draft.real, "n"), i, -1.0, 1.0))
    for step in (
        steps := draft.ending(
            ("result", "smoothed_i"), value, fields, draft.some_parameters(("alpha",), draw.integer(0, 1)), nonlinear=False
        )
    ):
        draft.line(step.warp)
        draft.numpy(step.numpy)
    draft.store(draft.output(draft.name("out", "averaged"), draft.real, "n"), i, steps[-1].value.name if steps else value.name)
    return draft.case(name, ["n"], grids(draw, ["n"]))
