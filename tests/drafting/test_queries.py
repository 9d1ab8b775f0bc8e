"""Query scripts: loops over what is found against the kernel's text thread by thread, objects with arrays of their own or of the kernel."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from kernels.case import Case
from kernels.domains import Integers, Struct, Uniform
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw

sys.path.insert(0, str(Path(__file__).parents[1] / "kernels"))

from interpreter import all_at_once, by_thread, drawn

SIZES = [{"n": 1, "m": 1, "one": 1}, {"n": 7, "m": 5, "one": 1}, {"n": 70, "m": 19, "one": 1}]
ALL = ["row, j = np.nonzero(np.ones((dim[0], len(y)), bool))"]


def started(index: int, *, skipping: bool = False) -> QueryScript:
    s = QueryScript(Draw(17, "queries", index))
    s.field("x", "vec3", "n", low=-1.0, high=1.0)
    s.field("y", "vec3", "m", low=-1.0, high=1.0)
    s.field("kind", "int", "n", domain=Integers(0, 3))
    s.thread("n", "x", index="i")
    s.number_of("count_y", "m")
    if skipping:
        s.skip("kind[i] == 1")
    s.code("xi = x[i]")
    return s


def check(case: Case) -> None:
    for number in range(3):
        values = drawn(case, number)
        expected = by_thread(case, number, values)
        for name, found in all_at_once(case, number, values).items():
            assert found == pytest.approx(expected[name], abs=1e-9), (case.python_source, name)


@pytest.mark.parametrize("index", range(12))
def test_loops_do_in_numpy_what_threads_do(index: int) -> None:
    s = started(index, skipping=index % 3 == 0)
    s.tuning(("radius", 0.5, 1.2))
    s.start(count="int(0)", hit="int(0)", total="wp.vec3()", best="float(5.0)", nearest="int(-1)", most="float(-1.0)")
    with s.each(["for j in range(count_y):"], "j", ALL, "len(y)") as pairs:
        s.code("d = xi - y[j]\nr = wp.length(d)")
        pairs.only("r < radius", "r >= radius")
        pairs.count("count")
        pairs.add("total", "vec3", "d * (radius - r)")
        pairs.extreme("best", "r", "5.0", "nearest")
        pairs.extreme("most", "d[0]", "-1.0", most=True)
        pairs.only("kind[i] != 0 or j % 2 == 0")
        s.result("seen", "int", "m", role="accumulate")
        s.code("wp.atomic_add(seen, j, 1 + kind[i])")
        pairs.flag("hit", leave=False)
    for name, type in (("count", "int"), ("hit", "int"), ("total", "vec3"), ("best", "real"), ("nearest", "int"), ("most", "real")):
        s.result(f"{name}_out", type, "n")
        s.code(f"{name}_out[i] = {name}")
    check(s.finish("gather", ["n"], SIZES))


def test_a_loop_may_become_a_function() -> None:
    s = started(3)
    s.start(total="float(0.0)")
    with s.each(["for j in range(count_y):"], "j", ALL, "len(y)", function="sum_near") as pairs:
        s.code("r = wp.length(xi - y[j])")
        pairs.add("total", "real", "wp.exp(-r)")
    s.result("out", "real", "n")
    s.code("out[i] = total / (1.0 + total)")
    case = s.finish("gather", ["n"], SIZES)
    assert "def sum_near(" in case.python_source
    check(case)


def build(*, reads: bool) -> Case:
    s = QueryScript(Draw(1, "queries", 0))
    s.field("x", "vec3", "n", low=-1.0, high=1.0)
    s.field("p", "vec3", "n", low=-1.0, high=1.0)
    s.object("grid", "hash_grid:points=x", s.leaf("cell_width", "real", domain=Uniform(0.2, 0.4)))
    s.thread("n", "p", index="i")
    s.answer("how_near", ("def how_near(grid, p):", "    return np.linalg.norm(p - grid.points[0], axis=-1)"), ("real",))
    s.line("near = how_near(grid, p[i])")
    s.numpy("near = how_near(grid, p[i])")
    s.holds("real", "near")
    s.result("out", "real", "n")
    s.code("out[i] = near + x[i][0]" if reads else "out[i] = near")
    return s.finish("ask", ["n"], SIZES)


def test_an_array_that_only_an_object_needs_is_the_objects_own() -> None:
    shared, apart = build(reads=True), build(reads=False)
    assert next(a.dtype for a in shared.arguments if a.name == "grid") == "hash_grid:points=x"
    grid = next(a for a in apart.arguments if a.name == "grid")
    assert grid.dtype == "hash_grid"
    assert "x" not in {a.name for a in apart.arguments}
    domain = apart.launches[2].domains["grid"]
    assert isinstance(domain, Struct)
    assert [field for field, *_ in domain.fields] == ["cell_width", "points"]
    assert apart.launches[2].leaf_shapes["grid.points"] == (70,)


def test_records_and_builtins_are_spelled_as_numpy_has_them() -> None:
    s = started(2)
    s.record("query", "wp.mesh_query_point(mesh, xi, 2.0)", result="bool", u="real")
    s.numpy("query_result, query_u = xi[..., 0] > 0.0, xi[..., 1]")
    s.answer("mesh_eval", ("def mesh_eval(mesh, u):", "    return 2.0 * u"), ("real",))
    s.names.values["mesh"] = s.names.values["count_y"]
    s.code("value = float(0.0)\nif query.result:\n    value = wp.mesh_eval(mesh, query.u)")
    assert "value = wp.mesh_eval(mesh, query.u)" in [line.strip() for line in s.kernel]
    scope = {"np": np, "f32": np.float64, "xi": np.array([[1.0, 3.0, 0.0], [-1.0, 4.0, 0.0]]), "mesh": None, "dim": (2,)}
    exec("\n".join(line for block in s.reference_definitions for line in block), scope)
    exec("\n".join(s.reference[s.reference.index("xi = x[i]") + 1 :]), scope)
    assert scope["value"].tolist() == [6.0, 0.0]
