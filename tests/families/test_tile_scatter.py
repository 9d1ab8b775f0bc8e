"""The family of what the threads of a block make into tiles, and take from them."""

import re

from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks


def test_contract():
    check_contract("tile_scatter")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_scatter", cases("tile_scatter", 100), run, at_least=80)


def test_every_builtin_comes():
    source = "\n".join(case.python_source for case in cases("tile_scatter", 100))
    used = set(re.findall(r"wp\.(\w+)", source))
    assert {"tile", "untile", "block_dim", "tile_scatter_add", "tile_scatter_masked", "tile_from_thread"} <= used
    signs = ("+=", "-=", "&=", "|=", "^=")
    assert all(re.search(rf"\] {re.escape(sign)} ", source) for sign in signs)


def test_rows_are_shorter_and_longer_than_blocks():
    for case in cases("tile_scatter", 30):
        assert 32 <= case.block_dim <= 256
        assert "wp.block_dim()" in case.python_source or not re.search(r"\bfor (\w+) in range\(\w+, ", case.python_source), case.id
