"""Trees over sorted codes and Hilbert's curve: common prefixes, where a range of codes splits, distances along the curve.

Sources: Karras, "Maximizing parallelism in the construction of BVHs, octrees, and k-d trees" (2012); Butz, "Alternative algorithm for
Hilbert's space-filling curve" (1971).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.bit_tricks.elements import finish_number
from kernels.language.types import I32
from kernels.source import indented

HILBERT = (
    "def hilbert(order):",
    "    x, y, side = np.zeros(1, np.int64), np.zeros(1, np.int64), 1",
    "    for _ in range(order):",
    "        a = np.concatenate([y, x, x + side, 2 * side - 1 - y])",
    "        b = np.concatenate([x, y + side, y + side, side - 1 - x])",
    "        x, y, side = a, b, 2 * side",
    "    return x.astype(np.int32), y.astype(np.int32)",
)
"""The curve's cells in order, by its recursive definition: four copies of the smaller curve, the first and last reflected."""


def common_prefix(draw: Draw) -> Case:
    """The length of the common prefix of each code with another's: Karras' delta, equal codes told apart by their places."""
    draft = WordDraft(draw, Word(32))
    name = draw.choice(("common_prefix", "prefix_lengths", "code_delta"))
    i = draft.name("i", "tid", "leaf")
    draft.reserve(name, "a", "b", "delta", "prefix", "leading_zeros", "j", "i")
    codes = draft.word_array(draft.name("codes", "sorted_codes", "keys"), "n", low=0, high=1 << draw.choice((6, 12, 30)))
    builtin = draw.chance(0.4)
    lines = ("v = v | (v >> 1)", "v = v | (v >> 2)", "v = v | (v >> 4)", "v = v | (v >> 8)", "v = v | (v >> 16)")
    if builtin:
        body = [*(draft.word.warp(line) for line in lines), "return wp.bit_count(~v)"]
    else:
        top = "wp.uint32(0x80000000)"
        body = ["n = int(0)", f"while n < 32 and (v & {top}) == wp.uint32(0):", "    v = v << wp.uint32(1)", "    n += 1", "return n"]
        body.insert(0, "v = wp.uint32(bits)")
    draft.definitions.append(["@wp.func", f"def leading_zeros({'v' if builtin else 'bits'}: wp.uint32):", *indented(body)])
    offset = draw.choice((1, 2, -1))
    partner = draw.choice(("offset", "array"))
    with draft.threads((i, "n", codes, 0)):
        if partner == "array":
            partners = draft.array("partners", I32, "n", domain=lambda s: Integers(0, s["n"]))
            draft.line(f"j = {partners}[{i}]")
            draft.numpy(f"j = {partners}")
        else:
            draft.line(f"j = {i} {'+' if offset > 0 else '-'} {abs(offset)}")
            draft.numpy(f"j = np.arange(dim[0]) + {offset}")
        last = "n" if draft.has("n") or "n = " in "\n".join(draft.kernel) else draft.extent("n", codes)
        draft.line("prefix = int(-1)")
        with draft.block(f"if j >= 0 and j < {last}:"):
            draft.line(f"a = {draft.as_word(f'{codes}[{i}]')}", f"b = {draft.as_word(f'{codes}[j]')}")
            tie = draw.chance(0.6)
            if tie:
                draft.line("if a == b:", f"    prefix = 32 + leading_zeros(wp.uint32({i}) ^ wp.uint32(j))")
                draft.line("else:", "    prefix = leading_zeros(a ^ b)")
            else:
                draft.line("prefix = leading_zeros(a ^ b)")
        draft.numpy(
            f"a, b = ({codes}[k].astype(np.int64) for k in (slice(None), np.clip(j, 0, len({codes}) - 1)))", "i = np.arange(dim[0])"
        )
        draft.numpy("zeros = lambda v: 32 - np.where(v == 0, 0, np.floor(np.log2(np.maximum(v, 1))).astype(np.int32) + 1)")
        equal = "32 + zeros(i ^ np.maximum(j, 0))" if tie else "32"
        draft.numpy(f"prefix = np.where(a == b, {equal}, zeros(a ^ b))")
        draft.numpy(f"prefix = np.where((j >= 0) & (j < len({codes})), prefix, -1).astype(np.int32)")
        draft.store(draft.output(draft.name("prefix_out", "deltas", "lengths"), I32, "n"), i, "prefix")
    return draft.case(name, ["n"], grids(draw, ["n"]))


def range_split(draw: Draw) -> Case:
    """Where each range of sorted codes splits: the last code whose highest differing bit is not set, by a search."""
    draft = WordDraft(draw, Word(32))
    name = draw.choice(("find_split", "radix_split", "split_ranges"))
    i = draft.name("i", "tid", "node")
    draft.reserve(name, "first", "last", "split", "bit", "mid", "left", "right", "k")
    bit = draw.integer(2, 8)
    codes = draft.array(draft.name("sorted_codes", "keys"), I32, "m", domain=Integers(0, 1024))
    starts = draft.array(draft.name("first_of", "range_start"), I32, "n", domain=lambda s: Integers(0, max(1, s["m"] // 2)))
    lengths = draft.array(draft.name("length_of", "range_size"), I32, "n", domain=lambda s: Integers(1, max(2, s["m"] // 2)))
    with draft.threads((i, "n", starts, 0)):
        draft.line(f"first = {starts}[{i}]", f"last = wp.min(first + {lengths}[{i}], {codes}.shape[0])")
        way = draw.choice(("count", "mask"))
        stored = draw.subset((("split_out", "split"), ("ones_out", "ones"), ("zeros_out", "zeros")), draw.integer(1, 3))
        counted = [c for c, of in (("zeros", ("split", "zeros")), ("ones", ("ones",))) if any(v in of for _, v in stored)]
        draft.line(*(f"{c} = int(0)" for c in counted))
        draft.reserve("zeros", "ones")
        with draft.block("for k in range(first, last):"):
            if way == "count" and len(counted) == 2:
                draft.line(f"if (({codes}[k] >> {bit}) & 1) == 0:", "    zeros += 1", "else:", "    ones += 1")
            elif way == "count":
                draft.line(f"if (({codes}[k] >> {bit}) & 1) == {int(counted == ['ones'])}:", f"    {counted[0]} += 1")
            else:
                draft.line(f"bit = ({codes}[k] & {1 << bit}) >> {bit}")
                draft.line(*({"ones": "ones += bit", "zeros": "zeros += 1 - bit"}[c] for c in counted))
        draft.numpy(f"first, last = {starts}, np.minimum({starts} + {lengths}, len({codes}))")
        draft.numpy(f"ones_before = np.concatenate([[0], np.cumsum(({codes} // {1 << bit}) % 2)])")
        draft.numpy("ones = (ones_before[last] - ones_before[first]).astype(np.int32)", "zeros = (last - first - ones).astype(np.int32)")
        if ("split_out", "split") in stored:
            draft.both("split = first + zeros")
        for output, value in stored:
            draft.store(draft.output(output, I32, "n"), i, value)
    return draft.case(name, ["n"], [{**s, "m": draw.integer(6, 60)} for s in grids(draw, ["n"])])


def hilbert(draw: Draw) -> Case:
    """The distance along Hilbert's curve of each cell of a square, or the cell of each distance."""
    draft = WordDraft(draw, Word(32))
    order = draw.choice((3, 4, 5, 6))
    side = 1 << order
    decode = draw.chance(0.4)
    name = draw.choice(("hilbert_cell", "hilbert_decode") if decode else ("hilbert_index", "hilbert_distance", "hilbert_encode"))
    i = draft.name("i", "tid", "cell")
    draft.reserve(name, "x", "y", "d", "rx", "ry", "s", "t", "swapped", "level", "a", "b")
    if decode:
        given = [draft.array("distances", I32, "n", domain=Integers(0, side * side))]
    else:
        given = [draft.array(f"cell_{a}", I32, "n", domain=Integers(0, side)) for a in "xy"]
    with draft.threads((i, "n", given[0], 0)):
        draft.line(
            *(
                [f"t = int({given[0]}[{i}])", "x = int(0)", "y = int(0)"]
                if decode
                else [f"x = int({given[0]}[{i}])", f"y = int({given[1]}[{i}])", "d = int(0)"]
            )
        )
        with draft.block(f"for level in range({order}):"):
            if decode:
                draft.line("s = 1 << level", "rx = 1 & (t // 2)", "ry = 1 & (t ^ rx)")
            else:
                draft.line(
                    f"s = {side // 2} >> level",
                    "rx = int(0)",
                    "ry = int(0)",
                    "if (x & s) > 0:",
                    "    rx = 1",
                    "if (y & s) > 0:",
                    "    ry = 1",
                )
                draft.line("d += s * s * ((3 * rx) ^ ry)")
            top = "s - 1" if decode else f"{side - 1}"
            with draft.block("if ry == 0:"):
                draft.line("if rx == 1:", f"    x = {top} - x", f"    y = {top} - y", "swapped = x", "x = y", "y = swapped")
            if decode:
                draft.line("x += s * rx", "y += s * ry", "t = t // 4")
        draft.reference_definitions.append(list(HILBERT))
        draft.numpy(f"curve_x, curve_y = hilbert({order})")
        if decode:
            draft.numpy(f"x, y = curve_x[{given[0]}], curve_y[{given[0]}]")
            draft.store(draft.output("x_out", I32, "n"), i, "x")
            draft.store(draft.output("y_out", I32, "n"), i, "y")
        else:
            draft.numpy(f"along = np.empty(({side}, {side}), np.int32)", f"along[curve_x, curve_y] = np.arange({side * side})")
            draft.numpy(f"d = along[{given[0]}, {given[1]}]")
            if draw.chance(0.5):
                draft.store(draft.output(draft.name("distances_out", "keys"), I32, "n"), i, "d")
            else:
                finish_number(draft, "d", i, ("n",))
    return draft.case(name, ["n"], grids(draw, ["n"]))
