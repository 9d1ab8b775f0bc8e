"""Krylov methods: the table's updates put together into whole methods that solve, and kernels run thread by thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.families.krylov_step.updates import SCALAR_STEPS, UPDATES
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def system(n: int = 8, *, symmetric: bool) -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    a = rng.standard_normal((n, n))
    return (a @ a.T if symmetric else a) + n * np.eye(n), rng.standard_normal(n)


def stepped(name: str, state: dict[str, Any]) -> None:
    """Takes the step called `name`: what it writes goes back to the vectors of that name."""
    update = UPDATES[name]
    scope = dict(state)
    exec("\n".join(update.steps), scope)
    for vector, local in update.written:
        state[vector] = scope[local]


def test_the_updates_of_conjugate_gradients_solve() -> None:
    a, b = system(symmetric=True)
    s: dict[str, Any] = {"x": np.zeros_like(b), "r": b.copy(), "p": b.copy()}
    for _ in range(len(b)):
        s["q"] = a @ s["p"]
        rr = s["r"] @ s["r"]
        s["alpha"] = rr / (s["p"] @ s["q"])
        stepped("cg", s)
        s["beta"] = (s["r"] @ s["r"]) / rr
        stepped("cg_direction", s)
    assert a @ s["x"] == pytest.approx(b)


def test_the_updates_of_bicgstab_solve() -> None:
    a, b = system(symmetric=False)
    s: dict[str, Any] = {"x": np.zeros_like(b), "r": b.copy(), "p": b.copy()}
    shadow = b.copy()
    for _ in range(2 * len(b)):
        if np.linalg.norm(s["r"]) < 1e-10:
            break
        s["v"] = a @ s["p"]
        rho = shadow @ s["r"]
        s["alpha"] = rho / (shadow @ s["v"])
        before = s["x"].copy()
        stepped("bicgstab_half", s)
        s["t"], s["x"] = a @ s["s"], before
        s["omega"] = (s["t"] @ s["s"]) / (s["t"] @ s["t"])
        stepped("bicgstab", s)
        s["beta"] = (shadow @ s["r"]) / rho * (s["alpha"] / s["omega"])
        stepped("bicgstab_direction", s)
    assert a @ s["x"] == pytest.approx(b)


def test_the_pipelined_update_keeps_its_images() -> None:
    """With images of u and z at hand, residual and direction keep theirs: r = b - A x, s = A p, w = A r."""
    a, b = system(symmetric=True)
    rng = np.random.default_rng(4)
    x, p = rng.standard_normal((2, len(b)))
    r = b - a @ x
    s: dict[str, Any] = {
        "x": x,
        "p": p,
        "r": r,
        "u": r,
        "w": a @ r,
        "s": a @ p,
        "q": a @ p,
        "z": a @ (a @ p),
        "m": a @ r,
        "n_vec": a @ (a @ r),
    }
    s |= {"alpha": 0.3, "beta": 0.2}
    stepped("pipelined_cg", s)
    assert s["r"] == pytest.approx(b - a @ s["x"])
    assert s["s"] == pytest.approx(a @ s["p"])
    assert s["w"] == pytest.approx(a @ s["u"])


def test_a_givens_rotation_clears_the_second_entry() -> None:
    scope: dict[str, Any] = {"h0": 3.0, "h1": 4.0, "g": 2.0}
    exec("\n".join(line.replace("wp.sqrt", "np.sqrt") for line in SCALAR_STEPS["givens"][1]), {"np": np}, scope)
    assert (scope["c"], scope["s"], scope["size"]) == pytest.approx((0.6, 0.8, 5.0))
    assert -scope["s"] * 3.0 + scope["c"] * 4.0 == pytest.approx(0.0)


def test_every_case_keeps_the_contract() -> None:
    check_contract("krylov_step")


def test_references_agree_with_the_kernels_run_thread_by_thread() -> None:
    check_against_threads("krylov_step", cases("krylov_step", 120), run, at_least=15)
