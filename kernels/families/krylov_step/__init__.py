"""Steps of Krylov methods: fused updates, products, preconditioners, operators with their dots, bases and their rotations.

Variants: updates of twenty methods out of place or in place, of real or 3-vector unknowns, of one system or a batch, with fixed unknowns;
scalars in arrays, by ratio or by value; dots by atomics and by blocks; diagonal, block, polynomial and two-level preconditioners; padded
and compressed rows, edges, stencils, normal equations; Arnoldi, Lanczos and Gram-Schmidt steps, Givens rotations, Ritz residuals.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.krylov_step.bases import build_normalize, build_orthogonal, build_projection, build_rotations
from kernels.families.krylov_step.operators import build_edges, build_normal, build_rows, build_stencil
from kernels.families.krylov_step.preconditioners import build_aggregates, build_blocks, build_diagonal, build_polynomial
from kernels.families.krylov_step.products import build_dots, build_norms, build_partials
from kernels.families.krylov_step.updates import build_scalars, build_update

FORMS = {
    build_update: 9,
    build_scalars: 3,
    build_dots: 2.5,
    build_partials: 2,
    build_norms: 2.5,
    build_diagonal: 3,
    build_blocks: 3,
    build_polynomial: 2,
    build_aggregates: 2,
    build_rows: 3,
    build_edges: 2.5,
    build_normal: 2,
    build_stencil: 3,
    build_projection: 2.5,
    build_orthogonal: 3,
    build_rotations: 2,
    build_normalize: 2,
}
"""The algorithms, and how often each comes."""


def build(draw: Draw) -> Case:
    """One kernel of a Krylov method."""
    form = draw.weighted(tuple(FORMS), tuple(FORMS.values()))
    return form(draw, Draft(draw))
