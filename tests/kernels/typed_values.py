"""Palettes, types and values for the tests of what synthesis does with values of any type."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from operation_cases import PALETTES
from thread_values import class_of, wrapped

from kernels.dtypes import dtype_of
from kernels.language.interval import Interval
from kernels.language.kinds import domain_for, limit, natural_kind, range_of_kind
from kernels.language.types import LETTERS, Palette

SOME_PALETTES = (*PALETTES.values(), Palette("float32", "uint64", 5), Palette("float64", "int16", 6))
TYPES = tuple(dict.fromkeys(palette.type_of(letter) for palette in SOME_PALETTES for letter in LETTERS if palette.has(letter)))
"""All types of these palettes."""


def usual_range(type):
    """A range that inputs of a type may have."""
    if type.scalar == "bool":
        return Interval(0, 1)
    low, high = max(-3.0, limit(type).low), 9.0 if type.has_integers else 3.0
    return range_of_kind(natural_kind(type), Interval(low, high))


def a_value(type, range, seed, kind=""):
    """A value of a type, in double precision where it is real."""
    dtype = dtype_of(type.name)
    wide = replace(dtype, scalar=np.float64, element="float64") if dtype.is_float else dtype
    rng = np.random.default_rng(seed)
    return wrapped(domain_for(type, range, kind).draw(rng, (), wide), class_of(type.name))


def ends(type, range):
    """Values of a type at both ends of a range, in every component."""
    dtype = dtype_of(type.name)
    scalar = np.float64 if dtype.is_float else dtype.scalar
    return [wrapped(np.full(dtype.inner, end, scalar), class_of(type.name)) for end in (range.low, range.high)]
