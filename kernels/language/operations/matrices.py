"""Square matrices of any size: products, transpose, determinant, inverse, diagonals. In numpy a matrix is two trailing axes."""

from __future__ import annotations

from kernels.language.interval import REALS, UNIT, Interval
from kernels.language.operation import ADD, MULTIPLY, UNARY, declare, infix
from kernels.language.operations.arithmetic import DIVISOR

# numpy's linear algebra has no half precision.
_DETERMINANT = """
def determinant(m):
    return np.linalg.det(m.astype(np.result_type(m, np.single))).astype(m.dtype)"""
_INVERSE = """
def inverse(m):
    return np.linalg.inv(m.astype(np.result_type(m, np.single))).astype(m.dtype)"""
_DIAGONAL = """
def diagonal(v):
    return v[..., :, None] * np.eye(v.shape[-1], dtype=v.dtype)"""
_SKEW = """
def skew(v):
    x, y, z = v[..., 0], v[..., 1], v[..., 2]
    o = np.zeros_like(x)
    return np.stack([np.stack([o, -z, y], axis=-1), np.stack([z, o, -x], axis=-1), np.stack([-y, x, o], axis=-1)], axis=-2)"""


def _contract(a: Interval, b: Interval, n: int) -> Interval:
    product = a * b
    return Interval(n * product.low, n * product.high)


def _determinant(m: Interval, n: int) -> Interval:
    bound = {2: 2, 3: 6, 4: 24}[n] * m.magnitude**n
    return Interval(-bound, bound)


infix("add_mat", "M,M -> M", "+", lambda a, b: a + b, ADD, nouns=("combined_mat",), weight=1.5)
infix("subtract_mat", "M,M -> M", "-", lambda a, b: a - b, ADD, nouns=("strain",), weight=1.0)
declare("negate_mat", "M -> M", "-{0}", "-{0}", lambda m: -m, precedence=UNARY, numpy_precedence=UNARY, nouns=("negated_mat",), weight=0.2)
declare(
    "mat_vec",
    "M,V -> V",
    "{0} @ {1}",
    "np.einsum('...ij,...j->...i', {0}, {1})",
    _contract,
    sized=True,
    precedence=MULTIPLY,
    nouns=("rotated", "transformed", "mapped"),
    weight=3.0,
)
declare(
    "mat_times_vec",
    "M,V -> V",
    "{0} * {1}",
    "np.einsum('...ij,...j->...i', {0}, {1})",
    _contract,
    sized=True,
    precedence=MULTIPLY,
    nouns=("mapped_vec", "image_vec"),
    weight=1.0,
)
declare(
    "vec_mat",
    "V,M -> V",
    "{0} @ {1}",
    "np.einsum('...i,...ij->...j', {0}, {1})",
    lambda v, m, n: _contract(v, m, n),
    sized=True,
    precedence=MULTIPLY,
    nouns=("row_image", "pulled_back"),
    weight=0.3,
)
declare(
    "mat_mul",
    "M,M -> M",
    "{0} @ {1}",
    "np.matmul({0}, {1})",
    _contract,
    sized=True,
    precedence=MULTIPLY,
    nouns=("composed", "stress"),
    weight=1.5,
)
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
declare(
    "mat_scale",
    "M,R -> M",
    "{0} * {1}",
    "{0} * {1:m}",
    lambda m, s: s * m,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("scaled_mat",),
    weight=0.6,
)
declare(
    "mat_divide",
    "M,R -> M",
    "{0} / {1}",
    "{0} / {1:m}",
    lambda m, s: m / s,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    domain=(REALS, DIVISOR),
    nouns=("averaged_mat",),
    weight=0.2,
)
declare("transpose", "M -> M", "wp.transpose({0})", "np.swapaxes({0}, -1, -2)", lambda m: m, nouns=("transposed",), weight=1.5)
declare(
    "determinant",
    "M -> R",
    "wp.determinant({0})",
    "determinant({0})",
    _determinant,
    sized=True,
    lengths=(2, 3, 4),
    helpers=(_DETERMINANT,),
    nouns=("volume_ratio", "jacobian"),
    weight=1.0,
)
declare(
    "inverse",
    "M -> M",
    "wp.inverse({0})",
    "inverse({0})",
    lambda m: Interval(-2.0, 2.0),
    lengths=(2, 3, 4),
    argument=("invertible",),
    helpers=(_INVERSE,),
    nouns=("inverted", "inv_mat"),
    weight=0.6,
)
declare(
    "inverse_approx",
    "M -> M",
    "wp.inverse_approx({0})",
    "inverse({0})",
    lambda m: Interval(-2.0, 2.0),
    lengths=(2, 3, 4),
    argument=("invertible",),
    helpers=(_INVERSE,),
    nouns=("fast_inverse",),
    weight=0.03,
)
declare(
    "trace",
    "M -> R",
    "wp.trace({0})",
    "np.trace({0}, axis1=-2, axis2=-1)",
    lambda m, n: Interval(n * m.low, n * m.high),
    sized=True,
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
    lambda a, b, n: _contract(a, b, n * n),
    sized=True,
    nouns=("energy_density",),
    weight=0.6,
)
declare(
    "diag",
    "V -> M",
    "wp.diag({0})",
    "diagonal({0})",
    lambda v: v.hull(Interval(0, 0)),
    helpers=(_DIAGONAL,),
    nouns=("scaling",),
    weight=0.3,
)
declare("get_diag", "M -> V", "wp.get_diag({0})", "np.einsum('...ii->...i', {0})", lambda m: m, nouns=("diagonal",), weight=0.3)
declare(
    "skew",
    "P -> K",
    "wp.skew({0})",
    "skew({0})",
    lambda v: v.hull(-v).hull(Interval(0, 0)),
    helpers=(_SKEW,),
    nouns=("spin_mat",),
    weight=0.4,
)
for _letter, _vector, _count in (("Y", "W", 2), ("K", "P", 3), ("Z", "X", 4)):
    _slots = ", ".join(f"{{{k}}}" for k in range(_count))
    for _name, _axis in (("rows", -2), ("cols", -1)):
        declare(
            f"matrix_from_{_name}_{_count}",
            f"{','.join(_vector * _count)} -> {_letter}",
            f"wp.matrix_from_{_name}({_slots})",
            f"np.stack(np.broadcast_arrays({_slots}), axis={_axis})",
            lambda *parts: Interval(min(p.low for p in parts), max(p.high for p in parts)),
            nouns=("basis", "frame_mat"),
            weight=0.3 if _count == 3 else 0.1,
        )
declare(
    "identity",
    "R -> M",
    "{0} * wp.identity(n={n}, dtype={R})",
    "{0:m} * np.eye({n}, dtype={r})",
    lambda s: s.hull(Interval(0, 0)),
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("isotropic",),
    weight=0.4,
)
for _row in range(2):
    declare(f"row_{_row}", "M -> V", f"{{0}}[{_row}]", f"{{0}}[..., {_row}, :]", lambda m: m, nouns=(f"row{_row}",), weight=0.3)
    declare(
        f"element_{_row}1",
        "M -> R",
        f"{{0}}[{_row}, 1]",
        f"{{0}}[..., {_row}, 1]",
        lambda m: m,
        nouns=("shear",) if _row == 0 else ("normal_part",),
        weight=0.5,
    )
declare(
    "lerp_mat",
    "M,M,R -> M",
    "wp.lerp({0}, {1}, {2})",
    "{0} * (1.0 - {2:m}) + {1} * {2:m}",
    lambda a, b, t: a.hull(b),
    domain=(REALS, REALS, UNIT),
    numpy_precedence=ADD,
    nouns=("blended_mat",),
    weight=0.15,
)
declare(
    "where_mat",
    "B,M,M -> M",
    "wp.where({0}, {1}, {2})",
    "np.where(np.asarray({0})[..., None, None], {1}, {2})",
    lambda c, a, b: a.hull(b),
    smooth=False,
    nouns=("chosen_mat",),
    weight=0.2,
)
