"""Graph algorithms: one step of a search, a count, or a flow of values, on compressed rows, padded tables, edge lists and matrices.

Variants: breadth-first search pulled and pushed, labels, shortest, widest and critical paths, hooking and shortcutting of components,
topological order and peeling, all-pairs paths; degrees, triangles, common neighbours, colouring and its conflicts, independent sets,
matching, rows of entries, edge lists to rows; PageRank and its kin, aggregation, messages, attention, edge scores, dependencies; a thread
per vertex, per edge, per pair or per channel, filters, fused messages, what becomes of a sum.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.graph_traversal.counts import count_step
from kernels.families.graph_traversal.ranks import rank_step
from kernels.families.graph_traversal.searches import search_step

KINDS = (search_step, count_step, rank_step)


def build(draw: Draw) -> Case:
    """One graph kernel."""
    return draw.weighted(KINDS, (5, 4, 6))(draw)
