"""The main job on fake parts: what it runs, keeps and says, how it ends, and what it survives."""

import os
import platform
import signal
import subprocess
import time

import pyarrow.dataset as ds
import pytest
from job_command import Run, command

FAILURES = {
    "scan-000001": "generate",
    "map-000002": "prepare",
    "scan-000003": "reference",
    "map-000004": "compile",
    "scan-000005": "mismatch",
    "map-000006": "harness",
    "scan-000007": "limitation",
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Twelve cases in one process, in batches of four: what every other way of running them is compared with."""
    folder = tmp_path_factory.mktemp("undisturbed")
    line, environment = command(folder, "--count=12", "--batch-size=4")
    done = subprocess.run(line, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, timeout=100)
    return Run(done.returncode, done.stdout, folder)


def test_a_run_says_first_what_it_is_and_last_what_came_of_it(undisturbed):
    assert undisturbed.status == 0
    machine = platform.machine()
    first = f"device cpu, validation executed on {machine}, compiled for {machine}, seed 0, indices 0..11"
    assert undisturbed.output.splitlines()[0] == first
    assert undisturbed.line("12 run") == "cpu: 12 cases asked, 0 already there, 12 run: 12 passed, 0 failed"
    assert str(undisturbed.data) in undisturbed.line("12 records, .* in all")
    assert undisturbed.line("warp imported") == "warp imported: False"
    assert [len(batch) for batch in undisturbed.batches] == [4, 4, 4]
    summary = undisturbed.summary
    assert summary["cases"]["harvested"] == summary["cases"]["passed"] == 12
    assert summary["exit_status"] == 0
    assert {"generate", "prepare", "build", "run", "check", "harvest"} <= set(summary["seconds"])
    assert summary["seconds"]["build"] == 12 * 0.25


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_dataset_does_not_depend_on_the_workers(undisturbed, job, workers):
    done = job("--count=12", "--batch-size=4", "-n", workers)
    assert done.status == 0
    assert done.shards == undisturbed.shards
    whole = [4, 4, 4] if workers == "1" else [3, 3, 3, 3]
    assert [len(batch) for batch in done.batches] == whole
    assert done.summary["workers"] == int(workers)


def test_a_second_run_adds_nothing_and_says_so(undisturbed, job):
    before = undisturbed.shards
    done = job("--count=12", "-n", "2", folder=undisturbed.folder)
    assert done.status == 0
    assert done.line("nothing to do") == f"all 12 cases are already in {done.data}; nothing to do"
    assert done.batches == []
    assert done.shards == before
    assert done.summary["cases"] | {"asked": 12, "already_there": 12, "run": 0, "harvested": 0} == done.summary["cases"]


def test_only_what_is_missing_is_run(job):
    job("--start=2", "--count=3")
    done = job("--count=8")
    assert done.status == 0
    assert done.batches == [["map-000000", "scan-000001", "scan-000005", "map-000006", "scan-000007"]]
    assert done.summary["cases"]["already_there"] == 3


def test_each_failure_is_its_own_with_its_reason(job):
    done = job("--count=8", faults=FAILURES)
    assert done.status == pytest.ExitCode.TESTS_FAILED
    reasons = {failure["case"]: failure["reason"] for failure in done.summary["failures"]}
    assert reasons == {
        "scan-000001": "generate: KeyError: 'no such operation'",
        "map-000002": "prepare: no inputs make a sound test",
        "scan-000003": "prepare: ZeroDivisionError: division by zero",
        "map-000004": "compile: no member named 'x'",
        "scan-000005": "forward: out differs",
        "map-000006": "harness: RuntimeError: a defect of the harness",
    }
    assert len(done.batches) == 1
    assert done.summary["cases"] | {"run": 8, "passed": 2, "known_limitation": 1, "failed": 6, "harvested": 2} == done.summary["cases"]
    assert done.summary["exit_status"] == 1
    assert "line 19 of the details" in done.output
    assert "line 20 of the details" not in done.output
    assert sorted(path.name for path in (done.folder / "failures").iterdir()) == ["map-000004.py", "scan-000005.py"]
    assert done.line("without the harness: python failures/scan-000005.py")
    assert done.line("this case alone: pytest --device=cpu --seed=0 --case=scan-000005")


def test_a_sample_is_compiled_at_the_default_level_wherever_batches_end(job):
    options = ("--start=60", "--count=100", "--batch-size=50", "--optimization-level=0", "--default-level-every=2")
    done = job(*options, faults={"scan-000079": "mismatch", "map-000080": "mismatch"})
    table = ds.dataset(sorted((done.data / "cpu").glob("*.parquet"))).to_table(columns=["index", "optimization_level", "code"])
    levels = {index: level for index, level, _ in zip(*table.to_pydict().values(), strict=True)}
    assert levels == {index: 0 if index // 16 % 2 else None for index in range(60, 160) if index not in (79, 80)}
    assert [row["optimization_level"] == 0 for row in table.to_pylist()] == ["SEED" in code for code in table["code"].to_pylist()]
    assert [len(batch) for batch in done.batches] == [50, 50]
    alone = [line.rpartition("--case=")[2] for line in done.output.splitlines() if line.startswith("this case alone")]
    assert sorted(alone) == ["map-000080 --optimization-level=0", "scan-000079"]


def test_a_failing_case_by_name_prints_everything(job):
    done = job("--case=scan-000005", "--optimization-level=0", faults=FAILURES)
    assert done.status == pytest.ExitCode.TESTS_FAILED
    assert done.batches == [["scan-000005"]]
    assert "line 59 of the details" in done.output
    assert done.line("this case alone").endswith("--case=scan-000005 --optimization-level=0")
    assert done.line("without the harness: python failures/scan-000005.py")


def test_a_case_by_name_runs_and_leaves_the_dataset_as_it_is(undisturbed, job):
    before = undisturbed.shards
    done = job("--case=scan-000005", folder=undisturbed.folder)
    assert done.status == 0
    assert done.output.splitlines()[0].endswith("case scan-000005 alone, not harvested")
    assert done.batches == [["scan-000005"]]
    assert done.shards == before


def test_a_selection_is_batched_as_collected(job):
    done = job("--count=8", "-k", "map")
    assert done.status == 0
    assert done.batches == [["map-000000", "map-000002", "map-000004", "map-000006"]]


def test_families_restrict_the_stream(job):
    done = job("--count=3", "--family=scan", "--family=scan")
    assert done.batches == [["scan-000000", "scan-000001", "scan-000002"]]
    assert done.output.splitlines()[0].endswith("indices 0..2 of scan")


def test_collecting_only_keeps_the_dataset_as_it_is(undisturbed, job):
    before, summary = undisturbed.shards, undisturbed.summary
    done = job("--count=14", "--collect-only", "-q", folder=undisturbed.folder)
    assert done.status == 0
    assert [line.partition("[")[2] for line in done.output.splitlines() if "test_kernel[" in line] == ["map-000012]", "scan-000013]"]
    assert done.shards == before
    assert undisturbed.summary == summary


def test_a_run_that_harvested_nothing_fails(job):
    done = job("--count=2", faults={"map-000000": "mismatch", "scan-000001": "mismatch"})
    assert done.status == pytest.ExitCode.TESTS_FAILED
    assert done.line("harvested 0 records")


def test_a_run_of_structures_that_are_there_already_is_no_failure(job):
    twins = {f"{family}-{index:06d}": "twin" for index in range(4) for family in ("map", "scan")}
    assert job("--count=1", faults=twins).summary["cases"]["harvested"] == 1
    done = job("--start=2", "--count=2", "--family=map", faults=twins)
    assert done.status == 0
    assert done.summary["cases"] | {"passed": 2, "harvested": 0, "duplicate": 2} == done.summary["cases"]


def test_a_passing_case_that_did_not_reach_the_dataset_fails_the_run(job):
    done = job("--count=3", faults={"scan-000001": "lost"})
    assert done.status == pytest.ExitCode.TESTS_FAILED
    assert done.line("the run failed") == "the run failed: 1 cases passed and are not in the dataset, scan-000001 among them"
    assert done.summary["exit_status"] == 1


def test_a_run_stops_when_nothing_can_be_compiled(job):
    done = job("--count=12", "--batch-size=4", faults={"scan-000005": "server"})
    assert done.status != 0
    assert "warp-lang 9.9 is not supported: install 1.16 to 1.19" in done.output
    assert done.summary["cases"] | {"run": 5, "harvested": 4} == done.summary["cases"]


@pytest.mark.parametrize(
    ("fault", "blamed", "alone"),
    [
        ("worker dies", ["scan-000003"], ["map-000004", "scan-000005"]),
        # The first case of a batch prepares all of it, so it is blamed too; then the guilty one is found alone.
        ("worker dies while preparing", ["map-000000", "scan-000003"], ["scan-000001", "map-000002", "map-000004", "scan-000005"]),
    ],
)
def test_a_dead_worker_costs_the_running_case_and_loses_nothing(job, fault, blamed, alone):
    done = job("--count=12", "-n", "2", faults={"scan-000003": fault})
    assert done.status == pytest.ExitCode.TESTS_FAILED
    assert [failure["case"] for failure in sorted(done.summary["failures"], key=lambda f: f["case"])] == blamed
    assert done.summary["cases"] | {"run": 12, "harvested": 12 - len(blamed)} == done.summary["cases"]
    assert sorted(batch[0] for batch in done.batches if len(batch) == 1) == sorted(alone)


def test_an_interrupt_keeps_what_had_passed(job):
    done = job("--count=12", "--batch-size=4", faults={"scan-000005": "interrupt"})
    assert done.status == pytest.ExitCode.INTERRUPTED
    assert done.summary["cases"] | {"run": 5, "harvested": 5} == done.summary["cases"]
    assert done.summary["exit_status"] == pytest.ExitCode.INTERRUPTED


@pytest.mark.parametrize("killed", [True, False])
def test_a_run_that_was_stopped_half_way_resumes(undisturbed, job, tmp_path, killed):
    line, environment = command(tmp_path, "--count=12", "--batch-size=1", "-n", "2", seconds=0.5)
    running = subprocess.Popen(line, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while _spooled(tmp_path) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL if killed else signal.SIGINT)
    assert running.wait(60) == (-signal.SIGKILL if killed else pytest.ExitCode.INTERRUPTED)
    done = job("--count=12", "--batch-size=4")
    assert done.status == 0
    cases = done.summary["cases"]
    assert 4 <= cases["already_there"] < 12
    assert cases["run"] == 12 - cases["already_there"]
    if killed:
        assert done.shards == undisturbed.shards
    else:
        assert cases["harvested"] == cases["run"]


def _spooled(folder):
    return sum(path.read_bytes().count(b"\n") for path in (folder / "data" / "cpu" / ".spool").glob("*.jsonl"))


def test_a_case_that_is_compiled_only_passes_and_is_counted(job):
    done = job("--count=3", faults={"scan-000001": "compiled only"})
    assert done.status == 0
    assert done.summary["validation"] == {"compiled": 1, "executed": 2}
    assert done.summary["not_executed"] == {"asm needs a GPU": 1}
    assert done.line("^validation:") == "validation: 1 compiled, 2 executed"
    assert done.line("not executed") == "1 not executed: asm needs a GPU"


def test_what_is_required_fails_the_cases_below_it(job):
    done = job("--count=3", "--require=executed_on_host", faults={"scan-000001": "compiled only"})
    assert done.status == 1
    assert done.summary["cases"]["harvested"] == 2
    [failure] = done.summary["failures"]
    assert failure["case"] == "scan-000001"
    assert failure["reason"] == "require: compiled and not executed_on_host: asm needs a GPU"


def test_a_case_that_needs_a_newer_warp_is_skipped_and_said_to_be(job):
    done = job("--count=4", "-rs", faults={"scan-000001": "newer", "map-000002": "newer"})
    assert done.status == 0
    assert done.batches == [["map-000000", "scan-000003"]]
    assert done.line("4 cases asked") == "cpu: 4 cases asked, 0 already there, 2 run: 2 passed, 0 failed, 2 skipped"
    assert done.line("^2 skipped: ") == "2 skipped: needs warp-lang 9.9: future"
    assert done.line("SKIPPED").endswith("needs warp-lang 9.9: future")
    assert done.summary["cases"] | {"run": 2, "passed": 2, "failed": 0, "skipped": 2, "harvested": 2} == done.summary["cases"]
    assert done.summary["skipped"] == {"needs warp-lang 9.9: future": 2}
    assert done.summary["failures"] == []
    again = job("--count=4")
    assert again.batches == [["scan-000001", "map-000002"]]


def test_a_run_of_which_nothing_can_run_fails(job):
    done = job("--count=1", faults={"map-000000": "newer"})
    assert done.status == pytest.ExitCode.TESTS_FAILED
    assert done.line("the run failed") == "the run failed: none of the 1 cases can run here: needs warp-lang 9.9: future"
