"""The warm server: `python -m harness.child --device cpu --results-fd N --folder DIR ...`, started by `harness.isolation`.

It has the target prepared once, then takes batches from its standard input and runs each in a child process, so that a kernel that crashes,
hangs or corrupts memory takes only its batch with it: a child forked for each batch (`harness/forked.py`), or one that stays, where what is
prepared does not survive a fork (`harness/staying.py`). The server runs no kernel of a batch itself, has one thread, and leaves, with its
child and its folder, as soon as its standard input closes: when its owner is done, or was killed.
"""

from __future__ import annotations

import argparse
import resource
import shutil
from pathlib import Path
from typing import Protocol

from generation.code import target
from generation.code.settings import Settings
from generation.code.target import one_line
from harness.forked import ForkedBatches
from harness.frames import ENDING, JOBS, READY, REFUSED, FrameReader, send
from harness.offspring import Server
from harness.staying import StayingBatches
from harness.watch import Ending, Limits, OwnerGoneError, RefusedError

_STDIN = 0


class Batches(Protocol):
    """A way of running batches in children of the server."""

    def prepare(self) -> str:
        """Gets the target ready; Warp's version. Raises Exception if that cannot be done."""

    def run(self, jobs: bytes) -> Ending:
        """Runs the jobs of one frame and passes their outcomes on. Raises OwnerGoneError, RefusedError."""

    def close(self) -> None:
        """Ends what still runs."""


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
    limits = Limits(options.build_seconds, options.case_seconds)
    server = Server(target(options.device), options.settings, options.folder, limits, results, _STDIN)
    batches: Batches = StayingBatches(server) if server.device.stays(options.settings) else ForkedBatches(server)
    try:
        version = batches.prepare()
    except OwnerGoneError:
        raise
    except Exception as error:
        send(results, REFUSED, one_line(str(error) if isinstance(error, RuntimeError) else error))
        return
    send(results, READY, version)
    requests = FrameReader()
    try:
        while (frame := requests.read(_STDIN)) is not None:
            tag, jobs = frame
            if tag != JOBS:
                raise RuntimeError(f"the server takes {JOBS!r} frames, not {tag!r}")
            send(results, ENDING, batches.run(jobs))
    except RefusedError:
        # A worker that was lost cannot be replaced: the owner's next server will say why, in its greeting.
        pass
    finally:
        batches.close()


if __name__ == "__main__":
    main()
