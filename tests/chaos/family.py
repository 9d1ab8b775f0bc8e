"""All processes of a production: the command, what it started, and what outlived the one that started it."""

from __future__ import annotations

import contextlib
import time

import psutil

SERVER = "a server"


class Family:
    """The processes seen so far below the commands that were given to `update`. Servers have sessions of their own, and a worker outlives
    a pytest that was killed by some seconds, so that neither groups nor parents alone would find them all."""

    def __init__(self) -> None:
        self._seen: dict[int, psutil.Process] = {}
        self._roles: dict[int, str] = {}

    def update(self, command: int) -> list[psutil.Process]:
        """Look for new processes below `command` and below those that are known; those that are alive."""
        parents: dict[int, list[psutil.Process]] = {}
        for process in psutil.process_iter(["ppid"]):
            parents.setdefault(process.info["ppid"], []).append(process)
            if process.pid == command:
                self._add(process)
        waiting = [process.pid for process in self.alive()]
        while waiting:
            for child in parents.get(waiting.pop(), ()):
                self._add(child)
                waiting.append(child.pid)
        return self.alive()

    def alive(self) -> list[psutil.Process]:
        """The processes that run now, in the order of their ids."""
        return [process for _, process in sorted(self._seen.items()) if is_alive(process)]

    def role_of(self, process: psutil.Process) -> str:
        """What a process is in the production, in a word or two."""
        return self._roles.get(process.pid, "a process")

    def wait_until_gone(self, seconds: float) -> bool:
        """Wait for all of them to end; whether they did."""
        deadline = time.monotonic() + seconds
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.1)
        return not self.alive()

    def kill(self) -> None:
        """End all that are still there."""
        for process in self.alive():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _add(self, process: psutil.Process) -> None:
        if self._seen.get(process.pid) != process:
            self._seen[process.pid] = process
            self._roles.pop(process.pid, None)
        # A process that was forked a moment ago still has its parent's command line.
        with contextlib.suppress(psutil.Error):
            self._roles[process.pid] = self._role(process)

    def _role(self, process: psutil.Process) -> str:
        words = " ".join(process.cmdline())
        if "harness.child" in words:
            return "a server's child" if self._roles.get(process.ppid(), "").startswith(SERVER) else SERVER
        signs = {"generation.produce": "the command", "-m pytest": "pytest", "exec(eval(": "a worker"}
        return next((role for sign, role in signs.items() if sign in words), f"a process ({process.name()})")


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still runs: one that has ended and is not yet waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
