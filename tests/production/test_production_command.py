"""The command as a whole, on rounds that compile nothing: the target, what stands after each round, when it stops, what it refuses."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from production_command import ROUND, TWO_ROUNDS, Production, dataset_in
from samples_of_production import ENTRY, LEDGER

from generation import produce
from generation.production.request import ProductionError
from generation.production.runner import Job
from harness.folder import spool_folder
from harness.lock import WriterLock
from harness.manifest import read_manifest


def test_the_target_is_met_in_rounds(undisturbed):
    assert (undisturbed.status, undisturbed.errors) == (0, "")
    first, *rounds, last = undisturbed.output.splitlines()
    data = undisturbed.production.data
    assert first == f"cpu: 0 records, 0.0 of 0.002 MB in {data}; production begins (seed 0, rounds of 48 cases)"
    assert [line.split(" done in ")[0] for line in rounds] == ["round 0", "round 1"]
    assert last == f"the target is met: 96 records, 0.002 MB of code in {data}"


def test_no_round_is_made_beyond_the_target(undisturbed):
    before, after = (sum(entry["code_bytes"] for entry in undisturbed.production.ledger["rounds"][:count]) for count in (1, 2))
    assert before < 2000 <= after


def test_the_ledger_has_the_rounds(undisturbed):
    ledger = undisturbed.production.ledger
    assert (ledger["seed"], ledger["round_cases"], ledger["optimization_level"]) == (0, ROUND, 0)
    for number, entry in enumerate(ledger["rounds"]):
        counts = {"number": number, "start": number * ROUND, "cases": ROUND, "passed": ROUND, "harvested": ROUND, "attempts": 1}
        assert entry | counts == entry
        assert entry["wall_seconds"] > 0
        assert entry["cpu_seconds"] > 0
        assert entry["peak_bytes"] > 0
    assert len(ledger["rounds"]) == 2


def test_the_first_of_sixteen_blocks_of_cases_is_compiled_at_the_default_level(undisturbed):
    files = sorted((undisturbed.production.data / "cpu").glob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(file, columns=["index", "optimization_level"]).to_pylist()]
    assert {row["optimization_level"] for row in rows if row["index"] < 16} == {None}
    assert {row["optimization_level"] for row in rows if row["index"] >= 16} == {0}


def test_the_splits_of_every_round_are_there(undisturbed):
    names = [name for name in undisturbed.dataset if name.endswith(".parquet")]
    assert names == [f"{split}-{number:05d}.parquet" for split in ("test", "train", "validation") for number in (0, 1)]


def test_the_folder_reads_as_a_dataset(undisturbed):
    """As the card and the report say: nothing but shards stands where a reader looks."""
    names = {Path(file).name for file in ds.dataset(undisturbed.production.data / "cpu").files}
    assert names == {name for name in undisturbed.dataset if name.endswith(".parquet")}


@pytest.fixture
def between(undisturbed):
    """The folder as it was between the two rounds."""
    return undisturbed.production.snapshots / "48"


def test_the_ledger_is_there_before_the_first_round(undisturbed):
    ledger = json.loads((undisturbed.production.snapshots / "0" / "production-cpu.json").read_text())
    assert (ledger["round_cases"], ledger["before"], ledger["rounds"]) == (ROUND, [0, 0, 0, 0], [])


def test_after_a_round_ledger_and_manifest_agree(between):
    [entry] = json.loads((between / "production-cpu.json").read_text())["rounds"]
    manifest = read_manifest(between, "cpu")
    assert (manifest.rows, manifest.code_bytes) == (entry["harvested"], entry["code_bytes"]) == (ROUND, manifest.code_bytes)
    assert manifest.code_bytes > 0


def test_after_a_round_the_card_is_that_of_the_round(between):
    shards = sorted((between / "cpu").glob("*.parquet"))
    card = (between / "README.md").read_text()
    for file in shards:
        rows = pq.ParquetFile(file).metadata.num_rows
        assert f"| cpu | {file.name.partition('-')[0]} | {rows} |" in card


def test_after_a_round_the_state_says_how_to_go_on(undisturbed, between):
    command = f"`python -m generation.produce --device cpu --target-mb 0.002 --data-dir {undisturbed.production.data}`"
    next_action = f"\n## Next Action\nGo on with round 1: {command} (48 records, 0.0 MB so far).\n"
    assert next_action in (between / "GENERATION_STATE.md").read_text()


def test_after_a_round_no_spool_is_left(between):
    assert list(spool_folder(between, "cpu").iterdir()) == []


def test_at_the_target_the_state_goes_on_to_the_next_phase(undisturbed):
    state = undisturbed.production.state
    assert "- **Phase**: P2 (CUDA)\n- **Status**: in_progress\n" in state
    assert f"- {date.today().isoformat()}: CPU: 0.0 MB in 96 records, by 2 rounds of up to 48 cases of seed 0.\n" in state


def test_a_second_command_on_the_folder_gets_one_line(undisturbed):
    status, output, errors = undisturbed.second
    assert (status, output) == (2, "")
    [line] = errors.splitlines()
    assert line.startswith(f"{undisturbed.production.data} is being written by another run (process ")
    assert line.endswith("): wait for it to end, or give another --data-dir")


@pytest.fixture
def copy(undisturbed, tmp_path):
    """A copy of the finished folder, to be changed."""
    return shutil.copytree(undisturbed.production.data, tmp_path / "data")


def call(folder, *more):
    return produce.main(["--device=cpu", f"--data-dir={folder}", f"--target-mb={TWO_ROUNDS}", "--no-report", *more])


def test_a_target_that_is_met_needs_no_round(copy, undisturbed, capsys):
    assert call(copy) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"the target is met: 96 records, 0.002 MB of code in {copy}"
    assert dataset_in(copy) == undisturbed.dataset


def test_a_state_that_was_lost_is_written_again(copy, undisturbed):
    (copy / "GENERATION_STATE.md").unlink()
    call(copy)
    assert (copy / "GENERATION_STATE.md").read_text() == undisturbed.production.state.replace(str(undisturbed.production.data), str(copy))


@pytest.fixture
def refuse_copy(copy, refuse):
    """Calls the command on the copy, has it refuse, and gives the line that it says; nothing but the lock may have changed."""

    def refused(*more):
        before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file() and not path.name.startswith(".lock-")}
        line = refuse("--device=cpu", f"--data-dir={copy}", f"--target-mb={TWO_ROUNDS}", "--no-report", *more)
        assert all(path.read_bytes() == content for path, content in before.items())
        return line

    return refused


@pytest.mark.parametrize(
    ("option", "given", "begun"),
    [("--seed", "1", "0"), ("--round-cases", "64", "48"), ("--optimization-level", "1", "0"), ("--optimization-level", "default", "0")],
)
def test_other_settings_are_refused(refuse_copy, copy, option, given, begun):
    line = refuse_copy(f"{option}={given}")
    assert line == f"{option} {given}: the production in {copy} was begun with {begun}; leave it out, or give another --data-dir"


def test_the_same_settings_are_none_too_many(copy):
    assert call(copy, "--seed=0", "--round-cases=48", "--optimization-level=0") == 0


def test_a_damaged_ledger_is_refused(refuse_copy, copy):
    (copy / "production-cpu.json").write_text("{")
    line = refuse_copy()
    assert line.startswith(f"{copy / 'production-cpu.json'} is damaged (")
    assert line.endswith("): restore it, or remove it to have finished rounds looked at once more")


def test_a_manifest_that_has_less_than_the_ledger_is_refused(refuse_copy, copy, between):
    shutil.copy(between / "manifest-cpu.json", copy)
    assert refuse_copy() == (
        f"the manifest in {copy} has less than the ledger of its production counts (48 records of 96): restore it, or remove "
        "production-cpu.json to have finished rounds looked at once more"
    )


def test_a_damaged_manifest_is_refused(refuse_copy, copy):
    (copy / "manifest-cpu.json").write_text("{")
    assert refuse_copy().startswith(f"{copy / 'manifest-cpu.json'} cannot be read as JSON (")


def test_a_lock_that_cannot_be_signed_is_refused_in_one_line(refuse_copy, copy, monkeypatch):
    def full(lock):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(WriterLock, "sign", full)
    assert refuse_copy() == f"{copy} cannot be written (No space left on device): make room, or give another --data-dir"


@pytest.fixture
def first_round(monkeypatch):
    """Keeps the first round from being run: gives the ledger that it was to follow."""
    ledgers = []

    def run(job, ledger, round, tick):
        ledgers.append(ledger)
        raise ProductionError("not run")

    monkeypatch.setattr(Job, "run", run)
    return ledgers


def test_other_settings_are_taken_as_long_as_nothing_was_made(tmp_path, first_round):
    call(tmp_path, "--seed=5", "--round-cases=64")
    call(tmp_path, "--seed=6", "--optimization-level=default")
    assert first_round[1] == replace(LEDGER, seed=6, round_cases=64, optimization_level=None)


def test_other_settings_are_refused_once_a_case_has_passed(tmp_path, first_round, refuse):
    call(tmp_path, "--seed=5")
    spool_folder(tmp_path, "cpu").mkdir(parents=True)
    (spool_folder(tmp_path, "cpu") / "gw0.jsonl").write_text("{}\n")
    assert refuse("--device=cpu", f"--data-dir={tmp_path}", "--seed=6").startswith("--seed 6: the production in ")
    assert len(first_round) == 1


def test_the_last_round_has_one_report_the_one_at_the_end(tmp_path, monkeypatch):
    happened = []

    def run(job, ledger, round, tick):
        happened.append(f"round {round.number}")
        return replace(ENTRY, number=round.number, start=round.start, cases=round.cases)

    monkeypatch.setattr(Job, "run", run)
    monkeypatch.setattr("generation.production.journal.write_report", lambda request: happened.append("report") or "")
    assert produce.main(["--device=cpu", f"--data-dir={tmp_path}", "--target-mb=4", "--workers=1"]) == 0
    assert happened == ["round 0", "report", "round 1", "report"]


def test_what_the_system_refuses_is_said_in_one_line(tmp_path, monkeypatch, capsys):
    def full(job, ledger, round, tick):
        raise OSError(28, "No space left on device", "round.log")

    monkeypatch.setattr(Job, "run", full)
    assert call(tmp_path) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("the system refused: [Errno 28] No space left on device: 'round.log'; ")


def test_a_round_that_fails_on_a_full_disk_stops_for_that_reason(tmp_path, monkeypatch, capsys):
    free = [10**12]

    def run(job, ledger, round, tick):
        free[0] = 1_000_000
        raise ProductionError("round 0 cannot run: pytest said nothing")

    monkeypatch.setattr(Job, "run", run)
    monkeypatch.setattr("generation.production.quality.shutil.disk_usage", lambda folder: type("Usage", (), {"free": free[0]}))
    assert call(tmp_path) == 1
    said = f"{tmp_path} has 1 MB free, and a round may need 492: make room and run again"
    assert capsys.readouterr().out.splitlines()[-1] == f"production stops: {said}"
    assert f"Production stopped: {said}\n" in (tmp_path / "GENERATION_STATE.md").read_text()


@pytest.mark.parametrize(
    ("fault", "count", "reason", "kept"),
    [
        (
            "generate",
            3,
            "round 0 passed 45 of 48 cases (93.8%, less than 95%): summary-cpu.json names those that failed; mend what they show",
            45,
        ),
        (
            "twin",
            4,
            "round 0 repeats itself: 3 of 48 cases have a structure that is there already, or resemble two splits (more than 5%): "
            "take another seed in another folder, or more families",
            45,
        ),
    ],
)
def test_an_unsound_round_stops_production(tmp_path, fault, count, reason, kept):
    faults = {f"{('map', 'scan')[index % 2]}-{index:06d}": fault for index in range(count)}
    production = Production(tmp_path, faults=faults, alone=True)
    status, output, errors = production.run(TWO_ROUNDS)
    assert (status, errors) == (1, "")
    assert output.splitlines()[-1] == f"production stops: {reason}"
    assert f"\n## Next Action\nProduction stopped: {reason}\n" in production.state
    assert [entry["harvested"] for entry in production.ledger["rounds"]] == [kept]
    assert read_manifest(production.data, "cpu").rows == kept
