"""Distances to a mesh over points or the nodes of a grid, and the point of a mesh that is furthest away."""

from __future__ import annotations

from dataclasses import replace

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.points import POINTS, SIGNS, guarded, reach_of
from kernels.families.mesh_query.rays import asks_crossings
from kernels.families.mesh_query.search import Mesh, Names, mesh_sizes

FURTHEST = (
    "def furthest_point(mesh, p):",
    "    gap = np.sum(np.square(mesh.points - p[..., None, :]), axis=-1)",
    "    return mesh.points[gap.argmax(axis=-1)]",
)

FURTHEST_CORNER = (
    "def furthest_corner(mesh, p):",
    '    """A face whose corner is the point furthest from p, and the weights of its first two corners there."""',
    "    gap = np.sum(np.square(mesh.points - p[..., None, :]), axis=-1)",
    "    place = np.argmax(mesh.indices == gap.argmax(axis=-1)[..., None], axis=-1)",
    "    u, v = ((place % 3 == number).astype(p.dtype) for number in (0, 1))",
    "    return (place // 3).astype(np.int32), u, v",
)


def build_distance(s: QueryScript) -> Case:
    """Distances, mostly signed, and insides over grids of points or given points: fields, flags, smoothed occupancy, shells."""
    draw = s.draw
    mesh = Mesh(s, kinds=("sphere", "torus", "box"))
    sign = draw.weighted((*SIGNS, "crossings", ""), (5, 5, 5, 7, 4, 5))
    grid = draw.chance(0.5)
    dims = draw.choice((2, 3)) if grid else 1
    extents: list[str] = ["n"]
    at = "i"
    if grid:
        s.uniform("origin", "vec3", Uniform(-1.25, -1.05))
        s.tuning(("spacing", 0.31, 0.43))
        extents, at = (["nx", "ny", "nz"][:dims], ", ".join("ijk"[:dims]))
        s.grid(*zip("ijk"[:dims], extents, extents, strict=True))
        third = "float(k)" if dims == 3 else draw.choice(("0.0", "0.5"))
        s.code(
            draw.choice(
                (
                    f"p = origin + spacing * wp.vec3(float(i), float(j), {third})",
                    f"cell = wp.vec3(float(i), float(j), {third})\np = origin + cell * spacing",
                )
            )
        )
    else:
        s.field("x", "vec3", "n", domain=Uniform(-1.2, 1.2), names=POINTS)
        s.thread("n", "x", index="i", names=("tid", "p_id"), counts=("num_points",))
        s.code("p = x[i]")
    mesh.declare(winding=sign == "winding")
    names = mesh.closest("p", reach_of(s), sign=sign if sign in SIGNS else "")
    if sign == "crossings":
        names = replace(names, sign=_side(s, mesh))
    kinds = ("sdf", "inside", "occupancy", "shell", "gradient") if sign else ("sdf", "occupancy", "shell", "gradient")
    wanted = draw.subset(kinds, draw.weighted((1, 2, 3), (3, 3, 1)))
    body, blank = [f"closest = {names.position}"], []
    if not sign:
        body.append(draw.choice(("d = wp.length(p - closest)", "d = wp.length(closest - p)")))
    elif wanted != ["inside"]:
        body.append(draw.choice((f"d = wp.length(p - closest) * {names.sign}", f"gap = wp.length(closest - p)\nd = {names.sign} * gap")))
    for kind in wanted:
        if kind == "sdf":
            s.result("sdf", "real", *extents, names=("distance_field", "phi", "signed_distance"))
            if draw.chance(0.4):
                s.tuning(("offset", 0.01, 0.1))
            body.append(f"sdf[{at}] = {'d - offset' if 'offset' in s.scope else 'd'}")
            blank.append(f"sdf[{at}] = {draw.choice(('1.0e3', '10.0', '-1.0'))}")
        elif kind == "inside":
            s.result("inside", "int", *extents, names=("voxels", "solid", "occupied"))
            body.append(f"inside[{at}] = {draw.choice((f'wp.where({names.sign} < 0.0, 1, 0)', f'int({names.sign} < 0.0)'))}")
            blank.append(f"inside[{at}] = 0")
        elif kind == "occupancy":
            s.tuning(("width", 0.05, 0.2))
            s.result("occupancy", "real", *extents, names=("density", "coverage", "alpha_field"))
            body.append(
                draw.choice(
                    (
                        f"occupancy[{at}] = 1.0 / (1.0 + wp.exp(d / width))",
                        f"occupancy[{at}] = wp.clamp(0.5 - d / width, 0.0, 1.0)",
                        f"occupancy[{at}] = 0.5 - 0.5 * wp.tanh(d / width)",
                    )
                )
            )
            blank.append(f"occupancy[{at}] = 0.0")
        elif kind == "shell":
            s.result("shell_count", "int", 1, role="accumulate", names=("narrow_band", "band_count"))
            band = draw.choice(("0.2", "0.35"))
            body.append(f"if wp.abs(d) < {band}:\n    wp.atomic_add(shell_count, 0, 1)")
        else:
            s.result("gradient", "vec3", *extents, names=("sdf_gradient", "direction_field", "normals"))
            options = (f"(p - closest) * {names.sign}", f"(p - closest) / (d * {names.sign} + 0.1)")
            body.append(f"gradient[{at}] = {draw.choice(options if sign else ('p - closest', '(p - closest) / (d + 0.1)'))}")
            blank.append(f"gradient[{at}] = wp.vec3()")
    guarded(s, names, "\n".join(body), "\n".join(blank))
    sizes = mesh_sizes(mesh, s)
    shapes = ((1, 1, 1), (3, 2, 2), (6, 5, 3) if dims == 3 else (9, 8, 1))
    sizes = [{**z, "nx": nx, "ny": ny, "nz": nz} for z, (nx, ny, nz) in zip(sizes, shapes, strict=True)]
    return s.finish(draw.choice(("sample_sdf", "voxelize_mesh", "mesh_signed_distance", "build_sdf", "classify_points")), extents, sizes)


def _side(s: QueryScript, mesh: Mesh) -> str:
    """The side of the thread's point by how often a ray from it meets the mesh; gives the local's name."""
    draw = s.draw
    asks_crossings(s, mesh)
    if draw.chance(0.5):
        s.uniform("ray_dir", "vec3", UnitVectors(), names=("direction", "test_dir", "axis"))
        direction = "ray_dir"
    else:
        direction = draw.choice(("wp.vec3(0.36, 0.48, 0.8)", "wp.vec3(0.61, -0.29, 0.73)", "wp.vec3(0.19, 0.83, 0.52)"))
    s.code(f"crossings = wp.mesh_query_ray_count_intersections(mesh, p, {direction})")
    s.code(
        draw.choice(
            (
                "side = wp.where(crossings % 2 == 1, -1.0, 1.0)",
                "side = 1.0 - 2.0 * float(crossings & 1)",
                "side = float(1.0)\nif crossings % 2 == 1:\n    side = -1.0",
            )
        )
    )
    return "side"


def build_furthest(s: QueryScript) -> Case:
    """The corner of a mesh that is furthest from a point: where it is, how far, which it is, bounds on all of them."""
    draw = s.draw
    mesh = Mesh(s)
    s.field("x", "vec3", "n", domain=Uniform(-1.2, 1.2), names=POINTS)
    s.thread("n", "x", index="i", names=("tid", "idx"), counts=("num_points",))
    s.code("p = x[i]")
    mesh.declare()
    s.answer("furthest_point", FURTHEST)
    if draw.chance(0.5):
        s.tuning(("min_dist", 0.1, 0.5))
    limit = "min_dist" if "min_dist" in s.scope else draw.choice(("0.0", "0.1"))
    s.record("query", f"wp.mesh_query_furthest_point_no_sign(mesh, p, {limit})", result="bool", face="int", u="real", v="real")
    names = Names("query.result", "query.face", "query.u", "query.v")
    s.numpy("foot = furthest_point(mesh, p)", f"query_result = np.linalg.norm(p - foot, axis=-1) > {s.passing(limit)}")
    s.holds("vec3", "foot")
    wanted = draw.subset(("radius", "far", "heading", "bound", "falloff", "vertex", "attribute"), draw.weighted((1, 2, 3), (2, 4, 3)))
    corner = bool({"vertex", "attribute"} & {*wanted}) or draw.chance(0.25)
    smooth = corner
    body: list[str] = []
    if corner:
        s.answer("furthest_corner", FURTHEST_CORNER)
        s.numpy("query_face, query_u, query_v = furthest_corner(mesh, p)")
        mesh.builtin("mesh_get_point")
        body.append(
            draw.choice(
                (
                    "corner = wp.where(query.u > 0.5, 0, wp.where(query.v > 0.5, 1, 2))",
                    "corner = int(2)\nif query.u > 0.5:\n    corner = 0\nelif query.v > 0.5:\n    corner = 1",
                )
            )
        )
        if wanted not in (["vertex"], ["attribute"]):
            body.append("far = wp.mesh_get_point(mesh, query.face * 3 + corner)")
    else:
        s.stand_for(names.position, "foot")
        body.append(f"far = {names.position}")
        smooth = draw.chance(0.15)
        if smooth:
            s.limitations.add("mesh_query_furthest_point")
    if {"radius", "heading", "bound", "falloff"} & {*wanted}:
        body.append(draw.choice(("r = wp.length(far - p)", "r = wp.length(p - far)")))
    blank: list[str] = []
    for kind in wanted:
        _furthest(s, mesh, kind, smooth, body, blank)
    guarded(s, names, "\n".join(body), "\n".join(blank))
    return s.finish(draw.choice(("furthest_points", "bounding_spheres", "support_distance")), ["n"], mesh_sizes(mesh, s))


def _furthest(s: QueryScript, mesh: Mesh, kind: str, smooth: bool, body: list[str], blank: list[str]) -> None:
    """Adds one kind of result to the lines where there is a corner far enough, and to those where there is none."""
    draw = s.draw
    if kind == "radius":
        s.result("radius_out", "real", "n", differentiable=smooth, names=("bounding_radius", "max_distance", "reach"))
        text = "r"
        if draw.chance(0.6):
            s.field("scale", "real", "n", low=0.5, high=1.5, names=("gain", "weight"))
            text = draw.choice(("r * scale[i]", "r + 0.1 * scale[i]"))
        body.append(f"radius_out[i] = {text}")
        blank.append("radius_out[i] = 0.0")
    elif kind == "far":
        s.result("far_out", "vec3", "n", differentiable=smooth, names=("furthest", "support_point"))
        body.append(draw.choice(("far_out[i] = far", "far_out[i] = 0.5 * (far + p)", "far_out[i] = far - p")))
        blank.append("far_out[i] = p")
    elif kind == "heading":
        s.result("heading_out", "vec3", "n", differentiable=smooth, names=("direction_out", "support_dir", "axis_out"))
        body.append(draw.choice(("heading_out[i] = (far - p) / r", "heading_out[i] = (p - far) / (r + 0.5)")))
        blank.append("heading_out[i] = wp.vec3()")
    elif kind == "bound":
        s.result("bound_out", "real", "one", role="accumulate", differentiable=False, names=("max_radius", "diameter", "extent"))
        body.append(draw.choice(("wp.atomic_max(bound_out, 0, r)", "wp.atomic_max(bound_out, 0, r * r)")))
    elif kind == "falloff":
        s.tuning(("falloff", 0.2, 1.0))
        s.result("weight_out", "real", "n", differentiable=smooth, names=("influence", "attenuation", "intensity"))
        body.append(draw.choice(("weight_out[i] = wp.exp(-falloff * r)", "weight_out[i] = 1.0 / (1.0 + falloff * r * r)")))
        blank.append(draw.choice(("weight_out[i] = 1.0", "weight_out[i] = 0.0")))
    elif kind == "vertex":
        mesh.builtin("mesh_get_index")
        s.result("vertex_out", "int", "n", names=("vertex_ids", "furthest_id", "support_index"))
        body.append("vertex_out[i] = wp.mesh_get_index(mesh, query.face * 3 + corner)")
        blank.append("vertex_out[i] = -1")
    else:
        mesh.builtin("mesh_get_index")
        s.field("attribute", "real", "points", low=-1.0, high=1.0, names=("vertex_color", "temperature", "vertex_value", "thickness"))
        s.result("out_attr", "real", "n", names=("sampled", "value_out", "color_out"))
        body.append("value = attribute[wp.mesh_get_index(mesh, query.face * 3 + corner)]")
        body.append(draw.choice(("out_attr[i] = value", "out_attr[i] = value * value", "out_attr[i] = 0.5 * value + 0.5")))
        blank.append("out_attr[i] = 0.0")
