"""Cells of grids: coordinates, strides, keys and codes of voxels, neighbours, boxes, distances between integer points."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.integer_vector.results import kept_integer, sizes


def build_cell(draw: Draw, draft: MirrorDraft) -> Case:
    """The cell of a linear index and back: strides, wrapping, clamping, bricks, a shift by a neighbour's offset."""
    i = draw.choice(("tid", "cell", "i"))
    dims = (draw.integer(3, 9), draw.integer(3, 9), draw.integer(3, 9))
    draft.field("ids", "int", "n", domain=Integers(0, dims[0] * dims[1] * dims[2]), names=("cell_id", "linear", "voxel_id"))
    draft.thread("n", "ids", index=i, counts=("num_cells", "cell_count"))
    passed = draw.chance(0.4)
    if passed:
        draft.uniform("res", "wp.vec3i", _box(dims), names=("resolution", "grid_dim"))
        nx, ny, nz = (f"res[{n}]" for n in range(3))
    else:
        nx, ny, nz = (str(d) for d in dims)
    draft.code(f"k = ids[{i}]")
    draft.code(
        draw.choice(
            (
                f"c = wp.vec3i(k % {nx}, (k // {nx}) % {ny}, k // ({nx} * {ny}))",
                f"z = k // ({nx} * {ny})\nrest_k = k - z * ({nx} * {ny})\nc = wp.vec3i(rest_k % {nx}, rest_k // {nx}, z)",
                f"c = wp.vec3i()\nc[0] = k % {nx}\nc[1] = (k // {nx}) % {ny}\nc[2] = k // ({nx} * {ny})",
            )
        )
    )
    draft.field("shifts", "wp.vec3i", "n", domain=Integers(-2, 3), names=("offset", "delta", "direction"))
    way = draw.choice(("wrap", "clamp", "test", "reflect"))
    draft.code(f"m = c + shifts[{i}]")
    if way == "wrap":
        draft.code(f"m = wp.vec3i((m[0] + {nx}) % {nx}, (m[1] + {ny}) % {ny}, (m[2] + {nz}) % {nz})")
    elif way == "clamp" and not passed and draw.chance(0.5):
        draft.code(f"m = wp.min(wp.max(m, wp.vec3i(0, 0, 0)), wp.vec3i({dims[0] - 1}, {dims[1] - 1}, {dims[2] - 1}))")
    elif way == "clamp":
        draft.code(f"m = wp.vec3i(wp.clamp(m[0], 0, {nx} - 1), wp.clamp(m[1], 0, {ny} - 1), wp.clamp(m[2], 0, {nz} - 1))")
    elif way == "reflect":
        draft.code(f"m = wp.abs(m)\nm = wp.vec3i(wp.min(m[0], {nx} - 1), wp.min(m[1], {ny} - 1), wp.min(m[2], {nz} - 1))")
    if way == "test":
        draft.code(f"""
            inside_grid = int(0)
            if m[0] >= 0 and m[1] >= 0 and m[2] >= 0 and m[0] < {nx} and m[1] < {ny} and m[2] < {nz}:
                inside_grid = 1
            """)
        draft.code("m = m * inside_grid")
    strides = f"wp.vec3i(1, {nx}, {nx} * {ny})"
    draft.code(
        draw.choice(
            (
                f"linear = wp.dot(m, {strides})",
                f"linear = m[0] + {nx} * (m[1] + {ny} * m[2])",
                f"strides = {strides}\nlinear = m[0] * strides[0] + m[1] * strides[1] + m[2] * strides[2]",
            )
        )
    )
    if draw.chance(0.6):
        out = draft.result("coords_out", "wp.vec3i", "n", names=("neighbour", "cell_out"))
        draft.code(f"{out}[{i}] = m")
    kept_integer(draft, "linear", 0, 729, i, ["n"], ("linear_out", "neighbour_id", "index_out"))
    return draft.finish(draw.choice(("neighbour_cells", "cell_coordinates", "shift_cells")), ["n"], sizes(draw))


def _box(dims: tuple[int, int, int]) -> Integers:
    """Extents that are no smaller than those that indices were drawn for."""
    return Integers(max(dims), max(dims) + 3)


def build_points(draw: Draw, draft: MirrorDraft) -> Case:
    """Cells of points in space: floored coordinates, keys of voxels by shifts, primes or Morton codes, counts per bucket."""
    i = draw.choice(("tid", "point", "i"))
    draft.field("points", "vec3", "n", low=-3.0, high=3.0, differentiable=False, names=("x", "pos", "particle_q"))
    draft.thread("n", "points", index=i, counts=("num_points", "point_count"))
    size = draft.tune(draw.choice(("cell_size", "voxel_size", "bin_width")), 0.2, 0.8)
    step(
        draft,
        "c",
        "cell_of",
        "p: vec3, size: float",
        [f"points[{i}]", size],
        draw.choice(
            (
                "return wp.vec3i(int(wp.floor(p[0] / size)), int(wp.floor(p[1] / size)), int(wp.floor(p[2] / size)))",
                "q = p / size\nreturn wp.vec3i(int(wp.floor(q[0])), int(wp.floor(q[1])), int(wp.floor(q[2])))",
                "q = (p + vec3(4.0, 4.0, 4.0)) / size\nreturn wp.vec3i(q)",
            )
        ),
        share=0.6,
        doc="Cell that a point lies in.",
    )
    way = draw.choice(("packed", "hashed", "morton", "bucket", "level"))
    if way == "packed":
        bits = draw.choice((10, 16, 21))
        mask = f"wp.uint64({(1 << bits) - 1})"
        draft.code(f"""
            kx = wp.uint64(c[0] + 64) & {mask}
            ky = wp.uint64(c[1] + 64) & {mask}
            kz = wp.uint64(c[2] + 64) & {mask}
            key = kx | (ky << wp.uint64({bits})) | (kz << wp.uint64({2 * bits}))
            """)
        out = draft.result("keys", "wp.uint64", "n", names=("voxel_key", "sort_key"))
        draft.code(f"{out}[{i}] = key")
        if draw.chance(0.5):
            out = draft.result("back", "wp.vec3i", "n", names=("cells_out",))
            shift = f"wp.uint64({bits})"
            draft.code(f"""
                first = int(key & {mask})
                second = int((key >> {shift}) & {mask})
                third = int(key >> wp.uint64({2 * bits}))
                {out}[{i}] = wp.vec3i(first, second, third) - wp.vec3i(64, 64, 64)
                """)
    elif way == "hashed":
        word = draw.choice(("wp.uint32", "wp.uint64"))
        slots = draw.choice((16, 64, 256))
        draft.code(f"h = ({word}(c[0]) * {word}(73856093)) ^ ({word}(c[1]) * {word}(19349663)) ^ ({word}(c[2]) * {word}(83492791))")
        draft.code(
            draw.choice(
                (
                    f"slot = int(h % {word}({slots}))",
                    f"slot = int(h & {word}({slots - 1}))",
                    f"slot = int((h ^ (h >> {word}(13))) % {word}({slots}))",
                )
            )
        )
        out = draft.result("bucket_counts", "int", slots, role="accumulate", names=("histogram", "cell_counts"))
        draft.code(f"wp.atomic_add({out}, slot, 1)")
        kept_integer(draft, "slot", 0, slots - 1, i, ["n"], ("slots", "bucket", "hash_out"))
    elif way == "morton":
        draft.define(
            "spread_bits",
            "v: wp.uint32",
            """
            x = v & wp.uint32(1023)
            x = (x | (x << wp.uint32(16))) & wp.uint32(0x30000FF)
            x = (x | (x << wp.uint32(8))) & wp.uint32(0x300F00F)
            x = (x | (x << wp.uint32(4))) & wp.uint32(0x30C30C3)
            x = (x | (x << wp.uint32(2))) & wp.uint32(0x9249249)
            return x
            """,
            "wp.uint32",
            "Sets two zero bits between the bits of v.",
        )
        draft.code("""
            mx = spread_bits(wp.uint32(c[0] + 512))
            my = spread_bits(wp.uint32(c[1] + 512))
            mz = spread_bits(wp.uint32(c[2] + 512))
            """)
        draft.code(
            draw.choice(
                ("code = mx | (my << wp.uint32(1)) | (mz << wp.uint32(2))", "code = mz | (my << wp.uint32(1)) | (mx << wp.uint32(2))")
            )
        )
        out = draft.result("codes", "wp.uint32", "n", names=("morton_code", "z_order"))
        draft.code(f"{out}[{i}] = code")
    elif way == "bucket":
        n = draw.integer(3, 6)
        draft.code(f"""
            b = wp.vec3i(((c[0] % {n}) + {n}) % {n}, ((c[1] % {n}) + {n}) % {n}, ((c[2] % {n}) + {n}) % {n})
            slot = b[0] + {n} * (b[1] + {n} * b[2])
            """)
        out = draft.result("counts", "int", n**3, role="accumulate", names=("cell_counts", "occupancy"))
        draft.code(f"wp.atomic_add({out}, slot, 1)")
        kept_integer(draft, "slot", 0, n**3 - 1, i, ["n"], ("slots", "cell_index"))
    else:
        level = draw.integer(1, 3)
        draft.code(f"""
            coarse = wp.vec3i(c[0] >> {level}, c[1] >> {level}, c[2] >> {level})
            inner_cell = wp.vec3i(c[0] & {(1 << level) - 1}, c[1] & {(1 << level) - 1}, c[2] & {(1 << level) - 1})
            """)
        for name, value in (("coarse_out", "coarse"), ("local_out", "inner_cell")):
            out = draft.result(name, "wp.vec3i", "n")
            draft.code(f"{out}[{i}] = {value}")
    return draft.finish(f"{way}_{draw.choice(('voxels', 'cells', 'keys'))}", ["n"], sizes(draw))


def build_distance(draw: Draw, draft: MirrorDraft) -> Case:
    """Distances between integer points and to sites: Manhattan, Chebyshev, squared, by knights' coordinates; the nearest site."""
    i = draw.choice(("tid", "i", "cell"))
    length = draw.choice((2, 3, 3, 4))
    suffix, scalar = draw.choice((("i", "int"), ("i", "int"), ("s", "wp.int16"), ("l", "wp.int64")))
    type = f"wp.vec{length}{suffix}"
    draft.field("cells", type, "n", domain=Integers(-20, 21), names=("points", "coords", "from_cell"))
    count = draw.integer(3, 9)
    draft.field("sites", type, count, domain=Integers(-20, 21), names=("seeds", "targets", "centers"))
    draft.thread("n", "cells", index=i, counts=("num_cells", "point_count"))
    metric = draw.choice(("manhattan", "chebyshev", "squared", "weighted"))
    parts = [f"wp.abs(d[{n}])" for n in range(length)]
    body = {
        "manhattan": f"d = a - b\nreturn {' + '.join(parts)}",
        "chebyshev": "return wp.max(wp.abs(a - b))",
        "squared": "d = a - b\nreturn wp.dot(d, d)",
        "weighted": f"d = wp.abs(a - b)\nreturn wp.dot(d, {type}({', '.join(str(n + 1) for n in range(length))}))",
    }[metric]
    draft.define(f"{metric}_distance", f"a: {type}, b: {type}", body, scalar, "")
    cast = "{0}" if scalar == "int" else "int({0})"
    nearest = draw.chance(0.6)
    if nearest:
        draft.code(f"""
            p = cells[{i}]
            best = int(100000)
            winner = int(-1)
            for k in range({count}):
                gap = {cast.format(f"{metric}_distance(p, sites[k])")}
                if gap < best:
                    best = gap
                    winner = k
            """)
        out = draft.result("labels", "int", "n", names=("owner", "nearest_site", "region"))
        draft.code(f"{out}[{i}] = winner")
        if draw.chance(0.5):
            out = draft.result("region_size", "int", count, role="accumulate", names=("votes", "populations"))
            draft.code(f"wp.atomic_add({out}, winner, 1)")
    else:
        draft.code(f"best = {cast.format(f'{metric}_distance(cells[{i}], sites[{draw.integer(0, count - 1)}])')}")
    kept_integer(draft, "best", 0, 8000, i, ["n"], ("distance_out", "gap_out", "steps_needed"))
    return draft.finish(f"{metric}_{draw.choice(('distance', 'regions', 'voronoi'))}", ["n"], sizes(draw))


def build_boxes(draw: Draw, draft: MirrorDraft) -> Case:
    """Integer boxes: of each row's points, of all of them by atomics, overlaps, unions, volumes, clipping."""
    i = draw.choice(("tid", "i", "cluster"))
    length = draw.choice((2, 3))
    suffix, scalar = draw.choice((("i", "int"), ("i", "int"), ("s", "wp.int16")))
    type = f"wp.vec{length}{suffix}"
    way = draw.choice(("rows", "rows", "atomic", "overlap"))
    if way == "overlap":
        for side in "ab":
            draft.field(f"low_{side}", type, "n", domain=Integers(-9, 4))
            draft.field(f"extent_{side}", type, "n", domain=Integers(1, 10))
        draft.thread("n", "low_a", index=i, counts=("num_pairs", "pair_count"))
        draft.code(f"""
            a0 = low_a[{i}]
            b0 = low_b[{i}]
            a1 = a0 + extent_a[{i}]
            b1 = b0 + extent_b[{i}]
            lower = wp.max(a0, b0)
            upper = wp.min(a1, b1)
            size = upper - lower
            """)
        test = " and ".join(f"size[{n}] > 0" for n in range(length))
        draft.code(f"overlap = int(0)\nif {test}:\n    overlap = 1")
        product = " * ".join(f"wp.max(int(size[{n}]), 0)" for n in range(length))
        draft.code(f"shared = {product}\nresult_size = shared * overlap" if draw.chance(0.5) else f"result_size = {product} + overlap")
        out = draft.result("hull_low", type, "n", names=("union_low",))
        draft.code(f"{out}[{i}] = wp.min(a0, b0)")
        kept_integer(draft, "result_size", 0, 1000, i, ["n"], ("volume_out", "overlap_out"))
        return draft.finish("overlap_boxes", ["n"], sizes(draw))
    count = draw.integer(3, 7)
    draft.field("points", type, *(["n"] if way == "atomic" else ["n", count]), domain=Integers(-50, 51), names=("coords", "cells"))
    draft.thread("n", "points", index=i, counts=("num_points", "point_count"))
    if way == "atomic":
        if scalar != "int":
            draft.code(f"q = points[{i}]\np = wp.vec{length}i(q)")
        else:
            draft.code(f"p = points[{i}]")
        low = draft.result("lower", "int", length, role="accumulate", names=("bounds_low",))
        high = draft.result("upper", "int", length, role="accumulate", names=("bounds_high",))
        if draw.chance(0.5):
            for n in range(length):
                draft.code(f"wp.atomic_min({low}, {n}, p[{n}])\nwp.atomic_max({high}, {n}, p[{n}])")
        else:
            draft.code(f"for n in range({length}):\n    wp.atomic_min({low}, n, p[n])\n    wp.atomic_max({high}, n, p[n])")
        if draw.chance(0.6):
            draft.code("widest = wp.max(wp.abs(p))")
            kept_integer(draft, "widest", 0, 50, i, ["n"], ("widest_out", "reach"))
        return draft.finish("atomic_bounds", ["n"], sizes(draw))
    draft.code(f"""
        lower = points[{i}, 0]
        upper = points[{i}, 0]
        for k in range(1, {count}):
            lower = wp.min(lower, points[{i}, k])
            upper = wp.max(upper, points[{i}, k])
        extent = upper - lower
        """)
    for name, value in (("low_out", "lower"), ("high_out", "upper")):
        out = draft.result(name, type, "n")
        draft.code(f"{out}[{i}] = {value}")
    axis = draw.choice(("argmax", "argmin", "sum", "volume"))
    if axis in ("argmax", "argmin"):
        draft.code(f"axis = int(wp.{axis}(extent))\nlongest = int(extent[axis]) * 4 + axis")
    elif axis == "sum":
        draft.code(f"longest = {' + '.join(f'int(extent[{n}])' for n in range(length))}")
    else:
        draft.code(f"longest = {' * '.join(f'(int(extent[{n}]) + 1)' for n in range(length))}")
    kept_integer(draft, "longest", 0, 2000000, i, ["n"], ("size_out", "split_axis", "extent_out"), share=0.0 if axis == "volume" else 0.4)
    return draft.finish("row_bounds", ["n"], sizes(draw))


def build_weights(draw: Draw, draft: MirrorDraft) -> Case:
    """Values read at integer cells around a point, with weights that follow from where it lies in its cell."""
    i = draw.choice(("tid", "i", "sample"))
    nx, ny = draw.integer(5, 9), draw.integer(5, 9)
    draft.field("grid_values", "float", nx, ny, names=("field", "image", "density"))
    draft.field("points", "vec2", "n", domain=Uniform(0.2, min(nx, ny) - 1.2), names=("uv", "where_at"))
    draft.thread("n", "points", index=i, counts=("num_samples", "count"))
    draft.code(f"p = points[{i}]\nc = wp.vec2i(int(wp.floor(p[0])), int(wp.floor(p[1])))")
    way = draw.choice(("nearest", "bilinear", "bilinear", "sum"))
    if way == "nearest":
        draft.code("value = grid_values[c[0], c[1]]\nvalue = value * (p[0] - float(c[0]))")
    elif way == "bilinear":
        draft.code("""
            fx = p[0] - float(c[0])
            fy = p[1] - float(c[1])
            top = grid_values[c[0], c[1]] * (1.0 - fy) + grid_values[c[0], c[1] + 1] * fy
            bottom = grid_values[c[0] + 1, c[1]] * (1.0 - fy) + grid_values[c[0] + 1, c[1] + 1] * fy
            value = top * (1.0 - fx) + bottom * fx
            """)
    else:
        draft.code(f"""
            value = float(0.0)
            for dx in range(-1, 2):
                for dy in range(-1, 2):
                    m = wp.max(c + wp.vec2i(dx, dy), wp.vec2i(0, 0))
                    m = wp.min(m, wp.vec2i({nx - 1}, {ny - 1}))
                    gap = p - vec2(float(m[0]), float(m[1]))
                    value = value + grid_values[m[0], m[1]] * wp.exp(-wp.dot(gap, gap))
            """)
    stored(draft, "value", "float", 9.0, i, ["n"], ("value_out", "sampled"))
    return draft.finish(f"{way}_lookup", ["n"], sizes(draw))
