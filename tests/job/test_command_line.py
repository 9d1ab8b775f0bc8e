"""Bad input: one line that names the value and says what to do, a non-zero exit status, and nothing written."""

import json
import subprocess
import sys

import pytest
from job_command import ROOT, command

BAD = {
    "--device=tpu": ["tpu", "cpu, cuda"],
    "--device=cuda --arch=70": ["--arch 70", "75, 80, 86, 89, 90, 100, 120"],
    "--device=cuda --arch=new": ["--arch new", "75, 80, 86, 89, 90, 100, 120"],
    "--device=cpu --arch=90": ["--arch 90", "--device=cuda"],
    "--device=cpu --with-ptx": ["--with-ptx", "--device=cuda"],
    "--require=all": ["--require all", "compiled, executed_on_host, executed"],
    "--family=nonsense": ["nonsense", "map, scan"],
    "--case=nonsense": ["nonsense", "<family>-<six digits>"],
    "--case=nonsense-000001": ["nonsense-000001", "<family>-<six digits>"],
    "--count=0": ["--count 0", "whole number from 1"],
    "--count=-3": ["--count -3", "whole number from 1"],
    "--count=many": ["--count many", "whole number from 1"],
    "--count=1000000000": ["--count 1000000000", "to 100000"],
    "--start=-1": ["--start -1", "at least 0"],
    "--start=1.5": ["--start 1.5", "at least 0"],
    "--seed=-1": ["--seed -1", "at least 0"],
    "--optimization-level=4": ["--optimization-level 4", "from 0 to 3"],
    "--optimization-level=-1": ["--optimization-level -1", "from 0 to 3"],
    "--batch-size=0": ["--batch-size 0", "at least 1"],
    "--data-dir=": ["--data-dir", "give the dataset's folder"],
    "--data-dir=file": ["file is not a folder", "give another --data-dir"],
    "--data-dir=/proc/nowhere": ["/proc/nowhere", "give another --data-dir"],
    "--data-dir=foreign": ["foreign", "novel.txt", "--data-dir"],
    "--data-dir=damaged": ["manifest-cpu.json", "cannot be read as JSON"],
}

# One process for all of them: starting Python takes longer than refusing an option.
DRIVER = """
import contextlib, io, json, pytest, sys
for argument in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = pytest.main([word for part in sys.argv[2:] for word in (argument.split(" ") if part == "ARGUMENT" else [part])])
    print(json.dumps([argument, int(status), said.getvalue()]))
"""


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refusals")
    (folder / "file").write_text("not a folder")
    (folder / "foreign").mkdir()
    (folder / "foreign" / "novel.txt").write_text("Call me Ishmael.")
    (folder / "damaged").mkdir()
    (folder / "damaged" / "manifest-cpu.json").write_text("{")
    before = sorted(folder.rglob("*"))
    line, environment = command(folder, "ARGUMENT")
    driven = [sys.executable, "-c", DRIVER, json.dumps(list(BAD)), *line[3:]]
    done = subprocess.run(driven, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, timeout=100, check=True)
    assert sorted(folder.rglob("*")) == before
    return {argument: (status, output) for argument, status, output in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("argument", BAD)
def test_bad_input_is_refused_in_one_line(refusals, argument):
    status, output = refusals[argument]
    lines = [line for line in output.splitlines() if line.strip()]
    assert status == pytest.ExitCode.USAGE_ERROR
    assert len(lines) == 1, output
    for part in BAD[argument]:
        assert part in lines[0]


def test_bad_input_is_refused_by_the_controller_before_a_worker_starts(job):
    done = job("-n", "2", "--family=nonsense")
    assert done.status == pytest.ExitCode.USAGE_ERROR
    assert done.output.strip() == "ERROR: --family nonsense: there is no such family; use one of map, scan"


def test_an_existing_data_folder_may_follow_its_option(tmp_path):
    (tmp_path / "data").mkdir()
    arguments = [sys.executable, "-m", "pytest", "-p", "harness.plugin", "--data-dir", str(tmp_path / "data"), "--count", "0"]
    done = subprocess.run(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100)
    assert done.stdout.strip() == "ERROR: --count 0: give a whole number from 1 to 100000"


def test_the_main_job_is_not_mixed_with_other_tests(job):
    done = job(str(ROOT / "tests" / "job" / "test_scheduler.py"))
    assert done.status == pytest.ExitCode.USAGE_ERROR
    assert "run pytest alone for the main job" in done.line("ERROR")


@pytest.mark.parametrize("path", ["harness", "tests/job/test_scheduler.py"])
def test_other_runs_collect_no_case_and_load_nothing_heavy(tmp_path, path):
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import sys\ndef pytest_unconfigure():\n"
        "    print('heavy:', [m for m in ('warp', 'pyarrow', 'harness.controller', 'kernels.catalog') if m in sys.modules])\n"
    )
    line = [sys.executable, "-m", "pytest", "-p", "probe", "--collect-only", "-q", "--device=nonsense", "--data-dir=data", str(ROOT / path)]
    line[3:3] = ["-c", str(ROOT / "pytest.ini"), f"--rootdir={tmp_path}"]
    environment = command(tmp_path)[1] | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(line, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True, timeout=100)
    assert "heavy: []" in done.stdout
    assert "test_kernel[" not in done.stdout
    assert not (tmp_path / "data").exists()
