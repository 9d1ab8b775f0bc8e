"""Digital filters: finite and infinite impulse responses, changes of rate, windows, modulation, adaptive filters and trackers.

Variants: convolution with given, folded or known taps, complex taps, moving statistics, ranks and morphology; biquads, one-pole sections,
combs, allpasses, lattices and Goertzel's filter; decimation, polyphase and fractional resampling, delay lines; windows, overlapped frames
and tapers; mixers, demodulators, matched filters, oscillators; LMS, alpha-beta and Kalman steps, compressors and waveshapers. One signal or
several channels in either layout, borders by rule, dynamic or static loops, fused gains and mixes.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.digital_filter.delays import build_delay
from kernels.families.digital_filter.fir import build_complex, build_direct, build_folded, build_moving, build_savitzky_golay
from kernels.families.digital_filter.modulation import build_am, build_fm, build_matched, build_mixer, build_oscillator
from kernels.families.digital_filter.ranks import build_median, build_morphology
from kernels.families.digital_filter.rates import build_decimation, build_polyphase, build_resampling
from kernels.families.digital_filter.recursive import build_biquad, build_comb, build_lattice, build_one_pole
from kernels.families.digital_filter.tones import build_goertzel
from kernels.families.digital_filter.tracking import build_adaptive, build_dynamics, build_tracker
from kernels.families.digital_filter.windows import build_frames, build_overlap_add, build_taper

FORMS = {
    build_direct: 4,
    build_folded: 2,
    build_savitzky_golay: 2,
    build_moving: 3,
    build_complex: 2,
    build_median: 3,
    build_morphology: 1,
    build_decimation: 2,
    build_polyphase: 2,
    build_resampling: 3,
    build_delay: 2,
    build_biquad: 3,
    build_one_pole: 4,
    build_comb: 2,
    build_lattice: 1,
    build_goertzel: 2,
    build_frames: 2,
    build_overlap_add: 2,
    build_taper: 2,
    build_am: 2,
    build_fm: 2,
    build_mixer: 2,
    build_matched: 2,
    build_oscillator: 2,
    build_adaptive: 2,
    build_tracker: 2,
    build_dynamics: 3,
}
"""The algorithms, and how often each comes."""


def build(draw: Draw) -> Case:
    """One kernel of digital filtering."""
    form = draw.weighted(tuple(FORMS), tuple(FORMS.values()))
    return form(draw, Draft(draw))
