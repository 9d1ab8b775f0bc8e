"""Loads and constraints on a mesh: tractions and pressures on faces, elastic foundations, volumes held by position-based corrections."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.solvers.elements import corners, property_of, scatter
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.finite_element.mesh import FORCES, POSITIONS, TABLES, sizes


def build_face_loads(draw: Draw, s: Script) -> Case:
    """Pressure, traction or foundation forces of surface triangles or boundary edges, shared by their corners."""
    dims = draw.choice((3, 3, 2))
    vec = f"vec{dims}"
    names = ("i", "j", "k")[:dims]
    s.field("x", vec, "n", low=-1.2, high=1.2, names=POSITIONS)
    corners(
        s,
        *names,
        table="faces" if dims == 3 else "edges",
        tables=("surface_tris", "boundary_faces") if dims == 3 else ("boundary_edges", "segments"),
        threads=("f", "face", "b"),
    )
    s.result("load", vec, "n", role="accumulate", names=(*FORCES, "f_ext"))
    s.code("\n".join(f"x{c} = x[{c}]" for c in names))
    if dims == 3:
        s.code("normal = wp.cross(xj - xi, xk - xi)\narea = 0.5 * wp.length(normal)")
        directed = "normal * 0.5"
    else:
        s.code("d = xj - xi\nnormal = wp.vec2(d[1], -d[0])\narea = wp.length(d)")
        directed = "normal"
    kind = draw.choice(("pressure", "hydrostatic", "traction", "foundation", "drag"))
    if kind == "pressure":
        property_of(s, "pressure", -1.0, 1.0, names=("face_pressure", "p_face"))
        s.code(f"total = {directed} * -pressure")
    elif kind == "hydrostatic":
        s.tuning(("level", 0.2, 0.8), ("weight", 0.5, 1.5))
        mean = " + ".join(f"x{c}[1]" for c in names)
        s.code(f"depth = level - ({mean}) / {dims}.0")
        s.code("if depth < 0.0:\n    return" if draw.chance(0.5) else "depth = wp.max(depth, 0.0)")
        s.code(f"total = {directed} * (-weight * depth)")
    elif kind == "traction":
        if draw.chance(0.5):
            s.field("traction", vec, "m", names=("surface_traction", "t_bar"))
            s.code("total = traction[tid] * area")
        else:
            s.uniform("traction", vec, Uniform(-1.0, 1.0), names=("t_bar", "surface_force"))
            s.code("total = traction * area")
    elif kind == "foundation":
        s.field("rest", vec, "n", low=-1.2, high=1.2, names=("x_rest", "anchor"))
        property_of(s, "stiffness", 0.3, 2.0, names=("foundation_k", "winkler"))
        s.code(f"u = ({' + '.join(f'x{c} - rest[{c}]' for c in names)}) * (1.0 / {dims}.0)")
        if draw.chance(0.5):
            s.code(
                "n = normal / (wp.length(normal) + 0.01)\ngap = wp.dot(u, n)\ntotal = n * (-stiffness * area * gap)"
                + (f"\nif gap < 0.0:\n    total = wp.{vec}()" if draw.chance(0.4) else "")
            )
        else:
            s.code("total = u * (-stiffness * area)")
    else:
        s.field("v", vec, "n", names=("vel", "node_v"))
        s.uniform("stream", vec, Uniform(-1.0, 1.0), names=("flow", "wind"))
        s.tuning(("density", 0.3, 1.5))
        s.code(
            f"rel = stream - ({' + '.join(f'v[{c}]' for c in names)}) * (1.0 / {dims}.0)\n"
            f"through = wp.dot(rel, {directed})\ntotal = rel * (0.5 * density * wp.abs(through))"
        )
    s.code(f"share = total * (1.0 / {dims}.0)")
    scatter(s, "load", dict.fromkeys(names, "share"))
    if draw.chance(0.35):
        s.result("resultant", vec, "one", role="accumulate", names=("total_load", "net_force"))
        s.code("wp.atomic_add(resultant, 0, total)")
    return s.finish(draw.choice((f"{kind}_loads", "surface_loads", "apply_tractions")), ["m"], sizes(draw, 150))


def build_volume(draw: Draw, s: Script) -> Case:
    """Tetrahedra that keep their volume, or edges and volume together, by compliant position-based corrections."""
    s.field("x", "vec3", "n", low=-1.2, high=1.2, names=(*POSITIONS, "predicted"))
    names = ("i", "j", "k", "l")
    corners(s, *names, table=TABLES[4][0], tables=TABLES[4])
    s.field("inv_mass", "real", "n", low=0.2, high=1.5, names=("particle_inv_mass", "w"))
    property_of(s, "rest_volume", 0.05, 0.4, names=("tet_rest_volume", "v0"))
    s.result("delta", "vec3", "n", role="accumulate", names=("particle_delta", "corrections"))
    s.code("xi = x[i]\nxj = x[j]\nxk = x[k]\nxl = x[l]")
    s.code(
        "gj = wp.cross(xk - xi, xl - xi) / 6.0\ngk = wp.cross(xl - xi, xj - xi) / 6.0\n"
        "gl = wp.cross(xj - xi, xk - xi) / 6.0\ngi = -(gj + gk + gl)"
    )
    s.code("volume = wp.dot(gl, xl - xi)" if draw.chance(0.5) else "volume = wp.dot(wp.cross(xj - xi, xk - xi), xl - xi) / 6.0")
    s.code("c = volume - rest_volume")
    s.code("\n".join(f"w{c} = inv_mass[{c}]" for c in names))
    s.code("denom = " + " + ".join(f"w{c} * wp.dot(g{c}, g{c})" for c in names))
    if draw.chance(0.6):
        s.tuning(("compliance", 0.001, 0.02), ("dt", 0.05, 0.2))
        s.code("alpha = compliance / (dt * dt)\nlam = -c / (denom + alpha)")
    else:
        s.tuning(("stiffness", 0.2, 1.0))
        s.code("if denom < 0.01:\n    return\nlam = -stiffness * c / denom")
    if draw.chance(0.3):
        s.tuning(("limit", 0.3, 1.0))
        s.code("lam = wp.clamp(lam, -limit, limit)")
    scatter(s, "delta", {c: f"g{c} * (lam * w{c})" for c in names})
    if draw.chance(0.4):
        s.result("error", "real", "one", role="accumulate", names=("volume_error", "residual"))
        s.code("wp.atomic_add(error, 0, wp.abs(c))")
    return s.finish(draw.choice(("solve_volume", "tet_volume_constraint", "preserve_volume")), ["m"], sizes(draw))
