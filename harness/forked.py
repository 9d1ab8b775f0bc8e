"""Batches in forks: the server prepares the target in itself, and each batch runs in a child that is forked for it and ends with it."""

from __future__ import annotations

from pathlib import Path

from harness.offspring import Server, execute, fork
from harness.watch import Ending, watch


class ForkedBatches:
    """For targets whose prepared state survives a fork. Making a child costs milliseconds, and nothing of a batch is left behind."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def prepare(self) -> str:
        """Prepares the target; Warp's version. Raises what the target raises."""
        return self._server.device.prepare(self._server.folder, self._server.settings)

    def run(self, jobs: bytes) -> Ending:
        """Runs a batch, passing its outcomes on. Raises OwnerGoneError."""
        server = self._server

        def life(frames: int, folder: Path) -> int:
            return 0 if execute(server.device, jobs, frames) else 1

        child = fork(server, "batch", life)
        try:
            ending, _ = watch(child.pid, child.frames, child.output, owner=server.owner, results=server.results, limits=server.limits)
        finally:
            child.clear_away()
        return ending

    def close(self) -> None:
        """Nothing is left to end."""
