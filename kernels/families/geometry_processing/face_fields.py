"""Fields on triangles: gradients, divergence, tangents, deformation (Botsch et al., Polygon Mesh Processing, 2010)."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import WellConditioned
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import function_pair, vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import Mesh
from kernels.families.geometry_processing.triangles import _edges
from kernels.language.types import matrix


def build_gradients(draw: Draw, draft: Draft) -> Case:
    """Fields on triangles: gradients of hat functions, divergence, tangents of textures, deformation gradients, harmonic energy."""
    mesh = Mesh(draft)
    a, b, c = mesh.points
    kind = draw.choice(("gradient", "gradient", "tangent", "deformation", "dirichlet", "divergence"))
    draft.reserve(
        "e1",
        "e2",
        "cross_ab",
        "area2",
        "normal",
        "u0",
        "u1",
        "u2",
        "grad",
        "size",
        "det",
        "tangent",
        "bitangent",
        "F",
        "Dm",
        "energy",
        "value",
        "k",
        "E",
        "v0",
        "v1",
    )
    draft.reserve("s1", "t1", "s2", "t2", "flux", "cot0", "cot1", "cot2", "d01", "d12", "d20", "field")
    with mesh.elements():
        _edges(draft, mesh)
        if kind in ("gradient", "divergence"):
            vector_formula(draft, "area2 = wp.dot(cross_ab, cross_ab) + 0.05")
            if kind == "gradient":
                field = draft.array(draft.name("field_in", "scalar_field"), draft.real, "n")
                draft.both(f"u0 = {field}[i0]", f"u1 = {field}[i1]", f"u2 = {field}[i2]")
                vector_formula(draft, "grad = (wp.cross(cross_ab, e2) * {(u0 - u1)} + wp.cross(cross_ab, e1) * {(u2 - u0)}) / {area2}")
                how = draw.choice(("store", "energy", "unit"))
                if how == "unit":
                    vector_formula(draft, "size = wp.length(grad) + 0.1", "grad = grad / {size}")
                mesh.weighted("grad", 0.35, vector=True)
                if how == "energy":
                    vector_formula(draft, "value = wp.dot(grad, grad)")
                    mesh.finish(draft.known("value", draft.real, 0.0, 400.0), ("gradient_sq", "density_out"), share=0.5)
                else:
                    mesh.store(draft.name("gradients", "grad_out"), "grad")
            else:
                flow = draft.array(draft.name("flow", "vector_field"), draft.vector, "m")
                draft.load("flux", flow, mesh.f, -1.0, 1.0, draft.vector)
                out = draft.output(draft.name("divergence", "div_out"), draft.real, "n", role="accumulate")
                vector_formula(draft, "size = wp.sqrt(area2)", "normal = cross_ab / {size}")
                draft.numpy(f"{out} = np.zeros_like({out})")
                for k, edge in enumerate((f"{c} - {b}", f"{a} - {c}", f"{b} - {a}")):
                    vector_formula(draft, f"value = 0.5 * wp.dot(wp.cross(normal, {edge}), flux)")
                    draft.line(f"wp.atomic_add({out}, i{k}, value)")
                    draft.numpy(f"np.add.at({out}, i{k}, value)")
        elif kind == "tangent":
            for name in ("tex_u", "tex_v"):
                draft.array(name, draft.real, "n")
            for k, (s, t) in enumerate((("s1", "t1"), ("s2", "t2")), start=1):
                draft.both(f"{s} = tex_u[i{k}] - tex_u[i0]", f"{t} = tex_v[i{k}] - tex_v[i0]")
            vector_formula(draft, "det = s1 * t2 - s2 * t1", "det = wp.where(det < 0.0, det - 0.2, det + 0.2)")
            vector_formula(draft, "tangent = ({t2} * e1 - {t1} * e2) / {det}")
            both = draw.chance(0.5)
            if both:
                vector_formula(draft, "bitangent = ({s1} * e2 - {s2} * e1) / {det}")
            if draw.chance(0.5):
                vector_formula(
                    draft,
                    "size = wp.length(cross_ab) + 0.1",
                    "normal = cross_ab / {size}",
                    "tangent = tangent - {wp.dot(normal, tangent)} * normal",
                )
            if draw.chance(0.5):
                mesh.scatter("tangent_sum", "tangent", vector=True)
            else:
                mesh.store("tangents", "tangent")
            if both:
                mesh.store("bitangents", "bitangent")
        elif kind == "deformation":
            inverse = draft.array(draft.name("inv_rest", "Dm_inv"), matrix(draft.width, 2), "m", domain=WellConditioned(2.5))
            draft.line(f"Dm = {inverse}[{mesh.f}]", "v0 = Dm[0, 0] * e1 + Dm[1, 0] * e2", "v1 = Dm[0, 1] * e1 + Dm[1, 1] * e2")
            draft.numpy(f"F = np.stack((e1, e2), axis=-1) @ {inverse}", "v0, v1 = F[..., 0], F[..., 1]")
            vector_formula(draft, "s1 = wp.dot(v0, v0)", "s2 = wp.dot(v1, v1)", "t1 = wp.dot(v0, v1)")
            energy = draw.choice(("green", "shear", "stretch", "neo"))
            vector_formula(
                draft,
                {
                    "green": "energy = 0.25 * ((s1 - 1.0) * (s1 - 1.0) + (s2 - 1.0) * (s2 - 1.0)) + 0.5 * t1 * t1",
                    "shear": "energy = t1 * t1 / (s1 * s2 + 0.1)",
                    "stretch": "energy = s1 + s2 + 2.0 - 2.0 * wp.sqrt(s1 + 0.01) - 2.0 * wp.sqrt(s2 + 0.01)",
                    "neo": "energy = 0.5 * (s1 + s2 - 2.0) - 0.5 * wp.log(wp.abs(s1 * s2 - t1 * t1) + 0.1)",
                }[energy],
            )
            mesh.finish(draft.known("energy", draft.real, -3.0, 900.0), ("energy_out", "strain_energy"), share=0.6)
        else:
            function_pair(
                draft,
                "cotangent",
                [("u", draft.vector), ("v", draft.vector)],
                ["return wp.dot(u, v) / (wp.length(wp.cross(u, v)) + 0.1)"],
                draft.real,
            )
            field = draft.array(draft.name("field_in", "scalar_field"), draft.real, "n")
            draft.both(f"u0 = {field}[i0]", f"u1 = {field}[i1]", f"u2 = {field}[i2]")
            draft.both(
                f"cot0 = cotangent({b} - {a}, {c} - {a})",
                f"cot1 = cotangent({c} - {b}, {a} - {b})",
                f"cot2 = cotangent({a} - {c}, {b} - {c})",
            )
            draft.both("d12 = u1 - u2", "d20 = u2 - u0", "d01 = u0 - u1")
            if draw.chance(0.5):
                vector_formula(draft, "energy = 0.25 * (cot0 * d12 * d12 + cot1 * d20 * d20 + cot2 * d01 * d01)")
                mesh.total(("dirichlet_energy", "harmonic_energy"), "energy")
                if draw.chance(0.5):
                    mesh.finish(draft.known("energy", draft.real, -9.0, 40.0), ("energies", "face_energy"), share=0.5)
            else:
                out = draft.output(draft.name("laplacian", "Lu"), draft.real, "n", role="accumulate")
                half = draft.number(0.5)
                terms = (("i0", "cot2 * d01 - cot1 * d20"), ("i1", "cot0 * d12 - cot2 * d01"), ("i2", "cot1 * d20 - cot0 * d12"))
                draft.line(*(f"wp.atomic_add({out}, {i}, {half} * ({text}))" for i, text in terms))
                draft.numpy(f"{out} = np.zeros_like({out})", *(f"np.add.at({out}, {i}, 0.5 * ({text}))" for i, text in terms))
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"face_{kind}", f"{kind}_on_faces", f"mesh_{kind}")), mesh.dim, mesh.sizes())
