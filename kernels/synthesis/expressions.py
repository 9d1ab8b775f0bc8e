"""Expressions drawn at random over given variables: typed, safe by their ranges, and using what they are told to use.

The one rule that keeps them safe: an argument whose range leaves an operation's domain is confined first, the way a person would do it
(`wp.max(x, 0.1)`, `wp.abs(x) + 0.5`, `wp.clamp(x, -2.0, 2.0)`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from kernels.draw import Draw
from kernels.language.expression import Apply, Expression, Literal, Variable, apply, literal
from kernels.language.interval import SIGNED_UNIT, Interval
from kernels.language.operation import ATOM, OPERATIONS, Operation
from kernels.language.types import BOOL, F32, I32, Type, instantiate, letter_of, real, vector
from kernels.synthesis.policy import Policy, draw_constant, draw_policy
from kernels.synthesis.provenance import Provenance

LIMIT = Interval(-1e5, 1e5)
"""Values beyond this are confined: products of a few such values still fit a float32 with room to spare."""


_BY_RESULT: dict[str, list[Operation]] = {letter: [o for o in OPERATIONS.values() if o.result == letter] for letter in "RVMIB"}


class Expressions:
    """Draws expressions for one program, under one policy.

    `smooth_only` leaves out operations that jump (floor, sign, comparisons of reals), for kernels whose algorithm makes the decisions.
    """

    def __init__(self, draw: Draw, policy: Policy | None = None, *, smooth_only: bool = False) -> None:
        self.draw = draw
        self.policy = policy or draw_policy(draw)
        self.smooth_only = smooth_only
        self.provenance = Provenance()
        self._known_candidates: dict[tuple[str, frozenset[str]], tuple[list[Operation], list[float]]] = {}

    def direction(self, vector: Expression) -> Expression:
        """The unit vector along `vector`; one that may vanish is divided by a length that cannot."""
        if self.provenance.solid(vector):
            return apply("normalize", vector)
        length = apply("add", apply("length", vector), self.constant(real(vector.type.scalar), 0.05, 0.5))
        return replace(apply("vec_divide", vector, length), range=SIGNED_UNIT)

    def fused(self, type: Type, variables: Sequence[Expression], depth: int | None = None) -> Expression:
        """An expression of `type` that uses every one of `variables` at least once.

        Each variable may be of any type that leads to `type` (a vector into a scalar by a norm or a product, and so on).
        """
        depth = self.policy.depth if depth is None else depth
        scope = list(variables)
        result = self.tree(type, scope, depth)
        for leftover in variables:
            if not _occurs(leftover, result):
                scales = type.rank == 1 and leftover.type.is_float and leftover.type.rank == 0
                part = self.tree(real(type.scalar) if scales else type, [leftover], max(1, depth - 1))
                result = self._join(type, result, part)
        return self.confined(result, LIMIT)

    def tree(self, type: Type, scope: Sequence[Expression], depth: int) -> Expression:
        """An expression of `type` over `scope` at most about `depth` operations deep. Uses at least one of the scope's values."""
        if depth <= 0:
            return self.leaf(type, scope)
        for _ in range(8):
            operation = self._operation(type, scope)
            if operation is None:
                return self.leaf(type, scope)
            built = self._applied(operation, type, scope, depth)
            if built is not None:
                return built
        return self.leaf(type, scope)

    def leaf(self, type: Type, scope: Sequence[Expression]) -> Expression:
        """A value of `type` made from the scope with as little as possible."""
        direct = [e for e in scope if e.type == type]
        if direct:
            return self.draw.choice(direct)
        source = self.draw.choice(list(scope))
        return convert(self, source, type)

    def condition(self, scope: Sequence[Expression]) -> Expression:
        """A comparison that can go either way for the values in `scope`: its threshold lies inside the compared value's range.

        No value is compared with one that it may equal by construction: itself in disguise, or a constant that it may have been set to.
        """
        numbers = [e for e in scope if e.type.rank == 0 and (e.type.is_float or e.type.is_integer)]
        vectors = [e for e in scope if e.type.rank == 1]
        if vectors and (not numbers or self.draw.chance(0.3)):
            vector = self.draw.choice(vectors)
            numbers = [apply(f"component_{self.draw.integer(0, 2)}" if self.provenance.is_unit(vector) else "length", vector)]
        if not numbers:
            numbers = [apply("trace", e) for e in scope if e.type.rank == 2]
        if not numbers:
            truths = [e for e in scope if e.type is BOOL]
            return self.draw.choice(truths) if truths else apply("not_equal_int", literal(1, I32), literal(0, I32))
        left = self.draw.choice(numbers)
        others = [
            e for e in numbers if e.type == left.type and e != left and _overlap(e.range, left.range) and self.provenance.apart(e, left)
        ]
        suffix = "_int" if left.type.is_integer else ""
        name = self.draw.choice(["less", "greater", "greater_equal", "less_equal"] + (["equal"] if suffix else [])) + suffix
        if others and self.draw.chance(0.35):
            return apply(name, left, self.draw.choice(others))
        return apply(name, left, self._threshold(left))

    def _threshold(self, value: Expression) -> Literal:
        """A constant inside the middle half of the value's range that the value does not equal by construction."""
        low, span = value.range.low, value.range.high - value.range.low
        for _ in range(12):
            constant = draw_constant(self.draw, self.policy, value.type, low + 0.25 * span, low + 0.75 * span)
            if value.type.is_integer or abs(constant.value) not in self.provenance.landmarks:
                return constant
        return literal(round(low + self.draw.real(0.3, 0.7, 4) * span, 5), value.type)

    def confined(self, expression: Expression, domain: Interval) -> Expression:
        """`expression`, or a form of it whose range lies in `domain`."""
        if expression.range.within(domain):
            return expression
        if expression.type.rank > 0:
            return self._shrunk(expression, domain)
        if expression.type.is_integer:
            return self._confined_integer(expression, domain)
        return self._confined_real(expression, domain)

    def constant(self, type: Type, low: float, high: float) -> Literal:
        """A constant in [low, high]."""
        return draw_constant(self.draw, self.policy, type, low, high)

    def _operation(self, type: Type, scope: Sequence[Expression]) -> Operation | None:
        letter = letter_of(type)
        width = type.scalar if type.is_float else _width(scope)
        # Nothing is invented: an operation's arguments must be of types that are there. Truths are comparisons of whatever is.
        there = {letter_of(e.type) for e in scope if e.type.scalar == width or not e.type.is_float} | {"B"}
        candidates, weights = self._candidates(letter, frozenset(there))
        return self.draw.weighted(candidates, weights) if candidates else None

    def _candidates(self, letter: str, there: frozenset[str]) -> tuple[list[Operation], list[float]]:
        """The operations with a result of type `letter` that the policy allows on arguments of the types `there`, with their weights."""
        if (letter, there) not in self._known_candidates:
            weighted = [
                (operation, weight)
                for operation in _BY_RESULT[letter]
                if (weight := self.policy.weights[operation.name]) > 0.0
                and there.issuperset(operation.parameters)
                and not (self.smooth_only and (operation.jumps or "B" in operation.parameters))
            ]
            self._known_candidates[letter, there] = [o for o, _ in weighted], [w for _, w in weighted]
        return self._known_candidates[letter, there]

    def _applied(self, operation: Operation, type: Type, scope: Sequence[Expression], depth: int) -> Expression | None:
        width = type.scalar if type.is_float else _width(scope)
        integer = type if type.is_integer else _integer(scope)
        arguments: list[Expression] = []
        varies = False
        for position, letter in enumerate(operation.parameters):
            wanted = instantiate(letter, width, integer)
            domain = operation.domain_of(position)
            last = position == len(operation.parameters) - 1
            if wanted is BOOL:
                argument = self.condition(scope)
                varies = True
            elif varies and wanted.rank == 0 and self.draw.chance(self.policy.constant_share + (0.4 if position > 1 else 0.0)):
                argument = self._operand_constant(operation, wanted, domain)
            else:
                argument = self.tree(wanted, scope, self._depth_below(operation, position, depth))
                varies = varies or not isinstance(argument, Literal)
            if last and len(arguments) == 1 and arguments[0] == argument and operation.name != "dot":
                # Both operands the same (x - x, min(x, x)) means nothing: use a constant or give up on this operation.
                if wanted.rank:
                    return None
                argument = self._operand_constant(operation, wanted, domain)
            argument = self.confined(argument, domain)
            arguments.append(argument)
        if operation.name == "square" and not isinstance(arguments[0], Variable):
            return None
        if operation.name == "clamp":
            arguments[1:] = self._bounds(arguments[0])
        if operation.name in ("minimum", "maximum") and isinstance(arguments[1], Literal):
            arguments[1] = self._threshold(arguments[0])
        if _idle(operation, arguments) or self._degenerate(operation, arguments):
            return None
        if operation.name == "normalize":
            return self.direction(arguments[0])
        return self.confined(apply(operation.name, *arguments, width=width), LIMIT)

    def _degenerate(self, operation: Operation, arguments: Sequence[Expression]) -> bool:
        """Whether the result is zero or one by construction: a cross product of parallels, the length of a unit vector."""
        if operation.name == "cross":
            return not self.provenance.independent(*arguments)
        measures = operation.name in ("length", "length_sq") or (operation.name == "dot" and arguments[0] == arguments[1])
        return measures and self.provenance.is_unit(arguments[0])

    def _depth_below(self, operation: Operation, position: int, depth: int) -> int:
        """How deep an argument may go: functions of functions are rare, and mostly one side of an operator is simple."""
        if operation.precedence == ATOM and len(operation.parameters) == 1 and self.draw.chance(0.75):
            return 0
        return depth - 1 if position == 0 or self.draw.chance(0.5) else 0

    def _bounds(self, value: Expression) -> list[Expression]:
        """Two constants, low below high, that cut off the ends of the value's range."""
        low, span = value.range.low, max(value.range.high - value.range.low, 0.5)
        lower = draw_constant(self.draw, self.policy, value.type, low + 0.1 * span, low + 0.4 * span)
        return [lower, draw_constant(self.draw, self.policy, value.type, low + 0.6 * span, low + 0.9 * span)]

    def _operand_constant(self, operation: Operation, type: Type, domain: Interval) -> Literal:
        low, high = max(domain.low, -3.0), min(domain.high, 4.0)
        if type.is_integer:
            return draw_constant(self.draw, self.policy, type, max(low, 1.0), max(domain.high if domain.high < 16 else 16, 2.0))
        if operation.name in ("add", "subtract", "multiply", "divide", "scale_vec", "vec_scale", "vec_divide", "scale_mat", "pow"):
            low = max(low, 0.1)
        return draw_constant(self.draw, self.policy, type, low, high)

    def _join(self, type: Type, left: Expression, right: Expression) -> Expression:
        if type is BOOL:
            return apply("and", left, right)
        if type.is_integer:
            return apply("add_int", left, right)
        if type.rank == 1 and right.type.rank == 0:
            return apply("vec_scale", left, right)
        suffix = ("", "_vec", "_mat")[type.rank]
        name = self.draw.choice(("add", "subtract")) + suffix
        if type.rank == 0 and self.draw.chance(0.4) and (left.range * right.range).within(LIMIT):
            name = "multiply"
        return apply(name, left, right)

    def _confined_real(self, x: Expression, domain: Interval) -> Expression:
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
        if low <= -1.0 and high >= 1.0 and not self.smooth_only and self.draw.chance(0.15):
            return apply("tanh", apply("clamp", x, literal(-20.0, type), literal(20.0, type)) if x.range.magnitude > 30 else x)
        if low <= -1.0 and high >= 1.0 and x.range.magnitude <= 20.0 and self.draw.chance(0.25):
            return apply(self.draw.choice(("sin", "cos")), x)
        return apply("clamp", x, literal(_neat(low, up=True), type), literal(_neat(high, up=False), type))

    def _confined_integer(self, x: Expression, domain: Interval) -> Expression:
        if domain.low >= 0 and x.range.low < 0:
            x = apply("absolute_int", x)
        if not x.range.within(domain):
            high = int(min(domain.high, 64))
            x = apply("minimum_int", x, literal(high, x.type))
        if not x.range.within(domain):
            x = apply("maximum_int", x, literal(int(max(domain.low, -64)), x.type))
        return x

    def _shrunk(self, x: Expression, domain: Interval) -> Expression:
        """A vector or matrix brought into `domain`: scaled down, or for a one-sided domain replaced by a safe constant vector."""
        width = x.type.scalar
        if domain.low > 0.0:
            parts = [self.constant(real(width), max(domain.low, 0.5), 3.0) for _ in range(3)]
            return apply("make_vec", *parts)
        if x.type.rank == 1:
            return self.direction(x)
        return apply("scale_mat", literal(float(f"{min(-domain.low, domain.high) / x.range.magnitude:.0e}") / 2, real(width)), x)


def convert(expressions: Expressions, source: Expression, type: Type) -> Expression:
    """`source` turned into `type`: a norm or component of a vector, a vector along an axis, a cast. Raises TypeError if there is no way."""
    draw = expressions.draw
    if source.type == type:
        return source
    if source.type.rank == 0 and source.type.is_integer and type.is_float:
        return convert(expressions, apply("to_real", source, width=type.scalar), type)
    if source.type is BOOL and type.is_float:
        scalar = real(type.scalar)
        return convert(
            expressions, apply("where", source, expressions.constant(scalar, 0.5, 2.0), expressions.constant(scalar, -1.0, 0.4)), type
        )
    if source.type.is_float and type.is_float and source.type.scalar == type.scalar:
        if type.rank == 0 and source.type.rank == 1:
            return apply(draw.choice(("length", "length_sq", "component_0", "component_1", "component_2")), source)
        if type.rank == 0 and source.type.rank == 2:
            return apply("trace", source)
        if type.rank == 1 and source.type.rank == 0:
            parts: list[Expression] = [expressions.constant(source.type, -1.0, 1.0) for _ in range(3)]
            parts[draw.integer(0, 2)] = source
            return apply("make_vec", *parts)
        if type.rank == 1 and source.type.rank == 2:
            parts = [expressions.constant(real(type.scalar), -1.0, 1.0) for _ in range(3)]
            return apply("mat_vec", source, apply("make_vec", *parts))
        if type.rank == 2:
            return apply("outer", convert(expressions, source, vector(type.scalar)), convert(expressions, source, vector(type.scalar)))
    raise TypeError(f"no conversion from {source.type.name} to {type.name}")


def _idle(operation: Operation, arguments: Sequence[Expression]) -> bool:
    """Whether the operation changes nothing: the absolute value of what is positive, a minimum that one side always wins."""
    first = arguments[0].range
    if operation.name in ("absolute", "absolute_int", "sign", "step"):
        return first.mignitude > 0.0 or first.low == 0.0
    if operation.name in ("add", "subtract", "add_vec", "subtract_vec"):
        if isinstance(arguments[1], Apply) and arguments[1].operation.name.startswith("negate"):
            return True
        return (
            isinstance(arguments[0], Apply)
            and arguments[0].operation.name.startswith("negate")
            and arguments[0].arguments[0] == arguments[1]
        )
    if operation.name in ("where", "where_int"):
        return arguments[1] == arguments[2]
    if operation.name == "lerp":
        return arguments[0] == arguments[1] or arguments[2] in arguments[:2]
    if operation.name in ("multiply", "divide", "scale_vec", "vec_scale", "vec_divide", "scale_mat"):
        return any(isinstance(a, Literal) and a.value == 1 for a in arguments)
    if operation.name in ("minimum", "maximum", "minimum_int", "maximum_int"):
        second = arguments[1].range
        if _occurs(arguments[1], arguments[0]) or _occurs(arguments[0], arguments[1]):
            return True
        return second.high <= first.low or first.high <= second.low
    return False


def _overlap(a: Interval, b: Interval) -> bool:
    return a.low < b.high and b.low < a.high


def _occurs(needle: Expression, tree: Expression) -> bool:
    return any(e == needle for e in tree.walk())


def _integer(scope: Sequence[Expression]) -> Type:
    return next((e.type for e in scope if e.type.is_integer), instantiate("I", "float32"))


def _width(scope: Sequence[Expression]) -> str:
    return next((e.type.scalar for e in scope if e.type.is_float), F32.scalar)


def _neat(value: float, *, up: bool) -> float:
    """`value` moved slightly inward to a number with two decimals at most."""
    if value == int(value):
        return value
    return (math.ceil if up else math.floor)(value * 100.0) / 100.0
