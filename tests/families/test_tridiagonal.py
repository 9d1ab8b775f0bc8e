"""Tridiagonal systems and their grids: dense counterparts, steps of reduction that keep the solution, kernels run thread by thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.tridiagonal.lines import BANDS, DENSE
from kernels.families.tridiagonal.reduction import SHIFTED, build_parallel
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def defined(lines: list[str], name: str) -> Any:
    scope: dict[str, Any] = {"np": np}
    exec("\n".join(lines), scope)
    return scope[name]


def test_dense_puts_three_diagonals_in_place() -> None:
    low, main, up = np.arange(1.0, 13.0).reshape(3, 1, 4)
    expected = [[5.0, 9.0, 0.0, 0.0], [2.0, 6.0, 10.0, 0.0], [0.0, 3.0, 7.0, 11.0], [0.0, 0.0, 4.0, 8.0]]
    assert defined(DENSE, "dense")(low, main, up)[0].tolist() == expected


def test_shifted_fills_up_with_the_default() -> None:
    shifted, x = defined(SHIFTED, "shifted"), np.arange(5.0)
    assert shifted(x, 2, -1.0).tolist() == [2.0, 3.0, 4.0, -1.0, -1.0]
    assert shifted(x, -1, 9.0).tolist() == [9.0, 0.0, 1.0, 2.0, 3.0]
    assert shifted(x, 7, 0.0).tolist() == [0.0] * 5


def test_a_step_of_parallel_reduction_keeps_the_solution() -> None:
    """What solves equations coupled at a distance also solves those that a step makes of them, coupled at twice it."""
    checked = 0
    for index in range(120):
        draw = Draw(5, "tridiagonal", index)
        case = build_parallel(draw, Draft(draw))
        values, result = run(case, 1)
        names = next(n for n in BANDS if n[0] in values)
        # Plain right-hand sides on a single line, a distance that is told.
        if values[names[1]].ndim > 1 or "right_all = rhs\n" not in case.reference_source:
            continue
        span = int(values.get("stride", values.get("distance", 0)))
        if not span:
            continue
        low, main, up = (values[name].astype(np.float64) for name in names)
        n = len(main)
        full = np.diag(main)
        for k in range(n - span):
            full[k + span, k], full[k, k + span] = low[k + span], up[k]
        padded = np.pad(np.linalg.solve(full, values["rhs"].astype(np.float64)), 2 * span)
        here, before, after = padded[2 * span : -2 * span], padded[: -4 * span], padded[4 * span :]
        left = result["a_out"] * before + result.get("b_out", 1.0) * here + result["c_out"] * after
        assert left == pytest.approx(result["d_out"], abs=1e-5)
        checked += 1
    assert checked >= 3


def test_every_case_keeps_the_contract() -> None:
    check_contract("tridiagonal")


def test_references_agree_with_the_kernels_run_thread_by_thread() -> None:
    check_against_threads("tridiagonal", cases("tridiagonal", 120), run, at_least=15)
