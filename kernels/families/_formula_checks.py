"""Whether a drawn formula says something: that it depends on all its inputs, and makes no decision that rounding could turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernels.language.expression import Apply, Custom, Expression, Variable, substitute


def grazing(formula: Expression) -> bool:
    """Whether a minimum or maximum compares two values of the same input, such as x and tan(x): they meet near 0."""
    for e in formula.walk():
        if isinstance(e, Apply) and e.operation.name in ("minimum", "maximum"):
            left, right = ({leaf for leaf in side.walk() if isinstance(leaf, (Variable, Custom))} for side in e.arguments)
            if left & right:
                return True
    return False


def depends(formula: Expression, inputs: Sequence[Expression]) -> bool:
    """Whether the value changes with each input: what cancels (x - 4.0 - x) or saturates altogether says nothing."""
    if any(op.helpers for op in formula.operations()):
        return True
    rng = np.random.default_rng(1)
    names = {e: f"x{n}" for n, e in enumerate(inputs)}
    text = substitute(formula, lambda e: Variable(e.type, e.range, names[e]) if e in names else None).numpy()
    code = compile(text, "<formula>", "eval")

    def draw(e: Expression) -> NDArray[np.generic]:
        high = min(e.range.high, 1e6)
        if e.type.is_integer:
            return rng.integers(int(e.range.low), int(high) + 1, 16)
        return rng.uniform(e.range.low, high, (16,) + (3,) * e.type.rank)

    points = {names[e]: draw(e) for e in inputs}
    scope = {"np": np, "f32": np.float32}
    with np.errstate(all="ignore"):
        base = np.asarray(eval(code, scope, points))
        scale = 1e-3 * float(np.max(np.abs(base))) + 1e-9
        for e in inputs:
            moved = np.asarray(eval(code, scope, {**points, names[e]: draw(e)}))
            if not float(np.max(np.abs(moved - base))) > scale:
                return False
    return True
