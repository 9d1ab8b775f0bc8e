"""Point clouds: covariances and normals of neighbourhoods, planes fitted and scored, distances between clouds, cells of voxels.

Sources: Hoppe et al. 1992 (normals from covariance); Pauly et al. 2002 (surface variation); Fischler and Bolles 1981 (RANSAC).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import finish_measure
from kernels.language.types import I32


def build_neighbourhood(draw: Draw, draft: Draft) -> Case:
    """The covariance of a few neighbours of each point: stored, its invariants, a normal by the largest cross product or by power steps."""
    k = draw.choice((4, 5, 6, 8))
    kind = draw.choice(("covariance", "variation", "normal", "density", "plane", "moving"))
    i = draw.choice(("i", "tid", "p"))
    draft.reserve(
        i,
        "j",
        "x",
        "mean",
        "d",
        "cov",
        "normal",
        "w",
        "total",
        "q",
        "value",
        "n",
        "trace_c",
        "det_c",
        "c0",
        "c1",
        "c2",
        "s0",
        "s1",
        "s2",
        "best",
        "height",
        "near",
        "size",
        "step",
        "ridge",
    )
    points = draft.array(draft.name("points", "cloud"), draft.vector, "n")
    index = draft.array(draft.name("neighbors", "knn"), I32, "n", k, domain=lambda s: Integers(0, s["n"]))
    weighted = draw.chance(0.4) and kind != "density"
    with draft.threads((i, "n", points, 0)):
        draft.line(f"x = {points}[{i}]", f"mean = {draft.zero(draft.vector)}", f"total = {draft.zero()}")
        draft.numpy(f"x, near = {points}, {points}[{index}]")
        banded = weighted or kind == "density"
        band = draft.knob(draft.name("bandwidth", "radius"), 0.6, 1.6).numpy() if banded else "1.0"
        band_text = band if band[0].isalpha() else draft.warp(band)
        if kind == "density":
            with draft.block(f"for j in range({k}):"):
                draft.line(f"d = {points}[{index}[{i}, j]] - x", f"total += wp.exp(-wp.dot(d, d) / ({band_text} * {band_text}))")
            draft.numpy("d = near - x[:, None]", f"total = np.sum(np.exp(-np.sum(d * d, axis=-1) / ({band} * {band})), axis=1)")
            finish_measure(draft, draft.known("total", draft.real, 0.0, float(k)), ("density_out", "support"), i, ("n",), share=0.8)
            drop_idle_locals(draft)
            return draft.case(draw.choice(("point_density", "kernel_density")), ["n"], [{"n": n} for n in draw.sizes(100)])
        one = draft.number(1.0)
        with draft.block(f"for j in range({k}):"):
            draft.line(f"q = {points}[{index}[{i}, j]]")
            if weighted:
                draft.line("d = q - x", f"w = wp.exp(-wp.dot(d, d) / ({band_text} * {band_text}))", "mean += w * q", "total += w")
            else:
                draft.line("mean += q", f"total += {one}")
        if weighted:
            draft.numpy("d = near - x[:, None]", f"w = np.exp(-np.sum(d * d, axis=-1) / ({band} * {band}))")
        else:
            draft.numpy("w = np.ones_like(near[..., 0])")
        draft.line("mean = mean / total", f"cov = {draft.matrix.spelling}()")
        draft.numpy("total = np.sum(w, axis=1)", "mean = np.sum(w[..., None] * near, axis=1) / total[:, None]")
        with draft.block(f"for j in range({k}):"):
            draft.line(f"q = {points}[{index}[{i}, j]]", "d = q - mean")
            if weighted:
                draft.line("height = wp.dot(q - x, q - x)", f"w = wp.exp(-height / ({band_text} * {band_text}))")
            draft.line("cov += w * wp.outer(d, d)" if weighted else "cov += wp.outer(d, d)")
        draft.line("cov = cov / total" if draw.chance(0.5) else f"cov = ({one} / total) * cov")
        draft.numpy("d = near - mean[:, None]", "cov = np.einsum('nk,nki,nkj->nij', w, d, d) / total[:, None, None]")
        if kind == "covariance":
            out = draft.output(draft.name("covariances", "cov_out"), draft.matrix, "n")
            draft.line(f"{out}[{i}] = cov")
            draft.numpy(f"{out} = cov")
            if draw.chance(0.5):
                draft.store(draft.output("means", draft.vector, "n"), i, "mean")
        elif kind == "variation":
            draft.line("trace_c = wp.trace(cov)", "det_c = wp.determinant(cov)")
            draft.numpy("trace_c, det_c = np.trace(cov, axis1=1, axis2=2), np.linalg.det(cov)")
            vector_formula(draft, "trace_c = trace_c + 0.05")
            vector_formula(
                draft, draw.choice(("value = 27.0 * det_c / (trace_c * trace_c * trace_c)", "value = wp.cbrt(det_c + 0.01) / trace_c"))
            )
            finish_measure(draft, draft.known("value", draft.real, -0.1, 5.0), ("variation", "roughness"), i, ("n",), share=0.7)
        elif kind == "moving":
            share = draft.knob(draft.name("pull", "contract"), 0.2, 0.9).numpy()
            vector_formula(draft, f"x = x + {share} * (mean - x)")
            draft.store(draft.output("moved", draft.vector, "n"), i, "x")
        else:
            _normal(draw, draft)
            if draw.chance(0.4):
                draft.value("viewpoint", draft.vector, UnitVectors())
                zero = draft.number(0.0)
                with draft.block(f"if wp.dot(normal, viewpoint - x) < {zero}:"):
                    draft.line("normal = -normal")
                draft.numpy(
                    "facing = np.sum(normal * (viewpoint - x), axis=1)", "normal = np.where((facing < 0.0)[:, None], -normal, normal)"
                )
            if kind == "normal":
                draft.store(draft.output(draft.name("normals", "n_out"), draft.vector, "n"), i, "normal")
            else:
                vector_formula(draft, "height = wp.dot(normal, x - mean)")
                finish_measure(draft, draft.known("height", draft.real, -2.0, 2.0), ("height_out", "residual"), i, ("n",), share=0.6)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"cloud_{kind}", f"{kind}_from_neighbors", f"point_{kind}")), ["n"], [{"n": n} for n in draw.sizes(80)])


def _normal(draw: Draw, draft: Draft) -> None:
    """A direction across the neighbourhood: the largest cross product of the covariance's rows, or inverse power steps."""
    if draw.chance(0.5):
        draft.line(f"c0 = {draft.vector.spelling}(cov[0, 0], cov[0, 1], cov[0, 2])")
        draft.line(
            f"c1 = {draft.vector.spelling}(cov[1, 0], cov[1, 1], cov[1, 2])",
            f"c2 = {draft.vector.spelling}(cov[2, 0], cov[2, 1], cov[2, 2])",
        )
        draft.numpy("c0, c1, c2 = cov[:, 0], cov[:, 1], cov[:, 2]")
        vector_formula(
            draft,
            "normal = wp.cross(c0, c1)",
            "s0 = wp.dot(normal, normal)",
            "s1 = wp.dot(wp.cross(c1, c2), wp.cross(c1, c2))",
            "s2 = wp.dot(wp.cross(c2, c0), wp.cross(c2, c0))",
        )
        draft.line("best = s0")
        with draft.block("if s1 > best:"):
            draft.line("best = s1", "normal = wp.cross(c1, c2)")
        with draft.block("if s2 > best:"):
            draft.line("best = s2", "normal = wp.cross(c2, c0)")
        draft.numpy(
            "best = np.maximum(s0, s1)",
            "normal = np.where((s1 > s0)[:, None], np.cross(c1, c2), normal)",
            "normal, best = np.where((s2 > best)[:, None], np.cross(c2, c0), normal), np.maximum(best, s2)",
        )
        vector_formula(draft, "normal = normal / {wp.sqrt(best + 0.0001)}")
        return
    steps = draw.choice((2, 3))
    ridge = draft.knob(draft.name("ridge", "smallest"), 0.05, 0.2)
    identity = f"wp.identity(n=3, dtype={draft.real.spelling})"
    start = f"{draft.vector.spelling}({draft.number(0.6)}, {draft.number(0.3)}, {draft.number(0.7)})"
    draft.line(
        f"cov = wp.inverse(cov + {ridge.warp()} * {identity})",
        f"normal = {start}",
        f"for step in range({steps}):",
        "    normal = wp.normalize(cov @ normal)",
    )
    draft.numpy(
        f"operator = np.linalg.inv(cov + {ridge.numpy()} * np.eye(3, dtype=cov.dtype))",
        "normal = np.broadcast_to(np.array([0.6, 0.3, 0.7], cov.dtype), mean.shape)",
        f"for step in range({steps}):",
        "    normal = np.einsum('nij,nj->ni', operator, normal)",
        "    normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)",
    )
