"""The card's numbers: how many records, structures, clusters and families there are, in which splits, and how long their texts are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from harness.card.contents import Contents, across_splits, counts, distinct, in_both, largest, markdown_table

_COUNTED: tuple[tuple[str, Callable[[Sequence[pa.Table], str], int], str], ...] = (
    ("kernels in Python", distinct, "pair_id"),
    ("program structures", distinct, "structure_hash"),
    ("program structures in more than one split", across_splits, "structure_hash"),
    ("clusters of near-duplicates", distinct, "cluster"),
    ("clusters in more than one split", across_splits, "cluster"),
    ("records in the largest cluster", largest, "cluster"),
    ("families", distinct, "family"),
    ("builtins of Warp", distinct, "builtins"),
    ("overloads of builtins, backward ones included", distinct, "overloads"),
    ("statement forms", distinct, "features"),
    ("seeds", distinct, "seed"),
)
"""What is counted, how, and in which column."""


def statistics(contents: Sequence[Contents]) -> list[str]:
    """The section, for devices that have records."""
    return ["## Statistics", "", *_totals(contents), *_splits(contents), *_left_out(contents), *_lengths(contents)]


def families(contents: Sequence[Contents]) -> list[str]:
    """The section with the records of each family, for devices that have records."""
    by_device = [dict(counts(c.table, "family")) for c in contents]
    names = sorted({name for found in by_device for name in found}, key=lambda name: (-sum(f.get(name, 0) for f in by_device), name))
    rows = [[f"`{name}`", *(f"{found.get(name, 0):,}" for found in by_device)] for name in names]
    return ["## Families", "", *markdown_table(["family", *(c.device for c in contents)], rows)]


def _totals(contents: Sequence[Contents]) -> list[str]:
    groups = [[one] for one in contents] + ([list(contents)] if len(contents) > 1 else [])
    rows = [
        ["records", *(f"{sum(one.manifest.rows for one in group):,}" for group in groups)],
        ["MB of code", *(f"{sum(one.manifest.code_bytes for one in group) / 1e6:,.3f}" for group in groups)],
        *([name, *(f"{measure([one.table for one in group], column):,}" for group in groups)] for name, measure, column in _COUNTED),
    ]
    lines = markdown_table(["", *(c.device for c in contents), *(["in all"] if len(contents) > 1 else [])], rows)
    if len(contents) > 1:
        lines += [f"{in_both(contents):,} kernels have code for both devices.", ""]
    return [*lines, "MB is 10^6 bytes of the `code` column.", ""]


def _splits(contents: Sequence[Contents]) -> list[str]:
    rows = []
    for one in contents:
        for split in one.splits:
            shards = [shard for shard in one.manifest.shards if shard.split == split]
            size = sum(shard.code_bytes for shard in shards) / 1e6
            clusters = distinct([one.where("split", split)], "cluster")
            rows.append([one.device, split, f"{sum(shard.rows for shard in shards):,}", f"{size:,.3f}", f"{clusters:,}"])
    return markdown_table(["device", "split", "records", "MB of code", "clusters"], rows)


def _left_out(contents: Sequence[Contents]) -> list[str]:
    duplicates = sum(len(c.manifest.duplicates) for c in contents)
    bridges = sum(len(c.manifest.bridges) for c in contents)
    return [
        f"Left out of the cases that passed: {duplicates:,} with the structure of a record, {bridges:,} like records of two splits.",
        "",
    ]


def _lengths(contents: Sequence[Contents]) -> list[str]:
    rows = []
    for one in contents:
        for column in ("code_bytes", "python_bytes"):
            spread = np.percentile(one.table[column].to_numpy(), [0, 10, 50, 90, 100])
            rows.append([one.device, f"`{column}`", *(f"{value:,.0f}" for value in spread)])
    return markdown_table(["device", "column", "smallest", "10th percentile", "median", "90th percentile", "largest"], rows)
