"""The part of the report that counts: the dataset's numbers in tables and sentences, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mdutils.mdutils import MdUtils

from harness.records import SPLITS
from harness.report import numbers
from harness.report.certainty import write_certainty, write_errors, write_pairs, write_validation
from harness.report.coverage import write_coverage, write_features
from harness.report.gpu_check import GpuCheck
from harness.report.page import code_span, heading, table
from harness.report.resources import registers
from harness.report.source import DeviceData, Row, Run

BUILTINS_SHOWN = 10
FAILURES_SHOWN = 10

_SPREAD = ("smallest", "10th percentile", "median", "90th percentile", "largest")

Count = Callable[[Sequence[Row]], list[tuple[str, int]]]


@dataclass(frozen=True)
class Figures:
    """The figures that were drawn: a caption for each file name."""

    captions: dict[str, str]

    def add(self, page: MdUtils, name: str) -> None:
        """Show a figure with its caption, if it was drawn."""
        if name in self.captions:
            page.new_paragraph(f"![{self.captions[name]}](figures/{name})")


def write_numbers(page: MdUtils, devices: Sequence[DeviceData], check: GpuCheck | None, captions: dict[str, str]) -> None:
    """Add the sections on the dataset to `page`; `devices` all have records, and `check` is what is on record of a run on a GPU."""
    figures = Figures(captions)
    rows = [row for data in devices for row in data.rows]
    heading(page, 2, "The dataset in numbers")
    _write_sizes(page, devices)
    heading(page, 3, "Families")
    table(page, ["family", *_headings(devices)], _shares(devices, numbers.families))
    figures.add(page, "families.svg")
    heading(page, 3, "Size of the generated code")
    _write_code_sizes(page, devices)
    figures.add(page, "code_size.svg")
    heading(page, 3, "Builtins and language features")
    used = numbers.builtins(rows)
    shown = min(len(used), BUILTINS_SHOWN)
    page.new_paragraph(f"The kernels use {len(used)} different Warp builtins. The {shown} most used:")
    table(page, ["builtin", *_headings(devices)], _shares(devices, numbers.builtins)[:BUILTINS_SHOWN])
    figures.add(page, "builtins.svg")
    write_coverage(page, devices)
    figures.add(page, "coverage.svg")
    write_features(page, devices)
    write_pairs(page, devices)
    heading(page, 3, "Validation")
    write_validation(page, devices, _shares, _headings(devices))
    write_certainty(page, devices, check)
    heading(page, 3, "Errors")
    write_errors(page, devices)
    figures.add(page, "errors.svg")
    heading(page, 3, "The last run")
    for data in devices:
        _write_run(page, data)
    figures.add(page, "seconds.svg")


def _headings(devices: Sequence[DeviceData]) -> list[str]:
    return [f"{data.device} {what}" for data in devices for what in ("records", "share")]


def _shares(devices: Sequence[DeviceData], count: Count) -> list[list[str]]:
    """A line for each name, the most frequent over all devices first: its records and their share on each device."""
    lines = []
    by_device = [(dict(count(data.rows)), len(data.rows)) for data in devices]
    for name, _ in count([row for data in devices for row in data.rows]):
        cells = [cell for counts, total in by_device for cell in (f"{counts.get(name, 0):,}", f"{counts.get(name, 0) / total:.1%}")]
        lines.append([f"`{name}`", *cells])
    return lines


def _write_sizes(page: MdUtils, devices: Sequence[DeviceData]) -> None:
    lines = []
    for data in devices:
        for split in (*SPLITS, "all"):
            mine = [row for row in data.rows if split in (row.split, "all")]
            size = numbers.megabytes(sum(row.code_bytes for row in mine))
            lines.append([f"{data.device}, {split}", f"{len(mine):,}", f"{size:.3f}", f"{len({row.structure_hash for row in mine}):,}"])
    table(page, ["device and split", "records", "MB of code", "distinct structures"], lines)
    page.new_paragraph(
        "MB is 10^6 bytes of generated code, forward and backward. A structure is a program with names and constants left out."
    )


def _write_code_sizes(page: MdUtils, devices: Sequence[DeviceData]) -> None:
    lines = []
    for data in devices:
        for what, values in (("code", [r.code_bytes for r in data.rows]), ("Python", [r.python_bytes for r in data.rows])):
            s = numbers.spread(values)
            cells = [f"{value:,.0f}" for value in (s.smallest, s.tenth, s.median, s.ninetieth, s.largest)]
            lines.append([f"{data.device}, {what}", *cells])
    table(page, ["bytes per record", *_SPREAD], lines)
    lines = []
    for data in devices:
        for direction in ("forward", "backward"):
            found = registers(data.rows, direction)
            if found is not None:
                known, s = found
                cells = [f"{value:,.0f}" for value in (s.smallest, s.tenth, s.median, s.ninetieth, s.largest)]
                lines.append([f"{data.device}, {direction} ({known:,} records)", *cells])
    table(page, ["registers per thread", *_SPREAD], lines)


def _write_run(page: MdUtils, data: DeviceData) -> None:
    run = data.run
    if run is None:
        page.new_paragraph(f"There is no summary of a run on {data.device}.")
        return
    cases = run.cases
    of_families = f" of {', '.join(run.families)}" if run.families else ""
    workers = f"{run.workers} worker{'s' * (run.workers != 1)}"
    bridges = f", and {cases['bridge']:,} that resemble records of two splits" if cases["bridge"] else ""
    page.new_paragraph(
        f"The last run on {data.device} ({run.date}, seed {run.seed}, indices {run.start} to {run.start + run.count - 1}{of_families}, "
        f"{workers}) was asked for {cases['asked']:,} cases: {cases['already_there']:,} were there already, {cases['run']:,} were run"
        f"{', and ' + format(cases['skipped'], ',') + ' need a newer Warp' if cases['skipped'] else ''}. "
        f"{passed_sentence(run)} It added {cases['harvested']:,} records and left out {cases['duplicate']:,} whose structure was there "
        f"already{bridges}. It took {run.wall_seconds:,.1f} s."
    )
    failures = [f"- `{failure.case}`: {code_span(failure.reason)}" for failure in run.failures[:FAILURES_SHOWN]]
    if len(run.failures) > FAILURES_SHOWN:
        failures.append(f"- and {len(run.failures) - FAILURES_SHOWN:,} more, in the run's summary")
    if failures:
        page.new_paragraph("\n".join(["What failed:", "", *failures]))
    total = sum(run.seconds.values())
    if total > 0:
        shares = [[stage, f"{s:,.1f}", f"{s / total:.1%}"] for stage, s in sorted(run.seconds.items(), key=lambda item: -item[1])]
        page.new_paragraph(f"Its stages took {total:,.1f} s, summed over {workers}:")
        table(page, [f"stage ({data.device})", "seconds", "share"], shares)


def passed_sentence(run: Run) -> str:
    """How many of a run's cases passed."""
    cases = run.cases
    if not cases["run"]:
        return "None was left to run."
    limited = f" ({cases['known_limitation']:,} with a known limitation)" if cases["known_limitation"] else ""
    return f"{cases['passed']:,} passed{limited}, {cases['passed'] / cases['run']:.2%} of those run; {cases['failed']:,} failed."
