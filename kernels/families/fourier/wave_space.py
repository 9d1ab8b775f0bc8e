"""Spectra by their wave numbers: Hilbert's weights and their kin, equations solved in wave space in two axes."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.fourier.complexes import ComplexStyle
from kernels.families.fourier.products import BIN_NAMES, _finish, _sizes, _wave


def build_quadrature(draw: Draw, draft: Draft) -> Case:
    """Hilbert's weights and their kin: the analytic signal, a turn by a quarter, one-sided spectra, symmetric spectra rebuilt."""
    kind = draw.choice(("analytic", "quarter_turn", "one_sided", "hermitian", "lowband"))
    i = draw.choice(BIN_NAMES)
    draft.reserve(i, "re", "im", "a", "at", "result", "numbers", "weight", "n", "mirror", "sign", "power", "wave")
    style = ComplexStyle(draft)
    data = style.array(draw.choice(("spectrum", "x", "half")), "n // 2 + 1" if kind == "hermitian" else "n")
    draft.line(f"{i} = wp.tid()")
    n = draft.count(draw.choice(("n", "length", "fft_size")), size="n")
    real = draft.real.spelling
    zero, one, two = (f"{real}({v})" for v in (0.0, 1.0, 2.0))
    draft.numpy(f"a, at = {data.numbers()}, np.arange({n})")
    if kind == "hermitian":
        draft.line(f"mirror = wp.min({i}, {n} - {i})")
        parts = data.load("a", "mirror")
        draft.line(f"sign = {one}")
        with draft.block(f"if 2 * {i} > {n}:"):
            draft.line(f"sign = -{one}")
        draft.line(f"re = {parts[0]}", f"im = sign * {parts[1]}")
        definition = f"np.where(2 * at > {n}, a[np.minimum(at, {n} - at)].conj(), a[np.minimum(at, {n} - at)])"
    elif kind == "quarter_turn":
        parts = data.load("a", i)
        draft.line(f"sign = wp.where({i} == 0 or 2 * {i} == {n}, {zero}, wp.where(2 * {i} < {n}, {one}, -{one}))")
        draft.line(f"re = sign * {parts[1]}", f"im = -sign * {parts[0]}")
        signs = f"np.where((at == 0) | (2 * at == {n}), 0.0, np.where(2 * at < {n}, 1.0, -1.0)).astype({draft.precision})"
        definition = f"-1j * {signs} * a"
        if draw.chance(0.6):
            _wave(draw, draft, i, n, "at", n)
            draft.formula("tilt = 1.0 / (1.0 + wp.abs(wave))")
            draft.line("re = re * tilt", "im = im * tilt")
            definition = f"{definition} * tilt"
    else:
        parts = data.load("a", i)
        inside, middle = {"analytic": (two, one), "one_sided": (one, draft.number(0.5)), "lowband": (one, zero)}[kind]
        draft.line(f"weight = {zero}")
        with draft.block(f"if {i} == 0{f' or 2 * {i} == {n}' if kind == 'analytic' else ''}:"):
            draft.line(f"weight = {middle}")
        limit = f"3 * {i} < {n}" if kind == "lowband" else f"2 * {i} < {n}"
        with draft.block(f"elif {limit}:"):
            draft.line(f"weight = {inside}")
        draft.line(f"re = weight * {parts[0]}", f"im = weight * {parts[1]}")
        ends = {"analytic": "1.0", "one_sided": "0.5", "lowband": "0.0"}[kind]
        inner = {"analytic": "2.0", "one_sided": "1.0", "lowband": "1.0"}[kind]
        edge = f"(at == 0) | (2 * at == {n})" if kind == "analytic" else "at == 0"
        below = f"{3 if kind == 'lowband' else 2} * at < {n}"
        definition = f"a * np.where({edge}, {ends}, np.where({below}, {inner}, 0.0)).astype({draft.precision})"
    _finish(draw, draft, style, i, definition)
    return draft.case(draw.choice((f"{kind}_weights", f"apply_{kind}", "hilbert_weights")), ["n"], _sizes(draw))


def build_wave_grid(draw: Draw, draft: Draft) -> Case:
    """A spectrum in two axes: a Poisson equation solved, a divergence removed, a gradient, smoothing by both wave numbers."""
    kind = draw.choice(("poisson", "gradient", "helmholtz", "gaussian", "project"))
    i, j = draw.choice((("i", "j"), ("row", "col"), ("iy", "ix")))
    draft.reserve(
        i, j, "ky", "kx", "k2", "u", "v", "re", "im", "numbers", "result", "a", "b", "at_i", "at_j", "factor", "along_re", "along_im"
    )
    style = ComplexStyle(draft, draw.choice(("split", "pair")))
    first = style.array("u_hat" if kind == "project" else draw.choice(("rho_hat", "spectrum")), "ny", "nx")
    second = style.array("v_hat", "ny", "nx") if kind == "project" else None
    draft.line(f"{i}, {j} = wp.tid()")
    ny, nx = draft.extent("ny", first.first, 0), draft.extent("nx", first.first, 1)
    draft.numpy(f"a = {first.numbers()}", "at_i, at_j = np.arange(a.shape[0])[:, None], np.arange(a.shape[1])[None, :]")
    _wave(draw, draft, i, ny, "at_i", "a.shape[0]", "ky")
    _wave(draw, draft, j, nx, "at_j", "a.shape[1]", "kx")
    a = first.load("u", f"{i}, {j}")
    if kind != "gradient":
        draft.formula("k2 = kx * kx + ky * ky")
    here = f"{i}, {j}"
    if kind in ("poisson", "project"):
        draft.line(f"inverse = {draft.zero()}")
        with draft.block(f"if {i} > 0 or {j} > 0:"):
            draft.warp_formula("inverse = 1.0 / k2")
        draft.numpy("inverse = np.where(k2 > 0.5, 1.0 / np.maximum(k2, 1.0), 0.0)")
    if kind == "project" and second is not None:
        b = second.load("v", here)
        draft.numpy(f"b = {second.numbers()}", "along = (kx * a + ky * b) * inverse")
        draft.line(f"along_re = (kx * {a[0]} + ky * {b[0]}) * inverse", f"along_im = (kx * {a[1]} + ky * {b[1]}) * inverse")
        for name, parts, wave in (("u_out", a, "kx"), ("v_out", b, "ky")):
            out = style.array(name, "ny", "nx", output=True)
            out.store(here, f"{parts[0]} - {wave} * along_re", f"{parts[1]} - {wave} * along_im")
            draft.numpy(f"numbers = {'a' if wave == 'kx' else 'b'} - {wave} * along")
            out.hold("numbers")
    elif kind == "gradient":
        for name, wave in (("grad_x", "kx"), ("grad_y", "ky")):
            out = style.array(name, "ny", "nx", output=True)
            out.store(here, f"-{wave} * {a[1]}", f"{wave} * {a[0]}")
            draft.numpy(f"numbers = 1j * {wave} * a")
            out.hold("numbers")
    else:
        p = draft.knob(draft.name("sigma", "lambda_sq", "screening"), 0.2, 0.9).numpy()
        draft.formula(
            {
                "poisson": f"factor = -{p} * inverse",
                "helmholtz": f"factor = 1.0 / (k2 + {p})",
                "gaussian": f"factor = wp.exp(-0.05 * {p} * k2)",
            }[kind]
        )
        out = style.array("out", "ny", "nx", output=True)
        out.store(here, f"factor * {a[0]}", f"factor * {a[1]}")
        draft.numpy("numbers = factor * a")
        out.hold("numbers")
    sizes = [{"ny": r, "nx": c} for r, c in ((1, 1), (3, draw.choice((4, 5, 7))), (draw.choice((7, 8)), draw.choice((10, 11, 13))))]
    return draft.case(draw.choice((f"spectral_{kind}", f"{kind}_in_wave_space", f"{kind}_solve")), ["ny", "nx"], sizes)
