"""The stand-in for Warp that kernels' texts are run on: its values, its bounds, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from interpreter import module_of, value_of
from stand_in import Unsupported
from thread_values import Array, Quaternion, StructArray, Tensor, wrapped

X = 0.5 * np.arange(1, 4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-7 / 2", -3),
        ("7 / -2", -3),
        ("7.0 / 2", 3.5),
        ("(wp.vec2i(-7, 7) / 2)[0]", -3),
        ("(7 / wp.vec2i(4, -2))[1]", -3),
        ("(wp.uint8(7) / wp.vec2ub(wp.uint8(2)))[0]", 3),
        ("-7 // 2", -4),
        ("7.5 // 2.0", 3.0),
        ("-7 % 3", -1),
        ("-7.5 % 2.0", -1.5),
        ("int(-2.7)", -2),
        ("wp.uint8(250) + wp.uint8(10)", 4),
        ("-wp.uint16(1)", 65535),
        ("wp.cast(wp.uint8(200), wp.int8)", -56),
        ("wp.sign(0.0)", 1.0),
        ("wp.step(-1.0)", 1.0),
        ("wp.round(-2.5)", -3.0),
        ("wp.copysign(2.0, wp.trunc(-0.5))", -2.0),
        ("wp.min(3, 2)", 2),
        ("wp.dot(wp.vec2i(2, 3), wp.vec2i(4, 5))", 23),
        ("wp.vec3(1.0, 2.0, 3.0)[1]", 2.0),
        ("wp.vec2(2.0).x", 2.0),
        ("(wp.mat22(1.0, 2.0, 3.0, 4.0) * wp.vec2(1.0, 1.0))[1]", 7.0),
        ("(wp.vec2(1.0, 1.0) @ wp.mat22(1.0, 2.0, 3.0, 4.0))[1]", 6.0),
        ("(2.0 / wp.vec2(4.0, 8.0)).y", 0.25),
        ("wp.norm_huber(wp.vec2(0.3, 0.4), 0.75)", 0.125),
        ("wp.length(wp.quat(0.0, 0.0, 3.0, 4.0))", 5.0),
        ("(wp.quat(1.0, 0.0, 0.0, 0.0) * wp.quat(0.0, 1.0, 0.0, 0.0)).z", 1.0),
        ("wp.transform(wp.vec3(1.0, 2.0, 3.0), wp.quat_identity()).p.y", 2.0),
        ("(wp.transform_identity() * wp.transform(wp.vec3(1.0, 2.0, 3.0), wp.quat_identity())).p[2]", 3.0),
        ("vec5d(2.0)[4]", 2.0),
        ("len(vec6ub(wp.uint8(1)))", 6),
    ],
)
def test_value(text, value):
    got = value_of(text, {})
    assert got == value
    assert isinstance(got, float) == isinstance(value, float)


@pytest.mark.parametrize(
    "text", ["wp.vec5(1.0)", "wp.float8(1.0)", "wp.solve_everything(1.0)", "wp.dot(1.0, 2.0)", "wp.norm_huber(wp.vec2(), 0.5)"]
)
def test_what_is_not_there_is_unsupported(text):
    with pytest.raises(Unsupported):
        value_of(text, {})


@pytest.mark.parametrize("text", ["wp.uint8(-1)", "wp.int8(128)", "wp.vec2us(wp.uint16(1), 70000)"])
def test_what_does_not_fit_is_refused(text):
    with pytest.raises(OverflowError):
        value_of(text, {})


def test_arrays_check_their_bounds_and_what_they_hold():
    array = Array(np.zeros((3, 2, 3), np.float64), "vec3f")
    assert array.shape == (3, 2)
    for index in ((3, 0), (-1, 0), (0, 2)):
        with pytest.raises(IndexError):
            array[index]
    with pytest.raises(AssertionError, match="1 indices into an array of 2 axes"):
        array[0]
    bytes_ = Array(np.zeros(2, np.uint8), "uint8")
    with pytest.raises(OverflowError):
        bytes_[0] = 256
    bytes_.store_wrapped(1, -1)
    assert bytes_[1] == 255


def test_elements_are_copies():
    array = Array(np.zeros((2, 4)), "quatf")
    q = array[0]
    q[0] = 1.0
    assert isinstance(q, Quaternion)
    assert array[0][0] == 0.0
    structs = StructArray({"mass": Array(np.ones(2), "float32"), "axis": Array(np.ones((2, 3)), "vec3f")})
    body = structs[1]
    body.mass = 3.0
    assert structs[1].mass == 1.0
    structs[0] = body
    assert structs[0].mass == 3.0


def run(*body):
    """What `f()` returns after these lines."""
    names, _ = module_of("\n".join(["import warp as wp", "def f(v):", *(f"    {line}" for line in body)]))
    return names["f"](wrapped(X))


def test_assignments_copy():
    assert run("a = v", "a[0] = 9.0", "a.y = 8.0", "return v[0] + v[1]") == 1.5
    assert run("a = v", "a += v", "return v[0]") == 0.5
    assert run("a = v", "a /= 2.0", "return a[0] + v[0]") == 0.75
    assert run("n = 7", "n /= 2", "n %= 2", "return n") == 1
    assert isinstance(run("return v * 2.0"), Tensor)


def test_a_name_that_is_read_before_it_is_set_is_noticed():
    with pytest.raises(UnboundLocalError):
        run("if v[0] > 5.0:", "    a = 1.0", "return a")


def test_functions():
    source = '''
import warp as wp
from typing import Any

snippet = """
    return 2.0f * x + 1.f;
    """

@wp.func
def pick(x: float):
    return 1

@wp.func
def pick(x: wp.vec3):
    return 2

@wp.func
def pick(x: wp.quat):
    return 3

@wp.func
def twice(x: Any, factor: float = 2.0):
    return x * factor

@wp.func_grad(twice)
def adj_twice(x: float, factor: float, adj_ret: float):
    wp.adjoint[x] += factor * adj_ret

@wp.func_native(snippet)
def native(x: float) -> float: ...
'''
    names, wp = module_of(source)
    assert [names["pick"](x) for x in (1.0, wp.vec3(1.0), wp.quat_identity())] == [1, 2, 3]
    assert names["twice"](1.5) == 3.0
    assert names["twice"](1.5, factor=4.0) == 6.0
    assert names["native"](3.0) == 7.0


def test_searches_and_exchanges():
    _, wp = module_of("import warp as wp")
    edges = Array(np.array([0.0, 1.0, 1.0, 2.0]), "float32")
    assert [wp.lower_bound(edges, x) for x in (-1.0, 0.5, 1.0, 2.0, 9.0)] == [0, 1, 1, 3, 3]
    assert wp.lower_bound(edges, 2, 4, 0.5) == 2
    counts = Array(np.array([3, 4], np.int32), "int32")
    assert (wp.atomic_add(counts, 0, 2), wp.atomic_exch(counts, 1, 9), wp.atomic_cas(counts, 0, 4, 1), wp.atomic_cas(counts, 0, 5, 1)) == (
        3,
        4,
        5,
        5,
    )
    assert counts.data.tolist() == [1, 9]
    with pytest.raises(AssertionError, match="is not near"):
        wp.expect_near(1.0, 2.0, 0.5)
    wp.expect_neq(1, 2)
    with pytest.raises(AssertionError, match="2 is 2"):
        wp.expect_neq(2, 2)
