"""The numbers of the report, computed from the records of a device. No text, no drawing."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.report.source import DeviceData, Row

KNOWN_LIMITATION = "known_limitation:"


@dataclass(frozen=True)
class Spread:
    """How a size is distributed: smallest, 10th percentile, median, 90th percentile, largest."""

    smallest: float
    tenth: float
    median: float
    ninetieth: float
    largest: float


@dataclass(frozen=True)
class ForwardErrors:
    """The forward errors of the records that were held to one tolerance: how many, how many of them exactly 0, the median, the largest."""

    tolerance: float
    records: int
    exact: int
    median: float
    largest: float


def megabytes(code_bytes: int) -> float:
    """MB, 10^6 bytes."""
    return code_bytes / 1e6


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


def features(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """Language features and the records that show them."""
    return most_common(name for row in rows for name in row.features)


def forward_errors(rows: Iterable[Row]) -> list[ForwardErrors]:
    """The measured forward errors by the tolerance that they were held to, the smallest first."""
    by_tolerance: dict[float, list[float]] = {}
    for row in rows:
        if row.max_error_forward is not None and row.tolerance is not None:
            by_tolerance.setdefault(row.tolerance, []).append(row.max_error_forward)
    return [ForwardErrors(t, len(e), e.count(0.0), statistics.median(e), max(e)) for t, e in sorted(by_tolerance.items())]


def over_tolerance(rows: Iterable[Row]) -> int:
    """Records whose forward error exceeds their tolerance."""
    return sum(
        error > tolerance for row in rows if (error := row.max_error_forward) is not None and (tolerance := row.tolerance) is not None
    )


def unmeasured(rows: Iterable[Row]) -> int:
    """Records without a forward error: they have no floating-point output and were compared exactly."""
    return sum(row.max_error_forward is None for row in rows)


def pairs(devices: Sequence[DeviceData]) -> int:
    """Kernels that have a record on every one of `devices`."""
    return len(set.intersection(*({row.pair_id for row in data.rows} for data in devices)))
