"""What kernels on integers share: launch sizes, words of every width, and what becomes of a finished integer."""

from __future__ import annotations

from kernels.domains import Integers
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw

GRIDS = ({"ny": 1, "nx": 1}, {"ny": 5, "nx": 3}, {"ny": 9, "nx": 13})


def sizes(draw: Draw, largest: int = 150) -> list[dict[str, int]]:
    """The launches' sizes: `n` threads, a `table` of entries, `bins`."""
    return [{"n": n, "table": 12, "bins": 16, "one": 1} for n in draw.sizes(largest)]


def all_values(scalar: str) -> Integers:
    """Every value of an integer type; of 64-bit ones those with a clear top."""
    bits = min(int(scalar.lstrip("uint")), 62)
    return Integers(0, 2**bits) if scalar.startswith("u") else Integers(-(2 ** (bits - 1)), 2 ** (bits - 1))


def kept_integer(
    draft: MirrorDraft, name: str, low: int, high: int, index: str, extents: list[str], outs: tuple[str, ...], *, share: float = 0.5
) -> None:
    """Stores the `int` called `name`, which lies in [low, high]; in a `share` of kernels after a drawn formula over it and what is read."""
    draw = draft.draw
    if draw.chance(share):
        inputs: list[tuple[str, str, float, float] | str] = [(name, "int", float(low), float(high))]
        if draw.chance(0.5):
            array = draft.field(draft.free(draw.choice(("label", "priority", "cost", "rank"))), "int", *extents, domain=Integers(0, 9))
            local = draft.free(f"{array}_here")
            draft.code(f"{local} = {array}[{index}]")
            inputs.append((local, "int", 0.0, 8.0))
        if draw.chance(0.5):
            value = draft.uniform(draft.free(draw.choice(("limit", "stride", "level", "bias"))), "int", Integers(1, 6))
            inputs.append((value, "int", 1.0, 5.0))
        function = draw.choice((None, None, "combine", "encode", "score"))
        name = draft.mixed(draft.free(draw.choice(("result", "code", "merged"))), "int", inputs, function=function)
    out = draft.result(draft.name(*outs), "int", *extents)
    draft.code(f"{out}[{index}] = {name}")
