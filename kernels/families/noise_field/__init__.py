"""Gradient noise: terrain, solid textures, domain warping, displacement, periodic tiles, signals over time, flows by curl noise, wind,
clouds, fields of directions.

Variants: noise, periodic noise and curl noise of every dimension, how octaves are summed and shaped, how the field is selected, time
schemes of flows, functions or formulas in place. Single precision: Warp has noise in no other.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.noise_field.flows import build_advection, build_angles, build_cloud, build_wind
from kernels.families.noise_field.surfaces import (
    build_displacement,
    build_periodic,
    build_signal,
    build_terrain,
    build_texture,
    build_warp,
)

FORMS = (
    (build_terrain, 4),
    (build_texture, 4),
    (build_warp, 3),
    (build_displacement, 4),
    (build_periodic, 14),
    (build_signal, 4),
    (build_advection, 9),
    (build_wind, 4),
    (build_cloud, 4),
    (build_angles, 4),
)


def build(draw: Draw) -> Case:
    """One kernel on gradient noise."""
    form = draw.weighted([f for f, _ in FORMS], [w for _, w in FORMS])
    return form(draw, MirrorDraft(draw, width="float32"))
