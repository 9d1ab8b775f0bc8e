"""A production that is killed, interrupted, or short of disk: going on ends with the same files as one that was left alone."""

import resource
import signal
import sys

import pytest
from production_command import ONE_ROUND, TWO_ROUNDS, Production, dataset_in

SPOOL_BYTES = 40_000
"""A limit on files that a round's spool outgrows, and nothing else does."""


def test_killing_pytest_and_its_worker_changes_nothing(tmp_path, undisturbed):
    events = [
        ["spooled map-000010", "kill pytest"],
        ["spooled scan-000021", "kill worker"],
        ["publishing 48", "kill pytest"],
        ["carding 48", "kill pytest"],
    ]
    production = Production(tmp_path, events=events)
    status, _, errors = production.run(TWO_ROUNDS)
    assert (status, errors, production.events_left()) == (0, "", [])
    assert [entry["attempts"] for entry in production.ledger["rounds"]] == [3, 3]
    assert dataset_in(production.data) == undisturbed.dataset


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_killing_the_command_changes_nothing(tmp_path, undisturbed):
    events = [
        ["spooled map-000000", "kill command"],
        ["spooled map-000030", "kill command"],
        ["summarizing 0", "kill command"],
        ["spooled map-000094", "kill command"],
        ["published 48", "kill command"],
    ]
    production = Production(tmp_path, events=events, alone=True)
    ends = [production.run(TWO_ROUNDS) for _ in range(6)]
    assert production.events_left() == []
    assert [status for status, _, _ in ends] == [*[-signal.SIGKILL] * 5, 0]
    assert "production goes on with round 0, of which 1 cases are done (" in ends[1][1]
    assert "production goes on with round 1, of which 47 cases are done (" in ends[4][1]
    assert [entry["harvested"] for entry in production.ledger["rounds"]] == [48, 48]
    assert dataset_in(production.data) == undisturbed.dataset


def test_an_interrupt_leaves_what_passed_and_changes_nothing(tmp_path, undisturbed):
    production = Production(tmp_path, events=[["spooled map-000010", "interrupt"]])
    status, _, errors = production.run(ONE_ROUND)
    assert (status, errors) == (130, "interrupted: what passed is safe; the same command goes on\n")
    assert (production.spooled, list((production.data / "cpu").glob("*.parquet"))) == (11, [])
    assert production.run(ONE_ROUND)[0] == 0
    assert dataset_in(production.data) == undisturbed.after_one_round


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (SPOOL_BYTES, SPOOL_BYTES))


@pytest.fixture
def full(tmp_path):
    """A production that has run out of disk twice: when a record was spooled, and when the shards were published."""
    production = Production(tmp_path, events=[["publishing 0", "full"]], alone=True)
    return production, [production.run(ONE_ROUND, preexec_fn=limit_files), production.run(ONE_ROUND)]


def test_a_full_disk_is_said_in_one_line_and_changes_nothing(full, undisturbed):
    production, ends = full
    refused = (f"{production.data / 'cpu' / '.spool' / 'main.jsonl'} ", f"{production.data} did not take the new shards ")
    for (status, _, errors), told in zip(ends, refused, strict=True):
        [line] = errors.splitlines()
        assert status == 2
        assert line.startswith(f"round 0 cannot run: {told}")
        assert "make room and run again" in line
    assert production.spooled == 48
    assert production.run(ONE_ROUND)[0] == 0
    assert dataset_in(production.data) == undisturbed.after_one_round
