"""Index volumes: voxels have no values but numbers, by which data of any kind lie in an array beside."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Domain, Integers, Uniform
from kernels.drafting.arguments import Field
from kernels.drafting.mirror.steps import stored
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.volume_sampling.grids import FRAME, NEEDS_SIDES, SHAPES, VOLUMES
from kernels.language.types import type_named
from kernels.mesh_domains import Voxels

NUMBER = (
    "def volume_lookup_index(volume, ix, iy, iz):",
    "    place = np.stack(np.broadcast_arrays(ix, iy, iz), axis=-1)",
    "    same = np.all(volume.voxels == place[..., None, :], axis=-1)",
    "    return np.where(np.any(same, axis=-1), same.argmax(axis=-1), -1).astype(np.int32)",
)
SAMPLE = (
    "def volume_sample_index(volume, uvw, mode, data, background):",
    "    if mode == 0:",
    "        number = volume_lookup_index(volume, *np.moveaxis(np.rint(uvw).astype(np.int32), -1, 0))",
    "        return np.where((number >= 0){spread}, data[number], background)",
    "    place, near, _ = sides(uvw)",
    "    number = volume_lookup_index(volume, *np.moveaxis(place, -1, 0))",
    "    values = np.where((number >= 0){spread}, data[number], background)",
    "    return np.sum(np.prod(near, axis=-1){spread} * values, axis={axis})",
)
SLOPE = (
    "def sample_with_slope(volume, uvw, data, background):",
    "    place, near, sign = sides(uvw)",
    "    number = volume_lookup_index(volume, *np.moveaxis(place, -1, 0))",
    "    values = np.where((number >= 0){spread}, data[number], background)",
    "    wx, wy, wz = np.moveaxis(near, -1, 0)",
    "    slopes = sign * np.stack([wy * wz, wx * wz, wx * wy], axis=-1)",
    "    total = np.sum((wx * wy * wz){spread} * values, axis={axis})",
    "    return total, np.sum({product}, axis={outer})",
)


COUNT = ("def volume_voxel_count(volume):", "    return np.int32(len(volume.voxels))")


def _declare(s: QueryScript, extent: int) -> None:
    fields = (
        Field("voxels", type_named("vec3i"), ("voxels",), Voxels(extent)),
        Field("voxel_size", type_named("vec3f"), (), Uniform(0.1, 0.3)),
        Field("translation", type_named("vec3f"), (), Uniform(-0.3, 0.3)),
    )
    s.object("volume", "volume", *fields, names=(*VOLUMES, "index_volume", "topology"))
    s.stand_for("wp.Volume.LINEAR", "1")
    s.stand_for("wp.Volume.CLOSEST", "0")


def build_indexed(draw: Draw) -> Case:
    """Data on the voxels of an index volume: sampled with and without gradients, looked up, scattered back, counted."""
    s = QueryScript(draw)
    what = draw.weighted(("sample", "slope", "lookup", "scatter"), (2.5, 3.2, 1.0, 1.0))
    vectors = draw.chance(0.35)
    base = "vec3" if vectors else "real"
    if what == "sample" and draw.chance(0.2):
        base = draw.choice(("wp.float64", "wp.vec4f", "int"))
    shape = SHAPES[s.typed(base).rank]
    # Outside of all voxels a slope is the rounding of a sum that cancels: those are asked for where every voxel is there.
    dense = what == "slope"
    extent = draw.choice((5, 6)) if dense else draw.choice((6, 7, 10))
    integer = what in ("lookup", "scatter")
    if integer:
        s.field("cells", "vec3i", "n", domain=Integers(-1, extent + 1), names=("coords", "ijk", "targets"))
        s.thread("n", "cells", index="t", names=("tid", "idx"), counts=("num_cells",))
    else:
        s.field(
            "x",
            "vec3",
            "n",
            domain=Uniform(0.1, extent - 1.1) if dense else Uniform(-0.8, extent - 0.2),
            names=("points", "positions", "samples"),
        )
        s.thread("n", "x", index="t", names=("tid", "idx"), counts=("num_points",))
    values: Domain = Integers(-20, 20) if base == "int" else Uniform(-1.0, 1.0)
    s.field("data", base, "voxels", domain=values, names=("voxel_data", "voxel_values", "payload"))
    _declare(s, extent)
    s.answer("volume_lookup_index", NUMBER, ("int",))
    if integer:
        return _by_number(s, draw, base, what)
    background = s.uniform("background", base, values, names=("outside", "bg_value"))
    if not dense and draw.chance(0.35):
        s.answer(
            "volume_world_to_index",
            ("def volume_world_to_index(volume, uvw):", FRAME["volume_world_to_index"][0]),
            ("vec3",),
            needs=(("turn_back", ("def turn_back(volume, v):", "    return v / volume.voxel_size")),),
        )
        s.code("uvw = wp.volume_world_to_index(volume, x[t] * 0.2)")
    else:
        s.code("uvw = x[t]")
    if what == "slope":
        s.answer("sample_with_slope", [line.format(**shape) for line in SLOPE], needs=NEEDS_SIDES)
        s.line(f"grad = wp.{'mat33' if vectors else 'vec3'}()")
        s.line(f"value = wp.volume_sample_grad_index(volume, uvw, wp.Volume.LINEAR, data, {background}, grad)")
        s.numpy(f"value, grad = sample_with_slope(volume, uvw, data, {background})")
        s.holds(base, "value")
        s.holds("mat33" if vectors else "vec3", "grad")
        if draw.chance(0.45):
            _stepped(s, draw, base, shape, background)
        if vectors:
            s.result("grad_out", "real", "n", names=("divergence", "rate"))
            s.code(draw.choice(("grad_out[t] = wp.trace(grad)", "grad_out[t] = grad[0, 1] - grad[1, 0]")))
        else:
            s.result("grad_out", "vec3", "n", names=("slopes", "gradient"))
            s.code(draw.choice(("grad_out[t] = grad", "grad_out[t] = grad * value", "grad_out[t] = grad / (wp.length(grad) + 0.1)")))
    else:
        mode = "wp.Volume.CLOSEST" if base == "int" else draw.choice(("wp.Volume.LINEAR", "wp.Volume.LINEAR", "wp.Volume.CLOSEST"))
        s.answer("volume_sample_index", [line.format(**shape) for line in SAMPLE], (base,), needs=NEEDS_SIDES)
        s.code(f"value = wp.volume_sample_index(volume, uvw, {mode}, data, {background})")
    if base not in ("real", "vec3"):
        s.result("out", base, "n", names=("sampled", "values_out", "field_at"))
        s.code(f"out[t] = {draw.choice(('value', 'value + value', 'value - background'))}")
        return s.finish(draw.choice(("sample_index_volume", "sample_sparse")), ["n"], _sizes(draw, extent))
    if draw.chance(0.4):
        s.field("weight", "real", "n", low=0.2, high=1.5, names=("mass", "gain"))
        s.code("value = value * weight[t]")
    stored(s, "value", "float" if base == "real" else base, 2.0, "t", ["n"], ("sampled", "values_out", "field_at"))
    return s.finish(draw.choice(("sample_index_volume", "sample_sparse", "gather_voxels")), ["n"], _sizes(draw, extent, dense=dense))


def _stepped(s: QueryScript, draw: Draw, base: str, shape: dict[str, str], background: str) -> None:
    """What the sampled value changes by over a step, beside its slope."""
    s.answer("volume_sample_index", [line.format(**shape) for line in SAMPLE], (base,), needs=NEEDS_SIDES)
    s.field("step", "vec3", "n", low=-0.5, high=0.5, names=("offset", "displacement"))
    s.code(f"ahead = wp.volume_sample_index(volume, uvw + step[t], wp.Volume.LINEAR, data, {background})")
    s.result("change", base, "n", names=("difference", "increase"))
    s.code(f"change[t] = {draw.choice(('ahead - value', '2.0 * (ahead - value)', '0.5 * (ahead + value)'))}")


def _by_number(s: QueryScript, draw: Draw, base: str, what: str) -> Case:
    s.code("cell = cells[t]\nnumber = wp.volume_lookup_index(volume, cell[0], cell[1], cell[2])")
    if what == "lookup":
        if draw.chance(0.5):
            s.result("number_out", "int", "n", names=("voxel_ids", "slots"))
            s.code("number_out[t] = number")
        if draw.chance(0.8):
            s.answer("volume_voxel_count", COUNT, ("int",))
            s.result("share", "real", "n", differentiable=False, names=("place", "fraction"))
            s.code("share[t] = float(number) / float(wp.volume_voxel_count(volume))")
        s.result("out", base, "n", names=("values_out", "gathered"))
        zero = "wp.vec3()" if base == "vec3" else "0.0"
        s.code(
            draw.choice(
                (
                    f"if number >= 0:\n    out[t] = data[number]\nelse:\n    out[t] = {zero}",
                    f"if number < 0:\n    out[t] = {zero}\n    return\nout[t] = data[number] * 2.0",
                )
            )
        )
    else:
        s.field("amount", base, "n", low=-1.0, high=1.0, names=("deposit", "charge", "source"))
        s.result("sums", base, "voxels", role="accumulate", names=("voxel_sums", "scattered", "totals"))
        amount = "amount[t]"
        if draw.chance(0.8):
            s.answer("volume_voxel_count", COUNT, ("int",))
            s.code("count = wp.volume_voxel_count(volume)")
            amount = draw.choice(("amount[t] / float(count)", "amount[t] * (1.0 / float(count))"))
        s.code(f"if number >= 0:\n    wp.atomic_add(sums, number, {amount} + 0.1 * data[number])")
        s.result("missed", "int", "one", role="accumulate", names=("outside_count", "num_missed"))
        s.code("if number < 0:\n    wp.atomic_add(missed, 0, 1)")
    return s.finish(draw.choice(("lookup_voxels", "voxel_numbers", "scatter_to_voxels")), ["n"], _sizes(draw, 7))


def _sizes(draw: Draw, extent: int, *, dense: bool = False) -> list[dict[str, int]]:
    threads = (1, draw.choice((7, 11, 13, 17)), draw.integer(65, 75))
    most = min(140, extent**3 * 2 // 3)
    voxels = (extent**3,) * 3 if dense else (1, draw.choice((20, 33, 51)), draw.integer(most - 20, most))
    return [{"n": n, "voxels": v, "one": 1} for n, v in zip(threads, voxels, strict=True)]


def build_counts(draw: Draw) -> Case:
    """The number of voxels of an index volume, and which of them have a neighbour."""
    s = QueryScript(draw)
    extent = draw.choice((5, 6, 7))
    s.field("cells", "vec3i", "n", domain=Integers(-1, extent + 1), names=("coords", "ijk"))
    s.thread("n", "cells", index="t", names=("tid", "idx"), counts=("num_cells",))
    _declare(s, extent)
    s.answer("volume_lookup_index", NUMBER, ("int",))
    s.answer("volume_voxel_count", COUNT, ("int",))
    s.code("count = wp.volume_voxel_count(volume)\ncell = cells[t]")
    s.code("here = wp.volume_lookup_index(volume, cell[0], cell[1], cell[2])")
    s.result("share", "real", "n", differentiable=False, names=("place", "fraction"))
    s.code(draw.choice(("share[t] = float(here) / float(count)", "share[t] = (float(here) + 0.5) / float(count)")))
    axes = draw.subset(
        (
            "cell[0] + 1, cell[1], cell[2]",
            "cell[0], cell[1] - 1, cell[2]",
            "cell[0], cell[1], cell[2] + 1",
            "cell[0] - 1, cell[1], cell[2]",
        ),
        draw.integer(2, 4),
    )
    s.code("neighbors = int(0)")
    for place in axes:
        s.code(f"if wp.volume_lookup_index(volume, {place}) >= 0:\n    neighbors += 1")
    s.result("neighbors_out", "int", "n", names=("degree", "occupied"))
    s.code(
        draw.choice(
            (
                "neighbors_out[t] = neighbors",
                "neighbors_out[t] = wp.where(here >= 0, neighbors, -1)",
                "if here < 0:\n    neighbors_out[t] = 0\nelse:\n    neighbors_out[t] = neighbors",
            )
        )
    )
    return s.finish(draw.choice(("voxel_neighbors", "count_voxels", "topology_degree")), ["n"], _sizes(draw, extent))
