"""How far zstd, a general-purpose compressor, makes the columns of the shards smaller: a measure of how much in them is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import DatasetError
from harness.report.source import DeviceData


@dataclass(frozen=True)
class Compression:
    """Bytes of a text column, and the bytes that it takes in the shards."""

    plain: int
    stored: int

    @property
    def ratio(self) -> float:
        """How many bytes one that is stored stands for."""
        return self.plain / self.stored


def code_compression(data: DeviceData) -> Compression:
    """Of the generated code of a device that has records. Raises DatasetError if a shard cannot be read any more."""
    return Compression(data.code_bytes, stored_bytes(data.shards, "code"))


def python_compression(data: DeviceData) -> Compression:
    """Of the Python of a device that has records. Raises DatasetError if a shard cannot be read any more."""
    return Compression(data.python_bytes, stored_bytes(data.shards, "python_source"))


def stored_bytes(shards: Sequence[Path], column: str) -> int:
    """The compressed bytes of a column in all row groups, as the footers of the files give them."""
    total = 0
    for path in shards:
        try:
            footer = pq.read_metadata(path)
        except (OSError, pa.ArrowException) as error:
            raise DatasetError(f"{path} cannot be read any more ({str(error).splitlines()[0]}): restore it") from None
        for group in range(footer.num_row_groups):
            chunks = (footer.row_group(group).column(number) for number in range(footer.num_columns))
            total += sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema == column)
    return total
