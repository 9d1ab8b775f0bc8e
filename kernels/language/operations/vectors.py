"""3-vectors: arithmetic, products, norms. In numpy a vector is a trailing axis of length 3."""

from __future__ import annotations

import math

from kernels.language.interval import REALS, SIGNED_UNIT, Interval
from kernels.language.operation import ADD, MULTIPLY, UNARY, declare, infix
from kernels.language.operations.arithmetic import DIVISOR


def _dot(a: Interval, b: Interval) -> Interval:
    product = a * b
    return Interval(3 * product.low, 3 * product.high)


def _cross(a: Interval, b: Interval) -> Interval:
    bound = 2 * a.magnitude * b.magnitude
    return Interval(-bound, bound)


infix("add_vec", "V,V -> V", "+", lambda a, b: a + b, ADD, nouns=("sum_vec", "target", "moved"), weight=3.0)
infix("subtract_vec", "V,V -> V", "-", lambda a, b: a - b, ADD, nouns=("offset", "relative", "separation"), weight=3.0)
declare("negate_vec", "V -> V", "-{0}", "-{0}", lambda a: -a, precedence=UNARY, numpy_precedence=UNARY, nouns=("reversed_dir",), weight=0.4)
declare(
    "scale_vec",
    "R,V -> V",
    "{0} * {1}",
    "{0:v} * {1}",
    lambda s, v: s * v,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("impulse", "scaled_vec", "step_vec"),
    weight=2.0,
)
declare(
    "vec_scale",
    "V,R -> V",
    "{0} * {1}",
    "{0} * {1:v}",
    lambda v, s: s * v,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("force", "displacement", "drift"),
    weight=3.0,
)
declare(
    "vec_divide",
    "V,R -> V",
    "{0} / {1}",
    "{0} / {1:v}",
    lambda v, s: v / s,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    domain=(REALS, DIVISOR),
    nouns=("acceleration", "per_unit"),
    weight=0.8,
)
declare("dot", "V,V -> R", "wp.dot({0}, {1})", "np.sum({0} * {1}, axis=-1)", _dot, nouns=("projection", "alignment", "work"), weight=4.0)
declare("cross", "V,V -> V", "wp.cross({0}, {1})", "np.cross({0}, {1})", _cross, nouns=("normal", "torque", "axis"), weight=2.5)
declare(
    "length",
    "V -> R",
    "wp.length({0})",
    "np.sqrt(np.sum({0} * {0}, axis=-1))",
    lambda v: Interval(math.sqrt(3) * v.mignitude, math.sqrt(3) * v.magnitude),
    nouns=("distance", "speed", "radius"),
    weight=2.5,
)
declare(
    "length_sq",
    "V -> R",
    "wp.length_sq({0})",
    "np.sum({0} * {0}, axis=-1)",
    lambda v: Interval(3 * v.mignitude**2, 3 * v.magnitude**2),
    nouns=("distance_sq", "squared_norm"),
    weight=1.0,
)
declare(
    "normalize",
    "V -> V",
    "wp.normalize({0})",
    "{0} / np.sqrt(np.sum({0} * {0}, axis=-1))[..., None]",
    lambda v: SIGNED_UNIT,
    numpy_precedence=MULTIPLY,
    nouns=("direction", "unit_normal", "heading"),
    weight=1.5,
)
declare(
    "cw_mul",
    "V,V -> V",
    "wp.cw_mul({0}, {1})",
    "{0} * {1}",
    lambda a, b: a * b,
    numpy_precedence=MULTIPLY,
    nouns=("modulated", "stretched"),
    weight=1.0,
)
declare(
    "cw_div",
    "V,V -> V",
    "wp.cw_div({0}, {1})",
    "{0} / {1}",
    lambda a, b: a / b,
    domain=(REALS, DIVISOR),
    numpy_precedence=MULTIPLY,
    nouns=("relative_scale",),
    weight=0.4,
)
declare(
    "make_vec",
    "R,R,R -> V",
    "{V}({0}, {1}, {2})",
    "np.stack(np.broadcast_arrays({0}, {1}, {2}), axis=-1)",
    lambda x, y, z: x.hull(y).hull(z),
    nouns=("corner", "anchor", "point"),
    weight=0.4,
)
for _axis in range(3):
    declare(
        f"component_{_axis}",
        "V -> R",
        f"{{0}}[{_axis}]",
        f"{{0}}[..., {_axis}]",
        lambda v: v,
        nouns=(f"coordinate_{'xyz'[_axis]}",),
        weight=0.8,
    )
