"""The family of sorting steps and selection."""

import itertools

import numpy as np
import pytest

from kernels.families.sorting.networks import NETWORKS
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("sorting")


@pytest.mark.parametrize("size", sorted(NETWORKS))
def test_every_network_sorts_all_zeros_and_ones(size):
    """The zero-one principle (Knuth): a network that sorts these sorts everything."""
    for network in NETWORKS[size]:
        for bits in itertools.product((0, 1), repeat=size):
            row = list(bits)
            for low, high in network:
                assert low < high
                row[low], row[high] = min(row[low], row[high]), max(row[low], row[high])
            assert row == sorted(bits)


def test_a_step_in_place_permutes_keys_and_carries_their_payload():
    checked = 0
    for case in cases("sorting", 80):
        pairs = [a.name for a in case.arguments if a.role == "inout"]
        if "sort" not in case.kernel_name or len(pairs) != 2 or "rows" not in case.python_source:
            continue
        values, result = run(case)
        before, after = (
            list(zip(*(np.reshape(v[n], (v[n].shape[0], v[n].shape[1], -1)).tolist() for n in pairs), strict=True))
            for v in (values, result)
        )
        for (keys, carried), (new_keys, new_carried) in zip(before, after, strict=True):
            assert sorted(zip(keys, carried, strict=True)) == sorted(zip(new_keys, new_carried, strict=True))
        checked += 1
    assert checked >= 1


def test_merging_gives_all_keys_in_order():
    checked = 0
    for case in cases("sorting", 150):
        if not case.kernel_name.startswith("merge"):
            continue
        values, result = run(case)
        merged = next(result[a.name] for a in case.outputs if a.name in ("merged", "result", "out"))
        runs = [values[a.name] for a in case.arguments if a.role == "input" and a.ndim]
        assert merged.tolist() == sorted(itertools.chain(*(r.tolist() for r in runs)))
        checked += 1
    assert checked >= 3
