"""3x3 matrices: products, transpose, determinant, trace. In numpy a matrix is two trailing axes of length 3."""

from __future__ import annotations

from kernels.language.interval import Interval
from kernels.language.operation import ADD, MULTIPLY, declare, infix


def _contract(a: Interval, b: Interval) -> Interval:
    product = a * b
    return Interval(3 * product.low, 3 * product.high)


def _determinant(m: Interval) -> Interval:
    bound = 6 * m.magnitude**3
    return Interval(-bound, bound)


infix("add_mat", "M,M -> M", "+", lambda a, b: a + b, ADD, nouns=("combined_mat",), weight=1.5)
infix("subtract_mat", "M,M -> M", "-", lambda a, b: a - b, ADD, nouns=("strain",), weight=1.0)
declare(
    "mat_vec",
    "M,V -> V",
    "{0} @ {1}",
    "np.einsum('...ij,...j->...i', {0}, {1})",
    _contract,
    precedence=MULTIPLY,
    nouns=("rotated", "transformed", "mapped"),
    weight=3.0,
)
declare("mat_mul", "M,M -> M", "{0} @ {1}", "np.matmul({0}, {1})", _contract, precedence=MULTIPLY, nouns=("composed", "stress"), weight=1.5)
declare(
    "scale_mat",
    "R,M -> M",
    "{0} * {1}",
    "{0:m} * {1}",
    lambda s, m: s * m,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("weighted_mat",),
    weight=1.0,
)
declare("transpose", "M -> M", "wp.transpose({0})", "np.swapaxes({0}, -1, -2)", lambda m: m, nouns=("transposed",), weight=1.5)
declare("determinant", "M -> R", "wp.determinant({0})", "np.linalg.det({0})", _determinant, nouns=("volume_ratio", "jacobian"), weight=1.0)
declare(
    "trace",
    "M -> R",
    "wp.trace({0})",
    "np.trace({0}, axis1=-2, axis2=-1)",
    lambda m: Interval(3 * m.low, 3 * m.high),
    nouns=("divergence", "first_invariant"),
    weight=1.0,
)
declare(
    "outer",
    "V,V -> M",
    "wp.outer({0}, {1})",
    "{0}[..., :, None] * {1}[..., None, :]",
    lambda a, b: a * b,
    numpy_precedence=MULTIPLY,
    nouns=("dyad",),
    weight=1.0,
)
declare(
    "ddot",
    "M,M -> R",
    "wp.ddot({0}, {1})",
    "np.sum({0} * {1}, axis=(-2, -1))",
    lambda a, b: Interval(9 * (a * b).low, 9 * (a * b).high),
    nouns=("energy_density",),
    weight=0.6,
)
