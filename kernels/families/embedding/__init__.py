"""Embedding layers: rows of tables read by integers, summed, encoded, scored against each other, and trained.

Variants: lookups with padding, scaling, positions and token types (flat tables, quantized rows, fields with offsets, a layer norm behind);
bags (compressed or padded; sums, means, maxima, weights); sinusoidal, Fourier and hash-grid encodings; one-hot and smoothed
targets; nearest codes; scores of pairs and triples, with negative samples; gradients scattered into tables by atomics.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.embedding.bags import bag, fields
from kernels.families.embedding.codes import nearest_code, one_hot, quantized
from kernels.families.embedding.encodings import fourier, sinusoidal
from kernels.families.embedding.gradients import bag_gradient, scatter_gradient
from kernels.families.embedding.grids import hash_grid
from kernels.families.embedding.lookups import lookup, normalized_input
from kernels.families.embedding.scores import negative_sampling, pair_score


def build(draw: Draw) -> Case:
    """One embedding kernel."""
    forms = (lookup, normalized_input, bag, fields, sinusoidal, fourier, hash_grid, one_hot, quantized, nearest_code)
    others = (scatter_gradient, bag_gradient, pair_score, negative_sampling)
    return draw.weighted((*forms, *others), (4, 1.5, 3, 1.5, 2, 1.5, 1.5, 1, 1.2, 1.2, 2, 1, 2, 1.2))(draw)
