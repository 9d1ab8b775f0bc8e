"""Places and values of extremes, and reductions by a function of one's own, of whole tiles and along their axes.

`wp.tile_min`, `wp.tile_max` and `wp.tile_reduce` have no adjoint; the element at the place of an extreme has one, and so has a sum along an
axis, in Warp from 1.19 on. Where what depends on a maximum cancels, as in a softmax, its gradient is not missed.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.tile_grid import Length, Tile, TileGrid, shape_text
from kernels.draw import Draw
from kernels.families.tile_scan.common import apart, begin, done, finished, flat, knobs, line_or_panel, loaded
from kernels.families.tile_scan.scans import scanned
from kernels.language.expression import Expression, Variable
from kernels.language.types import I32, I64, Type

AXIS_SUM = "tile_axis_sum"
"""The ledger's entry: sums along an axis have a wrong adjoint in Warp before 1.19."""


def best_match(draw: Draw) -> Case:
    """The place of the best score, or of the best and the worst, and what stands there: in the scores themselves, and in a second tile."""
    draft, grid = begin(draw, differentiable=0.75, lanes=True)
    shape = line_or_panel(grid)
    scores = apart(grid, shape, "scores", "costs", "distances", "energies")
    ends = draw.subset(("min", "max"), draw.choice((1, 2, 2, 2)))
    places = [draft.name("best", "winner", "place"), draft.name("worst", "last_one")][: len(ends)]
    for which, place in zip(ends, places, strict=True):
        draft.line(f"{place} = wp.tile_arg{which}({scores.name})")
        draft.numpy(f"{place} = np.arg{which}({flat(scores.numpy, scores)}, axis=-1)[..., None].astype(np.int32)")
        number = Tile(draft.number_of(place, I32, 0, scores.size - 1), grid.number_shape(1))
        if draw.chance(0.6):
            grid.store_number(draft.free(f"{place}_out"), number)
    other = grid.load(draft.name("values", "colours", "candidates"), shape) if draw.chance(0.7) else scores
    inputs: list[Expression] = [*(_element(grid, other, place) for place in places), *knobs(grid, 0.5)]
    if other is not scores and draw.chance(0.4):
        inputs.append(_element(grid, scores, places[0]))
    result = draft.let(draft.name("chosen", "picked", "found"), draft.drawn(draft.real, inputs))
    out = draft.name("out", "chosen_out", "matches")
    draft.output(out, draft.real, *grid.extents)
    with draft.block(f"if {grid.lane} == 0:"):
        draft.line(f"{out}[{grid.index}] = {result.name}")
    draft.numpy(f"{out} = {result.numpy()}[..., 0]")
    return done(grid, draw.choice(("best_match", "pick_best", "nearest")))


def _element(grid: TileGrid, tile: Tile, place: str) -> Variable:
    """Names the element of a tile at a place in its line, or in the line of its rows; every thread has it."""
    draft = grid.draft
    name = draft.free(f"{tile.name}_at")
    if len(tile.shape) == 1:
        call = draft.draw.choice((f"wp.tile_extract({tile.name}, {place}[0])", f"{tile.name}[{place}[0]]"))
    else:
        columns = tile.shape[1].text
        row, column = draft.free("row"), draft.free("col")
        draft.line(f"{row} = {place}[0] // {columns}", f"{column} = {place}[0] % {columns}")
        call = draft.draw.choice((f"wp.tile_extract({tile.name}, {row}, {column})", f"{tile.name}[{row}, {column}]"))
    draft.line(f"{name} = {call}")
    draft.numpy(f"{name} = np.take_along_axis({flat(tile.numpy, tile)}, {place}, axis=-1)")
    bounds = tile.value.range
    return draft.known(name, tile.value.type, bounds.low, bounds.high)


def softmax(draw: Draw) -> Case:
    """Rows (or columns) of panels, normalized: by a softmax, a norm, their mean; with reductions along one axis and broadcasts."""
    draft, grid = begin(draw, differentiable=0.85)
    rows, columns = grid.shape(ROWS=draw.choice((2, 3, 4, 8)))[0], grid.shape(COLS=draw.choice((4, 8, 16)))[0]
    shape = (rows, columns)
    # No exponential of a difference from the peak may vanish.
    x = loaded(grid, shape, "logits", "scores", "x", bound=3.0)
    axis = draw.choice((1, 1, 0))
    if draft.differentiable:
        draft.limitations.add(AXIS_SUM)
    kind = draw.choice(("softmax", "softmax", "softmax", "norm", "center"))
    if kind == "center":
        total = _spread_sum(grid, "sum", x, axis)
        mean = grid.formula(draft.free("mean"), f"{total.name} / {float(x.numbers[axis])}", shape)
        return finished(grid, "center_axis", grid.formula(draft.free("centered"), f"{x.name} - {mean.name}", shape), [x])
    if kind == "norm":
        square = grid.formula(draft.free("square"), f"{x.name} * {x.name}", shape)
        total = grid.bounded(_spread_sum(grid, "norm_sum", square, axis), 0.0, 9e3)
        return finished(grid, "normalize_axis", grid.formula(draft.free("normed"), f"{x.name} / sqrt({total.name} + 0.1)", shape), [x])
    peak = _spread(
        grid, draft.free("peak"), f"wp.tile_reduce(wp.max, {x.name}, axis={axis})", f"np.max({x.numpy}, axis={axis - 2}", x, axis
    )
    shifted = grid.bounded(grid.formula(draft.free("shifted"), f"{x.name} - {peak.name}", shape), -7.0, 0.0)
    e = grid.formula(draft.free("e"), f"exp({shifted.name})", shape)
    total = grid.bounded(_spread_sum(grid, "total", e, axis), 1.0, 1e3)
    y = grid.formula(draft.name("weights", "probabilities", "y"), f"{e.name} / {total.name}", shape)
    if draw.chance(0.35):
        values = grid.load(draft.name("values", "payoff"), shape)
        y = grid.formula(draft.free("weighted"), f"{y.name} * {values.name}", shape)
    return finished(grid, draw.choice(("softmax_axis", "row_softmax", "attention_weights")), y, [x])


def _spread(grid: TileGrid, name: str, call: str, numpy: str, like: Tile, axis: int) -> Tile:
    """Names a reduction along an axis, spread over the tile again; `numpy` lacks its last argument and parenthesis."""
    draft = grid.draft
    rows = like.shape[0].text
    line = draft.free(f"{name}_line")
    draft.line(f"{line} = {call}")
    inner = f"wp.tile_reshape({line}, shape=({rows}, 1))" if axis == 1 else line
    bound = like.numbers[axis] * like.magnitude
    return grid.named(
        name, like.shape, f"wp.tile_broadcast({inner}, shape={shape_text(like.shape)})", f"{numpy}, keepdims=True)", -bound, bound
    )


def _spread_sum(grid: TileGrid, name: str, tile: Tile, axis: int) -> Tile:
    draft = grid.draft
    return _spread(grid, draft.free(name), f"wp.tile_sum({tile.name}, axis={axis})", f"np.sum({tile.numpy}, axis={axis - 2}", tile, axis)


_MERGES = {
    "larger": ("wp.max(a, b)", "np.max({0}, axis={1})"),
    "smaller": ("wp.min(a, b)", "np.min({0}, axis={1})"),
    "larger_magnitude": ("wp.max(wp.abs(a), wp.abs(b))", "np.max(np.abs({0}), axis={1})"),
    "compound": ("a + b + a * b", "np.prod(1.0 + {0}, axis={1}) - 1.0"),
    "hypotenuse": ("wp.sqrt(a * a + b * b)", "np.sqrt(np.sum({0} * {0}, axis={1}))"),
    "log_add": ("wp.max(a, b) + wp.log(1.0 + wp.exp(-wp.abs(a - b)))", "np.log(np.sum(np.exp({0}), axis={1}))"),
}
"""Associative and commutative functions of two numbers, and the reference of their reduction along an axis."""
_BUILTINS = {"max": "np.max({0}, axis={1})", "min": "np.min({0}, axis={1})", "add": "np.sum({0}, axis={1})"}


def along_axis(draw: Draw) -> Case:
    """Panels or stacks of panels reduced along one axis, by a sum, a builtin, or a function of one's own."""
    sums = draw.chance(0.35)
    deep = draw.chance(0.4)
    draft, grid = begin(draw, differentiable=0.85 if sums else 0.0, axes=1 if deep else None)
    lengths = [*grid.shape(ROWS=draw.choice((2, 3, 4)))]
    if deep:
        lengths += grid.shape(DEPTH=draw.choice((2, 3)))
    shape = (*lengths, *grid.shape(COLS=draw.choice((4, 8, 12))))
    kind: Type = draft.vector if sums and len(shape) < 3 and draw.chance(0.25) else draft.real
    # Several elements are merged: their magnitudes are counted, a single one's sign would stay.
    if kind is draft.real:
        values = loaded(grid, shape, "matrix", "image", "volume", low=-0.4, high=0.4, prepared=0.0 if len(shape) == 3 else 0.4)
    else:
        values = grid.load(draft.name("forces", "points", "normals"), shape, type=kind)
    axis = draw.integer(0, len(shape) - 1)
    place = axis - len(shape) - (1 if kind.rank else 0)
    if sums:
        call, numpy = f"wp.tile_sum({values.name}, axis={axis})", f"np.sum({values.numpy}, axis={place})"
        if draft.differentiable:
            draft.limitations.add(AXIS_SUM)
    elif draw.chance(0.4):
        builtin = draw.choice(tuple(_BUILTINS))
        call, numpy = f"wp.tile_reduce(wp.{builtin}, {values.name}, axis={axis})", _BUILTINS[builtin].format(values.numpy, place)
    else:
        function = draw.choice(tuple(_MERGES))
        body, spelled = _MERGES[function]
        merged = draft.free(function)
        draft.function(merged, [("a", draft.real), ("b", draft.real)], [f"return {body}"], draft.real)
        call, numpy = f"wp.tile_reduce({merged}, {values.name}, axis={axis})", spelled.format(values.numpy, place)
    rest = shape[:axis] + shape[axis + 1 :]
    bound = max(values.numbers[axis] * values.magnitude, 50.0)
    reduced = grid.named(draft.name("reduced", "profile", "marginal", "projection"), rest, call, numpy, -bound, bound, kind)
    return finished(grid, draw.choice(("reduce_axis", "project", "fold_axis")), reduced)


def merged_vectors(draw: Draw) -> Case:
    """A tile of vectors (or integers) reduced to one by a function of one's own: bounds, strongest, bits, divisors."""
    draft, grid = begin(draw)
    if draw.chance(0.5):
        return _integers(grid)
    kind = draft.vector
    shape = grid.shape(N=draw.choice((8, 16, 24, 32)))
    points = grid.load(draft.name("points", "positions", "normals"), shape, type=kind)
    which = draw.choice(("min", "max", "longest", "add"))
    if which in ("min", "max"):
        function = draw.choice((f"wp.{which}", ""))
        numpy = f"np.{which}({points.numpy}, axis=-2, keepdims=True)"
        body = f"return wp.vec3{'d' if draft.width == 'float64' else ''}({', '.join(f'wp.{which}(a[{k}], b[{k}])' for k in range(3))})"
    elif which == "add":
        function, body, numpy = "wp.add", "", f"np.sum({points.numpy}, axis=-2, keepdims=True)"
    else:
        function, body = "", "return wp.where(wp.length_sq(a) >= wp.length_sq(b), a, b)"
        best = f"np.argmax(np.sum({points.numpy} * {points.numpy}, axis=-1), axis=-1)"
        numpy = f"np.take_along_axis({points.numpy}, {best}[..., None, None], axis=-2)"
    if not function:
        function = draft.free(draw.choice(("merge_bounds", "combine", "pick")))
        typed = f"a: {kind.spelling}, b: {kind.spelling}"
        draft.definitions.append(["@wp.func", f"def {function}({typed}) -> {kind.spelling}:", f"    {body}"])
    name = draft.name("bound", "merged", "strongest")
    draft.line(f"{name} = wp.tile_reduce({function}, {points.name})")
    draft.numpy(f"{name} = {numpy}")
    size = 40.0
    grid.store_number(draft.name("out", "bounds_out", "merged_out"), Tile(draft.number_of(name, kind, -size, size), grid.number_shape(1)))
    return done(grid, draw.choice(("block_bounds", "reduce_vectors", "merge_points")))


def stretched(draw: Draw) -> Case:
    """A tile set against its own least and largest values: stretched between them, divided by the largest magnitude, its softmax."""
    draft, grid = begin(draw, width="float32")
    shape = line_or_panel(grid)
    x = loaded(grid, shape, "values", "logits", "levels", "image_line", bound=3.0)
    draft.scope["x"] = x.value
    how = draw.choice(("stretch", "stretch", "scale", "softmax", "softmax"))
    if how == "stretch":
        draft.scope.update(least=_extreme(grid, "min", x).value, most=_extreme(grid, "max", x).value)
        width = grid.bounded(grid.formula(draft.free("width"), "most - least", (Length.of(1),)), 0.0, 2.0 * x.magnitude)
        draft.scope["width"] = width.value
        result = grid.formula(draft.name("stretched", "unit_range"), "(x - least) / (width + 0.1)", shape)
        return finished(grid, draw.choice(("stretch_contrast", "normalize_range")), grid.bounded(result, 0.0, 1.0), [x])
    if how == "scale":
        size = grid.formula(draft.free("size"), "abs(x)", shape)
        draft.scope["size"] = grid.bounded(_extreme(grid, "max", size), 0.0, x.magnitude).value
        result = grid.formula(draft.name("scaled", "fitted"), "x / (0.1 + size)", shape)
        return finished(grid, draw.choice(("scale_to_fit", "scale_by_peak")), grid.bounded(result, -1.0, 1.0), [x])
    end = draw.weighted(("min", "max"), (2, 1))
    draft.scope["end"] = _extreme(grid, end, x).value
    away = grid.formula(draft.name("away", "shifted"), "x - end" if end == "max" else "end - x", shape)
    away = grid.bounded(away, -2.0 * x.magnitude, 0.0)
    e = grid.formula(draft.free("e"), f"exp({away.name})", shape)
    total = grid.number(draft.name("total", "mass"), len(shape), f"wp.tile_sum({e.name})", grid.sum_text(e.name, e), 1.0, float(e.size))
    result = grid.formula(draft.name("weights", "probabilities"), f"{e.name} / {total.name}", shape)
    if draw.chance(0.5):
        sums = scanned(
            grid, draft.name("cdf", "cumulated", "below"), draw.choice(("inclusive", "exclusive")), grid.bounded(result, 0.0, 1.0)
        )
        return finished(grid, draw.choice(("cdf_of_softmax", "cumulated_weights")), grid.bounded(sums, 0.0, 1.0), [x])
    return finished(grid, draw.choice(("softmax_of_block", "soft_selection")), result, [x])


def _extreme(grid: TileGrid, which: str, tile: Tile) -> Tile:
    """Names the least or the largest element of a tile, a number of the block, and perhaps stores it."""
    draft, draw, bounds = grid.draft, grid.draft.draw, tile.value.range
    name = draft.free(draw.choice({"min": ("least", "lo", "floor_value"), "max": ("peak", "hi", "largest")}[which]))
    numpy = f"np.{which}({tile.numpy}, axis={tile.axes}, keepdims=True)"
    found = grid.number(name, len(tile.shape), f"wp.tile_{which}({tile.name})", numpy, bounds.low, bounds.high)
    if draw.chance(0.3):
        grid.store_number(draft.free(f"{name}_out"), found)
    return found


def _integers(grid: TileGrid) -> Case:
    draft, draw = grid.draft, grid.draft.draw
    type: Type = draw.choice((I32, I64))
    shape = line_or_panel(grid)
    numbers = grid.load(draft.name("codes", "levels", "numbers"), shape, 1, 200, type=type, domain=Integers(1, 200))
    body, numpy = draw.choice(
        (
            ("return a & b", "np.bitwise_and.reduce({0}, axis=-1, keepdims=True)"),
            ("return a | b", "np.bitwise_or.reduce({0}, axis=-1, keepdims=True)"),
            ("return a ^ b", "np.bitwise_xor.reduce({0}, axis=-1, keepdims=True)"),
            ("return wp.max(a, b)", "np.max({0}, axis=-1, keepdims=True)"),
            ("return wp.min(a, b)", "np.min({0}, axis=-1, keepdims=True)"),
        )
    )
    function = draft.free(draw.choice(("merge_codes", "combine", "fold_pair")))
    draft.definitions.append(["@wp.func", f"def {function}(a: {type.spelling}, b: {type.spelling}) -> {type.spelling}:", f"    {body}"])
    name = draft.name("merged", "common", "folded")
    extreme = "max" if "max" in body else "min" if "min" in body else ""
    calls = [f"wp.tile_reduce({function}, {numbers.name})", *([f"wp.tile_{extreme}({numbers.name})"] * 3 if extreme else [])]
    call = draw.choice(calls)
    if f"{function}," not in call:
        draft.definitions.pop()
    draft.line(f"{name} = {call}")
    draft.numpy(f"{name} = {numpy.format(flat(numbers.numpy, numbers))}")
    grid.store_number(draft.name("out", "codes_out"), Tile(draft.number_of(name, type, 0, 255), grid.number_shape(1)))
    if draw.chance(0.5):
        numbers_out = grid.load(draft.name("other", "second_codes"), shape, 1, 200, type=type, domain=Integers(1, 200))
        mixed = draft.drawn_tile(draft.free("mixed"), [numbers.value, numbers_out.value], type=type)
        grid.store(draft.name("mixed_out", "keys_out"), Tile(mixed, shape))
    return done(grid, draw.choice(("merge_flags", "common_bits", "fold_codes")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (best_match, 7.8),
    (softmax, 1.6),
    (along_axis, 2.8),
    (merged_vectors, 2.4),
    (stretched, 4.0),
)
"""The algorithms of this module, and how often each comes."""
