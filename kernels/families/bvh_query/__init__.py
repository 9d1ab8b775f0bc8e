"""Bounding volume hierarchies: what threads make of the boxes that their query meets.

Variants: queries by box, by a body's own box, by ball, ray and capsule, up to a distance, within a group's subtree, by one thread or a
whole block; the loop's form; counts, flags, overlap, nearest boxes, contact forces, optical depths, and what boxes are told by atomics.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.bvh_query.blocks import build_tiled
from kernels.families.bvh_query.pairs import build_broad_phase, build_regions
from kernels.families.bvh_query.probes import build_points, build_rays


def build(draw: Draw) -> Case:
    """One kernel that asks a tree of boxes."""
    form = draw.weighted((build_broad_phase, build_regions, build_points, build_rays, build_tiled), (4, 5, 10, 14, 18))
    return form(QueryScript(draw))
