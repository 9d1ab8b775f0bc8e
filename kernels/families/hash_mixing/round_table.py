"""Rounds of ciphers, hash functions and random number generators on a state of several words, in the words' notation.

Sources: Bernstein, ChaCha and Salsa20 (RFC 8439); Aumasson and Bernstein, SipHash; FIPS 180-4 (SHA-1, SHA-256); Rivest, MD5 (RFC 1321);
Wheeler and Needham, TEA and XTEA; Beaulieu et al., Speck and Simon; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"
(Threefry); Aumasson et al., BLAKE2; Bertoni et al., Keccak; Dobraunig et al., Ascon; Blackman and Vigna, xoshiro; L'Ecuyer, combined
Tausworthe generators; Marsaglia, KISS; Jenkins, small generators and lookup3; Beierle et al., Alzette.
"""

from __future__ import annotations

from dataclasses import dataclass

CHACHA_QUARTER = (
    "a += b", "d = rotl(d ^ a, 16)", "c += d", "b = rotl(b ^ c, 12)", "a += b", "d = rotl(d ^ a, 8)", "c += d", "b = rotl(b ^ c, 7)",
)  # fmt: skip
SALSA_QUARTER = ("b ^= rotl(a + d, 7)", "c ^= rotl(b + a, 9)", "d ^= rotl(c + b, 13)", "a ^= rotl(d + c, 18)")


@dataclass(frozen=True)
class Round:
    """One round: the words of its state, the words that it is given (`inputs`), its lines, and how many rounds a kernel may do."""

    name: str
    bits: int
    state: tuple[str, ...]
    lines: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    rounds: tuple[int, ...] = (1, 2, 4)
    counted: str = ""
    unsigned: bool = False
    random: bool = False


ROUNDS = (
    Round("chacha_quarter_round", 32, ("a", "b", "c", "d"), CHACHA_QUARTER),
    Round("salsa20_quarter_round", 32, ("a", "b", "c", "d"), SALSA_QUARTER),
    Round(
        "sip_round",
        64,
        ("v0", "v1", "v2", "v3"),
        ("v0 += v1", "v1 = rotl(v1, 13) ^ v0", "v0 = rotl(v0, 32)", "v2 += v3", "v3 = rotl(v3, 16) ^ v2", "v0 += v3",
         "v3 = rotl(v3, 21) ^ v0", "v2 += v1", "v1 = rotl(v1, 17) ^ v2", "v2 = rotl(v2, 32)"),
    ),
    Round(
        "half_sip_round",
        32,
        ("v0", "v1", "v2", "v3"),
        ("v0 += v1", "v1 = rotl(v1, 5) ^ v0", "v0 = rotl(v0, 16)", "v2 += v3", "v3 = rotl(v3, 8) ^ v2", "v0 += v3",
         "v3 = rotl(v3, 7) ^ v0", "v2 += v1", "v1 = rotl(v1, 13) ^ v2", "v2 = rotl(v2, 16)"),
    ),
    Round(
        "sha256_round",
        32,
        ("a", "b", "c", "d", "e", "f", "g", "h"),
        ("sum1 = rotl(e, 26) ^ rotl(e, 21) ^ rotl(e, 7)", "choice = (e & f) ^ (~e & g)", "t1 = h + sum1 + choice + w",
         "sum0 = rotl(a, 30) ^ rotl(a, 19) ^ rotl(a, 10)", "majority = (a & b) ^ (a & c) ^ (b & c)", "t2 = sum0 + majority",
         "h = g", "g = f", "f = e", "e = d + t1", "d = c", "c = b", "b = a", "a = t1 + t2"),
        inputs=("w",),
        rounds=(1, 2, 3),
    ),
    Round(
        "sha1_round",
        32,
        ("a", "b", "c", "d", "e"),
        ("f = (b & c) | (~b & d)", "t = rotl(a, 5) + f + e + w + 0x5A827999", "e = d", "d = c", "c = rotl(b, 30)", "b = a", "a = t"),
        inputs=("w",),
    ),
    Round(
        "md5_step",
        32,
        ("a", "b", "c", "d"),
        ("f = (b & c) | (~b & d)", "t = b + rotl(a + f + w + 0xD76AA478, 7)", "a = d", "d = c", "c = b", "b = t"),
        inputs=("w",),
    ),
    Round(
        "tea_round",
        32,
        ("x", "y"),
        ("total += 0x9E3779B9", "x += ((y << 4) + k0) ^ (y + total) ^ ((y >> 5) + k1)",
         "y += ((x << 4) + k2) ^ (x + total) ^ ((x >> 5) + k3)"),
        inputs=("k0", "k1", "k2", "k3"),
        rounds=(2, 4, 8),
        counted="total",
    ),
    Round(
        "xtea_round",
        32,
        ("x", "y"),
        ("x += (((y << 4) ^ (y >> 5)) + y) ^ (total + k0)", "total += 0x9E3779B9", "y += (((x << 4) ^ (x >> 5)) + x) ^ (total + k1)"),
        inputs=("k0", "k1"),
        rounds=(2, 4, 8),
        counted="total",
    ),
    Round("speck_round", 64, ("x", "y"), ("x = (rotl(x, 56) + y) ^ k", "y = rotl(y, 3) ^ x"), inputs=("k",), rounds=(2, 4, 8)),
    Round("speck64_round", 32, ("x", "y"), ("x = (rotl(x, 24) + y) ^ k", "y = rotl(y, 3) ^ x"), inputs=("k",), rounds=(2, 4, 8)),
    Round(
        "simon_round",
        32,
        ("x", "y"),
        ("t = (rotl(x, 1) & rotl(x, 8)) ^ rotl(x, 2)", "t = y ^ t ^ k", "y = x", "x = t"),
        inputs=("k",),
        rounds=(2, 4, 8),
    ),
    Round(
        "threefry_round",
        32,
        ("x0", "x1"),
        ("x0 += x1", "x1 = rotl(x1, 13) ^ x0", "x0 += x1", "x1 = rotl(x1, 15) ^ x0", "x0 += x1", "x1 = rotl(x1, 26) ^ x0", "x0 += x1",
         "x1 = rotl(x1, 6) ^ x0", "x0 += k0", "x1 += k1"),
        inputs=("k0", "k1"),
        rounds=(1, 2, 4),
        random=True,
    ),
    Round(
        "blake2s_mix",
        32,
        ("a", "b", "c", "d"),
        ("a = a + b + m0", "d = rotl(d ^ a, 16)", "c += d", "b = rotl(b ^ c, 20)", "a = a + b + m1", "d = rotl(d ^ a, 24)", "c += d",
         "b = rotl(b ^ c, 25)"),
        inputs=("m0", "m1"),
    ),
    Round(
        "blake2b_mix",
        64,
        ("a", "b", "c", "d"),
        ("a = a + b + m0", "d = rotl(d ^ a, 32)", "c += d", "b = rotl(b ^ c, 40)", "a = a + b + m1", "d = rotl(d ^ a, 48)", "c += d",
         "b = rotl(b ^ c, 1)"),
        inputs=("m0", "m1"),
    ),
    Round(
        "keccak_chi_row",
        64,
        ("a", "b", "c", "d", "e"),
        ("p = a ^ (~b & c)", "q = b ^ (~c & d)", "r = c ^ (~d & e)", "s = d ^ (~e & a)", "t = e ^ (~a & b)", "a = p", "b = q", "c = r",
         "d = s", "e = t"),
        rounds=(1, 2),
    ),
    Round(
        "ascon_layers",
        64,
        ("x0", "x1", "x2", "x3", "x4"),
        ("x0 ^= x4", "x4 ^= x3", "x2 ^= x1", "t0 = ~x0 & x1", "t1 = ~x1 & x2", "t2 = ~x2 & x3", "t3 = ~x3 & x4", "t4 = ~x4 & x0",
         "x0 ^= t1", "x1 ^= t2", "x2 ^= t3", "x3 ^= t4", "x4 ^= t0", "x1 ^= x0", "x0 ^= x4", "x3 ^= x2", "x2 = ~x2",
         "x0 ^= rotl(x0, 45) ^ rotl(x0, 36)", "x1 ^= rotl(x1, 3) ^ rotl(x1, 25)", "x2 ^= rotl(x2, 63) ^ rotl(x2, 58)",
         "x3 ^= rotl(x3, 54) ^ rotl(x3, 47)", "x4 ^= rotl(x4, 57) ^ rotl(x4, 23)"),
        rounds=(1, 2),
    ),
    Round(
        "xoshiro128_step",
        32,
        ("s0", "s1", "s2", "s3"),
        ("t = s1 << 9", "s2 ^= s0", "s3 ^= s1", "s1 ^= s2", "s0 ^= s3", "s2 ^= t", "s3 = rotl(s3, 11)"),
        random=True,
    ),
    Round(
        "xoshiro256_step",
        64,
        ("s0", "s1", "s2", "s3"),
        ("t = s1 << 17", "s2 ^= s0", "s3 ^= s1", "s1 ^= s2", "s0 ^= s3", "s2 ^= t", "s3 = rotl(s3, 45)"),
        random=True,
    ),
    Round("xoroshiro128_step", 64, ("s0", "s1"), ("s1 ^= s0", "s0 = rotl(s0, 24) ^ s1 ^ (s1 << 16)", "s1 = rotl(s1, 37)"), random=True),
    Round(
        "taus88_step",
        32,
        ("z1", "z2", "z3"),
        ("z1 = ((z1 & 0xFFFFFFFE) << 12) ^ (((z1 << 13) ^ z1) >> 19)", "z2 = ((z2 & 0xFFFFFFF8) << 4) ^ (((z2 << 2) ^ z2) >> 25)",
         "z3 = ((z3 & 0xFFFFFFF0) << 17) ^ (((z3 << 3) ^ z3) >> 11)"),
        random=True,
    ),
    Round(
        "kiss_step",
        32,
        ("x", "y", "z", "w"),
        ("z = (z & 0xFFFF) * 36969 + (z >> 16)", "w = (w & 0xFFFF) * 18000 + (w >> 16)", "x = x * 69069 + 1234567", "y ^= y << 17",
         "y ^= y >> 13", "y ^= y << 5"),
        random=True,
    ),
    Round(
        "jsf32_step",
        32,
        ("a", "b", "c", "d"),
        ("e = a - rotl(b, 27)", "a = b ^ rotl(c, 17)", "b = c + d", "c = d + e", "d = e + a"),
        random=True,
    ),
    Round(
        "lookup3_mix",
        32,
        ("a", "b", "c"),
        ("a = (a - c) ^ rotl(c, 4)", "c += b", "b = (b - a) ^ rotl(a, 6)", "a += c", "c = (c - b) ^ rotl(b, 8)", "b += a",
         "a = (a - c) ^ rotl(c, 16)", "c += b", "b = (b - a) ^ rotl(a, 19)", "a += c", "c = (c - b) ^ rotl(b, 4)", "b += a"),
    ),
    Round(
        "lookup3_final",
        32,
        ("a", "b", "c"),
        ("c = (c ^ b) - rotl(b, 14)", "a = (a ^ c) - rotl(c, 11)", "b = (b ^ a) - rotl(a, 25)", "c = (c ^ b) - rotl(b, 16)",
         "a = (a ^ c) - rotl(c, 4)", "b = (b ^ a) - rotl(a, 14)", "c = (c ^ b) - rotl(b, 24)"),
        rounds=(1,),
    ),
    Round(
        "alzette",
        32,
        ("x", "y"),
        ("x += rotl(y, 1)", "y ^= rotl(x, 8)", "x ^= k", "x += rotl(y, 15)", "y ^= rotl(x, 15)", "x ^= k", "x += y", "y ^= rotl(x, 1)",
         "x ^= k", "x += rotl(y, 8)", "y ^= rotl(x, 16)", "x ^= k"),
        inputs=("k",),
        rounds=(1, 2),
    ),
    Round("pcg3d", 32, ("x", "y", "z"), ("x = x * 1664525 + 1013904223", "y = y * 1664525 + 1013904223", "z = z * 1664525 + 1013904223",
          "x += y * z", "y += z * x", "z += x * y", "x ^= x >> 16", "y ^= y >> 16", "z ^= z >> 16",
          "x += y * z", "y += z * x", "z += x * y"),
          rounds=(1,), random=True),
    Round("pcg32_step", 64, ("state",), ("state = state * 6364136223846793005 + inc",), inputs=("inc",), rounds=(1, 2, 3), random=True),
    Round("lehmer_step", 64, ("s",), ("s = (s * 48271) % 2147483647",), rounds=(1, 2, 4), unsigned=True, random=True),
    Round("mwc_step", 64, ("s",), ("s = (s & 0xFFFFFFFF) * 4294957665 + (s >> 32)",), random=True),
)  # fmt: skip
