"""Kinds of values: what is drawn for a type, a range and a kind is of that kind, in that range, and held by the type."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_values import TYPES, usual_range

from kernels.domains import Bernoulli, Integers, Lattice, RigidTransforms, Rotations, Uniform, UnitVectors, WellConditioned
from kernels.dtypes import dtype_of
from kernels.language.interval import SIGNED_UNIT, Interval
from kernels.language.kinds import HALVES, OFFSETS, domain_for, limit, natural_kind, range_of_kind, representable
from kernels.language.operation import OPERATIONS
from kernels.language.types import BOOL, type_named

ROUNDING = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 1e-6, "float64": 1e-12}
LANES = 40


def drawn(type, range, kind, seed, **options):
    return domain_for(type, range, kind, **options).draw(np.random.default_rng(seed), (LANES,), dtype_of(type.name))


@pytest.mark.parametrize("type", TYPES, ids=lambda t: t.name)
def test_limits_are_held_by_the_type(type):
    assert limit(type).within(representable(type))
    if type.has_integers:
        info = np.iinfo(dtype_of(type.name).scalar)
        assert representable(type) == Interval(float(info.min), float(info.max))
    else:
        assert representable(type) == Interval(-math.inf, math.inf)


@settings(max_examples=200)
@given(st.sampled_from(TYPES), st.integers(0, 2**32), st.tuples(st.floats(-1.0, 1.0), st.floats(0.1, 1.0)))
def test_values_lie_in_the_range_that_is_told(type, seed, part):
    room = Interval(max(-3.0, limit(type).low), 9.0)
    low, high = (round(room.low + (part[0] + 1.0) * 3.0), round(room.low + (part[0] + 1.0) * 3.0 + 6.0 * part[1]))
    range = range_of_kind(natural_kind(type), Interval(low, high), type.inner[0] if type.rank else 3)
    values = drawn(type, range, "", seed)
    assert values.shape == (LANES, *type.inner)
    assert values.dtype == dtype_of(type.name).scalar
    if type is BOOL:
        return
    room = ROUNDING.get(type.scalar, 0.0) * max(1.0, range.magnitude)
    body = values[..., :3] if natural_kind(type) == "rigid" else values
    assert range.low - room <= body.min()
    assert body.max() <= range.high + room


@pytest.mark.parametrize("name", ["vec2f", "vec3d", "vec4h", "vec6f", "quatf", "quatd", "quath"])
def test_unit(name):
    type = type_named(name)
    values = drawn(type, Interval(-3.0, 3.0), "unit", 1).astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(values, axis=-1), 1.0, atol=ROUNDING[type.scalar])
    assert range_of_kind("unit", Interval(-3.0, 3.0)) == SIGNED_UNIT


@pytest.mark.parametrize("name", ["transformf", "transformd"])
def test_rigid(name):
    values = drawn(type_named(name), Interval(-3.0, 2.0), "", 1).astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(values[:, 3:], axis=-1), 1.0, atol=1e-6)
    assert -3.0 <= values[:, :3].min() < -1.0
    assert 1.0 < values[:, :3].max() <= 2.0


@pytest.mark.parametrize("name", ["mat22f", "mat33d", "mat44f"])
def test_rotation(name):
    type = type_named(name)
    values = drawn(type, Interval(-3.0, 3.0), "rotation", 1).astype(np.float64)
    products = values @ np.swapaxes(values, -1, -2)
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(type.inner[0]), products.shape), atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(values), 1.0, atol=1e-6)


@pytest.mark.parametrize("name", ["mat22d", "mat33d", "mat44d"])
def test_inverses_of_what_is_invertible_lie_in_the_declared_range(name):
    type = type_named(name)
    size = type.inner[0]
    values = domain_for(type, Interval(-1.0, 1.0), "invertible").draw(np.random.default_rng(2), (3000,), dtype_of(name))
    range = range_of_kind("invertible", Interval(-1.0, 1.0), size)
    assert range.low <= values.min()
    assert values.max() <= range.high
    assert np.abs(np.linalg.inv(values)).max() <= OPERATIONS["inverse"].range(range).magnitude


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize("offset", OFFSETS)
def test_halves_keep_clear_of_thresholds(name, offset):
    """Every value is a sixteenth at least from any number that people write, and held exactly."""
    values = drawn(type_named(name), Interval(-4.0, 4.0), "", 3, offset=offset)
    wide = values.astype(np.float64)
    np.testing.assert_array_equal((wide - offset) / 0.5, np.rint((wide - offset) / 0.5))
    assert np.abs(wide - np.rint(wide * 2.0) / 2.0).min() >= 1.0 / 16.0
    assert len(np.unique(values)) > 8


@pytest.mark.parametrize(
    ("name", "kind", "domain"),
    [
        ("float32", "", Uniform(-1.0, 2.0)),
        ("float16", "", Lattice(-1.0, 2.0, 0.5, 0.1875)),
        ("vec3h", "", Uniform(-1.0, 2.0)),
        ("uint8", "", Integers(-1, 3)),
        ("vec3i", "", Integers(-1, 3)),
        ("bool", "", Bernoulli(0.5)),
        ("quatf", "", UnitVectors()),
        ("transformd", "", RigidTransforms(-1.0, 2.0)),
        ("vec2d", "unit", UnitVectors()),
        ("mat33f", "rotation", Rotations()),
        ("mat33f", "invertible", WellConditioned(4.0)),
    ],
)
def test_domain(name, kind, domain):
    assert domain_for(type_named(name), Interval(-1.0, 2.0), kind) == domain


def test_narrow_ranges_of_halves_are_drawn_evenly():
    assert domain_for(type_named("bfloat16"), Interval(0.25, 1.0)) == Uniform(0.25, 1.0)


def test_natural_kinds():
    assert {t.name: natural_kind(t) for t in TYPES if natural_kind(t)} == {
        **{t.name: "unit" for t in TYPES if t.name.startswith("quat")},
        **{t.name: "rigid" for t in TYPES if t.name.startswith("transform")},
    }
    assert usual_range(type_named("quatf")) == SIGNED_UNIT
