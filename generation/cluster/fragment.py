"""Fragments: all records of one round that passed, in the order of the stream, as one parquet file in a store.

A fragment follows from the production's settings and its number. Nothing is left out of it yet, and `split` and `cluster` are empty, since
that depends on the rounds before. Its metadata have the preambles of its records and how many cases failed or were skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from generation.cluster.store import Store
from generation.production.request import ProductionError
from harness.records import SCHEMA
from harness.selection import OFFER_COLUMNS, Offer, offer_values
from harness.spool import read_spool, read_spooled

ROW_GROUP_ROWS = 1000

_KEY = b"warp-kernel-harness"
_NAME = re.compile(r"round-(\d{6,})\.parquet")


@dataclass(frozen=True)
class Counts:
    """Of a round's cases, how many failed and how many were skipped."""

    failed: int
    skipped: int


@dataclass(frozen=True)
class Contents:
    """What a fragment says of its records, without their texts: an offer for each, in order, and the preambles by their ids."""

    offers: list[Offer]
    preambles: dict[str, str]
    counts: Counts


def fragment_file(device: str, number: int) -> str:
    """Where the fragment of a round stands in a store."""
    return f"rounds/{device}/round-{number:06d}.parquet"


def fragments_in(store: Store, device: str) -> dict[int, int]:
    """The bytes of each fragment in a store, by the number of its round."""
    found = ((_NAME.fullmatch(name), size) for name, size in store.names(f"rounds/{device}").items())
    return {int(match[1]): size for match, size in found if match}


def fragment_of(spools: Sequence[Path], counts: Counts) -> bytes:
    """The fragment of a round, from its spools. Raises DatasetError if one is broken."""
    places: dict[tuple[Any, ...], tuple[Path, int, int]] = {}
    preambles: dict[str, str] = {}
    keys = set()
    for path in spools:
        for spooled in read_spool(path):
            offer = Offer(**offer_values(spooled.record))
            places[offer.order] = (path, spooled.offset, spooled.length)
            preambles[offer.preamble_id] = spooled.preamble
    ordered = []
    for order, place in sorted(places.items()):
        seed, index, family, _ = order
        # A case that ran twice is taken once.
        if (seed, index, family) not in keys:
            keys.add((seed, index, family))
            ordered.append(place)
    metadata = {"failed": counts.failed, "skipped": counts.skipped, "preambles": dict(sorted(preambles.items()))}
    return fragment_bytes((read_spooled(*place).record for place in ordered), metadata)


def fragment_bytes(records: Iterator[dict[str, Any]], metadata: dict[str, Any]) -> bytes:
    """A parquet file of these records, holding one row group of them in memory at a time."""
    schema = SCHEMA.with_metadata({_KEY: json.dumps(metadata, sort_keys=True).encode()})
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, compression="zstd", compression_level=3, use_dictionary=False) as writer:
        while group := list(islice(records, ROW_GROUP_ROWS)):
            writer.write_table(pa.Table.from_pylist(group, schema), row_group_size=ROW_GROUP_ROWS)
    return bytes(sink.getvalue().to_pybytes())


def read_contents(store: Store, device: str, number: int) -> Contents:
    """What a fragment says of its records, by reading small columns. Raises ProductionError if it is not a fragment."""
    with _opened(store, device, number) as file:
        metadata = json.loads(file.schema_arrow.metadata[_KEY])
        offers = [Offer(**offer_values(record)) for record in file.read(columns=list(OFFER_COLUMNS)).to_pylist()]
    return Contents(offers, metadata["preambles"], Counts(metadata["failed"], metadata["skipped"]))


def read_records(store: Store, device: str, number: int, rows: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The records in these rows of a fragment, which ascend, one row group in memory. Raises ProductionError if it is not a fragment."""
    with _opened(store, device, number) as file:
        start = 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            wanted = [row - start for row in rows if start <= row < end]
            if wanted:
                yield from file.read_row_group(group).take(wanted).to_pylist()
            start = end


@contextmanager
def _opened(store: Store, device: str, number: int) -> Iterator[pq.ParquetFile]:
    name = f"{store.uri}/{fragment_file(device, number)}"
    try:
        with store.open(fragment_file(device, number)) as source, pq.ParquetFile(source) as file:
            if not file.schema_arrow.remove_metadata().equals(SCHEMA) or _KEY not in (file.schema_arrow.metadata or {}):
                raise ProductionError(f"{name} is of another version: give another --destination")
            yield file
    except FileNotFoundError:
        raise ProductionError(f"{name} was published and is not there: every node must reach the same --destination") from None
    except (OSError, pa.ArrowException) as error:
        raise ProductionError(f"{name} cannot be read ({str(error).splitlines()[0]}): remove it, and it is made again") from None
