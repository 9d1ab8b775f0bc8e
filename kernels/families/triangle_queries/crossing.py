"""Whether things meet: triangles and triangles, a surface and itself, boxes and triangles, segments and triangles."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Integers, RigidTransforms, Uniform
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.families.triangle_queries.answers import CROSSING, NEEDS_WEIGHTS, PIERCED
from kernels.families.triangle_queries.functions import add_box, add_crossing
from kernels.families.triangle_queries.soups import Pairing, Triangles, sizes_of

_CORNERS = ("v0", "v1", "v2")
_OTHERS = ("u0", "u1", "u2")
_TEST = "wp.intersect_tri_tri(v0, v1, v2, u0, u1, u2)"


def _test(s: QueryScript) -> None:
    s.answer("intersect_tri_tri", [CROSSING[0].replace("crossing", "intersect_tri_tri"), *CROSSING[1:]], ("int",), needs=_NEEDS)


_NEEDS = (*NEEDS_WEIGHTS, ("pierced", PIERCED))


def _placed(s: QueryScript) -> None:
    """Sometimes moves the other triangle: by an offset, or by a body's transform."""
    how = s.draw.weighted(("as it is", "offset", "transform"), (3, 2, 2))
    if how == "offset":
        s.uniform("offset", "vec3", Uniform(-0.4, 0.4), names=("shift", "translation", "displacement"))
        s.code("\n".join(f"{u} = {u} + offset" for u in _OTHERS))
    elif how == "transform":
        s.uniform("pose", "transform", RigidTransforms(-0.3, 0.3), names=("xform", "b_to_a", "body_q"))
        s.code("\n".join(f"{u} = wp.transform_point(pose, {u})" for u in _OTHERS))


def _boxes_apart(s: QueryScript) -> None:
    """Returns early where the triangles' boxes are apart."""
    for side, corners in (("a", _CORNERS), ("b", _OTHERS)):
        x, y, z = corners
        s.code(f"low_{side} = wp.min({x}, wp.min({y}, {z}))\nhigh_{side} = wp.max({x}, wp.max({y}, {z}))")
    form = s.draw.choice(("axes", "gap"))
    if form == "axes":
        s.skip(" or ".join(f"low_{one}[{k}] > high_{other}[{k}]" for k in range(3) for one, other in ("ab", "ba")))
    else:
        s.code("gap = wp.max(low_a - high_b, low_b - high_a)")
        s.skip("wp.max(gap[0], wp.max(gap[1], gap[2])) > 0.0")


def build_meeting(s: QueryScript) -> Case:
    """Pairs of triangles that meet: flags, counts by triangle, totals, what they do to each other."""
    draw = s.draw
    a, b = (Triangles(s, letter, apart=draw.chance(0.3)) for letter in "ab")
    pairing = Pairing(s, a.faces, b.faces)
    a.declare(names=("verts", "points_a", "vertices"))
    b.declare(names=("other_verts", "points_b", "collider"))
    pairing.start()
    a.load("i", _CORNERS)
    b.load("j", _OTHERS)
    _placed(s)
    early = draw.chance(0.35)
    if early:
        _boxes_apart(s)
    _test(s)
    s.code(f"hit = {_TEST}")
    kinds = draw.subset(("flag", "by_a", "by_b", "total", "push", "area"), draw.weighted((1, 2, 3), (3, 4, 2)))
    for kind in kinds:
        _met(s, kind, pairing, a, b)
    return s.finish(
        draw.choice(("intersect_triangles", "collide_meshes", "triangle_pairs", "find_intersections", "narrow_phase")),
        pairing.extents,
        sizes_of(pairing, a, b),
        doc=draw.choice(("", "", "One thread per candidate pair of triangles.")),
    )


def _met(s: QueryScript, kind: str, pairing: Pairing, a: Triangles, b: Triangles) -> None:
    draw, at = s.draw, pairing.at
    if kind == "flag":
        s.result("hits", "int", *pairing.extents, names=("intersects", "overlap", "results"))
        s.code(
            draw.choice(
                (f"hits[{at}] = hit", f"if hit != 0:\n    hits[{at}] = 1\nelse:\n    hits[{at}] = 0", f"hits[{at}] = hit * (i + 1)")
            )
        )
    elif kind in ("by_a", "by_b"):
        index, size = ("i", a.faces) if kind == "by_a" else ("j", b.faces)
        s.result(kind, "int", size, role="accumulate", names=(f"count_{kind[-1]}", f"face_hits_{kind[-1]}"))
        s.code(
            draw.choice(
                (
                    f"wp.atomic_add({kind}, {index}, hit)",
                    f"if hit == 1:\n    wp.atomic_add({kind}, {index}, 1)",
                    f"wp.atomic_max({kind}, {index}, hit)",
                )
            )
        )
    elif kind == "total":
        s.result("total", "int", "one", role="accumulate", names=("num_hits", "pair_total", "contact_count"))
        s.code("wp.atomic_add(total, 0, hit)" if draw.chance(0.5) else "if hit != 0:\n    wp.atomic_add(total, 0, 1)")
    elif kind == "push":
        s.tuning(("stiffness", 0.5, 3.0))
        s.result("force_a", "vec3", a.faces, role="accumulate", names=("push_a", "face_force"))
        body = [
            "d = (v0 + v1 + v2) - (u0 + u1 + u2)",
            draw.choice(("f = d * (stiffness / 3.0)", "f = d * (stiffness / (0.1 + wp.length(d)))")),
        ]
        body.append("wp.atomic_add(force_a, i, f)")
        if draw.chance(0.5):
            s.result("force_b", "vec3", b.faces, role="accumulate", names=("push_b", "other_force"))
            body.append("wp.atomic_sub(force_b, j, f)")
        s.code("if hit == 1:\n" + indent("\n".join(body), "    "))
    else:
        s.result("area_out", "real", *pairing.extents, names=("hit_area", "overlap_weight"))
        s.code("area = 0.5 * wp.length(wp.cross(v1 - v0, v2 - v0))")
        value = draw.choice(("area", "0.5 * area", "wp.sqrt(area)"))
        s.code(f"if hit != 0:\n    area_out[{at}] = {value}\nelse:\n    area_out[{at}] = 0.0")


def build_self_meeting(s: QueryScript) -> Case:
    """Triangles that loop over others: of another surface, or of their own, which pass over their neighbours."""
    draw = s.draw
    own = draw.chance(0.5)
    a = Triangles(s, "a", ("torus", "sphere") if own else ("sphere", "torus", "box", "sheet"))
    b = a if own else Triangles(s, "b")
    # A surface meets itself where its points are far from where they belong.
    a.declare(names=("verts", "points", "vertices", "particle_q"), jitter=0.5 if own else 0.06)
    if not own:
        b.declare(names=("other_verts", "points_b", "collider"))
    s.field("marked", "int", a.faces, domain=Integers(0, 3), names=("material", "face_group", "enabled"))
    s.thread(a.faces, "marked", index="i", names=("tid", "face"), counts=("num_faces", "face_count"))
    if draw.chance(0.3):
        s.skip("marked[i] == 0")
    a.load("i", _CORNERS)
    _test(s)
    s.number_of("count_b", b.faces)
    s.alias("count_b", "num_others", "other_count")
    kinds = draw.choice((("found",), ("found", "met"), ("area",), ("found", "area"), ("met", "area"), ("pushed",)))
    for kind in kinds:
        if kind != "met":
            s.start(**{kind: {"found": "int(0)", "area": "float(0.0)", "pushed": "wp.vec3()"}[kind]})
    # Pairs of a surface's own triangles are met once or twice.
    later = own and draw.chance(0.5)
    with s.each(["for j in range(count_b):"], "j", ["row, j = np.nonzero(np.ones((dim[0], count_b), bool))"], "count_b") as pairs:
        *numbers, first, second, third = b.lines("j", _OTHERS)
        if later:
            pairs.only("j > i", "j <= i")
        s.code("\n".join(numbers))
        if own:
            _no_neighbours(s, pairs)
        s.code(f"{first}\n{second}\n{third}")
        s.code(f"hit = {_TEST}")
        pairs.only(*draw.choice((("hit == 1", "hit == 0"), ("hit != 0", "hit == 0"))))
        for kind in kinds:
            if kind == "found":
                pairs.count("found")
            elif kind == "area":
                pairs.add("area", "real", "0.5 * wp.length(wp.cross(u1 - u0, u2 - u0))")
            elif kind == "pushed":
                s.tuning(("stiffness", 0.5, 3.0))
                pairs.add("pushed", "vec3", "((v0 + v1 + v2) - (u0 + u1 + u2)) * (stiffness / 3.0)")
            else:
                s.result("met_out", "int", b.faces, role="accumulate", names=("other_hits", "touched"))
                s.code(draw.choice(("wp.atomic_add(met_out, j, 1)", "wp.atomic_max(met_out, j, marked[i] + 1)")))
    for kind in kinds:
        if kind == "found":
            s.result("found_out", "int", a.faces, names=("crossings", "intersections", "num_hits"))
            s.code(draw.choice(("found_out[i] = found", "found_out[i] = wp.min(found, 9)", "found_out[i] = found * (marked[i] + 1)")))
            if draw.chance(0.4):
                s.result("worst", "int", "one", role="accumulate", names=("max_hits", "most"))
                s.code("wp.atomic_max(worst, 0, found)")
        elif kind != "met":
            s.result(f"{kind}_out", "real" if kind == "area" else "vec3", a.faces, names=(f"{kind}_sum", "crossing_weight"))
            s.code(draw.choice((f"{kind}_out[i] = {kind}", f"{kind}_out[i] = {kind} * 0.5")))
    sizes = sizes_of(None, a) if own else sizes_of(None, a, b)
    return s.finish(draw.choice(("self_intersections", "count_crossings", "untangle_check", "mesh_intersections")), [a.faces], sizes)


def _no_neighbours(s: QueryScript, pairs: Pairs) -> None:
    """Passes over triangles that share a corner."""
    if s.draw.chance(0.5):
        pairs.only(" and ".join(f"i{u} != i{v}" for u in _OTHERS for v in _CORNERS))
        return
    shared = " or ".join(f"a[{k}] == b[{n}]" for k in range(3) for n in range(3))
    name = s.define("share_corner", "a: vec3i, b: vec3i", f"return {shared}", "bool")
    call = f"{name}(wp.vec3i(iv0, iv1, iv2), wp.vec3i(iu0, iu1, iu2))"
    pairs.only(f"not {call}", call)


def build_voxels(s: QueryScript) -> Case:
    """Boxes that triangles meet: the cells of a grid, or given boxes in pairs with triangles."""
    draw = s.draw
    a = Triangles(s, "a", apart=draw.chance(0.25))
    if draw.chance(0.5):
        pairing = Pairing(s, "m", a.faces)
        s.field("centers", "vec3", "m", low=-1.0, high=1.0, differentiable=False, names=("cell_centers", "box_pos"))
        a.declare(names=("verts", "points", "vertices"), differentiable=False)
        pairing.start()
        a.load("j", _CORNERS)
        half = _half(s, "m")
        name = add_box(s)
        s.code(f"hit = {name}(centers[i], {half}, v0, v1, v2)")
        s.result("hits", "int", *pairing.extents, names=("overlap", "inside_out"))
        s.code(f"hits[{pairing.at}] = hit")
        if draw.chance(0.6):
            s.result("load", "int", "m", role="accumulate", names=("cell_count", "faces_in_box"))
            s.code("wp.atomic_add(load, i, hit)")
        return s.finish(
            draw.choice(("bin_triangles", "box_overlaps", "cell_triangles")), pairing.extents, sizes_of(pairing, a, m=(1, 5, 9))
        )
    a.declare(names=("verts", "points", "vertices"), differentiable=False)
    axes = ("ix", "iy", "iz")
    sides = ("nx", "ny", "nz")
    s.grid(*((index, f"size_{index[1]}", side) for index, side in zip(axes, sides, strict=True)))
    s.uniform("origin", "vec3", Uniform(-1.1, -0.9), names=("grid_lower", "lower"))
    half = _half(s, "one", cell=True)
    s.code(f"half = {half}\ncenter = origin + wp.cw_mul(wp.vec3(float(ix) + 0.5, float(iy) + 0.5, float(iz) + 0.5), half * 2.0)")
    name = add_box(s)
    s.number_of("num_faces", a.faces)
    first = draw.chance(0.3)
    body = [*a.lines("f", _CORNERS), f"hit = {name}(center, half, v0, v1, v2)"]
    body += ["if hit != 0 and nearest < 0:", "    nearest = f"] if first else ["found += hit"]
    s.code(f"{'nearest = int(-1)' if first else 'found = int(0)'}\nfor f in range(num_faces):\n" + indent("\n".join(body), "    "))
    s.result("voxels", "int", *sides, names=("occupancy", "voxel_faces", "cells"))
    value = "nearest" if first else draw.choice(("found", "wp.min(found, 1)", "found * 2"))
    s.code(f"voxels[ix, iy, iz] = {value}")
    return s.finish(
        draw.choice(("voxelize", "rasterize_cells", "occupancy_grid")), sides, sizes_of(None, a, nx=(1, 3, 5), ny=(2, 4, 4), nz=(1, 2, 5))
    )


def _half(s: QueryScript, size: str, *, cell: bool = False) -> str:
    """The text of a box's half extents."""
    draw = s.draw
    form = draw.choice(("number", "vector") if cell else ("number", "vector", "array"))
    if form == "number":
        s.tuning(("extent", 0.15, 0.4))
        return "wp.vec3(extent, extent, extent)"
    if form == "vector":
        s.uniform("half_extents", "vec3", Uniform(0.15, 0.45), names=("half_size", "cell_half"))
        return "half_extents"
    s.field("half_sizes", "vec3", size, low=0.15, high=0.5, differentiable=False, names=("box_half", "extents"))
    return "half_sizes[i]"


def build_segments(s: QueryScript) -> Case:
    """Segments that cross triangles: lines of sight, moving points, counts of crossings."""
    draw = s.draw
    a = Triangles(s, "a", apart=draw.chance(0.25))
    pairing = Pairing(s, "m", a.faces)
    moving = draw.chance(0.4)
    s.field("starts", "vec3", "m", low=-1.3, high=1.3, differentiable=False, names=("eyes", "previous_q", "x0"))
    s.field("ends", "vec3", "m", low=-1.3, high=1.3, differentiable=False, names=("targets", "velocity", "x1"))
    a.declare(names=("verts", "points", "occluder"), differentiable=False)
    loops = draw.chance(0.45)
    if loops:
        s.thread("m", "starts", index="i", names=("tid", "segment"), counts=("num_segments",))
    else:
        pairing.start()
    if moving:
        s.tuning(("dt", 0.5, 1.2))
    s.code("p = starts[i]\nq = p + ends[i] * dt" if moving else "p = starts[i]\nq = ends[i]")
    name = add_crossing(s)
    if loops:
        s.number_of("num_faces", a.faces)
        kind = draw.choice(("count", "any", "last"))
        start = {"count": "found = int(0)", "any": "found = int(0)", "last": "found = int(-1)"}[kind]
        tail = {"count": ["found += hit"], "any": ["found = wp.max(found, hit)"], "last": ["if hit == 1:", "    found = f"]}[kind]
        body = [*a.lines("f", _CORNERS), f"hit = {name}(p, q, v0, v1, v2)", *tail]
        s.code(f"{start}\nfor f in range(num_faces):\n" + indent("\n".join(body), "    "))
        s.result("found_out", "int", "m", names=("crossings", "blocked", "hit_face"))
        s.code(draw.choice(("found_out[i] = found", "found_out[i] = found % 2", "found_out[i] = found + 1")))
        if draw.chance(0.4):
            s.result("sum_out", "int", "one", role="accumulate", names=("total", "num_blocked"))
            s.code("wp.atomic_add(sum_out, 0, found)")
        return s.finish(draw.choice(("count_crossings", "line_of_sight", "swept_points")), ["m"], sizes_of(None, a, m=(1, 11, 70)))
    a.load("j", _CORNERS)
    s.code(f"hit = {name}(p, q, v0, v1, v2)")
    kinds = draw.subset(("flag", "count", "face"), draw.integer(1, 3))
    if "flag" in kinds:
        s.result("hits", "int", *pairing.extents, names=("crosses", "blocked"))
        s.code(draw.choice((f"hits[{pairing.at}] = hit", f"hits[{pairing.at}] = 1 - hit")))
    if "count" in kinds:
        s.result("count", "int", "m", role="accumulate", names=("num_crossings", "hit_count"))
        s.code(draw.choice(("wp.atomic_add(count, i, hit)", "if hit == 1:\n    wp.atomic_add(count, i, 1)")))
    if "face" in kinds:
        s.result("last_face", "int", "m", role="accumulate", names=("hit_face", "face_id"))
        s.code("if hit == 1:\n    wp.atomic_max(last_face, i, j + 1)")
    return s.finish(draw.choice(("segment_hits", "occlusion_pairs", "crossing_pairs")), pairing.extents, sizes_of(pairing, a, m=(1, 5, 9)))
