"""The figure of coverage: the share of Warp's builtins, of their overloads and of their adjoints that records exercise, by group.

A cell without a number stands for a type that the group has no overloads of.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from harness.report.heat_map import draw_shares
from harness.report.material import Material
from harness.report.style import card
from kernels.coverage.ledger import Ledger
from kernels.coverage.registry import ELEMENT_TYPES

_FLOATS = tuple(kind for kind in ELEMENT_TYPES if "float" in kind)

Counts = dict[tuple[str, str], tuple[int, int]]


def draw_coverage(material: Material) -> Figure:
    """Three panels that share their rows: builtins, their overloads by element type, and their adjoints by float type."""
    ledger = material.coverage
    forward, names = ledger.by_group_and_type(), _names(ledger)
    groups = sorted({group for group, _ in names}, key=lambda group: (-names[group, "any"][1], group))
    figure = card(1.35 + 0.175 * len(groups))
    panels = figure.subplots(1, 3, sharey=True, width_ratios=[1, len(ELEMENT_TYPES), len(_FLOATS)])
    labels = [f"{group} ({names[group, 'any'][1]})" for group in groups]
    draw_shares(panels[0], _shares(groups, ["any"], names), labels, ["all types"], "Builtins")
    draw_shares(panels[1], _shares(groups, ELEMENT_TYPES, forward), labels, ELEMENT_TYPES, "Overloads, by element type")
    backward = ledger.by_group_and_type(backward=True)
    draw_shares(panels[2], _shares(groups, _FLOATS, backward), labels, _FLOATS, "Adjoints")
    figure.suptitle("Percent of Warp's builtins called, and of adjoints checked, by group (builtins in it)", fontsize=11, fontweight="bold")
    return figure


def _names(ledger: Ledger) -> Counts:
    counts: Counts = {}
    for entry in ledger.entries.values():
        if not entry.excluded:
            called, of = counts.get((entry.builtin.group, "any"), (0, 0))
            counts[entry.builtin.group, "any"] = called + bool(entry.records), of + 1
    return counts


def _shares(groups: Sequence[str], kinds: Sequence[str], counts: Counts) -> NDArray[np.float64]:
    pairs = [[counts.get((group, kind), (0, 0)) for kind in kinds] for group in groups]
    return np.array([[covered / possible if possible else np.nan for covered, possible in row] for row in pairs])
