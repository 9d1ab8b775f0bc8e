"""How a kernel of this family asks a mesh: the surface, what it is built with, and the ways to ask for points and rays."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.domains import Constant, Integers, Uniform
from kernels.drafting.arguments import Field, Rule, Sizes
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.answers import (
    CAST,
    CLOSEST_FACE,
    CLOSEST_POINT,
    CORNERS,
    EVALUATED,
    FACING,
    GROUP_ROOT,
    HITS,
    RESULTS,
    SIDE,
    WEIGHTS,
    WINDING,
    rooted,
)
from kernels.mesh_domains import MeshPoints, MeshTriangles, NearMesh
from kernels.surfaces import CLOSED, counts

_CELLS = {
    "sphere": ((2, 3), (3, 5), (4, 6)),
    "torus": ((3, 3), (3, 4), (4, 5)),
    "box": ((1, 1), (1, 1), (1, 1)),
    "sheet": ((2, 2), (3, 3), (4, 5)),
}
_JITTER = {"sphere": 0.06, "torus": 0.04, "box": 0.08, "sheet": 0.05}
MESHES = ("mesh_id", "shape_mesh", "surface", "collider", "body_mesh")
NEEDS_CORNERS = (("corners", CORNERS),)


@dataclass(frozen=True)
class Names:
    """What a query's results are called in the kernel's text: fields of a record, or locals that the query wrote."""

    hit: str
    face: str = ""
    u: str = ""
    v: str = ""
    sign: str = ""
    t: str = ""
    normal: str = ""

    @property
    def position(self) -> str:
        """The point of the mesh that was found."""
        return f"wp.mesh_eval_position(mesh, {self.face}, {self.u}, {self.v})"


class Mesh:
    """A triangle mesh, called `mesh` in the kernel's text.

    `moving` meshes have velocities; `grouped` ones groups of faces; a `differentiable` one lets gradients through to its points.
    """

    def __init__(
        self,
        s: QueryScript,
        *,
        kinds: tuple[str, ...] = ("sphere", "torus", "box", "sheet"),
        moving: bool = False,
        grouped: bool = False,
        differentiable: bool = False,
    ) -> None:
        self.s = s
        self.surface = s.draw.choice(kinds)
        self.closed = self.surface in CLOSED
        self.moving, self.grouped = moving, grouped
        self._differentiable = differentiable
        self._winding = False
        self._legacy = s.draw.chance(0.12)

    def declare(self, *, winding: bool = False) -> None:
        """Declares the mesh; `winding` asks for what winding numbers need."""
        s, kind = self.s, self.surface
        jitter = _JITTER[kind]
        fields: list[Field] = [
            s.leaf("points", "vec3", "points", domain=lambda z: MeshPoints(kind, z["rows"], z["columns"], jitter)),
            s.leaf("indices", "int", "3 * faces", domain=lambda z: MeshTriangles(kind, z["rows"], z["columns"])),
        ]
        if self.moving:
            fields.append(s.leaf("velocities", "vec3", "points", domain=Uniform(-1.0, 1.0)))
        if self.grouped:
            fields.append(s.leaf("groups", "int", "faces", domain=Integers(0, 3)))
        if winding:
            fields.append(s.leaf("winding", "bool", domain=Constant(True)))
        fields += [s.leaf("leaf_size", "int", domain=Integers(1, 6)), s.leaf("constructor", "int", domain=Integers(0, 2))]
        s.object("mesh", "mesh", *fields, differentiable=self._differentiable, names=MESHES)

    def beside(self, *, face: bool, both: bool) -> Rule:
        """The domain of points off the mesh's faces, if asked for on both sides.

        They are never so near that the direction to the mesh is lost in rounding; with `face`, near enough for the face to be the nearest.
        """
        kind = self.surface
        low, high = (0.12, 0.3) if face or both else (0.15, 0.6)
        return lambda z: NearMesh(kind, z["rows"], z["columns"], low, high, both and kind != "torus")

    def builtin(self, *names: str) -> None:
        """Lets the reference call these builtins that read the mesh."""
        for name in names:
            self.s.answer(name, EVALUATED[name], (RESULTS.get(name, "vec3"),), needs=NEEDS_CORNERS)

    def closest(self, p: str, max_dist: str, *, sign: str = "", face: bool = False) -> Names:
        """Asks for the point nearest to `p`, with its side by the way called `sign` ("" for none).

        With `face` the nearest face and its weights are known, for points beside faces; otherwise the nearest point alone, which is
        well defined also where several faces meet in it: it is called `closest`.
        """
        s, draw = self.s, self.s.draw
        suffix = {"": "no_sign", "rays": "", "parity": "sign_parity", "normal": "sign_normal", "winding": "sign_winding_number"}[sign]
        builtin = f"mesh_query_point{'_' if suffix else ''}{suffix}"
        extra = {
            "parity": draw.choice(("", ", 3", ", 3, 0.05")),
            "normal": draw.choice(("", "", ", 0.002")),
            "winding": draw.choice(("", "", ", 2.0, 0.5", ", 3.0")),
        }.get(sign, "")
        names = self._ask(builtin, f"mesh, {p}, {max_dist}", extra, sign=bool(sign), face=face)
        s.numpy(*self._closest_numpy(names, p, max_dist, sign, face=face))
        return names

    def _ask(self, builtin: str, arguments: str, extra: str, *, sign: bool, face: bool) -> Names:
        s = self.s
        if self._legacy and not extra:
            starts = {"sign": "float(0.0)", "face": "int(0)", "u": "float(0.0)", "v": "float(0.0)"}
            if not sign:
                del starts["sign"]
            s.start(**starts)
            call = f"wp.{builtin}({arguments}, {', '.join(starts)})"
            s.line(f"found = {s.passing(call)}")
            s.holds("bool", "found")
            s.holds("real", *(("sign",) if sign else ()), "u", "v")
            s.holds("int", "face")
            s.reserve("found")
            return Names("found", "face", "u", "v", "sign")
        name = s.draw.choice(("query", "q", "res"))
        s.record(name, f"wp.{builtin}({arguments}{extra})", result="bool", sign="real", face="int", u="real", v="real")
        return Names(f"{name}.result", f"{name}.face", f"{name}.u", f"{name}.v", f"{name}.sign")

    def _closest_numpy(self, names: Names, p: str, max_dist: str, sign: str, *, face: bool) -> list[str]:
        s = self.s
        hit, index, u, v, side = (s.as_numpy(name) for name in (names.hit, names.face, names.u, names.v, names.sign))
        lines = []
        if face:
            s.answer("closest_face", CLOSEST_FACE, needs=(*NEEDS_CORNERS, ("weights", WEIGHTS)))
            self.builtin("mesh_eval_position")
            lines += [f"{index}, {u}, {v} = closest_face(mesh, {p})", f"foot = mesh_eval_position(mesh, {index}, {u}, {v})"]
            s.reserve("foot")
        else:
            s.answer("closest_point", CLOSEST_POINT, needs=(*NEEDS_CORNERS, ("weights", WEIGHTS)))
            lines.append(f"foot = closest_point(mesh, {p})")
            s.holds("vec3", "foot")
            s.stand_for(names.position, "foot")
        lines.append(f"{hit} = np.linalg.norm({p} - foot, axis=-1) < {s.passing(max_dist)}")
        if sign and self.closed:
            s.answer("side", SIDE, needs=(*NEEDS_CORNERS, ("winding_number", WINDING)))
            lines.append(f"{side} = side(mesh, {p})")
        elif sign:
            s.answer("facing", FACING, needs=NEEDS_CORNERS)
            lines.append(f"{side} = facing(mesh, {index}, {p})")
        return lines

    def root(self, group: str) -> str:
        """Names the `root` of a group's faces; gives it as the last argument of a call."""
        self.s.answer("mesh_get_group_root", GROUP_ROOT, ("int",))
        self.s.code(f"root = wp.mesh_get_group_root(mesh, {group})")
        return ", root"

    def velocity(self, names: Names) -> str:
        """The text of the velocity at the point that was found: Warp's own, or the mean of those of the face's corners."""
        face, u, v = names.face, names.u, names.v
        if self.s.draw.chance(0.65):
            self.builtin("mesh_eval_velocity")
            return f"wp.mesh_eval_velocity(mesh, {face}, {u}, {v})"
        self.builtin("mesh_get_velocity")
        first, second, third = (f"wp.mesh_get_velocity(mesh, {face} * 3 + {n})" for n in range(3))
        return f"{first} * {u} + {second} * {v} + {third} * (1.0 - {u} - {v})"

    def normal(self, face: str) -> list[str]:
        """The lines that name the normal `n` of a face: Warp's own, or that of its corners."""
        if self.s.draw.chance(0.6):
            self.builtin("mesh_eval_face_normal")
            return [f"n = wp.mesh_eval_face_normal(mesh, {face})"]
        self.builtin("mesh_get_point")
        corners = [f"{name} = wp.mesh_get_point(mesh, {face} * 3 + {n})" for n, name in enumerate("abc")]
        return [*corners, "n = wp.normalize(wp.cross(b - a, c - a))"]

    def ray(self, start: str, direction: str, max_t: str, *, group: str = "") -> Names:
        """Asks for a ray's first hit, among the faces of the thread's `group` if given."""
        s, draw = self.s, self.s.draw
        root = self.root(group) if group else ""
        s.answer("cast", rooted(CAST, grouped=bool(group)), needs=(*NEEDS_CORNERS, ("hits", HITS)))
        call = f"mesh, {start}, {direction}, {max_t}"
        fields = {"result": "bool", "t": "real", "u": "real", "v": "real", "sign": "real", "normal": "vec3", "face": "int"}
        if self._legacy and not group:
            starts = {"t": "float(0.0)", "u": "float(0.0)", "v": "float(0.0)", "sign": "float(0.0)", "n": "wp.vec3()", "face": "int(0)"}
            s.start(**starts)
            call = f"wp.mesh_query_ray({call}, {', '.join(starts)})"
            s.line(f"found = {s.passing(call)}")
            s.holds("bool", "found")
            s.holds("real", "t", "u", "v", "sign")
            s.holds("vec3", "n")
            s.holds("int", "face")
            names = Names("found", "face", "u", "v", "sign", "t", "n")
        else:
            name = draw.choice(("query", "hit", "q"))
            s.record(name, f"wp.mesh_query_ray({call}{root})", **fields)
            names = Names(*(f"{name}.{field}" for field in ("result", "face", "u", "v", "sign", "t", "normal")))
        order = (names.hit, names.t, names.u, names.v, names.sign, names.normal, names.face)
        call = s.passing(f"mesh, {start}, {direction}, {max_t}{root}")
        s.numpy(f"{', '.join(s.as_numpy(name) for name in order)} = cast({call})")
        return names


def mesh_sizes(mesh: Mesh, s: QueryScript, *, largest: int = 75) -> list[Sizes]:
    """Meshes and queries of the three launches."""
    draw = s.draw
    queries = (1, draw.choice((7, 11, 13, 17)), draw.integer(65, largest))
    sizes: list[Sizes] = []
    for (rows, columns), n in zip(_CELLS[mesh.surface], queries, strict=True):
        points, faces = counts(mesh.surface, rows, columns)
        sizes.append({"n": n, "rows": rows, "columns": columns, "points": points, "faces": faces, "one": 1})
    return sizes
