"""One round, by the main job: pytest in a process tree of its own, again if cases were lost, until all of them are settled."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.production.ledger import Ledger, RoundEntry
from generation.production.request import ROOT, ProductionError
from generation.production.schedule import SAMPLE_EVERY, Round
from generation.production.tree import Ended, run_tree
from harness.folder import spool_files
from harness.manifest import read_manifest
from harness.result import CaseResult
from harness.summary import summary_path

ATTEMPTS = 4
"""Runs of a round in which the same case may be lost: in the last of them it counts as failed, and whatever passed is added to the dataset.
It is also the number of runs in which no case passes before the round is taken to be unsound."""

MOST_LOST = 8
"""Cases of a round that may count as failed by losing their process again and again; with more, the round is unsound."""

_FAILED = "the run failed: "

_FULL = ("make room", "No space left on device")
"""What is said where a disk is full; no other run of the round would change that."""


@dataclass(frozen=True)
class Job:
    """How rounds are run: where the dataset is, how many workers, where pytest's output goes, and further options of the main job."""

    data_dir: Path
    workers: str
    log: Path
    options: tuple[str, ...] = ()

    def run(self, ledger: Ledger, round: Round, tick: Callable[[], None]) -> RoundEntry:
        """Run a round to its end; what came of it. Raises ProductionError if it cannot be, with what passed safe in the spools."""
        spent: list[Ended] = []
        losses: Counter[str] = Counter()
        stalled, settled = 0, True
        while True:
            summary_path(self.data_dir, ledger.device).unlink(missing_ok=True)
            spent.append(run_tree(self._command(ledger, round, settled=settled), cwd=ROOT, log=self.log, tick=tick))
            summary = self._summary(ledger.device)
            self._check(ledger, round, spent[-1], summary)
            if summary and not (summary["lost"] and settled):
                return self._entry(ledger, round, summary, spent)
            lost = _reasons(summary)
            losses.update(lost.keys())
            # Nothing is left but cases that were lost in every run, so that the next one can lose no other.
            settled = not lost or len(lost) < summary["lost"] or len(lost) > MOST_LOST or min(losses[c] for c in lost) < ATTEMPTS - 1
            stalled = 0 if summary and summary["cases"]["passed"] else stalled + 1
            if settled and stalled == ATTEMPTS:
                how = f"{summary['lost']} cases were lost" if summary else "it was killed"
                words = f"{how} in {ATTEMPTS} runs without progress, the last said: {self._last_words()}"
                raise ProductionError(f"round {round.number}: {words}")

    def _check(self, ledger: Ledger, round: Round, ended: Ended, summary: dict[str, Any]) -> None:
        """Raises ProductionError for what another attempt would not mend."""
        words = self._last_words()
        full = [said for said in (*_reasons(summary).values(), words) if any(sign in said for sign in _FULL)]
        spools = [path for path in spool_files(self.data_dir, ledger.device) if path.stat().st_size]
        kept = spools and summary and not summary["lost"]
        if full or kept or (not summary and ended.status > 0):
            raise ProductionError(f"round {round.number} cannot run: {[*full, words][0].removeprefix('harness: Failed: ')}")

    def _entry(self, ledger: Ledger, round: Round, summary: dict[str, Any], spent: list[Ended]) -> RoundEntry:
        cases = summary["cases"]
        manifest = read_manifest(self.data_dir, ledger.device)
        now = (manifest.rows, manifest.code_bytes, len(manifest.duplicates), len(manifest.bridges))
        harvested, code_bytes, duplicates, bridges = (after - before for after, before in zip(now, ledger.counted, strict=True))
        return RoundEntry(
            number=round.number,
            start=round.start,
            cases=round.cases,
            optimization_level=round.optimization_level,
            passed=round.cases - cases["failed"] - cases["skipped"],
            failed=cases["failed"],
            skipped=cases["skipped"],
            harvested=harvested,
            duplicates=duplicates,
            bridges=bridges,
            code_bytes=code_bytes,
            wall_seconds=_milliseconds(sum(one.wall_seconds for one in spent)),
            cpu_seconds=_milliseconds(sum(one.cpu_seconds for one in spent)),
            peak_bytes=max(one.peak_bytes for one in spent),
            attempts=len(spent),
        )

    def _command(self, ledger: Ledger, round: Round, *, settled: bool) -> list[str]:
        command = [sys.executable, "-m", "pytest", "-n", self.workers, "-p", "no:benchmark", "-q", f"--device={ledger.device}"]
        command += [f"--seed={ledger.seed}", f"--start={round.start}", f"--count={round.cases}", f"--data-dir={self.data_dir}"]
        if round.optimization_level is not None:
            command += [f"--optimization-level={round.optimization_level}", f"--default-level-every={SAMPLE_EVERY}"]
        return [*command, *self.options, *(["--settled"] if settled else [])]

    def _summary(self, device: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(summary_path(self.data_dir, device).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def _last_words(self) -> str:
        """The last line that pytest wrote and that says something."""
        lines = [line.strip() for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()]
        errors = [line.removeprefix("ERROR: ").removeprefix(_FAILED) for line in lines if line.startswith(("ERROR: ", _FAILED))]
        said = [*[line for line in lines if line.strip("= ")], *errors]
        return said[-1] if said else "pytest said nothing"


def _reasons(summary: dict[str, Any]) -> dict[str, str]:
    """Why, by case, a run's cases failed that were lost to something else."""
    failures = [CaseResult(failure["case"], False, failure["reason"]) for failure in summary.get("failures", [])]
    return {failure.case_id: failure.reason for failure in failures if failure.lost}


def _milliseconds(seconds: float) -> float:
    """As times are kept in the ledger."""
    return round(seconds, 3)
