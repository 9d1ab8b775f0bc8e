"""Operations that are said to be linear: their values show it, and their declarations have neither kinks nor jumps."""

from __future__ import annotations

import numpy as np
import pytest
from interpreter import all_at_once_of
from typed_values import SOME_PALETTES

from kernels.language.expression import Apply, Variable
from kernels.language.interval import REALS
from kernels.language.linearity import BILINEAR, LINEAR, LINEAR_IN_FIRST
from kernels.language.operation import OPERATIONS


def on_random_values(name):
    """The operation as a function of arrays, and a way to draw its arguments."""
    operation = OPERATIONS[name]
    palette = next(p for p in SOME_PALETTES if operation.exists_in(p) and (operation.lengths is None or p.length in operation.lengths))
    variables = [Variable(palette.type_of(letter), REALS, f"x{k}") for k, letter in enumerate(operation.parameters)]
    expression = Apply(palette.type_of(operation.result), REALS, operation, tuple(variables))
    rng = np.random.default_rng(len(name))

    def compute(arguments):
        return all_at_once_of(expression, {v.name: x for v, x in zip(variables, arguments, strict=True)})

    def draw():
        # Of either sign, and away from zero.
        return [rng.uniform(0.3, 2.0, v.type.inner) * rng.choice((-1.0, 1.0), v.type.inner) for v in variables]

    return compute, draw


def assert_additive(compute, first, second, positions):
    """The value for the sum of the arguments at `positions`, the others kept, is the sum of the values."""
    total = [a + b if k in positions else a for k, (a, b) in enumerate(zip(first, second, strict=True))]
    other = [b if k in positions else a for k, (a, b) in enumerate(zip(first, second, strict=True))]
    np.testing.assert_allclose(compute(total), compute(first) + compute(other), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", sorted(LINEAR))
def test_linear_in_all_arguments_at_once(name):
    compute, draw = on_random_values(name)
    for _ in range(3):
        first = draw()
        assert_additive(compute, first, draw(), range(len(first)))


@pytest.mark.parametrize("name", sorted(BILINEAR))
def test_linear_in_each_argument(name):
    compute, draw = on_random_values(name)
    for _ in range(3):
        first, second = draw(), draw()
        assert len(first) == 2
        assert_additive(compute, first, second, (0,))
        assert_additive(compute, first, second, (1,))


@pytest.mark.parametrize("name", sorted(LINEAR_IN_FIRST))
def test_linear_in_the_first_argument(name):
    compute, draw = on_random_values(name)
    for _ in range(3):
        assert_additive(compute, draw(), draw(), (0,))


def test_each_is_smooth_and_has_a_right_adjoint():
    for name in LINEAR | BILINEAR | LINEAR_IN_FIRST:
        operation = OPERATIONS[name]
        assert operation.smooth, name
        assert not operation.jumps, name
        assert operation.limitation is None, name
    assert not LINEAR & BILINEAR
    assert not (LINEAR | BILINEAR) & LINEAR_IN_FIRST
