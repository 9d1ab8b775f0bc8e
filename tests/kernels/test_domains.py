"""Domains draw inside their sets, in the asked shape and dtype, and go to JSON and back; so does a whole Case."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.case import Argument, Case, Launch
from kernels.domains import (
    _KINDS,
    Bernoulli,
    BoxCorners,
    Constant,
    Corners,
    Domain,
    Integers,
    Lattice,
    MeshPoints,
    MeshTriangles,
    NearMesh,
    Offsets,
    Permutation,
    RigidTransforms,
    Rotations,
    Sorted,
    Struct,
    Uniform,
    UnitVectors,
    Voxels,
    WellConditioned,
    Written,
    domain_from_json,
    domain_to_json,
)
from kernels.dtypes import DTYPES, dtype_of
from kernels.surfaces import surface

STRUCT = Struct((("mass", "float32", Uniform(0.5, 2.0)), ("axis", "vec3f", UnitVectors()), ("count", "int32", Integers(1, 4))))
EXAMPLES = [
    (Uniform(-2.0, 3.0), "float32"), (Uniform(-2.0, 3.0), "vec3d"), (Uniform(0.0, 1.0), "mat33f"), (Integers(-3, 9), "int32"),
    (Integers(0, 1), "int64"), (Bernoulli(0.5), "bool"), (Bernoulli(0.0), "int32"), (Permutation(), "int32"), (Offsets(40), "int32"),
    (Corners(9, 3), "int32"), (Corners(9, 4), "vec4i"),
    (Sorted(-1.0, 1.0), "float32"), (Sorted(-1.0, 1.0), "float64"), (UnitVectors(), "vec3f"), (UnitVectors(), "vec3d"),
    (Rotations(), "mat33f"), (Rotations(), "mat33d"), (Constant(3), "int32"), (Constant(0.25), "vec3f"), (Constant(True), "bool"),
    (UnitVectors(), "quath"), (RigidTransforms(-1.0, 1.0), "transformf"), (WellConditioned(4.0), "mat44d"),
    (WellConditioned(3.0, True), "mat22f"), (Uniform(-2.0, 3.0), "bfloat16"), (Uniform(-2.0, 3.0), "vec7h"),
    (Integers(0, 200), "uint8"), (Lattice(-2.0, 2.0), "vec2h"),
    (NearMesh("sphere", 4, 6, 0.1, 0.2, True), "vec3f"), (BoxCorners(True, 2.0, 0.1, 0.3), "vec3f"), (Voxels(12, 2, 8), "vec3i"),
]  # fmt: skip


def holds(domain, array):
    """Whether every value of `array` lies in `domain`."""
    x = array.astype(np.float64)
    match domain:
        case Uniform(low, high):
            return ((low <= x) & (x <= high)).all()
        case Lattice(low, high, step, offset):
            return ((low <= x) & (x <= high)).all() and np.allclose((x - offset) / step, np.rint((x - offset) / step))
        case Integers(low, high):
            return ((low <= x) & (x < high)).all()
        case Corners(high, size):
            rows = np.sort(array.ravel()[: array.size // size * size].reshape(-1, size), axis=1)
            return ((rows >= 0) & (rows < high)).all() and (np.diff(rows, axis=1) > 0).all()
        case Bernoulli(p):
            return np.isin(x, [0, 1] if p else [0]).all()
        case Permutation():
            return sorted(x) == list(range(len(x)))
        case Offsets(total):
            return x[0] == 0 and x[-1] == total and (np.diff(x) >= 0).all()
        case Sorted(low, high):
            return ((low <= x) & (x <= high)).all() and (np.diff(x, axis=-1) >= 0).all()
        case UnitVectors():
            return np.allclose(np.linalg.norm(x, axis=-1), 1.0, atol=1e-6 if array.dtype != np.float16 else 1e-3)
        case RigidTransforms(low, high):
            p, q = x[..., :3], x[..., 3:]
            return ((low <= p) & (p <= high)).all() and np.allclose(np.linalg.norm(q, axis=-1), 1.0, atol=1e-6)
        case WellConditioned(_, symmetric):
            return np.linalg.cond(x).max() < 50.0 and (not symmetric or np.array_equal(x, np.swapaxes(x, -1, -2)))
        case Rotations():
            eye = x @ np.swapaxes(x, -1, -2)
            return np.allclose(eye, np.eye(3), atol=1e-5) and np.allclose(np.linalg.det(x), 1.0, atol=1e-5)
        case Constant(value):
            return (x == float(value)).all()
        case NearMesh(kind, rows, columns, low, high):
            points, triangles = surface(kind, rows, columns)
            a, b, c = np.moveaxis(points[triangles], 1, 0)
            normals = np.cross(b - a, c - a)
            heights = np.abs(np.einsum("nfi,fi->nf", x[:, None] - a, normals / np.linalg.norm(normals, axis=1, keepdims=True)))
            return ((heights > low - 1e-6) & (heights < high + 1e-6)).any(axis=1).all()
        case BoxCorners(upper, spread, small, large):
            opposite = BoxCorners(not upper, spread, small, large).draw(np.random.default_rng(1), x.shape[:1], dtype_of("vec3d"))
            sides = (x - opposite) * (1.0 if upper else -1.0)
            return ((2.0 * small - 1e-6 <= sides) & (sides <= 2.0 * large + 1e-6)).all()
        case Voxels(extent, step, low):
            inside = ((x >= low) & (x < low + step * extent) & ((x - low) % step == 0)).all()
            return inside and len(np.unique(x, axis=0)) == len(x)
    return False


@pytest.mark.parametrize(("domain", "dtype"), EXAMPLES)
def test_draws_lie_in_the_domain(domain, dtype):
    for seed in range(20):
        shape = (2 + seed,)
        array = domain.draw(np.random.default_rng(seed), shape, dtype_of(dtype))
        assert array.shape == shape + dtype_of(dtype).inner
        assert array.dtype == dtype_of(dtype).scalar
        assert holds(domain, array), f"{domain}: {array}"


def test_the_same_generator_draws_the_same():
    for domain, dtype in EXAMPLES:
        draws = [domain.draw(np.random.default_rng(9), (7,), dtype_of(dtype)) for _ in range(2)]
        np.testing.assert_array_equal(*draws)


def test_shapes_of_several_axes_and_of_none():
    assert Uniform(0.0, 1.0).draw(np.random.default_rng(0), (), dtype_of("vec3f")).shape == (3,)
    assert Sorted(0.0, 1.0).draw(np.random.default_rng(0), (4, 5), dtype_of("float32")).shape == (4, 5)
    assert Offsets(7).draw(np.random.default_rng(0), (2,), dtype_of("int32")).tolist() == [0, 7]


def test_every_kind_of_domain_is_drawn_above():
    assert (
        {type(d) for d, _ in EXAMPLES} | {Struct, Written, MeshPoints, MeshTriangles}
        == set(_KINDS.values())
        == set(Domain.__subclasses__())
    )


@pytest.mark.parametrize("domain", [*(d for d, _ in EXAMPLES), STRUCT])
def test_domain_goes_to_json_and_back(domain):
    assert domain_from_json(json.loads(json.dumps(domain_to_json(domain)))) == domain


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="unknown domain kind 'gaussian': use one of uniform, lattice, integers"):
        domain_from_json({"kind": "gaussian", "sigma": 1.0})
    with pytest.raises(ValueError, match="unknown domain kind None"):
        domain_from_json({})


NAMES = st.sampled_from(["a", "b", "mass", "out", "x_1"])
FINITE = st.floats(-1e6, 1e6)
DOMAINS = st.one_of(
    st.builds(Uniform, FINITE, FINITE),
    st.builds(Integers, st.integers(-9, 9), st.integers(10, 99)),
    st.builds(Constant, st.one_of(FINITE, st.integers(), st.booleans())),
    st.just(STRUCT),
    st.just(Rotations()),
)
ARGUMENTS = st.builds(
    Argument,
    NAMES,
    st.sampled_from([*DTYPES, "struct:Body"]),
    st.integers(0, 3),
    st.sampled_from(["input", "output", "accumulate", "inout"]),
    st.booleans(),
)
SHAPES = st.lists(st.integers(1, 99), max_size=3).map(tuple)
LAUNCHES = st.builds(
    Launch, st.lists(st.integers(1, 99), min_size=1, max_size=3).map(tuple), st.dictionaries(NAMES, SHAPES), st.dictionaries(NAMES, DOMAINS)
)


@settings(max_examples=60, deadline=None)
@given(
    arguments=st.lists(ARGUMENTS, max_size=4).map(tuple),
    launches=st.lists(LAUNCHES, max_size=3).map(tuple),
    limitations=st.lists(st.sampled_from(["frac", "mod_divisor"]), unique=True).map(tuple),
    elementwise=st.booleans(),
    block_dim=st.sampled_from([None, 32, 256]),
)
def test_case_goes_to_parts_and_back(arguments, launches, limitations, elementwise, block_dim):
    texts = ("import warp as wp\n", "import numpy as np\n")
    case = Case("family", 3, 14, "k", *texts, arguments, launches, limitations, elementwise, block_dim)
    again = Case.from_parts(
        family=case.family,
        seed=case.seed,
        index=case.index,
        kernel_name=case.kernel_name,
        python_source=case.python_source,
        reference_source=case.reference_source,
        launch_json=case.launch_json(),
    )
    assert again == case
    assert again.launch_json() == case.launch_json()


def test_an_ordinary_launch_has_no_block_dim_in_its_json():
    case = Case("stencil", 0, 0, "k", "", "", (), ())
    assert "block_dim" not in case.launch_json()


def test_parts_of_a_case():
    arguments = (
        Argument("x", "float32", 1, differentiable=True),
        Argument("k", "int32", 1),
        Argument("out", "float32", 1, "output", True),
        Argument("count", "int32", 1, "accumulate"),
    )
    case = Case("stencil", 0, 123, "k", "", "", arguments, ())
    assert case.id == "stencil-000123"
    assert [a.name for a in case.outputs] == ["out", "count"]
    assert [a.name for a in case.differentiable_inputs] == ["x"]
    assert [a.name for a in case.differentiable_outputs] == ["out"]


def test_malformed_parts_are_refused():
    parts = {"family": "f", "seed": 0, "index": 0, "kernel_name": "k", "python_source": "", "reference_source": ""}
    with pytest.raises(ValueError, match="Expecting value"):
        Case.from_parts(**parts, launch_json="")
    with pytest.raises(KeyError, match="arguments"):
        Case.from_parts(**parts, launch_json="{}")
