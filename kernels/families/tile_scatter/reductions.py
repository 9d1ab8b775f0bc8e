"""Rows reduced by a block: each thread adds its elements up, the threads' sums make a tile, and the tile is reduced.

What a loop of run-time length added up is used linearly where there is a gradient: Warp's adjoint does not run such a loop again.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers, Offsets
from kernels.drafting.tile_grid import Tile
from kernels.draw import Draw
from kernels.families.tile_scatter.lanes import KNOBS, Lanes
from kernels.language.types import I32, matrix, vector


def _store(lanes: Lanes, call: str, numpy: str, bound: float, *names: str) -> None:
    """Names a reduction of all threads' values, and stores it, perhaps scaled by a parameter."""
    draft, grid, draw = lanes.draft, lanes.grid, lanes.draft.draw
    name = draft.name(*names)
    number = grid.number(name, 1, call, numpy, -bound, bound)
    value = number.value
    if draw.chance(0.5):
        if draft.differentiable:
            draft.scope.update(total=value, factor=draft.knob(draft.name("scale", "share", "norm"), 0.2, 1.5))
            value = draft.tile(draft.free(f"{name}_scaled"), draw.choice(("total * factor", "factor * total", "total / factor")))
        else:
            value = draft.drawn_tile(draft.free(f"{name}_shown"), [value, *lanes.knobs(0.7)])
    grid.store_number(draft.name("out", "totals", "sums", "per_block"), Tile(value, number.shape))


def total(draw: Draw) -> Case:
    """The sum of a drawn term over each row."""
    lanes = Lanes(draw, axes=None)
    draft = lanes.draft
    arrays = [lanes.row("x", "values", "signal", "weights")]
    if draw.chance(0.6):
        arrays.append(lanes.row("y", "target", "scale_values", "partner"))
    acc = draft.name("acc", "partial", "mine", "thread_sum")
    lanes.told(arrays[0])
    draft.line(f"{acc} = {draft.zero()}")
    with lanes.strided(arrays[0]):
        elements = [lanes.read(array) for array in arrays]
        term = lanes.term(elements)
        draft.line(f"{acc} += {term.name}")
    # Reductions of the threads' sums: whole tiles of any length have one axis.
    make = f"wp.tile({acc})"
    call = draw.choice(
        (
            f"wp.tile_sum({make})",
            f"wp.tile_sum({make})",
            f"wp.tile_reduce(wp.add, {make})" if not draft.differentiable else f"wp.tile_sum({make})",
        )
    )
    if draw.chance(0.4):
        tile = draft.free(f"{acc}_tile")
        draft.line(f"{tile} = {make}")
        call = call.replace(make, tile)
    _store(lanes, call, draft.summed(term.name), 150.0 * term.range.magnitude, "total", "row_sum", "energy", "loss")
    return lanes.finished(draw.choice(("row_total", "block_sum", "reduce_row", "inner_product")))


def extreme(draw: Draw) -> Case:
    """The smallest or largest value of each row and where it is, by the best of each thread."""
    lanes = Lanes(draw, differentiable=0.0, axes=None)
    draft, grid = lanes.draft, lanes.grid
    word, sign, start = draw.choice((("min", "<", 1.0e6), ("max", ">", -1.0e6)))
    array = lanes.row("costs", "distances", "scores", "values")
    best, place = draft.name("best", "closest", "record"), draft.name("best_k", "where_best", "place")
    lanes.told(array)
    draft.line(f"{best} = {draft.real.spelling}({start})", f"{place} = int(-1)")
    with lanes.strided(array):
        value = lanes.read(array, "d", "score", "candidate")
        if draw.chance(0.6):
            draft.scope.update(v=value, g=draft.knob(draft.name("slope", "gain"), 0.3, 1.5))
            formulas = ["v * g", "g - v", "v + g * v * v"]
            if draw.chance(0.5):
                draft.scope["u"] = lanes.read(lanes.row("penalties", "offsets", "bias_values"))
                formulas = ["v + g * u", "v - u", "u - g * v", "v * v + g * u * u", "exp(v) + g * u"]
            value = draft.let(draft.free("measure"), draw.choice(formulas))
        with draft.block(f"if {value.name} {sign} {best}:"):
            draft.line(f"{best} = {value.name}", f"{place} = {lanes.index}")
    found = draft.free("found")
    draft.line(f"{found} = wp.tile_{word}(wp.tile({best}))")
    draft.numpy(f"{found} = np.{word}({value.numpy()}, axis=-1, keepdims=True)")
    bounds = value.range
    number = Tile(draft.number_of(found, draft.real, bounds.low, bounds.high), grid.number_shape(1))
    if draw.chance(0.6):
        grid.store_number(draft.name("extremes", "best_values"), number)
    mine = draft.free("mine")
    draft.line(f"{mine} = int({lanes.extent})", f"if {place} >= 0 and {best} == {found}[0]:", f"    {mine} = {place}")
    winner = draft.free("winner")
    draft.line(f"{winner} = wp.tile_min(wp.tile({mine}))")
    draft.numpy(f"{winner} = np.arg{word}({value.numpy()}, axis=-1)[..., None].astype(np.int32)")
    grid.store_number(draft.name("places", "winners", "nearest_ids"), Tile(draft.number_of(winner, I32, 0, 200), grid.number_shape(1)))
    return lanes.finished(draw.choice(("find_nearest", "block_argbest", "row_extreme")))


def vector_sums(draw: Draw) -> Case:
    """Vectors or matrices added up by the threads of a block: forces on a particle, moments, covariances."""
    lanes = Lanes(draw)
    draft, grid = lanes.draft, lanes.grid
    kind = draw.choice(("force", "moment", "covariance", "rows"))
    size = 3 if kind in ("force", "moment") else draw.choice((2, 3))
    vec = vector(draft.width, size)
    points = lanes.row("points", "positions", "neighbours", "samples", type=vec)
    acc = draft.name("acc", "partial", "mine")
    if kind == "force":
        centre = draft.array(draft.name("centre", "targets", "own"), vec, *grid.extents, low=1.5, high=2.5)
        draft.line(f"here = {centre}[{grid.index}]")
    lanes.told(points)
    result = matrix(draft.width, size) if kind == "covariance" else vec
    draft.line(f"{acc} = {result.spelling}()")
    with lanes.strided(points):
        p = lanes.read(points, "p", "other", "sample", type=vec)
        name = p.name
        if kind == "force":
            eps = draft.knob(draft.name("softening", "eps"), 0.1, 0.5)
            draft.line(
                f"d = {name} - here",
                f"r2 = wp.dot(d, d) + {eps.warp()}",
                f"{acc} += d / {draw.choice(('r2', '(r2 * wp.sqrt(r2))'))}",
            )
            power = "r2" if draft.kernel[-1].endswith("/ r2") else "(r2 * np.sqrt(r2))"
            draft.numpy(
                f"d = {name} - {centre}[:, None, :]", f"r2 = np.sum(d * d, axis=-1) + {eps.numpy()}", f"terms = d / {power}[..., None]"
            )
        elif kind == "moment":
            pushes = lanes.row("forces", "velocities", "pushes", type=vec)
            f = lanes.read(pushes, "f", "push", type=vec)
            warp, numpy = _weighted(lanes, 0.6, 1)
            draft.line(f"{acc} += {warp}wp.cross({name}, {f.name})")
            draft.numpy(f"terms = {numpy}np.cross({name}, {f.name})")
        elif kind == "covariance":
            warp, numpy = _weighted(lanes, 0.7, 2)
            draft.line(f"{acc} += {warp}wp.outer({name}, {name})")
            draft.numpy(f"terms = {numpy}({name}[..., :, None] * {name}[..., None, :])")
        else:
            warp, numpy = _weighted(lanes, 1.0, 1)
            draft.line(f"{acc} += {warp}{name}")
            draft.numpy(f"terms = {numpy}{name}")
    axis = -3 if result.rank == 2 else -2
    draft.numpy(f"total = np.sum(terms, axis={axis})")
    tile = draft.free("tile_of_threads")
    out = draft.name("out", "totals", "resultants")
    if draw.chance(0.6):
        draft.line(f"{tile} = wp.tile({acc}, preserve_type=True)")
        draft.output(out, result, *grid.extents)
        draft.line(f"wp.tile_store({out}, wp.tile_sum({tile}), offset={grid.index})")
    else:
        # Each component is a row of the tile. The adjoint of a sum along an axis does not reach a thread's value directly.
        scale = draw.choice((0.5, 2.0, 0.25))
        number = draft.number(scale)
        draft.line(f"{tile} = {draw.choice((f'wp.tile({acc}) * {number}', f'{number} * wp.tile({acc})'))}")
        draft.output(out, draft.real, *grid.extents, *result.inner)
        draft.line(f"wp.tile_store({out}[{grid.index}], wp.tile_sum({tile}, axis={result.rank}))")
        draft.numpy(f"total = {scale} * total")
        if draft.differentiable:
            draft.limitations.add("tile_axis_sum")
    draft.numpy(f"{out} = total")
    return lanes.finished(
        {"force": "gather_forces", "moment": "sum_torques", "covariance": "scatter_matrix", "rows": "weighted_centre"}[kind]
    )


def _weighted(lanes: Lanes, chance: float, rank: int) -> tuple[str, str]:
    """A factor of what a thread adds up, in both spellings: with probability `chance` a weight of its element, or what is made of it."""
    draw = lanes.draft.draw
    if not draw.chance(chance):
        return "", ""
    weight = lanes.read(lanes.row("weights", "masses", low=0.1), "w", "mass")
    value = lanes.term([weight], "factor") if draw.chance(0.7) else weight
    return f"{value.name} * ", f"{value.numpy()}[..., {', '.join(['None'] * rank)}] * "


def centered(draw: Draw) -> Case:
    """Each row less its mean, or its values shared out by its sum: a first pass adds up, a second one writes."""
    lanes = Lanes(draw, differentiable=0.6)
    draft, grid = lanes.draft, lanes.grid
    array = lanes.row("x", "values", "signal", "logits", low=0.2 if not draft.differentiable else -1.0)
    acc = draft.name("acc", "partial", "mine")
    lanes.told(array)
    draft.line(f"{acc} = {draft.zero()}")
    with lanes.strided(array):
        element = lanes.read(array)
        term = lanes.term([element]) if draw.chance(0.75) else element
        draft.line(f"{acc} += {term.name}")
    total = draft.free("total")
    draft.line(f"{total} = wp.tile_sum(wp.tile({acc}))")
    draft.numpy(f"{total} = {draft.summed(term.numpy())}")
    mean = draft.free("mean")
    draft.line(f"{mean} = {total}[0] / {draft.cast(lanes.extent)}")
    draft.numpy(f"{mean} = {total} / {draft.precision}({array}.shape[-1])")
    bounds = term.range
    mean_value = draft.known(mean, draft.real, bounds.low, bounds.high)
    out = draft.name("out", "centered_out", "result")
    draft.output(out, draft.real, *grid.extents, lanes.extent)
    with lanes.strided(array):
        again = lanes.read(array, "again", "entry")
        draft.scope.update(v=again, m=mean_value)
        if draft.differentiable:
            formulas = ["v - m", "m - v", "v + 0.5 * m", "2.0 * v - m"]
            if draw.chance(0.6):
                draft.scope["g"] = draft.knob(draft.name(*KNOBS), 0.2, 1.5)
                formulas = ["g * (v - m)", "v - g * m", "g * v + m", "exp(g * v) - m", "m + v * v * g"]
            result = draft.let(draft.free("centered"), draw.choice(formulas))
        else:
            result = draft.let(draft.free("shared"), draft.drawn(draft.real, [again, mean_value, *lanes.knobs(0.4)]))
        draft.line(f"{out}[{grid.index}, {lanes.index}] = {result.name}")
    draft.numpy(f"{out} = {result.numpy()}")
    return lanes.finished(draw.choice(("center_rows", "subtract_mean", "whiten_rows")))


def compressed_rows(draw: Draw) -> Case:
    """A sparse matrix times a vector: a block for each compressed row, whose threads take every so many of its entries."""
    lanes = Lanes(draw)
    draft, grid = lanes.draft, lanes.grid
    rows = grid.extents[0]
    draft.reserve("start", "end", "e", "owner")
    starts, columns = draft.name("row_offsets", "indptr"), draft.name("columns", "col_ids")
    values, x = draft.name("entries", "coeffs"), draft.name("x", "source")
    draft.array(starts, I32, f"{rows} + 1", domain=lambda sizes: Offsets(sizes["nnz"]))
    draft.array(columns, I32, "nnz", domain=lambda sizes: Integers(0, sizes[lanes.extent]))
    draft.array(values, draft.real, "nnz")
    draft.array(x, draft.real, lanes.extent)
    for sizes in lanes.sizes:
        sizes["nnz"] = 4 * sizes[str(rows)] + draw.integer(1, 60)
    acc = draft.name("acc", "partial", "mine")
    row = grid.index
    draft.line(f"start = {starts}[{row}]", f"end = {starts}[{row} + 1]", f"{acc} = {draft.zero()}")
    with draft.block(f"for e in range(start + {lanes.lane}, end, wp.block_dim()):"):
        entry, source = draft.free("a_e"), draft.free("x_e")
        draft.line(f"{entry} = {values}[e]", f"{source} = {x}[{columns}[e]]")
        draft.numpy(f"{entry} = {values}", f"{source} = {x}[{columns}]")
        pair = [draft.known(name, draft.real, -1.0, 1.0) for name in (entry, source)]
        term = lanes.term(pair)
        draft.line(f"{acc} += {term.name}")
    name = draft.name("total", "row_sum")
    draft.line(f"{name} = wp.tile_sum(wp.tile({acc}))")
    draft.numpy(f"owner = np.repeat(np.arange(len({starts}) - 1), np.diff({starts}))")
    draft.numpy(f"{name} = np.zeros((len({starts}) - 1, 1), {term.name}.dtype)", f"np.add.at({name}[:, 0], owner, {term.name})")
    bound = 150.0 * term.range.magnitude
    grid.store_number(draft.name("out", "product", "y_out"), Tile(draft.number_of(name, draft.real, -bound, bound), grid.number_shape(1)))
    return lanes.finished(draw.choice(("spmv", "csr_rows", "apply_sparse")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (total, 2.0),
    (extreme, 1.5),
    (vector_sums, 1.8),
    (centered, 1.2),
    (compressed_rows, 1.2),
)
"""The algorithms of this module, and how often each comes."""
