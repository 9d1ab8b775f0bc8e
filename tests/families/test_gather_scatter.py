"""The family of gathers and scatters."""

from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("gather_scatter")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("gather_scatter", cases("gather_scatter", 120), run, at_least=15)
