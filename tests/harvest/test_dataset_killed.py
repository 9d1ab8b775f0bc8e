"""A commit that is killed or runs out of disk at any step: the next one ends with the same dataset as if nothing had happened."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.dataset import Dataset
from harness.errors import DatasetError
from harness.publish import publish_text

from .samples import contents, copy_of, make_case, spool_cases, terms_in_split

ROOT = Path(__file__).parents[2]

STEPS = ("fsync", "replace", "unlink")
"""The calls of `os` that make a commit's effects last: a kill between two of them is a kill between two states of the disk."""


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the harness catches it."""


@pytest.fixture(scope="module")
def spooled(tmp_path_factory):
    """A dataset with one commit in it and the spools of a second, which makes several shards and a duplicate."""
    folder = tmp_path_factory.mktemp("killed") / "spooled"
    train, test = terms_in_split("train", 6), terms_in_split("test", 2)
    with Dataset(folder, "cpu", rows_per_shard=2) as dataset:
        spool_cases(dataset.spool_folder, [make_case(0, terms=train[0]), make_case(1, terms=test[0])])
        dataset.commit()
    cases = [make_case(i, terms=t) for i, t in enumerate([*train[1:], test[1], train[0], train[2]], start=2)]
    spool_cases(folder / "cpu" / ".spool", cases, workers=2)
    return folder


@pytest.fixture(scope="module")
def whole(spooled):
    """What the dataset is after a commit that nothing disturbed."""
    folder = copy_of(spooled, spooled.with_name("whole"))
    commit(folder)
    return contents(folder)


@pytest.fixture(scope="module")
def steps(spooled):
    """How many steps that commit takes."""
    folder = copy_of(spooled, spooled.with_name("counted"))
    taken = []
    with pytest.MonkeyPatch.context() as patch:
        disturb(patch, taken.append)
        commit(folder)
    assert len(taken) > 15
    return len(taken)


def commit(folder):
    with Dataset(folder, "cpu", rows_per_shard=2) as dataset:
        return dataset.commit()


def disturb(patch, at):
    """Call `at` with the running number of each of the commit's steps, before it is taken."""
    taken = [0]

    def disturbed(real):
        def step(*arguments, **options):
            taken[0] += 1
            at(taken[0])
            return real(*arguments, **options)

        return step

    for name in STEPS:
        patch.setattr(os, name, disturbed(getattr(os, name)))


def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(spooled, whole, steps, tmp_path, monkeypatch):
    for last in range(1, steps + 1):
        folder = copy_of(spooled, tmp_path / f"killed-{last}")

        def kill(number, last=last):
            if number == last:
                raise Killed

        with monkeypatch.context() as patch:
            disturb(patch, kill)
            with pytest.raises(Killed):
                commit(folder)
        commit(folder)
        assert contents(folder) == whole, f"killed at step {last}"


def test_a_full_disk_at_any_step_is_one_line_and_leaves_what_was_there(spooled, whole, steps, tmp_path, monkeypatch):
    before = contents(spooled)
    for last in range(1, steps + 1):
        folder = copy_of(spooled, tmp_path / f"full-{last}")

        def fill(number, last=last):
            if number == last:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            disturb(patch, fill)
            with pytest.raises(DatasetError) as error:
                commit(folder)
        assert str(error.value) == (
            f"{folder} did not take the new shards (No space left on device): make room and run again, "
            f"the records are kept in {folder}/cpu/.spool"
        )
        shards = {name: data for name, data in before.items() if name.endswith(".parquet")}
        assert shards.items() <= contents(folder).items()
        commit(folder)
        assert contents(folder) == whole, f"full at step {last}"


def test_a_full_disk_while_a_shard_is_written_leaves_everything_as_it_was(spooled, tmp_path, monkeypatch):
    folder = copy_of(spooled, tmp_path / "full-writing")
    before = contents(folder)
    calls = []
    real = pq.ParquetWriter.write_table

    def refuse(self, table, **options):
        calls.append(table.num_rows)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(self, table, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", refuse)
        with pytest.raises(DatasetError, match="No space left on device"):
            commit(folder)
    assert contents(folder) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_disk_that_is_really_full(tmp_path):
    (tmp_path / ".file.tmp").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        publish_text(tmp_path / "file", "text")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("last", [1, 6, 14])
def test_a_process_killed_in_a_commit_leaves_a_dataset_that_the_next_completes(spooled, whole, tmp_path, last):
    folder = copy_of(spooled, tmp_path / f"sigkill-{last}")
    code = (
        "import os, signal, sys, pathlib\n"
        "from harness.dataset import Dataset\n"
        "taken = 0\n"
        "def disturbed(real):\n"
        "    def step(*a, **k):\n"
        "        global taken\n"
        "        taken += 1\n"
        f"        if taken == {last}: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return real(*a, **k)\n"
        "    return step\n"
        f"for name in {STEPS}: setattr(os, name, disturbed(getattr(os, name)))\n"
        "Dataset(pathlib.Path(sys.argv[1]), 'cpu', rows_per_shard=2).open().commit()\n"
    )
    process = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT)
    assert process.returncode == -signal.SIGKILL
    commit(folder)
    assert contents(folder) == whole


def test_a_killed_run_resumes_to_the_dataset_of_one_never_killed(tmp_path):
    cases = [make_case(i, terms=i % 9 + 1) for i in range(20)]
    with Dataset(tmp_path / "never", "cpu") as dataset:
        spool_cases(dataset.spool_folder, cases, workers=2)
        dataset.commit()
    with Dataset(tmp_path / "killed", "cpu") as dataset:
        spool_cases(dataset.spool_folder, cases[5:17], workers=2)
    tail = tmp_path / "killed" / "cpu" / ".spool" / "gw1.jsonl"
    tail.write_bytes(tail.read_bytes()[:-20])
    with Dataset(tmp_path / "killed", "cpu") as dataset:
        left = [case for case in cases if (case.seed, case.id) not in dataset.done_keys() | dataset.spooled_keys()]
        assert len(left) == 9
        spool_cases(dataset.spool_folder, left, workers=2)
        dataset.commit()
    assert contents(tmp_path / "killed") == contents(tmp_path / "never")


def test_shards_of_an_interrupted_commit_go_even_if_the_next_makes_fewer(spooled, tmp_path, monkeypatch):
    folder = copy_of(spooled, tmp_path / "larger")

    def kill(self, path):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("harness.manifest.Manifest.write", kill)
        with pytest.raises(Killed):
            commit(folder)
    left = {path.name for path in (folder / "cpu").glob("*.parquet")}
    with Dataset(folder, "cpu", rows_per_shard=100) as dataset:
        dataset.commit()
    assert {path.name for path in (folder / "cpu").glob("*.parquet")} < left
    with Dataset(folder, "cpu") as dataset:
        assert dataset.spooled_keys() == set()


def test_a_file_is_flushed_before_it_is_renamed_and_the_folder_after(tmp_path, monkeypatch):
    calls = []

    def noted(name, real):
        def step(*arguments):
            at_folder = name == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode)
            calls.append(f"{name} folder" if at_folder else name)
            return real(*arguments)

        return step

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    publish_text(tmp_path / "file", "text")
    assert calls == ["fsync", "replace", "fsync folder"]
