"""What every target offers, what it reports while it works, and how its failures are worded.

Scope: the protocol alone. Importing this module imports neither Warp nor any target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from generation.code.job import Job, Outcome
from generation.code.settings import Reach, Settings

Stage = Literal["define", "emit", "build", "run"]

LONGEST_REASON = 400
"""Characters of a failure's reason that are kept."""


@dataclass(frozen=True)
class Progress:
    """A mark left before each step, so that whoever watches knows what was going on when a process died; or a finished case's outcome.

    `case_id` is empty for the build, which serves the whole batch. `launch` counts from 1 while a case runs and is 0 otherwise.
    """

    stage: Stage
    case_id: str = ""
    launch: int = 0
    outcome: Outcome | None = None


Report = Callable[[Progress], None]


class BuildError(RuntimeError):
    """The batch's module did not compile. What the compiler had to say is on the process's standard error."""


class DeviceLostError(RuntimeError):
    """The device can no longer be used by this process, whatever it is asked to do: the process has to be replaced."""


class Target(Protocol):
    """One target. `prepare` and `execute` run in the process that compiles; the others run anywhere and import nothing heavy.

    `stays(settings)` says that the prepared process must run the batches itself, one after another: what it holds does not survive a fork.
    """

    name: str

    def missing(self) -> str | None:
        """One line that says what is missing to use this target, or None."""

    def refusal(self, settings: Settings) -> str | None:
        """One line that says why these settings cannot be used with this target, and what to do; or None."""

    def reach(self) -> Reach:
        """How far this target gets on this machine."""

    def stays(self, settings: Settings) -> bool:
        """Whether batches run in the prepared process itself, and not in forks of it."""

    def prepare(self, folder: Path, settings: Settings) -> str:
        """Loads and checks the compiler once, keeps its caches in `folder`, and gives its version. Raises RuntimeError, one line."""

    def execute(self, jobs: Sequence[Job], report: Report) -> None:
        """Defines, emits, builds and runs `jobs`, reporting marks and one outcome per job. Raises BuildError, DeviceLostError."""


def one_line(error: BaseException | str) -> str:
    """An error's type and message as one line of at most `LONGEST_REASON` characters."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 3] + "..."
