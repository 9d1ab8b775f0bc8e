"""Random placement: jittered grids, lenses, emitters, random rotations, darts and best candidates."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Sorted, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.sampling.generators import SEEDS, seeded, sizes


def build_grid(draw: Draw, draft: MirrorDraft) -> Case:
    """Jittered samples of a grid's cells, and rays through a lens: one thread for each cell."""
    i, j = draw.choice((("i", "j"), ("row", "col"), ("py", "px")))
    draft.field("offsets", "vec2", "ny", "nx", low=-0.2, high=0.2, names=("shift", "warp_field", "base_jitter"))
    draft.grid((i, "height", "ny"), (j, "width", "nx"), array="offsets")
    seed = draft.uniform("seed", "int", SEEDS, names=("rng_seed", "frame_seed"))
    columns = draft.extent("width", "offsets", 1, size="nx")
    draft.code(f"state = wp.rand_init({seed}, {draw.choice((f'{i} * {columns} + {j}', f'{j} + {i} * {columns}', f'{i} * 1009 + {j}'))})")
    jitter = draw.choice(
        (
            "wp.sample_unit_square(state)",
            "wp.sample_unit_square(state)",
            "wp.sample_unit_disk(state) * 0.5",
            "wp.sample_unit_ring(state) * 0.4",
            "wp.sample_triangle(state) - vec2(0.333, 0.333)",
            "vec2(wp.randf(state) - 0.5, wp.randf(state) - 0.5)",
        )
    )
    draft.code(f"""
        jitter = {jitter}
        u = (float({j}) + 0.5 + jitter[0]) / 16.0 + offsets[{i}, {j}][0]
        v = (float({i}) + 0.5 + jitter[1]) / 16.0 + offsets[{i}, {j}][1]
        """)
    way = draw.choice(("points", "lens", "tent", "field", "ray"))
    if way == "lens":
        aperture = draft.tune(draw.choice(("aperture", "lens_radius")), 0.05, 0.4)
        focus = draft.tune(draw.choice(("focus_distance", "focal_plane")), 1.0, 3.0)
        draft.code(f"""
            lens = wp.sample_unit_disk(state) * {aperture}
            focal_point = vec3(u - 0.5, v - 0.5, 1.0) * {focus}
            origin = vec3(lens[0], lens[1], 0.0)
            direction = wp.normalize(focal_point - origin)
            """)
        for name, value in (("ray_dir", "direction"), *([("ray_origin", "origin")] if draw.chance(0.6) else [])):
            out = draft.result(name, "vec3", "ny", "nx")
            draft.code(f"{out}[{i}, {j}] = {value}")
    elif way == "points":
        out = draft.result(draft.name("samples", "points_out"), "vec2", "ny", "nx")
        draft.code(f"{out}[{i}, {j}] = vec2(u, v)")
    elif way == "tent":
        draft.code("""
            r = wp.randf(state, 0.0, 2.0)
            dx = float(0.0)
            if r < 1.0:
                dx = wp.sqrt(r) - 1.0
            else:
                dx = 1.0 - wp.sqrt(2.0 - r)
            weight = 1.0 - wp.abs(dx)
            """)
        draft.code("filtered = (u + dx / 16.0) * weight + v")
        stored(draft, "filtered", "float", 4.0, f"{i}, {j}", ["ny", "nx"], ("filtered_out", "image"))
    elif way == "ray":
        draft.code("direction = wp.normalize(vec3(u - 0.5, v - 0.5, 1.0))")
        stored(draft, "direction", "vec3", 1.0, f"{i}, {j}", ["ny", "nx"], ("rays", "ray_dir"))
    else:
        value = draw.choice(
            ("wp.sin(6.0 * u) * wp.cos(4.0 * v)", "wp.exp(-(u - 0.5) * (u - 0.5) - v * v)", "wp.sqrt(u * u + v * v + 0.01)")
        )
        draft.code(f"value = {value}")
        stored(draft, "value", "float", 3.0, f"{i}, {j}", ["ny", "nx"], ("image", "pixels"), total=0.3)
    large = {"ny": draw.integer(7, 11), "nx": draw.integer(9, 13)}
    return draft.finish(
        draw.choice(("jittered_grid", "stratified_samples", "camera_samples")),
        ["ny", "nx"],
        [{"ny": 1, "nx": 1}, {"ny": 5, "nx": 3}, large],
    )


EMITTERS = {
    "disk": "d = wp.sample_unit_disk(state)\nlocal = vec3(d[0], 0.0, d[1])",
    "ring": "d = wp.sample_unit_ring(state)\nlocal = vec3(d[0], 0.0, d[1])",
    "box": "local = wp.sample_unit_cube(state)",
    "sphere": "local = wp.sample_unit_sphere_surface(state)",
    "ball": "local = wp.sample_unit_sphere(state)",
    "dome": "local = wp.sample_unit_hemisphere(state)",
    "shell": "local = wp.sample_unit_hemisphere_surface(state)",
    "tube": "d = wp.sample_unit_ring(state)\nlocal = vec3(d[0], wp.randf(state, -0.5, 0.5), d[1])",
    "line": "local = vec3(wp.randf(state, -1.0, 1.0), 0.0, 0.0)",
}


def build_emitter(draw: Draw, draft: MirrorDraft) -> Case:
    """Particle emitters: old particles are born again in a shape with a velocity in a cone; the others move on."""
    i = draw.choice(("tid", "particle", "i"))
    draft.field("pos", "vec3", "n", names=("x", "particle_q"))
    draft.field("vel", "vec3", "n", names=("v", "particle_qd"))
    draft.field("age", "float", "n", domain=Uniform(0.0, 2.0), differentiable=False, names=("lifetime", "time_alive"))
    draft.thread("n", "pos", index=i, counts=("num_particles", "particle_count"))
    radius = draft.tune(draw.choice(("emitter_radius", "spawn_radius")), 0.2, 1.0)
    speed = draft.tune(draw.choice(("speed", "launch_speed")), 0.5, 3.0)
    origin = (
        draft.uniform("emitter_pos", "vec3", Uniform(-0.5, 0.5), names=("source", "nozzle")) if draw.chance(0.6) else "vec3(0.0, 0.5, 0.0)"
    )
    dt = draft.tune(draw.choice(("dt", "frame_dt")), 0.02, 0.1)
    limit = draw.real(0.8, 1.5)
    shape = draw.choice(tuple(EMITTERS))
    gravity = draw.choice(("vec3(0.0, -9.8, 0.0)", "vec3(0.0, 0.0, -9.8)", "vec3(0.0, -1.6, 0.0)"))
    draft.code(f"p = pos[{i}]\nu = vel[{i}]\nt = age[{i}]")
    seeded(draw, draft, i)
    cone = draw.choice(
        (
            "aim = wp.normalize(vec3(0.0, 2.0, 0.0) + wp.sample_unit_sphere(state))",
            "aim = wp.sample_unit_hemisphere_surface(state)",
            "aim = wp.normalize(wp.sample_unit_hemisphere(state) + vec3(0.0, 0.0, 0.5))",
            "spread = wp.sample_unit_disk(state) * 0.4\naim = wp.normalize(vec3(spread[0], 1.0, spread[1]))",
            "spread = wp.sample_unit_ring(state) * 0.4\naim = wp.normalize(vec3(spread[0], 1.0, spread[1]))",
        )
    )
    born = f"{EMITTERS[shape]}\n{cone}\np = {origin} + local * {radius}\nu = aim * ({speed} * wp.randf(state, 0.8, 1.2))"
    moved = f"u = u + {gravity} * {dt}\np = p + u * {dt}"
    if draw.chance(0.4):
        moved += f"\nu = u * (1.0 - {draw.real(0.05, 0.4)} * {dt})"
    if draw.chance(0.5):
        draft.code(f"if t > {limit}:\n    " + born.replace("\n", "\n    ") + "\nelse:\n    " + moved.replace("\n", "\n    "))
    else:
        draft.code(moved + f"\nif t > {limit}:\n    " + born.replace("\n", "\n    "))
    for name, value in (("pos_out", "p"), ("vel_out", "u")):
        out = draft.result(name, "vec3", "n")
        draft.code(f"{out}[{i}] = {value}")
    if draw.chance(0.5):
        draft.code(f"left_over = -wp.log(1.0 - 0.99 * wp.randf(state)) * {draw.real(0.5, 2.0)}")
        out = draft.result("life_out", "float", "n", names=("age_out", "time_left"))
        draft.code(f"{out}[{i}] = left_over")
    return draft.finish(draw.choice(("emit_particles", "update_emitter", "spawn_particles")), ["n"], sizes(draw))


FLAT = {
    "disk": "p = wp.sample_unit_disk(state)",
    "ring": "p = wp.sample_unit_ring(state)",
    "square": "p = wp.sample_unit_square(state) * 2.0",
    "triangle": "p = wp.sample_triangle(state)",
    "frame": "e = wp.sample_unit_square(state)\np = vec2(e[0] * 2.0, 1.0)",
}
SOLID = {
    **{name: lines.replace("local", "p") for name, lines in EMITTERS.items() if name not in ("ring", "line")},
    "prism": "d = wp.sample_triangle(state)\np = vec3(d[0], wp.randf(state, -0.5, 0.5), d[1])",
    "plate": "d = wp.sample_unit_square(state)\np = vec3(d[0], 0.0, d[1])",
}


def build_sources(draw: Draw, draft: MirrorDraft) -> Case:
    """Points from one of several shapes, as each thread's source says or at random; placed, and weighted by the shape's measure."""
    i = draw.choice(("tid", "i", "point"))
    spatial = draw.chance(0.85)
    shapes, type = (SOLID, "vec3") if spatial else (FLAT, "vec2")
    chosen = draw.subset(tuple(shapes), draw.integer(3, 5) if spatial else draw.integer(3, 4))
    draft.field("origin", type, "n", names=("centers", "source_pos"))
    draft.field("extent", "float", "n", low=0.3, high=1.2, names=("radius", "scale"))
    way = draw.choice(("own", "shared", "uniform", "uniform", "mixture"))
    indices = Integers(0, len(chosen))
    if way in ("own", "shared"):
        draft.field("shape_of", "int", "n" if way == "own" else "table", domain=indices, names=("shape_type", "source_kind"))
    if way == "shared":
        draft.field("source", "int", "n", below="table", names=("emitter_id", "shape_id"))
    if way == "mixture":
        draft.field("mixture", "float", len(chosen), domain=Sorted(0.1, 1.0), differentiable=False, names=("shape_cdf", "cumulative"))
    draft.thread("n", "origin", index=i, counts=("num_points", "n"))
    seeded(draw, draft, i)
    count = len(chosen)
    kind = {
        "own": f"shape_of[{i}]",
        "shared": f"shape_of[source[{i}]]",
        "uniform": draw.choice((f"int(wp.randu(state) % wp.uint32({count}))", f"int(wp.randu(state, wp.uint32(0), wp.uint32({count})))")),
        "mixture": f"wp.min(wp.sample_cdf(state, mixture), {count - 1})",
    }[way]
    draft.code(f"kind = {kind}\np = {type}()")
    weighted = draw.chance(0.4)
    if weighted:
        draft.code("measure = float(1.0)")
    branches = []
    for number, name in enumerate(chosen):
        head = "else:" if number == len(chosen) - 1 else f"{'if' if number == 0 else 'elif'} kind == {number}:"
        lines = shapes[name].split("\n") + (
            [f"measure = {draw.choice(('6.2832', '4.1888', '3.1416', '2.0944', '0.5'))}"] if weighted else []
        )
        branches.append("\n".join([head, *(f"    {line}" for line in lines)]))
    draft.code("\n".join(branches))
    draft.code(f"placed = origin[{i}] + p * extent[{i}]")
    if weighted:
        power = "extent[{0}] * extent[{0}]" if not spatial else "extent[{0}] * extent[{0}] * extent[{0}]"
        draft.code(f"density = 1.0 / (measure * {power.format(i)} + 0.1)")
        stored(draft, "density", "float", 10.0, i, ["n"], ("pdf_out", "density_out", "weight_out"), share=0.4)
    if spatial:
        stored(draft, "placed", "vec3", 5.0, i, ["n"], ("points_out", "samples_out", "spawned"), share=0.4)
    else:
        out = draft.result(draft.name("points_out", "samples_out", "spawned"), "vec2", "n")
        draft.code(f"{out}[{i}] = placed")
    return draft.finish(draw.choice(("sample_sources", "spawn_points", "sample_shapes")), ["n"], sizes(draw))


def build_rotation(draw: Draw, draft: MirrorDraft) -> Case:
    """Random rotations: uniform unit quaternions, random axes and angles, small perturbations, applied to directions."""
    i = draw.choice(("tid", "i", "instance"))
    draft.field("dirs", "vec3", "n", names=("points", "axes", "rest_dir"))
    draft.thread("n", "dirs", index=i, counts=("num_instances", "n"))
    seeded(draw, draft, i)
    kind = draw.choice(("shoemake", "axis_angle", "gaussian", "small", "yaw"))
    if kind == "shoemake":
        draft.code("""
            u = wp.randf(state)
            a = wp.randf(state, 0.0, 6.2831853)
            b = wp.randf(state, 0.0, 6.2831853)
            s1 = wp.sqrt(1.0 - u)
            s2 = wp.sqrt(u)
            q = quat(s1 * wp.sin(a), s1 * wp.cos(a), s2 * wp.sin(b), s2 * wp.cos(b))
            """)
    elif kind == "gaussian":
        draft.code("q = wp.normalize(quat(wp.randn(state), wp.randn(state), wp.randn(state), wp.randn(state)))")
    elif kind == "yaw":
        draft.code(
            f"q = wp.quat_from_axis_angle(vec3(0.0, {draw.choice(('1.0, 0.0', '0.0, 1.0'))}), wp.randf(state, -3.1415927, 3.1415927))"
        )
    else:
        angle = "wp.randf(state, 0.0, 3.1415927)" if kind == "axis_angle" else f"wp.randn(state) * {draw.real(0.05, 0.3)}"
        half = draw.chance(0.5)
        draft.code(f"axis = wp.sample_unit_{'hemisphere' if half else 'sphere'}_surface(state)\nq = wp.quat_from_axis_angle(axis, {angle})")
    if draw.chance(0.4):
        draft.field("base_rot", "quat", "n", domain=UnitVectors(), names=("rot_in", "orientation"))
        draft.code(f"q = {draw.choice(('q * base_rot', 'base_rot'))}[{i}]" if draw.chance(0.5) else f"q = base_rot[{i}] * q")
    draft.code(f"turned = wp.quat_rotate{draw.choice(('', '', '_inv'))}(q, dirs[{i}])")
    if draw.chance(0.3):
        out = draft.result("rot_out", "quat", "n", names=("q_out", "rotation"))
        draft.code(f"{out}[{i}] = q")
    if draw.chance(0.3):
        scale = draft.tune(draw.choice(("scale_jitter", "size_variation")), 0.1, 0.5)
        draft.code(f"turned = turned * (1.0 + {scale} * wp.randf(state, -1.0, 1.0))")
    stored(draft, "turned", "vec3", 3.0, i, ["n"], ("dirs_out", "scattered", "instance_dir"))
    return draft.finish(f"{kind}_rotation", ["n"], sizes(draw))


def build_darts(draw: Draw, draft: MirrorDraft) -> Case:
    """Darts: of several candidates the one farthest from the points that are there, or the first that keeps its distance."""
    i = draw.choice(("tid", "i", "cell"))
    spatial = draw.chance(0.4)
    type = "vec3" if spatial else "vec2"
    draft.field("placed", type, "table", low=-1.0, high=1.0, differentiable=False, names=("points", "existing", "obstacles"))
    draft.field("origin", type, "n", names=("cell_center", "base"))
    draft.thread("n", "origin", index=i, counts=("num_cells", "n"))
    seeded(draw, draft, i)
    candidates = draw.integer(2, 5)
    others = draw.integer(4, 11)
    proposal = draw.choice(
        ("wp.sample_unit_cube(state) * 2.0", "wp.sample_unit_sphere(state)", "wp.sample_unit_hemisphere(state)")
        if spatial
        else (
            "wp.sample_unit_square(state) * 2.0",
            "wp.sample_unit_disk(state)",
            "wp.sample_unit_ring(state) * wp.randf(state, 0.3, 0.6)",
            "wp.sample_triangle(state) * 2.0 - vec2(0.667, 0.667)",
        )
    )
    step_body = f"""
        nearest = float(1.0e6)
        for k in range({others}):
            nearest = wp.min(nearest, wp.length_sq(p - others[k]))
        return nearest
        """
    draft.define("nearest_sq", f"p: {type}, others: array({type})", step_body, "float", "Squared distance to the nearest of the points.")
    if draw.chance(0.6):
        draft.code(f"""
            best = {type}()
            farthest = float(-1.0)
            for c in range({candidates}):
                p = {proposal}
                gap = nearest_sq(p, placed)
                if gap > farthest:
                    farthest = gap
                    best = p
            """)
    else:
        spacing = draw.real(0.05, 0.2)
        draft.code(f"""
            best = {type}()
            farthest = float(0.0)
            for c in range({candidates}):
                p = {proposal}
                gap = nearest_sq(p, placed)
                if gap > {spacing} and farthest == 0.0:
                    farthest = gap
                    best = p
            """)
    draft.code(f"moved = origin[{i}] + best")
    if spatial:
        stored(draft, "moved", "vec3", 3.0, i, ["n"], ("points_out", "darts"), share=0.4)
    else:
        out = draft.result(draft.name("points_out", "darts"), type, "n")
        draft.code(f"{out}[{i}] = moved")
    if draw.chance(0.6):
        out = draft.result("clearance", "float", "n", differentiable=False, names=("gap_out", "spacing_out"))
        draft.code(f"{out}[{i}] = {draw.choice(('farthest', 'wp.sqrt(wp.max(farthest, 0.0))'))}")
    return draft.finish(draw.choice(("throw_darts", "best_candidate", "poisson_disk_cells")), ["n"], sizes(draw))
