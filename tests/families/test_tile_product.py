"""The family of products of tiles."""

from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks


def test_contract():
    check_contract("tile_product")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_product", cases("tile_product", 70), run, at_least=60)
