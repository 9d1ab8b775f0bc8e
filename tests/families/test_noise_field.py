"""Noise in references: against a nested interpolation in plain Python, its own differences, and what its definition promises."""

from __future__ import annotations

import numpy as np

from kernels.families.noise_field.fields import STEPS
from tests.families._mirror import helpers
from tests.families._reference import check_contract

MASK = 0xFFFFFFFF
STATE = np.uint32(12345)
SPACE = helpers("noise", "pnoise", "curlnoise")
POINTS = np.random.default_rng(3).uniform(-5.0, 5.0, (40, 4))


def pcg(state: int) -> int:
    word = (state * 747796405 + 2891336453) & MASK
    word = (((word >> ((word >> 28) + 4)) ^ word) * 277803737) & MASK
    return (word >> 22) ^ word


def height(x: float, y: float) -> float:
    """Noise in the plane, interpolated along one axis after the other."""

    def corner(i: int, j: int) -> float:
        key = ((i * 73856093) & MASK) ^ ((j * 19349663 + int(STATE)) & MASK)
        parts = []
        for _ in range(2):
            key = pcg(key)
            parts.append((key >> 8) / 2**24 - 0.5)
        size = np.hypot(*parts)
        return ((x - i) * parts[0] + (y - j) * parts[1]) / size

    def between(a: float, b: float, t: float) -> float:
        return a + (b - a) * (6 * t**5 - 15 * t**4 + 10 * t**3)

    i, j = int(np.floor(x)), int(np.floor(y))
    lower = between(corner(i, j), corner(i + 1, j), x - i)
    upper = between(corner(i, j + 1), corner(i + 1, j + 1), x - i)
    return between(lower, upper, y - j)


def slope(function: object, p: np.ndarray, axis: int, h: float = 1e-6) -> np.ndarray:
    step = h * np.eye(p.shape[-1])[axis]
    return (function(p + step) - function(p - step)) / (2 * h)


def test_noise_in_the_plane_is_a_nested_interpolation() -> None:
    expected = [height(x, y) for x, y in POINTS[:, :2]]
    np.testing.assert_allclose(SPACE["noise"](STATE, POINTS[:, :2]), expected, atol=1e-14)


def test_noise_vanishes_at_lattice_points_and_is_smooth_across_them() -> None:
    for n in range(1, 5):
        corners = np.rint(POINTS[:, :n])
        np.testing.assert_allclose(SPACE["noise"](STATE, corners), 0.0, atol=1e-12)
        gap = SPACE["noise"](STATE, corners + 1e-7) - SPACE["noise"](STATE, corners - 1e-7)
        assert np.abs(gap).max() < 1e-6


def test_the_slope_of_the_lattice_is_that_of_noise() -> None:
    for n in range(2, 5):
        p = POINTS[:, :n]
        cell = np.floor(p).astype(np.int64)
        exact = SPACE["lattice_slope"](STATE, cell, cell + 1, p - cell)
        for axis in range(n):
            np.testing.assert_allclose(exact[:, axis], slope(lambda q: SPACE["noise"](STATE, q), p, axis), atol=1e-7)


def test_periodic_noise_repeats() -> None:
    p = np.abs(POINTS[:, :3])
    here = SPACE["pnoise"](STATE, p, 3, 4, 5)
    np.testing.assert_allclose(SPACE["pnoise"](STATE, p + np.array([3, 8, 5]), 3, 4, 5), here, atol=1e-12)
    np.testing.assert_allclose(SPACE["pnoise"](STATE, p, 50, 50, 50), SPACE["noise"](STATE, p), atol=1e-14)


def test_flows_by_curl_have_no_divergence() -> None:
    for n in (2, 3):
        p = POINTS[:, :n]
        parts = [slope(lambda q, a=axis: SPACE["curlnoise"](STATE, q, 2)[:, a], p, axis) for axis in range(n)]
        assert np.abs(sum(parts)).max() < 1e-6
        assert np.abs(parts[0]).max() > 0.1


def test_steps_of_differences_are_added_without_loss() -> None:
    p = np.random.default_rng(5).uniform(4.0, 7.8, 1000).astype(np.float32)
    for step in STEPS:
        np.testing.assert_array_equal((p + np.float32(step)) - p, np.float32(step))


def test_the_contract() -> None:
    check_contract("noise_field")
