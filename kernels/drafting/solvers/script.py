"""A script: a draft whose kernel is written as text, with what solvers need besides: parameters by their plain names, corners of elements.

The text is Warp's Python in single precision (see `kernels.drafting.mirror.draft`). Kinds of values are named apart from the width: `real`,
`int`, `bool`, `vec3`, `vec3i`, `mat22`, `quat`, `transform`, `spatial_vector`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent

from kernels.case import Case, Role
from kernels.domains import Corners
from kernels.drafting.arguments import NOT_NAMES, Extent, Rule, Sizes
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.spelling import renamed
from kernels.drafting.mirror.values import Known
from kernels.draw import Draw
from kernels.language.types import Type

_ARRAY = re.compile(r"(\w+)\[(\d)\]")


class Script(MirrorDraft):
    """One kernel and its reference, written as the kernel's text."""

    def __init__(self, draw: Draw, *, width: str | None = None) -> None:
        super().__init__(draw, width=width)
        self._texts: dict[str, str] = {}
        self._tuned: set[str] = set()
        self._skips = False

    def typed(self, text: str) -> Type:
        """The type of a kind in the draft's width."""
        return super().typed("float" if text == "real" else text)

    # Arguments

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
        corners: int = 0,
        role: Role = "input",
        differentiable: bool | None = None,
        names: Sequence[str] = (),
    ) -> str:
        """An array argument. As many `corners` as are given stand in a row for each element, indices `below` that are all different."""
        if name in self.names.functions:
            raise ValueError(f"script: {name!r} is a function of the kernel's module: call the argument otherwise")
        if corners:
            indices, below = (lambda sizes, high=below: Corners(sizes[high], corners)), ""
        return super().field(
            name,
            type,
            *extents,
            low=low,
            high=high,
            domain=domain,
            below=below,
            indices=indices,
            role=role,
            differentiable=differentiable,
            names=names,
        )

    def tuning(self, *fields: tuple[str, float, float]) -> None:
        """Real parameters (name, low, high): arguments of their own, fields of a struct, or constants, as the draft passes them.

        The text calls them by their names. Those that are there already stay as they are.
        """
        for name, low, high in fields:
            if name not in self._tuned:
                self._tuned.add(name)
                text = self.tune(name, low, high)
                if text != name:
                    self._texts[name] = text

    def extents_of(self, name: str) -> tuple[Extent, ...]:
        """The extents of an array argument."""
        return next(a.extents for a in self._declared if a.name == name)

    def set_domain(self, name: str, domain: Rule) -> None:
        """Draws an argument from another domain."""
        self._declared = [replace(a, domain=domain) if a.name == name else a for a in self._declared]

    def rewrite_role(self, name: str, role: Role) -> None:
        """Gives an output another role: one that not every thread writes must start at zero (`accumulate`)."""
        self._declared = [replace(a, role=role) if a.name == name else a for a in self._declared]

    def extent(self, name: str, array: str, axis: int = 0, size: str = "") -> str:
        """As a draft's; what is read off a shape is an integer of numpy's, which has a width."""
        named = super().extent(name, array, axis, size)
        if name in self._shapes and not self._shapes[name].startswith("np."):
            self._shapes[name] = f"np.int32({self._shapes[name]})"
        return named

    # Threads

    def thread(self, size: str, array: str, *, index: str = "tid", counts: Sequence[str] = (), names: Sequence[str] = ()) -> None:
        """Names the thread of a one-dimensional grid over the first axis of `array`, which launches call `size`, and guards it."""
        super().thread(size, array, index=index, counts=counts)
        if names:
            self.alias(index, *names)

    def name_thread(self, index: str, names: Sequence[str] = ()) -> None:
        """Tells that `index`, which the family names itself, is the thread of a one-dimensional grid."""
        self.line(f"{index} = wp.tid()")
        self.numpy(f"{index} = np.arange(dim[0], dtype=np.int32)")
        self._threads([index])
        if names:
            self.alias(index, *names)

    # Bodies

    def code(self, text: str) -> None:
        """Adds statements to the kernel, and what they come to in numpy to the reference."""
        super().code(renamed(dedent(text), self._texts))

    def holds_shared(self, type: str, *names: str) -> None:
        """Tells the type of names that all threads share."""
        for name in names:
            self.names.values[name] = Known(self.typed(type), lanes=False)

    def skip(self, condition: str) -> None:
        """Lets threads return early, before they have written anything: what no thread writes must have been zero from the start."""
        self.code(f"if {condition}:\n    return")
        self._skips = True

    def define(self, name: str, parameters: str, body: str, result: str = "", doc: str = "") -> str:
        """Adds a function: `parameters` such as "r: real, x: vec3[1]", `result` such as "real" or "vec3, real". Returns its name."""
        typed = []
        for part in parameters.split(", "):
            parameter, kind = part.split(": ")
            array = _ARRAY.fullmatch(kind)
            base = _plain(array[1] if array else kind)
            typed.append(f"{parameter}: {f'array{array[2]}({base})'.replace('array1', 'array') if array else base}")
        return super().define(name, ", ".join(typed), body, "" if "," in result else _plain(result), doc)

    # The finished case

    def finish(self, kernel_name: str, dim: Sequence[Extent], sizes: Sequence[Sizes], *, doc: str = "") -> Case:
        """The finished case: a launch for each of `sizes`, over the grid `dim`."""
        self._renaming = {name: tuple(o for o in options if o not in NOT_NAMES) for name, options in self._renaming.items()}
        if self._skips:
            self._declared = [replace(a, role="accumulate") if a.role == "output" else a for a in self._declared]
        return super().finish(kernel_name, dim, sizes, doc=doc)


def _plain(kind: str) -> str:
    return "float" if kind == "real" else kind
