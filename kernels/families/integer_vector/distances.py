"""Integer points: distances to sites, boxes of rows and of all points, values read at cells around a point."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.integer_vector.results import kept_integer, sizes


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
