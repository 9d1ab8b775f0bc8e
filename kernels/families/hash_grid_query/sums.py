"""Sums over neighbours: densities, forces, interpolated fields."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.mirror.spelling import renamed
from kernels.drafting.queries.pairs import Pairs
from kernels.drafting.queries.script import QueryScript
from kernels.families.hash_grid_query.search import Search, sizes

WEIGHTS = {
    "poly6": ("gap = wp.max(h * h - r * r, 0.0)", "return {f} * gap * gap * gap / (h * h * h * h * h * h)"),
    "spiky": ("gap = wp.max(1.0 - r / h, 0.0)", "return {f} * gap * gap * gap"),
    "wendland": ("q = r / h", "gap = wp.max(1.0 - 0.5 * q, 0.0)", "return {f} * gap * gap * gap * gap * (2.0 * q + 1.0)"),
    "gaussian": ("q = r / h", "return {f} * wp.exp(-q * q)"),
    "cubic": (
        "q = r / h",
        "if q < 0.5:",
        "    return {f} * (1.0 - 6.0 * q * q * (1.0 - q))",
        "tail = wp.max(1.0 - q, 0.0)",
        "return {f} * 2.0 * tail * tail * tail",
    ),
    "linear": ("return {f} * wp.max(1.0 - r / h, 0.0)",),
    "cosine": ("return {f} * (0.5 + 0.5 * wp.cos(3.14159265 * wp.min(r / h, 1.0)))",),
}
"""Smoothing kernels up to their factor; all of support h but the Gaussian and Wendland's."""


def weight(s: QueryScript, radius: str) -> str:
    """A smoothing kernel's value at distance `r`: in place, or by a function. Returns the text of a value."""
    draw = s.draw
    kind = draw.choice(tuple(WEIGHTS))
    factor = str(draw.real(0.5, 3.0))
    lines = [line.replace("{f}", factor) for line in WEIGHTS[kind]]
    if draw.chance(0.65) or any(line.startswith("if") for line in lines):
        name = draw.choice((f"{kind}_kernel", f"w_{kind}", "smoothing_kernel"))
        s.define(name, "r: real, h: real", "\n".join(lines), "real")
        return f"{name}(r, {radius})"
    *steps, last = lines
    s.code(renamed("\n".join([*steps, last.replace("return ", "w = ")]), {"h": radius}))
    return "w"


def build_density(s: QueryScript) -> Case:
    """Smoothed densities, with an equation of state where the sum is a function of its own."""
    draw = s.draw
    search = Search(s, radius="h")
    s.tuning(("h", 0.3, 0.5))
    search.declare()
    masses = draw.chance(0.7)
    if masses:
        s.field("mass", "real", "n", low=0.2, high=1.0, names=("particle_mass", "masses", "volume"))
    function = draw.choice(("sum_density", "density_at", "gather_density")) if draw.chance(0.4) else ""
    s.start(rho="float(0.0)")
    with search.near(function=function) as pairs:
        search.measured(pairs, itself=draw.chance(0.6))
        w = weight(s, "h")
        if draw.chance(0.35):
            s.mixed(
                "share",
                "real",
                [("r", "real", 0.0, 0.6), ("xi[0]", "real", -0.6, 0.6)] if draw.chance(0.3) else [("r", "real", 0.0, 0.6)],
                1,
            )
            w = f"{w} * (1.0 + 0.1 * share)"
        pairs.add("rho", "real", f"mass[j] * {w}" if masses else w)
    s.result("density", "real", search.size, names=("rho_out", "densities", "particle_density"))
    if not function:
        s.code(draw.choice(("density[i] = rho", "density[i] = 0.5 * rho", "density[i] = rho + 0.05")))
    else:
        s.code("density[i] = rho")
        s.tuning(("rest_density", 1.0, 3.0), ("stiffness", 0.5, 2.0))
        state = draw.choice(
            (
                "pressure = stiffness * (rho - rest_density)",
                "pressure = stiffness * wp.max(rho / rest_density - 1.0, 0.0)",
                "ratio = rho / rest_density\npressure = stiffness * (ratio * ratio * ratio - 1.0)",
                "pressure = wp.max(stiffness * (rho - rest_density), -0.5)",
            )
        )
        s.code(state)
        s.result("pressures", "real", search.size, names=("pressure_out", "particle_pressure"))
        s.code("pressures[i] = pressure")
    return s.finish(
        draw.choice(("compute_density", "sph_density", "update_density", "particle_density_kernel")),
        [search.size],
        sizes(s),
        doc=draw.choice(("", "", "Smoothed density of each particle, from the neighbours that the grid finds.")),
    )


FORCES = {
    "repulsion": ("overlap = radius - r", "f = d * (stiffness * overlap / (r + 0.01))"),
    "soft": ("q = 1.0 - r / radius", "f = d * (stiffness * q * q)"),
    "lennard": (
        "ratio = 0.2 / (r + 0.1)",
        "sixth = ratio * ratio * ratio * ratio * ratio * ratio",
        "f = d * (stiffness * sixth * (2.0 * sixth - 1.0))",
    ),
    "spring": ("stretch = r - 0.6 * radius", "f = d * (-stiffness * stretch / (r + 0.05))"),
    "cohesion": ("q = r / radius", "f = d * (-stiffness * q * (1.0 - q))"),
    "gravity": ("inv = 1.0 / (r * r + 0.02)", "f = d * (-stiffness * inv * wp.sqrt(inv))"),
}


def build_forces(s: QueryScript) -> Case:
    """Forces between particles: central ones, pressure and viscosity, or a blend."""
    draw = s.draw
    search = Search(s)
    s.tuning(("radius", 0.3, 0.5), ("stiffness", 0.5, 4.0))
    search.declare()
    kinds = draw.subset(("central", "pressure", "viscosity", "drag"), draw.weighted((1, 2, 3), (4, 4, 1)))
    if "viscosity" in kinds or "drag" in kinds:
        s.field("v", "vec3", "n", low=-1.0, high=1.0, names=("velocities", "particle_qd", "vel", "particle_v"))
        s.code("vi = v[i]")
    if "pressure" in kinds:
        s.field("rho", "real", "n", low=0.8, high=1.6, names=("density", "densities"))
        s.field("p", "real", "n", low=0.1, high=1.0, names=("pressure", "pressures"))
        if draw.chance(0.5):
            s.code("term_i = p[i] / (rho[i] * rho[i])")
    s.start(total="wp.vec3()")
    function = draw.choice(("neighbor_force", "sum_forces", "interaction_force")) if draw.chance(0.35) else ""
    energy = draw.chance(0.25)
    if energy:
        s.start(energy="float(0.0)")
    with search.near(function=function) as pairs:
        search.measured(pairs)
        for kind in kinds:
            _force(s, pairs, kind)
        if energy:
            pairs.add("energy", "real", draw.choice(("0.5 * (radius - r) * (radius - r)", "r * r", "wp.exp(-r)")))
    if energy:
        s.result("energy_out", "real", "n", names=("potential", "particle_energy"))
        s.code("energy_out[i] = energy")
    _store_vector(s, "total", linear=not function)
    return s.finish(draw.choice(("compute_forces", "particle_forces", "apply_interactions", "eval_particle_forces")), ["n"], sizes(s))


def _force(s: QueryScript, pairs: Pairs, kind: str) -> None:
    draw = s.draw
    if kind == "central":
        *steps, last = FORCES[draw.choice(tuple(FORCES))]
        s.code("\n".join(steps))
        if draw.chance(0.4):
            s.mixed("gain", "real", [("r", "real", 0.0, 0.6)], 1)
            s.code(last + " * gain")
        else:
            s.code(last)
        pairs.add("total", "vec3", "f")
    elif kind == "pressure":
        known = "term_i" in s.names.values
        mean = (
            "term_i + p[j] / (rho[j] * rho[j])"
            if known
            else draw.choice(("0.5 * (p[i] + p[j]) / rho[j]", "(p[i] + p[j]) / (2.0 * rho[j])"))
        )
        s.code(f"push = ({mean}) * (radius - r)")
        pairs.add("total", "vec3", draw.choice(("push * d", "d * (push / (r + 0.01))")))
    elif kind == "viscosity":
        s.code("dv = v[j] - vi")
        pairs.add("total", "vec3", draw.choice(("dv * (radius - r)", "0.1 * (1.0 - r / radius) * dv", "dv / (r + 0.1)")))
    else:
        s.code("slip = vi - v[j]\nalong = wp.dot(slip, d) / (r * r + 0.01)")
        pairs.add("total", "vec3", draw.choice(("-0.2 * along * d", "d * wp.min(-along, 0.0)")))


def _store_vector(s: QueryScript, value: str, *, linear: bool) -> None:
    """Stores a particle's vector: as it is, scaled, with gravity, as an update of velocities, or in what a function allows, limited."""
    draw = s.draw
    s.result("out", "vec3", "n", names=("forces", "particle_f", "accel", "force_out"))
    ending = draw.weighted(("plain", "gravity", "step", "mass", "limit"), (3, 2, 3, 0 if linear else 3, 0 if linear else 3))
    if ending == "plain":
        s.code(f"out[i] = {value}")
    elif ending == "gravity":
        s.uniform("gravity", "vec3", Uniform(-2.0, 2.0))
        s.code(f"out[i] = {value} + gravity")
    elif ending == "step":
        s.tuning(("dt", 0.01, 0.1))
        s.field("v0", "vec3", "n", names=("velocity_in", "particle_qd_in", "v_prev"))
        s.code(draw.choice((f"out[i] = v0[i] + {value} * dt", f"v_new = v0[i] + dt * {value}\nout[i] = v_new")))
    elif ending == "mass":
        s.field("inv_mass", "real", "n", low=0.2, high=2.0, names=("particle_inv_mass", "w"))
        s.code(f"out[i] = {value} * inv_mass[i]")
    else:
        s.tuning(("max_force", 1.0, 4.0))
        s.code(f"size = wp.length({value}) + 0.001\nscale = wp.min(max_force / size, 1.0)\nout[i] = {value} * scale")


def build_interpolation(s: QueryScript) -> Case:
    """Fields of scattered points at other points, or at the points themselves: smoothed values, gradients, blurred vectors."""
    draw = s.draw
    search = Search(s, apart=draw.chance(0.6), radius="h")
    s.tuning(("h", 0.35, 0.55))
    search.declare()
    vectors = draw.chance(0.4)
    base = "vec3" if vectors else "real"
    field = ("velocity", "normal", "momentum") if vectors else ("temperature", "color", "concentration", "height", "phi")
    s.field("values", base, "n", low=-1.0, high=1.0, names=field)
    volumes = draw.chance(0.35)
    if volumes:
        s.field("volume", "real", "n", low=0.1, high=0.5, names=("mass", "particle_volume", "support"))
    what = draw.choice(("shepard", "sum", "gradient", "difference") if not vectors else ("shepard", "sum", "divergence", "difference"))
    if what == "difference" and search.apart:
        what = "sum"
    function = draw.choice(("interpolate", "gather_field", "smoothed_value")) if what == "shepard" or draw.chance(0.2) else ""
    summed_vectors = (vectors and what != "divergence") or what == "gradient"
    s.start(total="wp.vec3()" if summed_vectors else "float(0.0)")
    if what == "shepard":
        s.start(norm="float(0.0)")
    with search.near(function=function) as pairs:
        search.measured(pairs, itself=what in ("shepard", "sum"))
        w = weight(s, "h")
        s.code(f"wj = {w}{' * volume[j]' if volumes else ''}")
        if what == "gradient":
            pairs.add("total", "vec3", draw.choice(("d * (values[j] * wj)", "(values[j] * wj / (r * r + 0.05)) * d")))
        elif what == "divergence":
            pairs.add("total", "real", draw.choice(("wj * wp.dot(values[j], d)", "wp.dot(values[j], d) * wj / (r + 0.1)")))
        elif what == "difference":
            pairs.add("total", base, draw.choice(("(values[j] - values[i]) * wj", "wj * (values[j] - values[i])")))
        else:
            pairs.add("total", base, draw.choice(("values[j] * wj", "wj * values[j]")))
        if what == "shepard":
            pairs.add("norm", "real", "wj")
    result = "vec3" if (vectors and what != "divergence") or what == "gradient" else "real"
    s.result("out", result, search.size, names=("interpolated", "smoothed", "field_out", "sampled"))
    if what == "shepard":
        _normalized(s, result)
    else:
        s.code(draw.choice(("out[i] = total", "out[i] = 0.5 * total", "out[i] = total / (h * h)")))
    name = {
        "shepard": "shepard_filter",
        "sum": "sample_particles",
        "gradient": "sph_gradient",
        "divergence": "sph_divergence",
        "difference": "xsph",
    }
    return s.finish(draw.choice((name[what], "interpolate_field", "gather_neighbors")), [search.size], sizes(s))


def _normalized(s: QueryScript, base: str) -> None:
    zero = "wp.vec3()" if base == "vec3" else "0.0"
    form = s.draw.choice(("floor", "branch", "plain"))
    if form == "floor":
        s.code("out[i] = total / wp.max(norm, 0.001)")
    elif form == "plain":
        s.code("out[i] = total / (norm + 0.1)")
    else:
        s.code(f"if norm > 0.001:\n    out[i] = total / norm\nelse:\n    out[i] = {zero}")
