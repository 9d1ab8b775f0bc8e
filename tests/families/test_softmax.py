"""The softmax family: known distributions, sums to one, and the threads run one by one."""

from __future__ import annotations

import re

import numpy as np

from kernels.draw import Draw
from kernels.families.softmax.routing import route
from kernels.families.softmax.rowwise import normalize
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract() -> None:
    check_contract("softmax")


def test_references_agree_with_running_the_threads_one_by_one() -> None:
    check_against_threads("softmax", cases("softmax", 50), run, at_least=15)


def test_probabilities_of_a_row_sum_to_one() -> None:
    logarithms = plain = 0
    for index in range(80):
        case = normalize(Draw(4, "softmax", index))
        source = case.reference_source
        _, result = run(case)
        out = next(iter(result.values()))
        axis = int(source.split("exps.sum(axis=")[1][0])
        if "reshape(dim[0], -1)" in source:
            out = out.reshape(case.launches[2].dim[0], -1)
        if "= scores - np.log(total)" in source:
            np.testing.assert_allclose(np.exp(out).sum(axis=axis), 1.0, rtol=1e-4, err_msg=case.id)
            logarithms += 1
        elif re.search(r" = probs\n    return", source) and "+ 1.0" not in source:
            sums = out.sum(axis=axis)
            # A row without an element that counts is all zero.
            assert np.all((np.abs(sums - 1.0) < 1e-4) | (sums == 0.0)), case.id
            plain += 1
    assert logarithms >= 5
    assert plain >= 5


def test_two_experts_are_the_best_and_the_next() -> None:
    checked = 0
    for index in range(40):
        case = route(Draw(4, "softmax", index))
        values, result = run(case)
        ids = next(result[a.name] for a in case.outputs if a.dtype == "int32")
        if ids.ndim != 2 or "_bias" in case.reference_source:
            continue
        logits = next(v for v in values.values() if v.ndim == 2 and v.shape[0] == len(ids) and v.shape[1] >= 4)
        order = np.argsort(-logits, axis=1)
        np.testing.assert_array_equal(ids, order[:, :2])
        checked += 1
    assert checked >= 5
