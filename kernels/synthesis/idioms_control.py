"""Idioms that steer: branches, early exits, counted and conditional loops over local state, helper functions."""

from __future__ import annotations

from kernels.language.expression import Expression, Variable, apply, literal
from kernels.language.gradients import loop_limitations
from kernels.language.interval import Interval
from kernels.language.statement import Assign, Augment, Break, Call, For, Function, If, Return, Statement, Unpack, While
from kernels.language.types import I32
from kernels.synthesis.builder import Program, Value
from kernels.synthesis.expressions import LIMIT, Expressions
from kernels.synthesis.long_lines import split_long_lines

VERBS = ("compute", "evaluate", "get", "apply", "eval")


def branch(p: Program) -> bool:
    """A factor that starts plain and is set in the arms of an if, with elif and else drawn."""
    sources = p.pick(2, "R", "V")
    if not sources:
        return False
    conditions, others, innermost = p.pick(2, "R", "V", "I", "B"), p.pick(2, "R", "V"), p.pick(1, "R", "V")
    e = p.expressions
    start = e.constant(p.real, 0.2, 1.5)
    factor = p.local(p.draw.choice(("factor", "gain", "response", "scale_factor", "penalty")), start, mutable=True)
    hull = start.range

    def arm(depth: int) -> list[Statement]:
        nonlocal hull

        def build() -> None:
            nonlocal hull
            if p.draw.chance(0.3):
                inner = e.fused(p.real, sources, 1)
                named = p.local(p.noun(inner), inner)
                value = e.confined(e.fused(p.real, [named], 1), LIMIT)
            else:
                value = e.confined(e.fused(p.real, p.draw.subset(sources, 1), depth), LIMIT)
            hull = hull.hull(value.range)
            p.add(Assign(factor.name, value))

        return p.block(build)

    orelse: list[Statement] = []
    kind = p.draw.choice(("if", "if_else", "if_else", "if_else", "elif", "nested"))
    condition = e.condition(conditions)
    if kind in ("if_else", "nested") or (kind == "elif" and p.draw.chance(0.7)):
        orelse = arm(1)
    if kind == "elif":
        orelse = [If(e.condition(others), arm(1), orelse)]
    elif kind == "nested":
        inner_condition = e.condition(innermost)
        p.add(If(condition, [If(inner_condition, arm(1), arm(1))], orelse))
        p.rebind(factor, hull)
        return True
    if p.draw.chance(0.5):
        condition = apply(p.draw.choice(("and", "or")), condition, e.condition(others))
    p.add(If(condition, arm(2), orelse))
    p.rebind(factor, hull)
    return True


def refine(p: Program) -> bool:
    """A few fixed-point or Newton steps on a local estimate: a short static loop, which Warp unrolls."""
    sources = p.pick(2, "R")
    if not sources:
        return False
    e, real = p.expressions, p.real
    target = e.confined(sources[0], Interval(0.1, 50.0))
    steps = p.draw.integer(2, 4)
    if p.draw.chance(0.5):
        goal = p.local("radicand", target) if not isinstance(target, Variable) else target
        estimate = p.local(
            p.draw.choice(("estimate", "root", "guess")), apply("add", apply("multiply", literal(0.5, real), goal), literal(0.5, real))
        )
        better = apply("multiply", literal(0.5, real), apply("add", estimate, apply("divide", goal, _positive(estimate))))
        range = Interval(min(estimate.range.low, 0.05), max(estimate.range.high, 60.0))
    else:
        estimate = p.local(p.draw.choice(("state", "angle", "estimate")), sources[-1])
        rate = e.constant(real, 0.1, 0.6)
        better = apply(
            "add",
            apply("multiply", rate, apply(p.draw.choice(("sin", "cos")), e.confined(estimate, Interval(-20.0, 20.0)))),
            e.fused(real, sources[:1], 1),
        )
        range = better.range.hull(estimate.range)
        if range.magnitude > 20.0:
            return False
    p.add(For(p.name(p.draw.choice(("step", "iteration", "it"))), literal(0, I32), literal(steps, I32), [Assign(estimate.name, better)]))
    p.rebind(estimate, range)
    return True


def _positive(x: Variable) -> Expression:
    """`x` with a range that says it is positive, as it is by the invariant of Heron's method."""
    return Variable(x.type, Interval(0.05, 60.0), x.name)


def count_steps(p: Program) -> bool:
    """A while loop that counts the steps until a local value passes a bound, with a break or a cap."""
    sources = p.pick(1, "R")
    if not sources:
        return False
    e, real = p.expressions, p.real
    start = e.confined(sources[0], Interval(-20.0, 20.0))
    if not isinstance(start, Variable):
        # The loop must not change the result of what computes the start: its adjoint may need that.
        start = p.local(p.noun(start, "capacity"), start)
    level = p.local(p.draw.choice(("remaining", "level", "budget")), start)
    steps = p.local(p.draw.choice(("steps", "hops", "rounds")), literal(0, I32), mutable=True)
    most = p.draw.integer(4, 9)
    loss = e.constant(real, 0.25, 0.8)
    body: list[Statement] = [Augment(level.name, "-", loss, level.type), Augment(steps.name, "+", literal(1, I32), I32)]
    bound = apply("greater", level, literal(p.draw.real(0.1, 0.5, 4), real))
    cap = apply("less_int", steps, literal(most, I32))
    if p.draw.chance(0.5):
        p.add(While(apply("and", cap, bound), body))
    else:
        p.add(
            While(
                cap, [If(apply("not", bound) if p.draw.chance(0.3) else apply("less_equal", level, bound.arguments[1]), [Break()]), *body]
            )
        )
    level = p.rebind(level, Interval(level.range.low - most * loss.range.high, level.range.high))
    steps = p.rebind(steps, Interval(0, most))
    if p.draw.chance(0.85):
        p.reserve(level)
        p.reserve(steps)
    return True


def helper_call(p: Program) -> bool:
    """A call of a helper function, written for the purpose or used before; sometimes it gives two results."""
    known = [f for f in p.functions if f.name not in p.overloaded and not f.generic and all(p.scope_of(t) for _, t in f.parameters)]
    if known and p.draw.chance(0.3):
        return _call(p, p.draw.choice(known))
    function = make_function(p, p.pick(p.draw.weighted((1, 2, 3), (2, 4, 2)), "R", "V"))
    if function is None or _call(p, function):
        return function is not None
    p.functions.remove(function)
    return False


def _call(p: Program, function: Function) -> bool:
    arguments = []
    for (_, type), interval in zip(function.parameters, p.function_ranges[function.name], strict=True):
        fitting = [e for e in p.scope_of(type) if e.range.within(interval)]
        if not fitting:
            return False
        fitting = [e for e in fitting if e not in arguments and (not type.rank or p.expressions.provenance.solid(e))]
        if not fitting:
            return False
        arguments.append(fitting[0] if p.draw.chance(0.7) else p.draw.choice(fitting))
    ranges = p.function_results[function.name]
    if len(function.results) == 1:
        p.local(
            p.noun(Call(function.results[0], ranges[0], function, tuple(arguments))),
            Call(function.results[0], ranges[0], function, tuple(arguments)),
        )
        return True
    names = [
        p.name(p.draw.choice(stems)) for stems in (("value", "result", "energy", "response"), ("slope", "derivative", "rate", "side_value"))
    ]
    p.add(Unpack(tuple(names), function, tuple(arguments)))
    p.values += [Value(Variable(t, r, n)) for n, t, r in zip(names, function.results, ranges, strict=True)]
    return True


def make_function(p: Program, sources: list[Expression]) -> Function | None:
    """Writes a helper function over parameters like `sources`: a few named values, perhaps an early return, one or two results."""
    if not sources or any(
        p.expressions.provenance.roots(s) & p.expressions.provenance.roots(t) for s in sources for t in sources if s is not t
    ):
        return None
    name = p.name(
        f"{p.draw.choice(VERBS)}_{p.draw.choice(('weight', 'response', 'energy', 'flux', 'profile', 'correction', 'stress', 'cost'))}"
    )
    stems = {"R": ["x", "r", "s", "value", "t"], "V": ["v", "d", "p", "axis", "dir"]}
    parameters: list[Variable] = []
    for source in sources:
        letter = "V" if source.type.rank else "R"
        parameters.append(Variable(source.type, _widened(source.range), stems[letter].pop(0)))
    inner = Program(
        draw=p.draw, theme=p.theme, policy=p.policy, palette=p.palette, lanes=(), sig=p.sig, expressions=Expressions(p.draw, p.policy)
    )
    inner.names |= {v.name for v in parameters} | {"lanes"}
    inner.values = [Value(v) for v in parameters]
    inner.expressions.provenance.landmarks = p.expressions.provenance.landmarks
    for v, source in zip(parameters, sources, strict=True):
        if source.type.rank == 1 and p.expressions.provenance.solid(source):
            inner.expressions.provenance.given(v.name)
    two = p.draw.chance(0.25)
    letter = "R" if two or not any(v.type.rank for v in parameters) or p.draw.chance(0.6) else "V"
    result_type = p.type_of(letter)
    early: Expression | None = None
    if p.draw.chance(0.35):
        early = inner.expressions.fused(result_type, p.draw.subset(parameters, 1), 1)
        condition = inner.expressions.condition(parameters)
        extra = [inner.expressions.constant(p.real, -1.0, 1.0)] if two else []
        inner.add(If(condition, [Return((early, *extra))]))
    for _ in range(p.draw.weighted((0, 1, 2), (3, 4, 2))):
        picked = inner.pick(2, "R", "V")
        value = inner.expressions.fused(p.type_of(p.draw.choice(("R", "R", "V")) if inner.scope("V") else "R"), picked, 1)
        inner.local(inner.noun(value, "value"), value)
    if p.functions and p.draw.chance(0.35):
        _nested_call(p, inner)
    unused = inner.unused()
    result = inner.expressions.fused(result_type, (unused or inner.pick(1, "R", "V"))[:4])
    rest = unused[4:]
    if rest:
        result = inner.expressions.fused(result_type, [result, *rest], 1)
    values = [result]
    if two:
        values.append(inner.expressions.fused(p.real, inner.pick(2, "R", "V"), 1))
    inner.add(Return(tuple(values)))
    function = Function(
        name,
        tuple((v.name, v.type) for v in parameters),
        tuple(split_long_lines(inner, inner.statements)),
        tuple(v.type for v in values),
        p.draw.chance(0.4),
    )
    p.functions.append(function)
    p.function_ranges[name] = [v.range for v in parameters]
    p.function_results[name] = [v.range if early is None or n else v.range.hull(early.range) for n, v in enumerate(values)]
    if early is not None and two:
        p.function_results[name][1] = p.function_results[name][1].hull(Interval(-1.0, 1.0))
    p.helpers += inner.helpers
    p.limitations |= inner.limitations | loop_limitations(function.body, frozenset())
    return function


def _nested_call(p: Program, inner: Program) -> None:
    """A call of an earlier function with one result inside a new one, where its parameters can be had."""
    for function in p.functions:
        if len(function.results) != 1:
            continue
        arguments = []
        for (_, type), interval in zip(function.parameters, p.function_ranges[function.name], strict=True):
            fitting = [e for e in inner.scope_of(type) if e.range.within(interval) and e not in arguments]
            if not fitting or type.rank:
                break
            arguments.append(fitting[0])
        else:
            call = Call(function.results[0], p.function_results[function.name][0], function, tuple(arguments))
            inner.local(inner.noun(call), call)
            return


def _widened(range: Interval) -> Interval:
    """A parameter's range: a little wider than its first argument's, so that other calls fit."""
    low = range.low if range.low >= 0.0 else min(range.low * 1.5, -1.0)
    return Interval(low, max(range.high * 1.5, 1.0))
