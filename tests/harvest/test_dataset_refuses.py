"""What a dataset refuses to open: one line that names the file and says what to do, and nothing changed on disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.card import write_card
from harness.dataset import Dataset
from harness.errors import DatasetError
from harness.lock import WriterLock

from .samples import contents, edit_json, make_case, spool_cases, terms_in_split

ROOT = Path(__file__).parents[2]
RESTORE = "restore it, or move {0}/cpu and manifest-cpu.json away to start anew"
RESTORE_MANIFEST = "restore it, or move it and {0}/cpu away to start anew"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    with Dataset(folder, "cpu") as dataset:
        spool_cases(dataset.spool_folder, [make_case(i, terms=t) for i, t in enumerate(terms_in_split("train", 3))])
        dataset.commit()
    return folder


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def refusal(folder, device="cpu"):
    """The one line that opening `folder` ends with; nothing in it may have changed."""
    before = contents(folder) if folder.is_dir() else None
    with pytest.raises(DatasetError) as error:
        Dataset(folder, device).open()
    assert before is None or contents(folder) == before
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_a_truncated_shard(folder):
    path = folder / "cpu" / "train-00000.parquet"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(folder) == f"{path} is not readable (truncated: it has {size - 100} of {size} bytes): {RESTORE.format(folder)}"


def test_an_empty_shard(folder):
    path = folder / "cpu" / "train-00000.parquet"
    size = path.stat().st_size
    path.write_bytes(b"")
    assert refusal(folder) == f"{path} is not readable (truncated: it has 0 of {size} bytes): {RESTORE.format(folder)}"


def test_a_missing_shard(folder):
    path = folder / "cpu" / "train-00000.parquet"
    path.unlink()
    assert refusal(folder) == f"{path} is missing, though the manifest names it: {RESTORE.format(folder)}"


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda t: t.drop_columns(["code"]), "no column 'code'"),
        (lambda t: t.append_column("seconds", pa.array([1.0] * 3)), "a column 'seconds' too many"),
        (lambda t: t.set_column(5, "seed", t["seed"].cast(pa.int32())), "column 'seed' is int32, not int64"),
        (lambda t: t.select(t.column_names[::-1]), "its columns are in another order"),
    ],
)
def test_a_shard_with_another_schema(folder, change, difference):
    path = folder / "cpu" / "train-00000.parquet"
    pq.write_table(change(pq.read_table(path, partitioning=None)), path)
    assert refusal(folder) == f"{path} has another schema ({difference}): give another --data-dir, or {RESTORE.format(folder)}"


def test_a_shard_with_other_rows(folder):
    path = folder / "cpu" / "train-00000.parquet"
    size = path.stat().st_size
    pq.write_table(pq.read_table(path, partitioning=None).slice(1), path)
    message = f"{path} has 2 rows in {path.stat().st_size} bytes, the manifest says 3 in {size}: {RESTORE.format(folder)}"
    assert refusal(folder) == message


def test_a_shard_that_the_manifest_does_not_name(folder):
    path = folder / "cpu" / "train-00001.parquet"
    shutil.copy(folder / "cpu" / "train-00000.parquet", path)
    remedy = "restore the manifest, or move the file away"
    assert refusal(folder) == f"{path} is not in manifest-cpu.json and no spool explains it: {remedy}"
    (folder / "manifest-cpu.json").unlink()
    assert refusal(folder).startswith(f"{folder / 'cpu' / 'train-00000.parquet'} is not in manifest-cpu.json and no spool explains it")


def test_a_spool_with_other_records_does_not_explain_a_shard(folder):
    path = folder / "cpu" / "train-00001.parquet"
    shutil.copy(folder / "cpu" / "train-00000.parquet", path)
    spool_cases(folder / "cpu" / ".spool", [make_case(90)])
    assert "no spool explains it" in refusal(folder)


def test_a_foreign_parquet_file(folder):
    path = folder / "cpu" / "train-extra.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    assert refusal(folder) == f"{path} is not a shard of this version (no column 'id'): move it away"


def test_a_manifest_of_another_format(folder):
    path = folder / "manifest-cpu.json"
    edit_json(path, format="warp-kernel-harness/1")
    message = f"{path} has format 'warp-kernel-harness/1', this version reads 'warp-kernel-harness/2': give another --data-dir"
    assert refusal(folder) == message
    path.write_text("[]")
    assert "has format None" in refusal(folder)


def test_a_manifest_of_another_device(folder):
    path = folder / "manifest-cpu.json"
    edit_json(path, device="cuda")
    assert refusal(folder) == f"{path} is for device 'cuda', not 'cpu': {RESTORE_MANIFEST.format(folder)}"


def test_a_manifest_that_is_not_json(folder):
    path = folder / "manifest-cpu.json"
    path.write_text(path.read_text()[:40])
    assert refusal(folder).startswith(f"{path} cannot be read as JSON (")
    assert refusal(folder).endswith(RESTORE_MANIFEST.format(folder))


@pytest.mark.parametrize("change", [{"rows": 4}, {"shards": [{}]}, {"shards": None}, {"preambles": 3}])
def test_a_damaged_manifest(folder, change):
    path = folder / "manifest-cpu.json"
    edit_json(path, **change)
    assert refusal(folder).startswith(f"{path} is damaged (")


def test_a_manifest_that_names_files_outside_the_folder(folder):
    path = folder / "manifest-cpu.json"
    shards = json.loads(path.read_text())["shards"]
    edit_json(path, shards=[shards[0] | {"file": "../train-00000.parquet"}])
    assert refusal(folder) == f"{path} is damaged (its totals or shard names do not agree): {RESTORE_MANIFEST.format(folder)}"


def test_a_broken_spool(folder):
    spool_cases(folder / "cpu" / ".spool", [make_case(50), make_case(51)])
    path = folder / "cpu" / ".spool" / "gw0.jsonl"
    path.write_bytes(b"{}\n" + path.read_bytes())
    assert refusal(folder) == f"{path}, line 1: not a record and its preamble: remove the line, or the file, and run again"


def test_a_spool_of_another_device(folder):
    shutil.copytree(folder / "cpu", folder / "cuda")
    for path in (folder / "cuda").glob("*.parquet"):
        path.unlink()
    spool_cases(folder / "cuda" / ".spool", [make_case(50)])
    path = folder / "cuda" / ".spool" / "gw0.jsonl"
    assert refusal(folder, "cuda") == f"{path} holds a record for device 'cpu': move the file away"


@pytest.mark.parametrize("name", ["notes.txt", "README.md", "train-00000.parquet", ".hidden"])
def test_a_foreign_folder(tmp_path, name):
    (tmp_path / name).write_text("someone's")
    reason = f"{tmp_path} holds {name!r} and no manifest, so it is not a dataset: give a new or empty folder as --data-dir"
    assert refusal(tmp_path) == reason


def test_a_folder_with_only_our_files_is_not_foreign(tmp_path):
    (tmp_path / "samples").mkdir()
    (tmp_path / ".gitignore").write_text("*")
    (tmp_path / "summary-cpu.json").write_text("{}")
    write_card(tmp_path)
    with Dataset(tmp_path, "cpu") as dataset:
        assert dataset.done_keys() == set()


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "file") == f"{tmp_path / 'file'} is not a folder: give another --data-dir"
    assert refusal(tmp_path / "file" / "inner") == f"{tmp_path / 'file'} is not a folder: give another --data-dir"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cpu").write_text("")
    assert "is not a dataset" in refusal(tmp_path / "data") or "is not a folder" in refusal(tmp_path / "data")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder that not even root can write")
def test_a_folder_that_cannot_be_made():
    assert refusal(Path("/proc/kernels")) == "/proc/kernels cannot be written (No such file or directory): give another --data-dir"


def test_a_second_writer(folder):
    code = (
        "import sys, pathlib; from harness.dataset import Dataset; d = Dataset(pathlib.Path(sys.argv[1]), 'cpu').open();"
        "print('open', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"open\n"
        remedy = "wait for it to end, or give another --data-dir"
        assert refusal(folder) == f"{folder} is being written by another run (process {holder.pid}): {remedy}"
    finally:
        holder.kill()
        holder.communicate()
    with Dataset(folder, "cpu"):
        pass


def test_a_refused_folder_is_not_left_locked(folder):
    path = folder / "manifest-cpu.json"
    text = path.read_text()
    path.write_text("{")
    refusal(folder)
    path.write_text(text)
    with Dataset(folder, "cpu") as dataset:
        assert len(dataset.done_keys()) == 3


def test_what_another_run_made_just_before_the_lock_was_taken_is_seen(made, tmp_path, monkeypatch):
    acquire = WriterLock.acquire

    def late(self):
        shutil.copytree(made, tmp_path, dirs_exist_ok=True)
        acquire(self)

    monkeypatch.setattr(WriterLock, "acquire", late)
    with Dataset(tmp_path, "cpu") as dataset:
        assert len(dataset.done_keys()) == 3
