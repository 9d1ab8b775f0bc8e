"""What kernels on parts of tiles share: element types that are only moved, drawn steps of reals, how a kernel is finished."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.case import Case
from kernels.domains import Bernoulli, Domain, Integers, Uniform
from kernels.drafting.tile_grid import Tile, TileGrid
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression
from kernels.language.types import Type, type_named

KNOBS = ("gain", "strength", "rate", "mix", "level", "slope")
_MOVED = (
    *("float16", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *(
        "vec2f",
        "vec3f",
        "vec4f",
        "vec2d",
        "vec3d",
        "vec4d",
        "vec2h",
        "vec3h",
        "vec2i",
        "vec3i",
        "vec4i",
        "mat22f",
        "mat33f",
        "mat44f",
        "mat33d",
    ),
)
"""Types of elements that kernels move about as they are, beside float32."""


def begin(
    draw: Draw, *, differentiable: float = 0.85, lanes: bool = False, axes: int | None = None, width: str | None = None
) -> tuple[TileDraft, TileGrid]:
    """A draft and its grid; arguments have gradients with probability `differentiable`."""
    draft = TileDraft(draw, width=width, differentiable=draw.chance(differentiable))
    return draft, TileGrid(draft, lanes=lanes, axes=axes)


def moved_type(grid: TileGrid, share: float = 0.45) -> Type:
    """The type of elements that are moved: the draft's real type, or with probability `share` one of all others."""
    draw = grid.draft.draw
    return type_named(draw.choice(_MOVED)) if draw.chance(share) else grid.draft.real


def domain_of(type: Type) -> Domain:
    """Values of a type that differ from each other and stay what they are in all arithmetic of a copy."""
    if type.name == "bool":
        return Bernoulli(0.5)
    if type.has_integers:
        return Integers(0 if type.scalar.startswith("u") else -100, 120)
    return Uniform(-1.0, 1.0)


def knobs(grid: TileGrid, chance: float) -> list[Expression]:
    """A parameter, with probability `chance`."""
    draft = grid.draft
    return [draft.knob(draft.name(*KNOBS), 0.2, 1.5)] if draft.draw.chance(chance) else []


def stepped(grid: TileGrid, tile: Tile, chance: float, others: Sequence[Tile] = ()) -> Tile:
    """The tile, if it holds reals after a drawn formula with probability `chance`, perhaps with others of its shape."""
    draft, draw = grid.draft, grid.draft.draw
    if tile.value.type is not draft.real or not draw.chance(chance):
        return tile
    same = [t for t in others if t.numbers == tile.numbers and t.value.type is draft.real and t.name != tile.name and draw.chance(0.6)]
    if draw.chance(0.25) and grid.axes + len(tile.shape) <= 4:
        same.append(grid.load(draft.free(draft.name("residual", "weight_tile", "bias_tile", "envelope")), tile.shape))
    name = draft.name("mixed", "shaped", "mapped", "blended", "warped", "scaled", "response", "final", "adjusted", "lifted")
    return grid.drawn(name, [tile, *same], knobs(grid, 0.4), bound=60.0)


def finished(grid: TileGrid, kernel: str, tile: Tile, others: Sequence[Tile] = (), *, share: float = 0.6) -> Case:
    """Stores a tile, perhaps after a drawn formula, and finishes the case."""
    draft, draw = grid.draft, grid.draft.draw
    tile = stepped(grid, tile, share, others)
    grid.store(
        draft.name("out", "result", "dst", "output"), tile, add=draft.differentiable and tile.value.type is draft.real and draw.chance(0.06)
    )
    return done(grid, kernel)


def done(grid: TileGrid, kernel: str, **sizes: int) -> Case:
    """The finished case."""
    return grid.finished(kernel, "_tiled", "_tile", "_block", **sizes)
