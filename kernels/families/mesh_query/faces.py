"""Faces of a mesh: those near a box, a ball or a ray."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.answers import TRIANGLE_GAPS
from kernels.families.mesh_query.search import NEEDS_CORNERS, Mesh, mesh_sizes
from kernels.mesh_domains import BoxCorners

FACE_BOXES = (
    "def faces_in_box(mesh, low, high):",
    "    tips = np.stack(corners(mesh))",
    "    return np.all((low[:, None] <= tips.max(axis=0)) & (high[:, None] >= tips.min(axis=0)), axis=-1)",
)


class Faces:
    """Threads that ask for the faces near a box or ball; in the loop the face is `f`, the thread's point `p` and its number `i`."""

    def __init__(self, s: QueryScript, mesh: Mesh, *, tiled: bool = False) -> None:
        self.s, self.mesh, self.tiled = s, mesh, tiled
        self.kind = "box" if tiled else s.draw.choice(("box", "ball"))
        # The names that these builtins had before.
        self._former = tiled and s.draw.chance(0.15)
        self._style = s.draw.choice(("for", "inline", "next", "aabb_next", "tree"))

    def declare(self) -> None:
        """Declares the mesh and the queries, and names the thread."""
        s, draw = self.s, self.s.draw
        if self.kind == "box" and draw.chance(0.4):
            s.field("low_corner", "vec3", "n", domain=BoxCorners(False, 1.0, 0.1, 0.4), names=("query_lower", "region_min"))
            s.field("high_corner", "vec3", "n", domain=BoxCorners(True, 1.0, 0.1, 0.4), names=("query_upper", "region_max"))
            self._thread("low_corner")
            s.code("low = low_corner[i]\nhigh = high_corner[i]\np = 0.5 * (low + high)")
        else:
            s.field("x", "vec3", "n", domain=Uniform(-1.1, 1.1), names=("points", "particle_q", "centers"))
            self._thread("x")
            s.code("p = x[i]")
            if draw.chance(0.5):
                s.field("size", "real", "n", low=0.15, high=0.5, names=("radius", "extents", "reach_of"))
                s.code("radius = size[i]")
            else:
                s.tuning(("radius", 0.2, 0.6))
            if self.kind == "box":
                s.code("pad = wp.vec3(radius, radius, radius)\nlow = p - pad\nhigh = p + pad")
        self.mesh.declare()

    def _thread(self, array: str) -> None:
        s = self.s
        if self.tiled:
            s.line("i = wp.tid()")
            s.numpy("i = np.arange(dim[0], dtype=np.int32)")
            s.holds("int", "i")
            s.names.safe.add("i")
        else:
            s.thread("n", array, index="i", names=("tid", "q"), counts=("num_queries",))

    @contextmanager
    def near(self, *, function: str = "") -> Iterator[Pairs]:
        """The loop over the faces found."""
        s = self.s
        what = "aabb(mesh, low, high)" if self.kind == "box" else "sphere(mesh, p, radius)"
        call = f"wp.mesh_query_{what}"
        inner = 1
        if self.tiled:
            first, step = "tile_mesh_query_aabb", "tile_mesh_query_aabb_next"
            if self._former:
                first, step = "mesh_query_aabb_tiled", "mesh_query_aabb_next_tiled"
            heads = [f"query = wp.{first}(mesh, low, high)", "while wp.tile_query_valid(query):"]
            heads += [f"    f = wp.untile(wp.{step}(query))", "    if f >= 0:"]
            inner = 2
        elif self._style == "inline":
            heads = [f"for f in {call}:"]
        elif self._style == "for":
            heads = [f"query = {call}", "for f in query:"]
        elif self._style == "tree" and self.kind == "box":
            heads = [
                "bvh = wp.mesh_get_bvh(mesh)",
                "query = wp.bvh_query_aabb(bvh, low, high)",
                "f = int(0)",
                "while wp.bvh_query_next(query, f):",
            ]
        else:
            step = "mesh_query_aabb_next" if self._style == "aabb_next" else "mesh_query_next"
            heads = [f"query = {call}", "f = int(0)", f"while wp.{step}(query, f):"]
        if self.kind == "box":
            s.answer("faces_in_box", FACE_BOXES, needs=NEEDS_CORNERS)
            found = ["row, f = np.nonzero(faces_in_box(mesh, low, high))"]
        else:
            s.answer("squared_distances", TRIANGLE_GAPS, needs=NEEDS_CORNERS)
            radius = "radius[:, None]" if s.names.values.get("radius") and s.names.values["radius"].lanes else "radius"
            found = [f"row, f = np.nonzero(squared_distances(mesh, p) <= {radius} * {radius})"]
        s.reserve("query", "bvh")
        with s.each(heads, "f", found, "len(mesh.indices) // 3", function=function, inner=inner) as pairs:
            yield pairs


def _corners(s: QueryScript, mesh: Mesh, f: str = "f") -> None:
    """Names the corners `a`, `b`, `c` of a face, read off the mesh in one of the ways there are."""
    form = s.draw.choice(("builtin", "index", "arrays"))
    if form == "builtin":
        mesh.builtin("mesh_get_point")
        s.code("\n".join(f"{name} = wp.mesh_get_point(mesh, {f} * 3 + {n})" for n, name in enumerate("abc")))
    elif form == "index":
        mesh.builtin("mesh_get_index")
        mesh_arrays(s)
        s.code("\n".join(f"{name} = verts[wp.mesh_get_index(mesh, {f} * 3 + {n})]" for n, name in enumerate("abc")))
    else:
        mesh_arrays(s)
        s.code("\n".join(f"{name} = verts[tris[{f} * 3 + {n}]]" for n, name in enumerate("abc")))


def mesh_arrays(s: QueryScript) -> str:
    """Lets the text call the mesh's points `verts` and its indices `tris`: fields of what `mesh_get` gives, whose name is returned."""
    name = s.draw.choice(("geometry", "data", "m"))
    s.line(f"{name} = wp.mesh_get(mesh)")
    s.reserve("geometry", "data", "m")
    s.array_of("verts", "vec3", f"{name}.points", "mesh.points")
    s.array_of("tris", "int", f"{name}.indices", "mesh.indices")
    s.names.safe.add("tris")
    return name


def build_faces(s: QueryScript) -> Case:
    """What threads make of the faces near them: counts, areas, nearest, contact forces, marks on the faces."""
    draw = s.draw
    kinds = draw.subset(("count", "area", "nearest", "force", "marks", "any", "normal", "drift"), draw.weighted((1, 2, 3), (3, 4, 1)))
    if "any" in kinds and len(kinds) > 1:
        kinds.remove("any")
    mesh = Mesh(s, moving="drift" in kinds)
    faces = Faces(s, mesh)
    faces.declare()
    summed = [k for k in kinds if k in ("area", "force", "normal", "drift")]
    function = draw.choice(("sum_faces", "gather_faces")) if summed and len(summed) == len(kinds) and draw.chance(0.3) else ""
    starts = {
        "count": {"count": "int(0)"},
        "area": {"area": "float(0.0)"},
        "nearest": {"best": "float(1.0e6)", "nearest": "int(-1)"},
        "force": {"force": "wp.vec3()"},
        "marks": {},
        "any": {"hit": "int(0)"},
        "normal": {"mean": "wp.vec3()"},
        "drift": {"drift": "wp.vec3()"},
    }
    for kind in kinds:
        s.start(**starts[kind])
    if "force" in kinds:
        s.tuning(("reach", 0.3, 0.8), ("stiffness", 1.0, 5.0))
    with faces.near(function=function) as pairs:
        if {"area", "nearest", "force"} & {*kinds}:
            _corners(s, mesh)
        for kind in sorted(kinds, key=lambda k: k == "any"):
            _face_term(s, mesh, pairs, kind)
    _face_results(s, kinds, nonlinear=bool(function))
    return s.finish(
        draw.choice(("query_faces", "faces_near_points", "mesh_neighborhood", "gather_triangles", "collide_faces")),
        ["n"],
        mesh_sizes(mesh, s),
    )


def _face_term(s: QueryScript, mesh: Mesh, pairs: Pairs, kind: str) -> None:
    draw = s.draw
    if kind == "count":
        pairs.count("count")
    elif kind == "any":
        pairs.flag("hit", leave=draw.chance(0.5))
    elif kind == "area":
        pairs.add("area", "real", draw.choice(("0.5 * wp.length(wp.cross(b - a, c - a))", "wp.length(wp.cross(c - a, b - a)) * 0.5")))
    elif kind == "nearest":
        if "middle" not in pairs.scope.values:
            s.code("middle = (a + b + c) / 3.0")
        pairs.extreme("best", draw.choice(("wp.length(middle - p)", "wp.length_sq(p - middle)")), "1.0e6", "nearest")
    elif kind == "force":
        if "middle" not in pairs.scope.values:
            s.code("middle = (a + b + c) / 3.0")
        s.code("d = p - middle\nr = wp.length(d)")
        s.code(draw.choice(("push = stiffness * wp.max(reach - r, 0.0)", "push = stiffness * wp.exp(-r / reach)")))
        pairs.add("force", "vec3", draw.choice(("d * (push / (r + 0.01))", "push * d")))
    elif kind == "normal":
        mesh.builtin("mesh_eval_face_normal")
        s.code("n = wp.mesh_eval_face_normal(mesh, f)")
        pairs.add("mean", "vec3", draw.choice(("n", "n * 0.5", "n * wp.abs(n[2])")))
    elif kind == "drift":
        mesh.builtin("mesh_get_velocity")
        parts = [f"wp.mesh_get_velocity(mesh, f * 3 + {n})" for n in range(3)]
        s.code(f"flow = {parts[0]} + {parts[1]} + {parts[2]}" if draw.chance(0.5) else f"flow = {parts[0]} - 0.5 * {parts[2]}")
        pairs.add("drift", "vec3", draw.choice(("flow", "flow / 3.0", "flow * wp.length(flow)")))
    else:
        s.result("marks", "int", "faces", role="accumulate", names=("face_hits", "touched", "selected"))
        s.code(draw.choice(("wp.atomic_add(marks, f, 1)", "wp.atomic_max(marks, f, i + 1)", "wp.atomic_add(marks, f, 1 + i % 3)")))


def _face_results(s: QueryScript, kinds: list[str], *, nonlinear: bool) -> None:
    draw = s.draw
    outs = {
        "count": ("count_out", "int", "count"),
        "area": ("area_out", "real", "area"),
        "nearest": ("nearest_out", "int", "nearest"),
        "force": ("force_out", "vec3", "force"),
        "any": ("hit_out", "int", "hit"),
        "normal": ("normal_out", "vec3", "mean"),
        "drift": ("drift_out", "vec3", "drift"),
    }
    for kind in kinds:
        if kind == "marks":
            continue
        name, base, value = outs[kind]
        s.result(name, base, "n", differentiable=None if kind == "force" else False, names=(f"face_{kind}", f"{kind}_result"))
        if kind == "force" and nonlinear:
            value = draw.choice(("force / (1.0 + wp.length(force))", "force * wp.min(1.0, 2.0 / (wp.length(force) + 0.1))"))
        elif kind == "area" and draw.chance(0.4):
            value = draw.choice(("area * 0.5", "area + 0.01"))
        s.code(f"{name}[i] = {value}")


def build_tiled(s: QueryScript) -> Case:
    """Boxes that a whole block searches a mesh with, which tells what it finds by atomics."""
    draw = s.draw
    mesh = Mesh(s)
    faces = Faces(s, mesh, tiled=True)
    faces.declare()
    kinds = draw.subset(("count", "marks", "normal", "near"), draw.integer(1, 3))
    with faces.near() as pairs:
        if "near" in kinds:
            mesh.builtin("mesh_eval_position")
            s.code("middle = wp.mesh_eval_position(mesh, f, 0.333, 0.333)")
        if "count" in kinds:
            s.result("count_out", "int", "n", role="accumulate", names=("face_counts", "hits_of"))
            s.code("wp.atomic_add(count_out, i, 1)")
        if "marks" in kinds:
            s.result("marks", "int", "faces", role="accumulate", names=("face_hits", "times_seen"))
            s.code(draw.choice(("wp.atomic_add(marks, f, 1)", "wp.atomic_max(marks, f, i + 1)")))
        if "normal" in kinds:
            mesh.builtin("mesh_eval_face_normal")
            s.result("normal_out", "vec3", "n", role="accumulate", differentiable=False, names=("normal_sum", "mean_normal"))
            s.code("wp.atomic_add(normal_out, i, wp.mesh_eval_face_normal(mesh, f))")
        if "near" in kinds:
            s.result("spread", "real", "n", role="accumulate", differentiable=False, names=("distance_sum", "moment"))
            pairs.only("wp.length(middle - p) < 0.7")
            s.code("wp.atomic_add(spread, i, wp.length(middle - p))")
    case = s.finish(draw.choice(("tile_faces", "block_mesh_query", "cooperative_faces")), ["n"], mesh_sizes(mesh, s))
    return replace(case, block_dim=draw.choice((32, 64, 128)))
