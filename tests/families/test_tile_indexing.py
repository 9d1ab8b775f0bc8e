"""The family of parts, shapes and elements of tiles."""

import re

from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks

BUILTINS = (
    *("load_indexed", "store_indexed", "atomic_add_indexed", "atomic_add", "view", "assign", "squeeze", "reshape", "broadcast"),
    *("astype", "extract", "transpose", "ones", "zeros", "full", "arange"),
)


def test_contract():
    check_contract("tile_indexing")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_indexing", cases("tile_indexing", 100), run, at_least=70)


def test_every_builtin_comes():
    source = "\n".join(case.python_source for case in cases("tile_indexing", 150))
    assert {f"tile_{name}" for name in BUILTINS} <= set(re.findall(r"wp\.(tile_\w+)", source))
