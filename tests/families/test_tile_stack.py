"""The family of stacks that the threads of a block share."""

import re
from dataclasses import replace

import numpy as np

from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks

_WORKLISTS = ("worklist", "drain_jobs", "reduce_numbers")


def test_contract():
    check_contract("tile_stack")


def test_references_agree_with_running_the_blocks_one_by_one():
    """Worklists divide whole numbers, none of them negative, as Python's `//` does."""
    found = [
        replace(case, python_source=case.python_source.replace(" / ", " // ")) if case.kernel_name.startswith(_WORKLISTS) else case
        for case in cases("tile_stack", 100)
    ]
    check_against_blocks("tile_stack", found, run, at_least=80)


def test_tests_keep_some_elements_and_leave_others():
    """Among the rows of a launch, selections that keep nothing or everything are rare."""
    some, all_alike = 0, 0
    for case in cases("tile_stack", 100):
        _, result = run(case, 2)
        for a in case.outputs:
            if a.name.startswith(("counts_", "kept_", "active_", "first_", "second_")) and not _is_small(case):
                some += 1
                all_alike += np.min(result[a.name]) == np.max(result[a.name])
    assert some > 30
    assert all_alike < 0.15 * some


def _is_small(case):
    return bool(re.search(r"(?i:capacity) ?= ?(?:wp\.constant\()?(4|8|16|24)\b", case.python_source))


def test_kernels_whose_stack_is_small_count_what_they_drop():
    found = [case for case in cases("tile_stack", 60) if _is_small(case)]
    assert found
    assert all("slot < 0" in case.python_source for case in found)
