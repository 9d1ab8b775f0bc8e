"""The synthesized programs that several tests look at, each built once in a process."""

from __future__ import annotations

from functools import cache

from kernels.draw import Draw
from kernels.families.program import build

SEED = 21


@cache
def program(index):
    """Program number `index` of the tests' stream."""
    return build(Draw(SEED, "program", index))
