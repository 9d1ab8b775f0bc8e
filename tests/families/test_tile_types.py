"""The family of plain operations on tiles of every element type."""

import re

from kernels.dtypes import dtype_of
from kernels.families.tile_types.elements import COMPOSITES, INTEGERS, REALS
from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks


def test_contract():
    check_contract("tile_types")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_types", cases("tile_types", 100), run, at_least=50)


def test_every_element_type_comes():
    found = {dtype_of(a.dtype) for case in cases("tile_types", 240) for a in case.arguments}
    assert {dtype_of(name) for name in (*REALS, *INTEGERS, *COMPOSITES)} <= found


def test_lengths_are_up_to_four_axes():
    source = "\n".join(case.python_source for case in cases("tile_types", 60))
    axes = {shape.count(",") + 1 for shape in re.findall(r"shape=\(([^()]*[^,])\)", source)}
    assert axes == {2, 3, 4}
