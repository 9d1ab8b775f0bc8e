"""Attention: scores, weights and weighted values, in one kernel or as the steps of several.

Variants: the layout (heads, tokens first, packed, batched, grouped queries), scaling, biases by position (ALiBi, relative, added), masks,
caps; fused attention by one thread per query or per output element, local windows, single queries against a cache with or without pages,
linear attention, additive scores, graph attention; rotary embedding, apart and within attention; moves of heads; gradients written out.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.attention.alternatives import additive_scores, graph_attention, linear_output, linear_state
from kernels.families.attention.backward import score_gradient, value_gradient
from kernels.families.attention.block import rotary_attention
from kernels.families.attention.caches import append, decode
from kernels.families.attention.fused import attend, local_window
from kernels.families.attention.moves import rotary, split_heads
from kernels.families.attention.steps import scores, weighted_values


def build(draw: Draw) -> Case:
    """One attention kernel."""
    forms = (scores, weighted_values, attend, local_window, decode, append, rotary, split_heads)
    others = (linear_state, linear_output, additive_scores, graph_attention, score_gradient, value_gradient, rotary_attention)
    return draw.weighted((*forms, *others), (4, 3, 5, 1.5, 2.5, 0.8, 3, 1.2, 0.8, 1, 1, 1.5, 1, 1, 1.5))(draw)
