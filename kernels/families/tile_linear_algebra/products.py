"""Products of matrices in tiles: iterations that are made of them, polynomials of a matrix, quadratic forms, low ranks, congruences.

The steps of an iteration are known at compile time. A tile that is updated in place while its old values still count has a wrong gradient,
so an iteration that has one makes new tiles.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.tile_grid import Length, Tile, TileGrid, shape_text
from kernels.draw import Draw
from kernels.families.tile_linear_algebra.matrices import column, diagonal, flat, gram, product, transposed, with_diagonal
from kernels.families.tile_linear_algebra.steps import begin, dot, finished, knobs, loaded, prepared
from kernels.language.expression import literal


def _square(grid: TileGrid, n: int, *names: str, bound: float = 0.5) -> Tile:
    side = grid.shape(N=n)
    tile = grid.load(grid.draft.name(*names), (*side, *side), -bound, bound)
    return prepared(grid, tile) if grid.draft.draw.chance(0.25) and bound >= 1.0 else tile


def chain(draw: Draw) -> Case:
    """A chain of two or three products, transposed or not, such as a congruence or a linear attention."""
    kind = draw.choice(("congruence", "attention", "two"))
    kept_half = kind != "congruence" and draw.chance(0.6)
    draft, grid = begin(draw, 0.8, half=kept_half)
    n, m, k = draw.choice((3, 4, 6)), draw.choice((2, 4, 5)), draw.choice((3, 4, 8))
    if kind == "congruence":
        inner = _square(grid, n, "metric", "stiffness", "inertia", bound=1.0)
        basis = grid.load(draft.name("basis", "modes", "rotation"), (*grid.shape(N=n), *grid.shape(M=m)))
        turned = transposed(grid, basis, draft.free(f"{basis.name}_t"), fresh=True)
        half = product(grid, draft.name("half", "applied"), inner, basis)
        return finished(grid, "congruence", product(grid, draft.name("reduced", "projected"), turned, half), [])
    if kind == "attention":
        rows, width = grid.shape(T=n), grid.shape(D=m)
        names = (("q", "queries"), ("k", "keys"), ("v", "values"))
        given = [loaded(grid, draft.name(*words), (*rows, *width), half=kept_half) for words in names]
        q, keys, v = (prepared(grid, t) if draw.chance(0.5) else t for t in given)
        turned = transposed(grid, keys, draft.free(f"{keys.name}_t"), fresh=True)
        if draw.chance(0.5):
            memory = product(grid, draft.name("memory", "kv"), turned, v)
            return finished(grid, "linear_attention", product(grid, draft.name("attended", "context"), q, memory), [q, v])
        scores = product(grid, draft.name("scores", "qk"), q, turned, alpha=round(m**-0.5, 4))
        shaped = grid.drawn(draft.name("weights", "gates"), [scores], knobs(grid, 0.4), bound=4.0)
        return finished(grid, "attention", product(grid, draft.name("attended", "context"), shaped, v), [q, v])
    left = loaded(grid, draft.name("a", "left", "encoder"), (*grid.shape(M=m), *grid.shape(K=k)), half=kept_half)
    right = grid.load(draft.name("b", "right", "inputs"), (*grid.shape(K=k), *grid.shape(N=n)))
    hidden = product(grid, draft.name("hidden", "first", "mid"), left, prepared(grid, right) if draw.chance(0.4) else right)
    active = grid.drawn(draft.name("active", "activated"), [hidden], knobs(grid, 0.4), bound=4.0)
    if draw.chance(0.4):
        return finished(grid, "layer", active, [])
    decoder = grid.share(draft.name("decoder", "out_weights"), (*grid.shape(M=m), *grid.shape(M=m)))
    return finished(grid, "two_layers", product(grid, draft.name("output", "decoded"), decoder, active), [active])


def newton_schulz(draw: Draw) -> Case:
    """Steps of Newton's and Schulz's iteration, which makes a matrix orthogonal or inverts it."""
    draft, grid = begin(draw, 0.8)
    n, m = draw.choice((3, 4, 6)), draw.choice((3, 4, 8))
    steps = draw.integer(1, 3)
    if draw.chance(0.5):
        x = grid.load(draft.name("x", "momentum", "update"), (*grid.shape(N=n), *grid.shape(M=m)), -0.25, 0.25)
        for step in range(steps):
            turned = transposed(grid, x, fresh=step == 0 and draft.differentiable)
            part = product(grid, draft.free("gram_part"), x, turned)
            cubic = product(grid, draft.free("cubic"), part, x)
            a, b = draft.number(1.5), draft.number(0.5)
            name = draft.free(f"x{step + 1}")
            x = grid.named(name, x.shape, f"{a} * {x.name} - {b} * {cubic.name}", f"1.5 * {x.name} - 0.5 * {cubic.name}", -2.0, 2.0)
        return finished(grid, draw.choice(("orthogonalize", "newton_schulz")), x, [])
    matrix = _square(grid, n, "matrix", "operator", bound=0.2)
    unit = diagonal(grid, draft.free(draw.choice(("unit", "identity"))), grid.shape(N=n)[0], literal(2.0, draft.real))
    shifted = grid.formula(draft.free("shifted"), f"{matrix.name} + {unit.name}", matrix.shape)
    x = grid.named(draft.name("guess", "inverse"), matrix.shape, f"{draft.number(0.25)} * {unit.name}", f"0.25 * {unit.name}", 0.0, 0.5)
    for step in range(steps):
        residual = product(grid, draft.free("ax"), shifted, x)
        again = product(grid, draft.free("xax"), x, residual)
        x = grid.named(
            draft.free(f"x{step + 1}"),
            x.shape,
            f"{draft.number(2.0)} * {x.name} - {again.name}",
            f"2.0 * {x.name} - {again.name}",
            -2.0,
            2.0,
        )
    return finished(grid, draw.choice(("iterative_inverse", "schulz_inverse")), x, [])


def polynomial(draw: Draw) -> Case:
    """A polynomial of a matrix by Horner's rule: its exponential, the inverse of its difference from one, or drawn coefficients."""
    draft, grid = begin(draw, 0.8)
    n = draw.choice((3, 4, 5, 8))
    matrix = _square(grid, n, "generator", "matrix", "rate_matrix", bound=draw.choice((0.5, 1.0)))
    degree = draw.integer(2, 4)
    kind = draw.choice(("exponential", "neumann", "drawn"))
    unit = diagonal(grid, draft.free(draw.choice(("unit", "identity", "eye_tile"))), grid.shape(N=n)[0], literal(1.0, draft.real))
    total = unit
    in_place = not draft.differentiable and draw.chance(0.5)
    for power in range(degree, 0, -1):
        alpha = round(1.0 / power, 4) if kind == "exponential" else 1.0 if kind == "neumann" else draw.real(0.2, 0.9)
        if in_place:
            name = draft.free(f"horner{power}")
            draft.line(f"{name} = wp.tile_zeros(shape={shape_text(matrix.shape)}, dtype={draft.real.spelling})", f"{name} += {unit.name}")
            beta = draw.choice((1.0, 0.5))
            more = f", alpha={draft.number(alpha)}, beta={draft.number(beta)}"
            draft.line(f"wp.tile_matmul({matrix.name}, {total.name}, {name}{more})")
            numpy = f"{alpha} * ({matrix.name} @ {total.name}) + {beta} * {unit.name}"
            draft.numpy(f"{name} = {numpy}")
            total = Tile(draft.whole(name, draft.real, -50.0, 50.0), matrix.shape)
            continue
        next_one = product(grid, draft.free(f"term{power}"), matrix, total, alpha=alpha)
        total = grid.formula(draft.free(f"horner{power}"), f"{unit.name} + {next_one.name}", matrix.shape)
    total = grid.bounded(total, -50.0, 50.0)
    if draw.chance(0.35):
        vector = grid.load(draft.name("state", "populations", "v"), grid.shape(N=n))
        moved = product(grid, draft.name("moved_column", "applied"), total, column(grid, vector))
        return finished(grid, draw.choice(("propagate", "apply_series")), flat(grid, draft.name("moved", "next_state"), moved), [vector])
    return finished(grid, {"exponential": "matrix_exponential", "neumann": "neumann_series", "drawn": "matrix_polynomial"}[kind], total, [])


def quadratic_form(draw: Draw) -> Case:
    """Forms of two vectors with a matrix between them, or the inner product of two matrices, one number for each block."""
    half = draw.chance(0.4)
    draft, grid = begin(draw, 0.8, half=half)
    n, m = draw.choice((3, 4, 6, 8)), draw.choice((3, 4, 5))
    if draw.chance(0.3):
        shape = (*grid.shape(M=m), *grid.shape(N=n))
        first = loaded(grid, draft.name("a", "stress", "left"), shape, half=half)
        second = loaded(grid, draft.name("b", "strain", "right"), shape, half=half)
        first = prepared(grid, first) if draw.chance(0.5) else first
        value = dot(grid, draft.name("frobenius", "contraction", "work"), first, second)
    else:
        matrix = loaded(grid, draft.name("matrix", "metric", "form"), (*grid.shape(M=m), *grid.shape(N=n)), half=half)
        left, right = grid.load(draft.name("u", "left"), grid.shape(M=m)), grid.load(draft.name("v", "right"), grid.shape(N=n))
        applied = flat(
            grid, draft.name("applied", "image"), product(grid, draft.name("column", "applied_column"), matrix, column(grid, right))
        )
        left = prepared(grid, left) if draw.chance(0.5) else left
        value = dot(grid, draft.name("form_value", "energy", "bilinear"), left, applied)
    number = value.value
    if draw.chance(0.5):
        number = draft.drawn_tile(draft.name("scaled", "response", "final"), [number, *knobs(grid, 1.0)])
    grid.store_number(draft.name("out", "energies", "values_out"), Tile(number, value.shape))
    return draft.finished(draft.free(draw.choice(("quadratic_form", "bilinear_form", "energy_of"))), grid.dim, grid.sizes())


def low_rank(draw: Draw) -> Case:
    """A matrix plus a product of thin ones, or the outer product of two vectors, by `beta` in place or as new tiles."""
    half = draw.chance(0.4)
    draft, grid = begin(draw, 0.8, half=half)
    n, m, rank = draw.choice((3, 4, 6)), draw.choice((3, 5, 8)), draw.choice((1, 1, 2))
    base = loaded(grid, draft.name("weights", "base", "matrix"), (*grid.shape(N=n), *grid.shape(M=m)), half=half)
    if rank == 1:
        u, v = grid.load(draft.name("u", "errors"), grid.shape(N=n)), grid.load(draft.name("v", "features"), grid.shape(M=m))
        u = prepared(grid, u) if draw.chance(0.4) else u
        left = column(grid, u)
        across = shape_text((Length.of(1), v.shape[0]))
        right = Tile(
            draft.known(f"{v.name}_across", draft.real, -1.0, 1.0),
            (Length.of(1), v.shape[0]),
        )
        draft.line(f"{right.name} = wp.tile_reshape({v.name}, shape={across})")
        draft.numpy(f"{right.name} = {v.name}[..., None, :]")
    else:
        left = grid.load(draft.name("u", "down"), (*grid.shape(N=n), *grid.shape(R=rank)))
        right = grid.load(draft.name("v", "up"), (*grid.shape(R=rank), *grid.shape(M=m)))
    alpha, beta = draw.choice((1.0, 0.1, -0.5, 2.0)), draw.choice((1.0, 1.0, 0.9, -1.0))
    pair = f"{left.warp}, {right.warp}"
    more = "".join(f", {key}={draft.number(value)}" for key, value in (("alpha", alpha), ("beta", beta)) if value != 1.0)
    draft.line(f"wp.tile_matmul({pair}, {base.name}{more})")
    scaled = f"{left.numpy} @ {right.numpy}" if alpha == 1.0 else f"{alpha} * ({left.numpy} @ {right.numpy})"
    draft.numpy(f"{base.name} = {base.name if beta == 1.0 else f'{beta} * {base.name}'} + {scaled}")
    updated = grid.bounded(base, -6.0, 6.0)
    return finished(grid, draw.choice(("rank_update", "low_rank_update", "ger", "hebbian_update")), updated, [])


def iteration(draw: Draw) -> Case:
    """Steps towards the solution of a system, or along the largest eigenvector, whose every step makes new tiles."""
    draft, grid = begin(draw, 0.8)
    n, steps = draw.choice((3, 4, 6, 8)), draw.integer(1, 3)
    factor = grid.load(draft.name("half", "basis", "factor"), (*grid.shape(N=n), *grid.shape(N=n)), -0.7, 0.7)
    part = gram(grid, draft.name("gram_part", "symmetric"), factor)
    matrix = with_diagonal(grid, draft.name("matrix", "operator", "laplacian"), part, draft.knob(draft.name("shift", "mass"), 1.0, 2.0))
    x = grid.load(draft.name("x0", "start", "guess"), (*grid.shape(N=n), Length.of(1)), 0.3, 1.0)
    kind = draw.choice(("richardson", "power", "gradient"))
    other = grid.load(draft.name("rhs", "target"), x.shape) if kind != "power" else x
    rate = draft.knob(draft.name("omega", "relaxation", "rate"), 0.05, 0.2) if kind == "richardson" else literal(0.5, draft.real)
    for step in range(steps):
        image = product(grid, draft.free(f"image{step}"), matrix, x)
        name = draft.free(f"x{step + 1}")
        if kind == "power":
            square = dot(grid, draft.free(f"square{step}"), image, image)
            draft.known(square.name, draft.real, 0.1, 1e4)
            made = grid.formula(name, f"{image.name} / sqrt({square.name})", x.shape)
            x = grid.bounded(made, -1.0, 1.0)
            continue
        residual = grid.formula(draft.free(f"residual{step}"), f"{other.name} - {image.name}", x.shape)
        if kind == "richardson":
            draft.scope["omega"] = rate
            x = grid.bounded(grid.formula(name, f"{x.name} + omega * {residual.name}", x.shape), -10.0, 10.0)
            continue
        applied = product(grid, draft.free(f"applied{step}"), matrix, residual)
        over, under = (
            dot(grid, draft.free(f"rr{step}"), residual, residual),
            dot(grid, draft.free(f"rar{step}"), residual, applied),
        )
        draft.known(under.name, draft.real, 0.0, 1e4)
        alpha = draft.tile(draft.free(f"alpha{step}"), f"{over.name} / ({under.name} + 0.05)")
        draft.known(alpha.name, draft.real, 0.0, 10.0)
        x = grid.bounded(grid.formula(name, f"{x.name} + {residual.name} * {alpha.name}", x.shape), -10.0, 10.0)
    if kind == "power" and draw.chance(0.6):
        image = product(grid, draft.free("last_image"), matrix, x)
        grid.store_number(draft.name("eigenvalues", "rayleigh"), dot(grid, draft.name("quotient", "eigenvalue"), x, image))
    verb = {"richardson": "richardson", "power": "power_iteration", "gradient": "steepest_descent"}[kind]
    return finished(grid, verb, x, [] if kind == "power" else [other])


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (chain, 2.0),
    (newton_schulz, 0.8),
    (polynomial, 0.8),
    (quadratic_form, 1.0),
    (low_rank, 1.5),
    (iteration, 0.8),
)
"""The algorithms of this module, and how often each comes."""
