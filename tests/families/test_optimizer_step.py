"""The family of optimizer steps: rules against plain arithmetic, fixed points, and the threads run one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kernels.drafting.formulas import to_numpy
from kernels.draw import Draw
from kernels.families.optimizer_step.rules import RULES, Rule
from kernels.families.optimizer_step.steps import step
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run

BY_NAME = {rule.name: rule for rule in RULES}


def test_contract() -> None:
    check_contract("optimizer_step")


def test_references_agree_with_running_the_threads_one_by_one() -> None:
    check_against_threads("optimizer_step", cases("optimizer_step", 70), run, at_least=12)


def _followed(rule: Rule, **values: float) -> dict[str, float]:
    """The rule's locals after its formulas; corrections divide by `correction_<state>` if that is given."""
    scope = {"np": np, **values}
    for line in rule.formulas:
        for state, _ in rule.corrected:
            if f"new_{state}" in scope:
                scope[f"{state}_hat"] = scope[f"new_{state}"] / values.get(f"correction_{state}", 1.0)
        exec(to_numpy(line), scope)
    return scope


def test_adam_from_rest_moves_by_the_sign_of_the_gradient() -> None:
    beta1, beta2 = 0.9, 0.99
    found = _followed(
        BY_NAME["adam"],
        p=0.3, g=-0.02, m=0.0, v=0.0, lr=0.1, beta1=beta1, beta2=beta2, eps=0.0, correction_m=1 - beta1, correction_v=1 - beta2,
    )  # fmt: skip
    assert found["update"] == pytest.approx(-1.0)


def test_rules_written_out() -> None:
    g, p, lr = 0.4, 1.0, 0.1
    assert _followed(BY_NAME["momentum"], p=p, g=g, m=0.5, lr=lr, mu=0.9)["update"] == pytest.approx(0.9 * 0.5 + 0.4)
    assert _followed(BY_NAME["nesterov"], p=p, g=g, m=0.5, lr=lr, mu=0.9)["update"] == pytest.approx(0.4 + 0.9 * (0.45 + 0.4))
    assert _followed(BY_NAME["heavy_ball"], p=p, g=g, m=0.5, lr=lr, mu=0.9)["new_p"] == pytest.approx(1.0 + 0.45 - 0.04)
    assert _followed(BY_NAME["adagrad"], p=p, g=g, s=0.09, lr=lr, eps=0.0)["update"] == pytest.approx(0.4 / 0.5)
    assert _followed(BY_NAME["rmsprop"], p=p, g=g, s=0.04, lr=lr, rho=0.5, eps=0.0)["update"] == pytest.approx(0.4 / math.sqrt(0.1))
    assert _followed(BY_NAME["lion"], p=p, g=-0.1, m=0.5, lr=lr, beta1=0.9, beta2=0.99)["update"] == 1.0
    assert _followed(BY_NAME["soft_threshold"], p=0.05, g=0.0, lr=lr, l1=1.0)["new_p"] == pytest.approx(0.0)
    assert _followed(BY_NAME["mirror_descent"], p=2.0, g=0.0, lr=lr)["new_p"] == 2.0


def test_nesterov_lookahead_is_nesterov_in_other_variables() -> None:
    """The point that looks ahead, p + mu * velocity, follows the classical form of the method."""
    mu, lr, grad = 0.8, 0.1, lambda x: 3.0 * x - 1.0
    x, velocity = 0.7, 0.2
    ahead, other = x + mu * velocity, velocity
    for _ in range(5):
        g = grad(x + mu * velocity)
        velocity = mu * velocity - lr * g
        x += velocity
        found = _followed(BY_NAME["nesterov_lookahead"], p=ahead, g=grad(ahead), m=other, lr=lr, mu=mu)
        ahead, other = found["new_p"], found["new_m"]
        assert other == pytest.approx(velocity)
        assert ahead == pytest.approx(x + mu * velocity)


def test_rules_make_a_new_value_of_every_state_that_is_written() -> None:
    for rule in RULES:
        locals_of = {state.local for state in rule.states}
        written = {line.split(" = ")[0].removeprefix("new_") for line in rule.formulas if line.startswith("new_")} - {"p"}
        assert written <= locals_of, rule.name
        targets = {line.split(" = ")[0] for line in rule.formulas}
        assert ("update" in targets) != ("new_p" in targets) or "new_p" in targets, rule.name


def test_steps_in_place_leave_frozen_parameters_alone() -> None:
    checked = 0
    for index in range(250):
        case = step(Draw(8, "optimizer_step", index))
        mask = next((a.name for a in case.arguments if a.dtype == "bool"), None)
        if mask is None:
            continue
        values, result = run(case)
        held = values[mask] if mask == "frozen" else ~values[mask]
        for argument in case.arguments:
            if argument.role == "inout":
                np.testing.assert_array_equal(result[argument.name][held], values[argument.name][held], err_msg=case.id)
                checked += 1
    assert checked >= 5
