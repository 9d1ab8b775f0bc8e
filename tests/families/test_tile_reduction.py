"""The family of reductions of tiles."""

import functools
import math
import types
from collections import Counter

import numpy as np
import pytest

from kernels.catalog import build_named_case
from kernels.families.tile_reduction.order import SCANS
from kernels.families.tile_reduction.recipes import EXTREMES, NORMALIZATIONS, NUMBERS
from kernels.families.tile_reduction.reductions import MERGES
from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks

WP = types.SimpleNamespace(max=max, abs=abs, log=math.log, exp=math.exp, sqrt=math.sqrt)


def test_contract():
    check_contract("tile_reduction")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_reduction", cases("tile_reduction", 70), run, at_least=60)


def test_every_case_is_launched_by_blocks():
    """Neighbours have blocks of one size, as a rule; a longer stream has all sizes."""
    sizes = [build_named_case(0, f"tile_reduction-{index:06d}").block_dim for index in range(640)]
    assert set(sizes) == {32, 64, 128, 256}
    assert all(Counter(sizes[start : start + 64]).most_common(1)[0][1] > 48 for start in range(0, 640, 64))


@pytest.mark.parametrize("name", MERGES)
def test_merging_pairwise_in_any_order_is_the_references_reduction(name):
    body, numpy, _ = MERGES[name]
    merge = eval(f"lambda a, b: {body}", {"wp": WP})
    values = np.array([0.5, -0.25, 0.75, 0.125, -1.0])
    expected = eval(numpy.format("x"), {"np": np, "x": values})
    halves = merge(functools.reduce(merge, values[:2]), functools.reduce(merge, values[2:]))
    assert np.allclose(functools.reduce(merge, values), expected)
    assert np.allclose(halves, expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("scan_inclusive", [3, 4, 8, 10]),
        ("scan_exclusive", [0, 3, 4, 8]),
        ("scan_max_inclusive", [3, 3, 4, 4]),
        ("scan_min_inclusive", [3, 1, 1, 1]),
    ],
)
def test_scans_of_a_small_tile(name, expected):
    assert np.array_equal(eval(SCANS[name].format("x"), {"np": np, "x": np.array([[3, 1, 4, 2]])})[0], expected)


def test_each_recipes_names_are_its_own():
    recipes = (*NORMALIZATIONS, *NUMBERS, *EXTREMES)
    names = [name for recipe in recipes for name in recipe.names.split()]
    assert len(names) == len(set(names))
    assert all(recipe.lines[-1].split(" = ")[0] in ("y", "s") for recipe in recipes)
