"""The figure of coverage: the share of the overloads of each builtin group and element type that records exercise, forward and backward.

The numbers in the cells are percent; a cell without one stands for a type that the group has no overloads of.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from harness.report.coverage import ledger_of
from harness.report.source import DeviceData
from harness.report.style import COLOURS, FAINT, INK, card
from kernels.coverage.registry import ELEMENT_TYPES

_FLOATS = tuple(kind for kind in ELEMENT_TYPES if "float" in kind)

_SHADES = LinearSegmentedColormap.from_list("coverage", ["#f1f5fa", COLOURS["cpu"]])

_DARK = 0.55
"""Shares above this are written in white."""


def draw_coverage(devices: Sequence[DeviceData]) -> Figure:
    """Two panels that share their rows: every element type forward, and the float types backward."""
    ledger = ledger_of(devices)
    forward = ledger.by_group_and_type()
    totals: dict[str, int] = {}
    for (group, _), (_, possible) in forward.items():
        totals[group] = totals.get(group, 0) + possible
    groups = sorted(totals, key=lambda group: (-totals[group], group))
    figure = card(1.75 + 0.27 * len(groups))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[len(ELEMENT_TYPES), len(_FLOATS)])
    _panel(left, "Overloads exercised (%)", groups, ELEMENT_TYPES, forward)
    _panel(right, "Adjoints (%)", groups, _FLOATS, ledger.by_group_and_type(backward=True))
    return figure


def _panel(axes: Axes, title: str, groups: list[str], kinds: Sequence[str], counts: dict[tuple[str, str], tuple[int, int]]) -> None:
    shares = np.full((len(groups), len(kinds)), np.nan)
    for row, group in enumerate(groups):
        for column, kind in enumerate(kinds):
            covered, possible = counts.get((group, kind), (0, 0))
            if possible:
                shares[row, column] = covered / possible
    axes.pcolormesh(shares, cmap=_SHADES, vmin=0.0, vmax=1.0, edgecolors="white", linewidth=1.2)
    for (row, column), share in np.ndenumerate(shares):
        if not np.isnan(share):
            # Rounded down, so that 100 is all.
            text = f"{int(100 * share)}"
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7.5, color="white" if share > _DARK else INK)
    axes.set_xticks(np.arange(len(kinds)) + 0.5, kinds, rotation=60, ha="right", rotation_mode="anchor", fontsize=8.5)
    axes.set_yticks(np.arange(len(groups)) + 0.5, groups, fontsize=9)
    axes.set_ylim(len(groups), 0)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_color(FAINT)
    axes.set_title(title, fontsize=10.5)
