"""Scripts of solvers: parameters by their plain names, what is dropped, early returns, corners of elements, cells of grids."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kernels.drafting.solvers.elements import corners
from kernels.drafting.solvers.grid import Grid
from kernels.drafting.solvers.script import Script, renamed
from kernels.draw import Draw
from kernels.dtypes import dtype_of


def script(index: int, width: str = "float32") -> Script:
    return Script(Draw(0, "solvers", index), width=width)


def test_renaming_leaves_attributes_and_longer_names_alone() -> None:
    assert renamed("dt * x.dt + dt2 * dt", {"dt": "params.dt"}) == "params.dt * x.dt + dt2 * params.dt"


@pytest.mark.parametrize("index", range(12))
def test_parameters_reach_both_sides_however_they_are_passed(index: int) -> None:
    s = script(index)
    s.field("x", "real", "n")
    s.thread("n", "x")
    s.tuning(("gain", 0.5, 0.5), ("bias", 0.25, 0.25))
    s.result("y", "real", "n")
    s.code("y[tid] = gain * x[tid] + bias")
    case = s.finish("scaled", ["n"], [{"n": 4}])
    scope: dict = {}
    exec(case.reference_source, scope)
    x = np.arange(4.0)
    fields = type("Fields", (), {"gain": np.float64(0.5), "bias": np.float64(0.25)})
    given = {a.name: fields if a.dtype.startswith("struct") else x if a.name == "x" else np.zeros(4) for a in case.arguments}
    given |= {"gain": np.float64(0.5), "bias": np.float64(0.25), "dim": (4,)}
    taken = scope["reference"].__code__.co_varnames[: scope["reference"].__code__.co_argcount]
    assert scope["reference"](**{name: given[name] for name in taken})["y"] == pytest.approx(0.5 * x + 0.25)


def test_what_nothing_uses_is_dropped() -> None:
    s = script(1)
    s.field("x", "real", "n")
    s.field("unused", "real", "n")
    s.thread("n", "x")
    s.code("a = x[tid]\nb = 2.0 * a\nc = b + 1.0")
    s.result("y", "real", "n")
    s.code("y[tid] = a")
    case = s.finish("copy", ["n"], [{"n": 3}])
    assert "unused" not in case.python_source
    assert not re.search(r"\b[bc] = ", case.python_source + case.reference_source)


def test_threads_that_skip_leave_zeros() -> None:
    s = script(2)
    s.field("x", "real", "n")
    s.field("flag", "int", "n")
    s.thread("n", "x")
    s.skip("flag[tid] == 0")
    s.result("y", "real", "n")
    s.code("y[tid] = x[tid]")
    case = s.finish("masked", ["n"], [{"n": 3}])
    assert [a.role for a in case.outputs] == ["accumulate"]


@pytest.mark.parametrize("index", range(10))
def test_corners_of_an_element_are_different(index: int) -> None:
    s = script(index)
    s.field("x", "vec3", "n")
    corners(s, "i", "j", "k", table="triangles")
    s.result("y", "vec3", "m")
    s.code("y[tid] = wp.cross(x[j] - x[i], x[k] - x[i])")
    case = s.finish("normals", ["m"], [{"m": 7, "n": 5}])
    launch = case.launches[0]
    dtype = dtype_of(next(a.dtype for a in case.arguments if a.name == "triangles"))
    drawn = launch.domains["triangles"].draw(np.random.default_rng(0), launch.shapes["triangles"], dtype)
    rows = np.sort(drawn.reshape(7, 3), axis=1)
    assert np.all(np.diff(rows, axis=1) > 0)


@pytest.mark.parametrize(("rule", "left", "right"), [("clamp", 0, 4), ("periodic", 4, 0)])
def test_neighbours_follow_the_boundary_rule(rule: str, left: int, right: int) -> None:
    for index in range(6):
        s = script(index)
        grid = Grid(s, 1, rule)
        grid.field("u")
        grid.open("u")
        grid.result("a")
        grid.result("b")
        s.code(f"a[i] = u[{grid.near(0, -1)}]\nb[i] = u[{grid.near(0, 1)}]")
        case = s.finish("shifted", ["nx"], [{"nx": 5}])
        scope: dict = {}
        exec(case.reference_source, scope)
        u = np.arange(5.0)
        given = {"u": u, "a": np.zeros(5), "b": np.zeros(5), "nx": np.int32(5), "dim": (5,)}
        taken = scope["reference"].__code__.co_varnames[: scope["reference"].__code__.co_argcount]
        result = scope["reference"](**{name: given[name] for name in taken})
        assert result["a"].tolist() == [left, 0, 1, 2, 3]
        assert result["b"].tolist() == [1, 2, 3, 4, right]
