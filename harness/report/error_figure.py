"""The figure of errors: every measured record's largest forward and gradient error, as a share of the tolerance that it was held to.

Records hold few distinct tolerances, and each is a row; within it points are spread up and down, the same way each time, and devices stand
below each other. Errors of exactly 0 have no place on a log axis and stand in a band of their own to the left of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.report.material import NAMES, Material
from harness.report.numbers import FORWARD, GRADIENT, Measure, limited
from harness.report.source import Row
from harness.report.style import COLOURS, FAINT, INK, WARNING, card

_GOLDEN, _SILVER = (math.sqrt(5) - 1) / 2, math.sqrt(2) - 1
"""Their multiples, whole parts left out, fill an interval evenly and independently of each other."""

_ROW = 0.84
"""What a tolerance's points fill of its row."""

_BAND = 1.2
"""Decades that the band of errors of exactly 0 is wide."""

_FEW_POINTS = 300
"""More points than this are drawn smaller and fainter, so that their density shows."""

_MOST_VECTOR_POINTS = 4000
"""More points than this are drawn as an image within the SVG, which stays small."""

Point = tuple[float, float]


@dataclass(frozen=True)
class _Frame:
    """The rows of a panel by tolerance, and the decade of shares that the axis begins with, the band of zeros before it left aside."""

    rows: dict[float, int]
    low: int


@dataclass(frozen=True)
class _Lane:
    """Where a device's points stand within a row, from its middle."""

    top: float
    height: float


def draw_errors(material: Material) -> Figure | None:
    """A panel for each kind of error that was measured; None if none was, or none was held to a tolerance above 0."""
    devices, rows = material.devices, material.rows
    measured = {
        m: [(e, t) for row in rows if (e := getattr(row, m.error)) is not None and (t := getattr(row, m.tolerance))] for m in _MEASURES
    }
    measured = {measure: found for measure, found in measured.items() if found}
    if not measured:
        return None
    shares = [error / tolerance for found in measured.values() for error, tolerance in found if error > 0]
    low, high = math.floor(math.log10(min(shares, default=0.1))), math.ceil(math.log10(max(shares, default=1.0)))
    frames = {m: _Frame({t: place for place, t in enumerate(sorted({t for _, t in found}))}, low) for m, found in measured.items()}
    most = max(len(frame.rows) for frame in frames.values())
    figure = card(1.25 + 0.34 * most)
    panels = figure.subplots(1, len(frames), squeeze=False)[0]
    image = sum(map(len, measured.values())) > _MOST_VECTOR_POINTS
    for axes, (measure, frame) in zip(panels, frames.items(), strict=True):
        _prepare(axes, frame, max(high, 0))
        for place, data in enumerate(devices):
            lane = _Lane(-_ROW / 2 + _ROW * place / len(devices), _ROW / len(devices))
            apart = [row for row in data.rows if measure is GRADIENT and limited(row)]
            sound = [row for row in data.rows if measure is FORWARD or not limited(row)]
            _scatter(axes, _points(sound, measure, frame, lane), COLOURS[data.device], "o", image)
            _scatter(axes, _points(apart, measure, frame, lane), WARNING, "X", image)
        zeros = sum(error == 0 for error, _ in measured[measure])
        axes.set_title(f"{measure.name.capitalize()}: {len(measured[measure]):,} records, {zeros:,} exactly 0", fontsize=9.5)
        axes.set_xlabel("largest error / tolerance (log scale)", fontsize=9.5)
    panels[0].set_ylabel("tolerance (relative)", fontsize=9.5)
    figure.legend(handles=_handles(material), loc="outside lower center", ncols=4, fontsize=8.5, handletextpad=0.4, columnspacing=1.4)
    return figure


_MEASURES = (FORWARD, GRADIENT)


def _handles(material: Material) -> list[Line2D]:
    handles = [
        Line2D([], [], linestyle="", marker="o", color=COLOURS[d.device], label=f"{NAMES[d.device]} record") for d in material.devices
    ]
    if any(map(limited, material.rows)):
        handles.append(Line2D([], [], linestyle="", marker="X", color=WARNING, label="known limitation of Warp"))
    handles.append(Line2D([], [], color=INK, linewidth=1.8, label="tolerance"))
    return handles


def _prepare(axes: Axes, frame: _Frame, high: int) -> None:
    left = 10.0 ** (frame.low - _BAND)
    axes.set_xscale("log")
    axes.set_xlim(left, 10.0 ** (high + 0.3))
    step = max(1, math.ceil((high - frame.low) / 5))
    decades = range(0, frame.low, -step)
    axes.set_xticks([10.0 ** (frame.low - _BAND / 2), *(10.0**d for d in decades)], ["0", *("1" if d == 0 else f"1e{d}" for d in decades)])
    axes.set_xticks([], minor=True)
    axes.tick_params(labelsize=9)
    axes.set_yticks(list(frame.rows.values()), [f"{t:.0e}".replace("e-0", "e-") for t in frame.rows])
    axes.set_ylim(len(frame.rows) - 0.5, -0.5)
    axes.axvspan(left, 10.0**frame.low, color=FAINT, alpha=0.35, linewidth=0)
    axes.axvline(1.0, color=INK, linewidth=1.8, zorder=4)
    for place in range(1, len(frame.rows)):
        axes.axhline(place - 0.5, color=FAINT, linewidth=0.8)


def _points(rows: Sequence[Row], measure: Measure, frame: _Frame, lane: _Lane) -> list[Point]:
    """Where each measured row stands: its share of the tolerance, and its tolerance's row, moved by its place in the sequence."""
    points = []
    for place, row in enumerate(rows):
        error, tolerance = measure.of(row) or (None, None)
        if error is not None and tolerance:
            aside = 10.0 ** (frame.low - _BAND * (0.1 + 0.8 * (place * _SILVER % 1.0)))
            height = frame.rows[tolerance] + lane.top + (place * _GOLDEN % 1.0) * lane.height
            points.append((error / tolerance if error else aside, height))
    return points


def _scatter(axes: Axes, points: list[Point], colour: str, marker: str, image: bool) -> None:
    if points:
        x, y = zip(*points, strict=True)
        few = len(points) <= _FEW_POINTS
        size = (14 if few else 5) * (2.2 if marker == "X" else 1)
        alpha = 0.9 if few and marker == "X" else 0.6 if few else 0.35
        axes.scatter(x, y, s=size, c=colour, marker=marker, alpha=alpha, edgecolors="white", linewidths=0.2, rasterized=image, zorder=3)
