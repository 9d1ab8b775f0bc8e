"""What gathers and scatters share: their data, random indices, and what becomes of a moved value."""

from __future__ import annotations

from collections.abc import Callable

from kernels.domains import Domain, Integers
from kernels.drafting.arguments import Sizes
from kernels.drafting.draft import Draft
from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.types import Type

DATA = ("x", "values", "features", "payload", "temperature", "signal", "embedding", "weights_in")
VECTOR_DATA = ("positions", "velocities", "normals", "colors")
UNIT = Interval(-1.0, 1.0)


def indexed_by(size: str, low: int = 0) -> Callable[[Sizes], Domain]:
    """Random indices below a launch's `size`; `low` is -1 where an entry may be missing."""
    return lambda sizes: Integers(low, sizes[size])


def finished(draft: Draft, value: Expression, type: Type, *extents: str, here: str, share: float = 0.75) -> Expression:
    """The moved value after a drawn transform, with a weight of its destination or a parameter now and then."""
    draw = draft.draw
    if not draw.chance(share):
        return value
    inputs = [value]
    if draw.chance(0.4):
        weight = draft.array(draft.name("gain", "mass", "confidence", "opacity"), draft.real, *extents, low=0.1)
        inputs.append(Custom(draft.real, Interval(0.1, 1.0), f"{weight}[{here}]", weight))
    if draw.chance(0.3):
        inputs.append(draft.knob(draft.name("strength", "alpha", "tint"), 0.2, 1.5))
    name = draft.name("mapped", "moved_value", "shaded", "adjusted")
    return draft.fused(name, type, [*inputs], function=draw.choice((None, None, "transform", "remap")))


def drawn_element(draft: Draft) -> tuple[Type, str]:
    """The type of the elements that move, and the name of their array."""
    vectors = draft.draw.chance(0.25)
    return (draft.vector if vectors else draft.real), draft.draw.choice(VECTOR_DATA if vectors else DATA)
