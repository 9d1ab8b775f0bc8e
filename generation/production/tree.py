"""A command with all the processes that it starts: run, watched, and never left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)

_POLL_SECONDS = 0.25
_MEASURE_SECONDS = 2.0
_LEAVE_SECONDS = 60.0
"""How long an interrupted command may take to put its work in safety."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status (negative: the signal that killed it), CPU seconds of all its processes, the most memory they held
    together in bytes (proportional set size), and its wall seconds."""

    status: int
    cpu_seconds: float
    peak_bytes: int
    wall_seconds: float


def run_tree(command: Sequence[str], *, cwd: Path, log: Path, tick: Callable[[], None]) -> Ended:
    """Run a command, with its output in `log`, and call `tick` while it runs.

    On Linux the command dies with this process, however that ends. On KeyboardInterrupt it is told to end, waited for, and the interrupt
    goes on.
    """
    start = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, preexec_fn=dies_with(os.getpid())
        )
    peak = 0
    measured = -_MEASURE_SECONDS
    try:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - measured >= _MEASURE_SECONDS:
                peak = max(peak, _memory(process.pid))
                measured = time.monotonic()
            tick()
            time.sleep(_POLL_SECONDS)
    except BaseException:
        _end(process)
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(process.returncode, usage.ru_utime + usage.ru_stime, peak, time.monotonic() - start)


def dies_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes a command: it has the kernel kill it when its parent dies. The parent's id is given."""

    def settle() -> None:
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

    return settle


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupts the command as Ctrl-C would (a terminal has told it already), then kills it if it does not leave."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _memory(pid: int) -> int:
    """The memory that a process and all below it hold now, shared pages counted once; what cannot be read counts nothing."""
    total = 0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in family:
        try:
            memory = member.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
        except psutil.Error:
            continue
    return total
