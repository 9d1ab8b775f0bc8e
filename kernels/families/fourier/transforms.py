"""Transforms by definition, a thread for each output bin: Fourier, cosine, sine and Hartley transforms, in one axis or two."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import Law, finish
from kernels.draw import Draw
from kernels.families.fourier.complexes import ComplexStyle, row

PI = "3.141592653589793"
OUTPUTS = ("spectrum", "coefficients", "transformed", "out")
FIELDS = (("gain", 0.2, 1.5), ("equalizer", 0.1, 1.0), ("noise_floor", 0.05, 0.5), ("prior", -1.0, 1.0))


def known_length(draw: Draw) -> int:
    """A length that the text knows, or 0 for one that the launch tells."""
    return draw.choice((0, 0, 0, 4, 5, 6, 8, 12, 16))


def batched_sizes(draw: Draw, *lengths: int) -> list[dict[str, int]]:
    """The launches' sizes: `n` points in `batches`."""
    chosen = lengths or (1, draw.choice((5, 7, 11)), draw.integer(17, 29))
    return [{"n": n, "batches": b, "m": m} for n, b, m in zip(chosen, (1, 3, draw.choice((3, 4, 5))), (1, 5, 11), strict=True)]


def build_dft(draw: Draw, draft: Draft) -> Case:
    """One bin of the discrete Fourier transform of real or complex samples: phases computed, in a table, or turned step by step."""
    length = known_length(draw)
    prefix, b, batch = row(draft)
    k, j = draw.choice((("k", "j"), ("freq", "t"), ("bin_index", "i")))
    draft.reserve(k, j, "n", "angle", "c", "s", "sum_re", "sum_im", "z", "w", "at", "count", "turned", "numbers", "turns")
    style = ComplexStyle(draft)
    inverse = draw.chance(0.3)
    sign = "" if inverse else "-"
    is_real = draw.chance(0.4)
    extent = length or "n"
    if is_real:
        source = draft.array(draft.name("signal", "samples", "x_in"), draft.real, *batch, extent)
    else:
        data = style.array(draw.choice(("x", "data", "signal")), *batch, extent)
    phases = draw.choice(("computed", "computed", "table", *(("turned",) if 0 < length <= 6 else ())))
    table = style.array("twiddle", extent) if phases == "table" else None
    draft.line(f"{b}, {k} = wp.tid()" if b else f"{k} = wp.tid()")
    if length:
        n = str(length)
    elif is_real or style.style != "interleaved":
        n = draft.extent("n", source if is_real else data.first, len(batch))
    else:
        n = draft.count("n")
    draft.line(f"sum_re = {draft.zero()}", f"sum_im = {draft.zero()}")
    real = draft.real.spelling
    window = draft.array(draft.name("window", "taper"), draft.real, extent, low=0.2) if draw.chance(0.25) else ""
    weight = f"{window}[{j}] * " if window else ""
    if phases == "computed":
        draft.line(draft.warp(f"step = {sign}2.0 * {PI} / {real}({n})"))
    elif phases == "turned":
        draft.line(
            draft.warp(f"angle = {sign}2.0 * {PI} * {real}({k}) / {real}({n})"), "turn_re = wp.cos(angle)", "turn_im = wp.sin(angle)"
        )
        draft.line(f"c = {real}(1.0)", f"s = {draft.zero()}")
    with draft.block(f"for {j} in range({n}):"):
        if is_real:
            draft.line(f"value = {weight}{source}[{prefix}{j}]")
        else:
            parts = data.load("z", f"{prefix}{j}")
        if phases == "computed":
            draft.line(f"angle = step * {real}(({k} * {j}) % {n})", "c = wp.cos(angle)", "s = wp.sin(angle)")
        if table is not None:
            draft.line(f"turns = ({k} * {j}) % {n}")
            c, s = table.load("w", "turns")
        else:
            c, s = "c", "s"
        if is_real:
            draft.line(f"sum_re += value * {c}", f"sum_im += value * {s}")
        elif table is not None and draw.chance(0.5):
            term = style.product("term", parts, (c, s))
            draft.line(f"sum_re += {weight}{term[0]}", f"sum_im += {weight}{term[1]}")
        else:
            re, im = f"{parts[0]} * {c} - {parts[1]} * {s}", f"{parts[0]} * {s} + {parts[1]} * {c}"
            draft.line(*(f"sum_{p} += {f'{weight}({term})' if window else term}" for p, term in (("re", re), ("im", im))))
        if phases == "turned":
            draft.line("turned = c * turn_re - s * turn_im", "s = c * turn_im + s * turn_re", "c = turned")
    numbers = source if is_real else data.numbers()
    if window:
        numbers = f"{window} * ({numbers})"
    if table is None:
        # By definition, with phases in the kernel's precision: theirs are most of its rounding errors.
        precision = draft.precision
        draft.numpy(f"numbers = {numbers}", "count = numbers.shape[-1]", "at = np.arange(count)")
        unit = f"{precision}({sign}2.0 * np.pi)"
        if phases == "turned":
            draft.numpy(f"angle = {unit} * at.astype({precision}) / {precision}(count)", f"turns = angle[:, None] * at.astype({precision})")
        else:
            draft.numpy(f"turns = {unit} / {precision}(count) * (np.outer(at, at) % count).astype({precision})")
        draft.numpy("spectrum_all = numbers @ np.exp(1j * turns).T")
    else:
        draft.numpy(
            f"numbers = {numbers}",
            f"twiddles = {table.numbers()}",
            "at = np.arange(len(twiddles))",
            "spectrum_all = numbers @ twiddles[np.outer(at, at) % len(twiddles)]",
        )
    draft.numpy("sum_re, sum_im = np.asarray(spectrum_all.real), np.asarray(spectrum_all.imag)")
    if draw.chance(0.3):
        root = draw.chance(0.4)
        draft.line(f"norm = {draft.warp('1.0')} / {f'wp.sqrt({real}({n}))' if root else f'{real}({n})'}")
        draft.line("sum_re = sum_re * norm", "sum_im = sum_im * norm")
        scale = f"np.sqrt({draft.precision}(numbers.shape[-1]))" if root else f"{draft.precision}(numbers.shape[-1])"
        draft.numpy(f"sum_re, sum_im = sum_re / {scale}, sum_im / {scale}")
    here, dim = f"{prefix}{k}", (*batch, extent)
    powered = bool(length) and draw.chance(0.4)
    if powered:
        _power(draw, draft, here, dim)
    if not powered or draw.chance(0.5):
        out = style.array("out", *dim, output=True)
        out.store(here, "sum_re", "sum_im")
        draft.numpy("numbers = sum_re + 1j * sum_im")
        out.hold("numbers")
    name = draw.choice(("dft", "naive_dft", "fourier_bin", "inverse_dft" if inverse else "forward_dft"))
    return draft.case(name, dim, batched_sizes(draw))


def _power(draw: Draw, draft: Draft, here: str, dim: tuple[str | int, ...]) -> None:
    """The power, magnitude or level of the bin, as an output of its own."""
    draft.formula("power = sum_re * sum_re + sum_im * sum_im")
    text = draw.choice(("power", "wp.sqrt(power + 0.001)", "wp.log(power + 0.01)", "power / (power + 1.0)"))
    draft.formula(f"level = {text}")
    finish(draft, draft.known("level", draft.real, -5.0, 60.0), ("power_out", "magnitude", "level_out"), here, dim, fields=FIELDS)


@dataclass(frozen=True)
class RealTransform:
    """A transform with real kernel: sum over j of x[j] * wave(pi * turns / over), turns and over being integers in j, k and n.

    `samples` is the number of samples in terms of the number n of coefficients; `first` scales x[0].
    """

    wave: str
    turns: str
    over: str
    samples: str = "n"
    first: float = 1.0


REAL_TRANSFORMS: dict[str, RealTransform] = {
    "dct2": RealTransform("cos", "(2 * {j} + 1) * {k}", "2 * {n}"),
    "dct3": RealTransform("cos", "{j} * (2 * {k} + 1)", "2 * {n}", first=0.5),
    "dct4": RealTransform("cos", "(2 * {j} + 1) * (2 * {k} + 1)", "4 * {n}"),
    "dst1": RealTransform("sin", "({j} + 1) * ({k} + 1)", "{n} + 1"),
    "dst2": RealTransform("sin", "(2 * {j} + 1) * ({k} + 1)", "2 * {n}"),
    "dst4": RealTransform("sin", "(2 * {j} + 1) * (2 * {k} + 1)", "4 * {n}"),
    "hartley": RealTransform("cas", "2 * {j} * {k}", "{n}"),
    "mdct": RealTransform("cos", "(2 * {j} + 1 + {n}) * (2 * {k} + 1)", "4 * {n}", samples="2 * n"),
}
"""Ahmed, Natarajan and Rao 1974 (DCT), Bracewell 1983 (Hartley), Princen and Bradley 1986 (MDCT), unnormalized."""


def _number(over: str, n: int) -> int:
    """What `over` comes to for `n` coefficients."""
    return {"2 * {n}": 2 * n, "4 * {n}": 4 * n, "{n} + 1": n + 1, "{n}": n}[over]


def build_real_transform(draw: Draw, draft: Draft) -> Case:
    """One coefficient of a cosine, sine, Hartley or lapped transform, by definition, with a scale of its own or a window."""
    kind = draw.choice(tuple(REAL_TRANSFORMS))
    transform = REAL_TRANSFORMS[kind]
    length = draw.choice((0, 0, 4, 5, 6, 8))
    prefix, b, batch = row(draft)
    k, j = draw.choice((("k", "j"), ("freq", "t"), ("coefficient", "i")))
    draft.reserve(k, j, "n", "angle", "total", "turns", "number", "order", "weighted", "value", "count")
    samples = transform.samples
    if length:
        samples = str(2 * length if kind == "mdct" else length)
    source = draft.array(draft.name("signal", "samples", "x"), draft.real, *batch, samples)
    window = draft.array(draft.name("window", "taper"), draft.real, samples, low=0.2) if draw.chance(0.3) else ""
    draft.line(f"{b}, {k} = wp.tid()" if b else f"{k} = wp.tid()")
    n = str(length) if length else draft.count("n")
    count = samples if length else f"2 * {n}" if kind == "mdct" else n
    real = draft.real.spelling
    names = {"j": j, "k": k, "n": n}
    over = transform.over.format(**names)
    total = draft.name("total", "acc", "projection")
    draft.line(f"{total} = {draft.zero()}")
    reduced = draw.chance(0.5)
    over = str(_number(transform.over, length)) if length else over
    draft.line(draft.warp(f"unit = {PI} / {real}({over})"))
    with draft.block(f"for {j} in range({count}):"):
        turns = transform.turns.format(**names)
        period = f"{2 * int(over)}" if length else f"(2 * ({over}))"
        draft.line(f"turns = ({turns}) % {period}" if reduced else f"turns = {turns}")
        draft.line(f"angle = unit * {real}(turns)")
        draft.line("wave = wp.cos(angle) + wp.sin(angle)" if transform.wave == "cas" else f"wave = wp.{transform.wave}(angle)")
        load = f"{source}[{prefix}{j}]{f' * {window}[{j}]' if window else ''}"
        if transform.first != 1.0:
            draft.line(f"value = {load}")
            with draft.block(f"if {j} == 0:"):
                draft.line(f"value = value * {draft.number(transform.first)}")
            load = "value"
        draft.line(f"{total} += {load} * wave")
    whole = {"j": "number", "k": "order", "n": "count"}
    numbers = transform.turns.format(**whole)
    draft.numpy(
        "count = dim[-1]",
        f"number, order = np.arange({source}.shape[-1])[:, None], np.arange(count)",
        f"turns = ({numbers}) % (2 * ({transform.over.format(**whole)}))" if reduced else f"turns = {numbers}",
    )
    draft.numpy(f"angle = {draft.precision}(np.pi) / {draft.precision}({transform.over.format(**whole)}) * turns.astype({draft.precision})")
    draft.numpy("basis = np.cos(angle) + np.sin(angle)" if transform.wave == "cas" else f"basis = np.{transform.wave}(angle)")
    if transform.first != 1.0:
        draft.numpy(f"basis[0] = {transform.first} * basis[0]")
    draft.numpy(f"{total} = {f'({source} * {window})' if window else source} @ basis")
    value = draft.known(total, draft.real, -30.0, 30.0)
    if draw.chance(0.4):
        orthonormal = kind in ("dct2", "dct4", "dst2", "dst4") and draw.chance(0.6)
        draft.line(draft.warp(f"scale_k = wp.sqrt(2.0 / {real}({n}))") if orthonormal else draft.warp(f"scale_k = 2.0 / {real}({n})"))
        draft.numpy(
            f"scale_k = np.sqrt({draft.precision}(2.0) / {draft.precision}(count))"
            if orthonormal
            else f"scale_k = 2.0 / {draft.precision}(count)"
        )
        if kind == "dct2" and orthonormal:
            with draft.block(f"if {k} == 0:"):
                draft.line(draft.warp("scale_k = scale_k * 0.70710678"))
            draft.numpy("scale_k = np.where(order == 0, scale_k * 0.70710678, scale_k)")
        draft.both(f"{total} = {total} * scale_k")
    finish(draft, value, OUTPUTS, f"{prefix}{k}", (*batch, length or "n"), linear=not length, fields=FIELDS)
    return draft.case(draw.choice((kind, f"{kind}_naive", f"transform_{kind}")), (*batch, length or "n"), batched_sizes(draw))


def build_dft_2d(draw: Draw, draft: Draft) -> Case:
    """One bin of a transform in two axes: Fourier or cosine, over the whole image or one axis of it."""
    static = draw.choice((0, 0, 3, 4, 5))
    kind = draw.choice(("fourier", "cosine", "hartley"))
    u, v, y, x = draw.choice((("u", "v", "y", "x"), ("ky", "kx", "row", "col"), ("p", "q", "i", "j")))
    draft.reserve(u, v, y, x, "rows", "cols", "angle", "sum_re", "sum_im", "value")
    image = draft.array(draft.name("image", "field", "pixels"), draft.real, *((static, static) if static else ("rows", "cols")))
    real, precision = draft.real.spelling, draft.precision
    draft.line(f"{u}, {v} = wp.tid()")
    rows, cols = (str(static), str(static)) if static else (draft.extent("rows", image, 0), draft.extent("cols", image, 1))
    # What is transformed: the pixels, weighted, or by a law of their values.
    pixel, whole = f"{image}[{y}, {x}]", image
    how = draw.choice(("plain", "law", "weighted"))
    if how == "law":
        law = Law(draft, draw.choice(("contrast", "tone", "response_law")), -1.0, 1.0)
        pixel, whole = law.warp(pixel), law.numpy(image)
    elif how == "weighted":
        mask = draft.array(draft.name("window", "mask"), draft.real, *((static, static) if static else ("rows", "cols")), low=0.1)
        pixel, whole = f"{mask}[{y}, {x}] * {pixel}", f"({mask} * {image})"
    parts = ("sum_re", "sum_im") if kind == "fourier" else ("sum_re",)
    draft.line(*(f"{p} = {draft.zero()}" for p in parts))
    with draft.block(f"for {y} in range({rows}):"):
        if kind == "cosine":
            draft.line(draft.warp(f"cos_y = wp.cos({PI} * {real}((2 * {y} + 1) * {u}) / {real}(2 * {rows}))"))
        with draft.block(f"for {x} in range({cols}):"):
            if kind == "cosine":
                draft.line(draft.warp(f"cos_x = wp.cos({PI} * {real}((2 * {x} + 1) * {v}) / {real}(2 * {cols}))"))
                draft.line(f"sum_re += {pixel} * cos_y * cos_x")
            else:
                turn = f"{real}(({u} * {y}) % {rows}) / {real}({rows}) + {real}(({v} * {x}) % {cols}) / {real}({cols})"
                draft.line(draft.warp(f"angle = 2.0 * {PI} * ({turn})"), f"value = {pixel}")
                if kind == "fourier":
                    draft.line("sum_re += value * wp.cos(angle)", "sum_im -= value * wp.sin(angle)")
                else:
                    draft.line("sum_re += value * (wp.cos(angle) + wp.sin(angle))")
    if kind == "cosine":
        for axis, letter in enumerate("yx"):
            n = f"{image}.shape[{axis}]"
            draft.numpy(f"at = np.arange({n})", f"turns = np.outer(at, 2 * at + 1).astype({precision})")
            draft.numpy(f"basis_{letter} = np.cos({precision}(np.pi) * turns / {precision}(2 * {n}))")
        draft.numpy(f"sum_re = basis_y @ {whole} @ basis_x.T")
    else:
        # The phases of every pixel in every bin, in the kernel's precision: rounding of large phases is the kernel's own.
        for axis, letter in enumerate("yx"):
            n = f"{image}.shape[{axis}]"
            draft.numpy(f"at = np.arange({n})", f"turn_{letter} = (np.outer(at, at) % {n}).astype({precision}) / {precision}({n})")
        draft.numpy(f"angle = {precision}(2.0 * np.pi) * (turn_y[:, None, :, None] + turn_x[None, :, None, :])")
        draft.numpy(f"sum_re, sum_im = np.sum({whole} * np.cos(angle), axis=(2, 3)), -np.sum({whole} * np.sin(angle), axis=(2, 3))")
        if kind == "hartley":
            draft.numpy("sum_re = sum_re - sum_im")
    dim: tuple[str | int, ...] = (static, static) if static else ("rows", "cols")
    if kind == "fourier":
        if static and draw.chance(0.5):
            _power(draw, draft, f"{u}, {v}", dim)
        else:
            for part in parts:
                draft.store(draft.output(f"{part[4:]}_out", draft.real, *dim), f"{u}, {v}", part)
    else:
        finish(
            draft, draft.known("sum_re", draft.real, -90.0, 90.0), OUTPUTS, f"{u}, {v}", dim, linear=not static, share=0.85, fields=FIELDS
        )
    sizes = [{"rows": r, "cols": c} for r, c in ((1, 1), (3, draw.choice((5, 7))), (draw.choice((7, 9)), draw.choice((10, 11, 13))))]
    return draft.case(draw.choice((f"{kind}_2d", f"naive_{kind}_2d", f"image_{kind}")), dim, sizes)
