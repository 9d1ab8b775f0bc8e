"""The workbench of one worker: takes cases batch by batch from the plan, and each of them to its result.

The first case of a batch makes the whole batch: its cases are generated and prepared, then compiled and run together in the child process.
Each case's own test judges its own outcome, and spools its record if it passed.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from generation.code.job import Outcome
from generation.code.settings import VALIDATIONS
from harness.isolation import BatchRunner
from harness.needs import lacking
from harness.oracle import PreparationError, Prepared, Verdict, judge, prepare
from harness.plan import Plan
from harness.records import make_record
from harness.reproduction import write_reproduction
from harness.result import CaseResult
from harness.spool import Spool
from kernels.catalog import build_named_case

if TYPE_CHECKING:
    from kernels.case import Case

SHORT_DETAILS = 20


@dataclass
class _Entry:
    """A case of the open batch on its way: what there is of it so far, and the seconds spent on it by stage."""

    case: Case | None = None
    prepared: Prepared | None = None
    outcome: Outcome | None = None
    failure: str = ""
    skipped: str = ""
    details: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


class Workbench:
    """Checks cases for one worker; a context manager that owns the worker's child process and spool.

    `cases` are the case ids in the order collected, `size` is the number of cases per batch, `worker` names the spool, and `failures` is
    the folder for reproductions.
    """

    def __init__(self, plan: Plan, cases: Sequence[str], size: int, worker: str, spool_folder: Path, failures: Path) -> None:
        self.plan = plan
        self._cases = cases
        self._positions = {case_id: position for position, case_id in enumerate(cases)}
        self._size = size
        self._failures = failures
        self._entries: dict[str, _Entry] = {}
        self._runner = BatchRunner(plan.options.device, plan.settings(_number(worker)))
        self._spool = Spool(spool_folder, worker) if plan.harvest else None

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the child process and closes the spool."""
        self._runner.close()
        if self._spool is not None:
            self._spool.close()

    def check(self, case_id: str) -> tuple[CaseResult, str]:
        """The result of a case, and the text to fail with ('' if it did not fail). Its record is in the spool when this returns.

        Raises what the child process or the spool raise when they can do no work at all; that is no fault of the case.
        """
        if case_id not in self._entries:
            self._make_batch(case_id)
        entry = self._entries.pop(case_id)
        if entry.skipped:
            return CaseResult(case_id, False, skipped=entry.skipped, seconds=entry.seconds), ""
        if entry.failure or entry.prepared is None or entry.outcome is None:
            return CaseResult(case_id, False, entry.failure, seconds=entry.seconds), self._failure_text(
                case_id, entry.failure, entry.details
            )
        with _timed(entry.seconds, "check"):
            verdict = judge(entry.prepared, entry.outcome)
        if not verdict.passed:
            path = write_reproduction(entry.prepared, verdict, self._failures, self.plan.options.device).relative_to(self._failures.parent)
            result = CaseResult(case_id, False, verdict.reason, verdict.gradient, reproduction=str(path), seconds=entry.seconds)
            return result, self._failure_text(case_id, verdict.reason, verdict.details, path)
        outcome = entry.outcome
        lacking = self._lacking(outcome)
        if lacking:
            result = CaseResult(case_id, False, lacking, verdict.gradient, outcome.validation, outcome.not_executed, seconds=entry.seconds)
            return result, self._failure_text(case_id, lacking, "")
        with _timed(entry.seconds, "harvest"):
            code_bytes = self._harvest(entry.prepared.job.case, outcome, verdict)
        result = CaseResult(
            case_id,
            True,
            "",
            verdict.gradient,
            outcome.validation,
            outcome.not_executed,
            code_bytes,
            spooled=self._spool is not None,
            seconds=entry.seconds,
        )
        return result, ""

    def _lacking(self, outcome: Outcome) -> str:
        """Why a case that passed does not get as far as it is required to, or ''."""
        required = self.plan.options.require
        if required is None or VALIDATIONS.index(outcome.validation) >= VALIDATIONS.index(required):
            return ""
        return f"require: {outcome.validation} and not {required}{f': {outcome.not_executed}' if outcome.not_executed else ''}"

    def _make_batch(self, case_id: str) -> None:
        # A case asked for in the middle of its batch comes from a worker that died on that batch, or is run a second time. Then each case
        # is a batch of its own, so that one that kills its worker is blamed alone.
        position = self._positions[case_id]
        batch = self._cases[position : position + self._size] if position % self._size == 0 else [case_id]
        self._entries = {name: self._prepare(name) for name in batch}
        jobs = [
            replace(entry.prepared.job, at_default_level=self._level(name) is None)
            for name, entry in self._entries.items()
            if entry.prepared is not None
        ]
        outcomes = self._runner.run(jobs) if jobs else {}
        for name, outcome in outcomes.items():
            entry = self._entries[name]
            entry.outcome = outcome
            entry.seconds |= outcome.seconds

    def _level(self, case_id: str) -> int | None:
        """The optimization level that a case is compiled at (None: Warp's default)."""
        return self.plan.options.level_at(int(case_id.rpartition("-")[2]))

    def _prepare(self, case_id: str) -> _Entry:
        # Whatever a generator or a reference raises is that case's failure, and the rest of the batch goes on.
        entry = _Entry()
        try:
            with _timed(entry.seconds, "generate"):
                entry.case = build_named_case(self.plan.options.seed, case_id)
            entry.skipped = lacking(entry.case.python_source)
            if entry.skipped:
                return entry
            with _timed(entry.seconds, "prepare"):
                entry.prepared = prepare(entry.case, gpu=self.plan.reach.gpus > 0, threads=self.plan.reach.threads(entry.case.block_dim))
        except PreparationError as error:
            entry.failure = f"prepare: {error}"
            entry.details = _sources(entry.case)
        except Exception as error:
            stage = "generate" if entry.case is None else "prepare"
            entry.failure = f"{stage}: {traceback.format_exception_only(error)[-1].strip()}"
            entry.details = f"{''.join(traceback.format_exception(error))}{_sources(entry.case)}"
        return entry

    def _harvest(self, case: Case, outcome: Outcome, verdict: Verdict) -> int:
        record = make_record(
            case,
            outcome,
            verdict,
            device=self.plan.options.device,
            optimization_level=self._level(case.id),
            warp_version=self._runner.warp_version,
        )
        if self._spool is not None:
            self._spool.append(record, outcome.preamble)
        code_bytes: int = record["code_bytes"]
        return code_bytes

    def _failure_text(self, case_id: str, reason: str, details: str, reproduction: Path | None = None) -> str:
        options = self.plan.options
        lines = details.splitlines()
        if options.case is None and len(lines) > SHORT_DETAILS:
            lines = [*lines[:SHORT_DETAILS], f"... and {len(lines) - SHORT_DETAILS} lines more"]
        at = self._level(case_id)
        level = "" if at is None else f" --optimization-level={at}"
        level += "" if options.arch is None else f" --arch={options.arch}"
        lines = [reason, *lines, f"this case alone: pytest --device={options.device} --seed={options.seed} --case={case_id}{level}"]
        if reproduction is not None:
            lines.append(f"without the harness: python {reproduction}")
        return "\n".join(lines)


def _number(worker: str) -> int:
    """A worker's number: xdist calls them `gw0`, `gw1`, and so on."""
    digits = "".join(c for c in worker if c.isdigit())
    return int(digits) if digits else 0


def _sources(case: Case | None) -> str:
    return "" if case is None else f"kernel:\n{case.python_source}\nreference:\n{case.reference_source}"


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start
