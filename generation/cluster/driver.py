"""`python -m generation.produce --cluster`: asks the cluster for rounds until their records reach the target, then has the dataset made.

It may be killed at any moment, and so may workers and nodes: fragments that are there stay, and the same command goes on with the others.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from generation.cluster.finish import Shard, check_unchanged, cut_shard, finish, manifest_in
from generation.cluster.fragment import fragment_file, fragments_in
from generation.cluster.index import IN_MEMORY, Index
from generation.cluster.merge import Merge, identity_of
from generation.cluster.pool import Pool, RayPool, TaskLost
from generation.cluster.round_task import Made, Work, make_fragment
from generation.cluster.settings import Settings, settle, sources_digest
from generation.cluster.store import Store, open_store
from generation.production.progress import Progress
from generation.production.quality import fault_of
from generation.production.request import ProductionError, Request
from harness.errors import DatasetError
from harness.lock import WriterLock
from harness.manifest import ShardEntry

TRIES = 3
"""How often a round is begun whose tasks fail, each of which Ray may have run several times, before the production stops."""

WORKERS = 2
"""CPUs of a task where `--workers` does not say."""

STOPPED = 1

_WAIT_SECONDS = 1.0


def produce_on_cluster(request: Request) -> int:
    """Make the dataset that a request with a cluster asks for; the exit status of the command. Raises DatasetError and OSError."""
    if request.device is None or request.cluster is None or request.destination is None:
        raise ProductionError("--cluster needs --device and --destination")
    store = open_store(request.destination)
    workers = WORKERS if request.workers == "auto" else int(request.workers)
    with ExitStack() as stack:
        _lock(stack, store, request.device)
        check_unchanged(store, request.device)
        progress = Progress(request.target_bytes, request.log_seconds)
        there = manifest_in(store, request.device)
        if there.code_bytes >= request.target_bytes:
            progress.say(f"the target is met: {there.rows:,} records, {there.code_bytes / 1e6:.3f} MB of code in {store.uri}")
            return 0
        pool = stack.enter_context(closing(RayPool(request.cluster, workers)))
        settings = settle(store, request, request.device, gpus=pool.gpus())
        if settings.on_gpus:
            pool.take_gpus()
        store.remove_temporary(f"rounds/{request.device}")
        index = stack.enter_context(closing(Index(request.index or IN_MEMORY, identity_of(store, settings))))
        merge = Merge(store, settings, index)
        return Production(request.target_bytes, workers, store, settings, pool, merge, progress).run()


@dataclass
class Production:
    """One call: the rounds that are in flight on the pool, and what was taken of those that ended."""

    target_bytes: int
    workers: int
    store: Store
    settings: Settings
    pool: Pool
    merge: Merge
    progress: Progress
    present: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._in_flight: dict[Any, int] = {}
        self._made: dict[int, Made] = {}
        self._tries: Counter[int] = Counter()
        self._sources = sources_digest()

    def run(self) -> int:
        """Rounds until the target is met, then the dataset; the exit status of the command."""
        self.present = fragments_in(self.store, self.settings.device)
        self.merge.resume(self.present)
        self._say_begin()
        try:
            reason = self._rounds()
        finally:
            self.pool.cancel(list(self._in_flight))
        if reason is not None:
            self.progress.say(f"production stops: {reason}; the {len(self.present)} fragments in {self.store.uri} are kept")
            return STOPPED
        manifest = finish(self.store, self.settings.device, self.merge.index, self._cut)
        amount = f"{manifest.rows:,} records, {manifest.code_bytes / 1e6:.3f} MB of code"
        self.progress.say(f"the target is met: {amount} in {self.store.uri}, from rounds 0 to {self.merge.next - 1}")
        return 0

    def _rounds(self) -> str | None:
        """Rounds until the target is met; why the production stops before, or None."""
        while True:
            reason = self._take()
            if reason is not None or self.merge.code_bytes >= self.target_bytes:
                return reason
            self._submit()
            self.progress.state(self.merge.ledger, self._where())
            ended = self.pool.wait(list(self._in_flight), _WAIT_SECONDS)
            if ended is not None:
                reason = self._end(ended)
                if reason is not None:
                    return reason

    def _take(self) -> str | None:
        """Take the fragments that are next, as long as they are there and needed; why the last one must not be gone on from, or None."""
        while self.merge.next in self.present and self.merge.code_bytes < self.target_bytes:
            number = self.merge.next
            made = self._made.pop(number, None)
            entry = self.merge.take(made or Made(number), self.present[number])
            if made is not None:
                self.progress.done(self.merge.ledger, entry)
            reason = fault_of(entry, self.settings.device)
            if reason is not None:
                return reason
        return None

    def _submit(self) -> None:
        """Fill the pool with the rounds that are next, and no more of them than the target is likely to need."""
        room = self.pool.room()
        if not room and not self._in_flight:
            what = f"{self.workers} CPUs{' and a GPU' if self.settings.on_gpus else ''}"
            raise ProductionError(f"no node of the cluster has {what} for a round: give fewer --workers, or add nodes")
        ahead = self.merge.next + self._rounds_left(room)
        busy = set(self._in_flight.values())
        wanted = (number for number in range(self.merge.next, ahead) if number not in self.present and number not in busy)
        for number in islice(wanted, max(room - len(busy), 0)):
            work = Work(self.store, self.settings, number, self.workers, self._sources)
            self._in_flight[self.pool.submit(make_fragment, work)] = number
            self._tries[number] += 1

    def _rounds_left(self, room: int) -> int:
        """How many rounds are needed yet: by the code of a round so far, or at first as many as there is room for."""
        if not self.merge.code_bytes:
            return max(room, 1)
        return math.ceil((self.target_bytes - self.merge.code_bytes) * self.merge.next / self.merge.code_bytes)

    def _end(self, handle: Any) -> str | None:
        """Take note of a task that has ended; why the production stops, or None."""
        number = self._in_flight.pop(handle)
        try:
            made: Made = self.pool.result(handle)
        except TaskLost as error:
            made = Made(number, fault=f"round {number}: {error}")
        if made.fault:
            return made.fault if made.lasting or self._tries[number] >= TRIES else None
        size = self.store.size(fragment_file(self.settings.device, number))
        if size is None:
            where = f"{self.store.uri} does not have it"
            return f"round {number} was made and {where}: nodes and this machine must reach the same --destination"
        self._made[number] = made
        self.present[number] = size
        return None

    def _cut(self, shards: Iterable[Shard]) -> Iterator[ShardEntry]:
        """Shards, cut by tasks of the pool."""
        waiting: dict[Any, int] = {}
        done: dict[int, ShardEntry] = {}
        tries: Counter[int] = Counter()
        given = 0
        source = enumerate(shards)
        asked: dict[int, Shard] = {}
        while True:
            room = max(self.pool.room(), 1) - len(waiting)
            for number, shard in islice(source, room):
                asked[number] = shard
                waiting[self.pool.submit(cut_shard, shard)] = number
            while given in done:
                yield done.pop(given)
                given += 1
            if not waiting:
                return
            self.progress.state(self.merge.ledger, f"{given + len(done)} shards cut, {len(waiting)} being cut")
            ended = self.pool.wait(list(waiting), _WAIT_SECONDS)
            if ended is None:
                continue
            number = waiting.pop(ended)
            try:
                done[number] = self.pool.result(ended)
                del asked[number]
            except (TaskLost, OSError, DatasetError) as error:
                tries[number] += 1
                if tries[number] >= TRIES:
                    self.pool.cancel(list(waiting))
                    reason = str(error).splitlines()[0]
                    raise ProductionError(
                        f"{asked[number].file}: {reason}; the fragments in {self.store.uri} are kept, the same command goes on"
                    ) from None
                waiting[self.pool.submit(cut_shard, asked[number])] = number

    def _where(self) -> str:
        """How far the production is."""
        ahead = sum(number >= self.merge.next for number in self.present)
        return f"{self.merge.next} rounds taken, {ahead} beyond a gap, {len(self._in_flight)} in flight"

    def _say_begin(self) -> None:
        settings = self.settings
        self.progress.say(
            f"{settings.device}: {len(self.present)} fragments in {self.store.uri}; room for {self.pool.room()} rounds at once "
            f"(seed {settings.seed}, rounds of {settings.round_cases} cases)"
        )


def _lock(stack: ExitStack, store: Store, device: str) -> None:
    """Keep a second call from a local destination; elsewhere nothing can."""
    if store.local is not None:
        store.local.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(store.local / f".lock-production-{device}")
        lock.acquire()
        lock.sign()
        stack.callback(lock.release)
