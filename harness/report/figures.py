"""The figures: each draws one thing of all devices that have records, and is understood without the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from harness.report.cost_figure import draw_cost
from harness.report.coverage_figure import draw_coverage
from harness.report.diversity_figure import draw_diversity
from harness.report.error_figure import draw_errors
from harness.report.family_figure import draw_families
from harness.report.material import Material
from harness.report.size_figure import draw_code_size
from harness.report.style import save, settings


@dataclass(frozen=True)
class Plot:
    """A figure: its file name, what it shows in one line, and how it is drawn. `draw` gives None if there is nothing to show."""

    name: str
    caption: str
    draw: Callable[[Material], Figure | None]


PLOTS = (
    Plot(
        "coverage.svg", "The share of Warp's builtins and of their overloads that records call, by group and element type.", draw_coverage
    ),
    Plot("diversity.svg", "How many structures and clusters a growing number of cases gives, and how large clusters are.", draw_diversity),
    Plot("errors.svg", "The largest error of every record against its tolerance, forward and backward.", draw_errors),
    Plot("cost.svg", "Where the time of the last run went, and what each round of the production made.", draw_cost),
    Plot("code_size.svg", "How many records have how much generated code.", draw_code_size),
    Plot("families.svg", "Which groups of builtins the records of each family call.", draw_families),
)
"""Every figure of the report and its appendix."""


def draw_figures(folder: Path, material: Material) -> dict[str, str]:
    """Write the figures as SVG into `folder`, those that there is data for; their captions, by file name."""
    drawn = {}
    with settings():
        for plot in PLOTS:
            figure = plot.draw(material)
            if figure is not None:
                save(figure, folder / plot.name)
                drawn[plot.name] = plot.caption
    return drawn
