"""A server's children: forked from it, tied to its life, and the way a batch is run in one.

A child talks to the server over two pipes: frames, and what it writes to its standard streams.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generation.code.settings import Settings
from generation.code.target import BuildError, DeviceLostError, Progress, Target, one_line
from harness.frames import ENDING, MARK, OUTCOME, send
from harness.watch import Limits

_PR_SET_PDEATHSIG = 1

_LIBC = ctypes.CDLL(None)
"""Loaded before any fork."""


@dataclass(frozen=True)
class Server:
    """What a server works with: its target and what that is asked for, its folder, the limits to keep, and the file descriptors of the
    results and of its owner (which is gone when that closes).
    """

    device: Target
    settings: Settings
    folder: Path
    limits: Limits
    results: int
    owner: int


@dataclass(frozen=True)
class Child:
    """A child: its process id, the pipes to read its frames and its output from, and its folder for temporary files."""

    pid: int
    frames: int
    output: int
    folder: Path

    def clear_away(self) -> None:
        """Closes the pipes and removes the folder of a child that is gone."""
        os.close(self.frames)
        os.close(self.output)
        shutil.rmtree(self.folder, ignore_errors=True)


def fork(server: Server, kind: str, life: Callable[[int, Path], int]) -> Child:
    """A child that runs `life(frames, folder)` and leaves with the status that it returns. `kind` names its folder.

    It leaves by `os._exit`: any other way would run the server's clean-up, which is not the child's.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=server.folder))
    frames_in, frames_out = os.pipe()
    output_in, output_out = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(frames_in)
            os.close(output_in)
            os.close(server.results)
            _settle(parent, output_out, folder)
            status = life(frames_out, folder)
        finally:
            os._exit(status)
    os.close(frames_out)
    os.close(output_out)
    return Child(pid, frames_in, output_in, folder)


def _settle(parent: int, output: int, folder: Path) -> None:
    """Ties the child's life to its parent's, its standard streams to the parent's pipe, and its temporary files to its own folder."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)
    tempfile.tempdir = str(folder)


def execute(device: Target, jobs: bytes, frames: int) -> bool:
    """Runs one batch in a child (`jobs` as they came in their frame) and sends its marks, its outcomes and, last, its own ending.

    False if the process is not to be trusted with another batch.
    """

    def report(progress: Progress) -> None:
        if progress.outcome is None:
            send(frames, MARK, progress)
        else:
            send(frames, OUTCOME, progress.outcome)

    account: str | None = None
    fit = True
    try:
        device.execute(pickle.loads(jobs), report)
    except BuildError:
        account = BuildError.__name__
    except DeviceLostError as error:
        account, fit = one_line(str(error)), False
    except BaseException as error:
        account, fit = one_line(error), False
    sys.stdout.flush()
    send(frames, ENDING, account)
    return fit
