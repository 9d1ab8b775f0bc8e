"""The family of interpolation kernels."""

import numpy as np
import pytest

from kernels.families.interpolation.curves import CURVES, DERIVATIVES
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("interpolation")


@pytest.mark.parametrize("kind", sorted(CURVES))
def test_weights_add_up_to_one(kind):
    """So that a constant is interpolated exactly (for Hermite curves: the weights of the two values)."""
    t = np.linspace(0.0, 1.0, 11)
    weights = [eval(text, {"t": t}) for text in CURVES[kind]]
    assert np.allclose(sum(weights[::2] if kind == "hermite" else weights), 1.0)


@pytest.mark.parametrize("kind", sorted(DERIVATIVES))
def test_tangent_weights_are_the_derivatives_of_the_weights(kind):
    t, h = np.linspace(0.1, 0.9, 9), 1e-5
    for text, derivative in zip(CURVES[kind], DERIVATIVES[kind], strict=True):
        difference = (eval(text, {"t": t + h}) - eval(text, {"t": t - h})) / (2 * h)
        assert np.allclose(difference, eval(derivative, {"t": t}), atol=1e-8)


def test_scattering_keeps_the_total():
    """Each particle's B-spline weights add up to one, so the grid holds what the particles held."""
    checked = 0
    for case in cases("interpolation", 120):
        if "wp.atomic_add" not in case.python_source or "amount" in case.python_source:
            continue
        values, result = run(case)
        carried = [a for a in case.arguments if a.role == "input" and a.ndim and not a.name.startswith("pos_")]
        (grid,) = result.values()
        total = values[carried[0].name].sum(axis=0)
        axes = tuple(range(grid.ndim - (1 if carried[0].dtype.startswith("vec") else 0)))
        assert np.allclose(grid.sum(axis=axes), total, atol=1e-4), case.id
        checked += 1
    assert checked >= 1
