"""Single tones: Goertzel's filter."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw


def build_goertzel(draw: Draw, draft: Draft) -> Case:
    """The strength of single tones: Goertzel's recursion over a block of samples, for each frequency or each block."""
    length = draw.choice((0, 8, 12, 16))
    pairs = draw.chance(0.4)
    i = draw.choice(("i", "tid", "bin"))
    draft.reserve(i, "j", "s0", "s1", "s2", "coeff", "angle", "block_index")
    signal = draft.array(draft.name("samples", "signal", "x"), draft.real, *(("blocks",) if pairs else ()), length or "length")
    angles = draft.array(draft.name("omega", "frequency", "tone"), draft.real, "n", low=0.3, high=2.8, differentiable=bool(length))
    window = draft.array("window", draft.real, length or "length", low=0.1) if draw.chance(0.3) else ""
    draft.line(f"block_index, {i} = wp.tid()" if pairs else f"{i} = wp.tid()")
    draft.line(f"angle = {angles}[{i}]", draft.warp("coeff = 2.0 * wp.cos(angle)"), f"s1 = {draft.zero()}", f"s2 = {draft.zero()}")
    count = str(length) if length else draft.extent("length", signal, 1 if pairs else 0)
    with draft.block(f"for j in range({count}):"):
        load = f"{signal}[block_index, j]" if pairs else f"{signal}[j]"
        draft.line(f"s0 = {load}{f' * {window}[j]' if window else ''} + coeff * s1 - s2", "s2 = s1", "s1 = s0")
    # By definition the sum of x[j] times a phasor that ends at angle zero one step after the last sample.
    weighted = f"{signal} * {window}" if window else signal
    draft.numpy(
        f"angle = {angles}",
        f"back = np.arange({signal}.shape[-1])[::-1].astype({draft.precision})",
        "turn = angle[:, None] * back",
        f"real_part = ({weighted}) @ np.cos(turn).T",
        f"imag_part = ({weighted}) @ np.sin(turn).T",
    )
    draft.line("real_part = s1 - s2 * wp.cos(angle)", "imag_part = s2 * wp.sin(angle)")
    dim = ("blocks", "n") if pairs else ("n",)
    here = f"block_index, {i}" if pairs else i
    kind = draw.choice(("power", "magnitude", "parts", "decibel")) if length else "parts"
    if kind == "parts":
        for part in ("real_part", "imag_part"):
            draft.store(draft.output(f"{part}_out", draft.real, *dim), here, part)
    else:
        text = {"power": "P", "magnitude": "wp.sqrt(P + 0.01)", "decibel": "4.343 * wp.log(P + 0.01)"}[kind]
        draft.formula("power = real_part * real_part + imag_part * imag_part", f"value = {text.replace('P', 'power')}")
        value = draft.known("value", draft.real, -20.0, 60.0)
        extra = draft.some_parameters(("scale", "threshold", "calibration"), draw.integer(0, 1))
        if draw.chance(0.6) or extra:
            value = draft.fused("reading", draft.real, [value, *extra])
        draft.store(draft.output(draft.name("power_out", "tone_level", "strength"), draft.real, *dim), here, value.name)
    sizes = [
        {"n": n, "blocks": b, "length": m} for n, b, m in zip((1, 7, 23) if pairs else draw.sizes(90), (1, 3, 5), (3, 8, 21), strict=True)
    ]
    return draft.case(draw.choice(("goertzel", "detect_tones", "tone_power")), dim, sizes)
