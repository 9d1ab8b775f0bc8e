"""Formulas over vectors, small matrices and their components, written once, for the kernel and for the reference.

In a formula, `v[0]` is a component, `vec2(x, y)` and `vec3(x, y, z)` make vectors of the draft's width. The reference holds the vectors of
all threads at once, components along the last axis.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy
from kernels.language.types import Type

_COMPONENT = re.compile(r"\b([A-Za-z_]\w*)\[(\d)\]")
_MADE = re.compile(r"(?<![\w.])(vec[234])\(")


def pair(draft: Draft) -> Type:
    """The 2-vector type of the draft's width."""
    return Type("vec2f", "wp.vec2", "float32", 1) if draft.width == "float32" else Type("vec2d", "wp.vec2d", "float64", 1)


def vector_numpy(text: str) -> str:
    """`text` in numpy's spelling, components along the last axis."""
    text = _MADE.sub(r"wp.stack_\1(", text)
    text = to_numpy(text)
    while match := re.search(r"np\.stack_vec\d\(", text):
        end = _closing(text, match.end())
        text = f"{text[: match.start()]}np.stack(({text[match.end() : end]}), axis=-1){text[end + 1 :]}"
    return _COMPONENT.sub(r"\1[..., \2]", text)


def vector_warp(draft: Draft, text: str) -> str:
    """`text` in the kernel's spelling of vectors, its literals as they are: the draft's own methods spell those."""
    suffix = "d" if draft.width == "float64" else ""
    return _MADE.sub(rf"wp.\1{suffix}(", text)


def vector_formula(draft: Draft, *formulas: str) -> None:
    """Adds formulas to both. Braces mark a scalar that scales a vector: `{w} * offset`."""
    for text in formulas:
        draft.warp_formula(vector_warp(draft, text))
        draft.numpy(vector_numpy(text))


def function_pair(
    draft: Draft,
    name: str,
    parameters: Sequence[tuple[str, Type]],
    body: Sequence[str],
    result: Type | None = None,
    *,
    numpy_body: Sequence[str] = (),
) -> str:
    """Adds a function to both modules: its body in the formula spelling, or `numpy_body` for the reference. Returns its name."""
    draft.function(name, parameters, [vector_warp(draft, line) for line in body], result)
    draft.reference_function(name, [p for p, _ in parameters], list(numpy_body) or [vector_numpy(line) for line in body])
    return name


def _closing(text: str, start: int) -> int:
    """Where the parenthesis that opened before `start` closes."""
    depth = 1
    for position in range(start, len(text)):
        depth += (text[position] in "([") - (text[position] in ")]")
        if depth == 0:
            return position
    raise ValueError(f"formula {text!r} has an unclosed call: balance its parentheses")
