"""Rigid transforms and spatial vectors in references, against homogeneous matrices and what their definitions leave unchanged."""

from __future__ import annotations

import numpy as np

from kernels.domains import RigidTransforms
from kernels.dtypes import dtype_of
from tests.families._mirror import helpers
from tests.families._reference import check_contract

SPACE = helpers(
    "transform_multiply",
    "transform_inverse",
    "homogeneous",
    "transform_decompose",
    "spatial_cross",
    "spatial_cross_dual",
    "spatial_adjoint",
    "transform_twist",
    "transform_wrench",
    "quat_to_matrix",
    "skew",
)
RNG = np.random.default_rng(2)
A, B = (RigidTransforms(-1.0, 1.0).draw(RNG, (30,), dtype_of("transformd")) for _ in range(2))
TWISTS, WRENCHES = RNG.standard_normal((2, 30, 6))


def matrices(t: np.ndarray) -> np.ndarray:
    return SPACE["homogeneous"](SPACE["quat_to_matrix"](t[:, 3:]), t[:, :3])


def test_products_and_inverses_are_those_of_the_matrices() -> None:
    np.testing.assert_allclose(matrices(SPACE["transform_multiply"](A, B)), matrices(A) @ matrices(B), atol=1e-14)
    np.testing.assert_allclose(matrices(SPACE["transform_inverse"](A)), np.linalg.inv(matrices(A)), atol=1e-14)


def test_power_is_the_same_in_every_frame() -> None:
    moved = SPACE["transform_twist"](A, TWISTS), SPACE["transform_wrench"](A, WRENCHES)
    np.testing.assert_allclose(np.sum(moved[0] * moved[1], axis=-1), np.sum(TWISTS * WRENCHES, axis=-1), atol=1e-13)


def test_twists_are_carried_by_the_adjoint_matrix() -> None:
    rotation = SPACE["quat_to_matrix"](A[:, 3:])
    adjoint = SPACE["spatial_adjoint"](rotation, SPACE["skew"](A[:, :3]) @ rotation)
    np.testing.assert_allclose(np.einsum("nij,nj->ni", adjoint, TWISTS), SPACE["transform_twist"](A, TWISTS), atol=1e-14)


def test_the_two_spatial_products_are_dual() -> None:
    other = RNG.standard_normal((30, 6))
    left = np.sum(SPACE["spatial_cross"](TWISTS, other) * WRENCHES, axis=-1)
    right = np.sum(other * SPACE["spatial_cross_dual"](TWISTS, WRENCHES), axis=-1)
    np.testing.assert_allclose(left, -right, atol=1e-13)


def test_a_composed_matrix_comes_apart() -> None:
    scale = RNG.uniform(0.5, 2.0, (30, 3))
    m = SPACE["homogeneous"](SPACE["quat_to_matrix"](A[:, 3:]) * scale[:, None, :], A[:, :3])
    p, q, s = SPACE["transform_decompose"](m)
    np.testing.assert_allclose(p, A[:, :3])
    np.testing.assert_allclose(s, scale)
    np.testing.assert_allclose(np.abs(np.sum(q * A[:, 3:], axis=-1)), 1.0)


def test_the_contract() -> None:
    check_contract("transform_math")
