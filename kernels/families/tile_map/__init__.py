"""Maps of tiles: the threads of a block load tiles, compute every element from elements of them, and store the result.

Variants: how blocks cut the arrays (rows, strips, rows of a stack, chunks, panels; with partial tiles), one to three inputs and up to four
named steps by operators, mapped builtins or functions of one's own, values that all blocks share, several tiles per block in a loop,
intermediate results stored, sums over blocks by atomics; rows and columns broadcast over a panel; transposition; halves, reversal,
neighbours and gathering within a tile; rows chosen by an index (gather, scatter, scatter-add); integers.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.blocks import Cut, draw_cut
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_map.broadcasts import broadcasts, transposes
from kernels.families.tile_map.indexed import indexed
from kernels.families.tile_map.integers import integers
from kernels.families.tile_map.parts import parts
from kernels.families.tile_map.steps import ARRAYS, KNOBS, NAMES, stored
from kernels.language.expression import Expression, Variable


def build(draw: Draw) -> Case:
    """One map of tiles."""
    form = draw.weighted((_elementwise, broadcasts, transposes, parts, indexed, integers), (8, 4, 2, 3, 3, 2))
    return form(draw)


def _elementwise(draw: Draw) -> Case:
    """Elements that stay in their places."""
    draft = TileDraft(draw)
    names = list(draw.choice(NAMES)[: draw.integer(1, 3)])
    draft.reserve(*names)
    cut = draw_cut(draft, whole=True, partial=0.6)
    inputs = [_load(draft, cut, name) for name in names]
    shared = None
    if cut.kind in ("rows", "stack") and draw.chance(0.3):
        shared = draft.name("profile", "shared_row", "taper")
        inputs.append(cut.shared_row(draft.free(f"{shared}_tile"), shared, -1.0, 1.0))
    values: list[Expression] = [*inputs]
    for _ in range(draw.weighted((0, 1, 2), (4, 3, 1))):
        values.append(draft.knob(draft.name(*KNOBS), 0.2, 1.5))
    result, steps = stored(draft, values)
    add = cut.kind != "strips" and draw.chance(0.06)
    cut.store(draft.name("out", "result", "dst", "output"), result, add=add)
    others = [s for s in steps if s.name != result.name]
    if others and draw.chance(0.3):
        cut.store(draft.name("aux", "intermediate", "stored"), draw.choice(others))
    verb = draw.choice(("map", "apply", "transform", "update", "combine", "evaluate"))
    return draft.finished(draft.free(f"{verb}_{names[0]}"), cut.dim, cut.sizes(), lanes=shared is None)


def _load(draft: TileDraft, cut: Cut, name: str) -> Variable:
    array = cut.array(draft.free(draft.draw.choice(ARRAYS).format(name)), draft.real)
    return cut.load(name, array, draft.real, -1.0, 1.0)
