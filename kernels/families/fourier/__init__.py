"""Fourier analysis and its kin: transforms by definition, single stages of fast ones, wavelets, products of spectra, frames and lags.

Variants: Fourier, cosine, sine, Hartley, lapped and Walsh-Hadamard transforms, in one axis or two, with phases computed, turned or in
tables; butterflies of radix 2 and 4, permutations, residues; Haar, Daubechies and lifting steps with shrinkage; convolution,
deconvolution, spectral derivatives and solves, Hilbert weights, the phase vocoder; spectrograms, filter banks, correlations, linear
prediction. Complex numbers in two arrays, as 2-vectors or interleaved.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.fourier.frames import build_correlation, build_filter_bank, build_prediction, build_spectrogram
from kernels.families.fourier.orders import build_permutation
from kernels.families.fourier.products import build_filter, build_pairing, build_vocoder
from kernels.families.fourier.residues import build_residues
from kernels.families.fourier.stages import build_butterfly, build_hadamard
from kernels.families.fourier.tables import build_phase_table
from kernels.families.fourier.tones import build_tones
from kernels.families.fourier.transforms import build_dft, build_dft_2d, build_real_transform
from kernels.families.fourier.wave_space import build_quadrature, build_wave_grid
from kernels.families.fourier.wavelet_images import build_haar_2d, build_levels
from kernels.families.fourier.wavelets import build_analysis, build_lifting, build_synthesis

FORMS = {
    build_dft: 5,
    build_real_transform: 4,
    build_dft_2d: 2,
    build_tones: 3,
    build_butterfly: 4,
    build_hadamard: 3,
    build_permutation: 2,
    build_residues: 1.5,
    build_analysis: 3,
    build_synthesis: 1.5,
    build_lifting: 2,
    build_haar_2d: 2,
    build_levels: 2,
    build_pairing: 3,
    build_filter: 4,
    build_quadrature: 2,
    build_wave_grid: 2,
    build_vocoder: 1.5,
    build_spectrogram: 3,
    build_filter_bank: 2,
    build_correlation: 4,
    build_prediction: 1,
    build_phase_table: 1,
}
"""The algorithms, and how often each comes."""


def build(draw: Draw) -> Case:
    """One kernel of Fourier analysis."""
    form = draw.weighted(tuple(FORMS), tuple(FORMS.values()))
    return form(draw, Draft(draw))
