"""Tiles of every type of element: the same plain operations on integers of each width, on reals of each precision, on vectors, matrices and
quaternions.

Variants: elements moved (views, shapes, transposes, gathers, parts put together, rows and places by index), added, reduced, mapped; joined
from threads, shared among them, scattered and stacked; filled with ranges and values; combined as vectors of a space. What is only moved,
and what is computed in integers, is exact.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.tile_types import arithmetic, moves, threads

_FORMS = (*moves.FORMS, *arithmetic.FORMS, *threads.FORMS)


def build(draw: Draw) -> Case:
    """One kernel on tiles of a drawn type."""
    form = draw.weighted([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
    return form(draw)
