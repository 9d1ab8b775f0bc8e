"""`python -m tests.chaos.chaos [--target-mb 20] [--kills 20] [--seed S]`: disturbs a production, and compares what it made with another.

Makes a dataset undisturbed, then the same one again with `--kills` times SIGKILL to a process chosen at random among all those of the
production, two times a full disk, and two times a spool that was torn in the middle of its last line; the command is started again
whenever it ends. Prints each disturbance and the verdict. Exits with 0 only if all of them came to pass, no traceback was seen, no process
was left behind, and both datasets are the same, file by file. 20 MB take five minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.folder import spool_files
from tests.chaos.compare import compared, differences
from tests.chaos.family import SERVER, Family
from tests.chaos.rooms import Room, room

ROOT = Path(__file__).resolve().parents[2]

KILL, KILL_AT_WORK, FULL_DISK, TORN_SPOOL = "a kill", "a kill at work", "a full disk", "a torn spool"
"""Disturbances. Most of the time after a kill goes into starting again, so half of the kills wait until cases are being compiled."""

ENDS_IN_A_ROW = 5
"""How often the command may end by itself, undisturbed, before it is taken for broken."""

_WAIT_SECONDS = 900.0
_POLL_SECONDS = 0.1


@dataclass
class Chaos:
    """One disturbed production in `place`, and what is to be done to it: `plan` holds kinds of disturbances, and `gap` is the mean time
    between two of them, in seconds."""

    options: argparse.Namespace
    place: Room
    plan: list[str]
    gap: float
    draw: random.Random
    family: Family = field(default_factory=Family)
    faults: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Start the command until it has met its target, disturbing it by the plan."""
        process = self._start()
        due = time.monotonic() + self._delay()
        unprovoked = 0
        while True:
            self.family.update(process.pid)
            status = process.poll()
            if status is not None:
                self._check_output()
                if status == 0:
                    break
                unprovoked += 1
                say(f"  the command ended with {status}{'' if status < 0 else f' ({self._last_line()})'}: started again")
                if unprovoked > ENDS_IN_A_ROW:
                    self.faults.append(f"the command ended {unprovoked} times in a row")
                    return
                process = self._start()
            elif self.plan and time.monotonic() >= due and self._disturb(self.plan[-1], process):
                self.plan.pop()
                due = time.monotonic() + self._delay()
                unprovoked = 0
            time.sleep(_POLL_SECONDS)
        self.faults += [f"the target was met before: {kind}" for kind in self.plan]
        if not self.family.wait_until_gone(60):
            self.faults.append(f"left behind: {', '.join(self.family.role_of(process) for process in self.family.alive())}")

    def _disturb(self, kind: str, process: subprocess.Popen[bytes]) -> bool:
        """Do it, if it can be done now; whether it was."""
        alive = self.family.alive()
        spools = [path for path in spool_files(self.data, self.options.device) if path.stat().st_size]
        if kind == KILL or (kind == KILL_AT_WORK and any(self.family.role_of(process) == SERVER for process in alive)):
            self._kill(self.draw.choice(alive))
        elif kind == KILL_AT_WORK or not spools:
            return False
        elif kind == FULL_DISK:
            self.place.fill(self.family)
            say(f"  no room is left, by {self.place.what}")
            process.wait(_WAIT_SECONDS)
            self.family.wait_until_gone(_WAIT_SECONDS)
            self.place.clear()
            say("  room was made")
        else:
            self._kill(psutil.Process(process.pid))
            process.wait(_WAIT_SECONDS)
            # A worker that outlives the command would write on after the torn line, which no real one does.
            self.family.wait_until_gone(_WAIT_SECONDS)
            self._tear(self.draw.choice(spools))
        return True

    def _kill(self, victim: psutil.Process) -> None:
        say(f"  SIGKILL to {self.family.role_of(victim)} ({victim.pid})")
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            say("  it had just ended")

    def _tear(self, spool: Path) -> None:
        """Cut the last line of a spool in the middle, as a write that was cut short would."""
        content = spool.read_bytes()
        start = content[:-1].rfind(b"\n") + 1
        os.truncate(spool, start + (len(content) - start) // 2)
        say(f"  {spool.name} was torn in its last of {content.count(bytes([10]))} lines")

    def _delay(self) -> float:
        return self.draw.uniform(0.2, 1.8) * self.gap

    @property
    def data(self) -> Path:
        """The dataset's folder."""
        return self.place.folder / "data"

    @property
    def _log(self) -> Path:
        return self.place.folder.parent / "command.log"

    def _start(self) -> subprocess.Popen[bytes]:
        return start(self.options, self.data, self._log, self.place.folder)

    def _check_output(self) -> None:
        if "Traceback" in self._log.read_text(encoding="utf-8", errors="replace"):
            self.faults.append(f"a traceback was seen:\n{self._log.read_text(encoding='utf-8', errors='replace')}")

    def _last_line(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


def start(options: argparse.Namespace, data: Path, log: Path, scratch: Path) -> subprocess.Popen[bytes]:
    """The command, begun: a production into `data`, with its output in `log` and its temporary files and caches in `scratch`."""
    command = [sys.executable, "-m", "generation.produce", f"--device={options.device}", f"--data-dir={data}", "--no-report"]
    command += [f"--target-mb={options.target_mb}", f"--round-cases={options.round_cases}", f"--workers={options.workers}"]
    folders = {"TMPDIR": scratch / "tmp", "WARP_KERNEL_HARNESS_CACHE": scratch / "cache"}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {name: str(folder) for name, folder in folders.items()}
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)


def main() -> int:
    """Make both datasets; the exit status."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=options.folder))
    say(f"seed {options.seed}, in {folder}")
    try:
        seconds = _undisturbed(options, folder)
        return 1 if seconds is None else _disturbed(options, folder, seconds)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _undisturbed(options: argparse.Namespace, folder: Path) -> float | None:
    """Make the dataset to compare with, in `folder`/undisturbed; the seconds that it took, or None if it could not be made."""
    place, log = folder / "undisturbed", folder / "undisturbed.log"
    place.mkdir()
    began = time.monotonic()
    process = start(options, place / "data", log, place)
    try:
        status = process.wait()
    finally:
        process.kill()
    if status:
        say(f"the undisturbed production ended with {status}:\n{log.read_text(encoding='utf-8')}")
        return None
    say(f"undisturbed: {time.monotonic() - began:.0f} s, {len(compared(place / 'data'))} files")
    return time.monotonic() - began


def _disturbed(options: argparse.Namespace, folder: Path, seconds: float) -> int:
    """Make the dataset again, disturbed, and compare the two; the exit status."""
    plan = [KILL] * (options.kills // 2) + [KILL_AT_WORK] * (options.kills - options.kills // 2) + [FULL_DISK] * 2 + [TORN_SPOOL] * 2
    draw = random.Random(options.seed)
    draw.shuffle(plan)
    with room(folder, _room_bytes(options)) as place:
        chaos = Chaos(options, place, plan, seconds / (len(plan) + 1), draw)
        try:
            chaos.run()
        except subprocess.TimeoutExpired as error:
            chaos.faults.append(f"the command did not end in {error.timeout:.0f} s")
        finally:
            chaos.family.kill()
        different = differences(folder / "undisturbed" / "data", chaos.data)
        if options.keep:
            shutil.copytree(chaos.data, folder / "disturbed")
    for line in [*chaos.faults, *different]:
        say(line)
    say(f"the datasets {'differ' if different else 'are the same'}; {len(chaos.faults)} faults beside")
    return 1 if different or chaos.faults else 0


def _room_bytes(options: argparse.Namespace) -> int:
    """What the disturbed production's disk must hold: what a round asks for before it begins, spools, shards, caches."""
    return 700_000_000 + round(2e6 * float(options.target_mb)) + 400_000 * int(options.round_cases)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.chaos", description="Disturbs a production and compares the datasets.")
    add = parser.add_argument
    add("--target-mb", type=float, default=20.0, metavar="MB", help="10^6 bytes of code to make (default: 20)")
    add("--kills", type=int, default=20, metavar="N", help="how many processes are killed (default: 20)")
    add("--seed", type=int, default=0, metavar="S", help="what decides on disturbances; what they meet is up to the machine (default: 0)")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="what code is made for (default: cpu)")
    add("--round-cases", type=int, default=64, metavar="N", help="cases of a round (default: 64)")
    add("--workers", default="2", metavar="N", help="processes that check cases (default: 2)")
    add("--folder", metavar="DIR", help="where to work (default: the folder for temporary files)")
    add("--keep", action="store_true", help="leave both datasets and the logs there")
    return parser.parse_args()


def say(line: str) -> None:
    """A line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
