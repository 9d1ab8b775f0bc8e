"""The appendix's tables of coverage: its measures, the language features beside those of real kernels, and every builtin."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.report.material import Material
from harness.report.page import heading, table
from kernels.coverage.forms import MODULE_FORMS
from kernels.coverage.ledger import Entry


def write_measures(page: MdUtils, material: Material) -> None:
    """Add how much is covered of what, over the records of all devices."""
    heading(page, 2, "Coverage in numbers")
    ledger = material.coverage
    page.new_paragraph(
        f"Against the builtins of warp-lang {ledger.registry.warp_version}, in every overload of the element types, and against real "
        f"kernels: {ledger.profile.about}."
    )
    lines = [[bar.name, f"{bar.have:,.0f}", f"{bar.of:,.0f}", f"{bar.share:.1%}"] for bar in material.bars.values()]
    table(page, ["coverage", "there", "of", "share"], lines)
    lines = [
        [f"{what.replace('_', ' ')}, {p}th percentile", f"{here:,.0f}", f"{real:,.0f}"]
        for what, values in ledger.percentiles().items()
        for p, (here, real) in values.items()
    ]
    table(page, ["size of a kernel", "here", "real kernels"], lines)


def write_features(page: MdUtils, material: Material) -> None:
    """Add the statement forms: those with a known share among real kernels, then the others."""
    heading(page, 2, "Statement forms")
    ledgers = material.coverage_by_device
    real = material.coverage.profile.features
    lines = []
    for name in [*sorted(real, key=lambda name: (-real[name], name)), *sorted(form for form in MODULE_FORMS if form not in real)]:
        cells = [cell for ledger in ledgers.values() for cell in (f"{ledger.forms[name]:,}", f"{ledger.share_of_form(name):.1%}")]
        if name in real or material.coverage.forms[name]:
            lines.append([f"`{name}`", *cells, f"{real[name]:.1%}" if name in real else "not counted"])
    table(page, ["statement form", *material.headings("records", "share"), "real kernels"], lines)


def write_builtins(page: MdUtils, material: Material) -> None:
    """Add every builtin of Warp, by group."""
    heading(page, 2, "Builtins")
    page.new_paragraph(
        f"Every builtin of warp-lang {material.coverage.registry.warp_version}: how many records call it, how many of its overloads are "
        "called (element types and shapes), and in how many records its adjoint was checked."
    )
    lines = [
        [f"`{entry.builtin.name}`", entry.builtin.group, f"{entry.records:,}", _overloads(entry), _adjoint(entry)]
        for entry in material.coverage.entries.values()
    ]
    table(page, ["builtin", "group", "records", "overloads", "adjoint checked in"], lines)


def _overloads(entry: Entry) -> str:
    if entry.excluded:
        return f"not covered: {entry.excluded}"
    return f"{len(entry.possible) - len(entry.missing):,} of {len(entry.possible):,}" if entry.possible else "-"


def _adjoint(entry: Entry) -> str:
    return f"{entry.backward:,}" if entry.needs_backward or entry.backward else "-"
