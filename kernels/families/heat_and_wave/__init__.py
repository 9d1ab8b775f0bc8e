"""Partial differential equations on regular grids, field by field: waves, Maxwell, reaction and diffusion, transport, fronts, flow.

Variants: leapfrog waves with sponge layers and sources, staggered acoustics, Schroedinger and dispersive equations, Yee's scheme with
losses and absorbing layers, eight reacting systems, Cahn-Hilliard, heat with variable conductivity, upwind to WENO3 advection, level sets,
Crank-Nicolson and ADI sweeps, relaxation, cyclic reduction, stages of integrators, projection, vorticity, momentum; one to three
dimensions; boundaries by clamping, periodic images, or a rim that is left alone.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.heat_and_wave.flow import build_momentum, build_projection, build_vorticity
from kernels.families.heat_and_wave.implicit import build_cyclic_reduction, build_relaxation, build_stage, build_sweep
from kernels.families.heat_and_wave.maxwell import build_maxwell
from kernels.families.heat_and_wave.reactions import build_heat, build_phase_field, build_reaction
from kernels.families.heat_and_wave.transport import build_advection, build_level_set
from kernels.families.heat_and_wave.waves import build_acoustics, build_dispersive, build_wave

FORMS = {
    build_wave: 5,
    build_acoustics: 2,
    build_dispersive: 2,
    build_maxwell: 5,
    build_reaction: 5,
    build_phase_field: 3,
    build_heat: 3,
    build_advection: 4,
    build_level_set: 4,
    build_sweep: 3,
    build_relaxation: 3,
    build_cyclic_reduction: 1,
    build_stage: 2,
    build_projection: 2,
    build_vorticity: 3,
    build_momentum: 4,
}
"""How often each form comes."""


def build(draw: Draw) -> Case:
    """One kernel of a grid solver."""
    return draw.weighted(tuple(FORMS), tuple(FORMS.values()))(draw, Script(draw))
