"""Linear algebra on tiles: each block loads small matrices and vectors, and computes with them as a whole.

Variants: systems with symmetric positive definite matrices (of products, or of covariances of points) by Cholesky factors: least squares,
Gaussian processes and densities, Kalman updates, Schur complements, solutions refined once; triangular systems, whole, in blocks and in
sweeps forward and backward, factors made block by block, Gram-Schmidt, conjugate gradients; products: chains, polynomials of a matrix,
Newton-Schulz, power and gradient iterations, quadratic forms, updates of low rank; scaled sums in place on tiles of numbers and vectors,
products in mixed precision, arrays kept in half precision. Several right-hand sides, float32 and float64, tiles in registers and in shared
memory, drawn formulas before and after.

Warp has no adjoint for `tile_diag_add`, `tile_cholesky_solve`, `tile_upper_solve` and what factors or solves in place: they are used where
no gradient is asked for.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.tile_linear_algebra import products, systems, triangular, updates

_FORMS = (*systems.FORMS, *products.FORMS, *triangular.FORMS, *updates.FORMS)


def build(draw: Draw) -> Case:
    """One kernel of linear algebra on tiles."""
    form = draw.weighted([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
    return form(draw)
