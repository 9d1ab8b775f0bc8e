"""The family of reductions."""

import numpy as np

from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("reduction")


def test_references_agree_with_running_the_threads_one_by_one():
    check_against_threads("reduction", cases("reduction", 120), run, at_least=15)


def test_plain_histograms_count_every_element_that_is_not_skipped():
    seen = 0
    for case in cases("reduction", 200):
        if "tally[" in case.reference_source or "np.add.at(tally" not in case.reference_source or "level !=" in case.reference_source:
            continue
        if "level % 3" in case.reference_source or "[level" in case.reference_source:
            continue
        _, result = run(case)
        counts = next(v for v in result.values() if v.dtype == np.int32)
        assert counts.sum() == np.prod(case.launches[2].dim), case.id
        seen += 1
    assert seen >= 3
