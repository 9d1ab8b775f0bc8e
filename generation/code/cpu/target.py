"""The CPU target's stages: define and emit each case, build them together, run each one."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generation.code.job import Job, Outcome
from generation.code.target import BuildError, Progress, Report, Stage, one_line

if TYPE_CHECKING:
    from generation.code.cpu.headers import SpareHeaders
    from generation.code.cpu.unit import Emitted, Unit
    from generation.code.private_api import PrivateApi

_REASON_KINDS: dict[Stage, str] = {"define": "define", "emit": "codegen", "run": "run"}


@dataclass
class _Work:
    """A job on its way through the stages."""

    job: Job
    seconds: dict[str, float] = field(default_factory=dict)
    emitted: Emitted | None = None
    unit: Unit | None = None


class CpuTarget:
    """Generates, compiles and runs kernels on the CPU. Warp is imported on first use, never by `missing`."""

    name = "cpu"

    def __init__(self) -> None:
        self._spare_headers: SpareHeaders | None = None

    def missing(self) -> str | None:
        """One line if warp-lang is not installed, else None. Whether its version will do is found out by `prepare`."""
        if importlib.util.find_spec("warp") is None:
            return "warp-lang is not installed: pip install 'warp-lang>=1.16,<1.20'"
        return None

    def prepare(self, folder: Path, *, optimization_level: int | None) -> str:
        """Imports Warp, checks its private API, and compiles a trivial kernel, which makes clang's precompiled header.

        Gives Warp's version. All caches are kept in `folder`. Raises UnsupportedWarpError, one line.
        """
        import warp as wp

        wp.config.log_level = wp.LOG_ERROR
        wp.config.kernel_cache_dir = str(folder / "cache")

        from generation.code.cpu.headers import SpareHeaders
        from generation.code.cpu.warm_up import warm_up
        from generation.code.private_api import probe

        api = probe()
        warm_up(self, optimization_level)
        self._spare_headers = SpareHeaders(api.header_folder(), folder / "spare-headers")
        return api.version

    def execute(self, jobs: Sequence[Job], *, optimization_level: int | None, report: Report) -> None:
        """Runs the jobs as one batch. A job that cannot be defined or emitted fails alone; BuildError is the whole batch's."""
        from generation.code.private_api import probe

        api = probe()
        units: list[Unit] = []
        try:
            works = [_Work(job) for job in jobs]
            ready = [work for work in works if self._make(work, api, units, optimization_level, report)]
            if ready:
                self._build(ready, units, report)
            for work in ready:
                self._run(work, report)
        except BuildError:
            if self._spare_headers is not None:
                self._spare_headers.restore()
            raise
        finally:
            names = [unit.module_name for unit in units]
            units.clear()
            for name in names:
                api.unload(name)

    def _make(self, work: _Work, api: PrivateApi, units: list[Unit], optimization_level: int | None, report: Report) -> bool:
        """Defines and emits a case into the first unit that admits it; False, with its outcome reported, if that fails."""
        from generation.code.cpu.unit import Unit
        from generation.code.define import forget_source

        case = work.job.case
        stage: Stage = "define"
        position = 0
        try:
            while work.unit is None:
                if position == len(units):
                    units.append(Unit(api, f"batch_{position}", optimization_level))
                unit = units[position]
                stage = "define"
                report(Progress(stage, case.id))
                with _timed(work, stage):
                    namespace = unit.define(case)
                stage = "emit"
                report(Progress(stage, case.id))
                with _timed(work, stage):
                    emitted = unit.emit(case, namespace)
                if unit.admits(emitted):
                    unit.members[emitted.name] = emitted
                    work.emitted, work.unit = emitted, unit
                else:
                    api.forget(emitted.kernel)
                    position += 1
        except Exception as error:
            report(Progress(stage, case.id, outcome=_failed(work, stage, error)))
            return False
        finally:
            forget_source()
        return True

    def _build(self, ready: list[_Work], units: list[Unit], report: Report) -> None:
        report(Progress("build"))
        start = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="build-") as folder:
            for unit in units:
                if unit.members:
                    unit.build(Path(folder))
        share = (time.perf_counter() - start) / len(ready)
        for work in ready:
            work.seconds["build"] = share

    def _run(self, work: _Work, report: Report) -> None:
        from generation.code.cpu.launch import run_launch

        assert work.emitted is not None
        case = work.job.case
        outcome = Outcome(case.id, code=work.emitted.code, preamble=work.emitted.preamble)
        try:
            with _timed(work, "run"):
                done = []
                for number, launch in enumerate(work.job.launches, start=1):
                    report(Progress("run", case.id, launch=number))
                    done.append(run_launch(case, launch, work.emitted.kernel, work.emitted.namespace))
            outcome = replace(outcome, launches=tuple(done), seconds=dict(work.seconds))
        except Exception as error:
            outcome = replace(outcome, failure=f"run: {one_line(error)}", seconds=dict(work.seconds))
        report(Progress("run", case.id, outcome=outcome))


def _failed(work: _Work, stage: Stage, error: Exception) -> Outcome:
    return Outcome(work.job.case.id, failure=f"{_REASON_KINDS[stage]}: {one_line(error)}", seconds=dict(work.seconds))


@contextmanager
def _timed(work: _Work, stage: Stage) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        work.seconds[stage] = work.seconds.get(stage, 0.0) + time.perf_counter() - start
