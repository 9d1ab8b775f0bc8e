"""The part of the report on coverage: how much of Warp's builtins and of real kernels' features the records exercise."""

from __future__ import annotations

from collections.abc import Sequence

from mdutils.mdutils import MdUtils

from harness.report.page import table
from harness.report.source import DeviceData
from kernels.coverage.forms import MODULE_FORMS
from kernels.coverage.ledger import Ledger


def ledger_of(devices: Sequence[DeviceData]) -> Ledger:
    """The ledger of coverage over the records of all devices."""
    return Ledger(row for data in devices for row in data.rows)


def write_coverage(page: MdUtils, devices: Sequence[DeviceData]) -> None:
    """Add how much is covered of what, and the features beside their shares among real kernels."""
    ledger = ledger_of(devices)
    page.new_paragraph(
        f"Against the builtins of warp-lang {ledger.registry.warp_version}, in every overload of the element types, and against real "
        f"kernels ({ledger.profile.about}):"
    )
    lines = [[bar.name, f"{bar.have:,.0f}", f"{bar.of:,.0f}", f"{bar.share:.1%}"] for bar in ledger.bars()]
    table(page, ["coverage", "there", "of", "share"], lines)


def write_features(page: MdUtils, devices: Sequence[DeviceData]) -> None:
    """Add the statement forms: those with a known share among real kernels as a table, the others in a line."""
    ledgers = [(data.device, Ledger(data.rows)) for data in devices]
    real = ledgers[0][1].profile.features
    page.new_paragraph("Language features of the kernels, and how many real kernels have them:")
    rows = [
        [
            f"`{name}`",
            *(cell for _, ledger in ledgers for cell in (f"{ledger.forms[name]:,}", f"{ledger.share_of_form(name):.1%}")),
            f"{share:.1%}",
        ]
        for name, share in sorted(real.items(), key=lambda item: (-item[1], item[0]))
    ]
    headings = [f"{device} {what}" for device, _ in ledgers for what in ("records", "share")]
    table(page, ["feature", *headings, "real kernels"], rows)
    for device, ledger in ledgers:
        shown = sorted((form for form in MODULE_FORMS if ledger.forms[form]), key=lambda form: (-ledger.forms[form], form))
        told = ", ".join(f"`{form}` {ledger.share_of_form(form):.1%}" for form in shown)
        page.new_paragraph(f"Other statement forms of the {device} records: {told or 'none'}.")
