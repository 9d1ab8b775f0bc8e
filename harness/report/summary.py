"""The report's first part: what there is, how sure we are, what it is good for, and its limits, each in a paragraph."""

from __future__ import annotations

from collections.abc import Sequence

from mdutils.mdutils import MdUtils

from generation.code.settings import Validation
from harness.card.limits import SYNTHESIZER
from harness.records import SPLITS
from harness.report import numbers
from harness.report.diversity import across_splits, structures
from harness.report.material import LANGUAGES, NAMES, Material
from harness.report.numbers import FORWARD, GRADIENT
from harness.report.page import bullets, heading, listed, megabytes, number, share
from harness.report.source import DeviceData, Row

_LEVELS: dict[Validation, str] = {
    "executed": "run on {where}",
    "executed_on_host": "compiled by NVRTC for {arch}, and run on {where} in place of a GPU",
    "compiled": "compiled for {arch}, never run",
}


def write_summary(page: MdUtils, material: Material) -> None:
    """Add the section."""
    heading(page, 2, "Summary")
    parts = (
        ("What there is", _contents),
        ("How sure we are", _certainty),
        ("What it is good for", _uses),
        ("Limits", _limits),
    )
    bullets(page, (f"**{title}.** {' '.join(write(material))}" for title, write in parts))


def _contents(material: Material) -> list[str]:
    sizes = [
        f"{number(len(data.rows), f'{NAMES[data.device]} record')} with {megabytes(data.code_bytes)} of {LANGUAGES[data.device]}"
        for data in material.devices
    ]
    both = f"; {number(len(material.pairs), 'kernel')} {_has(len(material.pairs))} both" if len(sizes) > 1 else ""
    builtins = material.bars["builtins exercised"]
    families = len(numbers.families(material.rows))
    return [
        f"{listed(sizes)}{both}. A record is one NVIDIA Warp kernel in Python, the code that Warp's compiler made of it, forward and "
        "backward, a numpy reference that computes the same, and the evidence of its checks.",
        *(f"There is no {LANGUAGES[device]} yet." for device in material.absent),
        f"The kernels have {number(structures(material.rows), 'distinct program structure')} from "
        f"{families:,} famil{'y' if families == 1 else 'ies'} of algorithms, and call {builtins.have:,.0f} of Warp's {builtins.of:,.0f} "
        "builtins.",
    ]


def _certainty(material: Material) -> list[str]:
    rows = material.rows
    checked = sum(row.gradient == "checked" for row in rows)
    sentences = [sentence for data in material.devices for sentence in _levels(data)]
    sentences.append("What ran agreed with its reference.")
    sentences.append(
        f"The gradient of {checked:,} of {number(len(rows), 'record')} ({share(checked, len(rows))}) was checked and agreed, too."
    )
    worst = [(max(found), where) for m, where in ((FORWARD, "an output"), (GRADIENT, "a gradient")) if (found := numbers.shares(rows, m))]
    if worst:
        told = listed([f"{most:.1%} in {where}" for most, where in worst])
        sentences.append(f"The largest error, as a share of its tolerance, is {told}.")
    return [*sentences, *_on_record(material)]


def _on_record(material: Material) -> list[str]:
    """What the checks beside the dataset say, and which of them were not run."""
    sentences, missing = [], []
    if material.fault_check is None:
        missing.append("planted faults")
    else:
        faults = material.fault_check
        seen = len(faults.faults) - len(faults.missed)
        sentences.append(f"Of {number(len(faults.faults), 'fault')} planted in Warp the job saw {seen:,}.")
    if material.gpu_check is not None:
        sentences.append(f"On {material.gpu_check.where}, {material.gpu_check.counts}.")
    elif any(data.device == "cuda" for data in material.devices):
        missing.append("a GPU")
    return [*sentences, *([f"No run on {' or on '.join(missing)} is on record."] if missing else [])]


def _uses(material: Material) -> list[str]:
    rows = material.rows
    checked = sum(row.gradient == "checked" for row in rows)
    across = f", and between these for {number(len(material.pairs), 'kernel')}" if len(material.devices) > 1 else ""
    splits = [f"{sum(row.split == split for row in rows):,} {split}" for split in SPLITS]
    spread = across_splits(material.devices)
    return [
        f"Training and testing models that translate Python kernels to {listed([LANGUAGES[d.device] for d in material.devices])}{across}; "
        f"learning how derivative code is made ({number(checked, 'record')} with a checked backward part); testing compilers, since each "
        "record has a reference.",
        f"The splits have {listed(splits)} records; {f'{spread:,}' if spread else 'no'} cluster{'s' * (spread > 1)} of near-duplicates "
        f"{'are' if spread > 1 else 'is'} in two of them.",
    ]


def _limits(material: Material) -> list[str]:
    rows = material.rows
    synthesized = sum(row.family == SYNTHESIZER for row in rows)
    sentences = [
        f"All programs are synthetic: {synthesized:,} records from a synthesizer, {len(rows) - synthesized:,} variants of algorithms."
    ]
    counts = dict(numbers.statuses(rows))
    untested = counts.get("not_differentiable", 0) + counts.get("not_executed", 0)
    if untested:
        sentences.append(f"The backward code of {number(untested, 'record')} is untested.")
    limited = sum(map(numbers.limited, rows))
    if limited:
        wrong = "a gradient that is wrong, or would be on a GPU, by a defect of Warp that the record names"
        sentences.append(f"{number(limited, 'record')} {_has(limited)} {wrong}.")
    if any(row.validation == "executed_on_host" for row in rows):
        sentences.append("CUDA that ran on the host does not show how a GPU rounds, orders memory and runs threads at once.")
    versions, archs = (sorted({getattr(row, name) for row in rows}) for name in ("warp_version", "arch"))
    sentences.append(f"The code is that of warp-lang {listed(versions)}, compiled for {listed(archs)} at {levels_of(rows)}.")
    sentences.append("Inputs were small and drawn, and nothing was timed: this is evidence, no proof.")
    return sentences


def _levels(data: DeviceData) -> list[str]:
    sentences = []
    for level, count in numbers.levels(data.rows):
        mine = [row for row in data.rows if row.validation == level]
        where, arch = (listed(sorted(names)) for names in ({row.executed_on for row in mine}, {row.arch for row in mine}))
        what = _LEVELS[level].format(where=where, arch=arch)
        sentences.append(f"{number(count, f'{NAMES[data.device]} record')} ({share(count, len(data.rows))}): {what}.")
    return sentences


def levels_of(rows: Sequence[Row]) -> str:
    """The optimization levels that records were compiled at, in words."""
    levels = sorted({-1 if row.optimization_level is None else row.optimization_level for row in rows})
    return listed(["Warp's default optimization level" if level < 0 else f"optimization level {level}" for level in levels])


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
