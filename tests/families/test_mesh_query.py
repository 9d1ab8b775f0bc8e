"""Meshes: nearest points and faces against dense samples, insides and crossings of known solids, rays that end on the surface."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from kernels.families.mesh_query import answers
from kernels.families.mesh_query.fields import FURTHEST, FURTHEST_CORNER
from kernels.surfaces import surface
from tests.families._answers import functions
from tests.families._reference import check_contract

ANSWERS = functions(
    answers.CORNERS,
    answers.WEIGHTS,
    answers.CLOSEST_POINT,
    answers.CLOSEST_FACE,
    answers.TRIANGLE_GAPS,
    answers.WINDING,
    answers.SIDE,
    answers.FACING,
    answers.HITS,
    answers.rooted(answers.CAST, grouped=False),
    answers.rooted(answers.ANY_HIT, grouped=True),
    answers.rooted(answers.CROSSINGS, grouped=True),
    answers.GROUP_ROOT,
    answers.FACE_BOXES,
    answers.BOX_GAPS,
    answers.BOXES_MET,
    FURTHEST,
    FURTHEST_CORNER,
    *answers.EVALUATED.values(),
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def mesh(kind: str, rows: int, columns: int, jitter: float = 0.05) -> SimpleNamespace:
    rng = np.random.default_rng(6)
    where, triangles = surface(kind, rows, columns)
    where = where + rng.uniform(-jitter, jitter, where.shape)
    return SimpleNamespace(points=where, indices=triangles.ravel(), velocities=rng.standard_normal(where.shape))


def samples(m: SimpleNamespace) -> np.ndarray:
    u, v = (side.ravel() for side in np.meshgrid(np.linspace(0.0, 1.0, 15), np.linspace(0.0, 1.0, 15)))
    u, v = u[u + v <= 1.0 + 1e-12], v[u + v <= 1.0 + 1e-12]
    a, b, c = ANSWERS["corners"](m)
    return (a + u[:, None, None] * (b - a) + v[:, None, None] * (c - a)).reshape(-1, 3)


def test_nothing_sampled_is_nearer_than_the_nearest_point(rng: np.random.Generator) -> None:
    for kind, rows, columns in (("sphere", 4, 6), ("torus", 4, 5), ("sheet", 3, 4)):
        m = mesh(kind, rows, columns)
        p = rng.uniform(-1.4, 1.4, (50, 3))
        gap = np.linalg.norm(ANSWERS["closest_point"](m, p) - p, axis=-1)
        sampled = np.linalg.norm(samples(m) - p[:, None], axis=-1).min(axis=1)
        assert np.all(gap <= sampled + 1e-12)
        assert np.all(sampled - gap < 0.08)
        face, u, v = ANSWERS["closest_face"](m, p)
        assert np.linalg.norm(ANSWERS["mesh_eval_position"](m, face, u, v) - p, axis=-1) == pytest.approx(gap)
        assert ANSWERS["squared_distances"](m, p).min(axis=1) == pytest.approx(gap * gap)


def test_the_furthest_point_is_a_corner(rng: np.random.Generator) -> None:
    m = mesh("torus", 4, 5)
    p = rng.uniform(-1.0, 1.0, (20, 3))
    gap = np.linalg.norm(ANSWERS["furthest_point"](m, p) - p, axis=-1)
    assert np.all(gap >= np.linalg.norm(samples(m) - p[:, None], axis=-1).max(axis=1) - 1e-12)
    corner = ANSWERS["mesh_eval_position"](m, *ANSWERS["furthest_corner"](m, p))
    assert np.array_equal(corner, ANSWERS["furthest_point"](m, p))


def test_insides_of_solids(rng: np.random.Generator) -> None:
    box = mesh("box", 1, 1, jitter=0.0)
    p = rng.uniform(-1.2, 1.2, (200, 3))
    sides = box.points[[4, 2, 1]] - box.points[0]
    inside = np.all(np.abs(p @ sides.T) < 0.5 * np.sum(sides * sides, axis=1), axis=1)
    assert 10 < inside.sum() < 100
    assert ANSWERS["winding_number"](box, p) == pytest.approx(inside.astype(float), abs=1e-9)
    assert np.array_equal(ANSWERS["side"](box, p) < 0.0, inside)
    ring = mesh("torus", 6, 8, jitter=0.0)
    assert ANSWERS["side"](ring, np.array([[0.0, 0.0, 0.0], [0.65, 0.0, 0.0], [-0.65, 0.0, 0.02]])).tolist() == [1.0, -1.0, -1.0]


def test_rays_leave_a_closed_surface_once_more_often_than_they_enter(rng: np.random.Generator) -> None:
    m = mesh("torus", 5, 6)
    p, d = rng.uniform(-1.2, 1.2, (150, 3)), rng.standard_normal((150, 3))
    _t, _, _, slope, hit = ANSWERS["hits"](m, p, d)
    leaving = np.sum(hit & (slope < 0.0), axis=1) - np.sum(hit & (slope > 0.0), axis=1)
    assert np.array_equal(leaving, (ANSWERS["side"](m, p) < 0.0).astype(int))


def test_the_first_hit_of_a_ray_is_on_the_surface(rng: np.random.Generator) -> None:
    m = mesh("sphere", 5, 7)
    p, d = rng.uniform(-1.6, 1.6, (150, 3)), rng.standard_normal((150, 3))
    found, t, u, v, slope, normal, face = ANSWERS["cast"](m, p, d, 4.0)
    assert 10 < found.sum() < 150
    at = (p + t[:, None] * d)[found]
    assert at == pytest.approx(ANSWERS["mesh_eval_position"](m, face, u, v)[found])
    assert np.linalg.norm(ANSWERS["closest_point"](m, at) - at, axis=1) == pytest.approx(0.0, abs=1e-9)
    assert np.array_equal(slope[found] > 0.0, np.sum(normal * d, axis=1)[found] < 0.0)
    before = p + (0.999 * t)[:, None] * d
    assert np.array_equal(ANSWERS["side"](m, p)[found], ANSWERS["side"](m, before)[found])


def test_rays_below_a_root_meet_the_faces_of_its_group_alone(rng: np.random.Generator) -> None:
    m = mesh("sphere", 5, 7)
    m.groups = rng.integers(0, 3, len(m.indices) // 3)
    p, d = rng.uniform(-1.6, 1.6, (150, 3)), rng.standard_normal((150, 3))
    _, _, _, _, hit = ANSWERS["hits"](m, p, d)
    total = np.zeros(150, int)
    for group in range(3):
        root = ANSWERS["mesh_get_group_root"](m, np.full(150, group))
        count = ANSWERS["mesh_query_ray_count_intersections"](m, p, d, root)
        assert np.array_equal(count, hit[:, m.groups == group].sum(axis=1))
        assert np.array_equal(ANSWERS["mesh_query_ray_anyhit"](m, p, d, 1e6, root), count > 0)
        total += count
    assert total.sum() > 20
    assert np.array_equal(total, hit.sum(axis=1))
    assert np.all(ANSWERS["mesh_get_group_root"](m, np.int32(3)))


def test_boxes_of_faces_are_met_wherever_their_faces_are(rng: np.random.Generator) -> None:
    m = mesh("torus", 5, 6)
    p, d = rng.uniform(-1.2, 1.2, (60, 3)), rng.standard_normal((60, 3))
    _, _, _, _, hit = ANSWERS["hits"](m, p, d)
    met = ANSWERS["boxes_met"](m, p, d)
    assert np.all(met[hit])
    assert 0 < hit.sum() < met.sum() < met.size // 2
    gap = ANSWERS["squared_distances_of_boxes"](m, p)
    assert np.all(gap <= ANSWERS["squared_distances"](m, p) + 1e-12)
    assert np.array_equal(gap == 0.0, ANSWERS["faces_in_box"](m, p, p))


def test_velocities_and_points_of_corners() -> None:
    m = mesh("sheet", 2, 2)
    face = np.array([3, 0])
    assert ANSWERS["mesh_eval_velocity"](m, face, np.ones(2), np.zeros(2)) == pytest.approx(m.velocities[m.indices[[9, 0]]])
    assert ANSWERS["mesh_get_point"](m, np.array([4])) == pytest.approx(m.points[m.indices[4]][None])
    up = ANSWERS["mesh_eval_face_normal"](m, np.arange(8))
    assert np.all(up[:, 2] > 0.5)


def test_contract() -> None:
    check_contract("mesh_query")
