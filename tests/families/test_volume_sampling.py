"""Volumes: trilinear samples of what is linear, voxels outside of the tiles, frames and their inverses, stored voxels."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from kernels.families.volume_sampling.grids import _TURNS, FRAME, GRADIENT, LOOKUP, NEAREST, SAMPLE, SHAPES, SIDES
from kernels.families.volume_sampling.storing import STORED
from tests.families._answers import functions
from tests.families._reference import check_contract

TILES = np.array([[0, 0, 0], [0, 0, 8], [0, 8, 0], [0, 8, 8], [8, 0, 0], [8, 0, 8], [8, 8, 0], [8, 8, 8]])


def answers(rank: int) -> dict:
    scope: dict = {"np": np, "f32": np.float64}
    parts = {"lookup": "voxel", **SHAPES[rank]}
    for block, name in ((LOOKUP, "voxel"), (SIDES, ""), (SAMPLE, "sample"), (NEAREST, ""), (GRADIENT, "slope")):
        exec("\n".join(block if block is SIDES else [line.format(name=name, **parts) for line in block]), scope)
    return scope


def volume(values, background, tiles=TILES) -> SimpleNamespace:
    """The volume whose voxels have the values of a function of their indices."""
    place = tiles[:, None, None, None] + np.moveaxis(np.indices((8, 8, 8)), 0, -1)
    return SimpleNamespace(tiles=tiles, values=values(place), background=background)


def test_samples_of_a_linear_field_are_exact_and_so_are_its_slopes() -> None:
    turn, p = np.array([0.3, -1.2, 0.7]), np.random.default_rng(0).uniform(0.1, 14.9, (40, 3))
    scalar = volume(lambda x: x @ turn + 2.0, 0.0)
    assert answers(0)["sample"](scalar, p, 1) == pytest.approx(p @ turn + 2.0)
    value, slope = answers(0)["slope"](scalar, p)
    assert value == pytest.approx(p @ turn + 2.0)
    assert slope == pytest.approx(np.broadcast_to(turn, (40, 3)))
    matrix = np.random.default_rng(1).standard_normal((3, 3))
    vector = volume(lambda x: x @ matrix.T, np.zeros(3))
    value, slope = answers(1)["slope"](vector, p)
    assert value == pytest.approx(p @ matrix.T)
    assert slope == pytest.approx(np.broadcast_to(matrix, (40, 3, 3)))


def test_the_nearest_voxel_and_the_background() -> None:
    grid = volume(lambda x: (100 * x[..., 0] + 10 * x[..., 1] + x[..., 2]).astype(np.int32), np.int32(-7))
    found = answers(0)["volume_sample_i"](grid, np.array([[1.4, 2.6, 3.2], [15.4, 0.2, 0.0], [15.6, 0.2, 0.0], [-0.6, 3.0, 3.0]]))
    assert found.tolist() == [133, 1500, -7, -7]
    assert answers(0)["voxel"](grid, np.array([2]), np.array([3]), np.array([16])).tolist() == [-7]
    half = volume(lambda x: np.ones(x.shape[:-1]), 0.0, TILES[:1])
    assert answers(0)["sample"](half, np.array([[7.25, 3.0, 3.0], [-0.5, -0.5, 2.0]]), 1) == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize("turned", [True, False])
def test_frames_are_inverses(turned: bool) -> None:
    matrix = np.array([[0.2, 0.05, 0.0], [-0.03, 0.3, 0.1], [0.02, 0.0, 0.25]])
    frame = SimpleNamespace(transform=matrix, voxel_size=np.array([0.1, 0.2, 0.3]), translation=np.array([1.0, -2.0, 0.5]))
    scope = functions(*(lines for _, lines in _TURNS[turned]), *((f"def {name}(volume, uvw):", *lines) for name, lines in FRAME.items()))
    p = np.random.default_rng(2).standard_normal((20, 3))
    world = scope["volume_index_to_world"](frame, p)
    assert world[0] == pytest.approx((matrix @ p[0] if turned else p[0] * frame.voxel_size) + frame.translation)
    assert scope["volume_world_to_index"](frame, world) == pytest.approx(p)
    away = scope["volume_index_to_world_dir"](frame, p)
    assert away == pytest.approx(world - scope["volume_index_to_world"](frame, 0.0 * p))
    assert scope["volume_world_to_index_dir"](frame, away) == pytest.approx(p)


def test_voxels_outside_of_the_tiles_are_not_stored() -> None:
    scope = functions([line.replace("{inner}", ",") for line in STORED])
    grid = volume(lambda x: np.zeros(x.shape[:-1]), 0.0, TILES[:2])
    i, j, k = np.array([1, 7, 8, 2]), np.array([2, 7, 1, 3]), np.array([3, 15, 1, 9])
    values = scope["stored"](grid, i, j, k, np.array([5.0, 6.0, 7.0, 8.0]), i != 2)
    assert values[0, 1, 2, 3] == 5.0
    assert values[1, 7, 7, 7] == 6.0
    assert np.sum(values) == 11.0


def test_contract() -> None:
    check_contract("volume_sampling")
