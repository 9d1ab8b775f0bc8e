"""The kernel that the report shows: chosen from the records by rule, so that the same dataset shows the same kernel.

A kernel is shown as each device has it: a rendition is one record's way of it. Kernels that have a record on every device come first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow.parquet as pq

from harness.directions import kernel_function
from harness.errors import DatasetError
from harness.report import numbers
from harness.report.excerpt import Excerpt, find_excerpt, forward_function
from harness.report.source import DeviceData, Row

LONGEST = 39
"""Lines of Python that a reader takes in at a glance."""

_TRIED = 20

_ALL_MARKS = 4

_WRITE = re.compile(r"^wp::(array_store|atomic_\w+)\(|= wp::atomic_\w+\(")


@dataclass(frozen=True)
class Rendition:
    """A kernel's record on one device, with the texts that stay on disk otherwise, and an excerpt of its code; None if it has none."""

    device: str
    row: Row
    preamble: str
    code: str
    ptx: str | None

    @cached_property
    def excerpt(self) -> Excerpt | None:
        """A few statements of the code, forward and backward."""
        return find_excerpt(self.code)

    @property
    def writes(self) -> int:
        """How many writes to arrays the forward kernel function has."""
        function = kernel_function(self.code, "forward")
        return 0 if function is None else sum(bool(_WRITE.search(line.strip())) for line in function.text.splitlines())

    @property
    def forward_function(self) -> str:
        """The name of the code's forward entry point."""
        return forward_function(self.code)


@dataclass(frozen=True)
class Example:
    """A kernel to show, as each device has it that has a record of it: at least one."""

    renditions: tuple[Rendition, ...]

    @property
    def row(self) -> Row:
        """The record that stands for the kernel where its device does not matter."""
        return self.renditions[0].row

    @property
    def device(self) -> str:
        """That record's device."""
        return self.renditions[0].device

    @property
    def lines(self) -> int:
        """Lines of the Python module."""
        return len(self.row.python_source.splitlines())

    def on(self, device: str) -> Rendition | None:
        """The kernel as `device` has it, or None."""
        return next((r for r in self.renditions if r.device == device), None)


def choose_example(devices: Sequence[DeviceData]) -> Example:
    """The shortest kernel that has both a function and a branch and a checked gradient, and whose code has an excerpt of the same lines on
    every device, up to its one write to an array; short of that the next best. One of `devices` at least must have records. Raises
    DatasetError if a shard cannot be read.
    """
    present = [data for data in devices if data.rows]
    joined = numbers.pairs(present)
    # Without a kernel that every device has, the first device's own are shown.
    shown = present if joined else present[:1]
    by_pair = [{row.pair_id: row for row in data.rows} for data in shown]
    candidates = sorted((row for row in shown[0].rows if not joined or row.pair_id in joined), key=_preference)[:_TRIED]
    read = [_read(data, [rows[row.pair_id] for row in candidates]) for data, rows in zip(shown, by_pair, strict=True)]
    best, best_marks = None, -1
    for example in map(Example, zip(*read, strict=True)):
        marks = _marks(example)
        if marks > best_marks:
            best, best_marks = example, marks
        if marks == _ALL_MARKS:
            break
    assert best is not None
    return best


def has_function(row: Row) -> bool:
    """Whether the module defines a function beside the kernel."""
    return "@wp.func" in row.python_source


def has_branch(row: Row) -> bool:
    """Whether a body has an `if`."""
    return "if" in row.features


def _marks(example: Example) -> int:
    """How well an example can be followed from form to form: 0 without excerpts, 1 with excerpts, more if they are of the same lines, more
    if these end in a write, which every form down to the machine's has, and most if it is the only one."""
    excerpts = [rendition.excerpt for rendition in example.renditions]
    found = [excerpt for excerpt in excerpts if excerpt is not None]
    if len(found) < len(excerpts):
        return 0
    same = len({(excerpt.first, excerpt.last) for excerpt in found}) == 1
    writes = all(_WRITE.search(excerpt.forward.splitlines()[-1]) for excerpt in found)
    alone = all(rendition.writes == 1 for rendition in example.renditions)
    return 1 + same + (same and writes) + (same and writes and alone)


def _preference(row: Row) -> tuple[bool, bool, int, int, int, str]:
    lines = len(row.python_source.splitlines())
    wanted = has_function(row) + has_branch(row)
    return (lines > LONGEST, row.gradient != "checked", -wanted, lines, row.code_bytes, row.id)


def _read(data: DeviceData, rows: Sequence[Row]) -> list[Rendition]:
    """The renditions of some records, in their order, by one pass over the shards."""
    found: dict[str, tuple[str, str | None]] = {}
    for path in data.shards:
        try:
            table = pq.read_table(path, columns=["id", "code", "ptx"], filters=[("id", "in", [row.id for row in rows])])
        except OSError as error:
            raise DatasetError(f"{path} cannot be read any more ({error.strerror}): restore it") from None
        found |= {record["id"]: (record["code"], record["ptx"]) for record in table.to_pylist()}
    for row in rows:
        if row.id not in found:
            raise DatasetError(f"record {row.id} is no longer in its shard: the dataset was changed while it was read, run again")
    return [Rendition(data.device, row, data.manifest.preambles.get(row.preamble_id, ""), *found[row.id]) for row in rows]
