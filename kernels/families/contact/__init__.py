"""Contact: broad phase, narrow phase, forces, solvers.

Variants: bounding boxes, overlaps of all pairs and along a sorted axis with filters by group, mask and world; spheres, boxes, capsules and
planes in rigid poses, support points; penalty forces of bodies, grains and particles with five friction laws; Jacobi iterations over
impulses, position-based corrections, restitution, soft constraint rows of many worlds; reductions per body.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.contact import forces, narrow, particles, planes
from kernels.families.contact.broad import build_boxes, build_overlaps, build_reduce, build_sweep
from kernels.families.contact.solver import build_bodies, build_impulses, build_positions, build_rows

FORMS = {
    narrow.build_spheres: 3,
    planes.build_planes: 4,
    narrow.build_capsules: 3,
    narrow.build_sphere_box: 3,
    narrow.build_support: 2,
    forces.build_rigid_contacts: 4,
    forces.build_spheres: 4,
    particles.build_particles: 3,
    particles.build_ground: 3,
    build_impulses: 4,
    build_positions: 2,
    build_bodies: 2,
    build_rows: 2,
    build_boxes: 3,
    build_overlaps: 3,
    build_sweep: 2,
    build_reduce: 2,
}
"""How often each form comes."""


def build(draw: Draw) -> Case:
    """One kernel of a contact pipeline."""
    return draw.weighted(tuple(FORMS), tuple(FORMS.values()))(draw, Script(draw))
