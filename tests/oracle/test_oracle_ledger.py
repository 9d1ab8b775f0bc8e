"""The ledger: every entry's probe must still show its limitation on the installed Warp."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.oracle.ledger import LEDGER


@pytest.fixture(scope="module")
def shown():
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-m", "harness.oracle.probes"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", LEDGER)
def test_limitation_is_still_there(name, shown):
    assert shown[name], f"{name} no longer shows: take the entry and its probe out of the ledger ({LEDGER[name].what})"


def test_probes_and_ledger_have_the_same_names(shown):
    assert set(shown) == set(LEDGER)
