"""Reductions of a panel along one of its two axes: sums and extremes of rows or columns, stored, subtracted again, or added up."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.language.expression import Expression

NAMES = ("matrix", "image", "table", "grid_values", "heat")
SPELLED = {
    "sum": (("wp.tile_sum({0}, axis={1})", "wp.tile_reduce(wp.add, {0}, axis={1})"), "np.sum"),
    "max": (("wp.tile_reduce(wp.max, {0}, axis={1})",), "np.max"),
    "min": (("wp.tile_reduce(wp.min, {0}, axis={1})",), "np.min"),
}


def panel_axes(draw: Draw) -> Case:
    """One reduction of every panel of a matrix along its rows or columns."""
    # Warp before 1.19 has a wrong adjoint of sums over one axis, so no gradient is asked for.
    draft = TileDraft(draw, differentiable=False)
    height, width = draw.choice((2, 4, 8)), draw.choice((8, 16))
    tall, wide = draft.length("TILE_M", height), draft.length("TILE_N", width)
    first, last = draw.choice((("i", "j"), ("bi", "bj"), ("tile_row", "tile_col")))
    draft.reserve(first, last)
    draft.line(f"{first}, {last} = wp.tid()")
    names = draw.subset(NAMES, draw.integer(1, 2))
    tiles: list[Expression] = []
    for name in names:
        draft.array(name, draft.real, "rows", "cols")
        tile = draft.free(f"{name}_tile")
        call = f"wp.tile_load({name}, shape=({tall}, {wide}), offset=({first} * {tall}, {last} * {wide}){draft.storage()})"
        tiles.append(draft.loaded(tile, call, name, draft.real, -1.0, 1.0))
    value = tiles[0]
    if len(tiles) > 1 or draw.chance(0.6):
        extra = [draft.knob(draft.name("gain", "level"), 0.2, 1.5)] if draw.chance(0.3) else []
        value = draft.drawn_tile(draft.name("value", "mapped", "term"), [*tiles, *extra])
    axis, how = draw.integer(0, 1), draw.choice(tuple(SPELLED))
    calls, function = SPELLED[how]
    result = draft.name("reduced", "profile", "marginal")
    size = (height, width)[axis]
    draft.line(f"{result} = {draw.choice(calls).format(value.warp(), axis)}")
    # Axes of the reshaped matrix: panel's row, row within, panel's column, column within.
    cut = f"{value.numpy()}.reshape(len({names[0]}) // {height}, {height}, -1, {width})"
    draft.numpy(f"{result} = {function}({cut}, axis={1 if axis == 0 else 3})")
    bound = size * value.range.magnitude
    reduced = draft.whole(result, draft.real, -bound, bound)
    if draw.chance(0.5):
        reduced = draft.drawn_tile(draft.name("finished", "response"), [reduced])
    out = draft.name("out", "margins", "profiles")
    if axis == 0:
        _columns(draft, out, reduced.name, first, f"{last} * {wide}", total=how == "sum" and draw.chance(0.4))
    else:
        _rows(draft, out, reduced.name, last, f"{first} * {tall}", total=how == "sum" and draw.chance(0.4))
    sizes = []
    for rows, cols in ((1, 1), (draw.choice((3, 5)), 2), (draw.integer(4, 6), 3)):
        sizes.append({"grid_rows": rows, "grid_cols": cols, "rows": rows * height, "cols": cols * width})
    return draft.finished(draft.free(f"{'column' if axis == 0 else 'row'}_{how}_{names[0]}"), ["grid_rows", "grid_cols"], sizes)


def _columns(draft: TileDraft, out: str, name: str, first: str, offset: str, *, total: bool) -> None:
    """Stores one number for each column of the panel: a row of `out` for each row of panels, or all of them added up."""
    draft.output(out, draft.real, *(("cols",) if total else ("grid_rows", "cols")), role="accumulate" if total else "output")
    draft.line(f"wp.tile_{'atomic_add' if total else 'store'}({out if total else f'{out}[{first}]'}, {name}, offset={offset})")
    draft.numpy(f"{out} = {name}.reshape(len({name}), -1){'.sum(axis=0)' if total else ''}")


def _rows(draft: TileDraft, out: str, name: str, last: str, offset: str, *, total: bool) -> None:
    """Stores one number for each row of the panel: a row of `out` for each column of panels, or all of them added up."""
    draft.output(out, draft.real, *(("rows",) if total else ("grid_cols", "rows")), role="accumulate" if total else "output")
    draft.line(f"wp.tile_{'atomic_add' if total else 'store'}({out if total else f'{out}[{last}]'}, {name}, offset={offset})")
    whole = f"{name}.reshape(-1, {name}.shape[2])"
    draft.numpy(f"{out} = {f'{whole}.sum(axis=1)' if total else f'{whole}.T'}")
