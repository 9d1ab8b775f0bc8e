"""The element types, what values they are drawn from, and what a kernel's draft starts with."""

from __future__ import annotations

import math

from kernels.case import Case
from kernels.domains import Domain, Integers, Permutation, Uniform
from kernels.drafting.tile_grid import Length, Shape, Tile, TileGrid, shape_text, sizes_of
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.types import Type, type_named

REALS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
COMPOSITES = ("vec3f", "mat33f", "quatf", "vec2f", "vec4f", "vec3d", "vec3h", "vec3i", "mat22f", "mat44f")
SUMMABLE = ("int32", "uint32", "int64", "uint64", *REALS, "vec3f", "mat33f", "quatf")
"""Types that the memory of the device can add to at once."""


def pick(draw: Draw, *groups: tuple[str, ...]) -> Type:
    """One of the types of a drawn group."""
    return type_named(draw.choice(draw.choice(groups)))


def values(type: Type, *, small: bool = False) -> Domain:
    """Values of a type; `small` ones can be added up."""
    if type.has_integers:
        low = 0 if type.scalar.startswith("u") else -2 if small else -60
        return Integers(low, 3 if small else 100)
    return Uniform(-1.0, 1.0)


def bound(type: Type) -> float:
    """The largest magnitude of values."""
    return 100.0 if type.has_integers else 1.0


def begin(draw: Draw, type: Type, *, lanes: bool = False, gradient: bool = True) -> tuple[TileDraft, TileGrid]:
    """A draft for elements of `type`, whose gradients are asked for if it has them."""
    width = "float64" if type.scalar == "float64" else "float32"
    draft = TileDraft(draw, width=width, differentiable=gradient and type.is_float)
    return draft, TileGrid(draft, lanes=lanes, axes=1)


def shape_of(grid: TileGrid, type: Type, axes: int | None = None) -> Shape:
    """A small shape of one to four axes, more often of one where elements are not the most usual ones."""
    draw = grid.draft.draw
    usual = type.name in ("float32", "int32")
    axes = axes or draw.weighted((1, 2, 3, 4), (3, 3, 2, 2) if usual else (6, 2, 1, 1))
    sides = [draw.choice({1: (4, 8, 12, 16), 2: (2, 3, 4, 6), 3: (2, 3), 4: (2,)}[axes]) for _ in range(axes)]
    return grid.shape(**dict(zip(("A", "B", "C", "D")[:axes], sides, strict=True)))


def load(grid: TileGrid, type: Type, shape: Shape, *names: str, small: bool = False, registers: bool = False) -> Tile:
    """Names a block's tile."""
    size = bound(type)
    return grid.load(grid.draft.name(*names), shape, -size, size, type=type, domain=values(type, small=small), registers=registers)


def load_distinct(grid: TileGrid, type: Type, shape: Shape, *names: str) -> Tile:
    """Names a block's tile whose elements differ from each other."""
    if type.is_float:
        return load(grid, type, shape, *names)
    draft = grid.draft
    n = math.prod(sizes_of(shape))
    name = draft.name(*names)
    array = draft.array(draft.free(f"{name}_in"), type, f"{n} * {grid.extents[0]}", domain=Permutation())
    line = name if len(shape) == 1 else draft.free(f"{name}_line")
    call = f"wp.tile_load({array}, shape={n}, offset={grid.index} * {n})"
    tile = Tile(draft.loaded(line, call, f"{array}.reshape(-1, {n})", type, 0.0, 250.0), (Length.of(n),))
    if len(shape) == 1:
        return tile
    numbers = ", ".join(str(length.value) for length in shape)
    made = f"wp.tile_reshape({tile.name}, shape={shape_text(shape)})"
    return grid.named(name, shape, made, f"{tile.numpy}.reshape(-1, {numbers})", 0.0, 250.0, type)


def constant(type: Type, value: float) -> str:
    """The kernel's text of an element all of whose components are `value`."""
    number = str(float(value)) if type.is_float else str(int(value))
    if not type.rank:
        return f"{type.spelling}({number})"
    scalar = type_named(type.scalar)
    component = number if scalar.name in ("float32", "int32") else f"{scalar.spelling}({number})"
    return f"{type.spelling}({', '.join([component] * math.prod(type.inner))})"


def done(grid: TileGrid, kernel: str) -> Case:
    """The finished case."""
    return grid.finished(kernel, "_tiled", "_tile", "_block")
