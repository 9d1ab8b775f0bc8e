"""What a production says while it runs: a live line on a terminal, plain lines anywhere else."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from generation.production.ledger import Ledger, RoundEntry
from generation.production.schedule import Round
from generation.production.tail import SpoolTail


@dataclass
class Progress:
    """The progress of one call, on `out`. `log_seconds` lie between plain lines."""

    target_bytes: int
    log_seconds: float
    out: TextIO = field(default_factory=lambda: sys.stdout)

    def __post_init__(self) -> None:
        self._live = self.out.isatty()
        self._width = 0
        self._said = time.monotonic()
        self._begun = time.monotonic()
        self._first_bytes: int | None = None

    def say(self, line: str) -> None:
        """A line that stays."""
        self._clear()
        print(line, file=self.out, flush=True)

    def tick(self, ledger: Ledger, round: Round, tail: SpoolTail) -> None:
        """How far a round is; shown at once on a terminal, and now and then in a log."""
        if not self._due():
            return
        tail.poll()
        records, code_bytes, *_ = ledger.counted
        self._show(
            f"round {round.number} (cases {round.start} to {round.start + round.cases - 1}): {tail.records} passed, "
            f"{records + tail.records:,} records, {self._amount(code_bytes + tail.code_bytes)}{_passed(ledger)}"
        )

    def state(self, ledger: Ledger, what: str) -> None:
        """What is going on, and the amount reached; shown as by `tick`."""
        if self._due():
            self._show(f"{what}; {ledger.counted[0]:,} records, {self._amount(ledger.counted[1])}{_passed(ledger)}")

    def _due(self) -> bool:
        """Whether it is time to show how things are."""
        now = time.monotonic()
        if not self._live and now - self._said < self.log_seconds:
            return False
        self._said = now
        return True

    def _show(self, line: str) -> None:
        """A line that the next one takes the place of, where there is a terminal."""
        if self._live:
            self._clear()
            # A line that wraps could not be taken back.
            line = line[: shutil.get_terminal_size().columns - 1]
            self.out.write(line)
            self.out.flush()
            self._width = len(line)
        else:
            self.say(line)

    def done(self, ledger: Ledger, entry: RoundEntry) -> None:
        """A round that is done."""
        self._said = time.monotonic()
        level = "default level" if entry.optimization_level is None else f"level {entry.optimization_level}"
        left_out = entry.duplicates + entry.bridges
        again = f", {entry.attempts} attempts" if entry.attempts > 1 else ""
        self.say(
            f"round {entry.number} done in {entry.wall_seconds:.1f} s ({entry.cpu_seconds:.0f} CPU s, {entry.peak_bytes / 1e6:.0f} MB, "
            f"{level}{again}): {entry.passed} of {entry.cases} passed, {entry.harvested} harvested, {left_out} left out; "
            f"{ledger.counted[0]:,} records, {self._amount(ledger.counted[1])}"
        )

    def _amount(self, code_bytes: int) -> str:
        """Bytes reached and wanted, the rate of this call, and the time left at that rate."""
        if self._first_bytes is None:
            self._first_bytes = code_bytes
        text = f"{code_bytes / 1e6:.1f} of {self.target_bytes / 1e6:g} MB"
        rate = (code_bytes - self._first_bytes) / max(time.monotonic() - self._begun, 1e-9)
        if rate <= 0:
            return text
        text += f", {rate / 1e6:.2f} MB/s"
        left = max(self.target_bytes - code_bytes, 0) / rate
        return f"{text}, {_duration(left)} left" if left else text

    def _clear(self) -> None:
        if self._width:
            self.out.write("\r" + " " * self._width + "\r")
            self._width = 0


def _passed(ledger: Ledger) -> str:
    """The share of cases that passed in the rounds that are done."""
    passed = sum(entry.passed for entry in ledger.rounds)
    tried = passed + sum(entry.failed for entry in ledger.rounds)
    return f", {passed / tried:.1%} passed so far" if tried else ""


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
