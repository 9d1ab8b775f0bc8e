"""Small rewrites of a formula's text: names replaced, constants worked out (`0.8` where a literal in a formula comes to `1.0 - 0.2`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kernels.language.expression import Expression, Literal

_NUMBER = r"(\d+\.\d+)"
_GROUP = re.compile(rf"\({_NUMBER} ([-+*]) {_NUMBER}\)")
_ARGUMENT = re.compile(rf"(?<=[(,] ){_NUMBER} ([-+*]) {_NUMBER}(?=[,)])|(?<=\(){_NUMBER} ([-+*]) {_NUMBER}(?=,)")


def renamed(formula: str, names: Mapping[str, str]) -> str:
    """`formula` with its plain names (no attributes, no functions that are called) replaced by those that `names` gives."""
    return re.sub(r"(?<![\w.])([a-zA-Z_]\w*)(?![\w(])", lambda m: names.get(m[1], m[1]), formula)


def complement(value: Expression) -> str:
    """The formula of one less `value`."""
    return str(round(1.0 - value.value, 12)) if isinstance(value, Literal) else f"(1.0 - {value.numpy()})"


def worked_out(formula: str) -> str:
    """`formula` with sums and products of two constants, in parentheses or as an argument, replaced by their value."""
    previous = ""
    while previous != formula:
        previous = formula
        formula = _ARGUMENT.sub(_value, _GROUP.sub(_value, formula))
    return formula


def _value(match: re.Match[str]) -> str:
    left, sign, right = (part for part in match.groups() if part is not None)
    a, b = float(left), float(right)
    return repr(round(a + b if sign == "+" else a - b if sign == "-" else a * b, 12))
