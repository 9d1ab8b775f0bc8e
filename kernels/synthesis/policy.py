"""A policy per program: which operations, constants and depths it favours, so that programs differ in character, not only in detail.

After YARPGen's generation policies (Livinskii, Babokin, Regehr, OOPSLA 2020): all weights are shuffled once for each program.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kernels.draw import Draw
from kernels.language import operations as _declared  # noqa: F401  (declares the operations)
from kernels.language.expression import Literal, literal
from kernels.language.operation import OPERATIONS
from kernels.language.types import Palette, Type

_POSITIVE = (0.5, 2.0, 0.25, 1.5, 0.1, 3.0, 0.75, 4.0, 0.05, 0.2, 0.3, 1.0, 10.0)
_FAVOURITES = (*_POSITIVE, *(-c for c in _POSITIVE))

_SPECIALTIES = 3
_SPECIAL_WEIGHT = 6.0
"""Operations that stand out in a program, and their weight: above that of any operation in an average program."""


@dataclass(frozen=True)
class Policy:
    """The weights of one program. `depth` bounds expression trees; `plain_constants` is how often a constant is a round number.

    A program that explores takes operations, and the types it works in, evenly instead of as people do.
    """

    weights: dict[str, float]
    depth: int
    plain_constants: float
    constant_share: float
    limitations: bool
    exploring: bool = False


def draw_palette(draw: Draw, *, exploring: bool = False) -> Palette:
    """The types of a program: mostly single precision, 32-bit integers and three dimensions, and at times any other.

    Programs that explore take them much more evenly.
    """
    if exploring:
        return Palette(
            real=draw.weighted(("float32", "float64", "float16", "bfloat16"), (10, 8, 7, 2)),
            integer=draw.choice(("int32", "int64", "uint32", "uint8", "int16", "uint64", "int8", "uint16")),
            length=draw.weighted((3, 2, 4, 5, 6), (8, 7, 7, 1, 1)),
        )
    return Palette(
        real=draw.weighted(("float32", "float64", "float16", "bfloat16"), (81, 13, 5, 1)),
        integer=draw.weighted(("int32", "int64", "uint32", "uint8", "int16", "uint64", "int8", "uint16"), (80, 4, 4, 3, 3, 2, 2, 2)),
        length=draw.weighted((3, 2, 4, 5, 6), (84, 7, 6, 2, 1)),
    )


def draw_policy(draw: Draw, *, exploring: bool = False) -> Policy:
    """A policy: operation weights spread log-normally around their usual ones, a few operations struck out altogether."""
    risky = draw.chance(0.06)
    # Most programs keep to what people write; some stray from it, and a few take every operation to be equally likely.
    faithfulness = draw.weighted((1.0, 0.6, 0.0), (7, 2, 1))
    weights = {}
    for name, operation in OPERATIONS.items():
        weight = operation.weight**faithfulness * draw.log_normal(0.9)
        if draw.chance(0.12) or (operation.limitation and not risky):
            weight = 0.0
        weights[name] = weight
    # A few operations stand out in each program, any of them, so that the rare ones are met as well.
    sound = [name for name, operation in OPERATIONS.items() if not operation.limitation]
    weights |= dict.fromkeys(draw.subset(sound, _SPECIALTIES), _SPECIAL_WEIGHT)
    return Policy(
        weights=weights,
        depth=draw.weighted((1, 2, 3), (2, 5, 2)),
        plain_constants=draw.weighted((0.9, 0.6, 0.3), (4, 3, 1)),
        constant_share=draw.weighted((0.1, 0.25, 0.4), (2, 3, 1)),
        limitations=risky,
        exploring=exploring,
    )


def draw_constant(draw: Draw, policy: Policy, type: Type, low: float, high: float) -> Literal:
    """A constant of `type` in [low, high], as a person would choose it: round where the policy says so. Never outside the bounds."""
    if type.is_integer:
        first = math.ceil(low)
        return literal(draw.integer(first, max(first, math.floor(high))), type)
    plain = [c for c in _FAVOURITES if low <= c <= high]
    if plain and draw.chance(policy.plain_constants):
        return literal(draw.choice(plain), type)
    span = high - low
    digits = 1 if span > 20 else 2 if span > 0.5 else 4
    value = draw.real(low, high, digits)
    return literal(min(max(value, low), high), type)
