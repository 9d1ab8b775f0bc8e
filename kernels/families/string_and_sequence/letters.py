"""What kernels on sequences share: arrays of letters, bases and characters, their names, and the launches of anti-diagonals."""

from __future__ import annotations

from kernels.domains import Integers
from kernels.drafting.arguments import Sizes
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.language.types import I32, U8

LETTERS = (I32, I32, U8)
"""The types that hold a letter."""

SEQUENCES = ("sequence", "bases", "genome", "reads", "dna")
TEXTS = ("text", "corpus", "chars", "buffer_in", "message")


def base_array(draft: Draft, name: str, *extents: str | int, missing: bool = False) -> str:
    """An array of bases 0 to 3; with `missing`, 4 stands for a base that is not known. Returns its name."""
    return draft.array(name, draft.draw.choice(LETTERS), *extents, domain=Integers(0, 5 if missing else 4))


def character_array(draft: Draft, name: str, *extents: str | int, low: int = 32, high: int = 127) -> str:
    """An array of characters low <= c < high. Returns its name."""
    return draft.array(name, draft.draw.choice(LETTERS), *extents, domain=Integers(low, high))


def diagonal_sizes(draw: Draw) -> list[Sizes]:
    """Three launches on words of `m` and `n` letters: the anti-diagonal `d`, its cells, and the first of them."""
    result: list[Sizes] = []
    for m, n in ((2, 3), (draw.choice((5, 7)), draw.choice((6, 11))), (draw.integer(17, 60), draw.integer(20, 70))):
        d = draw.integer(2, m + n)
        low, high = max(1, d - n), min(m, d - 1)
        result.append({"m": m, "n": n, "d": d, "first": low, "cells": max(1, high - low + 1)})
    return result
