"""The dataset that fragments make: the one that a production on one machine makes, wherever the fragments are."""

from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from cluster_samples import (
    SETTINGS,
    files_of,
    finished,
    fragment,
    local_store,
    memory_store,
    merged,
    put_rounds,
    shard_rows,
)

from generation.cluster import finish as finishing
from generation.cluster.finish import check_unchanged, manifest_in
from generation.cluster.fragment import fragment_file
from generation.production.request import ProductionError
from harness.card import write_card
from harness.clusters import Clusters
from harness.dataset import Dataset
from harness.selection import KnownInMemory, Offer, decide, offer_values
from harness.spool import Spool
from tests.harvest.samples import make_case, record_of, spool_cases
from tests.harvest.test_near import bridge, near


def with_source(index, source):
    return replace(make_case(index), python_source=source)


@pytest.fixture(scope="module")
def rounds():
    """Three rounds, in which a structure repeats, a near-duplicate joins a cluster of another round, and a bridge is left out."""
    first, second, both = bridge()
    return {
        0: [with_source(0, first), *(make_case(index) for index in (1, 2, 3))],
        1: [make_case(4), with_source(5, second), make_case(6, terms=3), with_source(7, near(make_case(1).python_source))],
        2: [with_source(8, both), *(make_case(index) for index in (9, 10, 11))],
    }


@pytest.fixture(scope="module")
def on_one_machine(rounds, tmp_path_factory):
    """The dataset of these rounds, one commit for each."""
    folder = tmp_path_factory.mktemp("one")
    for cases in rounds.values():
        with Dataset(folder, "cpu") as dataset:
            spool_cases(dataset.spool_folder, cases, 2)
            dataset.commit()
    return folder


def test_records_splits_and_clusters_are_those_of_one_machine(rounds, on_one_machine, tmp_path):
    put_rounds(local_store(tmp_path / "d"), tmp_path, rounds)
    manifest = finished(local_store(tmp_path / "d"))
    alone = manifest_in(local_store(on_one_machine), "cpu")
    assert shard_rows(tmp_path / "d") == shard_rows(on_one_machine)
    assert (manifest.duplicates, manifest.bridges, manifest.preambles) == (alone.duplicates, alone.bridges, alone.preambles)
    assert (len(manifest.duplicates), len(manifest.bridges)) == (1, 1)


def test_every_byte_is_that_of_one_commit(rounds, tmp_path):
    put_rounds(local_store(tmp_path / "d"), tmp_path, rounds)
    finished(local_store(tmp_path / "d"))
    with Dataset(tmp_path / "alone", "cpu") as dataset:
        spool_cases(dataset.spool_folder, [case for cases in rounds.values() for case in cases], 3)
        dataset.commit()
    write_card(tmp_path / "alone")
    assert files_of(local_store(tmp_path / "d")) == files_of(local_store(tmp_path / "alone"))


def test_neither_order_nor_filesystem_matter(rounds, tmp_path):
    put_rounds(local_store(tmp_path / "d"), tmp_path, rounds)
    finished(local_store(tmp_path / "d"))
    put_rounds(memory_store(tmp_path), tmp_path / "again", dict(reversed(rounds.items())))
    finished(memory_store(tmp_path))
    assert files_of(memory_store(tmp_path)) == files_of(local_store(tmp_path / "d"))


def test_a_fragment_does_not_depend_on_who_had_which_case(rounds, tmp_path):
    assert fragment(tmp_path / "one", rounds[1], workers=1) == fragment(tmp_path / "two", rounds[1][::-1], workers=3)


def test_a_case_that_ran_twice_is_in_its_fragment_once(tmp_path):
    assert fragment(tmp_path / "one", [make_case(0), make_case(1)]) == fragment(
        tmp_path / "two", [make_case(0), make_case(1), make_case(0)]
    )


def test_the_other_device_s_clusters_count(rounds, tmp_path):
    store = local_store(tmp_path / "d")
    put_rounds(store, tmp_path, rounds)
    finished(store)
    put_rounds(store, tmp_path, rounds, device="cuda")
    finished(store, replace(SETTINGS, device="cuda"))
    cpu, cuda = shard_rows(tmp_path / "d"), shard_rows(tmp_path / "d", "cuda")
    assert sorted(cuda.values()) == sorted(cpu.values())
    assert not set(cuda) & set(cpu)


def test_a_grown_dataset_keeps_full_shards_and_replaces_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(finishing, "ROWS_PER_SHARD", 3)
    store = local_store(tmp_path / "d")
    put_rounds(store, tmp_path, {0: [make_case(index) for index in range(5)]})
    finished(store)
    full = (tmp_path / "d/cpu/train-00000.parquet").stat()
    put_rounds(store, tmp_path, {1: [make_case(index) for index in range(5, 12)]})
    grown = finished(store)
    assert (tmp_path / "d/cpu/train-00000.parquet").stat() == full
    train = [pq.read_table(tmp_path / "d" / entry.file)["index"].to_pylist() for entry in grown.shards if entry.split == "train"]
    assert [len(indices) for indices in train[:-1]] == [3] * (len(train) - 1)
    indices = [index for one in train for index in one]
    assert indices == sorted(indices)
    assert files_of(store) == files_of(whole(tmp_path, 12))


def test_a_dataset_too_large_for_a_card_has_none(rounds, tmp_path, monkeypatch):
    store = local_store(tmp_path / "d")
    put_rounds(store, tmp_path, {0: rounds[0]})
    finished(store)
    assert {"README.md", "croissant.json"} <= set(store.names(""))
    monkeypatch.setattr(finishing, "LARGEST_CARD", 7)
    put_rounds(store, tmp_path, {1: rounds[1], 2: rounds[2]})
    finished(store)
    assert set(store.names("")) == {"cpu", "rounds", "manifest-cpu.json"}


def whole(folder, count):
    """The store of a dataset that was made at once."""
    store = local_store(folder / "whole")
    put_rounds(store, folder / "again", {0: [make_case(index) for index in range(count)]})
    finished(store)
    return store


def test_an_index_file_goes_on_where_it_was(rounds, tmp_path):
    store, path = local_store(tmp_path / "d"), str(tmp_path / "index")
    put_rounds(store, tmp_path, {0: rounds[0]})
    merged(store, path=path).index.close()
    put_rounds(store, tmp_path, {1: rounds[1], 2: rounds[2]})
    again, anew = merged(store, path=path), merged(store)
    assert again.ledger == anew.ledger
    assert list(again.index.rows("train")) == list(anew.index.rows("train"))


def test_an_index_file_of_other_fragments_is_refused(rounds, tmp_path):
    store, path = local_store(tmp_path / "d"), str(tmp_path / "index")
    put_rounds(store, tmp_path, {0: rounds[0]})
    merged(store, path=path).index.close()
    (tmp_path / "d" / fragment_file("cpu", 0)).unlink()
    with pytest.raises(ProductionError, match=r"the index knows a fragment of round 0 that"):
        merged(store, path=path)


def test_an_index_file_of_another_production_is_refused(tmp_path):
    merged(local_store(tmp_path), path=str(tmp_path / "index")).index.close()
    with pytest.raises(ProductionError, match=r"is about another production: remove it"):
        merged(local_store(tmp_path), replace(SETTINGS, seed=8), path=str(tmp_path / "index"))


def test_a_file_that_is_no_index_is_refused(tmp_path):
    (tmp_path / "index").write_bytes(b"no database" * 100)
    with pytest.raises(ProductionError, match=r"index cannot be used .file is not a database."):
        merged(local_store(tmp_path), path=str(tmp_path / "index"))


def test_a_damaged_fragment_is_named(tmp_path):
    store = local_store(tmp_path)
    store.replace(fragment_file("cpu", 0), b"not parquet")
    with pytest.raises(ProductionError, match=r"round-000000.parquet cannot be read .*: remove it, and it is made again"):
        merged(store)


def test_a_dataset_that_another_run_added_to_is_not_grown(rounds, tmp_path):
    store = local_store(tmp_path / "d")
    put_rounds(store, tmp_path, {0: rounds[0]})
    finished(store)
    check_unchanged(store, "cpu")
    with Dataset(tmp_path / "d", "cpu") as dataset:
        spool_cases(dataset.spool_folder, [make_case(50)])
        dataset.commit()
    with pytest.raises(ProductionError, match=r"was changed by another run"):
        check_unchanged(store, "cpu")


def test_clusters_do_not_depend_on_commits_where_the_other_device_has_two(tmp_path):
    """A record that resembles two clusters of the other device joins the first, and what resembles the second still finds that."""

    def commit(device, *rows):
        with Dataset(tmp_path, device) as dataset:
            with Spool(dataset.spool_folder, "gw0") as spool:
                for index, bands in rows:
                    spool.append({**record_of(make_case(index), device=device), "bands": bands}, "")
            dataset.commit()

    train = [index for index in range(40) if decide(KnownInMemory({}, Clusters()), _offer(index)).place.split == "train"][:4]
    commit("cpu", (train[0], [1] * 8), (train[1], [2] * 8))
    commit("cuda", (train[2], [1, 2, 3, 3, 3, 3, 3, 3]))
    commit("cuda", (train[3], [4, 2, 4, 4, 4, 4, 4, 4]))
    places = list(shard_rows(tmp_path, "cuda").values())
    ids = [record_of(make_case(index))["id"] for index in train[:2]]
    assert places == [("train", ids[0]), ("train", ids[1])]


def _offer(index):
    return Offer(**offer_values(record_of(make_case(index))))
