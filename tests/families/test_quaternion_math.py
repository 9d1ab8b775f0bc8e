"""Quaternions in references, against rotations worked out by hand and against rotation matrices."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tests.families._mirror import helpers
from tests.families._reference import check_contract

AXES = np.eye(3)
SPACE = helpers(
    "quat_product",
    "quat_rotate",
    "quat_rpy",
    "quat_slerp",
    "quat_from_euler",
    "quat_to_euler",
    "quat_to_rpy",
    "quat_from_matrix",
    "quat_to_matrix",
    "quat_twist",
    "quat_inverse",
)


def about(axis: int, angle: float) -> np.ndarray:
    return SPACE["quat_from_axis_angle"](AXES[axis], np.float64(angle))


def turned(axis: int, angle: float) -> np.ndarray:
    """The rotation matrix about a coordinate axis, right-handed."""
    j, k = (axis + 1) % 3, (axis + 2) % 3
    m = np.eye(3)
    m[j, j] = m[k, k] = np.cos(angle)
    m[k, j], m[j, k] = np.sin(angle), -np.sin(angle)
    return m


def units(count: int) -> np.ndarray:
    q = np.random.default_rng(1).standard_normal((count, 4))
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    q = about(2, np.pi / 2)
    np.testing.assert_allclose(q, [0, 0, np.sqrt(0.5), np.sqrt(0.5)])
    np.testing.assert_allclose(SPACE["quat_rotate"](q, AXES[0]), AXES[1], atol=1e-15)


def test_a_product_applies_its_right_factor_first() -> None:
    a, b = about(0, 0.4), about(1, -1.1)
    rotation = turned(0, 0.4) @ turned(1, -1.1)
    np.testing.assert_allclose(SPACE["quat_to_matrix"](SPACE["quat_product"](a, b)), rotation, atol=1e-15)


def test_roll_comes_before_pitch_before_yaw_about_fixed_axes() -> None:
    q = SPACE["quat_rpy"](np.float64(0.3), np.float64(-0.7), np.float64(1.9))
    np.testing.assert_allclose(SPACE["quat_to_matrix"](q), turned(2, 1.9) @ turned(1, -0.7) @ turned(0, 0.3), atol=1e-15)
    np.testing.assert_allclose(SPACE["quat_to_rpy"](q), [0.3, -0.7, 1.9], atol=1e-14)


@pytest.mark.parametrize("order", [o for o in product(range(3), repeat=3) if o[0] != o[1] != o[2]])
def test_euler_angles_give_the_rotation_back(order: tuple[int, int, int]) -> None:
    q = units(40)
    i, j, k = order
    e = SPACE["quat_to_euler"](q, i, j, k)
    third = 3 - i - j if i == k else k
    for angles, rotation in zip(e, SPACE["quat_to_matrix"](q), strict=True):
        again = turned(k, angles[third]) @ turned(j, angles[j]) @ turned(i, angles[i])
        np.testing.assert_allclose(again, rotation, atol=1e-12)
    if i != k:
        again = SPACE["quat_from_euler"](e, i, j, k)
        np.testing.assert_allclose(np.abs(np.sum(again * q, axis=-1)), 1.0, atol=1e-12)


def test_a_matrix_gives_its_quaternion_up_to_sign() -> None:
    q = units(200)
    again = SPACE["quat_from_matrix"](SPACE["quat_to_matrix"](q))
    np.testing.assert_allclose(np.abs(np.sum(again * q, axis=-1)), 1.0, atol=1e-12)


def test_slerp_goes_half_of_the_shorter_way() -> None:
    a, b = about(2, 0.2), about(2, 1.0)
    np.testing.assert_allclose(SPACE["quat_slerp"](a, b, 0.5), about(2, 0.6), atol=1e-15)
    np.testing.assert_allclose(SPACE["quat_slerp"](a, -b, 0.5), about(2, 0.6), atol=1e-15)


def test_a_twist_is_what_is_left_of_a_rotation_about_its_axis() -> None:
    swing, twist = about(0, 0.5), about(2, -0.8)
    np.testing.assert_allclose(SPACE["quat_twist"](AXES[2], SPACE["quat_product"](swing, twist)), twist, atol=1e-15)


def test_the_contract() -> None:
    check_contract("quaternion_math")
