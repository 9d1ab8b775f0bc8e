"""Which cases a round has, and at which level they are compiled."""

from __future__ import annotations

import math
from dataclasses import dataclass

from generation.production.ledger import Ledger
from harness.scheduler import LARGEST_BATCH

SAMPLE_EVERY = 16
"""Of so many blocks of cases one, the first, is compiled at Warp's default level, as a user's kernels are, whatever the round's level: a
sixteenth of a dataset of hundreds of cases, and up to all of one of a few."""


@dataclass(frozen=True)
class Round:
    """A round: the cases at indices `start` .. `start + cases - 1`.

    They are compiled at `optimization_level` (None: Warp's default), but for the sample.
    """

    number: int
    start: int
    cases: int
    optimization_level: int | None


_USUAL_BYTES = 33_600
"""Bytes of code that a case gives, as long as a production has none of its own (of 6,105 records)."""

_SPREAD = 0.9
"""The standard deviation of a case's bytes of code, as a share of their mean (of 6,105 records)."""


def round_at(ledger: Ledger, number: int) -> Round:
    """The round of this number in the ledger's production, where all are of one size; it does not depend on how those before it went."""
    return Round(number, number * ledger.round_cases, ledger.round_cases, ledger.optimization_level)


def next_round(ledger: Ledger, target_bytes: int) -> Round:
    """The round that follows those in the ledger: as many cases as rounds have, or fewer if these will do to meet the target.

    It depends on what is in the ledger, but for times, and on the target: on nothing that a kill would change.
    """
    done = sum(entry.cases for entry in ledger.rounds)
    usual = sum(entry.code_bytes for entry in ledger.rounds) / done if done else 0.0
    lacking = (target_bytes - ledger.counted[1]) / (usual or _USUAL_BYTES)
    # Two standard deviations more: a round that falls short costs another.
    enough = math.ceil((lacking + 2.0 * _SPREAD * math.sqrt(max(lacking, 0.0))) / LARGEST_BATCH) * LARGEST_BATCH
    cases = min(ledger.round_cases, max(enough, 1))
    return Round(len(ledger.rounds), done, cases, ledger.optimization_level)
