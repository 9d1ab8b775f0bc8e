"""What the driver asks its pool for, what it does when tasks fail, and when it stops; rounds are sample cases, made in this process."""

import io

import pytest
from cluster_samples import SETTINGS, HerePool, fragment, local_store

from generation.cluster import driver
from generation.cluster.driver import TRIES, Production
from generation.cluster.fragment import fragment_file, fragments_in
from generation.cluster.index import IN_MEMORY, Index
from generation.cluster.merge import Merge
from generation.cluster.pool import TaskLost
from generation.cluster.round_task import Made
from generation.production.progress import Progress
from tests.harvest.samples import make_case

TARGET = 350
"""Bytes of `code`: two rounds of four sample cases have less, three have more."""


@pytest.fixture
def produce(tmp_path, monkeypatch):
    """Runs a production; its status, its output and the numbers of the rounds that were made, in the order in which they were."""
    store = local_store(tmp_path / "d")

    def produce(pool=None, faults=None, *, elsewhere=False, target=TARGET):
        made, faults = [], dict(faults or {})

        def make(work):
            made.append(work.number)
            if fault := faults.pop((work.number, made.count(work.number)), None):
                return fault
            cases = [make_case(index) for index in range(4 * work.number, 4 * work.number + 4)]
            data = fragment(tmp_path / f"spools{len(list(tmp_path.iterdir()))}", cases)
            to = local_store(tmp_path / "elsewhere") if elsewhere else work.store
            return Made(work.number, to.put_if_absent(fragment_file("cpu", work.number), data))

        monkeypatch.setattr(driver, "make_fragment", make)
        out = io.StringIO()
        merge = Merge(store, SETTINGS, Index(IN_MEMORY, "test"))
        status = Production(target, 1, store, SETTINGS, pool or HerePool(), merge, Progress(target, 1e9, out)).run()
        return status, out.getvalue(), made

    produce.store = store
    return produce


def test_rounds_are_asked_for_until_the_target_is_met(produce):
    status, output, made = produce(HerePool(room=1))
    assert (status, made) == (0, [0, 1, 2])
    assert "the target is met: 12 records" in output
    assert output.count("done in") == 3


def test_the_pool_is_kept_full_and_no_fuller(produce):
    pool = HerePool(room=2)
    produce(pool, target=800)
    assert pool.most == 2


def test_no_more_rounds_are_begun_than_the_target_needs(produce):
    assert produce(HerePool(room=1), target=100)[2] == [0]
    assert sorted(produce(HerePool(room=8))[2]) == [1, 2]


def test_a_round_whose_fragment_is_there_is_skipped_without_a_task(produce):
    produce(HerePool(room=1))
    assert produce(HerePool(room=1))[2] == []


def test_a_fragment_that_is_removed_is_made_again_alone(produce):
    produce(HerePool(room=1))
    (produce.store.local / fragment_file("cpu", 1)).unlink()
    assert produce(HerePool(room=3))[2] == [1]


def test_a_task_that_is_lost_is_begun_again(produce):
    status, _, made = produce(HerePool(room=1, losses=TRIES - 1))
    assert (status, made) == (0, [0, 1, 2])


def test_a_task_that_is_lost_again_and_again_stops_the_production(produce):
    status, output, _ = produce(HerePool(room=1, losses=TRIES))
    assert status == driver.STOPPED
    assert output.splitlines()[-1].startswith("production stops: round 0: the worker died; the 0 fragments in")


def test_a_fault_that_another_try_mends_is_no_fault(produce):
    status, _, made = produce(HerePool(room=1), {(1, 1): Made(1, fault="round 1: no room")})
    assert (status, made) == (0, [0, 1, 1, 2])


def test_a_lasting_fault_stops_the_production_and_keeps_what_is_there(produce):
    status, output, made = produce(HerePool(room=1), {(1, 1): Made(1, fault="round 1 on a node: bad", lasting=True)})
    assert (status, made) == (driver.STOPPED, [0, 1])
    assert output.splitlines()[-1] == f"production stops: round 1 on a node: bad; the 1 fragments in {produce.store.uri} are kept"
    assert produce(HerePool(room=1))[2] == [1, 2]


def test_a_node_that_sees_another_disk_is_found_out(produce):
    status, output, _ = produce(elsewhere=True)
    assert status == driver.STOPPED
    assert "nodes and this machine must reach the same --destination" in output


def test_a_cluster_without_room_is_refused(produce):
    with pytest.raises(
        driver.ProductionError, match=r"^no node of the cluster has 1 CPUs for a round: give fewer --workers, or add nodes$"
    ):
        produce(HerePool(room=0))


def test_a_shard_that_cannot_be_cut_ends_the_production(produce, monkeypatch):
    def fail(shard):
        raise TaskLost("no memory")

    monkeypatch.setattr(driver, "cut_shard", fail)
    with pytest.raises(driver.ProductionError, match=r"^cpu/train-00000.parquet: no memory; the fragments in .* are kept"):
        produce(HerePool(room=1))
    assert len(fragments_in(produce.store, "cpu")) >= 3
