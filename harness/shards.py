"""Shards: parquet files of records. Writing them, checking that they are what the manifest says, and reading single columns.

The same rows give the same bytes. Row groups are small and dictionaries are kept to columns of few values, so that the files stay
compact and the tools that page through them read little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import DatasetError
from harness.manifest import ShardEntry
from harness.publish import file_sha256, publish
from harness.records import COLUMNS, SCHEMA

ROW_GROUP_ROWS = 1000

_DICTIONARY_COLUMNS = [f"{c.name}.list.element" if pa.types.is_list(c.type) else c.name for c in COLUMNS if c.few_values]


def write_shard(data_dir: Path, file: str, split: str, records: Iterable[dict[str, Any]]) -> ShardEntry:
    """Write a shard, whole or not at all, holding one row group in memory at a time. Raises OSError if the disk refuses."""
    rows = code_bytes = 0

    def write(target: BinaryIO) -> None:
        nonlocal rows, code_bytes
        with pq.ParquetWriter(target, SCHEMA, compression="zstd", compression_level=9, use_dictionary=_DICTIONARY_COLUMNS) as writer:
            for group in _groups(records):
                rows += len(group)
                code_bytes += sum(record["code_bytes"] for record in group)
                writer.write_table(pa.Table.from_pylist(group, SCHEMA), row_group_size=ROW_GROUP_ROWS)

    path = data_dir / file
    publish(path, write)
    return ShardEntry(file, split, file_sha256(path), rows, code_bytes, path.stat().st_size)


def check_shard(data_dir: Path, entry: ShardEntry) -> None:
    """Compare a shard's footer, schema, rows and size with the manifest's entry, without reading its rows. Raises DatasetError."""
    path = data_dir / entry.file
    if not path.is_file():
        raise DatasetError(f"{path} is missing, though the manifest names it: {_remedy(data_dir, entry)}")
    try:
        with pq.ParquetFile(path) as shard:
            schema, rows = shard.schema_arrow, shard.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        size = path.stat().st_size
        damage = "truncated" if size < entry.file_bytes else f"damaged, {str(error).splitlines()[0]}"
        raise DatasetError(
            f"{path} is not readable ({damage}: it has {size} of {entry.file_bytes} bytes): {_remedy(data_dir, entry)}"
        ) from None
    difference = _schema_difference(schema)
    if difference is not None:
        raise DatasetError(f"{path} has another schema ({difference}): give another --data-dir, or {_remedy(data_dir, entry)}")
    size = path.stat().st_size
    if (rows, size) != (entry.rows, entry.file_bytes):
        raise DatasetError(
            f"{path} has {rows} rows in {size} bytes, the manifest says {entry.rows} in {entry.file_bytes}: {_remedy(data_dir, entry)}"
        )


def check_checksum(data_dir: Path, entry: ShardEntry) -> None:
    """Compare all of a shard's bytes with the manifest's checksum. Raises DatasetError."""
    if file_sha256(data_dir / entry.file) != entry.sha256:
        raise DatasetError(f"{data_dir / entry.file} is not the file that was written (sha256 differs): {_remedy(data_dir, entry)}")


def read_columns(path: Path, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """The values of some columns, row by row. Raises DatasetError if the file is not a shard."""
    try:
        with pq.ParquetFile(path) as shard:
            difference = _schema_difference(shard.schema_arrow)
            columns = [] if difference else [shard.read(columns=[name]).column(0).to_pylist() for name in names]
    except (OSError, pa.ArrowException) as error:
        difference = str(error).splitlines()[0]
    if difference is not None:
        raise DatasetError(f"{path} is not a shard of this version ({difference}): move it away")
    return zip(*columns, strict=True)


def _groups(records: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(records)
    while group := list(islice(iterator, ROW_GROUP_ROWS)):
        yield group


def _schema_difference(schema: pa.Schema) -> str | None:
    """The first thing in which `schema` is not `SCHEMA`, in a few words, or None."""
    if schema.equals(SCHEMA):
        return None
    for field in SCHEMA:
        if field.name not in schema.names:
            return f"no column {field.name!r}"
        if not schema.field(field.name).equals(field):
            return f"column {field.name!r} is {schema.field(field.name).type}, not {field.type}"
    extra = [name for name in schema.names if name not in SCHEMA.names]
    return f"a column {extra[0]!r} too many" if extra else "its columns are in another order"


def _remedy(data_dir: Path, entry: ShardEntry) -> str:
    device = entry.file.split("/")[0]
    return f"restore it, or move {data_dir / device} and manifest-{device}.json away to start anew"
