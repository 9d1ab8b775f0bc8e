"""The family of hash functions: the references' arithmetic against published test vectors and against Python's own libraries."""

import hashlib
import math
import struct
import zlib

import numpy as np
import pytest

from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.blocks import MD5_SINES
from kernels.families.hash_mixing.mixers import MIXERS
from kernels.families.hash_mixing.round_table import CHACHA_QUARTER, ROUNDS, SALSA_QUARTER
from kernels.families.hash_mixing.streams import BITWISE, STREAMS
from tests.families._reference import cases, check_contract, run


def test_contract():
    check_contract("hash_mixing")


def executed(bits: int, lines: list[str], **values) -> dict:
    """The words after `lines`, run as the reference has them."""
    draft = WordDraft(Draw(0, "hash_mixing", 0), Word(bits))
    draft.rotation()
    scope = {"np": np, **{n: np.array([v], f"uint{bits}") if isinstance(v, int) else v for n, v in values.items()}}
    with np.errstate(all="ignore"):
        exec("\n".join(line for block in draft.reference_definitions for line in block), scope)
        exec("\n".join(Word(bits).numpy(line) for line in lines), scope)
    return {n: int(v[0]) for n, v in scope.items() if isinstance(v, np.ndarray) and v.size == 1}


@pytest.mark.parametrize(
    ("bits", "name", "start", "expected"),
    [
        (32, "fmix32", 1, 0x514E28B7),
        (64, "fmix64", 1, 0xB456BCFC34C2CB2C),
        (64, "splitmix64", 0, 0xE220A8397B1DCDAF),
        (32, "xorshift32", 1, 270369),
        (64, "xorshift64star", 1, 5180492295206395165),
    ],
)
def test_mixers_give_published_values(bits, name, start, expected):
    mixer = next(m for m in MIXERS[bits] if m.name == name)
    assert executed(bits, list(mixer.lines), h=start)["h"] == expected


def streamed(name: str, data: bytes) -> int:
    stream = next(s for s in STREAMS if s.name == name)
    words = {state: np.array([value], f"uint{stream.bits}") for state, value in stream.state}
    for byte in data:
        for lines in ([*stream.step], *[[*stream.loop]] * BITWISE):
            got = executed(stream.bits, list(lines), c=int(byte), **words)
            words = {n: np.array([got[n]], f"uint{stream.bits}") for n in words}
    return executed(stream.bits, list(stream.end), length=len(data), **words)["h"]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("fnv1a", b"foobar", 0xBF9CF968),
        ("fnv1", b"foobar", 0x31F0B262),
        ("fnv1a_64", b"foobar", 0x85944171F73967E8),
        ("crc32", b"123456789", zlib.crc32(b"123456789")),
        ("crc32c", b"123456789", 0xE3069283),
        ("crc16_ccitt", b"123456789", 0x29B1),
        ("adler32", b"Wikipedia", zlib.adler32(b"Wikipedia")),
        ("fletcher16", b"abcde", 0xC8F0),
        ("one_at_a_time", b"a", 0xCA2E9442),
    ],
)
def test_streams_give_published_values(name, data, expected):
    assert streamed(name, data) == expected


def test_quarter_rounds_give_the_values_of_their_specifications():
    got = executed(32, list(CHACHA_QUARTER), a=0x11111111, b=0x01020304, c=0x9B8D6F43, d=0x01234567)
    assert [got[n] for n in "abcd"] == [0xEA2A92F4, 0xCB1CF8CE, 0x4581472E, 0x5881C4BB]
    got = executed(32, list(SALSA_QUARTER), a=1, b=0, c=0, d=0)
    assert [got[n] for n in "abcd"] == [0x08008145, 0x00000080, 0x00010200, 0x20500000]


def test_a_sha256_round_by_round_is_hashlib_s():
    spec = next(r for r in ROUNDS if r.name == "sha256_round")
    primes = [p for p in range(2, 312) if all(p % q for q in range(2, p))]
    root = lambda p, k: int((p ** (1.0 / k) % 1) * 2**32)  # noqa: E731
    start = [root(p, 2) for p in primes[:8]]
    w = list(struct.unpack(">16I", b"abc\x80" + bytes(59) + b"\x18"))
    for t in range(16, 64):
        lines = ["s0 = rotl(x, 25) ^ rotl(x, 14) ^ (x >> 3)", "s1 = rotl(y, 15) ^ rotl(y, 13) ^ (y >> 10)", "s = s0 + s1 + a + b"]
        w.append(executed(32, lines, x=w[t - 15], y=w[t - 2], a=w[t - 7], b=w[t - 16])["s"])
    state = dict(zip("abcdefgh", start, strict=True))
    for t in range(64):
        got = executed(32, list(spec.lines), w=(w[t] + root(primes[t], 3)) % 2**32, **state)
        state = {n: got[n] for n in "abcdefgh"}
    digest = struct.pack(">8I", *((a + b) % 2**32 for a, b in zip(start, state.values(), strict=True)))
    assert digest == hashlib.sha256(b"abc").digest()


def test_md5_constants_are_those_of_rfc_1321():
    assert [f"{s:08x}" for s in (MD5_SINES[0], MD5_SINES[15], MD5_SINES[63])] == ["d76aa478", "49b40821", "eb86d391"]
    assert MD5_SINES[16] == int(abs(math.sin(17)) * 2**32)


@pytest.mark.parametrize("bits", [32, 64])
def test_signed_and_unsigned_words_are_spelled_for_the_same_value(bits):
    """What the kernel computes with masked shifts on signed integers is what the reference computes on unsigned ones."""
    rng = np.random.default_rng(bits)
    line = "h = ((h >> 7) ^ (h * 0x9E3779B1)) - (h & (h >> 3)) + (h << 5)"
    signed = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), 200).astype(f"int{bits}")
    unsigned = signed.astype(f"uint{bits}")
    kernel = Word(bits, signed=True).warp(line).replace("wp.int64", "np.int64")
    with np.errstate(all="ignore"):
        a: dict = {"h": signed, "np": np}
        b: dict = {"h": unsigned, "np": np}
        exec(kernel.replace("-1640531535", "np.int32(-1640531535)"), a)
        exec(Word(bits).numpy(line), b)
    assert np.array_equal(a["h"].astype(f"uint{bits}"), b["h"])


def test_signed_words_refuse_what_depends_on_the_sign():
    for line in ("h = h % 7", "h = h // 3", "b = h < k", "h = h >> k"):
        with pytest.raises(ValueError, match=r"unsigned"):
            Word(32, signed=True).warp(line)


def test_a_bloom_query_finds_the_keys_whose_bits_are_all_set():
    """With every bit set all keys are found, with none set, none."""
    seen = 0
    for case in cases("hash_mixing", 150):
        if "hits == " not in case.reference_source:
            continue
        values, _ = run(case)
        scope: dict = {}
        exec(case.reference_source, scope)
        name = next(n for n in ("bloom_bits", "filter_bits", "bitset") if n in values)
        names = [a.name for a in case.arguments if a.name in values and a.name in case.reference_source and a.role == "input"]
        for bits, expected in ((-1, 1), (0, 0)):
            given = {n: values[n] for n in names if n in scope["reference"].__code__.co_varnames} | {name: np.full_like(values[name], bits)}
            with np.errstate(all="ignore"):
                (found,) = scope["reference"](dim=case.launches[2].dim, **given).values()
            assert set(found) == {expected}
        seen += 1
    assert seen >= 1
