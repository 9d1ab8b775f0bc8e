"""Filters with a finite impulse response: direct and folded convolution, known taps, complex taps, moving statistics."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.digital_filter.signals import Signal

TAPS = ("taps", "h", "coeffs", "fir_kernel", "impulse")
SUMS = ("acc", "total", "accum", "convolved")

SAVITZKY_GOLAY: dict[str, tuple[tuple[float, ...], float]] = {
    "smooth_5": ((-3.0, 12.0, 17.0, 12.0, -3.0), 35.0),
    "smooth_7": ((-2.0, 3.0, 6.0, 7.0, 6.0, 3.0, -2.0), 21.0),
    "smooth_9": ((-21.0, 14.0, 39.0, 54.0, 59.0, 54.0, 39.0, 14.0, -21.0), 231.0),
    "slope_5": ((-2.0, -1.0, 0.0, 1.0, 2.0), 10.0),
    "slope_7": ((-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0), 28.0),
    "cubic_slope_5": ((1.0, -8.0, 0.0, 8.0, -1.0), 12.0),
    "curvature_5": ((2.0, -1.0, -2.0, -1.0, 2.0), 7.0),
    "curvature_7": ((5.0, 0.0, -3.0, -4.0, -3.0, 0.0, 5.0), 42.0),
    "quartic_smooth_7": ((5.0, -30.0, 75.0, 131.0, 75.0, -30.0, 5.0), 231.0),
}
"""Convolution weights and their norm (Savitzky and Golay 1964): least-squares polynomials over 5, 7 or 9 samples, and their derivatives."""


def build_direct(draw: Draw, draft: Draft) -> Case:
    """A convolution with given taps; their number is known or told, the window causal, centred or ahead, and borders by rule."""
    signal = Signal(draft)
    static = draw.choice((0, 0, 3, 4, 5, 6, 7, 9))
    taps = draft.array(draft.name(*TAPS), draft.real, static or "taps")
    alignment = draw.choice(("causal", "causal", "centred", "ahead"))
    rule = signal.border()
    i = signal.i
    with signal.threads():
        count = str(static) if static else draft.extent(draw.choice(("num_taps", "order", "width")), taps, size="taps")
        half = str(static // 2) if static else f"{count} // 2"
        time = {"causal": f"{i} - k", "centred": f"{i} + k - {half}", "ahead": f"{i} + k"}[alignment]
        total = draft.name(*SUMS)
        draft.line(f"{total} = {draft.zero()}")
        inline = rule == "zero" and draw.chance(0.5)
        with draft.block(f"for k in range({count}):"):
            if inline:
                draft.line(f"j = {time}")
                with draft.block(f"if j >= 0 and j < {signal.length()}:"):
                    draft.line(f"{total} += {taps}[k] * {signal.name}[{signal.at('j')}]")
            else:
                signal.fetch(rule, "tapped", time)
                draft.line(f"{total} += {taps}[k] * tapped")
        signal.measure()
        here = "np.arange(length)[:, None]"
        numbers = f"np.arange(len({taps}))"
        signal.gather(
            rule,
            "near",
            {"causal": f"{here} - {numbers}", "centred": f"{here} + {numbers} - len({taps}) // 2", "ahead": f"{here} + {numbers}"}[
                alignment
            ],
        )
        draft.numpy(f"{total} = np.sum(near * {taps}, axis=-1)")
        value = draft.known(total, draft.real, -9.0, 9.0)
        signal.finish(value, linear=not static)
    name = draw.choice(("fir_filter", f"fir_{alignment}", "convolve_signal", "apply_fir"))
    return draft.case(name, signal.dim, signal.sizes(taps=(2, 5, draw.choice((8, 9, 11)))))


def build_folded(draw: Draw, draft: Draft) -> Case:
    """A linear-phase filter: taps that are symmetric or antisymmetric, so that two samples share a product."""
    signal = Signal(draft)
    pairs = draw.choice((1, 2, 3, 4))
    odd = draw.chance(0.25)
    middle = not odd and draw.chance(0.7)
    rule = signal.border()
    by_value = pairs <= 2 and draw.chance(0.4)
    if by_value:
        weights = [w.name for w in draft.parameters(*((f"h{k}", -0.6, 0.9) for k in range(pairs + middle))).values()]
    else:
        taps = draft.array(draft.name(*TAPS), draft.real, pairs + middle)
        weights = [f"{taps}[{k}]" for k in range(pairs + middle)]
    sign = "-" if odd else "+"
    i = signal.i
    looped = not by_value and draw.chance(0.5)
    total = draft.name(*SUMS)
    with signal.threads():
        first = f"{weights[pairs]} * {signal.name}[{signal.here}]" if middle else draft.zero()
        draft.line(f"{total} = {first}")
        if looped:
            with draft.block(f"for k in range({pairs}):"):
                signal.fetch(rule, "behind", f"{i} - k - 1")
                signal.fetch(rule, "ahead", f"{i} + k + 1")
                draft.line(f"{total} += {taps}[k] * (behind {sign} ahead)")
        else:
            for k in range(pairs):
                signal.fetch(rule, f"behind{k}", f"{i} - {k + 1}")
                signal.fetch(rule, f"ahead{k}", f"{i} + {k + 1}")
                draft.line(f"{total} += {weights[k]} * (behind{k} {sign} ahead{k})")
        signal.measure()
        reach = f"np.arange(-{pairs}, {pairs + 1})"
        signal.gather(rule, "near", f"np.arange(length)[:, None] + {reach}")
        sides = f"{', '.join(reversed(weights[:pairs]))}, {weights[pairs] if middle else '0.0'}"
        mirrored = ", ".join(("-" if odd else "") + w for w in weights[:pairs])
        draft.numpy(f"impulse_response = np.array([{sides}, {mirrored}], near.dtype)", f"{total} = near @ impulse_response")
        signal.finish(draft.known(total, draft.real, -9.0, 9.0))
    name = draw.choice(("linear_phase_fir", "symmetric_fir" if not odd else "antisymmetric_fir", "folded_fir"))
    # Over one sample an antisymmetric filter comes to nothing, and rounding alone is left.
    return draft.case(name, signal.dim, signal.sizes(9 if odd else 1))


def build_savitzky_golay(draw: Draw, draft: Draft) -> Case:
    """Smoothing or differentiation by a local polynomial, whose weights stand in the text."""
    signal = Signal(draft)
    kind = draw.choice(tuple(SAVITZKY_GOLAY))
    weights, norm = SAVITZKY_GOLAY[kind]
    reach = len(weights) // 2
    rule = signal.border(("hold", "wrap", "mirror"))
    total = draft.name("smoothed" if "smooth" in kind else "derivative", *SUMS)
    spacing = ""
    i = signal.i
    with signal.threads():
        terms = []
        for k, weight in enumerate(weights):
            if weight == 0.0:
                continue
            offset = k - reach
            signal.fetch(rule, f"s{k}", i if offset == 0 else f"{i} {'+' if offset > 0 else '-'} {abs(offset)}")
            terms.append(f"{draft.number(weight)} * s{k}")
        if draw.chance(0.5):
            draft.line(f"{total} = ({' + '.join(terms)}) / {draft.number(norm)}")
        else:
            draft.line(f"{total} = {terms[0]}", *(f"{total} += {term}" for term in terms[1:]), f"{total} /= {draft.number(norm)}")
        signal.measure()
        signal.gather(rule, "near", f"np.arange(length)[:, None] + np.arange(-{reach}, {reach + 1})")
        draft.numpy(f"{total} = near @ np.array({list(weights)}, near.dtype) / {norm}")
        if "smooth" not in kind and draw.chance(0.6):
            spacing = draft.parameter(draw.choice(("dt", "spacing", "sample_period")), 0.2, 2.0).name
            draft.both(f"{total} = {total} / {spacing}" if "slope" in kind else f"{total} = {total} / ({spacing} * {spacing})")
        signal.finish(draft.known(total, draft.real, -30.0, 30.0))
    return draft.case(draw.choice((f"savgol_{kind}", "savitzky_golay", "polynomial_filter")), signal.dim, signal.sizes(9))


def build_moving(draw: Draw, draft: Draft) -> Case:
    """Statistics over a moving window: mean, power, variance, a score, extent, roughness."""
    signal = Signal(draft)
    width = draw.choice((3, 4, 5, 7, 8))
    kind = draw.choice(("mean", "power", "variance", "score", "range", "total_variation", "crest", "weighted"))
    # Of a window that holds one sample alone, a variance is nothing but rounding.
    spread = kind in ("variance", "score")
    rule = signal.border(("wrap", "mirror") if spread else ("hold", "wrap", "mirror"))
    behind = width - 1 if draw.chance(0.5) else width // 2
    i = signal.i
    zero = draft.zero()
    with signal.threads():
        time = f"{i} + k - {behind}"
        start: tuple[str, ...] = (f"mean = {zero}",)
        add: tuple[str, ...] = ("mean += s",)
        after: tuple[str, ...] = (f"value = mean / {float(width)}",)
        numpy = "value = np.mean(near, axis=-1)"
        if kind in ("power", "crest"):
            start, add = (f"power = {zero}",), ("power += s * s",)
            after, numpy = (f"value = power / {float(width)}",), "value = np.mean(near * near, axis=-1)"
        if kind == "crest":
            start, add = (*start, f"peak = {zero}"), (*add, "peak = wp.max(peak, wp.abs(s))")
            after = (f"value = peak / wp.sqrt(power / {float(width)} + 0.01)",)
            numpy = "value = np.max(np.abs(near), axis=-1) / np.sqrt(np.mean(near * near, axis=-1) + 0.01)"
        if kind in ("variance", "score"):
            start, add = (f"mean = {zero}", f"power = {zero}"), ("mean += s", "power += s * s")
            after = (f"mean = mean / {float(width)}", f"value = power / {float(width)} - mean * mean")
            numpy = "value = np.var(near, axis=-1)"
        if kind == "score":
            after = (*after, "own = SELF", "value = (own - mean) / wp.sqrt(value + 0.1)")
            numpy = f"value = ({signal.view(signal.name)} - np.mean(near, axis=-1)) / np.sqrt(np.var(near, axis=-1) + 0.1)"
        if kind == "range":
            start = (f"low = {draft.number(1.0e6)}", f"high = {draft.number(-1.0e6)}")
            add, after = ("low = wp.min(low, s)", "high = wp.max(high, s)"), ("value = high - low",)
            numpy = "value = np.max(near, axis=-1) - np.min(near, axis=-1)"
        if kind == "total_variation":
            start, add = (f"value = {zero}", "last = SELF"), ("value += (s - last) * (s - last)", "last = s")
            after = ()
            own = f"{signal.view(signal.name)}[..., None]"
            numpy = f"value = np.sum(np.diff(np.concatenate([{own}, near], axis=-1), axis=-1) ** 2, axis=-1)"
        if kind == "weighted":
            ramp = draft.array(draft.name("window", "profile", "fade"), draft.real, width, low=0.1)
            start, add = (f"mean = {zero}", f"norm = {zero}"), (f"mean += {ramp}[k] * s", f"norm += {ramp}[k]")
            after, numpy = ("value = mean / norm",), f"value = near @ {ramp} / np.sum({ramp})"
        own = f"{signal.name}[{signal.here}]"
        draft.line(*(line.replace("SELF", own) for line in start))
        with draft.block(f"for k in range({width}):"):
            signal.fetch(rule, "s", time)
            draft.line(*add)
        draft.warp_formula(*(line.replace("SELF", own) for line in after))
        signal.measure()
        signal.gather(rule, "near", f"np.arange(length)[:, None] + np.arange({width}) - {behind}")
        draft.numpy(numpy)
        signal.finish(draft.known("value", draft.real, -9.0, 9.0))
    return draft.case(draw.choice((f"moving_{kind}", f"rolling_{kind}", f"windowed_{kind}")), signal.dim, signal.sizes(9 if spread else 1))


def build_complex(draw: Draw, draft: Draft) -> Case:
    """A filter with complex taps over in-phase and quadrature samples, in separate arrays."""
    static = draw.choice((0, 3, 4, 5, 6))
    i = draw.choice(("i", "t", "tid"))
    draft.reserve("length", "at", "near", "k", "j", i)
    re, im = draw.choice((("in_phase", "quadrature"), ("sig_re", "sig_im"), ("x_re", "x_im")))
    tap_re, tap_im = draw.choice((("tap_re", "tap_im"), ("h_re", "h_im")))
    for name in (re, im):
        draft.array(name, draft.real, "n")
    for name in (tap_re, tap_im):
        draft.array(name, draft.real, static or "taps", domain=Uniform(-0.7, 0.7))
    conjugate = draw.chance(0.4)
    sign, other = ("+", "-") if conjugate else ("-", "+")
    with draft.threads((i, "n", re, 0)):
        count = str(static) if static else draft.extent("num_taps", tap_re, size="taps")
        draft.line(f"sum_re = {draft.zero()}", f"sum_im = {draft.zero()}")
        with draft.block(f"for k in range({count}):"):
            draft.line(f"j = {i} - k")
            with draft.block("if j >= 0:"):
                draft.line(f"a = {re}[j]", f"b = {im}[j]", f"c = {tap_re}[k]", f"d = {tap_im}[k]")
                draft.line(f"sum_re += a * c {sign} b * d", f"sum_im += b * c {other} a * d")
        draft.numpy(
            f"length = len({re})",
            f"at = np.arange(length)[:, None] - np.arange(len({tap_re}))",
            f"near_re = np.where(at >= 0, {re}[np.maximum(at, 0)], 0.0)",
            f"near_im = np.where(at >= 0, {im}[np.maximum(at, 0)], 0.0)",
        )
        minus = "-" if conjugate else ""
        draft.numpy(
            f"filtered = (near_re + 1j * near_im) @ ({tap_re} + {minus or '+'}1j * {tap_im})".replace("+ -", "- ").replace("+ +", "+ "),
            "sum_re, sum_im = filtered.real, filtered.imag",
        )
        if static and draw.chance(0.5):
            draft.formula(
                draw.choice(("power = sum_re * sum_re + sum_im * sum_im", "power = wp.sqrt(sum_re * sum_re + sum_im * sum_im + 0.01)"))
            )
            out = draft.output(draft.name("power_out", "magnitude", "spectrum_out"), draft.real, "n")
            value = draft.fused(
                "shown", draft.real, [draft.known("power", draft.real, 0.0, 30.0), *draft.some_parameters(("floor_level", "scale"), 1)]
            )
            draft.store(out, i, value.name)
        for part in ("re", "im"):
            out = draft.output(f"out_{part}", draft.real, "n")
            draft.store(out, i, f"sum_{part}")
    sizes = [{"n": n, "taps": m} for n, m in zip(draw.sizes(150), (2, 4, draw.choice((7, 9))), strict=True)]
    return draft.case(draw.choice(("complex_fir", "filter_iq", "channel_filter")), ["n"], sizes)
