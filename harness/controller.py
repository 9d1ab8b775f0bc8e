"""The controller of the main job: holds the dataset, gathers the workers' results, commits, and decides how the run ended.

It is a pytest plugin object, registered only in the process that the command started. It checks nothing itself and never imports Warp.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from typing import Any

import pytest

from generation.code import target
from harness.card import write_card
from harness.dataset import Committed, Dataset
from harness.errors import DatasetError
from harness.options import Options
from harness.plan import Plan, make_plan
from harness.result import CaseResult
from harness.scheduler import BatchScheduling
from harness.summary import build_summary, summary_text, write_summary


class Controller:
    """One run of the main job. Raises pytest.UsageError if the data folder cannot be used."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._start = time.perf_counter()
        self._config = config
        self._options = options
        self._workers = 0
        self._results: dict[str, CaseResult] = {}
        self._lines: list[str] = []
        self._dataset: Dataset | None = None
        already_there: set[tuple[int, str]] = set()
        if options.case is None:
            try:
                self._dataset = Dataset(options.data_dir, options.device).open()
                # What a killed run left in its spools is kept there, and committed with this run's records at the end.
                already_there = self._dataset.done_keys() | self._dataset.spooled_keys()
            except DatasetError as error:
                raise pytest.UsageError(str(error)) from None
        self.plan: Plan = make_plan(options, already_there, target(options.device).reach())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Says first what this run is."""
        self._write(self._headline())
        if not self.plan.left:
            self._write(f"all {self.plan.asked} cases are already in {self._options.data_dir}; nothing to do")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        """Collects nothing when nothing is left to run: pytest would make a skipped test of an empty list."""
        if self.plan.left:
            return None
        session.items = []
        return True

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[Any]) -> None:
        """Learns how many workers xdist starts."""
        self._workers = len(specs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Gives a worker the plan."""
        node.workerinput["plan"] = self.plan.to_plain()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self) -> BatchScheduling:
        """The main job is scheduled by batches, whatever `--dist` says."""
        return BatchScheduling(self._workers, self._options.batch_size)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes a case's result from its report. A failure without one is the harness's or a dead worker's, and fails the case."""
        case_id = report.nodeid.partition("[")[2].rstrip("]")
        result = CaseResult.from_properties(report.user_properties)
        if result is not None and report.when == "call":
            self._results[case_id] = result
        elif report.failed:
            known = self._results.get(case_id, CaseResult(case_id, False))
            self._results[case_id] = replace(known, passed=False, reason=f"harness: {_first_line(report)}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Commits what passed (after an interrupt too), sets the exit status, and writes the summary."""
        if self._config.option.collectonly or self._dataset is None:
            return
        committed = Committed()
        lost = self._lost(session)
        fault: str | None = None
        if lost and self._options.settled:
            fault = f"{lost} cases were lost to an interrupt or a dead process; what passed stays in the spools: run again"
        start = time.perf_counter()
        if fault is None:
            try:
                committed = self._dataset.commit()
                write_card(self._options.data_dir)
            except DatasetError as error:
                fault = str(error)
        commit_seconds = time.perf_counter() - start
        fault = fault or self._fault(session, self._dataset.done_keys())
        if not self.plan.left and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK
        if fault is not None and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        summary = build_summary(
            self._options,
            list(self._results.values()),
            committed,
            asked=self.plan.asked,
            already_there=self.plan.skipped,
            arch=self._arch(),
            warp_version=version("warp-lang"),
            workers=max(self._workers, 1),
            day=date.today(),
            wall_seconds=time.perf_counter() - self._start,
            exit_status=int(session.exitstatus),
            lost=lost,
        )
        summary["seconds"]["harvest"] = round(summary["seconds"].get("harvest", 0.0) + commit_seconds, 3)
        manifest = self._dataset.manifest
        whereabouts = f"{manifest.rows} records, {manifest.code_bytes / 1e6:.3f} MB of code in all, in {self._options.data_dir}"
        self._lines = [*summary_text(summary).splitlines(), whereabouts]
        try:
            write_summary(self._options.data_dir, summary)
        except DatasetError as error:
            fault = fault or str(error)
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        if fault is not None:
            self._lines.append(f"the run failed: {fault}")

    def pytest_terminal_summary(self) -> None:
        """Says how the run ended, in a few lines."""
        for line in self._lines:
            self._write(line)

    def pytest_unconfigure(self) -> None:
        """Lets go of the dataset."""
        if self._dataset is not None:
            self._dataset.close()

    def _lost(self, session: pytest.Session) -> int:
        """How many cases were lost to an interrupt or a dead process: another run may pass them."""
        lost = sum(result.lost for result in self._results.values()) + max(session.testscollected - len(self._results), 0)
        return max(lost, 1) if session.exitstatus == pytest.ExitCode.INTERRUPTED else lost

    def _fault(self, session: pytest.Session, done: set[tuple[int, str]]) -> str | None:
        """Why the run is a failure although no case failed, or None."""
        unfinished = session.testscollected - len(self._results)
        if unfinished > 0:
            return f"{unfinished} of {session.testscollected} cases were not run"
        if self._results and all(result.skipped for result in self._results.values()):
            return f"none of the {len(self._results)} cases can run here: {next(iter(self._results.values())).skipped}"
        lost = [r.case_id for r in self._results.values() if r.passed and (self._options.seed, r.case_id) not in done]
        return f"{len(lost)} cases passed and are not in the dataset, {lost[0]} among them" if lost else None

    def _headline(self) -> str:
        options = self._options
        if options.case is not None:
            which = f"case {options.case} alone, not harvested"
        else:
            which = f"indices {options.start}..{options.start + options.count - 1}"
            if options.families:
                which += f" of {', '.join(options.families)}"
        reach = self.plan.reach
        where = f"on {' and '.join(dict.fromkeys(reach.devices))}, compiled for {self._arch()}"
        lacks = "" if reach.gpus or reach.validation == "executed" else f" ({reach.note or 'no GPU can be used here'})"
        return f"device {options.device}, validation {reach.validation} {where}{lacks}, seed {options.seed}, {which}"

    def _arch(self) -> str:
        """What code is compiled for, by name; more than one where GPUs differ."""
        asked = self._options.arch
        return " and ".join(dict.fromkeys(self.plan.reach.archs)) if asked is None else f"sm_{asked}"

    def _write(self, line: str) -> None:
        terminal = self._config.pluginmanager.getplugin("terminalreporter")
        if terminal is not None:
            terminal.write_line(line)


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(report.longrepr) if crash is None else str(crash.message)
    return text.strip().splitlines()[0] if text.strip() else report.outcome
