"""The scalar math builtins: roots, exponentials, trigonometry, rounding."""

from __future__ import annotations

import math

from kernels.language.interval import SIGNED_UNIT, UNIT, Interval, decreasing, increasing
from kernels.language.operation import MULTIPLY, declare


def _elementwise(name: str) -> str:
    """The text of a numpy function that applies math.<name> to each element, in the precision of its argument."""
    return f"""
def {name}(x):
    values = np.asarray([math.{name}(v) for v in np.ravel(x)])
    return values.reshape(np.shape(x)).astype(np.asarray(x).dtype)"""


ANGLE = Interval(-20.0, 20.0)
POSITIVE = Interval(0.05, 1e4)
INSIDE_UNIT = Interval(-0.95, 0.95)
WIDE = Interval(-1e4, 1e4)
ERF = ("import math", _elementwise("erf"))
ERFC = ("import math", _elementwise("erfc"))
# Newton's method on erf from the approximation of Winitzki (2008), in double precision.
_ERFINV = """
def erfinv(y):
    wide = np.asarray(y).astype(np.float64)
    log = np.log1p(-wide * wide)
    a = 2.0 / (np.pi * 0.147) + 0.5 * log
    x = np.sign(wide) * np.sqrt(np.sqrt(a * a - log / 0.147) - a)
    for _ in range(4):
        x = x - (erf(x) - wide) / (2.0 / np.sqrt(np.pi) * np.exp(-x * x))
    return x.astype(np.asarray(y).dtype)"""


def _cosh(x: Interval) -> Interval:
    return Interval(math.cosh(x.mignitude), math.cosh(x.magnitude))


def _power(base: Interval, exponent: Interval) -> Interval:
    ends = [b**e for b in (base.low, base.high) for e in (exponent.low, exponent.high)]
    return Interval(min(ends), max(ends))


declare(
    "sqrt",
    "R -> R",
    "wp.sqrt({0})",
    "np.sqrt({0})",
    increasing(math.sqrt),
    domain=(POSITIVE,),
    nouns=("root", "speed", "sigma"),
    weight=1.2,
)
declare(
    "cbrt",
    "R -> R",
    "wp.cbrt({0})",
    "np.cbrt({0})",
    increasing(lambda x: math.copysign(abs(x) ** (1 / 3), x)),
    domain=(POSITIVE,),
    nouns=("edge",),
    weight=0.05,
)
declare(
    "exp",
    "R -> R",
    "wp.exp({0})",
    "np.exp({0})",
    increasing(math.exp),
    domain=(Interval(-8.0, 4.0),),
    nouns=("decay", "growth", "falloff"),
    weight=0.45,
)
declare(
    "log",
    "R -> R",
    "wp.log({0})",
    "np.log({0})",
    increasing(math.log),
    domain=(POSITIVE,),
    nouns=("log_value", "entropy", "score"),
    weight=0.12,
)
declare("log2", "R -> R", "wp.log2({0})", "np.log2({0})", increasing(math.log2), domain=(POSITIVE,), nouns=("octave", "bits"), weight=0.05)
declare(
    "log10",
    "R -> R",
    "wp.log10({0})",
    "np.log10({0})",
    increasing(math.log10),
    domain=(POSITIVE,),
    nouns=("decades", "level_db"),
    weight=0.05,
)
declare(
    "sin",
    "R -> R",
    "wp.sin({0})",
    "np.sin({0})",
    lambda x: SIGNED_UNIT,
    domain=(ANGLE,),
    nouns=("wave", "sway", "oscillation"),
    weight=0.35,
)
declare(
    "cos", "R -> R", "wp.cos({0})", "np.cos({0})", lambda x: SIGNED_UNIT, domain=(ANGLE,), nouns=("phase", "ripple", "tilt"), weight=0.3
)
declare(
    "tan",
    "R -> R",
    "wp.tan({0})",
    "np.tan({0})",
    increasing(math.tan),
    domain=(Interval(-1.2, 1.2),),
    nouns=("slope", "grade"),
    weight=0.08,
)
declare(
    "asin",
    "R -> R",
    "wp.asin({0})",
    "np.arcsin({0})",
    increasing(math.asin),
    domain=(INSIDE_UNIT,),
    nouns=("elevation", "pitch"),
    weight=0.06,
)
declare(
    "acos",
    "R -> R",
    "wp.acos({0})",
    "np.arccos({0})",
    decreasing(math.acos),
    domain=(INSIDE_UNIT,),
    nouns=("angle", "inclination"),
    weight=0.1,
)
declare("atan", "R -> R", "wp.atan({0})", "np.arctan({0})", increasing(math.atan), domain=(WIDE,), nouns=("bearing", "turn"), weight=0.06)
declare(
    "atan2",
    "R,R -> R",
    "wp.atan2({0}, {1})",
    "np.arctan2({0}, {1})",
    lambda y, x: Interval(-math.pi / 2, math.pi / 2),
    domain=(WIDE, POSITIVE),
    nouns=("heading", "azimuth"),
    weight=0.2,
)
declare(
    "sinh", "R -> R", "wp.sinh({0})", "np.sinh({0})", increasing(math.sinh), domain=(Interval(-4.0, 4.0),), nouns=("stretch",), weight=0.03
)
declare("cosh", "R -> R", "wp.cosh({0})", "np.cosh({0})", _cosh, domain=(Interval(-4.0, 4.0),), nouns=("catenary", "sag"), weight=0.03)
declare(
    "tanh",
    "R -> R",
    "wp.tanh({0})",
    "np.tanh({0})",
    increasing(math.tanh),
    domain=(Interval(-30.0, 30.0),),
    nouns=("activation", "saturated", "squashed"),
    weight=0.15,
)
declare(
    "pow",
    "R,R -> R",
    "wp.pow({0}, {1})",
    "np.power({0}, {1})",
    _power,
    domain=(Interval(0.05, 20.0), Interval(-2.5, 2.5)),
    nouns=("powered", "gamma_corrected", "scaled_power"),
    weight=0.3,
)
declare(
    "erf",
    "R -> R",
    "wp.erf({0})",
    "erf({0})",
    increasing(math.erf),
    domain=(Interval(-4.0, 4.0),),
    helpers=ERF,
    nouns=("coverage", "cdf"),
    weight=0.04,
)
declare(
    "erfc",
    "R -> R",
    "wp.erfc({0})",
    "erfc({0})",
    decreasing(math.erfc),
    domain=(Interval(-4.0, 3.0),),
    helpers=ERFC,
    nouns=("tail", "survival"),
    weight=0.03,
)
declare(
    "degrees", "R -> R", "wp.degrees({0})", "np.degrees({0})", increasing(math.degrees), domain=(ANGLE,), nouns=("degrees",), weight=0.03
)
declare(
    "radians", "R -> R", "wp.radians({0})", "np.radians({0})", increasing(math.radians), domain=(WIDE,), nouns=("radians",), weight=0.03
)
declare(
    "floor",
    "R -> R",
    "wp.floor({0})",
    "np.floor({0})",
    increasing(math.floor),
    domain=(WIDE,),
    smooth=False,
    jumps=True,
    nouns=("cell", "base"),
    weight=0.3,
)
declare(
    "ceil",
    "R -> R",
    "wp.ceil({0})",
    "np.ceil({0})",
    increasing(math.ceil),
    domain=(WIDE,),
    smooth=False,
    jumps=True,
    nouns=("ceiling", "upper_cell"),
    weight=0.2,
)
declare(
    "trunc",
    "R -> R",
    "wp.trunc({0})",
    "np.trunc({0})",
    increasing(math.trunc),
    domain=(WIDE,),
    smooth=False,
    jumps=True,
    nouns=("whole",),
    weight=0.05,
)
declare(
    "rint",
    "R -> R",
    "wp.rint({0})",
    "np.rint({0})",
    lambda x: Interval(x.low - 1, x.high + 1),
    domain=(WIDE,),
    smooth=False,
    jumps=True,
    nouns=("nearest",),
    weight=0.05,
)
# wp.round rounds half away from zero; np.round rounds half to even.
declare(
    "round",
    "R -> R",
    "wp.round({0})",
    "np.copysign(np.floor(np.abs({0}) + 0.5), {0})",
    lambda x: Interval(x.low - 1, x.high + 1),
    domain=(WIDE,),
    smooth=False,
    jumps=True,
    nouns=("rounded", "snapped"),
    weight=0.12,
)
declare(
    "frac",
    "R -> R",
    "wp.frac({0})",
    "({0} - np.trunc({0}))",
    lambda x: SIGNED_UNIT,
    domain=(Interval(-500.0, 500.0),),
    smooth=False,
    jumps=True,
    limitation="frac",
    nouns=("fractional", "remainder"),
    weight=0.04,
)
# wp.sign(0) is +1.
declare(
    "sign",
    "R -> R",
    "wp.sign({0})",
    "np.where({0} < 0.0, {r}(-1.0), {r}(1.0))",
    lambda x: SIGNED_UNIT,
    domain=(WIDE,),
    smooth=False,
    jumps=True,
    nouns=("side", "direction"),
    weight=0.15,
)
# wp.step(x) is 1 below zero and 0 from zero on.
declare(
    "step",
    "R -> R",
    "wp.step({0})",
    "np.where({0} < 0.0, {r}(1.0), {r}(0.0))",
    lambda x: UNIT,
    domain=(WIDE,),
    smooth=False,
    jumps=True,
    nouns=("below", "mask"),
    weight=0.06,
)
declare(
    "mod",
    "R,R -> R",
    "wp.mod({0}, {1})",
    "np.fmod({0}, {1})",
    lambda a, b: Interval(-b.magnitude, b.magnitude),
    domain=(WIDE, Interval(0.25, 1e3)),
    smooth=False,
    jumps=True,
    limitation="mod_divisor",
    nouns=("wrapped", "phase_offset"),
    weight=0.06,
)
declare(
    "square",
    "R -> R",
    "{0} * {0}",
    "{0} * {0}",
    lambda x: Interval(x.mignitude**2, x.magnitude**2),
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("squared", "energy", "variance"),
    weight=1.2,
)
declare(
    "erfinv",
    "R -> R",
    "wp.erfinv({0})",
    "erfinv({0})",
    lambda x: Interval(-1.5, 1.5),
    domain=(Interval(-0.95, 0.95),),
    helpers=(*ERF, _ERFINV),
    nouns=("probit", "quantile"),
    weight=0.02,
)
declare(
    "erfcinv",
    "R -> R",
    "wp.erfcinv({0})",
    "erfinv(1.0 - {0})",
    lambda x: Interval(-1.5, 1.5),
    domain=(Interval(0.05, 1.95),),
    helpers=(*ERF, _ERFINV),
    nouns=("tail_quantile",),
    weight=0.02,
)
