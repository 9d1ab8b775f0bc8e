"""The appendix's tables of cost: the rounds of the production, and the last run with its stages and failures."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.report.cost import passed_sentence
from harness.report.material import NAMES, Material
from harness.report.page import bullets, code_span, duration, heading, mb_cell, number, share, table
from harness.report.production import Round
from harness.report.source import DeviceData, Run

FAILURES_SHOWN = 10


def write_costs(page: MdUtils, material: Material) -> None:
    """Add the sections on the production, where there is one, and on the last run."""
    if any(data.production is not None for data in material.devices):
        heading(page, 2, "Rounds of the production")
        lines = [line for data in material.devices for line in _rounds(data)]
        head = [
            "device and round",
            "level",
            "cases",
            "passed",
            "records",
            "MB of code",
            "wall time",
            "CPU time",
            "KB per CPU second",
            "peak GB",
        ]
        table(page, head, lines)
    heading(page, 2, "The last run")
    for data in material.devices:
        if data.run is None:
            page.new_paragraph(f"There is no summary of a run on {NAMES[data.device]}.")
        else:
            _write_run(page, data, data.run)


def _rounds(data: DeviceData) -> list[list[str]]:
    if data.production is None:
        return []
    lines = [[f"{NAMES[data.device]}, {place}", *_cells(entry)] for place, entry in enumerate(data.production.rounds)]
    return [*lines, [f"{NAMES[data.device]}, all", *_cells(data.production.total)]] if len(lines) > 1 else lines


def _cells(entry: Round) -> list[str]:
    rate = entry.bytes_per_cpu_second
    return [
        "default" if entry.optimization_level is None else f"{entry.optimization_level}",
        f"{entry.cases:,}",
        share(entry.passed, entry.passed + entry.failed),
        f"{entry.harvested:,}",
        mb_cell(entry.code_bytes),
        duration(entry.wall_seconds),
        duration(entry.cpu_seconds),
        "-" if rate is None else f"{rate / 1e3:,.1f}",
        f"{entry.peak_bytes / 1e9:.2f}",
    ]


def _write_run(page: MdUtils, data: DeviceData, run: Run) -> None:
    cases, name = run.cases, NAMES[data.device]
    of_families = f" of {', '.join(run.families)}" if run.families else ""
    workers = number(run.workers, "worker")
    bridges = f", and {cases['bridge']:,} that resemble records of two splits" if cases["bridge"] else ""
    page.new_paragraph(
        f"The last run on {name} ({run.date}, seed {run.seed}, indices {run.start} to {run.start + run.count - 1}{of_families}, "
        f"{workers}) was asked for {cases['asked']:,} cases: {cases['already_there']:,} were there already, {cases['run']:,} were run"
        f"{', and ' + format(cases['skipped'], ',') + ' need a newer Warp' if cases['skipped'] else ''}. "
        f"{passed_sentence(run)} It added {cases['harvested']:,} records and left out {cases['duplicate']:,} whose structure was there "
        f"already{bridges}. It took {run.wall_seconds:,.1f} s."
    )
    failures = [f"`{failure.case}`: {code_span(failure.reason)}" for failure in run.failures[:FAILURES_SHOWN]]
    if len(run.failures) > FAILURES_SHOWN:
        failures.append(f"and {len(run.failures) - FAILURES_SHOWN:,} more, in the run's summary")
    if failures:
        page.new_paragraph("What failed:")
        bullets(page, failures)
    total = sum(run.seconds.values())
    if total > 0:
        shares = [[stage, f"{s:,.1f}", share(s, total)] for stage, s in sorted(run.seconds.items(), key=lambda item: -item[1])]
        page.new_paragraph(f"Its stages took {total:,.1f} s, summed over {workers}:")
        table(page, [f"stage ({name})", "seconds", "share"], shares)
