"""Stencils: the reference's shifted views against a loop over elements and neighbours."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.stencil import Grid, Tap, _sum
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


@pytest.mark.parametrize("boundary", ["clamp", "periodic", "zero"])
@pytest.mark.parametrize("shape", [(1,), (6,), (4, 5), (3, 4, 5)])
def test_the_sum_of_shifted_views_is_the_sum_over_neighbours(boundary: str, shape: tuple[int, ...]) -> None:
    ndim = len(shape)
    taps = (Tap((-1,) * ndim, 0.5), Tap((1, *(0,) * (ndim - 1)), -2.0), Tap((*(0,) * (ndim - 1), 2), 1.5))
    draft = Draft(Draw(0, "stencil", 0), width="float64")
    grid = Grid("u", draft.real, ("i", "j", "k")[:ndim], ("n", "m", "l")[:ndim], boundary, taps)
    total = _sum(draft, grid)
    u = np.random.default_rng(1).standard_normal(shape)
    scope: dict[str, Any] = {"np": np, "u": u}
    exec("\n".join(draft.reference), scope)

    def value(at: tuple[int, ...]) -> float:
        if boundary == "clamp":
            return float(u[tuple(min(max(a, 0), n - 1) for a, n in zip(at, shape, strict=True))])
        if boundary == "periodic":
            return float(u[tuple(a % n for a, n in zip(at, shape, strict=True))])
        return float(u[at]) if all(0 <= a < n for a, n in zip(at, shape, strict=True)) else 0.0

    expected = np.zeros(shape)
    for at in itertools.product(*(range(n) for n in shape)):
        expected[at] = sum(t.weight * value(tuple(a + o for a, o in zip(at, t.offset, strict=True))) for t in taps)
    assert scope[total.name] == pytest.approx(expected)


def test_every_case_keeps_the_contract() -> None:
    check_contract("stencil")


def test_references_agree_with_the_kernels_run_thread_by_thread() -> None:
    check_against_threads("stencil", cases("stencil", 120), run, at_least=15)
