"""The command, with real kernels: sound datasets, forged ones, datasets from elsewhere, and what it says and returns."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from verify_samples import TERMS, commit, consistent, forge, records_of, wave

from harness import verify
from harness.isolation import IsolationError
from harness.manifest import manifest_path
from harness.verification.finding import Finding
from harness.verification.tally import SHOWN
from harness.verify import main
from kernels.catalog import build_named_case
from kernels.dtypes import DTYPES

ROOT = Path(__file__).parents[2]

WITHOUT_GENERATOR = """\
import sys

sys.modules |= {"kernels.catalog": None, "kernels.families": None, "kernels.draw": None}
from harness.verification.tally import SHOWN
from harness.verify import main

sys.exit(main(sys.argv[1:]))
"""

SOUND = Finding("0123", "wave-000000", "same", "agree", "executed", "executed", "checked", True)


def struct_cases(count):
    """The first cases of a family whose kernels take a struct."""
    cases = (build_named_case(0, f"heat_and_wave-{index:06d}") for index in range(40))
    return [case for case in cases if any(argument.dtype not in DTYPES for argument in case.arguments)][:count]


@pytest.fixture(scope="module")
def cpu_records():
    """Records of a wave for each term, and of two kernels that take structs."""
    made = records_of("cpu", [*(wave(index) for index in range(len(TERMS))), *struct_cases(2)])
    return made[: len(TERMS)], made[len(TERMS) :]


@pytest.fixture(scope="module")
def waves(cpu_records, tmp_path_factory):
    folder = tmp_path_factory.mktemp("waves")
    commit(folder, "cpu", cpu_records[0], rows_per_shard=4)
    return folder


@pytest.fixture
def copy(waves, tmp_path):
    return shutil.copytree(waves, tmp_path / "copy")


@pytest.fixture
def fake(monkeypatch):
    """Has the command find these things, and run nothing."""

    def plant(*findings):
        monkeypatch.setattr(verify, "rerun", lambda source, places, reach, level: iter(findings))

    return plant


def refusal(capsys, *arguments):
    """The one line that the command ends with before anything is run."""
    assert main([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    return said.err.rstrip("\n")


FORGERIES = {
    0: lambda r: r,
    1: lambda r: consistent(r, code=r["code"].replace("wp::cos(", "wp::sin(", 1)),
    2: lambda r: consistent(r, python_source=r["python_source"].replace("2.5", "2.6")),
    3: lambda r: r | {"max_error_gradient": 0.5 * r["tolerance_gradient"]},
    4: lambda r: consistent(r, reference_source=r["reference_source"].replace("2.5", "2.6")),
    5: lambda r: consistent(r, reference_source="import sys\n\nsys.exit(0)\n"),
}


@pytest.fixture(scope="module")
def forged(waves, tmp_path_factory):
    """The exit status, the lines, and those on each wave, of verifying a dataset of which all records but the first were altered."""
    folder = tmp_path_factory.mktemp("forged") / "data"
    shutil.copytree(waves, folder)
    forge(folder, "cpu", lambda record: FORGERIES[record["index"]](record))
    command = [sys.executable, "-m", "harness.verify", f"--data-dir={folder}", "--yes"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    found = {index: [line for line in lines if f" wave-{index:06d}: " in line] for index in FORGERIES}
    return done.returncode, lines, found, done.stderr


def test_a_forged_dataset_does_not_pass(forged):
    status, lines, *_ = forged
    assert status == 1
    assert lines[-1] == "1 of 6 records agree in text and results, 5 differ"


def test_the_record_that_was_left_alone_agrees(forged):
    assert forged[2][0] == []


def test_altered_code_differs_in_text_alone(forged):
    (line,) = forged[2][1]
    assert line.startswith("differs: ")
    assert "code: line " in line
    assert "wp::sin(" in line.partition(" in the record and ")[0]
    assert "wp::cos(" in line.partition(" in the record and ")[2]
    assert "forward" not in line


def test_altered_python_differs_in_text_and_results(forged):
    (line,) = forged[2][2]
    assert "code: line " in line
    assert "; forward: out in launch 0 differs in 37 of 37 elements" in line


def test_an_altered_error_differs_in_results_alone(forged):
    (line,) = forged[2][3]
    assert "max_error_gradient is 5e-05 in the record and " in line
    assert "code: " not in line


def test_an_altered_reference_differs_in_results_alone(forged):
    (line,) = forged[2][4]
    assert "forward: out in launch 0 differs in 37 of 37 elements" in line
    assert "code: " not in line


def test_a_reference_that_leaves_does_not_end_the_command(forged):
    (line,) = forged[2][5]
    assert "prepare: SystemExit: 0" in line


def test_the_counts_of_a_forged_dataset(forged):
    _, lines, *_ = forged
    assert "cpu: text: 4 as recorded, 2 different" in lines
    assert "cpu: results: 4 different, 2 as recorded; 3 executed (recorded: 6 executed)" in lines


def test_progress_is_shown_apart_from_the_summary(forged):
    assert forged[3].splitlines() == ["cpu: 0 of 6 records, 0 agree", "cpu: 6 of 6 records, 1 agree"]


def test_structs_without_the_generator(cpu_records, tmp_path):
    """A dataset of one family, whose kernels take structs, in a process that cannot import what makes cases."""
    commit(tmp_path, "cpu", cpu_records[1])
    command = [sys.executable, "-c", WITHOUT_GENERATOR, f"--data-dir={tmp_path}", "--yes", "--all"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 of 2 records agree in text and results"), done.stdout + done.stderr


def test_cuda_that_was_made_here(tmp_path, capsys):
    made = records_of("cuda", [wave(0), wave(1)])
    commit(tmp_path, "cuda", made)
    assert main([f"--data-dir={tmp_path}", "--device=cuda", "--sample=1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"cuda: results: 1 as recorded; 1 {made[0][0]['validation']}" in lines
    assert lines[-1] == "1 of 1 records agree in text and results"


def test_it_says_that_code_is_run(waves, capsys, fake):
    fake(SOUND)
    assert main([f"--data-dir={waves}", "--sample=1"]) == 0
    assert capsys.readouterr().out.startswith("running the Python, the references and the compiled code of 1 records of ")


def test_a_dataset_from_elsewhere_is_not_run_without_yes(copy, capsys, fake):
    fake(SOUND)
    path = manifest_path(copy, "cpu")
    path.write_text(path.read_text() + "\n")
    line = refusal(capsys, "--data-dir", copy)
    assert line.startswith(f"{path} was not written by this installation, or was changed since, and verifying runs the code in its records")
    assert line.endswith("if you trust where it comes from, add --yes")
    assert main(["--data-dir", str(copy), "--yes", "--sample=1"]) == 0


def test_a_copy_of_a_dataset_made_here_is_run(copy, fake):
    fake(SOUND)
    assert main(["--data-dir", str(copy), "--sample=1"]) == 0


def test_an_altered_shard_is_refused(copy, capsys):
    path = min((copy / "cpu").glob("*.parquet"))
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    assert "is not the file that was written (sha256 differs)" in refusal(capsys, "--data-dir", copy)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 0),
        ({"text": "differs", "remarks": ("code: line 1",)}, 1),
        ({"results": "differ", "remarks": ("forward: out",)}, 1),
        ({"text": "drift", "remarks": ("code was made by",)}, 3),
        ({"results": "drift", "remarks": ("gradient is",)}, 3),
        ({"results": "not_run", "remarks": ("needs warp-lang 1.19",)}, 3),
        ({"text": "not_made", "results": "differ", "remarks": ("compile: no",)}, 1),
    ],
)
def test_exit_statuses(waves, fake, changes, status, capsys):
    fake(Finding(**(vars(SOUND) | changes)), SOUND)
    assert main([f"--data-dir={waves}", "--sample=2"]) == status
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{1 if changes else 2} of 2 records agree in text and results")


def test_a_record_that_nothing_was_found_of_is_not_passed_over(waves, fake):
    fake(SOUND)
    assert main([f"--data-dir={waves}", "--sample=2"]) == 3


def test_what_is_wrong_as_a_whole_counts(copy, capsys, fake):
    fake(SOUND)
    forge(copy, "cpu", lambda record: record | {"id": "0123456789abcdef"})
    assert main([f"--data-dir={copy}", "--yes", "--sample=1"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "as a whole: 6 cpu records have id 0123456789abcdef" in lines
    assert lines[-1] == "1 of 1 records agree in text and results, the records as a whole are not as they must be"


def test_only_the_first_that_differ_are_shown(waves, capsys, fake, monkeypatch):
    assert SHOWN == 10
    fake(*(Finding(f"{n:04d}", f"wave-{n:06d}", "differs", "agree", remarks=(f"code: {n}",)) for n in range(6)))
    monkeypatch.setattr("harness.verification.tally.SHOWN", 4)
    assert main([f"--data-dir={waves}"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("differs: ")] == [f"differs: {n:04d} wave-{n:06d}: code: {n}" for n in range(4)]
    assert "and 2 records more" in lines


def test_the_sample_follows_from_the_seed(waves, monkeypatch):
    asked = []
    monkeypatch.setattr(verify, "rerun", lambda source, places, reach, level: asked.append((places, level)) or iter(()))
    for arguments in ([], ["--seed=2"], [], ["--optimization-level=2"]):
        main([f"--data-dir={waves}", "--sample=3", *arguments])
    main([f"--data-dir={waves}", "--all"])
    samples = [places for places, _ in asked]
    assert samples[0] == samples[2] == samples[3] != samples[1]
    assert [len(places) for places in samples] == [3, 3, 3, 3, 6]
    assert [level for _, level in asked] == [None, None, None, 2, None]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--sample=0"], "--sample: 0: give a whole number of at least 1"),
        (["--sample=few"], "--sample: few: give a whole number of at least 1"),
        (["--seed=-1"], "--seed: -1: give a whole number of at least 0"),
        (["--optimization-level=4"], "--optimization-level: 4: give a whole number from 0 to 3"),
        (["--device=tpu"], "--device: unknown device 'tpu': use one of cpu, cuda"),
        (["--data-dir="], "--data-dir: it is empty: give the dataset's folder"),
        (["--all", "--sample=3"], "--sample: not allowed with argument --all"),
        (["data"], "unrecognized arguments: data"),
    ],
)
def test_a_bad_command_line(capsys, arguments, line):
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    assert capsys.readouterr().err == f"{line}\n"


def test_a_folder_without_a_dataset(capsys, tmp_path):
    line = refusal(capsys, "--data-dir", tmp_path / "nowhere")
    assert line == f"{tmp_path / 'nowhere'} has no manifest: give the --data-dir of a dataset, or make one with `pytest --device=cpu`"


def test_a_device_that_the_dataset_does_not_have(capsys, waves):
    line = refusal(capsys, "--data-dir", waves, "--device=cuda")
    assert line == f"{waves} has no manifest-cuda.json: give the --data-dir of a dataset, or make one with `pytest --device=cuda`"


def test_a_machine_that_can_compile_nothing(capsys, waves, monkeypatch):
    def fail(*_):
        raise IsolationError("the server did not start: no clang")
        yield

    monkeypatch.setattr(verify, "rerun", fail)
    assert main([f"--data-dir={waves}"]) == 2
    assert capsys.readouterr().err.endswith("agree\nthe server did not start: no clang\n")


def test_an_interrupt_concludes_nothing(capsys, waves, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(verify, "rerun", interrupt)
    assert main([f"--data-dir={waves}"]) == 130
    assert capsys.readouterr().err.endswith("agree\ninterrupted: the dataset is as it was, and nothing is concluded\n")
