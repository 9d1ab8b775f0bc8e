"""Measures of triangles, tetrahedra and edges: areas, normals, centroids, angles, quality, strain, volumes and moments, tangents.

Sources: Botsch et al., Polygon Mesh Processing, 2010; Zhang and Chen 2001 (volumes and moments); Bonet and Wood 2008
(deformation gradients).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import UnitVectors
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals
from kernels.drafting.vectors import vector_formula
from kernels.draw import Draw
from kernels.families.geometry_processing.meshes import Mesh
from kernels.language.expression import Expression, variable

QUALITIES: dict[str, tuple[str, ...]] = {
    "area": ("value = 0.5 * wp.length(cross_ab)",),
    "squared_area": ("value = 0.25 * wp.dot(cross_ab, cross_ab)",),
    "perimeter": ("value = la + lb + lc",),
    "aspect": ("value = wp.max(la, wp.max(lb, lc)) * wp.max(la, wp.max(lb, lc)) / (wp.length(cross_ab) + 0.1)",),
    "shape": ("value = 6.9282 * 0.5 * wp.length(cross_ab) / (la * la + lb * lb + lc * lc)",),
    "inradius": ("value = wp.length(cross_ab) / (la + lb + lc)",),
    "circumradius": ("value = la * lb * lc / (2.0 * wp.length(cross_ab) + 0.1)",),
    "angle": ("value = wp.atan2(wp.length(cross_ab), wp.dot(e1, e2))",),
    "cosine": ("value = wp.dot(e1, e2) / (lb * lc + 0.05)",),
    "cotangent": ("value = wp.dot(e1, e2) / (wp.length(cross_ab) + 0.1)",),
    "shortest": ("value = wp.min(la, wp.min(lb, lc))",),
}
"""Numbers of a triangle with edges e1 and e2 at its first corner, their cross product, and the lengths of all three edges."""


def _edges(draft: Draft, mesh: Mesh) -> None:
    """Names the edges at the first corner and their cross product."""
    a, b, c = mesh.points
    vector_formula(draft, f"e1 = {b} - {a}", f"e2 = {c} - {a}", "cross_ab = wp.cross(e1, e2)")


def build_measure(draw: Draw, draft: Draft) -> Case:
    """One or two numbers of each triangle, joined by a drawn formula, summed over the mesh or handed to the corners."""
    mesh = Mesh(draft)
    kinds = draw.subset(tuple(QUALITIES), draw.choice((1, 1, 2)))
    draft.reserve("e1", "e2", "cross_ab", "la", "lb", "lc", "value", "first", "total", "third", "k")
    with mesh.elements():
        _edges(draft, mesh)
        # What is not used goes at the end.
        vector_formula(draft, "la = wp.length(e2 - e1)", "lb = wp.length(e2)", "lc = wp.length(e1)")
        vector_formula(draft, *QUALITIES[kinds[0]])
        if len(kinds) == 2:
            vector_formula(draft, "first = value", *QUALITIES[kinds[1]])
            known: list[Expression] = [variable("first", draft.real, 0.0, 9.0), variable("value", draft.real, 0.0, 9.0)]
            draft.fused("value", draft.real, known)
        where = draw.choice(("faces", "faces", "corners", "total"))
        if where == "corners":
            draft.line(draft.warp("third = value / 3.0"))
            draft.numpy("third = value / 3.0")
            mesh.scatter(draft.name("vertex_area", "lumped", "vertex_value"), "third", vector=False)
        if where == "total":
            mesh.total(("total_value", "mesh_sum"), "value")
        if where != "total" and (where == "faces" or draw.chance(0.4)):
            mesh.finish(draft.known("value", draft.real, -9.0, 40.0), ("measure_out", "quality", "face_value"))
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"triangle_{kinds[0]}", "face_measures", f"{kinds[-1]}_of_faces")), mesh.dim, mesh.sizes())


def build_normals(draw: Draw, draft: Draft) -> Case:
    """Normals of faces, unit or by area, and their sums at corners, weighted by area or angle; centroids, offsets and shading beside."""
    mesh = Mesh(draft)
    a, b, c = mesh.points
    kind = draw.choice(("face", "vertex", "vertex", "angle", "centroid", "shade"))
    draft.reserve("e1", "e2", "cross_ab", "size", "normal", "center", "theta", "weighted", "value", "light", "moved", "k")
    with mesh.elements():
        _edges(draft, mesh)
        unit = kind in ("face", "shade", "angle") or draw.chance(0.4)
        if unit:
            vector_formula(
                draft,
                draw.choice(
                    (
                        "size = wp.length(cross_ab) + 0.05",
                        "size = wp.sqrt(wp.dot(cross_ab, cross_ab) + 0.01)",
                        "size = wp.max(wp.length(cross_ab), 0.05)",
                    )
                ),
            )
            vector_formula(draft, "normal = cross_ab / {size}")
        else:
            vector_formula(draft, "normal = 0.5 * cross_ab")
        if kind in ("vertex", "angle"):
            mesh.weighted("normal", vector=True)
        if kind == "face":
            mesh.store(draft.name("normals", "face_normals"), "normal")
            if draw.chance(0.5):
                vector_formula(draft, "value = 0.5 * size")
                mesh.finish(draft.known("value", draft.real, 0.02, 8.0), ("areas", "area_out"))
        elif kind in ("vertex", "angle"):
            out = draft.name("vertex_normals", "normal_sum", "n_out")
            if kind == "vertex":
                mesh.scatter(out, "normal", vector=True)
            else:
                draft.output(out, draft.vector, "n", role="accumulate")
                draft.numpy(f"{out} = np.zeros_like({out})")
                for k, (p, q, r) in enumerate(((a, b, c), (b, c, a), (c, a, b))):
                    vector_formula(draft, f"u{k} = {q} - {p}", f"w{k} = {r} - {p}")
                    vector_formula(
                        draft, f"theta = wp.atan2(wp.length(wp.cross(u{k}, w{k})), wp.dot(u{k}, w{k}))", "weighted = {theta} * normal"
                    )
                    draft.line(f"wp.atomic_add({out}, i{k}, weighted)")
                    draft.numpy(f"np.add.at({out}, i{k}, weighted)")
        elif kind == "centroid":
            vector_formula(draft, f"center = ({a} + {b} + {c}) / 3.0")
            if draw.chance(0.5):
                lift = draft.knob(draft.name("lift", "offset_h"), 0.05, 0.4).numpy()
                vector_formula(draft, f"center = center + {lift} * normal")
            mesh.store(draft.name("centroids", "centers"), "center")
            if draw.chance(0.4):
                vector_formula(draft, "value = wp.dot(center, normal)")
                mesh.finish(draft.known("value", draft.real, -4.0, 4.0), ("offset_out", "plane_distance"))
        else:
            draft.value("light", draft.vector, UnitVectors())
            vector_formula(draft, "value = wp.max(wp.dot(normal, light), 0.0)")
            mesh.finish(draft.known("value", draft.real, 0.0, 1.0), ("shade", "irradiance"), share=0.85)
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"{kind}_normals", f"mesh_{kind}", "compute_normals")), mesh.dim, mesh.sizes())


def build_volume(draw: Draw, draft: Draft) -> Case:
    """Volume, centroid and inertia of the body that a mesh encloses, by signed tetrahedra; or volumes and masses of tetrahedra."""
    solid = draw.chance(0.4)
    mesh = Mesh(draft, 4 if solid else 3)
    draft.reserve("volume", "center", "moment", "e1", "e2", "e3", "cross_bc", "second", "mass", "share", "quality", "k", "longest", "size")
    kind = draw.choice(("volume", "moment", "inertia")) if not solid else draw.choice(("volume", "lumped", "quality", "gradients"))
    with mesh.elements():
        if solid:
            a, b, c, d = mesh.points
            vector_formula(draft, f"e1 = {b} - {a}", f"e2 = {c} - {a}", f"e3 = {d} - {a}", "volume = wp.dot(e1, wp.cross(e2, e3)) / 6.0")
            if kind != "gradients":
                mesh.weighted("volume", 0.3)
            if kind == "volume":
                mesh.total(("total_volume", "body_volume"), "volume")
                if draw.chance(0.6):
                    mesh.finish(draft.known("volume", draft.real, -1.5, 1.5), ("volumes", "signed_volume"))
            elif kind == "lumped":
                rho = draft.knob(draft.name("rho", "density"), 0.5, 2.0).numpy()
                vector_formula(draft, f"mass = {rho} * wp.abs(volume)", "share = 0.25 * mass")
                mesh.scatter("node_mass", "share", vector=False)
            elif kind == "quality":
                vector_formula(
                    draft,
                    "size = wp.dot(e1, e1) + wp.dot(e2, e2) + wp.dot(e3, e3) + 0.1",
                    "quality = 8.0 * volume / (size * wp.sqrt(size))",
                )
                mesh.finish(draft.known("quality", draft.real, -1.0, 1.0), ("quality_out", "shape_measure"), share=0.8)
            else:
                # Gradients of the linear shape functions: rows of the inverse of the edge matrix.
                vector_formula(draft, "mass = 6.0 * volume", "size = wp.where(mass < 0.0, mass - 0.2, mass + 0.2)")
                vector_formula(
                    draft, "center = wp.cross(e2, e3) / {size}", "moment = wp.cross(e3, e1) / {size}", "second = wp.cross(e1, e2) / {size}"
                )
                out = draft.output(draft.name("shape_gradients", "dN"), draft.vector, "m", 3)
                draft.line(*(f"{out}[{mesh.f}, {k}] = {name}" for k, name in enumerate(("center", "moment", "second"))))
                draft.numpy(f"{out} = np.stack((center, moment, second), axis=1)")
        else:
            a, b, c = mesh.points
            vector_formula(draft, f"volume = wp.dot({a}, wp.cross({b}, {c})) / 6.0")
            mesh.weighted("volume", 0.5)
            mesh.total(("total_volume", "enclosed_volume"), "volume")
            if kind != "volume":
                vector_formula(draft, f"center = {a} + {b} + {c}", "moment = {(0.25 * volume)} * center")
                out = draft.output(draft.name("first_moment", "center_sum"), draft.vector, 1, role="accumulate")
                draft.line(f"wp.atomic_add({out}, 0, moment)")
                draft.numpy(f"{out} = np.sum(moment, axis=0, keepdims=True)")
            if kind == "inertia":
                out = draft.output("second_moment", draft.matrix, 1, role="accumulate")
                draft.line(f"second = wp.outer({a}, {a}) + wp.outer({b}, {b}) + wp.outer({c}, {c}) + wp.outer(center, center)")
                draft.line(draft.warp(f"wp.atomic_add({out}, 0, (volume / 20.0) * second)"))
                draft.numpy(
                    f"corners = np.stack(({a}, {b}, {c}, center))",
                    f"{out} = np.einsum('n,knp,knq->pq', volume / 20.0, corners, corners)[None]",
                )
            if draw.chance(0.35):
                mesh.finish(draft.known("volume", draft.real, -1.0, 1.0), ("signed_volumes", "contribution"))
    drop_idle_locals(draft)
    return draft.case(
        draw.choice((f"mesh_{kind}", f"{'tet' if solid else 'surface'}_{kind}", f"accumulate_{kind}")), mesh.dim, mesh.sizes()
    )


def build_edges(draw: Draw, draft: Draft) -> Case:
    """Lengths, strains, energies and midpoints of edges, forces along them, dihedral terms, and what they hand to their ends."""
    mesh = Mesh(draft, 2)
    p, q = mesh.points
    kind = draw.choice(("length", "strain", "energy", "force", "midpoint", "gradient"))
    draft.reserve("delta", "dist", "rest", "strain", "energy", "dir", "force", "mid", "u0", "u1", "value", "stiff", "k")
    rest = draft.array(draft.name("rest_length", "l0"), draft.real, "m", low=0.4, high=1.5) if kind in ("strain", "energy", "force") else ""
    with mesh.elements():
        vector_formula(
            draft, f"delta = {q} - {p}", draw.choice(("dist = wp.length(delta) + 0.02", "dist = wp.sqrt(wp.dot(delta, delta) + 0.01)"))
        )
        if rest:
            draft.load("rest", rest, mesh.f, 0.4, 1.5)
            vector_formula(
                draft,
                draw.choice(
                    ("strain = dist / rest - 1.0", "strain = wp.log(dist / rest)", "strain = 0.5 * (dist * dist / (rest * rest) - 1.0)")
                ),
            )
        if kind == "length":
            mesh.finish(draft.known("dist", draft.real, 0.02, 4.0), ("lengths", "edge_length"), share=0.8)
        elif kind == "strain":
            mesh.finish(draft.known("strain", draft.real, -3.0, 20.0), ("strain_out", "stretch"), share=0.8)
        elif kind in ("energy", "force"):
            stiffness = draft.array(draft.name("stiffness", "ke"), draft.real, "m", low=0.3, high=2.0) if draw.chance(0.5) else ""
            if stiffness:
                draft.load("stiff", stiffness, mesh.f, 0.3, 2.0)
            k = "stiff" if stiffness else draft.knob("stiffness", 0.3, 2.0).numpy()
            vector_formula(draft, f"energy = 0.5 * {k} * strain * strain")
            if kind == "force":
                vector_formula(draft, f"force = {{({k} * strain / dist)}} * delta")
                out = draft.output(draft.name("forces", "f_out"), draft.vector, "n", role="accumulate")
                draft.line(f"wp.atomic_add({out}, i0, force)", f"wp.atomic_sub({out}, i1, force)")
                draft.numpy(f"{out} = np.zeros_like({out})", f"np.add.at({out}, i0, force)", f"np.subtract.at({out}, i1, force)")
            if kind == "energy" or draw.chance(0.4):
                mesh.total(("total_energy", "stretch_energy"), "energy")
            if kind == "energy" and draw.chance(0.5):
                mesh.finish(draft.known("energy", draft.real, 0.0, 40.0), ("energies", "edge_energy"))
        elif kind == "midpoint":
            bias = draft.knob(draft.name("bias_t", "split"), 0.2, 0.8).numpy()
            vector_formula(draft, f"mid = {p} + {bias} * delta")
            mesh.store(draft.name("midpoints", "split_points"), "mid")
            if draw.chance(0.5):
                mesh.finish(draft.known("dist", draft.real, 0.02, 4.0), ("lengths", "edge_length"))
        else:
            field = draft.array(draft.name("field", "temperature"), draft.real, "n")
            draft.both(f"u0 = {field}[i0]", f"u1 = {field}[i1]")
            vector_formula(draft, "value = (u1 - u0) / dist")
            if draw.chance(0.5):
                flux = draft.output(draft.name("net_flux", "laplacian"), draft.real, "n", role="accumulate")
                draft.line(f"wp.atomic_add({flux}, i0, value)", f"wp.atomic_add({flux}, i1, -value)")
                draft.numpy(f"{flux} = np.zeros_like({flux})", f"np.add.at({flux}, i0, value)", f"np.add.at({flux}, i1, -value)")
            mesh.finish(draft.known("value", draft.real, -50.0, 50.0), ("slopes", "edge_gradient"))
    drop_idle_locals(draft)
    return draft.case(draw.choice((f"edge_{kind}", f"edges_{kind}", f"compute_edge_{kind}")), mesh.dim, mesh.sizes())
