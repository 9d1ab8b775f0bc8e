"""Which cases a round has, and at which level they are compiled."""

from __future__ import annotations

from dataclasses import dataclass

from generation.production.ledger import Ledger

SAMPLE_EVERY = 16
"""Of so many blocks of cases one, the first, is compiled at Warp's default level, as a user's kernels are, whatever the round's level: a
dataset of any size has the same share of them."""


@dataclass(frozen=True)
class Round:
    """A round: the cases at indices `start` .. `start + cases - 1`.

    They are compiled at `optimization_level` (None: Warp's default), but for the sample.
    """

    number: int
    start: int
    cases: int
    optimization_level: int | None


def round_at(ledger: Ledger, number: int) -> Round:
    """The round of this number in the ledger's production; it does not depend on how the rounds before it went."""
    return Round(number, number * ledger.round_cases, ledger.round_cases, ledger.optimization_level)
