"""Lookups: transfer functions over values, maps over directions and surfaces, coordinates bent by the texture itself, levels of detail."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import UnitVectors
from kernels.drafting.mirror.steps import stored
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.texture_sampling.textures import Texture, texture_sizes


def channels_to_value(s: QueryScript, texture: Texture, name: str) -> str:
    """Names one number of a sample: its only channel, a channel, or a weighted sum. Gives the local's name."""
    draw = s.draw
    if texture.channels == 1:
        return name
    out = s.free("tone")
    if texture.channels == 2:
        s.code(f"{out} = {draw.choice((f'{name}[0]', f'0.5 * ({name}[0] + {name}[1])', f'{name}[0] * {name}[1]'))}")
    else:
        forms = (
            f"0.299 * {name}[0] + 0.587 * {name}[1] + 0.114 * {name}[2]",
            f"{name}[3] * ({name}[0] + {name}[1] + {name}[2]) / 3.0",
            f"wp.max({name}[0], wp.max({name}[1], {name}[2]))",
        )
        s.code(f"{out} = {draw.choice(forms)}")
    return out


def finish_value(s: QueryScript, texture: Texture, name: str, at: str, extents: list[str]) -> None:
    """Stores what was sampled: all channels, or one number after a drawn ending."""
    draw = s.draw
    differentiable = None if texture.smooth else False
    if texture.channels > 1 and draw.chance(0.5):
        s.result("out", texture.type, *extents, differentiable=differentiable, names=("colors", "sampled", "pixels"))
        s.code(f"out[{at}] = {draw.choice((name, f'{name} * 0.5', f'{name} * {name}[0]'))}")
        return
    value = channels_to_value(s, texture, name)
    if differentiable is None:
        stored(s, value, "float", 1.5, at, extents, ("sampled", "values_out", "result_out", "tones"))
    else:
        s.result("out", "real", *extents, differentiable=False, names=("sampled", "looked_up", "nearest_value"))
        s.code(f"out[{at}] = {draw.choice((value, f'0.5 * {value}', f'{value} + 0.25'))}")


def build_lookup(draw: Draw) -> Case:
    """A table over a value of each thread: a transfer function, a profile by distance, a response curve."""
    s = QueryScript(draw)
    texture = Texture(s, 1, channels=draw.choice((1, 1, 2, 4)))
    source = draw.choice(("value", "distance", "height", "angle"))
    texture.declare()
    if source in ("value", "height"):
        s.field("x", "real", "n", domain=texture.span(), names=("density", "temperature", "scalar_field", "heights"))
        s.thread("n", "x", index="i", names=("tid", "idx"), counts=("num_values",))
        s.code(draw.choice(("u = x[i]", "u = x[i] * 0.9 + 0.03", "u = x[i] * x[i] * 0.4 + 0.11")))
    else:
        s.field("x", "vec3", "n", low=-1.2, high=1.2, names=("points", "positions", "offsets"))
        s.thread("n", "x", index="i", names=("tid", "idx"), counts=("num_points",))
        times = texture.stretch("6.0")
        if source == "distance":
            s.tuning(("extent", 0.8, 2.0))
            s.code(f"r = wp.length(x[i])\nu = r / extent{times}")
        else:
            s.code(f"p = x[i]\nu = wp.atan2(p[1], p[0]) * {draw.choice(('0.159', '0.3', '0.47'))} {times} + 0.37")
    s.code(f"value = {texture.sample('u')}")
    finish_value(s, texture, "value", "i", ["n"])
    return s.finish(draw.choice(("apply_lut", "color_map_lookup", "transfer_function", "profile_at")), ["n"], texture_sizes(s))


def build_mapping(draw: Draw) -> Case:
    """Maps over directions (latitude and longitude), or over three planes of a surface (triplanar), or over a bent surface."""
    s = QueryScript(draw)
    texture = Texture(s, 2, channels=draw.choice((1, 4)))
    texture.declare()
    times = texture.stretch("7.0")
    what = draw.choice(("environment", "triplanar", "sphere"))
    s.field("normals", "vec3", "n", domain=UnitVectors(), names=("directions", "surface_normals", "dirs"))
    if what == "triplanar":
        s.field("x", "vec3", "n", low=-1.0, high=1.0, names=("points", "positions"))
    s.thread("n", "normals", index="i", names=("tid", "idx"), counts=("num_points",))
    s.code("n = normals[i]")
    if what == "triplanar":
        s.tuning(("tiling", 0.4, 1.3))
        s.code(f"p = x[i] * tiling{times}")
        power = draw.choice(("wp.abs(n[{k}]) + 0.01", "n[{k}] * n[{k}]"))
        s.code("\n".join(f"w{axis} = {power.format(k=k)}" for k, axis in enumerate("xyz")))
        s.code(f"a = {texture.sample('p[1]', 'p[2]')}\nb = {texture.sample('p[2]', 'p[0]')}\nc = {texture.sample('p[0]', 'p[1]')}")
        s.code("value = (a * wx + b * wy + c * wz) / (wx + wy + wz)")
    elif what == "environment":
        s.code("theta = wp.acos(wp.clamp(n[2] * 0.98, -1.0, 1.0))\nphi = wp.atan2(n[1], n[0])")
        s.code(f"u = (0.5 + phi / 6.2831853){times}\nv = theta / 3.14159265{times}\nvalue = {texture.sample('u', 'v')}")
    else:
        s.code(f"fold = 1.0 / (1.2 + wp.abs(n[2]))\nu = (0.5 + 0.5 * n[0] * fold){times}\nv = (0.5 + 0.5 * n[1] * fold){times}")
        s.code(f"value = {texture.sample('u', 'v')}")
    finish_value(s, texture, "value", "i", ["n"])
    return s.finish(draw.choice(("sample_environment", "triplanar_map", "shade_direction", "map_surface")), ["n"], texture_sizes(s))


def build_warp(draw: Draw) -> Case:
    """Coordinates that follow a flow map, or are bent by a texture, in a few steps."""
    s = QueryScript(draw)
    texture = Texture(s, 2, channels=2, smooth=True)
    texture.declare()
    s.field("uv_in", "vec2", "n", domain=texture.span(), names=("uvs", "texcoords", "start_uv"))
    s.thread("n", "uv_in", index="i", names=("tid", "idx"), counts=("num_points",))
    s.tuning(("strength", 0.05, 0.3))
    s.code("uv = uv_in[i]")
    steps = draw.choice((1, 2, 3, 4))
    form = draw.choice(("loop", "loop", "midpoint"))
    if form == "loop":
        decay = draw.choice(("strength", "strength / (1.0 + float(k))"))
        s.code(f"for k in range({steps}):\n    flow = {texture.sample('uv')}\n    uv = uv + flow * ({decay})")
    else:
        s.code(f"first = {texture.sample('uv')}\nmiddle = uv + first * (0.5 * strength)")
        s.code(f"second = {texture.sample('middle')}\nuv = uv + second * strength")
    s.result("uv_out", "vec2", "n", names=("warped_uv", "uvs_out", "moved"))
    s.code("uv_out[i] = uv")
    if draw.chance(0.6):
        s.code(f"last = {texture.sample('uv')}")
        value = channels_to_value(s, texture, "last")
        stored(s, value, "float", 1.0, "i", ["n"], ("sampled", "speed_out", "tone_out"))
    return s.finish(draw.choice(("warp_coordinates", "follow_flow", "advect_uv", "distort")), ["n"], texture_sizes(s))


def build_mips(draw: Draw) -> Case:
    """Levels of detail, given, by distance, or by the footprint of a pixel; or the difference between two of them."""
    s = QueryScript(draw)
    axes = draw.choice((1, 2, 2, 3))
    texture = Texture(s, axes, channels=draw.choice((1, 1, 4)), mipped=True)
    texture.declare()
    base = {1: "real", 2: "vec2", 3: "vec3"}[axes]
    s.field("uv_in", base, "n", domain=texture.span(), names=("uvs", "texcoords", "coords"))
    source = draw.choice(("given", "distance", "footprint"))
    if source == "given":
        s.field("detail", "real", "n", low=-0.4, high=2.4, names=("lods", "level", "blur"))
    elif source == "distance":
        s.field("x", "vec3", "n", low=-2.0, high=2.0, names=("points", "positions"))
        s.tuning(("focus", 0.3, 0.8))
    else:
        s.field("width", "real", "n", low=0.5, high=4.0, names=("footprint", "pixel_size", "spread"))
    s.thread("n", "uv_in", index="i", names=("tid", "idx"), counts=("num_points",))
    s.code("uv = uv_in[i]")
    if source == "given":
        s.code("lod = wp.max(detail[i], 0.0)")
    elif source == "distance":
        s.code("dist = wp.length(x[i])\nlod = wp.max(dist * focus - 0.1, 0.0)")
    else:
        s.code(draw.choice(("lod = wp.max(wp.log2(width[i]), 0.0)", "lod = wp.clamp(wp.log2(width[i]) + 0.3, 0.0, 2.0)")))
    s.code(f"value = {texture.sample('uv', lod='lod')}")
    if draw.chance(0.3):
        s.code(f"coarse = {texture.sample('uv', lod='lod + 1.0')}\nvalue = value - coarse")
    finish_value(s, texture, "value", "i", ["n"])
    return s.finish(draw.choice(("sample_lod", "level_of_detail", "mip_lookup", "prefiltered_lookup")), ["n"], texture_sizes(s))
