"""Sums of waves at given frequencies: series, spectra anywhere, samples at uneven places."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, finish
from kernels.draw import Draw
from kernels.families.fourier.complexes import ComplexStyle
from kernels.families.fourier.transforms import OUTPUTS


def build_tones(draw: Draw, draft: Draft) -> Case:
    """Sums of waves at frequencies that are given: a Fourier series, a spectrum at any frequency, non-uniform samples and modes."""
    kind = draw.choice(("series", "spectrum", "nonuniform", "modes"))
    static = draw.choice((0, 3, 4, 5, 8))
    i, j = draw.choice((("i", "j"), ("q", "k"), ("tid", "m")))
    draft.reserve(i, j, "angle", "sum_re", "sum_im", "value", "n", "count", "a_j", "b_j")
    real, precision = draft.real.spelling, draft.precision
    extent = static or "count"
    places = draft.array(draft.name("positions", "times", "frequencies"), draft.real, "n", low=-1.5, high=1.5)
    if kind == "modes":
        weights = draft.array(draft.name("strengths", "charges"), draft.real, "n")
        draft.line(f"{i}, {j} = wp.tid()", draft.warp(f"angle = {real}({j}) * {places}[{i}]"))
        draft.numpy(f"angle = {places}[:, None] * np.arange(dim[1]).astype({precision})")
        style = ComplexStyle(draft)
        out = style.array("modes", "m", accumulate=True)
        draft.line(f"value = {weights}[{i}]")
        draft.numpy(f"value = {weights}")
        shape = draw.choice(("plain", "own", "spread", "both"))
        if shape in ("own", "both"):
            law = Law(draft, "strength_law", -1.0, 1.0)
            draft.line(f"value = {law.warp('value')}")
            draft.numpy(f"value = {law.numpy('value')}")
        if shape in ("spread", "both"):
            width = draft.knob(draft.name("width", "softening"), 0.1, 0.5).numpy()
            draft.line(draft.warp(f"window = wp.exp(-0.1 * {width} * {real}({j} * {j}))"), "value = value * window")
            draft.numpy(f"value = value[:, None] * np.exp(-0.1 * {width} * (np.arange(dim[1]) ** 2).astype({precision}))")
        else:
            draft.numpy("value = value[:, None]")
        out.add(j, "value * wp.cos(angle)", "-value * wp.sin(angle)")
        draft.numpy("waves = np.sum(value * np.exp(-1j * angle), axis=0)")
        out.hold("waves")
        sizes = [{"n": n, "m": m} for n, m in ((1, 1), (7, 5), (draw.integer(13, 19), 9))]
        return draft.case(draw.choice(("nonuniform_modes", "structure_factor", "nufft_type1")), ("n", "m"), sizes)
    first = draft.array(draft.name("a", "cos_weights", "amplitude"), draft.real, extent)
    second = draft.array(draft.name("b", "sin_weights"), draft.real, extent) if kind == "series" or draw.chance(0.4) else ""
    offset = draft.array(draft.name("sample_times", "wave_numbers"), draft.real, extent, low=0.0, high=2.0) if kind == "nonuniform" else ""
    with draft.threads((i, "n", places, 0)):
        draft.line(f"place = {places}[{i}]", f"sum_re = {draft.zero()}", *([f"sum_im = {draft.zero()}"] if kind != "series" else []))
        m = str(static) if static else draft.extent("count", first)
        with draft.block(f"for {j} in range({m}):"):
            # An unrolled loop's counter may be cast to float64 only within an expression.
            shifted = bool(static) or draw.chance(0.5)
            draft.line(f"a_j = {first}[{j}]", *([f"b_j = {second}[{j}]"] if second else []))
            factor = f"{offset}[{j}]" if offset else f"{real}({j}{' + 1' if shifted else ''})"
            draft.line(f"angle = {factor} * place")
            both = " + b_j * wp.sin(angle)" if second else ""
            draft.line(f"sum_re += a_j * wp.cos(angle){both}")
            if kind != "series":
                draft.line("sum_im -= a_j * wp.sin(angle)")
        order = offset or f"(np.arange(len({first})){' + 1' if shifted else ''}).astype({precision})"
        draft.numpy(f"angle = {places}[:, None] * {order}", f"sum_re = np.cos(angle) @ {first}")
        if second:
            draft.numpy(f"sum_re = sum_re + np.sin(angle) @ {second}")
        if kind != "series":
            draft.numpy(f"sum_im = -np.sin(angle) @ {first}")
        name = "sum_re"
        if kind != "series" and static and draw.chance(0.5):
            name = "level"
            draft.formula("level = sum_re * sum_re + sum_im * sum_im")
        elif kind != "series":
            draft.store(draft.output("imaginary", draft.real, "n"), i, "sum_im")
        finish(draft, draft.known(name, draft.real, -90.0, 90.0), OUTPUTS, i, ("n",), linear=not static)
    sizes = [{"n": n, "count": m} for n, m in zip(draw.sizes(120), (2, 5, 9), strict=True)]
    return draft.case(draw.choice((f"fourier_{kind}", "evaluate_series", "harmonic_sum")), ["n"], sizes)
