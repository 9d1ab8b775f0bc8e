"""Confined values: whatever comes in, what comes out stays in the domain, in its range, and in what programs keep to for its type."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreter import all_at_once_of, value_of
from typed_values import SOME_PALETTES, TYPES, a_value, ends

from kernels.draw import Draw
from kernels.language.expression import apply, variable
from kernels.language.interval import REALS, SIGNED_UNIT, Interval
from kernels.language.kinds import limit
from kernels.language.operation import OPERATIONS
from kernels.language.types import F32, I32, Palette, type_named
from kernels.synthesis.confine import SCALED, Confiner
from kernels.synthesis.convert import shape_of
from kernels.synthesis.expressions import Expressions
from kernels.synthesis.policy import draw_policy

POLICY = draw_policy(Draw(0, "confine", 0))
DOMAINS = sorted(
    {
        (palette.type_of(letter), operation.domain_of(k))
        for palette in SOME_PALETTES
        for operation in OPERATIONS.values()
        if operation.exists_in(palette)
        for k, letter in enumerate(operation.parameters)
        if letter != "B"
    },
    key=lambda pair: (pair[0].name, pair[1].low, pair[1].high),
)
"""All types of arguments with the domains that operations have for them."""


def confiner(seed, *, smooth=False, coarse=False):
    expressions = Expressions(Draw(seed, "confine", 0), POLICY)
    expressions.provenance.given("x")
    return Confiner(Draw(seed, "confine", 1), expressions.constant, expressions.direction, smooth=smooth, coarse=coarse)


@settings(max_examples=250)
@given(
    pair=st.sampled_from(DOMAINS),
    ends_of_range=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)).map(sorted),
    seed=st.integers(0, 2**32),
    smooth=st.booleans(),
    coarse=st.booleans(),
)
def test_confined_to_the_domains_of_operations(pair, ends_of_range, seed, smooth, coarse):
    type, domain = pair
    room = limit(type)
    low, high = (room.low + share * (room.high - room.low) for share in ends_of_range)
    range = Interval(np.floor(low), np.ceil(high)) if type.has_integers else Interval(low, high)
    x = variable("x", type, range.low, range.high)
    made, refused = None, None
    try:
        made = confiner(seed, smooth=smooth, coarse=coarse).confined(x, domain)
    except ValueError as error:
        refused = error
    if made is None:
        assert _has_no_form(type, domain, coarse=coarse), refused
        return
    assert made.type == type
    assert made.range.within(domain), f"{made.warp()} in {made.range}"
    assert made.range.within(room) or not domain.within(room), f"{made.warp()} in {made.range}"
    if made is x:
        return
    assert not (range.within(domain) and range.within(room))
    for value in (*ends(type, range), a_value(type, range, seed)):
        if made.range is SIGNED_UNIT and not np.any(value):
            continue  # the zero vector has no direction
        by_warp, by_numpy = value_of(made.warp(), {"x": value}), all_at_once_of(made, {"x": value})
        np.testing.assert_allclose(by_numpy, by_warp, rtol=1e-12, atol=1e-12, err_msg=made.warp())
        slack = 1e-9 * max(1.0, made.range.magnitude)
        assert made.range.low - slack <= np.min(by_numpy), f"{made.warp()} of {value} is {by_numpy}"
        assert np.max(by_numpy) <= made.range.high + slack, f"{made.warp()} of {value} is {by_numpy}"


def _has_no_form(type, domain, *, coarse):
    """Whether a type's values cannot be confined: what is not scaled, what must be positive and is no short vector."""
    shape = shape_of(type)
    if shape in SCALED and type.is_float:
        return (domain.low > 0.0 and (shape != "vector" or type.inner[0] > 4)) or (coarse and type.scalar == "float16")
    return type.rank > 0


@pytest.mark.parametrize("type", [t for t in TYPES if t.rank == 0 and t.scalar != "bool"], ids=lambda t: t.name)
def test_numbers_always_have_a_form(type):
    x = variable("x", type, limit(type).low, limit(type).high)
    for domain in {domain for other, domain in DOMAINS if other == type}:
        for seed in range(10):
            assert confiner(seed, coarse=type.is_float and seed % 2 == 0).confined(x, domain).range.within(domain)


def test_what_lies_inside_stays_as_it_is():
    x = variable("x", F32, 0.25, 2.0)
    assert confiner(0).confined(x, Interval(0.25, 2.0)) is x
    assert confiner(0).confined(x, REALS) is x


def test_the_forms_that_people_write():
    x, count = variable("x", F32, -2.0, 3.0), variable("n", I32, -5, 100)
    positive = {confiner(seed).confined(x, Interval(0.05, 1e4)).operation.name for seed in range(60)}
    assert positive == {"add", "maximum"}
    band = {confiner(seed).confined(x, Interval(-1.0, 1.0)).operation.name for seed in range(80)}
    assert band == {"clamp", "tanh", "sin", "cos"}
    assert "tanh" not in {confiner(seed, smooth=True).confined(x, Interval(-1.0, 1.0)).operation.name for seed in range(80)}
    assert confiner(0).confined(count, Interval(0, 8)).warp() == "wp.min(wp.abs(n), 8)"
    assert confiner(0).confined(count, Interval(1, 1e4)).warp() == "wp.max(wp.abs(n), 1)"


def test_half_precision_meets_no_kink():
    """Nothing but tanh, sums and products: rounding cannot carry a value across a corner."""
    x = variable("x", type_named("float16"), -40.0, 45.0)
    for domain in {domain for type, domain in DOMAINS if type == x.type}:
        for seed in range(10):
            made = confiner(seed, coarse=True).confined(x, domain)
            assert {o.name for o in made.operations()} <= {"tanh", "multiply", "add"}


@pytest.mark.parametrize("high", [1e2, 1e3, 1e4, 1e5])
def test_a_factor_is_never_zero(high):
    """However large the values, some of them is left."""
    x = variable("x", F32, -high, high)
    made = confiner(0, coarse=True).confined(x, Interval(-1.0, 1.0))
    assert abs(value_of(made.warp(), {"x": high}) - value_of(made.warp(), {"x": -high})) > 0.5


def test_long_vectors_are_scaled_or_replaced_by_their_direction():
    v = Palette(length=3).type_of("V")
    x = variable("x", v, -1e4, 1e4)
    assert confiner(0).confined(x, Interval(-1.0, 1.0)).warp() == "wp.normalize(x)"
    m = variable("x", Palette(length=3).type_of("M"), -1e4, 1e4)
    assert confiner(0).confined(m, Interval(-1.0, 1.0)).operation.name == "scale_mat"
    loaded = apply("vec_scale", x, variable("s", F32, 0.0, 1.0))
    assert "wp.length" in confiner(0).confined(loaded, Interval(-1.0, 1.0)).warp()
