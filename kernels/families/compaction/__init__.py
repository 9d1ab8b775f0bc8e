"""Compaction: choosing elements, giving them places, and moving what they carry.

Variants: slots from atomic counters whose order does not matter (lists, buckets, both ends of a list, ranges, tickets), from given scans,
from counts of what comes before, along rows; decoding of runs and load balancing, ragged and padded rows, ballots, radix digits; starts,
lengths and segments of runs, scatters to given places, rows without repeats, remapped indices; predicates of many kinds, what an element
carries, early return or nested tests.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.compaction.counters import counted
from kernels.families.compaction.runs import grouped
from kernels.families.compaction.scans import scanned

KINDS = (counted, scanned, grouped)


def build(draw: Draw) -> Case:
    """One kernel of compaction."""
    return draw.weighted(KINDS, (5, 5, 3))(draw)
