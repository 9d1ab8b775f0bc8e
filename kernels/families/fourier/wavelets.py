"""Wavelet steps: Haar and Daubechies filters, lifting, steps in two axes, several levels of a short row, shrinkage of coefficients.

Sources: Daubechies, Ten Lectures on Wavelets, 1992; Sweldens 1996 (lifting); Cohen, Daubechies and Feauveau 1992; Donoho 1995 (shrinkage).
"""

from __future__ import annotations

import math

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law
from kernels.drafting.vectors import function_pair
from kernels.draw import Draw
from kernels.families.fourier.complexes import row
from kernels.language.expression import Variable
from kernels.language.types import I32

_R3 = math.sqrt(3.0)
LOWPASS: dict[str, tuple[float, ...]] = {
    "haar": (0.70710678, 0.70710678),
    "db2": tuple(round(c / (4.0 * math.sqrt(2.0)), 8) for c in (1.0 + _R3, 3.0 + _R3, 3.0 - _R3, 1.0 - _R3)),
    "db3": (0.33267055, 0.80689151, 0.45987750, -0.13501102, -0.08544127, 0.03522629),
    "coif1": (-0.01565573, -0.07273262, 0.38486485, 0.85257202, 0.33789766, -0.07273262),
}
"""Low-pass filters of orthogonal wavelets; the high-pass filter has them backwards with alternating signs."""

SHRINKS: dict[str, tuple[str, ...]] = {
    "soft": ("return wp.max(c - t, 0.0) + wp.min(c + t, 0.0)",),
    "firm": ("m = wp.abs(c)", "return c * wp.clamp((m - t) / t, 0.0, 1.0)"),
    "garrote": ("m = c * c + 0.05", "return c * wp.max(1.0 - t * t / m, 0.0)"),
    "smooth": ("return c * c * c / (c * c + t * t)",),
}

LIFTS: dict[str, tuple[tuple[str, float], ...]] = {
    "linear": (("predict", -0.5), ("update", 0.25)),
    "haar": (("own_predict", -1.0), ("own_update", 0.5)),
    "cdf97": (("predict", -1.58613434), ("update", -0.05298012)),
}
"""Lifting steps: what of the neighbours' sum (or of the pair's other sample) is added to the odd, then to the even samples."""


def _shrunk(draft: Draft, name: str) -> None:
    """Sometimes shrinks a coefficient by a threshold."""
    draw = draft.draw
    if not draw.chance(0.4):
        return
    kind = draw.choice(tuple(SHRINKS))
    function = function_pair(draft, f"{kind}_shrink", [("c", draft.real), ("t", draft.real)], SHRINKS[kind], draft.real)
    limit = draft.knob(draft.name("threshold", "sigma_t"), 0.1, 0.5).numpy()
    draft.formula(f"{name} = {function}({name}, {limit})")


def _outputs(draft: Draft, batch: tuple[str, ...], prefix: str, i: str, low: str, high: str, *, packed: bool, half: str) -> None:
    """Stores the two bands: in arrays of their own, one after the other, or interleaved."""
    if packed:
        out = draft.output(draft.name("bands", "coefficients", "out"), draft.real, *batch, "2 * m")
        interleaved = draft.draw.chance(0.4)
        places = (f"2 * {i}", f"2 * {i} + 1") if interleaved else (i, f"{half} + {i}")
        draft.line(f"{out}[{prefix}{places[0]}] = {low}", f"{out}[{prefix}{places[1]}] = {high}")
        both = f"({low}, {high})"
        draft.numpy(
            f"{out} = np.stack({both}, axis=-1).reshape(*{low}.shape[:-1], -1)"
            if interleaved
            else f"{out} = np.concatenate({both}, axis=-1)"
        )
        return
    names = draft.draw.choice((("approx", "detail"), ("low_band", "high_band"), ("smooth_out", "rough_out")))
    for out, value in zip(names, (low, high), strict=True):
        draft.store(draft.output(out, draft.real, *batch, "m"), f"{prefix}{i}", value)


def build_analysis(draw: Draw, draft: Draft) -> Case:
    """A step of analysis: two bands by convolution and decimation, taps in the text or in an array, borders wrapped or held."""
    kind = draw.choice(tuple(LOWPASS))
    taps = LOWPASS[kind]
    width = len(taps)
    prefix, b, batch = row(draft, 0.3)
    i = draw.choice(("i", "k", "tid"))
    draft.reserve(i, "low", "high", "at", "n", "near", "j", "length", "m")
    source = draft.array(draft.name("signal", "samples", "x"), draft.real, *batch, "2 * m")
    wrapped = draw.chance(0.6)
    given = draw.chance(0.35)
    if given:
        for name in ("lowpass", "highpass"):
            draft.array(name, draft.real, width)
    draft.line(f"{b}, {i} = wp.tid()" if b else f"{i} = wp.tid()")
    n = draft.extent("n", source, len(batch), size="2 * m")

    def sample(k: int | str) -> str:
        moved = f"2 * {i} + {k}" if k != 0 else f"2 * {i}"
        if width == 2:
            return f"{source}[{prefix}{moved}]"
        return f"{source}[{prefix}({moved}) % {n}]" if wrapped else f"{source}[{prefix}wp.min({moved}, {n} - 1)]"

    if given and draw.chance(0.6):
        draft.line(f"low = {draft.zero()}", f"high = {draft.zero()}")
        with draft.block(f"for k in range({width}):" if i != "k" else f"for j in range({width}):"):
            k = "k" if i != "k" else "j"
            draft.line(f"s = {sample(k)}", f"low += lowpass[{k}] * s", f"high += highpass[{k}] * s")
    else:
        draft.line(*(f"s{k} = {sample(k)}" for k in range(width)))
        signs = [(-1.0) ** k for k in range(width)]
        lows = [f"lowpass[{k}]" if given else draft.number(taps[k]) for k in range(width)]
        highs = [f"highpass[{k}]" if given else draft.number(signs[k] * taps[width - 1 - k]) for k in range(width)]
        draft.line(f"low = {' + '.join(f'{c} * s{k}' for k, c in enumerate(lows))}")
        draft.line(f"high = {' + '.join(f'{c} * s{k}' for k, c in enumerate(highs))}")
    draft.numpy(f"length = {source}.shape[-1]", f"at = np.arange(0, length, 2)[:, None] + np.arange({width})")
    draft.numpy(f"near = {source}[..., {'at % length' if wrapped else 'np.minimum(at, length - 1)'}]")
    if given:
        draft.numpy("low, high = near @ lowpass, near @ highpass")
    else:
        draft.numpy(
            f"taps = np.array({list(taps)}, near.dtype)", "low = near @ taps", f"high = near @ (taps[::-1] * (-1) ** np.arange({width}))"
        )
    _shrunk(draft, "high")
    if draw.chance(0.35):
        draft.fused(
            "shaped",
            draft.real,
            [Variable(draft.real, draft.known("high", draft.real, -2.0, 2.0).range, "high"), *draft.some_parameters(("gain", "level"), 1)],
        )
        high = "shaped"
    else:
        high = "high"
    _outputs(draft, batch, prefix, i, "low", high, packed=draw.chance(0.4), half=f"({n} // 2)")
    name = draw.choice((f"{kind}_analysis", "wavelet_step", f"dwt_{kind}"))
    return draft.case(name, (*batch, "m"), _sizes(draw))


def _sizes(draw: Draw) -> list[dict[str, int]]:
    return [
        {"m": m, "batches": r} for m, r in zip((draw.choice((1, 3)), draw.choice((7, 11)), draw.integer(17, 33)), (1, 3, 4), strict=True)
    ]


def build_synthesis(draw: Draw, draft: Draft) -> Case:
    """A step of synthesis: two samples from the bands, by gathering with the same filters."""
    kind = draw.choice(("haar", "db2", "db3"))
    taps = LOWPASS[kind]
    width = len(taps)
    prefix, b, batch = row(draft, 0.3)
    i = draw.choice(("i", "k", "tid"))
    draft.reserve(i, "even", "odd", "a", "d", "back", "count", "length", "m")
    approx, detail = draw.choice((("approx", "detail"), ("low_band", "high_band")))
    for name in (approx, detail):
        draft.array(name, draft.real, *batch, "m")
    draft.line(f"{b}, {i} = wp.tid()" if b else f"{i} = wp.tid()")
    m = draft.extent(draw.choice(("m", "half_length")), approx, len(batch), size="m")
    evens: list[str] = []
    odds: list[str] = []
    for k in range(width // 2):
        back = f"({i} - {k} + {m}) % {m}" if k == 1 else f"({i} - {k} + 2 * {m}) % {m}" if k else i
        draft.line(f"a{k} = {approx}[{prefix}{back}]", f"d{k} = {detail}[{prefix}{back}]")
        for parity, terms in ((0, evens), (1, odds)):
            c, w = taps[2 * k + parity], (-1.0) ** (2 * k + parity) * taps[width - 1 - 2 * k - parity]
            terms.append(f"{draft.number(c)} * a{k} + {draft.number(w)} * d{k}")
    draft.line(f"even = {' + '.join(evens)}", f"odd = {' + '.join(odds)}")
    draft.numpy(
        f"count = {approx}.shape[-1]",
        f"taps = np.array({list(taps)}, {approx}.dtype)",
        f"wave = taps[::-1] * (-1) ** np.arange({width})",
        "length = 2 * count",
        f"rebuilt = np.zeros((*{approx}.shape[:-1], length), {approx}.dtype)",
        f"for k in range({width}):",
        "    at = (2 * np.arange(count) + k) % length",
        f"    rebuilt[..., at] = rebuilt[..., at] + taps[k] * {approx} + wave[k] * {detail}",
        "even, odd = rebuilt[..., 0::2], rebuilt[..., 1::2]",
    )
    names = ["even", "odd"]
    if draw.chance(0.5):
        gain = draft.knob(draft.name("gain", "level"), 0.3, 1.5).numpy()
        draft.formula(f"even = {gain} * even", f"odd = {gain} * odd")
    out = draft.output(draft.name("rebuilt_out", "signal", "out"), draft.real, *batch, "2 * m")
    draft.line(f"{out}[{prefix}2 * {i}] = even", f"{out}[{prefix}2 * {i} + 1] = odd")
    draft.numpy(f"{out} = np.stack(({names[0]}, {names[1]}), axis=-1).reshape(*even.shape[:-1], -1)")
    # The filters wrap around the ends; a row must be at least as long as they reach.
    sizes = [{"m": n, "batches": r} for n, r in zip((3, draw.choice((7, 11)), draw.integer(17, 33)), (1, 3, 4), strict=True)]
    return draft.case(draw.choice((f"{kind}_synthesis", "inverse_wavelet_step", f"idwt_{kind}")), (*batch, "m"), sizes)


def build_lifting(draw: Draw, draft: Draft) -> Case:
    """Lifting: predict the odd samples from the even, update the even from the odd; in reals or exact integers."""
    integer = draw.chance(0.25)
    kind = "integer" if integer else draw.choice(tuple(LIFTS))
    i = draw.choice(("i", "k", "tid"))
    draft.reserve(i, "even", "odd", "low", "high", "before", "after", "m", "left", "right", "n")
    element = I32 if integer else draft.real
    domain = Integers(-60, 60) if integer else None
    source = draft.array(draft.name("signal", "samples", "x"), element, "2 * m", domain=domain)
    draft.line(f"{i} = wp.tid()")
    n = draft.extent("n", source, size="2 * m")
    draft.line(f"even = {source}[2 * {i}]", f"odd = {source}[2 * {i} + 1]")
    draft.numpy(f"even, odd = {source}[0::2], {source}[1::2]")
    if integer:
        rule = draw.choice(("pair", "neighbours"))
        if rule == "pair":
            draft.line("high = odd - even", "low = even + (high >> 1)")
            draft.numpy("high = odd - even", "low = even + high // 2")
        else:
            draft.line(
                f"after = {source}[wp.min(2 * {i} + 2, {n} - 2)]", "high = odd - ((even + after) >> 1)", f"left = wp.max(2 * {i} - 2, 0)"
            )
            draft.line(
                f"next_even = {source}[wp.min(left + 2, {n} - 2)]",
                f"high_before = {source}[left + 1] - (({source}[left] + next_even) >> 1)",
            )
            draft.line("low = even + ((high_before + high + 2) >> 2)")
            draft.numpy(
                "after = np.append(even[1:], even[-1])",
                "high = odd - (even + after) // 2",
                "high_before = np.append(high[:1], high[:-1])",
                "low = even + (high_before + high + 2) // 4",
            )
        _quantized(draw, draft, "high", "odd")
        if draw.chance(0.7):
            _quantized(draw, draft, "low", "even")
        for out, value in (("approx", "low"), ("detail", "high")):
            draft.store(draft.output(out, I32, "m"), i, value)
        return draft.case(draw.choice(("integer_lifting", f"s_transform_{rule}")), ["m"], _sizes(draw))
    (_, first), (_, second) = LIFTS[kind]
    if draw.chance(0.3) and kind != "haar":
        names = draft.parameters(("predict_weight", -0.6, -0.3), ("update_weight", 0.15, 0.35))
        p, u = names["predict_weight"].name, names["update_weight"].name
    else:
        p, u = str(first), str(second)
    if kind == "haar":
        draft.formula(f"high = odd + {p} * even", f"low = even + {u} * high")
    else:
        function_pair(
            draft,
            "predict",
            [(name, draft.real) for name in ("odd", "left", "right", "weight")],
            ["return odd + weight * (left + right)"],
            draft.real,
        )
        w = p if p[0].isalpha() else draft.number(float(p))
        draft.line(f"after = {source}[wp.min(2 * {i} + 2, {n} - 2)]", f"high = predict(odd, even, after, {w})")
        # The detail before this one is predicted again, from the samples before; the first one's is its own.
        draft.line(
            f"before = wp.max({i} - 1, 0)", f"even_before = {source}[2 * before]", f"next_even = {source}[wp.min(2 * before + 2, {n} - 2)]"
        )
        draft.line(f"high_before = predict({source}[2 * before + 1], even_before, next_even, {w})")
        draft.numpy(
            "after = np.append(even[1:], even[-1:])",
            f"high = odd + {p} * (even + after)",
            "high_before = np.append(high[:1], high[:-1])",
        )
        draft.formula(f"low = even + {u} * (high_before + high)")
    if draw.chance(0.4):
        law = Law(draft, "shaped_detail", -3.0, 3.0)
        draft.line(f"high = {law.warp('high')}")
        draft.numpy(f"high = {law.numpy('high')}")
    else:
        _shrunk(draft, "high")
    if draw.chance(0.5):
        scale = draft.knob(draft.name("zeta", "scale"), 0.7, 1.4).numpy()
        draft.formula(f"low = low * {scale}", f"high = high / {scale}")
    _outputs(draft, (), "", i, "low", "high", packed=draw.chance(0.3), half=f"({n} // 2)")
    return draft.case(draw.choice((f"lifting_{kind}", "lifting_step", "wavelet_lifting")), ["m"], _sizes(draw))


def _quantized(draw: Draw, draft: Draft, name: str, sample: str) -> None:
    """Makes a coefficient coarser, in exact integers."""
    kind = draw.choice(("shift", "dead_zone", "clamp", "divide", "fold", "plain"))
    size = draw.choice((3, 5, 7))
    warp, numpy = {
        "shift": (f"({name} >> 2) << 2", f"({name} // 4) * 4"),
        "dead_zone": (f"wp.where(wp.abs({name}) < {size}, 0, {name})", f"np.where(np.abs({name}) < {size}, 0, {name})"),
        "clamp": (f"wp.clamp({name}, -{10 * size}, {10 * size})", f"np.clip({name}, -{10 * size}, {10 * size})"),
        "divide": (f"{name} // {size}", f"{name} // {size}"),
        "fold": (f"wp.where({name} < 0, -2 * {name} - 1, 2 * {name})", f"np.where({name} < 0, -2 * {name} - 1, 2 * {name})"),
        "plain": (f"{name} + ({sample} & 1)", f"{name} + ({sample} & 1)"),
    }[kind]
    draft.line(f"{name} = {warp}")
    draft.numpy(f"{name} = {numpy}")
