"""Scans: prefix sums and running extremes, and what people compute from them. They have no adjoint, what they select from may have one."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Bernoulli, Integers
from kernels.drafting.tile_grid import Length, Tile, TileGrid, shape_text
from kernels.draw import Draw
from kernels.families.tile_scan.common import as_tile, begin, done, finished, flat, knobs, line_or_panel, loaded
from kernels.language.types import I32, U32, Type

SCANS = {
    "inclusive": "np.cumsum({0}, axis=-1)",
    "exclusive": "np.cumsum({0}, axis=-1) - {0}",
    "max_inclusive": "np.maximum.accumulate({0}, axis=-1)",
    "min_inclusive": "np.minimum.accumulate({0}, axis=-1)",
}
"""The scans of Warp, and the reference's text of each over the last axis."""
_PARTNERS = {
    "inclusive": "exclusive",
    "exclusive": "inclusive",
    "max_inclusive": "min_inclusive",
    "min_inclusive": "max_inclusive",
}
"""What goes with a scan: the ends of ranges with their starts, the upper side of a band with its lower one."""


def scanned(grid: TileGrid, name: str, kind: str, tile: Tile) -> Tile:
    """Names the scan of a tile, row after row."""
    bounds = tile.value.range
    wide = kind.endswith("clusive") and not kind.startswith(("max", "min"))
    low, high = (min(0.0, tile.size * bounds.low), max(0.0, tile.size * bounds.high)) if wide else (bounds.low, bounds.high)
    text = SCANS[kind].format(flat(tile.numpy, tile))
    if tile.value.type is not grid.draft.real:
        # Numpy adds small integers up in large ones.
        text = f"({text}).astype(np.{tile.value.type.name})"
    elif kind == "exclusive" and len(tile.shape) > 1:
        text = f"({text})"
    return grid.named(name, tile.shape, f"wp.tile_scan_{kind}({tile.name})", as_tile(text, tile), low, high, tile.value.type)


def running(draw: Draw) -> Case:
    """Running sums, extremes, or how far values are from them."""
    draft, grid = begin(draw, width="float32")
    values = loaded(grid, line_or_panel(grid), "signal", "prices", "increments", "heights", "loads")
    kind = draw.weighted(tuple(SCANS), (2.5, 1.5, 1, 2.5))
    result = scanned(grid, draft.name("running", "prefix", "so_far", "envelope"), kind, values)
    what = draw.weighted(("scan", "gap", "both", "share"), (0.8, 0.8, 5, 0.8))
    if what == "gap":
        text = f"{result.name} - {values.name}" if kind == "max_inclusive" else f"{values.name} - {result.name}"
        result = grid.formula(draft.name("drawdown", "gap", "excess"), text, values.shape)
    elif what == "both":
        more = draw.subset([k for k in SCANS if k != kind], draw.choice((1, 1, 2)))
        others = [scanned(grid, draft.name("other_side", "lower_side", "third"), each, values) for each in more]
        result = grid.drawn(draft.name("spread", "band", "mixed"), [result, *others], knobs(grid, 0.5), bound=1e3)
    elif what == "share" and kind == "inclusive":
        total = grid.number(
            draft.name("total", "mass"), len(values.shape), f"wp.tile_sum({values.name})", grid.sum_text(values.name, values), -1e3, 1e3
        )
        draft.scope.update(part=result.value, total=total.value)
        result = grid.formula(draft.name("share", "cdf"), "part / (1.0 + total * total)", values.shape)
    return finished(grid, draw.choice(("running", "accumulate", "prefix", "cumulate")), result, [values])


def integers(draw: Draw) -> Case:
    """Offsets from counts, ranks from flags, running codes: scans of integers, exact."""
    draft, grid = begin(draw, width="float32")
    type: Type = draw.choice((I32, I32, I32, U32))
    shape = line_or_panel(grid)
    # Warp before 1.19 cannot load a running maximum of uint32.
    kind = draw.choice([k for k in SCANS if type is I32 or not k.startswith("max")])
    domain = Integers(0, draw.choice((2, 9, 50)))
    counts = grid.load(draft.name("counts", "degrees", "lengths", "flags"), shape, 0.0, 50.0, type=type, domain=domain)
    if type is I32 and draw.chance(0.5):
        second = grid.load(draft.name("weights", "extra", "repeats"), shape, 0.0, 5.0, type=type, domain=Integers(0, 6))
        value = draft.drawn_tile(draft.name("amounts", "mixed", "sizes"), [counts.value, second.value], type=type)
        counts = grid.bounded(Tile(value, shape), -1000.0, 1000.0)
    offsets = scanned(grid, draft.name("offsets", "ranks", "starts", "bounds"), kind, counts)
    grid.store(draft.name("offsets_out", "starts_out", "out"), offsets)
    if type is I32 and draw.chance(0.75):
        others = scanned(grid, draft.name("others", "ends", "far_side"), _PARTNERS[kind], counts)
        grid.store(draft.name("others_out", "ends_out"), others)
    if draw.chance(0.4):
        total = draft.name("total", "count_all")
        numpy = f"np.sum({flat(counts.numpy, counts)}, axis=-1, keepdims=True).astype(np.{type.name})"
        draft.line(f"{total} = wp.tile_sum({counts.name})")
        draft.numpy(f"{total} = {numpy}")
        grid.store_number(draft.name("totals", "sizes_out"), Tile(draft.number_of(total, type, -1e6, 1e6), grid.number_shape(1)))
    return done(grid, draw.choice(("scan_counts", "row_offsets", "rank_flags")))


def compaction(draw: Draw) -> Case:
    """Values that pass a test are moved to the front, to the places that a prefix sum of the tests gives them."""
    draft, grid = begin(draw, width="float32", differentiable=0.8)
    shape = grid.shape(N=draw.choice((16, 32, 48)))
    n = shape[0]
    values = loaded(grid, shape, "values", "particles", "samples", prepared=0.4)
    keep = draft.name("keep", "flags", "alive")
    if draw.chance(0.5):
        flags = grid.load(keep, shape, 0.0, 1.0, type=I32, domain=Bernoulli(draw.choice((0.4, 0.6))))
    else:
        tested = grid.load(draft.name("score", "age", "confidence"), shape, differentiable=False)
        function = draft.free(draw.choice(("passes", "is_kept", "above")))
        threshold = draw.real(-0.4, 0.4)
        draft.definitions.append(["@wp.func", f"def {function}(score: float) -> int:", f"    return wp.where(score > {threshold}, 1, 0)"])
        flags = grid.named(
            keep, shape, f"wp.tile_map({function}, {tested.name})", f"({tested.name} > {threshold}).astype(np.int32)", 0.0, 1.0, I32
        )
    places = scanned(grid, draft.name("places", "slots", "positions"), "exclusive", flags)
    function = draft.free(draw.choice(("target_slot", "place_or_none")))
    draft.definitions.append(
        ["@wp.func", f"def {function}(flag: int, place: int) -> int:", "    if flag == 0:", "        return -1", "    return place"]
    )
    target = draft.free("target")
    draft.line(f"{target} = wp.tile_map({function}, {flags.name}, {places.name})")
    out = draft.name("out", "compacted", "packed")
    draft.output(out, draft.real, *grid.extents, n.value, role="accumulate")
    draft.line(f"wp.tile_atomic_add_indexed({out}[{grid.index}], indices={target}, t={values.name})")
    # Stable: those that are kept, in their order, before the others, which count as zeros.
    draft.numpy(
        f"order = np.argsort(1 - {flags.name}, axis=-1, kind={chr(34)}stable{chr(34)})",
        f"{out} = np.take_along_axis(np.where({flags.name} > 0, {values.numpy}, 0), order, axis=-1)",
    )
    if draw.chance(0.6):
        total = draft.free("kept")
        draft.line(f"{total} = wp.tile_sum({flags.name})")
        draft.numpy(f"{total} = np.sum({flags.name}, axis=-1, keepdims=True).astype(np.int32)")
        grid.store_number(draft.name("counts_out", "kept_out"), Tile(draft.number_of(total, I32, 0, n.value), grid.number_shape(1)))
    return done(grid, draw.choice(("compact", "pack_kept", "filter_values")))


def fill_forward(draw: Draw) -> Case:
    """Each place takes the value of the last marked place up to it: a running maximum of marked indices, and a gather by them."""
    draft, grid = begin(draw, width="float32", differentiable=0.8)
    shape = grid.shape(N=draw.choice((16, 24, 32, 64)))
    n = shape[0]
    values = loaded(grid, shape, "values", "measured", "signal", prepared=0.4)
    marks = grid.load(draft.name("marks", "known_mask", "observed"), shape, 0.0, 1.0, type=I32, domain=Bernoulli(0.4))
    index = draft.free("index")
    draft.line(f"{index} = wp.tile_arange({n.text}, dtype=int)")
    numbers = grid.named(
        draft.name("marked_at", "sources"),
        shape,
        f"{index} * {marks.name}",
        f"(np.arange({n.value}) * {marks.name}).astype(np.int32)",
        0.0,
        n.value - 1.0,
        I32,
    )
    last = grid.named(
        draft.name("last", "latest"),
        shape,
        f"wp.tile_scan_max_inclusive({numbers.name})",
        f"np.maximum.accumulate({numbers.name}, axis=-1)",
        0.0,
        n.value - 1.0,
        I32,
    )
    bounds = values.value.range
    filled = grid.named(
        draft.name("filled", "held", "carried"),
        shape,
        f"{values.name}[{last.name}]",
        f"np.take_along_axis({values.numpy}, {last.name}, axis=-1)",
        bounds.low,
        bounds.high,
    )
    return finished(grid, draw.choice(("fill_forward", "hold_last", "carry_forward")), filled, [values])


def transmittance(draw: Draw) -> Case:
    """Colours along a ray weighted by how much light gets through to them: an exclusive sum of optical depths."""
    draft, grid = begin(draw, width="float32", differentiable=0.8)
    shape = grid.shape(SAMPLES=draw.choice((16, 32, 48)))
    density = grid.load(draft.name("sigma", "density", "absorption"), shape, 0.1, 2.0, differentiable=False)
    draft.scope["dt"] = draft.knob(draft.name("dt", "spacing"), 0.05, 0.2)
    depth = grid.formula(draft.name("tau", "depth"), f"{density.name} * dt", shape)
    before = scanned(grid, draft.name("before", "depth_so_far"), "exclusive", depth)
    before = grid.bounded(before, 0.0, 8.0)
    draft.scope.update(before=before.value, tau=depth.value)
    weight = grid.formula(draft.name("weight", "contribution"), "exp(-before) * (1.0 - exp(-tau))", shape)
    colour = loaded(grid, shape, "radiance", "emission", "shade", low=0.0, prepared=0.5)
    lit = grid.formula(draft.name("lit", "weighted"), f"{weight.name} * {colour.name}", shape)
    bound = lit.size * lit.magnitude
    pixel = grid.number(draft.name("pixel", "intensity"), 1, f"wp.tile_sum({lit.name})", grid.sum_text(lit.name, lit), -bound, bound)
    value = draft.drawn_tile(draft.free("tone"), [pixel.value, *knobs(grid, 1.0)]) if draw.chance(0.5) else pixel.value
    grid.store_number(draft.name("pixels", "image", "intensities"), Tile(value, pixel.shape))
    if draw.chance(0.4):
        grid.store(draft.name("weights_out", "alphas"), weight)
    return done(grid, draw.choice(("render_rays", "composite", "ray_march")))


def windows(draw: Draw) -> Case:
    """Sums over windows, as differences of a prefix sum some places apart."""
    draft, grid = begin(draw, width="float32")
    n, reach = draw.choice((16, 32, 64)), draw.choice((2, 3, 4, 8))
    shape = grid.shape(N=n)
    values = loaded(grid, shape, "signal", "values", "readings")
    prefix = scanned(grid, draft.name("prefix", "running"), draw.choice(("inclusive", "inclusive", "inclusive", "exclusive")), values)
    length = (Length.of(n - reach),)
    bounds = prefix.value.range
    ahead = grid.named(draft.free("ahead"), length, f"{prefix.name}[{reach}:]", f"{prefix.name}[..., {reach}:]", bounds.low, bounds.high)
    view = f"wp.tile_view({prefix.name}, offset=(0,), shape={shape_text(length)})"
    behind = grid.named(
        draft.free("behind"),
        length,
        draw.choice((view, f"{prefix.name}[:{n - reach}]")),
        f"{prefix.name}[..., :{n - reach}]",
        bounds.low,
        bounds.high,
    )
    window = grid.formula(draft.name("window", "box_sum"), f"({ahead.name} - {behind.name}) / {float(reach)}", length)
    return finished(grid, draw.choice(("moving_average", "box_filter", "window_sums")), grid.bounded(window, -30.0, 30.0))


FORMS: tuple[tuple[Callable[[Draw], Case], float], ...] = (
    (running, 8.0),
    (integers, 4.5),
    (compaction, 1.0),
    (fill_forward, 1.0),
    (transmittance, 1.0),
    (windows, 1.4),
)
"""The algorithms of this module, and how often each comes."""
