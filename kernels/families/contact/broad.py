"""Broad phase: bounding boxes of shapes, overlaps of all pairs or along a sorted axis, and filters by group, mask and world.

Counts are atomic sums of integers: no result depends on the order of the threads.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Permutation, RigidTransforms, Sorted, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.contact.bodies import sizes


def build_boxes(draw: Draw, s: Script) -> Case:
    """Bounding boxes of posed shapes, with margins, swept motion, and the bounds of all of them."""
    s.field("pose", "transform", "m", domain=RigidTransforms(-1.0, 1.0), names=("shape_q", "body_q", "geom_pose"))
    s.field("half", "vec3", "m", low=0.1, high=0.6, names=("half_extents", "shape_scale", "geom_size"))
    s.thread("m", "pose", names=("g", "shape", "geom"), counts=("num_shapes", "shape_count"))
    s.code("x = pose[tid]\np = wp.transform_get_translation(x)\nq = wp.transform_get_rotation(x)\nh = half[tid]")
    kind = draw.choice(("box", "box", "capsule", "sphere", "told"))
    if kind == "box":
        s.code(
            draw.choice(
                (
                    "ex = wp.abs(wp.quat_rotate(q, wp.vec3(h[0], 0.0, 0.0)))\n"
                    "ey = wp.abs(wp.quat_rotate(q, wp.vec3(0.0, h[1], 0.0)))\n"
                    "ez = wp.abs(wp.quat_rotate(q, wp.vec3(0.0, 0.0, h[2])))\nreach = ex + ey + ez",
                    "r = wp.quat_to_matrix(q)\n"
                    "reach = wp.vec3(wp.abs(r[0, 0]) * h[0] + wp.abs(r[0, 1]) * h[1] + wp.abs(r[0, 2]) * h[2], wp.abs(r[1, "
                    "0]) * h[0] + wp.abs(r[1, 1]) * h[1] + wp.abs(r[1, 2]) * h[2], wp.abs(r[2, 0]) * h[0] + wp.abs(r[2, 1]) * "
                    "h[1] + wp.abs(r[2, 2]) * h[2])",
                )
            )
        )
    elif kind == "capsule":
        s.code("axis = wp.abs(wp.quat_rotate(q, wp.vec3(0.0, h[1], 0.0)))\nreach = axis + wp.vec3(h[0], h[0], h[0])")
    elif kind == "sphere":
        s.code("reach = wp.vec3(h[0], h[0], h[0])")
    else:
        s.field("kind", "int", "m", domain=Integers(0, 3), names=("shape_type", "geom_type"))
        s.code(
            "k = kind[tid]\nreach = wp.vec3(h[0], h[0], h[0])\nif k == 1:\n"
            "    axis = wp.abs(wp.quat_rotate(q, wp.vec3(0.0, h[1], 0.0)))\n    reach = reach + axis\n"
            "elif k == 2:\n    size = wp.length(h)\n    reach = wp.vec3(size, size, size)"
        )
    if draw.chance(0.6):
        s.tuning(("margin", 0.01, 0.2))
        s.code("reach = reach + wp.vec3(margin, margin, margin)")
    s.code("lo = p - reach\nhi = p + reach")
    if draw.chance(0.4):
        s.field("velocity", "vec3", "m", names=("shape_v", "linear_velocity"))
        s.tuning(("dt", 0.05, 0.3))
        s.code("sweep = velocity[tid] * dt\nlo = wp.min(lo, lo + sweep)\nhi = wp.max(hi, hi + sweep)")
    for out, value, names in (("lower", "lo", ("aabb_lower", "box_min")), ("upper", "hi", ("aabb_upper", "box_max"))):
        s.result(out, "vec3", "m", names=names)
        s.code(f"{out}[tid] = {value}")
    extra = draw.choice(("none", "size", "axis", "cell"))
    if extra == "size":
        s.result("surface", "real", "m", names=("box_area", "sah_cost"))
        s.code("d = hi - lo\nsurface[tid] = 2.0 * (d[0] * d[1] + d[1] * d[2] + d[2] * d[0])")
    elif extra == "axis":
        s.result("key", "real", "m", names=("sort_key", "sap_projection"))
        s.tuning(("ax", 0.3, 0.9), ("ay", 0.1, 0.6))
        s.code("key[tid] = ax * p[0] + ay * p[1] + 0.3 * p[2] - wp.length(reach)")
    elif extra == "cell":
        s.result("cell", "int", "m", names=("grid_cell", "bucket"))
        s.tuning(("inv_cell", 0.7, 2.0))
        s.code("ix = int(wp.floor((p[0] + 2.0) * inv_cell))\niy = int(wp.floor((p[1] + 2.0) * inv_cell))\ncell[tid] = ix * 16 + iy")
    return s.finish(
        draw.choice(("compute_aabbs", "shape_bounds", "update_aabbs")),
        ["m"],
        sizes(draw, 200),
        doc=draw.choice(("", "Bounding boxes of all shapes.")),
    )


def _filters(draw: Draw, s: Script, a: str, b: str, count: str) -> list[str]:
    """Arrays of a drawn filter, and the conditions under which a pair is kept."""
    kinds = draw.subset(("group", "mask", "world", "body", "moving"), draw.integer(0, 3))
    keep = []
    if "group" in kinds:
        s.field("group", "int", count, domain=Integers(0, 4), names=("collision_group", "filter_group"))
        keep.append(draw.choice((f"group[{a}] != group[{b}]", f"(group[{a}] != group[{b}] or group[{a}] == 0)")))
    if "mask" in kinds:
        s.field("category", "int", count, domain=Integers(1, 16), names=("contype", "layer_bits"))
        s.field("mask", "int", count, domain=Integers(0, 16), names=("conaffinity", "collide_mask"))
        keep.append(f"(category[{a}] & mask[{b}]) != 0")
        if draw.chance(0.5):
            keep.append(f"(category[{b}] & mask[{a}]) != 0")
    if "world" in kinds:
        s.field("world", "int", count, domain=Integers(0, 3), names=("world_id", "env_index"))
        keep.append(f"world[{a}] == world[{b}]")
    if "body" in kinds:
        s.field("body", "int", count, domain=Integers(-1, 6), names=("shape_body", "geom_bodyid"))
        keep.append(f"body[{a}] != body[{b}]")
    if "moving" in kinds:
        s.field("dynamic", "int", count, domain=Integers(0, 2), names=("is_dynamic", "movable"))
        keep.append(f"dynamic[{a}] + dynamic[{b}] > 0")
    return keep


def build_overlaps(draw: Draw, s: Script) -> Case:
    """Overlaps of all pairs of boxes, a thread per pair, with counts, flags or depths as the result."""
    base = draw.choice(("vec3", "vec3", "vec2"))
    dims = int(base[-1])
    for name, low, high, names in (("lower", -1.2, 0.2, ("aabb_lower", "box_min")), ("upper", 0.0, 1.4, ("aabb_upper", "box_max"))):
        s.field(name, base, "n", low=low, high=high, names=names)
    s.grid(("i", "rows", "n"), ("j", "columns", "n"))
    ordered = draw.chance(0.7)
    if ordered:
        s.code(draw.choice(("if i >= j:\n    return", "if j <= i:\n    return")))
    else:
        s.code("if i == j:\n    return")
    keep = _filters(draw, s, "i", "j", "n")
    nested = draw.chance(0.4)
    if keep and not nested:
        s.code("\n".join(f"if not ({k}):\n    return" for k in keep))
    s.code("la = lower[i]\nua = upper[i]\nlb = lower[j]\nub = upper[j]")
    if draw.chance(0.3):
        s.tuning(("margin", 0.02, 0.2))
        pad = f"wp.{base}({', '.join(['margin'] * dims)})"
        s.code(f"pad = {pad}\nla = la - pad\nua = ua + pad")
    tests = [f"la[{k}] <= ub[{k}] and ua[{k}] >= lb[{k}]" for k in range(dims)]
    spelled = draw.choice(("one", "steps", "function"))
    if spelled == "one":
        s.code(f"hit = {' and '.join(tests)}")
    elif spelled == "function":
        body = "\n".join(f"if a_lo[{k}] > b_hi[{k}] or a_hi[{k}] < b_lo[{k}]:\n    return 0" for k in range(dims)) + "\nreturn 1"
        s.define(
            "boxes_overlap", f"a_lo: {base}, a_hi: {base}, b_lo: {base}, b_hi: {base}", body, "int", "Whether two boxes overlap, as 0 or 1."
        )
        s.code("hit = boxes_overlap(la, ua, lb, ub) == 1")
    else:
        s.code("\n".join(f"if la[{k}] > ub[{k}] or ua[{k}] < lb[{k}]:\n    return" for k in range(dims)))
    condition = " and ".join(([] if spelled == "steps" else ["hit"]) + (keep if nested else []))
    outputs = draw.subset(("count", "degree", "matrix", "depth"), draw.integer(1, 2))
    lines = []
    if "count" in outputs:
        s.result("pair_count", "int", "one", role="accumulate", names=("num_pairs", "ncollision"))
        lines.append("wp.atomic_add(pair_count, 0, 1)")
    if "degree" in outputs:
        s.result("degree", "int", "n", role="accumulate", names=("overlap_count", "shape_pairs"))
        lines += ["wp.atomic_add(degree, i, 1)"] + (["wp.atomic_add(degree, j, 1)"] if ordered else [])
    if "matrix" in outputs:
        s.result("overlap", "int", "n", "n", role="accumulate", names=("pair_flags", "collide_matrix"))
        lines.append("overlap[i, j] = 1")
    if "depth" in outputs:
        s.result("depth", "real", "n", role="accumulate", names=("overlap_depth", "max_overlap"))
        parts = [f"wp.min(ua[{k}] - lb[{k}], ub[{k}] - la[{k}])" for k in range(dims)]
        text = parts[0]
        for part in parts[1:]:
            text = f"wp.min({text}, {part})"
        lines.append(f"shallow = {text}\nwp.atomic_{draw.choice(('max', 'add'))}(depth, i, shallow)")
    text = "\n".join(lines)
    s.code(f"if {condition}:\n    " + text.replace("\n", "\n    ") if condition else text)
    counts = (1, draw.choice((5, 7, 11)), draw.choice((13, 15, 17)))
    return s.finish(
        draw.choice(("nxn_broadphase", "aabb_overlaps", "broad_phase_pairs", "all_pairs")),
        ["n", "n"],
        [{"n": n, "one": 1} for n in counts],
        doc=draw.choice(("", "Overlapping boxes of all pairs of shapes.")),
    )


def build_sweep(draw: Draw, s: Script) -> Case:
    """Sweep and prune: boxes in the order of their lower ends along an axis; each counts those that begin before it ends."""
    s.field("lower", "real", "n", domain=Sorted(-2.0, 2.0), names=("sap_lower", "sorted_min", "interval_start"))
    s.field("extent", "real", "n", low=0.05, high=0.5, names=("sap_extent", "interval_length"))
    ordered = draw.chance(0.6)
    if ordered:
        s.field("order", "int", "n", indices=Permutation(), names=("sort_index", "sap_index"))
    s.thread("n", "lower", names=("i", "k", "rank"), counts=("num_shapes", "shape_count"))
    s.number_of("total", "n")
    own = "order[tid]" if ordered else "tid"
    s.code(f"a = {own}\nend = lower[tid] + extent[tid]\nfound = int(0)")
    keep = _filters(draw, s, "a", "b", "n")
    bound = ""
    if draw.chance(0.3):
        s.tuning(("window", 0.01, 0.1))
        bound = " + window"
    other = "order[j]" if ordered else "j"
    reach = draw.choice((4, 6, 8))
    last = draw.choice((f"wp.min(tid + {reach}, total)", "total")) if draw.chance(0.5) else f"wp.min(tid + {reach}, total)"
    stop = draw.choice(("break", "skip"))
    body = f"b = {other}\n"
    test = f"lower[j] > end{bound}"
    third = draw.chance(0.5)
    if third:
        s.field("y_min", "real", "n", low=-1.0, high=0.2, names=("lower_y", "min_y"))
        s.field("y_max", "real", "n", low=-0.2, high=1.0, names=("upper_y", "max_y"))
        keep.append("y_min[a] <= y_max[b]")
        keep.append("y_max[a] >= y_min[b]")
    if stop == "break":
        body += f"if {test}:\n    break\n"
        body += f"if {' and '.join(keep)}:\n    found += 1\n" if keep else "found += 1\n"
    else:
        body += f"if {' and '.join([f'lower[j] <= end{bound}', *keep])}:\n    found += 1\n"
    s.code(f"for j in range(tid + 1, {last}):\n    " + body.strip().replace("\n", "\n    "))
    s.result("pairs_of", "int", "n", names=("sap_range", "overlap_count", "num_candidates"))
    s.code("pairs_of[tid] = found")
    if draw.chance(0.5):
        s.result("pair_total", "int", "one", role="accumulate", names=("num_pairs", "ncollision"))
        s.code("wp.atomic_add(pair_total, 0, found)")
    if draw.chance(0.4):
        s.result("by_shape", "int", "n", role="accumulate", names=("shape_pairs", "degree"))
        s.code("wp.atomic_add(by_shape, a, found)")
    return s.finish(
        draw.choice(("sweep_and_prune", "sap_range", "sort_and_sweep")),
        ["n"],
        [{"n": n, "one": 1} for n in (1, draw.choice((7, 11, 13)), draw.integer(65, 80) | 1)],
        doc=draw.choice(("", "Candidates of each interval behind it in sorted order.")),
    )


def build_reduce(draw: Draw, s: Script) -> Case:
    """What contacts come to per body: counts, deepest contact, mean normal, total load; order-independent reductions by atomics."""
    s.field("contact_body", "int", "m", below="bodies", names=("body_id", "contact_body0", "geom_bodyid"))
    s.field("depth", "real", "m", low=-0.2, high=0.5, names=("contact_depth", "penetration"))
    s.thread("m", "depth", names=("c", "cid", "contact"), counts=("num_contacts", "contact_count"))
    s.code("b = contact_body[tid]\nd = depth[tid]")
    s.code(draw.choice(("if d <= 0.0:\n    return", "if d < 0.0:\n    return")))
    parts = draw.subset(("count", "deepest", "normal", "load", "histogram", "center"), draw.integer(2, 4))
    if "count" in parts:
        s.result("count", "int", "bodies", role="accumulate", names=("body_contacts", "ncon_body"))
        s.code("wp.atomic_add(count, b, 1)")
    if "deepest" in parts:
        s.result("deepest", "real", "bodies", role="accumulate", names=("max_depth", "worst"))
        s.code("wp.atomic_max(deepest, b, d)")
    if "normal" in parts:
        s.field("normal", "vec3", "m", domain=UnitVectors(), names=("contact_normal", "contact_n"))
        s.result("mean_normal", "vec3", "bodies", role="accumulate", names=("normal_sum", "push_dir"))
        s.code(draw.choice(("wp.atomic_add(mean_normal, b, normal[tid] * d)", "wp.atomic_add(mean_normal, b, normal[tid])")))
    if "load" in parts:
        s.tuning(("ke", 0.5, 3.0))
        s.result("load", "real", "bodies", role="accumulate", names=("normal_load", "pressure_sum"))
        s.code(draw.choice(("wp.atomic_add(load, b, ke * d)", "wp.atomic_add(load, b, ke * d * wp.sqrt(d))")))
    if "histogram" in parts:
        s.result("bins", "int", 8, role="accumulate", names=("depth_histogram", "bin_count"))
        s.tuning(("bin_scale", 8.0, 14.0))
        s.code("k = wp.min(int(d * bin_scale), 7)\nwp.atomic_add(bins, k, 1)")
    if "center" in parts:
        s.field("point", "vec3", "m", names=("contact_pos", "contact_point"))
        s.result("center", "vec3", "bodies", role="accumulate", names=("pressure_center", "moment"))
        s.result("weight", "real", "bodies", role="accumulate", names=("weight_sum", "depth_sum"))
        s.code("wp.atomic_add(center, b, point[tid] * d)\nwp.atomic_add(weight, b, d)")
    return s.finish(draw.choice(("reduce_contacts", "contact_statistics", "accumulate_contacts")), ["m"], sizes(draw, 200))
