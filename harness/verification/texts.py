"""Comparing texts: a record's columns with each other, and its code with what Warp makes of its Python now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from generation.code.job import Outcome
from harness.features import features_used
from harness.near import bands_of
from harness.records import HARNESS_VERSION, record_fault
from harness.structure import builtins_used, content_hash, structure_hash
from harness.verification.finding import Text
from harness.verification.source import Place
from kernels.case import Case

Record = dict[str, Any]

LONGEST = 100
"""Characters of a value or line that a remark shows."""

_OF_PYTHON: dict[str, Callable[[str], Any]] = {
    "python_bytes": lambda text: len(text.encode()),
    "builtins": builtins_used,
    "features": features_used,
    "structure_hash": structure_hash,
    "pair_id": content_hash,
    "bands": bands_of,
}
"""The columns that follow from `python_source` alone."""


def case_of(record: Record) -> Case:
    """The case that a record is of, from its columns alone. Raises ValueError, one line, if they do not describe one."""
    names = ("family", "seed", "index", "kernel_name", "python_source", "reference_source")
    try:
        case = Case.from_parts(**{name: record[name] for name in names}, launch_json=record["launch"])
        canonical = case.launch_json()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"launch describes no case ({type(error).__name__}: {shortened(error)})") from None
    if canonical != record["launch"]:
        raise ValueError("launch is not written as a record's is, so it is not the one that was recorded")
    return case


def own_faults(record: Record, place: Place, device: str, preambles: Mapping[str, str]) -> list[str]:
    """Columns that do not follow from the others, from their shard or from the manifest's preambles, a line each."""
    fault = record_fault(record)
    if fault is not None:
        return [fault]
    found = []
    expected = {
        "id": content_hash(device, record["python_source"], record["reference_source"], record["code"]),
        "case": f"{record['family']}-{record['index']:06d}",
        "device": device,
        "split": place.shard.split,
        "code_bytes": len(record["code"].encode()),
    }
    for name, compute in _OF_PYTHON.items():
        try:
            expected[name] = compute(record["python_source"])
        # The text may be anything at all, and is not blamed on the column more than once.
        except Exception as error:
            found.append(f"python_source has no {name} ({type(error).__name__}: {shortened(error)})")
            break
    for name, value in expected.items():
        if record[name] != value:
            found.append(f"{name} is {shortened(record[name])}, by the other columns it is {shortened(value)}")
    preamble = preambles.get(record["preamble_id"])
    if preamble is None or content_hash(preamble) != record["preamble_id"]:
        found.append(f"preamble_id is {shortened(record['preamble_id'])}, and the manifest has no preamble with that hash")
    if found and record["harness_version"] != HARNESS_VERSION:
        found.append(f"it was made by version {record['harness_version']} of this project, and this is {HARNESS_VERSION}")
    return found


def compare_text(record: Record, preamble: str | None, outcome: Outcome, warp_version: str, *, same_build: bool) -> tuple[Text, list[str]]:
    """Whether the code and preamble that were made now are the recorded ones byte for byte, and what is not, a line each.

    `preamble` is None if the manifest has none for the record, which is said elsewhere. `same_build` says that the code was compiled as it
    was for the record, so that its PTX must be the same, too.
    """
    if not outcome.code:
        return "not_made", []
    pairs = [("code", record["code"], outcome.code)] + ([] if preamble is None else [("preamble", preamble, outcome.preamble)])
    found = [f"{name}: {_difference(recorded, made)}" for name, recorded, made in pairs if recorded != made]
    if record["warp_version"] != warp_version:
        if not found:
            return "same", []
        return "drift", [
            f"code was made by warp-lang {record['warp_version']}, and warp-lang {warp_version} makes another text: {found[0]}"
        ]
    if record["overloads"] != list(outcome.overloads):
        found.append(f"overloads: {_difference(chr(10).join(record['overloads']), chr(10).join(outcome.overloads))}")
    if same_build and record["ptx"] is not None:
        if record["ptx"] != outcome.ptx:
            found.append(f"ptx: {_difference(record['ptx'], outcome.ptx or '')}")
        resources = json.dumps(outcome.resources, sort_keys=True, separators=(",", ":"))
        if record["resources"] != resources:
            found.append(f"resources: {shortened(record['resources'])} in the record, {shortened(resources)} now")
    return ("differs" if found else "same"), found


def shortened(value: object) -> str:
    """A value as a piece of a line of at most `LONGEST` characters."""
    line = " ".join(str(value).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."


def _difference(recorded: str, made: str) -> str:
    """The first line in which two texts differ, in both."""
    before, after = recorded.splitlines(keepends=True), made.splitlines(keepends=True)
    first = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after)))
    lines = [shortened(f"`{text[first].strip()}`") if first < len(text) else "not there" for text in (before, after)]
    if lines[0] == lines[1]:
        lines = [repr(text[first]) for text in (before, after)]
    return f"line {first + 1} is {lines[0]} in the record and {lines[1]} now"
