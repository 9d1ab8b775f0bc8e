"""Batches in a process that stays: a worker, forked before anything was prepared, prepares the target and runs batch after batch.

For targets whose prepared state does not survive a fork, as a GPU's context does not. The worker is watched like a child that runs one
batch; one that dies, hangs or loses its device is replaced for the next batch, by a fork of a server that is as fresh as it was.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from generation.code.target import one_line
from harness.frames import JOBS, READY, REFUSED, FrameReader, send, send_raw
from harness.offspring import Child, Server, execute, fork
from harness.watch import Ending, greeting, watch


@dataclass(frozen=True)
class _Worker:
    """The child, and the pipe that its jobs go into."""

    child: Child
    jobs: int


class StayingBatches:
    """Runs batches in one worker at a time. The server itself imports and touches nothing that the target needs."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._worker: _Worker | None = None

    def prepare(self) -> str:
        """Has a worker prepare the target; Warp's version. Raises RefusedError if it cannot, OwnerGoneError."""
        server = self._server
        jobs_in, jobs_out = os.pipe()

        def life(frames: int, folder: Path) -> int:
            os.close(jobs_out)
            return _work(server, jobs_in, frames, folder)

        child = fork(server, "worker", life)
        os.close(jobs_in)
        self._worker = _Worker(child, jobs_out)
        try:
            return greeting(child.pid, child.frames, child.output, owner=server.owner, limits=server.limits)
        except BaseException:
            self._forget()
            raise

    def run(self, jobs: bytes) -> Ending:
        """Runs a batch, passing its outcomes on. Raises OwnerGoneError, and RefusedError if there is no worker and none can be had."""
        server = self._server
        if self._worker is not None and os.waitpid(self._worker.child.pid, os.WNOHANG)[0]:
            # It was killed between two batches, which is no fault of this one.
            self._forget()
        if self._worker is None:
            self.prepare()
        worker = self._worker
        assert worker is not None
        # Why the worker left shows in how it ended.
        with contextlib.suppress(BrokenPipeError):
            send_raw(worker.jobs, (JOBS, jobs))
        child = worker.child
        stays = False
        try:
            ending, stays = watch(
                child.pid, child.frames, child.output, owner=server.owner, results=server.results, limits=server.limits, stays=True
            )
        finally:
            if not stays:
                self._forget()
        return ending

    def close(self) -> None:
        """Ends the worker, whatever it does."""
        if self._worker is not None:
            pid = self._worker.child.pid
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self._forget()

    def _forget(self) -> None:
        """Clears away what is left of a worker that is gone."""
        worker, self._worker = self._worker, None
        if worker is not None:
            os.close(worker.jobs)
            worker.child.clear_away()


def _work(server: Server, requests: int, frames: int, folder: Path) -> int:
    """The worker's whole life; its exit status. It ends when its jobs do, or when it is not to be trusted with more of them."""
    try:
        version = server.device.prepare(folder, server.settings)
    except Exception as error:
        send(frames, REFUSED, one_line(str(error) if isinstance(error, RuntimeError) else error))
        return 1
    send(frames, READY, version)
    reader = FrameReader()
    while (frame := reader.read(requests)) is not None:
        if not execute(server.device, frame[1], frames):
            return 1
    return 0
