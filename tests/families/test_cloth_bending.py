"""Cloth: gradients of the dihedral angle against differences, forces that must cancel, references against threads one by one."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.cloth_bending.bending import angle_gradients, build_dihedral, hinge_geometry
from kernels.families.cloth_bending.collisions import build_edge_edge, build_vertex_triangle
from kernels.families.cloth_bending.membrane import build_membrane
from tests.families._reference import check_contract, run
from tests.families._script import check_threads, evaluated, script

CORNERS = ("i", "j", "k", "l")


@pytest.mark.parametrize("index", range(12))
def test_angle_gradients_are_the_derivatives_of_the_angle(index: int) -> None:
    s = script("cloth_bending", index)
    s.field("x", "vec3", "n")
    s.holds("int", *CORNERS)
    hinge_geometry(s.draw, s, slivers="")
    angle_gradients(s.draw, s)
    at = {c: np.array([n]) for n, c in enumerate(CORNERS)}
    x = np.array([[0.1, 0.9, 0.3], [0.2, -0.8, 0.2], [-0.5, 0.0, 0.1], [0.6, 0.1, -0.1]])
    scope = evaluated(s, {"x": x, **at})
    for corner in range(4):
        for axis in range(3):
            moved = []
            for step in (1e-6, -1e-6):
                y = x.copy()
                y[corner, axis] += step
                moved.append(float(evaluated(s, {"x": y, **at})["theta"][0]))
            assert scope[f"d{corner + 1}"][0, axis] == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-6)


def test_a_flat_hinge_has_no_angle() -> None:
    s = script("cloth_bending", 1)
    s.field("x", "vec3", "n")
    s.holds("int", *CORNERS)
    hinge_geometry(s.draw, s, slivers="")
    x = np.array([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    assert evaluated(s, {"x": x, **{c: np.array([n]) for n, c in enumerate(CORNERS)}})["theta"] == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("build", [build_dihedral, build_membrane, build_edge_edge, build_vertex_triangle])
def test_inner_forces_cancel(build) -> None:
    checked = 0
    for index in range(40):
        case = build(draw := Draw(5, "cloth_bending", index), Script(draw))
        if any(word in case.python_source for word in ("wind", "margin", "v_rel")):
            continue
        _, result = run(case, 2)
        force = next(v for v in result.values() if np.ndim(v) == 2)
        scale = np.abs(force).max()
        assert scale > 0.0
        assert np.abs(force.sum(axis=0)).max() < 1e-4 * scale * len(force) ** 0.5
        checked += 1
    assert checked >= 10


def test_references_agree_with_threads_one_by_one() -> None:
    check_threads("cloth_bending")


def test_contract() -> None:
    check_contract("cloth_bending")
