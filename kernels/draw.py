"""Choices: the one source of randomness of a case, seeded by stream, family and index."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)


def digest(*parts: object) -> int:
    """A 64-bit number that depends on `parts` alone: the same in every process and on every machine."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:8], "big")


class Draw:
    """Draws the choices of one case. The same seed, family and index give the same choices."""

    def __init__(self, seed: int, family: str, index: int) -> None:
        self.seed, self.family, self.index = seed, family, index
        self._random = random.Random(digest(seed, family, index))

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[self._random.randrange(len(options))]

    def weighted(self, options: Sequence[T], weights: Sequence[float]) -> T:
        """One of `options`, in proportion to `weights`."""
        return self._random.choices(options, weights)[0]

    def chance(self, probability: float) -> bool:
        """True with `probability`."""
        return self._random.random() < probability

    def integer(self, low: int, high: int) -> int:
        """An integer in low <= x <= high."""
        return self._random.randint(low, high)

    def real(self, low: float, high: float, digits: int = 2) -> float:
        """A real number in [low, high], rounded to `digits` decimals, as a person would write it."""
        return round(self._random.uniform(low, high), digits)

    def log_normal(self, sigma: float) -> float:
        """A positive factor whose logarithm is normal with standard deviation `sigma`."""
        return self._random.lognormvariate(0.0, sigma)

    def subset(self, options: Sequence[T], count: int) -> list[T]:
        """`count` different ones of `options`, in random order."""
        return self._random.sample(list(options), count)

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All of `options` in random order."""
        return self.subset(options, len(options))

    def width(self) -> str:
        """The floating-point width of a kernel: mostly float32, as people write."""
        return "float64" if self.chance(0.2) else "float32"

    def sizes(self, largest: int = 300) -> tuple[int, int, int]:
        """Three extents to launch with: 1, a prime, and one above 64 that is no multiple of 8 (no block divides it)."""
        big = self.integer(65, max(66, largest))
        return 1, self.choice([p for p in PRIMES if p <= largest]), big + (1 if big % 8 == 0 else 0)
