"""GENERATION_STATE.md: how far the work is, what comes next, what was learnt, and what was done.

The file is written for people and read by code, so its form is fixed: `parse` takes exactly what `render` gives, and refuses anything
else with one line. A state is a value; every change makes a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from harness.publish import publish_text

PHASES = {"P1": "CPU", "P2": "CUDA", "P3": "Report"}

STATUSES = ("in_progress", "completed")

_SECTIONS = ("Next Action", "Key Findings", "Session Log")


class StateError(Exception):
    """A state that does not have the form of GENERATION_STATE.md; the message is one line that says what is wrong and what to do."""


@dataclass(frozen=True)
class State:
    """The state of the work: `phase` is a key of `PHASES`, `status` one of `STATUSES`, `log` holds (day, activity), oldest first.

    Raises StateError for a value that could not be read back: findings and activities are one line each, and not empty; no line of the
    next action starts a section.
    """

    phase: str
    status: str
    next_action: str
    findings: tuple[str, ...] = ()
    log: tuple[tuple[date, str], ...] = ()

    def __post_init__(self) -> None:
        if self.phase not in PHASES:
            raise StateError(f"unknown phase {self.phase!r}: use one of {', '.join(PHASES)}")
        if self.status not in STATUSES:
            raise StateError(f"unknown status {self.status!r}: use one of {', '.join(STATUSES)}")
        action = self.next_action
        if (
            not action
            or action != action.strip()
            or len(action.splitlines()) != len(action.split("\n"))
            or re.search(r"^#+ ", action, re.M)
        ):
            raise StateError(f"the next action {action!r} is empty, padded, or holds a heading: write plain lines")
        for line in (*self.findings, *(activity for _, activity in self.log)):
            if not line or line != line.strip() or len(line.splitlines()) != 1:
                raise StateError(f"{line!r} is not one plain line: findings and activities are one line each")

    def render(self) -> str:
        """The text of GENERATION_STATE.md."""
        parts = [
            "# Generation State",
            f"- **Phase**: {self.phase} ({PHASES[self.phase]})",
            f"- **Status**: {self.status}",
            "",
            "## Next Action",
            self.next_action,
            "",
            "## Key Findings",
            *(f"- {finding}" for finding in self.findings),
            "",
            "## Session Log",
            *(f"- {day.isoformat()}: {activity}" for day, activity in self.log),
        ]
        return "\n".join(parts) + "\n"

    def advance(self, next_action: str) -> State:
        """The next phase, in progress; after the last phase, the same phase completed."""
        phases = list(PHASES)
        place = phases.index(self.phase) + 1
        if place == len(phases):
            return replace(self, status="completed", next_action=next_action)
        return replace(self, phase=phases[place], status="in_progress", next_action=next_action)

    def with_next_action(self, next_action: str) -> State:
        """The same state with another next step."""
        return replace(self, next_action=next_action)

    def with_finding(self, finding: str) -> State:
        """The state with a finding more, or the same one if it is known."""
        return self if finding in self.findings else replace(self, findings=(*self.findings, finding))

    def with_activity(self, day: date, activity: str) -> State:
        """The state with an activity more at the end of its log."""
        return replace(self, log=(*self.log, (day, activity)))


def parse(text: str) -> State:
    """The state that `text` describes. Raises StateError, naming the line, for any text that `State.render` would not give."""
    lines = text.split("\n")
    if lines[-1:] != [""]:
        raise StateError("it does not end with a newline: add one")
    lines.pop()
    _header(lines, 0, "# Generation State", "# Generation State")
    phase, title = _header(lines, 1, r"- \*\*Phase\*\*: (P\d) \((\w+)\)", "- **Phase**: P1 (CPU)").groups()
    if PHASES.get(phase) != title:
        known = ", ".join(f"{key} ({name})" for key, name in PHASES.items())
        raise StateError(f"line 2: unknown phase '{phase} ({title})': use one of {known}")
    status = _header(lines, 2, r"- \*\*Status\*\*: (\w+)", "- **Status**: in_progress").group(1)
    _header(lines, 3, "", "an empty line")
    starts = [_section(lines, name) for name in _SECTIONS]
    if starts != sorted(starts) or starts[0] != 4:
        raise StateError(f"its sections are not in the order {', '.join(_SECTIONS)}: put them in this order")
    action, findings, log = (lines[start + 1 : end] for start, end in zip(starts, [*starts[1:], len(lines) + 1], strict=True))
    return State(
        phase,
        status,
        "\n".join(_without_last_empty(action, starts[1])),
        tuple(_bullet(line, number) for number, line in enumerate(_without_last_empty(findings, starts[2]), starts[1] + 2)),
        tuple(_dated(line, number) for number, line in enumerate(log, starts[2] + 2)),
    )


def read_state(path: Path) -> State:
    """The state in the file at `path`. Raises StateError, naming the file, if it cannot be read or is malformed."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StateError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise StateError(f"{path} is not text in UTF-8") from None
    except StateError as error:
        raise StateError(f"{path}: {error}") from None


def write_state(path: Path, state: State) -> None:
    """Replace the file at `path`. Raises StateError, leaving the old one, if the disk refuses."""
    try:
        publish_text(path, state.render())
    except OSError as error:
        raise StateError(f"{path} cannot be written ({error.strerror})") from None


def _header(lines: list[str], number: int, pattern: str, form: str) -> re.Match[str]:
    found = re.fullmatch(pattern, lines[number]) if number < len(lines) else None
    if found is None:
        raise StateError(f"line {number + 1} is not of the form {form!r}: correct it")
    return found


def _section(lines: list[str], name: str) -> int:
    if lines.count(f"## {name}") != 1:
        raise StateError(f"it has {lines.count(f'## {name}')} sections '## {name}': there must be one")
    return lines.index(f"## {name}")


def _without_last_empty(lines: list[str], next_section: int) -> list[str]:
    if not lines or lines[-1]:
        raise StateError(f"line {next_section + 1}: a section must have an empty line before it: add one")
    return lines[:-1]


def _bullet(line: str, number: int) -> str:
    if not line.startswith("- "):
        raise StateError(f"line {number} is not of the form '- <finding>': correct it")
    return line[2:]


def _dated(line: str, number: int) -> tuple[date, str]:
    found = re.fullmatch(r"- (\d{4}-\d{2}-\d{2}): (.*)", line)
    if found is None:
        raise StateError(f"line {number} is not of the form '- <date>: <activity>': correct it")
    try:
        return date.fromisoformat(found.group(1)), found.group(2)
    except ValueError:
        raise StateError(f"line {number}: {found.group(1)} is not a date: correct it") from None
