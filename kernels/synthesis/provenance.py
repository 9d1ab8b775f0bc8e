"""Where values come from: what keeps a program from comparing a value with itself, or taking the direction of a vector that is zero.

Ranges alone cannot tell that two values are equal, or two vectors parallel, by construction. So each local remembers the inputs that it
was made from, and the program remembers which vectors are away from zero, of what kind values are (kernels.language.kinds), and which
constants values may equal.
"""

from __future__ import annotations

from collections.abc import Sequence

from kernels.language.expression import Apply, Custom, Expression, Literal, Variable
from kernels.language.kinds import natural_kind
from kernels.language.statement import Call

_SUMS = ("add_vec", "subtract_vec", "cross", "cw_mul", "add_spatial", "subtract_spatial")
_MULTIPLES = ("scale_vec", "vec_scale", "vec_divide", "negate_vec")


class Provenance:
    """What is known of a program's values by how they were made. `landmarks` are constants that some value may hold exactly."""

    def __init__(self) -> None:
        self.landmarks: set[float] = set()
        self._origins: dict[str, frozenset[str]] = {}
        self._vectors: dict[str, frozenset[str]] = {}
        self._solid: set[str] = set()
        self._kinds: dict[str, str] = {}

    def given(self, name: str, kind: str = "") -> None:
        """A value that was drawn: an argument, or an element of an array."""
        self._origins[name] = frozenset({name})
        self._solid.add(name)
        if kind:
            self._kinds[name] = kind

    def define(self, name: str, value: Expression) -> None:
        """A local that holds `value`."""
        self._origins[name], self._vectors[name] = self.roots(value), self.vector_roots(value)
        if value.type.rank == 1 and self.solid(value):
            self._solid.add(name)
        if kind := self.kind(value):
            self._kinds[name] = kind

    def made_of(self, name: str, values: Sequence[Expression]) -> None:
        """A local that some lines of their own make of `values`."""
        self._origins[name] = frozenset().union(*(self.roots(v) for v in values)) or frozenset({name})
        self._vectors[name] = frozenset().union(*(self.vector_roots(v) for v in values))

    def multiple(self, name: str, value: Expression) -> None:
        """A local that is a constant multiple of `value`, whatever its text is."""
        self._origins[name], self._vectors[name] = self.roots(value), self.vector_roots(value)
        if not self.solid(value):
            self._solid.discard(name)

    def extend(self, name: str, value: Expression) -> None:
        """A local that may also hold `value`, or has it added: it comes from there too, and may have vanished."""
        self._origins[name] = self._origins.get(name, frozenset()) | self.roots(value)
        self._vectors[name] = self._vectors.get(name, frozenset()) | self.vector_roots(value)
        self._kinds.pop(name, None)
        self._solid.discard(name)

    def is_drawn(self, value: Expression) -> bool:
        """Whether `value` is an input as it was drawn."""
        return isinstance(value, Variable) and self._origins.get(value.name) == frozenset({value.name})

    def note(self, expressions: Sequence[Expression]) -> None:
        """Remembers the constants in `expressions`."""
        for e in expressions:
            self.landmarks |= {abs(float(x.value)) for x in e.walk() if isinstance(x, Literal)}

    def roots(self, expression: Expression) -> frozenset[str]:
        """The drawn values that `expression` comes from, through the locals in between."""
        names: set[str] = set()
        for e in expression.walk():
            if isinstance(e, Variable):
                names |= self._origins.get(e.name, frozenset({e.name}))
            elif isinstance(e, Custom):
                names.add(e.warp_text)
        return frozenset(names)

    def vector_roots(self, expression: Expression) -> frozenset[str]:
        """The drawn vectors, matrices and the like among the roots of `expression`."""
        names: set[str] = set()
        for e in expression.walk():
            if isinstance(e, Variable):
                names |= self._vectors.get(e.name, frozenset({e.name} if e.type.rank else ()))
            elif isinstance(e, Custom) and e.type.rank:
                names.add(e.warp_text)
        return frozenset(names)

    def apart(self, a: Expression, b: Expression) -> bool:
        """Whether two values have no origin in common, so that they are not equal by construction."""
        return not self.roots(a) & self.roots(b)

    def independent(self, a: Expression, b: Expression) -> bool:
        """Whether two vectors are each made of a vector that the other is not made of, so that they are not parallel by construction."""
        from_a, from_b = self.vector_roots(a) or self.roots(a), self.vector_roots(b) or self.roots(b)
        return not _vectors(a) & _vectors(b) and not (from_a <= from_b or from_b <= from_a)

    def solid(self, vector: Expression) -> bool:
        """Whether a vector is away from zero but by accident: drawn, or made of such without a factor that may vanish."""
        if isinstance(vector, Apply):
            name, arguments = vector.operation.name, vector.arguments
            if name in ("normalize", "quat_rotate", "quat_rotate_inv", "transform_vector"):
                return name == "normalize" or self.solid(arguments[1])
            if name in _SUMS:
                return self.independent(*arguments) and all(self.solid(a) for a in arguments)
            if name in _MULTIPLES:
                return all(self.solid(a) if a.type.rank else a.range.mignitude > 0.0 for a in arguments)
            if name.startswith("make_vec"):
                return any(isinstance(a, Literal) and a.value for a in arguments)
            return name == "mat_vec" and not isinstance(arguments[0], Apply) and self.solid(arguments[1])
        # What a function returns may vanish for all that is known here.
        return vector.name in self._solid if isinstance(vector, Variable) else not isinstance(vector, Call)

    def kind(self, value: Expression) -> str:
        """Of what kind a value is by construction, as far as that is known; mostly the empty string."""
        if isinstance(value, Variable):
            return self._kinds.get(value.name, "")
        if not isinstance(value, Apply):
            return natural_kind(value.type)
        operation = value.operation
        if operation.name == "normalize":
            return "unit"
        if operation.name in ("negate_vec", "negate_quat") and self.kind(value.arguments[0]) == "unit":
            return "unit"
        if operation.name in ("quat_rotate", "quat_rotate_inv", "transform_vector") and self.kind(value.arguments[1]) == "unit":
            return "unit"
        return operation.gives

    def is_unit(self, vector: Expression) -> bool:
        """Whether a vector or quaternion has length one, or nearly so, by construction."""
        return self.kind(vector) == "unit"


def _vectors(expression: Expression) -> set[str]:
    return {e.warp() for e in expression.walk() if isinstance(e, (Variable, Custom)) and e.type.rank}
