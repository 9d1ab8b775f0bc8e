"""Points and a mesh: projections, contacts, signed distances, the furthest point."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case, Role
from kernels.domains import Bernoulli, Uniform
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.search import Mesh, Names, mesh_sizes

POINTS = ("points", "particle_q", "positions", "query_points", "samples")
SIGNS = ("rays", "parity", "normal", "winding")
FURTHEST = (
    "def furthest_point(mesh, p):",
    "    gap = np.sum(np.square(mesh.points - p[..., None, :]), axis=-1)",
    "    return mesh.points[gap.argmax(axis=-1)]",
)


def _sign(s: QueryScript, mesh: Mesh) -> str:
    return s.draw.choice(SIGNS) if mesh.closed else "normal"


def _points(s: QueryScript, mesh: Mesh, *, face: bool, signed: bool) -> str:
    """The points that are asked about: beside faces where the kernel looks at the face. Gives the local's name."""
    s.field("x", "vec3", "n", domain=mesh.beside(face=face, both=signed or s.draw.chance(0.4)), names=POINTS)
    s.thread("n", "x", index="i", names=("tid", "p_id", "idx"), counts=("num_points", "particle_count"))
    s.code("p = x[i]")
    return "p"


def _reach(s: QueryScript) -> str:
    """The text of the distance up to which is searched: a parameter, or more than there is."""
    draw = s.draw
    if draw.chance(0.6):
        s.tuning(("max_dist", 0.3, 1.5))
        return "max_dist"
    return draw.choice(("1.0e6", "10.0", "1.0e3"))


def guarded(s: QueryScript, names: Names, body: str, blank: str) -> None:
    """`body` where the query found something, `blank` elsewhere: by `if` and `else`, or by an early return."""
    if s.draw.chance(0.4):
        before = f"{indent(blank, '    ')}\n" if blank else ""
        s.code(f"if not {names.hit}:\n{before}    return\n{body}")
    else:
        after = f"\nelse:\n{indent(blank, '    ')}" if blank else ""
        s.code(f"if {names.hit}:\n{indent(body, '    ')}{after}")


def build_projection(s: QueryScript) -> Case:
    """The nearest point of a mesh, the way to it, its distance, or what is attached to the mesh there."""
    draw = s.draw
    attached = draw.chance(0.35)
    face = attached or draw.chance(0.35)
    moving = attached and draw.chance(0.6)
    signed = draw.chance(0.4)
    through_points = draw.chance(0.03)
    kinds = ("sphere", "torus", "box", "sheet") if face or not signed else ("sphere", "torus", "box")
    mesh = Mesh(s, moving=moving, kinds=kinds, differentiable=through_points)
    if through_points:
        s.limitations.add("mesh_points")
    p = _points(s, mesh, face=face, signed=signed)
    sign = _sign(s, mesh) if signed else ""
    mesh.declare(winding=sign == "winding")
    reach = _reach(s)
    names = mesh.closest(p, reach, sign=sign, face=face)
    wanted = draw.subset(("point", "distance", "offset", "blend", "energy"), draw.weighted((1, 2, 3), (3, 4, 2)))
    if attached:
        wanted = wanted[:1] + (["velocity"] if moving else ["attribute"])
    if face and draw.chance(0.5):
        wanted.append(draw.choice(("normal", "id", "weights", "height")))
    body = [f"closest = {names.position}"]
    if {"distance", "offset", "energy"} & {*wanted}:
        body += [draw.choice(("d = p - closest", "d = closest - p")), "dist = wp.length(d)"]
        if signed and draw.chance(0.8):
            body.append(f"dist = dist * {names.sign}")
    blank: list[str] = []
    for kind in wanted:
        _projected(s, mesh, names, kind, body, blank)
    guarded(s, names, "\n".join(body), "\n".join(blank))
    return s.finish(
        draw.choice(("project_points", "closest_points", "snap_to_surface", "mesh_distance", "query_closest")),
        ["n"],
        mesh_sizes(mesh, s),
        doc=draw.choice(("", "", "Nearest point of the mesh for each query point.")),
    )


def _projected(s: QueryScript, mesh: Mesh, names: Names, kind: str, body: list[str], blank: list[str]) -> None:
    draw = s.draw
    if kind == "point":
        s.result("out_point", "vec3", "n", names=("closest_out", "projected", "surface_points"))
        body.append("out_point[i] = closest")
        blank.append("out_point[i] = p")
    elif kind == "distance":
        s.result("out_dist", "real", "n", names=("distance", "sdf", "dist_out"))
        body.append(draw.choice(("out_dist[i] = dist", "out_dist[i] = dist - 0.02", "out_dist[i] = wp.abs(dist) + 0.5 * dist")))
        blank.append(draw.choice(("out_dist[i] = 1.0e3", "out_dist[i] = -1.0", "out_dist[i] = 0.0")))
    elif kind == "offset":
        s.result("out_offset", "vec3", "n", names=("displacement", "delta", "pull"))
        s.tuning(("gain", 0.2, 2.0))
        body.append(
            draw.choice(
                (
                    "out_offset[i] = gain * d",
                    "out_offset[i] = d * (gain / (wp.abs(dist) + 0.1))",
                    "out_offset[i] = d * wp.exp(-gain * dist)",
                )
            )
        )
        blank.append("out_offset[i] = wp.vec3()")
    elif kind == "blend":
        s.tuning(("alpha", 0.1, 0.9))
        s.result("out_blend", "vec3", "n", names=("moved", "snapped", "x_new"))
        body.append(
            draw.choice(
                (
                    "out_blend[i] = wp.lerp(p, closest, alpha)",
                    "out_blend[i] = p + (closest - p) * alpha",
                    "out_blend[i] = p * (1.0 - alpha) + closest * alpha",
                )
            )
        )
        blank.append("out_blend[i] = p")
    elif kind == "energy":
        s.result("out_energy", "real", "one", role="accumulate", names=("loss", "total_energy", "cost"))
        s.field("weight", "real", "n", low=0.2, high=1.0, names=("point_weight", "mass", "confidence"))
        body.append(
            draw.choice(
                (
                    "wp.atomic_add(out_energy, 0, weight[i] * dist * dist)",
                    "wp.atomic_add(out_energy, 0, weight[i] * wp.sqrt(dist * dist + 0.01))",
                )
            )
        )
    elif kind == "velocity":
        mesh.builtin("mesh_eval_velocity")
        s.result("out_vel", "vec3", "n", names=("surface_velocity", "contact_velocity", "velocity_out"))
        body.append(f"out_vel[i] = wp.mesh_eval_velocity(mesh, {names.face}, {names.u}, {names.v})")
        blank.append("out_vel[i] = wp.vec3()")
    elif kind == "attribute":
        mesh.builtin("mesh_get_index")
        s.field("attribute", "real", "points", low=-1.0, high=1.0, names=("vertex_color", "temperature", "vertex_value", "thickness"))
        s.result("out_attr", "real", "n", names=("sampled", "value_out", "color_out"))
        body += [f"{k} = wp.mesh_get_index(mesh, {names.face} * 3 + {n})" for n, k in enumerate(("ia", "ib", "ic"))]
        body.append(f"w = 1.0 - {names.u} - {names.v}")
        body.append(f"out_attr[i] = attribute[ia] * {names.u} + attribute[ib] * {names.v} + attribute[ic] * w")
        blank.append("out_attr[i] = 0.0")
    elif kind == "normal":
        mesh.builtin("mesh_eval_face_normal")
        s.result("out_normal", "vec3", "n", differentiable=False, names=("normals", "surface_normal"))
        body.append(f"out_normal[i] = wp.mesh_eval_face_normal(mesh, {names.face})")
        blank.append("out_normal[i] = wp.vec3()")
    elif kind == "height":
        mesh.builtin("mesh_eval_face_normal")
        s.result("out_height", "real", "n", names=("height", "plane_distance"))
        body += [f"n = wp.mesh_eval_face_normal(mesh, {names.face})", "out_height[i] = wp.dot(p - closest, n)"]
        blank.append("out_height[i] = 0.0")
    elif kind == "weights":
        s.result("out_weights", "vec2", "n", names=("barycentric", "uv_out"))
        body.append(f"out_weights[i] = wp.vec2({names.u}, {names.v})")
        blank.append("out_weights[i] = wp.vec2(0.0, 0.0)")
    else:
        s.result("out_face", "int", "n", names=("face_ids", "triangle", "nearest_face"))
        body.append(f"out_face[i] = {names.face}")
        blank.append("out_face[i] = -1")


def build_collision(s: QueryScript) -> Case:
    """Particles that a mesh pushes out: penalty forces with damping and friction, corrected positions and velocities."""
    draw = s.draw
    face = draw.chance(0.5)
    moving = face and draw.chance(0.5)
    mesh = Mesh(s, moving=moving, kinds=("sphere", "torus", "box", "sheet") if face else ("sphere", "torus", "box"))
    _points(s, mesh, face=face, signed=True)
    sign = _sign(s, mesh)
    mesh.declare(winding=sign == "winding")
    s.tuning(("margin", 0.15, 0.5))
    flagged = draw.chance(0.25)
    role: Role = "accumulate" if flagged else "output"
    velocities = draw.chance(0.7)
    form = draw.choice(("force", "force", "position", "velocity") if velocities else ("force", "position"))
    if velocities:
        s.field("vel", "vec3", "n", low=-1.0, high=1.0, names=("particle_qd", "velocities", "particle_v"))
    if flagged:
        s.field("flags", "int", "n", domain=Bernoulli(0.8), names=("particle_flags", "active", "enabled"))
        s.code("if flags[i] == 0:\n    return")
    names = mesh.closest("p", _reach(s), sign=sign, face=face)
    body = [f"closest = {names.position}", "delta = p - closest"]
    if draw.chance(0.5):
        body += [f"dist = wp.length(delta) * {names.sign}", f"n = wp.normalize(delta) * {names.sign}"]
    else:
        body += ["gap = wp.length(delta)", f"dist = gap * {names.sign}", f"n = delta * ({names.sign} / (gap + 1.0e-4))"]
    body.append(draw.choice(("depth = margin - dist", "c = dist - margin\ndepth = -c")))
    if velocities:
        body.append("vi = vel[i]")
        if moving:
            mesh.builtin("mesh_eval_velocity")
            body += [f"vs = wp.mesh_eval_velocity(mesh, {names.face}, {names.u}, {names.v})", "rel = vi - vs"]
        else:
            body.append("rel = vi")
    response = {"force": _force, "position": _position, "velocity": _velocity}[form](s, velocities=velocities)
    outs = {
        "force": ("force_out", ("particle_f", "forces", "contact_force"), "wp.vec3()"),
        "position": ("x_out", ("positions_out", "particle_q_out", "x_new"), "p"),
        "velocity": ("v_out", ("velocities_out", "particle_qd_out", "v_new"), "vel[i]"),
    }
    out, options, otherwise = outs[form]
    s.result(out, "vec3", "n", role=role, names=options)
    if flagged:
        body.append("if depth > 0.0:\n" + indent(f"{response}\nwp.atomic_add({out}, i, result)", "    "))
        s.code(f"if {names.hit}:\n{indent(chr(10).join(body), '    ')}")
    else:
        body.append(f"result = {otherwise}")
        body.append("if depth > 0.0:\n" + indent(response, "    "))
        body.append(f"{out}[i] = result")
        guarded(s, names, "\n".join(body), f"{out}[i] = {otherwise}")
    if draw.chance(0.25):
        s.result("contact_count", "int", "one", role="accumulate", names=("num_contacts", "active_contacts"))
        s.code(f"if {names.hit}:\n    wp.atomic_add(contact_count, 0, 1)")
    return s.finish(
        draw.choice(("collide_mesh", "eval_mesh_contacts", "apply_mesh_collision", "particle_mesh_contact")),
        ["n"],
        mesh_sizes(mesh, s),
        doc=draw.choice(("", "Pushes particles out of a mesh.", "")),
    )


def _force(s: QueryScript, *, velocities: bool) -> str:
    draw = s.draw
    s.tuning(("ke", 2.0, 20.0))
    lines = [draw.choice(("fn = ke * depth", "fn = ke * depth * depth", "fn = ke * depth / (1.0 + depth)"))]
    if velocities:
        s.tuning(("kd", 0.1, 1.0))
        lines += ["vn = wp.dot(rel, n)", draw.choice(("fn = fn - kd * wp.min(vn, 0.0)", "fn = fn - kd * vn"))]
        if draw.chance(0.6):
            s.tuning(("mu", 0.1, 0.8))
            lines += ["vt = rel - n * vn", "vt_len = wp.length(vt) + 1.0e-3"]
            lines.append(draw.choice(("ft = wp.min(mu * wp.abs(fn), vt_len)", "ft = mu * fn * vt_len / (vt_len + 0.1)")))
            return "\n".join([*lines, "result = n * fn - vt * (ft / vt_len)"])
    if draw.chance(0.3):
        s.mixed("gain", "real", [("p[0]", "real", -1.2, 1.2)], 1)
        lines.append("fn = fn * gain")
    return "\n".join([*lines, "result = n * fn"])


def _position(s: QueryScript, *, velocities: bool) -> str:
    draw = s.draw
    s.tuning(("relax", 0.3, 1.0))
    if velocities and draw.chance(0.6):
        s.tuning(("dt", 0.01, 0.1))
        return draw.choice(
            (
                "result = p + n * (relax * depth) + rel * dt * 0.1",
                "slide = rel - n * wp.dot(rel, n)\nresult = p + relax * depth * n + dt * slide",
            )
        )
    return draw.choice(("result = p + n * depth * relax", "result = p + relax * depth * n", "result = closest + n * margin * relax"))


def _velocity(s: QueryScript, *, velocities: bool) -> str:
    draw = s.draw
    s.tuning(("restitution", 0.1, 0.9))
    lines = ["vn = wp.dot(rel, n)"]
    form = draw.choice(("bounce", "friction", "push"))
    if form == "bounce":
        lines.append("result = vi - n * ((1.0 + restitution) * wp.min(vn, 0.0))")
    elif form == "friction":
        s.tuning(("friction", 0.1, 0.8))
        lines += ["vt = rel - n * vn", "result = vi - n * wp.min(vn, 0.0) - vt * friction"]
    else:
        s.tuning(("dt", 0.02, 0.2))
        lines.append("result = vi + n * (depth / dt * 0.1) - restitution * wp.min(vn, 0.0) * n")
    return "\n".join(lines)


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
    names = mesh.closest("p", _reach(s), sign=sign)
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
