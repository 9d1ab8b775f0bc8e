"""Planted faults: the record that `make faults` writes, and what the report says of it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from report_samples import make_dataset, run_report, section

from harness.report.__main__ import main
from harness.report.fault_check import FORMAT, read_fault_check
from tests.faults import check_faults
from tests.faults.cheats import read_results
from tests.faults.planted import FAULTS

pytestmark = pytest.mark.usefixtures("no_figures")

CHEATS = {"test_a::test_cheat[zeros]": True, "test_a::test_cheat[input]": True}
SEEN = {0: ("", ""), **{number: (f"map-{number:06d}", "gradient: a|b") for number in range(1, len(FAULTS) + 1)}}


def record(seen=SEEN, cheats=CHEATS):
    return check_faults.build_record(seen, cheats, 64, date(2026, 1, 2))


def test_what_was_seen_is_read_back(tmp_path):
    (tmp_path / "fault-check.json").write_text(json.dumps(record()))
    check = read_fault_check(tmp_path)
    assert (check.date, check.cases, check.without_fault, check.cheats) == ("2026-01-02", 64, "", CHEATS)
    assert [(fault.name, fault.file) for fault in check.faults] == [(fault.name, fault.file) for fault in FAULTS]
    assert (check.faults[1].case, check.faults[1].reason) == SEEN[2]
    assert check.missed == check.accepted == []


@pytest.fixture
def texts(tmp_path):
    """The report and its appendix with a record beside them."""

    def run(**how):
        make_dataset(tmp_path / "data")
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "fault-check.json").write_text(json.dumps(record(**how)))
        return run_report(tmp_path / "data", tmp_path / "report")

    return run


def test_a_run_in_which_all_was_seen(texts):
    text, appendix = texts()
    said = section(text, "Defects of Warp and planted faults")
    count = len(FAULTS)
    assert f"{count} faults, each in a copy of Warp of its own; {count} made a case of the CUDA job fail, within 64 cases. Without" in said
    assert "Without a fault nothing failed. Of 2 cheating kernels and spoiled results the oracle refused 2.\n" in said
    assert f"Of {count} faults planted in Warp the job saw {count}." in section(text, "Summary")
    table = section(appendix, "Planted faults and cheats")
    assert f"|{FAULTS[0].name}|`{FAULTS[0].file}`|map-000001: `gradient: a\\|b`|" in table
    assert table.count("|refused|") == 2


def test_what_was_not_seen_is_named(texts):
    missed = {1: ("", ""), 0: ("map-000003", "forward: no")}
    text, appendix = texts(seen=SEEN | missed, cheats=CHEATS | {"test_a::test_cheat[input]": False})
    said = section(text, "Defects of Warp and planted faults")
    assert f"Not seen: {FAULTS[0].name}. Without a fault the job failed as well (`map-000003: forward: no`). Of" in said
    assert "the oracle refused 1. Not refused: `test_a::test_cheat[input]`.\n" in said
    assert f"|{FAULTS[0].name}|`{FAULTS[0].file}`|not seen|" in appendix
    assert "|`test_a::test_cheat[input]`|passed|" in appendix


def test_without_a_record_the_command_is_named(tmp_path):
    make_dataset(tmp_path / "data")
    text = run_report(tmp_path / "data", tmp_path / "report")[0]
    assert "**Planted faults**: no run is on record (`make faults` plants" in text


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "cannot be read as JSON ("),
        ("[]", "is not the record of planted faults in the format "),
        (json.dumps({"format": FORMAT}), "is damaged (KeyError: 'faults')"),
        (json.dumps(record() | {"faults": [3]}), "is damaged (TypeError: "),
        (json.dumps(record() | {"cheats": []}), "is damaged (AttributeError: "),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path, capsys, content, what):
    make_dataset(tmp_path / "data")
    (tmp_path / "report").mkdir()
    path = tmp_path / "report" / "fault-check.json"
    path.write_text(content)
    assert main(["--data-dir", str(tmp_path / "data"), "--output", str(tmp_path / "report")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{path} {what}")
    assert error.endswith("remove it, or run `make faults`\n")
    assert list((tmp_path / "report").iterdir()) == [path]


def test_the_verdicts_on_cheats_are_those_of_their_tests():
    cases = (
        '<testcase classname="tests.oracle.test_a" name="x[1]"/>'
        '<testcase classname="test_b" name="y"><failure>no</failure></testcase>'
        '<testcase classname="test_b" name="z"><skipped/></testcase>'
    )
    assert read_results(f"<testsuites><testsuite>{cases}</testsuite></testsuites>") == {
        "test_a::x[1]": True,
        "test_b::y": False,
        "test_b::z": False,
    }


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Runs the command without planting anything; its status, and the record if one was written."""

    def run(*arguments, seen=SEEN, cheats=CHEATS):
        numbers = {None: 0, **{fault: number for number, fault in enumerate(FAULTS, start=1)}}
        monkeypatch.setattr(check_faults, "_seen", lambda fault, count, workers: seen[numbers[fault]])
        monkeypatch.setattr(check_faults, "give_cheats", lambda: cheats)
        path = tmp_path / "new" / "fault-check.json"
        status = check_faults.main([*arguments, "--output", str(path)])
        return status, json.loads(path.read_text()) if path.exists() else None

    return run


def test_a_run_over_all_faults_is_put_on_record(command):
    status, written = command()
    assert status == 0
    assert written == record() | {"cases": check_faults.COUNT, "date": date.today().isoformat()}


def test_a_run_over_some_is_not(command, capsys):
    assert command("0", "2") == (0, None)
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 2 right"


@pytest.mark.parametrize(
    "how",
    [{"seen": SEEN | {3: ("", "")}}, {"seen": SEEN | {0: ("map-000001", "no")}}, {"cheats": {"a::b": False}}],
    ids=["a fault is missed", "no fault is seen", "a cheat is accepted"],
)
def test_what_should_not_be_fails_the_command_and_is_on_record_all_the_same(command, how):
    status, written = command(**how)
    assert status == 1
    assert written["format"] == FORMAT
