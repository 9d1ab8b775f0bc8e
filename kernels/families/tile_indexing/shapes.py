"""Tiles in other shapes and types: rows of pixels as patches, heads split off, outer sums by broadcasts, quantized and widened values."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.tile_grid import Length, Shape, Tile, shape_text
from kernels.draw import Draw
from kernels.families.tile_indexing.common import begin, domain_of, done, finished, knobs, moved_type, stepped
from kernels.language.types import F16, F32, F64, I8, I16, I32, Type

AXIS_SUM = "tile_axis_sum"
"""The ledger's entry: sums along an axis have a wrong adjoint in Warp before 1.19."""


def pooled(draw: Draw) -> Case:
    """Patches of an image: its tile with each axis split in two, reduced along the inner ones, or put in another order."""
    draft, grid = begin(draw, axes=1)
    height, width = draw.choice((2, 3, 4)), draw.choice((2, 4))
    a, b = draw.choice((2, 3)), draw.choice((2, 4))
    shape = (*grid.shape(H=height * a), *grid.shape(W=width * b))
    image = stepped(grid, grid.load(draft.name("image", "plane", "feature_map"), shape), 0.5)
    cut = (Length.of(height), Length.of(a), Length.of(width), Length.of(b))
    lines = draft.name("cells", "patches", "split")
    text = ["-1" if k == 0 and draw.chance(0.3) else length.text for k, length in enumerate(cut)]
    split = grid.named(
        lines,
        cut,
        f"wp.tile_reshape({image.name}, shape=({', '.join(text)}))",
        f"{image.numpy}.reshape(-1, {height}, {a}, {width}, {b})",
        image.value.range.low,
        image.value.range.high,
    )
    if draft.differentiable:
        draft.limitations.add(AXIS_SUM)
    bound = a * b * split.magnitude
    inner = draft.free("row_sums")
    draft.line(f"{inner} = wp.tile_sum({split.name}, axis=3)")
    pooled_shape = (cut[0], cut[2])
    name = draft.name("pooled", "coarse", "block_sums")
    result = grid.named(name, pooled_shape, f"wp.tile_sum({inner}, axis=1)", f"np.sum({split.name}, axis=(-3, -1))", -bound, bound)
    if draw.chance(0.6):
        share = round(1.0 / (a * b), 6)
        warp = f"{result.name} * {draft.number(share)}"
        result = grid.named(draft.free("mean"), pooled_shape, warp, f"{result.name} * {share}", -bound * share, bound * share)
    if draw.chance(0.3):
        # Each cell's value again in all of its pixels: nearest-neighbour sampling of the coarse plane.
        tall = f"wp.tile_reshape({result.name}, shape=({height}, 1, {width}, 1))"
        spread = f"wp.tile_broadcast({tall}, shape={shape_text(cut)})"
        wide = grid.named(draft.free("spread"), cut, spread, f"{result.name}[..., :, None, :, None]", -bound, bound)
        rest = grid.formula(draft.free("detail"), f"{split.name} - {wide.name}", cut)
        flat = grid.named(
            draft.free("detail_plane"),
            shape,
            f"wp.tile_reshape({rest.name}, shape={shape_text(shape)})",
            f"{rest.name}.reshape(-1, {height * a}, {width * b})",
            -2.0 * bound,
            2.0 * bound,
        )
        return finished(grid, "subtract_pooled", flat, share=0.4)
    return finished(grid, draw.choice(("average_pool", "downsample", "patch_sums")), result)


def heads(draw: Draw) -> Case:
    """One head of rows that hold several: the tile with its last axis split, and a view of one part of it."""
    draft, grid = begin(draw, axes=1)
    rows, count, width = draw.choice((2, 4)), draw.choice((2, 3, 4)), draw.choice((4, 8))
    shape = (*grid.shape(T=rows), *grid.shape(C=count * width))
    type = moved_type(grid, 0.3)
    tile = grid.load(draft.name("qkv", "hidden", "channels"), shape, type=type, domain=domain_of(type))
    tile = stepped(grid, tile, 0.4)
    cut = (shape[0], Length.of(count), Length.of(width))
    bounds = tile.value.range
    rank = "".join(f", {n}" for n in type.inner)
    split = grid.named(
        draft.name("split", "by_head", "grouped"),
        cut,
        f"wp.tile_reshape({tile.name}, shape={shape_text(cut)})",
        f"{tile.numpy}.reshape(-1, {rows}, {count}, {width}{rank})",
        bounds.low,
        bounds.high,
        type,
    )
    which = draw.integer(0, count - 1)
    tail = ", :" * type.rank
    if draw.chance(0.5):
        part = grid.named(
            draft.name("head", "group_part"),
            (shape[0], Length.of(width)),
            f"wp.tile_squeeze(wp.tile_view({split.name}, offset=(0, {which}, 0), shape=({shape[0].text}, 1, {width})), axis=(1,))",
            f"{split.name}[..., {which}, :{tail}]",
            bounds.low,
            bounds.high,
            type,
        )
    else:
        part = grid.named(
            draft.name("head", "group_part"),
            (shape[0], Length.of(width)),
            f"{split.name}[:, {which}, :]",
            f"{split.name}[..., {which}, :{tail}]",
            bounds.low,
            bounds.high,
            type,
        )
    return finished(grid, draw.choice(("split_head", "take_group", "slice_channels")), part)


def spread(draw: Draw) -> Case:
    """Lines and planes broadcast over each other: outer sums and products of two or three axes, biases added to volumes."""
    draft, grid = begin(draw, axes=1)
    axes = draw.choice((2, 2, 3, 4))
    sides = [draw.choice((2, 3, 4)) for _ in range(axes - 1)] + [draw.choice((4, 8))]
    shape = grid.shape(**dict(zip(("DEPTH", "ROWS", "COLS", "LANES")[-axes:], sides, strict=True)))
    parts: list[Tile] = []
    taken = draw.subset(range(axes), draw.choice((2, axes)))
    for axis in sorted(taken):
        line = grid.load(draft.name("row", "column", "profile", "scale_line", "offsets", "bias"), (shape[axis],))
        line = stepped(grid, line, 0.3)
        ones: Shape = tuple(length if k == axis else Length.of(1) for k, length in enumerate(shape))
        tall = line.warp if axis == axes - 1 else f"wp.tile_reshape({line.name}, shape={shape_text(ones)})"
        place = ", ".join(["...", *(":" if k == axis else "None" for k in range(axes))])
        bounds = line.value.range
        parts.append(
            grid.named(
                draft.free(f"{line.name}_tile"),
                shape,
                f"wp.tile_broadcast({tall}, shape={shape_text(shape)})",
                f"{line.numpy}[{place}]",
                bounds.low,
                bounds.high,
            )
        )
    if len(taken) < axes or draw.chance(0.4):
        parts.append(grid.load(draft.name("volume", "base", "field"), shape))
    result = grid.drawn(draft.name("outer", "combined", "filled"), parts, knobs(grid, 0.4), bound=60.0)
    return finished(grid, draw.choice(("outer", "broadcast_add", "spread_lines")), result, share=0.4)


_CASTS: tuple[tuple[Type, Type], ...] = ((F32, F64), (F64, F32), (F32, F16), (I32, F32), (I16, F32), (I8, F32), (F16, F32))


def converted(draw: Draw) -> Case:
    """Elements converted to another type and worked on there, or quantized to small integers and back."""
    source, target = draw.choice(_CASTS)
    quantizes = source is F32 and draw.chance(0.5)
    working = F32 if target is F16 else target
    draft, grid = begin(draw, axes=1, width=working.name, differentiable=0.0 if quantizes or source.is_integer else 0.85)
    shape = grid.shape(N=draw.choice((8, 16, 32))) if draw.chance(0.5) else (*grid.shape(M=4), *grid.shape(N=8))
    tile = grid.load(draft.name("values", "codes_in", "samples"), shape, -1.0, 1.0, type=source, domain=domain_of(source))
    name = draft.name("cast", "widened", "converted")
    bound = 130.0 if source.is_integer else 1.0
    if quantizes and target is not F64:
        small = draw.choice((I8, I16, I32))
        levels = draw.choice((15.0, 31.0, 100.0))
        draft.scope["values"] = tile.value
        scaled = grid.formula(draft.free("scaled"), f"round(values * {levels})", shape)
        kept = grid.named(
            draft.free("quantized"),
            shape,
            f"wp.tile_astype({scaled.name}, dtype={small.spelling})",
            f"{scaled.name}.astype(np.{small.name})",
            -levels,
            levels,
            small,
        )
        grid.store(draft.name("codes_out", "stored_codes"), kept)
        back = grid.named(
            name, shape, f"wp.tile_astype({kept.name}, dtype={F32.spelling})", f"{kept.name}.astype({draft.precision})", -levels, levels
        )
        return finished(grid, "quantize", grid.formula(draft.free("restored"), f"{back.name} * {round(1.0 / levels, 5)}", shape), [tile])
    if target is F16:
        half = draft.free("half")
        narrow = grid.named(half, shape, f"wp.tile_astype({tile.name}, dtype=wp.float16)", tile.numpy, -1.0, 1.0, F16)
        grid.store(draft.name("half_out", "packed_half"), narrow)
        return finished(grid, "narrow", tile, share=0.8)
    cast = grid.named(
        name, shape, f"wp.tile_astype({tile.name}, dtype={target.spelling})", f"{tile.numpy}.astype({draft.precision})", -bound, bound
    )
    result = grid.drawn(draft.name("worked", "shaped", "response"), [cast], knobs(grid, 0.5), bound=1e4)
    return finished(grid, draw.choice(("convert", "widen", "cast_values")), result, [cast], share=0.4)


def coordinates(draw: Draw) -> Case:
    """Values made of places: positional codes, ramps, checkers and windows by `wp.tile_arange`, joined with a tile that was loaded."""
    draft, grid = begin(draw, axes=1)
    flat = draw.chance(0.5)
    rows, columns = draw.choice((3, 4)), draw.choice((8, 16))
    shape = grid.shape(N=columns) if flat else (*grid.shape(M=rows), *grid.shape(N=columns))
    real = draft.real
    tile = stepped(grid, grid.load(draft.name("signal", "embedding", "field"), shape), 0.4)
    n = shape[-1]
    start, step = draw.choice(((0.0, 0.75), (-1.0, 0.25), (0.5, 0.5), (2.0, -0.125)))
    stop = start + step * n.value
    text = f"wp.tile_arange({start}, {stop}, {step}, dtype={real.spelling}{draft.storage()})"
    numpy = f"({start} + {step} * np.arange({n.value})).astype({draft.precision})"
    line = grid.named(draft.name("position", "ramp", "x_axis"), (n,), text, numpy, min(start, stop), max(start, stop))
    places = line
    if not flat:
        places = grid.named(
            draft.free("positions"),
            shape,
            f"wp.tile_broadcast({line.name}, shape={shape_text(shape)})",
            line.name,
            line.value.range.low,
            line.value.range.high,
        )
    draft.scope.update(p=places.value, k=draft.knob(draft.name("frequency", "rate", "width"), 0.3, 1.5))
    kind = draw.choice(("sine", "window", "ramp", "decay"))
    text = {
        "sine": draw.choice(("sin(k * p)", "cos(k * p)")),
        "window": "0.5 - 0.5 * cos(k * p)",
        "ramp": "k * p + 0.5",
        "decay": "1.0 / (1.5 + sin(k * p))",
    }[kind]
    code = grid.formula(draft.name("code", "taper", "weight"), text, shape)
    result = grid.formula(draft.free("joined"), draw.choice((f"{tile.name} * {code.name}", f"{tile.name} + {code.name}")), shape)
    return finished(grid, {"sine": "positional_code", "window": "apply_window", "ramp": "add_ramp", "decay": "fade"}[kind], result, [tile])


def turned(draw: Draw) -> Case:
    """A panel's rows made its columns: transposed, turned by a quarter, or joined with its own transpose."""
    draft, grid = begin(draw, axes=1)
    kind = draw.choice(("transpose", "quarter", "own"))
    rows, columns = draw.choice((2, 3, 4, 6)), draw.choice((3, 4, 8))
    type = draft.real if kind == "own" else moved_type(grid, 0.5)
    shape = (*grid.shape(M=rows), *grid.shape(N=rows if kind == "own" else columns))
    tile = grid.load(draft.name("panel", "image", "block_in", "matrix"), shape, type=type, domain=domain_of(type))
    tile = stepped(grid, tile, 0.5)
    bounds = tile.value.range
    call, numpy = f"wp.tile_transpose({tile.name})", f"np.swapaxes({tile.numpy}, 1, 2)"
    other = grid.named(draft.name("turned", "flipped", "columns_first"), shape[::-1], call, numpy, bounds.low, bounds.high, type)
    if kind == "own":
        text, verb = draw.choice(
            (
                (f"0.5 * ({tile.name} + {other.name})", "symmetrize"),
                (f"0.5 * ({tile.name} - {other.name})", "antisymmetric_part"),
                (f"{tile.name} * {other.name}", "reciprocal_product"),
            )
        )
        return finished(grid, verb, grid.formula(draft.name("symmetric", "paired", "mutual"), text, shape), share=0.5)
    if kind == "quarter":
        part, verb = draw.choice((("::-1, :", "turn_left"), (":, ::-1", "turn_right")))
        tail = ", :" * type.rank
        other = grid.named(
            draft.free("quarter"), other.shape, f"{other.name}[{part}]", f"{other.name}[..., {part}{tail}]", bounds.low, bounds.high, type
        )
        return finished(grid, draw.choice((verb, "quarter_turn")), other, share=0.5)
    return finished(grid, draw.choice(("transpose", "swap_axes", "columns_to_rows")), other, share=0.7)


def made(draw: Draw) -> Case:
    """Tiles of one value, by `wp.tile_zeros`, `tile_ones` and `tile_full`, that others are added to, subtracted from or multiplied with."""
    draft, grid = begin(draw, axes=1)
    shape = grid.shape(N=draw.choice((8, 16, 32))) if draw.chance(0.6) else (*grid.shape(M=3), *grid.shape(N=8))
    tile = stepped(grid, grid.load(draft.name("values", "terms", "x"), shape), 0.4)
    other = grid.load(draft.name("others", "scales", "y"), shape)
    real, size = draft.real.spelling, shape_text(shape) if len(shape) > 1 or draw.chance(0.4) else shape[0].text
    name = draft.name("acc", "total", "running")
    value = draw.choice((0.25, 0.5, 2.0))
    fill = draw.choice(("zeros", "ones", "ones", "ones", "full"))
    given = f", value={draft.number(value)}" if fill == "full" else ""
    draft.line(f"{name} = wp.tile_{fill}(shape={size}{given}, dtype={real}{draft.storage()})")
    draft.numpy(f"{name} = { {'zeros': 0.0, 'ones': 1.0, 'full': value}[fill] } * np.ones_like({tile.numpy})")
    bound = 2.0
    signs = draw.choice(("+-", "++", "--") if fill == "zeros" else ("*+", "*-", "+*", "-*", "**", "-+"))
    for sign, operand in zip(signs, draw.shuffled((tile, other)), strict=True):
        draft.line(f"{name} {sign}= {operand.name}")
        draft.numpy(f"{name} = {name} {sign} {operand.numpy}")
        bound = bound * max(1.0, operand.magnitude) + operand.magnitude
    result = Tile(draft.whole(name, draft.real, -bound, bound), shape)
    return finished(grid, draw.choice(("accumulate_terms", "fused_update", "blend_terms")), result, [tile])


def typed(draw: Draw) -> Case:
    """Zeros, ones and a value of every type, with a tile of that type added or assigned."""
    draft, grid = begin(draw, axes=1)
    type = moved_type(grid, 0.8)
    shape = grid.shape(N=draw.choice((8, 16))) if draw.chance(0.6) else (*grid.shape(M=3), *grid.shape(N=8))
    tile = grid.load(draft.name("values", "payload", "elements"), shape, type=type, domain=domain_of(type))
    fill = "zeros" if type.rank else draw.choice(("zeros", "ones", "ones", "full"))
    value = {"zeros": 0, "ones": 1, "full": 3}[fill]
    name = draft.name("acc", "copy", "shifted")
    given = f", value={type.spelling}(3)" if fill == "full" else ""
    storage = draft.storage()
    draft.line(f"{name} = wp.tile_{fill}(shape={shape_text(shape)}{given}, dtype={type.spelling}{storage})", f"{name} += {tile.name}")
    # Sums of small integers stay in their type.
    numpy = f"{tile.numpy} + {value}" if not type.is_float else f"{value} + {tile.numpy}"
    draft.numpy(f"{name} = {numpy}" if value else f"{name} = {tile.numpy}")
    result = Tile(draft.whole(name, type, -130.0, 130.0), shape)
    if draw.chance(0.4) and not type.scalar.startswith("u"):
        other = grid.load(draft.name("others", "removed"), shape, type=type, domain=domain_of(type))
        draft.line(f"{name} -= {other.name}")
        draft.numpy(f"{name} = {name} - {other.numpy}")
    grid.store(draft.name("out", "copies", "result"), result)
    return done(grid, draw.choice(("copy_elements", "offset_elements", "init_and_add")))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (pooled, 1.2),
    (heads, 1.0),
    (spread, 1.2),
    (converted, 1.5),
    (coordinates, 1.2),
    (turned, 6.5),
    (made, 4.2),
    (typed, 3.0),
)
"""The algorithms of this module, and how often each comes."""
