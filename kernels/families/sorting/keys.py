"""What sorting kernels share: types and domains of keys, values that travel along, computed sort keys, sizes of launches."""

from __future__ import annotations

import re

from kernels.domains import Domain, Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.expression import Expression, variable
from kernels.language.types import I32, I64, Type

KEYS = ("keys", "values", "data", "items", "scores", "times", "priorities", "distances")
PAYLOADS = ("payload", "indices", "labels", "satellites", "particle_ids", "costs")


def key_type(draw: Draw, draft: Draft) -> tuple[Type, Domain]:
    """The type of the keys and where they come from."""
    if draw.chance(0.5):
        return draft.real, Uniform(-1.0, 1.0)
    return (I64 if draw.chance(0.2) else I32), Integers(0, draw.choice((20, 100, 1000)))


def key_bounds(type: Type) -> tuple[float, float]:
    """The range of keys of `type`."""
    return (-1.0, 1.0) if type.is_float else (0.0, 1000.0)


def payload_of(draw: Draw, draft: Draft, probability: float = 0.5) -> tuple[str, Type] | None:
    """The name and type of a value that travels with its key, now and then."""
    if not draw.chance(probability):
        return None
    return draw.choice(PAYLOADS), draw.choice((I32, I32, draft.real, draft.vector))


def sort_key(
    draw: Draw, draft: Draft, type: Type, names: tuple[str, ...], results: tuple[str, ...], chance: float = 0.55
) -> tuple[list[str], list[str], list[str]]:
    """Sort keys computed from the loaded values `names`: lines of both texts, and the names to compare. One function serves them all."""
    if not draw.chance(chance):
        return [], [], list(names)
    low, high = key_bounds(type)
    extra: list[Expression] = []
    if draw.chance(0.6):
        if type.is_float:
            extra = draft.some_parameters(("pivot", "scale", "offset", "reference_value"), 1, -0.5, 0.9)
        else:
            name = draw.choice(("pivot", "mask_bits", "salt", "base"))
            extra = [draft.parameter(name, 1, 30, type)]
    step = draft.step("sort_key", type, [variable(names[0], type, low, high), *extra], draw.integer(1, 2))
    lines: list[str] = []
    reference: list[str] = []
    for name, result in zip(names, results, strict=True):
        for text, out in ((step.warp, lines), (step.numpy, reference)):
            out.append(_renamed(text, {names[0]: name, "sort_key": result}))
    return lines, reference, list(results)


def _renamed(text: str, names: dict[str, str]) -> str:
    return re.sub(r"\b\w+\b", lambda m: names.get(m[0], m[0]), text)


def returned_dict(names: list[str]) -> str:
    """The reference's return of the locals `names`."""
    return "return {" + ", ".join(f'"{n}": {n}' for n in names) + "}"


def sizes_of(draw: Draw, rows: bool) -> list[dict[str, int]]:
    """The launches' sizes: `n` keys, in `rows` if asked for."""
    large = draw.integer(66, 140)
    flat = [1, draw.choice((7, 13, 23)), large + (large % 8 == 0)]
    return [{"rows": 3 * (k > 0) + 1 if rows else 1, "n": (1, 7, draw.integer(17, 29))[k] if rows else flat[k]} for k in range(3)]
