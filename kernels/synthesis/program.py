"""Whole programs: signature and loads, a run of idioms, and outputs that use whatever is still unused."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case, Role
from kernels.domain import Domain
from kernels.domains import Bernoulli, Integers, Struct
from kernels.draw import Draw
from kernels.language.expression import Expression, Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.kinds import natural_kind
from kernels.language.statement import If, Load, Return, Statement, Store
from kernels.language.types import BOOL, I32, Palette, Type
from kernels.language.types import real as real_type
from kernels.source import struct_definition
from kernels.synthesis import (
    idioms_control,
    idioms_data,
    idioms_forms,
    idioms_frames,
    idioms_functions,
    idioms_showcase,
    idioms_structs,
    idioms_typed,
    idioms_values,
)
from kernels.synthesis.builder import Program, Sizes, Value, start
from kernels.synthesis.convert import shape_of
from kernels.synthesis.finished import finished_case
from kernels.synthesis.vocabulary import Quantity

Idiom = Callable[[Program], bool]

IDIOMS: tuple[tuple[Idiom, float], ...] = (
    (idioms_values.derive, 3.0),
    (idioms_values.separation, 2.0),
    (idioms_values.falloff, 1.5),
    (idioms_values.blend, 1.2),
    (idioms_values.project, 1.2),
    (idioms_values.rotate, 1.2),
    (idioms_values.integrate, 1.2),
    (idioms_values.select, 0.8),
    (idioms_values.quantize, 0.5),
    (idioms_values.integer_mix, 0.7),
    (idioms_values.limit, 0.9),
    (idioms_control.branch, 3.2),
    (idioms_control.refine, 0.5),
    (idioms_control.count_steps, 0.35),
    (idioms_control.helper_call, 2.0),
    (idioms_data.gather, 1.2),
    (idioms_data.table_loop, 0.9),
    (idioms_data.neighbor_loop, 0.8),
    (idioms_data.window_loop, 0.7),
    (idioms_data.search, 0.3),
    (idioms_data.accumulate_atomically, 1.0),
    (idioms_data.flags, 0.4),
    (idioms_data.mask_input, 0.5),
    (idioms_forms.ternary, 0.7),
    (idioms_forms.chained, 0.35),
    (idioms_forms.components, 0.35),
    (idioms_forms.component_sum, 0.3),
    (idioms_forms.local_array, 0.12),
    (idioms_forms.nested_loops, 0.3),
    (idioms_forms.stepped, 0.25),
    (idioms_forms.while_with_jumps, 0.25),
    (idioms_forms.captured, 0.5),
    (idioms_forms.static_loop, 0.3),
    (idioms_forms.check_finite, 0.9),
    (idioms_forms.gather_inline, 0.5),
    (idioms_frames.to_world, 2.0),
    (idioms_frames.axis_in_world, 1.5),
    (idioms_frames.compose, 1.2),
    (idioms_frames.twist_parts, 1.8),
    (idioms_frames.wrench, 1.2),
    (idioms_frames.joint_drive, 0.4),
    (idioms_frames.integrate_rotation, 0.8),
    (idioms_structs.struct_of_thread, 0.35),
    (idioms_structs.struct_result, 0.25),
    (idioms_structs.struct_with_arrays, 0.2),
    (idioms_structs.nested_struct, 0.15),
    (idioms_functions.custom_gradient, 0.5),
    (idioms_functions.native_function, 0.3),
    (idioms_functions.overloaded, 0.6),
    (idioms_functions.with_default, 0.2),
    (idioms_functions.generic, 0.15),
    (idioms_functions.generic_helper, 0.15),
)

TYPED: tuple[Idiom, ...] = (
    idioms_typed.typed_atomic,
    idioms_typed.typed_exchange,
    idioms_typed.typed_scratch,
    idioms_typed.typed_print,
    idioms_typed.typed_search,
    idioms_typed.typed_view,
    idioms_typed.typed_length,
    idioms_typed.fresh_integers,
)
"""Idioms on memory of any type, for programs that explore."""

ADDING: frozenset[Idiom] = frozenset(
    {
        idioms_data.gather,
        idioms_data.table_loop,
        idioms_data.neighbor_loop,
        idioms_data.window_loop,
        idioms_data.search,
        idioms_data.accumulate_atomically,
        idioms_data.flags,
        idioms_data.mask_input,
        idioms_forms.nested_loops,
        idioms_forms.gather_inline,
        idioms_structs.struct_of_thread,
        idioms_structs.struct_with_arrays,
        idioms_structs.nested_struct,
    }
)
"""Idioms that add arguments."""

MOST_ARGUMENTS = 26
"""Arguments that a kernel has before no idiom adds any more."""

DECIDING: frozenset[Idiom] = frozenset(
    {
        idioms_values.select,
        idioms_values.quantize,
        idioms_values.limit,
        idioms_control.branch,
        idioms_control.count_steps,
        idioms_control.helper_call,
        idioms_data.table_loop,
        idioms_data.neighbor_loop,
        idioms_data.window_loop,
        idioms_data.search,
        idioms_data.accumulate_atomically,
        idioms_forms.ternary,
        idioms_forms.chained,
        idioms_forms.local_array,
        idioms_functions.overloaded,
        idioms_functions.generic_helper,
    }
)
"""Idioms that may decide on a computed real."""


def synthesize(draw: Draw) -> Case:
    """One synthesized program as a Case."""
    p = start(draw)
    inputs = _choose_inputs(p)
    _add_parameters(p)
    outputs = _choose_outputs(p, inputs)
    guard = _guard(p)
    for quantity in inputs:
        array = idioms_data.per_item(p, quantity)
        p.load(array, quantity, p.lane_variables)
    if not p.expressions.coarse and draw.chance(0.4) and outputs:
        if draw.chance(0.6):
            _skip(p)
        elif all(letter != "M" for _, letter in outputs):
            _early_exit(p, outputs)
    _add_idioms(p)
    _finish(p, outputs)
    return finished_case(p, guard)


_MOST_STEPS = {"bfloat16": 10, "float16": 30}
"""The idioms that a program in half precision has at most: rounding adds up."""


def _add_idioms(p: Program) -> None:
    """A run of idioms, each in proportion to its weight; programs that explore show operations between them."""
    draw = p.draw
    # Rounding in half precision is so coarse that a decision on what was computed would often go either way.
    there = [(idiom, weight) for idiom, weight in IDIOMS if not (p.expressions.coarse and idiom in DECIDING)]
    weights = [w * draw.log_normal(0.8) for _, w in there]
    if p.policy.exploring:
        share = sum(weights)
        there = [*there, (idioms_showcase.showcase, 0.0), *((idiom, 0.0) for idiom in TYPED)]
        weights = [*weights, 4.0 * share, *([2.0 / len(TYPED) * share] * len(TYPED))]
    steps = draw.weighted((1, 2, 3, 4, 5, 7, 10, 16, 30, 50, 75), (2, 4, 5, 5, 4, 3, 1.5, 0.8, 0.6, 0.55, 0.5))
    steps += 9 if p.policy.exploring else 0
    for _ in range(min(steps, _MOST_STEPS.get(p.palette.real, steps))):
        for _ in range(4):
            chosen = draw.weighted([i for i, _ in there], weights)
            if not (chosen in ADDING and len(p.sig.arguments) >= MOST_ARGUMENTS) and chosen(p):
                break


def _choose_inputs(p: Program) -> list[Quantity]:
    """One to four quantities of the theme, a real or a vector among them."""
    floats = [q for q in p.theme.quantities if q.letter in "RV"]
    first = p.draw.choice(floats)
    rest = [q for q in p.theme.quantities if q is not first and q.letter != "B"]
    return [first, *p.draw.subset(rest, min(len(rest), p.draw.weighted((0, 1, 2, 3), (1, 4, 4, 2))))]


def _add_parameters(p: Program) -> None:
    """Zero to four parameters by value, sometimes gathered in a struct."""
    chosen = p.draw.subset(p.theme.parameters, min(len(p.theme.parameters), p.draw.weighted((0, 1, 2, 3, 4), (2, 4, 4, 2, 1))))
    if len(chosen) < 2 or not p.draw.chance(0.4):
        for quantity in chosen:
            p.parameter(quantity)
        return
    struct = f"{p.theme.name.capitalize()}{p.draw.choice(('Params', 'Settings', 'Config', 'Model'))}"
    name = p.name(p.draw.choice(("params", "settings", "config", "model")))
    p.sig.struct(name, struct)
    p.definitions.append(struct_definition(struct, [(q.name, p.type_of(q.letter)) for q in chosen]))
    fields = tuple((q.name, p.type_of(q.letter).name, p.domain_of(q)) for q in chosen)
    p.value_domains[name] = lambda sizes: Struct(fields)
    for q in chosen:
        p.values.append(Value(Variable(p.type_of(q.letter), Interval(q.low, q.high), f"{name}.{q.name}")))
        p.expressions.provenance.given(f"{name}.{q.name}", natural_kind(p.type_of(q.letter)))


def _choose_outputs(p: Program, inputs: list[Quantity]) -> list[tuple[str, str]]:
    """One to three result arrays (name, letter); reals and vectors come first."""
    have = {
        t
        for t in "VM"
        if (p.palette.has(t) and any(a.dtype == p.type_of(t).name for a in p.sig.arguments)) or any(q.letter == t for q in inputs)
    }
    results = [q for q in p.theme.results if q.letter not in "VM" or q.letter in have]
    if p.expressions.coarse:
        results = [q for q in results if q.letter not in "BI"]
    floats = [q for q in results if q.letter in "RV"]
    chosen = [p.draw.choice(floats)]
    chosen += [q for q in p.draw.subset(results, min(2, len(results))) if q is not chosen[0] and p.draw.chance(0.4)]
    outputs = []
    for q in chosen:
        name = p.name(p.draw.choice((q.name, f"{q.name}_out", f"out_{q.name}", f"{p.theme.items[0]}_{q.name}")))
        outputs.append((name, q.letter))
    return outputs


def _guard(p: Program) -> bool:
    """Whether the kernel guards against threads beyond the data, with counts passed by value."""
    if not p.draw.chance(0.4):
        return False
    stems = {
        1: (p.draw.choice(("count", "n", f"num_{p.theme.items[0]}s", "size")),),
        2: p.draw.choice((("rows", "cols"), ("height", "width"), ("ny", "nx"))),
    }
    names = [p.name(s) for s in stems[len(p.lanes)]]
    for name, extent in zip(names, p.extents, strict=True):
        p.sig.value(name, I32)
        p.value_domains[name] = _exactly(extent)
    p.guards = names
    condition: Expression | None = None
    for lane, name in zip(p.lane_variables, names, strict=True):
        beyond = apply("greater_equal_int", lane, Variable(I32, Interval(1, 300), name))
        condition = beyond if condition is None else apply("or", condition, beyond)
    assert condition is not None
    p.statements.append(If(condition, [Return()]))
    return True


def _exactly(extent: str) -> Callable[[Sizes], Domain]:
    return lambda sizes: Integers(sizes[extent], sizes[extent] + 1)


def _early_exit(p: Program, outputs: list[tuple[str, str]]) -> None:
    """A thread with nothing to do writes plain results and returns."""
    # A condition on arguments by value alone would send every thread home.
    sources = [v for v in p.varying() if shape_of(v.type) in ("real", "vector", "integer")]
    condition = p.expressions.condition(p.draw.subset(sources, min(2, len(sources))))
    plain: list[Statement] = []
    for name, letter in outputs:
        plain.append(Store(name, p.lane_variables, _plain(p, letter)))
    p.add(If(condition, [*plain, Return()]))
    p.early_exits = True


def _skip(p: Program) -> None:
    """A thread with nothing to do returns and leaves its results as they were."""
    if p.draw.chance(0.5) and len(p.plans) < 6:
        kind = p.draw.choice(("flag", "mask", "bound"))
        name = p.name(
            {"flag": f"{p.theme.items[0]}_active", "mask": f"{p.theme.items[0]}_flags", "bound": f"{p.theme.items[0]}_type"}[kind]
        )
        type = BOOL if kind == "flag" else I32
        p.array(name, type, p.extents, lambda sizes: Bernoulli(0.7) if kind == "flag" else Integers(0, 5))
        here = Load(type, Interval(0, 1) if kind == "flag" else Interval(0, 4), name, p.lane_variables)
        condition: Expression = apply("not", here) if kind == "flag" else apply("equal_int", here, literal(0 if kind == "mask" else 3, I32))
        if kind == "mask" and p.draw.chance(0.5):
            condition = apply("equal_int", apply("bit_and", here, literal(p.draw.choice((1, 2)), I32)), literal(0, I32))
    else:
        sources = [v for v in p.varying() if shape_of(v.type) in ("real", "vector", "integer")]
        condition = p.expressions.condition(p.draw.subset(sources, min(2, len(sources))))
    p.add(If(condition, [Return()]))
    p.leaves_outputs = True


def _plain(p: Program, letter: str) -> Expression:
    """A result's value for a thread that has nothing to compute."""
    if letter == "V":
        return p.zero(p.type_of("V"))
    if letter == "B":
        return literal(False, BOOL)
    if letter == "I":
        type = p.type_of("I")
        return literal(0 if type.scalar.startswith("u") else p.draw.choice((0, -1)), type)
    return literal(p.draw.choice((0.0, 0.0, 1.0, -1.0)), p.real)


def _finish(p: Program, outputs: list[tuple[str, str]]) -> None:
    """Writes the outputs from what is unused: nothing that was computed is lost."""
    for position, (name, letter) in enumerate(outputs):
        last = position == len(outputs) - 1
        type = p.type_of(letter)
        sums, p.sums = ([], p.sums) if letter in "BI" and not last else (p.sums, [])
        sources = _result_sources(p, letter, last)
        while len(sources) > 3:
            group, sources = sources[:3], sources[3:]
            wanted = p.type_of("V") if letter in "VM" and any(shape_of(s.type) == "vector" for s in group) else p.real
            combined = p.expressions.fused(wanted, group, 1)
            sources.insert(0, p.local(p.noun(combined, "combined"), combined))
        if letter in "BI":
            sources += sums
        if letter == "B":
            value = p.expressions.condition(sources) if len(sources) == 1 else _both(p, sources)
        elif letter == "I":
            value = p.expressions.fused(type, sources, 1) if all(s.type == type for s in sources) else _label(p, sources, type)
        else:
            value = p.expressions.fused(type, sources, p.draw.choice((1, 1, 2)))
            for total in sums:
                value = _plus(p, value, total)
        accumulates = letter in "RV" and p.draw.chance(0.1)
        kept = accumulates or p.leaves_outputs
        role: Role = "inout" if kept else "output"
        start = Quantity(name, letter, 0.0 if type.scalar.startswith("u") else -1.0, 3.0)
        domain = (lambda sizes, start=start: p.domain_of(start)) if kept else None
        differentiable = type.is_float and not (accumulates and p.has_early_exit(name)) if kept else None
        p.array(name, type, p.extents, domain, role, differentiable=differentiable)
        p.add(Store(name, p.lane_variables, value, "+" if accumulates else ""))


def _plus(p: Program, value: Expression, total: Variable) -> Expression:
    """`value` and a loop's result in a sum that is linear in the latter."""
    real, rank = real_type(value.type.scalar), value.type.rank
    term: Expression = total if total.type.is_float else apply("to_real", total, width=value.type.scalar)
    if term.type.rank == 0 and p.draw.chance(0.4):
        term = apply("multiply", term, p.expressions.constant(real, 0.1, 1.0))
    if rank == 0 and term.type.rank == 1:
        term = apply(f"component_{p.draw.integer(0, min(2, term.type.inner[0] - 1))}", term)
    if rank == 1 and term.type.rank == 0:
        term = apply("splat_vec", term, palette=Palette(real.name, length=value.type.inner[0]))
    if rank == 2:
        raise TypeError("no loop sums into matrices: matrix outputs come after real ones")
    return apply(f"{p.draw.choice(('add', 'add', 'subtract'))}{'_vec' if rank else ''}", value, term)


def _result_sources(p: Program, letter: str, last: bool) -> list[Expression]:
    """Values that the output is to use: all unused ones for the last output, a share of them for others; at least one that varies."""
    unused = p.unused()
    if not last:
        unused = p.draw.subset(unused, max(1, len(unused) // 2)) if unused else []
    varying = p.varying()
    numbers = [e for e in varying if e.type.is_float]
    vectors = [e for e in varying if shape_of(e.type) == "vector"]
    if letter == "V" and not any(shape_of(e.type) == "vector" for e in unused) and vectors:
        unused.append(p.draw.choice(vectors))
    elif letter in "RVM" and not any(e in numbers for e in unused) and numbers:
        unused.append(p.draw.choice(numbers))
    elif not any(e in varying for e in unused) and varying:
        unused.append(p.draw.choice(varying))
    return unused


def _both(p: Program, sources: list[Expression]) -> Expression:
    condition = p.expressions.condition([sources[0]]) if sources[0].type is not BOOL else sources[0]
    for source in sources[1:]:
        other = p.expressions.condition([source]) if source.type is not BOOL else source
        condition = apply(p.draw.choice(("and", "or")), condition, other)
    return condition


def _label(p: Program, sources: list[Expression], type: Type) -> Expression:
    """An integer of `type` decided by comparisons of the sources, added to the integers among them."""
    value: Expression | None = None
    for source in sources:
        term = (
            source
            if source.type == type
            else apply(
                "where_int",
                p.expressions.condition([source]) if source.type is not BOOL else source,
                literal(p.draw.integer(1, 3), type),
                literal(0, type),
            )
        )
        value = term if value is None else apply("add_int", value, term)
    assert value is not None
    return value
