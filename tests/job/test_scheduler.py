"""The scheduler with workers that are simulated event by event, as xdist's own session would drive them."""

import random
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.scheduler import BatchScheduling, batch_size


class FakeNode:
    """A worker as xdist's: it starts a case only when it knows the next one, or that there is none."""

    def __init__(self):
        self.queue = deque()
        self.received = []
        self.shutting_down = False

    def send_runtest_some(self, indices):
        assert not self.shutting_down
        self.queue.extend(indices)
        self.received.append(list(indices))

    def shutdown(self):
        self.shutting_down = True

    @property
    def can_run(self):
        return len(self.queue) > 1 or (len(self.queue) == 1 and self.shutting_down)


def start(cases, workers, largest=32):
    collection = [f"test_kernel[stencil-{i:06d}]" for i in range(cases)]
    scheduler = BatchScheduling(workers, largest)
    nodes = [FakeNode() for _ in range(workers)]
    for node in nodes:
        scheduler.add_node(node)
    for node in nodes:
        assert not scheduler.collection_is_completed
        scheduler.add_node_collection(node, collection)
    assert scheduler.collection_is_completed
    scheduler.schedule()
    return scheduler, nodes, collection


def finish(scheduler, nodes, collection, chooser, deaths=0):
    """Runs all to the end; `deaths` times a worker dies while it runs a case. Returns the cases run and the cases blamed."""
    ran, blamed, nodes = [], [], list(nodes)
    for _ in range(100 * len(collection) + 100):
        if scheduler.tests_finished:
            for node in scheduler.nodes:
                node.shutdown()
        ready = [node for node in nodes if node.can_run]
        if not ready:
            break
        node = chooser.choice(ready)
        if deaths and chooser.random() < 0.2:
            deaths -= 1
            nodes.remove(node)
            blamed.append(scheduler.remove_node(node))
            clone = FakeNode()
            nodes.append(clone)
            scheduler.add_node(clone)
            scheduler.add_node_collection(clone, collection)
            scheduler.schedule()
        else:
            index = node.queue.popleft()
            ran.append(collection[index])
            scheduler.mark_test_complete(node, index)
    assert scheduler.tests_finished
    assert not scheduler.has_pending
    for node in nodes:
        assert node.shutting_down, "a worker was never told that nothing more comes"
        assert scheduler.remove_node(node) is None
    return ran, blamed


@given(cases=st.integers(0, 5000), workers=st.integers(1, 64), largest=st.integers(1, 64))
def test_batches_are_bounded_and_balanced(cases, workers, largest):
    size = batch_size(cases, workers, largest)
    batches = -(-cases // size)
    assert 1 <= size <= largest
    assert batches <= workers * max(-(-cases // (workers * largest)), 1), "no worker gets more batches than it has to"
    if cases >= workers * largest:
        assert size > largest // 2, "batches are not smaller than balance asks for"


@pytest.mark.parametrize(
    ("cases", "workers", "size"), [(256, 2, 64), (200, 2, 50), (6, 2, 3), (1, 4, 1), (40, 1, 40), (0, 2, 1), (5, 0, 5)]
)
def test_batch_size_by_example(cases, workers, size):
    assert batch_size(cases, workers) == size


@settings(deadline=None)
@given(cases=st.integers(0, 200), workers=st.integers(1, 5), largest=st.integers(1, 32), seed=st.integers(0, 10**6))
def test_every_case_runs_once_and_no_batch_is_split(cases, workers, largest, seed):
    scheduler, nodes, collection = start(cases, workers, largest)
    ran, blamed = finish(scheduler, nodes, collection, random.Random(seed))
    assert sorted(ran) == collection
    assert not blamed
    size = batch_size(cases, workers, largest)
    whole = [list(range(at, min(at + size, cases))) for at in range(0, cases, size)]
    assert sorted(batch for node in nodes for batch in node.received) == whole


@settings(deadline=None)
@given(
    cases=st.integers(1, 120), workers=st.integers(1, 4), largest=st.integers(1, 32), seed=st.integers(0, 10**6), deaths=st.integers(1, 5)
)
def test_a_dead_worker_costs_only_the_case_it_was_running(cases, workers, largest, seed, deaths):
    scheduler, nodes, collection = start(cases, workers, largest)
    ran, blamed = finish(scheduler, nodes, collection, random.Random(seed), deaths)
    assert sorted(ran + blamed) == collection


def test_what_a_dead_worker_held_comes_first_and_stays_in_batches():
    scheduler, (first, second), _ = start(16, 2, largest=4)
    assert (first.received, second.received) == ([[0, 1, 2, 3]], [[4, 5, 6, 7]])
    for index in (0, 1, 2):
        scheduler.mark_test_complete(first, index)
    assert first.received[1:] == [[8, 9, 10, 11]], "a worker that waits on its last case is sent the next batch"
    assert scheduler.remove_node(first).endswith("stencil-000003]")
    for index in (4, 5, 6):
        scheduler.mark_test_complete(second, index)
    assert second.received[1:] == [[8, 9, 10, 11]]


def test_a_worker_that_dies_before_it_collected_holds_nothing_up():
    scheduler = BatchScheduling(2)
    early, other, clone = FakeNode(), FakeNode(), FakeNode()
    scheduler.add_node(early)
    scheduler.add_node(other)
    scheduler.add_node_collection(early, ["a", "b"])
    assert scheduler.remove_node(early) is None
    scheduler.add_node_collection(other, ["a", "b"])
    assert not scheduler.collection_is_completed
    scheduler.add_node(clone)
    scheduler.add_node_collection(clone, ["a", "b"])
    assert scheduler.collection_is_completed
    scheduler.schedule()
    assert (list(other.queue), list(clone.queue)) == ([0], [1])


def test_workers_that_collected_different_cases_are_refused():
    scheduler = BatchScheduling(2)
    nodes = FakeNode(), FakeNode()
    for node in nodes:
        scheduler.add_node(node)
    scheduler.add_node_collection(nodes[0], ["a", "b"])
    with pytest.raises(RuntimeError, match="different cases"):
        scheduler.add_node_collection(nodes[1], ["b", "a"])


def test_the_run_is_not_over_while_a_dead_workers_cases_wait_for_its_replacement():
    scheduler, (only,), _ = start(4, 1)
    assert not scheduler.tests_finished
    assert scheduler.remove_node(only).endswith("stencil-000000]")
    assert scheduler.nodes == []
    assert scheduler.has_pending
    assert not scheduler.tests_finished
