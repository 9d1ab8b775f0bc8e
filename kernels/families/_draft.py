"""A draft: a kernel and its reference while a family writes them, side by side, until they are a Case.

The draft keeps the arguments with their shapes and domains, the values in scope, and the two bodies: `line` adds to the kernel, `step` to
the reference, `let` names a value in both. It also makes the choices that any kernel's author makes: how extents and parameters are
passed, how threads are guarded, whether a formula is a function of its own, and in which order the arguments stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from kernels.case import Case, Role
from kernels.domains import Constant, Domain, Struct, Uniform
from kernels.draw import Draw
from kernels.families._arguments import ORDERS, Declared, Drawn, Sizes, launch, ordered
from kernels.families._formula import formula
from kernels.families._functions import function_of, idleness
from kernels.language.expression import Apply, Custom, Expression, Variable, literal, substitute
from kernels.language.interval import Interval
from kernels.language.types import I32, Type, real, vector
from kernels.source import LINE, Signature, def_lines, kernel_module, reference_module, signature, struct_definition
from kernels.synthesis.expressions import Expressions
from kernels.synthesis.policy import draw_policy

STRUCTS = (("Params", "params"), ("Settings", "settings"), ("Config", "cfg"), ("Options", "options"), ("Coefficients", "coeffs"))


class Draft:
    """One kernel and its reference under way. `width` is the kernel's floating-point width."""

    def __init__(self, draw: Draw, width: str | None = None) -> None:
        self.draw = draw
        self.width = width or draw.width()
        self.real, self.vector = real(self.width), vector(self.width)
        policy = draw_policy(draw)
        self.expressions = Expressions(draw, policy)
        self.smooth = Expressions(draw, replace(policy, weights={**policy.weights, "where": 0.0}), smooth_only=True)
        self.scope: dict[str, Expression] = {}
        self.limitations: set[str] = set()
        self._arguments: list[Declared] = []
        self._body: list[str] = []
        self._steps: list[str] = []
        self._indent = 0
        self._definitions: list[list[str]] = []
        self._reference_definitions: list[list[str]] = []
        self._helpers: list[str] = []
        self._shapes_used: set[str] = set()
        self._taken = {"dim", "np", "wp", "f32", "math", "erf", "erfc"}
        self._extents: set[str] = set()
        self._extents_from_shape = draw.chance(0.4)
        self._guard = draw.weighted(("none", "return", "nested"), (3, 4, 3))
        self._knobs = draw.weighted(("values", "struct", "literals"), (4, 3, 3))
        self._struct = draw.choice(STRUCTS)
        self._fields: list[tuple[str, Type, Domain]] = []
        self._typed_results = draw.chance(0.7)
        self._order = draw.choice(ORDERS)

    # Names and arguments

    def name(self, *options: str) -> str:
        """One of `options` that names nothing yet. Raises ValueError if all are taken."""
        free = [o for o in options if o not in self._taken]
        if not free:
            raise ValueError(f"draft: every name of {options} is taken: offer more")
        chosen = self.draw.choice(free)
        self._taken.add(chosen)
        return chosen

    def reserve(self, *names: str) -> None:
        """Keeps `names` for values that come later."""
        self._taken.update(names)

    def array(
        self,
        name: str,
        type: Type,
        *extents: str | int,
        low: float = -1.0,
        high: float = 1.0,
        domain: Drawn | None = None,
        role: Role = "input",
        differentiable: bool | None = None,
    ) -> str:
        """An array argument; float arrays are drawn from [low, high) unless a domain is given. Returns its name."""
        self._taken.add(name)
        if differentiable is None:
            differentiable = type.is_float and role != "inout"
        self._arguments.append(Declared(name, type, extents, role, differentiable, domain or Uniform(low, high)))
        return name

    def output(self, name: str, type: Type, *extents: str | int, role: Role = "output") -> str:
        """An array that the kernel writes. Returns its name."""
        return self.array(name, type, *extents, role=role)

    def value(self, name: str, type: Type, low: float, high: float, domain: Drawn | None = None) -> Variable:
        """An argument passed by value, in scope under its name."""
        self._taken.add(name)
        self._arguments.append(Declared(name, type, (), "input", False, domain or Uniform(low, high)))
        return self.known(name, type, low, high)

    def knob(self, name: str, low: float, high: float, type: Type | None = None) -> Expression:
        """A real parameter, in scope under `name`: an argument of its own, a field, or a constant, the draft's choice."""
        type = type or self.real
        self._taken.add(name)
        if self._knobs == "values" or type.rank:
            return self.value(name, type, low, high)
        if self._knobs == "literals":
            constant = self.expressions.constant(type, low, high)
            # A factor of one would do nothing.
            self.scope[name] = literal(round(0.4 * low + 0.6 * high, 2), type) if constant.value == 1.0 else constant
            return self.scope[name]
        text = f"{self._struct[1]}.{name}"
        self._taken.add(self._struct[1])
        self._fields.append((name, type, Uniform(low, high)))
        self.scope[name] = Custom(type, Interval(low, high), text, text)
        return self.scope[name]

    def extent(self, name: str, array: str, axis: int = 0) -> str:
        """The integer `name`, the length of `array` along `axis`: an argument, or read off the array's shape. Returns `name`."""
        if name not in self._extents:
            if name in self._taken:
                raise ValueError(f"draft: the extent {name!r} has the name of another value: choose another")
            self._taken.add(name)
            self._extents.add(name)
            if self._extents_from_shape:
                self.line(f"{name} = {array}.shape[{axis}]")
            else:
                self._arguments.append(Declared(name, I32, (), "input", False, lambda sizes: Constant(sizes[name])))
        return name

    def told(self, name: str, size: str) -> str:
        """The integer argument `name`, told the launch's `size`. Returns its name."""
        if name not in self._extents:
            self._taken.add(name)
            self._extents.add(name)
            self._arguments.append(Declared(name, I32, (), "input", False, lambda sizes: Constant(sizes[size])))
        return name

    def known(self, name: str, type: Type, low: float, high: float, numpy_name: str | None = None) -> Variable:
        """Puts a value that the family spells itself into scope, with its range."""
        self._taken.add(name)
        known = Variable(type, Interval(low, high), name, numpy_name)
        self.scope[name] = known
        return known

    # Text

    def line(self, *lines: str) -> None:
        """Adds lines to the kernel at the present indentation."""
        self._body += ["    " * self._indent + line for line in lines]

    @property
    def length(self) -> int:
        """The number of the kernel's lines so far: a place to insert at."""
        return len(self._body)

    def insert(self, place: int, *lines: str) -> None:
        """Puts lines into the kernel at `place`, at the present indentation."""
        self._body[place:place] = ["    " * self._indent + line for line in lines]

    def rewritten(self, array: str) -> None:
        """Turns an input array into one that the kernel updates in place, which has no gradient."""
        self._arguments = [replace(a, role="inout", differentiable=False) if a.name == array else a for a in self._arguments]

    def step(self, *lines: str) -> None:
        """Adds lines to the reference."""
        self._steps += lines

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Indents the kernel's lines that follow under `head`, such as `for j in range(n):`."""
        self.line(head)
        self._indent += 1
        yield
        self._indent -= 1

    @contextmanager
    def threads(self, *axes: tuple[str, str, str, int]) -> Iterator[None]:
        """Names the thread's indices and guards them by the drawn rule. An axis is (index, extent's name, array, the array's axis)."""
        self._taken.update(index for index, *_ in axes)
        self.line(f"{', '.join(index for index, *_ in axes)} = wp.tid()")
        if self._guard != "none":
            for _, extent, array, axis in axes:
                self.extent(extent, array, axis)
        if self._guard == "return":
            self.line(f"if {' or '.join(f'{index} >= {extent}' for index, extent, *_ in axes)}:", "    return")
        if self._guard == "nested":
            with self.block(f"if {' and '.join(f'{index} < {extent}' for index, extent, *_ in axes)}:"):
                yield
        else:
            yield

    def read(self, text: str) -> Expression:
        """The formula `text` over the values in scope."""
        return formula(text, self.scope, self.width)

    def let(self, name: str, what: str | Expression, *, function: str | None = None) -> Variable:
        """Names a value in kernel and reference; with `function`, by a function of that name. Long expressions get named parts."""
        expression = self.read(what) if isinstance(what, str) else what
        self._taken.add(name)
        for operation in expression.operations():
            self._helpers += operation.helpers
            if operation.limitation:
                self.limitations.add(operation.limitation)
        if function is not None and isinstance(expression, Apply) and len(expression.warp()) < LINE - 16:
            made = function_of(self.name(function if function not in self._taken else f"{function}_value"), expression, self._typed_results)
            self._definitions.append(made.definition)
            self._reference_definitions.append(made.reference)
            warp, numpy = made.call, made.reference_call
        else:
            expression = self._shortened(expression, name)
            warp, numpy = expression.warp(), expression.numpy()
        if isinstance(expression, Apply) and expression.operation.name == "where" and function is None and self.draw.chance(0.35):
            condition, chosen, otherwise = (e.warp() for e in expression.arguments)
            self.line(f"{name} = {otherwise}", f"if {condition}:", f"    {name} = {chosen}")
        else:
            self.line(f"{name} = {warp}")
        self.step(f"{name} = {numpy}")
        return self.known(name, expression.type, expression.range.low, expression.range.high)

    def fused(
        self,
        name: str,
        type: Type,
        *variables: Expression,
        depth: int | None = None,
        smooth: bool = False,
        function: str | None = None,
    ) -> Variable:
        """Names a value of `type` that a drawn expression makes of all `variables`; `smooth` keeps to operations without jumps."""
        return self.let(name, self.drawn(type, *variables, depth=depth, smooth=smooth), function=function)

    def drawn(self, type: Type, *variables: Expression, depth: int | None = None, smooth: bool = False) -> Expression:
        """A drawn expression of `type` that uses all `variables`: of several, the one that repeats itself least."""
        generator = self.smooth if smooth else self.expressions
        depth = depth or self.draw.choice((1, 2))
        best = generator.fused(type, variables, depth)
        for _ in range(5):
            if idleness(best) <= 1:
                break
            best = min(best, generator.fused(type, variables, depth), key=idleness)
        return best

    def given(self, name: str) -> str:
        """Makes an output a parameter of the reference, for its shape (or the zeros of an accumulated one). Returns its name."""
        self._shapes_used.add(name)
        return name

    def results(self, **values: str) -> None:
        """Ends the reference: for each output, what it holds."""
        self.step(f"return {{{', '.join(f'{chr(34)}{name}{chr(34)}: {value}' for name, value in values.items())}}}")

    def reference_function(self, name: str, parameters: Sequence[str], body: Sequence[str]) -> None:
        """Adds a function to the reference's module."""
        self._reference_definitions.append([*def_lines(name, parameters), *(f"    {line}" for line in body)])

    def number(self, value: float) -> str:
        """Warp's spelling of a real constant of the draft's width."""
        return self.read(repr(float(value))).warp()

    def zero(self, type: Type) -> str:
        """Warp's spelling of a zero of `type` that may change in a loop."""
        if type.rank:
            return f"{type.spelling}()" if type.scalar == "float64" or self.draw.chance(0.4) else f"{type.spelling}(0.0, 0.0, 0.0)"
        return f"{type.spelling}({'0.0' if type.is_float else '0'})"

    # The finished case

    def case(
        self,
        family: str,
        kernel_name: str,
        dim: Sequence[str | int],
        sizes: Sequence[Sizes],
        *,
        docstring: str = "",
        elementwise: bool = False,
    ) -> Case:
        """The finished case: a launch for each of `sizes`, over the grid `dim`."""
        declared = list(self._arguments)
        if self._fields:
            fields = tuple((name, type.name, domain) for name, type, domain in self._fields)
            declared.append(Declared(self._struct[1], None, (), "input", False, Struct(fields)))
        declared = ordered(declared, self._order)
        sig = self._signature(declared)
        steps = "\n".join(self._steps)
        mentioned = [a.name for a in sig.arguments if re.search(rf"\b{a.name}\b(?!=)", steps)]
        roles = {a.name: a.role for a in sig.arguments}
        parameters = [n for n in mentioned if roles[n] in ("input", "inout") or n in self._shapes_used]
        if re.search(r"\bdim\b", steps):
            parameters.insert(0, "dim")
        definitions = (
            [struct_definition(self._struct[0], [(n, t) for n, t, _ in self._fields])] if self._fields else []
        ) + self._definitions
        return Case(
            family=family,
            seed=self.draw.seed,
            index=self.draw.index,
            kernel_name=kernel_name,
            python_source=kernel_module(sig, kernel_name, self._body, definitions=definitions, docstring=docstring),
            reference_source=reference_module(parameters, self._steps, helpers=self._helpers, definitions=self._reference_definitions),
            arguments=tuple(sig.arguments),
            launches=tuple(launch(declared, dim, s) for s in sizes),
            limitations=tuple(sorted(self.limitations)),
            elementwise=elementwise,
        )

    def _signature(self, declared: Sequence[Declared]) -> Signature:
        sig = signature(self.draw)
        for a in declared:
            if a.type is None:
                sig.struct(a.name, self._struct[0])
            elif a.extents:
                sig.array(a.name, a.type, len(a.extents), a.role, a.differentiable)
            else:
                sig.value(a.name, a.type)
        return sig

    def _shortened(self, expression: Expression, name: str) -> Expression:
        """`expression` with its largest part named by one of its operation's nouns, where it is too long for one line."""
        if not isinstance(expression, Apply) or (len(expression.operations()) <= 5 and len(expression.warp()) + len(name) < LINE - 32):
            return expression
        sizes = [len(a.operations()) for a in expression.arguments]
        largest = expression.arguments[sizes.index(max(sizes))]
        nouns = [n for n in largest.operation.nouns if n not in self._taken] if isinstance(largest, Apply) else []
        if not nouns:
            return expression
        part = self.let(self.name(*nouns), largest)
        return self._shortened(substitute(expression, lambda e: part if e is largest else None), name)
