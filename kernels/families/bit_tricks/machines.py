"""Machines on rows of bits: building sets by atomics or from lists, rank and selection, cellular automata, products over two elements."""

from __future__ import annotations

from collections.abc import Callable

from kernels.case import Case
from kernels.domains import Integers, Offsets
from kernels.drafting.arguments import grids
from kernels.draw import Draw
from kernels.families.bit_tricks.bitsets import ELEMENTS, WORDS, bits_draft, word_sizes
from kernels.families.bit_tricks.elements import finish_number
from kernels.language.types import I32


def bit_machine(draw: Draw) -> Case:
    """One step of such a machine."""
    builders: tuple[Callable[[Draw], Case], ...] = (_build, _build, _rank, _automaton, _parity_product)
    return draw.choice(builders)(draw)


def _build(draw: Draw) -> Case:
    """Sets built by atomics, their elements inserted or toggled; or a set's words put together by a loop over a list."""
    draft = bits_draft(draw)
    kernel = draw.choice(("insert_elements", "mark_visited", "set_bits", "build_bitset", "toggle_bits"))
    way = draw.choice(("insert", "insert", "toggle", "list", "segments"))
    i, k = draft.name("i", "tid", "entry"), draft.name("k", "e")
    draft.reserve(kernel, "element", "word", "bit", "begin", "end", "mask", "was")
    out = draft.name("bitset", "visited", "marks", "members_out")
    shift, rest = draw.choice(((">> 5", "& 31"), ("// 32", "% 32")))
    if way in ("insert", "toggle"):
        many = draw.chance(0.5)
        ids = draft.array(draft.name("ids", "vertices", "items"), I32, "n", domain=lambda s: Integers(0, 32 * s["words"]))
        draft.output(out, I32, *(("sets", "words") if many else ("words",)), role="accumulate")
        with draft.threads((i, "n", ids, 0)):
            draft.line(f"element = {ids}[{i}]")
            if draw.chance(0.4):
                kept = draft.array(draft.name("kept", "is_active"), I32, "n", domain=Integers(0, 3))
                draft.line(f"if {kept}[{i}] == 0:", "    return")
                chosen = f"{kept} != 0"
            else:
                chosen = f"np.ones(len({ids}), bool)"
            at, there = "", ""
            if many:
                owner = draft.array(draft.name("owner", "set_of"), I32, "n", domain=lambda s: Integers(0, s["sets"]))
                at, there = f"{owner}[{i}], ", f"{owner}[chosen], "
            draft.line(f"bit = 1 << (element {rest})", f"wp.atomic_{'or' if way == 'insert' else 'xor'}({out}, {at}element {shift}, bit)")
            draft.numpy(f"chosen = {chosen}", f"bits = np.zeros((*{out}.shape[:-1], 32 * {out}.shape[-1]), np.int64)")
            draft.numpy(f"np.add.at(bits, ({there}{ids}[chosen]), 1)")
            draft.numpy("bits = np.minimum(bits, 1)" if way == "insert" else "bits = bits % 2")
        draft.reference_definitions.append(list(WORDS))
        draft.numpy(f"{out} = words_of(bits).astype(np.int32)")
        return draft.case(kernel, ["n"], [{**s, "words": draw.integer(1, 4), "sets": draw.integer(1, 5)} for s in grids(draw, ["n"])])
    words = draw.integer(1, 3)
    draft.output(out, I32, "n", words)
    if way == "list":
        width = draw.integer(3, 8)
        ids = draft.array(draft.name("neighbors", "members"), I32, "n", width, domain=Integers(-1, 32 * words))
        span, here = f"range({width})", f"{ids}[{i}, {k}]"
    else:
        offsets = draft.array(draft.name("offsets", "row_start"), I32, "n + 1", domain=lambda s: Offsets(s["entries"]))
        ids = draft.array(draft.name("neighbors", "members"), I32, "entries", domain=Integers(-1, 32 * words))
        span, here = f"range({offsets}[{i}], {offsets}[{i} + 1])", f"{ids}[{k}]"
    with draft.threads((i, "n", ids if way == "list" else out, 0)):
        masks = [draft.free(f"word{w}") for w in range(words)]
        draft.line(*(f"{m} = int(0)" for m in masks))
        with draft.block(f"for {k} in {span}:"):
            draft.line(f"element = {here}")
            with draft.block("if element >= 0:"):
                draft.line(f"bit = 1 << (element {rest})")
                for w, m in enumerate(masks):
                    update = draw.choice((f"{m} = {m} | bit", f"{m} |= bit"))
                    draft.line(*([f"if element {shift} == {w}:", f"    {update}"] if words > 1 else [update]))
        draft.line(*(f"{out}[{i}, {w}] = {m}" for w, m in enumerate(masks)))
    draft.reference_definitions.append(list(WORDS))
    draft.numpy(f"bits = np.zeros((dim[0], {32 * words}), np.int64)")
    if way == "list":
        draft.numpy(f"rows, _ = np.nonzero({ids} >= 0)", f"bits[rows, {ids}[{ids} >= 0]] = 1")
    else:
        draft.numpy(f"rows = np.repeat(np.arange(dim[0]), np.diff({offsets}))", f"bits[rows[{ids} >= 0], {ids}[{ids} >= 0]] = 1")
    draft.numpy(f"{out} = words_of(bits).astype(np.int32)")
    return draft.case(kernel, ["n"], [{**s, "entries": 2 * s["n"] + 3} for s in grids(draw, ["n"])])


def _rank(draw: Draw) -> Case:
    """Rank and selection in a set of one row: how many elements come before each, or which is the element of each rank."""
    draft = bits_draft(draw, ELEMENTS)
    select = draw.chance(0.4)
    kernel = draw.choice(("select_bits", "nth_element")) if select else draw.choice(("rank_bits", "prefix_count", "compact_index"))
    i, w = draft.name("i", "tid", "query"), draft.name("w", "k")
    draft.reserve(kernel, "rank", "word", "partial", "element", "mask", "found", "left", "low")
    bits = draft.word_array(draft.name("bitset", "occupancy", "mask_words"), "words")
    queries = draft.array("queries", I32, "n", domain=lambda s: Integers(0, 32 * s["words"]))
    prefix = "" if select or draw.chance(0.5) else draft.array("block_rank", I32, "words", domain=Integers(0, 500))
    with draft.threads((i, "n", queries, 0)):
        words = draft.extent("words", bits)
        one = draft.word.literal(1)
        if select:
            draft.line(f"left = int({queries}[{i}])", "found = int(-1)")
            with draft.block(f"for {w} in range({words}):"):
                draft.line(f"word = {draft.as_word(f'{bits}[{w}]')}")
                with draft.block("if found < 0:"):
                    draft.line("partial = wp.bit_count(word)")
                    with draft.block("if left < partial:"), draft.block("for b in range(32):"):
                        cast = "b" if draft.word.signed else "wp.uint32(b)"
                        with draft.block(f"if ((word >> {cast}) & {one}) == {one}:"):
                            draft.line("if left == 0 and found < 0:", f"    found = 32 * {w} + b", "left -= 1")
                    draft.line("else:", "    left -= partial")
            draft.numpy(f"members = np.flatnonzero(elements({bits}))", "padded = np.concatenate([members, -np.ones(1, members.dtype)])")
            draft.numpy(f"found = padded[np.minimum({queries}, len(members))].astype(np.int32)")
            draft.store(draft.output("elements_out", I32, "n"), i, "found")
        else:
            draft.line(f"element = {queries}[{i}]")
            if prefix:
                draft.line(f"rank = int({prefix}[element >> 5])")
            else:
                draft.line("rank = int(0)")
                with draft.block(f"for {w} in range(element >> 5):"):
                    draft.line(f"rank += wp.bit_count({draft.as_word(f'{bits}[{w}]')})")
            cast = "(element & 31)" if draft.word.signed else "wp.uint32(element & 31)"
            draft.line(f"mask = ({one} << {cast}) - {one}", f"rank += wp.bit_count({draft.as_word(f'{bits}[element >> 5]')} & mask)")
            draft.numpy(f"members = elements({bits})", "before = np.concatenate([[0], np.cumsum(members)])")
            if prefix:
                draft.numpy(f"rank = before[{queries}] - before[32 * ({queries} // 32)] + {prefix}[{queries} // 32]")
            else:
                draft.numpy(f"rank = before[{queries}]")
            draft.numpy("rank = rank.astype(np.int32)")
            finish_number(draft, "rank", i, ("n",))
    return draft.case(kernel, ["n"], word_sizes(draw))


def _automaton(draw: Draw) -> Case:
    """One step of a cellular automaton on rows of bits, a word of cells per thread: rules on three neighbours, or the game of life."""
    draft = bits_draft(draw, ELEMENTS, WORDS)
    life = draw.chance(0.4)
    kernel = draw.choice(("life_words", "game_of_life_bits")) if life else draw.choice(("rule_step", "automaton_step", "evolve_words"))
    i, w = draft.name("i", "row"), draft.name("w", "k")
    draft.reserve(
        kernel, "left", "here", "right", "up", "down", "next", "p", "q", "s0", "s1", "s2", "carry", "before", "after", "n", "rows", "words"
    )
    cells = draft.word_array(draft.name("cells", "state", "grid"), "n", "words")
    draft.line(f"{i}, {w} = wp.tid()")
    draft.extent("words", cells, 1)
    draft.line(f"before = ({w} + words - 1) % words", f"after = ({w} + 1) % words")
    out = draft.output(draft.name("next_cells", "state_out"), draft.held, "n", "words")

    def shifted(row: str, left: str, here: str, right: str) -> None:
        read = [draft.as_word(f"{cells}[{row}, {at}]") for at in ("before", w, "after")]
        draft.line(f"{here} = {read[1]}")
        draft.line(draft.word.warp(f"{left} = ({here} << 1) | (p >> 31)").replace("(p >>", f"({read[0]} >>"))
        draft.line(draft.word.warp(f"{right} = ({here} >> 1) | (q << 31)").replace("(q <<", f"({read[2]} <<"))

    rules = (
        ("left ^ (here | right)", 30),
        ("left ^ right", 90),
        ("(here | right) ^ (left & here & right)", 110),
        ("left ^ here ^ right", 150),
    )
    if not life:
        shifted(i, "left", "here", "right")
        text, number = draw.choice(rules)
        draft.line(draft.word.warp(f"evolved = {text}"))
        draft.numpy(f"bits = elements({cells})", "left, right = np.roll(bits, 1, axis=-1), np.roll(bits, -1, axis=-1)")
        draft.numpy("neighborhood = 4 * left + 2 * bits + right", f"evolved = ({number} >> neighborhood) % 2")
    else:
        draft.extent("n", cells, 0)
        draft.line(f"up_row = ({i} + n - 1) % n", f"down_row = ({i} + 1) % n")
        shifted("up_row", "left_up", "up", "right_up")
        shifted(i, "left", "here", "right")
        shifted("down_row", "left_down", "down", "right_down")
        draft.line(draft.word.warp("ones = 0"), draft.word.warp("twos = 0"), draft.word.warp("fours = 0"))
        for neighbour in ("left_up", "up", "right_up", "left", "right", "left_down", "down", "right_down"):
            draft.line(f"carry = ones & {neighbour}", f"ones = ones ^ {neighbour}", "fours = fours | (twos & carry)", "twos = twos ^ carry")
        draft.line("evolved = twos & ~fours & (ones | here)")
        draft.numpy(f"bits = elements({cells})", "around = 0 * bits")
        draft.numpy("for dy in (-1, 0, 1):", "    for dx in (-1, 0, 1):", "        if dy != 0 or dx != 0:")
        draft.numpy("            around = around + np.roll(np.roll(bits, dy, axis=0), dx, axis=1)")
        draft.numpy("evolved = ((around == 3) | ((around == 2) & (bits == 1))).astype(np.int64)")
    draft.line(f"{out}[{i}, {w}] = {draft.stored('evolved')}")
    draft.numpy(f"{out} = {draft.stored_numpy('words_of(evolved)')}")
    if draw.chance(0.5):
        draft.output("population", I32, "n", role="accumulate")
        draft.line(f"wp.atomic_add(population, {i}, wp.bit_count(evolved))")
        draft.numpy("population = evolved.sum(axis=-1).astype(np.int32)")
    return draft.case(
        kernel, ["n", "words"], [{"n": n, "words": w} for n, w in ((1, 1), (5, 3), (draw.integer(9, 19), draw.integer(3, 6)))]
    )


def _parity_product(draw: Draw) -> Case:
    """The product of a matrix of bits with a vector, over the field of two elements, or with counts of agreements (binary networks)."""
    draft = bits_draft(draw, ELEMENTS)
    kind = draw.choice(("parity", "agree", "agree"))
    kernel = (
        draw.choice(("gf2_matvec", "parity_check", "syndrome"))
        if kind == "parity"
        else draw.choice(("binary_dot", "xnor_popcount", "binary_layer"))
    )
    i, w = draft.name("i", "row", "neuron"), draft.name("w", "k")
    draft.reserve(kernel, "folded", "agreements", "activation")
    rows = draft.word_array(draft.name("matrix", "weights", "checks"), "n", "words")
    vector = draft.word_array(draft.name("vector", "input_bits", "codeword"), "words")
    with draft.threads((i, "n", rows, 0)):
        words = draft.extent("words", rows, 1)
        row, x = draft.as_word(f"{rows}[{i}, {w}]"), draft.as_word(f"{vector}[{w}]")
        draft.numpy(f"a, b = elements({rows}), elements({vector})")
        if kind == "parity":
            draft.line(draft.word.warp("folded = 0"))
            with draft.block(f"for {w} in range({words}):"):
                draft.line(f"folded ^= {row} & {x}")
            draft.line("result = wp.bit_count(folded) & 1")
            draft.numpy("result = ((a * b).sum(axis=-1) % 2).astype(np.int32)")
            finish_number(draft, "result", i, ("n",))
        else:
            draft.line("agreements = int(0)")
            with draft.block(f"for {w} in range({words}):"):
                draft.line(f"agreements += wp.bit_count(~({row} ^ {x}))")
            draft.line(f"activation = 2 * agreements - 32 * {words}")
            draft.numpy("activation = ((2 * a - 1) * (2 * b - 1)).sum(axis=-1).astype(np.int32)")
            limit = draft.array(draft.name("threshold", "bias_count"), I32, "n", domain=Integers(-8, 8))
            draft.output("fired", I32, "n")
            draft.line(f"fired[{i}] = wp.where(activation > {limit}[{i}], 1, 0)")
            draft.numpy(f"fired = (activation > {limit}).astype(np.int32)")
            if draw.chance(0.6):
                draft.line("magnitude = wp.min(wp.abs(activation), 63)")
                draft.numpy("magnitude = np.minimum(np.abs(activation), 63)")
                draft.reserve("magnitude")
                finish_number(draft, "magnitude", i, ("n",))
    return draft.case(kernel, ["n"], word_sizes(draw))
