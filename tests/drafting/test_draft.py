"""The draft: what it takes into a case, and what it leaves out."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import pytest

from kernels import catalog
from kernels.case import Case
from kernels.domains import Constant, Uniform
from kernels.drafting.arguments import grids, length
from kernels.drafting.checks import depends, faults, grazing
from kernels.drafting.draft import Draft
from kernels.drafting.functions import function_of
from kernels.drafting.reference import names_read
from kernels.draw import Draw
from kernels.language.expression import Custom, apply, literal, variable
from kernels.language.interval import Interval
from kernels.language.types import F32

X, Y = variable("x", F32, -1.0, 1.0), variable("y", F32, -1.0, 1.0)


def minimal(index: int, **options: Any) -> Case:
    """The smallest case that says something."""
    draw = Draw(0, "minimal", index)
    draft = Draft(draw, **options)
    x = draft.array("x", draft.real, "n")
    with draft.threads(("i", "n", x, 0)):
        xi = draft.load("xi", x, "i", -1.0, 1.0)
        draft.knob("scale", 0.5, 2.0)
        draft.let("scaled", "scale * xi")
        value = draft.fused("shaped", draft.real, [draft.scope["scaled"], xi])
        draft.store(draft.output("out", draft.real, "n"), "i", value.name)
    return draft.case("shape", ["n"], grids(draw, ["n"]), elementwise=True)


def test_the_same_draw_makes_the_same_case() -> None:
    assert minimal(3) == minimal(3)
    assert minimal(3) != minimal(4)


def test_parameters_are_values_fields_or_constants() -> None:
    texts = [minimal(index).python_source for index in range(60)]
    assert any("@wp.struct" in text for text in texts)
    assert any("scale: " in text and "@wp.struct" not in text for text in texts)
    assert any("scale" not in text.replace("scaled", "") for text in texts)


def test_the_reference_takes_what_it_reads_before_it_binds_it() -> None:
    loops = ["a = np.zeros_like(a)", "b = a + c", "for k in range(n):", "    b += d[k]", "return b"]
    assert names_read(loops) == {"np", "a", "c", "range", "n", "d"}
    assert names_read(["t = [f(g) for g in groups]", "u = lambda p: p + q", "return t, u"]) == {"f", "groups", "q"}


def test_values_that_the_kernel_never_uses_leave_its_signature() -> None:
    draft = Draft(Draw(0, "idle", 0))
    draft.array("x", draft.real, "n")
    draft.count("n")
    draft.parameter("unused", 0.0, 1.0)
    draft.both("out = x")
    draft.kernel[:] = ["i = wp.tid()", "m = x.shape[0]", "out[i] = x[i]"]
    draft.output("out", draft.real, "n")
    case = draft.case("copy", ["n"], [{"n": 4}])
    assert {a.name for a in case.arguments} == {"x", "out"}
    assert "shape" not in case.python_source


def test_a_reference_must_not_read_what_the_kernel_is_not_told() -> None:
    draft = Draft(Draw(0, "blind", 0))
    draft.array("x", draft.real, "n")
    draft.count("n")
    draft.output("out", draft.real, "n")
    draft.line("i = wp.tid()", "out[i] = x[i]")
    draft.numpy("out = x.reshape(n)")
    with pytest.raises(ValueError, match=r"does not use \['n'\]"):
        draft.case("copy", ["n"], [{"n": 4}])


def test_two_arguments_of_one_name_are_refused() -> None:
    draft = Draft(Draw(0, "twice", 0))
    draft.array("x", draft.real, "n")
    with pytest.raises(ValueError, match="two arguments are called 'x'"):
        draft.value("x", F32, Uniform(0.0, 1.0))


def test_extents_are_formulas_over_a_launchs_sizes() -> None:
    assert length("2 * radius + 1", {"radius": 3}) == 7
    assert length(5, {}) == 5
    draft = Draft(Draw(0, "told", 0))
    draft.array("taps", draft.real, "2 * radius + 1")
    draft.count("radius")
    draft.output("out", draft.real, "n")
    draft.line("i = wp.tid()", "out[i] = taps[radius]")
    draft.numpy("out = np.full_like(out, taps[radius])")
    launch = draft.case("pick", ["n"], [{"n": 4, "radius": 2}]).launches[0]
    assert (launch.dim, launch.shapes["taps"], launch.domains["radius"]) == ((4,), (5,), Constant(2))


def test_a_formula_must_depend_on_its_inputs_and_not_graze() -> None:
    cancelled = apply("subtract", apply("subtract", X, literal(4.0, F32)), X)
    assert not depends(cancelled, [X])
    assert depends(apply("multiply", X, Y), [X, Y])
    assert grazing(apply("minimum", X, apply("sin", X)))
    assert not grazing(apply("minimum", X, Y))
    assert faults(X, [X]) > 1 >= faults(apply("sin", X), [X])


def test_a_functions_parameters_are_told_apart() -> None:
    here, there = (Custom(F32, Interval(-1.0, 1.0), f"u[{index}]", f"u[{index}]") for index in "ij")
    made = function_of("gap", apply("subtract", here, there), typed_result=True)
    scope: dict[str, Any] = {"np": np}
    exec("\n".join(made.reference), scope)
    assert scope["gap"](3.0, 1.0) == 2.0
    assert made.call == "gap(u[i], u[j])"


@pytest.mark.parametrize("family", [f for f in catalog.FAMILIES if f != "program"])
def test_kernels_use_their_arguments_locals_and_functions(family: str) -> None:
    for index in range(15):
        case = catalog.build_named_case(4, f"{family}-{index:06d}")
        module = ast.parse(case.python_source)
        kernel = next(d for d in module.body if isinstance(d, ast.FunctionDef) and d.name == case.kernel_name)
        read = {n.id for n in ast.walk(module) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        counters = {n.target.id for n in ast.walk(kernel) if isinstance(n, ast.For) and isinstance(n.target, ast.Name)}
        bound = {n.id for n in ast.walk(kernel) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - counters
        arguments = {a.arg for a in kernel.args.args}
        functions = {d.name for d in module.body if isinstance(d, ast.FunctionDef)} - {case.kernel_name}
        assert not (arguments | bound | functions) - read - used_otherwise(kernel, read), case.id
        assert not arguments & bound, case.id


def used_otherwise(kernel: ast.FunctionDef, read: set[str]) -> set[str]:
    """Names that are of use without being read: results of a call beside one that is read, and views of tiles that are written through."""
    found: set[str] = set()
    views: set[str] = set()
    for node in ast.walk(kernel):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            results = {n.id for n in node.targets[0].elts if isinstance(n, ast.Name)}
            found |= results if results & read else set()
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and ast.unparse(node.value).startswith("wp.tile_view("):
            views.add(node.targets[0].id)
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func).startswith("wp.volume_sample_grad")
        ):
            found |= {n.id for n in node.targets if isinstance(n, ast.Name)}  # the gradient, an argument, is of use
    changed = {n.target.id for n in ast.walk(kernel) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)}
    return found | views & changed


@pytest.mark.parametrize("family", [f for f in catalog.FAMILIES if f != "program"])
def test_differentiable_kernels_have_no_while_loop(family: str) -> None:
    """But for the loop over what a query finds, which is written in no other way."""
    for index in range(25):
        case = catalog.build_named_case(4, f"{family}-{index:06d}")
        if case.differentiable_inputs and case.differentiable_outputs:
            loops = [ast.unparse(n.test) for n in ast.walk(ast.parse(case.python_source)) if isinstance(n, ast.While)]
            assert all(re.match(r"wp\.\w+_query_next\(", condition) for condition in loops), case.id
