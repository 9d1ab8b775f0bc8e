"""The figure of families: which groups of builtins their records call."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from harness.report import numbers
from harness.report.heat_map import draw_shares
from harness.report.material import Material
from harness.report.style import card
from kernels.coverage.ledger import ADJOINT
from kernels.coverage.registry import names_of


def draw_families(material: Material) -> Figure:
    """A row for each family, a column for each group of builtins: the share of its records that call one of them."""
    group_of = {name: entry.builtin.group for name, entry in material.coverage.entries.items()}
    families = numbers.families(material.rows)
    groups = sorted(set(group_of.values()), key=lambda group: (-sum(found == group for found in group_of.values()), group))
    calls: dict[tuple[str, str], int] = {}
    for row in material.rows:
        called = {name for one in row.overloads if not one.startswith(ADJOINT) for name in names_of(one)} | set(row.builtins)
        for group in {group_of[name] for name in called if name in group_of}:
            calls[row.family, group] = calls.get((row.family, group), 0) + 1
    # A group that a family never calls is left empty, so that the others stand out.
    shares = np.array([[calls.get((family, group), np.nan) / count for group in groups] for family, count in families])
    figure = card(1.6 + 0.165 * len(families))
    axes = figure.add_subplot()
    labels = [f"{family} ({count:,})" for family, count in families]
    draw_shares(axes, shares, labels, groups, "Percent of a family's records that call builtins of a group\n(records of the family)")
    return figure
