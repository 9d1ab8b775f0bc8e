"""Whether and how often rays meet a mesh: visibility, shadows, ambient occlusion, insides by crossings."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.queries.script import QueryScript
from kernels.families.mesh_query.rays import asks_any, asks_crossings
from kernels.families.mesh_query.search import Mesh, mesh_sizes

_NAMES = {
    "any": ("test_visibility", "occlusion_rays", "shadow_rays"),
    "segment": ("test_visibility", "line_of_sight", "shadow_rays"),
    "ambient": ("ambient_occlusion", "occlusion_rays", "sky_visibility"),
    "crossings": ("mesh_crossings", "count_crossings", "inside_test"),
    "votes": ("inside_votes", "classify_samples", "mesh_crossings"),
}


def build_occlusion(s: QueryScript) -> Case:
    """Whether and how often rays meet a mesh or a group of its faces, along given directions, to given points, or around each point."""
    draw = s.draw
    what = draw.weighted(("any", "segment", "ambient", "crossings", "votes"), (2, 2, 2, 3.5, 2))
    counted = what in ("crossings", "votes")
    grouped = draw.chance(0.35)
    mesh = Mesh(s, kinds=("sphere", "torus", "box") if counted else ("sphere", "torus", "box", "sheet"), grouped=grouped)
    s.field("x", "vec3", "n", domain=Uniform(-1.3, 1.3), names=("points", "origins", "samples"))
    s.thread("n", "x", index="i", names=("tid", "ray"), counts=("num_points", "num_rays"))
    s.code("start = x[i]")
    if what in ("any", "crossings"):
        s.field("directions", "vec3", "n", domain=UnitVectors(), names=("ray_dir", "dirs"))
        s.code("direction = directions[i]")
    elif what == "segment":
        s.field("ends", "vec3", "n", domain=Uniform(-1.3, 1.3), names=("targets", "light_pos", "other_points"))
        s.code("direction = ends[i] - start")
    mesh.declare()
    if grouped:
        s.field("group", "int", "n", domain=Integers(0, 3), names=("env_id", "world", "ray_group"))
        mesh.root("group[i]")
    root = asks_crossings(s, mesh) if counted else asks_any(s, mesh)
    if what == "crossings":
        _crossings(s, root)
    elif what == "votes":
        _votes(s, root)
    elif what == "ambient":
        _ambient(s, root)
    else:
        _blocked(s, root, "1.0" if what == "segment" else draw.choice(("1.0e6", "1.5", "0.8")))
    return s.finish(draw.choice(_NAMES[what]), ["n"], mesh_sizes(mesh, s))


def _crossings(s: QueryScript, root: str) -> None:
    """How often each ray meets the mesh, and what follows from it."""
    draw = s.draw
    s.code(f"crossings = wp.mesh_query_ray_count_intersections(mesh, start, direction{root})")
    kinds = draw.subset(("count", "inside", "total", "weight", "crowded"), draw.weighted((1, 2, 3), (2, 4, 3)))
    for kind in kinds:
        if kind == "count":
            s.result("count_out", "int", "n", names=("hit_count", "num_crossings"))
            s.code(draw.choice(("count_out[i] = crossings", "count_out[i] = crossings + 1", "count_out[i] = (crossings + 1) // 2")))
        elif kind == "inside":
            s.result("inside_out", "int", "n", names=("inside", "parity"))
            s.code(
                draw.choice(
                    (
                        "inside_out[i] = crossings % 2",
                        "inside_out[i] = crossings & 1",
                        "if crossings % 2 == 1:\n    inside_out[i] = 1\nelse:\n    inside_out[i] = 0",
                        "inside_out[i] = wp.where(crossings % 2 == 0, -1, 1)",
                    )
                )
            )
        elif kind == "total":
            s.result("total", "int", "one", role="accumulate", names=("total_crossings", "hit_total"))
            s.code(draw.choice(("wp.atomic_add(total, 0, crossings)", "wp.atomic_max(total, 0, crossings)")))
        elif kind == "weight":
            s.field("power", "real", "n", low=0.2, high=1.0, names=("weight", "intensity"))
            s.result("passed", "real", "n", names=("transmitted", "light_out", "received"))
            s.tuning(("loss", 0.2, 0.8))
            s.code(
                draw.choice(
                    ("passed[i] = power[i] * wp.exp(-loss * float(crossings))", "passed[i] = power[i] / (1.0 + loss * float(crossings))")
                )
            )
        else:
            s.result("crowded", "int", "one", role="accumulate", names=("num_inside", "hit_rays", "crossed"))
            s.code(f"if crossings {draw.choice(('> 0', '% 2 == 1', '> 1'))}:\n    wp.atomic_add(crowded, 0, 1)")


def _votes(s: QueryScript, root: str) -> None:
    """Insides by the majority of a few rays."""
    draw = s.draw
    rays = draw.choice((3, 5))
    s.code("votes = int(0)")
    parity = draw.choice(("% 2", "& 1"))
    _around(s, rays, f"votes += wp.mesh_query_ray_count_intersections(mesh, start, direction{root}) {parity}")
    kinds = draw.subset(("inside", "share", "total"), draw.integer(1, 2))
    if "inside" in kinds:
        s.result("inside_out", "int", "n", names=("inside", "solid", "occupied"))
        s.code(draw.choice((f"inside_out[i] = wp.where(votes > {rays // 2}, 1, 0)", f"inside_out[i] = votes * 2 // {rays}")))
    if "share" in kinds:
        s.field("density", "real", "n", low=0.2, high=1.0, names=("weight", "mass"))
        s.result("share_out", "real", "n", names=("coverage", "occupancy"))
        s.code(draw.choice((f"share_out[i] = density[i] * float(votes) / {rays}.0", "share_out[i] = density[i] * float(votes)")))
    if "total" in kinds:
        s.result("total", "int", "one", role="accumulate", names=("num_inside", "filled"))
        s.code(f"if votes > {rays // 2}:\n    wp.atomic_add(total, 0, 1)")


def _blocked(s: QueryScript, root: str, limit: str) -> None:
    """Whether anything is on the way."""
    draw = s.draw
    s.code(f"blocked = wp.mesh_query_ray_anyhit(mesh, start, direction, {limit}{root})")
    s.result("visible", "int", "n", names=("visibility", "occluded", "line_of_sight"))
    s.code(
        draw.choice(
            (
                "visible[i] = wp.where(blocked, 0, 1)",
                "if blocked:\n    visible[i] = 0\nelse:\n    visible[i] = 1",
                "visible[i] = int(blocked)",
            )
        )
    )
    if draw.chance(0.6):
        s.field("power", "real", "n", low=0.2, high=1.0, names=("weight", "intensity"))
        s.result("light_out", "real", "n", names=("received", "irradiance"))
        s.code(
            draw.choice(
                (
                    "light_out[i] = wp.where(blocked, 0.1, 1.0) * power[i] / (1.0 + wp.length_sq(direction))",
                    "light_out[i] = wp.where(blocked, 0.0, power[i])",
                    "light_out[i] = power[i]\nif blocked:\n    light_out[i] = 0.1 * power[i]",
                )
            )
        )
    if draw.chance(0.3):
        s.result("blocked_count", "int", "one", role="accumulate", names=("num_blocked", "shadow_count"))
        s.code("if blocked:\n    wp.atomic_add(blocked_count, 0, 1)")


def _ambient(s: QueryScript, root: str) -> None:
    """The share of fixed directions, turned by the thread's number, in which nothing is near."""
    draw = s.draw
    rays = draw.choice((3, 4, 5, 6))
    s.tuning(("reach", 0.5, 1.5))
    s.start(open_rays="float(0.0)")
    s.numpy("open_rays = np.zeros(dim[0], f32)")
    s.holds("real", "open_rays")
    weight = draw.choice(("1.0", "0.5 + 0.1 * float(k)", "wp.abs(direction[2]) + 0.1"))
    _around(s, rays, f"if not wp.mesh_query_ray_anyhit(mesh, start, direction, reach{root}):\n    open_rays += {weight}")
    s.result("openness", "real", "n", names=("ambient_occlusion", "sky_visibility", "exposure"))
    s.code(draw.choice((f"openness[i] = open_rays / {rays}.0", "openness[i] = open_rays * open_rays * 0.1", "openness[i] = open_rays")))


def _around(s: QueryScript, rays: int, inner: str) -> None:
    """A loop over directions all around, `direction` each, in which the lines `inner` stand."""
    draw = s.draw
    s.code(
        f"for k in range({rays}):\n"
        f"    angle = float(k) * {draw.choice(('2.4', '1.9', '2.1'))} + float(i) * {draw.choice(('0.37', '0.73'))}\n"
        f"    height = 1.0 - 2.0 * (float(k) + 0.5) / {rays}.0\n"
        "    ring = wp.sqrt(1.0 - height * height)\n"
        "    direction = wp.vec3(ring * wp.cos(angle), ring * wp.sin(angle), height)\n"
        f"{indent(inner, '    ')}"
    )
