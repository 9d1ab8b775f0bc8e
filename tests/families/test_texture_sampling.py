"""Textures: texels at their centers, ramps between them, four ways to go on beyond the edge, levels of means."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from kernels.families.texture_sampling.textures import BLENDED, FETCH, LEVELS, SAMPLED
from tests.families._answers import functions
from tests.families._reference import check_contract


def answers(axes: int, *, smooth: bool, mipped: bool = False, channels: int = 1) -> dict:
    parts = {
        "name": "tex",
        "texels": "tex.texels",
        "stored": "tex.texels",
        "rounded": "finer",
        "each": "level",
        "axes": str(axes),
        "spread": "[..., None]" if channels > 1 else "",
    }
    blocks = [LEVELS[mipped], FETCH, SAMPLED[int(smooth)]]
    if mipped:
        blocks.append(("def texture_sample(tex, uv, lod):", *BLENDED[1]))
    return functions(*blocks, **parts)


def texture(texels: np.ndarray, *address: int, **more) -> SimpleNamespace:
    return SimpleNamespace(texels=texels, address=np.array(address), normalized=True, **more)


def test_texels_are_at_their_centers_and_the_first_coordinate_is_along_the_last_axis() -> None:
    texels = np.arange(12.0).reshape(3, 4)
    for smooth in (False, True):
        sampled = answers(2, smooth=smooth)["sampled"]
        at = np.array([[(column + 0.5) / 4.0, (row + 0.5) / 3.0] for row in range(3) for column in range(4)])
        assert sampled(texture(texels, 1, 1), at, 0) == pytest.approx(np.arange(12.0))
        whole = texture(texels, 1, 1)
        whole.normalized = False
        assert sampled(whole, at * (4.0, 3.0), 0) == pytest.approx(np.arange(12.0))


def test_a_ramp_is_interpolated_and_held_at_its_edge() -> None:
    texels = np.stack([np.arange(5.0), 10.0 - np.arange(5.0)], axis=-1)
    found = answers(1, smooth=True, channels=2)["sampled"](texture(texels, 1), np.array([[0.3], [0.46], [0.02], [1.7]]), 0)
    assert found == pytest.approx(np.array([[1.0, 9.0], [1.8, 8.2], [0.0, 10.0], [4.0, 6.0]]))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0, [3.0, 4.0, 1.0, 2.0]), (1, [1.0, 1.0, 4.0, 4.0]), (2, [2.0, 1.0, 4.0, 3.0]), (3, [0.0, 0.0, 0.0, 0.0])],
)
def test_beyond_the_edge(mode: int, expected: list[float]) -> None:
    texels, places = np.array([1.0, 2.0, 3.0, 4.0]), np.array([[-2], [-1], [4], [5]])
    assert answers(1, smooth=False)["fetch"](texels, places, (mode,)).tolist() == expected
    at = (places + 0.5) / 4.0
    assert answers(1, smooth=True)["sampled"](texture(texels, mode), at, 0) == pytest.approx(expected)


def test_levels_are_means_and_blend() -> None:
    texels = np.arange(32.0).reshape(4, 8)
    scope = answers(2, smooth=True, mipped=True)
    tex = texture(texels, 0, 0, mip_levels=3)
    levels = scope["levels"](tex)
    assert [level.shape for level in levels] == [(4, 8), (2, 4), (1, 2)]
    assert levels[1][0, 0] == pytest.approx(np.mean(texels[:2, :2]))
    assert levels[2][0, 1] == pytest.approx(np.mean(texels[:, 4:]))
    at = np.array([[0.25, 0.5]] * 4)
    found = scope["texture_sample"](tex, at, np.array([0.0, 1.0, 1.25, 9.0]))
    exact = [scope["sampled"](tex, at[:1], n)[0] for n in range(3)]
    assert found == pytest.approx([exact[0], exact[1], 0.75 * exact[1] + 0.25 * exact[2], exact[2]])


def test_contract() -> None:
    check_contract("texture_sampling")
