"""The family of tiles of random numbers."""

import re

import numpy as np
import pytest

from kernels.families.tile_random.streams import _DRAWS
from tests.families._reference import cases, check_contract, run
from tests.families._tile_builtins import hashed
from tests.families._tile_interpreter import check_against_blocks


def test_contract():
    check_contract("tile_random")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_random", cases("tile_random", 50), run, at_least=40)


@pytest.mark.parametrize(("size", "threads"), [(5, 1), (5, 4), (8, 4), (3, 32), (70, 32)])
def test_each_thread_draws_from_a_stream_of_its_own(size, threads):
    """Thread by thread: it hashes the state plus its number, then fills every element whose place is its number modulo the block's size."""
    expected = [0] * size
    for thread in range(threads):
        state = hashed((987654321 + thread) % 2**32)
        for place in range(thread, size, threads):
            state = hashed(state)
            expected[place] = state
    case = cases("tile_random", 1)[0]
    pcg = case.reference_source[case.reference_source.index("def pcg(") :].split("\n\n")[0]
    scope = {"np": np}
    exec(pcg + "\ndef drawn_states(rng, size, block_dim):\n" + "\n".join(f"    {line}" for line in _DRAWS), scope)
    with np.errstate(over="ignore"):
        found = scope["drawn_states"](np.array([987654321, 3], np.uint32), size, threads)
    assert found.dtype == np.uint32
    assert found[0].tolist() == expected


def test_numbers_depend_on_the_size_of_the_block():
    differing = 0
    for case in cases("tile_random", 20):
        assert re.search(r"def reference\((?:.*, )?block_dim", case.reference_source)
        _, alone = run(case, 2, threads=1)
        _, together = run(case, 2, threads=32)
        differing += any(not np.array_equal(alone[name], together[name]) for name in alone)
    assert differing > 15
