"""Points and a mesh: the nearest point, the way to it, and what is attached to the mesh there."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.search import Mesh, Names, mesh_sizes

POINTS = ("points", "particle_q", "positions", "query_points", "samples")
SIGNS = ("rays", "parity", "normal", "winding")


def sign_of(s: QueryScript, mesh: Mesh) -> str:
    """A way to tell the side of a point that suits the mesh."""
    return s.draw.weighted(SIGNS, (5, 5, 5, 7)) if mesh.closed else "normal"


def asked_points(s: QueryScript, mesh: Mesh, *, face: bool, signed: bool) -> str:
    """The points that are asked about: beside faces where the kernel looks at the face. Gives the local's name."""
    s.field("x", "vec3", "n", domain=mesh.beside(face=face, both=signed or s.draw.chance(0.4)), names=POINTS)
    s.thread("n", "x", index="i", names=("tid", "p_id", "idx"), counts=("num_points", "particle_count"))
    s.code("p = x[i]")
    return "p"


def reach_of(s: QueryScript) -> str:
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
    attached = draw.chance(0.5)
    face = attached or draw.chance(0.35)
    moving = attached and draw.chance(0.8)
    signed = draw.chance(0.35)
    through_points = draw.chance(0.03)
    kinds = ("sphere", "torus", "box", "sheet") if face or not signed else ("sphere", "torus", "box")
    mesh = Mesh(s, moving=moving, kinds=kinds, differentiable=through_points)
    if through_points:
        s.limitations.add("mesh_points")
    p = asked_points(s, mesh, face=face, signed=signed)
    sign = sign_of(s, mesh) if signed else ""
    mesh.declare(winding=sign == "winding")
    reach = reach_of(s)
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
        s.result("out_vel", "vec3", "n", names=("surface_velocity", "contact_velocity", "velocity_out"))
        body.append(f"out_vel[i] = {mesh.velocity(names)}")
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
        s.result("out_normal", "vec3", "n", differentiable=False, names=("normals", "surface_normal"))
        body += [*mesh.normal(names.face), "out_normal[i] = n"]
        blank.append("out_normal[i] = wp.vec3()")
    elif kind == "height":
        s.result("out_height", "real", "n", names=("height", "plane_distance"))
        body += [*mesh.normal(names.face), "out_height[i] = wp.dot(p - closest, n)"]
        blank.append("out_height[i] = 0.0")
    elif kind == "weights":
        s.result("out_weights", "vec2", "n", names=("barycentric", "uv_out"))
        body.append(f"out_weights[i] = wp.vec2({names.u}, {names.v})")
        blank.append("out_weights[i] = wp.vec2(0.0, 0.0)")
    else:
        s.result("out_face", "int", "n", names=("face_ids", "triangle", "nearest_face"))
        body.append(f"out_face[i] = {names.face}")
        blank.append("out_face[i] = -1")
