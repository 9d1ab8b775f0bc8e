"""Whether a drawn formula says something: depends on all its inputs, repeats nothing, makes no decision that rounding could turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernels.dtypes import dtype_of
from kernels.language.expression import Apply, Custom, Expression, Literal, Variable, substitute
from kernels.language.interval import Interval
from kernels.language.kinds import domain_for

WIDEST = 78
"""A formula's text beyond this does not stand on one line."""
_ENOUGH = 50


def faults(formula: Expression, inputs: Sequence[Expression]) -> int:
    """How far `formula` over `inputs` is from what a person would write; up to 1 is good enough to keep."""
    text = formula.warp()
    total = idleness(formula) + max(0, len(text) - WIDEST)
    total += _ENOUGH * (not isinstance(formula, Apply) or "- -" in text or grazing(formula))
    if total <= 1 and not depends(formula, inputs):
        total += _ENOUGH
    return total


def idleness(expression: Expression) -> int:
    """How much of `expression` a person would not write: values that occur again, operations on constants alone."""
    leaves = [e for e in expression.walk() if isinstance(e, (Variable, Custom))]
    constant = [e for e in expression.walk() if isinstance(e, Apply) and all(isinstance(a, Literal) for a in e.arguments)]
    vectors = sum(e.operation.name == "make_vec" for e in constant)
    again = [
        e
        for e in expression.walk()
        if isinstance(e, Apply) and any(isinstance(a, Apply) and a.operation is e.operation for a in e.arguments)
    ]
    doubled = sum(e.operation.name in ("normalize", "absolute", "tanh", "transpose") for e in again)
    return len(leaves) - len(set(leaves)) + 10 * doubled + 10 * (len(constant) - vectors)


def grazing(formula: Expression) -> bool:
    """Whether a minimum or maximum compares two values of the same input, such as x and tan(x): they meet near 0."""
    for e in formula.walk():
        if isinstance(e, Apply) and e.operation.name in ("minimum", "maximum"):
            left, right = ({leaf for leaf in side.walk() if isinstance(leaf, (Variable, Custom))} for side in e.arguments)
            if left & right:
                return True
    return False


def depends(formula: Expression, inputs: Sequence[Expression]) -> bool:
    """Whether the value changes with each input: what cancels (x - 4.0 - x) or saturates altogether says nothing.

    Inputs that are constants, or formulas themselves, are not asked for.
    """
    leaves = [e for e in inputs if isinstance(e, (Variable, Custom))]
    if len(leaves) < len(inputs) or any(op.helpers for op in formula.operations()):
        return True
    rng = np.random.default_rng(1)
    names = {e: f"x{n}" for n, e in enumerate(leaves)}
    text = substitute(formula, lambda e: Variable(e.type, e.range, names[e]) if e in names else None).numpy()
    code = compile(text, "<formula>", "eval")

    def draw(e: Expression) -> NDArray[np.generic]:
        low, high = max(e.range.low, -1e6), min(e.range.high, 1e6)
        return domain_for(e.type, Interval(low, high)).draw(rng, (16,), dtype_of(e.type.name))

    points = {names[e]: draw(e) for e in leaves}
    scope = {"np": np, "f32": np.float32}
    with np.errstate(all="ignore"):
        base = np.asarray(eval(code, scope, points))
        for e in leaves:
            moved = np.asarray(eval(code, scope, {**points, names[e]: draw(e)}))
            if moved.dtype == np.bool_:
                if np.array_equal(moved, base):
                    return False
                continue
            scale = 1e-3 * float(np.max(np.abs(base))) + 1e-9
            if not float(np.max(np.abs(moved.astype(float) - base))) > scale:
                return False
    return True
