"""Systems with symmetric positive definite matrices: least squares, Gaussian processes and densities, filters, Schur complements."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.tile_grid import Tile, TileGrid, shape_text
from kernels.draw import Draw
from kernels.families.tile_linear_algebra.factors import factor_of, half_log_determinant, solved, solved_below, solved_by
from kernels.families.tile_linear_algebra.matrices import column, covariance, flat, gram, product, transposed, with_diagonal
from kernels.families.tile_linear_algebra.steps import begin, dot, finished, loaded, prepared
from kernels.language.expression import Expression

SIDES = (3, 4, 5, 6, 8)
RIGHT = ("rhs", "target", "residual", "load", "gradient", "y")


def _damping(grid: TileGrid, low: float = 1.0) -> Expression:
    draft = grid.draft
    return draft.knob(draft.name("damping", "ridge_value", "noise", "jitter_value", "regularizer"), low, low + 2.0)


def _definite(grid: TileGrid, side: int, *, name: str = "", half: bool = False) -> Tile:
    """A symmetric positive definite matrix, whose eigenvalues are at least 1: of a factor's products or of points' covariances."""
    draft, draw = grid.draft, grid.draft.draw
    name = name or draft.name("matrix", "system", "hessian", "precision", "a_mat")
    if not half and draw.chance(0.3):
        points = grid.load(draft.name("points", "sites", "knots"), grid.shape(N=side))
        made, _ = covariance(grid, draft.free(f"{name}_part"), points, points)
    else:
        rows = draw.choice(SIDES)
        factor = loaded(grid, draft.name("jacobian", "basis", "design", "half"), (*grid.shape(M=rows), *grid.shape(N=side)), half=half)
        if draw.chance(0.3):
            factor = prepared(grid, factor)
        made = gram(grid, draft.free(f"{name}_part"), factor)
    return with_diagonal(grid, name, made, _damping(grid))


def _right_side(grid: TileGrid, side: int, *, columns: int | None = None) -> Tile:
    draft = grid.draft
    shape = grid.shape(N=side) if columns is None else (*grid.shape(N=side), *grid.shape(R=columns))
    right = grid.load(draft.name(*RIGHT), shape)
    return prepared(grid, right) if draft.draw.chance(0.35) else right


def linear_solve(draw: Draw) -> Case:
    """One system for each block, with one right-hand side or several."""
    half = draw.chance(0.25)
    draft, grid = begin(draw, 0.25, half=half)
    side = draw.choice(SIDES)
    matrix = _definite(grid, side, half=half)
    right = _right_side(grid, side, columns=draw.choice((2, 3, 4)) if draw.chance(0.4) else None)
    solution = solved(grid, draft.name("x", "solution", "step", "update"), matrix, right, 1.0)
    if draw.chance(0.3) and len(right.shape) == 1:
        grid.store_number(draft.name("decrease", "energies", "works"), dot(grid, draft.name("work", "energy"), solution, right))
    return finished(grid, "solve", solution, [right])


def normal_equations(draw: Draw) -> Case:
    """The damped least-squares step of each block's residuals."""
    half = draw.chance(0.25)
    draft, grid = begin(draw, 0.25, half=half)
    side, rows = draw.choice((3, 4, 5, 6)), draw.choice((4, 6, 8))
    jacobian = loaded(grid, draft.name("jac", "design", "features"), (*grid.shape(M=rows), *grid.shape(N=side)), half=half)
    residual = grid.load(draft.name("res", "observed", "errors"), grid.shape(M=rows))
    turned = transposed(grid, jacobian, draft.free(f"{jacobian.name}_t"), fresh=True)
    weighted = jacobian
    if draw.chance(0.45):
        weight = grid.load(draft.name("confidence", "weights", "precision_values"), grid.shape(M=rows), 0.2, 1.5)
        spread = grid.named(
            draft.free(f"{weight.name}_wide"),
            jacobian.shape,
            f"wp.tile_broadcast(wp.tile_reshape({weight.warp}, shape=({weight.shape[0].text}, 1)), shape={shape_text(jacobian.shape)})",
            f"{weight.numpy}[..., None]",
            0.2,
            1.5,
        )
        weighted = grid.formula(draft.free("weighted"), f"{jacobian.name} * {spread.name}", jacobian.shape)
    normal = product(grid, draft.name("jtj", "normal_part", "hessian_part"), turned, weighted)
    matrix = with_diagonal(grid, draft.name("normal", "hessian", "lhs"), normal, _damping(grid))
    gradient = product(grid, draft.name("jtr", "gradient_column"), transposed(grid, weighted), column(grid, residual))
    right = flat(grid, draft.name("rhs", "descent", "gradient"), gradient)
    step = solved(grid, draft.name("step", "delta", "x"), matrix, right, 1.0)
    return finished(grid, draw.choice(("gauss_newton", "least_squares", "levenberg")), step, [right])


def gaussian_process(draw: Draw) -> Case:
    """Regression by a Gaussian process at each block's points: its log likelihood, weights, or predictions at other points."""
    draft, grid = begin(draw, 0.25)
    side = draw.choice(SIDES)
    points = grid.load(draft.name("points", "sites", "locations"), grid.shape(N=side))
    targets = grid.load(draft.name("targets", "observed", "heights"), grid.shape(N=side))
    what = draw.choice(("likelihood", "weights", "prediction"))
    queries = grid.load(draft.name("queries", "test_points"), grid.shape(Q=draw.choice((2, 3, 7)))) if what == "prediction" else None
    made, cross = covariance(grid, draft.name("cov_part", "k_part"), points, queries or points)
    matrix = with_diagonal(grid, draft.name("cov", "kernel_matrix", "k_mat"), made, _damping(grid))
    if what == "likelihood":
        factor = factor_of(grid, matrix)
        return _density(grid, factor, targets)
    weights = solved(grid, draft.name("weights", "alpha"), matrix, targets, 1.0)
    if cross is None or queries is None:
        return finished(grid, "gp_weights", weights, [targets])
    mean = product(grid, draft.name("mean_column", "predicted"), cross, column(grid, weights))
    return finished(grid, "gp_predict", flat(grid, draft.name("mean", "prediction"), mean), [queries])


def _density(grid: TileGrid, factor: Tile, values: Tile) -> Case:
    """The logarithm of the Gaussian density of `values`, up to a constant."""
    draft, draw = grid.draft, grid.draft.draw
    bound, quadratic = values.numbers[0] * values.magnitude, draft.name("distance", "quad", "mahalanobis")
    if not draft.differentiable and draw.chance(0.7):
        distance = dot(grid, quadratic, values, solved_by(grid, draft.name("alpha", "weighted_errors"), factor, values, bound))
    else:
        white = solved_below(grid, draft.name("white", "z", "scaled_errors"), factor, values, bound)
        distance = dot(grid, quadratic, white, white)
    if draw.chance(0.3):
        grid.store_number(draft.name("distances", "chi_squares"), distance)
    entropy = half_log_determinant(grid, draft.name("half_logdet", "log_volume"), factor)
    text = draw.choice((f"-0.5 * {distance.name} - {entropy.name}", f"0.5 * {distance.name} + {entropy.name}"))
    total = draft.tile(draft.name("log_density", "score", "nll"), text)
    grid.store_number(draft.name("out", "densities", "scores"), Tile(total, distance.shape))
    return draft.finished(draft.free(draw.choice(("log_likelihood", "gaussian_density", "evidence"))), grid.dim, grid.sizes())


def density(draw: Draw) -> Case:
    """Gaussian log densities under each block's covariance, or the whitened values alone."""
    draft, grid = begin(draw, 0.25)
    side = draw.choice(SIDES)
    matrix = _definite(grid, side, name=draft.name("cov", "sigma", "scatter"))
    columns = draw.choice((2, 4, 5)) if draw.chance(0.35) else None
    values = _right_side(grid, side, columns=columns)
    factor = factor_of(grid, matrix)
    if columns is None and draw.chance(0.6):
        return _density(grid, factor, values)
    bound = side * values.magnitude
    if draw.chance(0.5) or columns is None:
        return finished(grid, "whiten", solved_below(grid, draft.name("white", "whitened"), factor, values, bound), [values])
    noise = values
    sample = product(grid, draft.name("sample", "correlated", "colored"), factor, noise)
    return finished(grid, draw.choice(("sample_gaussian", "color_noise")), sample, [noise])


def kalman_update(draw: Draw) -> Case:
    """The update of a state and its covariance by a measurement, with the innovation's factor."""
    draft, grid = begin(draw, 0.25)
    n, m = draw.choice((3, 4, 6)), draw.choice((2, 3))
    states, seen = grid.shape(N=n), grid.shape(M=m)
    state = grid.load(draft.name("state", "mean", "x"), states)
    spread = gram(grid, draft.name("cov", "p"), grid.load(draft.name("root_cov", "spread_root"), (*states, *states)), rows=True)
    observe = grid.load(draft.name("observation", "h", "measure_map"), (*seen, *states))
    observe_t = transposed(grid, observe, draft.free(f"{observe.name}_t"), fresh=True)
    measured = grid.load(draft.name("measured", "z", "reading"), seen)
    cross = product(grid, draft.name("hp", "cross"), observe, spread)
    part = product(grid, draft.name("hph", "innovation_part"), cross, observe_t)
    innovation_cov = with_diagonal(grid, draft.name("s", "innovation_cov"), part, _damping(grid))
    expected = flat(
        grid, draft.name("expected", "predicted"), product(grid, draft.name("hx", "predicted_column"), observe, column(grid, state))
    )
    surprise = grid.formula(draft.name("innovation", "surprise"), f"{measured.name} - {expected.name}", seen)
    if not draft.differentiable and draw.chance(0.7):
        gain = solved(grid, draft.name("gain_t", "weights"), innovation_cov, cross, 1.0)
        lessened, white = cross, surprise
    else:
        factor = factor_of(grid, innovation_cov)
        gain = lessened = solved_below(grid, draft.name("gain_half", "w"), factor, cross, m * cross.magnitude)
        white = solved_below(grid, draft.name("white", "normed"), factor, surprise, m * surprise.magnitude)
    moved = flat(
        grid, draft.name("correction", "shift"), product(grid, draft.name("move", "kv"), transposed(grid, gain), column(grid, white))
    )
    new_state = grid.formula(draft.name("new_state", "posterior", "updated"), f"{state.name} + {moved.name}", states)
    grid.store(draft.name("states_out", "means_out", "x_out"), new_state)
    if draw.chance(0.7):
        lost = product(grid, draft.name("lost", "reduction"), transposed(grid, lessened), gain)
        grid.store(
            draft.name("cov_out", "p_out"), grid.formula(draft.name("new_cov", "p_new"), f"{spread.name} - {lost.name}", spread.shape)
        )
    if white is not surprise and draw.chance(0.3):
        grid.store_number(draft.name("nis", "surprises"), dot(grid, draft.name("squared", "chi2"), white, white))
    return draft.finished(draft.free(draw.choice(("kalman_update", "filter_step", "measurement_update"))), grid.dim, grid.sizes())


def schur_complement(draw: Draw) -> Case:
    """The Schur complement of one block of a matrix, which eliminates its unknowns."""
    draft, grid = begin(draw, 0.25)
    n, m = draw.choice(SIDES), draw.choice((2, 3, 4))
    matrix = _definite(grid, n, name=draft.name("eliminated", "h_pp", "a_block"))
    coupling = grid.load(draft.name("coupling", "b_block", "h_pl"), (*grid.shape(N=n), *grid.shape(M=m)))
    kept = grid.load(draft.name("kept", "c_block", "h_ll"), (*grid.shape(M=m), *grid.shape(M=m)), -2.0, 2.0)
    if draft.differentiable or draw.chance(0.3):
        half = solved_below(grid, draft.name("w", "reduced"), factor_of(grid, matrix), coupling, n * coupling.magnitude)
        part = product(grid, draft.name("filled", "fill_in"), transposed(grid, half), half)
    else:
        inner = solved(grid, draft.name("inner", "eliminated_part"), matrix, coupling, 1.0)
        part = product(grid, draft.name("filled", "fill_in"), transposed(grid, coupling), inner)
    reduced = grid.formula(draft.name("schur", "reduced_matrix"), f"{kept.name} - {part.name}", kept.shape)
    return finished(grid, draw.choice(("schur_complement", "eliminate", "marginalize")), reduced, [kept])


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (linear_solve, 6.5),
    (normal_equations, 4.5),
    (gaussian_process, 4.0),
    (density, 3.0),
    (kalman_update, 3.5),
    (schur_complement, 2.5),
)
"""The algorithms of this module, and how often each comes."""
