"""Idioms that move data: gathers through index arrays, loops over tables and neighbour lists, windows, searches, and atomics."""

from __future__ import annotations

from kernels.domains import Bernoulli, Integers, Offsets, Sorted, Uniform
from kernels.language.expression import Expression, Variable, apply, literal
from kernels.language.gradients import is_unrolled
from kernels.language.interval import Interval
from kernels.language.statement import Assign, Atomic, Augment, Break, Continue, For, If, Load, Statement, While
from kernels.language.types import I32, Type
from kernels.synthesis.builder import Program, plural
from kernels.synthesis.vocabulary import Quantity

ADJECTIVES = frozenset({"enabled", "visible", "movable", "fixed", "boundary", "online", "touching"})
ONE = literal(1, I32)
ZERO = literal(0, I32)


def array_name(p: Program, stem: str) -> str:
    """A name for an array of values called `stem` one by one."""
    item = p.theme.items[0]
    styles = [f"{item}_{stem}", f"{stem}_in", f"{stem}_data"]
    if not stem.startswith("is_") and stem not in ADJECTIVES:
        styles.append(plural(stem))
    style = p.draw.choice(styles)
    return style if style not in p.names else p.name(style)


def per_item(p: Program, quantity: Quantity) -> str:
    """Adds an input array with one element per thread of the grid."""
    name = array_name(p, quantity.name)
    return p.array(name, p.type_of(quantity.letter), p.extents, lambda sizes: p.domain_of(quantity))


def fresh_quantity(p: Program, letters: str) -> Quantity:
    """A quantity of the theme with one of `letters`; one that has no array yet if there is such."""
    options = [q for q in p.theme.quantities if q.letter in letters]
    if not options:
        options = [Quantity("sample", "R")]
    unused = [q for q in options if q.name not in p.names]
    return p.draw.choice(unused or options)


def gather(p: Program) -> bool:
    """A partner's index is looked up, and the partner's values through it."""
    if len(p.lanes) > 1:
        return False
    relation = p.draw.choice(p.theme.relations)
    indices = p.array(array_name(p, relation), I32, p.extents, lambda sizes: Integers(0, sizes["n"]))
    j = p.local(relation, Load(I32, Interval(0, 300), indices, p.lane_variables))
    if p.draw.chance(0.3):
        # -1 stands for "none" in many codes; here the index is always valid, and a thread that is its own partner is the special case.
        p.comment(f"a {p.theme.items[0]} without a {relation} refers to itself")
    quantity = fresh_quantity(p, "RV")
    array = next((n for n in p.plans if n in (f"{quantity.name}s", f"{quantity.name}_in") and p.plans[n].shape == p.extents), None)
    array = array or per_item(p, quantity)
    p.elementwise = False
    p.load(array, quantity, [j], stem=f"{p.draw.choice(('other', 'their', relation))}_{quantity.name}")
    return True


def table_loop(p: Program) -> bool:
    """A sum over the columns of a table row, weighted by what the thread knows."""
    if len(p.lanes) > 1:
        return False
    width = p.draw.integer(2, 6)
    quantity = fresh_quantity(p, "R")
    table = p.array(
        p.name(p.draw.choice((f"{quantity.name}_table", f"{quantity.name}_samples", "weights", "coefficients"))),
        p.real,
        ("n", width),
        lambda sizes: p.domain_of(quantity),
    )
    k = p.name(p.draw.choice(("k", "j", "c", "col")))
    counter = Variable(I32, Interval(0, width), k)
    letter = "V" if p.scope("V") and p.draw.chance(0.3) else "R"
    return _accumulate(
        p,
        letter,
        For(k, ZERO, literal(width, I32), []),
        [(quantity.name + "_k", Load(p.real, Interval(quantity.low, quantity.high), table, (*p.lane_variables, counter)), "R")],
        width,
        counter,
    )


def neighbor_loop(p: Program) -> bool:
    """A sum over a thread's neighbours in a compressed list: row offsets, column indices, values gathered through them."""
    if len(p.lanes) > 1 or any(name.startswith("row_") for name in p.plans):
        return False
    degree = 6
    starts = p.array(
        p.name(p.draw.choice(("row_offsets", "row_start", "row_ptr"))), I32, ("n_plus_1",), lambda sizes: Offsets(sizes["entries"])
    )
    columns = p.array(
        p.name(p.draw.choice(("neighbors", "columns", "adjacency"))), I32, ("entries",), lambda sizes: Integers(0, sizes["n"])
    )
    lane = p.lane_variables[0]
    begin = Load(I32, Interval(0, 900), starts, (lane,))
    end = Load(I32, Interval(0, 900), starts, (apply("add_int", lane, ONE),))
    if p.draw.chance(0.5):
        first: Expression = p.local(p.draw.choice(("begin", "start", "first")), begin)
        last: Expression = p.local(p.draw.choice(("end", "stop", "last")), end)
    else:
        first, last = begin, end
    quantity = fresh_quantity(p, "RV")
    array = per_item(p, quantity)
    p.elementwise = False
    e = p.name(p.draw.choice(("e", "slot", "entry")))
    counter = Variable(I32, Interval(0, 900), e)
    neighbor = Variable(I32, Interval(0, 300), p.name(p.draw.choice(("neighbor", "j", "other"))))
    head: list[Statement] = [Assign(neighbor.name, Load(I32, neighbor.range, columns, (counter,), guarded=True))]
    if p.draw.chance(0.35):
        head.append(If(apply("equal_int", neighbor, lane), [Continue()]))
    letter = "V" if quantity.letter == "V" and p.draw.chance(0.7) else "R"
    loads = [
        (
            f"{p.draw.choice(('other', 'neighbor', 'their'))}_{quantity.name}",
            Load(p.type_of(quantity.letter), Interval(quantity.low, quantity.high), array, (neighbor,)),
            quantity.letter,
        )
    ]
    return _accumulate(p, letter, For(e, first, last, []), loads, 8 * degree, counter, head)


def window_loop(p: Program) -> bool:
    """A sum over the elements around the thread, indices clamped to the array."""
    if len(p.lanes) > 1:
        return False
    reach = p.draw.integer(1, 3)
    quantity = fresh_quantity(p, "RV")
    array = per_item(p, quantity)
    p.elementwise = False
    shift = p.name(p.draw.choice(("offset", "shift", "d")))
    counter = Variable(I32, Interval(-reach, reach), shift)
    lane = p.lane_variables[0]
    size = p.grid_size(0)
    j = Variable(I32, Interval(0, 300), p.name(p.draw.choice(("j", "near", "src"))))
    moved = apply("add_int", lane, counter)
    inside = apply("minimum_int", apply("maximum_int", moved, ZERO), apply("subtract_int", size, ONE))
    head: list[Statement] = [Assign(j.name, inside)]
    letter = "V" if quantity.letter == "V" else "R"
    loads = [
        (f"nearby_{quantity.name}", Load(p.type_of(quantity.letter), Interval(quantity.low, quantity.high), array, (j,)), quantity.letter)
    ]
    return _accumulate(p, letter, For(shift, literal(-reach, I32), literal(reach + 1, I32), []), loads, 2 * reach + 1, counter, head)


def _accumulate(
    p: Program,
    letter: str,
    loop: For,
    loads: list[tuple[str, Load, str]],
    times: int,
    counter: Variable,
    head: list[Statement] | None = None,
) -> bool:
    """Fills `loop` so that it adds up a term of what is loaded and what the thread knows; a count of hits beside it at times."""
    type: Type = p.type_of(letter)
    outside = p.pick(p.draw.integer(0, 2), "R", "V")
    zero = p.zero(type)
    total = p.local(
        p.draw.choice(("total", "accumulated", "sum_value", "acc") if letter == "R" else ("total_force", "sum_vec", "accumulated", "net")),
        zero,
        mutable=True,
    )
    kind = p.draw.choice(("plain", "plain", "conditional", "skip"))
    # Only what is decided is worth counting: every turn of a plain loop counts, whatever the inputs.
    counts = kind != "plain" and p.draw.chance(0.4)
    hits = p.local(p.draw.choice(("hits", "found", "count_inside")), ZERO, mutable=True) if counts else None
    term_range = Interval(0.0, 0.0)

    def build() -> None:
        nonlocal term_range
        p.statements += head or []
        inner: list[Expression] = []
        for stem, load, _ in loads:
            if p.draw.chance(0.75) or load.guarded:
                inner.append(p.local(stem, load))
            else:
                inner.append(load)
        if p.draw.chance(0.4):
            named = p.expressions.fused(p.real if letter == "R" or p.draw.chance(0.3) else type, [*inner, *outside][:2], 1)
            inner = [p.local(p.noun(named, "term"), named), *inner[1:]]
        condition = p.expressions.condition([*inner, *outside]) if kind != "plain" else None
        term = p.expressions.confined(p.expressions.fused(type, [*inner, *outside], 1), Interval(-40.0, 40.0))
        term_range = term.range
        tail: list[Statement] = []
        if hits is not None:
            tail.append(Augment(hits.name, "+", ONE, I32))
        adding: list[Statement] = [Augment(total.name, "+", term, type), *tail]
        if kind == "skip" and condition is not None:
            p.add(If(condition, [Continue() if not hits or p.draw.chance(0.7) else Break()]))
            for s in adding:
                p.add(s)
        elif kind == "conditional" and condition is not None:
            p.add(If(condition, adding))
        else:
            for s in adding:
                p.add(s)

    loop.body = p.block(build)
    p.add(loop)
    p.rebind(total, term_range.repeated(times))
    if hits is not None:
        p.rebind(hits, Interval(0, times))
    total = Variable(type, term_range.repeated(times), total.name)
    stale = not is_unrolled(loop)
    if letter == "R" and p.draw.chance(0.3):
        mean = apply("divide", total, literal(float(max(times, 2)), p.real))
        total = p.local(p.draw.choice(("mean", "average", "normalized_sum")), mean)
    if stale and p.draw.chance(0.85):
        p.reserve(total)
        if hits is not None:
            p.reserve(Variable(I32, Interval(0, times), hits.name))
    return True


def search(p: Program) -> bool:
    """The bin of a value in a table of ascending edges, by a while loop, and the value that a second table holds there."""
    sources = p.pick(1, "R")
    if not sources or len(p.lanes) > 1 or any(n.endswith("edges") for n in p.plans):
        return False
    bins = p.draw.integer(4, 9)
    x = sources[0]
    low, high = x.range.low, max(x.range.high, x.range.low + 0.5)
    edges = p.array(
        p.name(p.draw.choice(("edges", "bin_edges", "level_edges"))),
        p.real,
        (bins + 1,),
        lambda sizes: Sorted(low, high),
        differentiable=False,
    )
    slot = p.local(p.draw.choice(("slot", "bin_id", "interval")), ZERO, mutable=True)
    here = Load(p.real, Interval(low, high), edges, (slot,), guarded=True)
    p.add(While(apply("and", apply("less_int", slot, literal(bins - 1, I32)), apply("less", here, x)), [Augment(slot.name, "+", ONE, I32)]))
    slot = p.rebind(slot, Interval(0, bins - 1))
    quantity = fresh_quantity(p, "R")
    table = p.array(
        p.name(f"{quantity.name}_{p.draw.choice(('lookup', 'curve', 'levels'))}"), p.real, (bins,), lambda sizes: p.domain_of(quantity)
    )
    p.load(table, quantity, [slot], stem=f"{p.draw.choice(('table', 'tabulated', 'looked_up'))}_{quantity.name}")
    return True


def accumulate_atomically(p: Program) -> bool:
    """A contribution to a total, or to the slot of the thread's group, by an atomic."""
    if sum(1 for a in p.sig.arguments if a.role in ("accumulate",)) >= 2:
        return False
    choice = p.draw.weighted(("total", "group", "count", "extreme"), (4, 4, 2, 1))
    if choice in ("group", "count") and len(p.lanes) == 1:
        groups = p.draw.integer(3, 8)
        name = p.draw.choice(p.theme.groups)
        ids = p.array(array_name(p, f"{name}_id"), I32, p.extents, lambda sizes: Integers(0, groups))
        group = p.local(name, Load(I32, Interval(0, groups - 1), ids, p.lane_variables))
        if choice == "count":
            target = p.array(p.name(f"{name}_count"), I32, (groups,), None, "accumulate")
            p.add(_perhaps_conditional(p, Atomic("add", target, (group,), ONE)))
            return True
        values = p.pick(1, "R", "V")
        if not values:
            return True
        value = p.expressions.confined(values[0], Interval(-100.0, 100.0))
        target = p.array(p.name(f"{name}_{p.draw.choice(('sum', 'total', 'load'))}"), value.type, (groups,), None, "accumulate")
        p.add(_perhaps_conditional(p, Atomic(p.draw.choice(("add", "add", "sub")), target, (group,), value)))
        return True
    values = p.pick(1, "R")
    if not values:
        return False
    value = p.expressions.confined(values[0], Interval(-100.0, 100.0))
    if choice == "extreme":
        kind = p.draw.choice(("min", "max"))
        target = p.array(
            p.name(f"{kind}_{p.draw.choice(('value', 'level', 'seen'))}"), value.type, (1,), lambda sizes: Uniform(-0.5, 0.5), "inout"
        )
        p.add(Atomic(kind, target, (ZERO,), value))
        return True
    target = p.array(p.name(p.draw.choice(p.theme.totals)), value.type, (1,), None, "accumulate")
    p.add(_perhaps_conditional(p, Atomic("add", target, (ZERO,), value)))
    return True


def _perhaps_conditional(p: Program, statement: Statement) -> Statement:
    if p.draw.chance(0.3):
        return If(p.expressions.condition(p.pick(1, "R", "V")), [statement]) if p.scope("R", "V") else statement
    return statement


def flags(p: Program) -> bool:
    """A flag word is loaded and one bit of it chooses between two values."""
    name = p.draw.choice(("flags", "state_bits", "options"))
    if name in p.names:
        return False
    array = p.array(p.name(name), I32, p.extents, lambda sizes: Integers(0, 16))
    word = p.local(p.draw.choice(("flag", "bits", "mode")), Load(I32, Interval(0, 15), array, p.lane_variables))
    bit = literal(p.draw.choice((1, 2, 4, 8)), I32)
    condition = apply(p.draw.choice(("not_equal_int", "equal_int")), apply("bit_and", word, bit), ZERO)
    ends = p.pick(2, "R")
    if len(ends) < 2:
        ends = [*ends, p.expressions.constant(p.real, 0.5, 2.0), p.expressions.constant(p.real, -1.0, 0.4)][:2]
    p.local(p.draw.choice(("selected", "enabled_value", "active_gain")), apply("where", condition, ends[0], ends[1]))
    return True


def mask_input(p: Program) -> bool:
    """A boolean per item that gates a value."""
    name = p.draw.choice(("enabled", "is_free", "visible", "movable"))
    if name in p.names:
        return False
    array = p.array(array_name(p, name), p.type_of("B"), p.extents, lambda sizes: Bernoulli(0.7))
    flag = p.local(name, Load(p.type_of("B"), Interval(0, 1), array, p.lane_variables))
    sources = p.pick(1, "R")
    if sources:
        start = p.expressions.constant(p.real, 0.0, 0.5)
        gated = p.local(p.draw.choice(("gated", "open_value", "contribution")), start, mutable=True)
        p.add(If(flag, [Assign(gated.name, sources[0])]))
        p.rebind(gated, start.range.hull(sources[0].range))
    return True
