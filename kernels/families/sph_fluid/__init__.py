"""Smoothed-particle hydrodynamics of fluids: sums over given neighbours, forces, constraints, boundaries, motion.

Variants: the neighbours (tables with counts or sentinels, compressed lists), two or three dimensions, the smoothing kernel (poly6, spiky,
cubic spline, Wendland C2 and C4), density by summation or its rate, equations of state, pressure and viscosity forces, surface tension and
cohesion, vorticity, heat, XSPH, position-based and PCISPH constraints, boundary particles, walls, and time steps.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.sph_fluid.constraints import (
    build_boundary,
    build_lambda,
    build_pcisph,
    build_position_change,
    build_xsph,
)
from kernels.families.sph_fluid.fields import build_heat, build_vorticity
from kernels.families.sph_fluid.forces import build_forces, build_surface
from kernels.families.sph_fluid.full_step import build_step
from kernels.families.sph_fluid.motion import build_integration, build_time_step
from kernels.families.sph_fluid.summation import build_continuity, build_density, build_state


def build(draw: Draw) -> Case:
    """One kernel of a particle fluid."""
    form = draw.weighted(
        (
            build_density,
            build_state,
            build_continuity,
            build_forces,
            build_surface,
            build_vorticity,
            build_heat,
            build_lambda,
            build_position_change,
            build_pcisph,
            build_xsph,
            build_boundary,
            build_integration,
            build_time_step,
            build_step,
        ),
        (4, 2, 3, 6, 4, 2, 3, 3, 3, 2, 2, 3, 4, 1, 5),
    )
    return form(draw, Script(draw))
