"""Triangles and edges: nearest points against dense samples, kernels' own functions as plain Python, meetings known in advance."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.triangle_queries import functions as own
from kernels.families.triangle_queries.answers import (
    BOX_MEETS,
    CROSSING,
    DOT,
    NEAREST_POINT,
    NEAREST_WEIGHTS,
    PIERCED,
    RAY_HIT,
    SEGMENTS,
    WEIGHTS,
)
from tests.families._answers import functions
from tests.families._reference import check_contract

sys.path.insert(0, str(Path(__file__).parents[1] / "kernels"))

from interpreter import module_of
from stand_in import wrapped

ANSWERS = functions(DOT, WEIGHTS, NEAREST_WEIGHTS, NEAREST_POINT, SEGMENTS, PIERCED, CROSSING, RAY_HIT, BOX_MEETS)
STEPS = np.linspace(0.0, 1.0, 41)


def points(*shape: int, seed: int = 0, spread: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-spread, spread, (*shape, 3))


def test_no_sampled_point_of_a_triangle_is_nearer_than_the_nearest() -> None:
    a, b, c, p = points(4, 60)
    nearest = ANSWERS["nearest_point"](a, b, c, p)
    u, v = (side.ravel() for side in np.meshgrid(STEPS, STEPS))
    u, v = u[u + v <= 1.0 + 1e-12], v[u + v <= 1.0 + 1e-12]
    samples = a + u[:, None, None] * (b - a) + v[:, None, None] * (c - a)
    gaps = np.linalg.norm(samples - p, axis=-1).min(axis=0)
    gap = np.linalg.norm(nearest - p, axis=-1)
    assert np.all(gap <= gaps + 1e-12)
    assert np.all(gaps - gap < 0.08)


def test_no_sampled_points_of_two_segments_are_nearer_than_the_nearest() -> None:
    p1, q1, p2, q2 = points(4, 80, seed=1)
    s, t, gap = np.moveaxis(ANSWERS["nearest_segments"](p1, q1, p2, q2, 0.0), -1, 0)
    assert np.all((s >= 0.0) & (s <= 1.0) & (t >= 0.0) & (t <= 1.0))
    assert np.linalg.norm(p1 + s[:, None] * (q1 - p1) - p2 - t[:, None] * (q2 - p2), axis=-1) == pytest.approx(gap)
    first = p1 + STEPS[:, None, None] * (q1 - p1)
    second = p2 + STEPS[:, None, None] * (q2 - p2)
    gaps = np.linalg.norm(first[:, None] - second, axis=-1).min(axis=(0, 1))
    assert np.all(gap <= gaps + 1e-12)
    assert np.all(gaps - gap < 0.08)


def test_triangles_meet_where_one_is_put_through_the_other() -> None:
    a, b, c = np.eye(3)
    middle, normal = np.full(3, 1.0 / 3.0), np.ones(3) / np.sqrt(3.0)
    across = np.stack([middle - normal, middle + normal, middle + 2.0 * normal + 0.3 * (a - b)])
    assert ANSWERS["crossing"](a, b, c, *across) == 1
    assert ANSWERS["crossing"](*across, a, b, c) == 1
    assert ANSWERS["crossing"](a, b, c, *(across + 1.1 * normal)) == 0
    assert ANSWERS["crossing"](a, b, c, *(across + 2.0 * (a - b))) == 0


def test_boxes_meet_triangles_that_have_points_inside() -> None:
    a, b, c, center = points(4, 200, seed=2)
    half = np.random.default_rng(3).uniform(0.1, 0.5, (200, 3))
    met = ANSWERS["box_meets"](center, half, a, b, c).astype(bool)
    # The nearest point in the norm whose ball is the box, from a dense sample: whether it lies inside.
    u, v = (side.ravel() for side in np.meshgrid(STEPS, STEPS))
    u, v = u[u + v <= 1.0], v[u + v <= 1.0]
    depth = (np.abs(a + u[:, None, None] * (b - a) + v[:, None, None] * (c - a) - center) / half).max(axis=-1).min(axis=0)
    clear = np.abs(depth - 1.0) > 0.15
    assert np.array_equal(met[clear], depth[clear] < 1.0)
    assert 30 < met.sum() < 170


def test_rays_end_where_the_hit_says() -> None:
    start, direction, a, b, c = points(5, 400, seed=4)
    t, v, w = np.moveaxis(ANSWERS["ray_hit"](start, direction, a, b, c), -1, 0)
    hit = t >= 0.0
    assert 10 < hit.sum() < 200
    on = a + v[:, None] * (b - a) + w[:, None] * (c - a)
    assert (start + t[:, None] * direction)[hit] == pytest.approx(on[hit])
    ends = start + 100.0 * direction
    assert np.array_equal(hit, ANSWERS["pierced"](a, b, c, start, ends))


@pytest.mark.parametrize(
    ("add", "answer", "arguments"),
    [
        (own.add_nearest_point, lambda *v: ANSWERS["nearest_point"](*v), 4),
        (own.add_nearest_weights, lambda *v: ANSWERS["nearest_weights"](*v), 4),
        (own.add_ray, lambda *v: ANSWERS["ray_hit"](*v), 5),
        (own.add_crossing, lambda p, q, a, b, c: ANSWERS["pierced"](a, b, c, p, q), 5),
        (own.add_box, lambda m, h, a, b, c: ANSWERS["box_meets"](m, np.abs(h), a, b, c), 5),
    ],
)
def test_functions_of_kernels_agree_with_their_answers(add, answer, arguments) -> None:
    for index in range(5):
        s = QueryScript(Draw(5, "triangle_queries", index))
        name = add(s)
        module, _ = module_of("\n".join("\n".join(block) for block in s.definitions))
        values = points(arguments, 40, seed=index)
        if add is own.add_box:
            values[1] = np.abs(values[1])
        for column in np.moveaxis(values, 1, 0):
            assert np.asarray(module[name](*map(wrapped, column)), float) == pytest.approx(np.asarray(answer(*column), float), abs=1e-9)


def test_segments_of_kernels_agree_with_their_answer() -> None:
    for index in range(5):
        s = QueryScript(Draw(5, "triangle_queries", index), width="float64")
        name = own.add_segments(s)
        module, _ = module_of("\n".join("\n".join(block) for block in s.definitions))
        for column in points(40, 4, seed=index):
            found = module[name](*map(wrapped, column), 1e-9)
            assert found == pytest.approx(ANSWERS["nearest_segments"](*column, 0.0), abs=1e-7)


def test_contract() -> None:
    check_contract("triangle_queries")
