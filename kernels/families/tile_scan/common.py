"""What scans, sorts and searches in tiles share: shapes, values that are drawn apart, and how a result is finished and stored."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.case import Case
from kernels.drafting.tile_grid import Shape, Tile, TileGrid
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression

KNOBS = ("gain", "strength", "rate", "mix", "level", "slope")
_WIDTHS = (16, 24, 32, 48, 64, 96)


def begin(
    draw: Draw, *, width: str | None = None, differentiable: float = 0.0, lanes: bool = False, axes: int | None = None
) -> tuple[TileDraft, TileGrid]:
    """A draft and its grid; arguments have gradients with probability `differentiable`.

    With `lanes` the kernel knows its thread's place in the block.
    """
    draft = TileDraft(draw, width=width, differentiable=draw.chance(differentiable))
    return draft, TileGrid(draft, lanes=lanes, axes=axes)


def line_or_panel(grid: TileGrid, panel: float = 0.25) -> Shape:
    """The shape of a tile: a line, or a panel of a few rows with probability `panel`."""
    draw = grid.draft.draw
    if draw.chance(panel):
        return (*grid.shape(ROWS=draw.choice((2, 3, 4))), *grid.shape(COLS=draw.choice((8, 12, 16))))
    return grid.shape(N=draw.choice(_WIDTHS))


def knobs(grid: TileGrid, chance: float) -> list[Expression]:
    """A parameter, with probability `chance`."""
    draft = grid.draft
    return [draft.knob(draft.name(*KNOBS), 0.2, 1.5)] if draft.draw.chance(chance) else []


def loaded(
    grid: TileGrid, shape: Shape, *names: str, low: float = -1.0, high: float = 1.0, prepared: float = 0.5, bound: float = 30.0
) -> Tile:
    """A real tile: as it was loaded, or a drawn formula of it, and perhaps of a second one, within `bound`."""
    draft, draw = grid.draft, grid.draft.draw
    first = grid.load(draft.name(*names), shape, low, high)
    if not draw.chance(prepared):
        return first
    tiles = [first]
    if draw.chance(0.5):
        tiles.append(grid.load(draft.name("penalty", "bias", "offset_tile", "mask_weights"), shape))
    return grid.drawn(
        draft.free(f"{first.name}_{draw.choice(('mapped', 'shifted', 'scored', 'shaped'))}"), tiles, knobs(grid, 0.4), bound=bound
    )


_ALONE = (
    "0.5 * x",
    "x * x + 0.3 * x",
    "sin(x)",
    "tanh(x + 0.5 * shift)",
    "exp(x)",
    "x / (1.0 + abs(x))",
    "cos(x + shift)",
    "atan(2.0 * x) - x",
)
_PAIRS = (
    "x + shift * y",
    "x * y",
    "(x - y) * (x - y)",
    "sqrt(x * x + y * y + 0.05)",
    "x - 0.5 * y * y",
    "x / (1.5 + y)",
    "exp(0.5 * x) * (2.0 + y)",
    "sin(x) + shift * cos(y)",
)


def apart(grid: TileGrid, shape: Shape, *names: str) -> Tile:
    """A real tile whose elements are different from each other: as they were loaded, or a formula of them that is nowhere flat."""
    draft, draw = grid.draft, grid.draft.draw
    first = grid.load(draft.name(*names), shape)
    if draw.chance(0.3):
        return first
    draft.scope["x"] = first.value
    text = draw.choice(_ALONE)
    if draw.chance(0.55):
        draft.scope["y"] = grid.load(draft.name("penalty", "bias", "offset_tile", "mask_weights"), shape).value
        text = draw.choice(_PAIRS)
    if "shift" in text:
        draft.scope["shift"] = draft.knob(draft.name(*KNOBS), 0.3, 1.2)
    made = grid.formula(draft.free(f"{first.name}_{draw.choice(('mapped', 'shifted', 'scored', 'shaped'))}"), text, shape)
    return grid.bounded(made, max(made.value.range.low, -20.0), min(made.value.range.high, 20.0))


def flat(text: str, tile: Tile) -> str:
    """The reference's text of a tile as one line for each block."""
    return text if len(tile.shape) == 1 else f"{text}.reshape(*{text}.shape[:-2], {tile.size})"


def as_tile(text: str, tile: Tile) -> str:
    """The reference's text of lines brought back to the shape of `tile`."""
    if len(tile.shape) == 1:
        return text
    return f"{text}.reshape({tile.numpy}.shape)"


def finished(grid: TileGrid, kernel: str, result: Tile, others: Sequence[Tile] = (), *, share: float = 0.55) -> Case:
    """Stores the result, perhaps after a drawn formula with others of its shape, and finishes the case."""
    draft, draw = grid.draft, grid.draft.draw
    if result.value.type is draft.real and draw.chance(share):
        same = [t for t in others if t.numbers == result.numbers and t.value.type is draft.real and draw.chance(0.6)]
        result = grid.drawn(draft.name("finished", "response", "final", "shown"), [result, *same], knobs(grid, 0.5), bound=1e3)
    grid.store(draft.name("out", "result", "dst", "output"), result)
    return done(grid, kernel)


def done(grid: TileGrid, kernel: str, **sizes: int) -> Case:
    """The finished case."""
    return grid.finished(kernel, "_tiled", "_rows", "_block", **sizes)
