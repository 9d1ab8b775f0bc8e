"""Products of spectra, a thread for each bin: convolution and correlation, deconvolution, derivatives, filters, shifts, the phase vocoder.

A bin's wave number is its index up to the middle, and negative beyond; what a rule makes of a spectrum is given in complex numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.finish import finish
from kernels.draw import Draw
from kernels.families.fourier.complexes import ComplexStyle
from kernels.families.fourier.transforms import FIELDS, PI
from kernels.language.types import I32

BIN_NAMES = ("i", "k", "tid", "bin_index")


@dataclass(frozen=True)
class Pairing:
    """A rule for two spectra: the steps to the result's parts over `{ar} {ai} {br} {bi}` and a noise level, and the complex definition."""

    steps: tuple[str, ...]
    numpy: str


PAIRINGS: dict[str, Pairing] = {
    "convolve": Pairing(("re = {ar} * {br} - {ai} * {bi}", "im = {ar} * {bi} + {ai} * {br}"), "a * b"),
    "correlate": Pairing(("re = {ar} * {br} + {ai} * {bi}", "im = {ai} * {br} - {ar} * {bi}"), "a * b.conj()"),
    "wiener": Pairing(
        (
            "power = {br} * {br} + {bi} * {bi} + {noise}",
            "re = ({ar} * {br} + {ai} * {bi}) / power",
            "im = ({ai} * {br} - {ar} * {bi}) / power",
        ),
        "a * b.conj() / (np.abs(b) ** 2 + {noise})",
    ),
    "phase_correlate": Pairing(
        (
            "cross_re = {ar} * {br} + {ai} * {bi}",
            "cross_im = {ai} * {br} - {ar} * {bi}",
            "size = wp.sqrt(cross_re * cross_re + cross_im * cross_im + {noise})",
            "re = cross_re / size",
            "im = cross_im / size",
        ),
        "a * b.conj() / np.sqrt(np.abs(a * b.conj()) ** 2 + {noise})",
    ),
    "inverse_sum": Pairing(
        (
            "sum_re = {ar} + {br} + 3.0",
            "sum_im = {ai} + {bi}",
            "size = sum_re * sum_re + sum_im * sum_im",
            "re = sum_re / size",
            "im = -sum_im / size",
        ),
        "1.0 / (a + b + 3.0)",
    ),
    "mixture": Pairing(("re = {ar} + {noise} * ({br} - {ar})", "im = {ai} + {noise} * ({bi} - {ai})"), "a + {noise} * (b - a)"),
    "square_difference": Pairing(
        ("d_re = {ar} - {br}", "d_im = {ai} - {bi}", "re = d_re * d_re - d_im * d_im", "im = 2.0 * d_re * d_im"), "(a - b) ** 2"
    ),
}

FILTERS: dict[str, Pairing] = {
    "derivative": Pairing(("re = -wave * {ai}", "im = wave * {ar}"), "1j * wave * a"),
    "laplacian": Pairing(("factor = -wave * wave", "re = factor * {ar}", "im = factor * {ai}"), "-(wave * wave) * a"),
    "shift": Pairing(
        ("angle = -wave * {p}", "c = wp.cos(angle)", "s = wp.sin(angle)", "re = {ar} * c - {ai} * s", "im = {ar} * s + {ai} * c"),
        "a * np.exp(-1j * wave * {p})",
    ),
    "gaussian": Pairing(
        ("factor = wp.exp(-0.02 * {p} * wave * wave)", "re = factor * {ar}", "im = factor * {ai}"), "a * np.exp(-0.02 * {p} * wave ** 2)"
    ),
    "diffuse": Pairing(
        ("factor = 1.0 / (1.0 + {p} * wave * wave)", "re = factor * {ar}", "im = factor * {ai}"), "a / (1.0 + {p} * wave ** 2)"
    ),
    "one_pole": Pairing(
        ("size = 1.0 + {p} * {p} * wave * wave", "re = ({ar} + {p} * wave * {ai}) / size", "im = ({ai} - {p} * wave * {ar}) / size"),
        "a / (1.0 + 1j * {p} * wave)",
    ),
    "butterworth": Pairing(
        ("r = wave / (10.0 * {p})", "r2 = r * r", "factor = 1.0 / wp.sqrt(1.0 + r2 * r2)", "re = factor * {ar}", "im = factor * {ai}"),
        "a / np.sqrt(1.0 + (wave / (10.0 * {p})) ** 4)",
    ),
    "hyperviscous": Pairing(
        ("q = 0.1 * wave", "damp = q * q * q * q", "factor = wp.exp(-{p} * damp)", "re = factor * {ar}", "im = factor * {ai}"),
        "a * np.exp(-{p} * (0.1 * wave) ** 4)",
    ),
    "dispersion": Pairing(
        (
            "angle = 0.01 * {p} * wave * wave * wave",
            "c = wp.cos(angle)",
            "s = wp.sin(angle)",
            "re = {ar} * c + {ai} * s",
            "im = {ai} * c - {ar} * s",
        ),
        "a * np.exp(-0.01j * {p} * wave ** 3)",
    ),
    "schrodinger": Pairing(
        (
            "angle = 0.05 * {p} * wave * wave",
            "re = {ar} * wp.cos(angle) + {ai} * wp.sin(angle)",
            "im = {ai} * wp.cos(angle) - {ar} * wp.sin(angle)",
        ),
        "a * np.exp(-0.05j * {p} * wave ** 2)",
    ),
}


def _wave(draw: Draw, draft: Draft, i: str, n: str, at: str, length: str, name: str = "wave") -> None:
    """Names a bin's wave number in both, by a function or in place."""
    real = draft.real.spelling
    how = draw.choice(("function", "where", "branch"))
    if how == "function":
        if not any("wave_number" in line for block in draft.definitions for line in block):
            draft.definitions.append(
                ["@wp.func", "def wave_number(k: int, n: int):", "    if 2 * k < n:", "        return k", "    return k - n"]
            )
        draft.line(f"{name} = {real}(wave_number({i}, {n}))")
    elif how == "where":
        draft.line(f"{name} = {real}(wp.where(2 * {i} < {n}, {i}, {i} - {n}))")
    else:
        draft.line(f"{name} = {real}({i})")
        with draft.block(f"if 2 * {i} >= {n}:"):
            draft.line(f"{name} = {real}({i} - {n})")
    draft.numpy(f"{name} = np.where(2 * {at} < {length}, {at}, {at} - {length}).astype({draft.precision})")


def _finish(draw: Draw, draft: Draft, style: ComplexStyle, i: str, definition: str) -> None:
    """Stores the result's parts, or its power, and reads the definition in the reference."""
    draft.numpy(f"result = {definition}", "re, im = np.asarray(result.real), np.asarray(result.imag)")
    if draw.chance(0.3):
        gains = draft.array(draft.name("gain", "mask", "weight"), draft.real, "n", low=0.1)
        draft.line(f"re = re * {gains}[{i}]", f"im = im * {gains}[{i}]")
        draft.numpy(f"re, im = re * {gains}, im * {gains}")
    elif draw.chance(0.3):
        cut = draft.value(draft.name("cutoff", "first_bin"), I32, lambda sizes: Integers(0, sizes["n"] + 1))
        head = draw.choice((f"{i} < {cut}", f"{i} > {cut}"))
        with draft.block(f"if {head}:"):
            draft.line(f"re = {draft.zero()}", f"im = {draft.zero()}")
        kept = f"np.arange(len(re)) {'>=' if '<' in head else '<='} {cut}"
        draft.numpy(f"re, im = np.where({kept}, re, 0.0), np.where({kept}, im, 0.0)")
    elif draw.chance(0.5):
        factor = draft.knob(draft.name("norm", "scale"), 0.2, 1.5).numpy()
        draft.formula(f"re = {factor} * re", f"im = {factor} * im")
    powered = draw.chance(0.3)
    if powered:
        draft.formula("power = re * re + im * im")
        if draw.chance(0.4):
            draft.formula(draw.choice(("power = wp.log(power + 0.05)", "power = wp.sqrt(power + 0.01)", "power = power / (1.0 + power)")))
        finish(draft, draft.known("power", draft.real, -4.0, 900.0), ("power_out", "level", "density"), i, ("n",), share=0.6, fields=FIELDS)
    if not powered or draw.chance(0.4):
        out = style.array("out", "n", output=True)
        out.store(i, "re", "im")
        draft.numpy("numbers = re + 1j * im")
        out.hold("numbers")


def build_pairing(draw: Draw, draft: Draft) -> Case:
    """Two spectra to one: the convolution theorem and its kin."""
    i = draw.choice(BIN_NAMES)
    draft.reserve(i, "re", "im", "a", "b", "result", "numbers", "power", "size", "cross_re", "cross_im", "sum_re", "sum_im", "d_re", "d_im")
    style = ComplexStyle(draft)
    kind = draw.choice(tuple(PAIRINGS))
    rule = PAIRINGS[kind]
    first = style.array(draw.choice(("x", "spectrum", "lhs")), "n")
    second = style.array(draw.choice(("h", "response", "rhs")), "n")
    draft.line(f"{i} = wp.tid()")
    if style.style != "interleaved":
        draft.guard(i, "n", first.first)
    a, b = first.load("a", i), second.load("b", i)
    if kind in ("convolve", "correlate") and draw.chance(0.5):
        parts = style.product("ab", a, b, conjugate=kind == "correlate")
        draft.line(f"re = {parts[0]}", f"im = {parts[1]}")
        noise = ""
    else:
        noise = (
            draft.knob(draft.name("noise", "epsilon", "mix"), 0.1, 0.5).numpy() if "{noise}" in " ".join((*rule.steps, rule.numpy)) else ""
        )
        names = {"ar": a[0], "ai": a[1], "br": b[0], "bi": b[1], "noise": noise}
        draft.warp_formula(*(step.format(**names) for step in rule.steps))
    draft.numpy(f"a = {first.numbers()}", f"b = {second.numbers()}")
    _finish(draw, draft, style, i, rule.numpy.format(noise=noise))
    return draft.case(draw.choice((f"{kind}_spectra", f"spectral_{kind}", "multiply_spectra")), ["n"], [{"n": n} for n in draw.sizes(190)])


def build_filter(draw: Draw, draft: Draft) -> Case:
    """A spectrum filtered by its wave number: derivatives, shifts, smoothing, dispersion, one after another now and then."""
    i = draw.choice(BIN_NAMES)
    draft.reserve(
        i, "re", "im", "a", "at", "result", "numbers", "power", "wave", "factor", "angle", "c", "s", "size", "r", "r2", "q", "damp"
    )
    style = ComplexStyle(draft)
    kinds = draw.subset(tuple(FILTERS), draw.choice((1, 1, 2)))
    data = style.array(draw.choice(("spectrum", "x", "modes")), "n")
    draft.line(f"{i} = wp.tid()")
    n = draft.extent("n", data.first) if style.style != "interleaved" else draft.count("n")
    draft.numpy(f"a = {data.numbers()}", "at = np.arange(len(a))")
    _wave(draw, draft, i, n, "at", "len(a)")
    if draw.chance(0.4):
        unit = draft.parameter(draft.name("unit", "dk"), 0.3, 0.9).name
        draft.both(f"wave = wave * {unit}")
    parts = data.load("a", i)
    for number, kind in enumerate(kinds):
        rule = FILTERS[kind]
        names = {"ar": parts[0], "ai": parts[1], "p": ""}
        if "{p}" in rule.numpy:
            names["p"] = draft.knob(draft.name("sigma", "tau", "nu", "viscosity"), 0.1, 0.9).numpy()
        if number:
            draft.line("first_re = re", "first_im = im")
            names |= {"ar": "first_re", "ai": "first_im"}
        draft.warp_formula(*(step.format(**names) for step in rule.steps))
        draft.numpy(f"a = {rule.numpy.format(p=names['p'])}")
    _finish(draw, draft, style, i, "a")
    return draft.case(draw.choice((f"spectral_{kinds[0]}", f"{kinds[-1]}_filter", "filter_spectrum")), ["n"], _sizes(draw))


def _sizes(draw: Draw) -> list[dict[str, int]]:
    """Few bins: wave numbers stay small, and so do their powers. One bin alone has no wave number but zero."""
    return [{"n": n} for n in (draw.choice((3, 4)), draw.choice((7, 8, 11)), draw.integer(17, 24))]


def build_vocoder(draw: Draw, draft: Draft) -> Case:
    """A step of the phase vocoder per bin: size and phase, the turn since the last frame, a phase advanced, the bin put together again."""
    i = draw.choice(BIN_NAMES)
    draft.reserve(i, "a", "size", "phase", "expected", "turn", "wrapped", "frequency", "advanced", "re", "im", "numbers", "at")
    style = ComplexStyle(draft)
    data = style.array(draw.choice(("frame", "spectrum")), "n", low=0.2, high=1.0)
    last = draft.array(draft.name("last_phase", "phase_in"), draft.real, "n", domain=Uniform(-1.5, 1.5))
    synthesis = draft.array(draft.name("synth_phase", "phase_acc"), draft.real, "n", domain=Uniform(-3.0, 3.0))
    hop = draft.parameter(draft.name("hop_ratio", "hop"), 0.2, 0.9).name
    stretch = draft.parameter(draft.name("stretch", "rate"), 0.6, 1.6).name
    draft.line(f"{i} = wp.tid()")
    a = data.load("a", i)
    kinds = draw.choice((("bin",), ("bin", "phase"), ("phase", "frequency"), ("bin", "frequency")))
    if "bin" in kinds:
        draft.line(f"size = wp.sqrt({a[0]} * {a[0]} + {a[1]} * {a[1]})")
    draft.line(f"phase = wp.atan2({a[1]}, {a[0]})")
    draft.numpy(
        f"numbers = {data.numbers()}", "size, phase = np.abs(numbers), np.arctan2(np.asarray(numbers.imag), np.asarray(numbers.real))"
    )
    draft.line(draft.warp(f"expected = 0.7 * {hop} * {draft.real.spelling}({i} % 16)"), f"turn = phase - {last}[{i}] - expected")
    draft.numpy(f"expected = 0.7 * {hop} * (np.arange(len(phase)) % 16).astype({draft.precision})", f"turn = phase - {last} - expected")
    draft.warp_formula(f"wrapped = turn - 2.0 * {PI} * wp.rint(turn / (2.0 * {PI}))")
    draft.numpy("wrapped = turn - 2.0 * np.pi * np.rint(turn / (2.0 * np.pi))")
    draft.formula(f"frequency = (expected + wrapped) / {hop}")
    draft.line(f"advanced = {synthesis}[{i}] + {stretch} * {hop} * frequency")
    draft.numpy(f"advanced = {synthesis} + {stretch} * {hop} * frequency")
    if "bin" in kinds and draw.chance(0.5):
        draft.fused("size", draft.real, [draft.known("size", draft.real, 0.2, 1.5), *draft.some_parameters(("gain", "floor_level"), 1)])
    if "phase" in kinds:
        draft.store(draft.output("phase_out", draft.real, "n"), i, "advanced")
    if "frequency" in kinds:
        finish(draft, draft.known("frequency", draft.real, -60.0, 60.0), ("true_freq", "instantaneous"), i, ("n",), share=0.4)
    if "bin" in kinds:
        draft.formula("re = size * wp.cos(advanced)", "im = size * wp.sin(advanced)")
        out = style.array("out", "n", output=True)
        out.store(i, "re", "im")
        draft.numpy("numbers = re + 1j * im")
        out.hold("numbers")
    return draft.case(draw.choice(("phase_vocoder", "vocoder_step", "stretch_bins")), ["n"], [{"n": n} for n in draw.sizes(150)])
