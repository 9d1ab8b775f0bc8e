"""What is on record of a run on a GPU: `gpu-check.json`, which `make gpu-check` writes beside the report.

The file comes from another machine, and perhaps from another version of this project. Of its fields those that are there are shown; only a
file that is no such record at all is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.gpu_check import FORMAT
from harness.report.record_file import read_record

GPU_CHECK = "gpu-check.json"

_FACTS = {
    "date": "{}",
    "compute_capability": "{}",
    "memory_bytes": "{:,} bytes",
    "driver_version": "{}",
    "cuda_toolkit": "{}",
    "versions": "{}",
    "workers": "{}",
    "mb_per_minute": "{:.1f} MB of code per minute",
}
"""Fields that are shown by themselves, in this order, and how their values are written."""


@dataclass(frozen=True)
class GpuCheck:
    """A run on a GPU in words: on which GPU, how many cases got how far, the worst errors, the time; other facts; the failures."""

    where: str
    counts: str
    worst: str
    time: str
    facts: dict[str, str]
    failures: tuple[tuple[str, str], ...]


def read_gpu_check(folder: Path) -> GpuCheck | None:
    """The record in a report's folder, or None if there is none. Raises ReportError for a file that is not one."""
    data = read_record(folder / GPU_CHECK, FORMAT, "a run on a GPU", "make gpu-check")
    if data is None:
        return None
    where = ", ".join(dict.fromkeys(map(str, _list(data.get("devices"))))) or "a GPU that it does not name"
    return GpuCheck(where, _counts(data), _worst(data), _time(data), _facts(data), _failures(data))


def _counts(data: dict[str, Any]) -> str:
    parts = [f"{count:,} cases were {level}" for level, count in _numbers(data.get("validation")).items()]
    gradients = _numbers(data.get("gradient"))
    if "checked" in gradients:
        parts.append(f"{gradients['checked']:,} had their gradient checked")
    failed = _numbers(data.get("cases")).get("failed", len(_failures(data)))
    return ", ".join([*parts, f"{failed:,} failed"])


def _worst(data: dict[str, Any]) -> str:
    errors = data.get("errors")
    parts = []
    for kind in ("forward", "gradient"):
        largest = _numbers(errors.get(kind) if isinstance(errors, dict) else None).get("max")
        if largest is not None:
            parts.append(f"{largest:.1%} of its tolerance in {'an output' if kind == 'forward' else 'a gradient'}")
    return f"The worst error was {' and '.join(parts)}." if parts else ""


def _time(data: dict[str, Any]) -> str:
    wall = data.get("wall_seconds")
    stages = sorted(_numbers(data.get("seconds")).items(), key=lambda item: -item[1])
    parts = [f"It took {wall:,.1f} s."] if isinstance(wall, int | float) else []
    if stages:
        parts.append(f"Summed over the workers, by stage: {', '.join(f'{stage} {seconds:,.1f} s' for stage, seconds in stages)}.")
    return " ".join(parts)


def _facts(data: dict[str, Any]) -> dict[str, str]:
    return {name.replace("_", " "): _text(data[name], form) for name, form in _FACTS.items() if data.get(name) not in (None, "", [], {})}


def _failures(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    entries = [entry for entry in _list(data.get("failures")) if isinstance(entry, dict)]
    return tuple((str(entry.get("case", "?")), str(entry.get("reason", "?"))) for entry in entries)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _numbers(value: Any) -> dict[str, int | float]:
    """The numbers of a dictionary, by name; empty for anything else."""
    return {str(k): v for k, v in value.items() if isinstance(v, int | float)} if isinstance(value, dict) else {}


def _text(value: Any, form: str) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {entry}" for name, entry in value.items())
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(_text(entry, form) for entry in value))
    return form.format(value) if isinstance(value, int | float) else str(value)
