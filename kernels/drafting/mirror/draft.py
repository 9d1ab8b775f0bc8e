"""A draft whose kernel is written as text, statement by statement, and whose reference follows from the text.

The text is Warp's Python as it would stand in a single-precision kernel; `code` puts it into the kernel in the draft's width, and what it
comes to in numpy into the reference. Texts that mix widths name their types and leave the draft at single precision. Where numpy has a
formulation of its own, a family writes the two sides apart by `line` and `numpy`, and tells what it named by `holds`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from textwrap import dedent

from kernels.case import Case
from kernels.drafting.arguments import Extent, Sizes
from kernels.drafting.mirror.control import Control
from kernels.drafting.mirror.declarations import Declarations
from kernels.drafting.mirror.idle import used_definitions, without_idle, words
from kernels.drafting.mirror.registry import HELPERS, LINES, with_needs
from kernels.drafting.mirror.spelling import joined, renamed
from kernels.drafting.mirror.values import Known
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval
from kernels.language.types import I32


class MirrorDraft(Declarations):
    """One kernel and its reference, written as the kernel's text.

    `width` is "float32", "float64" or "float16"; `without` names operations that none of its drawn expressions uses.
    """

    def __init__(self, draw: Draw, *, width: str | None = None, without: Sequence[str] = ()) -> None:
        super().__init__(draw, width=width, without=without)
        self._control = Control(self.names)

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
        lines = joined([self.spelled(line) for line in dedent(text).strip("\n").split("\n")])
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
        variables: list[Expression] = [
            self.scope[item] if isinstance(item, str) else Variable(self.typed(item[1]), Interval(item[2], item[3]), item[0])
            for item in inputs
        ]
        value = self.fused(name, self.typed(type), variables, depth, domain, function=function, smooth=smooth)
        self.names.values[value.name] = Known(value.type)
        return value.name

    # The finished case

    def finish(self, kernel_name: str, dim: Sequence[Extent], sizes: Sequence[Sizes], *, doc: str = "") -> Case:
        """The finished case: a launch for each of `sizes`, over the grid `dim`."""
        self._drop_idle_locals()
        helpers = with_needs([name for name in dict.fromkeys(self.names.helpers) if name in HELPERS])
        self.reference_definitions[:0] = [list(HELPERS[name]) for name in helpers]
        self._drop_idle_arguments()
        floats = [a for a in self._declared if a.differentiable]
        apart = all(a.extents == tuple(dim) and a.role != "accumulate" for a in floats) and not self.names.gathered
        used = words([*self.reference, *chain(*self.reference_definitions)])
        self.helpers += [LINES[name] for name in dict.fromkeys(self.names.helpers) if name in LINES and name in used]
        self.reference[:0] = [f"{name} = {shape}" for name, shape in self._shapes.items() if name in used]
        self._rename()
        if kernel_name in self.names.functions:
            kernel_name += "_kernel"
        return self.case(kernel_name, dim, sizes, docstring=doc, elementwise=apart)

    def _drop_idle_locals(self) -> None:
        """Drops locals that nothing uses, from both sides."""
        kept = {a.name for a in self._declared}
        self.kernel, self.reference = without_idle(self.kernel, kept), without_idle(self.reference, kept)

    def _drop_idle_arguments(self) -> None:
        """Drops arguments and functions that nothing uses."""
        self.definitions = used_definitions(self.definitions, self.kernel)
        self.reference_definitions = used_definitions(self.reference_definitions, self.reference)
        used = words([*self.kernel, *chain(*self.definitions)])
        self._declared = [a for a in self._declared if a.name in used]
        self._fields = [field for field in self._fields if field[0] in used]

    def _rename(self) -> None:
        """Gives every aliased name one of its options that is free."""
        bodies = (self.kernel, self.reference, *self.definitions, *self.reference_definitions)
        taken = {a.name for a in self._declared} | self._taken
        taken |= words(list(chain(*bodies)))
        chosen: dict[str, str] = {}
        for name, options in self._renaming.items():
            option = self.draw.choice((name, *options))
            if option not in taken:
                chosen[name] = option
                taken.add(option)
        for lines in bodies:
            lines[:] = [renamed(line, chosen) for line in lines]
        self._declared = [replace(a, name=chosen.get(a.name, a.name)) for a in self._declared]
