"""The overloads of a kernel: what Warp's code generator resolved, forward and backward, in Warp's short names.

Each test runs a program in a process of its own, since this one never imports Warp.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

START = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
import warp as wp
wp.config.log_level = wp.LOG_ERROR
from typing import Any
from generation.code.private_api import probe
from generation.code.unit import Dialect, Unit
from small_cases import case_of

def overloads(source, language="cpu"):
    dialect = Dialect("cpu", 1) if language == "cpu" else Dialect("cuda", 256, 90)
    unit = Unit(probe(), "seen", dialect, 0)
    case = case_of(0, source)
    return unit.emit(case, unit.define(case)).overloads
"""


def overloads(source: str, language: str = "cpu") -> set[str]:
    program = START.format(root=str(ROOT), tests=str(ROOT / "tests")) + f"print('\\n'.join(overloads({source!r}, {language!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = done.stdout.split()
    assert found == sorted(set(found))
    return set(found)


def kernel(body: str, parameters: str, helpers: str = "", decorator: str = "@wp.kernel") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"import warp as wp\nfrom typing import Any\n\n\n{helpers}\n\n\n{decorator}\ndef k({parameters}):\n    i = wp.tid()\n{lines}"


ARRAYS = "a: wp.array[float], m: wp.array2d[wp.vec3], out: wp.array[float]"


@pytest.mark.parametrize("language", ["cpu", "cuda"])
def test_operators_loads_and_stores_are_calls_and_adjoints_are_told_apart(language):
    found = overloads(kernel("out[i] = wp.floor(a[i]) * a[i] + wp.dot(m[i, 0], m[0, i])", ARRAYS), language)
    forward = {
        "add(float32,float32)",
        "address(array(float32)[1])",
        "address(array(vec3f)[2])",
        "array_store(array(float32)[1],float32)",
        "dot(vec3f,vec3f)",
        "floor(float32)",
        "load(float32)",
        "load(vec3f)",
        "mul(float32,float32)",
        "tid()",
    }
    assert {one for one in found if not one.startswith("adj_")} == forward
    without = {"floor(float32)", "load(float32)", "load(vec3f)", "tid()"}
    assert {one for one in found if one.startswith("adj_")} == {f"adj_{one}" for one in forward - without}


def test_a_kernel_without_backward_has_no_adjoints():
    found = overloads(kernel("out[i] = wp.sin(a[i])", ARRAYS, decorator="@wp.kernel(enable_backward=False)"))
    assert "sin(float32)" in found
    assert not [one for one in found if one.startswith("adj_")]


def test_functions_count_and_a_gradient_by_hand_takes_the_place_of_their_adjoints():
    helpers = (
        "@wp.func\ndef plain(x: float):\n    return wp.exp(x)\n\n\n"
        "@wp.func\ndef custom(x: float):\n    return wp.cos(x)\n\n\n"
        "@wp.func_grad(custom)\ndef adj_custom(x: float, adj: float):\n    wp.adjoint[x] -= wp.sin(x) * adj\n\n\n"
        "@wp.func\ndef unused(x: float):\n    return wp.tan(x)"
    )
    found = overloads(kernel("out[i] = plain(a[i]) - custom(a[i])", ARRAYS, helpers))
    assert {"exp(float32)", "adj_exp(float32)", "cos(float32)", "sin(float32)"} <= found
    assert not {"adj_cos(float32)", "adj_sin(float32)", "tan(float32)"} & found


def test_a_users_function_of_a_builtins_name_is_no_builtin():
    helpers = "@wp.func\ndef lerp(a: float, b: float):\n    return a - b"
    assert not [one for one in overloads(kernel("out[i] = lerp(a[i], 2.0)", ARRAYS, helpers)) if "lerp" in one]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("x = wp.max(i, 3)", "max(int32,int32)"),
        ("x = wp.where(i > 2, m[0, 0], m[1, 1])", "where(bool,vec3f,vec3f)"),
        ("wp.atomic_add(m, i, 0, m[0, 0])", "atomic_add(array(vec3f)[2],vec3f)"),
        ("x = wp.vec3(1.0, a[i], 2.0)", "vec3f(float32,float32,float32)"),
        ("x = wp.vec3d(m[0, 0])", "vec3d(vec3f)"),
        ("x = wp.mat33(a[0], 0.0, 0.0, 0.0, a[1], 0.0, 0.0, 0.0, a[2])", "mat33f(float32*9)"),
        ("x = vec5()", "vec5d()"),
        ("x = wp.spatial_vector(m[0, 0], m[0, 1])", "spatial_vectorf(vec3f,vec3f)"),
        ("x = wp.transform(m[0, 0], wp.quat_identity())", "transformf(vec3f,quatf)"),
        ("x = wp.identity(n=4, dtype=wp.float16)", "identity(mat44h)"),
        ("x = wp.norm_l2(m[0, 0])", "norm_l2(vec3f)"),
        ("x = wp.zeros(shape=(2, 3), dtype=int)", "zeros(fixedarray(int32)[2])"),
        ("x = m[i]", "view(array(vec3f)[2])"),
        ("x = len(m)", "len(array(vec3f)[2])"),
        ('wp.printf("%d %f\\n", i, a[i])', "printf(int32,float32)"),
        ("x = wp.lower_bound(a, 0, 3, 1.5)", "lower_bound(array(float32)[1],int32,int32,float32)"),
        ("x = wp.tile_load(m, shape=(2, 2))", "tile_load(array(vec3f)[2])"),
        ("x = wp.tile_zeros(shape=(2, 2), dtype=wp.int8)", "tile_zeros(tile(int8)[2])"),
        ("x = wp.tile_sum(wp.tile_ones(shape=(2, 2), dtype=float), axis=0)", "tile_sum(tile(float32)[2],int32)"),
        ("x = wp.tile_map(wp.sin, wp.tile_ones(shape=4, dtype=float))", "tile_map(function,tile(float32)[1])"),
        ("x = wp.hash_grid_query(wp.uint64(0), m[0, 0], 1.0)", "hash_grid_query(uint64,vec3f,float32)"),
    ],
)
def test_spelling(statement, expected):
    assert expected in overloads(kernel(statement, ARRAYS, "vec5 = wp.types.vector(length=5, dtype=wp.float64)"))


def test_structs_are_struct():
    helpers = "@wp.struct\nclass Body:\n    mass: float\n    path: wp.array[wp.vec3]"
    found = overloads(kernel("out[i] = b[i].path[0][1] * b[i].mass", "b: wp.array[Body], out: wp.array[float]", helpers))
    assert {"address(array(struct)[1])", "address(array(vec3f)[1])", "extract(vec3f)"} <= found
