"""Quaternions (x, y, z, w): attitude integration and filters, vehicles, joint angles and drives, swing and twist, blending, averages,
dual quaternions, look-at frames, conversions from and to matrices and angles, and differences of orientations.

Variants: what is integrated and how, frames of body or world, gathers by joint and bone indices, functions or formulas in place, signs of
hemispheres by branch or arithmetic, what rotations are given as and what is read off them; single, double and half precision.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.quaternion_math.angles import build_angles, build_readings
from kernels.families.quaternion_math.attitude import build_filter, build_integration
from kernels.families.quaternion_math.blending import build_average, build_between, build_dual, build_track
from kernels.families.quaternion_math.conversions import build_error, build_look_at, build_matrix
from kernels.families.quaternion_math.joints import build_chain, build_index_scatter, build_joint, build_swing_twist
from kernels.families.quaternion_math.vehicles import build_vehicle

FORMS = (
    (build_integration, 4),
    (build_filter, 3),
    (build_vehicle, 4),
    (build_joint, 6),
    (build_swing_twist, 7),
    (build_chain, 2),
    (build_index_scatter, 1),
    (build_between, 5),
    (build_track, 2),
    (build_average, 2.5),
    (build_dual, 1.5),
    (build_look_at, 3.5),
    (build_matrix, 2.5),
    (build_angles, 3),
    (build_readings, 6),
    (build_error, 4),
)

HALF_FORMS = (build_integration, build_filter, build_angles)
"""Forms that make no decision on reals, which half precision would round across its threshold."""
SINGLE_FORMS = (build_readings,)
"""Forms of builtins that Warp has in single precision alone."""


def build(draw: Draw) -> Case:
    """One kernel on quaternions."""
    if draw.chance(0.1):
        return draw.choice(HALF_FORMS)(draw, MirrorDraft(draw, width="float16"))
    form = draw.weighted([f for f, _ in FORMS], [w for _, w in FORMS])
    return form(draw, MirrorDraft(draw, width="float32" if form in SINGLE_FORMS else None))
