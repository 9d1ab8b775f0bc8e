"""A draft: a kernel and its reference while a family writes them, side by side, until they are a Case.

The draft keeps the arguments with their shapes and domains (`Arguments`), the two bodies (`Bodies`), and the values in scope: `let` names a
value in both, `fused` one that a drawn expression makes of others, `step` does the same for a family that lays out its lines itself. It
also makes the choices that any kernel's author makes: how extents and parameters are passed, how threads are guarded, whether a formula is
a function of its own, and in which order the arguments stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kernels.case import Case
from kernels.drafting.arguments import Extent, Sizes, launch
from kernels.drafting.bodies import Bodies
from kernels.drafting.checks import faults
from kernels.drafting.formulas import formula
from kernels.drafting.functions import function_of
from kernels.drafting.layout import folded
from kernels.drafting.reference import names_read
from kernels.draw import Draw
from kernels.language.expression import Apply, Expression, Literal, Variable, apply, literal, substitute
from kernels.language.interval import Interval
from kernels.language.types import Type
from kernels.source import LINE, kernel_module, reference_module
from kernels.synthesis.expressions import Expressions
from kernels.synthesis.policy import draw_policy

REFERENCE_LINE = 140
"""Longest line of a reference."""
_INDENT = 4


@dataclass(frozen=True)
class Step:
    """One named intermediate value: its line in the kernel, its line in the reference, and the name as an expression."""

    warp: str
    numpy: str
    value: Variable


class Draft(Bodies):
    """One kernel and its reference under way.

    `smooth` drafts draw no operation that jumps (their algorithm makes the decisions); `without` names operations that none of their drawn
    expressions uses.
    """

    def __init__(self, draw: Draw, *, width: str | None = None, smooth: bool = False, without: Sequence[str] = ()) -> None:
        super().__init__(draw, width)
        policy = draw_policy(draw)
        weights = {**policy.weights, **dict.fromkeys(without, 0.0)}
        self.smooth = Expressions(draw, replace(policy, weights={**weights, "where": 0.0}), smooth_only=True)
        self.expressions = self.smooth if smooth else Expressions(draw, replace(policy, weights=weights))
        self.limitations: set[str] = set()
        self._typed_results = draw.chance(0.6)

    # Values

    def read(self, text: str) -> Expression:
        """The formula `text` over the values in scope."""
        return formula(text, self.scope, self.width)

    def let(self, name: str, what: str | Expression, *, function: str | None = None) -> Variable:
        """Names a value in kernel and reference; with `function`, by a function of that name. Long expressions get named parts."""
        expression = self.read(what) if isinstance(what, str) else what
        self.reserve(name)
        if function is None:
            expression = self._shortened(expression, name)
        chooses = isinstance(expression, Apply) and expression.operation.name == "where" and function is None
        # A value that is made of the one it replaces cannot be set to one side before the condition is asked.
        if chooses and name not in expression.variables() and self.draw.chance(0.35):
            assert isinstance(expression, Apply)
            self._keep(expression)
            condition, chosen, otherwise = (e.warp() for e in expression.arguments)
            self.line(f"{name} = {otherwise}", f"if {condition}:", f"    {name} = {chosen}")
            self.numpy(f"{name} = {expression.numpy()}")
        else:
            step = self._step(name, expression, function)
            self.line(step.warp)
            self.numpy(step.numpy)
        return self.known(name, expression.type, expression.range.low, expression.range.high)

    def fused(
        self,
        name: str,
        type: Type,
        variables: Sequence[Expression],
        depth: int | None = None,
        domain: Interval | None = None,
        *,
        smooth: bool = False,
        function: str | None = None,
    ) -> Variable:
        """Names a value of `type`, within `domain`, that a drawn expression makes of all `variables`."""
        return self.let(name, self.drawn(type, variables, depth, domain, smooth=smooth), function=function)

    def drawn(
        self,
        type: Type,
        variables: Sequence[Expression],
        depth: int | None = None,
        domain: Interval | None = None,
        *,
        smooth: bool = False,
    ) -> Expression:
        """A drawn expression of `type` over all `variables`, within `domain` if given: of several, one that reads as a person's would.

        `smooth` keeps to operations without jumps.
        """
        generator = self.smooth if smooth else self.expressions
        depth = self.draw.choice((1, 2)) if depth is None else depth
        best: Expression | None = None
        fewest = 0
        for attempt in range(10):
            built = generator.fused(type, variables, depth if attempt < 3 else min(depth, 1) if attempt < 7 else 0)
            if domain is not None:
                built = generator.confined(built, domain)
            found = faults(built, variables)
            if best is None or found < fewest:
                best, fewest = built, found
            if fewest <= 1:
                break
        assert best is not None
        self._keep(best)
        return best

    def step(self, name: str, type: Type, inputs: Sequence[Expression], depth: int | None = None, *, inline: bool = False) -> Step:
        """A value called `name`, drawn over all `inputs`, as a line that the family places; now and then made by a function."""
        return self.named(name, self.drawn(type, inputs, depth), inline=inline)

    def named(self, name: str, expression: Expression, *, inline: bool = False) -> Step:
        """`expression` called `name` (or longer, where that is taken), as a line that the family places."""
        name = self.free(name)
        function = None
        if not inline and isinstance(expression, Apply) and self.draw.chance(0.3):
            function = f"{self.draw.choice(('compute', 'eval', 'get', 'apply'))}_{name}"
        return self._step(name, expression, function)

    def ending(
        self, names: Sequence[str], total: Variable, fields: Sequence[Expression], values: Sequence[Expression], *, nonlinear: bool
    ) -> list[Step]:
        """The steps from a finished sum to the stored value, with `fields` (read from arrays) and `values` (passed by value).

        A sum from a dynamic loop is used linearly: Warp's adjoint does not replay such a loop before it differentiates what follows, so it
        sees the sum's first value there.
        """
        draw, type = self.draw, total.type
        if nonlinear:
            return [self.step(draw.choice(names), type, [total, *fields, *values])]
        steps: list[Step] = []
        value: Expression = total
        if values or draw.chance(0.4):
            factor: Expression = self.expressions.constant(self.real, 0.1, 2.0)
            if values:
                steps.append(self.step(draw.choice(("factor", "rate", "coefficient", "amount")), self.real, values, 1))
                factor = steps[-1].value
            value = apply("vec_scale" if type.rank else "multiply", value, factor)
        if fields:
            steps.append(self.step(draw.choice(("forcing", "base", "source", "shifted")), type, fields))
            pair = [value, steps[-1].value]
            value = apply(draw.choice(("add", "subtract")) + ("_vec" if type.rank else ""), *draw.shuffled(pair))
        if value is total:
            return []
        return [*steps, self.named(draw.choice(names), value, inline=draw.chance(0.7))]

    # The finished case

    def case(
        self,
        kernel_name: str,
        dim: Sequence[Extent],
        sizes: Sequence[Sizes],
        *,
        docstring: str = "",
        elementwise: bool = False,
    ) -> Case:
        """The finished case: a launch for each of `sizes`, over the grid `dim`. The reference takes what it reads."""
        body = self._without_idle_extents()
        arguments = self._arguments(set(re.findall(r"\w+", "\n".join(body))))
        if not self.reference[-1].startswith("return "):
            self.results(**{a.name: a.name for a in arguments if a.role != "input"})
        read = names_read(self.reference)
        if dropped := ({a.name for a in self._declared} - {a.name for a in arguments}) & read:
            raise ValueError(
                f"draft: {kernel_name!r} does not use {sorted(dropped)}, which its reference reads: derive them from dim or a shape"
            )
        signature = self._signature(arguments)
        definitions = [*self._struct_definitions(), *(folded(block, LINE) for block in self.definitions)]
        return Case(
            family=self.draw.family,
            seed=self.draw.seed,
            index=self.draw.index,
            kernel_name=kernel_name,
            python_source=kernel_module(signature, kernel_name, folded(body, LINE - _INDENT), definitions=definitions, docstring=docstring),
            reference_source=reference_module(
                [name for name in ("dim", "block_dim", *(a.name for a in arguments)) if name in read],
                folded(self.reference, REFERENCE_LINE - _INDENT),
                helpers=self.helpers,
                definitions=[folded(block, REFERENCE_LINE) for block in self.reference_definitions],
            ),
            arguments=tuple(signature.arguments),
            launches=tuple(launch(arguments, dim, s) for s in sizes),
            limitations=tuple(sorted(self.limitations)),
            elementwise=elementwise,
        )

    def _without_idle_extents(self) -> list[str]:
        """The kernel's body without extents that it reads off a shape but never uses."""
        kept = list(self.kernel)
        for line in self.kernel:
            extent = re.fullmatch(r"\s*(\w+) = \w+\.shape\[\d\]", line)
            if extent and re.findall(r"\w+", "\n".join(kept)).count(extent[1]) == 1:
                kept.remove(line)
        return kept

    def _keep(self, expression: Expression) -> None:
        """Notes what the case must say of the expression's operations."""
        for operation in expression.operations():
            self.helpers += operation.helpers
            if operation.limitation:
                self.limitations.add(operation.limitation)

    def _step(self, name: str, expression: Expression, function: str | None) -> Step:
        """The lines that name `expression`, by a function of its own if given and of use."""
        self._keep(expression)
        warp, numpy = expression.warp(), expression.numpy()
        if function is not None and isinstance(expression, Apply) and len(warp) < LINE - 16:
            made = function_of(self.free(function), expression, self._typed_results)
            self.definitions.append(made.definition)
            self.reference_definitions.append(made.reference)
            warp, numpy = made.call, made.reference_call
        return Step(f"{name} = {warp}", f"{name} = {numpy}", Variable(expression.type, expression.range, name))

    def _constant(self, low: float, high: float) -> Literal:
        constant = self.expressions.constant(self.real, low, high)
        # A factor of one would do nothing.
        return literal(round(0.4 * low + 0.6 * high, 2), self.real) if constant.value == 1.0 else constant

    def _shortened(self, expression: Expression, name: str) -> Expression:
        """`expression` with its largest part named after `name` and its operation, where it is too long for one line.

        Both words are needed: the noun alone may be a name that the family gives to another value further on.
        """
        if not isinstance(expression, Apply) or (len(expression.operations()) <= 5 and len(expression.warp()) + len(name) < LINE - 16):
            return expression
        sizes = [len(a.operations()) for a in expression.arguments]
        largest = expression.arguments[sizes.index(max(sizes))]
        if not isinstance(largest, Apply) or not largest.operation.nouns:
            return expression
        part = self.let(self.free(f"{name}_{self.draw.choice(largest.operation.nouns)}"), largest)
        return self._shortened(substitute(expression, lambda e: part if e is largest else None), name)
