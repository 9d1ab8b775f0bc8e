"""What looking at a record again found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Text = Literal["same", "drift", "differs", "not_made"]
"""Whether a record's columns follow from each other and its code is what Warp makes of its Python: yes, byte for byte; no, but another Warp
made the code; no; or no code came of it."""

Results = Literal["agree", "drift", "differ", "not_run"]
"""Whether the verdict on the kernel is the recorded one: yes; no, but another Warp has other limitations; no; or the kernel was not run."""


@dataclass(frozen=True)
class Finding:
    """What was found of one record.

    `recorded` is the level of validation that it has, `reached` the one reached now, and `gradient` the status now ('': none). `exact` says
    that both errors are the recorded ones to the last bit. `remarks` are the reasons for everything that does not agree, a line each.
    """

    id: str
    case: str
    text: Text
    results: Results
    recorded: str = ""
    reached: str = ""
    gradient: str = ""
    exact: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether text and results are the recorded ones."""
        return self.text == "same" and self.results == "agree"

    @property
    def differs(self) -> bool:
        """Whether anything is not as recorded, and no other Warp explains it."""
        return self.text == "differs" or self.results == "differ"
