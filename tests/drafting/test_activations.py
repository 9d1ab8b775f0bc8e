"""Activations: the branches say the same as the formula, and known values come out."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from kernels.drafting.activations import ACTIVATIONS
from kernels.drafting.formulas import to_numpy

POINTS = (-3.5, -1.0, -0.2, 0.3, 1.0, 4.0)
WARP = SimpleNamespace(
    max=max,
    min=min,
    abs=abs,
    exp=math.exp,
    log=math.log,
    tanh=math.tanh,
    erf=math.erf,
    sin=math.sin,
    where=lambda condition, a, b: a if condition else b,
    clamp=lambda x, low, high: min(max(x, low), high),
)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_kernel_and_reference_agree(activation) -> None:
    knobs = {name: 0.5 * (low + high) for name, low, high in activation.parameters}
    numpy = to_numpy(activation.formula).replace("np.erf(", "erf(")
    for x in POINTS:
        expected = eval(activation.formula, {"wp": WARP}, {"x": x, **knobs})
        found = eval(numpy, {"np": np, "erf": math.erf}, {"x": np.float64(x), **knobs})
        assert found == pytest.approx(expected)
        if activation.branches:
            body = "\n".join(f"    {line}" for line in activation.branches)
            scope: dict = {"wp": WARP}
            exec(f"def branched(x, {', '.join(knobs) or '_=0'}):\n{body}", scope)
            assert scope["branched"](x, *knobs.values()) == pytest.approx(expected)


def test_some_known_values() -> None:
    formulas = {a.name: a.formula for a in ACTIVATIONS}
    at = lambda name, x, **knobs: eval(formulas[name], {"wp": WARP}, {"x": x, **knobs})  # noqa: E731
    assert at("sigmoid", 0.0) == 0.5
    assert at("softplus", 0.0) == pytest.approx(math.log(2.0))
    assert at("gelu_erf", 1.0) == pytest.approx(0.8413447, rel=1e-6)
    assert at("gelu", 1.0) == pytest.approx(0.8411920, rel=1e-6)
    assert at("selu", -1.0) == pytest.approx(-1.1113307, rel=1e-4)
    assert at("leaky_relu", -2.0, slope=0.1) == pytest.approx(-0.2)
