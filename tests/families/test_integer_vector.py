"""Kernels on integers: whole references against Python's own arithmetic, calendars and checksums."""

from __future__ import annotations

import datetime
import math
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.integer_vector.arithmetic import build_division
from kernels.families.integer_vector.colors import build_casts
from kernels.families.integer_vector.images import build_order
from tests.families._mirror import helpers
from tests.families._reference import check_contract, run


def built(form: Callable[[Draw, MirrorDraft], Case], name: str) -> tuple[dict, dict, Case]:
    """What a case of `form` whose kernel's name begins with `name` draws and returns."""
    for index in range(400):
        draw = Draw(1, "integer_vector", index)
        case = form(draw, MirrorDraft(draw, width="float32"))
        if case.kernel_name.startswith(name):
            return *run(case), case
    raise AssertionError(f"no kernel is called {name}")


def first_input(values: dict, case: Case) -> np.ndarray:
    return values[next(a.name for a in case.arguments if a.role == "input" and a.ndim)]


def test_quotients_truncate_and_remainders_have_the_sign_of_the_dividend() -> None:
    space = helpers("quotient")
    a, b = np.meshgrid(np.arange(-20, 21), [-7, -2, -1, 1, 3, 8])
    expected = np.vectorize(lambda x, y: math.trunc(x / y))(a, b)
    np.testing.assert_array_equal(space["quotient"](a, b), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.uint64])
def test_bits_are_counted_in_the_width_of_the_word(dtype: type) -> None:
    space = helpers("bit_count")
    info = np.iinfo(dtype)
    words = np.random.default_rng(1).integers(info.min, info.max, 50, dtype=dtype, endpoint=True)
    expected = [bin(int(w) & (2**info.bits - 1)).count("1") for w in words]
    assert space["bit_count"](words).tolist() == expected


def test_day_numbers_become_dates() -> None:
    values, result, case = built(build_order, "civil_dates")
    dates = result[next(a.name for a in case.outputs if a.dtype == "vec3i")]
    start = datetime.date(1970, 1, 1)
    for day, (y, m, d) in zip(first_input(values, case), dates, strict=True):
        assert start + datetime.timedelta(days=int(day)) == datetime.date(y, m, d)


@pytest.mark.parametrize(("kind", "check"), [("adler", zlib.adler32), ("crc", zlib.crc32)])
def test_checksums_are_those_of_zlib(kind: str, check: Callable[[bytes], int]) -> None:
    values, result, case = built(build_casts, f"{kind}_")
    output = next(a.name for a in case.outputs if a.dtype == "uint32")
    assert result[output].tolist() == [check(row.tobytes()) for row in first_input(values, case)]


def test_common_divisors_divide() -> None:
    values, result, case = built(build_division, "gcd_")
    a, b = (values[name] for name in [x.name for x in case.arguments if x.role == "input" and x.ndim])
    assert result[next(name for name in result if "gcd" in name)].tolist() == np.gcd(a, b).tolist()


def test_the_contract() -> None:
    check_contract("integer_vector")
