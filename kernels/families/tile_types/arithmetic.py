"""Elements of any type computed with: added up, compared, mapped, filled with ranges and values, combined as vectors."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.tile_grid import Tile, shape_text
from kernels.draw import Draw
from kernels.families.tile_types.elements import (
    COMPOSITES,
    INTEGERS,
    REALS,
    SUMMABLE,
    begin,
    bound,
    constant,
    done,
    load,
    load_distinct,
    pick,
    shape_of,
    values,
)
from kernels.families.tile_types.moves import moved
from kernels.language.types import I32, Type, type_named

_FLOATS = (*REALS, "vec3f", "mat33f", "vec3d", "vec2f", "quatf")
_WIDE = ("int32", "uint32", "int64", "uint64")
AXIS_SUM = "tile_axis_sum"
"""The ledger's entry: sums along an axis have a wrong adjoint in Warp before 1.19."""


def _cast(text: str, type: Type) -> str:
    """The reference's text in the elements' own integers, which numpy leaves when it adds them up."""
    return f"({text}).astype(np.{type.scalar})" if type.has_integers else text


def reduced(draw: Draw) -> Case:
    """A tile reduced as a whole, or along an axis."""
    what = draw.choice(("sum", "sum", "extreme", "reduce", "place"))
    groups = [REALS, INTEGERS, *([("vec3f", "mat33f", "quatf")] if what in ("sum", "reduce") else [])]
    type = pick(draw, *groups)
    draft, grid = begin(draw, type, gradient=what == "sum")
    out = draft.name("out", "reduced_out", "totals")
    if what == "place":
        tile = load_distinct(grid, type, shape_of(grid, type), "values", "keys", "costs")
        which = draw.choice(("min", "max"))
        best = draft.free("best")
        draft.line(f"{best} = wp.tile_arg{which}({tile.name})")
        line = tile.numpy if len(tile.shape) == 1 else f"{tile.numpy}.reshape(-1, {tile.size})"
        draft.numpy(f"{best} = np.arg{which}({line}, axis=-1)[:, None].astype(np.int32)")
        grid.store_number(out, Tile(draft.number_of(best, I32, 0, 30), grid.number_shape(1)))
        return done(grid, draw.choice(("locate_extreme", "arg_extreme")))
    shape = shape_of(grid, type)
    tile = moved(grid, load(grid, type, shape, "values", "numbers", "levels", small=True), 0.5)
    shape = tile.shape
    axes = tuple(range(1, len(shape) + 1))
    has_axis = what == "sum" or (what == "reduce" and not type.rank)
    axis = draw.integer(0, len(shape) - 1) if has_axis and len(shape) > 1 and draw.chance(0.5) else None
    along = f", axis={axis}" if axis is not None else ""
    place = axes if axis is None else axis + 1
    if what == "sum":
        call, numpy = f"wp.tile_sum({tile.name}{along})", f"np.sum({tile.numpy}, axis={place})"
        if axis is not None and draft.differentiable:
            draft.limitations.add(AXIS_SUM)
    else:
        which = draw.choice(("min", "max"))
        call, numpy = f"wp.tile_{which}({tile.name})", f"np.{which}({tile.numpy}, axis={place})"
        if what == "reduce":
            function = "wp.add" if type.rank else draw.choice((f"wp.{which}", "", "wp.add"))
            if function == "wp.add":
                numpy = f"np.sum({tile.numpy}, axis={place})"
            if not function:
                function = draft.free("joined")
                typed = f"a: {type.spelling}, b: {type.spelling}"
                draft.definitions.append(["@wp.func", f"def {function}({typed}) -> {type.spelling}:", f"    return wp.{which}(a, b)"])
            call = f"wp.tile_reduce({function}, {tile.name}{along})"
    size = 40.0 * bound(type)
    name = draft.free("reduced")
    if axis is None:
        ones = "[:, None]" if not type.rank else f"[:, None{', :' * type.rank}]"
        draft.line(f"{name} = {call}")
        draft.numpy(f"{name} = ({_cast(numpy, type)}){ones}")
        grid.store_number(out, Tile(draft.number_of(name, type, -size, size), grid.number_shape(1)))
    else:
        rest = shape[:axis] + shape[axis + 1 :]
        grid.store(out, moved(grid, grid.named(name, rest, call, _cast(numpy, type), -size, size, type)))
    return done(grid, draw.choice(("reduce_elements", "sum_elements" if what == "sum" else "extreme_of_elements")))


def filled(draw: Draw) -> Case:
    """Ranges and values of a type, joined with a tile that was loaded."""
    type = pick(draw, INTEGERS, ("float32", "float64"), REALS, COMPOSITES)
    draft, grid = begin(draw, type)
    ranged = not type.rank and type.name not in ("float16", "bfloat16") and draw.chance(0.5)
    shape = shape_of(grid, type, 1 if ranged else None)
    tile = load(grid, type, shape, "values", "elements", "codes")
    name = draft.name("filled", "ramp", "constant_tile")
    if ranged:
        n = shape[0].value
        start, step = draw.choice(((0, 1), (1, 2), (3, 1), (2, 3)))
        text = f"wp.tile_arange({start}, {start + step * n}, {step}, dtype={type.spelling}{draft.storage()})"
        if type.is_float:
            text = f"wp.tile_arange({float(start)}, {float(start + step * n)}, {float(step)}, dtype={type.spelling}{draft.storage()})"
        precise = draft.precision if type.is_float else f"np.{type.name}"
        made = grid.named(name, shape, text, f"np.arange({start}, {start + step * n}, {step}).astype({precise})", 0.0, 60.0, type)
    else:
        fill = draw.choice(("zeros", "full") if type.name.startswith("quat") else ("zeros", "ones", "full", "full"))
        value = {"zeros": 0, "ones": 1, "full": 2}[fill]
        given = f", value={constant(type, 2)}" if fill == "full" else ""
        text = f"wp.tile_{fill}(shape={shape_text(shape)}{given}, dtype={type.spelling}{draft.storage()})"
        made = grid.named(name, shape, text, f"np.full_like({tile.numpy}, {value})", 0.0, 2.0, type)
    sign = draw.choice(("+", "-")) if not type.scalar.startswith("u") else "+"
    size = 3.0 * bound(type) + 60.0
    total = grid.named(
        draft.free("joined"), shape, f"{tile.name} {sign} {made.name}", _cast(f"{tile.numpy} {sign} {made.name}", type), -size, size, type
    )
    grid.store(draft.name("out", "filled_out", "result"), moved(grid, total))
    return done(grid, draw.choice(("fill_and_add", "offset_elements", "add_ramp")))


def mapped(draw: Draw) -> Case:
    """Elements mapped by builtins and functions: alone, with a number, with a second tile; in place by operators."""
    type = pick(draw, INTEGERS, REALS, ("vec3f", "mat33f", "vec2f", "vec3i"))
    draft, grid = begin(draw, type)
    shape = shape_of(grid, type)
    tile = load(grid, type, shape, "values", "operands", "codes", small=True)
    kind = draw.choice(("pair", "number", "alone", "operators"))
    size = 12.0 * bound(type)
    name = draft.free(draw.choice(("mapped", "combined", "changed")))
    if kind == "alone":
        builtin, numpy = draw.choice(
            (("wp.abs", "{0}"),)
            if type.scalar.startswith("u")
            else (("wp.neg", "-{0}"),)
            if type.rank
            else (("wp.abs", "np.abs({0})"), ("wp.neg", "-{0}"))
        )
        function = draft.free("unary")
        draft.definitions.append(["@wp.func", f"def {function}(a: {type.spelling}) -> {type.spelling}:", f"    return {builtin}(a)"])
        call = draw.choice((builtin, function)) if builtin == "wp.abs" else function
        draft.definitions[-1:] = [] if call == builtin else draft.definitions[-1:]
        if builtin == "wp.neg":
            draft.definitions[-1][-1] = "    return -a"
        made = grid.named(name, shape, f"wp.tile_map({call}, {tile.name})", numpy.format(tile.numpy), -size, size, type)
    elif kind == "number":
        choices = (("wp.add", "{0} + {1}"), ("wp.min", "np.minimum({0}, {1})"), ("wp.max", "np.maximum({0}, {1})"))
        builtin, numpy = draw.choice(choices[:1] if type.rank else choices)
        value = draw.choice((1, 2)) if type.has_integers else draw.choice((0.25, 0.5, -0.5))
        literal = constant(type, value)
        text = numpy.format(tile.numpy, value)
        made = grid.named(name, shape, f"wp.tile_map({builtin}, {tile.name}, {literal})", _cast(text, type), -size, size, type)
    else:
        other = load(grid, type, shape, "others", "second", small=True)
        if kind == "operators":
            lines = draw.choice((("+=", "+"), ("-=", "-")) if not type.scalar.startswith("u") else (("+=", "+"),))
            total = draft.free("running")
            draft.line(f"{total} = {tile.name} + {other.name}", f"{total} {lines[0]} {tile.name}")
            draft.numpy(f"{total} = {_cast(f'{tile.numpy} + {other.numpy} {lines[1]} {tile.numpy}', type)}")
            made = Tile(draft.whole(total, type, -size, size), shape)
        else:
            pairs = [("wp.add", "{0} + {1}")]
            if not type.scalar.startswith("u"):
                pairs.append(("wp.sub", "{0} - {1}"))
            if not type.rank:
                pairs.append(("wp.mul", "{0} * {1}"))
            # Two numbers of eight bits are too often nearly the same for a choice between them.
            if not type.rank and type.name != "bfloat16":
                pairs += [("wp.min", "np.minimum({0}, {1})"), ("wp.max", "np.maximum({0}, {1})")]
            builtin, numpy = draw.choice(pairs)
            text = _cast(numpy.format(tile.numpy, other.numpy), type)
            made = grid.named(name, shape, f"wp.tile_map({builtin}, {tile.name}, {other.name})", text, -size, size, type)
    grid.store(draft.name("out", "mapped_out", "result"), moved(grid, made))
    return done(grid, draw.choice(("map_elements", "combine_elements", "apply_elements")))


def vectors(draw: Draw) -> Case:
    """Dot products, scaled sums in place, and diagonals of tiles of reals of every precision, and of vectors and matrices."""
    kind = draw.choice(("dot", "axpy", "diagonal"))
    groups = {"dot": (_FLOATS, INTEGERS), "axpy": (_FLOATS, _WIDE), "diagonal": (REALS, INTEGERS, ("vec3f", "mat33f", "quatf"))}
    type = pick(draw, *groups[kind])
    draft, grid = begin(draw, type, gradient=kind != "diagonal")
    out = draft.name("out", "result", "combined_out")
    if kind == "diagonal":
        n = grid.shape(N=draw.choice((2, 3, 4, 6)))[0]
        matrix = load(grid, type, (n, n), "matrix", "table", small=True)
        line = load(grid, type, (n,), "line", "shifts", small=True)
        inner = ", None" * type.rank
        eye = f"np.eye({n.value}, dtype={line.numpy}.dtype)"
        eye = f"{eye}[:, :{inner}]" if inner else eye
        numpy = _cast(f"{matrix.numpy} + {line.numpy}[:, None, :] * {eye}", type)
        grid.store(
            out, grid.named(draft.free("raised"), (n, n), f"wp.tile_diag_add({matrix.name}, {line.name})", numpy, -200.0, 200.0, type)
        )
        return done(grid, draw.choice(("raise_diagonal", "add_to_diagonal")))
    shape = shape_of(grid, type)
    a = moved(grid, load(grid, type, shape, "a", "left", "source", small=True), 0.5)
    shape = a.shape
    b = load(grid, type, shape, "b", "right", "target", small=True)
    if kind == "axpy":
        scale = draw.choice((1, 2, 3)) if type.is_integer else draw.choice((0.5, 2.0, -1.0))
        scalar = type_named(type.scalar)
        text = str(scale) if scalar.name in ("float32", "int32") else f"{scalar.spelling}({scale})"
        draft.line(f"wp.tile_axpy({text}, {a.name}, {b.name})")
        draft.numpy(f"{b.name} = {_cast(f'{b.numpy} + {scale} * {a.numpy}', type)}")
        grid.store(out, moved(grid, grid.bounded(b, -10.0, 10.0)))
        return done(grid, draw.choice(("scaled_sum", "axpy")))
    scalar = type_named(type.scalar)
    name = draft.free("product")
    axes = tuple(range(1, 1 + len(shape) + type.rank))
    draft.line(f"{name} = wp.tile_dot({a.name}, {b.name})")
    draft.numpy(f"{name} = {_cast(f'np.sum({a.numpy} * {b.numpy}, axis={axes})', type)}[:, None]")
    grid.store_number(out, Tile(draft.number_of(name, scalar, -200.0, 200.0), grid.number_shape(1)))
    return done(grid, draw.choice(("dot_elements", "inner_product")))


def scanned(draw: Draw) -> Case:
    """Running sums and extremes of all elements of a tile, row after row."""
    type = pick(draw, ("float32", "int32", "uint32"))
    draft, grid = begin(draw, type, gradient=False)
    tile = moved(grid, load(grid, type, shape_of(grid, type, 1 if type.name == "uint32" else None), "values", "steps", small=True), 0.4)
    kinds = {
        "inclusive": "np.cumsum({0}, axis=-1)",
        "exclusive": "np.cumsum({0}, axis=-1) - {0}",
        "min_inclusive": "np.minimum.accumulate({0}, axis=-1)",
        "max_inclusive": "np.maximum.accumulate({0}, axis=-1)",
    }
    # Warp before 1.19 cannot load a running maximum of uint32.
    kind = draw.choice([k for k in kinds if not (k == "max_inclusive" and type.name == "uint32")])
    line = draft.free("row_after_row")
    draft.numpy(f"{line} = {tile.numpy}.reshape(-1, {tile.size})")
    whole = f"({kinds[kind].format(line)}).reshape({tile.numpy}.shape)"
    size = tile.size * bound(type)
    made = grid.named(draft.free("running"), tile.shape, f"wp.tile_scan_{kind}({tile.name})", _cast(whole, type), -size, size, type)
    grid.store(draft.name("out", "running_out"), moved(grid, made, 0.4))
    return done(grid, draw.choice(("scan_elements", "running_elements")))


def added(draw: Draw) -> Case:
    """Tiles of all blocks added up in one array, of one to four axes."""
    type = type_named(draw.choice(SUMMABLE))
    draft, grid = begin(draw, type)
    tile = load(grid, type, shape_of(grid, type), "values", "increments", small=True)
    grid.store(draft.name("sums", "totals", "accumulated"), moved(grid, tile), add=True)
    if type.has_integers:
        draft.reference[-1] = draft.reference[-1].replace("axis=0)", f"axis=0).astype(np.{type.scalar})")
    return done(grid, draw.choice(("add_blocks", "accumulate_elements")))


def converted(draw: Draw) -> Case:
    """Elements converted from one type to another."""
    source, target = pick(draw, REALS, INTEGERS), pick(draw, REALS, INTEGERS)
    if draw.chance(0.6):
        source, target = draw.shuffled((type_named("float32"), target))
    if source.name in ("float16", "bfloat16") and not target.is_float:
        # So coarse a number is often too near to where it is cut off.
        source = type_named("float32")
    draft, grid = begin(draw, source, gradient=source.is_float and target.is_float)
    shape = shape_of(grid, source)
    size = bound(source)
    # Reals are a little away from integers, where they are cut off, and what becomes unsigned is not negative.
    low = 0.25 if target.scalar.startswith("u") else -size
    domain = values(source, small=True) if source.has_integers else Uniform(low, 1.9 if target.is_integer else 1.0)
    tile = grid.load(draft.name("values", "raw"), shape, -size, size, type=source, domain=domain)
    if source.has_integers and target.scalar.startswith("u") and not source.scalar.startswith("u"):
        target = type_named(target.name.removeprefix("u"))
    name = draft.free("cast")
    draft.line(f"{name} = wp.tile_astype({tile.name}, dtype={target.spelling})")
    draft.numpy(f"{name} = {tile.numpy}{'' if target.is_float else f'.astype(np.{target.name})'}")
    grid.store(draft.name("out", "converted_out"), moved(grid, Tile(draft.whole(name, target, -200.0, 200.0), shape)))
    return done(grid, draw.choice(("convert_elements", "cast_tile")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (reduced, 3.0),
    (filled, 2.0),
    (mapped, 3.0),
    (vectors, 2.5),
    (scanned, 1.0),
    (added, 1.0),
    (converted, 1.5),
)
"""The patterns of this module, and how often each comes."""
