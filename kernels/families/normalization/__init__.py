"""Normalization layers: batch, layer, group and instance norm, their root-mean-square kin, and standardized weights.

Variants: the axes (rows, tokens, heads, columns, pictures with channels first or last, groups of channels, filters), static and dynamic
loops, the mean and variance by two passes, by moments or by Welford's update; affine parameters, modulation and fused steps; passes of
kernels that work in several launches, running statistics, merged statistics, folded parameters, gradients, local response.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.normalization.backward import input_gradient, parameter_gradient
from kernels.families.normalization.elementwise import apply_statistics, fold, local_response, merge
from kernels.families.normalization.layers import scale_only, standardize
from kernels.families.normalization.statistics import atomic_moments, slice_statistics


def build(draw: Draw) -> Case:
    """One normalization kernel."""
    forms = (standardize, scale_only, apply_statistics, slice_statistics, atomic_moments, fold, merge, local_response)
    gradients = (input_gradient, parameter_gradient)
    return draw.weighted((*forms, *gradients), (6, 4, 4, 2, 1.5, 1.5, 1, 1.5, 2, 1.5))(draw)
