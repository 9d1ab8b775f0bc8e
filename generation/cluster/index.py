"""The index of a production on a cluster: what is known of the records so far, and what became of each, in an SQLite database.

The database is in memory or a file. A file keeps the index between calls, and the memory it takes does not grow with the dataset beyond
`CACHE_BYTES`. A fragment is taken whole or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from generation.production.request import ProductionError
from harness.clusters import Place
from harness.selection import Decision, Key, Offer, key_text

IN_MEMORY = ":memory:"

CACHE_BYTES = 256_000_000

_TABLES = """
CREATE TABLE IF NOT EXISTS identity (text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clusters (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, split TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bands (value INTEGER, band INTEGER, cluster INTEGER NOT NULL, PRIMARY KEY (value, band)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS structures (hash BLOB PRIMARY KEY, seed INTEGER NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, round INTEGER NOT NULL, row INTEGER NOT NULL, cluster INTEGER NOT NULL,
    code_bytes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS left_out (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS preambles (id TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rounds (number INTEGER PRIMARY KEY, file_bytes INTEGER NOT NULL, failed INTEGER NOT NULL,
    skipped INTEGER NOT NULL, records INTEGER NOT NULL, code_bytes INTEGER NOT NULL, duplicates INTEGER NOT NULL, bridges INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class Taken:
    """What became of a fragment's records: how many were added, with how much code, how many repeat a structure, how many are bridges."""

    records: int
    code_bytes: int
    duplicates: int
    bridges: int


@dataclass(frozen=True)
class Row:
    """A record that was added: where it is, and its place in the dataset."""

    round: int
    row: int
    cluster: str
    code_bytes: int


class Index:
    """The index at `path`, begun anew if it is not about `identity`. Raises ProductionError if the file cannot be used as one."""

    def __init__(self, path: str, identity: str) -> None:
        self._path = path
        with self._faults():
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute(f"PRAGMA cache_size = -{CACHE_BYTES // 1024}")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.executescript(_TABLES)
            found = self._database.execute("SELECT text FROM identity").fetchone()
        self.is_new = found is None
        if found is not None and found[0] != identity:
            self.close()
            raise ProductionError(f"the index {path} is about another production: remove it, or give another --index")
        self._identity = identity

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def begin(self, places: Iterator[tuple[Sequence[int], Place]]) -> None:
        """Make a new index know the places of the other device's records."""
        with self.transaction():
            for bands, place in places:
                self._keep_bands(bands, place)
            self._database.execute("INSERT INTO identity VALUES (?)", (self._identity,))
        self.is_new = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done within is kept, or none of it. Raises ProductionError if the disk refuses."""
        with self._faults():
            self._database.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def twin(self, structure: str) -> Key | None:
        """The case of the device's record that has this structure."""
        found = self._database.execute("SELECT seed, name FROM structures WHERE hash = ?", (bytes.fromhex(structure),)).fetchone()
        return None if found is None else (found[0], found[1])

    def places(self, bands: Sequence[int]) -> list[Place]:
        """The places of the records that one with these bands resembles, in the order of the bands, each once."""
        query = "SELECT name, split FROM bands JOIN clusters ON cluster = number WHERE value = ? AND band = ?"
        found = (self._database.execute(query, (value, band)).fetchone() for band, value in enumerate(bands))
        return list(dict.fromkeys(Place(*row) for row in found if row is not None))

    def keep(self, offer: Offer, place: Place) -> None:
        """Know a record that was added."""
        self._database.execute("INSERT INTO structures VALUES (?, ?, ?)", (bytes.fromhex(offer.structure), *offer.key))
        self._keep_bands(offer.bands, place)

    def note(self, round: int, row: int, offer: Offer, decision: Decision) -> None:
        """What became of the next record."""
        if decision.place is None:
            kind = "duplicate" if decision.twin is not None else "bridge"
            self._database.execute(
                "INSERT INTO left_out (kind, key, reason) VALUES (?, ?, ?)", (kind, key_text(offer.key), decision.reason)
            )
        else:
            values = (round, row, self._cluster(decision.place), offer.code_bytes)
            self._database.execute("INSERT INTO kept (round, row, cluster, code_bytes) VALUES (?, ?, ?, ?)", values)

    def note_preamble(self, id: str, text: str) -> None:
        """A preamble that a record has."""
        self._database.execute("INSERT OR IGNORE INTO preambles VALUES (?, ?)", (id, text))

    def note_round(self, number: int, file_bytes: int, failed: int, skipped: int, taken: Taken) -> None:
        """A fragment that was taken."""
        values = (number, file_bytes, failed, skipped, taken.records, taken.code_bytes, taken.duplicates, taken.bridges)
        self._database.execute("INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def rounds(self) -> Iterator[tuple[int, int, int, int, Taken]]:
        """Number, bytes on disk, failed and skipped cases of every fragment that was taken, and what became of it, in order."""
        for number, file_bytes, failed, skipped, *taken in self._database.execute("SELECT * FROM rounds ORDER BY number"):
            yield number, file_bytes, failed, skipped, Taken(*taken)

    def rows(self, split: str) -> Iterator[Row]:
        """The records of a split, in order."""
        query = (
            "SELECT round, row, name, code_bytes FROM kept JOIN clusters ON cluster = clusters.number WHERE split = ? ORDER BY kept.number"
        )
        return (Row(*found) for found in self._database.execute(query, (split,)))

    def left_out(self, kind: str) -> dict[str, str]:
        """The records that were left out as `duplicate` or as `bridge`, as the manifest has them."""
        return dict(self._database.execute("SELECT key, reason FROM left_out WHERE kind = ? ORDER BY number", (kind,)))

    def preambles(self) -> dict[str, str]:
        """The preambles of all records, by their ids."""
        return dict(self._database.execute("SELECT id, text FROM preambles ORDER BY id"))

    def size(self) -> int:
        """The bytes of the database."""
        pages, page = (self._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * page)

    def _keep_bands(self, bands: Sequence[int], place: Place) -> None:
        cluster = self._cluster(place)
        self._database.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?, ?)", [(value, band, cluster) for band, value in enumerate(bands)]
        )

    def _cluster(self, place: Place) -> int:
        self._database.execute("INSERT OR IGNORE INTO clusters (name, split) VALUES (?, ?)", (place.cluster, place.split))
        return int(self._database.execute("SELECT number FROM clusters WHERE name = ?", (place.cluster,)).fetchone()[0])

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ProductionError(f"--index {self._path} cannot be used ({error}): make room, or remove it, or give another") from None
