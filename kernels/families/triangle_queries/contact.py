"""Contact at the nearest points: of particles and triangles, of edges and edges, with penalties, barriers, damping and friction."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.families.triangle_queries.functions import add_nearest_weights, add_segments
from kernels.families.triangle_queries.soups import Edges, Pairing, Triangles, sizes_of

CORNERS = ("a", "b", "c")

_LAWS = {
    "penalty": ("ke * (thickness - dist)", "0.5 * ke * (thickness - dist) * (thickness - dist)"),
    "quadratic": (
        "ke * (thickness - dist) * (thickness - dist) / thickness",
        "ke * (thickness - dist) * (thickness - dist) * (thickness - dist) / (3.0 * thickness)",
    ),
    "barrier": (
        "ke * (dist - thickness) * (2.0 * wp.log(dist / thickness) + (dist - thickness) / dist)",
        "-ke * (dist - thickness) * (dist - thickness) * wp.log(dist / thickness)",
    ),
    "soft": ("ke * wp.exp(-dist / thickness)", "ke * thickness * wp.exp(-dist / thickness)"),
}
"""The force along the normal by the distance `dist`, and its energy. The barrier is that of Incremental Potential Contact (Li 2020)."""


def _law(s: QueryScript) -> tuple[str, str]:
    """The texts of the force and its energy; the force sometimes as a function of its own."""
    draw = s.draw
    kind = draw.choice(tuple(_LAWS))
    force, energy = _LAWS[kind]
    # A barrier's force grows without bound where things touch.
    s.tuning(("ke", 1.0, 8.0), ("thickness", 0.2 if kind != "barrier" else 0.3, 0.8))
    if draw.chance(0.35):
        name = draw.choice(("normal_force", "contact_law", f"{kind}_force"))
        s.define(name, "dist: real, ke: real, thickness: real", f"return {force}", "real")
        force = f"{name}(dist, ke, thickness)"
    return force, energy


def _pushed(s: QueryScript, velocity: str) -> list[str]:
    """The lines that make the force `f` on the first of both from the normal `n`, the force `fn` and the text of a relative velocity."""
    draw = s.draw
    if not velocity:
        return ["f = n * fn"]
    s.tuning(("kd", 0.05, 0.5))
    lines = [f"vrel = {velocity}", "vn = wp.dot(vrel, n)"]
    form = draw.choice(("damped", "sliding", "coulomb"))
    if form == "damped":
        return [*lines, draw.choice(("f = n * (fn - kd * vn)", "f = n * fn - n * (kd * wp.min(vn, 0.0))"))]
    s.tuning(("mu", 0.1, 0.8))
    lines.append("vt = vrel - n * vn")
    if form == "sliding":
        return [*lines, "f = n * (fn - kd * vn) - vt * mu"]
    return [*lines, "speed = wp.sqrt(wp.dot(vt, vt) + 0.01)", "f = n * fn - vt * (mu * fn / speed)"]


_OUTCOMES = (
    ("spread",),
    ("spread",),
    ("spread", "energy"),
    ("spread", "count"),
    ("energy",),
    ("energy", "count"),
    ("spread", "energy", "count"),
)


def _touching(s: QueryScript, pairing: Pairing, spreads: list[str], velocity: str) -> None:
    """What happens where the distance `dist` is below the thickness: forces to where `spreads` tells, energy, counts."""
    draw = s.draw
    force, energy = _law(s)
    kinds = draw.choice(_OUTCOMES)
    body = []
    if "spread" in kinds:
        body += [f"fn = {force}", *_pushed(s, velocity), *spreads]
    if "energy" in kinds:
        total = draw.chance(0.6)
        extents = ["one"] if total else pairing.extents
        s.result("energy_out", "real", *extents, role="accumulate", names=("energy", "potential", "contact_energy"))
        body.append(f"wp.atomic_add(energy_out, 0, {energy})" if total else f"energy_out[{pairing.at}] = {energy}")
    if "count" in kinds:
        s.result("touching", "int", "one", role="accumulate", names=("num_contacts", "active_pairs"))
        body.append("wp.atomic_add(touching, 0, 1)")
    if draw.chance(0.35):
        s.skip("dist >= thickness")
        s.code("\n".join(body))
    else:
        s.code("if dist < thickness:\n" + indent("\n".join(body), "    "))


def _forces(s: QueryScript, name: str, size: str, places: list[tuple[str, str]], sign: str, names: tuple[str, ...]) -> list[str]:
    """Declares an array of forces; the lines that add the force to `places`, which are numbers and the parts that they take."""
    s.result(name, "vec3", size, role="accumulate", names=names)
    call = "atomic_add" if sign == "+" else "atomic_sub"
    return [f"wp.{call}({name}, {number}, {f'f * {part}' if part else 'f'})" for number, part in places]


def build_particles(s: QueryScript) -> Case:
    """Particles against triangles: forces on both sides, by weights on the corners."""
    draw = s.draw
    faces = Triangles(s, "t")
    pairing = Pairing(s, "m", faces.faces)
    s.field("x", "vec3", "m", domain=faces.beside(), names=("particle_q", "positions", "points"))
    faces.declare(names=("verts", "vertices", "cloth_q"))
    moving = draw.choice(("", "particles", "both"))
    if moving:
        s.field("vel", "vec3", "m", low=-1.0, high=1.0, names=("particle_qd", "velocities"))
    own = [("ia", "w[0]"), ("ib", "w[1]"), ("ic", "w[2]")]
    velocity = "vel[i]" if moving else ""
    if moving == "both":
        s.field("tvel", "vec3", "t_verts", low=-1.0, high=1.0, names=("vertex_qd", "surface_velocity"))
        velocity += f" - ({' + '.join(f'tvel[{k}] * {part}' for k, part in own)})"
    pairing.start()
    s.code("p = x[i]")
    faces.load("j", CORNERS)
    s.code(f"w = {add_nearest_weights(s)}(a, b, c, p)\nd = p - (w[0] * a + w[1] * b + w[2] * c)")
    s.code(
        draw.choice(
            (
                "dist = wp.length(d)\nn = d / dist",
                "dist = wp.length(d)\nn = d / (dist + 1.0e-4)",
                "dist = wp.length(d)\nn = wp.normalize(d)",
            )
        )
    )
    sides = draw.choice((("x",), ("t",), ("x", "t"), ("x", "t")))
    spreads = []
    if "x" in sides:
        spreads += _forces(s, "force_x", "m", [("i", "")], "+", ("particle_f", "forces"))
    if "t" in sides:
        spreads += _forces(s, "force_t", "t_verts", own, "-", ("vertex_f", "reaction"))
    _touching(s, pairing, spreads, velocity)
    return s.finish(
        draw.choice(("particle_triangle_contact", "vertex_triangle_forces", "cloth_collision", "point_face_penalty")),
        pairing.extents,
        sizes_of(pairing, faces, m=(1, 6, 9)),
        doc=draw.choice(("", "", "Contact forces between particles and triangles that are close.")),
    )


def build_edges(s: QueryScript) -> Case:
    """Edges against edges: forces on the ends of both, by how far along each the nearest points are."""
    draw = s.draw
    one, other = Edges(s, "a"), Edges(s, "b")
    pairing = Pairing(s, one.edges, other.edges)
    one.declare(("rod_q", "nodes", "edge_points"))
    other.declare(("other_q", "hair", "wire"))
    velocity = ""
    if draw.chance(0.4):
        for part in (one, other):
            s.field(f"{part.letter}_vel", "vec3", part.ends, low=-1.0, high=1.0, names=(f"qd_{part.letter}", f"velocity_{part.letter}"))
        velocity = " - ".join(
            f"({' + '.join(f'{part.letter}_vel[{k}] * {share}' if share else f'{part.letter}_vel[{k}]' for k, share in part.shares(at))})"
            for part, at in ((one, "s"), (other, "t"))
        )
    pairing.start()
    one.load("i", ("p1", "q1"))
    other.load("j", ("p2", "q2"))
    s.code(f"near = {add_segments(s)}(p1, q1, p2, q2, {draw.choice(('1.0e-6', '1.0e-8', '1.0e-5'))})\ns = near[0]\nt = near[1]")
    s.code(draw.choice(("d = p1 + (q1 - p1) * s - (p2 + (q2 - p2) * t)", "d = wp.lerp(p1, q1, s) - wp.lerp(p2, q2, t)")))
    s.code(f"dist = {draw.choice(('near[2]', 'wp.length(d)'))}")
    s.code(draw.choice(("n = d / dist", "n = wp.normalize(d)", "n = d / (dist + 1.0e-4)")))
    sides = draw.choice(((one,), (one, other), (one, other)))
    spreads = []
    for part, at, sign in ((one, "s", "+"), (other, "t", "-")):
        if part in sides:
            names = (f"force_{part.letter}", f"f_{part.letter}")
            spreads += _forces(s, f"{part.letter}_force", part.ends, part.shares(at), sign, names)
    _touching(s, pairing, spreads, velocity)
    return s.finish(
        draw.choice(("edge_edge_contact", "rod_contact", "edge_forces", "wire_collision")),
        pairing.extents,
        sizes_of(pairing, one, other),
        doc=draw.choice(("", "", "Contact forces between edges that are close.")),
    )
