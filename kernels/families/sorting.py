"""Sorting and selection: the steps that parallel sorting is made of, each as one kernel.

Variants: one compare-exchange step (odd-even transposition, bitonic, strided; in place or out of place), small sorting networks in
registers (whole rows, medians, extremes), rank by counting with scatter, merging two sorted arrays by binary search, the largest few of
each row, insertion sort of rows, counting of buckets; plain keys or a computed sort key, with or without values that travel along.
"""

from __future__ import annotations

import re
from dataclasses import replace

from kernels.case import Case
from kernels.domains import Constant, Domain, Integers, Sorted, Uniform
from kernels.draw import Draw
from kernels.families._networks import small_network
from kernels.families._sketch import Sketch
from kernels.language.expression import Expression, Variable, literal, variable
from kernels.language.types import I32, I64, Type
from kernels.source import def_lines, indented

KEYS = ("keys", "values", "data", "items", "scores", "times", "priorities", "distances")
PAYLOADS = ("payload", "indices", "labels", "satellites", "particle_ids", "costs")


def build(draw: Draw) -> Case:
    """One sorting kernel."""
    forms = (_compare_exchange, _exchanged_copy, small_network, _ranks, _merge, _largest, _insertion, _buckets)
    return draw.weighted(forms, (4, 2, 5, 3, 3, 2, 1.5, 2))(draw, Sketch(draw, "sorting"))


def _key_type(draw: Draw, sketch: Sketch) -> tuple[Type, Domain]:
    """The type of the keys and where they come from."""
    if draw.chance(0.5):
        return sketch.real, Uniform(-1.0, 1.0)
    return (I64 if draw.chance(0.2) else I32), Integers(0, draw.choice((20, 100, 1000)))


def _bounds(type: Type) -> tuple[float, float]:
    return (-1.0, 1.0) if type.is_float else (0.0, 1000.0)


def _payload(draw: Draw, sketch: Sketch, probability: float = 0.5) -> tuple[str, Type] | None:
    """The name and type of a value that travels with its key, now and then."""
    if not draw.chance(probability):
        return None
    return draw.choice(PAYLOADS), draw.choice((I32, I32, sketch.real, sketch.vec))


def _sort_key(
    draw: Draw, sketch: Sketch, type: Type, names: tuple[str, ...], results: tuple[str, ...], chance: float = 0.55
) -> tuple[list[str], list[str], list[str]]:
    """Sort keys computed from the loaded values `names`: lines of both texts, and the names to compare. One function serves them all."""
    if not draw.chance(chance):
        return [], [], list(names)
    low, high = _bounds(type)
    extra: list[Expression] = []
    if draw.chance(0.6):
        if type.is_float:
            extra = sketch.parameters(("pivot", "scale", "offset", "reference_value"), 1, -0.5, 0.9)
        else:
            name = draw.choice(("pivot", "mask_bits", "salt", "base"))
            sketch.sig.value(name, type)
            sketch.domains[name] = Integers(1, 30)
            extra = [variable(name, type, 1, 30)]
    step = sketch.step("sort_key", type, [variable(names[0], type, low, high), *extra], draw.integer(1, 2))
    lines: list[str] = []
    reference: list[str] = []
    for name, result in zip(names, results, strict=True):
        for text, out in ((step.warp, lines), (step.numpy, reference)):
            out.append(_renamed(text, {names[0]: name, "sort_key": result}))
    return lines, reference, list(results)


def _renamed(text: str, names: dict[str, str]) -> str:
    return re.sub(r"\b\w+\b", lambda m: names.get(m[0], m[0]), text)


def _compare_exchange(draw: Draw, sketch: Sketch) -> Case:
    """One step of a sorting network over the whole array, in place: each thread owns one pair."""
    type, domain = _key_type(draw, sketch)
    keys = draw.choice(KEYS)
    rows = draw.chance(0.3)
    shape = ("rows", "n") if rows else ("n",)
    prefix = "row, " if rows else ""
    sketch.reserved |= {"row", "a", "b", "i"}
    sketch.inout(keys, type, shape, domain)
    carried = _payload(draw, sketch)
    if carried:
        sketch.inout(carried[0], carried[1], shape, Integers(0, 100) if carried[1] is I32 else None)
    pairing = draw.choice(("odd_even", "bitonic", "strided", "mirrored"))
    left, right = draw.choice((("left", "right"), ("lo", "hi"), ("first", "second"), ("i", "j")))
    thread = "tid" if pairing != "bitonic" else left
    body, reference = [f"{prefix}{thread} = wp.tid()"], []
    counted = draw.chance(0.7)
    if counted:
        sketch.count("n")
    else:
        body.append(f"n = {keys}.shape[{int(rows)}]")
    size = f"{keys}.shape[-1]"
    descending = draw.chance(0.3)
    swap = f"{{0}} {'<' if descending else '>'} {{1}}"
    half = "(n + 1) // 2"
    if pairing == "odd_even":
        sketch.sig.value("phase", I32)
        sketch.domains["phase"] = Integers(0, 2)
        body += [f"{left} = 2 * tid + phase", f"{right} = {left} + 1"]
        reference += [f"{left} = np.arange(phase, {size} - 1, 2)", f"{right} = {left} + 1"]
    elif pairing == "bitonic":
        for name in ("stride", "block"):
            sketch.sig.value(name, I32)
        power = draw.integer(1, 3)
        sketch.domains["stride"], sketch.domains["block"] = Constant(2**power >> 1), Constant(2 ** (power + draw.integer(0, 2)))
        body += [f"{right} = {left} ^ stride"]
        reference += [f"{left} = np.arange({size})", f"{right} = {left} ^ stride", f"pairs = ({right} > {left}) & ({right} < {size})"]
        reference += [f"{left}, {right} = {left}[pairs], {right}[pairs]"]
        half = "n"
    elif pairing == "strided":
        sketch.sig.value("stride", I32)
        sketch.domains["stride"] = Integers(1, 6)
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
    lines, computed, names = _sort_key(draw, sketch, type, ("a", "b"), ("key_a", "key_b"))
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
        sketch.result("swaps", I32, ("rows",) if rows else ("1",), accumulate=True)
        exchange.append(f"wp.atomic_add(swaps, {'row' if rows else '0'}, 1)")
        reference.append("swaps = swap.sum(axis=1).astype(np.int32)" if rows else "swaps = np.array([swap.sum()], np.int32)")
        returned.append("swaps")
    work += indented(exchange)
    body += [f"if {guard}:", "    return", *work] if draw.chance(0.7) else [f"if {_negated(guard)}:", *indented(work)]
    reference.append(_returned(returned))
    dim = ("rows", half) if rows else (half,)
    name = draw.choice((f"{pairing}_step", f"{pairing}_exchange", "compare_exchange", "compare_and_swap"))
    return sketch.case(name, body, reference, dim, _sizes(draw, rows))


def _negated(guard: str) -> str:
    opposite = {">=": "<", "<=": ">"}
    parts = [part.split() for part in guard.split(" or ")]
    return " and ".join(" ".join(opposite.get(word, word) for word in part) for part in parts)


def _returned(names: list[str]) -> str:
    return "return {" + ", ".join(f'"{n}": {n}' for n in names) + "}"


def _sizes(draw: Draw, rows: bool) -> list[dict[str, int]]:
    large = draw.integer(66, 140)
    flat = [1, draw.choice((7, 13, 23)), large + (large % 8 == 0)]
    return [{"rows": 3 * (k > 0) + 1 if rows else 1, "n": (1, 7, draw.integer(17, 29))[k] if rows else flat[k]} for k in range(3)]


def _exchanged_copy(draw: Draw, sketch: Sketch) -> Case:
    """One odd-even or bitonic step out of place: each thread finds its partner and keeps the smaller or the larger key."""
    type, domain = _key_type(draw, sketch)
    keys, out = draw.choice(KEYS), draw.choice(("exchanged", "sorted_step", "next_keys", "result"))
    sketch.reserved.add(out)
    sketch.array(keys, type, ("n",), domain)
    bitonic = draw.chance(0.4)
    body = ["i = wp.tid()"]
    sketch.count("n")
    if draw.chance(0.5):
        body += ["if i >= n:", "    return"]
    reference = [f"i = np.arange({keys}.size)"]
    if bitonic:
        sketch.sig.value("stride", I32)
        sketch.domains["stride"] = Constant(draw.choice((1, 2, 4, 8)))
        body.append("partner = i ^ stride")
        reference.append("partner = i ^ stride")
    else:
        sketch.sig.value("phase", I32)
        sketch.domains["phase"] = Integers(0, 2)
        if draw.chance(0.5):
            body += ["partner = wp.where(i % 2 == phase, i + 1, i - 1)"]
        else:
            body += ["partner = i - 1", "if i % 2 == phase:", "    partner = i + 1"]
        reference.append("partner = np.where(i % 2 == phase, i + 1, i - 1)")
    inside = "partner < n" if bitonic else "partner >= 0 and partner < n"
    low, high = _bounds(type)
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
            inputs += sketch.parameters(("gain", "bias", "scale"), draw.integer(0, 1))
        step = sketch.step(draw.choice(("encoded", "mapped", "stored")), type, inputs)
        body.append(step.warp)
        reference.append(step.numpy)
        value = step.value
    sketch.result(out, type, ("n",))
    body.append(f"{out}[i] = {value.name}")
    returned = [f'"{out}": {value.name}']
    if draw.chance(0.4):
        sketch.result("moved", I32, ("n",))
        body.append("moved[i] = wp.where(kept == mine, 0, 1)")
        returned.append('"moved": np.where(kept == mine, 0, 1)')
    reference.append(f"return {{{', '.join(returned)}}}")
    name = draw.choice(("odd_even_pass", "exchange_with_partner", "sorting_pass", "bitonic_pass" if bitonic else "brick_sort_pass"))
    return sketch.case(name, body, reference, ("n",), _sizes(draw, False))


def _ranks(draw: Draw, sketch: Sketch) -> Case:
    """Each element's rank, by counting the elements before it; perhaps everything is scattered to its rank."""
    type, domain = _key_type(draw, sketch)
    keys, rows = draw.choice(KEYS), draw.chance(0.3)
    shape, prefix = (("rows", "n"), "row, ") if rows else (("n",), "")
    sketch.reserved |= {"row", "i", "j", "rank", "mine", "other", "my_key", "their_key"}
    sketch.array(keys, type, shape, domain, differentiable=False)
    descending, tie = draw.chance(0.35), draw.choice(("index", "index", "none", "reversed"))
    less = ">" if descending else "<"
    scatter = tie != "none" and draw.chance(0.6)
    outputs = ["sorted_keys"] if scatter else []
    carried = _payload(draw, sketch) if scatter else None
    if not scatter or draw.chance(0.4):
        outputs.append("ranks")
    body = [f"{prefix}i = wp.tid()"]
    counted = draw.chance(0.6)
    if counted:
        sketch.count("n")
        body += ["if i >= n:", "    return"] if draw.chance(0.6) else []
    else:
        body.append(f"n = {keys}.shape[{int(rows)}]")
    body += [f"mine = {keys}[{prefix}i]"]
    lines, computed, names = _sort_key(draw, sketch, type, ("mine", "other"), ("my_key", "their_key"))
    own, theirs = (lines[:1], lines[1:]) if lines else ([], [])
    before = {"index": "j < i", "reversed": "j > i"}.get(tie, "")
    inner = [f"other = {keys}[{prefix}j]", *theirs]
    if not before:
        inner += [f"if {names[1]} {less} {names[0]}:", "    rank += 1"]
    elif draw.chance(0.5):
        inner += [f"if {names[1]} {less} {names[0]} or ({names[1]} == {names[0]} and {before}):", "    rank += 1"]
    else:
        inner += [f"if {names[1]} {less} {names[0]}:", "    rank += 1", f"elif {names[1]} == {names[0]} and {before}:", "    rank += 1"]
    body += [*own, "rank = int(0)", "for j in range(n):", *indented(inner)]
    tests = {"": f"{names[1]} {less} {names[0]}"}
    tests[before] = tests[""] if not before else f"({names[1]} {less} {names[0]}) | (({names[1]} == {names[0]}) & ({before}))"
    reference = ["i = np.arange(" + keys + ".shape[-1])[:, None]", "j = i.T"] if before else []
    reference += [f"mine, other = {keys}[..., :, None], {keys}[..., None, :]", *computed]
    reference += [f"rank = np.sum({tests[before]}, axis=-1)"]
    returned = []
    if scatter:
        sketch.result("sorted_keys", type, shape)
        sketch.sig.arguments[-1] = replace(sketch.sig.arguments[-1], differentiable=False)
        body.append(f"sorted_keys[{prefix}rank] = mine")
        reference += ["order = np.argsort(rank, axis=-1)", f"sorted_keys = np.take_along_axis({keys}, order, axis=-1)"]
        returned.append("sorted_keys")
    if carried:
        sketch.array(carried[0], carried[1], shape, Integers(0, 90) if carried[1] is I32 else None, differentiable=False)
        sketch.result(f"sorted_{carried[0]}", carried[1], shape)
        sketch.sig.arguments[-1] = replace(sketch.sig.arguments[-1], differentiable=False)
        body.append(f"sorted_{carried[0]}[{prefix}rank] = {carried[0]}[{prefix}i]")
        order = "order[..., None]" if carried[1].rank else "order"
        reference.append(f"sorted_{carried[0]} = np.take_along_axis({carried[0]}, {order}, axis={-1 - carried[1].rank})")
        returned.append(f"sorted_{carried[0]}")
    if "ranks" in outputs:
        sketch.result("ranks", I32, shape)
        body.append(f"ranks[{prefix}i] = rank")
        reference.append("ranks = rank.astype(np.int32)")
        returned.append("ranks")
    if draw.chance(0.2):
        sketch.result("percentile", sketch.real, shape)
        sketch.sig.arguments[-1] = replace(sketch.sig.arguments[-1], differentiable=False)
        body.append(f"percentile[{prefix}i] = {sketch.cast('rank')} / {sketch.cast('n')}")
        reference.append(f"percentile = rank / {'f32' if sketch.width == 'float32' else 'np.float64'}({keys}.shape[-1])")
        returned.append("percentile")
    reference.append(_returned(returned))
    name = draw.choice(("rank_by_counting", "counting_ranks", "rank_sort", "order_statistics"))
    sizes = [{**e, "n": min(e["n"], 41 if e["n"] > 64 and type is I64 else 70)} for e in _sizes(draw, rows)]
    return sketch.case(name, body, reference, shape, sizes)


def _merge(draw: Draw, sketch: Sketch) -> Case:
    """Merging two sorted arrays, or ranking queries in one, by binary search."""
    type, _ = _key_type(draw, sketch)
    domain = Sorted(-1.0, 1.0) if type.is_float else Sorted(0.0, 60.0)
    left, right = draw.choice((("a", "b"), ("left", "right"), ("keys_a", "keys_b"), ("run0", "run1")))
    sketch.reserved |= {left, right, "i", "lo", "hi", "mid", "position", "key", "count"}
    sketch.array(left, type, ("m",), domain, differentiable=False)
    sketch.array(right, type, ("n",), domain, differentiable=False)
    for name in ("m", "n"):
        sketch.count(name)
    function = draw.choice(("lower_bound", "count_before", "find_slot"))
    merging = draw.chance(0.65)
    inline = not merging and draw.chance(0.4)

    def search(array: str, size: str, test: str, key: str) -> list[str]:
        start = ["lo = int(0)", f"hi = {size}" if size != "n" or not inline else "hi = int(n)"]
        halve = "mid = (lo + hi) // 2" if draw.chance(0.6) else "mid = lo + (hi - lo) // 2"
        return [
            *start,
            "while lo < hi:",
            f"    {halve}",
            f"    if {array}[mid] {test} {key}:",
            "        lo = mid + 1",
            "    else:",
            "        hi = mid",
        ]

    spelled = f"wp.array(dtype={type.spelling})"
    value = sketch.draw.chance(0.5)
    if not inline:
        strict = [f"{'sorted_keys'}: {spelled}", "size: int", f"key: {type.spelling}"]
        for name, test in ((function, "<"), ("upper_bound", "<=")) if merging else ((function, "<"),):
            lines = [line.replace("hi = size", "hi = int(size)") for line in search("sorted_keys", "size", test, "key")]
            sketch.definitions.append(["@wp.func", *def_lines(name, strict, "int" if value else ""), *indented([*lines, "return lo"])])
    if merging:
        out = draw.choice(("merged", "result", "out"))
        sketch.result(out, type, ("m + n",))
        sketch.sig.arguments[-1] = replace(sketch.sig.arguments[-1], differentiable=False)
        tag = draw.choice(("origin", "source_run", "from_right")) if draw.chance(0.5) else ""
        body = ["i = wp.tid()", *(["if i >= m + n:", "    return"] if draw.chance(0.5) else [])]
        first = [f"key = {left}[i]", f"position = i + {function}({right}, n, key)", f"{out}[position] = key"]
        second = ["k = i - m", f"other_key = {right}[k]", f"slot = k + upper_bound({left}, m, other_key)", f"{out}[slot] = other_key"]
        if tag:
            sketch.result(tag, I32, ("m + n",))
            first.append(f"{tag}[position] = 0")
            second.append(f"{tag}[slot] = 1")
        if draw.chance(0.5):
            body += ["if i < m:", *indented(first), "else:", *indented(second)]
        else:
            body += ["if i < m:", *indented([*first, "return"]), *second]
        reference = [f"both = np.concatenate([{left}, {right}])", 'order = np.argsort(both, kind="stable")', f"{out} = both[order]"]
        returned = [out]
        if tag:
            reference.append(f"{tag} = (order >= {left}.size).astype(np.int32)")
            returned.append(tag)
        reference.append(_returned(returned))
        return sketch.case(draw.choice(("merge_sorted", "merge_runs", "merge_step")), body, reference, ("m + n",), _merge_sizes(draw))
    out = draw.choice(("positions", "insert_at", "counts", "bins"))
    test = draw.choice(("<", "<=")) if inline else "<"
    body = ["i = wp.tid()", *(["if i >= m:", "    return"] if draw.chance(0.5) else []), f"key = {left}[i]"]
    lines, reference, names = _sort_key(draw, sketch, type, ("key",), ("needle",), 0.5)
    body += lines
    side = "left" if test == "<" else "right"
    reference = [f"key = {left}", *reference, f'lo = np.searchsorted({right}, {names[0]}, side="{side}").astype(np.int32)']
    body += search(right, "n", test, names[0]) if inline else [f"lo = {function}({right}, n, {names[0]})"]
    value_of = variable("lo", I32, 0, 100)
    inputs: list[Expression] = [value_of]
    if draw.chance(0.4):
        sketch.sig.value("offset", I32)
        sketch.domains["offset"] = Integers(1, 20)
        inputs.append(variable("offset", I32, 1, 20))
    if draw.chance(0.8):
        step = sketch.step(draw.choice(("slot", "bucket", "code")), I32, inputs)
        body.append(step.warp)
        reference.append(step.numpy)
        value_of = step.value
    sketch.result(out, I32, ("m",))
    body.append(f"{out}[i] = {value_of.name}")
    reference.append(f'return {{"{out}": {value_of.name}}}')
    return sketch.case(draw.choice(("search_sorted", "binary_search", "locate_keys")), body, reference, ("m",), _merge_sizes(draw))


def _merge_sizes(draw: Draw) -> list[dict[str, int]]:
    return [{"m": 1, "n": 1}, {"m": 7, "n": draw.choice((11, 13))}, {"m": draw.choice((67, 75)), "n": draw.integer(30, 60)}]


def _largest(draw: Draw, sketch: Sketch) -> Case:
    """The largest (or smallest) two or three of each row with their columns, by one pass of insertion into registers."""
    type, domain = _key_type(draw, sketch)
    scores, count = draw.choice(("scores", "logits", "distances", "weights")), draw.choice((1, 2, 2, 3))
    smallest = draw.chance(0.35)
    sketch.reserved |= {"row", "j", "value", "key"}
    sketch.array(scores, type, ("rows", "cols"), domain, differentiable=False)
    test = "<" if smallest else ">"
    names, places = ["first", "second", "third"][:count], ["first_index", "second_index", "third_index"][:count]
    start = sketch.num(-9000.0 if not smallest else 9000.0) if type.is_float else literal(-9000 if not smallest else 9000, type).warp()
    with_index = draw.chance(0.6)
    lines, computed, compared = _sort_key(draw, sketch, type, ("value",), ("key",), 0.6)
    candidate = compared[0]
    loops = [f"value = {scores}[row, j]", *lines]
    for n in range(count):
        loops.append(f"{'if' if n == 0 else 'elif'} {candidate} {test} {names[n]}:")
        for k in range(count - 1, n, -1):
            loops.append(f"    {names[k]} = {names[k - 1]}")
            loops += [f"    {places[k]} = {places[k - 1]}"] if with_index else []
        loops.append(f"    {names[n]} = {candidate}")
        loops += [f"    {places[n]} = j"] if with_index else []
    cast = f"{type.spelling}({start})" if type in (I32,) or start[0] in "-9" else start
    body = ["row = wp.tid()"]
    if draw.chance(0.5):
        sketch.count("rows")
        body += ["if row >= rows:", "    return"]
    if draw.chance(0.5):
        sketch.count("cols")
    else:
        body.append(f"cols = {scores}.shape[1]")
    body += [f"{name} = {cast}" for name in names] + ([f"{place} = int(-1)" for place in places] if with_index else [])
    body += ["for j in range(cols):", *indented(loops)]
    out = draw.choice(("top", "best", "selected"))
    sketch.result(out, type, ("rows", str(count)))
    sketch.sig.arguments[-1] = replace(sketch.sig.arguments[-1], differentiable=False)
    body += [f"{out}[row, {n}] = {name}" for n, name in enumerate(names)]
    sign = "" if smallest else "-"
    reference = [f"value = {scores}", *computed, f'order = np.argsort({sign}{candidate}, axis=1, kind="stable")[:, :{count}]']
    reference.append(f"{out} = np.take_along_axis({candidate}, order, axis=1)")
    returned = [out]
    if with_index:
        sketch.result("columns", I32, ("rows", str(count)))
        body += [f"columns[row, {n}] = {place}" for n, place in enumerate(places)]
        reference.append("columns = order.astype(np.int32)")
        returned.append("columns")
    if count > 1 and draw.chance(0.5):
        sketch.result("margin", type, ("rows",))
        sketch.sig.arguments[-1] = replace(sketch.sig.arguments[-1], differentiable=False)
        body.append(f"margin[row] = {names[0]} - {names[-1]}")
        reference.append(f"margin = {out}[:, 0] - {out}[:, -1]")
        returned.append("margin")
    reference.append(_returned(returned))
    sizes = [
        {"rows": 1, "cols": 3},
        {"rows": 7, "cols": draw.integer(4, 9)},
        {"rows": draw.choice((67, 73, 90)), "cols": draw.integer(5, 13)},
    ]
    return sketch.case(draw.choice((f"top_{count}", "select_best", "row_extremes", "partial_sort")), body, reference, ("rows",), sizes)


def _insertion(draw: Draw, sketch: Sketch) -> Case:
    """Sorting each row in place, one thread per row: insertion, selection or bubble sort."""
    type, domain = _key_type(draw, sketch)
    keys = draw.choice(KEYS)
    sketch.reserved |= {"row", "i", "j", "current", "moved"}
    sketch.inout(keys, type, ("rows", "width"), domain)
    carried = _payload(draw, sketch, 0.45)
    if carried:
        sketch.inout(carried[0], carried[1], ("rows", "width"), Integers(0, 100) if carried[1] is I32 else None)
    body = ["row = wp.tid()"]
    if draw.chance(0.5):
        sketch.count("rows")
        body += ["if row >= rows:", "    return"]
    if draw.chance(0.6):
        sketch.count("width")
    else:
        body.append(f"width = {keys}.shape[1]")
    descending = draw.chance(0.3)
    after = "<" if descending else ">"
    kind = draw.choice(("insertion", "bubble", "selection") if not carried else ("bubble", "insertion"))
    at = f"{keys}[row, "
    bring = (
        [f"moved = {carried[0]}[row, {{0}}]", f"{carried[0]}[row, {{0}}] = {carried[0]}[row, {{1}}]", f"{carried[0]}[row, {{1}}] = moved"]
        if carried
        else []
    )
    if kind == "insertion":
        shift = [f"{at}j + 1] = {at}j]", *([f"{carried[0]}[row, j + 1] = {carried[0]}[row, j]"] if carried else []), "j -= 1"]
        inner = [f"current = {at}i]", *([f"moved = {carried[0]}[row, i]"] if carried else []), "j = i - 1"]
        if draw.chance(0.5):
            inner += ["while j >= 0:", f"    if {at}j] {'>=' if descending else '<='} current:", "        break", *indented(shift)]
        else:
            inner += [f"while j >= 0 and {at}wp.max(j, 0)] {after} current:", *indented(shift)]
        inner += [f"{at}j + 1] = current", *([f"{carried[0]}[row, j + 1] = moved"] if carried else [])]
        body += ["for i in range(1, width):", *indented(inner)]
    elif kind == "bubble":
        swap = [f"current = {at}j]", f"{at}j] = {at}j + 1]", f"{at}j + 1] = current", *(line.format("j", "j + 1") for line in bring)]
        rounds = draw.choice(("width", "width - 1 - i"))
        limit = "width - 1" if rounds == "width" else rounds
        body += ["for i in range(width):", f"    for j in range({limit}):", f"        if {at}j] {after} {at}j + 1]:", *indented(swap, 3)]
    else:
        body += [
            "for i in range(width):",
            "    best = int(i)",
            "    for j in range(i + 1, width):",
            f"        if {at}best] {after} {at}j]:",
            "            best = j",
        ]
        body += [f"    current = {at}i]", f"    {at}i] = {at}best]", f"    {at}best] = current"]
    order = f'order = np.argsort({"-" if descending else ""}{keys}, axis=1, kind="stable")'
    returned = [keys]
    reference = [order, f"{keys} = np.take_along_axis({keys}, order, axis=1)"]
    if not carried:
        reference = [f"{keys} = np.sort({keys}, axis=1)" + ("[:, ::-1]" if descending else "")]
    else:
        index = "order[..., None]" if carried[1].rank else "order"
        reference.append(f"{carried[0]} = np.take_along_axis({carried[0]}, {index}, axis=1)")
        returned.append(carried[0])
    reference.append(_returned(returned))
    sizes = [{"rows": 1, "width": 1}, {"rows": 7, "width": 5}, {"rows": 67, "width": draw.integer(4, 6)}]
    return sketch.case(draw.choice((f"{kind}_sort_rows", f"{kind}_sort", "sort_rows", "sort_segments")), body, reference, ("rows",), sizes)


def _buckets(draw: Draw, sketch: Sketch) -> Case:
    """The counting half of a radix or bucket sort: each key's digit, and how many keys share it."""
    keys = draw.choice(KEYS)
    sketch.reserved |= {"i", "key", "digit", "bucket"}
    sketch.array(keys, I32, ("n",), Integers(0, 4000))
    body = ["i = wp.tid()"]
    if draw.chance(0.6):
        sketch.count("n")
        body += ["if i >= n:", "    return"]
    bits = draw.integer(2, 5)
    body += [f"key = {keys}[i]"]
    reference = [f"key = {keys}"]
    key = variable("key", I32, 0, 4000)
    how = draw.choice(("digit", "fused", "fused", "modulo"))
    if how == "fused":
        inputs: list[Expression] = [key]
        if draw.chance(0.5):
            sketch.sig.value("seed", I32)
            sketch.domains["seed"] = Integers(1, 60)
            inputs.append(variable("seed", I32, 1, 60))
        step = sketch.step("mixed", I32, inputs, 2)
        body += [step.warp, f"bucket = wp.abs(mixed) % {2**bits}"]
        reference += [step.numpy, f"bucket = np.abs(mixed) % {2**bits}"]
    elif how == "digit":
        sketch.sig.value("shift", I32)
        sketch.domains["shift"] = Integers(0, 6)
        body.append(f"bucket = (key >> shift) & {2**bits - 1}")
        reference.append(f"bucket = (key >> shift) & {2**bits - 1}")
    else:
        body.append(f"bucket = key % {2**bits}")
        reference.append(f"bucket = key % {2**bits}")
    returned = []
    outputs = draw.subset(("counts", "digits", "lowest", "below"), draw.integer(1, 3))
    if outputs == ["digits"] and how != "fused":
        outputs.append("counts")
    if "counts" in outputs:
        grouped = draw.chance(0.35)
        shape = ("n // 16 + 1", str(2**bits)) if grouped else (str(2**bits),)
        name = draw.choice(("counts", "histogram", "bucket_sizes"))
        sketch.result(name, I32, shape, accumulate=True)
        body.append(f"wp.atomic_add({name}, {'i // 16, ' if grouped else ''}bucket, 1)")
        reference += [
            f"{name} = np.zeros_like({name})",
            f"np.add.at({name}, {'(np.arange(key.size) // 16, bucket)' if grouped else 'bucket'}, 1)",
        ]
        returned.append(name)
    if "digits" in outputs:
        sketch.result("digits", I32, ("n",))
        body.append("digits[i] = bucket")
        reference.append("digits = bucket.astype(np.int32)")
        returned.append("digits")
    if "lowest" in outputs:
        kind = draw.choice(("min", "max"))
        sketch.inout("extreme", I32, (str(2**bits),), Integers(1000, 3000))
        body.append(f"wp.atomic_{kind}(extreme, bucket, key)")
        reference += ["extreme = extreme.copy()", f"np.{kind}imum.at(extreme, bucket, key)"]
        returned.append("extreme")
    if "below" in outputs:
        sketch.sig.value("pivot", I32)
        sketch.domains["pivot"] = Integers(500, 3500)
        sketch.result("below", I32, ("1",), accumulate=True)
        body += ["if key < pivot:", "    wp.atomic_add(below, 0, 1)"]
        reference.append("below = np.array([np.sum(key < pivot)], np.int32)")
        returned.append("below")
    reference.append(_returned(returned))
    return sketch.case(
        draw.choice(("bucket_counts", "radix_histogram", "count_digits", "partition_counts")), body, reference, ("n",), _sizes(draw, False)
    )
