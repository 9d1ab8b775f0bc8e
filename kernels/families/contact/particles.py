"""Contact forces of particles: against shapes that are told by number, and against the ground."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.contact.bodies import RADII, sizes
from kernels.families.contact.forces import friction


def build_particles(draw: Draw, s: Script) -> Case:
    """Particles against shapes that are told by number (sphere, box, capsule, ground): distance, normal, then penalty and friction."""
    s.field("x", "vec3", "m", low=-1.0, high=1.0, names=("particle_q", "positions"))
    s.field("v", "vec3", "m", names=("particle_qd", "velocities"))
    s.field("hit_shape", "int", "m", below="n", names=("contact_shape", "shape_index"))
    s.field("pose", "transform", "n", domain=RigidTransforms(-0.8, 0.8), names=("shape_q", "body_q"))
    s.field("kind", "int", "n", domain=Integers(0, 3), names=("shape_type", "geom_type"))
    s.field("size", "vec3", "n", low=0.3, high=0.7, names=("shape_scale", "geom_size"))
    s.thread("m", "x", names=("i", "p", "particle"), counts=("num_particles", "particle_count"))
    s.define(
        "sphere_distance",
        "p: vec3, r: real",
        "length = wp.length(p)\nreturn length - r, p / (length + 0.001)",
        "real, vec3",
        draw.choice(("", "Signed distance and normal.")),
    )
    s.define(
        "capsule_distance",
        "p: vec3, r: real, half: real",
        "y = p[1] - wp.clamp(p[1], -half, half)\nd = wp.vec3(p[0], y, p[2])\nlength = wp.length(d)\n"
        "return length - r, d / (length + 0.001)",
        "real, vec3",
    )
    s.define(
        "slab_distance",
        "p: vec3, half: real",
        draw.choice(
            (
                "if p[1] < 0.0:\n    return -p[1] - half, wp.vec3(0.0, -1.0, 0.0)\nreturn p[1] - half, wp.vec3(0.0, 1.0, 0.0)",
                "side = wp.sign(p[1])\nreturn wp.abs(p[1]) - half, wp.vec3(0.0, side, 0.0)",
            )
        ),
        "real, vec3",
    )
    s.code("k = hit_shape[tid]\nframe = pose[k]\nh = size[k]\ng = kind[k]")
    s.code("local = wp.transform_point(wp.transform_inverse(frame), x[tid])\nd = float(1.0)\nn_local = wp.vec3(0.0, 1.0, 0.0)")
    calls = ("sphere_distance(local, h[0])", "capsule_distance(local, 0.5 * h[0], h[1])", "slab_distance(local, h[1])")
    chain = "\n".join(
        f"{'if' if n == 0 or split else 'elif'} g == {n}:\n    d, n_local = {call}"
        for split in (draw.chance(0.5),)
        for n, call in enumerate(calls)
    )
    s.code(chain)
    s.tuning(("radius", 0.05, 0.2), ("ke", 1.0, 5.0), ("kd", 0.1, 1.0), ("mu", 0.1, 0.8))
    s.result("f", "vec3", "m", role="accumulate", names=("particle_f", "contact_force"))
    s.code("gap = d - radius\nif gap > 0.0:\n    return\nn = wp.transform_vector(frame, n_local)")
    s.code("vn = wp.dot(v[tid], n)\nvt = v[tid] - n * vn")
    s.code(draw.choice(("fn = -ke * gap - kd * wp.min(vn, 0.0)", "fn = wp.max(-ke * gap - kd * vn, 0.0)")))
    friction(draw, s, fn="fn", vt="vt")
    s.code("total = n * fn + ft\nf[tid] = total")
    if draw.chance(0.5):
        s.result("reaction", "vec3", "n", role="accumulate", names=("shape_f", "body_force"))
        s.code("wp.atomic_sub(reaction, k, total)")
        if draw.chance(0.5):
            s.result("reaction_torque", "vec3", "n", role="accumulate", names=("shape_t", "body_torque"))
            s.code("wp.atomic_sub(reaction_torque, k, wp.cross(x[tid] - wp.transform_get_translation(frame), total))")
    return s.finish(
        draw.choice(("particle_shape_contacts", "soft_contacts", "eval_particle_contacts")),
        ["m"],
        sizes(draw),
        doc=draw.choice(("", "Contact forces of particles against shapes.")),
    )


def build_ground(draw: Draw, s: Script) -> Case:
    """Particles or bodies against the ground: forces, or the velocity after a bounce with friction."""
    s.field("x", "vec3", "m", low=-0.8, high=0.8, names=("particle_q", "positions"))
    s.field("v", "vec3", "m", low=-1.5, high=1.5, names=("particle_qd", "velocities"))
    s.thread("m", "x", names=("i", "p", "body"), counts=("num_particles", "count"))
    tilted = draw.chance(0.5)
    if tilted:
        s.uniform("normal", "vec3", UnitVectors(), names=("ground_normal", "up"))
        s.code("n = normal")
    else:
        s.code(draw.choice(("n = wp.vec3(0.0, 1.0, 0.0)", "n = wp.vec3(0.0, 0.0, 1.0)")))
    s.tuning(("offset", 0.05, 0.4))
    sized = draw.chance(0.6)
    if sized:
        s.field("radius", "real", "m", low=0.1, high=0.4, names=RADII)
    s.code("c = wp.dot(n, x[tid]) - offset" + (" - radius[tid]" if sized else ""))
    s.code("vi = v[tid]\nvn = wp.dot(n, vi)\nvt = vi - n * vn")
    if draw.chance(0.5):
        s.result("f", "vec3", "m", role="accumulate", names=("particle_f", "ground_force"))
        s.tuning(("ke", 1.0, 5.0), ("kd", 0.1, 1.0), ("mu", 0.1, 0.9))
        s.code("if c > 0.0:\n    return")
        s.code(
            draw.choice(
                (
                    "fn = -ke * c - kd * wp.min(vn, 0.0)",
                    "fn = wp.max(-ke * c - kd * vn, 0.0)",
                    "fn = ke * c * c - kd * vn * c * c\nfn = wp.max(fn, 0.0)",
                )
            )
        )
        friction(draw, s, fn="fn", vt="vt")
        s.code("f[tid] = n * fn + ft" if draw.chance(0.5) else "wp.atomic_add(f, tid, n * fn + ft)")
        if draw.chance(0.3):
            s.result("total", "vec3", "one", role="accumulate", names=("ground_reaction", "support"))
            s.code("wp.atomic_add(total, 0, n * fn)")
        return s.finish(draw.choice(("ground_forces", "eval_ground_contacts")), ["m"], sizes(draw, 200))
    s.result("x_new", "vec3", "m", names=("positions_new", "particle_q_out"))
    s.result("v_new", "vec3", "m", names=("velocities_new", "particle_qd_out"))
    s.tuning(("restitution", 0.1, 0.9), ("mu", 0.1, 0.9))
    s.code(
        "if c > 0.0 or vn > 0.0:\n    x_new[tid] = x[tid]\n    v_new[tid] = vi\n    return"
        if draw.chance(0.6)
        else "if c > 0.0:\n    x_new[tid] = x[tid]\n    v_new[tid] = vi\n    return"
    )
    if draw.chance(0.5):
        s.tuning(("rest_speed", 0.1, 0.4))
        s.code("bounce = -restitution * vn\nif wp.abs(vn) < rest_speed:\n    bounce = 0.0")
    else:
        s.code("bounce = -restitution * vn")
    s.code(
        draw.choice(
            (
                "jn = bounce - vn\nspeed = wp.length(vt) + 0.001\nkeep = wp.max(1.0 - mu * wp.abs(jn) / speed, 0.0)",
                "speed = wp.length(vt) + 0.01\nkeep = 1.0 - wp.min(mu * wp.abs(vn) / speed, 1.0)",
                "keep = 1.0 - mu",
            )
        )
    )
    s.code("v_new[tid] = vt * keep + n * bounce\nx_new[tid] = x[tid] - n * wp.min(c, 0.0)")
    return s.finish(draw.choice(("bounce", "resolve_ground", "apply_restitution")), ["m"], sizes(draw, 200))
