"""Numerical fluxes and limiters of the finite-volume family against their defining properties, and determinism."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.drafting.formulas import to_numpy
from kernels.draw import Draw
from kernels.families.finite_volume import FLUXES, LAWS, LIMITERS, SPEEDS, build


def functions(law: str, scheme: str) -> dict[str, Any]:
    """The law's flux and wave speed and the scheme's flux between two states."""
    lines = ["def flux(u):", f"    return {to_numpy(LAWS[law])}", "def wave_speed(u):", f"    return {to_numpy(SPEEDS[law])}"]
    lines += ["def between(ul, ur, alpha):", *(f"    {to_numpy(line)}" for line in FLUXES[scheme])]
    space: dict[str, Any] = {"np": np}
    exec("\n".join(lines), space)
    return space


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("scheme", FLUXES)
def test_a_numerical_flux_is_consistent_with_its_law(law: str, scheme: str) -> None:
    space, u = functions(law, scheme), np.linspace(0.05, 0.95, 19)
    assert space["between"](u, u, 0.6) == pytest.approx(space["flux"](u))


@pytest.mark.parametrize("name", LIMITERS)
def test_a_limiter_vanishes_at_extrema_and_stays_within_its_slopes(name: str) -> None:
    space: dict[str, Any] = {"np": np}
    exec("\n".join(["def limiter(a, b):", *(f"    {to_numpy(line)}" for line in LIMITERS[name])]), space)
    a, b = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 200))
    slope = space["limiter"](a, b)
    assert np.all(slope[a * b < 0.0] == 0.0)
    assert np.all(np.abs(slope) <= 2.0 * np.minimum(np.abs(a), np.abs(b)) + 1e-12)
    assert np.all(slope * a >= 0.0)


def test_the_same_draw_gives_the_same_case() -> None:
    assert build(Draw(0, "finite_volume", 5)) == build(Draw(0, "finite_volume", 5))
