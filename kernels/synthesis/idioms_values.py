"""Idioms that compute: named intermediate values in the small patterns that numeric kernels are made of.

Each idiom takes the program, adds statements and returns True, or returns False and leaves the program as it was.
"""

from __future__ import annotations

from kernels.language.expression import Expression, Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.operation import OPERATIONS
from kernels.language.statement import Assign, Augment
from kernels.synthesis.builder import Program
from kernels.synthesis.expressions import LIMIT


def derive(p: Program) -> bool:
    """A named value fused from one to three others."""
    letter = p.draw.weighted(("R", "V"), (4, 2 if p.scope("V") else 0))
    sources = p.pick(p.draw.weighted((1, 2, 3), (2, 5, 2)), "R", "V", *(("M",) if p.draw.chance(0.3) else ()))
    if not sources:
        return False
    value = p.expressions.fused(p.type_of(letter), sources)
    p.local(p.noun(value), value)
    return True


def separation(p: Program) -> bool:
    """The offset between two points, its length, and often its direction."""
    points = p.pick(2, "V")
    if len(points) < 2 or not p.expressions.provenance.independent(*points):
        return False
    offset = p.local(p.draw.choice(("offset", "delta", "to_target", "separation", "diff")), apply("subtract_vec", points[0], points[1]))
    squared = p.draw.chance(0.3)
    if squared:
        distance_sq = p.local("distance_sq", apply("length_sq", offset))
        distance = p.local(
            "distance",
            apply(
                "sqrt",
                p.expressions.confined(
                    apply("add", distance_sq, p.expressions.constant(p.real, 0.05, 0.3)), OPERATIONS["sqrt"].domain_of(0)
                ),
            ),
        )
    else:
        distance = p.local(
            p.draw.choice(("distance", "dist", "separation_length")), apply("add", apply("length", offset), literal(0.05, p.real))
        )
    if p.draw.chance(0.7):
        p.local(
            p.draw.choice(("direction", "axis", "unit_dir")),
            apply("vec_divide", offset, p.expressions.confined(distance, OPERATIONS["divide"].domain_of(1))),
        )
    return True


def falloff(p: Program) -> bool:
    """A weight that falls off with a value: exponential, rational, Gaussian or smoothstep."""
    source = p.pick(1, "R")
    if not source:
        return False
    x, e, real = source[0], p.expressions, p.real
    kind = p.draw.choice(("exponential", "rational", "gaussian", "smoothstep"))
    if kind == "exponential":
        rate = e.constant(real, 0.2, 2.0)
        magnitude = x if x.range.low >= 0 else apply("absolute", x)
        value: Expression = apply("exp", e.confined(apply("multiply", apply("negate", rate), magnitude), Interval(-8.0, 4.0)))
    elif kind == "rational":
        value = apply(
            "divide",
            literal(1.0, real),
            apply(
                "add",
                literal(1.0, real),
                apply("square", x) if isinstance(x, Variable) and x.range.magnitude < 40 else apply("absolute", x),
            ),
        )
    elif kind == "gaussian":
        scaled = p.local(
            p.draw.choice(("scaled", "normalized", "z")), apply("divide", x, literal(p.draw.choice((0.4, 0.5, 0.8, 1.2, 1.5, 2.0)), real))
        )
        value = apply("exp", e.confined(apply("multiply", literal(-0.5, real), apply("square", scaled)), Interval(-8.0, 4.0)))
    else:
        low = p.expressions.constant(real, x.range.low, x.range.low + 0.3 * max(x.range.high - x.range.low, 0.1))
        span = literal(round(max(0.2, 0.6 * (x.range.high - x.range.low)), 2), real)
        above = apply("subtract", x, low) if low.value >= 0.0 else apply("add", x, literal(-low.value, real))
        t = p.local("t", apply("clamp", apply("divide", above, span), literal(0.0, real), literal(1.0, real)))
        value = apply("multiply", apply("square", t), apply("subtract", literal(3.0, real), apply("multiply", literal(2.0, real), t)))
    p.local(p.draw.choice(("weight", "falloff", "attenuation", "kernel_weight", "influence")), value)
    return True


def blend(p: Program) -> bool:
    """Two values mixed by a clamped parameter."""
    letter = "V" if len(p.scope("V")) >= 2 and p.draw.chance(0.4) else "R"
    ends, driver = p.pick(2, letter), p.pick(1, "R")
    if len(ends) < 2 or not driver:
        return False
    real = p.real
    x = driver[0]
    t: Expression = x
    if not x.range.within(Interval(0.0, 1.0)):
        if p.expressions.coarse:
            return False
        t = p.local(p.draw.choice(("t", "mix", "blend_factor", "alpha_t")), apply("clamp", x, literal(0.0, real), literal(1.0, real)))
    if letter == "R":
        if p.draw.chance(0.5):
            value: Expression = apply("lerp", ends[0], ends[1], t)
        else:
            value = apply("add", ends[0], apply("multiply", t, apply("subtract", ends[1], ends[0])))
    else:
        value = apply("add_vec", ends[0], apply("vec_scale", apply("subtract_vec", ends[1], ends[0]), t))
    p.local(p.draw.choice(("blended", "mixed", "interpolated", "target")), p.expressions.confined(value, LIMIT))
    return True


def project(p: Program) -> bool:
    """The part of a vector along another, and often the rest."""
    vectors = p.pick(2, "V")
    if len(vectors) < 2 or not p.expressions.provenance.independent(*vectors):
        return False
    normal: Expression = vectors[1]
    if normal.range.magnitude > 1.0 or p.draw.chance(0.6):
        normal = p.local(p.draw.choice(("normal", "n_dir", "unit_axis")), p.expressions.direction(normal))
    along = p.local(p.draw.choice(("normal_speed", "along", "projection", "v_n")), apply("dot", vectors[0], normal))
    if p.draw.chance(0.7):
        p.local(
            p.draw.choice(("tangent", "tangential", "lateral")),
            p.expressions.confined(apply("subtract_vec", vectors[0], apply("vec_scale", normal, along)), LIMIT),
        )
    return True


def rotate(p: Program) -> bool:
    """A vector carried into another frame by a matrix, sometimes its transpose."""
    matrices, vectors = p.pick(1, "M"), p.pick(1, "V")
    if not matrices or not vectors:
        return False
    frame = apply("transpose", matrices[0]) if p.draw.chance(0.3) else matrices[0]
    value: Expression = apply("mat_vec", frame, vectors[0])
    offsets = [v for v in p.pick(2, "V") if v is not vectors[0]]
    if offsets and p.draw.chance(0.5):
        value = apply("add_vec", value, offsets[0])
    p.local(p.draw.choice(("world_vec", "rotated", "in_frame", "local_vec")), p.expressions.confined(value, LIMIT))
    return True


def integrate(p: Program) -> bool:
    """A copy of a state moved by a rate over a small step, by augmented assignment."""
    letter = "V" if len(p.scope("V")) >= 2 and p.draw.chance(0.6) else "R"
    chosen, scale = p.pick(2, letter), p.pick(1, "R")
    if len(chosen) < 2 or not scale:
        return False
    state, rate = chosen
    step: Expression = scale[0]
    if step.range.magnitude > 3.0:
        step = p.expressions.constant(p.real, 0.01, 0.5)
    change = apply("vec_scale" if letter == "V" else "multiply", rate, step)
    total = state.range + change.range
    if not (total.within(LIMIT) and (state.range - change.range).within(LIMIT)):
        return False
    if not isinstance(state, Variable) or "." in state.name or not _is_local(p, state):
        state = p.local(p.draw.choice(("state", "new_value", "moved", "estimate")), state)
    symbol = p.draw.choice(("+", "+", "-"))
    p.add(Augment(state.name, symbol, change, state.type))
    p.rebind(state, total if symbol == "+" else state.range - change.range)
    if p.draw.chance(0.4):
        factor = p.expressions.constant(p.real, 0.5, 0.98)
        p.add(Augment(state.name, "*", factor, state.type))
        current = next(v.variable for v in p.values if isinstance(v.variable, Variable) and v.variable.name == state.name)
        p.rebind(state, current.range * factor.range)
    return True


def select(p: Program) -> bool:
    """A value chosen by a condition, in one expression."""
    letter = p.draw.choice(("R", "R", "I")) if p.scope("I") else "R"
    ends = p.pick(2, letter)
    if len(ends) < 1:
        return False
    condition = p.expressions.condition(p.pick(2, "R", "V", "I"))
    other = ends[1] if len(ends) > 1 else p.expressions.constant(p.type_of(letter), 0.0, 2.0)
    p.local(
        p.draw.choice(("selected", "chosen", "effective", "picked")),
        apply("where" if letter == "R" else "where_int", condition, ends[0], other),
    )
    return True


def quantize(p: Program) -> bool:
    """A cell or level number from a real value, clamped to its table."""
    source = p.pick(1, "R")
    if not source:
        return False
    x = source[0]
    width = literal(p.draw.choice((0.25, 0.5, 0.2, 0.4)), p.real)
    levels = p.draw.choice((4, 8, 10, 16))
    scaled = p.expressions.confined(apply("divide", x, width), OPERATIONS["floor"].domain_of(0))
    # int() of a float64 gives an int32 in both spellings; the declaration's width is that of its argument.
    cell = apply("to_integer", apply("floor", scaled))
    p.local(
        p.draw.choice(("bin_id", "level", "cell_id", "slot")),
        apply("maximum_int", apply("minimum_int", cell, literal(levels - 1, cell.type)), literal(0, cell.type)),
    )
    return True


def integer_mix(p: Program) -> bool:
    """Integer arithmetic on indices, labels and flags: strides, parities, masks."""
    sources = p.pick(2, "I") or list(p.lane_variables[:1])
    value = p.expressions.confined(p.expressions.fused(sources[0].type, sources, 1), Interval(-1e5, 1e5))
    if value in sources:
        return False
    p.local(p.noun(value, "code"), value)
    return True


def limit(p: Program) -> bool:
    """A vector's length capped: compare, then rescale under the condition."""
    from kernels.language.statement import If

    vectors = p.pick(1, "V")
    if not vectors or vectors[0].range.magnitude < 0.2 or p.expressions.provenance.is_unit(vectors[0]):
        return False
    vector = vectors[0]
    speed = p.local(p.draw.choice(("speed", "norm", "magnitude")), apply("length", vector))
    cap = p.expressions.constant(p.real, 0.3 * vector.range.magnitude, 1.2 * vector.range.magnitude)
    capped = p.local(p.draw.choice(("limited", "capped", "clamped_vec")), vector)
    ratio = apply("divide", cap, p.expressions.confined(speed, OPERATIONS["divide"].domain_of(1)))
    scaled = apply("vec_scale", vector if p.draw.chance(0.5) else capped, ratio)
    body = p.block(lambda: p.add(Assign(capped.name, scaled)))
    p.add(If(apply("greater", speed, cap), body))
    p.rebind(capped, vector.range)
    return True


def _is_local(p: Program, variable: Variable) -> bool:
    return variable.name not in p.value_domains and variable.name not in p.lanes
