"""Idioms around functions: with a gradient of their own, replayed, in C++, generic, overloaded, with defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from kernels.language.expression import Custom, Expression
from kernels.language.interval import Interval
from kernels.language.statement import Call, Function
from kernels.language.types import Type
from kernels.synthesis.builder import Program
from kernels.synthesis.expressions import LIMIT
from kernels.synthesis.idioms_control import make_function


@dataclass(frozen=True)
class Profile:
    """A smooth function of one variable and one parameter: its value, its derivatives, in Warp's and numpy's spelling and in C++.

    `high` bounds its value for |x| <= 10 and a parameter in [0.2, 2].
    """

    name: str
    value: str
    by_x: str
    by_k: str
    native: str
    native_by_x: str
    native_by_k: str
    high: float


PROFILES = (
    Profile("smooth_abs", "wp.sqrt(x * x + k * k)", "x / wp.sqrt(x * x + k * k)", "k / wp.sqrt(x * x + k * k)",
            "sqrt(x * x + k * k)", "x / sqrt(x * x + k * k)", "k / sqrt(x * x + k * k)", 11.0),
    Profile("rational_falloff", "1.0 / (1.0 + k * x * x)", "-2.0 * k * x / ((1.0 + k * x * x) * (1.0 + k * x * x))",
            "-x * x / ((1.0 + k * x * x) * (1.0 + k * x * x))", "1.0f / (1.0f + k * x * x)",
            "-2.0f * k * x / ((1.0f + k * x * x) * (1.0f + k * x * x))", "-x * x / ((1.0f + k * x * x) * (1.0f + k * x * x))", 1.0),
    Profile("soft_sign", "x / wp.sqrt(1.0 + k * x * x)", "1.0 / ((1.0 + k * x * x) * wp.sqrt(1.0 + k * x * x))",
            "-0.5 * x * x * x / ((1.0 + k * x * x) * wp.sqrt(1.0 + k * x * x))", "x / sqrt(1.0f + k * x * x)",
            "1.0f / ((1.0f + k * x * x) * sqrt(1.0f + k * x * x))",
            "-0.5f * x * x * x / ((1.0f + k * x * x) * sqrt(1.0f + k * x * x))", 10.0),
    Profile("damped_wave", "wp.sin(k * x) * 0.5", "k * wp.cos(k * x) * 0.5", "x * wp.cos(k * x) * 0.5",
            "sin(k * x) * 0.5f", "k * cos(k * x) * 0.5f", "x * cos(k * x) * 0.5f", 0.5),
    Profile("quadratic_penalty", "0.5 * k * x * x", "k * x", "0.5 * x * x", "0.5f * k * x * x", "k * x", "0.5f * x * x", 100.0),
    Profile("logistic", "1.0 / (1.0 + wp.exp(-k * x))",
            "k * wp.exp(-k * x) / ((1.0 + wp.exp(-k * x)) * (1.0 + wp.exp(-k * x)))",
            "x * wp.exp(-k * x) / ((1.0 + wp.exp(-k * x)) * (1.0 + wp.exp(-k * x)))",
            "1.0f / (1.0f + exp(-k * x))", "k * exp(-k * x) / ((1.0f + exp(-k * x)) * (1.0f + exp(-k * x)))",
            "x * exp(-k * x) / ((1.0f + exp(-k * x)) * (1.0f + exp(-k * x)))", 1.0),
)  # fmt: skip


def _profile_call(p: Program, kind: str) -> bool:
    """A call of a profile, defined with what `kind` asks for: a custom gradient, also a replay function, or a native snippet."""
    sources = [s for s in p.pick(1, "R") if s.range.magnitude <= 10.0]
    free = [profile for profile in PROFILES if profile.name not in p.names]
    if not sources or not free or p.palette.real != "float32":
        return False
    profile, x = p.draw.choice(free), sources[0]
    name = p.name(profile.name)
    value = profile.value
    if kind == "native":
        p.definitions.append(
            [
                f'{name}_snippet = """',
                f"    return {profile.native};",
                '    """',
                f'{name}_adjoint = """',
                f"    adj_x += ({profile.native_by_x}) * adj_ret;",
                f"    adj_k += ({profile.native_by_k}) * adj_ret;",
                '    """',
                "",
                "",
                f"@wp.func_native({name}_snippet, {name}_adjoint)",
                f"def {name}(x: float, k: float) -> float: ...",
            ]
        )
    else:
        p.definitions.append(["@wp.func", f"def {name}(x: float, k: float):", f"    return {value}"])
        p.definitions.append(
            [
                f"@wp.func_grad({name})",
                f"def adj_{name}(x: float, k: float, adj_ret: float):",
                f"    wp.adjoint[x] += ({profile.by_x}) * adj_ret",
                f"    wp.adjoint[k] += ({profile.by_k}) * adj_ret",
            ]
        )
        if kind == "replay":
            p.definitions.append([f"@wp.func_replay({name})", f"def replay_{name}(x: float, k: float):", f"    return {value}"])
    p.reference_definitions.append([f"def {name}(x, k):", f"    return {value.replace('wp.', 'np.')}"])
    k: Expression = p.expressions.constant(p.real, 0.3, 1.5)
    parameters = [s for s in p.scope("R") if Interval(0.2, 2.0).hull(s.range) == Interval(0.2, 2.0) and s is not x]
    if parameters and p.draw.chance(0.5):
        k = p.draw.choice(parameters)
    call = Custom(
        p.real, Interval(-profile.high, profile.high), f"{name}({x.warp()}, {k.warp()})", f"{name}({x.numpy()}, {k.numpy()})", (x, k)
    )
    p.local(p.draw.choice(("shaped", "profile_value", "response", "penalty")), call)
    return True


def custom_gradient(p: Program) -> bool:
    """A function whose gradient is written by hand, and that may be replayed."""
    return _profile_call(p, "replay" if p.draw.chance(0.5) else "gradient")


def native_function(p: Program) -> bool:
    """A function in C++ with its adjoint."""
    return _profile_call(p, "native")


def overloaded(p: Program) -> bool:
    """Two functions of one name, for a real and for a vector, each called."""
    if not p.palette.has("V"):
        return False
    reals, vectors = p.pick(1, "R"), p.pick(1, "V")
    if not reals or not vectors:
        return False
    first = make_function(p, reals)
    if first is None:
        return False
    second = make_function(p, vectors)
    if second is None or len(first.results) > 1 or len(second.results) > 1:
        p.functions = [f for f in p.functions if f is not first and f is not second]
        return False
    named = replace(second, name=first.name, numpy_name=f"{first.name}_of_vector")
    p.functions = [named if f is second else f for f in p.functions]
    ranges = p.function_results.pop(second.name)
    del p.function_ranges[second.name]
    for function, source, range in ((first, reals[0], p.function_results[first.name][0]), (named, vectors[0], ranges[0])):
        call = Call(function.results[0], range, function, (source,))
        p.local(p.noun(call), call)
    p.overloaded.add(first.name)
    return True


def with_default(p: Program) -> bool:
    """A function whose last parameter has a default; the call relies on it, or names another value."""
    sources = p.pick(1, "R")
    if not sources or p.palette.real != "float32":
        return False
    x = sources[0]
    name = p.name(f"{p.draw.choice(('scale', 'attenuate', 'bias', 'soften'))}_{p.draw.choice(('value', 'input', 'signal', 'load'))}")
    default = p.draw.choice((0.5, 2.0, 0.25, 1.5))
    parameter = p.draw.choice(("factor", "strength", "amount"))
    value, by_numpy, high = p.draw.choice(
        (
            (f"x * {parameter}", f"x * {parameter}", 4.0 * x.range.magnitude),
            (f"x / (1.0 + {parameter})", f"x / (1.0 + {parameter})", x.range.magnitude),
            (f"wp.tanh({parameter} * x)", f"np.tanh({parameter} * x)", 1.0),
            (f"wp.max(x, -{parameter}) + {parameter}", f"np.maximum(x, -{parameter}) + {parameter}", x.range.magnitude + 8.0),
        )
    )
    if high > LIMIT.high or ("tanh" in value and x.range.magnitude > 10.0):
        return False
    p.definitions.append(["@wp.func", f"def {name}(x: float, {parameter}: float = {default}):", f"    return {value}"])
    p.reference_definitions.append([f"def {name}(x, {parameter}={default}):", f"    return {by_numpy}"])
    keyword = f", {parameter}={p.draw.choice((0.75, 1.25, 3.0))}" if p.draw.chance(0.6) else ""
    call = Custom(p.real, Interval(-high, high), f"{name}({x.warp()}{keyword})", f"{name}({x.numpy()}{keyword})", (x,))
    p.local(p.draw.choice(("adjusted", "softened", "scaled_input")), call)
    return True


def generic(p: Program) -> bool:
    """A function over any type, called with a real and, where there is one, with a vector."""
    sources: list[tuple[Expression, Type]] = [(s, s.type) for s in (*p.pick(1, "R"), *p.pick(1, "V"))]
    if not sources:
        return False
    name = p.name(p.draw.choice(("double_it", "mirror", "blend_self", "twice", "recenter", "sum_of_two")))
    body, by_numpy, factor = p.draw.choice(
        (("x + x", "x + x", 2.0), ("x - -x", "x - -x", 2.0), ("x + (x + x)", "x + (x + x)", 3.0), ("-x", "-x", 1.0))
    )
    p.definitions.append(["@wp.func", f"def {name}(x: Any):", f"    return {body}"])
    p.reference_definitions.append([f"def {name}(x):", f"    return {by_numpy}"])
    for source, type in sources:
        high = factor * source.range.magnitude
        if not math.isfinite(high) or high > LIMIT.high:
            continue
        call = Custom(type, Interval(-high, high), f"{name}({source.warp()})", f"{name}({source.numpy()})", (source,))
        multiple = p.local(p.draw.choice(("doubled", "mirrored", "combined")), call)
        p.expressions.provenance.multiple(multiple.name, source)
    return any(f"{name}(" in line for s in p.statements for line in s.warp())


def generic_helper(p: Program) -> bool:
    """A helper function as any other, its parameters of type `Any`."""
    sources = p.pick(p.draw.choice((1, 2)), "R")
    if not sources or p.palette.real != "float32":
        return False
    function = make_function(p, sources)
    if function is None:
        return False
    p.functions = [replace(f, generic=True) if f is function else f for f in p.functions]
    changed: Function = next(f for f in p.functions if f.name == function.name)
    arguments = tuple(s for s in sources)
    results = p.function_results[function.name]
    if len(changed.results) != 1 or not all(s.range.within(r) for s, r in zip(arguments, p.function_ranges[function.name], strict=True)):
        p.functions.remove(changed)
        return False
    call = Call(changed.results[0], results[0], changed, arguments)
    p.local(p.noun(call), call)
    return True
