"""A finished dataset: its shards, compared with the manifests, and their records, read one after another.

Whoever reads holds a few records at a time, however large the dataset is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import DatasetError
from harness.folder import DEVICES, shard_files
from harness.manifest import Manifest, manifest_path, read_manifest
from harness.shards import check_checksum, check_shard

_RECORDS_AT_ONCE = 64


@dataclass(frozen=True)
class FinishedDataset:
    """The dataset in `data_dir`: the manifest of each device that has records, in the order of `DEVICES`."""

    data_dir: Path
    manifests: dict[str, Manifest]

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that have records."""
        return tuple(self.manifests)

    def records(self, device: str, columns: Sequence[str] | None = None, split: str | None = None) -> Iterator[dict[str, Any]]:
        """The records of a device, of one split or of all, in the order of the shards: `columns` of each, or all of them. A device without
        records gives none. Raises DatasetError if a shard can no longer be read."""
        manifest = self.manifests.get(device)
        for entry in () if manifest is None else manifest.shards:
            if split is None or entry.split == split:
                yield from _read(self.data_dir / entry.file, columns)


def open_finished(data_dir: Path) -> FinishedDataset:
    """The dataset in `data_dir`, once every shard has been compared with its checksum. Raises DatasetError if a file is not what it should
    be, or if there are no records."""
    if not data_dir.is_dir():
        state = "not a folder" if data_dir.exists() else "not there"
        raise DatasetError(f"{data_dir} is {state}: run `pytest --device=cpu` to make a dataset, or give another --data-dir")
    manifests = {device: manifest for device in DEVICES if (manifest := _checked(data_dir, device)).rows}
    if not manifests:
        raise DatasetError(f"{data_dir} holds no records: run `pytest --device=cpu` to make some, or give another --data-dir")
    return FinishedDataset(data_dir, manifests)


def _checked(data_dir: Path, device: str) -> Manifest:
    path, shards = manifest_path(data_dir, device), shard_files(data_dir, device)
    if shards and not path.exists():
        raise DatasetError(f"{path} is missing, though {shards[0]} is there: restore it, or move {data_dir / device} away")
    manifest = read_manifest(data_dir, device)
    for entry in manifest.shards:
        try:
            check_shard(data_dir, entry)
            check_checksum(data_dir, entry)
        except OSError as error:
            raise DatasetError(f"{data_dir / entry.file} cannot be read ({error.strerror}): restore it, or its permissions") from None
    return manifest


def _read(path: Path, columns: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    wanted = None if columns is None else list(columns)
    try:
        with pq.ParquetFile(path) as shard:
            for batch in shard.iter_batches(batch_size=_RECORDS_AT_ONCE, columns=wanted):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise DatasetError(f"{path} cannot be read any more ({reason}): the dataset was changed while it was read, run again") from None
