"""The embedding family: rows of tables, partitions of unity, known encodings, and the threads run one by one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.embedding.encodings import sinusoidal
from kernels.families.embedding.gradients import scatter_gradient
from kernels.families.embedding.grids import hash_grid
from kernels.families.embedding.tokens import Table
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def test_contract() -> None:
    check_contract("embedding")


def test_references_agree_with_running_the_threads_one_by_one() -> None:
    check_against_threads("embedding", cases("embedding", 50), run, at_least=12)


def _called(case: Case, values: dict) -> dict:
    scope: dict = {}
    exec(case.reference_source, scope)
    function = scope["reference"]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return function(**{n: case.launches[2].dim if n == "dim" else values[n] for n in names})


def test_features_of_a_constant_grid_are_constant() -> None:
    checked = 0
    for index in range(60):
        case = hash_grid(Draw(2, "embedding", index))
        if not re.search(r" = gathered\n    return", case.reference_source):
            continue
        values, _ = run(case)
        table = next(a.name for a in case.arguments if a.name in ("table", "grid_features", "features"))
        values[table] = np.full_like(values[table], 2.5)
        np.testing.assert_allclose(next(iter(_called(case, values).values())), 2.5, rtol=1e-5)
        checked += 1
    assert checked >= 5


@pytest.mark.parametrize("layout", ["rows", "columns", "flat"])
def test_a_table_has_the_same_rows_in_kernel_and_reference(layout: str) -> None:
    draft = Draft(Draw(0, "embedding", 0))
    table = Table(draft, 5, 3, name="table", layouts=(layout,))
    shape = {"rows": (5, 3), "columns": (3, 5), "flat": (15,)}[layout]
    data = np.arange(15.0).reshape(shape)
    ids = np.array([4, 0, 2])
    rows = eval(table.taken("ids", "3"), {"table": data, "ids": ids})
    for k, row in enumerate(ids):
        for d in range(3):
            assert rows[k, d] == eval(table.at(str(row), str(d)), {"table": data})


def test_encodings_of_position_zero_are_sines_and_cosines_of_nothing() -> None:
    checked = 0
    for index in range(150):
        case = sinusoidal(Draw(2, "embedding", index))
        if not re.search(r"np\.arange\(dim\[0\]\)\.astype", case.reference_source) or '": waves}' not in case.reference_source:
            continue
        result = next(iter(run(case)[1].values()))
        assert sorted(set(np.round(result[0], 6))) == [0.0, 1.0], case.id
        checked += 1
    assert checked >= 1


def test_scattered_gradients_keep_their_sum() -> None:
    checked = 0
    for index in range(150):
        case = scatter_gradient(Draw(2, "embedding", index))
        if "np.add.at(grad_all, ids_all, g)" not in case.reference_source:
            continue
        values, result = run(case)
        grad = next(values[a.name] for a in case.arguments if a.name in ("grad_out", "dy", "upstream"))
        total = next(result[a.name] for a in case.outputs if a.differentiable)
        np.testing.assert_allclose(total.sum(), grad.sum(), rtol=1e-3, atol=1e-4)
        checked += 1
    assert checked >= 3
