"""Rows, columns and slices that an index chooses: read from a table, written to their places, added up there; along any axis.

An index of -1 reads zeros and is not written. What a kernel adds to where no index comes twice is known before, so that the old values,
which `wp.tile_atomic_add` and its like return, are known too.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.tile_grid import Length, Shape, Tile, TileGrid, shape_text, sizes_of
from kernels.draw import Draw
from kernels.families.tile_indexing.common import begin, domain_of, done, finished, moved_type, stepped
from kernels.language.types import I32, Type

_TABLES = ("table", "embedding", "features", "cache", "codebook")
_IDS = ("ids", "tokens", "neighbours", "slots", "pages")


def _indices(grid: TileGrid, count: Length, below: int, *, padded: bool = False) -> Tile:
    """Names a tile of indices below `below`: the block's own ones of an array, with -1 among them if `padded`, or computed."""
    draft, draw = grid.draft, grid.draft.draw
    name = draft.name(*_IDS)
    if padded or count.value > below or draw.chance(0.6):
        # A view, as a squeezed tile is one, cannot be an index.
        return grid.load(name, (count,), -1, below - 1, type=I32, domain=Integers(-1 if padded else 0, below), registers=True)
    start, step = draw.choice((0, 1, 2)), draw.choice((1, 2, 3))
    while start + step * (count.value - 1) >= below:
        start, step = 0, step - 1
    end = start + step * count.value
    text, numbers = draw.choice(
        (
            (f"wp.tile_arange({start}, {end}, {step}, dtype=int)", f"np.arange({start}, {end}, {step}, dtype=np.int32)"),
            (f"wp.tile_arange({count.text}, dtype=int) * {step}", f"np.arange({count.value}, dtype=np.int32) * {step}"),
        )
    )
    draft.line(f"{name} = {text}")
    draft.numpy(f"{name} = {numbers}")
    return Tile(draft.whole(name, I32, 0, below - 1), (count,))


def _shape(grid: TileGrid, axis: int, axes: int, count: int) -> Shape:
    names = {1: ("N",), 2: ("ROWS", "COLS"), 3: ("DEPTH", "ROWS", "COLS")}[axes]
    draw = grid.draft.draw
    lengths = [count if k == axis else draw.choice((2, 3, 4) if axes == 3 else (4, 8)) for k in range(axes)]
    return grid.shape(**dict(zip(names, lengths, strict=True)))


def gather(draw: Draw) -> Case:
    """A part of a table that all blocks share, chosen along one of its axes, perhaps starting at an offset along the others."""
    draft, grid = begin(draw, axes=1)
    axes = draw.weighted((1, 2, 3), (1, 3, 1.5))
    axis = draw.integer(0, axes - 1)
    shape = _shape(grid, axis, axes, draw.choice((4, 6, 8) if axes == 3 else (4, 8, 16)))
    type = moved_type(grid)
    below = draw.choice((9, 20, 31))
    padded = draw.chance(0.3)
    ids = _indices(grid, shape[axis], below, padded=padded)
    extra = draw.choice((0, 0, 2)) if axes > 1 else 0
    lengths = [below if k == axis else length.value + extra for k, length in enumerate(shape)]
    table = draft.name(*_TABLES)
    draft.array(table, type, *lengths, domain=domain_of(type))
    starts = ["0" if k == axis else str(draw.integer(0, extra)) for k in range(axes)]
    offset = f", offset=({', '.join(starts)})" if extra or draw.chance(0.2) else ""
    if axes == 1 and offset:
        offset = ", offset=(0,)"
    along = f", axis={axis}" if axis or draw.chance(0.5) else ""
    call = f"wp.tile_load_indexed({table}, indices={ids.name}, shape={shape_text(shape)}{offset}{along}{draft.storage()})"
    part = ", ".join(":" if k == axis else f"{starts[k]}:{int(starts[k]) + length.value}" for k, length in enumerate(shape))
    cut = f"{table}[{part}]" if extra else table
    numpy = _taken(cut, ids, axis, axes, type, padded=padded)
    name = draft.name("gathered", "looked_up", "picked", "rows_read")
    bound = 128.0 if type.has_integers else 1.0
    draft.line(f"{name} = {call}")
    draft.numpy(f"{name} = {numpy}")
    gathered = Tile(draft.whole(name, type, -bound, bound), shape)
    if len(ids.numbers) and _computed(draft.kernel, ids.name):
        # Every block reads the same part: something of its own goes with it.
        own = grid.load(draft.name("own", "query", "weights"), shape, type=type, domain=domain_of(type))
        if type is draft.real:
            gathered = grid.formula(draft.free("joined"), draw.choice((f"{name} * {own.name}", f"{name} - {own.name}")), shape)
        else:
            grid.store(draft.name("own_out", "copied"), own)
            total = draft.free("repeated")
            draft.numpy(f"{total} = np.broadcast_to({name}, {own.numpy}.shape)")
            draft.line(f"{total} = {name}")
            gathered = Tile(draft.whole(total, type, -bound, bound), shape)
    return finished(grid, draw.choice(("gather", "look_up", "embed", "fetch_pages")), gathered)


def _computed(kernel: list[str], name: str) -> bool:
    return any(line.startswith(f"{name} = wp.tile_arange") for line in kernel)


def _taken(table: str, ids: Tile, axis: int, axes: int, type: Type, *, padded: bool) -> str:
    """The reference's text of what the indices choose along an axis of the table, the blocks first."""
    tail = type.rank
    place = ", ".join([":"] * axis + [f"np.maximum({ids.name}, 0)" if padded else ids.name])
    text = f"{table}[{place}]"
    if axis:
        # Numpy puts the blocks where the axis was; they come first here.
        computed_only = f"np.moveaxis({text}, {axis}, 0) if {ids.name}.ndim > 1 else {text}"
        text = f"({computed_only})"
    if not padded:
        return text
    spread = ", ".join(["..."] + ["None"] * axis + [":"] + ["None"] * (axes - 1 - axis + tail))
    return f"np.where(({ids.name} >= 0)[{spread}], {text}, 0)"


def scatter(draw: Draw) -> Case:
    """A block's rows or columns written to places of its own part of an array, each once."""
    draft, grid = begin(draw, axes=1)
    axes = draw.weighted((1, 2), (1, 2))
    axis = draw.integer(0, axes - 1)
    shape = _shape(grid, axis, axes, draw.choice((4, 8, 16)))
    count = shape[axis]
    type = moved_type(grid)
    tile = grid.load(draft.name("values", "rows_in", "updates"), shape, type=type, domain=domain_of(type))
    tile = stepped(grid, tile, 0.5)
    # A step without a common factor with the count comes to every place once.
    step = draw.choice([k for k in (1, 3, 5, 7) if k < count.value])
    shift = draft.parameter(draft.name("shift", "rotation", "start"), 0, count.value - 1, I32)
    function = draft.free(draw.choice(("place_of", "rotated", "target_of")))
    draft.definitions.append(
        ["@wp.func", f"def {function}(k: int, shift: int) -> int:", f"    return (k * {step} + shift) % {count.value}"]
    )
    ids = draft.name("places", "targets", "order")
    draft.line(f"{ids} = wp.tile_map({function}, wp.tile_arange({count.text}, dtype=int), {shift.name})")
    draft.numpy(f"{ids} = (np.arange({count.value}) * {step} + {shift.name}) % {count.value}")
    out = draft.name("out", "placed", "permuted")
    numbers = sizes_of(shape)
    along = f", axis={axis}" if axis or draw.chance(0.5) else ""
    after = [":"] * type.rank
    if axis == 0 and draw.chance(0.5):
        draft.output(out, type, f"{numbers[0]} * {grid.extents[0]}", *numbers[1:])
        start = ", ".join([grid.start(count), *["0"] * (axes - 1)])
        start = f"({start},)" if axes == 1 else f"({start})"
        draft.line(f"wp.tile_store_indexed({out}, indices={ids}, t={tile.name}, offset={start}{along})")
        joined = f".reshape({', '.join(map(str, (-1, *numbers[1:], *type.inner)))})"
    else:
        draft.output(out, type, *grid.extents, *numbers)
        draft.line(f"wp.tile_store_indexed({out}[{grid.index}], indices={ids}, t={tile.name}{along})")
        joined = ""
    place = ", ".join([":"] * (1 + axis) + [ids] + [":"] * (axes - 1 - axis) + after)
    draft.numpy(f"scattered = np.zeros_like({tile.numpy})", f"scattered[{place}] = {tile.numpy}", f"{out} = scattered{joined}")
    return done(grid, draw.choice(("scatter", "permute", "place_rows")))


def accumulate(draw: Draw) -> Case:
    """Rows or columns added to a total that all blocks share, at places that come more than once."""
    draft, grid = begin(draw, axes=1)
    axes = draw.weighted((1, 2), (1, 2))
    axis = draw.integer(0, axes - 1)
    shape = _shape(grid, axis, axes, draw.choice((4, 8, 16)))
    below, padded = draw.choice((5, 9, 12)), draw.chance(0.3)
    type: Type = draft.real if draw.chance(0.75) else I32
    domain = Integers(-1 if padded else 0, below)
    ids = grid.load(draft.name(*_IDS), (shape[axis],), -1, below - 1, type=I32, domain=domain, registers=True)
    tile = grid.load(draft.name("values", "messages", "counts_in", "gradients"), shape, type=type, domain=domain_of(type))
    tile = stepped(grid, tile, 0.6)
    total = draft.name("total", "sums", "accumulated", "node_values")
    lengths = [below if k == axis else length.value for k, length in enumerate(shape)]
    draft.output(total, type, *lengths, role="accumulate")
    along = f", axis={axis}" if axis or draw.chance(0.5) else ""
    draft.line(f"wp.tile_atomic_add_indexed({total}, indices={ids.name}, t={tile.name}{along})")
    added = tile.numpy
    if padded:
        spread = ", ".join(["..."] + ["None"] * axis + [":"] + ["None"] * (axes - 1 - axis))
        added = f"np.where(({ids.name} >= 0)[{spread}], {added}, 0)"
    if axis:
        draft.numpy(
            f"{total} = np.zeros_like({total})",
            f"np.add.at({total}.T, np.maximum({ids.name}, 0), np.swapaxes({added}, -1, -2))",
        )
    else:
        draft.numpy(f"{total} = np.zeros_like({total})", f"np.add.at({total}, np.maximum({ids.name}, 0), {added})")
    if draw.chance(0.7):
        _counted(grid, ids, below, type)
    return done(grid, draw.choice(("scatter_add", "accumulate_rows", "histogram_rows", "aggregate")))


def _counted(grid: TileGrid, ids: Tile, below: int, type: Type) -> None:
    """Counts beside how often each place comes: ones added up there."""
    draft = grid.draft
    ones, counts = draft.name("ones", "one_each", "unit_counts"), draft.name("counts", "degrees", "hits")
    length = ids.shape[0].text
    shape = draft.draw.choice((length, f"({length},)"))
    draft.output(counts, type, below, role="accumulate")
    draft.line(f"{ones} = wp.tile_ones(shape={shape}, dtype={type.spelling}{draft.storage()})")
    draft.line(f"wp.tile_atomic_add_indexed({counts}, indices={ids.name}, t={ones})")
    numbers = f"{ids.name}[{ids.name} >= 0]"
    draft.numpy(f"{counts} = np.bincount({numbers}, minlength={below}).astype({counts}.dtype)")


def exchange(draw: Draw) -> Case:
    """Values added to a running state that is updated in place; what was there before is stored beside."""
    draft, grid = begin(draw, differentiable=0.0, axes=1)
    type: Type = draw.choice((draft.real, draft.real, I32))
    axes = draw.choice((1, 2))
    shape = _shape(grid, axes - 1, axes, draw.choice((8, 16)))
    tile = stepped(grid, grid.load(draft.name("increments", "updates", "votes"), shape, type=type, domain=domain_of(type)), 0.5)
    state, before = draft.name("state", "counters", "running"), draft.name("before", "previous", "old")
    numbers = sizes_of(shape)
    domain = domain_of(type) if type.is_integer else Uniform(-1.0, 1.0)
    indexed = draw.chance(0.5)
    draft.array(state, type, *grid.extents, *numbers, domain=domain, role="inout")
    if indexed:
        ids = draft.name("mirror", "places")
        n = shape[-1]
        draft.line(f"{ids} = wp.tile_arange({n.value - 1}, -1, -1, dtype=int)")
        axis = f", axis={axes - 1}" if axes > 1 else ""
        draft.line(f"{before} = wp.tile_atomic_add_indexed({state}[{grid.index}], indices={ids}, t={tile.name}{axis})")
        draft.numpy(f"{before} = np.copy({state}[..., ::-1])", f"{state} = {state} + {tile.numpy}[..., ::-1]")
    else:
        draft.line(f"{before} = wp.tile_atomic_add({state}[{grid.index}], {tile.name})")
        draft.numpy(f"{before} = np.copy({state})", f"{state} = {state} + {tile.numpy}")
    bound = 240.0 if type.is_integer else 70.0
    old = Tile(draft.whole(before, type, -bound, bound), shape)
    if type is draft.real and draw.chance(0.5):
        old = grid.drawn(draft.free("shown"), [old, tile], bound=100.0)
    grid.store(draft.name("before_out", "old_values", "tickets"), old)
    return done(grid, draw.choice(("exchange_add", "fetch_and_add", "take_tickets")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = ((gather, 4.0), (scatter, 3.6), (accumulate, 4.0), (exchange, 1.0))
"""The algorithms of this module, and how often each comes."""
