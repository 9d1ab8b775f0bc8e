"""The card's sections on evidence: how far records were validated, by what and how closely, and what became of their gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from generation.code.settings import VALIDATIONS
from harness.card.contents import Contents, counts, markdown_table
from harness.oracle.ledger import LEDGER

KNOWN_LIMITATION = "known_limitation:"

_DONE = {
    "executed": "run on the processor that it is for, which `executed_on` names",
    "executed_on_host": "compiled for `arch` by NVRTC; the same text, compiled by clang, run on the processor in `executed_on`",
    "compiled": "compiled for `arch` by NVRTC, and no more, for the reason in `not_executed`",
}

_SHOWN = {
    "executed": "it computes what the reference computes",
    "executed_on_host": "the text is valid CUDA, and computes what the reference computes; not how a GPU rounds, schedules and orders",
    "compiled": "the text is valid CUDA",
}

_GRADIENTS = {
    "checked": "the backward code agrees with central differences of the reference",
    "known_limitation": "Warp's own gradient is known to be wrong here, or on a GPU; the backward code is as Warp generates it",
    "not_differentiable": "no output has a derivative by an input: there is no gradient to check",
    "not_executed": "the code was compiled only",
}

_ERRORS = (
    ("forward", "max_error_forward", "tolerance"),
    ("gradient, where `checked`", "max_error_gradient", "tolerance_gradient"),
)

_MADE_BY = ("validation", "executed_on", "arch", "optimization_level", "warp_version", "harness_version")


def validation(contents: Sequence[Contents]) -> list[str]:
    """The sections on validation and on gradients, for devices that have records."""
    return [*_levels(contents), *_made_by(contents), *_not_executed(contents), *_errors(contents), *_gradients(contents)]


def _devices(contents: Sequence[Contents]) -> list[str]:
    return [one.device for one in contents]


def _levels(contents: Sequence[Contents]) -> list[str]:
    by_device = [dict(counts(c.table, "validation")) for c in contents]
    rows = [
        [f"`{level}`", _DONE[level], _SHOWN[level], *(f"{found.get(level, 0):,}" for found in by_device)] for level in reversed(VALIDATIONS)
    ]
    text = [
        "## Validation",
        "",
        "`validation` says how far a record's code was taken. What ran was run at drawn inputs, forward and backward, and its results "
        "were compared with the numpy reference.",
        "",
    ]
    return [*text, *markdown_table(["level", "what was done", "what it shows", *_devices(contents)], rows)]


def _made_by(contents: Sequence[Contents]) -> list[str]:
    rows = []
    for one in contents:
        groups = one.table.group_by(list(_MADE_BY)).aggregate([([], "count_all")]).to_pylist()
        for group in groups:
            cells = ["default" if group[name] is None else group[name] or "nothing" for name in _MADE_BY if name != "optimization_level"]
            level = "Warp's default" if group["optimization_level"] is None else group["optimization_level"]
            rows.append([one.device, *cells[:3], level, *cells[3:], f"{group['count_all']:,}"])
    rows.sort(key=lambda row: [str(cell) for cell in row])
    return markdown_table(
        ["device", "validation", "executed on", "compiled for", "optimization level", "warp-lang", "harness", "records"], rows
    )


def _not_executed(contents: Sequence[Contents]) -> list[str]:
    rows = [[reason, f"{count:,}"] for c in contents for reason, count in counts(c.table, "not_executed") if reason]
    return markdown_table(["why code was not executed", "records"], rows) if rows else []


def _errors(contents: Sequence[Contents]) -> list[str]:
    rows = []
    for one in contents:
        for name, error, tolerance in _ERRORS:
            table = one.where("gradient", "checked") if error == "max_error_gradient" else one.table
            shares = pc.drop_null(pc.divide(table[error], table[tolerance])).to_numpy()
            if len(shares):
                rows.append([one.device, name, f"{len(shares):,}", f"{np.median(shares):.2g}", f"{np.max(shares):.2g}"])
    if not rows:
        return []
    text = (
        "Errors as shares of their tolerances; 1 is the most that passes. Integers and booleans are compared exactly, and not counted here."
    )
    return [text, "", *markdown_table(["device", "check", "records", "median", "largest"], rows)]


def _gradients(contents: Sequence[Contents]) -> list[str]:
    by_device = [dict(counts(c.table, "gradient")) for c in contents]
    statuses = [{s: sum(n for value, n in found.items() if _status(value) == s) for s in _GRADIENTS} for found in by_device]
    rows = [[f"`{s}`", meaning, *(f"{found[s]:,}" for found in statuses)] for s, meaning in _GRADIENTS.items()]
    lines = ["## Gradients", "", "`gradient` says how far the backward code was checked.", ""]
    lines += markdown_table(["status", "meaning", *_devices(contents)], rows)
    names = sorted({value.removeprefix(KNOWN_LIMITATION) for found in by_device for value in found if value.startswith(KNOWN_LIMITATION)})
    if not names:
        return lines
    rows = [
        [f"`{KNOWN_LIMITATION}{name}`", _explained(name), *(f"{found.get(KNOWN_LIMITATION + name, 0):,}" for found in by_device)]
        for name in names
    ]
    return [*lines, *markdown_table(["known limitation", "what Warp gets wrong", *_devices(contents)], rows)]


def _explained(name: str) -> str:
    return LEDGER[name].what if name in LEDGER else "an entry of the ledger of another version of this project"


def _status(gradient: str) -> str:
    return gradient.partition(":")[0]
