"""Tridiagonal and banded systems, and the grids that they come from.

Variants: Thomas's algorithm through memory, in place or in local vectors, with given, constant or symmetric diagonals, splines and periodic
lines; factors, continuants, counts of negative pivots; steps of cyclic reduction; products and residuals of three, five or many diagonals
and of blocks; Jacobi, coloured Gauss-Seidel, over-relaxation and Chebyshev sweeps in one to three axes with constant or varying
coefficients; halves of alternating directions; restriction and prolongation. Lines along either axis or one after the other.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.tridiagonal.factors import build_factors
from kernels.families.tridiagonal.products import build_banded, build_blocks, build_residual
from kernels.families.tridiagonal.reduction import build_cyclic, build_parallel
from kernels.families.tridiagonal.relaxation import build_coloured, build_line_relaxation, build_sweep
from kernels.families.tridiagonal.thomas import build_in_place, build_short, build_thomas
from kernels.families.tridiagonal.transfers import build_prolongation, build_restriction

FORMS = {
    build_thomas: 3,
    build_in_place: 1.5,
    build_short: 2.5,
    build_factors: 2,
    build_parallel: 2,
    build_cyclic: 2,
    build_residual: 3,
    build_banded: 2,
    build_blocks: 2,
    build_sweep: 5,
    build_coloured: 3,
    build_line_relaxation: 2,
    build_restriction: 2.5,
    build_prolongation: 2.5,
}
"""The algorithms, and how often each comes."""


def build(draw: Draw) -> Case:
    """One kernel on tridiagonal systems and their grids."""
    form = draw.weighted(tuple(FORMS), tuple(FORMS.values()))
    return form(draw, Draft(draw))
