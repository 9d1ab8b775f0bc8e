"""Which cases a round has: the stream from its start, each index once, whatever the rounds before it gave."""

from dataclasses import replace

import pytest
from samples_of_production import ENTRY, LEDGER, ledger_with

from generation.production.schedule import Round, next_round, round_at


def test_rounds_are_the_stream_piece_by_piece():
    rounds = [round_at(LEDGER, number) for number in range(5)]
    indices = [index for round in rounds for index in range(round.start, round.start + round.cases)]
    assert indices == list(range(5 * LEDGER.round_cases))


def test_a_round_does_not_depend_on_those_before_it():
    poor = replace(ENTRY, passed=1, harvested=0, code_bytes=0, attempts=4)
    assert round_at(ledger_with(ENTRY), 1) == round_at(ledger_with(poor), 1) == Round(1, 100, 100, 0)


def test_all_rounds_have_the_production_s_level():
    assert {round_at(LEDGER, number).optimization_level for number in range(40)} == {LEDGER.optimization_level} == {0}


def test_a_production_at_the_default_level_has_no_other():
    ledger = replace(LEDGER, optimization_level=None)
    assert {round_at(ledger, number).optimization_level for number in range(40)} == {None}


LARGE = replace(LEDGER, round_cases=1024)
GAVE = replace(ENTRY, cases=1024, harvested=1000, code_bytes=1000 * 1024)
"""A round whose cases gave 1,000 bytes each."""


@pytest.mark.parametrize(("lacking", "cases"), [(10_000_000, 1024), (900_000, 960), (300_000, 384), (1, 64)])
def test_the_last_round_has_as_many_batches_as_will_do(lacking, cases):
    ledger = ledger_with(GAVE, GAVE, round_cases=1024)
    assert next_round(ledger, 2 * GAVE.code_bytes + lacking) == Round(2, 2048, cases, 0)


def test_a_round_starts_where_the_one_before_it_ended():
    small = replace(GAVE, cases=192)
    assert next_round(replace(LARGE, rounds=(GAVE, replace(small, number=1, start=1024))), 10**9).start == 1216


def test_the_first_round_of_a_small_production_is_small():
    assert next_round(LARGE, 20_000_000).cases == 640
    assert next_round(LARGE, 200_000_000).cases == 1024


def test_what_the_dataset_held_before_counts_as_well():
    assert next_round(replace(LARGE, before=(10, 199_000_000, 0, 0)), 200_000_000).cases == 64


def test_a_round_does_not_depend_on_times():
    slow = replace(GAVE, wall_seconds=1e4, cpu_seconds=1e4, peak_bytes=1, attempts=3)
    target = 3 * GAVE.code_bytes
    assert next_round(ledger_with(GAVE, round_cases=1024), target) == next_round(ledger_with(slow, round_cases=1024), target)
