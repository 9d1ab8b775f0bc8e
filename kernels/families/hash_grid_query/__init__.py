"""Neighbours by a hash grid: what particles sum up, find or exchange with the points around them.

Variants: the loop's form, threads in the grid's order of points, groups, points of their own to search from; smoothed densities, forces
between particles (soft, pressure, viscous, cohesive), contacts of spheres, flocking, position-based corrections, interpolation from
scattered data, nearest points, counts and flags, and what is exchanged by atomics; sums as functions of their own.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.hash_grid_query.bodies import build_contact, build_correction, build_exchange, build_flock
from kernels.families.hash_grid_query.found import build_search
from kernels.families.hash_grid_query.sums import build_density, build_forces, build_interpolation


def build(draw: Draw) -> Case:
    """One kernel with a neighbour search."""
    form = draw.weighted(
        (build_density, build_forces, build_interpolation, build_search, build_contact, build_flock, build_correction, build_exchange),
        (4, 5, 4, 4, 4, 3, 3, 3),
    )
    return form(QueryScript(draw, width="float64" if draw.chance(0.15) else "float32"))
