"""Reductions of a tile to a number of its block: their spellings in Warp and numpy, and how they map the range of an element."""

from __future__ import annotations

from kernels.drafting.tiles import TileDraft
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval

MERGES = {
    "compound": ("a + b + a * b", "np.multiply.reduce(1.0 + {}, axis=-1, keepdims=True) - 1.0", "compounded"),
    "logaddexp": (
        "wp.max(a, b) + wp.log(1.0 + wp.exp(-wp.abs(a - b)))",
        "np.logaddexp.reduce({}, axis=-1, keepdims=True)",
        "log_add_exp",
    ),
    "hypot": ("wp.sqrt(a * a + b * b)", "np.sqrt(np.sum({0} * {0}, axis=-1, keepdims=True))", "hypotenuse"),
    "magnitude": ("wp.max(wp.abs(a), wp.abs(b))", "np.max(np.abs({}), axis=-1, keepdims=True)", "larger_magnitude"),
}
"""Functions of a person's own for `wp.tile_reduce`: all associative and commutative over more than one element."""
_RANGES = {
    "compound": Interval(-0.999, 500.0),
    "logaddexp": Interval(-2.0, 9.0),
    "hypot": Interval(0.0, 40.0),
    "magnitude": Interval(0.0, 2.0),
}
_PRODUCT = Interval(0.0, 1.3e5)
"""The products of up to 64 elements between 0.8 and 1.2."""


def reduce(draft: TileDraft, name: str, how: str, text: str, size: int) -> Variable:
    """Names the reduction `how` of the formula `text` (two formulas, for `dot`) over a tile of `size` elements."""
    if how == "dot":
        return _dot(draft, name, text, size)
    expression = draft.read(text)
    return reduced(draft, name, how, expression, size)


def reduced(draft: TileDraft, name: str, how: str, expression: Expression, size: int) -> Variable:
    """Names the reduction `how` of `expression`."""
    draw = draft.draw
    warp, numpy = draft.operand(f"{name}_term", expression)
    bounds = expression.range
    wide = numpy if numpy.isidentifier() else f"({numpy})"
    if how in MERGES:
        body, spelled, function = MERGES[how]
        merged = draft.free(function)
        draft.function(merged, [("a", draft.real), ("b", draft.real)], [f"return {body}"], draft.real)
        ends = _RANGES[how]
        return draft.reduced(name, draft.real, ends.low, ends.high, f"wp.tile_reduce({merged}, {warp})", spelled.format(wide))
    if how in ("max", "min"):
        call = draw.choice((f"wp.tile_{how}({warp})", f"wp.tile_{how}({warp})", f"wp.tile_reduce(wp.{how}, {warp})"))
        return draft.reduced(name, expression.type, bounds.low, bounds.high, call, f"np.{how}({numpy}, axis=-1, keepdims=True)")
    if how == "product":
        return draft.reduced(
            name,
            expression.type,
            _PRODUCT.low,
            _PRODUCT.high,
            f"wp.tile_reduce(wp.mul, {warp})",
            f"np.prod({numpy}, axis=-1, keepdims=True)",
        )
    call = f"wp.tile_sum({warp})"
    if not draft.differentiable and draw.chance(0.4):
        call = f"wp.tile_reduce(wp.add, {warp})"
    if how == "mean":
        numpy = f"{draft.summed(numpy)} / {size}.0"
        share = draft.number(round(1.0 / size, 6))
        exact = draw.chance(0.7) or 1.0 / size != round(1.0 / size, 6)
        call = f"{call} / {draft.number(float(size))}" if exact else f"{call} * {share}"
        return draft.reduced(name, expression.type, bounds.low, bounds.high, call, numpy)
    return draft.reduced(name, expression.type, size * bounds.low, size * bounds.high, call, draft.summed(numpy))


def _dot(draft: TileDraft, name: str, text: str, size: int) -> Variable:
    left, right = (draft.scope[part.strip()] for part in text.split(","))
    bounds = left.range * right.range if left != right else Interval(left.range.mignitude**2, left.range.magnitude**2)
    a, b = left.warp(), right.warp()
    call = draft.draw.choice((f"wp.tile_dot({a}, {b})", f"wp.tile_sum({a} * {b})"))
    return draft.reduced(name, left.type, size * bounds.low, size * bounds.high, call, draft.summed(f"{a} * {b}"))
