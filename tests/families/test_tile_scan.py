"""The family of scans, sorts and searches in tiles."""

import re

import numpy as np

from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks


def test_contract():
    check_contract("tile_scan")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_scan", cases("tile_scan", 100), run, at_least=70)


def test_every_builtin_comes():
    source = "\n".join(case.python_source for case in cases("tile_scan", 150))
    used = set(re.findall(r"wp\.(tile_\w+)", source))
    assert {"tile_sort", "tile_argmin", "tile_argmax", "tile_reduce", "tile_extract"} <= used
    assert {f"tile_scan_{how}" for how in ("inclusive", "exclusive", "max_inclusive", "min_inclusive")} <= used


def test_what_is_sorted_has_no_ties(monkeypatch):
    """Else an order would not be one."""
    keys = []
    argsort = np.argsort

    def spy(a, axis):
        keys.append(a)
        return argsort(a, axis=axis)

    monkeypatch.setattr(np, "argsort", spy)
    for case in cases("tile_scan", 120):
        if "wp.tile_sort(" in case.python_source:
            run(case, 1)
    assert len(keys) > 10
    assert all(np.all(np.diff(np.sort(each, axis=-1), axis=-1) != 0) for each in keys)
