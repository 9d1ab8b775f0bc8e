"""Grid solvers: solved systems put back into their equations, fields that must not change, references against threads one by one."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.domains import Uniform
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.heat_and_wave.implicit import build_cyclic_reduction, build_sweep
from kernels.families.heat_and_wave.reactions import SYSTEMS
from kernels.families.heat_and_wave.transport import build_advection
from tests.families._reference import check_contract, run
from tests.families._script import check_threads


def built(build, index: int):
    return build(draw := Draw(3, "heat_and_wave", index), Script(draw))


def test_elimination_solves_given_systems() -> None:
    found = 0
    for index in range(80):
        case = built(build_sweep, index)
        domains = case.launches[1].domains
        diagonal = [n for n, d in domains.items() if isinstance(d, Uniform) and d.low == 2.0]
        if not diagonal or sum(a.ndim == 2 for a in case.arguments) != 5:
            continue
        values, result = run(case, 1)
        lower, upper, main = values["lower"], values["upper"], values[diagonal[0]]
        (right,) = (
            values[a.name] for a in case.arguments if a.ndim == 2 and a.role == "input" and a.name not in ("lower", "upper", *diagonal)
        )
        (x,) = result.values()
        product = main * x
        product[:, 1:] += lower[:, 1:] * x[:, :-1]
        product[:, :-1] += upper[:, :-1] * x[:, 1:]
        assert product == pytest.approx(right, abs=1e-5)
        found += 1
    assert found >= 5


def test_cyclic_reduction_keeps_the_solution() -> None:
    rng = np.random.default_rng(4)
    n = 11
    for index in range(20):
        case = built(build_cyclic_reduction, index)
        names = [a.name for a in case.arguments if a.ndim == 1 and a.role == "input"]
        a, b, c, d = rng.uniform(-0.6, -0.1, n), rng.uniform(2.0, 3.0, n), rng.uniform(-0.6, -0.1, n), rng.uniform(-1.0, 1.0, n)
        a[0] = c[-1] = 0.0
        matrix = np.diag(b) + np.diag(a[1:], -1) + np.diag(c[:-1], 1)
        x = np.linalg.solve(matrix, d)
        scope: dict = {}
        exec(case.reference_source.replace("np.float32", "np.float64"), scope)
        function = scope["reference"]
        given = dict(
            zip(sorted(names, key=lambda v: ["a", "b", "c", "d", "lower", "diag", "upper", "rhs"].index(v) % 4), (a, b, c, d), strict=True)
        )
        given |= {"dim": (n,), "n_total": np.int32(n), **{k: np.int32(1) for k in ("stride", "step_size", "hop")}}
        given |= {o.name: np.zeros(n) for o in case.outputs}
        taken = function.__code__.co_varnames[: function.__code__.co_argcount]
        new = function(**{k: given[k] for k in taken})
        left, right = np.roll(x, 2), np.roll(x, -2)
        left[:2] = right[-2:] = 0.0
        residual = new["a_new"] * left + new["b_new"] * x + new["c_new"] * right - new["d_new"]
        assert np.abs(residual).max() < 1e-12


def test_advection_leaves_a_uniform_field_alone() -> None:
    found = 0
    for index in range(60):
        case = built(build_advection, index)
        fields = [a for a in case.arguments if a.ndim and a.role == "input"]
        if len(fields) != 1:
            continue
        launch = case.launches[1]
        launch.domains[fields[0].name] = Uniform(0.7, 0.7)
        _, result = run(case, 1)
        (after,) = result.values()
        assert after == pytest.approx(np.full(launch.dim, 0.7), abs=1e-6)
        found += 1
    assert found >= 15


def test_gray_scott_has_its_trivial_state() -> None:
    system = next(s for s in SYSTEMS if s.name == "gray_scott")
    scope = {"uc": 1.0, "vc": 0.0, "feed": 0.04, "kill": 0.06}
    exec("\n".join(system.lines), scope)
    assert (scope["fu"], scope["fv"]) == (0.0, 0.0)


def test_references_agree_with_threads_one_by_one() -> None:
    check_threads("heat_and_wave")


def test_contract() -> None:
    check_contract("heat_and_wave")
