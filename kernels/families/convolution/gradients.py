"""Gradients of convolutions written out by hand: of weights and biases (sums over samples and positions), and of inputs."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import nested
from kernels.draw import Draw
from kernels.families.convolution.geometry import EXTENT_OF, Layout, Window
from kernels.families.convolution.layers import sizes
from kernels.source import indented


def weight_gradient(draw: Draw) -> Case:
    """The weights' gradient, one thread per weight, and the biases', by its first tap's threads."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    rank = draw.choice((1, 2))
    layout = Layout(draw.choice({1: ("ncx", "nxc", "cx"), 2: ("ncyx", "nyxc", "cyx")}[rank]))
    window = Window(draft, rank, static=True, rules=("valid", "zero", "clamp"))
    depthwise = rank == 2 or draw.chance(0.4)
    draft.reserve("n", "co", "ci", "c", "batch", "channels", "in_channels", "out_channels", "dy_all", "bias_acc", "dw_all")
    channels: Extent = "channels" if depthwise else "in_channels"
    out_channels: Extent = "channels" if depthwise else "out_channels"
    x = draft.array(draft.name("inputs", "saved_x", "activations"), real, *(channels if a == "c" else EXTENT_OF[a] for a in layout.order))
    outs = tuple(out_channels if a == "c" else "batch" if a == "n" else window.out_extent(a) for a in layout.order)
    dy = draft.array(draft.name("grad_out", "dy", "upstream"), real, *outs)
    taps: tuple[Extent, ...] = (window.taps,) * rank
    extents: tuple[Extent, ...] = ("channels", *taps) if depthwise else ("out_channels", "in_channels", *taps)
    lead = ["c"] if depthwise else ["co", "ci"]
    index = ", ".join([*lead, window.tap])
    draft.line(f"{index} = wp.tid()")
    window.open(x, layout.order)
    dw = draft.output(draft.name("grad_weight", "dw", "d_filters"), real, *extents)
    bounds = []
    for a in layout.order:
        if a == "c":
            continue
        name = "batch" if a == "n" else f"out_{EXTENT_OF[a]}"
        draft.line(f"{name} = {dy}.shape[{layout.order.index(a)}]")
        bounds.append((a, name))
    total = draft.name("acc", "total", "grad")
    co, ci = ("c", "c") if depthwise else ("co", "ci")
    g = f"{dy}[{layout.index(co)}]"
    add = window.looked_at([f"{total} += {g} * {x}[{layout.index(ci, 'i')}]"])
    draft.line(f"{total} = {draft.zero()}", *nested(bounds, add))
    decay = draft.knob(draft.name("scale", "loss_scale"), 0.2, 2.0).numpy() if draw.chance(0.4) else ""
    draft.line(f"{dw}[{index}] = " + draft.warp(f"{total} * {decay}" if decay else total))
    draft.numpy(f"dy_all = {layout.canonical(dy)}", *window.padded(layout.canonical(x)), f"dw_all = np.zeros({dw}.shape, {x}.dtype)")
    letters = "nc...,nc...->c" if depthwise else "no...,ni...->oi"
    place = f"dw_all[{':' if depthwise else ':, :'}, {window.tap}]"
    spaces = "yx"[-rank:] if rank == 2 else "x"
    pattern = letters.replace("...", spaces)
    draft.numpy(*window.views([f'{place} = np.einsum("{pattern}", dy_all, view)']))
    results = {dw: f"dw_all * {decay}" if decay else "dw_all"}
    if draw.chance(0.4):
        db = draft.output(draft.name("grad_bias", "db"), real, out_channels)
        first = " and ".join(f"k{a} == 0" for a in window.axes) + ("" if depthwise else " and ci == 0")
        lines = [f"bias_acc = {draft.zero()}", *nested(bounds, [f"bias_acc += {g}"]), f"{db}[{co}] = bias_acc"]
        draft.line(f"if {first}:", *indented(lines))
        results[db] = f"dy_all.sum(axis=(0, {', '.join(str(2 + k) for k in range(rank))}))"
    draft.results(**results)
    title = draw.choice((f"conv{rank}d_weight_grad", "grad_filters", f"conv{rank}d_backward_weight"))
    return draft.case(title, extents, sizes(draw, window))


def input_gradient(draw: Draw) -> Case:
    """The input's gradient by atomics: every output position sends its gradient back along its window."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    rank = draw.choice((1, 2))
    layout = Layout(draw.choice({1: ("ncx", "nxc", "cx", "x"), 2: ("ncyx", "nyxc", "cyx", "yx")}[rank]))
    window = Window(draft, rank, static=True, rules=("valid", "zero", "clamp", "wrap"))
    kind = draw.choice(("weights", "weights", "average")) if layout.has_channels else draw.choice(("plain", "average"))
    draft.reserve("n", "c", "batch", "channels", "g", "full", "dy_all", "share", "ones")
    shape: tuple[Extent, ...] = tuple("channels" if a == "c" else EXTENT_OF[a] for a in layout.order)
    outs: tuple[Extent, ...] = tuple("channels" if a == "c" else "batch" if a == "n" else window.out_extent(a) for a in layout.order)
    dy = draft.array(draft.name("grad_out", "dy", "upstream"), real, *outs)
    dx = draft.output(draft.name("grad_in", "dx", "d_input"), real, *shape, role="accumulate")
    taps: tuple[Extent, ...] = (window.taps,) * rank
    w = ""
    if kind != "average":
        w = draft.array(draft.name("weight", "filters"), real, *(("channels",) if kind == "weights" else ()), *taps)
    indices = layout.index("c")
    draft.line(f"{indices} = wp.tid()")
    for name in dict.fromkeys(window.counts):
        draft.count(name)
    if window.rule != "valid":
        for a in window.axes:
            draft.extent(EXTENT_OF[a], dx, layout.order.index(a))
    draft.line(f"g = {dy}[{indices}]")
    at = layout.index("c", "i")
    size = int(window.taps) ** rank
    if kind == "average":
        draft.line(f"share = g / {draft.number(float(size))}")
        value, numpy = "share", f"dy_all / {size}.0"
    else:
        lead = "c, " if kind == "weights" else ""
        value = f"g * {w}[{lead}{window.tap}]"
        tap = f"{w}[:, {window.tap}][:{', None' * rank}]" if kind == "weights" else f"{w}[{window.tap}]"
        numpy = f"dy_all * {tap}"
    draft.line(*window.looped(window.looked_at([f"wp.atomic_add({dx}, {at}, {value})"])))
    _send_back(draft, layout, window, dx, dy, numpy, rank)
    draft.results(**{dx: layout.back("full")})
    word = "avg_pool" if kind == "average" else "depthwise_conv" if kind == "weights" else "conv"
    title = draw.choice((f"{word}{rank}d_input_grad", f"{word}_backward", f"{word}{rank}d_backward_data"))
    return draft.case(title, outs, sizes(draw, window))


def _send_back(draft: Draft, layout: Layout, window: Window, dx: str, dy: str, share: str, rank: int) -> None:
    """numpy: the input's indices that every window meets, and the shares added there."""
    draft.reserve("rows", "cols", "index")
    draft.numpy(f"dy_all = {layout.canonical(dy)}", f"full = np.zeros_like({layout.canonical(dx)})")
    for k, a in enumerate(window.axes):
        draft.numpy(f"{EXTENT_OF[a]} = full.shape[{k + 2}]")
    lines: list[str] = []
    for k, a in enumerate(window.axes):
        size = EXTENT_OF[a]
        lines.append(f"i{a} = {window.position(a, f'np.arange(dy_all.shape[{k + 2}])')}")
        if window.rule == "clamp":
            lines.append(f"i{a} = np.clip(i{a}, 0, {size} - 1)")
        elif window.rule == "wrap":
            lines.append(f"i{a} = i{a} % {size}")
        elif window.rule == "zero":
            lines.append(f"in_{a} = (i{a} >= 0) & (i{a} < {size})")
    zero = window.rule == "zero"
    if rank == 1:
        place, cut = ("ix[in_x]", "[:, :, in_x]") if zero else ("ix", "")
        lines.append(f"np.add.at(full, (slice(None), slice(None), {place}), ({share}){cut})")
    else:
        rows, cols = ("iy[in_y]", "ix[in_x]") if zero else ("iy", "ix")
        cut = "[:, :, in_y][..., in_x]" if zero else ""
        lines.append(f"np.add.at(full, (slice(None), slice(None), {rows}[:, None], {cols}[None, :]), ({share}){cut})")
    inner = lines
    for a in reversed(window.axes):
        inner = loop(f"k{a}", str(window.taps), inner)
    draft.numpy(*inner)
