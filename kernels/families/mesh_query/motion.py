"""Steps against a mesh: rays that march by distance or bounce, particles that move in substeps; queries as functions of their own."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.mirror.values import Known
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.answers import CAST, CLOSEST_POINT, CORNERS, HITS, SIDE, WEIGHTS, WINDING, rooted
from kernels.families.mesh_query.search import Mesh, mesh_sizes
from kernels.language.types import BOOL

_CLOSED = ("sphere", "torus", "box")
_DISTANCE = (
    "def {name}(mesh, p, max_dist):",
    "    foot = closest_point(mesh, p)",
    "    gap = np.linalg.norm(p - foot, axis=-1)",
    "    found = gap < max_dist",
    "    sign = {side}",
    "    normal = (p - foot) * (sign / (gap + 0.02))[..., None]",
    "    return np.where(found, gap * sign, max_dist), np.where(found[..., None], normal, 0.0)",
)
_TRACE = (
    "def {name}(mesh, start, direction, max_t):",
    "    found, t, _, _, slope, normal, _ = cast(mesh, start, direction, max_t)",
    "    toward = np.where(slope > 0.0, f32(1.0), f32(-1.0))",
    "    return found, np.where(found, t, max_t), np.where(found[..., None], normal * toward[..., None], 0.0)",
)


def _distance(s: QueryScript, mesh: Mesh) -> str:
    """Declares the mesh; a function that gives the distance to it, mostly with its side, and the direction away from it."""
    draw = s.draw
    sign = draw.weighted(("", "_sign_normal", "_sign_parity", "_sign_winding_number", "_no_sign"), (2, 3, 2, 4, 2))
    mesh.declare(winding=sign == "_sign_winding_number")
    signed = sign != "_no_sign"
    name = draw.choice(("mesh_distance", "sample_mesh", "signed_distance" if signed else "distance_to_mesh"))
    miss = draw.choice(("early", "else"))
    found = [
        "closest = wp.mesh_eval_position(mesh, query.face, query.u, query.v)",
        "delta = p - closest",
        "gap = wp.length(delta)",
        "return gap * query.sign, delta * (query.sign / (gap + 0.02))" if signed else "return gap, delta / (gap + 0.02)",
    ]
    head = [f"def {name}(mesh: wp.uint64, p: wp.vec3, max_dist: float):", f"    query = wp.mesh_query_point{sign}(mesh, p, max_dist)"]
    if miss == "early":
        body = ["    if not query.result:", "        return max_dist, wp.vec3()", *(f"    {line}" for line in found)]
    else:
        body = ["    if query.result:", *(f"        {line}" for line in found), "    return max_dist, wp.vec3()"]
    s.definitions.append(["@wp.func", *head, *body])
    needs = [("corners", CORNERS), ("weights", WEIGHTS), ("closest_point", CLOSEST_POINT)]
    if signed:
        needs += [("winding_number", WINDING), ("side", SIDE)]
    side = "side(mesh, p)" if signed else "np.ones_like(gap)"
    s.answer(name, [line.format(name=name, side=side) for line in _DISTANCE], needs=needs)
    s.names.functions[name] = (Known(s.real), Known(s.vector))
    return name


def _trace(s: QueryScript, mesh: Mesh) -> str:
    """A function that gives where a ray hits the mesh, and the normal that faces the ray."""
    draw = s.draw
    name = draw.choice(("trace", "first_hit", "cast_ray"))
    body = [
        f"def {name}(mesh: wp.uint64, start: wp.vec3, direction: wp.vec3, max_t: float):",
        "    query = wp.mesh_query_ray(mesh, start, direction, max_t)",
        "    if not query.result:",
        "        return False, max_t, wp.vec3()",
    ]
    if draw.chance(0.5):
        body += ["    if query.sign < 0.0:", "        return True, query.t, -query.normal", "    return True, query.t, query.normal"]
    else:
        body += ["    n = query.normal", "    if query.sign < 0.0:", "        n = -n", "    return True, query.t, n"]
    s.definitions.append(["@wp.func", *body])
    needs = (("corners", CORNERS), ("hits", HITS), ("cast", rooted(CAST, grouped=False)))
    s.answer(name, [line.format(name=name) for line in _TRACE], needs=needs)
    s.names.functions[name] = (Known(BOOL), Known(s.real), Known(s.vector))
    return name


def build_march(s: QueryScript) -> Case:
    """Rays that march towards a mesh by its distance (sphere tracing, Hart 1996), or points that descend to a level of it."""
    draw = s.draw
    mesh = Mesh(s, kinds=_CLOSED)
    descent = draw.chance(0.4)
    # Outside all the way: at the surface the direction away from it is lost in rounding.
    s.field("x", "vec3", "n", domain=mesh.beside(face=False, both=False), names=("origins", "points", "seeds"))
    if not descent:
        s.field("directions", "vec3", "n", domain=UnitVectors(), names=("ray_dir", "dirs"))
    s.thread("n", "x", index="i", names=("tid", "ray"), counts=("num_rays", "num_points"))
    distance = _distance(s, mesh)
    # Few enough for nothing to converge to where two faces are as near, or to the surface, where the side is undecided.
    steps = draw.choice((2, 3, 4))
    s.code("p = x[i]")
    reach = draw.choice(("10.0", "1.0e3", "2.0"))
    if descent:
        s.tuning(("level", 0.05, 0.12), ("rate", 0.2, 0.5))
        inner = draw.choice(("p = p - n * (rate * (d - level))", "step = rate * (d - level)\np = p - step * n"))
        s.code(f"for k in range({steps}):\n    d, n = {distance}(mesh, p, {reach})\n{indent(inner, '    ')}")
        s.result("out", "vec3", "n", names=("projected", "points_out", "surface_points"))
        s.code("out[i] = p")
        return s.finish(draw.choice(("project_to_level", "descend", "pull_to_surface")), ["n"], mesh_sizes(mesh, s))
    s.code("direction = directions[i]")
    s.tuning(("relaxation", 0.2, 0.5))
    s.code("t = float(0.0)")
    marching = [f"d, n = {distance}(mesh, p + direction * t, {reach})"]
    marching += draw.choice(
        (
            ["t += relaxation * wp.abs(d)"],
            ["step = relaxation * wp.max(d, 0.0)", "t = t + step"],
            ["t += wp.clamp(d * relaxation, 0.01, 0.4)"],
        )
    )
    s.code(f"for k in range({steps}):\n{indent(chr(10).join(marching), '    ')}")
    s.result("t_out", "real", "n", names=("depth", "travelled", "hit_t"))
    s.code("t_out[i] = t")
    if draw.chance(0.6):
        s.code(f"left, away = {distance}(mesh, p + direction * t, {reach})")
        s.result("left_out", "real", "n", names=("residual", "clearance"))
        s.code("left_out[i] = left")
        if draw.chance(0.5):
            s.result("glow", "real", "n", names=("shade", "brightness"))
            s.code(draw.choice(("glow[i] = wp.exp(-4.0 * wp.abs(left))", "glow[i] = 1.0 / (1.0 + 8.0 * left * left)")))
    return s.finish(draw.choice(("sphere_trace", "march_rays", "trace_distance")), ["n"], mesh_sizes(mesh, s))


def build_paths(s: QueryScript) -> Case:
    """Rays that bounce off a mesh a few times: lengths, where they end, light that they carry."""
    draw = s.draw
    mesh = Mesh(s, kinds=("torus", "box", "sphere", "sheet"))
    s.field(
        "origins",
        "vec3",
        "n",
        domain=Uniform(-0.35, 0.35) if mesh.surface in ("box", "sphere") else Uniform(-1.2, 1.2),
        names=("ray_origin", "starts"),
    )
    s.field("directions", "vec3", "n", domain=UnitVectors(), names=("ray_dir", "dirs"))
    s.thread("n", "origins", index="i", names=("tid", "path"), counts=("num_rays", "num_paths"))
    mesh.declare()
    trace = _trace(s, mesh)
    bounces = draw.choice((2, 3))
    s.tuning(("max_t", 1.5, 4.0))
    carries = draw.choice(("throughput", "length", "both"))
    s.code("p = origins[i]\ndirection = directions[i]")
    s.code("travelled = float(0.0)" if carries != "throughput" else "light = float(0.0)")
    if carries != "length":
        s.tuning(("albedo", 0.4, 0.9), ("sky", 0.2, 1.0))
        s.code("throughput = float(1.0)")
        if carries == "both":
            s.code("light = float(0.0)")
    mirror = draw.choice(
        ("direction = direction - 2.0 * wp.dot(direction, n) * n", "direction = direction - n * (2.0 * wp.dot(n, direction))")
    )
    lines = [f"hit, t, n = {trace}(mesh, p, direction, max_t)"]
    if carries != "throughput":
        lines.append("travelled += t")
    if carries != "length":
        lines += [
            "facing = -wp.dot(direction, n)",
            "if hit:",
            "    throughput = throughput * albedo",
            draw.choice(("    light += throughput * facing * 0.3", "    light += throughput * (0.1 + 0.2 * facing * facing)")),
            "else:",
            "    light += throughput * sky",
        ]
    lines += ["p = p + direction * t", mirror, draw.choice(("p = p + n * 0.01", "p = p + 0.005 * n"))]
    s.code(f"for k in range({bounces}):\n{indent(chr(10).join(lines), '    ')}")
    if carries != "throughput":
        s.result("length_out", "real", "n", names=("path_length", "travel"))
        s.code("length_out[i] = travelled")
    if carries != "length":
        s.result("light_out", "real", "n", names=("radiance", "carried"))
        s.code("light_out[i] = light")
    if draw.chance(0.5):
        s.result("end_out", "vec3", "n", names=("end_points", "final_position"))
        s.code("end_out[i] = p")
    if draw.chance(0.3):
        s.result("heading_out", "vec3", "n", names=("end_directions", "final_dir"))
        s.code("heading_out[i] = direction")
    return s.finish(draw.choice(("bounce_rays", "trace_paths", "path_trace", "reflect_rays")), ["n"], mesh_sizes(mesh, s))


def build_substeps(s: QueryScript) -> Case:
    """Particles that move in a few substeps and bounce off or slide along a mesh."""
    draw = s.draw
    mesh = Mesh(s, kinds=_CLOSED)
    s.field("x", "vec3", "n", domain=mesh.beside(face=False, both=False), names=("particle_q", "positions", "pos"))
    s.field("vel", "vec3", "n", low=-1.0, high=1.0, names=("particle_qd", "velocities", "v_in"))
    s.thread("n", "x", index="i", names=("tid", "p_id"), counts=("num_particles", "particle_count"))
    distance = _distance(s, mesh)
    steps = draw.choice((2, 3, 4))
    s.tuning(("dt", 0.02, 0.1), ("radius", 0.1, 0.3))
    s.uniform("gravity", "vec3", Uniform(-3.0, 3.0), names=("g", "external_force"))
    response = draw.choice(("bounce", "penalty", "slide"))
    s.code("p = x[i]\nv = vel[i]")
    lines = (
        [draw.choice(("v = v + gravity * dt", "v += gravity * dt")), "p = p + v * dt"]
        if draw.chance(0.5)
        else ["p = p + v * dt", "v = v + dt * gravity"]
    )
    lines += [f"d, n = {distance}(mesh, p, 10.0)", "depth = radius - d", "if depth > 0.0:"]
    if response == "bounce":
        s.tuning(("restitution", 0.2, 0.9))
        hit = ["vn = wp.dot(v, n)", "if vn < 0.0:", "    v = v - n * ((1.0 + restitution) * vn)", "p = p + n * depth"]
    elif response == "penalty":
        s.tuning(("ke", 5.0, 30.0), ("kd", 0.1, 1.0))
        hit = ["f = n * (ke * depth - kd * wp.dot(v, n))", "v = v + f * dt"]
    else:
        s.tuning(("friction", 0.1, 0.9))
        hit = ["vn = wp.dot(v, n)", "vt = v - n * vn", "v = vt * (1.0 - friction) + n * wp.max(vn, 0.0)", "p = p + n * (0.5 * depth)"]
    lines.append(indent("\n".join(hit), "    "))
    counted = draw.chance(0.4)
    if counted:
        s.code("contacts = int(0)")
        lines.append("    contacts += 1")
    s.code(f"for k in range({steps}):\n{indent(chr(10).join(lines), '    ')}")
    s.result("x_out", "vec3", "n", names=("particle_q_out", "positions_out", "pos_new"))
    s.result("v_out", "vec3", "n", names=("particle_qd_out", "velocities_out", "vel_new"))
    s.code("x_out[i] = p\nv_out[i] = v")
    if counted:
        s.result("contact_out", "int", "n", names=("contact_count", "hits"))
        s.code("contact_out[i] = contacts")
    return s.finish(
        draw.choice(("advance_particles", "integrate_with_mesh", "simulate_substeps", "step_particles")), ["n"], mesh_sizes(mesh, s)
    )
