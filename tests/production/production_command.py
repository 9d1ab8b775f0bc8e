"""The command `python -m generation.produce` on fake rounds, in a process of its own, and what it left behind."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

ROUND = 48
"""Cases of a round. Those of the fakes have 22 or 23 bytes of code, so that a round has a little more than a thousand."""

ONE_ROUND, TWO_ROUNDS = "0.001", "0.002"


class Production:
    """A production in `folder`: each call of the command goes on with it. `events` and `faults` are those of the fakes, `alone` spares
    the worker, `snapshots` has the dataset copied when a round begins."""

    def __init__(self, folder, *, events=(), faults=None, alone=False, snapshots=False):
        self.data = folder / "data"
        self.snapshots = folder / "snapshots"
        self._happened = folder / "happened"
        self._happened.mkdir(parents=True)
        self._events = [moment for moment, _ in events]
        # A round's pytest is not a worker of the one that runs these tests.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")} | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE), str(HERE.parent / "job")]),
            "PYTEST_PLUGINS": "fake_rounds",
            "FAKE_FAULTS": json.dumps(faults or {}),
            "FAKE_EVENTS": json.dumps(events),
            "FAKE_HAPPENED": str(self._happened),
            "WARP_KERNEL_HARNESS_CACHE": str(folder / "cache"),
        }
        if alone:
            self.environment["FAKE_ALONE"] = "1"
        if snapshots:
            self.environment["FAKE_SNAPSHOTS"] = str(self.snapshots)

    def arguments(self, megabytes):
        fixed = ["--device=cpu", f"--data-dir={self.data}", f"--round-cases={ROUND}", "--workers=1", "--no-report"]
        return [*fixed, f"--target-mb={megabytes}"]

    def start(self, megabytes, **options):
        """The command, started in a session of its own, as a terminal starts it."""
        return subprocess.Popen(
            [sys.executable, "-m", "generation.produce", *self.arguments(megabytes)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def run(self, megabytes, **options):
        """The command, run to its end: its exit status, its output, and its errors."""
        process = self.start(megabytes, **options)
        output, errors = process.communicate(timeout=300)
        return process.returncode, output, errors

    def events_left(self):
        return [moment for moment in self._events if not (self._happened / moment).exists()]

    def wait_for(self, moment):
        """Until an event has come to pass."""
        deadline = time.monotonic() + 60
        while not (self._happened / moment).exists():
            assert time.monotonic() < deadline, f"{moment} does not come"
            time.sleep(0.02)

    def end(self, moment):
        """Let go of what holds at this moment."""
        (self._happened / f"{moment} over").touch()

    @property
    def ledger(self):
        return json.loads((self.data / "production-cpu.json").read_text())

    @property
    def state(self):
        return (self.data / "GENERATION_STATE.md").read_text()

    @property
    def spooled(self):
        """Lines in the spools."""
        return sum(path.read_bytes().count(b"\n") for path in (self.data / "cpu" / ".spool").glob("*.jsonl"))


def dataset_in(data):
    """Every file of a dataset that must not depend on how it was made: name -> bytes."""
    files = [data / "manifest-cpu.json", data / "README.md", data / "croissant.json", *sorted((data / "cpu").glob("*.parquet"))]
    return {file.name: file.read_bytes() for file in files}
