"""Softmax and its relatives: rows of scores become probabilities, log-probabilities, or one number each.

Variants: the layout (rows, columns, batches, channels of a picture, flattened), static and dynamic rows, the largest score by a loop of
its own, online or not at all; temperatures, biases, caps and masks; log-softmax, log-sum-exp, entropy, expectation; the passes of kernels
that work in several launches; gradients; segments of edges; routing of tokens to experts; sampling.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.softmax.backward import backward
from kernels.families.softmax.passes import apply_statistics, merge, row_pass, scatter_pass
from kernels.families.softmax.routing import route, sample
from kernels.families.softmax.rowwise import normalize, reduce
from kernels.families.softmax.segments import segment_softmax


def build(draw: Draw) -> Case:
    """One softmax kernel."""
    forms = (normalize, reduce, apply_statistics, row_pass, scatter_pass, merge, backward, segment_softmax, route, sample)
    return draw.weighted(forms, (5, 4, 2, 1.5, 1.5, 1.5, 2, 2, 2, 1))(draw)
