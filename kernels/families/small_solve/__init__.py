"""Small dense systems, one for each thread: solves, factors, eigenvalues, fits and updates of two to six equations.

Variants: Cramer's rule, Cholesky, LDL, LU, Gauss and Jordan, blocks, pivots, over local scalars, in loops over local matrices or in memory;
triangular substitution; iterations of a known number of steps; Gram-Schmidt, Givens, Householder, polar factors, Jacobi rotations; spectra
in closed form, power iterations, invariants; least squares; updates by outer products, constraints and measurements. Matrices as arrays of
matrices, as scalars in axes, rows or one line; solutions stored plain, relaxed, by a law, with an energy.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.small_solve.elimination import build_blocks, build_cholesky, build_cramer, build_lu, build_pivoted
from kernels.families.small_solve.fitting import build_fit
from kernels.families.small_solve.functions import build_matrix_iteration
from kernels.families.small_solve.loops import build_factor, build_iteration, build_triangular
from kernels.families.small_solve.orthogonal import build_givens, build_gram_schmidt, build_jacobi_rotation, build_polar, build_reflection
from kernels.families.small_solve.spectra import build_invariants, build_power, build_symmetric
from kernels.families.small_solve.updates import build_bordered, build_factor_update, build_gain, build_rank_one

FORMS = {
    build_cramer: 3,
    build_cholesky: 3,
    build_lu: 3,
    build_pivoted: 1,
    build_blocks: 1,
    build_factor: 2.5,
    build_triangular: 2,
    build_iteration: 3,
    build_matrix_iteration: 2,
    build_gram_schmidt: 2,
    build_givens: 2,
    build_reflection: 1.5,
    build_polar: 2,
    build_jacobi_rotation: 2,
    build_symmetric: 3,
    build_power: 2,
    build_invariants: 3,
    build_fit: 4,
    build_rank_one: 1.5,
    build_bordered: 1.5,
    build_factor_update: 1.5,
    build_gain: 1.5,
}
"""The algorithms, and how often each comes."""


def build(draw: Draw) -> Case:
    """One kernel of small linear algebra."""
    form = draw.weighted(tuple(FORMS), tuple(FORMS.values()))
    return form(draw, Draft(draw))
