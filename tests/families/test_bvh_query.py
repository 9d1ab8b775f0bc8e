"""Trees of boxes: what the reference finds against one box at a time, and pairs that are met from both sides."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.bvh_query.pairs import build_broad_phase
from kernels.families.bvh_query.search import OVERLAPS, SLABS, WITHIN
from tests.families._answers import functions
from tests.families._reference import check_contract, run

ANSWERS = functions(OVERLAPS, SLABS, WITHIN)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def boxes(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    center, half = rng.uniform(-1.0, 1.0, (count, 3)), rng.uniform(0.05, 0.4, (count, 3))
    return center - half, center + half


def test_boxes_overlap_where_a_point_is_in_both(rng: np.random.Generator) -> None:
    (low, high), (lowers, uppers) = boxes(rng, 20), boxes(rng, 30)
    met = ANSWERS["overlaps"](low, high, lowers, uppers)
    for i in range(20):
        for j in range(30):
            common = np.minimum(high[i], uppers[j]) - np.maximum(low[i], lowers[j])
            assert met[i, j] == bool(common.min() >= 0.0)
    assert np.array_equal(met, ANSWERS["overlaps"](lowers, uppers, low, high).T)


def test_balls_reach_boxes_with_a_point_within_the_radius(rng: np.random.Generator) -> None:
    lowers, uppers = boxes(rng, 30)
    p, radius = rng.uniform(-1.3, 1.3, (20, 3)), rng.uniform(0.1, 0.6, 20)
    nearest = np.clip(p[:, None], lowers, uppers)
    expected = np.linalg.norm(nearest - p[:, None], axis=-1) <= radius[:, None]
    assert np.array_equal(ANSWERS["within_reach"](p, radius, lowers, uppers), expected)


def test_rays_enter_and_leave_boxes_on_their_faces(rng: np.random.Generator) -> None:
    lowers, uppers = boxes(rng, 30)
    p, d = rng.uniform(-1.6, 1.6, (40, 3)), rng.standard_normal((40, 3))
    enter, leave, met = ANSWERS["slabs"](p, d, lowers, uppers)
    assert 10 < met.sum() < met.size // 2
    for t in (enter, leave):
        at = p[:, None] + t[..., None] * d[:, None]
        assert np.all((at >= lowers - 1e-9) & (at <= uppers + 1e-9), axis=-1)[met].all()
        assert np.minimum(np.abs(at - lowers), np.abs(at - uppers)).min(axis=-1)[met] == pytest.approx(0.0, abs=1e-9)
    steps = p[:, None] + np.linspace(0.0, 6.0, 1200)[:, None] * d[:, None]
    inside = np.all((steps[:, :, None] >= lowers) & (steps[:, :, None] <= uppers), axis=-1).any(axis=1)
    assert np.all(met[inside])


def test_pairs_that_are_met_twice_are_even_in_number() -> None:
    checked = 0
    for index in range(40):
        case = build_broad_phase(QueryScript(Draw(3, "bvh_query", index)))
        count = re.search(r"(\w+)\[\w+\] = count\n", case.python_source)
        if count and not re.search(r"\bj >|\bj <|group_root", case.python_source):
            _, result = run(case)
            assert result[count[1]].sum() % 2 == 0
            checked += result[count[1]].sum() > 0
    assert checked


def test_contract() -> None:
    check_contract("bvh_query")
