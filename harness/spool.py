"""Spools: where a worker puts the records of cases that passed, until they are made into shards.

One file per worker, one JSON line per record (the record and its preamble), one `write` per line. A killed worker loses nothing that it
appended, and leaves at most one torn line, at the end. Lines are flushed to the disk every `SYNC_EVERY` records and at the end, so that a
power cut costs no more than that; those cases are then run again. Shards are made when no worker has a spool open any more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DatasetError
from harness.publish import sync_folder
from harness.records import record_fault

SYNC_EVERY = 32

_BLOCK_BYTES = 1 << 16


@dataclass(frozen=True)
class SpooledRecord:
    """A record and its preamble, with the place in the spool where they stand (`offset` and `length` in bytes, the newline left out)."""

    record: dict[str, Any]
    preamble: str
    path: Path
    offset: int
    length: int


class Spool:
    """A worker's spool, open for appending; a context manager. `folder` is made if it is not there. Raises DatasetError if it cannot be."""

    def __init__(self, folder: Path, worker: str) -> None:
        self.path = folder / f"{worker}.jsonl"
        self._unsynced = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._cut_torn_tail()
            sync_folder(folder)
        except OSError as error:
            raise DatasetError(f"{self.path} cannot be written ({error.strerror}): give a --data-dir that can") from None

    def append(self, record: dict[str, Any], preamble: str) -> None:
        """Write one record and the preamble of its code. Raises DatasetError, the spool as it was, if the disk does not take it all."""
        line = json.dumps({"record": record, "preamble": preamble}, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        size = os.fstat(self._descriptor).st_size
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            raise DatasetError(f"{self.path} did not take a record ({error.strerror}): make room and run again") from None
        if written != len(line):
            os.ftruncate(self._descriptor, size)
            raise DatasetError(f"{self.path} took {written} of {len(line)} bytes of a record: make room and run again")
        self._unsynced += 1
        if self._unsynced >= SYNC_EVERY:
            self._sync()

    def close(self) -> None:
        """Flush to the disk and close."""
        self._sync()
        os.close(self._descriptor)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _sync(self) -> None:
        os.fsync(self._descriptor)
        self._unsynced = 0

    def _cut_torn_tail(self) -> None:
        # A worker of the same name was killed while writing: the next line must not be glued to what it left.
        end = size = os.fstat(self._descriptor).st_size
        while end > 0:
            start = max(0, end - _BLOCK_BYTES)
            newline = os.pread(self._descriptor, end - start, start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            os.ftruncate(self._descriptor, end)


def read_spool(path: Path) -> Iterator[SpooledRecord]:
    """The records of one spool, in the order they were written, leaving out a torn line at the end. The file is not changed.

    Raises DatasetError, naming file and line, for any other line that is not a record.
    """
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            record, preamble = _parse(line, f"{path}, line {number}")
            yield SpooledRecord(record, preamble, path, offset, len(line) - 1)
            offset += len(line)


def read_spooled(path: Path, offset: int, length: int) -> SpooledRecord:
    """The record that `read_spool` found at `offset`. Raises DatasetError if it is no longer there."""
    with path.open("rb") as file:
        file.seek(offset)
        record, preamble = _parse(file.read(length), f"{path}, byte {offset}")
    return SpooledRecord(record, preamble, path, offset, length)


def _parse(line: bytes, place: str) -> tuple[dict[str, Any], str]:
    try:
        data = json.loads(line)
    except ValueError:
        raise DatasetError(f"{place}: not a record (broken JSON): remove the line, or the file, and run again") from None
    if not isinstance(data, dict) or not isinstance(data.get("record"), dict) or not isinstance(data.get("preamble"), str):
        raise DatasetError(f"{place}: not a record and its preamble: remove the line, or the file, and run again")
    fault = record_fault(data["record"])
    if fault is not None:
        raise DatasetError(f"{place}: not a record ({fault}): remove the line, or the file, and run again")
    return data["record"], data["preamble"]
