"""Textures of three axes: tables over colors, fields at points, distance textures, rays that march through them."""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.domains import UnitVectors
from kernels.drafting.mirror.steps import stored
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.texture_sampling.lookups import finish_value
from kernels.families.texture_sampling.textures import Texture, texture_sizes


def build_solid(draw: Draw) -> Case:
    """Fields at points, graded colors, and what a distance texture does to particles."""
    s = QueryScript(draw)
    what = draw.choice(("field", "grade", "distance"))
    channels = {"field": draw.choice((1, 2, 4)), "grade": 4, "distance": 1}[what]
    texture = Texture(s, 3, channels=channels, smooth=True if what == "distance" else None)
    texture.declare()
    times = texture.stretch("5.0")
    s.field("x", "vec3", "n", low=0.02, high=0.98, names=("colors_in", "rgb") if what == "grade" else ("points", "positions", "particle_q"))
    s.thread("n", "x", index="i", names=("tid", "idx"), counts=("num_points", "num_pixels"))
    if what == "field":
        s.tuning(("frequency", 0.6, 1.8))
        s.code(f"p = x[i] * frequency{times}\nvalue = {texture.sample('p')}")
        finish_value(s, texture, "value", "i", ["n"])
        return s.finish(draw.choice(("sample_field_texture", "solid_texture", "noise_volume")), ["n"], texture_sizes(s))
    if what == "grade":
        s.tuning(("amount", 0.2, 1.0))
        s.code(f"c = x[i]\ngraded = {texture.sample(*(f'c[{k}]{times}' for k in range(3)))}")
        s.code("toned = wp.vec3(graded[0], graded[1], graded[2])")
        s.result("out", "vec3", "n", differentiable=None if texture.smooth else False, names=("colors_out", "graded_out"))
        s.code(draw.choice(("out[i] = wp.lerp(c, toned, amount)", "out[i] = c + (toned - c) * (amount * graded[3])")))
        return s.finish(draw.choice(("grade_colors", "apply_lut3d", "tone_map")), ["n"], texture_sizes(s))
    step = draw.choice(("0.06", "0.1")) if texture.normalized else draw.choice(("0.4", "0.6"))
    s.tuning(("margin", 0.1, 0.4), ("ke", 1.0, 8.0))
    s.code(f"p = x[i]\nq = p{times}\nd = {texture.sample('q')}")
    for n, axis in enumerate("xyz"):
        offsets = ["0.0"] * 3
        offsets[n] = step
        s.code(f"d{axis} = {texture.beside('q', *offsets)} - d")
    s.code("g = wp.vec3(dx, dy, dz)\nn = g / (wp.length(g) + 0.05)\ndepth = margin - d")
    if draw.chance(0.5):
        s.code("f = wp.vec3()\nif depth > 0.0:\n    f = n * (ke * depth)")
        s.result("force_out", "vec3", "n", names=("particle_f", "forces"))
        s.code("force_out[i] = f")
    else:
        s.code("moved = p + n * (0.1 * wp.max(depth, 0.0))")
        stored(s, "moved", "vec3", 1.5, "i", ["n"], ("positions_out", "projected", "x_out"), share=0.4)
    return s.finish(draw.choice(("sdf_texture_contact", "collide_field", "push_from_field")), ["n"], texture_sizes(s))


def build_march(draw: Draw) -> Case:
    """Rays through a texture of three axes, in fixed steps: depth, emission with absorption, the largest value."""
    s = QueryScript(draw)
    texture = Texture(s, 3, channels=draw.choice((1, 1, 2)), smooth=True)
    texture.declare(0.05, 1.0)
    times = texture.stretch("5.0")
    s.field("origins", "vec3", "n", low=0.05, high=0.95, names=("ray_origin", "starts"))
    s.field("directions", "vec3", "n", domain=UnitVectors(), names=("ray_dir", "dirs"))
    s.thread("n", "origins", index="i", names=("tid", "ray"), counts=("num_rays",))
    steps = draw.choice((3, 4, 5, 6))
    s.tuning(("step", 0.03, 0.15))
    s.code("start = origins[i]\ndirection = directions[i]")
    inner = [
        draw.choice(("t = (float(k) + 0.5) * step", "t = float(k) * step + 0.01")),
        f"p = (start + direction * t){times}",
        f"value = {texture.sample('p')}",
    ]
    inner.append("rho = wp.abs(value)" if texture.channels == 1 else "rho = wp.abs(value[0]) + 0.3 * wp.abs(value[1])")
    if draw.chance(0.5):
        s.code("tau = float(0.0)")
        s.code(f"for k in range({steps}):\n{indent(chr(10).join([*inner, 'tau += rho * step']), '    ')}")
        s.code(draw.choice(("seen = wp.exp(-4.0 * tau)", "seen = tau", "seen = 1.0 - wp.exp(-tau)")))
        stored(s, "seen", "float", 1.5, "i", ["n"], ("transmittance", "optical_depth", "alpha_out"))
    else:
        s.tuning(("absorb", 0.5, 3.0))
        s.code("light = float(0.0)\nclear = float(1.0)")
        inner += ["fade = wp.exp(-absorb * rho * step)", "light += clear * (1.0 - fade) * rho", "clear = clear * fade"]
        s.code(f"for k in range({steps}):\n{indent(chr(10).join(inner), '    ')}")
        stored(s, "light", "float", 1.0, "i", ["n"], ("radiance", "pixels", "light_out"))
        if draw.chance(0.4):
            s.result("clear_out", "real", "n", names=("visibility", "remaining"))
            s.code("clear_out[i] = clear")
    return s.finish(draw.choice(("march_texture", "integrate_texture", "render_solid")), ["n"], texture_sizes(s))
