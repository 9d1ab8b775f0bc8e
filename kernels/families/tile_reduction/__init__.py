"""Reductions of tiles: the threads of a block reduce a tile together and use what comes of it, in the tile or as a number.

Variants: the algorithm (normalizations, losses, statistics, softmax and its kin, extremes, reductions by a function of one's own), how
blocks cut the arrays (rows, strips, rows of a stack, chunks, panels; with partial tiles), preparation and finish by drawn formulas with
more tiles and parameters, what is stored (tile, number, both, sums over all blocks by atomics); rows longer than a tile, accumulated tile
by tile; scans, sorts and places of extremes; integers. Reductions over one axis of a tile and `wp.tile_max`, `wp.tile_min` and
`wp.tile_reduce` are used where no gradient is asked for, or where it cancels, as in a softmax: they have none, or one that is wrong before
Warp 1.19.
"""

from __future__ import annotations

import math
import re

from kernels.case import Case
from kernels.drafting.blocks import Cut, draw_cut
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_reduction.integers import integers
from kernels.families.tile_reduction.long_rows import long_rows
from kernels.families.tile_reduction.order import order
from kernels.families.tile_reduction.panel_axes import panel_axes
from kernels.families.tile_reduction.recipes import EXTREMES, NORMALIZATIONS, NUMBERS, Recipe
from kernels.families.tile_reduction.reductions import reduce
from kernels.language.expression import Expression, Variable
from kernels.language.interval import Interval

ARRAYS = ("{}", "{}_in", "{}_values", "in_{}", "{}_data", "all_{}")
OUTPUTS = ("out", "result", "output", "dst", "y_out")
NUMBER_OUTPUTS = ("sums", "totals", "stats", "reduced", "per_block")
EXTRAS = ("other", "residual", "weight_tile", "reference_tile", "field")
KNOBS = ("alpha", "gain", "strength", "offset", "decay")
_REDUCTION = re.compile(r"\[(\w+)\] (.*)")


def build(draw: Draw) -> Case:
    """One reduction of tiles."""
    form = draw.weighted((_recipe, long_rows, order, panel_axes, integers), (16, 4, 2, 1.5, 1.5))
    return form(draw)


def _recipe(draw: Draw) -> Case:
    chosen = draw.choice(draw.weighted((NORMALIZATIONS, NUMBERS, EXTREMES), (5, 5, 1.5)))
    draft = TileDraft(draw, differentiable=chosen.smooth)
    draft.reserve(*chosen.targets, *(name for name, *_ in chosen.inputs), *(name for name, *_ in chosen.knobs))
    # Beyond the end of an array a partial tile holds zeros, which not every recipe is defined for.
    zeros = all(low <= 0.0 <= high for _, low, high in chosen.inputs)
    cut = draw_cut(draft, whole=False, partial=0.35 if zeros else 0.0)
    for name, low, high in chosen.inputs:
        _input(draft, cut, name, low, high, prepared=name == chosen.inputs[0][0])
    for knob in chosen.knobs:
        draft.knob(*knob)
    for line in chosen.lines:
        _line(draft, cut, line)
    last = draft.scope[chosen.targets[-1]]
    assert isinstance(last, Variable)
    _stores(draft, cut, chosen, last)
    suffix = draw.choice(("", "", "_kernel", "_tiled", "_tile"))
    return draft.finished(draft.free(f"{draw.choice(chosen.names.split())}{suffix}"), cut.dim, cut.sizes())


def _line(draft: TileDraft, cut: Cut, line: str) -> None:
    target, text = line.split(" = ", 1)
    text, _, bounds = text.partition(" @")
    match = _REDUCTION.fullmatch(text)
    made = reduce(draft, target, match[1], match[2], cut.size) if match else draft.tile(target, text)
    if bounds:
        low, high = (float(end) if end else sign * math.inf for end, sign in zip(bounds.split(":"), (-1.0, 1.0), strict=True))
        draft.known(target, made.type, max(low, made.range.low), min(high, made.range.high))


def _input(draft: TileDraft, cut: Cut, name: str, low: float, high: float, *, prepared: bool) -> None:
    """Loads an input's tile; the first one perhaps by way of a drawn formula that stays in its range."""
    draw = draft.draw
    array = draft.free(draw.choice(ARRAYS).format(name) if draw.chance(0.8) else draw.choice(("src", "values", "data")))
    if not prepared or draw.chance(0.55):
        tile = name if array != name else draft.free(f"{name}_tile")
        if not prepared and cut.kind in ("rows", "stack") and draw.chance(0.4):
            loaded = cut.shared_row(tile, array, low, high)
        else:
            loaded = cut.load(tile, cut.array(array, draft.real, low, high), draft.real, low, high)
        draft.scope[name] = loaded
        return
    raw = draft.name(f"raw_{name}", "raw", f"{name}_read", "loaded")
    inputs: list[Expression] = [cut.load(raw, cut.array(array, draft.real), draft.real, -1.0, 1.0)]
    inputs += _extras(draft, cut)
    made = draft.drawn_tile(draft.free(f"{name}_mapped"), inputs, Interval(low, high))
    draft.scope[name] = made


def _extras(draft: TileDraft, cut: Cut) -> list[Expression]:
    draw = draft.draw
    extras: list[Expression] = []
    if draw.chance(0.45):
        name = draft.name(*EXTRAS)
        array = cut.array(draft.free(f"{name}_in"), draft.real)
        extras.append(cut.load(name, array, draft.real, -1.0, 1.0))
    if draw.chance(0.4):
        extras.append(draft.knob(draft.name(*KNOBS), 0.2, 1.5))
    return extras


def _stores(draft: TileDraft, cut: Cut, chosen: Recipe, last: Variable) -> None:
    """Finishes the result by a drawn formula now and then, and stores it; perhaps a number on the way to it too."""
    draw = draft.draw
    numbers = [line.split(" = ")[0] for line in chosen.lines if _REDUCTION.search(line)]
    is_tile = draft.is_tile(last)
    if draw.chance(0.35):
        inputs: list[Expression] = [last, *(_extras(draft, cut) if is_tile else [draft.knob(draft.name(*KNOBS), 0.2, 1.5)])]
        last = draft.drawn_tile(draft.name("final", "activated", "adjusted", "response"), inputs)
    out = draft.name(*OUTPUTS)
    if not is_tile:
        if draw.chance(0.25):
            cut.add_number(out, last)
        else:
            cut.store_number(out, last)
    else:
        cut.store(out, last, add=draw.chance(0.06))
    others = [n for n in numbers if n != last.name]
    # The gradient of what a maximum goes into is right where the maximum cancels, in the result, and not on the way.
    cancels = draft.differentiable and any("[max]" in line for line in chosen.lines)
    if others and not cancels and draw.chance(0.25):
        number = draft.scope[draw.choice(others)]
        assert isinstance(number, Variable)
        cut.store_number(draft.name(*NUMBER_OUTPUTS), number)
