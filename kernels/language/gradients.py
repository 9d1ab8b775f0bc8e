"""Where Warp's adjoint of a program cannot be trusted, read off the program itself.

The backward kernel does not run dynamic and while loops again before it goes backwards: after such a loop, every value that the loop
changed is still what it was before it. A later use that is linear in such a stale value (a sum, a constant factor, a store) has the right
adjoint; any other (a product with a differentiable value, a function, a comparison, an index) has not. Static loops of up to `MAX_UNROLL`
rounds without break or continue are unrolled and have no such limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from kernels.language.expression import Apply, Expression, Literal, Variable
from kernels.language.statement import (
    Assign,
    Atomic,
    Augment,
    Break,
    Continue,
    For,
    If,
    Load,
    Statement,
    Store,
    Unpack,
    While,
    nested_expressions,
    nested_statements,
)

MAX_UNROLL = 16

_SUMS = frozenset({"add", "subtract", "add_vec", "subtract_vec", "add_mat", "subtract_mat", "negate", "negate_vec"})
_PRODUCTS = frozenset({"multiply", "scale_vec", "vec_scale", "scale_mat"})
_COMPONENTS = frozenset({"component_0", "component_1", "component_2", "to_real", "make_vec"})


def loop_limitations(statements: Sequence[Statement], constants: AbstractSet[str]) -> set[str]:
    """The ledger's names that apply to a kernel or function body. `constants` are the arguments by value, which have no gradient."""
    return _Taint(constants).block(statements)


def is_unrolled(loop: For) -> bool:
    """Whether Warp unrolls this loop."""
    if not (isinstance(loop.start, Literal) and isinstance(loop.stop, Literal)):
        return False
    jumps = any(isinstance(s, (Break, Continue)) for s in nested_statements(loop.body))
    return loop.stop.value - loop.start.value <= MAX_UNROLL and not jumps


class _Taint:
    """Follows stale values through a body: `stale` maps a variable to the limitation that its staleness comes from."""

    def __init__(self, constants: AbstractSet[str]) -> None:
        self.constants = constants
        self.stale: dict[str, str] = {}

    def block(self, statements: Sequence[Statement]) -> set[str]:
        found: set[str] = set()
        for statement in statements:
            found |= self._statement(statement)
        return found

    def _statement(self, statement: Statement) -> set[str]:
        match statement:
            case Assign(name, value):
                return self._assign(name, value, keeps=False)
            case Augment(name, symbol, value):
                if symbol in "+-":
                    return self._assign(name, value, keeps=True)
                found = self._uses([value]) if not self._is_constant(value) else set()
                return found | ({self.stale[name]} if name in self.stale and not self._is_constant(value) else set())
            case Unpack(_, _, arguments):
                return self._uses(arguments)
            case Store(_, indices, value) | Atomic("add" | "sub", _, indices, value):
                return self._uses(indices) | self._nonlinear(value)
            case Atomic(_, _, indices, value):
                return self._uses([*indices, value])
            case If(condition, body, orelse):
                return self._uses([condition]) | self.block(body) | self.block(orelse)
            case For() if is_unrolled(statement):
                return self.block(statement.body)
            case For(_, start, stop, body):
                return self._uses([start, stop]) | self._loop(body, "dynamic_loop_carried_state")
            case While(condition, body):
                return self._loop(body, "while_loop_carried_state")
            case _:
                return set()

    def _loop(self, body: Sequence[Statement], name: str) -> set[str]:
        """A loop that the backward pass does not replay: what it changes is stale afterwards, and inside it for uses across rounds."""
        inside = {s.name for s in nested_statements(body) if isinstance(s, (Assign, Augment))}
        first = {s.name for s in nested_statements(body) if isinstance(s, Assign)}
        carried = {s.name for s in nested_statements(body) if isinstance(s, Augment)} | (inside & set(self._read_before_write(body)))
        for variable in carried:
            self.stale[variable] = name
        found = self.block(body)
        for variable in inside | first:
            self.stale[variable] = name
        return found

    def _read_before_write(self, body: Sequence[Statement]) -> list[str]:
        """Variables that a round of the loop may read before it assigns them: they carry a value from round to round."""
        written: set[str] = set()
        read: list[str] = []
        for statement in body:
            read += [v for e in nested_expressions([statement]) for v in e.variables() if v not in written]
            if isinstance(statement, Assign):
                written.add(statement.name)
        return read

    def _assign(self, name: str, value: Expression, *, keeps: bool) -> set[str]:
        sources = [self.stale[v] for v in sorted(value.variables()) if v in self.stale]
        found = self._nonlinear(value)
        if sources:
            self.stale[name] = sources[0]
        elif not keeps:
            self.stale.pop(name, None)
        return found

    def _uses(self, expressions: Sequence[Expression]) -> set[str]:
        return {self.stale[v] for e in expressions for v in e.variables() if v in self.stale}

    def _is_constant(self, e: Expression) -> bool:
        """Whether `e` has the right value in the backward pass and no gradient: a literal, an argument by value, or a formula of these."""
        return not any(isinstance(x, Load) for x in e.walk()) and all(v.split(".")[0] in self.constants for v in e.variables())

    def _nonlinear(self, e: Expression) -> set[str]:
        """The limitations that `e` meets by using a stale value other than linearly."""
        if isinstance(e, (Variable, Literal)) or not self._uses([e]):
            return set()
        if isinstance(e, Apply):
            name, arguments = e.operation.name, e.arguments
            if name in _SUMS or name in _COMPONENTS:
                return set().union(*(self._nonlinear(a) for a in arguments))
            if name in _PRODUCTS and any(self._is_constant(a) for a in arguments):
                return set().union(*(self._nonlinear(a) for a in arguments))
            if name in ("divide", "vec_divide") and self._is_constant(arguments[1]):
                return self._nonlinear(arguments[0])
        return self._uses([e])
