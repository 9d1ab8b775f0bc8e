"""The numbers of the report, computed from the records of a device. No text, no drawing."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from generation.code.settings import VALIDATIONS, Validation
from harness.report.source import DeviceData, Row

KNOWN_LIMITATION = "known_limitation:"
COMPILED: Validation = "compiled"


@dataclass(frozen=True)
class Spread:
    """How a size is distributed: smallest, 10th percentile, median, 90th percentile, largest."""

    smallest: float
    tenth: float
    median: float
    ninetieth: float
    largest: float


@dataclass(frozen=True)
class Measure:
    """A kind of error: its name, and the columns that hold a record's largest one and what it was held to."""

    name: str
    error: str
    tolerance: str

    def of(self, row: Row) -> tuple[float, float] | None:
        """A record's error and its tolerance; None if nothing was measured."""
        error, tolerance = getattr(row, self.error), getattr(row, self.tolerance)
        return None if error is None or tolerance is None else (error, tolerance)


FORWARD = Measure("forward", "max_error_forward", "tolerance")
GRADIENT = Measure("gradient", "max_error_gradient", "tolerance_gradient")


@dataclass(frozen=True)
class Errors:
    """The errors of the records that were held to one tolerance: how many, how many of them exactly 0, the median, the largest."""

    tolerance: float
    records: int
    exact: int
    median: float
    largest: float


def spread(values: Sequence[int]) -> Spread:
    """The spread of at least one value; percentiles are interpolated linearly."""
    return Spread(*(float(p) for p in np.percentile(values, [0, 10, 50, 90, 100])))


def most_common(values: Iterable[str]) -> list[tuple[str, int]]:
    """Each value with how often it occurs, the most frequent first, equals by name."""
    return sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))


def families(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """Families and their records."""
    return most_common(row.family for row in rows)


def builtins(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """Builtins and the records that use them."""
    return most_common(name for row in rows for name in row.builtins)


def errors(rows: Iterable[Row], measure: Measure) -> list[Errors]:
    """The measured errors by the tolerance that they were held to, the smallest first."""
    by_tolerance: dict[float, list[float]] = {}
    for found in map(measure.of, rows):
        if found is not None:
            by_tolerance.setdefault(found[1], []).append(found[0])
    return [Errors(t, len(e), e.count(0.0), statistics.median(e), max(e)) for t, e in sorted(by_tolerance.items())]


def held(rows: Iterable[Row], measure: Measure) -> list[Row]:
    """The records whose error is to be within its tolerance: a gradient with a known limitation is not."""
    return [row for row in rows if measure is FORWARD or not limited(row)]


def shares(rows: Iterable[Row], measure: Measure) -> list[float]:
    """The measured errors that are to be within their tolerances, as shares of these: 1 is the most that passes."""
    return [found[0] / found[1] for found in map(measure.of, held(rows, measure)) if found is not None and found[1]]


def limited(row: Row) -> bool:
    """Whether the record's gradient is known to be wrong, by a limitation of Warp that it names."""
    return row.gradient.startswith(KNOWN_LIMITATION)


def compared_exactly(rows: Iterable[Row]) -> int:
    """Records that were executed and have no forward error: they have no floating-point output and were compared exactly."""
    return sum(row.validation != COMPILED and row.max_error_forward is None for row in rows)


def statuses(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """Gradient statuses, known limitations as one, and their records."""
    return most_common(row.gradient.partition(":")[0] for row in rows)


def met(rows: Iterable[Row]) -> dict[str, int]:
    """The known limitations that records ran into, by the names of their entries in the ledger, and how many records each."""
    return dict(most_common(row.gradient.removeprefix(KNOWN_LIMITATION) for row in rows if limited(row)))


def levels(rows: Iterable[Row]) -> list[tuple[Validation, int]]:
    """Validation levels and the records that reached them and no more, the highest first."""
    counts = Counter(row.validation for row in rows)
    return [(level, counts[level]) for level in reversed(VALIDATIONS) if level in counts]


def reasons(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """Why records were not executed, and how many for each reason."""
    return most_common(row.not_executed for row in rows if row.not_executed)


def pairs(devices: Sequence[DeviceData]) -> set[str]:
    """The `pair_id` of each kernel that has a record on every one of `devices`, which are at least one."""
    return set.intersection(*({row.pair_id for row in data.rows} for data in devices))
