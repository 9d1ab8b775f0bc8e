"""Rigid transforms and spatial vectors: forward kinematics by joint type, parents and chains, joint errors and drives, contact, frames of
shapes, twists and wrenches, spatial inertia, dynamics of links, integration of poses, interpolation, cameras, skinning, 4x4 matrices with
scale.

Variants: gathers by body and joint indices, atomics of wrenches, functions or formulas in place, setters and attributes, two bodies or the
ground, centres of mass, what poses are given as and what becomes of them; single and double precision.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.transform_math.constraints import build_drive, build_error
from kernels.families.transform_math.contacts import build_contact, build_inertia, build_points, build_wrench
from kernels.families.transform_math.dynamics import build_dynamics
from kernels.families.transform_math.kinematics import build_ancestors, build_chain, build_joints
from kernels.families.transform_math.matrices import build_keys, build_matrices
from kernels.families.transform_math.poses import (
    build_camera,
    build_integration,
    build_interpolation,
    build_parts,
    build_skinning,
)
from kernels.families.transform_math.steps import build_step

FORMS = (
    (build_joints, 3.5),
    (build_ancestors, 1.5),
    (build_chain, 2),
    (build_error, 5),
    (build_drive, 2),
    (build_contact, 9),
    (build_points, 5),
    (build_wrench, 8),
    (build_inertia, 7),
    (build_dynamics, 9),
    (build_integration, 3),
    (build_interpolation, 2.5),
    (build_camera, 1.5),
    (build_parts, 4.5),
    (build_skinning, 1.5),
    (build_matrices, 10),
    (build_keys, 6),
    (build_step, 5),
)


def build(draw: Draw) -> Case:
    """One kernel on rigid transforms."""
    form = draw.weighted([f for f, _ in FORMS], [w for _, w in FORMS])
    return form(draw, MirrorDraft(draw))
