"""Spheres, boxes and capsules against planes; of a box, each corner may touch."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, UnitVectors
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.contact.bodies import RADII, sizes
from kernels.families.contact.narrow import write_contact


def build_planes(draw: Draw, s: Script) -> Case:
    """Spheres, boxes or capsules against planes; of a box, each corner may touch."""
    shape = draw.choice(("sphere", "box", "box", "capsule", "capsule", "any"))
    s.field("pose", "transform", "m", domain=RigidTransforms(-0.8, 0.8), names=("shape_q", "geom_pose", "body_q"))
    s.thread("m", "pose", names=("g", "shape", "geom"), counts=("num_shapes", "shape_count"))
    if draw.chance(0.5):
        s.uniform("plane_n", "vec3", UnitVectors(), names=("plane_normal", "up_axis"))
        s.tuning(("plane_d", 0.05, 0.4))
    else:
        s.field("plane_normals", "vec3", "m", domain=UnitVectors(), names=("ground_normal", "plane_dirs"))
        s.field("plane_offsets", "real", "m", low=-0.3, high=0.3, names=("ground_offset", "plane_dist"))
        s.code("plane_n = plane_normals[tid]\nplane_d = plane_offsets[tid]")
    s.code("x = pose[tid]\np = wp.transform_get_translation(x)")
    if shape == "sphere":
        s.field("radius", "real", "m", low=0.2, high=0.7, names=RADII)
        s.code("height = wp.dot(plane_n, p) - plane_d\ndist = height - radius[tid]\nif dist > 0.0:\n    return")
        s.code("point = p - plane_n * (radius[tid] + 0.5 * dist)")
        write_contact(draw, s, dist="dist", normal="plane_n", point="point")
        return s.finish(draw.choice(("sphere_plane", "collide_sphere_plane")), ["m"], sizes(draw, 200))
    if shape == "any":
        return _any_plane(draw, s)
    if shape == "capsule":
        s.field("radius", "real", "m", low=0.1, high=0.4, names=RADII)
        s.field("half_length", "real", "m", low=0.2, high=0.7, names=("half_height", "capsule_half"))
        s.code("axis = wp.transform_vector(x, wp.vec3(0.0, half_length[tid], 0.0))\nr = radius[tid]")
        s.result("dists", "real", "m", 2, names=("contact_dist", "separation"))
        s.result("points", "vec3", "m", 2, names=("contact_pos", "end_points"))
        if draw.chance(0.5):
            s.code(
                "for k in range(2):\n    side = wp.where(k == 0, -1.0, 1.0)\n    end = p + axis * side\n"
                "    dist = wp.dot(plane_n, end) - plane_d - r\n    dists[tid, k] = dist\n"
                "    points[tid, k] = end - plane_n * (r + 0.5 * dist)"
            )
        else:
            s.code(
                "lower = p - axis\nupper = p + axis\nd0 = wp.dot(plane_n, lower) - plane_d - r\nd1 = wp.dot(plane_n, upper) - plane_d - r"
            )
            s.code(
                "dists[tid, 0] = d0\ndists[tid, 1] = d1\npoints[tid, 0] = lower - plane_n * (r + 0.5 * d0)\n"
                "points[tid, 1] = upper - plane_n * (r + 0.5 * d1)"
            )
        if draw.chance(0.5):
            s.result("depth", "real", "m", names=("max_depth", "penetration"))
            s.code(
                "deep = wp.max(wp.max(-(wp.dot(plane_n, p - axis) - plane_d - r), -(wp.dot(plane_n, p + axis) - plane_d - "
                "r)), 0.0)\n"
                "depth[tid] = deep"
            )
        return s.finish(draw.choice(("capsule_plane", "collide_capsule_plane")), ["m"], sizes(draw, 150))
    s.field("half", "vec3", "m", low=0.2, high=0.6, names=("half_extents", "box_size", "geom_size"))
    return _box_plane(draw, s)


def _corner(draw: Draw) -> str:
    """The lines that give corner number k of a box, `corner`, from its half extents `h`."""
    return draw.choice(
        (
            "sx = wp.where((k & 1) == 0, -1.0, 1.0)\nsy = wp.where((k & 2) == 0, -1.0, 1.0)\n"
            "sz = wp.where((k & 4) == 0, -1.0, 1.0)\ncorner = wp.vec3(sx * h[0], sy * h[1], sz * h[2])",
            "cx = h[0]\ncy = h[1]\ncz = h[2]\nif (k & 1) == 0:\n    cx = -cx\nif (k & 2) == 0:\n    cy = -cy\n"
            "if (k & 4) == 0:\n    cz = -cz\ncorner = wp.vec3(cx, cy, cz)",
        )
    )


def _box_plane(draw: Draw, s: Script) -> Case:
    s.code("h = half[tid]")
    form = draw.choice(("corners", "sum", "support"))
    if form == "support":
        s.code("local_n = wp.quat_rotate_inv(wp.transform_get_rotation(x), plane_n)")
        s.code("reach = wp.abs(local_n[0]) * h[0] + wp.abs(local_n[1]) * h[1] + wp.abs(local_n[2]) * h[2]")
        s.code("dist = wp.dot(plane_n, p) - plane_d - reach\nif dist > 0.0:\n    return")
        s.code(
            "deepest = wp.vec3(-h[0] * wp.sign(local_n[0]), -h[1] * wp.sign(local_n[1]), -h[2] * wp.sign(local_n[2]))\n"
            "point = wp.transform_point(x, deepest)"
        )
        write_contact(draw, s, dist="dist", normal="plane_n", point="point")
        return s.finish(draw.choice(("box_plane_support", "box_plane")), ["m"], sizes(draw, 150))
    if form == "sum":
        s.tuning(("ke", 0.5, 3.0))
        s.result("force", "vec3", "m", names=("f_out", "contact_force"))
        s.result("torque", "vec3", "m", names=("t_out", "contact_torque"))
        s.code("f = wp.vec3(0.0, 0.0, 0.0)\nt = wp.vec3(0.0, 0.0, 0.0)")
        body = _corner(draw) + (
            "\nworld = wp.transform_point(x, corner)\ndepth = plane_d - wp.dot(plane_n, world)\nif depth > 0.0:\n"
            "    push = plane_n * (ke * depth)\n    f += push\n    t += wp.cross(world - p, push)"
        )
        s.code("for k in range(8):\n" + indent(body, "    ") + "\nforce[tid] = f\ntorque[tid] = t")
        return s.finish(draw.choice(("box_ground_forces", "box_plane_penalty")), ["m"], sizes(draw, 120))
    s.result("dists", "real", "m", 8, names=("corner_dist", "contact_dist"))
    s.result("points", "vec3", "m", 8, names=("corner_points", "contact_pos"))
    s.result("touching", "int", "m", role="output", names=("corner_count", "contact_count"))
    s.code("count = int(0)")
    body = _corner(draw) + (
        "\nworld = wp.transform_point(x, corner)\ndist = wp.dot(plane_n, world) - plane_d\n"
        "dists[tid, k] = dist\npoints[tid, k] = world - plane_n * (0.5 * dist)\nif dist < 0.0:\n"
        "    count += 1"
    )
    s.code("for k in range(8):\n" + indent(body, "    ") + "\ntouching[tid] = count")
    return s.finish(draw.choice(("box_plane_corners", "box_plane")), ["m"], sizes(draw, 100))


def _any_plane(draw: Draw, s: Script) -> Case:
    """The kind of shape is told by a number: spheres, boxes, capsules, and a default."""
    s.field("kind", "int", "m", domain=Integers(0, 4), names=("shape_type", "geom_type", "shape_kind"))
    s.field("size", "vec3", "m", low=0.15, high=0.6, names=("shape_scale", "geom_size"))
    s.code(
        "h = size[tid]\nk = kind[tid]\ndist = wp.dot(plane_n, p) - plane_d\n"
        "local_n = wp.quat_rotate_inv(wp.transform_get_rotation(x), plane_n)"
    )
    branches = {
        0: "dist = dist - h[0]",
        1: "dist = dist - wp.abs(local_n[0]) * h[0] - wp.abs(local_n[1]) * h[1] - wp.abs(local_n[2]) * h[2]",
        2: "dist = dist - h[0] - wp.abs(local_n[1]) * h[1]",
    }
    if draw.chance(0.5):
        s.code("\n".join(f"if k == {n}:\n    {line}" for n, line in branches.items()))
    else:
        s.code(f"if k == 0:\n    {branches[0]}\nelif k == 1:\n    {branches[1]}\nelif k == 2:\n    {branches[2]}")
    s.tuning(("margin", 0.05, 0.3))
    s.code("if dist > margin:\n    return\npoint = p - plane_n * dist")
    write_contact(draw, s, dist="dist", normal="plane_n", point="point")
    return s.finish(draw.choice(("shape_plane", "ground_contacts", "collide_ground")), ["m"], sizes(draw, 200))
