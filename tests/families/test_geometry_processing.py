"""Geometry: measures of known figures, the divergence theorem, operators against what they must vanish on, kernels run thread by thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.vectors import vector_numpy
from kernels.draw import Draw
from kernels.families.geometry_processing.face_fields import build_gradients
from kernels.families.geometry_processing.scenes import CHANGES, PLANE_FIGURES, SPACE_FIGURES, Figure
from kernels.families.geometry_processing.smoothing import build_cotangent
from kernels.families.geometry_processing.triangles import QUALITIES, build_edges
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run

SQRT3 = np.sqrt(3.0)


def quality(name: str, corners: Any) -> float:
    """A number of one triangle."""
    a, b, c = np.asarray(corners, float)[:, None]
    e1, e2 = b - a, c - a
    scope: dict[str, Any] = {"np": np, "e1": e1, "e2": e2, "cross_ab": np.cross(e1, e2)}
    scope |= {n: np.linalg.norm(v, axis=-1) for n, v in (("la", e2 - e1), ("lb", e2), ("lc", e1))}
    exec("\n".join(vector_numpy(line) for line in QUALITIES[name]), scope)
    return float(scope["value"][0])


def test_measures_of_an_equilateral_triangle() -> None:
    corners = [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [1.0, SQRT3, 0.0]]
    expected = {
        "area": SQRT3,
        "squared_area": 3.0,
        "perimeter": 6.0,
        "shape": 1.0,
        "inradius": 1.0 / SQRT3,
        "angle": np.pi / 3.0,
        "shortest": 2.0,
    }
    for name, value in expected.items():
        assert quality(name, corners) == pytest.approx(value, abs=1e-5), name
    # A guard keeps this one finite for slivers, and makes it a little small.
    assert quality("circumradius", corners) == pytest.approx(2.0 / SQRT3, rel=0.02)


def figure(shape: Figure, coordinates: str) -> Any:
    scope: dict[str, Any] = {"np": np}
    exec("\n    ".join([f"def f({', '.join([*coordinates, *shape.sizes])}):", *(vector_numpy(line) for line in shape.body)]), scope)
    return scope["f"]


@pytest.mark.parametrize(("table", "coordinates"), [(PLANE_FIGURES, "xy"), (SPACE_FIGURES, "xyz")], ids=["plane", "space"])
def test_a_distance_grows_no_faster_than_the_way(table: dict[str, Figure], coordinates: str) -> None:
    rng = np.random.default_rng(2)
    points = rng.uniform(-1.5, 1.5, (len(coordinates), 400))
    moved = points + rng.uniform(-0.05, 0.05, points.shape)
    way = np.linalg.norm(moved - points, axis=0)
    for name, shape in table.items():
        if name in ("wave", "ellipsoid"):
            # Bounds of the distance near the surface alone.
            continue
        sizes = [0.7] * len(shape.sizes)
        change = np.abs(figure(shape, coordinates)(*moved, *sizes) - figure(shape, coordinates)(*points, *sizes))
        assert np.all(change <= 1.0001 * way + 1e-9), name


@pytest.mark.parametrize("name", CHANGES)
def test_a_join_of_figures_far_apart_is_one_of_them(name: str) -> None:
    """Where the other figure is far away, a union is the near one and a difference leaves it as it is."""
    scope: dict[str, Any] = {"np": np, "d": np.array(0.3), "e": np.array(9.0)}
    exec("\n".join(vector_numpy(line.replace("BLEND", "0.2")) for line in CHANGES[name]), scope)
    expected = {"intersection": 9.0, "morph": 0.3 + 0.2 * 8.7, "shell": 0.24}.get(name, 0.3)
    assert scope["d"] == pytest.approx(expected, abs=0.011)


def of_form(form: Any, count: int) -> list[Case]:
    """Cases of one algorithm."""
    return [form(draw, Draft(draw)) for draw in (Draw(3, "geometry_processing", index) for index in range(count))]


def test_angles_of_a_triangle_add_up() -> None:
    """The defects that a mesh hands to its corners are minus pi for each triangle."""
    checked = 0
    for case in of_form(build_cotangent, 40):
        defect = [a.name for a in case.outputs if a.name in ("angle_sum", "defect")]
        if defect:
            values, result = run(case, 1)
            faces = next(values[n] for n in ("faces", "triangles", "indices") if n in values)
            assert result[defect[0]].sum() == pytest.approx(-np.pi * faces.size / 3, rel=1e-5)
            checked += 1
    assert checked >= 3


def test_a_laplacian_adds_up_to_nothing() -> None:
    """What faces and edges add to one corner they take from others."""
    checked = 0
    for case in (*of_form(build_cotangent, 30), *of_form(build_gradients, 30), *of_form(build_edges, 30)):
        for name in {a.name for a in case.outputs} & {"mean_curvature", "hn", "laplacian", "Lu", "net_flux", "stiffness_times_u"}:
            _, result = run(case, 1)
            assert np.abs(result[name].sum(axis=0)).max() <= 1e-4 * np.abs(result[name]).max()
            checked += 1
    assert checked >= 8


def test_every_case_keeps_the_contract() -> None:
    check_contract("geometry_processing")


def test_references_agree_with_the_kernels_run_thread_by_thread() -> None:
    check_against_threads("geometry_processing", cases("geometry_processing", 120), run, at_least=5)
