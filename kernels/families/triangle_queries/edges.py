"""Edges and where they are nearest: distances, what is interpolated there, sums over all edges, capsules."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import UnitVectors
from kernels.drafting.mirror.steps import stored
from kernels.drafting.queries.script import QueryScript
from kernels.families.triangle_queries.functions import add_segments
from kernels.families.triangle_queries.soups import Edges, Pairing, sizes_of

_TOLERANCES = ("1.0e-6", "1.0e-8", "1.0e-5")


def build_distance(s: QueryScript) -> Case:
    """Pairs of edges: how far apart, where along each, the points there or what the ends carry."""
    draw = s.draw
    one, other = Edges(s, "a"), Edges(s, "b")
    pairing = Pairing(s, one.edges, other.edges)
    one.declare(("nodes", "points", "strand"))
    other.declare(("other_nodes", "wire", "curve"))
    kinds = draw.subset(("distance", "middle", "along", "carried", "close", "energy", "linking"), draw.weighted((1, 2, 3), (3, 4, 2)))
    if "carried" in kinds:
        s.field("a_value", "real", one.ends, names=("scalar", "temperature", "charge"))
        s.field("b_value", "real", other.ends, names=("other_scalar", "potential"))
    pairing.start()
    one.load("i", ("p1", "q1"))
    other.load("j", ("p2", "q2"))
    s.code(f"near = {add_segments(s)}(p1, q1, p2, q2, {draw.choice(_TOLERANCES)})")
    s.code("s = near[0]\nt = near[1]\ndist = near[2]")
    if {"middle", "linking"} & {*kinds}:
        s.code(draw.choice(("c1 = p1 + (q1 - p1) * s\nc2 = p2 + (q2 - p2) * t", "c1 = wp.lerp(p1, q1, s)\nc2 = wp.lerp(p2, q2, t)")))
    for kind in kinds:
        _measured(s, kind, pairing, one, other)
    return s.finish(
        draw.choice(("edge_distances", "closest_edges", "strand_gaps", "edge_edge_query")),
        pairing.extents,
        sizes_of(pairing, one, other),
        doc=draw.choice(("", "", "Where the edges of each pair are nearest.")),
    )


def _measured(s: QueryScript, kind: str, pairing: Pairing, one: Edges, other: Edges) -> None:
    draw, at, extents = s.draw, pairing.at, pairing.extents
    if kind == "distance":
        stored(s, "dist", "float", 3.0, at, extents, ("distance_out", "gaps", "separation"))
    elif kind == "middle":
        s.code(f"middle = {draw.choice(('0.5 * (c1 + c2)', 'c1 - c2', 'c1 + (c2 - c1) * 0.25', 'c2'))}")
        stored(s, "middle", "vec3", 2.0, at, extents, ("middle_out", "contact_point", "offsets"))
    elif kind == "along":
        along = draw.choice(("s", "t", "s - t", "s * t", "s + 0.5 * t"))
        # At the ends of edges these are round numbers, which what is made of them may have for a threshold.
        plain = draw.chance(0.4)
        s.code(f"along = {along}" if plain else f"along = 0.073 + {draw.choice(('0.83', '0.91', '1.17'))} * ({along})")
        stored(s, "along", "float", 2.0, at, extents, ("along_out", "parameter", "arc_position"), share=0.0 if plain else 0.7)
    elif kind == "carried":
        parts = []
        for part, where in ((one, "s"), (other, "t")):
            terms = [f"{part.letter}_value[{number}]{f' * {share}' if share else ''}" for number, share in part.shares(where)]
            s.code(f"value_{part.letter} = {' + '.join(terms)}")
            parts.append(f"value_{part.letter}")
        flow = draw.choice((" - ", " * ")).join(parts)
        s.code(f"flow = {draw.choice((flow, f'({flow}) * wp.exp(-dist)', f'({flow}) / (0.1 + dist)'))}")
        stored(s, "flow", "float", 4.0, at, extents, ("flow_out", "exchange", "transfer"))
    elif kind == "close":
        s.tuning(("radius", 0.2, 0.8))
        s.result("close_count", "int", one.edges, role="accumulate", names=("neighbors", "num_close", "contacts"))
        s.code("if dist < radius:\n    wp.atomic_add(close_count, i, 1)")
    elif kind == "energy":
        s.tuning(("falloff", 0.3, 1.0))
        s.result("energy_out", "real", "one", role="accumulate", names=("repulsion", "potential", "loss"))
        amounts = ("wp.exp(-dist / falloff)", "falloff / (falloff + dist)", "falloff * dist * dist", "wp.max(falloff - dist, 0.0)")
        s.code(f"wp.atomic_add(energy_out, 0, {draw.choice(amounts)})")
    else:
        s.code("turn = wp.dot(wp.cross(q1 - p1, q2 - p2), c1 - c2)")
        stored(s, "turn", "float", 4.0, at, extents, ("turn_out", "linking", "crossing_sign"))


def build_strands(s: QueryScript) -> Case:
    """One thread for each edge, over all edges of another body: sums of what they do to it, counts, the nearest."""
    draw = s.draw
    one, other = Edges(s, "a"), Edges(s, "b")
    kind = draw.choice(("push", "push", "push", "count", "nearest"))
    one.declare(("nodes", "points", "strand"))
    other.declare(("other_nodes", "wire", "curve"))
    s.field("radii", "real", one.edges, low=0.2, high=0.7, names=("thickness", "reach", "edge_radius"))
    s.thread(one.edges, "radii", index="i", names=("tid", "edge"), counts=("num_edges", "edge_count"))
    one.load("i", ("p1", "q1"))
    s.number_of("num_b", other.edges)
    s.alias("num_b", "num_others", "other_count")
    s.code("reach = radii[i]" if draw.chance(0.5) else "reach = radii[i] + 0.1")
    lines = [*other.lines("j", ("p2", "q2")), f"near = {add_segments(s)}(p1, q1, p2, q2, {draw.choice(_TOLERANCES)})"]
    if kind == "push":
        s.tuning(("stiffness", 0.5, 4.0))
        lines += ["d = wp.lerp(p1, q1, near[0]) - wp.lerp(p2, q2, near[1])", "dist = near[2]"]
        amount = draw.choice(
            ("stiffness * wp.exp(-dist / reach)", "stiffness * wp.max(reach - dist, 0.0)", "stiffness * reach / (reach + dist)")
        )
        if draw.chance(0.5):
            lines += [f"if dist < {draw.choice(('reach', '1.5 * reach', '2.0 * reach'))}:", f"    total += d * ({amount} / (dist + 0.01))"]
        else:
            lines += [f"push = {amount}", "total += d * (push / (dist + 0.01))"]
        start = "total = wp.vec3()"
    elif kind == "count":
        lines += [f"if near[2] < {draw.choice(('reach', '0.5 * reach', 'reach + 0.2'))}:", "    found += 1"]
        start = "found = int(0)"
    else:
        lines += ["if near[2] < best:", "    best = near[2]", "    nearest = j"]
        start = "best = float(1.0e6)\nnearest = int(-1)" if draw.chance(0.5) else "best = float(reach)\nnearest = int(-1)"
    s.code(f"{start}\nfor j in range(num_b):\n" + indent("\n".join(lines), "    "))
    if kind == "push":
        s.result("total_out", "vec3", one.edges, names=("edge_force", "repulsion", "push_out"))
        s.code(draw.choice(("total_out[i] = total", "total_out[i] = -total", "total_out[i] = total * 0.5")))
    else:
        name = "found" if kind == "count" else "nearest"
        s.result("ids_out", "int", one.edges, names=("neighbor_count",) if kind == "count" else ("nearest_edge", "closest_id"))
        s.code(f"ids_out[i] = {name}")
        if draw.chance(0.4):
            s.result("most", "int", "one", role="accumulate", names=("max_value", "largest"))
            s.code(f"wp.atomic_max(most, 0, {name})")
    return s.finish(
        draw.choice(("strand_repulsion", "edge_neighbors", "wire_forces", "collect_edges")), [one.edges], sizes_of(None, one, other)
    )


def build_capsules(s: QueryScript) -> Case:
    """Capsules in pairs: the nearest points of their axes, then depth, normal and force."""
    draw = s.draw
    pairing = Pairing(s, "m", "k")
    posed = draw.choice(("turned", "along"))
    for letter, size in (("a", "m"), ("b", "k")):
        # Where two axes all but cross, the direction between them is lost in rounding.
        low, high = (-0.9, -0.1) if letter == "a" else (0.1, 0.9)
        s.field(f"{letter}_pos", "vec3", size, low=low, high=high, names=(f"pos_{letter}", f"center_{letter}"))
        if posed == "turned":
            s.field(f"{letter}_rot", "quat", size, domain=UnitVectors(), names=(f"rot_{letter}", f"orient_{letter}"))
            s.field(f"{letter}_half", "real", size, low=0.2, high=0.6, names=(f"half_height_{letter}", f"half_{letter}"))
        else:
            s.field(f"{letter}_axis", "vec3", size, low=-0.6, high=0.6, names=(f"axis_{letter}", f"half_axis_{letter}"))
    shared = draw.chance(0.5)
    if shared:
        s.tuning(("radius", 0.2, 0.5))
    else:
        s.field("a_rad", "real", "m", low=0.1, high=0.4, names=("radius_a", "rad_a"))
        s.field("b_rad", "real", "k", low=0.1, high=0.4, names=("radius_b", "rad_b"))
    pairing.start()
    unit = draw.choice(("0.0, 0.0, {h}", "0.0, {h}, 0.0", "{h}, 0.0, 0.0"))
    for letter, index, number in (("a", "i", 1), ("b", "j", 2)):
        if posed == "turned":
            axis = f"wp.quat_rotate({letter}_rot[{index}], wp.vec3({unit.format(h=f'{letter}_half[{index}]')}))"
        else:
            axis = f"{letter}_axis[{index}]"
        s.code(f"h{number} = {axis}\np{number} = {letter}_pos[{index}] - h{number}\nq{number} = {letter}_pos[{index}] + h{number}")
    s.code(f"near = {add_segments(s)}(p1, q1, p2, q2, {draw.choice(_TOLERANCES)})")
    s.code("c1 = p1 + (q1 - p1) * near[0]\nc2 = p2 + (q2 - p2) * near[1]\nd = c1 - c2")
    s.code(f"dist = {draw.choice(('near[2]', 'wp.length(d)'))}\nn = d / {draw.choice(('dist', '(dist + 1.0e-4)'))}")
    s.code("gap = dist - 2.0 * radius" if shared else "gap = dist - (a_rad[i] + b_rad[j])")
    _collided(s, pairing)
    return s.finish(
        draw.choice(("collide_capsules", "capsule_capsule", "capsule_contacts", "limb_collision")),
        pairing.extents,
        sizes_of(pairing, m=(1, 5, 9), k=(2, 4, 8)),
        doc=draw.choice(("", "", "Contacts between capsules.")),
    )


def _collided(s: QueryScript, pairing: Pairing) -> None:
    draw, at, extents = s.draw, pairing.at, pairing.extents
    kinds = draw.choice(
        (("gap",), ("gap", "normal"), ("normal", "point"), ("force",), ("force", "gap"), ("force", "torque"), ("gap", "count"))
    )
    if "gap" in kinds:
        stored(s, "gap", "float", 3.0, at, extents, ("gap_out", "separation", "contact_depth"))
    if "normal" in kinds:
        s.result("normal_out", "vec3", *extents, names=("normals", "contact_normal"))
        s.code(f"normal_out[{at}] = n")
    if "point" in kinds:
        s.code(f"point = {draw.choice(('0.5 * (c1 + c2)', 'c2 + d * 0.5', 'c1 - n * (0.5 * dist)'))}")
        stored(s, "point", "vec3", 2.0, at, extents, ("point_out", "contact_point"))
    if "count" in kinds:
        s.result("touching", "int", "m", role="accumulate", names=("num_contacts", "contacts_of"))
        s.code("if gap < 0.0:\n    wp.atomic_add(touching, i, 1)")
    if "force" in kinds:
        s.tuning(("ke", 1.0, 10.0))
        s.result("force", "vec3", "m", role="accumulate", names=("body_f", "force_a"))
        body = [draw.choice(("f = n * (-ke * gap)", "f = n * (ke * gap * gap)", "f = -ke * gap * n")), "wp.atomic_add(force, i, f)"]
        if "torque" in kinds:
            s.result("torque", "vec3", "m", role="accumulate", names=("body_torque", "moment_a"))
            body.append("wp.atomic_add(torque, i, wp.cross(c1 - a_pos[i], f))")
        if draw.chance(0.5):
            s.result("reaction", "vec3", "k", role="accumulate", names=("other_f", "force_b"))
            body.append("wp.atomic_sub(reaction, j, f)")
        s.code("if gap < 0.0:\n" + indent("\n".join(body), "    "))
