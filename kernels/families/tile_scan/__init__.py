"""Order in tiles: scans, sorts, places of extremes, and reductions by a function of one's own.

Variants: prefix sums and running extremes of reals and integers, offsets from counts, compaction by prefix sums, values carried forward,
light along rays, sums over windows; sorts by key with numbers, vectors and other types carried along, packed integer keys, ranks, rows of a
table in the order of their keys, medians and weighted quantiles; the best match, or the best and the worst, and what stands there; tiles
set against their own extremes; softmax and other norms along an axis, reductions of panels and stacks along one axis, of vectors to their
bounds, of integers to their bits. Lines and panels, drawn formulas before and after.

Scans, sorts, `wp.tile_min`, `wp.tile_max` and `wp.tile_reduce` have no adjoint: gradients are asked for where they pass by them.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.tile_scan import extremes, scans, sorts

_FORMS = (*scans.FORMS, *sorts.FORMS, *extremes.FORMS)


def build(draw: Draw) -> Case:
    """One kernel of scans, sorts or searches."""
    form = draw.weighted([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
    return form(draw)
