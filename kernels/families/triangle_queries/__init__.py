"""Triangles and edges without a tree: whether they meet, where they are nearest, contact there, rays.

Variants: how triangles and edges are held (surfaces with rows, vectors or flat lists of corners, corners apart, chains of nodes);
threads for given pairs, grids of all pairs, or loops; Warp's own `intersect_tri_tri` and `closest_point_edge_edge`, or closest points,
segments, rays and boxes by plain mathematics; flags and counts, projections, interpolation, penalties and barriers with damping and
friction.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.triangle_queries import contact, crossing, distance, edges, rays


def build(draw: Draw) -> Case:
    """One kernel that asks triangles or edges."""
    form = draw.weighted(
        (
            crossing.build_meeting,
            crossing.build_self_meeting,
            crossing.build_voxels,
            crossing.build_segments,
            distance.build_projection,
            distance.build_nearest,
            contact.build_particles,
            contact.build_edges,
            edges.build_distance,
            edges.build_strands,
            edges.build_capsules,
            rays.build_pairs,
            rays.build_nearest,
        ),
        (9, 5, 3, 3, 5, 4, 5, 6, 8, 6, 6, 3, 3),
    )
    return form(QueryScript(draw, width=draw.weighted(("float32", "float64"), (4, 1))))
