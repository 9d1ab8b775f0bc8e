"""The loss family: terms against their definitions, slopes against differences, known values, and the threads run one by one."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest

from kernels.drafting.formulas import to_numpy
from kernels.draw import Draw
from kernels.families.loss.classes import cross_entropy
from kernels.families.loss.policy import advantages
from kernels.families.loss.terms import TERMS, Term
from tests.families._interpreter import check_against_threads
from tests.families._reference import cases, check_contract, run

WARP = SimpleNamespace(
    max=max,
    min=min,
    abs=abs,
    exp=math.exp,
    log=math.log,
    sqrt=math.sqrt,
    tanh=math.tanh,
    pow=pow,
    where=lambda condition, a, b: a if condition else b,
    clamp=lambda x, low, high: min(max(x, low), high),
)


def test_contract() -> None:
    check_contract("loss")


def test_references_agree_with_running_the_threads_one_by_one() -> None:
    check_against_threads("loss", cases("loss", 50), run, at_least=12)


def _points(term: Term) -> list[dict[str, float]]:
    rng = np.random.default_rng(1)
    knobs = {name: 0.4 * low + 0.6 * high for name, low, high in term.parameters}
    targets = (0.0, 1.0) if term.binary else rng.uniform(*term.targets, 6)
    return [{"p": float(p), "t": float(t), **knobs} for p in rng.uniform(*term.predictions, 6) for t in targets]


def _kernel(term: Term, values: dict[str, float]) -> dict[str, float]:
    scope = dict(values)
    exec("\n".join(term.formulas), {"wp": WARP}, scope)
    return scope


@pytest.mark.parametrize("term", TERMS, ids=lambda t: t.name)
def test_the_kernel_has_what_the_reference_defines(term: Term) -> None:
    numpy = term.numpy or tuple(to_numpy(line) for line in term.formulas)
    for values in _points(term):
        scope = dict(values)
        exec("\n".join(numpy), {"np": np}, scope)
        assert scope["loss"] == pytest.approx(_kernel(term, values)["loss"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("term", [t for t in TERMS if t.slope], ids=lambda t: t.name)
def test_slopes_are_derivatives(term: Term) -> None:
    h = 1e-6
    for values in _points(term):
        ahead, behind = (_kernel(term, {**values, "p": values["p"] + step})["loss"] for step in (h, -h))
        slope = eval(term.slope, {"wp": WARP}, _kernel(term, values))
        assert slope == pytest.approx((ahead - behind) / (2 * h), rel=1e-4, abs=1e-5)


def test_some_known_values() -> None:
    terms = {t.name: t for t in TERMS}
    loss = lambda name, p, t, **knobs: _kernel(terms[name], {"p": p, "t": t, **knobs})["loss"]  # noqa: E731
    assert loss("squared_error", 3.0, 1.0) == 4.0
    assert loss("huber", 3.0, 0.0, delta=1.0) == 2.5
    assert loss("bce_with_logits", 0.0, 1.0) == pytest.approx(math.log(2.0))
    assert loss("hinge", 0.25, 1.0) == 0.75
    assert loss("hinge", 0.25, 0.0) == 1.25
    assert loss("pinball", 0.0, 2.0, tau=0.9) == pytest.approx(1.8)
    assert loss("kl_term", math.log(0.5), 0.5) == 0.0


def test_uniform_logits_cost_the_logarithm_of_the_number_of_classes() -> None:
    checked = 0
    for index in range(150):
        case = cross_entropy(Draw(7, "loss", index))
        source = case.reference_source
        # Neither weights, smoothing, focusing nor ignored labels: the loss goes straight to its output.
        if not re.search(r" = -np\.take_along_axis\(.*\n    return \{\"\w+\": \w+\}", source) or "np.maximum(" in source:
            continue
        values, _ = run(case)
        logits = next(a.name for a in case.arguments if a.name in ("logits", "scores", "outputs"))
        values[logits] = np.zeros_like(values[logits])
        scope: dict = {}
        exec(source, scope)
        function = scope["reference"]
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        classes = values[logits].shape[int(source.split("sum(axis=")[1][0])]
        result = next(iter(function(**{n: values[n] for n in names}).values()))
        np.testing.assert_allclose(result, math.log(classes), rtol=1e-5, atol=1e-6, err_msg=case.id)
        checked += 1
    assert checked >= 3


def test_advantages_are_those_of_the_recursion() -> None:
    found = [advantages(Draw(7, "loss", index)) for index in range(24)]
    check_against_threads("loss", found, run, at_least=5)
