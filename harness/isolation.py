"""BatchRunner: runs batches in a warm server process, and takes a batch apart until each guilty case stands alone.

A child that died or hung may have corrupted anything before it did, so its results are discarded. The case that it was busy with is run
alone and the others without it; if that case is innocent, or none is known, the batch is halved.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from generation.code.job import Job, Outcome
from generation.code.settings import CACHE_VARIABLE, Settings
from harness.frames import ENDING, JOBS, OUTCOME, READ_SIZE, READY, REFUSED, Frame, FrameReader, send
from harness.watch import Ending

_ROOT = Path(__file__).resolve().parent.parent
_SERVER = "harness.child"
_LEAVE_SECONDS = 10.0
_KEPT_ENVIRONMENT = (
    *("PATH", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    # Which GPU has which number, and how to get at them, must be the same here and there.
    *("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_MPS_PIPE_DIRECTORY"),
    CACHE_VARIABLE,
)


class IsolationError(RuntimeError):
    """The server cannot work at all. The message is one line."""


class _ServerDiedError(Exception):
    """The server is gone in the middle of a conversation."""


class BatchRunner:
    """Runs batches for one process, which owns one server. A context manager; the server starts with the first batch."""

    def __init__(self, device: str, settings: Settings | None = None, *, build_seconds: float = 240.0, case_seconds: float = 20.0) -> None:
        self.device = device
        self.settings = Settings() if settings is None else settings
        self.build_seconds = build_seconds
        self.case_seconds = case_seconds
        self.warp_version = ""
        self._server: _Server | None = None

    def run(self, jobs: Sequence[Job]) -> dict[str, Outcome]:
        """An Outcome for every job, by case id, in the order of the jobs. Raises IsolationError if no server can be had, and ValueError for
        two jobs of one case."""
        order = [job.case.id for job in jobs]
        if len(set(order)) != len(order):
            raise ValueError("a batch must not hold a case twice: give each job a case id of its own")
        outcomes: dict[str, Outcome] = {}
        sets = [list(jobs)] if jobs else []
        while sets:
            group = sets.pop()
            ending, found = self._attempt(group)
            if ending.reason is None:
                outcomes.update(found)
            elif len(group) == 1:
                outcomes[group[0].case.id] = Outcome(group[0].case.id, failure=ending.reason)
            else:
                sets += reversed(self._take_apart(group, ending, outcomes))
        return {case_id: outcomes[case_id] for case_id in order}

    def close(self) -> None:
        """Ends the server, if there is one, and removes its folder."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def __enter__(self) -> BatchRunner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _take_apart(self, group: list[Job], ending: Ending, outcomes: dict[str, Outcome]) -> list[list[Job]]:
        """The sets to run instead of `group`. A suspect that fails alone has its outcome at once, and the rest stays together."""
        suspects = [job for job in group if job.case.id == ending.suspect]
        if suspects:
            alone, _ = self._attempt(suspects)
            if alone.reason is not None:
                outcomes[ending.suspect] = Outcome(ending.suspect, failure=alone.reason)
                return [[job for job in group if job.case.id != ending.suspect]]
        middle = len(group) // 2
        return [group[:middle], group[middle:]]

    def _attempt(self, group: list[Job]) -> tuple[Ending, dict[str, Outcome]]:
        """Runs one set once. A server that dies is replaced and the set given to the new one; if that dies too, the set is to blame."""
        for _ in range(2):
            server = self._running_server()
            try:
                ending, outcomes = server.run(group)
            except _ServerDiedError:
                self.close()
                continue
            missing = [job.case.id for job in group if job.case.id not in outcomes]
            if ending.reason is None and missing:
                return Ending(f"crash: the batch ended without an outcome for {missing[0]}"), {}
            return ending, outcomes
        return Ending("crash: the server process died twice"), {}

    def _running_server(self) -> _Server:
        if self._server is None:
            self._server = _Server(self.device, self.settings, self.build_seconds, self.case_seconds)
            try:
                self.warp_version = self._server.greet()
            except BaseException:
                self.close()
                raise
        return self._server


class _Server:
    """One server process with the two pipes to it and its folder."""

    def __init__(self, device: str, settings: Settings, build_seconds: float, case_seconds: float) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="warp-kernel-harness-"))
        results, results_out = os.pipe()
        command = [sys.executable, "-m", _SERVER, "--device", device, "--results-fd", str(results_out)]
        command += ["--folder", str(self.folder), "--build-seconds", str(build_seconds), "--case-seconds", str(case_seconds)]
        command += ["--settings", settings.to_json()]
        try:
            with open(self.folder / "server.log", "wb") as log:
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=[results_out],
                    cwd=_ROOT,
                    env=_environment(self.folder),
                    start_new_session=True,
                )
        finally:
            os.close(results_out)
        assert self.process.stdin is not None
        self._requests = self.process.stdin.fileno()
        self._results = results
        self._reader = FrameReader()
        self._frames: list[Frame] = []

    def greet(self) -> str:
        """Warp's version, once the server is warm. Raises IsolationError."""
        try:
            tag, payload = self._next()
        except _ServerDiedError:
            raise IsolationError(f"the server did not start: {self._last_words()}") from None
        said = str(pickle.loads(payload))
        if tag == REFUSED:
            raise IsolationError(said)
        if tag != READY:
            raise IsolationError(f"the server greeted with an unknown frame {tag!r}")
        return said

    def run(self, jobs: list[Job]) -> tuple[Ending, dict[str, Outcome]]:
        """One batch: its Ending and the outcomes that came before it. Raises _ServerDiedError."""
        outcomes: dict[str, Outcome] = {}
        try:
            send(self._requests, JOBS, jobs)
        except OSError:
            raise _ServerDiedError from None
        while True:
            tag, payload = self._next()
            value = pickle.loads(payload)
            if tag == ENDING:
                return value, outcomes
            if tag != OUTCOME:
                raise IsolationError(f"the server sent an unknown frame {tag!r}")
            outcomes[value.case_id] = value

    def close(self) -> None:
        """Closes the server's input, at which it leaves; kills it if it does not; removes its folder either way."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._results)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _next(self) -> Frame:
        while not self._frames:
            data = os.read(self._results, READ_SIZE)
            if not data:
                raise _ServerDiedError
            self._frames = self._reader.feed(data)
        return self._frames.pop(0)

    def _last_words(self) -> str:
        try:
            lines = (self.folder / "server.log").read_text(errors="replace").split("\n")
        except FileNotFoundError:
            # The server removes its folder, and with it its log, when it leaves in good order.
            return f"it left with status {self.process.wait()}"
        return next((line for line in reversed(lines) if line.strip()), f"it left with status {self.process.wait()}")


def _environment(folder: Path) -> dict[str, str]:
    """The same few variables for every server: what a kernel's code and numbers may depend on must not come from the shell."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    # Its modules, Warp above all, must be the ones that this process would import.
    kept["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    fixed = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TMPDIR": str(folder), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return kept | fixed
