"""A few records as files for people to read: the kernel, its reference, its C++ and CUDA, and what else the records say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.records import COLUMNS

EXAMPLES = "examples"
MOST_EXAMPLES = 6

CODE_FILES = {"cpu": "kernel.cpp", "cuda": "kernel.cu"}
"""The file of a device's code."""

TEXTS = ("python_source", "reference_source", "code", "ptx")
"""The columns that are files of their own, or left out."""

_JSON = ("launch", "resources")

_CHECKED = "checked"


def choose_examples(records: Mapping[str, Sequence[dict[str, Any]]]) -> list[dict[str, dict[str, Any]]]:
    """Kernels to show, each as its record by device: at most `MOST_EXAMPLES`, which all devices have, one of a family.

    They are the smallest of their family, of those families whose smallest is small, spread evenly over these; kernels with a checked
    gradient come before others.
    """
    devices = list(records)
    by_pair = [{record["pair_id"]: record for record in rows} for rows in records.values()]
    shared = [pair for pair in by_pair[0] if all(pair in rows for rows in by_pair)]
    kernels = sorted((dict(zip(devices, (rows[pair] for rows in by_pair), strict=True)) for pair in shared), key=_preference)
    families: dict[str, dict[str, dict[str, Any]]] = {}
    for kernel in kernels:
        families.setdefault(kernel[devices[0]]["family"], kernel)
    small = list(families.items())[: max(MOST_EXAMPLES, len(families) // 2)]
    by_name = [kernel for _, kernel in sorted(small, key=lambda item: item[0])]
    count = min(MOST_EXAMPLES, len(by_name))
    return [by_name[place * len(by_name) // count] for place in range(count)]


def write_examples(folder: Path, examples: Sequence[Mapping[str, dict[str, Any]]], preambles: Mapping[str, str]) -> list[str]:
    """Write each example to a folder of its case's name in `folder`; the names. `preambles` has the texts by their ids. Raises OSError if
    the disk refuses."""
    for kernel in examples:
        first = next(iter(kernel.values()))
        place = folder / first["case"]
        place.mkdir(parents=True)
        texts = {"kernel.py": first["python_source"], "reference.py": first["reference_source"]}
        texts |= {CODE_FILES[device]: preambles[record["preamble_id"]] + record["code"] for device, record in kernel.items()}
        texts["record.json"] = json.dumps({device: _described(record) for device, record in kernel.items()}, indent=1) + "\n"
        for name, text in texts.items():
            (place / name).write_text(text, encoding="utf-8")
    return [next(iter(kernel.values()))["case"] for kernel in examples]


def _preference(kernel: dict[str, dict[str, Any]]) -> tuple[bool, int, str]:
    return (not _checked(kernel), sum(record["code_bytes"] for record in kernel.values()), next(iter(kernel.values()))["pair_id"])


def _checked(kernel: dict[str, dict[str, Any]]) -> bool:
    return all(record["gradient"] == _CHECKED for record in kernel.values())


def _described(record: dict[str, Any]) -> dict[str, Any]:
    """The record without its texts; what is JSON in a column is JSON here."""
    values = {column.name: record[column.name] for column in COLUMNS if column.name not in TEXTS}
    return {name: json.loads(value) if name in _JSON and value is not None else value for name, value in values.items()}
