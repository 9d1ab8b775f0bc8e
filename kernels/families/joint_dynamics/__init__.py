"""Dynamics of articulated bodies.

Variants: drives, limits, actuators, muscles, tendons and gears over worlds and degrees of freedom; kinematics of chains and trees with
transforms or matrices, inertias, Jacobian columns; integration of bodies and joint coordinates; joints in maximal coordinates; levels of a
tree with spatial vectors, mass matrices, fluid forces.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.joint_dynamics.bodies import build_coordinates, build_integration
from kernels.families.joint_dynamics.constraints import build_couplings, build_limits
from kernels.families.joint_dynamics.drives import build_actuators, build_drive
from kernels.families.joint_dynamics.jacobians import build_inertia, build_jacobian
from kernels.families.joint_dynamics.joints import build_joints
from kernels.families.joint_dynamics.kinematics import build_chain, build_tree
from kernels.families.joint_dynamics.muscles import build_muscles, build_tendons
from kernels.families.joint_dynamics.spatial import build_forces, build_mass_matrix, build_passive, build_velocities

FORMS = {
    build_drive: 5,
    build_limits: 2,
    build_actuators: 3,
    build_muscles: 3,
    build_tendons: 3,
    build_couplings: 3,
    build_chain: 4,
    build_tree: 3,
    build_inertia: 3,
    build_jacobian: 3,
    build_integration: 5,
    build_joints: 4,
    build_coordinates: 3,
    build_velocities: 2,
    build_forces: 2,
    build_mass_matrix: 2,
    build_passive: 2,
}
"""How often each form comes."""


def build(draw: Draw) -> Case:
    """One kernel of an articulated-body solver."""
    return draw.weighted(tuple(FORMS), tuple(FORMS.values()))(draw, Script(draw))
