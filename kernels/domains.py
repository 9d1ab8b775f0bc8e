"""Domains: the sets that argument values are drawn from.

A domain is what makes a kernel's inputs valid by construction: indices in range, CSR offsets that ascend, unit vectors, positive masses.
Each is a small frozen dataclass with one method, `draw`; all of them go to JSON and back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from kernels.domain import Domain as Domain
from kernels.dtypes import DType
from kernels.mesh_domains import BoxCorners, MeshPoints, MeshTriangles, NearMesh, Voxels


@dataclass(frozen=True)
class Uniform(Domain):
    """Floats (each component, for vectors and matrices) uniform in [low, high)."""

    kind: ClassVar[str] = "uniform"
    low: float
    high: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        return dtype.rounded(rng.uniform(self.low, self.high, shape + dtype.inner))


@dataclass(frozen=True)
class Lattice(Domain):
    """Floats `offset + step * k` within [low, high], uniform in k: values that low precisions hold exactly and that decisions keep clear
    of."""

    kind: ClassVar[str] = "lattice"
    low: float
    high: float
    step: float = 0.5
    offset: float = 0.25

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        first, last = np.ceil((self.low - self.offset) / self.step), np.floor((self.high - self.offset) / self.step)
        return dtype.rounded(self.offset + self.step * rng.integers(int(first), int(last) + 1, shape + dtype.inner))


@dataclass(frozen=True)
class Integers(Domain):
    """Integers uniform in low <= x < high."""

    kind: ClassVar[str] = "integers"
    low: int
    high: int

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        return rng.integers(self.low, self.high, shape + dtype.inner).astype(dtype.scalar)


@dataclass(frozen=True)
class Bernoulli(Domain):
    """True with probability `p` (booleans, or integers 0 and 1)."""

    kind: ClassVar[str] = "bernoulli"
    p: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        return (rng.random(shape + dtype.inner) < self.p).astype(dtype.scalar)


@dataclass(frozen=True)
class Permutation(Domain):
    """The integers 0 .. size-1 in random order (one-dimensional arrays)."""

    kind: ClassVar[str] = "permutation"

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        return rng.permutation(shape[0]).astype(dtype.scalar)


@dataclass(frozen=True)
class Corners(Domain):
    """Corners of mesh elements, `size` in a row for each: integers 0 <= x < `high`, all different within an element."""

    kind: ClassVar[str] = "corners"
    high: int
    size: int

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        whole = shape + dtype.inner
        elements = -(-math.prod(whole) // self.size)
        order = np.argsort(rng.random((elements, self.high)), axis=-1)[:, : self.size]
        return order.ravel()[: math.prod(whole)].reshape(whole).astype(dtype.scalar)


@dataclass(frozen=True)
class Offsets(Domain):
    """Row offsets of a compressed sparse layout: ascending from 0 to `total`, empty rows among them (one-dimensional arrays)."""

    kind: ClassVar[str] = "offsets"
    total: int

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        inner = np.sort(rng.integers(0, self.total + 1, shape[0] - 2)) if shape[0] > 2 else np.empty(0, np.int64)
        return np.concatenate([[0], inner, [self.total]]).astype(dtype.scalar)


@dataclass(frozen=True)
class Sorted(Domain):
    """Values uniform in [low, high), ascending along the last array axis (scalar dtypes)."""

    kind: ClassVar[str] = "sorted"
    low: float
    high: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        return np.sort(dtype.rounded(rng.uniform(self.low, self.high, shape)), axis=-1)


@dataclass(frozen=True)
class UnitVectors(Domain):
    """Vectors of length one, uniform on the sphere (vector dtypes), or rotations (quaternion dtypes)."""

    kind: ClassVar[str] = "unit_vectors"

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        x = rng.standard_normal(shape + dtype.inner)
        return dtype.rounded(x / np.linalg.norm(x, axis=-1, keepdims=True))


@dataclass(frozen=True)
class Rotations(Domain):
    """Rotation matrices (square matrix dtypes), by QR decomposition of a Gaussian matrix, with determinant +1."""

    kind: ClassVar[str] = "rotations"

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        q, r = np.linalg.qr(rng.standard_normal(shape + dtype.inner))
        q = q * np.sign(np.einsum("...ii->...i", r))[..., None, :]
        q[..., 0] *= np.sign(np.linalg.det(q))[..., None]
        return dtype.rounded(q)


@dataclass(frozen=True)
class RigidTransforms(Domain):
    """Rigid transforms (transform dtypes): a translation uniform in [low, high)^3, then a unit quaternion (x, y, z, w)."""

    kind: ClassVar[str] = "rigid_transforms"
    low: float
    high: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        q = rng.standard_normal((*shape, 4))
        p = rng.uniform(self.low, self.high, (*shape, 3))
        return dtype.rounded(np.concatenate([p, q / np.linalg.norm(q, axis=-1, keepdims=True)], axis=-1))


@dataclass(frozen=True)
class WellConditioned(Domain):
    """Square matrices (matrix dtypes, or the last two axes of scalars) that are safe to invert, symmetric if asked for.

    Entries are uniform in [-1, 1), and the diagonal is raised by `shift`.
    """

    kind: ClassVar[str] = "well_conditioned"
    shift: float
    symmetric: bool = False

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        a = rng.uniform(-1.0, 1.0, shape + dtype.inner)
        if self.symmetric:
            a = 0.5 * (a + np.swapaxes(a, -1, -2))
        return dtype.rounded(a + self.shift * np.eye(a.shape[-1]))


@dataclass(frozen=True)
class Constant(Domain):
    """One value everywhere: a count, a flag, a size that the kernel is told."""

    kind: ClassVar[str] = "constant"
    value: float | int | bool

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        return dtype.rounded(np.full(shape + dtype.inner, self.value))


@dataclass(frozen=True)
class Written(Domain):
    """A struct's array field that the kernel writes, and that is never drawn: its role, and whether it receives a cotangent."""

    kind: ClassVar[str] = "written"
    role: Literal["output", "accumulate"] = "output"
    differentiable: bool = False


@dataclass(frozen=True)
class Struct(Domain):
    """The fields of a struct, of each struct of an array of them, or of a compound argument: for each its dtype's name and its domain.

    A field may be a struct itself. Drawn field by field, never as one array.
    """

    kind: ClassVar[str] = "struct"
    fields: tuple[tuple[str, str, Domain], ...]


_KINDS: dict[str, type[Domain]] = {
    cls.kind: cls
    for cls in (
        Uniform,
        Lattice,
        Integers,
        Bernoulli,
        Permutation,
        Corners,
        Offsets,
        Sorted,
        UnitVectors,
        Rotations,
        RigidTransforms,
        WellConditioned,
        Constant,
        MeshPoints,
        MeshTriangles,
        NearMesh,
        BoxCorners,
        Voxels,
        Written,
        Struct,
    )
}


def domain_to_json(domain: Domain) -> dict[str, Any]:
    """`domain` as a JSON object with its `kind`."""
    if isinstance(domain, Struct):
        return {"kind": domain.kind, "fields": [[name, dtype, domain_to_json(d)] for name, dtype, d in domain.fields]}
    return {"kind": domain.kind, **vars(domain)}


def domain_from_json(data: dict[str, Any]) -> Domain:
    """The inverse of `domain_to_json`. Raises ValueError for an unknown kind."""
    values = dict(data)
    kind = values.pop("kind", None)
    if kind not in _KINDS:
        raise ValueError(f"unknown domain kind {kind!r}: use one of {', '.join(_KINDS)}")
    if kind == Struct.kind:
        return Struct(tuple((name, dtype, domain_from_json(d)) for name, dtype, d in values["fields"]))
    return _KINDS[kind](**values)
