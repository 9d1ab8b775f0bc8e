"""Integers and vectors of them, of every width: cells and keys of grids, boxes and distances, colors, bits, flags, casts, checksums,
division, fixed point, triangles on pixels, images of bytes, order within vectors.

Variants: width and sign, vector length, wrap-around or saturation, packed words or vectors, periodic or clamped neighbours, functions or
formulas in place, atomics and histograms, drawn formulas of what comes out. Integers compare exactly.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.integer_vector.arithmetic import build_division, build_fixed, build_raster
from kernels.families.integer_vector.cells import build_cell, build_points
from kernels.families.integer_vector.colors import build_casts, build_color
from kernels.families.integer_vector.distances import build_boxes, build_distance, build_weights
from kernels.families.integer_vector.images import build_image, build_order
from kernels.families.integer_vector.words import build_bits, build_fields

FORMS = (
    (build_cell, 4),
    (build_points, 4),
    (build_distance, 3),
    (build_boxes, 3),
    (build_weights, 2),
    (build_color, 5),
    (build_bits, 3),
    (build_fields, 4),
    (build_casts, 4),
    (build_division, 3),
    (build_fixed, 3),
    (build_raster, 2),
    (build_image, 5),
    (build_order, 3),
)


def build(draw: Draw) -> Case:
    """One kernel on integers."""
    form = draw.weighted([f for f, _ in FORMS], [w for _, w in FORMS])
    return form(draw, MirrorDraft(draw, width="float32"))
