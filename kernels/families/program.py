"""Synthesized programs: see `kernels/synthesis/program.py`. Nothing but the layout of long lines is added here."""

from __future__ import annotations

from dataclasses import replace

from kernels.case import Case
from kernels.drafting.draft import REFERENCE_LINE
from kernels.drafting.layout import folded
from kernels.draw import Draw
from kernels.synthesis.long_lines import WIDTH
from kernels.synthesis.program import synthesize


def build(draw: Draw) -> Case:
    """One synthesized program."""
    case = synthesize(draw)
    return replace(case, python_source=_folded(case.python_source, WIDTH), reference_source=_folded(case.reference_source, REFERENCE_LINE))


def _folded(source: str, width: int) -> str:
    return "\n".join(folded(source.splitlines(), width)) + "\n"
