"""What a production cost: the ledger that `python -m generation.produce` keeps beside the manifest, `production-<device>.json`.

It is read here as a file, since the harness imports nothing of what drives it. Of a round the report takes what it shows and no more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.errors import DatasetError

FORMAT = "warp-kernel-harness/production/1"
"""The format of `generation.production.ledger`."""


@dataclass(frozen=True)
class Round:
    """A round that is done: cases, what came of them, bytes of code, and what it cost. `cpu_seconds` are those of all its processes,
    `peak_bytes` the most memory that they held together; `optimization_level` is None for Warp's default."""

    cases: int
    optimization_level: int | None
    passed: int
    failed: int
    harvested: int
    code_bytes: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def bytes_per_cpu_second(self) -> float | None:
        """Bytes of code per CPU second; None if it took none or gave none."""
        return self.code_bytes / self.cpu_seconds if self.cpu_seconds and self.code_bytes else None


@dataclass(frozen=True)
class Production:
    """The rounds of a device's production, one at least, and the seed of their cases."""

    seed: int
    rounds: tuple[Round, ...]

    @property
    def total(self) -> Round:
        """All rounds as one: sums, and the largest peak. Its level is that of most rounds."""
        levels = [entry.optimization_level for entry in self.rounds]
        sums = {name: sum(getattr(entry, name) for entry in self.rounds) for name in _SUMMED}
        return Round(optimization_level=max(levels, key=levels.count), peak_bytes=max(entry.peak_bytes for entry in self.rounds), **sums)


_NAMES = [field.name for field in fields(Round)]
_SUMMED = [name for name in _NAMES if name not in ("optimization_level", "peak_bytes")]


def production_path(data_dir: Path, device: str) -> Path:
    """Where the ledger of a device's production stands."""
    return data_dir / f"production-{device}.json"


def read_production(data_dir: Path, device: str) -> Production | None:
    """The production of a device, or None if none has finished a round. Raises DatasetError if its ledger is not one."""
    path = production_path(data_dir, device)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as JSON ({str(error).splitlines()[0]}): restore it, or remove it") from None
    if not isinstance(data, dict) or (data.get("format"), data.get("device")) != (FORMAT, device):
        raise DatasetError(f"{path} is not the ledger of a production of {device} in the format {FORMAT}: restore it, or remove it")
    try:
        rounds = tuple(Round(**{name: _amount(name, entry[name]) for name in _NAMES}) for entry in data["rounds"])
        seed = int(data["seed"])
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path} is damaged ({type(error).__name__}: {error}): restore it, or remove it") from None
    return Production(seed, rounds) if rounds else None


def _amount(name: str, value: Any) -> Any:
    """A value of a round, if it is of its kind. Raises TypeError."""
    kinds = (int, type(None)) if name == "optimization_level" else (int, float) if name.endswith("seconds") else (int,)
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise TypeError(f"its {name} is {value!r}")
    return value
