"""Ranks and selection: rank by counting, merging and searching of sorted arrays, the largest few of each row."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Sorted
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.sorting.keys import KEYS, key_type, payload_of, returned_dict, sizes_of, sort_key
from kernels.language.expression import Expression, literal, variable
from kernels.language.types import I32, I64
from kernels.source import def_lines, indented


def ranks(draw: Draw, draft: Draft) -> Case:
    """Each element's rank, by counting the elements before it; perhaps everything is scattered to its rank."""
    type, domain = key_type(draw, draft)
    keys, rows = draw.choice(KEYS), draw.chance(0.3)
    shape, prefix = (("rows", "n"), "row, ") if rows else (("n",), "")
    draft.reserve("row", "i", "j", "rank", "mine", "other", "my_key", "their_key")
    draft.array(keys, type, *shape, domain=domain, differentiable=False)
    descending, tie = draw.chance(0.35), draw.choice(("index", "index", "none", "reversed"))
    less = ">" if descending else "<"
    scatter = tie != "none" and draw.chance(0.6)
    outputs = ["sorted_keys"] if scatter else []
    carried = payload_of(draw, draft) if scatter else None
    if not scatter or draw.chance(0.4):
        outputs.append("ranks")
    body = [f"{prefix}i = wp.tid()"]
    counted = draw.chance(0.6)
    if counted:
        draft.count("n")
        body += ["if i >= n:", "    return"] if draw.chance(0.6) else []
    else:
        body.append(f"n = {keys}.shape[{int(rows)}]")
    body += [f"mine = {keys}[{prefix}i]"]
    lines, computed, names = sort_key(draw, draft, type, ("mine", "other"), ("my_key", "their_key"))
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
        draft.output("sorted_keys", type, *shape, differentiable=False)
        body.append(f"sorted_keys[{prefix}rank] = mine")
        reference += ["order = np.argsort(rank, axis=-1)", f"sorted_keys = np.take_along_axis({keys}, order, axis=-1)"]
        returned.append("sorted_keys")
    if carried:
        draft.array(carried[0], carried[1], *shape, domain=Integers(0, 90) if carried[1] is I32 else None, differentiable=False)
        draft.output(f"sorted_{carried[0]}", carried[1], *shape, differentiable=False)
        body.append(f"sorted_{carried[0]}[{prefix}rank] = {carried[0]}[{prefix}i]")
        order = "order[..., None]" if carried[1].rank else "order"
        reference.append(f"sorted_{carried[0]} = np.take_along_axis({carried[0]}, {order}, axis={-1 - carried[1].rank})")
        returned.append(f"sorted_{carried[0]}")
    if "ranks" in outputs:
        draft.output("ranks", I32, *shape)
        body.append(f"ranks[{prefix}i] = rank")
        reference.append("ranks = rank.astype(np.int32)")
        returned.append("ranks")
    if draw.chance(0.2):
        draft.output("percentile", draft.real, *shape, differentiable=False)
        body.append(f"percentile[{prefix}i] = {draft.cast('rank')} / {draft.cast('n')}")
        reference.append(f"percentile = rank / {'f32' if draft.width == 'float32' else 'np.float64'}({keys}.shape[-1])")
        returned.append("percentile")
    reference.append(returned_dict(returned))
    name = draw.choice(("rank_by_counting", "counting_ranks", "rank_sort", "order_statistics"))
    sizes = [{**e, "n": min(e["n"], 41 if e["n"] > 64 and type is I64 else 70)} for e in sizes_of(draw, rows)]
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(name, shape, sizes)


def merge(draw: Draw, draft: Draft) -> Case:
    """Merging two sorted arrays, or ranking queries in one, by binary search."""
    type, _ = key_type(draw, draft)
    domain = Sorted(-1.0, 1.0) if type.is_float else Sorted(0.0, 60.0)
    left, right = draw.choice((("a", "b"), ("left", "right"), ("keys_a", "keys_b"), ("run0", "run1")))
    draft.reserve(left, right, "i", "lo", "hi", "mid", "position", "key", "count")
    draft.array(left, type, "m", domain=domain, differentiable=False)
    draft.array(right, type, "n", domain=domain, differentiable=False)
    for name in ("m", "n"):
        draft.count(name)
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
    value = draw.chance(0.5)
    if not inline:
        strict = [f"sorted_keys: {spelled}", "size: int", f"key: {type.spelling}"]
        for name, test in ((function, "<"), ("upper_bound", "<=")) if merging else ((function, "<"),):
            lines = [line.replace("hi = size", "hi = int(size)") for line in search("sorted_keys", "size", test, "key")]
            draft.definitions.append(["@wp.func", *def_lines(name, strict, "int" if value else ""), *indented([*lines, "return lo"])])
    if merging:
        out = draw.choice(("merged", "result", "out"))
        draft.output(out, type, "m + n", differentiable=False)
        tag = draw.choice(("origin", "source_run", "from_right")) if draw.chance(0.5) else ""
        body = ["i = wp.tid()", *(["if i >= m + n:", "    return"] if draw.chance(0.5) else [])]
        first = [f"key = {left}[i]", f"position = i + {function}({right}, n, key)", f"{out}[position] = key"]
        second = ["k = i - m", f"other_key = {right}[k]", f"slot = k + upper_bound({left}, m, other_key)", f"{out}[slot] = other_key"]
        if tag:
            draft.output(tag, I32, "m + n")
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
        reference.append(returned_dict(returned))
        draft.line(*body)
        draft.numpy(*reference)
        return draft.case(draw.choice(("merge_sorted", "merge_runs", "merge_step")), ("m + n",), _merge_sizes(draw))
    out = draw.choice(("positions", "insert_at", "counts", "bins"))
    test = draw.choice(("<", "<=")) if inline else "<"
    body = ["i = wp.tid()", *(["if i >= m:", "    return"] if draw.chance(0.5) else []), f"key = {left}[i]"]
    lines, reference, names = sort_key(draw, draft, type, ("key",), ("needle",), 0.5)
    body += lines
    side = "left" if test == "<" else "right"
    reference = [f"key = {left}", *reference, f'lo = np.searchsorted({right}, {names[0]}, side="{side}").astype(np.int32)']
    body += search(right, "n", test, names[0]) if inline else [f"lo = {function}({right}, n, {names[0]})"]
    value_of = variable("lo", I32, 0, 100)
    inputs: list[Expression] = [value_of]
    if draw.chance(0.4):
        inputs.append(draft.parameter("offset", 1, 20, I32))
    if draw.chance(0.8):
        step = draft.step(draw.choice(("slot", "bucket", "code")), I32, inputs)
        body.append(step.warp)
        reference.append(step.numpy)
        value_of = step.value
    draft.output(out, I32, "m")
    body.append(f"{out}[i] = {value_of.name}")
    reference.append(f'return {{"{out}": {value_of.name}}}')
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(draw.choice(("search_sorted", "binary_search", "locate_keys")), ("m",), _merge_sizes(draw))


def _merge_sizes(draw: Draw) -> list[dict[str, int]]:
    return [{"m": 1, "n": 1}, {"m": 7, "n": draw.choice((11, 13))}, {"m": draw.choice((67, 75)), "n": draw.integer(30, 60)}]


def largest(draw: Draw, draft: Draft) -> Case:
    """The largest (or smallest) two or three of each row with their columns, by one pass of insertion into registers."""
    type, domain = key_type(draw, draft)
    scores, count = draw.choice(("scores", "logits", "distances", "weights")), draw.choice((1, 2, 2, 3))
    smallest = draw.chance(0.35)
    draft.reserve("row", "j", "value", "key")
    draft.array(scores, type, "rows", "cols", domain=domain, differentiable=False)
    test = "<" if smallest else ">"
    names, places = ["first", "second", "third"][:count], ["first_index", "second_index", "third_index"][:count]
    start = draft.number(-9000.0 if not smallest else 9000.0) if type.is_float else literal(-9000 if not smallest else 9000, type).warp()
    with_index = draw.chance(0.6)
    lines, computed, compared = sort_key(draw, draft, type, ("value",), ("key",), 0.6)
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
        draft.count("rows")
        body += ["if row >= rows:", "    return"]
    if draw.chance(0.5):
        draft.count("cols")
    else:
        body.append(f"cols = {scores}.shape[1]")
    body += [f"{name} = {cast}" for name in names] + ([f"{place} = int(-1)" for place in places] if with_index else [])
    body += ["for j in range(cols):", *indented(loops)]
    out = draw.choice(("top", "best", "selected"))
    draft.output(out, type, "rows", str(count), differentiable=False)
    body += [f"{out}[row, {n}] = {name}" for n, name in enumerate(names)]
    sign = "" if smallest else "-"
    reference = [f"value = {scores}", *computed, f'order = np.argsort({sign}{candidate}, axis=1, kind="stable")[:, :{count}]']
    reference.append(f"{out} = np.take_along_axis({candidate}, order, axis=1)")
    returned = [out]
    if with_index:
        draft.output("columns", I32, "rows", str(count))
        body += [f"columns[row, {n}] = {place}" for n, place in enumerate(places)]
        reference.append("columns = order.astype(np.int32)")
        returned.append("columns")
    if count > 1 and draw.chance(0.5):
        draft.output("margin", type, "rows", differentiable=False)
        body.append(f"margin[row] = {names[0]} - {names[-1]}")
        reference.append(f"margin = {out}[:, 0] - {out}[:, -1]")
        returned.append("margin")
    reference.append(returned_dict(returned))
    sizes = [
        {"rows": 1, "cols": 3},
        {"rows": 7, "cols": draw.integer(4, 9)},
        {"rows": draw.choice((67, 73, 90)), "cols": draw.integer(5, 13)},
    ]
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(draw.choice((f"top_{count}", "select_best", "row_extremes", "partial_sort")), ("rows",), sizes)
