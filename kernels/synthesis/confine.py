"""Values brought into a domain the way a person would: `wp.max(x, 0.1)`, `wp.abs(x) + 0.5`, `wp.clamp(x, -2.0, 2.0)`, a unit vector."""

from __future__ import annotations

import math
from collections.abc import Callable

from kernels.draw import Draw
from kernels.language.expression import Expression, Literal, Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.kinds import limit
from kernels.language.types import Type, type_named
from kernels.synthesis.convert import shape_of

SCALED = {"vector": "scale_vec", "matrix": "scale_mat", "spatial": "scale_spatial"}
"""What scales a value of a shape by a factor before it."""


class Confiner:
    """Confines values with what `draw` and `constant` give; `direction` makes unit vectors.

    `smooth` leaves out tanh and its like; `coarse` uses nothing else, for half precision, where rounding may carry a value across a kink.
    """

    def __init__(
        self,
        draw: Draw,
        constant: Callable[[Type, float, float], Literal],
        direction: Callable[[Expression], Expression],
        *,
        smooth: bool,
        coarse: bool,
    ) -> None:
        self.draw, self.constant, self.direction, self.smooth, self.coarse = draw, constant, direction, smooth, coarse

    def confined(self, expression: Expression, domain: Interval) -> Expression:
        """`expression`, or a form of it whose range lies in `domain` and in what programs keep to for its type.

        Raises ValueError for a type that has no such form.
        """
        room = limit(expression.type)
        domain = Interval(max(domain.low, min(room.low, domain.high)), min(domain.high, max(room.high, domain.low)))
        if expression.range.within(domain):
            return expression
        if expression.type.rank > 0:
            return self._shrunk(expression, domain)
        if expression.type.is_integer:
            return self._integer(expression, domain)
        return self._gently(expression, domain) if self.coarse else self._real(expression, domain)

    def _gently(self, x: Expression, domain: Interval) -> Expression:
        """A real brought into a domain without a kink: a multiple of tanh(x), or of exp(tanh(x))."""
        low, high = max(domain.low, -4.0), min(domain.high, max(4.0, domain.low + 1.0))
        middle, half = _neat(0.5 * (low + high), up=True), _neat(0.45 * (high - low), up=False)
        within = x if x.range.magnitude <= 30.0 else apply("multiply", literal(_neat(30.0 / x.range.magnitude, up=False), x.type), x)
        swing = apply("multiply", literal(half, x.type), apply("tanh", within))
        return apply("add", swing, literal(middle, x.type)) if middle else swing

    def _real(self, x: Expression, domain: Interval) -> Expression:
        type = x.type
        one_sided = domain.low > 0.0 and domain.high >= 20.0
        if one_sided:
            floor = max(domain.low, 0.1)
            ways = [apply("add", apply("absolute", x), self.constant(type, floor, floor + 1.9))]
            if x.range.high > floor + 0.5:
                ways.append(apply("maximum", x, self.constant(type, floor, floor + 0.4 * min(1.0, x.range.high - floor))))
            if isinstance(x, Variable) and x.range.magnitude <= 30.0:
                ways.append(apply("add", apply("square", x), self.constant(type, floor, floor + 0.9)))
            chosen = self.draw.choice(ways)
            if chosen.range.within(domain):
                return chosen
        low = max(domain.low, min(-50.0, domain.high))
        high = min(domain.high, max(50.0, domain.low))
        if low <= -1.0 and high >= 1.0 and not self.smooth and self.draw.chance(0.15):
            return apply("tanh", apply("clamp", x, literal(-20.0, type), literal(20.0, type)) if x.range.magnitude > 30 else x)
        if low <= -1.0 and high >= 1.0 and x.range.magnitude <= 20.0 and self.draw.chance(0.25):
            return apply(self.draw.choice(("sin", "cos")), x)
        return apply("clamp", x, literal(_neat(low, up=True), type), literal(_neat(high, up=False), type))

    def _integer(self, x: Expression, domain: Interval) -> Expression:
        if domain.low >= 0 and x.range.low < 0 and not x.type.scalar.startswith("u"):
            x = apply("absolute_int", x)
        if x.range.high > domain.high:
            x = apply("minimum_int", x, literal(int(min(domain.high, 64)), x.type))
        if x.range.low < domain.low:
            x = apply("maximum_int", x, literal(int(max(domain.low, -64)), x.type))
        return x

    def _shrunk(self, x: Expression, domain: Interval) -> Expression:
        """A composite brought into `domain`: scaled down, or for a one-sided domain replaced by a safe constant vector."""
        shape, real = shape_of(x.type), type_named(x.type.scalar) if x.type.is_float else None
        if real is None or shape not in SCALED:
            raise ValueError(f"no way to confine a {x.type.name} with range {x.range} to {domain}")
        if domain.low > 0.0:
            if shape != "vector" or x.type.inner[0] > 4:
                raise ValueError(f"no way to confine a {x.type.name} with range {x.range} to {domain}")
            parts = [self.constant(real, max(domain.low, 0.5), 3.0) for _ in range(x.type.inner[0])]
            return apply({2: "make_vec2", 3: "make_vec", 4: "make_vec4"}[len(parts)], *parts)
        # In half precision the square of a long vector overflows.
        if shape == "vector" and not (self.coarse and x.range.magnitude > 60.0):
            return self.direction(x)
        factor = float(f"{min(-domain.low, domain.high) / x.range.magnitude:.0e}") / 2
        if x.type.scalar == "float16" and factor < 1e-3:
            raise ValueError(f"no way to confine a {x.type.name} with range {x.range} to {domain}")
        return apply(SCALED[shape], literal(factor, real), x)


def _neat(value: float, *, up: bool) -> float:
    """`value` moved slightly inward to a number with two decimals, or two digits if it is small: zero for zero alone."""
    if value == int(value):
        return value
    scale = 10.0 ** max(2, 1 - math.floor(math.log10(abs(value))))
    return (math.ceil if up else math.floor)(value * scale) / scale
