"""The rigid-body family's numpy pieces against textbook identities, and determinism."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.domains import Rotations
from kernels.draw import Draw
from kernels.dtypes import DTYPES
from kernels.families.rigid_body import SKEW, build
from kernels.families.rigid_body.bodies import ROTATE, UNROTATE


def test_skew_times_a_vector_is_the_cross_product() -> None:
    space: dict[str, Any] = {"np": np}
    exec("\n".join(SKEW), space)
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((2, 20, 3))
    assert np.einsum("nij,nj->ni", space["skew"](a), b) == pytest.approx(np.cross(a, b))


def test_rotating_back_undoes_a_rotation_and_keeps_lengths() -> None:
    rng = np.random.default_rng(3)
    space: dict[str, Any] = {"np": np, "R": Rotations().draw(rng, (20,), DTYPES["mat33d"]), "v": rng.standard_normal((20, 3))}
    turned = eval(ROTATE.format("R", "v"), space)
    assert np.linalg.norm(turned, axis=1) == pytest.approx(np.linalg.norm(space["v"], axis=1))
    assert eval(UNROTATE.format("R", "turned"), {**space, "turned": turned}) == pytest.approx(space["v"])


def test_every_output_of_a_case_is_returned_by_its_reference() -> None:
    for index in range(40):
        case = build(Draw(2, "rigid_body", index))
        last = case.reference_source.rsplit("return {", 1)[1]
        assert all(f'"{argument.name}": {argument.name}' in last for argument in case.outputs)


def test_the_same_draw_gives_the_same_case() -> None:
    assert build(Draw(0, "rigid_body", 5)) == build(Draw(0, "rigid_body", 5))
