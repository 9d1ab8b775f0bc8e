"""Sets as rows of bits: operations between sets, sizes, similarity, membership, subsets.

A set is a row of 32-bit words; the reference works on its elements as booleans.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import Sizes, grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.bit_tricks.elements import finish_number
from kernels.language.expression import Expression
from kernels.language.types import I32

ROWS = ("sets", "bitsets", "rows_bits", "fingerprints", "reachable", "signatures")
ELEMENTS = [
    "def elements(words):",
    "    bits = (words[..., None].astype(np.int64) >> np.arange(32)) % 2",
    "    return bits.reshape(*words.shape[:-1], -1)",
]
WORDS = [
    "def words_of(bits):",
    "    parts = bits.reshape(*bits.shape[:-1], -1, 32).astype(np.int64)",
    "    return (parts << np.arange(32)).sum(axis=-1).astype(np.uint32)",
]
OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("union", "a | b", "np.maximum(a, b)"),
    ("intersection", "a & b", "a * b"),
    ("difference", "a & ~b", "a * (1 - b)"),
    ("symmetric_difference", "a ^ b", "(a + b) % 2"),
    ("complement_union", "~(a | b)", "1 - np.maximum(a, b)"),
    ("implication", "~a | b", "np.maximum(1 - a, b)"),
)


def set_operation(draw: Draw) -> Case:
    """One kernel on bit sets."""
    builders: tuple[Callable[[Draw], Case], ...] = (
        _elementwise,
        _rows,
        _rows,
        _pairs,
        _members,
        _members,
        _relations,
    )
    return draw.choice(builders)(draw)


def bits_draft(draw: Draw, *helpers: list[str]) -> WordDraft:
    """A draft on 32-bit words whose reference has `helpers`."""
    draft = WordDraft(draw, Word(32, draw.chance(0.3)))
    draft.reference_definitions += [list(h) for h in helpers]
    draft.reserve("elements", "words_of", "a", "b", "c", "bits")
    return draft


def word_sizes(draw: Draw) -> list[Sizes]:
    """The sizes of three launches: rows, and words of each row."""
    return [{**s, "words": draw.integer(1, 4)} for s in grids(draw, ["n"])]


def _elementwise(draw: Draw) -> Case:
    """An operation between the words of two rows, stored or counted by row."""
    draft = bits_draft(draw, ELEMENTS, WORDS)
    name, text, numpy = draw.choice(OPERATIONS)
    kernel = draw.choice((f"set_{name}", f"bitset_{name}", f"{name}_rows"))
    i, w = draft.name("i", "row", "s"), draft.name("w", "k", "word_index")
    draft.reserve(kernel)
    left = draft.word_array(draft.name(*ROWS), "n", "words")
    right = draft.word_array(draft.name("other_sets", "queries", "masks_in"), "n", "words")
    stores, counts = draw.choice(((True, False), (True, True), (False, True)))
    with draft.threads((i, "n", left, 0), (w, "words", left, 1)):
        draft.line(f"a = {draft.as_word(f'{left}[{i}, {w}]')}", f"b = {draft.as_word(f'{right}[{i}, {w}]')}")
        draft.line(draft.word.warp(f"c = {text}"))
        draft.numpy(f"a, b = elements({left}), elements({right})", f"c = {numpy}")
        if stores:
            out = draft.output(draft.name("result", "sets_out"), draft.held, "n", "words")
            draft.line(f"{out}[{i}, {w}] = {draft.stored('c')}")
            draft.numpy(f"{out} = {draft.stored_numpy('words_of(c)')}")
        if counts:
            out = draft.output(draft.name("sizes", "cardinality"), I32, "n", role="accumulate")
            draft.line(f"wp.atomic_add({out}, {i}, wp.bit_count(c))")
            draft.numpy(f"{out} = c.sum(axis=-1).astype(np.int32)")
    return draft.case(kernel, ["n", "words"], word_sizes(draw))


def _rows(draw: Draw) -> Case:
    """A number for each row: size of a set or of an operation's result, by a loop over its words; or the first element."""
    draft = bits_draft(draw, ELEMENTS)
    pair = draw.chance(0.7)
    name, text, numpy = draw.choice(OPERATIONS)
    kernel = (
        draw.choice((f"count_{name}", f"{name}_size", "cardinality_rows"))
        if pair
        else draw.choice(("count_bits_rows", "set_sizes", "first_elements"))
    )
    i, w = draft.name("i", "row", "s"), draft.name("w", "k")
    n = draft.name("total", "count", "size")
    draft.reserve(kernel, "word", "found", "low")
    static = draw.chance(0.5)
    width: str | int = draw.integer(2, 4) if static else "words"
    left = draft.word_array(draft.name(*ROWS), "n", width)
    shared = pair and draw.chance(0.4)
    right = draft.word_array(draft.name("query", "reference_set", "mask"), *((width,) if shared else ("n", width))) if pair else ""
    first = not pair and draw.chance(0.5)
    with draft.threads((i, "n", left, 0)):
        length = str(width) if static else draft.extent("words", left, 1)
        draft.line(f"{n} = int({-1 if first else 0})")
        draft.numpy(f"a = elements({left})", *([f"b = elements({right})"] if pair else []))
        with draft.block(f"for {w} in range({length}):"):
            draft.line(f"a = {draft.as_word(f'{left}[{i}, {w}]')}")
            if pair:
                draft.line(f"b = {draft.as_word(f'{right}[{w}]' if shared else f'{right}[{i}, {w}]')}")
            if first:
                zero = draft.word.literal(0)
                condition = f"{n} < 0 and a != {zero}"
                draft.line(
                    f"if {condition}:", f"    low = {draft.word.warp('(a & (0 - a)) - 1')}", f"    {n} = 32 * {w} + wp.bit_count(low)"
                )
            elif pair:
                inline = draw.chance(0.5)
                if not inline:
                    draft.line(draft.word.warp(f"word = {text}"))
                draft.line(draft.word.warp(f"{n} += count({text})" if inline else f"{n} += count(word)", numbers=True))
            else:
                draft.line(f"{n} += wp.bit_count(a)")
        if first:
            draft.numpy(f"{n} = np.where(a.any(axis=-1), np.argmax(a, axis=-1), -1).astype(np.int32)")
        else:
            draft.numpy(f"{n} = ({numpy if pair else 'a'}).sum(axis=-1).astype(np.int32)")
        finish_number(draft, n, i, ("n",))
    return draft.case(kernel, ["n"], word_sizes(draw))


def _pairs(draw: Draw) -> Case:
    """The similarity of all pairs of two lists of fingerprints: Tanimoto, Dice, overlap, or Hamming distance."""
    draft = bits_draft(draw, ELEMENTS)
    kind = draw.choice(("tanimoto", "dice", "hamming", "hamming", "overlap"))
    kernel = draw.choice((f"{kind}_matrix", f"pairwise_{kind}", f"{kind}_scores"))
    i, j, w = draft.name("i", "row"), draft.name("j", "col"), draft.name("w", "k")
    draft.reserve(kernel, "both", "either", "word", "distance", "similarity")
    width = draw.integer(1, 4)
    left = draft.word_array(draft.name(*ROWS), "n", width)
    right = draft.word_array(draft.name("others", "database"), "m", width)
    with draft.threads((i, "n", left, 0), (j, "m", right, 0)):
        counts = {"hamming": ("both",), "overlap": ("both",)}.get(kind, ("both", "either"))
        draft.line(*(f"{c} = int(0)" for c in counts))
        with draft.block(f"for {w} in range({width}):"):
            draft.line(f"a = {draft.as_word(f'{left}[{i}, {w}]')}", f"b = {draft.as_word(f'{right}[{j}, {w}]')}")
            draft.line(f"both += wp.bit_count({'a ^ b' if kind == 'hamming' else 'a & b'})")
            if kind == "tanimoto":
                draft.line("either += wp.bit_count(a | b)")
            elif kind == "dice":
                draft.line("either += wp.bit_count(a) + wp.bit_count(b)")
        draft.numpy(f"a, b = elements({left})[:, None], elements({right})[None]")
        draft.numpy(f"both = {'(a != b)' if kind == 'hamming' else '(a * b)'}.sum(axis=-1)")
        if kind in ("tanimoto", "dice"):
            draft.numpy("either = np.maximum(a, b).sum(axis=-1)" if kind == "tanimoto" else "either = (a + b).sum(axis=-1)")
            factor = "2.0 * " if kind == "dice" else ""
            draft.line(f"similarity = {draft.warp(factor)}{draft.cast('both')} / wp.max({draft.cast('either')}, {draft.number(1.0)})")
            draft.numpy(f"similarity = {factor}both.astype({draft.precision}) / np.maximum(either.astype({draft.precision}), 1.0)")
        else:
            draft.line(f"similarity = {draft.cast('both')} / {draft.number(32.0 * width)}")
            draft.numpy(f"similarity = both.astype({draft.precision}) / {32.0 * width}")
        value: Expression = draft.known("similarity", draft.real, 0.0, 1.0)
        if draw.chance(0.7):
            terms = [value]
            if draw.chance(0.6):
                weight = draft.array(draft.name("weight", "prior"), draft.real, "n", low=0.2)
                terms.append(draft.load("w_i", weight, i, 0.2, 1.0, numpy=f"{weight}[:, None]"))
            value = draft.fused(draft.name("score", "kernel_value"), draft.real, terms, smooth=True)
        out = draft.output(draft.name("scores", "matrix", "similarities"), draft.real, "n", "m")
        draft.line(f"{out}[{i}, {j}] = {value.warp()}")
        draft.numpy(f"{out} = {value.numpy()}")
    return draft.case(kernel, ["n", "m"], grids(draw, ["n", "m"]))


def _members(draw: Draw) -> Case:
    """Whether each element is in its set: a test of one bit, which selects a value or a flag."""
    draft = bits_draft(draw, ELEMENTS)
    kernel = draw.choice(("is_member", "lookup_bits", "select_members", "test_membership"))
    i = draft.name("i", "tid", "query")
    draft.reserve(kernel, "element", "word", "bit", "s", "inside")
    many = draw.chance(0.5)
    sets = draft.word_array(draft.name(*ROWS), *(("sets", "words") if many else ("words",)))
    queries = draft.array(draft.name("elements_in", "ids", "positions"), I32, "n", domain=lambda s: Integers(0, 32 * s["words"]))
    with draft.threads((i, "n", queries, 0)):
        at = ""
        draft.line(f"element = {queries}[{i}]")
        draft.numpy(f"element = {queries}")
        if many:
            owner = draft.array(draft.name("owner", "set_of"), I32, "n", domain=lambda s: Integers(0, s["sets"]))
            draft.line(f"s = {owner}[{i}]")
            draft.numpy(f"s = {owner}")
            at = "s, "
        place = draw.choice(("element >> 5", "element // 32"))
        draft.line(f"word = {draft.as_word(f'{sets}[{at}{place}]')}")
        offset = draw.choice(("element & 31", "element % 32"))
        way = draw.choice(("shift", "mask"))
        signed = draft.word.signed
        if way == "shift":
            shifted = f"(word >> ({offset})) & 1" if signed else f"int((word >> wp.uint32({offset})) & wp.uint32(1))"
            draft.line(f"inside = {shifted}")
        else:
            mask = f"1 << ({offset})" if signed else f"wp.uint32(1) << wp.uint32({offset})"
            zero = draft.word.literal(0)
            draft.line(f"bit = {mask}", f"inside = wp.where((word & bit) != {zero}, 1, 0)")
        draft.numpy(f"inside = elements({sets})[{at}element].astype(np.int32)")
        if draw.chance(0.5):
            finish_number(draft, "inside", i, ("n",))
        else:
            _selected(draft, i)
    return draft.case(kernel, ["n"], [{**s, "words": draw.integer(1, 4), "sets": draw.integer(1, 6)} for s in grids(draw, ["n"])])


def _selected(draft: WordDraft, i: str) -> None:
    """Values of members alone, the others replaced or left out of a sum."""
    draw = draft.draw
    values = draft.array(draft.name("values", "scores", "x"), draft.real, "n")
    value: Expression = draft.load("own", values, i, -1.0, 1.0)
    if draw.chance(0.6):
        other = draft.array(draft.name("background", "fallback"), draft.real, "n")
        value = draft.fused("mixed", draft.real, [value, draft.load("base", other, i, -1.0, 1.0)], smooth=True)
    if draw.chance(0.5):
        out = draft.output(draft.name("selected_sum", "member_total"), draft.real, 2, role="accumulate")
        draft.line(f"wp.atomic_add({out}, inside, {value.warp()})")
        draft.numpy(f"{out} = np.zeros(2, {values}.dtype)", f"np.add.at({out}, inside, {value.numpy()})")
        return
    out = draft.output(draft.name("selected", "masked"), draft.real, "n")
    zero = draft.zero()
    draft.line(
        *draw.choice(
            (
                (f"{out}[{i}] = wp.where(inside == 1, {value.warp()}, {zero})",),
                ("if inside == 1:", f"    {out}[{i}] = {value.warp()}", "else:", f"    {out}[{i}] = {zero}"),
                (f"{out}[{i}] = {draft.cast('inside')} * {value.warp()}",),
            )
        )
    )
    draft.numpy(f"{out} = np.where(inside == 1, {value.numpy()}, 0.0)")


def _relations(draw: Draw) -> Case:
    """Subset, disjointness and equality of sets by rows, by an early exit or a collected word."""
    draft = bits_draft(draw, ELEMENTS)
    kind, text, numpy = draw.choice(
        (
            ("subset", "a & ~b", "(a * (1 - b)).any(axis=-1)"),
            ("disjoint", "a & b", "(a * b).any(axis=-1)"),
            ("equal", "a ^ b", "(a != b).any(axis=-1)"),
            ("covering", "~a & ~b", "((1 - a) * (1 - b)).any(axis=-1)"),
        )
    )
    kernel = draw.choice((f"is_{kind}", f"{kind}_rows", f"test_{kind}"))
    i, w = draft.name("i", "row", "s"), draft.name("w", "k")
    draft.reserve(kernel, "violations", "holds")
    left = draft.word_array(draft.name(*ROWS), "n", "words")
    right = draft.array(draft.name("others", "supersets"), draft.held, "n", "words", domain=draft.word_domain())
    form = draw.choice(("collect", "break", "while", "return"))
    out = draft.output(draft.name("holds_out", "relation", "flags"), I32, "n")
    zero = draft.word.literal(0)
    with draft.threads((i, "n", left, 0)):
        words = draft.extent("words", left, 1)
        read = (f"a = {draft.as_word(f'{left}[{i}, {w}]')}", f"b = {draft.as_word(f'{right}[{i}, {w}]')}")
        test = f"({draft.word.warp(text)}) != {zero}"
        if form == "collect":
            draft.line(draft.word.warp("violations = 0"))
            with draft.block(f"for {w} in range({words}):"):
                draft.line(*read, draft.word.warp(f"violations = violations | ({text})"))
            draft.line(f"{out}[{i}] = wp.where(violations == {zero}, 1, 0)")
        elif form == "return":
            with draft.block(f"for {w} in range({words}):"):
                draft.line(*read, f"if {test}:", f"    {out}[{i}] = 0", "    return")
            draft.line(f"{out}[{i}] = 1")
        elif form == "break":
            draft.line("holds = int(1)")
            with draft.block(f"for {w} in range({words}):"):
                draft.line(*read, f"if {test}:", "    holds = 0", "    break")
            draft.line(f"{out}[{i}] = holds")
        else:
            draft.line("holds = int(1)", f"{w} = int(0)")
            with draft.block(f"while holds == 1 and {w} < {words}:"):
                draft.line(*read, f"if {test}:", "    holds = 0", f"{w} += 1")
            draft.line(f"{out}[{i}] = holds")
        draft.numpy(f"a, b = elements({left}), elements({right})", f"{out} = 1 - {numpy}.astype(np.int32)")
    return draft.case(kernel, ["n"], word_sizes(draw))
