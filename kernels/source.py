"""The text of a case's two modules: the Warp module with its kernel, and the numpy module with its reference.

Families and the synthesizer say what stands in them; here is how it is laid out, as a formatter would: one line where it fits, one argument
per line where not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernels.case import Argument, Role
from kernels.draw import Draw
from kernels.language.types import Type, alias_definitions

LINE = 100


@dataclass
class Signature:
    """A kernel's arguments, in order, with their annotations. `subscript` chooses `wp.array[float]` over `wp.array(dtype=float)`."""

    subscript: bool = False
    arguments: list[Argument] = field(default_factory=list)
    annotations: list[str] = field(default_factory=list)

    def array(self, name: str, type: Type, ndim: int = 1, role: Role = "input", differentiable: bool | None = None) -> str:
        """Adds an array argument and returns its name. Float arrays are differentiable unless said otherwise; in-out arrays are not."""
        if differentiable is None:
            differentiable = type.is_float and role != "inout"
        self.arguments.append(Argument(name, type.name, ndim, role, differentiable))
        suffix = "" if ndim == 1 else f"{ndim}d"
        self.annotations.append(f"wp.array{suffix}[{type.spelling}]" if self.subscript else f"wp.array{suffix}(dtype={type.spelling})")
        return name

    def value(self, name: str, type: Type) -> str:
        """Adds an argument passed by value and returns its name."""
        self.arguments.append(Argument(name, type.name, 0))
        self.annotations.append(type.spelling)
        return name

    def struct(self, name: str, struct: str, ndim: int = 0, role: Role = "input", *, differentiable: bool = False) -> str:
        """Adds a struct argument of the class called `struct`, or an array of such, and returns its name."""
        self.arguments.append(Argument(name, f"struct:{struct}", ndim, role, differentiable))
        suffix = "" if ndim < 2 else f"{ndim}d"
        array = f"wp.array{suffix}[{struct}]" if self.subscript else f"wp.array{suffix}(dtype={struct})"
        self.annotations.append(array if ndim else struct)
        return name

    def compound(self, name: str, dtype: str, annotation: str, ndim: int = 0, *, differentiable: bool = False) -> str:
        """Adds a compound argument (see generation.code.compounds), which the kernel takes as `annotation` says. Returns its name."""
        self.arguments.append(Argument(name, dtype, ndim, differentiable=differentiable))
        self.annotations.append(annotation)
        return name

    def definition(self, kernel_name: str) -> list[str]:
        """The decorated `def` lines."""
        parts = [f"{a.name}: {annotation}" for a, annotation in zip(self.arguments, self.annotations, strict=True)]
        return ["@wp.kernel", *def_lines(kernel_name, parts)]


def signature(draw: Draw) -> Signature:
    """An empty signature in one of the two annotation styles."""
    return Signature(subscript=draw.chance(0.5))


def def_lines(name: str, parameters: Sequence[str], result: str = "") -> list[str]:
    """`def name(parameters) -> result:` on one line where it fits, else one parameter per line."""
    arrow = f" -> {result}" if result else ""
    line = f"def {name}({', '.join(parameters)}){arrow}:"
    if len(line) <= LINE:
        return [line]
    return [f"def {name}(", *(f"    {p}," for p in parameters), f"){arrow}:"]


def indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    """`lines`, indented by `levels` steps of four spaces; empty lines stay empty."""
    return ["    " * levels + line if line else line for line in lines]


def kernel_module(
    signature: Signature,
    kernel_name: str,
    body: Sequence[str],
    *,
    definitions: Sequence[Sequence[str]] = (),
    docstring: str = "",
    constants: Sequence[str] = (),
) -> str:
    """The Warp module: import, `constants` (lines), `definitions` (structs and functions, each a block of lines), the kernel with `body`.

    Types that Warp has no name for, such as `vec5`, are defined where they occur.
    """
    lines = []
    for block in definitions:
        lines += ["", *block, ""]
    text = [f'"""{docstring}"""'] if docstring else []
    lines += ["", *signature.definition(kernel_name), *indented([*text, *body])]
    generic = ["from typing import Any", ""] if any("Any" in line for line in lines) else []
    top = [*alias_definitions("\n".join([*constants, *lines])), *constants]
    return "\n".join([*generic, "import warp as wp", "", *([*top, ""] if top else []), *lines]) + "\n"


def factory_module(factory: str, parameter: str, value: str) -> Callable[..., str]:
    """What makes a module like `kernel_module`, whose kernel comes from a function: it captures `parameter`, which is given `value`."""

    def make(signature: Signature, kernel_name: str, body: Sequence[str], *, docstring: str = "", **rest: Any) -> str:
        plain = kernel_module(signature, kernel_name, body, docstring=docstring, **rest)
        above, _, kernel = plain.rpartition("@wp.kernel\n")
        inner = indented(["@wp.kernel", *kernel.rstrip("\n").split("\n")])
        lines = [f"def {factory}({parameter}):", *inner, "", f"    return {kernel_name}", "", "", f"{kernel_name} = {factory}({value})"]
        return above + "\n".join(lines) + "\n"

    return make


def reference_module(
    parameters: Sequence[str], body: Sequence[str], *, helpers: Sequence[str] = (), definitions: Sequence[Sequence[str]] = ()
) -> str:
    """The numpy module: imports, the working precision `f32` (and `f16` where it is used), helper lines, functions, then `reference`."""
    imports = sorted({h for h in helpers if h.startswith("import ")})
    lines = [*imports, *([""] if imports else []), "import numpy as np", "", "f32 = np.float32"]
    text = "\n".join([*body, *helpers, *(line for block in definitions for line in block)])
    lines += ["f16 = np.float16"] if re.search(r"\bf16\b", text) else []
    rest = list(dict.fromkeys(h for h in helpers if not h.startswith("import ")))
    lines += ([""] if rest else []) + rest
    for block in definitions:
        lines += ["", "", *block]
    lines += ["", "", *def_lines("reference", parameters), *indented(body)]
    return "\n".join(lines) + "\n"


def struct_definition(name: str, fields: Sequence[tuple[str, Type]]) -> list[str]:
    """A `@wp.struct` class."""
    return ["@wp.struct", f"class {name}:", *(f"    {field}: {type.spelling}" for field, type in fields)]
