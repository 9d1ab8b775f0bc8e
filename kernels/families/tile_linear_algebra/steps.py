"""What the algorithms on tiles of matrices share: preparation of what was loaded, dot products, how a result is finished and stored."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.case import Case
from kernels.drafting.tile_grid import Shape, Tile, TileGrid
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.types import F16
from kernels.synthesis.expressions import Expressions

KNOBS = ("gain", "strength", "rate", "mix", "decay", "gamma", "theta")


def knobs(grid: TileGrid, chance: float) -> list[Expression]:
    """A parameter, with probability `chance`."""
    draft = grid.draft
    return [draft.knob(draft.name(*KNOBS), 0.2, 1.5)] if draft.draw.chance(chance) else []


def begin(draw: Draw, differentiable: float, *, half: bool = False, width: str | None = None) -> tuple[TileDraft, TileGrid]:
    """A draft and its grid; arguments have gradients with probability `differentiable`.

    With `half` arrays are kept in half precision: what that rounds away would turn decisions, so no drawn formula makes one.
    """
    draft = TileDraft(draw, width=width, differentiable=draw.chance(differentiable), smooth=half)
    if half:
        draft.expressions = Expressions(draw, draft.expressions.policy, smooth_only=True, coarse=True)
    return draft, TileGrid(draft)


def loaded(grid: TileGrid, name: str, shape: Shape, *, half: bool) -> Tile:
    """Names what an array has for the block, as it is, or, with `half`, kept in half precision and converted as a whole."""
    draft = grid.draft
    if not half:
        return grid.load(name, shape)
    kept = grid.load(draft.free(f"{name}_half"), shape, type=F16)
    widened = f"wp.tile_astype({kept.name}, dtype={draft.real.spelling})"
    return grid.named(name, shape, widened, f"{kept.numpy}.astype({draft.precision})", -1.0, 1.0)


def prepared(grid: TileGrid, tile: Tile) -> Tile:
    """A drawn transform of what was loaded, perhaps with a second array of its shape; it stays within one."""
    draft, draw = grid.draft, grid.draft.draw
    tiles = [tile]
    if draw.chance(0.35):
        tiles.append(grid.load(draft.free(draft.name("bias", "offset_tile", "envelope", "mask_weights")), tile.shape))
    name = draft.free(f"{tile.name}_{draw.choice(('mapped', 'shaped', 'scaled', 'warped'))}")
    return grid.drawn(name, tiles, knobs(grid, 0.4), bound=1.0)


def dot(grid: TileGrid, name: str, left: Tile, right: Tile) -> Tile:
    """Names the sum of the products of the elements of two tiles of one axis, a number of the block."""
    draft = grid.draft
    draft.reserve(name)
    bound = left.size * left.magnitude * right.magnitude
    low = 0.0 if left == right else -bound
    call = draft.draw.choice((f"wp.tile_dot({left.warp}, {right.warp})",) * 2 + (f"wp.tile_sum({left.warp} * {right.warp})",))
    return grid.number(name, len(left.shape), call, grid.sum_text(f"{left.numpy} * {right.numpy}", left), low, bound)


def finished(grid: TileGrid, kernel: str, result: Tile, others: Sequence[Tile]) -> Case:
    """Stores the result, perhaps after a drawn formula with others of its shape, and finishes the case."""
    draft, draw = grid.draft, grid.draft.draw
    if draw.chance(0.55):
        same = [t for t in others if t.numbers == result.numbers and draw.chance(0.6)]
        if draw.chance(0.3):
            same.append(grid.load(draft.free(draft.name("previous", "base", "prior", "anchor")), result.shape))
        name = draft.name("relaxed", "adjusted", "response", "final", "blended")
        result = grid.drawn(name, [result, *same], knobs(grid, 0.5), bound=1e3)
    grid.store(draft.name("out", "result", "dst", "x_all"), result, add=draw.chance(0.06))
    return grid.finished(kernel, "_tiled", "_tile", "_batch")
