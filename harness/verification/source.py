"""A device's records as they are on disk: checked against the manifest, seen as a whole, and read one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import DatasetError
from harness.folder import shard_files
from harness.manifest import Manifest, ShardEntry, manifest_path, read_manifest
from harness.shards import check_checksum, check_shard, read_columns

_ROWS_READ = 32
"""Records that are Python objects at one time; a row group is in memory as Arrow has it."""


@dataclass(frozen=True)
class Place:
    """Where a record stands, what tells it from others, and what it has to be run with. `row` counts from 0 in its shard.

    `with_ptx` says that its PTX was kept.
    """

    shard: ShardEntry
    row: int
    id: str
    case: str
    structure: str
    cluster: str
    code_bytes: int
    optimization_level: int | None
    arch: str
    with_ptx: bool


@dataclass(frozen=True)
class Source:
    """A device's manifest, and the places of all its records in the order of the shards."""

    data_dir: Path
    manifest: Manifest
    places: tuple[Place, ...]

    @property
    def device(self) -> str:
        """The device that the records' code is for."""
        return self.manifest.device


_COLUMNS = ["id", "case", "structure_hash", "cluster", "code_bytes", "optimization_level", "arch", "resources"]


def open_source(data_dir: Path, device: str) -> Source:
    """A device's records, every shard compared with the manifest's checksum. Raises DatasetError if anything is not what it should be, or
    if there are no records."""
    path = manifest_path(data_dir, device)
    manifest = read_manifest(data_dir, device)
    named = {data_dir / entry.file for entry in manifest.shards}
    for file in shard_files(data_dir, device):
        if file not in named:
            raise DatasetError(f"{file} is not in {path.name}: restore the manifest, or move the file away")
    if not manifest.rows:
        raise DatasetError(f"{path} is not there or names no records: give the --data-dir of a dataset, or another --device")
    places = [place for entry in manifest.shards for place in _places(data_dir, entry)]
    return Source(data_dir, manifest, tuple(places))


def _places(data_dir: Path, entry: ShardEntry) -> Iterator[Place]:
    try:
        check_shard(data_dir, entry)
        check_checksum(data_dir, entry)
    except OSError as error:
        raise DatasetError(f"{data_dir / entry.file} cannot be read ({error.strerror}): restore it, or its permissions") from None
    for row, values in enumerate(read_columns(data_dir / entry.file, _COLUMNS)):
        id_, case, structure, cluster, code_bytes, level, arch, resources = values
        yield Place(entry, row, id_, case, structure, cluster, code_bytes, level, arch, resources is not None)


def faults(sources: Sequence[Source]) -> list[str]:
    """What is wrong with the records as a whole, a line each: ids and structures are different within a device, code adds up to what the
    manifest says, and a structure or cluster is in one split, the same for all devices."""
    found: list[str] = []
    places = [place for source in sources for place in source.places]
    for source in sources:
        for what, values in (("id", [p.id for p in source.places]), ("structure", [p.structure for p in source.places])):
            found += [f"{count} {source.device} records have {what} {value}" for value, count in Counter(values).items() if count > 1]
        for entry, rows in groupby(source.places, lambda place: place.shard):
            total = sum(place.code_bytes for place in rows)
            if total != entry.code_bytes:
                found.append(f"{entry.file} has {total} bytes of code by its records, the manifest says {entry.code_bytes}")
    for what, pairs in (
        ("structure", [(place.structure, place.shard.split) for place in places]),
        ("cluster", [(place.cluster, place.shard.split) for place in places]),
    ):
        splits: dict[str, set[str]] = {}
        for value, split in pairs:
            splits.setdefault(value, set()).add(split)
        found += [f"{what} {value} is in {' and '.join(sorted(names))}" for value, names in splits.items() if len(names) > 1]
    return found


def read_records(data_dir: Path, places: Iterable[Place]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The records at `places`, which are in the order of the shards, a row group in memory at a time. Raises DatasetError."""
    for entry, wanted in groupby(places, lambda place: place.shard):
        yield from _records_of(data_dir / entry.file, list(wanted))


def _records_of(path: Path, places: list[Place]) -> Iterator[tuple[Place, dict[str, Any]]]:
    try:
        with pq.ParquetFile(path) as shard:
            start = 0
            for group in range(shard.num_row_groups):
                end = start + shard.metadata.row_group(group).num_rows
                here = [place for place in places if start <= place.row < end]
                if here:
                    table = shard.read_row_group(group)
                    for first in range(0, len(here), _ROWS_READ):
                        some = here[first : first + _ROWS_READ]
                        yield from zip(some, table.take([place.row - start for place in some]).to_pylist(), strict=True)
                start = end
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{path} cannot be read ({str(error).splitlines()[0]}): restore it") from None
