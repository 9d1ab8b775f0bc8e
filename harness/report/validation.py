"""The part of the report on validation: how far records were taken, how large errors are, what is wrong in Warp, what would be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import numpy as np
from mdutils.mdutils import MdUtils

from generation.code.settings import VALIDATIONS, Validation
from harness.oracle.ledger import LEDGER, Limitation
from harness.report import numbers
from harness.report.fault_check import FaultCheck
from harness.report.gpu_check import GpuCheck
from harness.report.material import NAMES, Material
from harness.report.numbers import FORWARD, GRADIENT
from harness.report.page import bullets, code_span, figure, heading, listed, number, table
from harness.report.source import Row

_Name = TypeVar("_Name", bound=str)

MOST_MET = 3
"""Defects that most records met, which are shown."""

TELLING = (
    "constants_hashed_as_32_bits",
    "matrix_jacobi_float32",
    "norm_l1_float64_compile",
)
"""Defects that are shown whether or not a record met them: silent wrong values, and a builtin that does not compile."""

KINDS = {"forward": "wrong value", "gradient": "wrong gradient", "compile": "does not compile"}
"""What an entry of the ledger spoils, in words."""

_LEVELS: dict[Validation, str] = {
    "executed": "the code ran on the processor that it is for, and agreed with the reference",
    "executed_on_host": (
        "NVRTC compiled the text for a GPU, so it is valid CUDA; clang compiled the same text for a CPU, where it agreed with the "
        "reference. How a GPU rounds, orders memory and runs threads at once is not shown (`docs/cuda.md`)"
    ),
    "compiled": "NVRTC compiled the text for a GPU, so it is valid CUDA; what it computes is not shown",
}

_STATUSES = {
    "checked": "Warp's backward code agreed with central differences of the reference along drawn directions",
    "not_differentiable": "there is nothing to differentiate; the backward code is untested",
    "known_limitation": "Warp's gradient is wrong, or would be on a GPU, in a known way that the record names",
    "not_executed": "the code was compiled only",
}


def write_validation(page: MdUtils, material: Material, captions: dict[str, str]) -> None:
    """Add the section."""
    heading(page, 2, "Validation")
    page.new_paragraph(
        "Each kernel is run at drawn inputs of several shapes and compared with a numpy reference, which is written from the definitions "
        "and not by calling Warp: integers and booleans must be equal, floats within a tolerance of their type. How far the code was taken:"
    )
    bullets(page, _lines(material, _LEVELS, reversed(VALIDATIONS), lambda row: row.validation))
    page.new_paragraph("What became of the gradient:")
    bullets(page, _lines(material, _STATUSES, _STATUSES, lambda row: row.gradient.partition(":")[0]))
    page.new_paragraph(_errors(material))
    figure(page, "errors.svg", captions)
    _write_defects(page, material)
    with_gpu = material.gpu_check is not None or any(data.device == "cuda" for data in material.devices)
    page.new_paragraph(" ".join([planted_sentences(material.fault_check), *([gpu_sentences(material.gpu_check)] if with_gpu else [])]))


def holding(material: Material) -> list[Limitation]:
    """The entries of the ledger that hold in a version of Warp that records were made with."""
    versions = {row.warp_version for row in material.rows}
    return [entry for entry in LEDGER.values() if any(map(entry.holds_in, versions))]


def planted_sentences(check: FaultCheck | None) -> str:
    """What is on record of planted faults and cheats, in words."""
    if check is None:
        return "**Planted faults**: no run is on record (`make faults` plants faults in Warp, and gives the oracle kernels that cheat)."
    seen = len(check.faults) - len(check.missed)
    missed = f" Not seen: {listed(check.missed)}." if check.missed else ""
    control = f"the job failed as well ({code_span(check.without_fault)})" if check.without_fault else "nothing failed"
    refused = len(check.cheats) - len(check.accepted)
    accepted = f" Not refused: {listed([code_span(name) for name in check.accepted])}." if check.accepted else ""
    return (
        f"**Planted faults** ({check.date}, warp-lang {check.warp_version}): {number(len(check.faults), 'fault')}, each in a copy of Warp "
        f"of its own; {seen:,} made a case of the CUDA job fail, within {check.cases:,} cases.{missed} Without a fault {control}. "
        f"Of {number(len(check.cheats), 'cheating kernel')} and spoiled results the oracle refused {refused:,}.{accepted}"
    )


def gpu_sentences(check: GpuCheck | None) -> str:
    """What is on record of a run on a GPU, in words."""
    if check is None:
        return "**GPU check**: no run on a GPU is on record (`make gpu-check`, on a machine with one)."
    return " ".join(text for text in (f"**GPU check**: on {check.where}, {check.counts}.", check.worst, check.time) if text)


def _lines(material: Material, texts: Mapping[_Name, str], order: Iterable[_Name], value: Callable[[Row], str]) -> list[str]:
    """A line for each value that records have: how many on each device, and what it means."""
    counts = {data.device: Counter(map(value, data.rows)) for data in material.devices}
    lines = []
    for name in order:
        found = [f"{count[name]:,} {NAMES[device]}" for device, count in counts.items() if count[name]]
        if found:
            lines.append(f"`{name}` ({listed(found)}): {texts[name]}.")
    return lines


def _errors(material: Material) -> str:
    sentences = []
    for measure in (FORWARD, GRADIENT):
        found = numbers.shares(material.rows, measure)
        if found:
            over = sum(share > 1 for share in found)
            sentences.append(
                f"The largest {measure.name} error of a record is {float(np.median(found)):.1%} of its tolerance in the median and "
                f"{max(found):.1%} at most ({number(len(found), 'record')}, {f'{over:,}' if over else 'none'} above it)."
            )
    exact = numbers.compared_exactly(material.rows)
    if exact:
        sentences.append(f"The outputs of {number(exact, 'record')} are integers or booleans, and equal.")
    return " ".join(sentences)


def _write_defects(page: MdUtils, material: Material) -> None:
    heading(page, 3, "Defects of Warp and planted faults")
    entries = holding(material)
    kinds = Counter(entry.where for entry in entries)
    met = numbers.met(material.rows)
    versions = listed(sorted({row.warp_version for row in material.rows}))
    page.new_paragraph(
        "A mismatch is looked into until kernel, reference or Warp is found at fault. Where it is Warp, a ledger has an entry of it, with "
        f"a probe that shows it: {len(entries):,} for warp-lang {versions}, of which {kinds['gradient']:,} give a wrong gradient, "
        f"{kinds['forward']:,} a wrong value, and {kinds['compile']:,} do not compile. Cases keep clear of them or name them; "
        f"{number(sum(met.values()), 'record')} met {len(met):,} of them. Those met most, and some others ([all](appendix.md)):"
    )
    counts = {data.device: numbers.met(data.rows) for data in material.devices}
    known = {entry.name: entry for entry in entries}
    names = [*[name for name in met if name in known][:MOST_MET], *TELLING]
    rows = [
        [known[name].what, KINDS[known[name].where], *(f"{counts[data.device].get(name, 0):,}" for data in material.devices)]
        for name in dict.fromkeys(names)
        if name in known
    ]
    table(page, ["defect", "kind", *(f"{NAMES[data.device]} records" for data in material.devices)], rows)
