"""How the figures look: a white rounded card that reads on light and dark pages, one font size, one colour for each device.

The user's own matplotlib settings are set aside, and ids are salted with a fixed text, so that the same data gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import FancyBboxPatch

COLOURS = {"cpu": "#2f6db3", "cuda": "#4d8a1f"}
"""A device's colour."""

WARNING = "#c8501e"
INK = "#24292f"
FAINT = "#d0d7de"

WIDTH = 7.6
"""Inches; every figure is as wide."""

_SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "warp-kernel-harness",
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": FAINT,
    "legend.frameon": False,
}


@contextmanager
def settings() -> Iterator[None]:
    """Matplotlib with the report's settings alone; the user's come back at the end."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def card(height: float) -> Figure:
    """An empty figure of `WIDTH` by `height` inches on a white rounded card."""
    figure = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=0.16, h_pad=0.14))
    figure.patch.set_alpha(0.0)
    rim = 0.02
    shape = FancyBboxPatch(
        (rim, rim),
        WIDTH - 2 * rim,
        height - 2 * rim,
        boxstyle="round,pad=0,rounding_size=0.14",
        transform=figure.dpi_scale_trans,
        facecolor="white",
        edgecolor=FAINT,
        linewidth=1.0,
    )
    figure.add_artist(shape)
    shape.set_zorder(-1)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as SVG without a date. Raises OSError if the disk refuses."""
    FigureCanvasSVG(figure).print_svg(path, metadata={"Date": None})
