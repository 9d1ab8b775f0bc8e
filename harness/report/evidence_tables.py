"""The appendix's tables of evidence: levels and statuses, errors by tolerance, defects of Warp, planted faults, and the check on a GPU."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.oracle.ledger import LEDGER
from harness.report import numbers
from harness.report.fault_check import FaultCheck, Planted
from harness.report.gpu_check import GPU_CHECK, GpuCheck
from harness.report.material import NAMES, Material
from harness.report.numbers import FORWARD, GRADIENT
from harness.report.page import bullets, code_span, heading, share, table
from harness.report.validation import KINDS, gpu_sentences, planted_sentences

FAILURES_SHOWN = 10


def write_levels(page: MdUtils, material: Material) -> None:
    """Add the tables of levels, gradient statuses and reasons."""
    heading(page, 2, "Validation levels and gradients")
    lines = [
        [f"{NAMES[data.device]}, `{level}`", _names({r.executed_on for r in mine}), _names({r.arch for r in mine}), f"{count:,}"]
        for data in material.devices
        for level, count in numbers.levels(data.rows)
        if (mine := [row for row in data.rows if row.validation == level])
    ]
    table(page, ["device and validation level", "executed on", "compiled for", "records"], lines)
    by_device = [(numbers.most_common(row.gradient for row in data.rows), len(data.rows)) for data in material.devices]
    lines = []
    for status, _ in numbers.most_common(row.gradient for row in material.rows):
        found = [(dict(counts).get(status, 0), total) for counts, total in by_device]
        lines.append([f"`{status}`", *(cell for count, total in found for cell in (f"{count:,}", share(count, total)))])
    table(page, ["gradient status", *material.headings("records", "share")], lines)
    for data in material.devices:
        lines = [[code_span(reason), f"{count:,}"] for reason, count in numbers.reasons(data.rows)]
        table(page, [f"why {NAMES[data.device]} code was not executed", "records"], lines)


def write_errors(page: MdUtils, material: Material) -> None:
    """Add the tables of errors by tolerance, forward and backward."""
    heading(page, 2, "Errors by tolerance")
    page.new_paragraph("Relative errors; gradients with a known limitation are left out.")
    for measure in (FORWARD, GRADIENT):
        lines = [
            [
                f"{NAMES[data.device]}, {e.tolerance:.0e}",
                f"{e.records:,}",
                f"{e.exact:,}",
                f"{e.median:.1e}",
                f"{e.largest:.1e}",
                f"{e.largest / e.tolerance:.1%}",
            ]
            for data in material.devices
            for e in numbers.errors(numbers.held(data.rows, measure), measure)
        ]
        table(page, [f"{measure.name} tolerance", "records", "exactly 0", "median error", "largest error", "largest, of tolerance"], lines)


def write_defects(page: MdUtils, material: Material) -> None:
    """Add every entry of the ledger."""
    heading(page, 2, "Known defects and limitations of Warp")
    counts = [numbers.met(data.rows) for data in material.devices]
    lines = [
        [
            f"`{entry.name}`",
            KINDS[entry.where],
            entry.first if entry.first == entry.last else f"{entry.first} to {entry.last}",
            entry.what,
            *(f"{count.get(entry.name, 0):,}" for count in counts),
        ]
        for entry in LEDGER.values()
    ]
    table(page, ["entry", "kind", "warp-lang", "what is wrong", *material.headings("records")], lines)


def write_faults(page: MdUtils, check: FaultCheck | None) -> None:
    """Add every fault that was planted, and what the oracle was given to refuse."""
    heading(page, 2, "Planted faults and cheats")
    page.new_paragraph(planted_sentences(check))
    if check is not None:
        lines = [[fault.name, f"`{fault.file}`", _seen(fault)] for fault in check.faults]
        table(page, ["fault", "file of Warp", "seen by"], lines)
        table(page, ["cheat", "verdict"], [[code_span(name), "refused" if refused else "passed"] for name, refused in check.cheats.items()])


def _seen(fault: Planted) -> str:
    return f"{fault.case}: {code_span(fault.reason)}" if fault.case else "not seen"


def write_gpu_check(page: MdUtils, check: GpuCheck | None) -> None:
    """Add what is on record of a run on a GPU."""
    heading(page, 2, "Run on a GPU")
    page.new_paragraph(gpu_sentences(check))
    if check is None:
        return
    table(page, ["GPU check", "value"], [[name, code_span(value)] for name, value in check.facts.items()])
    failures = [f"`{case}`: {code_span(reason)}" for case, reason in check.failures[:FAILURES_SHOWN]]
    if len(check.failures) > FAILURES_SHOWN:
        failures.append(f"and {len(check.failures) - FAILURES_SHOWN:,} more, in `{GPU_CHECK}`")
    if failures:
        page.new_paragraph("What failed on the GPU:")
        bullets(page, failures)


def _names(values: set[str]) -> str:
    return ", ".join(sorted(values - {""})) or "nothing"
