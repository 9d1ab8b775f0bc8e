"""How a kernel of this family asks a bounding volume hierarchy: what the tree is built over, what is asked, and the loop over the answer.

A tree reports every box that meets the query, in an order of its own. The reference compares each query with each box.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.arguments import Field
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.mesh_domains import BoxCorners

SPREAD = 1.1
LOWERS = ("lowers", "shape_lowers", "box_min", "aabb_lower")
UPPERS = ("uppers", "shape_uppers", "box_max", "aabb_upper")

OVERLAPS = (
    "def overlaps(low, high, lowers, uppers):",
    "    return np.all((low[:, None] <= uppers) & (high[:, None] >= lowers), axis=-1)",
)
WITHIN = (
    "def within_reach(center, radius, lowers, uppers):",
    "    gap = np.maximum(np.maximum(lowers - center[:, None], center[:, None] - uppers), 0.0)",
    "    return np.sum(gap * gap, axis=-1) <= np.square(radius)[:, None]",
)
SLABS = (
    "def slabs(start, direction, lowers, uppers):",
    '    """Where a ray enters and leaves each box, and whether it meets it."""',
    "    first = (lowers - start[:, None]) / direction[:, None]",
    "    second = (uppers - start[:, None]) / direction[:, None]",
    "    enter = np.minimum(first, second).max(axis=-1)",
    "    leave = np.maximum(first, second).min(axis=-1)",
    "    return enter, leave, (leave >= 0.0) & (leave >= enter)",
)


class Tree:
    """A tree over boxes, and threads that ask it. In the loop the box is `j`, the thread's number `i`.

    `kind` is what each thread asks with: its own box among those of the tree (`own`), a box, a point with a radius, a ray, or a capsule.
    `limited` rays and capsules end at the knob `max_dist`.
    """

    def __init__(self, s: QueryScript, kind: str, *, tiled: bool = False) -> None:
        draw = s.draw
        self.s, self.kind, self.tiled = s, kind, tiled
        self.grouped = not tiled and draw.chance(0.25)
        self.limited = kind in ("ray", "capsule") and not tiled and draw.chance(0.5)
        # The names that these builtins had before.
        self._former = tiled and draw.chance(0.5)

    def declare(self) -> None:
        """Declares the tree, the boxes, the queries, and names the thread."""
        s = self.s
        own = self.kind == "own"
        size = "n" if own else "m"
        s.field("lowers", "vec3", "n", domain=BoxCorners(False, SPREAD, 0.08, 0.35), names=LOWERS)
        s.field("uppers", "vec3", "n", domain=BoxCorners(True, SPREAD, 0.08, 0.35), names=UPPERS)
        fields: list[Field] = []
        if self.grouped:
            fields.append(s.leaf("groups", "int", "n", domain=Integers(0, 3)))
        fields += [s.leaf("leaf_size", "int", domain=Integers(1, 5)), s.leaf("constructor", "int", domain=Integers(0, 2))]
        if own:
            self._thread("lowers", size)
        s.object("bvh", "bvh:lowers=lowers,uppers=uppers", *fields, names=("bvh_id", "tree", "accel", "broadphase_bvh"))
        self._queries()
        if not own:
            self._thread(self.array, size)
        if self.grouped:
            s.field("query_group", "int", size, domain=Integers(0, 3), names=("env_id", "world", "query_world"))
        self._load()

    def _thread(self, array: str, size: str) -> None:
        s = self.s
        if self.tiled:
            s.line("i = wp.tid()")
            s.numpy("i = np.arange(dim[0], dtype=np.int32)")
            s.holds("int", "i")
            s.names.safe.add("i")
            s.alias("i", "b", "block", "q")
            return
        s.thread(
            size, array, index="i", names=("tid", "q", "shape" if self.kind == "own" else "query_id"), counts=("num_queries", "query_count")
        )

    def _queries(self) -> None:
        s = self.s
        if self.kind == "box":
            s.field("query_low", "vec3", "m", domain=BoxCorners(False, SPREAD, 0.05, 0.4), names=("region_lower", "q_min", "probe_lower"))
            s.field("query_high", "vec3", "m", domain=BoxCorners(True, SPREAD, 0.05, 0.4), names=("region_upper", "q_max", "probe_upper"))
        elif self.kind == "point":
            s.field("points", "vec3", "m", domain=Uniform(-1.3, 1.3), names=("particle_q", "positions", "samples", "centers"))
        elif self.kind in ("ray", "capsule"):
            s.field("origins", "vec3", "m", domain=Uniform(-1.6, 1.6), names=("ray_origin", "starts", "ray_start"))
            s.field("directions", "vec3", "m", domain=UnitVectors(), names=("ray_dir", "dirs", "ray_direction"))
        self.array = {"own": "lowers", "box": "query_low", "point": "points"}.get(self.kind, "origins")

    def _load(self) -> None:
        s, draw = self.s, self.s.draw
        if self.kind == "own":
            margin = draw.chance(0.4)
            if margin:
                s.tuning(("margin", 0.02, 0.2))
                s.code("pad = wp.vec3(margin, margin, margin)")
            s.code(f"low = lowers[i]{' - pad' if margin else ''}\nhigh = uppers[i]{' + pad' if margin else ''}")
        elif self.kind == "box":
            s.code("low = query_low[i]\nhigh = query_high[i]")
        elif self.kind == "point":
            s.code("p = points[i]")
            if draw.chance(0.5):
                s.field("reach_of", "real", "m", low=0.1, high=0.6, names=("radius", "particle_radius", "extent", "search_radius"))
                s.code("reach = reach_of[i]")
            else:
                s.tuning(("reach", 0.2, 0.7))
            self.by_box = draw.chance(0.2)
            if self.by_box:
                s.code("pad = wp.vec3(reach, reach, reach)\nlow = p - pad\nhigh = p + pad")
        else:
            s.code("start = origins[i]\ndirection = directions[i]")
            if self.kind == "capsule":
                s.tuning(("thickness", 0.02, 0.25))
            if self.limited:
                s.tuning(("max_dist", 0.8, 3.0))

    @property
    def size(self) -> str:
        """What launches call the number of threads."""
        return "n" if self.kind == "own" else "m"

    @contextmanager
    def hits(self, *, function: str = "") -> Iterator[Pairs]:
        """The loop over the boxes that the query meets."""
        s = self.s
        root = ""
        if self.grouped:
            s.line("root = wp.bvh_get_group_root(bvh, query_group[i])")
            root = ", root"
        call = self._call(root)
        heads, inner = self._heads(call)
        found = self._found()
        if self.grouped:
            # A group without boxes has no root: the query then starts at the whole tree's.
            found[-1:] = [
                "same = bvh.groups == query_group[i][:, None]",
                "meets = meets & (same | ~np.any(same, axis=1, keepdims=True))",
                found[-1],
            ]
        s.reserve("meets", "same", "root", "query", "overlapping")
        with s.each(heads, "j", found, "len(lowers)", function=function, inner=inner) as pairs:
            yield pairs

    def _call(self, root: str) -> str:
        if self.kind in ("own", "box") or (self.kind == "point" and self.by_box):
            kind, what = "aabb", "low, high"
        else:
            kind, what = {"point": ("sphere", "p, reach"), "ray": ("ray", "start, direction")}.get(
                self.kind, ("capsule", "start, direction, thickness")
            )
        before, after = ("", "_tiled") if self._former else ("tile_", "") if self.tiled else ("", "")
        return f"wp.{before}bvh_query_{kind}{after}(bvh, {what}{root})"

    def _heads(self, call: str) -> tuple[list[str], int]:
        if self.tiled:
            step = "bvh_query_next_tiled" if self._former else "tile_bvh_query_next"
            return [f"query = {call}", "while wp.tile_query_valid(query):", f"    j = wp.untile(wp.{step}(query))", "    if j >= 0:"], 2
        limit = ", max_dist" if self.limited else ""
        return [f"query = {call}", "j = int(0)", f"while wp.bvh_query_next(query, j{limit}):"], 1

    def _found(self) -> list[str]:
        s = self.s
        boxes = "lowers, uppers"
        if self.kind in ("own", "box") or (self.kind == "point" and self.by_box):
            s.answer("overlaps", OVERLAPS)
            return [f"meets = overlaps(low, high, {boxes})", "row, j = np.nonzero(meets)"]
        if self.kind == "point":
            s.answer("within_reach", WITHIN)
            reach = "reach" if s.names.values.get("reach") and s.names.values["reach"].lanes else "np.full(dim[0], reach, p.dtype)"
            return [f"meets = within_reach(p, {reach}, {boxes})", "row, j = np.nonzero(meets)"]
        s.answer("slabs", SLABS)
        s.reserve("enter", "leave")
        if self.kind == "capsule":
            boxes = "lowers - thickness, uppers + thickness"
        lines = [f"enter, leave, meets = slabs(start, direction, {boxes})", "row, j = np.nonzero(meets)"]
        if self.limited:
            lines[1:1] = [f"meets = meets & (enter {'<=' if self.kind == 'capsule' else '<'} max_dist)"]
        return lines


def sizes(s: QueryScript) -> list[dict[str, int]]:
    """Boxes and queries of the three launches."""
    draw = s.draw
    boxes = (draw.choice((1, 2, 3)), draw.choice((11, 13, 17)), draw.integer(33, 60))
    queries = (1, draw.choice((7, 12, 19)), draw.integer(65, 75))
    return [{"n": n, "m": m, "one": 1} for n, m in zip(boxes, queries, strict=True)]
