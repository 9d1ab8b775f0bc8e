"""What is on record of faults that were planted to be found: `fault-check.json`, which `make faults` writes beside the report.

It names each fault that was planted in a copy of Warp, with the first case that failed for it, and each of the cheating kernels and spoiled
results that the oracle is given by its own tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.report.output import ReportError
from harness.report.record_file import read_record

FORMAT = "warp-kernel-harness/fault-check/1"

FAULT_CHECK = "fault-check.json"


@dataclass(frozen=True)
class Planted:
    """A fault that was planted in a file of Warp; the case that failed for it and why, both '' if none did."""

    name: str
    file: str
    case: str
    reason: str


@dataclass(frozen=True)
class FaultCheck:
    """A run over the faults: when, with which Warp, over how many cases at most; what failed without a fault, '' for nothing; the faults;
    the cheats by name, and whether each was refused."""

    date: str
    warp_version: str
    cases: int
    without_fault: str
    faults: tuple[Planted, ...]
    cheats: dict[str, bool]

    @property
    def missed(self) -> list[str]:
        """The faults that no case failed for, by name."""
        return [fault.name for fault in self.faults if not fault.case]

    @property
    def accepted(self) -> list[str]:
        """The cheats that were not refused, by name."""
        return [name for name, refused in self.cheats.items() if not refused]


def read_fault_check(folder: Path) -> FaultCheck | None:
    """The record in a report's folder, or None if there is none. Raises ReportError for a file that is not one."""
    path = folder / FAULT_CHECK
    data = read_record(path, FORMAT, "planted faults", "make faults")
    if data is None:
        return None
    try:
        return _fault_check(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReportError(f"{path} is damaged ({type(error).__name__}: {error}): remove it, or run `make faults`") from None


def _fault_check(data: dict[str, Any]) -> FaultCheck:
    faults = tuple(Planted(**{name: str(entry[name]) for name in ("name", "file", "case", "reason")}) for entry in data["faults"])
    cheats = {str(name): bool(refused) for name, refused in data["cheats"].items()}
    return FaultCheck(str(data["date"]), str(data["versions"]["warp"]), int(data["cases"]), str(data["without_fault"]), faults, cheats)
