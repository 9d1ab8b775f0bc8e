"""What a mirror declares: arguments, structs and functions, by names and types as a single-precision kernel spells them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent

from kernels.case import Role
from kernels.domains import Integers
from kernels.drafting.arguments import Extent, Rule
from kernels.drafting.draft import Draft
from kernels.drafting.mirror.control import function_lines
from kernels.drafting.mirror.operators import Scope
from kernels.drafting.mirror.registry import HELPERS
from kernels.drafting.mirror.spelling import joined, paired, parameters_of, widened
from kernels.drafting.mirror.values import Known, type_spelled
from kernels.draw import Draw
from kernels.language.expression import Variable
from kernels.language.interval import Interval
from kernels.language.types import I32, Type
from kernels.source import def_lines, indented

_MASKS = "branch rest otherwise going_on running inside active turn left found early taking drawn advanced grid"
"""Names that references give to masks and to what goes with them."""


class Declarations(Draft):
    """Arguments, structs and functions of one kernel and its reference.

    `width` is "float32", "float64" or "float16"; `without` names operations that none of its drawn expressions uses.
    """

    def __init__(self, draw: Draw, *, width: str | None = None, without: Sequence[str] = ()) -> None:
        super().__init__(draw, width=width, without=("normalize", *without))
        self.names = Scope()
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

    # Functions

    def define(self, name: str, parameters: str, body: str, result: str = "", doc: str = "") -> str:
        """Adds a function of `parameters` such as "r: float, x: array(vec3)"; its head may name the `result`. Returns its name."""
        heads = parameters_of(parameters, self.typed, self.names.structs)
        arrow = ""
        if result and self._typed_results:
            arrow = result if result in self.names.structs else self.typed(result).spelling
        lines = joined([self.spelled(line) for line in dedent(body).strip("\n").split("\n")])
        docstring = [f'"""{doc}"""'] if doc else []
        self.definitions.append(["@wp.func", *def_lines(name, heads.spelled, arrow), *indented([*docstring, *lines])])
        self.reference_definitions.append(function_lines(name, heads.values, heads.arrays, "\n".join(lines), self.names, heads.order))
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
        if self.width != "float32" and (split := paired(code, "join_spatial")) != code:
            code = split
            if "join_spatial" not in self.names.functions:
                parts = ", ".join(f"{v}[{n}]" for v in ("angular", "linear") for n in range(3))
                self.define("join_spatial", "angular: vec3, linear: vec3", f"return spatial_vector({parts})", "spatial_vector")
        return widened(code, self.width, bare_numbers=self._bare_numbers) + mark + comment

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
