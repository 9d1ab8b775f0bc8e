"""`python -m tests.faults.check_faults [N ...]`: plants each fault (or those of the given numbers) and prints whether the main job sees it.

Each run goes on to the first failure, over at most 1,024 cases of seed 0, on this machine's processor. Exits 1 if a fault is not seen, or
if the copy of Warp without any fault fails.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.faults.faulty_warp import Fault, copy_of_warp, run_job
from tests.faults.planted import FAULTS

COUNT = 1024


def main() -> int:
    """Runs the faults that were asked for; the exit status."""
    numbers = [int(text) for text in sys.argv[1:]] or list(range(len(FAULTS) + 1))
    missed = 0
    for number in numbers:
        fault = FAULTS[number - 1] if number else None
        start = time.monotonic()
        seen = _seen(fault)
        wrong = (fault is None) is bool(seen)
        missed += wrong
        what = fault.name if fault else "no fault"
        print(f"{number:3} {'WRONG' if wrong else 'right'} {time.monotonic() - start:5.0f} s  {what}: {seen or 'nothing seen'}", flush=True)
    print(f"{len(numbers) - missed} of {len(numbers)} right")
    return 1 if missed else 0


def _seen(fault: Fault | None) -> str:
    with tempfile.TemporaryDirectory(prefix="faulty-warp-") as folder:
        copy_of_warp(Path(folder), fault)
        arguments = ["-n", "2", f"--count={COUNT}"]
        found = run_job(Path(folder), arguments if fault is None else [*arguments, "-x"])
    return next((f"{case}: {reason}" for case, reason in found.failures.items()), "")


if __name__ == "__main__":
    sys.exit(main())
