"""Integer arithmetic and bit operations, on ranges that cannot overflow, with divisors that cannot be zero."""

from __future__ import annotations

from kernels.language.interval import Interval
from kernels.language.operation import ADD, BIT_AND, BIT_OR, BIT_XOR, MULTIPLY, SHIFT, UNARY, declare, infix

COUNT = Interval(0.0, 1e6)
DIVISOR = Interval(1.0, 1e4)
SMALL = Interval(-3e4, 3e4)


def _bits(a: Interval, b: Interval) -> Interval:
    """Both operands are non-negative: no result has a bit above the highest bit of either."""
    return Interval(0, 2 ** max(int(a.high), int(b.high)).bit_length() - 1)


infix("add_int", "I,I -> I", "+", lambda a, b: a + b, ADD, nouns=("offset", "next_index", "total"), weight=3.0)
infix("subtract_int", "I,I -> I", "-", lambda a, b: a - b, ADD, nouns=("distance", "shift"), weight=2.0)
infix("multiply_int", "I,I -> I", "*", lambda a, b: a * b, MULTIPLY, domain=(SMALL, SMALL), nouns=("stride", "scaled"), weight=2.0)
# Non-negative operands only: there Warp's `%` (C's sign) and `//` (floor) agree with each other.
infix(
    "floor_divide_int",
    "I,I -> I",
    "//",
    lambda a, b: Interval(0, a.high // b.low),
    MULTIPLY,
    domain=(COUNT, DIVISOR),
    nouns=("block", "group", "row"),
    weight=1.0,
)
infix(
    "modulo_int",
    "I,I -> I",
    "%",
    lambda a, b: Interval(0, b.high - 1),
    MULTIPLY,
    domain=(COUNT, DIVISOR),
    nouns=("lane", "slot", "column"),
    weight=1.5,
)
declare(
    "minimum_int",
    "I,I -> I",
    "wp.min({0}, {1})",
    "np.minimum({0}, {1})",
    lambda a, b: Interval(min(a.low, b.low), min(a.high, b.high)),
    nouns=("first",),
)
declare(
    "maximum_int",
    "I,I -> I",
    "wp.max({0}, {1})",
    "np.maximum({0}, {1})",
    lambda a, b: Interval(max(a.low, b.low), max(a.high, b.high)),
    nouns=("last",),
)
declare("absolute_int", "I -> I", "wp.abs({0})", "np.abs({0})", lambda a: a.abs(), nouns=("distance",), weight=0.6)
declare(
    "where_int",
    "B,I,I -> I",
    "wp.where({0}, {1}, {2})",
    "np.where({0}, {1}, {2})",
    lambda c, a, b: a.hull(b),
    nouns=("selected", "label"),
    weight=0.8,
)
infix(
    "bit_and",
    "I,I -> I",
    "&",
    lambda a, b: Interval(0, min(a.high, b.high)),
    BIT_AND,
    domain=(COUNT, COUNT),
    nouns=("masked", "flags"),
    weight=0.8,
)
infix("bit_or", "I,I -> I", "|", _bits, BIT_OR, domain=(COUNT, COUNT), nouns=("merged", "flags"), weight=0.6)
infix("bit_xor", "I,I -> I", "^", _bits, BIT_XOR, domain=(COUNT, COUNT), nouns=("toggled", "hash_value"), weight=0.7)
infix(
    "shift_left",
    "I,I -> I",
    "<<",
    lambda a, b: Interval(0, int(a.high) << int(b.high)),
    SHIFT,
    domain=(Interval(0, 4095), Interval(0, 8)),
    nouns=("packed",),
    weight=0.5,
)
infix(
    "shift_right",
    "I,I -> I",
    ">>",
    lambda a, b: Interval(0, a.high),
    SHIFT,
    domain=(COUNT, Interval(0, 8)),
    nouns=("coarse", "level"),
    weight=0.6,
)
declare(
    "clamp_int",
    "I,I,I -> I",
    "wp.clamp({0}, {1}, {2})",
    "np.minimum(np.maximum({0}, {1}), {2})",
    lambda x, low, high: Interval(min(max(x.low, low.low), high.low), min(max(x.high, low.high), high.high)),
    nouns=("clamped_index", "safe_index"),
    weight=0.8,
)
# C's sign, as np.fmod has it.
declare(
    "mod_int",
    "I,I -> I",
    "wp.mod({0}, {1})",
    "np.fmod({0}, {1})",
    lambda a, b: Interval(0, b.high - 1),
    domain=(COUNT, DIVISOR),
    nouns=("residue", "wrapped_index"),
    weight=0.3,
)
declare(
    "bit_count",
    "I -> i",
    "wp.bit_count({0})",
    "np.bitwise_count({0}).astype(np.int32)",
    lambda a: Interval(0, 64),
    domain=(COUNT,),
    nouns=("set_bits", "popcount"),
    weight=0.15,
)
declare(
    "invert",
    "I -> I",
    "~{0}",
    "~{0}",
    lambda a: Interval(-a.high - 1, -a.low - 1),
    precedence=UNARY,
    numpy_precedence=UNARY,
    integers=("int8", "int16", "int32", "int64"),
    nouns=("complement",),
    weight=0.1,
)
declare(
    "negate_int",
    "I -> I",
    "-{0}",
    "-{0}",
    lambda a: -a,
    precedence=UNARY,
    numpy_precedence=UNARY,
    integers=("int8", "int16", "int32", "int64"),
    nouns=("mirrored",),
    weight=0.3,
)
declare(
    "sign_int",
    "I -> I",
    "wp.sign({0})",
    "np.where({0} < 0, {int}(-1), {int}(1))",
    lambda a: Interval(-1, 1),
    integers=("int8", "int16", "int32", "int64"),
    nouns=("direction_sign",),
    weight=0.1,
)
declare(
    "step_int",
    "I -> I",
    "wp.step({0})",
    "np.where({0} < 0, {int}(1), {int}(0))",
    lambda a: Interval(0, 1),
    nouns=("is_below",),
    weight=0.05,
)
declare(
    "nonzero_int",
    "I -> I",
    "wp.nonzero({0})",
    "np.where({0} != 0, {int}(1), {int}(0))",
    lambda a: Interval(0, 1),
    nouns=("is_set",),
    weight=0.1,
)
