"""Moves that go with convolutions: windows unfolded into columns and folded back, channels shuffled into space."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.draw import Draw
from kernels.families.convolution.geometry import EXTENT_OF, Layout, Window
from kernels.families.convolution.layers import INPUTS, sizes
from kernels.source import indented


def unfold(draw: Draw) -> Case:
    """Every window as a column (im2col), one thread per element of it, or columns added back to the picture (col2im) by atomics."""
    draft = Draft(draw, smooth=True)
    rank = draw.choice((1, 2))
    layout = Layout({1: draw.choice(("cx", "x")), 2: draw.choice(("cyx", "yx"))}[rank])
    window = Window(draft, rank, static=True, rules=("valid", "zero"))
    draft.reserve("c", "channels", "row", "col", "rows_of", "column", "parts", "value", "columns_all", "full", "size", "place")
    back = draw.chance(0.4)
    taps = int(window.taps)
    per_channel = taps**rank
    channels = layout.has_channels
    rows: Extent = f"channels * {per_channel}" if channels else per_channel
    outs = [window.out_extent(a) for a in window.axes]
    cols = " * ".join(f"({o})" for o in outs)
    shape: tuple[Extent, ...] = tuple("channels" if a == "c" else EXTENT_OF[a] for a in layout.order)
    row = f"c * {per_channel} + ky * {taps} + kx" if rank == 2 else f"c * {taps} + kx"
    if not channels:
        row = f"ky * {taps} + kx" if rank == 2 else "kx"
    indices = layout.index("c")
    column = "column" if rank == 2 else "x"
    name = draft.name(*INPUTS[1:]) if not back else draft.name("columns", "unfolded", "patches")
    other = draft.name("columns", "unfolded", "patches") if not back else draft.name("image", "folded", "grad_input")
    if back:
        draft.array(name, draft.real, rows, cols)
        draft.output(other, draft.real, *shape, role="accumulate")
    else:
        draft.array(name, draft.real, *shape)
        draft.output(other, draft.real, rows, cols)
    draft.line(f"{indices} = wp.tid()")
    window.open(other if back else name, layout.order)
    if rank == 2:
        draft.count("out_width", outs[-1])
        draft.line("column = y * out_width + x")
    at = layout.index("c", "i")
    transform = draw.chance(0.4)
    scale = draft.knob(draft.name("scale", "gain"), 0.3, 2.0).numpy() if transform else ""
    if back:
        moved = draft.warp(f"{name}[{row}, {column}] * {scale}" if scale else f"{name}[{row}, {column}]")
        lines = window.looped([*window.looked_at([f"wp.atomic_add({other}, {at}, {moved})"])])
    elif window.rule == "zero":
        moved = draft.warp(f"{name}[{at}] * {scale}" if scale else f"{name}[{at}]")
        lines = window.looped([f"value = {draft.zero()}", *window.looked_at([f"value = {moved}"]), f"{other}[{row}, {column}] = value"])
    else:
        moved = draft.warp(f"{name}[{at}] * {scale}" if scale else f"{name}[{at}]")
        lines = window.looped([*window.find(), f"{other}[{row}, {column}] = {moved}"])
    draft.line(*lines)
    times = f" * {scale}" if scale else ""
    canonical = layout.canonical(other if back else name)
    if back:
        draft.numpy(*window.padded(f"np.zeros_like({canonical})"), f"full = np.zeros(padded.shape, {name}.dtype)")
        out_shape = ", ".join(f"out_{EXTENT_OF[a]}" for a in window.axes)
        draft.numpy(f"parts = {name}.reshape(padded.shape[1], {', '.join([str(taps)] * rank)}, {out_shape})")
        view = window.views([])[-1].lstrip().replace("view = padded", "full")
        draft.numpy(*_loops(window, [f"{view} = {view} + parts[:, {window.tap}]{times}"]))
        if window.padding != "0":
            crop = ", ".join(f"{window.padding} : full.shape[{k + 2}] - {window.padding}" for k in range(rank))
            draft.numpy(f"full = full[:, :, {crop}]")
        draft.results(**{other: layout.back("full")})
    else:
        draft.numpy(*window.padded(canonical), "parts = []", *window.views(["parts.append(view[0])"]))
        draft.numpy(f"columns_all = np.stack(parts, axis=1).reshape(padded.shape[1] * {per_channel}, -1){times}")
        draft.results(**{other: "columns_all"})
    extents: tuple[Extent, ...] = tuple("channels" if a == "c" else window.out_extent(a) for a in layout.order)
    title = draw.choice((f"col2im_{rank}d", "fold_columns") if back else (f"im2col_{rank}d", "unfold_windows", "extract_patches"))
    return draft.case(title, extents, sizes(draw, window))


def _loops(window: Window, lines: list[str]) -> list[str]:
    inner = lines
    for a in reversed(window.axes):
        inner = [f"for k{a} in range({window.taps}):", *indented(inner)]
    return inner


def pixel_shuffle(draw: Draw) -> Case:
    """Channels rearranged into space, or space into channels, by a factor; one thread per element of the result."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    layout = Layout(draw.choice(("ncyx", "nyxc", "cyx")))
    factor = draw.choice((2, 2, 3))
    up = draw.chance(0.6)
    draft.reserve("n", "c", "y", "x", "batch", "channels", "height", "width", "sy", "sx", "source", "x_all", "moved_all")
    many = f"channels * {factor * factor}"
    fine = {"y": f"height * {factor}", "x": f"width * {factor}"}

    def shape(channels: str, *, large: bool) -> tuple[Extent, ...]:
        return tuple(channels if a == "c" else "batch" if a == "n" else fine[a] if large else EXTENT_OF[a] for a in layout.order)

    x = draft.array(draft.name(*INPUTS[1:]), real, *shape(many if up else "channels", large=not up))
    indices = layout.index("c")
    draft.line(f"{indices} = wp.tid()")
    r = factor
    chw = "x_all.shape[0], -1"
    if up:
        draft.line(f"sy = y % {r}", f"sx = x % {r}", f"source = c * {r * r} + sy * {r} + sx")
        at = ", ".join("source" if a == "c" else a if a == "n" else f"{a} // {r}" for a in layout.order)
        draft.numpy(f"x_all = {layout.canonical(x)}", f"moved_all = x_all.reshape({chw}, {r}, {r}, *x_all.shape[2:])")
        draft.numpy("moved_all = moved_all.transpose(0, 1, 4, 2, 5, 3)")
        draft.numpy(f"moved_all = moved_all.reshape({chw}, x_all.shape[2] * {r}, x_all.shape[3] * {r})")
    else:
        draft.line(f"source = c // {r * r}", f"sy = (c % {r * r}) // {r}", f"sx = c % {r}")
        at = ", ".join("source" if a == "c" else a if a == "n" else f"{a} * {r} + s{a}" for a in layout.order)
        draft.numpy(f"x_all = {layout.canonical(x)}")
        draft.numpy(f"moved_all = x_all.reshape(*x_all.shape[:2], x_all.shape[2] // {r}, {r}, x_all.shape[3] // {r}, {r})")
        draft.numpy(f"moved_all = moved_all.transpose(0, 1, 3, 5, 2, 4).reshape({chw}, x_all.shape[2] // {r}, x_all.shape[3] // {r})")
    value = draft.name("value", "moved", "element")
    draft.line(f"{value} = {x}[{at}]")
    draft.numpy(f"{value} = {layout.back('moved_all')}")
    channels = "channels" if up else many
    extents = shape(channels, large=up)
    site = Site(indices, extents, "c", channels, layout.spread())
    final = epilogue(draft, draft.known(value, real, -1.0, 1.0), site, most=2)
    out = draft.output(draft.name("y_out", "out", "shuffled"), real, *extents)
    draft.line(f"{out}[{indices}] = {final.name}")
    draft.results(**{out: final.name})
    rows = ((1, 1, 1, 1), (2, 1, 2, 3), (2, 2, 3, 2))
    values = [{"batch": n, "channels": c, "height": h, "width": w} for n, c, h, w in rows]
    return draft.case(draw.choice(("pixel_shuffle", "depth_to_space") if up else ("pixel_unshuffle", "space_to_depth")), extents, values)
