"""Bodies that meet their neighbours: contacts of spheres, flocks, corrections of positions, and what pairs exchange by atomics."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.families.hash_grid_query.search import Search, sizes


def build_contact(s: QueryScript) -> Case:
    """Contact forces between spheres of their own radii (discrete element method), with damping, friction and a ground."""
    draw = s.draw
    search = Search(s, grouped=0.1, radius="reach")
    s.tuning(("reach", 0.4, 0.5), ("k_contact", 2.0, 10.0))
    search.declare()
    sized = draw.chance(0.7)
    if sized:
        s.field("size", "real", "n", low=0.08, high=0.2, names=("particle_radius", "radii", "radius"))
        s.code("ri = size[i]")
    else:
        s.tuning(("grain", 0.1, 0.2))
    damped = draw.chance(0.7)
    frictional = damped and draw.chance(0.6)
    if damped:
        s.field("v", "vec3", "n", low=-1.0, high=1.0, names=("particle_v", "velocities", "particle_qd"))
        s.tuning(("k_damp", 0.1, 1.0))
        s.code("vi = v[i]")
    if frictional:
        s.tuning(("k_friction", 0.1, 1.0), ("k_mu", 0.2, 0.8))
    law = ""
    if draw.chance(0.6):
        law = _contact_law(s, damped=damped, frictional=frictional)
    s.start(total="wp.vec3()")
    ground = draw.chance(0.4)
    contacts = draw.chance(0.3)
    if contacts:
        s.start(contacts="int(0)")
    function = "particle_contacts" if draw.chance(0.25) else ""
    with search.near(function=function) as pairs:
        _touching(s, pairs, "ri + size[j]" if sized else "2.0 * grain")
        if law:
            relative = ", vi - v[j]" if damped else ""
            s.code(f"f = {law}(n, c{relative}, k_contact{', k_damp' if damped else ''}{', k_friction, k_mu' if frictional else ''})")
        else:
            _contact_force(s, damped=damped, frictional=frictional, relative="vi - v[j]")
        pairs.add("total", "vec3", "f")
        if contacts:
            pairs.count("contacts")
    if ground:
        s.uniform("ground_height", "real", Uniform(-0.7, -0.3))
        s.code(f"depth = xi[1] - ground_height - {'ri' if sized else 'grain'}")
        s.code("lift = wp.max(-depth, 0.0) * k_contact")
        s.code("push = wp.vec3(0.0, lift, 0.0)")
    s.result("out", "vec3", "n", names=("particle_f", "forces", "contact_force"))
    s.code("out[i] = total + push" if ground else draw.choice(("out[i] = total", "out[i] = total + wp.vec3(0.0, -9.8, 0.0) * 0.1")))
    if contacts:
        s.result("contact_count", "int", "n", names=("num_contacts", "coordination"))
        s.code("contact_count[i] = contacts")
    return s.finish(
        draw.choice(("apply_contacts", "dem_forces", "eval_particle_contacts", "contact_forces")),
        ["n"],
        sizes(s),
        doc=draw.choice(("", "Contact forces between particles that overlap.", "")),
    )


def _touching(s: QueryScript, pairs: Pairs, sum_of_radii: str) -> None:
    """Keeps overlapping pairs; names the normal `n` from the neighbour to the particle and the signed gap `c`."""
    draw = s.draw
    first = draw.chance(0.5)
    if first:
        pairs.only("j != i", "j == i")
    s.code("d = xi - x[j]\nr = wp.length(d)")
    s.code(f"c = r - ({sum_of_radii})" if "+" in sum_of_radii else f"c = r - {sum_of_radii}")
    if first:
        pairs.only("c < 0.0", "c >= 0.0")
    else:
        pairs.only("c < 0.0 and j != i")
    s.code("n = d / r")


def _steps(*, damped: bool, frictional: bool) -> list[str]:
    steps = ["jn = c * k_contact"]
    if damped:
        steps += ["vn = wp.dot(n, vrel)", "jd = wp.min(vn, 0.0) * k_damp"]
    if frictional:
        steps += [
            "vt = vrel - n * vn",
            "vs = wp.length(vt) + 0.001",
            "ft = wp.min(vs * k_friction, k_mu * wp.abs(jn))",
            "f = -n * (jn + jd) - vt * (ft / vs)",
        ]
    else:
        steps.append("f = -n * (jn + jd)" if damped else "f = -n * jn")
    return steps


def _contact_law(s: QueryScript, *, damped: bool, frictional: bool) -> str:
    """The force of a contact as a function."""
    parameters = "n: vec3, c: real"
    parameters += ", vrel: vec3" if damped else ""
    parameters += ", k_contact: real"
    parameters += ", k_damp: real" if damped else ""
    parameters += ", k_friction: real, k_mu: real" if frictional else ""
    *steps, last = _steps(damped=damped, frictional=frictional)
    name = s.draw.choice(("contact_force_law", "contact_response", "normal_contact"))
    return s.define(name, parameters, "\n".join([*steps, last.replace("f = ", "return ")]), "vec3")


def _contact_force(s: QueryScript, *, damped: bool, frictional: bool, relative: str) -> None:
    if damped:
        s.code(f"vrel = {relative}")
    s.code("\n".join(_steps(damped=damped, frictional=frictional)))


def build_flock(s: QueryScript) -> Case:
    """Flocking (Reynolds 1987): separation, alignment and cohesion, summed or averaged."""
    draw = s.draw
    search = Search(s, grouped=0.1)
    s.tuning(("radius", 0.35, 0.5))
    search.declare()
    s.field("v", "vec3", "n", low=-1.0, high=1.0, names=("velocity", "boid_velocity", "headings"))
    s.code("vi = v[i]")
    kinds = draw.subset(("separation", "alignment", "cohesion"), draw.integer(1, 3))
    s.start(**dict.fromkeys(kinds, "wp.vec3()"))
    averaged = draw.chance(0.6)
    function = "sum_flock" if averaged else ""
    if averaged:
        s.start(crowd="float(0.0)")
    amounts = {
        "separation": ("d / (r * r + 0.01)", "d * (1.0 - r / radius)", "d * wp.exp(-4.0 * r)"),
        "alignment": ("v[j]", "v[j] - vi", "v[j] * (1.0 - r / radius)"),
        "cohesion": ("x[j]" if averaged else "-d", "-d", "-d * r"),
    }
    with search.near(function=function) as pairs:
        search.measured(pairs)
        for kind in kinds:
            pairs.add(kind, "vec3", draw.choice(amounts[kind]))
        if averaged:
            pairs.add("crowd", "real", draw.choice(("1.0", "1.0 - r / radius")))
    gains = {kind: draw.choice((f"w_{kind}", f"{kind}_gain")) for kind in kinds}
    s.tuning(*((gain, 0.1, 2.0) for gain in gains.values()))
    terms = [f"{gains[kind]} * {kind}" for kind in kinds]
    s.code(f"steer = {' + '.join(terms)}")
    if averaged:
        s.code(draw.choice(("steer = steer / wp.max(crowd, 1.0)", "steer = steer * (1.0 / (crowd + 0.5))")))
    s.result("out", "vec3", "n", names=("steering", "accel", "velocity_out", "desired"))
    if draw.chance(0.5):
        s.tuning(("dt", 0.02, 0.2))
        s.code("v_new = vi + dt * steer")
        if averaged and draw.chance(0.6):
            s.tuning(("max_speed", 0.5, 1.5))
            s.code("speed = wp.length(v_new) + 0.001\nv_new = v_new * wp.min(max_speed / speed, 1.0)")
        s.code("out[i] = v_new")
    else:
        s.code("out[i] = steer")
    return s.finish(draw.choice(("boids", "steer_agents", "flocking", "update_boids")), ["n"], sizes(s))


def build_correction(s: QueryScript) -> Case:
    """Corrections of positions so that particles stay apart (position-based dynamics), averaged or relaxed."""
    draw = s.draw
    search = Search(s, grouped=0.15)
    s.tuning(("radius", 0.35, 0.5), ("relaxation", 0.2, 1.0))
    search.declare()
    weights = draw.chance(0.6)
    if weights:
        s.field("w", "real", "n", low=0.2, high=2.0, names=("inv_mass", "particle_inv_mass"))
        s.code("wi = w[i]")
    if draw.chance(0.4):
        s.field("flags", "int", "n", domain=Integers(0, 3), names=("particle_flags", "active", "state"))
        s.result("out", "vec3", "n", role="accumulate", names=("deltas", "delta_x", "position_delta"))
        s.code("if flags[i] == 0:\n    return")
        guarded = True
    else:
        s.result("out", "vec3", "n", names=("deltas", "delta_x", "correction"))
        guarded = False
    averaged = draw.chance(0.5)
    s.start(delta="wp.vec3()")
    if averaged:
        s.start(touching="float(0.0)")
    function = "solve_particle_contacts" if averaged else ""
    rest = draw.choice(("0.6 * radius", "0.5 * radius", "0.8 * radius"))
    with search.near(function=function) as pairs:
        search.measured(pairs, reach=rest if draw.chance(0.4) else "")
        s.code(f"c = r - {rest}")
        if draw.chance(0.5):
            pairs.only("c < 0.0", "c >= 0.0")
        elif draw.chance(0.5):
            s.code("c = wp.min(c, 0.0)")
        share = "wi / (wi + w[j])" if weights else "0.5"
        s.code(draw.choice(("n = d / (r + 0.001)", "n = d * (1.0 / (r + 0.01))")))
        if draw.chance(0.5):
            s.code(f"lam = -c * {share}")
            pairs.add("delta", "vec3", draw.choice(("lam * n", "n * lam")))
        else:
            pairs.add("delta", "vec3", f"n * (-c * {share})")
        if averaged:
            pairs.add("touching", "real", "1.0")
    value = "delta / wp.max(touching, 1.0)" if averaged else "delta"
    text = draw.choice((f"relaxation * {value}", f"{value} * relaxation"))
    if guarded:
        s.code(f"wp.atomic_add(out, i, {text})")
    else:
        s.code(draw.choice((f"out[i] = {text}", f"out[i] = xi + {text}")))
    return s.finish(
        draw.choice(("solve_particle_particle_contacts", "separate_particles", "pbd_collisions", "push_apart")), ["n"], sizes(s)
    )


def build_exchange(s: QueryScript) -> Case:
    """What each pair exchanges, by atomics: forces by Newton's third law, heat, counts, energy, histograms of distances."""
    draw = s.draw
    search = Search(s, grouped=0.15)
    s.tuning(("radius", 0.3, 0.5))
    search.declare()
    kind = draw.choice(("force", "heat", "energy", "histogram", "degree"))
    once = kind != "degree" and draw.chance(0.7)
    names = {
        "force": ("pair_forces", "newton_pairs"),
        "heat": ("exchange_heat", "diffuse_particles"),
        "energy": ("pair_energy", "interaction_energy"),
        "histogram": ("pair_distances", "radial_histogram"),
        "degree": ("count_pairs", "particle_degrees"),
    }
    with search.near() as pairs:
        if once:
            pairs.only(*draw.choice((("j > i", "j <= i"), ("i < j", "i >= j"))))
        search.measured(pairs, itself=once)
        _exchanged(s, kind, once=once)
    return s.finish(
        draw.choice(names[kind]),
        ["n"],
        sizes(s),
        doc=draw.choice(("", "", "One thread per particle; each pair is met once.") if once else ("",)),
    )


def _exchanged(s: QueryScript, kind: str, *, once: bool) -> None:
    draw = s.draw
    if kind == "force":
        s.tuning(("stiffness", 0.5, 3.0))
        s.result("out", "vec3", "n", role="accumulate", names=("forces", "particle_f"))
        s.code(draw.choice(("f = d * (stiffness * (radius - r) / (r + 0.02))", "f = d * stiffness * wp.exp(-3.0 * r)")))
        if draw.chance(0.4):
            s.mixed("gain", "real", [("r", "real", 0.0, 0.6)], 1)
            s.code("f = f * gain")
        s.code("wp.atomic_add(out, i, f)")
        if once:
            s.code(draw.choice(("wp.atomic_sub(out, j, f)", "wp.atomic_add(out, j, -f)")))
    elif kind == "heat":
        s.field("u", "real", "n", low=0.0, high=1.0, names=("temperature", "heat", "charge"))
        s.tuning(("conductivity", 0.1, 1.0))
        s.result("out", "real", "n", role="accumulate", names=("du", "heat_rate", "exchange"))
        s.code(draw.choice(("q = conductivity * (u[j] - u[i]) * (radius - r)", "q = (u[j] - u[i]) * conductivity / (r + 0.1)")))
        s.code("wp.atomic_add(out, i, q)")
        if once:
            s.code("wp.atomic_sub(out, j, q)")
    elif kind == "energy":
        s.result("out", "real", "one", role="accumulate", names=("energy", "total_energy", "potential"))
        s.mixed("pair", "real", [("r", "real", 0.0, 0.6)], 1)
        s.code(draw.choice(("e = pair * (radius - r)", "e = pair * (radius - r) * (radius - r)", "e = pair + 1.0 / (r + 0.2)")))
        s.code("wp.atomic_add(out, 0, e)")
    elif kind == "histogram":
        bins = draw.choice((4, 8, 16))
        s.result("out", "int", bins, role="accumulate", names=("histogram", "rdf", "bins"))
        s.code(f"slot = wp.min(int(r / radius * {bins}.0), {bins - 1})")
        s.code("wp.atomic_add(out, slot, 1)")
    else:
        s.result("out", "int", "n", role="accumulate", names=("degree", "pair_count"))
        s.code(draw.choice(("wp.atomic_add(out, j, 1)", "wp.atomic_add(out, i, 1)")))
        if draw.chance(0.4):
            s.result("closest", "real", "n", role="accumulate", differentiable=False, names=("max_overlap", "deepest"))
            s.code("wp.atomic_max(closest, j, radius - r)")
