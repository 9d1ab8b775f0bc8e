"""From every point of a cloud to another cloud: nearest, soft, second nearest, counts, Hausdorff distances."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import finish_measure
from kernels.language.types import I32


def build_distance(draw: Draw, draft: Draft) -> Case:
    """From every point of a cloud to another cloud of a few points: nearest, soft nearest, k-th nearest, counts within a radius, sums."""
    m = draw.choice((4, 6, 8, 12, 16))
    kind = draw.choice(("nearest", "nearest", "soft", "second", "within", "plane", "kernel"))
    i = draw.choice(("i", "tid", "q"))
    draft.reserve(
        i, "j", "x", "d", "dist_sq", "best", "which", "second", "total", "value", "n", "w", "count", "share", "near", "normal", "costs"
    )
    points = draft.array(draft.name("points", "queries"), draft.vector, "n")
    other = draft.array(draft.name("others", "reference_cloud"), draft.vector, m)
    with draft.threads((i, "n", points, 0)):
        draft.load("x", points, i, -1.0, 1.0, draft.vector)
        draft.numpy(f"near = {other} - x[:, None]", "costs = np.sum(near * near, axis=-1)")
        big = f"{draft.real.spelling}(1.0e6)"
        if kind in ("nearest", "second", "plane"):
            draft.line(f"best = {big}", "which = int(0)", *([f"second = {big}"] if kind == "second" else []))
        else:
            draft.line(
                f"total = {draft.zero()}", *(["count = int(0)"] if kind == "within" else [f"w = {draft.zero()}"] if kind == "soft" else [])
            )
        radius = draft.knob(draft.name("radius", "reach"), 0.6, 1.4).numpy() if kind in ("within", "soft", "kernel") else ""
        r_text = radius if radius and radius[0].isalpha() else draft.warp(radius) if radius else ""
        with draft.block(f"for j in range({m}):"):
            draft.line(f"d = {other}[j] - x", "dist_sq = wp.dot(d, d)")
            if kind in ("nearest", "second", "plane"):
                with draft.block("if dist_sq < best:"):
                    draft.line(*(["second = best"] if kind == "second" else []), "best = dist_sq", "which = j")
                if kind == "second":
                    with draft.block("elif dist_sq < second:"):
                        draft.line("second = dist_sq")
            elif kind == "within":
                with draft.block(f"if dist_sq < {r_text} * {r_text}:"):
                    draft.line("count += 1", "total += wp.sqrt(dist_sq)")
            elif kind == "soft":
                draft.line(f"share = wp.exp(-dist_sq / ({r_text} * {r_text}))", "w += share", "total += share * dist_sq")
            else:
                draft.line(f"total += wp.exp(-dist_sq / ({r_text} * {r_text}))")
        if kind in ("nearest", "second", "plane"):
            draft.numpy("best, which = np.min(costs, axis=1), np.argmin(costs, axis=1)")
            if kind == "second":
                draft.numpy("second = np.sort(costs, axis=1)[:, 1]")
                draft.formula(draw.choice(("value = best / (second + 0.01)", "value = wp.sqrt(second + 0.001) - wp.sqrt(best + 0.001)")))
            elif kind == "plane":
                normals = draft.array("reference_normals", draft.vector, m, domain=UnitVectors())
                draft.line(f"normal = {normals}[which]", f"value = wp.dot(normal, x - {other}[which])")
                draft.numpy(f"normal = {normals}[which]", f"value = np.sum(normal * (x - {other}[which]), axis=1)")
            else:
                draft.formula(draw.choice(("value = wp.sqrt(best + 0.0001)", "value = best", "value = best / (best + 0.5)")))
            if draw.chance(0.5):
                draft.output("nearest_id", I32, "n")
                draft.line(f"nearest_id[{i}] = which")
                draft.numpy("nearest_id = which.astype(np.int32)")
        elif kind == "within":
            draft.numpy(
                f"inside = costs < {radius} * {radius}",
                "count, total = np.sum(inside, axis=1), np.sum(np.where(inside, np.sqrt(costs), 0.0), axis=1)",
            )
            draft.output("counts", I32, "n")
            draft.line(f"counts[{i}] = count")
            draft.numpy("counts = count.astype(np.int32)")
            draft.both("value = total")
        elif kind == "soft":
            draft.numpy(
                f"share = np.exp(-costs / ({radius} * {radius}))", "total, w = np.sum(share * costs, axis=1), np.sum(share, axis=1)"
            )
            draft.formula("value = total / (w + 0.01)")
        else:
            draft.numpy(f"total = np.sum(np.exp(-costs / ({radius} * {radius})), axis=1)")
            draft.both("value = total")
        if kind == "nearest" and draw.chance(0.4):
            farthest = draft.output(draft.name("hausdorff", "farthest"), draft.real, 1, role="accumulate")
            draft.line(f"wp.atomic_max({farthest}, 0, value)")
            draft.numpy(f"{farthest} = np.max(value).reshape(1)")
        finish_measure(
            draft, draft.known("value", draft.real, -3.0, 20.0), ("distances", "value_out", "chamfer"), i, ("n",), share=0.6, total=0.3
        )
    drop_idle_locals(draft)
    return draft.case(
        draw.choice((f"cloud_{kind}_distance", f"{kind}_neighbor", f"hausdorff_{kind}")), ["n"], [{"n": n} for n in draw.sizes(100)]
    )
