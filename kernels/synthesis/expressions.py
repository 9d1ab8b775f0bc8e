"""Expressions drawn at random over given variables: typed, safe by their ranges, and using what they are told to use.

The one rule that keeps them safe: an argument whose range leaves an operation's domain is confined first (kernels.synthesis.confine).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kernels.draw import Draw
from kernels.language.expression import Apply, Expression, Literal, Variable, apply, literal
from kernels.language.interval import SIGNED_UNIT, Interval
from kernels.language.kinds import natural_kind, representable
from kernels.language.operation import ATOM, Operation
from kernels.language.types import BOOL, I32, Palette, Type, real, type_named
from kernels.synthesis.candidates import Candidate, candidates
from kernels.synthesis.confine import Confiner
from kernels.synthesis.convert import Converter, shape_of
from kernels.synthesis.policy import Policy, draw_constant, draw_policy
from kernels.synthesis.provenance import Provenance

LIMIT = Interval(-1e5, 1e5)
"""Values beyond this are confined: products of a few such values still fit a float32 with room to spare."""

SUMS = {
    "real": ("add", "subtract"),
    "integer": ("add_int",),
    "vector": ("add_vec", "subtract_vec"),
    "int_vector": ("add_int_vec",),
    "matrix": ("add_mat", "subtract_mat"),
    "quat": ("quat_multiply",),
    "transform": ("transform_multiply",),
    "spatial": ("add_spatial", "subtract_spatial"),
}
"""What joins two values of a shape."""


class Expressions:
    """Draws expressions for one program, under one policy.

    `smooth_only` leaves out operations that jump (floor, sign, comparisons of reals), for kernels whose algorithm makes the decisions;
    `coarse` also those with kinks, for half precision, where rounding alone may carry a value across one.
    """

    def __init__(self, draw: Draw, policy: Policy | None = None, *, smooth_only: bool = False, coarse: bool = False) -> None:
        self.draw = draw
        self.coarse = coarse
        self.policy = policy or draw_policy(draw)
        self.smooth_only = smooth_only
        self.provenance = Provenance()
        self._known_candidates: dict[tuple[Type, frozenset[Type]], tuple[list[Candidate], list[float]]] = {}
        self._confiner = Confiner(draw, self.constant, self.direction, smooth=smooth_only, coarse=coarse)
        self._converter = Converter(draw, self.constant)

    def direction(self, vector: Expression) -> Expression:
        """The unit vector along `vector`; one that may vanish is divided by a length that cannot."""
        if self.provenance.solid(vector):
            return apply("normalize", vector)
        length = apply("add", apply("length", vector), self.constant(real(vector.type.scalar), 0.05, 0.5))
        return replace(apply("vec_divide", vector, length), range=SIGNED_UNIT)

    def fused(self, type: Type, variables: Sequence[Expression], depth: int | None = None) -> Expression:
        """An expression of `type` that uses every one of `variables` at least once, or where that cannot be confined, one of them.

        Each variable may be of any type that leads to `type` (a vector into a scalar by a norm or a product, and so on).
        """
        depth = self.policy.depth if depth is None else depth
        scope = list(variables)
        result = self.tree(type, scope, depth)
        for leftover in variables:
            if not _occurs(leftover, result):
                scales = shape_of(type) in ("vector", "spatial", "quat") and shape_of(leftover.type) == "real"
                part = self.tree(real(type.scalar) if scales else type, [leftover], max(1, depth - 1))
                result = self._join(type, result, part)
        try:
            return self.confined(result, LIMIT)
        except ValueError:
            return self.leaf(type, scope)

    def tree(self, type: Type, scope: Sequence[Expression], depth: int) -> Expression:
        """An expression of `type` over `scope` at most about `depth` operations deep. Uses at least one of the scope's values."""
        if depth <= 0:
            return self.leaf(type, scope)
        for _ in range(8):
            candidate = self._candidate(type, scope)
            if candidate is None:
                return self.leaf(type, scope)
            built = self._applied(candidate, scope, depth)
            if built is not None:
                return built
        return self.leaf(type, scope)

    def leaf(self, type: Type, scope: Sequence[Expression]) -> Expression:
        """A value of `type` made from the scope with as little as possible."""
        direct = [e for e in scope if e.type == type]
        if direct:
            return self.draw.choice(direct)
        return self.convert(self.draw.choice(list(scope)), type)

    def convert(self, source: Expression, type: Type) -> Expression:
        """`source` turned into `type` with as little as possible. Raises TypeError if there is no way."""
        return self._converter.convert(source, type)

    def condition(self, scope: Sequence[Expression]) -> Expression:
        """A comparison that can go either way for the values in `scope`: its threshold lies inside the compared value's range.

        No value is compared with one that it may equal by construction: itself in disguise, or a constant that it may have been set to.
        """
        numbers = [e for e in scope if shape_of(e.type) in ("real", "integer")]
        vectors = [e for e in scope if shape_of(e.type) == "vector"]
        if vectors and (not numbers or self.draw.chance(0.3)):
            vector = self.draw.choice(vectors)
            unit = self.provenance.is_unit(vector)
            numbers = [apply(f"component_{self.draw.integer(0, min(2, vector.type.inner[0] - 1))}" if unit else "length", vector)]
        if not numbers:
            others = [e for e in scope if e.type is not BOOL]
            numbers = [self.convert(e, type_named("int32" if e.type.has_integers else e.type.scalar)) for e in others]
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
        """`expression`, or a form of it whose range lies in `domain` and in what programs keep to for its type.

        Raises ValueError for a type that has no such form.
        """
        return self._confiner.confined(expression, domain)

    def constant(self, type: Type, low: float, high: float) -> Literal:
        """A constant in [low, high]."""
        return draw_constant(self.draw, self.policy, type, low, high)

    def _candidate(self, type: Type, scope: Sequence[Expression]) -> Candidate | None:
        # Nothing is invented: an operation's arguments must be of types that are there. Truths are comparisons of whatever is.
        choices, weights = self._candidates(type, frozenset(e.type for e in scope))
        return self.draw.weighted(choices, weights) if choices else None

    def _candidates(self, type: Type, there: frozenset[Type]) -> tuple[list[Candidate], list[float]]:
        """The operations with a result of `type` that the policy allows on arguments of the types `there`, with their weights."""
        if (type, there) not in self._known_candidates:
            weighted = [
                ((operation, types, palette), weight)
                for operation, types, palette in candidates(type, there)
                if (weight := self.policy.weights[operation.name]) > 0.0
                and not (self.smooth_only and (operation.jumps or "B" in operation.parameters))
                and (operation.smooth or not self.coarse)
            ]
            self._known_candidates[type, there] = [c for c, _ in weighted], [w for _, w in weighted]
        return self._known_candidates[type, there]

    def _applied(self, candidate: Candidate, scope: Sequence[Expression], depth: int) -> Expression | None:
        operation, types, palette = candidate
        arguments: list[Expression] = []
        varies = False
        try:
            for position, wanted in enumerate(types):
                domain = operation.domain_of(position)
                last = position == len(types) - 1
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
                argument = self.of_kind(self.confined(argument, domain), operation.kind_of(position))
                arguments.append(argument)
        except ValueError:
            return None
        return self.finished(operation, arguments, palette)

    def of_kind(self, value: Expression, kind: str) -> Expression:
        """`value`, or a form of it that is of `kind`. Raises ValueError if there is none."""
        if not kind or self.provenance.kind(value) == kind:
            return value
        if kind == "unit" and shape_of(value.type) == "vector":
            return self.direction(value)
        raise ValueError(f"no form of a {value.type.name} is {kind}")

    def finished(self, operation: Operation, arguments: list[Expression], palette: Palette, *, idle: bool = False) -> Expression | None:
        """The operation on `arguments`, or None where it would leave its type's range, or say nothing unless it may be `idle`."""
        if operation.name == "square" and not isinstance(arguments[0], Variable):
            return None
        if operation.name in ("clamp", "clamp_int"):
            arguments[1:] = self._bounds(arguments[0])
        if operation.name in ("minimum", "maximum") and isinstance(arguments[1], Literal):
            arguments[1] = self._threshold(arguments[0])
        if (not idle and _idle(operation, arguments)) or self._degenerate(operation, arguments):
            return None
        if operation.name == "normalize":
            return self.direction(arguments[0])
        made = apply(operation.name, *arguments, palette=palette)
        if not made.range.within(representable(made.type)):
            return None
        if operation.gives in ("unit", "rotation"):
            made = replace(made, range=SIGNED_UNIT)
        try:
            return self.confined(made, LIMIT)
        except ValueError:
            return None

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
            return draw_constant(self.draw, self.policy, type, max(low, 1.0), max(min(domain.high, 16.0), 2.0))
        if operation.name in ("add", "subtract", "multiply", "divide", "scale_vec", "vec_scale", "vec_divide", "scale_mat", "pow"):
            low = max(low, 0.1)
        return draw_constant(self.draw, self.policy, type, low, high)

    def _join(self, type: Type, left: Expression, right: Expression) -> Expression:
        if type is BOOL:
            return apply("and", left, right)
        shape = shape_of(type)
        if shape in ("vector", "spatial", "quat") and right.type.rank == 0:
            return apply({"vector": "vec_scale", "spatial": "spatial_scale", "quat": "quat_scale"}[shape], left, right)
        if shape == "real" and self.draw.chance(0.4) and (left.range * right.range).within(LIMIT):
            return apply("multiply", left, right)
        if (kind := natural_kind(type)) and not kind == self.provenance.kind(left) == self.provenance.kind(right):
            return apply(f"add_{shape}", left, right)
        return apply(self.draw.choice(SUMS[shape]), left, right)


def _idle(operation: Operation, arguments: Sequence[Expression]) -> bool:
    """Whether the operation changes nothing: the absolute value of what is positive, a minimum that one side always wins."""
    first = arguments[0].range
    if operation.name in ("absolute", "absolute_int", "absolute_vec", "absolute_int_vec", "sign", "sign_int", "step", "step_int"):
        return first.mignitude > 0.0 or first.low == 0.0
    if operation.name in ("add", "subtract", "add_vec", "subtract_vec"):
        if isinstance(arguments[1], Apply) and arguments[1].operation.name.startswith("negate"):
            return True
        return (
            isinstance(arguments[0], Apply)
            and arguments[0].operation.name.startswith("negate")
            and arguments[0].arguments[0] == arguments[1]
        )
    if operation.name.startswith("where"):
        return arguments[1] == arguments[2]
    if operation.name.startswith("lerp"):
        return arguments[0] == arguments[1] or arguments[2] in arguments[:2]
    if operation.name in ("multiply", "divide", "scale_vec", "vec_scale", "vec_divide", "scale_mat"):
        return any(isinstance(a, Literal) and a.value == 1 for a in arguments)
    if operation.name in ("minimum", "maximum", "minimum_int", "maximum_int", "minimum_vec", "maximum_vec"):
        second = arguments[1].range
        if _occurs(arguments[1], arguments[0]) or _occurs(arguments[0], arguments[1]):
            return True
        return second.high <= first.low or first.high <= second.low
    return False


def _overlap(a: Interval, b: Interval) -> bool:
    return a.low < b.high and b.low < a.high


def _occurs(needle: Expression, tree: Expression) -> bool:
    return any(e == needle for e in tree.walk())
