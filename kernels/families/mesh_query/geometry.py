"""What each face of a mesh is, from the mesh's own arrays: areas, normals, volumes, strain."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.faces import face_motion, mesh_arrays
from kernels.families.mesh_query.search import Mesh, mesh_sizes


def build_geometry(s: QueryScript) -> Case:
    """What each face or edge is: areas, normals, centroids, volumes; stored per face, or added to the corners."""
    draw = s.draw
    moving = draw.chance(0.3)
    # What builtins read off a mesh has no gradient.
    asked = draw.chance(0.3)
    mesh = Mesh(s, moving=moving, differentiable=not asked)
    mesh.declare()
    s.field("scale", "real", "faces", low=0.5, high=1.5, names=("density", "pressure", "face_weight", "thickness"))
    s.thread("faces", "scale", index="f", names=("tid", "face"), counts=("num_faces", "tri_count"))
    data = ""
    if asked:
        mesh.builtin("mesh_get_index", "mesh_get_point")
        s.code("\n".join(f"{name} = wp.mesh_get_index(mesh, f * 3 + {n})" for n, name in enumerate(("ia", "ib", "ic"))))
        s.code("\n".join(f"{name} = wp.mesh_get_point(mesh, f * 3 + {n})" for n, name in enumerate("abc")))
    else:
        data = mesh_arrays(s)
        s.code(
            "ia = tris[f * 3 + 0]\nib = tris[f * 3 + 1]\nic = tris[f * 3 + 2]"
            if draw.chance(0.6)
            else "ia = tris[3 * f]\nib = tris[3 * f + 1]\nic = tris[3 * f + 2]"
        )
    for name in ("ia", "ib", "ic"):
        s.names.safe.add(name)
    if not asked:
        s.code("a = verts[ia]\nb = verts[ib]\nc = verts[ic]")
    kinds = draw.subset(("normal", "area", "centroid", "volume", "pressure", "strain"), draw.weighted((1, 2, 3), (3, 4, 2)))
    s.code(draw.choice(("ab = b - a\nac = c - a\nn = wp.cross(ab, ac)", "n = wp.cross(b - a, c - a)")))
    if {"area", "pressure", "centroid"} & {*kinds}:
        s.code("area = 0.5 * wp.length(n)")
    for kind in kinds:
        _geometry(s, kind)
    if moving:
        s.result("motion", "vec3", "faces", differentiable=not asked, names=("face_velocity", "mean_velocity"))
        if asked:
            s.code(f"motion[f] = {face_motion(s, mesh)}")
        else:
            s.array_of("speeds", "vec3", f"{data}.velocities", "mesh.velocities")
            s.code("motion[f] = (speeds[ia] + speeds[ib] + speeds[ic]) / 3.0")
    return s.finish(draw.choice(("face_properties", "mesh_geometry", "accumulate_faces", "vertex_normals")), ["faces"], mesh_sizes(mesh, s))


def _geometry(s: QueryScript, kind: str) -> None:
    draw = s.draw
    if kind == "normal":
        if draw.chance(0.5):
            s.result("normal_out", "vec3", "faces", names=("face_normals", "normals"))
            s.code(
                draw.choice(
                    ("normal_out[f] = wp.normalize(n)", "normal_out[f] = n * scale[f]", "normal_out[f] = n / (wp.length(n) + 0.001)")
                )
            )
        else:
            s.result("vertex_out", "vec3", "points", role="accumulate", names=("vertex_normals", "normal_sum"))
            s.code("\n".join(f"wp.atomic_add(vertex_out, {k}, n)" for k in ("ia", "ib", "ic")))
    elif kind == "area":
        s.result("area_out", "real", "faces", names=("areas", "face_area"))
        s.code(draw.choice(("area_out[f] = area", "area_out[f] = area * scale[f]", "area_out[f] = wp.sqrt(area) * scale[f]")))
    elif kind == "centroid":
        s.result("moment", "vec3", "one", role="accumulate", names=("centroid_sum", "weighted_center"))
        s.code("middle = (a + b + c) / 3.0\nwp.atomic_add(moment, 0, middle * (area * scale[f]))")
    elif kind == "volume":
        s.result("volume", "real", "one", role="accumulate", names=("total_volume", "enclosed"))
        s.code(draw.choice(("wp.atomic_add(volume, 0, wp.dot(a, wp.cross(b, c)) / 6.0)", "wp.atomic_add(volume, 0, wp.dot(a, n) / 6.0)")))
    elif kind == "pressure":
        s.result("force_out", "vec3", "points", role="accumulate", names=("vertex_forces", "point_forces"))
        s.code("share = n * (scale[f] / 6.0)\n" + "\n".join(f"wp.atomic_add(force_out, {k}, share)" for k in ("ia", "ib", "ic")))
        s.result("load_out", "real", "faces", names=("face_load", "total_pressure"))
        s.code("load_out[f] = area * scale[f]")
    else:
        s.field("rest", "real", "faces", low=0.2, high=0.8, names=("rest_length", "rest_area"))
        s.result("energy", "real", "faces", names=("strain_energy", "stretch"))
        s.code(
            draw.choice(
                (
                    "stretch = wp.length(b - a) - rest[f]\nenergy[f] = 0.5 * stretch * stretch * scale[f]",
                    "ratio = 0.5 * wp.length(n) / rest[f]\nenergy[f] = (ratio - 1.0) * (ratio - 1.0) * scale[f]",
                )
            )
        )
