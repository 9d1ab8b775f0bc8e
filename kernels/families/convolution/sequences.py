"""Causal convolutions along a sequence, and convolutions whose taps move by learned offsets."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.outlines import outlined
from kernels.draw import Draw
from kernels.source import indented


def causal(draw: Draw) -> Case:
    """A depthwise convolution over the past few steps, with the state of earlier calls in place of what lies before the start."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    order = draw.choice((("b", "t", "c"), ("b", "c", "t"), ("t", "c")))
    names = {"b": "batch", "t": "steps", "c": "channels"}
    taps = draw.choice((2, 3, 4, 4))
    dilation = draw.choice((1, 1, 2))
    stateful = draw.chance(0.45) and dilation == 1
    draft.reserve(*order, *names.values(), "k", "source", "acc_all", "padded", "head_all", "before")
    x = draft.array(draft.name("x", "inputs", "sequence"), real, *(names[a] for a in order))
    w = draft.array(draft.name("weight", "filters", "conv_w"), real, "channels", taps)
    at = ", ".join(order)
    with draft.threads(*((a, names[a], x, k) for k, a in enumerate(order))):
        total = draft.name("acc", "total", "mixed_value")
        draft.line(f"{total} = {draft.zero()}")
        flip = draw.chance(0.4)
        step = f"k * {dilation}" if dilation > 1 else "k"
        source = f"t - {step}" if flip else f"t + {step} - {(taps - 1) * dilation}"
        lines = [f"source = {source}", "if source >= 0:", f"    {total} += {w}[c, k] * {x}[{at.replace('t', 'source')}]"]
        t_axis = order.index("t")
        if stateful:
            state = draft.array(draft.name("state", "conv_state", "history"), real, *(taps - 1 if a == "t" else names[a] for a in order))
            lines += ["else:", f"    {total} += {w}[c, k] * {state}[{at.replace('t', f'source + {taps - 1}')}]"]
        body = [f"for k in range({taps}):", *indented(lines)]
        if draw.chance(0.35):
            draft.kernel.pop()
            outlined(draft, draw.choice(("causal_sum", "past_taps")), [f"{total} = {draft.zero()}", *body], [(total, real)])
        else:
            draft.line(*body)
        past = (taps - 1) * dilation
        if stateful:
            draft.numpy(f"padded = np.concatenate([{state}, {x}], axis={t_axis})")
        else:
            pads = ", ".join(f"({past}, 0)" if a == "t" else "(0, 0)" for a in order)
            draft.numpy(f"padded = np.pad({x}, [{pads}])")
        behind = len(order) - 1 - order.index("c")
        spread = f"[:{', None' * behind}]" if behind else ""
        terms = []
        for k in range(taps):
            start = past - k * dilation if flip else k * dilation
            # In order of the kernel's taps, each with the part of the padded sequence that it meets.
            terms.append(f"{w}[:, {k}]{spread} * np.take(padded, np.arange({x}.shape[{t_axis}]) + {start}, axis={t_axis})")
        draft.numpy(f"{total} = {terms[0]}", *(f"{total} = {total} + {t}" for t in terms[1:]))
        extents: tuple[Extent, ...] = tuple(names[a] for a in order)
        site = Site(at, extents, "c", "channels", f"{{0}}{spread}")
        final = epilogue(draft, draft.known(total, real, -4.0, 4.0), site)
        out = draft.output(draft.name("y", "out", "output"), real, *extents)
        draft.line(f"{out}[{at}] = {final.name}")
        draft.results(**{out: final.name})
    rows = ((1, 1, 1), (2, 5, 3), (2, draw.integer(9, 14), 4))
    sizes = [{"batch": b, "steps": t, "channels": c} for b, t, c in rows]
    return draft.case(draw.choice(("causal_conv1d", "causal_conv1d_update", "short_convolution", "temporal_conv")), extents, sizes)


def deformable(draw: Draw) -> Case:
    """A convolution whose taps are shifted by offsets given per position, read between pixels by bilinear interpolation."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    channels = draw.chance(0.5)
    taps = draw.choice((2, 3))
    draft.reserve("y", "x", "c", "ky", "kx", "tap", "py", "px", "height", "width", "channels", "sampled", "fy", "fx", "y0", "x0", "image")
    draft.reserve("acc_all", "rows", "cols", "py_all", "px_all", "value", "low", "high", "image_all", "samples")
    image = draft.array(draft.name("inputs", "feature_map", "src"), real, *(("channels",) if channels else ()), "height", "width")
    offsets = draft.name("offsets", "displacement", "shifts")
    draft.array(offsets, real, "height", "width", 2 * taps * taps, domain=Uniform(-0.9, 0.9))
    masked = draw.chance(0.5)
    mask = draft.array(draft.name("mask", "modulation"), real, "height", "width", taps * taps, low=0.0, high=1.0) if masked else ""
    w = draft.array(draft.name("weight", "filters"), real, *(("channels",) if channels else ()), taps, taps)
    lead = "c, " if channels else ""
    _bilinear(draft, channels=channels)
    out = draft.name("y_out", "out", "output")
    centre = (taps - 1) // 2
    threads = (("c", "channels", image, 0), ("y", "height", image, 1), ("x", "width", image, 2)) if channels else (
        ("y", "height", image, 0),
        ("x", "width", image, 1),
    )  # fmt: skip
    with draft.threads(*threads):
        for number, extent in enumerate(("height", "width")):
            draft.extent(extent, image, number + (1 if channels else 0))
        total = draft.name("acc", "total")
        draft.line(f"{total} = {draft.zero()}")
        with draft.block(f"for ky in range({taps}):"), draft.block(f"for kx in range({taps}):"):
            draft.line(f"tap = ky * {taps} + kx")
            for p, k, a, shift in (("py", "ky", "y", "2 * tap"), ("px", "kx", "x", "2 * tap + 1")):
                draft.line(f"{p} = {draft.cast(f'{a} + {k} - {centre}')} + {offsets}[y, x, {shift}]")
            call = f"sample_bilinear({image}, {lead}height, width, py, px)"
            draft.line(f"sampled = {call}")
            term = f"{w}[{lead}ky, kx] * sampled"
            draft.line(f"{total} += {term} * {mask}[y, x, tap]" if masked else f"{total} += {term}")
        _deformed(draft, image, offsets, mask, w, total, taps, centre, channels=channels)
        extents: tuple[Extent, ...] = (*(("channels",) if channels else ()), "height", "width")
        site = Site(f"{lead}y, x", extents, "c" if channels else "", "channels", "{0}[:, None, None]")
        final = epilogue(draft, draft.known(total, real, -9.0, 9.0), site, most=2)
        draft.output(out, real, *extents)
        draft.line(f"{out}[{lead}y, x] = {final.name}")
        draft.results(**{out: final.name})
    sizes = [{"channels": c, "height": h, "width": v} for c, h, v in ((1, 1, 1), (2, 3, 4), (2, 6, draw.choice((5, 7))))]
    return draft.case(draw.choice(("deformable_conv2d", "deform_conv", "offset_convolution")), extents, sizes)


def _bilinear(draft: Draft, *, channels: bool) -> None:
    """The function that reads between pixels: zero outside of the picture."""
    real = draft.real.spelling
    lead, parameter = ("c, ", "c: int, ") if channels else ("", "")
    rank = "array3d" if channels else "array2d"
    zero, one = draft.number(0.0), draft.number(1.0)
    draft.definitions.append(
        [
            "@wp.func",
            f"def pixel_or_zero(image: wp.{rank}(dtype={real}), {parameter}height: int, width: int, row: int, col: int) -> {real}:",
            "    if row < 0 or row >= height or col < 0 or col >= width:",
            f"        return {zero}",
            f"    return image[{lead}row, col]",
        ]
    )
    draft.definitions.append(
        [
            "@wp.func",
            f"def sample_bilinear(image: wp.{rank}(dtype={real}), {parameter}height: int, width: int, py: {real}, px: {real}) -> {real}:",
            "    y0 = int(wp.floor(py))",
            "    x0 = int(wp.floor(px))",
            f"    fy = py - {real}(y0)",
            f"    fx = px - {real}(x0)",
            f"    top_left = pixel_or_zero(image, {lead}height, width, y0, x0)",
            f"    top_right = pixel_or_zero(image, {lead}height, width, y0, x0 + 1)",
            f"    bottom_left = pixel_or_zero(image, {lead}height, width, y0 + 1, x0)",
            f"    bottom_right = pixel_or_zero(image, {lead}height, width, y0 + 1, x0 + 1)",
            f"    top = top_left * ({one} - fx) + top_right * fx",
            f"    bottom = bottom_left * ({one} - fx) + bottom_right * fx",
            f"    return top * ({one} - fy) + bottom * fy",
        ]
    )


def _deformed(draft: Draft, image: str, offsets: str, mask: str, w: str, total: str, taps: int, centre: int, *, channels: bool) -> None:
    """numpy: hat functions of the distance to every pixel are the weights of bilinear interpolation, zero outside included."""
    lead = ":, " if channels else ""
    draft.numpy(f"rows, cols = np.arange({image}.shape[-2]), np.arange({image}.shape[-1])", f"{total} = 0.0")
    lines = [
        f"tap = ky * {taps} + kx",
        f"py_all = rows[:, None] + (ky - {centre}) + {offsets}[..., 2 * tap]",
        f"px_all = cols[None, :] + (kx - {centre}) + {offsets}[..., 2 * tap + 1]",
        "hat_y = np.maximum(1.0 - np.abs(py_all[..., None] - rows), 0.0)",
        "hat_x = np.maximum(1.0 - np.abs(px_all[..., None] - cols), 0.0)",
        f'samples = np.einsum("yxr,yxk,{"crk->cyx" if channels else "rk->yx"}", hat_y, hat_x, {image})',
    ]
    weight = f"{w}[{lead}ky, kx][:, None, None]" if channels else f"{w}[ky, kx]"
    times = f" * {mask}[..., tap]" if mask else ""
    lines.append(f"{total} = {total} + {weight} * samples{times}")
    draft.numpy(f"for ky in range({taps}):", f"    for kx in range({taps}):", *indented(lines, 2))
