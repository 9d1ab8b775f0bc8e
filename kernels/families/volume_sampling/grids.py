"""Volumes: what they are built from, and what their builtins give, in numpy.

A volume is sparse: tiles of 8 x 8 x 8 voxels with values, one background value elsewhere. Index space has a voxel at every integer point;
world space follows by a matrix and a translation.
"""

from __future__ import annotations

from collections.abc import Sequence

from kernels.domains import Domain, Integers, Uniform, WellConditioned, Written
from kernels.drafting.arguments import Field
from kernels.drafting.queries.script import QueryScript
from kernels.language.types import Type, type_named
from kernels.mesh_domains import Voxels

VOLUMES = ("volume", "grid", "field_volume", "nanovdb", "sdf_volume")
SOURCES = ("source_volume", "src_grid", "volume_in", "read_volume")

LOOKUP = (
    "def {name}(volume, ix, iy, iz):",
    "    place = np.stack(np.broadcast_arrays(ix, iy, iz), axis=-1)",
    "    same = np.all(volume.tiles == (place & ~7)[..., None, :], axis=-1)",
    "    values = volume.values[(same.argmax(axis=-1), *np.moveaxis(place & 7, -1, 0))]",
    "    return np.where(np.any(same, axis=-1){spread}, values, volume.background)",
)
SIDES = (
    "def sides(uvw):",
    '    """The eight voxels around each point, and how near it is to them along each axis."""',
    "    side = np.array(list(np.ndindex(2, 2, 2)))",
    "    base = np.floor(uvw)[..., None, :]",
    "    part = uvw[..., None, :] - base",
    "    return base.astype(np.int32) + side, np.where(side == 1, part, 1.0 - part), 2 * side - 1",
)
SAMPLE = (
    "def {name}(volume, uvw, mode):",
    "    if mode == 0:",
    "        return {lookup}(volume, *np.moveaxis(np.rint(uvw).astype(np.int32), -1, 0))",
    "    place, near, _ = sides(uvw)",
    "    values = {lookup}(volume, *np.moveaxis(place, -1, 0))",
    "    return np.sum(np.prod(near, axis=-1){spread} * values, axis={axis})",
)
NEAREST = (
    "def volume_sample_i(volume, uvw):",
    "    return {lookup}(volume, *np.moveaxis(np.rint(uvw).astype(np.int32), -1, 0))",
)
GRADIENT = (
    "def {name}(volume, uvw):",
    '    """The trilinear value and its derivatives along each axis."""',
    "    place, near, sign = sides(uvw)",
    "    values = {lookup}(volume, *np.moveaxis(place, -1, 0))",
    "    wx, wy, wz = np.moveaxis(near, -1, 0)",
    "    slopes = sign * np.stack([wy * wz, wx * wz, wx * wy], axis=-1)",
    "    total = np.sum((wx * wy * wz){spread} * values, axis={axis})",
    "    return total, np.sum({product}, axis={outer})",
)
SHAPES = {
    0: {"spread": "", "axis": "-1", "product": "slopes * values[..., None]", "outer": "-2"},
    1: {"spread": "[..., None]", "axis": "-2", "product": "slopes[..., None, :] * values[..., None]", "outer": "-3"},
}
"""How sums over the voxels around a point are spelled, by the rank of a voxel's value."""
FRAME = {
    "volume_index_to_world": ("    return turn(volume, uvw) + volume.translation",),
    "volume_world_to_index": ("    return turn_back(volume, uvw - volume.translation)",),
    "volume_index_to_world_dir": ("    return turn(volume, uvw)",),
    "volume_world_to_index_dir": ("    return turn_back(volume, uvw)",),
}
_TURNS = {
    True: (
        ("turn", ("def turn(volume, v):", "    return np.einsum('ij,...j->...i', volume.transform, v)")),
        ("turn_back", ("def turn_back(volume, v):", "    return np.einsum('ij,...j->...i', np.linalg.inv(volume.transform), v)")),
    ),
    False: (
        ("turn", ("def turn(volume, v):", "    return v * volume.voxel_size")),
        ("turn_back", ("def turn_back(volume, v):", "    return v / volume.voxel_size")),
    ),
}


NEEDS_SIDES = (("sides", SIDES),)


class Volume:
    """A volume with values, called `volume` in the kernel's text (or `name`); its `values` are of the dtype `dtype`.

    `turned` volumes have a matrix, the others a voxel size. `start` is the lowest voxel; `written` says that the kernel makes the values.
    `solid` volumes have all tiles of their box, and are asked within it, where they have slopes. A second volume needs a `name`.
    """

    def __init__(
        self,
        s: QueryScript,
        dtype: str = "float32",
        *,
        turned: bool = False,
        written: bool = False,
        solid: bool = False,
        start: int = 0,
        name: str = "volume",
    ) -> None:
        self.s, self.dtype, self.name = s, dtype, name
        self.type: Type = type_named(dtype)
        self.turned, self.written, self.solid, self.start = turned, written, solid, start
        self._shape = SHAPES[self.type.rank]
        # A kernel keeps to one of the two forms that common types have, one for values and one for gradients.
        self._short = s.draw.chance(0.85)
        self._short_gradient = s.draw.chance(0.5)
        self._type_text = "float" if dtype == "float32" and s.draw.chance(0.5) else f"wp.{dtype}"

    def declare(self, low: float = -1.0, high: float = 1.0) -> None:
        """Declares the volume; integers are drawn from 0 to `high`."""
        s = self.s
        values: Domain = Integers(0, max(2, int(high))) if self.type.has_integers else Uniform(low, high)
        start, tiles = self.start, 8 if self.solid else "tiles"
        fields: list[Field] = [
            Field("tiles", type_named("vec3i"), (tiles,), Voxels(2, 8, start)),
            Field("values", self.type, (tiles, 8, 8, 8), Written("accumulate") if self.written else values),
            Field("background", self.type, (), values),
            Field("translation", type_named("vec3f"), (), Uniform(-0.1, 0.1)),
        ]
        if self.turned:
            fields.append(Field("transform", type_named("mat33f"), (), WellConditioned(3.0)))
        else:
            fields.append(Field("voxel_size", type_named("vec3f"), (), Uniform(0.09, 0.12)))
        s.object(self.name, "volume", *fields, names=VOLUMES if self.name == "volume" else SOURCES)

    def span(self) -> Domain:
        """Index-space coordinates within and somewhat beyond the tiles."""
        return Uniform(self.start + 0.2, self.start + 14.8) if self.solid else Uniform(self.start - 2.0, self.start + 17.0)

    def world(self) -> Domain:
        """World-space coordinates of the same, for volumes with a voxel size."""
        low, high = (0.2, 1.2) if self.solid else (-0.3, 1.9)
        return Uniform(low + 0.105 * self.start, high + 0.105 * self.start)

    def lookup(self) -> str:
        """Answers for looking up one voxel; gives the numpy function's name."""
        suffix = {"float32": "_f", "int32": "_i", "vec3f": "_v"}.get(self.dtype, "")
        name = f"volume_lookup{suffix if self._short else ''}"
        self._lookup_as(name)
        return name

    def _lookup_as(self, name: str) -> None:
        self.s.answer(name, [line.format(name=name, spread=self._shape["spread"]) for line in LOOKUP], (self._known(),))

    def _known(self) -> str:
        if self.dtype in ("float32", "int32"):
            return {"float32": "real", "int32": "int"}[self.dtype]
        return f"wp.{self.dtype}"

    def call_lookup(self, place: str) -> str:
        """The text that looks up a voxel by three indices."""
        name = self.lookup()
        return f"wp.{name}({self.name}, {place}{self._dtype(name)})"

    def call_sample(self, uvw: str, mode: str = "wp.Volume.LINEAR") -> str:
        """The text that samples at `uvw`; integers by their own builtin."""
        s = self.s
        if self.dtype == "int32" and self._short:
            self._lookup_as("voxel")
            s.answer("volume_sample_i", [line.format(lookup="voxel") for line in NEAREST], ("int",))
            return f"wp.volume_sample_i({self.name}, {uvw})"
        suffix = {"float32": "_f", "vec3f": "_v"}.get(self.dtype, "")
        name = f"volume_sample{suffix if self._short else ''}"
        self._lookup_as("voxel")
        s.answer(name, [line.format(name=name, lookup="voxel", **self._shape) for line in SAMPLE], (self._known(),), needs=NEEDS_SIDES)
        s.stand_for("wp.Volume.LINEAR", "1")
        s.stand_for("wp.Volume.CLOSEST", "0")
        return f"wp.{name}({self.name}, {uvw}, {mode}{self._dtype(name)})"

    def sample_gradient(self, value: str, gradient: str, uvw: str) -> None:
        """Names the value at `uvw` and its gradient in index space, a vector, or a matrix for a volume of vectors."""
        s = self.s
        kind = "mat33" if self.type.rank else "vec3"
        name = "volume_sample_grad_f" if self.dtype == "float32" and self._short_gradient else "volume_sample_grad"
        self._lookup_as("voxel")
        slopes = [line.format(name="sample_with_slope", lookup="voxel", **self._shape) for line in GRADIENT]
        s.answer("sample_with_slope", slopes, needs=NEEDS_SIDES)
        s.line(f"{gradient} = wp.{kind}()", f"{value} = wp.{name}({self.name}, {uvw}, wp.Volume.LINEAR, {gradient}{self._dtype(name)})")
        s.numpy(f"{value}, {gradient} = sample_with_slope({self.name}, {uvw})")
        s.holds(self._known(), value)
        s.holds(kind, gradient)
        s.reserve(value, gradient)

    def _dtype(self, name: str) -> str:
        if name.endswith(("_f", "_i", "_v")):
            return ""
        return f", dtype={self._type_text}"

    def frame(self, *names: str) -> None:
        """Lets the text change between index and world space by these builtins."""
        for name in names:
            lines: Sequence[str] = (f"def {name}(volume, uvw):", *FRAME[name])
            self.s.answer(name, lines, ("vec3",), needs=_TURNS[self.turned])


def volume_sizes(s: QueryScript, *, largest: int = 75) -> list[dict[str, int]]:
    """Tiles and threads of the three launches."""
    draw = s.draw
    threads = (1, draw.choice((7, 11, 13, 17)), draw.integer(65, largest))
    tiles = (1, draw.choice((2, 3, 4)), draw.integer(5, 8))
    return [{"n": n, "tiles": t, "one": 1} for n, t in zip(threads, tiles, strict=True)]
