"""Convolutions as a layer computes them: one thread per output element sums over taps and input channels."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.families.convolution.geometry import EXTENT_OF, ORDERS, Layout, Window

INPUTS = ("x", "inputs", "src", "feature_map", "activations")
WEIGHTS = ("weight", "weights", "filters", "kernel_w")


@dataclass(frozen=True)
class Weights:
    """The weights' array: its extents, its index in the kernel, and the reference's form with axes (output, input, taps) or taps."""

    extents: tuple[Extent, ...]
    index: str
    canonical: str


def convolve(draw: Draw) -> Case:
    """A convolution (as networks mean it: a correlation), full, depthwise or grouped."""
    draft = Draft(draw, smooth=True)
    rank = draw.weighted((1, 2, 3), (4, 5, 1))
    layout = Layout(draw.choice(ORDERS[rank]))
    kind = draw.choice(("full", "full", "depthwise", "grouped")) if layout.has_channels else "plain"
    window = Window(draft, rank, static=draw.chance(0.4))
    # Channels that the text knows make the whole sum static.
    known = kind in ("plain", "depthwise") or (window.static and draw.chance(0.4))
    channels: Extent = draw.choice((2, 3)) if known and kind in ("full", "grouped") else "in_channels"
    draft.reserve("n", "co", "ci", "c", "group", "base", "channels", "in_channels", "out_channels", "batch", "groups", "multiplier")
    draft.reserve("filters_all", "in_group")
    x = draft.array(draft.name(*INPUTS), draft.real, *_input_extents(layout, kind, channels))
    w, weights = _weights(draft, kind, window, channels, rank)
    out_channel = "c" if kind == "depthwise" else "co"
    draft.array(w, draft.real, *weights.extents)
    indices = layout.index(out_channel)
    draft.line(f"{indices} = wp.tid()")
    if draw.chance(0.3) and layout.order[0] == "n":
        draft.count("batch")
        draft.line("if n >= batch:", "    return")
    window.open(x, layout.order)
    opening, input_channel = _channel(draft, kind, layout, channels, x)
    draft.line(*opening)
    total = draft.name("acc", "total", "value", "accum")
    term = [f"{x}[{layout.index(input_channel, 'i')}]", f"{w}[{weights.index}]"]
    add = f"{total} += {' * '.join(draw.shuffled(term))}"
    static = window.static and (kind in ("plain", "depthwise") or isinstance(channels, int))
    lines = _sum(draft, kind, window, channels, add)
    out = draft.name("y", "out", "output", "result")
    bound = 30.0
    outline = draw.chance(0.3) if static else draw.chance(0.55)
    start = [f"{total} = {draft.zero()}"]
    if outline:
        outlined(draft, draw.choice(("accumulate_taps", "window_sum", "correlate")), [*start, *lines], [(total, draft.real)])
    else:
        draft.line(*start, *lines)
    draft.numpy(*window.padded(layout.canonical(x)), *summed_views(window, kind, weights, total))
    draft.numpy(*window.closing(total, layout.back(total)))
    extents = _output_extents(layout, kind, window)
    site = Site(indices, extents, out_channel if layout.has_channels else "", _out_channels(kind), layout.spread())
    final = epilogue(draft, draft.known(total, draft.real, -bound, bound), site, linear=not (static or outline))
    draft.output(out, draft.real, *extents)
    draft.line(f"{out}[{indices}] = {final.name}")
    draft.results(**{out: final.name})
    title = draw.choice((f"conv{rank}d", f"conv{rank}d_forward", f"{kind}_conv{rank}d", f"conv_{layout.order.replace('x', 'w')}"))
    return draft.case(title, extents, sizes(draw, window, channels), docstring=_said(draw, kind, window))


def _said(draw: Draw, kind: str, window: Window) -> str:
    said = f"{kind.capitalize()} convolution, one thread per output element; border: {window.rule}."
    return draw.choice(("", "", "", said))


def _input_extents(layout: Layout, kind: str, channels: Extent) -> tuple[Extent, ...]:
    in_channels = {"full": channels, "depthwise": "channels", "grouped": f"groups * {channels}"}.get(kind, channels)
    return tuple(in_channels if a == "c" else EXTENT_OF[a] for a in layout.order)


def _out_channels(kind: str) -> Extent:
    return {"depthwise": "channels", "grouped": "groups * multiplier"}.get(kind, "out_channels")


def _output_extents(layout: Layout, kind: str, window: Window) -> tuple[Extent, ...]:
    return tuple(_out_channels(kind) if a == "c" else "batch" if a == "n" else window.out_extent(a) for a in layout.order)


def _weights(draft: Draft, kind: str, window: Window, channels: Extent, rank: int) -> tuple[str, Weights]:
    """The name of the weights, and how they lie: outputs first, taps first, or flattened to two axes."""
    draw, tap = draft.draw, window.tap
    name = draft.name(*WEIGHTS)
    taps: tuple[Extent, ...] = (window.taps,) * rank
    if kind == "plain":
        return name, Weights(taps, tap, name)
    if kind == "depthwise":
        if draw.chance(0.5):
            return name, Weights(("channels", *taps), f"c, {tap}", name)
        return name, Weights((*taps, "channels"), f"{tap}, c", f"np.moveaxis({name}, -1, 0)")
    out: Extent = _out_channels(kind)
    order = draw.choice(("first", "first", "last", "flat")) if rank < 3 else "flat"
    if order == "first":
        return name, Weights((out, channels, *taps), f"co, ci, {tap}", name)
    if order == "last":
        return name, Weights((*taps, channels, out), f"{tap}, ci, co", f"np.moveaxis({name}, (-1, -2), (0, 1))")
    inner = "ci"
    for a in window.axes:
        inner = f"({inner}) * {window.taps} + k{a}" if inner != "ci" else f"ci * {window.taps} + k{a}"
    shape = ", ".join(str(window.taps) for _ in window.axes)
    return name, Weights((out, f"{channels} * {window.taps} ** {rank}"), f"co, {inner}", f"{name}.reshape({name}.shape[0], -1, {shape})")


def _channel(draft: Draft, kind: str, layout: Layout, channels: Extent, x: str) -> tuple[list[str], str]:
    """The kernel's lines that find the group's first input channel, and the index of the input channel that the loop has reached."""
    if kind in ("plain", "depthwise"):
        return [], "c"
    if not isinstance(channels, int):
        if kind == "grouped":
            draft.count("in_channels")
        else:
            draft.extent("in_channels", x, layout.order.index("c"))
    if kind == "full":
        return [], "ci"
    draft.count("multiplier")
    if draft.draw.chance(0.5):
        return ["group = co // multiplier", f"base = group * {channels}"], "base + ci"
    return ["group = co // multiplier"], f"group * {channels} + ci"


def _sum(draft: Draft, kind: str, window: Window, channels: Extent, add: str) -> list[str]:
    """The kernel's loops over taps and input channels, in either order."""
    if kind in ("plain", "depthwise"):
        return window.looped(window.looked_at([add]))
    if draft.draw.chance(0.5):
        return window.looped(window.looked_at(loop("ci", str(channels), [add])))
    return loop("ci", str(channels), window.looped(window.looked_at([add])))


def summed_views(window: Window, kind: str, weights: Weights, total: str) -> list[str]:
    """numpy: the sum over taps of the weights times the input's shifted views."""
    w = weights.canonical
    if kind == "plain":
        return [f"{total} = 0.0", *window.views([f"{total} = {total} + {w}[{window.tap}] * view"])]
    if kind == "depthwise":
        spread = ", None" * len(window.axes)
        step = f"{total} = {total} + filters_all[:, {window.tap}][:{spread}] * view"
        return [f"filters_all = {w}", f"{total} = 0.0", *window.views([step])]
    if kind == "full":
        tap = f"filters_all[:, :, {window.tap}]"
        step = f'{total} = {total} + np.einsum("oi,ni...->no...", {tap}, view)'
        return [f"filters_all = {w}", f"{total} = 0.0", *window.views([step])]
    lines = [f"filters_all = {w}", "in_group = filters_all.shape[1]", "groups = padded.shape[1] // in_group"]
    tap = f"filters_all[:, :, {window.tap}].reshape(groups, -1, in_group)"
    parts = "view.reshape(view.shape[0], groups, in_group, *view.shape[2:])"
    step = f'{total} = {total} + np.einsum("goi,ngi...->ngo...", {tap}, {parts})'
    joined = f"{total} = {total}.reshape({total}.shape[0], -1, *{total}.shape[3:])"
    return [*lines, f"{total} = 0.0", *window.views([step]), joined]


def sizes(draw: Draw, window: Window, channels: Extent = "in_channels") -> list[dict[str, int]]:
    """Three launches' sizes with batches and channels."""
    inner = channels if isinstance(channels, int) else 0
    extra = []
    for step in range(3):
        counts = {"batch": (1, 2, 2)[step], "channels": (1, 2, 3)[step], "out_channels": (1, 3, draw.choice((2, 4)))[step]}
        counts |= {"in_channels": inner or (1, 2, draw.choice((3, 4)))[step], "groups": (1, 2, 2)[step], "multiplier": (1, 1, 2)[step]}
        extra.append(counts)
    return window.sizes(extra)


def pointwise(draw: Draw) -> Case:
    """A convolution of one tap: every position's channels times a matrix, or a full connection."""
    draft = Draft(draw, smooth=True)
    order = draw.choice(("ncx", "nxc", "ncyx", "nyxc", "xc", "cx", "nc"))
    layout = Layout(order)
    static = draw.chance(0.4)
    channels: Extent = draw.choice((2, 3, 4)) if static else "in_channels"
    draft.reserve("n", "co", "ci", "c", "in_channels", "out_channels", "batch", *order, *(EXTENT_OF.get(a, a) for a in order))
    x = draft.array(draft.name(*INPUTS[1:]), draft.real, *(channels if a == "c" else EXTENT_OF[a] for a in order))
    turned = draw.chance(0.4)
    shape: tuple[Extent, ...] = (channels, "out_channels") if turned else ("out_channels", channels)
    w = draft.array(draft.name(*WEIGHTS), draft.real, *shape)
    indices = layout.index("co")
    draft.line(f"{indices} = wp.tid()")
    if not static:
        draft.extent("in_channels", x, order.index("c"))
    total = draft.name("acc", "total", "value")
    term = [f"{x}[{layout.index('ci')}]", f"{w}[{'ci, co' if turned else 'co, ci'}]"]
    lines = [f"{total} = {draft.zero()}", *loop("ci", str(channels), [f"{total} += {' * '.join(draw.shuffled(term))}"])]
    outline = draw.chance(0.6)
    if outline:
        outlined(draft, draw.choice(("mix_channels", "channel_dot")), lines, [(total, draft.real)])
    else:
        draft.line(*lines)
    letters = order
    weights_letters = "co" if turned else "oc"
    draft.numpy(f'{total} = np.einsum("{letters},{weights_letters}->{letters.replace("c", "o")}", {x}, {w})')
    extents: tuple[Extent, ...] = tuple("out_channels" if a == "c" else EXTENT_OF[a] for a in order)
    site = Site(indices, extents, "co", "out_channels", layout.spread())
    final = epilogue(draft, draft.known(total, draft.real, -5.0, 5.0), site, linear=not (static or outline))
    out = draft.output(draft.name("y", "out", "output"), draft.real, *extents)
    draft.line(f"{out}[{indices}] = {final.name}")
    draft.results(**{out: final.name})
    inner = channels if isinstance(channels, int) else 0
    values = [
        {"batch": n, "height": n + 1, "width": k, "in_channels": inner or c, "out_channels": o}
        for n, k, c, o in ((1, 1, 1, 1), (3, 5, 2, 3), (draw.choice((4, 5)), 7, 5, 4))
    ]
    return draft.case(draw.choice(("pointwise_conv", "conv1x1", "linear_layer", "channel_mix")), extents, values)
