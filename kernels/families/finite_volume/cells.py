"""What kernels on cells share: functions of reals in both spellings, and the index of a neighbour by the boundary rule."""

from __future__ import annotations

from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy


def define_function(draft: Draft, name: str, parameters: tuple[str, ...], body: tuple[str, ...]) -> None:
    """A function of reals, in both."""
    draft.function(name, [(p, draft.real) for p in parameters], body, draft.real)
    draft.reference_definitions.append([f"def {name}({', '.join(parameters)}):", *(f"    {to_numpy(t)}" for t in body)])


def neighbour_index(axis: str, offset: int, extent: str, boundary: str) -> str:
    """The index `offset` cells along an axis, by the boundary rule."""
    if boundary == "periodic":
        return f"({axis} + {offset}) % {extent}" if offset > 0 else f"({axis} + 2 * {extent} - {-offset}) % {extent}"
    return f"wp.min({axis} + {offset}, {extent} - 1)" if offset > 0 else f"wp.max({axis} - {-offset}, 0)"
