"""The dataset that the fragments make: its shards, each cut by a task of its own, then its manifest and its card.

All of it follows from the fragments 0 .. n. A shard that was full before stays as it is; the last one of each split is replaced when the
dataset grows. The manifest comes after the shards, and the card last.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from generation.cluster.fragment import read_records
from generation.cluster.index import Index, Row
from generation.cluster.store import Store
from generation.production.request import ProductionError
from harness.card import card_text, edition_of
from harness.card.contents import COLUMNS, Contents
from harness.card.limits import limits
from harness.croissant import croissant_text
from harness.dataset import ROWS_PER_SHARD
from harness.errors import DatasetError
from harness.folder import CARD, CROISSANT, DEVICES
from harness.made_here import publish_manifest
from harness.manifest import Manifest, ShardEntry, manifest_path, read_manifest, shard_file
from harness.records import SCHEMA, SPLITS
from harness.shards import write_shard

LARGEST_CARD = 5_000_000
"""Most records of a dataset that gets a card: the card is computed in memory, from some 1.6 KB of each record."""


@dataclass(frozen=True)
class Shard:
    """A shard to be cut: where it goes in the store, and its rows, in order."""

    store: Store
    device: str
    file: str
    split: str
    rows: tuple[Row, ...]


Cut = Callable[[Iterable[Shard]], Iterator[ShardEntry]]
"""Cuts shards, in whatever order, and gives their entries in the order in which they were asked for."""


def cut_shard(shard: Shard) -> ShardEntry:
    """Cut a shard out of the fragments and put it in the store, holding one row group of it in memory. Raises DatasetError or OSError."""
    with tempfile.TemporaryDirectory(prefix="warp-kernel-harness-shard-") as name:
        folder = Path(name)
        (folder / shard.device).mkdir()
        entry = write_shard(folder, shard.file, shard.split, _records(shard))
        shard.store.replace(shard.file, (folder / shard.file).read_bytes())
    return entry


def finish(store: Store, device: str, index: Index, cut: Cut) -> Manifest:
    """Make the dataset of the records in an index; its manifest. Raises DatasetError or OSError, with the fragments as they were."""
    before = {entry.file: entry for entry in manifest_in(store, device).shards}
    sizes = store.names(device)
    kept: dict[str, ShardEntry] = {}
    order: list[str] = []

    def wanted() -> Iterator[Shard]:
        for split in SPLITS:
            for number, rows in enumerate(_cut_rows(index.rows(split))):
                file = shard_file(device, split, number)
                order.append(file)
                known = before.get(file)
                full = known is not None and known.rows == len(rows) == ROWS_PER_SHARD and sizes.get(Path(file).name) == known.file_bytes
                if known is not None and full and known.code_bytes == sum(row.code_bytes for row in rows):
                    kept[file] = known
                else:
                    yield Shard(store, device, file, split, rows)

    made = {entry.file: entry for entry in cut(wanted())}
    made |= kept
    shards = tuple(made[file] for file in order)
    manifest = Manifest(device, shards, index.preambles(), index.left_out("duplicate"), index.left_out("bridge"))
    data = _manifest_bytes(manifest)
    _vouch(store, device, data)
    store.replace(manifest_path(Path(), device).name, data)
    _write_card(store)
    return manifest


def manifest_in(store: Store, device: str) -> Manifest:
    """A device's manifest in a store; an empty one if there is none. Raises DatasetError if it is damaged."""
    name = manifest_path(Path(), device).name
    data = store.read(name)
    if data is None:
        return Manifest(device)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        try:
            return read_manifest(Path(folder), device)
        except DatasetError as error:
            raise ProductionError(str(error).replace(folder, store.uri)) from None


def check_unchanged(store: Store, device: str) -> None:
    """Raise ProductionError if a device's dataset is not as a production on a cluster left it: growing it would lose what was added."""
    data = store.read(manifest_path(Path(), device).name)
    if data is not None and hashlib.sha256(data).hexdigest() not in _vouched(store, device):
        raise ProductionError(f"the {device} dataset in {store.uri} was changed by another run: give another --destination")


def _records(shard: Shard) -> Iterator[dict[str, Any]]:
    for number, rows in groupby(shard.rows, key=lambda row: row.round):
        wanted = list(rows)
        records = read_records(shard.store, shard.device, number, [row.row for row in wanted])
        for row, record in zip(wanted, records, strict=True):
            yield record | {"split": shard.split, "cluster": row.cluster}


def _cut_rows(rows: Iterator[Row]) -> Iterator[tuple[Row, ...]]:
    while part := tuple(islice(rows, ROWS_PER_SHARD)):
        yield part


def _manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest's text, remembered as made here."""
    with tempfile.TemporaryDirectory() as folder:
        path = manifest_path(Path(folder), manifest.device)
        publish_manifest(manifest, path)
        return path.read_bytes()


def _vouched_file(device: str) -> str:
    return f"rounds/{device}/manifests.json"


def _vouched(store: Store, device: str) -> list[str]:
    """The digests of the manifests that productions on a cluster made, or were about to make."""
    found: list[str] = json.loads(store.read(_vouched_file(device)) or b"[]")
    return found


def _vouch(store: Store, device: str, manifest: bytes) -> None:
    digests = dict.fromkeys([*_vouched(store, device), hashlib.sha256(manifest).hexdigest()])
    store.replace(_vouched_file(device), (json.dumps(list(digests), indent=1) + "\n").encode())


def _write_card(store: Store) -> None:
    """The card and croissant.json of all devices' shards, computed as for a dataset on one machine; neither if that takes too much."""
    found = [manifest for device in DEVICES if (manifest := manifest_in(store, device)).shards]
    if sum(manifest.rows for manifest in found) > LARGEST_CARD:
        # Those that describe a smaller dataset must not stay.
        for name in (CARD, CROISSANT):
            store.remove(name)
        return
    contents = [_contents(store, manifest) for manifest in found]
    edition = edition_of(contents)
    store.replace(CARD, card_text(contents, edition).encode())
    store.replace(CROISSANT, croissant_text(found, edition, limits(contents)).encode())


def _contents(store: Store, manifest: Manifest) -> Contents:
    files = [store.path(entry.file) for entry in manifest.shards]
    try:
        table = ds.dataset(files, schema=SCHEMA, format="parquet", filesystem=store.filesystem).to_table(columns=list(COLUMNS))
    except (OSError, pa.ArrowException) as error:
        raise ProductionError(f"the shards in {store.uri} cannot be read ({str(error).splitlines()[0]}): restore them") from None
    return Contents(manifest, table)
