"""Matrices in tiles: products, transposes, diagonals, and symmetric positive definite matrices made of what was loaded.

`wp.tile_diag_add` has no adjoint, so a diagonal that a gradient passes through is a tile of its own, mapped over row and column numbers.
"""

from __future__ import annotations

from dataclasses import replace

from kernels.drafting.tile_grid import Length, Shape, Tile, TileGrid, shape_text
from kernels.language.expression import Expression, Literal
from kernels.language.types import I32


def product(grid: TileGrid, name: str, left: Tile, right: Tile, *, alpha: float = 1.0) -> Tile:
    """Names `alpha` times the matrix product, as a new tile or accumulated into one of zeros."""
    draft = grid.draft
    shape = (left.shape[0], right.shape[1])
    bound = left.numbers[1] * left.magnitude * right.magnitude * abs(alpha)
    pair = f"{left.warp}, {right.warp}"
    scale = f", alpha={draft.number(alpha)}" if alpha != 1.0 else ""
    numpy = f"{left.numpy} @ {right.numpy}"
    numpy = f"{alpha} * ({numpy})" if alpha != 1.0 else numpy
    if draft.draw.chance(0.8):
        return grid.named(name, shape, f"wp.tile_matmul({pair}{scale})", numpy, -bound, bound)
    draft.reserve(name)
    draft.line(f"{name} = wp.tile_zeros(shape={shape_text(shape)}, dtype={draft.real.spelling}{draft.storage()})")
    draft.line(f"wp.tile_matmul({pair}, {draft.draw.choice((name, f'out={name}'))}{scale})")
    draft.numpy(f"{name} = {numpy}")
    return Tile(draft.whole(name, draft.real, -bound, bound), shape)


def transposed(grid: TileGrid, tile: Tile, name: str = "", *, fresh: bool = False) -> Tile:
    """The transpose: named if a name is given, else written out where it is used.

    The adjoint of `wp.tile_transpose` spoils the tile's values for all that happened to it before. Where there is a gradient, a tile that
    is not `fresh`, just loaded or mapped and not yet used, is therefore copied first.
    """
    if grid.draft.differentiable and not fresh:
        tile = copied(grid, tile)
    warp, numpy = f"wp.tile_transpose({tile.warp})", f"np.swapaxes({tile.numpy}, -1, -2)"
    shape = tile.shape[::-1]
    if name:
        bounds = tile.value.range
        return grid.named(name, shape, warp, numpy, bounds.low, bounds.high, tile.value.type)
    return Tile(replace(tile.value, name=warp, numpy_name=numpy), shape)


def copied(grid: TileGrid, tile: Tile, name: str = "") -> Tile:
    """A copy of a tile, which only the kernel has a name for: `name`, if it is given."""
    draft = grid.draft
    name = name or draft.free(f"{tile.name}_copy")
    zeros = f"wp.tile_zeros(shape={shape_text(tile.shape)}, dtype={tile.value.type.spelling}"
    if draft.draw.chance(0.5):
        draft.line(f"{name} = {zeros})", f"{name} += {tile.warp}")
    else:
        made = draft.draw.choice((zeros, zeros.replace("tile_zeros", "tile_empty")))
        draft.line(f'{name} = {made}, storage="shared")', f"wp.tile_assign({name}, {tile.warp})")
    return Tile(replace(tile.value, name=name, numpy_name=tile.numpy), tile.shape)


def column(grid: TileGrid, vector: Tile) -> Tile:
    """A vector's tile as a matrix of one column, written out where it is used."""
    shape = (vector.shape[0], Length.of(1))
    warp = f"wp.tile_reshape({vector.warp}, shape={shape_text(shape)})"
    return Tile(replace(vector.value, name=warp, numpy_name=f"{vector.numpy}[..., None]"), shape)


def flat(grid: TileGrid, name: str, matrix: Tile) -> Tile:
    """Names the only column (or row) of a matrix as a vector."""
    draft = grid.draft
    shape = (next(length for length in (*matrix.shape, matrix.shape[0]) if length.value != 1),)
    axis = 1 if matrix.numbers[1] == 1 else 0
    warp = draft.draw.choice(
        (f"wp.tile_squeeze({matrix.warp}, axis=({axis},))", f"wp.tile_reshape({matrix.warp}, shape={shape_text(shape)})")
    )
    numpy = f"{matrix.numpy}[..., 0]" if axis else f"{matrix.numpy}[..., 0, :]"
    bounds = matrix.value.range
    return grid.named(name, shape, warp, numpy, bounds.low, bounds.high, matrix.value.type)


def row_and_column_numbers(grid: TileGrid, n: Length) -> tuple[str, str]:
    """The names of two tiles that hold each element's row and column."""
    draft, key = grid.draft, f"numbers of {n.value}"
    if key in grid.made:
        rows, columns = grid.made[key]
        return rows, columns
    rows, columns = grid.made[key] = draft.free("row_ids"), draft.free("col_ids")
    square = shape_text((n, n))
    draft.line(
        f"{rows} = wp.tile_broadcast(wp.tile_reshape(wp.tile_arange({n.text}, dtype=int), shape=({n.text}, 1)), shape={square})",
        f"{columns} = wp.tile_broadcast(wp.tile_arange({n.text}, dtype=int), shape={square})",
    )
    return rows, columns


def diagonal(grid: TileGrid, name: str, n: Length, value: Expression) -> Tile:
    """Names the matrix with `value` (a constant or a parameter) on its diagonal and zeros elsewhere."""
    draft = grid.draft
    rows, columns = row_and_column_numbers(grid, n)
    function = draft.free(draft.draw.choice(("diagonal_entry", "unit_entry", "on_diagonal", "scaled_identity")))
    zero = draft.number(0.0)
    parameters = [("row", I32), ("col", I32)]
    if isinstance(value, Literal):
        body, more = f"wp.where(row == col, {value.warp()}, {zero})", ""
    else:
        parameters.append(("value", draft.real))
        body, more = f"wp.where(row == col, value, {zero})", f", {value.warp()}"
    typed = ", ".join(f"{p}: {t.spelling}" for p, t in parameters)
    draft.definitions.append(["@wp.func", f"def {function}({typed}) -> {draft.real.spelling}:", f"    return {body}"])
    bounds = value.range
    return grid.named(
        name,
        (n, n),
        f"wp.tile_map({function}, {rows}, {columns}{more})",
        f"{value.numpy()} * np.eye({n.value}, dtype={draft.precision})",
        0.0,
        bounds.high,
    )


def with_diagonal(grid: TileGrid, name: str, matrix: Tile, value: Expression) -> Tile:
    """Names `matrix` with `value` added to its diagonal; where there is no gradient, by `wp.tile_diag_add` too."""
    draft = grid.draft
    n = matrix.shape[0]
    if draft.differentiable or draft.draw.chance(0.3):
        ridge = diagonal(grid, draft.free(draft.draw.choice(("ridge", "jitter", "damping_tile", "shift_tile"))), n, value)
        return grid.formula(name, f"{matrix.name} + {ridge.name}", matrix.shape)
    added = draft.free(draft.draw.choice(("shift_line", "extra", "diagonal_line")))
    draft.line(f"{added} = wp.tile_full(shape={n.text}, value={value.warp()}, dtype={draft.real.spelling})")
    bound = matrix.magnitude + value.range.high
    numpy = f"{matrix.numpy} + {value.numpy()} * np.eye({n.value}, dtype={draft.precision})"
    return grid.named(name, matrix.shape, f"wp.tile_diag_add({matrix.warp}, {added})", numpy, -bound, bound)


def gram(grid: TileGrid, name: str, factor: Tile, *, rows: bool = False) -> Tile:
    """Names the products of all pairs of columns (or rows) of `factor`, which was just loaded or mapped."""
    draft = grid.draft
    turned = transposed(grid, factor, draft.free(f"{factor.name}_t") if draft.draw.chance(0.3) else "", fresh=True)
    count = factor.numbers[1 if rows else 0]
    alpha = round(1.0 / count, 6) if draft.draw.chance(0.3) else 1.0
    return product(grid, name, *((factor, turned) if rows else (turned, factor)), alpha=alpha)


COVARIANCES = (
    (("scale",), "exp(-0.5 * (gap * gap) / (scale * scale))"),
    (("scale",), "1.0 / (1.0 + (gap * gap) / (scale * scale))"),
    (("scale",), "exp((cos(gap) - 1.0) / (scale * scale))"),
    (("height", "scale"), "height * exp(-(gap * gap) * scale)"),
    (("scale",), "1.0 / sqrt(1.0 + (gap * gap) * scale)"),
)
"""Positive definite functions of the gap between two points: parameters, formula."""


def covariance(grid: TileGrid, name: str, left: Tile, right: Tile) -> tuple[Tile, Tile | None]:
    """Names the matrix of a drawn positive definite function between two sets of points; with a second name of points, theirs, too."""
    draft, draw = grid.draft, grid.draft.draw
    knobs, formula = draw.choice(COVARIANCES)
    for knob in knobs:
        draft.scope[knob] = draft.knob(draft.free(f"length_{knob}" if draw.chance(0.3) else knob), 0.5, 1.5)
    first = _between(grid, name, formula, left, left)
    second = None if right is left else _between(grid, draft.free(f"cross_{name}"), formula, right, left)
    return first, second


def _between(grid: TileGrid, name: str, formula: str, rows: Tile, columns: Tile) -> Tile:
    draft = grid.draft
    n, m = rows.shape[0], columns.shape[0]
    shape: Shape = (n, m)
    down, across = draft.free(f"{rows.name}_down"), draft.free(f"{columns.name}_across")
    bounds = rows.value.range
    a = grid.named(
        down,
        shape,
        f"wp.tile_broadcast(wp.tile_reshape({rows.warp}, shape=({n.text}, 1)), shape={shape_text(shape)})",
        f"{rows.numpy}[..., :, None]",
        bounds.low,
        bounds.high,
    )
    b = grid.named(
        across,
        shape,
        f"wp.tile_broadcast({columns.warp}, shape={shape_text(shape)})",
        f"{columns.numpy}[..., None, :]",
        bounds.low,
        bounds.high,
    )
    gap = grid.formula(draft.free(draft.draw.choice(("gap", "offsets", "separation"))), f"{a.name} - {b.name}", shape)
    draft.scope["gap"] = gap.value
    return grid.bounded(grid.formula(name, formula, shape), 0.0, 1.5)
