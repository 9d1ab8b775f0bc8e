"""The lattice Boltzmann method on D1Q3, D2Q5, D2Q9 and D3Q7.

Variants: populations by velocity first, last or flat; collisions with one, two or regularized relaxation, eddy viscosity, forces of four
kinds; streaming by pulling and pushing with bounce-back; both in one kernel with walls and lids; equilibria, open boundaries, moments and
momentum exchange; carried scalars; Shan-Chen forces; velocities spelled out or as functions in loops.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.lattice_boltzmann.coupled import build_interaction, build_loop, build_scalar
from kernels.families.lattice_boltzmann.steps import build_collide, build_step, build_stream
from kernels.families.lattice_boltzmann.values import build_boundary, build_equilibrium, build_measure

FORMS = {
    build_collide: 5,
    build_stream: 3,
    build_step: 6,
    build_equilibrium: 3,
    build_boundary: 2,
    build_measure: 3,
    build_scalar: 4,
    build_interaction: 3,
    build_loop: 2,
}
"""How often each form comes."""


def build(draw: Draw) -> Case:
    """One kernel of a lattice Boltzmann solver."""
    return draw.weighted(tuple(FORMS), tuple(FORMS.values()))(draw, Script(draw))
