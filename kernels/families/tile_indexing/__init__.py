"""Parts of tiles: what an index chooses, views and slices, single elements, other shapes, other types.

Variants: rows, columns and planes gathered from a table, scattered, added up along any axis, with -1 for none; old values that an addition
returns; crops, mirrors and subsamples by views and slices of one to three axes, rows chosen at run time, tiles put together of others (side
by side, bordered, interleaved, shifted, with a column of ones), writes through views, gathers within a tile; panels transposed and turned;
pooled patches, split heads, outer sums by broadcasts of up to four axes, quantized and converted values, ramps and windows by places;
elements of one to four axes, components of vectors and entries of matrices, read and written; maps of tiles of vectors and matrices.
Element types of every kind where they are only moved.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.tile_indexing import elements, gathers, shapes, views

_FORMS = (*gathers.FORMS, *views.FORMS, *shapes.FORMS, *elements.FORMS)


def build(draw: Draw) -> Case:
    """One kernel on parts of tiles."""
    form = draw.weighted([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
    return form(draw)
