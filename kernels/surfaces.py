"""Triangulated surfaces for meshes to be drawn from: closed ones (sphere, torus, box) and an open one (sheet), all within [-1, 1]^3.

Corners are in counter-clockwise order seen from outside, or from above a sheet, so that normals point there.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Surface = tuple[NDArray[Any], NDArray[Any]]
"""Points (n, 3) in float64, and triangles (m, 3) of their indices."""

CLOSED = ("sphere", "torus", "box")
"""Surfaces that have an inside."""


@cache
def surface(kind: str, rows: int, columns: int) -> Surface:
    """The surface called `kind` of `rows` by `columns` cells. Raises KeyError for an unknown kind, ValueError for too few cells."""
    least = {"sphere": (2, 3), "torus": (3, 3), "box": (1, 1), "sheet": (1, 1)}[kind]
    if rows < least[0] or columns < least[1]:
        raise ValueError(f"a {kind} of {rows} by {columns} cells: it needs at least {least[0]} by {least[1]}")
    return {"sphere": _sphere, "torus": _torus, "box": _box, "sheet": _sheet}[kind](rows, columns)


def counts(kind: str, rows: int, columns: int) -> tuple[int, int]:
    """The numbers of points and triangles of a surface."""
    points, triangles = surface(kind, rows, columns)
    return len(points), len(triangles)


def _sphere(rows: int, columns: int) -> Surface:
    """Rings between two poles."""
    polar = np.pi * np.arange(1, rows) / rows
    around = 2.0 * np.pi * np.arange(columns) / columns
    rings = [[np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)] for t in polar for p in around]
    points = np.array([[0.0, 0.0, 1.0], *rings, [0.0, 0.0, -1.0]])
    last = len(points) - 1
    triangles = []
    for k in range(columns):
        following = (k + 1) % columns
        triangles.append((0, 1 + k, 1 + following))
        for ring in range(rows - 2):
            a, b = 1 + ring * columns, 1 + (ring + 1) * columns
            triangles += [(a + k, b + k, b + following), (a + k, b + following, a + following)]
        top = 1 + (rows - 2) * columns
        triangles.append((last, top + following, top + k))
    return points, np.array(triangles)


def _torus(rows: int, columns: int) -> Surface:
    """`rows` cells around the tube, `columns` around the hole; radii 0.35 and 0.65."""
    tube = 2.0 * np.pi * np.arange(rows) / rows
    ring = 2.0 * np.pi * np.arange(columns) / columns
    reach = 0.65 + 0.35 * np.cos(tube)
    points = np.array([[r * np.cos(p), r * np.sin(p), 0.35 * np.sin(t)] for p in ring for t, r in zip(tube, reach, strict=True)])
    triangles = []
    for i in range(columns):
        for j in range(rows):
            a, b = i * rows + j, ((i + 1) % columns) * rows + j
            c, d = ((i + 1) % columns) * rows + (j + 1) % rows, i * rows + (j + 1) % rows
            triangles += [(a, b, c), (a, c, d)]
    return points, np.array(triangles)


def _box(rows: int, columns: int) -> Surface:
    """Twelve triangles, whatever the number of cells; turned, so that no face is along the axes."""
    axis, angle = np.array([1.0, 2.0, 3.0]) / np.sqrt(14.0), 0.8
    straight = np.array([[x, y, z] for x in (-0.65, 0.65) for y in (-0.56, 0.56) for z in (-0.48, 0.48)])
    along = np.sum(straight * axis, axis=1)[:, None] * axis
    points = along + np.cos(angle) * (straight - along) + np.sin(angle) * np.cross(axis, straight)
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return points, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])


def _sheet(rows: int, columns: int) -> Surface:
    """A gently curved height field over [-1, 1]^2."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(-1.0, 1.0, rows + 1), np.linspace(-1.0, 1.0, columns + 1), indexing="ij"))
    points = np.stack([x, y, 0.15 * np.sin(1.7 * x) + 0.1 * np.cos(2.3 * y)], axis=1)
    triangles = []
    for i in range(rows):
        for j in range(columns):
            a = i * (columns + 1) + j
            b, c, d = a + columns + 1, a + columns + 2, a + 1
            triangles += [(a, b, c), (a, c, d)]
    return points, np.array(triangles)
