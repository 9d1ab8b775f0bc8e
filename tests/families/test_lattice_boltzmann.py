"""The lattice Boltzmann method: moments of velocity sets, what collisions and streaming conserve, references against threads one by one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.lattice_boltzmann.lattice import MODELS, Model
from kernels.families.lattice_boltzmann.steps import build_collide, build_stream
from kernels.families.lattice_boltzmann.values import build_equilibrium
from tests.families._reference import check_contract, run
from tests.families._script import check_threads


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_moments_of_the_weights(model: Model) -> None:
    w, c = np.array(model.weights, float), np.array(model.velocities, float)
    assert w.sum() == pytest.approx(1.0, abs=1e-6)
    assert w @ c == pytest.approx(np.zeros(model.dims), abs=1e-7)
    assert np.einsum("q,qa,qb->ab", w, c, c) == pytest.approx(model.cs2 * np.eye(model.dims), abs=1e-6)
    assert all(model.opposite(model.opposite(q)) == q for q in range(model.size))


def by_velocity(case, name: str, array: np.ndarray, model: Model) -> np.ndarray:
    """Populations with the velocity first and the cells flat."""
    if array.ndim == 1:
        return array.reshape(model.size, -1)
    first = array.shape[0] == model.size and f"{name}[0, " in case.python_source
    return (array if first else np.moveaxis(array, -1, 0)).reshape(model.size, -1)


def model_of(case) -> Model:
    """The velocity set, from the number of populations that a kernel writes one by one."""
    name = next(a.name for a in case.outputs if f"{a.name}[" in case.python_source)
    return {m.size: m for m in MODELS}[case.python_source.count(f"    {name}[")]


def test_collisions_conserve_mass_and_momentum() -> None:
    checked = 0
    for index in range(120):
        case = build_collide(draw := Draw(2, "lattice_boltzmann", index), Script(draw))
        text = case.python_source
        if "== 1:" in text or re.search(r"ux = \(?\s*ux|n1 = \(?\s*n1", text):
            continue
        model = model_of(case)
        values, result = run(case, 1)
        before_name = next(a.name for a in case.arguments if a.role == "input" and a.ndim)
        after_name = next(a.name for a in case.outputs if text.count(f"    {a.name}[") == model.size)
        before = by_velocity(case, before_name, values[before_name], model)
        after = by_velocity(case, after_name, result[after_name], model)
        c = np.array(model.velocities, float)
        assert after.sum(axis=0) == pytest.approx(before.sum(axis=0), rel=1e-5)
        assert c.T @ after == pytest.approx(c.T @ before, abs=1e-5)
        checked += 1
    assert checked >= 10


def test_streaming_moves_each_population_as_a_whole() -> None:
    checked = 0
    for index in range(60):
        case = build_stream(draw := Draw(2, "lattice_boltzmann", index), Script(draw))
        if "== 1" in case.python_source:
            continue
        model = model_of(case)
        values, result = run(case, 1)
        before_name = next(a.name for a in case.arguments if a.role == "input" and a.ndim)
        before = by_velocity(case, before_name, values[before_name], model)
        ((after_name, array),) = result.items()
        after = by_velocity(case, after_name, array, model)
        assert np.array_equal(np.sort(before, axis=1), np.sort(after, axis=1))
        assert np.array_equal(before[0], after[0])
        checked += 1
    assert checked >= 15


def test_equilibria_have_the_moments_that_they_are_made_of() -> None:
    checked = 0
    for index in range(80):
        case = build_equilibrium(draw := Draw(2, "lattice_boltzmann", index), Script(draw))
        if any(word in case.python_source for word in ("gravity", "amplitude", "noise", "0.1 *", "perturb")):
            continue
        model = model_of(case)
        values, result = run(case, 1)
        name = case.outputs[0].name
        f = by_velocity(case, name, result[name], model)
        density = next(values[a.name] for a in case.arguments if a.ndim and a.role == "input")
        assert f.sum(axis=0) == pytest.approx(density.ravel(), rel=1e-5)
        checked += 1
    assert checked >= 20


def test_references_agree_with_threads_one_by_one() -> None:
    check_threads("lattice_boltzmann")


def test_contract() -> None:
    check_contract("lattice_boltzmann")
