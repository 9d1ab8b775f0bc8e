"""Idioms around statement forms: conditional expressions, chained comparisons, component stores, local arrays, nested and stepped loops,
captured constants, checks that print.

Each idiom takes the program, adds statements and returns True, or returns False and leaves the program as it was.
"""

from __future__ import annotations

from kernels.domains import Integers
from kernels.language.expression import NUMPY_REALS, Custom, Expression, Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.statement import Assign, Augment, Break, Continue, For, If, Load, Return, Statement, While
from kernels.language.types import I32
from kernels.language.verbatim import always
from kernels.synthesis.builder import Captured, Program
from kernels.synthesis.expressions import LIMIT
from kernels.synthesis.idioms_data import fresh_quantity

ZERO = literal(0, I32)
ONE = literal(1, I32)
_CONSTANTS = (
    ("GRAVITY", 9.81),
    ("EPSILON", 1e-3),
    ("MAX_SPEED", 2.5),
    ("RELAXATION", 0.75),
    ("SMOOTHING", 0.2),
    ("DAMPING", 0.98),
    ("MIN_VAL", 0.05),
    ("CUTOFF", 1.25),
    ("TOLERANCE", 0.01),
    ("STIFFNESS", 4.0),
)


def ternary(p: Program) -> bool:
    """A conditional expression."""
    ends = p.pick(2, "R")
    sources = p.pick(2, "R", "V", "I")
    if not ends or not sources:
        return False
    other = ends[1] if len(ends) > 1 else p.expressions.constant(p.real, 0.1, 2.0)
    first = ends[0]
    if p.draw.chance(0.5):
        first = p.expressions.confined(p.expressions.fused(p.real, [first], 1), LIMIT)
    value = apply("ternary", p.expressions.condition(sources), first, other)
    p.local(p.draw.choice(("picked", "side", "sign_factor", "effective", "bound", "local_limit")), value)
    return True


def chained(p: Program) -> bool:
    """A value tested against both ends of a band in one comparison."""
    sources = [s for s in p.pick(1, "R") if isinstance(s, Variable)]
    targets = p.pick(1, "R")
    if not sources or not targets:
        return False
    x = sources[0]
    span = x.range.high - x.range.low
    if span < 0.2:
        return False
    low = p.expressions.constant(p.real, x.range.low + 0.1 * span, x.range.low + 0.4 * span)
    high = p.expressions.constant(p.real, x.range.low + 0.6 * span, x.range.low + 0.9 * span)
    if {abs(low.value), abs(high.value)} & p.expressions.provenance.landmarks or not low.value < high.value:
        return False
    inside = apply("between", low, x, high)
    start = p.expressions.constant(p.real, 0.2, 1.5)
    gain = p.local(p.draw.choice(("gain", "band_weight", "window", "inside_weight")), start, mutable=True)
    value = p.expressions.confined(p.expressions.fused(p.real, targets, 1), LIMIT)
    p.add(If(inside, [Assign(gain.name, value)]))
    p.rebind(gain, start.range.hull(value.range))
    return True


def components(p: Program) -> bool:
    """A vector filled component by component, one of them added to afterwards."""
    if not p.palette.has("V"):
        return False
    length = min(p.palette.length, 4)
    sources = p.pick(3, "R")
    if len(sources) < 2 or length != p.palette.length:
        return False
    type = p.type_of("V")
    parts = [p.expressions.confined(p.expressions.fused(p.real, [p.draw.choice(sources)], 1), Interval(-50.0, 50.0)) for _ in range(length)]
    name = p.name(p.draw.choice(("packed", "built", "vec_out", "coords", "offset_vec")))
    attributes = p.draw.chance(0.4)
    lines = [f"{name} = {p.zero(type).warp()}" if p.draw.chance(0.5) else f"{name} = {type.spelling}()"]
    lanes = "*" + f"{p.lanes[0]}.shape"
    numpy = [f"{name} = np.zeros(({lanes}, {length}), {NUMPY_REALS[p.palette.real]})"]
    for axis, part in enumerate(parts):
        lines.append(f"{name}{'.' + 'xyzw'[axis] if attributes else f'[{axis}]'} = {part.warp()}")
        numpy.append(f"{name}[..., {axis}] = {part.numpy()}")
    high = max(part.range.magnitude for part in parts)
    p.verbatim(lines, always(*numpy), parts, [Variable(type, Interval(-high, high), name)])
    return True


def component_sum(p: Program) -> bool:
    """A copy of a vector with something added to one of its components, by its index: by its attribute, Warp's adjoint would be wrong."""
    vectors, sources = p.pick(1, "V"), p.pick(1, "R")
    if not vectors or not sources:
        return False
    vector, type = vectors[0], p.type_of("V")
    more = p.expressions.confined(p.expressions.fused(p.real, sources, 1), Interval(-20.0, 20.0))
    name = p.name(p.draw.choice(("shifted", "nudged", "lifted", "corrected_vec")))
    axis, symbol = p.draw.integer(0, min(p.palette.length, 4) - 1), p.draw.choice(("+", "-"))
    start = apply("vec_scale", vector, p.expressions.constant(p.real, 0.3, 1.5))
    lines = [f"{name} = {start.warp()}", f"{name}[{axis}] {symbol}= {more.warp()}"]
    lanes = f"(*{p.lanes[0]}.shape, {p.palette.length})"
    numpy = [f"{name} = np.broadcast_to({start.numpy()}, {lanes}).copy()", f"{name}[..., {axis}] {symbol}= {more.numpy()}"]
    high = start.range.magnitude + more.range.magnitude
    p.verbatim(lines, always(*numpy), [start, more], [Variable(type, Interval(-high, high), name)])
    return True


def local_array(p: Program) -> bool:
    """A short array of the thread's own, filled by a loop, and how many of its entries pass a bound.

    Only the count goes on, since Warp's adjoint of such an array loses terms.
    """
    sources = [s for s in p.pick(1, "R") if isinstance(s, Variable)]
    if not sources or p.palette.real != "float32":
        return False
    x, size = sources[0], p.draw.integer(3, 6)
    buffer = p.name(p.draw.choice(("buffer", "scratch", "local_values", "stack")))
    k = p.name(p.draw.choice(("k", "m", "slot_id")))
    count = p.name(p.draw.choice(("above", "passed", "num_large", "votes")))
    real = p.real
    step = p.expressions.constant(real, 0.3, 1.7)
    entry = apply("multiply", x, apply("add", apply("to_real", Variable(I32, Interval(0, size), k), width=real.name), step))
    bound = literal(round(0.31 * max(x.range.magnitude, 0.2) * size, 3), real)
    dtype = NUMPY_REALS[real.name]
    lines = [
        f"{buffer} = wp.zeros(shape=({size},), dtype={real.spelling})",
        f"for {k} in range({size}):",
        f"    {buffer}[{k}] = {entry.warp()}",
        f"{count} = int(0)",
        f"for {k} in range({size}):",
        f"    if {buffer}[{k}] > {bound.warp()}:",
        f"        {count} += 1",
    ]
    numpy = [
        f"{buffer} = np.zeros(({size}, *{p.lanes[0]}.shape), {dtype})",
        f"for {k} in range({size}):",
        f"    {buffer}[{k}] = {entry.numpy()}",
        f"{count} = np.sum({buffer} > {bound.numpy()}, axis=0).astype(np.int32)",
    ]
    counted = Variable(I32, Interval(0, size), count)
    p.verbatim(lines, always(*numpy), [x], [counted])
    p.reserve(counted)
    return True


def nested_loops(p: Program) -> bool:
    """A sum over a small table by two loops, one of them stepped or backwards at times."""
    if len(p.lanes) > 1:
        return False
    rows, columns = p.draw.integer(2, 4), p.draw.integer(2, 4)
    quantity = fresh_quantity(p, "R")
    table = p.array(
        p.name(f"{quantity.name}_{p.draw.choice(('patch', 'block', 'samples2d', 'weights'))}"),
        p.real,
        ("n", rows, columns),
        lambda sizes: p.domain_of(quantity),
    )
    r, c = p.name(p.draw.choice(("r", "a", "row"))), p.name(p.draw.choice(("c", "b", "column")))
    # Before the total is in scope: a term of its own sum has no range.
    outside = p.pick(1, "R")
    total = p.local(p.draw.choice(("total", "acc", "patch_sum", "weighted_sum")), p.zero(p.real), mutable=True)
    here = Load(
        p.real,
        Interval(quantity.low, quantity.high),
        table,
        (*p.lane_variables, Variable(I32, Interval(0, rows), r), Variable(I32, Interval(0, columns), c)),
    )
    term = p.expressions.confined(p.expressions.fused(p.real, [here, *outside], 1), Interval(-40.0, 40.0))
    inner = For(c, ZERO, literal(columns, I32), [Augment(total.name, "+", term, p.real)])
    if p.draw.chance(0.35):
        inner.start, inner.stop, inner.step = literal(columns - 1, I32), literal(-1, I32), -1
    elif p.draw.chance(0.3) and columns > 2:
        inner.step = 2
    p.add(For(r, ZERO, literal(rows, I32), [inner]))
    p.rebind(total, term.range.repeated(rows * columns))
    return True


def stepped(p: Program) -> bool:
    """A polynomial by Horner's rule from the highest coefficient down, or a sum over every other number."""
    sources = [s for s in p.pick(1, "R") if s.range.magnitude <= 3.0]
    if not sources:
        return False
    x, real = sources[0], p.real
    k = p.name(p.draw.choice(("k", "degree", "power")))
    total = p.local(p.draw.choice(("poly", "series", "horner")), p.expressions.constant(real, 0.1, 1.0), mutable=True)
    top = p.draw.integer(2, 4)
    counter = apply("to_real", Variable(I32, Interval(0, top), k), width=real.name)
    if p.draw.chance(0.6):
        loop = For(k, literal(top, I32), literal(-1 if p.draw.chance(0.5) else 0, I32), [], -1)
        value = apply("add", apply("multiply", Variable(real, LIMIT, total.name), x), counter)
        loop.body = [Assign(total.name, value)]
        high = (abs(total.range.high) + top + 1.0) * max(1.0, x.range.magnitude) ** (top + 2)
    else:
        loop = For(k, literal(p.draw.integer(0, 1), I32), literal(2 * top + 1, I32), [], 2)
        loop.body = [Augment(total.name, "+", apply("multiply", x, counter), real)]
        high = abs(total.range.high) + x.range.magnitude * (2 * top + 1) * (top + 1)
    if high > 5e4 or (p.expressions.coarse and high > 100.0):
        p.values = [v for v in p.values if not (isinstance(v.variable, Variable) and v.variable.name == total.name)]
        p.statements.pop()
        return False
    p.add(loop)
    p.rebind(total, Interval(-high, high))
    return True


def while_with_jumps(p: Program) -> bool:
    """A while loop over the bits or digits of an integer that skips some rounds and stops early."""
    sources = [s for s in p.pick(1, "I") or list(p.lane_variables[:1]) if s.type == I32 and s.range.low >= 0]
    if not sources:
        return False
    word = p.local(p.draw.choice(("word", "remaining_bits", "code")), sources[0])
    steps = p.local(p.draw.choice(("steps", "position", "shifts")), ZERO, mutable=True)
    found = p.local(p.draw.choice(("found", "set_bits", "weight_count")), ZERO, mutable=True)
    most = p.draw.integer(4, 8)
    divisor = literal(p.draw.choice((2, 2, 3, 10)), I32)
    digit = apply("modulo_int", Variable(I32, Interval(0, 1e6), word.name), divisor)
    odd = p.name(p.draw.choice(("digit", "bit", "low_digit")))
    digit_variable = Variable(I32, Interval(0, 9), odd)
    body: list[Statement] = [
        Assign(odd, digit),
        Assign(word.name, apply("floor_divide_int", Variable(I32, Interval(0, 1e6), word.name), divisor)),
        Augment(steps.name, "+", ONE, I32),
        If(apply("equal_int", digit_variable, ZERO), [Continue()]),
        Augment(found.name, "+", digit_variable if p.draw.chance(0.5) else ONE, I32),
        If(apply("greater_int", Variable(I32, Interval(0, 99), found.name), literal(p.draw.integer(2, 6), I32)), [Break()]),
    ]
    if p.draw.chance(0.4):
        del body[5]
    condition = apply(
        "and",
        apply("greater_int", Variable(I32, Interval(0, 1e6), word.name), ZERO),
        apply("less_int", Variable(I32, Interval(0, 99), steps.name), literal(most, I32)),
    )
    p.add(While(condition, body))
    p.rebind(word, Interval(0, sources[0].range.high))
    p.rebind(steps, Interval(0, most))
    p.rebind(found, Interval(0, 9 * most))
    for value in p.values:
        if isinstance(value.variable, Variable) and value.variable.name in (word.name, steps.name):
            value.used = True
    return True


def captured(p: Program) -> bool:
    """A constant of the module in a formula, at times through `wp.static`."""
    free = [(n, v) for n, v in _CONSTANTS if n not in p.names]
    sources = p.pick(2, "R")
    if not free or not sources:
        return False
    name, value = p.draw.choice(free)
    p.names.add(name)
    spelled = repr(value) if p.palette.real == "float32" else f"{p.real.spelling}({value!r})"
    p.constants.append(Captured(name, repr(value), f"{name} = {f'wp.constant({spelled})' if p.draw.chance(0.6) else spelled}"))
    constant: Expression = Variable(p.real, Interval(value, value), name)
    if p.palette.real != "float32":
        # Warp takes a Python number to be of single precision, and a typed constant to be what it says.
        p.constants[-1] = Captured(name, repr(value), f"{name} = wp.constant({spelled})", real=False)
    elif p.draw.chance(0.45):
        p.constants[-1] = Captured(name, repr(value), p.constants[-1].line, real=False)
        factor = p.draw.choice((2.0, 0.5, 3.0))
        text = p.draw.choice((f"{factor} * {name}", f"{name} * {factor}", f"{name} + {factor}", f"1.0 / ({name} + {factor})"))
        number = eval(text, {name: value})
        constant = Custom(p.real, Interval(number, number), f"wp.static({text})", f"f32({text})")
    value_expression = p.expressions.confined(
        apply(p.draw.choice(("multiply", "add", "multiply")), p.expressions.confined(sources[0], Interval(-100.0, 100.0)), constant), LIMIT
    )
    p.local(p.noun(value_expression, "scaled"), value_expression)
    return True


def static_loop(p: Program) -> bool:
    """A loop whose length is a constant of the module."""
    names = [n for n in ("NUM_STEPS", "MAX_ITER", "NUM_SAMPLES", "ORDER", "NUM_LAYERS") if n not in p.names]
    sources = [s for s in p.pick(1, "R") if s.range.magnitude <= 20.0]
    if not names or not sources:
        return False
    x, name, rounds = sources[0], p.draw.choice(names), p.draw.integer(2, 5)
    p.names.add(name)
    p.constants.append(Captured(name, str(rounds), f"{name} = {f'wp.constant({rounds})' if p.draw.chance(0.5) else rounds}", real=False))
    k = p.name(p.draw.choice(("k", "it", "layer", "sweep")))
    state = p.local(p.draw.choice(("state", "iterate", "level")), x)
    rate = p.expressions.constant(p.real, 0.1, 0.6)
    stop = Custom(I32, Interval(rounds, rounds), f"wp.static({name})" if p.draw.chance(0.5) else name, name)
    better = apply("add", apply("multiply", rate, apply(p.draw.choice(("sin", "cos", "tanh")), state)), x)
    lines = [f"for {k} in range({stop.warp()}):", f"    {state.name} = {better.warp()}"]
    numpy = [f"for {k} in range({name}):", f"    {state.name} = {better.numpy()}"]
    p.verbatim(lines, always(*numpy), [x, state])
    high = x.range.magnitude + rate.range.magnitude
    p.rebind(state, Interval(-high, high))
    return True


def check_finite(p: Program) -> bool:
    """A guard against values that are not finite: it prints, asserts, or leaves them out."""
    sources = [s for s in p.pick(1, "R", "V", "M", "Q") if isinstance(s, Variable)]
    if not sources:
        return False
    x, thread = sources[0], p.lanes[0]
    suffix = {0: "", 1: "_vec", 2: "_mat"}[x.type.rank] if not x.type.name.startswith("quat") else "_quat"
    finite = apply(f"isfinite{suffix}", x)
    kind = p.draw.choice(("printf", "printf", "print", "assert", "assert", "return", "zero"))
    if kind == "printf":
        message = p.draw.choice(("%s is not finite at thread %%d\\n", "invalid %s in element %%d\\n", "bad %s: %%d\\n")) % x.name
        bad = apply("isnan" + suffix, x) if p.draw.chance(0.4) else apply("not", finite)
        p.verbatim([f"if {bad.warp()}:", f'    wp.printf("{message}", {thread})'], always(), [x])
    elif kind == "print":
        p.verbatim([f"if {apply('not', finite).warp()}:", f"    print({x.name})"], always(), [x])
    elif kind == "assert":
        if x.type.rank:
            return False
        bound = literal(float(int(x.range.high) + 2), x.type) if x.type.is_float else literal(int(x.range.high) + 2, x.type)
        p.verbatim([f"assert {x.name} < {bound.warp()}"], always(), [x])
    elif kind == "return" and not p.expressions.coarse:
        p.add(If(apply("not", finite), [Return()]))
        p.leaves_outputs = True
    else:
        if x.type.rank:
            return False
        p.local(p.draw.choice(("checked", "finite_value", "safe_value")), apply("where", finite, x, p.zero(p.real)))
    return True


def gather_inline(p: Program) -> bool:
    """A value looked up through an index array in one expression, `values[ids[i]]`."""
    if len(p.lanes) > 1:
        return False
    relation = p.draw.choice((*p.theme.relations, "map", "owner"))
    ids = p.array(p.name(p.draw.choice((f"{relation}_ids", f"{relation}_index", f"{p.theme.items[0]}_{relation}"))), I32, p.extents,
                  lambda sizes: Integers(0, sizes["n"]))  # fmt: skip
    quantity = fresh_quantity(p, "RV")
    array = p.array(p.name(f"{quantity.name}_{p.draw.choice(('by_id', 'pool', 'global', 'all'))}"), p.type_of(quantity.letter), p.extents,
                    lambda sizes: p.domain_of(quantity))  # fmt: skip
    p.elementwise = False
    p.load(array, quantity, [Load(I32, Interval(0, 300), ids, p.lane_variables)], stem=f"{relation}_{quantity.name}")
    return True
