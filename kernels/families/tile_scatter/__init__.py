"""Threads and tiles: blocks whose threads work on elements of their own, and join what they have in tiles.

Variants: sums, extremes, moments and sparse products of rows that the threads of a block share out, by tiles of their partial results;
histograms and deposits by `tile_scatter_add` into bins of one to four axes, weighted or counted, of numbers and of vectors; permutations by
`tile_scatter_masked`; counters and bits by `+=`, `-=`, `&=`, `|=` and `^=` on elements of a tile; threads' numbers, vectors and matrices
made into tiles and back; a value of one thread shared with its block. Rows have any length, and blocks any number of threads.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.tile_scatter import bins, exchange, reductions

_FORMS = (*reductions.FORMS, *bins.FORMS, *exchange.FORMS)


def build(draw: Draw) -> Case:
    """One kernel in which threads and tiles meet."""
    form = draw.weighted([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
    return form(draw)
