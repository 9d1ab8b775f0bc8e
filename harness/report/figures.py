"""The figures: each draws one thing of all devices that have records, and is understood without the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.report import numbers
from harness.report.coverage_figure import draw_coverage
from harness.report.error_figure import draw_errors
from harness.report.source import DeviceData
from harness.report.style import COLOURS, INK, card, save, settings

MOST_BUILTINS = 25

STAGES = {
    "generate": "generate the kernel",
    "prepare": "prepare inputs and reference",
    "define": "define it in Warp",
    "emit": "emit the source",
    "build": "build the machine code",
    "nvrtc": "compile CUDA with NVRTC",
    "host_build": "build the host's copy",
    "run": "run it",
    "check": "check the results",
    "harvest": "harvest the record",
}
"""The stages of the job in their order, and what they do."""

_ROW_HEIGHT = 0.235


@dataclass(frozen=True)
class Plot:
    """A figure: its file name, what it shows in one line, and how it is drawn. `draw` gives None if there is nothing to show."""

    name: str
    caption: str
    draw: Callable[[Sequence[DeviceData]], Figure | None]


def draw_figures(folder: Path, devices: Sequence[DeviceData]) -> list[Plot]:
    """Write the figures of the devices that have records as SVG into `folder`; those that there is data for."""
    drawn = []
    with settings():
        for plot in PLOTS:
            figure = plot.draw([data for data in devices if data.rows])
            if figure is not None:
                save(figure, folder / plot.name)
                drawn.append(plot)
    return drawn


def _draw_families(devices: Sequence[DeviceData]) -> Figure:
    return _record_bars(devices, "Records by algorithm family", numbers.families, None)


def _draw_builtins(devices: Sequence[DeviceData]) -> Figure:
    used = len({name for data in devices for row in data.rows for name in row.builtins})
    title = f"The {min(used, MOST_BUILTINS)} most used of {used} Warp builtins"
    return _record_bars(devices, title, numbers.builtins, MOST_BUILTINS)


def _record_bars(devices: Sequence[DeviceData], title: str, count: Callable[..., list[tuple[str, int]]], most: int | None) -> Figure:
    """Horizontal bars of the records of each device, with their share, for the most frequent names over all devices."""
    names = [name for name, _ in count([row for data in devices for row in data.rows])][:most]
    figure = card(1.15 + max(len(names), 2) * _ROW_HEIGHT * (0.3 + 0.7 * len(devices)))
    axes = figure.add_subplot()
    for place, data in enumerate(devices):
        counts = dict(count(data.rows))
        values = [counts.get(name, 0) for name in names]
        labels = [f"{value:,} ({value / len(data.rows):.1%})" for value in values]
        _bars(axes, values, labels, place, len(devices), data.device)
    _name_rows(axes, names, title, "records (share of all records)", devices)
    return figure


def _draw_code_size(devices: Sequence[DeviceData]) -> Figure:
    figure = card(3.7)
    axes = figure.add_subplot()
    sizes = [row.code_bytes for data in devices for row in data.rows]
    edges = np.geomspace(min(sizes) * 0.95, max(sizes) * 1.05, 31).tolist()
    by_device = [[row.code_bytes for row in data.rows] for data in devices]
    colours = [COLOURS[data.device] for data in devices]
    axes.hist(by_device, edges, color=colours, edgecolor="white", linewidth=0.5)
    for place, (data, mine) in enumerate(zip(devices, by_device, strict=True)):
        median = numbers.spread(mine).median
        colour = COLOURS[data.device] if len(devices) > 1 else INK
        axes.axvline(median, color=colour, linestyle="--", linewidth=1.3)
        axes.annotate(
            f" {data.device}: median {median:,.0f} bytes",
            (median, 1.0 - 0.08 * place),
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


def _draw_stages(devices: Sequence[DeviceData]) -> Figure | None:
    timed = [(data, data.run.seconds) for data in devices if data.run is not None and sum(data.run.seconds.values()) > 0]
    if not timed:
        return None
    present = {stage for _, seconds in timed for stage in seconds}
    stages = [stage for stage in STAGES if stage in present] + sorted(present - set(STAGES))
    figure = card(1.15 + max(len(stages), 2) * 0.3 * (0.3 + 0.7 * len(timed)))
    axes = figure.add_subplot()
    for place, (data, seconds) in enumerate(timed):
        values = [seconds.get(stage, 0.0) for stage in stages]
        labels = [f"{value:,.1f} s ({value / sum(seconds.values()):.1%})" for value in values]
        _bars(axes, values, labels, place, len(timed), data.device)
    names = [STAGES.get(stage, stage) for stage in stages]
    _name_rows(axes, names, "Where the last run's time went", "seconds, summed over workers", [data for data, _ in timed])
    return figure


def _bars(axes: Axes, values: Sequence[float], labels: list[str], place: int, places: int, device: str) -> None:
    thickness = 0.72 / places
    offset = (place - (places - 1) / 2) * thickness
    drawn = axes.barh(np.arange(len(values)) + offset, values, thickness, color=COLOURS[device], label=device)
    axes.bar_label(drawn, labels, padding=4, fontsize=9)


def _name_rows(axes: Axes, names: list[str], title: str, label: str, devices: Sequence[DeviceData]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, max(axes.get_xlim()[1], 1e-3) * 1.2)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer="records" in label))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.grid(axis="x")
    axes.set_title(title)
    axes.set_xlabel(label)
    if len(devices) > 1:
        axes.legend(loc="lower right")


PLOTS = (
    Plot("families.svg", "Records and share of each algorithm family.", _draw_families),
    Plot("code_size.svg", "How many records have how much generated code.", _draw_code_size),
    Plot("errors.svg", "The largest error of every record against its tolerance, forward and backward.", draw_errors),
    Plot("coverage.svg", "The share of the overloads of Warp's builtins that records exercise, by group and element type.", draw_coverage),
    Plot("builtins.svg", "The Warp builtins that most records use.", _draw_builtins),
    Plot("seconds.svg", "The seconds that each stage of the last run took.", _draw_stages),
)
"""Every figure of the report."""
