"""Changes of sampling rate: decimation, polyphase interpolation, resampling at fractional positions.

The kernels of interpolation are those of Keys (cubic convolution, 1981), Catmull and Rom, Lagrange, and Lanczos.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.vectors import function_pair
from kernels.draw import Draw
from kernels.families.digital_filter.fir import SUMS, TAPS
from kernels.families.digital_filter.signals import NAMES, OUTPUTS, finish_sample

CUBICS: dict[str, tuple[str, ...]] = {
    "catmull_rom": (
        "a = 1.5 * (y1 - y2) + 0.5 * (y3 - y0)",
        "b = y0 - 2.5 * y1 + 2.0 * y2 - 0.5 * y3",
        "c = 0.5 * (y2 - y0)",
        "return ((a * f + b) * f + c) * f + y1",
    ),
    "lagrange": (
        "d0 = -f * (f - 1.0) * (f - 2.0) / 6.0",
        "d1 = (f + 1.0) * (f - 1.0) * (f - 2.0) * 0.5",
        "d2 = -(f + 1.0) * f * (f - 2.0) * 0.5",
        "d3 = (f + 1.0) * f * (f - 1.0) / 6.0",
        "return d0 * y0 + d1 * y1 + d2 * y2 + d3 * y3",
    ),
    "bspline": (
        "g = 1.0 - f",
        "w0 = g * g * g / 6.0",
        "w1 = (4.0 - 6.0 * f * f + 3.0 * f * f * f) / 6.0",
        "w2 = (4.0 - 6.0 * g * g + 3.0 * g * g * g) / 6.0",
        "w3 = f * f * f / 6.0",
        "return w0 * y0 + w1 * y1 + w2 * y2 + w3 * y3",
    ),
    "hermite": (
        "m1 = 0.5 * (y2 - y0)",
        "m2 = 0.5 * (y3 - y1)",
        "s = f * f * (3.0 - 2.0 * f)",
        "return y1 + s * (y2 - y1) + m1 * f * (1.0 - f) * (1.0 - f) - m2 * f * f * (1.0 - f)",
    ),
    "parabolic": ("curve = 0.25 * (y0 - y1 - y2 + y3)", "return y1 + f * (y2 - y1) + curve * f * (f - 1.0)"),
}
"""Four samples around a position, `f` of the way from y1 to y2."""


def _channel(draft: Draft, output: str) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    """Perhaps several channels: the index prefix, the reference's too, and the extents of inputs (`n`) and outputs (`output`)."""
    if draft.draw.chance(0.65):
        return "", "", ("n",), (output,)
    c = draft.draw.choice(("c", "ch", "channel"))
    draft.reserve(c, "channels")
    return f"{c}, ", c, ("channels", "n"), ("channels", output)


def _threads(draft: Draft, i: str, c: str) -> None:
    draft.line(f"{c}, {i} = wp.tid()" if c else f"{i} = wp.tid()")


def build_decimation(draw: Draw, draft: Draft) -> Case:
    """Every m-th output of a filter, or the mean, extreme or first of every m samples."""
    factor = draw.choice((2, 3, 4, 5, 8))
    prefix, c, extents, dim = _channel(draft, "frames")
    i = draw.choice(("m", "i", "block", "tid"))
    draft.reserve(i, "k", "at", "near")
    signal = draft.array(draft.name(*NAMES), draft.real, *(e if e != "n" else f"{factor} * frames" for e in extents))
    kind = draw.weighted(("filter", "mean", "peak", "halfband", "pick", "minmax"), (4, 2, 1.5, 2, 1, 1.5))
    _threads(draft, i, c)
    static = draw.chance(0.6)
    total = draft.name(*SUMS)
    value = total
    linear = False
    view = f"{signal}.reshape({'len(' + signal + '), ' if c else ''}-1, {factor})"
    draft.line(f"start = {i} * {factor}")
    if kind in ("filter", "halfband"):
        known = 3 if kind == "halfband" else draw.choice((3, 4, 6)) if static else 0
        taps = draft.array(draft.name(*TAPS), draft.real, known or "taps")
        linear = not known
        draft.numpy(f"length = {signal}.shape[-1]")
        if kind == "halfband":
            n = draft.extent("n", signal, 1 if c else 0, size=f"{factor} * frames")
            if draw.chance(0.5):
                draft.line(f"{total} = {draft.number(0.5)} * {signal}[{prefix}start]")
                with draft.block("for k in range(3):"):
                    draft.line("reach = 2 * k + 1", "before = wp.max(start - reach, 0)", f"after = wp.min(start + reach, {n} - 1)")
                    draft.line(f"{total} += {taps}[k] * ({signal}[{prefix}before] + {signal}[{prefix}after])")
            else:
                sides = [
                    f"{taps}[{k}] * ({signal}[{prefix}wp.max(start - {r}, 0)] + {signal}[{prefix}wp.min(start + {r}, {n} - 1)])"
                    for k, r in enumerate((1, 3, 5))
                ]
                draft.line(f"{total} = {draft.number(0.5)} * {signal}[{prefix}start]", *(f"{total} += {side}" for side in sides))
            draft.numpy(
                f"center = np.arange(0, length, {factor})",
                f"{total} = 0.5 * {signal}[..., center]",
                "for k, reach in enumerate((1, 3, 5)):",
                f"    near = {signal}[..., np.maximum(center - reach, 0)] + {signal}[..., np.minimum(center + reach, length - 1)]",
                f"    {total} = {total} + {taps}[k] * near",
            )
        else:
            count = str(known) if known else draft.extent("num_taps", taps, size="taps")
            draft.line(f"{total} = {draft.zero()}")
            with draft.block(f"for k in range({count}):"):
                draft.line("j = start - k")
                with draft.block("if j >= 0:"):
                    draft.line(f"{total} += {taps}[k] * {signal}[{prefix}j]")
            draft.numpy(
                f"at = np.arange(0, length, {factor})[:, None] - np.arange(len({taps}))",
                f"near = np.where(at >= 0, {signal}[..., np.maximum(at, 0)], 0.0)",
                f"{total} = np.sum(near * {taps}, axis=-1)",
            )
    elif kind == "pick":
        draft.line(f"{total} = {signal}[{prefix}start]")
        draft.numpy(f"{total} = {view}[..., 0]")
    elif kind == "minmax":
        draft.line(f"low = {signal}[{prefix}start]", "high = low")
        with draft.block(f"for k in range(1, {factor}):"):
            draft.line(f"s = {signal}[{prefix}start + k]", "low = wp.min(low, s)", "high = wp.max(high, s)")
        draft.numpy(f"low, high = np.min({view}, axis=-1), np.max({view}, axis=-1)")
        draft.formula(draw.choice((f"{total} = 0.5 * (low + high)", f"{total} = high - low")))
    else:
        draft.line(f"{total} = {draft.zero()}")
        with draft.block(f"for k in range({factor}):"):
            load = f"{signal}[{prefix}start + k]"
            draft.line(f"{total} = wp.max({total}, wp.abs({load}))" if kind == "peak" else f"{total} += {load}")
        if kind == "mean":
            draft.warp_formula(f"{total} = {total} / {float(factor)}")
        draft.numpy(f"{total} = np.max(np.abs({view}), axis=-1)" if kind == "peak" else f"{total} = np.mean({view}, axis=-1)")
    finish_sample(draft, draft.known(value, draft.real, -9.0, 9.0), OUTPUTS, f"{prefix}{i}", dim, linear=linear)
    return draft.case(draw.choice((f"decimate_by_{factor}", "downsample", f"decimate_{kind}")), dim, _sizes(draw))


def _sizes(draw: Draw) -> list[dict[str, int]]:
    big = draw.integer(66, 90)
    frames = (1, draw.choice((7, 11, 13)), big)
    return [
        {"frames": m, "n": max(4, m + k), "channels": 1 + k, "taps": 2 + 2 * k, "queries": m, "phases": 4} for k, m in enumerate(frames)
    ]


def build_polyphase(draw: Draw, draft: Draft) -> Case:
    """Interpolation by an integer factor, or a ratio: each output has its own phase of the filter."""
    up = draw.choice((2, 3, 4, 5))
    down = draw.choice((1, 1, 2, 3)) if up != 3 else draw.choice((1, 2, 4))
    taps = draw.choice((2, 3, 4, 6))
    prefix, c, extents, dim = _channel(draft, "frames")
    i = draw.choice(("m", "i", "tid", "out_index"))
    draft.reserve(i, "k", "j", "phase", "base", "at", "near")
    signal = draft.array(draft.name(*NAMES), draft.real, *(e if e != "n" else "frames" for e in extents))
    table = draw.chance(0.5)
    bank = draft.array(draft.name("bank", "phases", *TAPS), draft.real, *((up, taps) if table else (up * taps,)))
    _threads(draft, i, c)
    position = i
    if down > 1:
        position = "position"
        draft.line(f"position = {i} * {down}")
    draft.line(f"base = {position} // {up}", draw.choice((f"phase = {position} - base * {up}", f"phase = {position} % {up}")))
    total = draft.name(*SUMS)
    draft.line(f"{total} = {draft.zero()}")
    order = draw.choice(("phase_major", "tap_major")) if not table else ""
    weight = {"": f"{bank}[phase, k]", "phase_major": f"{bank}[phase * {taps} + k]", "tap_major": f"{bank}[k * {up} + phase]"}[order]
    with draft.block(f"for k in range({taps}):"):
        if draw.chance(0.5):
            draft.line("j = base - k")
            with draft.block("if j >= 0:"):
                draft.line(f"{total} += {weight} * {signal}[{prefix}j]")
            held = False
        else:
            draft.line("j = wp.max(base - k, 0)", f"{total} += {weight} * {signal}[{prefix}j]")
            held = True
    matrix = {"": bank, "phase_major": f"{bank}.reshape({up}, {taps})", "tap_major": f"{bank}.reshape({taps}, {up}).T"}[order]
    count = "dim[-1]"
    near = f"{signal}[..., np.maximum(at, 0)]"
    draft.numpy(
        f"position = np.arange({count}) * {down}",
        f"at = position[:, None] // {up} - np.arange({taps})",
        f"near = {near}" if held else f"near = np.where(at >= 0, {near}, 0.0)",
        f"{total} = np.sum(near * {matrix}[position % {up}], axis=-1)",
    )
    grid = (*dim[:-1], f"(frames * {up} + {down - 1}) // {down}")
    finish_sample(draft, draft.known(total, draft.real, -6.0, 6.0), OUTPUTS, f"{prefix}{i}", grid)
    return draft.case(draw.choice((f"upsample_by_{up}", "polyphase_interpolate", f"resample_{up}_{down}")), grid, _sizes(draw))


def build_resampling(draw: Draw, draft: Draft) -> Case:
    """The signal at fractional positions: given ones, a constant rate, or a modulated one; linear, cubic or windowed sinc."""
    prefix, c, extents, dim = _channel(draft, "queries")
    i = draw.choice(("i", "tid", "q", "m"))
    draft.reserve(i, "base", "f", "position", "at", "y0", "y1", "y2", "y3", "length", "near", "limit")
    signal = draft.array(draft.name(*NAMES), draft.real, *extents)
    source = draw.weighted(("positions", "rate", "vibrato"), (3, 3, 1.5))
    _threads(draft, i, c)
    n = draft.extent(draw.choice(("n", "num_samples")), signal, 1 if c else 0, size="n")
    draft.numpy(f"length = {signal}.shape[-1]")
    if source == "positions":
        # Positions in samples; what lies beyond the last sample is held.
        positions = draft.array(
            draft.name("positions", "read_pos", "time_stamps"), draft.real, *dim, domain=lambda s: Uniform(0.0, s["n"] + 0.9)
        )
        draft.load("position", positions, f"{prefix}{i}", 0.0, 300.0)
    else:
        rate = draft.parameter(draft.name("rate", "ratio", "speed"), 0.3, 1.7).name
        start = draft.parameter(draft.name("start", "phase_offset"), 0.1, 0.9).name
        draft.line(f"position = {start} + {rate} * {draft.real.spelling}({i})")
        draft.numpy(f"position = {start} + {rate} * np.arange(dim[-1]).astype({draft.precision})")
        if source == "vibrato":
            depth = draft.parameter(draft.name("depth", "swing"), 0.5, 2.0).name
            draft.warp_formula(f"position = position + {depth} * (1.0 + wp.sin(0.37 * {draft.real.spelling}({i})))")
            draft.numpy(f"position = position + {depth} * (1.0 + np.sin(0.37 * np.arange(dim[-1]).astype({draft.precision})))")
    draft.line("base = int(wp.floor(position))", f"f = position - {draft.real.spelling}(base)")
    draft.numpy("base = np.floor(position)", "f = position - base", "base = base.astype(np.int64)")
    kind = draw.weighted(("linear", "cubic", "sinc", "nearest_pair"), (2, 5, 3, 1))
    if kind == "cubic":
        shape = draw.choice(tuple(CUBICS))
        for k in range(4):
            moved = "base" if k == 1 else f"base {'+' if k > 1 else '-'} {abs(k - 1)}"
            draft.line(f"y{k} = {signal}[{prefix}wp.clamp({moved}, 0, {n} - 1)]")
            draft.numpy(f"y{k} = {_picked(signal, moved, c)}")
        name = function_pair(
            draft,
            f"{shape}_weights" if draw.chance(0.3) else shape,
            [(p, draft.real) for p in ("y0", "y1", "y2", "y3", "f")],
            CUBICS[shape],
            draft.real,
        )
        draft.both(f"value = {name}(y0, y1, y2, y3, f)")
        kind = shape
    elif kind == "sinc":
        _sinc(draw, draft, signal, prefix, c, n)
    else:
        for k in range(2):
            moved = f"base + {k}" if k else "base"
            draft.line(f"y{k} = {signal}[{prefix}wp.clamp({moved}, 0, {n} - 1)]")
            draft.numpy(f"y{k} = {_picked(signal, moved, c)}")
        if kind == "linear":
            if draw.chance(0.5):
                draft.line("value = wp.lerp(y0, y1, f)")
                draft.numpy("value = y0 * (1.0 - f) + y1 * f")
            else:
                draft.formula("value = y0 + f * (y1 - y0)")
        else:
            draft.formula("s = f * f * (3.0 - 2.0 * f)", "value = y0 + s * (y1 - y0)")
    finish_sample(draft, draft.known("value", draft.real, -3.0, 3.0), OUTPUTS, f"{prefix}{i}", dim)
    return draft.case(draw.choice((f"resample_{kind}", "interpolate_signal", f"read_{kind}")), dim, _sizes(draw))


def _picked(signal: str, at: str, c: str) -> str:
    """The reference's samples at `at`, held at the ends; positions may differ from channel to channel."""
    inside = f"np.clip({at}, 0, length - 1)"
    return f"np.take_along_axis({signal}, np.broadcast_to({inside}, dim), axis=-1)" if c else f"{signal}[{inside}]"


def _sinc(draw: Draw, draft: Draft, signal: str, prefix: str, c: str, n: str) -> None:
    """A sum over a window of sinc weights: Lanczos, Hann or none."""
    lobes = draw.choice((2, 3))
    shape = draw.choice(("lanczos", "hann", "plain"))
    pi = "3.141592653589793"
    head = [f"px = {pi} * x"]
    body = {
        "lanczos": [*head, f"return wp.sin(px) * wp.sin(px / {float(lobes)}) * {float(lobes)} / (px * px)"],
        "hann": [*head, f"window = 0.5 + 0.5 * wp.cos(px / {float(lobes)})", "return wp.sin(px) / px * window"],
        "plain": [*head, "return wp.sin(px) / px"],
    }[shape]
    draft.function("sinc_weight", [("x", draft.real)], ["if wp.abs(x) < 0.0001:", "    return 1.0", *body], draft.real)
    window = {"lanczos": f" * np.sinc(x / {lobes})", "hann": f" * (0.5 + 0.5 * np.cos(np.pi * x / {lobes}))", "plain": ""}[shape]
    draft.reference_function("sinc_weight", ["x"], [f"return np.sinc(x){window}"])
    normalized = draw.chance(0.5)
    draft.line(f"value = {draft.zero()}", *([f"norm = {draft.zero()}"] if normalized else []))
    with draft.block(f"for k in range({2 * lobes}):"):
        draft.line(f"j = base + k - {lobes - 1}", f"w = sinc_weight(f - {draft.real.spelling}(k - {lobes - 1}))")
        draft.line(f"value += w * {signal}[{prefix}wp.clamp(j, 0, {n} - 1)]", *(["norm += w"] if normalized else []))
    if normalized:
        draft.line("value = value / norm")
    draft.numpy("value, norm = 0.0, 0.0", f"for k in range({1 - lobes}, {lobes + 1}):")
    draft.numpy("    w = sinc_weight(f - k)", f"    value = value + w * {_picked(signal, 'base + k', c)}", "    norm = norm + w")
    if normalized:
        draft.numpy("value = value / norm")
