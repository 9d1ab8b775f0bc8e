"""Matrices of many shapes in references: determinants, inverses and decompositions against numpy's, and systems that are solved."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.matrix_shapes.algebra import build_solve
from tests.families._mirror import helpers
from tests.families._reference import check_contract, run


@pytest.mark.parametrize("size", [2, 3, 4])
def test_determinants_and_inverses_are_those_of_numpy(size: int) -> None:
    space = helpers("determinant", "inverse")
    m = np.random.default_rng(size).standard_normal((20, size, size)) + 2.0 * np.eye(size)
    np.testing.assert_allclose(space["determinant"](m), np.linalg.det(m), atol=1e-12)
    np.testing.assert_allclose(space["inverse"](m) @ m, np.broadcast_to(np.eye(size), m.shape), atol=1e-10)


def test_singular_vectors_are_rotations() -> None:
    space = helpers("svd3")
    a = np.random.default_rng(1).standard_normal((50, 3, 3))
    u, s, v = space["svd3"](a)
    np.testing.assert_allclose(np.einsum("nik,nk,njk->nij", u, s, v), a, atol=1e-12)
    for m in (u, v):
        np.testing.assert_allclose(np.linalg.det(m), 1.0)
    np.testing.assert_array_equal(np.sign(s[:, 2]), np.sign(np.linalg.det(a)))


def test_a_part_is_replaced_in_every_lane() -> None:
    space = helpers("replaced", "picked")
    m = space["replaced"](np.zeros((2, 3)), (1, slice(0, 2)), np.arange(8.0).reshape(4, 2), 2)
    np.testing.assert_array_equal(m[:, 1, :2], np.arange(8.0).reshape(4, 2))
    assert not m[:, 0].any()
    np.testing.assert_array_equal(space["picked"](np.arange(12.0).reshape(4, 3), np.array([0, 2, 1, 0])), [0, 5, 7, 9])


def test_small_systems_are_solved() -> None:
    found = set()
    for index in range(200):
        case = build_solve(draw := Draw(1, "matrix_shapes", index), MirrorDraft(draw, width="float64"))
        way = case.kernel_name.removesuffix("_solve")
        output = case.outputs[0]
        if way not in ("inverse", "elimination", "orthogonal") or not output.dtype.startswith("vec") or len(case.arguments) > 4:
            continue
        values, result = run(case)
        matrix, rhs = (next(v for k, v in values.items() if np.ndim(v) == n + 1 and k != output.name) for n in (2, 1))
        x = result[output.name]
        expected = np.linalg.solve(matrix, rhs[..., None])[..., 0]
        share = np.linalg.norm(x, axis=-1) / np.linalg.norm(expected, axis=-1)
        np.testing.assert_allclose(x / share[:, None], expected, rtol=1e-9)
        found.add(way)
        if len(found) == 3:
            break
    assert found == {"inverse", "elimination", "orthogonal"}


@pytest.mark.parametrize("kind", ["svd2", "svd3", "eig3", "qr3"])
def test_factors_in_half_precision_make_the_matrix(kind: str) -> None:
    space = helpers(f"half_{kind}")
    space["f16"] = np.float16
    size = 2 if kind == "svd2" else 3
    a = np.random.default_rng(4).standard_normal((20, size, size)).astype(np.float16)
    a = a + np.swapaxes(a, -1, -2) if kind == "eig3" else a
    factors = space[f"half_{kind}"](a)
    assert {f.dtype for f in factors} == {np.dtype(np.float16)}
    q, r, *rest = (f.astype(np.float64) for f in factors)
    made = {"svd2": "nik,nk,njk->nij", "svd3": "nik,nk,njk->nij", "eig3": "nik,nk,njk->nij", "qr3": "nik,nkj->nij"}[kind]
    np.testing.assert_allclose(np.einsum(made, q, r, *(rest or ([q] if kind == "eig3" else []))), a, atol=2e-2)


def test_the_contract() -> None:
    check_contract("matrix_shapes")
