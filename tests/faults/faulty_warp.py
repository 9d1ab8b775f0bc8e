"""A copy of the installed Warp with one fault planted in it, and the main job run on that copy.

A fault is a line of Warp's Python or C++ with another line in its place. The copy shares every other file with the installed Warp (hard
links where the file system allows them), so that it costs little.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.faults.first_failure import REFUSED

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Fault:
    """`old` stands in `file` (relative to the package) exactly as often as `count` says, and is replaced by `new` everywhere."""

    name: str
    file: str
    old: str
    new: str
    count: int = 1


@dataclass(frozen=True)
class Finding:
    """What the main job said of a copy of Warp: cases run, and the reasons of those that failed, by case; without those that the oracle
    refused for their inputs, before Warp saw them."""

    run: int
    failures: dict[str, str]
    output: str


def copy_of_warp(folder: Path, fault: Fault | None) -> Path:
    """A folder to put on the path, with a copy of Warp in it. Raises ValueError if the fault's text is not where it should be."""
    spec = importlib.util.find_spec("warp")
    if spec is None or spec.origin is None:
        raise ValueError("warp-lang is not installed: there is nothing to copy")
    source, target = Path(spec.origin).parent, folder / "warp"
    shutil.copytree(source, target, copy_function=_link, ignore=shutil.ignore_patterns("__pycache__", "tests", "examples"))
    if fault is not None:
        text = (source / fault.file).read_text(encoding="utf-8")
        if text.count(fault.old) != fault.count:
            raise ValueError(f"{fault.name}: its text stands {text.count(fault.old)} times in {fault.file}, not {fault.count}")
        (target / fault.file).unlink()
        (target / fault.file).write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    return folder


def run_job(folder: Path, arguments: list[str]) -> Finding:
    """Runs `pytest --device=cuda` with the copy of Warp in `folder`, whose data goes into `folder` as well."""
    data = folder / "data"
    command = [sys.executable, "-m", "pytest", "--device=cuda", f"--data-dir={data}", "-p", "no:benchmark", *arguments]
    environment = os.environ | {"PYTHONPATH": str(folder), "WARP_KERNEL_HARNESS_CACHE": str(folder / "cache")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    summary = json.loads((data / "summary-cuda.json").read_text(encoding="utf-8"))
    failures = {failure["case"]: failure["reason"] for failure in summary["failures"]}
    if bool(done.returncode) != bool(failures):
        raise RuntimeError(f"the job left with status {done.returncode} and {len(failures)} failures:\n{done.stdout[-2000:]}{done.stderr}")
    seen = {case: reason for case, reason in failures.items() if not reason.startswith(REFUSED)}
    return Finding(summary["cases"]["run"], seen, done.stdout)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
