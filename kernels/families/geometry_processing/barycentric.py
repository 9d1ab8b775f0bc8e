"""Points over triangles: barycentric coordinates and what is made of them (Ericson, Real-Time Collision Detection, 2005)."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import Mesh
from kernels.language.types import I32


def build_barycentric(draw: Draw, draft: Draft) -> Case:
    """Points over triangles: barycentric coordinates in space or the plane, interpolation with them, containment, clamped projection."""
    mesh = Mesh(draft)
    a, b, c = mesh.points
    kind = draw.choice(("coordinates", "interpolate", "inside", "project", "areas"))
    draft.reserve(
        "p",
        "e1",
        "e2",
        "w",
        "d00",
        "d01",
        "d11",
        "d20",
        "d21",
        "det",
        "u",
        "v",
        "s",
        "q",
        "value",
        "normal",
        "f0",
        "f1",
        "f2",
        "inside",
        "total",
    )
    points = draft.array(draft.name("queries", "samples"), draft.vector, "m")
    with mesh.elements():
        draft.load("p", points, mesh.f, -1.0, 1.0, draft.vector)
        if kind == "areas" or draw.chance(0.3):
            vector_formula(draft, f"normal = wp.cross({b} - {a}, {c} - {a})", "det = wp.dot(normal, normal) + 0.05")
            vector_formula(
                draft, f"v = wp.dot(wp.cross(p - {a}, {c} - {a}), normal) / det", f"s = wp.dot(wp.cross({b} - {a}, p - {a}), normal) / det"
            )
        else:
            vector_formula(
                draft,
                f"e1 = {b} - {a}",
                f"e2 = {c} - {a}",
                f"w = p - {a}",
                "d00 = wp.dot(e1, e1)",
                "d01 = wp.dot(e1, e2)",
                "d11 = wp.dot(e2, e2)",
                "d20 = wp.dot(w, e1)",
                "d21 = wp.dot(w, e2)",
            )
            vector_formula(
                draft, "det = d00 * d11 - d01 * d01 + 0.05", "v = (d11 * d20 - d01 * d21) / det", "s = (d00 * d21 - d01 * d20) / det"
            )
        vector_formula(draft, "u = 1.0 - v - s")
        if kind == "project":
            vector_formula(
                draft,
                "u = wp.max(u, 0.0)",
                "v = wp.max(v, 0.0)",
                "s = wp.max(s, 0.0)",
                "total = u + v + s",
                f"q = ({{u}} * {a} + {{v}} * {b} + {{s}} * {c}) / {{total}}",
            )
            mesh.store(draft.name("projected", "snapped"), "q")
            if draw.chance(0.5):
                vector_formula(draft, "w = p - q", "value = wp.dot(w, w)")
                mesh.finish(draft.known("value", draft.real, 0.0, 12.0), ("distance_sq", "gap_sq"))
        elif kind == "interpolate":
            vector = draw.chance(0.4)
            field = draft.array(draft.name("attribute", "vertex_colors"), draft.vector if vector else draft.real, "n")
            mesh.load(field, ("f0", "f1", "f2"))
            if vector:
                vector_formula(draft, "q = {u} * f0 + {v} * f1 + {s} * f2")
                mesh.store("interpolated", "q")
            else:
                vector_formula(draft, "value = u * f0 + v * f1 + s * f2")
                mesh.finish(draft.known("value", draft.real, -9.0, 9.0), ("interpolated", "value_out"))
        elif kind == "inside":
            zero = draft.number(0.0)
            draft.line(f"inside = wp.where(u > {zero} and v > {zero} and s > {zero}, 1, 0)")
            draft.numpy("inside = ((u > 0.0) & (v > 0.0) & (s > 0.0)).astype(np.int32)")
            draft.output("inside_out", I32, "m")
            draft.line(f"inside_out[{mesh.f}] = inside")
            draft.numpy("inside_out = inside")
            vector_formula(draft, "value = wp.min(u, wp.min(v, s))")
            mesh.finish(draft.known("value", draft.real, -9.0, 0.4), ("margin", "smallest_weight"))
        else:
            out = draft.output(draft.name("weights", "bary"), draft.real, "m", 3)
            draft.line(*(f"{out}[{mesh.f}, {k}] = {name}" for k, name in enumerate("uvs")))
            draft.numpy(f"{out} = np.stack((u, v, s), axis=1)")
            if draw.chance(0.4):
                vector_formula(draft, "value = u * u + v * v + s * s")
                mesh.finish(draft.known("value", draft.real, 0.3, 90.0), ("spread", "weight_sq"))
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"barycentric_{kind}", f"triangle_{kind}", f"{kind}_on_triangles")), mesh.dim, mesh.sizes())
