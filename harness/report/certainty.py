"""The part of the report on validation: how far each record was taken, what its errors were, how sure it makes us, and what a GPU said."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mdutils.mdutils import MdUtils

from generation.code.settings import Validation
from harness.report import numbers
from harness.report.gpu_check import GpuCheck
from harness.report.numbers import FORWARD, GRADIENT, Measure
from harness.report.page import code_span, have, heading, table
from harness.report.source import DeviceData, Row

FAILURES_SHOWN = 10

_SHOWN: dict[Validation, str] = {
    "executed": (
        "**executed** ({counts}): the code itself ran on the processor that it is for, and what it computed agreed with the numpy "
        "reference, on the inputs that were drawn, of several shapes."
    ),
    "executed_on_host": (
        "**executed on the host** ({counts}): NVRTC compiled the text for a GPU, which shows that it is valid CUDA; and clang compiled "
        "the same text, with stand-ins for CUDA's own words, for this machine's processor, where it computed what the reference computes, "
        "on the inputs that were drawn. It does not show what only a GPU does: its math library and its fused multiply-add round "
        "differently, its threads run at the same time, and some of Warp's functions have a branch of their own there. `docs/cuda.md` of "
        "this project lists all of it."
    ),
    "compiled": (
        "**compiled** ({counts}): NVRTC compiled the text for a GPU, so it is valid CUDA. Whether it computes the right thing is not shown."
    ),
}


def write_validation(page: MdUtils, devices: Sequence[DeviceData], shares: Callable[..., list[list[str]]], headings: list[str]) -> None:
    """Add the tables of levels, gradient statuses and reasons. `shares` makes the rows of a table under `headings`."""
    lines = [
        [f"{data.device}, `{level}`", _names({r.executed_on for r in mine}), _names({r.arch for r in mine}), f"{count:,}"]
        for data in devices
        for level, count in numbers.levels(data.rows)
        if (mine := [row for row in data.rows if row.validation == level])
    ]
    table(page, ["device and validation level", "executed on", "compiled for", "records"], lines)
    table(page, ["gradient status", *headings], shares(devices, lambda rows: numbers.most_common(r.gradient for r in rows)))
    for data in devices:
        reasons = numbers.reasons(data.rows)
        if reasons:
            page.new_paragraph(f"Why {data.device} records were compiled and not executed:")
            table(page, [f"reason ({data.device})", "records"], [[code_span(reason), f"{count:,}"] for reason, count in reasons])


def write_errors(page: MdUtils, devices: Sequence[DeviceData]) -> None:
    """Add the tables of errors against their tolerances, forward and backward."""
    for measure in (FORWARD, GRADIENT):
        lines = [
            [
                f"{data.device}, {e.tolerance:.0e}",
                f"{e.records:,}",
                f"{e.exact:,}",
                f"{e.median:.1e}",
                f"{e.largest:.1e}",
                f"{e.largest / e.tolerance:.1%}",
            ]
            for data in devices
            for e in numbers.errors(_measured(data.rows, measure), measure)
        ]
        table(page, [f"{measure.name} tolerance", "records", "exactly 0", "median error", "largest error", "largest, of tolerance"], lines)
    for data in devices:
        rows = data.rows
        over, none = numbers.over_tolerance(rows, FORWARD), numbers.exact(rows)
        page.new_paragraph(
            f"Of the {data.device} records, {have(over, 'a forward error above the tolerance')}; {have(none, 'no forward error')}: where "
            f"no output is floating-point, values are compared exactly. "
            f"{have(numbers.over_tolerance(_measured(rows, GRADIENT), GRADIENT), 'a gradient error above the tolerance')}, those with a "
            "known limitation, which are not in the table, left aside."
        )


def write_certainty(page: MdUtils, devices: Sequence[DeviceData], check: GpuCheck | None) -> None:
    """Add what each level shows and does not show, and what is on record of a GPU."""
    heading(page, 3, "How sure we are")
    page.new_paragraph("A record says how far its code was taken. From the most to the least:")
    lines = []
    for level, text in _SHOWN.items():
        counts = [(data.device, dict(numbers.levels(data.rows)).get(level, 0)) for data in devices]
        if any(count for _, count in counts):
            lines.append(f"- {text.format(counts=', '.join(f'{count:,} {device} records' for device, count in counts if count))}")
    page.new_paragraph("\n".join(lines))
    if any(data.device == "cuda" for data in devices) or check is not None:
        _write_gpu_check(page, check)


def write_pairs(page: MdUtils, devices: Sequence[DeviceData]) -> None:
    """Add how the records of the devices join; nothing for one device."""
    if len(devices) < 2:
        return
    heading(page, 3, "CPU and CUDA side by side")
    joined = numbers.pairs(devices)
    names = " and ".join(data.device for data in devices)
    page.new_paragraph(
        f"{len(joined):,} kernels have a record on each of {names}: the two have the same `pair_id`, which is a hash of the Python, so a "
        "join on it puts a kernel's C++ beside its CUDA."
    )
    lines = []
    for data in devices:
        mine = [row for row in data.rows if row.pair_id in joined]
        alone = len(data.rows) - len(mine)
        size = sum(row.code_bytes for row in mine)
        per_record = f"{size / len(mine):,.0f}" if mine else "-"
        lines.append([data.device, f"{len(mine):,}", f"{alone:,}", f"{numbers.megabytes(size):.3f}", per_record])
    table(page, ["side", "records with a pair", "without", "MB of code of those with a pair", "bytes per record"], lines)


def _measured(rows: Sequence[Row], measure: Measure) -> list[Row]:
    """The rows whose error is to be within its tolerance: a gradient with a known limitation is not."""
    return [row for row in rows if measure is FORWARD or not numbers.limited(row)]


def _names(values: set[str]) -> str:
    return ", ".join(sorted(values - {""})) or "nothing"


def _write_gpu_check(page: MdUtils, check: GpuCheck | None) -> None:
    if check is None:
        page.new_paragraph(
            "**GPU check**: no run on a GPU is on record. `make gpu-check`, on a machine with an NVIDIA GPU, runs 2,000 cases there and "
            "writes `gpu-check.json` beside this report, which then shows it."
        )
        return
    sentences = [f"**GPU check**: on {check.where}, {check.counts}.", check.worst, check.time]
    page.new_paragraph(" ".join(sentence for sentence in sentences if sentence))
    facts = [[name, code_span(value)] for name, value in check.facts.items()]
    table(page, ["GPU check", "value"], facts)
    failures = [f"- `{case}`: {code_span(reason)}" for case, reason in check.failures[:FAILURES_SHOWN]]
    if len(check.failures) > FAILURES_SHOWN:
        failures.append(f"- and {len(check.failures) - FAILURES_SHOWN:,} more, in `gpu-check.json`")
    if failures:
        page.new_paragraph("\n".join(["What failed on the GPU:", "", *failures]))
