"""The kernel that the report shows: chosen from the records by rule, so that the same dataset shows the same kernel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from harness.errors import DatasetError
from harness.report.excerpt import Excerpt, find_excerpt
from harness.report.source import DeviceData, Row

LONGEST = 39
"""Lines of Python that a reader takes in at a glance."""

_TRIED = 20


@dataclass(frozen=True)
class Example:
    """A record to show, and an excerpt of its code; None if no candidate has one."""

    device: str
    row: Row
    excerpt: Excerpt | None

    @property
    def lines(self) -> int:
        """Lines of the Python module."""
        return len(self.row.python_source.splitlines())


def choose_example(data: DeviceData) -> Example:
    """The shortest record that has both a function and a branch and a checked gradient, and whose code has an excerpt; short of that the
    next best. `data` must have records."""
    candidates = sorted(data.rows, key=_preference)[:_TRIED]
    for row in candidates:
        excerpt = find_excerpt(_read_code(data.shards, row))
        if excerpt is not None:
            return Example(data.device, row, excerpt)
    return Example(data.device, candidates[0], None)


def has_function(row: Row) -> bool:
    """Whether the module defines a function beside the kernel."""
    return "@wp.func" in row.python_source


def has_branch(row: Row) -> bool:
    """Whether a body has an `if`."""
    return "if" in row.features


def _preference(row: Row) -> tuple[bool, bool, int, int, int, str]:
    lines = len(row.python_source.splitlines())
    wanted = has_function(row) + has_branch(row)
    return (lines > LONGEST, row.gradient != "checked", -wanted, lines, row.code_bytes, row.id)


def _read_code(shards: tuple[Path, ...], row: Row) -> str:
    for path in shards:
        try:
            found = pq.read_table(path, columns=["code"], filters=[("id", "==", row.id)])["code"].to_pylist()
        except OSError as error:
            raise DatasetError(f"{path} cannot be read any more ({error.strerror}): restore it") from None
        if found:
            return str(found[0])
    raise DatasetError(f"record {row.id} is no longer in its shard: the dataset was changed while it was read, run again")
