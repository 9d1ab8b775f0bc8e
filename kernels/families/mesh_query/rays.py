"""Rays and a mesh: first hits, cameras, lidar, shading, reflections, shadows."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.answers import ANY_HIT, CORNERS, CROSSINGS, HITS, rooted
from kernels.families.mesh_query.points import guarded
from kernels.families.mesh_query.search import Mesh, Names, mesh_sizes

NEEDS_HITS = (("corners", CORNERS), ("hits", HITS))


def build_rays(s: QueryScript) -> Case:
    """Given rays: where they hit, what is there, and what of it is kept."""
    draw = s.draw
    grouped = draw.chance(0.4)
    moving = draw.chance(0.6)
    mesh = Mesh(s, grouped=grouped, moving=moving)
    s.field("origins", "vec3", "n", domain=Uniform(-1.4, 1.4), names=("ray_origin", "starts", "ray_o"))
    toward = draw.chance(0.5)
    if toward:
        s.field("targets", "vec3", "n", domain=Uniform(-0.6, 0.6), names=("aim_points", "look_at", "ends"))
    else:
        s.field("directions", "vec3", "n", domain=UnitVectors(), names=("ray_dir", "dirs", "ray_d"))
    s.thread("n", "origins", index="i", names=("tid", "ray"), counts=("num_rays", "ray_count"))
    s.code("start = origins[i]")
    if not toward:
        s.code("direction = directions[i]")
    else:
        s.code(
            draw.choice(
                (
                    "direction = wp.normalize(targets[i] - start)",
                    "direction = targets[i] - start",
                    "ray = targets[i] - start\ndirection = ray / wp.length(ray)",
                )
            )
        )
    if grouped:
        s.field("group", "int", "n", domain=Integers(0, 3), names=("env_id", "world", "ray_group"))
    mesh.declare()
    max_t = "max_t"
    if draw.chance(0.6):
        s.tuning(("max_t", 0.8, 3.0))
    else:
        max_t = draw.choice(("1.0e6", "10.0", "1.0e3"))
    names = mesh.ray("start", "direction", max_t, group="group[i]" if grouped else "")
    wanted = draw.subset(
        ("t", "point", "normal", "face", "weights", "front", "shade", "attribute"), draw.weighted((1, 2, 3, 4), (2, 4, 4, 2))
    )
    if moving:
        wanted = [*wanted[:2], "velocity"]
    body: list[str] = []
    blank: list[str] = []
    for kind in wanted:
        ray_result(s, mesh, names, kind, "i", ("n",), body, blank)
    guarded(s, names, "\n".join(body), "\n".join(blank))
    return s.finish(draw.choice(("cast_rays", "trace_mesh", "raycast", "ray_mesh_query")), ["n"], mesh_sizes(mesh, s))


def ray_result(
    s: QueryScript, mesh: Mesh, names: Names, kind: str, at: str, extents: tuple[str, ...], body: list[str], blank: list[str]
) -> None:
    """Adds one kind of result to the lines of rays that hit and of those that do not."""
    draw = s.draw
    if kind == "t":
        s.result("t_out", "real", *extents, names=("depth", "distances", "hit_t", "range_out"))
        body.append(f"t_out[{at}] = {draw.choice((names.t, f'{names.t} * 0.5', f'1.0 / (0.5 + {names.t})'))}")
        blank.append(f"t_out[{at}] = {draw.choice(('-1.0', '1.0e3', '0.0'))}")
    elif kind == "point":
        s.result("point_out", "vec3", *extents, names=("hit_points", "positions_out", "hit_pos"))
        if draw.chance(0.5):
            mesh.builtin("mesh_eval_position")
            body.append(f"point_out[{at}] = {names.position}")
        else:
            body.append(f"point_out[{at}] = start + direction * {names.t}")
        blank.append(f"point_out[{at}] = {draw.choice(('wp.vec3()', 'start'))}")
    elif kind == "normal":
        s.result("normal_out", "vec3", *extents, differentiable=False, names=("hit_normals", "normals", "surface_normals"))
        body.append(
            f"normal_out[{at}] = {draw.choice((names.normal, f'{names.normal} * 0.5 + wp.vec3(0.5, 0.5, 0.5)', f'-{names.normal}'))}"
        )
        blank.append(f"normal_out[{at}] = wp.vec3()")
    elif kind == "face":
        s.result("face_out", "int", *extents, names=("face_ids", "primitive", "hit_face"))
        body.append(f"face_out[{at}] = {names.face}")
        blank.append(f"face_out[{at}] = -1")
    elif kind == "weights":
        s.result("uv_out", "vec2", *extents, names=("barycentric", "hit_uv"))
        body.append(f"uv_out[{at}] = {draw.choice((f'wp.vec2({names.u}, {names.v})', f'wp.vec2({names.v}, 1.0 - {names.u} - {names.v})'))}")
        blank.append(f"uv_out[{at}] = wp.vec2(0.0, 0.0)")
    elif kind == "front":
        s.result("front_out", "int", *extents, names=("front_facing", "side_out", "backface"))
        body.append(f"front_out[{at}] = {draw.choice((f'wp.where({names.sign} > 0.0, 1, 2)', f'int({names.sign} < 0.0)'))}")
        blank.append(f"front_out[{at}] = {draw.choice(('0', '-1'))}")
    elif kind == "velocity":
        s.result("velocity_out", "vec3", *extents, names=("hit_velocity", "surface_motion"))
        body.append(f"velocity_out[{at}] = {mesh.velocity(names)}")
        blank.append(f"velocity_out[{at}] = wp.vec3()")
    elif kind == "attribute":
        mesh.builtin("mesh_get_index")
        s.field("albedo", "vec3", "points", low=0.0, high=1.0, names=("vertex_colors", "vertex_normals", "colors"))
        s.result("color_out", "vec3", *extents, names=("colors_out", "radiance", "pixels"))
        body += [f"c{n} = albedo[wp.mesh_get_index(mesh, {names.face} * 3 + {n})]" for n in range(3)]
        body.append(f"color_out[{at}] = c0 * {names.u} + c1 * {names.v} + c2 * (1.0 - {names.u} - {names.v})")
        blank.append(f"color_out[{at}] = {draw.choice(('wp.vec3()', 'wp.vec3(0.2, 0.3, 0.5)'))}")
    else:
        s.result("shade_out", "real", *extents, names=("brightness", "intensity", "luminance"))
        s.tuning(("ambient", 0.05, 0.3), ("falloff", 0.1, 1.0))
        body.append(f"facing = wp.abs(wp.dot({names.normal}, direction))")
        body.append(
            draw.choice(
                (
                    f"shade_out[{at}] = ambient + (1.0 - ambient) * facing",
                    f"shade_out[{at}] = ambient + facing * wp.exp(-falloff * {names.t})",
                    f"shade_out[{at}] = facing / (1.0 + falloff * {names.t} * {names.t}) + ambient",
                )
            )
        )
        blank.append(f"shade_out[{at}] = {draw.choice(('0.0', 'ambient'))}")


def build_camera(s: QueryScript) -> Case:
    """A camera's or lidar's rays, made from the thread's indices: images of depth, normals, shading, ids, shadows, reflections."""
    draw = s.draw
    lidar = draw.chance(0.3)
    grouped = draw.chance(0.3)
    mesh = Mesh(s, kinds=("sphere", "torus", "box"), grouped=grouped)
    extents = ("width", "height")
    indices = draw.choice((("i", "j"), ("px", "py"), ("u_id", "v_id")))
    s.grid(*((index, extent, extent) for index, extent in zip(indices, extents, strict=True)))
    s.uniform("eye", "vec3", Uniform(1.3, 1.9) if not lidar else Uniform(-0.3, 0.3), names=("camera_pos", "sensor_pos", "position"))
    first, second = indices
    if lidar:
        s.tuning(("azimuth_step", 0.4, 0.9), ("elevation_step", 0.11, 0.23))
        s.code(f"azimuth = float({first}) * azimuth_step\nelevation = (float({second}) - 1.37) * elevation_step")
        s.code("ce = wp.cos(elevation)\ndirection = wp.vec3(ce * wp.cos(azimuth), ce * wp.sin(azimuth), wp.sin(elevation))")
        s.code("start = eye + direction * 0.05" if draw.chance(0.4) else "start = eye")
    else:
        s.tuning(("fov", 0.3, 0.6))
        s.code(f"sx = (float({first}) + 0.41) / 9.0 - 0.5\nsy = (float({second}) + 0.43) / 9.0 - 0.5")
        s.uniform("right", "vec3", UnitVectors(), names=("camera_right",))
        s.uniform("upward", "vec3", UnitVectors(), names=("camera_up",))
        aim = draw.choice(("forward = wp.normalize(-eye)", "forward = -eye / wp.length(eye)"))
        s.code(f"{aim}\nray = forward + right * (fov * sx) + upward * (fov * sy)\ndirection = wp.normalize(ray)\nstart = eye")
    mesh.declare()
    if grouped:
        s.uniform("group", "int", Integers(0, 3), names=("env_id", "world", "scene_id"))
    names = mesh.ray("start", "direction", draw.choice(("100.0", "1.0e6", "10.0")), group="group" if grouped else "")
    at = ", ".join(indices)
    wanted = draw.subset(("t", "normal", "face", "shade", "point", "lit", "mirror"), draw.weighted((1, 2, 3), (2, 4, 3)))
    if lidar:
        wanted = [w for w in wanted if w not in ("lit", "mirror")] or ["t"]
    body: list[str] = []
    blank: list[str] = []
    for kind in wanted:
        if kind == "lit":
            _lit(s, mesh, names, at, extents, body, blank)
        elif kind == "mirror":
            s.result("mirror_out", "vec3", *extents, differentiable=False, names=("reflected", "bounce_dir"))
            body.append(f"n = {names.normal}\nmirror_out[{at}] = direction - 2.0 * wp.dot(direction, n) * n")
            blank.append(f"mirror_out[{at}] = wp.vec3()")
        else:
            ray_result(s, mesh, names, kind, at, extents, body, blank)
    guarded(s, names, "\n".join(body), "\n".join(blank))
    sizes = mesh_sizes(mesh, s)
    sizes = [{**z, "width": w, "height": h} for z, (w, h) in zip(sizes, ((1, 1), (3, 5), (9, 8)), strict=True)]
    return s.finish(
        draw.choice(("render_depth", "render", "scan_lidar") if lidar else ("render", "draw_mesh", "render_depth", "camera_rays")),
        extents,
        sizes,
    )


def asks_any(s: QueryScript, mesh: Mesh) -> str:
    """Lets the text ask whether rays hit anything; gives the last argument of such a call."""
    s.answer("mesh_query_ray_anyhit", rooted(ANY_HIT, grouped=mesh.grouped), ("bool",), needs=NEEDS_HITS)
    return ", root" if mesh.grouped else ""


def asks_crossings(s: QueryScript, mesh: Mesh) -> str:
    """Lets the text ask how often rays hit; gives the last argument of such a call."""
    s.answer("mesh_query_ray_count_intersections", rooted(CROSSINGS, grouped=mesh.grouped), ("int",), needs=NEEDS_HITS)
    return ", root" if mesh.grouped else ""


def _lit(s: QueryScript, mesh: Mesh, names: Names, at: str, extents: tuple[str, ...], body: list[str], blank: list[str]) -> None:
    """Light from a point, unless something is between."""
    draw = s.draw
    root = asks_any(s, mesh)
    mesh.builtin("mesh_eval_position")
    s.uniform("light", "vec3", Uniform(1.2, 2.0), names=("light_pos", "sun"))
    s.result("lit_out", "real", *extents, differentiable=False, names=("radiance", "direct_light", "image"))
    body += [
        f"hit_point = {names.position} + 0.01 * {names.normal}",
        "to_light = light - hit_point",
        "reach = wp.length(to_light)",
        "light_dir = to_light / reach",
        f"lambert = wp.max(wp.dot({names.normal}, light_dir), 0.0)",
        f"if wp.mesh_query_ray_anyhit(mesh, hit_point, light_dir, reach{root}):\n    lambert = 0.0",
        draw.choice(
            (f"lit_out[{at}] = lambert", f"lit_out[{at}] = 0.1 + 0.9 * lambert", f"lit_out[{at}] = lambert / (1.0 + reach * reach)")
        ),
    ]
    blank.append(f"lit_out[{at}] = {draw.choice(('0.0', '0.05'))}")
