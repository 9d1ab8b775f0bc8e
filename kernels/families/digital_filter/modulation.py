"""Modulation: mixers, amplitude and frequency demodulation, discriminators, matched filters, and synthesis of modulated tones."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.digital_filter.signals import finish_sample
from kernels.language.expression import Expression, variable
from kernels.language.types import I32

SIGNALS = ("signal", "received", "rf", "x")
OUTPUTS = ("demodulated", "baseband", "message", "detected", "out")


def _angle(draft: Draft, i: str, number: str) -> None:
    """The carrier's phase at sample `i`; in the reference, at the samples `number`."""
    draw = draft.draw
    omega = draft.knob(draft.name("omega", "carrier", "step"), 0.2, 1.4)
    phase = draft.parameter(draft.name("phase", "theta0"), -1.5, 1.5).name if draw.chance(0.5) else ""
    tail = f" + {phase}" if phase else ""
    draft.line(f"angle = {omega.warp()} * {draft.real.spelling}({i}){tail}")
    draft.numpy(f"angle = {omega.numpy()} * {number}.astype({draft.precision}){tail}")


def build_am(draw: Draw, draft: Draft) -> Case:
    """Amplitude demodulation: rectify and average, or mix with the carrier and its quadrature over a short window."""
    width = draw.choice((3, 4, 6, 8))
    i = draw.choice(("i", "t", "tid"))
    draft.reserve("k", "j", "at", "angle", "mixed_i", "mixed_q", "value", "near")
    kind = draw.choice(("rectify", "square_law", "coherent", "quadrature"))
    signal = draft.array(draft.name(*SIGNALS), draft.real, "n")
    with draft.threads((i, "n", signal, 0)):
        n = draft.extent("n", signal)
        sums = ("mixed_i", "mixed_q") if kind == "quadrature" else ("mixed_i",)
        draft.line(*(f"{s} = {draft.zero()}" for s in sums))
        draft.numpy(
            f"at = np.clip(np.arange(len({signal}))[:, None] + np.arange({width}) - {width // 2}, 0, len({signal}) - 1)",
            f"near = {signal}[at]",
        )
        with draft.block(f"for k in range({width}):"):
            draft.line(f"j = wp.clamp({i} + k - {width // 2}, 0, {n} - 1)", f"s = {signal}[j]")
            if kind in ("rectify", "square_law"):
                draft.line("mixed_i += wp.abs(s)" if kind == "rectify" else "mixed_i += s * s")
            else:
                _angle(draft, "j", "at")
                draft.line("mixed_i += s * wp.cos(angle)", *(["mixed_q -= s * wp.sin(angle)"] if kind == "quadrature" else []))
        draft.numpy(
            {
                "rectify": "mixed_i = np.sum(np.abs(near), axis=-1)",
                "square_law": "mixed_i = np.sum(near * near, axis=-1)",
                "coherent": "mixed_i = np.sum(near * np.cos(angle), axis=-1)",
                "quadrature": "mixed_i, mixed_q = np.sum(near * np.cos(angle), axis=-1), -np.sum(near * np.sin(angle), axis=-1)",
            }[kind]
        )
        scale = f"{2.0 / width:.4g}" if kind in ("coherent", "quadrature") else f"{1.0 / width:.4g}"
        if kind == "quadrature":
            draft.formula(f"value = {scale} * wp.sqrt(mixed_i * mixed_i + mixed_q * mixed_q + 0.001)")
        elif kind == "square_law":
            draft.formula(f"value = wp.sqrt({scale} * mixed_i + 0.001)")
        else:
            draft.formula(f"value = {scale} * mixed_i")
        finish_sample(draft, draft.known("value", draft.real, -3.0, 3.0), OUTPUTS, i, ("n",))
    return draft.case(draw.choice(("am_demodulate", f"am_{kind}", "detect_envelope")), ["n"], [{"n": n} for n in draw.sizes(190)])


def build_fm(draw: Draw, draft: Draft) -> Case:
    """Frequency or phase demodulation of in-phase and quadrature samples: the turn from one sample to the next."""
    i = draw.choice(("i", "t", "tid"))
    pairs = ("i_data", "q_data") if draw.chance(0.5) else ("in_phase", "quadrature")
    draft.reserve("re", "im", "before", "re0", "im0", "turn", "power", "at")
    for name in pairs:
        # One sign each: the turn between two samples then stays away from half a circle.
        draft.array(name, draft.real, "n", low=0.2, high=1.2)
    re, im = pairs
    kind = draw.choice(("atan2", "cross", "normalized", "phase", "polar"))
    with draft.threads((i, "n", re, 0)):
        draft.load("re", re, i, 0.2, 1.2)
        draft.load("im", im, i, 0.2, 1.2)
        lag = draw.choice((1, 1, 2))
        if kind != "phase":
            draft.line(f"before = wp.max({i} - {lag}, 0)", f"re0 = {re}[before]", f"im0 = {im}[before]")
            draft.numpy(f"before = np.maximum(np.arange(len({re})) - {lag}, 0)", f"re0, im0 = {re}[before], {im}[before]")
        draft.formula(
            *{
                "atan2": ("cross = re0 * im - im0 * re", "along = re * re0 + im * im0", "value = wp.atan2(cross, along)"),
                "cross": ("value = re0 * im - im0 * re",),
                "normalized": ("power = re * re + im * im + 0.05", "value = (re * (im - im0) - im * (re - re0)) / power"),
                "phase": ("value = wp.atan2(im, re)",),
                "polar": ("value = wp.atan2(im, re) - wp.atan2(im0, re0)",),
            }[kind]
        )
        gain = draw.choice(("none", "deviation", "power"))
        if gain == "deviation":
            deviation = draft.knob(draft.name("deviation", "sensitivity"), 0.3, 2.0)
            draft.formula(f"value = value / {deviation.warp()}" if not deviation.is_constant else "value = value * 1.7")
        elif gain == "power":
            squelch = draft.knob("squelch", 0.5, 1.5)
            draft.formula("strength_here = re * re + im * im")
            with draft.block(f"if strength_here < {squelch.warp()}:"):
                draft.line(f"value = {draft.zero()}")
            draft.numpy(f"value = np.where(strength_here < {squelch.numpy()}, 0.0, value)")
        finish_sample(draft, draft.known("value", draft.real, -4.0, 4.0), OUTPUTS, i, ("n",))
    return draft.case(draw.choice(("fm_demodulate", f"discriminator_{kind}", "phase_detector")), ["n"], [{"n": n} for n in draw.sizes(190)])


def build_mixer(draw: Draw, draft: Draft) -> Case:
    """A shift in frequency: real samples to in-phase and quadrature, complex to complex, or complex back to real."""
    kind = draw.choice(("down", "shift", "up"))
    i = draw.choice(("i", "t", "tid"))
    draft.reserve("angle", "c", "s", "a", "b", "number", "re", "im")
    names: tuple[str, ...] = ("signal",) if kind == "down" else draw.choice((("i_data", "q_data"), ("sig_re", "sig_im")))
    for name in names:
        draft.array(name, draft.real, "n")
    with draft.threads((i, "n", names[0], 0)):
        draft.numpy(f"number = np.arange(len({names[0]}))")
        _angle(draft, i, "number")
        if draw.chance(0.3):
            drift = draft.array(draft.name("phase_noise", "doppler_phase"), draft.real, "n", low=-0.5, high=0.5)
            draft.line(f"angle += {drift}[{i}]")
            draft.numpy(f"angle = angle + {drift}")
        draft.formula("c = wp.cos(angle)", "s = wp.sin(angle)")
        draft.load("a", names[0], i, -1.0, 1.0)
        if kind != "down":
            draft.load("b", names[1], i, -1.0, 1.0)
        down = draw.chance(0.5)
        formulas = {
            "down": ("re = a * c", "im = -a * s" if down else "im = a * s"),
            "shift": ("re = a * c + b * s", "im = b * c - a * s") if down else ("re = a * c - b * s", "im = a * s + b * c"),
            "up": ("re = a * c - b * s",),
        }[kind]
        draft.formula(*formulas)
        parts = ("re", "im") if kind != "up" else ("re",)
        known: list[Expression] = [variable(p, draft.real, -2.0, 2.0) for p in parts]
        if kind != "up" and draw.chance(0.4):
            value = draft.fused("blend", draft.real, [*known, *draft.some_parameters(("gain", "balance"), draw.integer(0, 1))])
            finish_sample(draft, draft.known(value.name, draft.real, -1e3, 1e3), ("mixed", "baseband", "out"), i, ("n",), share=0.2)
        else:
            for part in parts:
                finish_sample(draft, draft.known(part, draft.real, -2.0, 2.0), (f"out_{part}", f"mixed_{part}"), i, ("n",), share=0.35)
    return draft.case(draw.choice((f"mix_{kind}", "frequency_shift", f"{kind}_converter")), ["n"], [{"n": n} for n in draw.sizes(190)])


def build_matched(draw: Draw, draft: Draft) -> Case:
    """A matched filter: correlation with one or several templates at every lag, plain or normalized, with a detection."""
    width = draw.choice((0, 3, 4, 5, 8))
    bank = draw.chance(0.4)
    i, b = draw.choice((("lag", "m"), ("i", "b"), ("tid", "which")))
    draft.reserve(i, b, "k", "near", "at", "match", "energy", "norm")
    signal = draft.array(draft.name(*SIGNALS), draft.real, f"n + {width - 1}" if width else "n + width - 1")
    template = draft.array(draft.name("pattern", "pulse", "chirp"), draft.real, *(("bank",) if bank else ()), width or "width")
    draft.line(f"{b}, {i} = wp.tid()" if bank else f"{i} = wp.tid()")
    row = f"{b}, " if bank else ""
    count = str(width) if width else draft.extent("width", template, 1 if bank else 0)
    normalized = bool(width) and draw.chance(0.5)
    draft.line(f"match = {draft.zero()}", *([f"energy = {draft.zero()}"] if normalized else []))
    centred = normalized and draw.chance(0.4)
    if centred:
        draft.line(f"mean = {draft.zero()}")
        with draft.block(f"for k in range({count}):"):
            draft.line(f"mean += {signal}[{i} + k]")
        draft.warp_formula(f"mean = mean / {float(width)}")
    with draft.block(f"for k in range({count}):"):
        draft.line(
            f"s = {signal}[{i} + k]{' - mean' if centred else ''}",
            f"match += {template}[{row}k] * s",
            *(["energy += s * s"] if normalized else []),
        )
    draft.numpy(
        f"near = np.lib.stride_tricks.sliding_window_view({signal}, {template}.shape[-1])"
        if not normalized
        else f"near = {signal}[np.arange(dim[-1])[:, None] + np.arange({width})]",
        *(["near = near - np.mean(near, axis=-1, keepdims=True)"] if centred else []),
        f"match = {template} @ near.T",
    )
    if normalized:
        draft.warp_formula("match = match / wp.sqrt(energy + 0.05)")
        draft.numpy("match = match / np.sqrt(np.sum(near * near, axis=-1) + 0.05)")
    dim = ("bank", "n") if bank else ("n",)
    value = draft.known("match", draft.real, -5.0, 5.0)
    if width and draw.chance(0.35):
        threshold = draft.knob(draft.name("threshold", "detection_level"), 0.2, 0.8)
        hits = draft.output(draft.name("detections", "hit_count"), I32, *(("bank",) if bank else (1,)), role="accumulate")
        with draft.block(f"if match > {threshold.warp()}:"):
            draft.line(f"wp.atomic_add({hits}, {b if bank else 0}, 1)")
        draft.numpy(f"{hits} = np.sum(match > {threshold.numpy()}, axis=-1).astype(np.int32){'' if bank else '.reshape(1)'}")
    finish_sample(draft, value, ("correlation", "score", "matched"), f"{row}{i}", dim, linear=not width)
    sizes = [
        {"n": n, "bank": m, "width": w} for n, m, w in zip((1, 11, 37) if bank else draw.sizes(150), (1, 2, 3), (2, 5, 9), strict=True)
    ]
    return draft.case(draw.choice(("matched_filter", "correlate_template", "pulse_compression")), dim, sizes)


def build_oscillator(draw: Draw, draft: Draft) -> Case:
    """Synthesis: amplitude, frequency and ring modulation, a sum of partials, waveshaping."""
    kind = draw.choice(("am", "fm", "ring", "additive", "shaper", "chirp", "chebyshev"))
    i = draw.choice(("i", "t", "tid"))
    draft.reserve("angle", "value", "number", "k", "message", "tone")
    message = draft.array(draft.name("message", "modulator", "audio"), draft.real, "n")
    partials = draw.choice((2, 3, 4, 5))
    amplitudes = draft.array(draft.name("partials", "amplitudes"), draft.real, partials) if kind in ("additive", "chebyshev") else ""
    with draft.threads((i, "n", message, 0)):
        draft.numpy(f"number = np.arange(len({message}))")
        draft.load("m", message, i, -1.0, 1.0)
        if kind not in ("shaper", "chebyshev"):
            _angle(draft, i, "number")
        depth = draft.knob(draft.name("depth", "index", "modulation"), 0.2, 0.9)
        if kind == "additive":
            draft.line(f"value = {draft.zero()}")
            with draft.block(f"for k in range({partials}):"):
                draft.line(f"value += {amplitudes}[k] * wp.sin({draft.real.spelling}(k + 1) * angle + m)")
            draft.numpy(
                f"order = np.arange(1, {partials + 1}).astype({draft.precision})",
                f"value = np.sin(order * angle[:, None] + m[:, None]) @ {amplitudes}",
            )
        elif kind == "chebyshev":
            # Chebyshev polynomials by their recurrence T(k + 1) = 2 x T(k) - T(k - 1); the definition is T(k) = cos(k acos x).
            draft.line(f"before = {draft.real.spelling}(1.0)", "here = m", f"value = {draft.zero()}")
            with draft.block(f"for k in range({partials}):"):
                draft.line(
                    f"value += {amplitudes}[k] * here", draft.warp("after = 2.0 * m * here - before"), "before = here", "here = after"
                )
            draft.numpy(
                f"order = np.arange(1, {partials + 1})",
                f"value = np.cos(order * np.arccos(m)[:, None]).astype({message}.dtype) @ {amplitudes}",
            )
        else:
            for text in {
                "am": ("value = (1.0 + DEPTH * m) * wp.cos(angle)",),
                "fm": ("value = wp.cos(angle + DEPTH * m)",),
                "ring": ("tone = wp.sin(angle)", "value = DEPTH * m * tone"),
                "shaper": ("value = (1.0 + DEPTH) * m / (1.0 + DEPTH * wp.abs(m))",),
                "chirp": ("tone = wp.sin(angle + 0.01 * DEPTH * angle * angle)", "value = m * tone"),
            }[kind]:
                draft.formula(text.replace("DEPTH", depth.numpy()))
        finish_sample(draft, draft.known("value", draft.real, -5.0, 5.0), ("tone_out", "modulated", "voice"), i, ("n",))
    return draft.case(draw.choice((f"{kind}_synthesis", f"modulate_{kind}", "oscillator")), ["n"], [{"n": n} for n in draw.sizes(190)])
