"""Textures of one to three axes: lookups, images, volumes and levels of detail.

Variants: channels and texel types, nearest or linear, what lies beyond the edge, coordinates in [0, 1] or in texels, as one vector or
one by one; transfer functions, resampled images, blurs, edges, height fields, flow maps, environments, triplanar lookups, marching
through volumes, distance textures, levels by distance or footprint.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.texture_sampling.images import build_filter, build_height, build_image, build_resample
from kernels.families.texture_sampling.lookups import build_lookup, build_mapping, build_mips, build_warp
from kernels.families.texture_sampling.solids import build_march, build_solid


def build(draw: Draw) -> Case:
    """One kernel that samples a texture."""
    form = draw.weighted(
        (
            build_lookup,
            build_image,
            build_resample,
            build_filter,
            build_height,
            build_mapping,
            build_warp,
            build_mips,
            build_solid,
            build_march,
        ),
        (4, 4, 4, 4, 4, 3, 3, 4, 4, 3),
    )
    return form(draw)
