"""Expressions: both spellings of a tree compute what the tree means, and its value lies in its range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreter import fake_warp, plain

from kernels.draw import Draw
from kernels.language import operations as _declared  # noqa: F401  (declares the operations)
from kernels.language.expression import Apply, Literal, Variable, apply, literal, variable
from kernels.language.interval import Interval
from kernels.language.operation import OPERATIONS
from kernels.language.types import BOOL, F32, F64, I32, instantiate, letter_of
from kernels.synthesis.expressions import Expressions

WP = fake_warp()
VALUES = {"R": (1.75, 0.5, 2.5, 1.25, 3.5, 0.75), "I": (11, 2, 5, 3, 7, 6), "B": (True, False, False, True, True, False)}
RNG = np.random.default_rng(3)


def scope_value(letter, number):
    """The value of the variable `<letter><number>` in the tests of pairs."""
    if letter in VALUES:
        return VALUES[letter][number]
    return 0.5 + np.random.default_rng(number).random((3,) if letter == "V" else (3, 3))


def run_warp(expression, values):
    """The Warp spelling as Python."""
    return eval(expression.warp(), {"wp": WP, **{name: plain(v) for name, v in values.items()}})


def run_numpy(expression, values):
    """The numpy spelling on numpy scalars and single vectors."""
    scope = {"np": np, "f32": np.float64, **{name: np.asarray(v)[()] for name, v in values.items()}}
    for operation in expression.operations():
        for line in operation.helpers:
            exec(line, scope)
    return eval(expression.numpy(), scope)


def unchecked(operation, arguments):
    """The operation applied whatever the arguments' ranges."""
    return Apply(instantiate(operation.result, "float64"), Interval(-1e9, 1e9), operation, tuple(arguments))


def leaves(operation, first=0):
    """Variables for an operation's parameters, and their values."""
    names = [(letter, first + k) for k, letter in enumerate(operation.parameters)]
    variables = [Variable(instantiate(letter, "float64"), Interval(-9, 9), f"{letter}{k}") for letter, k in names]
    return variables, {f"{letter}{k}": scope_value(letter, k) for letter, k in names}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_around_every_operation(name):
    """An operation written into a slot of another gives what it gives when it is computed first."""
    outer = OPERATIONS[name]
    compared = 0
    with np.errstate(all="ignore"):
        for inner in OPERATIONS.values():
            for position, letter in enumerate(outer.parameters):
                if letter != inner.result:
                    continue
                arguments, values = leaves(outer)
                inside, more = leaves(inner, 3)
                values |= more
                part = unchecked(inner, inside)
                held = Variable(part.type, part.range, "held")
                nested = unchecked(outer, [part if k == position else a for k, a in enumerate(arguments)])
                stepwise = unchecked(outer, [held if k == position else a for k, a in enumerate(arguments)])
                for run in (run_warp, run_numpy):
                    try:
                        expected = run(stepwise, {**values, "held": run(part, values)})
                    except (ZeroDivisionError, ValueError):
                        continue
                    np.testing.assert_array_equal(run(nested, values), expected, err_msg=nested.warp() + "  |  " + nested.numpy())
                    compared += 1
    assert compared


@pytest.mark.parametrize("name", OPERATIONS)
def test_negative_constant_in_every_slot(name):
    outer = OPERATIONS[name]
    for position, letter in enumerate(outer.parameters):
        if letter not in "RI":
            continue
        arguments, values = leaves(outer)
        constant = literal(-2, instantiate(letter, "float64"))
        nested = unchecked(outer, [constant if k == position else a for k, a in enumerate(arguments)])
        held = unchecked(outer, [Variable(constant.type, constant.range, "held") if k == position else a for k, a in enumerate(arguments)])
        with np.errstate(all="ignore"):
            for run in (run_warp, run_numpy):
                try:
                    expected = run(held, {**values, "held": constant.value})
                except ValueError:
                    continue
                np.testing.assert_array_equal(run(nested, values), expected, err_msg=nested.warp() + "  |  " + nested.numpy())


SCOPE = {
    "x": ("R", -2.0, 3.0), "mass": ("R", 0.2, 5.0), "t": ("R", 0.0, 1.0), "v": ("V", -2.0, 2.0), "w": ("V", 0.3, 1.5),
    "m": ("M", -1.0, 1.0), "k": ("I", 0, 40), "level": ("I", -5, 5), "flag": ("B", 0, 1),
}  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    letter=st.sampled_from("RRRVIMB"),
    names=st.lists(st.sampled_from(sorted(SCOPE)), min_size=1, max_size=4, unique=True),
    width=st.sampled_from(["float32", "float64"]),
    where=st.lists(st.sampled_from([0.0, 1.0, None]), min_size=9, max_size=9),
)
def test_both_spellings_of_a_drawn_tree_agree(seed, letter, names, width, where):
    if letter == "M":
        names = ["m"]
    elif letter == "I":
        names = [n for n in names if SCOPE[n][0] == "I"] or ["k"]
    elif letter == "B":
        names = ["flag"]
    scope = [variable(n, instantiate(SCOPE[n][0], width), *SCOPE[n][1:]) for n in names]
    expressions = Expressions(Draw(seed, "expression", 0))
    tree = expressions.condition(scope) if letter == "B" else expressions.fused(instantiate(letter, width), scope)
    assert tree.variables() <= set(names)
    if letter != "B":
        assert tree.variables() == set(names)
    rng = np.random.default_rng(seed)
    values = {n: _value(rng, n, place) for n, place in zip(names, where, strict=False)}
    by_warp, by_numpy = run_warp(tree, values), run_numpy(tree, values)
    message = f"{tree.warp()}\n{tree.numpy()}\n{values}"
    np.testing.assert_allclose(by_numpy, by_warp, rtol=1e-12, atol=1e-12, err_msg=message)
    room = 1e-12 * tree.range.magnitude
    assert tree.range.low - room <= np.min(by_warp), message
    assert np.max(by_warp) <= tree.range.high + room, message


def _value(rng, name, place):
    letter, low, high = SCOPE[name]
    if letter == "B":
        return bool(rng.integers(0, 2))
    if letter == "I":
        return int(rng.integers(low, high + 1)) if place is None else (low, high)[int(place)]
    if letter == "R":
        return float(rng.uniform(low, high)) if place is None else (low, high)[int(place)]
    return rng.uniform(low, high, (3,) if letter == "V" else (3, 3))


def test_letter_of_is_the_inverse_of_instantiate():
    for width in ("float32", "float64"):
        for letter in "RVMIB":
            assert letter_of(instantiate(letter, width)) == letter


def test_wrong_type_is_refused():
    with pytest.raises(TypeError, match="operation 'sqrt': argument 0 is int32, its signature asks for float32"):
        apply("sqrt", literal(1, I32))
    with pytest.raises(TypeError, match="operation 'add': argument 0 is float32, its signature asks for float64"):
        apply("add", literal(1.0), literal(1.0, F64))
    with pytest.raises(TypeError, match="operation 'add_int': argument 0 is float32, its signature asks for int32"):
        apply("add_int", literal(1.0), literal(2.0))


def test_literals_have_their_types_spelling():
    assert literal(0.5).warp() == "0.5"
    assert literal(0.5, F64).warp() == "wp.float64(0.5)"
    assert literal(1, BOOL) == Literal(BOOL, Interval(0, 1), True)
    assert apply("negate", variable("x", F32, 0, 1)).warp() == "-x"
