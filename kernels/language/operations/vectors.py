"""Vectors of any length, of reals and of integers: arithmetic, products, norms, extremes. In numpy a vector is a trailing axis.

Spatial vectors have six components, the angular part first; what is said here of V holds for them as well.
"""

from __future__ import annotations

import math

from kernels.language.interval import REALS, SIGNED_UNIT, UNIT, Interval
from kernels.language.operation import ADD, MULTIPLY, UNARY, declare, infix
from kernels.language.operations.arithmetic import DIVISOR

_FROM = {k: tuple(range(k, 13)) for k in range(1, 7)}
"""The lengths of vectors that have at least so many components."""
_SHORT_INTEGERS = ("int16", "int32", "int64", "uint16", "uint32", "uint64")


def _dot(a: Interval, b: Interval, n: int) -> Interval:
    product = a * b
    return Interval(n * product.low, n * product.high)


def _square(v: Interval, n: int) -> Interval:
    return Interval(n * v.mignitude**2, n * v.magnitude**2)


def _norm(v: Interval, n: int) -> Interval:
    return Interval(math.sqrt(n) * v.mignitude, math.sqrt(n) * v.magnitude)


def _cross(a: Interval, b: Interval) -> Interval:
    bound = 2 * a.magnitude * b.magnitude
    return Interval(-bound, bound)


def _lower(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.low, b.low), min(a.high, b.high))


def _upper(a: Interval, b: Interval) -> Interval:
    return Interval(max(a.low, b.low), max(a.high, b.high))


for _v, _suffix, _share in (("V", "vec", 1.0), ("S", "spatial", 0.3)):
    infix(f"add_{_suffix}", f"{_v},{_v} -> {_v}", "+", lambda a, b: a + b, ADD, nouns=("sum_vec", "target", "moved"), weight=3.0 * _share)
    infix(
        f"subtract_{_suffix}",
        f"{_v},{_v} -> {_v}",
        "-",
        lambda a, b: a - b,
        ADD,
        nouns=("offset", "relative", "separation"),
        weight=3.0 * _share,
    )
    declare(
        f"negate_{_suffix}",
        f"{_v} -> {_v}",
        "-{0}",
        "-{0}",
        lambda a: -a,
        precedence=UNARY,
        numpy_precedence=UNARY,
        nouns=("reversed_dir",),
        weight=0.4 * _share,
    )
    declare(
        f"scale_{_suffix}",
        f"R,{_v} -> {_v}",
        "{0} * {1}",
        "{0:v} * {1}",
        lambda s, v: s * v,
        precedence=MULTIPLY,
        numpy_precedence=MULTIPLY,
        nouns=("impulse", "scaled_vec", "step_vec"),
        weight=2.0 * _share,
    )
    declare(
        f"{_suffix}_scale",
        f"{_v},R -> {_v}",
        "{0} * {1}",
        "{0} * {1:v}",
        lambda v, s: s * v,
        precedence=MULTIPLY,
        numpy_precedence=MULTIPLY,
        nouns=("force", "displacement", "drift"),
        weight=3.0 * _share,
    )
    declare(
        f"{_suffix}_divide",
        f"{_v},R -> {_v}",
        "{0} / {1}",
        "{0} / {1:v}",
        lambda v, s: v / s,
        precedence=MULTIPLY,
        numpy_precedence=MULTIPLY,
        domain=(REALS, DIVISOR),
        nouns=("acceleration", "per_unit"),
        weight=0.8 * _share,
    )
declare(
    "divide_vec",
    "R,V -> V",
    "{0} / {1}",
    "{0:v} / {1}",
    lambda s, v: s / v,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    domain=(REALS, DIVISOR),
    nouns=("reciprocal", "inverse_scale"),
    weight=0.1,
)
declare(
    "dot",
    "V,V -> R",
    "wp.dot({0}, {1})",
    "np.sum({0} * {1}, axis=-1)",
    _dot,
    sized=True,
    nouns=("projection", "alignment", "work"),
    weight=4.0,
)
declare("cross", "P,P -> P", "wp.cross({0}, {1})", "np.cross({0}, {1})", _cross, nouns=("normal", "torque", "axis"), weight=2.5)
declare(
    "length",
    "V -> R",
    "wp.length({0})",
    "np.sqrt(np.sum({0} * {0}, axis=-1))",
    _norm,
    sized=True,
    nouns=("distance", "speed", "radius"),
    weight=2.5,
)
declare(
    "length_sq",
    "V -> R",
    "wp.length_sq({0})",
    "np.sum({0} * {0}, axis=-1)",
    _square,
    sized=True,
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
for _letter, _suffix, _share in (("V", "", 1.0), ("M", "_mat", 0.4), ("J", "_int", 0.6)):
    declare(
        f"cw_mul{_suffix}",
        f"{_letter},{_letter} -> {_letter}",
        "wp.cw_mul({0}, {1})",
        "{0} * {1}",
        lambda a, b: a * b,
        numpy_precedence=MULTIPLY,
        nouns=("modulated", "stretched"),
        weight=_share,
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
for _letter, _count in (("W", 2), ("P", 3), ("X", 4)):
    _slots = ", ".join(f"{{{k}}}" for k in range(_count))
    declare(
        {2: "make_vec2", 3: "make_vec", 4: "make_vec4"}[_count],
        f"{','.join('R' * _count)} -> {_letter}",
        f"{{{_letter}}}({_slots})",
        f"np.stack(np.broadcast_arrays({_slots}), axis=-1)",
        lambda *parts: Interval(min(p.low for p in parts), max(p.high for p in parts)),
        nouns=("corner", "anchor", "point") if _count == 3 else ("coords", "pair") if _count == 2 else ("quad", "weights4"),
        weight=0.4 if _count == 3 else 0.15,
    )
declare(
    "splat_vec",
    "R -> V",
    "{V}({0})",
    "np.repeat(np.asarray({0})[..., None], {n}, axis=-1)",
    lambda x: x,
    nouns=("uniform_vec", "splat"),
    weight=0.1,
)
for _slots, _of in (("0:2", "P"), ("1:", "P"), (":2", "X"), ("2:4", "X")):
    declare(
        f"slice_{_of.lower()}_{_slots.replace(':', '_')}",
        f"{_of} -> W",
        f"{{0}}[{_slots}]",
        f"{{0}}[..., {_slots}]",
        lambda v: v,
        nouns=("planar", "tail_part"),
        weight=0.05,
    )
for _axis in range(3):
    declare(
        f"component_{_axis}",
        "V -> R",
        f"{{0}}[{_axis}]",
        f"{{0}}[..., {_axis}]",
        lambda v: v,
        lengths=_FROM[_axis + 1] if _axis > 1 else None,
        nouns=(f"coordinate_{'xyz'[_axis]}",),
        weight=0.8,
    )
    declare(
        f"attribute_{'xyz'[_axis]}",
        "V -> R",
        f"{{0}}.{'xyz'[_axis]}",
        f"{{0}}[..., {_axis}]",
        lambda v: v,
        lengths=_FROM[_axis + 1] if _axis > 1 else None,
        nouns=(f"local_{'xyz'[_axis]}",),
        weight=0.3,
    )
for _name, _numpy, _range in (("minimum", "np.minimum", _lower), ("maximum", "np.maximum", _upper)):
    declare(
        f"{_name}_vec",
        "V,V -> V",
        f"wp.{_name[:3]}({{0}}, {{1}})",
        f"{_numpy}({{0}}, {{1}})",
        _range,
        smooth=False,
        nouns=("lower_corner",) if _name == "minimum" else ("upper_corner",),
        weight=0.4,
    )
    declare(
        f"{_name}_of_vec",
        "V -> R",
        f"wp.{_name[:3]}({{0}})",
        f"np.{_name[:3]}({{0}}, axis=-1)",
        lambda v: v,
        smooth=False,
        nouns=("smallest",) if _name == "minimum" else ("largest",),
        weight=0.3,
    )
    declare(
        f"arg{_name[:3]}",
        "V -> u",
        f"wp.arg{_name[:3]}({{0}})",
        f"np.arg{_name[:3]}({{0}}, axis=-1).astype(np.uint32)",
        lambda v, n: Interval(0, n - 1),
        sized=True,
        smooth=False,
        jumps=True,
        reals=("float32", "float64"),
        nouns=("major_axis",) if _name == "maximum" else ("minor_axis",),
        weight=0.1,
    )
    declare(
        f"{_name}_int_vec",
        "J,J -> J",
        f"wp.{_name[:3]}({{0}}, {{1}})",
        f"{_numpy}({{0}}, {{1}})",
        _range,
        nouns=("lower_cell",) if _name == "minimum" else ("upper_cell",),
        weight=0.4,
    )
    declare(
        f"{_name}_of_int_vec",
        "J -> I",
        f"wp.{_name[:3]}({{0}})",
        f"np.{_name[:3]}({{0}}, axis=-1)",
        lambda v: v,
        nouns=("smallest_index",) if _name == "minimum" else ("largest_index",),
        weight=0.3,
    )
declare(
    "absolute_vec", "V -> V", "wp.abs({0})", "np.abs({0})", lambda v: v.abs(), smooth=False, nouns=("half_extent", "folded"), weight=0.4
)
# wp.sign(0) is +1.
declare(
    "sign_vec",
    "V -> V",
    "wp.sign({0})",
    "np.where({0} < 0.0, {r}(-1.0), {r}(1.0))",
    lambda v: SIGNED_UNIT,
    smooth=False,
    jumps=True,
    nouns=("octant",),
    weight=0.1,
)
declare(
    "lerp_vec",
    "V,V,R -> V",
    "wp.lerp({0}, {1}, {2})",
    "{0} * (1.0 - {2:v}) + {1} * {2:v}",
    lambda a, b, t: a.hull(b),
    domain=(REALS, REALS, UNIT),
    numpy_precedence=ADD,
    nouns=("blended_vec", "between"),
    weight=0.4,
)
declare(
    "where_vec",
    "B,V,V -> V",
    "wp.where({0}, {1}, {2})",
    "np.where(np.asarray({0})[..., None], {1}, {2})",
    lambda c, a, b: a.hull(b),
    smooth=False,
    nouns=("chosen_vec", "selected_vec"),
    weight=0.4,
)
declare(
    "norm_l2",
    "V -> R",
    "wp.norm_l2({0})",
    "np.sqrt(np.sum({0} * {0}, axis=-1))",
    _norm,
    sized=True,
    reals=("float32",),
    nouns=("l2",),
    weight=0.1,
)
declare(
    "norm_l1",
    "V -> R",
    "wp.norm_l1({0})",
    "np.sum(np.abs({0}), axis=-1)",
    lambda v, n: Interval(n * v.mignitude, n * v.magnitude),
    sized=True,
    smooth=False,
    reals=("float32",),
    nouns=("l1", "manhattan"),
    weight=0.1,
)
declare(
    "norm_pseudo_huber",
    "V -> R",
    "wp.norm_pseudo_huber({0}, 0.5)",
    "0.5 * np.sqrt(1.0 + np.sum({0} * {0}, axis=-1) / 0.25)",
    lambda v, n: Interval(0.5, 0.5 * math.sqrt(1.0 + n * v.magnitude**2 / 0.25)),
    sized=True,
    reals=("float32",),
    numpy_precedence=MULTIPLY,
    nouns=("robust_norm",),
    weight=0.1,
)
declare(
    "norm_huber",
    "V -> R",
    "wp.norm_huber({0}, 0.75)",
    "norm_huber({0}, 0.75)",
    lambda v, n: Interval(0.0, max(0.5 * n * v.magnitude**2, 0.75 * math.sqrt(n) * v.magnitude)),
    sized=True,
    smooth=False,
    reals=("float32",),
    helpers=(
        """
def norm_huber(v, delta):
    squared = np.sum(v * v, axis=-1)
    return np.where(squared <= delta * delta, 0.5 * squared, delta * (np.sqrt(squared) - 0.5 * delta))""",
    ),
    nouns=("huber",),
    weight=0.1,
)
declare(
    "smooth_normalize",
    "V -> V",
    "wp.smooth_normalize({0}, 0.5)",
    "{0} / (0.5 * np.sqrt(1.0 + np.sum({0} * {0}, axis=-1) / 0.25))[..., None]",
    lambda v: SIGNED_UNIT,
    reals=("float32",),
    numpy_precedence=MULTIPLY,
    nouns=("soft_direction",),
    weight=0.1,
)

# Integer vectors: grid coordinates, colours, keys.
infix("add_int_vec", "J,J -> J", "+", lambda a, b: a + b, ADD, nouns=("neighbor_cell", "shifted_cell"), weight=2.0)
infix("subtract_int_vec", "J,J -> J", "-", lambda a, b: a - b, ADD, nouns=("cell_offset", "index_delta"), weight=1.5)
declare(
    "scale_int_vec",
    "J,I -> J",
    "{0} * {1}",
    "{0} * {1:v}",
    lambda v, s: v * s,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("strided",),
    weight=0.5,
)
declare(
    "dot_int",
    "J,J -> I",
    "wp.dot({0}, {1})",
    "dot_int({0}, {1})",
    _dot,
    sized=True,
    helpers=(
        """
def dot_int(a, b):
    return np.sum(a * b, axis=-1, dtype=np.result_type(a, b))""",
    ),
    nouns=("linear_index", "code"),
    weight=0.8,
)
declare(
    "length_sq_int",
    "J -> I",
    "wp.length_sq({0})",
    "dot_int({0}, {0})",
    _square,
    sized=True,
    helpers=(
        """
def dot_int(a, b):
    return np.sum(a * b, axis=-1, dtype=np.result_type(a, b))""",
    ),
    nouns=("squared_steps",),
    weight=0.2,
)
declare("absolute_int_vec", "J -> J", "wp.abs({0})", "np.abs({0})", lambda v: v.abs(), nouns=("index_distance",), weight=0.3)
for _axis in range(2):
    declare(
        f"component_{_axis}_int",
        "J -> I",
        f"{{0}}[{_axis}]",
        f"{{0}}[..., {_axis}]",
        lambda v: v,
        nouns=(f"cell_{'xyz'[_axis]}",),
        weight=1.0,
    )
for _name, _symbol, _binding in (("and", "&", "BIT_AND"), ("or", "|", "BIT_OR"), ("xor", "^", "BIT_XOR")):
    declare(
        f"bit_{_name}_int_vec",
        "J,J -> J",
        f"({{0}} {_symbol} {{1}})",
        f"({{0}} {_symbol} {{1}})",
        lambda a, b: Interval(0, 2 ** max(int(a.high), int(b.high)).bit_length() - 1),
        domain=(Interval(0, 1e6), Interval(0, 1e6)),
        nouns=("mask_bits",),
        weight=0.1,
    )
declare(
    "modulo_int_vec",
    "J,J -> J",
    "wp.mod({0}, {1})",
    "np.fmod({0}, {1})",
    lambda a, b: Interval(0, b.high - 1),
    domain=(Interval(0, 1e6), Interval(1, 1e4)),
    nouns=("wrapped_cell",),
    weight=0.2,
)
