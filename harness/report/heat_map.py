"""A heat map of shares: one colour from white to blue, percent in the cells; a cell without a share is left empty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from harness.report.style import COLOURS, FAINT, INK

_SHADES = LinearSegmentedColormap.from_list("shares", ["#f1f5fa", COLOURS["cpu"]])

_DARK = 0.55
"""Shares above this are written in white."""


def draw_shares(axes: Axes, shares: NDArray[np.float64], rows: Sequence[str], columns: Sequence[str], title: str) -> None:
    """Draw shares from 0 to 1, NaN for none, a row for each of `rows` from the top down. Percent are rounded down, so that 100 is all."""
    axes.pcolormesh(np.ma.masked_invalid(shares), cmap=_SHADES, vmin=0.0, vmax=1.0, edgecolors="white", linewidth=1.0)
    for (row, column), share in np.ndenumerate(shares):
        if not np.isnan(share):
            colour = "white" if share > _DARK else INK
            # 0.29 is a little less than 29 % of 1 in binary.
            axes.text(column + 0.5, row + 0.5, f"{int(100 * share + 1e-9)}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=55, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=8.5)
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_color(FAINT)
    axes.set_title(title, fontsize=9.5)
