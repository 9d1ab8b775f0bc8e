"""Rigid transforms and spatial vectors: forward kinematics by joint type, parents and chains, joint errors and drives, contact, frames of
shapes, twists and wrenches, spatial inertia, integration of poses, interpolation, cameras, skinning, 4x4 matrices with scale.

Variants: gathers by body and joint indices, atomics of wrenches, functions or formulas in place, setters and attributes, two bodies or the
ground, centres of mass, what becomes of a pose; single and double precision.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.transform_math.contacts import build_contact, build_inertia, build_points, build_wrench
from kernels.families.transform_math.kinematics import build_ancestors, build_chain, build_drive, build_error, build_joints
from kernels.families.transform_math.poses import (
    build_camera,
    build_integration,
    build_interpolation,
    build_matrices,
    build_parts,
    build_skinning,
)
from kernels.families.transform_math.steps import build_step

FORMS = (
    (build_joints, 3),
    (build_ancestors, 2),
    (build_chain, 3),
    (build_error, 3),
    (build_drive, 2),
    (build_contact, 4),
    (build_points, 3),
    (build_wrench, 3),
    (build_inertia, 2),
    (build_integration, 3),
    (build_interpolation, 3),
    (build_camera, 3),
    (build_parts, 3),
    (build_skinning, 3),
    (build_matrices, 3),
    (build_step, 3),
)


def build(draw: Draw) -> Case:
    """One kernel on rigid transforms."""
    form = draw.weighted([f for f, _ in FORMS], [w for _, w in FORMS])
    return form(draw, MirrorDraft(draw))
