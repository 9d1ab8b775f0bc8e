"""Cholesky factors of tiles and what they are used for: solutions of systems, quadratic forms, determinants.

A gradient passes through `wp.tile_cholesky` and `wp.tile_lower_solve`; the other solvers, and all that work in place, have none.
"""

from __future__ import annotations

from kernels.drafting.tile_grid import Length, Tile, TileGrid, shape_text
from kernels.families.tile_linear_algebra.matrices import copied, diagonal, product, row_and_column_numbers, transposed
from kernels.language.expression import literal
from kernels.language.types import I32

NAMES = ("factor", "chol", "ell", "lower")


def factor_of(grid: TileGrid, matrix: Tile) -> Tile:
    """Names the lower Cholesky factor of `matrix`; where there is no gradient, perhaps in place, which uses the matrix up."""
    draft, draw = grid.draft, grid.draft.draw
    name = draft.name(*NAMES)
    bound = matrix.magnitude**0.5
    numpy = f"np.linalg.cholesky({matrix.numpy})"
    if not draft.differentiable and draw.chance(0.75):
        draft.line(f"wp.tile_cholesky_inplace({matrix.name})")
        draft.numpy(f"{matrix.name} = {numpy}")
        return Tile(draft.whole(matrix.name, draft.real, -bound, bound), matrix.shape)
    mode = draw.choice(("", "", ', fill_mode="lower"'))
    return grid.named(name, matrix.shape, f"wp.tile_cholesky({matrix.warp}{mode})", numpy, -bound, bound)


def solved_below(grid: TileGrid, name: str, factor: Tile, right: Tile, bound: float) -> Tile:
    """Names the solution of the lower triangular system; a vector's tile or a matrix of right-hand sides."""
    return grid.named(
        name,
        right.shape,
        f"wp.tile_lower_solve({factor.warp}, {right.warp})",
        _solution(factor.numpy, right.numpy, len(right.shape)),
        -bound,
        bound,
    )


def solved(grid: TileGrid, name: str, matrix: Tile, right: Tile, low: float) -> Tile:
    """Names the solution of a symmetric positive definite system, whose eigenvalues are at least `low`, by one of the ways there are.

    The matrix is used up: some ways leave its factor in its place.
    """
    draft, draw = grid.draft, grid.draft.draw
    n = matrix.numbers[0]
    bound = n * right.magnitude / low
    if draft.differentiable:
        return _solved_by_inverse_factor(grid, name, factor_of(grid, matrix), right, bound)
    # The reference solves with the matrix itself, before a factor in place takes its name.
    numpy = _solution(matrix.numpy, right.numpy, len(right.shape))
    draft.numpy(f"{name} = {numpy}")
    draft.reserve(name)
    way = draw.weighted(("upper", "refined", *_WAYS), (0.8, 3.0, *_WAYS.values()))
    if way == "refined":
        _refined_lines(grid, name, matrix, right)
    elif way == "upper":
        factor = draft.name("upper", "chol_u", "u_factor")
        draft.line(f'{factor} = wp.tile_cholesky({matrix.warp}, fill_mode="upper")')
        draft.line(f'{name} = wp.tile_cholesky_solve({factor}, {right.warp}, fill_mode="upper")')
    else:
        factor = _lower_factor(grid, matrix)
        _solve_lines(grid, way, name, factor, right)
    return Tile(draft.whole(name, draft.real, -bound, bound), right.shape)


def _lower_factor(grid: TileGrid, matrix: Tile) -> str:
    draft = grid.draft
    if draft.draw.chance(0.8):
        draft.line(f"wp.tile_cholesky_inplace({matrix.name})")
        return matrix.name
    factor = draft.name(*NAMES)
    draft.line(f"{factor} = wp.tile_cholesky({matrix.warp})")
    return factor


_WAYS = {"solve": 1.5, "in_place": 2.0, "two_steps": 1.0, "two_steps_in_place": 1.5}
"""What follows a lower factor, and how often each comes."""


def solved_by(grid: TileGrid, name: str, factor: Tile, right: Tile, bound: float) -> Tile:
    """Names the solution of the system whose lower Cholesky factor is known, which stays as it is, where there is no gradient."""
    draft, draw = grid.draft, grid.draft.draw
    draft.reserve(name)
    turned = f"np.swapaxes({factor.numpy}, -1, -2)"
    draft.numpy(f"{name} = {_solution(factor.numpy, right.numpy, len(right.shape))}")
    draft.numpy(f"{name} = {_solution(turned, name, len(right.shape))}")
    _solve_lines(grid, draw.weighted(tuple(_WAYS), tuple(_WAYS.values())), name, factor.name, right)
    return Tile(draft.whole(name, draft.real, -bound, bound), right.shape)


def _refined_lines(grid: TileGrid, name: str, matrix: Tile, right: Tile) -> None:
    """A solution, and a correction of it by what it leaves of the right-hand side."""
    draft = grid.draft
    factor, first, rest = draft.name(*NAMES), draft.free(f"{name}_first"), draft.name("rest", "left_over", "defect")
    image = f"wp.tile_matmul({matrix.warp}, {first})"
    if len(right.shape) == 1:
        tall = shape_text((*right.shape, Length.of(1)))
        image = f"wp.tile_matmul({matrix.warp}, wp.tile_reshape({first}, shape={tall}))"
        image = f"wp.tile_reshape({image}, shape={shape_text(right.shape)})"
    draft.line(
        f"{factor} = wp.tile_cholesky({matrix.warp})",
        f"{first} = wp.tile_cholesky_solve({factor}, {right.warp})",
        f"{rest} = {right.warp} - {image}",
        f"wp.tile_cholesky_solve_inplace({factor}, {rest})",
        f"{name} = {first} + {rest}",
    )


def _solve_lines(grid: TileGrid, way: str, name: str, factor: str, right: Tile) -> None:
    draft = grid.draft
    if way == "solve":
        draft.line(f"{name} = wp.tile_cholesky_solve({factor}, {right.warp})")
        return
    if way == "two_steps":
        middle = draft.name("forward", "z", "half")
        draft.line(f"{middle} = wp.tile_lower_solve({factor}, {right.warp})")
        draft.line(f"{name} = wp.tile_upper_solve(wp.tile_transpose({factor}), {middle})")
        return
    # What is solved in place must be a tile of its own.
    copied(grid, right, name)
    if way == "in_place":
        draft.line(f"wp.tile_cholesky_solve_inplace({factor}, {name})")
    else:
        draft.line(f"wp.tile_lower_solve_inplace({factor}, {name})", f"wp.tile_upper_solve_inplace(wp.tile_transpose({factor}), {name})")


def _solved_by_inverse_factor(grid: TileGrid, name: str, factor: Tile, right: Tile, bound: float) -> Tile:
    """With W the inverse of the factor L, the solution is W^T (L^-1 b), whose every step has an adjoint."""
    draft = grid.draft
    n = factor.shape[0]
    unit = diagonal(grid, draft.free(draft.draw.choice(("unit", "identity", "eye_tile"))), n, literal(1.0, draft.real))
    inverse = solved_below(grid, draft.name("inverse_factor", "l_inv", "w"), factor, unit, bound)
    half = solved_below(grid, draft.name("half_solved", "z", "forward"), factor, right, bound)
    turned = transposed(grid, inverse)
    if len(right.shape) == 2:
        return grid.bounded(product(grid, name, turned, half), -bound, bound)
    shape = shape_text((n, Length.of(1)))
    return grid.named(
        name,
        right.shape,
        f"wp.tile_reshape(wp.tile_matmul({turned.warp}, wp.tile_reshape({half.warp}, shape={shape})), shape=({n.text},))",
        f"({turned.numpy} @ {half.numpy}[..., None])[..., 0]",
        -bound,
        bound,
    )


def half_log_determinant(grid: TileGrid, name: str, factor: Tile) -> Tile:
    """Names the sum of the logarithms of the factor's diagonal, a number of the block."""
    draft = grid.draft
    n = factor.shape[0]
    rows, columns = row_and_column_numbers(grid, n)
    function = draft.free(draft.draw.choice(("log_of_diagonal", "diagonal_log", "log_pivot")))
    real = draft.real.spelling
    draft.definitions.append(
        [
            "@wp.func",
            f"def {function}(row: {I32.spelling}, col: {I32.spelling}, entry: {real}) -> {real}:",
            "    if row == col:",
            "        return wp.log(entry)",
            f"    return {draft.number(0.0)}",
        ]
    )
    logs = draft.name("logs", "log_diagonal", "log_pivots")
    draft.line(f"{logs} = wp.tile_map({function}, {rows}, {columns}, {factor.warp})")
    bound = 5.0 * n.value
    diagonals = f"np.diagonal({factor.numpy}, axis1=-2, axis2=-1)"
    return grid.number(name, 1, f"wp.tile_sum({logs})", f"np.sum(np.log({diagonals}), axis=-1, keepdims=True)", -bound, bound)


def _solution(matrix: str, right: str, axes: int) -> str:
    if axes == 1:
        return f"np.linalg.solve({matrix}, {right}[..., None])[..., 0]"
    return f"np.linalg.solve({matrix}, {right})"
