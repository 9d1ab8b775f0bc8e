"""What the oracle says of a case: a Verdict, or a PreparationError when the case cannot be tested at all."""

from __future__ import annotations

import math
from dataclasses import dataclass


class PreparationError(Exception):
    """The case cannot be tested: its reference fails, or no drawn inputs make a sound test. The message is one line with the reason."""


@dataclass(frozen=True)
class Verdict:
    """The oracle's judgement of one outcome.

    `reason` is '' if the case passed, else one line that starts with the kind: the target's own failure (`compile: ...`, `crash: ...`) or
    `forward: ...`, `input changed: ...`, `gradient: ...`. `gradient` is `checked`, `not_differentiable`,
    `known_limitation:<name>`, `not_executed` for code that was compiled and nothing more, or, in a verdict that failed before gradients
    were reached, `not_reached`.

    `tolerance` is the relative forward tolerance of the case's precision, and `max_error_forward` the largest |got - expected| / scale of a
    float output's element. The scale is the element's bound divided by `tolerance`: its magnitude, and more where the program amplifies
    rounding; so an output is within its bounds exactly if `max_error_forward <= tolerance`. `max_error_gradient` is the same for
    directional derivatives, in units of the table's `gradient_rtol`: within bounds exactly if it is at most that. Infinite where nothing
    finite can be said; NaN where nothing was measured (no float output, no gradient); integers and booleans compare exactly.
    `tolerance_gradient` is the table's `gradient_rtol`, NaN where no gradient was measured.

    `failed_launches` are the numbers of the launches that differ; `details` is several lines for a person.
    """

    case_id: str
    passed: bool
    reason: str
    gradient: str
    max_error_forward: float
    max_error_gradient: float
    tolerance: float
    details: str
    failed_launches: tuple[int, ...] = ()
    tolerance_gradient: float = math.nan
