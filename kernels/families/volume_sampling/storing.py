"""Volumes that a kernel writes: by a list of voxels or a grid of threads, with computed values, copies, thresholds, labels, and with what a
second volume has there."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.volume_sampling.grids import Volume, volume_sizes
from kernels.mesh_domains import Voxels

STORED = (
    "def stored(volume, ix, iy, iz, value, taking):",
    '    """The volume\'s values with those of some voxels replaced; voxels outside of the tiles are passed over."""',
    "    place = np.stack(np.broadcast_arrays(ix, iy, iz), axis=-1)",
    "    same = np.all(volume.tiles == (place & ~7)[..., None, :], axis=-1)",
    "    keep = np.broadcast_to(taking, same.shape[:-1]) & np.any(same, axis=-1)",
    "    values = np.zeros_like(volume.values)",
    "    where = (same.argmax(axis=-1)[keep], *np.moveaxis(place & 7, -1, 0)[:, keep])",
    "    values[where] = np.broadcast_to(value, (*keep.shape{inner}))[keep]",
    "    return values",
)


def build_store(draw: Draw) -> Case:
    """Values stored into a volume that starts at zero, each voxel by one thread."""
    s = QueryScript(draw)
    dtype = draw.weighted(("float32", "vec3f", "int32", "float64", "vec3d", "int64", "vec4f"), (3.2, 3.4, 3.2, 0.4, 0.4, 0.4, 0.4))
    volume = Volume(s, dtype, written=True)
    grid = draw.chance(0.4)
    extents = ["nx", "ny", "nz"] if grid else ["n"]
    if grid:
        s.grid(*((index, extent, extent) for index, extent in zip("ijk", extents, strict=True)))
        at = "i, j, k"
    else:
        s.field("voxels", "vec3i", "n", domain=Voxels(20), names=("coords", "ijk", "cells"))
        s.thread("n", "voxels", index="t", names=("tid", "idx"), counts=("num_voxels",))
        s.code("cell = voxels[t]\ni = cell[0]\nj = cell[1]\nk = cell[2]")
        at = "t"
    volume.declare()
    value = _filtered(s, draw, dtype) if draw.chance(0.65) else _value(s, draw, volume, at, extents)
    mask = ""
    if draw.chance(0.4):
        mask = draw.choice(("(i + j + k) % 2 == 0", "i > 2", "j + k < 12", "i != j"))
    suffix = {"float32": "_f", "int32": "_i", "vec3f": "_v"}.get(dtype, "")
    name = f"volume_store{suffix if draw.chance(0.75) else ''}"
    store = f"wp.{name}(volume, i, j, k, {value})"
    s.line(*([f"if {mask}:", f"    {store}"] if mask else [store]))
    s.numpy(f"taking = {mask or 'np.True_'}")
    inner = f", {volume.type.inner[0]}" if volume.type.rank else ","
    s.answer("stored", [line.replace("{inner}", inner) for line in STORED])
    s.writes("volume.values", f"stored(volume, i, j, k, {value}, taking)")
    s.reserve("taking")
    if draw.chance(0.4):
        s.result("written", "int", "one", role="accumulate", names=("store_count", "num_written"))
        s.code(f"if {mask}:\n    wp.atomic_add(written, 0, 1)" if mask else "wp.atomic_add(written, 0, 1)")
    shapes = ((1, 1, 1), (3, 2, 4), (9, 10, 8))
    sizes = [{**z, "nx": nx, "ny": ny, "nz": nz} for z, (nx, ny, nz) in zip(volume_sizes(s), shapes, strict=True)]
    return s.finish(draw.choice(("fill_volume", "store_voxels", "write_volume", "rasterize", "bake_field")), extents, sizes)


def _filtered(s: QueryScript, draw: Draw, dtype: str) -> str:
    """Names what a thread reads in a second volume: a voxel's value, or what is made of it and a neighbor's."""
    source = Volume(s, dtype, name="source")
    source.declare(high=30.0 if source.type.has_integers else 1.0)
    s.code(f"value = {source.call_lookup('i, j, k')}")
    if draw.chance(0.3):
        return "value"
    s.code(f"beside = {source.call_lookup(draw.choice(('i + 1, j, k', 'i, j - 1, k', 'i, j, k + 1')))}")
    ways = ["value + beside", "wp.max(value, beside)", "wp.min(value, beside)"]
    if dtype in ("float32", "vec3f"):
        ways += ["0.5 * (value + beside)", "value + 0.25 * (beside - value)", "beside - value"]
    elif dtype == "int32":
        ways += ["wp.where(value > 9, value, beside)", "beside - value"]
    s.code(f"made = {draw.choice(ways)}")
    return "made"


def _value(s: QueryScript, draw: Draw, volume: Volume, at: str, extents: list[str]) -> str:
    """Names what a thread stores as `value`, of the volume's type."""
    dtype = volume.dtype
    if dtype in ("float64", "vec3d", "int64", "vec4f") or draw.chance(0.25):
        kind = {"float32": "real", "int32": "int", "vec3f": "vec3"}.get(dtype, f"wp.{dtype}")
        domain = Integers(-50, 50) if volume.type.has_integers else Uniform(-1.0, 1.0)
        s.field("source", kind, *extents, domain=domain, differentiable=False, names=("data", "dense", "values_in"))
        s.code(f"value = source[{at}]")
        return "value"
    if dtype == "int32":
        if draw.chance(0.5):
            s.field("label", "int", *extents, domain=Integers(1, 9), names=("material", "ids", "tags"))
            s.code(f"value = label[{at}] * 10 + (i + j) % 3")
        else:
            s.code(draw.choice(("value = i * 64 + j * 8 + k", "value = i + 2 * j - k", "value = wp.max(wp.abs(i - 4), wp.abs(j - 4))")))
        return "value"
    s.uniform("middle", "vec3", Uniform(3.0, 9.0), names=("center", "origin"))
    s.tuning(("size", 2.0, 5.0))
    s.code(draw.choice(("p = wp.vec3(float(i), float(j), float(k))\nd = p - middle", "d = wp.vec3(float(i), float(j), float(k)) - middle")))
    if dtype == "vec3f":
        s.code(
            draw.choice(
                (
                    "value = wp.vec3(-d[1], d[0], 0.1 * d[2])",
                    "value = d * wp.exp(-wp.dot(d, d) / (size * size))",
                    "value = wp.cross(wp.vec3(0.3, 0.9, 0.1), d) / size",
                    "value = d / (wp.length(d) + 0.5)",
                )
            )
        )
        return "value"
    s.code(
        draw.choice(
            (
                "value = wp.length(d) - size",
                "value = wp.exp(-wp.dot(d, d) / (size * size))",
                "q = wp.vec3(wp.abs(d[0]) - size, wp.abs(d[1]) - size, wp.abs(d[2]) - size)\nvalue = wp.max(q[0], wp.max(q[1], q[2]))",
                "value = wp.sin(d[0]) * wp.cos(d[1]) + 0.2 * d[2]",
                "ring = wp.sqrt(d[0] * d[0] + d[1] * d[1]) - size\nvalue = wp.sqrt(ring * ring + d[2] * d[2] + 0.01) - 1.0",
            )
        )
    )
    if draw.chance(0.4):
        s.mixed("shaped", "real", [("value", "real", -5.0, 15.0)], 1)
        return "shaped"
    return "value"
