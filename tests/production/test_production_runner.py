"""A round by the main job: how it is called, when it is run again, when what is lost counts as failed, and when the round is given up."""

import json
from dataclasses import replace

import pytest
from samples_of_production import ENTRY, LEDGER, ledger_with

from generation.production import runner
from generation.production.ledger import RoundEntry
from generation.production.request import ProductionError
from generation.production.runner import Job
from generation.production.schedule import round_at
from generation.production.tree import Ended
from harness.folder import spool_folder
from harness.manifest import Manifest, ShardEntry, manifest_path
from harness.summary import summary_path

CRASH = "crash: SIGKILL while running"
SHARDS = "/data did not take the new shards (No space left on device): make room and run again"
SUMMARY = "/data/summary-cpu.json cannot be written (No space left on device): make room, or give another --data-dir"
FULL = "/data/cpu/.spool/gw0.jsonl took 100 of 900 bytes of a record: make room and run again"


class Runs:
    """Stands for the runs of a round's pytest: each takes its turn of `turns`, the last again and again, and leaves what it says."""

    def __init__(self, folder):
        self.folder = folder
        self.turns = []
        self.commands = []

    def __call__(self, command, *, cwd, log, tick):
        turn = self.turns[min(len(self.commands), len(self.turns) - 1)]
        self.commands.append(command)
        status, said, summary = turn
        log.write_text(said)
        if summary is not None:
            summary_path(self.folder, "cpu").write_text(json.dumps(summary))
        return Ended(status, cpu_seconds=2.0, peak_bytes=100 + len(self.commands), wall_seconds=1.0)

    @property
    def settled(self):
        """Of each run, whether it may add to the dataset only if no case was lost."""
        return ["--settled" in command for command in self.commands]


def ran(passed=0, failures=(), lost=0, status=0, said=""):
    """A run that came to its end; `failures` are pairs of a case and a reason."""
    found = [{"case": case, "reason": reason, "reproduction": ""} for case, reason in failures]
    return status, said, {"cases": {"passed": passed, "failed": len(found), "skipped": 0}, "failures": found, "lost": lost}


def lost(*cases, passed=0, unnamed=0):
    return ran(passed, [(case, CRASH) for case in cases], len(cases) + unnamed, 1)


KILLED = (-9, "", None)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    runs = Runs(tmp_path)
    monkeypatch.setattr(runner, "run_tree", runs)
    return runs


@pytest.fixture
def run(runs, tmp_path):
    """Runs round 1 with these turns."""

    def run(*turns, ledger=LEDGER, number=1):
        runs.turns = turns
        return Job(tmp_path, "2", tmp_path / "log").run(ledger, round_at(ledger, number), lambda: None)

    return run


@pytest.fixture
def refuse(run):
    def refuse(*turns):
        with pytest.raises(ProductionError) as refused:
            run(*turns)
        return str(refused.value)

    return refuse


def test_the_main_job_is_asked_for_the_round(run, runs, tmp_path):
    run(ran(100))
    [command] = runs.commands
    assert command[1:] == [
        *("-m", "pytest", "-n", "2", "-p", "no:benchmark", "-q"),
        *("--device=cpu", "--seed=3", "--start=100", "--count=100", f"--data-dir={tmp_path}", "--optimization-level=0"),
        *("--default-level-every=16", "--settled"),
    ]


def test_further_options_of_the_main_job_are_passed_on(runs, tmp_path):
    runs.turns = [ran(100)]
    Job(tmp_path, "2", tmp_path / "log", ("--require=executed",)).run(LEDGER, round_at(LEDGER, 0), lambda: None)
    assert "--require=executed" in runs.commands[0]


def test_a_round_at_the_default_level_names_none(run, runs):
    run(ran(100), ledger=replace(LEDGER, optimization_level=None))
    assert not [argument for argument in runs.commands[0] if "level" in argument]


def test_of_a_round_at_another_level_a_sixteenth_is_compiled_at_the_default_level(run, runs):
    run(ran(100))
    assert [argument for argument in runs.commands[0] if "level" in argument] == ["--optimization-level=0", "--default-level-every=16"]


def test_a_round_s_entry_is_what_the_manifest_has_more(run, tmp_path):
    shard = ShardEntry("cpu/train-00000.parquet", "train", "0" * 64, rows=150, code_bytes=3000, file_bytes=1)
    Manifest("cpu", (shard,), duplicates={"3/a": "3/b"}, bridges={"3/c": "d", "3/e": "f"}).write(manifest_path(tmp_path, "cpu"))
    entry = run(ran(97, [("map-000100", "forward: out differs")], status=1), ledger=replace(LEDGER, before=(60, 1000, 1, 0)))
    assert entry == RoundEntry(
        number=1,
        start=100,
        cases=100,
        optimization_level=0,
        passed=99,
        failed=1,
        skipped=0,
        harvested=90,
        duplicates=0,
        bridges=2,
        code_bytes=2000,
        wall_seconds=1.0,
        cpu_seconds=2.0,
        peak_bytes=101,
        attempts=1,
    )


def test_failures_of_the_cases_own_need_no_other_run(run, runs):
    assert run(ran(0, [("map-000100", "forward: out differs")], status=1)).attempts == 1
    assert runs.settled == [True]


@pytest.mark.parametrize("disturbed", [KILLED, lost("map-000107", passed=50), lost(passed=50, unnamed=49), lost("a", unnamed=3)])
def test_a_disturbed_run_is_followed_by_another(run, runs, disturbed):
    entry = run(disturbed, ran(100))
    assert (entry.attempts, entry.passed, entry.failed) == (2, 100, 0)
    assert (entry.cpu_seconds, entry.wall_seconds, entry.peak_bytes) == (4.0, 2.0, 102)
    assert runs.settled == [True, True]


def test_a_round_may_be_disturbed_often_as_long_as_cases_pass(run, runs):
    turns = [KILLED, KILLED, KILLED, lost(f"map-{100 + 7:06d}", passed=1, unnamed=9)]
    assert run(*turns, *turns, *turns, ran(100)).attempts == 13
    assert all(runs.settled)


def test_a_case_that_loses_its_process_every_time_counts_as_failed(run, runs):
    entry = run(lost("map-000107", passed=99), lost("map-000107"))
    assert (entry.attempts, entry.passed, entry.failed) == (4, 99, 1)
    assert runs.settled == [True, True, True, False]


def test_no_other_case_is_lost_with_it(run, runs):
    """While a case is left that need not be lost again, no run gives up what it loses."""
    run(lost("a"), lost("a"), lost("a", "b", passed=1), lost("a", unnamed=1), lost("a", passed=1), ran(1, [("a", CRASH)], 1))
    assert runs.settled == [True, True, True, True, True, False]


def test_an_unsettled_run_that_is_killed_is_followed_by_a_settled_one(run, runs):
    run(lost("a", passed=9), lost("a"), lost("a"), KILLED, lost("a"), lost("a"))
    assert runs.settled == [True, True, True, False, True, False]


def test_a_round_that_is_killed_without_end_is_given_up(refuse, runs):
    assert refuse(KILLED) == "round 1: it was killed in 4 runs without progress, the last said: pytest said nothing"
    assert len(runs.commands) == 4


def test_a_round_that_loses_many_cases_every_time_is_given_up(refuse, runs):
    many = [f"map-{index:06d}" for index in range(9)]
    said = refuse(lost(*many))
    assert said.startswith("round 1: 9 cases were lost in 4 runs without progress, the last said: ")
    assert all(runs.settled)


def test_what_pytest_refuses_is_passed_on(refuse, runs):
    line = "--device cuda: there is no NVRTC: install warp-lang for this machine"
    assert refuse((4, f"ERROR: {line}\n\n", None)) == f"round 1 cannot run: {line}"
    assert len(runs.commands) == 1


def test_a_pytest_that_says_nothing_is_said_to(refuse):
    assert refuse((3, "", None)) == "round 1 cannot run: pytest said nothing"


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (ran(19, [("scan-000019", f"harness: Failed: {FULL}")], 29, 1, "the run failed: 29 cases were lost"), FULL),
        (ran(3, [("a", "build: No space left on device")], 1, 1), "build: No space left on device"),
        (
            ran(100, status=1, said="the run failed: /data did not take the new shards: make room"),
            "/data did not take the new shards: make room",
        ),
        (
            (1, "the run failed: /data/summary-cpu.json cannot be written: make room\n", None),
            "/data/summary-cpu.json cannot be written: make room",
        ),
    ],
    ids=["a spool", "a build", "a shard", "a summary"],
)
def test_a_full_disk_is_not_tried_again(refuse, runs, turn, said):
    assert refuse(turn) == f"round 1 cannot run: {said}"
    assert len(runs.commands) == 1


def test_a_round_whose_records_stay_in_the_spools_is_not_done(refuse, tmp_path):
    spool_folder(tmp_path, "cpu").mkdir(parents=True)
    (spool_folder(tmp_path, "cpu") / "gw0.jsonl").write_text("{}\n")
    said = "the run failed: gw0.jsonl, line 1: not a record and its preamble: remove the line, or the file, and run again"
    assert refuse(ran(100, status=1, said=said)) == f"round 1 cannot run: {said.removeprefix('the run failed: ')}"


def test_a_summary_of_an_earlier_run_is_not_taken_for_this_one_s(refuse, tmp_path):
    summary_path(tmp_path, "cpu").write_text(json.dumps(ran(100)[2]))
    assert refuse((3, "INTERNALERROR> KeyError\n", None)) == "round 1 cannot run: INTERNALERROR> KeyError"


def test_a_later_round_counts_from_the_ledger(run, tmp_path):
    shard = ShardEntry("cpu/train-00000.parquet", "train", "0" * 64, rows=190, code_bytes=5_000_000, file_bytes=1)
    Manifest("cpu", (shard,), duplicates={f"3/{n}": "3/x" for n in range(3)}, bridges={"3/c": "d"}).write(manifest_path(tmp_path, "cpu"))
    entry = run(ran(100), ledger=ledger_with(ENTRY))
    assert (entry.harvested, entry.code_bytes, entry.duplicates, entry.bridges) == (100, 3_000_000, 0, 0)
