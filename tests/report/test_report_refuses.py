"""Bad input to the report: one line on standard error, exit status 2, and nothing half-written."""

from __future__ import annotations

import errno
import importlib.util
import shutil
from datetime import date

import pytest
from report_samples import edit_json, files_in, make_dataset

from harness.report import document, output
from harness.report.__main__ import main
from harness.state import State, read_state

pytestmark = pytest.mark.usefixtures("no_figures")

RESTORE = "restore it, or move {0}/cpu and manifest-cpu.json away to start anew"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    make_dataset(folder)
    return folder


@pytest.fixture
def data(made, tmp_path):
    return shutil.copytree(made, tmp_path / "data")


@pytest.fixture
def refusal(tmp_path, capsys):
    """The one line that the command ends with; the output is not there, or as it was."""

    def run(data, target=tmp_path / "new" / "report", *more):
        before = files_in(target) if target.is_dir() else None
        assert main(["--data-dir", str(data), "--output", str(target), *map(str, more)]) == 2
        assert (files_in(target) if target.is_dir() else None) == before
        assert not (tmp_path / "new").exists()
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.endswith("\n")
        assert captured.err.count("\n") == 1
        return captured.err.strip()

    return run


def shard(data):
    return sorted((data / "cpu").glob("*.parquet"))[0]


def test_no_folder(refusal, tmp_path):
    none = tmp_path / "none"
    assert refusal(none) == f"{none} is not there: run `pytest --device=cpu` to make a dataset, or give another --data-dir"


def test_a_file_for_a_folder(refusal, data):
    path = data / "manifest-cpu.json"
    assert refusal(path) == f"{path} is not a folder: run `pytest --device=cpu` to make a dataset, or give another --data-dir"


def test_no_records(refusal, tmp_path):
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty").startswith(f"{tmp_path / 'empty'} holds no records: run ")


def test_a_missing_manifest(refusal, data):
    (data / "manifest-cpu.json").unlink()
    message = f"{data}/manifest-cpu.json is missing, though {shard(data)} is there: restore it, or move {data}/cpu away"
    assert refusal(data) == message


def test_a_broken_manifest(refusal, data):
    (data / "manifest-cpu.json").write_text("{")
    assert refusal(data).startswith(f"{data}/manifest-cpu.json cannot be read as JSON (")


def test_a_missing_shard(refusal, data):
    path = shard(data)
    path.unlink()
    assert refusal(data) == f"{path} is missing, though the manifest names it: {RESTORE.format(data)}"


def test_a_truncated_shard(refusal, data):
    path = shard(data)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-9])
    assert refusal(data) == f"{path} is not readable (truncated: it has {size - 9} of {size} bytes): {RESTORE.format(data)}"


def test_a_shard_with_a_changed_byte(refusal, data):
    path = shard(data)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    assert refusal(data) == f"{path} is not the file that was written (sha256 differs): {RESTORE.format(data)}"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"format": "other/1"}, "is not a summary of cpu in the format warp-kernel-harness/2"),
        ({"device": "cuda"}, "is not a summary of cpu in the format warp-kernel-harness/2"),
        ({"cases": {}}, "is damaged (KeyError: 'asked')"),
        ({"wall_seconds": None}, "is damaged (TypeError: "),
        ({"seconds": []}, "is damaged (AttributeError: "),
    ],
)
def test_a_summary_of_another_form(refusal, data, changes, what):
    edit_json(data / "summary-cpu.json", **changes)
    assert refusal(data).startswith(f"{data}/summary-cpu.json {what}")


def test_a_production_of_another_form(refusal, data):
    (data / "production-cpu.json").write_text("{}")
    assert refusal(data).startswith(f"{data}/production-cpu.json is not the ledger of a production of cpu in the format ")


def test_a_summary_that_is_not_json(refusal, data):
    (data / "summary-cpu.json").write_text("no")
    assert refusal(data).startswith(f"{data}/summary-cpu.json cannot be read as JSON (")


def test_an_output_that_is_a_file(refusal, made, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert refusal(made, tmp_path / "file") == f"{tmp_path}/file is in the way (it is not a folder): give another --output"
    assert (tmp_path / "file").read_text() == "mine"


def test_an_output_under_a_file(refusal, made, tmp_path):
    (tmp_path / "file").write_text("mine")
    target = tmp_path / "file" / "report"
    assert refusal(made, target) == f"{target} cannot be written (Not a directory): make room, or give another --output"


@pytest.mark.parametrize("name", ["report.md", "appendix.md"])
def test_a_folder_where_a_file_goes(refusal, made, tmp_path, name):
    path = tmp_path / "out" / name
    path.mkdir(parents=True)
    assert refusal(made, tmp_path / "out") == f"{path} is in the way (it is not a file): give another --output"


@pytest.mark.parametrize("folder", ["new/report", "old"])
def test_a_disk_that_fills_while_the_report_is_made(refusal, made, tmp_path, monkeypatch, folder):
    target = tmp_path / folder
    if folder == "old":
        (target / "figures").mkdir(parents=True)
        (target / "report.md").write_text("old")
        (target / "figures" / "families.svg").write_text("old")

    def full(page):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(document, "page_text", full)
    assert refusal(made, target) == f"{target} cannot be written (No space left on device): make room, or give another --output"


def test_what_a_killed_run_left_is_cleared_away(made, tmp_path):
    left = tmp_path / "out" / ".report.tmp"
    left.mkdir(parents=True)
    (left / "report.md").write_text("half")
    assert main(["--data-dir", str(made), "--output", str(tmp_path / "out")]) == 0
    assert not left.exists()
    assert output.REPORT in files_in(tmp_path / "out")


def test_matplotlib_that_is_not_installed(refusal, made, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "matplotlib" else found(name, *rest))
    assert refusal(made) == "matplotlib is not installed, and the figures need it: pip install -e '.[report]'"


def test_a_state_that_cannot_be_read_leaves_everything(refusal, made, tmp_path):
    path = tmp_path / "STATE.md"
    assert refusal(made, tmp_path / "new" / "report", "--state", path) == f"{path} cannot be read (No such file or directory)"


def test_a_state_gets_a_line_in_its_log(made, tmp_path, capsys):
    path = tmp_path / "STATE.md"
    path.write_text(State("P1", "in_progress", "Go on.").render())
    assert main(["--data-dir", str(made), "--output", str(tmp_path / "out"), "--state", str(path)]) == 0
    [(day, activity)] = read_state(path).log
    assert day == date.today()
    assert activity.startswith("wrote the report on 5 cpu records (0.0")
    assert capsys.readouterr().out.splitlines()[-1] == f"wrote {tmp_path}/out/report.md on {activity.removeprefix('wrote the report on ')}"
