"""Geometry processing: measures of meshes, smoothing, cameras, point clouds, signed distances, rays, contours.

Variants: areas, normals, angles, quality, volumes and moments of triangles and tetrahedra; edges and their energies; gradients, tangents
and deformation; quadrics; smoothing with uniform, given and cotangent weights, curvature, displacement; pinhole, fisheye and panoramic
projection, depth images, culling; covariances, normals, planes and distances of clouds; scenes of figures joined by unions, differences and
blends; slabs, barycentric coordinates, cells of contours. Corners in tables or one line, sums by atomics, per face, vertex or mesh.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.geometry_processing.barycentric import build_barycentric
from kernels.families.geometry_processing.cameras import build_projection, build_unprojection
from kernels.families.geometry_processing.cloud_distances import build_distance
from kernels.families.geometry_processing.cloud_planes import build_planes
from kernels.families.geometry_processing.clouds import build_neighbourhood
from kernels.families.geometry_processing.contours import build_contour
from kernels.families.geometry_processing.culling import build_culling
from kernels.families.geometry_processing.face_fields import build_gradients
from kernels.families.geometry_processing.quadrics import build_quadric
from kernels.families.geometry_processing.rays import build_slabs
from kernels.families.geometry_processing.scenes import build_scene
from kernels.families.geometry_processing.smoothing import build_cotangent, build_ring
from kernels.families.geometry_processing.triangles import build_edges, build_measure, build_normals, build_volume
from kernels.families.geometry_processing.vertices import build_vertex

FORMS = {
    build_measure: 3,
    build_normals: 3,
    build_volume: 2.5,
    build_edges: 2.5,
    build_gradients: 3,
    build_quadric: 1.5,
    build_ring: 3,
    build_cotangent: 2.5,
    build_vertex: 2.5,
    build_projection: 3,
    build_unprojection: 2.5,
    build_culling: 2,
    build_neighbourhood: 3,
    build_distance: 2.5,
    build_planes: 2.5,
    build_scene: 4,
    build_slabs: 3,
    build_barycentric: 2.5,
    build_contour: 2.5,
}
"""The algorithms, and how often each comes."""


def build(draw: Draw) -> Case:
    """One kernel of geometry processing."""
    form = draw.weighted(tuple(FORMS), tuple(FORMS.values()))
    return form(draw, Draft(draw, without=("normalize",)))
