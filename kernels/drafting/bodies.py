"""The two bodies of a draft, written side by side: the kernel's lines and the reference's, and the functions that each calls.

`line` adds to the kernel, `numpy` to the reference, `both` to both as they stand, `formula` to both in the spelling of each. The reference
works on all threads at once, so what differs in structure (loads, loops, guards, sums) is written for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kernels.drafting.arguments import Arguments
from kernels.drafting.formulas import to_numpy
from kernels.draw import Draw
from kernels.language.expression import Variable, literal
from kernels.language.types import Type
from kernels.source import def_lines, indented

_LITERAL = re.compile(r"(?<![\w.])\d+\.\d+(?:e-?\d+)?(?!\w)")
_TARGETS = re.compile(r"([\w, ]+) [-+*/]?= ")


class Bodies(Arguments):
    """Arguments, and the lines of kernel and reference that use them."""

    def __init__(self, draw: Draw, width: str | None) -> None:
        super().__init__(draw, width)
        self.kernel: list[str] = []
        self.reference: list[str] = []
        self.definitions: list[list[str]] = []
        self.reference_definitions: list[list[str]] = []
        self.helpers: list[str] = []
        self._depth = 0
        self._numpy_depth = 0
        self._extents_from_shape = draw.chance(0.4)
        self._read_off: set[str] = set()
        self._guard = draw.weighted(("none", "return", "nested"), (3, 4, 3))

    def line(self, *lines: str) -> None:
        """Adds lines to the kernel at the present depth of `block` and `loop`."""
        for text in lines:
            if match := _TARGETS.match(text.lstrip()):
                self.reserve(*match[1].replace(" ", "").split(","))
        self.kernel += indented(lines, self._depth)

    def insert(self, place: int, *lines: str) -> None:
        """Puts lines into the kernel before line number `place`, at the present depth of `block` and `loop`."""
        self.kernel[place:place] = indented(lines, self._depth)

    def numpy(self, *lines: str) -> None:
        """Adds lines to the reference at the present depth of `loop`."""
        self.reference += indented(lines, self._numpy_depth)

    def both(self, *lines: str) -> None:
        """Adds lines that are the same in both."""
        self.line(*lines)
        self.numpy(*lines)

    def formula(self, *formulas: str) -> None:
        """Adds formulas in Warp's spelling to both. Braces mark a scalar that scales a vector: `{w} * offset`."""
        self.warp_formula(*formulas)
        self.numpy(*(to_numpy(text) for text in formulas))

    def warp_formula(self, *formulas: str) -> None:
        """Adds formulas to the kernel only, their literals in its width."""
        self.line(*(self.warp(text) for text in formulas))

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Indents the kernel's lines that follow under `head`, such as `if mask[i]:`."""
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1

    @contextmanager
    def loop(self, head: str, numpy_head: str = "") -> Iterator[None]:
        """Indents the lines that follow in both, under a head in each: the reference loops with all threads at once."""
        self.numpy(numpy_head or head)
        self._numpy_depth += 1
        with self.block(head):
            yield
        self._numpy_depth -= 1

    @contextmanager
    def threads(self, *axes: tuple[str, str, str, int]) -> Iterator[None]:
        """Names the thread's indices and guards them by the drawn rule. An axis is (index, extent's name, array, the array's axis)."""
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

    def guard(self, index: str, size: str, array: str, probability: float = 0.4) -> None:
        """With `probability`, an early return of threads beyond the length of `array`."""
        if self.draw.chance(probability):
            extent = self.extent(self.name("n", "count", "total_count", f"num_{array}"), array, size=size)
            self.line(f"if {index} >= {extent}:", "    return")

    def extent(self, name: str, array: str, axis: int = 0, size: str = "") -> str:
        """The integer `name`, the length of `array` along `axis`, which launches call `size` (or `name`). Returns `name`.

        It is an argument, or read off the array's shape. An extent that is already there stays as it is.
        """
        if not self._extents_from_shape or self.has(name):
            return self.count(name, size)
        if name not in self._read_off:
            self._read_off.add(name)
            self.line(f"{name} = {array}.shape[{axis}]")
        return name

    def load(self, name: str, array: str, index: str, low: float, high: float, type: Type | None = None, *, numpy: str = "") -> Variable:
        """Reads `array[index]` as `name` in the kernel, all of it (or `numpy`) in the reference."""
        self.line(f"{name} = {array}[{index}]")
        self.numpy(f"{name} = {numpy or array}")
        return self.known(name, type or self.real, low, high)

    def store(self, out: str, index: str, name: str) -> None:
        """Writes the local `name` to `out[index]`."""
        self.line(f"{out}[{index}] = {name}")
        self.numpy(f"{out} = {name}")

    def function(self, name: str, parameters: Sequence[tuple[str, Type]], body: Sequence[str], result: Type | None = None) -> str:
        """Adds a `@wp.func` (its body in the formula spelling). Returns its name."""
        arrow = result.spelling if result is not None and self.draw.chance(0.5) else ""
        head = def_lines(name, [f"{p}: {t.spelling}" for p, t in parameters], arrow)
        self.definitions.append(["@wp.func", *head, *indented(self.warp(text) for text in body)])
        return name

    def reference_function(self, name: str, parameters: Sequence[str], body: Sequence[str]) -> None:
        """Adds a function to the reference's module."""
        self.reference_definitions.append([*def_lines(name, parameters), *indented(body)])

    def results(self, **values: str) -> None:
        """Ends the reference: for each output, what it holds. Without it, each holds the local of its own name."""
        self.numpy(f"return {{{', '.join(f'{chr(34)}{name}{chr(34)}: {value}' for name, value in values.items())}}}")

    def warp(self, text: str) -> str:
        """The kernel's spelling of a formula: without braces, float64 literals as such."""
        text = text.replace("{", "").replace("}", "")
        return _LITERAL.sub(lambda m: f"wp.float64({m[0]})", text) if self.width == "float64" else text

    def number(self, value: float) -> str:
        """The kernel's text of a real constant."""
        return literal(float(value), self.real).warp()

    def zero(self, type: Type | None = None) -> str:
        """The kernel's text of a zero (a real one unless said otherwise) that may change in a loop."""
        type = type or self.real
        if type.rank:
            plain = type.name == "vec3f" and self.draw.chance(0.5)
            return f"{type.spelling}({'0.0, 0.0, 0.0' if plain else ''})"
        return f"{type.spelling}({'0.0' if type.is_float else '0'})"

    def cast(self, text: str) -> str:
        """The formula that turns an integer into a real."""
        return f"{self.real.spelling}({text})"

    @property
    def precision(self) -> str:
        """Numpy's scalar type of the draft's width, as the reference spells it."""
        return "f32" if self.width == "float32" else "np.float64"
