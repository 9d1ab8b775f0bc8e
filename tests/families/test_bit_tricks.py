"""The family of bit tricks: every way of every trick, run as plain Python, against what the reference defines; codes and sets by hand."""

import numpy as np
import pytest

from kernels.drafting.words import Word
from kernels.families.bit_tricks.morton import COMPACT, REFERENCE, SPREAD, SPREAD_BY_PRODUCT
from kernels.families.bit_tricks.trees import HILBERT
from kernels.families.bit_tricks.tricks import PAIRED, TRICKS, reference_bits
from tests.families._reference import check_contract


def test_contract():
    check_contract("bit_tricks")


def wrapping(bits: int) -> type[int]:
    """Python's integers with arithmetic modulo 2**bits."""
    operators = ("add", "radd", "sub", "rsub", "mul", "rmul", "and", "rand", "or", "ror", "xor", "rxor", "lshift", "rshift", "invert")
    wrapped = type("Wrapped", (int,), {})
    for name in operators:
        plain = getattr(int, f"__{name}__")
        setattr(wrapped, f"__{name}__", lambda *values, plain=plain: wrapped(plain(*values) % 2**bits))
    return wrapped


def by_hand(lines: tuple[str, ...], bits: int, **values: int) -> dict[str, int]:
    """The names after `lines` of a trick, in Python's integers."""
    word = wrapping(bits)
    scope = {
        "count": lambda v: int(v).bit_count(),
        "number": int,
        "where": lambda c, a, b: word(a if c else b),
        "rotl": lambda v, r: (v << r) | (v >> (bits - r)),
        **{name: word(value) for name, value in values.items()},
    }
    exec("\n".join("r = x ^ x" if line == "r = 0" else line for line in lines), scope)
    return scope


@pytest.mark.parametrize("bits", sorted(TRICKS))
def test_every_way_of_a_trick_does_what_the_reference_defines(bits):
    rng = np.random.default_rng(bits)
    x = rng.integers(0, 2**bits, 12, dtype=f"uint{bits}")
    x[:4] = [0, 2**bits - 1, 1, 1 << (bits - 1)]
    x[4:8] &= np.array(0xF0F3, x.dtype)
    scope: dict = {"np": np}
    exec("\n".join(line for block in reference_bits(bits) for line in block), scope)
    for trick in TRICKS[bits]:
        local = {**scope, "x": x, "b": scope["bits_of"](x)}
        with np.errstate(all="ignore"):
            exec("\n".join(trick.numpy), local)
        result = "n" if trick.counts else "r"
        expected = [int(v) for v in local[result]]
        for way in trick.ways:
            got = [by_hand(way, bits, x=int(v))[result] for v in x]
            assert got == expected, (trick.name, way)


def test_pairs_of_words_are_joined_as_the_reference_says():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 2**32, (2, 40), dtype=np.uint32)
    for name, lines, numpy in PAIRED:
        with np.errstate(all="ignore"):
            expected = eval(numpy, {"np": np, "x": x, "y": y})
        assert [by_hand(lines, 32, x=int(a), y=int(b))["z"] for a, b in zip(x, y, strict=True)] == expected.tolist(), name


@pytest.mark.parametrize("axes", [2, 3])
def test_spreading_and_collecting_bits_are_inverse_and_interleave(axes):
    scope: dict = {}
    exec("\n".join(REFERENCE["interleaved"]), scope)
    exec("\n".join(REFERENCE["separated"]), scope)
    bits = 15 if axes == 2 else 10
    for value in (0, 1, 2, 5, 0x155, (1 << bits) - 1):
        spread = by_hand(SPREAD[axes], 32, v=value)["v"]
        assert by_hand(COMPACT[axes], 32, v=spread)["v"] == value
        assert spread == scope["interleaved"]([value] + [0] * (axes - 1), bits)
        assert scope["separated"](spread, axes, 0, bits) == value
        if axes == 3:
            assert by_hand(SPREAD_BY_PRODUCT, 32, v=value)["v"] == spread
    # The worked example of three coordinates (5, 9, 1): bits 101, 1001, 0001 interleaved from the lowest.
    assert scope["interleaved"]([5, 9, 1], 10) == 0b010001000111


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_hilbert_s_curve_visits_every_cell_by_single_steps(order):
    scope: dict = {"np": np}
    exec("\n".join(HILBERT), scope)
    x, y = scope["hilbert"](order)
    assert len({*zip(x.tolist(), y.tolist(), strict=True)}) == 4**order
    assert np.all(np.abs(np.diff(x)) + np.abs(np.diff(y)) == 1)
    assert (x[0], y[0]) == (0, 0)


def test_signed_shifts_are_masked_once():
    assert Word(32, signed=True).warp("r = (x >> 3) & 7") == "r = (x >> 3) & 7"
    assert Word(32, signed=True).warp("r = x >> 3") == "r = (x >> 3) & 0x1FFFFFFF"


def test_numbers_and_words_are_told_apart():
    word = Word(64)
    assert word.warp("n = count(x & 5) & 1", numbers=True) == "n = wp.bit_count(x & wp.uint64(5)) & 1"
    assert word.warp("n = where(x == 0, 64, 0)", numbers=True) == "n = wp.where(x == wp.uint64(0), 64, 0)"
