"""Pooling and its opposite: windows reduced to one element, areas of any size, elements repeated or interpolated."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.drafting.rewriting import complement
from kernels.draw import Draw
from kernels.families.convolution.geometry import EXTENT_OF, ORDERS, Layout, Window
from kernels.families.convolution.layers import INPUTS, sizes
from kernels.language.types import I32


def pool(draw: Draw) -> Case:
    """Maximum, mean, or norm of every window; the maximum's place if asked for."""
    draft = Draft(draw, smooth=True)
    rank = draw.weighted((1, 2), (4, 6))
    layout = Layout(draw.choice(ORDERS[rank]))
    kind = draw.choice(("max", "max", "avg", "avg", "norm", "min", "mixed"))
    window = Window(draft, rank, static=kind != "avg" or draw.chance(0.5), rules=("valid", "valid", "zero"))
    if not window.padding.isdigit() or int(window.padding) * 2 > (window.taps if isinstance(window.taps, int) else 0):
        # A window must hold at least one element.
        window.rule, window.padding = "valid", "0"
    draft.reserve(
        "n", "c", "batch", "channels", "best", "count", "element", "index", "stack", "numbers", "places", "inside", "rows", "cols"
    )
    shape: tuple[Extent, ...] = tuple("channels" if a == "c" else EXTENT_OF[a] for a in layout.order)
    x = draft.array(draft.name(*INPUTS[1:]), draft.real, *shape, low=-2.0, high=2.0)
    indices = layout.index("c")
    extents: tuple[Extent, ...] = tuple("channels" if a == "c" else "batch" if a == "n" else window.out_extent(a) for a in layout.order)
    draft.line(f"{indices} = wp.tid()")
    window.open(x, layout.order)
    out = draft.output(draft.name("y", "out", "pooled"), draft.real, *extents)
    results: dict[str, str] = {}
    pooled = draft.name("value", "result", "acc")
    if kind in ("max", "min"):
        if _extreme(draft, layout, window, x, pooled, kind):
            place = draft.output(draft.name("indices", "argmax_out", "switches"), I32, *extents)
            draft.line(f"{place}[{indices}] = best")
            results[place] = f"{layout.back('places')}.astype(np.int32)"
    else:
        _mean(draft, layout, window, x, pooled, kind)
    draft.numpy(*window.closing(pooled, layout.back(pooled)))
    site = Site(indices, extents, "c" if layout.has_channels else "", "channels", layout.spread())
    linear = kind == "avg" and not window.static
    final = epilogue(draft, draft.known(pooled, draft.real, -4.0, 4.0), site, most=2, linear=linear)
    draft.line(f"{out}[{indices}] = {final.name}")
    draft.results(**{out: final.name}, **results)
    title = draw.choice((f"{kind}_pool{rank}d", f"{kind}_pool", f"pool_{kind}_{layout.order.replace('x', 'w')}"))
    return draft.case(title, extents, sizes(draw, window))


def _extreme(draft: Draft, layout: Layout, window: Window, x: str, pooled: str, kind: str) -> bool:
    """The largest or smallest element of the window; now and then its flat number within the picture too, which it returns."""
    element = f"{x}[{layout.index('c', 'i')}]"
    with_place = draft.draw.chance(0.3)
    plane = len(window.axes) == 2
    draft.line(f"{pooled} = {draft.cast('-1.0e30' if kind == 'max' else '1.0e30')}")
    inner = [f"{pooled} = wp.{kind}({pooled}, {element})"]
    if with_place:
        if plane:
            draft.extent("width", x, layout.order.index("x"))
        draft.line("best = int(-1)")
        inner = [f"element = {element}", f"if element {'>' if kind == 'max' else '<'} {pooled}:"]
        inner += [f"    {pooled} = element", f"    best = {'iy * width + ix' if plane else 'ix'}"]
    draft.line(*window.looped(window.looked_at(inner)))
    draft.numpy(*_padded_with(window, layout, x, "np.inf" if kind == "min" else "-np.inf"))
    draft.numpy("stack = []", *window.views(["stack.append(view)"]), f"{pooled} = np.{kind}(np.stack(stack), axis=0)")
    if with_place:
        grids = [f"np.arange(padded.shape[{k + 2}])" + (f" - {window.padding}" if window.padding != "0" else "") for k in range(1 + plane)]
        if plane:
            draft.numpy(f'rows, cols = np.meshgrid({grids[0]}, {grids[1]}, indexing="ij")')
            draft.numpy(f"index = np.broadcast_to(rows * {x}.shape[{layout.order.index('x')}] + cols, padded.shape)")
        else:
            draft.numpy(f"index = np.broadcast_to({grids[0]}, padded.shape)")
        views = [line.replace("view = padded", "view = index") for line in window.views(["numbers.append(view)"])]
        draft.numpy("numbers = []", *views, f"best = np.arg{kind}(np.stack(stack), axis=0)[None]")
        draft.numpy("places = np.take_along_axis(np.stack(numbers), best, axis=0)[0]")
    return with_place


def _padded_with(window: Window, layout: Layout, x: str, value: str) -> list[str]:
    """numpy: `padded`, with `value` outside of the input, and the output's extents."""
    lines = window.padded(layout.canonical(x))
    return [line.removesuffix(")") + f", constant_values={value})" if "np.pad(" in line else line for line in lines]


def _mean(draft: Draft, layout: Layout, window: Window, x: str, pooled: str, kind: str) -> None:
    """The mean (of all taps, or of those inside), the root mean square, or the mean with the maximum mixed in."""
    draw = draft.draw
    element = f"{x}[{layout.index('c', 'i')}]"
    counted = window.rule == "zero" and draw.chance(0.5)
    rank = len(window.axes)
    draft.line(f"{pooled} = {draft.zero()}")
    inner = [f"{pooled} += {f'{element} * {element}' if kind == 'norm' else element}"]
    if counted:
        draft.line(f"count = {draft.zero()}")
        inner.append(f"count += {draft.number(1.0)}")
    if kind == "mixed":
        draft.line(f"best = {draft.cast('-1.0e30')}")
        inner.append(f"best = wp.max(best, {element})")
    draft.line(*window.looped(window.looked_at(inner)))
    size = window.taps**rank if isinstance(window.taps, int) else 0
    area = draft.number(float(size)) if size else draft.cast(" * ".join([str(window.taps)] * rank))
    draft.line(f"{pooled} = {pooled} / {'count' if counted else area}")
    draft.numpy(*window.padded(layout.canonical(x)), f"{pooled} = 0.0")
    draft.numpy(*window.views([f"{pooled} = {pooled} + {'view * view' if kind == 'norm' else 'view'}"]))
    if counted:
        draft.numpy(window.padded(f"np.ones_like({layout.canonical(x)})")[0], "inside = 0.0", *window.views(["inside = inside + view"]))
        draft.numpy(f"{pooled} = {pooled} / inside")
    else:
        draft.numpy(f"{pooled} = {pooled} / {draft.precision}({size or f'{window.taps} ** {rank}'})")
    if kind == "norm":
        draft.formula(f"{pooled} = wp.sqrt({pooled} + 1.0e-4)")
    if kind == "mixed":
        knob = draft.knob(draft.name("mix", "blend"), 0.2, 0.8)
        mix, rest = knob.numpy(), complement(knob)
        draft.warp_formula(f"{pooled} = {mix} * {pooled} + {rest} * best")
        draft.numpy(_padded_with(window, layout, x, "-np.inf")[0], "stack = []", *window.views(["stack.append(view)"]))
        draft.numpy(f"{pooled} = {mix} * {pooled} + {rest} * np.max(np.stack(stack), axis=0)")


def adaptive_pool(draw: Draw) -> Case:
    """Means over areas that divide the input into a given number of parts; or over all of it."""
    draft = Draft(draw, smooth=True)
    layout = Layout(draw.choice(("ncx", "nxc", "ncyx", "cyx", "yx")))
    axes = layout.order.replace("n", "").replace("c", "")
    whole = draw.chance(0.35)
    draft.reserve("n", "c", "batch", "channels", *axes, *(f"i{a}" for a in axes), *(f"{e}_{a}" for e in ("start", "end") for a in axes))
    draft.reserve(*(EXTENT_OF[a] for a in axes), *(f"out_{EXTENT_OF[a]}" for a in axes), "x_all", "parts", "area", "rows", "cols")
    x = draft.array(draft.name(*INPUTS[1:]), draft.real, *("channels" if a == "c" else EXTENT_OF[a] for a in layout.order))
    kept = [a for a in layout.order if not (whole and a in axes)]
    extents: tuple[Extent, ...] = tuple("channels" if a == "c" else "batch" if a == "n" else f"out_{EXTENT_OF[a]}" for a in kept) or (1,)
    indices = ", ".join(kept) or "tid"
    draft.line(f"{indices} = wp.tid()")
    if not kept:
        draft.line("if tid > 0:", "    return")
    for a in axes:
        draft.extent(EXTENT_OF[a], x, layout.order.index(a))
        if not whole:
            draft.count(f"out_{EXTENT_OF[a]}")
    total = draft.name("acc", "total", "mean_value")
    lines: list[str] = []
    inner = [f"{total} += {x}[{layout.index('c', 'i')}]"]
    for a in reversed(axes):
        size = EXTENT_OF[a]
        if whole:
            inner = loop(f"i{a}", size, inner)
        else:
            parts = f"out_{size}"
            lines = [f"start_{a} = ({a} * {size}) // {parts}", f"end_{a} = (({a} + 1) * {size} + {parts} - 1) // {parts}", *lines]
            inner = loop(f"i{a}", f"end_{a}", inner, f"start_{a}")
    draft.line(*lines)
    body = [f"{total} = {draft.zero()}", *inner]
    outline = draw.chance(0.5)
    if outline:
        outlined(draft, draw.choice(("area_sum", "sum_region")), body, [(total, draft.real)])
    else:
        draft.line(*body)
    area = " * ".join(EXTENT_OF[a] if whole else f"(end_{a} - start_{a})" for a in axes)
    mean = draft.name("average", "pooled", "level")
    draft.line(f"{mean} = {total} / {draft.cast(area)}")
    if whole:
        places = tuple(layout.order.index(a) for a in axes)
        draft.numpy(f"{mean} = np.mean({x}, axis={places}{', keepdims=True' if not kept else ''})")
        if not kept:
            draft.numpy(f"{mean} = {mean}.reshape(1)")
    else:
        _averaged(draft, layout, x, mean, axes)
    site = Site(indices, extents, "c" if "c" in kept else "", "channels", Layout("".join(kept)).spread() if kept else "{0}")
    final = epilogue(draft, draft.known(mean, draft.real, -1.0, 1.0), site, most=2, linear=not outline)
    out = draft.output(draft.name("y", "out", "pooled_out"), draft.real, *extents)
    draft.line(f"{out}[{indices}] = {final.name}")
    draft.results(**{out: final.name})
    values = []
    for step, (n, c, side, count) in enumerate(((1, 1, 2, 1), (2, 2, 5, 3), (2, 3, draw.choice((9, 10)), 4))):
        row = {"batch": n, "channels": c}
        for k, a in enumerate(axes):
            row |= {EXTENT_OF[a]: side + k, f"out_{EXTENT_OF[a]}": count + (k if step else 0)}
        values.append(row)
    return draft.case(draw.choice(("global_avg_pool", "mean_over_space") if whole else ("adaptive_avg_pool", "area_pool")), extents, values)


def _averaged(draft: Draft, layout: Layout, x: str, mean: str, axes: str) -> None:
    """numpy: a matrix of shares per axis, each row the mean over one part."""
    draft.reference_function(
        "shares",
        ["size", "parts"],
        [
            "k = np.arange(parts)[:, None]",
            "start, end = k * size // parts, -(-(k + 1) * size // parts)",
            "inside = (np.arange(size) >= start) & (np.arange(size) < end)",
            "return inside / (end - start)",
        ],
    )
    letters = layout.order
    terms, target = [letters], letters
    operands = [x]
    for k, a in enumerate(axes):
        new = "uv"[k]
        terms.append(f"{new}{a}")
        target = target.replace(a, new)
        place = letters.index(a)
        operands.append(f"shares({x}.shape[{place}], out_{EXTENT_OF[a]}).astype({x}.dtype)")
    draft.numpy(f'{mean} = np.einsum("{",".join(terms)}->{target}", {", ".join(operands)})')


def upsample(draw: Draw) -> Case:
    """Elements repeated, or interpolated linearly, between coarse ones; added to a finer map."""
    draft = Draft(draw, smooth=True)
    layout = Layout(draw.choice(("ncx", "ncyx", "nyxc", "cyx", "yx", "x")))
    axes = layout.order.replace("n", "").replace("c", "")
    factor = draw.choice((2, 2, 3))
    linear = draw.chance(0.5)
    draft.reserve("n", "c", "batch", "channels", *axes, *(f"{e}{a}" for e in ("i", "u", "f", "lo_", "hi_") for a in axes))
    draft.reserve(*(EXTENT_OF[a] for a in axes), "fine", "low_part", "high_part", "place", "lower", "upper", "share")
    x = draft.array(draft.name(*INPUTS[1:]), draft.real, *("channels" if a == "c" else EXTENT_OF[a] for a in layout.order))
    indices = layout.index("c")
    extents: tuple[Extent, ...] = tuple(
        "channels" if a == "c" else "batch" if a == "n" else f"{factor} * {EXTENT_OF[a]}" for a in layout.order
    )
    draft.line(f"{indices} = wp.tid()")
    value = draft.name("value", "sampled", "element_value")
    draft.numpy(f"fine = {x}")
    if not linear:
        draft.line(*(f"i{a} = {a} // {factor}" for a in axes), f"{value} = {x}[{layout.index('c', 'i')}]")
        for a in axes:
            draft.numpy(f"fine = np.repeat(fine, {factor}, axis={layout.order.index(a)})")
    else:
        _interpolated(draft, layout, axes, factor, x, value)
    draft.numpy(f"{value} = fine")
    site = Site(indices, extents, "c" if layout.has_channels else "", "channels", layout.spread())
    final = epilogue(draft, draft.known(value, draft.real, -1.0, 1.0), site, most=2)
    out = draft.output(draft.name("y", "out", "upsampled"), draft.real, *extents)
    draft.line(f"{out}[{indices}] = {final.name}")
    draft.results(**{out: final.name})
    rows = ((1, 1, 1), (2, 2, 3), (2, 2, draw.choice((4, 5))))
    values = [{"batch": n, "channels": c, **{EXTENT_OF[a]: s + k for k, a in enumerate(axes)}} for n, c, s in rows]
    name = "linear" if linear else "nearest"
    return draft.case(draw.choice((f"upsample_{name}", f"{name}_upsampling", f"interpolate_{name}")), extents, values)


def _interpolated(draft: Draft, layout: Layout, axes: str, factor: int, x: str, value: str) -> None:
    """Linear interpolation between the centres of coarse elements, clamped at the border."""
    half, scale = draft.number(0.5), draft.number(float(factor))
    for a in axes:
        size = draft.extent(EXTENT_OF[a], x, layout.order.index(a))
        draft.line(f"u{a} = ({draft.cast(a)} + {half}) / {scale} - {half}", f"lo_{a} = int(wp.floor(u{a}))")
        draft.line(f"f{a} = u{a} - {draft.cast(f'lo_{a}')}")
        draft.line(f"hi_{a} = wp.min(lo_{a} + 1, {size} - 1)", f"lo_{a} = wp.max(lo_{a}, 0)")
    one = draft.number(1.0)

    def at(*ends: str) -> str:
        chosen = dict(zip(axes, ends, strict=True))
        return ", ".join("c" if a == "c" else a if a == "n" else f"{chosen[a]}_{a}" for a in layout.order)

    if len(axes) == 1:
        a = axes
        draft.line(f"{value} = ({one} - f{a}) * {x}[{at('lo')}] + f{a} * {x}[{at('hi')}]")
    else:
        draft.line(f"low_part = ({one} - fx) * {x}[{at('lo', 'lo')}] + fx * {x}[{at('lo', 'hi')}]")
        draft.line(f"high_part = ({one} - fx) * {x}[{at('hi', 'lo')}] + fx * {x}[{at('hi', 'hi')}]")
        draft.line(f"{value} = ({one} - fy) * low_part + fy * high_part")
    for a in axes:
        axis = layout.order.index(a)
        behind = len(layout.order) - 1 - axis
        draft.numpy(
            f"place = (np.arange({factor} * {x}.shape[{axis}]) + 0.5) / {factor}.0 - 0.5",
            "lower = np.floor(place).astype(int)",
            f"share = (place - lower).astype({x}.dtype)" + (f"[:{', None' * behind}]" if behind else ""),
            f"upper = np.minimum(lower + 1, {x}.shape[{axis}] - 1)",
            f"fine = np.take(fine, np.maximum(lower, 0), axis={axis}) * (1.0 - share) + np.take(fine, upper, axis={axis}) * share",
        )
