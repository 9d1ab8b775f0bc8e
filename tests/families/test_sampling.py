"""Random numbers in references: the integer state against arithmetic on Python's integers, samples against what they are samples of."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.sampling.placements import build_sources
from tests.families._mirror import helpers
from tests.families._reference import check_contract, run

MASK = 0xFFFFFFFF
COUNT = 20_000
SHAPES = {
    "sample_unit_ring": (1.0, 1.0),
    "sample_unit_disk": (0.0, 1.0),
    "sample_unit_sphere_surface": (1.0, 1.0),
    "sample_unit_sphere": (0.0, 1.0),
    "sample_unit_hemisphere_surface": (1.0, 1.0),
    "sample_unit_hemisphere": (0.0, 1.0),
}
SPACE = helpers(
    *SHAPES, "sample_unit_cube", "sample_triangle", "sample_cdf", "poisson", "randn", "randi_between", "randu_between", "rand_init"
)


def pcg(state: int) -> int:
    """The hash of Jarzynski and Olano on an unbounded integer."""
    word = (state * 747796405 + 2891336453) & MASK
    word = (((word >> ((word >> 28) + 4)) ^ word) * 277803737) & MASK
    return (word >> 22) ^ word


def states(seed: int = 3) -> np.ndarray:
    return SPACE["rand_init"](seed, np.arange(COUNT))


def test_states_are_seeded_and_advanced_as_integers() -> None:
    assert SPACE["rand_init"](-5, np.arange(20)).tolist() == [pcg((-5 + pcg(k)) & MASK) for k in range(20)]
    start = states()[:20]
    after, number = SPACE["randi_between"](start, -2, 5)
    assert after.tolist() == [pcg(int(s)) for s in start]
    assert number.tolist() == [pcg(int(s)) % 7 - 2 for s in start]
    _, word = SPACE["randu_between"](start, np.uint32(3), np.uint32(9))
    assert word.tolist() == [pcg(int(s)) % 6 + 3 for s in start]


@pytest.mark.parametrize("name", SHAPES)
def test_points_lie_in_their_body_around_its_centre(name: str) -> None:
    _, points = SPACE[name](states())
    radius = np.linalg.norm(points, axis=-1)
    low, high = SHAPES[name]
    assert radius.min() >= low - 1e-12
    assert radius.max() <= high + 1e-12
    assert np.abs(points.mean(axis=0)[:2]).max() < 0.02
    if "hemi" in name:
        assert points[:, 2].min() >= 0.0
        # Archimedes: heights on a sphere are uniform; in a half ball the mean is 3/8.
        assert points[:, 2].mean() == pytest.approx(0.5 if "surface" in name else 0.375, abs=0.01)


def test_the_area_of_bodies_is_sampled_evenly() -> None:
    assert np.mean(np.linalg.norm(SPACE["sample_unit_disk"](states())[1], axis=-1) < 0.5) == pytest.approx(0.25, abs=0.01)
    assert np.mean(np.linalg.norm(SPACE["sample_unit_sphere"](states())[1], axis=-1) < 0.5) == pytest.approx(0.125, abs=0.01)
    _, bary = SPACE["sample_triangle"](states())
    assert bary.min() >= 0.0
    assert bary.sum(axis=-1).max() <= 1.0
    np.testing.assert_allclose(bary.mean(axis=0), 1 / 3, atol=0.01)
    np.testing.assert_allclose(SPACE["sample_unit_cube"](states())[1].var(axis=0), 1 / 12, atol=0.003)


def test_a_table_is_sampled_by_its_probabilities() -> None:
    _, index = SPACE["sample_cdf"](states(), np.array([0.1, 0.1, 0.6, 1.0]))
    np.testing.assert_allclose(np.bincount(index, minlength=4) / COUNT, [0.1, 0.0, 0.5, 0.4], atol=0.012)


@pytest.mark.parametrize("rate", [0.7, 5.0, 12.0, 35.0])
def test_poisson_numbers_have_the_mean_and_variance_of_their_rate(rate: float) -> None:
    _, number = SPACE["poisson"](states(), np.float64(rate))
    values = number.astype(float)
    assert values.mean() == pytest.approx(rate, rel=0.02)
    assert values.var() == pytest.approx(rate, rel=0.05)


def test_points_of_sources_lie_about_their_origins() -> None:
    seen = 0
    for index in range(400):
        case = build_sources(draw := Draw(3, "sampling", index), MirrorDraft(draw, width="float32"))
        inputs = [a for a in case.arguments if a.role == "input" and a.ndim == 1 and a.differentiable]
        if len(inputs) != 2 or [a.dtype for a in case.outputs] != ["vec2f"]:
            continue
        values, result = run(case)
        origin, extent = (values[next(a.name for a in inputs if a.dtype.startswith(kind))] for kind in ("vec", "float"))
        away = np.linalg.norm(result[case.outputs[0].name] - origin, axis=-1) / extent
        assert away.max() <= np.sqrt(2.0) + 1e-5
        assert away.max() > 0.4
        seen += 1
    assert seen > 10


def test_the_contract() -> None:
    check_contract("sampling")
