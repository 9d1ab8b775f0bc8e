"""The global pass over the fragments, in the order of their rounds: which records the dataset has, in which clusters and splits.

It reads small columns only, and decides by the code that a run on one machine decides by (`harness.selection`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import pyarrow as pa
import pyarrow.parquet as pq

from generation.cluster.fragment import read_contents
from generation.cluster.index import Index, Taken
from generation.cluster.round_task import Made
from generation.cluster.settings import Settings
from generation.cluster.store import Store
from generation.production.ledger import Ledger, RoundEntry
from generation.production.request import ROOT, ProductionError
from generation.production.schedule import round_at
from harness.clusters import Place
from harness.folder import DEVICES
from harness.manifest import manifest_path
from harness.selection import decide


@dataclass
class Merge:
    """The fragments 0 .. `next` - 1 of a production, taken into its index."""

    store: Store
    settings: Settings
    index: Index
    next: int = 0

    def __post_init__(self) -> None:
        self._sum: RoundEntry | None = None
        if self.index.is_new:
            self.index.begin(_places(self.store, self.settings.device))

    @property
    def ledger(self) -> Ledger:
        """The settings, and one entry that is the sum over the rounds that were taken."""
        return replace(self.settings.ledger, rounds=() if self._sum is None else (self._sum,))

    @property
    def code_bytes(self) -> int:
        """Bytes of `code` of the records that the dataset has so far."""
        return 0 if self._sum is None else self._sum.code_bytes

    def resume(self, fragments: dict[int, int]) -> None:
        """Go on with the rounds that the index knows. Raises ProductionError if the store, whose fragments are given, has other ones."""
        for number, file_bytes, failed, skipped, taken in self.index.rounds():
            if number != self.next or fragments.get(number) != file_bytes:
                raise ProductionError(
                    f"the index knows a fragment of round {number} that {self.store.uri} does not have: remove the index, or restore that"
                )
            self._add(number, failed, skipped, taken, Made(number))

    def take(self, made: Made, file_bytes: int) -> RoundEntry:
        """Take the next fragment; what came of its round. Raises ProductionError if it cannot be read, or the index not be written."""
        number = self.next
        contents = read_contents(self.store, self.settings.device, number)
        records = code_bytes = duplicates = bridges = 0
        with self.index.transaction():
            for row, offer in enumerate(contents.offers):
                decision = decide(self.index, offer)
                self.index.note(number, row, offer, decision)
                if decision.place is not None:
                    self.index.note_preamble(offer.preamble_id, contents.preambles[offer.preamble_id])
                    records, code_bytes = records + 1, code_bytes + offer.code_bytes
                elif decision.twin is not None:
                    duplicates += 1
                else:
                    bridges += 1
            taken = Taken(records, code_bytes, duplicates, bridges)
            self.index.note_round(number, file_bytes, contents.counts.failed, contents.counts.skipped, taken)
        return self._add(number, contents.counts.failed, contents.counts.skipped, taken, made)

    def _add(self, number: int, failed: int, skipped: int, taken: Taken, made: Made) -> RoundEntry:
        round = round_at(self.settings.ledger, number)
        entry = RoundEntry(
            number=number,
            start=round.start,
            cases=round.cases,
            optimization_level=round.optimization_level,
            passed=round.cases - failed - skipped,
            failed=failed,
            skipped=skipped,
            harvested=taken.records,
            duplicates=taken.duplicates,
            bridges=taken.bridges,
            code_bytes=taken.code_bytes,
            wall_seconds=made.wall_seconds,
            cpu_seconds=made.cpu_seconds,
            peak_bytes=made.peak_bytes,
            attempts=made.attempts,
        )
        self._sum = entry if self._sum is None else _sum(self._sum, entry)
        self.next = number + 1
        return entry


def identity_of(store: Store, settings: Settings) -> str:
    """What an index is about: the production's settings, and the other device's dataset, whose clusters count too."""
    others = {device: hashlib.sha256(text).hexdigest() for device, text in _manifests(store, settings.device)}
    return json.dumps({**asdict(settings), "others": others}, sort_keys=True)


def _sum(first: RoundEntry, second: RoundEntry) -> RoundEntry:
    """Two entries as one: the later one's number, the amounts added, the larger of what they held at once."""
    names = ("cases", "passed", "failed", "skipped", "harvested", "duplicates", "bridges", "code_bytes", "wall_seconds", "cpu_seconds")
    added = {name: getattr(first, name) + getattr(second, name) for name in names}
    return replace(second, start=first.start, **added, peak_bytes=max(first.peak_bytes, second.peak_bytes))


def _manifests(store: Store, device: str) -> Iterator[tuple[str, bytes]]:
    """The manifests of the other devices, as they are in the store."""
    for other in DEVICES:
        text = None if other == device else store.read(manifest_path(ROOT, other).name)
        if text is not None:
            yield other, text


def _places(store: Store, device: str) -> Iterator[tuple[Sequence[int], Place]]:
    """The places of the other devices' records, read from their shards row group by row group."""
    for _, text in _manifests(store, device):
        for shard in json.loads(text)["shards"]:
            try:
                with store.open(shard["file"]) as source, pq.ParquetFile(source) as file:
                    for batch in file.iter_batches(columns=["bands", "cluster", "split"]):
                        bands, clusters, splits = (batch[name].to_pylist() for name in ("bands", "cluster", "split"))
                        yield from zip(bands, map(Place, clusters, splits), strict=True)
            except (OSError, pa.ArrowException) as error:
                raise ProductionError(f"{store.uri}/{shard['file']} cannot be read ({str(error).splitlines()[0]}): restore it") from None
