"""What the card counts: single columns of a device's records, read without their texts, and the ways of counting them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from harness.errors import DatasetError
from harness.manifest import Manifest, read_manifest
from harness.records import SCHEMA, SPLITS
from harness.shards import check_shard

COLUMNS = (
    "case",
    "split",
    "family",
    "seed",
    "code_bytes",
    "python_bytes",
    "builtins",
    "features",
    "structure_hash",
    "validation",
    "gradient",
    "max_error_forward",
    "max_error_gradient",
    "tolerance",
    "tolerance_gradient",
    "optimization_level",
    "arch",
    "warp_version",
    "harness_version",
    "pair_id",
    "executed_on",
    "not_executed",
    "overloads",
    "cluster",
)
"""A hundredth part of the records' bytes, and four of the shards', which are compressed."""


@dataclass(frozen=True)
class Contents:
    """A device's manifest and, in the order of its shards, `COLUMNS` of its records."""

    manifest: Manifest
    table: pa.Table

    @property
    def device(self) -> str:
        """The device, `cpu` or `cuda`."""
        return self.manifest.device

    @property
    def splits(self) -> list[str]:
        """The splits that have records."""
        present = {shard.split for shard in self.manifest.shards}
        return [split for split in SPLITS if split in present]

    def where(self, column: str, value: Any) -> pa.Table:
        """The records that have `value` in `column`."""
        return self.table.filter(pc.equal(self.table[column], value))


def read_contents(data_dir: Path, device: str) -> Contents:
    """A device's contents, a table without rows if it has no shards. Raises DatasetError if the manifest or a shard is damaged."""
    manifest = read_manifest(data_dir, device)
    for entry in manifest.shards:
        check_shard(data_dir, entry)
    files = [str(data_dir / entry.file) for entry in manifest.shards]
    try:
        table = ds.dataset(files, schema=SCHEMA, format="parquet").to_table(columns=list(COLUMNS))
    except (OSError, pa.ArrowException) as error:
        folder = data_dir / device
        raise DatasetError(f"the shards in {folder} cannot be read ({str(error).splitlines()[0]}): restore them") from None
    return Contents(manifest, table)


def counts(table: pa.Table, column: str) -> list[tuple[Any, int]]:
    """Each value of a column with how often it occurs, the most frequent first, equals in their order."""
    found = [(pair["values"], pair["counts"]) for pair in pc.value_counts(table[column]).to_pylist()]
    return sorted(found, key=lambda pair: (-pair[1], str(pair[0])))


def distinct(tables: Sequence[pa.Table], column: str) -> int:
    """How many different values a column has; for a column of lists, how many different elements."""
    values = pa.chunked_array([chunk for table in tables for chunk in table[column].chunks], SCHEMA.field(column).type)
    return len(pc.unique(pc.list_flatten(values) if pa.types.is_list(values.type) else values))


def largest(tables: Sequence[pa.Table], column: str) -> int:
    """How often the most frequent value of a column occurs."""
    found = pc.value_counts(pa.chunked_array([chunk for table in tables for chunk in table[column].chunks]))
    return int(pc.max(found.field("counts")).as_py())


def across_splits(tables: Sequence[pa.Table], column: str) -> int:
    """How many values of a column occur in records of more than one split."""
    joined = pa.concat_tables([table.select([column, "split"]) for table in tables])
    splits = joined.group_by(column).aggregate([("split", "count_distinct")])["split_count_distinct"]
    return int(pc.sum(pc.cast(pc.greater(splits, 1), pa.int64())).as_py() or 0)


def in_both(contents: Sequence[Contents]) -> int:
    """How many kernels, by `pair_id`, have a record on each of the devices."""
    first, *others = (pc.unique(c.table["pair_id"]) for c in contents)
    for other in others:
        first = first.filter(pc.is_in(first, value_set=other))
    return len(first)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The lines of a table, with a blank line after it. Bars in cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines] + [""]
