"""Vectors and matrices of many shapes: finite elements, stress as vectors of six, spatial inertia, contact Jacobians, Kalman filters,
features and fits, small layers, cameras of 3x4, affine maps and curves, chains and Gram matrices, decompositions, small systems.

Variants: shapes from 2 to 10, blocks, rows, columns and entries read and written, products in either order, decompositions by their
invariants, functions or formulas in place, gathers and atomics; single and double precision, decompositions in half precision too.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.matrix_shapes.algebra import build_chain, build_solve
from kernels.families.matrix_shapes.dynamics import build_contact, build_filter, build_inertia
from kernels.families.matrix_shapes.elements import build_quadrilateral, build_triangle, build_voigt
from kernels.families.matrix_shapes.factors import build_decomposition, build_factors
from kernels.families.matrix_shapes.features import build_features, build_layer
from kernels.families.matrix_shapes.maps import build_affine, build_camera

FORMS = (
    (build_triangle, 4),
    (build_quadrilateral, 3),
    (build_voigt, 4),
    (build_inertia, 3),
    (build_contact, 4),
    (build_filter, 4),
    (build_features, 3),
    (build_layer, 3),
    (build_camera, 4),
    (build_affine, 4),
    (build_chain, 4),
    (build_decomposition, 26),
    (build_factors, 18),
    (build_solve, 5),
)
WIDTHS = {
    build_decomposition: (("float32", 5), ("float64", 6), ("float16", 3)),
    build_factors: (("float32", 5), ("float64", 5), ("float16", 2)),
    build_filter: (("float32", 1), ("float64", 3)),
    build_solve: (("float32", 1), ("float64", 2)),
}
"""How often a form comes in each width, where that is not as in most kernels."""


def build(draw: Draw) -> Case:
    """One kernel on vectors and matrices of many shapes."""
    form = draw.weighted([f for f, _ in FORMS], [w for _, w in FORMS])
    widths = WIDTHS.get(form, (("float32", 1), ("float64", 1)))
    return form(draw, MirrorDraft(draw, width=draw.weighted([name for name, _ in widths], [w for _, w in widths])))
