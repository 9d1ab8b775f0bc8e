"""What a worker tells the controller about a case: a few numbers and words, never the kernel's text.

Texts go to the spool on disk; sent along with the reports, they would make the controller grow with every case of a long run.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

PROPERTY = "kernel_case"
LONGEST_REASON = 300

_LOSSES = ("harness: ", "crash: SIGKILL", "crash: SIGTERM", "crash: the server process died")
"""How reasons start where a process died that is not the case's own, or was killed."""

_FULL = "No space left on device"


@dataclass(frozen=True)
class CaseResult:
    """How one case ended: `reason` is one line, '' if it passed; `spooled` says that its record is in the spool; `seconds` are by stage.

    `skipped` says what the case needs that is not there, if it was not run for that; it has then neither passed nor failed.
    `validation` is the level that a case reached that passed, and `not_executed` why it was not executed.
    """

    case_id: str
    passed: bool
    reason: str = ""
    gradient: str = ""
    validation: str = ""
    not_executed: str = ""
    code_bytes: int = 0
    spooled: bool = False
    reproduction: str = ""
    skipped: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the case was run and did not pass."""
        return not self.passed and not self.skipped

    @property
    def lost(self) -> bool:
        """Whether the case failed by what need not be its own fault: a process of the harness died, its own was killed, a disk was full."""
        return self.failed and (self.reason.startswith(_LOSSES) or _FULL in self.reason)

    @property
    def family(self) -> str:
        """The case's family, the first part of its id."""
        return self.case_id.rsplit("-", 1)[0]

    def to_property(self) -> tuple[str, dict[str, Any]]:
        """The result as one of a pytest report's `user_properties`."""
        return PROPERTY, asdict(self) | {"reason": self.reason[:LONGEST_REASON]}

    @staticmethod
    def from_properties(properties: list[tuple[str, Any]]) -> CaseResult | None:
        """The result among a report's `user_properties`, or None if the case did not get as far as having one."""
        found = dict(properties).get(PROPERTY)
        return None if found is None else CaseResult(**found)
