"""Points against planes, spheres and lines, and cells of points: scores, residuals, moments (Fischler and Bolles 1981)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Corners, Integers, Uniform, UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import finish_measure
from kernels.language.types import I32


def build_planes(draw: Draw, draft: Draft) -> Case:
    """Points against planes, spheres and lines: scores of candidates, residuals, moments of a region, voxels and their means by atomics."""
    kind = draw.choice(("ransac", "triplets", "sphere", "region", "voxel", "line"))
    i = draw.choice(("i", "tid", "p"))
    draft.reserve(
        i,
        "c",
        "x",
        "normal",
        "offset",
        "r",
        "inside",
        "weight",
        "a",
        "b",
        "size",
        "value",
        "n",
        "label",
        "cell",
        "ix",
        "iy",
        "iz",
        "center",
        "d",
        "along",
        "e1",
        "e2",
        "kk",
    )
    if kind == "triplets":
        points = draft.array("points", draft.vector, "n")
        picks = draft.array(draft.name("samples", "triplets"), I32, "m", 3, domain=lambda s: Corners(s["n"], 3))
        draft.line("c = wp.tid()", *(f"x{k} = {points}[{picks}[c, {k}]]" for k in range(3)))
        draft.numpy(*(f"x{k} = {points}[{picks}[:, {k}]]" for k in range(3)))
        vector_formula(
            draft,
            "e1 = x1 - x0",
            "e2 = x2 - x0",
            "normal = wp.cross(e1, e2)",
            "size = wp.length(normal) + 0.02",
            "normal = normal / {size}",
            "offset = -wp.dot(normal, x0)",
        )
        draft.store(draft.output("plane_normals", draft.vector, "m"), "c", "normal")
        finish_measure(draft, draft.known("offset", draft.real, -2.0, 2.0), ("plane_offsets", "offsets_out"), "c", ("m",), share=0.4)
        drop_idle_locals(draft)
        return draft.case(
            draw.choice(("planes_from_triplets", "plane_hypotheses")), ["m"], [{"m": n, "n": n // 2 + 4} for n in draw.sizes(100)]
        )
    if kind == "ransac":
        points = draft.array("points", draft.vector, "n")
        normals, offsets = (
            draft.array("plane_normals", draft.vector, "m", domain=UnitVectors()),
            draft.array("plane_offsets", draft.real, "m", low=-0.5, high=0.5),
        )
        draft.line(f"{i}, c = wp.tid()", f"r = wp.dot({normals}[c], {points}[{i}]) + {offsets}[c]")
        draft.numpy(f"r = {points} @ {normals}.T + {offsets}")
        bound = draft.knob(draft.name("threshold", "tolerance"), 0.2, 0.6)
        count = draft.output(draft.name("inliers", "votes"), I32, "m", role="accumulate")
        score = draft.output(draft.name("scores", "cost"), draft.real, "m", role="accumulate")
        soft = draw.choice(("truncated", "smooth", "absolute"))
        with draft.block(f"if wp.abs(r) < {bound.warp()}:"):
            draft.line(f"wp.atomic_add({count}, c, 1)")
            if soft == "truncated":
                draft.line(f"wp.atomic_add({score}, c, r * r)")
            elif soft == "absolute":
                draft.line(f"wp.atomic_add({score}, c, wp.abs(r))")
        if soft == "smooth":
            draft.line(draft.warp(f"wp.atomic_add({score}, c, wp.exp(-4.0 * r * r))"))
        draft.numpy(f"inside = np.abs(r) < {bound.numpy()}", f"{count} = np.sum(inside, axis=0).astype(np.int32)")
        draft.numpy(
            {
                "truncated": f"{score} = np.sum(np.where(inside, r * r, 0.0), axis=0)",
                "absolute": f"{score} = np.sum(np.where(inside, np.abs(r), 0.0), axis=0)",
                "smooth": f"{score} = np.sum(np.exp(-4.0 * r * r), axis=0)",
            }[soft]
        )
        sizes = [{"n": n, "m": m} for n, m in ((1, 1), (11, 3), (draw.integer(23, 37), draw.choice((5, 7))))]
        return draft.case(draw.choice(("score_planes", f"ransac_{soft}", "vote_planes")), ["n", "m"], sizes)
    points = draft.array(draft.name("points", "cloud"), draft.vector, "n")
    with draft.threads((i, "n", points, 0)):
        draft.load("x", points, i, -1.0, 1.0, draft.vector)
        if kind in ("sphere", "line"):
            draft.value("center", draft.vector, Uniform(-0.5, 0.5))
            vector_formula(draft, "d = x - center")
            if kind == "sphere":
                radius = draft.knob("radius", 0.5, 1.2).numpy()
                vector_formula(draft, f"r = wp.sqrt(wp.dot(d, d) + 0.01) - {radius}")
            else:
                draft.value("axis", draft.vector, UnitVectors())
                vector_formula(draft, "along = wp.dot(d, axis)", "e1 = d - {along} * axis", "r = wp.sqrt(wp.dot(e1, e1) + 0.01)")
            if draw.chance(0.5):
                gradient = draft.output(draft.name("gradient", "center_pull"), draft.vector, 1, role="accumulate")
                draft.line(f"wp.atomic_add({gradient}, 0, r * d)")
                draft.numpy(f"{gradient} = np.sum(r[:, None] * d, axis=0, keepdims=True)")
            finish_measure(draft, draft.known("r", draft.real, -1.2, 3.0), ("residuals", "r_out"), i, ("n",), share=0.6, total=0.4)
        else:
            if kind == "region":
                labels = draft.array(draft.name("labels", "segment"), I32, "n", domain=lambda s: Integers(0, s["cells"]))
                draft.load("cell", labels, i, 0, 0)
            else:
                side = draw.choice((2, 3, 4))
                scale = draft.number(side / 2.0)
                for axis, name in enumerate(("ix", "iy", "iz")):
                    draft.line(f"{name} = wp.clamp(int(wp.floor((x[{axis}] + {draft.number(1.0)}) * {scale})), 0, {side - 1})")
                    draft.numpy(f"{name} = np.clip(np.floor((x[:, {axis}] + 1.0) * {side / 2.0}).astype(np.int64), 0, {side - 1})")
                draft.both(f"cell = (ix * {side} + iy) * {side} + iz")
            cells: str | int = "cells" if kind == "region" else side**3
            weights = draft.array(draft.name("weights", "confidence"), draft.real, "n", low=0.2) if draw.chance(0.5) else ""
            factor = f"{weights}[{i}] * " if weights else ""
            total = draft.output(draft.name("sums", "cell_sum"), draft.vector, cells, role="accumulate")
            draft.line(f"wp.atomic_add({total}, cell, {factor}x)")
            draft.numpy(f"{total} = np.zeros_like({total})", f"np.add.at({total}, cell, {f'{weights}[:, None] * ' if weights else ''}x)")
            if draw.chance(0.6):
                count = draft.output("members", I32, cells, role="accumulate")
                draft.line(f"wp.atomic_add({count}, cell, 1)")
                draft.numpy(f"{count} = np.bincount(cell, minlength=len({count})).astype(np.int32)")
            if draw.chance(0.5):
                moments = draft.output("moments", draft.matrix, cells, role="accumulate")
                draft.line(f"wp.atomic_add({moments}, cell, {factor}wp.outer(x, x))")
                draft.numpy(
                    f"{moments} = np.zeros_like({moments})",
                    f"np.add.at({moments}, cell, {f'{weights}[:, None, None] * ' if weights else ''}x[:, :, None] * x[:, None, :])",
                )
            if kind == "voxel" and draw.chance(0.5):
                draft.output("cell_of", I32, "n")
                draft.line(f"cell_of[{i}] = cell")
                draft.numpy("cell_of = cell.astype(np.int32)")
    drop_idle_locals(draft)
    return draft.case(
        draw.choice((f"cloud_{kind}", f"{kind}_moments", f"accumulate_{kind}")),
        ["n"],
        [{"n": n, "cells": n // 5 + 1} for n in draw.sizes(120)],
    )
