"""Idioms of programs that explore, on arrays and memory: atomics, local arrays, views, searches and prints of any type."""

from __future__ import annotations

from kernels.domains import Integers, Sorted
from kernels.language.expression import Variable, apply, literal
from kernels.language.interval import Interval
from kernels.language.kinds import HALVES, domain_for
from kernels.language.statement import Load
from kernels.language.types import I32, Type, type_named
from kernels.language.verbatim import Verbatim, always
from kernels.synthesis.builder import Program
from kernels.synthesis.convert import shape_of

_ATOMIC_AT = {"add": "np.add.at", "sub": "np.subtract.at", "and": "np.bitwise_and.at", "or": "np.bitwise_or.at", "xor": "np.bitwise_xor.at"}
_EXTREME_AT = {"min": "np.minimum.at", "max": "np.maximum.at"}
_ATOMIC_SCALARS = ("float32", "float64", "int32", "int64", "uint32", "uint64")
"""Scalars whose atomics every target has, whatever their neighbours in memory."""


def _any_value(p: Program, *shapes: str) -> Variable | None:
    """A value in scope of one of the shapes, of a type that is rare rather than common."""
    named = [v for v in p.varying() if isinstance(v, Variable) and "." not in v.name and (not shapes or shape_of(v.type) in shapes)]
    if not named:
        return None
    types = sorted({v.type.name for v in named})
    wanted = p.draw.choice(types)
    return p.draw.choice([v for v in named if v.type.name == wanted])


def typed_atomic(p: Program) -> bool:
    """An atomic on an array of whatever type a value has, in one to four dimensions."""
    if sum(a.role in ("accumulate", "inout") for a in p.sig.arguments) >= 3:
        return False
    value = _any_value(p)
    if value is None or value.type.scalar not in _ATOMIC_SCALARS or value.range.magnitude > 1e4:
        return False
    shape = shape_of(value.type)
    kinds = ["add", "add", "sub"]
    if shape in ("real", "integer", "vector", "matrix", "int_vector"):
        kinds += ["min", "max"]
    if shape == "integer" and value.range.low >= 0:
        kinds += ["and", "or", "xor"]
    kind = p.draw.choice(kinds)
    axes = p.draw.weighted((1, 2, 3, 4), (5, 3, 2, 2)) if shape in ("real", "integer") else 1
    extents = tuple(p.draw.integer(2, 3) for _ in range(axes))
    lane = p.lane_variables[0]
    places = [
        apply("modulo_int", lane, literal(e, I32)) if k == 0 else literal(p.draw.integer(0, e - 1), I32) for k, e in enumerate(extents)
    ]
    start = Interval(0.0, 3.0) if value.type.has_integers else Interval(-0.5, 0.5)
    target = p.name(p.draw.choice((f"{value.name}_sum", f"total_{value.name}", f"{value.name}_bins", f"shared_{value.name}")))
    fresh = kind in ("add", "sub") and not value.type.scalar.startswith("u")
    if fresh:
        p.array(target, value.type, extents, None, "accumulate")
    else:
        p.array(target, value.type, extents, lambda sizes: domain_for(value.type, start), "inout", differentiable=False)
    p.elementwise = False
    indices = ", ".join(i.warp() for i in places)
    at = places[0].numpy() if axes == 1 else f"({', '.join(i.numpy() for i in places)})"
    function = {**_ATOMIC_AT, **_EXTREME_AT}[kind]

    def numpy(mask: str | None) -> list[str]:
        if mask is None:
            return [f"{function}({target}, {at}, {value.numpy()})"]
        chosen = f"np.broadcast_to({mask}, {p.lanes[0]}.shape)"
        inside = ", ".join(f"np.broadcast_to({i.numpy()}, {p.lanes[0]}.shape)[{chosen}]" for i in places)
        spread = f"np.broadcast_to({value.numpy()}, (*{p.lanes[0]}.shape, {''.join(f'{n}, ' for n in value.type.inner)}))[{chosen}]"
        return [f"{function}({target}, {inside if axes == 1 else f'({inside})'}, {spread})"]

    p.verbatim([f"wp.atomic_{kind}({target}, {indices}, {value.warp()})"], numpy, [value, *places])
    return True


def typed_exchange(p: Program) -> bool:
    """An exchange, or compare and swap, on the thread's own element of an array of scalars: on others CUDA's does not compile."""
    value = _any_value(p, "real", "integer")
    if value is None or value.type.scalar not in _ATOMIC_SCALARS or p.leaves_outputs or p.early_exits:
        return False
    if value.type.has_integers and value.range.high < 1.0:
        return False
    array = p.name(p.draw.choice((f"{value.name}_slots", f"last_{value.name}", "locks", "owners", "mailbox")))
    low = max(0.0, value.range.low)
    span = Interval(low, min(value.range.high, low + 6.0)) if value.type.has_integers else Interval(-1.0, 1.0)
    extra = p.draw.choice((0, 0, 1, 2)) if len(p.lanes) == 1 else 0
    p.array(array, value.type, (*p.extents, *[2] * extra), lambda sizes: domain_for(value.type, span), "inout", differentiable=False)
    place = ", ".join([*p.lanes, *[str(p.draw.integer(0, 1)) for _ in range(extra)]])
    if value.type.is_integer and not p.draw.chance(0.3):
        _exchange_of_integers(p, array, place, value, span)
        return True
    stored = f"{array}[{place}] = {value.numpy()}"
    if p.draw.chance(0.5):
        p.verbatim([f"wp.atomic_exch({array}, {place}, {value.warp()})"], always(stored), [value])
        return True
    # What is compared with is what is there, so that the swap takes place.
    current = p.name(p.draw.choice(("current", "expected", "seen")))
    lines = [f"{current} = {array}[{place}]", f"wp.atomic_cas({array}, {place}, {current}, {value.warp()})"]
    p.verbatim(lines, always(stored), [value])
    return True


def _exchange_of_integers(p: Program, array: str, place: str, value: Variable, span: Interval) -> None:
    """An exchange or a compare and swap whose old value is added to a result.

    The backward pass exchanges again, and sees the new value, so the old one is used in no other way.
    """
    old = Variable(value.type, span, p.name(p.draw.choice(("previous", "old_value", "swapped"))))
    numpy = [f"{old.name} = {array}[{place}].copy()"]
    if p.draw.chance(0.5):
        lines = [f"{old.name} = wp.atomic_exch({array}, {place}, {value.warp()})"]
        numpy.append(f"{array}[{place}] = {value.numpy()}")
    else:
        compare = literal(int(span.low) + 1, value.type)
        lines = [f"{old.name} = wp.atomic_cas({array}, {place}, {compare.warp()}, {value.warp()})"]
        numpy.append(f"{array}[{place}] = np.where({old.name} == {compare.numpy()}, {value.numpy()}, {old.name})")
    p.verbatim(lines, always(*numpy), [value], [old])
    p.reserve(old)


def typed_scratch(p: Program) -> bool:
    """A local array of any type, written and read back.

    Nothing but a number that is added on goes on from it: such an array loses its adjoint, and is empty in the backward pass.
    """
    value = _any_value(p, "real", "integer", "vector", "matrix", "quat", "spatial", "int_vector", "transform")
    # A real would go on as a decision, which half precision may make either way.
    if value is None or value.type.scalar in ("bfloat16", "float16") or (p.expressions.coarse and value.type.is_float):
        return False
    size, buffer = p.draw.integer(2, 4), p.name(p.draw.choice(("cache", "scratch", "stack", "history")))
    k, place = p.name(p.draw.choice(("k", "s"))), p.draw.integer(0, size - 1)
    kept = p.name(p.draw.choice(("kept", "restored", "popped")))
    lines = [
        f"{buffer} = wp.zeros(shape=({size},), dtype={value.type.spelling})",
        f"for {k} in range({size}):",
        f"    {buffer}[{k}] = {value.warp()}",
        f"{kept} = {buffer}[{place}]",
    ]
    numpy = [f"{kept} = {value.numpy()}"]
    result = Variable(value.type, value.range, kept)
    if value.type.has_integers:
        p.verbatim(lines, always(*numpy), [value])
        p.expressions.provenance.given(kept)
        number = p.expressions.convert(result, type_named(value.type.scalar))
        p.reserve(p.local(p.draw.choice(("popped_index", "restored_count")), number) if value.type.rank else result)
        return True
    # A real value goes on as a decision, which has no adjoint.
    p.verbatim(lines, always(*numpy), [value])
    p.expressions.provenance.given(kept)
    number = p.expressions.convert(result, type_named(value.type.scalar))
    flag = p.expressions.condition([number])
    p.reserve(p.local(p.draw.choice(("passed", "flagged", "hit")), apply("bool_to_integer", flag)))
    return True


def typed_print(p: Program) -> bool:
    """A value printed where something is wrong, or checked against itself within a tolerance."""
    value = _any_value(p)
    if value is None:
        return False
    guards = [v for v in p.varying() if isinstance(v, Variable) and shape_of(v.type) in ("real", "vector") and v.type.scalar != "bfloat16"]
    shape = shape_of(value.type)
    if shape in ("real", "vector", "matrix", "quat") and p.draw.chance(0.4):
        tolerance = literal(0.25, type_named(value.type.scalar))
        p.verbatim([f"wp.expect_near({value.warp()}, {value.warp()}, {tolerance.warp()})"], always(), [value])
        return True
    if shape == "integer" and value.range.high < 100 and p.draw.chance(0.5):
        other = literal(int(value.range.high) + 1, value.type)
        p.verbatim([f"wp.expect_neq({value.warp()}, {other.warp()})"], always(), [value])
        return True
    if not guards:
        return False
    guard = p.draw.choice(guards)
    bad = apply("not", apply("isfinite" + ("_vec" if guard.type.rank else ""), guard))
    lines = (f"if {bad.warp()}:", f"    print({value.warp()})")
    if any(isinstance(known, Verbatim) and known.lines == lines for known in p.statements):
        return False
    p.verbatim(lines, always(), [value, guard])
    return True


def typed_search(p: Program) -> bool:
    """`wp.lower_bound` of a value in a sorted array of its type: the last place where no element is as large."""
    value = _any_value(p, "real", "integer")
    if value is None or value.type.name in HALVES or value.range.high - value.range.low < 2.0:
        return False
    if p.expressions.coarse and value.type.is_float:
        return False
    size = p.draw.integer(4, 9)
    low, high = value.range.low, min(value.range.high, value.range.low + 200.0)
    table = p.name(p.draw.choice((f"{value.name}_edges", "sorted_keys", "breakpoints", "knots")))
    p.array(table, value.type, (size,), lambda sizes: Sorted(low, high), differentiable=False)
    slot = Variable(I32, Interval(0, size - 1), p.name(p.draw.choice(("slot", "insert_at", "rank_of", "segment"))))
    whole = p.draw.chance(0.6)
    extra = "" if whole else f"0, {size}, "
    p.verbatim(
        [f"{slot.name} = wp.lower_bound({table}, {extra}{value.warp()})"],
        always(f"{slot.name} = np.minimum(np.searchsorted({table}, {value.numpy()}), {size - 1}).astype(np.int32)"),
        [value],
        [slot],
    )
    return True


def typed_view(p: Program) -> bool:
    """An array of any type over another array's memory, by its pointer."""
    if len(p.lanes) > 1:
        return False
    options: list[Type] = [p.type_of(letter) for letter in "RIVJMQTSA" if p.palette.has(letter)]
    type = p.draw.choice(options)
    span = Interval(0.0, 9.0) if type.has_integers else Interval(-1.0, 1.0)
    array = p.name(p.draw.choice(("raw_data", "storage", "packed_values", "pool_memory")))
    p.array(array, type, ("n",), lambda sizes: domain_for(type, span), differentiable=False)
    view = p.name(p.draw.choice(("view", "typed", "window_of")))
    value = Variable(type, span, p.name(p.draw.choice(("viewed", "fetched", "stored_value"))))
    lane = p.lanes[0]
    lines = [
        f"{view} = wp.array(ptr={array}.ptr, shape=({array}.shape[0],), dtype={type.spelling})",
        f"{value.name} = {view}[{lane}]",
    ]
    p.verbatim(lines, always(f"{value.name} = {array}[{lane}]"), p.lane_variables, [value])
    p.expressions.provenance.given(value.name)
    return True


def typed_length(p: Program) -> bool:
    """How many components a value has, in an index or a factor."""
    value = _any_value(p, "vector", "matrix", "quat", "transform", "int_vector")
    if value is None:
        return False
    length = value.type.inner[0]
    count = Variable(I32, Interval(length, length), p.name(p.draw.choice(("width", "dofs", "num_components"))))
    p.verbatim([f"{count.name} = len({value.warp()})"], always(f"{count.name} = np.int32({length})"), [value], [count])
    lane = apply("modulo_int", p.lane_variables[0], count)
    p.local(p.draw.choice(("lane_of", "component_id", "axis_id")), lane)
    # Warp takes a constant to be of the type that it is cast to anywhere: nothing else is to use this one.
    p.values = [v for v in p.values if v.variable != count]
    return True


def fresh_integers(p: Program) -> bool:
    """A new input of the program's integer type, so that the idioms above find one."""
    type = p.type_of(p.draw.choice(("I", "J")))
    stem = p.draw.choice(("key", "voxel", "packed_id", "mask_word", "bucket"))
    array = p.array(p.name(f"{stem}_in"), type, p.extents, lambda sizes: Integers(0, 30))
    p.local(stem, Load(type, Interval(0, 29), array, p.lane_variables))
    return True
