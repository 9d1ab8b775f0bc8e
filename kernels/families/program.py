"""Synthesized programs: typed programs of idioms, rendered as Warp and as numpy (see kernels.synthesis)."""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.synthesis.program import synthesize


def build(draw: Draw) -> Case:
    """One synthesized program."""
    return synthesize(draw)
