"""Sorts of tiles by key: orders, ranks, medians and largest values, rows of a table in the order of their keys, weighted quantiles.

Keys are different from each other, by being drawn or by construction, because the order of equal ones is not told.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.tile_grid import Length, Tile, TileGrid
from kernels.draw import Draw
from kernels.families.tile_scan.common import apart, as_tile, begin, done, finished, flat, line_or_panel, loaded
from kernels.families.tile_scan.scans import scanned
from kernels.language.types import F32, I32, I64, U32, U64, Type, vector

_SIZES = (16, 24, 32, 64)


def _keys(grid: TileGrid, tile: Tile) -> Tile:
    """The keys of a sort by a real tile, in a tile of their own: the values, or their negatives for a descending order."""
    draft = grid.draft
    down = draft.draw.chance(0.35)
    text = f"-{tile.name}" if down else f"{tile.name} * 1.0"
    name = draft.name("keys", "sort_keys", "order_keys")
    bounds = tile.value.range
    low, high = (-bounds.high, -bounds.low) if down else (bounds.low, bounds.high)
    return grid.named(name, tile.shape, text, f"-{tile.numpy}" if down else tile.numpy, low, high)


def _places(grid: TileGrid, shape: tuple[Length, ...], *names: str) -> Tile:
    """Names the tile of the places in a line, for the reference one line for each block."""
    draft = grid.draft
    name, n = draft.name(*names), shape[0]
    draft.line(f"{name} = wp.tile_arange({n.text}, dtype=int)")
    return Tile(draft.known(name, I32, 0, n.value - 1), shape)


def _sort(grid: TileGrid, keys: Tile, payload: Tile, *, counts: bool = False) -> None:
    """Sorts both in place; with `counts` the payload is the places."""
    draft = grid.draft
    order = draft.free("order")
    draft.line(f"wp.tile_sort({keys.name}, {payload.name})")
    lines = flat(keys.name, keys)
    draft.numpy(f"{order} = np.argsort({lines}, axis=-1)")
    if counts:
        draft.numpy(f"{payload.name} = {order}.astype(np.int32)")
    elif payload.value.type.rank:
        draft.numpy(f"{payload.name} = np.take_along_axis({payload.name}, {order}[..., None], axis=-2)")
    else:
        moved = f"np.take_along_axis({flat(payload.name, payload)}, {order}, axis=-1)"
        draft.numpy(f"{payload.name} = {as_tile(moved, payload)}")
    ordered = f"np.take_along_axis({lines}, {order}, axis=-1)"
    draft.numpy(f"{keys.name} = {as_tile(ordered, keys)}")


def arrange(draw: Draw) -> Case:
    """Keys in order, with what belongs to them: a second array of numbers, vectors, or another type, moved along."""
    draft, grid = begin(draw, width="float32")
    shape = line_or_panel(grid)
    keys = _keys(grid, apart(grid, shape, "distances", "scores", "costs", "depths"))
    type: Type = draw.choice((draft.real, I32, I64, draft.vector, vector("float32", 2)) if len(shape) == 1 else (draft.real, I32))
    domain = Integers(0, 100) if type.is_integer else None
    payload = grid.load(draft.name("payload", "carried", "labels"), shape, -1.0, 1.0, type=type, domain=domain)
    _sort(grid, keys, payload)
    grid.store(draft.name("moved_out", "arranged", "labels_out"), payload)
    if draw.chance(0.6):
        return finished(grid, draw.choice(("arrange", "sort_by_key", "reorder")), keys)
    return done(grid, draw.choice(("arrange", "sort_by_key", "reorder")))


def integer_keys(draw: Draw) -> Case:
    """Packed integer keys: a coarse value in the high digits and the place in the low ones, so that no two are equal."""
    draft, grid = begin(draw, width="float32")
    shape = grid.shape(N=draw.choice(_SIZES))
    n = shape[0].value
    type: Type = draw.choice((I32, U32, I64, U64))
    cells = grid.load(draft.name("cells", "buckets", "codes"), shape, 0.0, 40.0, type=I32, domain=Integers(0, 40))
    places = _places(grid, shape, "places", "slots")
    function = draft.free(draw.choice(("packed_key", "make_key", "cell_key")))
    spelled = type.spelling
    draft.definitions.append(
        ["@wp.func", f"def {function}(cell: int, place: int) -> {spelled}:", f"    return {spelled}(cell * {n} + place)"]
    )
    keys = grid.named(
        draft.name("keys", "packed"),
        shape,
        f"wp.tile_map({function}, {cells.name}, {places.name})",
        f"({cells.name} * {n} + np.arange({n})).astype(np.{type.name})",
        0.0,
        4000.0,
        type,
    )
    payload: Tile = places
    counts = draw.chance(0.6)
    if not counts:
        kind: Type = draw.choice((F32, draft.vector))
        payload = grid.load(draft.name("values", "carried", "points"), shape, type=kind)
    _sort(grid, keys, payload, counts=counts)
    grid.store(draft.name("order_out", "sorted_out"), payload)
    if draw.chance(0.5):
        grid.store(draft.name("keys_out", "cells_out"), keys)
    return done(grid, draw.choice(("sort_cells", "bucket_order", "radix_order")))


def ranks(draw: Draw) -> Case:
    """Each value's rank: the places sorted by value, and the inverse of that order."""
    draft, grid = begin(draw, width="float32")
    shape = grid.shape(N=draw.choice(_SIZES))
    n = shape[0]
    values = apart(grid, shape, "scores", "fitness", "samples")
    keys, order = _keys(grid, values), _places(grid, shape, "who", "origin", "sorted_ids")
    _sort(grid, keys, order, counts=True)
    rank = draft.free("rank")
    draft.line(f"{rank} = wp.tile_arange({n.text}, dtype=int)")
    out = draft.name("ranks_out", "rank_of", "positions_out")
    draft.output(out, I32, *grid.extents, n.value)
    draft.line(f"wp.tile_store_indexed({out}[{grid.index}], indices={order.name}, t={rank})")
    draft.numpy(f"{out} = np.argsort({order.name}, axis=-1).astype(np.int32)")
    if draw.chance(0.4):
        return finished(grid, draw.choice(("rank_values", "order_ranks")), keys)
    return done(grid, draw.choice(("rank_values", "order_ranks")))


def table_in_order(draw: Draw) -> Case:
    """Rows of a table, or values, gathered in the order of their keys; the gradient passes through what is gathered."""
    draft, grid = begin(draw, width="float32", differentiable=0.8)
    shape = grid.shape(N=draw.choice((16, 24, 32)))
    n = shape[0]
    score = grid.load(draft.name("score", "priority", "depth"), shape, differentiable=False)
    keys, order = _keys(grid, score), _places(grid, shape, "order_ids", "picked", "by_score")
    _sort(grid, keys, order, counts=True)
    top = draw.choice((n.value, n.value // 2, 8))
    ids = order
    if top < n.value:
        ids = grid.named(
            draft.free("first_ids"), (Length.of(top),), f"{order.name}[:{top}]", f"{order.name}[..., :{top}]", 0, n.value - 1, I32
        )
        copy = draft.free("chosen_ids")
        draft.line(f"{copy} = {ids.name} + wp.tile_zeros(shape={top}, dtype=int)")
        draft.numpy(f"{copy} = {ids.name}")
        ids = Tile(draft.known(copy, I32, 0, n.value - 1), ids.shape)
    if draw.chance(0.5):
        width = draw.choice((4, 8))
        table = draft.name("table", "features", "embedding")
        draft.array(table, draft.real, n.value, width)
        texts = f"({ids.shape[0].text}, {width})"
        gathered = grid.named(
            draft.name("gathered", "rows"),
            (ids.shape[0], Length.of(width)),
            f"wp.tile_load_indexed({table}, indices={ids.name}, shape={texts}{draw.choice(('', ', axis=0'))}{draft.storage()})",
            f"{table}[{ids.name}]",
            -1.0,
            1.0,
        )
    else:
        values = loaded(grid, shape, "values", "weights", "radiance", prepared=0.4)
        gathered = grid.named(
            draft.name("gathered", "arranged"),
            ids.shape,
            f"{values.name}[{ids.name}]",
            f"np.take_along_axis({values.numpy}, {ids.name}, axis=-1)",
            *(values.value.range.low, values.value.range.high),
        )
    return finished(grid, draw.choice(("gather_in_order", "top_rows", "sorted_values")), gathered, share=0.7)


def quantile(draw: Draw) -> Case:
    """A median, a trimmed sum, or a weighted quantile's count, of each block's values."""
    draft, grid = begin(draw, width="float32")
    n = draw.choice(_SIZES)
    shape = grid.shape(N=n)
    keys = _keys(grid, apart(grid, shape, "samples", "residuals", "latencies"))
    bounds = keys.value.range
    kind = draw.weighted(("median", "trimmed", "weighted"), (1, 1, 3))
    if kind == "weighted":
        weights = grid.load(draft.name("weights", "mass"), shape, 0.1, 1.0)
        _sort(grid, keys, weights)
        mass = grid.bounded(scanned(grid, draft.name("mass_below", "cumulated"), "inclusive", weights), 0.1, float(n))
        return finished(grid, draw.choice(("weighted_cdf", "cumulated_weights")), mass, [keys], share=0.9)
    _sort(grid, keys, _places(grid, shape, "places", "origin"), counts=True)
    if kind == "median":
        middle = draft.name("median", "middle")
        draft.line(f"{middle} = {draft.number(0.5)} * ({keys.name}[{n // 2 - 1}] + {keys.name}[{n // 2}])")
        draft.numpy(f"{middle} = 0.5 * ({keys.name}[..., {n // 2 - 1}] + {keys.name}[..., {n // 2}])[..., None]")
        draft.known(middle, draft.real, bounds.low, bounds.high)
        filled = draft.free(f"{middle}_tile")
        draft.line(f"{filled} = wp.tile_full(shape=1, value={middle}, dtype={draft.real.spelling})")
        draft.numpy(f"{filled} = {middle}")
        number = Tile(draft.number_of(filled, draft.real, bounds.low, bounds.high), grid.number_shape(1))
    else:
        cut = draw.choice((2, 4))
        inner = grid.named(
            draft.free("inner"),
            (Length.of(n - 2 * cut),),
            draw.choice((f"{keys.name}[{cut}:{n - cut}]", f"wp.tile_view({keys.name}, offset=({cut},), shape=({n - 2 * cut},))")),
            f"{keys.name}[..., {cut}:{n - cut}]",
            bounds.low,
            bounds.high,
        )
        total = n * keys.magnitude
        number = grid.number(
            draft.name("trimmed", "robust_sum"), 1, f"wp.tile_sum({inner.name})", grid.sum_text(inner.name, inner), -total, total
        )
    value = draft.drawn_tile(draft.free("shown"), [number.value, draft.knob("scale", 0.2, 1.5)]) if draw.chance(0.5) else number.value
    grid.store_number(draft.name("out", "quantiles", "medians"), Tile(value, number.shape))
    return done(grid, draw.choice(("median_of_block", "robust_center")) if kind == "median" else "trimmed_sum")


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (arrange, 1.0),
    (integer_keys, 0.8),
    (ranks, 0.6),
    (table_in_order, 1.0),
    (quantile, 1.5),
)
"""The algorithms of this module, and how often each comes."""
