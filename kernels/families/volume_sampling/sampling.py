"""Values at points: samples of every type, gradients, neighbours of voxels, and the way between index and world space."""

from __future__ import annotations

from collections.abc import Sequence

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.mirror.steps import stored
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.volume_sampling.grids import Volume, volume_sizes

TYPES = {
    "float32": 4.0,
    "vec3f": 2.5,
    "int32": 6.5,
    **dict.fromkeys(("float64", "vec3d", "vec4f", "vec4d", "int64", "uint32"), 0.5),
}
"""The types of sampled volumes, and how often each comes."""


def located(s: QueryScript, volume: Volume, *, low: float = -1.0, high: float = 1.0, differentiable: bool = True) -> None:
    """Declares the volume, with values from `low` to `high`, and the points; names the thread, and `uvw`, where it looks in index space."""
    draw = s.draw
    volume.declare(low, high)
    world = not volume.turned and draw.chance(0.6)
    s.field(
        "x",
        "vec3",
        "n",
        domain=volume.world() if world else volume.span(),
        differentiable=differentiable,
        names=("positions", "points", "particle_q", "samples"),
    )
    s.thread("n", "x", index="i", names=("tid", "p_id", "idx"), counts=("num_points", "sample_count"))
    if world:
        volume.frame("volume_world_to_index")
        s.code(
            draw.choice(
                (
                    "p = x[i]\nuvw = wp.volume_world_to_index(volume, p)",
                    "uvw = wp.volume_world_to_index(volume, x[i])",
                )
            )
        )
    else:
        s.code("uvw = x[i]")


def build_samples(draw: Draw) -> Case:
    """Samples of a volume: stored, mixed with a field, weighted, summed up, compared with a level."""
    s = QueryScript(draw)
    dtype = draw.weighted(tuple(TYPES), tuple(TYPES.values()))
    volume = Volume(s, dtype, start=draw.choice((0, 0, -8)))
    linear = not volume.type.has_integers and draw.chance(0.75)
    low, high = 0.2 if draw.chance(0.3) else -1.0, 40.0 if volume.type.has_integers else 1.0
    located(s, volume, low=low, high=high, differentiable=linear)
    mode = "wp.Volume.LINEAR" if linear else draw.choice(("wp.Volume.CLOSEST", "0"))
    s.code(f"value = {volume.call_sample('uvw', mode)}")
    plain = "wp." + dtype if dtype not in ("float32", "int32") else {"float32": "real", "int32": "int"}[dtype]
    ending = draw.choice(("store", "mix", "sum", "level", "store", "voxel", "voxel", "voxel")) if dtype in ("float32", "vec3f") else "store"
    if dtype == "int32":
        ending = draw.choice(("store", "histogram", "label", "voxel", "voxel", "voxel"))
    if ending == "voxel":
        _beside_voxel(s, draw, volume)
    elif ending == "store" and dtype in ("float32", "vec3f"):
        stored(s, "value", "vec3" if volume.type.rank else "float", 1.0, "i", ["n"], ("sampled", "values_out", "probe_out"), share=0.75)
    elif ending in ("mix", "store") or (ending == "level" and dtype != "float32"):
        value = "value"
        if ending == "mix":
            s.field("weight", "real", "n", low=0.2, high=1.5, names=("gain", "mass", "blend"))
            value = draw.choice(("value * weight[i]", "weight[i] * value"))
            if dtype == "float32" and draw.chance(0.5):
                s.mixed("blended", "real", [("value", "real", -1.0, 1.0), ("weight[i]", "real", 0.2, 1.5)], 1)
                value = "blended"
        s.result("out", plain, "n", names=("sampled", "values_out", "result"))
        s.code(f"out[i] = {value}")
    elif ending == "sum":
        s.result("total", plain, "one", role="accumulate", names=("integral", "sum_out"))
        s.field("weight", "real", "n", low=0.2, high=1.5, names=("quadrature", "mass"))
        s.code("wp.atomic_add(total, 0, value * weight[i])")
    elif ending == "level":
        s.tuning(("level", -0.3, 0.3))
        s.result("inside", "int", "n", names=("occupied", "mask"))
        s.code(draw.choice(("inside[i] = wp.where(value < level, 1, 0)", "if value < level:\n    inside[i] = 1\nelse:\n    inside[i] = 0")))
        s.result("excess", "real", "n", names=("depth", "above"))
        s.code("excess[i] = wp.max(value - level, 0.0)")
    elif ending == "histogram":
        s.result("histogram", "int", 8, role="accumulate", names=("counts", "bins"))
        s.code(draw.choice(("wp.atomic_add(histogram, value % 8, 1)", "slot = wp.min(value // 5, 7)\nwp.atomic_add(histogram, slot, 1)")))
    else:
        s.field("table", "real", 40, names=("palette", "density_of"))
        s.result("out", "real", "n", names=("looked_up", "material_value"))
        s.names.safe.add("value")
        s.code("out[i] = table[value]")
    return s.finish(draw.choice(("sample_volume", "volume_values", "probe_field", "sample_points")), ["n"], volume_sizes(s))


def _beside_voxel(s: QueryScript, draw: Draw, volume: Volume) -> None:
    """What was sampled, set against a voxel at the point: labels that change, a sample sharpened or smoothed by its cell's corner."""
    integers = volume.type.has_integers
    rounding = "rint" if integers else "floor"
    s.code("\n".join(f"v{axis} = int(wp.{rounding}(uvw[{k}]))" for k, axis in enumerate("xyz")))
    place = draw.choice(("vx + 1, vy, vz", "vx, vy, vz - 1", "vx, vy + 1, vz")) if integers else "vx, vy, vz"
    s.code(f"voxel = {volume.call_lookup(place)}")
    if integers:
        s.result("border", "int", "n", names=("label_changes", "steps_out", "is_border"))
        s.code(f"border[i] = {draw.choice(('wp.where(voxel != value, 1, 0)', 'wp.abs(voxel - value)', 'wp.max(voxel, value)'))}")
        return
    s.code(f"detail = {draw.choice(('2.0 * value - voxel', '0.5 * (value + voxel)', 'value + 0.25 * voxel'))}")
    stored(s, "detail", "vec3" if volume.type.rank else "float", 2.0, "i", ["n"], ("detail_out", "blend_out", "sharpened"), share=0.4)


def build_gradient(draw: Draw) -> Case:
    """Values with their gradients, in index or world space: slopes, normals, directional derivatives, divergence and curl of vectors."""
    s = QueryScript(draw)
    vectors = draw.chance(0.5)
    volume = Volume(s, "vec3f" if vectors else "float32", solid=True, start=draw.choice((0, -8)))
    located(s, volume)
    volume.sample_gradient("value", "grad", "uvw")
    if vectors:
        return _jacobian(s, draw, volume)
    if draw.chance(0.75):
        volume.frame("volume_index_to_world_dir")
        s.code(
            draw.choice(("slope = wp.volume_index_to_world_dir(volume, grad)", "slope = wp.volume_index_to_world_dir(volume, grad) * 4.0"))
        )
    else:
        s.code(draw.choice(("slope = grad * 1.5", "slope = grad")))
    wanted = draw.subset(("value", "slope", "normal", "steepness", "along"), draw.integer(2, 3))
    if "value" in wanted:
        s.result("value_out", "real", "n", names=("field_values", "phi"))
        s.code("value_out[i] = value")
    if "slope" in wanted:
        s.result("slope_out", "vec3", "n", names=("gradient", "force"))
        s.code(draw.choice(("slope_out[i] = slope", "slope_out[i] = -slope", "slope_out[i] = slope * value")))
    if "normal" in wanted:
        s.code("normal = slope / (wp.length(slope) + 0.1)")
        stored(s, "normal", "vec3", 1.0, "i", ["n"], ("normals", "normal_out", "direction_out"), share=0.4)
    if "steepness" in wanted:
        s.code(draw.choice(("steep = wp.length(slope)", "steep = wp.dot(slope, slope)", "steep = wp.sqrt(wp.dot(slope, slope) + 0.01)")))
        stored(s, "steep", "float", 5.0, "i", ["n"], ("steepness", "edge_strength", "steep_out"))
    if "along" in wanted:
        s.field("direction", "vec3", "n", names=("dirs", "tangent", "velocity"))
        if draw.chance(0.6):
            volume.frame("volume_world_to_index_dir")
            s.code("step = wp.volume_world_to_index_dir(volume, direction[i]) * 0.1")
            s.code("rate = wp.dot(grad, step)" if draw.chance(0.5) else f"rate = {volume.call_sample('uvw + step')} - value")
        else:
            s.code(draw.choice(("rate = wp.dot(slope, direction[i])", "rate = wp.dot(direction[i], slope) + 0.1 * value")))
        stored(s, "rate", "float", 5.0, "i", ["n"], ("derivative", "rate_out", "change"))
    return s.finish(draw.choice(("sample_gradient", "field_gradient", "volume_normals")), ["n"], volume_sizes(s))


def _jacobian(s: QueryScript, draw: Draw, volume: Volume) -> Case:
    wanted = draw.subset(("divergence", "curl", "value", "stretch"), draw.integer(1, 3))
    if "divergence" in wanted:
        s.code(draw.choice(("div = grad[0, 0] + grad[1, 1] + grad[2, 2]", "div = wp.trace(grad)")))
        stored(s, "div", "float", 5.0, "i", ["n"], ("divergence", "div_v", "div_out"))
    if "curl" in wanted:
        s.code("curl = wp.vec3(grad[2, 1] - grad[1, 2], grad[0, 2] - grad[2, 0], grad[1, 0] - grad[0, 1])")
        stored(s, "curl", "vec3", 5.0, "i", ["n"], ("vorticity", "curl_out"), share=0.4)
    if "value" in wanted:
        s.result("value_out", "vec3", "n", names=("velocity_out", "sampled"))
        moved = draw.choice(("value", "grad * value", "wp.volume_index_to_world_dir(volume, value)"))
        if "to_world" in moved:
            volume.frame("volume_index_to_world_dir")
        s.code(f"value_out[i] = {moved}")
    if "stretch" in wanted:
        s.field("direction", "vec3", "n", names=("axis", "tangent"))
        s.result("stretch_out", "real", "n", names=("stretch_rate", "strain"))
        s.code("stretch_out[i] = wp.dot(direction[i], grad * direction[i])")
    return s.finish(draw.choice(("velocity_gradient", "field_jacobian", "vorticity_at")), ["n"], volume_sizes(s))


_OTHERS = ("float64", "vec4f", "vec3d", "int64", "uint32")
"""Types of which two voxels are put together, no more."""


def build_stencil(draw: Draw) -> Case:
    """Voxels with their neighbours: differences, Laplacians, averages, extremes; for listed voxels or a grid of threads."""
    s = QueryScript(draw)
    dtype = draw.weighted(("float32", "vec3f", "int32", *_OTHERS), (7, 4, 3, *[0.4] * len(_OTHERS)))
    volume = Volume(s, dtype, start=draw.choice((0, -8)))
    grid = draw.chance(0.4)
    extents: tuple[str, ...] = ("n",)
    at = "t"
    if grid:
        extents, at = ("nx", "ny", "nz"), "a, b, c"
        s.grid(*((index, extent, extent) for index, extent in zip("abc", extents, strict=True)))
        s.code(
            draw.choice(
                ("i = a * 2 + 2\nj = b * 2 + 2\nk = c + 1", "i = a * 2 - 1\nj = b * 2 - 1\nk = c - 1", "i = a * 2\nj = b * 2\nk = c * 3")
            )
        )
    else:
        s.field("voxels", "vec3i", "n", domain=Integers(volume.start - 1, volume.start + 17), names=("coords", "ijk", "cells"))
        s.thread("n", "voxels", index="t", names=("tid", "idx"), counts=("num_voxels",))
        s.code("cell = voxels[t]\ni = cell[0]\nj = cell[1]\nk = cell[2]")
    volume.declare(high=30.0 if volume.type.has_integers else 1.0)
    volume.lookup()
    kinds = {
        "float32": ("laplacian", "gradient", "mean", "extreme"),
        "vec3f": ("laplacian", "mean"),
        "int32": ("majority", "laplacian"),
    }
    kind = draw.choice(kinds.get(dtype, ("pair",)))
    return _stencil(s, draw, volume, kind, at, extents)


def _stencil(s: QueryScript, draw: Draw, volume: Volume, kind: str, at: str, extents: Sequence[str]) -> Case:
    around = ("i + 1, j, k", "i - 1, j, k", "i, j + 1, k", "i, j - 1, k", "i, j, k + 1", "i, j, k - 1")
    calls = [volume.call_lookup(place) for place in around]
    plain = {"float32": "real", "vec3f": "vec3", "int32": "int"}.get(volume.dtype, f"wp.{volume.dtype}")
    s.code(f"center = {volume.call_lookup('i, j, k')}")
    if kind == "pair":
        s.code(f"ahead = {calls[draw.choice((0, 2, 4))]}")
        s.result("out", plain, *extents, differentiable=False, names=("pair_sum", "values_out", "larger"))
        s.code(f"out[{at}] = {draw.choice(('center + ahead', 'wp.max(center, ahead)', 'wp.min(center, ahead)'))}")
    elif kind == "gradient":
        s.tuning(("inv_2h", 0.5, 2.0))
        parts = [f"({calls[2 * axis]} - {calls[2 * axis + 1]}) * inv_2h" for axis in range(3)]
        s.code("\n".join(f"d{axis} = {part}" for axis, part in zip("xyz", parts, strict=True)))
        s.result("out", "vec3", *extents, differentiable=False, names=("gradient", "slopes"))
        s.code(f"out[{at}] = wp.vec3(dx, dy, dz)")
        if draw.chance(0.5):
            s.result("magnitude", "real", *extents, differentiable=False, names=("steepness", "edge"))
            s.code(f"magnitude[{at}] = wp.sqrt(dx * dx + dy * dy + dz * dz)")
    elif kind == "extreme":
        s.code("low = center\nhigh = center")
        for call in calls:
            s.code(f"v = {call}\nlow = wp.min(low, v)\nhigh = wp.max(high, v)")
        s.result("out", "real", *extents, differentiable=False, names=("spread", "local_range"))
        s.code(f"out[{at}] = high - low")
    elif kind == "majority":
        s.code("same = int(0)")
        for call in calls:
            s.code(f"if {call} == center:\n    same += 1" if draw.chance(0.5) else f"if {call} > center:\n    same += 1")
        s.result("out", "int", *extents, names=("agreement", "rank_out"))
        s.code(f"out[{at}] = same")
    else:
        if draw.chance(0.5):
            s.code(f"total = {calls[0]}")
            for call in calls[1:]:
                s.code(f"total += {call}")
        else:
            s.code(f"east = {calls[0]}\nwest = {calls[1]}\nnorth = {calls[2]}\nsouth = {calls[3]}\ntop = {calls[4]}\nbottom = {calls[5]}")
            s.code("total = east + west + north + south + top + bottom")
        s.result("out", plain, *extents, differentiable=False, names=("filtered", "laplacian_out", "smoothed"))
        if volume.dtype == "int32":
            s.code(f"out[{at}] = {draw.choice(('total - 6 * center', 'total + center'))}")
        elif kind == "laplacian":
            s.tuning(("inv_h2", 0.5, 4.0))
            s.code(f"out[{at}] = {draw.choice(('(total - 6.0 * center) * inv_h2', 'inv_h2 * (total - 6.0 * center)'))}")
        else:
            s.code(f"out[{at}] = {draw.choice(('(total + center) / 7.0', '0.5 * center + total / 12.0', 'total / 6.0 - 0.1 * center'))}")
    sizes = volume_sizes(s)
    sizes = [{**z, "nx": nx, "ny": ny, "nz": nz} for z, (nx, ny, nz) in zip(sizes, ((1, 1, 1), (3, 2, 2), (6, 5, 4)), strict=True)]
    return s.finish(draw.choice(("volume_stencil", "voxel_laplacian", "filter_volume", "neighbor_voxels")), list(extents), sizes)


def build_transform(draw: Draw) -> Case:
    """Points and directions between index and world space, in single or double precision, by a voxel size or a matrix."""
    turned = draw.chance(0.5)
    wide = draw.chance(0.4)
    s = QueryScript(draw, width="float64" if wide else "float32")
    volume = Volume(s, "float32", turned=turned)
    kinds = draw.subset(
        ("volume_index_to_world", "volume_world_to_index", "volume_index_to_world_dir", "volume_world_to_index_dir"),
        draw.choice((2, 3, 3, 4, 4)),
    )
    s.field("x", "vec3", "n", low=-2.0, high=2.0, names=("points", "positions", "vectors"))
    s.thread("n", "x", index="i", names=("tid", "idx"), counts=("num_points",))
    volume.declare()
    volume.frame(*kinds)
    if turned and not wide:
        # Their adjoint in single precision takes the matrix for its transpose.
        s.limitations.add("volume_transform_float32")
    s.code("p = x[i]")
    for number, kind in enumerate(kinds):
        out = ("out", "second", "third", "fourth")[number]
        s.result(out, "vec3", "n", names=(kind.removeprefix("volume_") + "_out", f"moved_{number}"))
        s.code(f"q{number} = wp.{kind}(volume, p)")
        s.code(
            draw.choice(
                (
                    f"{out}[i] = q{number}",
                    f"{out}[i] = q{number} * 0.5",
                    f"{out}[i] = q{number} + p",
                    f"{out}[i] = q{number} * wp.length(p)",
                )
            )
        )
    if draw.chance(0.4) and len(kinds) > 1:
        s.result("product", "real", "n", names=("dot_out", "alignment"))
        s.code("product[i] = wp.dot(q0, q1)")
    return s.finish(draw.choice(("transform_points", "to_index_space", "change_space")), ["n"], volume_sizes(s))
