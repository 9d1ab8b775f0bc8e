"""The figure of diversity: how many structures and clusters a growing number of cases gives, and how large the clusters are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.report.diversity import growth, records_by_cluster_size
from harness.report.material import NAMES, Material
from harness.report.page import share
from harness.report.source import DeviceData
from harness.report.style import COLOURS, INK, card

_MOST_POINTS = 200
"""Of a line, so that the file stays small."""


def draw_diversity(material: Material) -> Figure:
    """Two panels: growth with the cases, and records by the size of their cluster."""
    figure = card(2.45)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    _draw_growth(left, material.devices)
    _draw_sizes(right, material.devices)
    return figure


def _draw_growth(axes: Axes, devices: Sequence[DeviceData]) -> None:
    most = 0
    for data in devices:
        found = growth(data)
        cases = len(found.records)
        most = max(most, cases)
        at = np.unique(np.linspace(0, cases - 1, min(cases, _MOST_POINTS)).round().astype(int))
        colour, name = COLOURS[data.device], NAMES[data.device]
        # Devices that have the same kernels have the same lines: the one below shows beside the one above.
        width = 3.4 if data is devices[0] and len(devices) > 1 else 1.6
        for values, style, what in ((found.records, "-", "structures"), (found.clusters, ":", "clusters")):
            axes.plot(
                [0, *(at + 1)], [0, *(values[i] for i in at)], style, color=colour, linewidth=width, label=f"{name}: {values[-1]:,} {what}"
            )
    axes.plot([0, most], [0, most], color=INK, linewidth=0.8, linestyle=(0, (6, 4)), label="if nothing came twice", zorder=1)
    axes.set_xlim(0, most)
    # The legend has its room above the lines.
    axes.set_ylim(0, most * 1.75)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=5, integer=True, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid()
    axes.legend(loc="upper left", fontsize=8, frameon=True, facecolor="white", edgecolor="none", framealpha=0.9)
    axes.set_title("Different programs, case by case", fontsize=10.5)
    axes.set_xlabel("cases that passed, in the stream's order", fontsize=9.5)
    axes.set_ylabel("so far", fontsize=9.5)


def _draw_sizes(axes: Axes, devices: Sequence[DeviceData]) -> None:
    counts = [records_by_cluster_size(data.rows) for data in devices]
    longest: dict[str, int] = max(counts, key=len)
    names = list(longest)
    thickness = 0.76 / len(devices)
    for place, (data, mine) in enumerate(zip(devices, counts, strict=True)):
        values = [mine.get(name, 0) for name in names]
        heights = [100 * value / len(data.rows) for value in values]
        offset = (place - (len(devices) - 1) / 2) * thickness
        drawn = axes.bar(np.arange(len(names)) + offset, heights, thickness, color=COLOURS[data.device], label=NAMES[data.device])
        labels = [share(value, len(data.rows)) if value else "" for value in values]
        axes.bar_label(drawn, labels, padding=2, fontsize=7, rotation=90 if len(devices) > 1 else 0)
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.6, max(len(names), 3) - 0.4)
    axes.set_ylim(0, 140 if len(devices) > 1 else 112)
    axes.set_yticks(range(0, 101, 25))
    axes.grid(axis="y")
    axes.set_title("Near-duplicates", fontsize=10.5)
    axes.set_xlabel("records in the same cluster", fontsize=9.5)
    axes.set_ylabel("percent of records", fontsize=9.5)
    if len(devices) > 1:
        axes.legend(loc="upper right", fontsize=8)
