"""Triangle meshes: nearest points with or without a side, rays, faces near a box or ball, and what can be read off a mesh.

Variants: how the inside is told (rays, parity, pseudo-normals, winding numbers), the furthest point, projection, contact with friction
and moving meshes, substeps, signed distance grids and marching, bouncing rays, cameras and lidar with shading, occlusion and crossings,
groups of faces, loops over faces by box or ball or the mesh's own tree, all hits of a ray, geometry of faces and corners, and queries by
whole blocks.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.mesh_query.blocks import build_tiled
from kernels.families.mesh_query.collision import build_collision
from kernels.families.mesh_query.faces import build_faces
from kernels.families.mesh_query.fields import build_distance, build_furthest
from kernels.families.mesh_query.geometry import build_geometry
from kernels.families.mesh_query.motion import build_march, build_paths, build_substeps
from kernels.families.mesh_query.occlusion import build_occlusion
from kernels.families.mesh_query.points import build_projection
from kernels.families.mesh_query.rays import build_camera, build_rays
from kernels.families.mesh_query.through import build_through


def build(draw: Draw) -> Case:
    """One kernel that asks a mesh."""
    form = draw.weighted(
        (
            build_projection,
            build_collision,
            build_distance,
            build_furthest,
            build_rays,
            build_camera,
            build_occlusion,
            build_faces,
            build_geometry,
            build_tiled,
            build_march,
            build_paths,
            build_substeps,
            build_through,
        ),
        (10, 13, 9.5, 6.5, 10, 5, 11.5, 16, 3, 14.5, 2.5, 2.5, 3, 5.5),
    )
    return form(QueryScript(draw))
