"""Particle fluids: smoothing kernels against their defining integrals and differences, references against threads one by one."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.families.sph_fluid.motion import _scheme
from kernels.families.sph_fluid.smoothing import SMOOTHING, VISCOSITY, slope, weight
from tests.families._reference import check_contract
from tests.families._script import check_threads, evaluated, script

SPHERE = {2: lambda r: 2.0 * np.pi * r, 3: lambda r: 4.0 * np.pi * r * r}


@pytest.mark.parametrize("dims", [2, 3])
def test_smoothing_kernels_are_normalized_and_their_slopes_their_derivatives(dims: int) -> None:
    seen = set()
    h = 1.3
    edges = np.linspace(0.0, h, 20001)
    r = 0.5 * (edges[1:] + edges[:-1])
    for index in range(60):
        s = script("sph_fluid", index)
        name, kernel = weight(s, dims)
        derivative = slope(s, dims, kernel)
        scope = evaluated(s, {})
        integral = np.sum(scope[name](r, h) * SPHERE[dims](r)) * (edges[1] - edges[0])
        assert integral == pytest.approx(1.0, abs=2e-6), kernel.name
        step = 1e-6
        at = np.array([0.1, 0.31, 0.7, 0.95]) * h
        difference = (scope[name](at + step, h) - scope[name](at - step, h)) / (2.0 * step)
        assert scope[derivative](at, h) == pytest.approx(difference, rel=1e-5, abs=1e-6), kernel.name
        seen.add(kernel.name)
    assert seen == {kernel.name for kernel in SMOOTHING}


@pytest.mark.parametrize("dims", [2, 3])
def test_the_viscosity_kernel_s_laplacian_has_its_known_integral(dims: int) -> None:
    r = np.linspace(0.0, 1.0, 20001)
    integral = np.trapezoid(VISCOSITY[dims] * (1.0 - r) * SPHERE[dims](r), r)
    assert integral == pytest.approx({2: 40.0 / 3.0, 3: 15.0}[dims], rel=1e-6)


def test_a_particle_without_force_keeps_its_velocity() -> None:
    for index in range(12):
        s = script("sph_fluid", index)
        s.field("accel", "vec3", "n")
        s.tuning(("dt", 0.1, 0.1))
        s.holds("vec3", "v", "a")
        s.holds("int", "tid")
        _scheme(s.draw, s, "vec3")
        zero = np.zeros((4, 3))
        values = {"v": np.ones((4, 3)), "a": zero, "accel_prev": zero, "tid": np.arange(4), "dt": np.float64(0.1), "drag": np.float64(0.0)}
        for holder in ("params", "settings", "cfg", "options", "coeffs"):
            values[holder] = type("Fields", (), {"dt": np.float64(0.1), "drag": np.float64(0.0)})
        after = evaluated(s, values)["v1"]
        assert np.all(np.abs(after[:, 0] - after[:, 1]) < 1e-15)
        assert np.all(after <= 1.0)


def test_references_agree_with_threads_one_by_one() -> None:
    check_threads("sph_fluid")


def test_contract() -> None:
    check_contract("sph_fluid")
