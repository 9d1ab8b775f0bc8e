"""Narrow phase: contact points, normals and distances of pairs of shapes, written to a slot of each pair.

Closest points after Ericson, Real-Time Collision Detection (2005). A pair that does not touch leaves its slot as it was; counters are
atomic sums, so that no result depends on the order of the threads.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import RigidTransforms, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.contact.bodies import RADII, filtered, pairs, place, poses, sizes

SEGMENT = (
    "d = b - a\nt = wp.clamp(wp.dot(p - a, d) / (wp.dot(d, d) + 0.001), 0.0, 1.0)\nreturn a + d * t",
    "ab = b - a\nsquare = wp.dot(ab, ab)\nt = wp.dot(p - a, ab)\nif t <= 0.0:\n    return a\n"
    "if t >= square:\n    return b\nreturn a + ab * (t / square)",
)


def write_contact(draw: Draw, s: Script, *, dist: str, normal: str, point: str, body: str = "") -> None:
    """Writes a contact into the pair's slot, and counts it, for the pair or all of them, or for its bodies."""
    s.result("contact_dist", "real", "m", role="accumulate", names=("dist_out", "separation", "contact_depth"))
    s.result("contact_normal", "vec3", "m", role="accumulate", names=("normal_out", "contact_frame", "contact_n"))
    s.code(f"contact_dist[tid] = {dist}\ncontact_normal[tid] = {normal}")
    if draw.chance(0.75):
        s.result("contact_point", "vec3", "m", role="accumulate", names=("contact_pos", "point_out", "contact_x"))
        s.code(f"contact_point[tid] = {point}")
    counter = draw.choice(("none", "all", "flag", "body"))
    if counter == "all":
        s.result("contact_count", "int", "one", role="accumulate", names=("ncon", "num_contacts", "count"))
        s.code("wp.atomic_add(contact_count, 0, 1)")
    elif counter == "flag":
        s.result("touching", "int", "m", role="accumulate", names=("contact_flag", "active", "hit"))
        s.code("touching[tid] = 1")
    elif counter == "body" and body:
        s.result("body_contacts", "int", "n", role="accumulate", names=("contacts_per_shape", "shape_contact_count"))
        s.code("\n".join(f"wp.atomic_add(body_contacts, {b}, 1)" for b in body.split()))


def build_spheres(draw: Draw, s: Script) -> Case:
    """Spheres in pairs: separation, normal and middle of the contact."""
    rigid = poses(draw, s)
    s.field("radius", "real", "n", low=0.2, high=0.7, names=RADII)
    pairs(s)
    filtered(draw, s)
    s.code(f"pa = {place('a', rigid)}\npb = {place('b', rigid)}\nra = radius[a]\nrb = radius[b]")
    s.tuning(("margin", 0.05, 0.3))
    if draw.chance(0.5):
        hit = draw.choice(("Contact", "ContactPoint", "Hit"))
        s.structure(hit, (("dist", "float"), ("normal", "vec3"), ("point", "vec3")))
        s.define(
            "sphere_contact",
            "pa: vec3, ra: real, pb: vec3, rb: real",
            f"c = {hit}()\nd = pb - pa\nlength = wp.length(d)\nn = d / (length + 0.001)\ngap = length - ra - rb\n"
            "c.dist = gap\nc.normal = n\nc.point = pa + n * (ra + 0.5 * gap)\nreturn c",
            hit,
            draw.choice(("", "Contact of two spheres, touching or not.")),
        )
        s.code("c = sphere_contact(pa, ra, pb, rb)\nif c.dist > margin:\n    return")
        write_contact(draw, s, dist="c.dist", normal="c.normal", point="c.point", body="a b")
    else:
        _sphere_pair(draw, s)
        write_contact(draw, s, dist="dist", normal="n", point="point", body="a b")
    return s.finish(
        draw.choice(("collide_spheres", "sphere_sphere", "sphere_sphere_contacts")),
        ["m"],
        sizes(draw),
        doc=draw.choice(("", "Contacts of candidate sphere pairs.")),
    )


def _sphere_pair(draw: Draw, s: Script) -> None:
    """The distance `dist`, normal `n` and middle `point` of the spheres at `pa` and `pb`; pairs beyond the margin return."""
    s.code("d = pb - pa\nlength = wp.length(d)")
    s.code(
        draw.choice(("dist = length - (ra + rb)\nif dist > margin:\n    return", "dist = length - ra - rb\nif dist >= margin:\n    return"))
    )
    s.code(
        draw.choice(
            (
                "if length < 0.001:\n    return\nn = d / length",
                "n = d / (length + 0.001)",
                "n = wp.vec3(0.0, 1.0, 0.0)\nif length > 0.001:\n    n = d / length",
            )
        )
    )
    s.code(draw.choice(("point = pa + n * (ra + 0.5 * dist)", "point = 0.5 * ((pa + n * ra) + (pb - n * rb))")))


def build_capsules(draw: Draw, s: Script) -> Case:
    """Capsules against capsules or spheres: closest points of segments, then as for spheres."""
    with_sphere = draw.chance(0.4)
    ends = draw.chance(0.5)
    if ends:
        s.field("seg_a", "vec3", "n", names=("capsule_p0", "start_point"))
        s.field("seg_b", "vec3", "n", names=("capsule_p1", "end_point"))
    else:
        s.field("pose", "transform", "n", domain=RigidTransforms(-1.0, 1.0), names=("shape_q", "geom_pose"))
        s.field("half_length", "real", "n", low=0.2, high=0.8, names=("half_height", "capsule_half"))
    s.field("radius", "real", "n", low=0.1, high=0.4, names=RADII)
    pairs(s)
    filtered(draw, s)

    def segment(name: str) -> None:
        if ends:
            s.code(f"{name}0 = seg_a[{name}]\n{name}1 = seg_b[{name}]")
        else:
            s.code(
                f"axis_{name} = wp.transform_vector(pose[{name}], wp.vec3(0.0, half_length[{name}], 0.0))\n"
                f"mid_{name} = wp.transform_get_translation(pose[{name}])"
            )
            s.code(f"{name}0 = mid_{name} - axis_{name}\n{name}1 = mid_{name} + axis_{name}")

    segment("a")
    if with_sphere:
        s.code("center = seg_a[b]" if ends else "center = wp.transform_get_translation(pose[b])")
        s.define(
            "closest_on_segment",
            "p: vec3, a: vec3, b: vec3",
            draw.choice(SEGMENT),
            "vec3",
            "Point of the segment a to b that is closest to p.",
        )
        s.code("pa = closest_on_segment(center, a0, a1)\npb = center")
    else:
        segment("b")
        s.code(
            "d1 = a1 - a0\nd2 = b1 - b0\nr = a0 - b0\naa = wp.dot(d1, d1) + 0.001\nee = wp.dot(d2, d2) + 0.001\n"
            "f = wp.dot(d2, r)\nc = wp.dot(d1, r)\nbb = wp.dot(d1, d2)"
        )
        s.code("denom = aa * ee - bb * bb + 0.01\ns = wp.clamp((bb * f - c * ee) / denom, 0.0, 1.0)\nt = (bb * s + f) / ee")
        if draw.chance(0.5):
            s.code(
                "if t < 0.0:\n    t = 0.0\n    s = wp.clamp(-c / aa, 0.0, 1.0)\nelif t > 1.0:\n    t = 1.0\n"
                "    s = wp.clamp((bb - c) / aa, 0.0, 1.0)"
            )
        else:
            s.code("t = wp.clamp(t, 0.0, 1.0)\ns = wp.clamp((bb * t - c) / aa, 0.0, 1.0)")
        s.code("pa = a0 + d1 * s\npb = b0 + d2 * t")
    s.code("d = pb - pa\nlength = wp.length(d)\nreach = radius[a] + radius[b]\ndist = length - reach")
    s.code("if dist > 0.0 or length < 0.001:\n    return\nn = d / length\npoint = pa + n * (radius[a] + 0.5 * dist)")
    write_contact(draw, s, dist="dist", normal="n", point="point", body="a b")
    return s.finish(
        draw.choice(("capsule_sphere" if with_sphere else "capsule_capsule", "collide_capsules", "capsule_contacts")),
        ["m"],
        sizes(draw),
        doc=draw.choice(("", "Contacts of capsules by the closest points of their axes.")),
    )


def build_sphere_box(draw: Draw, s: Script) -> Case:
    """Spheres or points against boxes, by clamping in the box's frame or by its signed distance."""
    s.field("pose", "transform", "n", domain=RigidTransforms(-0.8, 0.8), names=("box_q", "shape_q", "body_q"))
    s.field("half", "vec3", "n", low=0.2, high=0.6, names=("half_extents", "box_size"))
    s.field("center", "vec3", "m", low=-1.0, high=1.0, names=("sphere_x", "particle_q", "points"))
    s.field("box", "int", "m", below="n", names=("box_id", "shape_index"))
    s.thread("m", "center", names=("p", "i", "pid"), counts=("num_points", "point_count"))
    s.tuning(("radius", 0.1, 0.5))
    s.code("b = box[tid]\nx = pose[b]\nh = half[b]\nc = center[tid]")
    s.code(
        draw.choice(
            (
                "local = wp.transform_point(wp.transform_inverse(x), c)",
                "local = wp.quat_rotate_inv(wp.transform_get_rotation(x), c - wp.transform_get_translation(x))",
            )
        )
    )
    form = draw.choice(("clamp", "sdf"))
    if form == "clamp":
        s.code(
            "closest = wp.min(wp.max(local, -h), h)\nd = local - closest\ngap = wp.length(d)"
            if draw.chance(0.6)
            else "closest = wp.vec3(wp.clamp(local[0], -h[0], h[0]), wp.clamp(local[1], -h[1], h[1]), wp.clamp(local[2], "
            "-h[2], h[2]))\n"
            "d = local - closest\ngap = wp.length(d)"
        )
        s.code(
            "dist = gap - radius\nif dist > 0.0 or gap < 0.001:\n    return\n"
            "n = wp.transform_vector(x, d / gap)\npoint = wp.transform_point(x, closest)"
        )
        write_contact(draw, s, dist="dist", normal="n", point="point")
        return s.finish(draw.choice(("sphere_box", "collide_sphere_box")), ["m"], sizes(draw))
    s.define(
        "box_sdf",
        "h: vec3, p: vec3",
        draw.choice(
            (
                "q = wp.abs(p) - h\nouter = wp.length(wp.max(q, wp.vec3(0.0, 0.0, 0.0)))\n"
                "return outer + wp.min(wp.max(q[0], wp.max(q[1], q[2])), 0.0)",
                "qx = wp.abs(p[0]) - h[0]\nqy = wp.abs(p[1]) - h[1]\nqz = wp.abs(p[2]) - h[2]\n"
                "e = wp.vec3(wp.max(qx, 0.0), wp.max(qy, 0.0), wp.max(qz, 0.0))\n"
                "return wp.length(e) + wp.min(wp.max(qx, wp.max(qy, qz)), 0.0)",
            )
        ),
        "real",
        draw.choice(("", "Signed distance from p to a box around the origin.")),
    )
    s.result("distance", "real", "m", names=("sdf_out", "signed_distance"))
    s.code("dist = box_sdf(h, local) - radius\ndistance[tid] = dist")
    if draw.chance(0.6):
        s.tuning(("ke", 0.5, 3.0))
        s.result("pressure", "real", "m", names=("penalty", "push_out"))
        s.code("pressure[tid] = ke * wp.max(-dist, 0.0)")
    if draw.chance(0.5):
        s.result("inside", "int", "one", role="accumulate", names=("num_inside", "overlaps"))
        s.code("if dist < 0.0:\n    wp.atomic_add(inside, 0, 1)")
    return s.finish(draw.choice(("point_box_distance", "box_sdf_query")), ["m"], sizes(draw))


def build_support(draw: Draw, s: Script) -> Case:
    """Support points of convex shapes in given directions, and the separation along an axis that follows from two of them."""
    s.field("pose", "transform", "n", domain=RigidTransforms(-1.0, 1.0), names=("shape_q", "geom_pose"))
    s.field("size", "vec3", "n", low=0.2, high=0.6, names=("shape_scale", "geom_size"))
    pairs(s)
    s.field("direction", "vec3", "m", domain=UnitVectors(), names=("search_dir", "axis"))
    kinds = draw.subset(("box", "sphere", "capsule", "ellipsoid"), 2)
    bodies = {
        "box": "return wp.vec3(size[0] * wp.sign(d[0]), size[1] * wp.sign(d[1]), size[2] * wp.sign(d[2]))",
        "sphere": "return d * size[0]",
        "capsule": "end = wp.vec3(0.0, size[1], 0.0)\nif d[1] < 0.0:\n    end = -end\nreturn end + d * size[0]",
        "ellipsoid": "scaled = wp.cw_mul(size, d)\nreturn wp.cw_mul(size, scaled) / wp.length(scaled)",
    }
    for kind in kinds:
        s.define(
            f"support_{kind}",
            "size: vec3, d: vec3",
            bodies[kind],
            "vec3",
            draw.choice(("", f"Farthest point of a {kind} along the unit direction d.")),
        )
    s.code("d = direction[tid]")
    for shape, kind, sign in (("a", kinds[0], ""), ("b", kinds[1], "-")):
        s.code(
            f"q_{shape} = wp.transform_get_rotation(pose[{shape}])\n"
            f"local_{shape} = wp.quat_rotate_inv(q_{shape}, {sign}d)\n"
            f"s_{shape} = wp.transform_point(pose[{shape}], support_{kind}(size[{shape}], local_{shape}))"
        )
    s.result("separation", "real", "m", names=("gap", "dist_out"))
    s.code("w = s_b - s_a\nseparation[tid] = wp.dot(w, d)")
    if draw.chance(0.6):
        s.result("witness", "vec3", "m", names=("minkowski", "support_out"))
        s.code("witness[tid] = w")
    if draw.chance(0.4):
        s.result("overlapping", "int", "one", role="accumulate", names=("num_overlaps", "hits"))
        s.code("if wp.dot(w, d) < 0.0:\n    wp.atomic_add(overlapping, 0, 1)")
    return s.finish(draw.choice(("support_mapping", "separating_axis", "gjk_support")), ["m"], sizes(draw))
