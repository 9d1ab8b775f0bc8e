"""From signals to spectra over time: spectrograms of short frames, filter banks, correlations by lag, linear prediction, phase tables."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, finish
from kernels.draw import Draw
from kernels.families.fourier.complexes import row
from kernels.families.fourier.transforms import FIELDS, PI


def build_spectrogram(draw: Draw, draft: Draft) -> Case:
    """A thread for each bin of each frame: window, transform, power, level."""
    width = draw.choice((4, 6, 8, 12, 16))
    hop = draw.choice((width, width // 2, 3))
    f, k = draw.choice((("frame", "k"), ("f", "b"), ("t", "bin_index")))
    draft.reserve(f, k, "j", "start", "angle", "sum_re", "sum_im", "value", "near", "power", "at", "weight")
    signal = draft.array(draft.name("signal", "audio", "x"), draft.real, f"{hop} * frames + {width - hop}")
    window = draw.choice(("none", "table", "hann", "sine"))
    table = draft.array("window", draft.real, width, low=0.1) if window == "table" else ""
    real, precision = draft.real.spelling, draft.precision
    draft.line(f"{f}, {k} = wp.tid()")
    step = draft.count("hop", size=str(hop)) if draw.chance(0.4) else str(hop)
    draft.line(f"start = {f} * {step}", f"sum_re = {draft.zero()}", f"sum_im = {draft.zero()}")
    with draft.block(f"for j in range({width}):"):
        draft.line(f"value = {signal}[start + j]")
        draft.line(draft.warp(f"angle = {2.0 * 3.141592653589793 / width!r} * {real}((j * {k}) % {width})"))
        if table:
            draft.line(f"value = value * {table}[j]")
        elif window == "hann":
            draft.line(draft.warp(f"value = value * (0.5 - 0.5 * wp.cos({PI} * {real}(2 * j + 1) / {float(width)}))"))
        elif window == "sine":
            draft.line(draft.warp(f"value = value * wp.sin(0.5 * {PI} * {real}(2 * j + 1) / {float(width)})"))
        draft.line("sum_re += value * wp.cos(angle)", "sum_im -= value * wp.sin(angle)")
    weights = {
        "none": "",
        "table": f" * {table}",
        "hann": f" * (0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange({width}) + 0.5) / {width})).astype({precision})",
        "sine": f" * np.sin(np.pi * (np.arange({width}) + 0.5) / {width}).astype({precision})",
    }[window]
    draft.numpy(
        f"at = {hop} * np.arange(dim[0])[:, None] + np.arange({width})",
        f"turns = {precision}(2.0 * np.pi / {width}) * (np.outer(np.arange({width}), np.arange(dim[1])) % {width}).astype({precision})",
        f"spectra = ({signal}[at]{weights}) @ np.exp(-1j * turns)",
        "sum_re, sum_im = np.asarray(spectra.real), np.asarray(spectra.imag)",
    )
    draft.formula("power = sum_re * sum_re + sum_im * sum_im")
    kind = draw.choice(("power", "magnitude", "level", "compressed", "whitened"))
    if kind == "whitened":
        floor = draft.array(draft.name("noise", "background"), draft.real, "bins", domain=Uniform(0.2, 1.0))
        draft.line(f"power = power / ({floor}[{k}] + power)")
        draft.numpy(f"power = power / ({floor} + power)")
    elif kind != "power":
        draft.formula(
            {
                "magnitude": "power = wp.sqrt(power + 0.001)",
                "level": "power = 10.0 * 0.4342945 * wp.log(power + 0.01)",
                "compressed": "power = wp.cbrt(power + 0.01)",
            }[kind]
        )
    finish(
        draft,
        draft.known("power", draft.real, -20.0, 90.0),
        ("spectrogram", "image", "features"),
        f"{f}, {k}",
        ("frames", "bins"),
        fields=FIELDS,
    )
    sizes = [{"frames": m, "bins": width // 2 + 1} for m in (1, draw.choice((5, 7)), draw.integer(9, 15))]
    return draft.case(draw.choice(("spectrogram", f"stft_{kind}", "short_time_spectrum")), ["frames", "bins"], sizes)


def build_filter_bank(draw: Draw, draft: Draft) -> Case:
    """A bank of triangles or given weights over a power spectrum, in bands, with a level; or cepstral coefficients."""
    bins = draw.choice((0, 6, 8, 12, 16))
    f, m = draw.choice((("frame", "band"), ("f", "m"), ("t", "band")))
    draft.reserve(f, m, "k", "total", "weight", "center", "bands", "value", "half_width")
    power = draft.array(draft.name("power", "spectrum", "spectra"), draft.real, "frames", bins or "bins", domain=Uniform(0.05, 1.0))
    kind = draw.choice(("weights", "triangle", "cosine"))
    weights = draft.array(draft.name("mel", "filterbank"), draft.real, "bands", bins or "bins", low=0.0) if kind == "weights" else ""
    centers = draft.array("centers", draft.real, "bands", domain=Uniform(1.1, 4.9)) if kind == "triangle" else ""
    real, precision = draft.real.spelling, draft.precision
    draft.line(f"{f}, {m} = wp.tid()")
    count = str(bins) if bins else draft.extent("num_bins", power, 1, size="bins")
    if centers:
        draft.line(f"center = {centers}[{m}]")
        width = draft.knob(draft.name("half_width", "spread"), 1.2, 2.6)
    draft.line(f"total = {draft.zero()}")
    with draft.block(f"for k in range({count}):"):
        if kind == "weights":
            draft.line(f"total += {weights}[{m}, k] * {power}[{f}, k]")
        elif kind == "triangle":
            draft.line(
                draft.warp(f"weight = wp.max(1.0 - wp.abs({real}(k + 1) - center) / {width.numpy()}, 0.0)"),
                f"total += weight * {power}[{f}, k]",
            )
        else:
            draft.line(draft.warp(f"angle = {PI} * {real}({m} * (2 * k + 1)) / {real}(2 * {count})"))
            place = f"{power}[{f}, k]"
            how = draw.choice(("log", "log", "plain", "law"))
            law = Law(draft, draw.choice(("compress", "loudness")), 0.05, 1.0) if how == "law" else None
            shown = {"log": f"wp.log({place})", "plain": place}.get(how, "") or (law.warp(place) if law is not None else "")
            draft.line(f"total += wp.cos(angle) * {shown}")
            draft.numpy(f"values = {law.numpy(power) if law is not None else f'np.log({power})' if how == 'log' else power}")
    order = f"np.arange({power}.shape[1])"
    if kind == "weights":
        draft.numpy(f"total = {power} @ {weights}.T")
    elif kind == "triangle":
        draft.numpy(
            f"bands = np.maximum(1.0 - np.abs(({order} + 1).astype({precision}) - {centers}[:, None]) / {width.numpy()}, 0.0)",
            f"total = {power} @ bands.T",
        )
    else:
        draft.numpy(
            f"turns = np.arange(dim[1])[:, None] * (2 * {order} + 1)",
            f"bands = np.cos(np.pi * turns.astype({precision}) / (2 * {power}.shape[1]))",
            "total = values @ bands.T",
        )
    if bins and kind != "cosine" and draw.chance(0.6):
        draft.formula("total = wp.log(total + 0.05)")
    finish(
        draft,
        draft.known("total", draft.real, -9.0, 20.0),
        ("bands_out", "mel_out", "features"),
        f"{f}, {m}",
        ("frames", "bands"),
        linear=not bins,
        fields=FIELDS,
    )
    sizes = [{"frames": r, "bands": b, "bins": k} for r, b, k in ((1, 1, 3), (3, 4, 7), (draw.integer(9, 13), draw.choice((5, 7)), 12))]
    return draft.case(
        draw.choice((f"{kind}_bands", "filter_bank", "mel_bands" if kind != "cosine" else "cepstrum")), ["frames", "bands"], sizes
    )


def build_correlation(draw: Draw, draft: Draft) -> Case:
    """Correlation at a lag: of a signal with itself or another, open or circular, biased or not, differences in place of products."""
    prefix, b, batch = row(draft, 0.35)
    length = draw.choice((0, 0, 0, 6, 8, 12))
    lag, j = draw.choice((("lag", "j"), ("tau", "i"), ("m", "k")))
    draft.reserve(lag, j, "n", "total", "value", "other", "at", "near", "products", "energy", "count", "inside")
    extent = length or "n"
    x = draft.array(draft.name("x", "signal", "samples"), draft.real, *batch, extent)
    y = draft.array(draft.name("y", "reference_signal"), draft.real, *batch, extent) if draw.chance(0.35) else x
    circular = draw.chance(0.3)
    kind = draw.choice(("product", "product", "difference", "magnitude", "centred"))
    mean = draft.array("means", draft.real, *(batch or (1,)), low=-0.3, high=0.3) if kind == "centred" else ""
    normalized = bool(length) and not circular and kind == "product" and draw.chance(0.5)
    draft.line(f"{b}, {lag} = wp.tid()" if b else f"{lag} = wp.tid()")
    n = str(length) if length else draft.extent("n", x, len(batch))
    if mean:
        draft.line(f"mean = {mean}[{b or 0}]")
        draft.numpy(f"mean = {mean}[:, None]" if b else f"mean = {mean}[0]")
    draft.line(f"total = {draft.zero()}", *([f"energy = {draft.zero()}"] if normalized else []))
    static_guard = bool(length) or draw.chance(0.5)
    head = f"for {j} in range({n}):" if circular or static_guard else f"for {j} in range({n} - {lag}):"
    law = Law(draft, draw.choice(("clipped", "centre_clip", "shaped_sample")), -1.3, 1.3) if draw.chance(0.3) else None
    with draft.block(head):

        def body() -> None:
            draft.line(f"value = {x}[{prefix}{j}]{' - mean' if mean else ''}", f"other = {y}[{prefix}{at}]{' - mean' if mean else ''}")
            if law is not None:
                draft.line(f"value = {law.warp('value')}", f"other = {law.warp('other')}")
            draft.line(
                {
                    "product": "total += value * other",
                    "centred": "total += value * other",
                    "difference": "diff = value - other",
                    "magnitude": "total += wp.abs(value - other)",
                }[kind]
            )
            if kind == "difference":
                draft.line("total += diff * diff")
            if normalized:
                draft.line("energy += value * value + other * other")

        at = f"({j} + {lag}) % {n}" if circular else f"{j} + {lag}"
        if not circular and static_guard:
            with draft.block(f"if {j} + {lag} < {n}:"):
                body()
        else:
            body()
    less = " - mean[..., None]" if mean and b else " - mean" if mean else ""
    draft.numpy(
        f"count = {x}.shape[-1]",
        "at = np.arange(count) + np.arange(count)[:, None]",
        f"near = {y}[..., at % count]",
        f"value, other = {x}[..., None, :]{less}, near{less}",
        *([f"value, other = {law.numpy('value')}, {law.numpy('other')}"] if law is not None else []),
        f"products = { ({'difference': '(value - other) ** 2', 'magnitude': 'np.abs(value - other)'}.get(kind, 'value * other')) }",
    )
    if not circular:
        draft.numpy("products = np.where(at < count, products, 0.0)")
    draft.numpy("total = np.sum(products, axis=-1)")
    real, precision = draft.real.spelling, draft.precision
    scale = draw.choice(("none", "biased", "unbiased", "taper"))
    if normalized:
        draft.warp_formula("total = 2.0 * total / (energy + 0.1)")
        draft.numpy("energy = np.sum(np.where(at < count, value ** 2 + other ** 2, 0.0), axis=-1)", "total = 2.0 * total / (energy + 0.1)")
    elif scale == "biased":
        draft.line(f"total = total / {real}({n})")
        draft.numpy(f"total = total / {precision}(count)")
    elif scale == "unbiased" and not circular:
        draft.line(f"total = total / {real}({n} - {lag})")
        draft.numpy(f"total = total / (count - np.arange(count)).astype({precision})")
    elif scale == "taper":
        draft.line(draft.warp(f"total = total * (1.0 - {real}({lag}) / {real}({n}))"))
        draft.numpy(f"total = total * (1.0 - np.arange(count).astype({precision}) / {precision}(count))")
    finish(
        draft,
        draft.known("total", draft.real, -20.0, 20.0),
        ("correlation", "acf", "r_out"),
        f"{prefix}{lag}",
        (*batch, extent),
        linear=not length,
        fields=FIELDS,
    )
    sizes = [
        {"n": n, "batches": r} for n, r in zip((draw.choice((1, 2)), draw.choice((7, 11)), draw.integer(17, 31)), (1, 3, 4), strict=True)
    ]
    name = draw.choice(("autocorrelation" if y == x else "cross_correlation", f"correlate_{kind}", "lag_sum"))
    return draft.case(name, (*batch, extent), sizes)


def build_prediction(draw: Draw, draft: Draft) -> Case:
    """Linear prediction from correlations per row: the recursion of Levinson and Durbin written out for two or three coefficients."""
    order = draw.choice((2, 3))
    i = draw.choice(("i", "frame", "tid"))
    draft.reserve(
        i,
        "error",
        "k1",
        "k2",
        "k3",
        "coefficients",
        "matrix",
        "right",
        "numbers",
        *(f"{c}{m}{n}" for c in "a" for m in "123" for n in "123"),
    )
    r = draft.array(draft.name("r", "acf", "correlations"), draft.real, "frames", order + 1, domain=Uniform(-0.3, 0.3))
    power = draft.array(draft.name("power", "zero_lag"), draft.real, "frames", domain=Uniform(1.0, 2.0))
    with draft.threads((i, "frames", r, 0)):
        draft.line(f"r0 = {power}[{i}]", *(f"r{k} = {r}[{i}, {k}]" for k in range(1, order + 1)))
        told = draw.chance(0.8)
        draft.line("k1 = -r1 / r0", "a11 = k1", draft.warp("error1 = r0 * (1.0 - k1 * k1)"))
        draft.line("k2 = -(r2 + a11 * r1) / error1", "a21 = a11 + k2 * a11", "a22 = k2")
        if told or order == 3:
            draft.line(draft.warp("error2 = error1 * (1.0 - k2 * k2)"))
        if order == 3:
            draft.line("k3 = -(r3 + a21 * r2 + a22 * r1) / error2", "a31 = a21 + k3 * a22", "a32 = a22 + k3 * a21", "a33 = k3")
            if told:
                draft.line(draft.warp("error3 = error2 * (1.0 - k3 * k3)"))
        # By definition the coefficients solve the Toeplitz equations of the correlations.
        draft.numpy(
            f"numbers = np.concatenate([{power}[:, None], {r}[:, 1:]], axis=1)",
            f"at = np.arange({order})",
            "matrix = numbers[:, np.abs(at[:, None] - at)]",
            "coefficients = np.linalg.solve(matrix, -numbers[:, 1:, None])[..., 0]",
            *(f"a{order}{k} = coefficients[:, {k - 1}]" for k in range(1, order + 1)),
            f"error{order} = numbers[:, 0] + np.sum(coefficients * numbers[:, 1:], axis=1)",
        )
        out = draft.output(draft.name("lpc", "predictor"), draft.real, "frames", order)
        draft.line(*(f"{out}[{i}, {k - 1}] = a{order}{k}" for k in range(1, order + 1)))
        draft.numpy(f"{out} = coefficients")
        if told:
            finish(draft, draft.known(f"error{order}", draft.real, 0.1, 2.5), ("error_out", "gain_sq", "residual_power"), i, ("frames",))
    return draft.case(
        draw.choice(("levinson_durbin", "linear_prediction", "lpc_frames")), ["frames"], [{"frames": n} for n in draw.sizes(120)]
    )
