"""The manifest: which shards make up a device's dataset, with their checksums, the preambles, and the records that were left out.

A shard counts only once the manifest names it, so replacing the manifest is what publishes a commit. It says nothing of when or how the
dataset was made: the same records give the same bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import DatasetError
from harness.publish import publish_text
from harness.records import FORMAT, HARNESS_VERSION, SPLITS


@dataclass(frozen=True)
class ShardEntry:
    """One shard: its path relative to the data folder, split, checksum, rows, bytes of the `code` column, bytes on disk."""

    file: str
    split: str
    sha256: str
    rows: int
    code_bytes: int
    file_bytes: int


@dataclass(frozen=True)
class Manifest:
    """A device's dataset. `duplicates` maps `<seed>/<case id>` to the same of the record that has its structure, `bridges` to the clusters,
    of more than one split, that it resembles."""

    device: str
    shards: tuple[ShardEntry, ...] = ()
    preambles: dict[str, str] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    bridges: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Records in all shards."""
        return sum(shard.rows for shard in self.shards)

    @property
    def code_bytes(self) -> int:
        """Bytes of the `code` column in all shards."""
        return sum(shard.code_bytes for shard in self.shards)

    def next_number(self, split: str) -> int:
        """The number of the next shard of `split`."""
        numbers = [int(shard.file.rsplit("-", 1)[1].split(".")[0]) for shard in self.shards if shard.split == split]
        return max(numbers, default=-1) + 1

    @property
    def text(self) -> str:
        """What the manifest's file holds."""
        data = {
            "format": FORMAT,
            "device": self.device,
            "harness_version": HARNESS_VERSION,
            "rows": self.rows,
            "code_bytes": self.code_bytes,
            "shards": [asdict(shard) for shard in self.shards],
            "preambles": dict(sorted(self.preambles.items())),
            "duplicates": self.duplicates,
            "bridges": self.bridges,
        }
        return json.dumps(data, indent=1) + "\n"

    def write(self, path: Path) -> None:
        """Replace the manifest at `path`. Raises OSError, leaving the old one, if the disk refuses."""
        publish_text(path, self.text)


def manifest_path(data_dir: Path, device: str) -> Path:
    """Where a device's manifest stands."""
    return data_dir / f"manifest-{device}.json"


def shard_file(device: str, split: str, number: int) -> str:
    """A shard's path relative to the data folder."""
    return f"{device}/{split}-{number:05d}.parquet"


def read_manifest(data_dir: Path, device: str) -> Manifest:
    """A device's manifest; an empty one if there is none. Raises DatasetError if the file is not of this format and device."""
    path = manifest_path(data_dir, device)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Manifest(device)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as JSON ({_first_line(error)}): {_remedy(path, device)}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else None
        raise DatasetError(f"{path} has format {found!r}, this version reads {FORMAT!r}: give another --data-dir")
    if data.get("device") != device:
        raise DatasetError(f"{path} is for device {data.get('device')!r}, not {device!r}: {_remedy(path, device)}")
    try:
        shards = tuple(ShardEntry(**shard) for shard in data["shards"])
        manifest = Manifest(device, shards, dict(data["preambles"]), dict(data["duplicates"]), dict(data["bridges"]))
        totals = (data["rows"], data["code_bytes"])
        consistent = totals == (manifest.rows, manifest.code_bytes) and _names_are_ours(manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path} is damaged ({_first_line(error)}): {_remedy(path, device)}") from None
    if not consistent:
        raise DatasetError(f"{path} is damaged (its totals or shard names do not agree): {_remedy(path, device)}")
    return manifest


def _names_are_ours(manifest: Manifest) -> bool:
    files = [shard.file for shard in manifest.shards]
    ours = all(s.split in SPLITS and re.fullmatch(rf"{manifest.device}/{s.split}-\d{{5,}}\.parquet", s.file) for s in manifest.shards)
    return ours and len(set(files)) == len(files)


def _remedy(path: Path, device: str) -> str:
    return f"restore it, or move it and {path.parent / device} away to start anew"


def _first_line(error: Any) -> str:
    return str(error).splitlines()[0]
