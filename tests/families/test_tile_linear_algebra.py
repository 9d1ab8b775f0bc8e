"""The family of linear algebra on tiles."""

import numpy as np
import pytest

from tests.families._reference import cases, check_contract, run
from tests.families._tile_interpreter import check_against_blocks


def test_contract():
    check_contract("tile_linear_algebra")


def test_references_agree_with_running_the_blocks_one_by_one():
    check_against_blocks("tile_linear_algebra", cases("tile_linear_algebra", 60), run, at_least=35, within=1e-3)


@pytest.fixture
def factored(monkeypatch):
    """The matrices that references factor, and those that they solve with."""
    seen = {"cholesky": [], "solve": []}

    def spy(name, original):
        def call(a, *more):
            seen[name].append(np.array(a, np.float64))
            return original(a, *more)

        monkeypatch.setattr(np.linalg, name, call)

    for name in seen:
        spy(name, getattr(np.linalg, name))
    return seen


def test_what_is_factored_is_definite_and_what_is_solved_with_is_well_conditioned(factored):
    for case in cases("tile_linear_algebra", 60):
        run(case, 1)
    assert len(factored["cholesky"]) > 10
    assert len(factored["solve"]) > 20
    for matrix in factored["cholesky"]:
        np.testing.assert_allclose(matrix, np.swapaxes(matrix, -1, -2), rtol=1e-5, atol=1e-5)
        assert np.min(np.linalg.eigvalsh(matrix)) > 0.05
    assert max(np.max(np.linalg.cond(matrix)) for matrix in factored["solve"]) < 2e3
