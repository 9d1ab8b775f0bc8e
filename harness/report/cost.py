"""The part of the report on cost: of the production, if there was one, and of the last run."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.report.material import NAMES, Material
from harness.report.page import duration, figure, heading, megabytes, number, share
from harness.report.production import Production
from harness.report.source import DeviceData, Run


def write_cost(page: MdUtils, material: Material, captions: dict[str, str]) -> None:
    """Add the section."""
    heading(page, 2, "Cost")
    for data in material.devices:
        page.new_paragraph(f"**{NAMES[data.device]}**: {_cost(data)}")
    figure(page, "cost.svg", captions)


def production_sentences(production: Production) -> str:
    """What a production took, in words."""
    total = production.total
    rate = total.bytes_per_cpu_second
    rates = f"{rate / 1e3:,.1f} KB of code per CPU second, " if rate else ""
    tried = total.passed + total.failed
    return (
        f"the production ran {number(total.cases, 'case')} in {number(len(production.rounds), 'round')}; {share(total.passed, tried)} "
        f"passed. It made {megabytes(total.code_bytes)} in {duration(total.wall_seconds)} of wall time and {duration(total.cpu_seconds)} "
        f"of CPU time: {rates}with at most {total.peak_bytes / 1e9:.1f} GB of memory."
    )


def run_sentences(run: Run) -> str:
    """What the last run did and took, in words."""
    workers = number(run.workers, "worker")
    return (
        f"the last run ({run.date}) was over {number(run.cases['run'], 'case')} and took {duration(run.wall_seconds)} with {workers}. "
        f"{passed_sentence(run)}"
    )


def passed_sentence(run: Run) -> str:
    """How many of a run's cases passed."""
    cases = run.cases
    if not cases["run"]:
        return "None was left to run."
    limited = f" ({cases['known_limitation']:,} with a known limitation)" if cases["known_limitation"] else ""
    return f"{cases['passed']:,} passed{limited}, {share(cases['passed'], cases['run'])} of those run; {cases['failed']:,} failed."


def _cost(data: DeviceData) -> str:
    """Of the production, or else of the last run, which the appendix has in any case."""
    if data.production is not None:
        return production_sentences(data.production)
    return "there is neither the ledger of a production nor the summary of a run." if data.run is None else run_sentences(data.run)
