"""Articulated bodies: chains against products of matrices, Jacobians against differences, rotations that stay so, threads one by one."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.joint_dynamics.bodies import build_coordinates, build_integration
from kernels.families.joint_dynamics.drives import LIMITS
from kernels.families.joint_dynamics.kinematics import build_chain
from tests.families._reference import check_contract, run
from tests.families._script import check_threads


def matrix(pose: np.ndarray) -> np.ndarray:
    """The 4x4 matrix of a translation and a quaternion (x, y, z, w)."""
    (x, y, z, w), result = pose[3:], np.eye(4)
    result[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    result[:3, 3] = pose[:3]
    return result


def joint(axis: np.ndarray, q: float, slides: bool) -> np.ndarray:
    """The 4x4 matrix of a joint."""
    if slides:
        return matrix(np.concatenate([axis * q, [0.0, 0.0, 0.0, 1.0]]))
    return matrix(np.concatenate([np.zeros(3), axis * np.sin(0.5 * q), [np.cos(0.5 * q)]]))


def argument(case, values, *names: str):
    """The value of the argument that has one of `names`, or None."""
    return next((values[a.name] for a in case.arguments if a.name in names), None)


def test_chains_agree_with_products_of_matrices() -> None:
    checked = 0
    for index in range(60):
        case = build_chain(draw := Draw(8, "joint_dynamics", index), Script(draw))
        if "wp.transform" not in case.python_source:
            continue
        values, result = run(case, 1)
        q = argument(case, values, "joint_q", "qpos", "q_in", "dof_pos")
        zero = argument(case, values, "joint_ref", "qpos0", "joint_zero")
        gears = argument(case, values, "joint_gear", "gear", "mimic_scale")
        limits = argument(case, values, "joint_limit", "joint_range", "limits")
        q = (q - (0.0 if zero is None else zero)) * (1.0 if gears is None else gears)
        q = q if limits is None else np.clip(q, -limits[:, 0], limits[:, 1])
        axes = argument(case, values, "joint_axis", "jnt_axis", "dof_axis")
        parents = argument(case, values, "joint_X_p", "joint_parent_xform", "link_pose")
        children = argument(case, values, "joint_X_c", "joint_child_xform", "child_pose")
        types = argument(case, values, "joint_type", "jnt_type", "dof_type")
        bases = argument(case, values, "base", "root_q", "base_pose")
        poses = next(v for v in result.values() if v.ndim == 3 and v.shape[-1] == 7)
        for w in range(len(q)):
            x = np.eye(4) if bases is None else matrix(bases[w])
            for k in range(q.shape[1]):
                x = x @ matrix(parents[k]) @ joint(axes[k], q[w, k], types is not None and types[k] == 0)
                link = x if children is None else x @ np.linalg.inv(matrix(children[k]))
                assert matrix(poses[w, k]) == pytest.approx(link, abs=2e-5)
        checked += 1
    assert checked >= 15


@pytest.mark.parametrize("build", [build_integration, build_coordinates])
def test_rotations_stay_of_unit_length(build) -> None:
    checked = 0
    for index in range(40):
        case = build(draw := Draw(9, "joint_dynamics", index), Script(draw))
        _, result = run(case, 2)
        for a in case.outputs:
            if a.dtype.startswith(("quat", "transform")):
                assert np.linalg.norm(result[a.name][..., -4:], axis=-1) == pytest.approx(1.0, abs=1e-5)
                checked += 1
    assert checked >= 8


def test_limits_push_back() -> None:
    for name, text in LIMITS.items():
        for q, sign in ((1.3, -1.0), (-1.3, 1.0)):
            source = text.replace("wp.max", "max").replace("wp.min", "min").replace("wp.exp", "np.exp")
            scope = {"np": np, "q": q, "qd": 0.0, "lower": -1.0, "upper": 1.0, "limit_ke": 2.0, "limit_kd": 0.1, "f": 0.0}
            exec(source, scope)
            assert scope["f"] * sign > 0.0, name


def test_references_agree_with_threads_one_by_one() -> None:
    check_threads("joint_dynamics")


def test_contract() -> None:
    check_contract("joint_dynamics")
