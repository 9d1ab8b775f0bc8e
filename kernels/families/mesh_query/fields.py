"""Distances to a mesh over points or the nodes of a grid, and the point of a mesh that is furthest away."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.points import POINTS, SIGNS, guarded, reach_of
from kernels.families.mesh_query.search import Mesh, Names, mesh_sizes

FURTHEST = (
    "def furthest_point(mesh, p):",
    "    gap = np.sum(np.square(mesh.points - p[..., None, :]), axis=-1)",
    "    return mesh.points[gap.argmax(axis=-1)]",
)


def build_distance(s: QueryScript) -> Case:
    """Signed distances and insides over grids of points or given points: fields, flags, smoothed occupancy, shells."""
    draw = s.draw
    mesh = Mesh(s, kinds=("sphere", "torus", "box"))
    sign = draw.choice(SIGNS)
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
    names = mesh.closest("p", reach_of(s), sign=sign)
    wanted = draw.subset(("sdf", "inside", "occupancy", "shell", "gradient"), draw.weighted((1, 2, 3), (3, 3, 1)))
    body, blank = [f"closest = {names.position}"], []
    if wanted != ["inside"]:
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
            body.append(
                draw.choice(
                    (f"gradient[{at}] = (p - closest) * {names.sign}", f"gradient[{at}] = (p - closest) / (d * {names.sign} + 0.1)")
                )
            )
            blank.append(f"gradient[{at}] = wp.vec3()")
    guarded(s, names, "\n".join(body), "\n".join(blank))
    sizes = mesh_sizes(mesh, s)
    shapes = ((1, 1, 1), (3, 2, 2), (6, 5, 3) if dims == 3 else (9, 8, 1))
    sizes = [{**z, "nx": nx, "ny": ny, "nz": nz} for z, (nx, ny, nz) in zip(sizes, shapes, strict=True)]
    return s.finish(draw.choice(("sample_sdf", "voxelize_mesh", "mesh_signed_distance", "build_sdf", "classify_points")), extents, sizes)


def build_furthest(s: QueryScript) -> Case:
    """The corner of a mesh that is furthest from a point."""
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
    s.stand_for(names.position, "foot")
    differentiable = draw.chance(0.15)
    if differentiable:
        s.limitations.add("mesh_query_furthest_point")
    s.result("radius_out", "real", "n", differentiable=differentiable, names=("bounding_radius", "max_distance", "reach"))
    body = [f"far = {names.position}", draw.choice(("r = wp.length(far - p)", "r = wp.length(p - far)"))]
    if draw.chance(0.6):
        s.field("scale", "real", "n", low=0.5, high=1.5, names=("gain", "weight"))
        body.append(draw.choice(("r = r * scale[i]", "r = r + 0.1 * scale[i]")))
    body.append("radius_out[i] = r")
    blank = ["radius_out[i] = 0.0"]
    if draw.chance(0.5):
        s.result("far_out", "vec3", "n", differentiable=differentiable, names=("furthest", "support_point"))
        body.append("far_out[i] = far")
        blank.append("far_out[i] = p")
    guarded(s, names, "\n".join(body), "\n".join(blank))
    return s.finish(draw.choice(("furthest_points", "bounding_spheres", "support_distance")), ["n"], mesh_sizes(mesh, s))
