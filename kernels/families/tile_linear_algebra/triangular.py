"""Triangular matrices in tiles, whole and in blocks: solutions by substitution, inverses, factors that are made block by block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kernels.case import Case
from kernels.drafting.tile_grid import Length, Shape, Tile, TileGrid, shape_text
from kernels.drafting.tiles import TileDraft
from kernels.draw import Draw
from kernels.families.tile_linear_algebra.factors import solved_below
from kernels.families.tile_linear_algebra.matrices import copied, diagonal, gram, product, row_and_column_numbers, transposed, with_diagonal
from kernels.families.tile_linear_algebra.steps import begin, finished, prepared
from kernels.language.expression import literal
from kernels.language.types import I32

_SIDES = (3, 4, 5, 6, 8)


def _triangle(grid: TileGrid, n: Length, *, upper: bool = False) -> Tile:
    """Names a triangular matrix with a diagonal of at least one: of a full one, whose other triangle is dropped or ignored."""
    draft, draw = grid.draft, grid.draft.draw
    full = grid.load(draft.name("full", "coefficients", "packed", "entries"), (n, n), -0.4, 0.4)
    spelled, word = ("triu", "upper") if upper else ("tril", "lower")
    name = draft.name(word, f"{word}_mat", "triangle")
    if draw.chance(0.5):
        shift = draft.knob(draft.name("pivot", "shift", "diagonal_value"), 1.0, 2.0)
        unit = diagonal(grid, draft.free("pivots"), n, shift)
        made = grid.formula(name, f"{full.name} + {unit.name}", (n, n))
        # What lies in the other triangle is never read.
        draft.numpy(f"{name} = np.{spelled}({name})")
        return made
    rows, columns = row_and_column_numbers(grid, n)
    function = draft.free(draw.choice((f"{word}_entry", f"keep_{word}", "triangular")))
    real, sign = draft.real.spelling, ">" if upper else "<"
    value = draw.real(1.0, 2.0)
    draft.definitions.append(
        [
            "@wp.func",
            f"def {function}(row: {I32.spelling}, col: {I32.spelling}, entry: {real}) -> {real}:",
            "    if row == col:",
            f"        return entry + {draft.number(value)}",
            f"    return wp.where(row {sign} col, {draft.number(0.0)}, entry)",
        ]
    )
    numpy = f"np.{spelled}({full.name}) + {value} * np.eye({n.value}, dtype={draft.precision})"
    return grid.named(name, (n, n), f"wp.tile_map({function}, {rows}, {columns}, {full.name})", numpy, -3.0, 3.0)


def substitution(draw: Draw) -> Case:
    """One triangular system for each block: forward with a gradient; backward, by the transpose or in place without one."""
    draft, grid = begin(draw, 0.25)
    n = grid.shape(N=draw.choice(_SIDES))[0]
    upper = not draft.differentiable and draw.chance(0.6)
    matrix = _triangle(grid, n, upper=upper)
    right = _right_side(grid, n)
    # Unit pivots of one and more, and small entries: solutions stay small.
    bound = 10.0
    if draft.differentiable:
        name = draft.name("x", "solution", "unknowns")
        return finished(grid, "forward_substitution", solved_below(grid, name, matrix, right, bound), [right])
    turned = draw.chance(0.35)
    solution = _sweep(grid, matrix, right, bound, upper=upper != turned, turned=turned)
    return finished(grid, "back_substitution" if upper != turned else "forward_solve", solution, [])


def _right_side(grid: TileGrid, n: Length) -> Tile:
    draft, draw = grid.draft, grid.draft.draw
    shape: Shape = (n,) if draw.chance(0.6) else (n, *grid.shape(R=draw.choice((2, 3))))
    right = grid.load(draft.name("rhs", "load", "b"), shape)
    return prepared(grid, right) if draw.chance(0.4) else right


def _sweep(grid: TileGrid, triangle: Tile, right: Tile, bound: float, *, upper: bool, turned: bool) -> Tile:
    """Solves with a triangle, or its transpose if it is `turned`: as a new tile, or in place of the right-hand side or its copy."""
    draft, draw = grid.draft, grid.draft.draw
    numpy, kernel = triangle.numpy, triangle.warp
    if turned:
        numpy, kernel = f"np.swapaxes({numpy}, -1, -2)", f"wp.tile_transpose({kernel})"
    way = "upper" if upper else "lower"
    vector = f"{right.numpy}[..., None])[..., 0]" if len(right.shape) == 1 else f"{right.numpy})"
    numpy = f"np.linalg.solve({numpy}, {vector}"
    if draw.chance(0.6 if upper else 0.7):
        kept = copied(grid, right) if draw.chance(0.4) else right
        draft.line(f"wp.tile_{way}_solve_inplace({kernel}, {kept.warp})")
        draft.numpy(f"{kept.name} = {numpy}")
        return Tile(draft.whole(kept.name, draft.real, -bound, bound), right.shape)
    name = draft.name(*(("x", "solution", "unknowns") if upper else ("z", "forward", "half_solved")))
    return grid.named(name, right.shape, f"wp.tile_{way}_solve({kernel}, {right.warp})", numpy, -bound, bound)


def two_sweeps(draw: Draw) -> Case:
    """The system of a triangular factor and its transpose, as a preconditioner has it: sweeps forward and backward, perhaps a scaling."""
    draft, grid = begin(draw, 0.0)
    n = grid.shape(N=draw.choice(_SIDES))[0]
    upper = draw.chance(0.4)
    factor = _triangle(grid, n, upper=upper)
    middle = _sweep(grid, factor, _right_side(grid, n), 10.0, upper=False, turned=upper)
    scaled = len(middle.shape) == 1 and draw.chance(0.4)
    if scaled:
        scales = grid.load(draft.name("pivots_in", "scales", "inverse_pivots"), middle.shape, 0.5, 1.5)
        middle = grid.formula(draft.free("scaled"), f"{middle.name} * {scales.name}", middle.shape)
    solution = _sweep(grid, factor, middle, 60.0, upper=True, turned=not upper)
    return finished(
        grid, draw.choice(("precondition", "two_sweeps", "solve_factored", "ssor_apply" if scaled else "sweep_both")), solution, []
    )


def inverse(draw: Draw) -> Case:
    """The inverse of a triangular matrix, column by column at once, perhaps multiplied to the inverse of a symmetric one."""
    draft, grid = begin(draw, 0.7)
    n = grid.shape(N=draw.choice(_SIDES))[0]
    matrix = _triangle(grid, n)
    unit = diagonal(grid, draft.free(draw.choice(("unit", "identity"))), n, literal(1.0, draft.real))
    made = solved_below(grid, draft.name("inverse", "inv"), matrix, unit, 10.0)
    if draw.chance(0.5):
        return finished(grid, "triangular_inverse", made, [])
    turned = transposed(grid, made)
    return finished(grid, "inverse_gram", product(grid, draft.name("precision", "inverse_part"), turned, made), [])


def block_factor(draw: Draw) -> Case:
    """A Cholesky factor made of its four blocks, put together in one tile."""
    draft, grid = begin(draw, 0.6)
    half = draw.choice((2, 3, 4))
    n, h = grid.shape(N=2 * half)[0], grid.shape(H=half)[0]
    basis = grid.load(draft.name("basis", "half_mat", "design"), (*grid.shape(K=draw.choice((3, 4, 6))), n))
    basis = prepared(grid, basis) if draw.chance(0.4) else basis
    part = gram(grid, draft.name("gram_part", "scatter_part"), basis)
    matrix = with_diagonal(grid, draft.name("matrix", "cov", "spd"), part, draft.knob(draft.name("ridge_value", "noise"), 1.0, 2.0))
    top, side, corner = (_block(grid, matrix, name, *place, h) for name, place in (("a11", (0, 0)), ("a21", (1, 0)), ("a22", (1, 1))))
    draft.numpy(f"factor = np.linalg.cholesky({matrix.numpy})")
    draft.reserve("factor")
    l11, l21, l22 = (draft.free(name) for name in ("l11", "l21", "l22"))
    copy_of_top, copy_of_side = copied(grid, top), copied(grid, side)
    turned_row = draft.free("row_t")
    draft.line(
        # Of a view itself the factor would be wrong: it takes over the view's strides.
        f"{l11} = wp.tile_cholesky({copy_of_top.warp})",
        f"{turned_row} = wp.tile_lower_solve({l11}, wp.tile_transpose({copy_of_side.warp}))",
    )
    row = Tile(draft.known(turned_row, draft.real, -10.0, 10.0), (h, h))
    again = copied(grid, row)
    draft.line(
        f"{l21} = wp.tile_transpose({again.warp})",
        f"{l22} = wp.tile_cholesky({corner.warp} - wp.tile_matmul({l21}, {turned_row}))",
    )
    whole = draft.free(draw.choice(("assembled", "lower_factor", "chol")))
    draft.line(f'{whole} = wp.tile_zeros(shape={shape_text((n, n))}, dtype={draft.real.spelling}, storage="shared")')
    pieces = [(l11, ("0", "0")), (l21, (h.text, "0")), (l22, (h.text, h.text))]
    for piece, place in pieces:
        draft.line(f"wp.tile_assign({whole}, {piece}, offset=({', '.join(place)}))")
    draft.numpy(f"{whole} = factor")
    return finished(grid, draw.choice(("block_cholesky", "blocked_factor")), Tile(draft.whole(whole, draft.real, -10.0, 10.0), (n, n)), [])


def _block(grid: TileGrid, matrix: Tile, name: str, row: int, column: int, h: Length) -> Tile:
    """A square block of `matrix` with sides `h`, by a slice or a view; only the kernel has a name for it."""
    draft = grid.draft
    name = draft.free(name)
    starts = [0, h.value]
    text = ", ".join(f"{starts[p] or ''}:{starts[p] + h.value}" for p in (row, column))
    view = f"wp.tile_view({matrix.warp}, offset=({starts[row]}, {starts[column]}), shape={shape_text((h, h))})"
    draft.line(f"{name} = {draft.draw.choice((f'{matrix.warp}[{text}]', view))}")
    return Tile(draft.known(name, draft.real, -100.0, 100.0), (h, h))


def block_substitution(draw: Draw) -> Case:
    """A triangular system solved in two halves, with an update of the right-hand side between them."""
    draft, grid = begin(draw, 0.7)
    half = draw.choice((2, 3, 4))
    n, h = grid.shape(N=2 * half)[0], grid.shape(H=half)[0]
    columns = draw.choice((1, 2, 3))
    width = grid.shape(R=columns)[0]
    matrix = _triangle(grid, n)
    right = grid.load(draft.name("rhs", "loads", "b"), (n, width))
    l11, l21, l22 = (_block(grid, matrix, name, *place, h) for name, place in (("l11", (0, 0)), ("l21", (1, 0)), ("l22", (1, 1))))
    halves = [draft.free(name) for name in ("b1", "b2", "x1", "rest", "x2")]
    b1, b2, x1, rest, x2 = halves
    draft.line(
        f"{b1} = {right.name}[0:{h.value}, :]",
        f"{b2} = wp.tile_view({right.name}, offset=({h.value}, 0), shape={shape_text((h, width))})",
        f"{x1} = wp.tile_lower_solve({l11.warp}, {b1})",
        f"{rest} = {b2} - wp.tile_matmul({l21.warp}, {x1})",
        f"{x2} = wp.tile_lower_solve({l22.warp}, {rest})",
    )
    name = draft.free(draw.choice(("x", "solution", "assembled")))
    make = draw.choice((f"wp.tile_empty(shape={{0}}, dtype={{1}}{', storage={2}'})", "wp.tile_zeros(shape={0}, dtype={1}, storage={2})"))
    draft.line(
        f"{name} = {make.format(shape_text((n, width)), draft.real.spelling, chr(34) + 'shared' + chr(34))}",
        f"wp.tile_assign({name}, {x1}, offset=(0, 0))",
        f"{name}[{h.value}:{n.value}, :] = {x2}",
    )
    draft.numpy(f"{name} = np.linalg.solve({matrix.numpy}, {right.numpy})")
    solution = Tile(draft.whole(name, draft.real, -20.0, 20.0), (n, width))
    return finished(grid, "block_substitution", solution, [right])


def gram_schmidt(draw: Draw) -> Case:
    """The first rows of a matrix made orthogonal, one after another, by dot products and `wp.tile_axpy` in place."""
    draft = TileDraft(draw, differentiable=False)
    grid = TileGrid(draft)
    n, count = draw.choice((4, 6, 8, 16)), draw.choice((2, 3))
    shape = grid.shape(N=n)
    rows = [grid.load(draft.free(f"v{k}"), shape, *((0.5, 1.5) if k == 0 else (-1.0, 1.0))) for k in range(count)]
    for k in range(1, count):
        for j in range(k):
            over, under = draft.free(f"over{k}{j}"), draft.free(f"under{k}{j}")
            # The remaining part of a later row is not small: rows are drawn, and there are more columns than rows.
            draft.line(
                f"{over} = wp.tile_dot({rows[k].name}, {rows[j].name})",
                f"{under} = wp.tile_dot({rows[j].name}, {rows[j].name})",
                f"wp.tile_axpy(-{over}[0] / ({under}[0] + {draft.number(0.1)}), {rows[j].name}, {rows[k].name})",
            )
            draft.numpy(
                f"{over} = {grid.sum_text(f'{rows[k].name} * {rows[j].name}', rows[j])}",
                f"{under} = {grid.sum_text(f'{rows[j].name} * {rows[j].name}', rows[j])}",
                f"{rows[k].name} = {rows[k].name} - {over} / ({under} + 0.1) * {rows[j].name}",
            )
    for k, row in enumerate(rows[1:], 1):
        grid.store(draft.free(f"out{k}"), grid.bounded(row, -20.0, 20.0))
    return draft.finished(draft.free(draw.choice(("gram_schmidt", "orthogonalize_rows", "deflate"))), grid.dim, grid.sizes())


def conjugate_gradient(draw: Draw) -> Case:
    """Steps of the conjugate gradient method, its vectors updated in place."""
    draft = TileDraft(draw, differentiable=False)
    grid = TileGrid(draft)
    n, steps = draw.choice((4, 6, 8)), draw.integer(1, 3)
    side, one = grid.shape(N=n)[0], Length.of(1)
    factor = grid.load(draft.name("half", "stiffness_root", "basis"), (side, side), -0.7, 0.7)
    part = gram(grid, draft.name("gram_part", "symmetric"), factor)
    matrix = with_diagonal(grid, draft.name("a_mat", "operator", "stiffness"), part, draft.knob(draft.name("mass", "shift"), 1.5, 2.5))
    r = grid.load(draft.name("r", "residual"), (side, one))
    x, p = draft.name("x", "solution"), draft.name("p", "direction")
    zeros = f"wp.tile_zeros(shape={shape_text((side, one))}, dtype={draft.real.spelling}{draft.storage()})"
    draft.line(f"{x} = {zeros}", f"{p} = {zeros}", f"{p} += {r.name}", f"rr = wp.tile_dot({r.name}, {r.name})")
    tile = replace(r, value=draft.known(p, draft.real, -10.0, 10.0))
    total = grid.sum_text("{}", tile)
    draft.numpy(f"{x} = np.zeros_like({r.name})", f"{p} = {r.name}", f"rr = {total.format(f'{r.name} * {r.name}')}")
    draft.reserve("rr")
    for step in range(steps):
        ap, alpha, new = (draft.free(f"{word}{step}") for word in ("ap", "alpha", "rr_new"))
        draft.line(
            f"{ap} = wp.tile_matmul({matrix.name}, {p})",
            f"{alpha} = rr[0] / (wp.tile_dot({p}, {ap})[0] + {draft.number(1e-3)})",
            f"wp.tile_axpy({alpha}, {p}, {x})",
        )
        draft.numpy(
            f"{ap} = {matrix.numpy} @ {p}",
            f"{alpha} = rr / ({total.format(f'{p} * {ap}')} + 0.001)",
            f"{x} = {x} + {alpha} * {p}",
        )
        if step == steps - 1:
            break
        draft.line(
            f"wp.tile_axpy(-{alpha}, {ap}, {r.name})",
            f"{new} = wp.tile_dot({r.name}, {r.name})",
            f"{p} *= {new}[0] / rr[0]",
            f"{p} += {r.name}",
            f"rr = {new}",
        )
        draft.numpy(
            f"{r.name} = {r.name} - {alpha} * {ap}",
            f"{new} = {total.format(f'{r.name} * {r.name}')}",
            f"{p} = {r.name} + {new} / rr * {p}",
            f"rr = {new}",
        )
    solution = Tile(draft.whole(x, draft.real, -20.0, 20.0), (side, one))
    return finished(grid, draw.choice(("conjugate_gradient", "cg_steps")), solution, [])


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (substitution, 5.0),
    (two_sweeps, 10.5),
    (inverse, 1.0),
    (block_factor, 1.5),
    (block_substitution, 3.5),
    (gram_schmidt, 1.0),
    (conjugate_gradient, 1.0),
)
"""The algorithms of this module, and how often each comes."""
