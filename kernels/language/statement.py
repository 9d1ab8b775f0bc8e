"""Statements of a program, and how Warp spells them. The numpy lowering is in kernels.language.lowering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kernels.language.expression import NUMPY_REALS, Expression, Literal, Spelling
from kernels.language.operation import ATOM
from kernels.language.types import BOOL, Type
from kernels.source import def_lines, indented


@dataclass(frozen=True)
class Load(Expression):
    """An array element. `guarded`: the index is valid only where the surrounding conditions hold. `mask` is set by the lowering."""

    array: str
    indices: tuple[Expression, ...]
    guarded: bool = False
    mask: str | None = None

    def children(self) -> tuple[Expression, ...]:
        return self.indices

    def render(self, spelling: Spelling) -> tuple[str, int]:
        texts = [e.render(spelling)[0] for e in self.indices]
        if spelling == "numpy" and self.mask and self.guarded:
            texts = [t if isinstance(e, Literal) else f"np.where({self.mask}, {t}, 0)" for t, e in zip(texts, self.indices, strict=True)]
        return f"{self.array}[{', '.join(texts)}]", ATOM


@dataclass(frozen=True)
class Call(Expression):
    """A call of a user function with one result."""

    function: Function
    arguments: tuple[Expression, ...]

    def children(self) -> tuple[Expression, ...]:
        return self.arguments

    def render(self, spelling: Spelling) -> tuple[str, int]:
        return call_text(self.function, self.arguments, spelling), ATOM


def call_text(function: Function, arguments: Sequence[Expression], spelling: Spelling) -> str:
    """The call in either spelling; numpy functions take literals as numpy scalars, which can be given axes."""
    texts = [numpy_scalar(e) if spelling == "numpy" else e.render(spelling)[0] for e in arguments]
    # What falls back on its default is left out; what may and doesn't is given by its name.
    first = len(function.parameters) - len(function.defaults)
    texts = [t if k < first else f"{function.parameters[k][0]}={t}" for k, t in enumerate(texts)]
    name = function.numpy_name or function.name if spelling == "numpy" else function.name
    return f"{name}({', '.join(texts)})"


def numpy_scalar(expression: Expression) -> str:
    """The numpy text of `expression`, a literal as a numpy scalar of its type."""
    text = expression.render("numpy")[0]
    if isinstance(expression, Literal):
        name = expression.type.name
        constructor = "np.bool_" if name == "bool" else NUMPY_REALS.get(name, f"np.{name}")
        return f"{constructor}({text})"
    return text


class Statement:
    """A statement of a kernel or function."""

    def warp(self) -> list[str]:
        """The lines in Warp's Python."""
        raise NotImplementedError

    def expressions(self) -> list[Expression]:
        """All expressions that occur, in nested statements too."""
        return []

    def blocks(self) -> list[list[Statement]]:
        """The nested blocks."""
        return []


@dataclass
class Assign(Statement):
    """`name = value`. A `mutable` local that starts from a literal is declared through its type, as Warp asks for in loops."""

    name: str
    value: Expression
    mutable: bool = False

    def warp(self) -> list[str]:
        text = self.value.warp()
        if self.mutable and isinstance(self.value, Literal) and self.value.type is not BOOL and "(" not in text:
            text = f"{self.value.type.spelling}({text})"
        return [f"{self.name} = {text}"]

    def expressions(self) -> list[Expression]:
        return [self.value]


@dataclass
class Augment(Statement):
    """`name += value` and its like."""

    name: str
    symbol: str
    value: Expression
    type: Type

    def warp(self) -> list[str]:
        return [f"{self.name} {self.symbol}= {self.value.warp()}"]

    def expressions(self) -> list[Expression]:
        return [self.value]


@dataclass
class Unpack(Statement):
    """`a, b = function(...)`."""

    names: tuple[str, ...]
    function: Function
    arguments: tuple[Expression, ...]

    def warp(self) -> list[str]:
        return [f"{', '.join(self.names)} = {call_text(self.function, self.arguments, 'warp')}"]

    def expressions(self) -> list[Expression]:
        return list(self.arguments)


@dataclass
class Store(Statement):
    """`array[indices] = value`, or `+=`. Every thread writes elements of its own."""

    array: str
    indices: tuple[Expression, ...]
    value: Expression
    symbol: str = ""

    def warp(self) -> list[str]:
        return [f"{self.array}[{', '.join(e.warp() for e in self.indices)}] {self.symbol}= {self.value.warp()}"]

    def expressions(self) -> list[Expression]:
        return [*self.indices, self.value]


@dataclass
class Atomic(Statement):
    """`wp.atomic_<kind>(array, indices..., value)`, its result unused. `kind` is add, sub, min or max."""

    kind: str
    array: str
    indices: tuple[Expression, ...]
    value: Expression

    def warp(self) -> list[str]:
        return [f"wp.atomic_{self.kind}({', '.join([self.array, *(e.warp() for e in self.indices), self.value.warp()])})"]

    def expressions(self) -> list[Expression]:
        return [*self.indices, self.value]


@dataclass
class If(Statement):
    """`if condition: body else: orelse`; an else that holds a single If is spelled elif."""

    condition: Expression
    body: list[Statement]
    orelse: list[Statement] = field(default_factory=list)

    def warp(self) -> list[str]:
        lines = [f"if {self.condition.warp()}:", *block(self.body)]
        if len(self.orelse) == 1 and isinstance(self.orelse[0], If):
            nested = self.orelse[0].warp()
            return [*lines, "el" + nested[0], *nested[1:]]
        return [*lines, "else:", *block(self.orelse)] if self.orelse else lines

    def expressions(self) -> list[Expression]:
        return [self.condition, *nested_expressions(self.body), *nested_expressions(self.orelse)]

    def blocks(self) -> list[list[Statement]]:
        return [self.body, self.orelse]


@dataclass
class For(Statement):
    """`for counter in range(start, stop, step)`; static where both ends are literals. Only a static loop may have a step."""

    counter: str
    start: Expression
    stop: Expression
    body: list[Statement]
    step: int = 1

    def warp(self) -> list[str]:
        from_zero = isinstance(self.start, Literal) and self.start.value == 0 and self.step == 1
        bounds = self.stop.warp() if from_zero else f"{self.start.warp()}, {self.stop.warp()}"
        step = f", {self.step}" if self.step != 1 else ""
        return [f"for {self.counter} in range({bounds}{step}):", *block(self.body)]

    def expressions(self) -> list[Expression]:
        return [self.start, self.stop, *nested_expressions(self.body)]

    def blocks(self) -> list[list[Statement]]:
        return [self.body]


@dataclass
class While(Statement):
    """`while condition: body`."""

    condition: Expression
    body: list[Statement]

    def warp(self) -> list[str]:
        return [f"while {self.condition.warp()}:", *block(self.body)]

    def expressions(self) -> list[Expression]:
        return [self.condition, *nested_expressions(self.body)]

    def blocks(self) -> list[list[Statement]]:
        return [self.body]


@dataclass
class Break(Statement):
    """`break`."""

    def warp(self) -> list[str]:
        return ["break"]


@dataclass
class Continue(Statement):
    """`continue`."""

    def warp(self) -> list[str]:
        return ["continue"]


@dataclass
class Return(Statement):
    """`return`, with values in a function."""

    values: tuple[Expression, ...] = ()

    def warp(self) -> list[str]:
        return [f"return {', '.join(v.warp() for v in self.values)}".rstrip()]

    def expressions(self) -> list[Expression]:
        return list(self.values)


@dataclass
class Comment(Statement):
    """A comment line."""

    text: str

    def warp(self) -> list[str]:
        return [f"# {self.text}"]


@dataclass(frozen=True, eq=False)
class Function:
    """A `@wp.func`: its parameters and types, body (ending in a Return) and result types.

    `generic` leaves the parameters' types to the call (`Any`), `defaults` gives the last parameters values to fall back on, `numpy_name` is
    what the reference calls one of several functions of one name.
    """

    name: str
    parameters: tuple[tuple[str, Type], ...]
    body: tuple[Statement, ...]
    results: tuple[Type, ...]
    annotated: bool = False
    generic: bool = False
    defaults: tuple[float, ...] = ()
    numpy_name: str = ""

    def warp(self) -> list[str]:
        """The decorated definition."""
        result = self.results[0].spelling if self.annotated and len(self.results) == 1 and not self.generic else ""
        annotated = [f"{n}: {'Any' if self.generic else t.spelling}" for n, t in self.parameters]
        return ["@wp.func", *def_lines(self.name, self._with_defaults(annotated, "{}"), result), *block(list(self.body))]

    def numpy_head(self) -> str:
        """The first line of the reference's function."""
        names = [n for n, _ in self.parameters]
        return f"def {self.numpy_name or self.name}({', '.join(self._with_defaults(names, 'f32({})', '='))}):"

    def _with_defaults(self, parameters: list[str], value: str, sign: str = " = ") -> list[str]:
        first = len(parameters) - len(self.defaults)
        return [p if k < first else f"{p}{sign}{value.format(self.defaults[k - first])}" for k, p in enumerate(parameters)]


def block(statements: Sequence[Statement]) -> list[str]:
    """The lines of a block, one level in."""
    return indented([line for s in statements for line in s.warp()])


def nested_expressions(statements: Sequence[Statement]) -> list[Expression]:
    """All expressions in `statements`."""
    return [e for s in statements for e in s.expressions()]


def nested_statements(statements: Sequence[Statement]) -> list[Statement]:
    """All statements of `statements`, those in nested blocks too."""
    return [inner for s in statements for inner in (s, *(n for b in s.blocks() for n in nested_statements(b)))]
