"""Parts of tiles: views and slices that are read, tiles put together of others, writes through views, rows chosen at run time."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.tile_grid import Length, Shape, Tile, TileGrid, shape_text, sizes_of
from kernels.draw import Draw
from kernels.families.tile_indexing.common import begin, domain_of, finished, knobs, moved_type, stepped
from kernels.language.types import I32, Type


def _load(grid: TileGrid, shape: Shape, type: Type, *names: str) -> Tile:
    return grid.load(grid.draft.name(*names), shape, type=type, domain=domain_of(type))


def _index(starts: list[int], lengths: list[int], rank: int) -> str:
    """The reference's text of a rectangular part."""
    parts = [f"{a}:{a + n}" for a, n in zip(starts, lengths, strict=True)]
    return f"[..., {', '.join(parts + [':'] * rank)}]"


def crop(draw: Draw) -> Case:
    """A rectangular part of a tile, mirrored or thinned out along its axes or as it is."""
    draft, grid = begin(draw, axes=1)
    axes = draw.weighted((1, 2, 3), (2, 3, 1))
    sides = [draw.choice((6, 8, 12) if axes < 3 else (3, 4)) for _ in range(axes)]
    shape = grid.shape(**dict(zip(("H", "W", "D")[:axes], sides, strict=True)))
    type = moved_type(grid)
    tile = stepped(grid, _load(grid, shape, type, "source", "image", "block_in"), 0.4)
    name = draft.name("part", "window", "cropped", "view")
    bounds = tile.value.range
    if draw.chance(0.5):
        starts = [draw.integer(0, side // 3) for side in sides]
        lengths = [draw.integer(max(1, side // 2), side - start) for side, start in zip(sides, starts, strict=True)]
        inner = tuple(Length.of(n) for n in lengths)
        offsets = f"({', '.join(map(str, starts))}{',' if axes == 1 else ''})"
        view = f"wp.tile_view({tile.name}, offset={offsets}, shape={shape_text(inner)})"
        slices = f"{tile.name}[{', '.join(f'{a}:{a + n}' for a, n in zip(starts, lengths, strict=True))}]"
        part = grid.named(
            name, inner, draw.choice((view, slices)), f"{tile.numpy}{_index(starts, lengths, type.rank)}", bounds.low, bounds.high, type
        )
        if any(length.value == 1 for length in inner) and axes > 1:
            part = _squeezed(grid, part)
        return finished(grid, draw.choice(("crop", "window", "extract_block")), part)
    steps = [draw.choice(("::-1", "::2", "1::2", ":", "::-2", f"1:{side - 1}")) for side in sides]
    steps[0] = "::-1" if all(s == ":" for s in steps) else steps[0]
    lengths = [len(range(side)[_slice(s)]) for side, s in zip(sides, steps, strict=True)]
    text = ", ".join(steps)
    numpy = f"{tile.numpy}[..., {', '.join(steps + [':'] * type.rank)}]"
    part = grid.named(name, tuple(Length.of(n) for n in lengths), f"{tile.name}[{text}]", numpy, bounds.low, bounds.high, type)
    return finished(grid, draw.choice(("mirror", "subsample", "flip_block", "decimate")), part)


def _slice(text: str) -> slice:
    parts = [int(p) if p else None for p in text.split(":")]
    return slice(*parts)


def _squeezed(grid: TileGrid, tile: Tile) -> Tile:
    """The tile without its axes of length one (one is kept, if all are)."""
    kept = [length for length in tile.shape if length.value > 1]
    if not kept or len(kept) == len(tile.shape):
        return tile
    draft = grid.draft
    axes = [k for k, length in enumerate(tile.shape) if length.value == 1]
    rank = tile.value.type.rank
    numpy = f"np.squeeze({tile.name}, axis=({', '.join(str(a - len(tile.shape) - rank) for a in axes)},))"
    given = f", axis=({', '.join(map(str, axes))},)" if draft.draw.chance(0.6) else ""
    bounds = tile.value.range
    return grid.named(
        draft.free(f"{tile.name}_flat"),
        tuple(kept),
        f"wp.tile_squeeze({tile.name}{given})",
        numpy,
        bounds.low,
        bounds.high,
        tile.value.type,
    )


def chosen_row(draw: Draw) -> Case:
    """A row, a column, or a plane of a tile, whose number each block reads from an array, or has by its place in the grid."""
    draft, grid = begin(draw, axes=1)
    axes = draw.choice((2, 2, 3))
    sides = [draw.choice((3, 4, 6)), *(draw.choice((4, 8)) for _ in range(axes - 1))]
    shape = grid.shape(**dict(zip(("ROWS", "COLS", "DEPTH")[:axes], sides, strict=True)))
    type = moved_type(grid, 0.35)
    tile = stepped(grid, _load(grid, shape, type, "table", "candidates", "bank"), 0.35)
    which = draft.name("which", "selected", "level_of", "best_row")
    draft.array(which, I32, *grid.extents, domain=Integers(0, sides[0]))
    row = draft.free("row")
    draft.line(f"{row} = {which}[{grid.index}]")
    forms = [f"wp.tile_view({tile.name}, offset=({row},))"]
    if axes == 2:
        forms += [f"{tile.name}[{row}]", f"{tile.name}[{row}, :]"]
    rest = shape[1:]
    bounds = tile.value.range
    place = f"{which}[(...,) + (None,) * {axes + type.rank}]"
    numpy = f"np.take_along_axis({tile.numpy}, {place}, axis=1)[:, 0]"
    part = grid.named(draft.name("picked", "chosen", "line"), rest, draw.choice(forms), numpy, bounds.low, bounds.high, type)
    return finished(grid, draw.choice(("select_row", "pick_level", "choose_plane")), part)


def assemble(draw: Draw) -> Case:
    """A tile put together of others: side by side, with a border, interleaved, or shifted by a place known at run time."""
    draft, grid = begin(draw, axes=1)
    kind = draw.choice(("concatenate", "border", "interleave", "shifted", "augmented", "augmented"))
    type = moved_type(grid, 0.35)
    if kind == "augmented":
        return _augmented(grid, draft.real if type.rank else type)
    flat = kind in ("interleave", "shifted") or draw.chance(0.4)
    n, m = draw.choice((4, 8, 16)), draw.choice((2, 3, 4))
    shape = grid.shape(N=n) if flat else (*grid.shape(M=m), *grid.shape(N=n))
    first = stepped(grid, _load(grid, shape, type, "first", "left", "inner"), 0.5)
    whole = draft.name("whole", "padded", "joined", "buffer_tile")
    fill = "zeros"
    if kind in ("concatenate", "interleave"):
        second = stepped(grid, _load(grid, shape, type, "second", "right"), 0.5)
        total: Shape = (*shape[:-1], Length.of(2 * n))
        make = draw.choice(("empty", "empty", "zeros"))
        draft.line(f'{whole} = wp.tile_{make}(shape={shape_text(total)}, dtype={type.spelling}, storage="shared")')
        lead = ["0"] * (len(shape) - 1)
        tail = [":"] * (len(shape) - 1)
        if kind == "interleave":
            draft.line(f"{whole}[::2] = {first.name}", f"{whole}[1::2] = {second.name}")
            axis = -1 - type.rank
            stacked = f"np.stack(({first.numpy}, {second.numpy}), axis={axis})"
            draft.numpy(f"{whole} = {stacked}.reshape({', '.join(map(str, (-1, 2 * n, *type.inner)))})")
        else:
            one = f"wp.tile_assign({whole}, {first.name}, offset=({', '.join([*lead, '0'])}{',' if flat else ''}))"
            short = f"{whole}[{', '.join([*tail, f'{n}:{2 * n}'])}] = {second.name}"
            two = f"wp.tile_assign({whole}, {second.name}, offset=({', '.join([*lead, str(n)])}{',' if flat else ''}))"
            draft.line(one if not flat or draw.chance(0.6) else f"wp.tile_assign({whole}, {first.name})", draw.choice((short, two)))
            draft.numpy(f"{whole} = np.concatenate(({first.numpy}, {second.numpy}), axis={-1 - type.rank})")
    else:
        border = draw.choice((1, 2))
        total = tuple(Length.of(length.value + 2 * border) for length in shape)
        value = 0
        if type.rank == 0 and draw.chance(0.55):
            fill, value = draw.choice((("ones", 1), ("ones", 1), ("full", 2)))
        given = f", value={type.spelling}({value})" if fill == "full" else ""
        draft.line(f'{whole} = wp.tile_{fill}(shape={shape_text(total)}{given}, dtype={type.spelling}, storage="shared")')
        numbers = ", ".join(map(str, (f"len({first.numpy})", *sizes_of(total), *type.inner)))
        draft.numpy(f"{whole} = np.full(({numbers}), {value}, {first.numpy}.dtype)")
        if kind == "border":
            start = [str(border)] * len(shape)
            draft.line(f"wp.tile_assign({whole}, {first.name}, offset=({', '.join(start)}{',' if flat else ''}))")
            inside = ", ".join(f"{border}:{border + length.value}" for length in shape)
            draft.numpy(f"{whole}[:, {inside}] = {first.numpy}")
        else:
            shifts = draft.name("shifts", "lags", "positions_in")
            draft.array(shifts, I32, *grid.extents, domain=Integers(0, 2 * border + 1))
            draft.line(f"wp.tile_assign({whole}, {first.name}, offset=({shifts}[{grid.index}],))")
            places = f"{shifts}[:, None] + np.arange({n})"
            draft.numpy(f"{whole}[np.arange(len({shifts}))[:, None], {places}] = {first.numpy}")
    low = min(first.value.range.low, 0.0) if kind != "concatenate" else first.value.range.low
    result = Tile(draft.whole(whole, type, low - 60.0, first.value.range.high + 60.0), total)
    return finished(grid, {"border": "pad", "shifted": "place_at"}.get(kind, kind), result, share=0.4)


def _augmented(grid: TileGrid, type: Type) -> Case:
    """Rows with a one after, or before, the rest: a design matrix with its constant column, homogeneous coordinates."""
    draft, draw = grid.draft, grid.draft.draw
    m, n = draw.choice((2, 3, 4, 8)), draw.choice((2, 3, 4, 7))
    shape = (*grid.shape(M=m), *grid.shape(N=n))
    rows = stepped(grid, _load(grid, shape, type, "features", "points_in", "inputs"), 0.5)
    whole = draft.name("design", "homogeneous", "augmented")
    total = (shape[0], Length.of(n + 1))
    draft.line(f'{whole} = wp.tile_ones(shape={shape_text(total)}, dtype={type.spelling}, storage="shared")')
    first = draw.chance(0.4)
    if draw.chance(0.5):
        draft.line(f"wp.tile_assign({whole}, {rows.name}, offset=(0, {int(first)}))")
    else:
        draft.line(f"{whole}[:, {f'1:{n + 1}' if first else f'0:{n}'}] = {rows.name}")
    parts = (f"np.ones_like({rows.numpy}[..., :1])", rows.numpy)
    draft.numpy(f"{whole} = np.concatenate(({', '.join(parts if first else parts[::-1])}), axis=-1)")
    bounds = rows.value.range
    made = Tile(draft.whole(whole, type, min(bounds.low, 1.0), max(bounds.high, 1.0)), total)
    return finished(grid, draw.choice(("add_bias_column", "to_homogeneous", "augment_rows")), made, share=0.5)


def written_through(draw: Draw) -> Case:
    """A part of a tile overwritten or added to by way of a view of it."""
    draft, grid = begin(draw, differentiable=0.8, axes=1)
    rows, columns = draw.choice((3, 4)), draw.choice((6, 8))
    shape = (*grid.shape(M=rows), *grid.shape(N=columns))
    # What is overwritten must not have been used nonlinearly before.
    tile = _load(grid, shape, draft.real, "field", "state", "panel")
    height, width = draw.integer(1, rows - 1), draw.integer(2, columns - 2)
    row, column = draw.integer(0, rows - height), draw.integer(0, columns - width)
    patch_shape = (Length.of(height), Length.of(width))
    patch = stepped(grid, grid.load(draft.name("patch", "correction", "insert"), patch_shape), 0.6)
    numpy_part = f"[..., {row}:{row + height}, {column}:{column + width}]"
    view = draft.name("hole", "corner", "target_view")
    draft.line(f"{view} = wp.tile_view({tile.name}, offset=({row}, {column}), shape={shape_text(patch_shape)})")
    draft.numpy(f"{tile.name} = np.array({tile.numpy})")
    how = draw.choice(("assign", "assign", "slice", "add"))
    if how == "assign":
        draft.line(f"wp.tile_assign({view}, {patch.name})")
    elif how == "slice":
        draft.kernel.pop()
        draft.line(f"{tile.name}[{row}:{row + height}, {column}:{column + width}] = {patch.name}")
    else:
        draft.line(f"{view} {draw.choice(('+', '-'))}= {patch.name}")
    sign = draft.kernel[-1].split()[1][0] if how == "add" else ""
    draft.numpy(f"{tile.name}{numpy_part} {sign}= {patch.numpy}")
    bound = tile.magnitude + patch.magnitude
    result = grid.bounded(tile, -bound, bound)
    return finished(grid, draw.choice(("overwrite_part", "insert_patch", "update_corner")), result, share=0.5)


def chosen_inside(draw: Draw) -> Case:
    """Rows or columns of a tile gathered by a tile of indices, repeated ones among them and negative ones that count from the end."""
    draft, grid = begin(draw, axes=1)
    axes = draw.choice((1, 2, 2, 3))
    axis = draw.integer(0, axes - 1)
    sides = [draw.choice((3, 4, 6, 8) if axes < 3 else (2, 3, 4)) for _ in range(axes)]
    shape = grid.shape(**dict(zip(("ROWS", "COLS", "DEPTH")[:axes], sides, strict=True)))
    type = moved_type(grid, 0.35)
    tile = stepped(grid, _load(grid, shape, type, "source", "bank", "states"), 0.4)
    count = draw.choice((2, 4, 5))
    ids = grid.load(
        draft.name("ids", "picks", "order"),
        (Length.of(count),),
        -sides[axis],
        sides[axis] - 1,
        type=I32,
        domain=Integers(-sides[axis], sides[axis]),
    )
    subscript = ", ".join([":"] * axis + [ids.name] + [":"] * (axes - 1 - axis if draw.chance(0.5) else 0))
    shape_out = tuple(Length.of(count) if k == axis else length for k, length in enumerate(shape))
    bounds = tile.value.range
    before = axis
    spread = ", ".join([":"] + ["None"] * before + [":"] + ["None"] * (axes - 1 - axis + type.rank))
    numpy = f"np.take_along_axis({tile.numpy}, ({ids.name} % {sides[axis]})[{spread}], axis={axis + 1})"
    picked = grid.named(
        draft.name("picked", "gathered", "rearranged"), shape_out, f"{tile.name}[{subscript}]", numpy, bounds.low, bounds.high, type
    )
    if type is draft.real and draw.chance(0.3):
        picked = grid.drawn(draft.free("weighted"), [picked], knobs(grid, 1.0), bound=100.0)
    return finished(grid, draw.choice(("gather_inside", "rearrange", "pick_lines")), picked)


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (crop, 1.8),
    (chosen_row, 1.2),
    (assemble, 4.0),
    (written_through, 1.2),
    (chosen_inside, 1.2),
)
"""The algorithms of this module, and how often each comes."""
