"""Compound arguments: what Warp builds from arrays and a few options, and what a kernel is given of it.

An argument's dtype names its kind, and its leaves are what it is built from:

| kind | leaves | what the kernel gets |
|---|---|---|
| `mesh` | points, indices, velocities, groups; winding, leaf_size, constructor | `mesh.id` |
| `bvh` | lowers, uppers, groups; leaf_size, constructor | `bvh.id` |
| `hash_grid` | points, groups; cell_width, dims | `grid.id` |
| `volume` | tiles and values, or tiles, or voxels; background, voxel_size or transform, translation | `volume.id` |
| `texture1d`, `texture2d`, `texture3d` | texels; filter, mip_filter, mip_levels, address, normalized | the texture |
| `indexed` | data, indices (of axis 0), indices_1, ... | the indexed array |
| `strided` | data; start, step (of axis 0) | a view that is not contiguous |

A leaf may instead be another argument of the kernel, as `hash_grid:points=positions` says: the very array that the kernel sees beside it.
The tiles of a volume with values are given by their lowest voxels, its values as one block of 8 x 8 x 8 for each; of a volume without
values, which stores indices alone, only the voxels or tiles are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import warp as wp
from numpy.typing import NDArray

TILE = 8
"""Voxels along each edge of a volume's tile, a leaf node of NanoVDB."""

_CONSTRUCTORS = ("sah", "median")
_TEXTURES = {"texture1d": wp.Texture1D, "texture2d": wp.Texture2D, "texture3d": wp.Texture3D}


class Parts(Protocol):
    """The leaves of one compound argument, by their names within it."""

    def has(self, field: str) -> bool:
        """Whether there is a leaf called `field`, or another argument in its place."""

    def array(self, field: str) -> Any:
        """The leaf's Warp array, or the other argument's."""

    def value(self, field: str) -> NDArray[Any]:
        """The leaf's values."""

    def place(self, field: str, data: NDArray[Any], dtype: Any) -> Any:
        """A Warp array of `data`, which stands for the leaf but is no copy of its values."""

    def keep(self, field: str, read: Callable[[], NDArray[Any]]) -> None:
        """Tells how the leaf is read back where it is no array of its own."""


@dataclass(frozen=True)
class Compound:
    """A compound as it was built, and what the kernel is given of it."""

    built: Any
    given: Any


def compound_kind(dtype: str) -> str | None:
    """The kind of compound that an argument's dtype names; None for any other dtype."""
    kind = dtype.partition(":")[0]
    return kind if kind in _BUILDERS else None


def shared_leaves(dtype: str) -> dict[str, str]:
    """Which leaves of a compound are other arguments, as its dtype says: `hash_grid:points=positions`."""
    rest = dtype.partition(":")[2]
    return dict(part.split("=") for part in rest.split(",")) if rest else {}


def build_compound(kind: str, parts: Parts) -> Compound:
    """Builds a compound of `kind`, on the device of its arrays. It must live as long as what the kernel was given is used."""
    return _BUILDERS[kind](parts)


def _array(parts: Parts, field: str) -> Any:
    return parts.array(field) if parts.has(field) else None


def _option(parts: Parts, field: str, otherwise: Any) -> Any:
    return parts.value(field).tolist() if parts.has(field) else otherwise


def _mesh(parts: Parts) -> Compound:
    mesh = wp.Mesh(
        points=parts.array("points"),
        indices=parts.array("indices"),
        velocities=_array(parts, "velocities"),
        groups=_array(parts, "groups"),
        support_winding_number=_option(parts, "winding", False),
        bvh_constructor=_CONSTRUCTORS[_option(parts, "constructor", 0)],
        bvh_leaf_size=_option(parts, "leaf_size", None),
    )
    return Compound(mesh, mesh.id)


def _bvh(parts: Parts) -> Compound:
    bvh = wp.Bvh(
        lowers=parts.array("lowers"),
        uppers=parts.array("uppers"),
        groups=_array(parts, "groups"),
        constructor=_CONSTRUCTORS[_option(parts, "constructor", 0)],
        leaf_size=_option(parts, "leaf_size", 1),
    )
    return Compound(bvh, bvh.id)


def _hash_grid(parts: Parts) -> Compound:
    points = parts.array("points")
    scalar = getattr(wp, parts.value("cell_width").dtype.name)
    grid = wp.HashGrid(*parts.value("dims").tolist(), device=points.device, dtype=scalar)
    grid.build(points, parts.value("cell_width").item(), groups=_array(parts, "groups"))
    return Compound(grid, grid.id)


def _indexed(parts: Parts) -> Compound:
    data = parts.array("data")
    indices = [_array(parts, "indices" if axis == 0 else f"indices_{axis}") for axis in range(data.ndim)]
    array = wp.indexedarray(data, indices)
    # Indexed arrays have no gradients, and no such attribute either: a tape that asks for it would raise.
    array.grad = None
    return Compound(array, array)


def _strided(parts: Parts) -> Compound:
    view = parts.array("data")[_option(parts, "start", 0) :: _option(parts, "step", 2)]
    return Compound(view, view)


def _texture(kind: str, parts: Parts) -> Compound:
    # Warp makes no texture of an array of vectors on the CPU: channels are an axis.
    value = parts.value("texels")
    texels = parts.place("texels", value, getattr(wp, value.dtype.name))
    address = np.atleast_1d(_option(parts, "address", wp.TextureAddressMode.CLAMP))
    axes = int(kind[-2])
    texture = _TEXTURES[kind](
        texels,
        device=texels.device,
        filter_mode=wp.TextureFilterMode(_option(parts, "filter", wp.TextureFilterMode.LINEAR)),
        mip_filter_mode=wp.TextureFilterMode(_option(parts, "mip_filter", wp.TextureFilterMode.LINEAR)),
        num_mip_levels=_option(parts, "mip_levels", 1),
        address_mode=tuple(wp.TextureAddressMode(int(mode)) for mode in np.resize(address, axes)),
        normalized_coords=_option(parts, "normalized", True),
    )
    parts.keep("texels", lambda: _texels(texture, texels))
    return Compound((texture, texels), texture)


def _texels(texture: Any, made_of: Any) -> NDArray[Any]:
    """What a texture holds; of one with levels, which Warp does not copy back, what it was made of."""
    if texture.num_mip_levels == 1:
        copied = wp.empty_like(made_of)
        texture.copy_to(copied)
        made_of = copied
    values: NDArray[Any] = made_of.numpy()
    return values


def _volume(parts: Parts) -> Compound:
    """A volume is made on the host, whatever the device: its values are written into its bytes, for which Warp has no call."""
    frame: dict[str, Any] = {"translation": _option(parts, "translation", (0.0, 0.0, 0.0)), "device": "cpu"}
    if parts.has("transform"):
        frame["transform"] = parts.value("transform").tolist()
    else:
        frame["voxel_size"] = _option(parts, "voxel_size", 1.0)
    if parts.has("voxels"):
        points = parts.array("voxels")
        made = wp.Volume.allocate_by_voxels(points, **frame)
    else:
        points = parts.array("tiles")
        background = _background(parts.value("background")) if parts.has("values") else None
        made = wp.Volume.allocate_by_tiles(points, bg_value=background, **frame)
    data = np.array(made.array().numpy())
    if parts.has("values"):
        _leaf_values(data, parts.value("tiles"), parts.value("values"))
    volume = wp.Volume(parts.place("values" if parts.has("values") else "nodes", data, wp.uint8), copy=False)
    if parts.has("values"):
        tiles, values = parts.value("tiles"), parts.value("values")
        parts.keep("values", lambda: _read_values(volume.array().numpy(), tiles, values))
    return Compound((volume, points), volume.id)


def _background(value: NDArray[Any]) -> Any:
    """A volume's background as a Warp value, whose type is also the volume's."""
    component = getattr(wp, value.dtype.name)
    if value.shape:
        return wp.types.vector(value.shape[0], component)(*value.tolist())
    return component(value.item())


def _leaf_values(data: NDArray[np.uint8], tiles: NDArray[Any], values: NDArray[Any]) -> None:
    """Writes the values of each tile into a volume's bytes."""
    for block, at in zip(values, _tables(data, tiles, values), strict=True):
        data[at : at + block.nbytes] = np.frombuffer(block.tobytes(), np.uint8)


def _read_values(data: NDArray[np.uint8], tiles: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """The values of each tile in a volume's bytes, in the shape of `values`."""
    size = values[0].nbytes
    blocks = [np.frombuffer(data[at : at + size].tobytes(), values.dtype) for at in _tables(data, tiles, values)]
    return np.array(blocks).reshape(values.shape)


_GRID, _NODE, _MASKS = 672, 32, 80
"""Bytes of NanoVDB's grid header, which the tree follows; of the unit that nodes are aligned to; and of a leaf's head and value mask
(NanoVDB 32.x, `nanovdb/PNanoVDB.h`)."""


def _tables(data: NDArray[np.uint8], tiles: NDArray[Any], values: NDArray[Any]) -> list[int]:
    """Where in a volume's bytes the values of each tile begin. A leaf has minimum, maximum, mean and deviation before its table."""
    inner = int(np.prod(values.shape[4:], dtype=int))
    element = values.itemsize * inner
    statistic = 8 if values.dtype.itemsize == 8 and values.dtype.kind == "f" else 4
    head = _aligned(_MASKS + 2 * element + 2 * statistic)
    size = _aligned(head + TILE**3 * element)
    first = _GRID + int(data[_GRID : _GRID + 8].view(np.int64)[0])
    places = {}
    for at in range(first, first + len(tiles) * size, size):
        origin = data[at : at + 12].view(np.int32) & ~(TILE - 1)
        places[tuple(origin.tolist())] = at + head
    return [places[tuple(tile)] for tile in tiles.tolist()]


def _aligned(size: int) -> int:
    return -(-size // _NODE) * _NODE


_BUILDERS: dict[str, Callable[[Parts], Compound]] = {
    "mesh": _mesh,
    "bvh": _bvh,
    "hash_grid": _hash_grid,
    "volume": _volume,
    "indexed": _indexed,
    "strided": _strided,
    **{kind: lambda parts, kind=kind: _texture(kind, parts) for kind in _TEXTURES},  # type: ignore[misc]
}
