"""Rays and a mesh: first hits, cameras, lidar, shading, reflections, shadows, occlusion, crossings."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.answers import CORNERS, HITS
from kernels.families.mesh_query.points import guarded
from kernels.families.mesh_query.search import Mesh, Names, mesh_sizes

NEEDS_HITS = (("corners", CORNERS), ("hits", HITS))
ANY = (
    "def ray_anyhit(mesh, start, direction, max_t):",
    "    t, _, _, _, hit = hits(mesh, start, direction)",
    "    return np.any(hit & (t < np.asarray(max_t)[..., None]), axis=-1)",
)
CROSSINGS = (
    "def ray_crossings(mesh, start, direction):",
    "    return hits(mesh, start, direction)[-1].sum(axis=-1).astype(np.int32)",
)


def build_rays(s: QueryScript) -> Case:
    """Given rays: where they hit, what is there, and what of it is kept."""
    draw = s.draw
    grouped = draw.chance(0.2)
    moving = draw.chance(0.2)
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
        mesh.builtin("mesh_eval_velocity")
        s.result("velocity_out", "vec3", *extents, names=("hit_velocity", "surface_motion"))
        body.append(f"velocity_out[{at}] = wp.mesh_eval_velocity(mesh, {names.face}, {names.u}, {names.v})")
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
    lidar = draw.chance(0.4)
    mesh = Mesh(s, kinds=("sphere", "torus", "box"))
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
    names = mesh.ray("start", "direction", draw.choice(("100.0", "1.0e6", "10.0")))
    at = ", ".join(indices)
    wanted = draw.subset(("t", "normal", "face", "shade", "point", "lit", "mirror"), draw.weighted((1, 2, 3), (3, 4, 2)))
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


def _lit(s: QueryScript, mesh: Mesh, names: Names, at: str, extents: tuple[str, ...], body: list[str], blank: list[str]) -> None:
    """Light from a point, unless something is between."""
    draw = s.draw
    s.answer("mesh_query_ray_anyhit", [ANY[0].replace("ray_anyhit", "mesh_query_ray_anyhit"), *ANY[1:]], ("bool",), needs=NEEDS_HITS)
    mesh.builtin("mesh_eval_position")
    s.uniform("light", "vec3", Uniform(1.2, 2.0), names=("light_pos", "sun"))
    s.result("lit_out", "real", *extents, differentiable=False, names=("radiance", "direct_light", "image"))
    body += [
        f"hit_point = {names.position} + 0.01 * {names.normal}",
        "to_light = light - hit_point",
        "reach = wp.length(to_light)",
        "light_dir = to_light / reach",
        f"lambert = wp.max(wp.dot({names.normal}, light_dir), 0.0)",
        "if wp.mesh_query_ray_anyhit(mesh, hit_point, light_dir, reach):\n    lambert = 0.0",
        draw.choice(
            (f"lit_out[{at}] = lambert", f"lit_out[{at}] = 0.1 + 0.9 * lambert", f"lit_out[{at}] = lambert / (1.0 + reach * reach)")
        ),
    ]
    blank.append(f"lit_out[{at}] = {draw.choice(('0.0', '0.05'))}")


def build_occlusion(s: QueryScript) -> Case:
    """Whether and how often rays meet a mesh: visibility, ambient occlusion by fixed directions, insides by crossings."""
    draw = s.draw
    what = draw.choice(("any", "crossings", "ambient", "segment"))
    mesh = Mesh(s, kinds=("sphere", "torus", "box") if what == "crossings" else ("sphere", "torus", "box", "sheet"))
    s.field("x", "vec3", "n", domain=Uniform(-1.3, 1.3), names=("points", "origins", "samples"))
    s.thread("n", "x", index="i", names=("tid", "ray"), counts=("num_points", "num_rays"))
    s.code("start = x[i]")
    if what in ("any", "crossings"):
        s.field("directions", "vec3", "n", domain=UnitVectors(), names=("ray_dir", "dirs"))
        s.code("direction = directions[i]")
    elif what == "segment":
        s.field("ends", "vec3", "n", domain=Uniform(-1.3, 1.3), names=("targets", "light_pos", "other_points"))
        s.code("direction = ends[i] - start")
    mesh.declare()
    if what == "crossings":
        s.answer(
            "mesh_query_ray_count_intersections",
            [CROSSINGS[0].replace("ray_crossings", "mesh_query_ray_count_intersections"), *CROSSINGS[1:]],
            ("int",),
            needs=NEEDS_HITS,
        )
        s.code("crossings = wp.mesh_query_ray_count_intersections(mesh, start, direction)")
        s.result("count_out", "int", "n", names=("hit_count", "num_crossings"))
        s.code("count_out[i] = crossings")
        if draw.chance(0.7):
            s.result("inside_out", "int", "n", names=("inside", "parity"))
            s.code(
                draw.choice(
                    (
                        "inside_out[i] = crossings % 2",
                        "inside_out[i] = crossings & 1",
                        "if crossings % 2 == 1:\n    inside_out[i] = 1\nelse:\n    inside_out[i] = 0",
                    )
                )
            )
        if draw.chance(0.4):
            s.result("total", "int", "one", role="accumulate", names=("total_crossings", "hit_total"))
            s.code("wp.atomic_add(total, 0, crossings)")
    else:
        s.answer("mesh_query_ray_anyhit", [ANY[0].replace("ray_anyhit", "mesh_query_ray_anyhit"), *ANY[1:]], ("bool",), needs=NEEDS_HITS)
        if what == "ambient":
            _ambient(s)
        else:
            limit = "1.0" if what == "segment" else draw.choice(("1.0e6", "1.5", "0.8"))
            s.code(f"blocked = wp.mesh_query_ray_anyhit(mesh, start, direction, {limit})")
            s.result("visible", "int", "n", names=("visibility", "occluded", "line_of_sight"))
            s.code(
                draw.choice(
                    (
                        "visible[i] = wp.where(blocked, 0, 1)",
                        "if blocked:\n    visible[i] = 0\nelse:\n    visible[i] = 1",
                        "visible[i] = int(blocked)",
                    )
                )
            )
            if draw.chance(0.6):
                s.field("power", "real", "n", low=0.2, high=1.0, names=("weight", "intensity"))
                s.result("light_out", "real", "n", names=("received", "irradiance"))
                s.code(indent("light_out[i] = wp.where(blocked, 0.1, 1.0) * power[i] / (1.0 + wp.length_sq(direction))", ""))
            if draw.chance(0.3):
                s.result("blocked_count", "int", "one", role="accumulate", names=("num_blocked", "shadow_count"))
                s.code("if blocked:\n    wp.atomic_add(blocked_count, 0, 1)")
    return s.finish(draw.choice(("test_visibility", "occlusion_rays", "mesh_crossings", "shadow_rays")), ["n"], mesh_sizes(mesh, s))


def _ambient(s: QueryScript) -> None:
    """The share of fixed directions, turned by the thread's number, in which nothing is near."""
    draw = s.draw
    rays = draw.choice((3, 4, 5, 6))
    s.tuning(("reach", 0.5, 1.5))
    s.start(open_rays="float(0.0)")
    s.numpy("open_rays = np.zeros(dim[0], f32)")
    s.holds("real", "open_rays")
    weight = draw.choice(("1.0", "0.5 + 0.1 * float(k)", "wp.abs(direction[2]) + 0.1"))
    s.code(
        f"for k in range({rays}):\n"
        f"    angle = float(k) * {draw.choice(('2.4', '1.9', '2.1'))} + float(i) * {draw.choice(('0.37', '0.73'))}\n"
        f"    height = 1.0 - 2.0 * (float(k) + 0.5) / {rays}.0\n"
        "    ring = wp.sqrt(1.0 - height * height)\n"
        "    direction = wp.vec3(ring * wp.cos(angle), ring * wp.sin(angle), height)\n"
        "    if not wp.mesh_query_ray_anyhit(mesh, start, direction, reach):\n"
        f"        open_rays += {weight}"
    )
    s.result("openness", "real", "n", names=("ambient_occlusion", "sky_visibility", "exposure"))
    s.code(draw.choice((f"openness[i] = open_rays / {rays}.0", "openness[i] = open_rays * open_rays * 0.1", "openness[i] = open_rays")))
