"""Finite elements: solids, trusses, conduction, quadrature, material points, loads.

Variants: triangles and tetrahedra with rest shapes given or worked out, eight elastic laws, strain and stress measures, rest data and
lumped masses; bars, beams and constant-strain triangles as matrices, products or forces; conduction as residual, flux or matrix;
quadrilaterals and hexahedra at Gauss points, grids of topology optimization; plasticity, viscoelasticity and damage; nodal integrators;
surface loads and volume constraints.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.finite_element.inelastic import build_plastic, build_viscoelastic
from kernels.families.finite_element.loads import build_face_loads, build_volume
from kernels.families.finite_element.nodes import build_nodal
from kernels.families.finite_element.quadrature import build_hexes, build_quads, build_shape_values, build_voxels
from kernels.families.finite_element.solids import build_elastic, build_measures, build_rest
from kernels.families.finite_element.stiffness import build_bars, build_beams, build_conduction, build_cst

FORMS = {
    build_elastic: 7,
    build_measures: 3,
    build_rest: 2,
    build_bars: 3,
    build_beams: 2,
    build_cst: 3,
    build_conduction: 3,
    build_quads: 4,
    build_shape_values: 2,
    build_hexes: 3,
    build_voxels: 2,
    build_plastic: 4,
    build_viscoelastic: 3,
    build_nodal: 2,
    build_face_loads: 3,
    build_volume: 2,
}
"""How often each form comes."""


def build(draw: Draw) -> Case:
    """One kernel of a finite-element code."""
    return draw.weighted(tuple(FORMS), tuple(FORMS.values()))(draw, Script(draw))
