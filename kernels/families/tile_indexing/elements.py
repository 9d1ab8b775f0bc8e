"""Single elements of tiles: read by runtime and constant indices, with components of vectors and rows of matrices; written; and maps of
tiles whose elements are vectors or matrices.

What every thread reads is the same for all; one thread stores what is made of it. A value that a thread writes is the same in every thread.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers, Rotations, UnitVectors
from kernels.drafting.tile_grid import Tile, TileGrid
from kernels.draw import Draw
from kernels.families.tile_indexing.common import begin, done, finished, knobs, stepped
from kernels.language.expression import Expression, Variable
from kernels.language.types import I32, Type, matrix, vector

ASSIGNED = "tile_element_assigned"
"""The ledger's entry: an assigned element keeps its adjoint in Warp before 1.17."""
_SIDES = {1: (8, 16), 2: (4, 6), 3: (3, 4), 4: (2, 3)}


def _store_scalar(grid: TileGrid, kernel: str, inputs: list[Expression], type: Type | None = None) -> Case:
    """Stores, by one thread, a number that a drawn formula makes of what was read, or the only thing that was read."""
    draft = grid.draft
    if type is None:
        value = draft.let(draft.name("value", "mixed", "response"), draft.drawn(draft.real, [*inputs, *knobs(grid, 0.5)]))
    else:
        assert isinstance(inputs[0], Variable)
        value = inputs[0]
    out = draft.name("out", "values_out", "samples_out")
    draft.output(out, type or draft.real, *grid.extents)
    with draft.block(f"if {grid.lane} == 0:"):
        draft.line(f"{out}[{grid.index}] = {value.name}")
    draft.numpy(f"{out} = {value.numpy()}")
    return done(grid, kernel)


def _indices(grid: TileGrid, sides: list[int]) -> list[tuple[str, str]]:
    """Indices of one element, as both texts: numbers, or read from an array by each block."""
    draft, draw = grid.draft, grid.draft.draw
    result: list[tuple[str, str]] = []
    for side in sides:
        if draw.chance(0.35):
            array, name = draft.free(draw.choice(("row_of", "col_of", "which", "place_of", "slot_of"))), draft.free(f"at{len(result)}")
            draft.array(array, I32, *grid.extents, domain=Integers(0, side))
            draft.line(f"{name} = {array}[{grid.index}]")
            result.append((name, array))
        else:
            number = str(draw.integer(0, side - 1))
            result.append((number, number))
    return result


def _read(grid: TileGrid, tile: Tile, more: list[int], name: str) -> Variable:
    """Names an element of a tile, or a part of it that further indices below `more` choose."""
    draft, draw = grid.draft, grid.draft.draw
    indices = _indices(grid, [*tile.numbers, *more])
    texts = ", ".join(text for text, _ in indices)
    forms = [f"wp.tile_extract({tile.name}, {texts})"]
    if len(indices) <= 4:
        forms.append(f"{tile.name}[{texts}]")
    draft.line(f"{name} = {draw.choice(forms)}")
    blocks = f"np.arange(len({tile.numpy}))"
    places = ", ".join([blocks if any(not n.isdigit() for _, n in indices) else ":", *(n for _, n in indices)])
    rest = len(tile.value.type.inner) - len(more)
    draft.numpy(f"{name} = {tile.numpy}[{places}{', :' * rest}]")
    kind = tile.value.type
    left = kind if not more else vector(draft.width, kind.inner[1]) if kind.rank == 2 and len(more) == 1 else draft.real
    bounds = tile.value.range
    return draft.known(name, left, bounds.low, bounds.high)


def read(draw: Draw) -> Case:
    """Elements of tiles of one to four axes, and a number made of them."""
    draft, grid = begin(draw, lanes=True, axes=1)
    axes = draw.weighted((1, 2, 3, 4), (2, 3, 2, 1.5))
    sides = [draw.choice(_SIDES[axes]) for _ in range(axes)]
    shape = grid.shape(**dict(zip(("A", "B", "C", "D")[:axes], sides, strict=True)))
    tile = stepped(grid, grid.load(draft.name("grid_values", "table", "samples"), shape), 0.4)
    inputs: list[Expression] = [_read(grid, tile, [], draft.free(f"v{k}")) for k in range(draw.integer(1, 3))]
    return _store_scalar(grid, draw.choice(("read_elements", "probe", "sample_points", "stencil_at")), inputs)


def read_parts(draw: Draw) -> Case:
    """Components of vectors, rows and entries of matrices, that are the elements of a tile."""
    draft, grid = begin(draw, lanes=True, axes=1)
    size = draw.choice((2, 3, 3, 4))
    square = draw.chance(0.5)
    kind = matrix(draft.width, size) if square else vector(draft.width, size)
    axes = draw.weighted((1, 2, 3, 4), (3, 2, 1, 1.5))
    sides = [draw.choice(_SIDES[axes]) for _ in range(axes)]
    shape = grid.shape(**dict(zip(("A", "B", "C", "D")[:axes], sides, strict=True)))
    tile = grid.load(draft.name("frames", "vectors", "tensors", "normals"), shape, type=kind)
    what = draw.choice(("component", "component", "whole")) if not square else draw.choice(("entry", "entry", "whole"))
    if what == "whole":
        element = _read(grid, tile, [], draft.free("element"))
        if draw.chance(0.5):
            return _store_scalar(grid, "copy_element", [element], kind)
        call = draw.choice(("determinant", "trace") if square and size < 4 else ("trace",) if square else ("length_sq", "dot_self"))
        return _store_measure(grid, element, call)
    count = draw.integer(1, 3)
    more = [size, size] if what == "entry" else [size]
    return _store_scalar(
        grid, draw.choice(("read_components", "probe_entries")), [_read(grid, tile, more, draft.free(f"c{k}")) for k in range(count)]
    )


def _store_measure(grid: TileGrid, element: Variable, call: str) -> Case:
    draft = grid.draft
    name = element.name
    warp, numpy = {
        "determinant": (f"wp.determinant({name})", f"np.linalg.det({name})"),
        "trace": (f"wp.trace({name})", f"np.trace({name}, axis1=-2, axis2=-1)"),
        "length_sq": (f"wp.length_sq({name})", f"np.sum({name} * {name}, axis=-1)"),
        "dot_self": (f"wp.dot({name}, {name})", f"np.sum({name} * {name}, axis=-1)"),
    }[call]
    measure = draft.free("measure")
    draft.line(f"{measure} = {warp}")
    draft.numpy(f"{measure} = {numpy}")
    return _store_scalar(grid, "measure_element", [draft.known(measure, draft.real, -30.0, 30.0)])


def written(draw: Draw) -> Case:
    """Elements of a tile replaced by others of it, or by parameters: ghost cells, pivots, swaps, clamped ends."""
    draft, grid = begin(draw, differentiable=0.75, axes=1)
    axes = draw.weighted((1, 2, 3, 4), (3, 2, 1, 1))
    sides = [draw.choice(_SIDES[axes]) for _ in range(axes)]
    shape = grid.shape(**dict(zip(("A", "B", "C", "D")[:axes], sides, strict=True)))
    tile = grid.load(draft.name("line", "field", "state", "panel"), shape)
    other = grid.load(draft.name("boundary", "source", "targets"), shape)
    if draft.differentiable:
        draft.limitations.add(ASSIGNED)
    draft.numpy(f"{tile.name} = np.array({tile.numpy})")
    used: set[str] = set()
    for k in range(draw.integer(1, 3)):
        place = ", ".join(str(draw.choice((0, side - 1, draw.integer(0, side - 1)))) for side in sides)
        if place in used:
            continue
        used.add(place)
        if draw.chance(0.25):
            value: Expression = draft.knob(draft.free(draw.choice(("inflow", "wall_value", "pinned"))), 0.1, 1.0)
        else:
            read_at = ", ".join(str(draw.integer(0, side - 1)) for side in sides)
            name = draft.free(f"taken{k}")
            draft.line(f"{name} = {other.name}[{read_at}]")
            draft.numpy(f"{name} = {other.numpy}[:, {read_at}]")
            value = draft.known(name, draft.real, -1.0, 1.0)
            if draw.chance(0.5):
                value = draft.let(draft.free(f"value{k}"), draft.drawn(draft.real, [value, *knobs(grid, 0.3)]))
        draft.line(f"{tile.name}[{place}] = {value.warp()}")
        draft.numpy(f"{tile.name}[:, {place}] = {value.numpy()}")
    result = grid.bounded(tile, -60.0, 60.0)
    return finished(grid, draw.choice(("set_boundary", "replace_elements", "pin_values")), result, share=0.5)


def written_parts(draw: Draw) -> Case:
    """Components of vectors, or whole vectors, in a tile replaced."""
    draft, grid = begin(draw, differentiable=0.0, axes=1)
    size = draw.choice((2, 3, 4))
    kind = vector(draft.width, size)
    n = draw.choice((8, 16))
    tile = grid.load(draft.name("points", "velocities", "colours"), grid.shape(N=n), type=kind)
    draft.numpy(f"{tile.name} = np.array({tile.numpy})")
    for _ in range(draw.integer(1, 3)):
        place, component = draw.integer(0, n - 1), draw.integer(0, size - 1)
        value = draft.knob(draft.free(draw.choice(("fixed", "pinned", "wall_value"))), 0.1, 1.0)
        draft.line(f"{tile.name}[{place}, {component}] = {value.warp()}")
        draft.numpy(f"{tile.name}[:, {place}, {component}] = {value.numpy()}")
    other = grid.load(draft.name("offsets", "impulses", "shifts"), tile.shape, type=kind)
    sign = draw.choice(("+", "-"))
    moved = grid.named(
        draft.free("moved"), tile.shape, f"{tile.name} {sign} {other.name}", f"{tile.name} {sign} {other.numpy}", -3.0, 3.0, kind
    )
    grid.store(draft.name("out", "points_out", "result"), moved)
    return done(grid, draw.choice(("pin_components", "set_components", "fix_planes")))


_VECTOR_MAPS = {
    "cross": ("wp.cross({0}, {1})", "np.cross({0}, {1})", "vector"),
    "dot": ("wp.dot({0}, {1})", "np.sum({0} * {1}, axis=-1)", "real"),
    "cw_mul": ("wp.cw_mul({0}, {1})", "{0} * {1}", "vector"),
    "length": ("wp.length({0} + {1})", "np.linalg.norm({0} + {1}, axis=-1)", "real"),
    "reflect": ("{0} - 2.0 * wp.dot({0}, {1}) * {1}", "{0} - 2.0 * np.sum({0} * {1}, axis=-1)[..., None] * {1}", "vector"),
    "distance": ("wp.length_sq({0} - {1})", "np.sum(({0} - {1}) ** 2, axis=-1)", "real"),
    "project": ("wp.dot({0}, {1}) * {1}", "np.sum({0} * {1}, axis=-1)[..., None] * {1}", "vector"),
}
_MATRIX_MAPS = {
    "apply": ("{0} * {1}", "({0} @ {1}[..., None])[..., 0]"),
    "apply_transposed": ("wp.transpose({0}) * {1}", "(np.swapaxes({0}, -1, -2) @ {1}[..., None])[..., 0]"),
    "applied_twice": ("{0} * ({0} * {1})", "({0} @ ({0} @ {1}[..., None]))[..., 0]"),
}


def vectors(draw: Draw) -> Case:
    """Maps of tiles of vectors, and of matrices with vectors, by builtins and functions of one's own; sums of their elements."""
    draft, grid = begin(draw, axes=1)
    shape = grid.shape(N=draw.choice((8, 16, 24, 32))) if draw.chance(0.7) else (*grid.shape(M=3), *grid.shape(N=8))
    kind = draft.vector
    if draw.chance(0.35):
        square = draft.matrix
        rotations = draw.chance(0.5)
        domain = Rotations() if rotations else None
        first = grid.load(draft.name("frames", "jacobians", "rotations"), shape, type=square, domain=domain)
        second = grid.load(draft.name("points", "forces", "offsets"), shape, type=kind)
        warp, numpy = _MATRIX_MAPS[draw.choice(tuple(_MATRIX_MAPS))]
        gives = "vector"
    else:
        first = grid.load(draft.name("a", "positions", "velocities"), shape, type=kind)
        unit = draw.chance(0.4)
        second = grid.load(draft.name("b", "normals", "axes"), shape, type=kind, domain=UnitVectors() if unit else None)
        warp, numpy, gives = _VECTOR_MAPS[draw.choice(tuple(_VECTOR_MAPS))]
    result_type = kind if gives == "vector" else draft.real
    name = draft.name("mapped", "turned", "combined")
    builtin = warp.removesuffix("({0}, {1})") if warp.endswith("({0}, {1})") and draw.chance(0.6) else ""
    if builtin:
        call = f"wp.tile_map({builtin}, {first.name}, {second.name})"
    else:
        function = draft.free(draw.choice(("combine", "interact", "apply_pair")))
        typed = f"p: {first.value.type.spelling}, q: {second.value.type.spelling}"
        body = draft.warp(warp.format("p", "q"))
        draft.definitions.append(["@wp.func", f"def {function}({typed}) -> {result_type.spelling}:", f"    return {body}"])
        call = f"wp.tile_map({function}, {first.name}, {second.name})"
    bound = 12.0
    low = 0.05 if gives == "real" and "length" in warp else -bound
    made = grid.named(name, shape, call, numpy.format(first.numpy, second.numpy), min(low, 0.0), bound, result_type)
    if gives == "real":
        return finished(grid, draw.choice(("pair_measure", "map_pairs")), made)
    if draw.chance(0.4):
        scale = draw.choice((0.5, 2.0, 0.1))
        text = draft.number(scale)
        made = grid.named(draft.free("scaled"), shape, f"{made.name} * {text}", f"{scale} * {made.name}", -bound, bound, kind)
    if draw.chance(0.35) and len(shape) == 1:
        total = draft.name("total", "resultant")
        draft.line(f"{total} = wp.tile_sum({made.name})")
        draft.numpy(f"{total} = np.sum({made.name}, axis=-2, keepdims=True)")
        grid.store_number(draft.name("totals", "resultants"), Tile(draft.number_of(total, kind, -400.0, 400.0), grid.number_shape(1)))
        return done(grid, "sum_vectors")
    grid.store(draft.name("out", "vectors_out", "result"), made)
    return done(grid, draw.choice(("map_vectors", "turn_vectors", "transform_points")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (read, 1.8),
    (read_parts, 1.8),
    (written, 1.5),
    (written_parts, 0.7),
    (vectors, 1.5),
)
"""The algorithms of this module, and how often each comes."""
