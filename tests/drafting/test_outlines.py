"""Parts of a kernel as functions of their own."""

from __future__ import annotations

from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.outlines import counter_as_real, extreme_lines, nested, outlined, outlined_value
from kernels.draw import Draw
from kernels.language.types import F32, F64, I32


def _draft(width: str = "float32") -> Draft:
    draft = Draft(Draw(0, "outlines", 0), width=width)
    draft.array("x", draft.real, "rows", "cols")
    draft.value("limit", I32, Integers(1, 5))
    return draft


def test_a_function_takes_what_its_lines_read_arrays_first() -> None:
    draft = _draft()
    draft.known("scale", F32, 0.0, 1.0)
    lines = ["total = float(0.0)", *nested([("j", "limit")], ["total += scale * x[row, j]"])]
    outlined(draft, "row_sum", lines, [("total", F32)])
    (definition,) = draft.definitions
    assert definition[0] == "@wp.func"
    assert definition[1].startswith("def row_sum(x: wp.array2d(dtype=float), limit: int, scale: float, row: int)")
    assert definition[-1] == "    return total"
    assert draft.kernel == ["total = row_sum(x, limit, scale, row)"]


def test_functions_that_exist_are_no_parameters() -> None:
    draft = _draft()
    call = outlined_value(draft, "element", [], "x[row, j] + 1.0", F32)
    assert call == "element(x, row, j)"
    outlined(draft, "largest", extreme_lines(draft, "best", "j", "limit", call), [("best", F32)])
    assert draft.kernel == ["best = largest(x, limit, row)"]


def test_loops_nest_from_the_outermost() -> None:
    assert nested([("i", "n"), ("j", "1, m")], ["work"]) == ["for i in range(n):", "    for j in range(1, m):", "        work"]


def test_a_counter_becomes_a_float64_by_way_of_a_float32() -> None:
    assert counter_as_real(_draft(), "j") == "float(j)"
    assert counter_as_real(_draft("float64"), "j") == "wp.float64(float(j))"
    assert F64.spelling == "wp.float64"
