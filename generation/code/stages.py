"""The stages that every target takes a batch through: define and emit each case, build the units, run each case."""

from __future__ import annotations

import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from generation.code.define import forget_source
from generation.code.job import Job, LaunchData, LaunchOutcome, Outcome
from generation.code.private_api import PrivateApi
from generation.code.target import BuildError, DeviceLostError, Progress, Report, Stage, one_line
from generation.code.unit import Dialect, Emitted, Unit
from kernels.case import Case

_REASON_KINDS: dict[Stage, str] = {"define": "define", "emit": "codegen", "run": "run"}


@dataclass
class _Work:
    """A job on its way through the stages."""

    job: Job
    seconds: dict[str, float] = field(default_factory=dict)
    emitted: Emitted | None = None


class Stages(ABC):
    """A target's toolchain, and the way a batch takes through it."""

    def __init__(self, api: PrivateApi, optimization_level: int | None) -> None:
        self.api = api
        self.optimization_level = optimization_level

    @abstractmethod
    def dialect(self, case: Case) -> Dialect:
        """What the case's code is generated as."""

    @abstractmethod
    def build(self, unit: Unit, folder: Path, seconds: dict[str, float]) -> None:
        """Compiles and loads the unit's members, adding to `seconds` by step. Raises BuildError; the reason is on standard error."""

    @abstractmethod
    def describe(self, emitted: Emitted, outcome: Outcome) -> Outcome:
        """The outcome with what is known of the case once it is built: its level, where it runs, why not if it does not, or its failure."""

    @abstractmethod
    def run(self, emitted: Emitted, launch: LaunchData) -> LaunchOutcome:
        """Runs one launch. Raises DeviceLostError if nothing can be run here any more."""

    def execute(self, jobs: Sequence[Job], report: Report) -> None:
        """Runs the jobs as one batch. A job that cannot be defined or emitted fails alone; BuildError is the whole batch's."""
        units: list[Unit] = []
        try:
            works = [_Work(job) for job in jobs]
            ready = [work for work in works if self._make(work, units, report)]
            if ready:
                self._build(ready, units, report)
            for work in ready:
                self._run(work, report)
        finally:
            names = [unit.module_name for unit in units]
            units.clear()
            for name in names:
                self.api.unload(name)

    def _make(self, work: _Work, units: list[Unit], report: Report) -> bool:
        """Defines and emits a case into the first unit that admits it; False, with its outcome reported, if that fails."""
        case = work.job.case
        dialect = self.dialect(case)
        level = None if work.job.at_default_level else self.optimization_level
        stage: Stage = "define"
        position = 0
        try:
            while work.emitted is None:
                if position == len(units):
                    units.append(Unit(self.api, f"batch_{position}", dialect, level))
                unit = units[position]
                position += 1
                if (unit.dialect, unit.optimization_level) != (dialect, level):
                    continue
                stage = "define"
                report(Progress(stage, case.id))
                with _timed(work.seconds, stage):
                    namespace = unit.define(case)
                stage = "emit"
                report(Progress(stage, case.id))
                with _timed(work.seconds, stage):
                    emitted = unit.emit(case, namespace)
                if unit.admits(emitted):
                    unit.members[emitted.name] = emitted
                    work.emitted = emitted
                else:
                    self.api.forget(emitted.kernel)
        except Exception as error:
            failure = f"{_REASON_KINDS[stage]}: {one_line(error)}"
            report(Progress(stage, case.id, outcome=Outcome(case.id, failure=failure, seconds=dict(work.seconds))))
            return False
        finally:
            forget_source()
        return True

    def _build(self, ready: list[_Work], units: list[Unit], report: Report) -> None:
        report(Progress("build"))
        start = time.perf_counter()
        steps: dict[str, float] = {}
        with tempfile.TemporaryDirectory(prefix="build-") as folder:
            for unit in units:
                if unit.members:
                    try:
                        self.build(unit, Path(folder), steps)
                    except Exception as error:
                        raise BuildError(str(error)) from error
        steps = steps or {"build": time.perf_counter() - start}
        for work in ready:
            work.seconds |= {step: seconds / len(ready) for step, seconds in steps.items()}

    def _run(self, work: _Work, report: Report) -> None:
        emitted = work.emitted
        assert emitted is not None
        case = work.job.case
        made = Outcome(case.id, code=emitted.code, preamble=emitted.preamble, overloads=emitted.overloads)
        outcome = self.describe(emitted, made)
        if outcome.failure is None and not outcome.not_executed:
            try:
                with _timed(work.seconds, "run"):
                    done = []
                    for number, launch in enumerate(work.job.launches, start=1):
                        report(Progress("run", case.id, launch=number))
                        done.append(self.run(emitted, launch))
                outcome = replace(outcome, launches=tuple(done))
            except DeviceLostError:
                raise
            except Exception as error:
                outcome = replace(outcome, failure=f"run: {one_line(error)}")
        report(Progress("run", case.id, outcome=replace(outcome, seconds=dict(work.seconds))))


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start
