"""A device's dataset on disk: opened, checked, and added to, exactly once for every record.

Workers append to spools; `commit` makes the spools into shards when the run is over. Its steps are: shards, then the manifest, which
publishes them, then the removal of the spools. A kill between any two of them leaves the spools, so the next commit does the same again:
shards that no manifest names are replaced, records that are in a published shard already are passed over.

A run that resumes should leave the spools of the killed one alone, skip what is in them (`spooled_keys`), and commit once at its end. What
it commits is then what the killed run would have.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.clusters import Clusters, Place
from harness.errors import DatasetError
from harness.folder import DEVICES, check_folder, shard_files, spool_files, spool_folder
from harness.lock import WriterLock
from harness.made_here import publish_manifest
from harness.manifest import Manifest, ShardEntry, manifest_path, read_manifest, shard_file
from harness.publish import remove_temporary_files, sync_folder
from harness.records import SPLITS
from harness.selection import Key, KnownInMemory, Offer, decide, key_text, offer_values, parse_key
from harness.shards import check_checksum, check_shard, read_columns, write_shard
from harness.spool import SpooledRecord, read_spool, read_spooled

ROWS_PER_SHARD = 4096


@dataclass
class Tally:
    """What a commit did: records added, records left out for having the structure of another or for resembling records of two splits, bytes
    of `code` added."""

    rows: int = 0
    duplicates: int = 0
    bridges: int = 0
    code_bytes: int = 0


@dataclass
class Committed(Tally):
    """A commit's tally, the same by family, and the new shards' paths relative to the data folder."""

    by_family: dict[str, Tally] = field(default_factory=dict)
    shards: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Candidate(Offer):
    """A spooled record: what decides on it, and where it stands. Its texts stay on disk."""

    path: Path
    offset: int
    length: int


@dataclass(frozen=True)
class _Published:
    """What is known of the published records: the structure hash of each by its key, and the places of all, the other device's too."""

    structures: dict[Key, str]
    clusters: Clusters


@dataclass(frozen=True)
class _Selection:
    """What a commit adds: records with their places, in order, and those that are left out with the record that is the reason."""

    fresh: list[tuple[_Candidate, Place]]
    duplicates: dict[str, str]
    bridges: dict[str, str]

    def __bool__(self) -> bool:
        return bool(self.fresh or self.duplicates or self.bridges)


class Dataset:
    """The dataset of one device in `data_dir`; a context manager that opens and closes. One process at a time can have it open."""

    def __init__(self, data_dir: Path, device: str, *, rows_per_shard: int = ROWS_PER_SHARD) -> None:
        self.data_dir = data_dir
        self.device = device
        self._rows_per_shard = rows_per_shard
        self._lock = WriterLock(data_dir / f".lock-{device}")
        self._manifest = Manifest(device)
        self._published: _Published | None = None

    @property
    def spool_folder(self) -> Path:
        """The folder that workers give to their Spool."""
        return spool_folder(self.data_dir, self.device)

    @property
    def manifest(self) -> Manifest:
        """The manifest as it was read by `open` or written by the last `commit`."""
        return self._manifest

    def open(self) -> Dataset:
        """Check everything that is there, take the writer's lock, and make the folder if there is none.

        Raises DatasetError, with nothing changed on disk, if the folder cannot be made or written, holds another's files, is being
        written by another process, or if a manifest, shard or spool in it is not what it should be.
        """
        check_folder(self.data_dir, self.device)
        try:
            if self._lock.path.exists():
                self._lock.acquire()
            self._check()
            self.data_dir.mkdir(parents=True, exist_ok=True)
            if not self._lock.held:
                self._lock.acquire()
                self._check()
            self._lock.sign()
        except OSError as error:
            self._lock.release()
            raise DatasetError(f"{self.data_dir} cannot be written ({error.strerror}): give another --data-dir") from None
        except DatasetError:
            self._lock.release()
            raise
        return self

    def close(self) -> None:
        """Give up the lock."""
        self._lock.release()

    def __enter__(self) -> Dataset:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def verify_checksums(self) -> None:
        """Read every shard in full and compare it with the manifest's checksum. Raises DatasetError for the first that differs."""
        for entry in self._manifest.shards:
            check_checksum(self.data_dir, entry)

    def done_keys(self) -> set[Key]:
        """Seed and case id of every case that is in a shard or was left out of them for good: it need not be run again."""
        left_out = (*self._manifest.duplicates, *self._manifest.bridges)
        return set(self._known().structures) | {parse_key(key) for key in left_out}

    def spooled_keys(self) -> set[Key]:
        """Seed and case id of every case that a run has passed and not committed: it need not be run again, only committed."""
        return {c.key for c in self._candidates()}

    def commit(self) -> Committed:
        """Make the spools into shards, in the order of (seed, index, family), leaving out structures that are there already, and what would
        tie two splits together.

        Call it when no worker has a spool open. Raises DatasetError, with what was there untouched, if a spool is broken or the disk is
        full; the spools then stay, and nothing is lost.
        """
        spools = spool_files(self.data_dir, self.device)
        selection, committed = self._select()
        try:
            if spools:
                self._clean()
            entries = self._write_shards(selection.fresh)
            if selection:
                self._publish(entries, selection)
            for spool in spools:
                os.unlink(spool)
            if spools:
                sync_folder(self.spool_folder)
        except OSError as error:
            self._published = None
            raise DatasetError(
                f"{self.data_dir} did not take the new shards ({error.strerror or error}): make room and run again, "
                f"the records are kept in {self.spool_folder}"
            ) from None
        committed.shards = tuple(entry.file for entry in entries)
        return committed

    def _check(self) -> None:
        self._published = None
        self._manifest = read_manifest(self.data_dir, self.device)
        for entry in self._manifest.shards:
            check_shard(self.data_dir, entry)
        spooled = self.spooled_keys()
        for path in self._unnamed_shards():
            if not spooled.issuperset(_keys_of(path)):
                name = manifest_path(self.data_dir, self.device).name
                raise DatasetError(f"{path} is not in {name} and no spool explains it: restore the manifest, or move the file away")

    def _unnamed_shards(self) -> list[Path]:
        named = {self.data_dir / entry.file for entry in self._manifest.shards}
        return [path for path in shard_files(self.data_dir, self.device) if path not in named]

    def _clean(self) -> None:
        """Remove what an interrupted commit left: half-written files, and shards whose records are still in the spools."""
        remove_temporary_files(self.data_dir / self.device)
        remove_temporary_files(self.data_dir)
        for path in self._unnamed_shards():
            os.unlink(path)

    def _candidates(self) -> Iterator[_Candidate]:
        for path in spool_files(self.data_dir, self.device):
            for spooled in read_spool(path):
                if spooled.record["device"] != self.device:
                    raise DatasetError(f"{path} holds a record for device {spooled.record['device']!r}: move the file away")
                yield _candidate(spooled)

    def _known(self) -> _Published:
        """What the shards hold, read once."""
        if self._published is None:
            structures: dict[Key, str] = {}
            clusters = Clusters()
            # The other device's first: then it does not matter in how many commits this one's records were added.
            for device in (*(other for other in DEVICES if other != self.device), self.device):
                mine = device == self.device
                for entry in self._manifest.shards if mine else read_manifest(self.data_dir, device).shards:
                    columns = ["seed", "case", "structure_hash", "cluster", "split", "bands"]
                    for seed, case, structure, cluster, split, bands in read_columns(self.data_dir / entry.file, columns):
                        clusters.add(bands, Place(cluster, split))
                        if mine:
                            structures[seed, case] = structure
            self._published = _Published(structures, clusters)
        return self._published

    def _select(self) -> tuple[_Selection, Committed]:
        """What the spools add, and the count of it."""
        published = self._known()
        known = KnownInMemory({structure: key for key, structure in published.structures.items()}, published.clusters)
        seen = self.done_keys()
        selection = _Selection([], {}, {})
        committed = Committed()
        for candidate in sorted(self._candidates(), key=lambda c: c.order):
            if candidate.key in seen:
                continue
            seen.add(candidate.key)
            tallies = (committed, committed.by_family.setdefault(candidate.family, Tally()))
            decision = decide(known, candidate)
            if decision.place is not None:
                selection.fresh.append((candidate, decision.place))
                for tally in tallies:
                    tally.rows += 1
                    tally.code_bytes += candidate.code_bytes
            elif decision.twin is not None:
                selection.duplicates[key_text(candidate.key)] = decision.reason
                for tally in tallies:
                    tally.duplicates += 1
            else:
                selection.bridges[key_text(candidate.key)] = decision.reason
                for tally in tallies:
                    tally.bridges += 1
        return selection, committed

    def _write_shards(self, fresh: list[tuple[_Candidate, Place]]) -> list[ShardEntry]:
        entries: list[ShardEntry] = []
        try:
            for split in SPLITS:
                rows = [one for one in fresh if one[1].split == split]
                for number, start in enumerate(range(0, len(rows), self._rows_per_shard), self._manifest.next_number(split)):
                    (self.data_dir / self.device).mkdir(parents=True, exist_ok=True)
                    file = shard_file(self.device, split, number)
                    entries.append(write_shard(self.data_dir, file, split, _records(rows[start : start + self._rows_per_shard])))
        except OSError:
            for entry in entries:
                os.unlink(self.data_dir / entry.file)
            raise
        return entries

    def _publish(self, entries: list[ShardEntry], selection: _Selection) -> None:
        preambles = dict(self._manifest.preambles)
        for candidate, _ in selection.fresh:
            if candidate.preamble_id not in preambles:
                preambles[candidate.preamble_id] = read_spooled(candidate.path, candidate.offset, candidate.length).preamble
        manifest = replace(
            self._manifest,
            shards=(*self._manifest.shards, *entries),
            preambles=preambles,
            duplicates={**self._manifest.duplicates, **selection.duplicates},
            bridges={**self._manifest.bridges, **selection.bridges},
        )
        publish_manifest(manifest, manifest_path(self.data_dir, self.device))
        self._manifest = manifest
        self._known().structures.update({candidate.key: candidate.structure for candidate, _ in selection.fresh})


def _candidate(spooled: SpooledRecord) -> _Candidate:
    return _Candidate(**offer_values(spooled.record), path=spooled.path, offset=spooled.offset, length=spooled.length)


def _records(fresh: Iterable[tuple[_Candidate, Place]]) -> Iterator[dict[str, Any]]:
    return (
        read_spooled(one.path, one.offset, one.length).record | {"split": place.split, "cluster": place.cluster} for one, place in fresh
    )


def _keys_of(path: Path) -> set[Key]:
    return {(seed, case) for seed, case in read_columns(path, ["seed", "case"])}
