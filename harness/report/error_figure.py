"""The figure of errors: every measured record's largest forward and gradient error over the tolerance that it was held to.

Records hold few distinct tolerances, so points of one tolerance are spread sideways, the same way each time. Over that spread the bound is
drawn as a level bar at the tolerance's own height, and the diagonal only between the bars, so that a point is above its bound exactly if
it looks so. Errors of exactly 0 have no place on a log axis and stand in a band of their own below it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.report.numbers import FORWARD, GRADIENT, Measure, limited
from harness.report.source import DeviceData, Row
from harness.report.style import COLOURS, FAINT, INK, WARNING, card

_WIDEST_SPREAD = 0.9
"""Most decades on either side of a tolerance over which its points are spread."""

_GOLDEN, _SILVER = (math.sqrt(5) - 1) / 2, math.sqrt(2) - 1
"""Their multiples, whole parts left out, fill an interval evenly and independently of each other."""

_FEW_POINTS = 300
"""More points than this are drawn smaller and fainter, so that their density shows."""

_MOST_VECTOR_POINTS = 4000
"""More points than this are drawn as an image within the SVG, which stays small."""

Point = tuple[float, float]


@dataclass(frozen=True)
class _Lane:
    """Where a device's points of a tolerance stand, in decades from the tolerance: devices stand side by side."""

    left: float
    right: float


def draw_errors(devices: Sequence[DeviceData]) -> Figure | None:
    """A panel for each kind of error that was measured; None if none was, or none was held to a tolerance above 0."""
    rows = [row for data in devices for row in data.rows]
    measured = {measure: [found for row in rows if (found := measure.of(row)) is not None] for measure in (FORWARD, GRADIENT)}
    panels = {measure: sorted({tolerance for _, tolerance in found if tolerance}) for measure, found in measured.items()}
    panels = {measure: tolerances for measure, tolerances in panels.items() if tolerances}
    if not panels:
        return None
    positive = [value for measure in panels for found in measured[measure] for value in found if value > 0]
    low, high = math.floor(math.log10(min(positive))) - 1, math.ceil(math.log10(max(positive))) + 1
    figure = card(4.6)
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)
    image = sum(map(len, measured.values())) > _MOST_VECTOR_POINTS
    for axes, (measure, tolerances) in zip(grid[0], panels.items(), strict=True):
        _frame(axes, tolerances, low, high)
        spread = _spread(tolerances)
        for place, data in enumerate(devices):
            lane = _Lane(spread * (2 * place / len(devices) - 1), spread * (2 * (place + 1) / len(devices) - 1))
            apart = [row for row in data.rows if measure is GRADIENT and limited(row)]
            sound = [row for row in data.rows if measure is FORWARD or not limited(row)]
            _scatter(axes, _points(sound, measure, low, lane), COLOURS[data.device], "o", image)
            _scatter(axes, _points(apart, measure, low, lane), WARNING, "X", image)
        _bounds(axes, tolerances, spread)
        _label(axes, measure, [error for error, _ in measured[measure]])
    grid[0][0].set_ylabel("largest relative error (log scale)")
    handles = [Line2D([], [], linestyle="", marker="o", color=COLOURS[data.device], label=f"{data.device} record") for data in devices]
    if any(map(limited, rows)):
        handles.append(Line2D([], [], linestyle="", marker="X", color=WARNING, label="known limitation: gradient differs"))
    handles.append(Line2D([], [], color=INK, linewidth=2.2, label="error = tolerance: none may be above"))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=3 if len(handles) <= 3 else 2, fontsize=9, handletextpad=0.4, columnspacing=1.4
    )
    return figure


def _frame(axes: Axes, tolerances: list[float], low: int, high: int) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(tolerances) / 10**2, max(tolerances) * 10**2)
    axes.set_ylim(10.0 ** (low - 1.6), 10.0**high)
    step = max(1, math.ceil((high - low) / 9))
    decades = range(high, low, -step)
    axes.set_yticks([10.0 ** (low - 0.8), *(10.0**d for d in decades)], ["exactly 0", *(f"1e{d}" for d in decades)])
    axes.set_yticks([], minor=True)
    axes.set_xticks(tolerances, [f"{t:.0e}".replace("e-0", "e-") for t in tolerances])
    axes.set_xticks([], minor=True)
    axes.axhspan(10.0 ** (low - 1.6), 10.0**low, color=FAINT, alpha=0.35, linewidth=0)
    axes.grid(axis="y")


def _points(rows: Sequence[Row], measure: Measure, low: int, lane: _Lane) -> list[Point]:
    """Where each measured row stands: its tolerance, moved sideways by its place in the sequence, and its error."""
    points = []
    for place, row in enumerate(rows):
        error, tolerance = measure.of(row) or (None, None)
        if error is not None and tolerance:
            aside = lane.left + (place * _GOLDEN % 1.0) * (lane.right - lane.left)
            aloft = error or 10.0 ** (low - 0.8 + (place * _SILVER % 1.0 - 0.5))
            points.append((tolerance * 10.0**aside, aloft))
    return points


def _scatter(axes: Axes, points: list[Point], colour: str, marker: str, image: bool) -> None:
    if points:
        x, y = zip(*points, strict=True)
        few = len(points) <= _FEW_POINTS
        size = (18 if few else 7) * (2.5 if marker == "X" else 1)
        alpha = 1.0 if few and marker == "X" else 0.6 if few else 0.3
        axes.scatter(x, y, s=size, c=colour, marker=marker, alpha=alpha, edgecolors="white", linewidths=0.3, rasterized=image, zorder=3)


def _spread(tolerances: list[float]) -> float:
    gaps = [math.log10(upper / lower) for lower, upper in pairwise(tolerances)]
    return min([_WIDEST_SPREAD, *(0.4 * gap for gap in gaps)])


def _bounds(axes: Axes, tolerances: list[float], spread: float) -> None:
    aside = 10.0**spread
    left, right = axes.get_xlim()
    edges = [left, *(edge for t in tolerances for edge in (t / aside, t * aside)), right]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        axes.plot([start, end], [start, end], color=INK, linestyle="--", linewidth=1.0, zorder=2)
    for t in tolerances:
        axes.plot([t / aside, t * aside], [t, t], color=INK, linewidth=2.2, zorder=4)


def _label(axes: Axes, measure: Measure, errors: Sequence[float]) -> None:
    axes.set_title(f"{measure.name.capitalize()}: {len(errors):,} records,\n{errors.count(0.0):,} exactly 0")
    axes.set_xlabel(f"{measure.name} tolerance (relative, log scale)")
