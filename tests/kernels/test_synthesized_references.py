"""Synthesized programs: the numpy reference (all threads at once) against the kernel's text run thread by thread."""

from __future__ import annotations

import pytest
from interpreter import assert_same

from kernels.draw import Draw
from kernels.families.program import build


@pytest.mark.parametrize("index", range(64))
def test_reference_agrees_with_the_kernels_text(index):
    case = build(Draw(11, "program", index))
    for number in range(2):
        assert_same(case, number)
