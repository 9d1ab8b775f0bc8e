"""Points, rays and capsules that ask a tree: contacts with spheres and boxes, distances, optical depths, first hits, swept volumes."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.families.bvh_query.pairs import gather
from kernels.families.bvh_query.search import Tree, sizes


def build_points(s: QueryScript) -> Case:
    """Points with a reach: penalty forces from the spheres or boxes in the tree's boxes, distances, or what they gather."""
    draw = s.draw
    what = draw.choice(("spheres", "boxes", "gather", "distance"))
    tree = Tree(s, "point")
    tree.declare()
    if what == "gather":
        kinds = draw.subset(("count", "weight", "nearest", "any", "center"), draw.integer(1, 2))
        if "any" in kinds and len(kinds) > 1:
            kinds.remove("any")
        gather(s, tree, kinds, "sum_near" if not ({"nearest", "any"} & {*kinds}) and draw.chance(0.25) else "")
        return s.finish(draw.choice(("query_points", "points_near_boxes", "gather_near")), ["m"], sizes(s))
    if what == "distance":
        return _distances(s, tree)
    s.tuning(("stiffness", 1.0, 6.0))
    moving = draw.chance(0.4)
    if moving:
        s.field("v", "vec3", "m", low=-1.0, high=1.0, names=("particle_qd", "velocities"))
        s.tuning(("damping", 0.1, 0.8))
    s.start(force="wp.vec3()")
    function = "shape_contacts" if draw.chance(0.3) else ""
    with tree.hits(function=function) as pairs:
        s.code("center = 0.5 * (lowers[j] + uppers[j])")
        if what == "spheres":
            s.code("half = 0.5 * (uppers[j] - lowers[j])")
            s.code(draw.choice(("radius = wp.min(wp.min(half[0], half[1]), half[2])", "radius = (half[0] + half[1] + half[2]) / 3.0")))
            s.code("d = p - center\nr = wp.length(d)")
            s.code(draw.choice(("depth = radius + 0.5 * reach - r", "depth = radius + 0.2 - r")))
            pairs.only("depth > 0.0", "depth <= 0.0")
            s.code("n = d / (r + 0.001)")
        else:
            s.code("inner = wp.min(wp.max(p, lowers[j]), uppers[j])\nd = p - inner\nr = wp.length(d)")
            s.code("depth = reach - r")
            pairs.only(*(("depth > 0.0 and r > 0.01", "") if draw.chance(0.5) else ("r > 0.01 and r < reach", "")))
            s.code("n = d / r")
        s.code(draw.choice(("f = n * (stiffness * depth)", "f = stiffness * depth * depth * n")))
        if moving:
            s.code("vn = wp.dot(v[i], n)")
            s.code(draw.choice(("f = f - n * (damping * wp.min(vn, 0.0))", "f = f - damping * vn * n")))
        pairs.add("force", "vec3", "f")
    s.result("force_out", "vec3", "m", names=("particle_f", "forces", "contact_force"))
    s.code("force_out[i] = force")
    if function and draw.chance(0.5):
        s.result("speed_out", "real", "m", names=("load", "magnitude"))
        s.code("speed_out[i] = wp.length_sq(force)")
    return s.finish(draw.choice(("collide_particles", "particle_shape_contacts", "eval_contacts")), ["m"], sizes(s))


def _distances(s: QueryScript, tree: Tree) -> Case:
    """The distance to the nearest of the boxes found, with what is made of it."""
    draw = s.draw
    s.define(
        "box_distance",
        "p: vec3, center: vec3, half: vec3",
        "q = wp.vec3(wp.abs(p[0] - center[0]) - half[0], wp.abs(p[1] - center[1]) - half[1], wp.abs(p[2] - center[2]) - half[2])\n"
        "away = wp.vec3(wp.max(q[0], 0.0), wp.max(q[1], 0.0), wp.max(q[2], 0.0))\n"
        "return wp.length(away) + wp.min(wp.max(q[0], wp.max(q[1], q[2])), 0.0)",
        "real",
        doc=draw.choice(("", "Signed distance to a box.")),
    )
    s.start(closest="float(1.0e3)", nearest="int(-1)")
    with tree.hits() as pairs:
        s.code("center = 0.5 * (lowers[j] + uppers[j])\nhalf = 0.5 * (uppers[j] - lowers[j])")
        s.code("gap = box_distance(p, center, half)")
        if draw.chance(0.3):
            s.tuning(("inflate", 0.01, 0.1))
            s.code("gap = gap - inflate")
        pairs.extreme("closest", "gap", "1.0e3", "nearest" if draw.chance(0.7) else "")
    s.result("distance_out", "real", "m", differentiable=False, names=("sdf", "clearance", "min_distance"))
    s.code(draw.choice(("distance_out[i] = closest", "distance_out[i] = wp.min(closest, reach)")))
    if "nearest" in s.names.values:
        s.result("nearest_out", "int", "m", names=("shape_id", "closest_shape"))
        s.code("nearest_out[i] = nearest")
    else:
        s.kernel = [line for line in s.kernel if line.strip() != "nearest = int(-1)"]
    return s.finish(draw.choice(("box_clearance", "nearest_box", "scene_distance")), ["m"], sizes(s))


def build_rays(s: QueryScript) -> Case:
    """Rays and capsules: counts, optical depth, first and last hits, transmitted light, hits told to the boxes."""
    draw = s.draw
    tree = Tree(s, draw.choice(("ray", "ray", "capsule")))
    kinds = draw.subset(("count", "depth", "first", "any", "marks", "last"), draw.weighted((1, 2, 3), (3, 4, 2)))
    if "any" in kinds and len(kinds) > 1:
        kinds.remove("any")
    tree.declare()
    measured = bool({"depth", "first", "last"} & {*kinds})
    if "depth" in kinds:
        s.field("density", "real", "n", low=0.1, high=1.0, names=("sigma", "absorption", "opacity"))
    starts = {
        "count": {"count": "int(0)"},
        "depth": {"tau": "float(0.0)"},
        "first": {"t_min": "float(1.0e3)", "first": "int(-1)"},
        "any": {"hit": "int(0)"},
        "marks": {},
        "last": {"t_max": "float(-1.0)"},
    }
    for kind in kinds:
        s.start(**starts[kind])
    function = draw.choice(("optical_depth", "march_boxes")) if kinds == ["depth"] and draw.chance(0.6) else ""
    entry = entry_of(s) if measured else ""
    with tree.hits(function=function) as pairs:
        if measured:
            entry_lines(s, entry)
            if tree.kind == "capsule" or draw.chance(0.3):
                pairs.only("t_out > t_in and t_out > 0.0")
            s.code(draw.choice(("t_enter = wp.max(t_in, 0.0)", "t_enter = wp.clamp(t_in, 0.0, 50.0)")))
        for kind in sorted(kinds, key=lambda k: k == "any"):
            if kind == "count":
                pairs.count("count")
            elif kind == "depth":
                pairs.add("tau", "real", draw.choice(("density[j] * (t_out - t_enter)", "(t_out - t_enter) * density[j] * 0.5")))
            elif kind == "first":
                pairs.extreme("t_min", "t_enter", "1.0e3")
            elif kind == "last":
                pairs.extreme("t_max", "t_out", "-1.0", most=True)
            elif kind == "any":
                pairs.flag("hit", leave=draw.chance(0.5))
            else:
                s.result("marks", "int", "n", role="accumulate", names=("box_hits", "ray_count", "visited"))
                s.code("wp.atomic_add(marks, j, 1)")
    s.kernel = [line for line in s.kernel if line.strip() != "first = int(-1)"]
    for kind in kinds:
        _ray_result(s, kind, nonlinear=bool(function))
    names = {"ray": ("cast_rays", "trace_boxes", "ray_query"), "capsule": ("sweep_capsules", "capsule_query", "swept_overlaps")}
    return s.finish(draw.choice(names[tree.kind]), ["m"], sizes(s))


def entry_of(s: QueryScript) -> str:
    """A function that gives where a ray enters and leaves a box, or "" for the same in place."""
    if s.draw.chance(0.5):
        return ""
    return s.define(
        "box_interval",
        "start: vec3, direction: vec3, low: vec3, high: vec3",
        "inv = wp.vec3(1.0 / direction[0], 1.0 / direction[1], 1.0 / direction[2])\n"
        "a = wp.cw_mul(low - start, inv)\nb = wp.cw_mul(high - start, inv)\n"
        "near = wp.min(a, b)\nfar = wp.max(a, b)\n"
        "t_in = wp.max(wp.max(near[0], near[1]), near[2])\nt_out = wp.min(wp.min(far[0], far[1]), far[2])\nreturn t_in, t_out",
        "real, real",
    )


def entry_lines(s: QueryScript, function: str) -> None:
    """Names where the thread's ray enters and leaves box `j`: `t_in`, `t_out`."""
    if function:
        s.code(f"t_in, t_out = {function}(start, direction, lowers[j], uppers[j])")
        return
    s.code(
        "a = wp.cw_div(lowers[j] - start, direction)\nb = wp.cw_div(uppers[j] - start, direction)\nnear = wp.min(a, b)\nfar = wp.max(a, b)"
    )
    s.code("t_in = wp.max(wp.max(near[0], near[1]), near[2])\nt_out = wp.min(wp.min(far[0], far[1]), far[2])")


def _ray_result(s: QueryScript, kind: str, *, nonlinear: bool) -> None:
    draw = s.draw
    if kind == "depth":
        s.result("light", "real", "m", names=("transmittance", "radiance", "optical_depth"))
        s.code(
            draw.choice(("light[i] = wp.exp(-tau)", "light[i] = 1.0 / (1.0 + tau)"))
            if nonlinear
            else draw.choice(("light[i] = tau", "light[i] = 0.5 * tau"))
        )
    elif kind in ("first", "last"):
        local = {"first": "t_min", "last": "t_max"}[kind]
        s.result(f"{kind}_t", "real", "m", differentiable=False, names=(f"{kind}_hit", f"t_{kind}"))
        s.code(f"{kind}_t[i] = {local}")
        if draw.chance(0.4):
            s.result(f"{kind}_point", "vec3", "m", differentiable=False, names=(f"{kind}_position", f"point_{kind}"))
            s.code(f"{kind}_point[i] = start + {local} * direction")
    elif kind in ("count", "any"):
        local = {"count": "count", "any": "hit"}[kind]
        s.result(
            f"{local}_out", "int", "m", names={"count": ("hit_count", "num_hits"), "any": ("occluded", "blocked", "visible_hit")}[kind]
        )
        s.code(f"{local}_out[i] = {local}" if kind == "count" or draw.chance(0.6) else f"{local}_out[i] = 1 - {local}")
