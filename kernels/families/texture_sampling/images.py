"""Images: samples at given places, resampled grids, filters of several taps, height fields with slopes and contacts."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.mirror.steps import stored
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.texture_sampling.lookups import finish_value
from kernels.families.texture_sampling.textures import Texture, texture_sizes


def _places(s: QueryScript, texture: Texture) -> None:
    """Names the thread and its coordinates `uv`, given directly, scaled, or as positions on a plane."""
    draw = s.draw
    if draw.chance(0.7):
        s.field("uv_in", "vec2", "n", domain=texture.span(), names=("uvs", "texcoords", "coords"))
        s.thread("n", "uv_in", index="i", names=("tid", "idx"), counts=("num_points", "num_samples"))
        s.code(draw.choice(("uv = uv_in[i]", "uv = uv_in[i] * 0.9", "uv = uv_in[i] + wp.vec2(0.13, -0.07)")))
        return
    s.field("x", "vec3", "n", low=-1.0, high=1.0, names=("points", "positions", "particle_q"))
    s.thread("n", "x", index="i", names=("tid", "idx"), counts=("num_points",))
    s.code(f"p = x[i]\nuv = wp.vec2(p[0] * 0.5 + 0.5, p[1] * 0.5 + 0.5){texture.stretch('7.0')}")


def build_image(draw: Draw) -> Case:
    """Colors or masks at given places, tinted, masked, or added up."""
    s = QueryScript(draw)
    texture = Texture(s, 2, channels=draw.choice((1, 2, 4, 4)))
    texture.declare()
    _places(s, texture)
    s.code(f"value = {texture.sample('uv')}")
    if draw.chance(0.3) and texture.smooth:
        s.field("weight", "real", "n", low=0.2, high=1.2, names=("opacity", "mask", "gain"))
        s.code(draw.choice(("value = value * weight[i]", "value = value * (1.0 - 0.5 * weight[i])")))
    finish_value(s, texture, "value", "i", ["n"])
    return s.finish(draw.choice(("sample_image", "texture_lookup", "shade_points", "project_texture")), ["n"], texture_sizes(s))


def build_resample(draw: Draw) -> Case:
    """A grid of pixels that is resampled from an image: scaled, turned, by a lens, in polar coordinates."""
    s = QueryScript(draw)
    texture = Texture(s, 2, channels=draw.choice((1, 4)))
    texture.declare()
    indices = draw.choice((("i", "j"), ("px", "py"), ("col", "row")))
    extents = ["width", "height"]
    s.grid(*((index, extent, extent) for index, extent in zip(indices, extents, strict=True)))
    if draw.chance(0.6):
        s.uniform("step_u", "real", Uniform(0.09, 0.12), names=("inv_width", "du", "pixel_width"))
        s.uniform("step_v", "real", Uniform(0.1, 0.13), names=("inv_height", "dv", "pixel_height"))
        s.code(f"u = (float({indices[0]}) + 0.5) * step_u\nv = (float({indices[1]}) + 0.5) * step_v")
    else:
        # Not at the centers or edges of texels, where the nearest one is undecided.
        s.code(f"u = (float({indices[0]}) + 0.47) / {draw.choice(('9.3', '11.2', '8.6'))}")
        s.code(f"v = (float({indices[1]}) + 0.52) / {draw.choice(('8.7', '7.9'))}")
    how = draw.choice(("scale", "turn", "lens", "polar", "wave"))
    if how == "scale":
        s.tuning(("zoom", 0.4, 1.7), ("shift", -0.2, 0.2))
        s.code("su = (u - 0.5) * zoom + 0.5 + shift\nsv = (v - 0.5) * zoom + 0.5")
    elif how == "turn":
        s.tuning(("angle", 0.2, 1.3))
        s.code("c = wp.cos(angle)\nsn = wp.sin(angle)\ndu = u - 0.5\ndv = v - 0.5")
        s.code("su = c * du - sn * dv + 0.5\nsv = sn * du + c * dv + 0.5")
    elif how == "lens":
        s.tuning(("k1", 0.1, 0.5))
        s.code("du = u - 0.5\ndv = v - 0.5\nr2 = du * du + dv * dv\nbend = 1.0 + k1 * r2")
        s.code("su = du * bend + 0.5\nsv = dv * bend + 0.5")
    elif how == "polar":
        s.code("angle = u * 6.2831853\nradius = v * 0.47\nsu = 0.5 + radius * wp.cos(angle)\nsv = 0.5 + radius * wp.sin(angle)")
    else:
        s.tuning(("amplitude", 0.02, 0.1))
        s.code("su = u + amplitude * wp.sin(9.0 * v)\nsv = v + amplitude * wp.cos(7.0 * u)")
    if not texture.normalized:
        s.code("su = su * 8.0\nsv = sv * 7.0")
    s.code(f"value = {texture.sample('su', 'sv')}")
    at = ", ".join(indices)
    finish_value(s, texture, "value", at, extents)
    sizes = texture_sizes(s)
    sizes = [{**z, "width": w, "height": h} for z, (w, h) in zip(sizes, ((1, 1), (3, 5), (9, 8)), strict=True)]
    return s.finish(draw.choice(("resample_image", "warp_image", "rotate_image", "undistort")), extents, sizes)


TAPS = {
    "cross": (("1.0", "0.0"), ("-1.0", "0.0"), ("0.0", "1.0"), ("0.0", "-1.0")),
    "diagonal": (("0.7", "0.7"), ("-0.7", "0.7"), ("0.7", "-0.7"), ("-0.7", "-0.7")),
    "row": (("-2.0", "0.0"), ("-1.0", "0.0"), ("1.0", "0.0"), ("2.0", "0.0")),
    "star": (("1.0", "0.0"), ("-0.5", "0.87"), ("-0.5", "-0.87")),
}


def build_filter(draw: Draw) -> Case:
    """Several taps around a place: blurs, sharpening, edges, Laplacians, in a loop or one by one."""
    s = QueryScript(draw)
    texture = Texture(s, 2, channels=draw.choice((1, 1, 4)), smooth=True)
    texture.declare()
    _places(s, texture)
    s.tuning(("texel", 0.05, 0.2) if texture.normalized else ("texel", 0.5, 1.5))
    s.code(f"center = {texture.sample('uv')}")
    if draw.chance(0.4):
        size = draw.choice((1, 2))
        weight = draw.choice(("1.0", "1.0 / (1.0 + float(a * a + b * b))", "wp.exp(-0.5 * float(a * a + b * b))"))
        s.code(
            f"total = center * 0.0\nnorm = float(0.0)\nfor a in range({-size}, {size + 1}):\n    for b in range({-size}, {size + 1}):\n"
            f"        w = {weight}\n        at = uv + wp.vec2(float(a) * texel, float(b) * texel)\n"
            f"        total = total + {texture.sample('at')} * w\n        norm += w"
        )
        s.code("around = total / norm")
    else:
        taps = TAPS[draw.choice(tuple(TAPS))]
        for k, (du, dv) in enumerate(taps):
            s.code(f"tap{k} = {texture.beside('uv', f'{du} * texel', f'{dv} * texel')}")
        s.code(f"around = ({' + '.join(f'tap{k}' for k in range(len(taps)))}) * {round(1.0 / len(taps), 4)}")
    form = draw.choice(("blur", "sharpen", "edge", "mix"))
    if form == "blur":
        s.code("value = 0.5 * center + 0.5 * around" if draw.chance(0.5) else "value = around")
    elif form == "sharpen":
        s.tuning(("amount", 0.3, 1.5))
        s.code("value = center + (center - around) * amount")
    elif form == "edge":
        # Where the texture is flat the two are the same but for rounding: a boost keeps something of the center.
        s.tuning(("boost", 1.2, 2.0))
        s.code("value = center * boost - around")
    else:
        s.field("blend", "real", "n", low=0.0, high=1.0, names=("coc", "blur_amount", "mixing"))
        s.code("value = center * (1.0 - blend[i]) + around * blend[i]")
    finish_value(s, texture, "value", "i", ["n"])
    return s.finish(draw.choice(("blur_texture", "sharpen_samples", "filter_image", "edge_response")), ["n"], texture_sizes(s))


def build_height(draw: Draw) -> Case:
    """A height field: heights and slopes under points, contact of particles with terrain, steps of a ray above it."""
    s = QueryScript(draw)
    texture = Texture(s, 2, smooth=True)
    texture.declare(-0.5, 0.5)
    s.field("x", "vec3", "n", low=-1.0, high=1.0, names=("particle_q", "positions", "points"))
    what = draw.choice(("contact", "slope", "clearance"))
    moving = what == "contact" and draw.chance(0.6)
    if moving:
        s.field("vel", "vec3", "n", low=-1.0, high=1.0, names=("particle_qd", "velocities"))
    s.thread("n", "x", index="i", names=("tid", "p_id"), counts=("num_particles", "num_points"))
    scale = "0.5" if texture.normalized else "4.0"
    step = draw.choice(("0.07", "0.11")) if texture.normalized else draw.choice(("0.5", "0.8"))
    s.tuning(("relief", 0.5, 1.5))
    s.code(f"p = x[i]\nu = (p[0] + 1.03) * {scale}\nv = (p[2] + 1.01) * {scale}")
    s.code(f"h = {texture.sample('u', 'v')} * relief")
    s.code(f"hu = {texture.sample(f'u + {step}', 'v')} * relief\nhv = {texture.sample('u', f'v + {step}')} * relief")
    s.code(f"su = (hu - h) / {step}\nsv = (hv - h) / {step}\nn = wp.normalize(wp.vec3(-su, 1.0, -sv))")
    if what == "slope":
        s.code(draw.choice(("steep = wp.sqrt(su * su + sv * sv + 0.01)", "steep = 1.0 - n[1]")))
        stored(s, "steep", "float", 3.0, "i", ["n"], ("steepness", "slope_out", "erosion"))
        s.result("normal_out", "vec3", "n", names=("terrain_normals", "normals"))
        s.code("normal_out[i] = n")
    elif what == "clearance":
        s.code("gap = (p[1] - h) * n[1]")
        stored(s, "gap", "float", 2.0, "i", ["n"], ("clearance", "height_above", "gap_out"))
    else:
        s.uniform("radius", "real", Uniform(0.02, 0.2), names=("particle_radius", "margin"))
        s.tuning(("ke", 2.0, 15.0))
        s.code("depth = h + radius - p[1]\nf = wp.vec3()")
        body = ["fn = ke * depth * n[1]", "f = n * fn"]
        if moving:
            s.tuning(("kd", 0.1, 1.0))
            body += ["vn = wp.dot(vel[i], n)", draw.choice(("f = f - n * (kd * vn)", "f = f - n * (kd * wp.min(vn, 0.0))"))]
            if draw.chance(0.5):
                s.tuning(("mu", 0.1, 0.6))
                body.append("f = f - (vel[i] - n * vn) * mu")
        s.code("if depth > 0.0:\n" + "\n".join(f"    {line}" for line in body))
        s.result("force_out", "vec3", "n", names=("particle_f", "contact_force"))
        s.code("force_out[i] = f")
    return s.finish(draw.choice(("terrain_contact", "sample_terrain", "height_field", "collide_heightmap")), ["n"], texture_sizes(s))
