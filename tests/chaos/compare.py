"""Two folders of datasets, compared file by file: all that must not depend on how a production went."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_OF_THE_RUN = ("summary-", ".lock-", "GENERATION_STATE.md")
"""How names start of files that speak of a run; logs and the report are left out too, and of the ledger what it cost."""

_COSTS = ("wall_seconds", "cpu_seconds", "peak_bytes", "attempts")


def differences(one: Path, other: Path) -> list[str]:
    """What the two differ in, a line for each file, and what a production should not have left: spooled records and half-written files."""
    left, right = _files(one), _files(other)
    lines = [f"{name} is only in {(one if name in left else other)}" for name in sorted(left.keys() ^ right.keys())]
    lines += [f"{name} differs" for name in sorted(left.keys() & right.keys()) if left[name] != right[name]]
    for folder in (one, other):
        remains = [*folder.rglob("*.tmp"), *(path for path in folder.glob("*/.spool/*") if path.stat().st_size)]
        lines += [f"{path} was left behind" for path in sorted(remains)]
    return lines


def compared(folder: Path) -> list[str]:
    """The files of a dataset that are compared."""
    return sorted(_files(folder))


def _files(folder: Path) -> dict[str, Any]:
    """What each file holds, by its path relative to the folder."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(_OF_THE_RUN)]
    paths = [path for path in paths if path.suffix not in (".log", ".tmp") and path.parent.name not in (".spool", "report", "figures")]
    return {str(path.relative_to(folder)): _ledger(path) if path.name.startswith("production-") else path.read_bytes() for path in paths}


def _ledger(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data | {"rounds": [{name: value for name, value in entry.items() if name not in _COSTS} for entry in data["rounds"]]}
