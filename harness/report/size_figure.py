"""The figure of sizes: how many records have how much generated code."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.report import numbers
from harness.report.material import NAMES, Material
from harness.report.style import COLOURS, INK, card


def draw_code_size(material: Material) -> Figure:
    """A histogram of the bytes of code of each device's records, with the medians."""
    devices = material.devices
    figure = card(3.4)
    axes = figure.add_subplot()
    sizes = [row.code_bytes for row in material.rows]
    edges = np.geomspace(min(sizes) * 0.95, max(sizes) * 1.05, 31).tolist()
    by_device = [[row.code_bytes for row in data.rows] for data in devices]
    colours = [COLOURS[data.device] for data in devices]
    axes.hist(by_device, edges, color=colours, edgecolor="white", linewidth=0.5)
    for place, (data, mine) in enumerate(zip(devices, by_device, strict=True)):
        median = numbers.spread(mine).median
        colour = COLOURS[data.device] if len(devices) > 1 else INK
        axes.axvline(median, color=colour, linestyle="--", linewidth=1.3)
        axes.annotate(
            f" {NAMES[data.device]}: median {median:,.0f} bytes",
            (median, 1.0 - 0.09 * place),
            xycoords=("data", "axes fraction"),
            va="top",
            color=colour,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
    axes.set_xscale("log")
    axes.set_xlim(edges[0], edges[-1])
    ticks = [m * 10**e for e in range(10) for m in (1, 2, 5) if edges[0] <= m * 10**e <= edges[-1]]
    if len(ticks) < 2:
        ticks = sorted({min(sizes), max(sizes)})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.grid(axis="y")
    axes.set_title("Size of the generated code of a record")
    axes.set_xlabel("generated code, forward and backward (bytes, log scale)")
    axes.set_ylabel("records")
    return figure
