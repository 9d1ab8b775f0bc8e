"""Fourier transforms of tiles: each block transforms the rows of its tile of complex numbers, and works on their spectra.

Variants: spectra of real and complex signals, their power and its sum over blocks, windows; filters by gains and by transfer functions;
circular convolution and correlation of two signals or of one with itself; derivatives and integrals, shifts by a phase, the analytic
signal; steps of a wave's evolution half in space and half in frequency; transforms along both axes of a square; totals by Parseval's
theorem. One row or several, 8 to 32 elements, float32 and float64, drawn windows, gains and finishes.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.drafting.tile_grid import Tile
from kernels.draw import Draw
from kernels.families.tile_fourier.spectra import Spectra
from kernels.language.expression import Expression

SIGNALS = ("signal", "wave", "samples", "z", "field")
_LOUD = 20.0
KNOBS = ("gain", "level", "alpha", "rate", "width", "slope")


def build(draw: Draw) -> Case:
    """One kernel of Fourier transforms."""
    form = draw.weighted([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
    return form(Spectra(draw, square=form is _plane))


def _knobs(s: Spectra, chance: float) -> list[Expression]:
    return [s.draft.knob(s.draft.name(*KNOBS), 0.3, 1.5)] if s.draft.draw.chance(chance) else []


def _signal(s: Spectra) -> Tile:
    """A complex signal: loaded, made of a real one, or windowed by a drawn real factor."""
    draft, draw = s.draft, s.draft.draw
    kind = draw.choice(("complex", "windowed", "real", "two_parts"))
    if kind == "complex":
        return s.load(*SIGNALS)
    if kind == "windowed":
        loaded = s.load(*SIGNALS)
        return s.apply("scale", draft.name("windowed", "tapered"), loaded, _gain(s), bound=4.0)
    first = s.load_real("samples_tile", "readings", "waveform")
    if kind == "two_parts":
        first = s.grid.drawn(
            draft.name("shaped", "prepared", "mixed"), [first, s.load_real("second", "noise", "trend")], _knobs(s, 0.4), bound=40.0
        )
    elif draw.chance(0.5):
        first = s.grid.drawn(draft.name("shaped", "prepared"), [first], _knobs(s, 0.5), bound=40.0)
    s.is_real = True
    return s.apply("as_complex", draft.name("z", "packed", "c_signal"), first, bound=first.magnitude)


def _gain(s: Spectra) -> Tile:
    """A real factor for every element: loaded, or a drawn formula of the frequency or of what was loaded."""
    draft, draw = s.draft, s.draft.draw
    kind = draw.choice(("loaded", "drawn", "frequency", "mixed"))
    if kind == "loaded":
        return s.load_real("gains", "taper", "weights", low=0.1)
    inputs: list[Tile] = []
    if kind != "drawn":
        inputs.append(s.frequencies(draft.name("freq", "wave_numbers", "k_tile")))
    if kind != "frequency":
        inputs.append(s.load_real("profile", "envelope", "mask_tile"))
    return s.grid.drawn(draft.name("response", "transfer_gain", "taper"), inputs, _knobs(s, 0.6), bound=2.0)


def _finish(s: Spectra, kernel: str, tile: Tile, *, add: float = 0.06) -> Case:
    """Stores a complex or a real tile, the latter perhaps after a drawn formula."""
    draft, draw = s.draft, s.draft.draw
    if not tile.value.type.rank and draw.chance(0.6):
        tile = s.grid.drawn(draft.name("final", "shown", "level_tile"), [_compressed(s, tile)], _knobs(s, 0.5), bound=1e4)
    s.grid.store(draft.name("out", "result", "dst", "spectrum_out"), tile, add=draw.chance(add))
    return s.grid.finished(kernel, "_tiled", "_rows", "_batch")


def _compressed(s: Spectra, tile: Tile) -> Tile:
    """A real tile, or its logarithm or the like where its bound is far above the values that it mostly has."""
    if tile.magnitude < _LOUD:
        return tile
    draft, draw, x = s.draft, s.draft.draw, tile.name
    if tile.value.range.low >= 0.0:
        return s.grid.formula(
            draft.name("log_power", "loudness"), draw.choice((f"log(1.0 + min({x}, 5000.0))", f"log10(1.0 + min({x}, 5000.0))")), tile.shape
        )
    return s.grid.formula(draft.name("limited", "soft"), f"{x} / (1.0 + abs({x}))", tile.shape)


def _back(s: Spectra, tile: Tile) -> Tile:
    """The inverse transform with its factor; the real part of it, now and then.

    Where the signal was real, the imaginary part of the result may be nothing but rounding, so it is left out.
    """
    draft, draw = s.draft, s.draft.draw
    returned = s.transform(tile, inverse=True)
    result = s.scaled(draft.name("restored", "normalized", "unscaled"), returned, 1.0 / s.length) if draw.chance(0.8) else returned
    if s.is_real or draw.chance(0.25):
        result = s.apply("real_part", draft.name("real_out", "filtered_real"), result, bound=result.magnitude)
    return result


def _spectrum(s: Spectra) -> Case:
    """The spectrum of a signal, or its power, perhaps added up over blocks."""
    draft, draw = s.draft, s.draft.draw
    spectrum = s.transform(_signal(s), inverse=draw.chance(0.15))
    if draw.chance(0.3):
        if draw.chance(0.5):
            spectrum = s.scaled(draft.name("unitary", "normalized"), spectrum, round(s.length**-0.5, 6))
        return _finish(s, draw.choice(("fft_rows", "spectrum", "transform")), spectrum)
    power = s.apply("power", draft.name("power", "periodogram", "energy"), spectrum, bound=spectrum.magnitude**2)
    if draw.chance(0.3):
        total = draft.name("total", "band_energy")
        value = s.grid.number(total, 2, f"wp.tile_sum({power.name})", s.grid.sum_text(power.name, power), 0.0, power.size * power.magnitude)
        finished = value.value
        if draw.chance(0.6):
            level = draft.tile(draft.name("log_total", "total_level"), f"log(1.0 + min({value.name}, 8000.0))")
            finished = draft.drawn_tile(draft.free("shown_total"), [level, *_knobs(s, 1.0)])
        s.grid.store_number(draft.name("energies", "totals"), Tile(finished, value.shape))
        return draft.finished(draft.free(draw.choice(("signal_energy", "parseval"))), s.grid.dim, s.grid.sizes())
    return _finish(s, draw.choice(("power_spectrum", "periodogram", "welch")), power, add=0.35)


def _filter(s: Spectra) -> Case:
    """A signal's spectrum times a gain or a transfer function, transformed back."""
    draft, draw = s.draft, s.draft.draw
    spectrum = s.transform(_signal(s))
    name = draft.name("filtered", "shaped_bins", "weighted_bins")
    if draw.chance(0.6):
        changed = s.apply("scale", name, spectrum, _gain(s), bound=2.0 * spectrum.magnitude)
    else:
        changed = s.apply("multiply", name, spectrum, s.load("transfer", "response_bins"), bound=2.0 * spectrum.magnitude)
    return _finish(s, draw.choice(("fft_filter", "equalize", "apply_transfer")), _back(s, changed))


def _convolve(s: Spectra) -> Case:
    """The circular convolution or correlation of two signals, or of one with itself."""
    draft, draw = s.draft, s.draft.draw
    first = s.transform(_signal(s))
    correlates = draw.chance(0.45)
    name = draft.name("product_bins", "cross", "joined")
    if draw.chance(0.3):
        power = s.apply("power", draft.name("power", "energy"), first, bound=first.magnitude**2)
        whole = s.apply("as_complex", name, power, bound=power.magnitude)
        return _finish(s, "autocorrelate", _back(s, whole))
    second = s.transform(s.load("kernel_signal", "other", "template"))
    whole = s.apply("correlate" if correlates else "multiply", name, first, second, bound=2.0 * first.magnitude * second.magnitude)
    if draw.chance(0.25):
        return _finish(s, "cross_spectrum" if correlates else "spectral_product", whole)
    return _finish(s, "correlate" if correlates else "convolve", _back(s, whole))


def _differentiate(s: Spectra) -> Case:
    """The derivative of a signal, its smoothed solution of a Poisson equation, or its shift by a part of a sample."""
    draft, draw = s.draft, s.draft.draw
    spectrum = s.transform(_signal(s))
    frequency = s.frequencies(draft.name("freq", "wave_numbers", "k_tile"))
    kind = draw.choice(("derivative", "poisson", "shift"))
    name = draft.name("changed", "derived_bins", "next_bins")
    if kind == "derivative":
        changed = s.apply("differentiate", name, spectrum, frequency, bound=s.length * spectrum.magnitude)
    elif kind == "poisson":
        draft.scope["mass"] = draft.knob(draft.name("mass", "screening"), 0.5, 2.0)
        green = s.grid.formula(draft.name("green", "inverse_laplacian"), f"1.0 / ({frequency.name} * {frequency.name} + mass)", s.shape)
        changed = s.apply("scale", name, spectrum, green, bound=2.0 * spectrum.magnitude)
    else:
        draft.scope["shift"] = draft.knob(draft.name("delay", "offset_value"), 0.05, 0.4)
        angle = s.grid.formula(draft.name("angle", "phase"), f"{frequency.name} * shift", s.shape)
        changed = s.apply("rotate", name, spectrum, angle, bound=2.0 * spectrum.magnitude)
    return _finish(
        s, {"derivative": "spectral_derivative", "poisson": "poisson_solve", "shift": "fractional_delay"}[kind], _back(s, changed)
    )


def _split_step(s: Spectra) -> Case:
    """Steps of a wave: a phase by the potential in space, a phase by the frequency in between."""
    draft, draw = s.draft, s.draft.draw
    psi = s.load("psi", "wave", "amplitude")
    potential = s.load_real("potential", "index_profile")
    step = draft.knob(draft.name("dt", "step_size"), 0.05, 0.3)
    draft.scope["dt"] = step
    frequency = s.frequencies(draft.name("freq", "wave_numbers"))
    draft.scope.update(v=potential.value, k=frequency.value)
    space = s.grid.formula(draft.name("space_phase", "potential_phase"), "-v * dt", s.shape)
    kinetic = s.grid.formula(draft.name("kinetic_phase", "free_phase"), draw.choice(("-0.05 * (k * k) * dt", "-0.5 * k * dt")), s.shape)
    for number in range(draw.integer(1, 2)):
        kicked = s.apply("rotate", draft.free(f"kicked{number}"), psi, space, bound=2.0 * psi.magnitude)
        bins = s.transform(kicked)
        moved = s.apply("rotate", draft.free(f"moved{number}"), bins, kinetic, bound=2.0 * bins.magnitude)
        psi = s.scaled(draft.free(f"psi{number + 1}"), s.transform(moved, inverse=True), 1.0 / s.length)
        # Phases leave sizes as they are.
        psi = s.grid.bounded(psi, -4.0, 4.0)
    if draw.chance(0.5):
        density = s.apply("power", draft.name("density", "probability"), psi, bound=16.0)
        return _finish(s, "propagate_density", density)
    return _finish(s, draw.choice(("split_step", "propagate_wave")), psi)


def _analytic(s: Spectra) -> Case:
    """The analytic signal, by twice the positive frequencies; or what is left of a conjugate spectrum."""
    draft, draw = s.draft, s.draft.draw
    spectrum = s.transform(_signal(s))
    frequency = s.frequencies(draft.name("freq", "wave_numbers"))
    low = draw.choice((0.0, 1.0, 2.0))
    text = draw.choice((f"where({frequency.name} > {low + 0.5}, 2.0, 0.5)", f"where({frequency.name} < {low + 0.5}, 0.0, 1.5)"))
    gain = s.grid.formula(draft.name("sides", "band", "keep"), text, s.shape)
    changed = s.apply("scale", draft.name("one_sided", "kept_bins"), spectrum, gain, bound=2.0 * spectrum.magnitude)
    if draw.chance(0.3):
        changed = s.apply("conjugate", draft.name("mirrored", "conjugated"), changed, bound=changed.magnitude)
    back = _back(s, changed)
    if back.value.type.rank and draw.chance(0.5):
        envelope = s.apply("power", draft.name("envelope", "instant_power"), back, bound=2.0 * back.magnitude**2)
        return _finish(s, "envelope", envelope)
    return _finish(s, draw.choice(("analytic_signal", "band_pass", "one_sided")), back)


def _plane(s: Spectra) -> Case:
    """The transform of a square along both of its axes, perhaps filtered and transformed back along one."""
    draft, draw = s.draft, s.draft.draw
    rows = s.transform(_signal(s))
    side = shape_of_turned = (s.shape[1], s.shape[0])
    turned = draft.name("turned", "columns", "flipped")
    bounds = rows.value.range
    factor = draw.choice((1.0 / s.length, round(s.length**-0.5, 6)))
    # What is transformed must be in registers, and neither a transposed tile nor the one that it is a view of is: products with numbers
    # are.
    text = draft.number(factor)
    half = s.scaled(draft.name("scaled_rows", "normed_rows"), rows, factor)
    warp = draw.choice((f"wp.tile_transpose({half.name}) * {text}", f"{text} * wp.tile_transpose({half.name})"))
    low, high = factor * factor * bounds.low, factor * factor * bounds.high
    columns = s.grid.named(turned, side, warp, f"{factor} * np.swapaxes({half.name}, -2, -3)", low, high, rows.value.type)
    whole = s.transform(columns)
    if draw.chance(0.4):
        power = s.apply("power", draft.name("power", "energy"), whole, bound=whole.magnitude**2)
        return _finish(s, "plane_power", Tile(power.value, shape_of_turned))
    if draw.chance(0.5):
        changed = s.apply("scale", draft.name("filtered", "weighted"), whole, _gain(s), bound=2.0 * whole.magnitude)
        return _finish(s, "plane_filter", _back(s, changed))
    return _finish(s, draw.choice(("fft_plane", "transform_square")), whole)


_FORMS: tuple[tuple[Callable[[Spectra], Case], float], ...] = (
    (_spectrum, 3.0),
    (_filter, 2.0),
    (_convolve, 2.0),
    (_differentiate, 2.0),
    (_split_step, 1.0),
    (_analytic, 1.0),
    (_plane, 1.0),
)
