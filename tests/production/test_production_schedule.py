"""Which cases a round has: the stream from its start, each index once, whatever the rounds before it gave."""

from dataclasses import replace

from samples_of_production import ENTRY, LEDGER, ledger_with

from generation.production.schedule import Round, round_at


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
