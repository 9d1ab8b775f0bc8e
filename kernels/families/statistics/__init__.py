"""Statistics: moments, histograms and quantiles, windows and series, densities and neighbours, clustering and classification.

Variants: mean and variance in one or two passes, by Welford, shifted, weighted; higher moments, covariance, correlation, standardized
values; hard and soft histograms in one and two dimensions, given edges, ranks, order statistics; moving and exponential averages, lags,
trends, changes; kernel density estimates, radius counts, nearest samples, votes; k-means, mixtures, confusion matrices, losses, splits,
resampling; rows, columns, blocks or all elements, masks, weights, groups, fused terms, what becomes of a result.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.statistics.clusters import clusters
from kernels.families.statistics.density import densities
from kernels.families.statistics.histograms import histograms
from kernels.families.statistics.moments import moments
from kernels.families.statistics.windows import windows

KINDS = (moments, histograms, windows, densities, clusters)


def build(draw: Draw) -> Case:
    """One statistical kernel."""
    return draw.weighted(KINDS, (4, 3, 4, 3, 4))(draw)
