"""Ledgers, rounds and requests for the tests of production."""

from dataclasses import replace

from generation.production.ledger import Ledger, RoundEntry
from generation.production.request import read_request

ENTRY = RoundEntry(
    number=0,
    start=0,
    cases=100,
    optimization_level=None,
    passed=98,
    failed=2,
    skipped=0,
    harvested=90,
    duplicates=3,
    bridges=1,
    code_bytes=2_000_000,
    wall_seconds=60.5,
    cpu_seconds=118.25,
    peak_bytes=900_000_000,
    attempts=1,
)

LEDGER = Ledger("cpu", seed=3, round_cases=100, optimization_level=0)


def ledger_with(*entries, **settings):
    """A ledger with these rounds, numbered and placed one after another."""
    ledger = replace(LEDGER, **settings)
    for number, entry in enumerate(entries):
        ledger = ledger.with_round(replace(entry, number=number, start=number * ledger.round_cases))
    return ledger


def request_in(folder, *more):
    """A request for a dataset in a folder of its own."""
    return read_request([f"--data-dir={folder}", "--target-mb=5", *more])
