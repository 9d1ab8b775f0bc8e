"""Published integer hash functions of one word, and the ways in which several keys are brought together in one, in the words' notation.

Sources: Appleby, MurmurHash3; Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (splitmix64); Wang and Jenkins,
integer hash functions; Collet, xxHash; O'Neill, PCG; Wellons, "Prospecting for hash functions" (lowbias32, triple32); Marsaglia, "Xorshift
RNGs"; Evensen, moremur, rrmxmx and nasam; Eiserloh, Squirrel3; Thomas, "Hash functions for GPU rendering".
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.drafting.words import Word


@dataclass(frozen=True)
class Mixer:
    """Lines that turn the word `h` into its hash. `variable` ones shift by a word: their words must be unsigned."""

    name: str
    lines: tuple[str, ...]
    variable: bool = False


MIXERS: dict[int, tuple[Mixer, ...]] = {
    32: (
        Mixer("fmix32", ("h ^= h >> 16", "h *= 0x85EBCA6B", "h ^= h >> 13", "h *= 0xC2B2AE35", "h ^= h >> 16")),
        Mixer("lowbias32", ("h ^= h >> 16", "h *= 0x7FEB352D", "h ^= h >> 15", "h *= 0x846CA68B", "h ^= h >> 16")),
        Mixer(
            "triple32",
            ("h ^= h >> 17", "h *= 0xED5AD4BB", "h ^= h >> 11", "h *= 0xAC4C1B51", "h ^= h >> 15", "h *= 0x31848BAB", "h ^= h >> 14"),
        ),
        Mixer("wang_hash", ("h = (h ^ 61) ^ (h >> 16)", "h += h << 3", "h ^= h >> 4", "h *= 0x27D4EB2D", "h ^= h >> 15")),
        Mixer(
            "jenkins_mix",
            (
                "h = (h + 0x7ED55D16) + (h << 12)",
                "h = (h ^ 0xC761C23C) ^ (h >> 19)",
                "h = (h + 0x165667B1) + (h << 5)",
                "h = (h + 0xD3A2646C) ^ (h << 9)",
                "h = (h + 0xFD7046C5) + (h << 3)",
                "h = (h ^ 0xB55A4F09) ^ (h >> 16)",
            ),
        ),
        Mixer(
            "half_avalanche",
            (
                "h = (h + 0x479AB41D) + (h << 8)",
                "h = (h ^ 0xE4AA10CE) ^ (h >> 5)",
                "h = (h + 0x9942F0A6) - (h << 14)",
                "h = (h ^ 0x5AEDD67D) ^ (h >> 3)",
                "h = (h + 0x17BEA992) + (h << 7)",
            ),
        ),
        Mixer("xxh32_avalanche", ("h ^= h >> 15", "h *= 0x85EBCA77", "h ^= h >> 13", "h *= 0xC2B2AE3D", "h ^= h >> 16")),
        Mixer("xorshift32", ("h ^= h << 13", "h ^= h >> 17", "h ^= h << 5")),
        Mixer("fibonacci_hash", ("h *= 0x9E3779B9", "h ^= h >> 15")),
        Mixer(
            "pcg_hash",
            ("state = h * 747796405 + 2891336453", "w = ((state >> ((state >> 28) + 4)) ^ state) * 277803737", "h = (w >> 22) ^ w"),
            variable=True,
        ),
        Mixer(
            "squirrel3",
            ("h *= 0xB5297A4D", "h ^= h >> 8", "h += 0x68E31DA4", "h ^= h << 8", "h *= 0x1B56C4E9", "h ^= h >> 8"),
        ),
        Mixer("avalanche_add", ("h += h << 10", "h ^= h >> 6", "h += h << 3", "h ^= h >> 11", "h += h << 15")),
        Mixer("iq_hash", ("h = (h << 13) ^ h", "h = h * (h * h * 15731 + 789221) + 1376312589")),
        Mixer("rotate_mix", ("h = rotl(h, 15) * 0xCC9E2D51", "h = (h ^ rotl(h, 7)) * 0x1B873593", "h ^= rotl(h, 19)")),
    ),
    64: (
        Mixer("fmix64", ("h ^= h >> 33", "h *= 0xFF51AFD7ED558CCD", "h ^= h >> 33", "h *= 0xC4CEB9FE1A85EC53", "h ^= h >> 33")),
        Mixer(
            "splitmix64",
            (
                "h += 0x9E3779B97F4A7C15",
                "h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9",
                "h = (h ^ (h >> 27)) * 0x94D049BB133111EB",
                "h ^= h >> 31",
            ),
        ),
        Mixer("moremur", ("h ^= h >> 27", "h *= 0x3C79AC492BA7B653", "h ^= h >> 33", "h *= 0x1C69B3F74AC4AE35", "h ^= h >> 27")),
        Mixer(
            "wang_hash64",
            (
                "h = ~h + (h << 21)",
                "h ^= h >> 24",
                "h = (h + (h << 3)) + (h << 8)",
                "h ^= h >> 14",
                "h = (h + (h << 2)) + (h << 4)",
                "h ^= h >> 28",
                "h += h << 31",
            ),
        ),
        Mixer(
            "xxh64_avalanche",
            ("h ^= h >> 33", "h *= 0xC2B2AE3D27D4EB4F", "h ^= h >> 29", "h *= 0x165667B19E3779F9", "h ^= h >> 32"),
        ),
        Mixer("xorshift64star", ("h ^= h >> 12", "h ^= h << 25", "h ^= h >> 27", "h *= 0x2545F4914F6CDD1D")),
        Mixer(
            "rrmxmx",
            (
                "h ^= rotl(h, 15) ^ rotl(h, 40)",
                "h *= 0x9FB21C651E98DF25",
                "h ^= h >> 28",
                "h *= 0x9FB21C651E98DF25",
                "h ^= h >> 28",
            ),
        ),
        Mixer(
            "nasam",
            (
                "h ^= rotl(h, 39) ^ rotl(h, 17)",
                "h *= 0x9E6C63D0676A9A99",
                "h ^= (h >> 23) ^ (h >> 51)",
                "h *= 0x9E6D62D06F6A9A9B",
                "h ^= (h >> 23) ^ (h >> 51)",
            ),
        ),
        Mixer(
            "pcg_rxs_m_xs64",
            ("w = ((h >> ((h >> 59) + 5)) ^ h) * 12605985483714917081", "h = (w >> 43) ^ w"),
            variable=True,
        ),
        Mixer("fibonacci_hash64", ("h *= 0x9E3779B97F4A7C15", "h ^= h >> 32")),
    ),
}
"""By the bits of a word."""

COMBINED: dict[int, dict[str, tuple[str, ...]]] = {
    32: {
        "hash_combine": ("h ^= k + 0x9E3779B9 + (h << 6) + (h >> 2)",),
        "fnv_step": ("h = (h ^ k) * 16777619",),
        "murmur_step": ("h ^= rotl(k * 0xCC9E2D51, 15) * 0x1B873593", "h = rotl(h, 13) * 5 + 0xE6546B64"),
        "xxh_round": ("h = rotl(h + k * 0xC2B2AE3D, 17) * 0x27D4EB2F",),
        "multiply_add": ("h = h * 31 + k",),
        "rotate_xor": ("h = rotl(h, 5) ^ k", "h *= 0x9E3779B9"),
        "jenkins_step": ("h += k", "h += h << 10", "h ^= h >> 6"),
        "sdbm_step": ("h = k + (h << 6) + (h << 16) - h",),
    },
    64: {
        "hash_combine": ("h ^= k + 0x9E3779B97F4A7C15 + (h << 12) + (h >> 4)",),
        "fnv_step": ("h = (h ^ k) * 0x100000001B3",),
        "xxh_round": (
            "h ^= rotl(k * 0xC2B2AE3D27D4EB4F, 31) * 0x9E3779B185EBCA87",
            "h = rotl(h, 27) * 0x9E3779B185EBCA87 + 0x85EBCA77C2B2AE63",
        ),
        "multiply_add": ("h = h * 1000003 + k",),
        "murmur64_step": (
            "k *= 0xC6A4A7935BD1E995",
            "k ^= k >> 47",
            "h = (h ^ (k * 0xC6A4A7935BD1E995)) * 0xC6A4A7935BD1E995",
        ),
        "rotate_xor": ("h = rotl(h, 23) ^ (k * 0x9E3779B97F4A7C15)",),
    },
}
"""How a word `k` enters the hash `h`: lines by the bits of a word."""


def mixers_for(word: Word) -> list[Mixer]:
    """The mixers that words of this kind can compute."""
    return [m for m in MIXERS[word.bits] if not (word.signed and m.variable)]


def uses_rotation(lines: tuple[str, ...]) -> bool:
    """Whether lines call `rotl`."""
    return any("rotl(" in line for line in lines)
