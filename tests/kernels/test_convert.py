"""Conversions between types: what comes out is of the asked type, the same in both spellings, and lies in its range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreter import all_at_once_of, value_of
from typed_values import TYPES, a_value, usual_range

from kernels.draw import Draw
from kernels.language.expression import variable
from kernels.language.types import BOOL, F32, F64, I32, Palette, type_named
from kernels.synthesis.convert import Converter, shape_of
from kernels.synthesis.expressions import Expressions
from kernels.synthesis.policy import draw_policy

POLICY = draw_policy(Draw(0, "convert", 0))
NO_WAY_TO = ("bool", "int_vector", "spatial_matrix")
SHAPES = {
    "float16": "real", "bfloat16": "real", "uint8": "integer", "int64": "integer", "bool": "bool", "vec2h": "vector", "vec12d": "vector",
    "vec3ul": "int_vector", "mat22f": "matrix", "mat26d": "matrix", "quatf": "quat", "transformd": "transform",
    "spatial_vectorf": "spatial", "spatial_matrixh": "spatial_matrix",
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name):
    assert shape_of(type_named(name)) == SHAPES[name]


@settings(max_examples=400)
@given(st.sampled_from(TYPES), st.sampled_from(TYPES), st.integers(0, 2**32))
def test_every_pair_of_types(source, target, seed):
    range = usual_range(source)
    x = variable("x", source, range.low, range.high)
    converter = Converter(Draw(seed, "convert", 0), Expressions(Draw(seed, "constants", 0), POLICY).constant)
    if source != target and shape_of(target) in NO_WAY_TO:
        with pytest.raises(TypeError, match=f"no conversion from {source.name} to {target.name}"):
            converter.convert(x, target)
        return
    made = converter.convert(x, target)
    assert made.type == target
    assert made.variables() == {"x"}
    value = a_value(source, range, seed)
    by_warp, by_numpy = value_of(made.warp(), {"x": value}), all_at_once_of(made, {"x": value})
    np.testing.assert_allclose(by_numpy, by_warp, rtol=1e-12, atol=1e-12, err_msg=made.warp())
    room = 1e-12 * made.range.magnitude
    assert made.range.low - room <= np.min(by_numpy), made.warp()
    assert np.max(by_numpy) <= made.range.high + room, made.warp()


@pytest.mark.parametrize(
    ("source", "target", "texts"),
    [
        (I32, F32, {"float(x)"}),
        (F64, F32, {"float(x)"}),
        (type_named("uint8"), I32, {"int(x)"}),
        (BOOL, type_named("int64"), {"wp.int64(x)"}),
        (type_named("vec2f"), F32, {"wp.length(x)", "wp.length_sq(x)", "x[0]", "x[1]"}),
        (type_named("vec3ub"), I32, {"int(x[0])", "int(x[1])"}),
        (type_named("transformd"), type_named("vec3d"), {"wp.transform_get_translation(x)"}),
        (type_named("transformf"), type_named("quatf"), {"wp.transform_get_rotation(x)"}),
        (type_named("spatial_vectorf"), type_named("vec3f"), {"wp.spatial_top(x)", "wp.spatial_bottom(x)"}),
        (F32, Palette(length=6).type_of("V"), {"vec6(x)"}),
    ],
)
def test_as_little_as_possible(source, target, texts):
    x = variable("x", source, 0.0, 1.0)
    converters = (Converter(Draw(seed, "convert", 0), Expressions(Draw(seed, "constants", 0), POLICY).constant) for seed in range(30))
    assert {converter.convert(x, target).warp() for converter in converters} == texts


def test_what_is_too_large_for_a_cast_is_clamped_first():
    converter = Converter(Draw(0, "convert", 0), Expressions(Draw(0, "constants", 0), POLICY).constant)
    far = variable("x", F32, -1e6, 1e6)
    assert converter.convert(far, type_named("uint8")).warp() == "wp.uint8(wp.clamp(x, 1.0, 254.0))"
    assert converter.convert(far, I32).warp() == "int(wp.clamp(x, -10000.0, 10000.0))"
    assert converter.convert(far, F32) is far
