"""The figure of cost: where the time of the last run went, and the code that each round of a production made per CPU second."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from harness.report.material import NAMES, Material
from harness.report.page import share
from harness.report.production import Production
from harness.report.style import COLOURS, INK, card

STAGES = {
    "generate": "generate kernels",
    "prepare": "inputs and references",
    "define": "define in Warp",
    "emit": "emit the source",
    "build": "build machine code",
    "nvrtc": "compile with NVRTC",
    "host_build": "build the host's copy",
    "run": "run",
    "check": "check results",
    "harvest": "harvest records",
}
"""The stages of the job in their order, and what they do."""

Times = list[tuple[str, dict[str, float]]]


def draw_cost(material: Material) -> Figure | None:
    """A panel for the stages of the last runs and one for the rounds of the productions; None if there is neither."""
    timed = [(d.device, d.run.seconds) for d in material.devices if d.run is not None and sum(d.run.seconds.values()) > 0]
    rounds = [(data.device, data.production) for data in material.devices if data.production is not None]
    if not timed and not rounds:
        return None
    figure = card(0.95 + 0.17 * len(_stages(timed)) * (0.65 + 0.35 * len(timed)) if timed else 2.6)
    panels = figure.subplots(1, bool(timed) + bool(rounds), squeeze=False)[0]
    if timed:
        _draw_stages(panels[0], timed)
    if rounds:
        _draw_rounds(panels[-1], rounds)
    return figure


def _stages(timed: Times) -> list[str]:
    present = {stage for _, seconds in timed for stage in seconds}
    return [stage for stage in STAGES if stage in present] + sorted(present - set(STAGES))


def _draw_stages(axes: Axes, timed: Times) -> None:
    stages = _stages(timed)
    thickness = 0.76 / len(timed)
    for place, (device, seconds) in enumerate(timed):
        total = sum(seconds.values())
        values = [100 * seconds.get(stage, 0.0) / total for stage in stages]
        labels = [share(seconds[stage], total) if stage in seconds else "" for stage in stages]
        offset = (place - (len(timed) - 1) / 2) * thickness
        drawn = axes.barh(np.arange(len(values)) + offset, values, thickness, color=COLOURS[device], label=NAMES[device])
        axes.bar_label(drawn, labels, padding=3, fontsize=7)
    axes.set_yticks(range(len(stages)), [STAGES.get(stage, stage) for stage in stages], fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(stages) - 0.4, -0.6)
    axes.set_xlim(0, axes.get_xlim()[1] * 1.15)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.grid(axis="x")
    axes.set_title("Where the last run's time went", fontsize=10.5)
    axes.set_xlabel("percent of the workers' time", fontsize=9.5)
    if len(timed) > 1:
        axes.legend(loc="lower right", fontsize=8.5)


def _draw_rounds(axes: Axes, rounds: Sequence[tuple[str, Production]]) -> None:
    handles = []
    for device, production in rounds:
        colour = COLOURS[device]
        points = [(n, rate / 1e3, r.optimization_level) for n, r in enumerate(production.rounds) if (rate := r.bytes_per_cpu_second)]
        axes.plot([n for n, _, _ in points], [rate for _, rate, _ in points], color=colour, linewidth=0.9, alpha=0.5)
        for n, rate, level in points:
            face = "white" if level is None else colour
            axes.plot(n, rate, "o", color=colour, markerfacecolor=face, markersize=5)
        handles.append(Line2D([], [], color=colour, marker="o", linewidth=0.9, label=NAMES[device]))
    if any(entry.optimization_level is None for _, production in rounds for entry in production.rounds):
        handles.append(Line2D([], [], color=INK, marker="o", markerfacecolor="white", linewidth=0, label="at Warp's default level"))
    most = max(len(production.rounds) for _, production in rounds)
    axes.set_xlim(-0.5, most - 0.5)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=6, integer=axis is axes.xaxis))
    axes.grid(axis="y")
    axes.legend(handles=handles, fontsize=8, loc="lower right")
    axes.set_title("What a CPU second made", fontsize=10.5)
    axes.set_xlabel("round of the production", fontsize=9.5)
    axes.set_ylabel("KB of code per CPU second", fontsize=9.5)
