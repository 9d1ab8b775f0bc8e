"""The command line of production: what stands for what is not given, and one line for everything that is refused."""

from pathlib import Path

import pytest

from generation.production.request import DEFAULT_DATA, DEFAULT_REPORT, DEFAULT_STATE, level_name, level_of, read_request


def test_without_options_the_project_s_own_files_are_meant():
    request = read_request([])
    assert (request.data_dir, request.report, request.state) == (DEFAULT_DATA, DEFAULT_REPORT, DEFAULT_STATE)
    assert (request.device, request.seed, request.round_cases, request.level) == (None, None, None, None)
    assert request.target_bytes == 200_000_000
    assert request.is_default_folder


def test_another_folder_has_its_own_report_and_state(tmp_path):
    request = read_request(["--data-dir", str(tmp_path)])
    assert (request.report, request.state) == (tmp_path / "report", tmp_path / "GENERATION_STATE.md")
    assert not request.is_default_folder


def test_paths_are_those_of_the_caller_s_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = read_request(["--data-dir=d", "--report=r", "--state=s.md"])
    assert (request.data_dir, request.report, request.state) == (tmp_path / "d", tmp_path / "r", tmp_path / "s.md")


def test_no_report_is_asked_for_by_its_own_option():
    assert read_request(["--no-report"]).report is None


def test_megabytes_are_a_million_bytes():
    assert read_request(["--target-mb=0.0015"]).target_bytes == 1500


@pytest.mark.parametrize(("name", "level"), [("default", None), ("0", 0), ("3", 3)])
def test_a_level_has_one_name(name, level):
    assert read_request([f"--optimization-level={name}"]).level == name
    assert level_of(name) == level
    assert level_name(level) == name


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ("--device=gpu", "--device gpu: use one of cpu, cuda"),
        ("--target-mb=0", "--target-mb 0: give a number from 0.001 to 1e+09"),
        ("--target-mb=nan", "--target-mb nan: give a number from 0.001 to 1e+09"),
        ("--target-mb=much", "--target-mb much: give a number from 0.001 to 1e+09"),
        ("--seed=-1", "--seed -1: give a whole number from 0 to 9223372036854775807"),
        ("--seed=9223372036854775808", "--seed 9223372036854775808: give a whole number from 0 to 9223372036854775807"),
        ("--round-cases=0", "--round-cases 0: give a whole number from 1 to 20000"),
        ("--round-cases=20001", "--round-cases 20001: give a whole number from 1 to 20000"),
        ("--round-cases=1.5", "--round-cases 1.5: give a whole number from 1 to 20000"),
        ("--optimization-level=4", "--optimization-level 4: give a whole number from 0 to 3"),
        ("--workers=0", "--workers 0: give a whole number from 1 to 4096"),
        ("--workers=all", "--workers all: give a whole number from 1 to 4096"),
        ("--log-seconds=0", "--log-seconds 0: give a number from 0.1 to 86400"),
        ("--data-dir=", "--data-dir is empty: give a path"),
        ("--report= ", "--report is empty: give a path"),
        ("--state=", "--state is empty: give a path"),
    ],
)
def test_a_bad_value_is_refused(refuse, argument, line):
    assert refuse(argument) == line


@pytest.fixture
def folder(tmp_path):
    """A folder to give, in which nothing may have been made when the command has refused."""
    yield tmp_path / "data"
    assert not (tmp_path / "data").is_dir()


def test_a_file_is_no_folder(refuse, folder):
    folder.write_text("")
    assert refuse(f"--data-dir={folder}") == f"{folder} is not a folder: give another --data-dir"


def test_a_folder_that_cannot_be_made_is_refused(refuse):
    assert refuse("--data-dir=/proc/production").startswith("/proc/production cannot be written (")


def test_a_folder_of_others_is_left_alone(refuse, tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    assert "holds 'thesis.tex' and no manifest" in refuse(f"--data-dir={tmp_path}")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("device", ["", "--device=cpu"])
def test_a_state_that_cannot_be_read_is_refused_before_anything_is_made(refuse, folder, tmp_path, device):
    state = tmp_path / "STATE.md"
    state.write_text("Making kernels.\n")
    arguments = [f"--data-dir={folder}", f"--state={state}", *([device] if device else [])]
    assert refuse(*arguments) == f"{state}: line 1 is not of the form '# Generation State': correct it"


def test_the_project_s_own_dataset_needs_a_state(refuse, tmp_path):
    state = Path(tmp_path / "STATE.md")
    assert refuse(f"--state={state}") == f"{state} cannot be read (No such file or directory)"
