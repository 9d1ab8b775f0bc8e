"""The command: files, summary lines, options, and what is refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from export_samples import CASES, record_of, rows_in, write_records

from generation.export import main
from generation.instructions.files import write_lines
from harness.errors import DatasetError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def export(data_dir, tmp_path, capsys):
    """Exports, from the sample dataset if no other is named, to `tmp_path/out`: exit status, lines of output, lines of errors."""

    def run(*options, data=data_dir):
        capsys.readouterr()
        status = main(["--data-dir", str(data), "--output", str(tmp_path / "out"), *options])
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err.splitlines()

    return run


def sizes(folder):
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def test_the_lines_say_rows_bytes_and_what_was_left_out(export, tmp_path):
    status, lines, errors = export()
    assert (status, errors) == (0, [])
    size = sizes(tmp_path / "out")
    assert f"python-to-cpp train: 2 rows, {size['python-to-cpp-train.jsonl']:,} bytes" in lines
    assert f"cpp-to-cuda train: 2 rows, {size['cpp-to-cuda-train.jsonl']:,} bytes; left out 1: 1 without a C++ record" in lines
    assert "forward-to-backward test: 0 rows, 0 bytes; left out 2: 2 with a known limitation of the gradient" in lines
    assert lines[-1] == f"wrote 25 rows, {sum(size.values()):,} bytes, in {len(size)} files in {tmp_path / 'out'}"


def test_a_file_without_rows_is_not_written(exported):
    assert not (exported / "forward-to-backward-test.jsonl").exists()
    assert (exported / "python-to-cpp-test.jsonl").exists()


def test_the_same_dataset_gives_the_same_bytes(export, exported, tmp_path):
    export()
    for path in exported.iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


def test_tasks_and_splits_are_chosen(export, tmp_path):
    export("--task", "numpy-to-warp", "--split", "test", "--task", "python-to-cpp", "--split", "validation")
    assert set(sizes(tmp_path / "out")) == {f"{t}-{s}.jsonl" for t in ("numpy-to-warp", "python-to-cpp") for s in ("test", "validation")}


def test_a_device_has_its_own_tasks_and_records(export, tmp_path):
    export("--device", "cuda")
    tasks = {name.rpartition("-")[0] for name in sizes(tmp_path / "out")}
    assert tasks == {"python-to-cuda", "cpp-to-cuda", "numpy-to-warp", "forward-to-backward"}
    assert {row["device"] for row in rows_in(tmp_path / "out", "numpy-to-warp-train")} == {"cuda"}
    assert len(rows_in(tmp_path / "out", "numpy-to-warp-train")) == 3


def test_long_conversations_are_left_out(export, tmp_path, exported):
    lengths = [sum(len(m["content"].encode()) for m in row["messages"]) for row in rows_in(exported, "python-to-cpp-train")]
    _, lines, _ = export("--task", "python-to-cpp", "--split", "train", "--max-bytes", str(min(lengths)))
    assert len(rows_in(tmp_path / "out", "python-to-cpp-train")) == 1
    assert lines[0].endswith(f" bytes; left out 1: 1 longer than {min(lengths)} bytes")


def test_without_one_device_its_tasks_say_so(export, records, tmp_path):
    data = write_records(tmp_path / "cpu", [record for record in records if record["device"] == "cpu"])
    status, lines, _ = export(data=data)
    assert status == 0
    assert "python-to-cuda train: 0 rows, 0 bytes; the dataset has no cuda records" in lines
    assert sum(line.startswith("forward-to-backward train: 2 rows") for line in lines) == 1


def test_a_structure_in_two_splits_is_in_none(export, generated, tmp_path):
    codes = generated["map-000001"]
    twin = record_of(CASES[1], "cuda", codes["cuda"], split="test")
    other = [record_of(CASES[3], device, generated["made-000003"][device]) for device in ("cpu", "cuda")]
    data = write_records(tmp_path / "crossing", [record_of(CASES[1], "cpu", codes["cpu"]), twin, *other])
    _, lines, _ = export(data=data)
    assert [row["case"] for row in rows_in(tmp_path / "out", "cpp-to-cuda-train")] == ["made-000003"]
    assert "python-to-cuda test: 0 rows, 0 bytes; left out 1: 1 whose structure or cluster is in two splits" in lines


def test_a_cluster_in_two_splits_is_in_none(export, generated, tmp_path):
    changes = [("map-000001", 1, {"cluster": "c"}), ("made-000003", 3, {"cluster": "c", "split": "test"}), ("map-000002", 2, {})]
    records = [record_of(CASES[place], "cpu", generated[name]["cpu"], **changed) for name, place, changed in changes]
    export("--task", "python-to-cpp", data=write_records(tmp_path / "crossing", records))
    assert set(sizes(tmp_path / "out")) == {"python-to-cpp-train.jsonl"}
    assert [row["case"] for row in rows_in(tmp_path / "out", "python-to-cpp-train")] == ["map-000002"]


def test_what_an_earlier_export_had_and_this_one_has_not_goes(export, tmp_path):
    export("--task", "python-to-cpp", "--split", "test")
    stale = tmp_path / "out" / "forward-to-backward-test.jsonl"
    (tmp_path / "out" / "python-to-cpp-test.jsonl").rename(stale)
    (tmp_path / "out" / "notes.jsonl").write_text("{}\n")
    _, lines, _ = export()
    assert f"removed {stale}, which was of an earlier export" in lines
    assert not stale.exists()
    assert (tmp_path / "out" / "notes.jsonl").exists()


def test_an_export_without_a_row_fails_and_removes_nothing(export, tmp_path, data_dir):
    export("--task", "python-to-cpp")
    before = sizes(tmp_path / "out")
    status, _, errors = export("--task", "python-to-cpp", "--max-bytes", "5")
    assert status == 2
    assert errors == [f"{data_dir} gives no row to these tasks, for the reasons above: ask for others, or for longer ones"]
    assert sizes(tmp_path / "out") == before


def test_a_task_that_does_not_fit_the_device_is_refused(export):
    status, _, errors = export("--task", "python-to-cpp", "--device", "cuda")
    assert (status, errors) == (2, ["--task python-to-cpp asks about no cuda records: leave --device out, or give --device cpu"])


@pytest.mark.parametrize("value", ["0", "-3", "2.5", "many"])
def test_a_number_of_bytes_is_positive(export, value, capsys):
    with pytest.raises(SystemExit, match="2"):
        export(f"--max-bytes={value}")
    assert f"'{value}' is not a number of bytes: give one of at least 1" in capsys.readouterr().err


def test_a_folder_that_is_no_dataset_is_refused(export, tmp_path):
    status, _, errors = export(data=tmp_path / "none")
    assert (status, len(errors)) == (2, 1)
    assert errors[0].startswith(f"{tmp_path / 'none'} is not there: ")
    (tmp_path / "empty").mkdir()
    assert export(data=tmp_path / "empty")[2][0].startswith(f"{tmp_path / 'empty'} holds no records: ")


def test_a_damaged_shard_is_refused(export, data_dir, tmp_path):
    copy = Path(shutil.copytree(data_dir, tmp_path / "copy"))
    shard = copy / "cpu" / "train-00000.parquet"
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)
    status, _, errors = export(data=copy)
    assert status == 2
    assert errors[0].startswith(f"{shard} is not the file that was written (sha256 differs): ")
    (copy / "manifest-cpu.json").unlink()
    assert export(data=copy)[2][0].startswith(f"{copy / 'manifest-cpu.json'} is missing, though ")


def test_an_output_in_the_way_is_refused(export, tmp_path):
    (tmp_path / "out").write_text("mine")
    status, _, errors = export()
    assert (status, errors) == (2, [f"{tmp_path / 'out'} cannot be written (File exists): make room, or give another --output"])
    assert (tmp_path / "out").read_text() == "mine"


def test_a_full_disk_leaves_what_was_there(export, tmp_path, monkeypatch):
    export("--task", "python-to-cpp")
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def refuse(row):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("generation.instructions.files._line_of", refuse)
    status, _, errors = export("--task", "python-to-cpp")
    message = f"{tmp_path / 'out'} cannot be written (No space left on device): make room, or give another --output"
    assert (status, errors) == (2, [message])
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_what_cannot_be_read_to_the_end_leaves_what_was_there(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_lines(path, [{"a": 1}])

    def broken():
        yield {"a": 2}
        raise DatasetError("the shard is gone")

    with pytest.raises(DatasetError, match="the shard is gone"):
        write_lines(path, broken())
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"rows.jsonl": '{"a":1}\n'}


def test_a_full_folder_for_temporary_files_is_one_line(export, monkeypatch):
    def refuse(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("generation.export.KernelIndex", refuse)
    status, _, errors = export()
    assert (status, len(errors)) == (2, 1)
    assert errors[0].startswith("the index of kernels cannot be written (database or disk is full): ")


def test_it_runs_as_a_module(data_dir, tmp_path):
    command = [sys.executable, "-m", "generation.export", "--data-dir", str(data_dir), "--task", "python-to-cpp", "--split", "test"]
    done = subprocess.run([*command, "--output", str(tmp_path / "o")], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].startswith("wrote 1 rows, ")
    assert json.loads((tmp_path / "o" / "python-to-cpp-test.jsonl").read_text())["split"] == "test"


def test_the_files_go_into_the_dataset_if_no_folder_is_named(data_dir, tmp_path):
    copy = Path(shutil.copytree(data_dir, tmp_path / "copy"))
    assert main(["--data-dir", str(copy), "--task", "numpy-to-warp", "--split", "train"]) == 0
    assert (copy / "instructions" / "numpy-to-warp-train.jsonl").is_file()
