"""`python -m tests.faults.check_faults [N ...]`: plants each fault (or those of the given numbers) and prints whether the main job sees it.

Each run goes on to the first failure, over at most 1,024 cases of seed 0, on this machine's processor. A run over all faults also gives
the oracle the cheats of its own tests, and puts on record what was seen, as JSON beside the report, which shows it. Exits 1 if a fault is
not seen, if a cheat is not refused, or if the copy of Warp without any fault fails.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.publish import publish_text
from harness.records import HARNESS_VERSION
from harness.report.fault_check import FAULT_CHECK, FORMAT
from tests.faults.cheats import give_cheats
from tests.faults.faulty_warp import ROOT, Fault, copy_of_warp, run_job
from tests.faults.planted import FAULTS

COUNT = 1024

LEVEL = 2
"""NVRTC's optimization level: the cheapest. What the oracle sees was run by the host, from the same text."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the faults that were asked for; the exit status."""
    options = _parser().parse_args(arguments)
    numbers = options.numbers or list(range(len(FAULTS) + 1))
    seen: dict[int, tuple[str, str]] = {}
    for number in numbers:
        fault = FAULTS[number - 1] if number else None
        start = time.monotonic()
        seen[number] = case, reason = _seen(fault, options.count, options.workers)
        right = bool(case) is (fault is not None)
        what, said = fault.name if fault else "no fault", f"{case}: {reason}" if case else "nothing seen"
        print(f"{number:3} {'right' if right else 'WRONG'} {time.monotonic() - start:5.0f} s  {what}: {said}", flush=True)
    missed = sum(bool(case) is (number == 0) for number, (case, _) in seen.items())
    print(f"{len(numbers) - missed} of {len(numbers)} right")
    if options.numbers:
        return 1 if missed else 0
    cheats = give_cheats()
    accepted = [name for name, refused in cheats.items() if not refused]
    print(f"{len(cheats) - len(accepted)} of {len(cheats)} cheats refused{''.join(f', not {name}' for name in accepted)}")
    record = build_record(seen, cheats, options.count, date.today())
    try:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        publish_text(options.output, json.dumps(record, indent=1) + "\n")
    except OSError as error:
        print(f"{options.output} cannot be written ({error.strerror}): make room, or give another --output", file=sys.stderr)
        return 1
    print(f"wrote {options.output}")
    return 1 if missed or accepted else 0


def build_record(seen: dict[int, tuple[str, str]], cheats: dict[str, bool], count: int, day: date) -> dict[str, Any]:
    """The record, ready for JSON. `seen` has the first case that failed and why, '' for none, by the number of the fault, 0 for no fault;
    `cheats` whether each was refused, by name."""
    return {
        "format": FORMAT,
        "date": day.isoformat(),
        "versions": {"warp": version("warp-lang"), "harness": HARNESS_VERSION},
        "cases": count,
        "without_fault": ": ".join(filter(None, seen[0])),
        "faults": [
            {"name": fault.name, "file": fault.file, "case": seen[number][0], "reason": seen[number][1]}
            for number, fault in enumerate(FAULTS, start=1)
        ],
        "cheats": cheats,
    }


def _seen(fault: Fault | None, count: int, workers: int) -> tuple[str, str]:
    """The first case that failed for a fault, and why; '' and '' if none did."""
    with tempfile.TemporaryDirectory(prefix="faulty-warp-") as folder:
        copy_of_warp(Path(folder), fault)
        arguments = ["-n", f"{workers}", f"--count={count}", f"--optimization-level={LEVEL}"]
        found = run_job(Path(folder), arguments if fault is None else [*arguments, "-p", "tests.faults.first_failure"])
    return next(iter(found.failures.items()), ("", ""))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.check_faults", description="Plants faults in copies of Warp.")
    parser.add_argument("numbers", type=_number, nargs="*", metavar="N", help="faults to plant, 0 for none (default: all, put on record)")
    parser.add_argument("--count", type=int, default=COUNT, metavar="N", help=f"cases to look for a fault in at most (default: {COUNT})")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes (default: 2)")
    default = ROOT / "generation" / "report" / FAULT_CHECK
    parser.add_argument("--output", type=Path, default=default, metavar="FILE", help=f"(default: {default.relative_to(ROOT)})")
    return parser


def _number(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= len(FAULTS):
        raise argparse.ArgumentTypeError(f"{text}: give a whole number from 0 to {len(FAULTS)}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
