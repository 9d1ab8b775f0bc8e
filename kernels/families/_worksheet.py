"""A case in the making: its arguments with their extents and domains, and the lines of its kernel and reference, side by side.

A family writes a formula once, in Warp's spelling; the worksheet renders it for the kernel (wrapping the literals of float64 kernels) and
for numpy (over all threads at once, see `_numpy_spelling`). What differs in structure between the two (loads, loops, guards, sums) the
family writes for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from kernels.case import Case, Launch, Role
from kernels.domains import Constant, Domain, Struct, Uniform
from kernels.draw import Draw
from kernels.families._numpy_spelling import to_numpy
from kernels.families._wrapping import wrapped
from kernels.language.expression import Expression, Variable, variable
from kernels.language.interval import Interval
from kernels.language.types import F32, F64, I32, I64, Type, matrix, real, vector
from kernels.source import LINE, def_lines, indented, kernel_module, reference_module, signature, struct_definition
from kernels.synthesis.expressions import Expressions
from kernels.synthesis.policy import draw_policy

Extents = Mapping[str, int]
DomainRule = Domain | Callable[[Extents], Domain]
"""A domain, or how it follows from a launch's extents (indices below a count, offsets that end at one)."""

_LITERAL = re.compile(r"(?<![\w.])\d+\.\d+(?:e-?\d+)?(?!\w)")
_WIDEST_WARP, _WIDEST_NUMPY = 70, 110


@dataclass(frozen=True)
class _Slot:
    """One argument: what `Signature` needs, its extents by name, and its domain."""

    name: str
    type: Type | str
    extents: tuple[str, ...]
    domain: DomainRule | None
    role: Role
    differentiable: bool | None


class Worksheet:
    """Collects a case. `without` names operations that its expressions must not use.

    Kernel lines go at the current depth of `block` and `loop`, reference lines at that of `loop`."""

    def __init__(
        self, draw: Draw, family: str, *, width: str | None = None, smooth_only: bool = False, without: Sequence[str] = ()
    ) -> None:
        self.draw, self.family = draw, family
        self.width = width or draw.width()
        self.real, self.vector, self.matrix = real(self.width), vector(self.width), matrix(self.width)
        policy = draw_policy(draw)
        weights = {**policy.weights, **dict.fromkeys(without, 0.0)}
        self.generator = Expressions(draw, replace(policy, weights=weights), smooth_only=smooth_only)
        self.kernel: list[str] = []
        self.reference: list[str] = []
        self.definitions: list[list[str]] = []
        self.reference_definitions: list[list[str]] = []
        self.reference_helpers: list[str] = []
        self.expressions: list[Expression] = []
        self.limitations: set[str] = set()
        self._slots: list[_Slot] = []
        self._depth = 0
        self._numpy_depth = 0

    def array(
        self,
        name: str,
        type: Type,
        extents: str,
        domain: DomainRule | None = None,
        *,
        role: Role = "input",
        differentiable: bool | None = None,
    ) -> str:
        """Adds an array argument whose `extents` name its axes, such as "n" or "rows cols"; returns its name."""
        self._slots.append(_Slot(name, type, tuple(extents.split()), domain, role, differentiable))
        return name

    def value(self, name: str, type: Type, domain: DomainRule) -> str:
        """Adds an argument passed by value; returns its name."""
        self._slots.append(_Slot(name, type, (), domain, "input", None))
        return name

    def output(self, name: str, type: Type, extents: str, role: Role = "output", *, differentiable: bool | None = None) -> str:
        """Adds an array that the kernel writes (or adds into, role 'accumulate'); returns its name."""
        return self.array(name, type, extents, role=role, differentiable=differentiable)

    def extent(self, name: str, extent: str, array: str, axis: int = 0) -> str:
        """The length of an axis under `name` in the kernel: an argument, or taken from the shape of `array`."""
        if self.draw.chance(0.6):
            return self.value(name, I32, lambda sizes: Constant(sizes[extent]))
        self.line(f"{name} = {array}.shape[{axis}]")
        return name

    def guard(self, index: str, extent: str, array: str, probability: float = 0.4) -> None:
        """With `probability`, an early return of threads beyond the length of `array`."""
        if self.draw.chance(probability):
            name = self.extent(self.draw.choice(("n", "count", "total_count", f"num_{array}")), extent, array)
            with self.block(f"if {index} >= {name}:"):
                self.line("return")

    def load(self, name: str, array: str, index: str, low: float, high: float, type: Type | None = None, *, numpy: str = "") -> Variable:
        """Reads `array[index]` as `name` in the kernel, all of it (or `numpy`) in the reference."""
        self.line(f"{name} = {array}[{index}]")
        self.numpy(f"{name} = {numpy or array}")
        return variable(name, type or self.real, low, high)

    def parameters(self, fields: Sequence[tuple[str, float, float]], struct: str) -> dict[str, Variable]:
        """Reals that are the same in every thread, as plain arguments or as a struct called `struct`; returns them by name."""
        if len(fields) < 2 or not self.draw.chance(0.35):
            return {name: self.parameter(name, low, high) for name, low, high in fields}
        bundle = self.draw.choice(("params", "cfg", "settings", "model"))
        self.definitions.append(struct_definition(struct, [(name, self.real) for name, _, _ in fields]))
        domain = Struct(tuple((name, self.width, Uniform(low, high)) for name, low, high in fields))
        self._slots.append(_Slot(bundle, struct, (), domain, "input", None))
        if self.draw.chance(0.4):
            self.both(*(f"{name} = {bundle}.{name}" for name, _, _ in fields))
            return {name: variable(name, self.real, low, high) for name, low, high in fields}
        return {name: variable(f"{bundle}.{name}", self.real, low, high) for name, low, high in fields}

    def parameter(self, name: str, low: float, high: float) -> Variable:
        """A real passed by value, in [low, high]."""
        self.value(name, self.real, Uniform(low, high))
        return variable(name, self.real, low, high)

    def line(self, *lines: str) -> None:
        """Adds kernel lines at the current depth; long ones are wrapped."""
        for text in indented(lines, self._depth):
            self.kernel += wrapped(text, LINE - 4)

    def numpy(self, *lines: str) -> None:
        """Adds reference lines as they are, at the depth of `loop`."""
        self.reference += indented(lines, self._numpy_depth)

    def both(self, *lines: str) -> None:
        """Adds lines that are the same in both."""
        self.line(*lines)
        self.numpy(*lines)

    def formula(self, *formulas: str) -> None:
        """Adds formulas to both. Braces mark a scalar that scales a vector: `{w} * offset`."""
        self.warp_formula(*formulas)
        self.numpy(*(to_numpy(text) for text in formulas))

    def warp_formula(self, *formulas: str) -> None:
        """Adds formulas to the kernel only, their literals in its width."""
        self.line(*(self.warp(text) for text in formulas))

    def warp(self, text: str) -> str:
        """The kernel's spelling of a formula."""
        text = text.replace("{", "").replace("}", "")
        return _LITERAL.sub(lambda m: f"wp.float64({m[0]})", text) if self.width == "float64" else text

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Kernel lines within go one step deeper, under `header`."""
        self.line(header)
        self._depth += 1
        yield
        self._depth -= 1

    @contextmanager
    def loop(self, header: str, numpy_header: str = "") -> Iterator[None]:
        """Lines within go one step deeper in both, under a header in each: the reference loops with all threads at once."""
        self.numpy(numpy_header or header)
        self._numpy_depth += 1
        with self.block(header):
            yield
        self._numpy_depth -= 1

    def zero(self, type: Type | None = None) -> str:
        """The text of a zero that a loop may add to."""
        type = type or self.real
        if type.rank:
            return f"{type.spelling}({'0.0, 0.0, 0.0' if type.name == 'vec3f' else ''})"
        return {F32: "float(0.0)", F64: "wp.float64(0.0)", I32: "int(0)", I64: "wp.int64(0)"}[type]

    def number(self, value: float) -> str:
        """The kernel's text of a real literal."""
        return self.warp(repr(float(value)))

    def cast(self, text: str) -> str:
        """The formula that turns an integer into a real of the worksheet's width."""
        return f"{'float' if self.width == 'float32' else 'wp.float64'}({text})"

    @property
    def precision(self) -> str:
        """Numpy's scalar type of the worksheet's width, as the reference spells it."""
        return "f32" if self.width == "float32" else "np.float64"

    def expression(
        self, type: Type, variables: Sequence[Expression], depth: int | None = None, domain: Interval | None = None
    ) -> Expression:
        """A short expression over all of `variables`, within `domain` if given, that fits its lines."""
        depth = self.draw.choice((1, 1, 2)) if depth is None else depth
        for attempt in range(6):
            built = self.generator.fused(type, variables, depth if attempt < 3 else 1)
            if domain is not None:
                built = self.generator.confined(built, domain)
            if len(built.warp()) <= _WIDEST_WARP and len(built.numpy()) <= _WIDEST_NUMPY:
                break
        self.expressions.append(built)
        return built

    def fused(
        self, name: str, type: Type, variables: Sequence[Expression], depth: int | None = None, domain: Interval | None = None
    ) -> Variable:
        """Draws an expression and names it in both; returns the name as a variable."""
        built = self.expression(type, variables, depth, domain)
        self.line(f"{name} = {built.warp()}")
        self.numpy(f"{name} = {built.numpy()}")
        return variable(name, type, built.range.low, built.range.high)

    def store(self, out: str, index: str, name: str) -> None:
        """Writes the local `name` to `out[index]`."""
        self.line(f"{out}[{index}] = {name}")
        self.numpy(f"{out} = {name}")

    def function(self, name: str, parameters: Sequence[tuple[str, Type]], body: Sequence[str], result: Type | None = None) -> str:
        """Adds a `@wp.func` (its body in the formula spelling); returns its name."""
        arrow = result.spelling if result is not None and self.draw.chance(0.5) else ""
        header = def_lines(name, [f"{p}: {t.spelling}" for p, t in parameters], arrow)
        lines = [part for text in body for part in wrapped(self.warp(text), LINE - 4)]
        self.definitions.append(["@wp.func", *header, *indented(lines)])
        return name

    def case(self, kernel_name: str, dim: str, sizes: Sequence[Extents], *, docstring: str = "", elementwise: bool = False) -> Case:
        """The finished case: `dim` names the grid's extents, `sizes` gives every extent's length for each launch."""
        slots = self._ordered()
        sig = signature(self.draw)
        for slot in slots:
            if isinstance(slot.type, str):
                sig.struct(slot.name, slot.type)
            elif slot.extents:
                sig.array(slot.name, slot.type, len(slot.extents), slot.role, slot.differentiable)
            else:
                sig.value(slot.name, slot.type)
        text = "\n".join(self.reference)
        words, shaped = set(re.findall(r"\w+", text)), set(re.findall(r"zeros_like\((\w+)\)", text))
        read = [s.name for s in slots if s.name in shaped or (s.name in words and s.role in ("input", "inout"))]
        result = "return {" + ", ".join(f'"{s.name}": {s.name}' for s in slots if s.role != "input") + "}"
        operations = [op for e in self.expressions for op in e.operations()]
        return Case(
            family=self.family,
            seed=self.draw.seed,
            index=self.draw.index,
            kernel_name=kernel_name,
            python_source=kernel_module(sig, kernel_name, self.kernel, definitions=self.definitions, docstring=docstring),
            reference_source=reference_module(
                [*(["dim"] if "dim" in words else []), *read],
                [*self.reference, result],
                helpers=[*self.reference_helpers, *(h for op in operations for h in op.helpers)],
                definitions=self.reference_definitions,
            ),
            arguments=tuple(sig.arguments),
            launches=tuple(_launch(slots, dim.split(), extents) for extents in sizes),
            limitations=tuple(sorted({op.limitation for op in operations if op.limitation} | self.limitations)),
            elementwise=elementwise,
        )

    def _ordered(self) -> list[_Slot]:
        """The arguments in one of the orders that people use."""
        arrays = [s for s in self._slots if s.extents and s.role == "input"]
        outputs = [s for s in self._slots if s.extents and s.role != "input"]
        values = [s for s in self._slots if not s.extents]
        order = self.draw.choice(("values last", "values first", "outputs last", "outputs last"))
        if order == "values last":
            return [*arrays, *outputs, *values]
        return [*values, *arrays, *outputs] if order == "values first" else [*arrays, *values, *outputs]


def _launch(slots: Sequence[_Slot], dim: Sequence[str], extents: Extents) -> Launch:
    domains = {s.name: s.domain if isinstance(s.domain, Domain) else s.domain(extents) for s in slots if s.domain is not None}
    return Launch(
        dim=tuple(extents[axis] for axis in dim),
        shapes={s.name: tuple(extents[axis] for axis in s.extents) for s in slots},
        domains=domains,
    )
