"""The numpy port of Warp's random numbers, against arithmetic on Python integers, and the family's determinism."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kernels.draw import Draw
from kernels.families.monte_carlo import build
from kernels.families.monte_carlo.random_port import PORT, port

MASK = 0xFFFFFFFF


def namespace() -> dict[str, Any]:
    """The ported functions, as a reference has them."""
    space: dict[str, Any] = {"np": np, "f32": np.float32}
    exec("\n".join(line for block in port(*PORT) for line in block), space)
    return space


def pcg(state: int) -> int:
    """The hash of Jarzynski and Olano on an unbounded integer."""
    word = (state * 747796405 + 2891336453) & MASK
    word = (((word >> ((word >> 28) + 4)) ^ word) * 277803737) & MASK
    return (word >> 22) ^ word


def test_the_hash_and_the_seeding_agree_with_integer_arithmetic() -> None:
    ported, offsets = namespace(), np.arange(50)
    assert ported["rand_init"](1234, offsets).tolist() == [pcg((1234 + pcg(k)) & MASK) for k in range(50)]
    assert ported["rand_init_seed"](7 + offsets).tolist() == [pcg(7 + k) for k in range(50)]


def test_draws_come_from_the_high_bits_and_advance_the_state() -> None:
    ported, state = namespace(), pcg(42)
    after, unit = ported["randf"](np.array([state], np.uint32), -2.0, 3.0)
    assert after[0] == pcg(state)
    assert unit[0] == pytest.approx(5.0 * (pcg(state) >> 8) / 2**24 - 2.0, rel=1e-6)
    assert ported["randi"](np.array([state], np.uint32), -2, 3)[1][0] == pcg(state) % 5 - 2
    first, second = pcg(state), pcg(pcg(state))
    expected = math.sqrt(-2.0 * math.log((first >> 8) / 2**24 + 5.96e-8)) * math.cos(2.0 * math.pi * (second >> 8) / 2**24)
    assert ported["randn"](np.array([state], np.uint32))[1][0] == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_normal_numbers_have_the_moments_of_the_normal_distribution() -> None:
    ported = namespace()
    z = ported["randn"](ported["rand_init"](3, np.arange(20_000)))[1]
    assert abs(z.mean()) < 0.03
    assert abs(z.std() - 1.0) < 0.03


def test_the_same_draw_gives_the_same_case() -> None:
    assert build(Draw(0, "monte_carlo", 5)) == build(Draw(0, "monte_carlo", 5))
