"""Operators and componentwise builtins on composites, where vectors.py, matrices.py and rotations.py have not declared them by their use.

Each row of `_KINDS` is a kind of composite: its letter, the suffix of its operations' names, and how many axes a scalar gets beside it.
"""

from __future__ import annotations

from typing import NamedTuple

from kernels.language.interval import REALS, SIGNED_UNIT, UNIT, Interval
from kernels.language.operation import ADD, COMPARE, MULTIPLY, NOT, OPERATIONS, UNARY, declare
from kernels.language.operations.arithmetic import DIVISOR

SIGNED = ("int8", "int16", "int32", "int64")
_RARE = 0.03
_INDEX = Interval(0, 1e6)
_WHOLE_DIVISOR = Interval(1, 1e4)


class _Kind(NamedTuple):
    letter: str
    suffix: str
    axes: str


_KINDS = (
    _Kind("V", "vec", "v"),
    _Kind("S", "spatial", "v"),
    _Kind("M", "mat", "m"),
    _Kind("A", "spatial_mat", "m"),
    _Kind("Q", "quat", "v"),
    _Kind("T", "transform", "v"),
)


def _new(name: str) -> bool:
    return name not in OPERATIONS


for _letter, _suffix, _axes in _KINDS:
    if _new(f"add_{_suffix}"):
        declare(
            f"add_{_suffix}",
            f"{_letter},{_letter} -> {_letter}",
            "{0} + {1}",
            "{0} + {1}",
            lambda a, b: a + b,
            precedence=ADD,
            numpy_precedence=ADD,
            nouns=(f"{_suffix}_sum",),
            weight=_RARE,
        )
    if _new(f"subtract_{_suffix}"):
        declare(
            f"subtract_{_suffix}",
            f"{_letter},{_letter} -> {_letter}",
            "{0} - {1}",
            "{0} - {1}",
            lambda a, b: a - b,
            precedence=ADD,
            numpy_precedence=ADD,
            nouns=(f"{_suffix}_difference",),
            weight=_RARE,
        )
    if _new(f"{_suffix}_scale"):
        declare(
            f"{_suffix}_scale",
            f"{_letter},R -> {_letter}",
            "{0} * {1}",
            f"{{0}} * {{1:{_axes}}}",
            lambda v, s: v * s,
            precedence=MULTIPLY,
            numpy_precedence=MULTIPLY,
            nouns=(f"scaled_{_suffix}",),
            weight=_RARE,
        )
    if _new(f"scale_{_suffix}"):
        declare(
            f"scale_{_suffix}",
            f"R,{_letter} -> {_letter}",
            "{0} * {1}",
            f"{{0:{_axes}}} * {{1}}",
            lambda s, v: v * s,
            precedence=MULTIPLY,
            numpy_precedence=MULTIPLY,
            nouns=(f"weighted_{_suffix}",),
            weight=_RARE,
        )
    if _letter != "T":
        if _new(f"{_suffix}_divide"):
            declare(
                f"{_suffix}_divide",
                f"{_letter},R -> {_letter}",
                "{0} / {1}",
                f"{{0}} / {{1:{_axes}}}",
                lambda v, s: v / s,
                precedence=MULTIPLY,
                numpy_precedence=MULTIPLY,
                domain=(REALS, DIVISOR),
                nouns=(f"{_suffix}_quotient",),
                weight=_RARE,
            )
        declare(
            f"positive_{_suffix}",
            f"{_letter} -> {_letter}",
            "+{0}",
            "+{0}",
            lambda v: v,
            precedence=UNARY,
            numpy_precedence=UNARY,
            nouns=(f"same_{_suffix}",),
            weight=0.01,
        )
        if _new(f"negate_{_suffix}"):
            declare(
                f"negate_{_suffix}",
                f"{_letter} -> {_letter}",
                "-{0}",
                "-{0}",
                lambda v: -v,
                precedence=UNARY,
                numpy_precedence=UNARY,
                nouns=(f"opposite_{_suffix}",),
                weight=_RARE,
            )
        declare(
            f"{_suffix}_divide_approx",
            f"{_letter},R -> {_letter}",
            "wp.div_approx({0}, {1})",
            f"{{0}} / {{1:{_axes}}}",
            lambda v, s: v / s,
            numpy_precedence=MULTIPLY,
            domain=(REALS, DIVISOR),
            reals=("float32", "float64", "float16"),
            nouns=(f"fast_{_suffix}",),
            weight=0.01,
        )
    if _letter in "SMA":
        declare(
            f"divide_{_suffix}",
            f"R,{_letter} -> {_letter}",
            "{0} / {1}",
            f"{{0:{_axes}}} / {{1}}",
            lambda s, v: s / v,
            precedence=MULTIPLY,
            numpy_precedence=MULTIPLY,
            domain=(REALS, DIVISOR),
            nouns=(f"reciprocal_{_suffix}",),
            weight=0.01,
        )
    if _letter in "SMA":
        declare(
            f"cw_div_{_suffix}",
            f"{_letter},{_letter} -> {_letter}",
            "wp.cw_div({0}, {1})",
            "{0} / {1}",
            lambda a, b: a / b,
            domain=(REALS, DIVISOR),
            numpy_precedence=MULTIPLY,
            nouns=(f"{_suffix}_ratio",),
            weight=_RARE,
        )
        if _new(f"cw_mul_{_suffix}"):
            declare(
                f"cw_mul_{_suffix}",
                f"{_letter},{_letter} -> {_letter}",
                "wp.cw_mul({0}, {1})",
                "{0} * {1}",
                lambda a, b: a * b,
                numpy_precedence=MULTIPLY,
                nouns=(f"{_suffix}_product",),
                weight=_RARE,
            )
    if _letter in "SA" and _new(f"lerp_{_suffix}"):
        declare(
            f"lerp_{_suffix}",
            f"{_letter},{_letter},R -> {_letter}",
            "wp.lerp({0}, {1}, {2})",
            f"{{0}} * (1.0 - {{2:{_axes}}}) + {{1}} * {{2:{_axes}}}",
            lambda a, b, t: a.hull(b),
            domain=(REALS, REALS, UNIT),
            numpy_precedence=ADD,
            nouns=(f"blended_{_suffix}",),
            weight=_RARE,
        )
    if _letter in "AT":
        _none = ", ".join(["None"] * (2 if _axes == "m" else 1))
        declare(
            f"where_{_suffix}",
            f"B,{_letter},{_letter} -> {_letter}",
            "wp.where({0}, {1}, {2})",
            f"np.where(np.asarray({{0}})[..., {_none}], {{1}}, {{2}})",
            lambda c, a, b: a.hull(b),
            smooth=False,
            argument=("", "rigid", "rigid") if _letter == "T" else (),
            gives="rigid" if _letter == "T" else "",
            nouns=(f"chosen_{_suffix}",),
            weight=_RARE,
        )

for _letter, _suffix in (("V", "vec"), ("S", "spatial")):
    declare(
        f"mod_{_suffix}",
        f"{_letter},{_letter} -> {_letter}",
        "wp.mod({0}, {1})",
        "np.fmod({0}, {1})",
        lambda a, b: Interval(-b.magnitude, b.magnitude),
        domain=(Interval(-20.0, 20.0), Interval(0.5, 1e3)),
        smooth=False,
        jumps=True,
        limitation="mod_divisor",
        reals=("float32", "float64"),
        nouns=(f"wrapped_{_suffix}",),
        weight=0.01,
    )
for _name, _bounds in (("minimum", min), ("maximum", max)):
    declare(
        f"{_name}_spatial",
        "S,S -> S",
        f"wp.{_name[:3]}({{0}}, {{1}})",
        f"np.{_name}({{0}}, {{1}})",
        lambda a, b, pick=_bounds: Interval(pick(a.low, b.low), pick(a.high, b.high)),
        smooth=False,
        nouns=(f"{_name}_twist",),
        weight=_RARE,
    )
    declare(
        f"{_name}_of_spatial",
        "S -> R",
        f"wp.{_name[:3]}({{0}})",
        f"np.{_name[:3]}({{0}}, axis=-1)",
        lambda s: s,
        smooth=False,
        nouns=(f"{_name}_part",),
        weight=_RARE,
    )
    for _letter, _suffix in (("S", "spatial"), ("J", "int_vec")):
        declare(
            f"arg{_name[:3]}_{_suffix}",
            f"{_letter} -> u",
            f"wp.arg{_name[:3]}({{0}})",
            f"np.arg{_name[:3]}({{0}}, axis=-1).astype(np.uint32)",
            lambda v, n: Interval(0, n - 1),
            sized=True,
            smooth=False,
            jumps=_letter == "S",
            reals=("float32", "float64"),
            nouns=(f"{_name}_axis",),
            weight=_RARE,
        )
declare(
    "absolute_spatial", "S -> S", "wp.abs({0})", "np.abs({0})", lambda s: s.abs(), smooth=False, nouns=("absolute_twist",), weight=_RARE
)
# wp.sign(0) is +1.
declare(
    "sign_spatial",
    "S -> S",
    "wp.sign({0})",
    "np.where({0} < 0.0, {r}(-1.0), {r}(1.0))",
    lambda s: SIGNED_UNIT,
    smooth=False,
    jumps=True,
    nouns=("twist_signs",),
    weight=_RARE,
)
declare(
    "length_sq_spatial",
    "S -> R",
    "wp.length_sq({0})",
    "np.sum({0} * {0}, axis=-1)",
    lambda s: Interval(6 * s.mignitude**2, 6 * s.magnitude**2),
    nouns=("twist_energy",),
    weight=_RARE,
)
declare(
    "outer_spatial",
    "S,S -> A",
    "wp.outer({0}, {1})",
    "{0}[..., :, None] * {1}[..., None, :]",
    lambda a, b: a * b,
    numpy_precedence=MULTIPLY,
    nouns=("spatial_dyad",),
    weight=0.0,
)
declare(
    "transpose_spatial_mat",
    "A -> A",
    "wp.transpose({0})",
    "np.swapaxes({0}, -1, -2)",
    lambda m: m,
    nouns=("transposed_inertia",),
    weight=_RARE,
)
declare(
    "get_diag_spatial_mat",
    "A -> S",
    "wp.get_diag({0})",
    "np.einsum('...ii->...i', {0})",
    lambda m: m,
    nouns=("inertia_diagonal",),
    weight=0.0,
)
declare(
    "ddot_spatial_mat",
    "A,A -> R",
    "wp.ddot({0}, {1})",
    "np.sum({0} * {1}, axis=(-2, -1))",
    lambda a, b: Interval(-36 * a.magnitude * b.magnitude, 36 * a.magnitude * b.magnitude),
    nouns=("inertia_overlap",),
    weight=_RARE,
)
declare(
    "spatial_mat_mul",
    "A,A -> A",
    "{0} @ {1}",
    "np.matmul({0}, {1})",
    lambda a, b: Interval(-6 * a.magnitude * b.magnitude, 6 * a.magnitude * b.magnitude),
    precedence=MULTIPLY,
    nouns=("inertia_product",),
    weight=_RARE,
)

# Integers and vectors of integers.
declare("positive_int", "I -> I", "+{0}", "+{0}", lambda a: a, precedence=UNARY, numpy_precedence=UNARY, nouns=("same_index",), weight=0.01)
declare(
    "positive_int_vec", "J -> J", "+{0}", "+{0}", lambda a: a, precedence=UNARY, numpy_precedence=UNARY, nouns=("same_cell",), weight=0.01
)
declare(
    "negate_int_vec",
    "J -> J",
    "-{0}",
    "-{0}",
    lambda a: -a,
    precedence=UNARY,
    numpy_precedence=UNARY,
    integers=SIGNED,
    nouns=("opposite_cell",),
    weight=0.1,
)
declare(
    "sign_int_vec",
    "J -> J",
    "wp.sign({0})",
    "np.where({0} < 0, {int}(-1), {int}(1))",
    lambda a: Interval(-1, 1),
    integers=SIGNED,
    nouns=("cell_signs",),
    weight=_RARE,
)
# C's division truncates; non-negative operands leave no doubt.
for _name, _letter, _other, _axes in (("divide_int", "I", "I", ""), ("divide_int_vec", "J", "I", ":v"), ("cw_div_int", "J", "J", "")):
    declare(
        _name,
        f"{_letter},{_other} -> {_letter}",
        "wp.cw_div({0}, {1})" if _name == "cw_div_int" else "{0} / {1}",
        f"{{0}} // {{1{_axes}}}",
        lambda a, b: Interval(0, a.high // b.low),
        precedence=OPERATIONS["cw_mul"].precedence if _name == "cw_div_int" else MULTIPLY,
        numpy_precedence=MULTIPLY,
        domain=(_INDEX, _WHOLE_DIVISOR),
        nouns=("block_index",) if _letter == "I" else ("coarse_cell",),
        weight=0.2,
    )
declare(
    "int_scale_vec",
    "I,J -> J",
    "{0} * {1}",
    "{0:v} * {1}",
    lambda s, v: s * v,
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    nouns=("stretched_cell",),
    weight=0.2,
)
for _name, _symbol in (("shift_left_int_vec", "<<"), ("shift_right_int_vec", ">>")):
    declare(
        _name,
        "J,J -> J",
        f"({{0}} {_symbol} {{1}})",
        f"({{0}} {_symbol} {{1}})",
        (lambda a, b: Interval(0, int(a.high) << int(b.high))) if _symbol == "<<" else (lambda a, b: Interval(0, a.high)),
        domain=(Interval(0, 15), Interval(0, 3)),
        nouns=("shifted_bits",),
        weight=_RARE,
    )
declare(
    "invert_int_vec",
    "J -> J",
    "~{0}",
    "~{0}",
    lambda a: Interval(-a.high - 1, -a.low - 1),
    precedence=UNARY,
    numpy_precedence=UNARY,
    integers=SIGNED,
    nouns=("complement_bits",),
    weight=_RARE,
)
declare(
    "where_int_vec",
    "B,J,J -> J",
    "wp.where({0}, {1}, {2})",
    "np.where(np.asarray({0})[..., None], {1}, {2})",
    lambda c, a, b: a.hull(b),
    nouns=("chosen_cell",),
    weight=0.2,
)
declare(
    "where_bool",
    "B,B,B -> B",
    "wp.where({0}, {1}, {2})",
    "np.where({0}, {1}, {2})",
    lambda c, a, b: UNIT,
    smooth=False,
    nouns=("decided",),
    weight=0.02,
)

# What wraps around in an unsigned type does so in numpy as well.
for _name, _bits in (("uint8", 8), ("uint16", 16), ("uint32", 32), ("uint64", 64)):
    for _letter, _suffix in (("I", "int"), ("J", "int_vec")):
        for _what, _symbol in (("negate", "-"), ("invert", "~")):
            declare(
                f"{_what}_{_suffix}_{_name}",
                f"{_letter} -> {_letter}",
                f"{_symbol}{{0}}",
                f"{_symbol}{{0}}",
                lambda a, bits=_bits: Interval(0, 2.0**bits - 1),
                precedence=UNARY,
                numpy_precedence=UNARY,
                integers=(_name,),
                nouns=("wrapped_bits",),
                weight=0.02,
            )
        declare(
            f"sign_{_suffix}_{_name}",
            f"{_letter} -> {_letter}",
            "wp.sign({0})",
            "np.ones_like({0})",
            lambda a: Interval(1, 1),
            integers=(_name,),
            nouns=("unsigned_sign",),
            weight=0.0,
        )

# A remainder by a constant has the right adjoint; one by a variable divisor has none for it, and one of vectors none at all.
declare(
    "mod_by_constant",
    "R -> R",
    "wp.mod({0}, {R}(1.5))",
    "np.fmod({0}, {r}(1.5))",
    lambda a: Interval(-1.5, 1.5),
    domain=(Interval(-20.0, 20.0),),
    smooth=False,
    jumps=True,
    nouns=("cycle_part",),
    weight=_RARE,
)
for _letter, _suffix, _axes in _KINDS:
    if _letter in "VM":
        declare(
            f"divide_approx_{_suffix}",
            f"R,{_letter} -> {_letter}",
            "wp.div_approx({0}, {1})",
            f"{{0:{_axes}}} / {{1}}",
            lambda s, v: s / v,
            numpy_precedence=MULTIPLY,
            domain=(REALS, DIVISOR),
            reals=("float32", "float64", "float16"),
            nouns=("fast_reciprocal",),
            weight=0.01,
        )
declare(
    "divide_by_int_vec",
    "I,J -> J",
    "{0} / {1}",
    "{0:v} // {1}",
    lambda a, b: Interval(0, a.high // b.low),
    precedence=MULTIPLY,
    numpy_precedence=MULTIPLY,
    domain=(_INDEX, _WHOLE_DIVISOR),
    nouns=("shares",),
    weight=_RARE,
)
# Any integer may stand for a truth.
declare(
    "where_flag",
    "I,R,R -> R",
    "wp.where({0}, {1}, {2})",
    "np.where({0} != 0, {1}, {2})",
    lambda c, a, b: a.hull(b),
    smooth=False,
    nouns=("by_flag",),
    weight=0.1,
)
declare(
    "not_int",
    "I -> B",
    "not {0}",
    "{0} == 0",
    lambda a: UNIT,
    precedence=NOT,
    numpy_precedence=COMPARE,
    smooth=False,
    nouns=("is_zero",),
    weight=0.1,
)
