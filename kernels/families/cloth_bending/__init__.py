"""Cloth: bending, constraints, membranes, wind, and collisions with itself.

Variants: how elements tell their corners (tables, flat lists, index vectors), properties per element or for all, dihedral forces with
damping and plasticity, the isometric quadratic form and its weights, compliant projections of stretch, bending, strain limits and
attachments, corrections applied per particle, in-plane energies with wind in the same kernel, normals and lumped masses, repulsion of
vertex-triangle, edge-edge and particle pairs with friction.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.cloth_bending.bending import build_angles, build_dihedral, build_isometric
from kernels.families.cloth_bending.collisions import build_edge_edge, build_pair_repulsion, build_vertex_triangle
from kernels.families.cloth_bending.constraints import (
    build_apply,
    build_attachment,
    build_bend_projection,
    build_strain_limit,
    build_stretch,
)
from kernels.families.cloth_bending.membrane import build_membrane, build_normals, build_wind

FORMS = {
    build_dihedral: 5,
    build_angles: 3,
    build_isometric: 3,
    build_stretch: 3,
    build_bend_projection: 4,
    build_strain_limit: 2,
    build_attachment: 3,
    build_apply: 3,
    build_membrane: 5,
    build_wind: 3,
    build_normals: 2,
    build_vertex_triangle: 4,
    build_edge_edge: 3,
    build_pair_repulsion: 2,
}
"""How often each form comes."""


def build(draw: Draw) -> Case:
    """One kernel of a cloth solver."""
    return draw.weighted(tuple(FORMS), tuple(FORMS.values()))(draw, Script(draw))
