"""The ledger of a production: what was fixed when it began, and what each round that is done gave and cost.

It stands beside the manifest, as `production-<device>.json`, and is replaced after each round. It is not part of the dataset: it holds
times. A kill between a round's commit and its line in here costs nothing: the round is run again, finds its cases done, and adds nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from generation.production.request import ProductionError
from harness.publish import publish_text

FORMAT = "warp-kernel-harness/production/1"


@dataclass(frozen=True)
class RoundEntry:
    """A round that is done: its first index and its cases, what came of them, and what it cost.

    `cpu_seconds` are those of all its processes, `peak_bytes` the most memory that they held together (proportional set size), and
    `attempts` how many runs of the main job it took.
    """

    number: int
    start: int
    cases: int
    optimization_level: int | None
    passed: int
    failed: int
    skipped: int
    harvested: int
    duplicates: int
    bridges: int
    code_bytes: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    attempts: int


@dataclass(frozen=True)
class Ledger:
    """A production: its device and settings, what the dataset held before it began, and the rounds that are done, from 0 on.

    `optimization_level` None is Warp's own. `before` has records, bytes of `code`, duplicates and bridges.
    """

    device: str
    seed: int
    round_cases: int
    optimization_level: int | None
    before: tuple[int, int, int, int] = (0, 0, 0, 0)
    rounds: tuple[RoundEntry, ...] = ()

    @property
    def counted(self) -> tuple[int, int, int, int]:
        """Records, bytes of `code`, duplicates and bridges in the dataset after the rounds so far."""
        added = [(entry.harvested, entry.code_bytes, entry.duplicates, entry.bridges) for entry in self.rounds]
        records, code_bytes, duplicates, bridges = (sum(column) for column in zip(self.before, *added, strict=True))
        return records, code_bytes, duplicates, bridges

    def with_round(self, entry: RoundEntry) -> Ledger:
        """The ledger with its next round. Raises ValueError for any other."""
        if entry.number != len(self.rounds):
            raise ValueError(f"round {entry.number} cannot follow round {len(self.rounds) - 1}")
        return replace(self, rounds=(*self.rounds, entry))

    def write(self, data_dir: Path) -> None:
        """Replace the ledger in `data_dir`. Raises ProductionError, leaving the old one, if the disk refuses."""
        path = ledger_path(data_dir, self.device)
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            publish_text(path, json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n")
        except OSError as error:
            raise ProductionError(f"{path} cannot be written ({error.strerror}): make room and run again, nothing is lost") from None


def ledger_path(data_dir: Path, device: str) -> Path:
    """Where the ledger of a device's production stands."""
    return data_dir / f"production-{device}.json"


def read_ledger(data_dir: Path, device: str) -> Ledger | None:
    """The ledger in `data_dir`, or None if no production has begun there. Raises ProductionError if it is not one."""
    path = ledger_path(data_dir, device)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        ledger = _from_json(data)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProductionError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, TypeError, KeyError) as error:
        raise ProductionError(
            f"{path} is damaged ({str(error).splitlines()[0]}): restore it, or remove it to have finished rounds looked at once more"
        ) from None
    if ledger.device != device:
        raise ProductionError(f"{path} is for device {ledger.device!r}, not {device!r}: restore it, or remove it")
    return ledger


def _from_json(data: dict[str, Any]) -> Ledger:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    rounds = tuple(RoundEntry(**entry) for entry in data["rounds"])
    if [entry.number for entry in rounds] != list(range(len(rounds))):
        raise ValueError("its rounds are not numbered from 0 on")
    records, code_bytes, duplicates, bridges = data["before"]
    settings = {name: data[name] for name in ("device", "seed", "round_cases", "optimization_level")}
    ledger = Ledger(**settings, before=(records, code_bytes, duplicates, bridges), rounds=rounds)
    for part in (ledger, *rounds):
        for name, value in vars(part).items():
            if name not in ("device", "before", "rounds") and not _is_amount(name, value):
                raise ValueError(f"its {name} is {value!r}")
    if not all(_is_amount("before", value) for value in ledger.before):
        raise ValueError(f"its before is {list(ledger.before)!r}")
    return ledger


def _is_amount(name: str, value: Any) -> bool:
    """Whether a value of the ledger is what its name asks for: a number, of seconds or else whole, or no level."""
    if value is None:
        return name == "optimization_level"
    kinds = (int, float) if name.endswith("seconds") else (int,)
    return isinstance(value, kinds) and not isinstance(value, bool) and value >= 0
