"""How different the programs are: structures and clusters of near-duplicates, and how many of them a growing number of cases gives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.source import DeviceData, Row

SIZES = ((1, "1"), (2, "2"), (3, "3"), (5, "4-5"), (10, "6-10"), (20, "11-20"))
"""The largest size of each class of clusters, and its name; what is larger is in a class of its own."""

LARGER = "over 20"


@dataclass(frozen=True)
class Clustering:
    """How many clusters some records are in, how many records are in clusters of more than one, and the size of the largest."""

    clusters: int
    together: int
    largest: int


@dataclass(frozen=True)
class Growth:
    """In the order of the stream, after each case that passed: records kept so far, and clusters that they are in."""

    records: tuple[int, ...]
    clusters: tuple[int, ...]


def clustering(rows: Sequence[Row]) -> Clustering:
    """The clustering of at least one record."""
    sizes = list(Counter(row.cluster for row in rows).values())
    return Clustering(len(sizes), sum(size for size in sizes if size > 1), max(sizes))


def records_by_cluster_size(rows: Sequence[Row]) -> dict[str, int]:
    """Records by the size of their cluster, for the classes up to the largest that has any."""
    sizes = Counter(row.cluster for row in rows)
    counts = dict.fromkeys([*(name for _, name in SIZES), LARGER], 0)
    for size in sizes.values():
        counts[next((name for most, name in SIZES if size <= most), LARGER)] += size
    names = list(counts)
    last = max(place for place, name in enumerate(names) if counts[name])
    return {name: counts[name] for name in names[: last + 1]}


def structures(rows: Sequence[Row]) -> int:
    """Distinct program structures: programs without their names and constants."""
    return len({row.structure_hash for row in rows})


def across_splits(devices: Sequence[DeviceData]) -> int:
    """Clusters with records in more than one split."""
    found = {(row.cluster, row.split) for data in devices for row in data.rows}
    return sum(count > 1 for count in Counter(cluster for cluster, _ in found).values())


def growth(data: DeviceData) -> Growth:
    """What each case that passed added. Those that were left out, as duplicates or bridges, added nothing."""
    cases: list[tuple[int, int, str]] = [(row.seed, row.index, row.cluster) for row in data.rows]
    cases += [(*_place(key), "") for key in (*data.manifest.duplicates, *data.manifest.bridges)]
    kept = 0
    seen: set[str] = set()
    records, clusters = [], []
    for _, _, cluster in sorted(cases):
        if cluster:
            kept += 1
            seen.add(cluster)
        records.append(kept)
        clusters.append(len(seen))
    return Growth(tuple(records), tuple(clusters))


def _place(key: str) -> tuple[int, int]:
    """Seed and index of a case, from its key in the manifest: `<seed>/<family>-<index>`."""
    found = re.fullmatch(r"(\d+)/.+-(\d+)", key)
    return (int(found[1]), int(found[2])) if found else (0, 0)
