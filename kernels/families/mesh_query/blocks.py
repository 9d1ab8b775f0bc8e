"""Boxes that a whole block searches a mesh with: every thread takes faces from the batch and tells what it finds by atomics."""

from __future__ import annotations

from dataclasses import replace

from kernels.case import Case
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.faces import Faces, face_corners, face_motion
from kernels.families.mesh_query.search import Mesh, mesh_sizes

_KINDS = ("count", "marks", "flag", "normal", "near", "area", "moment", "weight", "drift", "closest")


def build_tiled(s: QueryScript) -> Case:
    """Counts, marks on the faces, and sums and extremes of normals, areas, weights, distances and motion over the faces in a box."""
    draw = s.draw
    kinds = draw.subset(_KINDS, draw.weighted((1, 2, 3), (2, 3, 2)))
    mesh = Mesh(s, moving="drift" in kinds)
    faces = Faces(s, mesh, tiled=True)
    faces.declare()
    with faces.near() as pairs:
        if {"area", "moment", "closest"} & {*kinds}:
            face_corners(s, mesh)
        if {"moment", "closest"} & {*kinds}:
            s.code("center = (a + b + c) / 3.0")
        # What asks a condition comes last: the others hold for every face.
        for kind in sorted(kinds, key=lambda k: k == "near"):
            _told(s, mesh, pairs, kind)
    case = s.finish(draw.choice(("tile_faces", "block_mesh_query", "cooperative_faces")), ["n"], mesh_sizes(mesh, s))
    return replace(case, block_dim=draw.choice((32, 64, 128)))


def _told(s: QueryScript, mesh: Mesh, pairs: Pairs, kind: str) -> None:
    """What a thread that holds face `f` adds to the results."""
    draw = s.draw
    if kind == "count":
        s.result("count_out", "int", "n", role="accumulate", names=("face_counts", "hits_of"))
        s.code("wp.atomic_add(count_out, i, 1)")
    elif kind == "marks":
        s.result("marks", "int", "faces", role="accumulate", names=("face_hits", "times_seen"))
        s.code(draw.choice(("wp.atomic_add(marks, f, 1)", "wp.atomic_add(marks, f, i + 1)", "wp.atomic_max(marks, f, i + 1)")))
    elif kind == "flag":
        s.result("flag_out", "int", "n", role="accumulate", names=("touching", "has_face", "largest_face"))
        s.code(draw.choice(("wp.atomic_max(flag_out, i, 1)", "wp.atomic_max(flag_out, i, f + 1)")))
    elif kind == "normal":
        mesh.builtin("mesh_eval_face_normal")
        _summed(s, "normal_out", "vec3", "wp.mesh_eval_face_normal(mesh, f)", ("normal_sum", "mean_normal"))
    elif kind == "area":
        area = draw.choice(("0.5 * wp.length(wp.cross(b - a, c - a))", "wp.length(wp.cross(c - a, b - a)) * 0.5"))
        _summed(s, "area_out", "real", area, ("area_sum", "covered"))
    elif kind == "moment":
        _summed(s, "moment_out", "vec3", draw.choice(("center", "center - p", "0.5 * center")), ("center_sum", "offset_sum"))
    elif kind == "weight":
        s.field("weight", "real", "faces", low=0.1, high=1.0, names=("face_weight", "density", "thickness"))
        _summed(s, "weight_out", "real", draw.choice(("weight[f]", "weight[f] * weight[f]", "0.5 * weight[f]")), ("weight_sum", "load"))
    elif kind == "drift":
        s.code(f"flow = {face_motion(s, mesh)}")
        _summed(s, "drift_out", "vec3", draw.choice(("flow", "flow / 3.0", "0.5 * flow")), ("flow_sum", "mean_motion"))
    elif kind == "closest":
        s.result("proximity", "real", "n", role="accumulate", differentiable=False, names=("nearness", "influence"))
        gap = draw.choice(("wp.length(center - p)", "wp.length_sq(p - center)"))
        s.code(draw.choice((f"wp.atomic_max(proximity, i, 1.0 / (0.1 + {gap}))", f"wp.atomic_max(proximity, i, wp.exp(-{gap}))")))
    else:
        mesh.builtin("mesh_eval_position")
        s.code("middle = wp.mesh_eval_position(mesh, f, 0.333, 0.333)")
        pairs.only("wp.length(middle - p) < 0.7")
        _summed(s, "spread", "real", "wp.length(middle - p)", ("distance_sum", "distance_total"))


def _summed(s: QueryScript, name: str, type: str, amount: str, names: tuple[str, ...]) -> None:
    """Adds an amount of every face to the box's own result."""
    s.result(name, type, "n", role="accumulate", differentiable=False, names=names)
    s.code(f"wp.atomic_add({name}, i, {amount})")
