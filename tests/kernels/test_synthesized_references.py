"""Synthesized programs: the numpy reference (all threads at once) against the kernel's text run thread by thread."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from interpreter import assert_same
from stand_in import Unsupported
from synthesized import program

from harness.oracle.reference import ReferenceFailedError

COUNT = 120
CHANGES = (
    (r"np\.where\((branch|remaining|otherwise)(_\d+)?,", "np.where(~\\1\\2,"),
    (r"np\.minimum\(", "np.maximum("),
    (r" > ", " <= "),
    (" - ", " + "),
)
"""Mistakes in a reference: a mask turned round, another extreme, another comparison, a difference the other way."""


def test_references_agree_with_the_kernels_texts():
    left_out = []
    for case in map(program, range(COUNT)):
        try:
            for number in range(2):
                assert_same(case, number)
        except Unsupported as what:
            left_out.append(f"{case.id}: {what}")
    assert len(left_out) < 0.05 * COUNT, left_out


@pytest.mark.parametrize(("pattern", "mistake"), CHANGES)
def test_a_wrong_reference_is_noticed(pattern, mistake):
    """In half of the programs at least: a mistake may have no effect, or none on these inputs."""
    changed, noticed = [], 0
    for case in map(program, range(40)):
        helpers, head, body = case.reference_source.partition("def reference(")
        wrong = re.sub(pattern, mistake, body, count=1)
        if wrong != body:
            changed.append(replace(case, reference_source=helpers + head + wrong))
    assert len(changed) > 5
    for case in changed:
        try:
            assert_same(case, 1)
        except (AssertionError, ReferenceFailedError):
            noticed += 1
    assert noticed > 0.5 * len(changed)
