"""Stacks that the threads of a block share: what some elements need is put aside, and worked off by all threads together.

Variants: elements that pass a test are pushed as indices, numbers or vectors, and processed when they are popped, or counted; stacks that
are too small, and how many values they drop; worklists, whose popped values push others until none is left (halving, digits, walks down a
tree); two phases with a stack that is cleared between them. Which thread gets which value, and in which order, is not told: what the
kernels make of the values does not depend on it. Stacks have no adjoint.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.tile_stack import selection, worklists

_FORMS = (*selection.FORMS, *worklists.FORMS)


def build(draw: Draw) -> Case:
    """One kernel with a stack in its block."""
    form = draw.weighted([form for form, _ in _FORMS], [weight for _, weight in _FORMS])
    return form(draw)
