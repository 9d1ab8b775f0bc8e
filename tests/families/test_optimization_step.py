"""Optimization: tables of derivatives against differences, losses against their weights, proximal maps against what they minimize."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.drafting.vectors import vector_numpy
from kernels.families.optimization_step.objectives import LOSSES, MODELS, OBJECTIVES
from kernels.families.optimization_step.projections import SORTS
from kernels.families.optimization_step.proximal import PROX
from kernels.families.optimization_step.roots import ROOTS
from kernels.families.optimization_step.rules import RULES
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run

H = 1e-6


def evaluated(steps: tuple[str, ...], text: str, **values: Any) -> Any:
    scope: dict[str, Any] = {"np": np, **values}
    exec("\n".join(vector_numpy(step) for step in steps), scope)
    return eval(vector_numpy(text), scope)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_partial_derivatives_of_an_objective(name: str) -> None:
    o = OBJECTIVES[name]
    x, y = np.random.default_rng(1).uniform(-0.8, 0.8, (2, 6))
    for text, dx, dy in ((o.dx, H, 0.0), (o.dy, 0.0, H)):
        ahead, behind = evaluated(o.steps, o.value, x=x + dx, y=y + dy), evaluated(o.steps, o.value, x=x - dx, y=y - dy)
        assert evaluated(o.steps, text, x=x, y=y) == pytest.approx((ahead - behind) / (2.0 * H), abs=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_derivatives_of_a_model_by_its_parameters(name: str) -> None:
    m = MODELS[name]
    values: dict[str, Any] = {"t": np.linspace(0.1, 2.0, 7)} | {p: 0.5 * (low + high) + 0.1 for p, low, high in m.parameters}
    for (p, _, _), text in zip(m.parameters, m.jacobian, strict=True):
        ahead, behind = (evaluated(m.steps, m.prediction, **{**values, p: values[p] + h}) for h in (H, -H))
        assert evaluated(m.steps, text, **values) + 0.0 * values["t"] == pytest.approx((ahead - behind) / (2.0 * H), abs=1e-6)


@pytest.mark.parametrize("name", ROOTS)
def test_derivatives_of_an_equation(name: str) -> None:
    f, df, ddf = ROOTS[name]
    x = np.linspace(-1.2, 1.5, 9)
    for text, derivative in ((f, df), (df, ddf)):
        slope = (evaluated((), text, x=x + H, c=0.4) - evaluated((), text, x=x - H, c=0.4)) / (2.0 * H)
        assert evaluated((), derivative, x=x, c=0.4) == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_a_robust_weight_is_even_and_falls_off(name: str) -> None:
    steps, weight = (tuple(s.replace("SCALE", "0.7") for s in LOSSES[name][0]), LOSSES[name][1].replace("SCALE", "0.7"))
    r = np.linspace(0.05, 4.0, 30)
    w = evaluated(steps, weight, r=r)
    assert w == pytest.approx(evaluated(steps, weight, r=-r))
    assert np.all(np.diff(w) <= 1e-12)


PENALTIES = {
    "soft": np.abs,
    "ridge": lambda v: 0.5 * v * v,
    "elastic": lambda v: np.abs(v) + 0.25 * v * v,
    "nonnegative": lambda v: np.where(v < 0.0, np.inf, v),
    "huber": lambda v: np.where(np.abs(v) <= 1.0, 0.5 * v * v, np.abs(v) - 0.5),
    "barrier": lambda v: np.where(v > 0.0, -np.log(np.maximum(v, 1e-300)), np.inf),
    "asymmetric": lambda v: np.where(v > 0.0, v, -0.4 * v),
    "hinge": lambda v: np.maximum(1.0 - v, 0.0),
    "dead_zone": lambda v: np.maximum(np.abs(v) - 0.3, 0.0),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_a_proximal_map_minimizes_its_objective(name: str) -> None:
    scope: dict[str, Any] = {"np": np}
    exec("\n    ".join(["def prox(v, t):", *(vector_numpy(line) for line in PROX[name])]), scope)
    grid, t = np.linspace(-3.0, 4.0, 140001), 0.6
    for v in (-1.7, -0.4, -0.1, 0.2, 0.5, 1.2, 2.3):
        best = grid[np.argmin(t * PENALTIES[name](grid) + 0.5 * (grid - v) ** 2)]
        assert scope["prox"](np.array(v), t) == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize("k", SORTS)
def test_a_network_sorts(k: int) -> None:
    values = np.random.default_rng(k).standard_normal((40, k))
    expected = np.sort(values, axis=1)
    for a, b in SORTS[k]:
        low, high = np.minimum(values[:, a], values[:, b]), np.maximum(values[:, a], values[:, b])
        values[:, a], values[:, b] = low, high
    assert values == pytest.approx(expected)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_lowers_a_parabola(name: str) -> None:
    """From rest, a hundred steps along the gradient of w^2 / 2 end nearer to its minimum."""
    rule = RULES[name]
    scope: dict[str, Any] = {"np": np, "w": np.array(1.0)}
    scope |= {s: np.array(0.01 if low > 0.0 else 0.0) for s, low, _ in rule.state}
    scope |= {k: {"lr": 0.02, "count": 50.0}.get(k, 0.5 * (low + high)) for k, low, high in rule.knobs}
    for _ in range(100):
        scope["g"] = scope["w"]
        exec("\n".join(vector_numpy(step) for step in rule.steps), scope)
    assert abs(scope["w"]) < 0.8


def test_every_case_keeps_the_contract() -> None:
    check_contract("optimization_step")


def test_references_agree_with_the_kernels_run_thread_by_thread() -> None:
    check_against_threads("optimization_step", cases("optimization_step", 120), run, at_least=15)
