"""Path tracing in small: rays that bounce between a few spheres, with diffuse, glossy and emitting surfaces under a sky."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.sampling.generators import seeded, sizes

HIT = """
oc = origin - center
b = wp.dot(oc, direction)
c = wp.dot(oc, oc) - radius * radius
disc = b * b - c
if disc < 0.0:
    return 1.0e6
root = wp.sqrt(disc)
near = -b - root
if near > 0.001:
    return near
far = -b + root
if far > 0.001:
    return far
return 1.0e6
"""
SKIES = (
    "t = 0.5 * (d[1] + 1.0)\nreturn vec3(1.0, 1.0, 1.0) * (1.0 - t) + vec3(0.5, 0.7, 1.0) * t",
    "return vec3(0.3, 0.4, 0.6) * wp.exp(0.5 * d[1])",
    "sun = wp.exp(4.0 * (d[1] - 1.0))\nreturn vec3(0.1, 0.2, 0.4) + vec3(2.0, 1.8, 1.5) * sun",
)
BOUNCES = {
    "diffuse": "d = wp.normalize(n + wp.sample_unit_sphere_surface(state) * 0.95)",
    "glossy": "mirror = d - n * (2.0 * wp.dot(d, n))\nd = wp.normalize(mirror + wp.sample_unit_sphere(state) * {fuzz})",
    "mixed": (
        "if wp.randf(state) < {share}:\n    d = wp.normalize(d - n * (2.0 * wp.dot(d, n)) + wp.sample_unit_sphere(state) * {fuzz})\n"
        "else:\n    d = wp.normalize(n + wp.sample_unit_sphere_surface(state) * 0.95)"
    ),
}


def build_paths(draw: Draw, draft: MirrorDraft) -> Case:
    """One path for each pixel, of a few bounces."""
    i = draw.choice(("tid", "pixel", "ray"))
    spheres, bounces = draw.integer(2, 5), draw.integer(2, 3)
    draft.field("ray_origin", "vec3", "n", low=-0.3, high=0.3, differentiable=False, names=("ro", "origins"))
    draft.field("ray_dir", "vec3", "n", domain=UnitVectors(), differentiable=False, names=("rd", "directions"))
    draft.field("centers", "vec3", spheres, low=-2.0, high=2.0, differentiable=False, names=("sphere_pos", "positions"))
    draft.field("radii", "float", spheres, domain=Uniform(0.3, 0.8), differentiable=False, names=("sphere_radius",))
    draft.field("albedo", "vec3", spheres, low=0.2, high=0.9, names=("colors", "reflectance"))
    glowing = draw.chance(0.5)
    if glowing:
        draft.field("emission", "vec3", spheres, low=0.0, high=2.0, names=("emitted", "glow"))
    draft.thread("n", "ray_origin", index=i, counts=("num_pixels", "num_rays"))
    seeded(draw, draft, i)
    documented = draw.chance(0.6)
    head = "center: vec3, radius: float, origin: vec3, direction: vec3"
    draft.define("hit_sphere", head, HIT, "float", "Distance along a ray to a sphere, or a million." if documented else "")
    draft.define("sky_color", "d: vec3", draw.choice(SKIES), "vec3", "Radiance from outside of the scene." if documented else "")
    bounce = BOUNCES[draw.choice(tuple(BOUNCES))].format(fuzz=draw.real(0.1, 0.6), share=draw.real(0.3, 0.7))
    jitter = draw.chance(0.5)
    if jitter:
        draft.code(f"d = wp.normalize(ray_dir[{i}] + wp.sample_unit_cube(state) * 0.02)")
    else:
        draft.code(f"d = ray_dir[{i}]")
    kinds = draw.chance(0.35)
    if kinds:
        draft.field("materials", "int", spheres, domain=Integers(0, 3), names=("material_id",))
    scattered = [
        "p = o + d * nearest",
        "n = (p - centers[which]) / radii[which]",
        *(["radiance = radiance + wp.cw_mul(throughput, emission[which])"] if glowing else []),
        "throughput = wp.cw_mul(throughput, albedo[which])",
        *(["if materials[which] == 2:", "    throughput = throughput * 0.5"] if kinds else []),
        *bounce.split("\n"),
        "o = p + n * 0.001",
    ]
    body = [
        "nearest = float(1.0e5)",
        "which = int(-1)",
        f"for s in range({spheres}):",
        "    t = hit_sphere(centers[s], radii[s], o, d)",
        "    if t < nearest:",
        "        nearest = t",
        "        which = s",
        "if which < 0:",
        "    radiance = radiance + wp.cw_mul(throughput, sky_color(d))",
        "    alive = 0",
        "else:",
        *(f"    {line}" for line in scattered),
    ]
    start = [f"o = ray_origin[{i}]", "throughput = vec3(1.0, 1.0, 1.0)", "radiance = vec3()", "alive = int(1)"]
    loop = [f"for bounce in range({bounces}):", "    if alive == 1:", *(f"        {line}" for line in body)]
    draft.code("\n".join([*start, *loop]))
    out = draft.result("image", "vec3", "n", names=("radiance_out", "color_out", "pixels"))
    tone = draw.choice(("radiance", "radiance", "radiance / (1.0 + wp.length(radiance))"))
    draft.code(f"{out}[{i}] = {tone}")
    if draw.chance(0.4):
        out = draft.result("escaped", "int", "n", names=("hit_sky",))
        draft.code(f"{out}[{i}] = 1 - alive")
    return draft.finish(draw.choice(("trace_paths", "render", "path_trace")), ["n"], sizes(draw, 66))
