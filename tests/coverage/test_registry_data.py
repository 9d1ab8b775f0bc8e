"""Reading the registry: names, element types, and since when there is what."""

from __future__ import annotations

import pytest

from kernels.coverage.forms import FORMS, KERNEL_FORMS
from kernels.coverage.profile import read_profile
from kernels.coverage.registry import ALIASES, ELEMENT_TYPES, element_types, has_float, name_of, names_of, read_registry


@pytest.mark.parametrize(
    ("overload", "names"),
    [
        ("dot(vec3f,vec3f)", {"dot"}),
        ("vec3f(float32,float32,float32)", {"vec3f", "vector"}),
        ("spatial_vectorf(vec3f,vec3f)", {"spatial_vectorf", "spatial_vector", "vector"}),
        ("mat33d()", {"mat33d", "matrix"}),
        ("quatf(float32,float32,float32,float32)", {"quatf", "quaternion"}),
        ("quat_rotate(quatf,vec3f)", {"quat_rotate"}),
        ("transformd(vec3d,quatd)", {"transformd", "transformation"}),
        ("transform_point(transformf,vec3f)", {"transform_point"}),
        ("vec5d()", {"vec5d", "vector"}),
    ],
)
def test_the_builtins_that_a_call_exercises(overload, names):
    assert names_of(overload) == names
    assert name_of(overload) in names


@pytest.mark.parametrize(
    ("overload", "types"),
    [
        ("dot(vec3f,vec3f)", {"float32"}),
        ("atomic_add(array(vec3d)[2],vec3d)", {"float64"}),
        ("mesh_query_point(uint64,vec3f,float32)", {"uint64", "float32"}),
        ("vec2ub(uint8,uint8)", {"uint8"}),
        ("mat12x3h()", {"float16"}),
        ("where(bool,quatf,quatf)", {"bool", "float32"}),
        ("tile_sum(tile(bfloat16)[1])", {"bfloat16"}),
        ("spatial_vectorh()", {"float16"}),
        ("tid()", set()),
        ("bvh_query_next_tiled(BvhQueryTiled)", set()),
    ],
)
def test_the_element_types_in_an_overload(overload, types):
    assert element_types(overload) == types
    assert has_float(overload) == any("float" in kind for kind in types)


def test_every_type_in_the_registry_is_understood():
    """Each builtin with overloads of typed arguments has element types, and all of them are known."""
    registry = read_registry()
    found = {kind for builtin in registry.builtins.values() for one in builtin.overloads for kind in element_types(one)}
    assert found == set(ELEMENT_TYPES)


def test_since():
    registry = read_registry()
    assert registry.since(["vec3", "dot", "bit_count", "mesh_query_sphere", "no_such"]) == {
        "vec3": "1.16",
        "dot": "1.16",
        "bit_count": "1.19",
        "mesh_query_sphere": "1.17",
    }


def test_the_profile_speaks_of_what_is_known():
    profile = read_profile()
    known = {*read_registry().builtins, "expect_neq"}
    assert {ALIASES.get(name, name) for name in profile.call_sites} <= known
    assert set(profile.features) == set(KERNEL_FORMS)
    assert set(KERNEL_FORMS) <= set(FORMS)
    assert sum(profile.call_sites.values()) > 8000
