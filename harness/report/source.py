"""What the report is made from: the records of each device, without their generated code, the last run's summary, and the production.

Every shard is compared with its checksum before it is read, so that a damaged file is one line and not a wrong number.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.errors import DatasetError
from harness.folder import DEVICES, shard_files
from harness.manifest import Manifest, ShardEntry, manifest_path, read_manifest
from harness.records import FORMAT
from harness.report.production import Production, read_production
from harness.shards import check_checksum, check_shard, read_columns
from harness.summary import summary_path


@dataclass(frozen=True)
class Row:
    """The columns of a record that the report uses of every record, named and typed as in the shards. `code` and `ptx` stay on disk: they
    are most of the bytes."""

    id: str
    case: str
    split: str
    family: str
    seed: int
    index: int
    kernel_name: str
    python_source: str
    preamble_id: str
    code_bytes: int
    python_bytes: int
    builtins: list[str]
    features: list[str]
    structure_hash: str
    validation: str
    gradient: str
    max_error_forward: float | None
    max_error_gradient: float | None
    tolerance: float | None
    optimization_level: int | None
    arch: str
    warp_version: str
    harness_version: str
    pair_id: str
    tolerance_gradient: float | None
    executed_on: str
    not_executed: str
    resources: str | None
    overloads: list[str]
    cluster: str


@dataclass(frozen=True)
class Failure:
    """A case of the last run that failed, and why, in one line."""

    case: str
    reason: str


@dataclass(frozen=True)
class Run:
    """The last run of a device. `cases` are its counts by name; `seconds` are by stage, summed over the workers."""

    seed: int
    start: int
    count: int
    families: tuple[str, ...]
    date: str
    workers: int
    wall_seconds: float
    cases: dict[str, int]
    failures: tuple[Failure, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class DeviceData:
    """A device's manifest in the data folder, its records in the order of the shards, its last run and its production, if there are any."""

    folder: Path
    manifest: Manifest
    rows: tuple[Row, ...]
    run: Run | None
    production: Production | None

    @property
    def device(self) -> str:
        """The device, `cpu` or `cuda`."""
        return self.manifest.device

    @property
    def shards(self) -> list[Path]:
        """Where its shards stand."""
        return [self.folder / entry.file for entry in self.manifest.shards]

    @property
    def code_bytes(self) -> int:
        """Bytes of generated code in all records."""
        return sum(row.code_bytes for row in self.rows)

    @property
    def python_bytes(self) -> int:
        """Bytes of Python in all records."""
        return sum(row.python_bytes for row in self.rows)

    @property
    def file_bytes(self) -> int:
        """Bytes of all shards on disk."""
        return sum(entry.file_bytes for entry in self.manifest.shards)


COUNTS = ("asked", "already_there", "run", "passed", "known_limitation", "failed", "skipped", "harvested", "duplicate", "bridge")
"""The counts of a summary that the report uses."""

_ROW_COLUMNS = [field.name for field in fields(Row)]


def read_dataset(data_dir: Path) -> list[DeviceData]:
    """What there is of every device, those without records too. Raises DatasetError if a file is not what it should be, or none has any."""
    if not data_dir.is_dir():
        state = "not a folder" if data_dir.exists() else "not there"
        raise DatasetError(f"{data_dir} is {state}: run `pytest --device=cpu` to make a dataset, or give another --data-dir")
    devices = [_read_device(data_dir, device) for device in DEVICES]
    if not any(data.rows for data in devices):
        raise DatasetError(f"{data_dir} holds no records: run `pytest --device=cpu` to make some, or give another --data-dir")
    return devices


def _read_device(data_dir: Path, device: str) -> DeviceData:
    manifest = read_manifest(data_dir, device)
    path = manifest_path(data_dir, device)
    shards = shard_files(data_dir, device)
    if shards and not path.exists():
        raise DatasetError(f"{path} is missing, though {shards[0]} is there: restore it, or move {data_dir / device} away")
    rows = tuple(row for entry in manifest.shards for row in _read_shard(data_dir, entry))
    run = _read_run(summary_path(data_dir, device), device)
    return DeviceData(data_dir, manifest, rows, run, read_production(data_dir, device))


def _read_shard(data_dir: Path, entry: ShardEntry) -> list[Row]:
    try:
        check_shard(data_dir, entry)
        check_checksum(data_dir, entry)
    except OSError as error:
        raise DatasetError(f"{data_dir / entry.file} cannot be read ({error.strerror}): restore it, or its permissions") from None
    return [Row(*values) for values in read_columns(data_dir / entry.file, _ROW_COLUMNS)]


def _read_run(path: Path, device: str) -> Run | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as JSON ({str(error).splitlines()[0]}): remove it, or run the job again") from None
    if not isinstance(data, dict) or (data.get("format"), data.get("device")) != (FORMAT, device):
        raise DatasetError(f"{path} is not a summary of {device} in the format {FORMAT}: remove it, or run the job again")
    try:
        return _run(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(f"{path} is damaged ({type(error).__name__}: {error}): remove it, or run the job again") from None


def _run(data: dict[str, Any]) -> Run:
    return Run(
        seed=int(data["seed"]),
        start=int(data["start"]),
        count=int(data["count"]),
        families=tuple(map(str, data["families"])),
        date=str(data["date"]),
        workers=int(data["workers"]),
        wall_seconds=float(data["wall_seconds"]),
        cases={name: int(data["cases"][name]) for name in COUNTS},
        failures=tuple(Failure(str(f["case"]), str(f["reason"])) for f in data["failures"]),
        seconds={str(stage): float(seconds) for stage, seconds in data["seconds"].items()},
    )
