"""Counting what was found of a device's records, and saying it in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.verification.finding import Finding

SHOWN = 10
"""Records of a device that do not agree, and faults, that are shown."""

_TEXT = {"same": "as recorded", "differs": "different", "drift": "of another warp-lang", "not_made": "not made"}

_RESULTS = {"agree": "as recorded", "differ": "different", "drift": "of another warp-lang", "not_run": "not run"}


@dataclass
class Tally:
    """What was found of the `asked` records of a device: counts, and the first `SHOWN` that differ, or could not be compared."""

    device: str
    asked: int
    texts: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    gradients: Counter[str] = field(default_factory=Counter)
    records: int = 0
    agree: int = 0
    differ: int = 0
    exact: int = 0
    shown: dict[bool, list[Finding]] = field(default_factory=lambda: {True: [], False: []})

    def add(self, finding: Finding) -> None:
        """Count one record."""
        self.records += 1
        self.agree += finding.agrees
        self.differ += finding.differs
        self.exact += finding.exact
        self.texts[finding.text] += 1
        self.results[finding.results] += 1
        self.recorded[finding.recorded] += 1
        if finding.reached:
            self.reached[finding.reached] += 1
            self.gradients[finding.gradient] += 1
        if not finding.agrees and len(self.shown[finding.differs]) < SHOWN:
            self.shown[finding.differs].append(finding)

    @property
    def unsettled(self) -> int:
        """Records that could not be compared in full, and differ in nothing that could."""
        return self.asked - self.agree - self.differ

    def lines(self) -> list[str]:
        """What there is to say, the records that do not agree last."""
        levels = _counts(self.reached, {}) or "none"
        if self.recorded != self.reached:
            levels += f" (recorded: {_counts(self.recorded, {})})"
        found = [
            f"{self.device}: text: {_counts(self.texts, _TEXT)}",
            f"{self.device}: results: {_counts(self.results, _RESULTS)}; {levels}",
        ]
        if self.gradients:
            found.append(f"{self.device}: gradients: {_counts(self.gradients, {})}; errors the same to the last bit: {self.exact}")
        for differs, count, what in ((True, self.differ, "differs"), (False, self.unsettled, "not compared")):
            lines = [f"{what}: {finding.id} {finding.case}: {'; '.join(finding.remarks)}" for finding in self.shown[differs]]
            found += _first(lines, count, "records")
        return found


def fault_lines(faults: Sequence[str]) -> list[str]:
    """What there is to say of the records as a whole."""
    if not faults:
        return ["as a whole: ids and structures are unique, and no structure or cluster is in two splits"]
    return _first([f"as a whole: {fault}" for fault in faults[:SHOWN]], len(faults), "faults")


def conclusion(tallies: Sequence[Tally], faults: Sequence[str]) -> str:
    """The last line: how many records agree, and what is to be said of the others."""
    asked, agree, differ, unsettled = (
        sum(values) for values in zip(*((t.asked, t.agree, t.differ, t.unsettled) for t in tallies), strict=True)
    )
    parts = [f"{agree} of {asked} records agree in text and results"]
    parts += [f"{differ} differ"] if differ else []
    parts += [f"{unsettled} could not be compared in full"] if unsettled else []
    parts += ["the records as a whole are not as they must be"] if faults else []
    return ", ".join(parts)


def _counts(counter: Counter[str], names: dict[str, str]) -> str:
    return ", ".join(f"{count} {names.get(name, name)}" for name, count in sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _first(lines: list[str], count: int, what: str) -> list[str]:
    return lines + ([f"and {count - len(lines)} {what} more"] if count > len(lines) else [])
