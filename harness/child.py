"""The warm server: `python -m harness.child --device cpu --results-fd N --folder DIR ...`, started by `harness.isolation`.

It imports and warms up the compiler once, then takes batches from its standard input. Each batch runs in a forked child, so that a kernel
that crashes, hangs or corrupts memory takes only its batch with it. The server runs no kernel of a batch itself, has one thread, and
leaves, with its child and its folder, as soon as its standard input closes: when its owner is done, or was killed.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from generation.code import target
from generation.code.job import Job
from generation.code.settings import Settings
from generation.code.target import BuildError, Progress, Target, one_line
from harness.frames import ENDING, JOBS, MARK, OUTCOME, READY, REFUSED, FrameReader, send
from harness.watch import Limits, OwnerGoneError, watch

_STDIN = 0
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serves until standard input closes. A server that cannot work says so in one frame."""
    options = _options()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _serve(options)
    except (OwnerGoneError, BrokenPipeError):
        # Nobody is left to tell; leaving tidily is all there is to do.
        pass
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness.child")
    parser.add_argument("--device", required=True)
    parser.add_argument("--results-fd", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--settings", type=Settings.from_json, required=True)
    parser.add_argument("--build-seconds", type=float, required=True)
    parser.add_argument("--case-seconds", type=float, required=True)
    return parser.parse_args()


def _serve(options: argparse.Namespace) -> None:
    results = options.results_fd
    try:
        device = target(options.device)
        version = device.prepare(options.folder, options.settings)
    except Exception as error:
        send(results, REFUSED, one_line(str(error) if isinstance(error, RuntimeError) else error))
        return
    send(results, READY, version)
    limits = Limits(options.build_seconds, options.case_seconds)
    libc = ctypes.CDLL(None)
    requests = FrameReader()
    while (frame := requests.read(_STDIN)) is not None:
        tag, payload = frame
        if tag != JOBS:
            raise RuntimeError(f"the server takes {JOBS!r} frames, not {tag!r}")
        _run_batch(device, options, limits, libc, pickle.loads(payload))


def _run_batch(device: Target, options: argparse.Namespace, limits: Limits, libc: Any, jobs: Sequence[Job]) -> None:
    """Forks a child for the jobs and watches it to its end."""
    folder = Path(tempfile.mkdtemp(prefix="batch-", dir=options.folder))
    frames_in, frames_out = os.pipe()
    output_in, output_out = os.pipe()
    server = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(frames_in)
        os.close(output_in)
        os.close(options.results_fd)
        _become_child(libc, server, output_out, folder)
        _execute(device, jobs, frames_out)
    os.close(frames_out)
    os.close(output_out)
    try:
        ending = watch(child, frames_in, output_in, owner=_STDIN, results=options.results_fd, limits=limits)
    finally:
        os.close(frames_in)
        os.close(output_in)
        shutil.rmtree(folder, ignore_errors=True)
    send(options.results_fd, ENDING, ending)


def _become_child(libc: Any, server: int, output: int, folder: Path) -> None:
    """Ties the child's life to the server's, its standard streams to the server's pipe, and its temporary files to its own folder."""
    if sys.platform == "linux":
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server:
            os._exit(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)
    tempfile.tempdir = str(folder)


def _execute(device: Target, jobs: Sequence[Job], frames: int) -> NoReturn:
    """The child's whole life. It leaves by `os._exit`: any other way would run the server's clean-up, which is not the child's."""

    def report(progress: Progress) -> None:
        if progress.outcome is None:
            send(frames, MARK, progress)
        else:
            send(frames, OUTCOME, progress.outcome)

    status = 0
    try:
        device.execute(jobs, report)
        sys.stdout.flush()
        send(frames, ENDING, None)
    except BuildError:
        sys.stdout.flush()
        send(frames, ENDING, BuildError.__name__)
    except BaseException as error:
        status = 1
        send(frames, ENDING, one_line(error))
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
