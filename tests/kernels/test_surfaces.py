"""Surfaces and the domains of meshes: closed where they should be, oriented outward, drawn as told."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.domains import MeshPoints, MeshTriangles, NearMesh, Voxels
from kernels.dtypes import dtype_of
from kernels.surfaces import CLOSED, counts, surface

SHAPES = [("sphere", 2, 3), ("sphere", 4, 6), ("torus", 3, 3), ("torus", 4, 7), ("box", 1, 1), ("sheet", 2, 3)]


@pytest.mark.parametrize(("kind", "rows", "columns"), SHAPES)
def test_every_edge_has_two_triangles_unless_the_surface_is_open(kind, rows, columns):
    points, triangles = surface(kind, rows, columns)
    assert counts(kind, rows, columns) == (len(points), len(triangles))
    assert set(np.unique(triangles)) == set(range(len(points)))
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    shared = set(np.unique(edges, axis=0, return_counts=True)[1].tolist())
    assert shared == ({2} if kind in CLOSED else {1, 2})


@pytest.mark.parametrize(("kind", "rows", "columns"), [s for s in SHAPES if s[0] in CLOSED])
def test_normals_point_outward(kind, rows, columns):
    points, triangles = surface(kind, rows, columns)
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    assert np.einsum("fi,fi->", a, np.cross(b, c)) > 0.0


def test_too_few_cells_are_refused():
    with pytest.raises(ValueError, match="a torus of 2 by 3 cells: it needs at least 3 by 3"):
        surface("torus", 2, 3)


def test_mesh_domains_draw_the_surface():
    points, triangles = surface("torus", 3, 5)
    rng = np.random.default_rng(3)
    moved = MeshPoints("torus", 3, 5, 0.02).draw(rng, (len(points),), dtype_of("vec3f"))
    assert moved.dtype == np.float32
    assert 0.0 < np.abs(moved - points).max() <= 0.02001
    corners = MeshTriangles("torus", 3, 5).draw(rng, (3 * len(triangles),), dtype_of("int32"))
    np.testing.assert_array_equal(corners.reshape(-1, 3), triangles)


def test_points_beside_a_mesh_lie_on_the_side_that_was_asked_for():
    rng = np.random.default_rng(3)
    outside = NearMesh("sphere", 8, 12, 0.1, 0.2).draw(rng, (40,), dtype_of("vec3d"))
    inside = NearMesh("sphere", 8, 12, -0.2, -0.1).draw(rng, (40,), dtype_of("vec3d"))
    assert np.linalg.norm(inside, axis=1).max() < 0.97 < np.linalg.norm(outside, axis=1).min()


def test_voxels_come_tile_by_tile():
    voxels = Voxels(16).draw(np.random.default_rng(0), (300,), dtype_of("vec3i"))
    tiles = (voxels // 8) @ np.array([4, 2, 1])
    assert (np.diff(tiles) >= 0).all()
    within = (voxels % 8) @ np.array([64, 8, 1])
    assert all((np.diff(within[tiles == t]) > 0).all() for t in np.unique(tiles))
