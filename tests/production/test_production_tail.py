"""What is counted of spools that grow, are torn, are cut, and vanish."""

import json

import pytest

from generation.production.tail import SpoolTail
from harness.folder import spool_folder


@pytest.fixture
def spool(tmp_path):
    """The path of a worker's spool."""
    spool_folder(tmp_path, "cpu").mkdir(parents=True)
    return spool_folder(tmp_path, "cpu") / "gw0.jsonl"


@pytest.fixture
def tail(tmp_path):
    return SpoolTail(tmp_path, "cpu")


def line(code_bytes, python_source=""):
    record = {"python_source": python_source, "code_bytes": code_bytes}
    return json.dumps({"record": record, "preamble": ""}, separators=(",", ":")) + "\n"


def counted(tail):
    tail.poll()
    return tail.records, tail.code_bytes


def append(path, text):
    with path.open("a") as file:
        file.write(text)


def test_nothing_is_there_before_a_round(tail):
    assert counted(tail) == (0, 0)


def test_it_counts_what_was_appended_since(tail, spool):
    append(spool, line(10))
    assert counted(tail) == (1, 10)
    append(spool, line(20) + line(30))
    assert counted(tail) == (3, 60)
    assert counted(tail) == (3, 60)


def test_it_adds_up_the_spools_of_all_workers(tail, spool):
    append(spool, line(10))
    append(spool.with_name("gw1.jsonl"), line(5))
    assert counted(tail) == (2, 15)


def test_another_device_s_spools_are_not_counted(tail, tmp_path):
    spool_folder(tmp_path, "cuda").mkdir(parents=True)
    append(spool_folder(tmp_path, "cuda") / "gw0.jsonl", line(10))
    assert counted(tail) == (0, 0)


def test_a_line_counts_once_it_is_whole(tail, spool):
    whole = line(20)
    append(spool, line(10) + whole[:-8])
    assert counted(tail) == (1, 10)
    append(spool, whole[-8:])
    assert counted(tail) == (2, 30)


def test_a_torn_line_that_is_cut_away_is_not_counted(tail, spool):
    append(spool, line(10) + line(20)[:-8])
    counted(tail)
    spool.write_text(line(10) + line(40))
    assert counted(tail) == (2, 50)


def test_a_spool_that_is_shorter_is_begun_anew(tail, spool):
    append(spool, line(10) + line(20))
    counted(tail)
    spool.write_text(line(40))
    assert counted(tail) == (3, 70)


def test_a_spool_that_vanished_is_begun_anew_however_long_it_is(tail, spool):
    append(spool, line(10))
    counted(tail)
    spool.unlink()
    assert counted(tail) == (1, 10)
    append(spool, line(20) + line(30))
    assert counted(tail) == (3, 60)


def test_a_spool_that_vanishes_while_it_is_looked_at_counts_nothing(tail, spool, monkeypatch):
    monkeypatch.setattr("generation.production.tail.spool_files", lambda *_: [spool])
    assert counted(tail) == (0, 0)


def test_what_a_kernel_says_of_code_bytes_is_not_counted(tail, spool):
    append(spool, line(10, 'sizes = {"code_bytes":99}'))
    assert counted(tail) == (1, 10)
