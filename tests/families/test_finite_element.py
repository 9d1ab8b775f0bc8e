"""Finite elements: stresses against derivatives of energies, forces that must cancel, references against threads one by one."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.finite_element.quadrature import _derivatives
from kernels.families.finite_element.solids import build_elastic, stress
from kernels.families.finite_element.stiffness import build_bars
from tests.families._reference import check_contract, run
from tests.families._script import check_threads, evaluated, script

MU, LAM, C2 = 0.7, 0.9, 0.3


def energy(law: str, f: np.ndarray) -> float:
    """Strain energy density of a deformation gradient, from the law's definition."""
    dims = len(f)
    c, jac = f.T @ f, np.linalg.det(f)
    green, small = 0.5 * (c - np.eye(dims)), 0.5 * (f + f.T) - np.eye(dims)
    if law == "stvk":
        return MU * np.sum(green * green) + 0.5 * LAM * np.trace(green) ** 2
    if law == "linear":
        return MU * np.sum(small * small) + 0.5 * LAM * np.trace(small) ** 2
    if law == "fung":
        return 0.5 * LAM / MU * np.exp(MU * np.sum(green * green))
    if law == "neo_hookean":
        return 0.5 * MU * np.sum(f * f) - MU * np.log(jac) + 0.5 * LAM * np.log(jac) ** 2
    if law == "mooney_rivlin":
        return MU * np.trace(c) + 0.5 * C2 * (np.trace(c) ** 2 - np.trace(c @ c)) + 0.5 * LAM * (jac - 1.0) ** 2
    raise ValueError(law)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("law", ["stvk", "linear", "fung", "neo_hookean", "mooney_rivlin"])
def test_stresses_are_derivatives_of_the_energy(law: str, dims: int) -> None:
    rng = np.random.default_rng(dims)
    f = np.eye(dims) + 0.2 * rng.standard_normal((dims, dims))
    for index in range(4):
        s = script("finite_element", index)
        s.holds(f"mat{dims}{dims}", "f")
        s.holds_shared("real", "mu", "lam")
        stress(s.draw, s, dims, law)
        holder = type("Fields", (), {"c2": np.float64(C2)})
        values = {"f": f[None], "mu": np.float64(MU), "lam": np.float64(LAM), "c2": np.float64(C2)}
        text = "\n".join(s.reference)
        if law == "mooney_rivlin" and "c2" not in text:
            continue
        p = evaluated(s, values | dict.fromkeys(("params", "settings", "cfg", "options", "coeffs"), holder))["p"][0]
        for row in range(dims):
            for column in range(dims):
                moved = np.zeros_like(f)
                moved[row, column] = 1e-6
                slope = (energy(law, f + moved) - energy(law, f - moved)) / 2e-6
                assert p[row, column] == pytest.approx(slope, abs=1e-6), law


@pytest.mark.parametrize("build", [build_elastic, build_bars])
def test_inner_forces_cancel(build) -> None:
    checked = 0
    for index in range(40):
        case = build(draw := Draw(6, "finite_element", index), Script(draw))
        forces = [a for a in case.outputs if a.dtype.startswith("vec") and a.role == "accumulate"]
        if len(forces) != 1 or "share" in case.python_source or "own = " in case.python_source:
            continue
        _, result = run(case, 2)
        force = result[forces[0].name]
        assert np.abs(force.sum(axis=0)).max() < 1e-4 * np.abs(force).max() * len(force) ** 0.5
        checked += 1
    assert checked >= 10


def test_derivatives_of_quadrilateral_shapes() -> None:
    s = script("finite_element")
    _derivatives(s.draw, s)
    scope = evaluated(s, {})

    def shape(r: float, t: float) -> np.ndarray:
        return 0.25 * np.array([(1 - r) * (1 - t), (1 + r) * (1 - t), (1 + r) * (1 + t), (1 - r) * (1 + t)])

    r, t, h = 0.3, -0.4, 1e-6
    assert scope["shape_dr"](np.float64(t)) == pytest.approx((shape(r + h, t) - shape(r - h, t)) / (2 * h), abs=1e-8)
    assert scope["shape_dt"](np.float64(r)) == pytest.approx((shape(r, t + h) - shape(r, t - h)) / (2 * h), abs=1e-8)


def test_references_agree_with_threads_one_by_one() -> None:
    check_threads("finite_element")


def test_contract() -> None:
    check_contract("finite_element")
