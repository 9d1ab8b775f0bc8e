"""Sorting and selection: the steps that parallel sorting is made of, each as one kernel.

Variants: one compare-exchange step (odd-even transposition, bitonic, strided; in place or out of place), small sorting networks in
registers (whole rows, medians, extremes), rank by counting with scatter, merging two sorted arrays by binary search, the largest few of
each row, insertion sort of rows, counting of buckets; plain keys or a computed sort key, with or without values that travel along.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Constant, Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.sorting.keys import KEYS, key_bounds, key_type, payload_of, returned_dict, sizes_of, sort_key
from kernels.families.sorting.networks import small_network
from kernels.families.sorting.rows import buckets, insertion
from kernels.families.sorting.selection import largest, merge, ranks
from kernels.language.expression import Expression, Variable, variable
from kernels.language.types import I32
from kernels.source import indented


def build(draw: Draw) -> Case:
    """One sorting kernel."""
    forms = (_compare_exchange, _exchanged_copy, small_network, ranks, merge, largest, insertion, buckets)
    return draw.weighted(forms, (4, 2, 5, 3, 3, 2, 1.5, 2))(draw, Draft(draw, smooth=True))


def _compare_exchange(draw: Draw, draft: Draft) -> Case:
    """One step of a sorting network over the whole array, in place: each thread owns one pair."""
    type, domain = key_type(draw, draft)
    keys = draw.choice(KEYS)
    rows = draw.chance(0.3)
    shape = ("rows", "n") if rows else ("n",)
    prefix = "row, " if rows else ""
    draft.reserve("row", "a", "b", "i")
    draft.array(keys, type, *shape, domain=domain, role="inout")
    carried = payload_of(draw, draft)
    if carried:
        draft.array(carried[0], carried[1], *shape, domain=Integers(0, 100) if carried[1] is I32 else None, role="inout")
    pairing = draw.choice(("odd_even", "bitonic", "strided", "mirrored"))
    left, right = draw.choice((("left", "right"), ("lo", "hi"), ("first", "second"), ("i", "j")))
    thread = "tid" if pairing != "bitonic" else left
    body, reference = [f"{prefix}{thread} = wp.tid()"], []
    counted = draw.chance(0.7)
    if counted:
        draft.count("n")
    else:
        body.append(f"n = {keys}.shape[{int(rows)}]")
    size = f"{keys}.shape[-1]"
    descending = draw.chance(0.3)
    swap = f"{{0}} {'<' if descending else '>'} {{1}}"
    half = "(n + 1) // 2"
    if pairing == "odd_even":
        draft.parameter("phase", 0, 1, I32)
        body += [f"{left} = 2 * tid + phase", f"{right} = {left} + 1"]
        reference += [f"{left} = np.arange(phase, {size} - 1, 2)", f"{right} = {left} + 1"]
    elif pairing == "bitonic":
        power = draw.integer(1, 3)
        draft.value("stride", I32, Constant(2**power >> 1))
        draft.value("block", I32, Constant(2 ** (power + draw.integer(0, 2))))
        body += [f"{right} = {left} ^ stride"]
        reference += [f"{left} = np.arange({size})", f"{right} = {left} ^ stride", f"pairs = ({right} > {left}) & ({right} < {size})"]
        reference += [f"{left}, {right} = {left}[pairs], {right}[pairs]"]
        half = "n"
    elif pairing == "strided":
        draft.parameter("stride", 1, 5, I32)
        body += [f"{left} = (tid // stride) * (2 * stride) + tid % stride", f"{right} = {left} + stride"]
        reference += [f"{left} = np.arange({size})", f"{left} = {left}[({left} // stride) % 2 == 0]"]
        reference += [f"{left} = {left}[{left} + stride < {size}]", f"{right} = {left} + stride"]
        half = "n"
    else:
        body += [f"{left} = tid", f"{right} = n - 1 - tid"]
        reference += [f"{left} = np.arange({size} // 2)", f"{right} = {size} - 1 - {left}"]
    guard = (
        f"{right} >= n"
        if pairing in ("odd_even", "strided")
        else f"{right} <= {left} or {right} >= n"
        if pairing == "bitonic"
        else f"{right} <= {left}"
    )
    work = [f"a = {keys}[{prefix}{left}]", f"b = {keys}[{prefix}{right}]"]
    at = "[:, {}]" if rows else "[{}]"
    loads = [f"a = {keys}{at.format(left)}", f"b = {keys}{at.format(right)}"]
    lines, computed, names = sort_key(draw, draft, type, ("a", "b"), ("key_a", "key_b"))
    work, reference = [*work, *lines], [*reference, *loads, *computed]
    if pairing == "bitonic":
        up = "(i & block) == 0".replace("i", left, 1)
        work += [f"ascending = {up}", f"out_of_order = {names[0]} > {names[1]}"]
        reference += [f"ascending = ({left} & block) == 0", f"swap = ({names[0]} > {names[1]}) == ascending"]
        if names[0] == "a" and draw.chance(0.5):
            work[-1:] = ["if ascending == (a > b):"]
        else:
            work += ["if out_of_order == ascending:"]
        reference[-1] = f"swap = np.where(ascending, {names[0]} > {names[1]}, {names[0]} <= {names[1]})"
    else:
        work.append(f"if {swap.format(*names)}:")
        reference.append(f"swap = {swap.format(*names)}")
    exchange = [f"{keys}[{prefix}{left}] = b", f"{keys}[{prefix}{right}] = a"]
    reference += [f"{keys} = {keys}.copy()"]
    reference += [f"{keys}{at.format(left)}, {keys}{at.format(right)} = np.where(swap, b, a), np.where(swap, a, b)"]
    returned = [keys]
    if carried:
        name = carried[0]
        exchange += [
            f"moved = {name}[{prefix}{left}]",
            f"{name}[{prefix}{left}] = {name}[{prefix}{right}]",
            f"{name}[{prefix}{right}] = moved",
        ]
        across = "[..., None]" if carried[1].rank else ""
        reference += [f"p, q = {name}{at.format(left)}, {name}{at.format(right)}", f"{name} = {name}.copy()"]
        reference += [f"{name}{at.format(left)}, {name}{at.format(right)} = np.where(swap{across}, q, p), np.where(swap{across}, p, q)"]
        returned.append(name)
    if draw.chance(0.25):
        draft.output("swaps", I32, "rows" if rows else 1, role="accumulate")
        exchange.append(f"wp.atomic_add(swaps, {'row' if rows else '0'}, 1)")
        reference.append("swaps = swap.sum(axis=1).astype(np.int32)" if rows else "swaps = np.array([swap.sum()], np.int32)")
        returned.append("swaps")
    work += indented(exchange)
    body += [f"if {guard}:", "    return", *work] if draw.chance(0.7) else [f"if {_negated(guard)}:", *indented(work)]
    reference.append(returned_dict(returned))
    dim = ("rows", half) if rows else (half,)
    name = draw.choice((f"{pairing}_step", f"{pairing}_exchange", "compare_exchange", "compare_and_swap"))
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, dim, sizes_of(draw, rows))


def _negated(guard: str) -> str:
    opposite = {">=": "<", "<=": ">"}
    parts = [part.split() for part in guard.split(" or ")]
    return " and ".join(" ".join(opposite.get(word, word) for word in part) for part in parts)


def _exchanged_copy(draw: Draw, draft: Draft) -> Case:
    """One odd-even or bitonic step out of place: each thread finds its partner and keeps the smaller or the larger key."""
    type, domain = key_type(draw, draft)
    keys, out = draw.choice(KEYS), draw.choice(("exchanged", "sorted_step", "next_keys", "result"))
    draft.reserve(out)
    draft.array(keys, type, "n", domain=domain)
    bitonic = draw.chance(0.4)
    body = ["i = wp.tid()"]
    draft.count("n")
    if draw.chance(0.5):
        body += ["if i >= n:", "    return"]
    reference = [f"i = np.arange({keys}.size)"]
    if bitonic:
        draft.value("stride", I32, Constant(draw.choice((1, 2, 4, 8))))
        body.append("partner = i ^ stride")
        reference.append("partner = i ^ stride")
    else:
        draft.parameter("phase", 0, 1, I32)
        if draw.chance(0.5):
            body += ["partner = wp.where(i % 2 == phase, i + 1, i - 1)"]
        else:
            body += ["partner = i - 1", "if i % 2 == phase:", "    partner = i + 1"]
        reference.append("partner = np.where(i % 2 == phase, i + 1, i - 1)")
    inside = "partner < n" if bitonic else "partner >= 0 and partner < n"
    low, high = key_bounds(type)
    mine, kept = variable("mine", type, low, high), variable("kept", type, low, high)
    body += [f"mine = {keys}[i]", "kept = mine"]
    choose = [f"other = {keys}[partner]"]
    if draw.chance(0.5):
        choose += ["if i < partner:", "    kept = wp.min(mine, other)", "else:", "    kept = wp.max(mine, other)"]
    else:
        choose += ["kept = wp.where(i < partner, wp.min(mine, other), wp.max(mine, other))"]
    body += [f"if {inside}:", *indented(choose)]
    reference += [f"other = {keys}[np.clip(partner, 0, i.size - 1)]", f"mine = {keys}"]
    reference += ["paired = (partner >= 0) & (partner < i.size)"]
    reference += ["kept = np.where(i < partner, np.minimum(mine, other), np.maximum(mine, other))", "kept = np.where(paired, kept, mine)"]
    value: Variable = kept
    if draw.chance(0.7):
        inputs: list[Expression] = [kept, mine] if draw.chance(0.4) else [kept]
        if type.is_float:
            inputs += draft.some_parameters(("gain", "bias", "scale"), draw.integer(0, 1))
        step = draft.step(draw.choice(("encoded", "mapped", "stored")), type, inputs)
        body.append(step.warp)
        reference.append(step.numpy)
        value = step.value
    draft.output(out, type, "n")
    body.append(f"{out}[i] = {value.name}")
    returned = [f'"{out}": {value.name}']
    if draw.chance(0.4):
        draft.output("moved", I32, "n")
        body.append("moved[i] = wp.where(kept == mine, 0, 1)")
        returned.append('"moved": np.where(kept == mine, 0, 1)')
    reference.append(f"return {{{', '.join(returned)}}}")
    name = draw.choice(("odd_even_pass", "exchange_with_partner", "sorting_pass", "bitonic_pass" if bitonic else "brick_sort_pass"))
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, ("n",), sizes_of(draw, False))
