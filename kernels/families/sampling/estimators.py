"""Monte Carlo estimators: integrals over shapes, direct light from area lights, environment maps, discrete importance sampling."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Sorted, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.sampling.generators import sample_loop, seeded, sizes
from kernels.language.interval import Interval

SHAPES = {
    "disk": ("vec2", "wp.sample_unit_disk(state)"),
    "square": ("vec2", "wp.sample_unit_square(state)"),
    "triangle": ("vec2", "wp.sample_triangle(state)"),
    "ring": ("vec2", "wp.sample_unit_ring(state)"),
    "ball": ("vec3", "wp.sample_unit_sphere(state)"),
    "sphere": ("vec3", "wp.sample_unit_sphere_surface(state)"),
    "cube": ("vec3", "wp.sample_unit_cube(state)"),
    "half_ball": ("vec3", "wp.sample_unit_hemisphere(state)"),
    "hemisphere": ("vec3", "wp.sample_unit_hemisphere_surface(state)"),
}
DOMAINS = {
    "disk": 2,
    "square": 2,
    "triangle": 1,
    "ring": 1,
    "ball": 2,
    "sphere": 3,
    "cube": 3,
    "half_ball": 3,
    "hemisphere": 4,
    "interval": 2,
    "normal": 1,
}
"""How often an integral is over a shape or an interval."""


def build_integral(draw: Draw, draft: MirrorDraft) -> Case:
    """The mean of a drawn integrand over a shape or an interval, and of its square now and then."""
    i = draw.choice(("tid", "i", "estimate"))
    draft.field("frequency", "float", "n", low=0.3, high=2.0, names=("scale", "sharpness", "width"))
    draft.thread("n", "frequency", index=i, counts=("n", "num_estimates"))
    draft.code(f"freq = frequency[{i}]")
    loop = sample_loop(draw, draft, i)
    shape = draw.weighted(list(DOMAINS), list(DOMAINS.values()))
    square = draw.chance(0.35)
    draft.code("total = float(0.0)" + ("\nsquared = float(0.0)" if square else ""))
    body = []
    if shape == "interval":
        low, high = draw.choice(((0.0, 1.0), (-1.0, 1.0), (0.0, 3.0), (-2.0, 0.5)))
        body.append("x = wp.randf(state)" if (low, high) == (0.0, 1.0) else f"x = wp.randf(state, {low}, {high})")
        inputs = [("x", "float", low, high)]
    elif shape == "normal":
        body.append("x = wp.randn(state)")
        inputs = [("x", "float", -5.8, 5.8)]
    else:
        type, call = SHAPES[shape]
        body.append(f"p = {call}")
        if type == "vec3":
            inputs = [("p", "vec3", -1.0, 1.0)]
        else:
            body.append("x = p[0]\ny = p[1]")
            inputs = [("x", "float", -1.0, 1.0), ("y", "float", -1.0, 1.0)]
    function = draw.choice(("integrand", "f", "weight_function"))
    draft.define_drawn(function, [*inputs, ("freq", "float", 0.3, 2.0)], "float", Interval(-200.0, 200.0))
    body.append(f"value = {function}({', '.join(name for name, *_ in inputs)}, freq)")
    body.append("total += value" + ("\nsquared += value * value" if square else ""))
    draft.code(loop.code("\n".join(body)))
    draft.code(f"mean = total / {loop.real}")
    if square:
        out = draft.result("second_moment", "float", "n", names=("mean_square", "power_out"))
        draft.code(f"{out}[{i}] = squared / {loop.real}")
    if loop.static:
        stored(draft, "mean", "float", 200.0, i, ["n"], ("integral", "estimate_out", "mean_out"))
    else:
        out = draft.result(draft.name("integral", "estimate_out", "mean_out"), "float", "n")
        draft.code(f"{out}[{i}] = mean")
    return draft.finish(f"integrate_{shape}", ["n"], sizes(draw))


def build_light(draw: Draw, draft: MirrorDraft) -> Case:
    """Direct light at shading points: a quad, triangle or sphere light, or the sky over a hemisphere, with cosines and distances."""
    i = draw.choice(("tid", "i", "pixel"))
    draft.field("positions", "vec3", "n", low=-1.0, high=1.0, names=("hit_pos", "x", "shading_points"))
    draft.field("normals", "vec3", "n", domain=UnitVectors(), names=("hit_normal", "shading_normals"))
    # What a loop with a run-time count has summed up is right only where its factors receive no gradient.
    static = draw.chance(0.6)
    type = "float" if draw.chance(0.5) else "vec3"
    draft.field("albedo", type, "n", low=0.1, high=0.9, differentiable=static, names=("reflectance", "diffuse"))
    draft.thread("n", "positions", index=i, counts=("num_pixels", "pixel_count"))
    colored = draft.names.arrays["albedo"][0].rank == 1
    kind = draw.choice(("quad", "triangle", "sphere", "sky", "sky", "sky", "sky", "cone"))
    draft.code(f"x = positions[{i}]\nn = normals[{i}]")
    if kind in ("sky", "cone"):
        _frame(draw, draft)
    if kind == "quad":
        corner = draft.uniform("light_corner", "vec3", Uniform(2.0, 3.0), names=("light_pos",))
        edges = "vec3(1.0, 0.0, 0.0)", "vec3(0.0, 0.0, 1.0)"
    elif kind == "triangle":
        draft.field("light_vertices", "vec3", 3, low=2.0, high=3.5, names=("light_tri", "emitter"))
    elif kind == "sphere":
        centre = draft.uniform("light_center", "vec3", Uniform(2.0, 3.0), names=("lamp",))
        radius = draft.tune(draw.choice(("light_radius", "bulb_radius")), 0.2, 0.8)
    power = draft.tune(draw.choice(("intensity", "radiance", "emission")), 0.5, 4.0)
    loop = sample_loop(draw, draft, i, static=static)
    draft.code("total = float(0.0)")
    body = []
    if kind == "quad":
        body += ["uv = wp.sample_unit_square(state)", f"y = {corner} + {edges[0]} * uv[0] + {edges[1]} * uv[1]"]
    elif kind == "triangle":
        body += [
            "bary = wp.sample_triangle(state)",
            "y = light_vertices[0] * bary[0] + light_vertices[1] * bary[1] + light_vertices[2] * (1.0 - bary[0] - bary[1])",
        ]
    elif kind == "sphere":
        body += [f"y = {centre} + {radius} * wp.sample_unit_sphere_surface(state)"]
    if kind in ("quad", "triangle", "sphere"):
        body += ["d = y - x", "dist2 = wp.dot(d, d)", "wi = d / wp.sqrt(dist2)", "cos_x = wp.max(wp.dot(n, wi), 0.0)"]
        if draw.chance(0.6):
            body += ["cos_y = wp.abs(wi[1])", "contribution = cos_x * cos_y / dist2"]
        else:
            body += ["contribution = cos_x / dist2"]
    else:
        if kind == "sky":
            body += [f"h = {draw.choice(('wp.sample_unit_hemisphere_surface(state)', 'wp.sample_unit_hemisphere(state)'))}"]
        else:
            spread = draw.real(0.3, 0.8)
            body += [
                "u1 = wp.randf(state)",
                "u2 = wp.randf(state)",
                f"cos_t = 1.0 - u1 * {spread}",
                "sin_t = wp.sqrt(1.0 - 0.999 * cos_t * cos_t)",
                "h = vec3(sin_t * wp.cos(6.2831853 * u2), sin_t * wp.sin(6.2831853 * u2), cos_t)",
            ]
        body += ["wi = tangent * h[0] + bitangent * h[1] + n * h[2]"]
        sky = draw.choice(("0.5 + 0.5 * wi[1]", "wp.exp(wi[1] - 1.0)", "wp.max(wi[1], 0.0) + 0.1", "1.0 / (1.5 - wi[2])"))
        body += [f"sky = {sky}", f"contribution = sky * {draw.choice(('h[2]', 'wp.dot(n, wi)', 'wp.abs(wp.dot(n, wi))'))}"]
    if draw.chance(0.35):
        ball = draw.real(0.3, 0.6)
        draft.define(
            "visible",
            "origin: vec3, direction: vec3",
            f"""
            b = wp.dot(origin, direction)
            c = wp.dot(origin, origin) - {ball}
            if b * b - c < 0.0:
                return 1.0
            return 0.25
            """,
            "float",
            "Whether a ball around the origin leaves the ray free.",
        )
        body += ["contribution = contribution * visible(x * 2.0, wi)"]
    body += ["total += contribution"]
    draft.code(loop.code("\n".join(body)))
    draft.code(f"irradiance = total * {power} / {loop.real}")
    if colored:
        draft.code(f"shade = albedo[{i}] * irradiance")
        stored(draft, "shade", "vec3", 8.0, i, ["n"], ("color", "radiance_out", "shaded"), share=0.4 if loop.static else 0.0)
    else:
        draft.code(f"shade = albedo[{i}] * irradiance")
        stored(draft, "shade", "float", 8.0, i, ["n"], ("color", "radiance_out", "shaded"), share=0.4 if loop.static else 0.0, total=0.0)
    return draft.finish(f"{draw.choice(('direct', 'sample', 'shade'))}_{kind}_light", ["n"], sizes(draw, 90))


def _frame(draw: Draw, draft: MirrorDraft) -> None:
    """Names `tangent` and `bitangent`, which make a frame with `n`."""
    if draw.chance(0.5):
        step(
            draft,
            "tangent",
            "any_tangent",
            "n: vec3",
            ["n"],
            """
            if wp.abs(n[0]) > 0.6:
                return wp.normalize(wp.cross(vec3(0.0, 1.0, 0.0), n))
            return wp.normalize(wp.cross(vec3(1.0, 0.0, 0.0), n))
            """,
            "vec3",
            share=1.0,
        )
    else:
        draft.code("""
            helper = vec3(0.0, 0.0, 1.0)
            if wp.abs(n[2]) > 0.7:
                helper = vec3(1.0, 0.0, 0.0)
            tangent = wp.normalize(wp.cross(helper, n))
            """)
    draft.code("bitangent = wp.cross(n, tangent)")


def build_table(draw: Draw, draft: MirrorDraft) -> Case:
    """Discrete importance sampling: an index drawn from a cumulative distribution, what it stands for, weighted by its probability."""
    i = draw.choice(("tid", "i", "sample"))
    draft.field("values", "float", "table", names=("table_in", "radiance", "payload"))
    draft.field("weight", "float", "n", low=0.2, high=1.5, names=("scale", "throughput"))
    builtin = draw.chance(0.85)
    table = 11
    draft.thread("n", "weight", index=i, counts=("n", "num_samples_total"))
    seeded(draw, draft, i)
    draft.field("cdf", "float", table, domain=Sorted(0.02, 1.0), differentiable=False, names=("cumulative", "distribution"))
    if builtin:
        draft.code(f"k = wp.min(wp.sample_cdf(state, cdf), {table - 1})")
    else:
        draft.code(f"""
            u = wp.randf(state)
            k = int(0)
            for j in range({table}):
                if u > cdf[j]:
                    k = j + 1
            k = wp.min(k, {table - 1})
            """)
    way = draw.choice(("value", "interpolated", "histogram", "probability"))
    if way == "histogram":
        out = draft.result("counts", "int", table, role="accumulate", names=("histogram", "hits"))
        draft.code(f"wp.atomic_add({out}, k, 1)")
        out = draft.result("mass", "float", table, role="accumulate", names=("weighted_counts", "deposits"))
        draft.code(f"wp.atomic_add({out}, k, weight[{i}])")
    elif way == "probability":
        draft.code("p = cdf[k]\nif k > 0:\n    p = p - cdf[k - 1]")
        draft.code(f"estimate = values[k] * weight[{i}] / (p + 0.05)")
        stored(draft, "estimate", "float", 30.0, i, ["n"], ("estimate_out", "sampled"), total=0.4)
    elif way == "interpolated":
        draft.code(f"""
            t = wp.randf(state)
            k1 = wp.min(k + 1, {table - 1})
            picked = ((1.0 - t) * values[k] + t * values[k1]) * weight[{i}]
            """)
        stored(draft, "picked", "float", 1.5, i, ["n"], ("sampled", "picked_out"))
    else:
        draft.code(f"picked = values[k] * weight[{i}]")
        stored(draft, "picked", "float", 1.5, i, ["n"], ("sampled", "picked_out"), total=0.4)
        if draw.chance(0.5):
            out = draft.result("indices", "int", "n", names=("index_out", "ancestors"))
            draft.code(f"{out}[{i}] = k")
    return draft.finish(draw.choice(("sample_distribution", "importance_sample", "resample_particles")), ["n"], sizes(draw))


def build_mesh(draw: Draw, draft: MirrorDraft) -> Case:
    """Points scattered over a mesh: a triangle at random, a point in it, its interpolated normal, color or height."""
    i = draw.choice(("tid", "i", "point"))
    draft.field("vertices", "vec3", "table", names=("verts", "mesh_points"))
    draft.field("faces", "int", "bins", 3, below="table", names=("triangles", "tri_indices"))
    draft.field("jitter", "float", "n", low=0.0, high=0.3, names=("offset", "thickness"))
    draft.thread("n", "jitter", index=i, counts=("num_points", "n"))
    seeded(draw, draft, i)
    face = draw.choice(
        (
            "wp.randi(state, 0, 8)",
            "int(wp.randu(state, wp.uint32(0), wp.uint32(8)))",
            "int(wp.randu(state) % wp.uint32(8))",
            "wp.min(wp.sample_cdf(state, area_cdf), 7)",
        )
    )
    if "area_cdf" in face:
        draft.field("area_cdf", "float", 8, domain=Sorted(0.05, 1.0), differentiable=False, names=("face_cdf", "cumulative_area"))
    draft.code(f"""
        f = {face}
        bary = wp.sample_triangle(state)
        a = vertices[faces[f, 0]]
        b = vertices[faces[f, 1]]
        c = vertices[faces[f, 2]]
        """)
    draft.code(
        draw.choice(("p = a * bary[0] + b * bary[1] + c * (1.0 - bary[0] - bary[1])", "p = c + (a - c) * bary[0] + (b - c) * bary[1]"))
    )
    if draw.chance(0.5):
        draft.code(f"face_normal = wp.cross(b - a, c - a)\np = p + face_normal * (jitter[{i}] / (wp.length(face_normal) + 0.1))")
    else:
        draft.code(
            f"p = p + wp.{draw.choice(('sample_unit_sphere', 'sample_unit_cube', 'sample_unit_sphere_surface'))}(state) * jitter[{i}]"
        )
    if draw.chance(0.3):
        out = draft.result("face_out", "int", "n", names=("face_ids", "source_face"))
        draft.code(f"{out}[{i}] = f")
    stored(draft, "p", "vec3", 1.5, i, ["n"], ("points_out", "samples_out", "scattered"))
    return draft.finish(draw.choice(("sample_mesh", "scatter_points", "surface_samples")), ["n"], sizes(draw))


def build_resample(draw: Draw, draft: MirrorDraft) -> Case:
    """The bootstrap and reservoirs: picks with replacement, one of several by weight."""
    i = draw.choice(("tid", "i", "replicate"))
    draft.field("data", "float", "table", names=("observations", "population"))
    bootstrap, static = draw.chance(0.5), draw.chance(0.6)
    draft.field("gain", "float", "n", low=0.5, high=1.5, differentiable=static or not bootstrap, names=("factor", "temperature"))
    draft.thread("n", "gain", index=i, counts=("n", "num_replicates"))
    if bootstrap:
        loop = sample_loop(draw, draft, i, static=static)
        pick = draw.choice(
            (
                "wp.randi(state, 0, 11)",
                "int(wp.randf(state) * 11.0)",
                "int(wp.randu(state, wp.uint32(0), wp.uint32(11)))",
                "int(wp.randu(state) % wp.uint32(11))",
                "wp.min(wp.sample_cdf(state, weight_cdf), 10)",
            )
        )
        if "weight_cdf" in pick:
            draft.field("weight_cdf", "float", 11, domain=Sorted(0.05, 1.0), differentiable=False, names=("cumulative", "cdf_in"))
        draft.code("total = float(0.0)")
        draft.code(loop.code(f"pick = {pick}\nd = data[pick]\ntotal += {draw.choice(('d', 'd * d', 'wp.sin(d)', 'd * wp.exp(-d)'))}"))
        draft.code(f"mean = total / {loop.real}\nmean = mean * gain[{i}]")
        if loop.static:
            stored(draft, "mean", "float", 4.0, i, ["n"], ("bootstrap_mean", "mean_out"))
        else:
            out = draft.result("bootstrap_mean", "float", "n")
            draft.code(f"{out}[{i}] = mean")
        return draft.finish("bootstrap", ["n"], sizes(draw))
    count = draw.integer(4, 8)
    draft.field("candidate_weight", "float", "n", count, domain=Uniform(0.1, 1.0), differentiable=False, names=("target_pdf", "weights"))
    draft.field("candidate", "int", "n", count, domain=Integers(0, 11), names=("light_index", "proposal"))
    draft.names.safe.add("candidate")
    seeded(draw, draft, i)
    draft.code(f"""
        chosen = candidate[{i}, 0]
        w_sum = float(0.0)
        for k in range({count}):
            w = candidate_weight[{i}, k]
            w_sum = w_sum + w
            if wp.randf(state) * w_sum < w:
                chosen = candidate[{i}, k]
        """)
    out = draft.result("reservoir", "int", "n", names=("chosen_out", "selected"))
    draft.code(f"{out}[{i}] = chosen")
    draft.code(f"estimate = data[chosen] * gain[{i}]")
    if draw.chance(0.6):
        draft.code(f"estimate = estimate * (w_sum / {count}.0)")
    stored(draft, "estimate", "float", 3.0, i, ["n"], ("estimate_out", "shading"))
    return draft.finish(draw.choice(("reservoir_sample", "resampled_importance")), ["n"], sizes(draw))
