"""Noise in space: flows by curl noise, wind on particles, cloud density and light through it, vector fields by angles."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.noise_field.fields import SHAPES, STEPS, curl_arguments, octave_lines, selected, sizes


def build_advection(draw: Draw, draft: MirrorDraft) -> Case:
    """Particles carried by curl noise in the plane, in space, or in space and time: Euler, midpoint or several steps."""
    i = draw.choice(("tid", "particle", "i"))
    dimension = draw.choice((2, 2, 3, 3, 4))
    type = "vec2" if dimension == 2 else "vec3"
    draft.field("pos", type, "n", low=-2.0, high=2.0, names=("x", "particle_q", "positions"))
    draft.thread("n", "pos", index=i, counts=("num_particles", "particle_count"))
    state = selected(draw, draft)
    dt = draft.tune(draw.choice(("dt", "step_size", "h")), 0.05, 0.3)
    frequency = draft.tune(draw.choice(("frequency", "flow_scale")), 0.5, 1.7) if draw.chance(0.6) else ""
    rest = curl_arguments(draw)
    moment = ""
    if dimension == 4:
        moment = draft.uniform("time", "float", Uniform(0.1, 5.0), names=("t", "sim_time"))
    scaled = f"{{0}}{f' * {frequency}' if frequency else ''}"

    def velocity(at: str) -> str:
        where = scaled.format(at)
        if dimension == 4:
            local = scaled.format(f"{at}[{{0}}]")
            where = f"vec4({', '.join(local.format(k) for k in range(3))}, {moment})"
        return f"wp.curlnoise({state}, {where}{rest})"

    scheme = draw.choice(("euler", "euler", "midpoint", "steps", "heun"))
    draft.code(f"p = pos[{i}]")
    if scheme == "euler":
        draft.code(f"u = {velocity('p')}\np_new = p + u * {dt}")
    elif scheme == "midpoint":
        draft.code(f"half = p + {velocity('p')} * (0.5 * {dt})\nu = {velocity('half')}\np_new = p + u * {dt}")
    elif scheme == "heun":
        draft.code(f"k1 = {velocity('p')}\nguess = p + k1 * {dt}\nk2 = {velocity('guess')}\nu = (k1 + k2) * 0.5\np_new = p + u * {dt}")
    else:
        draft.code(f"p_new = p\nfor k in range({draw.integer(2, 3)}):\n    u = {velocity('p_new')}\n    p_new = p_new + u * {dt}")
    if draw.chance(0.4):
        background = {2: "vec2(0.4, 0.1)", 3: "vec3(0.0, 0.5, 0.0)", 4: "vec3(0.3, 0.0, 0.1)"}[dimension]
        draft.code(f"p_new = p_new + {background} * {dt}")
    if type == "vec3":
        stored(draft, "p_new", "vec3", 5.0, i, ["n"], ("pos_out", "x_out"), share=0.3)
    else:
        out = draft.result("pos_out", type, "n", names=("x_out", "moved"))
        draft.code(f"{out}[{i}] = p_new")
    if draw.chance(0.35):
        draft.code("speed = wp.length(p_new - p)")
        stored(draft, "speed", "float", 3.0, i, ["n"], ("speed_out", "path_length"), share=0.3)
    return draft.finish(f"advect_{dimension}d", ["n"], sizes(draw, 70 if dimension < 4 else 66))


def build_wind(draw: Draw, draft: MirrorDraft) -> Case:
    """Forces of a noisy wind on particles with velocities: drag against the air, lift of triangles, gusts that move with time."""
    i = draw.choice(("tid", "particle", "i"))
    draft.field("x", "vec3", "n", low=-2.0, high=2.0, names=("pos", "particle_q"))
    draft.field("v", "vec3", "n", names=("vel", "particle_qd"))
    draft.thread("n", "x", index=i, counts=("num_particles", "particle_count"))
    state = selected(draw, draft)
    draft.code(f"p = x[{i}]\nu = v[{i}]")
    if draw.chance(0.5):
        time = draft.uniform("time", "float", Uniform(0.1, 4.0), names=("t", "sim_time"))
        draft.code(f"p = p + vec3({time}, 0.0, 0.0)")
    kind = draw.choice(("three", "curl", "curl", "scaled", "four"))
    if kind == "three":
        draft.code(f"""
            air = vec3(
                wp.noise({state}, p),
                wp.noise({state}, p + vec3(31.337, 7.119, 3.511)),
                wp.noise({state}, p + vec3(11.713, 43.129, 19.917)),
            )
            """)
    elif kind == "curl":
        draft.code(f"air = wp.curlnoise({state}, p{curl_arguments(draw)})")
    elif kind == "four":
        draft.code(
            f"gust = wp.noise({state}, vec4(p[0], p[1], p[2], {draw.choice(('0.713', '2.391'))}))\nair = vec3(1.0, 0.2, 0.0) * (1.0 + gust)"
        )
    else:
        base = draft.uniform("wind", "vec3", Uniform(-1.0, 1.0), names=("wind_dir", "mean_wind"))
        draft.code(f"air = {base} * (1.0 + wp.noise({state}, p * 0.83))")
    drag = draft.tune(draw.choice(("drag", "air_drag")), 0.1, 1.0)
    if draw.chance(0.5):
        draft.code(f"relative = air - u\nforce = relative * ({drag} * wp.length(relative))")
    else:
        draft.field("normals", "vec3", "n", domain=UnitVectors(), names=("face_normal",))
        draft.code(f"relative = air - u\nn = normals[{i}]\nforce = n * ({drag} * wp.dot(relative, n))")
    if draw.chance(0.4):
        dt = draft.tune(draw.choice(("dt", "h")), 0.02, 0.2)
        draft.code(f"u_new = u + force * {dt}")
        stored(draft, "u_new", "vec3", 5.0, i, ["n"], ("vel_out", "v_out"), share=0.3)
    else:
        stored(draft, "force", "vec3", 9.0, i, ["n"], ("force_out", "wind_force"), share=0.3)
    return draft.finish(draw.choice(("apply_wind", "wind_forces", "turbulent_air")), ["n"], sizes(draw, 70))


def build_cloud(draw: Draw, draft: MirrorDraft) -> Case:
    """Clouds: density at points, or light that a ray loses and gains on a few steps through it."""
    i = draw.choice(("tid", "ray", "i"))
    lacunarity, gain = "1.97", str(draw.real(0.45, 0.6))
    shape = draw.choice(SHAPES)
    sample = "wp.noise(key, {0})"
    lines = octave_lines(draw, "sum_of_noise", sample, "p", count=draw.integer(2, 3), lacunarity=lacunarity, gain=gain, shape=shape)
    falloff = draw.choice(
        (
            "wp.exp(-0.3 * wp.dot(p, p))",
            "1.0 / (1.0 + wp.dot(p, p))",
            "wp.exp(-wp.abs(p[1]))",
        )
    )
    bound = draw.choice(("wp.max({0}, 0.0)", "wp.log(1.0 + wp.exp(4.0 * {0})) * 0.25", "{0} * {0}"))
    swirl = ""
    if draw.chance(0.2):
        swirl = f"p = p + wp.curlnoise(key, p * 0.7{curl_arguments(draw)}) * {draw.choice(('0.1', '0.2'))}\n"
    body = f"{swirl}{lines}\nshape = 0.2 + sum_of_noise\nreturn {bound.format('shape')} * {falloff}"
    draft.define("density", "key: wp.uint32, p: vec3", body, "float", "Density of the cloud at p." if draw.chance(0.6) else "")
    march = draw.chance(0.6)
    draft.field("origins", "vec3", "n", low=-1.5, high=1.5, names=("ro", "ray_origin") if march else ("points", "samples"))
    if march:
        draft.field("dirs", "vec3", "n", domain=UnitVectors(), names=("rd", "ray_dir"))
    draft.thread("n", "origins", index=i, counts=("num_rays", "ray_count"))
    state = selected(draw, draft)
    if not march:
        draft.code(f"d = density({state}, origins[{i}])")
        stored(draft, "d", "float", 3.0, i, ["n"], ("density_out", "cloud"))
        return draft.finish("cloud_density", ["n"], sizes(draw, 70))
    steps = draw.integer(2, 4)
    length = draft.tune(draw.choice(("step_length", "ds")), 0.2, 0.5)
    sigma = draft.tune(draw.choice(("sigma", "extinction")), 0.5, 2.0)
    emitting = draw.chance(0.5)
    draft.code("transmittance = float(1.0)" + ("\nradiance = float(0.0)" if emitting else ""))
    inner = [
        f"p = origins[{i}] + dirs[{i}] * ((float(k) + 0.5) * {length})",
        f"d = density({state}, p)",
        f"absorbed = wp.exp(-{sigma} * d * {length})",
        *(["radiance = radiance + transmittance * (1.0 - absorbed)"] if emitting else []),
        "transmittance = transmittance * absorbed",
    ]
    draft.code(f"for k in range({steps}):\n    " + "\n    ".join(inner))
    if emitting:
        stored(draft, "radiance", "float", 2.0, i, ["n"], ("radiance_out", "glow"), share=0.4)
    stored(draft, "transmittance", "float", 1.0, i, ["n"], ("transmittance_out", "visibility"), share=0.3)
    return draft.finish(draw.choice(("march_cloud", "cloud_transmittance", "render_volume")), ["n"], sizes(draw, 66))


def build_angles(draw: Draw, draft: MirrorDraft) -> Case:
    """Vector fields that noise gives, by an angle or by its slope: strokes, hair, agents that turn; several steps along them."""
    i = draw.choice(("tid", "agent", "i"))
    draft.field("pos", "vec2", "n", low=-3.0, high=3.0, names=("x", "start", "seeds"))
    draft.thread("n", "pos", index=i, counts=("num_agents", "count"))
    state = selected(draw, draft)
    turn = draft.tune(draw.choice(("turn", "swirl", "angle_scale")), 1.0, 6.0)
    speed = draft.tune(draw.choice(("speed", "stride")), 0.05, 0.4)
    steps = draw.integer(1, 4)
    draft.code(f"p = pos[{i}]")
    h = draw.choice(STEPS)
    direction = draw.choice(
        (
            f"direction = wp.curlnoise({state}, p{curl_arguments(draw)}) * ({turn} * 0.3)",
            f"angle = {turn} * wp.noise({state}, p)\ndirection = vec2(wp.cos(angle), wp.sin(angle))",
            f"angle = {turn} * (wp.noise({state}, p) + 0.5 * wp.noise({state}, p * 2.13))\ndirection = vec2(wp.cos(angle), wp.sin(angle))",
            f"gx = wp.noise({state}, p + vec2({h}, 0.0)) - wp.noise({state}, p - vec2({h}, 0.0))\n"
            f"gy = wp.noise({state}, p + vec2(0.0, {h})) - wp.noise({state}, p - vec2(0.0, {h}))\n"
            f"direction = vec2(-gy, gx) * {turn} / (2.0 * {h})",
        )
    )
    body = f"{direction}\np = p + direction * {speed}"
    if steps == 1:
        draft.code(body)
    else:
        draft.code(f"for k in range({steps}):\n    " + body.replace("\n", "\n    "))
    way = draw.choice(("end", "end", "distance", "value"))
    if way == "end":
        out = draft.result("end", "vec2", "n", names=("pos_out", "x_out"))
        draft.code(f"{out}[{i}] = p")
        if draw.chance(0.4):
            out = draft.result("direction_out", "vec2", "n", names=("heading",))
            draft.code(f"{out}[{i}] = direction")
    elif way == "distance":
        draft.code(f"moved = wp.length(p - pos[{i}])")
        stored(draft, "moved", "float", 2.0, i, ["n"], ("distance_out", "drift_out"))
    else:
        draft.code(f"here = wp.noise({state}, p * 0.57)")
        stored(draft, "here", "float", 1.0, i, ["n"], ("value_out", "shade"))
    return draft.finish(draw.choice(("follow_field", "flow_strokes", "steer_agents")), ["n"], sizes(draw, 80))
