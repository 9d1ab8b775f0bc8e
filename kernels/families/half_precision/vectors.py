"""Half-precision vectors: shading, colors, packed directions, particles, tables."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step
from kernels.draw import Draw
from kernels.families.half_precision.formats import F16, kept_half, kept_single, sizes


def build_shading(draw: Draw, draft: MirrorDraft) -> Case:
    """Shading with vectors in half: normals and lights, fog, tone curves; in half or with casts to single precision."""
    i = draw.choice(("tid", "pixel", "i"))
    draft.field("normals", "wp.vec3h", "n", domain=UnitVectors(), names=("n_in", "gbuffer_normal"))
    draft.field("lights", "wp.vec3h", "n", domain=UnitVectors(), names=("l_in", "light_dir"))
    draft.field("albedo", "wp.vec3h", "n", low=0.1, high=0.9, names=("base_color", "diffuse"))
    draft.thread("n", "normals", index=i, counts=("num_pixels", "pixel_count"))
    if draw.chance(0.5):
        ambient = draw.real(0.5, 0.8)
        draft.code(f"""
            n = normals[{i}]
            l = lights[{i}]
            c = wp.float16({ambient}) + wp.float16({round(0.95 - ambient, 2)}) * wp.dot(n, l)
            color = albedo[{i}] * {draw.choice(("(c * c)", "c", "wp.sqrt(c)"))}
            """)
        kind = draw.choice(("plain", "fog", "cross", "exposure"))
        if kind == "fog":
            draft.field("depth", "wp.float16", "n", low=0.1, high=2.0)
            draft.code(f"fog = wp.exp(-depth[{i}])\ncolor = color * fog + wp.vec3h(0.5, 0.6, 0.7) * (wp.float16(1.0) - fog)")
        elif kind == "cross":
            draft.code("side = wp.cross(n, l)\ncolor = color + side * wp.float16(0.25)")
        elif kind == "exposure":
            draft.code("color = color / (wp.float16(1.0) + wp.length(color))")
        kept_half(draft, "color", "wp.vec3h", i, ("shaded", "color_out", "radiance"))
        return draft.finish(draw.choice(("shade_half", "half_shading")), ["n"], sizes(draw))
    draft.code(f"""
        n = vec3(normals[{i}])
        l = vec3(lights[{i}])
        wrap = 0.5 + 0.5 * wp.dot(n, l)
        shade = vec3(albedo[{i}]) * {draw.choice(("(wrap * wrap)", "wrap", "wp.exp(wrap - 1.0)"))}
        """)
    if draw.chance(0.5):
        draft.field("view", "vec3", "n", domain=UnitVectors(), names=("v_in",))
        draft.code(f"h = l * 0.9 + view[{i}] * 0.8\ngloss = wp.exp(-2.0 * (1.5 - wp.dot(n, h)))\nshade = shade + vec3(gloss, gloss, gloss)")
    if draw.chance(0.4):
        tones = ("shade / (1.0 + wp.length(shade))", "wp.cw_mul(shade, shade)", "shade * 0.8 + n * 0.1")
        draft.code(f"shade = {draw.choice(tones)}")
    if draw.chance(0.4):
        draft.field("occlusion", draw.choice(("float", "wp.float16")), "n", low=0.3, high=1.0, names=("ao", "shadow"))
        draft.code(
            f"shade = shade * float(occlusion[{i}])"
            if draft.names.arrays["occlusion"][0].scalar == "float16"
            else f"shade = shade * occlusion[{i}]"
        )
    if draw.chance(0.3):
        draft.field("emission", "wp.vec3h", "n", low=0.0, high=0.5, names=("glow",))
        draft.code(f"shade = shade + vec3(emission[{i}])")
    wide = draw.chance(0.4)
    out = draft.result("shaded", "vec3" if wide else "wp.vec3h", "n", names=("color_out", "radiance"))
    draft.code(f"{out}[{i}] = {'shade' if wide else 'wp.vec3h(shade)'}")
    return draft.finish("deferred_lighting", ["n"], sizes(draw))


def build_packing(draw: Draw, draft: MirrorDraft) -> Case:
    """Directions and colors packed into two or four halves and read back: stereographic and spherical normals, alpha."""
    i = draw.choice(("tid", "i", "texel"))
    way = draw.choice(("encode", "decode", "round_trip", "alpha", "uv"))
    counts = ("num_texels", "texel_count")
    if way in ("encode", "round_trip"):
        draft.field("normals", "vec3", "n", domain=UnitVectors(), names=("n_in", "directions"))
        draft.thread("n", "normals", index=i, counts=counts)
        draft.code(f"""
            n = normals[{i}]
            scale = 1.0 / wp.sqrt({draw.choice(("2.5", "3.0", "3.5"))} + 2.0 * n[2])
            packed = {draw.choice(("wp.vec2h(wp.float16(n[0] * scale), wp.float16(n[1] * scale))", "wp.vec2h(vec2(n[0], n[1]) * scale)"))}
            """)
        if way == "encode":
            kept_half(draft, "packed", "wp.vec2h", i, ("packed_out", "encoded"))
        else:
            draft.code("""
                u = float(packed[0])
                v = float(packed[1])
                r2 = u * u + v * v
                back = vec3(u * (2.0 - r2), v * (2.0 - r2), 2.0 - r2)
                """)
            out = draft.result("decoded", "vec3", "n", names=("normals_out",))
            draft.code(f"{out}[{i}] = {draw.choice(('back', 'wp.normalize(back)', 'back * 0.5 + n'))}")
    elif way == "decode":
        draft.field("packed", "wp.vec2h", "n", low=-0.6, high=0.6, names=("encoded", "normal_tex"))
        draft.thread("n", "packed", index=i, counts=counts)
        draft.code(f"""
            p = packed[{i}]
            f = float(wp.dot(p, p))
            g = wp.sqrt(1.0 - 0.25 * f)
            n = vec3(float(p[0]) * g, float(p[1]) * g, 1.0 - 0.5 * f)
            """)
        if draw.chance(0.4):
            draft.code("n = wp.normalize(n)")
        if draw.chance(0.5):
            for axis in ("tangents", "bitangents", "geo_normals"):
                draft.field(axis, draw.choice(("vec3", "wp.vec3h")), "n", domain=UnitVectors())
            parts = [
                f"{a}[{i}]" if draft.names.arrays[a][0].scalar == "float32" else f"vec3({a}[{i}])"
                for a in ("tangents", "bitangents", "geo_normals")
            ]
            draft.code(f"n = {parts[0]} * n[0] + {parts[1]} * n[1] + {parts[2]} * n[2]")
        wide = draw.chance(0.5)
        out = draft.result("normals_out", "vec3" if wide else "wp.vec3h", "n")
        draft.code(f"{out}[{i}] = {'n' if wide else 'wp.vec3h(n)'}")
    elif way == "alpha":
        for name in ("source", "target"):
            draft.field(name, "wp.vec4h", "n", low=0.05, high=0.95, names=(f"{name}_rgba",))
        draft.thread("n", "source", index=i, counts=counts)
        draft.code(f"s = source[{i}]\nt = target[{i}]\nkeep = wp.float16(1.0) - s[3]")
        overs = ("s + t * keep", "s * s[3] + t * keep", "wp.cw_mul(s, t) + t * keep", "wp.lerp(t, s, s[3])", "s + t - wp.cw_mul(s, t)")
        over = draw.choice(overs)
        draft.code(f"over = {over}")
        kept_half(draft, "over", "wp.vec4h", i, ("blended", "rgba_out"))
    else:
        draft.field("uv", "wp.vec2h", "n", names=("texcoord", "coords"))
        draft.field("offsets", "wp.vec2h", "n", low=-0.3, high=0.3, names=("scroll", "jitter"))
        draft.thread("n", "uv", index=i, counts=counts)
        draft.code(f"p = uv[{i}] * wp.float16({draw.real(0.5, 1.5)}) + offsets[{i}]")
        waves = ("2.0 + wp.sin(2.0 * u) * wp.cos(v)", "wp.exp(-u * u - v * v)", "1.0 + 0.5 * u * v")
        draft.code(f"u = float(p[0])\nv = float(p[1])\nwave = {draw.choice(waves)}")
        kept_single(draft, "wave", 3.0, i, F16, ("wave_out", "pattern"))
    return draft.finish(f"{way}_halves", ["n"], sizes(draw))


def build_particles(draw: Draw, draft: MirrorDraft) -> Case:
    """Particles stored in half and moved in single precision, or in half altogether: steps, springs, drag, attraction."""
    i = draw.choice(("tid", "particle", "i"))
    wide = draw.chance(0.6)
    draft.field("pos", "wp.vec3h", "n", names=("x_half", "positions"))
    draft.field("vel", "wp.vec3h", "n", names=("v_half", "velocities"))
    draft.thread("n", "pos", index=i, counts=("num_particles", "particle_count"))
    real, vec, cast = ("{0}", "vec3", "float({0})") if wide else ("wp.float16({0})", "wp.vec3h", "{0}")
    draft.code(f"x = vec3(pos[{i}])\nv = vec3(vel[{i}])" if wide else f"x = pos[{i}]\nv = vel[{i}]")
    dt = real.format(draw.real(0.05, 0.3))
    force = draw.choice(("spring", "drag", "center", "swirl"))
    if force == "spring":
        draft.field("stiffness", "wp.float16", "n", low=0.3, high=2.0, names=("k_half",))
        draft.code(f"a = x * (-{cast.format(f'stiffness[{i}]')})")
    elif force == "drag":
        draft.code(f"a = v * (-{real.format(draw.real(0.2, 1.0))}) * wp.length(v)")
    elif force == "center":
        draft.code(f"d = wp.length(x) + {real.format(0.5)}\na = x * (-{real.format(1.0)} / (d * d))")
    else:
        draft.code(f"a = wp.cross({vec}(0.0, 1.0, 0.0), x) * {real.format(0.5)}")
    if draw.chance(0.5):
        draft.code(f"a = a + {vec}(0.0, -0.98, 0.0)")
    if draw.chance(0.3):
        draft.field("inv_mass", "wp.float16", "n", low=0.3, high=1.5, names=("w_half",))
        draft.code(f"a = a * {cast.format(f'inv_mass[{i}]')}")
    if draw.chance(0.35):
        draft.field("wind", "wp.vec3h" if draw.chance(0.5) or not wide else "vec3", "n", low=-0.5, high=0.5, names=("external", "push"))
        gust = f"wind[{i}]" if not wide or draft.names.arrays["wind"][0].scalar == "float32" else f"vec3(wind[{i}])"
        draft.code(f"a = a + {gust}")
    moved, pushed = f"x = x + v * {dt}", f"v = v + a * {dt}"
    damped = f"v = v * {real.format(0.9)}"
    order = draw.choice(((pushed, moved), (moved, pushed), (pushed, damped, moved), (damped, pushed, moved)))
    draft.code("\n".join(order))
    for name, value in (("pos_out", "x"), *([("vel_out", "v")] if draw.chance(0.7) else [])):
        out = draft.result(name, "wp.vec3h", "n")
        draft.code(f"{out}[{i}] = {f'wp.vec3h({value})' if wide else value}")
    if draw.chance(0.35):
        draft.code("energy = float(wp.dot(v, v)) * 0.5")
        total = draft.result("kinetic", "float", 1, role="accumulate", names=("energy_sum",))
        draft.code(f"wp.atomic_add({total}, 0, energy)")
    return draft.finish(f"{force}_particles_half", ["n"], sizes(draw))


def build_table(draw: Draw, draft: MirrorDraft) -> Case:
    """Tables in half read at an index and mixed in single precision: embeddings, blend shapes, ramps."""
    i = draw.choice(("tid", "i", "token"))
    way = draw.choice(("embedding", "blend", "ramp"))
    if way == "embedding":
        draft.field("table", "wp.vec4h", "table", names=("embedding", "codebook"))
        draft.field("ids", "int", "n", below="table", names=("tokens", "indices"))
        draft.field("scales", "float", "n", low=0.3, high=1.5, names=("gain",))
        draft.thread("n", "ids", index=i, counts=("num_tokens", "token_count"))
        draft.code(f"e = vec4(table[ids[{i}]]) * scales[{i}]")
        if draw.chance(0.4):
            draft.field("positional", "wp.vec4h", "n", names=("position_code",))
            draft.code(f"e = e + vec4(positional[{i}])")
        if draw.chance(0.4):
            out = draft.result("e_out", "wp.vec4h", "n", names=("gathered",))
            draft.code(f"{out}[{i}] = wp.vec4h(e)")
        else:
            draft.code("norm = wp.sqrt(wp.dot(e, e) + 0.1)")
            kept_single(draft, "norm", 5.0, i, F16, ("norm_out",))
    elif way == "blend":
        count = draw.integer(2, 5)
        own, gathered = draw.chance(0.4), draw.chance(0.3)
        draft.field("shapes", "wp.vec3h", *(["table"] if gathered else ["n", count]), names=("deltas", "targets"))
        if gathered:
            draft.field("shape_ids", "int", "n", count, below="table", names=("links", "influences"))
        draft.field("weights", "wp.float16", *(["n"] if own else []), count, low=0.0, high=1.0, names=("blend_weight",))
        draft.field("rest", "vec3", "n", names=("base_pos",))
        draft.thread("n", "rest", index=i, counts=("num_vertices", "vertex_count"))
        at = f"weights[{i}, k]" if own else "weights[k]"
        shape = f"shapes[shape_ids[{i}, k]]" if gathered else f"shapes[{i}, k]"
        weight = draw.choice((f"float({at})", f"float({at}) * 0.5", f"wp.tanh(float({at}))", f"float({at} * {at})"))
        start = draw.choice((f"rest[{i}]", "vec3()", f"rest[{i}] * 0.5"))
        draft.code(f"p = {start}\nfor k in range({count}):\n    p = p + vec3({shape}) * {weight}")
        if draw.chance(0.3):
            draft.field("normals", "wp.vec3h", "n", domain=UnitVectors(), names=("rest_normal",))
            draft.code(f"p = p + vec3(normals[{i}]) * {draw.real(0.05, 0.4)}")
        wide = draw.chance(0.5)
        out = draft.result("p_out", "vec3" if wide else "wp.vec3h", "n", names=("deformed",))
        draft.code(f"{out}[{i}] = {'p' if wide else 'wp.vec3h(p)'}")
    else:
        draft.field("ramp", "wp.vec3h", 2, low=0.0, high=1.0, names=("palette",))
        draft.field("t", "wp.float16", "n", low=0.0, high=1.0, names=("phase",))
        draft.thread("n", "t", index=i, counts=("num_items", "item_count"))
        eases = ("u * u * (wp.float16(3.0) - wp.float16(2.0) * u)", "u * u", "wp.sin(wp.float16(1.57) * u)")
        ease = f"return {draw.choice(eases)}"
        step(draft, "s", "ease", "u: wp.float16", [f"t[{i}]"], ease, "wp.float16")
        draft.code("color = ramp[0] * (wp.float16(1.0) - s) + ramp[1] * s")
        kept_half(draft, "color", "wp.vec3h", i, ("colors", "color_out"))
    return draft.finish(f"{way}_table", ["n"], sizes(draw))
