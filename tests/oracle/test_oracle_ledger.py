"""The ledger: every entry's probe must show its limitation where the entry says that it is, and nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.oracle.ledger import LEDGER, Limitation, holds


@pytest.fixture(scope="module")
def shown():
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-m", "harness.oracle.probes"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", [name for name in LEDGER if holds(name)])
def test_limitation_is_still_there(name, shown):
    assert shown[name], f"{name} no longer shows: let the entry end with the version before this one ({LEDGER[name].what})"


@pytest.mark.parametrize("name", [name for name in LEDGER if not holds(name)])
def test_limitation_of_other_versions_is_not_there(name, shown):
    assert not shown[name], f"{name} shows: extend the versions of the entry ({LEDGER[name].what})"


def test_an_entry_holds_from_its_first_to_its_last_version():
    entry = Limitation("mended", "", "gradient", "mended", first="1.17", last="1.18")
    assert [entry.holds_in(version) for version in ("1.16.0", "1.17.1", "1.18.0", "1.19.0", "1.19.0rc1")] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_probes_and_ledger_have_the_same_names(shown):
    assert set(shown) == set(LEDGER)
