"""Why a production stops by itself: cases fail, structures repeat, or the disk is short."""

from __future__ import annotations

import shutil
from pathlib import Path

from generation.production.ledger import Ledger, RoundEntry

LEAST_PASSED = 0.95
"""Of the cases of a round; fewer is a defect to be looked at, not to be mass-produced."""

MOST_REPEATED = 0.05
"""Of the cases that passed in a round: structures that were there already, and bridges between splits."""

_SPOOLED_BYTES_PER_CASE = 150_000
"""Three times what a spooled record takes on the average (44 KB over 6,105 records)."""

_SHARD_SHARE = 0.25
"""Of that, what it takes in a shard: three times the average, too."""

_SPARE_BYTES = 300_000_000
"""Room for the builds of a round, and for what else is written beside it."""


def fault_of(entry: RoundEntry, device: str) -> str | None:
    """Why the production of which this round is the last must not go on, in one line, or None."""
    tried = entry.passed + entry.failed
    if tried == 0:
        return f"none of the {entry.cases} cases of round {entry.number} can run here"
    if entry.passed < LEAST_PASSED * tried:
        return (
            f"round {entry.number} passed {entry.passed} of {tried} cases ({entry.passed / tried:.1%}, less than {LEAST_PASSED:.0%}): "
            f"summary-{device}.json names those that failed; mend what they show"
        )
    repeated = entry.duplicates + entry.bridges
    if repeated > MOST_REPEATED * entry.passed:
        return (
            f"round {entry.number} repeats itself: {repeated} of {entry.passed} cases have a structure that is there already, or resemble "
            f"two splits (more than {MOST_REPEATED:.0%}): take another seed in another folder, or more families"
        )
    return None


def shortage(data_dir: Path, ledger: Ledger) -> str | None:
    """Why the next round would not fit the disk, in one line, or None: its spools, its shards, and room for the builds."""
    folder = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    needed = round(ledger.round_cases * _SPOOLED_BYTES_PER_CASE * (1 + _SHARD_SHARE)) + _SPARE_BYTES
    if free >= needed:
        return None
    return f"{folder} has {free / 1e6:,.0f} MB free, and a round may need {needed / 1e6:,.0f}: make room and run again"
