"""Single stages of fast transforms: butterflies of radix 2 and 4, Walsh-Hadamard stages, permutations, spectra of real signals, residues.

Sources: Cooley and Tukey 1965; Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992; Fino and Algazi 1976.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, finish
from kernels.draw import Draw
from kernels.families.fourier.complexes import ComplexStyle, row
from kernels.families.fourier.transforms import PI

Parts = tuple[str, str]
"""The texts of a complex number's parts."""


def _stage_sizes(draw: Draw, radix: int) -> list[dict[str, int]]:
    """The launches' sizes: `blocks` of `radix` times `half` numbers, `threads` butterflies, `n` numbers."""
    halves = (1, draw.choice((2, 4)), draw.choice((8, 16)))
    blocks = (1, draw.choice((3, 5)), draw.choice((2, 5)))
    return [
        {"half": h, "blocks": m, "threads": h * m, "n": radix * h * m, "stage": h.bit_length() - 1, "batches": r, "span": 2 * h}
        for h, m, r in zip(halves, blocks, (1, 2, 3), strict=True)
    ]


def _half(draw: Draw, draft: Draft) -> tuple[str, str]:
    """The distance between a butterfly's numbers, in the kernel and in the reference: told, or from the stage's number."""
    if draw.chance(0.5):
        told = draft.count(draw.choice(("stride", "distance", "half_size")), size="half")
        return told, told
    stage = draft.count(draw.choice(("stage", "level", "log_half")), size="stage")
    draft.line(f"half = 1 << {stage}")
    return "half", f"1 << {stage}"


def build_butterfly(draw: Draw, draft: Draft) -> Case:
    """A stage of a radix-2 or radix-4 transform, in either order, with phases computed or from a table."""
    radix = draw.choice((2, 2, 2, 4))
    prefix, b, batch = row(draft, 0.25)
    t = draw.choice(("t", "tid", "butterfly"))
    draft.reserve(t, "j", "block", "half", "w", "angle", "numbers", "phases", *(f"{x}{k}" for x in "abiyz" for k in range(4)))
    style = ComplexStyle(draft)
    early = draw.chance(0.5)
    inverse = draw.chance(0.25)
    sign = "" if inverse else "-"
    data = style.array(draw.choice(("x", "data", "src")), *batch, "n")
    out = style.array(draw.choice(("y", "dst", "result")), *batch, "n", output=True)
    table = style.array("twiddle", "half") if radix == 2 and draw.chance(0.35) else None
    draft.line(f"{b}, {t} = wp.tid()" if b else f"{t} = wp.tid()")
    half, told = _half(draw, draft)
    real = draft.real.spelling
    if draw.chance(0.4):
        draft.line(f"j = {t} & ({half} - 1)", f"block = {t} // {half}")
    else:
        draft.line(f"block = {t} // {half}", f"j = {t} - block * {half}")
    draft.line(f"i0 = block * {radix} * {half} + j", *(f"i{k} = i{k - 1} + {half}" for k in range(1, radix)))
    draft.numpy(f"numbers = {data.numbers()}", f"half = {told}", f"numbers = numbers.reshape(*numbers.shape[:-1], -1, {radix}, half)")
    if table is not None:
        w = table.load("w", "j")
        draft.numpy(f"phases = {table.numbers()}")
    else:
        draft.line(draft.warp(f"angle = {sign}2.0 * {PI} * {real}(j) / {real}({radix} * {half})"))
        w = style.phase("w")
        draft.numpy(f"angle = {sign}2.0 * np.pi * np.arange(half) / ({radix} * half)", "phases = np.exp(1j * angle).astype(numbers.dtype)")
    loaded = [data.load(f"a{k}", f"{prefix}i{k}") for k in range(radix)]
    results = _radix_2(style, early, loaded, w) if radix == 2 else _radix_4(style, early, inverse, loaded, w)
    scale = draft.knob(draft.name("norm", "scale"), 0.3, 0.9) if draw.chance(0.45) else None
    for k, result in enumerate(results):
        if scale is not None:
            result = style.named(f"scaled{k}", (_times(scale.warp(), result[0]), _times(scale.warp(), result[1])))
        out.store(f"{prefix}i{k}", *result)
    draft.numpy(
        f"turns = phases ** np.arange({radix})[:, None]",
        f"small = np.exp({sign}2j * np.pi * np.outer(np.arange({radix}), np.arange({radix})) / {radix}).astype(numbers.dtype)",
        "numbers = np.einsum('km,...mj->...kj', small, numbers * turns)"
        if early
        else "numbers = np.einsum('km,...mj->...kj', small, numbers) * turns",
        "numbers = numbers.reshape(*numbers.shape[:-3], -1)",
        *([f"numbers = {scale.numpy()} * numbers"] if scale is not None else []),
    )
    out.hold("numbers")
    name = draw.choice((f"fft_stage_{'dit' if early else 'dif'}", f"radix{radix}_butterfly", "fft_pass"))
    return draft.case(name, (*batch, "threads"), _stage_sizes(draw, radix))


def _times(factor: str, text: str) -> str:
    """The text of a product, the second factor in parentheses where it is a sum."""
    return f"{factor} * ({text})" if " " in text else f"{factor} * {text}"


def _radix_2(style: ComplexStyle, early: bool, a: list[Parts], w: Parts) -> list[Parts]:
    """Two numbers: the second turned before the sum and difference (decimation in time), or the difference turned after."""
    if early:
        turned = style.product("turned", a[1], w)
        return [style.joined("upper", a[0], "+", turned), style.joined("lower", a[0], "-", turned)]
    upper = style.joined("upper", a[0], "+", a[1])
    return [upper, style.product("lower", style.joined("diff", a[0], "-", a[1]), w)]


def _radix_4(style: ComplexStyle, early: bool, inverse: bool, a: list[Parts], w: Parts) -> list[Parts]:
    """Four numbers, turned by the powers of `w` before or after their transform."""
    w2 = style.product("w2", w, w)
    powers = [w, w2, style.product("w3", w2, w)]
    if early:
        a = [a[0], *(style.product(f"b{k}", a[k], powers[k - 1]) for k in (1, 2, 3))]
    even, odd = style.joined("sum02", a[0], "+", a[2]), style.joined("sum13", a[1], "+", a[3])
    d, e = style.joined("diff02", a[0], "-", a[2]), style.joined("diff13", a[1], "-", a[3])
    y = [style.joined("y0", even, "+", odd), ("", ""), style.joined("y2", even, "-", odd), ("", "")]
    forward, backward = (f"{d[0]} + {e[1]}", f"{d[1]} - {e[0]}"), (f"{d[0]} - {e[1]}", f"{d[1]} + {e[0]}")
    y[1], y[3] = (backward, forward) if inverse else (forward, backward)
    if early:
        return y
    named = [y[0], *(style.named(f"y{k}", y[k]) if k != 2 else y[2] for k in (1, 2, 3))]
    return [named[0], *(style.product(f"z{k}", named[k], powers[k - 1]) for k in (1, 2, 3))]


def build_hadamard(draw: Draw, draft: Draft) -> Case:
    """Walsh-Hadamard transforms: a stage between arrays, a coefficient by the parity of two indices, or a short row all at once."""
    kind = draw.choice(("stage", "parity", "row", "row"))
    prefix, b, batch = row(draft, 0.3)
    draft.reserve("i", "j", "k", "n", "half", "block", "i0", "i1", "a", "b", "bits", "total", "values", "numbers", "upper", "lower")
    t = draw.choice(("t", "tid", "pair")) if kind == "stage" else draw.choice(("k", "tid", "coefficient"))
    if kind == "row":
        return _hadamard_row(draw, draft)
    source = draft.array(draft.name("x", "data", "codes"), draft.real, *batch, "n")
    draft.line(f"{b}, {t} = wp.tid()" if b else f"{t} = wp.tid()")
    outs = ("spectrum", "y", "out")
    if kind == "stage":
        half, told = _half(draw, draft)
        draft.line(
            f"block = {t} // {half}",
            f"i0 = block * 2 * {half} + ({t} - block * {half})" if draw.chance(0.5) else f"i0 = {t} + block * {half}",
        )
        draft.line(f"i1 = i0 + {half}", f"upper = {source}[{prefix}i0]", f"lower = {source}[{prefix}i1]")
        draft.numpy(
            f"half = {told}",
            f"numbers = {source}.reshape(*{source}.shape[:-1], -1, 2, half)",
            "upper, lower = numbers[..., 0, :], numbers[..., 1, :]",
        )
        scaled = draw.chance(0.4)
        scale = "0.70710678 * " if scaled else ""
        draft.formula(f"total = {scale}(upper + lower)", f"change = {scale}(upper - lower)")
        if draw.chance(0.35):
            gain = draft.knob("shrink", 0.1, 0.5).numpy()
            draft.formula(f"change = wp.max(change - {gain}, 0.0) + wp.min(change + {gain}, 0.0)")
        out = draft.output(draft.name(*outs), draft.real, *batch, "n")
        draft.line(f"{out}[{prefix}i0] = total", f"{out}[{prefix}i1] = change")
        draft.numpy(f"{out} = np.stack((total, change), axis=-2).reshape({source}.shape)")
        return draft.case(draw.choice(("hadamard_stage", "walsh_pass", "wht_butterfly")), (*batch, "threads"), _stage_sizes(draw, 2))
    n = draft.extent("n", source, len(batch))
    draft.line(f"total = {draft.zero()}")
    with draft.block(f"for j in range({n}):"):
        folds = draw.chance(0.5)
        draft.line(f"bits = j & {t}")
        if folds:
            draft.line("bits = bits ^ (bits >> 4)", "bits = bits ^ (bits >> 2)", "bits = bits ^ (bits >> 1)", "odd = bits & 1")
        else:
            draft.line("odd = (bits ^ (bits >> 1) ^ (bits >> 2) ^ (bits >> 3) ^ (bits >> 4) ^ (bits >> 5)) & 1")
        if draw.chance(0.5):
            with draft.block("if odd == 1:"):
                draft.line(f"total -= {source}[{prefix}j]")
            with draft.block("else:"):
                draft.line(f"total += {source}[{prefix}j]")
        else:
            draft.line(f"total += {draft.real.spelling}(1 - 2 * odd) * {source}[{prefix}j]")
    draft.numpy(
        f"at = np.arange({source}.shape[-1])",
        "parity = np.bitwise_count(at[:, None] & at) % 2",
        f"total = {source} @ (1 - 2 * parity.astype(np.int64)).astype({source}.dtype)",
    )
    finish(draft, draft.known("total", draft.real, -40.0, 40.0), outs, f"{prefix}{t}", (*batch, "n"), linear=True)
    sizes = [{"n": n, "batches": r} for n, r in zip((1, 8, 32), (1, 3, 3), strict=True)]
    return draft.case(draw.choice(("walsh_coefficient", "hadamard_naive", "walsh_hadamard")), (*batch, "n"), sizes)


def _hadamard_row(draw: Draw, draft: Draft) -> Case:
    """All stages over a row of four or eight, held in locals, with something done to the coefficients."""
    n = draw.choice((4, 8))
    kind = draw.choice(("shrink", "weights", "energy", "law", "law", "law", "plain"))
    i = draw.choice(("i", "tid", "row"))
    source = draft.array(draft.name("x", "rows", "blocks"), draft.real, "rows", n)
    draft.line(f"{i} = wp.tid()")
    names = [f"v{k}" for k in range(n)]
    draft.line(*(f"{name} = {source}[{i}, {k}]" for k, name in enumerate(names)))
    half, level = 1, 0
    while half < n:
        fresh = [f"{'stuw'[level]}{k}" for k in range(n)]
        # The energy is that of the upper half alone.
        for k in range(n // 2 if kind == "energy" and 2 * half == n else 0, n):
            low = k & half
            draft.line(f"{fresh[k]} = {names[k - half] if low else names[k]} {'-' if low else '+'} {names[k] if low else names[k + half]}")
        names, half, level = fresh, half * 2, level + 1
    draft.numpy(
        f"at = np.arange({n})",
        "signs = 1 - 2 * (np.bitwise_count(at[:, None] & at) % 2).astype(np.int64)",
        f"numbers = {source} @ signs.astype({source}.dtype)",
    )
    if kind == "energy":
        inner = " + ".join(f"{name} * {name}" for name in names[n // 2 :])
        draft.line(f"energy = {inner}")
        draft.numpy(f"energy = np.sum(numbers[:, {n // 2} :] ** 2, axis=1)")
        finish(draft, draft.known("energy", draft.real, 0.0, 400.0), ("detail_energy", "activity"), i, ("rows",))
        return draft.case(draw.choice(("hadamard_energy", "walsh_activity")), ["rows"], [{"rows": r} for r in draw.sizes(120)])
    out = draft.output(draft.name("spectrum", "y", "out"), draft.real, "rows", n)
    if kind == "shrink":
        gain = draft.knob(draft.name("threshold", "shrink"), 0.2, 0.8).numpy()
        draft.function("soft", [("c", draft.real), ("t", draft.real)], ["return wp.max(c - t, 0.0) + wp.min(c + t, 0.0)"], draft.real)
        draft.reference_function("soft", ["c", "t"], ["return np.sign(c) * np.maximum(np.abs(c) - t, 0.0)"])
        shown = gain if gain[0].isalpha() else draft.warp(gain)
        draft.line(*(f"{out}[{i}, {k}] = soft({name}, {shown})" for k, name in enumerate(names)))
        draft.numpy(f"{out} = soft(numbers, {gain})")
    elif kind == "law":
        law = Law(draft, draw.choice(("response", "mapped", "quantize_law")), -8.0, 8.0)
        draft.line(*(f"{out}[{i}, {k}] = {law.warp(name)}" for k, name in enumerate(names)))
        draft.numpy(f"{out} = {law.numpy('numbers')}")
    elif kind == "weights":
        weights = draft.array("weights", draft.real, n)
        draft.line(*(f"{out}[{i}, {k}] = {weights}[{k}] * {name}" for k, name in enumerate(names)))
        draft.numpy(f"{out} = {weights} * numbers")
    else:
        draft.line(*(f"{out}[{i}, {k}] = {name}" for k, name in enumerate(names)))
        draft.numpy(f"{out} = numbers")
    return draft.case(draw.choice((f"hadamard_{n}", f"walsh_{kind}", "wht_rows")), ["rows"], [{"rows": r} for r in draw.sizes(120)])
