"""Random processes: walks, diffusion, rejection, counting."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import stored
from kernels.draw import Draw
from kernels.families.sampling.generators import seeded, sizes


def build_walk(draw: Draw, draft: MirrorDraft) -> Case:
    """Random walks of integers: on a line or a lattice, with walls that reflect, wrap or absorb, first passage, visits counted."""
    i = draw.choice(("tid", "walker", "i"))
    draft.field("start", "int", "n", domain=Integers(-3, 4), names=("x0", "origin"))
    draft.thread("n", "start", index=i, counts=("num_walkers", "n"))
    seeded(draw, draft, i)
    steps = draw.integer(4, 12)
    wall = draw.integer(4, 7)
    plane = draw.chance(0.4)
    draft.code(f"x = start[{i}]" + ("\ny = int(0)" if plane else ""))
    moves = {
        "coin": "x += 2 * wp.randi(state, 0, 2) - 1",
        "bit": "if (wp.randu(state) & wp.uint32(1)) == wp.uint32(1):\n    x += 1\nelse:\n    x -= 1",
        "jump": "x += wp.randi(state, -2, 3)",
        "biased": f"if wp.randf(state) < {draw.real(0.3, 0.7)}:\n    x += 1\nelse:\n    x -= 1",
        "full": "x += wp.randi(state) % 2",
    }
    if plane:
        move = draw.choice(
            (
                "d = wp.randi(state, 0, 4)\nif d == 0:\n    x += 1\nelif d == 1:\n    x -= 1\nelif d == 2:\n    y += 1\nelse:\n    y -= 1",
                "x += wp.randi(state, -1, 2)\ny += wp.randi(state, -1, 2)",
                "bits = int(wp.randu(state, wp.uint32(0), wp.uint32(4)))\nx += (bits & 1) * 2 - 1\ny += (bits >> 1) * 2 - 1",
            )
        )
    else:
        move = moves[draw.weighted(list(moves), (1, 2, 1, 1, 1))]
    ending = draw.choice(("none", "reflect", "wrap", "absorb", "break"))
    extra = {
        "none": "",
        "reflect": f"\nx = wp.clamp(x, -{wall}, {wall})",
        "wrap": f"\nif x > {wall}:\n    x = -{wall}\nelif x < -{wall}:\n    x = {wall}",
        "absorb": "",
        "break": "",
    }[ending]
    body = (move + extra).replace("\n", "\n    ")
    if ending == "absorb":
        draft.code(f"t = int(0)\nwhile wp.abs(x) < {wall} and t < {steps}:\n    {body}\n    t += 1")
    elif ending == "break":
        draft.code(
            f"t = int(0)\nfor step_index in range({steps}):\n    {body}\n    t = step_index + 1\n    if wp.abs(x) >= {wall}:\n        break"
        )
    else:
        draft.code(f"for t in range({steps}):\n    {body}")
    out = draft.result("end", "int", "n", names=("x_out", "final_x", "position"))
    draft.code(f"{out}[{i}] = x")
    if plane:
        out = draft.result("end_y", "int", "n", names=("y_out", "final_y"))
        draft.code(f"{out}[{i}] = y")
    if ending in ("absorb", "break"):
        out = draft.result("exit_time", "int", "n", names=("hitting_time", "steps_taken"))
        draft.code(f"{out}[{i}] = t")
    if draw.chance(0.5):
        out = draft.result("visits", "int", 64, role="accumulate", names=("histogram", "occupancy"))
        draft.code(f"slot = wp.clamp(x + 32, 0, 63)\nwp.atomic_add({out}, slot, 1)")
    if draw.chance(0.4):
        draft.code(f"spread = float(x * x{' + y * y' if plane else ''})")
        # The adjoint does not see what a loop that ends by data has left, so nothing differentiable is made of it.
        share = 0.0 if ending in ("absorb", "break") else 0.4
        stored(draft, "spread", "float", 900.0, i, ["n"], ("displacement", "msd"), share=share)
    if draw.chance(0.25):
        out = draft.result("state_out", "wp.uint32", "n", names=("rng_out", "states_out"))
        draft.code(f"{out}[{i}] = state")
    return draft.finish(f"{draw.choice(('random_walk', 'walk', 'lattice_walk'))}_{ending}", ["n"], sizes(draw))


def build_diffusion(draw: Draw, draft: MirrorDraft) -> Case:
    """Continuous walks: Brownian and Langevin steps, Ornstein and Uhlenbeck, flights on a sphere, geometric Brownian paths."""
    i = draw.choice(("tid", "particle", "i"))
    spatial = draw.chance(0.5)
    type = "vec3" if spatial else "float"
    draft.field("x", type, "n", names=("pos", "position", "q"))
    draft.thread("n", "x", index=i, counts=("num_particles", "n"))
    seeded(draw, draft, i)
    dt = draft.tune(draw.choice(("dt", "time_step")), 0.02, 0.2)
    sigma = draft.tune(draw.choice(("sigma", "temperature", "diffusivity")), 0.1, 0.8)
    steps = draw.integer(2, 5)
    draft.code(f"p = x[{i}]")
    noise = {
        True: draw.choice(
            (
                "xi = vec3(wp.randn(state), wp.randn(state), wp.randn(state))",
                "xi = wp.sample_unit_sphere_surface(state) * 1.7320508",
                "xi = wp.sample_unit_cube(state) * 3.4641016",
            )
        ),
        False: draw.choice(("xi = wp.randn(state)", "xi = wp.randf(state, -1.7320508, 1.7320508)")),
    }[spatial]
    kind = draw.choice(("brownian", "ou", "langevin", "double_well"))
    amplitude = f"({sigma} * wp.sqrt({dt}))" if draw.chance(0.5) else f"wp.sqrt(2.0 * {sigma} * {dt})"
    if kind == "langevin":
        draft.field("v", type, "n", names=("vel", "velocity"))
        friction = draft.tune(draw.choice(("gamma", "friction")), 0.2, 1.0)
        draft.code(f"u = v[{i}]")
        body = f"{noise}\nu = u - (p + u * {friction}) * {dt} + xi * {amplitude}\np = p + u * {dt}"
    elif kind == "ou":
        rate = draft.tune(draw.choice(("theta", "reversion")), 0.3, 1.5)
        draft.field("mu", type, "n", names=("mean_level", "anchor"))
        body = f"{noise}\np = p + (mu[{i}] - p) * ({rate} * {dt}) + xi * {amplitude}"
    elif kind == "double_well":
        drift = "p * wp.length_sq(p) - p" if spatial else "p * p * p - p"
        body = f"{noise}\np = p - ({drift}) * {dt} + xi * {amplitude}"
    else:
        body = f"{noise}\np = p + xi * {amplitude}"
    draft.code(f"for t in range({steps}):\n    " + body.replace("\n", "\n    "))
    stored(draft, "p", type, 8.0, i, ["n"], ("x_out", "pos_out", "end"))
    if kind == "langevin" and draw.chance(0.7):
        out = draft.result("v_out", type, "n", names=("vel_out",))
        draft.code(f"{out}[{i}] = u")
    return draft.finish(f"{kind}_{draw.choice(('steps', 'path', 'walk'))}", ["n"], sizes(draw))


REJECTION = {
    "disk": ("vec2", "vec2(2.0 * wp.randf(state) - 1.0, 2.0 * wp.randf(state) - 1.0)", "wp.dot(p, p) < 1.0"),
    "annulus": ("vec2", "wp.sample_unit_square(state) * 2.0", "wp.length(p) > 0.4 and wp.length(p) < 1.0"),
    "ball": ("vec3", "wp.sample_unit_cube(state) * 2.0", "wp.length_sq(p) < 1.0"),
    "lens": ("vec2", "wp.sample_unit_disk(state)", "p[0] * p[0] + 2.0 * p[1] * p[1] < 0.8"),
    "wedge": ("vec3", "wp.sample_unit_sphere(state)", "p[2] > 0.3 * p[0]"),
    "ripple": ("vec2", "wp.sample_unit_ring(state) * wp.randf(state, 0.2, 1.2)", "wp.dot(p, p) < 1.0"),
    "corner": ("vec2", "wp.sample_triangle(state)", "p[0] * p[0] + p[1] * p[1] < 0.5"),
    "slab": ("vec3", "wp.sample_unit_hemisphere(state)", "p[2] < 0.6"),
    "zone": ("vec3", "wp.sample_unit_hemisphere_surface(state)", "p[2] > 0.3"),
}


def build_rejection(draw: Draw, draft: MirrorDraft) -> Case:
    """Points in a region by rejection: drawn until one lies inside, in a function of its own or in place, with a number of attempts."""
    i = draw.choice(("tid", "i", "point"))
    region = draw.choice(tuple(REJECTION))
    type, proposal, test = REJECTION[region]
    draft.field("centers", type, "n", names=("center", "origin", "offset"))
    draft.thread("n", "centers", index=i, counts=("num_points", "n"))
    attempts = draw.integer(8, 30)
    style = draw.choice(("function while", "function for", "inline while"))
    scaled = draw.chance(0.6)
    if scaled:
        draft.field("radii", "float", "n", low=0.2, high=1.0, differentiable=style != "inline while", names=("radius", "extent"))
    zero = f"{type}()"
    if style == "inline while":
        seeded(draw, draft, i)
        draft.code(
            f"""
            p = {proposal}
            tries = int(1)
            while not ({test}) and tries < {attempts}:
                p = {proposal}
                tries += 1
            """.replace(f"not ({test})", _negated(test))
        )
        out = draft.result("attempts", "int", "n", names=("tries_out", "iterations"))
        draft.code(f"{out}[{i}] = tries")
    else:
        seeded(draw, draft, i, "rng", kept=False)
        if style == "function while":
            body = f"""
                state = start
                p = {proposal}
                tries = int(1)
                while {_negated(test)} and tries < {attempts}:
                    p = {proposal}
                    tries += 1
                return p
                """
        else:
            body = f"""
                state = start
                found = {zero}
                for attempt in range({attempts + 16}):
                    p = {proposal}
                    if {test}:
                        found = p
                        break
                return found
                """.replace("found", "chosen")
        draft.define(
            f"sample_{region}", "start: wp.uint32", body, type, f"A point of the {region} by rejection." if draw.chance(0.6) else ""
        )
        draft.code(f"p = sample_{region}(rng)")
    draft.code(f"moved = centers[{i}] + p{f' * radii[{i}]' if scaled else ''}")
    if type == "vec3":
        stored(draft, "moved", "vec3", 2.0, i, ["n"], ("points_out", "samples_out"), share=0.4 if style != "inline while" else 0.0)
    else:
        out = draft.result(draft.name("points_out", "samples_out"), type, "n")
        draft.code(f"{out}[{i}] = moved")
    return draft.finish(f"reject_{region}", ["n"], sizes(draw))


def _negated(test: str) -> str:
    """The condition that a point lies outside."""
    if " and " in test:
        return "(" + " or ".join(part.replace(">", "<=") if ">" in part else part.replace("<", ">=") for part in test.split(" and ")) + ")"
    return test.replace(" < ", " >= ") if " < " in test else test.replace(" > ", " <= ")


def build_counts(draw: Draw, draft: MirrorDraft) -> Case:
    """Poisson numbers: photons of an image, spikes of neurons, particles seeded per cell, claims; with sums and histograms."""
    i = draw.choice(("tid", "cell", "pixel", "neuron"))
    few = draw.chance(0.6)
    low, high = (0.2, 6.0) if few else (10.5, 40.0)
    draft.field("rate", "float", "n", domain=Uniform(low, high), differentiable=False, names=("intensity", "expected", "lam"))
    draft.field("gain", "float", "n", low=0.5, high=1.5, names=("weight", "scale"))
    draft.thread("n", "rate", index=i, counts=("num_cells", "n"))
    seeded(draw, draft, i)
    factor = draft.tune(draw.choice(("exposure", "dt", "concentration")), 0.5, 1.0) if few and draw.chance(0.5) else ""
    draft.code(f"lam_i = rate[{i}]{f' * {factor}' if factor else ''}\ncount = wp.poisson(state, lam_i)")
    ways = draw.subset(("count", "signal", "histogram", "total", "second"), draw.integer(1, 3))
    for way in ways:
        if way == "count":
            out = draft.result("counts", "wp.uint32" if draw.chance(0.5) else "int", "n", names=("photons", "spikes", "num_particles"))
            draft.code(f"{out}[{i}] = {'count' if draft.names.arrays[out][0].name == 'uint32' else 'int(count)'}")
        elif way == "signal":
            draft.code(f"signal = float(count) * gain[{i}]")
            stored(draft, "signal", "float", 120.0, i, ["n"], ("signal_out", "noisy_image", "measured"))
        elif way == "histogram":
            out = draft.result("histogram", "int", 16, role="accumulate", names=("count_bins",))
            draft.code(f"wp.atomic_add({out}, wp.min(int(count), 15), 1)")
        elif way == "total":
            out = draft.result("total_count", "int", 1, role="accumulate", names=("event_count",))
            draft.code(f"wp.atomic_add({out}, 0, int(count))")
        else:
            draft.code("dark = wp.poisson(state, 0.7)")
            out = draft.result("net", "int", "n", names=("net_counts", "difference"))
            draft.code(f"{out}[{i}] = int(count) - int(dark)")
    return draft.finish(draw.choice(("shot_noise", "poisson_counts", "spike_counts", "seed_particles")), ["n"], sizes(draw))
