"""Windows: frames cut from a signal and weighted, windows by formula or in a table, frames added up again, tapers of a signal's ends."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy
from kernels.draw import Draw
from kernels.families.digital_filter.signals import finish_sample

WINDOWS: dict[str, tuple[str, ...]] = {
    "hann": ("return 0.5 - 0.5 * wp.cos(2.0 * {pi} * phase)",),
    "hamming": ("return 0.54 - 0.46 * wp.cos(2.0 * {pi} * phase)",),
    "blackman": ("a = 2.0 * {pi} * phase", "return 0.42 - 0.5 * wp.cos(a) + 0.08 * wp.cos(2.0 * a)"),
    "blackman_harris": (
        "a = 2.0 * {pi} * phase",
        "return 0.35875 - 0.48829 * wp.cos(a) + 0.14128 * wp.cos(2.0 * a) - 0.01168 * wp.cos(3.0 * a)",
    ),
    "sine": ("return wp.sin({pi} * phase)",),
    "bartlett": ("return 1.0 - wp.abs(2.0 * phase - 1.0)",),
    "welch": ("u = 2.0 * phase - 1.0", "return 1.0 - u * u"),
    "gaussian": ("u = (phase - 0.5) / 0.18", "return wp.exp(-0.5 * u * u)"),
    "nuttall": (
        "a = 2.0 * {pi} * phase",
        "return 0.355768 - 0.487396 * wp.cos(a) + 0.144232 * wp.cos(2.0 * a) - 0.012604 * wp.cos(3.0 * a)",
    ),
    "vorbis": ("s = wp.sin({pi} * phase)", "return wp.sin(0.5 * {pi} * s * s)"),
    "planck_like": ("u = wp.min(phase, 1.0 - phase)", "r = wp.min(4.0 * u, 1.0)", "return r * r * (3.0 - 2.0 * r)"),
}
"""Windows over a phase from 0 to 1 (Harris 1978; Nuttall 1981; the Vorbis I specification)."""

PI = "3.141592653589793"


def _window(draw: Draw, draft: Draft, name: str) -> str:
    """Defines the window `name` as a function of the phase in both; returns the function's name."""
    body = [line.replace("{pi}", PI) for line in WINDOWS[name]]
    function = draft.function(f"{name}_window" if draw.chance(0.7) else "window_at", [("phase", draft.real)], body, draft.real)
    draft.reference_function(function, ["phase"], [to_numpy(line) for line in body])
    return function


def _starts_at_zero(draw: Draw, name: str) -> bool:
    """Whether a window's first sample has phase zero: most windows vanish there, and rounding alone would be left of a sample."""
    return name in ("hamming", "gaussian") and draw.chance(0.6)


def _phase(draft: Draft, j: str, width: str, *, periodic: bool) -> None:
    """The phase of sample `j` of `width`; the reference's sample numbers stand in `number`, the width in `width`."""
    real = draft.real.spelling
    if periodic:
        draft.line(f"phase = {real}({j}) / {real}({width})")
        draft.numpy(f"phase = number.astype({draft.precision}) / {draft.precision}(width)")
    else:
        draft.line(f"phase = ({real}({j}) + {draft.number(0.5)}) / {real}({width})")
        draft.numpy(f"phase = (number.astype({draft.precision}) + {draft.precision}(0.5)) / {draft.precision}(width)")


def build_frames(draw: Draw, draft: Draft) -> Case:
    """A thread for each sample of each frame: the signal from there on, weighted by the window."""
    width = draw.choice((8, 12, 16))
    hop = draw.choice((width, width // 2, width // 4, 3))
    told = draw.chance(0.4)
    f, j = draw.choice((("frame", "j"), ("f", "k"), ("block", "offset"), ("row", "col")))
    draft.reserve(f, j, "number", "width", "phase", "start", "at")
    signal = draft.array(draft.name("signal", "audio", "x"), draft.real, f"{hop} * frames + {width - hop}")
    draft.line(f"{f}, {j} = wp.tid()")
    step = draft.count(draft.name("hop", "stride", "hop_size"), size=str(hop)) if told else str(hop)
    draft.line(f"start = {f} * {step}", f"value = {signal}[start + {j}]")
    draft.numpy(
        f"number, width = np.arange({width}), {width}", f"at = {hop} * np.arange(dim[0])[:, None] + number", f"value = {signal}[at]"
    )
    source = draw.weighted(("formula", "table", "symmetric_table"), (6, 1, 1))
    if source == "formula":
        name = draw.choice(tuple(WINDOWS))
        _phase(draft, j, str(width), periodic=_starts_at_zero(draw, name))
        function = _window(draw, draft, name)
        draft.both(f"weight = {function}(phase)")
    else:
        name = "table"
        half = source == "symmetric_table"
        table = draft.array(draft.name("window", "taper"), draft.real, width // 2 if half else width, low=0.1)
        draft.line(f"weight = {table}[wp.min({j}, {width - 1} - {j})]" if half else f"weight = {table}[{j}]")
        draft.numpy(f"weight = {table}[np.minimum(number, {width - 1} - number)]" if half else f"weight = {table}")
    removed = draw.choice(("none", "none", "mean", "preemphasis"))
    if removed == "mean":
        means = draft.array(draft.name("frame_mean", "offset_of_frame"), draft.real, "frames", low=-0.5, high=0.5)
        draft.line(f"value = value - {means}[{f}]")
        draft.numpy(f"value = value - {means}[:, None]")
    elif removed == "preemphasis":
        factor = draft.knob(draft.name("preemphasis", "emphasis"), 0.5, 0.97)
        draft.line(f"before = {signal}[wp.max(start + {j} - 1, 0)]", f"value = value - {factor.warp()} * before")
        draft.numpy(f"value = value - {factor.numpy()} * {signal}[np.maximum(at - 1, 0)]")
    draft.both("windowed = weight * value")
    value = draft.known("windowed", draft.real, -2.0, 2.0)
    finish_sample(draft, value, ("frames_out", "windowed_frames", "buffer"), f"{f}, {j}", ("frames", width))
    return draft.case(draw.choice((f"window_{name}", "frame_signal", f"{name}_frames")), ["frames", width], _sizes(draw))


def _sizes(draw: Draw) -> list[dict[str, int]]:
    return [{"frames": m, "n": m + 4, "channels": 1 + k} for k, m in enumerate((1, draw.choice((5, 7)), draw.integer(9, 12)))]


def build_overlap_add(draw: Draw, draft: Draft) -> Case:
    """Frames added up into a signal: scattered by atomics, or gathered by each sample from the few frames that cover it."""
    width = draw.choice((4, 8, 12))
    overlap = draw.choice((2, 2, 4))
    hop = width // overlap
    gather = draw.chance(0.5)
    draft.reserve("number", "width", "phase", "at", "value", "total", "j", "covered")
    frames = draft.array(draft.name("frames", "blocks", "grains"), draft.real, "count", width)
    name = draw.choice(tuple(WINDOWS))
    extent = f"{hop} * count + {width - hop}"
    function = _window(draw, draft, name)
    gain = draft.array(draft.name("frame_gain", "grain_level"), draft.real, "count", low=0.2) if draw.chance(0.4) else ""
    outs = ("signal_out", "resynthesized", "mixed")
    if not gather:
        f, j = draw.choice((("frame", "j"), ("f", "k"), ("grain", "s")))
        draft.line(f"{f}, {j} = wp.tid()")
        draft.numpy(f"number, width = np.arange({width}), {width}")
        _phase(draft, j, str(width), periodic=_starts_at_zero(draw, name))
        draft.line(f"value = {function}(phase) * {frames}[{f}, {j}]", *([f"value = value * {gain}[{f}]"] if gain else []))
        draft.numpy(f"value = {function}(phase) * {frames}", *([f"value = value * {gain}[:, None]"] if gain else []))
        out = draft.output(draft.name(*outs), draft.real, extent, role="accumulate")
        draft.line(f"wp.atomic_add({out}, {f} * {hop} + {j}, value)")
        draft.numpy(
            f"{out} = np.zeros_like({out})",
            f"np.add.at({out}, {hop} * np.arange(len({frames}))[:, None] + number, value)",
        )
        dim: tuple[str | int, ...] = ("count", width)
    else:
        i = draw.choice(("i", "tid", "t"))
        draft.line(f"{i} = wp.tid()")
        count = draft.extent(draft.name("count", "num_frames"), frames, size="count")
        draft.line(f"total = {draft.zero()}", f"last = {i} // {hop}")
        periodic = _starts_at_zero(draw, name)
        with draft.block(f"for k in range({overlap}):"):
            draft.line("f = last - k", f"j = {i} - f * {hop}")
            with draft.block(f"if f >= 0 and f < {count}:"):
                _phase(draft, "j", str(width), periodic=periodic)
                draft.reference.pop()
                draft.line(f"total += {function}(phase) * {frames}[f, j]{f' * {gain}[f]' if gain else ''}")
        draft.numpy(f"number, width = np.arange({width}), {width}")
        weighted = f"{function}(phase) * {frames}{f' * {gain}[:, None]' if gain else ''}"
        shift = "" if periodic else f" + {draft.precision}(0.5)"
        draft.numpy(
            f"phase = (number.astype({draft.precision}){shift}) / {draft.precision}(width)",
            f"total = np.zeros(dim[0], {frames}.dtype)",
            f"np.add.at(total, {hop} * np.arange(len({frames}))[:, None] + number, {weighted})",
        )
        dim = (extent,)
        finish_sample(draft, draft.known("total", draft.real, -6.0, 6.0), outs, i, dim)
    sizes = [{"count": m} for m in (1, draw.choice((3, 5)), draw.integer(9, 13))]
    return draft.case(draw.choice(("overlap_add", f"overlap_add_{name}", "synthesize_frames")), dim, sizes)


def build_taper(draw: Draw, draft: Draft) -> Case:
    """Fades at a signal's ends, a crossfade of two signals, or an envelope of straight segments."""
    kind = draw.choice(("fade", "crossfade", "adsr", "tukey"))
    i = draw.choice(("i", "tid", "t"))
    draft.reserve("number", "length", "ramp", "value", "position", "p")
    signal = draft.array(draft.name("signal", "audio", "take_a"), draft.real, "n")
    real, precision = draft.real.spelling, draft.precision
    with draft.threads((i, "n", signal, 0)):
        n = draft.extent("n", signal)
        draft.numpy(f"length = len({signal})", "number = np.arange(length)")
        draft.load("value", signal, i, -1.0, 1.0)
        if kind in ("fade", "tukey"):
            fade = draw.choice((3, 5, 8, 16))
            draft.line(
                f"edge = wp.min({i}, {n} - 1 - {i})",
                f"p = wp.min(({real}(edge) + {draft.number(0.5)}) / {draft.number(float(fade))}, {draft.number(1.0)})",
            )
            draft.numpy(
                "edge = np.minimum(number, length - 1 - number)",
                f"p = np.minimum((edge.astype({precision}) + {precision}(0.5)) / {precision}({fade}), {precision}(1.0))",
            )
            draft.formula(
                f"ramp = 0.5 - 0.5 * wp.cos({PI} * p)"
                if kind == "tukey"
                else draw.choice(("ramp = p", "ramp = p * p", "ramp = wp.sqrt(p)", f"ramp = wp.sin(0.5 * {PI} * p)"))
            )
            draft.formula("value = ramp * value")
        elif kind == "crossfade":
            other = draft.array(draft.name("take_b", "incoming"), draft.real, "n")
            draft.load("other_value", other, i, -1.0, 1.0)
            draft.line(f"p = ({real}({i}) + {draft.number(0.5)}) / {real}({n})")
            draft.numpy(f"p = (number.astype({precision}) + {precision}(0.5)) / {precision}(length)")
            if draw.chance(0.5):
                draft.formula(f"value = value * wp.cos(0.5 * {PI} * p) + other_value * wp.sin(0.5 * {PI} * p)")
            elif draw.chance(0.5):
                draft.formula("s = p * p * (3.0 - 2.0 * p)", "value = (1.0 - s) * value + s * other_value")
            else:
                draft.formula("value = value + p * (other_value - value)")
        else:
            names = draft.parameters(
                ("attack", 3.2, 9.7), ("decay", 4.2, 9.8), ("sustain", 0.3, 0.8), ("release", 3.3, 9.6), struct="Envelope"
            )
            a, d, s, r = (names[k].name for k in ("attack", "decay", "sustain", "release"))
            draft.function(
                "adsr",
                [("time", draft.real), ("left", draft.real), *((p, draft.real) for p in ("attack", "decay", "sustain", "release"))],
                [
                    "level = sustain",
                    "if time < attack:",
                    "    level = time / attack",
                    "elif time < attack + decay:",
                    "    level = 1.0 + (sustain - 1.0) * (time - attack) / decay",
                    "if left < release:",
                    "    level = level * left / release",
                    "return level",
                ],
                draft.real,
            )
            draft.reference_function(
                "adsr",
                ["time", "left", "attack", "decay", "sustain", "release"],
                [
                    "falling = 1.0 + (sustain - 1.0) * (time - attack) / decay",
                    "level = np.where(time < attack, time / attack, np.where(time < attack + decay, falling, sustain))",
                    "return np.where(left < release, level * left / release, level)",
                ],
            )
            draft.line(f"time = {real}({i})", f"left = {real}({n} - {i})", f"value = adsr(time, left, {a}, {d}, {s}, {r}) * value")
            draft.numpy(f"time, left = number.astype({precision}), (length - number).astype({precision})")
            draft.numpy(f"value = adsr(time, left, {a}, {d}, {s}, {r}) * value")
        finish_sample(draft, draft.known("value", draft.real, -2.0, 2.0), ("faded", "shaped_out", "signal_out"), i, ("n",))
    return draft.case(draw.choice((f"{kind}_signal", f"apply_{kind}", f"shape_by_{kind}")), ["n"], [{"n": n} for n in draw.sizes(190)])
