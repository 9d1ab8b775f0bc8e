"""A program under construction: its signature, names, values in scope, statements, and how each array is shaped and drawn.

Idioms (kernels.synthesis.idioms_*) call this to take values that are not used yet and to add named intermediate values; what is not used
when the program ends flows into its outputs, so that no statement is dead. `sums` are results of loops that are to be used linearly only,
where Warp's adjoint is right (see kernels.language.gradients).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from kernels.case import Role
from kernels.domain import Domain
from kernels.domains import Bernoulli, Struct
from kernels.draw import Draw, digest
from kernels.language import operations as _declared  # noqa: F401  (declares the operations)
from kernels.language.expression import Apply, Expression, Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.kinds import HALVES, OFFSETS, domain_for, natural_kind
from kernels.language.operation import OPERATIONS
from kernels.language.statement import (
    Assign,
    Augment,
    Call,
    Comment,
    Function,
    Load,
    Statement,
    Store,
    nested_expressions,
    nested_statements,
)
from kernels.language.types import I32, Palette, Type, type_named
from kernels.language.verbatim import NumpyLines, Verbatim
from kernels.source import Signature, signature
from kernels.synthesis.expressions import Expressions
from kernels.synthesis.policy import Policy, draw_palette, draw_policy
from kernels.synthesis.vocabulary import QUALIFIERS, THEMES, Quantity, Theme

BODIES = ("articulation", "contacts", "multiworld")
"""Themes that most real kernels are of: they come three times as often as others."""

EXPLORING = 0.38
"""The share of programs that explore the rare corners of the language."""

RESERVED = frozenset(
    name
    for operation in OPERATIONS.values()
    for helper in operation.helpers
    for name in re.findall(r"^(?:def |import )?(\w+)(?= =|\(|$)", helper, re.MULTILINE)
) | {"np", "f32", "f16", "dim"}
"""What references call their helpers: no value of a program has such a name."""

Sizes = dict[str, int]
Extent = str | int


@dataclass
class ArrayPlan:
    """How an array argument is shaped (extents by symbol or number) and drawn, given the sizes of a launch."""

    shape: tuple[Extent, ...]
    domain: Callable[[Sizes], Domain] | None


@dataclass(frozen=True)
class Captured:
    """A constant of the module that the kernel captures: its name, its value as text, its line, and whether it is a real number."""

    name: str
    value: str
    line: str
    real: bool = True


@dataclass
class Value:
    """A value in scope, and whether anything has used it since it was last assigned."""

    variable: Expression
    used: bool = False


@dataclass
class Program:
    """The state of one program. `statements` is the block that new statements go to.

    `leaves_outputs` says that a thread may return without having written its outputs, `early_exits` that one may return after.
    """

    draw: Draw
    theme: Theme
    policy: Policy
    palette: Palette
    lanes: tuple[str, ...]
    sig: Signature
    expressions: Expressions
    values: list[Value] = field(default_factory=list)
    sums: list[Variable] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    constants: list[Captured] = field(default_factory=list)
    field_plans: dict[str, ArrayPlan] = field(default_factory=dict)
    reference_definitions: list[list[str]] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    function_ranges: dict[str, list[Interval]] = field(default_factory=dict)
    function_results: dict[str, list[Interval]] = field(default_factory=dict)
    definitions: list[list[str]] = field(default_factory=list)
    plans: dict[str, ArrayPlan] = field(default_factory=dict)
    value_domains: dict[str, Callable[[Sizes], Domain]] = field(default_factory=dict)
    names: set[str] = field(default_factory=lambda: set(RESERVED))
    limitations: set[str] = field(default_factory=set)
    elementwise: bool = True
    helpers: list[str] = field(default_factory=list)
    guards: list[str] = field(default_factory=list)
    leaves_outputs: bool = False
    early_exits: bool = False
    structs_of_threads: list[tuple[str, str, str]] = field(default_factory=list)
    overloaded: set[str] = field(default_factory=set)

    @property
    def real(self) -> Type:
        """The program's real scalar type."""
        return self.type_of("R")

    def type_of(self, letter: str) -> Type:
        """The type for a quantity's letter, in the program's palette."""
        return self.palette.type_of(letter)

    def zero(self, type: Type) -> Expression:
        """A value of zeros of a scalar or vector type."""
        if type.rank == 0:
            return literal(0, type) if type.is_integer else literal(0.0, type)
        zero, length = literal(0.0, type_named(type.scalar)), type.inner[0]
        maker = {2: "make_vec2", 3: "make_vec", 4: "make_vec4"}.get(length)
        return apply(maker, *[zero] * length) if maker else apply("splat_vec", zero, palette=self.palette)

    @property
    def lane_variables(self) -> tuple[Variable, ...]:
        """The thread's indices as integer variables."""
        return tuple(Variable(I32, Interval(0, 300), name) for name in self.lanes)

    @property
    def extents(self) -> tuple[str, ...]:
        """The symbols of the grid's extents."""
        return ("n",) if len(self.lanes) == 1 else ("rows", "columns")

    def name(self, stem: str) -> str:
        """A free name: `stem`, or with a qualifier before it, or as a last resort a number after it."""
        qualified = [f"{q}_{stem}" for q in self.draw.subset(QUALIFIERS, 4)]
        chosen = next(c for c in chain((stem, *qualified), (f"{stem}_{k}" for k in range(2, 100))) if c not in self.names)
        self.names.add(chosen)
        return chosen

    def add(self, statement: Statement) -> None:
        """Appends a statement; every variable that occurs in it counts as used."""
        self.touch(nested_expressions([statement]))
        self.statements.append(statement)
        if isinstance(statement, (Assign, Augment)):
            self.expressions.provenance.extend(statement.name, statement.value)

    def verbatim(
        self,
        lines: Sequence[str],
        numpy: NumpyLines,
        uses: Sequence[Expression] = (),
        defines: Sequence[Variable] = (),
    ) -> None:
        """Adds lines that the idiom spells itself; the variables that they define are in scope from here on."""
        self.add(Verbatim(tuple(lines), numpy, tuple(uses), tuple((v.name, v.type) for v in defines)))
        for variable in defines:
            self.expressions.provenance.made_of(variable.name, uses)
            self.values.append(Value(variable))

    def touch(self, expressions: Sequence[Expression]) -> None:
        """Marks the variables of `expressions` as used, and collects what their operations need."""
        self.expressions.provenance.note(expressions)
        names = {name for e in expressions for name in e.variables()}
        for value in self.values:
            if isinstance(value.variable, Variable) and value.variable.name in names:
                value.used = True
        for e in expressions:
            for operation in e.operations():
                self.helpers += operation.helpers
                if operation.limitation:
                    self.limitations.add(operation.limitation)

    def local(self, stem: str, value: Expression, *, mutable: bool = False) -> Variable:
        """Adds `name = value` and gives the new variable, in scope from here on."""
        name = self.name(stem)
        self.add(Assign(name, value, mutable))
        if isinstance(value, Load):
            self.expressions.provenance.given(name, natural_kind(value.type))
        else:
            self.expressions.provenance.define(name, value)
        variable = Variable(value.type, value.range, name)
        self.values.append(Value(variable))
        return variable

    def reserve(self, variable: Variable) -> None:
        """Takes `variable` out of scope and keeps it for a linear use in an output."""
        self.values = [v for v in self.values if not (isinstance(v.variable, Variable) and v.variable.name == variable.name)]
        self.sums.append(variable)

    def rebind(self, variable: Variable, range: Interval) -> Variable:
        """`variable` after an assignment that changed its range: unused again, in the same place in scope."""
        new = Variable(variable.type, range, variable.name)
        for value in self.values:
            if isinstance(value.variable, Variable) and value.variable.name == variable.name:
                value.variable, value.used = new, False
        return new

    def noun(self, expression: Expression, fallback: str = "value") -> str:
        """A name for what `expression` computes, from its outermost operation."""
        if isinstance(expression, Apply) and expression.operation.nouns:
            return self.draw.choice(expression.operation.nouns)
        if isinstance(expression, Call):
            return expression.function.name.split("_")[-1]
        return fallback

    def scope(self, *letters: str) -> list[Expression]:
        """The values in scope whose type is one of `letters`, unused ones first."""
        return self.scope_of(*(self.type_of(letter) for letter in letters if self.palette.has(letter)))

    def scope_of(self, *types: Type) -> list[Expression]:
        """The values in scope whose type is one of `types`, unused ones first."""
        chosen = [v for v in self.values if v.variable.type in types]
        return [v.variable for v in sorted(chosen, key=lambda v: v.used)]

    def varying(self) -> list[Expression]:
        """The values in scope that come from an input that may differ from thread to thread: from an array, that is."""
        named = [v.variable for v in self.values if isinstance(v.variable, Variable)]
        same = {*self.value_domains, *self.lanes}
        return [v for v in named if any(root.split(".")[0] not in same for root in self.expressions.provenance.roots(v))]

    def unused(self) -> list[Expression]:
        """The values that nothing has used."""
        return [v.variable for v in self.values if not v.used]

    def pick(self, count: int, *letters: str) -> list[Expression]:
        """Up to `count` different values of the given letters: unused ones mostly, then recent ones."""
        available = self.scope(*letters)
        fresh = [e for e in available if any(v.variable is e and not v.used for v in self.values)]
        chosen: list[Expression] = []
        while len(chosen) < min(count, len(available)):
            rest = [e for e in (fresh if fresh and self.draw.chance(0.8) else available) if e not in chosen]
            if not rest:
                rest = [e for e in available if e not in chosen]
            chosen.append(self.draw.choice(rest))
        return chosen

    def block(self, build: Callable[[], None]) -> list[Statement]:
        """The statements that `build` adds, as a nested block; names defined in it leave the scope when it ends."""
        outer, known = self.statements, len(self.values)
        self.statements = []
        build()
        inner, self.statements = self.statements, outer
        del self.values[known:]
        return inner

    def array(
        self,
        name: str,
        type: Type,
        shape: tuple[Extent, ...],
        domain: Callable[[Sizes], Domain] | None,
        role: Role = "input",
        differentiable: bool | None = None,
    ) -> str:
        """Adds an array argument; `domain` is None for outputs and accumulators."""
        self.names.add(name)
        self.sig.array(name, type, len(shape), role, differentiable)
        self.plans[name] = ArrayPlan(shape, domain)
        if type.is_float and role != "inout" and shape != self.extents:
            self.elementwise = False
        return name

    def struct_fields(self, name: str) -> list[str]:
        """The fields of the struct argument called `name`, those of nested structs as `inner.field`."""
        plan = self.plans.get(name)
        rule = plan.domain if plan is not None else self.value_domains[name]
        assert rule is not None, f"{name} is no struct"
        return list(_field_names(rule(defaultdict(lambda: 1))))

    def parameter(self, quantity: Quantity) -> Variable:
        """Adds a value argument for `quantity`."""
        name = self.name(quantity.name)
        type = self.type_of(quantity.letter)
        self.sig.value(name, type)
        self.value_domains[name] = lambda sizes: self.domain_of(quantity)
        variable = Variable(type, Interval(quantity.low, quantity.high), name)
        self.values.append(Value(variable))
        self.expressions.provenance.given(name, natural_kind(type))
        return variable

    def domain_of(self, quantity: Quantity) -> Domain:
        """The domain of a quantity's values."""
        if quantity.letter == "B":
            return Bernoulli(0.6)
        return domain_for(self.type_of(quantity.letter), Interval(quantity.low, quantity.high), offset=lattice_offset(quantity.name))

    def load(self, array: str, quantity: Quantity, indices: Sequence[Expression], *, guarded: bool = False, stem: str = "") -> Variable:
        """Adds `local = array[indices]`."""
        value = Load(self.type_of(quantity.letter), Interval(quantity.low, quantity.high), array, tuple(indices), guarded)
        return self.local(stem or quantity.name, value)

    def grid_size(self, axis: int) -> Expression:
        """The number of elements along an axis of the grid: the guard's argument, or an array's shape."""
        if self.guards:
            return Variable(I32, Interval(1, 300), self.guards[axis])
        array = next(name for name, plan in self.plans.items() if plan.shape == self.extents)
        return Variable(I32, Interval(1, 300), f"{array}.shape[{axis}]")

    def has_early_exit(self, array: str) -> bool:
        """Whether a thread may store to `array` and return before the end."""
        return any(isinstance(s, Store) and s.array == array for s in nested_statements(self.statements))

    def comment(self, text: str) -> None:
        """Adds a comment, in the programs that have comments."""
        if self.draw.chance(0.6):
            self.statements.append(Comment(text))


def _field_names(domain: Domain) -> Iterator[str]:
    assert isinstance(domain, Struct)
    for name, _, inner in domain.fields:
        if isinstance(inner, Struct):
            yield from (f"{name}.{deeper}" for deeper in _field_names(inner))
        else:
            yield name


def lattice_offset(name: str) -> float:
    """The offset of the lattice that the quantity called `name` is drawn from, if it is."""
    return OFFSETS[digest(name) % len(OFFSETS)]


def plural(noun: str) -> str:
    """The plural of an English noun."""
    irregular = {"vertex": "vertices", "index": "indices", "texel": "texels"}
    if noun in irregular:
        return irregular[noun]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _within(theme: Theme, palette: Palette) -> Theme:
    """`theme` without the quantities that the palette has no type for."""

    def there(quantities: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
        return tuple(q for q in quantities if palette.has(q.letter))

    return replace(theme, quantities=there(theme.quantities), parameters=there(theme.parameters), results=there(theme.results))


def start(draw: Draw) -> Program:
    """An empty program with its theme, palette, grid and policy drawn."""
    exploring = draw.chance(EXPLORING)
    palette = draw_palette(draw, exploring=exploring)
    theme = _within(draw.weighted(THEMES, [3.0 if t.name in BODIES else 1.0 for t in THEMES]), palette)
    policy = draw_policy(draw, exploring=exploring)
    two = draw.chance((0.85 if theme.name == "multiworld" else 0.55) if theme.grid else 0.08)
    if two:
        lanes: tuple[str, ...] = draw.choice((("i", "j"), ("row", "col"), ("y", "x")))
        if theme.name == "multiworld":
            lanes = ("worldid", f"{draw.choice(theme.items)}id")
    else:
        lanes = (draw.choice(("i", "tid", "idx", f"{draw.choice(theme.items)}_id", "tid")),)
    program = Program(
        draw=draw,
        theme=theme,
        policy=policy,
        palette=palette,
        lanes=lanes,
        sig=signature(draw),
        expressions=Expressions(draw, policy, smooth_only=palette.real in HALVES, coarse=palette.real in HALVES),
    )
    program.names.update(lanes)
    return program
