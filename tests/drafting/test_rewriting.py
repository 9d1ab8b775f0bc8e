"""Small rewrites of formulas."""

from __future__ import annotations

from kernels.drafting.rewriting import complement, renamed, worked_out
from kernels.language.expression import literal, variable
from kernels.language.types import F32


def test_plain_names_are_replaced_and_functions_and_attributes_are_not() -> None:
    assert renamed("wp.exp(x) * exp + cfg.x", {"x": "y", "exp": "rate"}) == "wp.exp(y) * rate + cfg.x"
    assert renamed("new_m = beta * m", {"m": "m_i", "new_m": "mean"}) == "mean = beta * m_i"


def test_constants_are_worked_out_where_they_stand_alone() -> None:
    assert worked_out("m * (1.0 - 0.9) + x") == "m * 0.1 + x"
    assert worked_out("wp.clamp(r, 1.0 - 0.2, 1.0 + 0.2)") == "wp.clamp(r, 0.8, 1.2)"
    assert worked_out("a * (0.9 * 0.5) * b") == "a * 0.45 * b"
    assert worked_out("1.0 - 0.5 * x") == "1.0 - 0.5 * x"


def test_the_complement_of_a_name_is_a_formula() -> None:
    assert complement(literal(0.3, F32)) == "0.7"
    assert complement(variable("decay", F32, 0.0, 1.0)) == "(1.0 - decay)"
