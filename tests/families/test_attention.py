"""The attention family: means where nothing distinguishes the keys, rotations that keep lengths, and the threads run one by one."""

from __future__ import annotations

import re

import numpy as np

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.attention.fused import attend
from kernels.families.attention.moves import rotary
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract() -> None:
    check_contract("attention")


def test_references_agree_with_running_the_threads_one_by_one() -> None:
    check_against_threads("attention", cases("attention", 40), run, at_least=12)


def _called(case: Case, values: dict) -> dict:
    scope: dict = {}
    exec(case.reference_source, scope)
    function = scope["reference"]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return function(**{n: case.launches[2].dim if n == "dim" else values[n] for n in names})


def test_equal_scores_give_the_mean_of_the_values() -> None:
    checked = 0
    for index in range(200):
        case = attend(Draw(9, "attention", index))
        source = case.reference_source
        # Scores of the product alone, no mask, nothing behind the mean, and keys and values along the second axis from behind.
        bare = source.count("scores = ") == 1 and "keep" not in source and re.search(r"(\w+) = attended_all\n    return", source)
        if not bare or "swapaxes(v" in source or "swapaxes(V" in source or "reshape" in source or "repeat" in source:
            continue
        values, _ = run(case)
        q, v = (next(a.name for a in case.arguments if a.name in names) for names in (("q", "queries", "Q"), ("v", "values", "V")))
        values[q] = np.zeros_like(values[q])
        result = next(result for result in _called(case, values).values() if result.ndim == values[v].ndim)
        mean = values[v].mean(axis=-2, keepdims=True)
        np.testing.assert_allclose(result, np.broadcast_to(mean, result.shape), rtol=1e-4, atol=1e-5, err_msg=case.id)
        checked += 1
    assert checked >= 3


def test_rotations_keep_the_length_of_every_row() -> None:
    checked = 0
    for index in range(60):
        case = rotary(Draw(9, "attention", index))
        if "cos_table" in case.python_source or re.search(r"= \(\w+ \* cos_all", case.reference_source):
            continue
        values, result = run(case)
        for name, turned in result.items():
            before = values[name.split("_")[0]]
            np.testing.assert_allclose((turned**2).sum(axis=-1), (before**2).sum(axis=-1), rtol=1e-3, err_msg=case.id)
        checked += 1
    assert checked >= 10


def test_causal_queries_do_not_look_ahead() -> None:
    checked = 0
    for index in range(120):
        case = attend(Draw(9, "attention", index))
        if "jj <= ii, " not in case.reference_source:
            continue
        values, before = run(case)
        v = next(a.name for a in case.arguments if a.name in ("v", "values", "V"))
        if values[v].ndim != 2:
            continue
        changed = {**values, v: values[v].copy()}
        changed[v][-1] += 1.0
        name = next(a.name for a in case.outputs if a.ndim == 2)
        after = _called(case, changed)
        np.testing.assert_array_equal(before[name][:-1], after[name][:-1])
        assert np.any(before[name][-1] != after[name][-1])
        checked += 1
    assert checked >= 1
