"""Where Warp's adjoint of a program cannot be trusted, read off the program itself.

The backward kernel does not run dynamic and while loops again before it goes backwards: after such a loop, every value that the loop
changed is still what it was before it, and before the loop it is what the loop's own backward pass left. A use that is linear in such a
value (a sum, a constant factor, a store) has the right adjoint; any other (a product with a differentiable value, a function, a comparison,
an index) has not. The backward pass of a counted loop also takes its break, in the first round that it comes to, and leaves out the others.
Static loops of up to `MAX_UNROLL` rounds without break or continue are unrolled and have no such limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from kernels.language.expression import Apply, Expression, Literal, Variable
from kernels.language.linearity import BILINEAR, LINEAR, LINEAR_IN_FIRST
from kernels.language.statement import (
    Assign,
    Atomic,
    Augment,
    Break,
    Continue,
    For,
    If,
    Load,
    Return,
    Statement,
    Store,
    Unpack,
    While,
    nested_expressions,
    nested_statements,
)
from kernels.language.verbatim import Verbatim

MAX_UNROLL = 16

DYNAMIC_CARRIED = "dynamic_loop_carried_state"
WHILE_CARRIED = "while_loop_carried_state"
RESULT = "dynamic_loop_result"
BREAK = "break_in_loop"


def loop_limitations(statements: Sequence[Statement], constants: AbstractSet[str]) -> set[str]:
    """The ledger's names that apply to a kernel or function body. `constants` are the arguments by value, which have no gradient."""
    analysis = _Analysis(constants)
    analysis.block(statements)
    return analysis.found


def is_unrolled(loop: For) -> bool:
    """Whether every supported Warp unrolls this loop (some unroll one with a continue, too)."""
    rounds = abs(loop.stop.range.low - loop.start.range.low) / abs(loop.step)
    return _is_static(loop) and rounds <= MAX_UNROLL and not _jumps(loop.body, (Break, Continue))


def _is_static(loop: For) -> bool:
    return isinstance(loop.start, Literal) and isinstance(loop.stop, Literal)


def _jumps(body: Sequence[Statement], kinds: tuple[type[Statement], ...]) -> bool:
    """Whether one of `kinds` stands in a loop's body and means this loop, not one inside it."""
    return any(isinstance(s, kinds) or (isinstance(s, If) and any(_jumps(b, kinds) for b in s.blocks())) for s in body)


class _Analysis:
    """Walks a body in order. `stale` maps a variable to the limitation that its value's staleness comes from; `needed` are variables whose
    value some adjoint so far works with."""

    def __init__(self, constants: AbstractSet[str]) -> None:
        self.constants = constants
        self.stale: dict[str, str] = {}
        self.needed: set[str] = set()
        self.found: set[str] = set()

    def block(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        match statement:
            case Assign(name, value):
                self._need(self._nonlinear(value))
                self._assign([name], value.variables())
            case Augment(name, symbol, value):
                self._augment(name, symbol, value)
            case Unpack(names, _, arguments):
                self._need(_variables(arguments))
                self._assign(names, set())
            case Store(_, indices, value, "" | "+" | "-") | Atomic("add" | "sub", _, indices, value):
                self._need(_variables(indices) | self._nonlinear(value))
            case Store(_, indices, value) | Atomic(_, _, indices, value):
                self._need(_variables([*indices, value]))
            case Return(values):
                for value in values:
                    self._need(self._nonlinear(value))
            case If(condition, body, orelse):
                self._decide([condition])
                self._branches(body, orelse)
            case For() if is_unrolled(statement):
                self._rounds(statement.body)
            case Verbatim(_, _, uses, defines):
                self._need(_variables(uses))
                self._assign([name for name, _ in defines], _variables(uses))
            case For(_, start, stop, body):
                self._decide([start, stop])
                jumps = _is_static(statement) and _jumps(body, (Break, Continue))
                self._loop(body, *((BREAK, BREAK) if jumps else (DYNAMIC_CARRIED, RESULT)))
                if _jumps(body, (Break,)) and self._has_adjoint(body):
                    self.found.add(BREAK)
            case While(_, body):
                self._loop(body, WHILE_CARRIED, RESULT)

    def _need(self, variables: AbstractSet[str]) -> None:
        """Takes note that an adjoint works with the values of `variables`."""
        self.found |= {self.stale[v] for v in variables if v in self.stale}
        self.needed |= variables

    def _decide(self, expressions: Iterable[Expression]) -> None:
        """Takes note of a decision: it is made again in the backward kernel, but before anything there is changed."""
        self.found |= {self.stale[v] for v in _variables(expressions) if v in self.stale}

    def _assign(self, names: Iterable[str], sources: AbstractSet[str]) -> None:
        reasons = sorted(self.stale[v] for v in sources if v in self.stale)
        for name in names:
            self.needed.discard(name)
            self.stale.pop(name, None)
            if reasons:
                self.stale[name] = reasons[0]

    def _augment(self, name: str, symbol: str, value: Expression) -> None:
        if symbol in "+-":
            self._need(self._nonlinear(value))
        elif not self._is_constant(value):
            self._need(value.variables() | {name})
        reasons = sorted(self.stale[v] for v in value.variables() if v in self.stale)
        if reasons:
            self.stale.setdefault(name, reasons[0])

    def _branches(self, *bodies: Sequence[Statement]) -> None:
        before, stale, needed = dict(self.stale), dict[str, str](), set[str]()
        for body in bodies:
            self.stale = dict(before)
            outside = set(self.needed)
            self.block(body)
            stale = {**self.stale, **stale}
            needed |= self.needed
            self.needed = outside
        self.stale, self.needed = stale, needed

    def _rounds(self, body: Sequence[Statement]) -> None:
        """An unrolled loop: what a round leaves stale, the next one may use."""
        before: dict[str, str] | None = None
        while before != self.stale:
            before = dict(self.stale)
            self.block(body)

    def _loop(self, body: Sequence[Statement], carried_name: str, result_name: str) -> None:
        """A loop that the backward pass does not run first: what it changes is stale afterwards, and inside it for uses across rounds."""
        statements = nested_statements(body)
        augmented = {s.name for s in statements if isinstance(s, Augment)}
        changed = augmented.union(*(_assigned(s) for s in statements))
        if changed & self.needed:
            self.found.add(carried_name)
        for variable in augmented | (changed & _read_before_write(body)):
            self.stale[variable] = carried_name
        self.block(body)
        self.stale |= dict.fromkeys(changed, result_name)

    def _has_adjoint(self, body: Sequence[Statement]) -> bool:
        """Whether gradients flow through what a loop's body assigns or writes."""
        statements = nested_statements(body)
        values = [s.value for s in statements if isinstance(s, (Assign, Augment, Store, Atomic))]
        values += [e for s in statements if isinstance(s, Verbatim) for e in s.uses]
        return any(isinstance(s, Unpack) for s in statements) or any(v.type.is_float and not self._is_constant(v) for v in values)

    def _is_constant(self, e: Expression) -> bool:
        """Whether `e` has the right value in the backward pass and no gradient: a literal, an argument by value, or a formula of these."""
        return not any(isinstance(x, Load) for x in e.walk()) and all(v.split(".")[0] in self.constants for v in e.variables())

    def _nonlinear(self, e: Expression) -> set[str]:
        """The variables that `e` uses other than linearly: its adjoint works with their values."""
        if isinstance(e, (Variable, Literal)) or self._is_constant(e):
            return set()
        if isinstance(e, Apply):
            name, arguments = e.operation.name, e.arguments
            if name in LINEAR or (name in BILINEAR and any(self._is_constant(a) for a in arguments)):
                return set().union(*(self._nonlinear(a) for a in arguments))
            if name in LINEAR_IN_FIRST and self._is_constant(arguments[1]):
                return self._nonlinear(arguments[0])
        return e.variables()


def _variables(expressions: Iterable[Expression]) -> set[str]:
    return {v for e in expressions for v in e.variables()}


def _read_before_write(body: Sequence[Statement]) -> set[str]:
    """Variables that a round of the loop may read before it assigns them: they carry a value from round to round."""
    written: set[str] = set()
    read: set[str] = set()
    for statement in body:
        read |= _variables(nested_expressions([statement])) - written
        written |= _assigned(statement)
    return read


def _assigned(statement: Statement) -> set[str]:
    """The names that a statement gives new values, itself and without regard to the old ones."""
    match statement:
        case Assign(name):
            return {name}
        case Unpack(names):
            return set(names)
        case Verbatim(_, _, _, defines):
            return {name for name, _ in defines}
        case _:
            return set()
