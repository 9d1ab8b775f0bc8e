"""Small dense systems: solutions put back into their equations, factors multiplied out, references against kernels run thread by thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.drafting.draft import Draft
from kernels.drafting.vectors import vector_numpy
from kernels.draw import Draw
from kernels.families.small_solve.elimination import _eliminated, _factored
from kernels.families.small_solve.fitting import _solved
from kernels.families.small_solve.orthogonal import SIGNED_QR
from kernels.families.small_solve.spectra import _three
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run


def drafted(seed: int = 0) -> Draft:
    return Draft(Draw(seed, "small_solve", 0), width="float32")


def executed(lines: list[str], scope: dict[str, Any]) -> dict[str, Any]:
    """The locals after a kernel's lines, in the spelling of numpy."""
    exec("\n".join(vector_numpy(line) for line in lines), {"np": np}, scope)
    return scope


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("kind", ["doolittle", "crout", "gauss", "jordan"])
def test_written_out_elimination_solves_its_equations(k: int, kind: str) -> None:
    draft = drafted()
    names, right = [[f"a{r}{c}" for c in range(k)] for r in range(k)], [f"b{r}" for r in range(k)]
    if kind in ("gauss", "jordan"):
        solution = _eliminated(draft, k, names, right, jordan=kind == "jordan")
    else:
        solution = _factored(draft, k, names, right, crout=kind == "crout")
    rng = np.random.default_rng(k)
    a, b = rng.standard_normal((k, k)) + k * np.eye(k), rng.standard_normal(k)
    values = {f"a{r}{c}": a[r, c] for r in range(k) for c in range(k)} | {f"b{r}": b[r] for r in range(k)}
    found = executed(draft.kernel, values)
    assert a @ [found[name] for name in solution] == pytest.approx(b)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_normal_equations_are_solved(k: int, seed: int) -> None:
    draft = drafted(seed)
    _solved(draft, k)
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((k, k)), rng.standard_normal(k)
    a = a @ a.T + np.eye(k)
    found = executed(draft.kernel, {f"a{r}{c}": a[r, c] for r in range(k) for c in range(r + 1)} | {f"b{r}": b[r] for r in range(k)})
    assert [found[f"p{r}"] for r in range(k)] == pytest.approx(np.linalg.solve(a, b))


def test_three_eigenvalues_by_the_arc_cosine() -> None:
    draft = drafted()
    a = np.array([[2.0, -0.4, 0.3], [-0.4, 1.0, 0.7], [0.3, 0.7, -1.5]])
    _three(draft, [[f"a{max(r, c)}{min(r, c)}" for c in range(3)] for r in range(3)])
    found = executed(draft.kernel, {f"a{r}{c}": a[r, c] for r in range(3) for c in range(3)})
    assert [found[name] for name in ("low", "mid", "high")] == pytest.approx(np.linalg.eigvalsh(a))


def test_signed_factors_have_a_positive_diagonal_and_give_the_matrix_back() -> None:
    scope: dict[str, Any] = {"np": np}
    exec("\n".join(SIGNED_QR), scope)
    a = np.random.default_rng(5).standard_normal((6, 3, 3))
    q, r = scope["signed_qr"](a)
    assert q @ r == pytest.approx(a)
    assert np.swapaxes(q, 1, 2) @ q == pytest.approx(np.broadcast_to(np.eye(3), a.shape))
    assert np.all(np.einsum("nii->ni", r) > 0.0)


def test_every_case_keeps_the_contract() -> None:
    check_contract("small_solve")


def test_references_agree_with_the_kernels_run_thread_by_thread() -> None:
    check_against_threads("small_solve", cases("small_solve", 120), run, at_least=8)
