"""Comparisons and boolean connectives. Float equality is left out: it holds by accident only."""

from __future__ import annotations

from kernels.language.interval import UNIT, Interval
from kernels.language.operation import AND, BIT_AND, BIT_OR, COMPARE, NOT, OR, UNARY, declare, infix


def _truth(*_: Interval) -> Interval:
    return UNIT


for _letter, _suffix in (("R", ""), ("I", "_int")):
    for _name, _symbol in (("less", "<"), ("less_equal", "<="), ("greater", ">"), ("greater_equal", ">=")):
        infix(
            f"{_name}{_suffix}",
            f"{_letter},{_letter} -> B",
            _symbol,
            _truth,
            COMPARE,
            smooth=False,
            jumps=_letter == "R",
            nouns=("is_inside",),
        )
for _name, _symbol in (("equal", "=="), ("not_equal", "!=")):
    infix(f"{_name}_int", "I,I -> B", _symbol, _truth, COMPARE, smooth=False, nouns=("matches",))

declare(
    "between",
    "R,R,R -> B",
    "{0} < {1} < {2}",
    "({0} < {1}) & ({1} < {2})",
    _truth,
    precedence=COMPARE,
    numpy_precedence=BIT_AND,
    smooth=False,
    jumps=True,
    nouns=("in_range",),
    weight=0.0,
)
declare("and", "B,B -> B", "{0} and {1}", "{0} & {1}", _truth, precedence=AND, numpy_precedence=BIT_AND, smooth=False, nouns=("both",))
declare(
    "or", "B,B -> B", "{0} or {1}", "{0} | {1}", _truth, precedence=OR, numpy_precedence=BIT_OR, smooth=False, nouns=("either",), weight=0.7
)
declare("not", "B -> B", "not {0}", "~{0}", _truth, precedence=NOT, numpy_precedence=UNARY, smooth=False, nouns=("outside",), weight=0.4)
for _name in ("isfinite", "isnan", "isinf"):
    for _letter, _suffix, _axes in (("R", "", ""), ("V", "_vec", -1), ("M", "_mat", (-2, -1)), ("Q", "_quat", -1)):
        _whole = "np.all" if _name == "isfinite" else "np.any"
        declare(
            f"{_name}{_suffix}",
            f"{_letter} -> B",
            f"wp.{_name}({{0}})",
            f"{_whole}(np.{_name}({{0}}), axis={_axes})" if _suffix else f"np.{_name}({{0}})",
            _truth,
            smooth=False,
            nouns=("is_valid",),
            weight=0.0,
        )
