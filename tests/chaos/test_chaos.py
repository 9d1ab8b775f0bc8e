"""The tools of chaos.py: that its comparison sees what differs, that a full disk is full, and that no process escapes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.chaos.compare import compared, differences
from tests.chaos.family import Family
from tests.chaos.rooms import Limits, room

ROUND = {"number": 0, "harvested": 5, "wall_seconds": 1.0, "cpu_seconds": 2.0, "peak_bytes": 3, "attempts": 1}


@pytest.fixture
def folders(tmp_path):
    """Two folders that hold the same dataset, each with logs, locks and a summary of its own."""
    made = []
    for name in ("one", "other"):
        folder = tmp_path / name
        (folder / "cpu" / ".spool").mkdir(parents=True)
        files = {"cpu/train-00000.parquet": "PAR1", "manifest-cpu.json": "{}", "README.md": "card"}
        own = {"cpu/.round.log": name, "summary-cpu.json": name, ".lock-cpu": name, "GENERATION_STATE.md": name}
        ledger = {"seed": 0, "rounds": [ROUND | {"wall_seconds": len(name), "attempts": len(name)}]}
        for path, text in (files | own | {"production-cpu.json": json.dumps(ledger)}).items():
            (folder / path).write_text(text)
        made.append(folder)
    return made


def test_what_the_run_decides_is_no_difference(folders):
    assert differences(*folders) == []
    assert compared(folders[0]) == ["README.md", "cpu/train-00000.parquet", "manifest-cpu.json", "production-cpu.json"]


@pytest.mark.parametrize("name", ["cpu/train-00000.parquet", "manifest-cpu.json", "README.md"])
def test_a_file_that_differs_is_named(folders, name):
    (folders[1] / name).write_text("else")
    assert differences(*folders) == [f"{name} differs"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_only_one_has_is_named(folders, which):
    (folders[which] / "cpu" / "test-00000.parquet").write_text("")
    assert differences(*folders) == [f"cpu/test-00000.parquet is only in {folders[which]}"]


def test_a_ledger_that_counts_otherwise_differs(folders):
    path = folders[1] / "production-cpu.json"
    path.write_text(path.read_text().replace('"harvested": 5', '"harvested": 4'))
    assert differences(*folders) == ["production-cpu.json differs"]


@pytest.mark.parametrize("name", ["cpu/.spool/gw0.jsonl", "cpu/.train-00001.parquet.tmp"])
def test_what_is_left_behind_is_named(folders, name):
    (folders[1] / name).write_text("x")
    assert differences(*folders) == [f"{folders[1] / name} was left behind"]


def test_a_full_room_takes_nothing_until_it_is_cleared(tmp_path):
    with room(tmp_path, 16_000_000) as place:
        if isinstance(place, Limits):
            pytest.skip("no image can be mounted here")
        place.fill(Family())
        with pytest.raises(OSError, match="No space left on device"):
            (place.folder / "file").write_bytes(bytes(1 << 16))
        place.clear()
        (place.folder / "file").write_bytes(bytes(1 << 16))
    assert not os.path.ismount(place.folder)


PROGRAM = "import subprocess, sys, time; {0} print('begun', flush=True); time.sleep(60)"
CHILD = f"subprocess.Popen([sys.executable, '-c', {PROGRAM.format('')!r}], start_new_session=True);"


def test_a_family_is_known_beyond_sessions_and_the_death_of_parents():
    command = subprocess.Popen([sys.executable, "-c", PROGRAM.format(CHILD)], stdout=subprocess.PIPE)
    family = Family()
    try:
        assert command.stdout is not None
        assert [command.stdout.readline() for _ in range(2)] == [b"begun\n"] * 2
        assert len(family.update(command.pid)) == 2
        command.kill()
        command.wait()
        [child] = family.update(command.pid)
        assert child.ppid() != command.pid
    finally:
        family.kill()
    assert family.wait_until_gone(10)
    command.stdout.close()
