"""Quadrics of planes at the corners of faces, and the cost of collapsing edges (Garland and Heckbert 1997)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import WellConditioned
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import Mesh
from kernels.families.geometry_processing.triangles import _edges
from kernels.language.types import vector


def build_quadric(draw: Draw, draft: Draft) -> Case:
    """Quadrics of planes: gathered at corners, and the cost of moving a pair of nodes together (Garland and Heckbert 1997)."""
    evaluate = draw.chance(0.5)
    draft.reserve(
        "e1", "e2", "cross_ab", "size", "normal", "d", "w", "k", "h", "q", "cost", "mid", "value", "best", "i0", "i1", "target", "A", "bvec"
    )
    if not evaluate:
        mesh = Mesh(draft)
        a, _, _ = mesh.points
        with mesh.elements():
            _edges(draft, mesh)
            vector_formula(
                draft, "size = wp.length(cross_ab) + 0.05", "normal = cross_ab / {size}", f"d = -wp.dot(normal, {a})", "w = 0.5 * size"
            )
            style = draw.choice(("matrix", "vec4", "numbers"))
            if style == "matrix":
                quadric, linear = (
                    draft.output("quadric_A", draft.matrix, "n", role="accumulate"),
                    draft.output("quadric_b", draft.vector, "n", role="accumulate"),
                )
                constant = draft.output("quadric_c", draft.real, "n", role="accumulate")
                for k in range(3):
                    draft.line(
                        f"wp.atomic_add({quadric}, i{k}, w * wp.outer(normal, normal))",
                        f"wp.atomic_add({linear}, i{k}, (w * d) * normal)",
                        f"wp.atomic_add({constant}, i{k}, w * d * d)",
                    )
                draft.numpy("outer = w[:, None, None] * normal[:, :, None] * normal[:, None, :]")
                for out, text in ((quadric, "outer"), (linear, "(w * d)[:, None] * normal"), (constant, "w * d * d")):
                    draft.numpy(f"{out} = np.zeros_like({out})", *(f"np.add.at({out}, i{k}, {text})" for k in range(3)))
            else:
                size = 10
                out = draft.output(draft.name("quadrics", "Q"), draft.real, "n", size, role="accumulate")
                h = vector(draft.width, 4).spelling
                draft.line(f"h = {h}(normal[0], normal[1], normal[2], d)")
                draft.numpy("h = np.concatenate([normal, d[:, None]], axis=1)")
                pairs = [(r, s) for r in range(4) for s in range(r, 4)]
                for number, (r, s) in enumerate(pairs):
                    for k in range(3):
                        draft.line(f"wp.atomic_add({out}, i{k}, {number}, w * h[{r}] * h[{s}])")
                draft.numpy(
                    "terms = np.stack([w * h[:, r] * h[:, s] for r in range(4) for s in range(r, 4)], axis=1)",
                    f"{out} = np.zeros_like({out})",
                    *(f"np.add.at({out}, i{k}, terms)" for k in range(3)),
                )
        drop_idle_locals(draft)
        return draft.case(draw.choice(("accumulate_quadrics", "plane_quadrics")), mesh.dim, mesh.sizes())
    mesh = Mesh(draft, 2)
    p, q = mesh.points
    draft.array("quadric_A", draft.matrix, "n", domain=WellConditioned(3.0))
    draft.array("quadric_b", draft.vector, "n")
    draft.array("quadric_c", draft.real, "n", low=0.5, high=1.5)
    with mesh.elements():
        draft.line("A = quadric_A[i0] + quadric_A[i1]", "bvec = quadric_b[i0] + quadric_b[i1]", "d = quadric_c[i0] + quadric_c[i1]")
        draft.numpy("A, bvec = quadric_A[i0] + quadric_A[i1], quadric_b[i0] + quadric_b[i1]", "d = quadric_c[i0] + quadric_c[i1]")
        place = draw.choice(("middle", "best", "solve"))
        cost = "wp.dot({0}, A @ {0}) + 2.0 * wp.dot(bvec, {0}) + d"
        numpy_cost = "np.einsum('ni,nij,nj->n', {0}, A, {0}) + 2.0 * np.sum(bvec * {0}, axis=1) + d"
        if place == "middle":
            vector_formula(draft, f"target = 0.5 * ({p} + {q})")
        elif place == "solve":
            # Towards the quadric's minimum, from the middle of the edge.
            share = draft.knob(draft.name("trust", "towards"), 0.3, 0.9).numpy()
            draft.line("target = -(wp.inverse(A) @ bvec)")
            draft.numpy("target = -np.linalg.solve(A, bvec[..., None])[..., 0]")
            vector_formula(draft, f"mid = 0.5 * ({p} + {q})", f"target = mid + {share} * (target - mid)")
        else:
            draft.line(draft.warp(f"cost = {cost.format(p)}"), draft.warp(f"best = {cost.format(q)}"), f"target = {p}")
            with draft.block("if best < cost:"):
                draft.line(f"target = {q}")
            draft.numpy(
                f"cost, best = {numpy_cost.format(p)}, {numpy_cost.format(q)}", f"target = np.where((best < cost)[:, None], {q}, {p})"
            )
        draft.line(draft.warp(f"cost = {cost.format('target')}"))
        draft.numpy(f"cost = {numpy_cost.format('target')}")
        mesh.store(draft.name("targets", "merged"), "target")
        mesh.finish(draft.known("cost", draft.real, -9.0, 60.0), ("costs", "collapse_cost"), share=0.5)
    drop_idle_locals(draft)
    return draft.case(draw.choice(("edge_collapse_cost", "quadric_error", f"collapse_{place}")), mesh.dim, mesh.sizes())
