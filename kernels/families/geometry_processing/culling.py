"""Culling by the planes of a view, and levels of detail (Gribb and Hartmann 2001)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import finish_measure
from kernels.language.types import I32


def build_culling(draw: Draw, draft: Draft) -> Case:
    """Spheres, boxes and points against the planes of a view: all must be inside, the margin kept, cells of detail by distance."""
    kind = draw.choice(("spheres", "boxes", "points", "detail"))
    i = draw.choice(("i", "tid", "obj"))
    planes = draw.choice((4, 5, 6))
    draft.reserve(
        i,
        "k",
        "c",
        "r",
        "inside",
        "margin",
        "d",
        "normal",
        "reach",
        "level",
        "dist",
        "n",
        "half",
        "lower",
        "upper",
        "ratio",
        "size",
        "value",
    )
    centers = draft.array(draft.name("centers", "bounds_center"), draft.vector, "n", low=-1.5, high=1.5)
    with draft.threads((i, "n", centers, 0)):
        draft.load("c", centers, i, -1.5, 1.5, draft.vector)
        if kind == "detail":
            draft.value("eye", draft.vector, Uniform(-2.0, 2.0))
            radii = draft.array(draft.name("radii", "sizes"), draft.real, "n", low=0.1, high=0.8)
            draft.load("r", radii, i, 0.1, 0.8)
            vector_formula(draft, "dist = wp.length(c - eye) + 0.1", "ratio = r / dist")
            bounds = [draft.knob(draft.name(f"near_{k}", f"cut_{k}"), low, low + 0.1) for k, low in enumerate((0.35, 0.2, 0.08))]
            draft.line("level = int(3)")
            for k, bound in reversed(list(enumerate(bounds))):
                with draft.block(f"if ratio > {bound.warp()}:"):
                    draft.line(f"level = {k}")
            draft.numpy(
                "level = np.full(ratio.shape, 3)",
                *(f"level = np.where(ratio > {bound.numpy()}, {k}, level)" for k, bound in reversed(list(enumerate(bounds)))),
            )
            draft.output("levels", I32, "n")
            draft.line(f"levels[{i}] = level")
            draft.numpy("levels = level.astype(np.int32)")
            finish_measure(draft, draft.known("ratio", draft.real, 0.02, 9.0), ("screen_size", "importance"), i, ("n",), share=0.7)
        else:
            normals = draft.array(draft.name("plane_normals", "normals"), draft.vector, planes, domain=UnitVectors())
            offsets = draft.array(draft.name("plane_offsets", "offsets"), draft.real, planes, low=0.2, high=1.5)
            if kind == "spheres":
                radii = draft.array(draft.name("radii", "bounds_radius"), draft.real, "n", low=0.1, high=0.8)
                draft.load("r", radii, i, 0.1, 0.8)
            elif kind == "boxes":
                draft.array("half_sizes", draft.vector, "n", low=0.1, high=0.6)
                draft.load("half", "half_sizes", i, 0.1, 0.6, draft.vector)
            draft.line("inside = int(1)", f"margin = {draft.real.spelling}(1000.0)")
            zero = draft.number(0.0)
            with draft.block(f"for k in range({planes}):"):
                draft.line(f"normal = {normals}[k]", f"d = wp.dot(normal, c) + {offsets}[k]")
                if kind == "spheres":
                    draft.line("d = d + r")
                elif kind == "boxes":
                    draft.line(
                        "reach = wp.abs(normal[0]) * half[0] + wp.abs(normal[1]) * half[1] + wp.abs(normal[2]) * half[2]", "d = d + reach"
                    )
                draft.line("margin = wp.min(margin, d)")
                with draft.block(f"if d < {zero}:"):
                    draft.line("inside = 0")
            reach = {"spheres": " + r[:, None]", "boxes": f" + half @ np.abs({normals}).T", "points": ""}[kind]
            draft.numpy(
                f"d = c @ {normals}.T + {offsets}{reach}", "margin, inside = np.min(d, axis=1), np.all(d >= 0.0, axis=1).astype(np.int32)"
            )
            if draw.chance(0.6):
                draft.store(draft.output("visible", I32, "n"), i, "inside")
            else:
                count = draft.output("visible_count", I32, 1, role="accumulate")
                draft.line(f"wp.atomic_add({count}, 0, inside)")
                draft.numpy(f"{count} = np.sum(inside).astype(np.int32).reshape(1)")
            finish_measure(draft, draft.known("margin", draft.real, -3.0, 4.0), ("margins", "clearance"), i, ("n",), share=0.6)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"cull_{kind}", f"frustum_{kind}", f"view_{kind}")), ["n"], [{"n": n} for n in draw.sizes(150)])
