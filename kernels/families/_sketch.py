"""A kernel in the making, shared by families that fuse drawn expressions into a fixed algorithm.

A `Sketch` collects the arguments with their domains, the fused steps (each one named line, or a helper function and its call), and turns
the two bodies into a Case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kernels.case import Case, Launch
from kernels.domains import Constant, Domain, Struct, Uniform
from kernels.draw import Draw
from kernels.families._formula_checks import depends, grazing
from kernels.families._layout import folded
from kernels.language.expression import Custom, Expression, Variable, apply, literal, substitute
from kernels.language.interval import Interval
from kernels.language.types import I32, Type, real, vector
from kernels.source import LINE, def_lines, indented, kernel_module, reference_module, signature, struct_definition
from kernels.synthesis.expressions import Expressions

Extents = Mapping[str, int]
"""What a launch calls its sizes: `{"rows": 7, "cols": 3}`."""

Rule = Domain | Callable[[Extents], Domain]
"""A domain, or how it follows from a launch's extents (indices below a count, offsets that end at one)."""

INDENT = 12
"""How deep a fused line may stand; it must still fit."""


@dataclass(frozen=True)
class Step:
    """One named intermediate value: its line in the kernel, its line in the reference, and the name as an expression."""

    warp: str
    numpy: str
    value: Variable


class Sketch:
    """Arguments, domains, helper functions and fused steps of one kernel."""

    def __init__(self, draw: Draw, family: str) -> None:
        self.draw, self.family, self.width = draw, family, draw.width()
        self.real, self.vec = real(self.width), vector(self.width)
        self.sig = signature(draw)
        self.expressions = Expressions(draw, smooth_only=True)
        self.domains: dict[str, Rule] = {}
        self.shapes: dict[str, tuple[str, ...]] = {}
        self.counts: dict[str, str] = {}
        self.definitions: list[list[str]] = []
        self.helpers: list[str] = []
        self.reserved: set[str] = set()
        self.limitations: set[str] = set()

    def num(self, value: float) -> str:
        """`value` as a literal of the kernel's real type."""
        return literal(value, self.real).warp()

    def zero(self, type: Type | None = None) -> str:
        """A mutable zero of `type` (the real type unless said otherwise)."""
        type = type or self.real
        return f"{type.spelling}()" if type.rank else f"{type.spelling}({'0.0' if type.is_float else '0'})"

    def cast(self, text: str) -> str:
        """The integer `text` as a real."""
        return f"{self.real.spelling}({text})"

    def array(self, name: str, type: Type, shape: Sequence[str], domain: Rule | None = None, differentiable: bool | None = None) -> str:
        """Adds an input array and returns its name. `shape` has a formula over the launch's extents for each axis."""
        self.domains[name], self.shapes[name] = domain or Uniform(-1.0, 1.0), tuple(shape)
        return self.sig.array(name, type, len(shape), differentiable=differentiable)

    def result(self, name: str, type: Type, shape: Sequence[str], *, accumulate: bool = False) -> str:
        """Adds an array that the kernel writes (or adds into) and returns its name."""
        self.shapes[name] = tuple(shape)
        return self.sig.array(name, type, len(shape), role="accumulate" if accumulate else "output")

    def inout(self, name: str, type: Type, shape: Sequence[str], domain: Rule | None = None, *, differentiable: bool = False) -> str:
        """Adds an array that the kernel changes in place and returns its name."""
        self.domains[name], self.shapes[name] = domain or Uniform(-1.0, 1.0), tuple(shape)
        return self.sig.array(name, type, len(shape), role="inout", differentiable=differentiable)

    def count(self, name: str, formula: str = "") -> str:
        """Adds an integer argument whose value is a formula over the launch's extents (its own name's, usually)."""
        self.counts[name] = formula or name
        return self.sig.value(name, I32)

    def wrapped(self, formula: str) -> str:
        """`formula`, with plain decimal literals, as the kernel spells it: float64 kernels cast each literal."""
        return formula if self.width == "float32" else re.sub(r"(?<![\w.])\d+\.\d+", lambda m: f"wp.float64({m[0]})", formula)

    def scalar(self, name: str, low: float = 0.1, high: float = 1.0) -> Expression:
        """Adds a real argument passed by value."""
        self.sig.value(name, self.real)
        self.domains[name] = Uniform(low, high)
        return Variable(self.real, Interval(low, high), name)

    def parameters(self, names: Sequence[str], count: int, low: float = 0.1, high: float = 1.0) -> list[Expression]:
        """`count` real parameters called after some of `names`: plain arguments, or the fields of a struct."""
        taken = {a.name for a in self.sig.arguments} | self.reserved
        free = [name for name in names if name not in taken]
        chosen = self.draw.subset(free, min(count, len(free)))
        kind, holder = self.draw.choice((("Params", "params"), ("Settings", "settings"), ("Config", "cfg"), ("Options", "opts")))
        if len(chosen) < 2 or holder in taken or self.draw.chance(0.6):
            return [self.scalar(name, low, high) for name in chosen]
        self.definitions.append(struct_definition(kind, [(name, self.real) for name in chosen]))
        self.sig.struct(holder, kind)
        self.domains[holder] = Struct(tuple((name, self.real.name, Uniform(low, high)) for name in chosen))
        return [Custom(self.real, Interval(low, high), f"{holder}.{name}", f"{holder}.{name}") for name in chosen]

    def step(self, name: str, type: Type, inputs: Sequence[Expression], depth: int | None = None, *, inline: bool = False) -> Step:
        """A value `name` made of all `inputs`, on a line of its own; the formula may stand in a helper function."""
        depth = self.draw.weighted((1, 2), (2, 3)) if depth is None else depth
        room = LINE - INDENT - len(name) - 3
        tries: list[Expression] = []
        for attempt in range(12):
            drawn = self.expressions.fused(type, inputs, depth if attempt < 2 else 1 if attempt < 6 else 0)
            tries.append(drawn)
            text = drawn.warp()
            if len(text) <= room and "- -" not in text and not grazing(drawn) and depends(drawn, inputs):
                break
        else:
            drawn = min(tries, key=lambda e: len(e.warp()))
        return self.named(name, drawn, inputs, inline=inline)

    def named(self, name: str, formula: Expression, inputs: Sequence[Expression], *, inline: bool = False) -> Step:
        """`formula` over `inputs` as a step, in a helper function now and then."""
        name = self.free(name)
        self.helpers += [h for op in formula.operations() for h in op.helpers]
        self.limitations |= {op.limitation for op in formula.operations() if op.limitation}
        value = Variable(formula.type, formula.range, name)
        text = formula.warp()
        if not inline and formula.operations() and self.draw.chance(0.3):
            text = self._function(name, formula, inputs)
        return Step(f"{name} = {text}", f"{name} = {formula.numpy()}", value)

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
        inputs = [total, *(s.value for s in steps)]
        return [*steps, self.named(draw.choice(names), value, inputs, inline=draw.chance(0.7))]

    def free(self, name: str) -> str:
        """`name`, or a longer one where an argument or a reserved name is called so already."""
        taken = {a.name for a in self.sig.arguments} | self.reserved
        while name in taken:
            name += "_value"
        return name

    def _function(self, name: str, formula: Expression, inputs: Sequence[Expression]) -> str:
        """Defines a function that computes `formula` and returns the call."""
        function = f"{self.draw.choice(('compute', 'eval', 'get', 'apply'))}_{name}"
        parameters: dict[Expression, Variable] = {}
        for e in inputs:
            own = (re.findall(r"\.(\w+)$", e.warp()) or re.findall(r"^\w+", e.warp()))[0]
            parameters[e] = Variable(e.type, e.range, own)
        body = substitute(formula, parameters.get)
        annotated = [f"{p.name}: {p.type.spelling}" for p in parameters.values()]
        result = formula.type.spelling if self.draw.chance(0.4) else ""
        self.definitions.append(["@wp.func", *def_lines(function, annotated, result), *indented([f"return {body.warp()}"])])
        return f"{function}({', '.join(e.warp() for e in inputs)})"

    def launch(self, dim: Sequence[str], extents: Extents) -> Launch:
        """The launch over `dim` (formulas, as for shapes) at the given extents."""
        domains: dict[str, Domain] = {name: Constant(_at(formula, extents)) for name, formula in self.counts.items()}
        domains |= {name: rule if isinstance(rule, Domain) else rule(extents) for name, rule in self.domains.items()}
        arguments = self.sig.arguments
        return Launch(
            dim=tuple(_at(formula, extents) for formula in dim),
            shapes={a.name: tuple(_at(formula, extents) for formula in self.shapes.get(a.name, ())) for a in arguments},
            domains={a.name: domains[a.name] for a in arguments if a.role in ("input", "inout")},
        )

    def case(
        self,
        name: str,
        body: Sequence[str],
        reference: Sequence[str],
        dim: Sequence[str],
        extents: Sequence[Extents],
        *,
        docstring: str = "",
        limitations: Sequence[str] = (),
        elementwise: bool = False,
        blocks: Sequence[Sequence[str]] = (),
    ) -> Case:
        """The finished case. The reference takes those arguments (and `dim`) that its body mentions; `blocks` are functions of it."""
        text = "\n".join(reference)
        words = set(re.findall(r"\w+", re.sub(r'"[^"]*"', "", text)))
        needed = ["dim"] if "dim" in words else []
        needed += [a.name for a in self.sig.arguments if a.name in words and (a.role != "output" or f"{a.name}.shape" in text)]
        body = self._without_idle(body, words)
        self._reorder()
        definitions = [folded(block, 0) for block in self.definitions]
        return Case(
            family=self.family,
            seed=self.draw.seed,
            index=self.draw.index,
            kernel_name=name,
            python_source=kernel_module(self.sig, name, folded(body), definitions=definitions, docstring=docstring),
            reference_source=reference_module(needed, reference, helpers=self.helpers, definitions=blocks),
            arguments=tuple(self.sig.arguments),
            launches=tuple(self.launch(dim, e) for e in extents),
            limitations=tuple(sorted({*limitations, *self.limitations})),
            elementwise=elementwise,
        )

    def _without_idle(self, body: Sequence[str], reference_words: set[str]) -> list[str]:
        """`body` without sizes that it reads but never uses; values that neither text mentions leave the signature."""
        kept = list(body)
        for line in body:
            size = re.fullmatch(r"(\w+) = \w+\.shape\[\d\]", line)
            if size and len(re.findall(rf"\b{size[1]}\b", "\n".join(kept))) == 1:
                kept.remove(line)
        used = set(re.findall(r"\w+", "\n".join(kept))) | reference_words
        pairs = [(a, t) for a, t in zip(self.sig.arguments, self.sig.annotations, strict=True) if a.ndim or a.name in used]
        self.sig.arguments[:], self.sig.annotations[:] = [a for a, _ in pairs], [t for _, t in pairs]
        return kept

    def _reorder(self) -> None:
        """The habits of argument order: as used, results first, or plain values last."""
        pairs = list(zip(self.sig.arguments, self.sig.annotations, strict=True))
        habit = self.draw.weighted(("as_used", "results_first", "values_last", "results_last"), (3, 1, 1, 3))
        if habit == "results_first":
            pairs.sort(key=lambda p: p[0].role == "input")
        elif habit == "values_last":
            pairs.sort(key=lambda p: p[0].ndim == 0)
        elif habit == "results_last":
            pairs.sort(key=lambda p: p[0].role != "input")
        self.sig.arguments[:] = [a for a, _ in pairs]
        self.sig.annotations[:] = [t for _, t in pairs]


def loop(counter: str, stop: str, lines: Sequence[str], start: str = "0") -> list[str]:
    """`lines` for each value of `counter` from `start` to below `stop`.

    Never a while loop: Warp's adjoint of one indexes arrays with the counter's next value, which may lie outside.
    """
    return [f"for {counter} in range({stop if start == '0' else f'{start}, {stop}'}):", *indented(lines)]


def _at(formula: str, extents: Extents) -> int:
    return extents[formula] if formula in extents else int(eval(formula, {}, dict(extents)))
