"""Rays that go through a mesh: every face on the way is found by the mesh's own tree and met by plain mathematics."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.faces import Faces, face_corners
from kernels.families.mesh_query.search import Mesh, mesh_sizes

_KINDS = ("count", "thickness", "first", "last", "absorbed", "turns", "any", "normal", "point", "marks")
_STARTS = {
    "count": {"count": "int(0)"},
    "thickness": {"thickness": "float(0.0)"},
    "first": {"t_min": "float(1.0e3)", "first": "int(-1)"},
    "last": {"t_max": "float(-1.0)"},
    "absorbed": {"tau": "float(0.0)"},
    "turns": {"turns": "float(0.0)"},
    "any": {"hit": "int(0)"},
    "normal": {"mean": "wp.vec3()"},
    "point": {"moment": "wp.vec3()"},
    "marks": {},
}
_OUTS = {
    "count": ("count_out", "int", "count", ("hit_count", "num_crossings")),
    "thickness": ("depth_out", "real", "thickness", ("thickness_out", "path_inside", "solid_length")),
    "first": ("first_t", "real", "t_min", ("entry_t", "nearest_t")),
    "last": ("last_t", "real", "t_max", ("exit_t", "furthest_t")),
    "absorbed": ("light_out", "real", "tau", ("optical_depth", "absorbed", "transmittance")),
    "turns": ("turns_out", "real", "turns", ("winding", "balance")),
    "any": ("hit_out", "int", "hit", ("occluded", "blocked")),
    "normal": ("normal_out", "vec3", "mean", ("normal_sum", "mean_normal")),
    "point": ("moment_out", "vec3", "moment", ("hit_sum", "point_sum")),
}

_MEETING = (
    "ab = b - a\nac = c - a\nh = wp.cross(direction, ac)\nslope = wp.dot(ab, h)\nfrom_a = start - a\nu = wp.dot(from_a, h) / slope\n"
    "k = wp.cross(from_a, ab)\nv = wp.dot(direction, k) / slope\nt = wp.dot(ac, k) / slope"
)


def build_through(s: QueryScript) -> Case:
    """All hits of rays (Moeller and Trumbore, 1997): counts, first and last, the length inside, absorption, turns, marks on the faces."""
    draw = s.draw
    kinds = draw.subset(_KINDS, draw.weighted((1, 2, 3), (3, 4, 2)))
    if "any" in kinds and len(kinds) > 1:
        kinds.remove("any")
    mesh = Mesh(s)
    faces = Faces(s, mesh, kind="ray")
    faces.declare()
    if "absorbed" in kinds:
        s.field("opacity", "real", "faces", low=0.1, high=1.0, names=("density", "absorption", "face_weight"))
    conditions = ["u > 0.0", "v > 0.0", "u + v < 1.0", "t > 0.0"]
    if draw.chance(0.4):
        s.tuning(("max_t", 0.8, 2.5))
        faces.limit("max_t")
        conditions.append("t < max_t")
    nonlinear = kinds == ["absorbed"] and draw.chance(0.6)
    met = _meeting(s) if draw.chance(0.4) else ""
    for kind in kinds:
        s.start(**_STARTS[kind])
    with faces.near(function="absorb_along" if nonlinear else "") as pairs:
        face_corners(s, mesh)
        if met:
            s.code(f"t, u, v, slope = {met}(start, direction, a, b, c)")
        else:
            s.code(_MEETING)
        pairs.only(" and ".join(conditions))
        for kind in sorted(kinds, key=lambda k: k == "any"):
            _term(s, mesh, pairs, kind)
    s.kernel = [line for line in s.kernel if line.strip() != "first = int(-1)"]
    for kind in kinds:
        _store(s, kind, nonlinear=nonlinear)
    return s.finish(draw.choice(("all_hits", "trace_through", "x_ray", "rays_through_mesh")), ["n"], mesh_sizes(mesh, s))


def _meeting(s: QueryScript) -> str:
    """A function that gives where a ray meets the plane of a triangle: its t, the weights of two corners, the slope."""
    return s.define(
        "ray_triangle",
        "start: vec3, direction: vec3, a: vec3, b: vec3, c: vec3",
        f"{_MEETING}\nreturn t, u, v, slope",
        "real, real, real, real",
        doc=s.draw.choice(("", "Meets a ray with a triangle.")),
    )


def _term(s: QueryScript, mesh: Mesh, pairs: Pairs, kind: str) -> None:
    """What a hit adds to the thread's results."""
    draw = s.draw
    if kind == "count":
        pairs.count("count")
    elif kind == "thickness":
        s.code(draw.choice(("along = wp.where(slope > 0.0, -t, t)", "along = t\nif slope > 0.0:\n    along = -t")))
        pairs.add("thickness", "real", "along")
    elif kind == "first":
        pairs.extreme("t_min", "t", "1.0e3")
    elif kind == "last":
        pairs.extreme("t_max", "t", "-1.0", most=True)
    elif kind == "absorbed":
        pairs.add("tau", "real", draw.choice(("opacity[f]", "opacity[f] * opacity[f]", "0.5 * opacity[f]")))
    elif kind == "turns":
        pairs.add("turns", "real", draw.choice(("wp.sign(slope)", "wp.where(slope > 0.0, -1.0, 1.0)", "wp.where(slope > 0.0, 1.0, -0.5)")))
    elif kind == "any":
        pairs.flag("hit", leave=draw.chance(0.5))
    elif kind == "normal":
        mesh.builtin("mesh_eval_face_normal")
        s.code("n = wp.mesh_eval_face_normal(mesh, f)")
        pairs.add("mean", "vec3", draw.choice(("n", "n * 0.5")))
    elif kind == "point":
        pairs.add("moment", "vec3", draw.choice(("start + direction * t", "direction * t")))
    else:
        s.result("marks", "int", "faces", role="accumulate", names=("face_hits", "touched", "visited"))
        s.code(draw.choice(("wp.atomic_add(marks, f, 1)", "wp.atomic_max(marks, f, i + 1)")))


def _store(s: QueryScript, kind: str, *, nonlinear: bool) -> None:
    draw = s.draw
    if kind == "marks":
        return
    name, base, value, names = _OUTS[kind]
    smooth = None if kind in ("thickness", "absorbed", "point") or base == "int" else False
    s.result(name, base, "n", differentiable=smooth, names=names)
    if nonlinear:
        value = draw.choice((f"wp.exp(-{value})", f"1.0 / (1.0 + {value})"))
    elif kind == "count":
        value = draw.choice((value, f"{value} % 2", f"{value} & 1"))
    elif kind in ("thickness", "point") and draw.chance(0.4):
        value = f"0.5 * {value}"
    s.code(f"{name}[i] = {value}")
