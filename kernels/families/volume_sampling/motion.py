"""Motion in volumes: contact with distance fields, advection by velocity fields, rays that march through densities."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent

from kernels.case import Case
from kernels.domains import Integers, Uniform, UnitVectors
from kernels.drafting.mirror.steps import stored
from kernels.drafting.queries.script import QueryScript
from kernels.draw import Draw
from kernels.families.volume_sampling.grids import Volume, volume_sizes


def build_collision(draw: Draw) -> Case:
    """Particles against a signed distance volume: penalty forces, projections, bounces, by the sampled distance and its gradient."""
    s = QueryScript(draw)
    volume = Volume(s, "float32", solid=True, start=draw.choice((0, -8)))
    form = draw.choice(("force", "force", "position", "position", "velocity"))
    s.field("x", "vec3", "n", domain=volume.world(), names=("particle_q", "positions", "pos"))
    moving = form == "velocity" or draw.chance(0.5)
    if moving:
        s.field("vel", "vec3", "n", low=-1.0, high=1.0, names=("particle_qd", "velocities", "particle_v"))
    s.thread("n", "x", index="i", names=("tid", "p_id"), counts=("num_particles", "particle_count"))
    volume.declare(-0.6, 0.6)
    volume.frame("volume_world_to_index")
    s.code("p = x[i]\nuvw = wp.volume_world_to_index(volume, p)")
    s.tuning(("margin", 0.05, 0.4))
    _normal(s, draw, volume)
    s.code(draw.choice(("depth = margin - d", "c = d - margin\ndepth = -c")))
    blank = {"force": "wp.vec3()", "position": "p", "velocity": "vel[i]"}[form]
    lines = []
    if moving:
        lines += ["v = vel[i]", "vn = wp.dot(v, n)"]
    if form == "force":
        s.tuning(("ke", 1.0, 10.0))
        lines.append(draw.choice(("f = n * (ke * depth)", "fn = ke * depth * depth\nf = n * fn", "f = ke * depth * n")))
        if moving:
            s.tuning(("kd", 0.1, 1.0))
            lines.append(draw.choice(("f = f - n * (kd * vn)", "f = f - n * (kd * wp.min(vn, 0.0))")))
            if draw.chance(0.4):
                s.tuning(("mu", 0.1, 0.6))
                lines += ["vt = v - n * vn", "f = f - vt * mu"]
        lines.append("result = f")
    elif form == "position":
        s.tuning(("relax", 0.3, 1.0))
        lines.append(draw.choice(("result = p + n * (relax * depth)", "result = p + n * depth * relax")))
        if moving and draw.chance(0.6):
            s.tuning(("dt", 0.01, 0.1))
            lines.append("result = result + (v - n * vn) * dt")
    else:
        s.tuning(("restitution", 0.1, 0.9))
        lines.append(draw.choice(("result = v - n * ((1.0 + restitution) * wp.min(vn, 0.0))", "result = v - n * vn * (1.0 + restitution)")))
    out = {
        "force": ("force_out", "particle_f", "forces"),
        "position": ("x_out", "positions_out", "particle_q_out"),
        "velocity": ("v_out", "velocities_out", "particle_qd_out"),
    }[form]
    s.result(out[0], "vec3", "n", names=out[1:])
    left = form == "position" and draw.chance(0.6)
    body = indent("\n".join(lines), "    ")
    if not left and draw.chance(0.4):
        s.code(f"if depth <= 0.0:\n    {out[0]}[i] = {blank}\n    return\n" + "\n".join(lines) + f"\n{out[0]}[i] = result")
    else:
        s.code(f"result = {blank}\nif depth > 0.0:\n{body}\n{out[0]}[i] = result")
    if left:
        s.code(f"after = {volume.call_sample('wp.volume_world_to_index(volume, result)')}")
        s.result("distance_out", "real", "n", names=("distance_left", "clearance"))
        s.code("distance_out[i] = after")
    return s.finish(
        draw.choice(("collide_sdf", "sdf_contacts", "volume_collision", "particle_sdf_contact")),
        ["n"],
        volume_sizes(s),
        doc=draw.choice(("", "Contact of particles with a distance field.", "")),
    )


def _normal(s: QueryScript, draw: Draw, volume: Volume) -> None:
    """Names the distance `d` and the direction `n` away from the body: by the sampled gradient, or by differences of samples."""
    if draw.chance(0.5):
        volume.sample_gradient("d", "g", "uvw")
        s.code(draw.choice(("n = g / (wp.length(g) + 0.05)", "g_len = wp.sqrt(wp.dot(g, g) + 0.01)\nn = g / g_len")))
        return
    s.code(f"d = {volume.call_sample('uvw')}")
    step = draw.choice(("0.5", "0.25", "1.0"))
    names = []
    for axis, offset in zip("xyz", (f"{step}, 0.0, 0.0", f"0.0, {step}, 0.0", f"0.0, 0.0, {step}"), strict=True):
        s.code(f"d{axis} = {volume.call_sample(f'uvw + wp.vec3({offset})')} - d")
        names.append(f"d{axis}")
    s.code(f"g = wp.vec3({', '.join(names)})\nn = g / (wp.length(g) + 0.05)")


def build_advection(draw: Draw) -> Case:
    """Points that follow a velocity volume by Euler's, Heun's, the midpoint or Runge and Kutta's method, or that carry its value back."""
    s = QueryScript(draw)
    velocity = Volume(s, "vec3f", start=0)
    back = draw.chance(0.35)
    # Points in world space go to index space and back.
    world = draw.chance(0.6)
    domain = velocity.world() if world else velocity.span()
    s.field("x", "vec3", "n", domain=domain, names=("positions", "points", "markers", "particle_q"))
    s.thread("n", "x", index="i", names=("tid", "idx"), counts=("num_points", "num_markers"))
    velocity.declare(-1.5, 1.5)
    s.tuning(("dt", 0.1, 0.8))
    at: Callable[[str], str] = velocity.call_sample
    if draw.chance(0.5):
        name = draw.choice(("velocity_at", "sample_velocity", "flow"))
        call = velocity.call_sample("p")
        s.definitions.append(["@wp.func", f"def {name}(volume: wp.uint64, p: wp.vec3):", f"    return {call}"])
        s.answer(name, (f"def {name}(volume, p):", f"    return {s.as_numpy(call)}"), ("vec3",))

        def named(place: str) -> str:
            return f"{name}(volume, {place})"

        at = named

    if world:
        velocity.frame("volume_world_to_index")
    s.code("p = wp.volume_world_to_index(volume, x[i])" if world else "p = x[i]")
    sign = "-" if back else "+"
    method = draw.choice(("euler", "heun", "midpoint", "rk3", "rk4", "steps"))
    if method == "euler":
        s.code(f"v = {at('p')}\nmoved = p {sign} v * dt")
    elif method == "heun":
        s.code(f"v1 = {at('p')}\nv2 = {at(f'p {sign} v1 * dt')}\nmoved = p {sign} (v1 + v2) * (0.5 * dt)")
    elif method == "midpoint":
        s.code(f"v1 = {at('p')}\nmid = p {sign} v1 * (0.5 * dt)\nv2 = {at('mid')}\nmoved = p {sign} v2 * dt")
    elif method == "rk3":
        s.code(f"k1 = {at('p')}\nk2 = {at(f'p {sign} k1 * (0.5 * dt)')}\nk3 = {at(f'p {sign} k2 * (0.75 * dt)')}")
        s.code(f"moved = p {sign} (2.0 * k1 + 3.0 * k2 + 4.0 * k3) * (dt / 9.0)")
    elif method == "rk4":
        s.code(f"k1 = {at('p')}\nk2 = {at(f'p {sign} k1 * (0.5 * dt)')}")
        s.code(f"k3 = {at(f'p {sign} k2 * (0.5 * dt)')}\nk4 = {at(f'p {sign} k3 * dt')}")
        s.code(f"moved = p {sign} (k1 + 2.0 * k2 + 2.0 * k3 + k4) * (dt / 6.0)")
    else:
        s.code(f"moved = p\nfor k in range({draw.choice((2, 3, 4))}):\n    v = {at('moved')}\n    moved = moved {sign} v * (0.3 * dt)")
    if back:
        s.code(f"carried = {at('moved')}")
        stored(s, "carried", "vec3", 1.5, "i", ["n"], ("velocity_new", "advected", "u_out"), share=0.5)
    if not back or draw.chance(0.5):
        s.result("x_out", "vec3", "n", names=("positions_out", "moved_points", "feet"))
        if world:
            velocity.frame("volume_index_to_world")
            s.code("x_out[i] = wp.volume_index_to_world(volume, moved)")
            return s.finish(draw.choice(("advect_points", "trace_flow", "advect_markers")), ["n"], volume_sizes(s))
        s.code(
            draw.choice(
                (
                    "x_out[i] = moved",
                    "x_out[i] = wp.vec3(wp.clamp(moved[0], -3.3, 18.3), wp.clamp(moved[1], -3.3, 18.3), wp.clamp(moved[2], -3.3, 18.3))",
                )
            )
        )
    return s.finish(draw.choice(("advect_points", "trace_flow", "semi_lagrangian", "advect_markers")), ["n"], volume_sizes(s))


def build_march(draw: Draw) -> Case:
    """Rays that march through a density volume in fixed steps: optical depth, light, the largest value, the first above a level, labels."""
    s = QueryScript(draw)
    what = draw.weighted(("depth", "light", "most", "first", "labels"), (1, 1, 1, 1, 1))
    labels = what == "labels"
    volume = Volume(s, "int32" if labels else "float32")
    world = draw.chance(0.5)
    s.field(
        "origins", "vec3", "n", domain=volume.world() if world else volume.span(), names=("ray_origin", "starts"), differentiable=not labels
    )
    s.field("directions", "vec3", "n", domain=UnitVectors(), names=("ray_dir", "dirs"), differentiable=not labels)
    s.thread("n", "origins", index="i", names=("tid", "ray"), counts=("num_rays",))
    volume.declare(0.05, 5.0 if labels else 1.0)
    steps = draw.choice((4, 5, 6, 8))
    s.tuning(("step", 0.4, 1.2))
    if world:
        volume.frame("volume_world_to_index", "volume_world_to_index_dir")
        s.code("start = wp.volume_world_to_index(volume, origins[i])")
        s.code("direction = wp.normalize(wp.volume_world_to_index_dir(volume, directions[i]))")
    else:
        s.code("start = origins[i]\ndirection = directions[i]")
    sample = volume.call_sample("p", "wp.Volume.CLOSEST" if labels else "wp.Volume.LINEAR")
    place = draw.choice(("p = start + direction * (float(k) * step)", "t = (float(k) + 0.5) * step\np = start + t * direction"))
    if what == "depth":
        s.code(f"tau = float(0.0)\nfor k in range({steps}):\n{indent(place, '    ')}\n    tau += {sample} * step")
        s.code(draw.choice(("seen = wp.exp(-tau)", "seen = 1.0 - wp.exp(-0.5 * tau)", "seen = tau * 0.2")))
        stored(s, "seen", "float", 1.5, "i", ["n"], ("transmittance", "optical_depth", "alpha_out"))
    elif what == "light":
        s.tuning(("absorb", 0.2, 1.5))
        s.code(
            f"light = float(0.0)\nclear = float(1.0)\nfor k in range({steps}):\n{indent(place, '    ')}\n    rho = {sample}\n"
            "    fade = wp.exp(-absorb * rho * step)\n    light += clear * (1.0 - fade) * rho\n    clear = clear * fade"
        )
        stored(s, "light", "float", 1.0, "i", ["n"], ("radiance", "pixels", "light_out"))
        if draw.chance(0.5):
            s.result("clear_out", "real", "n", names=("transmittance", "visibility"))
            s.code("clear_out[i] = clear")
    elif what == "most":
        s.code(f"most = float(-10.0)\nfor k in range({steps}):\n{indent(place, '    ')}\n    most = wp.max(most, {sample})")
        s.result("out", "real", "n", differentiable=False, names=("mip_out", "peak"))
        s.code("out[i] = most")
    elif labels:
        s.uniform("wanted", "int", Integers(0, 3), names=("label", "material"))
        s.code(f"inside = int(0)\nfor k in range({steps}):\n{indent(place, '    ')}\n    if {sample} == wanted:\n        inside += 1")
        s.result("length", "real", "n", differentiable=False, names=("path_length", "travelled"))
        s.code("length[i] = float(inside) * step")
    else:
        s.uniform("level", "real", Uniform(0.5, 0.8), names=("iso", "threshold"))
        s.code(
            f"first = int(-1)\nfor k in range({steps}):\n{indent(place, '    ')}\n    if {sample} > level and first < 0:\n        first = k"
        )
        s.result("out", "int", "n", names=("hit_step", "first_step"))
        s.code("out[i] = first")
    return s.finish(draw.choice(("march_volume", "render_density", "integrate_rays", "ray_march")), ["n"], volume_sizes(s))
