"""The family of maps of tiles."""

from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks


def test_contract():
    check_contract("tile_map")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_map", cases("tile_map", 70), run, at_least=60)


def test_kernels_whose_elements_keep_their_places_are_checked_lane_by_lane():
    found = cases("tile_map", 60)
    assert any(case.elementwise for case in found)
    assert not any(case.elementwise for case in found if "tile_broadcast" in case.python_source or "tile_transpose" in case.python_source)
