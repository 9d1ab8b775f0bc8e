"""Particles that collide with a mesh: penalties with damping and friction, projections out of it, bounces."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case, Role
from kernels.domains import Bernoulli
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.points import asked_points, guarded, reach_of, sign_of
from kernels.families.mesh_query.search import Mesh, mesh_sizes


def build_collision(s: QueryScript) -> Case:
    """Particles that a mesh pushes out: penalty forces with damping and friction, corrected positions and velocities."""
    draw = s.draw
    face = draw.chance(0.65)
    moving = face and draw.chance(0.65)
    mesh = Mesh(s, moving=moving, kinds=("sphere", "torus", "box", "sheet") if face else ("sphere", "torus", "box"))
    asked_points(s, mesh, face=face, signed=True)
    # Without a side both sides of the surface push, as those of cloth do.
    sign = "" if draw.chance(0.15) else sign_of(s, mesh)
    mesh.declare(winding=sign == "winding")
    s.tuning(("margin", 0.15, 0.5))
    flagged = draw.chance(0.25)
    role: Role = "accumulate" if flagged else "output"
    velocities = moving or draw.chance(0.6)
    form = draw.choice(("force", "force", "position", "velocity") if velocities else ("force", "position"))
    if velocities:
        s.field("vel", "vec3", "n", low=-1.0, high=1.0, names=("particle_qd", "velocities", "particle_v"))
    if flagged:
        s.field("flags", "int", "n", domain=Bernoulli(0.8), names=("particle_flags", "active", "enabled"))
        s.code("if flags[i] == 0:\n    return")
    names = mesh.closest("p", reach_of(s), sign=sign, face=face)
    body = [f"closest = {names.position}", "delta = p - closest"]
    if not sign:
        body += draw.choice((["dist = wp.length(delta)", "n = delta / dist"], ["n = wp.normalize(delta)", "dist = wp.dot(n, delta)"]))
    elif draw.chance(0.5):
        body += [f"dist = wp.length(delta) * {names.sign}", f"n = wp.normalize(delta) * {names.sign}"]
    else:
        body += ["gap = wp.length(delta)", f"dist = gap * {names.sign}", f"n = delta * ({names.sign} / (gap + 1.0e-4))"]
    body.append(draw.choice(("depth = margin - dist", "c = dist - margin\ndepth = -c")))
    if velocities:
        body.append("vi = vel[i]")
        if moving:
            body += [f"vs = {mesh.velocity(names)}", "rel = vi - vs"]
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
