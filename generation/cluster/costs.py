"""The command `python -m generation.cluster.costs`: what a production on a cluster takes, worked out from figures measured on a dataset.

The records of a local dataset are cut into fragments in a temporary folder, taken into an index and made into shards again, all on one
core and without a cluster, and timed. What it took to make the records is read from the ledger of the dataset's production.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from generation.cluster.finish import Shard, cut_shard, finish
from generation.cluster.fragment import fragment_bytes, fragment_file
from generation.cluster.index import IN_MEMORY, Index
from generation.cluster.merge import Merge, identity_of
from generation.cluster.round_task import Made
from generation.cluster.settings import Settings, installed_versions
from generation.cluster.store import open_store
from generation.production.ledger import read_ledger
from generation.production.request import LEVELS, ROUND_CASES
from harness.card.contents import read_contents
from harness.errors import DatasetError
from harness.folder import DEVICES
from harness.manifest import Manifest, ShardEntry, read_manifest

GIGABYTES = (1.0, 100.0, 10_000.0)


@dataclass(frozen=True)
class Figures:
    """What was measured: bytes per megabyte of `code`, bytes and seconds (of one core) per record, and CPU seconds per megabyte."""

    records: int
    code_bytes: int
    fragment_bytes: int
    shard_bytes: int
    index_bytes: int
    card_bytes: int
    index_seconds: float
    shard_seconds: float
    cpu_seconds_per_mb: float


def measure(data_dir: Path, device: str, cpu_seconds_per_mb: float | None) -> Figures:
    """Measure on a dataset. Raises DatasetError if it has no records, or nobody says what they cost."""
    manifest = read_manifest(data_dir, device)
    if not manifest.rows:
        raise DatasetError(
            f"{data_dir} has no {device} records: make some first (python -m generation.produce), or give another --data-dir"
        )
    if cpu_seconds_per_mb is None:
        ledger = read_ledger(data_dir, device)
        code_bytes = sum(entry.code_bytes for entry in ledger.rounds) if ledger else 0
        if ledger is None or not code_bytes:
            raise DatasetError(f"{data_dir} has no ledger of a production: give --cpu-seconds-per-mb")
        cpu_seconds_per_mb = sum(entry.cpu_seconds for entry in ledger.rounds) / (code_bytes / 1e6)
    with tempfile.TemporaryDirectory(prefix="warp-kernel-harness-costs-") as folder:
        store = open_store(folder)
        settings = Settings(device, 0, ROUND_CASES, LEVELS[device], False, *installed_versions().values())
        sizes = []
        for number, records in enumerate(_rounds(data_dir, manifest)):
            metadata = {"failed": 0, "skipped": 0, "preambles": manifest.preambles}
            data = fragment_bytes(iter(records), metadata)
            store.put_if_absent(fragment_file(device, number), data)
            sizes.append(len(data))
        index = Index(IN_MEMORY, identity_of(store, settings))
        start = time.process_time()
        merge = Merge(store, settings, index)
        for number, size in enumerate(sizes):
            merge.take(Made(number), size)
        index_seconds = time.process_time() - start
        spent: list[float] = []

        def cut(shards: Iterable[Shard]) -> Iterator[ShardEntry]:
            for shard in shards:
                start = time.process_time()
                yield cut_shard(shard)
                spent.append(time.process_time() - start)

        made = finish(store, device, index, cut)
        card = read_contents(Path(folder), device).table.nbytes
        figures = Figures(
            records=made.rows,
            code_bytes=made.code_bytes,
            fragment_bytes=sum(sizes),
            shard_bytes=sum(entry.file_bytes for entry in made.shards),
            index_bytes=index.size(),
            card_bytes=card,
            index_seconds=index_seconds,
            shard_seconds=sum(spent),
            cpu_seconds_per_mb=cpu_seconds_per_mb,
        )
        index.close()
    return figures


def lines(figures: Figures, gigabytes: Sequence[float], cpus: int, price: float) -> list[str]:
    """The figures, and what datasets of these sizes take, as lines of Markdown. The price is that of a CPU for an hour."""
    megabytes, thousands = figures.code_bytes / 1e6, figures.records / 1e3
    found = [
        f"Measured on {figures.records:,} records with {megabytes:.1f} MB of code:",
        "",
        "| figure | |",
        "|---|---|",
        f"| CPU seconds per MB of code, for its round | {figures.cpu_seconds_per_mb:.1f} |",
        f"| code of a record | {figures.code_bytes / figures.records / 1e3:.1f} KB |",
        f"| fragments per MB of code | {figures.fragment_bytes / megabytes / 1e3:.0f} KB |",
        f"| shards per MB of code | {figures.shard_bytes / megabytes / 1e3:.0f} KB |",
        f"| index per record | {figures.index_bytes / figures.records:,.0f} bytes |",
        f"| memory of the card per record | {figures.card_bytes / figures.records:,.0f} bytes |",
        f"| global pass per 1,000 records, driver | {figures.index_seconds / thousands:.2f} CPU s |",
        f"| shards per 1,000 records, tasks | {figures.shard_seconds / thousands:.2f} CPU s |",
        "",
        f"With {cpus:,} CPUs, at {price:g} for a CPU's hour:",
        "",
        "| code | records | CPU hours | rounds and shards | global pass | fragments | shards | index | card's memory | price |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for size in gigabytes:
        scale = size * 1e9 / figures.code_bytes
        seconds = figures.cpu_seconds_per_mb * size * 1e3 + figures.shard_seconds * scale
        cells = [
            _bytes(size * 1e9),
            f"{figures.records * scale:,.0f}",
            f"{seconds / 3600:,.1f}",
            _hours(seconds / cpus),
            _hours(figures.index_seconds * scale),
            *(_bytes(amount * scale) for amount in (figures.fragment_bytes, figures.shard_bytes, figures.index_bytes, figures.card_bytes)),
            f"{seconds / 3600 * price:,.2f}",
        ]
        found.append(f"| {' | '.join(cells)} |")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 2 if it was refused with one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m generation.cluster.costs", description="What a production on a cluster takes.")
    parser.add_argument("--data-dir", required=True, type=Path, metavar="DIR", help="a dataset made on one machine, to measure on")
    parser.add_argument("--device", default="cpu", choices=DEVICES, help="whose records are taken (default: cpu)")
    parser.add_argument("--cpu-seconds-per-mb", type=float, metavar="S", help="of a MB of code (default: from the production's ledger)")
    parser.add_argument("--cpus", type=int, default=64, metavar="N", help="CPUs of the cluster (default: 64)")
    parser.add_argument("--price", type=float, default=0.04, metavar="P", help="of a CPU for an hour (default: 0.04, an assumption)")
    given = parser.parse_args(arguments)
    try:
        if given.cpus < 1 or given.price < 0:
            raise DatasetError(f"--cpus {given.cpus}, --price {given.price:g}: give at least one CPU, and no price below 0")
        figures = measure(given.data_dir, given.device, given.cpu_seconds_per_mb)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines(figures, GIGABYTES, given.cpus, given.price)))
    return 0


def _rounds(data_dir: Path, manifest: Manifest) -> Iterator[list[dict[str, Any]]]:
    """A dataset's records in parts of a round's size."""
    for entry in manifest.shards:
        with pq.ParquetFile(data_dir / entry.file) as file:
            for batch in file.iter_batches(batch_size=ROUND_CASES):
                yield batch.to_pylist()


def _bytes(amount: float) -> str:
    power = 4 if amount >= 1e12 else 3 if amount >= 1e9 else 2
    return f"{amount / 1000**power:,.1f} {('MB', 'GB', 'TB')[power - 2]}"


def _hours(seconds: float) -> str:
    return (
        f"{seconds / 86400:,.1f} d"
        if seconds >= 2 * 86400
        else f"{seconds / 3600:,.1f} h"
        if seconds >= 3600
        else f"{seconds / 60:,.1f} min"
    )


if __name__ == "__main__":
    sys.exit(main())
