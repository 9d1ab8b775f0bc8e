"""The ledger of a production: it is read as it was written, and refused in one line if it is not a ledger."""

import errno
import json
import os
from dataclasses import replace

import pytest
from samples_of_production import ENTRY, LEDGER, ledger_with

from generation.production.ledger import ledger_path, read_ledger
from generation.production.request import ProductionError


@pytest.mark.parametrize("level", [None, 0])
def test_it_is_read_as_it_was_written(tmp_path, level):
    ledger = ledger_with(ENTRY, replace(ENTRY, optimization_level=0), optimization_level=level, before=(5, 1000, 2, 1))
    ledger.write(tmp_path)
    assert read_ledger(tmp_path, "cpu") == ledger


def test_there_is_none_before_a_production_begins(tmp_path):
    assert read_ledger(tmp_path, "cpu") is None


def test_it_counts_what_was_there_and_what_every_round_gave():
    assert ledger_with(ENTRY, ENTRY, before=(5, 1000, 2, 1)).counted == (185, 4_001_000, 8, 3)


def test_rounds_follow_each_other():
    with pytest.raises(ValueError, match="round 2 cannot follow round 0"):
        ledger_with(ENTRY).with_round(replace(ENTRY, number=2))


def test_a_full_disk_leaves_the_old_one(tmp_path, monkeypatch):
    LEDGER.write(tmp_path)

    def refuse(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(ProductionError) as refused:
        ledger_with(ENTRY).write(tmp_path)
    path = ledger_path(tmp_path, "cpu")
    assert str(refused.value) == f"{path} cannot be written (No space left on device): make room and run again, nothing is lost"
    assert read_ledger(tmp_path, "cpu") == LEDGER


def test_one_of_another_device_is_refused(tmp_path):
    replace(LEDGER, device="cuda").write(tmp_path)
    ledger_path(tmp_path, "cuda").rename(ledger_path(tmp_path, "cpu"))
    with pytest.raises(ProductionError, match=r"production-cpu\.json is for device 'cuda', not 'cpu': restore it, or remove it$"):
        read_ledger(tmp_path, "cpu")


def with_entry(data, **changes):
    return data | {"rounds": [data["rounds"][0] | changes]}


DAMAGES = {
    "a list": lambda data: [data],
    "another format": lambda data: data | {"format": "warp-kernel-harness/2"},
    "no seed": lambda data: {name: value for name, value in data.items() if name != "seed"},
    "a seed in words": lambda data: data | {"seed": "three"},
    "a negative seed": lambda data: data | {"seed": -1},
    "no cases per round": lambda data: data | {"round_cases": None},
    "a level in words": lambda data: data | {"optimization_level": "default"},
    "three numbers before it": lambda data: data | {"before": [0, 0, 0]},
    "words before it": lambda data: data | {"before": [0, 0, 0, "none"]},
    "a round that does not count from 0": lambda data: with_entry(data, number=1),
    "a round with a column too many": lambda data: with_entry(data, colour="red"),
    "a round with a count in words": lambda data: with_entry(data, harvested="90"),
    "a round that is true": lambda data: with_entry(data, passed=True),
    "a round without times": lambda data: with_entry(data, wall_seconds=None),
    "a round that is a number": lambda data: data | {"rounds": [1]},
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_refused_in_one_line(tmp_path, damage):
    ledger_with(ENTRY).write(tmp_path)
    path = ledger_path(tmp_path, "cpu")
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    refused(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"], ids=["empty", "cut", "not text"])
def test_what_is_no_json_is_refused_in_one_line(tmp_path, content):
    ledger_path(tmp_path, "cpu").write_bytes(content)
    refused(tmp_path)


def refused(folder):
    with pytest.raises(ProductionError) as error:
        read_ledger(folder, "cpu")
    [line] = str(error.value).splitlines()
    assert line.startswith(f"{ledger_path(folder, 'cpu')} is damaged (")
    assert line.endswith("): restore it, or remove it to have finished rounds looked at once more")
