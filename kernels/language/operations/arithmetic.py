"""Arithmetic on real scalars, minimum and maximum, interpolation, and conversions between number types."""

from __future__ import annotations

from kernels.language.interval import REALS, UNIT, Interval
from kernels.language.operation import ADD, MULTIPLY, TERNARY, UNARY, declare, infix

DIVISOR = Interval(0.05, 1e30)


def _minimum(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.low, b.low), min(a.high, b.high))


def _maximum(a: Interval, b: Interval) -> Interval:
    return Interval(max(a.low, b.low), max(a.high, b.high))


def _clamp(x: Interval, low: Interval, high: Interval) -> Interval:
    return _minimum(_maximum(x, low), high)


infix("add", "R,R -> R", "+", lambda a, b: a + b, ADD, nouns=("total", "combined", "shifted"), weight=3.0)
infix("subtract", "R,R -> R", "-", lambda a, b: a - b, ADD, nouns=("difference", "residual", "gap", "delta"), weight=3.0)
infix("multiply", "R,R -> R", "*", lambda a, b: a * b, MULTIPLY, nouns=("scaled", "weighted", "contribution"), weight=4.0)
infix(
    "divide",
    "R,R -> R",
    "/",
    lambda a, b: a / b,
    MULTIPLY,
    domain=(REALS, DIVISOR),
    nouns=("ratio", "fraction", "rate"),
    weight=1.5,
)
declare("negate", "R -> R", "-{0}", "-{0}", lambda a: -a, precedence=UNARY, numpy_precedence=UNARY, nouns=("opposite",), weight=0.4)
declare(
    "absolute",
    "R -> R",
    "wp.abs({0})",
    "np.abs({0})",
    lambda a: a.abs(),
    smooth=False,
    nouns=("magnitude", "deviation", "extent"),
    weight=1.5,
)
declare(
    "minimum",
    "R,R -> R",
    "wp.min({0}, {1})",
    "np.minimum({0}, {1})",
    _minimum,
    smooth=False,
    nouns=("lower", "limited", "capped"),
    weight=2.0,
)
declare(
    "maximum",
    "R,R -> R",
    "wp.max({0}, {1})",
    "np.maximum({0}, {1})",
    _maximum,
    smooth=False,
    nouns=("upper", "floored", "peak"),
    weight=2.5,
)
declare(
    "clamp",
    "R,R,R -> R",
    "wp.clamp({0}, {1}, {2})",
    "np.minimum(np.maximum({0}, {1}), {2})",
    _clamp,
    smooth=False,
    nouns=("clamped", "bounded", "limited"),
    weight=1.2,
)
declare(
    "lerp",
    "R,R,R -> R",
    "wp.lerp({0}, {1}, {2})",
    "{0} * (1.0 - {2}) + {1} * {2}",
    lambda a, b, t: a.hull(b),
    domain=(REALS, REALS, UNIT),
    numpy_precedence=ADD,
    nouns=("blend", "interpolated", "mixed"),
    weight=0.8,
)
declare(
    "where",
    "B,R,R -> R",
    "wp.where({0}, {1}, {2})",
    "np.where({0}, {1}, {2})",
    lambda c, a, b: a.hull(b),
    smooth=False,
    nouns=("selected", "chosen", "effective"),
    weight=1.0,
)
declare(
    "ternary",
    "B,R,R -> R",
    "{1} if {0} else {2}",
    "np.where({0}, {1}, {2})",
    lambda c, a, b: a.hull(b),
    precedence=TERNARY,
    smooth=False,
    nouns=("picked", "side_value", "limit_value"),
    weight=0.0,
)
declare("to_real", "I -> R", "{R}({0})", "{r}({0})", lambda a: a, nouns=("count", "steps"), weight=0.8)
declare(
    "to_integer",
    "R -> I",
    "{I}({0})",
    "np.trunc({0}).astype({int})",
    lambda a: Interval(int(a.low) - 1, int(a.high) + 1),
    domain=(Interval(-1e4, 1e4),),
    integers=("int32", "int64"),
    jumps=True,
    smooth=False,
    nouns=("bucket", "cell", "level"),
    weight=0.3,
)
# np.floor_divide corrects the quotient; Warp takes the floor of what the division gives.
declare(
    "floor_divide",
    "R,R -> R",
    "{0} // {1}",
    "np.floor({0} / {1})",
    lambda a, b: Interval((a / b).low - 1.0, (a / b).high),
    precedence=MULTIPLY,
    domain=(Interval(-1e3, 1e3), Interval(0.25, 1e3)),
    smooth=False,
    jumps=True,
    nouns=("whole_steps", "periods"),
    weight=0.05,
)
declare(
    "smoothstep",
    "R,R,R -> R",
    "wp.smoothstep({0}, {1}, {2})",
    "smoothstep({0}, {1}, {2})",
    lambda a, b, x: UNIT,
    domain=(Interval(-1.0, 0.0), Interval(0.5, 2.0), Interval(-1e3, 1e3)),
    smooth=False,
    helpers=(
        """
def smoothstep(low, high, x):
    t = np.minimum(np.maximum((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)""",
    ),
    nouns=("eased", "ramp", "fade"),
    weight=0.4,
)
declare(
    "copysign",
    "R,R -> R",
    "wp.copysign({0}, {1})",
    "np.copysign({0}, {1})",
    lambda a, b: Interval(-a.magnitude, a.magnitude),
    domain=(Interval(0.05, 1e4), REALS),
    smooth=False,
    jumps=True,
    nouns=("signed_value", "directed"),
    weight=0.1,
)
declare(
    "nonzero",
    "R -> R",
    "wp.nonzero({0})",
    "np.where({0} != 0.0, {r}(1.0), {r}(0.0))",
    lambda a: UNIT,
    smooth=False,
    jumps=True,
    nouns=("present",),
    weight=0.05,
)
declare("positive", "R -> R", "+{0}", "+{0}", lambda a: a, precedence=UNARY, numpy_precedence=UNARY, nouns=("same",), weight=0.02)
declare(
    "divide_approx",
    "R,R -> R",
    "wp.div_approx({0}, {1})",
    "{0} / {1}",
    lambda a, b: a / b,
    numpy_precedence=MULTIPLY,
    domain=(REALS, DIVISOR),
    reals=("float32", "float64"),
    nouns=("fast_ratio",),
    weight=0.05,
)
