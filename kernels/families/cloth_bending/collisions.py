"""Collisions of a cloth with itself: repulsion of vertex-triangle and edge-edge pairs that a broad phase has found, with friction.

Closest points after Ericson, Real-Time Collision Detection (2005); repulsion and friction after Bridson, Fedkiw and Anderson, Robust
Treatment of Collisions, Contact and Friction for Cloth Animation (2002).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.cloth_bending.elements import FORCES, elements, particles, sizes


def build_vertex_triangle(draw: Draw, s: Script) -> Case:
    """A vertex against a triangle: barycentric coordinates of its foot, a penalty along the normal, friction, shares by the weights."""
    moving = draw.chance(0.7)
    particles(s, moving=moving)
    elements(s, "p", "i", "j", "k", table="vt_pairs", tables=("contact_quads", "vf_pairs", "candidates"))
    s.tuning(("thickness", 0.3, 0.9), ("ke", 0.5, 3.0))
    s.result("f", "vec3", "n", role="accumulate", names=FORCES)
    s.code("xp = x[p]\nxi = x[i]\nxj = x[j]\nxk = x[k]")
    if draw.chance(0.5):
        s.define(
            "barycentric",
            "p: vec3, a: vec3, b: vec3, c: vec3",
            "v0 = b - a\nv1 = c - a\nv2 = p - a\nd00 = wp.dot(v0, v0)\nd01 = wp.dot(v0, v1)\nd11 = wp.dot(v1, v1)\n"
            "d20 = wp.dot(v2, v0)\nd21 = wp.dot(v2, v1)\ndenom = d00 * d11 - d01 * d01 + 0.01\n"
            "v = (d11 * d20 - d01 * d21) / denom\nw = (d00 * d21 - d01 * d20) / denom\nreturn wp.vec3(1.0 - v - w, v, w)",
            "vec3",
            "Barycentric coordinates of the foot of p on the plane of a, b, c.",
        )
        s.code("bary = barycentric(xp, xi, xj, xk)\nbi = bary[0]\nbj = bary[1]\nbk = bary[2]")
    else:
        s.code(
            "e1 = xj - xi\ne2 = xk - xi\nr = xp - xi\na11 = wp.dot(e1, e1)\na12 = wp.dot(e1, e2)\n"
            "a22 = wp.dot(e2, e2)\nb1 = wp.dot(e1, r)\nb2 = wp.dot(e2, r)"
        )
        s.code("det = a11 * a22 - a12 * a12 + 0.01\nbj = (a22 * b1 - a12 * b2) / det\nbk = (a11 * b2 - a12 * b1) / det\nbi = 1.0 - bj - bk")
    inside = draw.choice(("return", "clamp", "margin"))
    if inside == "return":
        s.code(
            "if bi < 0.0 or bj < 0.0 or bk < 0.0:\n    return" if draw.chance(0.6) else "if wp.min(bi, wp.min(bj, bk)) < 0.0:\n    return"
        )
    elif inside == "clamp":
        s.code(
            "bi = wp.max(bi, 0.0)\nbj = wp.max(bj, 0.0)\nbk = wp.max(bk, 0.0)\nbsum = bi + bj + bk\n"
            "bi = bi / bsum\nbj = bj / bsum\nbk = bk / bsum"
        )
    else:
        s.code("margin = -0.2\nif bi < margin or bj < margin or bk < margin:\n    return")
    s.code("foot = xi * bi + xj * bj + xk * bk\nd = xp - foot\ndist = wp.length(d)")
    s.code("if dist > thickness or dist < 0.001:\n    return\nn = d / dist\ngap = thickness - dist")
    s.code(
        draw.choice(
            (
                "fn = ke * gap",
                "fn = ke * gap * gap",
                "fn = ke * gap * (1.0 + gap / thickness)",
                "q = dist / thickness\nfn = -ke * (1.0 - q) * wp.log(q + 0.05)",
            )
        )
    )
    _friction(draw, s, moving, "v[p]", "v[i] * bi + v[j] * bj + v[k] * bk")
    if draw.chance(0.5):
        s.code(
            "wp.atomic_add(f, p, total)\nwp.atomic_sub(f, i, total * bi)\nwp.atomic_sub(f, j, total * bj)\nwp.atomic_sub(f, k, total * bk)"
        )
    else:
        s.code(
            "wp.atomic_add(f, p, total)\nwp.atomic_add(f, i, total * -bi)\nwp.atomic_add(f, j, total * -bj)\n"
            "wp.atomic_add(f, k, total * -bk)"
        )
    _extras(draw, s)
    return s.finish(
        draw.choice(("vertex_triangle_repulsion", "self_collision_vt", "eval_vt_contacts")),
        ["m"],
        sizes(draw),
        doc=draw.choice(("", "Repulsion of close vertex-triangle pairs.")),
    )


def _friction(draw: Draw, s: Script, moving: bool, own: str, other: str) -> None:
    """The total force on the first side of a contact: along `n`, and against sliding."""
    s.code("total = n * fn")
    if not moving:
        return
    s.tuning(("kd", 0.05, 0.5), ("mu", 0.1, 0.8))
    s.code(f"rel = {own} - ({other})\nvn = wp.dot(rel, n)")
    s.code(draw.choice(("total = total - n * (kd * wp.min(vn, 0.0))", "if vn < 0.0:\n    total = total - n * (kd * vn)")))
    if draw.chance(0.65):
        s.code("vt = rel - n * vn\nslide = wp.length(vt)")
        s.code(
            draw.choice(
                (
                    "total = total - vt * (wp.min(kd * slide, mu * fn) / (slide + 0.01))",
                    "total = total - vt * (mu * fn / (slide + 0.05))",
                    "limit = mu * fn\nstick = kd * slide\nshare = limit\nif stick < limit:\n    share = stick\n"
                    "total = total - vt * (share / (slide + 0.01))",
                )
            )
        )


def _extras(draw: Draw, s: Script) -> None:
    extra = draw.choice(("none", "none", "count", "depth", "max"))
    if extra == "count":
        s.result("contact_count", "int", "one", role="accumulate", names=("num_contacts", "hits"))
        s.code("wp.atomic_add(contact_count, 0, 1)")
    elif extra == "depth":
        s.result("depth", "real", "m", role="accumulate", names=("penetration", "gap_out"))
        s.code("depth[tid] = gap")
    elif extra == "max":
        s.result("deepest", "real", "one", role="accumulate", names=("max_depth", "worst_gap"))
        s.code("wp.atomic_max(deepest, 0, gap)")


def build_edge_edge(draw: Draw, s: Script) -> Case:
    """Two edges: the closest points by their parameters, then as for a vertex and a triangle."""
    moving = draw.chance(0.7)
    particles(s, moving=moving)
    elements(s, "i", "j", "k", "l", table="ee_pairs", tables=("edge_pairs", "contact_quads", "candidates"))
    s.tuning(("thickness", 0.3, 0.9), ("ke", 0.5, 3.0))
    s.result("f", "vec3", "n", role="accumulate", names=FORCES)
    s.code(
        "d1 = x[j] - x[i]\nd2 = x[l] - x[k]\nr = x[i] - x[k]\na = wp.dot(d1, d1)\nb = wp.dot(d1, d2)\n"
        "c = wp.dot(d2, d2)\nd = wp.dot(d1, r)\ne = wp.dot(d2, r)"
    )
    s.code("det = a * c - b * b + 0.02")
    refined = draw.chance(0.5)
    s.code("s = wp.clamp((b * e - c * d) / det, 0.0, 1.0)")
    s.code("t = wp.clamp((b * s + e) / (c + 0.001), 0.0, 1.0)" if refined else "t = wp.clamp((a * e - b * d) / det, 0.0, 1.0)")
    if refined and draw.chance(0.5):
        s.code("s = wp.clamp((b * t - d) / (a + 0.001), 0.0, 1.0)")
    s.code("p1 = x[i] + d1 * s\np2 = x[k] + d2 * t\ndelta = p1 - p2\ndist = wp.length(delta)")
    s.code("if dist > thickness or dist < 0.001:\n    return\nn = delta / dist\ngap = thickness - dist")
    s.code(draw.choice(("fn = ke * gap", "fn = ke * gap * gap / thickness", "fn = ke * wp.min(gap, 0.5 * thickness)")))
    _friction(draw, s, moving, "v[i] * (1.0 - s) + v[j] * s", "v[k] * (1.0 - t) + v[l] * t")
    s.code(
        "wp.atomic_add(f, i, total * (1.0 - s))\nwp.atomic_add(f, j, total * s)\n"
        "wp.atomic_sub(f, k, total * (1.0 - t))\nwp.atomic_sub(f, l, total * t)"
    )
    _extras(draw, s)
    return s.finish(
        draw.choice(("edge_edge_repulsion", "self_collision_ee", "eval_ee_contacts")),
        ["m"],
        sizes(draw),
        doc=draw.choice(("", "Repulsion of close edge pairs.")),
    )


def build_pair_repulsion(draw: Draw, s: Script) -> Case:
    """Pairs of particles that lie too close, by forces, impulses or corrections of positions."""
    form = draw.choice(("force", "impulse", "position"))
    particles(s, moving=form != "position")
    elements(s, "i", "j", table="pairs", tables=("collision_pairs", "close_pairs", "contact_pairs"))
    s.field("radius", "real", "n", low=0.2, high=0.6, names=("particle_radius", "thickness"))
    s.code("d = x[i] - x[j]\ndist = wp.length(d)\nreach = radius[i] + radius[j]")
    s.code("if dist > reach or dist < 0.001:\n    return\nn = d / dist\ngap = reach - dist")
    if form == "position":
        s.field("inv_mass", "real", "n", low=0.2, high=1.5, names=("particle_inv_mass", "w"))
        s.result("delta", "vec3", "n", role="accumulate", names=("particle_delta", "dx"))
        s.tuning(("relaxation", 0.3, 1.0))
        s.code("wi = inv_mass[i]\nwj = inv_mass[j]\npush = n * (relaxation * gap / (wi + wj))")
        if draw.chance(0.5):
            s.field("x_prev", "vec3", "n", low=-1.2, high=1.2, names=("particle_q_prev", "old_positions"))
            s.tuning(("friction", 0.1, 0.8))
            s.code(
                "moved = (x[i] - x_prev[i]) - (x[j] - x_prev[j])\ntangent = moved - n * wp.dot(moved, n)\n"
                "push = push - tangent * (friction / (wi + wj))"
            )
        s.code("wp.atomic_add(delta, i, push * wi)\nwp.atomic_sub(delta, j, push * wj)")
        _extras(draw, s)
        return s.finish(draw.choice(("separate_particles", "solve_particle_contacts")), ["m"], sizes(draw))
    s.code("rel = v[i] - v[j]\nvn = wp.dot(rel, n)")
    if form == "impulse":
        s.tuning(("restitution", 0.1, 0.8))
        s.field("mass", "real", "n", low=0.3, high=1.5, names=("particle_mass", "m_p"))
        s.result("impulse", "vec3", "n", role="accumulate", names=("delta_v", "dv"))
        s.code(
            "if vn > 0.0:\n    return\nmi = mass[i]\nmj = mass[j]\nj_n = -(1.0 + restitution) * vn * mi * mj / (mi + mj)\npush = n * j_n"
        )
        s.code("wp.atomic_add(impulse, i, push / mi)\nwp.atomic_sub(impulse, j, push / mj)")
        return s.finish(draw.choice(("particle_impulses", "resolve_particle_pairs")), ["m"], sizes(draw))
    s.tuning(("ke", 0.5, 3.0))
    s.code("fn = ke * gap")
    s.result("f", "vec3", "n", role="accumulate", names=FORCES)
    _friction(draw, s, True, "v[i]", "v[j]")
    s.code("wp.atomic_add(f, i, total)\nwp.atomic_sub(f, j, total)")
    _extras(draw, s)
    return s.finish(draw.choice(("particle_repulsion", "particle_contacts")), ["m"], sizes(draw))
