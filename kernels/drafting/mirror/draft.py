"""A draft whose kernel is written as text, statement by statement, and whose reference follows from the text.

The text is Warp's Python as it would stand in a single-precision kernel; `code` puts it into the kernel in the draft's width, and what it
comes to in numpy into the reference. Texts that mix widths name their types and leave the draft at single precision. Where numpy has a
formulation of its own, a family writes the two sides apart by `line` and `numpy`, and tells what it named by `holds`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent

from kernels.case import Case, Role
from kernels.domains import Integers
from kernels.drafting.arguments import Extent, Rule, Sizes
from kernels.drafting.draft import Draft
from kernels.drafting.mirror.control import Control, function_lines
from kernels.drafting.mirror.expressions import Scope
from kernels.drafting.mirror.registry import HELPERS, with_needs
from kernels.drafting.mirror.values import Known, type_spelled
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import I32, Type, type_named
from kernels.source import def_lines, indented

_SUFFIXES = {"float64": "d", "float16": "h"}
_COMPOUND = r"(?:vec\d+|mat\d\d|quat|transform|spatial_vector|spatial_matrix)"
_WIDE = re.compile(
    rf"(?P<sure>(?<![\w.])float\((?P<number>-?\d+\.\d+(?:e-?\d+)?)\))"
    r"|(?P<cast>(?<![\w.])float\b(?!\())|(?P<call>(?<![\w.])float\()"
    rf"|(?P<type>(?<![\w.])(?:wp\.)?{_COMPOUND}(?![\w]))"
    r"|(?P<identity>wp\.(?:quat|transform)_identity\(\))"
    r"|(?P<literal>(?<![\w.])\d+\.\d+(?:e-?\d+)?(?!\w))"
)
_WIDEST = 84
"""A line of a statement of several beyond this may not stand at the depth that it gets."""
_SPATIAL = re.compile(r"(?<![\w.])(?:wp\.)?spatial_vector\(")
_NUMBER = re.compile(r"wp\.float\d\d\(([\d.e-]+)\)")
_NUMBERS = re.compile(r"(\b(?:vec|mat|quat|transform|spatial_vector)\w*\()((?:-?wp\.float\d\d\([\d.e-]+\)(?:, )?)+)\)")
_LINES = {"f16": "f16 = np.float16", "SimpleNamespace": "from types import SimpleNamespace"}
"""Helpers of references that are lines and no functions."""
_MASKS = "branch rest otherwise going_on running inside active turn left found early taking drawn advanced grid"
"""Names that references give to masks and to what goes with them."""


class MirrorDraft(Draft):
    """One kernel and its reference, written as the kernel's text.

    `width` is "float32", "float64" or "float16"; `without` names operations that none of its drawn expressions uses.
    """

    def __init__(self, draw: Draw, *, width: str | None = None, without: Sequence[str] = ()) -> None:
        super().__init__(draw, width=width, without=("normalize", *without))
        self.names = Scope()
        self._control = Control(self.names)
        self._renaming: dict[str, tuple[str, ...]] = {}
        self._shapes: dict[str, str] = {}
        self._bare_numbers = draw.chance(0.75)
        self.reserve(*_MASKS.split(), *HELPERS)

    # Arguments

    def typed(self, text: str) -> Type:
        """The type that `text` names in the draft's width, such as `float`, `vec3`, `mat26`, `int`, `wp.uint8`."""
        type = type_spelled(self.spelled(text))
        if type is None:
            raise ValueError(f"mirror: {text!r} names no type")
        return type

    def field(
        self,
        name: str,
        type: str,
        *extents: Extent,
        low: float = -1.0,
        high: float = 1.0,
        domain: Rule | None = None,
        below: str = "",
        indices: Rule | None = None,
        role: Role = "input",
        differentiable: bool | None = None,
        names: Sequence[str] = (),
    ) -> str:
        """An array argument.

        `below` makes it indices into what launches call so, `indices` indices of that domain; `names` are what else it may be called.
        """
        if below:
            indices = lambda sizes: Integers(0, sizes[below])  # noqa: E731
        if indices is not None:
            domain = indices
            self.names.safe.add(name)
        if name in self.names.values:
            raise ValueError(f"mirror: {name!r} is a local already: call the array otherwise")
        known = self.typed(type)
        self.array(name, known, *extents, low=low, high=high, domain=domain, role=role, differentiable=differentiable)
        self.names.arrays[name] = (known, len(extents))
        if names:
            self._renaming[name] = tuple(names)
        return name

    def result(
        self, name: str, type: str, *extents: Extent, role: Role = "output", differentiable: bool | None = None, names: Sequence[str] = ()
    ) -> str:
        """An array that the kernel writes, or adds into (`accumulate`)."""
        return self.field(name, type, *extents, role=role, differentiable=differentiable, names=names)

    def uniform(self, name: str, type: str, domain: Rule, names: Sequence[str] = ()) -> str:
        """An argument passed by value."""
        known = self.typed(type)
        self.value(name, known, domain)
        self.names.values[name] = Known(known, lanes=False)
        if names:
            self._renaming[name] = tuple(names)
        return name

    def number_of(self, name: str, size: Extent = "") -> str:
        """The integer argument `name`, told one of the launch's sizes."""
        self.count(name, size)
        self.names.values[name] = Known(I32, lanes=False)
        return name

    def tune(self, name: str, low: float, high: float) -> str:
        """A real parameter as a text: an argument of its own, a field of a struct, or a literal, as the draft passes them."""
        text = self.knob(name, low, high).numpy()
        holder, _, part = text.partition(".")
        if text == name:
            self.names.values[name] = Known(self.real, lanes=False)
        elif part and not holder.lstrip("-").isdigit():
            self.names.values[holder] = Known(lanes=False, struct=self._struct[0])
            self.names.structs.setdefault(self._struct[0], {})[part] = Known(self.real, lanes=False)
        return text

    def structure(self, name: str, fields: Sequence[tuple[str, str]]) -> str:
        """Defines a struct of values for the kernel's own use (`hit = Hit()`). Returns its name."""
        types = {field: self.typed(type) for field, type in fields}
        self.definitions.insert(0, ["@wp.struct", f"class {name}:", *(f"    {field}: {type.spelling}" for field, type in types.items())])
        self.names.structs[name] = {field: Known(type) for field, type in types.items()}
        self.reserve(name)
        return name

    # Threads

    def thread(self, size: str, array: str, *, index: str = "tid", counts: Sequence[str] = ()) -> None:
        """Names the thread of a one-dimensional grid over the first axis of `array`, which launches call `size`, and guards it."""
        self.line(f"{index} = wp.tid()")
        self.numpy(f"{index} = np.arange(dim[0], dtype=np.int32)")
        self._threads([index])
        if self._guard != "none":
            extent = self.extent(self.name(*counts, "num_threads", "thread_count", "n_active", "launch_size"), array, size=size)
            self._close([f"{index} >= {extent}"], [f"{index} < {extent}"])

    def grid(self, *axes: tuple[str, str, str], array: str = "") -> None:
        """Names the threads of a grid of two or three axes (index, the extent's name, what launches call it); `array` has these extents."""
        indices = [index for index, *_ in axes]
        self.line(f"{', '.join(indices)} = wp.tid()")
        for number, index in enumerate(indices):
            trailing = ", None" * (len(indices) - 1 - number)
            self.numpy(f"{index} = np.arange(dim[{number}], dtype=np.int32){f'[:{trailing}]' if trailing else ''}")
        self._threads(indices)
        if self._guard != "none":
            for number, (_, extent, size) in enumerate(axes):
                if array:
                    self.extent(extent, array, number, size=size)
                else:
                    self.count(extent, size)
            self._close([f"{i} >= {e}" for i, e, _ in axes], [f"{i} < {e}" for i, e, _ in axes])

    def _threads(self, indices: Sequence[str]) -> None:
        for index in indices:
            self.names.values[index] = Known(I32)
            self.names.safe.add(index)
        self.names.threads = tuple(indices)

    def _close(self, outside: Sequence[str], inside: Sequence[str]) -> None:
        if self._guard == "return":
            self.line(f"if {' or '.join(outside)}:", "    return")
        else:
            self.line(f"if {' and '.join(inside)}:")
            self._depth += 1

    # Bodies

    def code(self, text: str) -> None:
        """Adds statements to the kernel, and what they come to in numpy to the reference."""
        lines = _joined([self.spelled(line) for line in dedent(text).strip("\n").split("\n")])
        body = ast.parse("\n".join(lines)).body
        for node in (n for statement in body for n in ast.walk(statement)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and (self.has(node.id) or node.id in self._shapes):
                raise ValueError(f"mirror: {node.id!r} is an argument or extent: call the local otherwise")
        self.line(*lines)
        self.numpy(*self._control.lines(body))

    def holds(self, type: str, *names: str) -> None:
        """Tells the type of locals that `line` and `numpy` named."""
        for name in names:
            self.names.values[name] = Known(self.typed(type))

    def mixed(
        self,
        name: str,
        type: str,
        inputs: Sequence[tuple[str, str, float, float] | str],
        depth: int | None = None,
        domain: Interval | None = None,
        *,
        function: str | None = None,
        smooth: bool = False,
    ) -> str:
        """Names a value that a drawn expression makes of `inputs`: locals (name, type, low, high), or names of `tune` parameters."""
        variables: list[Expression] = []
        for item in inputs:
            if isinstance(item, str):
                variables.append(self.scope[item])
            else:
                local, kind, low, high = item
                variables.append(Variable(self.typed(kind), Interval(low, high), local))
        value = self.fused(name, self.typed(type), variables, depth, domain, function=function, smooth=smooth)
        self.names.values[value.name] = Known(value.type)
        return value.name

    def known(self, name: str, type: Type, low: float, high: float, numpy_name: str | None = None) -> Variable:
        """As a draft's; the text may use the name."""
        self.names.values.setdefault(name, Known(type))
        return super().known(name, type, low, high, numpy_name)

    def extent(self, name: str, array: str, axis: int = 0, size: str = "") -> str:
        """As a draft's; the text may use the name."""
        self.names.values[name] = Known(I32, lanes=False)
        if not self.has(name) and self._extents_from_shape:
            self._shapes.setdefault(name, f"{array}.shape[{axis}]")
        return super().extent(name, array, axis, size)

    def define(self, name: str, parameters: str, body: str, result: str = "", doc: str = "") -> str:
        """Adds a function: `parameters` such as "r: float, h: vec3", or arrays such as "x: array(vec3)". Returns its name.

        `result`, if given, is the type that the head may name.
        """
        heads, values, arrays, order = [], {}, {}, []
        for part in parameters.split(", "):
            parameter, text = (p.strip() for p in part.split(":"))
            order.append(parameter)
            if match := re.fullmatch(r"array([234]?)d?\((.+)\)", text):
                type = self.typed(match[2])
                arrays[parameter] = (type, int(match[1] or 1))
                heads.append(f"{parameter}: wp.array{match[1] + 'd' if match[1] else ''}(dtype={type.spelling})")
            elif text in self.names.structs:
                values[parameter] = Known(struct=text)
                heads.append(f"{parameter}: {text}")
            else:
                values[parameter] = Known(self.typed(text))
                heads.append(f"{parameter}: {self.typed(text).spelling}")
        arrow = ""
        if result and self._typed_results:
            arrow = result if result in self.names.structs else self.typed(result).spelling
        lines = _joined([self.spelled(line) for line in dedent(body).strip("\n").split("\n")])
        docstring = [f'"""{doc}"""'] if doc else []
        self.definitions.append(["@wp.func", *def_lines(name, heads, arrow), *indented([*docstring, *lines])])
        self.reference_definitions.append(function_lines(name, values, arrays, "\n".join(lines), self.names, order))
        self.reserve(name)
        return name

    def define_drawn(
        self, name: str, parameters: Sequence[tuple[str, str, float, float]], type: str, domain: Interval | None = None
    ) -> str:
        """Adds a function that returns a drawn expression of its `parameters` (name, type, low, high). Returns its name."""
        variables = [Variable(self.typed(kind), Interval(low, high), parameter) for parameter, kind, low, high in parameters]
        expression = self.drawn(self.typed(type), variables, None, domain)
        order = [parameter for parameter, *_ in parameters]
        heads = [f"{v.name}: {v.type.spelling}" for v in variables]
        self.definitions.append(["@wp.func", *def_lines(name, heads), f"    return {expression.warp()}"])
        self.reference_definitions.append([*def_lines(name, order), f"    return {expression.numpy()}"])
        self.names.functions[name] = (Known(expression.type),)
        self.reserve(name)
        return name

    def spelled(self, line: str) -> str:
        """A line of single-precision text in the kernel's width; its comment stays as it is."""
        code, mark, comment = line.partition("#")
        if self.width != "float32" and (calls := list(_SPATIAL.finditer(code))):
            # Of two vectors, Warp makes spatial vectors in single precision alone.
            for call in reversed(calls):
                if _count(code[call.end() :]) == 2:
                    code = f"{code[: call.start()]}join_spatial({code[call.end() :]}"
                    self._join_spatial()
        code = _WIDE.sub(self._widened, code)
        if self._bare_numbers:
            # The numbers of a compound that is made of nothing else take its width by themselves.
            code = _NUMBERS.sub(lambda m: m[1] + _NUMBER.sub(r"\1", m[2]) + ")", code)
        return code + mark + comment

    def _join_spatial(self) -> None:
        if "join_spatial" not in self.names.functions:
            parts = ", ".join(f"{v}[{n}]" for v in ("angular", "linear") for n in range(3))
            self.define("join_spatial", "angular: vec3, linear: vec3", f"return spatial_vector({parts})", "spatial_vector")

    def _widened(self, match: re.Match[str]) -> str:
        if match["type"]:
            name = match["type"].removeprefix("wp.") + _SUFFIXES.get(self.width, "")
            return type_named(name if name[-1] in "dh" else f"{name}f").spelling
        if self.width == "float32":
            return match[0]
        wide = f"wp.{self.width}"
        if match["sure"] or match["literal"]:
            return f"{wide}({match['number'] or match['literal']})"
        if match["cast"]:
            return wide
        if match["call"]:
            return f"{wide}("
        return f"{match['identity'][:-1]}dtype={wide})"

    # The finished case

    @property
    def precision(self) -> str:
        """Numpy's scalar type of the draft's width, as the reference spells it."""
        if self.width == "float16":
            self.names.helpers.append("f16")
            return "f16"
        return super().precision

    def alias(self, name: str, *options: str) -> None:
        """Lets `name` be called by one of `options` (or as it is) in the finished case."""
        self._renaming[name] = options

    def finish(self, kernel_name: str, dim: Sequence[Extent], sizes: Sequence[Sizes], *, doc: str = "") -> Case:
        """The finished case: a launch for each of `sizes`, over the grid `dim`."""
        floats = [a for a in self._declared if a.differentiable]
        apart = all(a.extents == tuple(dim) and a.role != "accumulate" for a in floats) and not self.names.gathered
        needed = with_needs([h for h in dict.fromkeys(self.names.helpers) if h not in _LINES])
        self.reference_definitions[:0] = [list(HELPERS[h]) for h in needed]
        self.helpers += [_LINES[h] for h in dict.fromkeys(self.names.helpers) if h in _LINES]
        used = set(re.findall(r"\w+", "\n".join(self.reference)))
        self.reference[:0] = [f"{name} = {shape}" for name, shape in self._shapes.items() if name in used]
        self._rename()
        if kernel_name in self.names.functions:
            kernel_name += "_kernel"
        return self.case(kernel_name, dim, sizes, docstring=doc, elementwise=apart)

    def _rename(self) -> None:
        """Gives every aliased name one of its options that is free."""
        bodies = (self.kernel, self.reference, *self.definitions, *self.reference_definitions)
        words = {a.name for a in self._declared} | self._taken
        words.update(word for lines in bodies for word in re.findall(r"\w+", "\n".join(lines)))
        chosen: dict[str, str] = {}
        for name, options in self._renaming.items():
            option = self.draw.choice((name, *options))
            if option not in words:
                chosen[name] = option
                words.add(option)
        if not chosen:
            return
        pattern = re.compile(r"(?<![\w.])(" + "|".join(sorted(map(re.escape, chosen), key=len, reverse=True)) + r")(?!\w)")
        for lines in bodies:
            lines[:] = [pattern.sub(lambda m: chosen[m[1]], line) for line in lines]
        self._declared = [replace(a, name=chosen.get(a.name, a.name)) for a in self._declared]


def _count(text: str) -> int:
    """The number of arguments of the call whose opening parenthesis ends where `text` begins."""
    depth, commas = 1, 0
    for position, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        commas += depth == 1 and character == ","
        if depth == 0:
            return commas + 1 if text[:position].strip() else 0
    raise ValueError(f"mirror: {text!r} closes no call: keep calls of spatial_vector on one line")


def _joined(lines: Sequence[str]) -> list[str]:
    """`lines`, those of one statement in one line where one of them is too long to stand: the layout breaks whole statements."""
    joined: list[str] = []
    group: list[str] = []
    depth = 0
    for line in lines:
        group.append(line)
        depth += sum(line.count(c) for c in "([{") - sum(line.count(c) for c in ")]}")
        if depth > 0:
            continue
        if len(group) > 1 and max(map(len, group)) > _WIDEST:
            inner = " ".join(part.strip() for part in group[1:-1]).rstrip(",")
            group = [f"{group[0]}{inner}{group[-1].strip()}"]
        joined += group
        group = []
    return [*joined, *group]
