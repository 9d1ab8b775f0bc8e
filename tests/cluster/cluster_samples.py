"""Stores, fragments and pools for the tests of productions on a cluster, made without compiling anything."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyarrow import fs
from pyarrow.fs import FSSpecHandler, PyFileSystem, SubTreeFileSystem

from generation.cluster.finish import cut_shard, finish
from generation.cluster.fragment import Counts, fragment_file, fragment_of, fragments_in
from generation.cluster.index import IN_MEMORY, Index
from generation.cluster.merge import Merge, identity_of
from generation.cluster.pool import TaskLost
from generation.cluster.round_task import Made
from generation.cluster.settings import Settings, installed_versions
from generation.cluster.store import Store
from tests.harvest.samples import spool_cases

ROOT = Path(__file__).resolve().parents[2]

ROUND = 24
"""Cases of a fake round. They have 22 or 23 bytes of code, so that two rounds have a little more than a thousand."""

SETTINGS = Settings("cpu", 7, 4, 0, False, *installed_versions().values())

FAKE_SETTINGS = replace(SETTINGS, seed=0, round_cases=ROUND)


def local_store(folder):
    return Store(fs.LocalFileSystem(), str(folder), str(folder))


def subtree_store(folder):
    return Store(SubTreeFileSystem(str(folder), fs.LocalFileSystem()), "deep", f"{folder}/deep")


def memory_store(folder):
    """A store that is nowhere on the disk."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    return Store(PyFileSystem(FSSpecHandler(fsspec.filesystem("memory"))), f"/bucket{folder}", f"memory:///bucket{folder}")


def fragment(folder, cases, workers=2, *, device="cpu"):
    """The fragment of these cases, dealt out over the spools of some workers."""
    spool_cases(folder, cases, workers, device=device)
    return fragment_of(sorted(folder.glob("*.jsonl")), Counts(0, 0))


def put_rounds(store, folder, rounds, *, device="cpu"):
    """Put the fragments of these rounds (number -> cases), in the order given."""
    for number, cases in rounds.items():
        store.put_if_absent(fragment_file(device, number), fragment(folder / f"{device}{number}", cases, device=device))


def merged(store, settings=SETTINGS, path=IN_MEMORY):
    """All fragments of a store, taken in order."""
    merge = Merge(store, settings, Index(path, identity_of(store, settings)))
    present = fragments_in(store, settings.device)
    merge.resume(present)
    while merge.next in present:
        merge.take(Made(merge.next), present[merge.next])
    return merge


def finished(store, settings=SETTINGS):
    """The dataset of all fragments of a store; its manifest."""
    return finish(store, settings.device, merged(store, settings).index, lambda shards: map(cut_shard, shards))


def files_of(store, folder=""):
    """Every file of a dataset in a store with its bytes; the fragments are none of it."""
    found = {}
    for name in store.names(folder):
        path = f"{folder}/{name}" if folder else name
        if name in ("cpu", "cuda"):
            found |= files_of(store, path)
        elif name != "rounds" and not name.startswith("."):
            found[path] = store.read(path)
    return found


class HerePool:
    """Runs calls in this process, the last one first, when somebody waits for them. `losses` tasks are lost before."""

    def __init__(self, room=2, losses=0):
        self._room = room
        self.losses = losses
        self.calls = []
        self.most = 0
        self._waiting = 0

    def room(self):
        return self._room

    def submit(self, call, argument):
        self.calls.append((call, argument))
        self._waiting += 1
        self.most = max(self.most, self._waiting)
        return len(self.calls) - 1

    def wait(self, handles, seconds):
        self._waiting -= 1
        return handles[-1]

    def result(self, handle):
        if self.losses:
            self.losses -= 1
            raise TaskLost("the worker died")
        call, argument = self.calls[handle]
        return call(argument)

    def cancel(self, handles):
        pass


def shard_rows(folder: Path, device="cpu"):
    """Split and cluster of every record of a dataset on this machine, by its id."""
    rows = [row for path in sorted((folder / device).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    return {row["id"]: (row["split"], row["cluster"]) for row in rows}
