"""Faces of a mesh: those near a box, a ball or a ray."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.answers import BOX_GAPS, BOXES_MET, FACE_BOXES, TRIANGLE_GAPS
from kernels.families.mesh_query.search import NEEDS_CORNERS, Mesh, mesh_sizes
from kernels.mesh_domains import BoxCorners


class Faces:
    """Threads that ask for the faces near a box or ball, or for those whose boxes a ray meets.

    In the loop the face is `f`, the thread's number `i`, its point `p` or its ray `start` and `direction`.
    """

    def __init__(self, s: QueryScript, mesh: Mesh, *, tiled: bool = False, kind: str = "") -> None:
        draw = s.draw
        self.s, self.mesh, self.tiled = s, mesh, tiled
        self.kind = kind or ("box" if tiled else draw.choice(("box", "ball")))
        if self.kind == "ray":
            self._style = "tree"
        elif tiled:
            # Also by the names that these builtins had before.
            self._style = draw.weighted(("tile", "former", "tree"), (5.5, 6, 2.5))
        else:
            self._style = draw.weighted(("for", "inline", "next", "aabb_next", "tree"), (3, 3, 7.5, 3.5, 3))
        mesh.grouped = self._style == "tree" and not tiled and draw.chance(0.4)
        self._limit = ""

    def declare(self) -> None:
        """Declares the mesh and the queries, and names the thread."""
        s, draw = self.s, self.s.draw
        if self.kind == "ray":
            s.field("origins", "vec3", "n", domain=Uniform(-1.4, 1.4), names=("ray_origin", "starts", "ray_o"))
            s.field("directions", "vec3", "n", domain=UnitVectors(), names=("ray_dir", "dirs", "ray_d"))
            self._thread("origins")
            s.code("start = origins[i]\ndirection = directions[i]")
        elif self.kind == "box" and draw.chance(0.4):
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
        if self.mesh.grouped:
            s.field("group", "int", "n", domain=Integers(0, 3), names=("env_id", "world", "query_group"))
            self.mesh.root("group[i]")

    def limit(self, max_t: str) -> None:
        """Lets the tree leave out the boxes that a ray enters after `max_t`; the loop still has to ask for hits before that."""
        self._limit = f", {max_t}"

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
        root = " & root" if self.mesh.grouped else ""
        found = f"row, f = np.nonzero({self._found()}{root})"
        s.reserve("query", "bvh")
        heads = self._block_heads() if self.tiled else self._heads()
        with s.each(heads, "f", [found], "len(mesh.indices) // 3", function=function, inner=2 if self.tiled else 1) as pairs:
            yield pairs

    def _block_heads(self) -> list[str]:
        """The lines that open the loop of a block."""
        first, step = {
            "tile": ("tile_mesh_query_aabb(mesh", "tile_mesh_query_aabb_next"),
            "former": ("mesh_query_aabb_tiled(mesh", "mesh_query_aabb_next_tiled"),
            "tree": ("tile_bvh_query_aabb(wp.mesh_get_bvh(mesh)", "tile_bvh_query_next"),
        }[self._style]
        step = f"wp.untile(wp.{step}(query))"
        return [f"query = wp.{first}, low, high)", "while wp.tile_query_valid(query):", f"    f = {step}", "    if f >= 0:"]

    def _heads(self) -> list[str]:
        """The lines that open a thread's own loop."""
        if self._style == "tree":
            what = {"box": "aabb(bvh, low, high", "ball": "sphere(bvh, p, radius", "ray": "ray(bvh, start, direction"}[self.kind]
            query = f"wp.bvh_query_{what}{', root' if self.mesh.grouped else ''})"
            return ["bvh = wp.mesh_get_bvh(mesh)", f"query = {query}", "f = int(0)", f"while wp.bvh_query_next(query, f{self._limit}):"]
        call = f"wp.mesh_query_{'aabb(mesh, low, high)' if self.kind == 'box' else 'sphere(mesh, p, radius)'}"
        if self._style == "inline":
            return [f"for f in {call}:"]
        if self._style == "for":
            return [f"query = {call}", "for f in query:"]
        step = "mesh_query_aabb_next" if self._style == "aabb_next" else "mesh_query_next"
        return [f"query = {call}", "f = int(0)", f"while wp.{step}(query, f):"]

    def _found(self) -> str:
        """The numpy expression that tells which faces each thread finds; a tree finds those whose boxes are."""
        s = self.s
        if self.kind == "ray":
            s.answer("boxes_met", BOXES_MET, needs=NEEDS_CORNERS)
            return "boxes_met(mesh, start, direction)"
        if self.kind == "box":
            s.answer("faces_in_box", FACE_BOXES, needs=NEEDS_CORNERS)
            return "faces_in_box(mesh, low, high)"
        gaps, lines = ("squared_distances_of_boxes", BOX_GAPS) if self._style == "tree" else ("squared_distances", TRIANGLE_GAPS)
        s.answer(gaps, lines, needs=NEEDS_CORNERS)
        radius = "radius[:, None]" if s.names.values.get("radius") and s.names.values["radius"].lanes else "radius"
        return f"({gaps}(mesh, p) <= {radius} * {radius})"


def face_corners(s: QueryScript, mesh: Mesh, f: str = "f") -> None:
    """Names the corners `a`, `b`, `c` of a face, read off the mesh in one of the ways there are."""
    form = s.draw.weighted(("builtin", "index", "arrays"), (2, 1, 1))
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
            face_corners(s, mesh)
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
        s.code(f"flow = {face_motion(s, mesh)}")
        pairs.add("drift", "vec3", draw.choice(("flow", "flow / 3.0", "flow * wp.length(flow)")))
    else:
        s.result("marks", "int", "faces", role="accumulate", names=("face_hits", "touched", "selected"))
        s.code(draw.choice(("wp.atomic_add(marks, f, 1)", "wp.atomic_max(marks, f, i + 1)", "wp.atomic_add(marks, f, 1 + i % 3)")))


def face_motion(s: QueryScript, mesh: Mesh) -> str:
    """The text of how a face moves: at a point within it, or by its corners."""
    draw = s.draw
    if draw.chance(0.6):
        mesh.builtin("mesh_eval_velocity")
        return f"wp.mesh_eval_velocity(mesh, f, {draw.choice(('0.333, 0.333', '1.0 / 3.0, 1.0 / 3.0', '0.2, 0.5'))})"
    mesh.builtin("mesh_get_velocity")
    parts = [f"wp.mesh_get_velocity(mesh, f * 3 + {n})" for n in range(3)]
    return draw.choice((f"{parts[0]} + {parts[1]} + {parts[2]}", f"{parts[0]} - 0.5 * {parts[2]}"))


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
