"""An index of a dataset's kernels, on disk: what a record has to know of the others, its counterpart on the other device above all.

It is a temporary SQLite database, which vanishes with the process and keeps only a few pages in memory, so that a dataset of any size can
be joined.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from generation.finished import FinishedDataset

KNOWN_LIMITATION = "known_limitation:"
NOT_EXECUTED = "not_executed"

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE kernels (device TEXT, pair_id TEXT, limited INTEGER, PRIMARY KEY (device, pair_id)) WITHOUT ROWID;
CREATE TABLE places (kind TEXT, name TEXT, split TEXT, PRIMARY KEY (kind, name, split)) WITHOUT ROWID;
CREATE TABLE code (pair_id TEXT PRIMARY KEY, code TEXT);
"""

_COLUMNS = ("pair_id", "split", "gradient", "structure_hash", "cluster")


class KernelIndex:
    """The kernels of `dataset`; a context manager, which takes the database away at its end.

    Raises DatasetError if a shard cannot be read, sqlite3.Error if the folder for temporary files is full.
    """

    def __init__(self, dataset: FinishedDataset) -> None:
        self._dataset = dataset
        # The empty name makes a database that is on disk and has no name there.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        for device in dataset.devices:
            for record in dataset.records(device, _COLUMNS):
                limited = record["gradient"].startswith(KNOWN_LIMITATION)
                self._database.execute("INSERT OR REPLACE INTO kernels VALUES (?, ?, ?)", (device, record["pair_id"], limited))
                places = [("structure", record["structure_hash"], record["split"]), ("cluster", record["cluster"], record["split"])]
                self._database.executemany("INSERT OR IGNORE INTO places VALUES (?, ?, ?)", places)
        self._database.execute("COMMIT")

    def __enter__(self) -> KernelIndex:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._database.close()

    def in_two_splits(self, record: dict[str, Any]) -> bool:
        """Whether the record's structure, or its cluster of near-duplicates, is in more than one split, on any device."""
        query = "SELECT COUNT(*) FROM places WHERE kind = ? AND name = ?"
        named = (("structure", record["structure_hash"]), ("cluster", record["cluster"]))
        return any(self._database.execute(query, place).fetchone()[0] > 1 for place in named)

    def gradient_limited(self, record: dict[str, Any]) -> bool:
        """Whether the record's gradient is known to be wrong. What was not executed has its kernel's status on the other device."""
        gradient: str = record["gradient"]
        query = "SELECT MAX(limited) FROM kernels WHERE pair_id = ?"
        if gradient == NOT_EXECUTED:
            return bool(self._database.execute(query, (record["pair_id"],)).fetchone()[0])
        return gradient.startswith(KNOWN_LIMITATION)

    def has(self, device: str, pair_id: str) -> bool:
        """Whether the kernel has a record on `device`."""
        found = self._database.execute("SELECT 1 FROM kernels WHERE device = ? AND pair_id = ?", (device, pair_id)).fetchone()
        return found is not None

    def hold_code(self, device: str, split: str) -> None:
        """Take in the code that the kernels of a split have on `device`, in place of what was held before. Raises as the index itself."""
        self._database.execute("DELETE FROM code")
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO code VALUES (?, ?)", self._code(device, split))
        self._database.execute("COMMIT")

    def held_code(self, pair_id: str) -> str:
        """The code of a kernel that `hold_code` took in. Raises KeyError if it did not."""
        found = self._database.execute("SELECT code FROM code WHERE pair_id = ?", (pair_id,)).fetchone()
        if found is None:
            raise KeyError(pair_id)
        return str(found[0])

    def _code(self, device: str, split: str) -> Iterator[tuple[str, str]]:
        return ((record["pair_id"], record["code"]) for record in self._dataset.records(device, ("pair_id", "code"), split))
