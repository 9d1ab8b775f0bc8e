"""Files of a store: put once, replaced whole, on filesystems of several kinds."""

import pytest
from cluster_samples import local_store, memory_store, subtree_store

from generation.cluster.store import open_store
from generation.production.request import ProductionError

STORES = [local_store, subtree_store, memory_store]


@pytest.mark.parametrize("make", STORES)
def test_a_file_is_put_once(make, tmp_path):
    store = make(tmp_path)
    assert store.put_if_absent("a/b.txt", b"first")
    assert not store.put_if_absent("a/b.txt", b"second")
    assert store.read("a/b.txt") == b"first"
    assert store.names("a") == {"b.txt": 5}


@pytest.mark.parametrize("make", STORES)
def test_a_file_is_replaced_whole(make, tmp_path):
    store = make(tmp_path)
    store.replace("a/b.txt", b"first")
    store.replace("a/b.txt", b"second")
    assert store.read("a/b.txt") == b"second"
    assert store.names("a") == {"b.txt": 6}


@pytest.mark.parametrize("make", STORES)
def test_what_is_not_there_is_none(make, tmp_path):
    store = make(tmp_path)
    assert store.read("a/b.txt") is None
    assert store.size("a") is None
    assert store.names("a") == {}


@pytest.mark.parametrize("make", STORES)
def test_what_killed_writers_left_is_removed(make, tmp_path):
    store = make(tmp_path)
    store.replace("a/b.txt", b"kept")
    store.replace("a/.c.txt.0.tmp", b"half")
    store.remove_temporary("a")
    assert list(store.names("a")) == ["b.txt"]


def test_of_two_local_writers_at_once_one_makes_the_file(tmp_path, monkeypatch):
    store = local_store(tmp_path)
    store.put_if_absent("b.txt", b"first")
    monkeypatch.setattr(type(store), "size", lambda self, name: None)
    assert not store.put_if_absent("b.txt", b"second")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"first"]


def test_a_path_and_a_uri_name_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_store("d").local == open_store(f"file://{tmp_path}/d/").local == tmp_path / "d"


@pytest.mark.parametrize("uri", ["nowhere://bucket/folder", "s3:///"])
def test_a_uri_that_names_nothing_is_refused_in_one_line(uri):
    with pytest.raises(ProductionError, match=f"^--destination {uri}: .*; give a local path") as refused:
        open_store(uri)
    assert "\n" not in str(refused.value)
