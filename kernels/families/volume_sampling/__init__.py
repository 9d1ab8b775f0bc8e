"""Sparse volumes (NanoVDB): values and gradients at points, voxels and their neighbours, volumes that are written, voxel indices.

Variants: the type of the values, nearest or trilinear, index or world space, volumes with a voxel size or a matrix; contact with distance
fields, advection, marching rays, stencils, voxel lists and grids of threads, stores, one volume made of another, index volumes with data
of their own, transforms.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.volume_sampling.indexed import build_counts, build_indexed
from kernels.families.volume_sampling.motion import build_advection, build_collision, build_march
from kernels.families.volume_sampling.sampling import build_gradient, build_samples, build_stencil, build_transform
from kernels.families.volume_sampling.storing import build_store


def build(draw: Draw) -> Case:
    """One kernel on a volume."""
    form = draw.weighted(
        (
            build_samples,
            build_gradient,
            build_stencil,
            build_transform,
            build_collision,
            build_advection,
            build_march,
            build_store,
            build_indexed,
            build_counts,
        ),
        (6.4, 5.3, 5.8, 3.3, 2.4, 4.4, 3.9, 10.8, 10.2, 2.5),
    )
    return form(draw)
