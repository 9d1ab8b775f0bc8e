"""References of the particle family against sums written out pair by pair, and formulas in both spellings."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy
from kernels.draw import Draw
from kernels.families.particles import build
from kernels.families.particles.pair_laws import LAWS, SMOOTHING


def test_every_pair_law_gives_the_same_number_in_both_spellings() -> None:
    known = {"dist_sq": 1.7, "h": 2.0, **{f"{c}_{s}": 0.8 for c in ("mass", "charge", "well_depth", "radius", "weight") for s in "ij"}}
    for formulas in [law.formulas for law in LAWS] + list(SMOOTHING):
        scalar, spread = dict(known), {name: np.full(3, value) for name, value in known.items()}
        exec("\n".join(formulas), {"wp": _Builtins}, scalar)
        exec("\n".join(map(to_numpy, formulas)), {"np": np}, spread)
        result = "strength" if "strength" in scalar else "w"
        assert spread[result] == pytest.approx(scalar[result])


class _Builtins:
    """The builtins that the laws use, on Python numbers."""

    sqrt, exp, max, pow = staticmethod(np.sqrt), staticmethod(np.exp), staticmethod(max), staticmethod(pow)


def test_formulas_are_spelled_as_numpy_has_them() -> None:
    assert to_numpy("f = {(a + b)} * wp.normalize(x)") == "f = (a + b)[..., None] * (x / np.linalg.norm(x, axis=-1, keepdims=True))"
    assert to_numpy("d = wp.dot(p - a, ab)") == "d = np.sum((p - a) * ab, axis=-1)"
    with pytest.raises(ValueError, match="unclosed"):
        to_numpy("wp.max(a, 0.0")


def test_literals_of_float64_kernels_are_float64() -> None:
    draft = Draft(Draw(0, "particles", 0), width="float64")
    assert draft.warp("y = 0.5 * x + x1 - a[0]") == "y = wp.float64(0.5) * x + x1 - a[0]"


def test_the_same_draw_gives_the_same_case() -> None:
    assert build(Draw(0, "particles", 5)) == build(Draw(0, "particles", 5))
