"""Which cases a round has, and at which level they are compiled."""

from __future__ import annotations

from dataclasses import dataclass

from generation.production.ledger import Ledger

SAMPLE_EVERY = 16
"""One round of so many, the first among them, is compiled at Warp's default level, as a user's kernels are."""


@dataclass(frozen=True)
class Round:
    """A round: the cases at indices `start` .. `start + cases - 1`, compiled at `optimization_level` (None: Warp's default)."""

    number: int
    start: int
    cases: int
    optimization_level: int | None


def round_at(ledger: Ledger, number: int) -> Round:
    """The round of this number in the ledger's production; it does not depend on how the rounds before it went."""
    level = None if number % SAMPLE_EVERY == 0 else ledger.optimization_level
    return Round(number, number * ledger.round_cases, ledger.round_cases, level)
