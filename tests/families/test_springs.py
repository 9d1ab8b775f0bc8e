"""References of the spring family: opposite forces cancel, springs at rest are still, and determinism."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.case import Case, Launch
from kernels.domains import Struct
from kernels.draw import Draw, digest
from kernels.dtypes import DTYPES
from kernels.families.springs import build

PAIRWISE = ("spring_forces", "eval_springs", "accumulate_spring_forces")


def reference(case: Case, launch: Launch) -> tuple[dict[str, Any], dict[str, Any]]:
    """The reference's inputs and outputs in float64, for cases without struct arguments."""
    space: dict[str, Any] = {}
    exec(case.reference_source, space)
    space["f32"] = np.float64
    function = space["reference"]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    inputs: dict[str, Any] = {}
    for argument in case.arguments:
        if argument.role != "input":
            continue
        drawn = launch.domains[argument.name].draw(
            np.random.default_rng(digest(case.id, argument.name)), launch.shapes[argument.name], DTYPES[argument.dtype]
        )
        inputs[argument.name] = drawn.astype(np.float64)[()] if DTYPES[argument.dtype].is_float else drawn[()]
    return inputs, function(**{n: launch.dim if n == "dim" else inputs[n] for n in names})


@pytest.mark.parametrize("index", range(60))
def test_pair_forces_sum_to_zero(index: int) -> None:
    case = build(Draw(1, "springs", index))
    structs = any(isinstance(domain, Struct) for domain in case.launches[2].domains.values())
    if case.kernel_name not in PAIRWISE or structs:
        assert case.family == "springs"
        return
    _, outputs = reference(case, case.launches[2])
    force = next(value for value in outputs.values() if np.ndim(value) == 2)
    assert np.abs(force.sum(axis=0)).max() < 1e-9 * max(1.0, np.abs(force).max() * len(force))
    assert np.abs(force).max() > 0.0


def test_the_same_draw_gives_the_same_case() -> None:
    assert build(Draw(0, "springs", 5)) == build(Draw(0, "springs", 5))
