"""Domains of what spatial queries are asked about: the points and triangles of meshes, points beside them, boxes, voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from kernels.domain import Domain
from kernels.dtypes import DType
from kernels.surfaces import surface


@dataclass(frozen=True)
class MeshPoints(Domain):
    """The points of a surface (see kernels.surfaces), each moved by up to `jitter` along each axis (vectors of three)."""

    kind: ClassVar[str] = "mesh_points"
    surface: str
    rows: int
    columns: int
    jitter: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        points, _ = surface(self.surface, self.rows, self.columns)
        return dtype.rounded(points + rng.uniform(-self.jitter, self.jitter, shape + dtype.inner))


@dataclass(frozen=True)
class MeshTriangles(Domain):
    """The corners of a surface's triangles, one after another; always the same."""

    kind: ClassVar[str] = "mesh_triangles"
    surface: str
    rows: int
    columns: int

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        return surface(self.surface, self.rows, self.columns)[1].reshape(shape + dtype.inner).astype(dtype.scalar)


@dataclass(frozen=True)
class NearMesh(Domain):
    """Points beside a surface's triangles, away from their edges: along the normal by `low` to `high` (vectors of three).

    A negative distance lies behind the triangle; with `both`, half of the points do.
    """

    kind: ClassVar[str] = "near_mesh"
    surface: str
    rows: int
    columns: int
    low: float
    high: float
    both: bool = False

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        points, triangles = surface(self.surface, self.rows, self.columns)
        a, b, c = np.moveaxis(points[triangles[rng.integers(0, len(triangles), shape)]], -2, 0)
        weights = 0.2 + 0.4 * rng.dirichlet((1.0, 1.0, 1.0), shape)
        normal = np.cross(b - a, c - a)
        distance = rng.uniform(self.low, self.high, shape) * (rng.choice((-1.0, 1.0), shape) if self.both else 1.0)
        foot = weights[..., :1] * a + weights[..., 1:2] * b + weights[..., 2:] * c
        return dtype.rounded(foot + (distance / np.linalg.norm(normal, axis=-1))[..., None] * normal)


@dataclass(frozen=True)
class BoxCorners(Domain):
    """The lower (or `upper`) corners of boxes, `small` to `large` away from centres that are the same for both, in [-spread, spread]^3.

    The centres are a low-discrepancy sequence (Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences", 2018).
    """

    kind: ClassVar[str] = "box_corners"
    upper: bool
    spread: float
    small: float
    large: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        steps = 1.2207440846057596 ** -np.arange(1.0, 4.0)
        centre = self.spread * (2.0 * np.modf(0.5 + np.arange(1, shape[0] + 1)[:, None] * steps)[0] - 1.0)
        reach = rng.uniform(self.small, self.large, shape + dtype.inner)
        return dtype.rounded(centre + reach if self.upper else centre - reach)


@dataclass(frozen=True)
class Voxels(Domain):
    """Different voxels k * `step` + `low` with 0 <= k < `extent` along each axis, in the order in which NanoVDB counts those of a grid.

    That is by tiles of eight voxels, then within a tile, the last axis fastest; it holds for coordinates from 0 to 127.
    """

    kind: ClassVar[str] = "voxels"
    extent: int
    step: int = 1
    low: int = 0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        chosen = rng.choice(self.extent**3, shape[0], replace=False)
        voxels = self.low + self.step * np.stack(np.unravel_index(chosen, (self.extent,) * 3), axis=-1)
        tiles, inner = voxels // 8, voxels % 8
        return voxels[np.lexsort((*inner.T[::-1], *tiles.T[::-1]))].astype(dtype.scalar)
