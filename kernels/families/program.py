"""Synthesized programs: see `kernels/synthesis/program.py`. Nothing but the layout of the reference's long lines is added here."""

from __future__ import annotations

from dataclasses import replace

from kernels.case import Case
from kernels.drafting.draft import REFERENCE_LINE
from kernels.drafting.layout import folded
from kernels.draw import Draw
from kernels.synthesis.program import synthesize


def build(draw: Draw) -> Case:
    """One synthesized program."""
    case = synthesize(draw)
    lines = folded(case.reference_source.splitlines(), REFERENCE_LINE)
    return replace(case, reference_source="\n".join(lines) + "\n")
