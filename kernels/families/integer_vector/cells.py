"""Cells of grids: coordinates, strides, keys and codes of voxels, neighbours."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step
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
