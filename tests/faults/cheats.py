"""The cheating kernels and spoiled results that the oracle's own tests give it, and which of them it refused."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tests.faults.faulty_warp import ROOT

CHEATS = (
    "tests/oracle/test_oracle_kernels.py::test_cheating_kernel_is_refused",
    "tests/oracle/test_oracle_forward.py::test_cheating_kernel_is_refused",
    "tests/oracle/test_oracle_gradient.py::test_wrong_gradient_is_refused",
)
"""Tests of which each case is a cheat: real kernels, faked outputs, faked gradients."""


def give_cheats(tests: tuple[str, ...] = CHEATS) -> dict[str, bool]:
    """Runs the tests; for each of their cases, by name, whether it was refused. Raises RuntimeError if pytest ran none."""
    with tempfile.TemporaryDirectory(prefix="cheats-") as folder:
        path = Path(folder) / "cheats.xml"
        command = [sys.executable, "-m", "pytest", *tests, "-p", "no:benchmark", "-n", "0", f"--junitxml={path}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        found = read_results(path.read_text(encoding="utf-8")) if path.exists() else {}
    if not found:
        raise RuntimeError(
            f"no cheat was given to the oracle, pytest left with status {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}"
        )
    return found


def read_results(xml: str) -> dict[str, bool]:
    """Whether each test case of a JUnit file passed, by the last part of its module's name and its own."""
    results = {}
    for case in ElementTree.fromstring(xml).iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        results[name] = not any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
    return results
