"""One round, by the main job: pytest in a process tree of its own, again if cases were lost, until all of them are settled."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.production.ledger import Ledger, RoundEntry
from generation.production.request import ROOT, ProductionError
from generation.production.schedule import Round
from generation.production.tree import Ended, run_tree
from harness.manifest import read_manifest
from harness.summary import summary_path

ATTEMPTS = 4
"""Runs of a round before what is still lost counts as failed: the last of them adds to the dataset whatever passed."""

MOST_LOST = 8
"""Cases of a round that may be lost again and again, each to a process that it kills, before the round is taken to be unsound."""


@dataclass(frozen=True)
class Job:
    """How rounds are run: where the dataset is, how many workers, where pytest's output goes."""

    data_dir: Path
    workers: str
    log: Path

    def run(self, ledger: Ledger, round: Round, tick: Callable[[], None]) -> RoundEntry:
        """Run a round to its end; what came of it. Raises ProductionError if it cannot be, with what passed safe in the spools."""
        spent: list[Ended] = []
        summary: dict[str, Any] = {}
        for attempt in range(1, ATTEMPTS + 1):
            summary_path(self.data_dir, ledger.device).unlink(missing_ok=True)
            spent.append(run_tree(self._command(ledger, round, settled=attempt < ATTEMPTS), cwd=ROOT, log=self.log, tick=tick))
            summary = self._summary(ledger.device)
            if summary and not summary["lost"]:
                break
            self._check(round, spent[-1], summary, last=attempt == ATTEMPTS - 1)
        if not summary:
            raise ProductionError(f"round {round.number} was killed {ATTEMPTS} times ({self.log} has its output): run again")
        return self._entry(ledger, round, summary, spent)

    def _check(self, round: Round, ended: Ended, summary: dict[str, Any], *, last: bool) -> None:
        """Raises ProductionError for what another attempt would not mend."""
        words = self._last_words()
        if (not summary and ended.status > 0) or "make room" in words:
            raise ProductionError(f"round {round.number} cannot run: {words}")
        if last and summary and summary["lost"] > MOST_LOST:
            raise ProductionError(
                f"round {round.number}: {summary['lost']} cases were lost {ATTEMPTS - 1} times, the last run said: {words}"
            )

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
            command.append(f"--optimization-level={round.optimization_level}")
        return [*command, *(["--settled"] if settled else [])]

    def _summary(self, device: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(summary_path(self.data_dir, device).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def _last_words(self) -> str:
        """The last line that pytest wrote and that says something."""
        lines = [line.strip() for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()]
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith(("ERROR: ", "the run failed: "))]
        said = [*[line for line in lines if line.strip("= ")], *errors]
        return said[-1] if said else "pytest said nothing"


def _milliseconds(seconds: float) -> float:
    """As times are kept in the ledger."""
    return round(seconds, 3)
