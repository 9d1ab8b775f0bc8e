"""The xdist scheduler of the main job: a batch of cases is the unit of work, never split between workers.

A batch is compiled once, as one module, by the worker that runs its first case; splitting it would compile it twice. The layout of batches
is a function of the collected order alone (`batch_size`), so that the controller and every worker agree on it without talking about it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

LARGEST_BATCH = 64
"""A module costs what its headers cost once, however many kernels share it; beyond this many the gain is small and a failure dear."""


class Node(Protocol):
    """What the scheduler needs of an xdist worker's controller."""

    shutting_down: bool

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Queues the cases at `indices` of the collected order on the worker."""

    def shutdown(self) -> None:
        """Tells the worker that nothing more comes."""


def batch_size(cases: int, workers: int, largest: int = LARGEST_BATCH) -> int:
    """Cases per batch: at most `largest`, and such that all workers get the same number of nearly equal batches.

    Two hundred cases for two workers make four batches of 50, not three of 64 and one of 8.
    """
    workers = max(workers, 1)
    rounds = max(-(-cases // (workers * largest)), 1)
    return max(-(-cases // (workers * rounds)), 1)


class BatchScheduling:
    """Hands out whole batches in order; implements `xdist.scheduler.protocol.Scheduling`.

    An xdist worker starts a case only when it knows the next one, or that there is none. So a worker holds its last case back until it is
    sent another batch or shut down, and a worker with one pending case is a worker that waits.

    When a worker dies, the case it was running is reported by xdist as failed, and the rest of what it held goes back to the front of the
    queue, batch by batch.
    """

    def __init__(self, workers: int, largest_batch: int = LARGEST_BATCH) -> None:
        self.workers = workers
        self.largest_batch = largest_batch
        self.collection: list[str] | None = None
        self._size = largest_batch
        self._queue: deque[list[int]] = deque()
        self._pending: dict[Node, deque[int]] = {}
        self._collected: dict[Node, list[str]] = {}

    @property
    def nodes(self) -> list[Node]:
        """The workers that are up."""
        return list(self._pending)

    @property
    def collection_is_completed(self) -> bool:
        """Whether every worker that the run starts with has said what it collected."""
        return self.collection is not None or len(self._collected) >= self.workers

    @property
    def has_pending(self) -> bool:
        """Whether a case is still to be run or running."""
        return bool(self._queue) or any(self._pending.values())

    @property
    def tests_finished(self) -> bool:
        """Whether nothing is left to hand out and each worker waits on at most its last case, which it runs when it is shut down."""
        return self.collection is not None and not self._queue and all(len(p) < 2 for p in self._pending.values())

    def add_node(self, node: Node) -> None:
        """A worker has started."""
        self._pending[node] = deque()

    def add_node_collection(self, node: Node, collection: Sequence[str]) -> None:
        """A worker has collected. Raises RuntimeError if it found other cases than the workers before it."""
        known = self.collection if self.collection is not None else next(iter(self._collected.values()), None)
        if known is not None and list(collection) != known:
            raise RuntimeError(
                f"workers collected different cases ({len(known)} and {len(collection)}): a plugin that reorders or drops tests "
                "on its own must be switched off, for example with -p no:randomly"
            )
        self._collected[node] = list(collection)

    def schedule(self) -> None:
        """Lays out the batches when all workers have collected; from then on, feeds a worker that has come to replace a dead one."""
        if self.collection is None:
            self.collection = next(iter(self._collected.values()))
            self._size = batch_size(len(self.collection), self.workers, self.largest_batch)
            self._queue.extend(self._batches(range(len(self.collection))))
        self._feed_all()

    def mark_test_complete(self, node: Node, item_index: int, duration: float = 0) -> None:
        """A worker is done with a case."""
        self._pending[node].remove(item_index)
        self._feed(node)

    def mark_test_pending(self, item: str) -> None:
        """Puts one case back into the queue (other plugins may ask for it after a crash)."""
        if self.collection is None:
            raise RuntimeError(f"{item} cannot be scheduled again before the workers have collected")
        self._queue.appendleft([self.collection.index(item)])
        self._feed_all()

    def remove_pending_tests_from_node(self, node: Node, indices: Sequence[int]) -> None:
        """Answers a request to take cases back from a worker; this scheduler makes none."""
        raise NotImplementedError("batches are never taken back from a worker")

    def remove_node(self, node: Node) -> str | None:
        """A worker has ended or died: returns the case that it was running, if any. Raises KeyError for a worker that was never added."""
        held = self._pending.pop(node)
        self._collected.pop(node, None)
        if not held or self.collection is None:
            return None
        running = self.collection[held.popleft()]
        self._queue.extendleft(reversed(self._batches(held)))
        self._feed_all()
        return running

    def _batches(self, indices: Iterable[int]) -> list[list[int]]:
        batches: dict[int, list[int]] = {}
        for index in indices:
            batches.setdefault(index // self._size, []).append(index)
        return list(batches.values())

    def _feed_all(self) -> None:
        while waiting := [node for node in self._pending if self._waits(node)]:
            for node in waiting:
                self._feed(node)

    def _feed(self, node: Node) -> None:
        if not self._waits(node):
            return
        if self._queue:
            batch = self._queue.popleft()
            self._pending[node].extend(batch)
            node.send_runtest_some(batch)
        else:
            node.shutdown()

    def _waits(self, node: Node) -> bool:
        return not node.shutting_down and node in self._collected and len(self._pending[node]) < 2
