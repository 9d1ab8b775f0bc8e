"""Casts between scalar types, where the value fits: from the program's real and integer types to any other, and back."""

from __future__ import annotations

from kernels.language.interval import Interval
from kernels.language.operation import COMPARE, declare
from kernels.language.types import FIXED

_NUMPY = {"h": "f16", "g": "bf16", "f": "f32", "d": "np.float64"}
_HIGHEST = {"h": 2000.0, "g": 1e5, "f": 1e5, "d": 1e5}
_NOUNS = {"h": "half", "g": "brain_half", "f": "single", "d": "wide", "a": "small", "s": "short_value", "i": "index", "l": "long_value"}


def integer_range(name: str) -> Interval:
    """What a cast to the integer dtype called `name` keeps, as far as programs go there."""
    bits = min(int(name.lstrip("uint")), 32) - (1 if name.startswith("int") else 0)
    high = min(2.0**bits - 1, 1e6)
    return Interval(-high if name.startswith("int") else 0.0, high)


def _rounded(x: Interval) -> Interval:
    """Bounds after rounding, to bfloat16 at worst."""
    return Interval(x.low - 0.01 * abs(x.low), x.high + 0.01 * abs(x.high))


for _letter, _name in FIXED.items():
    _noun = (_NOUNS.get(_letter, "code"),)
    if _letter in _NUMPY:
        _limit = Interval(-_HIGHEST[_letter], _HIGHEST[_letter])
        # bfloat16 has no numpy type: it is rounded to its bits and back, which a reference in float64 leaves out.
        _helper = ("bf16 = np.float32",) if _letter == "g" else ()
        _call = f"np.asarray({{0}}).astype({_NUMPY[_letter]})"
        # A half in a program of higher precision makes all of its decisions as coarse: halves stay among themselves.
        _others = tuple(n for n in ("float16", "bfloat16", *(() if _letter in "hg" else ("float32", "float64"))) if n != _name)
        declare(
            f"real_to_{_name}",
            f"R -> {_letter}",
            f"wp.{_name}({{0}})",
            _call,
            _rounded,
            domain=(_limit,),
            reals=_others,
            helpers=_helper,
            nouns=_noun,
            weight=0.1,
        )
        declare(
            f"integer_to_{_name}",
            f"I -> {_letter}",
            f"wp.{_name}({{0}})",
            _call,
            _rounded,
            domain=(Interval(max(_limit.low, -2e3), min(_limit.high, 2e3)) if _letter in "hg" else _limit,),
            reals=("float16", "bfloat16") if _letter in "hg" else None,
            helpers=_helper,
            nouns=_noun,
            weight=0.1,
        )
        declare(
            f"{_name}_to_real",
            f"{_letter} -> R",
            "{R}({0})",
            "np.asarray({0}).astype({r})",
            _rounded,
            reals=_others,
            nouns=("converted",),
            weight=0.1,
        )
    else:
        _kept = integer_range(_name)
        declare(
            f"real_to_{_name}",
            f"R -> {_letter}",
            f"wp.{_name}({{0}})",
            f"np.trunc({{0}}).astype(np.{_name})",
            lambda x: Interval(int(x.low) - 1 if x.low < 0 else 0, int(x.high) + 1),
            domain=(Interval(max(_kept.low + 1, -2e3), min(_kept.high - 1, 2e3)),),
            smooth=False,
            jumps=True,
            nouns=_noun,
            weight=0.05,
        )
        declare(
            f"integer_to_{_name}",
            f"I -> {_letter}",
            f"wp.{_name}({{0}})",
            f"np.asarray({{0}}).astype(np.{_name})",
            lambda x: x,
            domain=(_kept,),
            integers=tuple(n for n in FIXED.values() if n.startswith(("int", "uint")) and n != _name),
            nouns=_noun,
            weight=0.1,
        )
        declare(
            f"{_name}_to_integer",
            f"{_letter} -> I",
            "{I}({0})",
            "np.asarray({0}).astype({int})",
            lambda x: x,
            integers=tuple(
                n for n in ("int32", "int64", "uint64", "uint32") if n != _name and not (n.startswith("u") and _name.startswith("i"))
            ),
            domain=(Interval(0, 1e6) if _name.startswith("u") else Interval(-1e6, 1e6),),
            nouns=("key",),
            weight=0.1,
        )
        declare(
            f"{_name}_to_real",
            f"{_letter} -> R",
            "{R}({0})",
            "np.asarray({0}).astype({r})",
            lambda x: x,
            domain=(Interval(-2e3, 2e3),),
            nouns=("as_real",),
            weight=0.1,
        )

# The adjoint of a cast from a boolean to a half precision does not compile.
declare(
    "bool_to_real",
    "B -> R",
    "{R}({0})",
    "np.asarray({0}).astype({r})",
    lambda b: Interval(0, 1),
    smooth=False,
    reals=("float32", "float64"),
    nouns=("indicator",),
    weight=0.1,
)
declare("bool_to_integer", "B -> I", "{I}({0})", "np.asarray({0}).astype({int})", lambda b: Interval(0, 1), nouns=("flag_bit",), weight=0.2)
declare(
    "integer_to_bool",
    "I -> B",
    "wp.bool({0})",
    "np.asarray({0}) != 0",
    lambda i: Interval(0, 1),
    numpy_precedence=COMPARE,
    smooth=False,
    nouns=("any_set",),
    weight=0.1,
)
for _letter, _name in FIXED.items():
    if _letter not in "hg":
        declare(
            f"bool_to_{_name}",
            f"B -> {_letter}",
            f"wp.{_name}({{0}})",
            f"np.asarray({{0}}).astype({_NUMPY.get(_letter, f'np.{_name}')})",
            lambda b: Interval(0, 1),
            smooth=False,
            nouns=("flag_value",),
            weight=0.02,
        )
