"""Noise on surfaces and in images: terrain, domain warping, wood, marble and other textures, displacement, tiles that repeat."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.noise_field.fields import SHAPES, STEPS, curl_arguments, octave_lines, parameters, selected, sizes

GRIDS = ({"ny": 1, "nx": 1}, {"ny": 5, "nx": 3}, {"ny": 8, "nx": 11})


def build_terrain(draw: Draw, draft: MirrorDraft) -> Case:
    """Heights of a terrain on a grid: octaves of plain, ridged or billowed noise, shaped by a base, terraces and a falloff."""
    i, j = draw.choice((("i", "j"), ("row", "col"), ("iy", "ix")))
    draft.field("base", "float", "ny", "nx", names=("base_height", "bedrock", "mask"))
    draft.grid((i, "rows", "ny"), (j, "cols", "nx"), array="base")
    cell = draft.tune(draw.choice(("cell_size", "spacing", "scale")), 0.07, 0.31)
    state = selected(draw, draft)
    origin = draw.choice(("0.371", "5.173", "12.709"))
    draft.code(f"p = vec2(float({j}) * {cell} + {origin}, float({i}) * {cell} + 3.127)")
    if draw.chance(0.3):
        draft.field("offset", "vec2", "ny", "nx", low=-0.3, high=0.3, names=("warp", "drift"))
        draft.code(f"p = p + offset[{i}, {j}]")
    if draw.chance(0.3):
        amount = draft.tune(draw.choice(("warp_strength", "warp_amount")), 0.1, 0.6)
        draft.code(f"""
            shift = vec2(wp.noise({state}, p + vec2(5.231, 1.317)), wp.noise({state}, p + vec2(1.713, 9.241)))
            p = p + shift * {amount}
            """)
    lacunarity, gain = parameters(draw, draft)
    apart = draw.chance(0.4)
    lines = octave_lines(
        draw,
        "height",
        f"wp.noise({'key' if apart else state}, {{0}})",
        "p",
        count=draw.integer(2, 5),
        lacunarity="growth" if apart else lacunarity,
        gain="decay" if apart else gain,
        shape=draw.choice(SHAPES),
    )
    if apart:
        head = "key: wp.uint32, p: vec2, growth: float, decay: float"
        draft.define("fbm", head, lines + "\nreturn height", "float", "Fractal sum of noise." if draw.chance(0.5) else "")
        draft.code(f"height = fbm({state}, p, {lacunarity}, {gain})")
    else:
        draft.code(lines)
    draft.code(f"height = height * {draw.real(0.4, 1.6)} + base[{i}, {j}]")
    extra = draw.choice(("none", "none", "terrace", "falloff", "exponent"))
    if extra == "terrace":
        draft.code(f"""
            level = height * {draw.integer(2, 5)}.0
            edge = level - wp.floor(level)
            height = wp.floor(level) + edge * edge * (3.0 - 2.0 * edge)
            """)
    elif extra == "falloff":
        draft.code("center = p - vec2(1.5, 1.5)\nheight = height * wp.exp(-0.2 * wp.dot(center, center))")
    elif extra == "exponent":
        draft.code("height = wp.log(1.0 + wp.exp(2.0 * height)) * 0.5")
    if draw.chance(0.3):
        step_size = draw.choice(STEPS)
        draft.code(f"""
            right = wp.noise({state}, p + vec2({step_size}, 0.0))
            up = wp.noise({state}, p + vec2(0.0, {step_size}))
            here = wp.noise({state}, p)
            normal = wp.normalize(vec3((here - right) / {step_size}, (here - up) / {step_size}, 1.0))
            """)
        out = draft.result("normals", "vec3", "ny", "nx")
        draft.code(f"{out}[{i}, {j}] = normal")
    stored(draft, "height", "float", 8.0, f"{i}, {j}", ["ny", "nx"], ("heights", "terrain", "elevation"), share=0.35)
    return draft.finish(draw.choice(("generate_terrain", "terrain_heights", "build_heightmap")), ["ny", "nx"], list(GRIDS))


def build_texture(draw: Draw, draft: MirrorDraft) -> Case:
    """Solid textures at points: wood, marble, granite, fire, stains; as a number or a color."""
    i = draw.choice(("tid", "i", "texel"))
    plane = draw.chance(0.4)
    type = "vec2" if plane else "vec3"
    draft.field("points", type, "n", low=-3.0, high=3.0, names=("uv", "coords", "positions") if plane else ("pos", "x", "shading_points"))
    draft.thread("n", "points", index=i, counts=("num_texels", "count"))
    state = selected(draw, draft)
    frequency = draft.tune(draw.choice(("frequency", "scale", "density")), 0.5, 2.0)
    draft.code(f"p = points[{i}] * {frequency}")
    kind = draw.choice(("wood", "marble", "granite", "fire", "stain", "clouds", "seamless", "seamless"))
    sample = f"wp.noise({state}, {{0}})"
    if kind == "seamless":
        axes = 2 if plane else 3
        periods = [draw.integer(2, 7) for _ in range(axes)]
        draft.code(f"s = p + {type}({', '.join(('6.131', '6.217', '6.373')[:axes])})")
        whole = f"wp.pnoise({state}, s, {', '.join(map(str, periods))})"
        half = f"wp.pnoise({state}, s * 2.0, {', '.join(str(2 * n) for n in periods)})"
        draft.code(
            draw.choice(
                (
                    f"value = 0.5 + 0.5 * {whole}",
                    f"value = {whole} + {draw.real(0.3, 0.7)} * {half}",
                    f"veins = wp.abs({whole}) + 0.5 * wp.abs({half})\nvalue = wp.exp(-3.0 * veins)",
                    f"rings = {draw.real(2.0, 6.0)} * {whole}\nvalue = 0.5 + 0.5 * wp.cos(6.2831853 * rings)",
                )
            )
        )
    elif kind == "wood":
        wobble = draw.real(0.2, 1.0)
        draft.code(f"""
            d = wp.sqrt(p[0] * p[0] + p[1] * p[1] + 0.01) + {wobble} * {sample.format("p * 0.7")}
            rings = d * {draw.real(2.0, 6.0)}
            grain = {draw.choice(("0.5 + 0.5 * wp.sin(6.2831853 * rings)", "rings - wp.floor(rings)"))}
            value = grain + 0.2 * {sample.format("p * 7.13")}
            """)
    else:
        lacunarity, gain = parameters(draw, draft)
        shape = {"marble": "billow", "granite": "plain", "fire": "ridged", "stain": "squared", "clouds": "plain"}[kind]
        draft.code(octave_lines(draw, "turbulence", sample, "p", count=draw.integer(2, 4), lacunarity=lacunarity, gain=gain, shape=shape))
        draft.code(
            {
                "marble": f"value = 0.5 + 0.5 * wp.sin(p[0] * {draw.real(1.0, 4.0)} + turbulence * {draw.real(1.0, 5.0)})",
                "granite": "value = wp.clamp(0.5 + turbulence, 0.0, 1.0)",
                "fire": "value = turbulence * wp.exp(-0.5 * p[1] * p[1])",
                "stain": "value = 1.0 / (1.0 + wp.exp(-8.0 * (turbulence - 0.1)))",
                "clouds": "value = wp.smoothstep(-0.3, 0.6, turbulence)",
            }[kind]
        )
    if draw.chance(0.4):
        dark, light = "vec3(0.25, 0.12, 0.05)", "vec3(0.8, 0.6, 0.35)"
        draft.code(draw.choice((f"color = wp.lerp({dark}, {light}, value)", f"color = {dark} * (1.0 - value) + {light} * value")))
        stored(draft, "color", "vec3", 3.0, i, ["n"], ("color_out", "texels", "albedo"))
    else:
        stored(draft, "value", "float", 4.0, i, ["n"], ("texture_out", "texels", "pattern"))
    return draft.finish(f"{kind}_texture", ["n"], sizes(draw))


def build_warp(draw: Draw, draft: MirrorDraft) -> Case:
    """Domain warping: noise of points that noise has moved, once or twice."""
    i = draw.choice(("tid", "i", "pixel"))
    draft.field("uv", "vec2", "n", low=-2.0, high=2.0, names=("coords", "p_in", "points"))
    draft.thread("n", "uv", index=i, counts=("num_points", "count"))
    state = selected(draw, draft)
    strength = draft.tune(draw.choice(("strength", "warp", "amount")), 0.2, 1.5)
    draft.define(
        "warp_offset",
        "key: wp.uint32, p: vec2",
        draw.choice(
            (
                "return vec2(wp.noise(key, p), wp.noise(key, p + vec2(5.213, 1.317)))",
                "a = wp.noise(key, p + vec2(1.711, 9.231))\nb = wp.noise(key, p + vec2(8.317, 2.813))\nreturn vec2(a, b)",
                "n = wp.noise(key, p)\nreturn vec2(wp.cos(4.0 * n), wp.sin(4.0 * n)) * 0.5",
            )
        ),
        "vec2",
        "How far a point is moved." if draw.chance(0.5) else "",
    )
    draft.code(f"p = uv[{i}]\nq = warp_offset({state}, p)")
    if draw.chance(0.5):
        draft.code(f"r = warp_offset({state}, p + q * {strength})\nvalue = wp.noise({state}, p + r * {strength})")
    else:
        draft.code(f"value = wp.noise({state}, p + q * {strength})")
    extra = draw.choice(("none", "ridge", "mix", "length"))
    draft.code(
        {
            "none": "pattern = value",
            "ridge": "pattern = 1.0 - wp.abs(value)",
            "mix": "pattern = value + 0.3 * q[0] - 0.2 * q[1]",
            "length": "pattern = value * wp.sqrt(0.1 + wp.dot(q, q))",
        }[extra]
    )
    if draw.chance(0.3):
        out = draft.result("offsets", "vec2", "n", names=("warp_out", "q_out"))
        draft.code(f"{out}[{i}] = q")
    stored(draft, "pattern", "float", 3.0, i, ["n"], ("pattern_out", "warped", "image"))
    return draft.finish(draw.choice(("domain_warp", "warped_noise", "warp_pattern")), ["n"], sizes(draw))


def build_displacement(draw: Draw, draft: MirrorDraft) -> Case:
    """Vertices moved along their normals by noise, and normals bent by its slope; distances to a bumpy sphere."""
    i = draw.choice(("tid", "vertex", "v"))
    draft.field("points", "vec3", "n", low=-2.0, high=2.0, names=("rest_pos", "vertices", "x"))
    draft.thread("n", "points", index=i, counts=("vertex_count", "num_vertices"))
    state = selected(draw, draft)
    amplitude = draft.tune(draw.choice(("amplitude", "bump_height")), 0.1, 0.5)
    frequency = draft.tune(draw.choice(("frequency", "bump_scale")), 0.6, 2.5)
    draft.code(f"surface = points[{i}]\nq = surface * {frequency}")
    octaves = draw.chance(0.5)
    if octaves:
        lacunarity, gain = parameters(draw, draft)
        draft.code(
            octave_lines(
                draw,
                "bump",
                f"wp.noise({state}, {{0}})",
                "q",
                count=draw.integer(2, 4),
                lacunarity=lacunarity,
                gain=gain,
                shape=draw.choice(SHAPES),
            )
        )
    else:
        draft.code(f"bump = wp.noise({state}, q)")
    way = draw.choice(("displace", "displace", "sphere", "normal", "swirl", "swirl"))
    if way == "swirl":
        draft.code(f"along = wp.curlnoise({state}, q{curl_arguments(draw)})")
        if draw.chance(0.5):
            draft.field("normals", "vec3", "n", domain=UnitVectors(), names=("normal_in", "rest_normal"))
            draft.code(f"n = normals[{i}]\nalong = along - n * wp.dot(along, n)")
        draft.code(f"moved = surface + along * ({amplitude} * (1.0 + 0.3 * bump))")
        stored(draft, "moved", "vec3", 6.0, i, ["n"], ("points_out", "swirled"))
    elif way == "sphere":
        radius = draft.tune(draw.choice(("radius", "planet_radius")), 0.8, 1.6)
        draft.code(f"distance = wp.length(surface) - {radius} - {amplitude} * bump")
        stored(draft, "distance", "float", 5.0, i, ["n"], ("sdf_out", "distance_out"))
    else:
        draft.field("normals", "vec3", "n", domain=UnitVectors(), names=("normal_in", "rest_normal"))
        if way == "displace":
            draft.code(f"moved = surface + normals[{i}] * ({amplitude} * bump)")
            stored(draft, "moved", "vec3", 3.0, i, ["n"], ("points_out", "displaced"))
        else:
            h = draw.choice(STEPS)
            draft.code(f"""
                gx = wp.noise({state}, q + vec3({h}, 0.0, 0.0)) - wp.noise({state}, q - vec3({h}, 0.0, 0.0))
                gy = wp.noise({state}, q + vec3(0.0, {h}, 0.0)) - wp.noise({state}, q - vec3(0.0, {h}, 0.0))
                gz = wp.noise({state}, q + vec3(0.0, 0.0, {h})) - wp.noise({state}, q - vec3(0.0, 0.0, {h}))
                slope = vec3(gx, gy, gz) * ({amplitude} / (2.0 * {h}))
                bent = wp.normalize(normals[{i}] * 2.5 - slope * (1.0 + 0.1 * bump))
                """)
            stored(draft, "bent", "vec3", 1.0, i, ["n"], ("normals_out", "bumped_normal"))
    return draft.finish(draw.choice(("displace_vertices", "bump_map", "noisy_surface")), ["n"], sizes(draw, 70))


def build_periodic(draw: Draw, draft: MirrorDraft) -> Case:
    """Noise that repeats: seamless tiles, loops in time, in one to four dimensions."""
    i = draw.choice(("tid", "i", "sample"))
    dimension = draw.integer(1, 4)
    type = ("float", "vec2", "vec3", "vec4")[dimension - 1]
    # Periodic noise takes coordinates that are not negative.
    draft.field("coords", type, "n", domain=Uniform(0.05, 9.0), names=("points", "uvw", "samples_at"))
    draft.field("amplitude", "float", "n", low=0.3, high=1.2, names=("strength", "weight"))
    draft.thread("n", "coords", index=i, counts=("num_samples", "count"))
    state = selected(draw, draft)
    periods = []
    for axis in range(dimension):
        if draw.chance(0.5):
            periods.append(draft.uniform(f"period_{'xyzt'[axis]}", "int", Integers(2, 9)))
        else:
            periods.append(str(draw.integer(2, 8)))
    draft.code(f"p = coords[{i}]")
    if draw.chance(0.3) and dimension > 1:
        draft.code(f"p = p * {draw.choice(('0.75', '1.5'))} + {type}({', '.join(['0.131', '0.273', '0.417', '0.509'][:dimension])})")
    call = f"wp.pnoise({state}, {{0}}, {', '.join(periods)})"
    doubled = f"wp.pnoise({state}, p * 2.0, {', '.join(f'2 * {p}' if not p.isdigit() else str(2 * int(p)) for p in periods)})"
    way = draw.choice(("plain", "octaves", "turbulence", "ring"))
    if way == "octaves":
        draft.code(f"value = {call.format('p')} + 0.5 * {doubled}")
    elif way == "turbulence":
        draft.code(f"value = wp.abs({call.format('p')}) + 0.5 * wp.abs({doubled})")
    elif way == "ring":
        draft.code(f"phase = {call.format('p')} * 3.0\nvalue = wp.sin(phase) * wp.cos(phase)")
    else:
        draft.code(f"value = {call.format('p')}")
    draft.code(f"result = value * amplitude[{i}]")
    stored(
        draft, "result", "float", 3.0, i, ["n"], ("tile_out", "periodic_out", "loop_out"), fields=(("bias", -1.0, 1.0), ("gain", 0.2, 1.5))
    )
    if draw.chance(0.3) and dimension < 4:
        draft.code(f"base = wp.noise({state}, p)")
        out = draft.result("free_noise", "float", "n", names=("aperiodic",))
        draft.code(f"{out}[{i}] = base - value")
    return draft.finish(
        f"{draw.choice(('periodic', 'tileable', 'looped'))}_noise_{dimension}d", ["n"], sizes(draw, 70 if dimension > 3 else 100)
    )


def build_signal(draw: Draw, draft: MirrorDraft) -> Case:
    """Noise over time: gusts of wind, shaking cameras, flicker, joints that sway."""
    i = draw.choice(("tid", "i", "channel"))
    draft.field("times", "float", "n", low=-6.0, high=6.0, names=("t_in", "phase", "time"))
    draft.thread("n", "times", index=i, counts=("num_channels", "count"))
    state = selected(draw, draft)
    rate = draft.tune(draw.choice(("rate", "speed", "frequency")), 0.4, 2.0)
    draft.code(f"t = times[{i}] * {rate}" + (f" + float({i}) * 0.173" if draw.chance(0.4) else ""))
    kind = draw.choice(("gust", "shake", "flicker", "sway", "loop", "loop"))
    if kind == "loop":
        period = draw.integer(3, 9)
        # Periodic noise takes coordinates that are not negative.
        draft.code(f"turn = t + 13.137\nbeat = wp.pnoise({state}, turn, {period})")
        draft.field("amplitude", "float", "n", low=0.2, high=1.0, names=("strength", "volume"))
        way = draw.choice(("beat", "double", "wave"))
        if way == "double":
            draft.code(f"beat = beat + 0.5 * wp.pnoise({state}, turn * 2.0, {2 * period})")
        elif way == "wave":
            draft.code(f"beat = wp.sin(6.2831853 * turn / {period}.0 + beat)")
        draft.code(f"level = amplitude[{i}] * {draw.choice(('beat', 'wp.exp(beat)', '(1.0 + beat) * (1.0 + beat)'))}")
        stored(draft, "level", "float", 7.0, i, ["n"], ("level_out", "loop_out", "cycle"))
    elif kind == "gust":
        lacunarity, gain = parameters(draw, draft)
        draft.code(octave_lines(draw, "gust", f"wp.noise({state}, {{0}})", "t", count=draw.integer(2, 5), lacunarity=lacunarity, gain=gain))
        draft.field("drag", "float", "n", low=0.2, high=1.0, names=("area", "exposure"))
        draft.code(f"wind = 1.0 + gust\nforce = drag[{i}] * wind * wp.abs(wind)")
        stored(draft, "force", "float", 8.0, i, ["n"], ("force_out", "wind_out"))
    elif kind == "shake":
        amount = draft.tune(draw.choice(("trauma", "shake")), 0.1, 0.8)
        draft.code(f"""
            yaw = {amount} * wp.noise({state}, t)
            pitch = {amount} * wp.noise({state}, t + 17.313)
            roll = 0.5 * {amount} * wp.noise({state}, t + 41.717)
            """)
        if draw.chance(0.5):
            draft.code("aim = wp.quat_rotate(wp.quat_rpy(roll, pitch, yaw), vec3(1.0, 0.0, 0.0))")
        else:
            draft.code("aim = wp.normalize(vec3(1.0, yaw, pitch + roll))")
        stored(draft, "aim", "vec3", 1.0, i, ["n"], ("aim_out", "camera_dir"))
    elif kind == "flicker":
        draft.field("brightness", "float", "n", low=0.3, high=1.0, names=("intensity", "power"))
        draft.code(f"flicker = wp.noise({state}, t) * 0.6 + wp.noise({state}, t * 3.17) * 0.3\nlight = brightness[{i}] * wp.exp(flicker)")
        stored(draft, "light", "float", 3.0, i, ["n"], ("light_out", "intensity_out"))
    else:
        step(
            draft,
            "angle",
            "sway_angle",
            "key: wp.uint32, t: float, stiffness: float",
            [state, "t", str(draw.real(0.5, 3.0))],
            "slow = wp.noise(key, t * 0.31)\nfast = wp.noise(key, t * 2.3)\nreturn (slow + 0.25 * fast) / stiffness",
            "float",
        )
        draft.field("length", "float", "n", low=0.5, high=2.0, names=("height", "stem"))
        draft.code(f"tip = vec3(wp.sin(angle), wp.cos(angle), 0.0) * length[{i}]")
        stored(draft, "tip", "vec3", 2.0, i, ["n"], ("tip_out", "tip_pos"))
    return draft.finish(f"{kind}_{draw.choice(('signal', 'motion', 'noise'))}", ["n"], sizes(draw))
